/** The gates: each a pure question to the facts, answered by a cause or by silence. */
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import { describeCause } from '../rollout/cause.ts';
import { failureKey, type TaskFailure, taskFailure } from '../rollout/stopped-task.ts';
import type { Evidence } from './evidence.ts';
import { formatRatio, harmLimit, totalsOf, worstStream } from './evidence.ts';
import type { ShiftPlan } from './plan.ts';
import { revisionName } from './plan.ts';
import { healthyCount } from './preflight.ts';
import { describeReasons } from './prober.ts';
import type { Cause, ShiftFacts, ShiftState } from './state.ts';

/** Gates that hold from green's readiness to the last bake, in the order in which they are asked. */
export function askGates(plan: ShiftPlan, state: ShiftState, facts: ShiftFacts): Cause | undefined {
  return (
    alarmGate(plan, facts) ??
    exitGate(state, facts) ??
    revisionGate(plan, state, facts) ??
    targetGate(plan, facts) ??
    routingGate(state) ??
    harmGate(plan, state.evidence)
  );
}

/** A named alarm that goes to ALARM speaks at once. */
export function alarmGate(plan: ShiftPlan, facts: ShiftFacts): Cause | undefined {
  const ringing = facts.alarms.filter((alarm) => alarm.state === 'ALARM' && plan.alarms.includes(alarm.name));
  if (ringing.length === 0) return undefined;
  return {
    code: 'alarm',
    sentence: `${ringing.map((alarm) => alarm.name + (alarm.reason === undefined ? '' : ` (${alarm.reason})`)).join(', ')} went to ALARM.`,
  };
}

/** A task of green that ended by itself, or was ended for its health. */
function exitGate(state: ShiftState, facts: ShiftFacts): Cause | undefined {
  const fresh = (facts.greenService?.stopped ?? []).filter((task) => !state.knownExits.includes(task.arn));
  const failures = fresh.map(failureOfTask).filter((failure) => failure !== undefined);
  const cause = describeFailures(failures);
  return cause === undefined
    ? undefined
    : { code: cause.code, sentence: `A task of green ended: ${cause.sentence}` };
}

/** An old green revived by a circuit breaker is healthy and wrong. */
function revisionGate(plan: ShiftPlan, state: ShiftState, facts: ShiftFacts): Cause | undefined {
  const service = facts.greenService;
  if (service === undefined || plan.deploy.kind === 'none') return undefined;
  if (service.taskDefinitionArn !== plan.deploy.taskDefinitionArn) {
    return {
      code: 'green-superseded',
      sentence: `Green's service runs ${revisionName(service.taskDefinitionArn)} now, not ${revisionName(plan.deploy.taskDefinitionArn)}: somebody or a circuit breaker deployed it.`,
    };
  }
  const ours = state.green?.deploymentId;
  if (ours !== undefined && service.deploymentId !== ours) {
    return {
      code: 'green-superseded',
      sentence: `Green's service has a newer deployment (${service.deploymentId}) than ours (${ours}).`,
    };
  }
  return undefined;
}

function targetGate(plan: ShiftPlan, facts: ShiftFacts): Cause | undefined {
  const healthy = healthyCount(facts.greenTargets);
  if (healthy >= plan.requiredHealthy) return undefined;
  return {
    code: 'unhealthy-targets',
    sentence: `Green has ${healthy} healthy targets of ${plan.requiredHealthy} required${describeUnhealthy(facts)}.`,
  };
}

/** Blue has traffic, green's share of it is not small, and yet nothing reaches green. */
function routingGate(state: ShiftState): Cause | undefined {
  const { minutes, expected } = state.emptyGreen;
  if (minutes < 3 || expected < 20) return undefined;
  return {
    code: 'green-not-reached',
    sentence: `For ${minutes} minutes no request reached green, though about ${Math.round(expected)} should have.`,
  };
}

function harmGate(plan: ShiftPlan, evidence: Evidence): Cause | undefined {
  const { stream, ratio } = worstStream(evidence);
  if (ratio < harmLimit) return undefined;
  const total = totalsOf(evidence, stream);
  const count = (value: number): string => value.toLocaleString('en-US');
  const proof = `evidence ${formatRatio(ratio)}:1, limit ${harmLimit}:1`;
  switch (stream) {
    case 'probes':
      return {
        code: stream,
        sentence: `${count(total.greenBad)} of ${count(total.green)} probes failed: ${describeReasons(evidence.probes)}; ${proof}.`,
      };
    case 'errors':
      return {
        code: stream,
        sentence: `Green failed ${count(total.greenBad)} of ${count(total.green)} requests, blue ${count(total.blueBad)} of ${count(total.blue)}${total.blue === 0 ? ` (allowed alone: ${(100 * plan.maxErrorRate).toFixed(1)} %)` : ''}; ${proof}.`,
      };
    case 'slow':
      return {
        code: stream,
        sentence: `Green was slower than blue's usual p95 and a margin in ${count(total.greenBad)} of ${count(total.green)} requests, blue in ${count(total.blueBad)} of ${count(total.blue)}; ${proof}.`,
      };
    case 'unanswered':
      return {
        code: stream,
        sentence: `Green left ${count(total.greenBad)} of ${count(total.green)} requests unanswered, blue ${count(total.blueBad)} of ${count(total.blue)}; ${proof}.`,
      };
  }
}

/** What a stopped task says against green; scaling in, Spot and a person's own stop say nothing. */
export function failureOfTask(task: TaskFacts): TaskFailure | undefined {
  return taskFailure(task, new Set());
}

/** One sentence on how the tasks of green failed, by the most frequent way. */
export function describeFailures(failures: readonly TaskFailure[]): Cause | undefined {
  const byKey = new Map<string, TaskFailure[]>();
  for (const failure of failures) {
    byKey.set(failureKey(failure), [...(byKey.get(failureKey(failure)) ?? []), failure]);
  }
  const leading = [...byKey.values()].sort((one, other) => other.length - one.length)[0];
  if (leading === undefined) return undefined;
  const cause = { ...leading[0]!, tasks: leading.length };
  return { code: cause.code, sentence: `${describeCause(cause).sentence} (${cause.evidence})` };
}

/** `: 2 unhealthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [500])` */
export function describeUnhealthy(facts: ShiftFacts): string {
  const others = facts.greenTargets.filter(
    (target) => target.state !== 'healthy' && target.state !== 'draining',
  );
  if (others.length === 0) return '';
  const kinds = new Map<string, number>();
  for (const target of others) {
    const detail = [target.reason, target.description].filter((part) => part !== undefined).join(': ');
    const kind = `${target.state}${detail === '' ? '' : ` (${detail})`}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return `: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
}
