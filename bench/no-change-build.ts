/**
 * A build of sources that did not change, from start to exit: build-push-ecr, beside what docker/build-push-action runs
 * for it, `docker buildx build --push` with a registry cache. That action itself is not run: its own start and the
 * login, which build-push-ecr pays for, are left out on that side. On a fresh builder, as hosted runners have it, and on
 * one that still knows the build. Ratios from alternating runs in one go, medians. Needs docker buildx and buildkitd.
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
  // A push with provenance is another image each time: a tag that cannot move would refuse the second.
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
  const plain = async (): Promise<number> => {
    const at = `${registry}/${cache}:plain`;
    const args = [
      ...['buildx', 'build', '--push', '--provenance=mode=min', '--progress=plain'],
      ...[
        '--metadata-file',
        join(job.folder, 'metadata.json'),
        '--tag',
        `${registry}/${plainRepository}:plain`,
      ],
      ...['--cache-from', `type=registry,ref=${at}`],
      ...['--cache-to', `type=registry,ref=${at},mode=max,image-manifest=true,oci-mediatypes=true`],
      context,
    ];
    const begin = performance.now();
    const run = spawnSync('docker', args, {
      env: { ...process.env, ...buildKit.environment },
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`);
    return performance.now() - begin;
  };
  const fresh = (work: () => Promise<number>) => async (): Promise<number> => {
    buildKit.prune();
    return work();
  };

  const first = await fresh(ours)();
  const firstPlain = await fresh(plain)();
  const contestants = [
    { name: 'build-push-ecr, nothing changed', work: fresh(ours) },
    { name: 'buildx build --push, fresh builder', work: fresh(plain) },
    { name: 'buildx build --push, builder that knows it', work: plain },
  ];
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
  console.log(`The first builds took ${first.toFixed(0)} and ${firstPlain.toFixed(0)} ms.`);
}

const buildKit = await startBuildKit();
const job = await Job.open();
try {
  await measure(job, buildKit);
} finally {
  await job.close();
  await buildKit.stop();
}
