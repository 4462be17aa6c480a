/** Green behind the test rule: probes from the runner, or from a task in the VPC. Pure. */
import { formatPercent } from '../report/percent.ts';
import { event } from './decide.ts';
import { askGates } from './gates/index.ts';
import type { ShiftPlan } from './plan.ts';
import { describeReasons } from './prober.ts';
import { type GoOn, type Look, type Progress, pollMs, wait } from './progress-answer.ts';
import type { Phase, ShiftState } from './state.ts';

export function progressProbe(look: Look, goOn: GoOn): Progress {
  const { plan, state, now } = look;
  const gates = askGates(look);
  if (gates.kind === 'fail') return gates;
  if (plan.probes.task !== undefined) return progressProbeTask(look, goOn);
  const { sent, bad } = state.evidence.probes;
  if (sent >= plan.probes.count) {
    // A handful of probes is too few for the judge; that not one was answered well is enough.
    if (sent > 0 && bad === sent) {
      const reasons = describeReasons(state.evidence.probes);
      return {
        kind: 'fail',
        cause: { code: 'probes', sentence: `All ${sent} probes failed: ${reasons}.` },
      };
    }
    const next = phaseAfterProbes(plan, state, now);
    return plan.probes.count === 0
      ? goOn(next)
      : goOn(next, event(now, 'probes.done', 'info', `${sent} probes${atWeight(state)}, ${bad} failed.`));
  }
  return wait(
    state,
    now,
    pollMs.probe,
    'probes.progress',
    `Probing green${atWeight(state)} (${plan.probes.count} probes).`,
  );
}

/**
 * The task in the VPC says whether green answers. What it counted comes in one piece, of which the judge lets none
 * decide: it is held to the share that green may fail alone.
 */
function progressProbeTask({ plan, state, now }: Look, goOn: GoOn): Progress {
  const { probeTask } = state;
  switch (probeTask?.kind) {
    case 'failed':
      return { kind: 'fail', cause: { code: 'probes', sentence: probeTask.sentence } };
    case 'passed': {
      const { sent, bad } = probeTask.tally;
      if (bad > plan.maxErrorRate * sent) {
        const sentence = `${bad} of ${sent} probes from inside of the VPC failed; max-5xx-rate allows ${formatPercent(plan.maxErrorRate)}.`;
        return { kind: 'fail', cause: { code: 'probes', sentence } };
      }
      const done = event(now, 'probes.done', 'info', probeTask.sentence);
      return goOn(phaseAfterProbes(plan, state, now), done);
    }
    default:
      return wait(
        state,
        now,
        pollMs.ready,
        'probes.progress',
        `A task in the VPC probes green${atWeight(state)}.`,
      );
  }
}

/** A shift that is gone on with stands at a weight already. */
function phaseAfterProbes(plan: ShiftPlan, state: ShiftState, now: number): Phase {
  if (!state.shifted) return { kind: 'shift', step: 0, since: now };
  const percent = state.weights.at(-1)?.percent ?? 0;
  const step = Math.max(
    0,
    plan.steps.findLastIndex((each) => each.percent <= percent),
  );
  const rested = state.stage === 'paused' && plan.steps[step]?.percent === percent;
  // A rest is over once the run may go further; one that watches over the rest proves its weight again.
  if (rested && (plan.until === undefined || plan.until > percent) && step + 1 < plan.steps.length) {
    return { kind: 'shift', step: step + 1, since: now };
  }
  // Several rules may have been caught between two writes: the weight that stands is written again.
  return plan.steps[step]?.percent === percent && plan.others.length === 0
    ? { kind: 'bake', step, since: now, probesBefore: state.evidence.probes.sent }
    : { kind: 'shift', step, since: now };
}

function atWeight(state: ShiftState): string {
  return state.shifted ? ' by the test rule' : ' at weight 0';
}
