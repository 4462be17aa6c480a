/** The oracle on causes: whether the reason that a shift told for going back is a true one. */
import { type Claim, type Evidence, sum, type Told } from './evidence-of-run.ts';
import type { Minute } from './watch.ts';

const minuteMs = 60_000;

/** Whether the cause that was told is a true one. */
export function claimCause(told: Told, evidence: Evidence, claim: Claim): void {
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
    case 'client-errors':
      claim(evidence.tools.judges4xx, 'nobody has asked for it');
      claim(release.refuses, 'green refuses no more than blue');
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

/** Green is slow, and blue is not. */
function isSlower({ release }: Evidence): boolean {
  return release.tooSlow.includes('green') && !release.tooSlow.includes('blue');
}
