/**
 * IAM condition operators.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import type { ConditionBlock } from './policy-document.ts';
import { matchesArn, matchesWildcard } from './wildcard.ts';

/** Condition keys of one request. Keys are compared without case. A list is a multivalued key. */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>;

type Comparison = (wanted: string, actual: string) => boolean;

const numeric =
  (compare: (wanted: number, actual: number) => boolean): Comparison =>
  (wanted, actual) =>
    compare(Number(wanted), Number(actual));

const date =
  (compare: (wanted: number, actual: number) => boolean): Comparison =>
  (wanted, actual) =>
    compare(Date.parse(wanted), Date.parse(actual));

const equals: Comparison = (wanted, actual) => wanted === actual;
const equalsIgnoringCase: Comparison = (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase();

const positive: Readonly<Record<string, Comparison>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: matchesWildcard,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: equalsIgnoringCase,
  NumericEquals: numeric((wanted, actual) => actual === wanted),
  NumericLessThan: numeric((wanted, actual) => actual < wanted),
  NumericLessThanEquals: numeric((wanted, actual) => actual <= wanted),
  NumericGreaterThan: numeric((wanted, actual) => actual > wanted),
  NumericGreaterThanEquals: numeric((wanted, actual) => actual >= wanted),
  DateEquals: date((wanted, actual) => actual === wanted),
  DateLessThan: date((wanted, actual) => actual < wanted),
  DateLessThanEquals: date((wanted, actual) => actual <= wanted),
  DateGreaterThan: date((wanted, actual) => actual > wanted),
  DateGreaterThanEquals: date((wanted, actual) => actual >= wanted),
};

/** Negated operators are true when no value matches, and when the key is absent. */
const negated: Readonly<Record<string, Comparison>> = {
  StringNotEquals: equals,
  StringNotEqualsIgnoreCase: equalsIgnoringCase,
  StringNotLike: matchesWildcard,
  ArnNotEquals: matchesArn,
  ArnNotLike: matchesArn,
  NumericNotEquals: numeric((wanted, actual) => actual === wanted),
  DateNotEquals: date((wanted, actual) => actual === wanted),
};

interface Operator {
  readonly set: 'ForAnyValue' | 'ForAllValues' | undefined;
  readonly name: string;
  readonly ifExists: boolean;
}

function parseOperator(text: string): Operator | undefined {
  const match = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/.exec(text);
  if (match === null) return undefined;
  const name = match[2]!;
  const ifExists = match[3] !== undefined;
  if (name === 'Null') {
    if (ifExists) return undefined;
  } else if (positive[name] === undefined && negated[name] === undefined) return undefined;
  return { set: match[1] as Operator['set'], name, ifExists };
}

/** Whether the evaluator knows it; documents with others are refused, so none is ever ignored. */
export function isConditionOperator(text: string): boolean {
  return parseOperator(text) !== undefined;
}

function lookUp(context: ConditionContext, key: string): readonly string[] | undefined {
  const wanted = key.toLowerCase();
  for (const [name, value] of Object.entries(context)) {
    if (name.toLowerCase() === wanted) return typeof value === 'string' ? [value] : value;
  }
  return undefined;
}

/** `${aws:username}` and other keys of the request; `${*}`, `${?}` and `${$}` are the characters themselves. */
export function substituteVariables(text: string, context: ConditionContext): string | undefined {
  let missing = false;
  const result = text.replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    const value = lookUp(context, name)?.[0];
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : result;
}

function holds(
  operator: Operator,
  wanted: readonly string[],
  actual: readonly string[] | undefined,
): boolean {
  if (operator.name === 'Null') return wanted.includes(String(actual === undefined));
  const compare = positive[operator.name];
  if (actual === undefined || actual.length === 0) {
    if (operator.set === 'ForAllValues') return true;
    if (operator.set === 'ForAnyValue') return false;
    return operator.ifExists || compare === undefined;
  }
  if (compare !== undefined) {
    const matches = (value: string) => wanted.some((one) => compare(one, value));
    return operator.set === 'ForAllValues' ? actual.every(matches) : actual.some(matches);
  }
  const compareNegated = negated[operator.name]!;
  const differs = (value: string) => !wanted.some((one) => compareNegated(one, value));
  return operator.set === 'ForAnyValue' ? actual.some(differs) : actual.every(differs);
}

/** All operators and all keys must hold; the values of one key are alternatives. */
export function conditionsHold(block: ConditionBlock, context: ConditionContext): boolean {
  for (const [text, keys] of Object.entries(block)) {
    const operator = parseOperator(text)!;
    for (const [key, values] of Object.entries(keys)) {
      const wanted = values
        .map((value) => substituteVariables(value, context))
        .filter((value) => value !== undefined);
      if (!holds(operator, wanted, lookUp(context, key))) return false;
    }
  }
  return true;
}
