/** build-push-ecr with the real buildx and a real BuildKit: platforms, cache, secrets, attestations. */
import { copyFileSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type BuildKit, startBuildKit } from '../../support/build-kit.ts';
import { toolAvailable } from '../../support/tools.ts';
import { type EcrLab, startEcrLab } from './support.ts';

const suite = 'test/contract/image';
const withBuildKit =
  toolAvailable('docker buildx', suite) && toolAvailable('buildkitd', suite) ? describe : describe.skip;
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const sha = '0123456789abcdef0123456789abcdef01234567';

withBuildKit('with a real BuildKit', () => {
  let buildKit: BuildKit;
  let environment: BuildKit['environment'];
  let lab: EcrLab;

  beforeAll(async () => {
    buildKit = await startBuildKit();
    ({ environment } = buildKit);
  }, 60_000);
  afterAll(() => buildKit.stop());

  beforeEach(async () => {
    lab = await startEcrLab();
    lab.world.must('ecr', 'CreateRepository', { repositoryName: 'ips', imageTagMutability: 'IMMUTABLE' });
  });
  afterEach(() => lab.close());

  function context(dockerfile: string, files: Readonly<Record<string, string>> = {}): string {
    const folder = mkdtempSync(join(lab.folder, 'context-'));
    writeFileSync(join(folder, 'Dockerfile'), dockerfile);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  }
  const build = (inputs: Record<string, string>) => lab.run({ builder: 'buildx', ...inputs }, environment);
  const held = (reference: string) => lab.world.ecr.getManifest('ips', reference);

  test('one platform: the digest told is what the registry holds, and the second run builds nothing', async () => {
    const inputs = { context: context('FROM scratch\nCOPY a /a\n', { a: 'one' }) };
    const first = await build(inputs);
    expect([first.ok, first.outputs['built']]).toEqual([true, 'true']);
    expect(held(sha)?.digest).toBe(first.outputs['digest']);
    const second = await build(inputs);
    expect([second.outputs['built'], second.outputs['digest']]).toEqual(['false', first.outputs['digest']]);
    const other = await build({ context: context('FROM scratch\nCOPY a /a\n', { a: 'two' }) });
    expect([other.ok, other.report.sentence]).toEqual([
      false,
      expect.stringMatching(/is immutable and holds/),
    ]);
  }, 60_000);

  test('two platforms: an index, its digest, and the digest of each platform', async () => {
    const platforms = 'linux/amd64, linux/arm64';
    const result = await build({ context: context('FROM scratch\nCOPY a /a\n', { a: 'x' }), platforms });
    expect({ ok: result.ok, said: result.ok ? '' : result.report.sentence }).toEqual({ ok: true, said: '' });
    const index = held(sha)!;
    expect(index.digest).toBe(result.outputs['digest']);
    const children = JSON.parse(result.outputs['platforms']!) as Record<string, string>;
    expect(Object.keys(children).sort()).toEqual(['linux/amd64', 'linux/arm64']);
    for (const digest of Object.values(children)) expect(held(digest)?.digest).toBe(digest);
  }, 60_000);

  test('pain 27: what BuildKit would add by itself does not make an index of an image (BPA#755, BPA#1459)', async () => {
    const inputs = { context: context('FROM scratch\nCOPY a /a\n', { a: 'plain' }) };
    const result = await build(inputs);
    expect(result.outputs['platforms']).toBe(JSON.stringify({ 'linux/amd64': result.outputs['digest'] }));
    expect(held(sha)?.mediaType).toMatch(/^application\/vnd\.(oci\.image|docker\.distribution)\.manifest\./);
  }, 60_000);

  test('pain 27: with provenance, the index is told as digest and the image in it as its platform (BPA#755, BPA#1459)', async () => {
    const inputs = { context: context('FROM scratch\nCOPY a /a\n', { a: 'y' }), provenance: 'mode=max' };
    const result = await build(inputs);
    expect(result.ok).toBe(true);
    const index = JSON.parse(Buffer.from(held(sha)!.bytes).toString()) as {
      manifests: { platform: { os: string }; annotations?: Record<string, string> }[];
    };
    expect(index.manifests.map((each) => each.platform.os)).toEqual(['linux', 'unknown']);
    expect(index.manifests[1]!.annotations?.['vnd.docker.reference.type']).toBe('attestation-manifest');
    expect(held(sha)).toMatchObject({
      digest: result.outputs['digest'],
      mediaType: 'application/vnd.oci.image.index.v1+json',
    });
    const platforms = JSON.parse(result.outputs['platforms']!) as Record<string, string>;
    expect(Object.keys(platforms)).toEqual(['linux/amd64']);
    expect(held(platforms['linux/amd64']!)?.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
    // Taken over to another repository, the attestation comes along under the same digest.
    const promotion = {
      repository: 'production',
      'create-repository': 'true',
      'promote-from': `ips:${sha}`,
      tags: 'v1',
    };
    const promoted = await lab.run(promotion, environment);
    expect(promoted.outputs['digest']).toBe(result.outputs['digest']);
    const attestation = index.manifests[1] as unknown as { digest: string };
    expect(lab.world.ecr.getManifest('production', attestation.digest)?.digest).toBe(attestation.digest);
  }, 60_000);

  const withShell = busybox === undefined ? test.skip : test;
  const shell = (run: string): string => {
    const folder = context(`FROM scratch\nCOPY busybox /bin/busybox\nCOPY a /a\nRUN ${run}\n`, { a: 'z' });
    copyFileSync(busybox!, join(folder, 'busybox'));
    return folder;
  };
  const sh = (script: string): string => JSON.stringify(['/bin/busybox', 'sh', '-c', script]);

  withShell(
    'a cache in ECR: the second build runs nothing again',
    async () => {
      const folder = shell(sh('/bin/busybox date > /built'));
      const inputs = { context: folder, 'cache-repository': 'ips-cache', 'create-repository': 'true' };
      const first = await build({ ...inputs, 'build-args': 'N=1', tags: 'one' });
      expect({ ok: first.ok, said: first.ok ? '' : first.report.sentence }).toEqual({ ok: true, said: '' });
      // Nothing of the first build is left but what ECR holds.
      buildKit.prune();
      lab.world.must('ecr', 'BatchDeleteImage', {
        repositoryName: 'ips',
        imageIds: [{ imageTag: 'one' }, { imageTag: sha }],
      });
      lab.ports.said.length = 0;
      const second = await build({ ...inputs, 'build-args': 'N=2', tags: 'two' });
      expect(second.ok).toBe(true);
      expect(lab.ports.said.join('\n')).toMatch(/RUN .*\n.*CACHED|CACHED/);
      const described = lab.world.must('ecr', 'DescribeRepositories', { repositoryNames: ['ips-cache'] });
      expect(described.repositories[0].imageTagMutability).toBe('MUTABLE');
    },
    90_000,
  );

  withShell(
    'a BuildKit secret reaches RUN; where RUN writes it into a layer, nothing is pushed',
    async () => {
      const use = sh('/bin/busybox wc -c /run/secrets/npm > /size');
      const leak = sh('/bin/busybox mkdir /app; /bin/busybox cat /run/secrets/npm > /app/.npmrc');
      const secrets = 'npm=npm_0123456789abcdef';
      const leaking = await build({ context: shell(`--mount=type=secret,id=npm ${leak}`), secrets });
      expect(leaking.report.sentence).toMatch(
        /^The image was not pushed: it holds the value of npm in \/app\/.npmrc \(layer sha256:/,
      );
      expect(lab.world.must('ecr', 'DescribeImages', { repositoryName: 'ips' }).imageDetails).toEqual([]);
      const good = await build({ context: shell(`--mount=type=secret,id=npm ${use}`), secrets });
      expect({ ok: good.ok, said: good.ok ? '' : good.report.sentence }).toEqual({ ok: true, said: '' });
      expect(JSON.stringify([leaking, good, lab.ports.said])).not.toContain('npm_0123456789abcdef');
    },
    90_000,
  );

  test('a Dockerfile error is named with its line', async () => {
    const result = await build({ context: context('FROM scratch\n\nCOPY nowhere /\n') });
    expect(result.ok).toBe(false);
    expect(lab.ports.annotations[0]?.properties).toMatchObject({ startLine: 3 });
  }, 60_000);
});
