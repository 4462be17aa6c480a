/**
 * What a registration lost: fields that the SDK of this action or ECS does not know are left out without a
 * word (a slip of the pen, or a field that is newer than this action). Pure.
 */
import type { RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs';
import { normalForm } from '../aws/same-definition.ts';

/** Paths such as `containerDefinitions[0].startTimeouts`, in the order of the file. */
export function lostFields(
  given: RegisterTaskDefinitionRequest,
  registered: TaskDefinition,
): readonly string[] {
  const known = new Set(Object.keys(registered));
  // Tags stand beside a definition, not in it.
  const atTop = Object.keys(given).filter(
    (name) =>
      name !== 'tags' && !known.has(name) && !isEmpty((given as unknown as Record<string, unknown>)[name]),
  );
  return [...atTop, ...missing(normalForm(given), normalForm(registered), '')].filter(
    (path, index, all) => all.indexOf(path) === index,
  );
}

function missing(given: unknown, kept: unknown, path: string): readonly string[] {
  if (kept === undefined) return [path];
  if (Array.isArray(given) && Array.isArray(kept)) {
    return given.flatMap((each, index) => missing(each, kept[index], `${path}[${index}]`));
  }
  if (!isPlain(given) || !isPlain(kept)) return [];
  return Object.entries(given).flatMap(([name, value]) =>
    missing(value, kept[name], path === '' ? name : `${path}.${name}`),
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  );
}
