/**
 * Virtual time for code that awaits: whole deployments run against a world without a clock. Several
 * deployers may sleep at once; time moves to the next sleeper when all are waiting.
 */
import type { Kernel } from '../world/kernel.ts';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

export class VirtualTime {
  readonly #kernel: Kernel;
  readonly #sleepers: Sleeper[] = [];
  #order = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  now(): number {
    return this.#kernel.now;
  }

  /** Resolves `durationMs` of virtual time later, or at once when `signal` is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper: Sleeper = {
        at: this.#kernel.now + Math.max(0, durationMs),
        order: this.#order++,
        wake: () => {
          const index = this.#sleepers.indexOf(sleeper);
          if (index >= 0) this.#sleepers.splice(index, 1);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
    });
  }

  /** Runs until `work` settles. Fails when nothing sleeps and nothing moves: that would be for ever. */
  async run<T>(work: Promise<T>, limitMs = 7 * 24 * 3_600_000): Promise<T> {
    const endAt = this.#kernel.now + limitMs;
    let settled = false;
    const watched = work.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    let idle = 0;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return watched;
      const next = this.#earliest();
      if (next === undefined) {
        if (++idle > 1000)
          throw new Error('The simulated work waits for something that is not virtual time.');
        continue;
      }
      idle = 0;
      if (next.at > endAt)
        throw new Error(`The simulated work did not end within ${limitMs / 1000} s of virtual time.`);
      this.#kernel.advanceTo(next.at);
      next.wake();
    }
  }

  #earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (
        first === undefined ||
        sleeper.at < first.at ||
        (sleeper.at === first.at && sleeper.order < first.order)
      )
        first = sleeper;
    }
    return first;
  }
}
