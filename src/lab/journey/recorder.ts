/**
 * Looks at the lab a few times a second: what the views show, and the samples the report is drawn from.
 * The clock and the lab's numbers come in as functions.
 */
import { addLoad, type GroupLegend, type LoadCounts, type Sample, type ServiceState } from './story.ts';

/** Running totals and states, read from the lab at one instant. */
export interface LabReading {
  readonly virtualNow: number;
  readonly load: LoadCounts;
  /** Per target group name: requests served since the lab began, weight now, targets. */
  readonly groups: ReadonlyMap<
    string,
    { readonly requests: number; readonly weight: number; readonly healthy: number; readonly targets: number }
  >;
  readonly services: readonly ServiceState[];
}

export interface LabNow {
  readonly realSeconds: number;
  readonly virtualMs: number;
  readonly requestsPerSecond: number;
  readonly totals: LoadCounts;
  readonly groups: readonly {
    readonly label: string;
    readonly share: number;
    readonly healthy: number;
    readonly targets: number;
    readonly requestsPerSecond: number;
  }[];
  readonly services: readonly ServiceState[];
}

export class Recorder {
  readonly samples: Sample[] = [];
  readonly #groups: readonly GroupLegend[];
  readonly #read: () => LabReading;
  readonly #realNowMs: () => number;
  readonly #startRealMs: number;
  readonly #start: LabReading;
  #last: LabReading;
  #lastRealMs: number;

  constructor(groups: readonly GroupLegend[], read: () => LabReading, realNowMs: () => number) {
    this.#groups = groups;
    this.#read = read;
    this.#realNowMs = realNowMs;
    this.#startRealMs = realNowMs();
    this.#lastRealMs = this.#startRealMs;
    this.#start = read();
    this.#last = this.#start;
  }

  get realSeconds(): number {
    return (this.#realNowMs() - this.#startRealMs) / 1000;
  }

  /** Load since the recorder began. */
  totals(): LoadCounts {
    return difference(this.#read().load, this.#start.load);
  }

  look(): LabNow {
    const reading = this.#read();
    const realMs = this.#realNowMs();
    const spanSeconds = Math.max(0.001, (realMs - this.#lastRealMs) / 1000);
    const weights = this.#groups.map((group) => reading.groups.get(group.name)?.weight ?? 0);
    const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
    const groups = this.#groups.map((legend, index) => {
      const now = reading.groups.get(legend.name);
      const before = this.#last.groups.get(legend.name);
      return {
        label: legend.label,
        share: weightSum === 0 ? 0 : weights[index]! / weightSum,
        requests: (now?.requests ?? 0) - (before?.requests ?? 0),
        healthy: now?.healthy ?? 0,
        targets: now?.targets ?? 0,
      };
    });
    const load = difference(reading.load, this.#last.load);
    this.samples.push({
      at: reading.virtualNow,
      realSeconds: (realMs - this.#startRealMs) / 1000,
      spanSeconds,
      load,
      groups: groups.map(({ share, requests, healthy, targets }) => ({ share, requests, healthy, targets })),
      services: reading.services,
    });
    this.#last = reading;
    this.#lastRealMs = realMs;
    return {
      realSeconds: (realMs - this.#startRealMs) / 1000,
      virtualMs: reading.virtualNow - this.#start.virtualNow,
      requestsPerSecond: (load.served + load.harmed + load.dropped) / spanSeconds,
      totals: difference(reading.load, this.#start.load),
      groups: groups.map((group) => ({ ...group, requestsPerSecond: group.requests / spanSeconds })),
      services: reading.services,
    };
  }
}

export function difference(later: LoadCounts, earlier: LoadCounts): LoadCounts {
  return addLoad(later, { served: -earlier.served, harmed: -earlier.harmed, dropped: -earlier.dropped });
}
