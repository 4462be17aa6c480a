/**
 * Whether the job may end before its rollout does: by its own time-out, or because its credentials do. Most
 * rollouts take a part of their time-out, so this warns, before anything is changed, and refuses nothing. Pure.
 */
import type { JobLimits } from '../inputs/job-limits.ts';
import { formatDuration } from '../report/duration.ts';

export interface LongestRun {
  /** Of the deployment itself; 0 where its end is not waited for. */
  readonly timeoutMs: number;
  /** Of the pre-deploy task; 0 without one. */
  readonly preDeployMs: number;
  /** How long it is watched afterwards; 0 where it is not. */
  readonly watchMs: number;
}

/** One sentence for each limit that may be too short. */
export function limitWarnings(limits: JobLimits, run: LongestRun, now: number): readonly string[] {
  const { jobTimeoutMs, credentialsEndAt } = limits;
  const longestMs = run.timeoutMs + run.preDeployMs + run.watchMs;
  const parts = [
    ...(run.preDeployMs > 0 ? ['its pre-deploy task'] : []),
    ...(run.watchMs > 0 ? ['the watch after it'] : []),
  ];
  const longest = `This run may take ${formatDuration(longestMs)}${parts.length > 0 ? `, ${parts.join(' and ')} included` : ''}`;
  const warnings: string[] = [];
  if (jobTimeoutMs !== undefined && longestMs > jobTimeoutMs) {
    warnings.push(
      `${longest}, and the job ends after ${formatDuration(jobTimeoutMs)}: GitHub would kill it before its verdict, and ECS would go on alone. Raise timeout-minutes of the job, or lower timeout.`,
    );
  }
  if (credentialsEndAt !== undefined && longestMs > credentialsEndAt - now) {
    const leftMs = Math.max(0, Math.round((credentialsEndAt - now) / 1000) * 1000);
    warnings.push(
      `${longest}, and the credentials end in ${formatDuration(leftMs)}: after that neither its end can be seen nor a rollback be asked for. Give role-to-assume, so that they are renewed, or raise role-duration-seconds, or lower timeout.`,
    );
  }
  return warnings;
}
