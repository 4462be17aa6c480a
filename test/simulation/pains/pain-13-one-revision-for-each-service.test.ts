/**
 * Pain 13: N services make N identical revisions. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { parseRollingDeploy } from '../../../src/inputs/rolling-deploy.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import {
  addService,
  cluster,
  definitionOf,
  filesOf,
  makeRegion,
  portsOf,
  revisionsOf,
  service,
  settle,
} from '../rollout/region.ts';

test('pain 13: services of one definition get one revision (DTD#420)', async () => {
  const region = await makeRegion();
  addService(region, 'worker', 2);
  await settle(region, 120_000);
  const parsed = parseRollingDeploy({
    cluster,
    service: `${service}, worker`,
    'task-definition': 'task-definition.json',
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  region.files.set('task-definition.json', JSON.stringify(definitionOf('good-2')));
  const work = runRollingDeploy(parsed.request, { ...portsOf(region), ...filesOf(region) });
  const { ok, outputs } = await region.time.run(work);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(revisionsOf(region)).toBe(2);
});
