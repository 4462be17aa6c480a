/** The search for secrets in images: what is found, where, and that values never leave. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { findInStream } from '../../../src/image/secret-search/find-in-stream.ts';
import { needlesOf } from '../../../src/image/secret-search/needles.ts';
import { searchArchive } from '../../../src/image/secret-search/search-archive.ts';
import { layerFormat } from '../../../src/image/secret-search/search-layer.ts';

const jwt = 'YGvx"iN18/CaPGW+longer';
const { needles } = needlesOf(new Map([['JWT_SECRET_KEY', jwt]]));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ips-search-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function tar(files: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, Buffer.from(content));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function search(layers: readonly Uint8Array[], config = '{}') {
  const hex = (index: number) => String(index).padStart(64, '0');
  const blobs = Object.fromEntries(layers.map((layer, index) => [`blobs/sha256/${hex(index)}`, layer]));
  const file = join(folder, 'image.tar');
  writeFileSync(
    file,
    await tar({ ...blobs, [`blobs/sha256/${'f'.repeat(64)}`]: config, 'index.json': '{}' }),
  );
  return searchArchive(file, needles);
}

describe('a secret in a file of a layer', () => {
  const forms = {
    'as it is': jwt,
    'in JSON': JSON.stringify({ key: jwt }),
    'in an address': `https://h/?k=${encodeURIComponent(jwt)}`,
    'as base64': Buffer.from(jwt).toString('base64'),
    'in base64 after one byte': Buffer.from(`:${jwt}:x`).toString('base64'),
    'in base64 after two bytes': Buffer.from(`a:${jwt}`).toString('base64'),
  };
  test.each(Object.entries(forms))('%s', async (_form, content) => {
    const layer = await tar({ 'etc/motd': 'hello', 'app/appsettings.json': `x${content}y` });
    for (const packed of [layer, gzipSync(layer), zstdCompressSync(layer)]) {
      const { hits } = await search([await tar({ other: 'nothing' }), packed]);
      expect(hits).toEqual([
        { secret: 'JWT_SECRET_KEY', file: '/app/appsettings.json', layer: `sha256:${'0'.repeat(63)}1` },
      ]);
    }
  });

  test('and in a file name, or in the configuration', async () => {
    const named = needlesOf(new Map([['TOKEN', 'tok-12345678']])).needles;
    const file = join(folder, 'image.tar');
    const layer = gzipSync(await tar({ 'run/tok-12345678': '' }));
    const config = JSON.stringify({ config: { Env: ['TOKEN=tok-12345678'] } });
    writeFileSync(file, await tar({ 'a/layer.tar': layer, 'config.json': config }));
    expect((await searchArchive(file, named)).hits).toEqual([
      { secret: 'TOKEN', file: '/run/tok-12345678', layer: 'a' },
      { secret: 'TOKEN', file: 'image configuration', layer: 'config.json' },
    ]);
  });
});

test('nothing in a clean image, and the layers are named by their diff ids', async () => {
  const layer = await tar({ 'app/server.js': 'listen()' });
  const one = await search([layer]);
  const packed = await search([gzipSync(layer)]);
  expect(one.hits).toEqual([]);
  expect([...packed.diffIds]).toEqual([...one.diffIds]);
});

test('short values are not searched for, and are named', () => {
  expect(
    needlesOf(
      new Map([
        ['SEVEN', '1234567'],
        ['EIGHT', '12345678'],
        ['EMPTY', ' '],
      ]),
    ),
  ).toEqual({
    needles: expect.arrayContaining([{ name: 'EIGHT', bytes: Buffer.from('12345678') }]),
    tooShort: ['SEVEN'],
  });
});

test('a private key is found by its longest line, too', async () => {
  const key = `-----BEGIN KEY-----\n${'A'.repeat(64)}\n${'B'.repeat(30)}\n-----END KEY-----`;
  const found = needlesOf(new Map([['SSH', key]])).needles;
  const part = Readable.from([Buffer.from(`x\r\n${'A'.repeat(64)}\r\n`)]);
  expect([...(await findInStream(part, found))]).toEqual(['SSH']);
});

test('law: where the stream is cut makes no difference', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 8, maxLength: 20 }).filter((text) => text.trim().length >= 8),
      fc.string({ maxLength: 40 }),
      fc.array(fc.nat(60), { maxLength: 6 }),
      async (secret, before, cuts) => {
        const bytes = Buffer.from(`${before}${secret.trim()}after`);
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const parts = [0, ...places].map((from, index) =>
          bytes.subarray(from, places[index] ?? bytes.length),
        );
        const found = await findInStream(Readable.from(parts), needlesOf(new Map([['S', secret]])).needles);
        expect([...found]).toEqual(['S']);
      },
    ),
  );
});

test('formats by their first bytes', async () => {
  const layer = await tar({ a: 'b' });
  expect(
    [layer, gzipSync(layer), zstdCompressSync(layer), Buffer.from('{}')].map((each) => layerFormat(each)),
  ).toEqual(['tar', 'gzip', 'zstd', undefined]);
});
