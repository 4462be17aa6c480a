/** What a shift refuses before it changes anything: each in a region that really is like that. */
import { describe, expect, test } from '@jest/globals';
import {
  cluster,
  makeRegion,
  minute,
  type Region,
  registerImage,
  serviceNow,
  settle,
  setWeights,
  shift,
} from './region.ts';

/** Everything that a shift could have touched. */
function touched({ world, listenerArn }: Region): string {
  const { Listeners, Rules, services } = {
    ...world.must('elasticloadbalancing', 'DescribeListeners', { ListenerArns: [listenerArn] }),
    ...world.must('elasticloadbalancing', 'DescribeRules', { ListenerArn: listenerArn }),
    services: world.must('ecs', 'ListServices', { cluster }).serviceArns,
  };
  return JSON.stringify({ Listeners, Rules, services });
}

async function refusedUntouched(
  region: Region,
  inputs: Readonly<Record<string, string>> = {},
): Promise<{ readonly cause: readonly string[]; readonly log: string }> {
  registerImage(region, 'v2');
  const before = touched(region);
  const { outputs } = await shift(region, inputs);
  expect(outputs['outcome']).toBe('refused');
  expect(touched(region)).toBe(before);
  return { cause: (outputs['cause'] ?? '').split(/, ?/), log: region.log.join('\n') };
}

/** A second load balancer, as of another product, with a group that it forwards to. */
function secondGroup(region: Region): { readonly groupArn: string; readonly listenerArn: string } {
  const elb = (operation: string, input: object) =>
    region.world.must('elasticloadbalancing', operation, input);
  const groupArn: string = elb('CreateTargetGroup', {
    Name: 'partners',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/health',
  }).TargetGroups[0].TargetGroupArn;
  const { LoadBalancerArn } = elb('CreateLoadBalancer', {
    Name: 'partners',
    Subnets: ['subnet-a', 'subnet-b'],
  }).LoadBalancers[0];
  const listenerArn: string = elb('CreateListener', {
    LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: groupArn }],
  }).Listeners[0].ListenerArn;
  return { groupArn, listenerArn };
}

async function registeredInTwo(region: Region, second: string): Promise<void> {
  region.world.must('ecs', 'UpdateService', {
    cluster,
    service: 'api-blue',
    loadBalancers: [region.groups.a, second].map((targetGroupArn) => ({
      targetGroupArn,
      containerName: 'api',
      containerPort: 5000,
    })),
  });
  await settle(region, 5 * minute);
}

describe('blue in a second target group', () => {
  test('that another load balancer forwards to: green would have its traffic at weight 0', async () => {
    const region = await makeRegion('ecs', { seed: 2001, requestsPerSecond: 5 });
    await registeredInTwo(region, secondGroup(region).groupArn);
    const { cause, log } = await refusedUntouched(region);
    expect(cause).toEqual(['other-traffic']);
    expect(log).toContain('target group partners, which the load balancer partners forwards to');
  });

  test('all reasons are said at once', async () => {
    const region = await makeRegion('ecs', { seed: 2002, requestsPerSecond: 5 });
    await registeredInTwo(region, secondGroup(region).groupArn);
    region.world.must('ecs', 'TagResource', {
      resourceArn: region.world.must('ecs', 'DescribeServices', { cluster, services: ['api-blue'] })
        .services[0].serviceArn,
      tags: [{ key: 'ips-deploy:consumes', value: 'orders' }],
    });
    const { cause, log } = await refusedUntouched(region, { alarms: 'nobody-made-it' });
    expect(cause).toEqual(['alarm-missing', 'other-traffic']);
    expect(log).toContain('it consumes orders');
  });

  test('what only the plan and a probe can show is said with the rest', async () => {
    const region = await makeRegion('ecs', { seed: 2004, requestsPerSecond: 0 });
    registerImage(region, 'v2');
    const before = touched(region);
    const nobody = { probe: async () => ({ kind: 'failed', reason: 'connection refused' }) as const };
    const { outputs, report } = await shift(
      region,
      { alarms: 'nobody-made-it', 'max-extra-tasks': '2' },
      { createProber: () => nobody },
    );
    expect(outputs).toMatchObject({
      outcome: 'refused',
      cause: 'alarm-missing,extra-tasks,unproven,unreachable',
    });
    expect(report.sentence).toMatch(/^Nothing was changed\. 4 findings speak against this shift: /);
    expect(touched(region)).toBe(before);
  });

  test('a blue that does not serve says nothing of the traffic to come', async () => {
    const region = await makeRegion('ecs', { seed: 2005, requestsPerSecond: 0 });
    setWeights(region, { [region.groups.a]: 50, [region.groups.b]: 50 });
    const { cause } = await refusedUntouched(region, { 'blue-target-group': 'api-a' });
    expect(cause).toEqual(['weights-not-as-expected']);
  });

  test('that nothing forwards to any more: the twin is made without it', async () => {
    const region = await makeRegion('ecs', { seed: 2003, requestsPerSecond: 20 });
    const { groupArn, listenerArn } = secondGroup(region);
    await registeredInTwo(region, groupArn);
    region.world.must('elasticloadbalancing', 'DeleteListener', { ListenerArn: listenerArn });
    registerImage(region, 'v2');
    const { outputs } = await shift(region);
    expect(outputs['outcome']).toBe('promoted');
    expect(serviceNow(region, 'api-green').loadBalancers).toMatchObject([
      { targetGroupArn: region.groups.b },
    ]);
    expect(region.log.join('\n')).toContain(
      'partners, too, which no load balancer forwards to: green is not',
    );
  });
});

/** Blue as a team may have set it up, with what ECS starts its tasks with. */
async function blueWith(seed: number, change: object, definition: object = {}): Promise<Region> {
  const region = await makeRegion('ecs', { seed, requestsPerSecond: 20 });
  const { world } = region;
  const { taskDefinition } = world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'api' });
  const { family, networkMode, requiresCompatibilities, cpu, memory, executionRoleArn } = taskDefinition;
  const same = { family, networkMode, requiresCompatibilities, cpu, memory, executionRoleArn };
  world.must('ecs', 'RegisterTaskDefinition', {
    ...same,
    containerDefinitions: taskDefinition.containerDefinitions,
    ...definition,
  });
  world.must('ecs', 'UpdateService', { cluster, service: 'api-blue', taskDefinition: 'api', ...change });
  await settle(region, 10 * minute);
  return region;
}

const volumes = [{ name: 'data', configuredAtLaunch: true }];
const volumeConfigurations = [
  {
    name: 'data',
    managedEBSVolume: { roleArn: 'arn:aws:iam::123456789012:role/volumes', sizeInGiB: 20 },
  },
];
const serviceConnect = { enabled: true, namespace: 'shop' };

describe('what blue’s service is beside its network and its count', () => {
  test('a client of Service Connect with volumes gets a twin that is one, too', async () => {
    const region = await blueWith(
      2011,
      { serviceConnectConfiguration: serviceConnect, volumeConfigurations },
      { volumes },
    );
    region.world.must('ecs', 'RegisterTaskDefinition', {
      ...region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'api' }).taskDefinition,
      cpu: '512',
      memory: '1024',
    });
    const { outputs } = await shift(region);
    expect([outputs['outcome'], outputs['cause']]).toEqual(['promoted', '']);
    expect(serviceNow(region, 'api-green').deployments[0]).toMatchObject({
      serviceConnectConfiguration: serviceConnect,
      volumeConfigurations,
    });
  });

  test('a volume that green’s definition does not leave to the service', async () => {
    const region = await blueWith(2012, { volumeConfigurations }, { volumes });
    const { cause, log } = await refusedUntouched(region);
    expect(cause).toEqual(['no-twin']);
    expect(log).toContain('it configures the volume data');
  });

  test('a server of Service Connect would be two of one name', async () => {
    const region = await blueWith(2013, {
      serviceConnectConfiguration: {
        ...serviceConnect,
        services: [{ portName: 'http', discoveryName: 'api' }],
      },
    });
    const { cause } = await refusedUntouched(region);
    expect(cause).toEqual(['no-twin', 'other-traffic']);
    const accepted = await shift(region, { accept: 'other-traffic' }, { runId: '2' });
    expect(accepted.outputs['cause']).toBe('no-twin');
  });

  test.each([
    ['gateway connector of port http', 'gatewayConnectors', [{ portName: 'http' }]],
    ['service registry arn:registry', 'serviceRegistries', [{ registryArn: 'arn:registry' }]],
    [
      'VPC Lattice arn:lattice',
      'vpcLatticeConfigurations',
      [{ roleArn: 'arn:r', targetGroupArn: 'arn:lattice', portName: 'http' }],
    ],
  ])('%s: refused, and green has it from the start where that is accepted', async (what, field, value) => {
    const region = await blueWith(2014, { [field]: value });
    const { cause, log } = await refusedUntouched(region);
    expect(cause).toEqual(['other-traffic']);
    expect(log).toContain(what);
    const { outputs } = await shift(region, { accept: 'other-traffic' }, { runId: '2' });
    expect(outputs['outcome']).toBe('promoted');
    const [{ arn }] = serviceNow(region, 'api-green').currentServiceRevisions;
    const [revision] = region.world.must('ecs', 'DescribeServiceRevisions', {
      serviceRevisionArns: [arn],
    }).serviceRevisions;
    expect(revision[field]).toEqual(value);
  });
});

describe('a second shift of the pair by another listener', () => {
  const together = { 'other-rules': 'together' };

  /** Port 8080 forwards to blue as well. */
  async function twoListeners(seed: number) {
    const region = await makeRegion('ecs', { seed, requestsPerSecond: 20 });
    const second: string = region.world.must('elasticloadbalancing', 'CreateListener', {
      LoadBalancerArn: region.loadBalancerArn,
      Port: 8080,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn: region.groups.a }],
    }).Listeners[0].ListenerArn;
    const bySecond = { ...together, 'listener-rule-arn': '', 'listener-arn': second };
    const rulesOfSecond = (): number =>
      region.world.must('elasticloadbalancing', 'DescribeRules', { ListenerArn: second }).Rules.length;
    return { region, bySecond, rulesOfSecond };
  }

  test.each([{}, { 'probe-header': 'x-another-name' }])(
    'is refused before it changes anything (%j), and the first goes on',
    async (header) => {
      const { region, bySecond, rulesOfSecond } = await twoListeners(2021);
      registerImage(region, 'v2');
      const first = shift(region, together);
      await settle(region, minute);
      const { outputs } = await shift(region, { ...bySecond, ...header }, { runId: '2' });
      expect(outputs['outcome']).toBe('refused');
      expect(outputs['cause']).toContain('another-shift');
      expect(region.log.join('\n')).toContain('o/r run 1.1 job deploy shifts this pair already');
      expect(rulesOfSecond()).toBe(1);
      expect((await first).outputs['outcome']).toBe('promoted');
    },
  );

  test('is refused while the first rests, with the way out', async () => {
    const { region, bySecond, rulesOfSecond } = await twoListeners(2022);
    registerImage(region, 'v2');
    const resting = { ...together, until: '10', unattended: 'accept', accept: 'unproven' };
    expect((await shift(region, resting)).outputs['outcome']).toBe('paused');
    const { outputs } = await shift(region, bySecond, { runId: '2' });
    expect(outputs['cause']).toContain('another-shift');
    expect(region.log.join('\n')).toContain('by the rule that it was begun with');
    expect(rulesOfSecond()).toBe(1);
    const last = await shift(region, together, { runId: '3' });
    expect(last.outputs['outcome']).toBe('promoted');
  });

  test('a shift of another pair on the other listener is none of it', async () => {
    const region = await makeRegion('ecs', { seed: 2023, requestsPerSecond: 20 });
    const elb = (operation: string, input: object) =>
      region.world.must('elasticloadbalancing', operation, input);
    const ListenerArn = elb('CreateListener', {
      LoadBalancerArn: region.loadBalancerArn,
      Port: 8080,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn: region.groups.host }],
    }).Listeners[0].ListenerArn;
    elb('CreateRule', {
      ListenerArn,
      Priority: 1,
      Conditions: [
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-ips-probe', Values: ['s'] } },
      ],
      Actions: [{ Type: 'forward', TargetGroupArn: region.groups.host }],
      Tags: [{ Key: 'ips-deploy:holder', Value: 'o/other run 1.1 job deploy' }],
    });
    registerImage(region, 'v2');
    expect((await shift(region)).outputs['outcome']).toBe('promoted');
  });
});

describe('somebody else shifts the weights', () => {
  /** A service whose deployments are CodeDeploy's, registered in group b; api-blue serves by group a. */
  async function withCodeDeploy(seed: number): Promise<Region> {
    const region = await makeRegion('ecs', { seed, requestsPerSecond: 5 });
    setWeights(region, { [region.groups.a]: 1, [region.groups.b]: 0 });
    region.world.must('ecs', 'CreateService', {
      cluster,
      serviceName: 'legacy',
      taskDefinition: 'api:1',
      desiredCount: 1,
      launchType: 'FARGATE',
      deploymentController: { type: 'CODE_DEPLOY' },
      loadBalancers: [{ targetGroupArn: region.groups.b, containerName: 'api', containerPort: 5000 }],
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
    });
    await settle(region, 3 * minute);
    return region;
  }

  test('CodeDeploy, found as green', async () => {
    const region = await withCodeDeploy(2031);
    const { cause, log } = await refusedUntouched(region);
    expect(cause).toContain('foreign-owner');
    expect(log).toContain('Service legacy shifts its traffic itself (controller CODE_DEPLOY');
  });

  test('CodeDeploy, beside the two services that are named', async () => {
    const region = await withCodeDeploy(2032);
    const { cause } = await refusedUntouched(region, {
      'blue-service': 'api-blue',
      'green-service': 'api-green',
    });
    expect(cause).toContain('foreign-owner');
  });

  test('who may not see the other services is told so, and shifts', async () => {
    const region = await withCodeDeploy(2033);
    region.world.loadFaults({
      rules: [{ id: 'denied', match: { operation: 'ListServices' }, effect: { kind: 'access-denied' } }],
      events: [],
    });
    registerImage(region, 'v2');
    const names = { 'blue-service': 'api-blue', 'green-service': 'api-green', 'dry-run': 'true' };
    const { outputs } = await shift(region, names);
    expect(outputs['outcome']).toBe('planned');
    expect(region.log.join('\n')).toContain(
      'Whether ECS or CodeDeploy shifts these weights as well could not be seen everywhere: the services of the cluster may not be listed',
    );
  });

  test('without a cluster nobody can look, and the plan says so', async () => {
    const region = await withCodeDeploy(2034);
    const { outputs } = await shift(region, { cluster: '', 'task-definition': '', 'dry-run': 'true' });
    expect(outputs['outcome']).toBe('planned');
    expect(region.log.join('\n')).toContain('could not be seen everywhere: no cluster is named');
  });
});
