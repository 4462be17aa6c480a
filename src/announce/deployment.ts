/**
 * A GitHub deployment and its statuses: what the pages of the repository show of an environment. GitHub makes one
 * of its own for a job that names an environment; then none is made here.
 * @see https://docs.github.com/en/rest/deployments/deployments
 */
import type {
  DeploymentState,
  GitHubApi,
  GitHubResult,
  KnownDeployment,
  NewStatus,
} from '../runner/github-api.ts';
import { isDone } from './issue.ts';
import type { Subject } from './notice.ts';
import { servesAfter } from './tag.ts';

export interface DeploymentSettings {
  readonly environment: string;
  readonly environmentUrl: string | undefined;
  /** The run's page, for the log link. */
  readonly logUrl: string | undefined;
  readonly runId: string;
  /** `deploy`, or `rollback`. */
  readonly task: 'deploy' | 'rollback';
  readonly description: string;
  readonly subject: Subject;
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
    payload: { by: mark, run: settings.runId, of: JSON.stringify(placeOf(settings.subject)) },
  });
  return made.ok
    ? { kind: 'made', id: made.value.id }
    : { kind: 'failed', reason: `No GitHub deployment was made. ${made.reason}.` };
}

/** What cannot be read is taken for none: a double is the lesser harm. */
async function hasOwn(github: GitHubApi, sha: string, settings: DeploymentSettings): Promise<boolean> {
  if (settings.runId === '') return false;
  const known = await github.deployments(settings.environment, sha);
  if (!known.ok) return false;
  const others = known.value.filter((each) => !isOurs(each.payload)).slice(0, looked);
  for (const { id } of others) {
    const last = await github.lastStatus(id);
    if (last.ok && isOfRun(last.value.logUrl, settings.runId)) return true;
  }
  return false;
}

/** The payload comes back as it was given, on some servers as text. */
function isOurs(payload: unknown): boolean {
  return JSON.stringify(payload ?? '').includes(mark);
}

/** Where something is deployed, however it is called: a shift is found by its listener, a rollout by its services. */
interface Place {
  readonly listener: string | null;
  /** `cluster/service`. */
  readonly services: readonly string[];
}

function placeOf({ cluster, services, listener }: Subject): Place {
  const last = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
  return { listener, services: services.map((each) => `${last(cluster ?? '')}/${last(each)}`) };
}

function isAt({ payload }: KnownDeployment, place: Place): boolean {
  try {
    const { of } = (typeof payload === 'string' ? JSON.parse(payload) : payload) as { readonly of: string };
    const known = JSON.parse(of) as Place;
    if (known.listener !== null && known.listener === place.listener) return true;
    return known.services.some((each) => place.services.includes(each));
  } catch {
    return false;
  }
}

const unfinished: ReadonlySet<string> = new Set(['in_progress', 'queued', 'pending']);

/**
 * What becomes of deployments that earlier runs left under way (`wait: false`, `until`), by the outcome of this one;
 * undefined: it says nothing of them. GitHub itself only makes those inactive that had succeeded.
 */
export function stateOfEarlier(
  action: Subject['action'],
  outcome: string,
  ok: boolean,
): DeploymentState | undefined {
  if (goingOn.has(outcome)) return 'inactive';
  if (action === 'rollback') return ok && isDone(outcome) ? 'failure' : undefined;
  if (servesAfter(outcome) && ok) return 'inactive';
  // A shift that was taken back is the one that rested; a rollout that went back may have gone back to it.
  return action === 'blue-green-shift' && outcome === 'rolled-back' ? 'failure' : undefined;
}

/** Ends those at the same place; `own` is not touched. Gives what GitHub did not take. */
export async function closeEarlier(
  github: GitHubApi,
  own: number | undefined,
  state: DeploymentState,
  settings: DeploymentSettings,
): Promise<readonly string[]> {
  const known = await github.deployments(settings.environment);
  if (!known.ok) return [known.reason];
  const place = placeOf(settings.subject);
  const earlier = known.value.filter((each) => each.id !== own && isOurs(each.payload) && isAt(each, place));
  const problems: string[] = [];
  for (const { id } of earlier.slice(0, looked)) {
    const last = await github.lastStatus(id);
    const answer =
      last.ok && unfinished.has(last.value.state) ? await addStatus(github, id, state, settings) : last;
    if (!answer.ok) problems.push(answer.reason);
  }
  return problems;
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
