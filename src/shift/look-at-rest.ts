/** One look at a shift that rests, for its verdict. Changes nothing. */

import type { Gathered } from './gather.ts';
import type { Lock } from './interrupted.ts';
import { createObserve } from './observe.ts';
import type { ShiftPlan } from './plan.ts';
import { judgeRest, type RestVerdict, stateOfRest } from './rest.ts';
import { albTargetOf, createAlbRouter } from './router.ts';
import type { ShiftRun } from './run-plan.ts';

export async function lookAtRest(
  { aws, ports }: ShiftRun,
  plan: ShiftPlan,
  { baseline, facts: { forward } }: Gathered,
  lock: Lock,
  restLimitMs: number | undefined,
): Promise<RestVerdict> {
  const { clock, runner } = ports;
  const target = albTargetOf(plan);
  // No probes are planned: what would open the test rule is known to the run that made it alone.
  const headerValue = '';
  const observe = createObserve(plan, baseline, {
    aws,
    clock,
    router: createAlbRouter(aws, target),
    prober: ports.createProber({ plan, headerValue }),
    headerValue,
    runCheck: ports.runCheck,
    runProbeTask: async () => ({ kind: 'failed', sentence: 'A rest is not probed.' }),
    cancelled: runner.cancelled,
  });
  const state = stateOfRest(plan, lock, forward.split, clock.now());
  const facts = await observe(state);
  return judgeRest(plan, baseline, lock, state, facts, restLimitMs, clock.now());
}
