import { expect, test } from '@jest/globals';
import type { Principal } from '../../../../src/lab/world/service.ts';
import { World } from '../../../../src/lab/world/world.ts';

const trustPolicy = {
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '123456789012' } }],
};

function roleWith(world: World, statement: object | undefined): Principal {
  const policies = statement === undefined ? {} : { deploy: { Statement: [statement] } };
  world.iam.addRole({ name: 'Deploy', trustPolicy, policies });
  return { kind: 'role-session', arn: 'arn:aws:sts::123456789012:assumed-role/Deploy/run-1', name: 'Deploy' };
}

const repository = 'arn:aws:ecr:ap-south-1:123456789012:repository/api';

test('a call without a policy for it is denied in the words of AWS, and nothing happens', () => {
  const world = new World();
  const principal = roleWith(world, undefined);
  const result = world.call({
    service: 'ecr',
    operation: 'CreateRepository',
    input: { repositoryName: 'api' },
    principal,
  });
  expect(result).toMatchObject({
    kind: 'error',
    error: {
      code: 'AccessDeniedException',
      status: 400,
      message: `User: ${principal.arn} is not authorized to perform: ecr:CreateRepository on resource: ${repository} because no identity-based policy allows the ecr:CreateRepository action`,
    },
  });
  expect(world.ecr.repositoryExists('api')).toBe(false);
});

test('the policy that allows it lets it through; an explicit deny is named as such', () => {
  const call = (statement: object) => {
    const world = new World();
    const principal = roleWith(world, statement);
    return world.call({
      service: 'ecr',
      operation: 'CreateRepository',
      input: { repositoryName: 'api' },
      principal,
    });
  };
  const allowed = { Effect: 'Allow', Action: 'ecr:CreateRepository', Resource: repository };
  expect(call(allowed).kind).toBe('answer');
  expect(call({ ...allowed, Resource: `${repository}-2` }).kind).toBe('error');
  const denied = call({ ...allowed, Effect: 'Deny' });
  expect(denied).toMatchObject({
    error: { message: expect.stringContaining('with an explicit deny in an identity-based policy') },
  });
});

test('services that speak Query answer AccessDenied with 403', () => {
  const world = new World();
  const principal = roleWith(world, undefined);
  const result = world.call({
    service: 'elasticloadbalancing',
    operation: 'DescribeRules',
    input: {},
    principal,
  });
  expect(result).toMatchObject({ kind: 'error', error: { code: 'AccessDenied', status: 403 } });
});

test('a principal that IAM does not know may do nothing, the root everything', () => {
  const world = new World();
  const call = (principal: Principal) =>
    world.call({ service: 'ecr', operation: 'DescribeRepositories', input: {}, principal }).kind;
  expect(call({ kind: 'user', arn: 'arn:aws:iam::123456789012:user/ghost', name: 'ghost' })).toBe('error');
  expect(call({ kind: 'anonymous', arn: 'anonymous', name: 'anonymous' })).toBe('error');
  expect(call(world.root)).toBe('answer');
});
