/** Scaling at the end of a shift. */
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing, updateService } from '../aws/ecs-service.ts';
import { noteScaling, quietened, type ScalingFacts, writeScaling } from '../aws/scaling-targets.ts';
import type { ShiftPlan } from './plan.ts';
import type { ShiftState } from './state.ts';

/**
 * As found. Where blue was scaled down it may stay there, and green takes over the limits blue had; a green
 * that was taken back and emptied may stay at 0. A schedule would bring the tasks of such a service back, so it
 * stays suspended until a shift gives the service traffic again. Pure.
 */
export function restoredScaling(plan: ShiftPlan, state: ShiftState): readonly ScalingFacts[] {
  const ending = state.phase.kind === 'tail' ? state.phase.ending.kind : undefined;
  const promoted = ending === 'promoted' || ending === 'promoted-on-probes';
  const twin: readonly ScalingFacts[] =
    plan.twinScaling === undefined || plan.twinScaling.isBegun || state.green === undefined
      ? []
      : [{ ...plan.twinScaling.target, arn: state.twinScalingArn }];
  const all = [...plan.scaling, ...twin];
  const blue = all.find((target) => isOf(target, plan.blue.service));
  const green = all.find((target) => isOf(target, plan.green.service));
  if (!promoted) {
    // Where somebody else has set the weights, green keeps its tasks: it may serve.
    const emptied =
      ending !== 'interfered' && plan.greenAfterRollback === 'scale-to-zero' && state.green !== undefined;
    return all.map((target) =>
      target === green && emptied ? { ...unscheduled(plan, target), minCapacity: 0 } : target,
    );
  }
  const scheduled = all.map((target) => (target === green ? scheduledLike(plan, blue, target) : target));
  const left = blueLeft(plan, state);
  if (blue === undefined || left === 'all') return scheduled;
  return scheduled.map((target) =>
    target === blue
      ? { ...unscheduled(plan, target), minCapacity: Math.min(target.minCapacity, left) }
      : {
          ...target,
          minCapacity: Math.max(target.minCapacity, blue.minCapacity),
          maxCapacity: Math.max(target.maxCapacity, blue.maxCapacity),
        },
  );
}

/**
 * Scheduled scaling of what serves now is as it was of what served before. Where that does not scale, a host say, it
 * says nothing: a green that a way back had emptied follows its schedule again.
 */
function scheduledLike(plan: ShiftPlan, blue: ScalingFacts | undefined, green: ScalingFacts): ScalingFacts {
  const wasEmptied = green.minCapacity === 0 && plan.scheduled.includes(green.resourceId);
  if (blue === undefined && !wasEmptied) return green;
  return { ...green, suspended: { ...green.suspended, scheduled: blue?.suspended.scheduled ?? false } };
}

function unscheduled(plan: ShiftPlan, target: ScalingFacts): ScalingFacts {
  const hasSchedule =
    plan.scheduled.includes(target.resourceId) ||
    plan.twinScaling?.scheduled.some((each) => each.ResourceId === target.resourceId) === true;
  return hasSchedule ? { ...target, suspended: { ...target.suspended, scheduled: true } } : target;
}

/** The floor goes down before the count: scaling would fill it up again. */
export async function scaleBlueDown(aws: AwsCaller, plan: ShiftPlan, count: number): Promise<void> {
  const { service } = plan.blue;
  const target = plan.scaling.find((candidate) => isOf(candidate, service));
  if (target !== undefined) {
    await writeScaling(aws, {
      ...target,
      minCapacity: Math.min(target.minCapacity, count),
      suspended: { ...target.suspended, scaleIn: true, scheduled: true },
    });
  }
  await updateService(aws, { cluster: plan.cluster, service, desiredCount: count });
}

/** What carries everything, or more: floors first, or what is behind them would be taken for too much. Repeatable. */
export async function scaleBlueUp(aws: AwsCaller, plan: ShiftPlan, count: number): Promise<void> {
  const { cluster } = plan;
  const { service } = plan.blue;
  if (cluster === undefined || service === undefined) throw new Error('Blue has no service.');
  for (const target of plan.scaling) {
    await noteScaling(aws, target);
    await writeScaling(aws, quietened(target, count));
  }
  // Its own scaling may have brought more already.
  const now = await readServiceOrNothing(aws, { cluster, service });
  const desiredCount = Math.max(count, now?.desiredCount ?? 0);
  await updateService(aws, { cluster, service, desiredCount });
}

/** Tasks that blue is left with; `all` where nothing was taken from it. */
function blueLeft({ blueAfter }: ShiftPlan, { noReturnAt, kept }: ShiftState): 'all' | number {
  if (noReturnAt !== undefined) return blueAfter === 'keep' ? 0 : blueAfter;
  return kept?.tasks ?? 'all';
}

function isOf(target: ScalingFacts, service: string | undefined): boolean {
  return service !== undefined && target.resourceId.endsWith(`/${service}`);
}
