/**
 * What the ECS model remembers. Records are mutable and private to this folder; what leaves it is made
 * fresh by the `*-view.ts` files in the SDK's shapes.
 */
import type {
  CapacityProviderStrategyItem,
  Cluster,
  Deployment,
  DeploymentConfiguration,
  DeploymentController,
  DeploymentLifecycleHookAction,
  DeploymentLifecycleHookStage,
  DeploymentLifecycleHookStatus,
  DeploymentStrategy,
  HealthStatus,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
  ServiceEvent,
  ServiceRegistry,
  ServiceRevision,
  Tag,
  TaskDefinition,
  TaskOverride,
  TaskStopCode,
} from '@aws-sdk/client-ecs';
import type {
  AlarmReader,
  ImageResolver,
  LogSink,
  MetricSink,
  SecretResolver,
  TargetRegistry,
} from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { EcsIds } from './arns.ts';
import type { EcsOptions } from './options.ts';

/** What the ECS model needs of the rest of the world. */
export interface EcsDependencies {
  readonly kernel: Kernel;
  readonly images: ImageResolver;
  readonly secrets: SecretResolver;
  readonly logs: LogSink;
  readonly targets: TargetRegistry;
  readonly alarms: AlarmReader;
  readonly metrics: MetricSink;
}

export interface EcsContext extends EcsDependencies {
  readonly options: EcsOptions;
  readonly ids: EcsIds;
  readonly state: EcsState;
}

export interface EcsState {
  readonly clusters: Map<string, ClusterRecord>;
  /** By family; index = revision - 1. */
  readonly families: Map<string, TaskDefinitionRecord[]>;
  /** Every task not forgotten yet, by ARN. */
  readonly tasks: Map<string, TaskRecord>;
  readonly serviceDeployments: Map<string, ServiceDeploymentRecord>;
  readonly revisions: Map<string, RevisionRecord>;
  /** Addresses given out, by zone. */
  readonly addresses: Map<string, number>;
  /** Zones that are dark. */
  readonly darkZones: Set<string>;
  capacityUnavailable: boolean;
}

export interface ClusterRecord {
  readonly arn: string;
  readonly name: string;
  status: 'ACTIVE' | 'INACTIVE';
  capacityProviders: string[];
  defaultStrategy: CapacityProviderStrategyItem[];
  settings: NonNullable<Cluster['settings']>;
  configuration: Cluster['configuration'];
  tags: Tag[];
  readonly services: Map<string, ServiceRecord>;
  readonly tasks: Map<string, TaskRecord>;
  /** RunTask's client tokens: what was asked and what came of it. */
  readonly runTaskTokens: Map<
    string,
    { readonly at: number; readonly request: string; readonly tasks: string[] }
  >;
}

export interface TaskDefinitionRecord {
  readonly definition: TaskDefinition;
  tags: Tag[];
}

/** The settings a service revision freezes: those that start a deployment when they change. */
export interface RevisionConfig {
  readonly launchType: LaunchType | undefined;
  readonly capacityProviderStrategy: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion: string;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly networkConfiguration: NetworkConfiguration | undefined;
  readonly serviceConnectConfiguration: Deployment['serviceConnectConfiguration'];
  readonly volumeConfigurations: Deployment['volumeConfigurations'];
  readonly vpcLatticeConfigurations: Deployment['vpcLatticeConfigurations'];
  /** Shown by DescribeServiceRevisions alone, as is `monitoring`. */
  readonly gatewayConnectors: ServiceRevision['gatewayConnectors'];
  readonly monitoring: ServiceRevision['monitoring'];
}

export interface RevisionRecord {
  readonly arn: string;
  readonly definition: TaskDefinition;
  readonly config: RevisionConfig;
  readonly createdAt: number;
  /** Container name to the digest its image resolved to when the revision's first task was pulled. */
  readonly digests: Map<string, string>;
}

export type RolloutState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

export interface DeploymentRecord {
  readonly id: string;
  readonly service: ServiceRecord;
  readonly revision: RevisionRecord;
  readonly serviceDeployment: ServiceDeploymentRecord;
  readonly createdAt: number;
  /** Made by a rollback of `serviceDeployment`, not its target. */
  readonly isRollback: boolean;
  status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  rolloutState: RolloutState;
  rolloutStateReason: string;
  updatedAt: number;
  /** Consecutive, as in `Deployment.failedTasks`. */
  failedTasks: number;
  /** Tasks that ended before RUNNING, in a row: what slows further starts down. */
  startFailures: number;
  throttledUntil: number;
  /** Failed with nothing to go back to: no further task is started. */
  stalled: boolean;
  /** Deployment alarms that were on at the start and are ignored. */
  readonly ignoredAlarms: ReadonlySet<string>;
  bakeUntil: number | undefined;
}

export interface ServiceDeploymentRecord {
  readonly arn: string;
  readonly service: ServiceRecord;
  readonly sources: readonly RevisionRecord[];
  readonly target: RevisionRecord;
  readonly createdAt: number;
  readonly deploymentConfiguration: DeploymentConfiguration;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  stoppedAt: number | undefined;
  updatedAt: number;
  status: ServiceDeploymentStatus;
  statusReason: string | undefined;
  rollback:
    | { readonly reason: string; readonly startedAt: number; readonly revision: RevisionRecord }
    | undefined;
  breakerStatus: ServiceDeploymentRollbackMonitorsStatus;
  breakerFailures: number;
  breakerThreshold: number;
  alarmStatus: ServiceDeploymentRollbackMonitorsStatus;
  triggeredAlarms: string[];
  /** As the service had it when this began. */
  readonly strategy: DeploymentStrategy;
  /** Undefined for a rolling deployment. */
  lifecycleStage: LifecycleStage | undefined;
  readonly pauses: PauseRecord[];
}

/** The SDK's list of what a service deployment can be in lacks one that its documentation names. */
export type LifecycleStage = ServiceDeploymentLifecycleStage | DeploymentLifecycleHookStage;

/** A stage that waits for an answer, or waited for one. */
export interface PauseRecord {
  readonly id: string;
  readonly stage: LifecycleStage;
  status: DeploymentLifecycleHookStatus;
  readonly expiresAt: number;
  readonly timeoutAction: DeploymentLifecycleHookAction;
}

export interface ServiceRecord {
  readonly arn: string;
  readonly name: string;
  readonly cluster: ClusterRecord;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly controller: NonNullable<DeploymentController['type']>;
  readonly clientToken: string | undefined;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desiredCount: number;
  deploymentConfiguration: DeploymentConfiguration;
  healthCheckGracePeriodSeconds: number;
  enableExecuteCommand: boolean;
  enableECSManagedTags: boolean;
  propagateTags: 'NONE' | 'SERVICE' | 'TASK_DEFINITION';
  availabilityZoneRebalancing: 'ENABLED' | 'DISABLED';
  tags: Tag[];
  /** Newest first; the first is PRIMARY. */
  readonly deployments: DeploymentRecord[];
  /** Newest first. */
  readonly history: ServiceDeploymentRecord[];
  lastCompleted: RevisionRecord | undefined;
  /** Newest first, at most 100. */
  readonly events: ServiceEvent[];
  /** Tasks that are not STOPPED. */
  readonly tasks: Set<TaskRecord>;
  steady: boolean;
  reconcileEvent: ScheduledEvent | undefined;
  /** A later look at the service that time alone makes due (throttle, bake, protection). */
  wakeEvent: ScheduledEvent | undefined;
  /** When an event about a lasting cause was last sent, by its topic. */
  readonly announced: Map<string, number>;
}

export interface ContainerRecord {
  readonly arn: string;
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly hasHealthCheck: boolean;
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly memoryReservation: number | undefined;
  runtimeId: string;
  imageDigest: string | undefined;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  exitCode: number | undefined;
  reason: string | undefined;
  health: HealthStatus;
}

/** A task's place in one target group. */
export interface TargetRecord {
  readonly targetGroupArn: string;
  readonly port: number;
  registered: boolean;
  state: string;
  description: string | undefined;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface TaskRecord {
  readonly arn: string;
  readonly id: string;
  readonly cluster: ClusterRecord;
  readonly service: ServiceRecord | undefined;
  readonly deployment: DeploymentRecord | undefined;
  readonly definition: TaskDefinition;
  readonly overrides: TaskOverride;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly launchType: LaunchType | undefined;
  readonly capacityProvider: string | undefined;
  readonly platformVersion: string;
  readonly enableExecuteCommand: boolean;
  readonly zone: string;
  readonly subnet: string;
  readonly privateIp: string;
  readonly eniId: string;
  readonly attachmentId: string;
  readonly macAddress: string;
  readonly containers: readonly ContainerRecord[];
  readonly targets: readonly TargetRecord[];
  tags: Tag[];
  attachmentStatus: 'PRECREATED' | 'ATTACHED' | 'DELETED';
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  version: number;
  readonly createdAt: number;
  connectivityAt: number | undefined;
  pullStartedAt: number | undefined;
  pullStoppedAt: number | undefined;
  startedAt: number | undefined;
  stoppingAt: number | undefined;
  executionStoppedAt: number | undefined;
  stoppedAt: number | undefined;
  stopCode: TaskStopCode | undefined;
  stoppedReason: string | undefined;
  /** When it reached RUNNING, if it did: the grace period counts from here. */
  runningAt: number | undefined;
  /** Counts as healthy in its deployment. */
  healthy: boolean;
  /** Why the service scheduler must replace it, in the words of `stoppedReason`. */
  unhealthyReason: string | undefined;
  /** It once was healthy: its later end is not a failure of the deployment's start. */
  wasHealthy: boolean;
  startEmitted: boolean;
  protectedUntil: number | undefined;
  /** The next step of its life. */
  timer: ScheduledEvent | undefined;
  /** A later look at its health (grace period or settling time over). */
  healthTimer: ScheduledEvent | undefined;
}

/** How long AWS keeps a stopped task visible at least. */
const stoppedTaskVisibleMs = 60 * 60 * 1000;

export function createState(): EcsState {
  return {
    clusters: new Map(),
    families: new Map(),
    tasks: new Map(),
    serviceDeployments: new Map(),
    revisions: new Map(),
    addresses: new Map(),
    darkZones: new Set(),
    capacityUnavailable: false,
  };
}

export const dateOf = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms);

/** A stopped task is forgotten an hour later; looked at lazily, so that time passes for free. */
export function isVisible(task: TaskRecord, now: number): boolean {
  return task.stoppedAt === undefined || now - task.stoppedAt < stoppedTaskVisibleMs;
}
