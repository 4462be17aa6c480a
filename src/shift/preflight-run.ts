/** May the run itself go through: its time, its credentials, its tasks, and who watches while it rests? Pure. */
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { formatDuration } from '../report/duration.ts';
import type { PreflightFacts, Refusal } from './preflight.ts';
import { worstCaseMs } from './worst-case.ts';

export function* checkRun(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  yield* checkTime(facts, request);
  yield* checkTasks(facts, request);
  yield* checkGuard(facts);
  yield* checkOtherWork(facts);
}

function* checkTime({ drainMs, now }: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  const worstMs = worstCaseMs(request, drainMs);
  if (request.jobTimeoutMs !== undefined && worstMs > request.jobTimeoutMs) {
    yield {
      code: 'job-too-short',
      message: `The shift may take ${formatDuration(worstMs)} in the worst case, the way back included, and the job ends after ${formatDuration(request.jobTimeoutMs)}: GitHub would kill it in the middle. Raise timeout-minutes, or lower timeout or the bake times.`,
    };
  }
  if (request.credentialsEndAt !== undefined && now + worstMs > request.credentialsEndAt) {
    const left = formatDuration(Math.max(0, Math.round((request.credentialsEndAt - now) / 1000) * 1000));
    yield {
      code: 'credentials-too-short',
      message: `The shift may take ${formatDuration(worstMs)} in the worst case, the way back included, and the credentials end in ${left}. Raise role-duration-seconds (a role that was reached through another one has an hour at most), or lower timeout or the bake times.`,
    };
  }
}

/** Tasks that the shift adds to those that run. */
export function extraTasks({ desiredCount, greenService }: PreflightFacts): number {
  return Math.max(0, desiredCount - (greenService?.runningCount ?? 0));
}

function* checkTasks(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  const { desiredCount } = facts;
  const extra = extraTasks(facts);
  if (request.cluster === undefined || request.maxExtraTasks === undefined) return;
  if (extra > request.maxExtraTasks) {
    yield {
      code: 'extra-tasks',
      message: `Green needs ${desiredCount} tasks, ${extra} more than run now; max-extra-tasks allows ${request.maxExtraTasks}. Each may hold connections to the database until blue is gone.`,
    };
  }
}

function* checkGuard({ guard }: PreflightFacts): Generator<Refusal> {
  if (guard?.kind === 'unfit') yield { code: 'no-guard', message: guard.why };
}

/** Work that reaches tasks past the rule that is shifted: green would have it at weight 0. */
function* checkOtherWork({ otherWork }: PreflightFacts): Generator<Refusal> {
  for (const { service, what } of otherWork) {
    yield {
      code: 'other-traffic',
      message: `Tasks of ${service} get work past the rule that is shifted (${what}): green would have it at weight 0, before any proof, and no weight takes it away. Move it to a service of its own, or accept other-traffic.`,
    };
  }
}
