/**
 * What one AWS service of the world is: a table of operations over its own state. Inputs and outputs are
 * the SDK's shapes (times as Date), so the published service model checks them; the wire layer only
 * changes their form.
 */

export type ServiceId =
  | 'ecs'
  | 'elasticloadbalancing'
  | 'cloudwatch'
  | 'application-autoscaling'
  | 'ecr'
  | 'secretsmanager'
  | 'logs'
  | 'sns'
  | 'ssm'
  | 'sts'
  | 'iam';

/** Who calls. `anonymous` only reaches operations that AWS leaves unsigned (AssumeRoleWithWebIdentity). */
export interface Principal {
  readonly kind: 'root' | 'role-session' | 'user' | 'anonymous';
  /** `arn:aws:sts::123456789012:assumed-role/Deploy/run-1` and the like. */
  readonly arn: string;
  /** Name under which IAM finds its policies: the role's or the user's name. */
  readonly name: string;
}

/** One IAM question that has to be answered with Allow before an operation runs. */
export interface Permission {
  /** `ecs:UpdateService` */
  readonly action: string;
  /** Full ARNs; `*` for actions without resource-level permissions. Each must be allowed. */
  readonly resources: readonly string[];
  /** Condition context beyond the global keys, e.g. `{ 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export interface CallContext {
  readonly principal: Principal;
}

export interface Operation {
  /** Whether it changes the world. Reads may be served from the past while a consistency fault is on. */
  readonly mutates: boolean;
  /** What IAM has to allow for this input. Must not throw on malformed input: validation comes after. */
  // biome-ignore lint/suspicious/noExplicitAny: inputs are of each operation's own shape
  permissions(input: any): readonly Permission[];
  // biome-ignore lint/suspicious/noExplicitAny: inputs and outputs are of each operation's own shape
  run(input: any, context: CallContext): any;
}

export interface ServiceModule {
  readonly id: ServiceId;
  /** By operation name as in the API reference: `UpdateService`. */
  readonly operations: Readonly<Record<string, Operation>>;
}

/** One API call, already decoded. */
export interface ApiRequest {
  readonly service: ServiceId;
  readonly operation: string;
  readonly input: unknown;
  readonly principal: Principal;
}

/** How the call ends on the wire. Faults can lose an answer after the effect happened. */
export type ApiResult =
  | { readonly kind: 'answer'; readonly output: unknown; readonly delayMs: number }
  | { readonly kind: 'error'; readonly error: import('./aws-error.ts').AwsError; readonly delayMs: number }
  /** The connection is reset: before anything happened, or after (`effectHappened`). */
  | { readonly kind: 'reset'; readonly effectHappened: boolean; readonly delayMs: number };
