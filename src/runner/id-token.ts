/**
 * The identity token of the job, which AWS takes for credentials of a role. A job has it with the permission
 * `id-token: write` only.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
import type { Clock } from './clock.ts';
import type { Environment } from './context.ts';
import { attemptHttp, type HttpAnswer, type SendHttp, sendHttp } from './http.ts';

export type IdToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly reason: string };

const attempts = 3;
const attemptTimeoutMs = 10_000;
const pauseMs = 1000;

/** Never rejects. */
export async function requestIdToken(
  environment: Environment,
  audience: string,
  { clock, send = sendHttp }: { readonly clock: Clock; readonly send?: SendHttp },
): Promise<IdToken> {
  const url = environment['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const bearer = environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (url === '' || bearer === '' || !URL.canParse(url)) {
    return { ok: false, reason: 'this job has no identity token: it needs the permission id-token: write' };
  }
  const asked = new URL(url);
  asked.searchParams.set('audience', audience);
  const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
  let reason = '';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await clock.sleep(pauseMs * (attempt - 1));
    const answer = await attemptHttp(send, { method: 'GET', url: asked.href, headers }, attemptTimeoutMs);
    if (typeof answer === 'string') {
      reason = `${answer} from GitHub`;
      continue;
    }
    const { status } = answer;
    const token = status === 200 ? await tokenIn(answer) : undefined;
    if (token !== undefined) return { ok: true, token };
    reason = status === 200 ? 'GitHub gave no identity token' : `GitHub answers ${status}`;
    if (status >= 300 && status < 500 && status !== 429) break;
  }
  return { ok: false, reason: `${reason} when asked for an identity token` };
}

async function tokenIn(answer: HttpAnswer): Promise<string | undefined> {
  try {
    const { value } = (await answer.json()) as { readonly value?: unknown };
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}
