/** Calls over SDK clients: one attempt each (retries are ours), with a time limit and our errors. */
import { AwsCallError, classifyAwsError } from '../call-error.ts';
import type { AwsCaller } from '../caller.ts';
import type { AwsInput, AwsOperation, AwsOutput, AwsServiceName } from '../operations.ts';
import { type ClientSettings, clientSettings } from './client.ts';
import type { CredentialProvider } from './role-credentials.ts';

/** Sends one command of one service. */
export interface ServiceClient {
  send(operation: string, input: unknown, signal: AbortSignal): Promise<unknown>;
}

/** Each is made on its first use. */
export type ServiceClients = Partial<
  Readonly<Record<AwsServiceName, (settings: ClientSettings, region?: string) => Promise<ServiceClient>>>
>;

export interface SdkCallerSettings {
  /** One attempt that has no answer by then is given up: a connection may die without a word. */
  readonly attemptTimeoutMs: number;
  /** Of ECR, in place of the environment's. */
  readonly region?: string;
  /** In place of the environment's. */
  readonly credentials?: CredentialProvider;
}

/** The slowest call in use answers within seconds; the AWS CLI waits 60 s for the next byte. */
const defaultSettings: SdkCallerSettings = { attemptTimeoutMs: 30_000 };

/** A service without a client is a defect of the caller's. */
export function callerOver(clients: ServiceClients, given: Partial<SdkCallerSettings> = {}): AwsCaller {
  const { attemptTimeoutMs, region, credentials } = { ...defaultSettings, ...given };
  const settings = credentials === undefined ? clientSettings : { ...clientSettings, credentials };
  const loaded = new Map<AwsServiceName, Promise<ServiceClient>>();
  return {
    async call<K extends AwsOperation>(
      operation: K,
      input: AwsInput<K>,
      signal?: AbortSignal,
    ): Promise<AwsOutput<K>> {
      const [service, name] = operation.split(':') as [AwsServiceName, string];
      let client = loaded.get(service);
      if (client === undefined) {
        client = clients[service]?.(settings, region);
        if (client === undefined) throw new Error(`${operation}: there is no client for ${service} here.`);
        loaded.set(service, client);
      }
      const sender = await client;
      const deadline = AbortSignal.timeout(attemptTimeoutMs);
      const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      try {
        return (await sender.send(name, input, either)) as AwsOutput<K>;
      } catch (error) {
        if (deadline.aborted && signal?.aborted !== true) {
          const reason = `No answer within ${attemptTimeoutMs / 1000} s.`;
          throw new AwsCallError(operation, 'TimeoutError', reason, 'transient');
        }
        throw toCallError(operation, error);
      }
    },
  };
}

function toCallError(operation: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { $metadata, code, name, Code } = error as Error & {
    $metadata?: { httpStatusCode?: number; requestId?: string };
    code?: string;
    Code?: string;
  };
  if ($metadata === undefined && code === undefined && !/Timeout|Credentials|Abort/.test(name)) return error;
  const awsCode = Code ?? (name !== 'Error' ? name : (code ?? name));
  const shown = $metadata?.httpStatusCode === undefined ? (code ?? awsCode) : awsCode;
  return new AwsCallError(
    operation,
    shown,
    error.message,
    classifyAwsError(shown, $metadata?.httpStatusCode ?? 0),
    $metadata?.requestId,
  );
}
