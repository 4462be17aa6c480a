/** `on-interrupted: rollback-only`: takes back what was left, wants no more than the rule, and begins nothing. */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { Killed, killedAt } from './dying.ts';
import { expectTidy, scalable, scalingNow } from './leftovers.ts';
import {
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
  shift,
} from './region.ts';

const unattended = { unattended: 'accept' };
/** Nothing but the rule: no cluster, no task definition, no groups. */
const bare = {
  'on-interrupted': 'rollback-only',
  cluster: '',
  'task-definition': '',
  'green-target-group': '',
};

async function takeBack(
  region: Region,
  outcome: string,
  inputs: Readonly<Record<string, string>> = bare,
  runId = '9',
): Promise<ActionResult> {
  const result = await shift(region, inputs, { runId });
  if (result.outputs['outcome'] !== outcome) {
    throw new Error(
      `expected ${outcome}, got ${JSON.stringify(result.outputs)}: ${result.report.sentence}\n${region.log.join('\n')}`,
    );
  }
  return result;
}

async function expectOutcome(result: Promise<ActionResult>, outcome: string): Promise<void> {
  expect((await result).outputs['outcome']).toBe(outcome);
}

function backToBlue(region: Region): void {
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  expectTidy(region);
}

describe('with a shift to take back', () => {
  test('that rests at until: weights, floors, test rule and twin, and the run succeeds', async () => {
    const region = await makeRegion('ecs', { seed: 901 });
    scalable(region);
    registerImage(region, 'v2');
    await expectOutcome(shift(region, { until: '50', ...unattended }), 'paused');
    // A newer revision is there by now: it is not what this is about.
    registerImage(region, 'v3');
    const planned = await takeBack(region, 'planned', { ...bare, 'dry-run': 'true' });
    expect(planned.ok).toBe(true);
    expect(liveWeights(region)).toEqual({ 'api-a': 50, 'api-b': 50 });
    const result = await takeBack(region, 'rolled-back');
    expect(result.ok).toBe(true);
    expect(result.report).toMatchObject({ ok: true });
    expect(result.report.remedy).toBeUndefined();
    expect(result.outputs).toMatchObject({ cause: 'interrupted', 'green-share': '0' });
    backToBlue(region);
    expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
    expect(serviceNow(region, 'api-green').taskDefinition).toContain('api:2');
    expect(scalingNow(region)).toEqual([
      { service: 'api-blue', min: 2, max: 6, suspended: false, noted: [] },
      { service: 'api-green', min: 0, max: 6, suspended: false, noted: [] },
    ]);
    expect(region.traffic.total.harmed).toBe(0);
    // Once more: there is nothing left.
    expect((await takeBack(region, 'no-change')).ok).toBe(true);
  });

  test('whose test rule knows no cluster: scaling is found by looking, or what is not known is told', async () => {
    const forgets = (region: Region): void => {
      const { Rules } = region.world.must('elasticloadbalancing', 'DescribeRules', {
        ListenerArn: region.listenerArn,
      });
      const ResourceArns = [Rules.find((rule: { Priority: string }) => rule.Priority === '9').RuleArn];
      const TagKeys = ['ips-deploy:cluster'];
      region.world.must('elasticloadbalancing', 'RemoveTags', { ResourceArns, TagKeys });
    };
    const scaled = await makeRegion('ecs', { seed: 913 });
    scalable(scaled);
    registerImage(scaled, 'v2');
    await expectOutcome(shift(scaled, { until: '50', ...unattended }), 'paused');
    forgets(scaled);
    // Somebody else's services, one of them quietened by hand.
    scaled.world.must('ecs', 'CreateService', {
      cluster,
      serviceName: 'other',
      taskDefinition: 'api:1',
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
    });
    scalable(scaled, 'other');
    scaled.world.must('application-autoscaling', 'RegisterScalableTarget', {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/other`,
      SuspendedState: { DynamicScalingInSuspended: true },
    });
    await takeBack(scaled, 'rolled-back');
    expect(rulesOfListener(scaled)).toBe(2);
    expect(serviceNow(scaled, 'api-green').desiredCount).toBe(0);
    expect(scalingNow(scaled)).toMatchObject([
      { service: 'api-blue', min: 2, max: 6, suspended: false, noted: [] },
      { service: 'api-green', min: 0, max: 6, suspended: false, noted: [] },
      { service: 'other', suspended: true },
    ]);
    const plain = await makeRegion('ecs', { seed: 914 });
    registerImage(plain, 'v2');
    await expectOutcome(shift(plain, { until: '50', ...unattended }), 'paused');
    forgets(plain);
    const result = await takeBack(plain, 'rolled-back');
    backToBlue(plain);
    expect(serviceNow(plain, 'api-green').desiredCount).toBe(3);
    expect(result.report.remedy).toContain('does not say in which cluster the services are');
    expect(result.report.remedy).toContain('aws ecs update-service --cluster CLUSTER');
  });

  test('green is kept where that is asked for', async () => {
    const region = await makeRegion('ecs', { seed: 902 });
    registerImage(region, 'v2');
    await expectOutcome(shift(region, { until: '10', ...unattended }), 'paused');
    await takeBack(region, 'rolled-back', { ...bare, 'green-after-rollback': 'keep' });
    backToBlue(region);
    expect(serviceNow(region, 'api-green').desiredCount).toBe(3);
  });

  test.each([20, 80, 160, 240])('that was killed at its call %i', async (call) => {
    const region = await makeRegion('ecs', { seed: 910 + call });
    scalable(region);
    registerImage(region, 'v2');
    const { wrap } = killedAt(call, true);
    await expect(shift(region, {}, { wrap })).rejects.toBeInstanceOf(Killed);
    const result = await takeBack(region, rulesOfListener(region) === 3 ? 'rolled-back' : 'no-change');
    expect(result.ok).toBe(true);
    expect(Object.entries(liveWeights(region)).filter(([, weight]) => weight > 0)).toEqual([['api-a', 1]]);
    expectTidy(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('that dies itself is taken up by the next one', async () => {
    const calls = [5, 15, 25, 35];
    for (const call of calls) {
      const region = await makeRegion('ecs', { seed: 930 + call });
      scalable(region);
      registerImage(region, 'v2');
      await expectOutcome(shift(region, { until: '10', ...unattended }), 'paused');
      const { wrap, made } = killedAt(call, true);
      const first = shift(region, bare, { runId: '2', wrap }).catch((error: unknown) => error);
      if (!((await first) instanceof Killed)) expect(made()).toBeLessThan(call);
      const next = await takeBack(region, rulesOfListener(region) === 3 ? 'rolled-back' : 'no-change');
      expect(next.ok).toBe(true);
      backToBlue(region);
    }
  });

  test('of several rules goes back together, though the inputs do not say so', async () => {
    const region = await makeRegion('ecs', { seed: 903 });
    const second = region.world.must('elasticloadbalancing', 'CreateRule', {
      ListenerArn: region.listenerArn,
      Priority: 5,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/admin/*'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: region.groups.a }],
    }).Rules[0].RuleArn;
    registerImage(region, 'v2');
    await expectOutcome(shift(region, { until: '10', 'other-rules': 'together', ...unattended }), 'paused');
    await takeBack(region, 'rolled-back');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    const { Rules } = region.world.must('elasticloadbalancing', 'DescribeRules', { RuleArns: [second] });
    expect(Rules[0].Actions[0].ForwardConfig.TargetGroups).toEqual([
      { TargetGroupArn: region.groups.a, Weight: 1 },
      { TargetGroupArn: region.groups.b, Weight: 0 },
    ]);
  });

  test('of the cut-over from EC2', async () => {
    const region = await makeRegion('host', { seed: 904 });
    setWeights(region, { [region.groups.host]: 1, [region.groups.b]: 0 });
    createService(region, 'api', region.groups.b, 0);
    const inputs = { 'green-service': 'api', 'desired-count': '3', steps: '5,50,100', until: '5' };
    await expectOutcome(shift(region, { ...inputs, ...unattended }), 'paused');
    await settle(region, 60 * minute);
    await takeBack(region, 'rolled-back');
    expect(liveWeights(region)).toEqual({ 'api-host': 1, 'api-b': 0 });
    expect(serviceNow(region, 'api').desiredCount).toBe(0);
  });
});

describe('past its promotion', () => {
  const kept = { 'blue-after': 'scale-to-zero', 'keep-blue-for': '10m', timeout: '2h' };
  /** Dies at the given write of blue's end. */
  async function dyingAtItsEnd(seed: number, dies: 'while blue is kept' | 'after blue is scaled down') {
    const region = await makeRegion('ecs', { seed });
    scalable(region);
    registerImage(region, 'v2');
    let dead = false;
    const run = shift(region, kept, {
      wrap: (aws) => ({
        call: async (operation, input, signal) => {
          const at100 = liveWeights(region)['api-b'] === 100;
          if (dead) throw new Killed(operation);
          const output = await aws.call(operation, input, signal);
          const scalesBlue = operation === 'ecs:UpdateService' && at100;
          const promoted = operation === 'elasticloadbalancing:AddTags' && isPromotion(input);
          dead = dies === 'while blue is kept' ? promoted : scalesBlue;
          return output;
        },
      }),
    });
    await expect(run).rejects.toBeInstanceOf(Killed);
    await settle(region, 10 * minute);
    return region;
  }

  function isPromotion(input: unknown): boolean {
    return JSON.stringify(input).includes('"promoted');
  }

  test('a blue that is whole gets its traffic back', async () => {
    const region = await dyingAtItsEnd(905, 'while blue is kept');
    expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
    await takeBack(region, 'rolled-back');
    backToBlue(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('a blue that was scaled down does not, until a person has done what is said', async () => {
    const region = await dyingAtItsEnd(906, 'after blue is scaled down');
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(0);
    const refused = await takeBack(region, 'refused');
    expect(refused.ok).toBe(false);
    expect(refused.outputs['cause']).toBe('interrupted-shift');
    expect(refused.report.sentence).toContain('the point of no return, and has 0 healthy targets of 3');
    expect(refused.report.sentence).toContain(
      'aws ecs update-service --cluster shop --service api-blue --desired-count 3',
    );
    expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
    expect(rulesOfListener(region)).toBe(3);
    region.world.must('ecs', 'UpdateService', { cluster, service: 'api-blue', desiredCount: 3 });
    await settle(region, 10 * minute);
    await takeBack(region, 'rolled-back');
    backToBlue(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('or another run puts the rest away', async () => {
    const region = await dyingAtItsEnd(907, 'after blue is scaled down');
    await takeBack(region, 'refused');
    await expectOutcome(shift(region, kept, { runId: '3' }), 'promoted');
    expectTidy(region);
  });
});

describe('with nothing to take back', () => {
  test('nothing is begun, whatever else the inputs ask for', async () => {
    const region = await makeRegion('ecs', { seed: 908 });
    registerImage(region, 'v2');
    const writes = region.world.callCounts()['elasticloadbalancing:CreateRule'];
    const result = await takeBack(region, 'no-change', { 'on-interrupted': 'rollback-only', until: '50' });
    expect(result.ok).toBe(true);
    expect(result.report.sentence).toBe(
      'There is no shift to take back: api-a serves everything, and no test rule tells of one.',
    );
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
    expect(region.world.callCounts()['elasticloadbalancing:CreateRule']).toBe(writes);
    expect(serviceNow(region, 'api-green')).toBeUndefined();
  });

  test('weights in the middle that no test rule explains are told', async () => {
    const region = await makeRegion('ecs', { seed: 909 });
    setWeights(region, { [region.groups.a]: 75, [region.groups.b]: 25 });
    const result = await takeBack(region, 'refused');
    expect(result.ok).toBe(false);
    expect(result.outputs['cause']).toBe('weights-not-as-expected');
    expect(liveWeights(region)).toEqual({ 'api-a': 75, 'api-b': 25 });
  });

  test('somebody else’s weights over a rest are left alone', async () => {
    const region = await makeRegion('ecs', { seed: 911 });
    registerImage(region, 'v2');
    await expectOutcome(shift(region, { until: '10', ...unattended }), 'paused');
    setWeights(region, { [region.groups.a]: 75, [region.groups.b]: 25 });
    expect((await takeBack(region, 'refused')).outputs['cause']).toBe('interrupted-shift');
    expect(liveWeights(region)).toEqual({ 'api-a': 75, 'api-b': 25 });
  });

  test('a shift that is alive is let alone', async () => {
    const region = await makeRegion('ecs', { seed: 912 });
    registerImage(region, 'v2');
    const alive = shift(region);
    const other = region.time.sleep(4 * minute).then(() => takeBack(region, 'refused'));
    expect((await other).outputs['cause']).toBe('another-shift');
    await expectOutcome(alive, 'promoted');
  });
});
