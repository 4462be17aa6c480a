/**
 * How small a part of green's requests may hang and still be seen at the first step: whole shifts in virtual time, with
 * 25 requests a second, 10 % for five minutes, and no probes. Run: node scripts/node24.mjs bench/hanging-route.ts
 */
import { parseArgs } from 'node:util';
import { playHanging } from '../test/simulation/shift/hanging-route.ts';
import { table } from './support.ts';

const flags = parseArgs({
  options: { plays: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
}).values;
const plays = Number(flags.plays);
const firstSeed = Number(flags.seed);
const rows: string[][] = [];
for (const share of [0.9, 0.3, 0.15, 0.1, 0.05, 0.03, 0.02]) {
  const ends = [];
  for (let seed = firstSeed; seed < firstSeed + plays; seed++) ends.push(await playHanging(seed, share, 25));
  const sorted = (of: readonly number[]): readonly number[] => [...of].sort((one, other) => one - other);
  const minutes = sorted(ends.map((end) => end.minutes));
  const harmed = sorted(ends.map((end) => end.harmed));
  const middle = Math.floor(plays / 2);
  rows.push([
    `${Math.round(100 * share)} %`,
    String(ends.filter((end) => end.reached > 10).length),
    String(ends.filter((end) => end.outcome?.startsWith('promoted') === true).length),
    `${minutes[middle]!.toFixed(1)} / ${minutes.at(-1)!.toFixed(1)}`,
    `${harmed[middle]!} / ${harmed.at(-1)!}`,
  ]);
}
console.log(`${plays} shifts each, seeds ${firstSeed} to ${firstSeed + plays - 1}`);
console.log(
  table(
    ['hang', 'passed 10 %', 'promoted', 'minutes to the way back, median / most', 'harmed, median / most'],
    rows,
  ),
);
