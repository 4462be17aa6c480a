/**
 * A build of sources that did not change, from start to exit: build-push-ecr, beside docker/build-push-action (where
 * PEER_BUILD names a checkout of it) and the command that it runs, `docker buildx build --push` with a registry cache.
 * The login, which build-push-ecr pays for, is left out on their side. On a fresh builder, as hosted runners have it,
 * and on one that still knows the build; all on loopback, where fetching a cache costs next to nothing. Ratios from
 * alternating runs in one go, medians. Needs docker buildx and buildkitd.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { names } from '../src/lab/journey/stage.ts';
import { Job } from '../test/e2e/bundles/job.ts';
import { type BuildKit, startBuildKit } from '../test/support/build-kit.ts';
import { toolAvailable } from '../test/support/tools.ts';
import { median, table } from './support.ts';

const rounds = 9;
const plainRepository = 'plain';
const peerFolder = process.env['PEER_BUILD'];
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const suite = 'bench/no-change-build.ts';
if (busybox === undefined || !toolAvailable('docker buildx', suite) || !toolAvailable('buildkitd', suite)) {
  console.log('Not measured: docker buildx, buildkitd and busybox are needed.');
  process.exit(0);
}

/** A service of 300 files and 20 MiB, and a step that takes its time where it is not cached. */
function writeContext(folder: string): void {
  mkdirSync(join(folder, 'app'), { recursive: true });
  for (let index = 0; index < 300; index++)
    writeFileSync(join(folder, 'app', `file-${index}`), randomBytes(70_000));
  copyFileSync(busybox!, join(folder, 'busybox'));
  const install = JSON.stringify([
    '/bin/busybox',
    'sh',
    '-c',
    'sleep 5; mkdir /lib; cp /bin/busybox /lib/installed',
  ]);
  writeFileSync(
    join(folder, 'Dockerfile'),
    `FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sleep\nCOPY busybox /bin/sh\nCOPY busybox /bin/mkdir\nCOPY busybox /bin/cp\nRUN ${install}\nCOPY app /app\n`,
  );
}

async function prepareRegistry(job: Job, folder: string): Promise<void> {
  const client = new ECRClient({
    endpoint: job.variable('AWS_ENDPOINT_URL'),
    region: job.variable('AWS_REGION'),
    credentials: {
      accessKeyId: job.variable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: job.variable('AWS_SECRET_ACCESS_KEY'),
    },
  });
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  await client.send(new CreateRepositoryCommand({ repositoryName: plainRepository }));
  client.destroy();
  const auths = { [job.variable('LAB_REGISTRY')]: { auth: authorizationData![0]!.authorizationToken } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }));
}

async function measure(job: Job, buildKit: BuildKit): Promise<void> {
  const context = join(job.folder, 'context');
  writeContext(context);
  await prepareRegistry(job, buildKit.environment.DOCKER_CONFIG);
  const registry = job.variable('LAB_REGISTRY');
  const cache = `${names.repository}-cache`;

  const ours = async (): Promise<number> => {
    const inputs = job.buildInputs('ours', 'good', {
      context,
      builder: 'buildx',
      'build-args': '',
      'cache-repository': cache,
    });
    const environment = buildKit.environment;
    const policyWords = { REPOSITORY: `${names.repository}*` };
    const step = await job.step('build-push-ecr', inputs, { environment, policyWords, clock: 'real' });
    if (step.exitCode !== 0) throw new Error(step.log.join('\n'));
    return step.tookMs;
  };
  const reference = (tag: string): string => `${registry}/${plainRepository}:${tag}`;
  const caches = (tag: string) => ({
    from: `type=registry,ref=${reference(`${tag}-cache`)}`,
    to: `type=registry,ref=${reference(`${tag}-cache`)},mode=max,image-manifest=true,oci-mediatypes=true`,
  });
  const plain = async (): Promise<number> => {
    const { from, to } = caches('plain');
    const args = ['buildx', 'build', '--push', '--metadata-file', join(job.folder, 'metadata.json')];
    args.push('--tag', reference('plain'), '--cache-from', from, '--cache-to', to, context);
    return timeMs('docker', args, { ...process.env, ...buildKit.environment });
  };
  const peer = async (): Promise<number> => {
    const { from, to } = caches('peer');
    const inputs = {
      CONTEXT: context,
      PUSH: 'true',
      TAGS: reference('peer'),
      'CACHE-FROM': from,
      'CACHE-TO': to,
    };
    const off = ['LOAD', 'NO-CACHE', 'PULL', 'CHECK'].map((name) => [name, 'false'] as const);
    const given = [...Object.entries(inputs), ...off].map(
      ([name, value]) => [`INPUT_${name}`, value] as const,
    );
    return timeMs(process.execPath, [join(peerFolder!, 'dist/index.cjs')], {
      ...process.env,
      ...buildKit.environment,
      ...runnerVariables(job.folder),
      ...Object.fromEntries(given),
    });
  };
  const fresh = (work: () => Promise<number>) => async (): Promise<number> => {
    buildKit.prune();
    return work();
  };

  const first = await fresh(ours)();
  const firstPlain = await fresh(plain)();
  const others = [
    ...(peerFolder === undefined ? [] : [{ name: 'docker/build-push-action', work: peer }]),
    { name: 'buildx build --push', work: plain },
  ];
  const contestants = [
    { name: 'build-push-ecr, fresh builder', work: fresh(ours) },
    ...others.map(({ name, work }) => ({ name: `${name}, fresh builder`, work: fresh(work) })),
    ...others.map(({ name, work }) => ({ name: `${name}, builder that knows it`, work })),
  ];
  if (peerFolder !== undefined) await peer();
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { work }] of contestants.entries()) times[index]!.push(await work());
  }
  const base = median(times[0]!);
  console.log(
    `A build of unchanged sources, median of ${rounds} alternating runs on Node ${process.version}`,
  );
  console.log(
    table(
      ['what', 'ms', 'ratio'],
      contestants.map(({ name }, index) => {
        const value = median(times[index]!);
        return [name, value.toFixed(0), (value / base).toFixed(2)];
      }),
    ),
  );
  if (peerFolder === undefined) console.log('The peer was not measured: PEER_BUILD names no checkout of it.');
  console.log(`The first builds took ${first.toFixed(0)} and ${firstPlain.toFixed(0)} ms.`);
}

/** Milliseconds; a build that fails is no measurement. */
function timeMs(command: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const begin = performance.now();
  const run = spawnSync(command, args, { env, encoding: 'utf8' });
  const took = performance.now() - begin;
  if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`);
  return took;
}

/** What a runner tells a step. */
function runnerVariables(folder: string): Record<string, string> {
  const file = (name: string, text = ''): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'acme/service',
    GITHUB_SHA: '0'.repeat(40),
    GITHUB_REF: 'refs/heads/main',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: file('event.json', '{"repository":{"private":true}}'),
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_WORKSPACE: folder,
    GITHUB_OUTPUT: file('output'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: folder,
    // Extras of the peer that speak to GitHub.
    DOCKER_BUILD_SUMMARY: 'false',
    DOCKER_BUILD_RECORD_UPLOAD: 'false',
  };
}

const buildKit = await startBuildKit();
const job = await Job.open();
try {
  await measure(job, buildKit);
} finally {
  await job.close();
  await buildKit.stop();
}
