/**
 * The past of reads, for eventual consistency. Whoever has read something once while lag is on will find
 * that very read answered from the past: its true answer is kept from just before each change, and from
 * each time it was asked. A read that was never asked before answers with the present.
 */

export type ReadOutcome =
  | { readonly kind: 'output'; readonly output: unknown }
  | { readonly kind: 'error'; readonly error: Error };

interface Known {
  readonly read: () => ReadOutcome;
  /** Oldest first: what was true at that time. */
  readonly states: { readonly atMs: number; readonly outcome: ReadOutcome }[];
}

/** Reads remembered at once; the longest unused goes first. */
const keyLimit = 200;

export class ReadHistory {
  readonly #known = new Map<string, Known>();

  /** To be called before every change, while lag is on. */
  beforeChange(nowMs: number, horizonMs: number): void {
    for (const known of this.#known.values()) note(known, nowMs, horizonMs, known.read());
  }

  /** The answer as of `lagMs` ago; the present state is noted for later reads. */
  answer(key: string, nowMs: number, lagMs: number, horizonMs: number, read: () => ReadOutcome): ReadOutcome {
    const known = this.#known.get(key) ?? { read, states: [] };
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > keyLimit) this.#known.delete(this.#known.keys().next().value!);
    const present = read();
    note(known, nowMs, horizonMs, present);
    if (lagMs === 0) return present;
    const past = known.states.find((state) => state.atMs >= nowMs - lagMs);
    return past?.outcome ?? present;
  }

  clear(): void {
    this.#known.clear();
  }
}

function note({ states }: Known, atMs: number, horizonMs: number, outcome: ReadOutcome): void {
  states.push({ atMs, outcome });
  while (states[0] !== undefined && states[0].atMs < atMs - horizonMs) states.shift();
}
