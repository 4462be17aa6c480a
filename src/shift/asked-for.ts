/** What was asked for, in terms of what was found. Pure. */
import type { ScheduledAction } from '@aws-sdk/client-application-auto-scaling';
import { scalingResource } from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { Gathered } from './gather.ts';
import { stepsWithin } from './ladder.ts';

/**
 * The steps asked for. Made ones stay what they were when the shift began: green's share is part of what would be
 * measured now, and a weight of the first run may be none of new ones.
 */
export function percentsOf({ facts, baseline }: Gathered, request: ShiftRequest): readonly number[] {
  const { exposureBudget, until } = request;
  if (exposureBudget === undefined) return request.steps;
  const begun = facts.lock?.record.steps ?? [];
  const made = begun.length > 0 ? begun : stepsWithin(exposureBudget, baseline.requestsPerMinute);
  const all = new Set([...made, ...(until === undefined ? [] : [until]), 100]);
  return [...all].sort((one, other) => one - other);
}

/** As many tasks as blue has, or more: that is no end of blue. One that was begun goes by what was asked for then. */
export function keepsAll(
  { blueService, lock }: Gathered['facts'],
  { blueAfter }: Pick<ShiftRequest, 'blueAfter'>,
): boolean {
  if (blueAfter === 'keep' || blueService === undefined || lock?.record.noReturnAt !== undefined)
    return false;
  return blueAfter >= blueService.desiredCount;
}

/** How many of blue's tasks are kept as the way back: `all` where that is none fewer. A part is rounded up. */
export function tasksKept(
  { blueService, lock }: Pick<Gathered['facts'], 'blueService' | 'lock'>,
  { keepBlueAt, blueAfter }: Pick<ShiftRequest, 'keepBlueAt' | 'blueAfter'>,
): 'all' | number {
  if (keepBlueAt === 'all' || blueAfter === 'keep' || blueService === undefined) return 'all';
  // Of a shift that is there blue may be small already.
  const before = lock?.record.blueCount ?? 0;
  const running = before > 0 ? before : blueService.runningCount;
  const asked = 'tasks' in keepBlueAt ? keepBlueAt.tasks : Math.ceil((running * keepBlueAt.percent) / 100);
  const tasks = Math.max(1, asked, blueAfter);
  return tasks >= (before > 0 ? before : blueService.desiredCount) ? 'all' : tasks;
}

/** Of blue or green. */
export function scheduledOf(
  { scheduled }: Gathered,
  service: string,
  cluster: string,
): readonly ScheduledAction[] {
  const resourceId = scalingResource(cluster, service);
  return scheduled.find((each) => each.resourceId === resourceId)?.actions ?? [];
}
