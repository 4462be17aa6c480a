/** What checks share: where they are, and how they show values. Pure. */
import type { JsonValue } from './json.ts';

export type Path = readonly (string | number)[];
export type Say = (code: string, path: Path, message: string) => void;

/** `from`, `to` inclusive; what is absent is fine. */
export function checkRange(
  value: JsonValue | undefined,
  from: number,
  to: number,
  path: Path,
  say: Say,
): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'number' && value >= from && value <= to) return;
  say('range', path, `${path.at(-1)} is from ${from} to ${to}; ${shown(value)} is not.`);
}

export function textsIn(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

export function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Empty lists, maps and texts say nothing: ECS answers many of them. */
export function saysSomething(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
