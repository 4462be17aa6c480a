/** The report of a shift: the ladder, the weights over time, the evidence. Pure. */
import { formatCount } from '../report/count.ts';
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import type { Report, ReportSection } from '../report/report.ts';
import type { Baseline } from './baseline.ts';
import { describePlan } from './describe-plan.ts';
import { formatRatio, ratioOf, type StreamName, streamNames, totalsOf, worstStream } from './evidence.ts';
import type { Block } from './judge.ts';
import { describeSplit } from './ladder.ts';
import { harmLimit, safetyLimit } from './limits.ts';
import { drawShift } from './picture.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import type { Finding } from './preflight.ts';
import { safetyOf } from './safety.ts';
import { describeOutcome, reached, remedyFor } from './sentences.ts';
import type { Cause, Ending, ShiftOutcome, ShiftState } from './state.ts';

export interface Times {
  readonly startedAt: number;
  readonly endedAt: number;
}

export function isGood(ending: Ending): boolean {
  return (
    ending.kind === 'promoted' ||
    ending.kind === 'promoted-on-probes' ||
    ending.kind === 'paused' ||
    ending.kind === 'no-change'
  );
}

/** Whether the run did what it was asked for: to take a shift back may be just that. */
export function isDone({ task }: Pick<ShiftPlan, 'task'>, ending: Ending): boolean {
  const tookBack = task.kind === 'take-back' && task.asked === true && ending.kind === 'rolled-back';
  return tookBack || isGood(ending);
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
    ok: isDone(plan, ending),
    sentence: describeOutcome(plan, outcome, harmed),
    ...(remedy.text === '' ? {} : { remedy: remedy.text }),
    ...(remedy.commands.length === 0 ? {} : { commands: remedy.commands }),
    facts: [
      ['Blue', sideText(plan, 'blue')],
      ['Green', sideText(plan, 'green')],
      ['Weights', describeSplit(state.written)],
      ['Requests harmed', `about ${formatCount(harmed)}`],
      ['Took', formatDuration(Math.round((times.endedAt - times.startedAt) / 1000) * 1000)],
    ],
    events,
    sections: [
      ladderSection(plan, state, ending, times.endedAt),
      {
        kind: 'text',
        heading: 'Bars: green’s share in percent. Line: evidence of harm, from none at 0 to the limit at 100',
        language: 'mermaid',
        text: drawShift({
          weights: state.weights,
          history: state.evidence.history,
          limit: harmLimit(plan, baseline),
          endAt: times.endedAt,
        }),
      },
      evidenceSection(plan, baseline, state),
      ...minutesSection(state),
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
 * Requests of users that green failed. The metrics are minutes behind, so what they count is carried on to
 * the traffic green had since: by its share of the weight over time. Before the first minute is in, blue's
 * usual rate and green's failed probes stand for it.
 */
export function harmedRequests(baseline: Baseline, state: ShiftState, endedAt: number): number {
  if (reached(state) === undefined) return 0;
  const errors = totalsOf(state.evidence, 'errors');
  const counted = errors.greenBad + totalsOf(state.evidence, 'unanswered').greenBad;
  const usual = baseline.errorRate + baseline.unansweredRate;
  const refused = causeOf(state)?.code === 'client-errors' ? refusedBeyondBlue(baseline, state) : 0;
  const beyondBlue = Math.max(0, counted - errors.green * usual) + refused;
  const exposure = weightMinutes(state, 0, Number.POSITIVE_INFINITY, endedAt);
  const counting = state.evidence.minutes.reduce(
    (sum, { at }) => sum + weightMinutes(state, at, at + 60_000, endedAt),
    0,
  );
  if (counting > 0) return Math.round(beyondBlue * Math.max(1, exposure / counting));
  const { sent, bad } = state.evidence.probes;
  const badRate = isProbeCause(state) && sent > 0 ? bad / sent : 0;
  return Math.round(baseline.requestsPerMinute * exposure * Math.max(0, badRate - usual));
}

/** Users cause answers of 4xx, too: as often as blue's, or as usual. */
function refusedBeyondBlue({ clientErrors }: Baseline, { evidence }: ShiftState): number {
  const { greenBad, green, blueBad, blue } = totalsOf(evidence, 'client-errors');
  return Math.max(0, greenBad - green * Math.max(clientErrors?.rate ?? 0, blue === 0 ? 0 : blueBad / blue));
}

/** Green's share of the traffic times minutes, between two instants. */
function weightMinutes(state: ShiftState, fromMs: number, toMs: number, endedAt: number): number {
  return state.weights.reduce((sum, weight, index) => {
    const from = Math.max(fromMs, weight.at);
    const to = Math.min(toMs, state.weights[index + 1]?.at ?? endedAt);
    return sum + (weight.percent / 100) * Math.max(0, (to - from) / 60_000);
  }, 0);
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

function ladderSection(plan: ShiftPlan, state: ShiftState, ending: Ending, endedAt: number): ReportSection {
  const rows = plan.steps.map((step) => {
    const passed = state.passed.find((candidate) => candidate.percent === step.percent);
    const result =
      passed !== undefined
        ? '✅ passed'
        : state.weights.some((weight) => weight.percent === step.percent)
          ? isGood(ending)
            ? '✅'
            : `❌ ${ending.kind}`
          : '– not reached';
    const written = state.weights.findIndex((weight) => weight.percent === step.percent);
    const from = passed?.from ?? state.weights[written]?.at;
    const to = passed?.to ?? state.weights[written + 1]?.at ?? endedAt;
    return [
      `${step.percent} %`,
      formatDuration(step.bakeTimeMs),
      from === undefined ? '' : formatDuration(Math.round((to - from) / 1000) * 1000),
      passed === undefined ? '' : `${passed.probesSent}`,
      from === undefined ? '' : `${formatRatio(passed?.harm ?? worstStream(state.evidence).ratio)}:1`,
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
  'client-errors': 'Refused requests (4xx)',
  probes: 'Probes',
};

function isJudged({ clientErrors }: Pick<ShiftPlan, 'clientErrors'>): (stream: StreamName) => boolean {
  return (stream) => stream !== 'client-errors' || clientErrors === 'judge';
}

function evidenceSection(plan: ShiftPlan, baseline: Baseline, state: ShiftState): ReportSection {
  const count = (bad: number, all: number): string =>
    all === 0 ? 'none seen' : `${formatCount(bad)} of ${formatCount(all)}`;
  const limit = harmLimit(plan, baseline);
  const rows = streamNames.filter(isJudged(plan)).map((stream) => {
    const total = totalsOf(state.evidence, stream);
    const ratio = ratioOf(state.evidence, stream);
    return [
      streamTitles[stream],
      count(total.greenBad, total.green),
      stream === 'probes' ? '' : count(total.blueBad, total.blue),
      `harm ${formatRatio(ratio)}:1`,
      `${limit}:1`,
      ratio >= limit ? '❌ worse' : '✅',
    ];
  });
  const safety = safetyOf(state.evidence, baseline, plan);
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

/** The raw minutes that all evidence but that of the probes is made of. */
function minutesSection(state: ShiftState): readonly ReportSection[] {
  const { minutes } = state.evidence;
  if (minutes.length === 0) return [];
  const of = (bad: number, all: number): string => `${formatCount(bad)} of ${formatCount(all)}`;
  const pair = ({ greenBad, green, blueBad, blue }: Block): readonly string[] => [
    of(greenBad, green),
    of(blueBad, blue),
  ];
  const judges4xx = minutes.some((minute) => minute['client-errors'] !== undefined);
  return [
    {
      kind: 'table',
      folded: true,
      heading: `Minutes that were judged (${minutes.length}), our own probes taken out`,
      columns: [
        'Minute (UTC)',
        'Green failed',
        'Blue failed',
        'Green unanswered',
        'Blue unanswered',
        'Green slow',
        'Blue slow',
        ...(judges4xx ? ['Green 4xx', 'Blue 4xx'] : []),
        'Probes',
      ],
      rows: minutes.map((minute) => [
        `${new Date(minute.at).toISOString().slice(11, 16)}${minute.counted === 'whole' ? '' : ', not all counted'}`,
        ...pair(minute.errors),
        ...pair(minute.unanswered),
        ...pair(minute.slow),
        ...(minute['client-errors'] === undefined ? [] : pair(minute['client-errors'])),
        formatCount(minute.withProbes),
      ]),
    },
  ];
}

function planSection(plan: ShiftPlan): ReportSection {
  return {
    kind: 'table',
    heading: 'Plan',
    columns: ['', 'Step'],
    rows: describePlan(plan).map((line, index) => [`${index + 1}`, line]),
  };
}

function refusalSection(refusals: readonly Finding[]): ReportSection {
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
