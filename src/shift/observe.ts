/**
 * What a shift looks at before each decision: what its phase needs, and what has grown old. All else is as it was
 * last seen, and nothing but waiting on rests on that (`decide.ts`).
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { createTrafficReader, type TrafficReader } from '../aws/elb-metrics.ts';
import { headerValues, readRule } from '../aws/elb-rules.ts';
import type { Clock } from '../runner/clock.ts';
import type { Baseline } from './baseline.ts';
import { longestHold } from './gates/harm.ts';
import { needsOf } from './look-needs.ts';
import { metricDelayMs } from './look-times.ts';
import { minuteMs, toPairs } from './minutes.ts';
import { createCheckDesk, type RunCheck } from './own-check.ts';
import type { ShiftPlan } from './plan.ts';
import { createProbeTaskDesk, type RunProbeTask } from './probe-task.ts';
import { noProbes, type Prober, sendProbes } from './prober.ts';
import { lookAroundLock } from './rival.ts';
import { splitToSee, type TrafficRouter } from './router.ts';
import { createSight } from './sight.ts';
import type { ShiftFacts, ShiftState } from './state.ts';

/** Minutes are read again this far back: what arrives late still counts. */
const rereadMs = 15 * minuteMs;
const largestBatch = 20;

export interface ShiftEyes {
  readonly aws: AwsCaller;
  readonly clock: Clock;
  readonly router: TrafficRouter;
  readonly prober: Prober;
  readonly runCheck: RunCheck;
  /** Probes green by a task in the VPC; asked only where the plan has one. */
  readonly runProbeTask: RunProbeTask;
  /** The value that opens the test rule; secret. */
  readonly headerValue: string;
  readonly cancelled: AbortSignal;
}

/** Remembers what it has seen, and the checks that are running; everything decided on is in the state. */
export function createObserve(
  plan: ShiftPlan,
  baseline: Baseline,
  eyes: ShiftEyes,
): (state: ShiftState) => Promise<ShiftFacts> {
  const { aws } = eyes;
  const probeDesk = createProbeTaskDesk(plan, eyes.runProbeTask, eyes.cancelled);
  const checkDesk = createCheckDesk(plan, eyes.runCheck, eyes.cancelled);
  const { sight, read } = createSight(plan, aws, eyes.router);
  const readTraffic = createTrafficReader(aws, {
    loadBalancerArn: plan.loadBalancerArn,
    targetGroupArns: [plan.blue.targetGroupArn, plan.green.targetGroupArn],
    slowerThanSeconds: baseline.slowerThanSeconds,
    objectiveSeconds: plan.objectives.latency?.seconds,
  });
  return async (state) => {
    const now = eyes.clock.now();
    const cancelled = eyes.cancelled.aborted;
    const needs = needsOf(state, sight.seenAt, now, cancelled);
    const lockRead = needs.lock ? readLock(plan, state, eyes) : undefined;
    const otherReads = read(state, needs, now);
    const lock = lockRead === undefined ? unread : (await Promise.all([lockRead, otherReads]))[0];
    await otherReads;
    const due = cancelled ? 0 : probesDue(plan, state, now);
    const probes =
      due === 0
        ? noProbes
        : await sendProbes(eyes.prober, plan.probes, state.evidence.probes.sent, due, eyes.cancelled);
    let metrics: ShiftFacts['metrics'] = { kind: 'none' };
    const readTo = floorToMinute(now - metricDelayMs);
    if (
      needsMetrics(state) &&
      !cancelled &&
      (readTo > state.metricsReadTo || rereadIsDue(plan, state, now))
    ) {
      metrics = await readMetrics(readTraffic, state, readTo);
    }
    return {
      whole: needs.whole,
      live: splitToSee(sight.splits, state.written),
      lockIsOurs: lock.lockIsOurs,
      rival: lock.rival,
      blueTargets: sight.blueTargets,
      greenTargets: sight.greenTargets,
      greenService: sight.greenService,
      alarms: sight.alarms,
      probes,
      probeTask: probeDesk(state, now),
      checks: cancelled ? [] : checkDesk(state, now),
      metrics,
    };
  };
}

/** How many probes to send now. Pure. */
function probesDue(plan: ShiftPlan, state: ShiftState, now: number): number {
  const { sent } = state.evidence.probes;
  const { phase } = state;
  if (plan.probes.task !== undefined) return 0;
  if (phase.kind === 'probe') {
    // At least five batches: the judge lets no single one decide.
    const batch = Math.min(largestBatch, Math.ceil(plan.probes.count / 5));
    return Math.min(batch, Math.max(0, plan.probes.count - sent));
  }
  if (phase.kind === 'bake') {
    const bakeTimeMs = plan.steps[phase.step]?.bakeTimeMs ?? 0;
    // A step that is held for more evidence goes on being probed at the same pace.
    const share = bakeTimeMs === 0 ? 1 : Math.min(longestHold, (now - phase.since) / bakeTimeMs);
    const wanted = Math.floor(plan.probes.perStep * share) - (sent - phase.probesBefore);
    return Math.min(largestBatch, Math.max(0, wanted));
  }
  return 0;
}

function needsMetrics(state: ShiftState): boolean {
  return state.shifted && ['shift', 'verify', 'bake', 'retire'].includes(state.phase.kind);
}

type LockFacts = Pick<ShiftFacts, 'lockIsOurs' | 'rival'>;

const unread: LockFacts = { lockIsOurs: undefined, rival: undefined };

async function readLock(plan: ShiftPlan, state: ShiftState, eyes: ShiftEyes): Promise<LockFacts> {
  const { testRuleArn: arn } = state;
  if (arn === undefined) return { lockIsOurs: false, rival: undefined };
  // No rival of a shift that is gone on with: whoever begins another one sees its lock.
  const { own, rival } =
    state.shifted || plan.lock !== undefined
      ? { own: await readRule(eyes.aws, arn), rival: undefined }
      : await lookAroundLock(eyes.aws, plan, arn);
  const values = headerValues(own?.conditions ?? [], plan.testRule.header);
  return { lockIsOurs: values?.includes(eyes.headerValue) === true, rival };
}

/** At the end of a bake all of its minutes are read once more: a step is not passed on counts that were early. */
function rereadIsDue(plan: ShiftPlan, state: ShiftState, now: number): boolean {
  const { phase } = state;
  if (phase.kind !== 'bake') return false;
  const endsAt = phase.since + (plan.steps[phase.step]?.bakeTimeMs ?? 0);
  return now >= endsAt && state.metricsReadAt < endsAt;
}

async function readMetrics(
  readTraffic: TrafficReader,
  state: ShiftState,
  readTo: number,
): Promise<ShiftFacts['metrics']> {
  const firstWeightAt = state.weights.find((weight) => weight.percent > 0)?.at ?? state.writtenAt;
  const stepSince = state.phase.kind === 'bake' ? state.phase.since : readTo;
  const from = Math.max(floorToMinute(firstWeightAt), Math.min(floorToMinute(stepSince), readTo - rereadMs));
  if (from >= readTo) return { kind: 'minutes', pairs: [], readTo };
  try {
    return { kind: 'minutes', pairs: toPairs(await readTraffic(from, readTo), from, readTo), readTo };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { kind: 'unreadable', problem: error.message };
  }
}

function floorToMinute(at: number): number {
  return Math.floor(at / minuteMs) * minuteMs;
}
