/** A task definition from a file: the text to what RegisterTaskDefinition takes. Pure. */

import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { outputOnlyFields } from '../aws/ecs-task-definition.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';

/**
 * Reads JSON or YAML (of which JSON is a part). Takes what `aws ecs describe-task-definition` prints as
 * well: the definition inside `taskDefinition`, output-only fields dropped, tags beside it. Rejects with
 * `ConfigurationError`.
 */
export async function parseDefinitionFile(
  path: string,
  text: string,
): Promise<RegisterTaskDefinitionRequest> {
  const refuse = (message: string): never => {
    throw new ConfigurationError('task-definition-file', `${path}: ${message}`);
  };
  let document: unknown;
  try {
    document = plainJson(text) ?? (await import('yaml')).parse(text);
  } catch (error) {
    return refuse(`this is neither JSON nor YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(document))
    return refuse('expected one task definition, an object with family and containerDefinitions');
  const wrapped = document['taskDefinition'];
  const definition: Record<string, unknown> = isObject(wrapped)
    ? { ...wrapped, ...(document['tags'] === undefined ? {} : { tags: document['tags'] }) }
    : { ...document };
  for (const name of outputOnlyFields) delete definition[name];
  // ECS rejects an empty list of tags, and means the same by leaving it out.
  if (Array.isArray(definition['tags']) && definition['tags'].length === 0) delete definition['tags'];
  const { family, containerDefinitions } = definition;
  if (typeof family !== 'string' || !/^[A-Za-z0-9_-]{1,255}$/.test(family)) {
    return refuse('family is missing, or is not letters, digits, - and _');
  }
  if (!Array.isArray(containerDefinitions) || containerDefinitions.length === 0) {
    return refuse('containerDefinitions is missing or empty');
  }
  const unnamed = containerDefinitions.findIndex(
    (each) => !isObject(each) || typeof each['name'] !== 'string',
  );
  if (unnamed >= 0) return refuse(`containerDefinitions[${unnamed}] has no name`);
  for (const size of ['cpu', 'memory']) {
    // YAML makes numbers of them, ECS wants texts.
    if (typeof definition[size] === 'number') definition[size] = String(definition[size]);
  }
  return definition as unknown as RegisterTaskDefinitionRequest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Nearly every file is JSON, and the YAML parser is worth its loading only where it is needed: for other texts,
 * and for JSON that names a key of one object twice, which it refuses by name.
 */
function plainJson(text: string): unknown {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const keysInText = [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)].filter(([, colon]) => colon === ':');
  return keysInText.length === keysOf(document) ? document : undefined;
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce<number>((sum, each) => sum + keysOf(each), 0);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}
