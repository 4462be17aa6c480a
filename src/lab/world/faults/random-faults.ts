/** Draws a script of faults from a seed, for runs that look for the unexpected. */
import { createRng, type Rng } from '../random.ts';
import type { FaultEffect, FaultMatch, FaultRule, FaultScript } from './script.ts';

const effects: readonly (readonly [share: number, draw: (rng: Rng) => FaultEffect])[] = [
  [5, () => ({ kind: 'throttle' })],
  [3, () => ({ kind: 'server-error' })],
  [3, () => ({ kind: 'reset' })],
  [3, () => ({ kind: 'reset-after-effect' })],
  [3, (rng) => ({ kind: 'slow', ms: rng.int(500, 20_000) })],
  [2, (rng) => ({ kind: 'read-lag', ms: rng.int(500, 8_000) })],
];

const matches: readonly FaultMatch[] = [
  {},
  { service: 'ecs' },
  { service: 'elasticloadbalancing' },
  { service: 'cloudwatch' },
  { mutates: true },
  { mutates: false },
  { service: 'elasticloadbalancing', mutates: true },
  { service: 'ecs', mutates: true },
];

/** Most rules one script holds. */
const mostRules = 12;
/** Faults begin within this time, which is that of a usual deployment. */
const windowMs = 15 * 60_000;

function drawEffect(rng: Rng): FaultEffect {
  const total = effects.reduce((sum, [share]) => sum + share, 0);
  let point = rng.int(1, total);
  for (const [share, draw] of effects) {
    point -= share;
    if (point <= 0) return draw(rng);
  }
  throw new RangeError('The shares of the effects do not add up.');
}

/**
 * Passing trouble that a deployment has to survive: every rule ends. What no retry can cure (denied access,
 * expired credentials, a dark zone) is for written scripts.
 *
 * @param intensity 0 (none) to 1 (as bad as it gets): how many rules, how likely, how long
 */
export function randomFaults(seed: number, intensity: number): FaultScript {
  if (!(intensity >= 0 && intensity <= 1))
    throw new RangeError(`The intensity is ${intensity}; 0 to 1 is allowed.`);
  const rng = createRng(seed, 'random-faults');
  const count = Math.round(intensity * mostRules);
  const rules: FaultRule[] = [];
  for (let index = 0; index < count; index++) {
    const effect = drawEffect(rng);
    const match = rng.pick(matches);
    const fromMs = rng.int(0, windowMs);
    rules.push({
      id: `random-${index + 1}-${effect.kind}`,
      // Only reads can lag.
      match: effect.kind === 'read-lag' ? { ...match, mutates: false } : match,
      fromMs,
      untilMs: fromMs + rng.int(5_000, 5_000 + Math.round(intensity * 115_000)),
      probability: Math.round((0.05 + rng.next() * 0.45 * intensity) * 1000) / 1000,
      effect,
    });
  }
  return { rules, events: [] };
}
