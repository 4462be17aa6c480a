/** The builder without Docker, end to end against a registry of the test's own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RegistryClient } from '../../../src/image/registry/client.ts';
import { buildStatic, type StaticBuild } from '../../../src/image/static/build.ts';
import { parsePlatform } from '../../../src/image/static/image-config.ts';
import { pushStatic } from '../../../src/image/static/push.ts';
import { type RegistryDouble, startRegistry } from './registry-double.ts';

let folder: string;
let registry: RegistryDouble;
let client: RegistryClient;
const retries: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ips-static-'));
  mkdirSync(join(folder, 'context'));
  mkdirSync(join(folder, 'out'));
  registry = await startRegistry();
  retries.length = 0;
  client = new RegistryClient({
    url: `http://${registry.host}`,
    credentials: { username: 'AWS', password: 'pass' },
    attempts: 4,
    clock: { now: Date.now, sleep: async () => undefined },
    random: () => 0,
    signal: new AbortController().signal,
    onRetry: (message) => retries.push(message),
  });
});

afterEach(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, content: string, mode = 0o644): void {
  const full = join(folder, 'context', path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content, { mode });
}

async function build(
  dockerfile: string,
  buildArgs: Record<string, string> = {},
  platforms = ['linux/amd64'],
): Promise<StaticBuild> {
  write('Dockerfile', dockerfile);
  return buildStatic(
    {
      context: join(folder, 'context'),
      dockerfile: join(folder, 'context/Dockerfile'),
      target: undefined,
      buildArgs: new Map(Object.entries(buildArgs)),
      labels: new Map([['made.by', 'test']]),
      platforms: platforms.map(parsePlatform),
      epochSeconds: 0,
      folder: join(folder, 'out'),
    },
    { registry: () => client },
  );
}

const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));

/** What tar itself reads: owner, mode, name. */
function listing(blob: Buffer): string[] {
  const result = spawnSync('tar', ['-tvf', '-', '--numeric-owner'], { input: gunzipSync(blob) });
  expect(result.stderr.toString()).toBe('');
  return result.stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '))
    .map((line) => line.replace(/ \d+ \d{4}-\d\d-\d\d \d\d:\d\d/, ''));
}

test('the whole image: configuration, layers, manifest', async () => {
  write('server.js', 'console.log(1);\n');
  write('src/run.sh', '#!/bin/sh\n', 0o755);
  write('src/secret.env', 'no');
  write('.dockerignore', '**/*.env\n');
  const built = await build(
    `ARG BASE=scratch
FROM \${BASE} AS app
ARG VERSION=dev
ENV NODE_ENV=production VERSION=\${VERSION}
LABEL org.opencontainers.image.version="$VERSION"
WORKDIR /app
COPY server.js ./
COPY --chown=1000:1000 src ./src
USER 1000
EXPOSE 5000
HEALTHCHECK --interval=30s --retries=3 CMD curl -f http://localhost:5000/health || exit 1
STOPSIGNAL SIGTERM
CMD ["node", "server.js"]
`,
    { VERSION: '1.2.3' },
  );
  const counts = await pushStatic(built, client, 'ips/api', ['v1', 'latest']);
  expect(counts).toEqual({ uploaded: 3, copied: 0, mounted: 0, present: 0 });
  const image = built.images[0]!;
  const config = json(image.config.bytes) as {
    rootfs: { diff_ids: string[] };
    history: unknown[];
  };
  expect(config).toEqual({
    created: '1970-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: ['NODE_ENV=production', 'VERSION=1.2.3'],
      Labels: { 'org.opencontainers.image.version': '1.2.3', 'made.by': 'test' },
      WorkingDir: '/app',
      User: '1000',
      ExposedPorts: { '5000/tcp': {} },
      Healthcheck: {
        Test: ['CMD-SHELL', 'curl -f http://localhost:5000/health || exit 1'],
        Interval: 30_000_000_000,
        Retries: 3,
      },
      StopSignal: 'SIGTERM',
      Cmd: ['node', 'server.js'],
    },
    rootfs: { type: 'layers', diff_ids: expect.any(Array) },
    history: expect.any(Array),
  });
  expect(config.rootfs.diff_ids).toHaveLength(3);
  expect(config.history).toHaveLength(11);
  expect(
    built.images[0]!.layers.map((layer) => listing(registry.blobs.get(layer.descriptor.digest)!)),
  ).toEqual([
    ['drwxr-xr-x 0/0 app/'],
    ['-rw-r--r-- 0/0 app/server.js'],
    ['drwxr-xr-x 1000/1000 app/src/', '-rwxr-xr-x 1000/1000 app/src/run.sh'],
  ]);
  expect([...registry.manifests.keys()].sort()).toEqual([
    'ips/api:latest',
    'ips/api:v1',
    `ips/api@${built.digest}`,
  ]);
  expect(registry.manifests.get('ips/api:v1')).toEqual({
    type: 'application/vnd.oci.image.manifest.v1+json',
    bytes: Buffer.from(image.manifest.bytes),
  });
  expect(registry.uploads.every((upload) => upload.length !== undefined && !upload.chunked)).toBe(true);
});

test('the same sources give the same digest, whatever their times and umask; other sources do not', async () => {
  write('a.txt', 'one', 0o600);
  const dockerfile = 'FROM scratch\nCOPY a.txt /\nCMD ["/a"]\n';
  const first = await build(dockerfile);
  rmSync(join(folder, 'context/a.txt'));
  write('a.txt', 'one', 0o664);
  const second = await build(dockerfile);
  write('a.txt', 'two');
  const third = await build(dockerfile);
  expect(second.digest).toBe(first.digest);
  expect(third.digest).not.toBe(first.digest);
});

test('on a base: its layers are mounted, its settings kept, its CMD dropped by a new ENTRYPOINT', async () => {
  write('base.txt', 'base');
  write('app.txt', 'app');
  const base = await build('FROM scratch\nENV PATH=/bin A=1\nCOPY base.txt /\nCMD ["base"]\n');
  await pushStatic(base, client, 'base', ['1']);
  registry.requests.length = 0;
  const built = await build(
    `FROM ${registry.host}/base:1\nENV PATH=/app:$PATH\nCOPY app.txt /app/\nENTRYPOINT ["run"]\n`,
  );
  const counts = await pushStatic(built, client, 'app', ['1']);
  const image = built.images[0]!;
  expect((json(image.config.bytes) as { config: unknown }).config).toEqual({
    Env: ['PATH=/app:/bin', 'A=1'],
    Labels: { 'made.by': 'test' },
    Entrypoint: ['run'],
  });
  expect(image.layers.map((layer) => layer.kind)).toEqual(['base', 'new']);
  // The test's registry keeps blobs of all repositories together, so the base's layer is there at once.
  expect(counts).toEqual({ uploaded: 1, copied: 0, mounted: 0, present: 1 });
});

test('a base of a public registry: a token is fetched, its layers are copied over', async () => {
  const elsewhere = await startRegistry('', true);
  try {
    const anonymous = new RegistryClient({
      url: `http://${elsewhere.host}`,
      attempts: 1,
      clock: { now: Date.now, sleep: async () => undefined },
      random: () => 0,
      signal: new AbortController().signal,
    });
    write('base.txt', 'base');
    await pushStatic(await build('FROM scratch\nCOPY base.txt /\n'), anonymous, 'public/base', ['1']);
    write('Dockerfile', `FROM ${elsewhere.host}/public/base:1\nENV A=1\n`);
    const built = await buildStatic(
      {
        context: join(folder, 'context'),
        dockerfile: join(folder, 'context/Dockerfile'),
        target: undefined,
        buildArgs: new Map(),
        labels: new Map(),
        platforms: [parsePlatform('linux/amd64')],
        epochSeconds: 0,
        folder: join(folder, 'out'),
      },
      { registry: (host) => (host === elsewhere.host ? anonymous : client) },
    );
    expect(await pushStatic(built, client, 'app', ['1'])).toEqual({
      uploaded: 0,
      copied: 1,
      mounted: 0,
      present: 0,
    });
    const layer = built.images[0]!.layers[0]!.descriptor.digest;
    expect(registry.blobs.get(layer)).toEqual(elsewhere.blobs.get(layer));
    expect(elsewhere.requests.filter((line) => line.startsWith('GET /token')).length).toBeGreaterThan(0);
  } finally {
    await elsewhere.close();
  }
});

test('two platforms make an index, and a build on it takes the manifest of its platform', async () => {
  write('a.txt', 'a');
  const both = await build('FROM scratch\nARG TARGETARCH\nENV ARCH=$TARGETARCH\nCOPY a.txt /\n', {}, [
    'linux/amd64',
    'linux/arm64',
  ]);
  await pushStatic(both, client, 'multi', ['1']);
  expect(json(both.index!.bytes)).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: both.images.map((image) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image.manifest.digest,
      size: image.manifest.bytes.length,
      platform: image.platform,
    })),
  });
  const arm = await build(`FROM ${registry.host}/multi:1\n`, {}, ['linux/arm64']);
  expect((json(arm.images[0]!.config.bytes) as { config: { Env: string[] } }).config.Env).toEqual([
    'ARCH=arm64',
  ]);
  await expect(build(`# arm only\nFROM ${registry.host}/multi:1\n`, {}, ['linux/s390x'])).rejects.toThrow(
    `Dockerfile line 2: the base image ${registry.host}/multi:1 is not made for linux/s390x; it is for linux/amd64, linux/arm64.`,
  );
});

describe('a registry in trouble', () => {
  test('resets and 503 in the middle of a push are tried again', async () => {
    write('a.txt', 'a');
    const built = await build('FROM scratch\nCOPY a.txt /\n');
    registry.faults.push(503, 'reset', 429);
    await pushStatic(built, client, 'app', ['1']);
    expect(registry.manifests.has(`app@${built.digest}`)).toBe(true);
    expect(retries).toHaveLength(3);
  });

  test('it gives up after the attempts that were asked for, and says what failed', async () => {
    write('a.txt', 'a');
    const built = await build('FROM scratch\nCOPY a.txt /\n');
    registry.faults.push(503, 503, 503, 503);
    await expect(pushStatic(built, client, 'app', ['1'])).rejects.toThrow(
      /failed 4 times, last: HEAD .* was answered with 503: /,
    );
  });

  test('a missing base image names its line', async () => {
    await expect(build(`# syntax\nFROM ${registry.host}/none:9\n`)).rejects.toMatchObject({
      code: 'base-image-not-found',
      line: 2,
      message: `Dockerfile line 2: the base image ${registry.host}/none:9 does not exist.`,
    });
  });

  test('an immutable tag: the same image is fine, another one is refused by name', async () => {
    write('a.txt', 'a');
    const first = await build('FROM scratch\nCOPY a.txt /\n');
    await pushStatic(first, client, 'app', ['1']);
    registry.immutableTags.add('1');
    await pushStatic(first, client, 'app', ['1']);
    write('a.txt', 'b');
    const second = await build('FROM scratch\nCOPY a.txt /\n');
    await expect(pushStatic(second, client, 'app', ['1'])).rejects.toThrow(
      `Tag 1 of app is immutable and holds ${first.digest}; this image is ${second.digest}.`,
    );
  });

  test('wrong credentials are one clear sentence', async () => {
    write('a.txt', 'a');
    const built = await build('FROM scratch\nCOPY a.txt /\n');
    const stranger = new RegistryClient({
      url: `http://${registry.host}`,
      credentials: { username: 'AWS', password: 'wrong' },
      attempts: 1,
      clock: { now: Date.now, sleep: async () => undefined },
      random: () => 0,
      signal: new AbortController().signal,
    });
    await expect(pushStatic(built, stranger, 'app', ['1'])).rejects.toMatchObject({
      code: 'registry-denied',
    });
  });
});
