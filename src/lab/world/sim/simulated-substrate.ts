/** Answers the world's effects in virtual time, with applications that behave as their models say. */
import type { RoutingReader, TargetRoute } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { ContainerSpec, Effect, Fact, TaskSpec, TaskUtilization } from '../substrate.ts';
import { type AppModel, goodApp, type ProbedApp } from './app-model.ts';
import { HealthProbes } from './health-probes.ts';
import { SimulatedTask } from './simulated-task.ts';

const minuteMs = 60_000;

export interface SimulatedSubstrateDeps {
  readonly kernel: Kernel;
  readonly routing: RoutingReader;
  readonly report: (fact: Fact) => void;
  /** The behaviour of a container, usually by its image. A good application where this is left out. */
  readonly modelOf?: (container: ContainerSpec, task: TaskSpec) => AppModel;
  /** The application behind a target that is no task's (the EC2 host). A good one where this is left out. */
  readonly outsideApp?: (id: string, port: number) => ProbedApp | undefined;
}

export class SimulatedSubstrate {
  readonly #kernel: Kernel;
  readonly #report: (fact: Fact) => void;
  readonly #modelOf: (container: ContainerSpec, task: TaskSpec) => AppModel;
  readonly #outsideApp: (id: string, port: number) => ProbedApp | undefined;
  readonly #tasks = new Map<string, SimulatedTask>();
  readonly #probes: HealthProbes;
  /** Requests of the open minute by task, for its CPU. */
  readonly #requests = new Map<string, number>();
  readonly #watchers: (() => void)[] = [];
  readonly #counters: (() => void)[] = [];
  #utilization: ScheduledEvent | undefined;

  constructor(deps: SimulatedSubstrateDeps) {
    this.#kernel = deps.kernel;
    this.#report = deps.report;
    this.#modelOf = deps.modelOf ?? (() => goodApp);
    this.#outsideApp = deps.outsideApp ?? (() => ({ model: goodApp, listening: true }));
    this.#probes = new HealthProbes(deps.kernel, deps.routing, (target) => this.appOf(target), deps.report);
    deps.kernel.onEffect((effect) => this.#carryOut(effect));
  }

  /** The application behind a target; undefined where its task is gone. */
  appOf(target: TargetRoute): ProbedApp | undefined {
    if (target.ownerTaskArn === undefined) return this.#outsideApp(target.id, target.port);
    return this.#tasks.get(target.ownerTaskArn)?.app(target.port);
  }

  /** Requests a task got, for its CPU use. */
  countRequests(taskArn: string, count: number): void {
    this.#requests.set(taskArn, (this.#requests.get(taskArn) ?? 0) + count);
  }

  /** An application outside the tasks behaves differently from now on: health checks look again. */
  outsideAppChanged(): void {
    this.#appsChanged();
  }

  /** Told whenever an application begins or ends to listen. */
  onChange(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** Asked for what it has not counted yet, just before requests are added up. */
  beforeSum(counter: () => void): void {
    this.#counters.push(counter);
  }

  #appsChanged(): void {
    this.#probes.appsChanged();
    for (const watcher of this.#watchers) watcher();
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'start-task': {
        const { taskArn } = effect.task;
        const task = new SimulatedTask(this.#kernel, effect.task, this.#modelOf, this.#report, () => {
          if (task.gone) this.#tasks.delete(taskArn);
          this.#appsChanged();
        });
        this.#tasks.set(taskArn, task);
        task.start();
        this.#utilization ??= this.#kernel.asideAt(this.#kernel.now + minuteMs, () =>
          this.#reportUtilization(),
        );
        break;
      }
      case 'stop-task':
        this.#tasks.get(effect.taskArn)?.stop();
        break;
      case 'kill-task':
        this.#tasks.get(effect.taskArn)?.kill();
        break;
      case 'routing-changed':
        this.#probes.review();
        break;
    }
  }

  /** Once a minute while there are tasks. */
  #reportUtilization(): void {
    this.#utilization = undefined;
    for (const counter of this.#counters) counter();
    const tasks: TaskUtilization[] = [];
    for (const [taskArn, task] of this.#tasks) {
      const app = task.running ? task.app(-1) : undefined;
      if (app === undefined) continue;
      const { cpuPercent, cpuPercentPerRps, memoryPercent } = app.model;
      const requestsPerSecond = (this.#requests.get(taskArn) ?? 0) / 60;
      const ofBoth = Math.min(100, cpuPercent + cpuPercentPerRps * requestsPerSecond);
      tasks.push({ taskArn, cpuPercent: ofBoth, memoryPercent });
    }
    this.#report({ kind: 'utilization', tasks });
    this.#requests.clear();
    if (this.#tasks.size > 0)
      this.#utilization = this.#kernel.asideAt(this.#kernel.now + minuteMs, () => this.#reportUtilization());
  }
}
