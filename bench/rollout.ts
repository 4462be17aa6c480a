/**
 * How long after the fact the job knows, and what it asks AWS for that: rolling-deploy, as committed, beside
 * unmodified `aws ecs wait services-stable` and fabfuel's ecs-deploy, each on a lab of its own, in one run. Rollouts
 * take 40 to 900 s, drawn from `--seed`, which no client knows, and are made long by slow starts, draining and rounds
 * (rollout-shape.ts); how long they took is shown. `--scale 1` is real speed: all rollouts then run side by side,
 * which takes about seventeen minutes of waiting. With a scale above (30 where left out) they run one after the other, seconds are the region's, and the pauses of every client are
 * shortened by as much, the bundle's by its preload, Python's by `time.sleep`; what is not shortened is the work of
 * each client: a second of a Python process counts as 30. `--runs` good rollouts for each client (5 where left out),
 * and as many crash loops as `--crashes` says (2).
 */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { createRng } from '../src/lab/world/random.ts';
import { type CrashRun, ecsDeploy, RolloutBench, type Run, servicesStable } from './rollout-runs.ts';
import { drawLengths, drawShape, taskCount } from './rollout-shape.ts';
import { median, table } from './support.ts';

const flags = parseArgs({
  options: {
    scale: { type: 'string', default: '30' },
    runs: { type: 'string', default: '5' },
    crashes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    /** One measurement, as JSON: how the others are run side by side. */
    measure: { type: 'string' },
    length: { type: 'string', default: '60' },
    /** The draw of the shape, the same for every client. */
    draw: { type: 'string', default: '0' },
  },
}).values;
const scale = Number(flags.scale);
const crashRuns = Number(flags.crashes);
const quickRuns = 5;
const crashLengthSeconds = 60;

type Who = 'kit' | 'cli' | 'fabfuel';
type What = 'good' | 'crash' | 'begun';
type Quick = { readonly calls: number; readonly ms: number };
interface Measurement {
  readonly who: Who;
  readonly what: What;
  readonly lengthSeconds: number;
  readonly draw: number;
}

async function measure({
  who,
  what,
  lengthSeconds,
  draw,
}: Measurement): Promise<Run | CrashRun | readonly Quick[]> {
  const bench = await RolloutBench.open(scale);
  try {
    if (what === 'begun') {
      const quick: Quick[] = [];
      for (let index = 0; index < quickRuns; index++) quick.push(await bench.begun());
      return quick;
    }
    const shape = drawShape(lengthSeconds, createRng(draw, 'bench.rollout.shape'));
    await bench.shape(shape);
    // Tasks have the date of the region, and timers of the machine.
    const behaviour = what === 'good' ? `slow-start:${Math.round(shape.startMs / scale)}` : 'crash-at-start';
    if (who === 'kit') return await (what === 'good' ? bench.good(behaviour) : bench.crash());
    const client = who === 'cli' ? servicesStable : ecsDeploy(behaviour);
    return await bench.by(client, behaviour, what === 'good' ? 'SUCCESSFUL' : 'ROLLBACK_SUCCESSFUL');
  } finally {
    await bench.close();
  }
}

if (flags.measure !== undefined) {
  const [who, what] = flags.measure.split(':') as [Who, What];
  console.log(
    JSON.stringify(
      await measure({ who, what, lengthSeconds: Number(flags.length), draw: Number(flags.draw) }),
    ),
  );
} else {
  await compare();
}

async function compare(): Promise<void> {
  const seed = Number(flags.seed);
  const lengths = drawLengths(Number(flags.runs), createRng(seed, 'bench.rollout'));
  const here = (command: string): boolean =>
    spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
  const clients: readonly Who[] = [
    'kit',
    ...(here('aws') ? (['cli'] as const) : []),
    ...(here('ecs') ? (['fabfuel'] as const) : []),
  ];
  const wanted: Measurement[] = [];
  for (const who of clients) {
    for (const [index, lengthSeconds] of lengths.entries()) {
      wanted.push({ who, what: 'good', lengthSeconds, draw: seed + index });
    }
    for (let index = 0; index < crashRuns; index++) {
      wanted.push({ who, what: 'crash', lengthSeconds: crashLengthSeconds, draw: seed + index });
    }
  }
  const quick = (await inChild({ who: 'kit', what: 'begun', lengthSeconds: 0, draw: 0 })) as readonly Quick[];
  const results =
    scale === 1
      ? await Promise.all(wanted.map((each, index) => staggered(each, index)))
      : await inTurn(wanted);
  const of = (who: Who, what: What): readonly CrashRun[] =>
    results.filter((_, index) => wanted[index]!.who === who && wanted[index]!.what === what) as CrashRun[];
  show(clients, of, quick, lengths);
}

/** Labs that start all at once would measure the machine. */
async function staggered(measurement: Measurement, index: number): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, index * 4000));
  return inChild(measurement);
}

async function inTurn(wanted: readonly Measurement[]): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (const each of wanted) results.push(await inChild(each));
  return results;
}

async function inChild({ who, what, lengthSeconds, draw }: Measurement): Promise<unknown> {
  const self = fileURLToPath(import.meta.url);
  const parameters = [
    '--scale',
    String(what === 'begun' ? 30 : scale),
    '--measure',
    `${who}:${what}`,
    '--length',
    String(lengthSeconds),
    '--draw',
    String(draw),
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', self, ...parameters],
    { maxBuffer: 1e8 },
  );
  return JSON.parse(stdout);
}

function show(
  clients: readonly Who[],
  of: (who: Who, what: What) => readonly CrashRun[],
  quick: readonly Quick[],
  lengths: readonly number[],
): void {
  const names: Record<Who, string> = { kit: 'rolling-deploy', cli: 'services-stable', fabfuel: 'ecs-deploy' };
  const seconds = (values: readonly number[]): string =>
    values.length === 0
      ? '-'
      : `${(median(values) / 1000).toFixed(1)} (${(Math.max(...values) / 1000).toFixed(1)})`;
  const row = (
    what: What,
    words: string,
    value: (run: CrashRun) => number,
    only: (run: CrashRun) => boolean = () => true,
  ) => [words, ...clients.map((who) => seconds(of(who, what).filter(only).map(value)))];
  const whole = (what: What, words: string, value: (run: CrashRun) => number) => [
    words,
    ...clients.map((who) => median(of(who, what).map(value)).toFixed(0)),
  ];
  const each = (words: string, value: (run: CrashRun) => string) => [
    words,
    ...clients.map((who) => of(who, 'good').map(value).join(', ')),
  ];
  const codes = (what: What, words: string) => [
    words,
    ...clients.map((who) =>
      of(who, what)
        .map((run) => run.exitCode)
        .join(' '),
    ),
  ];
  const kitOnly = (words: string, value: string) => [words, value, ...clients.slice(1).map(() => '')];
  console.log(`${taskCount} tasks, x${scale}; lengths drawn: ${lengths.join(', ')} s. Median (worst).`);
  console.log(
    table(
      ['good rollouts', ...clients.map((who) => names[who])],
      [
        codes('good', 'exit codes'),
        each('length as met, s', (run) => (run.lengthMs / 1000).toFixed(0)),
        each('SUCCESSFUL to exit, one by one, s', (run) => (run.exitLagMs / 1000).toFixed(1)),
        row(
          'good',
          'SUCCESSFUL to exit, s',
          (run) => run.exitLagMs,
          (run) => run.exitCode === 0,
        ),
        kitOnly(
          'SUCCESSFUL to verdict in the log, s',
          seconds(of('kit', 'good').map((run) => run.verdictLagMs)),
        ),
        whole('good', 'calls', (run) => run.calls),
        whole('good', 'calls, for 226 s', (run) => (226_000 * run.calls) / run.lengthMs),
      ],
    ),
  );
  console.log(
    table(
      ['crash at start, taken back by the circuit breaker', ...clients.map((who) => names[who])],
      [
        codes('crash', 'exit codes'),
        row('crash', 'length with its rollback, s', (run) => run.lengthMs),
        kitOnly(
          'first crash to its cause in the log, s',
          seconds(of('kit', 'crash').map((run) => run.causeMs)),
        ),
        kitOnly(
          'rollback to its line in the log, s',
          seconds(of('kit', 'crash').map((run) => run.announcedMs)),
        ),
        row('crash', 'end of the rollback to exit, s', (run) => run.exitLagMs),
        whole('crash', 'calls', (run) => run.calls),
      ],
    ),
  );
  console.log(
    table(
      ['register and update without wait', 'rolling-deploy'],
      [
        ['whole process, ms', median(quick.map(({ ms }) => ms)).toFixed(0)],
        ['calls', String(median(quick.map(({ calls }) => calls)))],
      ],
    ),
  );
}
