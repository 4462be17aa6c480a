/** What is read off AWS's words, and the lines of a policy that are made of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { AwsCallError, classifyAwsError } from '../../../src/aws/call-error.ts';
import { denialOf, statementsFor } from '../../../src/aws/denial.ts';
import { policyOf } from '../../support/policies.ts';
import { root } from '../../support/source-files.ts';

const role = 'arn:aws:sts::111122223333:assumed-role/deploy/ips-deploy-1-1';
const denied = (operation: string, reason: string) =>
  denialOf(new AwsCallError(operation, 'AccessDenied', reason, 'access-denied'));

// The forms of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
test.each([
  [
    `User: ${role} is not authorized to perform: ecs:DescribeServices on resource: arn:aws:ecs:eu-central-1:111122223333:service/shop/api because no identity-based policy allows the ecs:DescribeServices action`,
    {
      action: 'ecs:DescribeServices',
      resource: 'arn:aws:ecs:eu-central-1:111122223333:service/shop/api',
      why: 'no identity-based policy allows it',
      isExplicit: false,
      principal: role,
    },
  ],
  [
    `User: ${role} is not authorized to perform: elasticloadbalancing:DescribeRules because no session policy allows the elasticloadbalancing:DescribeRules action`,
    {
      action: 'elasticloadbalancing:DescribeRules',
      resource: '*',
      why: 'no session policy allows it',
      isExplicit: false,
      principal: role,
    },
  ],
  [
    `User: ${role} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/execution with an explicit deny in a service control policy`,
    {
      action: 'iam:PassRole',
      resource: 'arn:aws:iam::111122223333:role/execution',
      why: 'an explicit deny in a service control policy',
      isExplicit: true,
      principal: role,
    },
  ],
  [
    `User: ${role} is not authorized to perform: ecs:ListServices on resource: *.`,
    {
      action: 'ecs:ListServices',
      resource: '*',
      why: `User: ${role} is not authorized to perform: ecs:ListServices on resource: *`,
      isExplicit: false,
      principal: role,
    },
  ],
  [
    'no values for RequestCount',
    {
      action: 'ecs:DescribeServices',
      resource: '*',
      why: 'no values for RequestCount',
      isExplicit: false,
      principal: undefined,
    },
  ],
])('%s', (reason, denial) => {
  expect(denied('ecs:DescribeServices', reason)).toEqual(denial);
});

const words = {
  REGION: 'ap-south-1',
  ACCOUNT: '123456789012',
  CLUSTER: 'shop',
  SERVICE: 'api',
  GREEN_SERVICE: 'api-green',
  FAMILY: 'api',
  EXECUTION_ROLE: 'execution',
  TASK_ROLE: 'task',
  LOAD_BALANCER: 'api',
  LOG_GROUP: '/ecs/api',
  REPOSITORY: 'api',
  BASE_REPOSITORY: 'node',
  SECRETS: 'ips/',
  PARAMETERS: 'ips/',
  TOPIC: 'alerts',
};

interface Line {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

/** A resource that the pattern stands for. */
const oneOf = (pattern: string): string => (pattern === '*' ? '*' : pattern.replace(/\*/g, '0123abc'));

describe.each(['blue-green-shift', 'rolling-deploy', 'rollback'])('the lines of docs/iam/%s.json', (name) => {
  const lines: readonly Line[] = policyOf(name, words).Statement;
  // Patterns within a name are the reader's own words; only ids are known to be made anew.
  const cases = lines.flatMap(({ Action, Resource, Condition }) =>
    [Action].flat().flatMap((action) =>
      [Resource]
        .flat()
        .filter(
          (resource) => !/:(alarm|log-group|secret|parameter|repository|topic)|\*api-green\*/.test(resource),
        )
        .filter(() => !['ecs:TagResource'].includes(action) && action !== 'cloudwatch:PutMetricAlarm')
        .map((resource) => ({ action, resource, condition: Condition })),
    ),
  );
  test('come out of what AWS denies', () => {
    expect(cases.length).toBeGreaterThan(5);
    for (const { action, resource, condition } of cases) {
      const { CLUSTER, REGION, ACCOUNT } = words;
      const made = statementsFor([{ action, resource: oneOf(resource) }], { CLUSTER, REGION, ACCOUNT });
      expect(made).toHaveLength(1);
      const [{ Resource = [], Condition, Action = [] } = {}] = made;
      expect({ action: Action, Condition }).toEqual({ action: [action], Condition: condition });
      expect(Resource).toContain(resource);
      const line = lines.find(
        (each) => [each.Action].flat().includes(action) && [each.Resource].flat().includes(resource),
      );
      expect([line?.Resource].flat()).toEqual(expect.arrayContaining([...Resource]));
    }
  });
});

test('actions of one resource are one statement, and so are resources of the same actions', () => {
  const service = (name: string): string => `arn:aws:ecs:ap-south-1:123456789012:service/shop/${name}`;
  const denials = [
    { action: 'ecs:UpdateService', resource: service('api') },
    { action: 'ecs:DescribeServices', resource: service('api') },
    { action: 'ecs:DescribeServices', resource: service('api-green') },
    { action: 'ecs:UpdateService', resource: service('api-green') },
    { action: 'ecs:ListServices', resource: '*' },
  ];
  expect(statementsFor(denials, { REGION: 'ap-south-1' })).toEqual([
    {
      Effect: 'Allow',
      Action: ['ecs:DescribeServices', 'ecs:UpdateService'],
      Resource: [service('api'), service('api-green')],
    },
    {
      Effect: 'Allow',
      Action: ['ecs:ListServices'],
      Resource: ['*'],
      // What is not known is left to the reader.
      Condition: { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:ap-south-1:ACCOUNT:cluster/CLUSTER' } },
    },
  ]);
});

test('every kind of refusal has its part in docs/troubleshooting.md', () => {
  const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  const kinds = [
    classifyAwsError('AccessDenied', 403),
    classifyAwsError('ExpiredToken', 403),
    classifyAwsError('Throttling', 400),
    classifyAwsError('ECONNRESET', 0),
    classifyAwsError('RuleNotFound', 400),
    classifyAwsError('ValidationError', 400),
    'bad-input',
  ];
  for (const kind of kinds) expect(page).toContain(`\n### ${kind}\n`);
});
