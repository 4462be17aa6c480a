/** build-push-ecr: from a Dockerfile to an image in ECR whose digest was read back. */
import { join, resolve } from 'node:path';
import { withRetries } from '../aws/retry.ts';
import type { ActionResult } from '../engine/action.ts';
import type { BuildPushRequest } from '../inputs/build-push-ecr.ts';
import type { ImageSource } from '../inputs/image-places.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import { askForBuilder, type BuilderQuestion } from './ask-for-builder.ts';
import { buildAndPushWithBuildx } from './build-buildx.ts';
import { ImageError } from './build-error.ts';
import { buildAndPushStatic } from './build-static.ts';
import { logIn, pushEverywhere, registriesOf, sourceRegistry } from './destinations.ts';
import { fingerprint, inputsLabel } from './fingerprint.ts';
import { decideOnTags, readHeldTags } from './held-tags.ts';
import type { BuildJob, BuildPushPorts, Job } from './job.ts';
import { fillPlaceholders } from './placeholders.ts';
import { type BuildPlan, dockerfilePath, type ImagePlan, planBuild, planPromotion } from './plan.ts';
import { copyImage } from './registry/copy.ts';
import { putManifest } from './registry/put-manifest.ts';
import { findOrMakeRepository } from './repository.ts';
import { type Ending, endedResult, failedResult, type PushedImage } from './result.ts';
import { scanGate } from './scan/scan-gate.ts';
import { type Needle, needlesOf, shortestSecret } from './secret-search/needles.ts';
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
  const facts = { run: ports.context, now: ports.clock.now() };
  const { promoteFrom } = request;
  if (promoteFrom !== undefined) {
    const plan = { ...planPromotion(request, facts), ...noBuilder };
    sayPlan(job, plan);
    if (request.dryRun) return { kind: 'planned', plan };
    const ready = await prepare(job, plan);
    return finish(ready, await promote(ready, promoteFrom));
  }
  const dockerfileText = await readDockerfile(dockerfilePath(request, ports.context));
  const image = planBuild(request, facts);
  sayPlan(job, image);
  const builder = askForBuilder(job, dockerfileText);
  try {
    // Without docker there is nothing to wait for.
    if (request.dryRun || request.builder === 'static') await builder.answer();
    if (request.dryRun) return { kind: 'planned', plan: { ...image, ...(await builder.answer()) } };
    const ready = await prepare(job, { ...image, ...noBuilder }, builder);
    return await finish(ready, await buildOrReuse(ready, builder));
  } finally {
    builder.withdraw();
  }
}

const noBuilder = { builder: 'none', builderReason: 'none needed' } as const;

async function prepare(job: Job, plan: BuildPlan, builder?: BuilderQuestion): Promise<BuildJob> {
  const { request } = job;
  const login = await logIn(job);
  const repository = await findOrMakeRepository(job, request.repository, 'images', builder?.answer);
  const registries = registriesOf(job, login, request.registryHost, repository.uri);
  return { ...job, plan, repository, registries, login, labels: plan.labels, needles: [] };
}

async function finish(job: BuildJob, done: Done): Promise<Ending> {
  const scan = await scanGate(job, done.image);
  // What the gate holds back goes nowhere else.
  const held = scan?.outcome.kind === 'failed';
  const copies = held ? [] : await pushEverywhere(job, done.image, job.request.alsoPushTo);
  return { plan: job.plan, ...done, scan, copies };
}

interface Done {
  readonly kind: 'pushed' | 'reused' | 'copied';
  readonly image: PushedImage;
  /** With the builder that was chosen for it. */
  readonly plan?: BuildPlan;
}

/** The very image, its digest unchanged. */
async function promote(job: BuildJob, source: ImageSource): Promise<Done> {
  const { registries, repository, plan } = job;
  const from = { registry: await sourceRegistry(job, source), repository: source.repository };
  const found = await from.registry.manifest(source.repository, source.reference);
  if (found === undefined) {
    throw new ImageError(
      'image-not-found',
      `${source.repository} has no image ${source.reference} in ${from.registry.url}.`,
    );
  }
  const to = { registry: registries.own, repository: repository.name };
  const counts = await copyImage(from, to, found.digest, plan.tags);
  job.event(
    'image.copied',
    'info',
    `${found.digest}: ${counts.copied} blobs copied, ${counts.mounted} mounted, ${counts.present} there already.`,
  );
  return { kind: 'copied', image: await verifyPushed(job, found.digest, []) };
}

async function buildOrReuse(job: BuildJob, builder: BuilderQuestion): Promise<Done> {
  const { request, repository, registries } = job;
  const needles = needlesIn(job);
  const inputs = await fingerprint({
    ...job.plan,
    target: request.target,
    platforms: request.platforms,
    buildArgs: request.buildArgs,
    labels: request.labels,
    buildx: request.buildx,
    workspace: job.ports.context.workspace,
  });
  const held = await readHeldTags(job.aws, registries.own, repository, job.plan.tags);
  // A tag that tells its sources decides by itself.
  const needsBuilder = held.every((each) => each.inputs === undefined);
  const plan = needsBuilder ? { ...job.plan, ...(await builder.answer()) } : job.plan;
  const decision = decideOnTags(held, inputs, plan.builder === 'static');
  if (decision.kind === 'reuse') {
    job.event(
      'image.reused',
      'notice',
      `Tag ${decision.from} already holds an image of these very sources: nothing to build.`,
    );
    const missing = plan.tags.filter((tag) => !held.some((each) => each.tag === tag));
    const to = { registry: registries.own, repository: repository.name };
    const image = { ...decision.image, bytes: Buffer.from(decision.image.manifest, 'utf8') };
    for (const tag of missing) await putManifest(to, tag, image);
    return { kind: 'reused', image: await verifyPushed(job, image.digest, request.platforms) };
  }
  job.event('image.builder', 'info', `Built by ${plan.builder} (${plan.builderReason}).`);
  if (plan.builder === 'buildx' && request.buildx.cacheRepository !== undefined) {
    await findOrMakeRepository(job, request.buildx.cacheRepository, 'cache');
  }
  const labels = new Map(plan.labels).set(inputsLabel, inputs);
  const build = plan.builder === 'static' ? buildAndPushStatic : buildAndPushWithBuildx;
  const digest = await build({ ...job, plan, labels, needles });
  return { kind: 'pushed', plan, image: await verifyPushed(job, digest, request.platforms) };
}

function needlesIn({ request, event }: Job): readonly Needle[] {
  const { needles, tooShort } = needlesOf(secretsOf(request));
  if (tooShort.length > 0) {
    event(
      'image.secret-too-short',
      'notice',
      `Too short to be searched for in the image (${shortestSecret} characters are needed): ${tooShort.join(', ')}.`,
    );
  }
  return needles;
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
  event(
    'image.placeholders',
    'info',
    `Filled in ${filling.count} ${filling.count === 1 ? 'placeholder' : 'placeholders'} for the build.`,
  );
  return () => {
    for (const { path, text } of before) if (text !== undefined) writeTextFile(place(path), text);
  };
}

function sayPlan(job: Job, plan: ImagePlan): void {
  job.event(
    'image.planned',
    'info',
    `Image ${plan.repository} with ${plan.tags.length === 1 ? 'tag' : 'tags'} ${plan.tags.join(', ')}.`,
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
