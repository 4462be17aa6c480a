/**
 * The life of one task: PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING,
 * DEPROVISIONING, STOPPED. Time and the substrate's facts move it on; whoever watches is told of the
 * turns that matter to a service.
 */
import type { TaskStopCode } from '@aws-sdk/client-ecs';
import { ecsOnly } from '../parts.ts';
import type { Fact } from '../substrate.ts';
import { drawMs } from './draw.ts';
import type { ContainerRecord, EcsContext, TargetRecord, TaskRecord, TaskStatus } from './state.ts';
import { TaskHealth } from './task-health.ts';
import { buildTaskSpec } from './task-spec.ts';

export interface StopCause {
  readonly code: TaskStopCode;
  readonly reason: string;
}

/**
 * `drain`: deregister, wait for the targets to drain, then SIGTERM. `signal`: SIGTERM at once, deregister
 * beside it. `kill`: the host is gone.
 */
export type StopManner = 'drain' | 'signal' | 'kill';

/** Who wants to know how the tasks fare. Every call comes after the record has changed. */
export interface TaskWatcher {
  taskRunning(task: TaskRecord): void;
  taskHealthy(task: TaskRecord): void;
  /** It fails its health checks past the grace period; `unhealthyReason` is set. */
  taskUnhealthy(task: TaskRecord, target: TargetRecord | undefined): void;
  /** It ends by itself: nobody asked for it. */
  taskFailed(task: TaskRecord, cause: StopCause): void;
  taskStopped(task: TaskRecord): void;
  targetRegistered(task: TaskRecord, target: TargetRecord): void;
  /** Its target group was deleted meanwhile. */
  targetMissing(task: TaskRecord, target: TargetRecord): void;
}

export class TaskLifecycle {
  readonly #context: EcsContext;
  readonly #watcher: TaskWatcher;
  readonly health: TaskHealth;
  readonly #draining = new Map<TaskRecord, number>();

  constructor(context: EcsContext, watcher: TaskWatcher) {
    this.#context = context;
    this.#watcher = watcher;
    this.health = new TaskHealth(context, watcher);
  }

  /** Takes a task that was just made through its first steps. */
  begin(task: TaskRecord): void {
    const { options } = this.#context;
    this.#record(task, undefined);
    this.#next(task, drawMs(this.#context, 'ecs.provisioning', options.provisioningMs), () => {
      task.attachmentStatus = 'ATTACHED';
      task.connectivityAt = this.#context.kernel.now;
      task.pullStartedAt = this.#context.kernel.now;
      this.#enter(task, 'PENDING');
      this.#next(task, drawMs(this.#context, 'ecs.pull', options.pullMs), () => this.#startContainers(task));
    });
  }

  /** Asks a task to stop. Only the first cause counts; a later `kill` still shortens the way. */
  stop(task: TaskRecord, cause: StopCause, manner: StopManner): void {
    if (task.lastStatus === 'STOPPED') return;
    if (task.desiredStatus === 'STOPPED') {
      if (manner === 'kill') this.#kill(task);
      return;
    }
    this.#markStopping(task, cause);
    if (manner === 'kill') {
      this.#deregister(task, () => {});
      this.#kill(task);
      return;
    }
    if (!task.startEmitted) {
      this.#deprovision(task);
      return;
    }
    if (manner === 'drain' && task.targets.some((target) => target.registered)) {
      this.#enter(task, 'DEACTIVATING');
      this.#deregister(task, () => this.#signal(task));
      return;
    }
    this.#deregister(task, () => {});
    this.#signal(task);
  }

  /** Container facts of the substrate. Facts of tasks that are gone are ignored: they crossed on the way. */
  consume(fact: Extract<Fact, { readonly taskArn: string; readonly container: string }>): void {
    const task = this.#context.state.tasks.get(fact.taskArn);
    const container = task?.containers.find((item) => item.name === fact.container);
    if (task === undefined || container === undefined || task.lastStatus === 'STOPPED') return;
    switch (fact.kind) {
      case 'container-started':
        this.#containerStarted(task, container);
        return;
      case 'container-start-failed':
        this.#containerStartFailed(task, container, fact.reason);
        return;
      case 'container-exited':
        this.#containerExited(task, container, fact.exitCode, fact.outOfMemory);
        return;
      case 'container-health':
        container.health = fact.status;
        this.health.review(task);
        return;
    }
  }

  #startContainers(task: TaskRecord): void {
    const built = buildTaskSpec(this.#context, task);
    if (!built.ok) {
      const failing = task.containers.find((container) => container.name === built.container);
      if (failing !== undefined) failing.reason = built.reason;
      this.#fail(task, { code: 'TaskFailedToStart', reason: built.reason });
      this.#deprovision(task);
      return;
    }
    task.pullStoppedAt = this.#context.kernel.now;
    for (const spec of built.spec.containers) {
      const container = task.containers.find((item) => item.name === spec.name);
      if (container !== undefined) container.imageDigest = spec.imageDigest;
    }
    task.startEmitted = true;
    this.#context.kernel.emit({ kind: 'start-task', task: built.spec });
  }

  #containerStarted(task: TaskRecord, container: ContainerRecord): void {
    if (container.lastStatus !== 'PENDING') return;
    container.lastStatus = 'RUNNING';
    container.runtimeId = `${task.id}-${container.arn.slice(-10)}`;
    if (task.lastStatus === 'PENDING' && this.#allUp(task)) this.#activate(task);
  }

  /** Up: every container has started, and no essential one has ended. A finished init container is fine. */
  #allUp(task: TaskRecord): boolean {
    return task.containers.every((container) => container.lastStatus !== 'PENDING');
  }

  #activate(task: TaskRecord): void {
    const { kernel, options, targets } = this.#context;
    task.startedAt = kernel.now;
    this.#enter(task, 'ACTIVATING');
    for (const target of task.targets) {
      if (!targets.targetGroupExists(target.targetGroupArn)) {
        this.#watcher.targetMissing(task, target);
        continue;
      }
      target.registered = true;
      targets.registerTarget(target.targetGroupArn, {
        id: task.privateIp,
        port: target.port,
        zone: task.zone,
        ownerTaskArn: task.arn,
      });
      this.health.readTarget(task, target);
      this.#watcher.targetRegistered(task, target);
    }
    this.#next(task, drawMs(this.#context, 'ecs.activating', options.activatingMs), () => {
      task.runningAt = kernel.now;
      this.#enter(task, 'RUNNING');
      this.#watcher.taskRunning(task);
      this.health.review(task);
    });
  }

  #containerStartFailed(task: TaskRecord, container: ContainerRecord, reason: string): void {
    container.lastStatus = 'STOPPED';
    container.reason = reason;
    if (task.desiredStatus === 'RUNNING') {
      this.#fail(task, { code: 'TaskFailedToStart', reason });
      this.#endRest(task);
    } else {
      this.#finishIfEmpty(task);
    }
  }

  #containerExited(
    task: TaskRecord,
    container: ContainerRecord,
    exitCode: number,
    outOfMemory: boolean,
  ): void {
    if (container.lastStatus === 'STOPPED') return;
    container.lastStatus = 'STOPPED';
    container.exitCode = exitCode;
    if (outOfMemory) container.reason = 'OutOfMemoryError: Container killed due to memory usage';
    if (task.desiredStatus === 'RUNNING') {
      if (container.essential) {
        this.#fail(task, { code: 'EssentialContainerExited', reason: 'Essential container in task exited' });
        this.#endRest(task);
      } else if (task.lastStatus === 'PENDING' && this.#allUp(task)) {
        this.#activate(task);
      }
      return;
    }
    this.#finishIfEmpty(task);
  }

  #fail(task: TaskRecord, cause: StopCause): void {
    this.#markStopping(task, cause);
    this.#watcher.taskFailed(task, cause);
  }

  /** After a container ended on its own: the others get SIGTERM, the address leaves its target groups. */
  #endRest(task: TaskRecord): void {
    this.#deregister(task, () => {});
    this.#signal(task);
  }

  #markStopping(task: TaskRecord, cause: StopCause): void {
    const { kernel } = this.#context;
    task.desiredStatus = 'STOPPED';
    task.stopCode = cause.code;
    task.stoppedReason = cause.reason;
    task.stoppingAt = kernel.now;
    task.healthy = false;
    task.version++;
    kernel.cancel(task.timer);
    kernel.cancel(task.healthTimer);
    task.timer = undefined;
    task.healthTimer = undefined;
  }

  #deregister(task: TaskRecord, drained: () => void): void {
    const registered = task.targets.filter((target) => target.registered);
    this.#draining.set(task, registered.length);
    for (const target of registered) {
      target.registered = false;
      this.#context.targets.deregisterTarget(target.targetGroupArn, task.privateIp, target.port, () => {
        this.health.forgetTarget(task, target);
        const left = (this.#draining.get(task) ?? 0) - 1;
        if (left > 0) {
          this.#draining.set(task, left);
          return;
        }
        this.#draining.delete(task);
        if (task.lastStatus === 'DEACTIVATING') drained();
      });
    }
    if (registered.length === 0) this.#draining.delete(task);
  }

  #signal(task: TaskRecord): void {
    if (!task.startEmitted) {
      this.#deprovision(task);
      return;
    }
    this.#enter(task, 'STOPPING');
    const alive = task.containers.some((container) => container.lastStatus === 'RUNNING');
    if (alive) {
      this.#context.kernel.emit({ kind: 'stop-task', taskArn: task.arn });
      this.#next(task, this.#stopDeadlineMs(task), () => this.#kill(task));
    } else {
      this.#finishIfEmpty(task);
    }
  }

  /** Longest stop time-out of its containers and a margin: a lost answer must not keep a task for ever. */
  #stopDeadlineMs(task: TaskRecord): number {
    const timeouts = (task.definition.containerDefinitions ?? []).map((item) => item.stopTimeout ?? 30);
    return (Math.max(...timeouts) + 30) * 1000;
  }

  #finishIfEmpty(task: TaskRecord): void {
    if (task.lastStatus !== 'STOPPING') return;
    if (task.containers.some((container) => container.lastStatus === 'RUNNING')) return;
    if (task.containers.some((container) => container.lastStatus === 'PENDING')) {
      // Some never reported: whatever the substrate still holds of the task has to go.
      this.#context.kernel.emit({ kind: 'kill-task', taskArn: task.arn });
    }
    this.#deprovision(task);
  }

  #kill(task: TaskRecord): void {
    if (task.lastStatus === 'DEPROVISIONING' || task.lastStatus === 'STOPPED') return;
    if (task.startEmitted) this.#context.kernel.emit({ kind: 'kill-task', taskArn: task.arn });
    for (const container of task.containers) {
      if (container.lastStatus === 'RUNNING') container.exitCode = 137;
    }
    this.#deprovision(task);
  }

  #deprovision(task: TaskRecord): void {
    const { kernel, options } = this.#context;
    if (task.startEmitted) task.executionStoppedAt = kernel.now;
    for (const container of task.containers) container.lastStatus = 'STOPPED';
    this.#enter(task, 'DEPROVISIONING');
    this.#next(task, drawMs(this.#context, 'ecs.deprovisioning', options.deprovisioningMs), () => {
      task.attachmentStatus = 'DELETED';
      task.stoppedAt = kernel.now;
      this.#enter(task, 'STOPPED');
      task.service?.tasks.delete(task);
      this.#watcher.taskStopped(task);
    });
  }

  #next(task: TaskRecord, delayMs: number, run: () => void): void {
    this.#context.kernel.cancel(task.timer);
    task.timer = this.#context.kernel.after(
      delayMs,
      () => {
        task.timer = undefined;
        run();
      },
      ecsOnly,
    );
  }

  #enter(task: TaskRecord, status: TaskStatus): void {
    const from = task.lastStatus;
    if (from === status) return;
    task.lastStatus = status;
    task.version++;
    this.#record(task, from);
  }

  #record(task: TaskRecord, from: TaskStatus | undefined): void {
    const isNew = from === undefined;
    this.#context.kernel.record('ecs.task-state', task.arn, {
      from,
      to: task.lastStatus,
      desiredStatus: task.desiredStatus,
      startedBy: task.startedBy,
      zone: isNew ? task.zone : undefined,
      taskDefinition: isNew ? task.definition.taskDefinitionArn : undefined,
      stopCode: task.stopCode,
      stoppedReason: task.stoppedReason,
    });
  }
}
