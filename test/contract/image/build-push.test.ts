/** build-push-ecr against the lab's ECR and its registry: what it does, what it leaves, what it tells. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readEcrLogin } from '../../../src/aws/ecr-login.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { copyImage } from '../../../src/image/registry/copy.ts';
import { createRegistries } from '../../../src/image/registry/registries.ts';
import { createPorts } from '../../unit/image/ports-double.ts';
import { type EcrLab, startEcrLab } from './support.ts';

const example = join(import.meta.dirname, '../../../examples/ips-data-acquisition-api');
const sha = '0123456789abcdef0123456789abcdef01234567';

let lab: EcrLab;
let folder: string;
let world: EcrLab['world'];
let host: string;
let calls: string[];
let aws: EcrLab['aws'];
let ports: EcrLab['ports'];
const path = process.env['PATH'];

beforeEach(async () => {
  lab = await startEcrLab();
  ({ folder, world, host, calls, aws, ports } = lab);
});

afterEach(async () => {
  process.env['PATH'] = path;
  await lab.close();
});

const registryOptions = (of: EcrLab) => ({
  overrideHost: undefined,
  repositoryUri: `${of.host}/ips`,
  dockerConfig: undefined,
  attempts: 2,
  clock: of.ports.clock,
  random: () => 0,
  signal: new AbortController().signal,
});

const run = (inputs: Record<string, string>): Promise<ActionResult> =>
  lab.run({ context: example, builder: 'static', ...inputs }, {}, ports);

function createRepository(imageTagMutability: 'MUTABLE' | 'IMMUTABLE'): void {
  world.must('ecr', 'CreateRepository', { repositoryName: 'ips', imageTagMutability });
}

describe('the builder that needs no Docker', () => {
  test('builds the example, makes the repository, pushes, reads back, and tells the digest', async () => {
    const result = await run({
      'create-repository': 'true',
      tags: '{sha}, main-{date}',
      'build-args': `BASE=scratch\nVERSION=${sha}`,
      report: 'report.json',
    });
    const held = world.ecr.getManifest('ips', sha);
    expect(held).toBeDefined();
    const { digest } = held!;
    expect(result).toEqual({
      ok: true,
      outputs: {
        image: `${host}/ips@${digest}`,
        digest,
        repository: 'ips',
        tags: `${sha}\nmain-20260131`,
        built: 'true',
        platforms: JSON.stringify({ 'linux/amd64': digest }),
        scan: 'off',
        copies: '',
      },
      report: expect.objectContaining({ title: 'Image of ips', outcome: 'pushed', ok: true }),
    });
    expect(world.ecr.getManifest('ips', 'main-20260131')?.digest).toBe(digest);
    expect(result.report.events.map((event) => event.code)).toEqual([
      'image.planned',
      'image.repository-created',
      'image.builder',
      'image.built',
      'image.pushed',
      'image.verified',
    ]);
    expect(calls).toEqual([
      'ecr:GetAuthorizationToken',
      'ecr:DescribeRepositories',
      'ecr:CreateRepository',
      'ecr:PutLifecyclePolicy',
      'ecr:BatchGetImage',
      'ecr:BatchGetImage',
    ]);
    expect(ports.files.get('report.json')).toContain('"outcome": "pushed"');
    expect(readdirSync(folder)).toEqual(['registry']);
    // The password is masked before anything is said, and said nowhere.
    expect(ports.masked).toHaveLength(2);
    // As it is and as it goes over the wire.
    expect(Buffer.from(ports.masked[1]!, 'base64').toString()).toBe(`AWS:${ports.masked[0]}`);
    for (const secret of ports.masked) expect(JSON.stringify([ports.said, result])).not.toContain(secret);
  });

  test('a second run with the same sources builds nothing; new tags go to the image that is there', async () => {
    createRepository('IMMUTABLE');
    const first = await run({ 'build-args': 'BASE=scratch' });
    const again = await run({ 'build-args': 'BASE=scratch', tags: '{sha}, v1' });
    expect([again.report.outcome, again.outputs['built']]).toEqual(['already there', 'false']);
    expect(again.outputs['digest']).toBe(first.outputs['digest']);
    expect(world.ecr.getManifest('ips', 'v1')?.digest).toBe(first.outputs['digest']);
  });

  test('an immutable tag with other sources in it is refused before the build', async () => {
    createRepository('IMMUTABLE');
    const first = await run({ 'build-args': 'BASE=scratch' });
    const second = await run({ 'build-args': 'BASE=scratch\nVERSION=2' });
    expect(second).toMatchObject({
      ok: false,
      outputs: {},
      report: {
        outcome: 'failed',
        sentence: `Tag ${sha} is immutable and holds ${first.outputs['digest']}, which was built from other sources or build arguments. Give another tag.`,
      },
    });
    expect(second.report.events.map((event) => event.code)).toEqual(['image.planned', 'image.tag-taken']);
  });

  test("an immutable tag with another tool's image: refused once the digest is known to differ", async () => {
    createRepository('IMMUTABLE');
    const held = world.ecr.seedImage('ips', sha);
    const result = await run({ 'build-args': 'BASE=scratch' });
    expect(result.report.sentence).toMatch(
      new RegExp(`^Tag ${sha} of ips is immutable and holds ${held}; this image is sha256:[0-9a-f]{64}\\.`),
    );
  });

  test('a mutable tag moves', async () => {
    createRepository('MUTABLE');
    const first = await run({ 'build-args': 'BASE=scratch', tags: 'latest' });
    const second = await run({ 'build-args': 'BASE=scratch\nVERSION=2', tags: 'latest' });
    expect(second.outputs['digest']).not.toBe(first.outputs['digest']);
    expect(world.ecr.getManifest('ips', 'latest')?.digest).toBe(second.outputs['digest']);
  });

  test('a read that lags the push is read again', async () => {
    createRepository('MUTABLE');
    const direct = aws.call;
    let reads = 0;
    ports = createPorts(
      {
        call: async (name, input, signal) => {
          const answer = await direct(name, input, signal);
          return name === 'ecr:BatchGetImage' && ++reads < 3 ? { ...answer, images: [] } : answer;
        },
      },
      folder,
    );
    const result = await run({ 'build-args': 'BASE=scratch', tags: 'latest' });
    expect([result.ok, reads]).toEqual([true, 3]);
  });

  test('a cancelled job ends as cancelled, with nothing left behind', async () => {
    createRepository('MUTABLE');
    const abort = new AbortController();
    const cancelled = { ...ports, runner: { ...ports.runner, cancelled: abort.signal } };
    ports = {
      ...cancelled,
      runner: {
        ...cancelled.runner,
        info: (line) => {
          if (line.includes('Built')) abort.abort();
        },
      },
    };
    const result = await run({ 'build-args': 'BASE=scratch' });
    expect([result.ok, result.report.outcome, result.report.sentence]).toEqual([
      false,
      'cancelled',
      'The job was cancelled.',
    ]);
    expect(readdirSync(folder)).toEqual(['registry']);
  });

  test('two platforms are one index, and its digest is the output', async () => {
    createRepository('MUTABLE');
    const result = await run({ 'build-args': 'BASE=scratch', platforms: 'linux/amd64, linux/arm64' });
    const held = world.ecr.getManifest('ips', sha)!;
    expect([held.digest, held.mediaType]).toEqual([
      result.outputs['digest'],
      'application/vnd.oci.image.index.v1+json',
    ]);
  });

  test('a missing repository is said, not made', async () => {
    expect((await run({ 'build-args': 'BASE=scratch' })).report.sentence).toBe(
      'The ECR repository ips does not exist. Set create-repository: true, or make it first.',
    );
  });

  test('pushed elsewhere, too; promoted by digest with its digest unchanged; what is not there is said', async () => {
    const inputs = { 'build-args': 'BASE=scratch', 'create-repository': 'true' };
    const first = await run({ ...inputs, 'also-push-to': `${host}/mirror` });
    const { digest } = first.outputs;
    expect(first.outputs['copies']).toBe(`${host}/mirror@${digest}`);
    expect(world.ecr.getManifest('mirror', sha)?.digest).toBe(digest);
    const promoted = await run({
      repository: 'production',
      'create-repository': 'true',
      'promote-from': `ips@${digest}`,
      tags: 'v1',
    });
    expect([promoted.report.outcome, promoted.outputs['digest'], promoted.outputs['built']]).toEqual([
      'copied',
      digest,
      'false',
    ]);
    expect(world.ecr.getManifest('production', 'v1')?.digest).toBe(digest);
    // Of another commit than this run's: it does not get its tag.
    expect(world.ecr.getManifest('production', sha)).toBeUndefined();
    const again = await run({ repository: 'production', 'promote-from': `ips@${digest}`, tags: 'v1' });
    expect([again.ok, again.outputs['digest']]).toEqual([true, digest]);
    const none = await run({ repository: 'production', 'promote-from': 'ips:nowhere', tags: 'v2' });
    expect(none.report.sentence).toContain('ips has no image nowhere in');
    const other = await run({
      'build-args': 'BASE=scratch\nVERSION=2',
      tags: 'x',
      repository: 'second',
      ...{ 'create-repository': 'true' },
    });
    const taken = await run({
      repository: 'production',
      'promote-from': `second@${other.outputs['digest']}`,
      tags: 'v1',
    });
    expect(taken.report.sentence).toMatch(/^Tag v1 of production is immutable and holds sha256:/);
  });

  test('several regions in one run: each has its own login and registry, and the same digest', async () => {
    const elsewhere = await startEcrLab();
    const here = await startEcrLab({ elsewhere });
    try {
      const inputs = { context: example, builder: 'static', 'build-args': 'BASE=scratch' };
      const places = { 'create-repository': 'true', 'also-push-to': 'eu-west-1, eu-west-1/mirror' };
      const { outputs } = await here.run({ ...inputs, ...places });
      const { digest } = outputs;
      expect(outputs['copies']).toBe(`${elsewhere.host}/ips@${digest}\n${elsewhere.host}/mirror@${digest}`);
      expect(here.world.ecr.getManifest('ips', sha)?.digest).toBe(digest);
      for (const name of ['ips', 'mirror'])
        expect(elsewhere.world.ecr.getManifest(name, sha)?.digest).toBe(digest);
      expect(here.calls.filter((call) => call === 'ecr:GetAuthorizationToken')).toHaveLength(1);
      expect(elsewhere.calls.filter((call) => call === 'ecr:CreateRepository')).toHaveLength(2);
      // The passwords of both are masked before anything is done with them.
      for (const secret of here.ports.masked)
        expect(JSON.stringify([here.ports.said, outputs])).not.toContain(secret);
    } finally {
      await here.close();
      await elsewhere.close();
    }
  });

  test('from one registry to another', async () => {
    const elsewhere = await startEcrLab();
    try {
      const first = await run({ 'build-args': 'BASE=scratch', 'create-repository': 'true' });
      const client = (of: EcrLab) =>
        readEcrLogin(of.aws).then((login) => createRegistries({ login, ...registryOptions(of) }).own);
      const { digest } = first.outputs;
      elsewhere.world.must('ecr', 'CreateRepository', { repositoryName: 'ips' });
      const from = { registry: await client(lab), repository: 'ips' };
      const to = { registry: await client(elsewhere), repository: 'ips' };
      expect(await copyImage(from, to, digest!, ['v1'])).toEqual({ copied: 5, mounted: 0, present: 0 });
      expect(elsewhere.world.ecr.getManifest('ips', 'v1')?.digest).toBe(digest);
      expect(await copyImage(from, to, digest!, ['v1'])).toEqual({ copied: 0, mounted: 0, present: 5 });
    } finally {
      await elsewhere.close();
    }
  });

  test('placeholders are filled in for the build, and the file is as before afterwards', async () => {
    createRepository('MUTABLE');
    const context = join(folder, 'context');
    mkdirSync(context);
    const file = join(context, 'appsettings.json');
    writeFileSync(file, '{"Url": "#{URL}#"}');
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY appsettings.json /app/\n');
    const inputs = { context, 'placeholder-files': 'context/appsettings.json' };
    const refused = await run({ ...inputs, placeholders: 'OTHER=x' });
    expect(refused.report.sentence).toContain('line 1: #{URL}# has no value.');
    const built = await run({
      ...inputs,
      placeholders: 'URL=https://example.com',
      // Found, if it is there: the value that was filled in.
      'search-for-secrets': 'URL=https://example.org',
    });
    expect(built.ok).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('{"Url": "#{URL}#"}');
    const secret = await run({
      ...inputs,
      placeholders: 'URL=https://example.com',
      'search-for-secrets': 'API=https://example.com',
    });
    expect(secret.report.sentence).toContain('would put the secret API into the image');
    expect(calls.filter((call) => call === 'ecr:GetAuthorizationToken')).toHaveLength(1);
  });

  test('a secret of the job in a layer fails before anything is pushed; its value is said nowhere', async () => {
    createRepository('MUTABLE');
    const context = join(folder, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'appsettings.json'), '{"Jwt": "YGvxiN18CaPGW0000"}');
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY appsettings.json /app/\n');
    const secrets = JSON.stringify({ JWT_SECRET_KEY: 'YGvxiN18CaPGW0000', PORT: '8080' });
    const result = await run({ context, 'search-for-secrets': secrets });
    expect([result.ok, result.report.outcome, result.outputs]).toEqual([false, 'failed', {}]);
    expect(result.report.sentence).toMatch(
      /^The image was not pushed: it holds the value of JWT_SECRET_KEY in \/app\/appsettings.json \(layer sha256:[0-9a-f]{12}\)\./,
    );
    expect(JSON.stringify([result, ports.said, ports.annotations])).not.toContain('YGvxiN18CaPGW0000');
    expect(ports.said.join('\n')).toContain('Too short to be searched for');
    expect(world.must('ecr', 'DescribeImages', { repositoryName: 'ips' }).imageDetails).toEqual([]);
    writeFileSync(join(context, 'appsettings.json'), '{}');
    expect((await run({ context, 'search-for-secrets': secrets })).outputs['built']).toBe('true');
  });

  test('a dry run asks nothing of AWS', async () => {
    const result = await run({ 'build-args': 'BASE=scratch', 'dry-run': 'true' });
    expect([result.ok, result.report.outcome, result.outputs, calls]).toEqual([
      true,
      'planned',
      { repository: 'ips', tags: sha, built: 'false' },
      [],
    ]);
  });

  test('what the Dockerfile needs is an annotation on its line', async () => {
    const context = join(folder, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\n\nRUN make\n');
    const result = await run({ context, file: join(context, 'Dockerfile') });
    expect(result.report.sentence).toBe('Dockerfile line 3 (RUN): RUN needs buildx.');
    expect(ports.annotations).toEqual([
      {
        level: 'error',
        message: 'Dockerfile line 3 (RUN): RUN needs buildx.',
        properties: {
          title: 'build-push-ecr: Dockerfile',
          file: join(context, 'Dockerfile'),
          startLine: 3,
        },
      },
    ]);
    expect(calls).toEqual([]);
  });
});

/** A docker of a few lines: it does what the test's script says. */
function installDocker(script: string): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'docker'), 0o755);
  process.env['PATH'] = `${bin}:${path}`;
}

describe('docker', () => {
  test('without docker, auto takes the builder that needs none; buildx says what is missing', async () => {
    process.env['PATH'] = join(folder, 'empty');
    createRepository('MUTABLE');
    const auto = await run({ builder: 'auto', 'build-args': 'BASE=scratch' });
    expect(auto.report.facts).toContainEqual(['Builder', 'static']);
    const buildx = await run({ builder: 'buildx', 'build-args': 'BASE=scratch' });
    expect(buildx.report.sentence).toBe(
      'There is no docker command on this runner. Use a runner that has Docker; a Dockerfile without RUN can be built with builder: static.',
    );
  });

  test.each([
    ['case "$1" in buildx) echo unknown >&2; exit 1;; esac', /docker has no buildx/],
    ['case "$1" in version) echo "Cannot connect" >&2; exit 1;; esac', /The Docker daemon does not answer/],
  ])('what keeps docker from building is one sentence (%#)', async (script, sentence) => {
    installDocker(script);
    expect((await run({ builder: 'buildx', 'build-args': 'BASE=scratch' })).report.sentence).toMatch(
      sentence,
    );
  });

  test('neither builder can: both reasons are given', async () => {
    process.env['PATH'] = join(folder, 'empty');
    const context = join(folder, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nRUN make\n');
    expect((await run({ builder: 'auto', context })).report.sentence).toBe(
      'There is no docker command on this runner. The builder that needs no Docker cannot take this Dockerfile either: Dockerfile line 2 (RUN): RUN needs buildx.',
    );
  });

  test('buildx: arguments, a login of its own that is gone afterwards, a digest that is checked', async () => {
    createRepository('MUTABLE');
    const digest = world.ecr.seedImage('ips', sha);
    const seen = join(folder, 'seen');
    installDocker(`
if [ "$2" = build ]; then
  printf '%s\\n' "$@" > ${seen}.args
  cp "$DOCKER_CONFIG/config.json" ${seen}.config
  stat -c %a "$DOCKER_CONFIG" "$DOCKER_CONFIG/config.json" > ${seen}.modes
  while [ "$1" != --metadata-file ]; do shift; done
  printf '{"containerimage.digest":"${digest}"}' > "$2"
fi`);
    const result = await run({ builder: 'buildx', 'build-args': 'BASE=scratch\nA=b c' });
    expect(result).toMatchObject({ ok: true, outputs: { digest, built: 'true' } });
    const read = (suffix: string): string =>
      spawnSync('cat', [`${seen}.${suffix}`], { encoding: 'utf8' }).stdout;
    const password = ports.masked[0]!;
    expect(read('args')).not.toContain(password);
    expect(read('args')).toContain(`--tag\n${host}/ips:${sha}\n`);
    expect(read('args')).toContain('--build-arg\nA=b c\n');
    expect(JSON.parse(read('config')).auths[host]).toEqual({
      auth: Buffer.from(`AWS:${password}`).toString('base64'),
    });
    expect(read('modes')).toBe('700\n600\n');
    expect(ports.saved['login-folder']).toMatch(/ips-docker-login-/);
    expect(existsSync(ports.saved['login-folder']!)).toBe(false);
  });

  test('a digest that ECR does not hold is an error, whatever buildx said', async () => {
    createRepository('MUTABLE');
    const held = world.ecr.seedImage('ips', sha);
    const other = `sha256:${'a'.repeat(64)}`;
    installDocker(`
if [ "$2" = build ]; then
  while [ "$1" != --metadata-file ]; do shift; done
  printf '{"containerimage.digest":"${other}"}' > "$2"
fi`);
    const result = await run({ builder: 'buildx', 'build-args': 'BASE=scratch' });
    expect(result.report.sentence).toBe(
      `After the push, tag ${sha} of ips holds ${held}, not ${other}: another run may have written it.`,
    );
  });

  test('sources that did not change do not wait for docker, and leave none behind', async () => {
    createRepository('IMMUTABLE');
    const first = await run({ 'build-args': 'BASE=scratch' });
    const pid = join(folder, 'pid');
    installDocker(`echo $$ > ${pid}; exec sleep 30`);
    const begun = performance.now();
    const again = await run({ builder: 'buildx', 'build-args': 'BASE=scratch' });
    expect([again.outputs['built'], again.outputs['digest']]).toEqual(['false', first.outputs['digest']]);
    expect(performance.now() - begun).toBeLessThan(20_000);
    if (!existsSync(pid)) return;
    const alive = () => existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`);
    for (let attempt = 0; attempt < 100 && alive(); attempt++) await sleep(50);
    expect(alive()).toBe(false);
  }, 30_000);

  test('a network failure is tried again, anything else is not', async () => {
    createRepository('MUTABLE');
    const count = join(folder, 'count');
    installDocker(`
if [ "$2" = build ]; then
  echo x >> ${count}
  if [ "$(wc -l < ${count})" -lt 3 ]; then echo "ERROR: failed to push: read: connection reset by peer" >&2
  else echo "ERROR: write /x: no space left on device" >&2; fi
  exit 1
fi`);
    const result = await run({ builder: 'buildx', 'build-args': 'BASE=scratch' });
    expect(result.report.events.map((event) => event.code)).toEqual([
      'image.planned',
      'image.builder',
      'image.retry',
      'image.retry',
      'image.disk-full',
    ]);
    expect(existsSync(ports.saved['login-folder']!)).toBe(false);
  });
});
