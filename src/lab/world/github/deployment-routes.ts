/** Deployments and their statuses: what GitHub shows of environments. */
import { Fields, GitHubError, notFound } from './api-answer.ts';
import { paged } from './paged.ts';
import { ancestors, type GitHubDeployment, type RepositoryState, resolveRef } from './repository-state.ts';
import type { Route } from './routes.ts';
import { deploymentView, statusView } from './views.ts';

/**
 * Unless told otherwise, GitHub brings a branch up to date with the default branch first, and makes nothing
 * while a check of the commit is not green, such as the run that asks for the deployment.
 */
function mayDeploy(repository: RepositoryState, ref: string, sha: string, fields: Fields): void {
  const tip = repository.refs.get(`refs/heads/${repository.defaultBranch}`);
  const isBranch = repository.refs.has(`refs/heads/${ref}`);
  const isBehind = isBranch && tip !== undefined && !ancestors(repository, sha).has(tip);
  if (fields.raw('auto_merge') !== false && isBehind)
    throw new GitHubError(202, `Auto-merged ${repository.defaultBranch} into ${ref} on deployment.`);
  const contexts = fields.raw('required_contexts');
  const asked = Array.isArray(contexts) ? contexts : undefined;
  const checks = [...repository.runs.values()].filter(
    (run) => run.headSha === sha && (asked === undefined || asked.includes(run.name)),
  );
  if (checks.some((run) => run.conclusion !== 'success'))
    throw new GitHubError(409, `Conflict: Commit status checks failed for ${ref}.`);
}

const states = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'];

function deploymentOf(repository: RepositoryState, id: string): GitHubDeployment {
  const deployment = repository.deployments.find((one) => String(one.id) === id);
  if (deployment === undefined) throw notFound();
  return deployment;
}

export const deploymentRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/deployments$/,
    permission: 'deployments',
    access: 'read',
    run: ({ repository, query }) => {
      const found = repository.deployments.filter(
        (one) =>
          (query['sha'] === undefined || one.sha === query['sha']) &&
          (query['ref'] === undefined || one.ref === query['ref']) &&
          (query['task'] === undefined || one.task === query['task']) &&
          (query['environment'] === undefined || one.environment === query['environment']),
      );
      const newestFirst = [...found].reverse();
      return { status: 200, json: paged(newestFirst, query).map((one) => deploymentView(repository, one)) };
    },
  },
  {
    method: 'POST',
    pattern: /^\/deployments$/,
    permission: 'deployments',
    access: 'write',
    run: ({ repository, body, login, model, kernel }) => {
      const fields = new Fields(body, 'Deployment');
      const ref = fields.need('ref');
      const sha = resolveRef(repository, ref);
      if (sha === undefined) throw new GitHubError(422, `No ref found for: ${ref}`);
      mayDeploy(repository, ref, sha, fields);
      const deployment: GitHubDeployment = {
        id: model.newId(),
        sha,
        ref,
        task: fields.text('task', 'deploy'),
        environment: fields.text('environment', 'production'),
        description: fields.text('description', ''),
        payload: fields.raw('payload') ?? {},
        creator: login,
        createdAtMs: kernel.now,
        statuses: [],
      };
      repository.deployments.push(deployment);
      kernel.record('github.deployment', `${repository.owner}/${repository.name}`, {
        id: deployment.id,
        environment: deployment.environment,
      });
      return { status: 201, json: deploymentView(repository, deployment) };
    },
  },
  {
    method: 'GET',
    pattern: /^\/deployments\/(\d+)$/,
    permission: 'deployments',
    access: 'read',
    run: ({ repository, parts }) => ({
      status: 200,
      json: deploymentView(repository, deploymentOf(repository, parts[0]!)),
    }),
  },
  {
    method: 'GET',
    pattern: /^\/deployments\/(\d+)\/statuses$/,
    permission: 'deployments',
    access: 'read',
    run: ({ repository, parts, query }) => {
      const deployment = deploymentOf(repository, parts[0]!);
      const newestFirst = [...deployment.statuses].reverse();
      const json = paged(newestFirst, query).map((status) => statusView(repository, deployment.id, status));
      return { status: 200, json };
    },
  },
  {
    method: 'POST',
    pattern: /^\/deployments\/(\d+)\/statuses$/,
    permission: 'deployments',
    access: 'write',
    run: ({ repository, parts, body, model, kernel }) => {
      const deployment = deploymentOf(repository, parts[0]!);
      const fields = new Fields(body, 'DeploymentStatus');
      const state = fields.choice('state', states);
      const description = fields.text('description', '');
      if (description.length > 140)
        throw new GitHubError(422, 'Validation Failed', [
          {
            resource: 'DeploymentStatus',
            field: 'description',
            code: 'custom',
            message: 'description is too long (maximum is 140 characters)',
          },
        ]);
      const environment = fields.text('environment', deployment.environment);
      // A success makes the environment's earlier ones inactive, unless asked not to.
      if (state === 'success' && fields.raw('auto_inactive') !== false) {
        for (const other of repository.deployments) {
          const last = other.statuses.at(-1);
          if (other === deployment || other.environment !== environment || last?.state !== 'success')
            continue;
          other.statuses.push({ ...last, id: model.newId(), state: 'inactive', createdAtMs: kernel.now });
        }
      }
      const status = {
        id: model.newId(),
        state,
        description,
        environment,
        environmentUrl: fields.text('environment_url', ''),
        logUrl: fields.text('log_url', fields.text('target_url', '')),
        createdAtMs: kernel.now,
      };
      deployment.statuses.push(status);
      kernel.record('github.deployment-status', `${repository.owner}/${repository.name}`, {
        id: deployment.id,
        state,
      });
      return { status: 201, json: statusView(repository, deployment.id, status) };
    },
  },
];
