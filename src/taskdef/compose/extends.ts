/**
 * `extends`: a service over another one, of this file or of another. Pure but for reading the other file.
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extends
 */
import { posix } from 'node:path';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { Findings } from './findings.ts';
import { type Merging, mergeServices } from './merge.ts';
import { pathIn } from './paths.ts';

export class Extender {
  readonly #merging: Merging;
  readonly #findings: Findings;
  readonly #readFile: (path: string) => Promise<JsonObject>;

  /** `readFile` takes paths as `extends` gives them. */
  constructor(merging: Merging, findings: Findings, readFile: (path: string) => Promise<JsonObject>) {
    this.#merging = merging;
    this.#findings = findings;
    this.#readFile = readFile;
  }

  /** The file with every service extended. */
  async extend(tree: JsonObject, path: string): Promise<JsonObject> {
    const services = tree['services'];
    if (!isObject(services)) return tree;
    const result: JsonObject = {};
    for (const name of Object.keys(services)) {
      result[name] = await this.#service(tree, name, path, []);
      this.#merging.places.set(result, name, this.#merging.places.at(services, name));
    }
    const extended: JsonObject = { ...tree, services: result };
    for (const key of Object.keys(tree)) {
      this.#merging.places.set(extended, key, this.#merging.places.at(tree, key));
      const tag = this.#merging.tags.at(tree, key);
      if (tag !== undefined) this.#merging.tags.set(extended, key, tag);
    }
    return extended;
  }

  async #service(tree: JsonObject, name: string, path: string, chain: readonly string[]): Promise<JsonValue> {
    const services = isObject(tree['services']) ? tree['services'] : {};
    const service = services[name];
    if (!isObject(service) || service['extends'] === undefined) return service ?? null;
    const { places } = this.#merging;
    const place = places.at(service, 'extends');
    const given = service['extends'];
    const base = isObject(given) ? String(given['service'] ?? '') : String(given);
    const file = isObject(given) && typeof given['file'] === 'string' ? given['file'] : undefined;
    const own = without(service, 'extends', this.#merging);
    const link = `${file ?? path}#${base}`;
    if (chain.includes(link) || (file === undefined && base === name)) {
      this.#findings.refuse('compose-extends', place, `Service ${name} extends itself, by way of ${base}.`);
      return own;
    }
    const other = file === undefined ? tree : await this.#readFile(file);
    const found = isObject(other['services']) ? other['services'][base] : undefined;
    if (!isObject(found)) {
      const where = file ?? path;
      this.#findings.refuse(
        'compose-extends',
        place,
        `Service ${name} extends ${base}, which ${where} does not have.`,
      );
      return own;
    }
    let extended = await this.#service(other, base, file ?? path, [...chain, link]);
    if (!isObject(extended)) extended = {};
    if (file !== undefined) extended = relocate(extended, posix.dirname(file), this.#merging);
    return mergeServices(extended, own, this.#merging);
  }
}

function without(service: JsonObject, gone: string, { places, tags }: Merging): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(service)) {
    if (key === gone) continue;
    result[key] = value;
    places.set(result, key, places.at(service, key));
    const tag = tags.at(service, key);
    if (tag !== undefined) tags.set(result, key, tag);
  }
  return result;
}

/** Paths of another file's service mean that file's folder. */
export function relocate(service: JsonObject, folder: string, { places }: Merging): JsonObject {
  const held = service['env_file'];
  if (held === undefined || folder === '.') return service;
  const moved = [held].flat().map((entry): JsonValue => {
    if (isObject(entry)) return { ...entry, path: pathIn(folder, String(entry['path'])) };
    return pathIn(folder, String(entry));
  });
  const result: JsonObject = { ...service, env_file: moved };
  for (const key of Object.keys(service)) places.set(result, key, places.at(service, key));
  for (const index of moved.keys()) places.set(moved, index, places.at(service, 'env_file'));
  return result;
}
