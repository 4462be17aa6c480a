/**
 * The oracle: whether what a shift told agrees with what the world knows. Nothing of the kit decides here; a test
 * sees to it that nothing of it is imported.
 */

import {
  type Claim,
  type Evidence,
  isHeld,
  isPastNoReturn,
  type OneOff,
  sum,
  type Told,
} from './evidence-of-run.ts';
import { byName, groupName, type Snapshot, type Weight } from './place.ts';
import { claimCause } from './truth-of-causes.ts';
import { claimBack, claimCancelled, claimHeld, claimPromoted, claimRefused } from './truth-of-ends.ts';

const minuteMs = 60_000;
/** From the end of a minute until it is known and acted on, in minutes. */
const delayMinutes = 2.2;
/** From the compare before a write to the write: two calls. */
const compareMs = 30;

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
        const isSmall = evidence.blueDownAt !== undefined && target.service.endsWith('blue');
        const least = isSmall ? 0 : evidence.asked.required;
        claim(target.suspended.in && target.min >= least, `${target.service} has no floor`);
        claim(target.noted || evidence.troubled, `nothing says how ${target.service} was scaled`);
      }
      break;
    case 'rollback-failed':
      claim(
        evidence.denied ||
          evidence.troubled ||
          evidence.zoneDark ||
          isHeld(evidence) ||
          // A cancelled job cannot wait until a blue that was kept small has its tasks.
          (evidence.blueDownAt !== undefined && evidence.cancelledAt !== undefined) ||
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
      claim(mayNotLook(evidence), 'nothing kept it from looking');
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

function mayNotLook({ denied, troubled, before, after, waitedUntil, startedAt }: Evidence): boolean {
  // Somebody may have taken the rule away while its window was waited for.
  const isGone = after.share === undefined && waitedUntil > startedAt;
  return denied || troubled || before.share === undefined || isGone;
}

/** Of every run, whatever it came to. */
function claimAlways(told: Told, evidence: Evidence, claim: Claim): void {
  const { after, strangers, endedAt, unseenMs, asked } = evidence;
  const fresh =
    strangers.some((each) => endedAt - each.at < unseenMs || told.cause === 'weights-not-as-expected') ||
    evidence.troubled ||
    evidence.beside;
  const isTold =
    told.weights === undefined
      ? ['refused', 'cancelled'].includes(told.outcome) && mayNotLook(evidence)
      : fresh || agree(told.weights, after.weights);
  if (!isTold) {
    const texts = [byName(after.weights), told.weights].map((weights) => JSON.stringify(weights));
    claim(false, `the weights are ${texts[0]}, and were told as ${texts[1]}`);
  }
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

/** Who was harmed, where nothing but the release is out of the ordinary: no more than canary-judge.md allows. */
function claimHarm(told: Told, evidence: Evidence, claim: Claim): void {
  const { release, harmed, calm, requestsPerSecond, firstStep } = evidence;
  if (!calm || evidence.before.share !== 0 || evidence.asked.breaking) return;
  if (!release.bad && !release.equal && !release.blueFails)
    claim(evidence.harmedInAll === 0, `${evidence.harmedInAll} requests were harmed by a good release`);
  if (release.neverStarts) claim(harmed === 0, `${harmed} requests met a green that never started`);
  if (release.refuses && evidence.tools.judges4xx && requestsPerSecond >= 10) {
    const met = sum(evidence.minutes, (minute) => minute.green.requests);
    const bound = 60 * requestsPerSecond * (firstStep / 100) * (delayMinutes + 2);
    claim(met <= bound + 4 * Math.sqrt(bound), `${met} requests were refused, and ${bound} are the bound`);
  }
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

function lockWasTaken({ after, before }: Evidence): boolean {
  const holder = (snapshot: Snapshot): string | undefined => snapshot.testRules[0]?.['ips-deploy:holder'];
  return holder(after) !== holder(before);
}

/** Every group of the rule is named, and no other. */
function agree(told: Readonly<Record<string, number>>, weights: readonly Weight[]): boolean {
  return (
    Object.keys(told).length === weights.length &&
    weights.every((each) => told[groupName(each)] === each.weight)
  );
}
