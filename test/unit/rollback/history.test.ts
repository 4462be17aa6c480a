import { describe, expect, test } from '@jest/globals';
import { againstOf, type HistoryEntry, joinHistory } from '../../../src/rollback/history.ts';

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
const against = (revision: number, ...steps: readonly (readonly [number, string])[]) =>
  againstOf(history(...steps), arn(revision), () => undefined);

describe('what speaks against a revision', () => {
  test.each([
    [
      'nothing, while it serves',
      2,
      [
        [1, ok],
        [2, ok],
      ],
      undefined,
    ],
    [
      'nothing, once the next one serves',
      1,
      [
        [1, ok],
        [2, ok],
      ],
      undefined,
    ],
    [
      'nothing that ECS knows of, where it never got up',
      2,
      [
        [1, ok],
        [2, 'ROLLBACK_SUCCESSFUL'],
      ],
      undefined,
    ],
    [
      'its last deployment was rolled back',
      2,
      [
        [1, ok],
        [2, ok],
        [3, ok],
        [2, 'ROLLBACK_SUCCESSFUL'],
      ],
      'rolled back by ECS',
    ],
    [
      'its last deployment could not even be rolled back',
      2,
      [
        [2, ok],
        [3, ok],
        [2, 'ROLLBACK_FAILED'],
      ],
      'rolled back by ECS',
    ],
    [
      'a stop of its last deployment says nothing',
      2,
      [
        [2, ok],
        [3, ok],
        [2, 'STOPPED'],
      ],
      undefined,
    ],
    [
      'it was rolled back by hand',
      3,
      [
        [1, ok],
        [2, ok],
        [3, ok],
        [2, ok],
      ],
      'it was rolled back to api:2',
    ],
    [
      'it was rolled back over two',
      3,
      [
        [1, ok],
        [2, ok],
        [3, ok],
        [1, ok],
      ],
      'it was rolled back to api:1',
    ],
    [
      'deployed again for good since',
      2,
      [
        [1, ok],
        [2, ok],
        [1, ok],
        [2, ok],
        [4, ok],
      ],
      undefined,
    ],
    [
      'an older one that never served before is a deployment',
      3,
      [
        [1, ok],
        [3, ok],
        [2, ok],
      ],
      undefined,
    ],
  ] as const)('%s', (_name, revision, steps, expected) => {
    const found = against(revision, ...steps);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(expected);
  });

  test('that the one after it was good before may be known from a mark alone', () => {
    const steps = history([3, ok], [2, ok]);
    expect(againstOf(steps, arn(3), () => undefined)).toBeUndefined();
    expect(againstOf(steps, arn(3), (each) => (each === arn(2) ? -1 : undefined))).toBe(
      'it was rolled back to api:2',
    );
    expect(againstOf(steps, arn(3), (each) => (each === arn(2) ? 1 : undefined))).toBeUndefined();
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
