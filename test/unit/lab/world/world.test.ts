import { describe, expect, test } from '@jest/globals';
import { randomFaults } from '../../../../src/lab/world/faults/index.ts';
import { World } from '../../../../src/lab/world/world.ts';
import { createStage, type Stage } from './stage.ts';

const minuteMs = 60_000;

function history(stage: Stage): string {
  return stage.world.kernel.journal.map((entry) => JSON.stringify(entry)).join('\n');
}

function weightsOf({ world, ruleArn }: Stage): readonly number[] {
  const [rule] = world.must('elasticloadbalancing', 'DescribeRules', { RuleArns: [ruleArn] }).Rules;
  return rule.Actions[0].ForwardConfig.TargetGroups.map((group: { Weight: number }) => group.Weight);
}

test('a rolling deployment of three tasks completes in virtual time', () => {
  const stage = createStage();
  const next = stage.register('v2');
  stage.update(next);
  expect(stage.service().deployments).toHaveLength(2);
  stage.advance(20 * minuteMs);
  expect(stage.service().deployments).toMatchObject([
    { status: 'PRIMARY', rolloutState: 'COMPLETED', runningCount: 3, taskDefinition: next },
  ]);
  const health = stage.world.must('elasticloadbalancing', 'DescribeTargetHealth', {
    TargetGroupArn: stage.blueArn,
  });
  const states = health.TargetHealthDescriptions.map(
    (target: { TargetHealth: { State: string } }) => target.TargetHealth.State,
  );
  expect(states).toEqual(['healthy', 'healthy', 'healthy']);
});

test('a good deployment never leaves fewer healthy targets than the service wants', () => {
  const stage = createStage();
  stage.update(stage.register('v2'));
  const fewest = Math.min(
    ...Array.from({ length: 1200 }, () => {
      stage.advance(500);
      const [group] = stage.world.routing().targetGroups();
      return group!.targets.filter((target) => target.state === 'healthy').length;
    }),
  );
  expect(stage.service().deployments).toMatchObject([{ rolloutState: 'COMPLETED' }]);
  expect(fewest).toBe(3);
});

test.each([
  ['an image that is not there', 'v9', {}, /CannotPullContainerError/],
  [
    'a secret that is not there',
    'v2',
    { secrets: [{ name: 'DB', valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:absent' }] },
    /^ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time\(s\): failed to fetch secret/,
  ],
  [
    'a parameter that is not there',
    'v2',
    { secrets: [{ name: 'DB', valueFrom: '/ips/absent' }] },
    /^ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time\(s\): invalid ssm parameters: \/ips\/absent$/,
  ],
])('%s stops the tasks with its reason, and the circuit breaker goes back', (_name, tag, more, reason) => {
  const stage = createStage();
  const former = stage.service().taskDefinition;
  stage.update(stage.register(tag, more));
  const reasons = new Set<string>();
  for (let minute = 0; minute < 60; minute++) {
    stage.advance(minuteMs);
    const { taskArns } = stage.world.must('ecs', 'ListTasks', { cluster: 'c', desiredStatus: 'STOPPED' });
    if (taskArns.length === 0) continue;
    const { tasks } = stage.world.must('ecs', 'DescribeTasks', { cluster: 'c', tasks: taskArns });
    for (const task of tasks) reasons.add(task.stoppedReason);
  }
  expect([...reasons]).toEqual(expect.arrayContaining([expect.stringMatching(reason)]));
  expect(stage.service()).toMatchObject({ taskDefinition: former, runningCount: 3 });
});

describe('determinism', () => {
  const run = (seed: number): Stage => {
    const stage = createStage({ seed, faults: randomFaults(seed, 1) });
    const { world } = stage;
    for (let step = 0; step < 40; step++) {
      const input = { cluster: 'c', services: ['s'] };
      world.call({ service: 'ecs', operation: 'DescribeServices', input, principal: world.root });
      if (step === 5) stage.update(stage.register('v2'));
      stage.advance(15_000);
    }
    return stage;
  };

  test('the same seed gives the same history byte for byte, another seed another one', () => {
    const one = history(run(7));
    expect(one.length).toBeGreaterThan(5000);
    expect(history(run(7))).toBe(one);
    expect(history(run(8))).not.toBe(one);
  });

  test('how time is cut into steps changes nothing', () => {
    const inOneGo = createStage();
    inOneGo.update(inOneGo.register('v2'));
    inOneGo.advance(600_000);
    const inSteps = createStage();
    inSteps.update(inSteps.register('v2'));
    for (let step = 0; step < 6000; step++) inSteps.advance(100);
    expect(history(inSteps)).toBe(history(inOneGo));
  });
});

test('the journal never holds a secret', () => {
  const stage = createStage();
  const { world } = stage;
  const value = 'swordfish-4711';
  const { ARN } = world.must('secretsmanager', 'CreateSecret', { Name: 'db', SecretString: value });
  stage.update(stage.register('v2', { secrets: [{ name: 'DB', valueFrom: ARN }] }));
  stage.advance(20 * minuteMs);
  expect(stage.service().deployments[0].rolloutState).toBe('COMPLETED');
  const journal = history(stage);
  for (const secret of [value, world.sts.adminKey.secretAccessKey, world.sts.issuerKey])
    expect(journal).not.toContain(secret);
});

test('unknown operations get a clear error, names of every object too', () => {
  const world = new World();
  for (const operation of ['NoSuchThing', 'toString', 'constructor'])
    expect(world.call({ service: 'ecs', operation, input: {}, principal: world.root })).toMatchObject({
      error: { code: 'UnknownOperationException', message: `The lab does not simulate ecs:${operation}.` },
    });
});

test('no input, however strange, makes a call throw', () => {
  const world = new World();
  for (const module of world.modules.values()) {
    for (const operation of Object.keys(module.operations)) {
      const result = world.call({ service: module.id, operation, input: {}, principal: world.root });
      expect(['answer', 'error']).toContain(result.kind);
    }
  }
});

test('calls are counted by caller, setting up is not', () => {
  const world = new World();
  const other = { kind: 'root', arn: 'arn:aws:sts::1:assumed-role/Other/x', name: 'x' } as const;
  const call = (principal: typeof other | World['root'], operation: string) =>
    world.call({ service: 'ecs', operation, input: {}, principal });
  world.must('ecs', 'ListClusters', {});
  call(world.root, 'ListClusters');
  call(world.root, 'ListClusters');
  call(other, 'ListClusters');
  call(other, 'NoSuchThing');
  expect(world.callCounts()).toEqual({ 'ecs:ListClusters': 3, 'ecs:NoSuchThing': 1 });
  expect(world.callCounts('*/Other/*')).toEqual({ 'ecs:ListClusters': 1, 'ecs:NoSuchThing': 1 });
  expect(world.callCounts('nobody')).toEqual({});
});

describe('what others do', () => {
  test('somebody changes the weights', () => {
    const stage = createStage();
    stage.world.loadFaults({
      rules: [],
      events: [
        {
          id: 'hand',
          atMs: 30_000,
          event: {
            kind: 'set-weights',
            ruleArn: stage.ruleArn,
            weights: { [stage.greenArn]: 50, [stage.blueArn]: 50 },
          },
        },
      ],
    });
    stage.advance(29_999);
    expect(weightsOf(stage)).toEqual([1, 0]);
    stage.advance(1);
    expect(weightsOf(stage)).toEqual([50, 50]);
  });

  test('the weights of a default action, too, and groups that are not named keep theirs', () => {
    const stage = createStage();
    const { world, listenerArn, greenArn } = stage;
    const event = { kind: 'set-weights', ruleArn: listenerArn, weights: { [greenArn]: 9 } } as const;
    world.loadFaults({ rules: [], events: [{ id: 'hand', atMs: 0, event }] });
    stage.advance(1);
    const [listener] = world.must('elasticloadbalancing', 'DescribeListeners', {
      ListenerArns: [listenerArn],
    }).Listeners;
    expect(listener.DefaultActions[0].ForwardConfig.TargetGroups).toMatchObject([
      { Weight: 1 },
      { Weight: 9 },
    ]);
  });

  test('a second deployer supersedes', () => {
    const stage = createStage();
    const [ours, theirs] = [stage.register('v2'), stage.register('v1')];
    const input = { cluster: 'c', service: 's', taskDefinition: theirs };
    const event = { kind: 'call', service: 'ecs', operation: 'UpdateService', input } as const;
    stage.world.loadFaults({ rules: [], events: [{ id: 'second', atMs: 20_000, event }] });
    stage.update(ours);
    stage.advance(20 * minuteMs);
    expect(stage.service().taskDefinition).toBe(theirs);
    expect(stage.world.kernel.journal).toContainEqual(
      expect.objectContaining({
        kind: 'fault.event',
        subject: 'second',
        detail: { kind: 'call', result: 'done' },
      }),
    );
  });

  test('a zone goes dark: its tasks come back elsewhere', () => {
    const stage = createStage();
    const zones = () => {
      const { taskArns } = stage.world.must('ecs', 'ListTasks', { cluster: 'c' });
      const { tasks } = stage.world.must('ecs', 'DescribeTasks', { cluster: 'c', tasks: taskArns });
      return tasks.map((task: { availabilityZone: string }) => task.availabilityZone);
    };
    const zone = 'ap-south-1a';
    expect(zones()).toContain(zone);
    stage.world.loadFaults({
      rules: [],
      events: [{ id: 'dark', atMs: 0, event: { kind: 'zone-dark', zone } }],
    });
    stage.advance(10 * minuteMs);
    expect(zones()).toHaveLength(3);
    expect(zones()).not.toContain(zone);
  });

  test('an alarm is forced; one that does not exist is only noted', () => {
    const world = new World();
    world.must('cloudwatch', 'PutMetricAlarm', {
      AlarmName: 'errors',
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    const event = (name: string) => ({ kind: 'alarm', name, state: 'ALARM' }) as const;
    world.loadFaults({
      rules: [],
      events: [
        { id: 'one', atMs: 5000, event: event('errors') },
        { id: 'two', atMs: 5000, event: event('absent') },
      ],
    });
    world.kernel.advanceTo(world.kernel.now + 4999);
    expect(world.cloudwatch.alarmState('errors')).not.toBe('ALARM');
    world.kernel.advanceTo(world.kernel.now + 1);
    expect(world.cloudwatch.alarmState('errors')).toBe('ALARM');
    expect(world.kernel.journal).toContainEqual(
      expect.objectContaining({ subject: 'two', detail: { kind: 'alarm', result: 'no such alarm' } }),
    );
  });

  test('metrics are lost for as long as the longest gap', () => {
    const world = new World();
    const event = (durationMs: number) => ({ kind: 'metrics-gap', durationMs }) as const;
    world.loadFaults({
      rules: [],
      events: [
        { id: 'one', atMs: 1000, event: event(5000) },
        { id: 'two', atMs: 2000, event: event(8000) },
      ],
    });
    const lost = [999, 1, 5000, 3999, 1, 100_000].map((ms) => {
      world.kernel.advanceTo(world.kernel.now + ms);
      return world.cloudwatch.publishing.lostShare;
    });
    expect(lost).toEqual([0, 1, 1, 1, 0, 0]);
  });

  test('metrics are late from then on', () => {
    const world = new World();
    const event = { kind: 'metrics-late', minDelayMs: 60_000, maxDelayMs: 360_000 } as const;
    world.loadFaults({ rules: [], events: [{ id: 'late', atMs: 1000, event }] });
    const before = world.cloudwatch.publishing;
    world.kernel.advanceTo(world.kernel.now + 999);
    expect(world.cloudwatch.publishing).toEqual(before);
    world.kernel.advanceTo(world.kernel.now + 1);
    expect(world.cloudwatch.publishing).toEqual({ ...before, minDelayMs: 60_000, maxDelayMs: 360_000 });
  });

  test('Fargate Spot takes tasks back, and the service replaces them', () => {
    const stage = createStage();
    const { world } = stage;
    world.must('ecs', 'PutClusterCapacityProviders', {
      cluster: 'c',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [],
    });
    world.must('ecs', 'UpdateService', {
      cluster: 'c',
      service: 's',
      forceNewDeployment: true,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
    });
    stage.advance(20 * minuteMs);
    const running = (): readonly string[] => world.must('ecs', 'ListTasks', { cluster: 'c' }).taskArns;
    const before = running();
    expect(before).toHaveLength(3);
    world.loadFaults({
      rules: [],
      events: [{ id: 'spot', atMs: 0, event: { kind: 'spot-interruption', count: 2 } }],
    });
    stage.advance(10 * minuteMs);
    expect(running()).toHaveLength(3);
    expect(running().filter((arn) => before.includes(arn))).toHaveLength(1);
  });

  test('events still to come are dropped with a new script', () => {
    const stage = createStage();
    const event = { kind: 'zone-dark', zone: 'ap-south-1a' } as const;
    stage.world.loadFaults({ rules: [], events: [{ id: 'dark', atMs: 1000, event }] });
    stage.world.loadFaults({ rules: [], events: [] });
    stage.advance(2000);
    expect(stage.world.kernel.journal.some((entry) => entry.kind === 'fault.event')).toBe(false);
  });
});
