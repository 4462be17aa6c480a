/** The JSON shapes of GitHub's REST API. */
import type {
  Comment,
  Commit,
  DeploymentStatus,
  GitHubDeployment,
  Issue,
  RepositoryState,
  WorkflowRun,
} from './repository-state.ts';

const api = 'https://api.github.com';

/** GitHub's times have no milliseconds. */
const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

const base = (repository: RepositoryState) => `${api}/repos/${repository.owner}/${repository.name}`;
const page = (repository: RepositoryState) => `https://github.com/${repository.owner}/${repository.name}`;

export const repositoryView = (repository: RepositoryState) => ({
  id: repository.id,
  name: repository.name,
  full_name: `${repository.owner}/${repository.name}`,
  owner: { login: repository.owner, id: repository.ownerId },
  private: repository.isPrivate,
  default_branch: repository.defaultBranch,
  url: base(repository),
  html_url: page(repository),
});

export const refView = (repository: RepositoryState, ref: string, sha: string) => ({
  ref,
  url: `${base(repository)}/git/${ref}`,
  object: { type: 'commit', sha, url: `${base(repository)}/git/commits/${sha}` },
});

export const commitView = (repository: RepositoryState, commit: Commit) => ({
  sha: commit.sha,
  url: `${base(repository)}/commits/${commit.sha}`,
  html_url: `${page(repository)}/commit/${commit.sha}`,
  commit: { message: commit.message, author: { date: time(commit.authoredAtMs) } },
  parents: commit.parents.map((sha) => ({ sha })),
});

export const deploymentView = (repository: RepositoryState, deployment: GitHubDeployment) => ({
  id: deployment.id,
  url: `${base(repository)}/deployments/${deployment.id}`,
  sha: deployment.sha,
  ref: deployment.ref,
  task: deployment.task,
  environment: deployment.environment,
  original_environment: deployment.environment,
  description: deployment.description,
  payload: deployment.payload,
  creator: { login: deployment.creator },
  created_at: time(deployment.createdAtMs),
  updated_at: time(deployment.statuses.at(-1)?.createdAtMs ?? deployment.createdAtMs),
  statuses_url: `${base(repository)}/deployments/${deployment.id}/statuses`,
});

export const statusView = (repository: RepositoryState, deploymentId: number, status: DeploymentStatus) => ({
  id: status.id,
  url: `${base(repository)}/deployments/${deploymentId}/statuses/${status.id}`,
  state: status.state,
  description: status.description,
  environment: status.environment,
  environment_url: status.environmentUrl,
  log_url: status.logUrl,
  created_at: time(status.createdAtMs),
  deployment_url: `${base(repository)}/deployments/${deploymentId}`,
});

export const issueView = (repository: RepositoryState, issue: Issue, comments: number) => ({
  id: issue.id,
  number: issue.number,
  title: issue.title,
  body: issue.body,
  state: issue.state,
  labels: issue.labels.map((name) => ({ name })),
  user: { login: issue.user },
  comments,
  created_at: time(issue.createdAtMs),
  updated_at: time(issue.updatedAtMs),
  url: `${base(repository)}/issues/${issue.number}`,
  html_url: `${page(repository)}/${issue.isPullRequest ? 'pull' : 'issues'}/${issue.number}`,
  ...(issue.isPullRequest ? { pull_request: { url: `${base(repository)}/pulls/${issue.number}` } } : {}),
});

export const commentView = (repository: RepositoryState, comment: Comment) => ({
  id: comment.id,
  body: comment.body,
  user: { login: comment.user },
  created_at: time(comment.createdAtMs),
  updated_at: time(comment.updatedAtMs),
  url: `${base(repository)}/issues/comments/${comment.id}`,
  html_url: `${page(repository)}/issues/${comment.issueNumber}#issuecomment-${comment.id}`,
  issue_url: `${base(repository)}/issues/${comment.issueNumber}`,
});

export const runView = (repository: RepositoryState, run: WorkflowRun) => ({
  id: run.id,
  name: run.name,
  head_sha: run.headSha,
  head_branch: run.headBranch,
  event: run.event,
  run_attempt: run.runAttempt,
  status: run.status,
  conclusion: run.conclusion,
  created_at: time(run.createdAtMs),
  url: `${base(repository)}/actions/runs/${run.id}`,
  html_url: `${page(repository)}/actions/runs/${run.id}`,
});
