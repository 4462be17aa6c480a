/** The outcome that an end means: pure, from what this run had wanted and what became of it. */
import type { AwsCallError } from '../aws/call-error.ts';
import type { DecisionContext } from '../engine/engine.ts';
import type { FollowState, GiveUp } from './follow-state.ts';
import type { FollowOutcome } from './outcome.ts';
import type { Verdict } from './verdict.ts';

export function unobserved({ operation, kind: errorKind, reason }: AwsCallError): FollowOutcome {
  return { kind: 'unobserved', operation, errorKind, reason };
}

/** ECS came to an end: what it means depends on whether this run had given the deployment up. */
export function endOf(
  state: FollowState,
  seen: Extract<Verdict, { kind: 'rolled-back' | 'rollback-failed' | 'stopped' }>,
  context: DecisionContext,
): FollowOutcome {
  const given = state.giveUp;
  if (seen.kind === 'rollback-failed') return seen;
  if (given === undefined) {
    return seen.kind === 'stopped' ? seen : { ...seen, by: rolledBackBy(state) };
  }
  if (given.why === 'failed') {
    return seen.kind === 'stopped'
      ? { kind: 'stopped', reason: given.reason }
      : { kind: 'rolled-back', by: 'this-run', reason: given.reason };
  }
  return endWithAftermath(given, seen.kind, context);
}

export function endWithAftermath(
  given: GiveUp,
  aftermath: 'rolled-back' | 'rolling-back' | 'stopped' | 'left',
  context: DecisionContext,
): FollowOutcome {
  switch (given.why) {
    case 'cancelled':
      return { kind: 'cancelled', aftermath };
    case 'timed-out':
      return {
        kind: 'timed-out',
        waitedMs: context.now - context.startedAt,
        missing: given.missing,
        aftermath,
      };
    case 'failed':
      if (aftermath === 'rolling-back' && context.cancelled) return { kind: 'cancelled', aftermath };
      if (aftermath === 'rolling-back') {
        return {
          kind: 'timed-out',
          waitedMs: context.now - context.startedAt,
          missing: [`the rollback has not ended. ${given.reason.replace(/[.\s]+$/, '')}`],
          aftermath,
        };
      }
      return { kind: aftermath === 'stopped' ? 'stopped' : 'failed', reason: given.reason };
  }
}

export function endOfRefusal(given: GiveUp, refusal: AwsCallError, context: DecisionContext): FollowOutcome {
  if (given.why === 'cancelled' || given.action === 'stop') return endWithAftermath(given, 'left', context);
  return {
    kind: 'rollback-failed',
    reason: `${given.reason} ECS refused the rollback: ${refusal.code}: ${refusal.reason}`,
  };
}

function rolledBackBy(state: FollowState): 'ecs' | 'someone-else' {
  const deployment = state.last.serviceDeployment;
  const breaker = deployment?.circuitBreaker;
  const tripped = breaker !== undefined && breaker.failureCount >= breaker.threshold;
  const byReason = /circuit breaker|alarm/i.test(
    `${deployment?.rollback?.reason ?? ''} ${deployment?.statusReason ?? ''}`,
  );
  return tripped || byReason || (deployment?.triggeredAlarmNames.length ?? 0) > 0 ? 'ecs' : 'someone-else';
}
