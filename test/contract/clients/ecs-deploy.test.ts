/**
 * fabfuel's ecs-deploy, a deploy tool which we did not write, against a standing lab: deploys a tag and an
 * image, scales, runs a task, reports a failed release and takes it back.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const run = promisify(execFile);
const withEcsDeploy = toolAvailable('ecs-deploy', 'test/contract/clients') ? describe : describe.skip;
const cluster = 'ips-api-cluster';
const service = 'deployed';

interface Outcome {
  readonly code: number;
  readonly output: string;
}

withEcsDeploy("fabfuel's ecs-deploy against a standing lab", () => {
  let lab: StandingLab;

  const ecs = async (...words: string[]): Promise<Outcome> => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...lab.variables };
    try {
      const { stdout, stderr } = await run('ecs', words, { env });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  };

  const signed = async (operation: string, input: unknown): Promise<unknown> => {
    const { ECSClient, ...commands } = await import('@aws-sdk/client-ecs');
    const client = new ECSClient({
      endpoint: lab.variables['AWS_ENDPOINT_URL']!,
      region: lab.variables['AWS_REGION']!,
      credentials: {
        accessKeyId: lab.variables['AWS_ACCESS_KEY_ID']!,
        secretAccessKey: lab.variables['AWS_SECRET_ACCESS_KEY']!,
      },
    });
    const Command = (commands as unknown as Record<string, new (input: unknown) => never>)[
      `${operation}Command`
    ]!;
    return client.send(new Command(input));
  };

  const described = async () => {
    const { services } = (await signed('DescribeServices', { cluster, services: [service] })) as {
      services: { taskDefinition: string; runningCount: number; deployments: { rolloutState: string }[] }[];
    };
    const { taskDefinition, runningCount, deployments } = services[0]!;
    const { taskDefinition: definition } = (await signed('DescribeTaskDefinition', { taskDefinition })) as {
      taskDefinition: { containerDefinitions: { image: string; environment: unknown[] }[] };
    };
    return {
      revision: taskDefinition.split(':').at(-1),
      runningCount,
      deployments: deployments.length,
      ...definition.containerDefinitions[0]!,
    };
  };

  beforeAll(async () => {
    lab = await startStandingLab();
    await signed('RegisterTaskDefinition', {
      family: service,
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
            'if (process.env.BROKEN) process.exit(1); setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(0))',
          ],
        },
      ],
    });
    await signed('CreateService', {
      cluster,
      serviceName: service,
      taskDefinition: service,
      desiredCount: 2,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-0a000000000000001'],
          securityGroups: ['sg-0a1b000000000002'],
        },
      },
    });
  }, 60_000);

  afterAll(() => lab?.stop());

  test('deploys a tag', async () => {
    expect(await ecs('deploy', cluster, service, '--tag', '24', '--timeout', '120')).toEqual({
      code: 0,
      output: expect.stringContaining('Deployment successful'),
    });
    expect(await described()).toMatchObject({ revision: '2', runningCount: 2, deployments: 1 });
  }, 150_000);

  test('deploys an image, with a variable', async () => {
    const image = `${lab.variables['LAB_REGISTRY']}/lab/node:24`;
    const outcome = await ecs(
      ...['deploy', cluster, service, '--image', 'web', image, '-e', 'web', 'RELEASE', 'three'],
      ...['--timeout', '120'],
    );
    expect(outcome).toEqual({ code: 0, output: expect.stringContaining('Deployment successful') });
    expect(await described()).toMatchObject({
      revision: '3',
      runningCount: 2,
      image,
      environment: [{ name: 'RELEASE', value: 'three' }],
    });
  }, 150_000);

  test('scales', async () => {
    expect(await ecs('scale', cluster, service, '3', '--timeout', '120')).toEqual({
      code: 0,
      output: expect.stringContaining('Scaling successful'),
    });
    expect(await described()).toMatchObject({ runningCount: 3 });
  }, 150_000);

  test('runs a task', async () => {
    const outcome = await ecs(
      ...['run', cluster, service, '1', '--launchtype', 'FARGATE'],
      ...['--subnet', 'subnet-0a000000000000001', '--securitygroup', 'sg-0a1b000000000002', '--public-ip'],
    );
    expect(outcome).toEqual({
      code: 0,
      output: expect.stringMatching(
        /Successfully started 1 instances of task: deployed:3\n- arn:aws:ecs:ap-south-1:123456789012:task\/ips-api-cluster\/[0-9a-f]{32}/,
      ),
    });
  }, 60_000);

  test('a release that never comes up fails in time, and --rollback takes it back', async () => {
    const outcome = await ecs(
      ...['deploy', cluster, service, '-e', 'web', 'BROKEN', 'yes', '--timeout', '8', '--rollback'],
    );
    expect(outcome).toEqual({ code: 1, output: expect.stringContaining('Rollback successful') });
    expect(await described()).toMatchObject({
      revision: '3',
      runningCount: 3,
      deployments: 1,
      environment: [{ name: 'RELEASE', value: 'three' }],
    });
  }, 150_000);

  test('an unknown service is refused', async () => {
    expect(await ecs('deploy', cluster, 'nobody', '--tag', '24')).toEqual({
      code: 1,
      output: expect.stringContaining('Service not found'),
    });
  }, 60_000);
});
