import { AwsCallError } from "./call-error.js";
// src/aws/retry.ts
/** AWS's standard mode: 100 ms and 1 s as bases, 20 s as cap; kept up for two minutes instead of three attempts. */
const patient = {
	transientBaseMs: 100,
	throttledBaseMs: 1e3,
	longestPauseMs: 2e4,
	totalMs: 12e4
};
/** Pause before attempt number `attempt` (1 is the first retry). `random` is uniform in [0, 1). */
function retryPauseMs(policy, kind, attempt, random) {
	const base = kind === "throttled" ? policy.throttledBaseMs : policy.transientBaseMs;
	return Math.round(random * Math.min(policy.longestPauseMs, base * 2 ** Math.min(attempt, 16)));
}
/**
* Calls that are not safe to repeat when the answer was lost (the effect may have happened) are repeated
* only on throttling, which AWS answers before doing anything. A rule is made once only, whatever is repeated: its
* priority is taken then.
*/
const notRepeatable = /* @__PURE__ */ new Set(["ecs:RegisterTaskDefinition"]);
function mayRepeat(operation, input, kind) {
	if (kind === "throttled") return true;
	if (operation === "ecs:UpdateService") return input.forceNewDeployment !== true;
	return !notRepeatable.has(operation);
}
function withRetries(caller, ports, policy = patient) {
	const { clock, hurry } = ports;
	return { async call(operation, input, signal) {
		const begunAt = clock.now();
		const beganInHurry = hurry?.signal.aborted === true;
		try {
			return await caller.call(operation, input, signal);
		} catch (error) {
			return again(operation, input, signal, {
				begunAt,
				beganInHurry,
				error
			});
		}
	} };
	async function again(operation, input, signal, first) {
		const { begunAt, beganInHurry } = first;
		const totalMs = beganInHurry && hurry !== void 0 ? Math.min(hurry.totalMs, policy.totalMs) : policy.totalMs;
		let { error } = first;
		for (let attempt = 1;; attempt++) {
			if (!(error instanceof AwsCallError)) throw error;
			const { kind } = error;
			if (kind !== "throttled" && kind !== "transient" || !mayRepeat(operation, input, kind)) throw error;
			const pauseMs = retryPauseMs(policy, kind, attempt, ports.random());
			const hurried = hurry?.signal.aborted === true && !beganInHurry;
			if (signal?.aborted || hurried || clock.now() + pauseMs > begunAt + totalMs) throw error;
			await clock.sleep(pauseMs, wakers(signal, beganInHurry ? void 0 : hurry?.signal));
			try {
				return await caller.call(operation, input, signal);
			} catch (latest) {
				error = latest;
			}
		}
	}
}
function wakers(one, other) {
	if (one === void 0 || other === void 0 || one === other) return one ?? other;
	return AbortSignal.any([one, other]);
}
export { patient, retryPauseMs, withRetries };
