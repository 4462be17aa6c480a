import { describe, expect, test } from '@jest/globals';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import type { TaskFacts } from '../../../src/aws/ecs-tasks.ts';
import type { DecisionContext } from '../../../src/engine/engine.ts';
import {
  decidePreDeploy,
  initialPreDeployState,
  type PreDeployGiveUp,
  type PreDeployState,
} from '../../../src/rollout/pre-deploy-decide.ts';
import { began, container, task } from './facts.ts';

const timeoutMs = 600_000;
const ended = (exitCode: number, change: Partial<TaskFacts> = {}): TaskFacts =>
  task('m', { containers: [container({ lastStatus: 'STOPPED', exitCode })], ...change });
const stopped = { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' };
const at = (afterMs: number, cancelled = false): DecisionContext => ({
  now: began + afterMs,
  startedAt: began,
  deadlineAt: began + timeoutMs,
  cancelled,
});
const failure = (kind: AwsCallError['kind']): AwsCallError =>
  new AwsCallError('ecs:DescribeTasks', 'X', 'words', kind);

function look(
  seen: TaskFacts | undefined | AwsCallError,
  context = at(1000),
  change: Partial<PreDeployState> = {},
) {
  const state = { ...initialPreDeployState(task('m')), ...change };
  const observed =
    seen instanceof AwsCallError
      ? ({ kind: 'unreadable', at: context.now, error: seen } as const)
      : ({ kind: 'facts', at: context.now, facts: seen } as const);
  const decision = decidePreDeploy('app', timeoutMs, state, observed, context);
  const short =
    decision.kind === 'act'
      ? decision.act.kind
      : decision.kind === 'finish'
        ? decision.outcome.result.kind
        : `wait ${decision.waitMs}`;
  return { short, decision };
}

const given = (why: PreDeployGiveUp['why'], change: Partial<PreDeployGiveUp> = {}) => ({
  giveUp: { why, error: undefined, asked: true, refusal: undefined, deadlineAt: began + 900_000, ...change },
});

describe('while it runs', () => {
  test.each([
    ['at the beginning it is looked at often', task('m'), at(59_999), 'wait 1000'],
    ['later less often', task('m'), at(60_000), 'wait 3000'],
    ['a long one seldom', task('m'), at(300_000), 'wait 5000'],
    ['just before its time is up', task('m'), at(timeoutMs - 1), 'wait 5000'],
    ['when its time is up it is stopped', task('m'), at(timeoutMs), 'give-up'],
    ['a cancelled job stops it', task('m'), at(1000, true), 'give-up'],
    ['ECS does not show it yet', undefined, at(1000), 'wait 1000'],
    ['throttled', failure('throttled'), at(1000), 'wait 2000'],
    ['not answered when its time is up', failure('transient'), at(timeoutMs), 'give-up'],
    ['not allowed to look', failure('access-denied'), at(1000), 'give-up'],
    ['not answered, and cancelled', failure('transient'), at(1000, true), 'give-up'],
  ])('%s', (_name, seen, context, expected) => expect(look(seen, context).short).toBe(expected));
});

describe('when it has ended', () => {
  test.each([
    ['well, and the task stops', ended(0, stopped), {}, at(1000), 'passed'],
    ['well, and other containers go on', ended(0), {}, at(1000), 'tidy'],
    ['well, and the others were stopped', ended(0), { tidied: true }, at(1000), 'passed'],
    ['well, as the job is cancelled', ended(0, stopped), {}, at(1000, true), 'passed'],
    ['well, at its very deadline', ended(0, stopped), {}, at(timeoutMs), 'passed'],
    ['badly: the log is read', ended(3, stopped), {}, at(1000), 'read-log'],
    ['badly: the log is there', ended(3, stopped), { log: ['x'], logLooks: 1 }, at(1000), 'failed'],
    ['badly: the log is late', ended(3, stopped), { log: [], logLooks: 1 }, at(1000), 'wait 2000'],
    ['badly: the log stays empty', ended(3, stopped), { log: [], logLooks: 3 }, at(1000), 'failed'],
    ['badly: the log may not be read', ended(3, stopped), { logGap: 'x', logLooks: 1 }, at(1000), 'failed'],
    ['badly, as the job is cancelled: no time for the log', ended(3, stopped), {}, at(1000, true), 'failed'],
    ['unseen: ECS forgot it', undefined, { missing: 19 }, at(1000), 'gone'],
  ])('%s', (_name, seen, change, context, expected) =>
    expect(look(seen, context, change).short).toBe(expected),
  );
});

describe('once it is given up', () => {
  const refusal = failure('access-denied');
  test.each([
    [
      'its end is awaited',
      task('m', { desiredStatus: 'STOPPED' }),
      given('timed-out'),
      at(timeoutMs),
      'wait 2000',
    ],
    ['then its log is read', ended(143, stopped), given('timed-out'), at(timeoutMs), 'read-log'],
    ['it does not stop', task('m'), { ...given('timed-out'), log: ['x'] }, at(900_000), 'given-up'],
    [
      '0 after the stop proves nothing',
      ended(0, stopped),
      { ...given('timed-out'), log: ['x'] },
      at(timeoutMs),
      'given-up',
    ],
    [
      'the stop was refused',
      task('m'),
      { ...given('timed-out', { refusal }), log: ['x'] },
      at(timeoutMs),
      'given-up',
    ],
    ['a cancelled job waits for nothing', task('m'), given('cancelled'), at(1000, true), 'given-up'],
    ['cancelled while it stops', task('m'), given('timed-out'), at(timeoutMs, true), 'given-up'],
    ['AWS does not answer', failure('transient'), given('timed-out'), at(timeoutMs), 'wait 500'],
    ['AWS never answers', failure('transient'), given('timed-out'), at(900_000), 'given-up'],
  ])('%s', (_name, seen, change, context, expected) =>
    expect(look(seen, context, change).short).toBe(expected),
  );
});

test('a new status is told once', () => {
  const first = look(task('m')).decision;
  expect(first.events?.map((each) => each.message)).toEqual(['Pre-deploy task m is RUNNING.']);
  expect(look(task('m'), at(2000), first.state).decision.events).toBeUndefined();
});
