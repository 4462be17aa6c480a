import { describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../../../src/lab/world/faults/index.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { instructionsOf } from '../../../src/report/report.ts';
import { putAlarm } from '../alarm.ts';
import {
  cancelAfter,
  cluster,
  createService,
  liveWeights,
  makeRegion,
  minute,
  type Region,
  registerImage,
  rulesOfListener,
  serviceNow,
  settle,
  setWeights,
  sharesSeen,
  shift,
} from './region.ts';

/** What a failing test shows: the seed, and the run's log. */
function story(region: Region): string {
  return `seed ${region.world.kernel.config.seed}\n${region.log.join('\n')}`;
}

function expectOutcome(region: Region, outputs: Readonly<Record<string, string>>, outcome: string): void {
  if (outputs['outcome'] !== outcome) {
    throw new Error(`expected ${outcome}, got ${outputs['outcome']} (${outputs['cause']}); ${story(region)}`);
  }
  // Only the ladder's shares were ever written, and the lock is gone: production's rule and the default one.
  for (const share of sharesSeen(region)) expect([0, 10, 50, 100]).toContain(share);
  // Weights that rest in the middle keep the lock: it says what a later run has to know.
  const rests = outcome === 'paused' || outcome === 'rollback-failed';
  const left = outcome === 'cancelled' && Number(outputs['green-share']) > 0;
  expect(rulesOfListener(region)).toBe(rests || left ? 3 : 2);
}

describe('a good release', () => {
  test('gets a twin of blue, and everything, without one harmed request', async () => {
    const region = await makeRegion('ecs', { seed: 11 });
    registerImage(region, 'v2');
    const result = await shift(region, { 'blue-after': 'scale-to-zero' });
    expectOutcome(region, result.outputs, 'promoted');
    expect(result.ok).toBe(true);
    expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
    expect(region.traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(0);
    const green = serviceNow(region, 'api-green');
    expect(green).toMatchObject({
      desiredCount: 3,
      runningCount: 3,
      launchType: 'FARGATE',
      healthCheckGracePeriodSeconds: 30,
      loadBalancers: [{ targetGroupArn: region.groups.b, containerName: 'api', containerPort: 5000 }],
    });
    expect(result.outputs).toMatchObject({
      'green-service': 'api-green',
      weights: '{"api-a":0,"api-b":100}',
      harmed: '0',
      step: '100',
      cause: '',
    });
    expect(JSON.parse(result.outputs['images']!)).toEqual({ api: expect.stringContaining(':v2') });
    const evidence = JSON.parse(result.outputs['evidence']!);
    expect(evidence.ratio).toBeLessThan(evidence.limit);
    expect(evidence.green.requests).toBeGreaterThan(0);
    // The next release goes the other way, found by looking: no group or service is named.
    registerImage(region, 'v3');
    const next = await shift(region, { 'green-target-group': '' });
    expectOutcome(region, next.outputs, 'promoted');
    expect(liveWeights(region)).toEqual({ 'api-a': 100, 'api-b': 0 });
    expect(next.outputs['green-service']).toBe('api-blue');
    expect(region.traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
  });

  test('takes over from EC2 instances into a service that waits at 0', async () => {
    const region = await makeRegion('host', { seed: 21 });
    setWeights(region, { [region.groups.host]: 1, [region.groups.b]: 0 });
    createService(region, 'api', region.groups.b, 0);
    const result = await shift(region, { 'green-service': 'api', 'desired-count': '3' });
    expectOutcome(region, result.outputs, 'promoted');
    expect(liveWeights(region)).toEqual({ 'api-host': 0, 'api-b': 100 });
    expect(serviceNow(region, 'api')).toMatchObject({ desiredCount: 3, runningCount: 3 });
    expect(region.traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
  });

  test('without traffic is promoted on probes, and says so', async () => {
    const region = await makeRegion('ecs', { seed: 22, requestsPerSecond: 0 });
    registerImage(region, 'v2');
    const result = await shift(region, { 'probe-paths': '/health\n/cart' });
    expectOutcome(region, result.outputs, 'promoted-on-probes');
    expect(result.report.sentence).toContain('promoted on probes');
  });

  test('that blue serves already is no change, and a dry run changes nothing', async () => {
    const region = await makeRegion('ecs', { seed: 23 });
    const same = await shift(region);
    expectOutcome(region, same.outputs, 'no-change');
    registerImage(region, 'v2');
    const dry = await shift(region, { 'dry-run': 'true' });
    expectOutcome(region, dry.outputs, 'planned');
    expect(dry.ok).toBe(true);
    expect(story(region)).toContain('Tasks beside those that run now: 3; no limit is set (max-extra-tasks).');
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
    expect(serviceNow(region, 'api-green')).toBeUndefined();
  });

  test('shifts the default action of a listener as well', async () => {
    const region = await makeRegion('ecs', { seed: 24 });
    const { world, listenerArn, groups, ruleArn } = region;
    world.must('elasticloadbalancing', 'ModifyListener', {
      ListenerArn: listenerArn,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: groups.a }],
    });
    world.must('elasticloadbalancing', 'DeleteRule', { RuleArn: ruleArn });
    registerImage(region, 'v2');
    const result = await shift(region, { 'listener-rule-arn': '', 'listener-arn': listenerArn });
    expect(story(region)).toContain('Green api-b serves everything.');
    expect(result.outputs['outcome']).toBe('promoted');
    const [listener] = world.must('elasticloadbalancing', 'DescribeListeners', {
      ListenerArns: [listenerArn],
    }).Listeners;
    expect(listener.DefaultActions[0].ForwardConfig.TargetGroups).toEqual([
      { TargetGroupArn: groups.a, Weight: 0 },
      { TargetGroupArn: groups.b, Weight: 100 },
    ]);
    expect(region.traffic.total.harmed).toBe(0);
  });
});

describe('a bad release is taken back, and the cause is the true one', () => {
  const probesOff = { 'probe-count': '0', 'probes-per-step': '0' };
  test.each([
    { kind: 'errors', inputs: {}, cause: 'probes', harmedAtMost: 0 },
    { kind: 'errors', inputs: probesOff, cause: 'errors', harmedAtMost: 2500 },
    { kind: 'slow', inputs: {}, cause: 'slow', harmedAtMost: 0 },
    { kind: 'hangs', inputs: {}, cause: 'probes', harmedAtMost: 0 },
    { kind: 'hangs', inputs: probesOff, cause: 'unanswered', harmedAtMost: 2500 },
    { kind: 'closesConnections', inputs: {}, cause: 'probes', harmedAtMost: 0 },
    { kind: 'closesConnections', inputs: probesOff, cause: 'unanswered', harmedAtMost: 2500 },
    { kind: 'bursts', inputs: {}, cause: 'probes', harmedAtMost: 2500 },
    { kind: 'crashAtStart', inputs: {}, cause: 'container-exited', harmedAtMost: 0 },
    { kind: 'neverHealthy', inputs: {}, cause: 'target-health', harmedAtMost: 0 },
    { kind: 'outOfMemory', inputs: {}, cause: 'out-of-memory', harmedAtMost: 0 },
    { kind: 'pullFails', inputs: {}, cause: 'image-not-found', harmedAtMost: 0 },
  ] as const)('$kind, by $cause', async ({ kind, inputs, cause, harmedAtMost }) => {
    const region = await makeRegion('ecs', { seed: 31, apps: { v2: badApps[kind] } });
    registerImage(region, 'v2');
    const result = await shift(region, inputs);
    expectOutcome(region, result.outputs, 'rolled-back');
    expect(result.ok).toBe(false);
    expect(result.outputs['cause']).toBe(cause);
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
    const { harmed } = region.traffic.total;
    expect(harmed).toBeLessThanOrEqual(harmedAtMost);
    // What is told of harm is near the truth of the traffic; slow answers are no failures there.
    if (kind !== 'slow') {
      expect(Number(result.outputs['harmed'])).toBeGreaterThanOrEqual(harmed / 5);
      expect(Number(result.outputs['harmed'])).toBeLessThanOrEqual(harmed * 5 + 10);
    }
  });

  // The twin has a good revision by now, so its circuit breaker takes the bad one back while we look on.
  test.each([
    ['crashAtStart', 'container-exited'],
    ['neverHealthy', 'target-health'],
  ] as const)('%s in a service that has served before, by %s', async (kind, cause) => {
    const region = await makeRegion('ecs', { seed: 33, apps: { v4: badApps[kind] } });
    registerImage(region, 'v2');
    expectOutcome(region, (await shift(region)).outputs, 'promoted');
    registerImage(region, 'v3');
    expectOutcome(region, (await shift(region, { 'green-target-group': '' })).outputs, 'promoted');
    registerImage(region, 'v4');
    const result = await shift(region, { 'green-target-group': '' });
    expectOutcome(region, result.outputs, 'rolled-back');
    expect(result.outputs['cause']).toBe(cause);
    expect(liveWeights(region)).toEqual({ 'api-a': 100, 'api-b': 0 });
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('an alarm that rings during the shift takes it back', async () => {
    const region = await makeRegion('ecs', { seed: 32 });
    putAlarm(region.world, 'checkout-errors');
    region.world.loadFaults({
      rules: [],
      events: [
        { id: 'ring', atMs: 3 * minute, event: { kind: 'alarm', name: 'checkout-errors', state: 'ALARM' } },
      ],
    });
    registerImage(region, 'v2');
    const result = await shift(region, { alarms: 'checkout-errors' });
    expectOutcome(region, result.outputs, 'rolled-back');
    expect(result.outputs['cause']).toBe('alarm');
    const again = await shift(region, { alarms: 'checkout-errors\nno-such-alarm' });
    expectOutcome(region, again.outputs, 'refused');
    expect(again.outputs['cause']).toBe('alarm-active,alarm-missing');
  });
});

describe('other hands', () => {
  test('weights changed in the middle: interfered, and nothing of it is touched', async () => {
    const region = await makeRegion('ecs', { seed: 41 });
    registerImage(region, 'v2');
    region.world.loadFaults({
      rules: [],
      events: [
        {
          id: 'thief',
          atMs: 3 * minute,
          event: {
            kind: 'set-weights',
            ruleArn: region.ruleArn,
            weights: { [region.groups.a]: 70, [region.groups.b]: 30 },
          },
        },
      ],
    });
    const result = await shift(region);
    expectOutcome(region, result.outputs, 'interfered');
    expect(liveWeights(region)).toEqual({ 'api-a': 70, 'api-b': 30 });
    expect(result.outputs['weights']).toBe('{"api-a":70,"api-b":30}');
    expect(serviceNow(region, 'api-green').desiredCount).toBe(3);
    expect(result.report.sentence).toContain('api-a 70, api-b 30');
  });

  test('a maintenance page put into the rule is somebody else’s, too', async () => {
    const region = await makeRegion('ecs', { seed: 44 });
    registerImage(region, 'v2');
    const page = { StatusCode: '503', ContentType: 'text/plain' };
    const input = {
      RuleArn: region.ruleArn,
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: page }],
    };
    const event = { kind: 'call', service: 'elasticloadbalancing', operation: 'ModifyRule', input } as const;
    region.world.loadFaults({ rules: [], events: [{ id: 'page', atMs: 3 * minute, event }] });
    const result = await shift(region);
    expectOutcome(region, result.outputs, 'interfered');
    expect(result.report.sentence).toContain('the rule holds no target group');
  });

  test('a second shift is refused while the first runs, and after it is not', async () => {
    const region = await makeRegion('ecs', { seed: 42 });
    registerImage(region, 'v2');
    const first = shift(region);
    await settle(region, minute);
    const second = await shift(region, {}, { runId: '2' });
    expect(second.outputs['outcome']).toBe('refused');
    expect(second.outputs['cause']).toContain('another-shift');
    expectOutcome(region, (await first).outputs, 'promoted');
  });

  test('somebody deploys green in the middle: back at once', async () => {
    const region = await makeRegion('ecs', { seed: 43 });
    registerImage(region, 'v2');
    const event = {
      kind: 'call',
      service: 'ecs',
      operation: 'UpdateService',
      input: { cluster, service: 'api-green', taskDefinition: 'api:1' },
    } as const;
    region.world.loadFaults({ rules: [], events: [{ id: 'second', atMs: 2 * minute, event }] });
    const result = await shift(region);
    expectOutcome(region, result.outputs, 'rolled-back');
    expect(result.outputs['cause']).toBe('green-superseded');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  });
});

describe('cancellation and time', () => {
  test.each([
    { afterMs: 30_000, onCancel: 'rollback', weights: { 'api-a': 1, 'api-b': 0 } },
    { afterMs: 3 * minute, onCancel: 'rollback', weights: { 'api-a': 1, 'api-b': 0 } },
    { afterMs: 6 * minute, onCancel: 'rollback', weights: { 'api-a': 1, 'api-b': 0 } },
    { afterMs: 3 * minute, onCancel: 'leave', weights: { 'api-a': 90, 'api-b': 10 } },
  ])('cancelled after $afterMs ms with on-cancel $onCancel', async ({ afterMs, onCancel, weights }) => {
    const region = await makeRegion('ecs', { seed: 51 });
    registerImage(region, 'v2');
    const { kernel } = region.world;
    let cancelledAt = 0;
    let backAt = 0;
    cancelAfter(region, afterMs, () => {
      cancelledAt = kernel.now;
    });
    const work = shift(region, { 'on-cancel': onCancel, unattended: 'accept' });
    const result = await work;
    backAt = region.states.findLast((state) => state.weights.length > 1)?.weights.at(-1)?.at ?? 0;
    expectOutcome(region, result.outputs, 'cancelled');
    expect(liveWeights(region)).toEqual(weights);
    expect(region.traffic.total.harmed).toBe(0);
    // GitHub leaves 7.5 s between SIGINT and SIGTERM.
    if (afterMs > minute && onCancel === 'rollback') expect(backAt - cancelledAt).toBeLessThan(7500);
  });

  test('a read that is being retried does not keep a cancelled job waiting', async () => {
    const region = await makeRegion('ecs', { seed: 53 });
    registerImage(region, 'v2');
    const { kernel } = region.world;
    region.world.loadFaults({
      rules: [{ id: 'cw', match: { service: 'cloudwatch' }, fromMs: 150_000, effect: { kind: 'throttle' } }],
      events: [],
    });
    let cancelledAt = 0;
    cancelAfter(region, 280_000, () => {
      cancelledAt = kernel.now;
    });
    const result = await shift(region);
    expectOutcome(region, result.outputs, 'cancelled');
    const back = region.states.at(-1)?.weights.at(-1);
    expect(back?.percent).toBe(0);
    expect((back?.at ?? 0) - cancelledAt).toBeLessThan(7500);
  });

  test('where every read is throttled, a cancelled job still says in time what a person has to do', async () => {
    const region = await makeRegion('ecs', { seed: 54 });
    registerImage(region, 'v2');
    const { kernel } = region.world;
    let cancelledAt = 0;
    kernel.after(280_000, () => {
      region.world.loadFaults({
        rules: [{ id: 'reads', match: { mutates: false }, effect: { kind: 'throttle' } }],
        events: [],
      });
    });
    cancelAfter(region, 281_000, () => {
      cancelledAt = kernel.now;
    });
    const result = await shift(region);
    expectOutcome(region, result.outputs, 'rollback-failed');
    expect(kernel.now - cancelledAt).toBeLessThan(7500);
    expect(instructionsOf(result.report)).toContain('aws elbv2 modify-');
  });

  test('the deadline of the whole shift takes the weights back', async () => {
    const region = await makeRegion('ecs', { seed: 52 });
    registerImage(region, 'v2');
    const result = await shift(region, { timeout: '6m5s' });
    expectOutcome(region, result.outputs, 'timed-out');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  });
});

describe('scaling', () => {
  const scalable = (region: Region, name: string, min: number, max: number): void => {
    region.world.must('application-autoscaling', 'RegisterScalableTarget', {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/${name}`,
      MinCapacity: min,
      MaxCapacity: max,
    });
  };
  const scalingOf = (region: Region, name: string) =>
    region.world.must('application-autoscaling', 'DescribeScalableTargets', {
      ServiceNamespace: 'ecs',
      ResourceIds: [`service/${cluster}/${name}`],
    }).ScalableTargets[0];

  test.each([
    { app: {}, outcome: 'promoted' },
    { app: badApps.errors, outcome: 'rolled-back' },
  ])('scale-in rests during the shift and is back after it: $outcome', async ({ app, outcome }) => {
    const region = await makeRegion('ecs', { seed: 61, apps: { v2: app } });
    scalable(region, 'api-blue', 2, 6);
    registerImage(region, 'v2');
    const work = shift(region);
    await settle(region, 20_000);
    expect(scalingOf(region, 'api-blue')).toMatchObject({
      MinCapacity: 3,
      SuspendedState: {
        DynamicScalingInSuspended: true,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: true,
      },
    });
    expectOutcome(region, (await work).outputs, outcome);
    expect(scalingOf(region, 'api-blue')).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 6,
      SuspendedState: { DynamicScalingInSuspended: false, ScheduledScalingSuspended: false },
    });
  });
});

describe('a bad network', () => {
  const rules: readonly (readonly [string, readonly FaultRule[]])[] = [
    [
      'a third of all calls is throttled',
      [{ id: 't', match: {}, probability: 0.33, effect: { kind: 'throttle' } }],
    ],
    [
      'a fifth of all calls fails',
      [{ id: 'e', match: {}, probability: 0.2, effect: { kind: 'server-error' } }],
    ],
    [
      'every first change happens and its answer is lost',
      ['CreateRule', 'ModifyRule', 'CreateService', 'DeleteRule'].map((operation) => ({
        id: operation,
        match: { operation },
        nth: 1,
        effect: { kind: 'reset-after-effect' as const },
      })),
    ],
    [
      'reads lag by ten seconds',
      [
        {
          id: 'lag',
          match: { mutates: false, service: 'elasticloadbalancing' },
          effect: { kind: 'read-lag', ms: 10_000 },
        },
      ],
    ],
  ];
  test.each(rules)('%s: the shift comes through', async (_what, faults) => {
    const region = await makeRegion('ecs', { seed: 71 });
    registerImage(region, 'v2');
    region.world.loadFaults({ rules: faults, events: [] });
    const result = await shift(region);
    region.world.loadFaults({ rules: [], events: [] });
    expectOutcome(region, result.outputs, 'promoted');
    expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('credentials end in the middle: the outcome says what a person has to type', async () => {
    const region = await makeRegion('ecs', { seed: 72 });
    registerImage(region, 'v2');
    region.world.loadFaults({
      rules: [{ id: 'expired', match: {}, fromMs: 3 * minute, effect: { kind: 'expired-credentials' } }],
      events: [],
    });
    const result = await shift(region);
    region.world.loadFaults({ rules: [], events: [] });
    expect(result.outputs['outcome']).toBe('rollback-failed');
    expect(instructionsOf(result.report)).toContain(`aws elbv2 modify-rule --rule-arn ${region.ruleArn}`);
    expect(instructionsOf(result.report)).toContain('aws elbv2 delete-rule --rule-arn');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
  });
});

test('the same seed gives the same shift, line by line', async () => {
  const run = async (): Promise<string> => {
    const region = await makeRegion('ecs', { seed: 81, apps: { v2: badApps.bursts } });
    registerImage(region, 'v2');
    await shift(region);
    return region.log.join('\n');
  };
  expect(await run()).toBe(await run());
});
