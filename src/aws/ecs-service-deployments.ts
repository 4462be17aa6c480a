/** Service deployments and revisions: ECS's history of what was deployed, and its handle on one in flight. */
import type { ServiceDeployment, ServiceDeploymentBrief, ServiceRevision } from '@aws-sdk/client-ecs';
import type { AwsCaller } from './caller.ts';

export type ServiceDeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'STOP_REQUESTED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'SUCCESSFUL'
  | 'STOPPED'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED'
  | (string & {});

export interface RevisionCounts {
  readonly arn: string;
  readonly requestedTaskCount: number;
  readonly runningTaskCount: number;
  readonly pendingTaskCount: number;
}

export interface ServiceDeploymentFacts {
  readonly arn: string;
  readonly status: ServiceDeploymentStatus;
  readonly statusReason: string | undefined;
  readonly lifecycleStage: string | undefined;
  readonly createdAt: number;
  readonly finishedAt: number | undefined;
  readonly sources: readonly RevisionCounts[];
  readonly target: RevisionCounts | undefined;
  readonly rollback: { readonly reason: string; readonly revisionArn: string | undefined } | undefined;
  /** Undefined where the circuit breaker is off. */
  readonly circuitBreaker: { readonly failureCount: number; readonly threshold: number } | undefined;
  /** What the breaker does once it has tripped, as this deployment was started. */
  readonly rollsBackByItself: boolean;
  /** Deployment alarms are on: after the tasks ECS watches them for a time of its own. */
  readonly watchesAlarms: boolean;
  readonly triggeredAlarmNames: readonly string[];
  /** Life-cycle hooks of a native strategy that wait for an answer. */
  readonly awaitedHooks: readonly AwaitedHook[];
}

export interface AwaitedHook {
  readonly id: string;
  readonly expiresAt: number | undefined;
  readonly timeoutAction: 'CONTINUE' | 'ROLLBACK' | (string & {});
}

/** One line of the history. */
export interface ServiceDeploymentSummary {
  readonly arn: string;
  readonly status: ServiceDeploymentStatus;
  readonly statusReason: string | undefined;
  readonly targetRevisionArn: string | undefined;
  readonly createdAt: number;
}

export interface ServiceRevisionFacts {
  readonly arn: string;
  readonly taskDefinitionArn: string;
  readonly createdAt: number;
  readonly images: readonly {
    readonly containerName: string;
    readonly image: string;
    readonly digest: string | undefined;
  }[];
  /** Target group and listener rule as ECS resolved them. */
  readonly loadBalancers: readonly {
    readonly targetGroupArn: string | undefined;
    readonly productionListenerRule: string | undefined;
  }[];
}

const terminal: ReadonlySet<string> = new Set([
  'SUCCESSFUL',
  'STOPPED',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
]);

/** Unknown statuses count as on their way: AWS may add some. */
export function isTerminal(status: ServiceDeploymentStatus): boolean {
  return terminal.has(status);
}

/** AWS describes at most this many service deployments or revisions in one call. */
const describeLimit = 20;
/** Pages of history that are read at most: 100 a page, 90 days on AWS's side. */
const historyPages = 10;

/** The history of a service, newest first as ECS gives it; `after` is exclusive, epoch milliseconds. */
export async function listServiceDeployments(
  aws: AwsCaller,
  query: {
    readonly cluster: string;
    readonly service: string;
    readonly after?: number;
    /** Stops reading pages once this many are there. */
    readonly atMost?: number;
  },
  signal?: AbortSignal,
): Promise<readonly ServiceDeploymentSummary[]> {
  const found: ServiceDeploymentSummary[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < historyPages; page++) {
    const answer = await aws.call(
      'ecs:ListServiceDeployments',
      {
        cluster: query.cluster,
        service: query.service,
        ...(query.after === undefined ? {} : { createdAt: { after: new Date(query.after) } }),
        ...(nextToken === undefined ? {} : { nextToken }),
      },
      signal,
    );
    for (const brief of answer.serviceDeployments ?? []) found.push(toSummary(brief));
    nextToken = answer.nextToken;
    if (nextToken === undefined || found.length >= (query.atMost ?? Number.POSITIVE_INFINITY)) break;
  }
  return found.sort((one, other) => other.createdAt - one.createdAt);
}

/** Those of the named service deployments that exist. */
export async function readServiceDeployments(
  aws: AwsCaller,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<readonly ServiceDeploymentFacts[]> {
  const found: ServiceDeploymentFacts[] = [];
  for (let from = 0; from < arns.length; from += describeLimit) {
    const answer = await aws.call(
      'ecs:DescribeServiceDeployments',
      { serviceDeploymentArns: arns.slice(from, from + describeLimit) },
      signal,
    );
    for (const each of answer.serviceDeployments ?? []) found.push(toServiceDeploymentFacts(each));
  }
  return found;
}

/** Those of the named service revisions that exist. */
export async function readServiceRevisions(
  aws: AwsCaller,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<readonly ServiceRevisionFacts[]> {
  return (await readWholeRevisions(aws, arns, signal)).map(toRevisionFacts);
}

/** The same with all that ECS says of them. */
export async function readWholeRevisions(
  aws: AwsCaller,
  arns: readonly string[],
  signal?: AbortSignal,
): Promise<readonly ServiceRevision[]> {
  const found: ServiceRevision[] = [];
  for (let from = 0; from < arns.length; from += describeLimit) {
    const answer = await aws.call(
      'ecs:DescribeServiceRevisions',
      { serviceRevisionArns: arns.slice(from, from + describeLimit) },
      signal,
    );
    found.push(...(answer.serviceRevisions ?? []));
  }
  return found;
}

/**
 * `ROLLBACK` takes the service back to the revision before; `ABORT` is in the API's enumeration without a
 * documented behaviour, so callers must be ready for a refusal.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
 */
export async function stopServiceDeployment(
  aws: AwsCaller,
  serviceDeploymentArn: string,
  stopType: 'ROLLBACK' | 'ABORT',
): Promise<void> {
  await aws.call('ecs:StopServiceDeployment', { serviceDeploymentArn, stopType });
}

function toSummary(brief: ServiceDeploymentBrief): ServiceDeploymentSummary {
  return {
    arn: brief.serviceDeploymentArn ?? '',
    status: brief.status ?? '',
    statusReason: brief.statusReason,
    targetRevisionArn: brief.targetServiceRevisionArn,
    createdAt: brief.createdAt?.getTime() ?? 0,
  };
}

function toServiceDeploymentFacts(deployment: ServiceDeployment): ServiceDeploymentFacts {
  const breaker = deployment.deploymentCircuitBreaker;
  const configured = deployment.deploymentConfiguration?.deploymentCircuitBreaker;
  const target = deployment.targetServiceRevision;
  return {
    arn: deployment.serviceDeploymentArn ?? '',
    status: deployment.status ?? '',
    statusReason: deployment.statusReason,
    lifecycleStage: deployment.lifecycleStage,
    createdAt: deployment.createdAt?.getTime() ?? 0,
    finishedAt: deployment.finishedAt?.getTime(),
    sources: (deployment.sourceServiceRevisions ?? []).map(toCounts),
    target: target === undefined ? undefined : toCounts(target),
    rollback:
      deployment.rollback === undefined
        ? undefined
        : { reason: deployment.rollback.reason ?? '', revisionArn: deployment.rollback.serviceRevisionArn },
    circuitBreaker:
      breaker === undefined || breaker.status === 'DISABLED' || configured?.enable === false
        ? undefined
        : { failureCount: breaker.failureCount ?? 0, threshold: breaker.threshold ?? 3 },
    rollsBackByItself: configured?.enable === true && configured.rollback === true,
    watchesAlarms: deployment.deploymentConfiguration?.alarms?.enable === true,
    triggeredAlarmNames: deployment.alarms?.triggeredAlarmNames ?? [],
    awaitedHooks: (deployment.lifecycleHookDetails ?? [])
      .filter((hook) => hook.status === 'AWAITING_ACTION')
      .map((hook) => ({
        id: hook.hookId ?? '',
        expiresAt: hook.expiresAt?.getTime(),
        timeoutAction: hook.timeoutAction ?? 'ROLLBACK',
      })),
  };
}

function toCounts(revision: NonNullable<ServiceDeployment['targetServiceRevision']>): RevisionCounts {
  return {
    arn: revision.arn ?? '',
    requestedTaskCount: revision.requestedTaskCount ?? 0,
    runningTaskCount: revision.runningTaskCount ?? 0,
    pendingTaskCount: revision.pendingTaskCount ?? 0,
  };
}

function toRevisionFacts(revision: ServiceRevision): ServiceRevisionFacts {
  return {
    arn: revision.serviceRevisionArn ?? '',
    taskDefinitionArn: revision.taskDefinition ?? '',
    createdAt: revision.createdAt?.getTime() ?? 0,
    images: (revision.containerImages ?? []).map((image) => ({
      containerName: image.containerName ?? '',
      image: image.image ?? '',
      digest: image.imageDigest,
    })),
    loadBalancers: (revision.resolvedConfiguration?.loadBalancers ?? []).map((entry) => ({
      targetGroupArn: entry.targetGroupArn,
      productionListenerRule: entry.productionListenerRule,
    })),
  };
}
