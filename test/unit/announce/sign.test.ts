/** The signature, by the library that receivers take. */
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { signedHeaders } from '../../../src/announce/sign.ts';

const body = JSON.stringify({ message: 'Größe ✓' });
const key = Buffer.from('a key of 24 bytes at all').toString('base64');

describe.each([
  ['base64', `whsec_${key}`, new Webhook(`whsec_${key}`)],
  ['any text', 'sixteen-letters!', new Webhook('sixteen-letters!', { format: 'raw' })],
])('a secret in %s', (_name, secret, receiver) => {
  const headers = () => ({ ...signedHeaders(secret, 'run/1', Date.now(), body) });

  test('is verified', () => {
    expect(receiver.verify(body, headers())).toEqual(JSON.parse(body));
  });

  test('a changed body, another id, another time are not', () => {
    expect(() => receiver.verify(`${body} `, headers())).toThrow('No matching signature');
    expect(() => receiver.verify(body, { ...headers(), 'webhook-id': 'run/2' })).toThrow('No matching');
    const earlier = String(Number(headers()['webhook-timestamp']) - 1);
    expect(() => receiver.verify(body, { ...headers(), 'webhook-timestamp': earlier })).toThrow(
      'No matching',
    );
  });

  test('an old one is refused by the receiver', () => {
    const old = { ...signedHeaders(secret, 'run/1', Date.now() - 6 * 60_000, body) };
    expect(() => receiver.verify(body, old)).toThrow('too old');
  });
});
