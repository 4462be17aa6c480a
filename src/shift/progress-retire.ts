/** The end of blue. Pure. */
import { formatDuration } from '../report/duration.ts';
import { askGates } from './gates/index.ts';
import { untilNextLook } from './look-times.ts';
import { type Look, type Progress, wait } from './progress-answer.ts';
import type { Phase, ShiftState } from './state.ts';

/**
 * Blue is the way back until it has had no request for a closed minute, and every connection that it may
 * still hold has had its time to end.
 */
export function progressRetire(look: Look, phase: Phase & { kind: 'retire' }): Progress {
  const { plan, state, now } = look;
  if (state.retired || plan.blueAfter === 'keep' || plan.blue.service === undefined) {
    return { kind: 'end', state, ending: phase.ending, events: [] };
  }
  // A run before recorded the point of no return and died: what it began is finished.
  if (state.noReturnAt !== undefined) return { kind: 'act', state, act: { kind: 'retire-blue' } };
  const gates = askGates(look);
  if (gates.kind === 'fail') return gates;
  if (state.stage !== phase.ending.kind) {
    return { kind: 'act', state, act: { kind: 'note', stage: phase.ending.kind } };
  }
  if (state.kept !== undefined) return progressKept(look, state.kept);
  if (plan.keepBlueAt === 'all' && now - phase.since < plan.keepBlueMs) {
    return wait(
      state,
      now,
      untilNextLook(state, now, phase.since + plan.keepBlueMs),
      'blue.kept',
      `Blue stays whole for ${formatDuration(plan.keepBlueMs)}: the instant way back.`,
    );
  }
  if (state.blueQuietAt === undefined || now - state.blueQuietAt < plan.drainMs) {
    return wait(
      state,
      now,
      untilNextLook(
        state,
        now,
        state.blueQuietAt === undefined ? undefined : state.blueQuietAt + plan.drainMs,
      ),
      'blue.draining',
      state.blueQuietAt === undefined
        ? 'Waiting for a closed minute in which blue had no request.'
        : `Blue had no request for a minute; waiting ${formatDuration(plan.drainMs)} for its last connections.`,
    );
  }
  return { kind: 'act', state, act: { kind: plan.keepBlueAt === 'all' ? 'retire-blue' : 'shrink-blue' } };
}

/** Blue is as small as it is to be kept, or was to become so by a run that died. */
function progressKept({ plan, state, now }: Look, kept: NonNullable<ShiftState['kept']>): Progress {
  if (!kept.ordered) return { kind: 'act', state, act: { kind: 'shrink-blue' } };
  const until = kept.since + plan.keepBlueMs;
  if (now >= until) return { kind: 'act', state, act: { kind: 'retire-blue' } };
  const what = `Blue is kept at ${kept.tasks} tasks until ${new Date(until).toISOString()}: the way back gives it the others first.`;
  return wait(state, now, untilNextLook(state, now, until), 'blue.kept', what);
}
