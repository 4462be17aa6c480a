import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noContainerChanges } from '../../../src/taskdef/changes.ts';
import type { JsonObject } from '../../../src/taskdef/json.ts';
import type { Place } from '../../../src/taskdef/placeholders.ts';
import { type Rendered, render } from '../../../src/taskdef/render.ts';

/** Changes as most tests want them: of one container, and few. */
export interface SimpleChanges {
  readonly containerName: string | undefined;
  readonly image: string | undefined;
  readonly images: ReadonlyMap<string, string>;
  readonly environment: ReadonlyMap<string, string>;
  readonly environmentRemove: readonly string[];
  readonly secrets: ReadonlyMap<string, string>;
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly logGroup: string | undefined;
  readonly place: Place | undefined;
}

export const noChanges: SimpleChanges = {
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

export function renderSimply(given: JsonObject, changes: SimpleChanges): Rendered {
  const { containerName, image, images, environment, environmentRemove, secrets, logGroup } = changes;
  const { cpu, memory } = changes;
  return render(
    given,
    {
      task: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) },
      containerName,
      container: {
        image,
        environment,
        environmentRemove,
        secrets,
        logs: logGroup === undefined ? undefined : { options: new Map([['awslogs-group', logGroup]]) },
        fields: {},
      },
      containers: new Map([...images].map(([name, each]) => [name, { ...noContainerChanges, image: each }])),
    },
    changes.place,
  );
}

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
  return {
    family: 'app',
    containerDefinitions: [{ name: 'web', image: 'web:1', memory: 512, ...container }],
    ...task,
  };
}

/** For renderings that comment nowhere. */
export function noGitHub(): never {
  throw new Error('no comment was asked for');
}
