/**
 * Two Compose trees as one, the second over the first. Pure but for the places it notes.
 * @see https://github.com/compose-spec/compose-spec/blob/main/13-merge.md
 */
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { parsePort } from './ports.ts';
import type { MergeTags, Places } from './tree.ts';
import { parseMount } from './volumes.ts';

export interface Merging {
  readonly places: Places;
  readonly tags: MergeTags;
}

type Path = readonly string[];

/** Replaced, never appended: shell commands. */
const replaced = new Set(['command', 'entrypoint', 'healthcheck.test']);
/** Lists of `NAME=value` that are maps underneath. */
const pairLists = new Set([
  'environment',
  'labels',
  'annotations',
  'sysctls',
  'extra_hosts',
  'build.args',
  'build.labels',
  'deploy.labels',
]);
/** Lists whose entries are each there once. */
const uniqueLists = new Set(['cap_add', 'cap_drop', 'expose', 'external_links', 'security_opt', 'profiles']);

export function mergeTrees(base: JsonObject, over: JsonObject, merging: Merging): JsonObject {
  return mergeMaps(base, over, [], merging);
}

/** For `extends`: paths begin at the service. */
export function mergeServices(base: JsonObject, over: JsonObject, merging: Merging): JsonObject {
  return mergeMaps(base, over, ['services', ''], merging);
}

function mergeMaps(base: JsonObject, over: JsonObject, path: Path, merging: Merging): JsonObject {
  const { places, tags } = merging;
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(base)) {
    result[key] = value;
    places.set(result, key, places.at(base, key));
  }
  for (const [key, value] of Object.entries(over)) {
    const tag = tags.at(over, key);
    if (tag === 'reset') {
      delete result[key];
      continue;
    }
    const held = result[key];
    result[key] =
      held === undefined || tag === 'override' ? value : merge(held, value, [...path, key], merging);
    places.set(result, key, places.at(over, key));
  }
  return result;
}

function merge(base: JsonValue, over: JsonValue, path: Path, merging: Merging): JsonValue {
  const attribute = attributeOf(path);
  if (attribute !== undefined) {
    if (replaced.has(attribute)) return over;
    if (pairLists.has(attribute))
      return mergeMaps(toPairs(base, merging), toPairs(over, merging), path, merging);
    if (attribute === 'depends_on' || attribute === 'networks') {
      return mergeMaps(toKeys(base, merging), toKeys(over, merging), path, merging);
    }
    if (attribute === 'ports') return mergeLists(base, over, portKey, merging);
    if (attribute === 'volumes') return mergeLists(base, over, mountKey, merging);
    if (attribute === 'secrets' || attribute === 'configs') return mergeLists(base, over, grantKey, merging);
    if (uniqueLists.has(attribute)) return mergeLists(base, over, (entry) => JSON.stringify(entry), merging);
    if (attribute === 'env_file' || attribute === 'tmpfs' || attribute.startsWith('dns')) {
      return mergeLists(asList(base), asList(over), undefined, merging);
    }
  }
  if (isObject(base) && isObject(over)) return mergeMaps(base, over, path, merging);
  if (Array.isArray(base) && Array.isArray(over)) return mergeLists(base, over, undefined, merging);
  return over === null ? base : over;
}

/** `healthcheck.test` of `services.web.healthcheck.test`. */
function attributeOf(path: Path): string | undefined {
  return path[0] === 'services' && path.length > 2 ? path.slice(2).join('.') : undefined;
}

/** Appended; entries of one key are one entry, the later over the earlier. */
function mergeLists(
  base: JsonValue,
  over: JsonValue,
  keyOf: ((entry: JsonValue) => string) | undefined,
  { places }: Merging,
): JsonValue {
  const result: JsonValue[] = [];
  const index = new Map<string, number>();
  for (const list of [asList(base), asList(over)]) {
    for (const [position, entry] of list.entries()) {
      const key = keyOf?.(entry);
      const held = key === undefined ? undefined : index.get(key);
      const at = held ?? result.length;
      result[at] = entry;
      places.set(result, at, places.at(list, position));
      if (key !== undefined) index.set(key, at);
    }
  }
  return result;
}

function asList(value: JsonValue): JsonValue[] {
  return Array.isArray(value) ? value : value === null ? [] : [value];
}

/** `["A=1", "B"]` as `{A: "1", B: null}`. */
export function toPairs(value: JsonValue, { places }: Pick<Merging, 'places'>): JsonObject {
  if (isObject(value)) return value;
  const result: JsonObject = {};
  for (const [position, entry] of asList(value).entries()) {
    const text = String(entry);
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    result[name] = at < 0 ? null : text.slice(at + 1);
    places.set(result, name, Array.isArray(value) ? places.at(value, position) : undefined);
  }
  return result;
}

/** `["db"]` as `{db: null}`. */
export function toKeys(value: JsonValue, { places }: Pick<Merging, 'places'>): JsonObject {
  if (isObject(value)) return value;
  const result: JsonObject = {};
  for (const [position, entry] of asList(value).entries()) {
    result[String(entry)] = null;
    places.set(result, String(entry), Array.isArray(value) ? places.at(value, position) : undefined);
  }
  return result;
}

function portKey(entry: JsonValue): string {
  return parsePort(entry)
    .map((port) => `${port.hostIp ?? ''}:${port.target}:${port.published ?? ''}/${port.protocol}`)
    .join(' ');
}

function mountKey(entry: JsonValue): string {
  return parseMount(entry)?.target ?? JSON.stringify(entry);
}

function grantKey(entry: JsonValue): string {
  if (!isObject(entry)) return String(entry);
  return String(entry['target'] ?? entry['source']);
}
