/**
 * A rest and who comes to it: `on-interrupted: judge` lets it rest or takes it back and writes nothing else;
 * `resume-only` goes on with it and begins nothing.
 */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { Killed, killedAt } from './dying.ts';
import { expectTidy } from './leftovers.ts';
import {
  cluster,
  liveWeights,
  makeRegion,
  minute,
  type Region,
  type RegionOptions,
  registerImage,
  rulesOfListener,
  serviceNow,
  settle,
  setWeights,
  shift,
} from './region.ts';

const unattended = { unattended: 'accept' };
/** Nothing but the rule: no cluster, no task definition, no groups. */
const judge = { 'on-interrupted': 'judge', cluster: '', 'task-definition': '', 'green-target-group': '' };
/** Rests at 10 % at once, with nothing that could tell a bad green. */
const hasty = {
  until: '10',
  'bake-time': '0s',
  'probe-count': '0',
  'probes-per-step': '0',
  accept: 'unproven',
  ...unattended,
};

async function rest(options: RegionOptions, inputs: Readonly<Record<string, string>> = hasty) {
  const region = await makeRegion('ecs', options);
  registerImage(region, 'v2');
  expectOutcome(region, await shift(region, inputs), 'paused');
  return region;
}

function expectOutcome(region: Region, { outputs, report }: ActionResult, outcome: string): void {
  if (outputs['outcome'] !== outcome) {
    throw new Error(
      `expected ${outcome}, got ${JSON.stringify(outputs)}: ${report.sentence}\n${region.log.join('\n')}`,
    );
  }
}

async function watch(
  region: Region,
  outcome: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<ActionResult> {
  const result = await shift(region, { ...judge, ...inputs }, { runId: '9' });
  expectOutcome(region, result, outcome);
  return result;
}

const writes = /:(Create|Delete|Modify|Set|Put|Update|Register|Deregister|Add|Remove|Tag|Untag)/;
function writeCount(region: Region): number {
  return Object.entries(region.world.callCounts())
    .filter(([call]) => writes.test(call))
    .reduce((sum, [, count]) => sum + count, 0);
}

function backToBlue(region: Region): void {
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  expectTidy(region);
  expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
}

describe('judge', () => {
  test('lets a good rest be, as often as it looks, and writes nothing', async () => {
    const region = await rest({ seed: 951 });
    for (const wait of [1, 10, 240]) {
      await settle(region, wait * minute);
      const before = writeCount(region);
      const result = await watch(region, 'paused');
      expect(result.ok).toBe(true);
      expect(result.report.sentence).toMatch(/^api-b rests at 10 % since .*, and nothing speaks against it/);
      expect(writeCount(region)).toBe(before);
      expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    }
    // And it stays what it was for who goes on.
    expectOutcome(region, await shift(region, {}, { runId: '3' }), 'promoted');
  });

  test('takes back a green that fails its users, by their own requests', async () => {
    const region = await rest({ seed: 952, apps: { v2: { errorRate: 0.05 } } });
    await settle(region, 15 * minute);
    const result = await watch(region, 'rolled-back');
    expect(result.ok).toBe(false);
    expect(result.outputs['cause']).toBe('errors');
    backToBlue(region);
  });

  test('takes back a green whose tasks end', async () => {
    const region = await rest({ seed: 953, apps: { v2: { crashAfterMs: 12 * minute, exitCode: 3 } } });
    await settle(region, 14 * minute);
    const { outputs } = await watch(region, 'rolled-back');
    expect(['container-exited', 'unhealthy-targets']).toContain(outputs['cause']);
    backToBlue(region);
  });

  test('takes back what somebody deployed over it', async () => {
    const region = await rest({ seed: 954 });
    region.world.must('ecs', 'UpdateService', { cluster, service: 'api-green', taskDefinition: 'api:1' });
    await settle(region, 10 * minute);
    const { report } = await watch(region, 'rolled-back');
    expect(report.sentence).toContain('runs api:1 now');
    backToBlue(region);
  });

  test('takes back at an alarm, also at one that rang before it looked', async () => {
    const region = await rest({ seed: 955 });
    region.world.must('cloudwatch', 'PutMetricAlarm', {
      AlarmName: 'any-traffic',
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCount',
      Dimensions: [{ Name: 'LoadBalancer', Value: region.loadBalancerArn.split(':loadbalancer/')[1] }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    await settle(region, 10 * minute);
    expect((await watch(region, 'rolled-back', { alarms: 'any-traffic' })).outputs['cause']).toBe('alarm');
    backToBlue(region);
  });

  test('takes back a rest that is older than its limit, not one that is younger', async () => {
    const region = await rest({ seed: 956 });
    await settle(region, 59 * minute);
    await watch(region, 'paused', { 'rest-limit': '1h' });
    await settle(region, 2 * minute);
    const { outputs, report } = await watch(region, 'rolled-back', { 'rest-limit': '1h' });
    expect(outputs['cause']).toBe('rest-limit');
    expect(report.sentence).toContain('longer than rest-limit (1h)');
    backToBlue(region);
  });

  test('says so where blue could not take the traffic', async () => {
    const region = await rest({ seed: 957, apps: { v2: { errorRate: 0.05 } } });
    await settle(region, 15 * minute);
    region.world.must('ecs', 'UpdateService', { cluster, service: 'api-blue', desiredCount: 0 });
    await settle(region, 5 * minute);
    const result = await watch(region, 'refused');
    expect(result.ok).toBe(false);
    expect(result.outputs['cause']).toBe('blue-unhealthy');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
  });

  test('a run that died is taken back, once it is known to be dead', async () => {
    const region = await makeRegion('ecs', { seed: 958 });
    registerImage(region, 'v2');
    const { wrap } = killedAt(300, true);
    await expect(shift(region, {}, { wrap })).rejects.toBeInstanceOf(Killed);
    expect(rulesOfListener(region)).toBe(3);
    const alive = await watch(region, 'no-change');
    expect(alive.report.sentence).toContain('is alive and judges its shift itself');
    await settle(region, 6 * minute);
    await watch(region, 'rolled-back');
    backToBlue(region);
  });

  test('finds nothing, or weights that nobody explains', async () => {
    const region = await makeRegion('ecs', { seed: 959 });
    const result = await watch(region, 'no-change');
    expect(result.ok).toBe(true);
    expect(result.report.sentence).toContain('There is no shift to judge');
    setWeights(region, { [region.groups.a]: 75, [region.groups.b]: 25 });
    expect((await watch(region, 'refused')).outputs['cause']).toBe('weights-not-as-expected');
  });
});

describe('resume-only', () => {
  const onwards = { 'on-interrupted': 'resume-only', 'task-definition': '' };

  test('goes on from a rest to the next and to the end', async () => {
    const region = await rest({ seed: 961 }, { until: '10', ...unattended });
    const second = await shift(region, { ...onwards, until: '50', ...unattended }, { runId: '2' });
    expectOutcome(region, second, 'paused');
    expectOutcome(region, await shift(region, onwards, { runId: '3' }), 'promoted');
    expectTidy(region);
  });

  test('begins nothing where the rest was taken back meanwhile, and is no success', async () => {
    const region = await rest({ seed: 962 });
    await settle(region, 2 * minute);
    await watch(region, 'rolled-back', { 'rest-limit': '1m' });
    const before = writeCount(region);
    const late = await shift(region, onwards, { runId: '3' });
    expectOutcome(region, late, 'refused');
    expect(late.outputs['cause']).toBe('nothing-rests');
    expect(writeCount(region)).toBe(before);
    backToBlue(region);
  });
});
