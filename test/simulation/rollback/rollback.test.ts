import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { RollbackRequest } from '../../../src/rollback/request.ts';
import { runRollback } from '../../../src/rollback/run.ts';
import {
  deploy,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  revisionsOf,
  runningImages,
  settle,
} from '../rollout/region.ts';
import { forget } from './marks.ts';
import { rollbackRequest } from './request.ts';

const rollBack = (region: Region, change: Partial<RollbackRequest> = {}): Promise<ActionResult> =>
  region.time.run(runRollback(rollbackRequest(change), { ...portsOf(region), ...filesOf(region) }));

const revision = (arn: string | undefined): string => (arn ?? '').slice((arn ?? '').lastIndexOf('/') + 1);

test('the previous good revision is deployed again, and nothing is registered', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2');
  const registered = revisionsOf(region);
  const result = await rollBack(region);
  expect({
    ok: result.ok,
    outcome: result.outputs['outcome'],
    mode: result.outputs['mode'],
    from: revision(result.outputs['from']),
    to: revision(result.outputs['to']),
    running: runningImages(region),
    registered: revisionsOf(region) - registered,
  }).toEqual({
    ok: true,
    outcome: 'succeeded',
    mode: 'rollout',
    from: 'ips-api-task:2',
    to: 'ips-api-task:1',
    running: { 'good-1': 3 },
    registered: 0,
  });
});

test('a revision that was rolled back is not gone back to', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2');
  await deploy(region, 'good-3');
  for (const each of [2, 3]) forget(region, each);
  expect(revision((await rollBack(region)).outputs['to'])).toBe('ips-api-task:2');
  const again = await rollBack(region);
  expect(revision(again.outputs['to'])).toBe('ips-api-task:1');
  expect(again.report.sections[0]).toMatchObject({
    rows: [
      expect.arrayContaining(['ips-api-task:2', expect.stringMatching(/^serves now; /)]),
      expect.arrayContaining(['ips-api-task:3', 'bad', expect.stringMatching(/^marked bad .*too little/)]),
      expect.arrayContaining(['ips-api-task:1', expect.stringMatching(/^chosen; /)]),
    ],
  });
});

test('a revision that never got up is no candidate', async () => {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  await deploy(region, 'bad');
  await deploy(region, 'good-3');
  expect(revision((await rollBack(region)).outputs['to'])).toBe('ips-api-task:1');
});

test('a deployment under way is taken back by ECS itself', async () => {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  await deploy(region, 'bad', { wait: false });
  await settle(region, 10_000);
  const result = await rollBack(region);
  expect({ ok: result.ok, outcome: result.outputs['outcome'], mode: result.outputs['mode'] }).toEqual({
    ok: true,
    outcome: 'rolled-back',
    mode: 'stop-in-flight',
  });
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

test('without a former revision nothing is changed', async () => {
  const region = await makeRegion();
  const result = await rollBack(region);
  expect({ ok: result.ok, outcome: result.outputs['outcome'], cause: result.outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'no-previous-revision',
  });
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

test('the current revision as target is no-change, by an observation', async () => {
  const region = await makeRegion();
  const result = await rollBack(region, { to: { kind: 'revision', name: 'ips-api-task:1' } });
  expect({ ok: result.ok, outcome: result.outputs['outcome'] }).toEqual({ ok: true, outcome: 'no-change' });
  expect(region.world.callCounts()['ecs:UpdateService']).toBeUndefined();
});

test('a dry run names what it would do and does nothing', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2');
  forget(region, 2);
  const updates = region.world.callCounts()['ecs:UpdateService'];
  const result = await rollBack(region, { dryRun: true });
  expect(result.report.sentence).toMatch(
    /^Nothing was changed\. .* ECS's own history of SUCCESSFUL deployments decides, .* Deploy ips-api-task:1 in place of ips-api-task:2\.$/,
  );
  expect(region.world.callCounts()['ecs:UpdateService']).toBe(updates);
});
