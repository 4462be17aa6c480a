/**
 * Up to the first change: every reason against the shift, the maintenance window, one more look at what serves,
 * the revision, the one-off task before.
 */
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing } from '../aws/ecs-service.ts';
import { type ForwardLocation, readForward, sameSplit, type WeightSplit } from '../aws/elb-forward.ts';
import type { ActionResult } from '../engine/action.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { decideWindow } from '../rollout/maintenance-window.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { bringRevision } from './bring-revision.ts';
import { buildPlan, unchanged } from './build-plan.ts';
import { carryOut } from './carry-out.ts';
import { event } from './decide.ts';
import { cancelledEarly, refuse, stop, subjectOf } from './early-end.ts';
import type { Gathered } from './gather.ts';
import { describeSplit } from './ladder.ts';
import { revisionName } from './plan.ts';
import { preDeploy } from './pre-deploy.ts';
import { preflight, type Refusal } from './preflight.ts';
import { checkReach } from './reach.ts';
import type { ShiftRun } from './run-plan.ts';
import { foreseeableLack } from './safety.ts';
import type { StaleGuard } from './stale.ts';

export interface Beginning {
  readonly gathered: Gathered;
  readonly guard: StaleGuard;
  /** Until then a maintenance window may be waited for, epoch milliseconds. */
  readonly latestAt: number;
}

/** `look-again`: a window was waited for, and much may have happened since. */
export async function beginShift(
  run: ShiftRun,
  request: ShiftRequest,
  { gathered: found, guard, latestAt }: Beginning,
): Promise<ActionResult | 'look-again'> {
  const { clock, runner } = run.ports;
  const why = unchanged(found, request);
  if (why !== undefined) return stop(run, subjectOf(found), { kind: 'no-change', why }, why);
  const refusals = [...preflight(found.facts, request)];
  const { blueService } = found.facts;
  if (blueService !== undefined) {
    const stale = await guard(revisionName(blueService.taskDefinitionArn), found);
    if (stale !== undefined) refusals.push(stale);
  }
  const plan = buildPlan(found, request);
  const lack = isMeasured(refusals) ? foreseeableLack(plan, found.baseline) : undefined;
  if (lack !== undefined) refusals.push({ code: 'unproven', message: lack });
  if (request.probes.task === undefined) refusals.push(...(await checkReach(run, plan)));
  const { windows, outside } = request.maintenance;
  const window = decideWindow(windows, outside, clock.now(), latestAt);
  if (window.kind === 'refuse') {
    refusals.push({ code: 'outside-window', message: `${window.reason} ${window.remedy}` });
  }
  if (refusals.length > 0) return refuse(run, found, refusals);
  if (window.kind === 'wait') {
    run.record(event(clock.now(), 'shift.waiting', 'notice', window.message));
    if (!request.dryRun) {
      while (clock.now() < window.untilAt && !runner.cancelled.aborted) {
        await clock.sleep(window.untilAt - clock.now(), runner.cancelled);
      }
      return runner.cancelled.aborted ? cancelledEarly(run, subjectOf(found)) : 'look-again';
    }
  }
  if (request.dryRun) return carryOut(run, found, request, plan);
  const changed = await changedSince(run, request, found, guard);
  if (changed !== undefined) return refuse(run, found, [changed]);
  const brought = await bringRevision(run, request, found);
  if (brought.kind === 'refused') return refuse(run, found, [brought.refusal]);
  const { gathered } = brought;
  const service = gathered.facts.greenService ?? gathered.facts.blueService;
  const { definition } = gathered;
  const { cluster, preDeploy: migration } = request;
  if (migration !== undefined && cluster !== undefined && service && definition) {
    const end = await preDeploy(run, { cluster, service, definition, request: migration });
    run.changes.made(end.kind === 'passed' ? end.sentence : undefined);
    if (end.kind === 'cancelled') return cancelledEarly(run, subjectOf(gathered), end.sentence);
    if (end.kind === 'failed') {
      const result = refuse(run, gathered, [end.refusal]);
      const { report } = result;
      return { ...result, report: { ...report, sections: [...end.sections, ...report.sections] } };
    }
    // A migration takes its time: another run may have deployed meanwhile.
    const late = await changedSince(run, request, gathered, guard);
    if (late !== undefined) return refuse(run, gathered, [late]);
  }
  return carryOut(run, gathered, request, gathered === found ? plan : buildPlan(gathered, request));
}

/** Whether what blue had in the last hour says what is to come: not where it is not blue that serves. */
function isMeasured(refusals: readonly Refusal[]): boolean {
  const elsewhere: readonly string[] = [
    'weights-not-as-expected',
    'other-group-has-weight',
    'blue-unhealthy',
  ];
  return !refusals.some(({ code }) => elsewhere.includes(code));
}

/** One more look just before something is changed: has somebody else deployed in between? */
async function changedSince(
  run: ShiftRun,
  { cluster }: ShiftRequest,
  gathered: Gathered,
  guard: StaleGuard,
): Promise<Refusal | undefined> {
  const { forward, blueService, taskDefinitionArn } = gathered.facts;
  const live = await readSplit(run.aws, forward.location);
  if (!sameSplit(live, forward.split)) {
    const now = live.length === 0 ? 'no forward at all' : describeSplit(live);
    return {
      code: 'weights-not-as-expected',
      message: `The weights changed while this run made ready: ${describeSplit(forward.split)} then, ${now} now. Run it again.`,
    };
  }
  if (cluster === undefined || blueService === undefined) return undefined;
  const now = await readServiceOrNothing(run.aws, { cluster, service: blueService.name });
  if (now === undefined || now.taskDefinitionArn === blueService.taskDefinitionArn) return undefined;
  const stale = await guard(revisionName(now.taskDefinitionArn), gathered);
  if (stale !== undefined || now.taskDefinitionArn !== taskDefinitionArn) return stale;
  return {
    code: 'blue-deploying',
    message: `${blueService.name} runs ${revisionName(now.taskDefinitionArn)} since a moment ago: another run deployed the same. Run this again.`,
  };
}

/** Empty where the rule forwards no more: somebody has put a page into it, say. */
async function readSplit(aws: AwsCaller, location: ForwardLocation): Promise<WeightSplit> {
  try {
    return (await readForward(aws, location)).split;
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === 'no-forward') return [];
    throw error;
  }
}
