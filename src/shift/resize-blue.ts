/** Blue's size after promotion: kept small, made whole for the way back, or ended. Each is recorded before it is done. */
import { addTags } from '../aws/elb-rules.ts';
import { withLeftover } from './decide.ts';
import { filledAgain } from './filled-again.ts';
import type { Say, ShiftHands } from './perform.ts';
import type { ShiftPlan } from './plan.ts';
import { noteTags } from './record.ts';
import { scaleBlueDown, scaleBlueUp } from './restore-scaling.ts';
import { shareIn } from './router.ts';
import type { Act, ShiftState } from './state.ts';

/** The last look before tasks end: a blue that has weight is never scaled down. Undefined where it has none. */
async function whereItServes(
  plan: ShiftPlan,
  { router }: ShiftHands,
  state: ShiftState,
): Promise<ShiftState | undefined> {
  const share = await shareIn(router, plan.blue.targetGroupArn);
  if (share === 0) return undefined;
  const leftover = `${plan.blue.service} has ${share} % of the traffic and keeps its tasks.`;
  return { ...state, retired: true, leftovers: [...state.leftovers, leftover] };
}

/** From here on the way back takes as long as tasks take to start: recorded first, so that a later run knows. */
export async function shrinkBlue(
  plan: ShiftPlan,
  hands: ShiftHands,
  state: ShiftState,
  say: Say,
): Promise<ShiftState> {
  const tasks = state.kept?.tasks ?? plan.keepBlueAt;
  if (tasks === 'all') throw new Error('Blue is kept whole.');
  const serving = await whereItServes(plan, hands, state);
  if (serving !== undefined) return serving;
  const now = hands.clock.now();
  const kept = { tasks, since: state.kept?.since ?? now };
  if (state.testRuleArn !== undefined) {
    await addTags(hands.aws, state.testRuleArn, noteTags({ aliveAt: now, kept }));
  }
  await scaleBlueDown(hands.aws, plan, tasks);
  say('blue.shrunk', `Service ${plan.blue.service} is kept at ${tasks} tasks.`, { tasks });
  return { ...state, kept: { ...kept, ordered: true }, notedAt: now };
}

/** What is being taken back is promoted no more, should this run die on the way. */
export async function refillBlue(
  plan: ShiftPlan,
  hands: ShiftHands,
  undo: (Act & { readonly kind: 'refill-blue' })['undo'],
  state: ShiftState,
  say: Say,
): Promise<ShiftState> {
  const now = hands.clock.now();
  if (state.testRuleArn !== undefined) {
    await addTags(hands.aws, state.testRuleArn, noteTags({ aliveAt: now, stage: 'shifting' }));
  }
  const { refill } = undo;
  await scaleBlueUp(hands.aws, plan, refill.needed);
  say('blue.refilled', `Service ${plan.blue.service} is scaled to at least ${refill.needed}.`);
  return {
    ...state,
    stage: 'shifting',
    notedAt: now,
    phase: { kind: 'undo', undo: { ...undo, refill: { ...refill, ordered: true } } },
  };
}

/** From here on there is no instant way back: recorded first, so that a later run knows. */
export async function retireBlue(
  plan: ShiftPlan,
  hands: ShiftHands,
  state: ShiftState,
  say: Say,
): Promise<ShiftState> {
  const serving = await whereItServes(plan, hands, state);
  if (serving !== undefined) return serving;
  const now = hands.clock.now();
  const noReturnAt = state.noReturnAt ?? now;
  if (state.testRuleArn !== undefined) {
    await addTags(hands.aws, state.testRuleArn, noteTags({ aliveAt: now, noReturnAt }));
  }
  const count = plan.blueAfter === 'keep' ? undefined : plan.blueAfter;
  if (count !== undefined) await scaleBlueDown(hands.aws, plan, count);
  say('blue.retired', `Service ${plan.blue.service} is scaled to ${count}: the point of no return.`, {
    noReturnAt,
  });
  const again =
    count === undefined ? undefined : await filledAgain(hands.aws, plan, plan.blue.service, count);
  return withLeftover({ ...state, noReturnAt, notedAt: now, retired: true }, again);
}
