import { expect, test } from '@jest/globals';
import { breakingBetween, type OrderedRevision } from '../../../src/rollout/schema-guard.ts';

const revision = (name: string, breaking = false, registeredAt?: number): OrderedRevision => ({
  taskDefinitionArn: `arn:aws:ecs:ap-south-1:123456789012:task-definition/${name}`,
  registeredAt,
  schema: breaking ? 'breaking' : undefined,
});
const all = [revision('api:1', true), revision('api:2', true), revision('api:3'), revision('api:4', true)];
const crossed = (from: string, target: string, revisions = all) =>
  breakingBetween(revisions, revision(from), revision(target)).map((arn) => arn.replace(/^.*\//, ''));

test.each([
  ['the one that is left counts', 'api:4', 'api:3', ['api:4']],
  ['the target does not', 'api:3', 'api:2', []],
  ['those between do, oldest first', 'api:4', 'api:1', ['api:2', 'api:4']],
  ['later ones than the one that is left do not', 'api:3', 'api:1', ['api:2']],
  ['forward nothing is crossed', 'api:1', 'api:4', []],
  ['nor on the spot', 'api:4', 'api:4', []],
])('%s', (_name, from, target, expected) => {
  expect(crossed(from, target)).toEqual(expected);
});

test('between families the time of registration tells', () => {
  const revisions = [revision('web:9', false, 100), revision('api:1', true, 200)];
  const [old, current] = revisions;
  expect(breakingBetween(revisions, current!, old!)).toEqual([current!.taskDefinitionArn]);
  expect(breakingBetween(revisions, old!, current!)).toEqual([]);
});
