/** The oracle on ends: what has to be so in the world where a shift was promoted, went back, rests or was refused. */
import {
  type Claim,
  type Evidence,
  isHeld,
  isPastNoReturn,
  type OneOff,
  sum,
  type Told,
} from './evidence-of-run.ts';
import { sameWeights } from './place.ts';
import type { Minute } from './watch.ts';

const minuteMs = 60_000;

export function claimPromoted(told: Told, evidence: Evidence, claim: Claim): void {
  const { after, strangers, endedAt, unseenMs, minutes, probes, release } = evidence;
  const fresh = strangers.some((each) => endedAt - each.at < unseenMs);
  claim(after.share === 100 || fresh, `green has ${after.share} % of the traffic`);
  claim(after.together.every((share) => share === 100) || fresh, 'another rule does not send all to green');
  claimTidy(told, evidence, claim);
  claim(!release.neverStarts, 'green never could serve');
  const of = evidence.greenTasks().filter((task) => task.runs);
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
  const isRefused = release.refuses && evidence.tools.judges4xx && !evidence.metricsLost;
  claim(
    !isRefused || green < 60,
    `green had refused ${green} requests in minutes that were known, all that it got`,
  );
  claim(evidence.denied || evidence.troubled || evidence.marked(), 'the revision is not marked as promoted');
  // A green from before has its own, or none.
  const isTwin = evidence.madeGreen && evidence.asked.onInterrupted !== 'judge';
  claim(
    !isTwin || evidence.twinScales() || evidence.denied || evidence.troubled || told.remedy !== '',
    'green does not scale as blue did',
  );
  // Who only judges what another run has left says nothing of blue.
  const retires = evidence.asked.blueAfter === 'scale-to-zero' && evidence.asked.onInterrupted !== 'judge';
  if (retires && evidence.after.blueDesired > 0) {
    claim(told.remedy !== '' || evidence.blueBefore === 0, 'blue keeps its tasks, and nobody is told');
    const { keptTasks } = evidence.asked;
    claim(
      keptTasks === undefined ||
        after.blueDesired === keptTasks ||
        after.blueDesired >= evidence.blueBefore ||
        evidence.fillsGreen !== 'no',
      `blue is left with ${after.blueDesired} tasks, and was to be kept at ${keptTasks}`,
    );
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

/** Green has nothing, blue has what it had. */
export function claimBack(told: Told, evidence: Evidence, claim: Claim): void {
  const { after } = evidence;
  const stolen = evidence.strangers.some((each) => evidence.endedAt - each.at < evidence.unseenMs);
  claim(after.share === 0 || stolen, `green has ${after.share} % of the traffic`);
  claim(after.together.every((share) => share === 0) || stolen, 'another rule still sends traffic to green');
  claimTidy(told, evidence, claim);
  claim(
    after.blueDesired >= evidence.blueBefore || evidence.denied || evidence.troubled,
    `blue has its traffic back, and ${after.blueDesired} tasks of ${evidence.blueBefore}`,
  );
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
  claim(!evidence.marked(), 'the revision is marked as promoted');
}

/** It rests where it stood, and a person is told how to go on. */
export function claimHeld(told: Told, evidence: Evidence, claim: Claim): void {
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

export function claimCancelled(told: Told, evidence: Evidence, claim: Claim): void {
  // The post step of a job that was killed finds its own lock.
  const isPostStep = evidence.run === 'run-1' && evidence.before.testRules.length > 0;
  claim(evidence.cancelledAt !== undefined || isPostStep, 'nobody cancelled');
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

export function claimRefused(told: Told, evidence: Evidence, claim: Claim): void {
  const { before, after } = evidence;
  // Of two that begin at once one has put green into the rule before it saw the other.
  const isAttached = evidence.beside && evidence.writes.every(({ from, to }) => from === 0 && to === 0);
  claim(evidence.writes.length === 0 || isAttached, 'weights were written all the same');
  const causes = told.cause.split(',');
  for (const code of causes) {
    const isSo = isReason(code, evidence);
    if (isSo !== undefined) claim(isSo, `${code} is not so`);
    else claim(evidence.denied || evidence.troubled, 'this was no reason to refuse');
  }
  // What it was about to report is left as it was found.
  if (causes.includes('interrupted-shift')) {
    claim(sameWeights(after.weights, before.weights), 'the weights are others than before');
    return;
  }
  if (!evidence.beside && before.testRules.length === 0) claimTidy(told, evidence, claim);
}

/** Whether a reason to refuse is a true one; undefined for what is none. */
function isReason(code: string, evidence: Evidence): boolean | undefined {
  const { before, after, asked, denied, troubled, beside, strangers, oneOff } = evidence;
  const isLocked = before.testRules.length > 0;
  switch (code) {
    case 'alarm-active': {
      const rang = evidence.rangBefore || evidence.ringsAt.some((at) => at < evidence.waitedUntil);
      return rang && !evidence.acceptedRinging;
    }
    case 'another-shift':
      return beside || isLocked || strangers.length > 0;
    case 'interrupted-shift':
      return isLocked;
    case 'weights-not-as-expected':
      return (before.share ?? 0) !== 0 || strangers.length > 0;
    case 'unproven':
      return !asked.acceptUnproven && evidence.requestsPerSecond < 10;
    case 'blue-unhealthy':
      return evidence.zoneDark || before.blueHealthy === 0;
    case 'blue-deploying':
      return true;
    case 'outside-window':
      return evidence.windowClosed;
    case 'foreign-owner':
      return evidence.owned;
    case 'pre-deploy-failed':
      return oneOff !== undefined && saysNo(evidence, oneOff);
    case 'pre-deploy-timed-out':
      return oneOff?.kind === 'hangs' || troubled;
    case 'pre-deploy-not-started':
      return oneOff?.kind === 'not-placed';
    case 'breaking-schema-unmarked':
      return denied && asked.breaking;
    case 'nothing-rests':
      return asked.onInterrupted === 'resume-only' && !isLocked;
    case 'priority-taken':
      return isLocked || beside;
    case 'access-denied':
    case 'credentials':
      return denied;
    case 'transient':
    case 'throttled':
      return troubled;
    case 'no-forward':
    case 'rule-not-found':
      return before.share === undefined || after.share === undefined;
    default:
      return undefined;
  }
}

function saysNo({ denied, troubled }: Evidence, { kind, denied: notStarted }: OneOff): boolean {
  return kind === 'fails' || kind === 'no-image' || denied || troubled || notStarted;
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
        (!suspended.scheduled ||
          desired === 0 ||
          isLeftSmall(service, told) ||
          isFilledAgain(told, evidence))) ||
        admitted,
      `scaling of ${service} is left suspended`,
    );
    claim(!noted || admitted, `a note is left on the scaling of ${service}`);
    const wasDown = evidence.blueDownAt !== undefined && told.outcome !== 'rolled-back';
    const emptied = service.endsWith('green') && evidence.asked.greenAfter === 'scale-to-zero';
    const was = before.scaling.find((each) => each.service === service);
    if (was === undefined || was.suspended.in || wasDown || emptied) continue;
    claim(min === was.min || admitted, `the floor of ${service} is ${min}, and was ${was.min}`);
  }
}

/** Blue is left as small as it was kept, and a person is told. */
function isLeftSmall(service: string, { remedy }: Told): boolean {
  return service.endsWith('blue') && remedy.includes(`${service} stays at `);
}

/** Its own scaling may bring tasks back while an alarm is on, and a person is told what to do. */
function isFilledAgain({ remedy }: Told, { fillsGreen }: Evidence): boolean {
  // One that went on after the last look at it is told by nobody.
  if (fillsGreen === 'since a moment') return true;
  return remedy.includes('step scaling may fill') && remedy.includes('--desired-count 0');
}

function firstWeightAt(evidence: Evidence): number {
  return evidence.writes.find((write) => (write.to ?? 0) > 0)?.at ?? evidence.startedAt;
}
