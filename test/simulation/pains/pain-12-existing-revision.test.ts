/**
 * Pain 12: an existing revision cannot be deployed (aws-actions/amazon-ecs-deploy-task-definition#70, #299,
 * #882): others register a copy of it. Here its ARN is used as it is.
 */
import { expect, test } from '@jest/globals';
import type { RollbackTarget } from '../../../src/rollback/request.ts';
import { deployPromoted, promote, revisionArn } from '../rollback/marks.ts';
import { rollBack } from '../rollback/request.ts';
import {
  cluster,
  deploy,
  family,
  makeRegion,
  revisionsOf,
  runningImages,
  service,
} from '../rollout/region.ts';

test.each<[string, RollbackTarget]>([
  ['found', { kind: 'auto' }],
  ['named', { kind: 'revision', name: `${family}:2` }],
  ['named by its image', { kind: 'named', name: 'good-2' }],
])(
  'pain 12: rolled back to a revision that is %s, the service runs that very revision',
  async (_name, to) => {
    const region = await makeRegion();
    promote(region, 1);
    await deployPromoted(region, 'good-2', 'good-3');
    const registered = region.world.callCounts()['ecs:RegisterTaskDefinition'];
    const { outputs } = await rollBack(region, { to });
    expect(outputs['outcome']).toBe('succeeded');
    const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
    expect(services[0].taskDefinition).toBe(revisionArn(2));
    expect(region.world.callCounts()['ecs:RegisterTaskDefinition']).toBe(registered);
    expect(revisionsOf(region)).toBe(3);
  },
);

test('pain 12: deployed by family:revision it is neither registered again nor changed', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2');
  const taskDefinition = { kind: 'revision', name: `${family}:1` } as const;
  const { outputs } = await deploy(region, '', { taskDefinition });
  expect([outputs['outcome'], outputs['task-definition-arn']]).toEqual(['succeeded', revisionArn(1)]);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  expect(revisionsOf(region)).toBe(2);
});
