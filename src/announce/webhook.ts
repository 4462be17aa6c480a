/** One event to a webhook: signed, tried a few times, given up in bounded time. */
import type { Clock } from '../runner/clock.ts';
import type { Notice } from './notice.ts';
import { signedHeaders } from './sign.ts';

/** Undefined where it was taken; else why it was not, for people. Never rejects. */
export type Deliver = (notice: Notice, signal: AbortSignal) => Promise<string | undefined>;

/** HTTP status; rejects where there was no answer. Redirects are not followed. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<number>;

const attempts = 3;
const attemptTimeoutMs = 5000;
const pauseMs = 1000;

export function webhook(
  { url, secret }: { readonly url: string; readonly secret: string },
  { clock, post = postHttp }: { readonly clock: Clock; readonly post?: Post },
): Deliver {
  return async (notice, signal) => {
    const body = JSON.stringify(notice);
    let why = '';
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (attempt > 1) await clock.sleep(pauseMs * 2 ** (attempt - 2), signal);
      if (signal.aborted) return why || 'there was no time left';
      const deadline = AbortSignal.timeout(attemptTimeoutMs);
      try {
        const headers = {
          'content-type': 'application/json',
          'user-agent': 'ips-deploy-actions',
          ...signedHeaders(secret, notice.id, clock.now(), body),
        };
        const status = await post(url, headers, body, AbortSignal.any([signal, deadline]));
        if (status >= 200 && status < 300) return undefined;
        why = `it answers ${status}`;
        if (!mayHelp(status)) return why;
      } catch (error) {
        const { cause, name } = error as Error & { cause?: { code?: string } };
        // The message of an error may hold the URL, which is a secret of many receivers.
        why = deadline.aborted
          ? `no answer within ${attemptTimeoutMs / 1000} s`
          : `no answer (${cause?.code ?? name})`;
      }
    }
    return why;
  };
}

/** Whether another attempt can have another answer. */
function mayHelp(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

const postHttp: Post = async (url, headers, body, signal) => {
  const { status } = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  return status;
};
