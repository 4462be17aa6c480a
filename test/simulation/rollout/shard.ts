/**
 * 10,000 stories, each from its seed, in parts that run beside each other. SEEDS=n plays n instead;
 * SEED=n plays that one alone and prints its log.
 */
import { type Covered, coverageOf } from './coverage.ts';
import { type Played, play } from './play.ts';

export interface ShardResult {
  readonly seeds: number;
  readonly failures: readonly Pick<Played, 'seed' | 'wrong'>[];
  readonly coverage: readonly Covered[];
}

/** As many failures are told at most. */
const mostTold = 10;

export function seedsOf(part: number, parts: number): readonly number[] {
  const only = process.env['SEED'];
  if (only !== undefined) return part === 1 ? [Number(only)] : [];
  const count = Number(process.env['SEEDS'] ?? 10_000);
  return Array.from({ length: count }, (_, index) => index + 1).filter((seed) => seed % parts === part - 1);
}

export async function playAll(seeds: readonly number[]): Promise<ShardResult> {
  const hits = new Map<string, number>();
  const failures: Pick<Played, 'seed' | 'wrong'>[] = [];
  for (const seed of seeds) {
    const played = await playNamed(seed);
    for (const hit of played.hits) hits.set(hit, (hits.get(hit) ?? 0) + 1);
    if (played.wrong.length > 0 && failures.length < mostTold) failures.push({ seed, wrong: played.wrong });
    if (process.env['SEED'] !== undefined) console.log(played.log.join('\n'));
  }
  return { seeds: seeds.length, failures, coverage: coverageOf(hits, seeds.length) };
}

async function playNamed(seed: number): Promise<Played> {
  try {
    return await play(seed);
  } catch (error) {
    throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** The same as one column for people. */
export function coverageText(coverage: readonly Covered[]): string {
  return coverage
    .map(({ what, times, atLeast }) => `${String(times).padStart(6)} (${atLeast})  ${what}`)
    .join('\n');
}
