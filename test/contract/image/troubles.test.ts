/** What users see when a real engine, or a real BuildKit, meets trouble: one sentence, the line, another attempt. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type BuildKit, startBuildKit } from '../../support/build-kit.ts';
import { type CuttingProxy, startCuttingProxy } from '../../support/cutting-proxy.ts';
import { toolAvailable } from '../../support/tools.ts';
import { type EcrLab, startEcrLab } from './support.ts';

const suite = 'test/contract/image';
const hasEngine = toolAvailable('docker buildx', suite) && toolAvailable('a Docker engine', suite);
const hasBuildKit = toolAvailable('docker buildx', suite) && toolAvailable('buildkitd', suite);
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const sha = '0123456789abcdef0123456789abcdef01234567';

let lab: EcrLab;
let proxy: CuttingProxy | undefined;
beforeEach(async () => {
  lab = await startEcrLab();
  lab.world.must('ecr', 'CreateRepository', { repositoryName: 'ips', imageTagMutability: 'IMMUTABLE' });
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await lab.close();
});

function context(dockerfile: string, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(lab.folder, 'context-'));
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** Builds a layer that does not compress and pushes it on a way that breaks `cuts` times; time passes. */
async function pushThrough(
  cuts: number,
  inputs: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
) {
  proxy = await startCuttingProxy(lab.host, cuts);
  const layer = context('FROM scratch\nCOPY a /a\n', { a: randomBytes(3_000_000) });
  const all = { builder: 'buildx', context: layer, registry: proxy.host, ...inputs };
  const clock = { now: () => Date.now(), sleep: async (ms: number) => void (await sleep(Math.min(ms, 200))) };
  const result = await lab.run(all, environment, { ...lab.ports, clock });
  const retries = result.report.events.filter((event) => event.code === 'image.retry');
  return { result, retries: retries.map((event) => event.message), cut: proxy.cut() };
}
const held = () => lab.world.ecr.getManifest('ips', sha);

const engines = [
  { engine: 'the Docker engine', here: hasEngine },
  { engine: 'BuildKit', here: hasBuildKit },
];
for (const { engine, here } of engines) {
  (here ? describe : describe.skip)(engine, () => {
    let buildKit: BuildKit | undefined;
    let environment: Readonly<Record<string, string>> = { BUILDX_BUILDER: '' };
    beforeAll(async () => {
      if (engine !== 'BuildKit') return;
      buildKit = await startBuildKit();
      ({ environment } = buildKit);
    }, 60_000);
    afterAll(() => buildKit?.stop());

    const build = (inputs: Record<string, string>) => lab.run({ builder: 'buildx', ...inputs }, environment);

    test('a connection that breaks once in the middle of an upload: the image arrives whole', async () => {
      const { result, cut } = await pushThrough(1, {}, environment);
      expect({ ok: result.ok, said: result.ok ? '' : result.report.sentence, cut }).toEqual({
        ok: true,
        said: '',
        cut: 1,
      });
      expect(held()?.digest).toBe(result.outputs['digest']);
    }, 60_000);

    test('a base image that is not there is named with its line', async () => {
      const result = await build({
        context: context(`FROM ${lab.host}/ips:nowhere\nCOPY a /a\n`, { a: 'a' }),
      });
      expect(result.report.sentence).toBe(`The base image ${lab.host}/ips:nowhere does not exist.`);
      expect(lab.ports.annotations[0]?.properties).toMatchObject({ startLine: 1 });
    }, 60_000);

    test.each([
      ['FROM scratch\nCOPY a /a\nCOPPY a /b\n', 3, /^Dockerfile line 3: unknown instruction: COPPY/],
      ['FROM scratch\n\nCOPY nowhere /\n', 3, /^Dockerfile line 3: \/nowhere is not in the build context/],
    ])(
      'an error of the Dockerfile is named with its line (%#)',
      async (dockerfile, line, saying) => {
        // Under another name, too.
        const folder = context('', { 'api.dockerfile': dockerfile, a: 'a' });
        const result = await build({ context: folder, file: join(folder, 'api.dockerfile') });
        expect(result.report.sentence).toMatch(saying);
        expect(lab.ports.annotations.map((each) => each.properties)).toEqual([
          {
            title: 'build-push-ecr: Dockerfile',
            file: join(folder, 'api.dockerfile'),
            startLine: line,
          },
        ]);
      },
      60_000,
    );

    (busybox === undefined ? test.skip : test)(
      'a command that fails is told in its own words',
      async () => {
        const script = '/bin/busybox echo 403 Forbidden; exit 3';
        const run = JSON.stringify(['/bin/busybox', 'sh', '-c', script]);
        const folder = context(`FROM scratch\nCOPY busybox /bin/busybox\nRUN ${run}\n`);
        copyFileSync(busybox!, join(folder, 'busybox'));
        const result = await build({ context: folder });
        expect(result.report.sentence).toBe('Dockerfile line 3: RUN ended with exit code 3 (403 Forbidden).');
        expect(result.report.events.map((event) => event.code)).not.toContain('image.retry');
      },
      60_000,
    );
  });
}

(hasBuildKit ? describe : describe.skip)(
  'a registry that drops connections, after all that BuildKit tries',
  () => {
    let buildKit: BuildKit;
    beforeAll(async () => {
      buildKit = await startBuildKit();
    }, 60_000);
    afterAll(() => buildKit.stop());

    test('is tried again, which is said, and the push ends well', async () => {
      // BuildKit gives up after four attempts of its own.
      const { result, retries, cut } = await pushThrough(4, {}, buildKit.environment);
      expect([result.ok, cut]).toEqual([true, 4]);
      expect(retries).toEqual([
        expect.stringMatching(
          /^The push to 127\.0\.0\.1:\d+\/ips:[0-9a-f]{40} broke off \(.+\)\. Trying again \(2 of 4\)\.$/,
        ),
      ]);
      expect(held()?.digest).toBe(result.outputs['digest']);
    }, 90_000);

    test('and goes on doing so: one sentence, a failed step, nothing under the tag', async () => {
      const { result, retries } = await pushThrough(
        Number.POSITIVE_INFINITY,
        { 'push-attempts': '2' },
        buildKit.environment,
      );
      expect([result.ok, result.report.outcome, result.outputs]).toEqual([false, 'failed', {}]);
      expect(retries).toHaveLength(1);
      expect(result.report.sentence).toMatch(
        /^The push to \S+ broke off \(.+\)\. Tried 2 times\. Check the network of the runner, then run the job again: what has arrived is not sent twice\.$/,
      );
      expect(held()).toBeUndefined();
    }, 90_000);
  },
);

describe('the builder that needs no Docker', () => {
  const noDocker = { builder: 'static' };
  test('begins an upload that broke again, and says so', async () => {
    const { result, retries, cut } = await pushThrough(2, noDocker, {});
    expect([result.ok, cut, held()?.digest]).toEqual([true, 2, result.outputs['digest']]);
    expect(retries).toEqual([
      expect.stringContaining('trying again (2 of 4)'),
      expect.stringContaining('trying again (3 of 4)'),
    ]);
  }, 30_000);

  test('gives up in one sentence', async () => {
    const { result, retries } = await pushThrough(
      Number.POSITIVE_INFINITY,
      { ...noDocker, 'push-attempts': '2' },
      {},
    );
    expect([result.ok, retries.length, held()]).toEqual([false, 1, undefined]);
    expect(result.report.sentence).toMatch(
      /^The upload of sha256:\w+ failed 2 times, last: 127\.0\.0\.1:\d+: \S+\. Check the network/,
    );
  }, 30_000);
});
