// src/shift/prober.ts
/** Node's word for a good certificate of another name than the one that was asked for. */
const wrongName = "ERR_TLS_CERT_ALTNAME_INVALID";
const noProbes = {
	sent: 0,
	bad: 0,
	reasons: {}
};
/** Undefined for a good answer. */
function failureOf(path, answer, goodCodes) {
	if (answer.kind === "failed") return `${answer.reason} on ${path}`;
	return goodCodes.some(({ from, to }) => answer.status >= from && answer.status <= to) ? void 0 : `HTTP ${answer.status} on ${path}`;
}
function addTally(one, other) {
	const reasons = { ...one.reasons };
	for (const [reason, count] of Object.entries(other.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count;
	return {
		sent: one.sent + other.sent,
		bad: one.bad + other.bad,
		reasons
	};
}
/** `HTTP 500 on /health (12), no answer within 5 s on /health (3)` */
function describeReasons(tally) {
	return Object.entries(tally.reasons).sort(([, one], [, other]) => other - one).slice(0, 3).map(([reason, count]) => `${reason} (${count})`).join(", ");
}
/** Sends `count` probes at once, the paths in turn. */
async function sendProbes(prober, { paths, goodCodes }, firstIndex, count, signal) {
	const sent = await Promise.all(Array.from({ length: count }, async (_, index) => {
		const path = paths[(firstIndex + index) % paths.length];
		return {
			path,
			answer: await prober.probe(path, signal)
		};
	}));
	let tally = noProbes;
	for (const { path, answer } of sent) {
		if (answer === void 0) continue;
		const failure = failureOf(path, answer, goodCodes);
		tally = addTally(tally, {
			sent: 1,
			bad: failure === void 0 ? 0 : 1,
			reasons: failure === void 0 ? {} : { [failure]: 1 }
		});
	}
	return tally;
}
export { addTally, describeReasons, noProbes, sendProbes, wrongName };
