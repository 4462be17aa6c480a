import { describe, expect, test } from '@jest/globals';
import { World } from '../../../../src/lab/world/world.ts';

const arn = 'arn:aws:ssm:ap-south-1:123456789012:parameter';

function setUp() {
  const world = new World();
  const must = (operation: string, input: object) => world.must('ssm', operation, input);
  const put = (Name: string, more: object = {}) =>
    must('PutParameter', { Name, Value: 'hunter2', Type: 'String', ...more });
  const tagsOf = (ResourceId: string) =>
    must('ListTagsForResource', { ResourceType: 'Parameter', ResourceId }).TagList;
  return { world, must, put, tagsOf };
}

test('a parameter is read by name and ARN, in the order of the alphabet, with what is not there', () => {
  const { must, put } = setUp();
  expect(put('/ips/db')).toEqual({ Version: 1, Tier: 'Standard' });
  put('plain');
  const Names = [`${arn}/plain`, '/ips/db', 'absent', `${arn}/ips/db`, '/plain'];
  const { Parameters, InvalidParameters } = must('GetParameters', { Names });
  expect(Parameters).toMatchObject([
    { Name: '/ips/db', ARN: `${arn}/ips/db`, Value: 'hunter2', Type: 'String', Version: 1 },
    { Name: 'plain', ARN: `${arn}/plain` },
  ]);
  expect(InvalidParameters).toEqual(['absent']);
});

test('a secure value is readable only with decryption', () => {
  const { must, put } = setUp();
  put('/ips/db', { Type: 'SecureString' });
  const read = (WithDecryption?: boolean) =>
    must('GetParameters', { Names: ['/ips/db'], WithDecryption }).Parameters[0].Value;
  expect(read(true)).toBe('hunter2');
  expect(read()).not.toContain('hunter2');
});

test('what is there is overwritten only if told so, and keeps its type and tags', () => {
  const { must, put, tagsOf } = setUp();
  put('/ips/db', { Type: 'SecureString', Tags: [{ Key: 'team', Value: 'positioning' }] });
  expect(() => put('/ips/db')).toThrow('already exists');
  expect(must('PutParameter', { Name: '/ips/db', Value: 'next', Overwrite: true }).Version).toBe(2);
  expect(must('GetParameters', { Names: ['/ips/db'], WithDecryption: true }).Parameters).toMatchObject([
    { Type: 'SecureString', Value: 'next', Version: 2 },
  ]);
  expect(tagsOf('/ips/db')).toEqual([{ Key: 'team', Value: 'positioning' }]);
});

test('tags are those of a parameter that is there, under the name it was made with', () => {
  const { must, put, tagsOf } = setUp();
  put('plain');
  expect(tagsOf('plain')).toEqual([]);
  const Tags = [{ Key: 'team', Value: 'positioning' }];
  must('AddTagsToResource', { ResourceType: 'Parameter', ResourceId: 'plain', Tags });
  expect(tagsOf('plain')).toEqual(Tags);
  const code = (input: object) => {
    const { world } = setUp();
    world.must('ssm', 'PutParameter', { Name: 'plain', Value: 'x', Type: 'String' });
    const principal = world.root;
    const result = world.call({ service: 'ssm', operation: 'ListTagsForResource', input, principal });
    return result.kind === 'error' ? result.error.code : result.kind;
  };
  expect(code({ ResourceType: 'Parameter', ResourceId: 'plain' })).toBe('answer');
  expect(code({ ResourceType: 'Parameter', ResourceId: '/plain' })).toBe('InvalidResourceId');
  expect(code({ ResourceType: 'Parameter', ResourceId: 'absent' })).toBe('InvalidResourceId');
  expect(code({ ResourceType: 'Document', ResourceId: 'plain' })).toBe('InvalidResourceType');
  must('DeleteParameter', { Name: 'plain' });
  expect(() => tagsOf('plain')).toThrow();
  expect(() => must('DeleteParameter', { Name: 'plain' })).toThrow();
});

test.each([
  ['a blank', 'a b', {}, "can't be prefixed"],
  ['a name of AWS', '/aws/x', {}, "can't be prefixed"],
  ['a name of SSM', 'SSM-x', {}, "can't be prefixed"],
  ['a hierarchy without its first slash', 'ips/db', {}, 'fully qualified'],
  ['an empty level', '/ips//db', {}, "can't be prefixed"],
  ['sixteen levels', '/a'.repeat(16), {}, 'maximum of 15'],
  ['no type', '/ips/db', { Type: undefined }, 'type is required'],
  ['a value of 4097 bytes', '/ips/db', { Value: 'x'.repeat(4097) }, '4096'],
  ['a value of 4098 bytes in 2049 characters', '/ips/db', { Value: 'ä'.repeat(2049) }, '4096'],
  ['tags as it is overwritten', '/ips/db', { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] }, 'together'],
])('%s is refused', (_what, name, more, why) => {
  expect(() => setUp().put(name, more)).toThrow(why);
});

test.each([
  ['fifteen levels', '/a'.repeat(15), {}],
  ['a value of 4096 bytes', 'x', { Value: 'ä'.repeat(2048) }],
])('%s is taken', (_what, name, more) => {
  expect(setUp().put(name, more).Version).toBe(1);
});

describe('IAM is asked for the name without its first slash', () => {
  const allowedAs = (Action: string, Resource: string, operation: string, input: object) => {
    const { world, put } = setUp();
    put('/ips/db');
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] };
    const user = world.iam.addUser({ name: 'u', policies: { p: policy } });
    const principal = { kind: 'user', arn: user.arn, name: 'u' } as const;
    const result = world.call({ service: 'ssm', operation, input, principal });
    return result.kind === 'error' ? result.error.code : result.kind;
  };
  const listing = { ResourceType: 'Parameter', ResourceId: '/ips/db' };
  const tagged = { Name: '/ips/new', Value: 'x', Type: 'String', Tags: [{ Key: 'a', Value: 'b' }] };
  test.each([
    ['ssm:ListTagsForResource', `${arn}/ips/db`, 'ListTagsForResource', listing, 'answer'],
    ['ssm:ListTagsForResource', `${arn}/ips/*`, 'ListTagsForResource', listing, 'answer'],
    ['ssm:ListTagsForResource', `${arn}//ips/db`, 'ListTagsForResource', listing, 'AccessDeniedException'],
    ['ssm:ListTagsForResource', `${arn}/other/*`, 'ListTagsForResource', listing, 'AccessDeniedException'],
    ['ssm:GetParameters', `${arn}/ips/*`, 'GetParameters', { Names: ['/ips/db'] }, 'answer'],
    [
      'ssm:GetParameters',
      `${arn}/ips/*`,
      'GetParameters',
      { Names: ['/ips/db', 'other'] },
      'AccessDeniedException',
    ],
    ['ssm:*', `${arn}/ips/*`, 'PutParameter', tagged, 'answer'],
    ['ssm:PutParameter', `${arn}/ips/*`, 'PutParameter', tagged, 'AccessDeniedException'],
  ])('%s on %s: %s', (action, resource, operation, input, outcome) => {
    expect(allowedAs(action, resource, operation, input)).toBe(outcome);
  });
});

test('a container secret is found by name and ARN of this region and account', () => {
  const { world, put } = setUp();
  put('/ips/db', { Type: 'SecureString' });
  for (const valueFrom of ['/ips/db', `${arn}/ips/db`])
    expect(world.ssm.resolveSecret(valueFrom)).toEqual({ found: true, value: 'hunter2' });
  const elsewhere = `${arn.replace('ap-south-1', 'eu-west-1')}/ips/db`;
  for (const valueFrom of ['/ips/absent', elsewhere])
    expect(world.ssm.resolveSecret(valueFrom)).toEqual({
      found: false,
      reason: `invalid ssm parameters: ${valueFrom}`,
    });
});
