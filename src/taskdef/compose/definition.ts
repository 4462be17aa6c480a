/**
 * A Compose project as one task definition for Fargate: every service that is chosen becomes a container.
 * @see https://github.com/compose-spec/compose-spec/blob/main/spec.md
 */
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { SourcePlace, TaskDefinitionProblem } from '../problem.ts';
import { containerOf } from './container.ts';
import { environmentOf } from './environment.ts';
import { Findings } from './findings.ts';
import { toKeys } from './merge.ts';
import { type ComposeFiles, type ComposeProject, type ProjectQuestion, readProject } from './project.ts';
import { taskSizeOf } from './resources.ts';
import { ServiceReader } from './service-reader.ts';

export interface ComposeQuestion extends ProjectQuestion {
  /** Services that become containers; empty: all that the profiles let through. */
  readonly services: readonly string[];
  /** Undefined: the name of the project, else of the only service, else of the folder. */
  readonly family: string | undefined;
  /** Where logs go to. */
  readonly region: string | undefined;
}

export interface ComposeDefinition {
  readonly definition: JsonObject;
  readonly problems: readonly TaskDefinitionProblem[];
  readonly notices: readonly string[];
  /** Where a container of the definition comes from, and each of its fields: by JSON pointer. */
  readonly origins: ReadonlyMap<string, SourcePlace>;
}

/** The guide's small size, where no service says what it needs. */
const defaultSize = { cpu: '512', memory: '1024' };

export async function composeDefinition(
  question: ComposeQuestion,
  files: ComposeFiles,
): Promise<ComposeDefinition> {
  const findings = new Findings();
  const project = await readProject(question, files, findings);
  // A file against the schema can hold anything anywhere: mapping it would only repeat that.
  if (findings.problems.some(({ code }) => code === 'compose-schema' || code === 'compose-file')) {
    return { definition: {}, problems: findings.problems, notices: findings.notices, origins: new Map() };
  }
  if (question.region === undefined) {
    findings.refuse(
      'region-missing',
      undefined,
      'Logs need a region to go to, and this job has no AWS_REGION.',
    );
  }
  const chosen = chooseServices(question, project, findings);
  const oneShots = oneShotsOf(chosen, project);
  const family = question.family ?? familyOf(project, chosen);
  if (question.family === undefined && project.name === undefined && chosen.size > 1) {
    findings.notice(`The files have no name: the family is ${family}. The input family names another one.`);
  }
  const volumes = new Map<string, JsonObject>();
  const origins = new Map<string, SourcePlace>();
  const containers: JsonObject[] = [];
  for (const [name, service] of chosen) {
    const reader = new ServiceReader(name, service, project.places, findings, homeOf(project, service));
    const environment = await environmentOf(reader, project.folder, project.lookup, files);
    const container = containerOf(reader, {
      environment,
      logGroup: `/ecs/${chosen.size === 1 ? name : family}`,
      logRegion: question.region ?? '',
      declaredVolumes: project.volumes,
      volumes,
      inTask: [...chosen.keys()],
      known: [...project.services.keys(), ...project.inactive],
      isOneShot: oneShots.has(name),
    });
    noteOrigins(origins, containers.length, reader);
    containers.push(container);
    tellNeighbours(reader, container, [...chosen.keys()]);
  }
  const size = taskSizeOf(containers);
  if (size === undefined && containers.length > 0) {
    findings.notice(
      `No service says what it needs: the task gets cpu ${defaultSize.cpu} and memory ${defaultSize.memory}.`,
    );
  }
  const platform = platformOf([...chosen.values()], findings);
  const pidMode = [...chosen.values()].some((service) => String(service['pid'] ?? '').startsWith('service:'));
  const definition: JsonObject = {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    ...(size ?? defaultSize),
    containerDefinitions: containers,
    ...(volumes.size === 0 ? {} : { volumes: [...volumes.values()] }),
    ...(pidMode ? { pidMode: 'task' } : {}),
    ...(platform === undefined ? {} : { runtimePlatform: platform }),
  };
  return { definition, problems: findings.problems, notices: findings.notices, origins };
}

function chooseServices(
  question: ComposeQuestion,
  project: ComposeProject,
  findings: Findings,
): ReadonlyMap<string, JsonObject> {
  if (question.services.length === 0) {
    if (project.services.size === 0) {
      const hidden = project.inactive.length > 0 ? `: profiles hide ${project.inactive.join(', ')}` : '';
      findings.refuse(
        'compose-services',
        undefined,
        `${question.paths.join(', ')} has no service to run${hidden}.`,
      );
    } else if (project.services.size > 1) {
      findings.notice(
        `${[...project.services.keys()].join(', ')} become containers of one task: they share its network and its size, start, scale and end together. compose-services names those that belong together; the others get a definition of their own.`,
      );
    }
    return project.services;
  }
  const chosen = new Map<string, JsonObject>();
  for (const name of question.services) {
    const service = project.services.get(name);
    if (service !== undefined) chosen.set(name, service);
    else if (project.inactive.includes(name)) {
      findings.refuse(
        'compose-services',
        undefined,
        `Service ${name} is in no active profile: name its profile in compose-profiles.`,
      );
    } else {
      findings.refuse(
        'compose-services',
        undefined,
        `There is no service ${name}; there are ${[...project.services.keys()].join(', ') || 'none'}.`,
      );
    }
  }
  return chosen;
}

/** Services that another one waits for to end: they must not take the task down with them. */
function oneShotsOf(chosen: ReadonlyMap<string, JsonObject>, project: ComposeProject): ReadonlySet<string> {
  const found = new Set<string>();
  for (const service of chosen.values()) {
    for (const [name, details] of Object.entries(toKeys(service['depends_on'] ?? {}, project))) {
      if (isObject(details) && details['condition'] === 'service_completed_successfully') found.add(name);
    }
  }
  return found;
}

function familyOf(project: ComposeProject, chosen: ReadonlyMap<string, JsonObject>): string {
  const [only] = chosen.keys();
  const name =
    project.name ?? (chosen.size === 1 ? only : undefined) ?? project.folder.split('/').at(-1) ?? '';
  const clean = name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  return clean === '' ? (only ?? 'app') : clean;
}

function homeOf(project: ComposeProject, service: JsonObject): SourcePlace | undefined {
  return Object.keys(service)
    .map((key) => project.places.at(service, key))
    .find((place) => place !== undefined);
}

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  image: ['image'],
  environment: ['environment'],
  env_file: ['environment'],
  ports: ['portMappings'],
  command: ['command'],
  entrypoint: ['entryPoint'],
  depends_on: ['dependsOn'],
  healthcheck: ['healthCheck'],
  logging: ['logConfiguration'],
  deploy: ['cpu', 'memory', 'memoryReservation', 'restartPolicy'],
  volumes: ['mountPoints'],
  stop_grace_period: ['stopTimeout'],
};

function noteOrigins(origins: Map<string, SourcePlace>, index: number, reader: ServiceReader): void {
  const base = `/containerDefinitions/${index}`;
  const home = reader.place('image');
  if (home !== undefined) origins.set(base, home);
  for (const [attribute, fields] of Object.entries(fieldsOf)) {
    if (reader.service[attribute] === undefined) continue;
    const place = reader.place(attribute);
    if (place !== undefined) for (const field of fields) origins.set(`${base}/${field}`, place);
  }
}

/** `redis://redis:6379` means another host; in a task it is localhost. */
function tellNeighbours(reader: ServiceReader, container: JsonObject, inTask: readonly string[]): void {
  const text = JSON.stringify([container['environment'] ?? [], container['command'] ?? []]);
  for (const other of inTask) {
    if (other === reader.name) continue;
    const name = other.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&');
    if (new RegExp(`(?:[/@=,"]|Host=|Server=)${name}(?::\\d|/|;|,|")`, 'i').test(text)) {
      reader.notice(
        'environment',
        `${other} is named as a host: containers of one task reach each other as localhost`,
      );
    }
  }
}

const architectures: Readonly<Record<string, string>> = {
  amd64: 'X86_64',
  x86_64: 'X86_64',
  arm64: 'ARM64',
  aarch64: 'ARM64',
};

function platformOf(services: readonly JsonObject[], findings: Findings): JsonObject | undefined {
  // `linux/arm64/v8`: Fargate knows no variants.
  const platforms = services.map((service) => service['platform']).filter((each) => typeof each === 'string');
  const given = [...new Set(platforms.map((each) => each.split('/').slice(0, 2).join('/')))];
  if (given.length === 0) return undefined;
  const [first] = given;
  const [os, architecture = ''] = String(first).split('/');
  const cpuArchitecture = architectures[architecture];
  if (given.length > 1 || os !== 'linux' || cpuArchitecture === undefined) {
    findings.refuse(
      'compose-unsupported',
      undefined,
      `platform ${given.join(', ')}: all containers of a task run on one platform, linux/amd64 or linux/arm64.`,
    );
    return undefined;
  }
  return { cpuArchitecture, operatingSystemFamily: 'LINUX' } satisfies Record<string, JsonValue>;
}
