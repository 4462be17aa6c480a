/**
 * When a task counts as healthy, and when a service has to replace it. Healthy means RUNNING, container
 * checks HEALTHY where there are any, targets healthy where there are any; without either, 40 s of RUNNING
 * (DeploymentConfiguration.minimumHealthyPercent in the API reference).
 */
import type { HealthStatus } from '@aws-sdk/client-ecs';
import type { TargetStateChange } from '../contracts.ts';
import { ecsOnly } from '../parts.ts';
import type { EcsContext, TargetRecord, TaskRecord } from './state.ts';
import type { TaskWatcher } from './task-lifecycle.ts';

/** A task's `healthStatus`: of its essential containers that define a check. */
export function healthStatusOf(task: TaskRecord): HealthStatus {
  const checked = task.containers.filter((container) => container.essential && container.hasHealthCheck);
  if (checked.some((container) => container.health === 'UNHEALTHY')) return 'UNHEALTHY';
  if (checked.length > 0 && checked.every((container) => container.health === 'HEALTHY')) return 'HEALTHY';
  return 'UNKNOWN';
}

export function hasHealthChecks(task: TaskRecord): boolean {
  return (
    task.targets.length > 0 ||
    task.containers.some((container) => container.essential && container.hasHealthCheck)
  );
}

export class TaskHealth {
  readonly #context: EcsContext;
  readonly #watcher: TaskWatcher;
  /** Tasks by target group, address and port, so that a change finds its task at once. */
  readonly #byTarget = new Map<string, { readonly task: TaskRecord; readonly target: TargetRecord }>();

  constructor(context: EcsContext, watcher: TaskWatcher) {
    this.#context = context;
    this.#watcher = watcher;
    context.targets.onTargetState((change) => this.#targetChanged(change));
  }

  /** Starts to follow a target that was just registered. */
  readTarget(task: TaskRecord, target: TargetRecord): void {
    this.#byTarget.set(keyOf(target.targetGroupArn, task.privateIp, target.port), { task, target });
    const state = this.#context.targets.targetState(target.targetGroupArn, task.privateIp, target.port);
    target.state = state?.state ?? 'initial';
    target.description = state?.description;
  }

  /** Its address has left the target group for good. */
  forgetTarget(task: TaskRecord, target: TargetRecord): void {
    const key = keyOf(target.targetGroupArn, task.privateIp, target.port);
    if (this.#byTarget.get(key)?.task === task) this.#byTarget.delete(key);
  }

  #targetChanged(change: TargetStateChange): void {
    const known = this.#byTarget.get(keyOf(change.targetGroupArn, change.id, change.port));
    if (known === undefined) return;
    known.target.state = change.state;
    known.target.description = change.description;
    this.review(known.task);
  }

  /** Looks at a task again after something about its health changed. */
  review(task: TaskRecord): void {
    if (task.desiredStatus !== 'RUNNING' || task.lastStatus !== 'RUNNING' || task.runningAt === undefined)
      return;
    const { kernel, options } = this.#context;
    const badTarget = task.targets.find((target) => target.state === 'unhealthy');
    const badContainer = healthStatusOf(task) === 'UNHEALTHY';
    if (badTarget !== undefined || badContainer) {
      task.healthy = false;
      if (task.service === undefined) return;
      const graceEnds = task.runningAt + task.service.healthCheckGracePeriodSeconds * 1000;
      if (kernel.now < graceEnds) {
        this.#lookAgain(task, graceEnds - kernel.now);
        return;
      }
      if (task.unhealthyReason !== undefined) return;
      task.unhealthyReason = badContainer
        ? 'Task failed container health checks'
        : `Task failed ELB health checks in (target-group ${badTarget?.targetGroupArn})`;
      this.#watcher.taskUnhealthy(task, badContainer ? undefined : badTarget);
      return;
    }
    const checked = hasHealthChecks(task);
    const settled = checked || kernel.now >= task.runningAt + options.settleMs;
    if (!settled) {
      this.#lookAgain(task, task.runningAt + options.settleMs - kernel.now);
      return;
    }
    const containerChecked = task.containers.some((item) => item.essential && item.hasHealthCheck);
    const healthy =
      task.targets.every((target) => target.state === 'healthy') &&
      (!containerChecked || healthStatusOf(task) === 'HEALTHY');
    if (healthy) {
      task.unhealthyReason = undefined;
      if (!task.healthy) {
        task.healthy = true;
        task.wasHealthy = true;
        this.#watcher.taskHealthy(task);
      }
    } else {
      task.healthy = false;
    }
  }

  #lookAgain(task: TaskRecord, delayMs: number): void {
    this.#context.kernel.cancel(task.healthTimer);
    task.healthTimer = this.#context.kernel.after(delayMs, () => this.review(task), ecsOnly);
  }
}

const keyOf = (targetGroupArn: string, id: string, port: number): string => `${targetGroupArn}|${id}|${port}`;
