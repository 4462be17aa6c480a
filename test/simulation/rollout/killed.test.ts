/**
 * A runner that dies at any call, before or after its effect, in many worlds; then the next run, at once, later,
 * or after the post step has done its part. The end is one of the allowed ones, always.
 */
import { describe, expect, test } from '@jest/globals';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { handoverState, parseHandover } from '../../../src/rollout/handover.ts';
import { finishRollouts } from '../../../src/rollout/post.ts';
import { runAndDie } from './dying.ts';
import {
  definitionOf,
  deploy,
  family,
  makeRegion,
  portsOf,
  type Region,
  type RegionOptions,
  type RequestChange,
  revisionsOf,
  runningImages,
  secondDeployer,
  settle,
} from './region.ts';

interface Kind {
  readonly name: string;
  readonly app: Partial<AppModel>;
  readonly region?: RegionOptions;
  readonly request?: RequestChange;
  /** Somebody deploys `other` so long after the start. */
  readonly otherAtMs?: number;
  /** Outcome of the next run to what runs afterwards. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
}

const rollsBack = { circuitBreaker: { enable: true, rollback: true } };
const onlyStops = { circuitBreaker: { enable: true, rollback: false } };
const good = { succeeded: ['next'], 'no-change': ['next'] };
const bad = { 'rolled-back': ['good-1'] };

const kinds: readonly Kind[] = [
  { name: 'a good revision', app: {}, allowed: good },
  {
    name: 'a good revision under a breaker, by force',
    app: {},
    region: rollsBack,
    request: { forceNewDeployment: true },
    allowed: good,
  },
  { name: 'a crash loop', app: badApps.crashAtStart, allowed: bad },
  {
    name: 'a crash loop under a breaker that rolls back',
    app: badApps.crashAtStart,
    region: rollsBack,
    allowed: bad,
  },
  {
    name: 'a crash loop under a breaker that only stops',
    app: badApps.crashAtStart,
    region: onlyStops,
    // Attached to what the first run began, there is no revision of its own to go back to: the old tasks serve on.
    allowed: { ...bad, stopped: ['good-1'] },
  },
  { name: 'a revision that is never healthy', app: badApps.neverHealthy, allowed: bad },
  {
    name: 'a revision that is never healthy, under a breaker',
    app: badApps.neverHealthy,
    region: rollsBack,
    allowed: bad,
  },
  {
    name: 'a good revision, and a second deployer',
    app: {},
    otherAtMs: 30_000,
    // Whoever comes last serves.
    allowed: { ...good, superseded: ['other'] },
  },
  {
    name: 'a crash loop, and a second deployer',
    app: badApps.crashAtStart,
    otherAtMs: 15_000,
    allowed: { 'rolled-back': ['other', 'good-1'], superseded: ['other'] },
  },
];

const ways = ['at once', 'after 200 s', 'after the post step'] as const;
/** Up to here every way is tried at every call: registering, updating, finding. Later they take turns. */
const beginning = 10;

async function postStep(region: Region): Promise<void> {
  const { aws, clock, random } = portsOf(region);
  const open = parseHandover(region.state.get(handoverState) ?? '');
  const results = await region.time.run(finishRollouts(open, { aws, clock, random }));
  expect(results.filter((each) => !each.ok)).toEqual([]);
}

/** Undefined where the run was over before that call. */
async function story(kind: Kind, at: number, afterEffect: boolean, way: (typeof ways)[number]) {
  const region = await makeRegion({ apps: { next: kind.app }, ...kind.region });
  region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('other'));
  if (kind.otherAtMs !== undefined) {
    region.world.loadFaults({ rules: [], events: [secondDeployer(kind.otherAtMs, `${family}:2`)] });
  }
  if (!(await runAndDie(region, at, afterEffect, kind.request))) return undefined;
  if (way === 'after 200 s') await settle(region, 200_000);
  if (way === 'after the post step') await postStep(region);
  const { outputs } = await deploy(region, 'next', kind.request);
  const told = outputs['outcome'] ?? '';
  // What was superseded is still on its way.
  if (told === 'superseded') await settle(region, 300_000);
  const running = runningImages(region);
  const [image] = Object.keys(running);
  return {
    at,
    way,
    told,
    isAllowed: kind.allowed[told]?.includes(image ?? '') === true,
    isWhole: Object.keys(running).length === 1 && running[image!] === 3,
    revisions: revisionsOf(region),
  };
}

describe.each(kinds)('$name', (kind) => {
  test.each([false, true])(
    'killed at each call (after its effect: %s)',
    async (afterEffect) => {
      for (let at = 1; ; at++) {
        let ended = false;
        for (const way of at <= beginning ? ways : [ways[at % ways.length]!]) {
          const end = await story(kind, at, afterEffect, way);
          if (end === undefined) ended = true;
          else expect(end).toEqual({ ...end, isAllowed: true, isWhole: true, revisions: 3 });
        }
        if (ended) {
          expect(at).toBeGreaterThan(beginning);
          return;
        }
      }
    },
    120_000,
  );
});
