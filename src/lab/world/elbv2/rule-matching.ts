/** Which rule a request meets. Values within a condition are alternatives, conditions all have to hold. */
import type { ListenerRoute, RuleConditionRoute, RuleRoute } from '../contracts.ts';

/** What of a request the conditions look at. Header names in lower case. */
export interface RoutedRequest {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: readonly { readonly key: string; readonly value: string }[];
  readonly sourceIp: string;
}

/** The first rule by priority that matches; the default rule matches everything. */
export function matchRule(listener: ListenerRoute, request: RoutedRequest): RuleRoute | undefined {
  return listener.rules.find((rule) => rule.conditions.every((condition) => matches(condition, request)));
}

function matches(condition: RuleConditionRoute, request: RoutedRequest): boolean {
  switch (condition.field) {
    case 'host-header':
      return condition.values.some((value) => wildcard(value, request.host, 'i'));
    case 'path-pattern':
      return condition.values.some((value) => wildcard(value, request.path, ''));
    case 'http-request-method':
      return condition.values.includes(request.method);
    case 'http-header': {
      const given = request.headers[condition.header.toLowerCase()];
      return given !== undefined && condition.values.some((value) => wildcard(value, given, 'i'));
    }
    case 'query-string':
      return condition.values.some((wanted) =>
        request.query.some(
          (pair) =>
            (wanted.key === undefined || wildcard(wanted.key, pair.key, 'i')) &&
            wildcard(wanted.value, pair.value, 'i'),
        ),
      );
    case 'source-ip':
      return condition.values.some((cidr) => inCidr(cidr, request.sourceIp));
  }
}

const patterns = { i: new Map<string, RegExp>(), '': new Map<string, RegExp>() } as const;

/** `*` is any run of characters, `?` exactly one (ELB guide, rule condition types). */
function wildcard(pattern: string, text: string, flags: 'i' | ''): boolean {
  if (!pattern.includes('*') && !pattern.includes('?')) {
    return pattern === text || (flags === 'i' && pattern.toLowerCase() === text.toLowerCase());
  }
  const known = patterns[flags];
  let regex = known.get(pattern);
  if (regex === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    regex = new RegExp(`^${source}$`, `s${flags}`);
    if (known.size > 1000) known.clear();
    known.set(pattern, regex);
  }
  return regex.test(text);
}

function inCidr(cidr: string, address: string): boolean {
  const [base, bits] = cidr.split('/') as [string, string];
  const network = ipv4(base);
  const given = ipv4(address);
  if (network === undefined || given === undefined) return base === address;
  const length = Number(bits);
  const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
  return (network & mask) >>> 0 === (given & mask) >>> 0;
}

function ipv4(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  return octets.reduce((value, octet) => ((value << 8) | Number(octet)) >>> 0, 0);
}
