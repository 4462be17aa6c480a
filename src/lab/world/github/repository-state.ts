/** What GitHub keeps of one repository, as far as a deploy kit touches it. */

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly authoredAtMs: number;
  readonly files: readonly string[];
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly createdAtMs: number;
}

export interface GitHubDeployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string;
  readonly payload: unknown;
  readonly creator: string;
  readonly createdAtMs: number;
  /** Oldest first. */
  readonly statuses: DeploymentStatus[];
}

export interface Comment {
  readonly id: number;
  readonly issueNumber: number;
  readonly user: string;
  readonly createdAtMs: number;
  body: string;
  updatedAtMs: number;
}

export interface Issue {
  readonly number: number;
  readonly id: number;
  readonly isPullRequest: boolean;
  readonly user: string;
  readonly createdAtMs: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  labels: readonly string[];
  updatedAtMs: number;
}

export interface WorkflowRun {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly event: string;
  readonly runAttempt: number;
  readonly createdAtMs: number;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
}

export interface RepositoryState {
  readonly owner: string;
  readonly name: string;
  readonly id: number;
  readonly ownerId: number;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
  readonly commits: Map<string, Commit>;
  /** `refs/heads/main` to sha. */
  readonly refs: Map<string, string>;
  readonly deployments: GitHubDeployment[];
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  readonly runs: Map<number, WorkflowRun>;
}

/** All ancestors of a commit, itself included. */
export function ancestors(repository: RepositoryState, sha: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [sha];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(repository.commits.get(next)?.parents ?? []));
  }
  return seen;
}

/** A sha, its start (7 digits or more), a branch or a tag; undefined where there is no such commit. */
export function resolveRef(repository: RepositoryState, ref: string): string | undefined {
  for (const name of [ref, `refs/${ref}`, `refs/heads/${ref}`, `refs/tags/${ref}`]) {
    const sha = repository.refs.get(name);
    if (sha !== undefined) return sha;
  }
  if (!/^[0-9a-f]{7,40}$/.test(ref)) return undefined;
  return [...repository.commits.keys()].find((sha) => sha.startsWith(ref));
}
