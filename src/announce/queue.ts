/**
 * Notices on their way: each receiver gets them one after the other, beside the work that they tell of. Nothing
 * that goes wrong reaches the work; it is told once for each receiver, as a warning.
 */
import { answerBy, type Clock } from '../runner/clock.ts';
import type { Notice } from './notice.ts';
import type { Deliver } from './webhook.ts';

export interface Receiver {
  /** For the warning: `the topic ips-api-alerts`. */
  readonly name: string;
  readonly deliver: Deliver;
}

export interface NoticeQueue {
  send(notice: Notice): void;
  /** Waits for what is on its way, `limitMs` at most; then nothing more is sent. Warnings, for people. */
  finish(limitMs: number): Promise<readonly string[]>;
}

/** Decisions that wait beyond this many are left out: the beginning and the end never are. */
const waitingLimit = 50;
const graceMs = 200;

export function noticeQueue(receivers: readonly Receiver[], clock: Clock): NoticeQueue {
  const over = new AbortController();
  const lines = receivers.map((receiver) => ({
    receiver,
    waiting: [] as Notice[],
    working: Promise.resolve(),
    total: 0,
    reached: 0,
    /** Of the first that was lost; empty where nobody said why. */
    why: '',
  }));
  type Line = (typeof lines)[number];
  const work = async (line: Line): Promise<void> => {
    const notice = line.waiting.shift();
    if (notice === undefined || over.signal.aborted) return;
    const why = await line.receiver
      .deliver(notice, over.signal)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (why === undefined) line.reached++;
    else line.why ||= why;
  };
  return {
    send(notice) {
      for (const line of lines) {
        line.total++;
        if (notice.kind === 'decision' && line.waiting.length >= waitingLimit) {
          line.why ||= 'too many at once';
          continue;
        }
        line.waiting.push(notice);
        line.working = line.working.then(() => work(line));
      }
    },
    async finish(limitMs) {
      const done = new AbortController();
      const all = Promise.all(lines.map((line) => line.working)).then(() => done.abort());
      await Promise.race([all, answerBy(clock, limitMs, done.signal)]);
      over.abort();
      // Who is being told right now gets a moment to see that it is over.
      if (!done.signal.aborted) await Promise.race([all, clock.sleep(graceMs, done.signal)]);
      return lines
        .filter((line) => line.reached < line.total)
        .map(({ receiver, total, reached, why }) => {
          const notices = total === 1 ? 'notice' : 'notices';
          return `${total - reached} of ${total} ${notices} did not reach ${receiver.name}: ${why || 'not taken in time'}.`;
        });
    },
  };
}
