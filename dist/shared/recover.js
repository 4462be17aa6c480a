import { buildPlan, carryOut, clusterOf, event, gather, isAtRest, isLeftoverOrder, isPromoted, lookAtRule, orderedRequest, startRun } from "./execute.js";
// src/shift/recover.ts
/** Undefined where there is nothing to do. */
async function recoverShift(request, ports) {
	const run = startRun(ports, request);
	const { clock } = ports;
	const found = isLeftoverOrder(request.onInterrupted) ? await lookAtRule(run.aws, request) : void 0;
	const ours = found?.lock === void 0 ? request : orderedRequest(request, found.lock, await clusterOf(run.aws, request, found.lock, found.forward.split));
	const gathered = await gather(run.aws, ours, clock.now(), ports.readFile);
	const { lock } = gathered.facts;
	if (lock === void 0 || lock.record.holder !== run.holder || isAtRest(lock.record.stage)) return;
	const { record } = lock;
	run.record(event(clock.now(), "shift.recovering", "warning", "The job ended before its shift did: putting it away."));
	const task = record.noReturnAt !== void 0 || isPromoted(record.stage) && request.onCancel === "leave" ? { kind: "finish" } : {
		kind: "take-back",
		cause: {
			code: "cancelled",
			sentence: "The job ended before the shift did."
		}
	};
	return carryOut(run, gathered, ours, buildPlan(gathered, ours, task));
}
export { recoverShift };
