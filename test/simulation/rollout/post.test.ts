/** The post step after a job that was killed or cancelled: ECS ends where the job wanted it. */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { handoverState, parseHandover } from '../../../src/rollout/handover.ts';
import { finishRollouts, type PostResult } from '../../../src/rollout/post.ts';
import { runAndDie } from './dying.ts';
import {
  addService,
  definitionOf,
  deploy,
  makeRegion,
  portsOf,
  type Region,
  type RequestChange,
  revisionsOf,
  runningImages,
  secondDeployer,
  service,
  serviceDeploymentStatus,
  settle,
} from './region.ts';

function post(region: Region): Promise<readonly PostResult[]> {
  const { aws, clock, random } = portsOf(region);
  const rollouts = parseHandover(region.state.get(handoverState) ?? '');
  return region.time.run(finishRollouts(rollouts, { aws, clock, random }));
}

const writes = (region: Region): number =>
  ['UpdateService', 'StopServiceDeployment'].reduce(
    (sum, operation) => sum + (region.world.callCounts()[`ecs:${operation}`] ?? 0),
    0,
  );

describe.each([
  ['good', {}],
  ['crashing', badApps.crashAtStart],
] as const)('a %s revision', (_name, app) => {
  test.each([false, true])('killed at each call (after its effect: %s)', async (afterEffect) => {
    let undone = 0;
    for (let at = 1; ; at++) {
      const region = await makeRegion({ apps: { next: app } });
      if (!(await runAndDie(region, at, afterEffect))) {
        expect(at).toBeGreaterThan(20);
        break;
      }
      const before = writes(region);
      const results = await post(region);
      expect({ at, bad: results.filter((each) => !each.ok) }).toEqual({ at, bad: [] });
      if (writes(region) > before) undone++;
      const done = results.some((each) => /good end/.test(each.message));
      // Run twice, it finds nothing to do.
      const after = writes(region);
      await post(region);
      expect({ at, writes: writes(region) }).toEqual({ at, writes: after });
      // The next run comes at once, in every other case.
      if (at % 2 === 0) await settle(region, 600_000);
      if (at % 2 === 0) {
        const serves = done ? { next: 3 } : { 'good-1': 3 };
        const killedAtTheEnd = region.state.get(handoverState) === '';
        if (!killedAtTheEnd) expect({ at, running: runningImages(region) }).toEqual({ at, running: serves });
      }
      const { outputs } = await deploy(region, 'next');
      const good = Object.keys(app).length === 0;
      expect({
        at,
        ok: (good ? ['succeeded', 'no-change'] : ['rolled-back']).includes(outputs['outcome']!),
      }).toEqual({
        at,
        ok: true,
      });
      expect({ at, running: runningImages(region), revisions: revisionsOf(region) }).toEqual({
        at,
        running: good ? { next: 3 } : { 'good-1': 3 },
        revisions: 2,
      });
    }
    expect(undone).toBeGreaterThan(5);
  });
});

test('after a run that came to its end nothing is open', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2');
  expect(region.state.get(handoverState)).toBe('');
});

describe('a job that could not do what it wanted', () => {
  /** Cancelled after 20 s, when AWS refuses the stop for two minutes. */
  async function cancelledInVain(change: RequestChange = {}): Promise<Region> {
    const region = await makeRegion();
    const match = { operation: 'StopServiceDeployment' };
    const rule = { id: 'no', match, untilMs: 120_000, effect: { kind: 'server-error' } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    void region.time.sleep(20_000).then(() => region.cancel.abort());
    const { outputs } = await deploy(region, 'good-2', change);
    expect({ outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
      outcome: 'cancelled',
      aftermath: 'left',
    });
    return region;
  }

  test('the post step keeps asking until ECS takes it, and says so', async () => {
    const region = await cancelledInVain();
    const startedAt = region.world.kernel.now;
    region.world.loadFaults({ rules: [], events: [] });
    const [result] = await post(region);
    expect(result).toMatchObject({ service, ok: true });
    expect(result!.message).toMatch(/asked to roll it back \(ROLLBACK_/);
    expect(region.world.kernel.now - startedAt).toBeLessThan(5000);
    await settle(region, 300_000);
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
    expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
  });

  test('on-cancel: leave leaves, in the post step, too', async () => {
    const region = await makeRegion();
    await runAndDie(region, 12, true, { onCancel: 'leave' });
    expect((await post(region))[0]!.message).toContain('It was to be left as it is.');
    await settle(region, 300_000);
    expect(runningImages(region)).toEqual({ next: 3 });
  });

  test('where somebody else has deployed meanwhile, theirs is left alone', async () => {
    const region = await makeRegion();
    region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('other'));
    await runAndDie(region, 12, true);
    region.world.loadFaults({ rules: [], events: [secondDeployer(1000, 'ips-api-task:2')] });
    await settle(region, 5000);
    expect((await post(region))[0]!.message).toContain('Another deployment has taken its place');
    await settle(region, 300_000);
    expect(runningImages(region)).toEqual({ other: 3 });
  });

  test('what it may not do is told as an error, by name', async () => {
    const region = await makeRegion();
    await runAndDie(region, 12, true);
    const match = { operation: 'StopServiceDeployment' };
    region.world.loadFaults({ rules: [{ id: 'no', match, effect: { kind: 'access-denied' } }], events: [] });
    const [result] = await post(region);
    expect(result!.ok).toBe(false);
    expect(result!.message).toMatch(/ecs:StopServiceDeployment.*rollback action/);
  });

  test('a minute of silence is not outlasted', async () => {
    const region = await makeRegion();
    await runAndDie(region, 12, true);
    const startedAt = region.world.kernel.now;
    region.world.loadFaults({ rules: [{ id: 'no', match: {}, effect: { kind: 'throttle' } }], events: [] });
    expect((await post(region))[0]!.ok).toBe(false);
    expect(region.world.kernel.now - startedAt).toBeLessThan(90_000);
  });
});

test('a breaker without a way back had stopped it: the former revision is deployed again', async () => {
  const circuitBreaker = { enable: true, rollback: false };
  const region = await makeRegion({ apps: { next: badApps.crashAtStart }, circuitBreaker });
  await runAndDie(region, 12, true);
  await settle(region, 300_000);
  expect(serviceDeploymentStatus(region)).toBe('STOPPED');
  expect((await post(region))[0]!.message).toMatch(/ips-api-task:1 is being deployed again/);
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
});

test('of several services each is finished', async () => {
  const region = await makeRegion();
  addService(region, 'worker', 2);
  await settle(region, 120_000);
  const taskDefinition = { kind: 'file', path: 'task-definition.json' } as const;
  const targets = [service, 'worker'].map((each) => ({ service: each, taskDefinition }));
  expect(await runAndDie(region, 20, true, { targets })).toBe(true);
  expect((await post(region)).map((each) => [each.service, each.ok])).toEqual([
    [service, true],
    ['worker', true],
  ]);
  await settle(region, 600_000);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  expect(runningImages(region, 'worker')).toEqual({ 'good-1': 2 });
});
