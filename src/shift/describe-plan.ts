/** The plan in words, as the log and the summary show it before anything is changed. Pure. */
import { quietened } from '../aws/scaling-targets.ts';
import { formatDuration } from '../report/duration.ts';
import { formatPercent } from '../report/percent.ts';
import { describeSplit } from './ladder.ts';
import { describeCheck } from './own-check.ts';
import { revisionName, type ShiftPlan } from './plan.ts';

/** One line for each thing that will be done, in order. */
export function describePlan(plan: ShiftPlan): readonly string[] {
  const { task, lock } = plan;
  if (task.kind === 'take-back' || task.kind === 'finish') {
    return [
      `Take over the test rule ${lock?.ruleArn}.`,
      ...(task.kind === 'take-back' ? describeRefill(plan) : []),
      ...(task.kind === 'take-back'
        ? [`Weights back: ${describeSplit(plan.former)}.`]
        : [`The weights stay: ${plan.green.groupName} serves everything.`]),
      ...(plan.scaling.length > 0 ? ['Put scaling back as it was.'] : []),
      ...(task.kind === 'take-back' &&
      plan.greenAfterRollback === 'scale-to-zero' &&
      plan.green.service !== undefined
        ? [`Scale ${plan.green.service} to 0.`]
        : []),
      'Delete the test rule.',
    ];
  }
  const lines = [
    ...(plan.preDeploy === undefined
      ? []
      : [
          `Run ${JSON.stringify(plan.preDeploy.command)} once in a task of the new revision, for at most ${formatDuration(plan.preDeploy.timeoutMs)}; only exit code 0 lets the shift begin.`,
        ]),
    lock !== undefined
      ? `Take over the test rule at priority ${lock.priority} and go on with the shift of ${lock.record.holder}.`
      : `Lock: test rule at priority ${plan.testRule.priority}, production's conditions plus header ${plan.testRule.header}${withoutLogin(plan)}, to ${plan.green.groupName}.`,
  ];
  if (plan.others.length > 0) {
    lines.push(
      plan.others.length === 1
        ? 'Shift one other rule that forwards to blue together with this one.'
        : `Shift ${plan.others.length} other rules that forward to blue together with this one.`,
    );
  }
  if (!plan.greenInRule) lines.push(`Put ${plan.green.groupName} into the rule at weight 0.`);
  for (const target of plan.scaling) {
    lines.push(
      `Suspend scale-in and scheduled scaling of ${target.resourceId}, at least ${quietened(target, plan.requiredHealthy).minCapacity} tasks; scale-out stays on.`,
    );
  }
  switch (plan.deploy.kind) {
    case 'none':
      lines.push(`Take ${plan.green.groupName} as it is.`);
      break;
    case 'update':
      lines.push(
        `Update service ${plan.green.service} to ${revisionName(plan.deploy.taskDefinitionArn)} with ${plan.deploy.desiredCount} tasks and follow its deployment.`,
      );
      break;
    case 'create':
      lines.push(
        `Create service ${plan.green.service} as a twin of ${plan.blue.service} with ${revisionName(plan.deploy.taskDefinitionArn)} and ${plan.deploy.service.desiredCount} tasks, and follow its deployment.`,
      );
      break;
  }
  if (plan.twinScaling !== undefined) {
    const { policies, target, alarms, scheduled } = plan.twinScaling;
    const named = (what: string, names: readonly (string | undefined)[]): string =>
      names.length === 0 ? '' : `, ${what} ${names.join(', ')}`;
    lines.push(
      `Let ${plan.green.service} scale like blue: ${target.minCapacity} to ${target.maxCapacity} tasks${[
        named(
          'policies',
          policies.map((policy) => policy.PolicyName),
        ),
        named(
          'alarms',
          alarms.map((alarm) => alarm.AlarmName),
        ),
        named(
          'scheduled actions',
          scheduled.map((action) => action.ScheduledActionName),
        ),
      ].join('')}.`,
    );
  }
  lines.push(
    `Wait until all targets of ${plan.green.groupName} are healthy, at least ${plan.requiredHealthy}.`,
  );
  if (plan.probes.count > 0) {
    const { task, count, paths } = plan.probes;
    lines.push(
      task === undefined
        ? `Send ${count} probes at weight 0 to ${paths.join(', ')}.`
        : `Run ${revisionName(task.taskDefinitionArn)} once in the VPC, for at most ${formatDuration(task.timeoutMs)}, to send ${count} probes at weight 0 to ${paths.join(', ')}; only exit code 0 of container ${task.container.name} lets the shift go on.`,
    );
  }
  if (plan.breaking) {
    lines.push(
      'Leave the weights as they stand where a gate fails, time runs out or the job is cancelled: the schema change is breaking, and nothing goes back past it by itself.',
    );
  }
  lines.push(describeGates(plan));
  for (const check of plan.checks) {
    lines.push(
      `At the end of each bake: ${describeCheck(check)}, within ${formatDuration(check.timeoutMs)}.`,
    );
  }
  for (const step of plan.steps) {
    lines.push(
      `Weight ${step.percent} %: write, read back, bake ${formatDuration(step.bakeTimeMs)} under the gates.`,
    );
    if (step.percent === plan.until) {
      lines.push(`Rest at ${step.percent} %: the job ends, a later run goes on from here.`);
      return lines;
    }
  }
  if (plan.blue.service !== undefined) {
    if (plan.blueAfter === 'keep') {
      lines.push(`Keep ${plan.blue.service} as it is, for the instant way back.`);
    } else if (plan.keepBlueAt !== 'all') {
      lines.push(
        `Keep blue small: wait for a closed minute without a request and ${formatDuration(plan.drainMs)} more, then scale ${plan.blue.service} to ${plan.keepBlueAt} of ${plan.blueHealthy} tasks and keep it there for ${formatDuration(plan.keepBlueMs)}, under the gates; the way back gives it its tasks first, for at most ${formatDuration(plan.readyTimeoutMs)}.`,
        `Blue's end: scale ${plan.blue.service} to ${plan.blueAfter}; from then on there is no way back by itself.`,
      );
    } else {
      const kept = plan.keepBlueMs === 0 ? '' : `keep it for ${formatDuration(plan.keepBlueMs)}, `;
      lines.push(
        `Blue's end: ${kept}wait for a closed minute without a request and ${formatDuration(plan.drainMs)} more, then scale ${plan.blue.service} to ${plan.blueAfter}; from then on there is no instant way back.`,
      );
    }
  }
  if (plan.scaling.length > 0) lines.push('Put scaling back as it was.');
  lines.push('Delete the test rule.');
  return lines;
}

/** Of a blue that is kept small. */
function describeRefill({ lock, blue, readyTimeoutMs }: ShiftPlan): readonly string[] {
  const { kept, noReturnAt } = lock?.record ?? {};
  if (kept === undefined || noReturnAt !== undefined || blue.service === undefined) return [];
  return [
    `Blue's tasks before its traffic: ${blue.service} was kept at ${kept.tasks}, and has ${formatDuration(readyTimeoutMs)} for the others.`,
  ];
}

function withoutLogin({ testRule: { login, actions } }: ShiftPlan): string {
  return login === 'none' && actions.length > 1 ? ' and without its login' : '';
}

/** What may take the weights back, at each look. The user's own checks have lines of their own. */
function describeGates(plan: ShiftPlan): string {
  const { deploy, probes, alarms, ringing, objectives, maxErrorRate, clientErrors } = plan;
  const { errorRate, latency } = objectives;
  const streams = probes.count + probes.perStep > 0 ? ', and probes' : '';
  const named = alarms.map((name) => (ringing.includes(name) ? `${name} (once it has been quiet)` : name));
  const gates = [
    deploy.kind === 'none' ? 'green’s targets' : 'green’s tasks, targets and revision',
    ...(named.length === 0 ? [] : [`alarms ${named.join(', ')}`]),
    `errors, unanswered and slow requests against blue’s (where blue has none: ${formatPercent(maxErrorRate)}, or twice what is usual)${streams}`,
    ...(clientErrors === 'judge' ? ['answers of 4xx against blue’s'] : []),
    ...(errorRate === undefined ? [] : [`at most ${formatPercent(errorRate)} of green’s requests failed`]),
    ...(latency === undefined
      ? []
      : [`p${latency.percentile} of green’s requests within ${Math.round(latency.seconds * 1000)} ms`]),
  ];
  return `Gates of each step: ${gates.join('; ')}.`;
}
