/**
 * A runner dies at every single call of a shift, before or after its effect, in several worlds; then the next run, under
 * each value of on-interrupted, or the post step. The oracle of the stories judges what each of them tells.
 */
import { expect, jest, test } from '@jest/globals';
import { plainAsks } from './asks.ts';
import { playStory } from './play.ts';
import { minuteMs, type OnInterrupted, type Story } from './story.ts';

/** Cheap and whole: no traffic, nothing that waits for metrics. */
const plain: Story = {
  seed: 1,
  release: 'good',
  blue: 'ecs',
  green: 'none',
  requestsPerSecond: 0,
  scaling: 'target',
  alarm: 'none',
  thirdGroup: false,
  together: false,
  request: {
    steps: [10, 100],
    bakeMs: 10_000,
    probes: 'users-path',
    probeCount: 20,
    acceptUnproven: true,
    blueAfter: 'keep',
    greenAfter: 'scale-to-zero',
    onCancel: 'rollback',
    timeoutMs: 60 * minuteMs,
  },
  metrics: 'usual',
  metricsAtMs: 0,
  rules: [],
  hand: undefined,
  cancelAtMs: undefined,
  kill: undefined,
  postStep: false,
  until: undefined,
  secondRun: undefined,
  thenNext: false,
  kept: undefined,
  asks: plainAsks,
};

const worlds: Readonly<Record<string, Partial<Story>>> = {
  'a good release, and a twin that is to be made': {},
  'a good release, and a green that is there': { green: 'served' },
  'a good release, and blue’s end': { request: { ...plain.request, blueAfter: 'scale-to-zero' } },
  'a good release, and a blue that is kept small': {
    request: { ...plain.request, blueAfter: 'scale-to-zero' },
    kept: { at: '1', tasks: 1, forMs: 2 * minuteMs, diesAfterMs: undefined },
  },
  'a release that is bad at its first weight': {
    release: 'dead',
    request: { ...plain.request, probes: 'off', probeCount: 0 },
    requestsPerSecond: 20,
  },
  'a release whose probes fail': { release: 'errors', request: { ...plain.request, probeCount: 60 } },
  'a rest': { until: 10 },
  'EC2 instances as blue': { blue: 'host', green: 'served' },
  'two rules together': { together: true },
};

const ways: readonly (OnInterrupted | 'post step')[] = [
  'resume',
  'rollback',
  'post step',
  'rollback-only',
  'report',
  'resume-only',
  'judge',
];

/** Between these every way is tried, before and after the call's effect: what is made first. Then they take turns. */
const [firstChange, lastChange] = [18, 32];

function storyOf(
  world: Partial<Story>,
  nth: number,
  afterEffect: boolean,
  way: (typeof ways)[number],
): Story {
  const onInterrupted = way === 'post step' ? 'resume' : way;
  return {
    ...plain,
    seed: 5000 + nth,
    ...world,
    kill: { operation: undefined, nth, afterEffect },
    postStep: way === 'post step',
    secondRun: {
      onInterrupted,
      pauseMs: nth % 2 === 0 ? 0 : 6 * minuteMs,
      newer: false,
      cancelAtMs: undefined,
    },
  };
}

jest.setTimeout(300_000);

test.each(Object.entries(worlds))('%s: killed at each call', async (_name, world) => {
  const wrong: string[] = [];
  for (let nth = 1; ; nth++) {
    const dense = nth >= firstChange && nth <= lastChange;
    let died = false;
    for (const afterEffect of dense ? [false, true] : [nth % 2 === 0]) {
      for (const way of dense ? ways : [ways[nth % ways.length]!]) {
        const played = await playStory(storyOf(world, nth, afterEffect, way));
        died ||= played.outcomes.includes('run-1 killed');
        wrong.push(
          ...played.wrong.map((each) => `call ${nth}, ${way}: ${each} (${played.outcomes.join(', ')})`),
        );
      }
    }
    if (!died) {
      expect(nth).toBeGreaterThan(60);
      break;
    }
  }
  expect(wrong).toEqual([]);
});
