/**
 * Every operation of every service, sent by the SDK's own client: what the world receives is what the
 * caller gave, and what the caller receives is what the world answered.
 */
import * as applicationAutoScaling from '@aws-sdk/client-application-auto-scaling';
import * as cloudWatch from '@aws-sdk/client-cloudwatch';
import * as cloudWatchLogs from '@aws-sdk/client-cloudwatch-logs';
import * as ecr from '@aws-sdk/client-ecr';
import * as ecs from '@aws-sdk/client-ecs';
import * as elasticLoadBalancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NormalizedSchema } from '@smithy/core/schema';
import fc from 'fast-check';
import { services } from '../../../src/lab/wire/services.ts';
import { createRng } from '../../../src/lab/world/random.ts';
import type { ServiceId } from '../../../src/lab/world/service.ts';
import {
  ACCESS_KEY_ID,
  answerWith,
  type EchoServer,
  PRINCIPAL,
  REGION,
  SECRET_ACCESS_KEY,
  startEchoServer,
} from './echo-server.ts';
import { hasStream, randomValue, type ShapeRules } from './random-values.ts';

interface Client {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}
type Constructor = new (input: unknown) => unknown;

const json: ShapeRules = { xml: false, form: false };
const query: ShapeRules = { xml: true, form: true };

const subjects: readonly (readonly [string, ServiceId, object, string, ShapeRules, object])[] = [
  ['ECS, JSON 1.1', 'ecs', ecs, 'ECSClient', json, {}],
  ['ELBv2, Query', 'elasticloadbalancing', elasticLoadBalancing, 'ElasticLoadBalancingV2Client', query, {}],
  ['CloudWatch, JSON 1.0', 'cloudwatch', cloudWatch, 'CloudWatchClient', json, {}],
  [
    'CloudWatch, RPC v2 CBOR',
    'cloudwatch',
    cloudWatch,
    'CloudWatchClient',
    json,
    { protocol: AwsSmithyRpcV2CborProtocol },
  ],
  ['CloudWatch, Query', 'cloudwatch', cloudWatch, 'CloudWatchClient', query, { protocol: AwsQueryProtocol }],
  [
    'Application Auto Scaling, JSON 1.1',
    'application-autoscaling',
    applicationAutoScaling,
    'ApplicationAutoScalingClient',
    json,
    {},
  ],
  ['ECR, JSON 1.1', 'ecr', ecr, 'ECRClient', json, {}],
  ['Secrets Manager, JSON 1.1', 'secretsmanager', secretsManager, 'SecretsManagerClient', json, {}],
  ['CloudWatch Logs, JSON 1.1', 'logs', cloudWatchLogs, 'CloudWatchLogsClient', json, {}],
  ['SNS, Query', 'sns', sns, 'SNSClient', query, {}],
  ['Systems Manager, JSON 1.1', 'ssm', ssm, 'SSMClient', json, {}],
  ['STS, Query', 'sts', sts, 'STSClient', query, {}],
];

const RUNS_PER_OPERATION = 4;

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEchoServer();
});
afterAll(() => echo.server.close());

function withoutMetadata(output: Record<string, unknown>): Record<string, unknown> {
  const { $metadata: _metadata, ...rest } = output;
  return rest;
}

describe.each(subjects)('%s', (_title, id, module, clientName, rules, settings) => {
  const exported = module as Readonly<Record<string, unknown>>;
  // Drawn anew for the client: it may change what it is given.
  const draw = (schema: NormalizedSchema, seed: number, stream: string): unknown =>
    randomValue(schema, rules, createRng(seed, stream));
  const service = services.find((candidate) => candidate.id === id)!;
  const operations = [...service.operations.values()].filter(
    ({ input, output }) => !hasStream(input) && !hasStream(output),
  );
  let client: Client;
  beforeAll(() => {
    const ClientClass = exported[clientName] as new (settings: object) => Client;
    client = new ClientClass({
      region: REGION,
      endpoint: echo.server.url,
      disableHostPrefix: true,
      credentials: { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY },
      maxAttempts: 1,
      ...settings,
    });
  });
  afterAll(() => client.destroy());

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s',
    async (name, operation) => {
      const Command = exported[`${name}Command`] as Constructor;
      await fc.assert(
        fc.asyncProperty(fc.nat(), async (seed) => {
          const input = draw(operation.input, seed, 'input');
          const output = draw(operation.output, seed, 'output');
          echo.calls.length = 0;
          echo.answer = answerWith(output);
          const received = await client.send(new Command(draw(operation.input, seed, 'input')));
          expect(echo.logged).toEqual([]);
          expect(echo.calls).toHaveLength(1);
          expect(echo.calls[0]).toMatchObject({ service: id, operation: name });
          expect(echo.calls[0]!.input).toEqual(input);
          const unsigned = name === 'AssumeRoleWithWebIdentity' || name === 'AssumeRoleWithSAML';
          if (!unsigned) expect(echo.calls[0]!.principal).toEqual(PRINCIPAL);
          expect(withoutMetadata(received)).toEqual(output);
        }),
        { numRuns: RUNS_PER_OPERATION },
      );
    },
  );
});
