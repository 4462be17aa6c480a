/** Where the definition comes from: a file of the workspace, or ECS. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { TaskDefinitionRef } from '../inputs/ecs-names.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { parseDefinition } from './definition-text.ts';
import type { JsonObject } from './json.ts';

export interface DefinitionSource {
  readonly definition: JsonObject;
  /** For people: `task-definition.json`, `ips-api-task:7`. */
  readonly name: string;
  /** The file's text, for line numbers; undefined for ECS's own. */
  readonly text: string | undefined;
}

export interface SourcePorts {
  readonly aws: AwsCaller;
  readFile(path: string): Promise<string>;
  readonly signal: AbortSignal;
}

export async function readSource(ref: TaskDefinitionRef, ports: SourcePorts): Promise<DefinitionSource> {
  if (ref.kind === 'file') {
    const text = await ports.readFile(ref.path);
    return { definition: parseDefinition(ref.path, text), name: ref.path, text };
  }
  try {
    const { taskDefinition, tags = [] } = await ports.aws.call(
      'ecs:DescribeTaskDefinition',
      { taskDefinition: ref.name, include: ['TAGS'] },
      ports.signal,
    );
    if (taskDefinition === undefined)
      throw new Error('ecs:DescribeTaskDefinition answered without a definition.');
    // Through JSON: dates become texts (they are output-only), undefined members fall away.
    const plain = JSON.parse(JSON.stringify(taskDefinition)) as JsonObject;
    const definition = tags.length === 0 ? plain : { ...plain, tags: JSON.parse(JSON.stringify(tags)) };
    const { family = '', revision = '' } = taskDefinition;
    return { definition, name: `${family}:${revision}`, text: undefined };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.code !== 'ClientException') throw error;
    throw new ConfigurationError(
      'task-definition-not-found',
      `ECS has no task definition ${ref.name}: ${error.reason}`,
    );
  }
}
