/**
 * Whole shifts in the lab under 500 real requests a second (`--rate`): the committed bundle, tasks as processes, the
 * load balancer's own proxy, everything that may happen to a shift, one after the other, each on a lab of its own.
 * Prints a row for each and ends with 1 where one did not end as it has to. `--only good,slow` plays those whose name
 * begins so; `--times 5` plays each so often, with seeds of their own; `--keep FOLDER` keeps what each run wrote: log,
 * summary, events, the flight recording (`npm run replay`), and what the bench saw.
 * Run: node scripts/node24.mjs bench/shift-under-load.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
    times: { type: 'string', default: '1' },
    keep: { type: 'string' },
    /** Shows the log of every step. */
    verbose: { type: 'boolean', default: false },
  },
}).values;

async function play(wanted: ShiftCase, settings: StageSettings, folder?: string): Promise<Seen> {
  const recorders =
    folder === undefined
      ? {}
      : { events: join(folder, 'events.jsonl'), recording: join(folder, 'recording.jsonl') };
  const stage = await ShiftStage.open(settings);
  try {
    await wanted.before?.(stage);
    const cancel = wanted.cancelAt === undefined ? undefined : cancelAt(wanted.cancelAt);
    let happened: Promise<void> | undefined;
    const seen = await stage.shift(
      { ...recorders, ...wanted.inputs },
      {
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
      },
    );
    await happened;
    return seen;
  } finally {
    await stage.close();
  }
}

/** A folder of its own for each play, where what it wrote is kept; undefined where nothing is. */
function folderOf(name: string, seed: number): string | undefined {
  if (flags.keep === undefined) return undefined;
  const folder = join(resolve(flags.keep), `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${seed}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function keep(folder: string, { step, ...seen }: Seen): void {
  writeFileSync(join(folder, 'log.txt'), step.log.join('\n'));
  writeFileSync(join(folder, 'summary.md'), step.summaryMarkdown);
  writeFileSync(join(folder, 'seen.json'), JSON.stringify({ outputs: step.outputs, ...seen }, undefined, 1));
}

const chosen = shiftCases.filter(
  ({ name }) => flags.only === undefined || flags.only.split(',').some((only) => name.startsWith(only)),
);
const rows: string[][] = [];
let failed = 0;
const times = Number(flags.times);
for (const wanted of Array.from({ length: times }, () => chosen).flat()) {
  const round = Math.floor(rows.length / chosen.length);
  const settings: StageSettings = {
    // By its place among all: a story is the same whichever others are played.
    seed: Number(flags.seed) + shiftCases.indexOf(wanted) + round * shiftCases.length,
    scale: Number(flags.scale),
    rate: Number(flags.rate),
    blue: 'good',
    green: 'good',
    warmMinutes: 0,
    ...wanted.stage,
  };
  const folder = folderOf(wanted.name, settings.seed);
  let row: string[];
  try {
    const seen = await play(wanted, settings, folder);
    const wrong = complaintsOf(wanted, seen, settings);
    const { outputs } = seen.step;
    const took = shiftingMs(seen);
    if (folder !== undefined) keep(folder, seen);
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
console.log(`\n${rows.length - failed} of ${rows.length} ended as they have to.`);
process.exitCode = failed === 0 && rows.length > 0 ? 0 : 1;
