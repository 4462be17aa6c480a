/** Rests, resumptions, cancellation at each stage, blue's end, the post step, several rules: nothing is lost. */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { putAlarm } from '../alarm.ts';
import { dyingWhen, Killed } from './dying.ts';
import { expectTidy, scalable, scalingNow } from './leftovers.ts';
import {
  cancelAfter,
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
  settle,
  setWeights,
  shift,
} from './region.ts';

const unattended = { unattended: 'accept' };

function expectThat(region: Region, outputs: Readonly<Record<string, string>>, outcome: string): void {
  if (outputs['outcome'] !== outcome) {
    throw new Error(
      `expected ${outcome}, got ${outputs['outcome']} (${outputs['cause']})\n${region.log.join('\n')}`,
    );
  }
}

describe('until', () => {
  test('rests at 10 with its floors, is proven again by a watch, and goes on from there', async () => {
    const region = await makeRegion('ecs', { seed: 201 });
    scalable(region);
    registerImage(region, 'v2');
    const paused = await shift(region, { until: '10', ...unattended });
    expectThat(region, paused.outputs, 'paused');
    expect(paused.ok).toBe(true);
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    expect(rulesOfListener(region)).toBe(3);
    for (const target of scalingNow(region)) {
      expect(target).toMatchObject({ min: 3, suspended: true, noted: ['ips-deploy:scaling'] });
    }
    await settle(region, 20 * minute);
    const watched = await shift(region, { until: '10', ...unattended }, { runId: '2' });
    expectThat(region, watched.outputs, 'paused');
    expect(region.states.at(-1)?.passed).toMatchObject([{ percent: 10 }]);
    const done = await shift(region, {}, { runId: '3' });
    expectThat(region, done.outputs, 'promoted');
    expect(region.states.at(-1)?.weights.map((weight) => weight.percent)).toEqual([10, 50, 100]);
    expectTidy(region);
    expect(scalingNow(region)).toEqual([
      { service: 'api-blue', min: 2, max: 6, suspended: false, noted: [] },
      { service: 'api-green', min: 2, max: 6, suspended: false, noted: [] },
    ]);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('a green that turned bad while it rested is taken back by the watch', async () => {
    const region = await makeRegion('ecs', { seed: 202 });
    registerImage(region, 'v2');
    expectThat(region, (await shift(region, { until: '10', ...unattended })).outputs, 'paused');
    region.world.must('ecs', 'UpdateService', { cluster, service: 'api-green', taskDefinition: 'api:1' });
    await settle(region, 5 * minute);
    const watched = await shift(
      region,
      { until: '10', 'task-definition': 'api:2', ...unattended },
      { runId: '2' },
    );
    expectThat(region, watched.outputs, 'rolled-back');
    expect(watched.outputs['cause']).toBe('green-superseded');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
  });

  test('a newer release takes the rest back first; rollback takes it back and ends; report touches nothing', async () => {
    const region = await makeRegion('ecs', { seed: 203 });
    registerImage(region, 'v2');
    expectThat(region, (await shift(region, { until: '50', ...unattended })).outputs, 'paused');
    const report = await shift(region, { 'on-interrupted': 'report' }, { runId: '2' });
    expectThat(region, report.outputs, 'refused');
    expect(report.outputs['cause']).toBe('interrupted-shift');
    expect(report.report.sentence).toContain('o/r run 1.1 job deploy');
    expect(liveWeights(region)).toEqual({ 'api-a': 50, 'api-b': 50 });
    const back = await shift(region, { 'on-interrupted': 'rollback' }, { runId: '3' });
    expectThat(region, back.outputs, 'rolled-back');
    expect(back.outputs['cause']).toBe('interrupted');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
    expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
    expectThat(
      region,
      (await shift(region, { until: '50', ...unattended }, { runId: '4' })).outputs,
      'paused',
    );
    registerImage(region, 'v3');
    expectThat(region, (await shift(region, {}, { runId: '5' })).outputs, 'promoted');
    expect(serviceNow(region, 'api-green').taskDefinition).toContain('api:3');
    expectTidy(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('somebody else’s weights over a rest are left alone', async () => {
    const region = await makeRegion('ecs', { seed: 204 });
    registerImage(region, 'v2');
    expectThat(region, (await shift(region, { until: '10', ...unattended })).outputs, 'paused');
    setWeights(region, { [region.groups.a]: 75, [region.groups.b]: 25 });
    const next = await shift(region, {}, { runId: '2' });
    expectThat(region, next.outputs, 'refused');
    expect(liveWeights(region)).toEqual({ 'api-a': 75, 'api-b': 25 });
  });

  const workflow =
    'on:\n  schedule:\n    - cron: "*/10 * * * *"\njobs:\n  w:\n    steps:\n      - uses: o/ips-deploy-actions/actions/blue-green-shift@v1\n        with: { listener-arn: of-a-variable, on-interrupted: judge }\n';
  const path = '.github/workflows/watch.yml';
  const nightly = workflow.replace(/uses: .*/, 'uses: o/other/.github/workflows/nightly.yml@v1');
  test.each([
    ['a scheduled workflow', `watch:${path}`, { [path]: workflow }, 'planned'],
    ['a workflow without a schedule', `watch:${path}`, { [path]: 'on: push\n' }, 'refused'],
    ['no such workflow', `watch:${path}`, {}, 'refused'],
    ['a scheduled deployment of something else', `watch:${path}`, { [path]: nightly }, 'refused'],
    ['an alarm that runs a function', 'alarm:restore', {}, 'planned'],
    ['an alarm that tells somebody', 'alarm:tells', {}, 'refused'],
    ['an alarm behind which something restores', 'restoring-alarm:tells', {}, 'planned'],
    ['an alarm that rings already', 'restoring-alarm:rings', {}, 'refused'],
    ['an alarm that does nothing', 'alarm:idle', {}, 'refused'],
    ['no such alarm', 'alarm:none', {}, 'refused'],
  ])('the guard has to be there: %s', async (_what, guard, files, outcome) => {
    const region = await makeRegion('ecs', { seed: 205 });
    registerImage(region, 'v2');
    for (const [AlarmName, AlarmActions] of [
      ['restore', ['arn:aws:lambda:ap-south-1:123456789012:function:restore']],
      ['tells', ['arn:aws:sns:ap-south-1:123456789012:people']],
      ['rings', ['arn:aws:lambda:ap-south-1:123456789012:function:restore']],
      ['idle', []],
    ] as const) {
      putAlarm(region.world, AlarmName, { AlarmActions });
    }
    region.world.must('cloudwatch', 'SetAlarmState', {
      AlarmName: 'rings',
      StateValue: 'ALARM',
      StateReason: 'before the shift',
    });
    const result = await shift(
      region,
      { until: '10', guard, 'dry-run': 'true' },
      { files: new Map(Object.entries<string>(files)) },
    );
    expectThat(region, result.outputs, outcome);
    if (outcome === 'refused') expect(result.outputs['cause']).toBe('no-guard');
  });
});

describe('cancelled', () => {
  // At each stage: locked, deploying, probing, each bake, blue kept whole, blue draining.
  test.each([5, 20, 50, 120, 260, 380, 470, 560].map((seconds) => [seconds]))(
    'after %i s the weights are back within ten seconds, and everything is put away',
    async (seconds) => {
      const region = await makeRegion('ecs', { seed: 210 + seconds });
      scalable(region);
      registerImage(region, 'v2');
      let cancelledAt = 0;
      cancelAfter(region, seconds * 1000, () => {
        cancelledAt = region.world.kernel.now;
      });
      const result = await shift(region, { 'blue-after': 'scale-to-zero', 'keep-blue-for': '2m' });
      expectThat(region, result.outputs, 'cancelled');
      expect(region.world.kernel.now - cancelledAt).toBeLessThan(10_000);
      expect(Object.entries(liveWeights(region)).filter(([, weight]) => weight > 0)).toEqual([['api-a', 1]]);
      expectTidy(region);
      expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
      expect(region.traffic.total.harmed).toBe(0);
    },
  );

  test('with blue below its planned count: the weights stay, and the next run goes on', async () => {
    const region = await makeRegion('ecs', { seed: 230 });
    registerImage(region, 'v2');
    const { world, time } = region;
    void time.sleep(300_000).then(() => {
      const [task] = world.must('ecs', 'ListTasks', { cluster, serviceName: 'api-blue' }).taskArns;
      world.must('ecs', 'StopTask', { cluster, task });
    });
    cancelAfter(region, 302_000);
    const result = await shift(region);
    expectThat(region, result.outputs, 'cancelled');
    expect(result.report.remedy).toContain('Run the action again');
    expect(liveWeights(region)['api-b']).toBeGreaterThan(0);
    const signal = new AbortController().signal;
    const next = await shift(region, {}, { runId: '2', cancelled: signal });
    expectThat(region, next.outputs, 'promoted');
    expectTidy(region);
  });

  test('with a blue that cannot be looked at: the weights stay, and the post step looks again', async () => {
    const region = await makeRegion('ecs', { seed: 233 });
    registerImage(region, 'v2');
    const { world, time } = region;
    const unseen = {
      id: 'unseen',
      match: { operation: 'DescribeTargetHealth' },
      effect: { kind: 'throttle' },
    } as const;
    void time.sleep(300_000).then(() => world.loadFaults({ rules: [unseen], events: [] }));
    let cancelledAt = 0;
    cancelAfter(region, 302_000, () => {
      cancelledAt = world.kernel.now;
    });
    const result = await shift(region);
    expectThat(region, result.outputs, 'rollback-failed');
    expect(world.kernel.now - cancelledAt).toBeLessThan(10_000);
    expect(result.report.sentence).toContain('whether blue can take its traffic back could not be read');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    world.loadFaults({ rules: [], events: [] });
    const after = await postStep(region);
    expectThat(region, after!.outputs, 'rolled-back');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
  });

  test('and killed before it could act, with blue below its planned count: the post step leaves the weights', async () => {
    const region = await makeRegion('ecs', { seed: 232 });
    registerImage(region, 'v2');
    const { world } = region;
    const killed = dyingWhen(() => liveWeights(region)['api-b'] === 10);
    await expect(shift(region, {}, killed)).rejects.toBeInstanceOf(Killed);
    const [task] = world.must('ecs', 'ListTasks', { cluster, serviceName: 'api-blue' }).taskArns;
    world.must('ecs', 'StopTask', { cluster, task });
    const result = await postStep(region);
    expectThat(region, result!.outputs, 'cancelled');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    expect(result!.report.remedy).toContain('Run the action again to go on');
    const next = await shift(region, {}, { runId: '2' });
    expectThat(region, next.outputs, 'promoted');
  });

  test('and killed before it could act: the post step takes everything back', async () => {
    const region = await makeRegion('ecs', { seed: 231 });
    scalable(region);
    registerImage(region, 'v2');
    const { wrap } = dyingWhen(() => liveWeights(region)['api-b'] === 50);
    await expect(shift(region, {}, { wrap })).rejects.toBeInstanceOf(Killed);
    expect(liveWeights(region)['api-b']).toBeGreaterThan(0);
    const result = await postStep(region);
    expectThat(region, result!.outputs, 'rolled-back');
    expect(result!.outputs['cause']).toBe('cancelled');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
    // After a run that came to its end there is nothing to do, and another run's shift is not touched.
    expect(await postStep(region)).toBeUndefined();
    expectThat(
      region,
      (await shift(region, { until: '10', ...unattended }, { runId: '2' })).outputs,
      'paused',
    );
    expect(await postStep(region)).toBeUndefined();
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
  });
});

describe('the end of blue', () => {
  test('comes after a closed minute without a request and its connections’ time, and is recorded', async () => {
    const region = await makeRegion('ecs', { seed: 240 });
    scalable(region);
    registerImage(region, 'v2');
    const result = await shift(region, { 'blue-after': '1', 'keep-blue-for': '1m' });
    expectThat(region, result.outputs, 'promoted');
    const last = region.states.at(-1)!;
    const at100 = last.weights.findLast((weight) => weight.percent === 100)!.at;
    const nextMinute = Math.ceil(at100 / minute) * minute;
    // Bake, a closed minute, the metrics' delay, 30 s of deregistration and 30 s of stop time-out.
    expect(last.blueQuietAt).toBe(nextMinute + minute);
    expect(last.noReturnAt! - last.blueQuietAt!).toBeGreaterThanOrEqual(60_000);
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(1);
    expect(scalingNow(region)).toEqual([
      { service: 'api-blue', min: 1, max: 6, suspended: false, noted: [] },
      { service: 'api-green', min: 2, max: 6, suspended: false, noted: [] },
    ]);
    expectTidy(region);
  });

  test('is none where it would keep all of its tasks, or get more', async () => {
    const region = await makeRegion('ecs', { seed: 244 });
    registerImage(region, 'v2');
    const result = await shift(region, { 'blue-after': '5' });
    expectThat(region, result.outputs, 'promoted');
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
    expect(region.states.at(-1)!.noReturnAt).toBeUndefined();
    expect(region.log.join('\n')).toContain('blue-after leaves it 5: it is kept as it is');
  });

  test('a green that crashes while blue is kept is taken back', async () => {
    const region = await makeRegion('ecs', { seed: 241, apps: { v2: { crashAfterMs: 25 * minute } } });
    registerImage(region, 'v2');
    const kept = { 'blue-after': 'scale-to-zero', 'keep-blue-for': '30m', timeout: '2h' };
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rolled-back');
    expect(result.outputs).toMatchObject({ cause: 'container-exited', step: '100' });
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
  });

  test('a green that crashes after 50 % is taken back from there', async () => {
    const region = await makeRegion('ecs', { seed: 242, apps: { v2: { crashAfterMs: 8 * minute } } });
    registerImage(region, 'v2');
    const result = await shift(region);
    expectThat(region, result.outputs, 'rolled-back');
    expect(result.outputs).toMatchObject({ cause: 'container-exited', step: '50' });
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  });

  test('a zone that goes dark in the middle takes green under its number: back, to what blue has left', async () => {
    const region = await makeRegion('ecs', { seed: 243 });
    registerImage(region, 'v2');
    const [task] = region.world.must('ecs', 'ListTasks', { cluster, serviceName: 'api-blue' }).taskArns;
    const zone = region.world.must('ecs', 'DescribeTasks', { cluster, tasks: [task] }).tasks[0]
      .availabilityZone;
    const event = { kind: 'zone-dark', zone } as const;
    region.world.loadFaults({ rules: [], events: [{ id: 'dark', atMs: 4 * minute, event }] });
    const result = await shift(region);
    expectThat(region, result.outputs, 'rolled-back');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
  });
});

describe('green is what was asked for', () => {
  test('a stranger in its target group keeps it from being ready', async () => {
    const region = await makeRegion('ecs', { seed: 250 });
    registerImage(region, 'v2');
    const [task] = region.world.must('ecs', 'ListTasks', { cluster, serviceName: 'api-blue' }).taskArns;
    const { attachments } = region.world.must('ecs', 'DescribeTasks', { cluster, tasks: [task] }).tasks[0];
    const address = attachments[0].details.find(
      (each: { name: string }) => each.name === 'privateIPv4Address',
    ).value;
    region.world.must('elasticloadbalancing', 'RegisterTargets', {
      TargetGroupArn: region.groups.b,
      Targets: [{ Id: address, Port: 5000 }],
    });
    const result = await shift(region, { 'ready-timeout': '3m' });
    expectThat(region, result.outputs, 'rolled-back');
    expect(result.outputs['cause']).toBe('green-not-ready');
    expect(result.report.sentence).toContain(`1 target (${address}) belongs to no task of green on api:2`);
    expect(region.traffic.total.harmed).toBe(0);
  });
});

describe('the twin', () => {
  test('scales by its own target group, and the next release swaps names and colours', async () => {
    const region = await makeRegion('ecs', { seed: 260 });
    const { world, groups, loadBalancerArn } = region;
    scalable(region);
    const label = (group: string): string =>
      `${loadBalancerArn.split('loadbalancer/')[1]}/${group.slice(group.indexOf('targetgroup/'))}`;
    world.must('application-autoscaling', 'PutScalingPolicy', {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/api-blue`,
      PolicyName: 'api-blue-requests',
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 4000,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: label(groups.a),
        },
      },
    });
    registerImage(region, 'v2');
    const inputs = { 'blue-target-group': 'api-a', 'blue-service': 'api-blue', 'green-service': 'api-green' };
    expectThat(region, (await shift(region, inputs)).outputs, 'promoted');
    const { ScalingPolicies } = world.must('application-autoscaling', 'DescribeScalingPolicies', {
      ServiceNamespace: 'ecs',
      ResourceId: `service/${cluster}/api-green`,
    });
    expect(ScalingPolicies).toMatchObject([
      {
        PolicyName: 'api-green-requests',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 4000,
          PredefinedMetricSpecification: { ResourceLabel: label(groups.b) },
        },
      },
    ]);
    registerImage(region, 'v3');
    const next = await shift(region, inputs, { runId: '2' });
    expectThat(region, next.outputs, 'promoted');
    expect(next.outputs['green-service']).toBe('api-blue');
    expect(liveWeights(region)).toEqual({ 'api-a': 100, 'api-b': 0 });
    expectTidy(region);
  });
});

describe('several rules that forward to blue', () => {
  const withSecondRule = async (seed: number): Promise<{ region: Region; second: string }> => {
    const region = await makeRegion('ecs', { seed });
    const second = region.world.must('elasticloadbalancing', 'CreateRule', {
      ListenerArn: region.listenerArn,
      Priority: 5,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/admin/*'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: region.groups.a }],
    }).Rules[0].RuleArn;
    registerImage(region, 'v2');
    return { region, second };
  };
  const weightsOf = (region: Region, ruleArn: string): readonly number[] =>
    region.world
      .must('elasticloadbalancing', 'DescribeRules', { RuleArns: [ruleArn] })
      .Rules[0].Actions[0].ForwardConfig.TargetGroups.map((group: { Weight: number }) => group.Weight);

  test('are refused, or shifted together', async () => {
    const { region, second } = await withSecondRule(270);
    const refused = await shift(region);
    expect(refused.outputs).toMatchObject({ outcome: 'refused', cause: 'other-rule' });
    const result = await shift(region, { 'other-rules': 'together' }, { runId: '2' });
    expectThat(region, result.outputs, 'promoted');
    expect(weightsOf(region, second)).toEqual([0, 100]);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('go back together', async () => {
    const { region, second } = await withSecondRule(271);
    cancelAfter(region, 4 * minute);
    expectThat(region, (await shift(region, { 'other-rules': 'together' })).outputs, 'cancelled');
    expect(weightsOf(region, second)).toEqual([1, 0]);
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'killed between their writes (%i): the next run makes them alike',
    async (turn) => {
      const { region, second } = await withSecondRule(272 + turn);
      let writes = 0;
      await expect(
        shift(
          region,
          { 'other-rules': 'together', 'bake-time': '30s', accept: 'unproven' },
          {
            wrap: (aws) => ({
              call: async (operation, input, signal) => {
                if (writes > turn) throw new Killed(operation);
                if (operation === 'elasticloadbalancing:ModifyRule' && ++writes > turn)
                  throw new Killed(operation);
                return aws.call(operation, input, signal);
              },
            }),
          },
        ),
      ).rejects.toBeInstanceOf(Killed);
      const result = await shift(region, { 'other-rules': 'together' }, { runId: '2' });
      expectThat(region, result.outputs, 'promoted');
      expect(weightsOf(region, second)).toEqual([0, 100]);
      expect(region.traffic.total.harmed).toBe(0);
    },
  );

  test('somebody’s hand on one of them is interference', async () => {
    const { region, second } = await withSecondRule(280);
    void region.time.sleep(4 * minute).then(() =>
      region.world.must('elasticloadbalancing', 'ModifyRule', {
        RuleArn: second,
        Actions: [{ Type: 'forward', TargetGroupArn: region.groups.a }],
      }),
    );
    expectThat(region, (await shift(region, { 'other-rules': 'together' })).outputs, 'interfered');
  });
});

describe('the cut-over from EC2', () => {
  test('rests at any weight, and goes back in one call', async () => {
    const region = await makeRegion('host', { seed: 290 });
    setWeights(region, { [region.groups.host]: 1, [region.groups.b]: 0 });
    createService(region, 'api', region.groups.b, 0);
    const inputs = { 'green-service': 'api', 'desired-count': '3', steps: '5,50,100' };
    const paused = await shift(region, { ...inputs, until: '5', ...unattended });
    expectThat(region, paused.outputs, 'paused');
    expect(liveWeights(region)).toEqual({ 'api-host': 95, 'api-b': 5 });
    await settle(region, 60 * minute);
    const calls = region.world.callCounts()['elasticloadbalancing:ModifyRule'] ?? 0;
    const back = await shift(region, { ...inputs, 'on-interrupted': 'rollback' }, { runId: '2' });
    expectThat(region, back.outputs, 'rolled-back');
    expect(liveWeights(region)).toEqual({ 'api-host': 1, 'api-b': 0 });
    // One for the lock, one for the weights.
    expect((region.world.callCounts()['elasticloadbalancing:ModifyRule'] ?? 0) - calls).toBe(2);
    expect(region.traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
  });
});

describe('the preflight’s own looks', () => {
  test('a load balancer that probes cannot reach', async () => {
    const region = await makeRegion('ecs', { seed: 295 });
    registerImage(region, 'v2');
    const result = await shift(
      region,
      {},
      {
        createProber: () => ({ probe: async () => ({ kind: 'failed', reason: 'connection refused' }) }),
      },
    );
    expect(result.outputs).toMatchObject({ outcome: 'refused', cause: 'unreachable' });
    expect(result.report.sentence).toContain('connection refused');
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
  });

  test('a certificate for the name that clients use: that name is what is missing', async () => {
    const region = await makeRegion('ecs', { seed: 296 });
    registerImage(region, 'v2');
    const reason = 'ERR_TLS_CERT_ALTNAME_INVALID: its certificate is for api.example.com';
    const result = await shift(
      region,
      {},
      { createProber: () => ({ probe: async () => ({ kind: 'failed', reason }) }) },
    );
    expect(result.outputs).toMatchObject({ outcome: 'refused', cause: 'unreachable' });
    expect(result.report.sentence).toMatch(/its certificate is for api\.example\.com\)\. Give probe-host/);
  });

  test('a dead green with errors at 10 % is marked by nobody, a good one is marked for both services', async () => {
    const region = await makeRegion('ecs', { seed: 296, apps: { v2: badApps.errors } });
    registerImage(region, 'v2');
    expectThat(region, (await shift(region)).outputs, 'rolled-back');
    registerImage(region, 'v3');
    expectThat(region, (await shift(region, {}, { runId: '2' })).outputs, 'promoted');
    const tagsOf = (revision: string): readonly { key: string; value: string }[] =>
      region.world.must('ecs', 'ListTagsForResource', {
        resourceArn: region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: revision })
          .taskDefinition.taskDefinitionArn,
      }).tags;
    expect(tagsOf('api:2')).toEqual([]);
    const promoted = tagsOf('api:3').find((tag) => tag.key === 'ips-deploy:promoted')?.value;
    expect(promoted).toContain('@shop/api-green');
    expect(promoted).toContain('@shop/api-blue');
  });
});

describe('the pre-deploy task', () => {
  test('has to pass before anything is changed', async () => {
    const region = await makeRegion('ecs', { seed: 298, apps: { v2: { crashAfterMs: 5000, exitCode: 3 } } });
    registerImage(region, 'v2');
    const inputs = { 'pre-deploy-command': 'migrate up' };
    const planned = await shift(region, { ...inputs, 'dry-run': 'true' });
    expectThat(region, planned.outputs, 'planned');
    expect(region.log.join('\n')).toContain('Run ["migrate","up"] once in a task of the new revision');
    const result = await shift(region, inputs);
    expectThat(region, result.outputs, 'refused');
    expect(result.outputs['cause']).toBe('pre-deploy-failed');
    // What the command had done by then is not known: that is never "nothing".
    expect(result.report.sentence).toMatch(
      /^No service and no weight was changed\. One finding speaks against this shift: The pre-deploy task /,
    );
    expect(serviceNow(region, 'api-green')).toBeUndefined();
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
    expect(rulesOfListener(region)).toBe(2);
  });

  test('that is cancelled is a cancelled job, and says what it had begun', async () => {
    const region = await makeRegion('ecs', {
      seed: 299,
      apps: { v2: { crashAfterMs: 5 * minute, exitCode: 0 } },
    });
    registerImage(region, 'v2');
    cancelAfter(region, 60_000);
    const result = await shift(region, { 'pre-deploy-command': 'migrate up' });
    expectThat(region, result.outputs, 'cancelled');
    expect(result.report.sentence).toMatch(
      /^The job was cancelled before the shift had begun\. The pre-deploy task \S+ had not ended\..*No service and no weight was changed\.$/,
    );
    expect(serviceNow(region, 'api-green')).toBeUndefined();
    expect(rulesOfListener(region)).toBe(2);
  });
});
