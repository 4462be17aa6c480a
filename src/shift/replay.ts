/**
 * A recorded shift, decided again: with the same policy it must come to the same decisions; with another it says
 * where it would have parted, and what that would have meant. Pure.
 */
import type { Observed } from '../engine/engine.ts';
import { formatDuration } from '../report/duration.ts';
import { decide } from './decide.ts';
import { noEvidence } from './evidence.ts';
import { describeSplit } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import { type Decided, decidedOf, observedFrom, type RecordingLine } from './recording.ts';
import type { ShiftFacts, ShiftState } from './state.ts';

export interface Replay {
  /** Decisions that were made again. */
  readonly looks: number;
  /** The first decision that is another one; undefined where all are the same. */
  readonly parting: Parting | undefined;
  /** How the recorded shift ended; undefined where the recording stops before its end. */
  readonly ending: string | undefined;
}

export interface Parting {
  /** Since the start of the shift, milliseconds. */
  readonly afterMs: number;
  readonly recorded: Decided;
  readonly replayed: Decided;
  /** One sentence. */
  readonly sentence: string;
}

/** Throws where the lines are no recording. */
export function replay(
  lines: readonly RecordingLine[],
  change: (plan: ShiftPlan) => ShiftPlan = (plan) => plan,
): Replay {
  let plan: ShiftPlan | undefined;
  let baseline: (RecordingLine & { kind: 'shift' })['baseline'] | undefined;
  let state: ShiftState | undefined;
  let known: Partial<ShiftFacts> = {};
  let looks = 0;
  let ending: string | undefined;
  for (const [index, line] of lines.entries()) {
    if (line.kind === 'shift') {
      // Older recordings know of a blue that is kept whole, and of none that is kept small.
      plan = change({ ...line.plan, keepBlueAt: line.plan.keepBlueAt ?? 'all' });
      baseline = line.baseline;
      // A shift begins without evidence; older recordings say so in another form.
      state = { ...line.initial, evidence: noEvidence };
      known = {};
      continue;
    }
    if (plan === undefined || baseline === undefined || state === undefined) {
      throw new Error('The recording does not begin with its plan.');
    }
    if (line.kind === 'done') {
      state = { ...state, ...line.changes };
      for (const name of line.cleared) state = { ...state, [name]: undefined };
      continue;
    }
    const seen = observedFrom(line, known);
    known = seen.known;
    const decision = decide(plan, baseline, state, seen.observed, line.context);
    looks++;
    // Where the recorded shift looked again it decided at the look that follows. Where it did not, what was known then
    // is what another policy would have decided on.
    const next =
      decision.state.lookAgain && line.decided.again !== true
        ? decide(plan, baseline, state, asWhole(seen.observed), line.context)
        : decision;
    const replayed = decidedOf(next);
    if (line.decided.again !== true && !same(line.decided, replayed)) {
      const rest = lines.slice(index).filter((each) => each.kind === 'look');
      const parting = {
        afterMs: line.context.now - line.context.startedAt,
        recorded: line.decided,
        replayed,
        sentence: describeParting(plan, line, replayed, rest),
      };
      return { looks, parting, ending: undefined };
    }
    ending = line.decided.ending ?? ending;
    state = next.state;
  }
  if (plan === undefined) throw new Error('The recording is empty.');
  return { looks, parting: undefined, ending };
}

function asWhole(observed: Observed<ShiftFacts>): Observed<ShiftFacts> {
  return observed.kind === 'facts' ? { ...observed, facts: { ...observed.facts, whole: true } } : observed;
}

/** The words are no decision: another limit in a sentence parts nothing. Nor is another look. */
function same(recorded: Decided, replayed: Decided): boolean {
  const bare = ({ said: _, again: __, ...decided }: Decided): string => JSON.stringify(sorted(decided));
  return bare(recorded) === bare(replayed);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

function describeParting(
  plan: ShiftPlan,
  line: RecordingLine & { kind: 'look' },
  replayed: Decided,
  rest: readonly (RecordingLine & { kind: 'look' })[],
): string {
  const { now } = line.context;
  const when = `After ${length(now - line.context.startedAt)}`;
  const goneBack = (decided: Decided): boolean => decided.phase === 'undo' || decided.phase === 'undo-verify';
  const why = replayed.said[0] === undefined ? '.' : `: ${replayed.said[0]}`;
  if (goneBack(replayed) && !goneBack(line.decided)) {
    const later = rest.find((look) => goneBack(look.decided));
    const compared =
      later === undefined
        ? 'The recorded shift did not go back.'
        : `That is ${length(later.context.now - now)} earlier.`;
    return `${when} it would have rolled back${why} ${compared}`;
  }
  if (goneBack(line.decided)) {
    return `${when} it would not have rolled back, as the recorded shift did (${line.decided.cause}). What would have come next is not in the recording.`;
  }
  if (replayed.act?.split !== undefined) {
    const later = rest.find((look) => look.decided.act?.next === 'verify');
    const compared = later === undefined ? '' : `, ${length(later.context.now - now)} earlier`;
    return `${when} it would have written ${describeSplit(replayed.act.split)}${compared}.`;
  }
  const share = replayed.step === undefined ? '' : ` at ${plan.steps[replayed.step]?.percent} %`;
  // A look of its own comes between a step that is passed and the next weight.
  if (replayed.phase === 'shift' && line.decided.phase === 'bake') {
    const later = rest.find((look) => look.decided.phase === 'shift');
    const compared = later === undefined ? '' : `, ${length(later.context.now - now)} earlier`;
    return `${when} it would have gone on to the next weight${compared}.`;
  }
  const wentOn = line.decided.kind !== 'wait' || line.decided.phase === 'shift';
  if (replayed.kind === 'wait' && replayed.phase !== 'shift' && wentOn) {
    return `${when} it would have gone on holding${share}, where the recorded shift went on${why}`;
  }
  return `${when} it would have decided ${replayed.kind} (${replayed.phase}), not ${line.decided.kind} (${line.decided.phase})${why}`;
}

function length(ms: number): string {
  return formatDuration(Math.round(ms / 1000) * 1000);
}
