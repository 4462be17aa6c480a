/** What the journey saw, as data: the terminal, the log and the report page are drawn from it. */

/** One look at the lab, about four a second of real time. */
export interface Sample {
  /** Virtual time, epoch milliseconds. */
  readonly at: number;
  /** Real seconds since the journey began. */
  readonly realSeconds: number;
  /** Real seconds since the sample before. */
  readonly spanSeconds: number;
  readonly load: LoadCounts;
  /** In the order of `Story.groups`: share of the production rule's weight (0 to 1), and requests served in this span. */
  readonly groups: readonly {
    readonly share: number;
    readonly requests: number;
    readonly healthy: number;
    readonly targets: number;
  }[];
  readonly services: readonly ServiceState[];
}

/** Requests of the steady load in one span or one act. */
export interface LoadCounts {
  readonly served: number;
  /** Answered, but badly: any 5xx. */
  readonly harmed: number;
  /** Not answered at all: connection refused, reset or timed out. */
  readonly dropped: number;
}

export interface ServiceState {
  readonly name: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
}

export interface GroupLegend {
  /** Target group name. */
  readonly name: string;
  /** `EC2 host`, `service A` */
  readonly label: string;
}

export interface ActRecord {
  readonly title: string;
  /** What happens in this act, one sentence. */
  readonly plot: string;
  readonly expected: string;
  readonly outcome: string;
  readonly asExpected: boolean;
  /** Empty, or why it was not as expected. */
  readonly complaint: string;
  /** What the action named as the cause, if it did. */
  readonly cause: string;
  /** The action's own explanation of a failure, as its error annotation. */
  readonly explanation: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly startedRealSeconds: number;
  readonly endedRealSeconds: number;
  readonly load: LoadCounts;
  readonly log: readonly string[];
  readonly summaryMarkdown: string;
}

export interface Story {
  readonly scenario: string;
  readonly seed: number;
  /** Virtual seconds a real second. */
  readonly scale: number;
  /** `containers` or `processes` */
  readonly taskKind: string;
  readonly groups: readonly GroupLegend[];
  readonly acts: readonly ActRecord[];
  readonly samples: readonly Sample[];
}

export function addLoad(one: LoadCounts, other: LoadCounts): LoadCounts {
  return {
    served: one.served + other.served,
    harmed: one.harmed + other.harmed,
    dropped: one.dropped + other.dropped,
  };
}

export const noLoad: LoadCounts = { served: 0, harmed: 0, dropped: 0 };
