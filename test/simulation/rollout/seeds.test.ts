/**
 * Many rollouts, each drawn from one seed: application, breaker, counts, faults, and what others do
 * meanwhile. Whatever happens, the outcome that is told agrees with the world. A failure prints its seed:
 * SEED=n runs that one alone, SEEDS=n runs so many.
 */
import { expect, test } from '@jest/globals';
import type { FaultRule, TimedEvent } from '../../../src/lab/world/faults/index.ts';
import { createRng } from '../../../src/lab/world/random.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { cluster, definitionOf, deploy, family, makeRegion, secondDeployer, service } from './region.ts';
import { lies, truthOf } from './truth.ts';

const kinds: Readonly<Record<string, Partial<AppModel>>> = {
  good: {},
  slowStart: { startMs: 60_000 },
  neverListens: { startMs: 100_000_000 },
  crashes: badApps.crashAtStart,
  crashesLater: { crashAfterMs: 40_000 },
  unhealthy: badApps.neverHealthy,
  hangs: { healthHangs: true },
  noImage: badApps.pullFails,
  memory: { ...badApps.outOfMemory, crashAfterMs: 5000 },
};

interface Story {
  readonly seed: number;
  readonly app: string;
  readonly outcome: string;
  readonly wrong: readonly string[];
}

async function play(seed: number): Promise<Story> {
  const rng = createRng(seed, 'rollout.story');
  const app = rng.chance(0.4) ? 'good' : rng.pick(Object.keys(kinds));
  const circuitBreaker = rng.pick([
    undefined,
    { enable: true, rollback: true },
    { enable: true, rollback: false },
  ]);
  const region = await makeRegion({
    seed,
    apps: { wanted: kinds[app]! },
    desiredCount: rng.int(1, 5),
    ...(circuitBreaker === undefined ? {} : { circuitBreaker }),
  });
  region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('other'));
  const rules: FaultRule[] = [];
  const events: TimedEvent[] = [];
  const between = (low: number, high: number): number => rng.int(low, high);
  const someoneElse = (operation: string, input: object): TimedEvent => ({
    id: operation,
    atMs: between(1000, 120_000),
    event: { kind: 'call', service: 'ecs', operation, input: { cluster, service, ...input } },
  });
  if (rng.chance(0.3)) {
    const fromMs = between(0, 60_000);
    const effect = rng.pick([
      { kind: 'throttle' as const },
      { kind: 'server-error' as const },
      { kind: 'reset' as const },
    ]);
    rules.push({
      id: 'reads',
      match: { mutates: false },
      fromMs,
      untilMs: fromMs + between(1000, 60_000),
      effect,
    });
  }
  if (rng.chance(0.3)) {
    const effect = rng.pick([
      { kind: 'throttle' as const },
      { kind: 'reset-after-effect' as const },
      { kind: 'reset' as const },
    ]);
    rules.push({ id: 'writes', match: { mutates: true }, probability: 0.5, count: 4, effect });
  }
  if (rng.chance(0.2))
    rules.push({ id: 'flaky', match: {}, probability: 0.1, effect: { kind: 'server-error' } });
  if (rng.chance(0.15)) events.push(secondDeployer(between(1000, 150_000), `${family}:2`));
  if (rng.chance(0.15)) events.push(someoneElse('UpdateService', { desiredCount: between(0, 7) }));
  if (rng.chance(0.1))
    events.push({ id: 'dark', atMs: between(1, 100_000), event: { kind: 'zone-dark', zone: 'ap-south-1b' } });
  if (rng.chance(0.05)) events.push(someoneElse('DeleteService', { force: true }));
  region.world.loadFaults({ rules, events });
  if (rng.chance(0.15)) void region.time.sleep(between(1, 120_000)).then(() => region.cancel.abort());
  const { outputs, report } = await deploy(region, 'wanted', {
    timeoutMs: between(30, 600) * 1000,
    onFailure: rng.pick(['rollback', 'rollback', 'leave']),
    onCancel: rng.pick(['rollback', 'rollback', 'leave']),
    failFast: rng.chance(0.7),
  });
  if (
    outputs['outcome'] === 'refused' ||
    (outputs['outcome'] === 'cancelled' && outputs['aftermath'] === 'untouched')
  ) {
    return { seed, app, outcome: outputs['outcome'], wrong: [] };
  }
  if (outputs['outcome'] === 'failed')
    return { seed, app, outcome: 'failed', wrong: app === 'good' ? ['a good revision failed'] : [] };
  if (process.env['SEED'] !== undefined)
    console.log(
      region.log.join('\n'),
      outputs,
      report.sentence,
      JSON.stringify(rules),
      JSON.stringify(events),
    );
  const truth = truthOf(region, outputs['service-deployment-arn']);
  const blind = report.sentence.includes('AWS does not answer');
  const wrong = lies(outputs, truth, { before: 'good-1', wanted: 'wanted' }, blind);
  return { seed, app, outcome: outputs['outcome'] ?? '', wrong };
}

test('what is told is what is so', async () => {
  const only = process.env['SEED'];
  const count = Number(process.env['SEEDS'] ?? 300);
  const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
  const stories: Story[] = [];
  for (const seed of seeds) {
    try {
      stories.push(await play(seed));
    } catch (error) {
      throw new Error(`Seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  const outcomes: Record<string, number> = {};
  for (const story of stories) outcomes[story.outcome] = (outcomes[story.outcome] ?? 0) + 1;
  if (only === undefined) {
    // The stories have to be many-sided, or their agreement would mean little.
    for (const outcome of ['succeeded', 'rolled-back', 'timed-out', 'superseded', 'cancelled', 'stopped']) {
      expect({ outcome, seen: (outcomes[outcome] ?? 0) > 0 }).toEqual({ outcome, seen: true });
    }
  }
  expect(stories.filter((story) => story.wrong.length > 0)).toEqual([]);
}, 120_000);
