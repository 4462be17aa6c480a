import { expect, test } from '@jest/globals';
import { withPass } from '../../../src/rollout/pre-deploy-mark.ts';

const pass = (second: number): string =>
  `2026-11-26T10:00:${String(second).padStart(2, '0')}.000Z@${'a'.repeat(32)}`;

test('passes: the newest first, as many as one value takes', () => {
  expect(withPass([], pass(1))).toBe(pass(1));
  expect(withPass([pass(1)], pass(2))).toBe(`${pass(2)} ${pass(1)}`);
  const four = [pass(4), pass(3), pass(2), pass(1)];
  const five = withPass(four, pass(5));
  expect(five).toBe([pass(5), ...four.slice(0, 3)].join(' '));
  expect(five.length).toBeLessThanOrEqual(256);
});
