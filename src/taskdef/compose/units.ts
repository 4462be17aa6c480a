/**
 * Durations, bytes and shares of a CPU as Compose writes them. Pure.
 * @see https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-durations
 */
import type { JsonValue } from '../json.ts';

const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 24 * 3600e9,
};

/** Seconds; undefined where the text is no duration. */
export function secondsOf(value: JsonValue | undefined): number | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g)) {
    sum += Number(amount) * nanoseconds[unit!]!;
  }
  return sum / 1e9;
}

const powers: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4 };

/** MiB, with fractions; undefined where it is no size. `512m`, `1.5gb`, `2GiB`, or bytes. */
export function mebibytesOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value / 1024 ** 2 : undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])i?b?|b)?$/i.exec(
    typeof value === 'string' ? value.trim() : '',
  );
  if (match === null) return undefined;
  return (Number(match[1]) * 1024 ** powers[(match[2] ?? 'b').toLowerCase()]!) / 1024 ** 2;
}

/** CPU units (1024 a core); undefined where it is no number of cores. */
export function cpuUnitsOf(value: JsonValue | undefined): number | undefined {
  const cores =
    typeof value === 'number' ? value : /^\d*\.?\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  return cores >= 0 ? Math.ceil(cores * 1024) : undefined;
}
