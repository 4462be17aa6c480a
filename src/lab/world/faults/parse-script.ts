/** Checks a fault script: all problems at once, each with the place, what was given and what is allowed. */
import type { ServiceId } from '../service.ts';
import {
  type FaultEffect,
  type FaultMatch,
  type FaultRule,
  type FaultScript,
  findingSeverities,
  type ScriptedFinding,
  type TimedEvent,
  type WorldEvent,
} from './script.ts';

export type ParsedScript =
  | { readonly ok: true; readonly script: FaultScript }
  | { readonly ok: false; readonly problems: readonly string[] };

const services: readonly ServiceId[] = [
  'ecs',
  'elasticloadbalancing',
  'cloudwatch',
  'application-autoscaling',
  'ecr',
  'secretsmanager',
  'logs',
  'sns',
  'ssm',
  'sts',
  'iam',
];

const effects = [
  'throttle',
  'server-error',
  'reset',
  'reset-after-effect',
  'slow',
  'access-denied',
  'expired-credentials',
  'read-lag',
];

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one object's members and notes what is wrong with them. */
class Reader {
  readonly #where: string;
  readonly #fields: Fields;
  readonly #problems: string[];
  readonly #known = new Set<string>();

  constructor(where: string, fields: Fields, problems: string[]) {
    this.#where = where;
    this.#fields = fields;
    this.#problems = problems;
  }

  problem(name: string, allowed: string): void {
    const given = name in this.#fields ? JSON.stringify(this.#fields[name]) : 'missing';
    this.#problems.push(`${this.#where}.${name} is ${given}; allowed: ${allowed}`);
  }

  raw(name: string): unknown {
    this.#known.add(name);
    return this.#fields[name];
  }

  text(name: string, allowed = 'a text that is not empty'): string {
    const value = this.raw(name);
    if (typeof value === 'string' && value !== '') return value;
    this.problem(name, allowed);
    return '';
  }

  number(name: string, low: number, high: number, whole: boolean): number {
    const value = this.raw(name);
    const good =
      typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value));
    if (good) return value;
    const range = high === Number.POSITIVE_INFINITY ? `from ${low}` : `${low} to ${high}`;
    this.problem(name, `${whole ? 'a whole number' : 'a number'} ${range}`);
    return low;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.raw(name);
    const found = choices.find((one) => one === value);
    if (found !== undefined) return found;
    this.problem(name, choices.join(', '));
    return choices[0]!;
  }

  optional<K extends string, T>(name: K, read: (name: K) => T): Partial<Record<K, T>> {
    this.#known.add(name);
    return this.#fields[name] === undefined ? {} : ({ [name]: read(name) } as Record<K, T>);
  }

  /** Members nobody asked for are mistakes, too. */
  done(): void {
    for (const name of Object.keys(this.#fields)) {
      if (!this.#known.has(name))
        this.#problems.push(
          `${this.#where}.${name} is not known; allowed: ${[...this.#known].sort().join(', ')}`,
        );
    }
  }
}

const milliseconds = (reader: Reader) => (name: string) =>
  reader.number(name, 0, Number.POSITIVE_INFINITY, false);
const whole = (reader: Reader) => (name: string) => reader.number(name, 1, Number.POSITIVE_INFINITY, true);

export function parseFaultScript(value: unknown): ParsedScript {
  const problems: string[] = [];
  if (!isObject(value))
    return { ok: false, problems: ['The script must be a JSON object with "rules" and "events".'] };
  const reader = new Reader('script', value, problems);
  const list = (name: string): readonly unknown[] => {
    const given = reader.raw(name);
    if (given === undefined) return [];
    if (Array.isArray(given)) return given;
    reader.problem(name, 'a list');
    return [];
  };
  const object = (where: string, item: unknown): Reader | undefined => {
    if (isObject(item)) return new Reader(where, item, problems);
    problems.push(`${where} is ${JSON.stringify(item) ?? 'missing'}; allowed: an object`);
    return undefined;
  };

  const parseMatch = (where: string, given: unknown): FaultMatch => {
    const match = object(where, given ?? {});
    if (match === undefined) return {};
    const parsed = {
      ...match.optional('service', (name) => match.choice(name, services)),
      ...match.optional('operation', (name) => match.text(name)),
      ...match.optional('principal', (name) => match.text(name)),
      ...match.optional('mutates', (name) => {
        if (typeof match.raw(name) !== 'boolean') match.problem(name, 'true, false');
        return match.raw(name) === true;
      }),
    };
    match.done();
    return parsed;
  };

  const parseEffect = (where: string, given: unknown): FaultEffect => {
    const effect = object(where, typeof given === 'string' ? { kind: given } : given);
    if (effect === undefined) return { kind: 'throttle' };
    const kind = effect.choice('kind', effects);
    const parsed =
      kind === 'slow' || kind === 'read-lag' ? { kind, ms: milliseconds(effect)('ms') } : { kind };
    effect.done();
    return parsed as FaultEffect;
  };

  const parseRule = (item: unknown, index: number): FaultRule | undefined => {
    const where = `rules[${index}]`;
    const rule = object(where, item);
    if (rule === undefined) return undefined;
    const parsed: FaultRule = {
      id: rule.text('id'),
      match: parseMatch(`${where}.match`, rule.raw('match')),
      ...rule.optional('fromMs', milliseconds(rule)),
      ...rule.optional('untilMs', milliseconds(rule)),
      ...rule.optional('nth', whole(rule)),
      ...rule.optional('count', whole(rule)),
      ...rule.optional('probability', (name) => rule.number(name, 0, 1, false)),
      effect: parseEffect(`${where}.effect`, rule.raw('effect')),
    };
    if (parsed.fromMs !== undefined && parsed.untilMs !== undefined && parsed.untilMs <= parsed.fromMs)
      rule.problem('untilMs', `more than fromMs (${parsed.fromMs})`);
    if (parsed.nth !== undefined && parsed.count !== undefined)
      rule.problem('count', 'not together with nth');
    rule.done();
    return parsed;
  };

  const parseFinding = (where: string, given: unknown): ScriptedFinding | undefined => {
    const finding = object(where, given);
    if (finding === undefined) return undefined;
    const parsed = {
      name: finding.text('name'),
      severity: finding.choice('severity', findingSeverities),
      packageName: finding.text('packageName'),
      packageVersion: finding.text('packageVersion'),
    };
    finding.done();
    return parsed;
  };

  const parseEvent = (where: string, given: unknown): WorldEvent | undefined => {
    const event = object(where, given);
    if (event === undefined) return undefined;
    const kinds: readonly WorldEvent['kind'][] = [
      'call',
      'set-weights',
      'alarm',
      'zone-dark',
      'zone-back',
      'spot-interruption',
      'metrics-gap',
      'metrics-late',
      'scan-findings',
    ];
    const kind = event.choice('kind', kinds);
    const parsed = ((): WorldEvent => {
      switch (kind) {
        case 'call': {
          const service = event.choice('service', services);
          const operation = event.text('operation');
          const input = event.raw('input');
          if (!isObject(input)) event.problem('input', "an object: the operation's input");
          return { kind, service, operation, input, ...event.optional('who', (name) => event.text(name)) };
        }
        case 'set-weights': {
          const ruleArn = event.text('ruleArn', 'the ARN of a rule or a listener');
          const weights = event.raw('weights');
          const good =
            isObject(weights) &&
            Object.keys(weights).length > 0 &&
            Object.values(weights).every(
              (one) => Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 999,
            );
          if (!good) event.problem('weights', 'an object of target group ARN to weight, 0 to 999');
          return { kind, ruleArn, weights: (good ? weights : {}) as Record<string, number> };
        }
        case 'alarm':
          return {
            kind,
            name: event.text('name'),
            state: event.choice('state', ['OK', 'ALARM', 'INSUFFICIENT_DATA']),
          };
        case 'zone-dark':
        case 'zone-back':
          return { kind, zone: event.text('zone') };
        case 'spot-interruption':
          return { kind, count: whole(event)('count') };
        case 'metrics-gap':
          return { kind, durationMs: milliseconds(event)('durationMs') };
        case 'metrics-late': {
          const [minDelayMs, maxDelayMs] = [
            milliseconds(event)('minDelayMs'),
            milliseconds(event)('maxDelayMs'),
          ];
          if (minDelayMs > maxDelayMs) event.problem('maxDelayMs', 'at least minDelayMs');
          return { kind, minDelayMs, maxDelayMs };
        }
        case 'scan-findings': {
          const digest = event.text('digest', 'sha256:… of the manifest of one platform');
          const findings = event.raw('findings');
          if (!Array.isArray(findings)) event.problem('findings', 'a list');
          return {
            kind,
            digest,
            findings: (Array.isArray(findings) ? findings : []).flatMap(
              (item, index) => parseFinding(`${where}.findings[${index}]`, item) ?? [],
            ),
          };
        }
      }
    })();
    event.done();
    return parsed;
  };

  const parseTimedEvent = (item: unknown, index: number): TimedEvent | undefined => {
    const where = `events[${index}]`;
    const timed = object(where, item);
    if (timed === undefined) return undefined;
    const id = timed.text('id');
    const atMs = milliseconds(timed)('atMs');
    const event = parseEvent(`${where}.event`, timed.raw('event'));
    timed.done();
    return event === undefined ? undefined : { id, atMs, event };
  };

  const rules = list('rules')
    .map(parseRule)
    .filter((rule) => rule !== undefined);
  const events = list('events')
    .map(parseTimedEvent)
    .filter((event) => event !== undefined);
  reader.done();
  const seen = new Set<string>();
  for (const { id } of [...rules, ...events]) {
    if (id !== '' && seen.has(id)) problems.push(`The id ${JSON.stringify(id)} is used more than once.`);
    seen.add(id);
  }
  return problems.length === 0 ? { ok: true, script: { rules, events } } : { ok: false, problems };
}
