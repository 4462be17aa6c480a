/** What may go wrong, as data. A script is JSON; `parseFaultScript` checks one. */
import type { ServiceId } from '../service.ts';

/** Which calls a rule is about; every part given must match. Texts may hold the wildcards `*` and `?`. */
export interface FaultMatch {
  readonly service?: ServiceId;
  readonly operation?: string;
  /** ARN of the caller. */
  readonly principal?: string;
  readonly mutates?: boolean;
}

export type FaultEffect =
  /** 400 with the service's own throttling code. Nothing happens. */
  | { readonly kind: 'throttle' }
  /** 5xx of the service. Nothing happens. */
  | { readonly kind: 'server-error' }
  /** The connection is reset before anything happened. */
  | { readonly kind: 'reset' }
  /** It happens, and the answer is lost. */
  | { readonly kind: 'reset-after-effect' }
  /** The answer takes this much longer. */
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'expired-credentials' }
  /** Reads answer with the state of this long ago. */
  | { readonly kind: 'read-lag'; readonly ms: number };

export interface FaultRule {
  readonly id: string;
  readonly match: FaultMatch;
  /** Milliseconds since the script was given to the world; `fromMs` is included, `untilMs` not. Always, where left out. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** Only the nth matching call in that time, counted from 1. */
  readonly nth?: number;
  /** At most this many times. */
  readonly count?: number;
  /** 0 to 1; 1 where left out. Drawn from the world's seed and the rule's id. */
  readonly probability?: number;
  readonly effect: FaultEffect;
}

/** What happens to the world by itself, or by somebody else. */
export type WorldEvent =
  /** Somebody else calls: a second deployer, a hand in the console. Errors are only noted in the journal. */
  | {
      readonly kind: 'call';
      readonly service: ServiceId;
      readonly operation: string;
      readonly input: unknown;
      /** Name of the session that calls, `intruder` where left out. It may do everything. */
      readonly who?: string;
    }
  /** Weights of a rule (or of a listener's default action) changed by somebody else. */
  | {
      readonly kind: 'set-weights';
      /** ARN of the rule or the listener. */
      readonly ruleArn: string;
      /** By target group ARN. Groups that are not named keep theirs. */
      readonly weights: Readonly<Record<string, number>>;
    }
  /** An alarm is forced into a state until the next evaluation changes it. */
  | {
      readonly kind: 'alarm';
      readonly name: string;
      readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
    }
  | { readonly kind: 'zone-dark'; readonly zone: string }
  | { readonly kind: 'zone-back'; readonly zone: string }
  /** Fargate Spot takes back this many tasks, with its two minutes' notice. */
  | { readonly kind: 'spot-interruption'; readonly count: number }
  /** Metrics of this time are lost. */
  | { readonly kind: 'metrics-gap'; readonly durationMs: number }
  /** Minutes that open from now on are published this late after their end, each metric by its own draw. */
  | { readonly kind: 'metrics-late'; readonly minDelayMs: number; readonly maxDelayMs: number }
  /** What scans of this image show from now on, in whatever repository. */
  | {
      readonly kind: 'scan-findings';
      /** Of the scanned manifest: one platform, not the index. */
      readonly digest: string;
      readonly findings: readonly ScriptedFinding[];
    };

export interface ScriptedFinding {
  readonly name: string;
  readonly severity: (typeof findingSeverities)[number];
  readonly packageName: string;
  readonly packageVersion: string;
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html */
export const findingSeverities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const;

export interface TimedEvent {
  readonly id: string;
  /** Milliseconds since the script was given to the world. */
  readonly atMs: number;
  readonly event: WorldEvent;
}

export interface FaultScript {
  readonly rules: readonly FaultRule[];
  readonly events: readonly TimedEvent[];
}
