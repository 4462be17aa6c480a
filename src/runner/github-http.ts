/**
 * Requests to GitHub's REST API: time-outs, retries, redirects. What goes wrong is a value, not an exception:
 * GitHub is asked for advice and told what happened, and a deployment does not fail because it does not listen.
 * @see https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
import type { Clock } from './clock.ts';
import { attemptHttp, type HttpAnswer, type HttpRequest, type SendHttp, sendHttp } from './http.ts';

export type GitHubFailureKind =
  | 'no-token'
  | 'denied'
  /** The repository, or what is asked for in it, is not there for this token. */
  | 'not-found'
  /** GitHub understood, and will not have it (409, 422). */
  | 'rejected'
  | 'rate-limited'
  | 'unreachable'
  | 'unexpected';

export interface GitHubFailure {
  readonly ok: false;
  readonly kind: GitHubFailureKind;
  /** For people, in GitHub's own words where it has some; untrusted, at most a few hundred characters. */
  readonly reason: string;
}

export type GitHubResult<T> = { readonly ok: true; readonly value: T } | GitHubFailure;

export interface GitHubSettings {
  /** `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. Empty: the former. */
  readonly apiUrl: string;
  /** `owner/name` */
  readonly repository: string;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly send?: SendHttp;
}

export interface GitHubCall {
  readonly method: HttpRequest['method'];
  /** Below the repository, with its query: `/deployments?per_page=1`. */
  readonly path: string;
  readonly body?: unknown;
  /** A write that may be made twice; one that may not is only made again where GitHub said it did nothing. */
  readonly repeatable?: boolean;
}

const attemptTimeoutMs = 10_000;
const attempts = 3;
const pauseMs = 1000;
/** GitHub may ask for a minute or an hour: a deployment does not wait that long for advice. */
const longestPauseMs = 15_000;
const redirectsLimit = 3;

/** Never rejects. `value` is an object or a list. */
export async function callGitHub(
  settings: GitHubSettings,
  call: GitHubCall,
  signal: AbortSignal | undefined,
): Promise<GitHubResult<object>> {
  const { token, clock, send = sendHttp, repository } = settings;
  if (token === undefined || token === '') return failed('no-token', 'no github-token is given');
  const apiUrl = (settings.apiUrl || 'https://api.github.com').replace(/\/+$/, '');
  const repeatable = call.method === 'GET' || call.repeatable === true;
  let url = `${apiUrl}/repos/${repository}${call.path}`;
  let redirects = 0;
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptHttp(send, requestOf(call, url, token), attemptTimeoutMs, signal);
    if (signal?.aborted) return failed('unreachable', 'the job was cancelled');
    if (typeof answer === 'string') {
      if (attempt >= attempts || !repeatable) return failed('unreachable', answer);
      await clock.sleep(pauseMs * attempt, signal);
      continue;
    }
    if (answer.status >= 300 && answer.status < 400) {
      const next = redirectOf(url, answer);
      if (next === undefined || ++redirects > redirectsLimit) {
        return failed('unexpected', `it redirects to another place (${answer.status})`);
      }
      url = next;
      attempt--;
      continue;
    }
    const wait = pauseOf(answer, clock.now());
    if (wait !== undefined) {
      const mayAgain = repeatable || isRateLimited(answer);
      if (attempt >= attempts || wait > longestPauseMs || !mayAgain) return failureOf(answer);
      await clock.sleep(wait, signal);
      continue;
    }
    if (answer.status !== 200 && answer.status !== 201) return failureOf(answer);
    try {
      const value = await answer.json();
      if (typeof value === 'object' && value !== null) return { ok: true, value };
    } catch {
      // Told below: a proxy's page of HTML is no answer of GitHub.
    }
    return failed('unexpected', 'its answer is no JSON');
  }
}

export function failed(kind: GitHubFailureKind, reason: string): GitHubFailure {
  return { ok: false, kind, reason: `GitHub: ${reason}` };
}

function requestOf({ method, body }: GitHubCall, url: string, token: string): HttpRequest {
  return {
    method,
    url,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'ips-deploy-actions',
      'x-github-api-version': '2022-11-28',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/**
 * A renamed repository answers with its new place: 307 and 308 keep the method, 301 is only given to reads. The
 * token goes to no other host.
 */
function redirectOf(url: string, answer: HttpAnswer): string | undefined {
  const location = answer.header('location');
  if (location === undefined || !URL.canParse(location, url)) return undefined;
  const next = new URL(location, url);
  return next.origin === new URL(url).origin ? next.href : undefined;
}

/** How long to wait before the next attempt; undefined where the answer is final. */
function pauseOf(answer: HttpAnswer, now: number): number | undefined {
  if (answer.status >= 500) return pauseMs;
  if (!isRateLimited(answer)) return undefined;
  const after = Number(answer.header('retry-after') ?? Number.NaN);
  if (after >= 0) return after * 1000;
  const reset = Number(answer.header('x-ratelimit-reset') ?? Number.NaN);
  return reset > 0 ? Math.max(pauseMs, reset * 1000 - now) : longestPauseMs;
}

function isRateLimited(answer: HttpAnswer): boolean {
  if (answer.status === 429) return true;
  const spent = answer.header('x-ratelimit-remaining') === '0' || answer.header('retry-after') !== undefined;
  return answer.status === 403 && spent;
}

async function failureOf(answer: HttpAnswer): Promise<GitHubFailure> {
  const { status } = answer;
  if (isRateLimited(answer)) return failed('rate-limited', `its rate limit is used up (${status})`);
  const words = await messageOf(answer);
  const end = words === '' ? ` (${status})` : ` (${status}: ${words})`;
  if (status === 401 || status === 403) return failed('denied', `the github-token may not do this${end}`);
  if (status === 404) return failed('not-found', `it is not there for this token${end}`);
  if (status === 409 || status === 422) return failed('rejected', `it will not have this${end}`);
  return failed(status >= 500 ? 'unreachable' : 'unexpected', `it answers ${status}`);
}

async function messageOf(answer: HttpAnswer): Promise<string> {
  try {
    const { message, errors } = (await answer.json()) as { message?: unknown; errors?: unknown };
    const details = Array.isArray(errors)
      ? errors.map((each) => (each as { message?: unknown } | null)?.message)
      : [];
    const words = [message, ...details].filter((each) => typeof each === 'string').join(', ');
    return words.replace(/\s+/g, ' ').slice(0, 200);
  } catch {
    return '';
  }
}
