import { describe, expect, test } from '@jest/globals';
import type { AlarmFact } from '../../../src/aws/alarms.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { beginWatch, watchAlarms } from '../../../src/rollout/alarm-watch.ts';

const alarm = (name: string, state: AlarmFact['state']): AlarmFact => ({ name, state, reason: undefined });

describe('before anything is changed', () => {
  test.each([
    ['all quiet', [alarm('a', 'OK'), alarm('b', 'INSUFFICIENT_DATA')], 'refuse', { names: ['a', 'b'] }],
    ['one in ALARM', [alarm('a', 'OK'), alarm('b', 'ALARM')], 'refuse', { code: 'alarm-active' }],
    ['one in ALARM', [alarm('a', 'OK'), alarm('b', 'ALARM')], 'ignore', { names: ['a'], ignored: ['b'] }],
    ['one missing', [alarm('a', 'missing'), alarm('b', 'ALARM')], 'ignore', { code: 'alarm-missing' }],
  ] as const)('%s, %s', (_name, alarms, choice, expectation) => {
    expect(beginWatch(alarms, choice)).toMatchObject(expectation);
  });

  test('every one in ALARM is named', () => {
    expect(beginWatch([alarm('a', 'ALARM'), alarm('b', 'ALARM')], 'refuse')).toMatchObject({
      reason: 'Alarms a, b are in ALARM already.',
    });
  });
});

describe('the watch', () => {
  function make(states: readonly string[]) {
    let now = 1_000_000;
    let calls = 0;
    const aws = {
      call: async () => {
        const StateValue = states[Math.min(calls++, states.length - 1)];
        return { MetricAlarms: [{ AlarmName: 'a', StateValue }] } as never;
      },
    } as AwsCaller;
    const watch = watchAlarms({ now: () => now, sleep: async () => undefined }, ['a']);
    return {
      state: async () => (await watch.read(aws))[0]!.state,
      later: (ms: number) => {
        now += ms;
      },
      calls: () => calls,
    };
  }

  test('many services asking at once make one call in five seconds', async () => {
    const { state, later, calls } = make(['OK']);
    await state();
    later(4999);
    await state();
    expect(calls()).toBe(1);
    later(1);
    await state();
    expect(calls()).toBe(2);
  });

  test('an alarm that went off stays off', async () => {
    const { state, later } = make(['OK', 'ALARM', 'OK']);
    const seen: string[] = [];
    for (let look = 0; look < 3; look++) {
      seen.push(await state());
      later(5000);
    }
    expect(seen).toEqual(['OK', 'ALARM', 'ALARM']);
  });
});
