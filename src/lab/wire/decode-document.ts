/**
 * JSON and CBOR bodies to the SDK's shapes. Stricter than a client has to be: a member of the wrong type is
 * answered as AWS answers it (SerializationException), unknown members are ignored, nulls are absent.
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../world/aws-error.ts';
import { setOwn } from './own-property.ts';
import { parseTimestamp } from './timestamps.ts';

export type DocumentForm = 'json' | 'cbor';

/** AWS's names for JSON token types, as its messages use them. */
function tokenOf(value: unknown): string {
  if (Array.isArray(value)) return 'START_ARRAY';
  switch (typeof value) {
    case 'string':
      return 'STRING_VALUE';
    case 'number':
      return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
    case 'bigint':
      return 'NUMBER_VALUE';
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default:
      return 'START_OBJECT';
  }
}

function mismatch(value: unknown, wanted: string): AwsError {
  const token = tokenOf(value);
  if (token === 'START_ARRAY')
    return new AwsError('SerializationException', 'Start of list found where not expected');
  if (token === 'START_OBJECT')
    return new AwsError('SerializationException', 'Start of structure or map found where not expected.');
  return new AwsError('SerializationException', `${token} can not be converted to ${wanted}`);
}

/** A plain object: CBOR bodies also hold dates, byte strings and tagged values. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  );
}

function decodeNumber(value: unknown): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw mismatch(value, 'a Number');
}

function decodeBlob(value: unknown, form: DocumentForm): Uint8Array {
  if (form === 'cbor') {
    if (value instanceof Uint8Array) return Uint8Array.from(value);
  } else if (typeof value === 'string') {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0)
      throw new AwsError('SerializationException', 'Invalid base64 in a binary member');
    return new Uint8Array(Buffer.from(value, 'base64'));
  }
  throw mismatch(value, 'a Blob');
}

function decodeTimestamp(value: unknown): Date {
  // CBOR tags times with 1 (RFC 8949, 3.4.2); the codec hands the tag through.
  const inner = isRecord(value) && value['tag'] === 1 ? value['value'] : value;
  const time = parseTimestamp(inner);
  if (time === undefined) throw mismatch(value, 'a Timestamp');
  return time;
}

/** Throws AwsError SerializationException where `value` does not fit `schema`. */
export function decodeDocument(schema: NormalizedSchema, value: unknown, form: DocumentForm): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isDocumentSchema()) return value;
  if (schema.isStructSchema()) {
    if (!isRecord(value)) throw mismatch(value, 'a structure');
    const result: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (given === undefined || given === null) continue;
      setOwn(result, name, decodeDocument(member, given, form));
    }
    return result;
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw mismatch(value, 'a list');
    const item = schema.getValueSchema();
    const present = value.filter((entry) => entry !== null && entry !== undefined);
    return present.map((entry) => decodeDocument(item, entry, form));
  }
  if (schema.isMapSchema()) {
    if (!isRecord(value)) throw mismatch(value, 'a map');
    const item = schema.getValueSchema();
    const result: Record<string, unknown> = {};
    for (const [key, given] of Object.entries(value)) {
      if (given !== null && given !== undefined) setOwn(result, key, decodeDocument(item, given, form));
    }
    return result;
  }
  if (schema.isBlobSchema()) return decodeBlob(value, form);
  if (schema.isTimestampSchema()) return decodeTimestamp(value);
  if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw mismatch(value, 'a Boolean');
    return value;
  }
  if (schema.isNumericSchema()) return decodeNumber(value);
  if (typeof value !== 'string') throw mismatch(value, 'a String');
  return value;
}
