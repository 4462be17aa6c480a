/**
 * Pain 11: unknown fields fail. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { definitionOf, filesOf, makeRegion, portsOf, request, revisionsOf } from '../rollout/region.ts';

test('pain 11: a field that is newer than the action does not fail the deployment, and is spoken of (DTD#701, DTD#704, DTD#705, DTD#274, DTD#64)', async () => {
  const region = await makeRegion();
  const definition = definitionOf('good-2');
  const [container] = definition.containerDefinitions!;
  const newer = {
    ...definition,
    containerDefinitions: [{ ...container, quantumSafe: true }],
    novelty: { on: true },
  };
  region.files.set('task-definition.json', JSON.stringify(newer));
  const ports = portsOf(region);
  // The SDK leaves out what it does not know, as its schemas are; the world would keep it.
  const aws: AwsCaller = {
    call: (operation, input, signal) => {
      const sent = structuredClone(input) as Partial<typeof newer>;
      if (operation === 'ecs:RegisterTaskDefinition') {
        delete sent.novelty;
        for (const each of sent.containerDefinitions ?? [])
          delete (each as { quantumSafe?: boolean }).quantumSafe;
      }
      return ports.aws.call(operation, sent as typeof input, signal);
    },
  };
  const work = runRollingDeploy(request(), { ...ports, aws, ...filesOf(region) });
  const { ok, outputs } = await region.time.run(work);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(region.log.join('\n')).toContain('at novelty, containerDefinitions[0].quantumSafe');
});

test('pain 11: what describe-task-definition prints can be deployed as it is (DTD#64, DTD#274)', async () => {
  const region = await makeRegion();
  const described = region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'ips-api-task' });
  region.files.set('task-definition.json', JSON.stringify(described));
  const work = runRollingDeploy(request(), { ...portsOf(region), ...filesOf(region) });
  expect((await region.time.run(work)).outputs['outcome']).toBe('no-change');
  expect(revisionsOf(region)).toBe(1);
});
