import { expect, test } from '@jest/globals';
import { deployedSince, type HistoryEntry } from '../../../src/rollback/history.ts';
import { isRevision, namesBetween } from '../../../src/rollback/read.ts';
import { arn } from './facts.ts';

test.each([
  ['a revision by its name', 'api:4', true],
  ['by its ARN', arn(4), true],
  ['another number', 'api:14', false],
  ['another family that ends alike', 'pi:4', false],
  ['another ARN', arn(5), false],
])('%s', (_name, name, expected) => {
  expect(isRevision(arn(4), name)).toBe(expected);
});

test.each([
  ['those between, newest first', 5, 2, 10, ['api:4', 'api:3']],
  ['whichever comes first', 2, 5, 10, ['api:4', 'api:3']],
  ['none between neighbours', 5, 4, 10, []],
  ['none on the spot', 5, 5, 10, []],
  ['no more than asked for', 50, 2, 2, ['api:49', 'api:48']],
])('%s', (_name, one, other, atMost, expected) => {
  expect(namesBetween(arn(one), arn(other), atMost)).toEqual(expected);
});

test('between two families stands nothing', () => {
  expect(namesBetween(arn(5), arn(2).replace('/api:', '/web:'), 10)).toEqual([]);
});

test('what was deployed since a way back was begun: by its id, or by time where ECS has forgotten that', () => {
  const entry = (id: string, createdAt: number): HistoryEntry => ({
    serviceDeploymentArn: `arn:aws:ecs:ap-south-1:123456789012:service-deployment/main/api/${id}`,
    status: 'SUCCESSFUL',
    createdAt,
    taskDefinitionArn: arn(1),
    images: [],
  });
  const history = [entry('c', 30), entry('b', 20), entry('a', 10)];
  const since = (after: string | undefined) =>
    deployedSince(history, { at: 25, runId: '1/1', after }).map((each) => each.createdAt);
  expect(since('a')).toEqual([30, 20]);
  expect(since('c')).toEqual([]);
  expect(since('forgotten')).toEqual([30]);
  expect(since(undefined)).toEqual([30]);
});
