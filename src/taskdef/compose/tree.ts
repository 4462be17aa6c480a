/** A YAML file as plain values, with the line of each entry, and Compose's tags `!reset` and `!override`. Pure. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { SourcePlace } from '../problem.ts';

/** Where each entry of a map or list stands. Maps made by merging have places, too. */
export class Places {
  readonly #places = new WeakMap<object, Map<string | number, SourcePlace>>();

  at(holder: object, key: string | number): SourcePlace | undefined {
    return this.#places.get(holder)?.get(key);
  }

  set(holder: object, key: string | number, place: SourcePlace | undefined): void {
    if (place === undefined) return;
    const places = this.#places.get(holder) ?? new Map<string | number, SourcePlace>();
    this.#places.set(holder, places);
    places.set(key, place);
  }
}

/** What the tags say about merging, by the holder's entries. */
export class MergeTags {
  readonly #tags = new WeakMap<object, Map<string | number, 'reset' | 'override'>>();

  at(holder: object, key: string | number): 'reset' | 'override' | undefined {
    return this.#tags.get(holder)?.get(key);
  }

  set(holder: object, key: string | number, tag: 'reset' | 'override'): void {
    const tags = this.#tags.get(holder) ?? new Map<string | number, 'reset' | 'override'>();
    this.#tags.set(holder, tags);
    tags.set(key, tag);
  }
}

export class TreeError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** The depth of what stands in a file made by people is small; aliases must not blow it up. */
const maximumNodes = 200_000;

/** @throws TreeError where the text is not YAML, or has no map at its top. */
export function parseTree(file: string, text: string, places: Places, tags: MergeTags): JsonObject {
  const lines = new LineCounter();
  const reset = (tag: string) => ({ tag, resolve: (value: string) => value });
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    customTags: [
      reset('!reset'),
      reset('!override'),
      { tag: '!reset', collection: 'seq' },
      { tag: '!reset', collection: 'map' },
      { tag: '!override', collection: 'seq' },
      { tag: '!override', collection: 'map' },
      // biome-ignore lint/suspicious/noExplicitAny: the tags of collections need no resolver of their own
    ] as any,
  });
  const lineOf = (node: { range?: readonly number[] | null }): number =>
    node.range ? lines.linePos(node.range[0]!).line : 1;
  const [error] = document.errors;
  if (error !== undefined) throw new TreeError(lines.linePos(error.pos[0]).line, error.message);
  let left = maximumNodes;

  const resolved = (node: unknown): Node | null | undefined =>
    isAlias(node) ? (node as Alias).resolve(document as Document) : (node as Node | null | undefined);

  const value = (given: unknown): JsonValue => {
    const node = resolved(given);
    if (--left < 0) throw new TreeError(1, 'aliases make this file too large');
    if (isMap(node)) {
      const result: JsonObject = {};
      const own = node.items as Pair<Node, Node | null>[];
      for (const pair of own) if (isMergeKey(pair)) mergeInto(result, pair.value);
      for (const pair of own) {
        if (isMergeKey(pair)) continue;
        if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
          const shownKey = isScalar(pair.key) ? (pair.key.source ?? '') : 'here';
          throw new TreeError(lineOf(pair.key), `the key ${shownKey} is no text: quote it`);
        }
        const key = pair.key.value;
        Object.defineProperty(result, key, {
          value: value(pair.value),
          enumerable: true,
          writable: true,
          configurable: true,
        });
        places.set(result, key, { file, line: lineOf(pair.key) });
        note(result, key, pair.value);
      }
      return result;
    }
    if (isSeq(node)) {
      const result: JsonValue[] = [];
      for (const [index, item] of node.items.entries()) {
        result.push(value(item));
        places.set(result, index, { file, line: lineOf(item as Node) });
        note(result, index, item);
      }
      return result;
    }
    const scalar = isScalar(node) ? node.value : null;
    return typeof scalar === 'bigint' ? Number(scalar) : ((scalar ?? null) as JsonValue);
  };
  const note = (holder: object, key: string | number, node: unknown): void => {
    const tag = (node as Node | null)?.tag;
    if (tag === '!reset') tags.set(holder, key, 'reset');
    if (tag === '!override') tags.set(holder, key, 'override');
  };
  const mergeInto = (result: JsonObject, given: unknown): void => {
    const node = resolved(given);
    for (const source of isSeq(node) ? node.items : [node]) {
      const merged = value(source);
      if (!isObject(merged))
        throw new TreeError(lineOf((given ?? {}) as Node), '"<<" takes a map, or a list of maps');
      for (const [key, each] of Object.entries(merged)) {
        // The first of several maps wins.
        if (Object.hasOwn(result, key)) continue;
        result[key] = each;
        places.set(result, key, places.at(merged, key));
      }
    }
  };
  const top = value(document.contents);
  if (!isObject(top)) throw new TreeError(1, 'a Compose file is a map with services');
  return top;
}

function isMergeKey(pair: Pair<Node, unknown>): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
}
