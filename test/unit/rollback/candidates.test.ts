import { describe, expect, test } from '@jest/globals';
import {
  candidatesOf,
  type HistoryEntry,
  joinHistory,
  splitRevision,
} from '../../../src/rollback/candidates.ts';

const arn = (revision: number): string =>
  `arn:aws:ecs:ap-south-1:123456789012:task-definition/api:${revision}`;

/** Oldest first, as things happened: a revision, and how ECS ended its deployment. */
function history(...steps: readonly (readonly [number, string])[]): readonly HistoryEntry[] {
  return steps
    .map(([revision, status], index) => ({
      serviceDeploymentArn: `sd${index}`,
      status,
      createdAt: index,
      taskDefinitionArn: arn(revision),
      images: [],
    }))
    .reverse();
}

const ok = 'SUCCESSFUL';
const candidates = (current: number, ...steps: readonly (readonly [number, string])[]) =>
  candidatesOf(history(...steps), arn(current)).map((each) => [
    splitRevision(each.taskDefinitionArn).revision,
    each.against,
  ]);

describe('who may be gone back to', () => {
  test('the last good one first', () => {
    expect(candidates(3, [1, ok], [2, ok], [3, ok])).toEqual([
      [2, undefined],
      [1, undefined],
    ]);
  });

  test('never the current one, and each only once', () => {
    expect(candidates(2, [1, ok], [2, ok], [1, ok], [2, ok])).toEqual([[1, undefined]]);
  });

  test.each(['ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED', 'STOPPED', 'IN_PROGRESS', 'PENDING'])(
    'not one that only ever was %s',
    (status) => {
      expect(candidates(3, [1, ok], [2, status], [3, ok])).toEqual([[1, undefined]]);
    },
  );

  test('one whose last deployment was rolled back is named and passed over', () => {
    expect(candidates(3, [1, ok], [2, ok], [3, ok], [2, 'ROLLBACK_SUCCESSFUL'])).toEqual([
      [2, 'its last deployment was rolled back by ECS'],
      [1, undefined],
    ]);
  });

  test('one that was rolled back by hand is named and passed over', () => {
    expect(candidates(2, [1, ok], [2, ok], [3, ok], [2, ok])).toEqual([
      [3, 'it was rolled back to api:2'],
      [1, undefined],
    ]);
  });

  test('one that was rolled back and then deployed again for good is a candidate again', () => {
    expect(candidates(4, [1, ok], [2, ok], [1, ok], [2, ok], [4, ok])).toEqual([
      [2, undefined],
      [1, undefined],
    ]);
  });

  test('an older revision that never served before is a deployment, not a rollback', () => {
    expect(candidates(2, [1, ok], [3, ok], [2, ok])).toEqual([
      [3, undefined],
      [1, undefined],
    ]);
  });

  test('nothing before: nothing to go back to', () => {
    expect(candidates(1, [1, ok])).toEqual([]);
    expect(candidates(1)).toEqual([]);
  });
});

test('deployments and revisions are joined; what ECS has forgotten falls out', () => {
  const deployment = (sd: string, revision: string, createdAt: number) => ({
    arn: sd,
    status: ok,
    statusReason: undefined,
    targetRevisionArn: revision,
    createdAt,
  });
  const revision = { arn: 'r1', taskDefinitionArn: arn(1), createdAt: 0, images: [], loadBalancers: [] };
  expect(
    joinHistory([deployment('a', 'r1', 1), deployment('b', 'gone', 2), deployment('c', 'r1', 3)], [revision]),
  ).toEqual([
    { serviceDeploymentArn: 'c', status: ok, createdAt: 3, taskDefinitionArn: arn(1), images: [] },
    { serviceDeploymentArn: 'a', status: ok, createdAt: 1, taskDefinitionArn: arn(1), images: [] },
  ]);
});
