import { AwsCallError } from "./call-error.js";
// src/engine/engine.ts
/**
* The one loop: observe, decide, act, record. Observations are facts with their time, decisions are pure,
* an act does one thing, and only this loop sleeps. What an engine is for (a rollout, a shift) comes in
* as an `EngineSpec`.
*/
async function runEngine(spec, ports) {
	const { clock, cancelled, record } = ports;
	const startedAt = clock.now();
	const deadlineAt = startedAt + spec.timeoutMs;
	let state = spec.initial;
	for (;;) {
		const observed = await observe(spec, state, clock);
		const wasCancelled = cancelled.aborted;
		const decision = spec.decide(state, observed, {
			now: clock.now(),
			startedAt,
			deadlineAt,
			cancelled: wasCancelled
		});
		for (const event of decision.events ?? []) record(event);
		state = decision.state;
		switch (decision.kind) {
			case "finish": return decision.outcome;
			case "act":
				try {
					state = await spec.perform(decision.act, state);
				} catch (error) {
					if (!(error instanceof AwsCallError)) throw error;
					state = spec.refused(decision.act, error, state);
				}
				break;
			case "wait": {
				const left = deadlineAt - clock.now();
				const waitMs = left > 0 ? Math.min(decision.waitMs, left) : decision.waitMs;
				await clock.sleep(waitMs, wasCancelled ? void 0 : cancelled);
				break;
			}
		}
	}
}
async function observe(spec, state, clock) {
	try {
		const facts = await spec.observe(state);
		return {
			kind: "facts",
			at: clock.now(),
			facts
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "unreadable",
			at: clock.now(),
			error
		};
	}
}
export { runEngine };
