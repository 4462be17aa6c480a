/**
 * Up to the first change: plans that may be carried out, or how the run ended without any. Waits for the
 * maintenance window where it is told to, and looks at everything anew once it is open.
 */
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import { type AftercarePorts, type BeginAftercare, beginAftercare } from './aftercare.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import { resultOf, type ServiceResult } from './carry-out.ts';
import { checkConditions, oneRefusal } from './conditions.ts';
import type { FilePorts } from './definitions.ts';
import type { FollowPorts } from './follow.ts';
import type { Guarded, Guards } from './guards.ts';
import { decideWindow, type WindowDecision } from './maintenance-window.ts';
import type { RolloutOutcome } from './outcome.ts';
import { withPreDeploy } from './pre-deploy.ts';
import { heldBackBy, hindrance, plannedOutcome, prepare } from './prepare.ts';

export type Ready =
  | {
      readonly kind: 'ready';
      readonly guarded: readonly Guarded[];
      /** For the time of the rollout; undefined where no alarms were asked for. */
      readonly alarms: AlarmWatch | undefined;
    }
  | { readonly kind: 'ended'; readonly results: readonly ServiceResult[] };

export async function makeReady(
  request: RollingDeployRequest,
  ports: FollowPorts,
  files: Pick<FilePorts, 'readFile'>,
  guards: Guards,
  aftercare: BeginAftercare | undefined,
): Promise<Ready> {
  const { clock, cancelled } = ports;
  const { windows, outside, timeoutMs } = request.maintenance;
  const latestAt = clock.now() + timeoutMs;
  for (;;) {
    const [found, conditions] = await Promise.all([
      prepare(request, ports, files),
      checkConditions(request, ports),
    ]);
    const guarded = await guards.of(withPreDeploy(found, request.preDeploy));
    const { alarms } = conditions;
    const all = (outcomeOf: (each: Guarded) => RolloutOutcome): Ready => ({
      kind: 'ended',
      results: guarded.map((each) => resultOf(each, outcomeOf(each))),
    });
    const untouched: RolloutOutcome = { kind: 'cancelled', aftermath: 'untouched' };
    if (cancelled.aborted) return all(() => untouched);
    const hindered = guarded.filter((each) => hindrance(each.plan) !== undefined);
    const refusal = oneRefusal(conditions.refusals);
    if (hindered.length > 0 || refusal !== undefined) {
      return refusedFor(guarded, (each) => hindrance(each.plan), refusal);
    }
    const changes = guarded.some((each) => each.plan.kind === 'deploy');
    const window = (): WindowDecision =>
      changes ? decideWindow(windows, outside, clock.now(), latestAt) : { kind: 'open' };
    const now = window();
    if (now.kind === 'refuse') return all(() => ({ ...now, kind: 'refused' }));
    if (request.dryRun) {
      const start = await beginAftercare(aftercare, request.watch, guarded, withAlarms(ports, alarms));
      if (start.kind === 'refused') return all(() => start);
      return all((each) => withWindow(plannedOutcome(each.plan), now));
    }
    if (now.kind === 'wait') {
      ports.record({ at: clock.now(), code: 'rollout.waiting', level: 'notice', message: now.message });
      while (clock.now() < now.untilAt && !cancelled.aborted) {
        await clock.sleep(now.untilAt - clock.now(), cancelled);
      }
      if (cancelled.aborted) return all(() => untouched);
      continue;
    }
    if (!changes) return { kind: 'ready', guarded, alarms };
    const refusals = await guards.again(guarded);
    if (refusals.size > 0) return refusedFor(guarded, (each) => hindrance(refusals.get(each) ?? each.plan));
    if (cancelled.aborted) return all(() => untouched);
    // It may have closed while all this was read: then it is waited for, or refused, like before.
    if (window().kind === 'open') return { kind: 'ready', guarded, alarms };
  }
}

/** With what a watch after the rollout needs. */
export function withAlarms(ports: FollowPorts, alarms: AlarmWatch | undefined): AftercarePorts {
  return alarms === undefined ? ports : { ...ports, alarms };
}

/** Services of one run are begun together: what holds one back holds all. */
function refusedFor(
  guarded: readonly Guarded[],
  own: (each: Guarded) => RolloutOutcome | undefined,
  ofAll?: RolloutOutcome,
): Ready {
  const held =
    ofAll ?? heldBackBy(guarded.filter((each) => own(each) !== undefined).map((each) => each.target.service));
  return { kind: 'ended', results: guarded.map((each) => resultOf(each, own(each) ?? held)) };
}

function withWindow(outcome: RolloutOutcome, window: WindowDecision): RolloutOutcome {
  if (outcome.kind !== 'planned' || window.kind !== 'wait') return outcome;
  return { ...outcome, steps: [window.message, ...outcome.steps] };
}
