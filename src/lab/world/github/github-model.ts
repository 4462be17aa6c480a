/** GitHub as the actions see it: repositories, tokens, and the REST API over them. */
import type { Kernel } from '../kernel.ts';
import { signToken } from '../sts/web-identity-token.ts';
import { type GitHubAnswer, GitHubError, type GitHubRequest, notFound } from './api-answer.ts';
import { type JobIdentity, tokenClaims } from './oidc.ts';
import type { Issue, RepositoryState, WorkflowRun } from './repository-state.ts';
import { type Permission, type Route, routes } from './routes.ts';

export type TokenPermissions = Partial<Readonly<Record<Permission, 'read' | 'write'>>>;

export interface RepositorySettings {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch?: string;
  readonly isPrivate?: boolean;
}

/** Whose key signs the identity tokens of jobs. */
interface TokenIssuer {
  readonly issuerKey: string;
}

interface GitHubToken {
  /** `owner/name`; tokens of a job reach their own repository only. */
  readonly repository: string;
  readonly permissions: TokenPermissions;
  readonly login: string;
}

export class GitHubModel {
  readonly #kernel: Kernel;
  readonly #issuer: TokenIssuer;
  readonly #repositories = new Map<string, RepositoryState>();
  readonly #tokens = new Map<string, GitHubToken>();
  #nextId = 1_000_000;

  constructor(deps: { readonly kernel: Kernel; readonly issuer: TokenIssuer }) {
    this.#kernel = deps.kernel;
    this.#issuer = deps.issuer;
  }

  /** With one first commit on its default branch. */
  addRepository(settings: RepositorySettings): RepositoryState {
    const key = `${settings.owner}/${settings.name}`;
    if (this.#repositories.has(key)) throw new Error(`The repository ${key} exists already.`);
    const repository: RepositoryState = {
      owner: settings.owner,
      name: settings.name,
      id: this.newId(),
      ownerId: this.newId(),
      defaultBranch: settings.defaultBranch ?? 'main',
      isPrivate: settings.isPrivate ?? true,
      commits: new Map(),
      refs: new Map(),
      deployments: [],
      issues: new Map(),
      comments: new Map(),
      runs: new Map(),
    };
    this.#repositories.set(key, repository);
    this.addCommit(key, repository.defaultBranch, 'Initial commit');
    return repository;
  }

  repository(fullName: string): RepositoryState {
    const repository = this.#repositories.get(fullName);
    if (repository === undefined) throw new Error(`There is no repository ${fullName} in the lab.`);
    return repository;
  }

  /** A commit on top of the branch, which is made where it is missing. @returns its sha */
  addCommit(fullName: string, branch: string, message: string, files: readonly string[] = []): string {
    const repository = this.repository(fullName);
    const ref = `refs/heads/${branch}`;
    const parent = repository.refs.get(ref) ?? repository.refs.get(`refs/heads/${repository.defaultBranch}`);
    const sha = this.#kernel.rng('github.sha').hex(40);
    const parents = parent === undefined ? [] : [parent];
    repository.commits.set(sha, { sha, parents, message, authoredAtMs: this.#kernel.now, files });
    repository.refs.set(ref, sha);
    return sha;
  }

  /** A job's `GITHUB_TOKEN`. Permissions that are not named are none. */
  addToken(fullName: string, permissions: TokenPermissions, login = 'github-actions[bot]'): string {
    const token = `ghs_${this.#kernel.rng('github.token').hex(36)}`;
    this.#tokens.set(token, { repository: fullName, permissions, login });
    return token;
  }

  addIssue(
    fullName: string,
    issue: Pick<Issue, 'title' | 'body' | 'user' | 'isPullRequest'> & { readonly labels?: readonly string[] },
  ): Issue {
    const repository = this.repository(fullName);
    const added: Issue = {
      labels: [],
      ...issue,
      number: repository.issues.size + 1,
      id: this.newId(),
      state: 'open',
      createdAtMs: this.#kernel.now,
      updatedAtMs: this.#kernel.now,
    };
    repository.issues.set(added.number, added);
    this.#kernel.record('github.issue', `${fullName}#${added.number}`, { title: added.title });
    return added;
  }

  addRun(fullName: string, run: Pick<WorkflowRun, 'name' | 'headSha' | 'headBranch' | 'event'>): WorkflowRun {
    const added: WorkflowRun = {
      ...run,
      id: this.newId(),
      runAttempt: 1,
      createdAtMs: this.#kernel.now,
      status: 'in_progress',
      conclusion: null,
    };
    this.repository(fullName).runs.set(added.id, added);
    return added;
  }

  /** The claims of a job's token now, for issuers that sign outside the world. */
  oidcClaims(job: JobIdentity, audience: string): Readonly<Record<string, unknown>> {
    return tokenClaims(job, audience, this.#kernel.now, this.#kernel.rng('github.jti').hex(32));
  }

  /** An identity token that the world's STS accepts. */
  issueOidcToken(job: JobIdentity, audience = 'sts.amazonaws.com'): string {
    return signToken(this.oidcClaims(job, audience), this.#issuer.issuerKey);
  }

  newId(): number {
    return this.#nextId++;
  }

  /** One request to the REST API. Never throws. */
  handle(request: GitHubRequest): GitHubAnswer {
    try {
      return this.#handle(request);
    } catch (error) {
      if (error instanceof GitHubError) return error.answer;
      throw error;
    }
  }

  #handle(request: GitHubRequest): GitHubAnswer {
    const token = request.token === undefined ? undefined : this.#tokens.get(request.token);
    if (token === undefined)
      throw new GitHubError(401, request.token === undefined ? 'Requires authentication' : 'Bad credentials');
    const match = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(request.path);
    if (match === null) throw notFound();
    const fullName = `${match[1]}/${match[2]}`;
    const repository = this.#repositories.get(fullName);
    // A repository that a token does not reach looks as if it did not exist.
    if (repository === undefined || token.repository !== fullName) throw notFound();
    const path = match[3] ?? '';
    for (const route of routes) {
      const parts = route.method === request.method ? route.pattern.exec(path) : null;
      if (parts === null) continue;
      if (!mayUse(token, route)) throw new GitHubError(403, 'Resource not accessible by integration');
      return route.run({
        repository,
        parts: parts.slice(1).map(decodeURIComponent),
        query: request.query,
        body: request.body,
        login: token.login,
        model: this,
        kernel: this.#kernel,
      });
    }
    throw notFound();
  }
}

function mayUse(token: GitHubToken, route: Route): boolean {
  if (route.permission === 'metadata' && route.access === 'read') return true;
  return [route.permission, ...(route.orPermissions ?? [])].some((permission) => {
    const granted = token.permissions[permission];
    return granted === 'write' || (granted === 'read' && route.access === 'read');
  });
}
