import { expect, test } from '@jest/globals';
import { partsRead, RememberedReads } from '../../../../src/lab/world/remembered-reads.ts';
import type { ServiceId } from '../../../../src/lab/world/service.ts';
import { deploy, region, runningService } from '../sim/fixture.ts';

test('what a poll is told is what is so, at every second of a deployment with everything happening', () => {
  const setup = region({ v2: {}, v3: { crashAfterMs: 4000 } }, { seed: 5 });
  runningService(setup);
  setup.traffic(20).start();
  const { world, ecsGroup, otherGroup, listener } = setup;
  const cluster = 'shop';
  const must = (service: ServiceId, operation: string, input: object) =>
    world.must(service, operation, input);
  const compare = (service: ServiceId, operation: string, input: object): unknown => {
    const result = world.call({ service, operation, input, principal: world.root });
    const truth = must(service, operation, input);
    if (result.kind !== 'answer') throw new Error(`${operation}: ${result.kind}`);
    expect({ operation, output: result.output }).toEqual({ operation, output: truth });
    return truth;
  };
  const actions: Readonly<Record<number, () => void>> = {
    5: () => deploy(setup, 'v2'),
    10: () =>
      must('cloudwatch', 'PutMetricAlarm', {
        AlarmName: 'errors',
        Namespace: 'Shop',
        MetricName: 'Errors',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      }),
    15: () => {
      const { Rules } = must('elasticloadbalancing', 'DescribeRules', { ListenerArn: listener });
      const [{ RuleArn }] = Rules;
      must('elasticloadbalancing', 'AddTags', {
        ResourceArns: [RuleArn],
        Tags: [{ Key: 'at', Value: '15' }],
      });
    },
    70: () =>
      must('cloudwatch', 'PutMetricData', {
        Namespace: 'Shop',
        MetricData: [{ MetricName: 'Errors', Value: 5 }],
      }),
    20: () => setup.shift({ [ecsGroup]: 90, [otherGroup]: 10 }),
    150: () => deploy(setup, 'v3'),
    200: () => must('ecs', 'UpdateService', { cluster, service: 'api', desiredCount: 4 }),
    210: () => world.ecs.killZone(world.kernel.config.zones[0]!),
    220: () => {
      const scope = {
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: `service/${cluster}/api`,
      };
      // It clamps the service's count.
      must('application-autoscaling', 'RegisterScalableTarget', { ...scope, MinCapacity: 5, MaxCapacity: 6 });
    },
    260: () => world.ecs.restoreZone(world.kernel.config.zones[0]!),
    300: () => {
      const tags = [{ key: 'seen', value: 'yes' }];
      const { serviceArn } = must('ecs', 'DescribeServices', { cluster, services: ['api'] }).services[0];
      must('ecs', 'TagResource', { resourceArn: serviceArn, tags });
    },
  };
  const states = new Set<string>();
  for (let second = 0; second < 420; second++) {
    actions[second]?.();
    for (const desiredStatus of ['RUNNING', 'STOPPED']) {
      const { taskArns } = compare('ecs', 'ListTasks', { cluster, serviceName: 'api', desiredStatus }) as {
        taskArns: string[];
      };
      if (taskArns.length > 0) compare('ecs', 'DescribeTasks', { cluster, tasks: taskArns });
    }
    const found = compare('ecs', 'DescribeServices', { cluster, services: ['api'], include: ['TAGS'] });
    const [service] = (found as { services: { currentServiceDeployment: string; runningCount: number }[] })
      .services;
    const serviceDeploymentArns = [service!.currentServiceDeployment];
    compare('ecs', 'DescribeServiceDeployments', { serviceDeploymentArns });
    for (const TargetGroupArn of [ecsGroup, otherGroup]) {
      states.add(JSON.stringify(compare('elasticloadbalancing', 'DescribeTargetHealth', { TargetGroupArn })));
    }
    const { Rules } = compare('elasticloadbalancing', 'DescribeRules', { ListenerArn: listener }) as {
      Rules: { RuleArn: string }[];
    };
    compare('elasticloadbalancing', 'DescribeTags', { ResourceArns: Rules.map((rule) => rule.RuleArn) });
    compare('elasticloadbalancing', 'DescribeTargetGroups', { TargetGroupArns: [ecsGroup, otherGroup] });
    states.add(JSON.stringify(compare('cloudwatch', 'DescribeAlarms', { AlarmNames: ['errors'] })));
    setup.wait(1000);
  }
  // It was a lively time.
  expect(states.size).toBeGreaterThan(20);
});

test('one answer for all while nothing changes, and it does not grow old', () => {
  const clock = { now: 0, changes: 0, versionOf: () => clock.changes };
  const reads = new RememberedReads(clock);
  let asked = 0;
  const ask = (input: object = { cluster: 'a' }) =>
    reads.answer('ecs:ListTasks', ['ecs'], input, () => ({ asked: ++asked, taskArns: [] })) as {
      asked: number;
      taskArns: string[];
    };
  expect(ask().asked).toBe(1);
  clock.now = 59_999;
  expect(ask().asked).toBe(1);
  expect(ask({ cluster: 'b' }).asked).toBe(2);
  expect(ask({ cluster: 'a', nextToken: undefined }).asked).toBe(1);
  clock.now = 60_000;
  expect(ask().asked).toBe(3);
  clock.changes++;
  expect(ask().asked).toBe(4);
  // What depends on the time or on the caller is asked each time.
  expect(partsRead('cloudwatch:GetMetricData')).toBeUndefined();
  expect(partsRead('sts:GetCallerIdentity')).toBeUndefined();
});
