/** What a shift looks at before each decision, and no more than the phase needs. */
import { readAlarms } from '../aws/alarms.ts';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, readService } from '../aws/ecs-service.ts';
import {
  readServiceDeployments,
  readServiceRevisions,
  type ServiceDeploymentFacts,
} from '../aws/ecs-service-deployments.ts';
import { readTargetHealth } from '../aws/ecs-target-health.ts';
import { readServiceTasks } from '../aws/ecs-tasks.ts';
import { readTrafficMinutes } from '../aws/elb-metrics.ts';
import { headerValues, readRule } from '../aws/elb-rules.ts';
import type { Clock } from '../runner/clock.ts';
import type { Baseline } from './baseline.ts';
import { longestHold } from './gates/harm.ts';
import { minuteMs, toPairs } from './minutes.ts';
import { createCheckDesk, type RunCheck } from './own-check.ts';
import type { ShiftPlan } from './plan.ts';
import { createProbeTaskDesk, type RunProbeTask } from './probe-task.ts';
import { noProbes, type Prober, sendProbes } from './prober.ts';
import { splitToSee, type TrafficRouter } from './router.ts';
import type { GreenServiceFacts, ShiftFacts, ShiftState } from './state.ts';

/** A minute is used once it has been closed for this long: counts arrive late. */
const metricDelayMs = 120_000;
/** Minutes are read again this far back: what arrives late still counts. */
const rereadMs = 15 * minuteMs;
const largestBatch = 20;
/** Stopped tasks stay visible for an hour: more than this many are not looked at. */
const stoppedTasksAtMost = 100;

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

/** Remembers only the checks that are running; everything decided on is in the state. */
export function createObserve(
  plan: ShiftPlan,
  baseline: Baseline,
  eyes: ShiftEyes,
): (state: ShiftState) => Promise<ShiftFacts> {
  const probeDesk = createProbeTaskDesk(plan, eyes.runProbeTask, eyes.cancelled);
  const checkDesk = createCheckDesk(plan, eyes.runCheck, eyes.cancelled);
  return async (state) => {
    const now = eyes.clock.now();
    const cancelled = eyes.cancelled.aborted;
    const [splits, lockIsOurs, blueTargets, greenTargets, greenService, alarms] = await Promise.all([
      eyes.router.readSplits(),
      needsLock(state) && !cancelled ? readLock(plan, state, eyes) : undefined,
      readTargetHealth(eyes.aws, plan.blue.targetGroupArn),
      readTargetHealth(eyes.aws, plan.green.targetGroupArn),
      needsService(state) && !cancelled ? readGreenService(plan, state, eyes.aws) : undefined,
      plan.alarms.length > 0 && !cancelled ? readAlarms(eyes.aws, plan.alarms) : [],
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
      live: splitToSee(splits, state.written),
      lockIsOurs,
      blueTargets: blueTargets.targets,
      greenTargets: greenTargets.targets,
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
export function probesDue(plan: ShiftPlan, state: ShiftState, now: number): number {
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

function needsService(state: ShiftState): boolean {
  return ['ready', 'probe', 'shift', 'verify', 'bake', 'retire'].includes(state.phase.kind);
}

function needsMetrics(state: ShiftState): boolean {
  return state.shifted && ['shift', 'verify', 'bake', 'retire'].includes(state.phase.kind);
}

/** Before a weight is raised, and after a lock was taken over. */
function needsLock(state: ShiftState): boolean {
  return state.phase.kind === 'lock-check' || state.phase.kind === 'shift';
}

/** Where every target is to belong to a task of green: before it is called ready, and before each weight. */
function needsTasks(state: ShiftState): boolean {
  return state.phase.kind === 'ready' || state.phase.kind === 'shift';
}

async function readLock(plan: ShiftPlan, state: ShiftState, eyes: ShiftEyes): Promise<boolean> {
  if (state.testRuleArn === undefined) return false;
  const rule = await readRule(eyes.aws, state.testRuleArn);
  return headerValues(rule?.conditions ?? [], plan.testRule.header)?.includes(eyes.headerValue) === true;
}

/** At the end of a bake all of its minutes are read once more: a step is not passed on counts that were early. */
export function rereadIsDue(plan: ShiftPlan, state: ShiftState, now: number): boolean {
  const { phase } = state;
  if (phase.kind !== 'bake') return false;
  const endsAt = phase.since + (plan.steps[phase.step]?.bakeTimeMs ?? 0);
  return now >= endsAt && state.metricsReadAt < endsAt;
}

async function readGreenService(
  plan: ShiftPlan,
  state: ShiftState,
  aws: AwsCaller,
): Promise<GreenServiceFacts | undefined> {
  const { cluster, green } = plan;
  if (cluster === undefined || green.service === undefined) return undefined;
  const service = await readService(aws, cluster, green.service);
  const newest = service === undefined ? undefined : newestDeployment(service);
  if (service === undefined || newest === undefined) return undefined;
  const arn = state.green?.serviceDeploymentArn ?? service.currentServiceDeploymentArn;
  const [deployments, running, stopped] = await Promise.all([
    arn === undefined ? [] : readServiceDeployments(aws, [arn]),
    needsTasks(state)
      ? readServiceTasks(aws, { cluster, service: green.service, desiredStatus: 'RUNNING' })
      : undefined,
    readServiceTasks(aws, {
      cluster,
      service: green.service,
      desiredStatus: 'STOPPED',
      atMost: stoppedTasksAtMost,
    }),
  ]);
  return {
    desiredCount: service.desiredCount,
    runningCount: service.runningCount,
    deploymentId: newest.id,
    deploymentCreatedAt: newest.createdAt,
    taskDefinitionArn: newest.taskDefinitionArn,
    rolloutState: newest.rolloutState,
    rolloutReason: newest.rolloutStateReason,
    serviceDeployment: deployments[0],
    deployedDefinitionArn: await readDeployed(state, aws, deployments[0]),
    running,
    stopped,
  };
}

/** Read with the tasks, and once the service deployment has ended well: "successful" must be of our revision. */
async function readDeployed(
  state: ShiftState,
  aws: AwsCaller,
  deployment: ServiceDeploymentFacts | undefined,
): Promise<string | undefined> {
  const arn = deployment?.status === 'SUCCESSFUL' ? deployment.target?.arn : undefined;
  if (arn === undefined || !needsTasks(state)) return undefined;
  return (await readServiceRevisions(aws, [arn]))[0]?.taskDefinitionArn;
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
