import { expect, test } from '@jest/globals';
import { AwsCallError } from '../../../src/aws/call-error.ts';
import { type EngineSpec, runEngine } from '../../../src/engine/engine.ts';
import type { KitEvent } from '../../../src/report/event.ts';
import type { Clock } from '../../../src/runner/clock.ts';

interface State {
  readonly seen: readonly string[];
}

/** A clock that moves only when slept on; `onSleep` can act while the engine sleeps. */
function fakeClock(
  onSleep: (durationMs: number) => void = () => undefined,
): Clock & { readonly slept: number[] } {
  let now = 1000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (durationMs, signal) => {
      slept.push(durationMs);
      onSleep(durationMs);
      if (!signal?.aborted) now += durationMs;
    },
  };
}

const see = (state: State, what: string): State => ({ seen: [...state.seen, what] });

function spec(
  overrides: Partial<EngineSpec<State, number, string, string>>,
): EngineSpec<State, number, string, string> {
  let observations = 0;
  return {
    initial: { seen: [] },
    timeoutMs: 10_000,
    observe: async () => ++observations,
    decide: (state) => ({ kind: 'finish', state, outcome: state.seen.join(' ') }),
    perform: async (act, state) => see(state, `did:${act}`),
    refused: (act, error, state) => see(state, `refused:${act}:${error.code}`),
    ...overrides,
  };
}

test('observes, acts, waits and finishes, recording on the way', async () => {
  const clock = fakeClock();
  const events: KitEvent[] = [];
  const outcome = await runEngine(
    spec({
      decide: (state, observed, { now }) => {
        if (observed.kind !== 'facts') throw new Error('unexpected');
        if (observed.facts === 1) return { kind: 'act', act: 'write', state };
        if (observed.facts === 2) {
          return {
            kind: 'wait',
            waitMs: 500,
            state: see(state, 'wait'),
            events: [{ at: now, code: 'x', level: 'info', message: 'm' }],
          };
        }
        return { kind: 'finish', state, outcome: `${state.seen.join(' ')} at ${now}` };
      },
    }),
    { clock, cancelled: new AbortController().signal, record: (event) => events.push(event) },
  );
  expect(outcome).toBe('did:write wait at 1500');
  expect(clock.slept).toEqual([500]);
  expect(events).toEqual([{ at: 1000, code: 'x', level: 'info', message: 'm' }]);
});

test('a refused act and an unreadable observation become facts, not crashes', async () => {
  const denied = new AwsCallError('ecs:UpdateService', 'AccessDeniedException', 'no', 'access-denied');
  let observation = 0;
  const outcome = await runEngine(
    spec({
      observe: async () => {
        if (++observation === 2)
          throw new AwsCallError('ecs:DescribeServices', 'ServerException', 'x', 'transient');
        return observation;
      },
      perform: async () => Promise.reject(denied),
      decide: (state, observed) => {
        if (observed.kind === 'unreadable')
          return { kind: 'wait', waitMs: 1, state: see(state, `unreadable:${observed.error.code}`) };
        if (observed.facts === 1) return { kind: 'act', act: 'write', state };
        return { kind: 'finish', state, outcome: state.seen.join(' ') };
      },
    }),
    { clock: fakeClock(), cancelled: new AbortController().signal, record: () => undefined },
  );
  expect(outcome).toBe('refused:write:AccessDeniedException unreadable:ServerException');
});

test('a defect is not swallowed', async () => {
  const broken = runEngine(spec({ observe: async () => Promise.reject(new TypeError('defect')) }), {
    clock: fakeClock(),
    cancelled: new AbortController().signal,
    record: () => undefined,
  });
  await expect(broken).rejects.toThrow('defect');
});

test('a wait does not oversleep the deadline; after it, waits are as asked for', async () => {
  const clock = fakeClock();
  await runEngine(
    spec({
      timeoutMs: 800,
      decide: (state, _observed, { now, deadlineAt }) =>
        now >= deadlineAt + 500
          ? { kind: 'finish', state, outcome: '' }
          : { kind: 'wait', waitMs: 500, state },
    }),
    { clock, cancelled: new AbortController().signal, record: () => undefined },
  );
  expect(clock.slept).toEqual([500, 300, 500]);
});

test('a cancellation ends the sleep at once and is seen by the next decision', async () => {
  const abort = new AbortController();
  const clock = fakeClock(() => abort.abort());
  const outcome = await runEngine(
    spec({
      decide: (state, _observed, { cancelled, now }) =>
        cancelled
          ? { kind: 'finish', state, outcome: `cancelled at ${now}` }
          : { kind: 'wait', waitMs: 5000, state },
    }),
    { clock, cancelled: abort.signal, record: () => undefined },
  );
  expect(outcome).toBe('cancelled at 1000');
});
