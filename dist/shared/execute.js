import { patient, withRetries } from "./retry.js";
import { renderLogLine } from "./summary.js";
import { markPromoted, marksOf, marksToTags, writeReport } from "./marks.js";
import { newestDeployment, readService, readServiceOrNothing, toServiceFacts, updateService } from "./ecs-service.js";
import { breakingBetween, forwardAmong, listenerArnOf, notThere, readForward, sameSplit, splitOf, stickinessOf, withWeights, writeWeights } from "./schema-guard.js";
import { acceptable, decideWindow, formatDuration, shiftStateName } from "./start.js";
import { ConfigurationError } from "./configuration-error.js";
import { definitionHash, readTaskDefinition, tagValue, toTags } from "./same-definition.js";
import { createStaleCheck, decidePreDeploy, endOfTask, initialPreDeployState, keepServingImages, launchedAs, markRevision, originOf, parseDefinitionFile, preDeployContainer, readTask, readTasksStartedBy, registerTagged, runPreDeployTask, runTask, stopTask, tidyingReason } from "./register-tagged.js";
import { addMinutes, addProbes, allowedAlone, baselineOf, boundOf, createTrafficReader, dispersionOf, equallyBadGate, errorObjectiveGate, fail, formatPercent, formatRatio, harmLimit, harmRatio, hold, isToldOf, latencyObjectiveGate, minuteMs as minuteMs$5, noEvidence, pass, probeBound, probesIn, ratioOf, readUsualTraffic, safetyRatio, shareNow, slowThresholdSeconds, streamNames, sumOf, suspicionLimit, toPairs, totalsOf, wholeMinutes, worstStream } from "./objectives.js";
import { AwsCallError } from "./call-error.js";
import { formatCount } from "./count.js";
import { describeReasons, noProbes, sendProbes } from "./prober.js";
import { describeCause, exitWords, failureKey, logLocation, putMetricAlarm, readAlarmGuard, readAlarms, readAlarmsActingOn, readLogLines, readMetricAlarm, redactLogLine, taskFailure } from "./roll-out.js";
import { findTargetGroup, isTerminal, readGroupUses, readServiceDeployments, readServiceRevisions, readServiceTasks, readTargetGroup, readTargetHealth, readWholeRevisions } from "./observe.js";
import { runEngine } from "./engine.js";
import { denialOf, refusedByAws, statementsFor } from "./refused-by-aws.js";
import { createHash } from "node:crypto";
// src/shift/own-check.ts
/** An inconclusive check is asked again after this pause. */
const askAgainMs = 3e4;
/** What a check may want to know about the step. */
function wordsFor(plan, state, step) {
	const since = state.phase.kind === "bake" ? state.phase.since : state.writtenAt;
	return {
		IPS_DEPLOY_STEP: String(plan.steps[step]?.percent ?? 0),
		IPS_DEPLOY_STEP_SINCE: new Date(since).toISOString(),
		IPS_DEPLOY_BLUE_TARGET_GROUP: plan.blue.targetGroupArn,
		IPS_DEPLOY_GREEN_TARGET_GROUP: plan.green.targetGroupArn,
		IPS_DEPLOY_BLUE_SERVICE: plan.blue.service ?? "",
		IPS_DEPLOY_GREEN_SERVICE: plan.green.service ?? ""
	};
}
/** Checks that have to be asked now: the bake is over, and there is no answer yet or only an inconclusive one. Pure. */
function checksDue(plan, state, now) {
	const { phase } = state;
	if (phase.kind !== "bake" || now - phase.since < plan.steps[phase.step].bakeTimeMs) return [];
	return plan.checks.map((_, check) => check).filter((check) => {
		const known = state.checks.find((fact) => fact.step === phase.step && fact.check === check);
		if (known === void 0) return true;
		return known.result.kind === "inconclusive" && now - known.askedAt >= askAgainMs;
	});
}
/** The newest answer of each check at each step. Pure. */
function withCheckFacts(known, fresh) {
	if (fresh.length === 0) return known;
	const same = (one, other) => one.step === other.step && one.check === other.check;
	return [...known.filter((fact) => !fresh.some((newer) => same(newer, fact))), ...fresh];
}
function describeCheck(check) {
	return check.kind === "command" ? `command "${firstLine(check.command)}"` : `GET ${check.url}`;
}
function firstLine(command) {
	const [first = "", ...more] = command.trim().split("\n");
	const short = first.length > 60 ? `${first.slice(0, 57)}...` : first;
	return more.length > 0 && !short.endsWith("...") ? `${short} ...` : short;
}
/**
* Keeps checks running in the background, so that the other gates go on listening meanwhile. `poll` starts what
* is due and tells what is known.
*/
function createCheckDesk(plan, runCheck, cancelled) {
	const answers = /* @__PURE__ */ new Map();
	return (state, now) => {
		const { phase } = state;
		if (phase.kind !== "bake" || plan.checks.length === 0) return [];
		const { step } = phase;
		const key = (check) => `${step}/${check}`;
		for (const check of checksDue(plan, state, now)) {
			const asked = {
				step,
				check,
				askedAt: now,
				result: { kind: "running" }
			};
			answers.set(key(check), asked);
			runCheck(plan.checks[check], wordsFor(plan, state, step), cancelled).then((result) => answers.set(key(check), {
				...asked,
				result
			}));
		}
		return plan.checks.flatMap((_, check) => answers.get(key(check)) ?? []);
	};
}
// src/shift/traffic.ts
/** What users do now is read off so many of the latest minutes. */
const latestMs = 5 * minuteMs$5;
/** Start of the first whole minute in which green had a share, epoch milliseconds; infinite before any weight. */
function firstWholeMinuteOf({ weights }) {
	const first = weights.find(({ percent }) => percent > 0)?.at;
	return first === void 0 ? Number.POSITIVE_INFINITY : Math.ceil(first / minuteMs$5) * minuteMs$5;
}
/**
* Requests of users a minute, of both sides: the usual ones or those of the latest minutes, whichever are more. A
* service that is young, or was idle for an hour, has no usual ones.
*/
function trafficOf(baseline, seen) {
	return Math.max(baseline.requestsPerMinute, seenPerMinute(seen));
}
function seenPerMinute(seen) {
	const to = seen.metricsReadTo;
	const from = Math.max(firstWholeMinuteOf(seen), to - latestMs);
	if (to <= from) return 0;
	let users = 0;
	for (const { at, errors } of seen.evidence.minutes) if (at >= from && at < to) users += errors.green + errors.blue;
	return users * minuteMs$5 / (to - from);
}
// src/shift/absorb.ts
function absorb(plan, baseline, state, facts, now) {
	let { evidence, emptyGreen, metricsProblem, metricsReadTo, metricsReadAt, blueQuietAt } = state;
	evidence = addProbes(evidence, facts.probes, now);
	if (facts.probeTask?.kind === "passed" && state.probeTask?.kind !== "passed") evidence = addTaskProbes(evidence, facts.probeTask, now);
	if (facts.metrics.kind === "unreadable") metricsProblem = facts.metrics.problem;
	if (facts.metrics.kind === "minutes") {
		metricsProblem = void 0;
		evidence = addMinutes(evidence, facts.metrics.pairs, baseline, plan, now, state.weights);
		metricsReadTo = facts.metrics.readTo;
		metricsReadAt = now;
		emptyGreen = countEmpty(evidence.minutes, state.weights, baseline);
		const seen = {
			evidence,
			metricsReadTo,
			weights: state.weights
		};
		blueQuietAt = blueQuiet(facts.metrics, state.weights, trafficOf(baseline, seen) > 0);
	}
	return {
		...state,
		evidence,
		emptyGreen,
		blueQuietAt,
		metricsProblem,
		metricsReadTo,
		metricsReadAt,
		stillRinging: state.stillRinging.filter((name) => facts.alarms.every((alarm) => alarm.name !== name || alarm.state === "ALARM")),
		checks: withCheckFacts(state.checks, facts.checks),
		probeTask: facts.probeTask ?? state.probeTask,
		blindSince: void 0,
		lookAgain: false,
		green: learnServiceDeployment(state.green, facts)
	};
}
/**
* A task tells at its end what it sent: spread over the minutes that it took, so that it is not taken for users'
* requests there. All that went wrong is put into the last of them.
*/
function addTaskProbes(evidence, { tally, startedAt }, now) {
	const minutes = Math.max(1, Math.ceil((now - startedAt) / 6e4));
	const good = Math.floor((tally.sent - tally.bad) / minutes);
	let after = evidence;
	for (let minute = 0; minute < minutes - 1; minute++) after = addProbes(after, {
		sent: good,
		bad: 0,
		reasons: {}
	}, startedAt + minute * 6e4);
	const told = after.probes.sent - evidence.probes.sent;
	return addProbes(after, {
		...tally,
		sent: tally.sent - told
	}, now);
}
/** ECS names the service deployment of an update a moment after the update. */
function learnServiceDeployment(green, facts) {
	const service = facts.greenService;
	if (green === void 0 || green.serviceDeploymentArn !== void 0 || service === void 0) return green;
	if (service.deploymentId !== green.deploymentId || service.serviceDeployment === void 0) return green;
	return {
		...green,
		serviceDeploymentArn: service.serviceDeployment.arn
	};
}
/**
* Minutes in a row, up to the latest, in which green's share of blue's traffic should have reached it and did
* not. Counted anew each time: counts of green may arrive after those of blue, and where some of blue's are
* missing green's may be as late.
*/
function countEmpty(minutes, weights, baseline) {
	let [empty, expected] = [0, 0];
	for (const minute of minutes) {
		const percent = weights.findLast((weight) => weight.at <= minute.at)?.percent ?? 0;
		const { blue } = minute.errors;
		const isEmpty = percent > 0 && percent < 100 && blue > 0 && isToldOf("blue", minute, baseline) && minute.seen.requests === 0;
		empty = isEmpty ? empty + 1 : 0;
		expected = isEmpty ? expected + blue * percent / (100 - percent) : 0;
	}
	return {
		minutes: empty,
		expected
	};
}
/** So many minutes without a count on either side say that nobody asks any more. */
const silentMinutes = 5;
/**
* End of the first of the closed minutes, up to the last that was read, in which green had all the weight
* and blue had no request. CloudWatch has no count where there was none: that blue has none means something
* where green has one, or where there is no traffic at all.
*/
function blueQuiet({ pairs, readTo }, weights, hasTraffic) {
	const last = weights.at(-1);
	if (last?.percent !== 100) return void 0;
	let quietAt;
	let silent = 0;
	for (let at = Math.ceil(last.at / 6e4) * 6e4; at + 6e4 <= readTo; at += 6e4) {
		const pair = pairs.find((candidate) => candidate.at === at);
		const blue = pair?.blue?.requests ?? 0;
		const green = pair?.green?.requests ?? 0;
		silent = blue === 0 && green === 0 ? silent + 1 : 0;
		if (blue > 0) quietAt = void 0;
		else if (green > 0 || !hasTraffic || silent >= silentMinutes) quietAt ??= at + 6e4;
	}
	return quietAt;
}
// src/shift/conditions.ts
function pathsOf(conditions) {
	return conditions.filter((condition) => condition.Field === "path-pattern").flatMap((condition) => condition.PathPatternConfig?.Values ?? condition.Values ?? []);
}
function hostsOf(conditions) {
	return conditions.filter((condition) => condition.Field === "host-header").flatMap((condition) => condition.HostHeaderConfig?.Values ?? condition.Values ?? []);
}
/** ELB's patterns: `*` for any run of characters, `?` for one; case matters. No pattern takes every path. */
function matchesPath(path, patterns) {
	const withoutQuery = path.split("?")[0];
	return patterns.length === 0 || patterns.some((pattern) => new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`).test(withoutQuery));
}
/** The first host that is no pattern. */
function plainHostOf(conditions) {
	return hostsOf(conditions).find((host) => !/[*?]/.test(host));
}
/** Values that count against ELB's quota for a rule. */
function conditionValues(conditions) {
	const count = (condition) => (condition.HostHeaderConfig?.Values ?? condition.PathPatternConfig?.Values ?? condition.HttpRequestMethodConfig?.Values ?? condition.SourceIpConfig?.Values ?? condition.HttpHeaderConfig?.Values ?? condition.QueryStringConfig?.Values ?? condition.Values ?? []).length;
	return conditions.reduce((sum, condition) => sum + count(condition), 0);
}
/**
* Whether a request without a login is not forwarded. `authenticate` is what ELB does unless told otherwise; one
* that checks tokens (`jwt-validation`) lets nobody in without.
*/
function turnsAway(actions) {
	return actions.some((action) => {
		if (action.JwtValidationConfig !== void 0) return true;
		const config = action.AuthenticateOidcConfig ?? action.AuthenticateCognitoConfig;
		return config !== void 0 && config.OnUnauthenticatedRequest !== "allow";
	});
}
// src/shift/ladder.ts
/** A dead green is taken back after about so many minutes: two of data, and the delay of the metrics. */
const minutesToRollback = 4.2;
/** ALB's weights go to 999: a thousandth is the smallest share. */
const smallestPercent = .1;
const largestFirstPercent = 10;
/** From step to step the share grows at most this much. */
const steepest = 5;
/**
* Steps from a budget of requests that a dead green may fail at the first of them, by the traffic that was
* measured: `w1 = budget / (60 * R * 4.2)` between 0.1 % and 10 %, and from there the same factor each time.
* Without traffic there is nothing to spare: 10 %.
*/
function stepsWithin(exposureBudget, requestsPerMinute) {
	const wanted = 100 * exposureBudget / (requestsPerMinute * minutesToRollback);
	const first = Math.max(smallestPercent, Math.min(largestFirstPercent, Math.floor(10 * wanted) / 10));
	const jumps = Math.ceil(Math.log(100 / first) / Math.log(steepest));
	const factor = (100 / first) ** (1 / jumps);
	return [...Array.from({ length: jumps }, (_, index) => {
		const percent = first * factor ** index;
		return percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent);
	}), 100];
}
/** The longest ladder that a budget can lead to. */
const mostSteps = stepsWithin(0, 1).length;
/**
* All groups of the rule stay in it; blue and green share 100, or 1,000 where a share is no whole percentage.
* Groups that are neither must be at 0 already (preflight), and stay there.
*/
function splitAt(former, blueArn, greenArn, greenPercent) {
	const others = former.filter((group) => group.targetGroupArn !== blueArn && group.targetGroupArn !== greenArn);
	const [whole, green] = Number.isInteger(greenPercent) ? [100, greenPercent] : [1e3, Math.round(10 * greenPercent)];
	return [
		{
			targetGroupArn: blueArn,
			weight: whole - green
		},
		{
			targetGroupArn: greenArn,
			weight: green
		},
		...others
	];
}
/** What the rule holds before the first step: as found, with green at 0 where it was not in the rule. */
function startSplit(former, greenArn) {
	return former.some((group) => group.targetGroupArn === greenArn) ? former : [...former, {
		targetGroupArn: greenArn,
		weight: 0
	}];
}
function buildLadder(former, blueArn, greenArn, percents, bakeTimesMs) {
	return percents.map((percent, index) => ({
		percent,
		split: splitAt(former, blueArn, greenArn, percent),
		bakeTimeMs: bakeTimesMs[index] ?? bakeTimesMs.at(-1) ?? 0
	}));
}
/** A group's share of the rule's traffic, percent. */
function shareOf(split, targetGroupArn) {
	const total = split.reduce((sum, group) => sum + group.weight, 0);
	const own = split.find((group) => group.targetGroupArn === targetGroupArn)?.weight ?? 0;
	return total === 0 ? 0 : 100 * own / total;
}
/** `arn:…:targetgroup/name/id` to `name`. */
function groupName(targetGroupArn) {
	const end = targetGroupArn.lastIndexOf("/");
	return end < 0 ? targetGroupArn : targetGroupArn.slice(targetGroupArn.lastIndexOf("/", end - 1) + 1, end);
}
/** `blue 90, green 10`, by the groups' names. */
function describeSplit(split) {
	if (split.length === 0) return "no target group";
	return split.map((group) => `${groupName(group.targetGroupArn)} ${group.weight}`).join(", ");
}
// src/shift/preflight-groups.ts
function* checkGroups(facts) {
	const { blueGroup: blue, greenGroup: green } = facts;
	const compare = (what, one, other) => one === other ? void 0 : `${what} ${one} and ${other}`;
	const joined = (parts) => parts.filter((part) => part !== void 0).join(", ");
	const protocol = joined([compare("protocol", blue.protocol, green.protocol), compare("version", blue.protocolVersion, green.protocolVersion)]);
	if (protocol !== "") yield {
		code: "protocol-mismatch",
		message: `${blue.name} and ${green.name} speak differently: ${protocol}.`
	};
	if (blue.vpcId !== green.vpcId) yield {
		code: "network-mismatch",
		message: `${blue.name} is in ${blue.vpcId}, ${green.name} in ${green.vpcId}.`
	};
	const [balancer] = facts.listeners.map((listener) => listener.loadBalancerArn);
	const others = green.loadBalancerArns.filter((arn) => arn !== balancer);
	if (balancer !== void 0 && others.length > 0) yield {
		code: "green-group-elsewhere",
		message: `${green.name} belongs to the load balancer ${others.map((arn) => arn.split("/").at(-2)).join(", ")} already, and ELB lets a target group serve one only.`
	};
	if (blue.targetType === green.targetType && blue.port !== green.port) yield {
		code: "port-mismatch",
		message: `${blue.name} has port ${blue.port}, ${green.name} port ${green.port}.`
	};
	const check = joined([
		compare("path", blue.healthCheck.path, green.healthCheck.path),
		sameCheckPort(facts) ? void 0 : compare("port", blue.healthCheck.port, green.healthCheck.port),
		compare("matcher", blue.healthCheck.matcher, green.healthCheck.matcher),
		compare("protocol", blue.healthCheck.protocol, green.healthCheck.protocol)
	]);
	if (check !== "") yield {
		code: "health-check-mismatch",
		message: `Healthy means different things for ${blue.name} and ${green.name}: ${check}.`
	};
}
/** Whether a number and `traffic-port` mean the same is told by the ports that targets have, or will have. */
function sameCheckPort(facts) {
	const { blueGroup: blue, greenGroup: green, blueTargets, greenTargets } = facts;
	if (blue.targetType !== green.targetType || blue.healthCheck.port === green.healthCheck.port) return true;
	const containerPorts = (service, { arn }) => (service?.loadBalancers ?? []).filter((entry) => entry.targetGroupArn === arn).map((entry) => String(entry.containerPort));
	const registered = (targets) => targets.map(({ port }) => String(port));
	const bluePorts = [...registered(blueTargets), ...containerPorts(facts.blueService, blue)];
	const greenPorts = facts.greenService === void 0 ? [...registered(greenTargets), ...containerPorts(facts.blueService, blue)] : [...registered(greenTargets), ...containerPorts(facts.greenService, green)];
	const means = (port, ports) => new Set(port === "traffic-port" ? ports : [port]);
	const all = /* @__PURE__ */ new Set([...means(blue.healthCheck.port, bluePorts), ...means(green.healthCheck.port, greenPorts)]);
	return bluePorts.length > 0 && greenPorts.length > 0 && all.size === 1;
}
// src/aws/elb-rules.ts
/** All listeners of the load balancer with all their rules. */
async function readListeners(caller, loadBalancerArn) {
	const listeners = [];
	let marker;
	do {
		const page = await caller.call("elasticloadbalancing:DescribeListeners", {
			LoadBalancerArn: loadBalancerArn,
			...marker === void 0 ? {} : { Marker: marker }
		});
		for (const listener of page.Listeners ?? []) {
			const listenerArn = listener.ListenerArn ?? "";
			listeners.push({
				listenerArn,
				loadBalancerArn,
				port: listener.Port ?? 0,
				protocol: listener.Protocol ?? "",
				rules: await readRules(caller, listenerArn)
			});
		}
		marker = page.NextMarker;
	} while (marker !== void 0);
	return listeners;
}
/** All rules of one listener, the default rule included. */
async function readRules(caller, listenerArn) {
	const rules = [];
	let marker;
	do {
		const page = await caller.call("elasticloadbalancing:DescribeRules", {
			ListenerArn: listenerArn,
			...marker === void 0 ? {} : { Marker: marker }
		});
		rules.push(...(page.Rules ?? []).map(toRule));
		marker = page.NextMarker;
	} while (marker !== void 0);
	return rules;
}
/** `arn:…:listener/app/name/lb/listener` to the load balancer's ARN. */
function loadBalancerArnOf(listenerArn) {
	return listenerArn.replace(":listener/", ":loadbalancer/").replace(/\/[^/]+$/, "");
}
/** Of a listener that is known to be there. */
async function readLoadBalancerOfListener(caller, listenerArn) {
	const loadBalancerArn = loadBalancerArnOf(listenerArn);
	const { LoadBalancers: found = [] } = await caller.call("elasticloadbalancing:DescribeLoadBalancers", { LoadBalancerArns: [loadBalancerArn] });
	return {
		arn: loadBalancerArn,
		name: found[0]?.LoadBalancerName ?? "",
		dnsName: found[0]?.DNSName ?? "",
		scheme: found[0]?.Scheme ?? ""
	};
}
/** Resources that DescribeTags takes at once. */
const tagsLimit = 20;
/**
* Makes the rule by which probes reach green. Its priority is the lock against a second shift: taken means
* `{ kind: 'taken' }`. The one create whose answer may be lost: where the rule stands with this very header
* value, it is ours.
*/
async function createTestRule(caller, request) {
	const copied = request.actions.filter((action) => action.Type === "forward" || request.login === "copy").map((action) => action.Type === "forward" ? {
		Type: "forward",
		Order: action.Order
	} : action);
	try {
		const { Rules: rules } = await caller.call("elasticloadbalancing:CreateRule", {
			ListenerArn: request.listenerArn,
			Priority: request.priority,
			Conditions: [...request.conditions.map(withoutLegacyValues), headerCondition(request)],
			Actions: withWeights(copied, [{
				targetGroupArn: request.targetGroupArn,
				weight: 1
			}]),
			Tags: Object.entries(request.tags).map(([Key, Value]) => ({
				Key,
				Value
			}))
		});
		const ruleArn = rules?.[0]?.RuleArn;
		if (ruleArn !== void 0) return {
			kind: "created",
			ruleArn
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		if (!/PriorityInUse/.test(error.code) && !error.retryable) throw error;
		const ours = (await readRules(caller, request.listenerArn)).find((rule) => headerValues(rule.conditions, request.header)?.includes(request.headerValue) === true);
		if (ours !== void 0) return {
			kind: "created",
			ruleArn: ours.ruleArn
		};
		if (!/PriorityInUse/.test(error.code)) throw error;
	}
	return { kind: "taken" };
}
/** A rule with such an action cannot be copied: making one takes the secret, and ELB shows it to nobody. Pure. */
function holdsClientSecret(actions) {
	return actions.some((action) => action.AuthenticateOidcConfig !== void 0);
}
/** Undefined where there is no such rule (any more). */
async function readRule(caller, ruleArn) {
	try {
		const { Rules: rules } = await caller.call("elasticloadbalancing:DescribeRules", { RuleArns: [ruleArn] });
		return rules?.[0] === void 0 ? void 0 : toRule(rules[0]);
	} catch (error) {
		if (error instanceof AwsCallError && error.kind === "not-found") return void 0;
		throw error;
	}
}
/**
* Gives a test rule a new secret value and new tags: the run that left it behind has no key to it any more.
* ELB has no compare-and-set: who takes a rule over reads it back a while later.
*/
async function takeTestRule(caller, ruleArn, request) {
	await caller.call("elasticloadbalancing:ModifyRule", {
		RuleArn: ruleArn,
		Conditions: [...request.conditions.map(withoutLegacyValues), headerCondition(request)]
	});
	await addTags(caller, ruleArn, request.tags);
}
/** Repeatable: tags of these keys are replaced, others stay. */
async function addTags(caller, arn, tags) {
	await caller.call("elasticloadbalancing:AddTags", {
		ResourceArns: [arn],
		Tags: Object.entries(tags).map(([Key, Value]) => ({
			Key,
			Value
		}))
	});
}
async function readTags(caller, arn) {
	const { TagDescriptions: found = [] } = await caller.call("elasticloadbalancing:DescribeTags", { ResourceArns: [arn] });
	return Object.fromEntries((found[0]?.Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}
/** Tags by ARN; one that is gone by now has none. */
async function readTagsOfAll(caller, arns) {
	const found = /* @__PURE__ */ new Map();
	for (let from = 0; from < arns.length; from += tagsLimit) {
		const asked = arns.slice(from, from + tagsLimit);
		for (const [arn, tags] of await readTagsOfSome(caller, asked)) found.set(arn, tags);
	}
	return found;
}
/** Of at most 20. A rule that went meanwhile spoils the answer about the others, so each is asked by itself then. */
async function readTagsOfSome(caller, arns) {
	try {
		const { TagDescriptions: found = [] } = await caller.call("elasticloadbalancing:DescribeTags", { ResourceArns: [...arns] });
		return found.map(({ ResourceArn: arn, Tags: tags = [] }) => [arn ?? "", Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? "", Value ?? ""]))]);
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.kind !== "not-found") throw error;
		if (arns.length <= 1) return [];
		return (await Promise.all(arns.map((arn) => readTagsOfSome(caller, [arn])))).flat();
	}
}
/** Repeatable: a rule that is gone is success. */
async function deleteRule(caller, ruleArn) {
	try {
		await caller.call("elasticloadbalancing:DeleteRule", { RuleArn: ruleArn });
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.kind !== "not-found") throw error;
	}
}
/** Values of the http-header condition on `header`; undefined where there is none. */
function headerValues(conditions, header) {
	return conditions.find((condition) => condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() === header.toLowerCase())?.HttpHeaderConfig?.Values;
}
function headerCondition(request) {
	return {
		Field: "http-header",
		HttpHeaderConfig: {
			HttpHeaderName: request.header,
			Values: [request.headerValue]
		}
	};
}
/** Describe answers some conditions twice (`Values` and the typed form); create wants one of them. */
function withoutLegacyValues(condition) {
	const { Values, ...typed } = condition;
	return Object.keys(typed).some((key) => key.endsWith("Config")) ? typed : {
		...typed,
		Values
	};
}
function toRule(rule) {
	return {
		ruleArn: rule.RuleArn ?? "",
		priority: rule.Priority ?? "",
		isDefault: rule.IsDefault ?? false,
		split: splitOf(rule.Actions ?? []),
		conditions: rule.Conditions ?? [],
		actions: rule.Actions ?? []
	};
}
// src/shift/record.ts
/**
* What a shift leaves for whoever comes after it: the tags of its test rule. The rule is made before
* anything is changed and deleted after everything is put away, so a run that finds one knows what
* happened. Documented in docs/tags.md. Pure.
*/
const stages = [
	"shifting",
	"paused",
	"left",
	"promoted",
	"promoted-on-probes"
];
/** No run has it: anybody may go on at once. */
function isAtRest(stage) {
	return stage === "paused" || stage === "left";
}
function isPromoted(stage) {
	return stage === "promoted" || stage === "promoted-on-probes";
}
const key = {
	holder: "ips-deploy:holder",
	locked: "ips-deploy:locked",
	alive: "ips-deploy:alive",
	stage: "ips-deploy:stage",
	weights: "ips-deploy:weights",
	steps: "ips-deploy:steps",
	revision: "ips-deploy:revision",
	count: "ips-deploy:count",
	blueCount: "ips-deploy:blue-count",
	noReturn: "ips-deploy:no-return",
	kept: "ips-deploy:blue-kept",
	cluster: "ips-deploy:cluster",
	others: "ips-deploy:other-rules",
	schema: "ips-deploy:schema",
	probes: "ips-deploy:probes"
};
/**
* A holder that gave no sign of life for this long is dead. It gives one each minute; the calls between two
* of them may be retried for two minutes each.
*/
const leaseMs = 3e5;
function recordToTags(record) {
	return {
		[key.holder]: tagValue(record.holder),
		[key.locked]: new Date(record.lockedAt).toISOString(),
		[key.alive]: new Date(record.aliveAt).toISOString(),
		[key.stage]: record.stage,
		[key.weights]: tagValue(Object.entries(record.former).map(([name, weight]) => `${name}=${weight}`).join(" ")),
		[key.steps]: tagValue(record.steps.join(" ")),
		[key.revision]: tagValue(record.revision === "" ? "-" : record.revision),
		[key.count]: String(record.count),
		[key.blueCount]: String(record.blueCount),
		...record.cluster === void 0 ? {} : { [key.cluster]: tagValue(record.cluster || "-") },
		[key.others]: record.together ? "together" : "refuse",
		[key.schema]: record.breaking ? "breaking" : "compatible",
		[key.probes]: record.probeTask ? "vpc-task" : "runner",
		...record.noReturnAt === void 0 ? {} : { [key.noReturn]: new Date(record.noReturnAt).toISOString() },
		...record.kept === void 0 ? {} : { [key.kept]: keptToTag(record.kept) }
	};
}
/** The same for a rule that is taken over: what is so no more is written over. */
function recordOverTags(record) {
	return {
		[key.noReturn]: "-",
		[key.kept]: "-",
		...recordToTags(record)
	};
}
function keptToTag({ tasks, since }) {
	return `tasks=${tasks} since=${new Date(since).toISOString()}`;
}
function keptOfTag(text = "") {
	const [, tasks, time] = /^tasks=(\d{1,4}) since=(\S+)$/.exec(text) ?? [];
	const since = timeOf(time);
	return since === void 0 ? void 0 : {
		tasks: Number(tasks),
		since
	};
}
/** The tags that say "still here", and what has changed since. */
function noteTags(note) {
	return {
		[key.alive]: new Date(note.aliveAt).toISOString(),
		...note.stage === void 0 ? {} : { [key.stage]: note.stage },
		...note.noReturnAt === void 0 ? {} : { [key.noReturn]: new Date(note.noReturnAt).toISOString() },
		...note.kept === void 0 ? {} : { [key.kept]: keptToTag(note.kept) }
	};
}
/** Undefined where the tags are not a shift's. */
function recordOfTags(tags) {
	const holder = tags[key.holder];
	if (holder === void 0) return void 0;
	const stage = tags[key.stage];
	const revision = tags[key.revision] ?? "-";
	const cluster = tags[key.cluster];
	const former = {};
	for (const part of (tags[key.weights] ?? "").split(" ")) {
		const match = /^(.+)=(\d{1,3})$/.exec(part);
		if (match !== null) former[match[1]] = Number(match[2]);
	}
	return {
		holder,
		lockedAt: timeOf(tags[key.locked]) ?? 0,
		aliveAt: timeOf(tags[key.alive]) ?? 0,
		stage: stages.find((each) => each === stage) ?? "shifting",
		former,
		steps: (tags[key.steps] ?? "").split(" ").map(Number).filter((step) => step > 0 && step <= 100),
		revision: revision === "-" ? "" : revision,
		count: Number(tags[key.count] ?? 0) || 0,
		blueCount: Number(tags[key.blueCount] ?? 0) || 0,
		noReturnAt: timeOf(tags[key.noReturn]),
		kept: keptOfTag(tags[key.kept]),
		cluster: cluster === "-" ? "" : cluster,
		together: tags[key.others] === "together",
		probeTask: tags[key.probes] === "vpc-task",
		breaking: tags[key.schema] === "breaking"
	};
}
/**
* What stands there, as far as the weights agree: with all of them off green, it was taken back, by a run that died at
* that or by somebody's hand. It is promoted no more, and blue is neither at its end nor kept.
*/
function asWeightsSay(record, live, greenArn) {
	const isBack = live.some(({ weight }) => weight > 0) && live.every(({ targetGroupArn, weight }) => targetGroupArn !== greenArn || weight === 0);
	const saysMore = isPromoted(record.stage) || record.noReturnAt !== void 0 || record.kept !== void 0;
	if (!isBack || !saysMore) return record;
	const stage = isPromoted(record.stage) ? "shifting" : record.stage;
	return {
		...record,
		stage,
		noReturnAt: void 0,
		kept: void 0
	};
}
/** The split as it was before the shift, with the groups the rule holds now; green is at 0. */
function formerSplit(record, live) {
	return live.map(({ targetGroupArn }) => ({
		targetGroupArn,
		weight: record.former[groupName(targetGroupArn)] ?? 0
	}));
}
/** `owner/name run 42.1 job deploy`. */
function holderName(context) {
	return tagValue(`${context.repository} run ${context.runId}.${context.runAttempt} job ${context.job}`);
}
/** An earlier attempt of the very same job is over: GitHub starts no attempt beside one that runs. */
function isEarlierAttempt(holder, ours) {
	const pattern = /^(.+ run \d+)\.(\d+)( job .*)$/;
	const [theirs, own] = [pattern.exec(holder), pattern.exec(ours)];
	return theirs !== null && own !== null && theirs[1] === own[1] && theirs[3] === own[3] && Number(theirs[2]) < Number(own[2]);
}
function timeOf(text) {
	const at = Date.parse(text ?? "");
	return Number.isFinite(at) ? at : void 0;
}
// src/shift/preflight-rules.ts
/** Is the rule one that can be shifted, and is anything else of the load balancer in the way? Pure. */
/** ELB's quota of condition values for a rule. */
const mostConditionValues = 5;
function* checkRules(facts, request) {
	const { forward, blueGroup, listeners } = facts;
	for (const listener of listeners) for (const rule of listener.rules) {
		if (isShifted(forward, listener, rule) || rule.ruleArn === facts.lock?.ruleArn) continue;
		if (facts.otherShifts.some((each) => each.ruleArn === rule.ruleArn)) continue;
		const ownHeader = headerValues(rule.conditions, request.probes.header) !== void 0;
		const here = listener.listenerArn === forward.listenerArn;
		if (ownHeader && (here || isOfPair(facts, rule))) yield {
			code: "another-shift",
			message: `The rule ${rule.ruleArn} (priority ${rule.priority}) opens with the header of probes, and its tags say nothing of who made it: another shift may be in progress. If none is running: check the weights, then aws elbv2 delete-rule --rule-arn ${rule.ruleArn}`
		};
		else if (listener.listenerArn === forward.listenerArn && rule.priority === String(facts.testRulePriority)) yield {
			code: "priority-taken",
			message: `Priority ${rule.priority} of the listener is taken by ${rule.ruleArn}; the test rule needs it. Name a free one below production's by test-rule-priority.`
		};
	}
	yield* checkOtherShifts(facts);
	yield* checkGreenUnused(facts, request.probes.header);
	for (const { listener, rule } of othersOf(facts, request.probes.header)) {
		const name = ruleName(listener, rule);
		if (request.otherRules === "refuse") {
			yield {
				code: "other-rule",
				message: `${name} forwards to blue ${blueGroup.name} as well and would stay there. Shift them together by other-rules: together.`
			};
			continue;
		}
		if (rule.split.filter((group) => group.weight > 0 && ![blueGroup.arn, facts.greenGroup.arn].includes(group.targetGroupArn)).length > 0 || facts.lock === void 0 && shareOf(rule.split, blueGroup.arn) !== 100) yield {
			code: "weights-not-as-expected",
			message: `${name} is to be shifted, too, and does not send everything to blue ${blueGroup.name}: ${describeSplit(rule.split)}.`
		};
		if (stickinessOf(rule.actions) !== void 0) yield {
			code: "stickiness",
			message: `${name} keeps clients with their group: turn that off for the shift.`
		};
	}
	if (facts.lock === void 0 && request.testRuleLogin === "copy" && holdsClientSecret(forward.actions)) yield {
		code: "test-rule-login",
		message: "The rule logs users in by OIDC, and the test rule cannot be a copy of that: ELB asks for the client secret to make one, and shows it to nobody. With test-rule-login: none the test rule is opened by its secret header alone, without a login, for as long as the shift lasts."
	};
	if (conditionValues(forward.conditions) >= mostConditionValues) yield {
		code: "test-rule-conditions",
		message: `The rule has ${conditionValues(forward.conditions)} condition values, and ELB allows ${mostConditionValues}: the test rule needs one more, for its header. Split the rule, or write the values as a pattern.`
	};
	if (facts.testRulePriority === void 0) yield {
		code: "priority-taken",
		message: `The rule has priority ${forward.priority}: the test rule needs a lower number. Move the rule up (aws elbv2 set-rule-priorities).`
	};
}
function* checkOtherShifts({ otherShifts, now }) {
	for (const { ruleArn, port, priority, record } of otherShifts) {
		const silent = isAtRest(record.stage) || now >= record.aliveAt + 3e5;
		yield {
			code: "another-shift",
			message: `${record.holder} shifts this pair already, by another rule: its test rule is ${ruleArn} (port ${port}, priority ${priority}). ${silent ? "Nobody works on it now: go on with it, or take it back (on-interrupted: rollback-only), by the rule that it was begun with." : "Let it end."}`
		};
	}
}
function isOfPair({ blueGroup, greenGroup }, rule) {
	return rule.split.some((group) => [blueGroup.arn, greenGroup.arn].includes(group.targetGroupArn));
}
/** Before a shift nothing may send requests to green: they would meet it before any proof. */
function* checkGreenUnused(facts, header) {
	const { forward, blueGroup, greenGroup, listeners, lock } = facts;
	if (lock !== void 0) return;
	const weightOf = (rule, arn) => rule.split.find((group) => group.targetGroupArn === arn)?.weight ?? 0;
	for (const listener of listeners) for (const rule of listener.rules) {
		if (isShifted(forward, listener, rule) || weightOf(rule, blueGroup.arn) > 0) continue;
		if (facts.otherShifts.some((each) => each.ruleArn === rule.ruleArn)) continue;
		if (headerValues(rule.conditions, header) !== void 0 || weightOf(rule, greenGroup.arn) === 0) continue;
		yield {
			code: "other-traffic",
			message: `${ruleName(listener, rule)} forwards to green ${greenGroup.name} already: green would have those requests at weight 0, before any proof. Take green out of it, or accept other-traffic (where only tests come that way, say).`
		};
	}
}
function ruleName(listener, rule) {
	return `Port ${listener.port}, ${rule.isDefault ? "default action" : `rule ${rule.priority}`}`;
}
function isShifted({ location, listenerArn }, listener, rule) {
	return location.kind === "rule" ? rule.ruleArn === location.ruleArn : rule.isDefault && listener.listenerArn === listenerArn;
}
/** Rules and default actions of the load balancer, but the one that is shifted, that send traffic to blue. */
function othersOf({ forward, blueGroup, greenGroup, listeners, lock, otherShifts }, header) {
	return listeners.flatMap((listener) => listener.rules.filter((rule) => {
		const isTest = rule.ruleArn === lock?.ruleArn || otherShifts.some((each) => each.ruleArn === rule.ruleArn) || header !== void 0 && headerValues(rule.conditions, header) !== void 0;
		const pair = lock === void 0 ? [blueGroup.arn] : [blueGroup.arn, greenGroup.arn];
		const hasWeight = rule.split.some((group) => pair.includes(group.targetGroupArn) && group.weight > 0);
		return !isShifted(forward, listener, rule) && !isTest && hasWeight;
	}).map((rule) => ({
		listener,
		rule,
		location: rule.isDefault ? {
			kind: "default-action",
			listenerArn: listener.listenerArn
		} : {
			kind: "rule",
			ruleArn: rule.ruleArn
		}
	})));
}
const harmGate = ({ plan, baseline, state, now }) => {
	const { evidence, phase } = state;
	const { stream, ratio } = worstStream(evidence);
	const limit = harmLimit(plan, baseline);
	if (ratio >= limit) {
		const proof = `evidence ${formatRatio(ratio)}:1, limit ${limit}:1`;
		return fail(stream, `${describeHarm(evidence, stream, (alone) => formatPercent(allowedAlone(alone, baseline, plan.maxErrorRate)))}; ${proof}.`);
	}
	if (ratio < suspicionLimit(limit) || phase.kind !== "bake") return pass;
	return now - phase.since < 3 * plan.steps[phase.step].bakeTimeMs ? hold(`${stream} say ${formatRatio(ratio)}:1, and ${limit}:1 would take it back`) : pass;
};
function describeHarm(evidence, stream, allowed) {
	const total = totalsOf(evidence, stream);
	const green = `${formatCount(total.greenBad)} of ${formatCount(total.green)}`;
	const blue = `${formatCount(total.blueBad)} of ${formatCount(total.blue)}`;
	switch (stream) {
		case "probes": return `${green} probes failed: ${describeReasons(evidence.probes)}`;
		case "errors": return total.blue === 0 ? `Green failed ${green} requests (allowed alone: ${allowed(stream)})` : `Green failed ${green} requests, blue ${blue}`;
		case "client-errors": return total.blue === 0 ? `Green refused ${green} requests (4xx; allowed alone: ${allowed(stream)})` : `Green refused ${green} requests (4xx), blue ${blue}`;
		case "slow": return `Green was slower than blue's usual p95 and a margin in ${green} requests, blue in ${blue}`;
		case "unanswered": {
			if (harmRatio(evidence.harm.unanswered) >= ratioOf(evidence, stream)) return `Green left ${green} requests unanswered, blue ${blue}`;
			const own = sumOf(evidence.minutes.map((minute) => minute.balancer));
			return `The load balancer answered ${formatCount(own.greenBad)} of ${formatCount(own.green)} requests itself with 502, 503 or 504, which is not usual here`;
		}
	}
}
// src/shift/worst-case.ts
/** Going back is tried for so long. */
const undoLimitMs = 3e5;
/** Reads of metrics are behind by this much, and a write is confirmed within this. */
const perStepMs = 6e4;
const metricDelayMs$1 = 18e4;
/** Twenty probes at a time, a pause after each. */
const probesAtOnce = 20;
const probePauseMs = 2e3;
/** Putting things away: a handful of calls, each retried for two minutes at most. */
const tailMs = 24e4;
/** From the first call to the last, the way back included; the shift's own time limit bounds it. */
function worstCaseMs(request, drainMs) {
	const { until, probes, steps, bakeTimesMs } = request;
	const made = mostSteps + (until === void 0 ? 0 : 1);
	const asked = until === void 0 ? steps.length : steps.indexOf(until) + 1;
	const count = steps.length === 0 ? made : asked;
	const bakesMs = Array.from({ length: count }, (_, index) => bakeTimesMs[index] ?? bakeTimesMs.at(-1) ?? 0).reduce((sum, bakeMs) => sum + 3 * bakeMs + perStepMs + metricDelayMs$1, 0);
	const probesMs = probes.task === void 0 ? Math.ceil(probes.count / probesAtOnce) * (probePauseMs + probes.timeoutMs) : probes.task.timeoutMs;
	const goesThrough = until === void 0 && request.blueAfter !== "keep";
	const retireMs = goesThrough ? request.keepBlueMs + metricDelayMs$1 + 2 * perStepMs + drainMs : 0;
	const beforeMs = request.preDeploy?.timeoutMs ?? 0;
	const forwardMs = (request.cluster === void 0 ? 0 : request.readyTimeoutMs) + probesMs + bakesMs + retireMs;
	const refillMs = goesThrough && request.keepBlueAt !== "all" ? request.readyTimeoutMs : 0;
	return beforeMs + Math.min(forwardMs, request.timeoutMs) + refillMs + undoLimitMs + tailMs;
}
// src/shift/preflight-run.ts
function* checkRun(facts, request) {
	yield* checkTime(facts, request);
	yield* checkTasks(facts, request);
	yield* checkGuard(facts);
	yield* checkOtherWork(facts);
}
function* checkTime({ drainMs, now }, request) {
	const worstMs = worstCaseMs(request, drainMs);
	if (request.jobTimeoutMs !== void 0 && worstMs > request.jobTimeoutMs) yield {
		code: "job-too-short",
		message: `The shift may take ${formatDuration(worstMs)} in the worst case, the way back included, and the job ends after ${formatDuration(request.jobTimeoutMs)}: GitHub would kill it in the middle. Raise timeout-minutes, or lower timeout or the bake times.`
	};
	if (request.credentialsEndAt !== void 0 && now + worstMs > request.credentialsEndAt) {
		const left = formatDuration(Math.max(0, Math.round((request.credentialsEndAt - now) / 1e3) * 1e3));
		yield {
			code: "credentials-too-short",
			message: `The shift may take ${formatDuration(worstMs)} in the worst case, the way back included, and the credentials end in ${left}. Raise role-duration-seconds (a role that was reached through another one has an hour at most), or lower timeout or the bake times.`
		};
	}
}
/** Tasks that the shift adds to those that run. */
function extraTasks({ desiredCount, greenService }) {
	return Math.max(0, desiredCount - (greenService?.runningCount ?? 0));
}
function* checkTasks(facts, request) {
	const { desiredCount } = facts;
	const extra = extraTasks(facts);
	if (request.cluster === void 0 || request.maxExtraTasks === void 0) return;
	if (extra > request.maxExtraTasks) yield {
		code: "extra-tasks",
		message: `Green needs ${desiredCount} tasks, ${extra} more than run now; max-extra-tasks allows ${request.maxExtraTasks}. Each may hold connections to the database until blue is gone.`
	};
}
function* checkGuard({ guard }) {
	if (guard?.kind === "unfit") yield {
		code: "no-guard",
		message: guard.why
	};
}
/** Work that reaches tasks past the rule that is shifted: green would have it at weight 0. */
function* checkOtherWork({ otherWork }) {
	for (const { service, what } of otherWork) yield {
		code: "other-traffic",
		message: `Tasks of ${service} get work past the rule that is shifted (${what}): green would have it at weight 0, before any proof, and no weight takes it away. Move it to a service of its own, or accept other-traffic.`
	};
}
// src/shift/twin-scaling.ts
/** Policies of other kinds are left out: `uncopied` names them; so are scheduled actions that are over. */
function twinScalingOf(blue, { policies, alarms, scheduled }, settings) {
	const resourceId = blue.resourceId.replace(/[^/]+$/, settings.greenService);
	const copied = policies.filter(isCopied);
	return {
		isBegun: false,
		made: {},
		target: {
			...blue,
			resourceId,
			arn: void 0
		},
		policies: copied.map((policy) => ({
			PolicyName: renamed(policy.PolicyName ?? "", settings),
			PolicyType: policy.PolicyType,
			ResourceId: resourceId,
			ServiceNamespace: policy.ServiceNamespace,
			ScalableDimension: policy.ScalableDimension,
			TargetTrackingScalingPolicyConfiguration: greenMetrics(policy.TargetTrackingScalingPolicyConfiguration, settings),
			StepScalingPolicyConfiguration: policy.StepScalingPolicyConfiguration,
			PolicyARN: void 0,
			CreationTime: void 0
		})),
		alarms: alarms.map((alarm) => twinAlarmOf(alarm, settings)),
		scheduled: scheduled.filter((action) => !isOver(action, settings.now)).map((action) => twinActionOf(action, resourceId, settings)),
		bluePolicies: Object.fromEntries(copied.map((policy) => [renamed(policy.PolicyName ?? "", settings), policy.PolicyARN ?? ""]))
	};
}
/** What is left of it to be made: what stands there stays as it is, whoever has changed it since. */
function restOfTwin(twin, target, policies, scheduled) {
	const arnOf = (name) => policies.find((policy) => policy.PolicyName === name)?.PolicyARN;
	const made = Object.entries(twin.bluePolicies).flatMap(([name, blueArn]) => {
		const arn = arnOf(name);
		return arn === void 0 ? [] : [[blueArn, arn]];
	});
	return {
		...twin,
		isBegun: true,
		target,
		made: Object.fromEntries(made),
		policies: twin.policies.filter((policy) => arnOf(policy.PolicyName) === void 0),
		scheduled: twin.scheduled.filter((action) => !scheduled.some((each) => each.ScheduledActionName === action.ScheduledActionName))
	};
}
function twinActionOf(action, ResourceId, settings) {
	const { StartTime: start } = action;
	return {
		ScheduledActionName: renamed(action.ScheduledActionName ?? "", settings),
		ResourceId,
		Schedule: action.Schedule,
		ScalableTargetAction: action.ScalableTargetAction,
		...action.Timezone === void 0 ? {} : { Timezone: action.Timezone },
		...start === void 0 || start.getTime() <= settings.now ? {} : { StartTime: start },
		...action.EndTime === void 0 ? {} : { EndTime: action.EndTime }
	};
}
/** AWS takes none that would never run: `at(2026-11-26T18:00:00)` of the past, or an end of the past. */
function isOver({ Schedule: schedule = "", EndTime: end, Timezone: zone = "UTC" }, now) {
	if (end !== void 0 && end.getTime() <= now) return true;
	const [, at] = /^at\((.+)\)$/.exec(schedule) ?? [];
	const slackMs = zone === "UTC" || zone === "Etc/UTC" ? 0 : 504e5;
	return at !== void 0 && Date.parse(`${at}Z`) + slackMs <= now;
}
/** Names of blue's scheduled actions that a green which was there before does not have. */
function unscheduled$1(blue, green, settings) {
	const has = new Set(green.map((action) => action.ScheduledActionName));
	return blue.filter((action) => !isOver(action, settings.now)).map((action) => action.ScheduledActionName ?? "").filter((name) => !has.has(renamed(name, settings)) && !has.has(name));
}
/** Whether blue's policy is driven by alarms of the user's own. */
function isStep(policy) {
	return policy.StepScalingPolicyConfiguration !== void 0;
}
/** Names of the policies of a kind that a twin does not get. */
function uncopied(policies) {
	return policies.filter((policy) => !isCopied(policy)).map((policy) => policy.PolicyName ?? "");
}
/** Everything that an alarm is made of, and nothing of its state; on green's metrics, still with blue's actions. */
function twinAlarmOf(alarm, settings) {
	const { AlarmName: name = "", AlarmDescription: description = "" } = alarm;
	return {
		AlarmName: alarmName(name, settings),
		AlarmDescription: `${description} (Made for ${settings.greenService} after ${name} by ips-deploy-actions.)`.trim().slice(0, 1024),
		ActionsEnabled: alarm.ActionsEnabled,
		OKActions: alarm.OKActions,
		AlarmActions: alarm.AlarmActions,
		InsufficientDataActions: alarm.InsufficientDataActions,
		MetricName: alarm.MetricName,
		Namespace: alarm.Namespace,
		Statistic: alarm.Statistic,
		ExtendedStatistic: alarm.ExtendedStatistic,
		Dimensions: greenMetrics(alarm.Dimensions, settings),
		Period: alarm.Period,
		Unit: alarm.Unit,
		EvaluationPeriods: alarm.EvaluationPeriods,
		DatapointsToAlarm: alarm.DatapointsToAlarm,
		Threshold: alarm.Threshold,
		ComparisonOperator: alarm.ComparisonOperator,
		TreatMissingData: alarm.TreatMissingData,
		EvaluateLowSampleCountPercentile: alarm.EvaluateLowSampleCountPercentile,
		Metrics: greenMetrics(alarm.Metrics, settings),
		ThresholdMetricId: alarm.ThresholdMetricId
	};
}
/** The same for the same pair, in each release. */
function alarmName(name, settings) {
	const other = renamed(name, settings);
	const end = `-${settings.greenService}`;
	return other === name ? `${name.slice(0, 255 - end.length)}${end}` : other.slice(0, 255);
}
/** The alarm with green's policies in the place of blue's; other actions stay. Pure. */
function actingOn(alarm, arns) {
	const swapped = (actions) => actions?.map((action) => arns.get(action) ?? action);
	return {
		...alarm,
		OKActions: swapped(alarm.OKActions),
		AlarmActions: swapped(alarm.AlarmActions),
		InsufficientDataActions: swapped(alarm.InsufficientDataActions)
	};
}
/** Whether an alarm that is there was made for this scalable target: then it may be replaced. */
function isOfTarget(alarm, resourceId) {
	const { OKActions: ok = [], AlarmActions: on = [], InsufficientDataActions: unknown = [] } = alarm;
	return [
		...ok,
		...on,
		...unknown
	].some((action) => action.includes(`:resource/ecs/${resourceId}:`));
}
/**
* Policies of green that would count blue's requests as green's: `ALBRequestCountPerTarget` with the label
* of another target group.
*/
function policiesOnOtherGroup(policies, targetGroupArn) {
	const own = labelOf(targetGroupArn);
	return policies.filter((policy) => {
		const label = policy.TargetTrackingScalingPolicyConfiguration?.PredefinedMetricSpecification?.ResourceLabel;
		return label !== void 0 && label !== "" && !label.endsWith(own);
	}).map((policy) => policy.PolicyName ?? "");
}
/** `targetgroup/name/id`: a group as metrics and resource labels name it. */
function labelOf(targetGroupArn) {
	return targetGroupArn.slice(targetGroupArn.indexOf("targetgroup/"));
}
function isCopied(policy) {
	return policy.TargetTrackingScalingPolicyConfiguration !== void 0 || isStep(policy);
}
/** Blue's names in labels and dimensions become green's; everything else stays. */
function greenMetrics(metrics, settings) {
	const blueLabel = labelOf(settings.blueTargetGroupArn);
	const greenLabel = labelOf(settings.greenTargetGroupArn);
	const swapped = (value) => {
		if (typeof value === "string") {
			if (value === settings.blueService) return settings.greenService;
			return value.endsWith(blueLabel) ? value.slice(0, -blueLabel.length) + greenLabel : value;
		}
		if (Array.isArray(value)) return value.map(swapped);
		if (typeof value !== "object" || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, swapped(inner)]));
	};
	return swapped(metrics);
}
/** A policy named after blue's service is named after green's. */
function renamed(name, settings) {
	return name.replaceAll(settings.blueService, settings.greenService);
}
// src/shift/preflight-services.ts
function* checkServices(facts, request) {
	const { blueService, greenService, blueGroup, greenGroup } = facts;
	const ours = [blueService, greenService].flatMap((service) => service === void 0 || service.controller === "ECS" && service.strategy === "ROLLING" ? [] : [{
		service: service.name,
		how: `controller ${service.controller}, strategy ${service.strategy}`
	}]);
	const others = facts.owners.filter((each) => !ours.some(({ service }) => service === each.service));
	for (const { service, how } of [...ours, ...others]) yield {
		code: "foreign-owner",
		message: `Service ${service} shifts its traffic itself (${how}): two owners of the weights would fight.`
	};
	if (blueService !== void 0 && blueService.name === greenService?.name) yield {
		code: "one-service",
		message: `Service ${blueService.name} is registered in both ${blueGroup.name} and ${greenGroup.name}: each of its tasks is blue and green at once, and no weight tells them apart. Take it out of ${greenGroup.name}.`
	};
	if (request.blueService !== void 0 && blueService === void 0) yield {
		code: "blue-service-missing",
		message: `There is no active service ${request.blueService} in cluster ${request.cluster}.`
	};
	if (request.keepBlueAt !== "all" && blueService === void 0) yield {
		code: "blue-not-scalable",
		message: `No ECS service stands behind ${blueGroup.name} (targets of type ${blueGroup.targetType}): how many of its targets run is not this action's to change, EC2 instances least of all, so keep-blue-at cannot be kept to. Leave it out: all of them are left running at the end.`
	};
	const managed = request.cluster !== void 0;
	if (managed && greenService === void 0 && blueService === void 0) yield {
		code: "green-service-missing",
		message: `No service in cluster ${request.cluster} is registered in ${greenGroup.name}${request.greenService === void 0 ? "" : `, and ${request.greenService} does not exist`}; without a blue service there is nothing to make it of. Create it once, with ${greenGroup.name} as its target group.${facts.ownersUnseen === void 0 ? "" : ` Not all could be looked at: ${facts.ownersUnseen}.`}`
	};
	if (facts.untwinnable.length > 0) yield {
		code: "no-twin",
		message: `No twin of ${blueService?.name} can be made: ${facts.untwinnable.join("; ")}. Make green's service yourself, with ${greenGroup.name} as its target group, and name it by green-service.`
	};
	const sides = [[
		"blue-service-elsewhere",
		blueService,
		blueGroup
	], [
		"green-service-elsewhere",
		greenService,
		greenGroup
	]];
	for (const [code, service, group] of sides) {
		const groups = service?.loadBalancers.map((entry) => entry.targetGroupArn) ?? [];
		if (service === void 0 || groups.includes(group.arn)) continue;
		yield {
			code,
			message: `Service ${service.name} is not registered in ${group.name} but in ${groups.map(groupName).join(", ") || "no target group"}.`
		};
	}
	if (managed && greenGroup.targetType !== "ip" && greenService === void 0) yield {
		code: "target-type",
		message: `${greenGroup.name} takes targets of type ${greenGroup.targetType}; Fargate tasks need ip.`
	};
	if (managed && facts.taskDefinitionArn === void 0) yield {
		code: "task-definition-missing",
		message: request.taskDefinition === void 0 ? "Nothing says what green is to run: give task-definition." : `There is no active task definition ${request.taskDefinition.kind === "file" ? request.taskDefinition.path : request.taskDefinition.name}.`
	};
	yield* checkLimits(facts);
	const wrongGroup = policiesOnOtherGroup(facts.greenPolicies, greenGroup.arn);
	if (wrongGroup.length > 0) yield {
		code: "scaling-would-fight",
		message: `Scaling policy ${wrongGroup.join(", ")} of green's service counts requests of another target group: green would be scaled by blue's traffic. Give it the resource label of ${greenGroup.name}.`
	};
	const updating = blueService?.deployments.filter((each) => each.rolloutState === "IN_PROGRESS") ?? [];
	if (facts.lock === void 0 && updating.length > 0) yield {
		code: "blue-deploying",
		message: `Service ${blueService?.name} is being deployed just now: what blue is would change under the shift. Wait for it, or stop it.`
	};
	if (facts.lock === void 0 && healthyCount(facts.blueTargets) === 0) yield {
		code: "blue-unhealthy",
		message: `Blue ${blueGroup.name} has no healthy target: there would be no way back.`
	};
	if (!managed && healthyCount(facts.greenTargets) === 0) yield {
		code: "green-empty",
		message: `Green ${greenGroup.name} has no healthy target, and no cluster is named in which a service could fill it.`
	};
}
/** Scaling would bring green below the tasks it needs as soon as its limits are written. */
function* checkLimits({ scaling, blueService, greenService, desiredCount }) {
	const limitsOf = (service) => service && scaling.find((target) => target.resourceId.endsWith(`/${service.name}`));
	const own = limitsOf(greenService);
	const target = own ?? limitsOf(blueService);
	if (target === void 0 || target.maxCapacity >= desiredCount) return;
	const whose = own === void 0 ? ", and green gets the same limits" : "";
	yield {
		code: "scaling-limit",
		message: `${target.resourceId} scales to ${target.maxCapacity} at most${whose}; green needs ${desiredCount}. Raise that limit, or ask for fewer by desired-count.`
	};
}
// src/shift/probe-task-plan.ts
/** The one-off task that probes green from inside of the VPC, as a part of the plan. Pure. */
/** Why the task could not probe. */
function* checkProbeTask(facts, { probes }) {
	const asked = probes.task;
	if (asked === void 0) return;
	const { probeDefinition } = facts;
	if (probeDefinition === void 0) yield {
		code: "probe-task",
		message: `There is no active task definition ${asked.taskDefinition} for the probe task.`
	};
	else if (containerOf(probeDefinition, asked.container) === void 0) {
		const names = (probeDefinition.containerDefinitions ?? []).map((each) => each.name ?? "").join(", ");
		yield {
			code: "probe-task",
			message: `Which container of ${asked.taskDefinition} sends the probes is not clear: name it by probe-container, one of ${names}.`
		};
	}
	if (serviceOf(facts) === void 0) yield {
		code: "probe-task",
		message: "The probe task runs in the network of a service, and none is known: give cluster, and green-service or blue-service."
	};
}
/** Undefined: the runner sends the probes. Only for facts that `checkProbeTask` let pass. */
function planProbeTask(facts, { probes }) {
	const { task: asked } = probes;
	const { probeDefinition } = facts;
	const service = serviceOf(facts);
	if (asked === void 0 || probeDefinition === void 0 || service === void 0) return void 0;
	const container = containerOf(probeDefinition, asked.container);
	if (container === void 0) return void 0;
	const { name, logConfiguration } = container;
	return {
		taskDefinitionArn: probeDefinition.taskDefinitionArn ?? "",
		container: {
			name,
			logConfiguration
		},
		command: asked.command,
		launch: service.launch,
		timeoutMs: asked.timeoutMs
	};
}
function serviceOf({ greenService, blueService }) {
	return greenService ?? blueService;
}
function containerOf({ containerDefinitions = [] }, name) {
	if (name !== void 0) return containerDefinitions.find((each) => each.name === name);
	const essential = containerDefinitions.filter((each) => each.essential !== false);
	return essential.length === 1 ? essential[0] : void 0;
}
/** What the container finds in its environment. The value is secret to those who may not read the rule. */
function probeWords({ probes, testRule }, headerValue) {
	return {
		IPS_DEPLOY_PROBE_URL: probes.baseUrl,
		IPS_DEPLOY_PROBE_HOST: probes.host ?? new URL(probes.baseUrl).host,
		IPS_DEPLOY_PROBE_PATHS: probes.paths.join(" "),
		IPS_DEPLOY_PROBE_HEADER: testRule.header,
		IPS_DEPLOY_PROBE_VALUE: headerValue,
		IPS_DEPLOY_PROBE_COUNT: String(probes.count),
		IPS_DEPLOY_PROBE_TIMEOUT_SECONDS: String(probes.timeoutMs / 1e3),
		IPS_DEPLOY_PROBE_CODES: probes.goodCodes.map(rangeText).join(",")
	};
}
function rangeText({ from, to }) {
	return from === to ? String(from) : `${from}-${to}`;
}
/** `startedBy` of the probe tasks of one shift: whoever comes to its test rule finds them by it, and nobody else's. */
function probeStarter(testRuleArn) {
	return `ips-deploy/${createHash("sha256").update(`probes by ${testRuleArn}`).digest("hex").slice(0, 24)}`;
}
/** One for each run: the secret of the test rule is its own. */
function probeTaskInput(cluster, task, words, { run, testRuleArn }) {
	const token = createHash("sha256").update(JSON.stringify([run, words])).digest("hex");
	return {
		cluster,
		taskDefinition: task.taskDefinitionArn,
		startedBy: probeStarter(testRuleArn),
		clientToken: token.slice(0, 36),
		overrides: { containerOverrides: [{
			name: task.container.name,
			environment: Object.entries(words).map(([name, value]) => ({
				name,
				value
			})),
			...task.command === void 0 ? {} : { command: [...task.command] }
		}] },
		...launchedAs(task.launch)
	};
}
/**
* `ips-deploy-probes sent=300 bad=0`: what the container says that it sent. Never more than was asked for. A task
* without such a line has proven by its exit code that green answers, and nothing that could be counted.
*/
function tallyOfLog(lines, asked) {
	const match = lines.map((line) => /\bips-deploy-probes sent=(\d{1,6}) bad=(\d{1,6})\b/.exec(line)).findLast((found) => found !== null);
	if (match === void 0 || match === null) return void 0;
	const sent = Math.min(asked, Number(match[1]));
	const bad = Math.min(sent, Number(match[2]));
	return {
		sent,
		bad,
		reasons: bad === 0 ? {} : { "told by the probe task": bad }
	};
}
// src/shift/preflight.ts
/**
* The inputs name a pair, and colours swap from release to release: blue is the one that serves now, whatever
* it is called. Groups that are not named are found in the rule: exactly two, one of them with all the weight.
*/
function findColours(split, namedBlueArn, namedGreenArn) {
	const weighted = split.filter((group) => group.weight > 0);
	const [blueArn, greenArn] = namedGreenArn !== void 0 && weighted.length === 1 && weighted[0].targetGroupArn === namedGreenArn ? [namedGreenArn, namedBlueArn] : [namedBlueArn, namedGreenArn];
	if (blueArn !== void 0 && greenArn !== void 0) return blueArn === greenArn ? {
		kind: "unclear",
		reason: "Blue and green are the same target group."
	} : {
		kind: "found",
		blueArn,
		greenArn
	};
	const shown = split.map((group) => `${groupName(group.targetGroupArn)} ${group.weight}`).join(", ");
	const blue = blueArn ?? (weighted.length === 1 && weighted[0].targetGroupArn !== greenArn ? weighted[0].targetGroupArn : void 0);
	const others = split.filter((group) => group.targetGroupArn !== blue);
	const green = greenArn ?? (others.length === 1 ? others[0].targetGroupArn : void 0);
	if (blue === void 0 || green === void 0) return {
		kind: "unclear",
		reason: `The rule forwards to ${shown}: that does not show which group is ${blue === void 0 ? "blue (exactly one with weight)" : "green (exactly one other)"}. Name it by input.`
	};
	return {
		kind: "found",
		blueArn: blue,
		greenArn: green
	};
}
function preflight(facts, request) {
	return [
		...checkWeights(facts),
		...checkRules(facts, request),
		...checkGroups(facts),
		...checkServices(facts, request),
		...checkAlarms(facts),
		...checkProbes(facts, request),
		...checkRun(facts, request)
	].filter(({ code }) => !(isAcceptable(code) && request.accept.includes(code)));
}
function isAcceptable(code) {
	return acceptable.includes(code);
}
function* checkWeights({ forward, blueGroup, greenGroup, lock }) {
	const { split } = forward;
	const blueShare = shareOf(split, blueGroup.arn);
	const greenShare = shareOf(split, greenGroup.arn);
	const others = split.filter((group) => group.weight > 0 && group.targetGroupArn !== blueGroup.arn && group.targetGroupArn !== greenGroup.arn);
	if (others.length > 0) yield {
		code: "other-group-has-weight",
		message: `The rule also sends traffic to ${others.map((group) => groupName(group.targetGroupArn)).join(", ")}; a shift moves traffic between two groups only. Set the others to 0 first.`
	};
	else if (lock === void 0 && (blueShare !== 100 || greenShare !== 0)) yield {
		code: "weights-not-as-expected",
		message: `Blue ${blueGroup.name} has ${Math.round(blueShare)} % of the traffic and green ${greenGroup.name} has ${Math.round(greenShare)} %; a shift starts from 100 and 0. The rollback action with to: weights and the target group ${blueGroup.arn} gives blue all of it.`
	};
	if (forward.stickinessSeconds !== void 0) yield {
		code: "stickiness",
		message: `The rule keeps clients with their group for ${forward.stickinessSeconds} s (target group stickiness): new weights would not reach them. Turn it off for the shift.`
	};
	const sticky = [blueGroup, greenGroup].filter((group) => group.sticky);
	if (sticky.length > 0) yield {
		code: "stickiness",
		message: `${sticky.map((group) => group.name).join(" and ")} ${sticky.length === 1 ? "has" : "have"} sticky sessions: ELB wants stickiness between groups with that, which hides the shift. Turn it off for the shift.`
	};
}
function* checkAlarms({ alarms }) {
	for (const alarm of alarms) {
		if (alarm.state === "missing") yield {
			code: "alarm-missing",
			message: `There is no alarm ${alarm.name}.`
		};
		if (alarm.state === "ALARM") yield {
			code: "alarm-active",
			message: `${alarm.name} is in ALARM already${alarm.reason === void 0 ? "" : ` (${alarm.reason})`}: it could not tell a bad green from what is wrong now.`
		};
	}
}
function* checkProbes(facts, request) {
	if (request.probes.count === 0 && request.probes.perStep === 0) return;
	if (request.testRuleLogin === "copy" && turnsAway(facts.forward.actions)) yield {
		code: "probe-authentication",
		message: "The rule asks for a login before it forwards: probes have none and would be sent away. Send no probes (probe-count: 0, probes-per-step: 0) and let a check of your own (check-command) log in, or open the test rule by its secret header alone (test-rule-login: none)."
	};
	yield* checkProbeTask(facts, request);
	const patterns = pathsOf(facts.forward.conditions);
	const unmatched = facts.probePaths.filter((path) => !matchesPath(path, patterns));
	if (unmatched.length > 0) yield {
		code: "probe-path",
		message: `The rule takes ${patterns.join(", ")} only: probes of ${unmatched.join(", ")} would never reach green. Give probe-paths that it takes.`
	};
	const hosts = hostsOf(facts.forward.conditions);
	if (hosts.length > 0 && hosts.every((host) => /[*?]/.test(host)) && request.probes.host === void 0) yield {
		code: "probe-host",
		message: `The rule takes hosts by pattern (${hosts.join(", ")}): give one of them as probe-host.`
	};
}
function healthyCount(targets) {
	return targets.filter((target) => target.state === "healthy").length;
}
// src/shift/progress-answer.ts
const pollMs = {
	ready: 5e3,
	probe: 2e3,
	verify: 2e3,
	check: 2e3
};
/** What the run before has found, by its tags. */
function promotionBefore({ stage }) {
	return stage === "promoted-on-probes" ? {
		kind: stage,
		lack: "the run before this one found too little traffic"
	} : { kind: "promoted" };
}
/** A wait that says what it waits for, once. */
function wait(state, now, waitMs, code, what) {
	if (state.said === what) return {
		kind: "wait",
		waitMs,
		state
	};
	return {
		kind: "wait",
		waitMs,
		state: {
			...state,
			said: what
		},
		events: [event(now, code, "info", what)]
	};
}
function withEvents(next, events) {
	if (events.length === 0 || next.kind === "fail" || next.kind === "fail-lock") return next;
	return {
		...next,
		events: [...events, ...next.events ?? []]
	};
}
// src/shift/kept-blue.ts
/** So much of green's latest minute failed: nearly nobody is served. */
const deadRate = .9;
const retryMs$1 = 3e3;
/**
* Healthy targets that carry everything: as many as blue had at the start, and no fewer than green has now. Its own
* scaling allows no more than its limit.
*/
function neededOfBlue({ blue, blueHealthy, lock, scaling }, greenTargets) {
	const before = blueHealthy > 0 ? blueHealthy : lock?.record.count ?? 0;
	const limit = scaling.find(({ resourceId }) => resourceId.endsWith(`/${blue.service}`))?.maxCapacity;
	const wanted = Math.max(1, before, healthyCount(greenTargets));
	return Math.min(wanted, Math.max(1, limit ?? wanted));
}
/** Green serves nobody: no target is healthy, or nearly all that it got in its latest known minute failed. */
function isDead({ evidence }, { greenTargets }) {
	if (healthyCount(greenTargets) === 0) return true;
	const latest = wholeMinutes(evidence).at(-1);
	if (latest === void 0) return false;
	const failed = [latest.errors, latest.unanswered].map(({ greenBad, green }) => greenBad / Math.max(1, green));
	return Math.max(...failed) >= deadRate;
}
/** Whether a cancelled job may give a small blue everything in its few seconds. */
function takesAllNow(plan, state, facts) {
	const [healthy, needed] = [healthyCount(facts.blueTargets), neededOfBlue(plan, facts.greenTargets)];
	return healthy >= needed || isDead(state, facts) && healthy >= halfOf(needed);
}
function halfOf(needed) {
	return Math.ceil(needed / 2);
}
/**
* What comes before the weights. A load balancer sheds no load: targets that get more than they can take grow slow,
* fail their checks, and ECS ends them just when they are wanted. So blue gets everything once all that it needs is
* healthy. From a green that serves nobody it takes over with half of that: twice the load a target is what most are
* made to bear for minutes, and while it was waited for all the rest nobody would be served. At the end of its time
* anything is better than a green like that.
*/
function refillFirst(plan, state, undo, facts, { now, cancelled }) {
	if (state.kept === void 0 || state.noReturnAt !== void 0 || undo.refill?.done === true) return {
		kind: "free",
		undo
	};
	const refill = undo.refill ?? {
		since: now,
		needed: neededOfBlue(plan, facts?.greenTargets ?? []),
		ordered: false,
		done: false
	};
	const { needed } = refill;
	const healthy = facts === void 0 ? 0 : healthyCount(facts.blueTargets);
	const free = {
		kind: "free",
		undo: {
			...undo,
			since: now,
			refill: {
				...refill,
				done: true
			}
		}
	};
	if (healthy >= needed) return free;
	const isLast = now - refill.since >= plan.readyTimeoutMs || state.refusal?.final === true;
	const enough = isLast ? 1 : halfOf(needed);
	if (facts !== void 0 && isDead(state, facts) && healthy >= enough && (refill.ordered || isLast)) return free;
	const has = `Blue was kept at ${state.kept.tasks} tasks, and has ${facts === void 0 ? "an unknown number of" : healthy} healthy targets of the ${needed} that carry everything`;
	if (plan.blue.service === void 0 || plan.cluster === void 0) return {
		kind: "barred",
		problem: `${has}: its service is not known. Scale it up first.`
	};
	if (isLast || cancelled && refill.ordered) {
		const why = state.refusal?.message ?? (cancelled ? "the job was cancelled" : void 0);
		return {
			kind: "barred",
			problem: `${has} ${`after ${formatDuration(Math.round((now - refill.since) / 1e3) * 1e3)}`}${why === void 0 ? "" : ` (${why})`}: its traffic was left with green.`
		};
	}
	const phase = {
		kind: "undo",
		undo: {
			...undo,
			refill
		}
	};
	if (state.refusal !== void 0) return {
		kind: "first",
		decision: {
			kind: "wait",
			waitMs: retryMs$1,
			state: {
				...state,
				refusal: void 0,
				phase
			}
		}
	};
	if (!refill.ordered) {
		const told = event(now, "blue.refilling", "warning", `${has}: it gets its tasks back, and then its traffic.`);
		return {
			kind: "first",
			decision: {
				kind: "act",
				state: {
					...state,
					phase
				},
				act: {
					kind: "refill-blue",
					undo: phase.undo
				},
				events: [told]
			}
		};
	}
	const what = `Blue has ${healthy} of ${needed} healthy targets; green keeps the traffic until it has ${facts !== void 0 && isDead(state, facts) ? "half of them" : "all"}.`;
	return {
		kind: "first",
		decision: withSignOfLife(wait({
			...state,
			phase
		}, now, pollMs.ready, "blue.progress", what), now)
	};
}
/** What a person has to know of a blue that stays as small as it was kept. */
function keptLeftover({ blue, cluster, blueAfter }, tasks, why) {
	const count = blueAfter === "keep" ? 0 : blueAfter;
	return `${blue.service} stays at ${tasks} tasks: ${why}. To end it: aws ecs update-service --cluster ${cluster} --service ${blue.service} --desired-count ${count}`;
}
/** For a person's shell: blue has its tasks, and its targets are healthy, once all of them have come to their end. */
function scaleUpCommands(cluster, service, targetGroupArn, count) {
	return [
		`aws ecs update-service --cluster ${cluster} --service ${service} --desired-count ${count}`,
		`aws ecs wait services-stable --cluster ${cluster} --services ${service}`,
		`aws elbv2 wait target-in-service --target-group-arn ${targetGroupArn}`
	];
}
// src/shift/look-needs.ts
const neverSeen = {
	splits: Number.NEGATIVE_INFINITY,
	greenTargets: Number.NEGATIVE_INFINITY,
	alarms: Number.NEGATIVE_INFINITY,
	service: Number.NEGATIVE_INFINITY
};
/**
* Read again from this age on, milliseconds. With looks every 5 and every 7.5 s (`look-times.ts`) that is each look,
* every 15 s and every 30 s.
*/
const targetsMs = 4e3;
const slowMs = 12e3;
const serviceMs = 25e3;
const nothing = {
	splits: false,
	lock: false,
	blueTargets: false,
	greenTargets: false,
	alarms: false,
	green: void 0,
	follows: void 0,
	whole: true
};
function needsOf(state, seenAt, now, cancelled) {
	const { kind } = state.phase;
	if (kind === "tail") return nothing;
	const due = (what, ageMs) => state.lookAgain || now - seenAt[what] >= ageMs || what === "splits" && seenAt.splits <= state.writtenAt;
	if (cancelled || kind === "undo" || kind === "undo-verify") return {
		...nothing,
		splits: true,
		blueTargets: true,
		greenTargets: true
	};
	if (isBeforeGreen(state.phase) && !state.lookAgain) return {
		...nothing,
		splits: true,
		lock: kind === "lock-check",
		whole: false
	};
	const starts = kind === "ready";
	return {
		splits: kind === "verify" || due("splits", slowMs),
		lock: state.lookAgain && kind !== "retire",
		blueTargets: state.lookAgain,
		greenTargets: due("greenTargets", starts && !state.shifted ? slowMs : targetsMs),
		alarms: due("alarms", slowMs),
		green: state.lookAgain ? "all" : starts || due("service", serviceMs) ? "service" : void 0,
		follows: starts ? "deployment" : "targets",
		whole: state.lookAgain
	};
}
/** Locking, and making green: nothing is asked of it yet. */
function isBeforeGreen({ kind }) {
	return [
		"lock",
		"lock-check",
		"attach",
		"quieten",
		"deploy"
	].includes(kind);
}
/**
* Whether these targets are a reason to look at the tasks: some are not healthy, or they are others than at the last
* look at them. ECS takes the target of a task that ends out of its group first of all.
*/
function haveMoved(targets, before) {
	return targets.length !== before.length || targets.some(({ id, port, state }) => state !== "healthy" || !before.some((each) => each.id === id && each.port === port));
}
// src/shift/gates/alarms.ts
/** CloudWatch alarms, composite ones included. */
/**
* A named alarm that goes to ALARM speaks at once. One that rang before the shift and was accepted speaks from
* the moment when it has been quiet once: the fix of what it rings about can be rolled out.
*/
const alarmGate = ({ plan, state, facts }) => {
	if (facts.alarms.length === 0) return pass;
	const named = facts.alarms.filter((alarm) => plan.alarms.includes(alarm.name));
	const ringing = named.filter((alarm) => alarm.state === "ALARM" && !state.stillRinging.includes(alarm.name));
	if (ringing.length > 0) {
		const told = ringing.map((alarm) => alarm.name + (alarm.reason === void 0 ? "" : ` (${alarm.reason})`));
		return fail("alarm", `${told.join(", ")} went to ALARM.`);
	}
	const gone = named.filter((alarm) => alarm.state === "missing").map((alarm) => alarm.name);
	return gone.length === 0 ? pass : hold(`there is no alarm ${gone.join(", ")} any more`);
};
// src/shift/gates/metrics.ts
/** Can the metrics be trusted to say anything? "No data" is never a pass. */
/** Two minutes of data in a step: one alone can never decide. */
const minutesOfStep = 2;
/** So many requests should have come before their absence means something. */
const fewest$1 = 20;
const emptyMinutes = 3;
/** Counts that are lost are not lost for so many minutes in a row, of one side, and of its answers alone. */
const untoldMinutes = 3;
/** So long without a request says that nobody asks. */
const silentMs = 3e5;
const readableGate = ({ state }) => state.metricsProblem === void 0 ? pass : hold(`the metrics cannot be read (${state.metricsProblem})`);
/** Blue has traffic, green's share of it is not small, and yet nothing reaches green. */
const routingGate = ({ state }) => {
	const { minutes, expected } = state.emptyGreen;
	return minutes < emptyMinutes || expected < fewest$1 ? pass : fail("green-not-reached", `For ${minutes} minutes no request reached green, though about ${Math.round(expected)} should have.`);
};
/**
* Green's requests end nowhere, and blue's do. No harm is counted until the load balancer gives up, which its idle time-out
* may put off for an hour; nor is anything shown for green.
*/
const toldGate = ({ state }) => {
	const { minutes } = state.evidence;
	if (minutes.at(-1)?.counted === "whole") return pass;
	const latest = minutes.filter(({ counted }) => counted === "whole" || counted === "untold").slice(-3);
	if (latest.length < untoldMinutes || latest.some(({ counted }) => counted === "whole")) return pass;
	let [open, all] = [0, 0];
	for (const { untold, seen } of latest) {
		open += untold.green.unknown;
		all += seen.requests;
	}
	return open < fewest$1 ? pass : fail("unanswered", `Of green's ${formatCount(all)} requests in ${untoldMinutes} minutes ${formatCount(open)} have no end after 8 minutes, and blue's have.`);
};
/**
* A step is not passed on minutes of the step before it, nor on counts that were read before its end: late ones
* arrive. Where there is too little traffic to count, or no bake was asked for, the metrics are not waited for.
* Where blue has no history, whether there is traffic is seen in the shift's first minutes: they are waited for.
*/
const freshGate = ({ plan, baseline, state }) => {
	const { phase } = state;
	if (phase.kind !== "bake") return pass;
	const { bakeTimeMs } = plan.steps[phase.step];
	if (bakeTimeMs === 0) return pass;
	if (baseline.requestsPerMinute === 0 && state.metricsReadTo < firstWholeMinuteOf(state) + minutesOfStep * 6e4) return hold(`blue has no history, and its first ${minutesOfStep} minutes are not in the metrics yet`);
	if (baseline.requestsPerMinute === 0 && areProbesMissing(state, phase)) return hold("the metrics show nothing of this step, not even its own probes");
	const inStep = minutesOfStep * trafficOf(baseline, state);
	if (inStep * shareNow(state) / 100 < fewest$1) return pass;
	const hasBlue = inStep * (100 - shareNow(state)) / 100 >= fewest$1;
	let counted = 0;
	for (const minute of state.evidence.minutes) {
		if (minute.at < phase.since || minute.counted !== "whole") continue;
		if (!hasBlue || minute.errors.blue > 0) counted += 1;
	}
	if (counted < minutesOfStep) return nobodyAsks(state, phase.since) ? pass : hold(`its first ${minutesOfStep} minutes are not in the metrics yet`);
	return state.metricsReadAt < phase.since + bakeTimeMs ? hold("its minutes have to be read again at its end") : pass;
};
/** Metrics that hold no count of a step in which probes were sent are late or lost: that is not "no traffic". */
function areProbesMissing({ evidence }, { since, probesBefore }) {
	if (evidence.probes.sent === probesBefore) return false;
	return !evidence.minutes.some(({ at, seen, errors }) => at + 6e4 > since && seen.requests + errors.blue > 0);
}
/** Probes are taken out of the minute in which they were sent; the load balancer may count one in twenty in the next. */
const probesAtEdges = 1 / 20;
/**
* Metrics that show our own probes and no request of users, for minutes on end: there is no traffic any more, or there
* was none but the probes of the shift before. Metrics that show nothing at all say nothing.
*/
function nobodyAsks({ evidence, metricsReadTo }, since) {
	if (metricsReadTo - since < silentMs) return false;
	let [users, probes] = [0, 0];
	for (const { at, errors, withProbes } of evidence.minutes) {
		if (at < since) continue;
		users += errors.green + errors.blue;
		probes += withProbes;
	}
	return probes > 0 && users <= probes * probesAtEdges;
}
// src/shift/gates/own-check.ts
/** The user's own checks: a step is passed when all of them have said yes. */
const ownCheckGate = ({ plan, state, now }) => {
	const { phase } = state;
	if (phase.kind !== "bake" || plan.checks.length === 0) return pass;
	const answers = plan.checks.map((check, index) => ({
		name: describeCheck(check),
		result: state.checks.find((fact) => fact.step === phase.step && fact.check === index)?.result
	}));
	for (const { name, result } of answers) if (result?.kind === "failed") return fail("own-check", `The check ${name} says no: ${result.detail}.`);
	if (now - phase.since < plan.steps[phase.step].bakeTimeMs) return pass;
	for (const { name, result } of answers) {
		if (result === void 0 || result.kind === "running") return hold(`the check ${name} is still running`);
		if (result.kind === "inconclusive") return hold(`the check ${name} could not tell (${result.detail})`);
	}
	return pass;
};
// src/shift/gates/share.ts
/** Does the load balancer send green the share that its weight says? Counted, not believed. */
/** So many standard deviations of a drawn share: chance does not do that. */
const chanceAtMost = 6;
/** And so far off by the factor: load balancers count a request a little sooner or later than they send it. */
const factorAtMost = 1.5;
/**
* The weight is written and read back; what users meet is the groups' RequestCount in the step's closed minutes. A step
* whose share is another goes no further: what was measured was not this weight.
* @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#forward-actions
*/
const shareGate = ({ plan, state }) => {
	const { phase } = state;
	if (phase.kind !== "bake") return pass;
	const weightOf = (arn) => state.written.find((group) => group.targetGroupArn === arn)?.weight ?? 0;
	const [greenWeight, blueWeight] = [weightOf(plan.green.targetGroupArn), weightOf(plan.blue.targetGroupArn)];
	if (greenWeight === 0 || blueWeight === 0) return pass;
	const wanted = greenWeight / (greenWeight + blueWeight);
	let [green, all] = [0, 0];
	for (const { at, counted, errors } of state.evidence.minutes) {
		if (at < phase.since || counted !== "whole") continue;
		if (errors.green === 0 || errors.blue === 0) continue;
		green += errors.green;
		all += errors.green + errors.blue;
	}
	const off = Math.abs(green - all * wanted);
	const factor = Math.max(green / (all * wanted), all * wanted / green);
	if (all === 0 || factor <= factorAtMost || off <= chanceAtMost * Math.sqrt(all * wanted * (1 - wanted))) return pass;
	return hold(`green took ${formatCount(green)} of ${formatCount(all)} requests, ${formatPercent(green / all)}, where its weight says ${formatPercent(wanted)}`);
};
// src/shift/plan.ts
/** The ARN's last part after the slash: `family:12`. */
function revisionName(taskDefinitionArn) {
	return taskDefinitionArn.slice(taskDefinitionArn.lastIndexOf("/") + 1);
}
// src/shift/gates/tasks.ts
/** A task of green that ended by itself, or was ended for its health. */
const exitGate = ({ state, facts }) => {
	const stopped = facts.greenService?.stopped;
	if (stopped === void 0 || stopped.length === 0) return pass;
	const cause = describeFailures(stopped.filter((task) => !state.knownExits.includes(task.arn)).map(failureOfTask).filter((failure) => failure !== void 0));
	return cause === void 0 ? pass : fail(cause.code, `A task of green ended: ${cause.sentence}`);
};
/** An old green revived by a circuit breaker is healthy and wrong. */
const revisionGate = ({ plan, state, facts }) => {
	const service = facts.greenService;
	if (service === void 0 || plan.deploy.kind === "none") return pass;
	if (service.taskDefinitionArn !== plan.deploy.taskDefinitionArn) return fail("green-superseded", `Green's service runs ${revisionName(service.taskDefinitionArn)} now, not ${revisionName(plan.deploy.taskDefinitionArn)}: somebody or a circuit breaker deployed it.`);
	const ours = state.green?.deploymentId;
	return ours === void 0 || service.deploymentId === ours ? pass : fail("green-superseded", `Green's service has a newer deployment (${service.deploymentId}) than ours (${ours}).`);
};
const targetGate = ({ plan, facts }) => {
	const healthy = healthyCount(facts.greenTargets);
	return healthy >= plan.requiredHealthy ? pass : fail("unhealthy-targets", `Green has ${healthy} healthy targets of ${plan.requiredHealthy} required${describeUnhealthy(facts)}.`);
};
/** What a stopped task says against green; scaling in, Spot and a person's own stop say nothing. */
function failureOfTask(task) {
	return taskFailure(task, /* @__PURE__ */ new Set());
}
/** One sentence on how the tasks of green failed, by the most frequent way. */
function describeFailures(failures) {
	if (failures.length === 0) return void 0;
	const byKey = /* @__PURE__ */ new Map();
	for (const failure of failures) byKey.set(failureKey(failure), [...byKey.get(failureKey(failure)) ?? [], failure]);
	const leading = [...byKey.values()].sort((one, other) => other.length - one.length)[0];
	if (leading === void 0) return void 0;
	const cause = {
		...leading[0],
		tasks: leading.length
	};
	return {
		code: cause.code,
		sentence: `${describeCause(cause).sentence} (${cause.evidence})`
	};
}
/** `: 2 unhealthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [500])` */
function describeUnhealthy(facts) {
	const others = facts.greenTargets.filter((target) => target.state !== "healthy" && target.state !== "draining");
	if (others.length === 0) return "";
	const kinds = /* @__PURE__ */ new Map();
	for (const target of others) {
		const detail = [target.reason, target.description].filter((part) => part !== void 0).join(": ");
		const kind = `${target.state}${detail === "" ? "" : ` (${detail})`}`;
		kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
	}
	return `: ${[...kinds].map(([kind, number]) => `${number} ${kind}`).join(", ")}`;
}
// src/shift/gates/index.ts
/** All gates, in the order in which they are asked: what is certain first, what is counted after it. */
const gates = [
	alarmGate,
	exitGate,
	revisionGate,
	targetGate,
	routingGate,
	harmGate,
	toldGate,
	errorObjectiveGate,
	latencyObjectiveGate,
	ownCheckGate,
	readableGate,
	freshGate,
	shareGate,
	equallyBadGate
];
/** One gate that fails is enough to go back; one that holds, to stay. */
function askGates(question) {
	let answer = { kind: "pass" };
	for (const gate of gates) {
		const next = gate(question);
		if (next.kind === "fail") return next;
		if (next.kind === "hold" && answer.kind === "pass") answer = next;
	}
	return answer;
}
// src/shift/take-back-only.ts
const order = {
	"rollback-only": "take back",
	"resume-only": "go on with",
	judge: "judge"
};
function isLeftoverOrder(onInterrupted) {
	return Object.hasOwn(order, onInterrupted);
}
/** Without what only a shift that goes forward needs, so that nothing of it can be in the way. */
function takeBackRequest(request, cluster) {
	return {
		...request,
		cluster,
		taskDefinition: void 0,
		desiredCount: void 0,
		preDeploy: void 0,
		probes: {
			...request.probes,
			task: void 0
		},
		alarms: [],
		checks: [],
		guard: void 0,
		until: void 0,
		blueAfter: "keep"
	};
}
/**
* What is said where no test rule tells of a shift. Weights on more than one group are nobody's that we know:
* they are not called "nothing to take back". Who was to go on has not done so: that is no success.
*/
function nothingLeft(split, asked) {
	const [first, ...others] = split.filter((group) => group.weight > 0);
	if (first !== void 0 && others.length === 0) {
		const why = `There is no shift to ${order[asked]}: ${groupName(first.targetGroupArn)} serves everything, and no test rule tells of one.`;
		return asked === "resume-only" ? {
			kind: "refused",
			refusals: [{
				code: "nothing-rests",
				message: why
			}]
		} : {
			kind: "no-change",
			why
		};
	}
	return {
		kind: "refused",
		refusals: [{
			code: "weights-not-as-expected",
			message: `No test rule tells of a shift, and the rule sends traffic to ${describeSplit(split)}: what was before cannot be known. The rollback action with to: weights and a target group gives that group all of it.`
		}]
	};
}
/** What a person has to know where the cluster stays unknown. */
function unknownCluster(cluster, lock) {
	if (cluster !== void 0 || lock === void 0 || lock.record.cluster !== void 0) return [];
	return ["The test rule does not say in which cluster the services are (a version before ips-deploy:cluster made it), and no scalable target shows it: tasks of green and scaling are left as they are. Give cluster, or scale green’s service down: aws ecs update-service --cluster CLUSTER --service SERVICE --desired-count 0."];
}
// src/shift/initial-state.ts
/** `live` is what the rule holds now: other than the former weights where a run before has left it so. */
function initialState(plan, now, live = plan.former) {
	const percent = Math.round(shareOf(live, plan.green.targetGroupArn) * 10) / 10;
	const found = plan.lock !== void 0;
	const keptBefore = plan.lock?.record.kept;
	return {
		phase: { kind: "lock" },
		written: live,
		writtenAt: now,
		earlier: plan.others.length === 0 || !found ? [] : [attachedSplit(plan), ...plan.steps.map((step) => step.split)],
		weights: [{
			at: now,
			percent
		}],
		shifted: percent > 0,
		interferedBy: void 0,
		testRuleArn: plan.lock?.ruleArn,
		lockedAt: void 0,
		notedAt: now,
		stage: plan.lock?.record.stage ?? "shifting",
		noReturnAt: plan.lock?.record.noReturnAt,
		kept: keptBefore === void 0 ? void 0 : {
			...keptBefore,
			ordered: false
		},
		retired: false,
		twinScalingArn: void 0,
		blueQuietAt: void 0,
		lockTaken: false,
		lockGone: false,
		scalingQuietened: found,
		green: found && plan.green.service !== void 0 ? {
			deploymentId: void 0,
			serviceDeploymentArn: void 0
		} : void 0,
		knownExits: [],
		failedStarts: 0,
		evidence: noEvidence,
		passed: [],
		emptyGreen: {
			minutes: 0,
			expected: 0
		},
		metricsProblem: void 0,
		metricsReadTo: 0,
		metricsReadAt: 0,
		stillRinging: plan.ringing,
		probeTask: void 0,
		checks: [],
		blindSince: void 0,
		cancelSeenAt: void 0,
		refusal: void 0,
		leftovers: unknownCluster(plan.cluster, plan.lock),
		said: "",
		lookAgain: false
	};
}
/** The rule with green in it at weight 0: where the shift starts from. */
function attachedSplit(plan) {
	return startSplit(plan.former, plan.green.targetGroupArn);
}
// src/shift/look-times.ts
const minuteMs$4 = 6e4;
/** A minute is used once it has been closed for this long: counts arrive late. */
const metricDelayMs = 12e4;
/** What breaks at a new weight breaks soon. */
const earlyMs = 6e4;
const earlyLookMs = 5e3;
const lookMs = 7500;
/** Looks while a step bakes, is held, or blue waits for its end: evenly up to the moment at which something can be decided. */
function untilNextLook({ phase, metricsReadTo }, now, endsAt) {
	const periodMs = isEarly(phase, now) ? earlyLookMs : lookMs;
	const toCome = [metricsReadTo + minuteMs$4 + metricDelayMs, endsAt ?? now].filter((at) => at > now);
	const leftMs = Math.min(...toCome) - now;
	return leftMs === Number.POSITIVE_INFINITY ? periodMs : Math.ceil(leftMs / Math.ceil(leftMs / periodMs));
}
function isEarly(phase, now) {
	return phase.kind === "bake" && now - phase.since < earlyMs;
}
// src/shift/safety.ts
/** Does what was seen show that green is no worse? Computed anew from the final counts, never accumulated. Pure. */
const safetyDelta = .005;
/** About so many requests of green show safety within half a point. */
const provingRequests = 700;
const minuteMs$3 = 6e4;
/** Blue this bursty says nothing about independent failures: its streams may not decide. */
const dispersionLimit = 20;
/** What real traffic says for green. */
function safetyOf(evidence, baseline, policy) {
	const minutes = wholeMinutes(evidence);
	const { green } = sumOf(minutes.map((minute) => minute.errors));
	const probesSeen = minutes.reduce((sum, minute) => sum + minute.withProbes, 0);
	const ratios = ["errors", "unanswered"].map((stream) => {
		const blocks = minutes.flatMap((minute) => {
			const bound = boundOf(stream, minute[stream], baseline, policy.maxErrorRate, safetyDelta);
			return bound === void 0 ? [] : [{
				block: minute[stream],
				bound
			}];
		});
		return safetyRatio(blocks, dispersionOf(stream, baseline));
	});
	const ratio = Math.min(...ratios);
	const lack = lackOf(green, probesSeen, wildness(baseline, policy), ratio);
	return {
		ratio,
		requests: green,
		proven: lack === void 0,
		lack: lack?.sentence,
		needsMore: lack?.kind === "few"
	};
}
/** Why blue is no measure; undefined where it is one. */
function wildness({ errorDispersion, unansweredDispersion, clientErrors }, policy) {
	if (Math.max(errorDispersion, unansweredDispersion) > dispersionLimit) return "blue’s own failures come in bursts too wild to compare with";
	return policy.clientErrors === "judge" && (clientErrors?.dispersion ?? 1) > dispersionLimit ? "blue’s own answers of 4xx, which are to be judged (client-errors), come in bursts too wild to compare with" : void 0;
}
function lackOf(green, probesSeen, wildBlue, ratio) {
	if (green === 0) return {
		kind: "other",
		sentence: "no request of green has shown in the metrics yet"
	};
	if (probesSeen > green / 3) return {
		kind: "other",
		sentence: "more than a quarter of green’s requests were probes"
	};
	if (wildBlue !== void 0) return {
		kind: "other",
		sentence: wildBlue
	};
	if (ratio >= 20) return void 0;
	const sentence = `${formatCount(green)} requests prove ${formatRatio(ratio)}:1, 20:1 is wanted`;
	return {
		kind: ratio > 1 ? "few" : "other",
		sentence
	};
}
/** Whether probes may stand in for traffic that is too low; a sentence where they may not. */
function probeLack(plan, evidence) {
	const { sent, bad } = evidence.probes;
	return lackOfProbes(plan, safetyRatio([{
		block: {
			greenBad: bad,
			green: sent,
			blueBad: 0,
			blue: 0
		},
		bound: probeBound
	}]), sent, bad) ?? (plan.probes.task === void 0 ? probesElsewhere(evidence) : void 0);
}
/** So many probes of the steps should be among green's requests before their absence means something. */
const fewestSeen = 20;
/** Good answers of another server prove nothing: the load balancer has to have counted probes as green's requests. */
function probesElsewhere(evidence) {
	let [sent, seen] = [0, 0];
	for (const minute of wholeMinutes(evidence)) {
		sent += probesIn(evidence.probesByMinute, minute.at).sent;
		seen += minute.seen.requests;
	}
	if (sent < fewestSeen || seen >= sent / 2) return void 0;
	return `of ${sent} probes only ${seen} can be among green’s requests: others were answered elsewhere (probe-url, probe-host), or the metrics are lost`;
}
/**
* Why nothing in this plan could show that green is no worse: neither the traffic that its bakes will count nor
* its probes. Undefined where something can. Pure.
*/
function foreseeableLack(plan, baseline) {
	if (plan.acceptUnproven) return void 0;
	const lack = plannedProbeLack(plan);
	if (lack === void 0) return void 0;
	const wildBlue = wildness(baseline, plan);
	if (wildBlue !== void 0) return `Real traffic will prove nothing for green: ${wildBlue}; ${lack}. Name probe-paths that users take, wait until blue has been calm for an hour, or accept unproven.`;
	const requests = plan.steps.reduce((sum, step) => sum + baseline.requestsPerMinute * step.percent * step.bakeTimeMs / (100 * minuteMs$3), 0);
	if (requests >= provingRequests) return void 0;
	return `Green will get about ${formatCount(Math.round(requests))} requests in all bakes, and about ${provingRequests} are needed to show that it is no worse; ${lack}. Name probe-paths that users take, bake longer, or accept unproven.`;
}
/** The same before the shift, for the probes that are planned and if all of them are answered well. */
function plannedProbeLack(plan) {
	const planned = plan.probes.count + plan.probes.perStep * plan.steps.length;
	return lackOfProbes(plan, safetyRatio([{
		block: {
			greenBad: 0,
			green: planned,
			blueBad: 0,
			blue: 0
		},
		bound: probeBound
	}]), planned, 0);
}
function lackOfProbes({ probes }, ratio, sent, bad) {
	if (sent === 0) return "no probes are sent";
	if (probes.healthPathOnly) return "probes of the health path alone show no more than target health does";
	if (ratio >= 20) return void 0;
	return `${bad === 0 ? `${sent} good probes` : `${sent} probes, ${bad} of them failed,`} prove ${formatRatio(ratio)}:1, 20:1 is wanted`;
}
// src/shift/promotion.ts
/** The last question: may green keep everything? Pure. */
const minuteMs$2 = 6e4;
/** From the end of a minute until it is used, at most. */
const usedAfterMs = 3 * minuteMs$2;
/** Asked when the bake of the last step is over and no gate holds it. */
function judgePromotion(question) {
	const { plan, baseline, state } = question;
	const open = openMinutes(question);
	if (open > 0) return hold(`the counts of ${open === 1 ? "a minute" : `${open} minutes`} are not all there yet`);
	const safety = safetyOf(state.evidence, baseline, plan);
	if (safety.lack === void 0) return { kind: "promoted" };
	if (moreWillShow(question, safety)) return hold(`${safety.lack}, and enough of them will come within this hold`);
	const lack = probeLack(plan, state.evidence);
	if (lack === void 0) return {
		kind: "promoted-on-probes",
		lack: safety.lack
	};
	if (plan.acceptUnproven) return {
		kind: "promoted-on-probes",
		lack: `${safety.lack}, and ${lack}; that was accepted (unproven)`
	};
	return fail("not-proven", `Nothing shows that green is no worse than blue: ${safety.lack}, and ${lack}.`);
}
/** Minutes up to the end of the last bake of which something may still be counted. */
function openMinutes({ plan, state }) {
	const { phase, evidence } = state;
	if (phase.kind !== "bake") return 0;
	const end = phase.since + plan.steps[phase.step].bakeTimeMs;
	return evidence.minutes.filter(({ at, counted }) => at < end && (counted === "partly" || counted === "too-little")).length;
}
/** Whether the traffic that is still to be counted while the step may be held is enough. */
function moreWillShow({ plan, baseline, state }, safety) {
	const { phase } = state;
	if (phase.kind !== "bake" || !safety.needsMore) return false;
	const missing = safety.requests * (Math.log(20) / Math.log(safety.ratio) - 1);
	const share = (state.weights.at(-1)?.percent ?? 0) / 100;
	const needsMs = missing / (trafficOf(baseline, state) * share) * minuteMs$2;
	const holdEnd = phase.since + 3 * plan.steps[phase.step].bakeTimeMs;
	return state.metricsReadTo + needsMs + usedAfterMs <= holdEnd;
}
// src/shift/progress-bake.ts
/** A step under the gates, to its end: the next one, a rest, or green's promotion. Pure. */
function progressBake(look, phase, again) {
	const { plan, baseline, state, now } = look;
	const gates = askGates(look);
	if (gates.kind === "fail") return gates;
	const step = plan.steps[phase.step];
	const endsAt = phase.since + step.bakeTimeMs;
	if (now < endsAt) return {
		kind: "wait",
		state,
		waitMs: untilNextLook(state, now, endsAt)
	};
	const last = phase.step + 1 === plan.steps.length;
	const verdict = gates.kind === "hold" || !last ? gates : judgePromotion(look);
	if (verdict.kind === "fail") return verdict;
	if (verdict.kind === "hold") return wait(state, now, state.checks.some(({ step: of, result }) => of === phase.step && result.kind === "running") ? pollMs.check : untilNextLook(state, now), "gate.held", `Holding at ${step.percent} %: ${verdict.sentence}.`);
	const { ratio } = worstStream(state.evidence);
	const { sent, bad } = state.evidence.probes;
	const passed = {
		...state,
		passed: [...state.passed, {
			percent: step.percent,
			from: phase.since,
			to: now,
			harm: ratio,
			probesSent: sent - phase.probesBefore,
			probesBad: bad
		}]
	};
	const told = event(now, "shift.step-passed", "info", `${step.percent} % passed: evidence of harm ${formatRatio(ratio)}:1, limit ${harmLimit(plan, baseline)}:1${seenShare(state, phase.since)}.`, {
		percent: step.percent,
		harm: ratio
	});
	if (verdict.kind === "pass" && plan.until !== void 0 && step.percent >= plan.until) return {
		kind: "end",
		state: passed,
		ending: {
			kind: "paused",
			percent: step.percent
		},
		events: [told, event(now, "shift.paused", "notice", `The shift rests at ${step.percent} %, as asked for.`)]
	};
	if (verdict.kind === "pass") return again({
		...passed,
		phase: {
			kind: "shift",
			step: phase.step + 1,
			since: now
		}
	}, [told]);
	const proven = [told, event(now, "shift.promoted", "notice", `Green ${plan.green.groupName} serves everything.`)];
	if (plan.blue.service === void 0 || plan.blueAfter === "keep") return {
		kind: "end",
		state: passed,
		ending: verdict,
		events: proven
	};
	return again({
		...passed,
		phase: {
			kind: "retire",
			since: now,
			ending: verdict
		}
	}, proven);
}
/** `; green took 9.9 % of 12,040 requests`: the weight as the load balancer counted it, in whole minutes of the step. */
function seenShare({ evidence }, since) {
	let [green, all] = [0, 0];
	for (const minute of evidence.minutes) {
		if (minute.at < since) continue;
		green += minute.errors.green;
		all += minute.errors.green + minute.errors.blue;
	}
	if (all === 0) return "";
	return `; green took ${(100 * green / all).toFixed(1)} % of ${formatCount(all)} requests`;
}
// src/shift/progress-probe.ts
/** Green behind the test rule: probes from the runner, or from a task in the VPC. Pure. */
function progressProbe(look, goOn) {
	const { plan, state, now } = look;
	const gates = askGates(look);
	if (gates.kind === "fail") return gates;
	if (plan.probes.task !== void 0) return progressProbeTask(look, goOn);
	const { sent, bad } = state.evidence.probes;
	if (sent >= plan.probes.count) {
		if (sent > 0 && bad === sent) return {
			kind: "fail",
			cause: {
				code: "probes",
				sentence: `All ${sent} probes failed: ${describeReasons(state.evidence.probes)}.`
			}
		};
		const next = phaseAfterProbes(plan, state, now);
		return plan.probes.count === 0 ? goOn(next) : goOn(next, event(now, "probes.done", "info", `${sent} probes${atWeight(state)}, ${bad} failed.`));
	}
	return wait(state, now, pollMs.probe, "probes.progress", `Probing green${atWeight(state)} (${plan.probes.count} probes).`);
}
/**
* The task in the VPC says whether green answers. What it counted comes in one piece, of which the judge lets none
* decide: it is held to the share that green may fail alone.
*/
function progressProbeTask({ plan, state, now }, goOn) {
	const { probeTask } = state;
	switch (probeTask?.kind) {
		case "failed": return {
			kind: "fail",
			cause: {
				code: "probes",
				sentence: probeTask.sentence
			}
		};
		case "passed": {
			const { sent, bad } = probeTask.tally;
			if (bad > plan.maxErrorRate * sent) return {
				kind: "fail",
				cause: {
					code: "probes",
					sentence: `${bad} of ${sent} probes from inside of the VPC failed; max-5xx-rate allows ${formatPercent(plan.maxErrorRate)}.`
				}
			};
			const done = event(now, "probes.done", "info", probeTask.sentence);
			return goOn(phaseAfterProbes(plan, state, now), done);
		}
		default: return wait(state, now, pollMs.ready, "probes.progress", `A task in the VPC probes green${atWeight(state)}.`);
	}
}
/** A shift that is gone on with stands at a weight already. */
function phaseAfterProbes(plan, state, now) {
	if (!state.shifted) return {
		kind: "shift",
		step: 0,
		since: now
	};
	const percent = state.weights.at(-1)?.percent ?? 0;
	const step = Math.max(0, plan.steps.findLastIndex((each) => each.percent <= percent));
	if (state.stage === "paused" && plan.steps[step]?.percent === percent && (plan.until === void 0 || plan.until > percent) && step + 1 < plan.steps.length) return {
		kind: "shift",
		step: step + 1,
		since: now
	};
	return plan.steps[step]?.percent === percent && plan.others.length === 0 ? {
		kind: "bake",
		step,
		since: now,
		probesBefore: state.evidence.probes.sent
	} : {
		kind: "shift",
		step,
		since: now
	};
}
function atWeight(state) {
	return state.shifted ? " by the test rule" : " at weight 0";
}
// src/shift/progress-retire.ts
/** The end of blue. Pure. */
/**
* Blue is the way back until it has had no request for a closed minute, and every connection that it may
* still hold has had its time to end.
*/
function progressRetire(look, phase) {
	const { plan, state, now } = look;
	if (state.retired || plan.blueAfter === "keep" || plan.blue.service === void 0) return {
		kind: "end",
		state,
		ending: phase.ending,
		events: []
	};
	if (state.noReturnAt !== void 0) return {
		kind: "act",
		state,
		act: { kind: "retire-blue" }
	};
	const gates = askGates(look);
	if (gates.kind === "fail") return gates;
	if (state.stage !== phase.ending.kind) return {
		kind: "act",
		state,
		act: {
			kind: "note",
			stage: phase.ending.kind
		}
	};
	if (state.kept !== void 0) return progressKept(look, state.kept);
	if (plan.keepBlueAt === "all" && now - phase.since < plan.keepBlueMs) return wait(state, now, untilNextLook(state, now, phase.since + plan.keepBlueMs), "blue.kept", `Blue stays whole for ${formatDuration(plan.keepBlueMs)}: the instant way back.`);
	if (state.blueQuietAt === void 0 || now - state.blueQuietAt < plan.drainMs) return wait(state, now, untilNextLook(state, now, state.blueQuietAt === void 0 ? void 0 : state.blueQuietAt + plan.drainMs), "blue.draining", state.blueQuietAt === void 0 ? "Waiting for a closed minute in which blue had no request." : `Blue had no request for a minute; waiting ${formatDuration(plan.drainMs)} for its last connections.`);
	return {
		kind: "act",
		state,
		act: { kind: plan.keepBlueAt === "all" ? "retire-blue" : "shrink-blue" }
	};
}
/** Blue is as small as it is to be kept, or was to become so by a run that died. */
function progressKept({ plan, state, now }, kept) {
	if (!kept.ordered) return {
		kind: "act",
		state,
		act: { kind: "shrink-blue" }
	};
	const until = kept.since + plan.keepBlueMs;
	if (now >= until) return {
		kind: "act",
		state,
		act: { kind: "retire-blue" }
	};
	const what = `Blue is kept at ${kept.tasks} tasks until ${new Date(until).toISOString()}: the way back gives it the others first.`;
	return wait(state, now, untilNextLook(state, now, until), "blue.kept", what);
}
// src/shift/readiness.ts
/** Is green ready for its first request? Its own deployment has ended well, and all its targets are healthy. Pure. */
function judgeReadiness(plan, state, facts, waitedMs) {
	const healthy = healthyCount(facts.greenTargets);
	const present = facts.greenTargets.filter((target) => target.state !== "draining" && target.state !== "unhealthy.draining").length;
	const targets = `${healthy} of ${plan.requiredHealthy} targets healthy`;
	const service = facts.greenService;
	if (plan.deploy.kind !== "none" && service !== void 0) {
		const failed = deploymentFailure(plan, state, service, facts);
		if (failed !== void 0) return {
			kind: "failed",
			cause: failed
		};
	}
	const deployed = hasDeployed(plan, state, service);
	const strangers = targetsOfNoTask(plan, service, facts);
	if (deployed && healthy >= plan.requiredHealthy && healthy === present && strangers === "") return {
		kind: "ready",
		what: `Green is ready: ${targets}${describeRevision(plan)}.`
	};
	if (waitedMs >= plan.readyTimeoutMs) return {
		kind: "failed",
		cause: {
			code: "green-not-ready",
			sentence: `Green was not ready within ${formatDuration(plan.readyTimeoutMs)}: ${targets}${describeUnhealthy(facts)}${strangers}.`
		}
	};
	const running = service === void 0 ? "" : `${service.runningCount} of ${service.desiredCount} tasks run, `;
	return {
		kind: "waiting",
		what: `Waiting for green: ${deployed || service === void 0 ? "" : "its deployment goes on, "}${running}${targets}${describeUnhealthy(facts)}${strangers}.`
	};
}
/** Whether green's own deployment has ended well; nothing is deployed where green is taken as it is. */
function hasDeployed(plan, state, service) {
	if (plan.deploy.kind === "none") return true;
	if (service === void 0) return false;
	if (service.taskDefinitionArn !== plan.deploy.taskDefinitionArn) return false;
	if (service.runningCount < plan.requiredHealthy) return false;
	const { serviceDeployment: deployment, deployedDefinitionArn } = service;
	if (deployment === void 0) return service.rolloutState === "COMPLETED";
	const isOurs = deployment.createdAt >= service.deploymentCreatedAt - clockSlackMs;
	const isRight = deployedDefinitionArn === void 0 || deployedDefinitionArn === service.taskDefinitionArn;
	if (state.green?.deploymentId === void 0) return deployment.status === "SUCCESSFUL" && isRight;
	return deployment.status === "SUCCESSFUL" && isOurs && isRight;
}
/** Times of one deployment in two answers of ECS lie this close together. */
const clockSlackMs = 5e3;
/**
* `; 1 target (10.0.0.9) belongs to no task of green on api:2`: what else is registered in the group gets
* green's share of the traffic. Only targets by address can be told apart.
*/
function targetsOfNoTask(plan, service, facts) {
	const { deploy } = plan;
	if (deploy.kind === "none" || !plan.greenByAddress || service?.running === void 0) return "";
	const own = new Set(service.running.filter((task) => task.taskDefinitionArn === deploy.taskDefinitionArn).map((task) => task.privateIp));
	const strangers = facts.greenTargets.filter((target) => target.state !== "draining" && target.state !== "unhealthy.draining").filter((target) => !own.has(target.id)).map((target) => target.id);
	if (strangers.length === 0) return "";
	const [noun, verb] = strangers.length === 1 ? ["target", "belongs"] : ["targets", "belong"];
	return `; ${strangers.length} ${noun} (${strangers.slice(0, 3).join(", ")}) ${verb} to no task of green on ${revisionName(deploy.taskDefinitionArn)}`;
}
function deploymentFailure(plan, state, service, facts) {
	const ours = state.green?.deploymentId ?? service.deploymentId;
	const followed = service.serviceDeployment;
	if (followed !== void 0 && hasFailed(followed.status)) {
		const reason = followed.statusReason === void 0 ? "" : `: ${followed.statusReason}`;
		return failedBecause(state, service, facts, `ECS has green's deployment as ${followed.status}${reason}`);
	}
	if (service.deploymentId !== ours) return {
		code: "green-superseded",
		sentence: `Another deployment (${service.deploymentId}) of green's service took the place of ours.`
	};
	if (service.rolloutState === "FAILED") return failedBecause(state, service, facts, `ECS gave up green's deployment: ${service.rolloutReason ?? "no reason given"}`);
	const failures = failuresOf(state, service);
	const limit = Math.min(200, Math.max(3, Math.ceil(plan.requiredHealthy / 2)));
	if (failures.length >= limit && healthyCount(facts.greenTargets) < plan.requiredHealthy) return failedBecause(state, service, facts, `${failures.length} tasks of green failed`);
}
/**
* A rollback under way is a failure already: the deployment that ECS puts in place of ours is its own doing,
* not somebody else's.
*/
function hasFailed(status) {
	return status.startsWith("ROLLBACK") || isTerminal(status) && status !== "SUCCESSFUL";
}
function failuresOf(state, service) {
	return service.stopped.filter((task) => task.startedBy === (state.green?.deploymentId ?? service.deploymentId)).filter((task) => !state.knownExits.includes(task.arn)).map(failureOfTask).filter((failure) => failure !== void 0);
}
/** The cause by what the tasks say, or by what ECS said where they say nothing. */
function failedBecause(state, service, facts, sentence) {
	const told = describeFailures(failuresOf(state, service));
	const targets = describeUnhealthy(facts);
	return {
		code: told?.code ?? "green-deployment-failed",
		sentence: `${sentence.replace(/[.\s]+$/, "")}${targets}.${told === void 0 ? "" : ` ${told.sentence}`}`
	};
}
function describeRevision(plan) {
	return plan.deploy.kind === "none" ? "" : ` on ${revisionName(plan.deploy.taskDefinitionArn)}`;
}
// src/shift/other-shifts.ts
/** `ownLock`: of the shift that this run goes on with. */
async function findOtherShifts(aws, listeners, groups, ownLock) {
	const candidates = listeners.flatMap(({ port, rules }) => rules.filter((rule) => mayBeTestRule(rule, groups) && rule.ruleArn !== ownLock).map((rule) => ({
		port,
		rule
	})));
	const tags = await readTagsOfAll(aws, candidates.map(({ rule }) => rule.ruleArn));
	return candidates.flatMap(({ port, rule }) => {
		const record = recordOfTags(tags.get(rule.ruleArn) ?? {});
		const greenArn = rule.split[0]?.targetGroupArn;
		if (record === void 0 || greenArn === void 0) return [];
		return [{
			ruleArn: rule.ruleArn,
			greenArn,
			port,
			priority: rule.priority,
			record
		}];
	});
}
/** A header opens it, whatever its name is there, and it leads to one of the groups. Pure. */
function mayBeTestRule(rule, groups) {
	return !rule.isDefault && rule.conditions.some((condition) => condition.HttpHeaderConfig !== void 0) && rule.split.some((group) => groups.includes(group.targetGroupArn));
}
// src/shift/rival.ts
async function lookAroundLock(aws, { listenerArns, blue, green }, ownLock) {
	const rules = await Promise.all(listenerArns.map((arn) => readRules(aws, arn)));
	const listeners = rules.map((each) => ({
		port: 0,
		rules: each
	}));
	const pair = [blue.targetGroupArn, green.targetGroupArn];
	const others = await findOtherShifts(aws, listeners, pair, ownLock);
	const locks = [ownLock, ...others.map(({ ruleArn }) => ruleArn)];
	const hasTraffic = rules.flat().some(({ ruleArn, split }) => !locks.includes(ruleArn) && isShifting(split, pair));
	const found = others.map(({ ruleArn, record: { holder, lockedAt, aliveAt } }) => ({
		ruleArn,
		holder,
		lockedAt,
		aliveAt,
		hasTraffic
	}));
	return {
		own: rules.flat().find(({ ruleArn }) => ruleArn === ownLock),
		rival: found.sort((one, other) => isEarlier(one, other) ? -1 : 1)[0]
	};
}
/** One that has green alone is no part of a shift. */
function isShifting(split, [blue, green]) {
	return split.some(({ targetGroupArn }) => targetGroupArn === blue) && split.some(({ targetGroupArn, weight }) => targetGroupArn === green && weight > 0);
}
/** The same for both of them, whatever their clocks say. */
function isEarlier(one, other) {
	if (one.lockedAt !== other.lockedAt) return one.lockedAt < other.lockedAt;
	return one.ruleArn < other.ruleArn;
}
/** One that locked later goes when it sees us; not where it wrote a weight before it could, and not where it is dead. */
function yieldsTo(rival, own, now) {
	return isEarlier(rival, own) || rival.hasTraffic || now >= rival.aliveAt + 3e5;
}
// src/shift/progress.ts
/** The way forward: what comes next while nothing speaks against green. Pure. */
/** A write of a run that takes a lock over at the same moment has arrived by then. */
const lockSettleMs = 3e3;
/** A read may lag behind our own taking by this much. */
const lockSeenMs = 2e4;
/** A task that is replaced between two steps is back within this time, or green is not what it was. */
const unreadyLimitMs = 3e5;
function progress(plan, baseline, state, facts, now) {
	const { phase } = state;
	const look = {
		plan,
		baseline,
		state,
		facts,
		now
	};
	const again = (next, events) => withEvents(progress(plan, baseline, next, facts, now), events);
	const goOn = (next, ...events) => again({
		...state,
		phase: next
	}, events);
	switch (phase.kind) {
		case "lock": return plan.lock === void 0 ? {
			kind: "act",
			state,
			act: { kind: "create-test-rule" }
		} : {
			kind: "act",
			state,
			act: { kind: "take-lock" }
		};
		case "lock-check":
			if (plan.lock === void 0) return beside(look) ?? begin(look, goOn);
			if (now - phase.since < lockSettleMs || facts.lockIsOurs === void 0) return {
				kind: "wait",
				waitMs: Math.max(pollMs.verify, lockSettleMs - (now - phase.since)),
				state
			};
			if (!facts.lockIsOurs) return now - phase.since < lockSeenMs ? {
				kind: "wait",
				waitMs: pollMs.verify,
				state
			} : { kind: "fail-lock" };
			return begin(look, goOn);
		case "attach": return state.shifted || plan.greenInRule && (plan.others.length === 0 || plan.lock === void 0) ? goOn({ kind: "quieten" }) : {
			kind: "act",
			state,
			act: {
				kind: "write-split",
				split: attachedSplit(plan),
				next: { kind: "quieten" }
			}
		};
		case "quieten": return plan.scaling.length === 0 || state.noReturnAt !== void 0 || state.kept !== void 0 ? goOn({ kind: "deploy" }) : {
			kind: "act",
			state,
			act: { kind: "quieten-scaling" }
		};
		case "deploy":
			if (state.shifted && plan.deploy.kind !== "none" && (plan.deploy.kind === "create" || plan.deploy.newRevision)) return {
				kind: "fail",
				cause: {
					code: "green-superseded",
					sentence: `Green has traffic and its service does not run ${revisionName(plan.deploy.taskDefinitionArn)}: somebody or a circuit breaker deployed it.`
				}
			};
			return plan.deploy.kind === "none" ? goOn({
				kind: "ready",
				since: now
			}) : {
				kind: "act",
				state,
				act: { kind: "deploy-green" }
			};
		case "ready": {
			const alarm = alarmGate(look);
			if (alarm.kind === "fail") return alarm;
			const readiness = judgeReadiness(plan, state, facts, now - phase.since);
			if (readiness.kind === "failed") return {
				kind: "fail",
				cause: readiness.cause
			};
			if (readiness.kind === "waiting" && state.shifted) {
				if (healthyCount(facts.greenTargets) >= plan.requiredHealthy) return waitOrFail(plan, state, readiness, now - phase.since, now);
				return {
					kind: "fail",
					cause: {
						code: "green-not-ready",
						sentence: `Green has traffic and is not ready. ${readiness.what}`
					}
				};
			}
			if (readiness.kind === "waiting") return wait(state, now, pollMs.ready, "green.progress", readiness.what);
			const ready = {
				...state,
				knownExits: exitsBefore(plan, state, facts),
				phase: phaseAfterReady(state, now)
			};
			const told = event(now, "green.ready", "info", readiness.what);
			return withEvents(progress(plan, baseline, ready, facts, now), [told]);
		}
		case "probe": return progressProbe(look, goOn);
		case "shift": {
			if (facts.lockIsOurs === false) return wait(state, now, pollMs.verify, "lock.unseen", "No weight before the test rule shows as ours.");
			const gates = askGates(look);
			if (gates.kind === "fail") return gates;
			if (gates.kind === "hold") return wait(state, now, untilNextLook(state, now), "gate.held", `No further weight yet: ${gates.sentence}.`);
			const unready = judgeReadiness(plan, state, facts, 0);
			if (unready.kind !== "ready") return waitOrFail(plan, state, unready, now - phase.since, now);
			if (facts.lockIsOurs === void 0) return {
				kind: "wait",
				waitMs: 0,
				state: {
					...state,
					lookAgain: true
				}
			};
			const rivalled = state.shifted ? void 0 : beside(look);
			if (rivalled !== void 0) return rivalled;
			const { split } = plan.steps[phase.step];
			return {
				kind: "act",
				state,
				act: {
					kind: "write-split",
					split,
					next: {
						kind: "verify",
						step: phase.step,
						since: now
					}
				}
			};
		}
		case "verify":
			if (sameSplit(facts.live, state.written)) {
				const { percent, bakeTimeMs } = plan.steps[phase.step];
				return goOn({
					kind: "bake",
					step: phase.step,
					since: now,
					probesBefore: state.evidence.probes.sent
				}, event(now, "shift.weights-verified", "info", `Green has ${percent} % (${describeSplit(facts.live)}); baking ${formatDuration(bakeTimeMs)}.`, { percent }));
			}
			if (now - phase.since >= 6e4) return {
				kind: "fail",
				cause: {
					code: "weights-not-taken",
					sentence: `The rule still shows ${describeSplit(facts.live)} ${formatDuration(lagMs)} after ${describeSplit(state.written)} was written.`
				}
			};
			return wait(state, now, pollMs.verify, "shift.verifying", "Waiting until the rule shows the new weights.");
		case "bake": return progressBake(look, phase, again);
		case "retire": return progressRetire(look, phase);
		case "undo":
		case "undo-verify":
		case "tail": throw new Error(`There is no way forward from ${phase.kind}.`);
	}
}
/** Another shift of the pair has a lock, too: one of both goes, before any weight. Undefined: this one is alone. */
function beside({ state, facts, now }) {
	const { rival } = facts;
	const { testRuleArn: ruleArn, lockedAt } = state;
	if (rival === void 0 || rival === null || ruleArn === void 0) return void 0;
	if (!yieldsTo(rival, {
		ruleArn,
		lockedAt: lockedAt ?? now
	}, now)) {
		const what = `Waiting until ${rival.holder}, which began to shift the same pair a moment later, has seen it.`;
		return wait({
			...state,
			lookAgain: state.phase.kind === "shift"
		}, now, pollMs.verify, "lock.beside", what);
	}
	return {
		kind: "end",
		...givenUpTo(rival, state),
		events: []
	};
}
/** What both have made ready belongs to the one that goes on: only the own lock goes. */
function givenUpTo(rival, state) {
	const message = `${rival.holder} began to shift the same pair by another rule at the same moment (test rule ${rival.ruleArn}). No weight was written. Run this again when that shift is over.`;
	return {
		state: {
			...state,
			scalingQuietened: false,
			green: void 0
		},
		ending: {
			kind: "refused",
			refusals: [{
				code: "another-shift",
				message
			}]
		}
	};
}
/** What a run that has the lock does first. */
function begin({ plan, state, facts, now }, goOn) {
	switch (plan.task.kind) {
		case "shift":
		case "resume": return goOn({ kind: "attach" });
		case "take-back": return leftToGreen({
			plan,
			state,
			facts,
			now
		}, plan.task.cause) ?? {
			kind: "fail",
			cause: plan.task.cause
		};
		case "finish": return finish(plan, state, goOn);
	}
}
/** What a cancelled job left goes back to a blue that can carry it, as the job itself would have seen to. */
function leftToGreen({ plan, state, facts, now }, cause) {
	const healthy = healthyCount(facts.blueTargets);
	const wasOnItsWay = state.kept !== void 0 && !isPromoted(state.stage);
	if (!(cause.code === "cancelled" && state.shifted && !wasOnItsWay) || healthy >= plan.blueHealthy || healthyCount(facts.greenTargets) === 0) return void 0;
	return {
		kind: "end",
		state,
		ending: {
			kind: "cancelled",
			weights: "left",
			cause
		},
		events: [event(now, "shift.cancelled", "warning", `${cause.sentence} The weights are left as they are: blue has ${healthy} healthy targets, and had ${plan.blueHealthy} at the start.`)]
	};
}
/** Of blue's end what was begun is ended, and what was not is told. */
function finish(plan, state, goOn) {
	const ending = promotionBefore(state);
	const { service } = plan.blue;
	if (state.kept !== void 0 && state.noReturnAt === void 0) return {
		kind: "end",
		state: withLeftover(state, keptLeftover(plan, state.kept.tasks, "the run that kept it there ended before its time")),
		ending,
		events: []
	};
	if (plan.blueAfter === "keep" || service === void 0) return {
		kind: "end",
		state,
		ending,
		events: []
	};
	if (state.noReturnAt !== void 0) return goOn({
		kind: "retire",
		since: state.noReturnAt,
		ending
	});
	return {
		kind: "end",
		state: withLeftover(state, `${service} was not scaled down: the run that was to do it died before.`),
		ending,
		events: []
	};
}
/** Tasks that ended before green served. Where it did so with nobody looking, what has ended since then is news. */
function exitsBefore({ lock }, { shifted }, facts) {
	const unseenFrom = shifted && lock !== void 0 ? lock.record.aliveAt : Number.POSITIVE_INFINITY;
	return (facts.greenService?.stopped ?? []).filter((task) => (task.stoppedAt ?? 0) <= unseenFrom).map((task) => task.arn);
}
/** Probes come first: what a run before this one has learned by its own died with it. */
function phaseAfterReady(state, now) {
	return isPromoted(state.stage) ? {
		kind: "retire",
		since: now,
		ending: promotionBefore(state)
	} : {
		kind: "probe",
		since: now
	};
}
/** Before a weight green may be unready for a moment (a task is being replaced), not for long. */
function waitOrFail(plan, state, readiness, waitedMs, now) {
	if (readiness.kind === "failed") return {
		kind: "fail",
		cause: readiness.cause
	};
	if (waitedMs >= Math.min(unreadyLimitMs, plan.readyTimeoutMs)) return {
		kind: "fail",
		cause: {
			code: "green-not-ready",
			sentence: `Green is no longer ready. ${readiness.what}`
		}
	};
	return wait(state, now, pollMs.ready, "green.progress", readiness.what);
}
// src/shift/router.ts
function albTargetOf({ location, others, blue, green, former }) {
	return {
		location,
		others: others.map((other) => other.location),
		blueArn: blue.targetGroupArn,
		greenArn: green.targetGroupArn,
		former
	};
}
function createAlbRouter(caller, target) {
	const locations = [target.location, ...target.others];
	const readAll = async () => locations.length === 1 ? [await readIfForward(caller, target.location)] : Promise.all(locations.map((location) => readIfForward(caller, location)));
	return {
		name: "alb",
		readSplits: async () => {
			const [main, ...others] = await readAll();
			const splits = others.map((other) => other === void 0 ? [] : asFirst(target, other.split));
			return [main?.split ?? [], ...splits];
		},
		writeSplit: async (wanted, expected) => {
			const [main, ...others] = await readAll();
			if (main === void 0) return {
				kind: "interfered",
				live: []
			};
			const ours = [wanted, ...expected];
			const isOurs = (split) => ours.some((each) => sameSplit(each, split));
			if (!isOurs(main.split)) return {
				kind: "interfered",
				live: main.split
			};
			for (const other of others) {
				const split = other === void 0 ? [] : asFirst(target, other.split);
				if (other === void 0 || !isOurs(split)) return {
					kind: "interfered",
					live: split
				};
			}
			await writeWeights(caller, main, wanted);
			for (const other of others) if (other !== void 0) await writeWeights(caller, other, pairOf(target, wanted));
			return { kind: "written" };
		}
	};
}
/** A group's share of the traffic, percent: the largest that any of the rules gives it. */
async function shareIn(router, targetGroupArn) {
	return Math.max(...(await router.readSplits()).map((split) => shareOf(split, targetGroupArn)));
}
/** The split that a reader has to see: one that is not as it was written, whichever rule holds it. Pure. */
function splitToSee(splits, written) {
	return splits.find((split) => !sameSplit(split, written)) ?? splits[0];
}
/** Another rule's split in the words of the first: as the ladder writes the same share. Pure. */
function asFirst(target, split) {
	const { blueArn, greenArn, former } = target;
	const [blue, green] = [shareOf(split, blueArn), shareOf(split, greenArn)];
	if (blue === 100) return former;
	const others = split.filter((group) => group.weight > 0 && group.targetGroupArn !== blueArn && group.targetGroupArn !== greenArn);
	if (blue + green === 0) return [
		{
			targetGroupArn: blueArn,
			weight: 0
		},
		{
			targetGroupArn: greenArn,
			weight: 0
		},
		...others
	];
	return [...splitAt([], blueArn, greenArn, Math.round(green * 10) / 10), ...others];
}
/** What another rule gets: groups that are neither blue nor green are its own. Pure. */
function pairOf({ blueArn, greenArn }, split) {
	return [blueArn, greenArn].map((targetGroupArn) => ({
		targetGroupArn,
		weight: split.find((group) => group.targetGroupArn === targetGroupArn)?.weight ?? 0
	}));
}
/** Undefined where the rule no longer forwards: that, too, is somebody else's hand. */
function readIfForward(caller, location) {
	return readForward(caller, location).catch((error) => {
		if (error instanceof ConfigurationError && error.code === "no-forward") return void 0;
		throw error;
	});
}
/** `earlier`: splits that we wrote before, which a lagging read may still show. Pure. */
function verifySplit(live, written, earlier) {
	if (sameSplit(live, written)) return "verified";
	return earlier.some((split) => sameSplit(live, split)) ? "pending" : "different";
}
// src/shift/sentences.ts
/** One sentence: what is now true, and why. */
function describeOutcome(plan, { ending, state }, harmed) {
	const at = reached(state);
	switch (ending.kind) {
		case "promoted": return `Green ${plan.green.groupName} serves everything; real traffic shows that it is no worse than blue.`;
		case "promoted-on-probes": return `Green ${plan.green.groupName} serves everything, promoted on probes and target health: ${ending.lack}.`;
		case "rolled-back": return at === void 0 ? `Green got no traffic: ${ended(ending.cause.sentence)}` : `Rolled back at ${at} %: ${ended(ending.cause.sentence)} ${harmSentence(harmed)}`;
		case "rollback-failed": return ending.held === true ? `Not taken back at ${at ?? 0} %: ${ended(ending.problem)} What speaks against green: ${ended(ending.cause.sentence)} ${harmSentence(harmed)}` : `The way back failed at ${at ?? 0} %: ${ended(ending.problem)} Why it was tried: ${ended(ending.cause.sentence)}`;
		case "interfered": return interference(ending);
		case "refused": return `Nothing was shifted: ${ending.refusals.map((refusal) => refusal.message).join(" ")}`;
		case "cancelled":
		case "timed-out": return `${ended(ending.cause.sentence)} ${weightsSentence(state, ending)}`;
		case "paused": return `Green ${plan.green.groupName} rests at ${ending.percent} %, as asked for; a later run goes on from there.`;
		case "no-change": return ending.why;
	}
}
/** AWS's own words may end without a full stop. */
function ended(sentence) {
	return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
function harmSentence(harmed) {
	if (harmed === 0) return "As far as is known, no request failed because of it.";
	return `About ${formatCount(harmed)} requests were harmed.`;
}
function weightsSentence(state, ending) {
	if (!state.shifted) return "Green had no traffic yet.";
	return ending.weights === "restored" ? "The weights are back as they were." : `The weights are left at ${describeSplit(state.written)}.`;
}
function remedyFor(plan, { ending, state }) {
	const { text, commands } = nextFor(plan, ending, state);
	return {
		text: [text, ...state.leftovers].filter(Boolean).join(" "),
		commands
	};
}
const nothingToDo = {
	text: "",
	commands: []
};
const inWords = (text) => ({
	text,
	commands: []
});
function nextFor(plan, ending, state) {
	switch (ending.kind) {
		case "promoted":
		case "promoted-on-probes":
		case "no-change": return nothingToDo;
		case "rolled-back": return plan.task.kind === "take-back" && plan.task.asked === true ? nothingToDo : inWords("Blue serves as before. Fix green and run the shift again.");
		case "rollback-failed": return ending.held === true ? heldRemedy(plan, state) : {
			text: "Run the action again with on-interrupted: rollback-only, or set the weights by hand:",
			commands: [...goBack(plan, state), ...unlock(state)]
		};
		case "paused": return {
			text: "Run the action again without until, or with a later one, to go on; with on-interrupted: rollback-only to go back. By hand:",
			commands: goBack(plan, state)
		};
		case "interfered": return inWords(ending.what === "lock" ? "The run that has the lock now goes on; see its log. Where there is none, somebody deleted the test rule: set the weights as they should be, then run the shift again." : "It may have been an infrastructure tool that was applied (Terraform, CloudFormation, CDK), another pipeline, or a person: CloudTrail (ModifyRule, ModifyListener) names who. Agree on one owner of the weights, set them as they should be, then run the shift again.");
		case "refused": return inWords("Correct what is named, or accept it by name with the input accept where that is allowed.");
		case "cancelled":
		case "timed-out":
			if (ending.weights !== "left") return nothingToDo;
			return plan.breaking ? heldRemedy(plan, state) : {
				text: "Run the action again to go on from here. By hand:",
				commands: goBack(plan, state)
			};
	}
}
/** A person decides: forward, or back once the schema change is undone. */
function heldRemedy(plan, state) {
	const all = splitAt(plan.former, plan.blue.targetGroupArn, plan.green.targetGroupArn, 100);
	return {
		text: [
			"To go on, repair what speaks against green and run the action again.",
			"To go back, undo the schema change first, then run the action with on-interrupted: rollback-only and past-breaking-schema: accept.",
			"By hand, one of both:"
		].join(" "),
		commands: [
			"# Green gets everything:",
			...restoreCommands(plan, all),
			...unlock(state),
			"# Blue gets everything back, once the schema change is undone:",
			...restoreCommands(plan, attachedSplit(plan)),
			...unlock(state)
		]
	};
}
function goBack(plan, { kept, noReturnAt }) {
	const { blue, cluster } = plan;
	return [
		...kept !== void 0 && noReturnAt === void 0 && cluster !== void 0 && blue.service !== void 0 ? ["# Blue is kept small, and gets its tasks first:", ...scaleUpCommands(cluster, blue.service, blue.targetGroupArn, neededOfBlue(plan, []))] : [],
		"# Blue gets everything back:",
		...restoreCommands(plan, attachedSplit(plan))
	];
}
function unlock({ testRuleArn }) {
	return testRuleArn === void 0 ? [] : [`aws elbv2 delete-rule --rule-arn ${testRuleArn}`];
}
/** The exact words that write a split, one line for each rule that is shifted. */
function restoreCommands(plan, split) {
	const { location, others, testRule, blue, green } = plan;
	const pair = pairOf({
		blueArn: blue.targetGroupArn,
		greenArn: green.targetGroupArn
	}, split);
	return [restoreCommand(location, withWeights(testRule.actions, split)), ...others.map((other) => restoreCommand(other.location, withWeights(other.actions, pair)))];
}
function restoreCommand(location, actions) {
	const json = JSON.stringify(actions).replaceAll("'", "\\u0027");
	return location.kind === "rule" ? `aws elbv2 modify-rule --rule-arn ${location.ruleArn} --actions '${json}'` : `aws elbv2 modify-listener --listener-arn ${location.listenerArn} --default-actions '${json}'`;
}
function interference(ending) {
	if (ending.what === "lock") return "The test rule of this shift is not its own any more, another run has taken it over or somebody has deleted it: nothing is touched any more.";
	return `Somebody else changed the weights: the rule holds ${describeSplit(ending.live)}, this shift last wrote ${describeSplit(ending.expected)}.`;
}
/** The highest share that green had through us, percent; undefined where it had none. */
function reached(state) {
	const highest = Math.max(0, ...state.weights.map((weight) => weight.percent));
	return highest === 0 ? void 0 : highest;
}
// src/shift/undo.ts
/** The way back: the former weights, confirmed, or the exact words for a person. Pure. */
const retryMs = 3e3;
/** A cancelled job is killed ten seconds after it was told: a person must know before that. */
const hurriedUndoLimitMs = 3500;
function decideUndo(plan, state, facts, context) {
	const { phase } = state;
	if (phase.kind !== "undo" && phase.kind !== "undo-verify") throw new Error(`Nothing is being undone in ${phase.kind}.`);
	if (!state.shifted) return end(plan, state, endingOf(phase.undo));
	if (plan.breaking) {
		const problem = `Green keeps its traffic: ${breakingReason}.`;
		const told = event(context.now, "shift.held-by-schema", "error", problem);
		return end(plan, state, heldEnding(phase.undo, problem), [told]);
	}
	const target = attachedSplit(plan);
	if (phase.kind === "undo-verify" && facts !== void 0 && sameSplit(facts.live, target)) return end(plan, state, endingOf(phase.undo), [event(context.now, "shift.weights-restored", "notice", `The weights are back as they were: ${describeSplit(facts.live)}.`)]);
	const [limitMs, pauseMs] = context.cancelled ? [hurriedUndoLimitMs, 700] : [undoLimitMs, retryMs];
	const way = phase.kind === "undo" ? refillFirst(plan, state, phase.undo, facts, context) : {
		kind: "free",
		undo: phase.undo
	};
	if (way.kind === "first") return way.decision;
	const undo = way.kind === "free" ? way.undo : phase.undo;
	const problem = way.kind === "barred" ? way.problem : undoProblem(state, {
		...phase,
		undo
	}, facts, context.now, limitMs, plan.requiredHealthy);
	if (problem !== void 0) return end(plan, state, {
		kind: "rollback-failed",
		cause: undo.cause,
		problem
	}, [event(context.now, "shift.rollback-failed", "error", problem)]);
	if (phase.kind === "undo-verify" && context.now - phase.writtenAt < 6e4) return {
		kind: "wait",
		waitMs: pauseMs,
		state
	};
	if (state.refusal !== void 0) {
		const again = {
			kind: "undo",
			undo: {
				...undo,
				lastProblem: state.refusal.message
			}
		};
		return {
			kind: "wait",
			waitMs: pauseMs,
			state: {
				...state,
				refusal: void 0,
				phase: again
			}
		};
	}
	return {
		kind: "act",
		state,
		act: {
			kind: "write-split",
			split: target,
			next: {
				kind: "undo-verify",
				undo,
				writtenAt: context.now
			}
		}
	};
}
/** Why the weights cannot go back, or could not for too long. */
function undoProblem(state, phase, facts, now, limitMs, requiredHealthy) {
	if (state.refusal?.final === true) return state.refusal.message;
	if (phase.kind === "undo" && state.noReturnAt !== void 0 && facts !== void 0 && healthyCount(facts.blueTargets) < requiredHealthy) return `Blue was scaled down at ${new Date(state.noReturnAt).toISOString()}, the point of no return, and has ${healthyCount(facts.blueTargets)} healthy targets: its traffic was left where it is. Scale blue up first.`;
	if (phase.kind === "undo" && facts !== void 0 && healthyCount(facts.blueTargets) === 0 && healthyCount(facts.greenTargets) > 0) return "Blue has no healthy target any more: its traffic was left where it is.";
	if (now - phase.undo.since < limitMs) return void 0;
	if (phase.kind === "undo-verify") return `The weights were taken back, and within ${formatDuration(limitMs)} no read confirmed it.`;
	const last = state.refusal?.message ?? phase.undo.lastProblem;
	return `For ${formatDuration(limitMs)} the weights could not be taken back${last === void 0 ? "" : `: ${last}`}.`;
}
function heldEnding({ ending, cause }, problem) {
	return ending === "rolled-back" ? {
		kind: "rollback-failed",
		cause,
		problem,
		held: true
	} : {
		kind: ending,
		weights: "left",
		cause
	};
}
function endingOf(undo) {
	return undo.ending === "rolled-back" ? {
		kind: "rolled-back",
		cause: undo.cause
	} : {
		kind: undo.ending,
		weights: "restored",
		cause: undo.cause
	};
}
// src/shift/decide.ts
/** A read may lag a write by this much before it means that somebody else wrote. */
const lagMs = 6e4;
/** Without facts for this long, blue gets its traffic back. */
const blindLimitMs = 18e4;
function decide(plan, baseline, before, observed, context) {
	const facts = observed.kind === "facts" ? observed.facts : void 0;
	const state = facts === void 0 ? before : absorb(plan, baseline, before, facts, context.now);
	const decision = decideNext(plan, baseline, state, observed, context);
	return facts?.whole === false && !waitsOn(state, decision) ? {
		kind: "wait",
		waitMs: 0,
		state: {
			...state,
			lookAgain: true
		}
	} : decision;
}
/** Nothing that green or blue do is decided on: all stays as it is, or green is not made yet. */
function waitsOn({ phase }, decision) {
	const next = decision.state.phase;
	if (isBeforeGreen(phase)) return isBeforeGreen(next);
	if (decision.kind === "act") return decision.act.kind === "note" && decision.act.stage === void 0;
	const isSame = next.kind === phase.kind || phase.kind === "verify" && next.kind === "bake";
	return decision.kind === "wait" && isSame;
}
function decideNext(plan, baseline, state, observed, context) {
	const facts = observed.kind === "facts" ? observed.facts : void 0;
	if (state.phase.kind === "tail") return decideTail(state, state.phase);
	if (state.lockTaken) return end(plan, {
		...state,
		testRuleArn: void 0,
		scalingQuietened: false
	}, {
		kind: "refused",
		refusals: [{
			code: "another-shift",
			message: `Priority ${plan.testRule.priority} of the listener was taken while this run made ready: another shift is in progress.`
		}]
	});
	const foreign = foreignSplit(state, facts, context.now);
	const lost = hasLostLock(state, facts, context.now);
	const rival = state.shifted || lost ? void 0 : facts?.rival;
	if (foreign !== void 0 && rival !== void 0 && rival !== null) {
		const given = givenUpTo(rival, state);
		return end(plan, given.state, given.ending);
	}
	if (foreign !== void 0 || lost) {
		const ending = {
			kind: "interfered",
			what: lost ? "lock" : "weights",
			live: foreign ?? state.written,
			expected: state.written
		};
		return end(plan, state, ending, [event(context.now, "shift.interfered", "error", interference(ending))]);
	}
	if (state.phase.kind === "undo" || state.phase.kind === "undo-verify") return decideUndo(plan, state, facts, context);
	if (context.cancelled) return decideCancelled(plan, state, observed, context);
	if (context.now >= context.deadlineAt && state.phase.kind === "retire") return end(plan, withLeftover(state, state.kept === void 0 ? `${plan.blue.service} was not scaled down: time ran out before it was without requests.` : keptLeftover(plan, state.kept.tasks, "time ran out before keep-blue-for was over")), state.phase.ending);
	if (context.now >= context.deadlineAt) return beginUndo(plan, state, facts, context, {
		ending: "timed-out",
		cause: {
			code: "timeout",
			sentence: `The shift did not end within its time limit (${describePhase(plan, state.phase)}).`
		},
		since: context.now
	});
	const rollback = (cause) => beginUndo(plan, state, facts, context, {
		ending: "rolled-back",
		cause,
		since: context.now
	});
	if (state.refusal !== void 0) return rollback({
		code: "refused-by-aws",
		sentence: state.refusal.message
	});
	if (observed.kind === "unreadable") {
		const since = state.blindSince ?? context.now;
		if (observed.error.kind === "access-denied" || observed.error.kind === "credentials" || context.now - since >= blindLimitMs) return rollback({
			code: "cannot-observe",
			sentence: `What green does can no longer be read: ${observed.error.message}`
		});
		return {
			kind: "wait",
			waitMs: 5e3,
			state: {
				...state,
				blindSince: since
			}
		};
	}
	const next = progress(plan, baseline, state, observed.facts, context.now);
	switch (next.kind) {
		case "wait": return withSignOfLife(next, context.now);
		case "fail": return rollback(next.cause);
		case "fail-lock": return decideNext(plan, baseline, {
			...state,
			lockTaken: true
		}, observed, context);
		case "end": return end(plan, next.state, next.ending, next.events);
		default: return next;
	}
}
/**
* Asked before a weight is raised: without a lock, too, traffic is taken away from a bad green. A read may lag behind
* our own taking of the lock; nobody takes it from a holder that young.
*/
function hasLostLock(state, facts, now) {
	if (state.lockGone) return true;
	if (facts?.lockIsOurs !== false || state.phase.kind !== "shift") return false;
	return state.lockedAt === void 0 || now - state.lockedAt >= 6e4;
}
/** A wait while the lock is held becomes a sign of life once a minute: a silent holder counts as dead. */
function withSignOfLife(next, now) {
	const { state } = next;
	if (state.testRuleArn === void 0 || now - state.notedAt < 6e4) return next;
	return {
		kind: "act",
		act: { kind: "note" },
		state,
		events: next.events ?? []
	};
}
/** What a person has to know, if there is something. */
function withLeftover(state, leftover) {
	return leftover === void 0 ? state : {
		...state,
		leftovers: [...state.leftovers, leftover]
	};
}
/** Somebody else's split, if that is what the rule holds. */
function foreignSplit(state, facts, now) {
	if (state.interferedBy !== void 0) return state.interferedBy;
	if (facts === void 0) return void 0;
	const earlier = state.phase.kind === "verify" || state.phase.kind === "undo-verify" || now - state.writtenAt < 6e4 ? state.earlier : [];
	return verifySplit(facts.live, state.written, earlier) === "different" ? facts.live : void 0;
}
function decideCancelled(plan, state, observed, context) {
	const facts = observed.kind === "facts" ? observed.facts : void 0;
	const cause = {
		code: "cancelled",
		sentence: `The job was cancelled (${describePhase(plan, state.phase)}).`
	};
	const why = whyLeave(plan, state, facts);
	if (why !== void 0) return end(plan, state, {
		kind: "cancelled",
		weights: "left",
		cause
	}, [event(context.now, "shift.cancelled", "warning", `${cause.sentence} The weights are left as they are: ${why}.`)]);
	if (observed.kind === "unreadable" && state.shifted) return lookAtBlueFirst(plan, state, observed.error.message, context, cause);
	return beginUndo(plan, state, facts, context, {
		ending: "cancelled",
		cause,
		since: context.now
	});
}
/** Traffic goes back to a blue that is known to carry it. What the job cannot see in its few seconds, the post step can. */
function lookAtBlueFirst(plan, state, why, { now }, cause) {
	const since = state.cancelSeenAt ?? now;
	if (now - since < 3500) return {
		kind: "wait",
		waitMs: state.cancelSeenAt === void 0 ? 0 : 700,
		state: {
			...state,
			cancelSeenAt: since
		}
	};
	const problem = `The weights are left as they are: whether blue can take its traffic back could not be read within ${formatDuration(hurriedUndoLimitMs)} (${why}).`;
	return end(plan, state, {
		kind: "rollback-failed",
		cause,
		problem
	}, [event(now, "shift.rollback-failed", "error", problem)]);
}
/** Why traffic stays with a green that carries a breaking schema change. */
const breakingReason = "its schema change is breaking, blue could not serve, and nothing goes back past it by itself";
/** Why a cancelled job does not give the traffic back; undefined where it does. */
function whyLeave(plan, state, facts) {
	if (!state.shifted) return void 0;
	if (plan.onCancel === "leave") return "on-cancel says so";
	if (plan.breaking) return breakingReason;
	if (state.noReturnAt !== void 0) return `blue was scaled down at ${new Date(state.noReturnAt).toISOString()}, and that was the point of no return`;
	const healthy = facts === void 0 ? void 0 : healthyCount(facts.blueTargets);
	if (facts !== void 0 && state.kept !== void 0) return takesAllNow(plan, state, facts) ? void 0 : `blue is kept at ${state.kept.tasks} tasks and has ${healthy} healthy targets, ${neededOfBlue(plan, facts.greenTargets)} carry everything, and a cancelled job cannot wait for them`;
	return healthy !== void 0 && healthy < plan.blueHealthy ? `blue has ${healthy} healthy targets, and had ${plan.blueHealthy} at the start` : void 0;
}
function beginUndo(plan, state, facts, context, undo) {
	const told = event(context.now, undo.ending === "rolled-back" ? "gate.failed" : `shift.${undo.ending}`, "warning", undo.cause.sentence, {
		cause: undo.cause.code,
		phase: state.phase.kind
	});
	const decision = decideUndo(plan, {
		...state,
		refusal: void 0,
		phase: {
			kind: "undo",
			undo
		}
	}, facts, context);
	return {
		...decision,
		events: [told, ...decision.events ?? []]
	};
}
/** Our own things that have to be put away at this ending, in this order. */
function tailOf(plan, state, ending) {
	if (ending.kind === "interfered" && ending.what === "lock") return [];
	if (ending.kind === "rollback-failed" && ending.held !== true) return [];
	if (restsAt(ending)) return state.testRuleArn === void 0 ? [] : [{ kind: "note-rest" }];
	const acts = [];
	if (state.scalingQuietened) acts.push({ kind: "restore-scaling" });
	if ((ending.kind === "rolled-back" || ending.kind === "cancelled" || ending.kind === "timed-out") && plan.greenAfterRollback === "scale-to-zero" && state.green !== void 0) acts.push({ kind: "scale-green-to-zero" });
	if (state.testRuleArn !== void 0) acts.push({ kind: "delete-test-rule" });
	return acts;
}
/** The weights stand in the middle: lock, scaling floors and green stay for the run that goes on. */
function restsAt(ending) {
	return ending.kind === "paused" || ending.kind === "rollback-failed" && ending.held === true || (ending.kind === "cancelled" || ending.kind === "timed-out") && ending.weights === "left";
}
/** Ends the shift by way of putting its own things away. */
function end(plan, state, ending, events = []) {
	const phase = {
		kind: "tail",
		ending,
		remaining: tailOf(plan, state, ending)
	};
	const decision = decideTail({
		...state,
		phase,
		refusal: void 0
	}, phase);
	return {
		...decision,
		events: [...events, ...decision.events ?? []]
	};
}
function decideTail(state, phase) {
	const [next] = phase.remaining;
	if (next === void 0) return {
		kind: "finish",
		state,
		outcome: {
			ending: phase.ending,
			state
		}
	};
	return {
		kind: "act",
		state,
		act: {
			kind: "tail",
			act: next
		}
	};
}
function event(at, code, level, message, data) {
	return {
		at,
		code,
		level,
		message,
		...data === void 0 ? {} : { data }
	};
}
/** Where the shift stands, in words. */
function describePhase(plan, phase) {
	switch (phase.kind) {
		case "lock":
		case "lock-check":
		case "attach":
		case "quieten":
		case "deploy": return "before green was deployed";
		case "ready": return "while green was becoming ready";
		case "probe": return "while green was probed at weight 0";
		case "shift":
		case "verify": return `while the weight was set to ${plan.steps[phase.step]?.percent} %`;
		case "bake": return `at ${plan.steps[phase.step]?.percent} %`;
		case "retire": return "while blue waited for its end";
		case "undo":
		case "undo-verify": return "while the weights were taken back";
		case "tail": return "while putting things away";
	}
}
// src/shift/bring-revision.ts
/** The revision that green is to run: registered where it is new, with the marks of this run. */
async function bringRevision({ aws, ports, record, changes }, request, gathered) {
	const { clock, context, runner } = ports;
	const { register, definition } = gathered;
	const schema = request.schema === "breaking" ? "breaking" : void 0;
	const remembered = request.taskDefinition?.kind === "file" ? marksToTags(originOf(context)) : /* @__PURE__ */ new Map();
	if (register !== void 0) {
		const tags = {
			asked: /* @__PURE__ */ new Map(),
			remembered
		};
		const start = {
			aws,
			clock,
			cancelled: runner.cancelled,
			record
		};
		const registered = await registerTagged(register, tags, schema, start);
		changes.made(`${revisionName(registered.arn)} was registered.`);
		const told = `Registered ${revisionName(registered.arn)}.`;
		record(event(clock.now(), "task-definition.registered", "info", told));
		return {
			kind: "brought",
			gathered: {
				...gathered,
				definition: {
					...registered,
					tags: toTags(void 0)
				},
				facts: {
					...gathered.facts,
					taskDefinitionArn: registered.arn
				}
			}
		};
	}
	if (definition === void 0) return {
		kind: "brought",
		gathered
	};
	const refusal = await markRevision({
		aws,
		clock,
		record
	}, {
		arn: definition.arn,
		marks: marksOf(definition.tags),
		remembered,
		schema
	});
	return refusal === void 0 ? {
		kind: "brought",
		gathered
	} : {
		kind: "refused",
		refusal: {
			code: "breaking-schema-unmarked",
			message: `${refusal.reason} ${refusal.remedy}`
		}
	};
}
// src/aws/scaling-targets.ts
const dimension = {
	ServiceNamespace: "ecs",
	ScalableDimension: "ecs:service:DesiredCount"
};
/** `cluster` as a name or an ARN. */
function scalingResource(cluster, service) {
	return `service/${cluster.slice(cluster.lastIndexOf("/") + 1)}/${service}`;
}
/** Undefined where the service does not scale by itself. */
async function readScaling(caller, resourceId) {
	const { ScalableTargets: targets = [] } = await caller.call("application-autoscaling:DescribeScalableTargets", {
		...dimension,
		ResourceIds: [resourceId]
	});
	const target = targets.find((candidate) => candidate.ResourceId === resourceId);
	return target === void 0 ? void 0 : toScalingFacts(target);
}
/** All scalable targets of ECS services whose scaling in is suspended, as it is for the time of a shift. */
async function readQuietened(caller) {
	const found = [];
	let nextToken;
	do {
		const page = await caller.call("application-autoscaling:DescribeScalableTargets", {
			...dimension,
			...nextToken === void 0 ? {} : { NextToken: nextToken }
		});
		found.push(...(page.ScalableTargets ?? []).map(toScalingFacts));
		nextToken = page.NextToken;
	} while (nextToken !== void 0);
	return found.filter((target) => target.suspended.scaleIn);
}
function toScalingFacts(target) {
	return {
		resourceId: target.ResourceId ?? "",
		arn: target.ScalableTargetARN,
		minCapacity: target.MinCapacity ?? 0,
		maxCapacity: target.MaxCapacity ?? 0,
		suspended: {
			scaleIn: target.SuspendedState?.DynamicScalingInSuspended ?? false,
			scaleOut: target.SuspendedState?.DynamicScalingOutSuspended ?? false,
			scheduled: target.SuspendedState?.ScheduledScalingSuspended ?? false
		}
	};
}
/**
* Repeatable. Registering clamps the service's count into min and max: callers choose them so that it fits.
* The answer is the target's ARN.
*/
async function writeScaling(caller, wanted, tags) {
	const { ScalableTargetARN } = await caller.call("application-autoscaling:RegisterScalableTarget", {
		...dimension,
		ResourceId: wanted.resourceId,
		MinCapacity: wanted.minCapacity,
		MaxCapacity: wanted.maxCapacity,
		SuspendedState: {
			DynamicScalingInSuspended: wanted.suspended.scaleIn,
			DynamicScalingOutSuspended: wanted.suspended.scaleOut,
			ScheduledScalingSuspended: wanted.suspended.scheduled
		},
		...tags === void 0 ? {} : { Tags: { ...tags } }
	});
	return ScalableTargetARN;
}
/**
* How a service scales while its traffic is being shifted: never in, never by schedule (ECS itself does no
* more during a deployment), still out, and never below the count that carries everything. Pure.
*/
function quietened(former, count) {
	return {
		...former,
		minCapacity: Math.min(Math.max(former.minCapacity, count), former.maxCapacity),
		suspended: {
			scaleIn: true,
			scaleOut: former.suspended.scaleOut,
			scheduled: true
		}
	};
}
/**
* What is noted on a scalable target while it is quietened: a later run finds how it was before, whatever
* became of the run that changed it. Documented in docs/tags.md.
*/
const scalingTag = "ips-deploy:scaling";
/** On the scalable target of a twin until all of its policies, schedules and alarms are made. */
const twinTag = "ips-deploy:twin";
/** Pure: `min=2 max=6 in=false out=false scheduled=false`, where suspended kinds are true. */
function scalingToTag({ minCapacity, maxCapacity, suspended }) {
	const { scaleIn, scaleOut, scheduled } = suspended;
	return `min=${minCapacity} max=${maxCapacity} in=${scaleIn} out=${scaleOut} scheduled=${scheduled}`;
}
/** Pure; undefined where the text is not ours. */
function scalingOfTag(now, text) {
	const found = /^min=(\d+) max=(\d+) in=(true|false) out=(true|false) scheduled=(true|false)$/.exec(text);
	if (found === null) return void 0;
	const [, min, max, scaleIn, scaleOut, scheduled] = found;
	return {
		...now,
		minCapacity: Number(min),
		maxCapacity: Number(max),
		suspended: {
			scaleIn: scaleIn === "true",
			scaleOut: scaleOut === "true",
			scheduled: scheduled === "true"
		}
	};
}
/** How the target was before a shift quietened it, as noted on it; as it is where nothing is noted. */
async function readFormerScaling(caller, now) {
	if (now.arn === void 0) return now;
	const { Tags: tags = {} } = await caller.call("application-autoscaling:ListTagsForResource", { ResourceARN: now.arn });
	const text = tags[scalingTag];
	const former = (text === void 0 ? void 0 : scalingOfTag(now, text)) ?? now;
	return tags["ips-deploy:twin"] === void 0 ? former : {
		...former,
		halfMade: true
	};
}
/** Repeatable. */
async function noteScaling(caller, former) {
	if (former.arn === void 0) return;
	await caller.call("application-autoscaling:TagResource", {
		ResourceARN: former.arn,
		Tags: { [scalingTag]: scalingToTag(former) }
	});
}
/** Repeatable. */
async function forgetScaling(caller, { arn }, tag = scalingTag) {
	if (arn === void 0) return;
	await caller.call("application-autoscaling:UntagResource", {
		ResourceARN: arn,
		TagKeys: [tag]
	});
}
/** All scaling policies of a service, as AWS describes them. */
async function readScalingPolicies(caller, resourceId) {
	const policies = [];
	let nextToken;
	do {
		const page = await caller.call("application-autoscaling:DescribeScalingPolicies", {
			...dimension,
			ResourceId: resourceId,
			...nextToken === void 0 ? {} : { NextToken: nextToken }
		});
		policies.push(...page.ScalingPolicies ?? []);
		nextToken = page.NextToken;
	} while (nextToken !== void 0);
	return policies;
}
/** Repeatable: a policy of that name is replaced. Answers its ARN. */
async function putScalingPolicy(caller, policy) {
	const { PolicyARN: arn } = await caller.call("application-autoscaling:PutScalingPolicy", {
		...dimension,
		PolicyName: policy.PolicyName,
		ResourceId: policy.ResourceId,
		PolicyType: policy.PolicyType,
		...policy.TargetTrackingScalingPolicyConfiguration === void 0 ? {} : { TargetTrackingScalingPolicyConfiguration: policy.TargetTrackingScalingPolicyConfiguration },
		...policy.StepScalingPolicyConfiguration === void 0 ? {} : { StepScalingPolicyConfiguration: policy.StepScalingPolicyConfiguration }
	});
	return arn;
}
/** All scheduled actions of a service, as AWS describes them. */
async function readScheduledActions(caller, resourceId) {
	const actions = [];
	let nextToken;
	do {
		const page = await caller.call("application-autoscaling:DescribeScheduledActions", {
			...dimension,
			ResourceId: resourceId,
			...nextToken === void 0 ? {} : { NextToken: nextToken }
		});
		actions.push(...page.ScheduledActions ?? []);
		nextToken = page.NextToken;
	} while (nextToken !== void 0);
	return actions;
}
/** Repeatable: an action of that name is replaced. */
async function putScheduledAction(caller, action) {
	await caller.call("application-autoscaling:PutScheduledAction", {
		...dimension,
		...action
	});
}
// src/shift/asked-for.ts
/**
* The steps asked for. Made ones stay what they were when the shift began: green's share is part of what would be
* measured now, and a weight of the first run may be none of new ones.
*/
function percentsOf({ facts, baseline }, request) {
	const { exposureBudget, until } = request;
	if (exposureBudget === void 0) return request.steps;
	const begun = facts.lock?.record.steps ?? [];
	const made = begun.length > 0 ? begun : stepsWithin(exposureBudget, baseline.requestsPerMinute);
	return [.../* @__PURE__ */ new Set([
		...made,
		...until === void 0 ? [] : [until],
		100
	])].sort((one, other) => one - other);
}
/** As many tasks as blue has, or more: that is no end of blue. One that was begun goes by what was asked for then. */
function keepsAll({ blueService, lock }, { blueAfter }) {
	if (blueAfter === "keep" || blueService === void 0 || lock?.record.noReturnAt !== void 0) return false;
	return blueAfter >= blueService.desiredCount;
}
/** How many of blue's tasks are kept as the way back: `all` where that is none fewer. A part is rounded up. */
function tasksKept({ blueService, lock }, { keepBlueAt, blueAfter }) {
	if (keepBlueAt === "all" || blueAfter === "keep" || blueService === void 0) return "all";
	const before = lock?.record.blueCount ?? 0;
	const running = before > 0 ? before : blueService.runningCount;
	const asked = "tasks" in keepBlueAt ? keepBlueAt.tasks : Math.ceil(running * keepBlueAt.percent / 100);
	const tasks = Math.max(1, asked, blueAfter);
	return tasks >= (before > 0 ? before : blueService.desiredCount) ? "all" : tasks;
}
/** Of blue or green. */
function scheduledOf({ scheduled }, service, cluster) {
	const resourceId = scalingResource(cluster, service);
	return scheduled.find((each) => each.resourceId === resourceId)?.actions ?? [];
}
// src/shift/calls-to-make.ts
/** About how many calls to AWS a shift makes that goes through: they count against the account's limits. Pure. */
const minuteMs$1 = 6e4;
/** From a weight to the look at which two of its minutes are known. */
const twoMinutesMs = 4.7 * minuteMs$1;
/** So many requests of two minutes are waited for. */
const fewest = 20;
/** From the lock to the end, with tasks that start within a minute and no step that is held for suspicion. */
function callsToMake(plan, baseline) {
	const rules = 1 + plan.others.length;
	const alarms = plan.alarms.length > 0 ? 1 : 0;
	const hasService = plan.green.service !== void 0 && plan.cluster !== void 0;
	const perMinute = 8 + 4 * (rules + alarms) + (hasService ? 2 : 0) + 2;
	const firstMinute = 4;
	const wholeLook = rules + 3 + alarms + (hasService ? 5 : 0);
	const write = 3 * rules;
	const lastStep = plan.until === void 0 ? void 0 : plan.steps.findIndex((step) => step.percent === plan.until);
	const baking = (lastStep === void 0 ? plan.steps : plan.steps.slice(0, lastStep + 1)).reduce((sum, step, index) => {
		const isAwaited = 2 * baseline.requestsPerMinute * step.percent / 100 >= fewest || index === 0 && baseline.requestsPerMinute === 0;
		const lengthMs = step.bakeTimeMs > 0 && isAwaited ? Math.max(step.bakeTimeMs, twoMinutesMs) : step.bakeTimeMs;
		return sum + write + wholeLook + firstMinute + perMinute * lengthMs / minuteMs$1;
	}, 0);
	const goesOn = lastStep === void 0 && plan.blueAfter !== "keep" && plan.blue.service !== void 0;
	const quietMs = 15e4;
	const isSmall = plan.keepBlueAt !== "all";
	const keptMs = isSmall ? quietMs + plan.drainMs + plan.keepBlueMs : Math.max(plan.keepBlueMs, quietMs);
	const retiring = goesOn ? (isSmall ? 2 : 1) * (wholeLook + rules + 3) + perMinute * keptMs / minuteMs$1 : 0;
	const before = 8 + 2 * rules + 3 * plan.scaling.length;
	const ready = hasService ? 25 + 4 * (rules + alarms) : 8;
	const probing = wholeLook + plan.probes.count / 20;
	const after = 3 + 2 * plan.scaling.length;
	return {
		all: Math.round(before + ready + probing + baking + retiring + after),
		perMinute
	};
}
/** `About 340 calls to AWS, 18 a minute while a step bakes.` */
function describeCalls(plan, baseline) {
	const { all, perMinute } = callsToMake(plan, baseline);
	return `About ${formatCount(Math.round(all / 10) * 10)} calls to AWS, ${perMinute} a minute while a step bakes.`;
}
// src/shift/plan-notes.ts
/** Of a shift that goes forward: how long, how many calls and tasks, and what decides. */
function notesOnWay(plan, gathered, request) {
	return [
		describeLength(gathered, request),
		describeCalls(plan, gathered.baseline),
		...plan.deploy.kind === "none" ? [] : [describeTasks(gathered, request)],
		describeLimits(plan, gathered.baseline)
	];
}
/** How long it may last, beside what ends it: said before anything is changed. */
function describeLength(gathered, request) {
	const { drainMs, now } = gathered.facts;
	const steps = percentsOf(gathered, request);
	const longest = formatDuration(worstCaseMs({
		...request,
		steps
	}, drainMs));
	const { jobTimeoutMs, credentialsEndAt, renewsCredentials } = request;
	return `It lasts ${longest} at the longest, the way back included; ${[jobTimeoutMs === void 0 ? "the job’s own limit is not known (job-timeout-minutes; 6h where the workflow has none)" : `the job ends after ${formatDuration(jobTimeoutMs)}`, renewsCredentials ? "its credentials are renewed" : credentialsEndAt === void 0 ? "when its credentials end is not known (credentials-end)" : `the credentials end in ${formatDuration(Math.max(0, Math.round((credentialsEndAt - now) / 1e3) * 1e3))}`].join("; ")}.`;
}
function describeLimits(plan, baseline) {
	const limit = harmLimit(plan, baseline);
	return `Evidence of harm holds a step from ${suspicionLimit(limit)}:1 on and takes green back at ${limit}:1; evidence of 20:1 that green is no worse promotes it.`;
}
function describeTasks({ facts }, { maxExtraTasks }) {
	const limit = maxExtraTasks === void 0 ? "no limit is set (max-extra-tasks)" : `max-extra-tasks allows ${maxExtraTasks}`;
	return `Tasks beside those that run now: ${extraTasks(facts)}; ${limit}.`;
}
/** What is worth knowing of blue and green, whatever is done with them. */
function notesOn(gathered, request, hasBlueService) {
	const { facts, baseline } = gathered;
	const notes = [];
	const lockless = facts.lock === void 0;
	const blueHealthy = healthyCount(facts.blueTargets);
	if (facts.desiredCount < blueHealthy) notes.push(`Green gets ${facts.desiredCount} tasks where blue has ${blueHealthy} healthy targets: that is by request.`);
	if (!hasBlueService) notes.push(`${facts.blueGroup.name} has no ECS service: it is left running at the end.`);
	if (facts.blueService !== void 0 && keepsAll(facts, request)) {
		const { name, desiredCount } = facts.blueService;
		notes.push(`${name} runs ${desiredCount} tasks, and blue-after leaves it ${request.blueAfter}: it is kept as it is.`);
	}
	if (facts.blueService !== void 0 && keepsWhole(facts, request)) {
		const { name, desiredCount } = facts.blueService;
		notes.push(`${name} runs ${desiredCount} tasks, and keep-blue-at leaves it ${describeKept(request.keepBlueAt)}: it stays whole for keep-blue-for.`);
	}
	if (baseline.requestsPerMinute === 0) notes.push("Blue shows no traffic in the last hour: the shift will be decided on probes and target health.");
	else notes.push(`Blue serves about ${Math.round(baseline.requestsPerMinute)} requests a minute.`);
	if (facts.greenService === void 0 && gathered.unusedGroupArns.length > 0) notes.push(`Blue is registered in ${gathered.unusedGroupArns.map(groupName).join(", ")}, too, which no load balancer forwards to: green is not.`);
	const own = uncopied(facts.bluePolicies);
	if (facts.greenService === void 0 && own.length > 0) notes.push(`Blue's scaling policies ${own.join(", ")} are of a kind that green does not get by itself. Make them for green's service, too.`);
	const byAddress = facts.blueGroup.targetType === "ip" || facts.greenGroup.targetType === "ip";
	if (facts.ownersUnseen !== void 0 && byAddress && lockless) notes.push(`Whether ECS or CodeDeploy shifts these weights as well could not be seen everywhere: ${facts.ownersUnseen}.`);
	notes.push(...scheduleNotes(gathered, request));
	if (request.probes.count === 0 && request.probes.perStep === 0) notes.push("No probes are sent: only target health and metrics speak.");
	return notes;
}
/** A smaller blue was asked for, and that is no smaller one. */
function keepsWhole(facts, request) {
	const { keepBlueAt } = request;
	return keepBlueAt !== "all" && !keepsAll(facts, request) && tasksKept(facts, request) === "all";
}
function describeKept(keepBlueAt) {
	if (keepBlueAt === "all") return keepBlueAt;
	return "tasks" in keepBlueAt ? `${keepBlueAt.tasks}` : `${keepBlueAt.percent} %`;
}
/** What becomes of scheduled scaling, which neither colour shows by itself. */
function scheduleNotes(gathered, request) {
	const { facts } = gathered;
	const { cluster } = request;
	const { blueService: blue, greenService: green } = facts;
	if (cluster === void 0 || blue === void 0) return [];
	const ofBlue = scheduledOf(gathered, blue.name, cluster);
	if (ofBlue.length === 0) return [];
	const names = ofBlue.map((action) => action.ScheduledActionName).join(", ");
	const notes = [request.blueAfter === "keep" || keepsAll(facts, request) ? `Blue is kept, and its scheduled actions (${names}) go on changing its size after the shift.` : `Scheduled scaling of ${blue.name} (${names}) stays suspended once blue is scaled down: it would bring its tasks back. The next shift to it takes it up again.`];
	if (green === void 0) return notes;
	const settings = {
		blueService: blue.name,
		greenService: green.name,
		now: facts.now
	};
	const missing = unscheduled$1(ofBlue, scheduledOf(gathered, green.name, cluster), settings);
	if (missing.length > 0) notes.push(`Blue's scheduled actions ${missing.join(", ")} are none of ${green.name}: green will not follow that schedule. Make them for it, too.`);
	return notes;
}
// src/shift/twin.ts
/** Every field of CreateService is copied, green's own, or left out for a reason: twin.test.ts says which, for each. */
function twinOf({ service: blue, revision }, settings) {
	const strategy = blue.capacityProviderStrategy ?? [];
	const current = primaryOf(blue);
	const wish = [
		blue.clusterArn,
		settings.name,
		settings.taskDefinitionArn,
		settings.greenTargetGroupArn
	];
	return given({
		cluster: blue.clusterArn,
		serviceName: settings.name,
		taskDefinition: settings.taskDefinitionArn,
		desiredCount: settings.desiredCount,
		clientToken: clientToken(wish.join("|")),
		capacityProviderStrategy: strategy,
		launchType: strategy.length > 0 ? void 0 : blue.launchType,
		platformVersion: blue.platformVersion,
		networkConfiguration: blue.networkConfiguration,
		loadBalancers: loadBalancersOf$1(blue, settings),
		serviceRegistries: blue.serviceRegistries,
		serviceConnectConfiguration: current?.serviceConnectConfiguration,
		vpcLatticeConfigurations: current?.vpcLatticeConfigurations,
		gatewayConnectors: revision?.gatewayConnectors,
		volumeConfigurations: current?.volumeConfigurations,
		monitoring: revision?.monitoring,
		placementConstraints: blue.placementConstraints,
		placementStrategy: blue.placementStrategy,
		healthCheckGracePeriodSeconds: blue.healthCheckGracePeriodSeconds,
		deploymentConfiguration: blue.deploymentConfiguration,
		enableECSManagedTags: blue.enableECSManagedTags,
		propagateTags: blue.propagateTags === "NONE" ? void 0 : blue.propagateTags,
		enableExecuteCommand: blue.enableExecuteCommand,
		availabilityZoneRebalancing: blue.availabilityZoneRebalancing,
		role: blue.roleArn?.includes("/aws-service-role/") === true ? void 0 : blue.roleArn,
		tags: (blue.tags ?? []).filter((tag) => !tag.key?.startsWith("aws:"))
	});
}
function loadBalancersOf$1(blue, settings) {
	return (blue.loadBalancers ?? []).filter(({ targetGroupArn: arn }) => arn === void 0 || !settings.unusedGroupArns.includes(arn)).map(({ targetGroupArn: arn, loadBalancerName, containerName, containerPort }) => given({
		targetGroupArn: arn === settings.blueTargetGroupArn ? settings.greenTargetGroupArn : arn,
		loadBalancerName,
		containerName,
		containerPort
	}));
}
/** Why no twin of blue can be made: what would have to be copied, and cannot be. `volumes`: of green's definition. */
function untwinnable(blue, volumes) {
	const problems = [];
	const current = primaryOf(blue);
	const connect = current?.serviceConnectConfiguration;
	const served = connect?.enabled === true ? connect.services ?? [] : [];
	if (served.length > 0) {
		const names = served.map((each) => each.discoveryName ?? each.portName);
		problems.push(`it serves ${names.join(", ")} by Service Connect, and a namespace has each name once`);
	}
	if (blue.schedulingStrategy === "DAEMON") problems.push("it is a daemon, which runs on every instance whatever count is wished");
	for (const { name } of current?.volumeConfigurations ?? []) if (volumes?.some((each) => each.name === name && each.configuredAtLaunch === true) === false) problems.push(`it configures the volume ${name}, which green's task definition does not leave to it`);
	return problems;
}
function primaryOf(service) {
	return service.deployments?.find((deployment) => deployment.status === "PRIMARY");
}
/** Without what was not given: ECS refuses some fields even where they are empty. */
function given(fields) {
	const kept = {};
	for (const name in fields) {
		const value = fields[name];
		if (value !== void 0 && !(Array.isArray(value) && value.length === 0)) kept[name] = value;
	}
	return kept;
}
/** The colour swapped, or added: `api-blue` to `api-green`, `api` to `api-green`. */
function twinName(blueName) {
	if (/green$/.test(blueName)) return blueName.replace(/green$/, "blue");
	return /blue$/.test(blueName) ? blueName.replace(/blue$/, "green") : `${blueName}-green`;
}
/**
* 32 characters that are the same for the same wish: CreateService makes no second service of a repeated
* call. FNV-1a over the text with four different starts; it names, it does not protect.
*/
function clientToken(text) {
	return [
		2166136261,
		461845907,
		2246822507,
		3266489909
	].map((start) => {
		let hash = start;
		for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619) >>> 0;
		return hash.toString(16).padStart(8, "0");
	}).join("");
}
// src/shift/build-plan.ts
/** From what was found to what will be done. Pure. */
/**
* Good for facts that the preflight let pass, or for what a run before has left (`task`); others only for more reasons
* against it.
*/
function buildPlan(gathered, request, task = { kind: "shift" }) {
	const { facts, loadBalancer, listener, blueSource } = gathered;
	const { forward, blueGroup, greenGroup, lock } = facts;
	const deploy = task.kind === "shift" || task.kind === "resume" ? planDeploy(gathered, request) : { kind: "none" };
	const scheme = listener.protocol === "HTTPS" ? "https" : "http";
	const former = lock === void 0 ? forward.split : formerSplit(lock.record, forward.split);
	const greenName = facts.greenService?.name ?? (deploy.kind === "create" ? deploy.service.serviceName : void 0);
	const plan = {
		task,
		lock,
		location: forward.location,
		others: request.otherRules === "together" || lock?.record.together === true ? othersOf(facts).map(({ location, rule: { actions } }) => ({
			location,
			actions
		})) : [],
		listenerArn: forward.listenerArn,
		listenerArns: facts.listeners.map((each) => each.listenerArn),
		loadBalancerArn: loadBalancer.arn,
		cluster: request.cluster,
		blue: {
			targetGroupArn: blueGroup.arn,
			groupName: groupName(blueGroup.arn),
			service: facts.blueService?.name
		},
		green: {
			targetGroupArn: greenGroup.arn,
			groupName: groupName(greenGroup.arn),
			service: greenName
		},
		former,
		greenInRule: forward.split.some((group) => group.targetGroupArn === greenGroup.arn),
		greenByAddress: greenGroup.targetType === "ip",
		steps: buildLadder(former, blueGroup.arn, greenGroup.arn, percentsOf(gathered, request), request.bakeTimesMs),
		deploy,
		requiredHealthy: deploy.kind === "none" ? Math.max(1, request.desiredCount ?? healthyCount(facts.greenTargets)) : Math.max(1, lock === void 0 || lock.record.count === 0 ? facts.desiredCount : Math.max(lock.record.count, request.desiredCount ?? 0)),
		testRule: {
			priority: facts.testRulePriority ?? 1,
			header: request.probes.header,
			conditions: forward.conditions,
			actions: forward.actions,
			login: request.testRuleLogin
		},
		probes: {
			baseUrl: request.probes.baseUrl ?? `${scheme}://${loadBalancer.dnsName}:${listener.port}`,
			host: request.probes.host ?? plainHostOf(forward.conditions),
			paths: facts.probePaths,
			healthPathOnly: facts.probePaths.every((path) => path === greenGroup.healthCheck.path),
			count: request.probes.count,
			perStep: request.probes.task === void 0 ? request.probes.perStep : 0,
			goodCodes: request.probes.goodCodes,
			timeoutMs: request.probes.timeoutMs,
			task: task.kind === "shift" || task.kind === "resume" ? planProbeTask(facts, request) : void 0
		},
		maxErrorRate: request.maxErrorRate,
		clientErrors: request.clientErrors,
		alarms: request.alarms,
		ringing: facts.alarms.filter((alarm) => alarm.state === "ALARM").map((alarm) => alarm.name),
		objectives: request.objectives,
		checks: request.checks,
		acceptUnproven: request.accept.includes("unproven"),
		scaling: facts.scaling,
		twinScaling: deploy.kind === "none" ? void 0 : planTwinScaling(gathered, request, greenName),
		scheduled: gathered.scheduled.map((each) => each.resourceId),
		blueHealthy: lock === void 0 ? healthyCount(facts.blueTargets) : lock.record.blueCount,
		breaking: isBreaking(gathered, request, task),
		preDeploy: task.kind === "shift" && deploy.kind !== "none" ? request.preDeploy : void 0,
		until: request.until,
		keepBlueMs: request.keepBlueMs,
		keepBlueAt: tasksKept(facts, request),
		drainMs: facts.drainMs,
		blueAfter: keepsAll(facts, request) ? "keep" : request.blueAfter,
		greenAfterRollback: request.greenAfterRollback,
		readyTimeoutMs: request.readyTimeoutMs,
		timeoutMs: request.timeoutMs,
		onCancel: request.onCancel
	};
	const isForward = task.kind === "shift" || task.kind === "resume";
	return {
		...plan,
		notes: [...isForward ? notesOnWay(plan, gathered, request) : [], ...notesOn(gathered, request, blueSource !== void 0)]
	};
}
/** Whether the way back from green leads past a breaking schema change that nobody has accepted. */
function isBreaking({ facts, definition }, { schema, pastBreakingSchema }, task) {
	if (pastBreakingSchema === "accept") return false;
	if (facts.lock?.record.breaking === true) return true;
	if (task.kind === "take-back" || task.kind === "finish") return false;
	if (schema === "breaking") return true;
	if (definition === void 0) return false;
	const { schema: marked } = marksOf(definition.tags);
	if (marked !== "breaking") return false;
	const green = {
		taskDefinitionArn: definition.arn,
		registeredAt: definition.definition.registeredAt?.getTime(),
		schema: marked
	};
	const blue = {
		taskDefinitionArn: facts.blueService?.taskDefinitionArn ?? "",
		registeredAt: void 0,
		schema: void 0
	};
	return breakingBetween([green], green, blue).length > 0;
}
/** Where blue scales by itself and green does not (yet). */
function planTwinScaling(gathered, request, greenName) {
	const { facts, stepAlarms } = gathered;
	const { cluster } = request;
	const { blueService } = facts;
	if (cluster === void 0 || blueService === void 0 || greenName === void 0) return void 0;
	const scalingOf = (service) => facts.scaling.find((target) => target.resourceId === scalingResource(cluster, service));
	const blue = scalingOf(blueService.name);
	const green = scalingOf(greenName);
	if (blue === void 0 || green !== void 0 && green.halfMade !== true) return void 0;
	const scheduled = scheduledOf(gathered, blueService.name, cluster);
	const twin = twinScalingOf(blue, {
		policies: facts.bluePolicies,
		alarms: stepAlarms,
		scheduled
	}, {
		blueService: blueService.name,
		greenService: greenName,
		blueTargetGroupArn: facts.blueGroup.arn,
		greenTargetGroupArn: facts.greenGroup.arn,
		now: facts.now
	});
	return green === void 0 ? twin : restOfTwin(twin, green, facts.greenPolicies, scheduledOf(gathered, greenName, cluster));
}
/** Why there is nothing to shift; undefined where there is. */
function unchanged(gathered, request) {
	const { blueService, taskDefinitionArn, blueGroup, lock } = gathered.facts;
	if (lock !== void 0) return void 0;
	if (request.taskDefinition === void 0 || taskDefinitionArn === void 0) return void 0;
	if (blueService?.taskDefinitionArn !== taskDefinitionArn) return void 0;
	return `${blueGroup.name} (service ${blueService.name}) serves ${revisionName(taskDefinitionArn)} already.`;
}
function planDeploy(gathered, request) {
	const { facts, blueSource } = gathered;
	const { taskDefinitionArn, greenService, desiredCount } = facts;
	if (request.cluster === void 0 || taskDefinitionArn === void 0) return { kind: "none" };
	if (greenService !== void 0) return {
		kind: "update",
		taskDefinitionArn,
		desiredCount,
		newRevision: greenService.taskDefinitionArn !== taskDefinitionArn
	};
	if (blueSource === void 0) return { kind: "none" };
	return {
		kind: "create",
		taskDefinitionArn,
		service: twinOf({
			service: blueSource,
			revision: gathered.blueRevision
		}, {
			name: [request.greenService, request.blueService].find((name) => name !== void 0 && name !== blueSource.serviceName) ?? twinName(blueSource.serviceName ?? ""),
			taskDefinitionArn,
			desiredCount,
			blueTargetGroupArn: facts.blueGroup.arn,
			greenTargetGroupArn: facts.greenGroup.arn,
			unusedGroupArns: gathered.unusedGroupArns
		})
	};
}
// src/shift/describe-plan.ts
/** The plan in words, as the log and the summary show it before anything is changed. Pure. */
/** One line for each thing that will be done, in order. */
function describePlan(plan) {
	const { task, lock } = plan;
	if (task.kind === "take-back" || task.kind === "finish") return [
		`Take over the test rule ${lock?.ruleArn}.`,
		...task.kind === "take-back" ? describeRefill(plan) : [],
		...task.kind === "take-back" ? [`Weights back: ${describeSplit(plan.former)}.`] : [`The weights stay: ${plan.green.groupName} serves everything.`],
		...plan.scaling.length > 0 ? ["Put scaling back as it was."] : [],
		...task.kind === "take-back" && plan.greenAfterRollback === "scale-to-zero" && plan.green.service !== void 0 ? [`Scale ${plan.green.service} to 0.`] : [],
		"Delete the test rule."
	];
	const lines = [...plan.preDeploy === void 0 ? [] : [`Run ${JSON.stringify(plan.preDeploy.command)} once in a task of the new revision, for at most ${formatDuration(plan.preDeploy.timeoutMs)}; only exit code 0 lets the shift begin.`], lock !== void 0 ? `Take over the test rule at priority ${lock.priority} and go on with the shift of ${lock.record.holder}.` : `Lock: test rule at priority ${plan.testRule.priority}, production's conditions plus header ${plan.testRule.header}${withoutLogin(plan)}, to ${plan.green.groupName}.`];
	if (plan.others.length > 0) lines.push(plan.others.length === 1 ? "Shift one other rule that forwards to blue together with this one." : `Shift ${plan.others.length} other rules that forward to blue together with this one.`);
	if (!plan.greenInRule) lines.push(`Put ${plan.green.groupName} into the rule at weight 0.`);
	for (const target of plan.scaling) lines.push(`Suspend scale-in and scheduled scaling of ${target.resourceId}, at least ${quietened(target, plan.requiredHealthy).minCapacity} tasks; scale-out stays on.`);
	switch (plan.deploy.kind) {
		case "none":
			lines.push(`Take ${plan.green.groupName} as it is.`);
			break;
		case "update":
			lines.push(`Update service ${plan.green.service} to ${revisionName(plan.deploy.taskDefinitionArn)} with ${plan.deploy.desiredCount} tasks and follow its deployment.`);
			break;
		case "create": lines.push(`Create service ${plan.green.service} as a twin of ${plan.blue.service} with ${revisionName(plan.deploy.taskDefinitionArn)} and ${plan.deploy.service.desiredCount} tasks, and follow its deployment.`);
	}
	if (plan.twinScaling !== void 0) {
		const { policies, target, alarms, scheduled } = plan.twinScaling;
		const named = (what, names) => names.length === 0 ? "" : `, ${what} ${names.join(", ")}`;
		lines.push(`Let ${plan.green.service} scale like blue: ${target.minCapacity} to ${target.maxCapacity} tasks${[
			named("policies", policies.map((policy) => policy.PolicyName)),
			named("alarms", alarms.map((alarm) => alarm.AlarmName)),
			named("scheduled actions", scheduled.map((action) => action.ScheduledActionName))
		].join("")}.`);
	}
	lines.push(`Wait until all targets of ${plan.green.groupName} are healthy, at least ${plan.requiredHealthy}.`);
	if (plan.probes.count > 0) {
		const { task, count, paths } = plan.probes;
		lines.push(task === void 0 ? `Send ${count} probes at weight 0 to ${paths.join(", ")}.` : `Run ${revisionName(task.taskDefinitionArn)} once in the VPC, for at most ${formatDuration(task.timeoutMs)}, to send ${count} probes at weight 0 to ${paths.join(", ")}; only exit code 0 of container ${task.container.name} lets the shift go on.`);
	}
	if (plan.breaking) lines.push("Leave the weights as they stand where a gate fails, time runs out or the job is cancelled: the schema change is breaking, and nothing goes back past it by itself.");
	lines.push(describeGates(plan));
	for (const check of plan.checks) lines.push(`At the end of each bake: ${describeCheck(check)}, within ${formatDuration(check.timeoutMs)}.`);
	for (const step of plan.steps) {
		lines.push(`Weight ${step.percent} %: write, read back, bake ${formatDuration(step.bakeTimeMs)} under the gates.`);
		if (step.percent === plan.until) {
			lines.push(`Rest at ${step.percent} %: the job ends, a later run goes on from here.`);
			return lines;
		}
	}
	if (plan.blue.service !== void 0) {
		if (plan.blueAfter === "keep") lines.push(`Keep ${plan.blue.service} as it is, for the instant way back.`);
		else if (plan.keepBlueAt !== "all") lines.push(`Keep blue small: wait for a closed minute without a request and ${formatDuration(plan.drainMs)} more, then scale ${plan.blue.service} to ${plan.keepBlueAt} of ${plan.blueHealthy} tasks and keep it there for ${formatDuration(plan.keepBlueMs)}, under the gates; the way back gives it its tasks first, for at most ${formatDuration(plan.readyTimeoutMs)}.`, `Blue's end: scale ${plan.blue.service} to ${plan.blueAfter}; from then on there is no way back by itself.`);
		else {
			const kept = plan.keepBlueMs === 0 ? "" : `keep it for ${formatDuration(plan.keepBlueMs)}, `;
			lines.push(`Blue's end: ${kept}wait for a closed minute without a request and ${formatDuration(plan.drainMs)} more, then scale ${plan.blue.service} to ${plan.blueAfter}; from then on there is no instant way back.`);
		}
	}
	if (plan.scaling.length > 0) lines.push("Put scaling back as it was.");
	lines.push("Delete the test rule.");
	return lines;
}
/** Of a blue that is kept small. */
function describeRefill({ lock, blue, readyTimeoutMs }) {
	const { kept, noReturnAt } = lock?.record ?? {};
	if (kept === void 0 || noReturnAt !== void 0 || blue.service === void 0) return [];
	return [`Blue's tasks before its traffic: ${blue.service} was kept at ${kept.tasks}, and has ${formatDuration(readyTimeoutMs)} for the others.`];
}
function withoutLogin({ testRule: { login, actions } }) {
	return login === "none" && actions.length > 1 ? " and without its login" : "";
}
/** What may take the weights back, at each look. The user's own checks have lines of their own. */
function describeGates(plan) {
	const { deploy, probes, alarms, ringing, objectives, maxErrorRate, clientErrors } = plan;
	const { errorRate, latency } = objectives;
	const streams = probes.count + probes.perStep > 0 ? ", and probes" : "";
	const named = alarms.map((name) => ringing.includes(name) ? `${name} (once it has been quiet)` : name);
	return `Gates of each step: ${[
		deploy.kind === "none" ? "green’s targets" : "green’s tasks, targets and revision",
		...named.length === 0 ? [] : [`alarms ${named.join(", ")}`],
		`errors, unanswered and slow requests against blue’s (where blue has none: ${formatPercent(maxErrorRate)}, or twice what is usual)${streams}`,
		...clientErrors === "judge" ? ["answers of 4xx against blue’s"] : [],
		...errorRate === void 0 ? [] : [`at most ${formatPercent(errorRate)} of green’s requests failed`],
		...latency === void 0 ? [] : [`p${latency.percentile} of green’s requests within ${Math.round(latency.seconds * 1e3)} ms`]
	].join("; ")}.`;
}
// src/shift/outputs.ts
/** What later steps of the workflow get. Pure. */
function evidenceOutput(evidence, limit) {
	const { stream, ratio } = worstStream(evidence);
	const { greenBad, green, blueBad, blue } = totalsOf(evidence, stream);
	return {
		stream,
		ratio: Number(Math.min(ratio, Number.MAX_VALUE).toPrecision(6)),
		limit,
		green: {
			bad: greenBad,
			requests: green
		},
		blue: {
			bad: blueBad,
			requests: blue
		}
	};
}
/** Image by container; a tag where the definition has no digest. */
function imagesOf({ register, definition }) {
	const containers = (register ?? definition?.definition)?.containerDefinitions ?? [];
	return Object.fromEntries(containers.map((container) => [container.name ?? "", container.image ?? ""]));
}
function outputsOf(values) {
	return {
		outcome: values.outcome,
		"blue-target-group": values.blue,
		"green-target-group": values.green,
		"green-service": values.greenService ?? "",
		weights: values.weights === void 0 ? "" : JSON.stringify(Object.fromEntries(values.weights.map((group) => [groupName(group.targetGroupArn), group.weight]))),
		"green-share": values.weights === void 0 ? "" : String(Math.round(shareOf(values.weights, values.green))),
		cause: values.cause,
		step: String(values.step),
		harmed: String(values.harmed),
		evidence: values.evidence === void 0 ? "" : JSON.stringify(values.evidence),
		images: JSON.stringify(values.images),
		"duration-seconds": String(Math.round(values.durationMs / 1e3))
	};
}
/** `another-shift`; several apart by commas, each once. */
function codesOf(refusals) {
	return [...new Set(refusals.map((refusal) => refusal.code))].join(",");
}
// src/shift/picture.ts
const columns = 60;
const minuteMs = 6e4;
/** Shares that are too small for the eye still get a bar. */
const smallestBar = 1;
/**
* Bars: green's share in percent. Line: how far the strongest evidence of harm has come on its way from 1:1 to
* the limit, which is at 100; in steps of equal factors, as evidence multiplies. Both have one axis that way.
*/
function drawShift({ weights, history, limit, endAt }) {
	const startAt = weights[0]?.at ?? endAt;
	const lengthMs = Math.max(1, endAt - startAt);
	const times = Array.from({ length: columns }, (_, column) => startAt + lengthMs * column / 59);
	const shares = times.map((at) => {
		const percent = weights.findLast((weight) => weight.at <= at)?.percent ?? 0;
		return percent === 0 ? 0 : Math.max(smallestBar, Math.round(percent));
	});
	let seen = 0;
	const evidence = times.map((at) => {
		while (seen < history.length && history[seen].at <= at) seen += 1;
		const ratios = history[seen - 1]?.ratios;
		return ratios === void 0 ? 0 : wayToLimit(Math.max(ratios.errors, ratios.unanswered, ratios.slow, ratios.probes, ratios["client-errors"] ?? 0), limit);
	});
	return [
		"---",
		"config:",
		"  xyChart:",
		"    width: 900",
		"    height: 300",
		"  themeVariables:",
		"    xyChart:",
		"      plotColorPalette: \"#7fd196, #cf222e\"",
		"---",
		"xychart-beta",
		`  x-axis "minutes" 0 --> ${Math.max(.1, Math.round(10 * lengthMs / minuteMs) / 10)}`,
		"  y-axis \"percent\" 0 --> 100",
		`  bar [${shares.join(", ")}]`,
		`  line [${evidence.join(", ")}]`
	].join("\n");
}
/** 0 for no evidence (1:1 or less), 100 for the limit and beyond. */
function wayToLimit(ratio, limit) {
	if (!(ratio > 1)) return 0;
	return Math.min(100, Math.round(100 * Math.log(ratio) / Math.log(limit)));
}
// src/shift/report.ts
/** The report of a shift: the ladder, the weights over time, the evidence. Pure. */
function isGood(ending) {
	return ending.kind === "promoted" || ending.kind === "promoted-on-probes" || ending.kind === "paused" || ending.kind === "no-change";
}
/** Whether the run did what it was asked for: to take a shift back may be just that. */
function isDone({ task }, ending) {
	return task.kind === "take-back" && task.asked === true && ending.kind === "rolled-back" || isGood(ending);
}
function reportShift(plan, baseline, outcome, events, times) {
	const { state, ending } = outcome;
	const harmed = harmedRequests(baseline, state, times.endedAt);
	const remedy = remedyFor(plan, outcome);
	return {
		title: titleOf(plan),
		outcome: ending.kind,
		ok: isDone(plan, ending),
		sentence: describeOutcome(plan, outcome, harmed),
		...remedy.text === "" ? {} : { remedy: remedy.text },
		...remedy.commands.length === 0 ? {} : { commands: remedy.commands },
		facts: [
			["Blue", sideText(plan, "blue")],
			["Green", sideText(plan, "green")],
			["Weights", describeSplit(state.written)],
			["Requests harmed", `about ${formatCount(harmed)}`],
			["Took", formatDuration(Math.round((times.endedAt - times.startedAt) / 1e3) * 1e3)]
		],
		events,
		sections: [
			ladderSection(plan, state, ending, times.endedAt),
			{
				kind: "text",
				heading: "Bars: green’s share in percent. Line: evidence of harm, from none at 0 to the limit at 100",
				language: "mermaid",
				text: drawShift({
					weights: state.weights,
					history: state.evidence.history,
					limit: harmLimit(plan, baseline),
					endAt: times.endedAt
				})
			},
			evidenceSection(plan, baseline, state),
			...minutesSection(state),
			planSection(plan),
			...notesSection(plan)
		],
		...times
	};
}
/** A shift that stops at its plan: a dry run, a refusal, or nothing to do. */
function reportPlan(plan, ending, title, sentence, events, times) {
	return {
		title,
		outcome: ending.kind,
		ok: ending.kind === "planned" || isGood(ending),
		sentence,
		...ending.kind === "refused" ? { remedy: "Correct what is named, or accept it by name with the input accept where that is allowed." } : {},
		facts: [],
		events,
		sections: [...ending.kind === "refused" ? [refusalSection(ending.refusals)] : [], ...plan === void 0 ? [] : [planSection(plan), ...notesSection(plan)]],
		...times
	};
}
function titleOf(plan) {
	return `Blue/green shift from ${plan.blue.groupName} to ${plan.green.groupName}`;
}
/**
* Requests of users that green failed. The metrics are minutes behind, so what they count is carried on to
* the traffic green had since: by its share of the weight over time. Before the first minute is in, blue's
* usual rate and green's failed probes stand for it.
*/
function harmedRequests(baseline, state, endedAt) {
	if (reached(state) === void 0) return 0;
	const errors = totalsOf(state.evidence, "errors");
	const counted = errors.greenBad + totalsOf(state.evidence, "unanswered").greenBad;
	const usual = baseline.errorRate + baseline.unansweredRate;
	const refused = causeOf(state)?.code === "client-errors" ? refusedBeyondBlue(baseline, state) : 0;
	const beyondBlue = Math.max(0, counted - errors.green * usual) + refused;
	const exposure = weightMinutes(state, 0, Number.POSITIVE_INFINITY, endedAt);
	const counting = state.evidence.minutes.reduce((sum, { at }) => sum + weightMinutes(state, at, at + 6e4, endedAt), 0);
	if (counting > 0) return Math.round(beyondBlue * Math.max(1, exposure / counting));
	const { sent, bad } = state.evidence.probes;
	const badRate = isProbeCause(state) && sent > 0 ? bad / sent : 0;
	return Math.round(baseline.requestsPerMinute * exposure * Math.max(0, badRate - usual));
}
/** Users cause answers of 4xx, too: as often as blue's, or as usual. */
function refusedBeyondBlue({ clientErrors }, { evidence }) {
	const { greenBad, green, blueBad, blue } = totalsOf(evidence, "client-errors");
	return Math.max(0, greenBad - green * Math.max(clientErrors?.rate ?? 0, blue === 0 ? 0 : blueBad / blue));
}
/** Green's share of the traffic times minutes, between two instants. */
function weightMinutes(state, fromMs, toMs, endedAt) {
	return state.weights.reduce((sum, weight, index) => {
		const from = Math.max(fromMs, weight.at);
		const to = Math.min(toMs, state.weights[index + 1]?.at ?? endedAt);
		return sum + weight.percent / 100 * Math.max(0, (to - from) / 6e4);
	}, 0);
}
function isProbeCause(state) {
	return causeOf(state)?.code === "probes";
}
/** Why green did not get the traffic, where it did not. */
function causeOf(state) {
	const { phase } = state;
	if (phase.kind !== "tail") return void 0;
	return "cause" in phase.ending ? phase.ending.cause : void 0;
}
function ladderSection(plan, state, ending, endedAt) {
	return {
		kind: "table",
		heading: "Ladder",
		columns: [
			"Green",
			"Bake",
			"Held",
			"Probes",
			"Evidence of harm",
			"Result"
		],
		rows: plan.steps.map((step) => {
			const passed = state.passed.find((candidate) => candidate.percent === step.percent);
			const result = passed !== void 0 ? "✅ passed" : state.weights.some((weight) => weight.percent === step.percent) ? isGood(ending) ? "✅" : `❌ ${ending.kind}` : "– not reached";
			const written = state.weights.findIndex((weight) => weight.percent === step.percent);
			const from = passed?.from ?? state.weights[written]?.at;
			const to = passed?.to ?? state.weights[written + 1]?.at ?? endedAt;
			return [
				`${step.percent} %`,
				formatDuration(step.bakeTimeMs),
				from === void 0 ? "" : formatDuration(Math.round((to - from) / 1e3) * 1e3),
				passed === void 0 ? "" : `${passed.probesSent}`,
				from === void 0 ? "" : `${formatRatio(passed?.harm ?? worstStream(state.evidence).ratio)}:1`,
				result
			];
		})
	};
}
const streamTitles = {
	errors: "Errors (5xx, refused connections)",
	unanswered: "Unanswered requests",
	slow: "Slow requests (above blue’s usual p95 and a margin)",
	"client-errors": "Refused requests (4xx)",
	probes: "Probes"
};
function isJudged({ clientErrors }) {
	return (stream) => stream !== "client-errors" || clientErrors === "judge";
}
function evidenceSection(plan, baseline, state) {
	const count = (bad, all) => all === 0 ? "none seen" : `${formatCount(bad)} of ${formatCount(all)}`;
	const limit = harmLimit(plan, baseline);
	const rows = streamNames.filter(isJudged(plan)).map((stream) => {
		const total = totalsOf(state.evidence, stream);
		const ratio = ratioOf(state.evidence, stream);
		return [
			streamTitles[stream],
			count(total.greenBad, total.green),
			stream === "probes" ? "" : count(total.blueBad, total.blue),
			`harm ${formatRatio(ratio)}:1`,
			`${limit}:1`,
			ratio >= limit ? "❌ worse" : "✅"
		];
	});
	const safety = safetyOf(state.evidence, baseline, plan);
	rows.push([
		"No worse than blue by half a point",
		"",
		"",
		`safety ${formatRatio(safety.ratio)}:1`,
		`20:1`,
		safety.proven ? "✅ shown" : "– not shown"
	]);
	return {
		kind: "table",
		heading: "Evidence",
		columns: [
			"Stream",
			"Green bad",
			"Blue bad",
			"Evidence",
			"Limit",
			""
		],
		rows
	};
}
/** The raw minutes that all evidence but that of the probes is made of. */
function minutesSection(state) {
	const { minutes } = state.evidence;
	if (minutes.length === 0) return [];
	const of = (bad, all) => `${formatCount(bad)} of ${formatCount(all)}`;
	const pair = ({ greenBad, green, blueBad, blue }) => [of(greenBad, green), of(blueBad, blue)];
	const judges4xx = minutes.some((minute) => minute["client-errors"] !== void 0);
	return [{
		kind: "table",
		folded: true,
		heading: `Minutes that were judged (${minutes.length}), our own probes taken out`,
		columns: [
			"Minute (UTC)",
			"Green failed",
			"Blue failed",
			"Green unanswered",
			"Blue unanswered",
			"Green slow",
			"Blue slow",
			...judges4xx ? ["Green 4xx", "Blue 4xx"] : [],
			"Probes"
		],
		rows: minutes.map((minute) => [
			`${new Date(minute.at).toISOString().slice(11, 16)}${minute.counted === "whole" ? "" : ", not all counted"}`,
			...pair(minute.errors),
			...pair(minute.unanswered),
			...pair(minute.slow),
			...minute["client-errors"] === void 0 ? [] : pair(minute["client-errors"]),
			formatCount(minute.withProbes)
		])
	}];
}
function planSection(plan) {
	return {
		kind: "table",
		heading: "Plan",
		columns: ["", "Step"],
		rows: describePlan(plan).map((line, index) => [`${index + 1}`, line])
	};
}
function refusalSection(refusals) {
	return {
		kind: "table",
		heading: "Why not",
		columns: ["Finding", "What is"],
		rows: refusals.map((refusal) => [refusal.code, refusal.message])
	};
}
function notesSection(plan) {
	return plan.notes.length === 0 ? [] : [{
		kind: "table",
		heading: "Notes",
		columns: ["Note"],
		rows: plan.notes.map((note) => [note])
	}];
}
function sideText(plan, side) {
	const { groupName, service } = plan[side];
	const revision = side === "green" && plan.deploy.kind !== "none" ? `, ${revisionName(plan.deploy.taskDefinitionArn)}` : "";
	return `${groupName}${service === void 0 ? "" : ` (service ${service}${revision})`}`;
}
// src/shift/early-end.ts
function subjectOf(gathered) {
	const { facts } = gathered;
	const { blueGroup, greenGroup } = facts;
	return {
		title: `Blue/green shift from ${blueGroup.name} to ${greenGroup.name}`,
		split: facts.forward.split,
		blue: blueGroup.arn,
		green: greenGroup.arn,
		greenService: facts.greenService?.name,
		images: imagesOf(gathered)
	};
}
/** A shift that ends at its plan. */
function stop(run, { title, split, blue, green, greenService, images = {} }, ending, sentence, plan) {
	const endedAt = run.ports.clock.now();
	return {
		ok: ending.kind === "planned" || isGood(ending),
		outputs: outputsOf({
			outcome: ending.kind,
			blue,
			green,
			greenService,
			weights: split,
			cause: ending.kind === "refused" ? codesOf(ending.refusals) : "",
			step: 0,
			harmed: 0,
			evidence: void 0,
			images,
			durationMs: endedAt - run.startedAt
		}),
		report: reportPlan(plan, ending, title, sentence, run.events, {
			startedAt: run.startedAt,
			endedAt
		})
	};
}
function refuse(run, gathered, refusals) {
	return refuseAs(run, subjectOf(gathered), refusals);
}
function refuseAs(run, subject, refusals) {
	for (const refusal of refusals) run.record(event(run.ports.clock.now(), `preflight.${refusal.code}`, "error", refusal.message));
	const count = refusals.length === 1 ? "One finding speaks" : `${refusals.length} findings speak`;
	return stop(run, subject, {
		kind: "refused",
		refusals
	}, `${run.changes.words()} ${count} against this shift: ${refusals.map((refusal) => refusal.message).join(" ")}`);
}
function cancelledEarly(run, subject, how = "") {
	const sentence = [
		"The job was cancelled before the shift had begun.",
		how,
		run.changes.words()
	].filter(Boolean).join(" ");
	return stop(run, subject, {
		kind: "cancelled",
		weights: "restored",
		cause: {
			code: "cancelled",
			sentence
		}
	}, sentence);
}
/** No shift is there, or weights that nobody's test rule explains. */
function nothingThere(run, split, order) {
	const ending = nothingLeft(split, order);
	const blue = split.find((group) => group.weight > 0)?.targetGroupArn ?? "";
	const subject = {
		title: order === "rollback-only" ? "Taking a blue/green shift back" : "A blue/green shift at rest",
		split,
		blue,
		green: "",
		greenService: void 0
	};
	return ending.kind === "refused" ? refuseAs(run, subject, ending.refusals) : stop(run, subject, ending, ending.why);
}
// src/shift/probe-task.ts
/** Probes by a one-off task in the VPC: started, watched to its end, and read. Runs beside the other looks. */
/**
* Keeps the task running in the background, so that the gates go on listening meanwhile; stops it where the shift
* goes elsewhere.
*/
function createProbeTaskDesk(plan, run, cancelled) {
	const { task } = plan.probes;
	const elsewhere = new AbortController();
	let fact;
	let defect;
	return ({ phase, testRuleArn = "" }) => {
		if (task === void 0) return void 0;
		if (defect !== void 0) throw defect.error;
		if (phase.kind !== "probe") {
			if (fact?.kind === "running") elsewhere.abort();
			return fact;
		}
		if (fact === void 0) {
			fact = { kind: "running" };
			run(task, AbortSignal.any([cancelled, elsewhere.signal]), testRuleArn).then((end) => {
				fact = end;
			}, (error) => {
				defect = { error };
			});
		}
		return fact;
	};
}
/** A task that is given up at the end of the shift has this long to be stopped. */
const stopWithinMs = 4e3;
/** Nothing of the shift goes on after it, and what could not be stopped is told. */
function createProbeTaskKeeper(run, clock) {
	const over = new AbortController();
	let begun;
	return {
		run: (task, signal, testRuleArn) => {
			begun = run(task, AbortSignal.any([signal, over.signal]), testRuleArn);
			return begun;
		},
		end: async () => {
			if (begun === void 0) return void 0;
			over.abort();
			const known = new AbortController();
			const late = clock.sleep(stopWithinMs, known.signal).then(() => void 0);
			return Promise.race([begun.catch(() => void 0), late]).finally(() => known.abort());
		}
	};
}
/**
* A run that was killed could not stop the task that probed for it: whoever has taken its test rule over does. Answers
* what a person has to do where that fails.
*/
async function stopLeftProbeTasks(aws, cluster, testRuleArn) {
	const starter = probeStarter(testRuleArn);
	const leftovers = [];
	try {
		for (const { arn, id, desiredStatus } of await readTasksStartedBy(aws, cluster, starter)) {
			if (desiredStatus === "STOPPED") continue;
			try {
				await stopTask(aws, cluster, arn, "ips-deploy: the run that this task probed for is over");
			} catch (error) {
				if (!(error instanceof AwsCallError)) throw error;
				leftovers.push(stillRuns(cluster, id));
			}
		}
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		leftovers.push(`Whether a probe task of the run before still runs could not be read (${error.message}): aws ecs list-tasks --cluster ${cluster} --started-by ${starter}`);
	}
	return leftovers;
}
function stillRuns(cluster, id) {
	return `The probe task ${id} may still run: aws ecs stop-task --cluster ${cluster} --task ${id}`;
}
const linesRead = 50;
const longestLine = 200;
/** CloudWatch may take a moment with the last lines. */
const logLooks = 3;
const logPauseMs = 2e3;
function createRunProbeTask(plan, ports) {
	return async (task, signal, testRuleArn) => {
		try {
			return await runOnce(plan, task, ports, signal, testRuleArn);
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			const { operation, code, reason } = error;
			return failed(`The probe task could not be run: ${operation}: ${code}: ${reason}`);
		}
	};
}
async function runOnce(plan, task, ports, signal, testRuleArn) {
	const { aws, clock, holder, headerValue } = ports;
	const cluster = plan.cluster ?? "";
	const startedAt = clock.now();
	const words = probeWords(plan, headerValue);
	const started = await runTask(aws, probeTaskInput(cluster, task, words, {
		run: holder,
		testRuleArn
	}));
	if (started.task === void 0) return failed(`ECS did not start the probe task: ${started.failures.join("; ").replace(/[.\s]+$/, "")}.`);
	const { state, result } = await watch(cluster, task, started.task, ports, signal);
	const { id } = state.task;
	const name = task.container.name ?? "";
	switch (result.kind) {
		case "gone": return failed(`ECS does not know the probe task ${id} any more, and its end was not seen.`);
		case "given-up": return {
			...failed(`The probe task ${id} ${givenUp(result.giveUp, task.timeoutMs)}`),
			...result.giveUp.refusal === void 0 ? {} : { stillRuns: stillRuns(cluster, id) }
		};
		case "failed": {
			const end = endOfTask(state.task, name);
			const code = end.kind === "failed" ? end.exitCode : void 0;
			return failed(`The probe task ${id} says no: container ${name} ${code === void 0 ? `gave no exit code (${state.task.stoppedReason ?? "ECS gives no reason"})` : `ended with ${exitWords(code)}`}${lastWords(state)}.`);
		}
		case "passed": {
			const { lines, gap } = await readCount(task, id, plan.probes.count, ports);
			const tally = tallyOfLog(lines, plan.probes.count);
			const sentence = `The probe task ${id} passed: ${tally !== void 0 ? `${tally.sent} probes at weight 0, ${tally.bad} failed` : gap === void 0 ? "it does not say how many probes it sent, so none are counted" : `its log could not be read, so no probes are counted (${gap})`}.`;
			return {
				kind: "passed",
				startedAt,
				tally: tally ?? noProbes,
				sentence
			};
		}
	}
}
function watch(cluster, task, started, { aws, clock, headerValue }, signal) {
	return runEngine({
		initial: initialPreDeployState(started),
		timeoutMs: task.timeoutMs,
		observe: () => readTask(aws, cluster, started.arn, signal.aborted ? void 0 : signal),
		decide: (state, observed, context) => decidePreDeploy(task.container.name ?? "", task.timeoutMs, state, observed, context),
		async perform(act, state) {
			switch (act.kind) {
				case "give-up": {
					const why = `ips-deploy: the probe task is given up: ${state.giveUp?.why ?? ""}`;
					await stopTask(aws, cluster, started.arn, why);
					return {
						...state,
						giveUp: {
							...state.giveUp,
							asked: true
						}
					};
				}
				case "tidy":
					await stopTask(aws, cluster, started.arn, tidyingReason);
					return {
						...state,
						tidied: true
					};
				case "read-log": {
					const lines = await readLines(aws, task, started.id, headerValue);
					return {
						...state,
						log: lines,
						logLooks: state.logLooks + 1
					};
				}
			}
		},
		refused: (act, error, state) => {
			switch (act.kind) {
				case "give-up": return {
					...state,
					giveUp: {
						...state.giveUp,
						refusal: error
					}
				};
				case "tidy": return {
					...state,
					tidied: true
				};
				case "read-log": return {
					...state,
					logLooks: state.logLooks + 1,
					logGap: error.message
				};
			}
		}
	}, {
		clock,
		cancelled: signal,
		record: () => void 0
	});
}
/** Bounded, and without what looks like a secret. */
async function readLines(aws, task, taskId, headerValue) {
	const location = logLocation(task.container, taskId);
	if (location === void 0) return [];
	return (await readLogLines(aws, location, "last", linesRead)).map(({ text }) => redactLogLine(text.replaceAll(headerValue, "***")));
}
/** What a task that passed says of its probes: its log is no reason to fail it. */
async function readCount(task, taskId, asked, { aws, clock, headerValue }) {
	let lines = [];
	for (let look = 1; look <= logLooks; look++) {
		try {
			lines = await readLines(aws, task, taskId, headerValue);
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			return {
				lines: [],
				gap: error.message
			};
		}
		if (tallyOfLog(lines, asked) !== void 0 || logLocation(task.container, taskId) === void 0) break;
		if (look < logLooks) await clock.sleep(logPauseMs);
	}
	return {
		lines,
		gap: void 0
	};
}
/** Stopped, or not: what goes on running costs money, and a person has to know of it. */
function givenUp({ why, error, refusal }, timeoutMs) {
	const reason = why === "timed-out" ? `did not end within ${formatDuration(timeoutMs)}` : `is given up: ${(error?.message ?? "it was wanted no more").replace(/\.$/, "")}`;
	return refusal === void 0 ? `${reason}, and was stopped.` : `${reason}, and could not be stopped: ${refusal.message.replace(/\.$/, "")}; it may still run.`;
}
function lastWords({ log = [], logGap }) {
	if (log.length === 0 && logGap !== void 0) return `; its last words could not be read: ${logGap.replace(/\.$/, "")}`;
	const last = log.slice(-3).map((line) => line.trim().slice(0, longestLine));
	return last.length === 0 ? "" : `; its last words: ${last.join(" | ")}`;
}
function failed(sentence) {
	return {
		kind: "failed",
		sentence
	};
}
// src/shift/look-at-green.ts
/** Stopped tasks stay visible for an hour: more than this many are not looked at. */
const stoppedTasksAtMost = 100;
/** So long after the service has shown a change, how its tasks ended is asked once more: lists come a little later. */
const settleMs = 12e3;
function createGreenReader(plan, aws) {
	const { cluster, green } = plan;
	/** Tasks that have stopped stay as they are, and so does what a service revision brings. */
	const ended = /* @__PURE__ */ new Map();
	const definitions = /* @__PURE__ */ new Map();
	let last;
	const readStopped = async (service) => {
		const stopped = await readServiceTasks(aws, {
			cluster,
			service,
			desiredStatus: "STOPPED",
			atMost: stoppedTasksAtMost,
			known: ended
		});
		for (const task of stopped) if (task.lastStatus === "STOPPED") ended.set(task.arn, task);
		return stopped;
	};
	/** "Successful" must be of our revision. */
	const readDeployed = async (deployment) => {
		const arn = deployment?.status === "SUCCESSFUL" ? deployment.target?.arn : void 0;
		if (arn === void 0) return void 0;
		if (!definitions.has(arn)) for (const revision of await readServiceRevisions(aws, [arn])) definitions.set(revision.arn, revision.taskDefinitionArn);
		return definitions.get(arn);
	};
	return async (state, depth, now) => {
		if (cluster === void 0 || green.service === void 0) return void 0;
		const service = await readService(aws, cluster, green.service);
		const newest = service === void 0 ? void 0 : newestDeployment(service);
		if (service === void 0 || newest === void 0) return void 0;
		const changedAt = last !== void 0 && hasSameTasks(last.service, service) ? last.changedAt : now;
		const readsEnds = depth !== "service" || last === void 0 || areEndsDue(last, changedAt, now);
		const before = last?.facts.serviceDeployment;
		const arn = state.green?.serviceDeploymentArn ?? service.currentServiceDeploymentArn;
		const isEnding = newest.rolloutState !== "IN_PROGRESS" && !(before !== void 0 && isTerminal(before.status));
		const [deployments, running, stopped] = await Promise.all([
			depth === "all" || last === void 0 || !goesTheSame(last.service, service) || isEnding || before?.arn !== arn ? readServiceDeployments(aws, arn === void 0 ? [] : [arn]) : [before],
			depth === "all" ? readServiceTasks(aws, {
				cluster,
				service: green.service,
				desiredStatus: "RUNNING"
			}) : void 0,
			readsEnds ? readStopped(green.service) : last?.facts.stopped ?? []
		]);
		const facts = {
			desiredCount: service.desiredCount,
			runningCount: service.runningCount,
			deploymentId: newest.id,
			deploymentCreatedAt: newest.createdAt,
			taskDefinitionArn: newest.taskDefinitionArn,
			rolloutState: newest.rolloutState,
			rolloutReason: newest.rolloutStateReason,
			serviceDeployment: deployments[0],
			deployedDefinitionArn: depth === "all" ? await readDeployed(deployments[0]) : void 0,
			running,
			stopped
		};
		last = {
			facts,
			service,
			changedAt,
			endsAt: readsEnds ? now : last?.endsAt ?? now
		};
		return facts;
	};
}
/** What it shows is new, or may not be in the list of ended tasks yet; or one of those is still on its way. */
function areEndsDue({ facts, endsAt }, changedAt, now) {
	if (endsAt < changedAt) return true;
	return (endsAt < changedAt + settleMs || facts.stopped.some((task) => task.lastStatus !== "STOPPED")) && now - endsAt >= settleMs;
}
/** Whether a service says the same of how its deployments go. */
function goesTheSame(one, other) {
	return one.currentServiceDeploymentArn === other.currentServiceDeploymentArn && areAlike(one.deployments, other.deployments, [
		"id",
		"status",
		"rolloutState"
	]);
}
/** Whether nothing in a service says that something happened to its tasks: each start and each stop is an event, too. */
function hasSameTasks(one, other) {
	return one.desiredCount === other.desiredCount && one.runningCount === other.runningCount && one.events[0]?.id === other.events[0]?.id && areAlike(one.deployments, other.deployments, [
		"id",
		"runningCount",
		"pendingCount",
		"failedTasks"
	]);
}
function areAlike(some, others, names) {
	return some.length === others.length && some.every((one, index) => names.every((name) => one[name] === others[index]?.[name]));
}
// src/shift/sight.ts
/** What a shift has last seen of weights, targets, tasks and alarms. A look reads again what it needs. */
function createSight(plan, aws, router) {
	const readGreen = createGreenReader(plan, aws);
	const seenAt = { ...neverSeen };
	const sight = {
		seenAt,
		splits: [plan.former],
		blueTargets: [],
		greenTargets: [],
		greenService: void 0,
		alarms: []
	};
	/** As they were when the tasks were last looked at. */
	let targetsOfTasks = [];
	const readSplits = async (now) => {
		sight.splits = await router.readSplits();
		seenAt.splits = now;
	};
	const readBlueTargets = async () => {
		sight.blueTargets = (await readTargetHealth(aws, plan.blue.targetGroupArn)).targets;
	};
	const readGreenTargets = async (now) => {
		sight.greenTargets = (await readTargetHealth(aws, plan.green.targetGroupArn)).targets;
		seenAt.greenTargets = now;
	};
	const readGreenService = async (state, depth, now) => {
		sight.greenService = await readGreen(state, depth, now);
		seenAt.service = now;
	};
	const readAllAlarms = async (now) => {
		sight.alarms = await readAlarms(aws, plan.alarms);
		seenAt.alarms = now;
	};
	const readGreenSide = async (state, needs, now) => {
		if (needs.greenTargets && needs.green !== void 0) await Promise.all([readGreenTargets(now), readGreenService(state, needs.green, now)]);
		else if (needs.greenTargets) await readGreenTargets(now);
		else if (needs.green !== void 0) await readGreenService(state, needs.green, now);
		if (needs.follows === "deployment" && hasDeployed(plan, state, sight.greenService) && !needs.greenTargets) await readGreenTargets(now);
		const moved = needs.follows === "targets" && haveMoved(sight.greenTargets, targetsOfTasks);
		if (needs.green !== "all" && moved) await readGreenService(state, "tasks", now);
		if (needs.green === "all" || moved) targetsOfTasks = sight.greenTargets;
	};
	return {
		sight,
		read: (state, needs, now) => {
			const alarms = needs.alarms && plan.alarms.length > 0;
			if (!needs.splits && !needs.blueTargets && !alarms) return readGreenSide(state, needs, now);
			return Promise.all([
				needs.splits && readSplits(now),
				needs.blueTargets && readBlueTargets(),
				readGreenSide(state, needs, now),
				alarms && readAllAlarms(now)
			]);
		}
	};
}
// src/shift/observe.ts
/**
* What a shift looks at before each decision: what its phase needs, and what has grown old. All else is as it was
* last seen, and nothing but waiting on rests on that (`decide.ts`).
*/
/** Minutes are read again this far back: what arrives late still counts. */
const rereadMs = 15 * minuteMs$5;
const largestBatch = 20;
/** Remembers what it has seen, and the checks that are running; everything decided on is in the state. */
function createObserve(plan, baseline, eyes) {
	const { aws } = eyes;
	const probeDesk = createProbeTaskDesk(plan, eyes.runProbeTask, eyes.cancelled);
	const checkDesk = createCheckDesk(plan, eyes.runCheck, eyes.cancelled);
	const { sight, read } = createSight(plan, aws, eyes.router);
	const readTraffic = createTrafficReader(aws, {
		loadBalancerArn: plan.loadBalancerArn,
		targetGroupArns: [plan.blue.targetGroupArn, plan.green.targetGroupArn],
		slowerThanSeconds: baseline.slowerThanSeconds,
		objectiveSeconds: plan.objectives.latency?.seconds
	});
	return async (state) => {
		const now = eyes.clock.now();
		const cancelled = eyes.cancelled.aborted;
		const needs = needsOf(state, sight.seenAt, now, cancelled);
		const lockRead = needs.lock ? readLock(plan, state, eyes) : void 0;
		const otherReads = read(state, needs, now);
		const lock = lockRead === void 0 ? unread : (await Promise.all([lockRead, otherReads]))[0];
		await otherReads;
		const due = cancelled ? 0 : probesDue(plan, state, now);
		const probes = due === 0 ? noProbes : await sendProbes(eyes.prober, plan.probes, state.evidence.probes.sent, due, eyes.cancelled);
		let metrics = { kind: "none" };
		const readTo = floorToMinute(now - metricDelayMs);
		if (needsMetrics(state) && !cancelled && (readTo > state.metricsReadTo || rereadIsDue(plan, state, now))) metrics = await readMetrics(readTraffic, state, readTo);
		return {
			whole: needs.whole,
			live: splitToSee(sight.splits, state.written),
			lockIsOurs: lock.lockIsOurs,
			rival: lock.rival,
			blueTargets: sight.blueTargets,
			greenTargets: sight.greenTargets,
			greenService: sight.greenService,
			alarms: sight.alarms,
			probes,
			probeTask: probeDesk(state, now),
			checks: cancelled ? [] : checkDesk(state, now),
			metrics
		};
	};
}
/** How many probes to send now. Pure. */
function probesDue(plan, state, now) {
	const { sent } = state.evidence.probes;
	const { phase } = state;
	if (plan.probes.task !== void 0) return 0;
	if (phase.kind === "probe") {
		const batch = Math.min(largestBatch, Math.ceil(plan.probes.count / 5));
		return Math.min(batch, Math.max(0, plan.probes.count - sent));
	}
	if (phase.kind === "bake") {
		const bakeTimeMs = plan.steps[phase.step]?.bakeTimeMs ?? 0;
		const share = bakeTimeMs === 0 ? 1 : Math.min(3, (now - phase.since) / bakeTimeMs);
		const wanted = Math.floor(plan.probes.perStep * share) - (sent - phase.probesBefore);
		return Math.min(largestBatch, Math.max(0, wanted));
	}
	return 0;
}
function needsMetrics(state) {
	return state.shifted && [
		"shift",
		"verify",
		"bake",
		"retire"
	].includes(state.phase.kind);
}
const unread = {
	lockIsOurs: void 0,
	rival: void 0
};
async function readLock(plan, state, eyes) {
	const { testRuleArn: arn } = state;
	if (arn === void 0) return {
		lockIsOurs: false,
		rival: void 0
	};
	const { own, rival } = state.shifted || plan.lock !== void 0 ? {
		own: await readRule(eyes.aws, arn),
		rival: void 0
	} : await lookAroundLock(eyes.aws, plan, arn);
	return {
		lockIsOurs: headerValues(own?.conditions ?? [], plan.testRule.header)?.includes(eyes.headerValue) === true,
		rival
	};
}
/** At the end of a bake all of its minutes are read once more: a step is not passed on counts that were early. */
function rereadIsDue(plan, state, now) {
	const { phase } = state;
	if (phase.kind !== "bake") return false;
	const endsAt = phase.since + (plan.steps[phase.step]?.bakeTimeMs ?? 0);
	return now >= endsAt && state.metricsReadAt < endsAt;
}
async function readMetrics(readTraffic, state, readTo) {
	const firstWeightAt = state.weights.find((weight) => weight.percent > 0)?.at ?? state.writtenAt;
	const stepSince = state.phase.kind === "bake" ? state.phase.since : readTo;
	const from = Math.max(floorToMinute(firstWeightAt), Math.min(floorToMinute(stepSince), readTo - rereadMs));
	if (from >= readTo) return {
		kind: "minutes",
		pairs: [],
		readTo
	};
	try {
		return {
			kind: "minutes",
			pairs: toPairs(await readTraffic(from, readTo), from, readTo),
			readTo
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "unreadable",
			problem: error.message
		};
	}
}
function floorToMinute(at) {
	return Math.floor(at / minuteMs$5) * minuteMs$5;
}
// src/shift/deploy-green.ts
/** Every call of it may be repeated: a run that dies in between leaves nothing that the next one trips over. */
async function deployGreen(plan, aws, state, say) {
	const { deploy, cluster, green } = plan;
	if (deploy.kind === "none") return {
		...state,
		green: noDeployment
	};
	let handle;
	if (deploy.kind === "create") {
		const { service } = await aws.call("ecs:CreateService", deploy.service);
		if (service === void 0) throw new Error("ecs:CreateService answered without a service.");
		say("green.created", `Service ${green.service} made with ${revisionName(deploy.taskDefinitionArn)}.`);
		handle = handleOf(toServiceFacts(service));
	} else {
		const updated = await updateService(aws, {
			cluster,
			service: green.service,
			taskDefinition: deploy.taskDefinitionArn,
			desiredCount: deploy.desiredCount
		});
		say("green.updated", `Service ${green.service} updated to ${revisionName(deploy.taskDefinitionArn)}, ${deploy.desiredCount} tasks.`);
		handle = deploy.newRevision ? handleOf(updated) : noDeployment;
	}
	const twin = await scaleTwin(plan, aws, say);
	return {
		...state,
		green: handle,
		twinScalingArn: twin.arn,
		leftovers: [...state.leftovers, ...twin.leftovers]
	};
}
const noDeployment = {
	deploymentId: void 0,
	serviceDeploymentArn: void 0
};
/** The service deployment is learnt by observing: right after the call ECS may still name the one before. */
function handleOf(service) {
	return {
		deploymentId: newestDeployment(service)?.id,
		serviceDeploymentArn: void 0
	};
}
/** Blue's scaling for green: quiet like blue's until the shift is over. */
async function scaleTwin(plan, aws, say) {
	if (plan.twinScaling === void 0) return {
		arn: void 0,
		leftovers: []
	};
	const { target, policies, alarms, scheduled, bluePolicies, isBegun, made: before } = plan.twinScaling;
	const arn = isBegun ? target.arn : await writeScaling(aws, quietened(target, plan.requiredHealthy), {
		[scalingTag]: scalingToTag(target),
		[twinTag]: "half-made"
	});
	const arns = new Map(Object.entries(before));
	for (const policy of policies) {
		const made = await putScalingPolicy(aws, policy);
		const blue = bluePolicies[policy.PolicyName ?? ""];
		if (made !== void 0 && blue !== void 0) arns.set(blue, made);
	}
	const leftovers = [];
	for (const action of scheduled) {
		const problem = await putTwinAction(aws, action);
		if (problem !== void 0) leftovers.push(problem);
	}
	for (const alarm of alarms) {
		const problem = await putTwinAlarm(aws, actingOn(alarm, arns), target.resourceId);
		if (problem !== void 0) leftovers.push(problem);
	}
	await forgetScaling(aws, { arn }, twinTag);
	say("scaling.twin", `Service ${plan.green.service} scales like blue.`);
	return {
		arn,
		leftovers
	};
}
/** A schedule that green does not get is no reason against it: it is told. */
async function putTwinAction(aws, action) {
	try {
		await putScheduledAction(aws, action);
		return;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return `Scheduled action ${action.ScheduledActionName} of ${action.ResourceId} could not be made (${error.message}): make it by hand.`;
	}
}
/** The alarm of a step scaling policy. That one cannot be made is no reason against green: it is told. */
async function putTwinAlarm(aws, alarm, resourceId) {
	const { AlarmName: name = "" } = alarm;
	const told = (why) => `Alarm ${name}, which drives the step scaling of ${resourceId}, could not be made (${why}): make it by hand.`;
	try {
		const there = await readMetricAlarm(aws, name);
		if (there !== void 0 && !isOfTarget(there, resourceId)) return told("there is another one of that name");
		await putMetricAlarm(aws, alarm);
		return;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return told(error.message);
	}
}
// src/shift/filled-again.ts
/**
* A service that was emptied may be filled again: while one of its alarms is on, its step scaling is asked each
* minute, from 0 as well. Nothing waits for that at the end of a shift; a person is told.
*/
/** One sentence, with the command; undefined where nothing fills it, or where that cannot be read. */
async function filledAgain(aws, { cluster, scaling, twinScaling }, service, count) {
	if (cluster === void 0 || service === void 0) return void 0;
	const resourceId = scalingResource(cluster, service);
	if (![...scaling, twinScaling?.target].some((target) => target?.resourceId === resourceId)) return void 0;
	try {
		const on = [];
		for (const policy of (await readScalingPolicies(aws, resourceId)).filter(isStep)) {
			if (!(policy.StepScalingPolicyConfiguration?.StepAdjustments ?? []).some((step) => (step.ScalingAdjustment ?? 0) > 0)) continue;
			const alarms = await readAlarmsActingOn(aws, policy.PolicyARN ?? "");
			on.push(...alarms.filter((alarm) => alarm.StateValue === "ALARM").map((alarm) => alarm.AlarmName ?? ""));
		}
		if (on.length === 0) return void 0;
		const [noun, verb] = on.length === 1 ? ["Alarm", "is"] : ["Alarms", "are"];
		return `${noun} ${on.join(", ")} ${verb} on, and step scaling may fill ${service} again. Look in a few minutes; if so: aws ecs update-service --cluster ${cluster} --service ${service} --desired-count ${count}`;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return;
	}
}
// src/shift/restore-scaling.ts
/**
* As found. Where blue was scaled down it may stay there, and green takes over the limits blue had; a green
* that was taken back and emptied may stay at 0. A schedule would bring the tasks of such a service back, so it
* stays suspended until a shift gives the service traffic again. Pure.
*/
function restoredScaling(plan, state) {
	const ending = state.phase.kind === "tail" ? state.phase.ending.kind : void 0;
	const promoted = ending === "promoted" || ending === "promoted-on-probes";
	const twin = plan.twinScaling === void 0 || plan.twinScaling.isBegun || state.green === void 0 ? [] : [{
		...plan.twinScaling.target,
		arn: state.twinScalingArn
	}];
	const all = [...plan.scaling, ...twin];
	const blue = all.find((target) => isOf(target, plan.blue.service));
	const green = all.find((target) => isOf(target, plan.green.service));
	if (!promoted) {
		const emptied = ending !== "interfered" && plan.greenAfterRollback === "scale-to-zero" && state.green !== void 0;
		return all.map((target) => target === green && emptied ? {
			...unscheduled(plan, target),
			minCapacity: 0
		} : target);
	}
	const scheduled = all.map((target) => target === green ? scheduledLike(plan, blue, target) : target);
	const left = blueLeft(plan, state);
	if (blue === void 0 || left === "all") return scheduled;
	return scheduled.map((target) => target === blue ? {
		...unscheduled(plan, target),
		minCapacity: Math.min(target.minCapacity, left)
	} : {
		...target,
		minCapacity: Math.max(target.minCapacity, blue.minCapacity),
		maxCapacity: Math.max(target.maxCapacity, blue.maxCapacity)
	});
}
/**
* Scheduled scaling of what serves now is as it was of what served before. Where that does not scale, a host say, it
* says nothing: a green that a way back had emptied follows its schedule again.
*/
function scheduledLike(plan, blue, green) {
	const wasEmptied = green.minCapacity === 0 && plan.scheduled.includes(green.resourceId);
	if (blue === void 0 && !wasEmptied) return green;
	return {
		...green,
		suspended: {
			...green.suspended,
			scheduled: blue?.suspended.scheduled ?? false
		}
	};
}
function unscheduled(plan, target) {
	return plan.scheduled.includes(target.resourceId) || plan.twinScaling?.scheduled.some((each) => each.ResourceId === target.resourceId) === true ? {
		...target,
		suspended: {
			...target.suspended,
			scheduled: true
		}
	} : target;
}
/** The floor goes down before the count: scaling would fill it up again. */
async function scaleBlueDown(aws, plan, count) {
	const { service } = plan.blue;
	const target = plan.scaling.find((candidate) => isOf(candidate, service));
	if (target !== void 0) await writeScaling(aws, {
		...target,
		minCapacity: Math.min(target.minCapacity, count),
		suspended: {
			...target.suspended,
			scaleIn: true,
			scheduled: true
		}
	});
	await updateService(aws, {
		cluster: plan.cluster,
		service,
		desiredCount: count
	});
}
/** What carries everything, or more: floors first, or what is behind them would be taken for too much. Repeatable. */
async function scaleBlueUp(aws, plan, count) {
	const { cluster } = plan;
	const { service } = plan.blue;
	if (cluster === void 0 || service === void 0) throw new Error("Blue has no service.");
	for (const target of plan.scaling) {
		await noteScaling(aws, target);
		await writeScaling(aws, quietened(target, count));
	}
	const now = await readServiceOrNothing(aws, {
		cluster,
		service
	});
	const desiredCount = Math.max(count, now?.desiredCount ?? 0);
	await updateService(aws, {
		cluster,
		service,
		desiredCount
	});
}
/** Tasks that blue is left with; `all` where nothing was taken from it. */
function blueLeft({ blueAfter }, { noReturnAt, kept }) {
	if (noReturnAt !== void 0) return blueAfter === "keep" ? 0 : blueAfter;
	return kept?.tasks ?? "all";
}
function isOf(target, service) {
	return service !== void 0 && target.resourceId.endsWith(`/${service}`);
}
// src/shift/resize-blue.ts
/** Blue's size after promotion: kept small, made whole for the way back, or ended. Each is recorded before it is done. */
/** The last look before tasks end: a blue that has weight is never scaled down. Undefined where it has none. */
async function whereItServes(plan, { router }, state) {
	const share = await shareIn(router, plan.blue.targetGroupArn);
	if (share === 0) return void 0;
	const leftover = `${plan.blue.service} has ${share} % of the traffic and keeps its tasks.`;
	return {
		...state,
		retired: true,
		leftovers: [...state.leftovers, leftover]
	};
}
/** From here on the way back takes as long as tasks take to start: recorded first, so that a later run knows. */
async function shrinkBlue(plan, hands, state, say) {
	const tasks = state.kept?.tasks ?? plan.keepBlueAt;
	if (tasks === "all") throw new Error("Blue is kept whole.");
	const serving = await whereItServes(plan, hands, state);
	if (serving !== void 0) return serving;
	const now = hands.clock.now();
	const kept = {
		tasks,
		since: state.kept?.since ?? now
	};
	if (state.testRuleArn !== void 0) await addTags(hands.aws, state.testRuleArn, noteTags({
		aliveAt: now,
		kept
	}));
	await scaleBlueDown(hands.aws, plan, tasks);
	say("blue.shrunk", `Service ${plan.blue.service} is kept at ${tasks} tasks.`, { tasks });
	return {
		...state,
		kept: {
			...kept,
			ordered: true
		},
		notedAt: now
	};
}
/** What is being taken back is promoted no more, should this run die on the way. */
async function refillBlue(plan, hands, undo, state, say) {
	const now = hands.clock.now();
	if (state.testRuleArn !== void 0) await addTags(hands.aws, state.testRuleArn, noteTags({
		aliveAt: now,
		stage: "shifting"
	}));
	const { refill } = undo;
	await scaleBlueUp(hands.aws, plan, refill.needed);
	say("blue.refilled", `Service ${plan.blue.service} is scaled to at least ${refill.needed}.`);
	return {
		...state,
		stage: "shifting",
		notedAt: now,
		phase: {
			kind: "undo",
			undo: {
				...undo,
				refill: {
					...refill,
					ordered: true
				}
			}
		}
	};
}
/** From here on there is no instant way back: recorded first, so that a later run knows. */
async function retireBlue(plan, hands, state, say) {
	const serving = await whereItServes(plan, hands, state);
	if (serving !== void 0) return serving;
	const now = hands.clock.now();
	const noReturnAt = state.noReturnAt ?? now;
	if (state.testRuleArn !== void 0) await addTags(hands.aws, state.testRuleArn, noteTags({
		aliveAt: now,
		noReturnAt
	}));
	const count = plan.blueAfter === "keep" ? void 0 : plan.blueAfter;
	if (count !== void 0) await scaleBlueDown(hands.aws, plan, count);
	say("blue.retired", `Service ${plan.blue.service} is scaled to ${count}: the point of no return.`, { noReturnAt });
	const again = count === void 0 ? void 0 : await filledAgain(hands.aws, plan, plan.blue.service, count);
	return withLeftover({
		...state,
		noReturnAt,
		notedAt: now,
		retired: true
	}, again);
}
// src/shift/perform.ts
/** The acts of a shift: each does one thing and puts what it learned into the state. */
function createPerform(plan, hands) {
	const say = (code, message, data) => hands.record(event(hands.clock.now(), code, "info", message, data));
	return async (act, state) => {
		const now = hands.clock.now();
		switch (act.kind) {
			case "create-test-rule": {
				const created = await createTestRule(hands.aws, testRule(plan, hands, now));
				if (created.kind === "taken") return {
					...state,
					lockTaken: true
				};
				say("shift.locked", `Test rule made at priority ${plan.testRule.priority}: no other shift can start here.`);
				const locked = {
					testRuleArn: created.ruleArn,
					lockedAt: now,
					notedAt: now
				};
				const isAlone = await standsAlone(plan, hands.aws, created.ruleArn);
				return {
					...state,
					...locked,
					phase: isAlone ? { kind: "attach" } : {
						kind: "lock-check",
						since: now
					}
				};
			}
			case "take-lock": {
				const { lock } = plan;
				if (lock === void 0) throw new Error("There is no lock to take over.");
				const tags = (lock.isOutdated === true ? recordOverTags : recordToTags)(recordOf(plan, hands.holder, now));
				await takeTestRule(hands.aws, lock.ruleArn, {
					...testRule(plan, hands, now),
					tags
				});
				say("shift.lock-taken", `Took the test rule over from ${lock.record.holder}.`);
				return {
					...state,
					lockedAt: now,
					notedAt: now,
					phase: {
						kind: "lock-check",
						since: now
					}
				};
			}
			case "note": {
				const stage = act.stage ?? state.stage;
				if (state.testRuleArn !== void 0) await addTags(act.stage === void 0 ? hands.briefly : hands.aws, state.testRuleArn, noteTags({
					aliveAt: now,
					...act
				}));
				return {
					...state,
					stage,
					notedAt: now
				};
			}
			case "write-split": return writeSplit(plan, hands, act, state, say);
			case "quieten-scaling":
				for (const target of plan.scaling) {
					await noteScaling(hands.aws, target);
					await writeScaling(hands.aws, quietened(target, plan.requiredHealthy));
				}
				say("scaling.quietened", "Scale-in and scheduled scaling are suspended for the shift.");
				return {
					...withFloor(plan, state),
					phase: { kind: "deploy" }
				};
			case "deploy-green": return {
				...await deployGreen(plan, hands.aws, state, say),
				phase: {
					kind: "ready",
					since: now
				}
			};
			case "shrink-blue": return shrinkBlue(plan, hands, state, say);
			case "refill-blue": return refillBlue(plan, hands, act.undo, state, say);
			case "retire-blue": return retireBlue(plan, hands, state, say);
			case "tail": return withoutTail(withLeftover(state, await performTail(plan, hands, act.act, state, say)));
		}
	};
}
/** Where that cannot be read it is looked at again. */
async function standsAlone(plan, aws, ruleArn) {
	try {
		return (await lookAroundLock(aws, plan, ruleArn)).rival === void 0;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return false;
	}
}
function testRule(plan, hands, now) {
	return {
		...plan.testRule,
		listenerArn: plan.listenerArn,
		targetGroupArn: plan.green.targetGroupArn,
		headerValue: hands.headerValue,
		tags: recordToTags(recordOf(plan, hands.holder, now))
	};
}
/** What a later run has to know. Of a shift that is taken over, what it was stays. Pure. */
function recordOf(plan, holder, now) {
	const before = plan.lock?.record;
	const steps = plan.steps.map((step) => step.percent);
	return {
		holder,
		lockedAt: before?.lockedAt ?? now,
		aliveAt: now,
		stage: before !== void 0 && isPromoted(before.stage) && plan.task.kind !== "take-back" ? before.stage : "shifting",
		former: Object.fromEntries(plan.former.map((group) => [groupName(group.targetGroupArn), group.weight])),
		steps: before === void 0 ? steps : [.../* @__PURE__ */ new Set([...before.steps, ...steps])].sort((one, other) => one - other),
		revision: before?.revision ?? (plan.deploy.kind === "none" ? "" : revisionName(plan.deploy.taskDefinitionArn)),
		count: plan.requiredHealthy,
		blueCount: plan.blueHealthy,
		noReturnAt: before?.noReturnAt,
		kept: before?.kept,
		cluster: plan.cluster ?? before?.cluster ?? "",
		probeTask: plan.probes.task !== void 0 || before?.probeTask === true,
		breaking: plan.breaking || before?.breaking === true,
		together: plan.others.length > 0 || before?.together === true
	};
}
/** What an AWS error does to the state. Pure. */
function refused(plan, act, error, state) {
	if (isNote(act) && error.kind === "not-found") return withoutLock(state);
	if (act.kind === "tail") return withoutTail({
		...state,
		leftovers: [...state.leftovers, describeLeftover(plan, act.act, error, state)]
	});
	if (act.kind === "note") {
		const notedAt = state.notedAt + (act.stage === void 0 ? retryNoteMs : 0);
		return {
			...state,
			notedAt,
			stage: act.stage ?? state.stage
		};
	}
	if (act.kind === "retire-blue" || act.kind === "shrink-blue") {
		const count = act.kind === "retire-blue" ? plan.blueAfter : state.kept?.tasks ?? plan.keepBlueAt;
		const leftover = `Service ${plan.blue.service} could not be scaled to ${count} (${error.message}).`;
		return {
			...state,
			retired: true,
			leftovers: [...state.leftovers, leftover]
		};
	}
	const refusal = {
		act: act.kind,
		message: error.message,
		final: error.kind === "access-denied" || error.kind === "credentials"
	};
	if (act.kind === "write-split") return {
		...state,
		refusal,
		shifted: state.shifted || isShift(plan, act),
		earlier: [act.split, ...state.earlier]
	};
	if (act.kind === "quieten-scaling") return {
		...withFloor(plan, state),
		refusal
	};
	if (act.kind === "deploy-green") return {
		...state,
		refusal,
		green: {
			deploymentId: void 0,
			serviceDeploymentArn: void 0
		}
	};
	return {
		...state,
		refusal
	};
}
/** A floor starts tasks of a green that had none: they are put away with the rest. Pure. */
function withFloor(plan, state) {
	const { service } = plan.green;
	const starts = service !== void 0 && plan.scaling.some((each) => each.resourceId.endsWith(`/${service}`));
	const green = state.green ?? (starts ? noHandle : void 0);
	return {
		...state,
		green,
		scalingQuietened: true
	};
}
const noHandle = {
	deploymentId: void 0,
	serviceDeploymentArn: void 0
};
/** A sign of life that failed is given again this much later. */
function isNote(act) {
	return act.kind === "note" || act.kind === "tail" && act.act.kind === "note-rest";
}
/** A rest without its lock is none: any shift may begin over it. */
function withoutLock(state) {
	const { phase } = state;
	if (phase.kind !== "tail") return {
		...state,
		lockGone: true
	};
	const ending = {
		kind: "interfered",
		what: "lock",
		live: state.written,
		expected: state.written
	};
	return {
		...state,
		lockGone: true,
		phase: {
			kind: "tail",
			ending,
			remaining: []
		}
	};
}
const retryNoteMs = 2e4;
async function writeSplit(plan, hands, act, state, say) {
	const result = await hands.router.writeSplit(act.split, [state.written, ...state.earlier]);
	if (result.kind === "interfered") return {
		...state,
		interferedBy: result.live
	};
	const now = hands.clock.now();
	const percent = shareOf(act.split, plan.green.targetGroupArn);
	say("shift.weights-written", `Weights written: ${describeSplit(act.split)}.`, { percent });
	return {
		...state,
		written: act.split,
		writtenAt: now,
		earlier: [state.written, ...state.earlier].slice(0, 3),
		weights: [...state.weights, {
			at: now,
			percent
		}],
		shifted: state.shifted || isShift(plan, act),
		refusal: void 0,
		phase: startedAt(act.next, now)
	};
}
function isShift(plan, act) {
	return shareOf(act.split, plan.green.targetGroupArn) > 0;
}
function startedAt(phase, now) {
	if (phase.kind === "verify") return {
		...phase,
		since: now
	};
	return phase.kind === "undo-verify" ? {
		...phase,
		writtenAt: now
	} : phase;
}
async function performTail(plan, hands, act, state, say) {
	switch (act.kind) {
		case "restore-scaling":
			for (const target of restoredScaling(plan, state)) {
				await writeScaling(hands.aws, target);
				await forgetScaling(hands.aws, target);
			}
			say("scaling.restored", "Scaling is as it was before.");
			return;
		case "scale-green-to-zero": {
			const share = await shareIn(hands.router, plan.green.targetGroupArn);
			if (share > 0) {
				say("scale.skipped", `${plan.green.service} has ${share} % of the traffic and keeps its tasks.`);
				return;
			}
			await updateService(hands.aws, {
				cluster: plan.cluster,
				service: plan.green.service,
				desiredCount: 0
			});
			say("scale.to-zero", `Service ${plan.green.service} is scaled to 0.`);
			return filledAgain(hands.aws, plan, plan.green.service, 0);
		}
		case "note-rest":
			if (state.testRuleArn === void 0) return void 0;
			await addTags(hands.aws, state.testRuleArn, noteTags({
				aliveAt: hands.clock.now(),
				...state.noReturnAt === void 0 ? { stage: restingStage(state) } : {}
			}));
			say("shift.rests", "The test rule says that the shift rests: a later run goes on from here.");
			return;
		case "delete-test-rule":
			if (state.testRuleArn !== void 0) await deleteRule(hands.aws, state.testRuleArn);
			say("shift.unlocked", "The test rule is deleted.");
			return;
	}
}
/** Only a rest that was asked for has passed its step. */
function restingStage({ phase }) {
	return phase.kind === "tail" && phase.ending.kind === "paused" ? "paused" : "left";
}
function withoutTail(state) {
	const { phase } = state;
	return phase.kind === "tail" ? {
		...state,
		phase: {
			...phase,
			remaining: phase.remaining.slice(1)
		}
	} : state;
}
function describeLeftover(plan, act, error, state) {
	switch (act.kind) {
		case "restore-scaling": return `Scaling could not be put back (${error.message}): ${plan.scaling.map((target) => `${target.resourceId} had min ${target.minCapacity}, max ${target.maxCapacity}`).join("; ")}.`;
		case "scale-green-to-zero": return `Service ${plan.green.service} could not be scaled to 0 (${error.message}).`;
		case "note-rest": return `The test rule could not be told that the shift rests (${error.message}): a later run waits five minutes before it goes on.`;
		case "delete-test-rule": return `The test rule could not be deleted (${error.message}): aws elbv2 delete-rule --rule-arn ${state.testRuleArn}`;
	}
}
// src/shift/run-plan.ts
async function runPlan(run, plan, gathered) {
	const { ports, aws, briefly, record, holder, recorder } = run;
	const { clock, runner } = ports;
	const headerValue = ports.drawSecret();
	runner.mask(headerValue);
	const reading = interruptible(aws, runner.cancelled);
	const albTarget = albTargetOf(plan);
	const probeTasks = createProbeTaskKeeper(createRunProbeTask(plan, {
		aws,
		clock,
		holder,
		headerValue
	}), clock);
	const observe = createObserve(plan, gathered.baseline, {
		aws: reading,
		clock,
		router: createAlbRouter(reading, albTarget),
		prober: ports.createProber({
			plan,
			headerValue
		}),
		headerValue,
		runCheck: ports.runCheck,
		runProbeTask: probeTasks.run,
		cancelled: runner.cancelled
	});
	const perform = createPerform(plan, {
		aws,
		briefly,
		clock,
		router: createAlbRouter(aws, albTarget),
		record,
		headerValue,
		holder
	});
	const initial = initialState(plan, clock.now(), gathered.facts.forward.split);
	recorder?.begin(plan, gathered.baseline, initial);
	runner.saveState(shiftStateName, "begun");
	const outcome = await runEngine({
		initial,
		timeoutMs: plan.timeoutMs,
		observe,
		decide: (state, observed, context) => {
			const decision = decide(plan, gathered.baseline, state, observed, context);
			recorder?.looked(observed, context, decision);
			ports.onState?.(decision.state);
			return decision;
		},
		perform: async (act, state) => {
			const after = await perform(act, state);
			recorder?.done(state, after);
			return after;
		},
		refused: (act, error, state) => {
			const after = refused(plan, act, error, state);
			recorder?.done(state, after);
			return after;
		}
	}, {
		clock,
		cancelled: runner.cancelled,
		record
	});
	const { ending } = outcome;
	if (ending.kind !== "rollback-failed" || ending.held === true) runner.saveState(shiftStateName, "over");
	const probeTask = await probeTasks.end();
	const stillRuns = probeTask?.kind === "failed" ? probeTask.stillRuns : void 0;
	if (stillRuns !== void 0) runner.annotate("warning", stillRuns);
	const state = [stillRuns, ...await tasksOfTheRunBefore(run, plan, ending)].reduce(withLeftover, outcome.state);
	await markGreen(run, plan, gathered, ending.kind);
	const report = reportShift(plan, gathered.baseline, {
		state,
		ending
	}, run.events, {
		startedAt: run.startedAt,
		endedAt: clock.now()
	});
	const live = ending.kind === "interfered" ? ending.live : state.written;
	return {
		ok: isDone(plan, ending),
		outputs: outputsOf({
			outcome: ending.kind,
			blue: plan.blue.targetGroupArn,
			green: plan.green.targetGroupArn,
			greenService: plan.green.service,
			weights: live,
			cause: ending.kind === "refused" ? codesOf(ending.refusals) : causeOf(state)?.code ?? "",
			step: reached(state) ?? 0,
			harmed: harmedRequests(gathered.baseline, state, report.endedAt),
			evidence: evidenceOutput(state.evidence, harmLimit(plan, gathered.baseline)),
			images: imagesOf(gathered),
			durationMs: report.endedAt - report.startedAt
		}),
		report
	};
}
/** Once this run has its test rule, and nobody else has taken that since: what probed for the run before is stopped. */
async function tasksOfTheRunBefore({ aws, ports }, { lock, cluster }, ending) {
	const isOurs = ending.kind !== "refused" && !(ending.kind === "interfered" && ending.what === "lock");
	if (lock?.record.probeTask !== true || cluster === void 0 || !isOurs) return [];
	const left = await stopLeftProbeTasks(aws, cluster, lock.ruleArn);
	for (const each of left) ports.runner.annotate("warning", each);
	return left;
}
/**
* A read that is being retried ends when the job is cancelled: the weights go back first thing. Reads that
* begin after that are not cut short. Writes are never.
*/
function interruptible(aws, cancelled) {
	return { call: (operation, input, signal) => aws.call(operation, input, signal ?? (cancelled.aborted ? void 0 : cancelled)) };
}
/** What rollback trusts: the revision served everything and was found good, for both services of the pair. */
async function markGreen({ ports, aws, record, keepImages }, { deploy, cluster, blue, green }, { facts, register, definition }, outcome) {
	const arn = deploy.kind === "none" ? facts.greenService?.taskDefinitionArn : deploy.taskDefinitionArn;
	if (outcome !== "promoted" && outcome !== "promoted-on-probes") return;
	if (arn === void 0 || cluster === void 0) return;
	const { clock, context } = ports;
	const marked = await markPromoted(aws, arn, {
		at: clock.now(),
		cluster,
		services: [green.service, blue.service].filter((service) => service !== void 0),
		...register === void 0 ? {} : {
			commit: context.sha,
			ref: context.ref,
			run: `${context.serverUrl}/${context.repository}/actions/runs/${context.runId}`
		}
	});
	const images = register?.containerDefinitions ?? definition?.definition.containerDefinitions ?? [];
	for (const problem of await keepServingImages(aws, images, clock.now(), keepImages)) record(event(clock.now(), "image.not-kept", "warning", problem));
	if (marked.kind === "not-written") record(event(clock.now(), "mark.not-written", "warning", `${revisionName(arn)} could not be marked as promoted, so a rollback will not trust it: ${marked.why}`));
}
// src/shift/carry-out.ts
/** Shows the plan, and does it unless this is a dry run. */
async function carryOut(run, gathered, { dryRun }, plan) {
	run.ports.runner.group(`Plan: ${titleOf(plan)}`, [
		`Weights now: ${describeSplit(gathered.facts.forward.split)}.`,
		...describePlan(plan).map((line, index) => `${String(index + 1).padStart(2)}. ${line}`),
		...plan.notes.map((note) => `Note: ${note}`)
	]);
	if (dryRun) return stop(run, subjectOf(gathered), { kind: "planned" }, "Dry run: this is what would be done. Nothing was changed.", plan);
	return run.changes.carryingOut(() => runPlan(run, plan, gathered));
}
// src/shift/pre-deploy.ts
/** Runs before the lock is taken: a long migration gives no sign of life. */
async function preDeploy({ ports, record }, order) {
	const { definition, request } = order;
	const container = preDeployContainer(definition.definition.containerDefinitions ?? [], request.container);
	if (container.kind === "refuse") return {
		kind: "failed",
		refusal: {
			code: "pre-deploy-container",
			message: container.reason
		},
		sections: []
	};
	const result = await runPreDeployTask({
		...ports,
		cancelled: ports.runner.cancelled,
		record
	}, {
		...order,
		container: container.name,
		run: ports.context
	});
	if (result.kind !== "failed") return result;
	const message = `${result.reason} ${result.remedy}`;
	return {
		kind: "failed",
		refusal: {
			code: preDeployCode(result.code),
			message
		},
		sections: result.sections
	};
}
function preDeployCode(code) {
	return code === "pre-deploy-timed-out" || code === "pre-deploy-not-started" ? code : "pre-deploy-failed";
}
// src/shift/reach.ts
const reachTries = 3;
const reachPauseMs = 1e3;
/** Asked of production's rule; any answer is one. */
async function checkReach(run, plan) {
	const { clock, runner } = run.ports;
	const { baseUrl, count, perStep, paths } = plan.probes;
	if (count === 0 && perStep === 0) return [];
	const prober = run.ports.createProber({
		plan,
		headerValue: "preflight"
	});
	let reason = "";
	for (let attempt = 1; attempt <= reachTries; attempt++) {
		const answer = await prober.probe(paths[0] ?? "/", runner.cancelled);
		if (answer === void 0 || answer.kind === "answered") return [];
		reason = answer.reason;
		if (attempt < reachTries) await clock.sleep(reachPauseMs, runner.cancelled);
	}
	const ways = reason.startsWith("ERR_TLS_CERT_ALTNAME_INVALID") ? "Give probe-host, the name that clients use: it is asked for in the TLS connection and as Host." : "Let a one-off task in the VPC send them (probe-from: vpc-task and probe-task-definition), run the job inside the VPC (a self-hosted runner), give a probe-url that is reachable, or send no probes (probe-count: 0, probes-per-step: 0).";
	return [{
		code: "unreachable",
		message: `Probes cannot reach ${baseUrl} from this runner (${reason}). ${ways}`
	}];
}
// src/shift/begin-shift.ts
/** `look-again`: a window was waited for, and much may have happened since. */
async function beginShift(run, request, { gathered: found, guard, latestAt }) {
	const { clock, runner } = run.ports;
	const why = unchanged(found, request);
	if (why !== void 0) return stop(run, subjectOf(found), {
		kind: "no-change",
		why
	}, why);
	const refusals = [...preflight(found.facts, request)];
	const { blueService } = found.facts;
	if (blueService !== void 0) {
		const stale = await guard(revisionName(blueService.taskDefinitionArn), found);
		if (stale !== void 0) refusals.push(stale);
	}
	const plan = buildPlan(found, request);
	const lack = isMeasured(refusals) ? foreseeableLack(plan, found.baseline) : void 0;
	if (lack !== void 0) refusals.push({
		code: "unproven",
		message: lack
	});
	if (request.probes.task === void 0) refusals.push(...await checkReach(run, plan));
	const { windows, outside } = request.maintenance;
	const window = decideWindow(windows, outside, clock.now(), latestAt);
	if (window.kind === "refuse") refusals.push({
		code: "outside-window",
		message: `${window.reason} ${window.remedy}`
	});
	if (refusals.length > 0) return refuse(run, found, refusals);
	if (window.kind === "wait") {
		run.record(event(clock.now(), "shift.waiting", "notice", window.message));
		if (!request.dryRun) {
			while (clock.now() < window.untilAt && !runner.cancelled.aborted) await clock.sleep(window.untilAt - clock.now(), runner.cancelled);
			return runner.cancelled.aborted ? cancelledEarly(run, subjectOf(found)) : "look-again";
		}
	}
	if (request.dryRun) return carryOut(run, found, request, plan);
	const changed = await changedSince(run, request, found, guard);
	if (changed !== void 0) return refuse(run, found, [changed]);
	const brought = await bringRevision(run, request, found);
	if (brought.kind === "refused") return refuse(run, found, [brought.refusal]);
	const { gathered } = brought;
	const service = gathered.facts.greenService ?? gathered.facts.blueService;
	const { definition } = gathered;
	const { cluster, preDeploy: migration } = request;
	if (migration !== void 0 && cluster !== void 0 && service && definition) {
		const end = await preDeploy(run, {
			cluster,
			service,
			definition,
			request: migration
		});
		run.changes.made(end.kind === "passed" ? end.sentence : void 0);
		if (end.kind === "cancelled") return cancelledEarly(run, subjectOf(gathered), end.sentence);
		if (end.kind === "failed") {
			const result = refuse(run, gathered, [end.refusal]);
			const { report } = result;
			return {
				...result,
				report: {
					...report,
					sections: [...end.sections, ...report.sections]
				}
			};
		}
		const late = await changedSince(run, request, gathered, guard);
		if (late !== void 0) return refuse(run, gathered, [late]);
	}
	return carryOut(run, gathered, request, gathered === found ? plan : buildPlan(gathered, request));
}
/** Whether what blue had in the last hour says what is to come: not where it is not blue that serves. */
function isMeasured(refusals) {
	const elsewhere = [
		"weights-not-as-expected",
		"other-group-has-weight",
		"blue-unhealthy"
	];
	return !refusals.some(({ code }) => elsewhere.includes(code));
}
/** One more look just before something is changed: has somebody else deployed in between? */
async function changedSince(run, { cluster }, gathered, guard) {
	const { forward, blueService, taskDefinitionArn } = gathered.facts;
	const live = await readSplit$1(run.aws, forward.location);
	if (!sameSplit(live, forward.split)) {
		const now = live.length === 0 ? "no forward at all" : describeSplit(live);
		return {
			code: "weights-not-as-expected",
			message: `The weights changed while this run made ready: ${describeSplit(forward.split)} then, ${now} now. Run it again.`
		};
	}
	if (cluster === void 0 || blueService === void 0) return void 0;
	const now = await readServiceOrNothing(run.aws, {
		cluster,
		service: blueService.name
	});
	if (now === void 0 || now.taskDefinitionArn === blueService.taskDefinitionArn) return void 0;
	const stale = await guard(revisionName(now.taskDefinitionArn), gathered);
	if (stale !== void 0 || now.taskDefinitionArn !== taskDefinitionArn) return stale;
	return {
		code: "blue-deploying",
		message: `${blueService.name} runs ${revisionName(now.taskDefinitionArn)} since a moment ago: another run deployed the same. Run this again.`
	};
}
/** Empty where the rule forwards no more: somebody has put a page into it, say. */
async function readSplit$1(aws, location) {
	try {
		return (await readForward(aws, location)).split;
	} catch (error) {
		if (error instanceof ConfigurationError && error.code === "no-forward") return [];
		throw error;
	}
}
// src/shift/changes.ts
function createChanges() {
	const cleared = [];
	const made = [];
	let isCarryingOut = false;
	return {
		cleared: (sentence) => void cleared.push(sentence),
		made: (sentence) => void made.push(sentence),
		carryingOut: async (work) => {
			isCarryingOut = true;
			const result = await work();
			isCarryingOut = false;
			return result;
		},
		get isCarryingOut() {
			return isCarryingOut;
		},
		words: () => {
			const what = made.length === 0 ? "Nothing" : "No service and no weight";
			const beside = cleared.length === 0 ? "" : " beside that";
			return [
				...cleared,
				...made,
				`${what} was changed${beside}.`
			].filter(Boolean).join(" ");
		}
	};
}
// src/shift/interrupted.ts
/**
* What to do about a shift that is there already: its test rule stands at the priority that this one needs.
* Is its holder alive, and if not: go on, take back, finish, or leave it to a person? Pure.
*/
function judgeLock(question) {
	const { lock, holder, now } = question;
	const { record } = lock;
	const ours = record.holder === holder || isEarlierAttempt(record.holder, holder);
	const until = record.aliveAt + leaseMs;
	if (!isAtRest(record.stage) && !ours && now < until) return {
		kind: "held",
		until
	};
	const found = describeFound(question);
	if (!isOwnSplit(question)) return {
		kind: "report",
		why: `${found} The weights are none that it wrote: somebody else has changed them since.`
	};
	if (question.onInterrupted === "report") return {
		kind: "report",
		why: found
	};
	const takeBack = (thenShift, why = found) => heldBySchema(question, why) ?? {
		kind: "take-back",
		why,
		thenShift
	};
	if (question.onInterrupted === "rollback-only") return tooLate(question, found) ?? takeBack(false);
	if (question.onInterrupted === "judge") return judgeFound$1(question, found, (why) => takeBack(false, why));
	if (isPromoted(record.stage) || record.noReturnAt !== void 0) return record.revision === question.revision ? {
		kind: "resume",
		why: found
	} : {
		kind: "finish",
		why: found
	};
	if (question.onInterrupted === "rollback") return takeBack(false);
	return record.revision === question.revision ? {
		kind: "resume",
		why: found
	} : takeBack(question.onInterrupted === "resume");
}
/** Only a rest is judged: a run that died in the middle of a shift has nobody who would go on with it. */
function judgeFound$1({ lock: { record }, revision }, found, takeBack) {
	if (isPromoted(record.stage) || record.noReturnAt !== void 0) return {
		kind: "finish",
		why: found
	};
	if (!isAtRest(record.stage)) return takeBack(found);
	if (record.revision === revision) return {
		kind: "judge",
		why: found
	};
	return takeBack(`${found} Green’s service runs ${revision === "" ? "nothing that is known" : revision} now.`);
}
/** Green has traffic that blue could not serve. */
function heldBySchema({ lock, live, pastBreakingSchema }, found) {
	if (!lock.record.breaking || pastBreakingSchema === "accept" || shareOf(live, lock.greenArn) === 0) return;
	return {
		kind: "report",
		why: `${found} It is not taken back: ${lock.record.revision} carries a breaking schema change, blue could not serve, and nothing goes back past it by itself.`,
		help: `To go on with it, run with its own revision and on-interrupted: resume. To go back, undo the schema change first, then run with on-interrupted: rollback-only and past-breaking-schema: accept. By hand: set the weights, then aws elbv2 delete-rule --rule-arn ${lock.ruleArn}`
	};
}
function tooLate({ lock, blue }, found) {
	const { noReturnAt } = lock.record;
	if (noReturnAt === void 0 || blue.healthy >= blue.needed) return void 0;
	return {
		kind: "report",
		why: `${found} Blue was scaled down at ${new Date(noReturnAt).toISOString()}, the point of no return, and has ${blue.healthy} healthy targets of ${blue.needed} that are needed: the traffic stays where it is.`,
		help: `To go back, give blue its tasks first${blue.scaleUp === void 0 ? "" : ` (${blue.scaleUp})`}, then run this again. To stay with green, run again with on-interrupted: resume: it puts the rest away.`
	};
}
/** Whether the live weights are ones that the interrupted shift wrote, or found. */
function isOwnSplit({ lock, live, blueArn }) {
	const former = formerSplit(lock.record, live);
	return [0, ...lock.record.steps].some((percent) => sameSplit(live, percent === 0 ? former : splitAt(former, blueArn, lock.greenArn, percent)));
}
function describeFound({ lock, live, now }) {
	const { record } = lock;
	const total = live.reduce((sum, group) => sum + group.weight, 0);
	const green = live.find((group) => group.targetGroupArn === lock.greenArn)?.weight ?? 0;
	const share = total === 0 ? 0 : Math.round(100 * green / total);
	const silent = formatDuration(Math.max(0, Math.round((now - record.aliveAt) / 1e3) * 1e3));
	const how = record.stage === "paused" ? "rests on purpose" : record.stage === "left" ? "was left as it stood" : `has given no sign of life for ${silent}`;
	return `A shift to ${groupName(lock.greenArn)}${record.revision === "" ? "" : ` (${record.revision})`} by ${record.holder} ${how}; green has ${share} % of the traffic.`;
}
// src/shift/lock.ts
/** The lock of a shift that is there already: whose it is, and whether its holder lives. */
const lookAgainMs = 1e4;
function lockVerdict({ facts }, request, holder, now) {
	const { lock, taskDefinitionArn } = facts;
	if (lock === void 0) throw new Error("There is no lock to judge.");
	const asked = request.cluster !== void 0 && taskDefinitionArn !== void 0;
	return judgeLock({
		lock,
		live: facts.forward.split,
		blueArn: facts.blueGroup.arn,
		revision: asked ? revisionName(taskDefinitionArn) : "",
		holder,
		onInterrupted: request.onInterrupted,
		pastBreakingSchema: request.pastBreakingSchema,
		blue: blueNow(facts, lock, request.cluster),
		now
	});
}
function blueNow(facts, { record }, cluster) {
	const { blueService, blueGroup } = facts;
	const needed = Math.max(1, record.blueCount, healthyCount(facts.greenTargets));
	return {
		healthy: healthyCount(facts.blueTargets),
		needed,
		scaleUp: blueService === void 0 || cluster === void 0 ? void 0 : scaleUpCommands(cluster, blueService.name, blueGroup.arn, needed).join(" && ")
	};
}
/**
* A run that died must not block this one, and one that lives must not be disturbed: its tags are watched
* until it gives a sign of life, puts its rule away, or has been silent for too long.
*/
async function waitForHolder(run, lock, until) {
	const { clock, runner } = run.ports;
	run.record(event(clock.now(), "shift.holder-awaited", "info", `${lock.record.holder} holds the test rule; waiting for a sign of life, until ${new Date(until).toISOString()} at the latest.`));
	while (clock.now() < until) {
		await clock.sleep(Math.min(lookAgainMs, until - clock.now()), runner.cancelled);
		if (runner.cancelled.aborted) return "alive";
		const record = await readRecord(run, lock.ruleArn);
		if (record === void 0) return "gone";
		if (record.holder !== lock.record.holder || record.aliveAt !== lock.record.aliveAt) return isAtRest(record.stage) ? "silent" : "alive";
	}
	return "silent";
}
async function readRecord(run, ruleArn) {
	try {
		return recordOfTags(await readTags(run.aws, ruleArn));
	} catch (error) {
		if (error instanceof AwsCallError && error.kind === "not-found") return void 0;
		throw error;
	}
}
// src/shift/rest.ts
/** Older minutes than these say nothing about now. */
const lookBackMs = 108e5;
/**
* The request with what the test rule tells. Probes are left out, since the value that opens the rule is not known;
* so are checks of the user's own, which are asked at the end of a bake.
*/
function judgeRequest(request, { record }, cluster) {
	const steps = record.steps.length === 0 ? [100] : record.steps;
	return {
		...request,
		cluster,
		taskDefinition: void 0,
		desiredCount: void 0,
		preDeploy: void 0,
		checks: [],
		guard: void 0,
		until: void 0,
		steps,
		bakeTimesMs: steps.map(() => 0),
		exposureBudget: void 0,
		probes: {
			...request.probes,
			count: 0,
			perStep: 0,
			task: void 0
		},
		blueAfter: "keep"
	};
}
/** What an order about a leftover is carried out with. `cluster`: of the services, as far as it is known. */
function orderedRequest(request, lock, cluster) {
	switch (request.onInterrupted) {
		case "rollback-only": return takeBackRequest(request, cluster);
		case "judge": return judgeRequest(request, lock, cluster);
		default: return request;
	}
}
/** The state of a bake that has lasted since the rest began. */
function stateOfRest(plan, lock, live, now) {
	const state = initialState(plan, now, live);
	const percent = state.weights[0]?.percent ?? 0;
	const since = Math.max(lock.record.aliveAt, now - lookBackMs);
	const step = plan.steps.findLastIndex((each) => each.percent <= percent);
	return {
		...state,
		phase: {
			kind: "bake",
			step: Math.max(0, step),
			since,
			probesBefore: 0
		},
		weights: [{
			at: since,
			percent
		}],
		writtenAt: since,
		stillRinging: [],
		lookAgain: true
	};
}
function judgeRest(plan, baseline, lock, before, facts, restLimitMs, now) {
	const since = before.phase.kind === "bake" ? before.phase.since : now;
	const ended = (facts.greenService?.stopped ?? []).filter((task) => (task.stoppedAt ?? task.stoppingAt ?? now) < since);
	const state = absorb(plan, baseline, {
		...before,
		knownExits: ended.map((task) => task.arn)
	}, facts, now);
	const answer = askGates({
		plan,
		baseline,
		state,
		facts,
		now
	});
	const restedMs = now - lock.record.aliveAt;
	const rested = formatDuration(Math.floor(restedMs / 1e3) * 1e3);
	const percent = state.weights[0]?.percent ?? 0;
	const green = groupName(lock.greenArn);
	let cause = answer.kind === "fail" ? answer.cause : void 0;
	if (cause === void 0 && restLimitMs !== void 0 && restedMs > restLimitMs) cause = {
		code: "rest-limit",
		sentence: `${green} has rested at ${percent} % for ${rested}, longer than rest-limit (${formatDuration(restLimitMs)}).`
	};
	if (cause === void 0) {
		const { ratio } = worstStream(state.evidence);
		return {
			kind: "rests",
			percent,
			sentence: `${green} rests at ${percent} % since ${rested}, and nothing speaks against it (${`evidence of harm ${formatRatio(ratio)}:1, limit ${harmLimit(plan, baseline)}:1`}).${answer.kind === "hold" ? ` It could not go on now: ${answer.sentence}.` : ""}`
		};
	}
	if (healthyCount(facts.blueTargets) > 0) return {
		kind: "take-back",
		cause
	};
	return {
		kind: "stuck",
		refusal: {
			code: "blue-unhealthy",
			message: `${cause.sentence} The traffic should go back, and ${plan.blue.groupName} has no healthy target: somebody has to look.`
		}
	};
}
// src/shift/look-at-rest.ts
async function lookAtRest({ aws, ports }, plan, { baseline, facts: { forward } }, lock, restLimitMs) {
	const { clock, runner } = ports;
	const target = albTargetOf(plan);
	const headerValue = "";
	const observe = createObserve(plan, baseline, {
		aws,
		clock,
		router: createAlbRouter(aws, target),
		prober: ports.createProber({
			plan,
			headerValue
		}),
		headerValue,
		runCheck: ports.runCheck,
		runProbeTask: async () => ({
			kind: "failed",
			sentence: "A rest is not probed."
		}),
		cancelled: runner.cancelled
	});
	const state = stateOfRest(plan, lock, forward.split, clock.now());
	return judgeRest(plan, baseline, lock, state, await observe(state), restLimitMs, clock.now());
}
// src/shift/clear-the-way.ts
async function clearTheWay(run, request, guard, look) {
	const { record, holder, ports } = run;
	const { clock } = ports;
	const ended = (result) => ({
		kind: "ended",
		result
	});
	const order = isLeftoverOrder(request.onInterrupted) ? request.onInterrupted : void 0;
	let gathered = await look();
	for (let round = 0;; round++) {
		const { lock } = gathered.facts;
		if (lock === void 0) return {
			kind: "clear",
			gathered
		};
		const verdict = lockVerdict(gathered, request, holder, clock.now());
		if (verdict.kind === "held" && order === "judge") {
			const why = `${lock.record.holder} is alive and judges its shift itself.`;
			return ended(stop(run, subjectOf(gathered), {
				kind: "no-change",
				why
			}, why));
		}
		if (verdict.kind === "held") {
			if ((request.dryRun || round > 2 ? "alive" : await waitForHolder(run, lock, verdict.until)) === "alive") {
				const message = `Another shift is in progress: ${lock.record.holder} holds the test rule ${lock.ruleArn} and is alive.`;
				return ended(refuse(run, gathered, [{
					code: "another-shift",
					message
				}]));
			}
			gathered = await look();
			continue;
		}
		if (verdict.kind === "report" || round > 4) {
			const message = interruptedHelp(lock.ruleArn, verdict);
			return ended(refuse(run, gathered, [{
				code: "interrupted-shift",
				message
			}]));
		}
		const level = verdict.kind === "judge" ? "info" : "warning";
		record(event(clock.now(), "shift.interrupted-found", level, verdict.why));
		if (verdict.kind === "judge") return ended(await judgeFound(run, gathered, request, lock));
		if (verdict.kind === "resume") return ended(await resume(run, request, {
			gathered,
			lock,
			guard,
			why: verdict.why
		}));
		const stale = verdict.kind === "take-back" && verdict.thenShift ? await guard(lock.record.revision, gathered) : void 0;
		if (stale !== void 0) return ended(refuse(run, gathered, [stale]));
		const task = verdict.kind === "finish" ? { kind: "finish" } : {
			kind: "take-back",
			cause: {
				code: "interrupted",
				sentence: verdict.why
			},
			asked: order === "rollback-only"
		};
		const result = await carryOut(run, gathered, request, buildPlan(gathered, request, task));
		const { outcome } = result.outputs;
		const done = outcome === (task.kind === "finish" ? "promoted" : "rolled-back");
		const goesOn = order === void 0 && (verdict.kind === "finish" || verdict.thenShift);
		if (!done && outcome !== "promoted-on-probes") return ended(result);
		if (!goesOn || request.dryRun) return ended(result);
		run.changes.cleared(result.report.sentence);
		const told = `${result.report.sentence} Now the shift that was asked for.`;
		record(event(clock.now(), "shift.cleared", "notice", told));
		gathered = await look();
	}
}
/** Goes on, or takes it back where it may not. */
async function resume(run, request, found) {
	const { gathered, lock, guard, why } = found;
	const { clock } = run.ports;
	const { blueService } = gathered.facts;
	const stale = isPromoted(lock.record.stage) || lock.record.noReturnAt !== void 0 || blueService === void 0 ? void 0 : await guard(revisionName(blueService.taskDefinitionArn), gathered);
	const refusals = [...preflight(gathered.facts, request), ...stale === void 0 ? [] : [stale]];
	const goOn = (task) => carryOut(run, gathered, request, buildPlan(gathered, request, task));
	if (refusals.length === 0) return goOn({ kind: "resume" });
	for (const each of refusals) run.record(event(clock.now(), `preflight.${each.code}`, "warning", each.message));
	return goOn({
		kind: "take-back",
		cause: {
			code: "interrupted",
			sentence: `${why} It cannot go on: ${refusals.map((each) => each.message).join(" ")}`
		}
	});
}
/** A rest goes on or goes back; neither goes further. */
async function judgeFound(run, gathered, request, lock) {
	const verdict = await lookAtRest(run, buildPlan(gathered, request, { kind: "resume" }), gathered, lock, request.restLimitMs);
	switch (verdict.kind) {
		case "rests": return stop(run, subjectOf(gathered), {
			kind: "paused",
			percent: verdict.percent
		}, verdict.sentence);
		case "stuck": return refuse(run, gathered, [verdict.refusal]);
		case "take-back": return carryOut(run, gathered, request, buildPlan(gathered, request, {
			kind: "take-back",
			cause: verdict.cause
		}));
	}
}
function interruptedHelp(ruleArn, { why, help }) {
	return help === void 0 ? `${why} Run again with on-interrupted: resume or rollback-only. By hand: set the weights, then aws elbv2 delete-rule --rule-arn ${ruleArn}` : `${why} ${help}`;
}
// src/shift/find-cluster.ts
/**
* The cluster of a shift whose test rule names none, because a version before `ips-deploy:cluster` made it. Scalable
* targets name their services: one that is quietened, and whose service stands in a group of the shift, is the shift's.
*/
/** Undefined where none was named, or none is found. */
async function clusterOf(aws, request, { record, greenArn }, split) {
	if (request.cluster !== void 0) return request.cluster;
	if (record.cluster !== void 0) return record.cluster === "" ? void 0 : record.cluster;
	const groups = /* @__PURE__ */ new Set([greenArn, ...split.map((group) => group.targetGroupArn)]);
	for (const { resourceId } of await readQuietened(aws)) {
		const [, cluster = "", service = ""] = resourceId.split("/");
		try {
			if ((await readServiceOrNothing(aws, {
				cluster,
				service
			}))?.loadBalancers.some((entry) => groups.has(entry.targetGroupArn ?? "")) === true) return cluster;
		} catch (error) {
			if (!(error instanceof AwsCallError) || error.kind !== "access-denied") throw error;
		}
	}
}
// src/shift/guard.ts
/** Whether the guard of a rest is there and could take the weights back: looked at before anything is changed. */
async function readGuard(aws, { guard, location }, readFile) {
	if (guard === void 0) return void 0;
	if (guard.kind === "alarm") return judgeAlarm(guard, await readAlarmGuard(aws, guard.name));
	let text;
	try {
		text = await readFile(guard.path);
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		return unfit(`There is no file ${guard.path} in the workspace (check the repository out): no workflow is known to watch over a rest.`);
	}
	const { notWatching } = await import("./watch-workflow.js");
	const missing = notWatching(text, location);
	return missing === void 0 ? { kind: "good" } : unfit(`${guard.path} ${missing}: it would not watch over a rest.`);
}
/** Pure. `alarm` is undefined where there is none of that name. */
function judgeAlarm({ name, vouched }, alarm) {
	if (alarm === void 0) return unfit(`There is no alarm ${name} that could guard a rest.`);
	if (alarm.state === "ALARM") return unfit(`Alarm ${name} is in ALARM already: its actions come with the change into ALARM, and none would come.`);
	if (vouched) return { kind: "good" };
	if (!alarm.actionsEnabled || alarm.actions.length === 0) return unfit(`Alarm ${name} has no action, or its actions are disabled: it would take nothing back.`);
	if (!alarm.actions.some(canRestore)) return unfit(`Alarm ${name} only tells somebody (${alarm.actions.join(", ")}): a Lambda function or a response plan of Incident Manager could take the weights back. Where something behind it does, a subscriber of the topic or a rule of EventBridge, say so: guard: restoring-alarm:${name}.`);
	return { kind: "good" };
}
/**
* Of what CloudWatch lets an alarm do, this alone can run code of the user's: a function, or a response plan, which
* may start a runbook. Topics and OpsItems tell somebody; EC2, Auto Scaling and investigations write no weights.
* @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
*/
function canRestore(action) {
	return /^arn:[^:]+:(lambda:.*:function:.+|ssm-incidents:.*:response-plan\/.+)$/.test(action);
}
function unfit(why) {
	return {
		kind: "unfit",
		why
	};
}
// src/shift/look-at-rule.ts
/** The rule that is shifted, what stands beside it, and the test rule that a shift before this one left. */
async function lookAtRule(aws, request) {
	const { location } = request;
	const listenerArn = listenerArnOf(location);
	const [loadBalancer, listeners] = await Promise.all([readLoadBalancerOfListener(aws, listenerArn), readListeners(aws, loadBalancerArnOf(listenerArn))]).catch((error) => {
		throw error instanceof AwsCallError && error.kind === "not-found" ? notThere(location) : error;
	});
	const listener = listeners.find((each) => each.listenerArn === listenerArn);
	if (listener === void 0) throw notThere(location);
	const { rules } = listener;
	const forward = forwardAmong(rules, location);
	const testRulePriority = request.testRulePriority ?? priorityBelow(forward.priority);
	return {
		forward,
		loadBalancer,
		listeners,
		listener,
		testRulePriority,
		lock: await findLock(aws, request.probes.header, rules, testRulePriority, forward.split)
	};
}
/** Fixed for each rule, so that it is the lock: right before production's own. A default action comes last anyhow. */
function priorityBelow(priority) {
	if (priority === "default") return 1;
	return Number(priority) > 1 ? Number(priority) - 1 : void 0;
}
/** The test rule of a shift before this one: by the header of probes, or by the priority that is the lock. */
async function findLock(aws, header, rules, testRulePriority, live) {
	const candidates = rules.filter((rule) => !rule.isDefault && (rule.priority === String(testRulePriority) || headerValues(rule.conditions, header) !== void 0));
	for (const rule of candidates) {
		const record = recordOfTags(await readTags(aws, rule.ruleArn));
		const greenArn = rule.split[0]?.targetGroupArn;
		if (record === void 0 || greenArn === void 0) continue;
		const { ruleArn, priority } = rule;
		const agreed = asWeightsSay(record, live, greenArn);
		return {
			ruleArn,
			priority,
			greenArn,
			record: agreed,
			...agreed === record ? {} : { isOutdated: true }
		};
	}
}
// src/shift/other-work.ts
/** On a service: the queue or stream that its tasks consume. Documented in docs/tags.md. */
const consumesTag = "ips-deploy:consumes";
function otherWorkOf(service) {
	const found = [];
	const add = (what) => void found.push({
		service: service.serviceName ?? "",
		what
	});
	for (const registry of service.serviceRegistries ?? []) add(`service registry ${registry.registryArn ?? ""}`);
	const current = service.deployments?.find((deployment) => deployment.status === "PRIMARY");
	const connect = current?.serviceConnectConfiguration;
	if (connect?.enabled === true && (connect.services ?? []).length > 0) add(`Service Connect ${(connect.services ?? []).map((each) => each.discoveryName ?? each.portName).join(", ")}`);
	for (const lattice of current?.vpcLatticeConfigurations ?? []) add(`VPC Lattice ${lattice.targetGroupArn ?? ""}`);
	const consumes = service.tags?.find((tag) => tag.key === consumesTag)?.value;
	if (consumes !== void 0) add(`it consumes ${consumes}, by its tag ${consumesTag}`);
	return found;
}
/**
* Target groups that the services are registered in beside the pair of the shift: ECS registers each task in
* all groups of its service, whatever the weights of our rule say.
*/
function furtherGroups(services, pair) {
	const arns = services.flatMap((service) => (service.loadBalancers ?? []).map((each) => each.targetGroupArn));
	return [...new Set(arns)].filter((arn) => arn !== void 0 && !pair.includes(arn));
}
/** `uses`: what is known of the further groups. One that no load balancer forwards to brings no traffic. */
function otherListenersOf(service, pair, uses) {
	const found = [];
	const add = (what) => void found.push({
		service: service.serviceName ?? "",
		what
	});
	for (const arn of furtherGroups([service], pair)) {
		const use = uses.find((each) => each.targetGroupArn === arn);
		if (use?.kind !== "known") add(`target group ${groupName(arn)}, of which ${use?.why ?? "nothing is known"}`);
		else if (use.loadBalancerArns.length > 0) {
			const balancers = use.loadBalancerArns.map((each) => each.split("/").at(-2) ?? each);
			add(`target group ${groupName(arn)}, which the load balancer ${balancers.join(", ")} forwards to`);
		}
	}
	for (const { loadBalancerName } of service.loadBalancers ?? []) if (loadBalancerName !== void 0) add(`Classic Load Balancer ${loadBalancerName}`);
	return found;
}
/** Gateways that send requests to the service: ECS tells them in its revisions alone. */
function connectorsOf(service, revisions) {
	const ports = revisions.filter((revision) => revision.serviceArn === service.serviceArn).flatMap((revision) => (revision.gatewayConnectors ?? []).map((each) => each.portName ?? ""));
	return [...new Set(ports)].map((port) => ({
		service: service.serviceName ?? "",
		what: `gateway connector of port ${port}`
	}));
}
// src/shift/owners.ts
/** Target groups that tasks of the service are registered in. */
function groupsOf(service) {
	return loadBalancersOf(service).flatMap(({ targetGroupArn: arn }) => arn === void 0 ? [] : [arn]);
}
/** The same with those of the next deployment, where ECS itself shifts. */
function groupsToCome(service) {
	const others = loadBalancersOf(service).map(({ advancedConfiguration: more }) => more?.alternateTargetGroupArn);
	return [...groupsOf(service), ...others.filter((arn) => arn !== void 0)];
}
/**
* Services of those given that own the weights of the pair, or of a rule that forwards to it: a listener's default
* one as well, which ECS is told by its ARN like any other.
*/
function foreignOwners(services, pair, listeners) {
	const rules = listeners.flatMap((listener) => listener.rules).filter(({ split }) => split.some(({ targetGroupArn: arn }) => pair.includes(arn))).map(({ ruleArn }) => ruleArn);
	return services.flatMap((service) => {
		const how = ownWay(service);
		if (how === void 0) return [];
		return groupsToCome(service).some((arn) => pair.includes(arn)) || rulesOf(service).some((arn) => rules.includes(arn)) ? [{
			service: service.serviceName ?? "",
			how
		}] : [];
	});
}
function ownWay(service) {
	const controller = service.deploymentController?.type ?? "ECS";
	if (controller !== "ECS") return `controller ${controller}`;
	const strategy = service.deploymentConfiguration?.strategy ?? "ROLLING";
	return strategy === "ROLLING" ? void 0 : `strategy ${strategy}`;
}
/** With CodeDeploy and external controllers the task sets hold them. */
function loadBalancersOf(service) {
	return [...service.loadBalancers ?? [], ...(service.taskSets ?? []).flatMap((each) => each.loadBalancers ?? [])];
}
function rulesOf(service) {
	return loadBalancersOf(service).flatMap(({ advancedConfiguration: more }) => [more?.productionListenerRule, more?.testListenerRule].filter((each) => each !== void 0));
}
// src/shift/read-services.ts
/**
* The service that is registered in the group, a named one first: the inputs name a pair, and colours swap
* from release to release. A named one that is registered nowhere in the pair is answered, too: the
* preflight says what is wrong with it.
*/
function pick(services, request, name, groupArn, otherGroupArn) {
	const names = [request.blueService, request.greenService];
	const isIn = (service, arn) => groupsOf(service).includes(arn);
	const registered = services.filter((service) => isIn(service, groupArn));
	const named = services.find((service) => service.serviceName === name);
	const isOther = named !== void 0 && isIn(named, otherGroupArn);
	return registered.find((service) => names.includes(service.serviceName)) ?? (name === void 0 || isOther ? registered[0] : named);
}
/**
* Active services of the cluster: those named, or all where one has to be found. A role that may do no more than it has
* to sees its own pair and nothing else of the cluster: that is enough to find it.
*/
async function readServices(aws, cluster, request) {
	const names = namedServices(request);
	const named = await describeServices(aws, cluster, names);
	if (names.length >= 2) return {
		services: named,
		unseen: void 0
	};
	const others = await describeSeen(aws, cluster, (await listServices(aws, cluster)).filter((name) => !names.includes(name)));
	return {
		...others,
		services: [...named, ...others.services]
	};
}
/**
* Where both are named, the others of the cluster: one of them may own the weights. What the role may not see is
* no reason against a shift, and is told.
*/
async function readBeside(aws, request, known, lock) {
	const { cluster } = request;
	if (cluster === void 0) return {
		services: [],
		unseen: "no cluster is named"
	};
	if (lock !== void 0 || namedServices(request).length < 2) return {
		services: [],
		unseen: void 0
	};
	const names = new Set(known.map((service) => service.serviceName));
	try {
		return await describeSeen(aws, cluster, (await listServices(aws, cluster)).filter((name) => !names.has(name)));
	} catch (error) {
		if (!isDenied(error)) throw error;
		return {
			services: [],
			unseen: `the services of the cluster may not be listed: ${error.message}`
		};
	}
}
function isDenied(error) {
	return error instanceof AwsCallError && error.kind === "access-denied";
}
/** ECS refuses the whole question where it may not tell of one service: then each is asked about by itself. */
async function describeSeen(aws, cluster, names) {
	try {
		return {
			services: await describeServices(aws, cluster, names),
			unseen: void 0
		};
	} catch (error) {
		if (!isDenied(error)) throw error;
	}
	const services = [];
	const denied = [];
	for (const name of names) try {
		services.push(...await describeServices(aws, cluster, [name]));
	} catch (error) {
		if (!isDenied(error)) throw error;
		denied.push(error);
	}
	const [first] = denied;
	if (first === void 0) return {
		services,
		unseen: void 0
	};
	return {
		services,
		unseen: `${denied.length === 1 ? "one service" : `${denied.length} services`} of the cluster may not be described: ${first.message}`
	};
}
function namedServices({ blueService, greenService }) {
	return [.../* @__PURE__ */ new Set([blueService, greenService])].filter((name) => name !== void 0);
}
async function listServices(aws, cluster) {
	const names = [];
	let nextToken;
	do {
		const page = await aws.call("ecs:ListServices", {
			cluster,
			maxResults: 100,
			...nextToken === void 0 ? {} : { nextToken }
		});
		for (const arn of page.serviceArns ?? []) names.push(arn.slice(arn.lastIndexOf("/") + 1));
		nextToken = page.nextToken;
	} while (nextToken !== void 0);
	return names;
}
async function describeServices(aws, cluster, names) {
	const services = [];
	for (let start = 0; start < names.length; start += 10) {
		const page = await aws.call("ecs:DescribeServices", {
			cluster,
			services: names.slice(start, start + 10),
			include: ["TAGS"]
		});
		services.push(...(page.services ?? []).filter((service) => service.status === "ACTIVE"));
	}
	return services;
}
// src/shift/gather.ts
const baselineMs = 36e5;
/** Throws `ConfigurationError` where what is named does not exist, or the colours do not show. */
async function gather(aws, request, now, readFile) {
	const { forward, loadBalancer, listeners, listener, testRulePriority, lock } = await lookAtRule(aws, request);
	const ofLock = lock === void 0 ? void 0 : coloursOfShift(forward, lock);
	const named = ofLock === void 0 ? await readNamedGroups(aws, request) : {
		blue: void 0,
		green: ofLock.greenArn,
		found: []
	};
	const shiftsNear = await findOtherShifts(aws, listeners, [
		...forward.split.map((group) => group.targetGroupArn),
		named.blue,
		named.green
	], lock?.ruleArn);
	const { blueArn, greenArn } = ofLock ?? colour(named, forward, shiftsNear[0]);
	const [blueGroup, greenGroup, blueHealth, greenHealth, alarms] = await Promise.all([
		readTargetGroup(aws, foundOf(named, blueArn)),
		readTargetGroup(aws, foundOf(named, greenArn)),
		readTargetHealth(aws, blueArn),
		readTargetHealth(aws, greenArn),
		readAlarms(aws, request.alarms)
	]);
	const { services, unseen } = request.cluster === void 0 ? {
		services: [],
		unseen: void 0
	} : await readServices(aws, request.cluster, request);
	const beside = await readBeside(aws, request, services, lock);
	const blueSource = pick(services, request, request.blueService, blueArn, greenArn);
	const greenSource = pick(services, request, request.greenService, greenArn, blueArn);
	const blueService = blueSource === void 0 ? void 0 : toServiceFacts(blueSource);
	const greenService = greenSource === void 0 ? void 0 : toServiceFacts(greenSource);
	const sources = [blueSource, greenSource].filter((service) => service !== void 0);
	const pair = [blueArn, greenArn];
	const uses = await readGroupUses(aws, furtherGroups(sources, pair));
	const revisions = await readWholeRevisions(aws, lock !== void 0 && greenSource !== void 0 ? [] : sources.flatMap(revisionArns));
	const probeDefinition = await readProbeDefinition(aws, request);
	const wanted = await resolveDefinition(aws, request, greenService?.taskDefinitionArn, readFile);
	const lastHour = [Math.floor((now - baselineMs) / 6e4) * 6e4, Math.floor(now / 6e4) * 6e4];
	const { traffic, p95 } = await readUsualTraffic(aws, {
		loadBalancerArn: loadBalancer.arn,
		targetGroupArns: [blueArn],
		fromMs: lastHour[0],
		toMs: lastHour[1]
	});
	const scaling = await readBothScaling(aws, request.cluster, blueService, greenService);
	const scheduled = await readSchedules(aws, scaling.scaling);
	const stepAlarms = await readStepAlarms(aws, scaling.bluePolicies);
	const blueCount = Math.max(1, blueService?.runningCount ?? 0, healthyCount(blueHealth.targets));
	const planned = lock === void 0 || lock.record.count === 0 ? blueCount : lock.record.count;
	const desiredCount = Math.max(lock === void 0 ? request.desiredCount ?? planned : Math.max(planned, request.desiredCount ?? 0), lock === void 0 ? 0 : greenService?.desiredCount ?? 0);
	return {
		facts: {
			forward,
			listeners,
			blueGroup,
			greenGroup,
			blueTargets: blueHealth.targets,
			greenTargets: greenHealth.targets,
			blueService,
			greenService,
			taskDefinitionArn: wanted.arn,
			...scaling,
			alarms,
			lock,
			owners: foreignOwners([...services, ...beside.services], pair, listeners),
			ownersUnseen: beside.unseen ?? unseen,
			otherShifts: shiftsNear.filter((each) => pair.includes(each.greenArn)),
			testRulePriority,
			drainMs: 1e3 * blueGroup.deregistrationDelaySeconds + await readStopTime(aws, request, blueService),
			guard: await readGuard(aws, request, readFile),
			otherWork: sources.flatMap((service) => [
				...otherWorkOf(service),
				...otherListenersOf(service, pair, uses),
				...connectorsOf(service, revisions)
			]),
			untwinnable: blueSource === void 0 || greenSource !== void 0 ? [] : untwinnable(blueSource, volumesOf(wanted.register ?? wanted.definition?.definition)),
			now,
			probePaths: request.probes.paths ?? [greenGroup.healthCheck.path],
			probeDefinition,
			desiredCount
		},
		loadBalancer,
		listener,
		blueSource,
		blueRevision: revisions.find((each) => each.serviceArn === blueSource?.serviceArn),
		unusedGroupArns: uses.flatMap((use) => use.kind === "known" && use.loadBalancerArns.length === 0 ? [use.targetGroupArn] : []),
		register: wanted.register,
		definition: wanted.definition,
		scheduled,
		stepAlarms,
		baseline: baselineOf(traffic.groups[0]?.minutes ?? [], traffic.balancer, p95 === void 0 ? void 0 : slowThresholdSeconds(p95))
	};
}
/**
* A file is registered only where the family's newest revision is not the same already; until then its
* revision has a name for the plan.
*/
async function resolveDefinition(aws, request, greenArn, readFile) {
	const wanted = request.taskDefinition;
	if (request.cluster === void 0) return {
		arn: void 0,
		register: void 0,
		definition: void 0
	};
	if (wanted?.kind === "file") {
		const input = await parseDefinitionFile(wanted.path, await readFile(wanted.path));
		const newest = await readTaskDefinition(aws, input.family ?? "");
		return newest?.status === "ACTIVE" && definitionHash(newest.definition) === definitionHash(input) ? {
			arn: newest.arn,
			register: void 0,
			definition: newest
		} : {
			arn: `${input.family}:(new revision)`,
			register: input,
			definition: void 0
		};
	}
	const name = wanted?.name ?? greenArn;
	const found = name === void 0 ? void 0 : await readTaskDefinition(aws, name);
	const definition = found?.status === "ACTIVE" ? found : void 0;
	return {
		arn: definition?.arn,
		register: void 0,
		definition
	};
}
/** Undefined where the definition is not known. */
function volumesOf(definition) {
	return definition === void 0 ? void 0 : definition.volumes ?? [];
}
function revisionArns(service) {
	return (service.currentServiceRevisions ?? []).flatMap(({ arn }) => arn === void 0 ? [] : [arn]);
}
/** Limits as they were before any shift: a run that died has noted them on the target. */
async function readBothScaling(aws, cluster, blue, green) {
	const scaling = [];
	const policies = [];
	for (const service of [blue, green]) {
		policies.push([]);
		if (cluster === void 0 || service === void 0) continue;
		const resourceId = scalingResource(cluster, service.name);
		const target = await readScaling(aws, resourceId);
		if (target === void 0) continue;
		scaling.push(await readFormerScaling(aws, target));
		policies[policies.length - 1] = await readScalingPolicies(aws, resourceId);
	}
	const [bluePolicies = [], greenPolicies = []] = policies;
	return {
		scaling,
		bluePolicies,
		greenPolicies
	};
}
async function readSchedules(aws, targets) {
	const found = [];
	for (const { resourceId } of targets) {
		const actions = await readScheduledActions(aws, resourceId);
		if (actions.length > 0) found.push({
			resourceId,
			actions
		});
	}
	return found;
}
/** Each once, however many of the policies it drives. */
async function readStepAlarms(aws, policies) {
	const found = /* @__PURE__ */ new Map();
	for (const { PolicyARN: arn } of policies.filter(isStep)) for (const alarm of arn === void 0 ? [] : await readAlarmsActingOn(aws, arn)) found.set(alarm.AlarmName ?? "", alarm);
	return [...found.values()];
}
async function readNamedGroups(aws, request) {
	const found = [];
	const named = async (group) => {
		if (group === void 0 || group.startsWith("arn:")) return group;
		const known = await findTargetGroup(aws, group);
		found.push(known);
		return known.TargetGroupArn;
	};
	return {
		blue: await named(request.blueTargetGroup),
		green: await named(request.greenTargetGroup),
		found
	};
}
function foundOf({ found }, arn) {
	return found.find((group) => group.TargetGroupArn === arn) ?? arn;
}
/** As a shift that is there has them; undefined where the rule holds no blue of it. */
function coloursOfShift(forward, { greenArn, record }) {
	const blue = forward.split.find(({ targetGroupArn: arn }) => arn !== greenArn && (record.former[groupName(arn)] ?? 0) > 0);
	return blue === void 0 ? void 0 : {
		blueArn: blue.targetGroupArn,
		greenArn
	};
}
/** A shift of the pair by another rule says which is which; else the inputs, or the rule itself. */
function colour(named, forward, shift) {
	const ofShift = shift === void 0 ? void 0 : coloursOfShift(forward, shift);
	if (ofShift !== void 0) return ofShift;
	const colours = findColours(forward.split, named.blue, named.green);
	if (colours.kind === "unclear") throw new ConfigurationError("colours-unclear", colours.reason);
	return colours;
}
/** ECS waits 30 s between SIGTERM and SIGKILL unless a container says otherwise. */
const defaultStopSeconds = 30;
/** Read only where blue is to be stopped. */
async function readStopTime(aws, request, blue) {
	if (request.blueAfter === "keep" || blue === void 0) return 0;
	const containers = ((await readTaskDefinition(aws, blue.taskDefinitionArn))?.definition)?.containerDefinitions ?? [];
	return 1e3 * Math.max(...containers.map((each) => each.stopTimeout ?? defaultStopSeconds), 0);
}
async function readProbeDefinition(aws, { probes: { task } }) {
	if (task === void 0) return void 0;
	const found = await readTaskDefinition(aws, task.taskDefinition);
	return found?.status === "ACTIVE" ? found.definition : void 0;
}
// src/shift/line-file.ts
/** Begins it anew. Rejects where it cannot be written at all: that is told before anything is changed. */
async function openLines(ports, path) {
	await ports.writeFile(path, "");
	let problem;
	let written = Promise.resolve();
	const append = async (line) => {
		if (problem !== void 0) return;
		try {
			await ports.appendFile(path, `${line}\n`);
		} catch (error) {
			problem = error instanceof Error ? error : new Error(String(error));
		}
	};
	return {
		add: (line) => {
			written = written.then(() => append(line));
		},
		close: async () => {
			await written;
			return problem;
		}
	};
}
// src/shift/recording.ts
/** `write` gets one line of JSON at a time, without its end. */
function createRecorder(write) {
	const add = (line) => write(JSON.stringify(line));
	let known = {};
	return {
		begin(plan, baseline, initial) {
			known = {};
			add({
				kind: "shift",
				format: 1,
				plan,
				baseline,
				initial
			});
		},
		looked(observed, context, decision) {
			const decided = decidedOf(decision);
			if (observed.kind === "unreadable") {
				const { operation, code, reason, kind } = observed.error;
				add({
					kind: "look",
					at: observed.at,
					error: {
						operation,
						code,
						reason,
						kind
					},
					context,
					decided
				});
				return;
			}
			const texts = Object.fromEntries(Object.entries(observed.facts).map(([name, value]) => [name, JSON.stringify(value) ?? "null"]));
			const facts = Object.fromEntries(Object.entries(observed.facts).filter(([name]) => texts[name] !== known[name]).map(([name, value]) => [name, value ?? null]));
			known = texts;
			add({
				kind: "look",
				at: observed.at,
				facts,
				context,
				decided
			});
		},
		done(before, after) {
			const changed = Object.keys(after).filter((name) => before[name] !== after[name]);
			add({
				kind: "done",
				changes: Object.fromEntries(changed.map((name) => [name, after[name]])),
				cleared: changed.filter((name) => after[name] === void 0)
			});
		}
	};
}
function decidedOf(decision) {
	const { phase } = decision.state;
	return {
		kind: decision.kind,
		...decision.kind === "act" ? { act: actOf(decision.act) } : {},
		...decision.kind === "finish" ? { ending: decision.outcome.ending.kind } : {},
		...decision.state.lookAgain ? { again: true } : {},
		phase: phase.kind,
		..."step" in phase ? { step: phase.step } : {},
		..."undo" in phase ? { cause: phase.undo.cause.code } : {},
		said: (decision.events ?? []).map((event) => event.message)
	};
}
function actOf(act) {
	if (act.kind === "write-split") return {
		kind: act.kind,
		split: act.split,
		next: act.next.kind
	};
	return act.kind === "tail" ? {
		kind: act.kind,
		tail: act.act.kind
	} : { kind: act.kind };
}
// src/shift/denied-reads.ts
/**
* Who lacks one permission mostly lacks several. Once a read of the look is denied, every read that a shift of this
* request makes is asked by itself, so that all that is missing is told at once and not one for each run of the job. IAM
* answers before anything is looked up: ids that are not known yet are made up, and stand for nothing.
*/
/** `first` and all others, once for each line of a policy. `aws` gives up soon: what does not answer is not told. */
async function readDenied(aws, request, first, now) {
	const others = (await Promise.allSettled(readsOf(aws, request, now))).flatMap((each) => each.status === "rejected" ? [each.reason] : []);
	const found = /* @__PURE__ */ new Map();
	for (const error of [first, ...others]) {
		if (!(error instanceof AwsCallError) || error.kind !== "access-denied") continue;
		const line = JSON.stringify(statementsFor([denialOf(error)], {}));
		if (!found.has(line)) found.set(line, error);
	}
	return [...found.values()];
}
/** An id that nothing has. */
const noId = "0000000000000000";
function readsOf(aws, request, now) {
	const { cluster, alarms, guard } = request;
	const listenerArn = listenerArnOf(request.location);
	return [
		...readsOfBalancer(aws, request, listenerArn, now),
		...cluster === void 0 ? [] : readsOfCluster(aws, request, cluster, listenerArn),
		...alarms.length === 0 && guard?.kind !== "alarm" ? [] : [readAlarms(aws, ["ips-deploy"])]
	];
}
function readsOfBalancer(aws, { blueTargetGroup, greenTargetGroup }, listenerArn, now) {
	const loadBalancerArn = loadBalancerArnOf(listenerArn);
	const TargetGroupArn = [blueTargetGroup, greenTargetGroup].find((group) => group?.startsWith("arn:") === true) ?? loadBalancerArn.replace(/:loadbalancer\/.*/, `:targetgroup/ips-deploy/${noId}`);
	return [
		readRules(aws, listenerArn),
		readTags(aws, `${listenerArn.replace(":listener/", ":listener-rule/")}/${noId}`),
		aws.call("elasticloadbalancing:DescribeListeners", { ListenerArns: [listenerArn] }),
		aws.call("elasticloadbalancing:DescribeLoadBalancers", { LoadBalancerArns: [loadBalancerArn] }),
		aws.call("elasticloadbalancing:DescribeTargetGroups", { TargetGroupArns: [TargetGroupArn] }),
		aws.call("elasticloadbalancing:DescribeTargetGroupAttributes", { TargetGroupArn }),
		aws.call("elasticloadbalancing:DescribeTargetHealth", { TargetGroupArn }),
		readUsualTraffic(aws, {
			loadBalancerArn,
			targetGroupArns: [TargetGroupArn],
			fromMs: now - 12e4,
			toMs: now - 6e4
		})
	];
}
function readsOfCluster(aws, { blueService, greenService, taskDefinition }, cluster, listenerArn) {
	const services = [.../* @__PURE__ */ new Set([blueService, greenService])].filter((name) => name !== void 0);
	const name = taskDefinition?.kind === "file" ? void 0 : taskDefinition?.name;
	return [
		...services.length < 2 ? [aws.call("ecs:ListServices", { cluster })] : [],
		...services.length === 0 ? [readScaling(aws, scalingResource(cluster, "ips-deploy"))] : [],
		aws.call("ecs:DescribeTaskDefinition", { taskDefinition: name ?? "ips-deploy" }),
		aws.call("ecs:ListTasks", { cluster }),
		aws.call("ecs:DescribeTasks", {
			cluster,
			tasks: [`${noId}${noId}`]
		}),
		...services.flatMap((service) => readsOfService(aws, cluster, service, listenerArn))
	];
}
function readsOfService(aws, cluster, service, listenerArn) {
	const nameOf = (nameOrArn) => nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
	const [arn, partition, , region, account] = listenerArn.split(":");
	const made = (of, resource) => [
		arn,
		partition,
		of,
		region,
		account,
		`${resource}/${noId}`
	].join(":");
	const part = `${nameOf(cluster)}/${nameOf(service)}`;
	const resource = scalingResource(cluster, nameOf(service));
	const scaling = readScaling(aws, resource);
	/** Asked of a service that scales, and of one of which that may not be known. */
	const ifItScales = async (read) => {
		const found = await scaling.catch(() => "unknown");
		if (found === "unknown") await read(void 0);
		else if (found !== void 0) await read(found.arn);
	};
	return [
		aws.call("ecs:DescribeServices", {
			cluster,
			services: [service]
		}),
		aws.call("ecs:DescribeServiceRevisions", { serviceRevisionArns: [made("ecs", `service-revision/${part}`)] }),
		aws.call("ecs:DescribeServiceDeployments", { serviceDeploymentArns: [made("ecs", `service-deployment/${part}`)] }),
		scaling,
		ifItScales(() => readScalingPolicies(aws, resource)),
		ifItScales(() => readScheduledActions(aws, resource)),
		ifItScales((targetArn) => aws.call("application-autoscaling:ListTagsForResource", { ResourceARN: targetArn ?? made("application-autoscaling", "scalable-target") }))
	];
}
// src/shift/refused-by.ts
/**
* What keeps a shift from beginning without being a finding of its preflight: a call that AWS denied, credentials that
* have ended, an AWS that does not answer, something that is not there, a file that cannot be read. All of it is `refused`.
*/
const nobody = {
	title: "Blue/green shift",
	split: void 0,
	blue: "",
	green: "",
	greenService: void 0
};
/** Rejects with the error where it is none of these, or where a shift was under way: then it is a defect. */
async function refusedBy(run, request, error) {
	const { changes, ports, briefly } = run;
	if (changes.isCarryingOut) throw error;
	if (!(error instanceof ConfigurationError || error instanceof AwsCallError)) throw error;
	const isAws = error instanceof AwsCallError;
	if (isAws && error.retryable && error.operation === "ecs:RegisterTaskDefinition") changes.made("Whether a revision was registered is not known.");
	if (ports.runner.cancelled.aborted && isAws && error.retryable) return cancelledEarly(run, nobody);
	const subject = {
		...nobody,
		split: await readSplit(briefly, request)
	};
	if (!isAws) return refuseAs(run, subject, [{
		code: error.code,
		message: error.message
	}]);
	if (error.kind === "access-denied") {
		const denials = (await readDenied(briefly, request, error, ports.clock.now())).map(denialOf);
		return explained(refuseAs(run, subject, deniedFindings(denials)), explainDenials(denials, request));
	}
	const { reason, remedy } = refusedByAws(error);
	const docs = `docs/troubleshooting.md#${error.kind}`;
	return explained(refuseAs(run, subject, [{
		code: error.kind,
		message: reason
	}]), {
		remedy,
		docs
	});
}
/** As the rule has it now; undefined where that cannot be read either, or nothing is forwarded. */
async function readSplit(aws, { location }) {
	try {
		return (await readForward(aws, location)).split;
	} catch (error) {
		if (error instanceof AwsCallError || error instanceof ConfigurationError) return void 0;
		throw error;
	}
}
function explained(result, more) {
	const { report } = result;
	const sections = [...report.sections, ...more.sections ?? []];
	return {
		...result,
		report: {
			...report,
			...more,
			sections
		}
	};
}
/** One for each of AWS's reasons, with all that it keeps from us. */
function deniedFindings(denials) {
	return [...new Set(denials.map(({ why }) => why))].map((why) => {
		const denied = denials.filter((each) => each.why === why);
		const actions = [...new Set(denied.map(({ action }) => action))];
		return {
			code: "access-denied",
			message: `${actions.map((action) => {
				const resources = new Set(denied.filter((each) => each.action === action).flatMap((each) => statementsFor([each], {}).flatMap(({ Resource }) => Resource.slice(-1))));
				resources.delete("*");
				return resources.size === 0 ? action : `${action} on ${[...resources].join(" and ")}`;
			}).join(", ")} ${actions.length === 1 ? "is" : "are"} denied: ${why}.`
		};
	});
}
function explainDenials(denials, { cluster, location }) {
	const [, , , REGION = "", ACCOUNT = ""] = (location.kind === "rule" ? location.ruleArn : location.listenerArn).split(":");
	const words = {
		REGION,
		ACCOUNT,
		CLUSTER: cluster?.slice(cluster.lastIndexOf("/") + 1) ?? "CLUSTER"
	};
	const principal = denials.find((each) => each.principal !== void 0)?.principal;
	const isExplicit = denials.some((each) => each.isExplicit);
	const statements = statementsFor(denials.filter((each) => !each.isExplicit), words);
	return {
		remedy: `Give the role of this job what is listed below: docs/iam/blue-green-shift.json is its whole policy.${isExplicit ? " An explicit deny has to be taken out where it stands: no further permission outweighs it." : ""}`,
		docs: "docs/troubleshooting.md#access-denied",
		facts: principal === void 0 ? [] : [["Asked as", principal]],
		sections: statements.length === 0 ? [] : [{
			kind: "text",
			heading: "What allows it, as in docs/iam/blue-green-shift.json",
			language: "json",
			text: JSON.stringify(statements, void 0, 2)
		}]
	};
}
// src/shift/stale.ts
/** Older code never wins: what serves, or is being shifted to, must not contain the commit of this run and more. */
function createStaleGuard({ aws, ports, record }, { guardStale, taskDefinition }) {
	const { github, context, clock, runner } = ports;
	if (!guardStale || github === void 0) return async () => void 0;
	const told = /* @__PURE__ */ new Set();
	const check = createStaleCheck(github, {
		repository: context.repository,
		cancelled: runner.cancelled,
		unknown: (message) => {
			if (told.has(message)) return;
			told.add(message);
			record(event(clock.now(), "guard-stale.unknown", "notice", message));
		}
	});
	return async (live, { facts, definition }) => {
		const wanted = facts.taskDefinitionArn;
		if (wanted === void 0 || live === "" || revisionName(wanted) === live) return void 0;
		const found = await readTaskDefinition(aws, live, runner.cancelled);
		if (found === void 0) return void 0;
		const commit = taskDefinition?.kind === "file" ? context.sha || void 0 : definition === void 0 ? void 0 : marksOf(definition.tags).commit;
		const refusal = await check({
			name: live,
			marks: marksOf(found.tags)
		}, commit);
		return refusal === void 0 ? void 0 : {
			code: "stale-commit",
			message: `${refusal.reason} ${refusal.remedy}`
		};
	};
}
// src/shift/execute.ts
/** A blue/green shift from request to result: gather, preflight, plan, run, report. */
async function executeShift(request, ports) {
	const { eventsPath, recordingPath, reportPath } = request;
	const open = (path) => path === void 0 ? void 0 : openLines(ports, path);
	const [events, recording] = await Promise.all([open(eventsPath), open(recordingPath)]);
	const run = startRun(ports, request, recording === void 0 ? void 0 : createRecorder(recording.add), (happened) => events?.add(eventLine(happened)));
	const result = await shift(run, request).catch((error) => refusedBy(run, request, error));
	for (const [path, file] of [[eventsPath, events], [recordingPath, recording]]) {
		const problem = await file?.close();
		if (problem !== void 0) ports.runner.annotate("warning", `${path} is not whole: ${problem.message}`);
	}
	const { report, outputs } = result;
	await writeReport(ports, reportPath, report, outputs);
	return result;
}
/** Retries of one call of a cancelled job: several calls have to fit into what GitHub leaves it. */
const hurriedCallMs = 1e3;
/** A sign of life that does not get through in this time is given up; the next one follows in a minute. */
const briefCallMs = 5e3;
function startRun(ports, { keepImages }, recorder, told = () => void 0) {
	const { clock, runner } = ports;
	const startedAt = clock.now();
	const events = [];
	const hurry = {
		signal: runner.cancelled,
		totalMs: hurriedCallMs
	};
	const retry = {
		clock,
		random: ports.random,
		hurry
	};
	return {
		ports,
		aws: withRetries(ports.aws, retry),
		briefly: withRetries(ports.aws, retry, {
			...patient,
			totalMs: briefCallMs
		}),
		holder: holderName(ports.context),
		startedAt,
		events,
		changes: createChanges(),
		recorder,
		keepImages,
		record: (happened) => {
			events.push(happened);
			told(happened);
			ports.onEvent?.(happened);
			if (happened.code === "gate.failed") runner.annotate("warning", happened.message);
			runner.info(renderLogLine(happened, startedAt));
		}
	};
}
/** One JSON object; times as ISO text. */
function eventLine({ at, code, level, message, data }) {
	return JSON.stringify({
		at: new Date(at).toISOString(),
		code,
		level,
		message,
		...data === void 0 ? {} : { data }
	});
}
/** What the environment tells of the credentials counts where the workflow says nothing. */
function withCredentialsEnd(request, { credentialsEndAt }) {
	if (request.renewsCredentials || credentialsEndAt === void 0) return request;
	return {
		...request,
		credentialsEndAt: request.credentialsEndAt ?? credentialsEndAt
	};
}
async function shift(run, given) {
	const { aws, ports } = run;
	const { clock } = ports;
	const asked = withCredentialsEnd(given, ports.context);
	const order = isLeftoverOrder(asked.onInterrupted) ? asked.onInterrupted : void 0;
	let request = asked;
	if (order !== void 0) {
		const { forward, lock } = await lookAtRule(aws, asked);
		if (lock === void 0) return nothingThere(run, forward.split, order);
		request = orderedRequest(asked, lock, await clusterOf(aws, asked, lock, forward.split));
	}
	const look = () => gather(aws, request, clock.now(), ports.readFile);
	const guard = createStaleGuard(run, request);
	const latestAt = clock.now() + request.maintenance.timeoutMs;
	for (;;) {
		const way = await clearTheWay(run, request, guard, look);
		if (way.kind === "ended") return way.result;
		if (order !== void 0) return nothingThere(run, way.gathered.facts.forward.split, order);
		const begun = await beginShift(run, request, {
			gathered: way.gathered,
			guard,
			latestAt
		});
		if (begun !== "look-again") return begun;
	}
}
export { buildPlan, carryOut, clusterOf, event, executeShift, gather, isAtRest, isLeftoverOrder, isPromoted, lookAtRule, orderedRequest, startRun };
