/** State, facts, acts and outcomes of a shift: plain data that its decisions are made of. */
import type { AlarmFact } from '../aws/alarms.ts';
import type { ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { TargetFacts } from '../aws/ecs-target-health.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import type { CauseCode as TaskCauseCode } from '../rollout/cause.ts';
import type { Evidence, StreamName } from './evidence.ts';
import type { MinutePair } from './minutes.ts';
import type { CheckFact } from './own-check.ts';
import type { Finding } from './preflight.ts';
import type { ProbeTaskFact } from './probe-task.ts';
import type { ProbeTally } from './prober.ts';
import type { KeptBlue, Stage } from './record.ts';
import type { Rival } from './rival.ts';

/** Why green does not get the traffic. */
export interface Cause {
  readonly code: /** The judge, by stream. */
    | StreamName
    /** How tasks of green ended. */
    | TaskCauseCode
    /** What green must keep by itself. */
    | 'objective-errors'
    | 'objective-latency'
    /** A command or a URL of the user's own. */
    | 'own-check'
    | 'not-proven'
    | 'unhealthy-targets'
    | 'alarm'
    | 'green-not-reached'
    | 'green-deployment-failed'
    | 'green-superseded'
    | 'green-not-ready'
    | 'cannot-observe'
    | 'refused-by-aws'
    | 'weights-not-taken'
    | 'timeout'
    | 'cancelled'
    /** A run before this one died, and what it left was taken back. */
    | 'interrupted'
    /** It rested for longer than it may. */
    | 'rest-limit';
  /** For people: the numbers and what they mean. */
  readonly sentence: string;
}

export type Phase =
  | { readonly kind: 'lock' }
  /** A lock that was taken over from a dead run is looked at again: another run may have done the same. */
  | { readonly kind: 'lock-check'; readonly since: number }
  | { readonly kind: 'attach' }
  | { readonly kind: 'quieten' }
  | { readonly kind: 'deploy' }
  | { readonly kind: 'ready'; readonly since: number }
  | { readonly kind: 'probe'; readonly since: number }
  | { readonly kind: 'shift'; readonly step: number; readonly since: number }
  | { readonly kind: 'verify'; readonly step: number; readonly since: number }
  | { readonly kind: 'bake'; readonly step: number; readonly since: number; readonly probesBefore: number }
  /** Green serves everything and has proven itself; blue waits for its end, still the way back. */
  | { readonly kind: 'retire'; readonly since: number; readonly ending: Promoted }
  | { readonly kind: 'undo'; readonly undo: Undo }
  | { readonly kind: 'undo-verify'; readonly undo: Undo; readonly writtenAt: number }
  /** Putting our own things away, and then the end. Nothing here touches weights. */
  | { readonly kind: 'tail'; readonly ending: Ending; readonly remaining: readonly TailAct[] };

export interface Undo {
  readonly ending: 'rolled-back' | 'cancelled' | 'timed-out';
  readonly cause: Cause;
  readonly since: number;
  readonly lastProblem?: string;
  /** Blue gets its tasks first; undefined where that was not looked at yet. */
  readonly refill?: Refill;
}

/** The way back of a blue that was kept small. */
export interface Refill {
  readonly since: number;
  /** Healthy targets that carry everything. */
  readonly needed: number;
  readonly ordered: boolean;
  /** Blue takes everything from here on. */
  readonly done: boolean;
}

export type TailAct =
  | { readonly kind: 'scale-green-to-zero' }
  | { readonly kind: 'restore-scaling' }
  /** At rest: whoever comes next need not wait for a sign of life. */
  | { readonly kind: 'note-rest' }
  | { readonly kind: 'delete-test-rule' };

export type Act =
  | { readonly kind: 'create-test-rule' }
  | { readonly kind: 'take-lock' }
  /** A sign of life, and how far the shift has come. */
  | { readonly kind: 'note'; readonly stage?: Stage }
  | { readonly kind: 'quieten-scaling' }
  | { readonly kind: 'deploy-green' }
  | { readonly kind: 'write-split'; readonly split: WeightSplit; readonly next: Phase }
  /** Blue is made as small as it is kept: recorded, then scaled. The way back is there, and takes its time from here on. */
  | { readonly kind: 'shrink-blue' }
  /** Blue gets back what carries everything, before the weights. */
  | { readonly kind: 'refill-blue'; readonly undo: Undo & { readonly refill: Refill } }
  /** The point of no return: recorded, then blue is scaled down. */
  | { readonly kind: 'retire-blue' }
  | { readonly kind: 'tail'; readonly act: TailAct };

/** What the shift came to, before the state is put around it. */
export type Ending =
  | { readonly kind: 'promoted' }
  | { readonly kind: 'promoted-on-probes'; readonly lack: string }
  | { readonly kind: 'rolled-back'; readonly cause: Cause }
  | {
      readonly kind: 'rollback-failed';
      readonly cause: Cause;
      readonly problem: string;
      /** It was not even tried, on purpose: the weights rest until a person says how to go on. */
      readonly held?: true;
    }
  | {
      readonly kind: 'interfered';
      /** `lock`: another run took the test rule over; nothing is ours any more. */
      readonly what: 'weights' | 'lock';
      readonly live: WeightSplit;
      readonly expected: WeightSplit;
    }
  /** Asked for by `until`: the weights rest, and a later run goes on. */
  | { readonly kind: 'paused'; readonly percent: number }
  | { readonly kind: 'refused'; readonly refusals: readonly Finding[] }
  | { readonly kind: 'cancelled'; readonly weights: 'restored' | 'left'; readonly cause: Cause }
  | { readonly kind: 'timed-out'; readonly weights: 'restored' | 'left'; readonly cause: Cause }
  | { readonly kind: 'no-change'; readonly why: string };

/** Green keeps everything. */
export type Promoted = Ending & { readonly kind: 'promoted' | 'promoted-on-probes' };

export type OutcomeKind = Ending['kind'];

export interface GreenHandle {
  /** `ecs-svc/…` of the deployment that we started; undefined where none was needed. */
  readonly deploymentId: string | undefined;
  readonly serviceDeploymentArn: string | undefined;
}

export interface ShiftState {
  readonly phase: Phase;
  /** What we last wrote, or found at the start. */
  readonly written: WeightSplit;
  readonly writtenAt: number;
  /** Splits before it: a lagging read may still show them. */
  readonly earlier: readonly WeightSplit[];
  /** Green's share over time. */
  readonly weights: readonly { readonly at: number; readonly percent: number }[];
  /** Whether the live weights were ever other than the former ones through us. */
  readonly shifted: boolean;
  readonly interferedBy: WeightSplit | undefined;
  readonly testRuleArn: string | undefined;
  /** When this run took the lock. */
  readonly lockedAt: number | undefined;
  /** When the last sign of life was given. */
  readonly notedAt: number;
  readonly stage: Stage;
  /** Past the point of no return: blue is being scaled down, by this run or by one before. */
  readonly noReturnAt: number | undefined;
  /** Blue is kept smaller than it was. `ordered`: by this run; else by one before, which may have died on the way to it. */
  readonly kept: (KeptBlue & { readonly ordered: boolean }) | undefined;
  /** Blue has its end. */
  readonly retired: boolean;
  /** Scalable target made for green. */
  readonly twinScalingArn: string | undefined;
  /** End of the first closed minute of those in a row in which blue had no request, epoch milliseconds. */
  readonly blueQuietAt: number | undefined;
  readonly lockTaken: boolean;
  /** Somebody has deleted the test rule while this run held it. */
  readonly lockGone: boolean;
  readonly scalingQuietened: boolean;
  readonly green: GreenHandle | undefined;
  /** Stopped tasks of green that were known when it became ready. */
  readonly knownExits: readonly string[];
  readonly failedStarts: number;
  readonly evidence: Evidence;
  /** Steps that were passed, with when and on what evidence. */
  readonly passed: readonly PassedStep[];
  /** Consecutive minutes in which blue had traffic and green should have had, and had none. */
  readonly emptyGreen: { readonly minutes: number; readonly expected: number };
  readonly metricsProblem: string | undefined;
  /** End of the latest minute in the evidence, and when the minutes were last read; 0 where none was. */
  readonly metricsReadTo: number;
  readonly metricsReadAt: number;
  /** Alarms that rang before the shift and have not been quiet since: they say nothing new. */
  readonly stillRinging: readonly string[];
  /** What became of the task that probes green from inside of the VPC. */
  readonly probeTask: ProbeTaskFact | undefined;
  /** What the user's own checks answered, the newest at each step. */
  readonly checks: readonly CheckFact[];
  readonly blindSince: number | undefined;
  /** The job was cancelled by then, and what blue can carry could not be read yet. */
  readonly cancelSeenAt: number | undefined;
  /** The last act that AWS refused, until it is dealt with. */
  readonly refusal:
    | { readonly act: Act['kind']; readonly message: string; readonly final: boolean }
    | undefined;
  /** What could not be put away, with what a person can do. */
  readonly leftovers: readonly string[];
  /** The last progress line, so that each is said once. */
  readonly said: string;
  /** The look before showed something to decide and had not read everything: the next one does. */
  readonly lookAgain: boolean;
}

export interface PassedStep {
  readonly percent: number;
  readonly from: number;
  readonly to: number;
  readonly harm: number;
  readonly probesSent: number;
  readonly probesBad: number;
}

export interface GreenServiceFacts {
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly deploymentId: string;
  /** When ECS made that deployment, epoch milliseconds by ECS's clock. */
  readonly deploymentCreatedAt: number;
  readonly taskDefinitionArn: string;
  readonly rolloutState: string | undefined;
  readonly rolloutReason: string | undefined;
  readonly serviceDeployment: ServiceDeploymentFacts | undefined;
  /** What that service deployment brings, by its revision; undefined where it was not looked at. */
  readonly deployedDefinitionArn: string | undefined;
  readonly stopped: readonly TaskFacts[];
  /** Read where a weight is about to be raised; undefined elsewhere. */
  readonly running: readonly TaskFacts[] | undefined;
}

export interface ShiftFacts {
  /** Everything was read at this look; false: some of it is as it was last seen, which is enough to wait on. */
  readonly whole: boolean;
  readonly live: WeightSplit;
  /** Whether the test rule still opens with our value; undefined where that was not looked at, which is most of the time. */
  readonly lockIsOurs: boolean | undefined;
  /** Another shift of the pair, looked for with the lock and before any weight; nothing where there is none. */
  readonly rival?: Rival | null | undefined;
  readonly blueTargets: readonly TargetFacts[];
  readonly greenTargets: readonly TargetFacts[];
  /** Undefined where no service stands behind green (yet). */
  readonly greenService: GreenServiceFacts | undefined;
  readonly alarms: readonly AlarmFact[];
  readonly probes: ProbeTally;
  /** Undefined where none runs, or none is wanted. */
  readonly probeTask: ProbeTaskFact | undefined;
  readonly checks: readonly CheckFact[];
  readonly metrics:
    | { readonly kind: 'none' }
    /** `readTo`: end of the last minute that was read, epoch milliseconds; a minute without any count is left out. */
    | { readonly kind: 'minutes'; readonly pairs: readonly MinutePair[]; readonly readTo: number }
    | { readonly kind: 'unreadable'; readonly problem: string };
}

export interface ShiftOutcome {
  readonly ending: Ending;
  readonly state: ShiftState;
}
