import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { AwsOperation } from '../../../src/aws/operations.ts';
import { nextCall, type Rate, rateOf, withPace } from '../../../src/aws/pace.ts';

const rate: Rate = { name: 'x', burst: 3, perSecond: 2 };

/** Waits of calls that all come at time 0. */
function waits(count: number): readonly number[] {
  let fullAt = 0;
  return Array.from({ length: count }, () => {
    const next = nextCall(rate, fullAt, 0);
    fullAt = next.fullAt;
    return next.waitMs;
  });
}

describe('the pace', () => {
  test('a burst goes at once, and what follows one by one', () => {
    expect(waits(5)).toEqual([0, 0, 0, 500, 1000]);
  });

  test.each([
    [499, 1],
    [500, 0],
    [60_000, 0],
  ])('%i ms after a burst the next call waits %i ms', (now, waitMs) => {
    expect(nextCall(rate, 1500, now).waitMs).toBe(waitMs);
  });

  test('a rest gives back one burst and no more', () => {
    let fullAt = 1500;
    const later = Array.from({ length: 4 }, () => {
      const next = nextCall(rate, fullAt, 3_600_000);
      fullAt = next.fullAt;
      return next.waitMs;
    });
    expect(later).toEqual([0, 0, 0, 500]);
  });
});

test('one run takes half of what AWS allows, per kind of call', () => {
  expect(rateOf('ecs:DescribeServiceDeployments')).toMatchObject({ burst: 25, perSecond: 10 });
  expect(rateOf('ecs:DescribeServiceRevisions')?.name).toBe(rateOf('ecs:ListServiceDeployments')?.name);
  expect(rateOf('ecs:DescribeServices')?.name).not.toBe(rateOf('ecs:UpdateService')?.name);
});

describe('calls held to it', () => {
  function run() {
    let now = 0;
    const at: number[] = [];
    const cancel = new AbortController();
    const clock = {
      now: () => now,
      sleep: async (durationMs: number, signal?: AbortSignal) => {
        if (!signal?.aborted) now += durationMs;
      },
    };
    const aws = {
      call: async () => {
        at.push(now);
        return {} as never;
      },
    } as AwsCaller;
    const call = withPace(aws, { clock, cancelled: cancel.signal });
    const many = async (operation: AwsOperation, count: number): Promise<void> => {
      for (let index = 0; index < count; index++) await call.call(operation, {} as never);
    };
    return { at, cancel, many };
  }

  test('beyond the burst they keep the rate', async () => {
    const { at, many } = run();
    await many('ecs:DescribeServiceDeployments', 27);
    expect(at.slice(24)).toEqual([0, 100, 200]);
  });

  test('a cancelled job waits for nothing', async () => {
    const { at, cancel, many } = run();
    await many('ecs:UpdateService', 25);
    cancel.abort();
    await many('ecs:UpdateService', 5);
    expect(at.every((each) => each === 0)).toBe(true);
  });
});
