import { announceRollout, docsBase, fields, parseRollingDeploy, readRawInputs, readRunContext, systemClock } from "./start.js";
// src/main/announce-post.ts
/** `ended`: what became of the rollouts that the run left; empty where it left none. */
async function announcePost(runner, own, name, ended) {
	const parsed = parseRollingDeploy(readRawInputs(process.env, Object.keys(fields)));
	if (!parsed.ok || parsed.request.announce === void 0) return;
	const { createSdkCaller } = await import("./caller.js");
	const ports = {
		aws: createSdkCaller(own),
		runner,
		clock: systemClock,
		random: Math.random,
		context: readRunContext(process.env),
		redact: runner.redact,
		docsBase: docsBase(process.env)
	};
	const announcer = await announceRollout(parsed.request, ports, true);
	if (announcer === void 0) return;
	announcer.begin();
	if (ended.length === 0) {
		await announcer.end({
			kind: "broken",
			message: "The job ended before it could tell its outcome."
		});
		return;
	}
	const now = systemClock.now();
	const report = {
		title: `${name}, after the job`,
		outcome: "cancelled",
		ok: false,
		sentence: ended.join(" "),
		facts: [],
		events: [],
		sections: [],
		startedAt: now,
		endedAt: now
	};
	await announcer.end({
		kind: "result",
		result: {
			ok: false,
			outputs: {},
			report
		}
	});
}
export { announcePost };
