/**
 * The SDK's shapes to the XML of the AWS Query protocol.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import { types } from 'node:util';
import type { NormalizedSchema } from '@smithy/core/schema';
import { outputDefect } from './encode-document.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Parsers turn a bare carriage return into a line feed.
  '\r': '&#xD;',
  '\n': '&#xA;',
  '\t': '&#x9;',
};

/** XML 1.0 has no way to write the other control characters; they become U+FFFD. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

export function escapeXml(text: string): string {
  return text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"'\r\n\t]/g, (character) => ENTITIES[character]!);
}

interface XmlTraits {
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
}

function traitsOf(schema: NormalizedSchema): XmlTraits {
  return schema.getMergedTraits() as XmlTraits;
}

function element(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function scalarText(schema: NormalizedSchema, value: unknown, path: string): string {
  if (schema.isTimestampSchema()) {
    if (!types.isDate(value)) throw outputDefect(path, 'a Date', value);
    return value.toISOString();
  }
  if (schema.isBlobSchema()) {
    if (!types.isUint8Array(value)) throw outputDefect(path, 'a Uint8Array', value);
    return Buffer.from(value).toString('base64');
  }
  if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw outputDefect(path, 'a boolean', value);
    return String(value);
  }
  if (schema.isNumericSchema()) {
    if (typeof value !== 'number') throw outputDefect(path, 'a number', value);
    return String(value);
  }
  if (typeof value !== 'string') throw outputDefect(path, 'a string', value);
  return escapeXml(value);
}

/** One member: its element, or its elements where the list is flattened. */
function memberXml(name: string, schema: NormalizedSchema, value: unknown, path: string): string {
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw outputDefect(path, 'a list', value);
    const item = schema.getValueSchema();
    const flat = traitsOf(schema).xmlFlattened;
    const itemName = flat ? name : (traitsOf(item).xmlName ?? 'member');
    const items = value.map((part, index) => memberXml(itemName, item, part, `${path}[${index}]`)).join('');
    return flat ? items : element(name, items);
  }
  if (schema.isMapSchema()) {
    if (typeof value !== 'object' || value === null) throw outputDefect(path, 'an object', value);
    const keyName = traitsOf(schema.getKeySchema()).xmlName ?? 'key';
    const item = schema.getValueSchema();
    const itemName = traitsOf(item).xmlName ?? 'value';
    const flat = traitsOf(schema).xmlFlattened;
    const entries = Object.entries(value)
      .filter(([, part]) => part !== undefined && part !== null)
      .map(
        ([key, part]) => element(keyName, escapeXml(key)) + memberXml(itemName, item, part, `${path}.${key}`),
      )
      .map((content) => element(flat ? name : 'entry', content))
      .join('');
    return flat ? entries : element(name, entries);
  }
  if (schema.isStructSchema()) return element(name, structXml(schema, value, path));
  return element(name, scalarText(schema, value, path));
}

/** The members of a structure, without an element around them. */
export function structXml(schema: NormalizedSchema, value: unknown, path = ''): string {
  if (schema.isUnitSchema()) return '';
  if (typeof value !== 'object' || value === null) throw outputDefect(path, 'an object', value);
  const given = value as Readonly<Record<string, unknown>>;
  let xml = '';
  for (const [name, member] of schema.structIterator()) {
    const part = given[name];
    if (part === undefined || part === null) continue;
    xml += memberXml(traitsOf(member).xmlName ?? name, member, part, path === '' ? name : `${path}.${name}`);
  }
  return xml;
}
