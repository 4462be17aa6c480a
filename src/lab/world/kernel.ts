/**
 * The kernel every part of the world shares: virtual time, the event queue, random streams, the journal
 * and the effects. No clock, no I/O: `advanceTo` is the only way time passes.
 */
import { EventQueue, type ScheduledEvent } from './event-queue.ts';
import { changedByEntry, everything, nothing, type Part } from './parts.ts';
import { createRng, type Rng } from './random.ts';
import type { Effect } from './substrate.ts';

export interface WorldConfig {
  /** Drives every random choice of the world. */
  readonly seed: number;
  /** Virtual time at the start, epoch milliseconds. */
  readonly startMs: number;
  readonly region: string;
  readonly accountId: string;
  /** Three in a usual region, e.g. `ap-south-1a`. */
  readonly zones: readonly string[];
}

export const defaultConfig: WorldConfig = {
  seed: 1,
  startMs: Date.UTC(2026, 0, 14, 17, 0, 0),
  region: 'ap-south-1',
  accountId: '123456789012',
  zones: ['ap-south-1a', 'ap-south-1b', 'ap-south-1c'],
};

/** One line of the world's history. Plain data only: the same seed must give the same bytes. */
export interface JournalEntry {
  readonly at: number;
  /** `service.what`, e.g. `ecs.task-state`. */
  readonly kind: string;
  /** ARN or name of what it happened to. */
  readonly subject: string;
  /** A member that is undefined is as good as none. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export type EffectListener = (effect: Effect) => void;

export class Kernel {
  readonly config: WorldConfig;
  readonly journal: JournalEntry[] = [];
  #now: number;
  readonly #versions: Record<Part, number> = { ecs: 0, forwarding: 0, tags: 0, targets: 0, alarms: 0 };
  readonly #queue = new EventQueue();
  readonly #streams = new Map<string, Rng>();
  readonly #listeners: EffectListener[] = [];
  readonly #journalListeners: ((entry: JournalEntry) => void)[] = [];
  /** Oldest entries are dropped beyond this many, so that a standing lab does not grow for ever. */
  journalLimit = 200_000;

  constructor(config: WorldConfig) {
    this.config = config;
    this.#now = config.startMs;
  }

  /** Virtual now, epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Grows with everything that may have changed one of these parts: two equal numbers mean that nothing has. */
  versionOf(parts: readonly Part[]): number {
    let sum = 0;
    for (let index = 0; index < parts.length; index++) sum += this.#versions[parts[index]!];
    return sum;
  }

  /** Something from outside changes the state: a call, a fact. */
  touch(parts: readonly Part[] = everything): void {
    for (let index = 0; index < parts.length; index++) this.#versions[parts[index]!]++;
  }

  /** When the next event is due, if any is. */
  get nextEventAt(): number | undefined {
    return this.#queue.nextAt;
  }

  /** Runs every event due until `when` (epoch ms), in order, then sets the time to it. Never goes back. */
  advanceTo(when: number): void {
    for (let event = this.#queue.takeDue(when); event !== undefined; event = this.#queue.takeDue(when)) {
      if (event.at > this.#now) this.#now = event.at;
      if (event.changes.length > 0) this.touch(event.changes);
      event.run();
    }
    if (when > this.#now) this.#now = when;
  }

  /**
   * Schedules `run` after `delayMs` of virtual time (0: after what is already due now).
   *
   * @param changes what of the state it may change; everything where left out
   */
  after(delayMs: number, run: () => void, changes?: readonly Part[]): ScheduledEvent {
    return this.#queue.add(this.#now + Math.max(0, delayMs), run, changes);
  }

  at(when: number, run: () => void, changes?: readonly Part[]): ScheduledEvent {
    return this.#queue.add(Math.max(when, this.#now), run, changes);
  }

  /** As `at`, for what counts, measures or watches: by itself it changes nothing that the services show. */
  asideAt(when: number, run: () => void): ScheduledEvent {
    return this.#queue.add(Math.max(when, this.#now), run, nothing);
  }

  cancel(event: ScheduledEvent | undefined): void {
    if (event !== undefined) event.cancelled = true;
  }

  /** The random stream of one purpose. */
  rng(stream: string): Rng {
    let rng = this.#streams.get(stream);
    if (rng === undefined) {
      rng = createRng(this.config.seed, stream);
      this.#streams.set(stream, rng);
    }
    return rng;
  }

  record(kind: string, subject: string, detail: Readonly<Record<string, unknown>> = {}): void {
    this.touch(changedByEntry(kind));
    const entry = { at: this.#now, kind, subject, detail };
    this.journal.push(entry);
    if (this.journal.length > this.journalLimit) this.journal.splice(0, this.journalLimit / 10);
    for (const listener of this.#journalListeners) listener(entry);
  }

  onJournal(listener: (entry: JournalEntry) => void): void {
    this.#journalListeners.push(listener);
  }

  /** Hands a command to whoever carries the tasks: the data plane, or the simulated substrate. */
  emit(effect: Effect): void {
    for (const listener of this.#listeners) listener(effect);
  }

  onEffect(listener: EffectListener): void {
    this.#listeners.push(listener);
  }

  /** `arn:aws:<service>:<region>:<account>:<resource>` */
  arn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.config.region}:${this.config.accountId}:${resource}`;
  }
}
