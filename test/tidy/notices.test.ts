/** What docs/notices.md gives its readers works as it stands. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { signedHeaders } from '../../src/announce/sign.ts';
import { root } from '../support/source-files.ts';

const text = readFileSync(join(root, 'docs/notices.md'), 'utf8');

test('the verification by hand takes what is signed, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ips-notices-'));
  try {
    const file = join(folder, 'verify.mjs');
    writeFileSync(file, /```js\n([\s\S]*?)```/.exec(text)![1]!);
    const { verify } = await import(pathToFileURL(file).href);
    const body = '{"message":"ä"}';
    for (const secret of ['sixteen-letters!', `whsec_${Buffer.from('a random key').toString('base64')}`]) {
      const headers = signedHeaders(secret, 'a/b', Date.now(), body);
      expect(verify(secret, headers, body)).toBe(true);
      expect(verify(secret, headers, `${body} `)).toBe(false);
      expect(verify(`${secret}x`.replace('whsec_', 'whsec_A'), headers, body)).toBe(false);
      expect(verify(secret, signedHeaders(secret, 'a/b', Date.now() - 301_000, body), body)).toBe(false);
      expect(verify(secret, { ...headers, 'webhook-signature': 'v1,' }, body)).toBe(false);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
