/** Whether what a definition names exists: images in ECR, secrets and parameters, log groups, roles. Reads only. */
import type { AwsCaller } from '../aws/caller.ts';
import { parseEcrImage } from '../aws/ecr-image-name.ts';
import { readImageExistence } from '../aws/ecr-image-presence.ts';
import { readLogGroupPresence } from '../aws/log-group-presence.ts';
import type { Home } from '../aws/parameter-presence.ts';
import { readRolePresence } from '../aws/role-presence.ts';
import { readSecretPresence } from '../aws/secret-presence.ts';
import { isObject, type JsonObject, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';

export interface LookUp {
  readonly problems: readonly TaskDefinitionProblem[];
  /** What could not be looked up, and why. */
  readonly unchecked: readonly string[];
}

type Answer =
  | { readonly kind: 'present' | 'missing' }
  | { readonly kind: 'gone' | 'moved' | 'unchecked'; readonly why: string };

interface Question {
  readonly code: string;
  readonly at: string;
  /** One question a name, however often it stands there. */
  readonly key: string;
  /** What it is, for people: `The log group /ecs/api`. */
  readonly what: string;
  /** Behind it where it is missing. */
  readonly remedy: string;
  ask(): Promise<Answer>;
}

/**
 * `region` is that of the job: what is elsewhere is not asked for. Rejects with `AwsCallError` where AWS cannot be
 * asked at all; a permission that is missing makes that one thing unchecked.
 */
export async function lookUp(
  aws: AwsCaller,
  definition: JsonObject,
  region: string,
  signal: AbortSignal,
): Promise<LookUp> {
  const problems: TaskDefinitionProblem[] = [];
  const unchecked = new Map<string, string>();
  const answers = new Map<string, Promise<Answer>>();
  for (const question of questionsOf(aws, definition, region, signal)) {
    const asked = answers.get(question.key) ?? question.ask();
    answers.set(question.key, asked);
    const answer = await asked;
    if (answer.kind === 'present' || answer.kind === 'moved') continue;
    if (answer.kind === 'unchecked') {
      unchecked.set(question.key, `${question.what} was not looked up: ${answer.why}.`);
      continue;
    }
    const why = answer.kind === 'gone' ? `: ${answer.why}` : '';
    const message = `${question.what} is not usable${why}. ${question.remedy}`;
    problems.push({ code: question.code, pointer: question.at, message });
  }
  return { problems, unchecked: [...unchecked.values()] };
}

function* questionsOf(
  aws: AwsCaller,
  definition: JsonObject,
  region: string,
  signal: AbortSignal,
): Generator<Question> {
  const home = homeOf(aws, region, signal);
  for (const field of ['executionRoleArn', 'taskRoleArn']) {
    const role = definition[field];
    if (typeof role !== 'string' || /:iam::account/.test(role)) continue;
    yield {
      code: 'role-missing',
      at: pointer([field]),
      key: `role ${role}`,
      what: `${field} ${role}`,
      remedy: 'No task would start with it.',
      ask: () => readRolePresence(aws, role, signal),
    };
  }
  for (const [index, container] of objectsOf(definition['containerDefinitions']).entries()) {
    const path = ['containerDefinitions', index];
    const image = container['image'];
    if (typeof image === 'string' && parseEcrImage(image)?.region === region) {
      yield {
        code: 'image-missing',
        at: pointer([...path, 'image']),
        key: `image ${image}`,
        what: `Image ${image}`,
        remedy: 'Push it before it is deployed.',
        ask: () => readImageExistence(aws, image, signal),
      };
    }
    for (const [position, { name, valueFrom }] of objectsOf(container['secrets']).entries()) {
      if (typeof valueFrom !== 'string' || valueFrom === '') continue;
      if (/^arn:[^:]+:secretsmanager:/.test(valueFrom) && valueFrom.split(':')[3] !== region) continue;
      yield {
        code: 'secret-missing',
        at: pointer([...path, 'secrets', position, 'valueFrom']),
        key: `secret ${valueFrom}`,
        what: `The secret of ${String(name)}`,
        remedy: 'No task would start without it.',
        ask: () => readSecretPresence(aws, valueFrom, home, signal),
      };
    }
    const group = logGroupOf(container, region);
    if (group !== undefined) {
      yield {
        code: 'log-group-missing',
        at: pointer([...path, 'logConfiguration', 'options']),
        key: `log group ${group}`,
        what: `Log group ${group}`,
        remedy: 'It does not exist: make it, or set the option awslogs-create-group to true.',
        ask: () => readLogGroupPresence(aws, group, signal),
      };
    }
  }
}

/** The account is asked of STS, once, and only where an ARN names one. */
function homeOf(aws: AwsCaller, region: string, signal: AbortSignal): Home {
  let account: Promise<string | undefined> | undefined;
  const ask = async () => (await aws.call('sts:GetCallerIdentity', {}, signal)).Account;
  return {
    region,
    account: () => {
      account ??= ask();
      return account;
    },
  };
}

/** Undefined where there is none to look for, or ECS makes it. */
function logGroupOf(container: JsonObject, region: string): string | undefined {
  const log = container['logConfiguration'];
  if (!isObject(log) || log['logDriver'] !== 'awslogs' || !isObject(log['options'])) return undefined;
  const { 'awslogs-group': group, 'awslogs-create-group': creates, 'awslogs-region': where } = log['options'];
  if (typeof group !== 'string' || group === '' || creates === 'true' || where !== region) return undefined;
  return group;
}
