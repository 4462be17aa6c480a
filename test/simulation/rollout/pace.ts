/**
 * How soon a deploying job knows, and what it asks for that: rollouts of every length, shaped by what
 * makes them long in life (start, health checks, draining, batches, alarms), none of which the kit is told.
 */
import type { ActionResult } from '../../../src/engine/action.ts';
import { createRng, type Rng } from '../../../src/lab/world/random.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { marksToTags } from '../../../src/rollout/marks.ts';
import { originOf } from '../../../src/rollout/origin.ts';
import { definitionOf, deploy, family, makeRegion, portsOf, type Region } from './region.ts';

/** From a runner of GitHub's to a region of AWS and back, service time included; virtual milliseconds. */
export const callLatencyMs = 80;

export interface Pace {
  readonly seed: number;
  readonly outcome: string;
  /** From the update of the service to its end in ECS. */
  readonly lengthMs: number;
  /** From the fact in ECS to the end of the job. */
  readonly lagMs: number;
  readonly calls: number;
  /** Of a rollback: from ROLLBACK_REQUESTED to the line in the log that says so. */
  readonly announcedMs: number;
  readonly byOperation: Readonly<Record<string, number>>;
}

interface Shape {
  readonly desiredCount: number;
  readonly breaker: boolean;
  /** Fewest healthy and most tasks, percent of the desired count. */
  readonly percents: readonly [minimum: number, maximum: number];
  /** The new tasks come in so many rounds. */
  readonly rounds: number;
}

function drawShape(rng: Rng): Shape {
  const breaker = rng.chance(0.5);
  const desiredCount = rng.pick([1, 2, 3, 3, 4, 6]);
  if (desiredCount === 1 || rng.chance(0.5))
    return { desiredCount, breaker, percents: [100, 200], rounds: 1 };
  const rounds = desiredCount === 3 ? 3 : 2;
  return {
    desiredCount,
    breaker,
    percents: rng.pick([
      [100, 150],
      [50, 100],
    ] as const),
    rounds,
  };
}

/** A good rollout of some length from 40 to 900 s. */
export async function goodRollout(seed: number): Promise<Pace> {
  const rng = createRng(seed, 'pace.good');
  const shape = drawShape(rng);
  const spareMs = Math.round((rng.int(0, 850) * 1000) / shape.rounds);
  const drainMs = Math.min(300_000, spareMs * rng.pick([0, 0.2, 0.5, 0.8]));
  const app = { startMs: Math.max(1000, spareMs - drainMs) };
  return measured(seed, rng, { ...shape, app, drainMs }, 'SUCCESSFUL');
}

/** A revision that never serves, under a breaker that rolls back. */
export async function crashLoop(seed: number): Promise<Pace> {
  const rng = createRng(seed, 'pace.crash');
  const app = rng.pick<Partial<AppModel>>([
    badApps.crashAtStart,
    { crashAfterMs: rng.int(0, 5000) },
    badApps.pullFails,
    badApps.neverHealthy,
  ]);
  const drainMs = rng.pick([0, 5, 15, 30, 30, 60, 120, 300]) * 1000;
  return measured(seed, rng, { ...drawShape(rng), breaker: true, app, drainMs }, 'ROLLBACK_SUCCESSFUL');
}

async function measured(
  seed: number,
  rng: Rng,
  shape: Shape & { readonly app: Partial<AppModel>; readonly drainMs: number },
  end: string,
): Promise<Pace> {
  const region = await makeRegion({
    seed,
    apps: { next: shape.app },
    desiredCount: shape.desiredCount,
    targetGroup: {
      healthIntervalSeconds: rng.pick([6, 10, 30]),
      healthyThreshold: rng.int(2, 4),
      deregistrationDelaySeconds: Math.round(shape.drainMs / 1000),
    },
    serviceInput: { healthCheckGracePeriodSeconds: end === 'SUCCESSFUL' ? 1200 : 30 },
    deploymentConfiguration: { maximumPercent: shape.percents[1], minimumHealthyPercent: shape.percents[0] },
    ...(shape.breaker ? { circuitBreaker: { enable: true, rollback: true } } : {}),
    ecs: { drainingTasksCountAsRunning: rng.chance(0.5) },
    settleMs: 600_000,
  });
  const beganAt = region.time.now();
  const result = await deploy(
    region,
    'next',
    { timeoutMs: 3_600_000, failFast: false },
    definitionOf,
    callLatencyMs,
  );
  const endedAt = region.time.now();
  const at = (status: string): number =>
    region.world.kernel.journal.find(
      (entry) =>
        entry.kind === 'ecs.service-deployment-state' &&
        entry.subject === result.outputs['service-deployment-arn'] &&
        entry.detail['status'] === status,
    )?.at ?? Number.NaN;
  const announced = eventAt(result, 'rollout.rolling-back');
  return {
    seed,
    outcome: result.outputs['outcome'] ?? '',
    lengthMs: at(end) - beganAt,
    lagMs: endedAt - at(end),
    calls: callsOf(region),
    announcedMs: announced - at('ROLLBACK_REQUESTED'),
    byOperation: region.world.callCounts(region.caller.arn),
  };
}

function eventAt(result: ActionResult, code: string): number {
  return result.report.events.find((event) => event.code === code)?.at ?? Number.NaN;
}

function callsOf(region: Region): number {
  return Object.values(region.world.callCounts(region.caller.arn)).reduce((sum, count) => sum + count, 0);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** What a run without `wait` asks: for a new file, for one that equals the newest revision, for a revision by name. */
export async function beginning(
  known?: 'equal-file' | 'named',
): Promise<Pick<Pace, 'byOperation'> & { readonly tookMs: number }> {
  const region = await makeRegion();
  if (known !== undefined) {
    // As an earlier attempt of this run has left it.
    const marks = [...marksToTags(originOf(portsOf(region).context))];
    const tags = marks.map(([key, value]) => ({ key, value }));
    region.world.must('ecs', 'RegisterTaskDefinition', { ...definitionOf('next'), tags });
  }
  const beganAt = region.time.now();
  const change =
    known === 'named' ? { taskDefinition: { kind: 'revision', name: `${family}:2` } as const } : {};
  await deploy(region, 'next', { wait: false, ...change }, definitionOf, callLatencyMs);
  return { byOperation: region.world.callCounts(region.caller.arn), tookMs: region.time.now() - beganAt };
}
