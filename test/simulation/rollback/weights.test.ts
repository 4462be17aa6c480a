/** Going back by weight: a second service stands behind the same rule. */
import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { cluster, portsOf, settle } from '../rollout/region.ts';
import { markBadByHand, marksOfRevision, promote, revisionArn } from './marks.ts';
import { makePair, rollBackPair, weightsOf } from './pair.ts';
import { rollBack } from './request.ts';

test.each(['default-action', 'rule'] as const)(
  'all the weight of a %s goes back in one step, no task is started, and the bad one is marked',
  async (where) => {
    const pair = await makePair({ where });
    const { ok, outputs, report } = await rollBackPair(pair);
    expect({ ok, outcome: outputs['outcome'], mode: outputs['mode'], to: outputs['to'] }).toEqual({
      ok: true,
      outcome: 'succeeded',
      mode: 'weights',
      to: pair.blue,
    });
    expect(report.sentence).toBe('ips-api-targets has all the weight again, with 3 healthy targets.');
    expect(weightsOf(pair)).toEqual({ blue: 100, green: 0 });
    expect(pair.world.callCounts()['ecs:UpdateService']).toBeUndefined();
    expect(Number(outputs['duration-seconds'])).toBeLessThanOrEqual(1);
    // Going back at once leaves no time for the history.
    expect(pair.world.callCounts()['ecs:ListServiceDeployments']).toBeUndefined();
    expect(marksOfRevision(pair, 2).bad?.reason).toBe('It exports too little.');
  },
);

describe('where AWS does not say what became of the weights', () => {
  test.each(['access-denied', 'server-error', 'expired-credentials'] as const)(
    'the read back: %s',
    async (kind) => {
      const pair = await makePair();
      const { aws } = portsOf(pair);
      const fault = { id: 'f', match: { operation: 'DescribeListeners' }, effect: { kind } };
      const watched: AwsCaller = {
        call: async (operation, input, signal) => {
          const answer = await aws.call(operation, input, signal);
          if (operation === 'elasticloadbalancing:ModifyListener')
            pair.world.loadFaults({ rules: [fault], events: [] });
          return answer;
        },
      };
      const { location } = pair;
      const { ok, outputs, report } = await rollBack(pair, { service: 'green', location }, { aws: watched });
      expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'unobserved' });
      expect(report.sentence).toMatch(
        /^All the weight was to go to ips-api-targets, and whether it did is not known: elasticloadbalancing:DescribeListeners: /,
      );
      expect(weightsOf(pair)).toEqual({ blue: 100, green: 0 });
      expect(marksOfRevision(pair, 2).bad).toBeUndefined();
    },
  );

  test('the answer to the write', async () => {
    const pair = await makePair();
    const match = { operation: 'ModifyListener' };
    pair.world.loadFaults({
      rules: [{ id: 'f', match, effect: { kind: 'reset-after-effect' } }],
      events: [],
    });
    const { outputs, report } = await rollBackPair(pair);
    expect(outputs['outcome']).toBe('unobserved');
    expect(report.sentence).toContain('whether it did is not known: elasticloadbalancing:ModifyListener: ');
    expect(weightsOf(pair)).toEqual({ blue: 100, green: 0 });
  });

  test('a write that is denied has changed nothing', async () => {
    const pair = await makePair();
    const match = { operation: 'ModifyListener' };
    pair.world.loadFaults({ rules: [{ id: 'f', match, effect: { kind: 'access-denied' } }], events: [] });
    const { outputs, report } = await rollBackPair(pair);
    expect(outputs).toMatchObject({ outcome: 'refused', cause: 'access-denied' });
    expect(report.sentence).toMatch(/^Nothing was changed\. elasticloadbalancing:ModifyListener: /);
    expect(weightsOf(pair)).toEqual({ blue: 0, green: 100 });
  });
});

test('a second run changes nothing', async () => {
  const pair = await makePair();
  await rollBackPair(pair);
  const { ok, outputs } = await rollBackPair(pair);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'no-change' });
});

test('a blue that was scaled down is too small for auto, and enough for who asks for weights', async () => {
  const pair = await makePair({ blueTasks: 1 });
  const first = await rollBackPair(pair, { dryRun: true });
  expect(JSON.stringify(first.report.events)).toContain('Not by weight: ');
  expect(weightsOf(pair)).toEqual({ blue: 0, green: 100 });
  const second = await rollBackPair(pair, { to: { kind: 'weights' } });
  expect(second.outputs['outcome']).toBe('succeeded');
  expect(weightsOf(pair)).toEqual({ blue: 100, green: 0 });
});

test('a blue without healthy targets never gets the traffic', async () => {
  const pair = await makePair();
  pair.world.must('ecs', 'UpdateService', { cluster, service: 'ips-api-service', desiredCount: 0 });
  await settle(pair, 120_000);
  const { ok, outputs } = await rollBackPair(pair, { to: { kind: 'weights' } });
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'other-group-unhealthy',
  });
  expect(weightsOf(pair)).toEqual({ blue: 0, green: 100 });
});

test('no weight goes by itself to a blue that is marked bad; who asks for weights has decided', async () => {
  const pair = await makePair();
  markBadByHand(pair, 1, 'leaks memory');
  const first = await rollBackPair(pair);
  expect({ outcome: first.outputs['outcome'], cause: first.outputs['cause'] }).toEqual({
    outcome: 'refused',
    cause: 'no-previous-revision',
  });
  expect(weightsOf(pair)).toEqual({ blue: 0, green: 100 });
  expect((await rollBackPair(pair, { to: { kind: 'weights' } })).outputs['outcome']).toBe('succeeded');
});

test('where it does not go by weight, what the other service was promoted for is deployed', async () => {
  const pair = await makePair({ blueTasks: 1 });
  promote(pair, 1);
  const alone = await rollBackPair(pair, { dryRun: true });
  expect([alone.outputs['cause'], JSON.stringify(alone.report.sections)]).toEqual([
    'no-previous-revision',
    expect.stringContaining('promoted for ips-api-cluster/ips-api-service only'),
  ]);
  const { outputs } = await rollBackPair(pair, { otherService: 'ips-api-service' });
  expect([outputs['outcome'], outputs['mode'], outputs['to']]).toEqual([
    'succeeded',
    'rollout',
    revisionArn(1),
  ]);
});
