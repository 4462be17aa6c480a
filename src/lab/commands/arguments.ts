/** The flags of `npm start` and `npm run lab`. Pure: words in, settings or one line of complaint out. */
import { parseArgs } from 'node:util';

export type TaskMode = 'auto' | 'processes' | 'containers';

export interface StartSettings {
  readonly command: 'start';
  readonly scenario: string;
  readonly seed: number;
  readonly scale: number;
  readonly requestsPerSecond: number;
  readonly tasks: TaskMode;
  readonly reportFile: string;
}

export interface LabSettings {
  readonly command: 'lab';
  readonly port: number;
  readonly listenerPort: number;
  readonly seed: number;
  readonly scale: number;
  readonly tasks: TaskMode;
  readonly faultsFile: string | undefined;
  /** Seconds from a task's beginning to its containers' start, shortest and longest; undefined: as the region does. */
  readonly taskStart: readonly [low: number, high: number] | undefined;
}

export type Settings =
  | StartSettings
  | LabSettings
  | { readonly command: 'list' }
  | { readonly command: 'help'; readonly text: string };

export type ParsedArguments =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly complaint: string };

const taskModes: readonly TaskMode[] = ['auto', 'processes', 'containers'];

const startHelp = `npm start -- [options]
  --scenario NAME   which story to play (default: full); --list names them
  --list            name the scenarios and end
  --seed N          seed of the simulated region (default: 1)
  --scale N         virtual seconds a real second, 10 to 300 (default: 60)
  --rate N          requests a second of the steady load, 1 to 1000 (default: 200)
  --tasks MODE      containers, processes, or auto: containers where a Docker engine answers (default: auto)
  --report FILE     where the HTML report goes (default: lab-report.html)`;

const labHelp = `npm run lab -- [options]
  --port N          port of the AWS endpoint (default: 4566; 0 takes a free one)
  --listener-port N port of the load balancer's listener on port 80 (default: 8080; 0 takes a free one)
  --seed N          seed of the simulated region (default: 1)
  --scale N         virtual seconds a real second, 1 to 300 (default: 60)
  --tasks MODE      containers, processes, or auto: containers where a Docker engine answers (default: auto)
  --task-start L-H  seconds until a task's containers start, drawn evenly, 1 to 600 (default: 7 to 20, as drawn)
  --faults FILE     fault script (JSON, see docs/lab.md) to play from the start; random draws one from the seed`;

export function parseCommandLine(words: readonly string[], scenarios: readonly string[]): ParsedArguments {
  const [command, ...rest] = words;
  if (command === 'start') return parseStart(rest, scenarios);
  if (command === 'lab') return parseLab(rest);
  return { ok: false, complaint: `Unknown command "${command ?? ''}": there are start and lab.` };
}

function parseStart(words: readonly string[], scenarios: readonly string[]): ParsedArguments {
  const options = {
    scenario: { type: 'string', default: 'full' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    tasks: { type: 'string', default: 'auto' },
    report: { type: 'string', default: 'lab-report.html' },
  } as const;
  const read = readFlags(
    () => parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values,
  );
  if (!read.ok) return read;
  const { values } = read;
  if (values.help) return { ok: true, settings: { command: 'help', text: startHelp } };
  if (values.list) return { ok: true, settings: { command: 'list' } };
  const problems: string[] = [];
  if (!scenarios.includes(values.scenario))
    problems.push(`--scenario "${values.scenario}" is not one of ${scenarios.join(', ')}`);
  const settings: StartSettings = {
    command: 'start',
    scenario: values.scenario,
    seed: wholeNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER, problems),
    scale: wholeNumber('scale', values.scale, 10, 300, problems),
    requestsPerSecond: wholeNumber('rate', values.rate, 1, 1000, problems),
    tasks: taskMode(values.tasks, problems),
    reportFile: values.report,
  };
  return problems.length === 0 ? { ok: true, settings } : { ok: false, complaint: `${problems.join('; ')}.` };
}

function parseLab(words: readonly string[]): ParsedArguments {
  const options = {
    help: { type: 'boolean', default: false },
    port: { type: 'string', default: '4566' },
    'listener-port': { type: 'string', default: '8080' },
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '60' },
    tasks: { type: 'string', default: 'auto' },
    faults: { type: 'string' },
    'task-start': { type: 'string' },
  } as const;
  const read = readFlags(
    () => parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values,
  );
  if (!read.ok) return read;
  const { values } = read;
  if (values.help) return { ok: true, settings: { command: 'help', text: labHelp } };
  const problems: string[] = [];
  const settings: LabSettings = {
    command: 'lab',
    port: wholeNumber('port', values.port, 0, 65_535, problems),
    listenerPort: wholeNumber('listener-port', values['listener-port'], 0, 65_535, problems),
    seed: wholeNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER, problems),
    scale: wholeNumber('scale', values.scale, 1, 300, problems),
    tasks: taskMode(values.tasks, problems),
    faultsFile: values.faults,
    taskStart: taskStart(values['task-start'], problems),
  };
  return problems.length === 0 ? { ok: true, settings } : { ok: false, complaint: `${problems.join('; ')}.` };
}

function readFlags<T>(
  read: () => T,
): { readonly ok: true; readonly values: T } | { readonly ok: false; readonly complaint: string } {
  try {
    return { ok: true, values: read() };
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\. |\n/);
    return { ok: false, complaint: `${sentence.replace(/\.$/, '')}: --help lists the options.` };
  }
}

function wholeNumber(
  flag: string,
  given: string,
  lowest: number,
  highest: number,
  problems: string[],
): number {
  const value = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= lowest && value <= highest))
    problems.push(`--${flag} "${given}" is not a whole number from ${lowest} to ${highest}`);
  return value;
}

function taskMode(given: string, problems: string[]): TaskMode {
  const mode = taskModes.find((candidate) => candidate === given);
  if (mode === undefined) problems.push(`--tasks "${given}" is not one of ${taskModes.join(', ')}`);
  return mode ?? 'auto';
}

function taskStart(given: string | undefined, problems: string[]): LabSettings['taskStart'] {
  if (given === undefined) return undefined;
  const [low = Number.NaN, high = Number.NaN] = (/^(\d{1,3})-(\d{1,3})$/.exec(given) ?? [])
    .slice(1)
    .map(Number);
  if (!(low >= 1 && low <= high && high <= 600))
    problems.push(`--task-start "${given}" is not two whole numbers from 1 to 600, the lower first: 30-120`);
  return [low, high];
}
