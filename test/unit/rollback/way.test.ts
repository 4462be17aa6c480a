/** Which way a rollback goes, told from what was read. What follows from it is in test/simulation/rollback. */
import { describe, expect, test } from '@jest/globals';
import type { ServiceFacts } from '../../../src/aws/ecs-service.ts';
import { toServiceFacts } from '../../../src/aws/ecs-service.ts';
import type { ServiceDeploymentFacts } from '../../../src/aws/ecs-service-deployments.ts';
import type { HistoryEntry } from '../../../src/rollback/history.ts';
import type { RollbackTarget } from '../../../src/rollback/request.ts';
import { decideWay, type Standing } from '../../../src/rollback/way.ts';
import { arn, candidates, day, historyOf, type Revision } from './facts.ts';

const revisions: readonly Revision[] = [
  { revision: 1, promoted: 1, deployed: 1 },
  { revision: 2, promoted: 2, deployed: 2 },
  { revision: 3, promoted: 3, deployed: 3 },
];

function standing(current: number, all: readonly Revision[], change: Partial<Standing> = {}): Standing {
  const service: ServiceFacts = {
    ...toServiceFacts({ serviceName: 'api', desiredCount: 2, taskDefinition: arn(current) }),
  };
  const known = { history: historyOf(all), candidates: candidates(current, ...all) };
  return {
    service,
    weights: undefined,
    otherGroup: undefined,
    inFlight: undefined,
    known,
    runId: '7/1',
    ...change,
  };
}

const auto: RollbackTarget = { kind: 'auto' };
const ask = (to: RollbackTarget, from?: string) => ({ to, from });

function underWay(target: number, source: number, status = 'IN_PROGRESS'): Standing['inFlight'] {
  const deployment = { arn: 'sd-now', status, createdAt: 9 * day } as ServiceDeploymentFacts;
  return { deployment, targetArn: arn(target), sourceArn: arn(source) };
}

describe('a rollback without more to say', () => {
  test('leaves what runs', () => {
    expect(decideWay(ask(auto), standing(3, revisions))).toEqual({ kind: 'target', badArn: arn(3) });
  });

  test('of a service that runs nothing proves nothing', () => {
    const at = standing(3, revisions);
    const service = { ...at.service, desiredCount: 0 };
    expect(decideWay(ask(auto), { ...at, service })).toEqual({ kind: 'zero-desired' });
  });

  test('stays after a rollback by ECS, unless what serves is bad, too, or is named', () => {
    const failed: HistoryEntry = {
      serviceDeploymentArn: 'sd4',
      status: 'ROLLBACK_SUCCESSFUL',
      createdAt: 4 * day,
      taskDefinitionArn: arn(4),
      images: [],
    };
    const failedAfter = (all: readonly Revision[]): Standing => {
      const at = standing(3, [...all, { revision: 4 }]);
      return { ...at, known: { ...at.known, history: [failed, ...at.known.history] } };
    };
    expect(decideWay(ask(auto), failedAfter(revisions))).toMatchObject({ kind: 'stay', badArn: arn(4) });
    expect(decideWay(ask(auto, 'api:3'), failedAfter(revisions))).toMatchObject({
      kind: 'target',
      badArn: arn(3),
    });
    expect(decideWay(ask({ kind: 'revision', name: 'api:1' }), failedAfter(revisions))).toMatchObject({
      kind: 'target',
    });
    const bad = revisions.map((each) => (each.revision === 3 ? { ...each, bad: 5 } : each));
    expect(decideWay(ask(auto), failedAfter(bad))).toMatchObject({ kind: 'target', badArn: arn(3) });
  });
});

describe('what an earlier attempt began', () => {
  const leaving = (runId: string, more: Partial<Revision> = {}): readonly Revision[] =>
    revisions.map((each) =>
      each.revision === 3
        ? { ...each, ...more, marks: { leaving: { at: 4 * day, runId, after: 'sd3' } } }
        : each,
    );
  test.each<[string, readonly Revision[], string]>([
    ['by this run, unfinished: stay', leaving('7/1'), 'stay'],
    ['by this run, finished, in another attempt: stay', leaving('7/2', { bad: 5 }), 'stay'],
    ['by this very attempt, finished: one further', leaving('7/1', { bad: 5 }), 'target'],
    ['by another run: one further', leaving('8/1'), 'target'],
  ])('%s', (_name, all, kind) => {
    expect(decideWay(ask(auto), standing(2, all)).kind).toBe(kind);
  });

  test('no matter any more once something else was deployed', () => {
    const again = { revision: 4, promoted: 2, registered: 2, deployed: 6 };
    const back = [...leaving('7/2', { bad: 5 }), again];
    expect(decideWay(ask(auto), standing(4, back)).kind).toBe('stay');
    const fresh = { revision: 4, promoted: 6, registered: 5, deployed: 6 };
    const forward = [...leaving('7/2', { bad: 5 }), fresh];
    expect(decideWay(ask(auto), standing(4, forward)).kind).toBe('target');
    const more = [...back, { revision: 5, promoted: 7, deployed: 7 }];
    expect(decideWay(ask(auto), standing(5, more)).kind).toBe('target');
  });

  test('outside of a workflow run nobody knows', () => {
    expect(decideWay(ask(auto), standing(2, leaving('7/1'), { runId: '' })).kind).toBe('target');
  });
});

describe('a deployment under way', () => {
  test.each<[string, number, number, RollbackTarget, string | undefined, object]>([
    ['of something new is stopped', 4, 3, auto, undefined, { kind: 'stop', badArn: arn(4), next: 'stay' }],
    [
      'with a target goes on to it',
      4,
      3,
      { kind: 'revision', name: 'api:1' },
      undefined,
      { kind: 'stop', next: 'target' },
    ],
    ['of what was good before is followed', 2, 3, auto, undefined, { kind: 'stay', badArn: arn(3) }],
    ['of what from calls bad is stopped', 2, 3, auto, 'api:2', { kind: 'stop', badArn: arn(2) }],
    ['of the same revision by force is stopped', 3, 3, auto, undefined, { kind: 'stop', badArn: arn(3) }],
  ])('%s', (_name, target, source, to, from, expected) => {
    const at = standing(target, [...revisions, { revision: 4 }], { inFlight: underWay(target, source) });
    expect(decideWay(ask(to, from), at)).toMatchObject(expected);
  });

  test('from a bad revision does not end there', () => {
    const bad = revisions.map((each) => (each.revision === 3 ? { ...each, bad: 5 } : each));
    const at = standing(4, [...bad, { revision: 4 }], { inFlight: underWay(4, 3) });
    expect(decideWay(ask(auto), at)).toMatchObject({ kind: 'stop', next: 'target' });
  });

  test.each(['ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS', 'STOP_REQUESTED'])(
    'that is %s is seen to its end',
    (status) => {
      const at = standing(2, revisions, { inFlight: underWay(2, 3, status) });
      expect(decideWay(ask(auto), at)).toMatchObject({ kind: 'stop', badArn: arn(2) });
    },
  );
});

test('from names what is not there (any more): nothing is to be done, whatever else is so', () => {
  const at = standing(2, revisions);
  for (const to of [auto, { kind: 'revision', name: 'api:1' } as const]) {
    expect(decideWay(ask(to, 'api:3'), at)).toMatchObject({ kind: 'stay', badArn: arn(3) });
  }
  expect(decideWay(ask(auto, 'api:9'), at)).toMatchObject({ kind: 'stay', badArn: undefined });
});
