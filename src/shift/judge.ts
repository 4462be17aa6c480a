/**
 * Is green worse than blue? A betting test (e-process): its error bound holds however often one looks and
 * whenever one stops, when traffic drifts, and when weights change in the middle. Pure.
 *
 * Hypothesis of innocence: `p_green <= rho * p_blue + delta`. For each bet `r > 1` the block's stake
 * multiplies by a factor whose expectation under innocence is at most 1, so that P(E ever >= 1/alpha) is at
 * most alpha (Ville's inequality). Bets `r < 1` reverse the hypothesis: evidence that green is no worse.
 */

/** One closed minute of metrics, or one batch of probes. */
export interface Block {
  readonly greenBad: number;
  readonly green: number;
  readonly blueBad: number;
  readonly blue: number;
}

/** What green may do at most: `rho` times blue's rate plus `delta` (both as fractions of requests). */
export interface Bound {
  readonly rho: number;
  readonly delta: number;
}

const harmBets = [1.5, 2, 4, 10, 50, 1000] as const;
const safetyBets = [0.02, 0.1, 0.3, 0.6] as const;
/** One minute alone can never decide: a single block multiplies a bet by this at most. */
const blockCap = 30;
/** The cautious bettor stakes a tenth of its wealth on each block, up to this factor. */
const cautiousShare = 0.1;
const cautiousCap = 291;
/** Beyond this log a factor is as good as infinite. */
const largestLog = 50;

/** Log of the factor by which a block multiplies the bet `r`. */
export function logBet(block: Block, bound: Bound, r: number): number {
  const scaled = bound.rho * block.green;
  const w = scaled === 0 ? 0 : scaled / (scaled + block.blue);
  const d = 1 + w * (r - 1);
  // Most blocks hold no failures at all, and a logarithm costs more than all the rest.
  const greenLog = block.greenBad === 0 ? 0 : block.greenBad * Math.log(r / d);
  const blueLog = block.blueBad === 0 ? 0 : block.blueBad * Math.log(d);
  return greenLog - blueLog - block.green * bound.delta * (r / d - 1);
}

/** Evidence of harm so far. */
export interface HarmEvidence {
  /** One for each bet. */
  readonly wealth: readonly number[];
  /** The bettor who stakes a tenth: catches failures that come and go. */
  readonly cautious: number;
}

export const noHarmEvidence: HarmEvidence = { wealth: harmBets.map(() => 1), cautious: 1 };

/** `phi` is blue's dispersion, at least 1: bursts of retries are not independent failures. */
export function addHarm(evidence: HarmEvidence, block: Block, bound: Bound, phi = 1): HarmEvidence {
  let factors = 0;
  const wealth = evidence.wealth.slice();
  for (let index = 0; index < wealth.length; index++) {
    const factor = Math.exp(Math.min(logBet(block, bound, harmBets[index]!) / phi, largestLog));
    factors += factor;
    wealth[index]! *= Math.min(factor, blockCap);
  }
  const mixed = factors / harmBets.length;
  return {
    wealth,
    cautious: evidence.cautious * (1 - cautiousShare + cautiousShare * Math.min(mixed, cautiousCap)),
  };
}

/** The evidence as one number: 300 means that innocent releases look this bad once in 300 times, ever. */
export function harmRatio(evidence: HarmEvidence): number {
  return 0.5 * mean(evidence.wealth) + 0.5 * evidence.cautious;
}

/** A block beside the bound it is held to: blocks without blue traffic have a bound of their own. */
export interface BoundBlock {
  readonly block: Block;
  readonly bound: Bound;
}

/** Evidence that green is no worse than its bounds, over all blocks together. Recomputed, never accumulated. */
export function safetyRatio(blocks: readonly BoundBlock[], phi = 1): number {
  return mean(
    safetyBets.map((r) =>
      Math.exp(blocks.reduce((sum, { block, bound }) => sum + logBet(block, bound, r), 0) / phi),
    ),
  );
}

/**
 * Pearson dispersion of blue's failures over recent minutes, at least 1: how much burstier they are than
 * independent failures at a constant rate would be.
 */
export function dispersion(minutes: readonly { readonly bad: number; readonly requests: number }[]): number {
  const used = minutes.filter((minute) => minute.requests > 0);
  const requests = used.reduce((sum, minute) => sum + minute.requests, 0);
  const bad = used.reduce((sum, minute) => sum + minute.bad, 0);
  if (used.length < 2 || bad === 0 || bad >= requests) return 1;
  const rate = bad / requests;
  const squares = used.reduce((sum, minute) => {
    const expected = minute.requests * rate;
    return sum + (minute.bad - expected) ** 2 / (expected * (1 - rate));
  }, 0);
  return Math.max(1, squares / (used.length - 1));
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
