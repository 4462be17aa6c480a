import { describe, expect, test } from '@jest/globals';
import { AwsCallError, classifyAwsError } from '../../../src/aws/call-error.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { mayRepeat, patient, retryPauseMs, withRetries } from '../../../src/aws/retry.ts';

/** Fails with the given kinds in turn, then answers. */
function failing(...kinds: AwsCallError['kind'][]): AwsCaller & { calls: number } {
  const caller = {
    calls: 0,
    async call(operation: string): Promise<never> {
      const kind = kinds[caller.calls++];
      if (kind !== undefined) throw new AwsCallError(operation, kind, 'words', kind);
      return { services: [] } as never;
    },
  };
  return caller;
}

function ports() {
  const slept: number[] = [];
  let now = 0;
  return {
    slept,
    ports: {
      clock: {
        now: () => now,
        sleep: async (durationMs: number) => {
          slept.push(durationMs);
          now += durationMs;
        },
      },
      random: () => 0.5,
    },
  };
}

const describeServices = (caller: AwsCaller) => caller.call('ecs:DescribeServices', { services: ['api'] });

test('faults and throttling are tried again, with growing pauses of their own', async () => {
  const { ports: given, slept } = ports();
  const caller = failing('transient', 'throttled', 'throttled');
  await describeServices(withRetries(caller, given));
  expect({ calls: caller.calls, slept }).toEqual({ calls: 4, slept: [100, 2000, 4000] });
});

test.each(['access-denied', 'credentials', 'not-found', 'rejected'] as const)('%s is final', async (kind) => {
  const { ports: given, slept } = ports();
  const caller = failing(kind);
  await expect(describeServices(withRetries(caller, given))).rejects.toMatchObject({ kind });
  expect({ calls: caller.calls, slept }).toEqual({ calls: 1, slept: [] });
});

test.each([
  [300, 2],
  [299, 1],
])('a call ends within its %i ms: %i pauses', async (totalMs, pauses) => {
  const { ports: given, slept } = ports();
  const caller = failing(...Array.from({ length: 50 }, () => 'transient' as const));
  await expect(describeServices(withRetries(caller, given, { ...patient, totalMs }))).rejects.toThrow(
    AwsCallError,
  );
  expect(slept).toHaveLength(pauses);
});

test('an aborted signal ends the tries', async () => {
  const { ports: given, slept } = ports();
  const abort = new AbortController();
  abort.abort();
  const caller = withRetries(failing('throttled'), given);
  await expect(caller.call('ecs:DescribeServices', { services: [] }, abort.signal)).rejects.toThrow(
    AwsCallError,
  );
  expect(slept).toEqual([]);
});

test('what is no AWS error goes through untouched', async () => {
  const defect = new TypeError('x');
  const caller: AwsCaller = { call: () => Promise.reject(defect) };
  await expect(describeServices(withRetries(caller, ports().ports))).rejects.toBe(defect);
});

describe('pauses', () => {
  test.each([
    ['transient', 1, 0.5, 100],
    ['transient', 1, 0, 0],
    ['throttled', 1, 0.5, 1000],
    ['throttled', 5, 1, 20_000],
    ['throttled', 500, 1, 20_000],
  ] as const)('%s, attempt %i, drawn %f: %i ms', (kind, attempt, random, pause) => {
    expect(retryPauseMs(patient, kind, attempt, random)).toBe(pause);
  });
});

describe('a cancelled job is in a hurry', () => {
  const patientlyFailing = () => failing(...Array.from({ length: 50 }, () => 'throttled' as const));

  test('a call that begins then is retried for a second at most', async () => {
    const { ports: given, slept } = ports();
    const hurry = { signal: AbortSignal.abort(), totalMs: 1000 };
    const caller = withRetries(patientlyFailing(), { ...given, random: () => 0.4, hurry });
    await expect(describeServices(caller)).rejects.toMatchObject({ kind: 'throttled' });
    expect(slept).toEqual([800]);
  });

  test('a call that is being retried when it comes is tried once more', async () => {
    const { ports: given, slept } = ports();
    const cancel = new AbortController();
    const failures = patientlyFailing();
    const clock = {
      ...given.clock,
      sleep: async (durationMs: number, signal?: AbortSignal) => {
        await given.clock.sleep(durationMs);
        if (slept.length === 3) cancel.abort();
        expect(signal?.aborted).toBe(slept.length === 3);
      },
    };
    const hurry = { signal: cancel.signal, totalMs: 1000 };
    await expect(describeServices(withRetries(failures, { ...given, clock, hurry }))).rejects.toMatchObject({
      kind: 'throttled',
    });
    expect(failures.calls).toBe(4);
  });
});

describe('what may be repeated when the answer got lost', () => {
  test.each([
    ['ecs:DescribeServices', {}, true],
    ['ecs:UpdateService', { taskDefinition: 'api:2' }, true],
    ['ecs:UpdateService', { forceNewDeployment: true }, false],
    ['ecs:RegisterTaskDefinition', {}, false],
    ['ecs:StopServiceDeployment', {}, true],
    ['elasticloadbalancing:ModifyRule', {}, true],
    ['elasticloadbalancing:CreateRule', {}, true],
  ] as const)('%s %j: %s', (operation, input, repeat) => {
    expect(mayRepeat(operation, input, 'transient')).toBe(repeat);
    expect(mayRepeat(operation, input, 'throttled')).toBe(true);
  });
});

test.each([
  ['ThrottlingException', 400, 'throttled'],
  ['Anything', 429, 'throttled'],
  ['LimitExceededException', 400, 'throttled'],
  ['ServerException', 500, 'transient'],
  ['Anything', 503, 'transient'],
  ['ECONNRESET', 0, 'transient'],
  ['AccessDeniedException', 400, 'access-denied'],
  ['ExpiredTokenException', 403, 'credentials'],
  ['ServiceNotFoundException', 400, 'not-found'],
  ['ImageNotFoundException', 400, 'not-found'],
  ['InvalidParameterException', 400, 'rejected'],
  ['ConflictException', 400, 'rejected'],
  ['ClientException', 400, 'rejected'],
] as const)('%s with status %i is %s', (code, status, kind) => {
  expect(classifyAwsError(code, status)).toBe(kind);
});
