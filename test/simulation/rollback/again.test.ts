/** Run twice, run again, run after ECS has gone back by itself: it never goes further than it was asked to. */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { RollbackRequest } from '../../../src/rollback/request.ts';
import type { RunContext } from '../../../src/runner/context.ts';
import {
  deploy,
  family,
  makeRegion,
  portsOf,
  type Region,
  runningImages,
  settle,
} from '../rollout/region.ts';
import { deployPromoted, marksOfRevision, promote, revisionArn } from './marks.ts';
import { rollBack } from './request.ts';

/** Revisions 1 to 3 were promoted, 3 serves. */
async function threePromoted(): Promise<Region> {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3');
  return region;
}

function attempt(region: Region, change: Partial<RunContext>, request: Partial<RollbackRequest> = {}) {
  const { context } = portsOf(region);
  return rollBack(region, request, { context: { ...context, ...change } });
}

const updates = (region: Region): number => region.world.callCounts()['ecs:UpdateService'] ?? 0;

describe('one rollback after the other', () => {
  test('each goes one further, past what is bad', async () => {
    const region = await threePromoted();
    expect((await attempt(region, { runId: '1' })).outputs['to']).toBe(revisionArn(2));
    expect((await attempt(region, { runId: '2' })).outputs['to']).toBe(revisionArn(1));
    const third = await attempt(region, { runId: '3' });
    expect([third.outputs['outcome'], third.outputs['cause']]).toEqual(['refused', 'no-previous-revision']);
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('a named target, twice, is no-change, and the first reason stays', async () => {
    const region = await threePromoted();
    const to = { kind: 'revision', name: `${family}:1` } as const;
    await attempt(region, { runId: '1' }, { to });
    const before = updates(region);
    const { ok, outputs } = await attempt(region, { runId: '2' }, { to, reason: 'Another one.' });
    expect({ ok, outcome: outputs['outcome'], updates: updates(region) }).toEqual({
      ok: true,
      outcome: 'no-change',
      updates: before,
    });
    expect(marksOfRevision(region, 3).bad?.reason).toBe('It exports too little.');
    expect(marksOfRevision(region, 1).bad).toBeUndefined();
  });

  test('with the bad revision named by from, the second time changes nothing', async () => {
    const region = await threePromoted();
    const from = revisionArn(3);
    await attempt(region, { runId: '1' }, { from });
    const before = updates(region);
    const { outputs, report } = await attempt(region, { runId: '2' }, { from });
    expect({ outcome: outputs['outcome'], to: outputs['to'], updates: updates(region) }).toEqual({
      outcome: 'no-change',
      to: revisionArn(2),
      updates: before,
    });
    expect(JSON.stringify(report.events)).toContain('ips-api-task:3 is not what ips-api-service runs');
  });

  test('the same run, run again, changes nothing; another run goes further', async () => {
    const region = await threePromoted();
    await attempt(region, { runId: '7', runAttempt: '1' });
    const again = await attempt(region, { runId: '7', runAttempt: '2' });
    expect([again.outputs['outcome'], again.outputs['to']]).toEqual(['no-change', revisionArn(2)]);
    const other = await attempt(region, { runId: '8', runAttempt: '1' });
    expect(other.outputs['to']).toBe(revisionArn(1));
  });

  test('a job that is run again, deploys something new and has to go back from that, does', async () => {
    const region = await threePromoted();
    await attempt(region, { runId: '7', runAttempt: '1' });
    await deployPromoted(region, 'good-4');
    const again = await attempt(region, { runId: '7', runAttempt: '2' });
    expect([again.outputs['outcome'], again.outputs['to']]).toEqual(['succeeded', revisionArn(2)]);
  });

  test('the same where ECS took the first one back', async () => {
    const region = await threePromoted();
    await deploy(region, 'bad', { wait: false });
    await settle(region, 10_000);
    const first = await attempt(region, { runId: '7', runAttempt: '1' });
    expect(first.outputs['outcome']).toBe('rolled-back');
    await deployPromoted(region, 'good-5');
    const again = await attempt(region, { runId: '7', runAttempt: '2' });
    expect([again.outputs['outcome'], again.outputs['to']]).toEqual(['succeeded', revisionArn(3)]);
  });

  test('two steps of one job each go one further', async () => {
    const region = await threePromoted();
    const same = { runId: '7', runAttempt: '1' };
    await attempt(region, same);
    expect((await attempt(region, same)).outputs['to']).toBe(revisionArn(1));
  });

  test('what was rolled back, corrected in its surroundings and promoted again is good again', async () => {
    const region = await threePromoted();
    await attempt(region, { runId: '1' });
    await deploy(region, '', { taskDefinition: { kind: 'revision', name: `${family}:3` } });
    promote(region, 3);
    await deployPromoted(region, 'good-4');
    expect((await attempt(region, { runId: '2' })).outputs['to']).toBe(revisionArn(3));
  });
});

describe('after a deploy that failed', () => {
  test('ECS has rolled it back: no-change, proven, and the failed one is marked', async () => {
    const region = await threePromoted();
    const failed = await deploy(region, 'bad');
    expect(failed.ok).toBe(false);
    const before = updates(region);
    const { ok, outputs, report } = await rollBack(region);
    expect({ ok, outcome: outputs['outcome'], to: outputs['to'], updates: updates(region) }).toEqual({
      ok: true,
      outcome: 'no-change',
      to: revisionArn(3),
      updates: before,
    });
    expect(JSON.stringify(report.events)).toContain(
      'ECS has rolled ips-api-task:4 back itself: going no further',
    );
    expect(marksOfRevision(region, 4).bad?.reason).toBe('It exports too little.');
  });

  test('with from out of the failed step it is the same', async () => {
    const region = await threePromoted();
    const failed = await deploy(region, 'bad');
    const from = failed.outputs['task-definition-arn'];
    const { outputs } = await rollBack(region, { from });
    expect([from, outputs['outcome'], outputs['to']]).toEqual([revisionArn(4), 'no-change', revisionArn(3)]);
  });

  test('what serves then can be left, too, by naming it', async () => {
    const region = await threePromoted();
    await deploy(region, 'bad');
    const { outputs } = await rollBack(region, { from: revisionArn(3) });
    expect([outputs['outcome'], outputs['to']]).toEqual(['succeeded', revisionArn(2)]);
  });

  test('what ECS went back to and is marked bad is left by itself', async () => {
    const region = await threePromoted();
    await rollBack(region, {}, {});
    await deploy(region, 'bad');
    const again = await attempt(region, { runId: '2' });
    expect(again.outputs['outcome']).toBe('no-change');
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
  });

  test('nothing is done about a service that does not serve: the proof fails, and says so', async () => {
    const apps: Record<string, object> = { bad: badApps.crashAtStart };
    const region = await makeRegion({ apps });
    await deploy(region, 'bad');
    apps['good-1'] = badApps.crashAtStart;
    const { tasks } = region.world.must('ecs', 'DescribeTasks', {
      cluster: 'ips-api-cluster',
      tasks: region.world.must('ecs', 'ListTasks', { cluster: 'ips-api-cluster' }).taskArns,
    });
    for (const task of tasks) {
      region.world.must('ecs', 'StopTask', { cluster: 'ips-api-cluster', task: task.taskArn });
    }
    const { ok, outputs } = await rollBack(region, { timeoutMs: 60_000 });
    expect(ok).toBe(false);
    expect(outputs['outcome']).not.toBe('no-change');
    expect(marksOfRevision(region, 2).bad).toBeUndefined();
  });
});
