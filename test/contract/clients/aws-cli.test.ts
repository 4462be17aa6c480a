/**
 * The AWS CLI, which we did not write, deploys in a standing lab: creates a service behind the load
 * balancer, updates it, waits as its users do, and reads health and metrics that agree with the traffic.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const run = promisify(execFile);
const withCli = toolAvailable('AWS CLI', 'test/contract/clients') ? describe : describe.skip;

withCli('the AWS CLI against a standing lab', () => {
  let lab: StandingLab;
  let targetGroupArn = '';

  const aws = async (...words: string[]): Promise<unknown> => {
    const { stdout } = await run('aws', [...words, '--output', 'json'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        ...lab.variables,
        AWS_PAGER: '',
      },
    });
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  };

  const definition = (message: string): string =>
    JSON.stringify({
      family: 'cli',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      containerDefinitions: [
        {
          name: 'web',
          image: `${lab.variables['LAB_REGISTRY']}/lab/node:24`,
          command: [
            'node',
            '-e',
            `require('http').createServer((q, r) => r.end('${message}')).listen(5000); process.on('SIGTERM', () => process.exit(0))`,
          ],
          portMappings: [{ containerPort: 5000 }],
        },
      ],
    });

  beforeAll(async () => {
    lab = await startStandingLab();
  }, 30_000);

  afterAll(() => lab?.stop());

  test('creates a service behind the load balancer and waits until it is stable', async () => {
    const group = (await aws(
      'elbv2',
      'create-target-group',
      ...[
        '--name',
        'cli',
        '--protocol',
        'HTTP',
        '--port',
        '5000',
        '--target-type',
        'ip',
        '--vpc-id',
        'vpc-0ab1c2d3e4f500001',
      ],
    )) as { TargetGroups: { TargetGroupArn: string }[] };
    targetGroupArn = group.TargetGroups[0]!.TargetGroupArn;
    await aws(
      'elbv2',
      'create-rule',
      ...[
        '--listener-arn',
        lab.variables['LAB_LISTENER_ARN']!,
        '--priority',
        '5',
        '--conditions',
        'Field=path-pattern,Values=/cli/*',
      ],
      ...['--actions', `Type=forward,TargetGroupArn=${targetGroupArn}`],
    );
    await aws('ecs', 'register-task-definition', '--cli-input-json', definition('first'));
    await aws(
      'ecs',
      'create-service',
      ...[
        '--cluster',
        'ips-api-cluster',
        '--service-name',
        'cli',
        '--task-definition',
        'cli',
        '--desired-count',
        '2',
        '--launch-type',
        'FARGATE',
      ],
      ...[
        '--network-configuration',
        'awsvpcConfiguration={subnets=[subnet-0a000000000000001],securityGroups=[sg-0a1b000000000002]}',
      ],
      ...['--load-balancers', `targetGroupArn=${targetGroupArn},containerName=web,containerPort=5000`],
    );
    await aws('ecs', 'wait', 'services-stable', '--cluster', 'ips-api-cluster', '--services', 'cli');
    const health = (await aws('elbv2', 'describe-target-health', '--target-group-arn', targetGroupArn)) as {
      TargetHealthDescriptions: { TargetHealth: { State: string } }[];
    };
    expect(health.TargetHealthDescriptions.map((target) => target.TargetHealth.State)).toEqual([
      'healthy',
      'healthy',
    ]);
    const answer = await fetch(`${lab.variables['LAB_LISTENER_URL']}/cli/`);
    expect(await answer.text()).toBe('first');
  }, 120_000);

  test('updates it to another revision', async () => {
    await aws('ecs', 'register-task-definition', '--cli-input-json', definition('second'));
    await aws(
      'ecs',
      'update-service',
      '--cluster',
      'ips-api-cluster',
      '--service',
      'cli',
      '--task-definition',
      'cli',
    );
    await aws('ecs', 'wait', 'services-stable', '--cluster', 'ips-api-cluster', '--services', 'cli');
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () =>
        (await fetch(`${lab.variables['LAB_LISTENER_URL']}/cli/`)).text(),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['second']));
  }, 120_000);

  test('reads metrics that agree with the traffic sent', async () => {
    // A minute that has not been used yet: at the default scale of 60 it takes a second.
    await sleep(4000);
    const since = new Date((await labNow()) - 60_000).toISOString();
    const sent = 137;
    for (let count = 0; count < sent; count++)
      await (await fetch(`${lab.variables['LAB_LISTENER_URL']}/cli/`)).text();
    await sleep(6000);
    const until = new Date(await labNow()).toISOString();
    const dimension = `targetgroup/${targetGroupArn.split(':targetgroup/')[1]}`;
    const loadBalancer = /listener\/(app\/[^/]+\/[^/]+)/.exec(lab.variables['LAB_LISTENER_ARN']!)![1]!;
    const query = (id: string, metric: string, stat: string) => ({
      Id: id,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/ApplicationELB',
          MetricName: metric,
          Dimensions: [
            { Name: 'LoadBalancer', Value: loadBalancer },
            { Name: 'TargetGroup', Value: dimension },
          ],
        },
        Period: 60,
        Stat: stat,
      },
    });
    const data = (await aws(
      'cloudwatch',
      'get-metric-data',
      ...['--start-time', since, '--end-time', until],
      ...[
        '--metric-data-queries',
        JSON.stringify([
          query('all', 'RequestCount', 'Sum'),
          query('good', 'HTTPCode_Target_2XX_Count', 'Sum'),
          query('times', 'TargetResponseTime', 'SampleCount'),
        ]),
      ],
    )) as { MetricDataResults: { Id: string; Values: number[] }[] };
    const sums = Object.fromEntries(
      data.MetricDataResults.map((result) => [
        result.Id,
        result.Values.reduce((sum, value) => sum + value, 0),
      ]),
    );
    expect(sums).toEqual({ all: sent, good: sent, times: sent });
  }, 60_000);

  async function labNow(): Promise<number> {
    const state = (await (await fetch(`${lab.variables['AWS_ENDPOINT_URL']}/_lab/state`)).json()) as {
      now: number;
    };
    return state.now;
  }
});
