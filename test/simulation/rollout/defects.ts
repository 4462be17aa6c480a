// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of other modules
/**
 * Defects planted on purpose, each one that a deploy tool has had or could have: the simulated rollouts have
 * to catch every one. A defect is a change of one text in one module, made as that is loaded; where the text
 * is not there any more, the test fails and says so.
 */
import type { Story } from './story.ts';

export interface Defect {
  readonly name: string;
  /** What the kit would do. */
  readonly sentence: string;
  /** Module below src/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Stories among the 10,000 that can show it: for a quick search only. */
  readonly where?: (story: Story) => boolean;
}

const success = "{ kind: 'succeeded', runningCount: 1, desiredCount: 1, protectedTaskIds: [] }";

export const defects: readonly Defect[] = [
  {
    name: 'services-stable',
    sentence: 'One deployment with as many running tasks as desired is taken for the proof.',
    file: 'rollout/verdict.ts',
    from: 'const missing = missingProof(expected, facts);\n  if',
    to: "const missing = facts.service!.runningCount === facts.service!.desiredCount ? [] : ['not stable'];\n  if",
  },
  {
    name: 'successful-is-enough',
    sentence: "ECS's word SUCCESSFUL counts without a look at the tasks.",
    file: 'rollout/verdict.ts',
    from: "if (missing.length > 0) return { kind: 'unproven', missing };",
    to: '',
  },
  {
    name: 'primary-means-mine',
    sentence: 'The newest deployment of the service is taken for the own one.',
    file: 'rollout/verdict.ts',
    from: 'if (newest === undefined || newest.id === expected.deploymentId) return undefined;',
    to: 'if (newest !== undefined || newest === undefined) return undefined;',
  },
  {
    name: 'superseded-is-success',
    sentence: 'A newer deployment ends the wait well.',
    file: 'rollout/verdict.ts',
    from: "return { kind: 'superseded', byTaskDefinitionArn: newest.taskDefinitionArn };",
    to: `return ${success};`,
  },
  {
    name: 'rollback-is-success',
    sentence: 'A service that is stable after a rollback is a success.',
    file: 'rollout/verdict.ts',
    from: "return { kind: 'rolled-back', reason: rollbackReason(facts) };",
    to: `return ${success};`,
  },
  {
    name: 'rollback-not-awaited',
    sentence: 'A rollback that was begun is told as done.',
    file: 'rollout/verdict.ts',
    from: "case 'ROLLBACK_IN_PROGRESS':\n      return { kind: 'rolling-back'",
    to: "case 'ROLLBACK_IN_PROGRESS':\n      return { kind: 'rolled-back'",
  },
  {
    name: 'digest-not-compared',
    sentence: 'What image a task runs is not compared with the one that was asked for.',
    file: 'rollout/verdict.ts',
    from: 'if (container?.imageDigest !== digest && !container?.image.endsWith(`@${digest}`)) {',
    to: 'if (container === undefined) {',
    where: (story) => story.otherImage,
  },
  {
    name: 'unhealthy-targets-ignored',
    sentence: 'A running task counts whatever the load balancer says.',
    file: 'rollout/verdict.ts',
    from: "if (target.state !== 'healthy') {",
    to: "if (target.state === 'never') {",
    where: (story) => story.before === 'already-there',
  },
  {
    name: 'container-health-ignored',
    sentence: 'A running task counts before its own health check has passed.',
    file: 'rollout/verdict.ts',
    from: "if (expected.hasContainerHealthCheck && task.health !== 'HEALTHY') {",
    to: "if (expected.hasContainerHealthCheck && task.health === 'NEVER') {",
    where: (story) => story.before === 'already-there' && story.service.containerHealthCheck,
  },
  {
    name: 'old-tasks-ignored',
    sentence: 'Tasks of the former revision may go on beside the new ones.',
    file: 'rollout/verdict.ts',
    from: 'if (strangers.length > 0) {',
    to: 'if (strangers.length < 0) {',
    where: (story) => story.service.earlySuccess,
  },
  {
    name: 'protected-tasks-counted',
    sentence: 'Protected tasks of the former revision keep the new one from being a success.',
    file: 'rollout/verdict.ts',
    from: '.filter((task) => !facts.protectedTaskArns.has(task.arn));',
    to: ';',
    where: (story) => story.protectedTasks && story.service.earlySuccess,
  },
  {
    name: 'zero-desired-is-success',
    sentence: 'A service that wants no task has all the tasks it wants.',
    file: 'rollout/verdict.ts',
    from: "if (facts.service?.desiredCount === 0) return { kind: 'zero-desired' };",
    to: '',
  },
  {
    name: 'rollback-exits-well',
    sentence: 'The job goes on after a rollback.',
    file: 'rollout/outcome.ts',
    from: "return ['succeeded', 'no-change',",
    to: "return ['succeeded', 'rolled-back', 'no-change',",
  },
  {
    name: 'cancel-ignored',
    sentence: 'A cancelled job goes on waiting.',
    file: 'rollout/decide.ts',
    from: "(stoppable ? wanted : 'leave');\n  if (context.cancelled) {",
    to: "(stoppable ? wanted : 'leave');\n  if (context.cancelled && context.now > context.deadlineAt) {",
    where: (story) => story.cancelAtMs !== undefined,
  },
  {
    name: 'deadline-ignored',
    sentence: 'A rollout that comes to no end is waited for for ever.',
    file: 'rollout/decide.ts',
    from: 'if (context.now >= context.deadlineAt) {\n    const reason = `Not done within ${formatDuration(options.timeoutMs)}: ',
    to: 'if (context.now < 0) {\n    const reason = `Not done within ${formatDuration(options.timeoutMs)}: ',
  },
  {
    name: 'deadline-too-early',
    sentence: 'The wait ends at half of its time.',
    file: 'rollout/follow.ts',
    from: 'timeoutMs: chosen.timeoutMs,',
    to: 'timeoutMs: chosen.timeoutMs / 2,',
  },
  {
    name: 'throttling-ends-the-wait',
    sentence: 'A read that AWS throttles ends the wait.',
    file: 'rollout/decide.ts',
    from: 'if (!error.retryable) return finish(state, unobserved(error));',
    to: "if (error.kind === 'throttled' || !error.retryable) return finish(state, unobserved(error));",
    where: (story) => story.rules.some(({ effect }) => effect.kind === 'throttle'),
  },
  {
    name: 'lost-answer-registers-twice',
    sentence: 'A registration whose answer got lost is made again.',
    file: 'rollout/start.ts',
    from: 'if (latest !== undefined && definitionHash(latest.definition) === definitionHash(input)) return latest;',
    to: '',
    where: (story) => story.rules.some(({ effect }) => effect.kind === 'reset-after-effect'),
  },
  {
    name: 'lost-answer-updates-twice',
    sentence: 'A forced update whose answer got lost is made again.',
    file: 'rollout/start.ts',
    from: 'if (seen !== undefined && made(seen) !== undefined) after = seen;\n      else if',
    to: 'if',
    where: (story) =>
      story.request.force && story.rules.some(({ effect }) => effect.kind === 'reset-after-effect'),
  },
  {
    name: 'failures-of-others-counted',
    sentence: 'Failures of an earlier deployment count against this one.',
    file: 'rollout/observe.ts',
    from: ').filter((task) => task.startedBy === expected.deploymentId)',
    to: ')',
    where: (story) => story.app !== 'good' && story.request.failFast,
  },
  {
    name: 'failed-one-is-never-redeployed',
    sentence: 'A revision whose deployment has failed is looked at again, and not deployed again.',
    file: 'rollout/plan.ts',
    from: "if (newest.rolloutState !== 'FAILED') return { kind: 'verify',",
    to: "if (newest !== undefined) return { kind: 'verify',",
    where: (story) => story.app !== 'good' && (story.kill !== undefined || story.before === 'in-flight'),
  },
  {
    name: 'desired-count-sent-along',
    sentence: 'The update carries the desired count that was read, and undoes what scaling has done since.',
    file: 'rollout/start.ts',
    from: '...(request.desiredCount === undefined ? {} : { desiredCount: request.desiredCount }),',
    to: 'desiredCount: request.desiredCount ?? service.desiredCount,',
  },
  {
    name: 'stopped-without-a-way-back',
    sentence: 'Where ECS stops without rolling back, the way back is told and not gone.',
    file: 'rollout/roll-out.ts',
    from: 'needsWayBack(order, follow) ? await goBack(ports, order, follow, tell) : follow.outcome;',
    to: "needsWayBack(order, follow) ? ({ kind: 'rolled-back', by: 'this-run', reason: '' } as const) : follow.outcome;",
    where: (story) => story.service.breaker?.rollback === false,
  },
  {
    name: 'one-that-is-well-is-enough',
    sentence: 'The job goes on where one of its services is well.',
    file: 'rollout/run.ts',
    from: 'ok: results.every(isResultGood)',
    to: 'ok: results.some(isResultGood)',
    where: (story) => story.second !== undefined,
  },
  {
    name: 'only-the-first-is-followed',
    sentence: 'Of several services only the first is carried out and told of.',
    file: 'rollout/run.ts',
    from: 'guarded.map((each) => carryOut(',
    to: 'guarded.slice(0, 1).map((each) => carryOut(',
    where: (story) => story.second !== undefined,
  },
  {
    name: 'best-outcome-is-told',
    sentence: 'Of several services the best outcome is told for the run.',
    file: 'rollout/outcome.ts',
    from: 'severity[each.outcome.kind] > severity[worst.outcome.kind]',
    to: 'severity[each.outcome.kind] < severity[worst.outcome.kind]',
    where: (story) => story.second !== undefined,
  },
  {
    name: 'registered-for-each-service',
    sentence: 'One definition of two services makes two revisions.',
    file: 'rollout/register-all.ts',
    from: 'if (key === undefined || made.has(key) || ',
    to: 'if (key === undefined || ',
    where: (story) => story.second?.definition === 'same',
  },
  {
    name: 'alarms-seen-once',
    sentence: 'A watched alarm is looked at when the rollout begins and never again.',
    file: 'rollout/alarm-watch.ts',
    from: 'const lookEveryMs = 5000;',
    to: 'const lookEveryMs = Number.POSITIVE_INFINITY;',
    where: (story) => story.watched !== undefined,
  },
  {
    name: 'alarm-before-is-no-reason',
    sentence: 'A rollout is begun while a watched alarm is in ALARM, though it is to be refused.',
    file: 'rollout/alarm-watch.ts',
    from: "if (ringing.length > 0 && inAlarm === 'refuse') {",
    to: "if (ringing.length > 99 && inAlarm === 'refuse') {",
    where: (story) => story.watched?.onAtStart === true,
  },
  {
    name: 'ignored-alarm-ends-it',
    sentence: 'An alarm that was in ALARM before, and is to be ignored, ends the rollout that mends it.',
    file: 'rollout/alarm-watch.ts',
    from: '.filter((name) => !ringing.includes(name))',
    to: '',
    where: (story) => story.watched?.onAtStart === true,
  },
];
