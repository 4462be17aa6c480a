/** The policies of docs/iam as CloudFormation, and one for each reusable workflow. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, isScalar, parse, visit } from 'yaml';
import type { Policy, Statement } from './policies.ts';

interface Parameter {
  readonly name: string;
  readonly default: string;
  readonly description: string;
}

/** Words of the policies, and what a template asks for in their place: the guide's names are the defaults. */
const parameters: Readonly<Record<string, Parameter>> = {
  CLUSTER: { name: 'Cluster', default: 'ips-api-cluster', description: 'Name of the ECS cluster' },
  SERVICE: { name: 'Service', default: 'ips-api-service', description: 'Name of the ECS service' },
  GREEN_SERVICE: {
    name: 'GreenService',
    default: 'ips-api-service-green',
    description: 'The other service of a blue/green pair',
  },
  FAMILY: { name: 'Family', default: 'ips-api-task', description: 'Family of the task definition' },
  EXECUTION_ROLE: {
    name: 'ExecutionRole',
    default: 'ecsTaskExecutionRole',
    description: 'Name of the execution role of the tasks',
  },
  TASK_ROLE: { name: 'TaskRole', default: 'ecsTaskRole', description: 'Name of the role of the tasks' },
  LOAD_BALANCER: { name: 'LoadBalancer', default: 'ips-api-alb', description: 'Name of the load balancer' },
  LOG_GROUP: { name: 'LogGroup', default: '/ecs/ips-api', description: 'Log group of the containers' },
  REPOSITORY: { name: 'Repository', default: 'ips-data-acquisition-api', description: 'ECR repository' },
  BASE_REPOSITORY: {
    name: 'BaseRepository',
    default: 'ips-data-acquisition-api',
    description: 'ECR repository of the base image; any where it comes from elsewhere',
  },
  SECRETS: { name: 'Secrets', default: 'ips/', description: 'What the names of the secrets begin with' },
  PARAMETERS: {
    name: 'SsmParameters',
    default: 'ips/',
    description: 'What the names of the Systems Manager parameters begin with, without the first slash',
  },
  TOPIC: { name: 'Topic', default: 'ips-api-alerts', description: 'SNS topic that is told of deployments' },
  DATABASE: { name: 'Database', default: 'ips-database', description: 'RDS instance of the snapshot' },
};

const pseudo: Readonly<Record<string, string>> = { REGION: 'AWS::Region', ACCOUNT: 'AWS::AccountId' };
const wordPattern = new RegExp(
  `\\b(${[...Object.keys(parameters), ...Object.keys(pseudo)].sort((one, other) => other.length - one.length).join('|')})\\b`,
  'g',
);

/** What the steps of a workflow call besides the actions, in its own scripts. */
const ownCalls: Readonly<Record<string, readonly Statement[]>> = {
  // The snapshot before a release: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
  'release-service': [
    {
      Sid: 'RdsSnapshot',
      Effect: 'Allow',
      Action: 'rds:CreateDBSnapshot',
      Resource: ['arn:aws:rds:REGION:ACCOUNT:db:DATABASE', 'arn:aws:rds:REGION:ACCOUNT:snapshot:DATABASE-*'],
    },
    {
      Sid: 'RdsSnapshotRead',
      Effect: 'Allow',
      Action: 'rds:DescribeDBSnapshots',
      Resource: ['arn:aws:rds:REGION:ACCOUNT:db:DATABASE', 'arn:aws:rds:REGION:ACCOUNT:snapshot:DATABASE-*'],
    },
  ],
};

/** The actions that the jobs of a workflow run, once each, those of the workflows that are parts of it included. */
export function actionsOf(root: string, workflow: string): readonly string[] {
  const text = readFileSync(join(root, '.github/workflows', `${workflow}.yml`), 'utf8');
  const uses = [...text.matchAll(/uses: \$\/actions\/([a-z-]+)/g)].map((match) => match[1]!);
  return [...new Set([...uses, ...partsOf(text).flatMap((part) => actionsOf(root, part))])].sort();
}

/** The workflows beside it that a workflow calls. */
export function partsOf(text: string): readonly string[] {
  const uses = [...text.matchAll(/uses: \$\/\.github\/workflows\/([a-z-]+)\.yml/g)].map((match) => match[1]!);
  return [...new Set(uses)];
}

/** Whether a workflow is there to be called. */
export function isReusable(root: string, workflow: string): boolean {
  const { on } = parse(readFileSync(join(root, '.github/workflows', `${workflow}.yml`), 'utf8'));
  return on.workflow_call !== undefined;
}

/** One policy that allows what each of them does: statements about the same are put together. */
export function workflowPolicy(workflow: string, policies: readonly Policy[]): Policy {
  const statements = [...policies.flatMap((each) => each.Statement), ...(ownCalls[workflow] ?? [])];
  const merged = new Map<string, { statement: Statement; actions: Set<string> }>();
  for (const statement of statements) {
    const key = JSON.stringify([[statement.Resource].flat().sort(), statement.Condition]);
    const known = merged.get(key) ?? { statement, actions: new Set<string>() };
    for (const action of [statement.Action].flat()) known.actions.add(action);
    merged.set(key, known);
  }
  const sids = new Map<string, number>();
  return {
    Version: '2012-10-17',
    Statement: [...merged.values()].map(({ statement, actions }) => {
      const sid = statement.Sid.replace(/\d+$/, '');
      const count = (sids.get(sid) ?? 0) + 1;
      sids.set(sid, count);
      const list = [...actions].sort();
      return {
        ...statement,
        Sid: count === 1 ? sid : `${sid}${count}`,
        Action: list.length === 1 ? list[0]! : list,
      };
    }),
  };
}

/** A managed policy for a role of yours. */
export function policyTemplate(action: string, policy: Policy): string {
  return template(
    `What ${action} of ips-deploy-actions needs, as a managed policy`,
    policy,
    {},
    { Policy: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: policy } } },
    { PolicyArn: { Description: 'For the role of the job', Value: { Ref: 'Policy' } } },
  );
}

/** The role that the jobs of a workflow assume, with its trust and its policy. */
export function roleTemplate(workflow: string, policy: Policy): string {
  const issuer = 'token.actions.githubusercontent.com';
  const scope = workflow === 'pr-check' ? 'pull_request' : 'environment:Production';
  return template(
    `The role of the workflow ${workflow}.yml of ips-deploy-actions`,
    policy,
    {
      Subjects: {
        Type: 'CommaDelimitedList',
        Description: `Whom it trusts, exactly, as the action trust-policy prints it, such as repo:OWNER/NAME:${scope}`,
      },
      RepositoryId: {
        Type: 'String',
        AllowedPattern: '^[0-9]+$',
        Description: 'Number of the repository (gh api repos/OWNER/NAME --jq .id)',
      },
    },
    {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: {
                  Federated: `arn:aws:iam::ACCOUNT:oidc-provider/${issuer}`,
                },
                Action: 'sts:AssumeRoleWithWebIdentity',
                Condition: {
                  StringEquals: {
                    [`${issuer}:aud`]: 'sts.amazonaws.com',
                    [`${issuer}:sub`]: { Ref: 'Subjects' },
                    [`${issuer}:repository_id`]: { Ref: 'RepositoryId' },
                  },
                },
              },
            ],
          },
          Policies: [{ PolicyName: workflow, PolicyDocument: policy }],
        },
      },
    },
    { RoleArn: { Description: 'For role-to-assume', Value: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  );
}

function template(
  description: string,
  policy: Policy,
  further: Readonly<Record<string, unknown>>,
  resources: Readonly<Record<string, unknown>>,
  outputs: Readonly<Record<string, unknown>>,
): string {
  const unknown = /:[^"]*\b([A-Z][A-Z_]{3,})\b/.exec(
    JSON.stringify(policy.Statement.map((each) => each.Resource)).replace(wordPattern, ''),
  );
  if (unknown !== null) throw new Error(`scripts/iam/templates.ts has no parameter for ${unknown[1]}.`);
  const used = new Set([...JSON.stringify(policy).matchAll(wordPattern)].map((match) => match[1]!));
  const asked = Object.entries(parameters)
    .filter(([word]) => used.has(word))
    .map(([, { name, ...parameter }]) => [
      name,
      { Type: 'String', Default: parameter.default, Description: parameter.description },
    ]);
  const document = new Document(
    {
      AWSTemplateFormatVersion: '2010-09-09',
      Description: description,
      Parameters: { ...further, ...Object.fromEntries(asked) },
      Resources: resources,
      Outputs: outputs,
    },
    // CloudFormation knows no aliases.
    { aliasDuplicateObjects: false },
  );
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const value = node.value
        .replace(/^arn:aws:/, `arn:\${AWS::Partition}:`)
        .replace(wordPattern, (word) => `\${${pseudo[word] ?? parameters[word]!.name}}`);
      if (value === node.value) return;
      node.value = value;
      node.tag = '!Sub';
    },
    Map(_key, node) {
      const [pair, ...others] = node.items;
      if (pair === undefined || others.length > 0 || !isScalar(pair.key)) return undefined;
      if (pair.key.value === 'Ref' && isScalar(pair.value)) {
        pair.value.tag = '!Ref';
        return pair.value;
      }
      if (pair.key.value !== 'Fn::GetAtt') return undefined;
      const named = document.createNode('Role.Arn');
      named.tag = '!GetAtt';
      return named;
    },
  });
  return `# Made by npm run docs.\n${document.toString({ lineWidth: 0 })}`;
}
