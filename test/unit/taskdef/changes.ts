import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/taskdef/json.ts';
import type { TaskDefinitionChanges } from '../../../src/taskdef/render.ts';

export const noChanges: TaskDefinitionChanges = {
  containerName: undefined,
  image: undefined,
  images: new Map(),
  environment: new Map(),
  environmentRemove: [],
  secrets: new Map(),
  cpu: undefined,
  memory: undefined,
  logGroup: undefined,
  place: undefined,
};

export const exampleFile = join(
  import.meta.dirname,
  '../../../examples/ips-data-acquisition-api/task-definition.json',
);

/** The guide's definition, a fresh copy each time. */
export function guideDefinition(): JsonObject {
  return JSON.parse(readFileSync(exampleFile, 'utf8')) as JsonObject;
}

/** The smallest definition without a problem. */
export function small(container: JsonObject = {}, task: JsonObject = {}): JsonObject {
  return { family: 'app', containerDefinitions: [{ name: 'web', image: 'web:1', ...container }], ...task };
}
