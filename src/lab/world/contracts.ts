/**
 * What the services of the world ask of each other, and what the layers above may read. Each service
 * implements its interface in its own folder; none imports another's state.
 */
import type { Fact, ProbeResult } from './substrate.ts';

/** ECR, Secrets Manager and Logs as a starting task needs them. */
export interface ImageResolver {
  /**
   * `123….dkr.ecr.ap-south-1.amazonaws.com/repo:tag` or `…@sha256:…` to the digest that would be pulled.
   * For images outside the account's ECR: `{ found: true, digest: undefined }`. `reason` is in ECS's words
   * (`CannotPullContainerError: ...`).
   */
  resolveImage(
    image: string,
  ):
    | { readonly found: true; readonly digest: string | undefined }
    | { readonly found: false; readonly reason: string };
}

export interface SecretResolver {
  /**
   * `valueFrom` of a container secret, with optional `:json-key:version-stage:version-id`, or a parameter by name
   * or ARN. `reason` is what ECS adds to its own words.
   */
  resolveSecret(
    valueFrom: string,
  ): { readonly found: true; readonly value: string } | { readonly found: false; readonly reason: string };
}

export interface LogSink {
  /** Makes the stream where it is missing; false where the group does not exist. */
  append(group: string, stream: string, message: string): boolean;
  groupExists(group: string): boolean;
  /** For `awslogs-create-group: true`. */
  createGroup(group: string): void;
}

/** Target groups as ECS uses them. */
export interface TargetRegistry {
  targetGroupExists(targetGroupArn: string): boolean;
  /** True when a listener or rule of a load balancer forwards to it (with any weight). */
  isAttached(targetGroupArn: string): boolean;
  targetGroupType(targetGroupArn: string): 'ip' | 'instance' | 'lambda' | 'alb' | undefined;
  /** `ownerTaskArn` ties real traffic and probes to the task behind the address. */
  registerTarget(
    targetGroupArn: string,
    target: {
      readonly id: string;
      readonly port: number;
      readonly zone: string;
      readonly ownerTaskArn?: string;
    },
  ): void;
  /** Starts draining; `drained` is called once the deregistration delay is over (or nothing is open). */
  deregisterTarget(targetGroupArn: string, id: string, port: number, drained: () => void): void;
  targetState(targetGroupArn: string, id: string, port: number): TargetState | undefined;
  onTargetState(listener: (change: TargetStateChange) => void): void;
}

export type TargetStateName = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

export interface TargetState {
  readonly state: TargetStateName;
  readonly reason: string | undefined;
  readonly description: string | undefined;
}

export interface TargetStateChange extends TargetState {
  readonly targetGroupArn: string;
  readonly id: string;
  readonly port: number;
}

/** CloudWatch alarms and metrics as ECS, ELB and Auto Scaling use them. */
export interface AlarmReader {
  alarmState(name: string): 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | undefined;
  onAlarmState(
    listener: (change: { readonly name: string; readonly from: string; readonly to: string }) => void,
  ): void;
}

export type Dimensions = Readonly<Record<string, string>>;

/** Samples of one metric (a count is one sample of 1 a request, or one sum: what the real metric publishes). */
export interface Samples {
  readonly unit: string;
  readonly values: readonly number[];
  /** How often each value occurred, as PutMetricData's Counts; absent: once each. */
  readonly counts?: ArrayLike<number> | undefined;
}

/** What was measured up to one moment. It does not change any more: it is read when somebody asks for the metric. */
export interface Measurements {
  /** Of one metric under exactly these dimensions; none where there are none. */
  samples(metric: string, dimensions: Dimensions): readonly Samples[];
  /** Everything that it has samples of, each at least once. */
  names(): Iterable<{ readonly metric: string; readonly dimensions: Dimensions }>;
}

export interface MetricSink {
  /** Adds to the open period, at the world's now. Published after the configured delay. */
  publish(namespace: string, measurements: Measurements): void;
}

/** ECS as Application Auto Scaling and the data plane use it. */
export interface ServiceScaler {
  /** `service/<cluster>/<service>`; undefined where there is no such active service. */
  desiredCount(resourceId: string): number | undefined;
  setDesiredCount(resourceId: string, count: number): void;
  /** Called whenever a service's desired count changes, whoever changed it. */
  runningCount(resourceId: string): number | undefined;
}

/** The load balancing the data plane serves: one plain object per listener, rebuilt when routing changes. */
export interface RoutingTable {
  readonly listeners: readonly ListenerRoute[];
}

export interface ListenerRoute {
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: string;
  /** Sorted by priority, the default action last (its `conditions` are empty). */
  readonly rules: readonly RuleRoute[];
  /** `idle_timeout.timeout_seconds` in milliseconds. */
  readonly idleTimeoutMs: number;
}

export interface RuleRoute {
  readonly ruleArn: string;
  readonly conditions: readonly RuleConditionRoute[];
  readonly action: RouteAction;
  /** Asked of clients before the action; left out where everybody is let through. */
  readonly login?: LoginRoute;
}

/** The lab plays no identity provider: a request with the session's cookie is one that has logged in. */
export interface LoginRoute {
  /** Its parts are called `<cookie>-0`, `<cookie>-1`. */
  readonly cookie: string;
  /** What a client without a login gets: 401, or 302 to `location`. */
  readonly otherwise: 'deny' | 'authenticate';
  readonly location: string;
}

export type RuleConditionRoute =
  | {
      readonly field: 'host-header' | 'path-pattern' | 'source-ip' | 'http-request-method';
      readonly values: readonly string[];
    }
  | { readonly field: 'http-header'; readonly header: string; readonly values: readonly string[] }
  | {
      readonly field: 'query-string';
      readonly values: readonly { readonly key?: string; readonly value: string }[];
    };

export type RouteAction =
  | {
      readonly kind: 'forward';
      readonly groups: readonly { readonly targetGroupArn: string; readonly weight: number }[];
      readonly stickinessSeconds: number | undefined;
    }
  | {
      readonly kind: 'fixed-response';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
    }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string };

/** A target group as the data plane serves and probes it. */
export interface TargetGroupRoute {
  readonly targetGroupArn: string;
  readonly protocol: string;
  readonly algorithm: 'round_robin' | 'least_outstanding_requests';
  readonly slowStartMs: number;
  readonly deregistrationDelayMs: number;
  readonly healthCheck: HealthCheckRoute;
  /** With fewer healthy targets than this (absent: one), requests go to unhealthy ones too (ELB fails open). */
  readonly minimumHealthy?: { readonly count: number; readonly percentage: number | undefined };
  readonly targets: readonly TargetRoute[];
}

export interface HealthCheckRoute {
  readonly enabled: boolean;
  readonly protocol: string;
  readonly path: string;
  /** `traffic-port` or a number as text. */
  readonly port: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** `200`, `200-299`, `200,202`. */
  readonly matcher: string;
}

export interface TargetRoute {
  readonly id: string;
  readonly port: number;
  readonly zone: string;
  readonly state: TargetStateName;
  readonly ownerTaskArn: string | undefined;
}

/** What the data plane reads of the load balancers. */
export interface RoutingReader {
  routingTable(): RoutingTable;
  targetGroups(): readonly TargetGroupRoute[];
}

/** A part of the world that wants to hear what the substrate saw. */
export interface FactConsumer {
  consume(fact: Fact): void;
}

export type { ProbeResult };
