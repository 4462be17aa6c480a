/** A twin of a service that scales by steps gets the policies and the alarms that drive them, on its own metrics. */
import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { expectTidy } from './leftovers.ts';
import {
  cluster,
  makeRegion,
  minute,
  type Region,
  registerImage,
  serviceNow,
  settle,
  shift,
} from './region.ts';
import { labelOf, scaleBySteps, stepScaled, topic } from './step-scaled.ts';

function expectOutcome(region: Region, { outputs }: ActionResult, outcome: string): void {
  if (outputs['outcome'] !== outcome) {
    throw new Error(`expected ${outcome}, got ${outputs['outcome']}\n${region.log.join('\n')}`);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the answer is of the operation's own shape
function alarm(region: Region, name: string): any {
  return region.world.must('cloudwatch', 'DescribeAlarms', { AlarmNames: [name] }).MetricAlarms[0];
}

// biome-ignore lint/suspicious/noExplicitAny: the answer is of the operation's own shape
function policiesOf(region: Region, service: string): readonly any[] {
  return region.world.must('application-autoscaling', 'DescribeScalingPolicies', {
    ServiceNamespace: 'ecs',
    ResourceId: `service/${cluster}/${service}`,
  }).ScalingPolicies;
}

test('policies and alarms of green, with its own dimensions and actions; blue keeps its own', async () => {
  const region = await stepScaled(1001);
  const before = [alarm(region, 'api-blue-busy'), alarm(region, 'idle')];
  expectOutcome(region, await shift(region, { 'dry-run': 'true' }), 'planned');
  expect(region.log.join('\n')).toMatch(/tasks, policies \S+, \S+, alarms api-green-busy, idle-api-green\./);
  expectOutcome(region, await shift(region), 'promoted');
  const policies = policiesOf(region, 'api-green');
  expect(policies.map((each) => [each.PolicyName, each.PolicyType])).toEqual([
    ['api-green-out', 'StepScaling'],
    ['in', 'StepScaling'],
  ]);
  expect(policies[0].StepScalingPolicyConfiguration).toEqual(
    policiesOf(region, 'api-blue')[0].StepScalingPolicyConfiguration,
  );
  expect(alarm(region, 'api-green-busy')).toMatchObject({
    AlarmDescription: 'Many requests. (Made for api-green after api-blue-busy by ips-deploy-actions.)',
    Dimensions: [
      { Name: 'TargetGroup', Value: labelOf(region.groups.b, 'targetgroup/') },
      { Name: 'LoadBalancer', Value: labelOf(region.loadBalancerArn, 'app/') },
    ],
    Threshold: 90_000,
    EvaluationPeriods: 3,
    TreatMissingData: 'notBreaching',
    AlarmActions: [policies[0].PolicyARN, topic],
  });
  expect(alarm(region, 'idle-api-green')).toMatchObject({
    Metrics: [
      {
        MetricStat: {
          Metric: {
            Dimensions: [
              { Name: 'ClusterName', Value: cluster },
              { Name: 'ServiceName', Value: 'api-green' },
            ],
          },
        },
      },
    ],
    AlarmActions: [policies[1].PolicyARN],
  });
  for (const was of before) {
    const { AlarmActions, Dimensions, Metrics } = was;
    expect(alarm(region, was.AlarmName)).toMatchObject({
      AlarmActions,
      ...(Dimensions === undefined ? { Metrics } : { Dimensions }),
    });
  }
  expectTidy(region);
});

test('somebody’s alarm of that name is left alone, and told', async () => {
  const region = await stepScaled(1002);
  const own = {
    AlarmName: 'api-green-busy',
    MetricName: 'Errors',
    Namespace: 'Shop',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    AlarmActions: [topic],
  };
  region.world.must('cloudwatch', 'PutMetricAlarm', own);
  const result = await shift(region);
  expectOutcome(region, result, 'promoted');
  expect(alarm(region, 'api-green-busy')).toMatchObject({ MetricName: 'Errors', AlarmActions: [topic] });
  expect(result.report.remedy).toContain('Alarm api-green-busy');
  expect(result.report.remedy).toContain('make it by hand');
});

test('a role that may make no alarms is told; the shift goes on', async () => {
  const region = await stepScaled(1003);
  region.world.loadFaults({
    rules: [
      {
        id: 'denied',
        match: { service: 'cloudwatch', operation: 'PutMetricAlarm' },
        effect: { kind: 'access-denied' },
      },
    ],
    events: [],
  });
  const result = await shift(region);
  expectOutcome(region, result, 'promoted');
  expect(result.report.remedy).toMatch(/Alarm api-green-busy.*Alarm idle-api-green/s);
});

test('a green that is emptied while its alarm is on may be filled again: that is told, with what to do', async () => {
  const region = await makeRegion('ecs', { seed: 1004 });
  scaleBySteps(region, 100);
  registerImage(region, 'v2');
  const inputs = { 'bake-time': '5m', 'check-command': './smoke.sh', timeout: '2h' };
  const result = await shift(region, inputs, {
    runCheck: async () => ({ kind: 'failed', detail: 'exit code 3' }),
  });
  expectOutcome(region, result, 'rolled-back');
  expect(result.report.remedy).toMatch(
    /Alarm api-green-busy is on, and step scaling may fill api-green again\. .* --service api-green --desired-count 0/,
  );
  // And so it is.
  await settle(region, 2 * minute);
  expect(serviceNow(region, 'api-green').desiredCount).toBeGreaterThan(0);
});
