/**
 * Answers of 4xx as users cause them, drawn at random: a rate that is usual, and scans by one client on top of it, each
 * of which takes some minutes and whose requests are dealt to both sides as all others are. How often the judge's stream
 * takes back a green that refuses as much as blue, and how soon one that refuses more. Times in minutes.
 */
import { createRng, type Rng } from '../src/lab/world/random.ts';
import { binomial } from '../src/lab/world/sim/distributions.ts';
import { baselineOf } from '../src/shift/baseline.ts';
import { boundOf, dispersionOf } from '../src/shift/evidence.ts';
import { addHarm, type Block, harmRatio, noHarmEvidence } from '../src/shift/judge.ts';
import { refusedAlone } from '../src/shift/minutes.ts';

export interface Users {
  readonly requestsPerSecond: number;
  /** Share of their requests that is refused, whoever answers. */
  readonly refused: number;
  /** Chance of a minute that a scan begins in it, and how many requests it makes in one to three minutes. */
  readonly scans: number;
  readonly scanRequests: readonly [least: number, most: number];
}

export interface Ladder {
  /** Green's share, 0 to 1, and for how long. */
  readonly steps: readonly (readonly [share: number, minutes: number])[];
  /** Share of green's requests that it refuses on top of what users cause. */
  readonly more: number;
}

export interface Found {
  /** Undefined where green stays. */
  readonly atMinute: number | undefined;
  /** How bursty blue was in the hour before. */
  readonly dispersion: number;
}

/** Errors, unanswered and slow requests, and this stream; each at an alpha of one in a hundred. */
const limit = 400;
const hour = 60;
const minuteMs = 60_000;

/** Minute after minute of what users ask and what is refused of it. */
function asking({ requestsPerSecond, refused, scans, scanRequests }: Users, rng: Rng) {
  let [left, ofScan] = [0, 0];
  return (share: number, more: number): Block => {
    const all = Math.round(60 * requestsPerSecond);
    if (left === 0 && rng.chance(scans)) {
      left = rng.int(1, 3);
      ofScan = Math.ceil(rng.int(...scanRequests) / left);
    }
    const scanned = left > 0 ? ofScan : 0;
    left = Math.max(0, left - 1);
    const [green, scannedGreen] = [binomial(rng, all, share), binomial(rng, scanned, share)];
    const blue = all - green;
    return {
      green: green + scannedGreen,
      greenBad: binomial(rng, green, Math.min(1, refused + more)) + scannedGreen,
      blue: blue + scanned - scannedGreen,
      blueBad: binomial(rng, blue, refused) + scanned - scannedGreen,
    };
  };
}

export function find(users: Users, { steps, more }: Ladder, seed: number): Found {
  const next = asking(users, createRng(seed, 'client-errors'));
  const before = Array.from({ length: hour }, (_, index) => {
    const { blue: requests, blueBad: clientErrors } = next(0, 0);
    return { at: index * minuteMs, requests, clientErrors, errors: 0, unanswered: 0, slow: 0 };
  });
  const baseline = baselineOf(before, [], undefined);
  const dispersion = dispersionOf('client-errors', baseline);
  let evidence = noHarmEvidence;
  let minute = 0;
  for (const [share, minutes] of steps) {
    for (let index = 0; index < minutes; index++) {
      const block = next(share, more);
      minute += 1;
      if (block.green === 0) continue;
      const bound = boundOf('client-errors', block, baseline, 0.005)!;
      const judged = block.blue === 0 ? refusedAlone(block, baseline) : block;
      evidence = addHarm(evidence, judged, bound, dispersion);
      if (harmRatio(evidence) >= limit) return { atMinute: minute, dispersion };
    }
  }
  return { atMinute: undefined, dispersion };
}

export function findAll(users: Users, ladder: Ladder, seeds: number): readonly Found[] {
  return Array.from({ length: seeds }, (_, index) => find(users, ladder, index + 1));
}

export const calmUsers = (requestsPerSecond: number, refused = 0.01): Users => ({
  requestsPerSecond,
  refused,
  scans: 0,
  scanRequests: [200, 600],
});

/** One client in fifty minutes. */
export const scannedUsers = (requestsPerSecond: number, refused = 0.01): Users => ({
  ...calmUsers(requestsPerSecond, refused),
  scans: 0.02,
});

export const longStep = (more: number, share = 0.1): Ladder => ({ steps: [[share, 60]], more });

/** What a shift does where nothing else is said. */
export const usualLadder = (more: number): Ladder => ({
  steps: [
    [0.1, 5],
    [0.5, 5],
    [1, 5],
  ],
  more,
});
