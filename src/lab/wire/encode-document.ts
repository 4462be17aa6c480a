/**
 * The SDK's shapes to what JSON.stringify or the CBOR codec writes. Members that the shape does not have
 * stay out; a value of the wrong type is a defect of the world and throws, with its path.
 */
import { types } from 'node:util';
import { tag } from '@smithy/core/cbor';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { DocumentForm } from './decode-document.ts';
import { setOwn } from './own-property.ts';

export function outputDefect(path: string, wanted: string, value: unknown): TypeError {
  const given = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  return new TypeError(`Output member ${path || '(root)'} has to be ${wanted}, and is ${given}.`);
}

function encodeScalar(schema: NormalizedSchema, value: unknown, form: DocumentForm, path: string): unknown {
  if (schema.isTimestampSchema()) {
    if (!types.isDate(value)) throw outputDefect(path, 'a Date', value);
    const seconds = value.getTime() / 1000;
    return form === 'json' ? seconds : tag({ tag: 1, value: seconds });
  }
  if (schema.isBlobSchema()) {
    if (!types.isUint8Array(value)) throw outputDefect(path, 'a Uint8Array', value);
    return form === 'json' ? Buffer.from(value).toString('base64') : value;
  }
  if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw outputDefect(path, 'a boolean', value);
    return value;
  }
  if (schema.isNumericSchema()) {
    if (typeof value !== 'number') throw outputDefect(path, 'a number', value);
    // JSON has no NaN and no infinities: AWS writes them as strings.
    return form === 'json' && !Number.isFinite(value) ? String(value) : value;
  }
  if (typeof value !== 'string') throw outputDefect(path, 'a string', value);
  return value;
}

export function encodeDocument(
  schema: NormalizedSchema,
  value: unknown,
  form: DocumentForm,
  path = '',
): unknown {
  if (schema.isUnitSchema()) return {};
  if (schema.isDocumentSchema()) return value;
  if (schema.isStructSchema()) {
    if (typeof value !== 'object' || value === null) throw outputDefect(path, 'an object', value);
    const given = value as Readonly<Record<string, unknown>>;
    const result: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const part = given[name];
      if (part !== undefined && part !== null)
        setOwn(result, name, encodeDocument(member, part, form, path === '' ? name : `${path}.${name}`));
    }
    return result;
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw outputDefect(path, 'a list', value);
    const item = schema.getValueSchema();
    return value.map((part, index) => encodeDocument(item, part, form, `${path}[${index}]`));
  }
  if (schema.isMapSchema()) {
    if (typeof value !== 'object' || value === null) throw outputDefect(path, 'an object', value);
    const item = schema.getValueSchema();
    const result: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(value)) {
      if (part !== undefined && part !== null)
        setOwn(result, key, encodeDocument(item, part, form, `${path}.${key}`));
    }
    return result;
  }
  return encodeScalar(schema, value, form, path);
}
