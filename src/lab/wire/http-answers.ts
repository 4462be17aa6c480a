/** The paths beside AWS: GitHub's REST API, its OIDC endpoint, and the lab's own. All speak JSON. */
import { timingSafeEqual } from 'node:crypto';
import type { OidcSettings, TokenIssuer } from './web-identity.ts';
import type { WireRequest, WireResponse } from './wire-request.ts';

export interface GitHubRequest {
  readonly method: string;
  /** Below the API's root: `/repos/acme/api/deployments`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
  readonly token: string | undefined;
}

export interface GitHubApi {
  handle(request: GitHubRequest): { readonly status: number; readonly json: unknown };
}

/** What `/_lab/*` shows and takes. Each may be left out; its path then answers 404. */
export interface LabHandlers {
  /** JSON for `GET /_lab/state`. */
  state?(): unknown;
  /** JSON for `GET /_lab/journal?since=<virtual epoch ms>`; 0 when not given. */
  journal?(sinceMs: number): unknown;
  /** Applies a fault script; throws an Error with a clear message for a bad one. */
  faults?(script: unknown): unknown;
}

export const GITHUB_PREFIX = '/api/v3';

export function jsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireResponse {
  const all = { 'content-type': 'application/json; charset=utf-8', ...headers };
  return { status, headers: all, body: value === undefined ? '' : JSON.stringify(value) };
}

function problem(status: number, message: string): WireResponse {
  return jsonResponse(status, { message });
}

/** `bearer x` and `token x`, in any case, as GitHub takes them. */
function tokenOf(request: WireRequest): string | undefined {
  return /^(?:bearer|token)\s+(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
}

type ParsedBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

function parseJson(request: WireRequest): ParsedBody {
  if (request.body.length === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(Buffer.from(request.body).toString('utf8')) };
  } catch {
    return { ok: false };
  }
}

export function answerGitHub(request: WireRequest, github: GitHubApi | undefined): WireResponse {
  if (github === undefined) return problem(404, 'This lab runs without the GitHub API.');
  const body = parseJson(request);
  if (!body.ok) return problem(400, 'Problems parsing JSON');
  const { status, json } = github.handle({
    method: request.method,
    path: request.path.slice(GITHUB_PREFIX.length) || '/',
    query: Object.fromEntries(request.query),
    body: body.value,
    token: tokenOf(request),
  });
  return status === 204 ? { status, headers: {}, body: '' } : jsonResponse(status, json);
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function answerOidc(
  request: WireRequest,
  settings: OidcSettings | undefined,
  issuer: TokenIssuer,
): WireResponse {
  if (request.path === '/.well-known/jwks') return jsonResponse(200, issuer.jwks());
  if (settings === undefined) return problem(404, 'This lab runs without an OIDC provider.');
  if (request.method !== 'GET') return problem(405, `${request.method} is not allowed here, GET is.`);
  const token = tokenOf(request);
  if (token === undefined || !sameText(token, settings.requestToken))
    return problem(401, 'The bearer token is not the value of ACTIONS_ID_TOKEN_REQUEST_TOKEN.');
  const audience = request.query.get('audience') ?? 'https://github.com/lab';
  return jsonResponse(200, { value: issuer.issue(settings.claims(audience)) });
}

export function answerLab(
  request: WireRequest,
  fromLoopback: boolean,
  handlers: LabHandlers,
  nowMs: number,
): WireResponse {
  if (!fromLoopback) return problem(403, 'The paths below /_lab/ answer to this machine only.');
  const route = `${request.method} ${request.path}`;
  if (route === 'GET /_lab/health') return jsonResponse(200, { status: 'ok', now: nowMs });
  if (route === 'GET /_lab/state' && handlers.state !== undefined) return jsonResponse(200, handlers.state());
  if (route === 'GET /_lab/journal' && handlers.journal !== undefined) {
    const since = Number(request.query.get('since') ?? '0');
    if (!Number.isFinite(since))
      return problem(400, `since has to be epoch milliseconds, and is '${request.query.get('since')}'.`);
    return jsonResponse(200, handlers.journal(since));
  }
  if (route === 'POST /_lab/faults' && handlers.faults !== undefined) {
    // A page in a browser can post forms to this machine, but not JSON.
    if (!(request.header('content-type') ?? '').startsWith('application/json'))
      return problem(415, 'A fault script is sent as content-type application/json.');
    const body = parseJson(request);
    if (!body.ok) return problem(400, 'The fault script is no well-formed JSON.');
    try {
      return jsonResponse(200, handlers.faults(body.value) ?? { applied: true });
    } catch (error) {
      return problem(400, error instanceof Error ? error.message : String(error));
    }
  }
  const paths = ['GET /_lab/health'];
  if (handlers.state !== undefined) paths.push('GET /_lab/state');
  if (handlers.journal !== undefined) paths.push('GET /_lab/journal?since=');
  if (handlers.faults !== undefined) paths.push('POST /_lab/faults');
  return problem(404, `The lab has no ${route}. It has: ${paths.join(', ')}.`);
}
