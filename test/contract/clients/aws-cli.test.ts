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

  /** A command line as it would be typed; its answer, or the error it ends with. */
  const typed = async (line: string): Promise<unknown> => aws(...line.split(' '));
  const refusal = (line: string): Promise<string> =>
    typed(line).then(
      () => 'none',
      (error: { stderr: string }) => error.stderr.trim().split('\n').at(-1)!,
    );
  const network =
    'awsvpcConfiguration={subnets=[subnet-0a000000000000001],securityGroups=[sg-0a1b000000000002]}';

  test('runs a task, waits for it, stops it', async () => {
    const { tasks } = (await typed(
      `ecs run-task --cluster ips-api-cluster --task-definition cli:1 --launch-type FARGATE --network-configuration ${network}`,
    )) as { tasks: { taskArn: string; lastStatus: string }[] };
    const { taskArn } = tasks[0]!;
    await typed(`ecs wait tasks-running --cluster ips-api-cluster --tasks ${taskArn}`);
    await typed(`ecs stop-task --cluster ips-api-cluster --task ${taskArn} --reason enough`);
    await typed(`ecs wait tasks-stopped --cluster ips-api-cluster --tasks ${taskArn}`);
    expect(
      await typed(
        `ecs describe-tasks --cluster ips-api-cluster --tasks ${taskArn} --query tasks[0].[lastStatus,stopCode,stoppedReason,containers[0].exitCode]`,
      ),
    ).toEqual(['STOPPED', 'UserInitiated', 'enough', 0]);
  }, 90_000);

  test('stops a service deployment, which rolls back', async () => {
    await typed(
      'ecs update-service --cluster ips-api-cluster --service cli --task-definition cli:1 --force-new-deployment',
    );
    const [arn] = (await typed(
      'ecs list-service-deployments --cluster ips-api-cluster --service cli --status PENDING IN_PROGRESS --query serviceDeployments[].serviceDeploymentArn',
    )) as string[];
    await typed(`ecs stop-service-deployment --service-deployment-arn ${arn} --stop-type ROLLBACK`);
    await typed('ecs wait services-stable --cluster ips-api-cluster --services cli');
    const [status, revision] = (await typed(
      `ecs describe-service-deployments --service-deployment-arns ${arn} --query serviceDeployments[0].[status,rollback.serviceRevisionArn]`,
    )) as string[];
    expect(status).toBe('ROLLBACK_SUCCESSFUL');
    expect(
      await typed(
        `ecs describe-service-revisions --service-revision-arns ${revision} --query serviceRevisions[0].[taskDefinition,resolvedConfiguration.loadBalancers[0].targetGroupArn]`,
      ),
    ).toEqual([expect.stringMatching(/\/cli:2$/), targetGroupArn]);
    expect(
      await refusal(`ecs stop-service-deployment --service-deployment-arn ${arn} --stop-type ROLLBACK`),
    ).toMatch(/^An error occurred \(ConflictException\) when calling the StopServiceDeployment operation: /);
  }, 120_000);

  test('weights of a rule, kept as they were written', async () => {
    const listener = lab.variables['LAB_LISTENER_ARN'];
    const green = (await typed(
      'elbv2 describe-target-groups --names ips-api-targets-b --query TargetGroups[0].TargetGroupArn',
    )) as string;
    const forward = (blueWeight: number, greenWeight: number) =>
      JSON.stringify([
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: targetGroupArn, Weight: blueWeight },
              { TargetGroupArn: green, Weight: greenWeight },
            ],
            TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
          },
        },
      ]);
    const rule = (await typed(
      `elbv2 create-rule --listener-arn ${listener} --priority 6 --conditions Field=path-pattern,Values=/weighted/* --actions ${forward(90, 10)} --query Rules[0].RuleArn`,
    )) as string;
    await typed(`elbv2 modify-rule --rule-arn ${rule} --actions ${forward(100, 0)}`);
    expect(await typed(`elbv2 describe-rules --rule-arns ${rule} --query Rules[0].Actions`)).toEqual(
      JSON.parse(forward(100, 0)),
    );
    expect(await refusal(`elbv2 modify-rule --rule-arn ${rule} --actions ${forward(1000, 0)}`)).toMatch(
      /^An error occurred \(ValidationError\) when calling the ModifyRule operation: .*999/,
    );
    expect(
      await refusal(
        `elbv2 create-rule --listener-arn ${listener} --priority 6 --conditions Field=path-pattern,Values=/other --actions Type=fixed-response,FixedResponseConfig={StatusCode=503}`,
      ),
    ).toMatch(/^An error occurred \(PriorityInUse\) when calling the CreateRule operation: /);
    await typed(`elbv2 delete-rule --rule-arn ${rule}`);
  }, 60_000);

  test('scans an image; the password of the registry is good', async () => {
    const image = '--repository-name lab/node --image-id imageTag=24';
    await typed(`ecr start-image-scan ${image}`);
    await typed(`ecr wait image-scan-complete ${image}`);
    expect(await typed(`ecr describe-image-scan-findings ${image} --query imageScanStatus.status`)).toBe(
      'COMPLETE',
    );
    const { stdout } = await run('aws', ['ecr', 'get-login-password'], {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...lab.variables },
    });
    const registry = (password: string) =>
      fetch(`http://${lab.variables['LAB_REGISTRY']}/v2/`, {
        headers: { authorization: `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}` },
      });
    expect((await registry(stdout.trim())).status).toBe(200);
    expect((await registry('guess')).status).toBe(401);
  }, 60_000);

  test.each([
    ['ecs create-task-set --cluster c --service s --task-definition d', 'UnknownOperationException'],
    [
      'logs start-query --log-group-name g --start-time 1 --end-time 2 --query-string fields',
      'UnknownOperationException',
    ],
    ['elbv2 describe-account-limits', 'InvalidAction'],
    ['sts get-session-token', 'InvalidAction'],
    ['lambda list-functions', 'UnknownOperationException'],
    ['s3api list-buckets', 'InvalidAction'],
  ])('%s: not simulated, and says so in one line', async (line, code) => {
    expect(await refusal(line)).toMatch(
      new RegExp(
        `^An error occurred \\(${code}\\) when calling the \\w+ operation: The lab does not simulate `,
      ),
    );
  });

  test('deletes the service and waits until it is gone', async () => {
    expect(await refusal('ecs delete-service --cluster ips-api-cluster --service cli')).toMatch(
      /^An error occurred \(InvalidParameterException\) when calling the DeleteService operation: The service cannot be stopped while it is scaled above 0\.$/,
    );
    await typed('ecs update-service --cluster ips-api-cluster --service cli --desired-count 0');
    await typed('ecs delete-service --cluster ips-api-cluster --service cli');
    await typed('ecs wait services-inactive --cluster ips-api-cluster --services cli');
    expect(
      await typed('ecs describe-services --cluster ips-api-cluster --services cli --query services[].status'),
    ).toEqual(['INACTIVE']);
    expect(
      await typed(
        `elbv2 describe-target-health --target-group-arn ${targetGroupArn} --query TargetHealthDescriptions`,
      ),
    ).toEqual([]);
  }, 120_000);

  async function labNow(): Promise<number> {
    const state = (await (await fetch(`${lab.variables['AWS_ENDPOINT_URL']}/_lab/state`)).json()) as {
      now: number;
    };
    return state.now;
  }
});
