/**
 * Virtual time for code that awaits: whole deployments run against a world without a clock. Several
 * deployers may sleep at once; time moves to the next sleeper when all are waiting.
 */
import { EventQueue, type ScheduledEvent } from '../world/event-queue.ts';
import type { Kernel } from '../world/kernel.ts';

/** After so many steps the event loop gets a turn, so that a test's own time-out can still fire. */
const stepsBetweenTurns = 1000;

const settled = Promise.resolve();

/** Who is woken when one signal is aborted. */
class Sleepers {
  #all: ScheduledEvent[] = [];
  /** With so many, those that are awake are dropped. */
  #most = 32;

  add(sleeper: ScheduledEvent): void {
    if (this.#all.length >= this.#most) {
      this.#all = this.#all.filter((each) => !each.cancelled);
      this.#most = Math.max(32, 2 * this.#all.length);
    }
    this.#all.push(sleeper);
  }

  /** In the order in which they fell asleep. */
  wake(): void {
    for (const sleeper of this.#all.splice(0)) {
      if (sleeper.cancelled) continue;
      sleeper.cancelled = true;
      sleeper.run();
    }
  }
}

interface Run {
  readonly endAt: number;
  readonly limitMs: number;
  readonly fail: (error: Error) => void;
}

export class VirtualTime {
  readonly #kernel: Kernel;
  readonly #sleepers = new EventQueue();
  readonly #bySignal = new WeakMap<AbortSignal, Sleepers>();
  readonly #runs = new Set<Run>();
  #moving = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  now(): number {
    return this.#kernel.now;
  }

  /** Resolves `durationMs` of virtual time later, or at once when `signal` is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => this.after(durationMs, resolve, signal));
  }

  /** The same for whoever needs no promise: `run` is called once. */
  after(durationMs: number, run: () => void, signal?: AbortSignal): void {
    if (signal?.aborted) {
      run();
      return;
    }
    const at = this.#kernel.now + Math.max(0, durationMs);
    const sleeper = this.#sleepers.add(at, run);
    if (signal !== undefined) this.#sleepersOf(signal).add(sleeper);
  }

  /** One listener for all, since there are many sleeps and few signals. */
  #sleepersOf(signal: AbortSignal): Sleepers {
    let sleepers = this.#bySignal.get(signal);
    if (sleepers === undefined) {
      const all = new Sleepers();
      signal.addEventListener('abort', () => all.wake());
      this.#bySignal.set(signal, all);
      sleepers = all;
    }
    return sleepers;
  }

  /** Runs until `work` settles. Fails when nothing sleeps and nothing moves: that would be for ever. */
  run<T>(work: Promise<T>, limitMs = 7 * 24 * 3_600_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const run: Run = { endAt: this.#kernel.now + limitMs, limitMs, fail: reject };
      this.#runs.add(run);
      work.finally(() => this.#runs.delete(run)).then(resolve, reject);
      if (!this.#moving) this.#begin();
    });
  }

  /** The one loop that moves time, for all that run at once. */
  #begin(): void {
    this.#moving = true;
    let idle = 0;
    let steps = 0;
    // A tick that is asked for by a microtask comes after all of them: every promise that could go on has gone
    // on. One that is asked for by a tick would come before them.
    const tick = (): void => process.nextTick(step);
    const again = (): void => {
      if (idle > 0 || ++steps % stepsBetweenTurns === 0) setImmediate(step);
      // A microtask as `queueMicrotask` makes one, without the resource that goes with it.
      else void settled.then(tick);
    };
    const step = (): void => {
      if (this.#runs.size === 0) {
        this.#moving = false;
        return;
      }
      const moved = this.#step();
      idle = moved ? 0 : idle + 1;
      if (idle > 1000)
        this.#failAll(new Error('The simulated work waits for something that is not virtual time.'));
      again();
    };
    setImmediate(step);
  }

  /** To the next sleepers, and wakes all whose time it is. False where nobody sleeps. */
  #step(): boolean {
    const next = this.#sleepers.nextAt;
    if (next === undefined) return false;
    for (const run of this.#runs) {
      if (next <= run.endAt) continue;
      const seconds = run.limitMs / 1000;
      this.#fail(run, new Error(`The simulated work did not end within ${seconds} s of virtual time.`));
    }
    if (this.#runs.size === 0) return true;
    try {
      this.#kernel.advanceTo(next);
    } catch (error) {
      // A defect of the world: whoever runs has to hear of it.
      this.#failAll(error as Error);
    }
    for (
      let sleeper = this.#sleepers.takeDue(next);
      sleeper !== undefined;
      sleeper = this.#sleepers.takeDue(next)
    ) {
      // Awake: the end of its signal is no affair of it any more.
      sleeper.cancelled = true;
      sleeper.run();
    }
    return true;
  }

  #failAll(error: Error): void {
    for (const run of this.#runs) this.#fail(run, error);
  }

  #fail(run: Run, error: Error): void {
    this.#runs.delete(run);
    run.fail(error);
  }
}
