/**
 * What the post step does: where the run itself was killed before its shift had come to an end, the weights go
 * back and everything is put away. It knows its own shift by the tags of the test rule, and nothing else.
 */
import type { ActionResult } from '../engine/action.ts';
import { buildPlan } from './build-plan.ts';
import { carryOut } from './carry-out.ts';
import { event } from './decide.ts';
import { type RequestWithReport, type ShiftPorts, startRun } from './execute.ts';
import { clusterOf } from './find-cluster.ts';
import { gather } from './gather.ts';
import { lookAtRule } from './look-at-rule.ts';
import type { ShiftTask } from './plan.ts';
import { isAtRest, isPromoted } from './record.ts';
import { orderedRequest } from './rest.ts';
import { isLeftoverOrder } from './take-back-only.ts';

/** Undefined where there is nothing to do. */
export async function recoverShift(
  request: RequestWithReport,
  ports: ShiftPorts,
): Promise<ActionResult | undefined> {
  const run = startRun(ports, request);
  const { clock } = ports;
  const found = isLeftoverOrder(request.onInterrupted) ? await lookAtRule(run.aws, request) : undefined;
  const ours =
    found?.lock === undefined
      ? request
      : orderedRequest(
          request,
          found.lock,
          await clusterOf(run.aws, request, found.lock, found.forward.split),
        );
  const gathered = await gather(run.aws, ours, clock.now(), ports.readFile);
  const { lock } = gathered.facts;
  if (lock === undefined || lock.record.holder !== run.holder || isAtRest(lock.record.stage)) {
    return undefined;
  }
  const { record } = lock;
  run.record(
    event(clock.now(), 'shift.recovering', 'warning', 'The job ended before its shift did: putting it away.'),
  );
  // Past the point of no return blue cannot take the traffic back: green keeps it, and the rest is put away.
  const over = record.noReturnAt !== undefined || (isPromoted(record.stage) && request.onCancel === 'leave');
  const task: ShiftTask = over
    ? { kind: 'finish' }
    : { kind: 'take-back', cause: { code: 'cancelled', sentence: 'The job ended before the shift did.' } };
  return carryOut(run, gathered, ours, buildPlan(gathered, ours, task));
}
