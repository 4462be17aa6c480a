/**
 * Random values of any shape that an SDK schema describes, by seed. Drawn directly and not composed of
 * arbitraries: shapes refer to each other in circles, and building all of them ahead takes minutes.
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Rng } from '../../../src/lab/world/random.ts';

export interface ShapeRules {
  /** XML cannot write most control characters, and its readers trim text. */
  readonly xml: boolean;
  /** The Query form cannot write empty structures and maps. */
  readonly form: boolean;
  /** Schemas do not tell whole numbers from others; boto3 reads and writes them differently. */
  readonly integers?: boolean;
  /** boto3 cuts the milliseconds off the times that it sends as JSON. */
  readonly wholeSeconds?: boolean;
}

/** Below this depth optional members stay out. */
const DEEPEST = 6;
const REQUIRED_COUNT_INDEX = 6;

const PLAIN = [
  'a',
  'Blue',
  'arn:aws:ecs:ap-south-1:1:x/y',
  'true',
  '0',
  'a&b=c<d>"\'%20+;',
  'Ä€𝄞',
  'x y',
  ']]>',
];
const AWKWARD = ['', ' padded ', 'line\r\nbreak', '\u0000\u001f\u2028', '{"a":1}', '\\"'];

function text(rules: ShapeRules, rng: Rng): string {
  const drawn = rng.pick(rules.xml ? PLAIN : [...PLAIN, ...AWKWARD]);
  return rng.chance(0.3) ? `${drawn}${rng.hex(6)}` : drawn;
}

function number(rules: ShapeRules, rng: Rng): number {
  const kind = rng.int(0, rules.integers ? 1 : 3);
  if (kind === 0) return rng.int(-3, 300);
  if (kind === 1) return rng.int(-(2 ** 50), 2 ** 50);
  if (kind === 2) return rng.next() * 10 ** rng.int(-8, 8);
  return rng.pick([0, 0.1, -1.5, 1e-9, Number.MAX_SAFE_INTEGER]);
}

function documentValue(rng: Rng): unknown {
  return rng.pick([{ nested: { list: [1, 'two', null, true] } }, [], 'text', 5, false]);
}

export function hasStream(schema: NormalizedSchema): boolean {
  return schema.isStructSchema() && schema.getEventStreamMember() !== '';
}

function structure(schema: NormalizedSchema, rules: ShapeRules, rng: Rng, depth: number): unknown {
  const members = [...schema.structIterator()];
  const result: Record<string, unknown> = {};
  if (schema.isUnionSchema()) {
    const [name, member] = rng.pick(members);
    const value = randomValue(member, rules, rng, depth + 1);
    return value === undefined ? undefined : { [name]: value };
  }
  const requiredCount = Number((schema.getSchema() as readonly unknown[])[REQUIRED_COUNT_INDEX] ?? 0);
  members.forEach(([name, member], index) => {
    // A client fills in an idempotency token that is left out.
    const needed = index < requiredCount || member.isIdempotencyToken();
    if (!needed && (depth >= DEEPEST || rng.chance(depth < 2 ? 0.35 : 0.6))) return;
    let value = randomValue(member, rules, rng, depth + 1);
    for (let attempt = 0; needed && value === undefined && attempt < 50; attempt++)
      value = randomValue(member, rules, rng, depth + 1);
    if (value !== undefined) result[name] = value;
  });
  return rules.form && depth > 0 && Object.keys(result).length === 0 ? undefined : result;
}

/** Undefined where the rules leave nothing that could be written. */
export function randomValue(schema: NormalizedSchema, rules: ShapeRules, rng: Rng, depth = 0): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isDocumentSchema()) return documentValue(rng);
  if (schema.isStructSchema()) return structure(schema, rules, rng, depth);
  if (schema.isListSchema()) {
    const length = depth >= DEEPEST ? 0 : rng.int(0, 3);
    const items = Array.from({ length }, () => randomValue(schema.getValueSchema(), rules, rng, depth + 1));
    return items.filter((item) => item !== undefined);
  }
  if (schema.isMapSchema()) {
    const result: Record<string, unknown> = {};
    for (let count = rng.int(rules.form ? 1 : 0, 3); count > 0; count--) {
      const value = randomValue(schema.getValueSchema(), rules, rng, depth + 1);
      if (value !== undefined) result[`${text(rules, rng)}k`] = value;
    }
    return rules.form && Object.keys(result).length === 0 ? undefined : result;
  }
  if (schema.isBlobSchema())
    return Uint8Array.from({ length: rng.int(rules.xml ? 1 : 0, 12) }, () => rng.int(0, 255));
  // Whole milliseconds: the finest that every protocol carries.
  if (schema.isTimestampSchema()) {
    const ms = rng.int(0, Date.UTC(2100, 0, 1));
    return new Date(rules.wholeSeconds ? ms - (ms % 1000) : ms);
  }
  if (schema.isBooleanSchema()) return rng.chance(0.5);
  if (schema.isNumericSchema()) return number(rules, rng);
  return text(rules, rng);
}
