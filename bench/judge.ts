/** `npm run bench:judge`: false rollbacks and detection of the judge and of other rules, on the same drawn traffic. */
import { calmUsers, findAll, type Ladder, longStep, scannedUsers, type Users } from './client-errors.ts';
import {
  failing,
  fallShare,
  falls,
  intermittent,
  noDifference,
  type RuleName,
  ruleNames,
  type Setting,
} from './judge-simulation.ts';
import { median, table } from './support.ts';

const seeds = Number(process.env['SEEDS'] ?? 1000);
const head: Readonly<Record<RuleName, string>> = {
  judge: 'judge',
  flagger: 'threshold (99 %, 5 failed checks)',
  alarm: "the guide's alarm (> 50 in 5 min, twice)",
  'z-test': 'z-test each minute',
};

console.log(`p_b 0.1 %, weight 10 %, metrics 2 min 10 s late for every rule; seeds 1 to ${seeds}.\n`);
console.log('Rolled back within 24 h with no difference:');
console.log(
  table(
    ['requests a second', ...ruleNames.map((name) => head[name])],
    [1, 10, 100, 1000].map((rate) => [
      String(rate),
      ...ruleNames.map((name) => `${(100 * fallShare(falls(noDifference(rate), name, seeds))).toFixed(1)} %`),
    ]),
  ),
);

const cell = (setting: Setting, name: RuleName): string => {
  const all = falls(setting, name, seeds);
  const fell = all.filter((each) => each.atMinute !== undefined);
  const harmed = Math.round(median(all.map((each) => each.harmed)));
  if (fell.length < all.length / 2) return `never in ${setting.minutes} min / ${harmed}`;
  const times = all.map((each) => each.atMinute ?? Number.POSITIVE_INFINITY);
  return `${median(times).toFixed(1)} / ${harmed}`;
};

console.log('\nMedian minutes to roll back / failed requests of green, at 100 requests a second:');
console.log(
  table(
    ['green errors', 'judge', 'judge, 2 probes/s', ...ruleNames.slice(1).map((name) => head[name])],
    [0.01, 0.02, 0.05, 0.2, 1].map((rate) => [
      `${100 * rate} %`,
      cell(failing(rate), 'judge'),
      cell(failing(rate, 2), 'judge'),
      ...ruleNames.slice(1).map((name) => cell(failing(rate), name)),
    ]),
  ),
);
console.log(
  `\nAll requests of one minute in five fail, 1,000 a second: ${cell(intermittent(1000), 'judge')}`,
);

const refusals = (users: Users, ladder: Ladder): string => {
  const found = findAll(users, ladder, seeds);
  const fell = found.filter(({ atMinute }) => atMinute !== undefined).length / found.length;
  const at = median(found.map(({ atMinute }) => atMinute ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(at) ? `${(100 * fell).toFixed(1)} %, ${at} min` : `${(100 * fell).toFixed(1)} %`;
};

console.log(
  '\nAnswers of 4xx, judged (client-errors: judge): taken back within an hour at 10 %, and the median minute of the data that decides; users cause 1 %, and in the second column of each pair a scan of 200 to 600 requests comes about each 50 minutes:',
);
console.log(
  table(
    ['green refuses', ...[1, 10, 100].flatMap((rate) => [`${rate} a second`, `${rate}, scanned`])],
    [0, 0.01, 0.05, 1].map((more) => [
      more === 0 ? 'as much as blue' : more === 1 ? 'everything' : `${100 * more} points more`,
      ...[1, 10, 100].flatMap((rate) =>
        [calmUsers(rate), scannedUsers(rate)].map((users) => refusals(users, longStep(more))),
      ),
    ]),
  ),
);
