/** The report of a shift: the ladder, the weights over time, the evidence. Pure. */
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import type { Report, ReportSection } from '../report/report.ts';
import {
  type Baseline,
  formatRatio,
  harmLimit,
  type StreamName,
  safetyLimit,
  safetyOf,
  streamNames,
  totalsOf,
} from './evidence.ts';
import { harmRatio } from './judge.ts';
import { describeSplit } from './ladder.ts';
import { drawWeights } from './picture.ts';
import { describePlan, revisionName, type ShiftPlan } from './plan.ts';
import type { Refusal } from './preflight.ts';
import { describeOutcome, reached, remedyFor } from './sentences.ts';
import type { Cause, Ending, ShiftOutcome, ShiftState } from './state.ts';

export interface Times {
  readonly startedAt: number;
  readonly endedAt: number;
}

export function isGood(ending: Ending): boolean {
  return ending.kind === 'promoted' || ending.kind === 'promoted-on-probes' || ending.kind === 'no-change';
}

export function reportShift(
  plan: ShiftPlan,
  baseline: Baseline,
  outcome: ShiftOutcome,
  events: readonly KitEvent[],
  times: Times,
): Report {
  const { state, ending } = outcome;
  const harmed = harmedRequests(baseline, state, times.endedAt);
  const remedy = remedyFor(plan, outcome);
  return {
    title: titleOf(plan),
    outcome: ending.kind,
    ok: isGood(ending),
    sentence: describeOutcome(plan, outcome, harmed),
    ...(remedy === undefined ? {} : { remedy }),
    facts: [
      ['Blue', sideText(plan, 'blue')],
      ['Green', sideText(plan, 'green')],
      ['Weights', describeSplit(state.written)],
      ['Requests harmed', `about ${harmed.toLocaleString('en-US')}`],
      ['Took', formatDuration(Math.round((times.endedAt - times.startedAt) / 1000) * 1000)],
    ],
    events,
    sections: [
      ladderSection(plan, state, ending),
      {
        kind: 'text',
        heading: 'Green’s share of the traffic',
        text: drawWeights(state.weights, times.endedAt),
      },
      evidenceSection(plan, baseline, state),
      planSection(plan),
      ...notesSection(plan),
    ],
    ...times,
  };
}

/** A shift that stops at its plan: a dry run, a refusal, or nothing to do. */
export function reportPlan(
  plan: ShiftPlan | undefined,
  ending: Ending | { readonly kind: 'planned' },
  title: string,
  sentence: string,
  events: readonly KitEvent[],
  times: Times,
): Report {
  return {
    title,
    outcome: ending.kind,
    ok: ending.kind === 'planned' || isGood(ending),
    sentence,
    ...(ending.kind === 'refused'
      ? { remedy: 'Correct what is named, or accept it by name with the input accept where that is allowed.' }
      : {}),
    facts: [],
    events,
    sections: [
      ...(ending.kind === 'refused' ? [refusalSection(ending.refusals)] : []),
      ...(plan === undefined ? [] : [planSection(plan), ...notesSection(plan)]),
    ],
    ...times,
  };
}

export function titleOf(plan: ShiftPlan): string {
  return `Blue/green shift from ${plan.blue.groupName} to ${plan.green.groupName}`;
}

/**
 * Requests of users that green failed: those counted, or, while the metrics are still on their way, blue's
 * usual rate times green's share over time times green's failure rate, whichever is more.
 */
export function harmedRequests(baseline: Baseline, state: ShiftState, endedAt: number): number {
  const errors = totalsOf(state.evidence, 'errors');
  const unanswered = totalsOf(state.evidence, 'unanswered');
  const counted = errors.greenBad + unanswered.greenBad;
  const { sent, bad } = state.evidence.probes;
  const badRate =
    errors.green > 0 ? counted / errors.green : isProbeCause(state) && sent > 0 ? bad / sent : 0;
  const usual = baseline.errorRate + baseline.unansweredRate;
  const weightMinutes = state.weights.reduce((sum, weight, index) => {
    const until = state.weights[index + 1]?.at ?? endedAt;
    return sum + (weight.percent / 100) * Math.max(0, (until - weight.at) / 60_000);
  }, 0);
  const expected = baseline.requestsPerMinute * weightMinutes * Math.max(0, badRate - usual);
  const beyondBlue = Math.max(0, counted - errors.green * usual);
  return reached(state) === undefined ? 0 : Math.round(Math.max(beyondBlue, expected));
}

function isProbeCause(state: ShiftState): boolean {
  return causeOf(state)?.code === 'probes';
}

/** Why green did not get the traffic, where it did not. */
export function causeOf(state: ShiftState): Cause | undefined {
  const { phase } = state;
  if (phase.kind !== 'tail') return undefined;
  return 'cause' in phase.ending ? phase.ending.cause : undefined;
}

function ladderSection(plan: ShiftPlan, state: ShiftState, ending: Ending): ReportSection {
  const written = state.weights.map((weight) => weight.percent);
  const rows = plan.steps.map((step) => {
    const passed = state.passed.find((candidate) => candidate.percent === step.percent);
    const result =
      passed !== undefined
        ? '✅ passed'
        : written.includes(step.percent)
          ? isGood(ending)
            ? '✅'
            : `❌ ${ending.kind}`
          : '– not reached';
    return [
      `${step.percent} %`,
      formatDuration(step.bakeTimeMs),
      passed === undefined ? '' : formatDuration(Math.round((passed.to - passed.from) / 1000) * 1000),
      passed === undefined ? '' : `${passed.probesSent}`,
      passed === undefined ? '' : `${formatRatio(passed.harm)}:1`,
      result,
    ];
  });
  return {
    kind: 'table',
    heading: 'Ladder',
    columns: ['Green', 'Bake', 'Held', 'Probes', 'Evidence of harm', 'Result'],
    rows,
  };
}

const streamTitles: Readonly<Record<StreamName, string>> = {
  errors: 'Errors (5xx, refused connections)',
  unanswered: 'Unanswered requests',
  slow: 'Slow requests (above blue’s usual p95 and a margin)',
  probes: 'Probes',
};

function evidenceSection(plan: ShiftPlan, baseline: Baseline, state: ShiftState): ReportSection {
  const count = (bad: number, all: number): string =>
    all === 0 ? 'none seen' : `${bad.toLocaleString('en-US')} of ${all.toLocaleString('en-US')}`;
  const rows = streamNames.map((stream) => {
    const total = totalsOf(state.evidence, stream);
    const ratio = harmRatio(state.evidence.harm[stream]);
    return [
      streamTitles[stream],
      count(total.greenBad, total.green),
      stream === 'probes' ? '' : count(total.blueBad, total.blue),
      `harm ${formatRatio(ratio)}:1`,
      `${harmLimit}:1`,
      ratio >= harmLimit ? '❌ worse' : '✅',
    ];
  });
  const safety = safetyOf(state.evidence, baseline, plan.maxErrorRate);
  rows.push([
    'No worse than blue by half a point',
    '',
    '',
    `safety ${formatRatio(safety.ratio)}:1`,
    `${safetyLimit}:1`,
    safety.proven ? '✅ shown' : '– not shown',
  ]);
  return {
    kind: 'table',
    heading: 'Evidence',
    columns: ['Stream', 'Green bad', 'Blue bad', 'Evidence', 'Limit', ''],
    rows,
  };
}

export function planSection(plan: ShiftPlan): ReportSection {
  return {
    kind: 'table',
    heading: 'Plan',
    columns: ['', 'Step'],
    rows: describePlan(plan).map((line, index) => [`${index + 1}`, line]),
  };
}

function refusalSection(refusals: readonly Refusal[]): ReportSection {
  return {
    kind: 'table',
    heading: 'Why not',
    columns: ['Finding', 'What is'],
    rows: refusals.map((refusal) => [refusal.code, refusal.message]),
  };
}

function notesSection(plan: ShiftPlan): readonly ReportSection[] {
  return plan.notes.length === 0
    ? []
    : [{ kind: 'table', heading: 'Notes', columns: ['Note'], rows: plan.notes.map((note) => [note]) }];
}

function sideText(plan: ShiftPlan, side: 'blue' | 'green'): string {
  const { groupName, service } = plan[side];
  const revision =
    side === 'green' && plan.deploy.kind !== 'none' ? `, ${revisionName(plan.deploy.taskDefinitionArn)}` : '';
  return `${groupName}${service === undefined ? '' : ` (service ${service}${revision})`}`;
}
