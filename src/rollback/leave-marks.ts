/** What a rollback writes on the revision that it leaves. A mark that cannot be written is a warning. */
import { patient, withRetries } from '../aws/retry.ts';
import type { FollowPorts } from '../rollout/follow.ts';
import { type MarkResult, markBad, markLeaving } from '../rollout/marks.ts';
import { nameOf } from './history.ts';

export const notMarked = 'rollback.not-marked';

/** Marks are worth some patience; the rollback itself is not to wait for them long. */
const keepUpMs = 20_000;
/** What a cancelled job has left is for going back. */
const keepUpCancelledMs = 2000;

/** Before the service is changed: the same run, run again, knows then what it was about. */
export async function noteLeaving(
  ports: FollowPorts,
  badArn: string,
  run: { readonly runId: string; readonly newestDeploymentId: string | undefined },
): Promise<void> {
  if (run.runId === '') return;
  const mark = { at: ports.clock.now(), runId: run.runId, after: run.newestDeploymentId };
  const result = await markLeaving(markingAws(ports), badArn, mark);
  tell(ports, badArn, result, 'ips-deploy:leaving', undefined);
}

/** Once the way back is proven: no later rollback takes this one again by itself. */
export async function noteBad(ports: FollowPorts, badArn: string, reason: string): Promise<void> {
  const at = ports.clock.now();
  const result = await markBad(markingAws(ports), badArn, { at, reason });
  tell(
    ports,
    badArn,
    result,
    'ips-deploy:bad',
    `${nameOf(badArn)} is marked bad: a later rollback passes it over.`,
  );
}

function markingAws(ports: FollowPorts) {
  const totalMs = ports.cancelled.aborted ? keepUpCancelledMs : keepUpMs;
  return withRetries(ports.aws, { clock: ports.clock, random: ports.random }, { ...patient, totalMs });
}

function tell(
  ports: FollowPorts,
  badArn: string,
  result: MarkResult,
  key: string,
  done: string | undefined,
): void {
  const at = ports.clock.now();
  if (result.kind === 'not-written') {
    const message = `${nameOf(badArn)} could not be marked (${key}): ${result.why}`;
    ports.record({ at, code: notMarked, level: 'warning', message });
  } else if (done !== undefined) {
    ports.record({ at, code: 'rollback.marked', level: 'info', message: done });
  }
}
