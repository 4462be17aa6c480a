/** Where the definition comes from: a file of the workspace, ECS, or compose files. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import type { ComposeSource, RenderSource, ServiceSource } from '../inputs/render-task-def.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { parseDefinition, placeOf } from './definition-text.ts';
import type { JsonObject } from './json.ts';
import type { SourcePlace, TaskDefinitionProblem } from './problem.ts';

export interface DefinitionSource {
  readonly definition: JsonObject;
  /** For people: `task-definition.json`, `ips-api-task:7`. */
  readonly name: string;
  /** The line of what a JSON pointer names; undefined for ECS's own. */
  readonly placeOf: (pointer: string) => SourcePlace | undefined;
  readonly problems: readonly TaskDefinitionProblem[];
  readonly notices: readonly string[];
}

export interface SourcePorts {
  readonly aws: AwsCaller;
  readFile(path: string): Promise<string>;
  /** The job's environment: variables of compose files. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Empty where the job has none. */
  readonly region: string;
  readonly signal: AbortSignal;
}

export async function readSource(
  source: RenderSource,
  family: string | undefined,
  ports: SourcePorts,
): Promise<DefinitionSource> {
  if (source.kind === 'compose') return readCompose(source, family, ports);
  if (source.kind === 'file') {
    const text = await ports.readFile(source.path);
    const definition = parseDefinition(source.path, text);
    return {
      definition,
      name: source.path,
      placeOf: (pointer) => placeOf(source.path, text, pointer),
      problems: [],
      notices: [],
    };
  }
  const name = source.kind === 'service' ? (await readService(source, ports)).taskDefinitionArn : source.name;
  return readRegistered(name, ports);
}

/** The service as it is; a service that is not there is the user's to correct. */
export async function readService(
  { cluster, service }: ServiceSource,
  ports: Pick<SourcePorts, 'aws' | 'signal'>,
): Promise<ServiceFacts> {
  const found = await readServiceOrNothing(ports.aws, { cluster, service }, ports.signal);
  if (found === undefined || found.status === 'INACTIVE') {
    throw new ConfigurationError('service-not-found', `Cluster ${cluster} has no service ${service}.`);
  }
  return found;
}

export async function readRegistered(
  name: string,
  { aws, signal }: Pick<SourcePorts, 'aws' | 'signal'>,
): Promise<DefinitionSource> {
  try {
    const { taskDefinition, tags = [] } = await aws.call(
      'ecs:DescribeTaskDefinition',
      { taskDefinition: name, include: ['TAGS'] },
      signal,
    );
    if (taskDefinition === undefined)
      throw new Error('ecs:DescribeTaskDefinition answered without a definition.');
    // Through JSON: dates become texts (they are output-only), undefined members fall away.
    const plain = JSON.parse(JSON.stringify(taskDefinition)) as JsonObject;
    const definition = tags.length === 0 ? plain : { ...plain, tags: JSON.parse(JSON.stringify(tags)) };
    const { family = '', revision = '' } = taskDefinition;
    return {
      definition,
      name: `${family}:${revision}`,
      placeOf: () => undefined,
      problems: [],
      notices: [],
    };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.code !== 'ClientException') throw error;
    throw new ConfigurationError(
      'task-definition-not-found',
      `ECS has no task definition ${name}: ${error.reason}`,
    );
  }
}

async function readCompose(
  source: ComposeSource,
  family: string | undefined,
  ports: SourcePorts,
): Promise<DefinitionSource> {
  // The schema and its validator are loaded for those who need them.
  const { composeDefinition } = await import('./compose/definition.ts');
  const { definition, problems, notices, origins } = await composeDefinition(
    {
      paths: source.paths,
      envFiles: source.envFiles,
      profiles: source.profiles,
      services: source.services,
      environment: (name) => source.variables.get(name) ?? ports.environment[name],
      family,
      region: ports.region === '' ? undefined : ports.region,
    },
    ports,
  );
  return {
    definition,
    name: source.paths.join(', '),
    placeOf: (pointer) => {
      // Of the field, or of what it stands in.
      for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
        const place = origins.get(at);
        if (place !== undefined) return place;
      }
      const [first] = source.paths;
      return first === undefined ? undefined : { file: first, line: 1 };
    },
    problems,
    notices,
  };
}
