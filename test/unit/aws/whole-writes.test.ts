import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { notSent, withWholeWrites } from '../../../src/aws/whole-writes.ts';
import type { Clock } from '../../../src/runner/clock.ts';

/** A call that answers when told to, and fails when it is hung up on. */
function line() {
  const sleepers: { readonly ms: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: (ms) => new Promise((wake) => sleepers.push({ ms, wake })),
  };
  const sent: string[] = [];
  let answer: () => void = () => undefined;
  const aws = {
    call: (operation: string, _input: unknown, signal?: AbortSignal) => {
      sent.push(operation);
      return new Promise<never>((resolve, reject) => {
        answer = () => resolve('answer' as never);
        signal?.addEventListener('abort', () => reject(new Error('hung up')));
      });
    },
  } as AwsCaller;
  const cancel = new AbortController();
  const call = (operation: 'ecs:UpdateService' | 'ecs:DescribeServices') =>
    withWholeWrites(aws, clock).call(operation, {} as never, cancel.signal);
  return { call, cancel, sent, sleepers, answer: () => answer() };
}

describe('a change', () => {
  test('that was sent is waited for when the job is cancelled', async () => {
    const { call, cancel, answer } = line();
    const work = call('ecs:UpdateService');
    cancel.abort();
    answer();
    expect(await work).toBe('answer');
  });

  test('but not for longer than a cancelled job has', async () => {
    const { call, cancel, sleepers } = line();
    const work = call('ecs:UpdateService');
    cancel.abort();
    expect(sleepers.map((each) => each.ms)).toEqual([3000]);
    sleepers[0]!.wake();
    await expect(work).rejects.toThrow('hung up');
  });

  test('that was not sent yet is not sent any more', async () => {
    const { call, cancel, sent } = line();
    cancel.abort();
    await expect(call('ecs:UpdateService')).rejects.toMatchObject({ code: notSent });
    expect(sent).toEqual([]);
  });
});

test('a read is dropped at once', async () => {
  const { call, cancel } = line();
  const work = call('ecs:DescribeServices');
  cancel.abort();
  await expect(work).rejects.toThrow('hung up');
});
