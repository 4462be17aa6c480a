import { everything, type Part } from './parts.ts';

/** One thing that will happen at an instant of virtual time. */
export interface ScheduledEvent {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** What of the state it may change. */
  readonly changes: readonly Part[];
  cancelled: boolean;
}

/** Binary heap by (time, order of scheduling): equal times run in the order they were asked for. */
export class EventQueue {
  #heap: ScheduledEvent[] = [];
  #order = 0;

  get nextAt(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  add(at: number, run: () => void, changes: readonly Part[] = everything): ScheduledEvent {
    const event: ScheduledEvent = { at, order: this.#order++, run, changes, cancelled: false };
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
    return event;
  }

  /** The next event, where one is due by then. */
  takeDue(when: number): ScheduledEvent | undefined {
    this.#dropCancelled();
    const next = this.#heap[0];
    return next === undefined || next.at > when ? undefined : this.#pop();
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) this.#pop();
  }

  #pop(): ScheduledEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function before(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
