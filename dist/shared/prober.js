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
function isClientError(answer) {
	return answer.kind === "answered" && answer.status >= 400 && answer.status < 500;
}
function addTally(one, other) {
	const reasons = { ...one.reasons };
	for (const [reason, count] of Object.entries(other.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count;
	const clientErrors = (one.clientErrors ?? 0) + (other.clientErrors ?? 0);
	return {
		sent: one.sent + other.sent,
		bad: one.bad + other.bad,
		...clientErrors > 0 ? { clientErrors } : void 0,
		reasons
	};
}
/** `HTTP 500 on /health (12), no answer within 5 s on /health (3)` */
function describeReasons(tally) {
	return Object.entries(tally.reasons).sort(([, one], [, other]) => other - one).slice(0, 3).map(([reason, count]) => `${reason} (${count})`).join(", ");
}
/** Sends `count` probes at once, the paths in turn. */
async function sendProbes(prober, { paths, goodCodes }, firstIndex, count, signal) {
	const pathOf = (index) => paths[(firstIndex + index) % paths.length];
	const asked = [];
	for (let index = 0; index < count; index++) asked.push(prober.probe(pathOf(index), signal));
	const answers = await Promise.all(asked);
	let [sent, bad, clientErrors] = [
		0,
		0,
		0
	];
	const reasons = {};
	for (let index = 0; index < count; index++) {
		const answer = answers[index];
		if (answer === void 0) continue;
		sent += 1;
		if (isClientError(answer)) clientErrors += 1;
		const failure = failureOf(pathOf(index), answer, goodCodes);
		if (failure === void 0) continue;
		bad += 1;
		reasons[failure] = (reasons[failure] ?? 0) + 1;
	}
	return {
		sent,
		bad,
		...clientErrors === 0 ? void 0 : { clientErrors },
		reasons
	};
}
export { addTally, describeReasons, noProbes, sendProbes, wrongName };
