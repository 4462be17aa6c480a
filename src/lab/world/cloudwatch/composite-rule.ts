/** AlarmRule of composite alarms: ALARM(x), OK(x), INSUFFICIENT_DATA(x), TRUE, FALSE, AND, OR, NOT, ( ). */
import type { AlarmState } from './alarm-evaluation.ts';

export class AlarmRuleError extends Error {}

export interface AlarmRule {
  /** Names of the alarms it refers to, each once. */
  readonly children: readonly string[];
  /** A child that does not exist makes its function false. */
  holds(state: (alarmName: string) => AlarmState | undefined): boolean;
}

type Node = (state: (alarmName: string) => AlarmState | undefined) => boolean;

/** Throws AlarmRuleError. NOT binds closest, then AND, then OR. */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = tokenize(text);
  const children = new Set<string>();
  let index = 0;

  const take = (token: string): boolean => {
    if (tokens[index] !== token) return false;
    index += 1;
    return true;
  };
  const or = (): Node => {
    let left = and();
    while (take('OR')) left = either(left, and());
    return left;
  };
  const and = (): Node => {
    let left = factor();
    while (take('AND')) left = both(left, factor());
    return left;
  };
  const factor = (): Node => {
    if (take('NOT')) {
      const inner = factor();
      return (state) => !inner(state);
    }
    if (take('TRUE')) return () => true;
    if (take('FALSE')) return () => false;
    if (take('(')) {
      const inner = or();
      if (!take(')')) throw new AlarmRuleError(`')' expected in alarm rule '${text}'`);
      return inner;
    }
    const call = /^(ALARM|OK|INSUFFICIENT_DATA)\(\s*(?:"([^"]+)"|([^"()\s]+))\s*\)$/.exec(
      tokens[index] ?? '',
    );
    if (call === null)
      throw new AlarmRuleError(`Unexpected '${tokens[index] ?? 'end'}' in alarm rule '${text}'`);
    index += 1;
    const wanted = call[1] as AlarmState;
    const name = alarmName(call[2] ?? call[3]!);
    children.add(name);
    return (state) => state(name) === wanted;
  };

  const root = or();
  if (index < tokens.length)
    throw new AlarmRuleError(`Unexpected '${tokens[index]}' in alarm rule '${text}'`);
  return { children: [...children], holds: root };
}

function both(left: Node, right: Node): Node {
  return (state) => left(state) && right(state);
}

function either(left: Node, right: Node): Node {
  return (state) => left(state) || right(state);
}

/** A rule may name an alarm or give its ARN. */
function alarmName(text: string): string {
  const mark = ':alarm:';
  return text.startsWith('arn:') && text.includes(mark) ? text.slice(text.indexOf(mark) + mark.length) : text;
}

function tokenize(text: string): string[] {
  const pattern =
    /\s*((?:ALARM|OK|INSUFFICIENT_DATA)\(\s*(?:"[^"]+"|[^"()\s]+)\s*\)|AND\b|OR\b|NOT\b|TRUE\b|FALSE\b|[()])/y;
  const tokens: string[] = [];
  let index = 0;
  const length = text.trimEnd().length;
  while (index < length) {
    pattern.lastIndex = index;
    const match = pattern.exec(text);
    if (match === null)
      throw new AlarmRuleError(`Invalid syntax at position ${index + 1} of alarm rule '${text}'`);
    tokens.push(match[1]!);
    index = pattern.lastIndex;
  }
  return tokens;
}
