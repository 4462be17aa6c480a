/** What a follower waits for, and what it gets to see. */
import type { AlarmFact } from '../aws/alarms.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';

export interface ExpectedRollout {
  /** Name or ARN. */
  readonly cluster: string;
  readonly service: string;
  readonly taskDefinitionArn: string;
  /** `ecs-svc/…`, the id of the ECS deployment: its tasks carry it as `startedBy`. */
  readonly deploymentId: string;
  /** When ECS made that deployment, epoch milliseconds by ECS's clock. */
  readonly deploymentCreatedAt: number;
  /** Left out, it is looked up by revision and time of creation. */
  readonly serviceDeploymentArn?: string;
  /**
   * `rollout`: a deployment in flight. `standing`: the revision should be there already; service
   * deployments older than 90 days are gone from ECS, so none is demanded.
   */
  readonly mode: 'rollout' | 'standing';
  /** Containers with a health check in the task definition: a task's health means something only then. */
  readonly hasContainerHealthCheck: boolean;
  /** Names of the essential containers. */
  readonly essentialContainers: ReadonlySet<string>;
  /** Container name to the digest its image is pinned to, `sha256:…`; containers by tag are left out. */
  readonly pinnedDigests: ReadonlyMap<string, string>;
}

export interface DrainFacts {
  /** When ECS said last that tasks drain, by its clock. */
  readonly eventAt: number;
  /** Longest deregistration delay of the service's target groups; undefined where it may not be read. */
  readonly delayMs: number | undefined;
  /** Undefined where it was not asked for. */
  readonly targetsDraining: number | undefined;
  /** Why the delay may not be read. */
  readonly refusal?: string;
}

/** One observation. What was not read in it is undefined. */
export interface RolloutFacts {
  readonly serviceDeployment: ServiceDeploymentFacts | undefined;
  readonly service: ServiceFacts | undefined;
  /** Tasks that ECS wants to run, of every revision. */
  readonly runningTasks: readonly TaskFacts[] | undefined;
  readonly targetHealth: readonly TargetGroupHealthFacts[] | undefined;
  /** Tasks of this deployment that ended or are ending. */
  readonly stoppedTasks: readonly TaskFacts[] | undefined;
  /** Of the tasks on their way out of the load balancer; read where only they hold up the end. */
  readonly drain?: DrainFacts | undefined;
  /** The alarms that were asked to be watched. */
  readonly alarms?: readonly AlarmFact[];
  /** ARNs of tasks that are protected from scale-in. */
  readonly protectedTaskArns: ReadonlySet<string>;
  /** The role of this job may not ask which tasks are protected. */
  readonly protectionUnread?: boolean;
  /** Calls that this observation took. */
  readonly calls?: number;
}
