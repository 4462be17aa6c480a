/** A run that ends before its shift: at its plan, refused, or with nothing to do. */
import type { WeightSplit } from '../aws/elb-forward.ts';
import type { ActionResult } from '../engine/action.ts';
import { event } from './decide.ts';
import type { Gathered } from './gather.ts';
import { codesOf, imagesOf, outputsOf } from './outputs.ts';
import type { ShiftPlan } from './plan.ts';
import type { Finding } from './preflight.ts';
import { isGood, reportPlan } from './report.ts';
import type { ShiftRun } from './run-plan.ts';
import type { Ending } from './state.ts';
import { type LeftoverOrder, nothingLeft } from './take-back-only.ts';

/** What a run that ends before its shift is about. */
export interface Subject {
  readonly title: string;
  /** Undefined where it could not be read. */
  readonly split: WeightSplit | undefined;
  readonly blue: string;
  readonly green: string;
  readonly greenService: string | undefined;
  readonly images?: Readonly<Record<string, string>>;
}

export function subjectOf(gathered: Gathered): Subject {
  const { facts } = gathered;
  const { blueGroup, greenGroup } = facts;
  return {
    title: `Blue/green shift from ${blueGroup.name} to ${greenGroup.name}`,
    split: facts.forward.split,
    blue: blueGroup.arn,
    green: greenGroup.arn,
    greenService: facts.greenService?.name,
    images: imagesOf(gathered),
  };
}

/** A shift that ends at its plan. */
export function stop(
  run: ShiftRun,
  { title, split, blue, green, greenService, images = {} }: Subject,
  ending: Ending | { readonly kind: 'planned' },
  sentence: string,
  plan?: ShiftPlan,
): ActionResult {
  const endedAt = run.ports.clock.now();
  return {
    ok: ending.kind === 'planned' || isGood(ending),
    outputs: outputsOf({
      outcome: ending.kind,
      blue,
      green,
      greenService,
      weights: split,
      cause: ending.kind === 'refused' ? codesOf(ending.refusals) : '',
      step: 0,
      harmed: 0,
      evidence: undefined,
      images,
      durationMs: endedAt - run.startedAt,
    }),
    report: reportPlan(plan, ending, title, sentence, run.events, { startedAt: run.startedAt, endedAt }),
  };
}

export function refuse(run: ShiftRun, gathered: Gathered, refusals: readonly Finding[]): ActionResult {
  return refuseAs(run, subjectOf(gathered), refusals);
}

export function refuseAs(run: ShiftRun, subject: Subject, refusals: readonly Finding[]): ActionResult {
  for (const refusal of refusals) {
    run.record(event(run.ports.clock.now(), `preflight.${refusal.code}`, 'error', refusal.message));
  }
  const count = refusals.length === 1 ? 'One finding speaks' : `${refusals.length} findings speak`;
  return stop(
    run,
    subject,
    { kind: 'refused', refusals },
    `${run.changes.words()} ${count} against this shift: ${refusals.map((refusal) => refusal.message).join(' ')}`,
  );
}

export function cancelledEarly(run: ShiftRun, subject: Subject, how = ''): ActionResult {
  const sentence = ['The job was cancelled before the shift had begun.', how, run.changes.words()]
    .filter(Boolean)
    .join(' ');
  return stop(
    run,
    subject,
    { kind: 'cancelled', weights: 'restored', cause: { code: 'cancelled', sentence } },
    sentence,
  );
}

/** No shift is there, or weights that nobody's test rule explains. */
export function nothingThere(run: ShiftRun, split: WeightSplit, order: LeftoverOrder): ActionResult {
  const ending = nothingLeft(split, order);
  const blue = split.find((group) => group.weight > 0)?.targetGroupArn ?? '';
  const subject = {
    title: order === 'rollback-only' ? 'Taking a blue/green shift back' : 'A blue/green shift at rest',
    split,
    blue,
    green: '',
    greenService: undefined,
  };
  return ending.kind === 'refused'
    ? refuseAs(run, subject, ending.refusals)
    : stop(run, subject, ending, ending.why);
}
