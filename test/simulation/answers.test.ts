/**
 * An answer of the world shares nothing with its state, and whoever has asked changes nothing in it: so it is handed
 * out as it is, and one is remembered for all who ask the same. Here every answer is frozen, and all goes on as usual.
 */
import { afterEach, expect, test } from '@jest/globals';
import { World } from '../../src/lab/world/world.ts';
import { play as playRollout } from './rollout/play.ts';
import { play as playShift } from './shift/play.ts';

const { call } = World.prototype;
let frozen = 0;

/** With every object and array in it; dates and bytes cannot be. */
function freezeAll(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value))
    return;
  Object.freeze(value);
  frozen++;
  for (const each of Object.values(value)) freezeAll(each);
}

function withFrozenAnswers(): void {
  World.prototype.call = function (request) {
    const result = call.call(this, request);
    if (result.kind === 'answer') freezeAll(result.output);
    return result;
  };
}

afterEach(() => {
  World.prototype.call = call;
  frozen = 0;
});

test.each([
  ['shifts', playShift],
  ['rollouts', playRollout],
])(
  '%s end as they do, and no answer is written to',
  async (_name, play) => {
    for (let seed = 1; seed <= 60; seed++) {
      const { hits, wrong } = await play(seed);
      withFrozenAnswers();
      const again = await play(seed);
      World.prototype.call = call;
      expect({ seed, hits: again.hits, wrong: again.wrong }).toEqual({ seed, hits, wrong });
    }
    expect(frozen).toBeGreaterThan(30_000);
  },
  60_000,
);
