import { describe, expect, test } from '@jest/globals';
import {
  canonicalRequest,
  expectedSignature,
  parseSignature,
  type SignatureParts,
  signatureMatches,
} from '../../../../src/lab/wire/sigv4.ts';
import { requestOf } from './requests.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

/** AWS's published test suite for Signature Version 4: key AKIDEXAMPLE, service "service", us-east-1. */
function suiteHeaders(
  signature: string,
  more: Readonly<Record<string, string>> = {},
  signed = 'host;x-amz-date',
) {
  return {
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
      `SignedHeaders=${signed}, Signature=${signature}`,
    ...more,
  };
}

function partsOf(request: ReturnType<typeof requestOf>): SignatureParts {
  const parsed = parseSignature(request);
  if (parsed.kind !== 'signed') throw new Error(JSON.stringify(parsed));
  return parsed.parts;
}

const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';

describe('signatures of the published test suite', () => {
  test('get-vanilla', () => {
    const request = requestOf('GET', '/', suiteHeaders(vanilla));
    expect(expectedSignature(request, partsOf(request), SECRET)).toBe(vanilla);
    expect(signatureMatches(request, partsOf(request), SECRET)).toBe(true);
  });

  test('get-vanilla-query-order-key-case', () => {
    const signature = 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500';
    const request = requestOf('GET', '/?Param2=value2&Param1=value1', suiteHeaders(signature));
    expect(signatureMatches(request, partsOf(request), SECRET)).toBe(true);
  });

  test('post-vanilla', () => {
    const signature = '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b';
    const request = requestOf('POST', '/', suiteHeaders(signature));
    expect(signatureMatches(request, partsOf(request), SECRET)).toBe(true);
  });
});

describe('what is signed', () => {
  const at = (target: string, headers: Readonly<Record<string, string>> = {}, body = '') => {
    const request = requestOf('POST', target, suiteHeaders(vanilla, headers), body);
    return { request, parts: partsOf(request) };
  };

  test('a changed method, path, query, header or body does not match', () => {
    for (const request of [
      requestOf('POST', '/', suiteHeaders(vanilla)),
      requestOf('GET', '/x', suiteHeaders(vanilla)),
      requestOf('GET', '/?a=b', suiteHeaders(vanilla)),
      requestOf('GET', '/', { ...suiteHeaders(vanilla), host: 'other.amazonaws.com' }),
      requestOf('GET', '/', suiteHeaders(vanilla), 'body'),
    ])
      expect(signatureMatches(request, partsOf(request), SECRET)).toBe(false);
  });

  test('another secret does not match', () => {
    const request = requestOf('GET', '/', suiteHeaders(vanilla));
    expect(signatureMatches(request, partsOf(request), `${SECRET}x`)).toBe(false);
  });

  test("a declared hash has to be the body's; UNSIGNED-PAYLOAD is taken as it is", () => {
    const wrong = at('/', { 'x-amz-content-sha256': '0'.repeat(64) }, 'body');
    expect(canonicalRequest(wrong.request, wrong.parts)).toBeUndefined();
    expect(signatureMatches(wrong.request, wrong.parts, SECRET)).toBe(false);
    const unsigned = at('/', { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }, 'body');
    expect(canonicalRequest(unsigned.request, unsigned.parts)?.split('\n').at(-1)).toBe('UNSIGNED-PAYLOAD');
  });

  test('runs of spaces in headers count as one; path segments are encoded once more', () => {
    const request = requestOf(
      'GET',
      '/a%20b',
      suiteHeaders(vanilla, { 'my-header': ' a   b ' }, 'host;my-header;x-amz-date'),
    );
    const canonical = canonicalRequest(request, partsOf(request)) ?? '';
    expect(canonical).toContain('\nmy-header:a b\n');
    expect(canonical.split('\n')[1]).toBe('/a%2520b');
  });
});

describe('reading a signature', () => {
  const authorization = (value: string) =>
    parseSignature(requestOf('GET', '/', { ...suiteHeaders(vanilla), authorization: value }));
  const scope = 'AKID/20150830/us-east-1/ecs/aws4_request';

  test('no signature at all', () => {
    expect(parseSignature(requestOf('GET', '/'))).toEqual({ kind: 'none' });
  });

  test.each([
    ['Basic dXNlcg==', "Unsupported AWS 'algorithm': 'Basic'"],
    ['AWS4-ECDSA-P256-SHA256 Credential=x', 'Signature Version 4A is not simulated'],
    [`AWS4-HMAC-SHA256 SignedHeaders=host, Signature=x`, "requires 'Credential'"],
    [`AWS4-HMAC-SHA256 Credential=${scope}, Signature=x`, "requires 'SignedHeaders'"],
    [`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host`, "requires 'Signature'"],
    [`AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x`, 'five slash-separated elements'],
    [`AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=x-amz-date, Signature=x`, "'Host'"],
    [
      'AWS4-HMAC-SHA256 Credential=AKID/20150829/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=x',
      'does not match the request date',
    ],
  ])('%s', (value, problem) => {
    expect(authorization(value)).toMatchObject({
      kind: 'incomplete',
      problem: expect.stringContaining(problem),
    });
  });

  test('in the query string, as a presigned request', () => {
    const query =
      '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fsts%2Faws4_request' +
      '&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=abc&X-Amz-Expires=60';
    expect(parseSignature(requestOf('GET', query))).toMatchObject({
      kind: 'signed',
      parts: { accessKeyId: 'AKID', signingName: 'sts', signature: 'abc', expiresSeconds: 60 },
    });
    expect(parseSignature(requestOf('GET', query.replace('Expires=60', 'Expires=0')))).toMatchObject({
      kind: 'incomplete',
    });
  });
});
