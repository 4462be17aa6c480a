import { expect, test } from '@jest/globals';
import { World } from '../../../../src/lab/world/world.ts';

const trust = JSON.stringify({
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '123456789012' } }],
});
const policy = (Action: string, Resource = '*') =>
  JSON.stringify({ Statement: [{ Effect: 'Allow', Action, Resource }] });

function setUp() {
  const world = new World();
  const iam = (operation: string, input: object = {}) => world.must('iam', operation, input);
  return { world, iam };
}

test('a role is made, described and taken apart in the order AWS wants', () => {
  const { iam } = setUp();
  const made = iam('CreateRole', { RoleName: 'Deploy', AssumeRolePolicyDocument: trust }).Role;
  expect(made.Arn).toBe('arn:aws:iam::123456789012:role/Deploy');
  expect(made.RoleId).toMatch(/^AROA[A-Z2-7]{16}$/);
  expect(decodeURIComponent(iam('GetRole', { RoleName: 'Deploy' }).Role.AssumeRolePolicyDocument)).toBe(
    trust,
  );
  expect(() => iam('CreateRole', { RoleName: 'Deploy', AssumeRolePolicyDocument: trust })).toThrow(
    'already exists',
  );
  iam('PutRolePolicy', { RoleName: 'Deploy', PolicyName: 'p', PolicyDocument: policy('ecs:*') });
  expect(iam('ListRolePolicies', { RoleName: 'Deploy' }).PolicyNames).toEqual(['p']);
  expect(() => iam('DeleteRole', { RoleName: 'Deploy' })).toThrow('must delete policies first');
  iam('DeleteRolePolicy', { RoleName: 'Deploy', PolicyName: 'p' });
  iam('DeleteRole', { RoleName: 'Deploy' });
  expect(() => iam('GetRole', { RoleName: 'Deploy' })).toThrow(
    expect.objectContaining({ code: 'NoSuchEntity' }),
  );
});

test('a managed policy works for as long as it is attached', () => {
  const { iam } = setUp();
  iam('CreateRole', { RoleName: 'Deploy', AssumeRolePolicyDocument: trust });
  const PolicyArn = iam('CreatePolicy', { PolicyName: 'ecs', PolicyDocument: policy('ecs:Update*') }).Policy
    .Arn;
  const may = (action: string) => {
    const input = { PolicySourceArn: 'arn:aws:iam::123456789012:role/Deploy', ActionNames: [action] };
    return iam('SimulatePrincipalPolicy', input).EvaluationResults[0].EvalDecision;
  };
  expect(may('ecs:UpdateService')).toBe('implicitDeny');
  iam('AttachRolePolicy', { RoleName: 'Deploy', PolicyArn });
  expect([may('ecs:UpdateService'), may('ecs:DeleteService')]).toEqual(['allowed', 'implicitDeny']);
  expect(() => iam('DeletePolicy', { PolicyArn })).toThrow('attached');
  iam('DetachRolePolicy', { RoleName: 'Deploy', PolicyArn });
  expect(may('ecs:UpdateService')).toBe('implicitDeny');
  iam('DeletePolicy', { PolicyArn });
  expect(() => iam('GetPolicy', { PolicyArn })).toThrow('does not exist');
});

test('a user has at most two keys, and without a name the caller is meant', () => {
  const { world, iam } = setUp();
  iam('CreateUser', { UserName: 'ana' });
  iam('PutUserPolicy', { UserName: 'ana', PolicyName: 'p', PolicyDocument: policy('iam:*') });
  const ana = { kind: 'user', arn: 'arn:aws:iam::123456789012:user/ana', name: 'ana' } as const;
  const first = world.must('iam', 'CreateAccessKey', {}, ana).AccessKey;
  expect(first).toMatchObject({
    UserName: 'ana',
    Status: 'Active',
    AccessKeyId: expect.stringMatching(/^AKIA/),
  });
  iam('CreateAccessKey', { UserName: 'ana' });
  expect(() => iam('CreateAccessKey', { UserName: 'ana' })).toThrow('AccessKeysPerUser: 2');
  expect(() => iam('CreateAccessKey')).toThrow('non-User credentials');
  const listed = iam('ListAccessKeys', { UserName: 'ana' }).AccessKeyMetadata;
  expect(listed).toHaveLength(2);
  expect(JSON.stringify(listed)).not.toContain(first.SecretAccessKey);
  iam('DeleteAccessKey', { UserName: 'ana', AccessKeyId: first.AccessKeyId });
  expect(world.sts.lookupCredentials(first.AccessKeyId)).toBeUndefined();
});
