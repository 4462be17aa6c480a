/** What a run told, and what is known of it: the two things that the oracle holds against each other. */
import type { Snapshot, Task } from './place.ts';
import type { Minute, Stranger, Write } from './watch.ts';

/** Everything about one run that is not told by it. */
export interface Evidence {
  readonly run: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Of this run, oldest first. */
  readonly writes: readonly Write[];
  readonly strangers: readonly Stranger[];
  /** Closed minutes since green first had traffic, or since this run began. */
  readonly minutes: readonly Minute[];
  readonly probes: { readonly sent: number; readonly bad: number };
  /** Probes of the path that is the health check's say nothing about users. */
  readonly probesOfUsersPath: boolean;
  /** When a named alarm went to ALARM during the run, and whether one rang at its start. */
  readonly ringsAt: readonly number[];
  readonly rangBefore: boolean;
  readonly acceptedRinging: boolean;
  /** Tasks that green's service has at the end. */
  readonly greenTasks: () => readonly Task[];
  /** Tasks of green that ended by themselves or by failing checks, or could not start, during the run. */
  readonly greenFailures: readonly number[];
  /** A deployment of green that the kit did not ask for: somebody's, or ECS's own way back. */
  readonly greenTaken: boolean;
  /** Calls of the run that failed: for good, or for a time. */
  readonly denied: boolean;
  readonly troubled: boolean;
  /** Minutes of metrics never came. Late ones are no excuse. */
  readonly metricsLost: boolean;
  /** A zone went dark: targets fall without anybody's fault. */
  readonly zoneDark: boolean;
  readonly cancelledAt: number | undefined;
  readonly timeoutMs: number;
  /** The maintenance window was closed at some time of the run. */
  readonly windowClosed: boolean;
  /** From then on it may begin. */
  readonly waitedUntil: number;
  /** The first thing that the run changed it changed outside of the window. */
  readonly changedOutside: boolean;
  /** Somebody else moves the traffic of a service, or of the rule. */
  readonly owned: boolean;
  /** The run has changed something. */
  readonly changed: boolean;
  /** The one-off task before the shift; undefined where none was asked for. */
  readonly oneOff: OneOff | undefined;
  readonly blueDownAt: number | undefined;
  readonly blueBefore: number;
  /** As long as a look takes, and from one to the next. */
  readonly unseenMs: number;
  readonly wanted: string;
  /** What the story says of it. */
  readonly release: {
    readonly bad: boolean;
    readonly slow: boolean;
    /** Share of its requests that fail, where that is enough for two to four minutes of evidence. */
    readonly failing: number;
    readonly neverStarts: boolean;
    /** Blue fails as often: there is nothing that green does worse. */
    readonly equal: boolean;
    /** Blue harms users by itself. */
    readonly blueFails: boolean;
    /** It answers every user with a 404, and blue only some. */
    readonly refuses: boolean;
    /** Which sides break the objective on latency. */
    readonly tooSlow: readonly ('green' | 'blue')[];
  };
  /** The user's own tools: a probe task that lets nothing through, one that goes on after the end, a check that says no. */
  readonly tools: {
    readonly taskSaysNo: boolean;
    /** It saw green fail, and could say so by its exit code alone. */
    readonly taskSawBad: boolean;
    /** Ids of the probe tasks of this run that were left running. */
    readonly tasksLeft: readonly string[];
    /** The same of the runs before. */
    readonly tasksOfOthers: readonly string[];
    readonly checkSaidNo: boolean;
    readonly objective: 'none' | 'errors' | 'latency';
    /** Answers of 4xx are to be judged. */
    readonly judges4xx: boolean;
  };
  /** There was no service of green before. */
  readonly madeGreen: boolean;
  /** Where blue scales by steps and by a schedule green does so as well. */
  readonly twinScales: () => boolean;
  /** An alarm of green's own step scaling is on: it may scale out from nothing. */
  readonly fillsGreen: 'no' | 'since a moment' | 'yes';
  readonly requestsPerSecond: number;
  readonly asked: {
    readonly until: number | undefined;
    readonly onInterrupted: string;
    readonly onCancel: string;
    readonly acceptUnproven: boolean;
    readonly blueAfter: 'keep' | 'scale-to-zero';
    /** Tasks that blue is kept at for a time before that. */
    readonly keptTasks: number | undefined;
    readonly greenAfter: 'keep' | 'scale-to-zero';
    readonly required: number;
    /** Blue cannot serve what green makes of the database, and nobody has accepted that. */
    readonly breaking: boolean;
  };
  /** Requests that green failed during the run, by the load balancer's own count, and so did both together. */
  readonly harmed: number;
  readonly harmedInAll: number;
  /** Nothing but the release itself is out of the ordinary. */
  readonly calm: boolean;
  /** Share of the first step, percent. */
  readonly firstStep: number;
  /** Another run is alive and has the lock. */
  readonly beside: boolean;
  /** The revision is marked as promoted. */
  readonly marked: () => boolean;
  /** Metrics are shown at least this long after their minute, and all of them after this long. */
  readonly metricDelayMs: number;
  readonly metricsWholeMs: number;
}

/** Tasks that ran the command of one revision. */
export interface OneOff {
  readonly kind: 'passes' | 'fails' | 'hangs' | 'no-image' | 'not-placed';
  /** When the command had passed for the revision that the run brings; infinite where it never had. */
  readonly passedAt: number;
  /** So often one workflow run went through with it, or ran it beside itself. */
  readonly mostPasses: number;
  readonly beside: boolean;
  /** The run may not start tasks. */
  readonly denied: boolean;
  /** Ids of tasks of this run that go on. */
  readonly left: readonly string[];
}

export interface Told {
  readonly ok: boolean;
  readonly outcome: string;
  readonly cause: string;
  /** Undefined where the run could not read them. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  readonly harmed: number;
  readonly step: number;
  /** What a person is told to do. */
  readonly remedy: string;
}

/** Notes what is wrong where it does not hold. */
export type Claim = (holds: boolean, what: string) => void;

/** Recorded before it is passed: a run that died in between has not scaled blue down. */
export function isPastNoReturn({ before }: Evidence): boolean {
  return before.testRules.some((tags) => tags['ips-deploy:no-return'] !== undefined);
}

/** Green has traffic that must not go back. */
export function isHeld({ asked, after }: Evidence): boolean {
  return asked.breaking && (after.share ?? 0) > 0;
}

export function sum(minutes: readonly Minute[], pick: (minute: Minute) => number): number {
  return minutes.reduce((total, minute) => total + pick(minute), 0);
}
