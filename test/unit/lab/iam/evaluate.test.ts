import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluatePolicies } from '../../../../src/lab/world/iam/evaluate.ts';
import { parsePolicy } from '../../../../src/lab/world/iam/policy-document.ts';
import { matchesWildcard } from '../../../../src/lab/world/iam/wildcard.ts';

const service = 'arn:aws:ecs:ap-south-1:123456789012:service/c/s';

function decide(
  statements: object | readonly object[],
  question: { action?: string; resource?: string; context?: Record<string, string | readonly string[]> } = {},
) {
  const document = parsePolicy({ Version: '2012-10-17', Statement: statements }, 'identity');
  return evaluatePolicies([document], {
    action: 'ecs:UpdateService',
    resource: service,
    context: {},
    ...question,
  });
}

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'ecs:*', Resource: '*', ...more });

describe('statements', () => {
  test.each([
    ['the action itself', { Action: 'ecs:UpdateService' }, 'allowed'],
    ['another case', { Action: 'ECS:updateservice' }, 'allowed'],
    ['another action', { Action: 'ecs:DescribeServices' }, 'implicit-deny'],
    ['one of several', { Action: ['ecs:Describe*', 'ecs:Update*'] }, 'allowed'],
    ['? is one character', { Action: 'ecs:UpdateServic?' }, 'allowed'],
    ['? is not none', { Action: 'ecs:UpdateService?' }, 'implicit-deny'],
    ['all but this', { Action: undefined, NotAction: 'ecs:UpdateService' }, 'implicit-deny'],
    ['all but another', { Action: undefined, NotAction: 'ecs:DeleteService' }, 'allowed'],
    ['the resource itself', { Resource: service }, 'allowed'],
    ['a wildcard', { Resource: 'arn:aws:ecs:*:*:service/c/*' }, 'allowed'],
    ['another cluster', { Resource: 'arn:aws:ecs:*:*:service/d/*' }, 'implicit-deny'],
    ['all resources but this', { Resource: undefined, NotResource: service }, 'implicit-deny'],
  ])('%s', (_name, more, expected) => {
    expect(decide(allow(more))).toBe(expected);
  });

  test('nothing allowed is denied, and an explicit deny wins over any allow', () => {
    expect(decide([])).toBe('implicit-deny');
    expect(decide([allow(), { ...allow(), Effect: 'Deny', Action: 'ecs:UpdateService' }])).toBe(
      'explicit-deny',
    );
    expect(decide([{ ...allow(), Effect: 'Deny' }, allow()])).toBe('explicit-deny');
  });

  test('a question about every resource needs a policy about every resource', () => {
    const question = { action: 'ecs:DescribeTaskDefinition', resource: '*' };
    expect(decide(allow(), question)).toBe('allowed');
    expect(decide(allow({ Resource: service }), question)).toBe('implicit-deny');
  });
});

describe('conditions', () => {
  const context = {
    'aws:username': 'ana',
    'ecs:cluster': 'arn:aws:ecs:r:1:cluster/c',
    'aws:TagKeys': ['a', 'b'],
  };
  test.each([
    [{ StringEquals: { 'aws:username': 'ana' } }, true],
    [{ StringEquals: { 'AWS:UserName': ['eva', 'ana'] } }, true],
    [{ StringEquals: { 'aws:username': 'Ana' } }, false],
    [{ StringEqualsIgnoreCase: { 'aws:username': 'Ana' } }, true],
    [{ StringNotEquals: { 'aws:username': ['eva', 'ana'] } }, false],
    [{ StringNotEquals: { 'aws:absent': 'x' } }, true],
    [{ StringEquals: { 'aws:absent': 'x' } }, false],
    [{ StringEqualsIfExists: { 'aws:absent': 'x' } }, true],
    [{ StringLike: { 'aws:username': 'a*' } }, true],
    [{ StringNotLike: { 'aws:username': 'a*' } }, false],
    [{ ArnLike: { 'ecs:cluster': 'arn:aws:ecs:*:*:cluster/c' } }, true],
    [{ ArnLike: { 'ecs:cluster': 'arn:aws:ecs:*:cluster/c' } }, false],
    [{ ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:r:1:cluster/d' } }, false],
    [{ Null: { 'aws:absent': 'true' } }, true],
    [{ Null: { 'aws:username': 'true' } }, false],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['b', 'c'] } }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['b', 'c'] } }, false],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b', 'c'] } }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:absent': 'x' } }, true],
    [{ 'ForAnyValue:StringEquals': { 'aws:absent': 'x' } }, false],
    [{ StringEquals: { 'aws:username': 'ana', 'aws:absent': 'x' } }, false],
    [{ StringLike: { 'aws:username': `\${aws:username}` } }, true],
  ])('%j', (Condition, holds) => {
    expect(decide(allow({ Condition }), { context })).toBe(holds ? 'allowed' : 'implicit-deny');
  });

  test('a variable in the resource is filled in, and one that is missing matches nothing', () => {
    const Resource = `arn:aws:ecs:ap-south-1:123456789012:service/c/\${aws:username}`;
    expect(decide(allow({ Resource }), { context: { 'aws:username': 's' } })).toBe('allowed');
    expect(decide(allow({ Resource }), { context: { 'aws:username': 't' } })).toBe('implicit-deny');
    expect(decide(allow({ Resource }))).toBe('implicit-deny');
  });
});

test.each([
  [{ Statement: [{ ...allow(), Effect: 'Maybe' }] }, /Effect/],
  [{ Statement: [{ Effect: 'Allow', Resource: '*' }] }, /Action/],
  [{ Statement: [{ Effect: 'Allow', Action: '*' }] }, /must contain resources/],
  [{ Statement: [allow({ Action: 'UpdateService' })] }, /prefaced by a vendor/],
  [{ Statement: [allow({ Principal: '*' })] }, /principal/],
  [{ Statement: [allow({ Condition: { StringSortOf: { a: 'b' } } })] }, /StringSortOf/],
  [{ Version: '2020-01-01', Statement: [] }, /Version/],
  [{}, /Statement/],
])('a document that is not right is refused: %#', (document, message) => {
  expect(() => parsePolicy(document, 'identity')).toThrow(message);
});

test('wildcards agree with the regular expression they stand for', () => {
  const letter = fc.constantFrom('a', 'b', '*', '?');
  fc.assert(
    fc.property(
      fc.array(letter, { maxLength: 10 }),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 12 }),
      (p, t) => {
        const pattern = p.join('');
        const text = t.join('');
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesWildcard(pattern, text)).toBe(regex.test(text));
      },
    ),
  );
});

test('a pattern of many stars is matched without backtracking without end', () => {
  expect(matchesWildcard('*a'.repeat(40), 'a'.repeat(5000))).toBe(true);
  expect(matchesWildcard(`${'*a'.repeat(40)}b`, 'a'.repeat(5000))).toBe(false);
});
