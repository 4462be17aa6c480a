/**
 * A GitHub deployment and its statuses: what the pages of the repository show of an environment. GitHub makes one
 * of its own for a job that names an environment; then none is made here.
 * @see https://docs.github.com/en/rest/deployments/deployments
 */
import type { DeploymentState, GitHubApi, GitHubResult, NewStatus } from '../runner/github-api.ts';

export interface DeploymentSettings {
  readonly environment: string;
  readonly environmentUrl: string | undefined;
  /** The run's page, for the log link. */
  readonly logUrl: string | undefined;
  readonly runId: string;
  /** `deploy`, or `rollback`. */
  readonly task: 'deploy' | 'rollback';
  readonly description: string;
}

export type Made =
  | { readonly kind: 'made'; readonly id: number }
  /** GitHub's own, for the environment of this job. */
  | { readonly kind: 'own' }
  | { readonly kind: 'failed'; readonly reason: string };

/** By this a deployment of ours is told from GitHub's own. */
const mark = 'ips-deploy-actions';
/** So many of the newest deployments of a commit are looked at. */
const looked = 5;

export async function makeDeployment(
  github: GitHubApi,
  sha: string,
  settings: DeploymentSettings,
): Promise<Made> {
  if (await hasOwn(github, sha, settings)) return { kind: 'own' };
  const made = await github.addDeployment({
    ref: sha,
    task: settings.task,
    environment: settings.environment,
    description: settings.description,
    payload: { by: mark, run: settings.runId },
  });
  return made.ok
    ? { kind: 'made', id: made.value.id }
    : { kind: 'failed', reason: `No GitHub deployment was made. ${made.reason}.` };
}

/** What cannot be read is taken for none: a double is the lesser harm. */
async function hasOwn(github: GitHubApi, sha: string, settings: DeploymentSettings): Promise<boolean> {
  if (settings.runId === '') return false;
  const known = await github.deployments(sha, settings.environment);
  if (!known.ok) return false;
  const others = known.value.filter((each) => !isOurs(each.payload)).slice(0, looked);
  for (const { id } of others) {
    const log = await github.logUrl(id);
    if (log.ok && log.value.url !== undefined && isOfRun(log.value.url, settings.runId)) return true;
  }
  return false;
}

/** The payload comes back as it was given, on some servers as text. */
function isOurs(payload: unknown): boolean {
  return JSON.stringify(payload ?? '').includes(mark);
}

/** `https://github.com/o/r/actions/runs/1/job/2`, and without the end. */
function isOfRun(url: string, runId: string): boolean {
  return url.split('/actions/runs/')[1]?.split(/[/?#]/)[0] === runId;
}

export function addStatus(
  github: GitHubApi,
  id: number,
  state: DeploymentState,
  settings: DeploymentSettings,
): Promise<GitHubResult<unknown>> {
  const { environmentUrl, logUrl, description } = settings;
  const status: NewStatus = { state, description, environmentUrl, logUrl };
  return github.addStatus(id, status);
}

/** Neither good nor bad: nothing was tried, or nothing is known. */
const errors: ReadonlySet<string> = new Set([
  'refused',
  'cancelled',
  'unobserved',
  'interfered',
  'error',
  'zero-desired',
]);
const goingOn: ReadonlySet<string> = new Set(['started', 'paused']);

/** What an outcome is to GitHub. `success` makes the environment's earlier deployments inactive. */
export function stateOf(outcome: string, ok: boolean): DeploymentState {
  if (goingOn.has(outcome)) return 'in_progress';
  if (ok) return 'success';
  if (outcome === 'superseded') return 'inactive';
  return errors.has(outcome) ? 'error' : 'failure';
}
