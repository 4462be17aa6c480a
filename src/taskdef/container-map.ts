/**
 * The `containers` input: a map of container to changes, in YAML (of which JSON is a part). Every scalar is taken
 * as it is written: `1.10`, `0755`, `yes` and `""` stay what they are. Pure.
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { keyValues } from '../inputs/field.ts';
import type { ContainerChanges, LogChanges } from './changes.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { nearestName } from './nearest-name.ts';
import type { TaskDefinitionProblem } from './problem.ts';

export interface ContainerMap {
  readonly containers: ReadonlyMap<string, ContainerChanges>;
  readonly problems: readonly TaskDefinitionProblem[];
}

type Say = (message: string) => void;

const numbers = ['cpu', 'memory', 'memoryReservation', 'stopTimeout', 'startTimeout'] as const;
const booleans = ['essential', 'readonlyRootFilesystem'] as const;
const texts = ['user', 'workingDirectory'] as const;
const lists = ['command', 'entryPoint'] as const;
const fieldNames: readonly string[] = [
  ...['image', 'environment', 'environmentRemove', 'secrets', 'logs', 'healthCheck'],
  ...numbers,
  ...booleans,
  ...texts,
  ...lists,
];
const logNames = ['driver', 'group', 'region', 'streamPrefix', 'options'];
const healthNames = ['command', 'interval', 'timeout', 'retries', 'startPeriod'];

export function parseContainerMap(text: string): ContainerMap {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const problems: TaskDefinitionProblem[] = [];
  const sayAt =
    (node: Node | null | undefined): Say =>
    (message) => {
      const line = node?.range ? `, line ${lines.linePos(node.range[0]).line}` : '';
      problems.push({
        code: 'containers-input',
        pointer: '',
        message: `Input containers${line}: ${message}`,
      });
    };
  for (const error of document.errors) {
    const line = lines.linePos(error.pos[0]).line;
    const message = `Input containers, line ${line}: this is not YAML: ${error.message}`;
    problems.push({ code: 'containers-input', pointer: '', message });
  }
  const containers = new Map<string, ContainerChanges>();
  const say = sayAt(document.contents);
  if (problems.length > 0) return { containers, problems };
  if (!isMap(document.contents)) {
    say('a map of container names is expected.');
    return { containers, problems };
  }
  for (const pair of document.contents.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const given = isMap(pair.value) ? (pair.value.toJS(document) as JsonValue) : undefined;
    const sayHere = sayAt(isScalar(pair.key) ? pair.key : undefined);
    if (!isObject(given)) sayHere(`${name} needs a map of what is to change.`);
    else {
      const lineSay = (field: string): Say => {
        const entry = isMap(pair.value)
          ? pair.value.items.find((each) => nameOf(each.key) === field)
          : undefined;
        return sayAt(isScalar(entry?.key) || isSeq(entry?.key) ? entry.key : undefined);
      };
      containers.set(name, changesOf(name, given, lineSay));
    }
  }
  return { containers, problems };
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function changesOf(container: string, given: JsonObject, sayAt: (field: string) => Say): ContainerChanges {
  const fields: JsonObject = {};
  for (const key of Object.keys(given)) checkName(key, fieldNames, container, sayAt(key));
  for (const name of numbers) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value === 'string' && /^\d{1,9}$/.test(value)) fields[name] = Number(value);
    else sayAt(name)(`${name} of ${container} is a whole number.`);
  }
  for (const name of booleans) {
    const value = given[name];
    if (value === undefined) continue;
    if (value === 'true' || value === 'false') fields[name] = value === 'true';
    else sayAt(name)(`${name} of ${container} is true or false.`);
  }
  for (const name of texts) {
    const value = given[name];
    if (typeof value === 'string') fields[name] = value;
    else if (value !== undefined) sayAt(name)(`${name} of ${container} is one text.`);
  }
  for (const name of lists) {
    const value = textList(given[name], `${name} of ${container}`, sayAt(name));
    if (value !== undefined) fields[name] = value;
  }
  const image = given['image'];
  if (image !== undefined && (typeof image !== 'string' || !/^\S{1,512}$/.test(image))) {
    sayAt('image')(`image of ${container} is one name without blanks.`);
  }
  return {
    image: typeof image === 'string' ? image : undefined,
    environment: pairs(given['environment'], `environment of ${container}`, sayAt('environment')),
    environmentRemove:
      textList(given['environmentRemove'], `environmentRemove of ${container}`, sayAt('environmentRemove')) ??
      [],
    secrets: pairs(given['secrets'], `secrets of ${container}`, sayAt('secrets')),
    logs: logsOf(given['logs'], container, sayAt('logs')),
    healthCheck: healthCheckOf(given['healthCheck'], container, sayAt('healthCheck')),
    fields,
  };
}

/** A map, or `NAME=value` lines. */
function pairs(given: JsonValue | undefined, what: string, say: Say): ReadonlyMap<string, string> {
  if (given === undefined) return new Map();
  if (typeof given === 'string') {
    const parsed = keyValues().parse(given);
    if (parsed.ok) return parsed.value;
    say(`${what}: expected is ${parsed.allowed}.`);
    return new Map();
  }
  const entries = isObject(given) ? Object.entries(given) : undefined;
  if (entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    return new Map(entries);
  say(`${what} is a map of names to texts, or NAME=value lines.`);
  return new Map();
}

/** A command that is one text would have to be cut at blanks by guess. */
function textList(given: JsonValue | undefined, what: string, say: Say): string[] | undefined {
  if (given === undefined) return undefined;
  if (Array.isArray(given) && given.every((entry) => typeof entry === 'string')) return given;
  say(`${what} is a list of texts, such as ["node", "server.js"]: one text is never cut into words.`);
  return undefined;
}

function logsOf(given: JsonValue | undefined, container: string, say: Say): LogChanges | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) {
    say(`logs of ${container} is a map with ${logNames.join(', ')}.`);
    return undefined;
  }
  for (const key of Object.keys(given)) checkName(key, logNames, `logs of ${container}`, say);
  const options = new Map(pairs(given['options'], `logs.options of ${container}`, say));
  for (const [key, option] of [
    ['group', 'awslogs-group'],
    ['region', 'awslogs-region'],
    ['streamPrefix', 'awslogs-stream-prefix'],
  ] as const) {
    const value = given[key];
    if (typeof value === 'string') options.set(option, value);
    else if (value !== undefined) say(`logs.${key} of ${container} is one text.`);
  }
  const driver = given['driver'];
  return { driver: typeof driver === 'string' ? driver : undefined, options };
}

function healthCheckOf(given: JsonValue | undefined, container: string, say: Say): JsonObject | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) {
    say(`healthCheck of ${container} is a map with ${healthNames.join(', ')}.`);
    return undefined;
  }
  const check: JsonObject = {};
  for (const [key, value] of Object.entries(given)) {
    checkName(key, healthNames, `healthCheck of ${container}`, say);
    if (key === 'command') {
      const command = textList(value, `healthCheck.command of ${container}`, say);
      if (command !== undefined) check['command'] = command;
    } else if (healthNames.includes(key)) {
      if (typeof value === 'string' && /^\d{1,5}$/.test(value)) check[key] = Number(value);
      else say(`healthCheck.${key} of ${container} is a whole number.`);
    }
  }
  return check;
}

function checkName(key: string, known: readonly string[], where: string, say: Say): void {
  if (known.includes(key)) return;
  const meant = nearestName(key.replaceAll('-', ''), known);
  say(
    `"${key}" is nothing that ${where} has${meant === undefined ? `: ${known.join(', ')}` : `: "${meant}" is meant`}.`,
  );
}
