/** Gates of a shift in a whole region: objectives, checks of one's own, ladders from a budget, late metrics. */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { CheckResult, RunCheck } from '../../../src/shift/own-check.ts';
import { liveWeights, makeRegion, minute, registerImage, sharesSeen, shift } from './region.ts';

const probesOff = { 'probe-count': '0', 'probes-per-step': '0' };
const before = { 'api-a': 1, 'api-b': 0 };

describe('an objective', () => {
  test('on errors that blue breaks as well holds the step until time is up', async () => {
    const region = await makeRegion('ecs', {
      seed: 201,
      apps: { v1: { errorRate: 0.03 }, v2: { errorRate: 0.03 } },
    });
    registerImage(region, 'v2');
    // A rate that is usual here does not keep green from its steps; the objective does.
    const { outputs, report } = await shift(region, { ...probesOff, 'slo-error-rate': '1%', timeout: '30m' });
    expect(outputs).toMatchObject({ outcome: 'timed-out', step: '10' });
    expect(liveWeights(region)).toEqual(before);
    expect(report.events.find((event) => event.code === 'gate.held')?.message).toBeDefined();
    const free = await shift(region, { ...probesOff, timeout: '45m' });
    expect({ outcome: free.outputs['outcome'], log: region.log.slice(-9) }).toMatchObject({
      outcome: 'promoted',
    });
  });

  test('on latency that blue breaks as well holds the step until time is up', async () => {
    const region = await makeRegion('ecs', {
      seed: 202,
      apps: { v1: { latencyMeanMs: 200, latencyP95Ms: 500 }, v2: { latencyMeanMs: 260, latencyP95Ms: 560 } },
    });
    registerImage(region, 'v2');
    const { outputs, report } = await shift(region, { ...probesOff, 'slo-latency': 'p95 350ms' });
    expect(outputs).toMatchObject({ outcome: 'timed-out' });
    expect(report.sentence).toContain('10 %');
  });

  // As bad by the judge's margins as blue, and worse than its users were promised.
  test.each([
    {
      what: 'errors',
      seed: 203,
      apps: { v1: { errorRate: 0.0002 }, v2: { errorRate: 0.001 } },
      inputs: { 'slo-error-rate': '0.05%', 'bake-time': '15m' },
    },
    {
      what: 'latency',
      seed: 204,
      apps: { v1: { latencyMeanMs: 150, latencyP95Ms: 300 }, v2: { latencyMeanMs: 170, latencyP95Ms: 345 } },
      inputs: { 'slo-latency': 'p95 320ms', 'bake-time': '15m' },
    },
  ])('on $what that green alone breaks takes it back', async ({ what, seed, apps, inputs }) => {
    const region = await makeRegion('ecs', { seed, apps });
    registerImage(region, 'v2');
    const { outputs, report } = await shift(region, { ...probesOff, timeout: '2h', ...inputs });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: `objective-${what}` });
    expect(liveWeights(region)).toEqual(before);
    expect(report.sentence).toContain('the objective');
  });

  test('on errors takes green back at 100 %, where there is no blue to wait for', async () => {
    const region = await makeRegion('ecs', {
      seed: 205,
      apps: { v1: { errorRate: 0.004 }, v2: { errorRate: 0.004 } },
    });
    registerImage(region, 'v2');
    const inputs = {
      ...probesOff,
      steps: '100',
      'slo-error-rate': '0.2%',
      'bake-time': '15m',
      timeout: '2h',
    };
    const { outputs } = await shift(region, inputs);
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'objective-errors', step: '100' });
    expect(JSON.parse(outputs['evidence']!)).toMatchObject({
      limit: expect.any(Number),
      stream: expect.any(String),
    });
    expect(liveWeights(region)).toEqual(before);
  });
});

describe('a check of one’s own', () => {
  const inputs = { 'check-command': './smoke.sh', 'check-timeout': '2m' };
  const scripted =
    (
      answers: readonly CheckResult[],
      asked: Readonly<Record<string, string>>[],
      takesMs: number,
      sleep: (ms: number) => Promise<void>,
    ): RunCheck =>
    async (_check, words) => {
      const answer = answers[asked.length] ?? { kind: 'passed' };
      asked.push(words);
      await sleep(takesMs);
      return answer;
    };

  test('is asked once at each step, at its end, while the other gates go on listening', async () => {
    const region = await makeRegion('ecs', { seed: 211 });
    registerImage(region, 'v2');
    const asked: Readonly<Record<string, string>>[] = [];
    const check = scripted([], asked, 40_000, (ms) => region.time.sleep(ms));
    const { outputs } = await shift(region, inputs, { runCheck: check });
    expect(outputs['outcome']).toBe('promoted');
    expect(asked.map((words) => words['IPS_DEPLOY_STEP'])).toEqual(['10', '50', '100']);
    expect(asked[0]).toMatchObject({
      IPS_DEPLOY_BLUE_SERVICE: 'api-blue',
      IPS_DEPLOY_GREEN_SERVICE: 'api-green',
      IPS_DEPLOY_GREEN_TARGET_GROUP: region.groups.b,
    });
    const looks = region.states.filter((state) =>
      state.checks.some((fact) => fact.result.kind === 'running'),
    );
    expect(looks.length).toBeGreaterThan(6);
  });

  test('that says no takes the weights back', async () => {
    const region = await makeRegion('ecs', { seed: 212 });
    registerImage(region, 'v2');
    const asked: Readonly<Record<string, string>>[] = [];
    const answers: CheckResult[] = [
      { kind: 'passed' },
      { kind: 'failed', detail: 'exit code 3: cart is empty' },
    ];
    const { outputs, report } = await shift(region, inputs, {
      runCheck: scripted(answers, asked, 1000, (ms) => region.time.sleep(ms)),
    });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'own-check', step: '50' });
    expect(report.sentence).toContain('The check command "./smoke.sh" says no: exit code 3: cart is empty.');
    expect(liveWeights(region)).toEqual(before);
  });

  test('that cannot tell holds the step and is asked again', async () => {
    const region = await makeRegion('ecs', { seed: 213 });
    registerImage(region, 'v2');
    const asked: Readonly<Record<string, string>>[] = [];
    const answers: CheckResult[] = Array.from({ length: 3 }, () => ({
      kind: 'inconclusive',
      detail: 'exit code 75',
    }));
    const { outputs } = await shift(region, inputs, {
      runCheck: scripted(answers, asked, 1000, (ms) => region.time.sleep(ms)),
    });
    expect(outputs['outcome']).toBe('promoted');
    expect(asked.map((words) => words['IPS_DEPLOY_STEP'])).toEqual(['10', '10', '10', '10', '50', '100']);
  });
});

describe('a ladder from a budget', () => {
  test('meets the traffic that is measured, and a dead green keeps to it', async () => {
    const region = await makeRegion('ecs', { seed: 221, apps: { v2: { errorRate: 1 } } });
    registerImage(region, 'v2');
    const { outputs } = await shift(region, { ...probesOff, steps: 'auto', 'exposure-budget': '100' });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'errors' });
    expect(new Set(sharesSeen(region))).toEqual(new Set([0, 0.3]));
    expect(region.traffic.total.harmed).toBeGreaterThan(40);
    expect(region.traffic.total.harmed).toBeLessThan(160);
  });
  test('brings a good green to everything', async () => {
    const region = await makeRegion('ecs', { seed: 222 });
    registerImage(region, 'v2');
    const { outputs } = await shift(region, { steps: 'auto', 'exposure-budget': '100' });
    expect(outputs['outcome']).toBe('promoted');
    expect([...new Set(sharesSeen(region))]).toEqual([0, 0.3, 1.3, 5.5, 23, 100]);
    expect(region.traffic.total.harmed).toBe(0);
  });
});

describe('metrics that come late', () => {
  const delays = [
    { what: 'five minutes', minDelayMs: 5 * minute, maxDelayMs: 5 * minute },
    { what: 'one to six, each count by itself', minDelayMs: minute, maxDelayMs: 6 * minute },
  ];
  const kinds = [
    { kind: 'good', app: {}, outcome: 'promoted' },
    { kind: 'errors', app: badApps.errors, outcome: 'rolled-back' },
    { kind: 'closesConnections', app: badApps.closesConnections, outcome: 'rolled-back' },
  ];
  const cases = [1, 2, 3].flatMap((seed) =>
    delays.flatMap((delay) => kinds.map((each) => ({ seed, ...delay, ...each }))),
  );
  test.each(cases)(
    '$what, $kind, seed $seed: $outcome',
    async ({ seed, minDelayMs, maxDelayMs, app, outcome }) => {
      const region = await makeRegion('ecs', { seed: 2300 + seed, apps: { v2: app } });
      region.world.cloudwatch.setPublishing({ minDelayMs, maxDelayMs });
      registerImage(region, 'v2');
      const { outputs } = await shift(region, probesOff);
      expect({ outputs, log: region.log.slice(-8) }).toMatchObject({ outputs: { outcome } });
      // A step is not passed before its requests are counted; failures may be counted later than they.
      if (outcome === 'rolled-back') {
        expect(minDelayMs === maxDelayMs ? ['10'] : ['10', '50']).toContain(outputs['step']);
      }
    },
  );
});
