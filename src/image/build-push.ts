/** build-push-ecr: from a Dockerfile to an image in ECR whose digest was read back. */
import { dirname, join } from 'node:path';
import type { AwsCaller } from '../aws/caller.ts';
import { digestOf, type EcrImage, readEcrDigests, readEcrImages } from '../aws/ecr-image.ts';
import { type EcrLogin, readEcrLogin } from '../aws/ecr-login.ts';
import {
  createEcrRepository,
  type EcrRepository,
  isImmutableTag,
  readEcrRepository,
} from '../aws/ecr-repository.ts';
import { withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { BuildPushRequest } from '../inputs/build-push-ecr.ts';
import type { EventLevel, KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import type { Environment } from '../runner/context.ts';
import { ImageError } from './build-error.ts';
import { secretEnvironment } from './buildx/arguments.ts';
import { buildWithBuildx } from './buildx/build.ts';
import { whyNoBuildx } from './buildx/docker.ts';
import { fingerprint, inputsLabel } from './fingerprint.ts';
import { decideOnTags, readHeldTags } from './held-tags.ts';
import { makeLoginFolder, removeLoginFolder, writeLogin } from './login-folder.ts';
import { type BuildPlan, dockerfilePath, planBuild } from './plan.ts';
import { missingPlatforms, platformImages } from './platform-images.ts';
import { createRegistries, type Registries } from './registry/registries.ts';
import {
  type Ending,
  endedResult,
  failedResult,
  type PushedImage,
  type ResultFrame,
  type ScanResult,
} from './result.ts';
import { scanOutcome } from './scan/judge-scans.ts';
import { waitForScans } from './scan/wait-for-scans.ts';
import { buildStatic } from './static/build.ts';
import { readDockerfile } from './static/context.ts';
import { parsePlatform } from './static/image-config.ts';
import { pushStatic } from './static/push.ts';
import { makeWorkFolder, readTextFile, removeWorkFolder } from './work-folder.ts';

const verifyAttempts = 5;
const verifyPauseMs = 1000;
const cacheTag = 'buildcache';

export interface BuildPushPorts extends ActionPorts {
  /** Relative paths mean the workspace. */
  writeFile(path: string, text: string): Promise<void>;
  /** Of the docker command. */
  readonly environment: Environment;
  /** Where Docker's own configuration is: DOCKER_CONFIG, or `.docker` in the home folder. */
  readonly dockerFolder: string;
}

export async function buildPush(request: BuildPushRequest, ports: BuildPushPorts): Promise<ActionResult> {
  const run = new BuildPushRun(request, ports);
  let result: ActionResult;
  try {
    result = run.succeeded(await run.run());
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
    result = run.failed(known);
  }
  if (request.reportPath !== undefined) {
    await ports.writeFile(request.reportPath, `${JSON.stringify(result.report, null, 2)}\n`);
  }
  return result;
}

class BuildPushRun {
  readonly #request: BuildPushRequest;
  readonly #ports: BuildPushPorts;
  readonly #aws: AwsCaller;
  readonly #startedAt: number;
  readonly #events: KitEvent[] = [];

  constructor(request: BuildPushRequest, ports: BuildPushPorts) {
    this.#request = request;
    this.#ports = ports;
    this.#aws = withRetries(ports.aws, ports);
    this.#startedAt = ports.clock.now();
  }

  async run(): Promise<Ending> {
    const { context: run, runner, clock } = this.#ports;
    const request = this.#request;
    for (const value of request.buildx.secrets.values()) runner.mask(value);
    const dockerfileText = await readDockerfile(dockerfilePath(request, run));
    const buildxProblem =
      request.builder === 'static' ? undefined : await whyNoBuildx(this.#ports.environment, runner.cancelled);
    const plan = planBuild(request, { run, now: clock.now(), dockerfileText, buildxProblem });
    this.#event(
      'image.planned',
      'info',
      `Image ${plan.repository} with ${plan.tags.length === 1 ? 'tag' : 'tags'} ${plan.tags.join(', ')}, built by ${plan.builder} (${plan.builderReason}).`,
    );
    if (plan.skippedTags.length > 0) {
      this.#event(
        'image.tags-skipped',
        'info',
        `Left out, because this run is of no version tag: ${plan.skippedTags.join(', ')}.`,
      );
    }
    if (request.dryRun) return { kind: 'planned', plan };
    const login = await readEcrLogin(this.#aws, runner.cancelled);
    runner.mask(login.password);
    // As it goes over the wire, should a registry repeat it.
    runner.mask(Buffer.from(`${login.username}:${login.password}`).toString('base64'));
    const repository = await this.#repository(request.repository, 'images');
    if (plan.builder === 'buildx' && request.buildx.cacheRepository !== undefined) {
      await this.#repository(request.buildx.cacheRepository, 'cache');
    }
    const registries = createRegistries({
      login,
      overrideHost: request.registryHost,
      repositoryUri: repository.uri,
      dockerConfig: readTextFile(join(this.#ports.dockerFolder, 'config.json')),
      attempts: request.pushAttempts,
      clock,
      random: this.#ports.random,
      signal: runner.cancelled,
      onRetry: (message) => this.#event('image.retry', 'warning', message),
    });
    const done = await this.#buildOrReuse(plan, repository, registries, login);
    return { ...done, plan, scan: await this.#scan(done.image) };
  }

  async #repository(name: string, use: 'images' | 'cache'): Promise<EcrRepository> {
    const { cancelled } = this.#ports.runner;
    const found = await readEcrRepository(this.#aws, name, cancelled);
    if (found !== undefined) {
      if (use === 'cache' && isImmutableTag(found, cacheTag)) {
        throw new ImageError(
          'tag-taken',
          `The cache repository ${name} has immutable tags: a build cache needs one that can move.`,
        );
      }
      return found;
    }
    if (!this.#request.createRepository) {
      throw new ImageError(
        'repository-not-found',
        `The ECR repository ${name} does not exist. Set create-repository: true, or make it first.`,
      );
    }
    const made = await createEcrRepository(this.#aws, name, use, cancelled);
    this.#event(
      'image.repository-created',
      'notice',
      use === 'images'
        ? `Made the repository ${name}: immutable tags, scan on push, the last 10 images kept.`
        : `Made the repository ${name} for the build cache.`,
    );
    return made;
  }

  async #buildOrReuse(
    plan: BuildPlan,
    repository: EcrRepository,
    registries: Registries,
    login: EcrLogin,
  ): Promise<{ readonly kind: 'pushed' | 'reused'; readonly image: PushedImage }> {
    const inputs = await fingerprint({
      ...plan,
      target: this.#request.target,
      platforms: this.#request.platforms,
      buildArgs: this.#request.buildArgs,
      labels: this.#request.labels,
      buildx: this.#request.buildx,
      workspace: this.#ports.context.workspace,
    });
    const held = await readHeldTags(this.#aws, registries.own, repository, plan.tags);
    const decision = decideOnTags(held, inputs, plan.builder === 'static');
    if (decision.kind === 'reuse') {
      this.#event(
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
      const image = await this.#verify(plan, repository, decision.image.digest);
      return { kind: 'reused', image };
    }
    const labels = new Map(plan.labels).set(inputsLabel, inputs);
    const digest =
      plan.builder === 'static'
        ? await this.#buildStatic(plan, labels, repository, registries)
        : await this.#buildWithBuildx(plan, labels, registries, login);
    const image = await this.#verify(plan, repository, digest);
    return { kind: 'pushed', image };
  }

  async #buildStatic(
    plan: BuildPlan,
    labels: ReadonlyMap<string, string>,
    repository: EcrRepository,
    registries: Registries,
  ): Promise<string> {
    const folder = makeWorkFolder(this.#ports.context.tempDir);
    try {
      const build = await buildStatic(
        {
          context: plan.context,
          dockerfile: plan.dockerfile,
          target: this.#request.target,
          buildArgs: this.#request.buildArgs,
          labels,
          platforms: this.#request.platforms.map(parsePlatform),
          epochSeconds: epochSeconds(this.#request.buildArgs),
          folder,
        },
        { registry: registries.of },
      );
      for (const notice of build.notices) this.#event('image.notice', 'notice', notice);
      this.#event('image.built', 'info', `Built ${build.digest}.`);
      const counts = await pushStatic(build, registries.own, repository.name, plan.tags);
      this.#event(
        'image.pushed',
        'info',
        `Pushed: ${counts.uploaded} layers uploaded, ${counts.copied} copied, ${counts.mounted} mounted, ${counts.present} there already.`,
      );
      return build.digest;
    } finally {
      removeWorkFolder(folder);
    }
  }

  async #buildWithBuildx(
    plan: BuildPlan,
    labels: ReadonlyMap<string, string>,
    registries: Registries,
    login: EcrLogin,
  ): Promise<string> {
    const { runner, clock, random, environment, dockerFolder } = this.#ports;
    const { cacheRepository } = this.#request.buildx;
    const folder = makeWorkFolder(this.#ports.context.tempDir);
    const loginFolder = makeLoginFolder(dirname(folder), dockerFolder);
    // For the post step, should this process be killed before it cleans up.
    runner.saveState('login-folder', loginFolder);
    try {
      writeLogin(loginFolder, registries.ownHost, login, dockerFolder);
      const digest = await buildWithBuildx(
        {
          context: plan.context,
          dockerfile: plan.dockerfile,
          references: plan.tags.map((tag) => `${registries.ownHost}/${plan.repository}:${tag}`),
          platforms: this.#request.platforms,
          buildArgs: this.#request.buildArgs,
          labels,
          target: this.#request.target,
          options: this.#request.buildx,
          cacheReference: cacheRepository && `${registries.ownHost}/${cacheRepository}:${cacheTag}`,
          metadataFile: join(folder, 'metadata.json'),
        },
        {
          environment: {
            ...environment,
            ...secretEnvironment(this.#request.buildx),
            DOCKER_CONFIG: loginFolder,
          },
          workspace: this.#ports.context.workspace,
          readFile: readTextFile,
          attempts: this.#request.pushAttempts,
          clock,
          random,
          signal: runner.cancelled,
          onLine: (line) => runner.info(line),
          onRetry: (message) => this.#event('image.retry', 'warning', message),
        },
      );
      this.#event('image.pushed', 'info', `Built and pushed ${digest}.`);
      return digest;
    } finally {
      removeLoginFolder(loginFolder);
      removeWorkFolder(folder);
    }
  }

  /** What the registry holds now is the truth, not what a builder said. A read may lag the push a little. */
  async #verify(plan: BuildPlan, repository: EcrRepository, digest: string): Promise<PushedImage> {
    const { clock, runner } = this.#ports;
    for (let attempt = 1; ; attempt++) {
      const images = await readEcrImages(this.#aws, repository.name, plan.tags, runner.cancelled);
      const wrong = plan.tags.find((tag) => {
        const image = images.get(tag);
        return image === undefined || image.digest !== digest || digestOf(image.manifest) !== digest;
      });
      const image = images.get(plan.tags[0]!);
      if (wrong === undefined && image !== undefined) return this.#verified(plan, repository, image);
      if (attempt >= verifyAttempts || runner.cancelled.aborted) {
        const held = images.get(wrong ?? '')?.digest ?? 'nothing';
        throw new ImageError(
          'digest-differs',
          `After the push, tag ${wrong} of ${repository.name} holds ${held}, not ${digest}: another run may have written it.`,
        );
      }
      await clock.sleep(verifyPauseMs, runner.cancelled);
    }
  }

  /** Each platform that was asked for has to be in it, and its manifest in the registry. */
  async #verified(plan: BuildPlan, repository: EcrRepository, image: EcrImage): Promise<PushedImage> {
    const { digest } = image;
    const platforms = platformImages(image, this.#request.platforms);
    const missing = missingPlatforms(platforms, this.#request.platforms);
    if (missing.length > 0) {
      throw new ImageError(
        'platform-missing',
        `${plan.repository}@${digest} holds ${platforms.map((each) => each.platform).join(', ')}, not ${missing.join(', ')}.`,
      );
    }
    const children = platforms.map((each) => each.digest).filter((each) => each !== digest);
    const held = await readEcrDigests(this.#aws, repository.name, children, this.#ports.runner.cancelled);
    const lost = platforms.find((each) => each.digest !== digest && !held.has(each.digest));
    if (lost !== undefined) {
      throw new ImageError(
        'platform-missing',
        `The index ${digest} names ${lost.digest} for ${lost.platform}, which ECR does not hold.`,
      );
    }
    this.#event('image.verified', 'info', `ECR holds ${digest} under ${plan.tags.join(', ')}.`);
    return { reference: `${repository.uri}@${digest}`, digest, tags: plan.tags, platforms };
  }

  /** ECR scans what was pushed: the gate can only come after the push. */
  async #scan(image: PushedImage): Promise<ScanResult | undefined> {
    const { scan: policy, repository } = this.#request;
    if (policy.gate === 'off') return undefined;
    const { clock, runner } = this.#ports;
    this.#event(
      'image.scan',
      'info',
      `Waiting for the scan of ${image.platforms.length === 1 ? 'the image' : `${image.platforms.length} platforms`}.`,
    );
    const verdict = await waitForScans(this.#aws, { repository, platforms: image.platforms }, policy, {
      clock,
      cancelled: runner.cancelled,
      record: (event) => this.#record(event),
    });
    if (runner.cancelled.aborted) throw new ImageError('cancelled', 'The job was cancelled during the scan.');
    const outcome = scanOutcome(policy, verdict);
    const level = { passed: 'info', warned: 'warning', failed: 'error' } as const;
    this.#event(`image.scan-${outcome.kind}`, level[outcome.kind], outcome.sentence);
    return { verdict, outcome };
  }

  succeeded(ending: Ending): ActionResult {
    return endedResult(ending, this.#frame());
  }

  failed(error: ImageError): ActionResult {
    this.#event(`image.${error.code}`, 'error', error.message);
    return failedResult(error, this.#frame());
  }

  #frame(): ResultFrame {
    const { repository } = this.#request;
    return { repository, events: this.#events, startedAt: this.#startedAt, endedAt: this.#ports.clock.now() };
  }

  #event(code: string, level: EventLevel, message: string): void {
    this.#record({ at: this.#ports.clock.now(), code, level, message });
  }

  #record(event: KitEvent): void {
    this.#events.push(event);
    this.#ports.runner.info(renderLogLine(event, this.#startedAt));
  }
}

/** SOURCE_DATE_EPOCH as reproducible builds use it; else 1970, so that the same sources give the same digest. */
function epochSeconds(buildArgs: ReadonlyMap<string, string>): number {
  const given = buildArgs.get('SOURCE_DATE_EPOCH') ?? '0';
  return /^\d{1,11}$/.test(given) ? Number(given) : 0;
}

function asImageError(error: unknown): ImageError | undefined {
  if (error instanceof ImageError) return error;
  if ((error as NodeJS.ErrnoException)?.code === 'ENOSPC') {
    return new ImageError('disk-full', 'The disk is full. Free space on the runner, or use a larger one.');
  }
  return undefined;
}
