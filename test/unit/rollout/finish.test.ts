import { describe, expect, test } from '@jest/globals';
import { decideFinish } from '../../../src/rollout/finish.ts';
import { handovers, isOpenStill, type OpenRollout, parseHandover } from '../../../src/rollout/handover.ts';
import type { RolloutOutcome } from '../../../src/rollout/outcome.ts';
import { deployment, newRevision, oldRevision, serviceDeployment, serviceFacts } from './facts.ts';

const open: OpenRollout = {
  cluster: 'main',
  service: 'api',
  taskDefinitionArn: newRevision,
  formerTaskDefinitionArn: oldRevision,
  knownDeploymentIds: ['ecs-svc/1'],
  deployment: { id: 'ecs-svc/2', createdAt: 5 },
  wanted: 'rollback',
};
const { deployment: _told, ...intended } = open;
const ours = deployment({ id: 'ecs-svc/2', taskDefinitionArn: newRevision });
const old = deployment({ id: 'ecs-svc/1', taskDefinitionArn: oldRevision, status: 'ACTIVE' });
const newer = (taskDefinitionArn: string) =>
  serviceFacts({
    deployments: [
      deployment({ id: 'ecs-svc/3', taskDefinitionArn }),
      deployment({ id: 'ecs-svc/2', taskDefinitionArn: newRevision, status: 'ACTIVE' }),
    ],
  });
const standing = serviceFacts({ deployments: [ours, old] });
const untouched = serviceFacts({
  deployments: [deployment({ id: 'ecs-svc/1', taskDefinitionArn: oldRevision })],
});
const status = (value: string) => serviceDeployment({ status: value });
const stop = { kind: 'stop', stopType: 'ROLLBACK' };
const goBack = { kind: 'go-back', taskDefinitionArn: oldRevision };
const nothing = (why: RegExp) => ({ kind: 'nothing', why: expect.stringMatching(why) });

describe('what is left to do', () => {
  test.each([
    ['no service', open, undefined, undefined, nothing(/gone/)],
    ['a service that was deleted', open, serviceFacts({ status: 'DRAINING' }), undefined, nothing(/gone/)],
    ['left on purpose', { ...open, wanted: 'leave' }, standing, status('IN_PROGRESS'), nothing(/left/)],
    ['killed before the update', intended, untouched, undefined, nothing(/not changed/)],
    ['killed in the update', intended, standing, undefined, { kind: 'find' }],
    ['not looked for yet', open, standing, undefined, { kind: 'find' }],
    ['under way', open, standing, status('IN_PROGRESS'), stop],
    ['not begun in ECS', open, standing, status('PENDING'), stop],
    [
      'under way, to be stopped',
      { ...open, wanted: 'stop' },
      standing,
      status('IN_PROGRESS'),
      { stopType: 'ABORT' },
    ],
    ['rolling back already', open, standing, status('ROLLBACK_IN_PROGRESS'), nothing(/is rolling/)],
    ['a stop was asked for', open, standing, status('STOP_REQUESTED'), nothing(/is stopping/)],
    ['rolled back', open, newer(oldRevision), undefined, nothing(/api:1 is deployed again/)],
    ['somebody else deployed', open, newer(`${newRevision}9`), undefined, nothing(/taken its place/)],
    ['done', open, standing, status('SUCCESSFUL'), nothing(/good end/)],
    ['done, and proven bad', { ...open, goingBack: true }, standing, status('SUCCESSFUL'), goBack],
    ['stopped without a way back', open, standing, status('STOPPED'), goBack],
    [
      'stopped as was asked',
      { ...open, wanted: 'stop' },
      standing,
      status('STOPPED'),
      nothing(/has stopped/),
    ],
    [
      'stopped, and the same revision before',
      { ...open, formerTaskDefinitionArn: newRevision },
      standing,
      status('STOPPED'),
      nothing(/has stopped/),
    ],
    ['a rollback that failed', open, standing, status('ROLLBACK_FAILED'), nothing(/console now/)],
  ] as const)('%s', (_name, rollout, service, found, expectation) => {
    expect(decideFinish(rollout as OpenRollout, service, found)).toMatchObject(expectation);
  });
});

describe('the state', () => {
  const saved = (): { readonly texts: string[]; readonly of: ReturnType<typeof handovers> } => {
    const texts: string[] = [];
    return { texts, of: handovers('main', (text) => void texts.push(text)) };
  };
  const { cluster: _cluster, deployment: _deployment, ...begin } = open;

  test('is kept with each change, and empty once nothing is open', () => {
    const { texts, of } = saved();
    const [api, worker] = [of('api'), of('worker')];
    api.open(begin);
    worker.open({ ...begin, service: 'worker' });
    api.change({ deployment: { id: 'ecs-svc/2', createdAt: 5 } });
    expect(parseHandover(texts.at(-1)!)).toEqual([open, { ...intended, service: 'worker' }]);
    api.close({ kind: 'superseded', byTaskDefinitionArn: undefined });
    expect(parseHandover(texts.at(-1)!).map((each) => each.service)).toEqual(['worker']);
    worker.close({ kind: 'stopped', reason: '' });
    expect(texts.at(-1)).toBe('');
    expect(texts).toHaveLength(5);
  });

  test('nothing is kept of what was never begun', () => {
    const { texts, of } = saved();
    of('api').change({ wanted: 'stop' });
    of('api').close({ kind: 'stopped', reason: '' });
    expect(texts).toEqual([]);
  });

  const cancelled = (
    aftermath: Extract<RolloutOutcome, { kind: 'cancelled' }>['aftermath'],
  ): RolloutOutcome => ({
    kind: 'cancelled',
    aftermath,
  });
  const failed: RolloutOutcome = { kind: 'rollback-failed', reason: '' };
  test.each([
    [cancelled('rolling-back'), {}, false],
    [cancelled('untouched'), {}, false],
    [cancelled('left'), {}, true],
    [cancelled('unknown'), {}, true],
    [cancelled('stopped'), {}, false],
    [cancelled('stopped'), { goingBack: true }, true],
    [failed, {}, false],
    [failed, { goingBack: true }, true],
  ] as const)('%j of %j stays open: %s', (outcome, known, still) => {
    expect(isOpenStill(outcome, known)).toBe(still);
  });

  test.each(['', 'x', '{}', '[null, 1, {}]', JSON.stringify([{ ...open, wanted: 'boom' }])])(
    '%j is nothing',
    (text) => {
      expect(parseHandover(text)).toEqual([]);
    },
  );
});
