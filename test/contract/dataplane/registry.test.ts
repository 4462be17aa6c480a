import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pushBaseImage } from '../../../src/lab/dataplane/registry/base-image.ts';
import { BlobStore, sha256 } from '../../../src/lab/dataplane/registry/blob-store.ts';
import { mediaTypes } from '../../../src/lab/dataplane/registry/manifests.ts';
import { RegistryServer } from '../../../src/lab/dataplane/registry/registry-server.ts';
import { toolAvailable } from '../../support/tools.ts';
import { MemoryManifestStore, root } from './support/memory-manifest-store.ts';

const authorization = `Basic ${Buffer.from('AWS:secret').toString('base64')}`;
const hasDocker = toolAvailable('a Docker engine', 'test/contract/dataplane/registry');

describe('image registry', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-registry-'));
  const store = new MemoryManifestStore('app', 'other', 'fixed', 'lab/node');
  store.immutable.add('fixed');
  const blobs = new BlobStore(folder);
  const server = new RegistryServer({ store, blobs });
  let base = '';

  const call = (
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(new URL(path, base), {
      method,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const pushBlob = async (repository: string, content: string): Promise<string> => {
    const digest = sha256(content);
    const opened = await call('POST', `/v2/${repository}/blobs/uploads/`);
    expect(opened.status).toBe(202);
    const closed = await call('PUT', `${opened.headers.get('location')}?digest=${digest}`, content);
    expect(closed.status).toBe(201);
    return digest;
  };
  const manifestOf = async (repository: string, content: string, more: object = {}): Promise<string> =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: await pushBlob(repository, '{}'), size: 2 },
      layers: [
        {
          mediaType: mediaTypes.layer,
          digest: await pushBlob(repository, content),
          size: content.length,
        },
      ],
      ...more,
    });
  const putManifest = (repository: string, reference: string, manifest: string): Promise<Response> =>
    call('PUT', `/v2/${repository}/manifests/${reference}`, manifest, {
      'content-type': mediaTypes.manifest,
    });
  const codeOf = async (response: Response): Promise<unknown> =>
    ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code;

  beforeAll(async () => {
    const { host, port } = await server.start();
    base = `http://${host}:${port}`;
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('asks for Basic authentication and takes only a good token', async () => {
    const without = await fetch(`${base}/v2/`);
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="ecr",service="ecr.amazonaws.com"',
    ]);
    expect(await codeOf(without)).toBe('UNAUTHORIZED');
    const wrong = `Basic ${Buffer.from('AWS:wrong').toString('base64')}`;
    expect((await fetch(`${base}/v2/`, { headers: { authorization: wrong } })).status).toBe(401);
    expect((await fetch(`${base}/v2/`, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
    expect((await call('GET', '/v2/')).status).toBe(200);
  });

  test('takes blobs in one go and in chunks, and proves their digest', async () => {
    const digest = sha256('hello world');
    const opened = await call('POST', '/v2/app/blobs/uploads/');
    const location = opened.headers.get('location')!;
    const first = await call('PATCH', location, 'hello ', { 'content-range': '0-5' });
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-5']);
    expect((await call('PATCH', location, 'late', { 'content-range': '9-12' })).status).toBe(416);
    expect((await call('PATCH', location, 'world', { 'content-range': '6-10' })).status).toBe(202);
    expect((await call('PUT', `${location}?digest=${digest}`)).status).toBe(201);
    const read = await call('GET', `/v2/app/blobs/${digest}`);
    expect(await read.text()).toBe('hello world');
    const range = await call('GET', `/v2/app/blobs/${digest}`, undefined, { range: 'bytes=6-' });
    expect([range.status, await range.text(), range.headers.get('content-range')]).toEqual([
      206,
      'world',
      'bytes 6-10/11',
    ]);
    const head = await call('HEAD', `/v2/app/blobs/${digest}`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '11']);
    const single = await call('POST', `/v2/app/blobs/uploads/?digest=${sha256('one')}`, 'one');
    expect(single.status).toBe(201);
    const lying = await call('POST', `/v2/app/blobs/uploads/?digest=${sha256('one')}`, 'two');
    expect([lying.status, await codeOf(lying)]).toEqual([400, 'DIGEST_INVALID']);
    expect((await call('GET', `/v2/other/blobs/${digest}`)).status).toBe(404);
    const mounted = await call('POST', `/v2/other/blobs/uploads/?mount=${digest}&from=app`);
    expect(mounted.status).toBe(201);
    expect((await call('GET', `/v2/other/blobs/${digest}`)).status).toBe(200);
  });

  test('manifests by tag and digest, byte for byte; wrong ones are refused with their reason', async () => {
    const manifest = await manifestOf('app', 'layer');
    const digest = sha256(manifest);
    const pushed = await putManifest('app', 'v1', manifest);
    expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, digest]);
    for (const reference of ['v1', digest]) {
      const got = await call('GET', `/v2/app/manifests/${reference}`);
      expect([await got.text(), got.headers.get('content-type')]).toEqual([manifest, mediaTypes.manifest]);
    }
    expect((await call('HEAD', '/v2/app/manifests/v1')).headers.get('content-length')).toBe(
      String(manifest.length),
    );
    const refused = async (repository: string, reference: string, body: string): Promise<unknown> =>
      codeOf(await putManifest(repository, reference, body));
    expect(await refused('app', sha256('x'), manifest)).toBe('DIGEST_INVALID');
    expect(await refused('app', '-bad', manifest)).toBe('TAG_INVALID');
    expect(await refused('app', 'v2', 'no json')).toBe('MANIFEST_INVALID');
    expect(await refused('app', 'v2', manifest.replace(sha256('layer'), sha256('none')))).toBe(
      'MANIFEST_BLOB_UNKNOWN',
    );
    expect(await refused('nowhere', 'v1', manifest)).toBe('NAME_UNKNOWN');
    expect(await codeOf(await call('GET', '/v2/app/manifests/none'))).toBe('MANIFEST_UNKNOWN');
  });

  test('an immutable tag keeps its digest, and the same digest is welcome again', async () => {
    const manifest = await manifestOf('fixed', 'layer');
    expect((await putManifest('fixed', 'v1', manifest)).status).toBe(201);
    expect((await putManifest('fixed', 'v1', manifest)).status).toBe(201);
    const other = await putManifest('fixed', 'v1', await manifestOf('fixed', 'other'));
    expect([other.status, await codeOf(other)]).toEqual([400, 'TAG_INVALID']);
  });

  test('tags in pages, referrers by subject, deletion', async () => {
    const manifest = await manifestOf('other', 'layer');
    for (const tag of ['c', 'a', 'b']) await putManifest('other', tag, manifest);
    const page = await call('GET', '/v2/other/tags/list?n=2');
    expect(await page.json()).toEqual({ name: 'other', tags: ['a', 'b'] });
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    const last = await call('GET', next);
    expect([await last.json(), last.headers.get('link')]).toEqual([{ name: 'other', tags: ['c'] }, null]);
    const subject = { mediaType: mediaTypes.manifest, digest: sha256(manifest), size: manifest.length };
    const signature = await manifestOf('other', 'sig', { subject, artifactType: 'application/signature' });
    const pushed = await putManifest('other', sha256(signature), signature);
    expect(pushed.headers.get('oci-subject')).toBe(subject.digest);
    const referrers = await call('GET', `/v2/other/referrers/${subject.digest}`);
    expect(await referrers.json()).toMatchObject({
      manifests: [{ digest: sha256(signature), artifactType: 'application/signature' }],
    });
    expect((await call('DELETE', '/v2/other/manifests/a')).status).toBe(202);
    expect((await call('GET', '/v2/other/manifests/a')).status).toBe(404);
    expect((await call('DELETE', `/v2/other/manifests/${sha256(manifest)}`)).status).toBe(202);
    expect((await call('GET', '/v2/other/manifests/b')).status).toBe(404);
  });

  (hasDocker ? test : test.skip)(
    'docker logs in, builds on the base image, pushes and pulls',
    async () => {
      await pushBaseImage({ store, blobs, principal: root }, 'process');
      const work = mkdtempSync(join(tmpdir(), 'lab-docker-'));
      const host = base.replace('http://', '');
      const docker = async (...args: string[]): Promise<string> =>
        (
          await promisify(execFile)('docker', ['--config', join(work, 'config'), ...args], {
            env: { ...process.env, DOCKER_BUILDKIT: '0' },
          })
        ).stdout;
      try {
        writeFileSync(
          join(work, 'Dockerfile'),
          `FROM ${host}/lab/node:24\nCOPY app.js /app/app.js\nCMD ["node","/app/app.js"]\n`,
        );
        writeFileSync(join(work, 'app.js'), 'console.log("hello");\n');
        await docker('login', '-u', 'AWS', '-p', 'secret', host);
        await docker('build', '-t', `${host}/app:docker`, work);
        await docker('push', `${host}/app:docker`);
        const pushed = store.getManifest('app', 'docker');
        expect(pushed).toBeDefined();
        await docker('rmi', `${host}/app:docker`);
        expect(await docker('pull', `${host}/app:docker`)).toContain(pushed?.digest);
        await docker('rmi', `${host}/app:docker`, `${host}/lab/node:24`);
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
