/**
 * The oracle: whether what a shift told agrees with what the world knows. Nothing of the kit decides here; a test
 * sees to it that nothing of it is imported.
 */
import type { Snapshot } from './place.ts';
import type { Minute, Stranger, Write } from './watch.ts';

const minuteMs = 60_000;
/** From the end of a minute until it is known and acted on, in minutes. */
const delayMinutes = 2.2;
/** From the compare before a write to the write: two calls. */
const compareMs = 30;

/** Everything about one run that is not told by it. */
export interface Evidence {
  readonly run: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Of this run, oldest first. */
  readonly writes: readonly Write[];
  readonly strangers: readonly Stranger[];
  /** Closed minutes since green first had traffic, or since this run began. */
  readonly minutes: readonly Minute[];
  readonly probes: { readonly sent: number; readonly bad: number };
  /** Probes of the path that is the health check's say nothing about users. */
  readonly probesOfUsersPath: boolean;
  /** When a named alarm went to ALARM during the run, and whether one rang at its start. */
  readonly ringsAt: readonly number[];
  readonly rangBefore: boolean;
  readonly acceptedRinging: boolean;
  /** Tasks of green that ended by themselves or by failing checks, or could not start, during the run. */
  readonly greenFailures: readonly number[];
  /** A deployment of green that the kit did not ask for: somebody's, or ECS's own way back. */
  readonly greenTaken: boolean;
  /** Calls of the run that failed: for good, or for a time. */
  readonly denied: boolean;
  readonly troubled: boolean;
  /** Minutes of metrics never came. Late ones are no excuse. */
  readonly metricsLost: boolean;
  /** A zone went dark: targets fall without anybody's fault. */
  readonly zoneDark: boolean;
  readonly cancelledAt: number | undefined;
  readonly timeoutMs: number;
  /** The maintenance window was closed at some time of the run. */
  readonly windowClosed: boolean;
  /** From then on it may begin. */
  readonly waitedUntil: number;
  /** The first thing that the run changed it changed outside of the window. */
  readonly changedOutside: boolean;
  /** Somebody else moves the traffic of a service, or of the rule. */
  readonly owned: boolean;
  /** The run has changed something. */
  readonly changed: boolean;
  /** The one-off task before the shift; undefined where none was asked for. */
  readonly oneOff: OneOff | undefined;
  readonly blueDownAt: number | undefined;
  readonly blueBefore: number;
  /** As long as a look takes, and from one to the next. */
  readonly unseenMs: number;
  readonly wanted: string;
  /** What the story says of it. */
  readonly release: {
    readonly bad: boolean;
    readonly slow: boolean;
    /** Share of its requests that fail, where that is enough for two to four minutes of evidence. */
    readonly failing: number;
    readonly neverStarts: boolean;
    /** Blue fails as often: there is nothing that green does worse. */
    readonly equal: boolean;
    /** Blue harms users by itself. */
    readonly blueFails: boolean;
    /** Which sides break the objective on latency. */
    readonly tooSlow: readonly ('green' | 'blue')[];
  };
  /** The user's own tools: a probe task that lets nothing through, one that goes on after the end, a check that says no. */
  readonly tools: {
    readonly taskSaysNo: boolean;
    /** It saw green fail, and could say so by its exit code alone. */
    readonly taskSawBad: boolean;
    /** Ids of the probe tasks of this run that were left running. */
    readonly tasksLeft: readonly string[];
    /** The same of the runs before. */
    readonly tasksOfOthers: readonly string[];
    readonly checkSaidNo: boolean;
    readonly objective: 'none' | 'errors' | 'latency';
  };
  /** An alarm of green's own step scaling is on: it may scale out from nothing. */
  readonly fillsGreen: 'no' | 'since a moment' | 'yes';
  readonly requestsPerSecond: number;
  readonly asked: {
    readonly until: number | undefined;
    readonly onInterrupted: string;
    readonly onCancel: string;
    readonly acceptUnproven: boolean;
    readonly blueAfter: 'keep' | 'scale-to-zero';
    readonly greenAfter: 'keep' | 'scale-to-zero';
    readonly required: number;
    /** Blue cannot serve what green makes of the database, and nobody has accepted that. */
    readonly breaking: boolean;
  };
  /** Requests that green failed during the run, by the load balancer's own count, and so did both together. */
  readonly harmed: number;
  readonly harmedInAll: number;
  /** Nothing but the release itself is out of the ordinary. */
  readonly calm: boolean;
  /** Share of the first step, percent. */
  readonly firstStep: number;
  /** Another run is alive and has the lock. */
  readonly beside: boolean;
  /** The revision is marked as promoted. */
  readonly marked: boolean;
  /** Metrics are shown at least this long after their minute, and all of them after this long. */
  readonly metricDelayMs: number;
  readonly metricsWholeMs: number;
}

/** Tasks that ran the command of one revision. */
export interface OneOff {
  readonly kind: 'passes' | 'fails' | 'hangs' | 'no-image' | 'not-placed';
  /** When the command had passed for the revision that the run brings; infinite where it never had. */
  readonly passedAt: number;
  /** So often one workflow run went through with it, or ran it beside itself. */
  readonly mostPasses: number;
  readonly beside: boolean;
  /** The run may not start tasks. */
  readonly denied: boolean;
  /** Ids of tasks of this run that go on. */
  readonly left: readonly string[];
}

export interface Told {
  readonly ok: boolean;
  readonly outcome: string;
  readonly cause: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly harmed: number;
  readonly step: number;
  /** What a person is told to do. */
  readonly remedy: string;
}

type Claim = (holds: boolean, what: string) => void;

const good = ['promoted', 'promoted-on-probes', 'paused', 'no-change'];

/** What is wrong with what was told; empty where it agrees with the world. */
export function lies(told: Told, evidence: Evidence): readonly string[] {
  const wrong: string[] = [];
  const claim: Claim = (holds, what) => {
    if (!holds) wrong.push(`${told.outcome}${told.cause === '' ? '' : ` (${told.cause})`}: ${what}`);
  };
  const ordered = told.outcome === 'rolled-back' && evidence.asked.onInterrupted === 'rollback-only';
  claim(told.ok === (good.includes(told.outcome) || ordered), 'the exit code is wrong');
  claimAlways(told, evidence, claim);
  claimHarm(told, evidence, claim);
  switch (told.outcome) {
    case 'promoted':
    case 'promoted-on-probes':
      claimPromoted(told, evidence, claim);
      break;
    case 'rolled-back':
      claimBack(told, evidence, claim);
      claimCause(told, evidence, claim);
      break;
    case 'timed-out':
      claim(evidence.endedAt - evidence.startedAt >= evidence.timeoutMs, 'it is not that late');
      if (isHeld(evidence)) claimHeld(told, evidence, claim);
      else claimBack(told, evidence, claim);
      break;
    case 'cancelled':
      claimCancelled(told, evidence, claim);
      break;
    case 'interfered':
      claim(
        evidence.strangers.length > 0 || evidence.beside || lockWasTaken(evidence),
        'nobody has changed anything',
      );
      break;
    case 'refused':
      claimRefused(told, evidence, claim);
      break;
    case 'paused':
      // What is only judged rests where it did.
      claim(
        evidence.after.share ===
          (evidence.asked.onInterrupted === 'judge' ? evidence.before.share : evidence.asked.until),
        'it does not rest where it was asked to',
      );
      claim(evidence.after.testRules.length === 1, 'the lock is gone');
      claim(
        evidence.troubled ||
          evidence.denied ||
          evidence.after.testRules[0]?.['ips-deploy:stage'] === 'paused' ||
          // What is only judged rests as it was left.
          (evidence.asked.onInterrupted === 'judge' &&
            evidence.after.testRules[0]?.['ips-deploy:stage'] === 'left'),
        'the lock does not say that it rests',
      );
      for (const target of evidence.after.scaling) {
        claim(target.suspended.in && target.min >= evidence.asked.required, `${target.service} has no floor`);
        claim(target.noted || evidence.troubled, `nothing says how ${target.service} was scaled`);
      }
      break;
    case 'rollback-failed':
      claim(
        evidence.denied ||
          evidence.troubled ||
          evidence.zoneDark ||
          isHeld(evidence) ||
          (evidence.after.blueHealthy === 0 && !isPastNoReturn(evidence)),
        'nothing stood in the way of going back, or nobody had to',
      );
      claim(told.remedy !== '', 'a person is not told what to do');
      if (isHeld(evidence)) claimHeld(told, evidence, claim);
      break;
    case 'no-change':
      claim(evidence.writes.length === 0, 'weights were written');
      claim(
        evidence.after.share === evidence.before.share || evidence.beside,
        'green has other weight than before',
      );
      claim(
        ['rollback-only', 'judge'].includes(evidence.asked.onInterrupted) || evidence.after.share === 100,
        'there was something to shift',
      );
      break;
    case 'failed':
      // It could not even look: nothing is said of the shift.
      claim(evidence.writes.length === 0, 'weights were written');
      claim(
        evidence.denied ||
          evidence.troubled ||
          evidence.before.share === undefined ||
          // Somebody took the rule away while its window was waited for.
          (evidence.after.share === undefined && evidence.waitedUntil > evidence.startedAt),
        'nothing kept it from looking',
      );
      claim(
        evidence.after.testRules.length <= evidence.before.testRules.length || evidence.beside,
        'the test rule is left behind',
      );
      break;
    default:
      claim(false, 'this outcome was not to be expected');
  }
  return wrong;
}

/** Of every run, whatever it came to. */
function claimAlways(told: Told, evidence: Evidence, claim: Claim): void {
  const { after, strangers, endedAt, unseenMs, asked } = evidence;
  const weightsNow = Object.fromEntries(
    Object.entries(after.weights).map(([arn, weight]) => [arn.split('/').at(-2)!, weight]),
  );
  const fresh =
    strangers.some((each) => endedAt - each.at < unseenMs || told.cause === 'weights-not-as-expected') ||
    evidence.troubled ||
    evidence.beside;
  claim(
    fresh || JSON.stringify(sorted(told.weights)) === JSON.stringify(sorted(weightsNow)),
    `the weights are ${JSON.stringify(weightsNow)}, and were told as ${JSON.stringify(told.weights)}`,
  );
  // What happens while a window is waited for is what the shift begins with.
  const stolen = strangers.find((each) => each.what === 'weights' && each.at >= evidence.waitedUntil);
  claim(
    stolen === undefined ||
      // A lagging read shows what was there before: then it is overwritten, and nobody can tell.
      (evidence.troubled && evidence.writes.some((write) => write.at > stolen.at)) ||
      // So is what comes between the compare and its write: a load balancer takes no conditions.
      evidence.writes.some((write) => write.at >= stolen.at && write.at - stolen.at <= compareMs) ||
      told.outcome === 'interfered' ||
      endedAt - stolen.at <= unseenMs ||
      told.outcome === 'refused',
    'it goes on although somebody else has changed the weights',
  );
  claim(
    after.blueDesired >= evidence.blueBefore || evidence.blueDownAt !== undefined,
    'blue has fewer tasks',
  );
  const { blueDownAt, startedAt } = evidence;
  if (asked.blueAfter === 'keep') claim((blueDownAt ?? 0) <= startedAt, 'blue was to be kept');
  const { cancelledAt } = evidence;
  claim(
    cancelledAt === undefined || evidence.troubled || evidence.denied || endedAt - cancelledAt <= 10_000,
    'it goes on although the job was cancelled',
  );
  const found = evidence.before.testRules.length > 0;
  const mayShift =
    asked.onInterrupted === 'resume' ||
    (asked.onInterrupted === 'resume-only' && found) ||
    // Where nothing was left there is nothing to take back, or to report.
    (['rollback', 'report'].includes(asked.onInterrupted) && !found);
  claim(
    mayShift || evidence.writes.every((write) => (write.to ?? 0) <= (write.from ?? 0)),
    `it was told ${asked.onInterrupted}, and shifts`,
  );
  claim(
    !asked.breaking || evidence.writes.every((write) => (write.to ?? 0) >= (write.from ?? 0)),
    'traffic goes back to a blue that cannot serve the database any more',
  );
  const { tools } = evidence;
  claim(
    !tools.taskSaysNo || evidence.writes.every((write) => (write.to ?? 0) <= (write.from ?? 0)),
    'green has traffic, and the probe task has not let it through',
  );
  for (const id of tools.tasksLeft) {
    claim(
      told.remedy.includes('aws ecs stop-task') && told.remedy.includes(id),
      `the probe task ${id} goes on, and nobody is told`,
    );
  }
  const isOver = ['promoted', 'promoted-on-probes', 'rolled-back', 'timed-out'].includes(told.outcome);
  claim(
    !isOver ||
      evidence.beside ||
      tools.tasksOfOthers.every((id) => told.remedy.includes(id) || told.remedy.includes('list-tasks')) ||
      evidence.denied ||
      evidence.troubled,
    'a probe task of the run before goes on, and nobody is told',
  );
  claim(found || !evidence.changedOutside, 'it begins outside of the maintenance window');
  claim(!evidence.owned || !evidence.changed, 'it changes something, and the traffic is somebody else’s');
  if (evidence.oneOff !== undefined) claimOneOff(told, evidence, evidence.oneOff, claim);
}

/** The command before the shift: no traffic before it has passed, and once is enough. */
function claimOneOff(told: Told, evidence: Evidence, oneOff: OneOff, claim: Claim): void {
  const { kind, passedAt, mostPasses, beside, left } = oneOff;
  claim(
    evidence.writes.every((write) => (write.to ?? 0) <= (write.from ?? 0) || passedAt <= write.at),
    'green gets traffic, and the command before the shift has not passed',
  );
  claim(mostPasses <= 1, `one workflow run went through with its command ${mostPasses} times`);
  claim(!beside, 'one workflow run ran its command twice at the same time');
  claim(
    left.length === 0 || evidence.denied || evidence.troubled || told.remedy.includes(left[0] ?? ''),
    `the one-off task ${left.join(', ')} goes on, and nobody is told`,
  );
  claim(kind === 'passes' || told.outcome !== 'promoted', 'it is promoted past a command that says no');
}

function saysNo({ denied, troubled }: Evidence, { kind, denied: notStarted }: OneOff): boolean {
  return kind === 'fails' || kind === 'no-image' || denied || troubled || notStarted;
}

/** Who was harmed, where nothing but the release is out of the ordinary: no more than canary-judge.md allows. */
function claimHarm(told: Told, evidence: Evidence, claim: Claim): void {
  const { release, harmed, calm, requestsPerSecond, firstStep } = evidence;
  if (!calm || evidence.before.share !== 0 || evidence.asked.breaking) return;
  if (!release.bad && !release.equal && !release.blueFails)
    claim(evidence.harmedInAll === 0, `${evidence.harmedInAll} requests were harmed by a good release`);
  if (release.neverStarts) claim(harmed === 0, `${harmed} requests met a green that never started`);
  if (release.failing === 0) return;
  // A green whose every request fails is dead before any weight where it is probed.
  if (release.failing === 1 && evidence.probes.sent > 0) {
    claim(harmed === 0, `${harmed} requests met a green whose probes all failed`);
  }
  if (requestsPerSecond < 10) return;
  const minutes = delayMinutes + (release.failing === 1 ? 2 : 4);
  const bound = 60 * requestsPerSecond * (firstStep / 100) * release.failing * minutes;
  claim(harmed <= bound + 4 * Math.sqrt(bound), `${harmed} requests were harmed, and ${bound} are the bound`);
  // Before the first minute is in, nobody can say how many.
  const isCounted = evidence.minutes.some(
    (minute) =>
      minute.green.requests > 0 && minute.at + minuteMs + evidence.metricDelayMs <= evidence.endedAt,
  );
  const isKnown = isCounted || evidence.probes.sent > 0;
  if (harmed > 0 && told.outcome === 'rolled-back' && isKnown) {
    claim(
      told.harmed >= harmed / 5 && told.harmed <= 5 * harmed + 10,
      `${told.harmed} are told as harmed, and ${harmed} were`,
    );
  }
}

/** Its own scaling may bring tasks back while an alarm is on, and a person is told what to do. */
function isFilledAgain({ remedy }: Told, { fillsGreen }: Evidence): boolean {
  // One that went on after the last look at it is told by nobody.
  if (fillsGreen === 'since a moment') return true;
  return remedy.includes('step scaling may fill') && remedy.includes('--desired-count 0');
}

/** Everything of the shift is put away, or a person is told what is not. */
function claimTidy(told: Told, evidence: Evidence, claim: Claim): void {
  const { after, before } = evidence;
  const hard = evidence.denied || evidence.troubled;
  const admitted = hard && told.remedy !== '';
  claim(after.testRules.length === 0 || admitted || evidence.beside, 'the test rule is left behind');
  for (const target of after.scaling) {
    const { service, suspended, noted, min } = target;
    // A schedule would bring the tasks of a service back that has been put away.
    const desired = service.endsWith('green') ? after.greenDesired : after.blueDesired;
    claim(
      (!suspended.in &&
        !suspended.out &&
        (!suspended.scheduled || desired === 0 || isFilledAgain(told, evidence))) ||
        admitted,
      `scaling of ${service} is left suspended`,
    );
    claim(!noted || admitted, `a note is left on the scaling of ${service}`);
    const wasDown = evidence.blueDownAt !== undefined;
    const emptied = service.endsWith('green') && evidence.asked.greenAfter === 'scale-to-zero';
    const was = before.scaling.find((each) => each.service === service);
    if (was === undefined || was.suspended.in || wasDown || emptied) continue;
    claim(min === was.min || admitted, `the floor of ${service} is ${min}, and was ${was.min}`);
  }
}

/** Green has nothing, blue has what it had. */
function claimBack(told: Told, evidence: Evidence, claim: Claim): void {
  const { after } = evidence;
  const stolen = evidence.strangers.some((each) => evidence.endedAt - each.at < evidence.unseenMs);
  claim(after.share === 0 || stolen, `green has ${after.share} % of the traffic`);
  claim(after.together.every((share) => share === 0) || stolen, 'another rule still sends traffic to green');
  claimTidy(told, evidence, claim);
  const wasDeployed = evidence.before.greenDesired === 0 && evidence.before.testRules.length === 0;
  if (evidence.asked.greenAfter === 'scale-to-zero' && wasDeployed) {
    claim(
      after.greenDesired === 0 ||
        isFilledAgain(told, evidence) ||
        evidence.denied ||
        evidence.troubled ||
        evidence.greenTaken ||
        stolen,
      'green keeps its tasks',
    );
  }
  const isEmptied = wasDeployed && evidence.asked.greenAfter === 'scale-to-zero' && after.greenDesired === 0;
  claim(
    !isEmptied ||
      evidence.fillsGreen !== 'yes' ||
      isFilledAgain(told, evidence) ||
      evidence.denied ||
      evidence.troubled ||
      stolen,
    'scaling will fill green again, and nobody is told',
  );
  claim(!evidence.marked, 'the revision is marked as promoted');
}

function claimPromoted(told: Told, evidence: Evidence, claim: Claim): void {
  const { after, strangers, endedAt, unseenMs, minutes, probes, release } = evidence;
  const fresh = strangers.some((each) => endedAt - each.at < unseenMs);
  claim(after.share === 100 || fresh, `green has ${after.share} % of the traffic`);
  claim(after.together.every((share) => share === 100) || fresh, 'another rule does not send all to green');
  claimTidy(told, evidence, claim);
  claim(!release.neverStarts, 'green never could serve');
  const of = after.greenTasks.filter((task) => task.runs);
  claim(
    of.every((task) => task.revision === evidence.wanted) || evidence.greenTaken,
    'green runs another revision',
  );
  claim(
    evidence.ringsAt.every((at) => endedAt - at < unseenMs),
    'a named alarm rang',
  );
  claim(!evidence.rangBefore || evidence.acceptedRinging, 'a named alarm rang at the start');
  claim(
    evidence.greenFailures.every((at) => endedAt - at < unseenMs || at < firstWeightAt(evidence)),
    'a task of green had ended',
  );
  const counted = minutes.filter(
    (minute) => minute.at + minuteMs + evidence.metricsWholeMs + unseenMs <= endedAt,
  );
  const green = sum(counted, (minute) => minute.green.requests);
  const harmed = sum(counted, (minute) => minute.green.harmed);
  if (!release.equal && !evidence.metricsLost) {
    claim(
      harmed < 30 || harmed / green < 0.05,
      `green had failed ${harmed} of ${green} requests in minutes that were known`,
    );
  }
  // What a run before it has found is not found again.
  const found = evidence.before.testRules.some((tags) => /^promoted/.test(tags['ips-deploy:stage'] ?? ''));
  if (!found && told.outcome === 'promoted') {
    const all = sum(minutes, (minute) => minute.green.requests);
    claim(all >= 300, `${all} requests prove nothing`);
    claim(!release.slow || evidence.metricsLost, 'green is slow, and traffic shows it');
  }
  if (!found && told.outcome === 'promoted-on-probes' && !evidence.asked.acceptUnproven) {
    claim(evidence.probesOfUsersPath && probes.sent >= 290, `${probes.sent} probes prove nothing`);
  }
  if (probes.sent > 0 && !found && !release.equal) {
    // Suspicion holds a step for some time, and no longer: then what was accepted counts.
    const most = evidence.asked.acceptUnproven ? 0.2 : 0.05;
    claim(probes.bad / probes.sent < most, `${probes.bad} of ${probes.sent} probes had failed`);
  }
  claimObjective(evidence, counted, claim);
  claim(evidence.marked || evidence.denied || evidence.troubled, 'the revision is not marked as promoted');
  // Who only judges what another run has left says nothing of blue.
  const retires = evidence.asked.blueAfter === 'scale-to-zero' && evidence.asked.onInterrupted !== 'judge';
  if (retires && evidence.after.blueDesired > 0) {
    claim(told.remedy !== '' || evidence.blueBefore === 0, 'blue keeps its tasks, and nobody is told');
  }
}

/** What users asked green to keep by itself, by the minutes that were known at the end. */
function claimObjective(
  { tools, metricsLost, release }: Evidence,
  known: readonly Minute[],
  claim: Claim,
): void {
  if (metricsLost) return;
  const green = sum(known, (minute) => minute.green.requests);
  if (tools.objective === 'errors') {
    const harmed = sum(known, (minute) => minute.green.harmed);
    claim(
      green < 1200 || harmed / green < 0.02,
      `green failed ${harmed} of ${green}, and the objective allows 1 %`,
    );
  }
  if (tools.objective === 'latency') {
    claim(green < 2400 || !release.tooSlow.includes('green'), 'green is slower than the objective allows');
  }
}

function firstWeightAt(evidence: Evidence): number {
  return evidence.writes.find((write) => (write.to ?? 0) > 0)?.at ?? evidence.startedAt;
}

/** Recorded before it is passed: a run that died in between has not scaled blue down. */
function isPastNoReturn({ before }: Evidence): boolean {
  return before.testRules.some((tags) => tags['ips-deploy:no-return'] !== undefined);
}

/** Green is slow, and blue is not. */
function isSlower({ release }: Evidence): boolean {
  return release.tooSlow.includes('green') && !release.tooSlow.includes('blue');
}

/** Green has traffic that must not go back. */
function isHeld({ asked, after }: Evidence): boolean {
  return asked.breaking && (after.share ?? 0) > 0;
}

/** It rests where it stood, and a person is told how to go on. */
function claimHeld(told: Told, evidence: Evidence, claim: Claim): void {
  const { after, asked } = evidence;
  const stolen = evidence.strangers.length > 0;
  const hard = evidence.denied || evidence.troubled;
  claim(after.testRules.length === 1 || stolen || evidence.beside, 'the lock of a rest is gone');
  claim(told.remedy !== '', 'a person is not told how to go on');
  // At 100 % the run that died may have given scaling back already.
  for (const target of after.share === 100 ? [] : after.scaling) {
    claim(
      (target.suspended.in && target.min >= asked.required) || hard || evidence.blueDownAt !== undefined,
      `${target.service} has no floor while it rests`,
    );
  }
}

function claimCancelled(told: Told, evidence: Evidence, claim: Claim): void {
  claim(evidence.cancelledAt !== undefined, 'nobody cancelled');
  const share = evidence.after.share ?? 0;
  const stolen = evidence.strangers.length > 0;
  if (share === 0) {
    claimBack(told, evidence, claim);
    return;
  }
  claim(
    evidence.asked.onCancel === 'leave' ||
      isHeld(evidence) ||
      evidence.blueDownAt !== undefined ||
      isPastNoReturn(evidence) ||
      evidence.zoneDark ||
      evidence.after.blueHealthy < evidence.asked.required ||
      evidence.troubled ||
      stolen,
    `green keeps ${share} %`,
  );
  claim(evidence.after.testRules.length === 1 || stolen, 'weights rest in the middle, and the lock is gone');
  claim(told.remedy !== '', 'a person is not told how to go on');
}

function claimRefused(told: Told, evidence: Evidence, claim: Claim): void {
  const { before, after, asked } = evidence;
  // Of two that begin at once one has put green into the rule before it saw the other.
  const isAttached = evidence.beside && evidence.writes.every(({ from, to }) => from === 0 && to === 0);
  claim(evidence.writes.length === 0 || isAttached, 'weights were written all the same');
  const causes = told.cause.split(',');
  const has = (code: string): boolean => causes.includes(code);
  const waited = (times: readonly number[]): boolean => times.some((at) => at < evidence.waitedUntil);
  const known = [
    ['alarm-active', (evidence.rangBefore || waited(evidence.ringsAt)) && !evidence.acceptedRinging],
    ['another-shift', evidence.beside || before.testRules.length > 0 || evidence.strangers.length > 0],
    ['interrupted-shift', before.testRules.length > 0],
    ['weights-not-as-expected', (before.share ?? 0) !== 0 || evidence.strangers.length > 0],
    ['unproven', !asked.acceptUnproven && evidence.requestsPerSecond < 10],
    ['blue-unhealthy', evidence.zoneDark || before.blueHealthy === 0],
    ['blue-deploying', true],
    ['outside-window', evidence.windowClosed],
    ['foreign-owner', evidence.owned],
    ['pre-deploy-failed', evidence.oneOff !== undefined && saysNo(evidence, evidence.oneOff)],
    ['pre-deploy-timed-out', evidence.oneOff?.kind === 'hangs' || evidence.troubled],
    ['pre-deploy-not-started', evidence.oneOff?.kind === 'not-placed'],
    ['breaking-schema-unmarked', evidence.denied && asked.breaking],
    ['nothing-rests', asked.onInterrupted === 'resume-only' && before.testRules.length === 0],
    ['priority-taken', before.testRules.length > 0 || evidence.beside],
  ] as const;
  for (const [code, holds] of known) if (has(code)) claim(holds, `${code} is not so`);
  claim(
    causes.every((code) => known.some(([name]) => name === code)) || evidence.denied || evidence.troubled,
    'this was no reason to refuse',
  );
  // What it was about to report is left as it was found.
  if (has('interrupted-shift')) {
    claim(
      JSON.stringify(after.weights) === JSON.stringify(before.weights),
      'the weights are others than before',
    );
    return;
  }
  if (!evidence.beside && before.testRules.length === 0) claimTidy(told, evidence, claim);
}

function lockWasTaken({ after, before }: Evidence): boolean {
  const holder = (snapshot: Snapshot): string | undefined => snapshot.testRules[0]?.['ips-deploy:holder'];
  return holder(after) !== holder(before);
}

/** Whether the cause that was told is a true one. */
function claimCause(told: Told, evidence: Evidence, claim: Claim): void {
  const { release, probes, minutes, endedAt } = evidence;
  const backAt = evidence.writes.findLast((write) => write.to === 0)?.at ?? endedAt;
  const known = minutes.filter((minute) => minute.at + minuteMs + evidence.metricDelayMs <= backAt);
  const twoMinutes = (bad: (minute: Minute) => boolean): void => {
    const seen = known.filter(bad).length;
    claim(
      seen >= 2 || evidence.troubled,
      `${seen} minutes that were known by then speak for it: one alone can never decide`,
    );
  };
  const hardTimes = evidence.denied || evidence.troubled;
  switch (told.cause) {
    case 'errors':
    case 'unanswered':
      claim(
        sum(minutes, (minute) => minute.green.harmed) > 0 && !release.equal,
        'green has failed no more than blue',
      );
      twoMinutes((minute) => minute.green.harmed > 0);
      break;
    case 'slow':
      claim(release.slow || isSlower(evidence), 'green is as fast as blue');
      twoMinutes((minute) => minute.green.requests > 0);
      break;
    case 'probes':
      claim(probes.bad > 0 || evidence.tools.taskSaysNo || evidence.tools.taskSawBad, 'no probe has failed');
      break;
    case 'alarm':
      claim(evidence.ringsAt.length > 0 || evidence.rangBefore, 'no alarm rang');
      break;
    case 'own-check':
      claim(evidence.tools.checkSaidNo, 'no check has said no');
      break;
    case 'objective-errors': {
      const [green, harmed] = [
        sum(known, (minute) => minute.green.requests),
        sum(known, (minute) => minute.green.harmed),
      ];
      claim(evidence.tools.objective === 'errors', 'nobody has asked for it');
      claim(harmed > 0.01 * green || evidence.metricsLost, `green failed ${harmed} of ${green}`);
      claim(!release.equal || told.step === 100, 'blue fails as often, and green did not have everything');
      break;
    }
    case 'objective-latency':
      claim(evidence.tools.objective === 'latency', 'nobody has asked for it');
      claim(release.slow || release.tooSlow.includes('green'), 'green is fast enough');
      claim(
        !release.tooSlow.includes('blue') || told.step === 100,
        'blue is as slow, and green did not have everything',
      );
      break;
    case 'green-superseded':
      claim(evidence.greenTaken, 'nobody else has deployed green');
      break;
    case 'interrupted':
      claim(evidence.before.testRules.length > 0, 'no run was interrupted');
      break;
    case 'cancelled':
      claim(evidence.before.testRules.length > 0, 'nothing was left to take back');
      break;
    case 'not-proven':
      claim(
        !evidence.asked.acceptUnproven &&
          (evidence.requestsPerSecond < 10 ||
            evidence.metricsLost ||
            release.equal ||
            sum(minutes, (minute) => minute.green.harmed) > 0),
        'traffic and probes prove it',
      );
      break;
    case 'cannot-observe':
    case 'refused-by-aws':
    case 'weights-not-taken':
      claim(hardTimes, 'every call was answered');
      break;
    case 'green-not-reached':
      claim(false, 'green was reached');
      break;
    case 'unhealthy-targets':
    case 'green-not-ready':
      claim(
        evidence.zoneDark ||
          evidence.greenTaken ||
          evidence.greenFailures.length > 0 ||
          release.neverStarts ||
          hardTimes ||
          evidence.strangers.length > 0 ||
          evidence.beside,
        'green was as it should be',
      );
      break;
    case 'green-deployment-failed':
      claim(
        evidence.greenFailures.length > 0 || release.neverStarts || evidence.greenTaken,
        'its deployment went well',
      );
      break;
    default:
      // How its tasks ended.
      claim(evidence.greenFailures.length > 0 || release.neverStarts, 'no task of green has ended by itself');
  }
}

function sum(minutes: readonly Minute[], pick: (minute: Minute) => number): number {
  return minutes.reduce((total, minute) => total + pick(minute), 0);
}

function sorted(weights: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .sort(([one], [other]) => one.localeCompare(other));
}
