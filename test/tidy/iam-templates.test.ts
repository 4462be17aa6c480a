/** The templates of docs/iam say what the policies say; what a workflow may do is what its actions need. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/source-files.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}
interface Policy {
  readonly Statement: readonly Statement[];
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const policy = (path: string): Policy => JSON.parse(read(path));
const parameters: Readonly<Record<string, string>> = {
  Cluster: 'CLUSTER',
  Service: 'SERVICE',
  GreenService: 'GREEN_SERVICE',
  Family: 'FAMILY',
  ExecutionRole: 'EXECUTION_ROLE',
  TaskRole: 'TASK_ROLE',
  LoadBalancer: 'LOAD_BALANCER',
  LogGroup: 'LOG_GROUP',
  Repository: 'REPOSITORY',
  BaseRepository: 'BASE_REPOSITORY',
  Secrets: 'SECRETS',
  SsmParameters: 'PARAMETERS',
  Topic: 'TOPIC',
  Database: 'DATABASE',
  'AWS::Partition': 'aws',
  'AWS::Region': 'REGION',
  'AWS::AccountId': 'ACCOUNT',
};

/** Our own reading of the template, with the words of the JSON put in. */
function template(path: string) {
  const known = new Set<string>();
  const value = parse(read(path), {
    customTags: [
      {
        tag: '!Sub',
        resolve: (text: string) =>
          text.replace(/\$\{([\w:]+)\}/g, (_, name: string) => {
            known.add(name);
            return parameters[name] ?? `?${name}?`;
          }),
      },
      { tag: '!Ref', resolve: (text: string) => `ref ${text}` },
      { tag: '!GetAtt', resolve: (text: string) => `att ${text}` },
    ],
  });
  return { value, known };
}

/** One line for each action, resource and condition. */
const lines = ({ Statement }: Policy): readonly string[] =>
  Statement.flatMap(({ Action, Resource, Condition }) =>
    [Action]
      .flat()
      .flatMap((action) =>
        [Resource].flat().map((resource) => `${action} on ${resource} if ${JSON.stringify(Condition)}`),
      ),
  ).sort();

const actions = globSync('docs/iam/*.yml', { cwd: root });
const workflows = globSync('docs/iam/workflows/*.yml', { cwd: root });

test('there are templates', () => {
  expect([actions.length, workflows.length >= 6]).toEqual([5, true]);
});

test.each(actions)('%s is the policy beside it', (path) => {
  const { value, known } = template(path);
  expect(value.Resources.Policy.Properties.PolicyDocument).toEqual(policy(path.replace('.yml', '.json')));
  expect(Object.keys(value.Parameters).sort()).toEqual(
    [...known].filter((name) => !name.includes(':')).sort(),
  );
});

describe.each(workflows)('%s', (path) => {
  const name = basename(path, '.yml');
  const own = policy(path.replace('.yml', '.json'));

  test('is the policy beside it, for exactly the jobs that are named', () => {
    const { value } = template(path);
    const { AssumeRolePolicyDocument: trust, Policies } = value.Resources.Role.Properties;
    expect(Policies).toEqual([{ PolicyName: name, PolicyDocument: own }]);
    expect(trust.Statement[0].Condition.StringEquals).toEqual({
      'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
      'token.actions.githubusercontent.com:sub': 'ref Subjects',
      'token.actions.githubusercontent.com:repository_id': 'ref RepositoryId',
    });
    // Nobody is trusted by default.
    expect(value.Parameters.Subjects.Default).toBeUndefined();
  });

  test('allows what its actions need, and its own scripts', () => {
    const text = read(`.github/workflows/${name}.yml`);
    const parts = [...text.matchAll(/uses: \$\/(\.github\/workflows\/[a-z-]+\.yml)/g)].map(
      ([, part]) => part!,
    );
    const whole = [text, ...parts.map(read)].join('\n');
    const used = [...whole.matchAll(/uses: \$\/actions\/([a-z-]+)/g)].map(
      (match) => `docs/iam/${match[1]}.json`,
    );
    const needed = new Set(
      used.filter((path) => existsSync(join(root, path))).flatMap((path) => lines(policy(path))),
    );
    const further = lines(own).filter((line) => !needed.has(line));
    expect([...needed].filter((line) => !lines(own).includes(line))).toEqual([]);
    const scripts = new Set(further.map((line) => line.split(' ')[0]!));
    expect([...scripts].sort()).toEqual(
      name === 'release-service' ? ['rds:CreateDBSnapshot', 'rds:DescribeDBSnapshots'] : [],
    );
    const sids = own.Statement.map((each) => (each as unknown as { Sid: string }).Sid);
    expect(new Set(sids).size).toBe(sids.length);
  });

  test('fits into a role', () => {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(JSON.stringify(own).length).toBeLessThan(10_240);
  });
});

test('every workflow that is called has its row', () => {
  const readme = read('docs/iam/README.md');
  expect(workflows.filter((path) => !readme.includes(`(workflows/${basename(path)})`))).toEqual([]);
});
