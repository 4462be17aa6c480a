// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of other modules
/**
 * Defects planted on purpose, each one that a tool which shifts traffic has had or could have: the simulated shifts
 * have to catch every one. Where a text is not there any more, the test fails and says so.
 */
import type { Edit } from '../plant.ts';
import type { Defect } from '../play-with-defect.ts';
import { minuteMs, type Story } from './story.ts';

const comparesNot: Edit = {
  file: 'shift/router.ts',
  from: "if (!isOurs(main.split)) return { kind: 'interfered', live: main.split };",
  to: '',
};
const looksNotAgain: Edit = {
  file: 'shift/decide.ts',
  from: 'return facts?.whole === false && !waitsOn(state, decision)',
  to: 'return facts?.whole === null',
};
const isCalm = (story: Story): boolean =>
  story.rules.length === 0 && story.metrics === 'usual' && story.alarm !== 'rings-before';
const isBad = (story: Story): boolean => story.release !== 'good' && story.release !== 'equally-bad';
/** Gets its first weight, and is seen to be bad by its traffic. */
const diesAtWeight = (story: Story): boolean =>
  isCalm(story) &&
  story.requestsPerSecond >= 10 &&
  story.request.probes === 'off' &&
  ['dead', 'errors', 'hangs', 'closes-connections'].includes(story.release);
const comesThrough = (story: Story): boolean =>
  isCalm(story) && story.release === 'good' && story.hand === undefined && story.kill === undefined;
const isLeft = (story: Story): boolean => story.kill !== undefined || story.until !== undefined;
const steals = (story: Story): boolean => story.hand?.kind.startsWith('weights-stolen') === true;

export const defects: readonly Defect<Story>[] = [
  {
    name: 'compare-skipped',
    sentence: 'Weights are written without a look at what the rule holds by then.',
    edits: [comparesNot],
    where: (story) => story.hand?.kind === 'weights-stolen-in-between',
  },
  {
    name: 'stolen-weights-overwritten',
    sentence: 'Weights that somebody else has set are no reason to stop.',
    edits: [
      comparesNot,
      {
        file: 'shift/decide.ts',
        from: "return verifySplit(facts.live, state.written, earlier) === 'different' ? facts.live : undefined;",
        to: 'return undefined;',
      },
    ],
    where: steals,
  },
  {
    name: 'weights-not-read-back',
    sentence: 'What was written is taken for what the rule holds.',
    edits: [
      {
        file: 'shift/observe.ts',
        from: 'live: splitToSee(sight.splits, state.written),',
        to: 'live: state.written,',
      },
    ],
    where: steals,
  },
  {
    name: 'first-rule-unseen',
    sentence: 'Of rules that are shifted together the others stand in for the first.',
    edits: [
      {
        file: 'shift/router.ts',
        from: 'return splits.find((split) => !sameSplit(split, written)) ?? splits[0];',
        to: 'return splits[1] ?? splits[0];',
      },
    ],
    where: (story) => story.together && (steals(story) || story.hand?.kind === 'maintenance-page'),
  },
  {
    name: 'scaling-not-restored',
    sentence: 'Floors and suspensions outlive the shift.',
    edits: [
      {
        file: 'shift/decide.ts',
        from: "if (state.scalingQuietened) acts.push({ kind: 'restore-scaling' });",
        to: '',
      },
    ],
    where: (story) => story.scaling !== 'none',
  },
  {
    name: 'scheduled-scaling-goes-on',
    sentence: 'Only scale-in is suspended: a schedule lowers the floor in the middle.',
    edits: [
      {
        file: 'aws/scaling-targets.ts',
        from: 'suspended: { scaleIn: true, scaleOut: former.suspended.scaleOut, scheduled: true },',
        to: 'suspended: { ...former.suspended, scaleIn: true },',
      },
    ],
    where: (story) => story.scaling !== 'none',
  },
  {
    name: 'scaling-forgotten-on-resume',
    sentence: 'A run that goes on takes scaling for quiet, whether the one before came that far or not.',
    edits: [
      {
        file: 'shift/progress.ts',
        from: 'return plan.scaling.length === 0 || state.noReturnAt !== undefined',
        to: 'return plan.scaling.length === 0 || plan.lock !== undefined || state.noReturnAt !== undefined',
      },
    ],
    where: (story) => story.scaling !== 'none' && story.kill !== undefined,
  },
  {
    name: 'minute-used-twice',
    sentence: 'A minute that is read again counts again.',
    edits: [
      {
        file: 'shift/evidence.ts',
        from: 'probes: evidence.harm.probes,',
        to: '...evidence.harm,',
      },
    ],
    where: (story) => diesAtWeight(story) && story.request.bakeMs > minuteMs,
  },
  {
    name: 'one-minute-decides',
    sentence: 'A single minute is evidence enough.',
    edits: [{ file: 'shift/judge.ts', from: 'const blockCap = 30;', to: 'const blockCap = 1e9;' }],
    where: diesAtWeight,
  },
  {
    name: 'services-stable',
    sentence: 'As many running tasks as desired are the verdict on green, whatever they run.',
    edits: [
      {
        file: 'shift/readiness.ts',
        from: 'if (failed !== undefined) return ',
        to: 'if (failed === null) return ',
      },
      {
        file: 'shift/readiness.ts',
        from: 'const deployed = hasDeployed(plan, state, service);',
        to: "const deployed = plan.deploy.kind === 'none' || (service !== undefined && service.runningCount === service.desiredCount);",
      },
      {
        file: 'shift/readiness.ts',
        from: '.filter((task) => task.taskDefinitionArn === deploy.taskDefinitionArn)',
        to: '',
      },
      {
        file: 'shift/gates/tasks.ts',
        from: "if (service === undefined || plan.deploy.kind === 'none') return pass;",
        to: 'if (service !== null) return pass;',
      },
    ],
    where: (story) => story.green === 'served' && ['crash-at-start', 'never-healthy'].includes(story.release),
  },
  {
    name: 'strangers-get-traffic',
    sentence: 'Targets of green that are no task of it are taken along.',
    edits: [
      {
        file: 'shift/readiness.ts',
        from: "if (strangers.length === 0) return '';",
        to: "if (strangers.length >= 0) return '';",
      },
    ],
    where: (story) => story.hand?.kind === 'stranger-registered' && story.release === 'good',
  },
  {
    name: 'look-of-the-bake-reused',
    sentence: 'The next weight rests on the last look of the bake, in which lock and tasks were not read.',
    edits: [
      {
        file: 'shift/progress.ts',
        from: "if (facts.lockIsOurs === undefined)\n        return { kind: 'wait', waitMs: 0, state: { ...state, lookAgain: true } };",
        to: '',
      },
      looksNotAgain,
    ],
    where: (story) => ['lock-deleted', 'stranger-registered'].includes(story.hand?.kind ?? ''),
  },
  {
    name: 'lock-ignored',
    sentence: 'A shift that runs is taken over from its holder.',
    edits: [
      {
        file: 'shift/interrupted.ts',
        from: "if (!isAtRest(record.stage) && !ours && now < until) return { kind: 'held', until };",
        to: '',
      },
    ],
    where: (story) => story.hand?.kind === 'second-shift',
  },
  {
    name: 'lost-lock-ignored',
    sentence: 'A run whose test rule is gone goes on.',
    edits: [
      {
        file: 'shift/decide.ts',
        from: "if (facts?.lockIsOurs !== false || state.phase.kind !== 'shift') return false;",
        to: 'if (facts !== null) return false;',
      },
      {
        file: 'shift/progress.ts',
        from: 'if (facts.lockIsOurs === false) {\n        return wait(',
        to: 'if (facts === null) {\n        return wait(',
      },
    ],
    where: (story) => story.hand?.kind === 'lock-deleted',
  },
  {
    name: 'test-rule-left-behind',
    sentence: 'The test rule stays after the end, and with it the lock.',
    edits: [
      {
        file: 'shift/decide.ts',
        from: "if (state.testRuleArn !== undefined) acts.push({ kind: 'delete-test-rule' });",
        to: '',
      },
    ],
  },
  {
    name: 'rest-unlocked',
    sentence: 'Weights rest in the middle and the lock is put away.',
    edits: [{ file: 'shift/decide.ts', from: "ending.kind === 'paused' ||\n", to: '' }],
    where: (story) => story.until !== undefined,
  },
  {
    name: 'green-left-running',
    sentence: 'Green keeps its tasks after a rollback that was to end them.',
    edits: [
      {
        file: 'shift/decide.ts',
        from: "if (back && plan.greenAfterRollback === 'scale-to-zero' && state.green !== undefined) {",
        to: 'if (back && plan === undefined) {',
      },
    ],
    where: (story) => isBad(story) && isCalm(story),
  },
  {
    name: 'blue-drained-early',
    sentence: 'Blue is scaled down as soon as green has everything.',
    edits: [
      {
        file: 'shift/progress-retire.ts',
        from: 'if (state.blueQuietAt === undefined || now - state.blueQuietAt < plan.drainMs) {',
        to: 'if (now < phase.since) {',
      },
    ],
    where: (story) => story.request.blueAfter === 'scale-to-zero' && comesThrough(story),
  },
  {
    name: 'no-return-forgotten',
    sentence: 'A job that is cancelled past the point of no return takes the weights back all the same.',
    edits: [
      {
        file: 'shift/decide.ts',
        from: 'if (state.noReturnAt !== undefined) {\n    return `blue',
        to: 'if (state === undefined) {\n    return `blue',
      },
      {
        file: 'shift/decide.ts',
        from: 'return healthy !== undefined && healthy < plan.blueHealthy',
        to: 'return healthy !== undefined && healthy < 0',
      },
      {
        file: 'shift/recover.ts',
        from: 'record.noReturnAt !== undefined || (',
        to: 'record === undefined || (',
      },
    ],
    where: (story) =>
      story.request.blueAfter === 'scale-to-zero' && story.kill?.operation === 'UpdateService',
  },
  {
    name: 'small-blue-gets-everything',
    sentence: 'The weights go back to a blue that is kept small, and not to one that has its tasks again.',
    edits: [
      {
        file: 'shift/kept-blue.ts',
        from: 'if (healthy >= needed) return free;',
        to: 'if (healthy >= 0) return free;',
      },
    ],
    where: (story) => story.kept !== undefined,
  },
  {
    name: 'small-blue-forgotten',
    sentence: 'A later run does not know that blue was kept small.',
    edits: [{ file: 'shift/record.ts', from: 'kept: keptOfTag(tags[key.kept]),', to: 'kept: undefined,' }],
    where: (story) => story.kept?.diesAfterMs !== undefined,
  },
  {
    name: 'small-blue-ended-at-once',
    sentence: 'Blue is made small and then ended, with no time in between.',
    edits: [
      {
        file: 'shift/progress-retire.ts',
        from: 'const until = kept.since + plan.keepBlueMs;',
        to: 'const until = kept.since + plan.drainMs;',
      },
    ],
    where: (story) => story.kept !== undefined,
  },
  {
    name: 'cancel-ignored',
    sentence: 'A cancelled job goes on.',
    edits: [
      {
        file: 'shift/decide.ts',
        from: 'if (context.cancelled) return decideCancelled(',
        to: 'if (context.now < 0) return decideCancelled(',
      },
    ],
    where: (story) => story.cancelAtMs !== undefined,
  },
  {
    name: 'stale-metrics-good',
    sentence: 'A step is passed before its minutes are in the metrics.',
    edits: [
      { file: 'shift/gates/metrics.ts', from: 'if (counted < minutesOfStep) {', to: 'if (counted < 0) {' },
    ],
    where: (story) => story.requestsPerSecond >= 10 && isCalm(story),
  },
  {
    name: 'no-traffic-promotes',
    sentence: 'Nothing that speaks against green is a proof for it.',
    edits: [
      {
        file: 'shift/promotion.ts',
        from: "if (safety.lack === undefined) return { kind: 'promoted' };",
        to: "if (state.evidence !== undefined) return { kind: 'promoted' };",
      },
    ],
    where: (story) => story.requestsPerSecond === 0 && story.release === 'good',
  },
  {
    name: 'health-path-promotes',
    sentence: 'Probes of the health path stand in for traffic.',
    edits: [
      {
        file: 'shift/safety.ts',
        from: "if (probes.healthPathOnly) return 'probes of the health path alone show no more than target health does';",
        to: '',
      },
    ],
    where: (story) => story.request.probes === 'health-path',
  },
  {
    name: 'failed-probes-ignored',
    sentence: 'Probes that fail are counted and say nothing.',
    edits: [
      {
        file: 'shift/evidence.ts',
        from: 'probes: addHarm(evidence.harm.probes, block, probeBound) },',
        to: 'probes: addHarm(evidence.harm.probes, { ...block, greenBad: 0 }, probeBound) },',
      },
    ],
    where: (story) => story.request.probes !== 'off' && ['errors', 'bursts'].includes(story.release),
  },
  {
    name: 'unanswered-ignored',
    sentence: 'Only answers with an error count: what hangs or hangs up is never seen.',
    edits: [
      {
        file: 'shift/evidence.ts',
        from: "const metricStreams: readonly MetricStream[] = ['errors', 'unanswered', 'slow'];",
        to: "const metricStreams: readonly MetricStream[] = ['errors', 'slow'];",
      },
      {
        file: 'shift/evidence.ts',
        from: 'if (isMeasured && own.green > 0) {',
        to: 'if (own.green < 0) {',
      },
    ],
    where: (story) => diesAtWeight(story) && ['hangs', 'closes-connections'].includes(story.release),
  },
  {
    name: 'refusals-not-judged',
    sentence: 'Answers of 4xx are to be judged, and are no stream of the judge’s.',
    edits: [
      {
        file: 'shift/evidence.ts',
        from: "const judges4xx = clientErrors === 'judge';",
        to: 'const judges4xx = false;',
      },
    ],
    where: (story) => story.release === 'green-refuses' && story.asks.clientErrors === 'judge',
  },
  {
    name: 'refusals-judged-unasked',
    sentence: 'Answers of 4xx are judged, though nobody has asked for it.',
    edits: [
      {
        file: 'shift/evidence.ts',
        from: "const judges4xx = clientErrors === 'judge';",
        to: 'const judges4xx = clientErrors !== undefined;',
      },
    ],
    where: (story) => story.release === 'green-refuses' && story.asks.clientErrors === undefined,
  },
  {
    name: 'refusals-of-blue-ignored',
    sentence: 'What green refuses is held to a blue that refuses nothing.',
    edits: [
      {
        file: 'shift/minutes.ts',
        from: 'ofBlue.clientErrors ?? 0',
        to: '0',
      },
    ],
    where: (story) => story.release === 'both-refuse' && story.asks.clientErrors === 'judge',
  },
  {
    name: 'alarm-ignored',
    sentence: 'An alarm that goes off during the shift is not heard.',
    edits: [
      { file: 'shift/gates/alarms.ts', from: 'if (ringing.length > 0) {', to: 'if (ringing.length < 0) {' },
    ],
    where: (story) => story.hand?.kind === 'alarm-raised' && story.release === 'good',
  },
  {
    name: 'resume-from-the-top',
    sentence: 'A run that goes on begins with the last weight.',
    edits: [
      {
        file: 'shift/progress-probe.ts',
        from: 'plan.steps.findLastIndex((each) => each.percent <= percent),',
        to: 'plan.steps.length - 1,',
      },
    ],
    where: isLeft,
  },
  {
    name: 'report-goes-on',
    sentence: 'A run that was only to report what it finds goes on with it.',
    edits: [
      {
        file: 'shift/interrupted.ts',
        from: "if (question.onInterrupted === 'report') return { kind: 'report', why: found };",
        to: '',
      },
    ],
    where: (story) => story.secondRun?.onInterrupted === 'report',
  },
  {
    name: 'rollback-goes-on',
    sentence: 'A run that was to take back what it finds goes on with it.',
    edits: [
      {
        file: 'shift/interrupted.ts',
        from: "if (question.onInterrupted === 'rollback') return takeBack(false);",
        to: '',
      },
    ],
    where: (story) => story.secondRun?.onInterrupted === 'rollback',
  },
  {
    name: 'rollback-exits-well',
    sentence: 'The job goes on after a rollback.',
    edits: [
      {
        file: 'shift/report.ts',
        from: "ending.kind === 'promoted-on-probes' ||\n    ending.kind === 'paused'",
        to: "ending.kind === 'promoted-on-probes' ||\n    ending.kind === 'rolled-back' ||\n    ending.kind === 'paused'",
      },
    ],
    where: isBad,
  },
  {
    name: 'bad-one-marked',
    sentence: 'A revision is marked as promoted whatever became of it.',
    edits: [
      {
        file: 'shift/run-plan.ts',
        from: "if (outcome !== 'promoted' && outcome !== 'promoted-on-probes') return;",
        to: '',
      },
    ],
    where: isBad,
  },
  {
    name: 'default-rule-as-a-rule',
    sentence: 'A rule that turned out to be the listener’s default one is written as any other.',
    edits: [
      { file: 'aws/elb-forward.ts', from: 'return rule.isDefault\n', to: 'return rule === null\n' },
      { file: 'aws/elb-forward.ts', from: 'if (rule.IsDefault === true) {', to: 'if (rule === null) {' },
    ],
    where: (story) => story.asks.location === 'default-rule' && comesThrough(story),
  },
  {
    name: 'window-unseen',
    sentence: 'A shift begins whether its maintenance window is open or not.',
    edits: [
      {
        file: 'shift/begin-shift.ts',
        from: 'decideWindow(windows, outside, clock.now(), latestAt)',
        to: 'decideWindow([], outside, clock.now(), latestAt)',
      },
    ],
    where: (story) => ['refused', 'too-far', 'awaited'].includes(story.asks.window.kind),
  },
  {
    name: 'breaking-schema-goes-back',
    sentence: 'Traffic goes back to a blue that cannot serve the database any more.',
    edits: [{ file: 'shift/undo.ts', from: 'if (plan.breaking) {', to: 'if (plan === undefined) {' }],
    where: (story) => story.asks.schema === 'breaking',
  },
  {
    name: 'probe-task-ignored',
    sentence: 'What the task in the VPC says, or that it could not be run, keeps nobody from green.',
    edits: [
      {
        file: 'shift/progress-probe.ts',
        from: "return { kind: 'fail', cause: { code: 'probes', sentence: probeTask.sentence } };",
        to: 'return goOn(phaseAfterProbes(plan, state, now));',
      },
    ],
    where: (story) => story.asks.probeTask === 'says-no' || story.asks.probeTask === 'not-placed',
  },
  {
    name: 'probe-task-forgotten',
    sentence: 'A probe task that goes on after the end is told to nobody.',
    edits: [
      {
        file: 'shift/run-plan.ts',
        from: "const stillRuns = probeTask?.kind === 'failed' ? probeTask.stillRuns : undefined;",
        to: 'const stillRuns = undefined;',
      },
    ],
    where: (story) => story.asks.probeTask === 'stop-denied',
  },
  {
    name: 'own-check-unasked',
    sentence: 'The user’s own check is not waited for.',
    edits: [
      {
        file: 'shift/gates/own-check.ts',
        from: "if (phase.kind !== 'bake' || plan.checks.length === 0) return pass;",
        to: 'if (phase !== null) return pass;',
      },
    ],
    where: (story) => story.asks.check !== undefined,
  },
  {
    name: 'own-check-unsure-passes',
    sentence: 'A check that could not tell counts as a yes.',
    edits: [
      {
        file: 'shift/gates/own-check.ts',
        from: "if (result.kind === 'inconclusive') return hold(",
        to: 'if (result === null) return hold(',
      },
    ],
    where: (story) => story.asks.check?.says === 'cannot-tell' || story.asks.check?.says === 'tells-later',
  },
  {
    name: 'objective-on-errors-ignored',
    sentence: 'What users asked green to keep is held to blue alone.',
    edits: [
      {
        file: 'shift/gates/objectives.ts',
        from: 'if (errorRate === undefined) return pass;',
        to: 'if (errorRate !== null) return pass;',
      },
    ],
    where: (story) => story.asks.objective === 'errors' && story.release === 'equally-bad',
  },
  {
    name: 'objective-on-latency-ignored',
    sentence:
      'A green that is slower than the user allows is promoted where blue is slow as well, or nearly so.',
    edits: [
      {
        file: 'shift/gates/objectives.ts',
        from: 'if (latency === undefined) return pass;',
        to: 'if (latency !== null) return pass;',
      },
    ],
    where: (story) => story.asks.objective === 'latency' && story.release.endsWith('break-latency'),
  },
  {
    name: 'scaled-in-while-shifting',
    sentence: 'After a surge scaling takes tasks away in the middle of the shift.',
    edits: [
      {
        file: 'aws/scaling-targets.ts',
        from: 'suspended: { scaleIn: true, scaleOut: former.suspended.scaleOut, scheduled: true },',
        to: 'suspended: { ...former.suspended, scheduled: true },',
      },
    ],
    where: (story) => story.scaling === 'storm',
  },
  {
    name: 'filled-again-untold',
    sentence: 'Step scaling fills a service again that was emptied, and nobody is told.',
    edits: [
      {
        file: 'shift/perform.ts',
        from: 'return filledAgain(hands.aws, plan, plan.green.service, 0);',
        to: 'return undefined;',
      },
    ],
    where: (story) => story.scaling === 'storm' && (isBad(story) || story.asks.check !== undefined),
  },
  {
    name: 'cluster-not-looked-for',
    sentence: 'Where the test rule names no cluster, floors and suspensions outlive the shift.',
    edits: [
      {
        file: 'shift/find-cluster.ts',
        from: 'for (const { resourceId } of await readQuietened(aws)) {',
        to: 'for (const { resourceId } of []) {',
      },
    ],
    where: (story) => story.asks.oldTags && story.asks.secondIsBare,
  },
  {
    name: 'one-off-not-heard',
    sentence: 'The command before the shift says no, and the shift begins.',
    edits: [
      {
        file: 'shift/begin-shift.ts',
        from: "if (end.kind === 'failed') {",
        to: 'if (end === null) {',
      },
    ],
    where: (story) => story.asks.preDeploy !== undefined && story.asks.preDeploy !== 'passes',
  },
  {
    name: 'one-off-run-again',
    sentence: 'A workflow run that is run again runs a command that has passed once more.',
    edits: [
      {
        file: 'rollout/pre-deploy-order.ts',
        from: "if (passed !== undefined) return { kind: 'passed', task: passed };",
        to: '',
      },
      {
        file: 'rollout/pre-deploy-task.ts',
        from: 'if (earlier.failed === 0 && (await isRemembered(ports, order, startedBy))) {',
        to: 'if (earlier.failed < 0) {',
      },
    ],
    where: (story) => story.asks.preDeploy === 'passes' && story.asks.rerun && story.kill !== undefined,
  },
  {
    name: 'one-off-run-beside',
    sentence: 'A command that an earlier attempt has begun is begun again beside it.',
    edits: [
      {
        file: 'rollout/pre-deploy-order.ts',
        from: "return running === undefined\n    ? { kind: 'to-run', failed: tasks.length }",
        to: "return running !== undefined || running === undefined\n    ? { kind: 'to-run', failed: tasks.length }",
      },
    ],
    where: (story) => story.asks.preDeploy !== undefined && story.asks.rerun && story.kill !== undefined,
  },
  {
    name: 'share-not-counted',
    sentence: 'Traffic that is shared otherwise than the weights say proves a step.',
    edits: [
      {
        file: 'shift/gates/share.ts',
        from: "if (phase.kind !== 'bake') return pass;",
        to: "if (phase.kind !== 'tail') return pass;",
      },
    ],
    where: (story) => story.hand?.kind === 'past-the-weights',
  },
  {
    name: 'half-a-twin',
    sentence: 'A twin whose scaling was being made when its run died never gets the rest.',
    edits: [
      {
        file: 'shift/build-plan.ts',
        from: 'green.halfMade !== true)) return undefined;',
        to: 'green.halfMade !== null)) return undefined;',
      },
    ],
    where: (story) => /^Put(Scal|Sched|Metric)/.test(story.kill?.operation ?? ''),
  },
  {
    name: 'probe-task-of-a-dead-run',
    sentence: 'The task that probed for a run which was killed goes on for ever.',
    edits: [
      {
        file: 'shift/run-plan.ts',
        from: 'const left = await tasksOfTheRunBefore(run, plan, ending);',
        to: 'const left: readonly string[] = [];',
      },
    ],
    where: (story) => story.asks.probeTask !== undefined && story.kill !== undefined,
  },
  {
    name: 'rival-not-looked-for',
    sentence: 'Two shifts of one pair that begin at the same moment by two rules both go on.',
    edits: [
      {
        file: 'shift/rival.ts',
        from: 'const rules = await Promise.all(listenerArns.map((arn) => readRules(aws, arn)));',
        to: 'const rules = await Promise.all(listenerArns.slice(listenerArns.length).map((arn) => readRules(aws, arn)));',
      },
    ],
    where: (story) => story.hand?.kind === 'rival-shift',
  },
  {
    name: 'native-owner-ignored',
    sentence: 'A rule that ECS itself shifts for another service is shifted all the same.',
    edits: [
      {
        file: 'shift/owners.ts',
        from: 'rulesOf(service).some((arn) => rules.includes(arn));',
        to: 'rulesOf(service).length < 0;',
      },
    ],
    where: (story) => story.asks.owner.startsWith('ecs-'),
  },
  {
    name: 'other-owner-ignored',
    sentence: 'A service that CodeDeploy shifts is shifted all the same.',
    edits: [
      {
        file: 'shift/preflight-services.ts',
        from: 'for (const { service, how } of [...ours, ...others]) {',
        to: 'for (const { service, how } of others.slice(ours.length)) {',
      },
    ],
    where: (story) => story.asks.owner === 'code-deploy',
  },
];
