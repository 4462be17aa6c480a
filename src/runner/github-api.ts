/**
 * GitHub's REST API, as much of it as the actions need. What goes wrong is a value, not an exception: GitHub is
 * asked for advice here, and a deployment does not fail because it gives none.
 * @see https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
import type { Clock } from './clock.ts';

export type GitHubFailureKind =
  | 'no-token'
  | 'denied'
  /** The repository, or a commit, is not there for this token. */
  | 'not-found'
  | 'rate-limited'
  | 'unreachable'
  | 'unexpected';

export type GitHubResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: GitHubFailureKind; readonly reason: string };

/** How `head` stands to `base`: `behind` means that base contains head and more. */
export interface Comparison {
  readonly status: 'ahead' | 'behind' | 'identical' | 'diverged';
  readonly aheadBy: number;
  readonly behindBy: number;
}

export interface GitHubApi {
  /** Commits or refs of the run's repository. Never rejects. */
  compare(base: string, head: string, signal?: AbortSignal): Promise<GitHubResult<Comparison>>;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of a header by its name in small letters. */
  header(name: string): string | undefined;
  /** Rejects where the body is no JSON. */
  json(): Promise<unknown>;
}

/** One request, redirects not followed. Rejects where there is no answer. */
export type HttpGet = (
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<HttpAnswer>;

export interface GitHubSettings {
  /** `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  /** `owner/name` */
  readonly repository: string;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly get?: HttpGet;
}

const attemptTimeoutMs = 10_000;
const attempts = 3;
const pauseMs = 1000;
/** GitHub may ask for a minute or an hour: a deployment does not wait that long for advice. */
const longestPauseMs = 15_000;
const redirectsLimit = 3;

export function createGitHubApi(settings: GitHubSettings): GitHubApi {
  const read = (path: string, signal?: AbortSignal): Promise<GitHubResult<unknown>> =>
    readJson(settings, path, signal);
  return {
    async compare(base, head, signal) {
      const range = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
      // The commits and files of the answer are not needed: one of a page is the least there is.
      const answer = await read(`/repos/${settings.repository}/compare/${range}?per_page=1`, signal);
      return answer.ok ? toComparison(answer.value) : answer;
    },
  };
}

function toComparison(value: unknown): GitHubResult<Comparison> {
  const { status, ahead_by, behind_by } = value as Record<string, unknown>;
  if (
    (status === 'ahead' || status === 'behind' || status === 'identical' || status === 'diverged') &&
    typeof ahead_by === 'number' &&
    typeof behind_by === 'number'
  ) {
    return { ok: true, value: { status, aheadBy: ahead_by, behindBy: behind_by } };
  }
  return failed('unexpected', 'its answer is no comparison');
}

async function readJson(
  settings: GitHubSettings,
  path: string,
  signal: AbortSignal | undefined,
): Promise<GitHubResult<unknown>> {
  const { token, clock, get = httpGet, apiUrl } = settings;
  if (token === undefined) return failed('no-token', 'no github-token is given');
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'user-agent': 'ips-deploy-actions',
    'x-github-api-version': '2022-11-28',
  };
  let url = `${apiUrl.replace(/\/+$/, '')}${path}`;
  let redirects = 0;
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOnce(get, url, headers, signal);
    if (signal?.aborted) return failed('unreachable', 'the job was cancelled');
    if (answer instanceof Error) {
      if (attempt >= attempts) return failed('unreachable', answer.message);
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
      if (attempt >= attempts || wait > longestPauseMs) return failureOf(answer);
      await clock.sleep(wait, signal);
      continue;
    }
    if (answer.status !== 200) return failureOf(answer);
    try {
      const value = await answer.json();
      if (typeof value === 'object' && value !== null) return { ok: true, value };
    } catch {
      // Told below: a proxy's page of HTML is no answer of GitHub.
    }
    return failed('unexpected', 'its answer is no JSON');
  }
}

async function attemptOnce(
  get: HttpGet,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer | Error> {
  const deadline = AbortSignal.timeout(attemptTimeoutMs);
  try {
    return await get(url, headers, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (deadline.aborted) return new Error(`no answer within ${attemptTimeoutMs / 1000} s`);
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return new Error(cause?.code ?? message);
  }
}

/** A renamed repository answers with its new place. The token goes to no other host. */
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

function failureOf(answer: HttpAnswer): GitHubResult<never> {
  const { status } = answer;
  if (isRateLimited(answer)) return failed('rate-limited', `its rate limit is used up (${status})`);
  if (status === 401 || status === 403)
    return failed('denied', `the github-token may not read it (${status})`);
  if (status === 404)
    return failed('not-found', 'the repository or a commit is not there for this token (404)');
  return failed(status >= 500 ? 'unreachable' : 'unexpected', `it answers ${status}`);
}

function failed(kind: GitHubFailureKind, reason: string): GitHubResult<never> {
  return { ok: false, kind, reason: `GitHub: ${reason}` };
}

const httpGet: HttpGet = async (url, headers, signal) => {
  const answer = await fetch(url, { headers, signal, redirect: 'manual' });
  return {
    status: answer.status,
    header: (name) => answer.headers.get(name) ?? undefined,
    json: () => answer.json(),
  };
};
