/**
 * Carries out the world's task effects over a container engine and reports what happened: starts in
 * dependsOn order, logs, health, exits, utilisation.
 */
import { type ClockMapping, realDurationMs } from '../../clock/scale.ts';
import type { ContainerSpec, Effect, Fact, TaskSpec, TaskUtilization } from '../../world/substrate.ts';
import type { EndpointMap } from '../endpoints.ts';
import {
  type ContainerEngine,
  type ContainerExit,
  type RunningContainer,
  StartError,
} from './container-engine.ts';
import { watchHealth } from './container-health.ts';

export interface TaskRunnerOptions {
  readonly engine: ContainerEngine;
  readonly endpoints: EndpointMap;
  readonly mapping: () => ClockMapping;
  readonly report: (fact: Fact) => void;
  /** Called when nothing of a task is left. */
  readonly onTaskEnded?: (taskArn: string) => void;
}

/** Pulling and starting one container may take this long, in real milliseconds. */
const startDeadlineMs = 60_000;
/**
 * A program that ends within this many real milliseconds ended as it started. The clock runs fast, processes
 * do not: at 60 times the speed the start of an empty one takes seconds of the world's time, in which a
 * container that crashes at once would pass for one that had been running.
 */
const provesAliveMs = 200;
/** A real process needs this long to end well, however fast the clock. */
const stopFloorMs = 500;
const usageIntervalMs = 2000;

interface ContainerState {
  readonly spec: ContainerSpec;
  running: RunningContainer | undefined;
  exit: ContainerExit | undefined;
  health: 'HEALTHY' | 'UNHEALTHY' | undefined;
  failed: boolean;
  stopHealth: () => void;
}

interface TaskState {
  readonly spec: TaskSpec;
  readonly containers: readonly ContainerState[];
  stopping: 'no' | 'stop' | 'kill';
  /** Woken whenever a container started, became healthy, or ended. */
  readonly waiters: Set<() => void>;
}

export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #tasks = new Map<string, TaskState>();
  readonly #usageTimer: NodeJS.Timeout;
  #closed = false;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#usageTimer = setInterval(() => void this.#reportUsage(), usageIntervalMs);
  }

  /** Commands for tasks; other effects are not its own. Returns at once. */
  carryOut(effect: Effect): void {
    if (this.#closed) return;
    if (effect.kind === 'start-task') this.#startTask(effect.task);
    else if (effect.kind === 'stop-task') this.#endTask(effect.taskArn, 'stop');
    else if (effect.kind === 'kill-task') this.#endTask(effect.taskArn, 'kill');
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#usageTimer);
    for (const task of this.#tasks.values()) {
      task.stopping = 'kill';
      for (const container of task.containers) container.stopHealth();
      wake(task);
    }
    await this.#options.engine.close();
    this.#tasks.clear();
  }

  #report(fact: Fact): void {
    if (!this.#closed) this.#options.report(fact);
  }

  #startTask(spec: TaskSpec): void {
    const containers = spec.containers.map((container) => ({
      spec: container,
      running: undefined,
      exit: undefined,
      health: undefined,
      failed: false,
      stopHealth: () => {},
    }));
    const task: TaskState = { spec, containers, stopping: 'no', waiters: new Set() };
    this.#tasks.set(spec.taskArn, task);
    for (const container of containers) void this.#startContainer(task, container);
  }

  async #startContainer(task: TaskState, container: ContainerState): Promise<void> {
    try {
      await this.#dependencies(task, container.spec);
      if (task.stopping !== 'no') return this.#ended(task, container, neverStarted);
      const { log } = container.spec;
      const started = this.#options.engine.start({
        task: task.spec,
        container: container.spec,
        onLine: (message) => {
          if (log !== undefined) this.#report({ kind: 'log', group: log.group, stream: log.stream, message });
        },
      });
      const running = await withinDeadline(started, container.spec.name);
      await endedOrAlive(running);
      if (this.#closed) return running.kill();
      this.#started(task, container, running);
    } catch (error) {
      if (task.stopping !== 'no') return this.#ended(task, container, neverStarted);
      container.failed = true;
      const reason =
        error instanceof StartError ? error.message : `CannotStartContainerError: ${String(error)}`;
      this.#report({
        kind: 'container-start-failed',
        taskArn: task.spec.taskArn,
        container: container.spec.name,
        reason,
      });
      this.#settle(task);
    }
  }

  #started(task: TaskState, container: ContainerState, running: RunningContainer): void {
    const { taskArn, privateIp } = task.spec;
    const { name, healthCheck } = container.spec;
    container.running = running;
    this.#options.endpoints.addTask(taskArn, privateIp, running.endpoints);
    this.#report({ kind: 'container-started', taskArn, container: name, endpoints: running.endpoints });
    if (healthCheck !== undefined) {
      const watch = watchHealth(healthCheck, running, this.#options.mapping, (status) => {
        container.health = status;
        this.#report({ kind: 'container-health', taskArn, container: name, status });
        wake(task);
      });
      container.stopHealth = () => watch.stop();
    }
    void running.exited.then((exit) => this.#ended(task, container, exit));
    wake(task);
    // The command to end may have come while it started.
    if (task.stopping !== 'no') this.#endContainer(task, container);
  }

  #ended(task: TaskState, container: ContainerState, exit: ContainerExit): void {
    if (container.exit !== undefined) return;
    container.exit = exit;
    container.stopHealth();
    this.#report({
      kind: 'container-exited',
      taskArn: task.spec.taskArn,
      container: container.spec.name,
      exitCode: exit.exitCode,
      outOfMemory: exit.outOfMemory,
    });
    this.#settle(task);
  }

  #settle(task: TaskState): void {
    wake(task);
    if (!task.containers.every((container) => container.exit !== undefined || container.failed)) return;
    const { taskArn } = task.spec;
    if (this.#tasks.get(taskArn) !== task) return;
    this.#tasks.delete(taskArn);
    this.#options.endpoints.removeTask(taskArn);
    this.#options.onTaskEnded?.(taskArn);
  }

  #endTask(taskArn: string, how: 'stop' | 'kill'): void {
    const task = this.#tasks.get(taskArn);
    if (task === undefined) return;
    if (task.stopping === 'kill' || task.stopping === how) return;
    task.stopping = how;
    for (const container of task.containers) this.#endContainer(task, container);
    wake(task);
  }

  #endContainer(task: TaskState, container: ContainerState): void {
    const { running, spec } = container;
    if (running === undefined || container.exit !== undefined) return;
    container.stopHealth();
    if (task.stopping === 'kill') {
      running.kill();
      return;
    }
    running.terminate();
    const graceMs = realDurationMs(this.#options.mapping(), spec.stopTimeoutMs, stopFloorMs);
    const timer = setTimeout(() => running.kill(), graceMs);
    void running.exited.then(() => clearTimeout(timer));
  }

  /** Resolves when every dependency is as it has to be; rejects when one never will. */
  async #dependencies(task: TaskState, spec: ContainerSpec): Promise<void> {
    for (const { containerName, condition } of spec.dependsOn) {
      const other = task.containers.find((container) => container.spec.name === containerName);
      if (other === undefined) continue;
      for (;;) {
        const met = dependencyMet(other, condition);
        if (met === 'met' || task.stopping !== 'no') break;
        if (met === 'never') {
          throw new StartError(
            `CannotStartContainerError: container ${spec.name} waits for ${containerName} to be ${condition}, which it did not become.`,
          );
        }
        await new Promise<void>((resolve) => task.waiters.add(resolve));
      }
    }
  }

  async #reportUsage(): Promise<void> {
    const tasks: TaskUtilization[] = [];
    for (const task of this.#tasks.values()) {
      let cpuPercent = 0;
      let memoryBytes = 0;
      let limitMiB = 0;
      let seen = false;
      for (const { running, exit, spec } of task.containers) {
        const usage = exit === undefined ? await running?.usage() : undefined;
        if (usage === undefined) continue;
        seen = true;
        cpuPercent += usage.cpuPercent;
        memoryBytes += usage.memoryBytes;
        limitMiB += spec.memoryMiB ?? 512;
      }
      if (!seen) continue;
      const memoryPercent = Math.min(100, (memoryBytes / (limitMiB * 2 ** 20)) * 100);
      tasks.push({ taskArn: task.spec.taskArn, cpuPercent, memoryPercent });
    }
    this.#report({ kind: 'utilization', tasks });
  }
}

/** A container that was to stop before it ran ends like one that was killed. */
const neverStarted: ContainerExit = { exitCode: 137, outOfMemory: false };

function dependencyMet(other: ContainerState, condition: string): 'met' | 'not yet' | 'never' {
  const wasStarted = other.running !== undefined;
  if (other.failed) return 'never';
  switch (condition) {
    case 'HEALTHY':
      if (other.health === 'HEALTHY') return 'met';
      return other.exit === undefined ? 'not yet' : 'never';
    case 'COMPLETE':
      return other.exit === undefined ? 'not yet' : 'met';
    case 'SUCCESS':
      if (other.exit === undefined) return 'not yet';
      return other.exit.exitCode === 0 ? 'met' : 'never';
    default:
      return wasStarted ? 'met' : 'not yet';
  }
}

/** Resolves when the container has ended, or has lived for a while. */
async function endedOrAlive(running: RunningContainer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const alive = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, provesAliveMs);
  });
  await Promise.race([running.exited, alive]);
  clearTimeout(timer);
}

function wake(task: TaskState): void {
  const waiting = [...task.waiters];
  task.waiters.clear();
  for (const resume of waiting) resume();
}

async function withinDeadline(started: Promise<RunningContainer>, name: string): Promise<RunningContainer> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // Should it come up after all, it must not stay.
      started.then(
        (late) => late.kill(),
        () => {},
      );
      reject(
        new StartError(
          `CannotStartContainerError: container ${name} was not up within ${startDeadlineMs / 1000} seconds.`,
        ),
      );
    }, startDeadlineMs);
  });
  try {
    return await Promise.race([started, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
