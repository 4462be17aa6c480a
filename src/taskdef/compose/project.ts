/** Compose files as one project: read, interpolated, merged, extended, included, filtered by profile. */
import { posix } from 'node:path';
import { ConfigurationError } from '../../runner/configuration-error.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { SourcePlace } from '../problem.ts';
import { EnvFileError, parseEnvFile } from './env-file.ts';
import { Extender, relocate } from './extends.ts';
import type { Findings } from './findings.ts';
import { InterpolationError, interpolate, type Lookup } from './interpolate.ts';
import { type Merging, mergeTrees } from './merge.ts';
import { pathIn } from './paths.ts';
import { checkSchema } from './schema.ts';
import { MergeTags, Places, parseTree, TreeError } from './tree.ts';

export interface ComposeFiles {
  /** Rejects with `ConfigurationError` where the file cannot be read. */
  readFile(path: string): Promise<string>;
}

export interface ProjectQuestion {
  readonly paths: readonly string[];
  /** Empty: `.env` beside the first file, where there is one. */
  readonly envFiles: readonly string[];
  /** What wins over env files. */
  readonly environment: Lookup;
  readonly profiles: readonly string[];
}

export interface ComposeProject {
  /** Top-level `name`. */
  readonly name: string | undefined;
  /** Services that the profiles let through, in the order of the files. */
  readonly services: ReadonlyMap<string, JsonObject>;
  /** Services that no active profile has. */
  readonly inactive: readonly string[];
  readonly volumes: JsonObject;
  readonly lookup: Lookup;
  readonly places: Places;
  /** Folder that relative paths of the files mean. */
  readonly folder: string;
}

export async function readProject(
  question: ProjectQuestion,
  files: ComposeFiles,
  findings: Findings,
): Promise<ComposeProject> {
  const reader = new ProjectReader(files, findings);
  const folder = posix.dirname(question.paths[0] ?? '.');
  const lookup = await reader.lookupOf(question.environment, question.envFiles, folder);
  const tree = await reader.read(question.paths, lookup, []);
  for (const { path, message } of checkSchema(tree)) {
    findings.refuse('compose-schema', reader.placeOf(tree, path), `${path.join('.')}: ${message}.`);
  }
  const all = Object.entries(isObject(tree['services']) ? tree['services'] : {});
  const fromEnvironment = (lookup('COMPOSE_PROFILES') ?? '').split(',').filter((name) => name !== '');
  const active = question.profiles.length > 0 ? question.profiles : fromEnvironment;
  const isActive = (service: JsonValue): boolean => {
    const own =
      isObject(service) && Array.isArray(service['profiles']) ? service['profiles'].map(String) : [];
    return own.length === 0 || active.includes('*') || own.some((name) => active.includes(name));
  };
  const services = new Map<string, JsonObject>();
  for (const [name, service] of all) {
    if (isActive(service)) services.set(name, isObject(service) ? service : {});
  }
  return {
    name: typeof tree['name'] === 'string' && tree['name'] !== '' ? tree['name'] : undefined,
    services,
    inactive: all.filter(([, service]) => !isActive(service)).map(([name]) => name),
    volumes: isObject(tree['volumes']) ? tree['volumes'] : {},
    lookup,
    places: reader.merging.places,
    folder,
  };
}

const missingFile = (error: unknown): boolean => error instanceof ConfigurationError;

class ProjectReader {
  readonly merging: Merging = { places: new Places(), tags: new MergeTags() };
  readonly #files: ComposeFiles;
  readonly #findings: Findings;

  constructor(files: ComposeFiles, findings: Findings) {
    this.#files = files;
    this.#findings = findings;
  }

  /** What is given, then the env files: later ones win over earlier ones. */
  async lookupOf(given: Lookup, envFiles: readonly string[], folder: string): Promise<Lookup> {
    const values = new Map<string, string | undefined>();
    const lookup: Lookup = (name) => given(name) ?? values.get(name);
    const isAsked = envFiles.length > 0;
    for (const path of isAsked ? envFiles : [posix.join(folder, '.env')]) {
      let text: string;
      try {
        text = await this.#files.readFile(path);
      } catch (error) {
        if (isAsked || !missingFile(error)) throw error;
        continue;
      }
      try {
        for (const [name, value] of parseEnvFile(text, lookup)) values.set(name, value);
      } catch (error) {
        if (!(error instanceof EnvFileError || error instanceof InterpolationError)) throw error;
        const line = error instanceof EnvFileError ? error.line : 1;
        this.#findings.refuse('env-file', { file: path, line }, `${path}: ${error.message}.`);
      }
    }
    return lookup;
  }

  /** One or more files merged, what they extend and include with them. */
  async read(paths: readonly string[], lookup: Lookup, within: readonly string[]): Promise<JsonObject> {
    let merged: JsonObject = {};
    const folder = posix.dirname(paths[0] ?? '.');
    for (const path of paths) {
      const tree = await this.file(path, lookup);
      const extended = await new Extender(this.merging, this.#findings, (file) =>
        this.file(pathIn(folder, file), lookup),
      ).extend(tree, path);
      merged = mergeTrees(merged, extended, this.merging);
    }
    return this.#include(merged, folder, lookup, [...within, ...paths]);
  }

  /** One file, interpolated. A file that is no YAML is told and counts as empty. */
  async file(path: string, lookup: Lookup): Promise<JsonObject> {
    const text = await this.#files.readFile(path);
    try {
      const tree = parseTree(path, text, this.merging.places, this.merging.tags);
      this.#interpolate(tree, lookup);
      return tree;
    } catch (error) {
      if (!(error instanceof TreeError)) throw error;
      this.#findings.refuse('compose-file', { file: path, line: error.line }, `${path}: ${error.message}.`);
      return {};
    }
  }

  placeOf(tree: JsonObject, path: readonly (string | number)[]): SourcePlace | undefined {
    let here: JsonValue | undefined = tree;
    let place: SourcePlace | undefined;
    for (const step of path) {
      if (typeof here !== 'object' || here === null) break;
      place = this.merging.places.at(here, step) ?? place;
      here = (here as JsonObject)[step];
    }
    return place;
  }

  /** In place: the tree is ours. Keys are left alone. */
  #interpolate(holder: JsonObject | JsonValue[], lookup: Lookup): void {
    for (const [key, value] of Object.entries(holder)) {
      const step = Array.isArray(holder) ? Number(key) : key;
      if (typeof value === 'string') {
        try {
          (holder as JsonObject)[key] = interpolate(value, lookup, (name) => {
            this.#findings.notice(
              `Variable ${name} of the compose file is not set: an empty text stands for it.`,
            );
          });
        } catch (error) {
          if (!(error instanceof InterpolationError)) throw error;
          const hint = 'compose-variables, an env file or the env of the step set it';
          const message = /must be set/.test(error.message)
            ? `${error.message} (${hint}).`
            : `${error.message}.`;
          this.#findings.refuse(
            'compose-variable',
            this.merging.places.at(holder, step),
            `${key}: ${message}`,
          );
          (holder as JsonObject)[key] = '';
        }
      } else if (typeof value === 'object' && value !== null) this.#interpolate(value, lookup);
    }
  }

  /** @see https://github.com/compose-spec/compose-spec/blob/main/14-include.md */
  async #include(
    tree: JsonObject,
    folder: string,
    lookup: Lookup,
    within: readonly string[],
  ): Promise<JsonObject> {
    const { include, ...rest } = tree;
    if (!Array.isArray(include)) return tree;
    const { places } = this.merging;
    for (const key of Object.keys(rest)) places.set(rest, key, places.at(tree, key));
    for (const [index, entry] of include.entries()) {
      const place = places.at(include, index);
      const long = isObject(entry) ? entry : { path: entry };
      const paths = [long['path'] ?? []].flat().map((path) => pathIn(folder, String(path)));
      const twice = paths.find((path) => within.includes(path));
      if (twice !== undefined) {
        this.#findings.refuse('compose-include', place, `${twice} includes itself.`);
        continue;
      }
      const envFiles = [long['env_file'] ?? []].flat().map((path) => pathIn(folder, String(path)));
      const own = await this.lookupOf(lookup, envFiles, posix.dirname(paths[0] ?? folder));
      const included = await this.read(paths, own, within);
      for (const kind of ['services', 'volumes', 'networks', 'configs', 'secrets']) {
        const more = included[kind];
        if (!isObject(more)) continue;
        if (kind === 'services') {
          const away = posix.relative(folder, posix.dirname(paths[0] ?? folder));
          for (const [name, service] of Object.entries(more)) {
            if (isObject(service)) more[name] = relocate(service, away === '' ? '.' : away, this.merging);
          }
        }
        const held = isObject(rest[kind]) ? (rest[kind] as JsonObject) : {};
        const clash = Object.keys(more).find((name) => Object.hasOwn(held, name));
        if (clash !== undefined) {
          this.#findings.refuse(
            'compose-include',
            place,
            `${kind} ${clash} of ${paths.join(', ')} is here already.`,
          );
        }
        rest[kind] = mergeTrees(more, held, this.merging);
      }
    }
    return rest;
  }
}
