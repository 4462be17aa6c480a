/**
 * Every operation sent by boto3, whose own service models write the requests and read the answers: that
 * they agree with the shapes of the wire is what this shows.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { services } from '../../../src/lab/wire/services.ts';
import { AwsError } from '../../../src/lab/world/aws-error.ts';
import { createRng } from '../../../src/lab/world/random.ts';
import type { ServiceId } from '../../../src/lab/world/service.ts';
import { toolAvailable } from '../../support/tools.ts';
import { ACCESS_KEY_ID, type EchoServer, REGION, SECRET_ACCESS_KEY, startEchoServer } from './echo-server.ts';
import { hasStream, randomValue, type ShapeRules } from './random-values.ts';

interface Case {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly output: unknown;
}

type Result =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'answer';
      readonly sent: unknown;
      readonly received: unknown;
      readonly expected: unknown;
    }
  | {
      readonly kind: 'error';
      readonly sent: unknown;
      readonly response: { readonly Error: { readonly Code: string; readonly Message: string } };
    };

const SCRIPT = fileURLToPath(new URL('boto_echo.py', import.meta.url));
const SEED = 20_260_114;

/** Times and bytes as the script reads and writes them. */
function tagged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, tagged(part)]));
}

async function runBoto(
  echo: EchoServer,
  cases: readonly Case[],
  protocol?: string,
): Promise<readonly Result[]> {
  const child = spawn('python3', [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    texts.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    texts.stderr += chunk;
  });
  child.stdin.end(
    JSON.stringify({
      endpoint: echo.server.url,
      protocol,
      region: REGION,
      accessKeyId: ACCESS_KEY_ID,
      secretAccessKey: SECRET_ACCESS_KEY,
      cases: cases.map((given) => ({
        ...given,
        input: tagged(given.input),
        output: tagged(given.output),
      })),
    }),
  );
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`boto_echo.py ended with ${String(code)}: ${texts.stderr}`);
  return JSON.parse(texts.stdout) as Result[];
}

const json: ShapeRules = { xml: false, form: false, integers: true, wholeSeconds: true };
const query: ShapeRules = { xml: true, form: true, integers: true, wholeSeconds: true };

/** Service as boto3 names it, and the protocol: `default` is boto3's own choice. */
const subjects: readonly (readonly [string, string, ServiceId, ShapeRules])[] = [
  ['ecs', 'default', 'ecs', json],
  ['elbv2', 'default', 'elasticloadbalancing', query],
  ['cloudwatch', 'default', 'cloudwatch', json],
  ['cloudwatch', 'smithy-rpc-v2-cbor', 'cloudwatch', json],
  ['cloudwatch', 'query', 'cloudwatch', query],
  ['application-autoscaling', 'default', 'application-autoscaling', json],
  ['ecr', 'default', 'ecr', json],
  ['secretsmanager', 'default', 'secretsmanager', json],
  ['logs', 'default', 'logs', json],
  ['sns', 'default', 'sns', query],
  ['ssm', 'default', 'ssm', json],
  ['sts', 'default', 'sts', query],
  ['iam', 'default', 'iam', query],
];

const available = toolAvailable('boto3', 'test/contract/wire');

(available ? describe : describe.skip)('boto3', () => {
  let echo: EchoServer;
  beforeAll(async () => {
    echo = await startEchoServer();
  });
  afterAll(() => echo.server.close());

  test.each(subjects)(
    '%s, %s protocol: every operation arrives and returns unchanged',
    async (name, protocol, id, rules) => {
      const service = services.find((candidate) => candidate.id === id)!;
      const operations = [...service.operations.values()].filter(
        ({ input, output }) => !hasStream(input) && !hasStream(output),
      );
      const cases = operations.map((operation) => ({
        service: name,
        operation: operation.name,
        input: randomValue(operation.input, rules, createRng(SEED, `${operation.name} input`)),
        output: randomValue(operation.output, rules, createRng(SEED, `${operation.name} output`)),
      }));
      echo.calls.length = 0;
      echo.answer = ({ operation }) => {
        const { output } = cases.find((candidate) => candidate.operation === operation)!;
        return { kind: 'answer', output, delayMs: 0 };
      };
      const results = await runBoto(echo, cases, protocol === 'default' ? undefined : protocol);
      expect(echo.logged).toEqual([]);
      const inputs = new Map(echo.calls.map(({ operation, input }) => [operation, tagged(input)]));
      let compared = 0;
      results.forEach((result, index) => {
        const { operation } = cases[index]!;
        if (result.kind === 'unknown') return;
        expect({ operation, kind: result.kind, result }).toMatchObject({ operation, kind: 'answer' });
        if (result.kind !== 'answer') return;
        compared += 1;
        expect({ operation, input: inputs.get(operation) }).toEqual({ operation, input: result.sent });
        expect({ operation, output: result.received }).toEqual({ operation, output: result.expected });
      });
      // Models of different age share nearly all operations; far fewer would mean that nothing was tested.
      expect(compared).toBeGreaterThan(operations.length * 0.8);
    },
    120_000,
  );

  test('errors carry the codes that boto3 raises', async () => {
    const errors: Readonly<Record<string, AwsError>> = {
      DescribeServices: new AwsError('ClusterNotFoundException', 'Cluster not found.'),
      DescribeTargetHealth: new AwsError(
        'TargetGroupNotFoundException',
        'One or more target groups not found',
      ),
      DescribeRules: new AwsError('ThrottlingException', 'Rate exceeded'),
      GetDashboard: new AwsError('DashboardNotFoundError', 'Dashboard x does not exist'),
      GetRole: new AwsError('NoSuchEntityException', 'The role with name x cannot be found.'),
      GetCallerIdentity: new AwsError('AccessDeniedException', 'User x is not authorized'),
      GetSecretValue: new AwsError('ResourceNotFoundException', "Secrets Manager can't find the secret."),
    };
    echo.answer = ({ operation }) => ({ kind: 'error', error: errors[operation]!, delayMs: 0 });
    const results = await runBoto(echo, [
      { service: 'ecs', operation: 'DescribeServices', input: { services: ['a'] }, output: {} },
      { service: 'elbv2', operation: 'DescribeTargetHealth', input: { TargetGroupArn: 'x' }, output: {} },
      { service: 'elbv2', operation: 'DescribeRules', input: {}, output: {} },
      { service: 'cloudwatch', operation: 'GetDashboard', input: { DashboardName: 'x' }, output: {} },
      { service: 'iam', operation: 'GetRole', input: { RoleName: 'x' }, output: {} },
      { service: 'sts', operation: 'GetCallerIdentity', input: {}, output: {} },
      { service: 'secretsmanager', operation: 'GetSecretValue', input: { SecretId: 'x' }, output: {} },
    ]);
    const codes = results.map((result) => (result.kind === 'error' ? result.response.Error.Code : result));
    expect(codes).toEqual([
      'ClusterNotFoundException',
      'TargetGroupNotFound',
      'Throttling',
      'ResourceNotFound',
      'NoSuchEntity',
      'AccessDenied',
      'ResourceNotFoundException',
    ]);
    const messages = results.map((result) => (result.kind === 'error' ? result.response.Error.Message : ''));
    expect(messages).toEqual(Object.values(errors).map(({ message }) => message));
  }, 60_000);
});
