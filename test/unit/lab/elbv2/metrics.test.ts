import { expect, test } from '@jest/globals';
import { type Balancing, balancing, forward, listener } from './fixture.ts';

const minute = 60_000;

function sums(
  setup: Balancing,
  metric: string,
  dimensions: Record<string, string>,
  statistic = 'Sum',
): number[] {
  const { kernel, cloudwatch } = setup;
  return cloudwatch
    .datapoints('AWS/ApplicationELB', metric, dimensions, statistic, 60, kernel.config.startMs, kernel.now)
    .map((point) => point.value);
}

function served() {
  const setup = balancing();
  listener(setup, forward({ [setup.blue]: 1 }));
  setup.elb.registerTarget(setup.blue, { id: '10.0.1.10', port: 5000, zone: 'ap-south-1a' });
  setup.elb.consume({
    kind: 'traffic',
    batch: {
      loadBalancerArn: setup.loadBalancerArn,
      elbCodes: new Map([
        [502, 3],
        [504, 1],
        [301, 2],
      ]),
      newConnections: 4,
      rejectedConnections: 0,
      groups: [
        {
          targetGroupArn: setup.blue,
          zone: 'ap-south-1a',
          requests: 30,
          targetCodes: new Map([
            [200, 20],
            [404, 5],
            [500, 2],
          ]),
          connectionErrors: 3,
          responseTimesSeconds: [0.1, 0.2, 0.3],
        },
        {
          targetGroupArn: setup.blue,
          zone: 'ap-south-1b',
          requests: 10,
          targetCodes: new Map([[200, 10]]),
          connectionErrors: 0,
          responseTimesSeconds: [0.4],
        },
      ],
    },
  });
  setup.kernel.advanceTo(setup.kernel.now + 5 * minute);
  const LoadBalancer = setup.loadBalancerArn.split(':loadbalancer/')[1]!;
  const TargetGroup = setup.blue.split(':').at(-1)!;
  return { ...setup, LoadBalancer, TargetGroup };
}

test('requests and codes add up in every combination of dimensions', () => {
  const setup = served();
  const { LoadBalancer, TargetGroup } = setup;
  expect(sums(setup, 'RequestCount', { LoadBalancer })).toEqual([40]);
  expect(sums(setup, 'RequestCount', { LoadBalancer, TargetGroup })).toEqual([40]);
  expect(sums(setup, 'RequestCount', { LoadBalancer, AvailabilityZone: 'ap-south-1b' })).toEqual([10]);
  expect(sums(setup, 'HTTPCode_Target_2XX_Count', { LoadBalancer, TargetGroup })).toEqual([30]);
  expect(sums(setup, 'HTTPCode_Target_5XX_Count', { LoadBalancer })).toEqual([2]);
  expect(
    sums(setup, 'HTTPCode_Target_4XX_Count', { LoadBalancer, TargetGroup, AvailabilityZone: 'ap-south-1a' }),
  ).toEqual([5]);
  expect(sums(setup, 'TargetConnectionErrorCount', { LoadBalancer, TargetGroup })).toEqual([3]);
  expect(sums(setup, 'TargetResponseTime', { LoadBalancer, TargetGroup }, 'Maximum')).toEqual([0.4]);
});

test("the load balancer's own answers count for the load balancer only", () => {
  const setup = served();
  const { LoadBalancer, TargetGroup } = setup;
  expect(sums(setup, 'HTTPCode_ELB_5XX_Count', { LoadBalancer })).toEqual([4]);
  expect(sums(setup, 'HTTPCode_ELB_502_Count', { LoadBalancer })).toEqual([3]);
  expect(sums(setup, 'HTTPCode_ELB_504_Count', { LoadBalancer })).toEqual([1]);
  expect(sums(setup, 'HTTPCode_ELB_3XX_Count', { LoadBalancer })).toEqual([2]);
  expect(sums(setup, 'HTTPCode_ELB_5XX_Count', { LoadBalancer, TargetGroup })).toEqual([]);
});

test('what did not happen is not published', () => {
  const setup = served();
  expect(sums(setup, 'RejectedConnectionCount', { LoadBalancer: setup.LoadBalancer })).toEqual([]);
  expect(sums(setup, 'HTTPCode_ELB_503_Count', { LoadBalancer: setup.LoadBalancer })).toEqual([]);
});

test('hosts are counted each minute while a target is registered', () => {
  const setup = balancing();
  listener(setup, forward({ [setup.blue]: 1 }));
  setup.elb.registerTarget(setup.blue, { id: '10.0.1.10', port: 5000, zone: 'ap-south-1a' });
  const fact = {
    kind: 'target-probe',
    targetGroupArn: setup.blue,
    targetId: '10.0.1.10',
    port: 5000,
  } as const;
  setup.kernel.advanceTo(setup.kernel.now + minute);
  setup.elb.consume({ ...fact, result: { ok: true } });
  setup.kernel.advanceTo(setup.kernel.now + 5 * minute);
  const dimensions = {
    LoadBalancer: setup.loadBalancerArn.split(':loadbalancer/')[1]!,
    TargetGroup: setup.blue.split(':').at(-1)!,
  };
  expect(sums(setup, 'HealthyHostCount', dimensions, 'Maximum').slice(0, 3)).toEqual([0, 1, 1]);
  setup.elb.deregisterTarget(setup.blue, '10.0.1.10', 5000, () => {});
  setup.kernel.advanceTo(setup.kernel.now + 20 * minute);
  expect(setup.kernel.nextEventAt).toBeUndefined();
});

test('metrics are listed under every combination of dimensions that has data', () => {
  const { cloudwatch, LoadBalancer, TargetGroup } = served();
  const { Metrics } = cloudwatch.operations['ListMetrics']!.run(
    { MetricName: 'RequestCount' },
    { principal: { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' } },
  );
  const listed = Metrics.map(({ Dimensions }: { Dimensions: { Name: string; Value: string }[] }) =>
    Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  );
  const [zoneA, zoneB] = ['ap-south-1a', 'ap-south-1b'];
  const expected = [
    { LoadBalancer },
    { LoadBalancer, TargetGroup },
    { LoadBalancer, AvailabilityZone: zoneA },
    { LoadBalancer, AvailabilityZone: zoneB },
    { LoadBalancer, TargetGroup, AvailabilityZone: zoneA },
    { LoadBalancer, TargetGroup, AvailabilityZone: zoneB },
  ];
  expect(listed).toHaveLength(expected.length);
  expect(listed).toEqual(expect.arrayContaining(expected));
});
