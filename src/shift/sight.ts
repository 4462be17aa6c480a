/** What a shift has last seen of weights, targets, tasks and alarms. A look reads again what it needs. */
import { type AlarmFact, readAlarms } from '../aws/alarms.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTargetHealth, type TargetFacts } from '../aws/ecs-target-health.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import { createGreenReader, type Depth } from './look-at-green.ts';
import { haveMoved, type Needs, neverSeen, type SeenAt } from './look-needs.ts';
import type { ShiftPlan } from './plan.ts';
import { hasDeployed } from './readiness.ts';
import type { TrafficRouter } from './router.ts';
import type { GreenServiceFacts, ShiftState } from './state.ts';

export interface Sight {
  /** What could not be read stays old, and is asked for again at the next look. */
  readonly seenAt: SeenAt;
  readonly splits: readonly [WeightSplit, ...WeightSplit[]];
  readonly blueTargets: readonly TargetFacts[];
  readonly greenTargets: readonly TargetFacts[];
  readonly greenService: GreenServiceFacts | undefined;
  readonly alarms: readonly AlarmFact[];
}

type Changing<T> = { -readonly [Name in keyof T]: T[Name] };

export function createSight(
  plan: ShiftPlan,
  aws: AwsCaller,
  router: TrafficRouter,
): {
  readonly sight: Sight;
  readonly read: (state: ShiftState, needs: Needs, now: number) => Promise<unknown>;
} {
  const readGreen = createGreenReader(plan, aws);
  const seenAt: Changing<SeenAt> = { ...neverSeen };
  const sight: Changing<Sight> = {
    seenAt,
    splits: [plan.former],
    blueTargets: [],
    greenTargets: [],
    greenService: undefined,
    alarms: [],
  };
  /** As they were when the tasks were last looked at. */
  let targetsOfTasks: readonly TargetFacts[] = [];

  const readSplits = async (now: number): Promise<void> => {
    sight.splits = await router.readSplits();
    seenAt.splits = now;
  };
  const readBlueTargets = async (): Promise<void> => {
    sight.blueTargets = (await readTargetHealth(aws, plan.blue.targetGroupArn)).targets;
  };
  const readGreenTargets = async (now: number): Promise<void> => {
    sight.greenTargets = (await readTargetHealth(aws, plan.green.targetGroupArn)).targets;
    seenAt.greenTargets = now;
  };
  const readGreenService = async (state: ShiftState, depth: Depth, now: number): Promise<void> => {
    sight.greenService = await readGreen(state, depth, now);
    seenAt.service = now;
  };
  const readAllAlarms = async (now: number): Promise<void> => {
    sight.alarms = await readAlarms(aws, plan.alarms);
    seenAt.alarms = now;
  };
  const readGreenSide = async (state: ShiftState, needs: Needs, now: number): Promise<void> => {
    if (needs.greenTargets && needs.green !== undefined) {
      await Promise.all([readGreenTargets(now), readGreenService(state, needs.green, now)]);
    } else if (needs.greenTargets) await readGreenTargets(now);
    else if (needs.green !== undefined) await readGreenService(state, needs.green, now);
    const ended = needs.follows === 'deployment' && hasDeployed(plan, state, sight.greenService);
    if (ended && !needs.greenTargets) await readGreenTargets(now);
    const moved = needs.follows === 'targets' && haveMoved(sight.greenTargets, targetsOfTasks);
    if (needs.green !== 'all' && moved) await readGreenService(state, 'tasks', now);
    if (needs.green === 'all' || moved) targetsOfTasks = sight.greenTargets;
  };
  return {
    sight,
    read: (state, needs, now) => {
      const alarms = needs.alarms && plan.alarms.length > 0;
      // Most looks are at green alone.
      if (!needs.splits && !needs.blueTargets && !alarms) return readGreenSide(state, needs, now);
      return Promise.all([
        needs.splits && readSplits(now),
        needs.blueTargets && readBlueTargets(),
        readGreenSide(state, needs, now),
        alarms && readAllAlarms(now),
      ]);
    },
  };
}
