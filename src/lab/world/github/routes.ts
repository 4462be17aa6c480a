/**
 * The REST calls that deploy workflows make.
 * @see https://docs.github.com/en/rest
 */
import type { Kernel } from '../kernel.ts';
import type { GitHubAnswer } from './api-answer.ts';
import { commitRoutes } from './commit-routes.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import type { GitHubModel } from './github-model.ts';
import { issueRoutes } from './issue-routes.ts';
import type { RepositoryState } from './repository-state.ts';
import { runRoutes } from './run-routes.ts';

/** As in a workflow's `permissions`. `metadata: read` every token has. */
export type Permission = 'metadata' | 'contents' | 'deployments' | 'issues' | 'pull-requests' | 'actions';

export interface RouteCall {
  readonly repository: RepositoryState;
  /** The groups of the pattern. */
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Who the token speaks for. */
  readonly login: string;
  readonly model: GitHubModel;
  readonly kernel: Kernel;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Of the path after `/repos/{owner}/{repo}`. */
  readonly pattern: RegExp;
  readonly permission: Permission;
  /** Permissions that do as well. */
  readonly orPermissions?: readonly Permission[];
  readonly access: 'read' | 'write';
  readonly run: (call: RouteCall) => GitHubAnswer;
}

export const routes: readonly Route[] = [...commitRoutes, ...deploymentRoutes, ...issueRoutes, ...runRoutes];
