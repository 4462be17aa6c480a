/** Listener rules: the first one whose every condition holds. Pure. */
import { BlockList, isIP } from 'node:net';
import type { RuleConditionRoute, RuleRoute } from '../../world/contracts.ts';

/** The parts of a request that conditions look at. */
export interface RequestFacts {
  readonly method: string;
  /** Without a port. */
  readonly host: string;
  readonly path: string;
  /** Raw query without the question mark. */
  readonly query: string;
  readonly sourceIp: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** `*` is any run of characters, `?` exactly one. */
export function matchesWildcard(pattern: string, text: string, ignoreCase: boolean): boolean {
  return wildcardExpression(pattern, ignoreCase).test(text);
}

const expressions = new Map<string, RegExp>();
const expressionLimit = 2000;

function wildcardExpression(pattern: string, ignoreCase: boolean): RegExp {
  const key = `${ignoreCase ? 'i' : 'c'}${pattern}`;
  let expression = expressions.get(key);
  if (expression === undefined) {
    const source = pattern
      .replace(/\*+/g, '*')
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    expression = new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
    if (expressions.size >= expressionLimit) expressions.clear();
    expressions.set(key, expression);
  }
  return expression;
}

export function selectRule(rules: readonly RuleRoute[], request: RequestFacts): RuleRoute | undefined {
  return rules.find((rule) => rule.conditions.every((condition) => holds(condition, request)));
}

function holds(condition: RuleConditionRoute, request: RequestFacts): boolean {
  switch (condition.field) {
    case 'host-header':
      return condition.values.some((value) => matchesWildcard(value, request.host, true));
    case 'path-pattern':
      return condition.values.some((value) => matchesWildcard(value, request.path, false));
    case 'http-request-method':
      return condition.values.includes(request.method);
    case 'source-ip':
      return condition.values.some((range) => inRange(range, request.sourceIp));
    case 'http-header': {
      const given = request.headers[condition.header.toLowerCase()];
      const texts = given === undefined ? [] : typeof given === 'string' ? [given] : given;
      return condition.values.some((value) => texts.some((text) => matchesWildcard(value, text, true)));
    }
    case 'query-string': {
      const pairs = [...new URLSearchParams(request.query)];
      return condition.values.some((wanted) =>
        pairs.some(
          ([key, value]) =>
            (wanted.key === undefined || matchesWildcard(wanted.key, key, true)) &&
            matchesWildcard(wanted.value, value, true),
        ),
      );
    }
  }
}

function inRange(range: string, address: string): boolean {
  const [base = '', bits] = range.split('/');
  const version = isIP(base);
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (version === 0 || version !== isIP(plain)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(base, Number(bits ?? (version === 4 ? 32 : 128)), family);
  return list.check(plain, family);
}
