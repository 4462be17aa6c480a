/** One event to a webhook: signed, tried a few times, given up in bounded time. */
import type { Clock } from '../runner/clock.ts';
import { attemptHttp, type SendHttp, sendHttp } from '../runner/http.ts';
import type { Notice } from './notice.ts';
import { signedHeaders } from './sign.ts';

/** Undefined where it was taken; else why it was not, for people. Never rejects. */
export type Deliver = (notice: Notice, signal: AbortSignal) => Promise<string | undefined>;

const attempts = 3;
const attemptTimeoutMs = 5000;
const pauseMs = 1000;

export function webhook(
  { url, secret }: { readonly url: string; readonly secret: string },
  { clock, send = sendHttp }: { readonly clock: Clock; readonly send?: SendHttp },
): Deliver {
  return async (notice, signal) => {
    const body = JSON.stringify(notice);
    let why = '';
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) await clock.sleep(pauseMs * 2 ** (attempt - 2), signal);
      if (signal.aborted) return why || 'there was no time left';
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'ips-deploy-actions',
        ...signedHeaders(secret, notice.id, clock.now(), body),
      };
      const answer = await attemptHttp(
        send,
        { method: 'POST', url, headers, body },
        attemptTimeoutMs,
        signal,
      );
      if (typeof answer === 'string') {
        why = answer;
        continue;
      }
      const { status } = answer;
      if (status >= 200 && status < 300) return undefined;
      why = `it answers ${status}`;
      if (!mayHelp(status)) return why;
    }
    return why;
  };
}

/** Whether another attempt can have another answer. */
function mayHelp(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}
