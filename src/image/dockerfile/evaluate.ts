/**
 * What a Dockerfile without RUN means on top of a base image: the new configuration and the copies to make.
 * One stage; everything that needs a running container, or a second stage, is one clear error with its line.
 * Pure. BuildKit is the reference: https://docs.docker.com/reference/dockerfile/
 */
import { ImageError } from '../build-error.ts';
import {
  type HistoryEntry,
  type Platform,
  platformText,
  type RuntimeConfig,
} from '../static/image-config.ts';
import { type CopyStep, readCopy } from './copy.ts';
import { execOrShell, readHealthcheck, readPorts, readVolumes } from './declarations.ts';
import type { DockerfileText, Instruction } from './instructions.ts';
import { readPairs } from './pairs.ts';
import { resolvePath } from './paths.ts';
import { expand, splitWords } from './words.ts';

export interface BuildArguments {
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platform: Platform;
}

export interface Stage {
  /** As it stands after `FROM`, variables filled in: `scratch`, `node:24`. */
  readonly baseImage: string;
  readonly fromLine: number;
  /** `FROM … AS name`. */
  readonly name: string | undefined;
  readonly globalArgs: ReadonlyMap<string, string>;
  readonly body: readonly Instruction[];
  readonly escapeChar: string;
}

export interface EvaluatedStage {
  readonly config: RuntimeConfig;
  readonly steps: readonly LayerStep[];
  /** One entry an instruction; those with a layer are in the order of `steps`. */
  readonly history: readonly HistoryEntry[];
  /** Build arguments that no ARG asks for: most likely a typing error. */
  readonly unusedArgs: readonly string[];
}

export type LayerStep = CopyStep | { readonly kind: 'workdir'; readonly path: string; readonly line: number };

/** Phase one: what has to be pulled. */
export function readStage(file: DockerfileText, given: BuildArguments): Stage {
  const globalArgs = platformArgs(given.platform);
  const [first] = file.instructions;
  const from = file.instructions.findIndex((instruction) => instruction.name === 'FROM');
  if (from < 0) throw wrong(first!, 'there is no FROM');
  for (const instruction of file.instructions.slice(0, from)) {
    if (instruction.name !== 'ARG') throw wrong(instruction, 'only ARG may stand before FROM');
    for (const [name, value] of readArg(instruction, globalArgs, file.escapeChar)) {
      const chosen = given.buildArgs.get(name) ?? value;
      if (chosen !== undefined) globalArgs.set(name, chosen);
    }
  }
  const instruction = file.instructions[from]!;
  const second = file.instructions.slice(from + 1).find((other) => other.name === 'FROM');
  if (second !== undefined) throw wrong(second, 'a second FROM (a build in stages) needs buildx');
  const words = attempt(instruction, () => splitWords(instruction.rest, file.escapeChar));
  const flag = words.find((word) => word.startsWith('--'));
  if (flag !== undefined) throw wrong(instruction, `${flag} needs buildx`);
  const [image = '', as, name] = words;
  if (image === '' || (as !== undefined && (as.toUpperCase() !== 'AS' || name === undefined))) {
    throw wrong(instruction, 'allowed is FROM image, or FROM image AS name');
  }
  const baseImage = attempt(instruction, () => expand(image, globalArgs, file.escapeChar));
  if (baseImage === '') throw wrong(instruction, `the base image ${image} is empty: give the build argument`);
  return {
    baseImage,
    fromLine: instruction.line,
    name,
    globalArgs,
    body: file.instructions.slice(from + 1),
    escapeChar: file.escapeChar,
  };
}

/** Phase two: with the base image's configuration at hand. */
export function evaluateStage(stage: Stage, base: RuntimeConfig, given: BuildArguments): EvaluatedStage {
  if ((base.OnBuild ?? []).length > 0) {
    throw new ImageError(
      'dockerfile',
      `Dockerfile line ${stage.fromLine}: the base image ${stage.baseImage} has ONBUILD triggers, which need buildx.`,
      stage.fromLine,
    );
  }
  const state = new StageState(stage, base, given);
  for (const instruction of stage.body) attempt(instruction, () => state.apply(instruction));
  const declared = new Set([...state.declaredArgs, ...stage.globalArgs.keys()]);
  return {
    config: state.config,
    steps: state.steps,
    history: state.history,
    unusedArgs: [...given.buildArgs.keys()].filter((name) => !declared.has(name)),
  };
}

class StageState {
  config: RuntimeConfig;
  readonly steps: LayerStep[] = [];
  readonly history: HistoryEntry[] = [];
  readonly declaredArgs = new Set<string>();
  readonly #args = new Map<string, string>();
  readonly #env: Map<string, string>;
  readonly #stage: Stage;
  readonly #given: BuildArguments;
  #cmdSet = false;

  constructor(stage: Stage, base: RuntimeConfig, given: BuildArguments) {
    this.#stage = stage;
    this.#given = given;
    this.config = base;
    this.#env = new Map(
      (base.Env ?? []).map((entry) => {
        const at = entry.indexOf('=');
        return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
      }),
    );
  }

  apply(instruction: Instruction): void {
    const { rest, line } = instruction;
    const { escapeChar } = this.#stage;
    const variables = new Map([...this.#args, ...this.#env]);
    const fill = (text: string): string => expand(text, variables, escapeChar);
    const before = this.steps.length;
    switch (instruction.name) {
      case 'ARG':
        for (const [name, value] of readArg(instruction, variables, escapeChar)) {
          this.declaredArgs.add(name);
          const chosen = this.#given.buildArgs.get(name) ?? value ?? this.#stage.globalArgs.get(name);
          if (chosen !== undefined) this.#args.set(name, chosen);
        }
        break;
      case 'ENV':
        for (const [name, value] of readPairs(rest, variables, escapeChar)) this.#env.set(name, value);
        this.#set({ Env: [...this.#env].map(([name, value]) => `${name}=${value}`) });
        break;
      case 'LABEL':
        this.#set({
          Labels: { ...this.config.Labels, ...Object.fromEntries(readPairs(rest, variables, escapeChar)) },
        });
        break;
      case 'WORKDIR': {
        const path = resolvePath(this.config.WorkingDir ?? '/', needed(fill(rest), 'a path'));
        this.#set({ WorkingDir: path });
        this.steps.push({ kind: 'workdir', path, line });
        break;
      }
      case 'COPY':
      case 'ADD':
        this.steps.push(readCopy(instruction, this.config.WorkingDir ?? '/', fill, escapeChar));
        break;
      case 'USER':
        this.#set({ User: needed(fill(rest), 'a user') });
        break;
      case 'EXPOSE':
        this.#set({
          ExposedPorts: {
            ...this.config.ExposedPorts,
            ...readPorts(splitWords(rest, escapeChar).map(fill)),
          },
        });
        break;
      case 'VOLUME':
        this.#set({
          Volumes: {
            ...this.config.Volumes,
            ...readVolumes(rest, (text) => splitWords(text, escapeChar), fill),
          },
        });
        break;
      case 'STOPSIGNAL':
        this.#set({ StopSignal: needed(fill(rest), 'a signal') });
        break;
      case 'SHELL': {
        const shell = execOrShell(rest, undefined);
        if (shell === undefined) throw new Error('SHELL takes a JSON list of texts');
        this.#set({ Shell: shell });
        break;
      }
      case 'CMD':
        this.#cmdSet = true;
        this.#set({ Cmd: execOrShell(rest, this.#shell()) });
        break;
      case 'ENTRYPOINT': {
        this.#set({ Entrypoint: execOrShell(rest, this.#shell()) });
        // The base image's CMD was meant for the base image's entry point.
        if (!this.#cmdSet) {
          const { Cmd: _, ...others } = this.config;
          this.config = others;
        }
        break;
      }
      case 'HEALTHCHECK':
        this.#set({ Healthcheck: readHealthcheck(rest, this.#shell(), escapeChar) });
        break;
      default:
        throw new Error(`${instruction.name} needs buildx`);
    }
    const createdBy = `${instruction.name} ${rest}`.replace(/\s+/g, ' ');
    this.history.push(
      this.steps.length > before ? { created_by: createdBy } : { created_by: createdBy, empty_layer: true },
    );
  }

  #set(change: RuntimeConfig): void {
    this.config = { ...this.config, ...change };
  }

  #shell(): readonly string[] {
    return this.config.Shell ?? ['/bin/sh', '-c'];
  }
}

function readArg(
  instruction: Instruction,
  variables: ReadonlyMap<string, string>,
  escapeChar: string,
): [string, string | undefined][] {
  return attempt(instruction, () => {
    const words = splitWords(instruction.rest, escapeChar);
    if (words.length === 0) throw new Error('ARG needs a name');
    return words.map((word) => {
      const [, name = '', , value] = /^([^=]*)(=([\s\S]*))?$/.exec(word) ?? [];
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`"${name}" is no name for an ARG`);
      return [name, value === undefined ? undefined : expand(value, variables, escapeChar)];
    });
  });
}

/** The arguments BuildKit defines by itself. */
function platformArgs(platform: Platform): Map<string, string> {
  const text = platformText(platform);
  return new Map([
    ['TARGETPLATFORM', text],
    ['TARGETOS', platform.os],
    ['TARGETARCH', platform.architecture],
    ['TARGETVARIANT', platform.variant ?? ''],
    ['BUILDPLATFORM', text],
    ['BUILDOS', platform.os],
    ['BUILDARCH', platform.architecture],
    ['BUILDVARIANT', platform.variant ?? ''],
  ]);
}

function needed(text: string, what: string): string {
  if (text === '') throw new Error(`${what} is missing`);
  return text;
}

function wrong(instruction: Instruction, reason: string): ImageError {
  return new ImageError(
    'dockerfile',
    `Dockerfile line ${instruction.line} (${instruction.name}): ${reason}.`,
    instruction.line,
  );
}

/** Plain errors of the readers get the instruction and its line. */
function attempt<T>(instruction: Instruction, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ImageError || !(error instanceof Error)) throw error;
    throw wrong(instruction, error.message);
  }
}
