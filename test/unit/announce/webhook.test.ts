import { describe, expect, test } from '@jest/globals';
import { startedNotice } from '../../../src/announce/notice.ts';
import { noticeQueue } from '../../../src/announce/queue.ts';
import { type Deliver, webhook } from '../../../src/announce/webhook.ts';
import type { Clock } from '../../../src/runner/clock.ts';
import type { HttpAnswer, SendHttp } from '../../../src/runner/http.ts';
import { createPorts } from '../image/ports-double.ts';

const { context } = createPorts({ call: () => Promise.reject(new Error('no AWS here')) }, '/temp');
const subject = { action: 'rollback', cluster: 'c', services: ['s'], listener: null } as const;
const notice = startedNotice({ subject, environment: undefined, context }, 0, Date.UTC(2026, 0, 31));

const answerOf = (status: number): HttpAnswer => ({
  status,
  header: () => undefined,
  json: async () => ({}),
});

function setUp(answers: readonly (number | Error)[]) {
  const slept: number[] = [];
  let now = Date.UTC(2026, 0, 31);
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
  const posted: Parameters<SendHttp>[0][] = [];
  const left = [...answers];
  const send: SendHttp = async (request) => {
    posted.push(request);
    const next = left.shift();
    if (next === undefined) throw new Error('posted once too often');
    if (next instanceof Error) throw next;
    return answerOf(next);
  };
  const deliver = webhook(
    { url: 'https://hooks.example.com/secret', secret: 's'.repeat(16) },
    { clock, send },
  );
  return { deliver, slept, posted, left, clock };
}

const open = new AbortController().signal;

describe('one event', () => {
  test.each([
    ['taken', [200], undefined, []],
    ['taken, without words', [204], undefined, []],
    ['taken later', [500, 503, 202], undefined, [1000, 2000]],
    ['taken after a limit', [429, 200], undefined, [1000]],
    ['taken after a time-out of theirs', [408, 200], undefined, [1000]],
    ['taken after no answer', [new TypeError('fetch failed'), 299], undefined, [1000]],
    ['never taken', [500, 502, 503], 'it answers 503', [1000, 2000]],
    ['refused', [400], 'it answers 400', []],
    ['gone', [404], 'it answers 404', []],
    ['sent elsewhere', [302], 'it answers 302', []],
  ] as const)('%s', async (_name, answers, why, pauses) => {
    const { deliver, slept, left } = setUp(answers);
    expect(await deliver(notice, open)).toBe(why);
    expect([slept, left]).toEqual([pauses, []]);
  });

  test('keeps its id, and gets a new time with each attempt', async () => {
    const { deliver, posted } = setUp([500, 200]);
    await deliver(notice, open);
    const [first, second] = posted;
    expect(first!.body).toBe(second!.body);
    expect(first!.headers['webhook-id']).toBe(second!.headers['webhook-id']);
    expect(Number(second!.headers['webhook-timestamp'])).toBe(
      Number(first!.headers['webhook-timestamp']) + 1,
    );
    expect(first!.headers['webhook-signature']).not.toBe(second!.headers['webhook-signature']);
  });

  test('the address is in no reason', async () => {
    const wrong = new TypeError('Failed to parse URL from https://hooks.example.com/secret');
    expect(await setUp([wrong, wrong, wrong]).deliver(notice, open)).toBe('no answer (TypeError)');
  });

  test('is not tried again once time is up', async () => {
    const { deliver, posted } = setUp([500]);
    const over = new AbortController();
    const clock: Clock = { now: () => 0, sleep: async () => over.abort() };
    const send: SendHttp = async (request) => {
      posted.push(request);
      return answerOf(500);
    };
    const one = webhook({ url: 'https://x.example.com', secret: 's'.repeat(16) }, { clock, send });
    expect(await one(notice, over.signal)).toBe('it answers 500');
    expect(posted).toHaveLength(1);
    expect(await deliver(notice, AbortSignal.abort())).toBe('there was no time left');
  });
});

describe('the queue', () => {
  const decision = (sequence: number) =>
    ({ ...notice, kind: 'decision', sequence, code: 'a.b', level: 'info', data: {} }) as const;
  const real: Clock = {
    now: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };

  test('keeps the order for each receiver; one that fails does not hold the other up', async () => {
    const got: number[] = [];
    const good: Deliver = async ({ sequence }) => {
      await real.sleep(sequence === 0 ? 5 : 0);
      got.push(sequence);
      return undefined;
    };
    const bad: Deliver = async () => {
      throw new Error('a defect');
    };
    const queue = noticeQueue(
      [
        { name: 'good', deliver: good },
        { name: 'bad', deliver: bad },
      ],
      real,
    );
    for (let sequence = 0; sequence < 5; sequence++) queue.send(decision(sequence));
    expect(await queue.finish(1000)).toEqual(['5 of 5 notices did not reach bad: a defect.']);
    expect(got).toEqual([0, 1, 2, 3, 4]);
  });

  test('is over in bounded time, whoever does not listen', async () => {
    const deaf: Deliver = () => new Promise(() => undefined);
    const polite: Deliver = (_notice, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve('it answers nothing')));
    const queue = noticeQueue(
      [
        { name: 'deaf', deliver: deaf },
        { name: 'polite', deliver: polite },
      ],
      real,
    );
    for (let sequence = 0; sequence < 3; sequence++) queue.send(decision(sequence));
    const begun = Date.now();
    const warnings = await queue.finish(50);
    expect(Date.now() - begun).toBeLessThan(1500);
    expect(warnings).toEqual([
      '3 of 3 notices did not reach deaf: not taken in time.',
      '3 of 3 notices did not reach polite: it answers nothing.',
    ]);
  });

  test('leaves decisions out where too many wait, never the end', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const kinds: string[] = [];
    const slow: Deliver = async (each) => {
      await held;
      kinds.push(each.kind);
      return undefined;
    };
    const queue = noticeQueue([{ name: 'slow', deliver: slow }], real);
    for (let sequence = 0; sequence < 60; sequence++) queue.send(decision(sequence));
    queue.send({
      ...notice,
      kind: 'ended',
      ok: true,
      outcome: 'x',
      cause: '',
      remedy: '',
      durationSeconds: 1,
    });
    release();
    const warnings = await queue.finish(1000);
    expect(kinds.filter((kind) => kind === 'ended')).toHaveLength(1);
    expect(warnings).toEqual([
      expect.stringMatching(/^(9|10) of 61 notices did not reach slow: too many at once\.$/),
    ]);
  });
});
