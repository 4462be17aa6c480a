/** GitHub's REST API, as much of it as the actions need, in our own types. Nothing here rejects. */
import { callGitHub, failed, type GitHubResult, type GitHubSettings } from './github-http.ts';

export type { GitHubFailureKind, GitHubResult } from './github-http.ts';

/** How `head` stands to `base`: `behind` means that base contains head and more. */
export interface Comparison {
  readonly status: 'ahead' | 'behind' | 'identical' | 'diverged';
  readonly aheadBy: number;
  readonly behindBy: number;
}

export interface IssueComment {
  readonly id: number;
  readonly body: string;
}

export interface Issue {
  readonly number: number;
  readonly url: string;
  readonly body: string;
}

export interface NewDeployment {
  /** Commit, branch or tag. */
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string;
  readonly payload: Readonly<Record<string, string>>;
}

export interface KnownDeployment {
  readonly id: number;
  readonly payload: unknown;
}

export interface KnownStatus {
  readonly state: string;
  /** Where it points for the log. */
  readonly logUrl: string;
}

/** @see https://docs.github.com/en/rest/deployments/statuses */
export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'success';

export interface NewStatus {
  readonly state: DeploymentState;
  /** Cut to GitHub's 140 characters. */
  readonly description: string;
  readonly environmentUrl: string | undefined;
  readonly logUrl: string | undefined;
}

export interface GitHubApi {
  /** Commits or refs of the run's repository. */
  compare(base: string, head: string, signal?: AbortSignal): Promise<GitHubResult<Comparison>>;
  /** Of an issue or a pull request, oldest first; `page` counts from 1, a page that is not full is the last. */
  comments(issue: number, page: number): Promise<GitHubResult<readonly IssueComment[]>>;
  addComment(issue: number, body: string): Promise<GitHubResult<IssueComment>>;
  changeComment(id: number, body: string): Promise<GitHubResult<IssueComment>>;
  /** Open ones with the label, newest first, at most a page of them. */
  openIssues(label: string): Promise<GitHubResult<readonly Issue[]>>;
  addIssue(title: string, body: string, label: string): Promise<GitHubResult<Issue>>;
  /** In the environment, of one commit or of any, newest first, at most a page of them. */
  deployments(environment: string, sha?: string): Promise<GitHubResult<readonly KnownDeployment[]>>;
  addDeployment(deployment: NewDeployment): Promise<GitHubResult<{ readonly id: number }>>;
  /** The newest status of a deployment; empty texts without one. */
  lastStatus(deployment: number): Promise<GitHubResult<KnownStatus>>;
  addStatus(deployment: number, status: NewStatus): Promise<GitHubResult<{ readonly id: number }>>;
  /** Commit of a tag; undefined where there is no such tag. An annotated tag gives its tag object. */
  tag(name: string): Promise<GitHubResult<{ readonly sha: string | undefined }>>;
  /** A light-weight tag. */
  addTag(name: string, sha: string): Promise<GitHubResult<{ readonly sha: string }>>;
}

/** GitHub's own limits. */
export const commentsPerPage = 100;
export const longestBody = 65_536;
const longestDescription = 140;

export function createGitHubApi(settings: GitHubSettings, cancelled?: AbortSignal): GitHubApi {
  const get = (path: string, signal = cancelled): Promise<GitHubResult<object>> =>
    callGitHub(settings, { method: 'GET', path }, signal);
  const post = (path: string, body: unknown, repeatable = false): Promise<GitHubResult<object>> =>
    callGitHub(settings, { method: 'POST', path, body, repeatable }, cancelled);
  return {
    async compare(base, head, signal) {
      const range = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
      // The commits and files of the answer are not needed: one of a page is the least there is.
      const answer = await get(`/compare/${range}?per_page=1`, signal);
      return as(answer, toComparison);
    },
    async comments(issue, page) {
      const answer = await get(`/issues/${issue}/comments?per_page=${commentsPerPage}&page=${page}`);
      return as(answer, listOf(toComment));
    },
    addComment: async (issue, body) => as(await post(`/issues/${issue}/comments`, { body }), toComment),
    async changeComment(id, body) {
      const call = {
        method: 'PATCH',
        path: `/issues/comments/${id}`,
        body: { body },
        repeatable: true,
      } as const;
      return as(await callGitHub(settings, call, cancelled), toComment);
    },
    async openIssues(label) {
      const answer = await get(`/issues?state=open&labels=${encodeURIComponent(label)}&per_page=100`);
      return as(answer, listOf(toIssue));
    },
    async addIssue(title, body, label) {
      return as(await post('/issues', { title, body, labels: [label] }), toIssue);
    },
    async deployments(environment, sha) {
      const ofCommit = sha === undefined ? '' : `sha=${encodeURIComponent(sha)}&`;
      const answer = await get(
        `/deployments?${ofCommit}environment=${encodeURIComponent(environment)}&per_page=30`,
      );
      return as(
        answer,
        listOf((value) => {
          const { id, payload } = value as Record<string, unknown>;
          return typeof id === 'number' ? { id, payload } : undefined;
        }),
      );
    },
    async addDeployment({ ref, task, environment, description, payload }) {
      const body = {
        ref,
        task,
        environment,
        description: description.slice(0, longestDescription),
        payload,
        // What is deployed is decided already: nothing is merged for it, and the check that is running is this job.
        auto_merge: false,
        required_contexts: [],
      };
      return as(await post('/deployments', body), withId);
    },
    async lastStatus(deployment) {
      const answer = await get(`/deployments/${deployment}/statuses?per_page=1`);
      return as(answer, (value) => {
        if (!Array.isArray(value)) return undefined;
        const { state, log_url } = (value[0] ?? {}) as Record<string, unknown>;
        const text = (each: unknown): string => (typeof each === 'string' ? each : '');
        return { state: text(state), logUrl: text(log_url) };
      });
    },
    async addStatus(deployment, { state, description, environmentUrl, logUrl }) {
      const body = {
        state,
        description: cut(description, longestDescription),
        ...(environmentUrl === undefined ? {} : { environment_url: environmentUrl }),
        ...(logUrl === undefined ? {} : { log_url: logUrl }),
      };
      return as(await post(`/deployments/${deployment}/statuses`, body, true), withId);
    },
    async tag(name) {
      const answer = await get(`/git/ref/tags/${encodePath(name)}`);
      if (!answer.ok && answer.kind === 'not-found') return { ok: true, value: { sha: undefined } };
      return as(answer, toRef);
    },
    async addTag(name, sha) {
      // Made twice it says that it exists, which is seen by reading it.
      return as(await post('/git/refs', { ref: `refs/tags/${name}`, sha }, true), toRef);
    },
  };
}

/** An answer in our own type; `read` gives undefined for what is none. */
function as<T>(answer: GitHubResult<object>, read: (value: unknown) => T | undefined): GitHubResult<T> {
  if (!answer.ok) return answer;
  const value = read(answer.value);
  return value === undefined
    ? failed('unexpected', 'its answer is not what was asked for')
    : { ok: true, value };
}

function listOf<T>(read: (value: unknown) => T | undefined): (value: unknown) => readonly T[] | undefined {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    return value.map(read).filter((each) => each !== undefined);
  };
}

function toComparison(value: unknown): Comparison | undefined {
  const { status, ahead_by, behind_by } = value as Record<string, unknown>;
  if (
    (status === 'ahead' || status === 'behind' || status === 'identical' || status === 'diverged') &&
    typeof ahead_by === 'number' &&
    typeof behind_by === 'number'
  ) {
    return { status, aheadBy: ahead_by, behindBy: behind_by };
  }
  return undefined;
}

function toComment(value: unknown): IssueComment | undefined {
  const { id, body } = value as Record<string, unknown>;
  return typeof id === 'number' ? { id, body: typeof body === 'string' ? body : '' } : undefined;
}

function toIssue(value: unknown): Issue | undefined {
  const { number, html_url, body, pull_request } = value as Record<string, unknown>;
  if (typeof number !== 'number' || pull_request !== undefined) return undefined;
  return {
    number,
    url: typeof html_url === 'string' ? html_url : '',
    body: typeof body === 'string' ? body : '',
  };
}

function toRef(value: unknown): { readonly sha: string } | undefined {
  const sha = ((value as Record<string, unknown>)['object'] as Record<string, unknown> | undefined)?.['sha'];
  return typeof sha === 'string' ? { sha } : undefined;
}

function withId(value: unknown): { readonly id: number } | undefined {
  const { id } = value as Record<string, unknown>;
  return typeof id === 'number' ? { id } : undefined;
}

/** A tag's slashes are part of the path. */
function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
