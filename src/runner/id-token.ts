/**
 * The identity token of the job, which AWS takes for credentials of a role. A job has it with the permission
 * `id-token: write` only.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
import type { Clock } from './clock.ts';
import type { Environment } from './context.ts';

export type IdToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly reason: string };

/** One GET; rejects where there was no answer. */
export type GetText = (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly text: string }>;

const attempts = 3;
const attemptTimeoutMs = 10_000;
const pauseMs = 1000;

/** Never rejects. */
export async function requestIdToken(
  environment: Environment,
  audience: string,
  { clock, get = getText }: { readonly clock: Clock; readonly get?: GetText },
): Promise<IdToken> {
  const url = environment['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const bearer = environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (url === '' || bearer === '' || !URL.canParse(url)) {
    return { ok: false, reason: 'this job has no identity token: it needs the permission id-token: write' };
  }
  const asked = new URL(url);
  asked.searchParams.set('audience', audience);
  let reason = '';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await clock.sleep(pauseMs * (attempt - 1));
    try {
      const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
      const { status, text } = await get(asked.href, headers, AbortSignal.timeout(attemptTimeoutMs));
      const token = status === 200 ? tokenIn(text) : undefined;
      if (token !== undefined) return { ok: true, token };
      reason = status === 200 ? 'GitHub gave no identity token' : `GitHub answers ${status}`;
      if (status >= 400 && status < 500 && status !== 429) break;
    } catch (error) {
      const { cause, name } = error as Error & { cause?: { code?: string } };
      reason = `GitHub does not answer (${cause?.code ?? name})`;
    }
  }
  return { ok: false, reason: `${reason} when asked for an identity token` };
}

function tokenIn(text: string): string | undefined {
  try {
    const { value } = JSON.parse(text) as { readonly value?: unknown };
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}

const getText: GetText = async (url, headers, signal) => {
  const answer = await fetch(url, { headers, signal, redirect: 'error' });
  return { status: answer.status, text: await answer.text() };
};
