/** A definition as it comes (a file, or ECS's own answer) to what RegisterTaskDefinition takes. Pure. */
import { outputOnlyFields } from '../aws/ecs-task-definition.ts';
import { isObject, type JsonObject, type JsonValue, objectsOf } from './json.ts';

export interface Normalised {
  readonly definition: JsonObject;
  readonly notices: readonly string[];
}

/**
 * Takes the definition out of `describe-task-definition`'s answer, drops output-only fields, and writes numbers
 * as texts where ECS wants texts (YAML makes numbers of them). Key order is kept.
 */
export function normalise(given: JsonObject): Normalised {
  const notices: string[] = [];
  let definition: JsonObject = structuredClone(given);
  const inner = definition['taskDefinition'];
  if (isObject(inner) && definition['containerDefinitions'] === undefined) {
    const tags = definition['tags'];
    definition = { ...inner, ...(Array.isArray(tags) && tags.length > 0 ? { tags } : {}) };
    notices.push('The definition was taken out of "taskDefinition", as describe-task-definition prints it.');
  }
  const dropped = outputOnlyFields.filter((name) => name in definition);
  for (const name of dropped) delete definition[name];
  if (dropped.length > 0) notices.push(`Fields that ECS only puts out were dropped: ${dropped.join(', ')}.`);
  dropReservedTags(definition, notices);
  for (const name of ['cpu', 'memory']) asText(definition, name);
  for (const container of objectsOf(definition['containerDefinitions'])) {
    for (const entry of objectsOf(container['environment'])) asText(entry, 'value');
    textsOf(container['dockerLabels']);
    const log = container['logConfiguration'];
    if (isObject(log)) textsOf(log['options']);
  }
  return { definition, notices };
}

/** Marks of a deploy belong to the revision that has them; tags of AWS's own cannot be given. */
function dropReservedTags(definition: JsonObject, notices: string[]): void {
  const tags = definition['tags'];
  if (!Array.isArray(tags)) return;
  const isReserved = (tag: JsonValue): boolean =>
    isObject(tag) && /^(ips-deploy:|aws:)/i.test(String(tag['key']));
  const kept = tags.filter((tag) => !isReserved(tag));
  if (kept.length === tags.length) return;
  notices.push(
    `Tags that belong to one revision were dropped: ${tags
      .filter(isReserved)
      .map((tag) => String((tag as JsonObject)['key']))
      .join(', ')}.`,
  );
  if (kept.length > 0) definition['tags'] = kept;
  else delete definition['tags'];
}

function textsOf(value: JsonValue | undefined): void {
  if (isObject(value)) for (const name of Object.keys(value)) asText(value, name);
}

function asText(object: JsonObject, name: string): void {
  const value = object[name];
  if (typeof value === 'number' || typeof value === 'boolean') object[name] = String(value);
}
