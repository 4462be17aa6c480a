/** What differs between two definitions, for people: containers and variables by name, no secret values. Pure. */
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { mayShow } from './suspicious.ts';

export interface Difference {
  /** `containerDefinitions[ips-api].environment[LOG_LEVEL].value` */
  readonly path: string;
  /** As JSON, hidden where it may be a secret; undefined where there was nothing. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const hiddenText = '(hidden)';

/** Lists whose entries have names: compared by name, not by position. */
const namedLists: Readonly<Record<string, string>> = {
  containerDefinitions: 'name',
  environment: 'name',
  secrets: 'name',
  volumes: 'name',
  tags: 'key',
  mountPoints: 'containerPath',
  ulimits: 'name',
};

export function diffDefinitions(before: JsonObject, after: JsonObject): Difference[] {
  const differences: Difference[] = [];
  compare(before, after, '', '', differences);
  return differences;
}

/** A unified diff by path. */
export function renderDiff(differences: readonly Difference[]): string {
  return differences
    .flatMap(({ path, before, after }) => [
      `@ ${path}`,
      ...(before === undefined ? [] : [`- ${before}`]),
      ...(after === undefined ? [] : [`+ ${after}`]),
    ])
    .join('\n');
}

function compare(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
  field: string,
  differences: Difference[],
): void {
  const name = namedLists[field];
  if (isObject(before) && isObject(after)) {
    if (isSuspicious(before) || isSuspicious(after)) {
      if (JSON.stringify(before) !== JSON.stringify(after)) {
        differences.push({ path, before: shown(before), after: shown(after) });
      }
      return;
    }
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[key], after[key], path === '' ? key : `${path}.${key}`, key, differences);
    }
  } else if (name !== undefined && isNamed(before, name) && isNamed(after, name) && before !== after) {
    const one = byName(before, name);
    const other = byName(after, name);
    for (const entry of new Set([...one.keys(), ...other.keys()])) {
      compare(one.get(entry), other.get(entry), `${path}[${entry}]`, '', differences);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    differences.push({ path, before: shown(before), after: shown(after) });
  }
}

function shown(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(value, (_, each: JsonValue) =>
    isObject(each) && isSuspicious(each) ? { ...each, value: hiddenText } : each,
  );
}

/** An entry of `environment` whose name or value looks like a secret. */
function isSuspicious(entry: JsonObject): boolean {
  const { name, value } = entry as { name?: JsonValue; value?: JsonValue };
  if (typeof name !== 'string' || typeof value !== 'string' || value === hiddenText) return false;
  return !mayShow(name, value);
}

function isNamed(value: JsonValue | undefined, key: string): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  const names = value.map((entry) => (isObject(entry) ? entry[key] : undefined));
  return names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
}

function byName(value: JsonValue | undefined, key: string): Map<string, JsonValue> {
  return new Map(
    (Array.isArray(value) ? value : []).map((entry) => [String((entry as JsonObject)[key]), entry]),
  );
}
