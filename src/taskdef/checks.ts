/**
 * What RegisterTaskDefinition would refuse, or what would keep a task from starting, found before AWS sees it.
 * All problems at once. Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */
import { checkContainer } from './check-container.ts';
import { checkDependencies } from './check-dependencies.ts';
import { checkFargate } from './check-fargate.ts';
import { isObject, type JsonObject, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { checkRange, type Say, shown, textsIn } from './report-problem.ts';

const namePattern = /^[A-Za-z0-9_-]{1,255}$/;
const roleArn = /^arn:[a-z0-9-]+:iam::(?:\d{12}|account-id|account):role\/\S+$/;
/** Service quotas. @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const mostContainers = 10;
const mostBytes = 64 * 1024;
const mostTags = 50;
/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html */
const tagText = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u;
const tagCharacters = 'letters, digits, blanks and + - = . _ : / @ only';

export function checkDefinition(definition: JsonObject): TaskDefinitionProblem[] {
  const problems: TaskDefinitionProblem[] = [];
  const say: Say = (code, path, message) => {
    problems.push({ code, pointer: pointer(path), message });
  };
  const family = definition['family'];
  if (typeof family !== 'string' || !namePattern.test(family)) {
    const allowed = 'family must be 1 to 255 letters, digits, "-" and "_"';
    say('family', ['family'], `${allowed}; ${shown(family)} is not.`);
  }
  checkTags(definition, say);
  checkTask(definition, say);
  const containers = definition['containerDefinitions'];
  if (!Array.isArray(containers) || containers.length === 0 || !containers.every(isObject)) {
    const message = 'containerDefinitions must be a list of at least one container.';
    say('containers', ['containerDefinitions'], message);
    return problems;
  }
  if (containers.length > mostContainers) {
    const message = `A task has ${mostContainers} containers at most; these are ${containers.length}.`;
    say('containers', ['containerDefinitions'], message);
  }
  const isFargate = textsIn(definition['requiresCompatibilities']).includes('FARGATE');
  if (isFargate) checkFargate(definition, say);
  for (const [index, container] of objectsOf(containers).entries()) {
    checkContainer(container, index, definition, isFargate, say);
  }
  checkDependencies(objectsOf(containers), say);
  checkPortsOnce(definition, say);
  if (objectsOf(containers).every((container) => container['essential'] === false)) {
    say('essential', ['containerDefinitions'], 'At least one container must be essential.');
  }
  return problems;
}

function checkTags(definition: JsonObject, say: Say): void {
  const tags = definition['tags'];
  if (!Array.isArray(tags)) return;
  if (tags.length === 0) say('tags', ['tags'], 'tags is an empty list, which ECS rejects: leave it out.');
  if (tags.length > mostTags)
    say('tags', ['tags'], `A definition has ${mostTags} tags at most; these are ${tags.length}.`);
  const keys = objectsOf(tags).map((tag) => tag['key']);
  for (const [index, key] of keys.entries()) {
    const at = ['tags', index, 'key'];
    if (typeof key !== 'string' || key === '' || key.length > 128) {
      say('tags', at, `The key of a tag has 1 to 128 characters; ${shown(key)} is not.`);
    } else if (/^aws:/i.test(key)) say('tags', at, `Keys that begin with aws: are AWS's own; ${key} is one.`);
    else if (keys.indexOf(key) !== index) say('tags', at, `The tag ${key} is there twice.`);
    else if (!tagText.test(key))
      say('tags', at, `The key of a tag has ${tagCharacters}; ${shown(key)} has others.`);
    const value = objectsOf(tags)[index]?.['value'];
    if (typeof value === 'string' && !tagText.test(value))
      say(
        'tags',
        ['tags', index, 'value'],
        `The value of a tag has ${tagCharacters}; that of ${shown(key)} has others.`,
      );
    if (typeof value === 'string' && value.length > 256) {
      say(
        'tags',
        ['tags', index, 'value'],
        `The value of a tag has 256 characters at most; that of ${String(key)} has ${value.length}.`,
      );
    }
  }
}

function checkTask(definition: JsonObject, say: Say): void {
  for (const field of ['executionRoleArn', 'taskRoleArn']) {
    const role = definition[field];
    // A task role may be given by its name.
    const isName = field === 'taskRoleArn' && typeof role === 'string' && /^[\w+=,.@-]{1,64}$/.test(role);
    if (role === undefined || role === null || isName || (typeof role === 'string' && roleArn.test(role)))
      continue;
    say('role', [field], `${field} is the ARN of a role; ${shown(role)} is not.`);
  }
  const storage = definition['ephemeralStorage'];
  if (isObject(storage)) checkRange(storage['sizeInGiB'], 21, 200, ['ephemeralStorage', 'sizeInGiB'], say);
  const names = objectsOf(definition['volumes']).map((volume) => volume['name']);
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || !namePattern.test(name)) {
      say(
        'volume',
        ['volumes', index, 'name'],
        `A volume needs a name of letters, digits, "-" and "_"; ${shown(name)} is not.`,
      );
    } else if (names.indexOf(name) !== index) {
      say('volume', ['volumes', index, 'name'], `Volume ${name} is there twice.`);
    }
  }
  const bytes = new TextEncoder().encode(JSON.stringify(definition)).length;
  if (bytes > mostBytes) {
    say('too-large', [], `A task definition has 64 KiB at most; this one has ${Math.ceil(bytes / 1024)}.`);
  }
}

/** With awsvpc all containers share one address: a port is one container's. */
function checkPortsOnce(definition: JsonObject, say: Say): void {
  if (definition['networkMode'] !== 'awsvpc') return;
  const owners = new Map<string, string>();
  for (const [index, container] of objectsOf(definition['containerDefinitions']).entries()) {
    for (const [position, mapping] of objectsOf(container['portMappings']).entries()) {
      const port = mapping['containerPort'];
      if (typeof port !== 'number') continue;
      const key = `${port}/${String(mapping['protocol'] ?? 'tcp')}`;
      const owner = owners.get(key);
      if (owner === undefined) {
        owners.set(key, shown(container['name']));
        continue;
      }
      const at = ['containerDefinitions', index, 'portMappings', position, 'containerPort'];
      say(
        'port-twice',
        at,
        `Port ${key} is that of container ${owner} already: containers of a task share one address.`,
      );
    }
  }
}
