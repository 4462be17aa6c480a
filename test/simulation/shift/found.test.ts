/** What the simulated shifts have found: each by itself, in a few lines. */
import { expect, test } from '@jest/globals';
import { dyingAt, dyingWhen, Killed } from './dying.ts';
import { scalable, scalingNow } from './leftovers.ts';
import {
  beginShift,
  cluster,
  createService,
  liveWeights,
  makeRegion,
  minute,
  postStep,
  type Region,
  registerImage,
  rulesOfListener,
  serviceNow,
  setWeights,
  sharesSeen,
  shift,
} from './region.ts';

const quick = { accept: 'unproven', 'bake-time': '1m', 'probe-count': '0', 'probes-per-step': '0' };

function outcomeOf(region: Region, outputs: Readonly<Record<string, string>>): object {
  return { outcome: outputs['outcome'], cause: outputs['cause'], log: region.log.slice(-8) };
}

test('a stranger that comes into green’s group during a bake gets no more traffic', async () => {
  const region = await makeRegion('ecs', { seed: 901, requestsPerSecond: 20 });
  registerImage(region, 'v2');
  void region.time.sleep(3 * minute).then(() =>
    region.world.must('elasticloadbalancing', 'RegisterTargets', {
      TargetGroupArn: region.groups.b,
      Targets: [{ Id: '10.0.250.9', Port: 5000 }],
    }),
  );
  const { outputs } = await shift(region, quick);
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'rolled-back', cause: 'green-not-ready' });
  expect(Math.max(...sharesSeen(region))).toBe(10);
});

test.each([10, 180])(
  'a lock that somebody deletes after %i s ends the shift before its next weight',
  async (seconds) => {
    const region = await makeRegion('ecs', { seed: 902, requestsPerSecond: 20 });
    registerImage(region, 'v2');
    void region.time.sleep(seconds * 1000).then(() => {
      const { Rules } = region.world.must('elasticloadbalancing', 'DescribeRules', {
        ListenerArn: region.listenerArn,
      });
      const lock = Rules.find((rule: { Priority: string }) => rule.Priority === '9');
      region.world.must('elasticloadbalancing', 'DeleteRule', { RuleArn: lock.RuleArn });
    });
    const { outputs } = await shift(region, quick);
    expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'interfered' });
    expect(Math.max(...sharesSeen(region))).toBe(seconds < 60 ? 0 : 10);
    expect(rulesOfListener(region)).toBe(2);
  },
);

test('scaling is quiet in a run that goes on where another died before it could be', async () => {
  const region = await makeRegion('ecs', { seed: 903, requestsPerSecond: 0 });
  scalable(region);
  registerImage(region, 'v2');
  const inputs = { ...quick, 'bake-time': '20s' };
  const { wrap } = dyingAt({ operation: 'CreateRule', nth: 1, afterEffect: true });
  await expect(shift(region, inputs, { wrap })).rejects.toBeInstanceOf(Killed);
  expect(scalingNow(region)).toMatchObject([{ suspended: false }]);
  const seen: unknown[] = [];
  const second = shift(region, inputs, { runId: '2', cancelled: new AbortController().signal });
  const look = (): void => {
    const weights = liveWeights(region);
    if ((weights['api-b'] ?? 0) > 0) seen.push(...scalingNow(region));
    if ((weights['api-b'] ?? 0) < 100) region.world.kernel.after(1000, look);
  };
  look();
  expect(outcomeOf(region, (await second).outputs)).toMatchObject({ outcome: 'promoted-on-probes' });
  expect(seen).toContainEqual({
    service: 'api-blue',
    min: 3,
    max: 6,
    suspended: true,
    noted: ['ips-deploy:scaling'],
  });
  expect(scalingNow(region)).toContainEqual({
    service: 'api-blue',
    min: 2,
    max: 6,
    suspended: false,
    noted: [],
  });
});

test('a blue that was scaled out meanwhile takes nothing from a green that goes on', async () => {
  const region = await makeRegion('ecs', { seed: 904, requestsPerSecond: 20 });
  registerImage(region, 'v2');
  const paused = await shift(region, { ...quick, until: '10', unattended: 'accept' });
  expect(outcomeOf(region, paused.outputs)).toMatchObject({ outcome: 'paused' });
  region.world.must('ecs', 'UpdateService', { cluster, service: 'api-blue', desiredCount: 5 });
  region.world.must('ecs', 'UpdateService', { cluster, service: 'api-green', desiredCount: 4 });
  await region.time.run(region.time.sleep(10_000));
  const { outputs } = await shift(region, quick, { runId: '2' });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'promoted' });
  expect(serviceNow(region, 'api-green')).toMatchObject({ desiredCount: 4, runningCount: 4 });
  expect(region.traffic.total.harmed).toBe(0);
});

test('one name of the pair is enough for both ways', async () => {
  const region = await makeRegion('ecs', { seed: 905, requestsPerSecond: 20 });
  setWeights(region, { [region.groups.a]: 1, [region.groups.b]: 0 });
  createService(region, 'api-green', region.groups.b, 0);
  const inputs = { ...quick, 'green-service': 'api-green' };
  registerImage(region, 'v2');
  expect(outcomeOf(region, (await shift(region, inputs)).outputs)).toMatchObject({ outcome: 'promoted' });
  registerImage(region, 'v3');
  const back = await shift(region, inputs, { runId: '2' });
  expect(outcomeOf(region, back.outputs)).toMatchObject({ outcome: 'promoted' });
  expect(back.outputs['green-service']).toBe('api-blue');
  expect(liveWeights(region)).toEqual({ 'api-a': 100, 'api-b': 0 });
});

test.each(['server-error', 'reset', 'reset-after-effect'] as const)(
  'the lock is made although its first call ends as %s',
  async (kind) => {
    const region = await makeRegion('ecs', { seed: 906, requestsPerSecond: 20 });
    registerImage(region, 'v2');
    const rule = { id: 'once', match: { operation: 'CreateRule' }, count: 2, effect: { kind } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    expect(outcomeOf(region, (await shift(region, quick)).outputs)).toMatchObject({ outcome: 'promoted' });
    expect(rulesOfListener(region)).toBe(2);
  },
);

test('of rules that are shifted together somebody’s hand on the first is seen as well', async () => {
  const region = await makeRegion('ecs', { seed: 907, requestsPerSecond: 20 });
  region.world.must('elasticloadbalancing', 'CreateRule', {
    ListenerArn: region.listenerArn,
    Priority: 5,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/admin/*'] } }],
    Actions: [{ Type: 'forward', TargetGroupArn: region.groups.a }],
  });
  registerImage(region, 'v2');
  void region.time
    .sleep(2 * minute)
    .then(() => setWeights(region, { [region.groups.a]: 70, [region.groups.b]: 30 }));
  const { outputs } = await shift(region, { ...quick, 'other-rules': 'together' });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'interfered' });
  expect(Number(outputs['duration-seconds'])).toBeLessThan(130);
  expect(liveWeights(region)).toEqual({ 'api-a': 70, 'api-b': 30 });
});

test('where probes have to prove it, a run that goes on after a rest sends its own', async () => {
  const region = await makeRegion('ecs', { seed: 908, requestsPerSecond: 0.2 });
  registerImage(region, 'v2');
  const probed = {
    'bake-time': '30s',
    'probe-count': '400',
    'probes-per-step': '20',
    'probe-paths': '/cart',
  };
  const paused = await shift(region, { ...probed, until: '10', unattended: 'accept' });
  expect(outcomeOf(region, paused.outputs)).toMatchObject({ outcome: 'paused' });
  const { outputs } = await shift(region, probed, { runId: '2' });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'promoted-on-probes' });
});

test('tasks that a floor of scaling has started are put away by a job that is cancelled then', async () => {
  const region = await makeRegion('ecs', { seed: 909, requestsPerSecond: 0 });
  setWeights(region, { [region.groups.a]: 1, [region.groups.b]: 0 });
  createService(region, 'api-green', region.groups.b, 0);
  region.world.must('application-autoscaling', 'RegisterScalableTarget', {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/${cluster}/api-green`,
    MinCapacity: 0,
    MaxCapacity: 6,
  });
  registerImage(region, 'v2');
  const cancel = new AbortController();
  const { outputs } = await shift(region, quick, {
    cancelled: cancel.signal,
    wrap: (aws) => ({
      call: async (name, input, signal) => {
        if (name === 'application-autoscaling:RegisterScalableTarget') cancel.abort('SIGINT');
        return aws.call(name, input, signal);
      },
    }),
  });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'cancelled' });
  expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
  expect(scalingNow(region)).toEqual([{ service: 'api-green', min: 0, max: 6, suspended: false, noted: [] }]);
});

test('the probes of the shift before are no traffic that the next one waits for', async () => {
  const region = await makeRegion('ecs', { seed: 911, requestsPerSecond: 0 });
  const probed = {
    'bake-time': '20s',
    'probe-count': '400',
    'probes-per-step': '20',
    'probe-paths': '/cart',
  };
  registerImage(region, 'v2');
  expect(outcomeOf(region, (await shift(region, probed)).outputs)).toMatchObject({
    outcome: 'promoted-on-probes',
  });
  await region.time.run(region.time.sleep(4 * minute));
  registerImage(region, 'v3');
  const { outputs } = await shift(region, probed, { runId: '2' });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'promoted-on-probes' });
});

test.each([true, false])(
  'blue’s end, begun by a run that died, is ended by its post step, or told (recorded: %s)',
  async (recorded) => {
    const region = await makeRegion('ecs', { seed: 912, requestsPerSecond: 20 });
    registerImage(region, 'v2');
    const inputs = { ...quick, 'blue-after': 'scale-to-zero', 'on-cancel': 'leave', unattended: 'accept' };
    const killed = recorded
      ? dyingAt({ operation: 'UpdateService', nth: 1, afterEffect: false })
      : dyingWhen(() => liveWeights(region)['api-b'] === 100 && stageOf(region) === 'promoted');
    await expect(shift(region, inputs, { wrap: killed.wrap })).rejects.toBeInstanceOf(Killed);
    const result = await postStep(region, inputs);
    expect(outcomeOf(region, result!.outputs)).toMatchObject({ outcome: 'promoted' });
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(recorded ? 0 : 3);
    expect(result!.report.remedy).toEqual(
      recorded ? undefined : expect.stringContaining('api-blue was not scaled down'),
    );
    expect(rulesOfListener(region)).toBe(2);
  },
);

function stageOf(region: Region): string | undefined {
  const { Rules } = region.world.must('elasticloadbalancing', 'DescribeRules', {
    ListenerArn: region.listenerArn,
  });
  const lock = Rules.find((rule: { Priority: string }) => rule.Priority === '9');
  if (lock === undefined) return undefined;
  const { TagDescriptions } = region.world.must('elasticloadbalancing', 'DescribeTags', {
    ResourceArns: [lock.RuleArn],
  });
  return TagDescriptions[0].Tags.find((tag: { Key: string }) => tag.Key === 'ips-deploy:stage')?.Value;
}

test('a green whose tasks ended while it had traffic and nobody looked is taken back', async () => {
  const region = await makeRegion('ecs', {
    seed: 913,
    requestsPerSecond: 0.2,
    apps: { v2: { crashAfterMs: 4 * minute } },
  });
  registerImage(region, 'v2');
  const killed = dyingWhen(() => liveWeights(region)['api-b'] === 100);
  await expect(shift(region, quick, { wrap: killed.wrap })).rejects.toBeInstanceOf(Killed);
  const { outputs } = await shift(region, quick, { runId: '2' });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'rolled-back', cause: 'container-exited' });
});

test('of two shifts that begin at the same moment the one that comes too late says why', async () => {
  const region = await makeRegion('ecs', { seed: 921, requestsPerSecond: 20 });
  registerImage(region, 'v2');
  const both = Promise.all([beginShift(region, quick), beginShift(region, quick, { runId: '2' })]);
  const ends = (await region.time.run(both)).map(({ outputs }) => [outputs['outcome'], outputs['cause']]);
  expect(ends).toContainEqual(['promoted', '']);
  expect(ends).toContainEqual(['refused', 'another-shift']);
});

test('a green that somebody else has given traffic keeps its floor', async () => {
  const region = await makeRegion('ecs', { seed: 922, requestsPerSecond: 20 });
  scalable(region);
  registerImage(region, 'v2');
  void region.time
    .sleep(3 * minute)
    .then(() => setWeights(region, { [region.groups.a]: 70, [region.groups.b]: 30 }));
  const { outputs } = await shift(region, quick);
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'interfered' });
  expect(scalingNow(region)).toMatchObject([
    { service: 'api-blue', min: 2, suspended: false },
    { service: 'api-green', min: 2, suspended: false },
  ]);
  expect(serviceNow(region, 'api-green').desiredCount).toBe(3);
});

test('a run that took an older shift back and is refused then says both', async () => {
  const region = await makeRegion('ecs', { seed: 914, requestsPerSecond: 20 });
  registerImage(region, 'v2');
  const rested = await shift(region, { ...quick, until: '10', unattended: 'accept' });
  expect(outcomeOf(region, rested.outputs)).toMatchObject({ outcome: 'paused' });
  registerImage(region, 'v3');
  const { outputs, report } = await shift(region, { ...quick, alarms: 'nobody-made-it' }, { runId: '2' });
  expect(outcomeOf(region, outputs)).toMatchObject({ outcome: 'refused', cause: 'alarm-missing' });
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  expect(report.sentence).toMatch(
    /^Rolled back at 10 %: .* Nothing was changed beside that\. One finding speaks against this shift: There is no alarm/,
  );
});

test.each([
  ['rollback', 'rolled-back'],
  ['judge', 'rolled-back'],
  ['rollback-only', 'rolled-back'],
  ['resume-only', 'promoted'],
] as const)(
  'a run that dies when it has taken a promoted green back leaves no promoted one: %s',
  async (order, outcome) => {
    const region = await makeRegion('ecs', { seed: 924 });
    registerImage(region, 'v2');
    const { kernel } = region.world;
    const spoil = (): void => {
      region.world.must('ecs', 'UpdateService', { cluster, service: 'api-green', taskDefinition: 'api:1' });
    };
    const look = (): void => {
      if (region.states.at(-1)?.phase.kind === 'retire') kernel.after(minute, spoil);
      else kernel.after(1000, look);
    };
    look();
    const kept = { ...quick, 'blue-after': 'scale-to-zero', 'keep-blue-for': '10m' };
    const isBack = () => sharesSeen(region).includes(100) && liveWeights(region)['api-b'] === 0;
    await expect(shift(region, kept, dyingWhen(isBack))).rejects.toBeInstanceOf(Killed);
    expect(stageOf(region)).toBe('promoted');
    await region.time.run(region.time.sleep(6 * minute));
    const inputs = { ...kept, 'on-interrupted': order, 'task-definition': 'api:2' };
    const { outputs } = await shift(region, inputs, { runId: '2' });
    expect(outcomeOf(region, outputs)).toMatchObject({ outcome });
    expect(liveWeights(region)['api-b']).toBe(outcome === 'promoted' ? 100 : 0);
  },
);
