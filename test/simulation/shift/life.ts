/**
 * One seeded life of a shift: a drawn release, drawn trouble, and where a run died or left something behind,
 * the runs after it. What is true is known from the seed, not from any verdict of the kit.
 */
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { randomFaults } from '../../../src/lab/world/faults/index.ts';
import {
  foreignStays,
  liveTrafficHasHealthyTarget,
  observeRouting,
  weightsOnLadder,
} from '../../../src/lab/world/invariants.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { Killed, killedAt } from './dying.ts';
import { scalable, scalingNow } from './leftovers.ts';
import {
  cancelAfter,
  cluster,
  liveWeights,
  makeRegion,
  minute,
  type Region,
  registerImage,
  rulesOfListener,
  serviceNow,
  shift,
} from './region.ts';

const releases: Readonly<Record<string, Partial<AppModel> | undefined>> = {
  good: undefined,
  alsoGood: undefined,
  stillGood: undefined,
  errors: badApps.errors,
  hangs: badApps.hangs,
  crashAtStart: badApps.crashAtStart,
  neverHealthy: badApps.neverHealthy,
  bursts: badApps.bursts,
  slow: badApps.slow,
  crashesLater: { crashAfterMs: 8 * minute },
};

export const troubles = [
  'none',
  'network',
  'cancelled',
  'killed',
  'killed-twice',
  'killed-then-newer',
  'weights-stolen',
  'second-shift',
  'green-redeployed',
  'zone-dark',
  'metrics-gap',
] as const;
export type Trouble = (typeof troubles)[number];

export interface Life {
  readonly seed: number;
  readonly release: string;
  readonly trouble: Trouble;
  readonly outcomes: readonly string[];
  readonly region: Region;
}

/** Throws with the whole story where a law is broken. */
export async function live(seed: number): Promise<Life> {
  const names = Object.keys(releases);
  const release = names[seed % names.length]!;
  const trouble = troubles[Math.floor(seed / names.length) % troubles.length]!;
  const region = await makeRegion('ecs', {
    seed,
    requestsPerSecond: 20,
    apps: { v2: releases[release] ?? {} },
  });
  const { world } = region;
  const rng = world.kernel.rng('test.life');
  if (rng.next() < 0.5) scalable(region);
  registerImage(region, 'v2');
  const inputs = {
    accept: 'unproven',
    'bake-time': '1m',
    'probe-count': '100',
    timeout: '1h',
    'blue-after': rng.next() < 0.3 ? 'scale-to-zero' : 'keep',
  };
  const laws = watchLaws(region, { release, trouble });
  const runs = planRuns(region, trouble, rng.int(1, 2 ** 30));
  const outcomes: string[] = [];
  try {
    for (const [index, run] of runs.entries()) {
      outcomes.push(await outcomeOf(run(inputs, `${index + 1}`)));
      world.loadFaults({ rules: [], events: [] });
    }
    // Whatever was left in the middle: the next run finds it, after the trouble is over.
    if (!isEnd(outcomes.at(-1)!)) {
      const signal = new AbortController().signal;
      outcomes.push(await outcomeOf(shift(region, inputs, { runId: '9', cancelled: signal })));
    }
    laws.check();
    expectTruth(region, { release, trouble, outcome: outcomes.at(-1)! });
  } catch (error) {
    const told = `seed ${seed}: ${release}, ${trouble}; ${outcomes.join(', ')}\n${region.log.join('\n')}`;
    throw new Error(`${error instanceof Error ? error.message : error}\n${told}`, { cause: error });
  }
  return { seed, release, trouble, outcomes, region };
}

type Run = (inputs: Readonly<Record<string, string>>, runId: string) => ReturnType<typeof shift>;

/** What happens, in order; what a draw decides comes from `draw`. */
function planRuns(region: Region, trouble: Trouble, draw: number): readonly Run[] {
  const { world, time, groups, ruleArn } = region;
  const plain: Run = (inputs, runId) => shift(region, inputs, { runId });
  const atMs = 20_000 + (draw % 900_000);
  const dying: Run = (inputs, runId) =>
    shift(region, inputs, { runId, ...pick(killedAt(1 + (draw % 700), draw % 2 === 0)) });
  const later = (act: () => void): Run => {
    return (inputs, runId) => {
      void time.sleep(atMs).then(act);
      return plain(inputs, runId);
    };
  };
  switch (trouble) {
    case 'none':
      return [plain];
    case 'network':
      return [
        (inputs, runId) => {
          world.loadFaults(randomFaults(draw, 0.5));
          return plain(inputs, runId);
        },
      ];
    case 'cancelled':
      return [
        (inputs, runId) => {
          cancelAfter(region, atMs);
          return plain(inputs, runId);
        },
      ];
    case 'killed':
      return [dying];
    case 'killed-twice':
      return [
        dying,
        (inputs, runId) => shift(region, inputs, { runId, ...pick(killedAt(1 + (draw % 311), true)) }),
      ];
    case 'killed-then-newer':
      return [
        dying,
        (inputs, runId) => {
          registerImage(region, 'v3');
          return plain(inputs, runId);
        },
      ];
    case 'weights-stolen':
      return [
        later(() => {
          const weights = { [groups.a]: 70, [groups.b]: 30 };
          world.loadFaults({
            rules: [],
            events: [{ id: 'thief', atMs: 0, event: { kind: 'set-weights', ruleArn, weights } }],
          });
        }),
      ];
    case 'second-shift':
      return [
        later(() => {
          void shift(region, { accept: 'unproven' }, { runId: '7' }).catch(() => undefined);
        }),
      ];
    case 'green-redeployed':
      return [
        later(() => {
          if (serviceNow(region, 'api-green')?.status !== 'ACTIVE') return;
          world.must('ecs', 'UpdateService', { cluster, service: 'api-green', taskDefinition: 'api:1' });
        }),
      ];
    case 'zone-dark':
    case 'metrics-gap':
      return [
        later(() => {
          const event =
            trouble === 'zone-dark'
              ? ({ kind: 'zone-dark', zone: `${world.kernel.config.region}a` } as const)
              : ({ kind: 'metrics-gap', durationMs: 5 * minute } as const);
          world.loadFaults({ rules: [], events: [{ id: trouble, atMs: 0, event }] });
        }),
      ];
  }
}

function pick({ wrap }: { wrap: (aws: AwsCaller) => AwsCaller }): { wrap: (aws: AwsCaller) => AwsCaller } {
  return { wrap };
}

async function outcomeOf(run: ReturnType<typeof shift>): Promise<string> {
  try {
    return (await run).outputs['outcome'] ?? '';
  } catch (error) {
    if (error instanceof Killed) return 'killed';
    throw error;
  }
}

/** Outcomes after which nothing is left for another run. */
function isEnd(outcome: string): boolean {
  return !['killed', 'cancelled', 'timed-out', 'rollback-failed'].includes(outcome);
}

interface Truth {
  readonly release: string;
  readonly trouble: Trouble;
}

function isGood({ release, trouble }: Truth): boolean {
  return releases[release] === undefined || trouble === 'killed-then-newer';
}

/** After every change of the routing: the ladder, what is not ours, and no live traffic for an empty group. */
function watchLaws(region: Region, { release, trouble }: Truth): { check: () => void } {
  const { world, ruleArn, groups } = region;
  const broken: string[] = [];
  const ours = { ruleArns: [ruleArn], targetGroupArns: [groups.a, groups.b] };
  const look = () => observeRouting(world.routing(), world.kernel.now);
  const first = look();
  // Tasks that end under traffic leave their group empty until somebody sees it: that is the fault itself.
  // A thief does not ask whether green is there.
  const faults: readonly Trouble[] = ['zone-dark', 'green-redeployed', 'weights-stolen'];
  const emptied = release === 'crashesLater' || faults.includes(trouble);
  let due = false;
  const watch = (): void => {
    due = false;
    const now = look();
    const rules = now.rules.filter((rule) => rule.ruleArn === ruleArn);
    const found = [
      ...(trouble === 'weights-stolen' ? [] : weightsOnLadder(now, ruleArn, groups.b, [0, 10, 50, 100])),
      ...foreignStays(first, now, ours),
      ...(emptied ? [] : liveTrafficHasHealthyTarget({ ...now, rules })),
    ];
    for (const each of found) broken.push(JSON.stringify(each));
  };
  world.kernel.onEffect((effect) => {
    if (effect.kind !== 'routing-changed' || due) return;
    due = true;
    world.kernel.after(0, watch);
  });
  return {
    check: () => {
      if (broken.length > 0) throw new Error(broken[0]);
    },
  };
}

/** What is told is what is, and nothing is left of us. */
function expectTruth(region: Region, { outcome, ...truth }: Truth & { readonly outcome: string }): void {
  const live = liveWeights(region);
  const total = Object.values(live).reduce((sum, weight) => sum + weight, 0);
  const share = (100 * (live['api-b'] ?? 0)) / total;
  const must = (holds: boolean, law: string): void => {
    if (!holds) throw new Error(`${law}: ${outcome}, ${JSON.stringify(live)}`);
  };
  const promoted = outcome.startsWith('promoted') || outcome === 'no-change';
  if (promoted) must(share === 100, 'promoted means everything');
  if (promoted) must(isGood(truth), 'no bad release is promoted');
  if (outcome === 'rolled-back' || outcome === 'refused')
    must(share === 0 || share === 30, 'back means nothing');
  if (outcome === 'interfered') must(share === 30, 'interfered means that somebody did');
  if (truth.trouble === 'none' && isGood(truth)) must(promoted, 'a good release in a good world is promoted');
  if (outcome === 'rollback-failed' || outcome === 'paused') return;
  const refusedForWeights = outcome === 'refused' && share === 30;
  if (!refusedForWeights) must(rulesOfListener(region) === 2, 'the lock is gone');
  for (const target of scalingNow(region)) {
    must(refusedForWeights || target['suspended'] === false, 'nothing stays suspended');
    must(refusedForWeights || (target['noted'] as readonly string[]).length === 0, 'no note stays');
  }
}
