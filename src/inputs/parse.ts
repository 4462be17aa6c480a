/** From raw strings to one object with every value, or all problems at once. Pure. */
import type { Field } from './field.ts';

/** Input name (as in action.yml) to the text given; absent and empty both mean "not given". */
export type RawInputs = Readonly<Record<string, string>>;

// biome-ignore lint/suspicious/noExplicitAny: a table of fields of every type
export type FieldTable = Readonly<Record<string, Field<any>>>;

export type Values<T extends FieldTable> = {
  readonly [Name in keyof T]: T[Name] extends Field<infer V> ? V : never;
};

export interface InputProblem {
  readonly input: string;
  /** As given, shortened; `(secret)` for secret inputs, `(nothing)` when it was not given. */
  readonly given: string;
  /** What is allowed, one phrase. */
  readonly allowed: string;
}

export type ParseResult<R> =
  | { readonly ok: true; readonly request: R }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

export function parseFields<T extends FieldTable>(table: T, raw: RawInputs): ParseResult<Values<T>> {
  // As many names as a table has make it a dictionary anyhow: it begins as one.
  const values: Record<string, unknown> = Object.create(null);
  const problems: InputProblem[] = [];
  for (const input in table) {
    const field = table[input]!;
    const given = (raw[input] ?? '').trim();
    if (given === '') {
      if (field.fallback === undefined) problems.push({ input, given: '(nothing)', allowed: field.allowed });
      else values[input] = field.fallback.value;
      continue;
    }
    const parsed = field.parse(given);
    if (parsed.ok) values[input] = parsed.value;
    else problems.push({ input, given: field.secret ? '(secret)' : shorten(given), allowed: parsed.allowed });
  }
  return problems.length === 0 ? { ok: true, request: values as Values<T> } : { ok: false, problems };
}

/** Adds the problems that only show between fields, once the fields themselves are fine. */
export function checked<R>(request: R, problems: readonly InputProblem[]): ParseResult<R> {
  return problems.length === 0 ? { ok: true, request } : { ok: false, problems };
}

export function describeProblem(problem: InputProblem): string {
  return `Input "${problem.input}": given ${problem.given === '(nothing)' || problem.given === '(secret)' ? problem.given : `"${problem.given}"`}; allowed is ${problem.allowed}.`;
}

/** Values as people typed them, on one line and at most 80 characters long. */
export function shorten(given: string): string {
  const line = given.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
