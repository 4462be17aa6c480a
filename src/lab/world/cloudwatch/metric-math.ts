/**
 * Metric math: + - * /, comparisons, AND and OR, parentheses, SUM AVG MIN MAX over METRICS() or [a, b] or
 * one series, FILL, IF, ABS, CEIL, FLOOR. Anything else is an error, never a silent zero.
 */

/** By period start, epoch ms. */
export type TimeSeries = ReadonlyMap<number, number>;
type Value = number | TimeSeries | readonly TimeSeries[];

export class MetricMathError extends Error {}

export interface MathContext {
  /** A series by its query id. */
  series(id: string): TimeSeries | number | undefined;
  /** All metrics of the request (not the expressions); with text, those whose id contains it. */
  metrics(containing: string | undefined): readonly TimeSeries[];
  /** Every period start of the range, for FILL. */
  readonly periods: readonly number[];
}

export type Expression = (context: MathContext) => Value;

/** Throws MetricMathError for what it does not understand. `ids` collects the ids that are used. */
export function parseExpression(text: string, ids: Set<string> = new Set()): Expression {
  const tokens = tokenize(text);
  const parser = new Parser(text, tokens, ids);
  const expression = parser.expression();
  parser.end();
  return expression;
}

export function evaluate(expression: Expression, context: MathContext): TimeSeries | number {
  const value = expression(context);
  if (Array.isArray(value)) throw new MetricMathError('The expression returns an array of time series');
  return value as TimeSeries | number;
}

function tokenize(text: string): string[] {
  const pattern =
    /\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z0-9_]*|'[^']*'|"[^"]*"|&&|\|\||[<>=!]=|[-+*/()<>,[\]])/y;
  const tokens: string[] = [];
  let index = 0;
  const length = text.trimEnd().length;
  while (index < length) {
    pattern.lastIndex = index;
    const match = pattern.exec(text);
    if (match === null) {
      throw new MetricMathError(`Invalid expression syntax at position ${index + 1} of '${text}'`);
    }
    tokens.push(match[1]!);
    index = pattern.lastIndex;
  }
  return tokens;
}

const comparisons: Readonly<Record<string, (left: number, right: number) => number>> = {
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
};

class Parser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  readonly #ids: Set<string>;
  #index = 0;

  constructor(text: string, tokens: readonly string[], ids: Set<string>) {
    this.#text = text;
    this.#tokens = tokens;
    this.#ids = ids;
  }

  end(): void {
    if (this.#index < this.#tokens.length) this.#fail(`unexpected '${this.#tokens[this.#index]}'`);
  }

  /** OR binds loosest, then AND, comparisons, sums, products. */
  expression(): Expression {
    let left = this.#and();
    while (this.#take('OR') || this.#take('||')) {
      left = binary((one, other) => Number(one !== 0 || other !== 0), left, this.#and());
    }
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.#take('AND') || this.#take('&&')) {
      left = binary((one, other) => Number(one !== 0 && other !== 0), left, this.#comparison());
    }
    return left;
  }

  #comparison(): Expression {
    let left = this.#sum();
    for (;;) {
      const token = this.#tokens[this.#index];
      const operator = token === undefined ? undefined : comparisons[token];
      if (operator === undefined) return left;
      this.#index += 1;
      left = binary(operator, left, this.#sum());
    }
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      if (this.#take('+')) left = binary((one, other) => one + other, left, this.#product());
      else if (this.#take('-')) left = binary((one, other) => one - other, left, this.#product());
      else return left;
    }
  }

  #product(): Expression {
    let left = this.#factor();
    for (;;) {
      if (this.#take('*')) left = binary((one, other) => one * other, left, this.#factor());
      else if (this.#take('/')) left = binary((one, other) => one / other, left, this.#factor());
      else return left;
    }
  }

  #factor(): Expression {
    const token = this.#tokens[this.#index];
    if (token === undefined) this.#fail('it ends too early');
    this.#index += 1;
    if (token === '-') {
      const operand = this.#factor();
      return (context) => map(operand(context), (value) => -value);
    }
    if (token === '(') {
      const inner = this.expression();
      this.#expect(')');
      return inner;
    }
    if (token === '[') {
      const members = this.#list(']');
      return (context) => members.flatMap((member) => asList(member(context)));
    }
    if (/^\d/.test(token)) {
      const value = Number(token);
      return () => value;
    }
    if (/^[A-Za-z_]/.test(token)) {
      if (this.#tokens[this.#index] === '(') return this.#call(token);
      if (/^[a-z]/.test(token)) {
        this.#ids.add(token);
        return (context) => {
          const found = context.series(token);
          if (found === undefined)
            throw new MetricMathError(`'${token}' is not the Id of a query of this request`);
          return found;
        };
      }
    }
    return this.#fail(`unexpected '${token}'`);
  }

  #call(name: string): Expression {
    this.#index += 1;
    if (name === 'METRICS') {
      const token = this.#tokens[this.#index];
      let containing: string | undefined;
      if (token !== undefined && /^['"]/.test(token)) {
        containing = token.slice(1, -1);
        this.#index += 1;
      }
      this.#expect(')');
      return (context) => context.metrics(containing);
    }
    if (name === 'FILL') return this.#fill();
    const operands = this.#list(')');
    return functionCall(name, operands, (message) => this.#fail(message));
  }

  #fill(): Expression {
    const operand = this.expression();
    this.#expect(',');
    if (this.#take('REPEAT')) {
      this.#expect(')');
      return (context) => fill(operand(context), context.periods, (previous) => previous);
    }
    const filler = this.expression();
    this.#expect(')');
    return (context) => {
      const value = filler(context);
      if (typeof value !== 'number') throw new MetricMathError('FILL takes a number or REPEAT as its filler');
      return fill(operand(context), context.periods, () => value);
    };
  }

  #list(close: string): Expression[] {
    const members: Expression[] = [];
    if (this.#take(close)) return members;
    do members.push(this.expression());
    while (this.#take(','));
    this.#expect(close);
    return members;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#index] !== token) return false;
    this.#index += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#fail(`'${token}' expected`);
  }

  #fail(why: string): never {
    throw new MetricMathError(`Error in expression '${this.#text}': ${why}`);
  }
}

const aggregates: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

const elementwise: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

function functionCall(
  name: string,
  operands: readonly Expression[],
  fail: (why: string) => never,
): Expression {
  const aggregate = aggregates[name];
  if (aggregate !== undefined) {
    if (operands.length !== 1) return fail(`${name} takes one argument`);
    const operand = operands[0]!;
    return (context) => {
      const value = operand(context);
      if (typeof value === 'number') return value;
      if (Array.isArray(value)) return across(value as readonly TimeSeries[], aggregate);
      const values = [...(value as TimeSeries).values()];
      return values.length === 0 ? new Map() : aggregate(values);
    };
  }
  const each = elementwise[name];
  if (each !== undefined) {
    if (operands.length !== 1) return fail(`${name} takes one argument`);
    return (context) => map(operands[0]!(context), each);
  }
  if (name === 'IF') {
    if (operands.length < 2 || operands.length > 3) return fail('IF takes two or three arguments');
    return (context) => choose(operands[0]!(context), operands[1]!(context), operands[2]?.(context));
  }
  return fail(
    `function ${name} is not simulated by the lab; it knows ABS, AVG, CEIL, FILL, FLOOR, IF, MAX, METRICS, MIN, SUM`,
  );
}

/** Both sides need a data point: where one is missing the result has none. Division by zero has none either. */
function binary(
  operator: (left: number, right: number) => number,
  left: Expression,
  right: Expression,
): Expression {
  return (context) => combine(operator, left(context), right(context));
}

function combine(operator: (left: number, right: number) => number, left: Value, right: Value): Value {
  if (Array.isArray(left))
    return (left as readonly TimeSeries[]).map((one) => single(combine(operator, one, right)));
  if (Array.isArray(right))
    return (right as readonly TimeSeries[]).map((one) => single(combine(operator, left, one)));
  if (typeof left === 'number' && typeof right === 'number') return operator(left, right);
  const result = new Map<number, number>();
  const put = (at: number, value: number): void => {
    if (Number.isFinite(value)) result.set(at, value);
  };
  if (typeof left === 'number') {
    for (const [at, value] of right as TimeSeries) put(at, operator(left, value));
  } else if (typeof right === 'number') {
    for (const [at, value] of left as TimeSeries) put(at, operator(value, right));
  } else {
    for (const [at, value] of left as TimeSeries) {
      const other = (right as TimeSeries).get(at);
      if (other !== undefined) put(at, operator(value, other));
    }
  }
  return result;
}

function single(value: Value): TimeSeries {
  if (typeof value === 'number' || Array.isArray(value))
    throw new MetricMathError('A time series was expected');
  return value as TimeSeries;
}

function asList(value: Value): readonly TimeSeries[] {
  if (typeof value === 'number') throw new MetricMathError('An array may only hold time series');
  return Array.isArray(value) ? (value as readonly TimeSeries[]) : [value as TimeSeries];
}

function map(value: Value, change: (value: number) => number): Value {
  if (typeof value === 'number') return change(value);
  if (Array.isArray(value)) return (value as readonly TimeSeries[]).map((one) => single(map(one, change)));
  return new Map([...(value as TimeSeries)].map(([at, one]) => [at, change(one)]));
}

/** One series over several: at each time over those that have a data point. */
function across(all: readonly TimeSeries[], aggregate: (values: readonly number[]) => number): TimeSeries {
  const times = new Set<number>();
  for (const series of all) for (const at of series.keys()) times.add(at);
  const result = new Map<number, number>();
  for (const at of [...times].sort((one, other) => one - other)) {
    const values = all.map((series) => series.get(at)).filter((value) => value !== undefined);
    result.set(at, aggregate(values));
  }
  return result;
}

function fill(
  value: Value,
  periods: readonly number[],
  filler: (previous: number | undefined) => number | undefined,
): Value {
  if (typeof value === 'number') return value;
  if (Array.isArray(value))
    return (value as readonly TimeSeries[]).map((one) => single(fill(one, periods, filler)));
  const result = new Map<number, number>();
  let previous: number | undefined;
  for (const at of periods) {
    const point = (value as TimeSeries).get(at) ?? filler(previous);
    if (point === undefined) continue;
    result.set(at, point);
    previous = point;
  }
  return result;
}

function choose(condition: Value, then: Value, otherwise: Value | undefined): Value {
  if (Array.isArray(condition) || Array.isArray(then) || Array.isArray(otherwise)) {
    throw new MetricMathError('IF takes numbers and single time series only');
  }
  if (typeof condition === 'number') return condition !== 0 ? then : (otherwise ?? new Map());
  const result = new Map<number, number>();
  for (const [at, value] of condition as TimeSeries) {
    const branch = value !== 0 ? then : otherwise;
    const point = typeof branch === 'number' ? branch : (branch as TimeSeries | undefined)?.get(at);
    if (point !== undefined) result.set(at, point);
  }
  return result;
}
