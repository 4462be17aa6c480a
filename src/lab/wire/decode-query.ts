/**
 * The form of the AWS Query protocol to the SDK's shapes: `Actions.member.1.ForwardConfig.TargetGroups.
 * member.2.Weight=10`. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../world/aws-error.ts';
import { setOwn } from './own-property.ts';
import { parseTimestamp } from './timestamps.ts';

/** One level of dotted keys: what `a.b=1` and `a=` leave at `a`. */
interface FormNode {
  text: string | undefined;
  readonly children: Map<string, FormNode>;
}

/** Dotted keys can be at most this deep; the deepest of the models needs fewer than 20. */
const DEPTH_LIMIT = 64;

function newNode(): FormNode {
  return { text: undefined, children: new Map() };
}

function malformed(message: string): AwsError {
  return new AwsError('SerializationException', message);
}

/** The last value wins where a key comes twice. */
function formTree(pairs: Iterable<readonly [string, string]>): FormNode {
  const root = newNode();
  for (const [key, value] of pairs) {
    const parts = key.split('.');
    if (parts.length > DEPTH_LIMIT) throw malformed(`Parameter nested deeper than ${DEPTH_LIMIT} levels`);
    let node = root;
    for (const part of parts) {
      let child = node.children.get(part);
      if (child === undefined) {
        child = newNode();
        node.children.set(part, child);
      }
      node = child;
    }
    node.text = value;
  }
  return root;
}

interface QueryTraits {
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
}

function traitsOf(schema: NormalizedSchema): QueryTraits {
  return schema.getMergedTraits() as QueryTraits;
}

/** Numbered children in the order of their numbers; gaps close up, as AWS does it. */
function numbered(node: FormNode | undefined): readonly FormNode[] {
  if (node === undefined) return [];
  const entries: (readonly [number, FormNode])[] = [];
  for (const [key, child] of node.children) {
    if (!/^[1-9]\d{0,8}$/.test(key)) throw malformed(`'${key}' is not the number of a list element`);
    entries.push([Number(key), child]);
  }
  return entries.sort(([left], [right]) => left - right).map(([, child]) => child);
}

function decodeScalar(schema: NormalizedSchema, text: string): unknown {
  if (schema.isBooleanSchema()) {
    const lower = text.toLowerCase();
    if (lower !== 'true' && lower !== 'false') throw malformed(`'${text}' is not true or false`);
    return lower === 'true';
  }
  if (schema.isNumericSchema()) {
    if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text);
    if (text.trim() === '' || Number.isNaN(Number(text))) throw malformed(`'${text}' is not a number`);
    return Number(text);
  }
  if (schema.isTimestampSchema()) {
    const time = parseTimestamp(text);
    if (time === undefined) throw malformed(`'${text}' is not a timestamp`);
    return time;
  }
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, 'base64'));
  return text;
}

function decodeNode(schema: NormalizedSchema, node: FormNode): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isStructSchema()) {
    const result: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const child = node.children.get(traitsOf(member).xmlName ?? name);
      if (child === undefined) continue;
      setOwn(result, name, decodeNode(member, child));
    }
    return result;
  }
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    const flat = traitsOf(schema).xmlFlattened;
    const holder = flat ? node : node.children.get(traitsOf(item).xmlName ?? 'member');
    return numbered(holder).map((child) => decodeNode(item, child));
  }
  if (schema.isMapSchema()) {
    const keyName = traitsOf(schema.getKeySchema()).xmlName ?? 'key';
    const valueSchema = schema.getValueSchema();
    const valueName = traitsOf(valueSchema).xmlName ?? 'value';
    const holder = traitsOf(schema).xmlFlattened ? node : node.children.get('entry');
    const result: Record<string, unknown> = {};
    for (const entry of numbered(holder)) {
      const key = entry.children.get(keyName)?.text;
      const value = entry.children.get(valueName);
      if (key === undefined) throw malformed('A map entry without a key');
      if (value !== undefined) setOwn(result, key, decodeNode(valueSchema, value));
    }
    return result;
  }
  if (node.children.size > 0) throw malformed('Start of structure or map found where not expected.');
  return decodeScalar(schema, node.text ?? '');
}

/**
 * Decodes form pairs (`Action` and `Version` among them, which no input has) by the input's schema.
 * Throws AwsError SerializationException where they do not fit.
 */
export function decodeQuery(schema: NormalizedSchema, pairs: Iterable<readonly [string, string]>): unknown {
  return decodeNode(schema, formTree(pairs));
}
