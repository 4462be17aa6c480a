/**
 * What happens in one simulated shift, drawn from its seed: the release, the place it is to take, the request,
 * and everything that goes wrong meanwhile. Data only; `play.ts` makes it happen.
 */
import type { FaultEffect, FaultRule } from '../../../src/lab/world/faults/index.ts';
import { createRng, type Rng } from '../../../src/lab/world/random.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { type Asks, drawAsks, type Objective } from './asks.ts';
import type { Kill } from './dying.ts';
import { type Kept, withKept } from './kept.ts';
import { withClientErrors, withMore } from './more.ts';

export const minuteMs = 60_000;

/** How the new revision behaves; `blue` is how the present one does, where it matters. */
export const releases = {
  good: {},
  dead: { errorRate: 1 },
  errors: badApps.errors,
  hangs: badApps.hangs,
  'closes-connections': badApps.closesConnections,
  slow: badApps.slow,
  bursts: badApps.bursts,
  'crash-at-start': badApps.crashAtStart,
  'never-healthy': badApps.neverHealthy,
  'pull-fails': badApps.pullFails,
  'crashes-later': { crashAfterMs: 6 * minuteMs },
  'equally-bad': { errorRate: 0.03 },
} as const satisfies Readonly<Record<string, Partial<AppModel>>>;

const slowish = { latencyMeanMs: 60, latencyP95Ms: 135 };

/** What users are told is not there: to some of them by both sides, or to all of them by green. */
const someRefused = { clientErrorRate: 0.03 };

/** What the objectives are about, and the stream of 4xx: which side keeps them. By name the new revision, and blue where it is no good one. */
export const rivals = {
  'blue-breaks-errors': { green: {}, blue: { errorRate: 0.03 } },
  'blue-breaks-latency': { green: {}, blue: slowish },
  'green-breaks-latency': { green: slowish, blue: {} },
  'both-break-latency': { green: slowish, blue: slowish },
  'both-refuse': { green: someRefused, blue: someRefused },
  'green-refuses': { green: { clientErrorRate: 1 }, blue: someRefused },
} as const satisfies Readonly<Record<string, Readonly<Record<'green' | 'blue', Partial<AppModel>>>>>;
export type Release = keyof typeof releases | keyof typeof rivals;

function isRival(release: Release): release is keyof typeof rivals {
  return Object.hasOwn(rivals, release);
}

/** How each side behaves. */
export function appsOf(release: Release): Readonly<Record<'green' | 'blue', Partial<AppModel>>> {
  if (isRival(release)) return rivals[release];
  return { green: releases[release], blue: release === 'equally-bad' ? releases[release] : {} };
}

/** Somebody else's hand, or the world's own. */
export type Hand =
  /** Weights of production's rule set by hand: to 70 and 30. */
  | { readonly kind: 'weights-stolen'; readonly atMs: number }
  /** The same, between the look before a weight and its write: the nth of these. */
  | { readonly kind: 'weights-stolen-in-between'; readonly nth: number }
  | { readonly kind: 'maintenance-page'; readonly atMs: number }
  | { readonly kind: 'lock-deleted'; readonly atMs: number }
  | { readonly kind: 'second-shift'; readonly atMs: number }
  /** Another run begins to shift the same pair, by a rule that goes with the first one's. */
  | { readonly kind: 'rival-shift'; readonly atMs: number }
  /** Somebody makes a rule that comes before production's, and sends users to both groups by weights of its own. */
  | { readonly kind: 'past-the-weights'; readonly atMs: number; readonly greenPercent: number }
  /** Somebody deploys the former revision to green. */
  | { readonly kind: 'green-redeployed'; readonly atMs: number }
  /** Somebody takes all of green's tasks out of its group: nobody is served by it. */
  | { readonly kind: 'green-emptied'; readonly atMs: number }
  /** Somebody registers one of blue's tasks with green's group. */
  | { readonly kind: 'stranger-registered'; readonly atMs: number }
  | { readonly kind: 'zone-dark'; readonly atMs: number; readonly zone: string }
  | { readonly kind: 'alarm-raised'; readonly atMs: number };

export type Metrics = 'usual' | 'five-minutes-late' | 'revised-late' | 'gap';

export type OnInterrupted = 'resume' | 'resume-only' | 'rollback' | 'rollback-only' | 'judge' | 'report';

export interface Story {
  readonly seed: number;
  readonly release: Release;
  /** What serves now: an ECS service, or EC2 instances. */
  readonly blue: 'ecs' | 'host';
  /** `served`: green's service is there, at no task, and has had a good deployment of the former revision. */
  readonly green: 'none' | 'served';
  readonly requestsPerSecond: number;
  readonly scaling: 'none' | 'target' | 'storm';
  readonly alarm: 'none' | 'quiet' | 'rings-before' | 'rings-before-accepted';
  /** A third group at 0 in production's rule. */
  readonly thirdGroup: boolean;
  /** Another rule forwards to blue, and is shifted together. */
  readonly together: boolean;
  readonly request: {
    readonly steps: readonly number[];
    /** Where there is traffic a step lasts until two of its minutes are in the metrics. */
    readonly bakeMs: number;
    readonly probes: 'users-path' | 'health-path' | 'off';
    readonly probeCount: number;
    readonly acceptUnproven: boolean;
    readonly blueAfter: 'keep' | 'scale-to-zero';
    readonly greenAfter: 'keep' | 'scale-to-zero';
    readonly onCancel: 'rollback' | 'leave';
    readonly timeoutMs: number;
  };
  readonly metrics: Metrics;
  /** Milliseconds after the start. */
  readonly metricsAtMs: number;
  readonly rules: readonly FaultRule[];
  readonly hand: Hand | undefined;
  readonly cancelAtMs: number | undefined;
  readonly kill: Kill | undefined;
  /** The post step of the run that was killed does its part. */
  readonly postStep: boolean;
  /** The first run rests at this weight. */
  readonly until: number | undefined;
  /** What a second run does about what the first has left; undefined: there is none. */
  readonly secondRun:
    | {
        readonly onInterrupted: OnInterrupted;
        readonly pauseMs: number;
        /** It brings a newer, good revision. */
        readonly newer: boolean;
        readonly cancelAtMs: number | undefined;
      }
    | undefined;
  /** At the end another good revision is shifted, without faults: nobody is in its way. */
  readonly thenNext: boolean;
  /** Blue is kept small for a time; then the hand's time counts from there. */
  readonly kept: Kept | undefined;
  readonly asks: Asks;
}

const longestMs = 15 * minuteMs;

function ruleOf(rng: Rng, kind: FaultEffect['kind']): FaultRule {
  const fromMs = rng.int(0, longestMs);
  const passing = { fromMs, untilMs: fromMs + rng.int(1000, 60_000) };
  switch (kind) {
    case 'throttle':
    case 'server-error':
    case 'reset':
      return rng.chance(0.5)
        ? { id: kind, match: { mutates: false }, ...passing, effect: { kind } }
        : { id: kind, match: {}, probability: 0.2, count: rng.int(1, 40), effect: { kind } };
    case 'reset-after-effect':
      return { id: kind, match: { mutates: true }, probability: 0.5, count: rng.int(1, 4), effect: { kind } };
    case 'slow':
      return { id: kind, match: {}, probability: 0.05, effect: { kind, ms: rng.int(500, 8000) } };
    case 'read-lag':
      return { id: kind, match: { mutates: false }, effect: { kind, ms: rng.int(500, 8000) } };
    case 'access-denied': {
      const operations = [
        'ModifyRule',
        'CreateRule',
        'DeleteRule',
        'CreateService',
        'UpdateService',
        'GetMetricData',
        'DescribeTargetHealth',
        'RegisterScalableTarget',
        'AddTags',
      ];
      return {
        id: kind,
        match: { operation: rng.pick(operations) },
        fromMs: rng.pick([0, 0, rng.int(0, longestMs)]),
        effect: { kind },
      };
    }
    case 'expired-credentials':
      return { id: kind, match: {}, fromMs: rng.int(0, longestMs), effect: { kind } };
  }
}

function handOf(rng: Rng, lengthMs: number): Hand {
  const atMs = rng.int(1000, lengthMs);
  return rng.pick<Hand>([
    { kind: 'weights-stolen', atMs },
    { kind: 'weights-stolen', atMs },
    { kind: 'weights-stolen-in-between', nth: rng.int(1, 3) },
    { kind: 'maintenance-page', atMs },
    { kind: 'lock-deleted', atMs },
    { kind: 'second-shift', atMs },
    { kind: 'green-redeployed', atMs },
    { kind: 'stranger-registered', atMs },
    { kind: 'zone-dark', atMs, zone: rng.pick(['ap-south-1a', 'ap-south-1b', 'ap-south-1c']) },
    { kind: 'alarm-raised', atMs },
  ]);
}

function killOf(rng: Rng): Kill {
  const afterEffect = rng.chance(0.5);
  if (rng.chance(0.5)) return { operation: undefined, nth: rng.int(1, 150), afterEffect };
  const once = ['CreateRule', 'CreateRule', 'CreateService', 'DeleteRule'];
  const often = [
    'ModifyRule',
    'ModifyRule',
    'ModifyRule',
    'UpdateService',
    'RegisterScalableTarget',
    'AddTags',
  ];
  const operation = rng.pick([...once, ...often]);
  return { operation, nth: once.includes(operation) ? 1 : rng.int(1, 3), afterEffect };
}

/** At the call that scales blue down: green's own update, or its creation, comes before it. */
function pastNoReturn(green: Story['green'], afterEffect: boolean): Kill {
  return { operation: 'UpdateService', nth: green === 'served' ? 2 : 1, afterEffect };
}

function probesOf(
  rng: Rng,
  requestsPerSecond: number,
): Pick<Story['request'], 'probes' | 'probeCount' | 'acceptUnproven'> {
  if (requestsPerSecond >= 10) {
    return rng.chance(0.5)
      ? { probes: 'off', probeCount: 0, acceptUnproven: false }
      : { probes: 'users-path', probeCount: 60, acceptUnproven: false };
  }
  // Too little traffic to prove anything: probes have to, or it is accepted.
  return rng.pick<Pick<Story['request'], 'probes' | 'probeCount' | 'acceptUnproven'>>([
    { probes: 'users-path', probeCount: 400, acceptUnproven: false },
    { probes: 'users-path', probeCount: 60, acceptUnproven: true },
    { probes: 'off', probeCount: 0, acceptUnproven: true },
    { probes: 'health-path', probeCount: 400, acceptUnproven: false },
    { probes: 'users-path', probeCount: 60, acceptUnproven: false },
  ]);
}

export function drawStory(seed: number): Story {
  const story = drawShift(seed);
  const { blue, together, request, secondRun } = story;
  const rng = createRng(seed, 'shift.asks');
  const asks = drawAsks(rng, {
    together,
    probeCount: request.probeCount,
    hasSecondRun: secondRun !== undefined,
    onInterrupted: secondRun?.onInterrupted,
  });
  const release = blue === 'ecs' ? releaseFor(rng, asks.objective, story.release) : story.release;
  const neverEnds = asks.check?.says === 'cannot-tell' || release === 'both-break-latency';
  const more = withMore(createRng(seed, 'shift.more'), {
    ...story,
    release,
    request: neverEnds ? { ...request, timeoutMs: Math.min(request.timeoutMs, 20 * minuteMs) } : request,
    asks: { ...asks, preDeploy: undefined, rerun: false },
    rules: [...story.rules, ...asks.rules],
  });
  const kept = withKept(createRng(seed, 'shift.kept'), more);
  return withClientErrors(createRng(seed, 'shift.refused'), kept);
}

/** Where green is to keep something by itself, it or blue may well break it. */
function releaseFor(rng: Rng, objective: Objective, drawn: Release): Release {
  if (objective === 'none' || rng.chance(0.4)) return drawn;
  return rng.pick<Release>(
    objective === 'errors'
      ? ['blue-breaks-errors', 'equally-bad', 'good']
      : ['blue-breaks-latency', 'green-breaks-latency', 'green-breaks-latency', 'both-break-latency'],
  );
}

function drawShift(seed: number): Omit<Story, 'asks'> {
  const rng = createRng(seed, 'shift.story');
  const release = rng.chance(0.45) ? 'good' : rng.pick(Object.keys(releases) as (keyof typeof releases)[]);
  const requestsPerSecond = rng.pick([0, 0.2, 20, 20, 20]);
  const hasTraffic = requestsPerSecond >= 10;
  const blue = rng.chance(0.12) ? 'host' : 'ecs';
  const steps = rng.pick([
    [10, 100],
    [10, 100],
    [10, 50, 100],
    [5, 25, 100],
  ]);
  const timeoutMs = rng.chance(0.1) ? rng.int(4, 9) * minuteMs : 60 * minuteMs;
  // A bake that ends when some of its minutes are known, and others are not.
  const bakeMs = hasTraffic
    ? rng.chance(0.15) && timeoutMs >= 60 * minuteMs
      ? 3.5 * minuteMs
      : minuteMs
    : rng.pick([0, 20_000, minuteMs]);
  const lengthMs = hasTraffic ? 13 * minuteMs : 4 * minuteMs;
  const trouble = rng.pick([
    'none',
    'none',
    'calls',
    'calls',
    'hand',
    'hand',
    'hand',
    'metrics',
    'job',
    'job',
    'job',
    'several',
  ] as const);
  const has = (kind: 'calls' | 'hand' | 'metrics' | 'job'): boolean =>
    trouble === kind || (trouble === 'several' && rng.chance(0.5));
  const rules: FaultRule[] = [];
  if (has('calls')) {
    const kinds = ['throttle', 'server-error', 'reset', 'reset-after-effect', 'slow', 'read-lag'] as const;
    rules.push(ruleOf(rng, rng.chance(0.75) ? rng.pick(kinds) : 'access-denied'));
    if (rng.chance(0.15)) rules.push(ruleOf(rng, 'expired-credentials'));
  }
  const hand = has('hand') ? handOf(rng, lengthMs) : undefined;
  const metrics = has('metrics') ? rng.pick(['five-minutes-late', 'revised-late', 'gap'] as const) : 'usual';
  const job = has('job') ? rng.pick(['cancel', 'kill', 'kill', 'until'] as const) : undefined;
  const until = job === 'until' ? rng.pick(steps.slice(0, -1)) : undefined;
  const alarm = rng.pick(
    hand?.kind === 'alarm-raised'
      ? (['quiet'] as const)
      : ([
          'none',
          'none',
          'none',
          'none',
          'none',
          'none',
          'quiet',
          'quiet',
          'quiet',
          'quiet',
          'rings-before',
          'rings-before-accepted',
        ] as const),
  );
  const blueAfter = rng.chance(0.35) ? 'scale-to-zero' : 'keep';
  const green = blue === 'host' || rng.chance(0.4) ? 'served' : 'none';
  const isPast = job === 'kill' && blueAfter === 'scale-to-zero' && blue === 'ecs' && rng.chance(0.6);
  const kill = isPast ? pastNoReturn(green, rng.chance(0.8)) : job === 'kill' ? killOf(rng) : undefined;
  return {
    seed,
    release,
    blue,
    green,
    requestsPerSecond,
    scaling: rng.pick(['none', 'target', 'target', 'storm'] as const),
    alarm,
    thirdGroup: rng.chance(0.2),
    together: rng.chance(0.12),
    request: {
      steps,
      bakeMs,
      ...probesOf(rng, requestsPerSecond),
      blueAfter,
      greenAfter: rng.chance(0.8) ? 'scale-to-zero' : 'keep',
      onCancel: rng.chance(0.2) ? 'leave' : 'rollback',
      timeoutMs,
    },
    metrics,
    metricsAtMs: metrics === 'gap' ? rng.int(0, lengthMs) : 0,
    rules,
    hand,
    cancelAtMs: job === 'cancel' ? rng.int(1, rng.chance(0.2) ? 3000 : lengthMs) : undefined,
    kill,
    postStep: kill !== undefined && rng.chance(0.3),
    until,
    secondRun:
      kill !== undefined || until !== undefined
        ? {
            onInterrupted: rng.pick([
              'resume',
              'resume',
              'resume-only',
              'rollback',
              'rollback-only',
              'judge',
              'report',
            ] as const),
            pauseMs: isPast ? 6 * minuteMs : rng.pick([0, 20_000, 6 * minuteMs]),
            newer: rng.chance(0.15),
            cancelAtMs: rng.chance(isPast ? 0.6 : 0.1) ? rng.int(500, isPast ? 5000 : minuteMs) : undefined,
          }
        : undefined,
    thenNext: rng.chance(0.08),
    kept: undefined,
  };
}
