/**
 * Stories, each from its seed, in parts that run beside each other. SEEDS=n plays n of them; SEED=n plays that one
 * alone and prints its log.
 */

export interface Played {
  readonly seed: number;
  /** Everything of the story that really came about, by the names of the table of coverage. */
  readonly hits: readonly string[];
  /** What is wrong with it, in words; empty as it should be. */
  readonly wrong: readonly string[];
  /** Made when it is asked for: few are read. */
  readonly log: readonly string[];
}

export interface Covered {
  readonly what: string;
  readonly times: number;
  readonly atLeast: number;
}

export interface ShardResult {
  readonly failures: readonly Pick<Played, 'seed' | 'wrong'>[];
  readonly coverage: readonly Covered[];
}

/** As many failures are told at most. */
const mostTold = 10;

export const isReplay = process.env['SEED'] !== undefined;

export function seedsOf(count: number, part: number, parts: number): readonly number[] {
  const only = process.env['SEED'];
  if (only !== undefined) return part === 1 ? [Number(only)] : [];
  const wanted = Number(process.env['SEEDS'] ?? count);
  return Array.from({ length: wanted }, (_, index) => index + 1).filter((seed) => seed % parts === part - 1);
}

/** `expected`: how often something has to come about in 10,000 stories. */
export async function playAll(
  seeds: readonly number[],
  play: (seed: number) => Promise<Played>,
  expected: Readonly<Record<string, number>>,
): Promise<ShardResult> {
  const hits = new Map<string, number>();
  const failures: Pick<Played, 'seed' | 'wrong'>[] = [];
  for (const seed of seeds) {
    const played = await playNamed(seed, play);
    for (const hit of played.hits) hits.set(hit, (hits.get(hit) ?? 0) + 1);
    if (played.wrong.length > 0 && failures.length < mostTold) failures.push({ seed, wrong: played.wrong });
    if (isReplay) console.log(played.log.join('\n'));
  }
  const names = [...new Set([...Object.keys(expected), ...hits.keys()])].sort();
  const coverage = names.map((what) => ({
    what,
    times: hits.get(what) ?? 0,
    atLeast: Math.floor(((expected[what] ?? 0) * seeds.length) / 10_000),
  }));
  return { failures, coverage };
}

async function playNamed(seed: number, play: (seed: number) => Promise<Played>): Promise<Played> {
  try {
    return await play(seed);
  } catch (error) {
    throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** What has failed, with the command that plays it again. */
export function failuresText(failures: ShardResult['failures'], suite: string): string {
  return failures
    .map(
      ({ seed, wrong }) =>
        `SEED=${seed} npm test -- ${suite}\n${wrong.map((each) => `  ${each}`).join('\n')}`,
    )
    .join('\n');
}

/** One column for people. */
export function coverageText(coverage: readonly Covered[]): string {
  return coverage
    .map(({ what, times, atLeast }) => `${String(times).padStart(6)} (${atLeast})  ${what}`)
    .join('\n');
}
