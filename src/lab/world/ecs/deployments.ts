/**
 * How a service's deployments begin, complete, fail, are superseded and rolled back, together with the
 * service deployments (the newer API's view of the same thing).
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
 */
import type { ServiceDeploymentStatus } from '@aws-sdk/client-ecs';
import { ecsOnly } from '../parts.ts';
import { failureThreshold } from './circuit-breaker.ts';
import { drawMs } from './draw.ts';
import { announce, eventText } from './service-events.ts';
import type {
  DeploymentRecord,
  EcsContext,
  RevisionConfig,
  RevisionRecord,
  RolloutState,
  ServiceDeploymentRecord,
  ServiceRecord,
  TaskDefinitionRecord,
} from './state.ts';

export type FailureCause = 'circuit-breaker' | 'alarm' | 'stop-request' | 'lifecycle-hook';

interface FailureWords {
  readonly event: string;
  readonly rollout: string;
  readonly rollback: string;
  /** Opens the `rolloutStateReason` of the deployment that rolls back. */
  readonly back: string;
}

const failureWords: Readonly<Record<FailureCause, FailureWords>> = {
  'circuit-breaker': {
    event: 'tasks failed to start.',
    rollout: 'ECS deployment circuit breaker: tasks failed to start.',
    rollback: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    back: 'ECS deployment circuit breaker',
  },
  alarm: {
    event: 'alarm detected.',
    rollout: 'ECS deployment failed: alarm detected.',
    rollback: 'Service deployment rolled back because a deployment alarm was triggered.',
    back: 'ECS deployment alarm',
  },
  'stop-request': {
    event: 'stopped by a StopServiceDeployment request.',
    rollout: 'ECS deployment stopped by a StopServiceDeployment request.',
    rollback: 'Service deployment rolled back because of a StopServiceDeployment request.',
    back: 'StopServiceDeployment request',
  },
  'lifecycle-hook': {
    event: 'lifecycle hook asked for a rollback.',
    rollout: 'ECS deployment failed: a lifecycle hook asked for a rollback.',
    rollback: 'Service deployment rolled back because of a lifecycle hook.',
    back: 'ECS lifecycle hook',
  },
};

/** Service deployments are kept for 90 days. */
export const historyMs = 90 * 24 * 60 * 60 * 1000;

const terminalStatuses: ReadonlySet<ServiceDeploymentStatus> = new Set<ServiceDeploymentStatus>([
  'SUCCESSFUL',
  'STOPPED',
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
]);

export const isTerminal = (record: ServiceDeploymentRecord): boolean => terminalStatuses.has(record.status);

export class Deployments {
  readonly #context: EcsContext;
  readonly #touch: (service: ServiceRecord) => void;

  /** `touch` asks for the service to be reconciled soon. */
  constructor(context: EcsContext, touch: (service: ServiceRecord) => void) {
    this.#context = context;
    this.#touch = touch;
  }

  /** Makes a service revision and deploys it; whatever deployment is in flight is superseded. */
  start(service: ServiceRecord, definition: TaskDefinitionRecord, config: RevisionConfig): DeploymentRecord {
    const { ids, kernel, state } = this.#context;
    const path = `${service.cluster.name}/${service.name}`;
    const revision: RevisionRecord = {
      arn: kernel.arn('ecs', `service-revision/${path}/${ids.serviceRevision()}`),
      definition: definition.definition,
      config,
      createdAt: kernel.now,
      digests: new Map(),
    };
    state.revisions.set(revision.arn, revision);
    const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
    const record: ServiceDeploymentRecord = {
      arn: kernel.arn('ecs', `service-deployment/${path}/${ids.serviceDeployment()}`),
      service,
      sources: service.deployments.map((deployment) => deployment.revision),
      target: revision,
      createdAt: kernel.now,
      deploymentConfiguration: service.deploymentConfiguration,
      startedAt: undefined,
      finishedAt: undefined,
      stoppedAt: undefined,
      updatedAt: kernel.now,
      status: 'PENDING',
      statusReason: undefined,
      rollback: undefined,
      breakerStatus: breaker?.enable === true ? 'MONITORING' : 'DISABLED',
      breakerFailures: 0,
      breakerThreshold: failureThreshold(breaker, service.desiredCount),
      alarmStatus: service.deploymentConfiguration.alarms?.enable === true ? 'MONITORING' : 'DISABLED',
      triggeredAlarms: [],
      strategy: service.deploymentConfiguration.strategy ?? 'ROLLING',
      lifecycleStage: undefined,
      pauses: [],
    };
    state.serviceDeployments.set(record.arn, record);
    for (const older of service.history) {
      if (isTerminal(older)) continue;
      this.#setStatus(older, 'STOP_REQUESTED', 'The service deployment is being replaced by a newer one.');
    }
    service.history.unshift(record);
    this.#recordStatus(record);
    this.#forgetOldHistory(service);
    const deployment = this.#add(service, revision, record, undefined);
    const delayMs = drawMs(this.#context, 'ecs.scheduler', this.#context.options.schedulerDelayMs);
    kernel.after(delayMs, () => this.#begin(deployment), ecsOnly);
    return deployment;
  }

  #forgetOldHistory(service: ServiceRecord): void {
    for (;;) {
      const oldest = service.history.at(-1);
      if (oldest === undefined || this.#context.kernel.now - oldest.createdAt < historyMs) return;
      service.history.pop();
      this.#context.state.serviceDeployments.delete(oldest.arn);
    }
  }

  #begin(deployment: DeploymentRecord): void {
    const { service, serviceDeployment } = deployment;
    for (const older of service.history) {
      if (older === serviceDeployment || older.status !== 'STOP_REQUESTED') continue;
      older.stoppedAt = this.#context.kernel.now;
      this.#finish(older, 'STOPPED', 'The service deployment was replaced by a newer one.');
    }
    if (serviceDeployment.status !== 'PENDING') return;
    serviceDeployment.startedAt = this.#context.kernel.now;
    this.#setStatus(serviceDeployment, 'IN_PROGRESS', undefined);
    this.#touch(service);
  }

  #add(
    service: ServiceRecord,
    revision: RevisionRecord,
    serviceDeployment: ServiceDeploymentRecord,
    rollbackOf: FailureWords | undefined,
  ): DeploymentRecord {
    const { ids, kernel } = this.#context;
    const id = ids.deployment();
    const deployment: DeploymentRecord = {
      id,
      service,
      revision,
      serviceDeployment,
      createdAt: kernel.now,
      isRollback: rollbackOf !== undefined,
      status: 'PRIMARY',
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason:
        rollbackOf === undefined
          ? `ECS deployment ${id} in progress.`
          : `${rollbackOf.back}: rolling back to deploymentId ${id}.`,
      updatedAt: kernel.now,
      failedTasks: 0,
      startFailures: 0,
      throttledUntil: 0,
      stalled: false,
      ignoredAlarms: this.#alarmsAlreadyOn(service),
      bakeUntil: undefined,
    };
    for (const older of service.deployments) {
      if (older.status === 'PRIMARY') older.updatedAt = kernel.now;
      older.status = 'ACTIVE';
      older.bakeUntil = undefined;
    }
    service.deployments.unshift(deployment);
    service.steady = false;
    service.announced.clear();
    this.#recordDeployment(deployment);
    return deployment;
  }

  /** An alarm that is on at the start is ignored for the whole deployment. */
  #alarmsAlreadyOn(service: ServiceRecord): ReadonlySet<string> {
    const alarms = service.deploymentConfiguration.alarms;
    if (alarms?.enable !== true) return new Set();
    return new Set(
      (alarms.alarmNames ?? []).filter((name) => this.#context.alarms.alarmState(name) === 'ALARM'),
    );
  }

  /** The new tasks are up, the old ones gone, the bake time over. */
  complete(deployment: DeploymentRecord): void {
    const { service, serviceDeployment: record } = deployment;
    this.#setRollout(deployment, 'COMPLETED', `ECS deployment ${deployment.id} completed.`);
    deployment.bakeUntil = undefined;
    service.lastCompleted = deployment.revision;
    if (record.breakerStatus === 'MONITORING') record.breakerStatus = 'MONITORING_COMPLETE';
    if (record.alarmStatus === 'MONITORING') record.alarmStatus = 'MONITORING_COMPLETE';
    announce(this.#context, service, eventText.completed(deployment.id));
    this.#finish(record, deployment.isRollback ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL', record.statusReason);
  }

  /**
   * Ends a deployment without success. Rolls back to the last completed revision where `rollback` wants it
   * and there is one; otherwise the deployment stalls: nothing more is started.
   */
  fail(deployment: DeploymentRecord, cause: FailureCause, rollback: boolean): void {
    const { service, serviceDeployment: record } = deployment;
    const words = failureWords[cause];
    deployment.stalled = true;
    deployment.bakeUntil = undefined;
    this.#setRollout(deployment, 'FAILED', words.rollout);
    if (cause === 'circuit-breaker') record.breakerStatus = 'TRIGGERED';
    if (cause === 'alarm') record.alarmStatus = 'TRIGGERED';
    announce(this.#context, service, eventText.failed(deployment.id, words.event));
    if (deployment.isRollback) {
      this.#finish(record, 'ROLLBACK_FAILED', 'The rollback failed: its tasks failed to start.');
    } else if (!rollback) {
      record.stoppedAt = this.#context.kernel.now;
      this.#finish(record, 'STOPPED', words.rollout);
    } else if (service.lastCompleted === undefined) {
      this.#finish(
        record,
        'ROLLBACK_FAILED',
        `${words.rollout} There is no completed deployment to roll back to.`,
      );
    } else {
      this.#setStatus(record, 'ROLLBACK_REQUESTED', words.rollback);
      const delayMs = drawMs(this.#context, 'ecs.scheduler', this.#context.options.schedulerDelayMs);
      this.#context.kernel.after(delayMs, () => this.#rollBack(deployment, words), ecsOnly);
    }
    this.#touch(service);
  }

  #rollBack(failed: DeploymentRecord, words: FailureWords): void {
    const { service, serviceDeployment: record } = failed;
    const revision = service.lastCompleted;
    if (record.status !== 'ROLLBACK_REQUESTED' || service.status !== 'ACTIVE' || revision === undefined)
      return;
    record.rollback = { reason: words.rollback, startedAt: this.#context.kernel.now, revision };
    this.#setStatus(record, 'ROLLBACK_IN_PROGRESS', words.rollback);
    const blue = service.deployments.find((each) => each !== failed && each.revision === revision);
    if (record.strategy === 'BLUE_GREEN' && blue !== undefined) {
      this.#backToBlue(failed, blue);
      return;
    }
    const deployment = this.#add(service, revision, record, words);
    announce(this.#context, service, eventText.rollingBack(deployment.id));
    this.#touch(service);
  }

  /** Blue still stands: it is the newest again, and green goes. */
  #backToBlue(green: DeploymentRecord, blue: DeploymentRecord): void {
    const { service } = green;
    const { kernel } = this.#context;
    service.deployments.splice(service.deployments.indexOf(blue), 1);
    service.deployments.unshift(blue);
    for (const [deployment, status] of [
      [blue, 'PRIMARY'],
      [green, 'ACTIVE'],
    ] as const) {
      deployment.status = status;
      deployment.updatedAt = kernel.now;
      this.#recordDeployment(deployment);
    }
    service.steady = false;
    announce(this.#context, service, eventText.rollingBack(blue.id));
    this.#touch(service);
  }

  /** Older deployments that have no task left disappear. */
  dropEmpty(service: ServiceRecord): void {
    if (service.deployments.length < 2) return;
    const used = new Set([...service.tasks].map((task) => task.deployment));
    for (let index = service.deployments.length - 1; index > 0; index--) {
      const deployment = service.deployments[index]!;
      if (used.has(deployment)) continue;
      deployment.status = 'INACTIVE';
      service.deployments.splice(index, 1);
      this.#recordDeployment(deployment);
      const { serviceDeployment: record } = deployment;
      // Green is gone, and blue was there all the time.
      if (record.strategy === 'BLUE_GREEN' && record.status === 'ROLLBACK_IN_PROGRESS') {
        this.#finish(record, 'ROLLBACK_SUCCESSFUL', record.statusReason);
      }
    }
  }

  /** The service goes: whatever is under way ends. */
  abandon(service: ServiceRecord): void {
    for (const record of service.history) {
      if (isTerminal(record)) continue;
      record.stoppedAt = this.#context.kernel.now;
      this.#finish(record, 'STOPPED', 'The service was deleted.');
    }
    for (const deployment of service.deployments) deployment.stalled = true;
  }

  #finish(
    record: ServiceDeploymentRecord,
    status: ServiceDeploymentStatus,
    reason: string | undefined,
  ): void {
    record.finishedAt = this.#context.kernel.now;
    this.#setStatus(record, status, reason);
  }

  #setStatus(
    record: ServiceDeploymentRecord,
    status: ServiceDeploymentStatus,
    reason: string | undefined,
  ): void {
    record.status = status;
    record.statusReason = reason;
    record.updatedAt = this.#context.kernel.now;
    this.#recordStatus(record);
  }

  #setRollout(deployment: DeploymentRecord, state: RolloutState, reason: string): void {
    deployment.rolloutState = state;
    deployment.rolloutStateReason = reason;
    deployment.updatedAt = this.#context.kernel.now;
    this.#recordDeployment(deployment);
  }

  #recordStatus(record: ServiceDeploymentRecord): void {
    this.#context.kernel.record('ecs.service-deployment-state', record.arn, {
      status: record.status,
      reason: record.statusReason,
    });
  }

  #recordDeployment(deployment: DeploymentRecord): void {
    this.#context.kernel.record('ecs.deployment-state', deployment.service.arn, {
      deployment: deployment.id,
      status: deployment.status,
      rolloutState: deployment.rolloutState,
      reason: deployment.rolloutStateReason,
      taskDefinition: deployment.revision.definition.taskDefinitionArn,
    });
  }
}
