import { describe, expect, test } from '@jest/globals';
import { NormalizedSchema } from '@smithy/core/schema';
import { decodeDocument } from '../../../../src/lab/wire/decode-document.ts';
import { decodeQuery } from '../../../../src/lab/wire/decode-query.ts';
import { encodeDocument } from '../../../../src/lab/wire/encode-document.ts';
import { escapeXml, structXml } from '../../../../src/lab/wire/encode-xml.ts';
import { missingMembersError } from '../../../../src/lab/wire/required-members.ts';
import { services } from '../../../../src/lab/wire/services.ts';
import { parseTimestamp } from '../../../../src/lab/wire/timestamps.ts';

/** A structure with one member of every kind, in the form of the SDK's schemas. */
const STRING = 0;
const NUMBER = 1;
const BOOLEAN = 2;
const TIME = 4;
const BLOB = 21;
const DOCUMENT = 15;
const flat = { xmlFlattened: 1 };
const names = [
  'Text',
  'Number',
  'Flag',
  'Time',
  'Blob',
  'Any',
  'Items',
  'Flat',
  'Named',
  'Map',
  'Inner',
  'Renamed',
];
const everything: unknown[] = [3, 'test', 'Everything', 0, names, []];
const textList = [1, 'test', 'TextList', 0, STRING];
everything[5] = [
  STRING,
  NUMBER,
  BOOLEAN,
  TIME,
  BLOB,
  DOCUMENT,
  () => [1, 'test', 'Items', 0, () => everything],
  [() => textList, flat],
  () => [1, 'test', 'NamedList', 0, [STRING, { xmlName: 'item' }]],
  () => [2, 'test', 'Map', 0, STRING, NUMBER],
  () => everything,
  [STRING, { xmlName: 'other' }],
];
const schema = NormalizedSchema.of(everything as never);

function query(text: string): unknown {
  return decodeQuery(schema, new URLSearchParams(text));
}

describe('the Query form', () => {
  test('scalars by their type', () => {
    expect(query('Text=1&Number=-2.5&Flag=true&Time=2026-01-14T17:00:00Z&Blob=AQI=&other=x')).toEqual({
      Text: '1',
      Number: -2.5,
      Flag: true,
      Time: new Date('2026-01-14T17:00:00Z'),
      Blob: new Uint8Array([1, 2]),
      Renamed: 'x',
    });
  });

  test('nested lists and structures, in the order of their numbers', () => {
    expect(
      query('Items.member.10.Text=ten&Items.member.2.Text=two&Items.member.2.Inner.Items.member.1.Number=0'),
    ).toEqual({ Items: [{ Text: 'two', Inner: { Items: [{ Number: 0 }] } }, { Text: 'ten' }] });
  });

  test('an empty list is a list; a list that is not there is none', () => {
    expect(query('Items=')).toEqual({ Items: [] });
    expect(query('')).toEqual({});
  });

  test('flattened and named lists, and maps', () => {
    expect(
      query(
        'Flat.1=a&Flat.2=b&Named.item.1=c&Map.entry.1.key=k&Map.entry.1.value=3&Map.entry.2.key=__proto__&Map.entry.2.value=4',
      ),
    ).toEqual({ Flat: ['a', 'b'], Named: ['c'], Map: JSON.parse('{"k":3,"__proto__":4}') as object });
  });

  test('an empty text is a text', () => {
    expect(query('Text=')).toEqual({ Text: '' });
  });

  test('what the shape does not have is ignored', () => {
    expect(query('Action=Do&Version=2015-12-01&Nope.member.1=x&Text=a')).toEqual({ Text: 'a' });
  });

  test.each([
    'Number=ten',
    'Number=',
    'Flag=yes',
    'Time=noon',
    'Items.member.first.Text=a',
    'Items.member.0.Text=a',
    'Text.Deeper=a',
    'Map.entry.1.value=3',
    `Inner${'.Inner'.repeat(80)}.Text=a`,
  ])('%s is malformed', (text) => {
    expect(() => query(text)).toThrow(expect.objectContaining({ code: 'SerializationException' }));
  });
});

describe('XML', () => {
  test('every kind of member', () => {
    const value = {
      Text: 'a<b>&"c"\r\n',
      Number: 0,
      Flag: false,
      Time: new Date(0),
      Blob: new Uint8Array([1, 2]),
      Items: [{ Text: 'x' }, {}],
      Flat: ['a', 'b'],
      Named: ['c'],
      Map: { k: 1 },
      Inner: {},
      Renamed: 'r',
      NotInTheShape: 1,
    };
    expect(structXml(schema, value)).toBe(
      '<Text>a&lt;b&gt;&amp;&quot;c&quot;&#xD;&#xA;</Text><Number>0</Number><Flag>false</Flag>' +
        '<Time>1970-01-01T00:00:00.000Z</Time><Blob>AQI=</Blob>' +
        '<Items><member><Text>x</Text></member><member/></Items><Flat>a</Flat><Flat>b</Flat>' +
        '<Named><item>c</item></Named><Map><entry><key>k</key><value>1</value></entry></Map><Inner/><other>r</other>',
    );
  });

  test('empty and absent lists differ', () => {
    expect(structXml(schema, { Items: [], Flat: undefined })).toBe('<Items/>');
  });

  test('characters that XML cannot write become U+FFFD', () => {
    expect(escapeXml('a\u0000b\u001bc\td')).toBe('a\ufffdb\ufffdc&#x9;d');
  });
});

describe('JSON and CBOR documents', () => {
  test('nulls are absent and unknown members are ignored', () => {
    expect(
      decodeDocument(schema, { Text: null, Items: [null, {}], Nope: 1, Map: { a: null, b: 1 } }, 'json'),
    ).toEqual({
      Items: [{}],
      Map: { b: 1 },
    });
  });

  test('times and blobs by the form', () => {
    const time = new Date(1_768_410_000_123);
    expect(decodeDocument(schema, { Time: 1768410000.123, Blob: 'AQI=' }, 'json')).toEqual({
      Time: time,
      Blob: new Uint8Array([1, 2]),
    });
    expect(
      decodeDocument(
        schema,
        { Time: { tag: 1, value: 1768410000.123 }, Blob: new Uint8Array([1, 2]) },
        'cbor',
      ),
    ).toEqual({ Time: time, Blob: new Uint8Array([1, 2]) });
    expect(encodeDocument(schema, { Time: time, Blob: new Uint8Array([1, 2]) }, 'json')).toEqual({
      Time: 1768410000.123,
      Blob: 'AQI=',
    });
  });

  test.each([
    [{ Text: 5 }, 'NUMBER_VALUE can not be converted to a String'],
    [{ Number: '5' }, 'STRING_VALUE can not be converted to a Number'],
    [{ Flag: 'true' }, 'STRING_VALUE can not be converted to a Boolean'],
    [{ Items: {} }, 'Start of structure or map found where not expected.'],
    [{ Inner: [] }, 'Start of list found where not expected'],
    [{ Blob: '***' }, 'Invalid base64'],
    [{ Time: true }, 'TRUE_VALUE can not be converted to a Timestamp'],
    ['text', 'STRING_VALUE can not be converted to a structure'],
  ])('%j', (value, message) => {
    expect(() => decodeDocument(schema, value, 'json')).toThrow(message);
  });

  test('numbers that JSON cannot write are texts', () => {
    expect(encodeDocument(schema, { Number: Number.NaN }, 'json')).toEqual({ Number: 'NaN' });
    expect(decodeDocument(schema, { Number: '-Infinity' }, 'json')).toEqual({ Number: -Infinity });
  });

  test('an output of the wrong type is a defect, named by its path', () => {
    expect(() => encodeDocument(schema, { Items: [{ Inner: { Number: '5' } }] }, 'json')).toThrow(
      'Output member Items[0].Inner.Number has to be a number, and is a value of type string.',
    );
    expect(() => structXml(schema, { Time: 5 })).toThrow('Output member Time has to be a Date');
  });
});

describe('times', () => {
  test.each([
    ['2026-01-14T17:00:00Z', 1_768_410_000_000],
    ['2026-01-14T17:00:00', 1_768_410_000_000],
    ['2026-01-14T18:00:00+01:00', 1_768_410_000_000],
    ['2026-01-14T17:00:00.250Z', 1_768_410_000_250],
    ['2026-01-14', 1_768_348_800_000],
    ['Wed, 14 Jan 2026 17:00:00 GMT', 1_768_410_000_000],
    ['1768410000', 1_768_410_000_000],
    [1768410000.25, 1_768_410_000_250],
  ])('%s', (text, ms) => {
    expect(parseTimestamp(text)?.getTime()).toBe(ms);
  });

  test.each(['', 'noon', '2026-13-01T00:00:00Z', '14.01.2026', 8.64e15])('%s is none', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});

describe('required members', () => {
  const inputOf = (id: string, operation: string) =>
    services.find((service) => service.id === id)!.operations.get(operation)!.input;

  test("all that are missing, in AWS's words, with the code of the service", () => {
    const error = missingMembersError('elasticloadbalancing', inputOf('elasticloadbalancing', 'CreateRule'), {
      ListenerArn: 'x',
      Conditions: [],
      Actions: [{}],
    });
    expect(error).toMatchObject({
      code: 'ValidationError',
      message:
        "2 validation errors detected: Value null at 'priority' failed to satisfy constraint: " +
        "Member must not be null; Value null at 'actions.1.member.type' failed to satisfy constraint: " +
        'Member must not be null',
    });
    expect(missingMembersError('ecs', inputOf('ecs', 'CreateService'), {})?.code).toBe(
      'InvalidParameterException',
    );
  });

  test('empty values are values', () => {
    expect(missingMembersError('ecs', inputOf('ecs', 'CreateService'), { serviceName: '' })).toBeUndefined();
  });
});
