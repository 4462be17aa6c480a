/**
 * The flight recorder: what was seen and what was decided, as JSON lines. With them the pure decisions can be
 * made again (`replay.ts`). Pure but for the lines that it hands on.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import type { DecisionContext, Observed } from '../engine/engine.ts';
import type { Baseline } from './baseline.ts';
import type { ShiftDecision } from './decide.ts';
import type { ShiftPlan } from './plan.ts';
import type { Act, ShiftFacts, ShiftState } from './state.ts';

/** What was decided, as far as it can be compared. */
export interface Decided {
  readonly kind: ShiftDecision['kind'];
  readonly act?: {
    readonly kind: Act['kind'];
    readonly split?: WeightSplit;
    /** The phase that follows a write. */
    readonly next?: string;
    /** What is put away. */
    readonly tail?: string;
  };
  readonly ending?: string;
  /** Something is to be decided, by a look that reads everything: the next one. */
  readonly again?: true;
  /** `bake`, and the step where there is one. */
  readonly phase: string;
  readonly step?: number;
  readonly cause?: string;
  readonly said: readonly string[];
}

interface RecordedError {
  readonly operation: string;
  readonly code: string;
  readonly reason: string;
  readonly kind: AwsCallError['kind'];
}

export type RecordingLine =
  | {
      readonly kind: 'shift';
      readonly format: 1;
      readonly plan: ShiftPlan;
      readonly baseline: Baseline;
      readonly initial: ShiftState;
    }
  | {
      readonly kind: 'look';
      readonly at: number;
      /** Only what is new since the look before; absent where nothing could be read. */
      readonly facts?: Partial<ShiftFacts>;
      readonly error?: RecordedError;
      readonly context: DecisionContext;
      readonly decided: Decided;
    }
  /** What an act put into the state; `cleared` are the fields that it emptied. */
  | { readonly kind: 'done'; readonly changes: Partial<ShiftState>; readonly cleared: readonly string[] };

export interface Recorder {
  begin(plan: ShiftPlan, baseline: Baseline, initial: ShiftState): void;
  looked(observed: Observed<ShiftFacts>, context: DecisionContext, decision: ShiftDecision): void;
  done(before: ShiftState, after: ShiftState): void;
}

/** `write` gets one line of JSON at a time, without its end. */
export function createRecorder(write: (line: string) => void): Recorder {
  const add = (line: RecordingLine): void => write(JSON.stringify(line));
  let known: Readonly<Record<string, string>> = {};
  return {
    begin(plan, baseline, initial) {
      known = {};
      add({ kind: 'shift', format: 1, plan, baseline, initial });
    },
    looked(observed, context, decision) {
      const decided = decidedOf(decision);
      if (observed.kind === 'unreadable') {
        const { operation, code, reason, kind } = observed.error;
        add({ kind: 'look', at: observed.at, error: { operation, code, reason, kind }, context, decided });
        return;
      }
      const texts = Object.fromEntries(
        Object.entries(observed.facts).map(([name, value]) => [name, JSON.stringify(value) ?? 'null']),
      );
      const facts = Object.fromEntries(
        Object.entries(observed.facts)
          .filter(([name]) => texts[name] !== known[name])
          // A fact that is gone has to be told, too.
          .map(([name, value]) => [name, value ?? null]),
      );
      known = texts;
      add({ kind: 'look', at: observed.at, facts, context, decided });
    },
    done(before, after) {
      const names = Object.keys(after) as (keyof ShiftState)[];
      const changed = names.filter((name) => before[name] !== after[name]);
      add({
        kind: 'done',
        changes: Object.fromEntries(changed.map((name) => [name, after[name]])),
        cleared: changed.filter((name) => after[name] === undefined),
      });
    },
  };
}

export function decidedOf(decision: ShiftDecision): Decided {
  const { phase } = decision.state;
  return {
    kind: decision.kind,
    ...(decision.kind === 'act' ? { act: actOf(decision.act) } : {}),
    ...(decision.kind === 'finish' ? { ending: decision.outcome.ending.kind } : {}),
    ...(decision.state.lookAgain ? { again: true } : {}),
    phase: phase.kind,
    ...('step' in phase ? { step: phase.step } : {}),
    ...('undo' in phase ? { cause: phase.undo.cause.code } : {}),
    said: (decision.events ?? []).map((event) => event.message),
  };
}

function actOf(act: Act): NonNullable<Decided['act']> {
  if (act.kind === 'write-split') return { kind: act.kind, split: act.split, next: act.next.kind };
  return act.kind === 'tail' ? { kind: act.kind, tail: act.act.kind } : { kind: act.kind };
}

/**
 * Throws with the number of the line that is none of a recording. A last line without its end was being written
 * when the run was killed: it is left out.
 */
export function parseRecording(text: string): readonly RecordingLine[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .map((line, index) => [line.trim(), index + 1] as const)
    .filter(([line]) => line !== '')
    .map(([line, number]) => {
      try {
        const parsed = JSON.parse(line) as RecordingLine;
        if (['shift', 'look', 'done'].includes(parsed.kind)) return parsed;
      } catch {
        // Told below, with the number.
      }
      throw new Error(`Line ${number} is no line of a recording.`);
    });
}

/** What was observed, from what is recorded of it and what was known before it. */
export function observedFrom(
  line: RecordingLine & { kind: 'look' },
  known: Partial<ShiftFacts>,
): { readonly observed: Observed<ShiftFacts>; readonly known: Partial<ShiftFacts> } {
  if (line.error !== undefined) {
    const { operation, code, reason, kind } = line.error;
    const error = new AwsCallError(operation, code, reason, kind);
    return { observed: { kind: 'unreadable', at: line.at, error }, known };
  }
  const facts = { ...known, ...line.facts };
  const present = Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, value ?? undefined]),
  ) as unknown as ShiftFacts;
  return { observed: { kind: 'facts', at: line.at, facts: present }, known: facts };
}
