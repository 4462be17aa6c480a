/** Builds with buildx under a login of its own, looks for secrets, and pushes. */
import { dirname, join } from 'node:path';
import { readEcrImages } from '../aws/ecr-image.ts';
import { buildArchive } from './buildx/archive.ts';
import { type BuildxBuild, secretEnvironment } from './buildx/arguments.ts';
import { type BuildxPorts, buildWithBuildx } from './buildx/build.ts';
import { readImageConfig } from './image-configs.ts';
import type { BuildJob } from './job.ts';
import { makeLoginFolder, removeLoginFolder, writeLogin } from './login-folder.ts';
import { platformImages } from './platform-images.ts';
import { cacheTag } from './repository.ts';
import { type SearchedImage, searchArchive } from './secret-search/search-archive.ts';
import { noSecretIn, unsearchedLayers } from './secret-search/verdict.ts';
import { makeWorkFolder, readTextFile, removeWorkFolder } from './work-folder.ts';

/** Answers the digest that was pushed. */
export async function buildAndPushWithBuildx(job: BuildJob): Promise<string> {
  const { ports, registries, needles } = job;
  const folder = makeWorkFolder(ports.context.tempDir);
  const loginFolder = makeLoginFolder(dirname(folder), ports.dockerFolder);
  // For the post step, should this process be killed before it cleans up.
  ports.runner.saveState('login-folder', loginFolder);
  try {
    writeLogin(loginFolder, registries.ownHost, job.login, ports.dockerFolder);
    const build = buildOf(job, folder);
    const buildx = buildxPorts(job, loginFolder);
    if (needles.length === 0) return await push(job, build, buildx);
    const archive = join(folder, 'image.tar');
    await buildArchive(build, archive, buildx);
    const searched = await searchArchive(archive, needles);
    noSecretIn(searched, job);
    // From the cache now, or the layers would not be those that were searched.
    const options = { ...build.options, noCache: false, noCacheFilters: [], pull: false };
    const digest = await push(job, { ...build, options }, buildx);
    await sameLayers(job, digest, searched);
    return digest;
  } finally {
    removeLoginFolder(loginFolder);
    removeWorkFolder(folder);
  }
}

async function push(job: BuildJob, build: BuildxBuild, buildx: BuildxPorts): Promise<string> {
  const digest = await buildWithBuildx(build, buildx);
  job.event('image.pushed', 'info', `Built and pushed ${digest}.`);
  return digest;
}

function buildOf(job: BuildJob, folder: string): BuildxBuild {
  const { request, plan, registries } = job;
  const { cacheRepository } = request.buildx;
  return {
    context: plan.context,
    dockerfile: plan.dockerfile,
    references: plan.tags.map((tag) => `${registries.ownHost}/${plan.repository}:${tag}`),
    platforms: request.platforms,
    buildArgs: request.buildArgs,
    labels: job.labels,
    target: request.target,
    options: request.buildx,
    cacheReference: cacheRepository && `${registries.ownHost}/${cacheRepository}:${cacheTag}`,
    metadataFile: join(folder, 'metadata.json'),
  };
}

function buildxPorts(job: BuildJob, loginFolder: string): BuildxPorts {
  const { ports, request } = job;
  return {
    environment: { ...ports.environment, ...secretEnvironment(request.buildx), DOCKER_CONFIG: loginFolder },
    workspace: ports.context.workspace,
    readFile: readTextFile,
    attempts: request.pushAttempts,
    clock: ports.clock,
    random: ports.random,
    signal: ports.runner.cancelled,
    onLine: (line) => ports.runner.info(line),
    onRetry: (message) => job.event('image.retry', 'warning', message),
  };
}

/** What was pushed has to be what was searched. A digest that differs is told by the verification. */
async function sameLayers(job: BuildJob, digest: string, searched: SearchedImage): Promise<void> {
  const { plan, registries, request } = job;
  const images = await readEcrImages(job.aws, plan.repository, plan.tags.slice(0, 1));
  const image = images.get(plan.tags[0]!);
  if (image?.digest !== digest) return;
  for (const each of platformImages(image, request.platforms)) {
    const config = await readImageConfig(registries.own, plan.repository, each.digest);
    const unsearched = unsearchedLayers(config?.rootfs.diff_ids ?? [], searched.diffIds);
    if (unsearched !== undefined) throw unsearched;
  }
}
