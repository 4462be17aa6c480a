/** What a rollback needs may be gone: images expire, tags move. */

import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { expect, test } from '@jest/globals';
import type { World } from '../../../src/lab/world/world.ts';
import type { Report } from '../../../src/report/report.ts';
import { runRollback } from '../../../src/rollback/run.ts';
import {
  definitionOf,
  deploy,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  runningImages,
} from '../rollout/region.ts';
import { rollbackRequest } from './request.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';
const inEcr = (tag: string): RegisterTaskDefinitionRequest => {
  const definition = definitionOf(tag);
  const [container] = definition.containerDefinitions!;
  return { ...definition, containerDefinitions: [{ ...container!, image: `${host}/api:${tag}` }] };
};
const prepare = (world: World): void => {
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const tag of ['good-1', 'good-2', 'good-3']) world.ecr.seedImage('api', tag);
};

async function threeDeployed(): Promise<Region> {
  const region = await makeRegion({ definition: inEcr, prepare });
  await deploy(region, 'good-2', {}, inEcr);
  await deploy(region, 'good-3', {}, inEcr);
  return region;
}

/** The last column of the table for that revision. */
function stateOf(report: Report, revision: number): string {
  const [section] = report.sections;
  const rows = section?.kind === 'table' ? section.rows : [];
  return rows.find(([name]) => name === `ips-api-task:${revision}`)?.at(-1) ?? '';
}

const rollBack = (region: Region, change = {}) =>
  region.time.run(runRollback(rollbackRequest(change), { ...portsOf(region), ...filesOf(region) }));

test('with its image in place the last good revision is taken', async () => {
  const region = await threeDeployed();
  const { outputs } = await rollBack(region);
  expect({ outcome: outputs['outcome'], running: runningImages(region) }).toEqual({
    outcome: 'succeeded',
    running: { 'good-2': 3 },
  });
});

test('a revision whose image has expired is passed over, and named', async () => {
  const region = await threeDeployed();
  region.world.must('ecr', 'BatchDeleteImage', { repositoryName: 'api', imageIds: [{ imageTag: 'good-2' }] });
  const { outputs, report } = await rollBack(region);
  expect({ outcome: outputs['outcome'], running: runningImages(region) }).toEqual({
    outcome: 'succeeded',
    running: { 'good-1': 3 },
  });
  expect(stateOf(report, 2)).toContain(`not usable: ${host}/api:good-2 is not in ECR any more`);
  expect(stateOf(report, 1)).toMatch(/^chosen; .* active; its images and secrets exist$/);
});

test('a tag that means another image by now is passed over', async () => {
  const region = await threeDeployed();
  const { images } = region.world.must('ecr', 'BatchGetImage', {
    repositoryName: 'api',
    imageIds: [{ imageTag: 'good-3' }],
  });
  region.world.must('ecr', 'PutImage', {
    repositoryName: 'api',
    imageManifest: images[0].imageManifest,
    imageTag: 'good-2',
  });
  const { outputs, report } = await rollBack(region);
  expect(outputs['to']).toMatch(/ips-api-task:1$/);
  expect(stateOf(report, 2)).toContain('means another image now');
});

test('a revision asked for by name whose image is gone is refused before anything is changed', async () => {
  const region = await threeDeployed();
  region.world.must('ecr', 'BatchDeleteImage', { repositoryName: 'api', imageIds: [{ imageTag: 'good-1' }] });
  const updates = region.world.callCounts()['ecs:UpdateService'];
  const { ok, outputs } = await rollBack(region, { to: { kind: 'revision', name: 'ips-api-task:1' } });
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'revision-unusable',
  });
  expect(region.world.callCounts()['ecs:UpdateService']).toBe(updates);
});

test('where ECR may not be read, that is said and not held against the revision', async () => {
  const region = await threeDeployed();
  const rule = {
    id: 'ecr',
    match: { operation: 'DescribeImages' },
    effect: { kind: 'access-denied' },
  } as const;
  region.world.loadFaults({ rules: [rule], events: [] });
  const { outputs, report } = await rollBack(region);
  expect(outputs['outcome']).toBe('succeeded');
  expect(JSON.stringify(report.sections[0])).toContain('active; not checked: ');
});
