/**
 * What a shift looks at before each decision: what its phase needs, and what has grown old. All else is as it was
 * last seen, and nothing but waiting on rests on that (`decide.ts`).
 */
import { type AlarmFact, readAlarms } from '../aws/alarms.ts';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTargetHealth, type TargetFacts } from '../aws/ecs-target-health.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import { readTrafficMinutes } from '../aws/elb-metrics.ts';
import { headerValues, readRule } from '../aws/elb-rules.ts';
import type { Clock } from '../runner/clock.ts';
import type { Baseline } from './baseline.ts';
import { longestHold } from './gates/harm.ts';
import { createGreenReader, type Depth } from './look-at-green.ts';
import { haveMoved, needsOf, neverSeen, type SeenAt } from './look-needs.ts';
import { metricDelayMs } from './look-times.ts';
import { minuteMs, toPairs } from './minutes.ts';
import { createCheckDesk, type RunCheck } from './own-check.ts';
import type { ShiftPlan } from './plan.ts';
import { createProbeTaskDesk, type RunProbeTask } from './probe-task.ts';
import { noProbes, type Prober, sendProbes } from './prober.ts';
import { hasDeployed } from './readiness.ts';
import { findRival } from './rival.ts';
import { splitToSee, type TrafficRouter } from './router.ts';
import type { GreenServiceFacts, ShiftFacts, ShiftState } from './state.ts';

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
  const readGreen = createGreenReader(plan, aws);
  let seenAt: SeenAt = neverSeen;
  let splits: readonly [WeightSplit, ...WeightSplit[]] = [plan.former];
  let blueTargets: readonly TargetFacts[] = [];
  let greenTargets: readonly TargetFacts[] = [];
  /** As they were when the tasks were last looked at. */
  let targetsOfTasks: readonly TargetFacts[] = [];
  let greenService: GreenServiceFacts | undefined;
  let alarms: readonly AlarmFact[] = [];
  return async (state) => {
    const now = eyes.clock.now();
    const cancelled = eyes.cancelled.aborted;
    const needs = needsOf(state, seenAt, now, cancelled);
    // What could not be read stays old, and is asked for again at the next look.
    const seen = (what: keyof SeenAt): void => {
      seenAt = { ...seenAt, [what]: now };
    };
    const readSplits = async (): Promise<void> => {
      splits = await eyes.router.readSplits();
      seen('splits');
    };
    const readBlueTargets = async (): Promise<void> => {
      blueTargets = (await readTargetHealth(aws, plan.blue.targetGroupArn)).targets;
    };
    const readGreenTargets = async (): Promise<void> => {
      greenTargets = (await readTargetHealth(aws, plan.green.targetGroupArn)).targets;
      seen('greenTargets');
    };
    const readGreenService = async (depth: Depth): Promise<void> => {
      greenService = await readGreen(state, depth, now);
      seen('service');
    };
    const readAllAlarms = async (): Promise<void> => {
      alarms = await readAlarms(aws, plan.alarms);
      seen('alarms');
    };
    const readGreenSide = async (): Promise<void> => {
      await Promise.all([
        needs.greenTargets && readGreenTargets(),
        needs.green !== undefined && readGreenService(needs.green),
      ]);
      const ended = needs.follows === 'deployment' && hasDeployed(plan, state, greenService);
      if (ended && !needs.greenTargets) await readGreenTargets();
      const moved = needs.follows === 'targets' && haveMoved(greenTargets, targetsOfTasks);
      if (needs.green !== 'all' && moved) await readGreenService('tasks');
      if (needs.green === 'all' || moved) targetsOfTasks = greenTargets;
    };
    const [lockIsOurs, rival] = await Promise.all([
      needs.lock ? readLock(plan, state, eyes) : undefined,
      needs.lock ? readRival(plan, state, aws) : undefined,
      needs.splits && readSplits(),
      needs.blueTargets && readBlueTargets(),
      readGreenSide(),
      needs.alarms && plan.alarms.length > 0 && readAllAlarms(),
    ]);
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
      metrics = await readMetrics(plan, baseline, state, eyes.aws, readTo);
    }
    return {
      whole: needs.whole,
      live: splitToSee(splits, state.written),
      lockIsOurs,
      rival,
      blueTargets,
      greenTargets,
      greenService,
      alarms,
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

async function readLock(plan: ShiftPlan, state: ShiftState, eyes: ShiftEyes): Promise<boolean> {
  if (state.testRuleArn === undefined) return false;
  const rule = await readRule(eyes.aws, state.testRuleArn);
  return headerValues(rule?.conditions ?? [], plan.testRule.header)?.includes(eyes.headerValue) === true;
}

/** Not of a shift that is gone on with: whoever begins another one sees its lock. */
async function readRival(plan: ShiftPlan, state: ShiftState, aws: AwsCaller): Promise<ShiftFacts['rival']> {
  if (state.testRuleArn === undefined || state.shifted || plan.lock !== undefined) return undefined;
  return findRival(aws, plan, state.testRuleArn);
}

/** At the end of a bake all of its minutes are read once more: a step is not passed on counts that were early. */
function rereadIsDue(plan: ShiftPlan, state: ShiftState, now: number): boolean {
  const { phase } = state;
  if (phase.kind !== 'bake') return false;
  const endsAt = phase.since + (plan.steps[phase.step]?.bakeTimeMs ?? 0);
  return now >= endsAt && state.metricsReadAt < endsAt;
}

async function readMetrics(
  plan: ShiftPlan,
  baseline: Baseline,
  state: ShiftState,
  aws: AwsCaller,
  readTo: number,
): Promise<ShiftFacts['metrics']> {
  const firstWeightAt = state.weights.find((weight) => weight.percent > 0)?.at ?? state.writtenAt;
  const stepSince = state.phase.kind === 'bake' ? state.phase.since : readTo;
  const from = Math.max(floorToMinute(firstWeightAt), Math.min(floorToMinute(stepSince), readTo - rereadMs));
  if (from >= readTo) return { kind: 'minutes', pairs: [], readTo };
  try {
    const traffic = await readTrafficMinutes(aws, {
      loadBalancerArn: plan.loadBalancerArn,
      targetGroupArns: [plan.blue.targetGroupArn, plan.green.targetGroupArn],
      fromMs: from,
      toMs: readTo,
      slowerThanSeconds: baseline.slowerThanSeconds,
      objectiveSeconds: plan.objectives.latency?.seconds,
    });
    return { kind: 'minutes', pairs: toPairs(traffic, from, readTo), readTo };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { kind: 'unreadable', problem: error.message };
  }
}

function floorToMinute(at: number): number {
  return Math.floor(at / minuteMs) * minuteMs;
}
