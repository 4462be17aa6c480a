/**
 * Whole shifts in the lab under 500 real requests a second (`--rate`): the committed bundle, tasks as processes, the
 * load balancer's own proxy, everything that may happen to a shift, one after the other, each on a lab of its own.
 * Prints a row for each and ends with 1 where one did not end as it has to. `--only good,slow` plays those whose name
 * begins so. Run: node scripts/node24.mjs bench/shift-under-load.ts
 */
import { parseArgs } from 'node:util';
import { cancelAt } from '../test/e2e/bundles/job.ts';
import { complaintsOf, type ShiftCase, shiftCases, shiftingMs } from './shift-cases.ts';
import { type Seen, ShiftStage, type StageSettings } from './shift-stage.ts';
import { table } from './support.ts';

const flags = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    scale: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    /** Shows the log of every step. */
    verbose: { type: 'boolean', default: false },
  },
}).values;

async function play(wanted: ShiftCase, settings: StageSettings): Promise<Seen> {
  const stage = await ShiftStage.open(settings);
  try {
    await wanted.before?.(stage);
    const cancel = wanted.cancelAt === undefined ? undefined : cancelAt(wanted.cancelAt);
    let happened: Promise<void> | undefined;
    const seen = await stage.shift(wanted.inputs ?? {}, {
      ...(cancel === undefined ? {} : { cancelled: cancel.cancelled }),
      onLine: (line) => {
        if (flags.verbose) console.log(`  ${line}`);
        cancel?.onLine(line);
        const { at } = wanted;
        if (at?.line.test(line)) {
          happened ??= Promise.resolve(at.happens(stage));
          // Told where it is awaited.
          happened.catch(() => undefined);
        }
      },
    });
    await happened;
    return seen;
  } finally {
    await stage.close();
  }
}

const chosen = shiftCases.filter(
  ({ name }) => flags.only === undefined || flags.only.split(',').some((only) => name.startsWith(only)),
);
const rows: string[][] = [];
let failed = 0;
for (const wanted of chosen) {
  const settings: StageSettings = {
    // By its place among all: a story is the same whichever others are played.
    seed: Number(flags.seed) + shiftCases.indexOf(wanted),
    scale: Number(flags.scale),
    rate: Number(flags.rate),
    blue: 'good',
    green: 'good',
    warmMinutes: 0,
    ...wanted.stage,
  };
  let row: string[];
  try {
    const seen = await play(wanted, settings);
    const wrong = complaintsOf(wanted, seen, settings);
    const { outputs } = seen.step;
    const took = shiftingMs(seen);
    if (wrong.length > 0) {
      failed++;
      if (!flags.verbose) console.log(seen.step.log.map((line) => `  ${line}`).join('\n'));
    }
    row = [
      wanted.name,
      `${outputs['outcome']}${outputs['cause'] ? ` (${outputs['cause']})` : ''}`,
      String(seen.load.sent),
      String(seen.load.harmed + seen.load.dropped),
      wanted.harmedAtMost?.(seen, settings).toFixed(0) ?? '',
      took === undefined ? '' : `${(took / 60_000).toFixed(1)} min`,
      wrong.length === 0 ? 'as it has to' : wrong.join('; '),
    ];
  } catch (error) {
    failed++;
    row = [wanted.name, 'not played', '', '', '', '', (error as Error).message];
  }
  rows.push(row);
  console.log(row.filter((cell) => cell !== '').join(' | '));
}
console.log(
  `\n${table(['shift', 'outcome', 'requests', 'harmed', 'at most', 'first to last weight', 'verdict'], rows)}`,
);
console.log(`\n${chosen.length - failed} of ${chosen.length} ended as they have to.`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
