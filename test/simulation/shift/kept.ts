/**
 * Stories in which blue is kept small for a time after promotion, drawn last of all and from a stream of its own: a hand,
 * a cancellation or the runner's death comes when it is as small as that.
 */
import type { Rng } from '../../../src/lab/world/random.ts';
import type { Hand, OnInterrupted, Story } from './story.ts';

const minuteMs = 60_000;

export interface Kept {
  /** As the input has it, and of the three tasks of blue. */
  readonly at: string;
  readonly tasks: number;
  readonly forMs: number;
  /** The runner dies so long after blue was made small. */
  readonly diesAfterMs: number | undefined;
}

const sizes = [
  { at: '1', tasks: 1 },
  { at: '1', tasks: 1 },
  { at: '30%', tasks: 1 },
  { at: '2', tasks: 2 },
  { at: '60%', tasks: 2 },
] as const;

/** At its time from when blue is small on. */
function handOf(rng: Rng): Hand | undefined {
  const atMs = rng.int(0, 4 * minuteMs);
  return rng.pick<Hand | undefined>([
    undefined,
    undefined,
    { kind: 'green-emptied', atMs },
    { kind: 'green-emptied', atMs },
    { kind: 'green-redeployed', atMs },
    { kind: 'green-redeployed', atMs },
    { kind: 'alarm-raised', atMs },
    { kind: 'alarm-raised', atMs },
    { kind: 'zone-dark', atMs, zone: rng.pick(['ap-south-1a', 'ap-south-1b']) },
    { kind: 'weights-stolen', atMs },
  ]);
}

/** The story as it was, or one of a good release whose blue is kept small. */
export function withKept(rng: Rng, story: Story): Story {
  const ends = story.blue === 'ecs' && story.request.blueAfter === 'scale-to-zero';
  if (!ends || !rng.chance(0.03)) return story;
  const drawn = handOf(rng);
  const job = rng.pick(['goes on', 'goes on', 'is cancelled', 'dies', 'dies'] as const);
  // A later run that finds blue small, or on its way back.
  const hand = job === 'dies' && rng.chance(0.6) ? undefined : drawn;
  // In the middle of what the hand leads to, most often.
  const lateMs = rng.chance(0.7) ? rng.int(5000, 60_000) : rng.int(0, 4 * minuteMs);
  const endsAfterMs = (hand !== undefined && 'atMs' in hand ? hand.atMs : 0) + lateMs;
  const diesAfterMs = job === 'dies' ? endsAfterMs : undefined;
  const isProven = story.requestsPerSecond >= 10;
  return {
    ...story,
    release: 'good',
    alarm: hand?.kind === 'alarm-raised' ? 'quiet' : story.alarm,
    request: {
      ...story.request,
      acceptUnproven: story.request.acceptUnproven || !isProven,
      timeoutMs: 60 * minuteMs,
    },
    metrics: 'usual',
    hand,
    cancelAtMs: undefined,
    kill: undefined,
    until: undefined,
    postStep: diesAfterMs !== undefined && rng.chance(0.3),
    secondRun:
      diesAfterMs === undefined
        ? undefined
        : {
            onInterrupted: rng.pick<OnInterrupted>([
              'resume',
              'resume',
              'rollback',
              'rollback-only',
              'rollback-only',
              'rollback-only',
              'judge',
              'report',
            ]),
            pauseMs: rng.pick([0, 20_000, 6 * minuteMs]),
            newer: rng.chance(0.15),
            cancelAtMs: undefined,
          },
    asks: {
      ...story.asks,
      cancelAfterBlueDownMs: job === 'is cancelled' ? endsAfterMs : undefined,
      owner: 'nobody',
      check: undefined,
      probeTask: undefined,
      preDeploy: undefined,
      secondIsBare: story.asks.secondIsBare && story.secondRun !== undefined,
    },
    kept: { ...rng.pick(sizes), forMs: rng.pick([2, 5]) * minuteMs, diesAfterMs },
  };
}
