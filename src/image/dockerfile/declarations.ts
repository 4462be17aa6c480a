/** Instructions that only change the image's configuration: CMD, EXPOSE, VOLUME, HEALTHCHECK. Pure. */
import type { Healthcheck } from '../static/image-config.ts';
import { splitWords } from './words.ts';

/** The JSON form as it is; the shell form behind the shell. Undefined where a JSON list is required and not given. */
export function execOrShell(text: string, shell: readonly string[]): readonly string[];
export function execOrShell(text: string, shell: undefined): readonly string[] | undefined;
export function execOrShell(
  text: string,
  shell: readonly string[] | undefined,
): readonly string[] | undefined {
  const list = jsonTexts(text);
  if (list !== undefined) return list;
  return shell === undefined ? undefined : [...shell, text];
}

function jsonTexts(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `5000`, `53/udp`, `8000-8002/tcp`. */
export function readPorts(words: readonly string[]): Record<string, object> {
  if (words.length === 0) throw new Error('a port is missing');
  const ports: Record<string, object> = {};
  for (const word of words) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
    const low = Number(match?.[1]);
    const high = Number(match?.[2] ?? match?.[1]);
    if (match === null || low < 1 || high > 65_535 || low > high) throw new Error(`"${word}" is no port`);
    for (let port = low; port <= high; port++) ports[`${port}/${(match[3] ?? 'tcp').toLowerCase()}`] = {};
  }
  return ports;
}

export function readVolumes(
  text: string,
  split: (text: string) => string[],
  fill: (text: string) => string,
): Record<string, object> {
  const paths = (jsonTexts(text) ?? split(text)).map(fill).filter((path) => path !== '');
  if (paths.length === 0) throw new Error('a path is missing');
  return Object.fromEntries(paths.map((path) => [path, {}]));
}

const durationOptions = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const;

export function readHealthcheck(text: string, shell: readonly string[], escapeChar: string): Healthcheck {
  const check: { Test: string[] } & Record<string, unknown> = { Test: [] };
  let rest = text;
  for (;;) {
    const option = /^--([a-z-]+)=(\S+)\s*/.exec(rest);
    if (option === null) break;
    rest = rest.slice(option[0].length);
    const [, name = '', value = ''] = option;
    if (name === 'retries') {
      if (!/^\d+$/.test(value)) throw new Error(`--retries takes a whole number; "${value}" is not`);
      check['Retries'] = Number(value);
    } else if (Object.hasOwn(durationOptions, name)) {
      check[durationOptions[name as keyof typeof durationOptions]] = nanoseconds(value);
    } else throw new Error(`--${name} is unknown`);
  }
  const [kind, ...words] = splitWords(rest, escapeChar);
  if (kind?.toUpperCase() === 'NONE' && words.length === 0) return { Test: ['NONE'] };
  const command = rest.slice(kind?.length ?? 0).trim();
  if (kind?.toUpperCase() !== 'CMD' || command === '')
    throw new Error('allowed is NONE or CMD with a command');
  const list = execOrShell(command, undefined);
  const usual = shell.length === 2 && shell[0] === '/bin/sh' && shell[1] === '-c';
  if (list !== undefined) check.Test = ['CMD', ...list];
  else check.Test = usual ? ['CMD-SHELL', command] : ['CMD', ...shell, command];
  return check as unknown as Healthcheck;
}

const unitNanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go's durations: `30s`, `1m30s`. */
function nanoseconds(text: string): number {
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) throw new Error(`"${text}" is no duration such as 30s`);
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|ms|s|m|h)/g)) {
    total += Number(amount) * unitNanoseconds[unit!]!;
  }
  return Math.round(total);
}
