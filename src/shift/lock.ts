/** The lock of a shift that is there already: whose it is, and whether its holder lives. */
import { AwsCallError } from '../aws/call-error.ts';
import { readTags } from '../aws/elb-rules.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { event } from './decide.ts';
import type { Gathered } from './gather.ts';
import { type BlueNow, judgeLock, type Lock, type LockVerdict } from './interrupted.ts';
import { scaleUpCommands } from './kept-blue.ts';
import { revisionName } from './plan.ts';
import { healthyCount, type PreflightFacts } from './preflight.ts';
import { isAtRest, recordOfTags } from './record.ts';
import type { ShiftRun } from './run-plan.ts';

const lookAgainMs = 10_000;

export function lockVerdict(
  { facts }: Gathered,
  request: ShiftRequest,
  holder: string,
  now: number,
): LockVerdict {
  const { lock, taskDefinitionArn } = facts;
  if (lock === undefined) throw new Error('There is no lock to judge.');
  const asked = request.cluster !== undefined && taskDefinitionArn !== undefined;
  return judgeLock({
    lock,
    live: facts.forward.split,
    blueArn: facts.blueGroup.arn,
    revision: asked ? revisionName(taskDefinitionArn) : '',
    holder,
    onInterrupted: request.onInterrupted,
    pastBreakingSchema: request.pastBreakingSchema,
    blue: blueNow(facts, lock, request.cluster),
    now,
  });
}

function blueNow(facts: PreflightFacts, { record }: Lock, cluster: string | undefined): BlueNow {
  const { blueService, blueGroup } = facts;
  const needed = Math.max(1, record.blueCount, healthyCount(facts.greenTargets));
  return {
    healthy: healthyCount(facts.blueTargets),
    needed,
    scaleUp:
      blueService === undefined || cluster === undefined
        ? undefined
        : scaleUpCommands(cluster, blueService.name, blueGroup.arn, needed).join(' && '),
  };
}

/**
 * A run that died must not block this one, and one that lives must not be disturbed: its tags are watched
 * until it gives a sign of life, puts its rule away, or has been silent for too long.
 */
export async function waitForHolder(
  run: ShiftRun,
  lock: Lock,
  until: number,
): Promise<'alive' | 'gone' | 'silent'> {
  const { clock, runner } = run.ports;
  run.record(
    event(
      clock.now(),
      'shift.holder-awaited',
      'info',
      `${lock.record.holder} holds the test rule; waiting for a sign of life, until ${new Date(until).toISOString()} at the latest.`,
    ),
  );
  while (clock.now() < until) {
    await clock.sleep(Math.min(lookAgainMs, until - clock.now()), runner.cancelled);
    if (runner.cancelled.aborted) return 'alive';
    const record = await readRecord(run, lock.ruleArn);
    if (record === undefined) return 'gone';
    if (record.holder !== lock.record.holder || record.aliveAt !== lock.record.aliveAt) {
      // A rest that begins is no sign against us; it is looked at anew.
      return isAtRest(record.stage) ? 'silent' : 'alive';
    }
  }
  return 'silent';
}

async function readRecord(run: ShiftRun, ruleArn: string): Promise<ReturnType<typeof recordOfTags>> {
  try {
    return recordOfTags(await readTags(run.aws, ruleArn));
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
