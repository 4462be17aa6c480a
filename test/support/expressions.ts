/** GitHub's own evaluator of expressions over the workflows, for what act has not: conditions, groups, environments. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

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

/** The value of one expression, without its braces. */
export function evaluate(
  expression: string,
  contexts: Contexts,
  needs: readonly Ended[] = [],
): data.ExpressionData {
  const status: Readonly<Record<string, () => boolean>> = {
    always: () => true,
    success: () => needs.every(({ result }) => result === 'success'),
    failure: () => needs.some(({ result }) => result === 'failure'),
    cancelled: () => needs.some(({ result }) => result === 'cancelled'),
  };
  const functions = Object.entries(status).map(([name, holds]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(holds()),
  }));
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const values = toData(contexts) as data.Dictionary;
  return new Evaluator(parsed, values, new Map(functions.map((each) => [each.name, each]))).evaluate();
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
