/** Green's tasks and targets: what ends by itself, what falls ill, what is not ours any more. */
import type { TaskFacts } from '../../aws/ecs-tasks.ts';
import { describeCause } from '../../rollout/cause.ts';
import { failureKey, type TaskFailure, taskFailure } from '../../rollout/stopped-task.ts';
import { revisionName } from '../plan.ts';
import { healthyCount } from '../preflight.ts';
import type { Cause, ShiftFacts } from '../state.ts';
import { fail, type Gate, pass } from './gate.ts';

/** A task of green that ended by itself, or was ended for its health. */
export const exitGate: Gate = ({ state, facts }) => {
  const stopped = facts.greenService?.stopped;
  if (stopped === undefined || stopped.length === 0) return pass;
  const fresh = stopped.filter((task) => !state.knownExits.includes(task.arn));
  const failures = fresh.map(failureOfTask).filter((failure) => failure !== undefined);
  const cause = describeFailures(failures);
  return cause === undefined ? pass : fail(cause.code, `A task of green ended: ${cause.sentence}`);
};

/** An old green revived by a circuit breaker is healthy and wrong. */
export const revisionGate: Gate = ({ plan, state, facts }) => {
  const service = facts.greenService;
  if (service === undefined || plan.deploy.kind === 'none') return pass;
  if (service.taskDefinitionArn !== plan.deploy.taskDefinitionArn) {
    return fail(
      'green-superseded',
      `Green's service runs ${revisionName(service.taskDefinitionArn)} now, not ${revisionName(plan.deploy.taskDefinitionArn)}: somebody or a circuit breaker deployed it.`,
    );
  }
  const ours = state.green?.deploymentId;
  return ours === undefined || service.deploymentId === ours
    ? pass
    : fail(
        'green-superseded',
        `Green's service has a newer deployment (${service.deploymentId}) than ours (${ours}).`,
      );
};

export const targetGate: Gate = ({ plan, facts }) => {
  const healthy = healthyCount(facts.greenTargets);
  return healthy >= plan.requiredHealthy
    ? pass
    : fail(
        'unhealthy-targets',
        `Green has ${healthy} healthy targets of ${plan.requiredHealthy} required${describeUnhealthy(facts)}.`,
      );
};

/** What a stopped task says against green; scaling in, Spot and a person's own stop say nothing. */
export function failureOfTask(task: TaskFacts): TaskFailure | undefined {
  return taskFailure(task, new Set());
}

/** One sentence on how the tasks of green failed, by the most frequent way. */
export function describeFailures(failures: readonly TaskFailure[]): Cause | undefined {
  if (failures.length === 0) return undefined;
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
  return `: ${[...kinds].map(([kind, number]) => `${number} ${kind}`).join(', ')}`;
}
