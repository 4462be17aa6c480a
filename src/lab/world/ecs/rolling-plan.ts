/**
 * The rolling strategy as a pure function: which tasks to start and to stop now. Other strategies
 * (BLUE_GREEN, LINEAR, CANARY) take the place of this one, each in a file of its own.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */

/** What the plan has to know of a task that is meant to run. */
export interface PlannedTask {
  readonly id: string;
  /** Belongs to the newest deployment. */
  readonly isPrimary: boolean;
  readonly isRunning: boolean;
  readonly isHealthy: boolean;
  /** Has to be replaced. */
  readonly isUnhealthy: boolean;
  /** Scale-in protection: not to be stopped for scaling or a deployment. */
  readonly isProtected: boolean;
  readonly zone: string;
  readonly createdAt: number;
}

export interface RollingSituation {
  readonly desiredCount: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** The newest deployment has not completed yet. */
  readonly inProgress: boolean;
  /** No task of the newest deployment may be started. */
  readonly frozen: boolean;
  /** Tasks that are being stopped and still count against the maximum. */
  readonly stoppingCount: number;
  /** Zones to keep in balance once the deployment has completed; empty where that is off. */
  readonly balancedZones: readonly string[];
  readonly tasks: readonly PlannedTask[];
}

export interface RollingPlan {
  readonly start: number;
  /** Ids to stop because of their health. */
  readonly replace: readonly string[];
  /** Ids to stop because they are too many or of an older deployment. */
  readonly scaleIn: readonly string[];
  /** Tasks are missing, and the percentages leave no way to get them. */
  readonly isBlocked: boolean;
}

/** Fewest healthy tasks: rounded up. */
export const minimumHealthyTasks = (desiredCount: number, percent: number): number =>
  Math.ceil((desiredCount * percent) / 100);

/** Most tasks at a time: rounded down. */
export const maximumTasks = (desiredCount: number, percent: number): number =>
  Math.floor((desiredCount * percent) / 100);

const nothing: RollingPlan = { start: 0, replace: [], scaleIn: [], isBlocked: false };

export function planRolling(situation: RollingSituation): RollingPlan {
  return isFull(situation) && !asksForBalance(situation, situation.tasks) ? nothing : planChange(situation);
}

/** All that are wanted are there, and none is to be replaced: almost always. */
function isFull({ desiredCount, tasks }: RollingSituation): boolean {
  return tasks.length === desiredCount && tasks.every((task) => task.isPrimary && !task.isUnhealthy);
}

function planChange(situation: RollingSituation): RollingPlan {
  const { desiredCount, tasks } = situation;
  const minimum = minimumHealthyTasks(desiredCount, situation.minimumHealthyPercent);
  const maximum = maximumTasks(desiredCount, situation.maximumPercent);
  const primary = tasks.filter((task) => task.isPrimary);
  const old = tasks.filter((task) => !task.isPrimary);
  const goodPrimary = primary.filter((task) => !task.isUnhealthy);
  const healthyPrimary = goodPrimary.filter((task) => task.isHealthy);

  const wanted = desiredCount + (asksForBalance(situation, goodPrimary) ? 1 : 0);
  const missing = situation.frozen ? 0 : Math.max(0, wanted - goodPrimary.length);
  const room = Math.max(0, maximum - tasks.length - situation.stoppingCount);
  const start = Math.min(missing, room);
  const replace = unhealthyToStop(situation, primary, old, missing, room);

  const goodOld = old.filter((task) => !task.isUnhealthy);
  const healthy = healthyPrimary.length + goodOld.filter((task) => task.isHealthy).length;
  const limits = { spareHealthy: Math.max(0, healthy - minimum) };
  const surplus = awaitsBalance(situation, goodPrimary)
    ? []
    : takeForStop(goodPrimary, goodPrimary.length - desiredCount, limits);
  const kept = Math.max(0, desiredCount - healthyPrimary.length);
  // Of the older deployments those go at once that never got up: nobody waits for them any more.
  const neverUp = goodOld.filter((task) => !task.isRunning && !task.isProtected);
  const quota = Math.max(goodOld.length - kept, missing - start) - neverUp.length;
  const up = goodOld.filter((task) => task.isRunning);
  const scaleIn = [...surplus, ...neverUp, ...takeForStop(up, quota, limits)];
  const isWaiting = goodPrimary.length > healthyPrimary.length || situation.stoppingCount > 0;
  return {
    start,
    replace,
    scaleIn: scaleIn.map((task) => task.id),
    isBlocked:
      missing > 0 &&
      wanted === desiredCount &&
      start === 0 &&
      replace.length + scaleIn.length === 0 &&
      !isWaiting,
  };
}

/** Tasks in the fullest and in the emptiest of the balanced zones. */
function spread(zones: readonly string[], tasks: readonly PlannedTask[]): { most: number; fewest: number } {
  const counts = zones.map((zone) => tasks.filter((task) => task.zone === zone).length);
  return { most: Math.max(...counts), fewest: Math.min(...counts) };
}

/**
 * Zone rebalancing of a calm service: one task more in the emptiest zone first, then one less in the
 * fullest. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
 */
function asksForBalance(situation: RollingSituation, primary: readonly PlannedTask[]): boolean {
  const { balancedZones, desiredCount, inProgress, tasks } = situation;
  if (inProgress || balancedZones.length < 2 || tasks.length !== desiredCount) return false;
  if (primary.length !== desiredCount || !primary.every((task) => task.isHealthy)) return false;
  const { most, fewest } = spread(balancedZones, primary);
  return most - fewest > 1;
}

/** The task too many is on its way to balance the zones: wait until it is healthy. */
function awaitsBalance(situation: RollingSituation, primary: readonly PlannedTask[]): boolean {
  const { balancedZones, desiredCount, inProgress } = situation;
  if (inProgress || balancedZones.length < 2 || primary.length !== desiredCount + 1) return false;
  const starting = primary.filter((task) => !task.isHealthy);
  if (starting.length !== 1) return false;
  const others = primary.filter((task) => task !== starting[0]);
  const { most } = spread(balancedZones, others);
  return most - others.filter((task) => task.zone === starting[0]!.zone).length > 1;
}

/**
 * Unhealthy tasks: during a deployment they go at once. In a completed one the replacement comes first
 * where the maximum allows it, then the unhealthy go; a replacement that is unhealthy too goes again.
 * https://aws.amazon.com/blogs/containers/a-deep-dive-into-amazon-ecs-task-health-and-task-replacement/
 */
function unhealthyToStop(
  situation: RollingSituation,
  primary: readonly PlannedTask[],
  old: readonly PlannedTask[],
  missing: number,
  room: number,
): string[] {
  const sick = primary.filter((task) => task.isUnhealthy);
  const sickOld = old.filter((task) => task.isUnhealthy).map((task) => task.id);
  if (sick.length === 0) return sickOld;
  if (situation.inProgress || situation.frozen) return [...sickOld, ...sick.map((task) => task.id)];
  const healthy = primary.filter((task) => task.isHealthy && !task.isUnhealthy).length;
  const starting = primary.length - sick.length - healthy;
  let count = 0;
  if (healthy >= situation.desiredCount) count = sick.length;
  else if (starting === 0 && primary.length > situation.desiredCount)
    count = primary.length - situation.desiredCount;
  else if (starting === 0 && room === 0 && missing > 0) count = 1;
  const newestFirst = [...sick].sort((one, other) => other.createdAt - one.createdAt);
  return [...sickOld, ...newestFirst.slice(0, count).map((task) => task.id)];
}

/** At most `quota` tasks in the order of stopping; healthy ones only as long as enough are left. */
function takeForStop(
  tasks: readonly PlannedTask[],
  quota: number,
  limits: { spareHealthy: number },
): PlannedTask[] {
  if (quota <= 0) return [];
  const taken: PlannedTask[] = [];
  for (const task of inStopOrder(tasks)) {
    if (taken.length >= quota) break;
    if (task.isHealthy) {
      if (limits.spareHealthy <= 0) continue;
      limits.spareHealthy--;
    }
    taken.push(task);
  }
  return taken;
}

/** Not yet running first, then not healthy, then from the fullest zone the newest; never a protected one. */
function inStopOrder(tasks: readonly PlannedTask[]): PlannedTask[] {
  const left = tasks.filter((task) => !task.isProtected);
  const load = new Map<string, number>();
  for (const task of left) load.set(task.zone, (load.get(task.zone) ?? 0) + 1);
  const ordered: PlannedTask[] = [];
  const rank = (task: PlannedTask): number => (!task.isRunning ? 0 : !task.isHealthy ? 1 : 2);
  while (left.length > 0) {
    let best = 0;
    for (let index = 1; index < left.length; index++) {
      if (goesBefore(left[index]!, left[best]!, rank, load)) best = index;
    }
    const [task] = left.splice(best, 1);
    load.set(task!.zone, load.get(task!.zone)! - 1);
    ordered.push(task!);
  }
  return ordered;
}

function goesBefore(
  one: PlannedTask,
  other: PlannedTask,
  rank: (task: PlannedTask) => number,
  load: ReadonlyMap<string, number>,
): boolean {
  if (rank(one) !== rank(other)) return rank(one) < rank(other);
  const difference = load.get(one.zone)! - load.get(other.zone)!;
  return difference !== 0 ? difference > 0 : one.createdAt > other.createdAt;
}
