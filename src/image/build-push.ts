/** build-push-ecr: from a Dockerfile to an image in ECR whose digest was read back. */
import { dirname, join } from 'node:path';
import type { AwsCaller } from '../aws/caller.ts';
import { digestOf, readEcrImages } from '../aws/ecr-image.ts';
import { type EcrLogin, readEcrLogin } from '../aws/ecr-login.ts';
import { createEcrRepository, type EcrRepository, readEcrRepository } from '../aws/ecr-repository.ts';
import { withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { BuildPushRequest } from '../inputs/build-push-ecr.ts';
import type { EventLevel, KitEvent } from '../report/event.ts';
import type { Report } from '../report/report.ts';
import { renderLogLine } from '../report/summary.ts';
import type { Environment } from '../runner/context.ts';
import { ImageError } from './build-error.ts';
import { buildWithBuildx } from './buildx/build.ts';
import { whyNoBuildx } from './buildx/docker.ts';
import { fingerprint, inputsLabel } from './fingerprint.ts';
import { decideOnTags, readHeldTags } from './held-tags.ts';
import { makeLoginFolder, removeLoginFolder, writeLogin } from './login-folder.ts';
import { type BuildPlan, dockerfilePath, planBuild } from './plan.ts';
import { createRegistries, type Registries } from './registry/registries.ts';
import { buildStatic } from './static/build.ts';
import { readDockerfile } from './static/context.ts';
import { parsePlatform } from './static/image-config.ts';
import { pushStatic } from './static/push.ts';
import { makeWorkFolder, readTextFile, removeWorkFolder } from './work-folder.ts';

const verifyAttempts = 5;
const verifyPauseMs = 1000;

/** How a run ended. */
type Ending =
  | { readonly kind: 'planned'; readonly plan: BuildPlan }
  | { readonly kind: 'pushed' | 'reused'; readonly plan: BuildPlan; readonly image: PushedImage };

interface PushedImage {
  /** `123456789012.dkr.ecr.ap-south-1.amazonaws.com/repository@sha256:…` */
  readonly reference: string;
  readonly digest: string;
  readonly tags: readonly string[];
}

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
    const dockerfileText = await readDockerfile(dockerfilePath(request, run));
    const buildxProblem =
      request.builder === 'static' ? undefined : await whyNoBuildx(this.#ports.environment, runner.cancelled);
    const plan = planBuild(request, { run, now: clock.now(), dockerfileText, buildxProblem });
    this.#event(
      'image.planned',
      'info',
      `Image ${plan.repository} with ${plan.tags.length === 1 ? 'tag' : 'tags'} ${plan.tags.join(', ')}, built by ${plan.builder} (${plan.builderReason}).`,
    );
    if (request.dryRun) return { kind: 'planned', plan };
    const login = await readEcrLogin(this.#aws, runner.cancelled);
    runner.mask(login.password);
    // As it goes over the wire, should a registry repeat it.
    runner.mask(Buffer.from(`${login.username}:${login.password}`).toString('base64'));
    const repository = await this.#repository();
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
    return this.#buildOrReuse(plan, repository, registries, login);
  }

  async #repository(): Promise<EcrRepository> {
    const { repository: name, createRepository } = this.#request;
    const { cancelled } = this.#ports.runner;
    const found = await readEcrRepository(this.#aws, name, cancelled);
    if (found !== undefined) return found;
    if (!createRepository) {
      throw new ImageError(
        'repository-not-found',
        `The ECR repository ${name} does not exist. Set create-repository: true, or make it first.`,
      );
    }
    const made = await createEcrRepository(this.#aws, name, cancelled);
    this.#event(
      'image.repository-created',
      'notice',
      `Made the repository ${name}: immutable tags, scan on push, the last 10 images kept.`,
    );
    return made;
  }

  async #buildOrReuse(
    plan: BuildPlan,
    repository: EcrRepository,
    registries: Registries,
    login: EcrLogin,
  ): Promise<Ending> {
    const inputs = await fingerprint({
      ...plan,
      target: this.#request.target,
      platforms: this.#request.platforms,
      buildArgs: this.#request.buildArgs,
      labels: this.#request.labels,
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
      return { kind: 'reused', plan, image };
    }
    const labels = new Map(plan.labels).set(inputsLabel, inputs);
    const digest =
      plan.builder === 'static'
        ? await this.#buildStatic(plan, labels, repository, registries)
        : await this.#buildWithBuildx(plan, labels, registries, login);
    const image = await this.#verify(plan, repository, digest);
    return { kind: 'pushed', plan, image };
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
          metadataFile: join(folder, 'metadata.json'),
        },
        {
          environment: { ...environment, DOCKER_CONFIG: loginFolder },
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
      if (wrong === undefined) break;
      if (attempt >= verifyAttempts || runner.cancelled.aborted) {
        const held = images.get(wrong)?.digest ?? 'nothing';
        throw new ImageError(
          'digest-differs',
          `After the push, tag ${wrong} of ${repository.name} holds ${held}, not ${digest}: another run may have written it.`,
        );
      }
      await clock.sleep(verifyPauseMs, runner.cancelled);
    }
    this.#event('image.verified', 'info', `ECR holds ${digest} under ${plan.tags.join(', ')}.`);
    return { reference: `${repository.uri}@${digest}`, digest, tags: plan.tags };
  }

  succeeded(ending: Ending): ActionResult {
    const { plan } = ending;
    if (ending.kind === 'planned') {
      return {
        ok: true,
        outputs: { repository: plan.repository, tags: plan.tags.join('\n'), built: 'false' },
        report: this.#report('planned', true, 'Nothing was built: this was a dry run.', [
          ['Tags', plan.tags.join(', ')],
          ['Builder', `${plan.builder}: ${plan.builderReason}`],
        ]),
      };
    }
    const { image } = ending;
    const sentence =
      ending.kind === 'pushed'
        ? `${plan.repository}@${image.digest} is in ECR.`
        : `${plan.repository}@${image.digest} was in ECR already, built from the same sources.`;
    return {
      ok: true,
      outputs: {
        image: image.reference,
        digest: image.digest,
        repository: plan.repository,
        tags: image.tags.join('\n'),
        built: String(ending.kind === 'pushed'),
      },
      report: this.#report(ending.kind === 'pushed' ? 'pushed' : 'already there', true, sentence, [
        ['Image', image.reference],
        ['Tags', image.tags.join(', ')],
        ['Builder', ending.kind === 'pushed' ? plan.builder : 'none needed'],
      ]),
    };
  }

  failed(error: ImageError): ActionResult {
    this.#event(`image.${error.code}`, 'error', error.message);
    return {
      ok: false,
      outputs: {},
      report: this.#report(error.code === 'cancelled' ? 'cancelled' : 'failed', false, error.message, []),
    };
  }

  #report(
    outcome: string,
    ok: boolean,
    sentence: string,
    facts: readonly (readonly [string, string])[],
  ): Report {
    return {
      title: `Image of ${this.#request.repository}`,
      outcome,
      ok,
      sentence,
      facts,
      events: this.#events,
      sections: [],
      startedAt: this.#startedAt,
      endedAt: this.#ports.clock.now(),
    };
  }

  #event(code: string, level: EventLevel, message: string): void {
    const event = { at: this.#ports.clock.now(), code, level, message };
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
