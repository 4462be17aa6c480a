/** What build-push-ecr will do, before anything is done. */
import { isAbsolute, join, resolve } from 'node:path';
import type { BuildPushRequest } from '../inputs/build-push-ecr.ts';
import { onlyBuildx } from '../inputs/buildx-fields.ts';
import type { RunContext } from '../runner/context.ts';
import { ImageError } from './build-error.ts';
import { evaluateStage, readStage } from './dockerfile/evaluate.ts';
import { readInstructions } from './dockerfile/instructions.ts';
import { parsePlatform } from './static/image-config.ts';
import { type RenderedTags, renderTags } from './tag-template.ts';

export interface ChosenBuilder {
  readonly builder: 'buildx' | 'static' | 'none';
  /** One phrase: why this builder. */
  readonly builderReason: string;
}

export interface ImagePlan {
  readonly repository: string;
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  readonly tags: readonly string[];
  /** Templates that do not fit this run. */
  readonly skippedTags: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
}

export type BuildPlan = ImagePlan & ChosenBuilder;

export interface PlanFacts {
  readonly run: RunContext;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface BuilderFacts {
  readonly dockerfileText: string;
  /** Undefined when buildx is ready, or was not asked about. */
  readonly buildxProblem: ImageError | undefined;
}

function contextPath(request: BuildPushRequest, run: RunContext): string {
  return resolve(run.workspace === '' ? '.' : run.workspace, request.context);
}

export function dockerfilePath(request: BuildPushRequest, run: RunContext): string {
  const { file } = request;
  if (file === undefined) return join(contextPath(request, run), 'Dockerfile');
  return isAbsolute(file) ? file : resolve(run.workspace === '' ? '.' : run.workspace, file);
}

/** An image that is taken over keeps what it is: only the tags are chosen here. */
export function planPromotion(request: BuildPushRequest, facts: PlanFacts): ImagePlan {
  const { tags, skipped } = tagsOf(request.tagTemplates, facts);
  return {
    repository: request.repository,
    context: '',
    dockerfile: '',
    tags,
    skippedTags: skipped,
    labels: new Map(),
  };
}

function tagsOf(templates: readonly string[], { run, now }: PlanFacts): RenderedTags {
  try {
    return renderTags(templates, { ...run, now });
  } catch (error) {
    throw new ImageError('context', `${(error as Error).message}.`);
  }
}

/** Pure but for paths. Throws ImageError where there is no way. */
export function planBuild(request: BuildPushRequest, facts: PlanFacts): ImagePlan {
  const { run } = facts;
  // The full commit always: it is what a rollback, and the next run of the same commit, look for.
  const always = run.sha === '' ? [] : ['{sha}'];
  const rendered = tagsOf([...request.tagTemplates, ...always], facts);
  return {
    repository: request.repository,
    context: contextPath(request, run),
    dockerfile: dockerfilePath(request, run),
    tags: rendered.tags,
    skippedTags: rendered.skipped,
    labels: automaticLabels(request.labels, run),
  };
}

/** Throws ImageError where neither can. */
export function chooseBuilder(request: BuildPushRequest, facts: BuilderFacts): ChosenBuilder {
  const { buildxProblem } = facts;
  if (request.builder === 'static') {
    const problem = whyNotStatic(request, facts.dockerfileText);
    if (problem !== undefined) throw problem;
    return { builder: 'static', builderReason: 'as asked' };
  }
  if (buildxProblem === undefined) {
    return {
      builder: 'buildx',
      builderReason: request.builder === 'buildx' ? 'as asked' : 'docker has buildx',
    };
  }
  if (request.builder === 'buildx') {
    if (buildxProblem.code !== 'docker-missing') throw buildxProblem;
    const wayOut =
      'Use a runner that has Docker; a Dockerfile without RUN can be built with builder: static.';
    throw new ImageError('docker-missing', `${buildxProblem.message} ${wayOut}`);
  }
  const problem = whyNotStatic(request, facts.dockerfileText);
  if (problem !== undefined) {
    throw new ImageError(
      'no-builder',
      `${buildxProblem.message} The builder that needs no Docker cannot take this Dockerfile either: ${problem.message}`,
      problem.line,
    );
  }
  return { builder: 'static', builderReason: `${buildxProblem.message} The Dockerfile needs no RUN.` };
}

/** Reads the Dockerfile as if its base image were empty: every instruction is checked before anything is pulled. */
function whyNotStatic(request: BuildPushRequest, dockerfileText: string): ImageError | undefined {
  const [needed] = onlyBuildx(request.buildx);
  if (needed !== undefined) return new ImageError('no-builder', `The input ${needed} needs buildx.`);
  try {
    const file = readInstructions(dockerfileText);
    for (const platform of request.platforms) {
      const given = { buildArgs: request.buildArgs, platform: parsePlatform(platform) };
      evaluateStage(readStage(file, given), {}, given);
    }
    return undefined;
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}

/** The labels of the OCI annotations specification that a run knows; the user's own win. */
function automaticLabels(given: ReadonlyMap<string, string>, run: RunContext): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  if (run.sha !== '') labels.set('org.opencontainers.image.revision', run.sha);
  if (run.repository !== '' && run.serverUrl !== '') {
    labels.set('org.opencontainers.image.source', `${run.serverUrl}/${run.repository}`);
  }
  for (const [name, value] of given) labels.set(name, value);
  return labels;
}
