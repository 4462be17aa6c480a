/** One request to GitHub's REST API, as the job's token. Failures are answers: status 0 where there was none. */
export interface GitHubAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** `path` begins with `/repos/...`. Never rejects. */
export type GitHubRest = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: unknown,
) => Promise<GitHubAnswer>;

/** GitHub answers within seconds, or is down. */
const timeoutMs = 15_000;

export function createGitHubRest(apiUrl: string, token: string, signal: AbortSignal): GitHubRest {
  const base = (apiUrl === '' ? 'https://api.github.com' : apiUrl).replace(/\/+$/, '');
  return async (method, path, body) => {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'user-agent': 'ips-deploy-actions',
          'x-github-api-version': '2022-11-28',
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, json: parsed(text) };
    } catch (error) {
      return { status: 0, json: { message: error instanceof Error ? error.message : String(error) } };
    }
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) };
  }
}
