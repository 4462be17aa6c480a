/** build-push-ecr: from a Dockerfile to an image in ECR whose digest was read back. */
import { join, resolve } from 'node:path';
import { readEcrLogin } from '../aws/ecr-login.ts';
import { withRetries } from '../aws/retry.ts';
import type { ActionResult } from '../engine/action.ts';
import type { BuildPushRequest } from '../inputs/build-push-ecr.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import { buildAndPushWithBuildx } from './build-buildx.ts';
import { ImageError } from './build-error.ts';
import { buildAndPushStatic } from './build-static.ts';
import { whyNoBuildx } from './buildx/docker.ts';
import { fingerprint, inputsLabel } from './fingerprint.ts';
import { decideOnTags, readHeldTags } from './held-tags.ts';
import type { BuildJob, BuildPushPorts, Job } from './job.ts';
import { fillPlaceholders } from './placeholders.ts';
import { type BuildPlan, dockerfilePath, planBuild } from './plan.ts';
import { createRegistries } from './registry/registries.ts';
import { findOrMakeRepository } from './repository.ts';
import { type Ending, endedResult, failedResult, type PushedImage } from './result.ts';
import { scanGate } from './scan/scan-gate.ts';
import { needlesOf, shortestSecret } from './secret-search/needles.ts';
import { readDockerfile } from './static/context.ts';
import { verifyPushed } from './verify.ts';
import { readTextFile, writeTextFile } from './work-folder.ts';

export async function buildPush(request: BuildPushRequest, ports: BuildPushPorts): Promise<ActionResult> {
  const startedAt = ports.clock.now();
  const events: KitEvent[] = [];
  const record = (event: KitEvent): void => {
    events.push(event);
    ports.runner.info(renderLogLine(event, startedAt));
  };
  const job: Job = {
    request,
    ports,
    aws: withRetries(ports.aws, ports),
    record,
    event: (code, level, message) => record({ at: ports.clock.now(), code, level, message }),
  };
  const frame = () => ({ repository: request.repository, events, startedAt, endedAt: ports.clock.now() });
  for (const value of secretsOf(request).values()) if (value !== '') ports.runner.mask(value);
  let result: ActionResult;
  try {
    const restore = fillFiles(job);
    try {
      result = endedResult(await run(job), frame());
    } finally {
      restore();
    }
  } catch (error) {
    const known = asImageError(error);
    if (known === undefined) throw error;
    if (known.line !== undefined) {
      ports.runner.annotate('error', known.message, {
        title: 'build-push-ecr: Dockerfile',
        file: request.file ?? join(request.context, 'Dockerfile'),
        startLine: known.line,
      });
    }
    job.event(`image.${known.code}`, 'error', known.message);
    result = failedResult(known, frame());
  }
  if (request.reportPath !== undefined) {
    await ports.writeFile(request.reportPath, `${JSON.stringify(result.report, null, 2)}\n`);
  }
  return result;
}

async function run(job: Job): Promise<Ending> {
  const { request, ports } = job;
  const { runner, clock } = ports;
  const secrets = secretsOf(request);
  const dockerfileText = await readDockerfile(dockerfilePath(request, ports.context));
  const buildxProblem =
    request.builder === 'static' ? undefined : await whyNoBuildx(ports.environment, runner.cancelled);
  const plan = planBuild(request, { run: ports.context, now: clock.now(), dockerfileText, buildxProblem });
  sayPlan(job, plan);
  if (request.dryRun) return { kind: 'planned', plan };
  const login = await readEcrLogin(job.aws, runner.cancelled);
  runner.mask(login.password);
  // As it goes over the wire, should a registry repeat it.
  runner.mask(Buffer.from(`${login.username}:${login.password}`).toString('base64'));
  const repository = await findOrMakeRepository(job, request.repository, 'images');
  if (plan.builder === 'buildx' && request.buildx.cacheRepository !== undefined) {
    await findOrMakeRepository(job, request.buildx.cacheRepository, 'cache');
  }
  const registries = createRegistries({
    login,
    overrideHost: request.registryHost,
    repositoryUri: repository.uri,
    dockerConfig: readTextFile(join(ports.dockerFolder, 'config.json')),
    attempts: request.pushAttempts,
    clock,
    random: ports.random,
    signal: runner.cancelled,
    onRetry: (message) => job.event('image.retry', 'warning', message),
  });
  const { needles, tooShort } = needlesOf(secrets);
  if (tooShort.length > 0) {
    job.event(
      'image.secret-too-short',
      'notice',
      `Too short to be searched for in the image (${shortestSecret} characters are needed): ${tooShort.join(', ')}.`,
    );
  }
  const ready: BuildJob = { ...job, plan, repository, registries, login, labels: plan.labels, needles };
  const done = await buildOrReuse(ready);
  return { ...done, plan, scan: await scanGate(job, done.image) };
}

async function buildOrReuse(
  job: BuildJob,
): Promise<{ readonly kind: 'pushed' | 'reused'; readonly image: PushedImage }> {
  const { request, plan, repository, registries } = job;
  const inputs = await fingerprint({
    ...plan,
    target: request.target,
    platforms: request.platforms,
    buildArgs: request.buildArgs,
    labels: request.labels,
    buildx: request.buildx,
    workspace: job.ports.context.workspace,
  });
  const held = await readHeldTags(job.aws, registries.own, repository, plan.tags);
  const decision = decideOnTags(held, inputs, plan.builder === 'static');
  if (decision.kind === 'reuse') {
    job.event(
      'image.reused',
      'notice',
      `Tag ${decision.from} already holds an image of these very sources: nothing to build.`,
    );
    const missing = plan.tags.filter((tag) => !held.some((each) => each.tag === tag));
    for (const tag of missing) {
      const bytes = Buffer.from(decision.image.manifest, 'utf8');
      const put = await registries.own.putManifest(repository.name, tag, decision.image.mediaType, bytes);
      if (put.status >= 300) {
        throw new ImageError(
          'registry-answer',
          `The registry refuses tag ${tag} (${put.status}: ${put.reason}).`,
        );
      }
    }
    return { kind: 'reused', image: await verifyPushed(job, decision.image.digest) };
  }
  const labelled: BuildJob = { ...job, labels: new Map(plan.labels).set(inputsLabel, inputs) };
  const build = plan.builder === 'static' ? buildAndPushStatic : buildAndPushWithBuildx;
  return { kind: 'pushed', image: await verifyPushed(job, await build(labelled)) };
}

/** Of the build and of the job: none of them may be in the image. */
function secretsOf(request: BuildPushRequest): ReadonlyMap<string, string> {
  return new Map([...request.buildx.secrets, ...request.searchForSecrets]);
}

/** Fills the placeholders in; answers with what puts the files back, for later steps and self-hosted runners. */
function fillFiles({ request, ports, event }: Job): () => void {
  if (request.placeholderFiles.length === 0) return () => undefined;
  const place = (path: string): string => resolve(ports.context.workspace, path);
  const before = request.placeholderFiles.map((path) => ({ path, text: readTextFile(place(path)) }));
  const filling = fillPlaceholders(before, request.placeholders, secretsOf(request));
  if (filling.kind === 'refused') throw new ImageError('placeholders', filling.problems.join('\n'));
  if (request.dryRun) return () => undefined;
  for (const { path, text } of filling.files) writeTextFile(place(path), text);
  event('image.placeholders', 'info', `Filled in ${filling.count} placeholders for the build.`);
  return () => {
    for (const { path, text } of before) if (text !== undefined) writeTextFile(place(path), text);
  };
}

function sayPlan(job: Job, plan: BuildPlan): void {
  job.event(
    'image.planned',
    'info',
    `Image ${plan.repository} with ${plan.tags.length === 1 ? 'tag' : 'tags'} ${plan.tags.join(', ')}, built by ${plan.builder} (${plan.builderReason}).`,
  );
  if (plan.skippedTags.length > 0) {
    job.event(
      'image.tags-skipped',
      'info',
      `Left out, because this run is of no version tag: ${plan.skippedTags.join(', ')}.`,
    );
  }
}

function asImageError(error: unknown): ImageError | undefined {
  if (error instanceof ImageError) return error;
  if ((error as NodeJS.ErrnoException)?.code === 'ENOSPC') {
    return new ImageError('disk-full', 'The disk is full. Free space on the runner, or use a larger one.');
  }
  return undefined;
}
