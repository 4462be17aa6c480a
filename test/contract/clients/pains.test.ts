/**
 * What unmodified `aws ecs wait services-stable` says where users of other tools got a wrong verdict, or waited
 * in vain. The same lives with the kit: test/simulation/pains, under the same numbers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as ecs from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const withCli = toolAvailable('AWS CLI', 'test/contract/clients') ? describe : describe.skip;
const cluster = 'ips-api-cluster';
const alarm = 'pains-errors';

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  /** Real milliseconds: how long it took, and when it ended by `performance.now`. */
  readonly tookMs: number;
  readonly endedAt: number;
}

withCli('the waiter of the AWS CLI', () => {
  let lab: StandingLab;
  let client: ecs.ECSClient;
  let metrics: cloudwatch.CloudWatchClient;
  const children: ChildProcess[] = [];
  /** Python finds it first: only the pauses between two looks of the waiter are shorter then, 100 ms for 15 s. */
  const hurried = mkdtempSync(join(tmpdir(), 'ips-hurried-'));
  const revisions: Record<string, string> = {};

  const environment = (): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    ...lab.variables,
    AWS_PAGER: '',
  });

  /** Begins to wait as users do; `child` is there to be interrupted. */
  function waiter(service: string, ...more: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    return waiterIn(environment(), service, ...more);
  }

  function waiterIn(
    env: Record<string, string>,
    service: string,
    ...more: string[]
  ): { child: ChildProcess; ended: Promise<Ended> } {
    const begin = performance.now();
    const words = ['ecs', 'wait', 'services-stable', '--cluster', cluster, '--services', service, ...more];
    const child = spawn('aws', words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    const ended = new Promise<Ended>((resolve) => {
      child.once('exit', (exitCode) => {
        const endedAt = performance.now();
        resolve({ exitCode, output, tookMs: endedAt - begin, endedAt });
      });
    });
    return { child, ended };
  }

  async function register(
    name: string,
    script: string,
    container: Partial<ecs.ContainerDefinition> = {},
  ): Promise<void> {
    const { taskDefinition } = await client.send(
      new ecs.RegisterTaskDefinitionCommand({
        family: 'pains',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
        containerDefinitions: [
          {
            name: 'web',
            image: `${lab.variables['LAB_REGISTRY']}/lab/node:24`,
            command: ['node', '-e', script],
            ...container,
          },
        ],
      }),
    );
    revisions[name] = taskDefinition!.taskDefinitionArn!;
  }

  async function create(serviceName: string, configuration: ecs.DeploymentConfiguration = {}): Promise<void> {
    await client.send(
      new ecs.CreateServiceCommand({
        cluster,
        serviceName,
        taskDefinition: revisions['first']!,
        desiredCount: 1,
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: ['subnet-0a000000000000001'],
            securityGroups: ['sg-0a1b000000000002'],
          },
        },
        deploymentConfiguration: configuration,
      }),
    );
  }

  const update = (service: string, revision: string, more: Partial<ecs.UpdateServiceRequest> = {}) =>
    client.send(
      new ecs.UpdateServiceCommand({ cluster, service, taskDefinition: revisions[revision]!, ...more }),
    );

  async function read(service: string): Promise<ecs.Service> {
    const { services } = await client.send(new ecs.DescribeServicesCommand({ cluster, services: [service] }));
    return services![0]!;
  }

  async function until<T>(look: () => Promise<T | undefined>, deadlineMs = 30_000): Promise<T> {
    const end = performance.now() + deadlineMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error('What was waited for did not come.');
      await sleep(100);
    }
  }

  /** Status of the service's deployments that began after the first, oldest first. */
  async function statuses(service: string): Promise<readonly string[]> {
    const { serviceDeployments } = await client.send(
      new ecs.ListServiceDeploymentsCommand({ cluster, service }),
    );
    return (serviceDeployments ?? [])
      .map((each) => each.status!)
      .reverse()
      .slice(1);
  }

  const steady = (service: string) =>
    until(async () => {
      const { deployments, runningCount, desiredCount } = await read(service);
      const [only] = deployments ?? [];
      return deployments?.length === 1 && only!.rolloutState === 'COMPLETED' && runningCount === desiredCount
        ? only!.taskDefinition
        : undefined;
    });

  const names = ['breaker', 'bake', 'second', 'zero', 'late', 'loop', 'cancel', 'paused'] as const;
  const noWaiter: ReadonlySet<string> = new Set(['bake', 'cancel', 'paused']);
  let lateDoneAt: Promise<number>;
  let loopBegan = 0;
  const waits: Partial<Record<(typeof names)[number], ReturnType<typeof waiter>>> = {};

  beforeAll(async () => {
    // Slow enough for a CLI that takes a second to start, fast enough for rollouts of some seconds.
    lab = await startStandingLab(['--scale', '20']);
    const settings = {
      endpoint: lab.variables['AWS_ENDPOINT_URL']!,
      region: lab.variables['AWS_REGION']!,
      credentials: {
        accessKeyId: lab.variables['AWS_ACCESS_KEY_ID']!,
        secretAccessKey: lab.variables['AWS_SECRET_ACCESS_KEY']!,
      },
    };
    client = new ecs.ECSClient(settings);
    metrics = new cloudwatch.CloudWatchClient(settings);
    const serves = "setInterval(() => 1, 1000); process.on('SIGTERM', () => process.exit(0)); //";
    for (const name of ['first', 'second', 'third']) await register(name, `${serves} ${name}`);
    await register('crashes', 'process.exit(1)');
    // Ten seconds until it is found healthy: under way still, however slowly the CLI comes up.
    const healthCheck = { command: ['CMD-SHELL', 'exit 0'], interval: 200, timeout: 5, retries: 3 };
    await register('slow', `${serves} slow`, { healthCheck });
    await metrics.send(
      new cloudwatch.PutMetricAlarmCommand({
        AlarmName: alarm,
        Namespace: 'pains',
        MetricName: 'errors',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      }),
    );
    const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    const watched = { alarms: { alarmNames: [alarm], enable: true, rollback: true } };
    const pauses: ecs.DeploymentConfiguration = {
      strategy: 'BLUE_GREEN',
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }],
    };
    const configurations: Partial<Record<string, ecs.DeploymentConfiguration>> = {
      breaker,
      bake: watched,
      paused: pauses,
    };
    for (const name of names) await create(name, configurations[name]);
    await Promise.all(names.map(steady));
    await update('breaker', 'crashes');
    await update('second', 'second');
    await update('second', 'third');
    await update('zero', 'second', { desiredCount: 0 });
    await update('late', 'slow');
    await update('loop', 'crashes');
    loopBegan = performance.now();
    await update('paused', 'second');
    for (const name of names) if (!noWaiter.has(name)) waits[name] = waiter(name);
    lateDoneAt = steady('late').then(() => performance.now());
  }, 90_000);

  afterAll(async () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    client?.destroy();
    metrics?.destroy();
    await lab?.stop();
    rmSync(hurried, { recursive: true, force: true });
  });

  test('pain 1 (DTD#191, DTD#494): stable, after a circuit-breaker rollback', async () => {
    expect(await waits.breaker!.ended).toMatchObject({ exitCode: 0, output: '' });
    expect(await statuses('breaker')).toEqual(['ROLLBACK_SUCCESSFUL']);
    expect(await steady('breaker')).toBe(revisions['first']);
  }, 60_000);

  test("pain 4 (DTD#191): stable, with somebody else's revision", async () => {
    expect(await waits.second!.ended).toMatchObject({ exitCode: 0, output: '' });
    expect(await steady('second')).toBe(revisions['third']);
  }, 60_000);

  test('pain 4 (DTD#191): stable, with nothing that runs', async () => {
    expect(await waits.zero!.ended).toMatchObject({ exitCode: 0, output: '' });
    expect((await read('zero')).runningCount).toBe(0);
  }, 60_000);

  test('pain 5 (DTD#872): it looks every 15 seconds, so it ends seconds after ECS', async () => {
    const ended = await waits.late!.ended;
    expect(ended).toMatchObject({ exitCode: 0, output: '' });
    // It began while the deployment was under way, so its first look was in vain.
    expect(ended.tookMs).toBeGreaterThan(15_000);
    expect(ended.endedAt - (await lateDoneAt)).toBeGreaterThan(1000);
  }, 60_000);

  test('pains 6 and 9 (DTD#30, DTD#31, DTD#5, copilot-cli#2041): after many crashes it still waits, without a word', async () => {
    const { tasks } = await until(async () => {
      const { taskArns } = await client.send(
        new ecs.ListTasksCommand({ cluster, serviceName: 'loop', desiredStatus: 'STOPPED' }),
      );
      if ((taskArns ?? []).length < 3) return undefined;
      return client.send(new ecs.DescribeTasksCommand({ cluster, tasks: taskArns! }));
    });
    expect(new Set(tasks!.map(({ stopCode }) => stopCode))).toEqual(new Set(['EssentialContainerExited']));
    // Two looks of its own.
    await Promise.race([waits.loop!.ended, sleep(Math.max(0, loopBegan + 17_000 - performance.now()))]);
    expect(waits.loop!.child.exitCode).toBeNull();
    waits.loop!.child.kill('SIGKILL');
    expect((await waits.loop!.ended).output).toBe('');
  }, 60_000);

  test('pain 10 (ESP#1068, ESP#1069): it gives up on a pause after 40 looks, without a word about it', async () => {
    const deployment = await until(async () => {
      const { serviceDeployments } = await client.send(
        new ecs.ListServiceDeploymentsCommand({ cluster, service: 'paused' }),
      );
      const { serviceDeployments: described } = await client.send(
        new ecs.DescribeServiceDeploymentsCommand({
          serviceDeploymentArns: [serviceDeployments![0]!.serviceDeploymentArn!],
        }),
      );
      return described![0]!.lifecycleHookDetails?.[0] === undefined ? undefined : described![0];
    });
    const hook = deployment.lifecycleHookDetails![0]!;
    expect(deployment.lifecycleStage).toBe('POST_SCALE_UP');
    expect(hook).toMatchObject({ targetType: 'PAUSE', status: 'AWAITING_ACTION', timeoutAction: 'ROLLBACK' });
    writeFileSync(
      join(hurried, 'sitecustomize.py'),
      'import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(seconds / 150)\n',
    );
    const ended = await waiterIn({ ...environment(), PYTHONPATH: hurried }, 'paused').ended;
    expect(ended.exitCode).toBe(255);
    expect(ended.output).toContain('Max attempts exceeded');
    expect(ended.output).not.toMatch(/POST_SCALE_UP|hook|pause/i);
    await client.send(
      new ecs.ContinueServiceDeploymentCommand({
        serviceDeploymentArn: deployment.serviceDeploymentArn!,
        hookId: hook.hookId!,
        action: 'CONTINUE',
      }),
    );
    expect(await steady('paused')).toBe(revisions['second']);
  }, 60_000);

  test('pain 7 (DTD#527): it cannot be told to wait for longer than ten minutes', async () => {
    const ended = await waiter('late', '--max-attempts', '400').ended;
    expect(ended.exitCode).not.toBe(0);
    expect(ended.output).toContain('Unknown options: --max-attempts');
  }, 60_000);

  test('pain 8 (DTD#507): interrupted, it leaves the deployment to go on', async () => {
    await update('cancel', 'slow');
    const { child, ended } = waiter('cancel');
    await sleep(2500);
    child.kill('SIGINT');
    expect((await ended).exitCode).not.toBe(0);
    expect(await statuses('cancel')).toEqual(['IN_PROGRESS']);
    expect(await steady('cancel')).toBe(revisions['slow']);
  }, 60_000);

  // Last: ECS watches the alarm for six seconds of the machine, and the CLI has to look within them.
  test('pain 3 (DTD#838): stable, while ECS is still at it and then takes it back', async () => {
    await update('bake', 'second');
    // All counts are as they should be, and ECS goes on watching the alarm.
    await until(async () => {
      const { deployments, runningCount } = await read('bake');
      return deployments?.length === 1 && runningCount === 1 ? true : undefined;
    });
    const ended = await waiter('bake').ended;
    expect(ended).toMatchObject({ exitCode: 0, output: '' });
    expect(await statuses('bake')).toEqual(['IN_PROGRESS']);
    await metrics.send(
      new cloudwatch.SetAlarmStateCommand({ AlarmName: alarm, StateValue: 'ALARM', StateReason: 'the test' }),
    );
    expect(
      await until(async () => ((await statuses('bake'))[0] === 'ROLLBACK_SUCCESSFUL' ? true : undefined)),
    ).toBe(true);
  }, 60_000);
});
