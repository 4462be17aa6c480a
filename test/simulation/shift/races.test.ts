/** Somebody else's hand in the few milliseconds in which several rules are compared and written. */
import { expect, test } from '@jest/globals';
import { playStory } from './play.ts';
import { stageOf } from './stage.ts';
import { drawStory, type Story } from './story.ts';
import type { Write } from './watch.ts';

/** Two rules that are shifted together, and a bake of several minutes. */
const story: Story = { ...drawStory(1708), hand: undefined };

async function writesOf(played: Story): Promise<readonly number[]> {
  const { log } = await playStory(played);
  const begun = (await stageOf(played)).region.world.kernel.now;
  const writes: readonly Write[] = JSON.parse(log.find((line) => line.startsWith('[{"at"')) ?? '[]');
  return writes.map(({ at }) => at - begun);
}

const isPage = async (atMs: number) => playStory({ ...story, hand: { kind: 'maintenance-page', atMs } });

test('a maintenance page that comes between the writes of two rules is somebody else’s, and the second write is no lie', async () => {
  const [first = 0, second = 0, third = 0] = await writesOf(story);
  expect(second - first).toBeLessThan(60);
  for (const atMs of [first + 1, second - 5, third + 3]) {
    const { outcomes, wrong } = await isPage(atMs);
    expect({ atMs, wrong, outcomes }).toEqual({ atMs, wrong: [], outcomes: ['run-1 interfered'] });
  }
});

test('one that comes between a compare and its write is written over, and nobody can tell', async () => {
  const [, , third = 0] = await writesOf(story);
  const { wrong, outcomes } = await isPage(third - 10);
  expect({ wrong, outcomes }).toEqual({ wrong: [], outcomes: ['run-1 timed-out'] });
});
