/** Going back by weight: a second service stands behind the same rule. */
import { expect, test } from '@jest/globals';
import { runRollback } from '../../../src/rollback/run.ts';
import { cluster, family, filesOf, makeRegion, portsOf, type Region, settle } from '../rollout/region.ts';
import { rollbackRequest } from './request.ts';

interface Pair extends Region {
  readonly listenerArn: string;
  readonly blue: string;
  readonly green: string;
}

/** Blue is the region's own service with three tasks; green carries all the weight and is the bad one. */
async function pair(greenTasks = 3, blueTasks = 3): Promise<Pair> {
  const region = await makeRegion({ desiredCount: blueTasks });
  const { world } = region;
  const blue = region.targetGroupArn;
  const { TargetGroups } = world.must('elasticloadbalancing', 'CreateTargetGroup', {
    Name: 'ips-api-green',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/health',
  });
  const green: string = TargetGroups[0].TargetGroupArn;
  const { LoadBalancers } = world.must('elasticloadbalancing', 'DescribeLoadBalancers', {});
  const { Listeners } = world.must('elasticloadbalancing', 'DescribeListeners', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
  });
  const listenerArn: string = Listeners[0].ListenerArn;
  const TargetGroupTuples = [
    { TargetGroupArn: blue, Weight: 0 },
    { TargetGroupArn: green, Weight: 100 },
  ];
  world.must('elasticloadbalancing', 'ModifyListener', {
    ListenerArn: listenerArn,
    DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: TargetGroupTuples } }],
  });
  world.must('ecs', 'CreateService', {
    cluster,
    serviceName: 'green',
    taskDefinition: `${family}:1`,
    desiredCount: greenTasks,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
    loadBalancers: [{ targetGroupArn: green, containerName: 'ips-api', containerPort: 5000 }],
  });
  await settle(region, 300_000);
  return { ...region, listenerArn, blue, green };
}

const rollBack = (region: Pair, change = {}) =>
  region.time.run(
    runRollback(
      rollbackRequest({
        service: 'green',
        location: { kind: 'default-action', listenerArn: region.listenerArn },
        ...change,
      }),
      { ...portsOf(region), ...filesOf(region) },
    ),
  );

function weightsOf(region: Pair): Readonly<Record<string, number>> {
  const { Listeners } = region.world.must('elasticloadbalancing', 'DescribeListeners', {
    ListenerArns: [region.listenerArn],
  });
  const groups: readonly { TargetGroupArn: string; Weight: number }[] =
    Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups;
  return Object.fromEntries(
    groups.map((group) => [group.TargetGroupArn === region.blue ? 'blue' : 'green', group.Weight]),
  );
}

test('all the weight goes back in one step, and no task is started', async () => {
  const region = await pair();
  const { ok, outputs, report } = await rollBack(region);
  expect({ ok, outcome: outputs['outcome'], mode: outputs['mode'], to: outputs['to'] }).toEqual({
    ok: true,
    outcome: 'succeeded',
    mode: 'weights',
    to: region.blue,
  });
  expect(report.sentence).toBe('ips-api-targets has all the weight again, with 3 healthy targets.');
  expect(weightsOf(region)).toEqual({ blue: 100, green: 0 });
  expect(region.world.callCounts()['ecs:UpdateService']).toBeUndefined();
  expect(Number(outputs['duration-seconds'])).toBeLessThanOrEqual(1);
});

test('a second run changes nothing', async () => {
  const region = await pair();
  await rollBack(region);
  const { ok, outputs } = await rollBack(region);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'no-change' });
});

test('a blue that was scaled down is too small for auto, and enough for who asks for weights', async () => {
  const region = await pair(3, 1);
  const first = await rollBack(region);
  expect(first.outputs['outcome']).toBe('refused');
  expect(weightsOf(region)).toEqual({ blue: 0, green: 100 });
  const second = await rollBack(region, { to: { kind: 'weights' } });
  expect(second.outputs['outcome']).toBe('succeeded');
  expect(weightsOf(region)).toEqual({ blue: 100, green: 0 });
});

test('a blue without healthy targets never gets the traffic', async () => {
  const region = await pair();
  region.world.must('ecs', 'UpdateService', { cluster, service: 'ips-api-service', desiredCount: 0 });
  await settle(region, 120_000);
  const { ok, outputs } = await rollBack(region, { to: { kind: 'weights' } });
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'other-group-unhealthy',
  });
  expect(weightsOf(region)).toEqual({ blue: 0, green: 100 });
});
