/** Workflow runs: looked at, listed, cancelled. */
import { GitHubError, notFound } from './api-answer.ts';
import { paged } from './paged.ts';
import type { RepositoryState, WorkflowRun } from './repository-state.ts';
import type { Route } from './routes.ts';
import { runView } from './views.ts';

function runOf(repository: RepositoryState, id: string): WorkflowRun {
  const run = repository.runs.get(Number(id));
  if (run === undefined) throw notFound();
  return run;
}

export const runRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/actions\/runs$/,
    permission: 'actions',
    access: 'read',
    run: ({ repository, query }) => {
      const found = [...repository.runs.values()]
        .filter((run) => query['status'] === undefined || query['status'] === run.status)
        .filter((run) => query['branch'] === undefined || query['branch'] === run.headBranch)
        .reverse();
      const workflow_runs = paged(found, query).map((run) => runView(repository, run));
      return { status: 200, json: { total_count: found.length, workflow_runs } };
    },
  },
  {
    method: 'GET',
    pattern: /^\/actions\/runs\/(\d+)$/,
    permission: 'actions',
    access: 'read',
    run: ({ repository, parts }) => ({
      status: 200,
      json: runView(repository, runOf(repository, parts[0]!)),
    }),
  },
  {
    method: 'POST',
    pattern: /^\/actions\/runs\/(\d+)\/cancel$/,
    permission: 'actions',
    access: 'write',
    run: ({ repository, parts, kernel }) => {
      const run = runOf(repository, parts[0]!);
      if (run.status === 'completed')
        throw new GitHubError(409, 'Cannot cancel a workflow run that is completed.');
      run.status = 'completed';
      run.conclusion = 'cancelled';
      kernel.record('github.run-cancelled', `${repository.owner}/${repository.name}`, { id: run.id });
      return { status: 202, json: {} };
    },
  },
];
