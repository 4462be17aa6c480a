/**
 * The claims of a job's identity token.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export const githubIssuer = 'https://token.actions.githubusercontent.com';

/** GitHub's tokens are good for five minutes. */
const lifeSeconds = 300;

export interface JobIdentity {
  /** `owner/name` */
  readonly repository: string;
  readonly repositoryId: number;
  readonly repositoryOwnerId: number;
  /** `refs/heads/main` */
  readonly ref: string;
  readonly sha: string;
  /** The job's environment, if it names one: it then stands in the subject instead of the ref. */
  readonly environment?: string;
  readonly workflow: string;
  /** `owner/name/.github/workflows/deploy.yml@refs/heads/main` */
  readonly jobWorkflowRef: string;
  readonly runId: number;
  readonly runAttempt: number;
  readonly actor: string;
  readonly eventName: string;
  /** Repositories made from mid-July 2026 carry ids in the subject. */
  readonly subjectWithIds?: boolean;
}

export function subjectOf(job: JobIdentity): string {
  const [owner = '', name = ''] = job.repository.split('/');
  const repository = job.subjectWithIds
    ? `${owner}@${job.repositoryOwnerId}/${name}@${job.repositoryId}`
    : job.repository;
  if (job.environment !== undefined)
    return `repo:${repository}:environment:${encodeURIComponent(job.environment)}`;
  if (job.eventName === 'pull_request') return `repo:${repository}:pull_request`;
  return `repo:${repository}:ref:${job.ref}`;
}

export function tokenClaims(
  job: JobIdentity,
  audience: string,
  nowMs: number,
  tokenId: string,
): Readonly<Record<string, unknown>> {
  const now = Math.floor(nowMs / 1000);
  const owner = job.repository.split('/')[0] ?? '';
  return {
    jti: tokenId,
    sub: subjectOf(job),
    aud: audience,
    iss: githubIssuer,
    iat: now,
    // Clocks may differ a little.
    nbf: now - 5,
    exp: now + lifeSeconds,
    ref: job.ref,
    ref_type: job.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    sha: job.sha,
    repository: job.repository,
    repository_id: String(job.repositoryId),
    repository_owner: owner,
    repository_owner_id: String(job.repositoryOwnerId),
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    workflow: job.workflow,
    workflow_ref: job.jobWorkflowRef,
    job_workflow_ref: job.jobWorkflowRef,
    run_id: String(job.runId),
    run_attempt: String(job.runAttempt),
    actor: job.actor,
    event_name: job.eventName,
    runner_environment: 'github-hosted',
  };
}
