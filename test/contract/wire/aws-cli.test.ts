/** The AWS CLI, unmodified, against the wire: what it sends arrives, what is answered it prints. */
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AwsError } from '../../../src/lab/world/aws-error.ts';
import { toolAvailable } from '../../support/tools.ts';
import {
  ACCESS_KEY_ID,
  answerWith,
  type EchoServer,
  REGION,
  SECRET_ACCESS_KEY,
  startEchoServer,
} from './echo-server.ts';

interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CREATED = new Date(Date.UTC(2026, 0, 14, 17, 0, 0));
const PREFIX = 'arn:aws:elasticloadbalancing:ap-south-1:123456789012';
const BLUE = `${PREFIX}:targetgroup/blue/73e2d6bc24d8a067`;
const GREEN = `${PREFIX}:targetgroup/green/73e2d6bc24d8a068`;

const available = toolAvailable('AWS CLI', 'test/contract/wire');

(available ? describe : describe.skip)('AWS CLI', () => {
  let echo: EchoServer;
  beforeAll(async () => {
    echo = await startEchoServer();
  });
  afterAll(() => echo.server.close());

  function aws(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliRun> {
    echo.calls.length = 0;
    const settings = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
      AWS_DEFAULT_REGION: REGION,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: echo.server.url,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
      ...env,
    };
    return new Promise((resolve) => {
      execFile('aws', [...args, '--output', 'json'], { env: settings }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
      });
    });
  }

  test('ecs create-service: structures, lists and booleans arrive; the answer is printed', async () => {
    const service = { serviceName: 'api', desiredCount: 3, createdAt: CREATED, events: [] };
    echo.answer = answerWith({ service });
    const input = {
      cluster: 'prod',
      serviceName: 'api',
      taskDefinition: 'api:7',
      desiredCount: 3,
      launchType: 'FARGATE',
      clientToken: 'token-1',
      loadBalancers: [{ targetGroupArn: GREEN, containerName: 'api', containerPort: 5000 }],
      deploymentConfiguration: {
        deploymentCircuitBreaker: { enable: true, rollback: false },
        minimumHealthyPercent: 100,
        maximumPercent: 200,
      },
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'DISABLED' } },
    };
    const run = await aws(['ecs', 'create-service', '--cli-input-json', JSON.stringify(input)]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(echo.calls).toMatchObject([{ service: 'ecs', operation: 'CreateService' }]);
    expect(echo.calls[0]!.input).toEqual(input);
    const printed = JSON.parse(run.stdout) as { service: { createdAt: string | number } };
    expect(printed.service).toMatchObject({ serviceName: 'api', desiredCount: 3, events: [] });
    const { createdAt } = printed.service;
    const createdMs = typeof createdAt === 'number' ? createdAt * 1000 : Date.parse(createdAt);
    expect(createdMs).toBe(CREATED.getTime());
  }, 30_000);

  test('elbv2 modify-rule: a weighted forward arrives, and comes back', async () => {
    const actions = [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: BLUE, Weight: 90 },
            { TargetGroupArn: GREEN, Weight: 10 },
          ],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ];
    const rules = [{ RuleArn: 'rule', Priority: '5', Conditions: [], Actions: actions, IsDefault: false }];
    echo.answer = answerWith({ Rules: rules });
    const run = await aws([
      'elbv2',
      'modify-rule',
      '--rule-arn',
      'rule',
      '--actions',
      JSON.stringify(actions),
    ]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(echo.calls[0]!.input).toEqual({ RuleArn: 'rule', Actions: actions });
    expect(JSON.parse(run.stdout)).toEqual({ Rules: rules });
  }, 30_000);

  test('elbv2 describe-target-health: waits for nothing, prints the states', async () => {
    const descriptions = [
      {
        Target: { Id: '10.0.1.5', Port: 5000, AvailabilityZone: 'ap-south-1a' },
        HealthCheckPort: '5000',
        TargetHealth: {
          State: 'unhealthy',
          Reason: 'Target.ResponseCodeMismatch',
          Description: 'codes: [500]',
        },
      },
    ];
    echo.answer = answerWith({ TargetHealthDescriptions: descriptions });
    const run = await aws(['elbv2', 'describe-target-health', '--target-group-arn', GREEN]);
    expect(JSON.parse(run.stdout)).toEqual({ TargetHealthDescriptions: descriptions });
  }, 30_000);

  test('cloudwatch get-metric-data: times and fractions both ways', async () => {
    const results = [{ Id: 'p99', Label: 'p99', Values: [0.125, 3], StatusCode: 'Complete' }];
    echo.answer = answerWith({ MetricDataResults: results });
    const queries = [{ Id: 'p99', Expression: 'm1*100', ReturnData: true }];
    const run = await aws([
      'cloudwatch',
      'get-metric-data',
      '--start-time',
      '2026-01-14T16:00:00Z',
      '--end-time',
      '2026-01-14T17:00:00Z',
      '--metric-data-queries',
      JSON.stringify(queries),
    ]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(echo.calls[0]!.input).toEqual({
      MetricDataQueries: queries,
      StartTime: new Date('2026-01-14T16:00:00Z'),
      EndTime: new Date('2026-01-14T17:00:00Z'),
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ MetricDataResults: results });
  }, 30_000);

  test('sts get-caller-identity', async () => {
    const identity = { UserId: 'AIDA', Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/x' };
    echo.answer = answerWith(identity);
    const run = await aws(['sts', 'get-caller-identity']);
    expect(JSON.parse(run.stdout)).toEqual(identity);
  }, 30_000);

  test('an error of the world is shown with its code and message', async () => {
    const error = new AwsError('TargetGroupNotFoundException', 'One or more target groups not found');
    echo.answer = () => ({ kind: 'error', error, delayMs: 0 });
    const run = await aws(['elbv2', 'describe-target-health', '--target-group-arn', GREEN]);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('(TargetGroupNotFound)');
    expect(run.stderr).toContain('One or more target groups not found');
  }, 30_000);

  test.each([
    [
      'a wrong secret',
      ['sts', 'get-caller-identity'],
      { AWS_SECRET_ACCESS_KEY: 'x' },
      'SignatureDoesNotMatch',
    ],
    ['a wrong secret', ['ecs', 'list-clusters'], { AWS_SECRET_ACCESS_KEY: 'x' }, 'InvalidSignatureException'],
    ['an unknown key', ['ecs', 'list-clusters'], { AWS_ACCESS_KEY_ID: 'x' }, 'UnrecognizedClientException'],
    [
      'another region',
      ['ecs', 'list-clusters'],
      { AWS_DEFAULT_REGION: 'eu-west-1', AWS_REGION: 'eu-west-1' },
      "The lab is 'ap-south-1'",
    ],
    ['a service of REST', ['s3', 'ls'], {}, "The lab does not simulate the service 's3'"],
    ['a service of JSON', ['dynamodb', 'list-tables'], {}, 'The lab does not simulate'],
    ['a service of Query', ['rds', 'describe-db-instances'], {}, 'The lab does not simulate'],
    ['the older load balancing', ['elb', 'describe-load-balancers'], {}, 'for version 2012-06-01'],
  ] as const)(
    '%s with %j: one clear error',
    async (_what, args, env, text) => {
      const run = await aws(args, env);
      expect(run.code).not.toBe(0);
      expect(run.stderr).toContain(text);
      expect(echo.calls).toEqual([]);
    },
    30_000,
  );
});
