/** GitHub's own evaluator of expressions over the workflows, for what act has not: conditions, groups, environments. */
import { data, Evaluator, type Expr, Lexer, Parser } from '@actions/expressions';

export type Contexts = Readonly<Record<string, unknown>>;
/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#needs-context */
export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface Ended {
  readonly result: JobResult;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface JobText {
  readonly if?: string;
  readonly needs?: string | readonly string[];
}

const toData = (value: unknown): data.ExpressionData =>
  JSON.parse(JSON.stringify(value), (key, each) => data.reviver(key, each)) as data.ExpressionData;

const statusNames = ['always', 'success', 'failure', 'cancelled'] as const;
const known = new Map<string, Expr>();

function parsed(expression: string, contexts: readonly string[]): Expr {
  const key = `${contexts.join()} ${expression}`;
  let found = known.get(key);
  if (found === undefined) {
    const functions = statusNames.map((name) => ({ name, minArgs: 0, maxArgs: 0 }));
    found = new Parser(new Lexer(expression).lex().tokens, [...contexts], functions).parse();
    known.set(key, found);
  }
  return found;
}

/** The value of one expression, without its braces. */
export function evaluate(
  expression: string,
  contexts: Contexts,
  needs: readonly Ended[] = [],
): data.ExpressionData {
  const any = (wanted: JobResult): boolean => needs.some(({ result }) => result === wanted);
  const status: Readonly<Record<(typeof statusNames)[number], () => boolean>> = {
    always: () => true,
    success: () => needs.every(({ result }) => result === 'success'),
    failure: () => any('failure'),
    cancelled: () => any('cancelled'),
  };
  const functions = statusNames.map((name) => {
    const call = (): data.ExpressionData => new data.BooleanData(status[name]());
    return [name, { name, minArgs: 0, maxArgs: 0, call }] as const;
  });
  const values = toData(contexts) as data.Dictionary;
  return new Evaluator(parsed(expression, Object.keys(contexts)), values, new Map(functions)).evaluate();
}

/** A text with its expressions filled in. */
export function fillIn(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) =>
    evaluate(expression.trim(), contexts).coerceString(),
  );
}

/** Whether a job runs; a condition without a status function has success() before it. */
export function runs(job: JobText, contexts: Contexts, needs: readonly Ended[]): boolean {
  const given = (job.if ?? 'success()').replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1').trim();
  const asksStatus = /\b(always|success|failure|cancelled)\(\)/.test(given);
  const value = evaluate(asksStatus ? given : `success() && (${given})`, contexts, needs);
  return value.coerceString() !== 'false' && value.coerceString() !== '';
}

/** The jobs of a workflow one after the other: what becomes of each that runs is `becomes`, the others are skipped. */
export function play(
  jobs: Readonly<Record<string, JobText>>,
  contexts: Contexts,
  becomes: (job: string) => Ended,
): Readonly<Record<string, Ended>> {
  const ended: Record<string, Ended> = {};
  const left = new Set(Object.keys(jobs));
  while (left.size > 0) {
    const next = [...left].find((name) =>
      namesOf(jobs[name]!).every((needed) => ended[needed] !== undefined),
    );
    if (next === undefined) throw new Error(`Jobs wait for each other: ${[...left].join(', ')}`);
    left.delete(next);
    const needs = Object.fromEntries(namesOf(jobs[next]!).map((name) => [name, ended[name]!]));
    ended[next] = runs(jobs[next]!, { ...contexts, needs }, Object.values(needs))
      ? becomes(next)
      : { result: 'skipped', outputs: {} };
  }
  return ended;
}

export const namesOf = ({ needs = [] }: JobText): readonly string[] => [needs].flat();
