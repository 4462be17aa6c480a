import { newestDeployment, readServiceOrNothing } from "./ecs-service.js";
import { addMinutes, allowedAlone, baselineOf, createTrafficReader, dispersion, formatRatio, harmLimit, harmRatio, noEvidence, ratioAlone, readUsualP95, slowThresholdSeconds, sumOf, suspicionLimit, totalsOf } from "./objectives.js";
import { readTargetGroup } from "./observe.js";
import { runEngine } from "./engine.js";
import { formatDuration } from "./start.js";
import { retrying, ringingAlarms } from "./roll-out.js";
import { formatCount } from "./count.js";
// src/aftercare/judge-after.ts
/** Traffic of another time of the day is slower by itself: twice what was usual, and five points, are allowed. */
const slowMargin = .05;
function usualOf(traffic, minutes) {
	const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
	const slow = minutes.reduce((sum, minute) => sum + minute.slow, 0);
	return {
		traffic,
		slow: {
			rate: requests === 0 ? 0 : slow / requests,
			dispersion: dispersion(minutes.map((minute) => ({
				bad: minute.slow,
				requests: minute.requests
			})))
		}
	};
}
/** Evidence at which the release goes back, to one; each stream that can speak has its share of the error. */
function limitOf(request, usual) {
	return harmLimit({
		probes: {
			count: 0,
			perStep: 0
		},
		objectives: request.objectives
	}, usual.traffic);
}
/** One finding for each stream, the strongest first. */
function findings(evidence, request, usual) {
	const { traffic } = usual;
	const { minutes } = evidence;
	const { errorRate, latency } = request.objectives;
	const found = [];
	const add = (code, ratio, sentence) => {
		found.push({
			code,
			ratio,
			sentence
		});
	};
	const errors = totalsOf(evidence, "errors");
	add("errors", harmRatio(evidence.harm.errors), `${formatCount(errors.greenBad)} of ${formatCount(errors.green)} requests failed; before it ${percent(traffic.errorRate)} did, and ${percent(allowedAlone("errors", traffic, request.maxErrorRate))} are allowed`);
	const unanswered = totalsOf(evidence, "unanswered");
	add("unanswered", harmRatio(evidence.harm.unanswered), `${formatCount(unanswered.greenBad)} of ${formatCount(unanswered.green)} requests got no answer from a task; before it ${percent(traffic.unansweredRate)} did not, and ${percent(allowedAlone("unanswered", traffic, request.maxErrorRate))} are allowed`);
	if (traffic.slowerThanSeconds !== void 0) {
		const allowed = 2 * usual.slow.rate + slowMargin;
		const total = totalsOf(evidence, "slow");
		add("slow", ratioAlone(minutes.map((minute) => minute.slow), Math.min(1, allowed), usual.slow.dispersion), `${formatCount(total.greenBad)} of ${formatCount(total.green)} requests took longer than ${milliseconds(traffic.slowerThanSeconds)}, the usual p95 and a margin; before it ${percent(usual.slow.rate)} did, and ${percent(allowed)} are allowed`);
	}
	if (errorRate !== void 0) add("objective-errors", ratioAlone(minutes.map((minute) => minute.errors), errorRate), `${formatCount(errors.greenBad)} of ${formatCount(errors.green)} requests failed, and the objective allows ${percent(errorRate)}`);
	if (latency !== void 0) {
		const blocks = minutes.map((minute) => minute.overObjective).filter((block) => block !== void 0);
		const total = sumOf(blocks);
		const allowed = 1 - latency.percentile / 100;
		add("objective-latency", ratioAlone(blocks, allowed), `${formatCount(total.greenBad)} of ${formatCount(total.green)} requests took longer than ${milliseconds(latency.seconds)}, and the objective (p${latency.percentile}) allows ${percent(allowed)}`);
	}
	return found.sort((one, other) => other.ratio - one.ratio);
}
function judgeAfter(evidence, request, usual) {
	const limit = limitOf(request, usual);
	const [worst] = findings(evidence, request, usual);
	if (worst === void 0) return { kind: "quiet" };
	const sentence = `${worst.sentence}; evidence ${formatRatio(worst.ratio)}:1, limit ${limit}:1.`;
	if (worst.ratio >= limit) return {
		kind: "harm",
		finding: worst,
		sentence
	};
	return worst.ratio >= suspicionLimit(limit) ? {
		kind: "suspicion",
		sentence
	} : { kind: "quiet" };
}
/** What the watch can say where nothing speaks against the release. */
function countedSentence(evidence, usual, forMs) {
	const errors = totalsOf(evidence, "errors");
	const slow = totalsOf(evidence, "slow");
	const time = formatDuration(forMs);
	if (errors.green === 0) return `In ${time} of watching no request was counted: of errors and latency nothing is known.`;
	const latency = usual.traffic.slowerThanSeconds === void 0 ? "" : `, ${formatCount(slow.greenBad)} were slow (longer than ${milliseconds(usual.traffic.slowerThanSeconds)}; ${percent(usual.slow.rate)} before)`;
	return `In ${time} of watching ${formatCount(errors.greenBad)} of ${formatCount(errors.green)} requests failed (${percent(usual.traffic.errorRate)} before)${latency}.`;
}
function percent(share) {
	return `${Number((100 * share).toPrecision(2))} %`;
}
function milliseconds(seconds) {
	return `${Math.round(seconds * 1e3)} ms`;
}
// src/aftercare/watch-service.ts
const minuteMs = 6e4;
const baselineMs = 60 * minuteMs;
/** A minute is used once it has been closed for this long: counts arrive late. */
const metricDelayMs = 2 * minuteMs;
const lookEveryMs = 15e3;
/** So long without an answer is no watch any more. */
const blindMs = 5 * minuteMs;
/** Suspicion is watched for this many times the time that was asked for. */
const longestHold = 2;
/** Throws `AwsCallError`, and `ConfigurationError` where a target group of the service is gone. */
async function beginAftercare(watched, request, ports) {
	const aws = retrying(ports);
	const source = await sourceOf(aws, watched);
	const usual = await readUsual(aws, source, watched.beganAt);
	return (taskDefinitionArn) => watch(watched, taskDefinitionArn, request, source, usual, ports);
}
async function sourceOf(aws, { service }) {
	const arns = [...new Set(service.loadBalancers.map((each) => each.targetGroupArn))];
	const groups = await Promise.all(arns.map((arn) => readTargetGroup(aws, arn)));
	const loadBalancerArn = groups.find((group) => group.loadBalancerArns.length > 0)?.loadBalancerArns[0];
	if (loadBalancerArn === void 0) return void 0;
	return {
		loadBalancerArn,
		targetGroupArns: groups.filter((group) => group.loadBalancerArns.includes(loadBalancerArn)).map((group) => group.arn)
	};
}
async function readUsual(aws, source, beganAt) {
	if (source === void 0) return usualOf(baselineOf([], [], void 0), []);
	const toMs = Math.floor(beganAt / minuteMs) * minuteMs;
	const fromMs = toMs - baselineMs;
	const [first] = source.targetGroupArns;
	const p95 = await readUsualP95(aws, source.loadBalancerArn, first, fromMs, toMs);
	const slowerThanSeconds = p95 === void 0 ? void 0 : slowThresholdSeconds(p95);
	const { groups, balancer } = await createTrafficReader(aws, {
		...source,
		slowerThanSeconds
	})(fromMs, toMs);
	const minutes = together(groups.map((group) => group.minutes));
	return usualOf(baselineOf(minutes, balancer, slowerThanSeconds), minutes);
}
async function watch(watched, taskDefinitionArn, request, source, usual, ports) {
	const { clock, cancelled, record } = ports;
	const startedAt = clock.now();
	record({
		at: startedAt,
		code: "aftercare.watching",
		level: "info",
		message: `Watching errors and latency of ${watched.service.name} for ${formatDuration(request.forMs)}.`
	});
	const spec = {
		request,
		usual,
		taskDefinitionArn
	};
	const readTraffic = source === void 0 ? void 0 : createTrafficReader(ports.aws, {
		...source,
		slowerThanSeconds: usual.traffic.slowerThanSeconds,
		objectiveSeconds: request.objectives.latency?.seconds
	});
	return runEngine({
		initial: {
			evidence: noEvidence,
			seenAt: startedAt,
			suspicious: false
		},
		timeoutMs: longestHold * request.forMs,
		observe: () => observe(watched, readTraffic, startedAt, ports),
		decide: (state, observed, context) => decideAfter(spec, state, observed, context),
		perform: async (_act, state) => state,
		refused: (_act, _error, state) => state
	}, {
		clock,
		cancelled,
		record
	});
}
async function observe({ cluster, service }, readTraffic, startedAt, { aws, alarms, clock, cancelled }) {
	const fromMs = Math.ceil(startedAt / minuteMs) * minuteMs;
	const toMs = Math.floor((clock.now() - metricDelayMs) / minuteMs) * minuteMs;
	const signal = cancelled.aborted ? void 0 : cancelled;
	const [now, ringing, traffic] = await Promise.all([
		readServiceOrNothing(aws, {
			cluster,
			service: service.name
		}, signal),
		alarms?.read(aws, signal) ?? [],
		readTraffic === void 0 || toMs <= fromMs ? { groups: [] } : readTraffic(fromMs, toMs)
	]);
	return {
		alarms: ringing,
		taskDefinitionArn: now === void 0 ? void 0 : newestDeployment(now)?.taskDefinitionArn,
		minutes: together(traffic.groups.map((group) => group.minutes))
	};
}
/** Pure. */
function decideAfter(spec, before, observed, { now, startedAt, cancelled }) {
	const { request, usual } = spec;
	const finish = (state, outcome) => ({
		kind: "finish",
		state,
		outcome
	});
	const wait = (state) => ({
		kind: "wait",
		state,
		waitMs: lookEveryMs
	});
	if (cancelled) return finish(before, { kind: "cancelled" });
	if (observed.kind === "unreadable") return isBlind(observed.error, now - before.seenAt) ? finish(before, {
		kind: "unseen",
		error: observed.error
	}) : wait(before);
	const { alarms, taskDefinitionArn, minutes } = observed.facts;
	const pairs = minutes.map((green) => ({
		at: green.at,
		green,
		blue: void 0
	}));
	const evidence = addMinutes(before.evidence, pairs, usual.traffic, request, now);
	const judgement = judgeAfter(evidence, request, usual);
	const state = {
		evidence,
		seenAt: now,
		suspicious: judgement.kind === "suspicion"
	};
	if (taskDefinitionArn !== spec.taskDefinitionArn) return finish(state, {
		kind: "superseded",
		byTaskDefinitionArn: taskDefinitionArn
	});
	const [ringing] = ringingAlarms(alarms);
	if (ringing !== void 0) {
		const why = ringing.reason === void 0 ? "" : `: ${ringing.reason.replace(/[.\s]+$/, "")}`;
		return finish(state, {
			kind: "harm",
			code: "deployment-alarm",
			reason: `Alarm ${ringing.name} went off after the deployment${why}.`
		});
	}
	if (judgement.kind === "harm") {
		const { code } = judgement.finding;
		return finish(state, {
			kind: "harm",
			code,
			reason: `After the deployment ${judgement.sentence}`
		});
	}
	const elapsed = now - startedAt;
	if (elapsed < (state.suspicious ? longestHold * request.forMs : request.forMs)) return wait(state);
	const counted = countedSentence(evidence, usual, elapsed);
	return finish(state, {
		kind: "well",
		sentence: judgement.kind === "suspicion" ? `${counted} Not beyond doubt: ${judgement.sentence}` : counted
	});
}
function isBlind(error, sinceMs) {
	return !error.retryable || sinceMs >= blindMs;
}
/** Minutes of several groups of one service as one. */
function together(groups) {
	if (groups.length < 2) return groups[0] ?? [];
	const sums = /* @__PURE__ */ new Map();
	for (const minute of groups.flat()) {
		const known = sums.get(minute.at);
		if (known === void 0) {
			sums.set(minute.at, minute);
			continue;
		}
		const sum = (name) => known[name] + minute[name];
		const over = (known.slowerThanObjective ?? 0) + (minute.slowerThanObjective ?? 0);
		sums.set(minute.at, {
			at: minute.at,
			requests: sum("requests"),
			errors: sum("errors"),
			unanswered: sum("unanswered"),
			slow: sum("slow"),
			...minute.slowerThanObjective === void 0 ? {} : { slowerThanObjective: over }
		});
	}
	return [...sums.values()].sort((one, other) => one.at - other.at);
}
export { beginAftercare };
