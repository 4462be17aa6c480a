/** The committed bundles of build-push-ecr and render-task-def, under trouble, against a standing lab. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { names } from '../../../src/lab/journey/stage.ts';
import { noteSkip, toolAvailable } from '../../support/tools.ts';
import { example, explanation, Job, service, type Words } from './job.ts';

let job: Job;

beforeAll(async () => {
  job = await Job.open();
}, 60_000);
afterAll(() => job?.close());
afterEach(() => job.faults());

/** What the steps of this job have left in the runner's temporary folder. */
const leftInTemp = (): readonly string[] => readdirSync(join(job.folder, 'runner-temp'));

/** A context with this Dockerfile. */
function contextOf(dockerfile: string): string {
  const folder = mkdtempSync(join(job.folder, 'context-'));
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  writeFileSync(join(folder, 'file.txt'), 'content\n');
  return folder;
}

async function manifestOf(digest: string, tag: string): Promise<{ held: string | null; digest: string }> {
  const { Authorization } = await registryLogin();
  const url = `http://${job.variable('LAB_REGISTRY')}/v2/${names.repository}/manifests/${tag}`;
  const accept =
    'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const answer = await fetch(url, { headers: { Authorization, accept } });
  return { held: answer.headers.get('docker-content-digest'), digest };
}

let password = '';
async function registryLogin(): Promise<{ Authorization: string }> {
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
  const client = new ECRClient({
    endpoint: job.variable('AWS_ENDPOINT_URL'),
    region: job.variable('AWS_REGION'),
    credentials: {
      accessKeyId: job.variable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: job.variable('AWS_SECRET_ACCESS_KEY'),
    },
  });
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  client.destroy();
  const token = authorizationData![0]!.authorizationToken!;
  password = Buffer.from(token, 'base64').toString().split(':')[1]!;
  return { Authorization: `Basic ${token}` };
}

test('what the Dockerfile does wrong is an annotation on its line', async () => {
  const context = contextOf('FROM scratch\nCOPY file.txt /\nCOPPY file.txt /again\n');
  const lines: string[] = [];
  const step = await job.step('build-push-ecr', job.buildInputs('bad', 'good', { context }), {
    onLine: (line) => lines.push(line),
  });
  expect(step.exitCode).toBe(1);
  expect(explanation(step)).toMatch(/line 3.*COPPY/);
  expect(step.summaryMarkdown).toContain('COPPY');
}, 30_000);

describe('the registry refuses', () => {
  test.each([
    ['a registry where nothing listens', { registry: '127.0.0.1:9' }, /127\.0\.0\.1:9/],
    ['a repository that is not there', { repository: 'nowhere', 'create-repository': 'false' }, /nowhere/],
  ])(
    '%s is named',
    async (_what, more: Words, saying) => {
      const step = await job.step('build-push-ecr', job.buildInputs('refused', 'good', more));
      expect(step.exitCode).toBe(1);
      expect(explanation(step)).toMatch(saying);
      expect(leftInTemp()).toEqual([]);
    },
    30_000,
  );

  test.each([401, 403, 400])(
    'with %i: the password is not shown, even where the answer repeats it',
    async (status) => {
      const repeating = createServer((request, reply) => {
        const header = request.headers.authorization ?? '';
        const decoded = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString();
        if (header !== '') given.push(header.replace(/^Basic /, ''), decoded.split(':')[1]!);
        // An answer to HEAD has no words.
        reply.writeHead(header !== '' && request.method === 'HEAD' ? 404 : status, {
          'content-type': 'application/json',
          'www-authenticate': 'Basic realm="registry"',
        });
        const message = `I do not know ${header}, that is ${decoded}`;
        reply.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message }] }));
      }).listen(0, '127.0.0.1');
      await once(repeating, 'listening');
      const given: string[] = [];
      try {
        const registry = `127.0.0.1:${(repeating.address() as AddressInfo).port}`;
        const report = join(job.folder, 'refused.json');
        const context = contextOf('FROM scratch\nCOPY file.txt /\n');
        const inputs = job.buildInputs('refused', 'good', { registry, context, report });
        const step = await job.step('build-push-ecr', inputs);
        expect(step.exitCode).toBe(1);
        expect(explanation(step)).toMatch(new RegExp(`${status}`));
        const shown = [
          step.log.join('\n'),
          step.summaryMarkdown,
          JSON.stringify(step.annotations),
          readFileSync(report, 'utf8'),
        ].join('\n');
        expect(given.length).toBeGreaterThan(0);
        for (const secret of given) expect(shown).not.toContain(secret);
      } finally {
        repeating.close();
      }
    },
    30_000,
  );

  test('a role that may not push is told so', async () => {
    const step = await job.step('build-push-ecr', job.buildInputs('refused'), {
      without: 'ecr:GetAuthorizationToken',
    });
    expect(step.exitCode).toBe(1);
    expect(explanation(step)).toMatch(/ecr:GetAuthorizationToken.*docs\/iam/);
  }, 30_000);

  // What the registry itself asks for in the name of whoever logged in, and what makes the repository.
  test.each([
    'ecr:BatchCheckLayerAvailability',
    'ecr:CompleteLayerUpload',
    'ecr:DescribeRepositories',
    'ecr:InitiateLayerUpload',
    'ecr:PutImage',
    'ecr:UploadLayerPart',
  ])(
    'without %s it is named',
    async (without) => {
      const step = await job.step('build-push-ecr', job.buildInputs('refused'), { without });
      expect(step.exitCode).toBe(1);
      expect(explanation(step)).toContain(without);
    },
    30_000,
  );
});

const full = join(tmpdir(), `ips-build-full-${process.pid}`);
const canMount =
  process.getuid?.() === 0 &&
  spawnSync('mkdir', ['-p', full]).status === 0 &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full]).status === 0;
if (!canMount) noteSkip('full disk: run npm test test/e2e/bundles as root on Linux');
(canMount ? test : test.skip)(
  'a full disk is one clear sentence',
  async () => {
    try {
      const context = contextOf('FROM scratch\nCOPY . /\n');
      // Random: it does not compress.
      execFileSync('dd', ['if=/dev/urandom', `of=${join(context, 'big')}`, 'bs=1M', 'count=1'], {
        stdio: 'ignore',
      });
      const step = await job.step('build-push-ecr', job.buildInputs('full', 'good', { context }), {
        environment: { RUNNER_TEMP: full },
      });
      expect(step.exitCode).toBe(1);
      expect(explanation(step)).toMatch(/disk is full/i);
      expect(readdirSync(full)).toEqual([]);
    } finally {
      execFileSync('umount', ['-l', full]);
      rmSync(full, { recursive: true, force: true });
    }
  },
  30_000,
);

/** A docker that answers, and builds for ever. */
function slowDocker(): Words {
  const bin = join(job.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    join(bin, 'docker'),
    '#!/bin/sh\ncase "$*" in *version*|*inspect*) echo 1;; *) echo building; exec sleep 300;; esac\n',
  );
  chmodSync(join(bin, 'docker'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

describe.each(['killed', 'cancelled'])('%s while docker builds', (how) => {
  (process.platform === 'linux' ? test : test.skip)(
    'no process is left, and no login on disk',
    async () => {
      const cancel = new AbortController();
      let logins: readonly string[] = [];
      const step = await job.step('build-push-ecr', job.buildInputs('slow', 'good', { builder: 'buildx' }), {
        environment: slowDocker(),
        cancelled: cancel.signal,
        onLine: (line) => {
          if (line !== 'building') return;
          logins = leftInTemp().filter((name) => name.startsWith('ips-docker-login-'));
          if (how === 'killed') job.kill('build-push-ecr');
          else cancel.abort();
        },
      });
      expect(step.exitCode).toBe(how === 'killed' ? 137 : 1);
      expect(logins).toHaveLength(1);
      expect(await job.untilNoProcess()).toEqual([]);
      expect(leftInTemp().filter((name) => name.startsWith('ips-docker-login-'))).toEqual([]);
    },
    30_000,
  );
});
if (process.platform !== 'linux') noteSkip('killed runners: run npm test test/e2e/bundles on Linux');

const withBuildx =
  toolAvailable('docker buildx', 'test/e2e/bundles') && toolAvailable('a Docker engine', 'test/e2e/bundles');
(withBuildx ? test : test.skip)(
  'the real buildx: the digest told is the digest the registry holds',
  async () => {
    const context = contextOf('FROM scratch\nCOPY file.txt /file.txt\n');
    const before = leftInTemp();
    const inputs = job.buildInputs('buildx-1', 'good', { builder: 'buildx', context });
    const step = await job.step('build-push-ecr', inputs, { clock: 'real' });
    expect({ exitCode: step.exitCode, said: explanation(step) }).toEqual({ exitCode: 0, said: '' });
    expect(step.outputs['image']).toBe(
      `${job.variable('LAB_REGISTRY')}/${names.repository}@${step.outputs['digest']}`,
    );
    const { held, digest } = await manifestOf(step.outputs['digest']!, 'buildx-1');
    expect(held).toBe(digest);
    expect(leftInTemp()).toEqual(before);
  },
  60_000,
);

describe('render-task-def', () => {
  let image = '';
  let file = '';
  const rendered = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Rendered;
  interface Rendered {
    family: string;
    revision?: number;
    containerDefinitions: { image: string; secrets: { valueFrom: string }[] }[];
  }

  beforeAll(async () => {
    image = await job.build('1.0.0');
    file = await job.render(image);
    await job.createService(file, 0);
  }, 60_000);

  const yaml = (): string => {
    const path = join(job.folder, 'definition.yaml');
    writeFileSync(
      path,
      [
        'family: ips-api-task',
        'networkMode: awsvpc',
        'requiresCompatibilities: [FARGATE]',
        'cpu: "512"',
        'memory: "1024"',
        'executionRoleArn: arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
        'containerDefinitions:',
        '  - name: ips-api',
        '    image: placeholder:latest',
        '    portMappings: [{ containerPort: 5000, protocol: tcp }]',
      ].join('\n'),
    );
    return path;
  };

  test.each([
    ['a file of JSON', async () => join(example, 'task-definition.json')],
    ['a file of YAML', async () => yaml()],
    ['a family', async () => names.family],
    ['the ARN of a revision', async () => (await job.readService()).taskDefinition!],
  ])(
    'from %s: image and secrets are in, what only AWS writes is out',
    async (_what, source) => {
      const output = join(job.folder, 'rendered.json');
      rmSync(output, { force: true });
      const step = await job.step(
        'render-task-def',
        job.renderInputs(image, { 'task-definition': await source(), output }),
      );
      expect({ exitCode: step.exitCode, said: explanation(step) }).toEqual({ exitCode: 0, said: '' });
      expect(step.outputs).toMatchObject({ 'task-definition': output, family: names.family, image });
      const definition = rendered(output);
      expect(definition.revision).toBeUndefined();
      expect(definition.containerDefinitions[0]!.image).toBe(image);
      expect(definition.containerDefinitions[0]!.secrets.map((secret) => secret.valueFrom)).toEqual([
        expect.stringMatching(/^arn:aws:secretsmanager:.*:secret:ips\/db-connection-\w{6}$/),
        expect.stringMatching(/^arn:aws:secretsmanager:.*:secret:ips\/jwt-secret-\w{6}$/),
      ]);
    },
    30_000,
  );

  test('a secret that is not there is named before anything is deployed', async () => {
    const step = await job.step(
      'render-task-def',
      job.renderInputs(image, { secrets: 'ConnectionStrings__Default=ips/nowhere' }),
    );
    expect(step.exitCode).toBe(1);
    expect(explanation(step)).toMatch(/ips\/nowhere/);
    expect((await job.readService()).serviceName).toBe(service);
  }, 30_000);
});

test('nothing that was shown holds a secret or the password of the registry', async () => {
  await registryLogin();
  const shown = job.shown.join('\n');
  expect(shown.length).toBeGreaterThan(1000);
  for (const secret of [...job.secrets(), password]) expect(shown).not.toContain(secret);
});
