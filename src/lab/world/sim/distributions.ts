/** Random draws the simulated traffic is made of. */
import type { Rng } from '../random.ts';

/**
 * How many of `trials` succeed. Exact by inversion while few are expected, by the normal approximation
 * beyond (its error is far below the spread of the draw).
 */
export function binomial(rng: Rng, trials: number, probability: number): number {
  if (trials <= 0 || probability <= 0) return 0;
  if (probability >= 1) return trials;
  if (probability > 0.5) return trials - binomial(rng, trials, 1 - probability);
  const expected = trials * probability;
  if (expected > 30) {
    const spread = Math.sqrt(expected * (1 - probability));
    return Math.min(trials, Math.max(0, Math.round(expected + spread * normal(rng))));
  }
  const odds = probability / (1 - probability);
  let term = (1 - probability) ** trials;
  let left = rng.next();
  let successes = 0;
  while (left > term && successes < trials) {
    left -= term;
    term *= (odds * (trials - successes)) / (successes + 1);
    successes += 1;
  }
  return successes;
}

/** `trials` over weighted boxes, drawn at random; a weight of 0 gets exactly none. */
export function multinomial(rng: Rng, trials: number, weights: readonly number[]): number[] {
  let left = trials;
  let weightLeft = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => {
    if (weight <= 0) return 0;
    const drawn = weight >= weightLeft ? left : binomial(rng, left, weight / weightLeft);
    left -= drawn;
    weightLeft -= weight;
    return drawn;
  });
}

function normal(rng: Rng): number {
  const radius = Math.sqrt(-2 * Math.log(1 - rng.next()));
  return radius * Math.cos(2 * Math.PI * rng.next());
}

/** `trials` over boxes that are equally likely; adds to what is in them. */
export function scatter(rng: Rng, trials: number, boxes: number[]): void {
  const { length } = boxes;
  if (trials < 4 * length) {
    for (let trial = 0; trial < trials; trial++) boxes[rng.int(0, length - 1)]! += 1;
    return;
  }
  let left = trials;
  for (let box = 0; box < length - 1; box++) {
    const drawn = binomial(rng, left, 1 / (length - box));
    boxes[box]! += drawn;
    left -= drawn;
  }
  boxes[length - 1]! += left;
}

const steps = 200;
/** By mean, then by 95th percentile. */
const tables = new Map<number, Map<number, readonly number[]>>();

/**
 * Quantiles of the lognormal distribution with that mean and 95th percentile, in seconds: drawing one of
 * them is drawing a response time, and keeps the number of different values small.
 */
export function latencyTable(meanMs: number, p95Ms: number): readonly number[] {
  let ofMean = tables.get(meanMs);
  if (ofMean === undefined) {
    ofMean = new Map();
    tables.set(meanMs, ofMean);
  }
  let table = ofMean.get(p95Ms);
  if (table === undefined) {
    const z95 = 1.6448536;
    const sigma = z95 - Math.sqrt(Math.max(0, z95 ** 2 - 2 * Math.log(p95Ms / meanMs)));
    const mu = Math.log(meanMs / 1000) - sigma ** 2 / 2;
    table = Object.freeze(
      Array.from({ length: steps }, (_, step) => Math.exp(mu + sigma * quantile((step + 0.5) / steps))),
    );
    ofMean.set(p95Ms, table);
  }
  return table;
}

/** Of the standard normal distribution (Abramowitz and Stegun 26.2.23, error below 4.5e-4). */
function quantile(share: number): number {
  if (share > 0.5) return -quantile(1 - share);
  const t = Math.sqrt(-2 * Math.log(share));
  return -(
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3)
  );
}
