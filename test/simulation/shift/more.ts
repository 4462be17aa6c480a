/**
 * What has been added to stories since: drawn last and from a stream of its own, so that all others stay as they were.
 * One-off tasks before the shift, ECS itself as an owner of the rule, traffic that goes past the weights, and a second
 * shift of the pair by another rule.
 */
import type { Rng } from '../../../src/lab/world/random.ts';
import type { Owner, PreDeploy } from './asks.ts';
import type { Story } from './story.ts';

const minuteMs = 60_000;

const preDeploys = [
  'passes',
  'passes',
  'passes',
  'passes',
  'fails',
  'hangs',
  'no-image',
  'not-placed',
] as const satisfies readonly PreDeploy[];

const natives = ['ecs-blue-green', 'ecs-linear', 'ecs-canary'] as const satisfies readonly Owner[];

/** The story with more in it, or as it was. */
export function withMore(rng: Rng, story: Story): Story {
  const owner = rng.chance(0.015) ? rng.pick(natives) : undefined;
  const preDeploy = rng.chance(0.06) ? rng.pick(preDeploys) : undefined;
  const with_ = withHand(rng, story);
  const asks = { ...with_.asks, owner: owner ?? with_.asks.owner, preDeploy };
  const more = preDeploy === undefined ? { ...with_, asks } : withDeath(rng, { ...with_, asks });
  return withHalfTwin(rng, more);
}

/** Some of the good releases refuse requests, and mostly that is asked about. */
export function withClientErrors(rng: Rng, story: Story): Story {
  if (!rng.chance(0.1) || story.release !== 'good' || story.blue !== 'ecs' || story.kept) return story;
  const release = rng.chance(0.7) ? 'green-refuses' : 'both-refuse';
  const isIgnored = rng.chance(0.3);
  return {
    ...story,
    release,
    ...(isIgnored ? {} : { asks: { ...story.asks, clientErrors: 'judge' as const } }),
  };
}

/** A runner that dies while it makes the scaling of a twin. */
function withHalfTwin(rng: Rng, story: Story): Story {
  const makesIt = story.scaling === 'storm' && story.blue === 'ecs' && story.green === 'none';
  if (!makesIt || !rng.chance(0.06) || !isFree(story)) return story;
  const operation = rng.pick(['PutScalingPolicy', 'PutScheduledAction', 'PutMetricAlarm']);
  return {
    ...story,
    kill: { operation, nth: 1, afterEffect: rng.chance(0.4) },
    secondRun: {
      onInterrupted: rng.pick(['resume', 'resume', 'rollback'] as const),
      pauseMs: rng.pick([0, 6 * minuteMs]),
      newer: false,
      cancelAtMs: undefined,
    },
  };
}

/** Nothing happens to its job yet. */
function isFree({ kill, until, cancelAtMs, hand }: Story): boolean {
  return kill === undefined && until === undefined && cancelAtMs === undefined && hand === undefined;
}

/** A runner that dies while its one-off task is started, or runs, and what comes after it. */
function withDeath(rng: Rng, story: Story): Story {
  const rerun = rng.chance(0.7);
  const kill = rng.pick([
    { operation: 'RunTask', nth: 1 },
    { operation: 'DescribeTasks', nth: rng.int(1, 9) },
    { operation: 'TagResource', nth: 1 },
    { operation: 'CreateRule', nth: 1 },
  ]);
  const afterEffect = rng.chance(0.6);
  const pauseMs = rng.pick([0, 20_000, 6 * minuteMs]);
  const asks = { ...story.asks, rerun };
  if (!isFree(story) || !rng.chance(0.5)) return { ...story, asks };
  return {
    ...story,
    asks,
    kill: { ...kill, afterEffect },
    secondRun: { onInterrupted: 'resume', pauseMs, newer: false, cancelAtMs: undefined },
  };
}

function withHand(rng: Rng, story: Story): Story {
  const hasTraffic = story.requestsPerSecond >= 10;
  const [isPast, isRival] = [rng.chance(0.06), rng.chance(0.3)];
  const greenPercent = rng.pick([40, 60, 100]);
  const [lateMs, soonMs] = [rng.int(minuteMs, 6 * minuteMs), rng.int(0, 4000)];
  const lags = story.rules.every(({ effect }) => effect.kind === 'read-lag');
  if (story.hand !== undefined || story.kill !== undefined) return story;
  if (isRival && story.together && lags) {
    return { ...story, hand: { kind: 'rival-shift', atMs: soonMs } };
  }
  if (!hasTraffic || !isPast || !lags || story.until !== undefined) return story;
  const request = { ...story.request, timeoutMs: Math.min(story.request.timeoutMs, 20 * minuteMs) };
  return { ...story, request, hand: { kind: 'past-the-weights', atMs: lateMs, greenPercent } };
}
