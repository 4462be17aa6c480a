import { AwsCallError } from "./call-error.js";
import { formatCount } from "./count.js";
import { addTally, noProbes as noProbes$1 } from "./prober.js";
// src/aws/elb-minutes.ts
const counts = {
	requests: "RequestCount",
	code2: "HTTPCode_Target_2XX_Count",
	code3: "HTTPCode_Target_3XX_Count",
	code4: "HTTPCode_Target_4XX_Count",
	code5: "HTTPCode_Target_5XX_Count",
	refused: "TargetConnectionErrorCount"
};
/** Made by the load balancer itself: no answer of a target, no target, no answer in time. */
const ownFailures = [
	"502",
	"503",
	"504"
];
/** Clients that gave up waiting (460) are in no count of their own. */
const clientErrors = "HTTPCode_ELB_4XX_Count";
const minuteMs$1 = 6e4;
/** What the series tell, by their ids: `g0_requests`, `g1_code5`, `elb_502`. Pure. */
function toTrafficMinutes(series, query) {
	const own4xx = series.get("elb_4xx") ?? none;
	const made = addedUp(ownFailures.map((code) => series.get(`elb_${code}`) ?? none));
	const answered = addedUp([made, own4xx]);
	const answeredItself = (at) => (answered.get(at) ?? 0) + (answered.get(at + minuteMs$1) ?? 0);
	const groups = query.targetGroupArns.map((targetGroupArn, group) => {
		const of = (name) => series.get(`g${group}_${name}`) ?? none;
		return {
			targetGroupArn,
			minutes: toMinutes(of, query.objectiveSeconds !== void 0, answeredItself)
		};
	});
	const refused = series.get("g0_refused") ?? none;
	return {
		groups,
		balancer: timesOf([answered]).map((at) => {
			const known = ((groups[0]?.minutes.find((minute) => minute.at === at))?.unanswered ?? 0) + (refused.get(at) ?? 0);
			const refusals = own4xx.get(at) ?? 0;
			const unexplained = Math.max(0, (made.get(at) ?? 0) - known);
			return refusals > 0 ? {
				at,
				unexplained,
				own4xx: refusals
			} : {
				at,
				unexplained
			};
		})
	};
}
const none = /* @__PURE__ */ new Map();
function addedUp(all) {
	const sums = /* @__PURE__ */ new Map();
	for (const series of all) for (const [at, value] of series) sums.set(at, (sums.get(at) ?? 0) + value);
	return sums;
}
/** Every minute that one of them has, oldest first. Most have the same. */
function timesOf(all) {
	const times = [];
	for (const series of all) for (const at of series.keys()) if (!times.includes(at)) times.push(at);
	return times.sort((one, other) => one - other);
}
function toMinutes(of, withObjective, answeredItself) {
	const [counted, code2, code3, code4] = [
		of("requests"),
		of("code2"),
		of("code3"),
		of("code4")
	];
	const [code5, connections, timed, slow] = [
		of("code5"),
		of("refused"),
		of("timed"),
		of("slow")
	];
	const slower = of("slowerThanObjective");
	return timesOf([
		counted,
		code2,
		code3,
		code4,
		code5,
		connections,
		timed
	]).map((at) => {
		const errors = code5.get(at) ?? 0;
		const clientErrors = code4.get(at) ?? 0;
		const answered = (code2.get(at) ?? 0) + (code3.get(at) ?? 0) + clientErrors + errors;
		const refused = connections.get(at) ?? 0;
		const timedAll = timed.get(at) ?? 0;
		const requested = counted.get(at);
		const requests = requested === void 0 ? Math.max(answered + refused, timedAll) : Math.max(requested, answered);
		const open = Math.max(0, requests - answered - refused);
		const unanswered = Math.min(open, answeredItself(at));
		return {
			at,
			requests,
			uncounted: requested === void 0 ? true : void 0,
			errors: errors + refused,
			clientErrors: clientErrors > 0 ? clientErrors : void 0,
			unanswered,
			unknown: open - unanswered,
			untimed: Math.max(0, requests - refused - unanswered - timedAll),
			slow: slow.get(at) ?? 0,
			slowerThanObjective: withObjective ? slower.get(at) ?? 0 : void 0
		};
	});
}
// src/aws/elb-metrics.ts
/**
* Reads all minutes with data, as often as asked. A 5XX metric that is missing beside a `RequestCount` means zero errors.
* Throws `AwsCallError`; a partial answer is an error, too.
*/
function createTrafficReader(caller, source) {
	const queries = minuteQueries(source);
	return async (fromMs, toMs) => toTrafficMinutes(await readSeries(caller, queries, fromMs, toMs), source);
}
function minuteQueries(query) {
	const ofBalancer = [balancerDimension(query.loadBalancerArn)];
	const queries = [];
	for (const [group, arn] of query.targetGroupArns.entries()) {
		const ofGroup = [...ofBalancer, groupDimension(arn)];
		const add = (name, metric, statistic) => {
			queries.push(minuteQuery(`g${group}_${name}`, metric, statistic, ofGroup));
		};
		const addSlower = (name, seconds) => {
			if (seconds !== void 0) add(name, "TargetResponseTime", `TC(${seconds.toFixed(3)}:)`);
		};
		for (const name of countNames) add(name, counts[name], "Sum");
		add("timed", "TargetResponseTime", "SampleCount");
		addSlower("slow", query.slowerThanSeconds);
		addSlower("slowerThanObjective", query.objectiveSeconds);
	}
	for (const code of ownFailures) queries.push(minuteQuery(`elb_${code}`, `HTTPCode_ELB_${code}_Count`, "Sum", ofBalancer));
	queries.push(minuteQuery("elb_4xx", clientErrors, "Sum", ofBalancer));
	return queries;
}
const countNames = Object.keys(counts);
/**
* The response time that one request in twenty exceeds, seconds: the median of the minutes' p95. Undefined
* where nothing was answered.
*/
async function readUsualP95(caller, loadBalancerArn, targetGroupArn, fromMs, toMs) {
	return usualP95(await readSeries(caller, [p95Query(loadBalancerArn, targetGroupArn)], fromMs, toMs));
}
/** The minutes, and what `readUsualP95` says of the first group, in one call. */
async function readUsualTraffic(caller, query) {
	const series = await readSeries(caller, [...minuteQueries(query), p95Query(query.loadBalancerArn, query.targetGroupArns[0])], query.fromMs, query.toMs);
	return {
		traffic: toTrafficMinutes(series, query),
		p95: usualP95(series)
	};
}
function p95Query(loadBalancerArn, targetGroupArn) {
	return minuteQuery("p95", "TargetResponseTime", "p95", [balancerDimension(loadBalancerArn), groupDimension(targetGroupArn)]);
}
function usualP95(series) {
	const values = [...series.get("p95")?.values() ?? []].sort((one, other) => one - other);
	return values[Math.floor(values.length / 2)];
}
function minuteQuery(id, metric, statistic, dimensions) {
	return {
		Id: id,
		ReturnData: true,
		MetricStat: {
			Period: 60,
			Stat: statistic,
			Metric: {
				Namespace: "AWS/ApplicationELB",
				MetricName: metric,
				Dimensions: dimensions
			}
		}
	};
}
function balancerDimension(loadBalancerArn) {
	return {
		Name: "LoadBalancer",
		Value: loadBalancerDimension(loadBalancerArn)
	};
}
function groupDimension(targetGroupArn) {
	return {
		Name: "TargetGroup",
		Value: targetGroupDimension(targetGroupArn)
	};
}
async function readSeries(caller, queries, fromMs, toMs) {
	const series = /* @__PURE__ */ new Map();
	let token;
	do {
		const page = await caller.call("cloudwatch:GetMetricData", {
			MetricDataQueries: queries,
			StartTime: new Date(fromMs),
			EndTime: new Date(toMs),
			ScanBy: "TimestampAscending",
			...token === void 0 ? {} : { NextToken: token }
		});
		for (const result of page.MetricDataResults ?? []) {
			if (result.StatusCode === "InternalError" || result.StatusCode === "Forbidden") throw new AwsCallError("cloudwatch:GetMetricData", result.StatusCode, `no values for ${result.Label ?? result.Id}`, result.StatusCode === "Forbidden" ? "access-denied" : "transient");
			const values = series.get(result.Id ?? "") ?? /* @__PURE__ */ new Map();
			const { Timestamps = [], Values = [] } = result;
			for (let index = 0; index < Timestamps.length; index++) values.set(Timestamps[index].getTime(), Values[index] ?? 0);
			series.set(result.Id ?? "", values);
		}
		token = page.NextToken;
	} while (token !== void 0);
	return series;
}
/** `arn:…:loadbalancer/app/name/id` to `app/name/id`. */
function loadBalancerDimension(loadBalancerArn) {
	return loadBalancerArn.slice(loadBalancerArn.indexOf(":loadbalancer/") + 14);
}
/** `arn:…:targetgroup/name/id` to `targetgroup/name/id`. */
function targetGroupDimension(targetGroupArn) {
	return targetGroupArn.slice(targetGroupArn.indexOf(":targetgroup/") + 1);
}
// src/shift/judge.ts
const harmBets = [
	1.5,
	2,
	4,
	10,
	50,
	1e3
];
const safetyBets = [
	.02,
	.1,
	.3,
	.6
];
/** One minute alone can never decide: a single block multiplies a bet by this at most. */
const blockCap = 30;
/** The cautious bettor stakes a tenth of its wealth on each block, up to this factor. */
const cautiousShare = .1;
const cautiousCap = 291;
/** Beyond this log a factor is as good as infinite. */
const largestLog = 50;
/** Log of the factor by which a block multiplies the bet `r`. */
function logBet(block, bound, r) {
	const scaled = bound.rho * block.green;
	const d = 1 + (scaled === 0 ? 0 : scaled / (scaled + block.blue)) * (r - 1);
	return (block.greenBad === 0 ? 0 : block.greenBad * Math.log(r / d)) - (block.blueBad === 0 ? 0 : block.blueBad * Math.log(d)) - block.green * bound.delta * (r / d - 1);
}
const noHarmEvidence = {
	wealth: harmBets.map(() => 1),
	cautious: 1
};
/** `phi` is blue's dispersion, at least 1: bursts of retries are not independent failures. */
function addHarm(evidence, block, bound, phi = 1) {
	let factors = 0;
	const wealth = evidence.wealth.slice();
	for (let index = 0; index < wealth.length; index++) {
		const factor = Math.exp(Math.min(logBet(block, bound, harmBets[index]) / phi, largestLog));
		factors += factor;
		wealth[index] *= Math.min(factor, blockCap);
	}
	const mixed = factors / harmBets.length;
	return {
		wealth,
		cautious: evidence.cautious * (.9 + cautiousShare * Math.min(mixed, cautiousCap))
	};
}
/** The evidence as one number: 300 means that innocent releases look this bad once in 300 times, ever. */
function harmRatio(evidence) {
	return .5 * mean(evidence.wealth) + .5 * evidence.cautious;
}
/** Evidence that green is no worse than its bounds, over all blocks together. Recomputed, never accumulated. */
function safetyRatio(blocks, phi = 1) {
	return mean(safetyBets.map((r) => Math.exp(blocks.reduce((sum, { block, bound }) => sum + logBet(block, bound, r), 0) / phi)));
}
/**
* Pearson dispersion of blue's failures over recent minutes, at least 1: how much burstier they are than
* independent failures at a constant rate would be.
*/
function dispersion(minutes) {
	const used = minutes.filter((minute) => minute.requests > 0);
	const requests = used.reduce((sum, minute) => sum + minute.requests, 0);
	const bad = used.reduce((sum, minute) => sum + minute.bad, 0);
	if (used.length < 2 || bad === 0 || bad >= requests) return 1;
	const rate = bad / requests;
	const squares = used.reduce((sum, minute) => {
		const expected = minute.requests * rate;
		return sum + (minute.bad - expected) ** 2 / (expected * (1 - rate));
	}, 0);
	return Math.max(1, squares / (used.length - 1));
}
function mean(values) {
	let sum = 0;
	for (const value of values) sum += value;
	return sum / values.length;
}
// src/shift/baseline.ts
/**
* A request is slow beyond blue's usual p95 and a margin that somebody could notice: fresh processes are a
* few milliseconds slower until they are warm, and that is no reason to take a release back (ADR 5).
*/
function slowThresholdSeconds(usualP95Seconds) {
	return Math.max(1.25 * usualP95Seconds, usualP95Seconds + .05);
}
function baselineOf(read, balancer, slowerThanSeconds) {
	const minutes = read.filter((minute) => minute.uncounted === void 0);
	const made = new Map(balancer.map((minute) => [minute.at, minute]));
	let requests = 0;
	for (const minute of minutes) requests += minute.requests;
	const summary = (pick) => {
		let bad = 0;
		for (const minute of minutes) bad += pick(minute);
		if (bad === 0) return {
			rate: 0,
			dispersion: 1
		};
		const counted = minutes.map((minute) => ({
			bad: pick(minute),
			requests: minute.requests
		}));
		return {
			rate: requests === 0 ? 0 : bad / requests,
			dispersion: dispersion(counted)
		};
	};
	const errors = summary((minute) => minute.errors);
	const unanswered = summary((minute) => minute.unanswered);
	const own = summary((minute) => made.get(minute.at)?.unexplained ?? 0);
	return {
		requestsPerMinute: minutes.length === 0 ? 0 : requests / minutes.length,
		errorRate: errors.rate,
		unansweredRate: unanswered.rate,
		balancerRate: own.rate,
		errorDispersion: errors.dispersion,
		unansweredDispersion: unanswered.dispersion,
		balancerDispersion: own.dispersion,
		...minutes.some((minute) => minute.clientErrors !== void 0) ? { clientErrors: summary((minute) => minute.clientErrors ?? 0) } : void 0,
		unknownShare: usualShare(minutes, (minute) => minute.unknown ?? 0),
		untimedShare: usualShare(minutes, (minute) => minute.untimed ?? 0),
		own4xxRate: summary((minute) => made.get(minute.at)?.own4xx ?? 0).rate,
		slowerThanSeconds
	};
}
/** What four minutes in five do not exceed, without the latest: they may not have been counted in full. */
function usualShare(minutes, pick) {
	const shares = minutes.slice(0, -8).filter((minute) => minute.requests > 0).map((minute) => pick(minute) / minute.requests).sort((one, other) => one - other);
	return shares[Math.floor(.8 * shares.length)] ?? 0;
}
// src/shift/minutes.ts
const minuteMs = 6e4;
/** A side with a smaller share of the requests that its weight gives it has not been counted yet. */
const tooFew = 1 / 2;
/** Of fewer requests half of them, or all, may be missing by chance. */
const fewestOfSome = 20;
const fewestOfNone = 5;
/** With more of blue's ends unknown than this, blue is no measure; with more of green's, green shows nothing. */
const mostUnknown = 1 / 5;
/** Requests under way when a minute closes end in the next one: so large a share, or so many. */
const underWay = 1 / 50;
const fewUnderWay = 3;
/** Blue is the first group that was asked about, green the second. Minutes that start in [`fromMs`, `toMs`). */
function toPairs({ groups, balancer }, fromMs, toMs) {
	const [blue, green] = groups;
	const pairs = [];
	for (let at = fromMs; at < toMs; at += minuteMs) {
		const startsThen = (minute) => minute.at === at;
		const own = balancer.find(startsThen);
		const ofGreen = green?.minutes.find(startsThen);
		const ofBlue = blue?.minutes.find(startsThen);
		if (own === void 0 && ofGreen === void 0 && ofBlue === void 0) continue;
		pairs.push({
			at,
			green: ofGreen,
			blue: ofBlue,
			unexplained: own?.unexplained,
			own4xx: own?.own4xx
		});
	}
	return pairs;
}
/**
* `previous`: the minute before. A probe may show in the minute after the one in which it was sent. `judges4xx`: answers
* of 4xx are a stream of their own.
*/
function toUsed(pair, probesByMinute, previous, judges4xx = false) {
	const own = probesOf(probesByMinute, pair.at, previous);
	const ofGreen = pair.green ?? nobody;
	const ofBlue = pair.blue ?? nobody;
	const seen = {
		requests: ofGreen.requests,
		failed: ofGreen.errors + ofGreen.unanswered,
		clientErrors: judges4xx ? ofGreen.clientErrors ?? 0 : void 0
	};
	const green = Math.max(0, countedRequests(ofGreen) - own.sent);
	const blue = countedRequests(ofBlue);
	const block = (bad, ownBad, blueBad) => ({
		greenBad: Math.min(green, Math.max(0, bad - ownBad)),
		green,
		blueBad: Math.min(blue, blueBad),
		blue
	});
	const withObjective = (pair.green ?? pair.blue)?.slowerThanObjective !== void 0;
	const unexplained = Math.max(0, (pair.unexplained ?? 0) - own.bad);
	return {
		at: pair.at,
		errors: block(ofGreen.errors, own.bad, ofBlue.errors),
		unanswered: block(ofGreen.unanswered, own.bad, ofBlue.unanswered),
		slow: block(ofGreen.slow, 0, ofBlue.slow),
		"client-errors": judges4xx ? block(ofGreen.clientErrors ?? 0, own.clientErrors ?? 0, ofBlue.clientErrors ?? 0) : void 0,
		balancer: {
			greenBad: unexplained,
			green: green + blue,
			blueBad: 0,
			blue: 0
		},
		overObjective: withObjective ? block(ofGreen.slowerThanObjective ?? 0, 0, ofBlue.slowerThanObjective ?? 0) : void 0,
		withProbes: Math.min(own.sent, seen.requests),
		own4xx: pair.own4xx ?? 0,
		seen,
		untold: {
			green: untoldOf(ofGreen),
			blue: untoldOf(ofBlue)
		}
	};
}
/** A side without a count. */
const nobody = {
	at: 0,
	requests: 0,
	uncounted: void 0,
	errors: 0,
	clientErrors: void 0,
	unanswered: 0,
	unknown: 0,
	untimed: 0,
	slow: 0,
	slowerThanObjective: void 0
};
function untoldOf({ unknown = 0, untimed = 0 }) {
	return {
		unknown,
		untimed
	};
}
/** How many requests there were is told by their own count alone: a rate needs all of them. */
function countedRequests({ requests, uncounted }) {
	return uncounted === true ? 0 : requests;
}
const noProbes = {
	sent: 0,
	bad: 0
};
/** Those that were sent in the minute that began then. */
function probesIn(probesByMinute, at) {
	return probesByMinute.find((minute) => minute.at === at) ?? noProbes;
}
function probesOf(probesByMinute, at, previous) {
	const own = probesIn(probesByMinute, at);
	if (previous === void 0) return own;
	const before = probesIn(probesByMinute, at - minuteMs);
	const { requests, failed, clientErrors } = previous.seen;
	return {
		sent: own.sent + Math.max(0, before.sent - requests),
		bad: own.bad + Math.max(0, before.bad - failed),
		...clientErrors === void 0 ? void 0 : { clientErrors: (own.clientErrors ?? 0) + Math.max(0, (before.clientErrors ?? 0) - clientErrors) }
	};
}
/** The least and the most that green had in the minute, percent. Undefined where no weight is known. */
function shareWithin(weights, at) {
	if (weights.length === 0) return void 0;
	let [least, most] = [0, 0];
	for (const weight of weights) {
		if (weight.at >= at + 6e4) continue;
		const isBefore = weight.at <= at;
		least = isBefore ? weight.percent : Math.min(least, weight.percent);
		most = isBefore ? weight.percent : Math.max(most, weight.percent);
	}
	return {
		least,
		most
	};
}
/** How much of the minute is there. After some time nothing more comes, and it is whole, or it is not told. */
function countedOf(minute, judging) {
	const { now, baseline, weights } = judging;
	if (!mayStillCome(minute.at, now)) return isUntold(minute, judging) ? "untold" : "whole";
	if (isBlueMissing(minute, judging)) return "too-little";
	const { green, blue } = minute.errors;
	if (isShort(green, dueOfGreen(blue, shareWithin(weights, minute.at)?.least))) return "too-little";
	const known = (side) => {
		const { unknown, untimed } = beyondUsual(side, minute, baseline);
		return Math.max(unknown, untimed) <= Math.max(fewUnderWay, underWay * minute.errors[side]);
	};
	return known("green") && known("blue") ? "whole" : "partly";
}
/**
* Whether requests of green hang, though nothing of the minute can come late any more: a load balancer may wait for an
* hour before it answers itself, and no count tells of them until then.
*/
function isUntold(minute, judging) {
	const { unknown } = beyondUsual("green", minute, judging.baseline);
	return unknown > Math.max(fewUnderWay, mostUnknown * minute.errors.green) && !isBlueMissing(minute, judging);
}
/** Whether the minute is no measure of green, because too little is known of blue. */
function isBlueMissing(minute, { baseline, weights }) {
	const { green, blue } = minute.errors;
	if (beyondUsual("blue", minute, baseline).unknown > mostUnknown * blue) return true;
	const most = shareWithin(weights, minute.at)?.most ?? 0;
	return most > 0 && isShort(blue, green * (100 - most) / most);
}
function isShort(count, due) {
	return count === 0 ? due >= fewestOfNone : due >= fewestOfSome && count < tooFew * due;
}
function mayStillCome(at, now) {
	return now < at + 9 * minuteMs;
}
/** Whether most of what a side's counts can tell is there. */
function isToldOf(side, minute, baseline) {
	const { unknown, untimed } = beyondUsual(side, minute, baseline);
	return Math.max(unknown, untimed) <= mostUnknown * minute.errors[side];
}
/** Of some requests it is never told: connections that are kept for long, for one. */
function beyondUsual(side, { untold, errors }, baseline) {
	const { unknownShare = 0, untimedShare = 0 } = baseline;
	return {
		unknown: Math.max(0, untold[side].unknown - unknownShare * errors[side]),
		untimed: Math.max(0, untold[side].untimed - untimedShare * errors[side])
	};
}
/**
* What the minute says of harm, as far as it can be said by now: requests of blue whose end may still be told count
* as failed, and failures of green count once they are sure. So no reading of a minute says more than its last one
* does. Undefined where blue is no measure at all. `next`: the minute after it, where it has been read.
*/
function harmBlock(stream, minute, next, { now, baseline, weights }) {
	const { at, [stream]: block } = minute;
	if (block === void 0) return void 0;
	const { unknown, untimed } = beyondUsual("blue", minute, baseline);
	if (stream === "slow" && untimed > mostUnknown * block.blue) return void 0;
	if (stream === "client-errors" && block.blue === 0) return refusedAlone(block, baseline);
	if (!mayStillCome(at, now)) return block;
	const { unanswered } = minute;
	const open = stream === "slow" ? untimed : stream === "unanswered" ? unknown : unknown + unanswered.blueBad;
	return {
		greenBad: stream === "unanswered" ? surelyUnanswered(minute, next, baseline) : block.greenBad,
		green: minute.counted === "whole" || block.green === 0 ? block.green : Math.max(block.green, dueOfGreen(block.blue, shareWithin(weights, at)?.least)),
		blueBad: Math.min(block.blue, block.blueBad + open),
		blue: block.blue
	};
}
/**
* Where there is no blue to hold it against, a scan shows by this: it takes no good answer away. Green's answers of 4xx
* count as far as good ones are missing from what is usual.
*/
function refusedAlone(block, { requestsPerMinute, clientErrors }) {
	const usual = requestsPerMinute * (1 - (clientErrors?.rate ?? 0));
	if (usual === 0) return block;
	const missing = Math.max(0, 1 - (block.green - block.greenBad) / usual);
	return {
		...block,
		greenBad: Math.floor(block.greenBad * missing)
	};
}
/**
* The load balancer's own failures that blue is not known for, as if they were green's, beside those that blue may be
* known for. Green has the requests that its weight gives it where they are not counted.
*/
function balancerBlock(minute, { now, baseline, weights }) {
	const { green, blue, blueBad } = minute.unanswered;
	const due = dueOfGreen(blue, shareWithin(weights, minute.at)?.most);
	const open = mayStillCome(minute.at, now) ? beyondUsual("blue", minute, baseline).unknown : 0;
	return {
		greenBad: minute.balancer.greenBad,
		green: Math.max(green, due),
		blueBad: Math.min(blue, blueBad + open),
		blue
	};
}
/**
* Requests of green that are in no count may have been answered, and what the load balancer answered itself may be
* blue's: as many are surely green's as it answers a minute, in this one and the next, beyond what blue is known for
* and what is usual. Where there is no blue they can be nobody else's.
*/
function surelyUnanswered(minute, next, baseline) {
	const usual = 2 * baseline.balancerRate + (baseline.own4xxRate ?? 0);
	const beyond = ({ balancer, own4xx }) => balancer.greenBad + own4xx - usual * balancer.green;
	const { greenBad, blue } = minute.unanswered;
	if (blue === 0) return greenBad;
	const own = next === void 0 ? beyond(minute) : (beyond(minute) + beyond(next)) / 2;
	return Math.min(greenBad, Math.max(0, own));
}
/** What green's share of the traffic comes to, by what blue has. */
function dueOfGreen(blue, percent = 0) {
	return percent < 100 ? blue * percent / (100 - percent) : 0;
}
// src/shift/evidence.ts
/**
* From what was seen to what it proves: four streams (errors, unanswered and slow requests, probes) feed the judge, and
* a fifth (answers of 4xx) where it is asked for. Pure; the evidence is plain data.
*/
const metricStreams = [
	"errors",
	"unanswered",
	"slow"
];
const with4xx = [...metricStreams, "client-errors"];
const noStreams = [];
/** All that there are; of those only the ones that are judged have evidence. */
const streamNames = [...with4xx, "probes"];
/** Latency wanders more than errors do. */
const slowDelta = .025;
const probeBound = {
	rho: 0,
	delta: .01
};
const harmDelta = .001;
/** Users cause 4xx, too. The most with which one more in a hundred is found within an ordinary ladder (docs/judge.md). */
const clientErrorDelta = .0025;
/** What comes beside twice the usual where there is no blue to compare it with. */
const clientErrorMargin = .1;
/** The history keeps the last of what was known in each of these spans. */
const historyMs = 1e4;
const noEvidence = {
	harm: {
		errors: noHarmEvidence,
		unanswered: noHarmEvidence,
		slow: noHarmEvidence,
		probes: noHarmEvidence,
		"client-errors": void 0
	},
	balancer: noHarmEvidence,
	ratios: {
		errors: 1,
		unanswered: 1,
		slow: 1,
		probes: 1,
		"client-errors": void 0
	},
	minutes: [],
	probesByMinute: [],
	probes: noProbes$1,
	history: []
};
/** What green may fail by itself, with no blue beside it: fraction of requests. */
function allowedAlone(stream, baseline, maxErrorRate) {
	if (stream === "client-errors") return 2 * (baseline.clientErrors?.rate ?? 0) + clientErrorMargin;
	const usual = stream === "errors" ? baseline.errorRate : baseline.unansweredRate;
	return Math.max(maxErrorRate, 2 * usual + harmDelta);
}
/**
* What a block is held to: blue where blue has traffic, else the absolute rate that is still allowed.
* Undefined where there is nothing to hold it to: slow has no absolute meaning.
*/
function boundOf(stream, block, baseline, maxErrorRate, delta = stream === "client-errors" ? clientErrorDelta : harmDelta) {
	if (stream === "slow") return block.blue > 0 ? {
		rho: 1,
		delta: slowDelta
	} : void 0;
	if (block.blue > 0) return {
		rho: 1,
		delta
	};
	return {
		rho: 0,
		delta: allowedAlone(stream, baseline, maxErrorRate)
	};
}
function addProbes(evidence, tally, at) {
	if (tally.sent === 0) return evidence;
	const minute = Math.floor(at / minuteMs) * minuteMs;
	const before = probesIn(evidence.probesByMinute, minute);
	const clientErrors = (before.clientErrors ?? 0) + (tally.clientErrors ?? 0);
	const block = {
		greenBad: tally.bad,
		green: tally.sent,
		blueBad: 0,
		blue: 0
	};
	return remembered({
		...evidence,
		probes: addTally(evidence.probes, tally),
		probesByMinute: [...evidence.probesByMinute.filter((each) => each.at !== minute), {
			at: minute,
			sent: before.sent + tally.sent,
			bad: before.bad + tally.bad,
			...clientErrors > 0 ? { clientErrors } : void 0
		}],
		harm: {
			...evidence.harm,
			probes: addHarm(evidence.harm.probes, block, probeBound)
		}
	}, at);
}
/**
* Takes minutes in, new ones and ones that are read again. The evidence of harm is made anew from all minutes as last
* read: in which order and in how many parts their counts have come makes no difference to it. `now`: when they were
* read.
*/
function addMinutes(evidence, pairs, baseline, { maxErrorRate, clientErrors }, now, weights = []) {
	if (pairs.length === 0) return evidence;
	const judges4xx = clientErrors === "judge";
	const used = withPairs(evidence.minutes, pairs, evidence.probesByMinute, judges4xx);
	const harm = {
		errors: noHarmEvidence,
		unanswered: noHarmEvidence,
		slow: noHarmEvidence,
		probes: evidence.harm.probes,
		"client-errors": judges4xx ? noHarmEvidence : void 0
	};
	const streams = judges4xx ? with4xx : metricStreams;
	let balancer = noHarmEvidence;
	const judging = {
		now,
		baseline,
		weights
	};
	const minutes = [];
	for (let index = 0; index < used.length; index++) {
		const read = used[index];
		const minute = {
			...read,
			counted: countedOf(read, judging)
		};
		minutes.push(minute);
		const after = used[index + 1];
		const next = after?.at === read.at + 6e4 ? after : void 0;
		const isJudged = minute.counted !== "too-little";
		for (const stream of isJudged ? streams : noStreams) {
			const block = harmBlock(stream, minute, next, judging);
			if (block === void 0 || block.green === 0) continue;
			const bound = boundOf(stream, block, baseline, maxErrorRate);
			if (bound === void 0) continue;
			harm[stream] = addHarm(harm[stream], block, bound, dispersionOf(stream, baseline));
		}
		const isMeasured = isJudged || !isBlueMissing(minute, judging);
		const own = balancerBlock(minute, judging);
		if (isMeasured && own.green > 0) balancer = addHarm(balancer, own, balancerBound(own, baseline), baseline.balancerDispersion);
	}
	return remembered({
		...evidence,
		harm,
		balancer,
		minutes
	}, now);
}
/** What is read again takes the place of what was read before. All are oldest first. */
function withPairs(before, pairs, probesByMinute, judges4xx) {
	const used = [];
	let kept = 0;
	for (const pair of pairs) {
		while (kept < before.length && before[kept].at < pair.at) used.push(before[kept++]);
		if (before[kept]?.at === pair.at) kept += 1;
		const last = used.at(-1);
		used.push(toUsed(pair, probesByMinute, last?.at === pair.at - 6e4 ? last : void 0, judges4xx));
	}
	used.push(...before.slice(kept));
	return used;
}
/**
* The load balancer names no group for its own failures. So they are held to blue's in the same minute and a tenth of
* a point, and to twice what was usual before the shift.
*/
function balancerBound({ green, blue }, baseline) {
	const usual = 2 * baseline.balancerRate * (green + blue) / green;
	return {
		rho: blue > 0 ? 1 : 0,
		delta: usual + harmDelta
	};
}
/** The evidence of harm of one stream, as one number. */
function ratioOf(evidence, stream) {
	return evidence.ratios[stream] ?? 1;
}
/** The stream with the strongest evidence of harm. */
function worstStream({ ratios }) {
	let stream = "errors";
	let highest = ratios.errors;
	for (const each of streamNames) {
		const ratio = ratios[each];
		if (ratio !== void 0 && ratio > highest) [stream, highest] = [each, ratio];
	}
	return {
		stream,
		ratio: highest
	};
}
/** Minutes of which everything has been counted that is going to be, oldest first. */
function wholeMinutes({ minutes }) {
	return minutes.filter((minute) => minute.counted === "whole");
}
/** All counts of one stream together. */
function totalsOf(evidence, stream) {
	if (stream === "probes") return {
		greenBad: evidence.probes.bad,
		green: evidence.probes.sent,
		blueBad: 0,
		blue: 0
	};
	return sumOf(evidence.minutes.map((minute) => minute[stream] ?? nothing));
}
const nothing = {
	greenBad: 0,
	green: 0,
	blueBad: 0,
	blue: 0
};
function sumOf(blocks) {
	const sum = {
		greenBad: 0,
		green: 0,
		blueBad: 0,
		blue: 0
	};
	for (const block of blocks) {
		sum.greenBad += block.greenBad;
		sum.green += block.green;
		sum.blueBad += block.blueBad;
		sum.blue += block.blue;
	}
	return sum;
}
/** `825`, `4.5`, `0.45`, `1.2e+9`: three digits where they matter. */
function formatRatio(ratio) {
	if (!Number.isFinite(ratio) || ratio >= 1e9) return "over 1e+9";
	if (ratio < .01) return "under 0.01";
	if (ratio >= 100) return formatCount(Math.round(ratio));
	return Number(ratio.toPrecision(2)).toString();
}
function dispersionOf(stream, baseline) {
	if (stream === "slow") return 1;
	if (stream === "client-errors") return baseline.clientErrors?.dispersion ?? 1;
	return stream === "errors" ? baseline.errorDispersion : baseline.unansweredDispersion;
}
/** The evidence with its present ratios, in the history as well. */
function remembered(evidence, at) {
	const { harm, balancer } = evidence;
	const ratios = {
		errors: harmRatio(harm.errors),
		unanswered: (harmRatio(harm.unanswered) + harmRatio(balancer)) / 2,
		slow: harmRatio(harm.slow),
		probes: harmRatio(harm.probes),
		"client-errors": harm["client-errors"] && harmRatio(harm["client-errors"])
	};
	const last = evidence.history.at(-1);
	const kept = last !== void 0 && Math.floor(last.at / historyMs) === Math.floor(at / historyMs) ? evidence.history.slice(0, -1) : evidence.history;
	return {
		...evidence,
		ratios,
		history: [...kept, {
			at,
			ratios
		}]
	};
}
// src/report/percent.ts
/** `0.5 %` of the fraction 0.005: three digits where they matter. */
function formatPercent(share) {
	return `${Number((100 * share).toPrecision(3))} %`;
}
// src/shift/limits.ts
/** One innocent release in a hundred may be taken back, over all streams together. */
const alpha = .01;
/**
* Evidence of harm at which the weights go back: `streams / alpha`, so that all streams together keep `alpha`.
* Only streams that can speak count.
*/
function harmLimit(plan, baseline) {
	const { errorRate, latency } = plan.objectives;
	let speaking = 2;
	if (baseline.slowerThanSeconds !== void 0) speaking += 1;
	if (plan.probes.count + plan.probes.perStep > 0) speaking += 1;
	if (plan.clientErrors === "judge") speaking += 1;
	if (errorRate !== void 0) speaking += 1;
	if (latency !== void 0) speaking += 1;
	return speaking / alpha;
}
/** Too much evidence to go on, too little to go back: the step is held for more. */
function suspicionLimit(limit) {
	return limit / 10;
}
// src/shift/gates/gate.ts
const pass = { kind: "pass" };
function hold(sentence) {
	return {
		kind: "hold",
		sentence
	};
}
function fail(code, sentence) {
	return {
		kind: "fail",
		cause: {
			code,
			sentence
		}
	};
}
/** Green's share at this moment, percent. */
function shareNow(state) {
	return state.weights.at(-1)?.percent ?? 0;
}
// src/shift/gates/objectives.ts
/**
* What green must keep by itself, however blue does: the objectives of the user, and what is allowed where blue
* is no measure. Held to the judge's evidence, so that a handful of failures in a quiet minute decides nothing.
*/
/** An objective is asked of so many minutes: two bad ones may lie in two steps, and an old outage is over some day. */
const objectiveMinutes = 15;
/** Blue and green are bad now, not some time ago: in the latest of their minutes, and those may be a few minutes late. */
const recentMinutes = 3;
const recentMs = 6e5;
/** At most this share of green's requests may fail. */
const errorObjectiveGate = (question) => {
	const { errorRate } = question.plan.objectives;
	if (errorRate === void 0) return pass;
	return askObjective(question, "objective-errors", errorRate, (minute) => minute.errors, (blocks) => {
		const total = sumOf(blocks);
		return `Green failed ${formatCount(total.greenBad)} of ${formatCount(total.green)} requests, and the objective allows ${formatPercent(errorRate)}`;
	});
};
/** `p95 <= 400 ms`: at most one request in twenty may take longer. */
const latencyObjectiveGate = (question) => {
	const { latency } = question.plan.objectives;
	if (latency === void 0) return pass;
	const allowed = 1 - latency.percentile / 100;
	return askObjective(question, "objective-latency", allowed, (minute) => minute.overObjective, (blocks) => {
		const total = sumOf(blocks);
		return `${formatCount(total.greenBad)} of green's ${formatCount(total.green)} requests took longer than ${Math.round(latency.seconds * 1e3)} ms, and the objective (p${latency.percentile}) allows ${formatPercent(allowed)}`;
	});
};
/** Both are bad at once: no reason to go back, and none to go on. */
const equallyBadGate = ({ plan, baseline, state }) => {
	if (shareNow(state) >= 100) return pass;
	const blocks = latestMinutes(state, recentMinutes, recentMs).map((minute) => minute.errors);
	const total = sumOf(blocks);
	if (total.greenBad === 0 || total.blue === 0) return pass;
	if (ratioAlone(blocks, allowedAlone("errors", baseline, plan.maxErrorRate)) < suspicionLimit(harmLimit(plan, baseline))) return pass;
	return hold(`green failed ${formatCount(total.greenBad)} of its latest ${formatCount(total.green)} requests and blue ${formatCount(total.blueBad)} of ${formatCount(total.blue)}: green is no worse, but this is no time to go on`);
};
function askObjective({ plan, baseline, state }, code, allowed, pick, describe) {
	const blocks = latestMinutes(state, objectiveMinutes).map(pick).filter((block) => block !== void 0);
	if (blocks.every(({ greenBad }) => greenBad === 0)) return pass;
	const ratio = ratioAlone(blocks, allowed);
	const limit = harmLimit(plan, baseline);
	if (ratio < suspicionLimit(limit)) return pass;
	const told = `${describe(blocks)}; evidence ${formatRatio(ratio)}:1, limit ${limit}:1`;
	if (ratio < limit) return hold(lowerFirst(told));
	const blue = blocks.map((block) => ({
		...block,
		green: block.blue,
		greenBad: block.blueBad
	}));
	return shareNow(state) < 100 && ratioAlone(blue, allowed) >= limit ? hold(`${lowerFirst(told)}; blue breaks it, too`) : fail(code, `${told}.`);
}
function latestMinutes({ evidence, metricsReadTo }, most, withinMs = Number.POSITIVE_INFINITY) {
	return evidence.minutes.filter(({ at }) => metricsReadTo - at <= withinMs).slice(-most);
}
/** Evidence that green's rate in these blocks is above what is allowed, with no regard to blue. */
function ratioAlone(blocks, allowed, phi = 1) {
	const bound = {
		rho: 0,
		delta: allowed
	};
	let evidence = noHarmEvidence;
	for (const { greenBad, green } of blocks) if (green > 0) evidence = addHarm(evidence, {
		greenBad,
		green,
		blueBad: 0,
		blue: 0
	}, bound, phi);
	return harmRatio(evidence);
}
function lowerFirst(text) {
	return text.charAt(0).toLowerCase() + text.slice(1);
}
export { addMinutes, addProbes, allowedAlone, baselineOf, boundOf, createTrafficReader, dispersion, dispersionOf, equallyBadGate, errorObjectiveGate, fail, formatPercent, formatRatio, harmLimit, harmRatio, hold, isToldOf, latencyObjectiveGate, minuteMs, noEvidence, pass, probeBound, probesIn, ratioAlone, ratioOf, readUsualP95, readUsualTraffic, safetyRatio, shareNow, slowThresholdSeconds, streamNames, sumOf, suspicionLimit, toPairs, totalsOf, wholeMinutes, worstStream };
