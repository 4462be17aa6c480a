/** One task of the simulation: its containers start in order, listen, crash, and answer signals. */
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import { nothing } from '../parts.ts';
import type { ContainerSpec, Fact, TaskSpec } from '../substrate.ts';
import type { AppModel, ProbedApp } from './app-model.ts';

/** SIGKILL's exit code. */
const killed = 137;

interface SimulatedContainer {
  readonly spec: ContainerSpec;
  readonly model: AppModel;
  /** As a request meets it; another one once it begins or ends to listen. */
  app: ProbedApp;
  phase: 'waiting' | 'pulling' | 'running' | 'exited';
  healthy: boolean;
  exitCode: number | undefined;
  readonly events: ScheduledEvent[];
}

export class SimulatedTask {
  readonly spec: TaskSpec;
  readonly #kernel: Kernel;
  readonly #report: (fact: Fact) => void;
  /** Told whenever what a health check would see changed, and when all containers are gone. */
  readonly #changed: () => void;
  readonly #containers: readonly SimulatedContainer[];
  #stopping = false;

  constructor(
    kernel: Kernel,
    spec: TaskSpec,
    modelOf: (container: ContainerSpec, task: TaskSpec) => AppModel,
    report: (fact: Fact) => void,
    changed: () => void,
  ) {
    this.#kernel = kernel;
    this.spec = spec;
    this.#report = report;
    this.#changed = changed;
    this.#containers = spec.containers.map((container) => {
      const model = modelOf(container, spec);
      return {
        spec: container,
        model,
        app: { model, listening: false },
        phase: 'waiting',
        healthy: false,
        exitCode: undefined,
        events: [],
      };
    });
  }

  start(): void {
    this.#startReady();
  }

  get gone(): boolean {
    return this.#containers.every((container) => container.phase === 'exited');
  }

  get running(): boolean {
    return this.#containers.some((container) => container.phase === 'running');
  }

  /** The application behind a port; the first essential container where no port mapping names it. */
  app(port: number): ProbedApp | undefined {
    const container =
      this.#containers.find((candidate) => candidate.spec.containerPorts.includes(port)) ??
      this.#containers.find((candidate) => candidate.spec.essential);
    return container?.app;
  }

  /** SIGTERM, and SIGKILL after the stop time-out. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const container of this.#containers) {
      if (container.phase === 'exited') continue;
      if (container.phase !== 'running') {
        this.#exitAfter(container, 0, killed);
        continue;
      }
      const { sigtermMs, sigtermExitCode } = container.model;
      const inTime = sigtermMs <= container.spec.stopTimeoutMs;
      this.#exitAfter(
        container,
        inTime ? sigtermMs : container.spec.stopTimeoutMs,
        inTime ? sigtermExitCode : killed,
      );
    }
  }

  kill(): void {
    this.#stopping = true;
    for (const container of this.#containers) {
      if (container.phase !== 'exited') this.#exitAfter(container, 0, killed);
    }
  }

  #startReady(): void {
    if (this.#stopping) return;
    for (const container of this.#containers) {
      if (container.phase === 'waiting' && this.#dependenciesHold(container)) this.#pull(container);
    }
  }

  #dependenciesHold(container: SimulatedContainer): boolean {
    return container.spec.dependsOn.every(({ containerName, condition }) => {
      const other = this.#containers.find((candidate) => candidate.spec.name === containerName);
      switch (condition) {
        case 'HEALTHY':
          return other?.healthy === true;
        case 'COMPLETE':
          return other?.phase === 'exited';
        case 'SUCCESS':
          return other?.exitCode === 0;
        default:
          return other?.phase === 'running' || other?.phase === 'exited';
      }
    });
  }

  #pull(container: SimulatedContainer): void {
    container.phase = 'pulling';
    const { model } = container;
    this.#later(container, model.pullMs, () => {
      if (model.startFailure !== undefined) {
        container.phase = 'exited';
        this.#report({
          kind: 'container-start-failed',
          taskArn: this.spec.taskArn,
          container: container.spec.name,
          reason: model.startFailure,
        });
        this.#changed();
        return;
      }
      this.#run(container);
    });
  }

  #run(container: SimulatedContainer): void {
    const { model, spec } = container;
    container.phase = 'running';
    this.#log(spec, model.bootLog);
    this.#later(container, model.startMs, () => {
      container.app = { model, listening: !model.refuses };
      this.#log(spec, model.startLog);
      this.#changed();
    });
    if (model.crashAfterMs !== undefined) {
      this.#later(container, model.crashAfterMs, () => {
        this.#log(spec, model.crashLog);
        this.#exit(container, model.outOfMemory ? killed : model.exitCode, model.outOfMemory);
      });
    }
    this.#scheduleHealth(container);
    this.#report({ kind: 'container-started', taskArn: this.spec.taskArn, container: spec.name });
    this.#startReady();
  }

  /** The first check that says something new: healthy after listening, unhealthy once the retries are used. */
  #scheduleHealth(container: SimulatedContainer): void {
    const check = container.spec.healthCheck;
    if (check === undefined) return;
    const { model } = container;
    const good = model.healthCode < 400 && !model.healthHangs;
    const goodAt = Math.max(1, Math.ceil(model.startMs / check.intervalMs)) * check.intervalMs;
    const badAt = check.startPeriodMs + check.retries * check.intervalMs;
    if (good) this.#later(container, goodAt, () => this.#healthIs(container, 'HEALTHY'));
    if (!good || goodAt > badAt) this.#later(container, badAt, () => this.#healthIs(container, 'UNHEALTHY'));
  }

  #healthIs(container: SimulatedContainer, status: 'HEALTHY' | 'UNHEALTHY'): void {
    container.healthy = status === 'HEALTHY';
    this.#report({
      kind: 'container-health',
      taskArn: this.spec.taskArn,
      container: container.spec.name,
      status,
    });
    this.#startReady();
  }

  #exitAfter(container: SimulatedContainer, delayMs: number, exitCode: number): void {
    // A crash that comes first is the exit that counts: only what has not begun is called off.
    if (container.phase !== 'running') this.#cancelAll(container);
    this.#later(container, delayMs, () => this.#exit(container, exitCode, false));
  }

  #exit(container: SimulatedContainer, exitCode: number, outOfMemory: boolean): void {
    if (container.phase === 'exited') return;
    this.#cancelAll(container);
    container.phase = 'exited';
    container.app = { model: container.model, listening: false };
    container.healthy = false;
    container.exitCode = exitCode;
    this.#report({
      kind: 'container-exited',
      taskArn: this.spec.taskArn,
      container: container.spec.name,
      exitCode,
      outOfMemory,
    });
    this.#startReady();
    this.#changed();
  }

  #log(spec: ContainerSpec, lines: readonly string[]): void {
    if (spec.log === undefined) return;
    for (const message of lines) this.#report({ kind: 'log', ...spec.log, message });
  }

  #later(container: SimulatedContainer, delayMs: number, run: () => void): void {
    // What it does to the state comes as a fact.
    container.events.push(this.#kernel.after(delayMs, run, nothing));
  }

  #cancelAll(container: SimulatedContainer): void {
    for (const event of container.events) this.#kernel.cancel(event);
    container.events.length = 0;
  }
}
