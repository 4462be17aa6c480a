/**
 * What following a rollout may cost: 80 calls for one of 226 s, and in proportion beyond. Looking often is paid
 * out of what slow looks leave over. Pure.
 */

/** The slowest pace of looks. */
export const slowestMs = 5000;

const calls = 80;
const forMs = 226_000;
/** Made before the first look, for the proof and the mark after the last one, and for looks at more than one thing. */
const aroundIt = 14;
/** Of the slow looks up to 226 s, the share that is held back when the end seems near. */
const heldBackNearEnd = 0.5;

export interface SpareCalls {
  /** Calls to spare if it is looked at slowly from now on. Below one: none yet. */
  readonly spareCalls: number;
  /** The same where it is expected to end before long. */
  readonly spareNearEnd: number;
}

/**
 * @param made while it was followed
 * @param sinceMs since following began
 */
export function spareCalls(made: number, sinceMs: number): SpareCalls {
  const left = calls * Math.max(1, sinceMs / forMs) - aroundIt - made;
  const slowLooks = Math.max(0, forMs - sinceMs) / slowestMs;
  return { spareCalls: left - slowLooks, spareNearEnd: left - slowLooks * heldBackNearEnd };
}
