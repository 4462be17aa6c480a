import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LoadGenerator } from '../../../src/lab/dataplane/load/load-generator.ts';
import { writeImage } from '../../../src/lab/dataplane/registry/image-writer.ts';
import { type LiveLab, startLiveLab } from '../../../src/lab/live-lab.ts';
import type { ServiceId } from '../../../src/lab/world/service.ts';
import { send } from './support/lab.ts';
import { root } from './support/memory-manifest-store.ts';

let lab: LiveLab;

/** One API call as the account's root. */
// biome-ignore lint/suspicious/noExplicitAny: answers are of each operation's own shape
function call(service: ServiceId, operation: string, input: object): any {
  lab.clock.poke();
  const result = lab.world.call({ service, operation, input, principal: root });
  lab.clock.poke();
  if (result.kind === 'error') throw result.error;
  return result.kind === 'answer' ? result.output : undefined;
}

beforeEach(async () => {
  lab = await startLiveLab({
    seed: 1,
    scale: 60,
    port: 0,
    listenerPorts: {},
    tasks: 'processes',
    log: (line) => console.error(line),
  });
});

afterEach(() => lab.close());

const server = `
require('node:http').createServer((request, response) => response.end(process.env.VERSION)).listen(5000);
process.on('SIGTERM', () => process.exit(0));
`;

test('a service comes up, and a rolling deployment under load loses no request', async () => {
  call('ecr', 'CreateRepository', { repositoryName: 'app' });
  const image = await writeImage(
    { store: lab.world.ecr, blobs: lab.plane.blobs, principal: root },
    {
      repository: 'app',
      tag: '1',
      layers: [[{ path: 'app/server.js', content: server }]],
      settings: { command: ['node', '/app/server.js'] },
    },
  );
  const register = (version: string): string =>
    call('ecs', 'RegisterTaskDefinition', {
      family: 'app',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/exec',
      containerDefinitions: [
        {
          name: 'app',
          image: `${lab.registryHost}/app@${image}`,
          essential: true,
          portMappings: [{ containerPort: 5000 }],
          environment: [{ name: 'VERSION', value: version }],
        },
      ],
    }).taskDefinition.taskDefinitionArn;
  const subnets = ['subnet-a', 'subnet-b', 'subnet-c'];
  const loadBalancer = call('elasticloadbalancing', 'CreateLoadBalancer', { Name: 'lb', Subnets: subnets });
  const group = call('elasticloadbalancing', 'CreateTargetGroup', {
    Name: 'app',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/',
    HealthCheckIntervalSeconds: 10,
    HealthyThresholdCount: 2,
  });
  const targetGroupArn = group.TargetGroups[0].TargetGroupArn;
  const listener = call('elasticloadbalancing', 'CreateListener', {
    LoadBalancerArn: loadBalancer.LoadBalancers[0].LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
  const listenerArn = listener.Listeners[0].ListenerArn;
  call('ecs', 'CreateCluster', { clusterName: 'main' });
  call('ecs', 'CreateService', {
    cluster: 'main',
    serviceName: 'app',
    taskDefinition: register('one'),
    desiredCount: 2,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets } },
    loadBalancers: [{ targetGroupArn, containerName: 'app', containerPort: 5000 }],
  });
  await lab.plane.settled();
  const address = () => lab.plane.addressOf(listenerArn);
  const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const isStable = (): boolean => {
    const [service] = call('ecs', 'DescribeServices', { cluster: 'main', services: ['app'] }).services;
    return service.deployments.length === 1 && service.deployments[0].rolloutState === 'COMPLETED';
  };
  await until(isStable);
  expect((await send(address())).body).toBe('one');
  const load = new LoadGenerator({
    target: address,
    requestsPerSecond: 100,
    routes: [{ method: 'GET', path: '/', weight: 1 }],
    random: () => 0,
  });
  load.start();
  call('ecs', 'UpdateService', { cluster: 'main', service: 'app', taskDefinition: register('two') });
  await until(isStable);
  const totals = await load.stop();
  expect(totals).toMatchObject({ ok: totals.sent, harmed: 0, dropped: 0 });
  expect((await send(address())).body).toBe('two');
}, 60_000);
