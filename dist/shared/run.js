import { isGood, rolloutReport, withPace } from "./report2.js";
import { renderLogLine } from "./summary.js";
import { isBad, markBad, markLeaving, marksOf, placeOf, promotedAt, writeReport } from "./marks.js";
import { AwsCallError } from "./call-error.js";
import { expectRollout, followServiceDeployment, retrying, rollOut, unobserved } from "./roll-out.js";
import { patient, withRetries } from "./retry.js";
import { newestDeployment as newestDeployment$1, readServiceOrNothing } from "./ecs-service.js";
import { listNewestRevisions, readTaskDefinition } from "./same-definition.js";
import { isTerminal, listServiceDeployments, readFamilyTasks, readServiceDeployments, readServiceRevisions, readTargetHealth, stopServiceDeployment } from "./observe.js";
import { leftBehind, refusedByAws } from "./refused-by-aws.js";
import { breakingBetween, readForward, sameSplit, writeWeights } from "./schema-guard.js";
import { ConfigurationError } from "./configuration-error.js";
import { serviceRefusal } from "./plan.js";
import { readImagePresence, readSecretPresence } from "./secret-presence.js";
// src/rollback/history.ts
/** Newest first. Entries whose revision ECS no longer knows are left out: they name no definition. */
function joinHistory(deployments, revisions) {
	const byArn = new Map(revisions.map((revision) => [revision.arn, revision]));
	return deployments.flatMap((deployment) => {
		const revision = byArn.get(deployment.targetRevisionArn ?? "");
		return revision === void 0 ? [] : [{
			serviceDeploymentArn: deployment.arn,
			status: deployment.status,
			createdAt: deployment.createdAt,
			taskDefinitionArn: revision.taskDefinitionArn,
			images: revision.images
		}];
	}).sort((one, other) => other.createdAt - one.createdAt);
}
/** Id of the newest service deployment. */
function newestDeployment(history) {
	const [newest] = history;
	return newest === void 0 ? void 0 : nameOf(newest.serviceDeploymentArn);
}
/** The newest service deployment of the moment when a way back was begun; undefined: ECS has forgotten it. */
function deploymentOf(history, leaving) {
	return history.find((each) => nameOf(each.serviceDeploymentArn) === leaving.after);
}
/** What was deployed since a way back was begun, newest first. */
function deployedSince(history, leaving) {
	const then = deploymentOf(history, leaving);
	return then === void 0 ? history.filter((each) => each.createdAt > leaving.at) : history.slice(0, history.indexOf(then));
}
/** The newest deployment of a revision that ECS calls SUCCESSFUL. */
function lastSuccess(history, taskDefinitionArn) {
	return history.find((entry) => entry.status === "SUCCESSFUL" && entry.taskDefinitionArn === taskDefinitionArn);
}
/**
* What happened to a revision after its last success that speaks against it; undefined: nothing.
* `knownGoodSince`: when a revision was known to be good first, by what the history does not hold any more.
*/
function againstOf(history, taskDefinitionArn, knownGoodSince) {
	const success = lastSuccess(history, taskDefinitionArn);
	if (success === void 0) return void 0;
	if (history.some((each) => each.taskDefinitionArn === taskDefinitionArn && each.createdAt > success.createdAt && ["ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"].includes(each.status))) return "its last deployment was rolled back by ECS";
	const successes = history.filter((each) => each.status === "SUCCESSFUL");
	const next = successes[successes.indexOf(success) - 1];
	if (next === void 0) return void 0;
	const own = splitRevision(taskDefinitionArn);
	const after = splitRevision(next.taskDefinitionArn);
	const servedBefore = (knownGoodSince(next.taskDefinitionArn) ?? Number.POSITIVE_INFINITY) < success.createdAt || successes.some((each) => each.taskDefinitionArn === next.taskDefinitionArn && each.createdAt < success.createdAt);
	return own.family === after.family && after.revision < own.revision && servedBefore ? `it was rolled back to ${after.family}:${after.revision}` : void 0;
}
/** `arn:…:task-definition/family:7` (or `family:7`) to its parts. */
function splitRevision(taskDefinitionArn) {
	const name = nameOf(taskDefinitionArn);
	const at = name.lastIndexOf(":");
	return {
		family: name.slice(0, at),
		revision: Number(name.slice(at + 1))
	};
}
/** What stands behind the last `/` of an ARN. */
function nameOf(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/rollback/leave-marks.ts
/** What a rollback writes on the revision that it leaves. A mark that cannot be written is a warning. */
const notMarked = "rollback.not-marked";
/** Marks are worth some patience; the rollback itself is not to wait for them long. */
const keepUpMs = 2e4;
/** What a cancelled job has left is for going back. */
const keepUpCancelledMs = 2e3;
/** Before the service is changed: the same run, run again, knows then what it was about. */
async function noteLeaving(ports, badArn, run) {
	if (run.runId === "") return;
	const mark = {
		at: ports.clock.now(),
		runId: run.runId,
		after: run.newestDeploymentId
	};
	tell(ports, badArn, await markLeaving(markingAws(ports), badArn, mark), "ips-deploy:leaving", void 0);
}
/** Once the way back is proven: no later rollback takes this one again by itself. */
async function noteBad(ports, badArn, reason) {
	const at = ports.clock.now();
	tell(ports, badArn, await markBad(markingAws(ports), badArn, {
		at,
		reason
	}), "ips-deploy:bad", `${nameOf(badArn)} is marked bad: a later rollback passes it over.`);
}
function markingAws(ports) {
	const totalMs = ports.cancelled.aborted ? keepUpCancelledMs : keepUpMs;
	return withRetries(ports.aws, {
		clock: ports.clock,
		random: ports.random
	}, {
		...patient,
		totalMs
	});
}
function tell(ports, badArn, result, key, done) {
	const at = ports.clock.now();
	if (result.kind === "not-written") {
		const message = `${nameOf(badArn)} could not be marked (${key}): ${result.why}`;
		ports.record({
			at,
			code: notMarked,
			level: "warning",
			message
		});
	} else if (done !== void 0) ports.record({
		at,
		code: "rollback.marked",
		level: "info",
		message: done
	});
}
// src/rollback/refusal.ts
function refusal(code, reason, remedy) {
	return {
		kind: "refuse",
		code,
		reason,
		remedy
	};
}
// src/rollback/serve.ts
/** What the service was told to run serves: by an observation of its own. */
async function verify(request, ports, service) {
	const arn = service.taskDefinitionArn;
	const base = {
		mode: "rollout",
		from: arn,
		to: arn,
		follow: void 0
	};
	const deployment = newestDeployment$1(service);
	const definition = await readTaskDefinition(ports.patientAws, arn, ports.cancelled);
	if (definition === void 0 || deployment === void 0) return {
		...base,
		outcome: deploymentEnded,
		again: true
	};
	const mode = deployment.rolloutState === "IN_PROGRESS" ? "rollout" : "standing";
	const expected = expectRollout(request, definition, deployment, mode);
	const follow = await followServiceDeployment(ports, expected, followOptions(ports));
	const { outcome } = follow;
	return {
		...base,
		outcome: outcome.kind === "succeeded" ? {
			...outcome,
			kind: "no-change"
		} : outcome,
		follow
	};
}
async function deployAgain(request, ports, service, definition, badArn) {
	await noteLeaving(ports, badArn, ports);
	const { outcome, follow } = await rollOut(ports, {
		request: {
			cluster: request.cluster,
			service: request.service,
			desiredCount: void 0,
			forceNewDeployment: false,
			circuitBreaker: "keep"
		},
		service,
		definition,
		force: service.taskDefinitionArn === definition.arn,
		wait: true,
		options: followOptions(ports)
	});
	return {
		outcome,
		mode: "rollout",
		from: badArn,
		to: definition.arn,
		follow
	};
}
const deploymentEnded = {
	...refusal("deployment-ended", "What was under way ended each time while it was looked at or stopped.", "Run the job again."),
	kind: "refused"
};
/** A way back is left to ECS where this job has to end: it is the way out already. */
function followOptions(ports) {
	return {
		timeoutMs: Math.max(1e3, ports.deadlineAt - ports.clock.now()),
		onFailure: "leave",
		onCancel: "leave"
	};
}
// src/rollback/stop-in-flight.ts
/** The bad revision is still being rolled out: ECS takes it back, and the way goes on from there if need be. */
/** Stops the deployment under way with ROLLBACK, sees it to its end, and goes on from there if need be. */
async function stopAndGoOn(request, ports, service, plan) {
	const stopped = await awaitStop(request, ports, service, plan.inFlight, plan.badArn);
	if (![
		"rolled-back",
		"rollback-failed",
		"stopped",
		"succeeded"
	].includes(stopped.outcome.kind)) return stopped;
	const after = await readServiceOrNothing(ports.patientAws, request, ports.cancelled);
	if (after === void 0) return {
		...stopped,
		outcome: deploymentEnded,
		again: true
	};
	const { next } = plan;
	const serves = after.taskDefinitionArn;
	if ((next === void 0 ? stopped.outcome.kind === "rolled-back" : serves === next.arn) && serves !== plan.badArn && newestDeployment$1(after)?.rolloutState !== "FAILED") {
		const proof = await verify(request, ports, after);
		const proven = proof.outcome.kind === "no-change" && stopped.outcome.kind === "rolled-back";
		return {
			...proof,
			outcome: proven ? stopped.outcome : proof.outcome,
			mode: "stop-in-flight",
			from: plan.badArn
		};
	}
	if (next === void 0) return ["succeeded", "rolled-back"].includes(stopped.outcome.kind) ? {
		...stopped,
		outcome: deploymentEnded,
		again: true
	} : stopped;
	say$1(ports, "rollback.going-on", `${nameOf(serves)} serves; going on to ${nameOf(next.arn)}.`);
	try {
		return await deployAgain(request, ports, after, next, plan.badArn);
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		const changed = `The deployment of ${nameOf(plan.badArn)} was stopped.`;
		return {
			...stopped,
			outcome: {
				...refusedByAws(error),
				changed
			}
		};
	}
}
async function awaitStop(request, ports, service, inFlight, badArn) {
	const { deployment } = inFlight;
	const base = {
		mode: "stop-in-flight",
		from: badArn,
		to: inFlight.sourceArn ?? "",
		follow: void 0
	};
	const definition = await readTaskDefinition(ports.patientAws, service.taskDefinitionArn);
	const newest = newestDeployment$1(service);
	if (definition === void 0 || newest === void 0) return {
		...base,
		outcome: deploymentEnded,
		again: true
	};
	if (!/^(ROLLBACK|STOP)/.test(deployment.status)) {
		await noteLeaving(ports, badArn, ports);
		if (ports.cancelled.aborted) return {
			...base,
			outcome: {
				kind: "cancelled",
				aftermath: "untouched"
			}
		};
		try {
			await stopServiceDeployment(ports.patientAws, deployment.arn, "ROLLBACK");
		} catch (error) {
			if (!(error instanceof AwsCallError && error.code === "ConflictException")) throw error;
			return {
				...base,
				outcome: deploymentEnded,
				again: true
			};
		}
	}
	const expected = expectRollout(request, definition, newest, "rollout", deployment.arn);
	const follow = await followServiceDeployment(ports, expected, {
		...followOptions(ports),
		failFast: false
	});
	return {
		...base,
		outcome: follow.outcome,
		follow
	};
}
function say$1(ports, code, message) {
	ports.record({
		at: ports.clock.now(),
		code,
		level: "info",
		message
	});
}
// src/rollback/weights.ts
/**
* Going back by weight: where the group of the former version still stands in the rule with healthy
* targets, seconds are enough. The plan is pure; the writing reads back.
*/
async function readWeightsFacts(aws, location, serviceGroupArns) {
	const forward = await readForward(aws, location);
	return {
		forward,
		health: await Promise.all(forward.split.map((group) => readTargetHealth(aws, group.targetGroupArn))),
		serviceGroupArns
	};
}
/**
* All weight of the service's group goes to the other one. `fullStrength`: only where that one has as many
* healthy targets as the group it takes over from, so that nobody has to look.
*/
function planWeights(facts, wantedGroupArn, fullStrength) {
	const { forward, serviceGroupArns } = facts;
	const own = forward.split.filter((group) => serviceGroupArns.includes(group.targetGroupArn));
	const others = forward.split.filter((group) => !serviceGroupArns.includes(group.targetGroupArn));
	const unfit = (code, why) => ({
		kind: "unfit",
		code,
		why
	});
	if (own.length === 0) return unfit("group-not-in-rule", "The rule does not forward to the target group of this service.");
	const to = wantedGroupArn === void 0 ? others.length === 1 ? others[0] : void 0 : forward.split.find((group) => group.targetGroupArn === wantedGroupArn);
	if (to === void 0) {
		if (wantedGroupArn !== void 0) return unfit("group-not-in-rule", `The rule does not forward to ${groupName(wantedGroupArn)}.`);
		return others.length === 0 ? unfit("no-other-group", "The rule has no other group to go back to.") : unfit("several-groups", `The rule has ${others.length} other groups: name one by target-group-arn.`);
	}
	const from = own.find((group) => group.targetGroupArn !== to.targetGroupArn) ?? own[0];
	const healthyTargets = healthyIn(facts, to.targetGroupArn);
	if (healthyTargets === 0) return unfit("other-group-unhealthy", `${groupName(to.targetGroupArn)} has no healthy target.`);
	const weight = from.weight + to.weight;
	const weights = [{
		targetGroupArn: from.targetGroupArn,
		weight: 0
	}, {
		targetGroupArn: to.targetGroupArn,
		weight: weight === 0 ? 100 : Math.min(weight, 999)
	}];
	if (from.weight === 0 && to.weight > 0) return {
		kind: "no-change",
		toGroupArn: to.targetGroupArn,
		healthyTargets
	};
	const healthyNow = healthyIn(facts, from.targetGroupArn);
	const warnings = [];
	if (healthyTargets < healthyNow) {
		const words = `${groupName(to.targetGroupArn)} has ${healthyTargets} healthy targets, the group that serves now ${healthyNow}`;
		if (fullStrength) return unfit("other-group-small", `${words}.`);
		warnings.push(`${words}: watch its load.`);
	}
	if (forward.stickinessSeconds !== void 0) warnings.push(`The rule is sticky: clients that met the bad version stay with it for up to ${forward.stickinessSeconds} s.`);
	return {
		kind: "shift",
		weights,
		fromGroupArn: from.targetGroupArn,
		toGroupArn: to.targetGroupArn,
		healthyTargets,
		warnings
	};
}
/**
* Writes the weights and reads them back. `planned` is what the plan was made on: a rule that somebody has changed
* since is not overwritten. An error is of the read back, or of a write whose answer did not come: the weights may stand.
*/
async function applyWeights(aws, planned, weights) {
	const current = await readForward(aws, planned.location);
	if (!sameSplit(current.split, planned.split)) return "changed-before";
	let after;
	try {
		await writeWeights(aws, current, weights);
	} catch (error) {
		if (error instanceof AwsCallError && error.retryable) return error;
		throw error;
	}
	try {
		after = await readForward(aws, planned.location);
	} catch (error) {
		if (error instanceof AwsCallError) return error;
		if (error instanceof ConfigurationError) return "changed-after";
		throw error;
	}
	return weights.every((wanted) => after.split.find((group) => group.targetGroupArn === wanted.targetGroupArn)?.weight === wanted.weight) ? "applied" : "changed-after";
}
function groupName(targetGroupArn) {
	return /targetgroup\/([^/]+)\//.exec(targetGroupArn)?.[1] ?? targetGroupArn;
}
function healthyIn(facts, targetGroupArn) {
	return facts.health.find((each) => each.targetGroupArn === targetGroupArn)?.targets.filter((target) => target.state === "healthy").length ?? 0;
}
// src/rollback/carry-out.ts
/** Carries a plan out: weights, the stop of what is under way, a rollout, or the proof that all is there. */
async function carryOut(request, ports, service, plan, weightsFacts) {
	const carried = await perform(request, ports, service, plan, weightsFacts);
	const badArn = badOf(plan, service);
	if (badArn !== void 0 && isProven(carried)) await noteBad(ports, badArn, request.reason);
	return carried;
}
/** Here a rollback by ECS is what was asked for, once it was looked at. */
function isProven({ outcome, mode }) {
	if (outcome.kind === "rolled-back") return mode === "stop-in-flight";
	return outcome.kind === "succeeded" || outcome.kind === "no-change";
}
function badOf(plan, service) {
	switch (plan.kind) {
		case "weights":
		case "weights-no-change": return service.taskDefinitionArn;
		default: return plan.badArn;
	}
}
async function perform(request, ports, service, plan, weightsFacts) {
	const from = service.taskDefinitionArn;
	switch (plan.kind) {
		case "weights-no-change": {
			const { toGroupArn, healthyTargets: count } = plan.plan;
			return {
				outcome: {
					kind: "no-change",
					runningCount: count,
					desiredCount: count
				},
				mode: "weights",
				from,
				to: toGroupArn,
				follow: void 0
			};
		}
		case "weights": {
			const { fromGroupArn, toGroupArn, healthyTargets: count, weights } = plan.plan;
			const applied = await applyWeights(ports.patientAws, weightsFacts.forward, weights);
			return {
				outcome: applied === "applied" ? {
					kind: "succeeded",
					runningCount: count,
					desiredCount: count,
					protectedTaskIds: []
				} : applied instanceof AwsCallError ? unobserved(applied) : {
					kind: "superseded",
					byTaskDefinitionArn: void 0
				},
				mode: "weights",
				from: fromGroupArn,
				to: toGroupArn,
				follow: void 0
			};
		}
		case "verify": return verify(request, ports, service);
		case "stop": return stopAndGoOn(request, ports, service, plan);
		case "rollout": return deployAgain(request, ports, service, plan.definition, plan.badArn);
	}
}
// src/rollback/candidates.ts
/** Newest first, the current one included. */
function candidatesOf(facts) {
	const { places, history, definitions } = facts;
	const marks = new Map([...definitions].map(([arn, each]) => [arn, marksOf(each?.tags ?? /* @__PURE__ */ new Map())]));
	const promotions = [...marks.values()].flatMap((each) => promotedFor(each, places) ?? []);
	/** Since then our deploys tell by a mark what was good: what has none was not promoted. */
	const marksBegan = promotions.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...promotions);
	const promotedSince = (arn) => {
		const known = marks.get(arn);
		return known === void 0 ? void 0 : promotedFor(known, places);
	};
	return [...definitions].map(([arn, definition]) => {
		const own = marks.get(arn);
		const promoted = promotedFor(own, places);
		const success = lastSuccess(history, arn);
		const against = againstOf(history, arn, promotedSince);
		const bad = isBadFor(own, places) ? `marked bad${own.bad?.at === void 0 ? "" : ` ${day(own.bad.at)}`}${own.bad?.reason ? `: ${own.bad.reason}` : ""}` : against;
		const ours = own.commit !== void 0 || own.ref !== void 0 || own.run !== void 0;
		const byHistory = success !== void 0 && success.createdAt < marksBegan && !ours;
		const verdict = bad !== void 0 ? "bad" : promoted !== void 0 ? "promoted" : "unknown";
		return {
			taskDefinitionArn: arn,
			definition,
			images: imagesOf(definition, success),
			marks: own,
			current: arn === facts.currentTaskDefinitionArn,
			verdict,
			since: promoted ?? success?.createdAt ?? definition?.definition.registeredAt?.getTime(),
			why: bad ?? (promoted !== void 0 ? "" : own.promotions.length > 0 ? `promoted for ${own.promotions.map((each) => each.place).join(", ")} only` : byHistory ? "SUCCESSFUL to ECS; no deploy of ours has judged it" : success !== void 0 ? "SUCCESSFUL to ECS, and never promoted" : "never deployed to this service with success, as far as is known"),
			basis: bad !== void 0 ? void 0 : promoted !== void 0 ? "promoted" : byHistory ? "history" : void 0
		};
	}).sort(newestFirst);
}
/** When it was last promoted for any of these services; undefined: never. */
function promotedFor(marks, places) {
	const times = places.flatMap((place) => promotedAt(marks, place) ?? []);
	return times.length === 0 ? void 0 : Math.max(...times);
}
/** Marked bad, and promoted for none of these services since. */
function isBadFor(marks, places) {
	return places.every((place) => isBad(marks, place));
}
/** Those that may be taken without being named, the best first: never a bad one, never the current one. */
function inOrder(candidates) {
	const rank = (each) => each.basis === "promoted" ? 0 : 1;
	return candidates.filter((each) => each.basis !== void 0 && !each.current).sort((one, other) => rank(one) - rank(other) || newestFirst(one, other));
}
function day(at) {
	return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}
function newestFirst(one, other) {
	const byTime = (other.since ?? 0) - (one.since ?? 0);
	return byTime !== 0 ? byTime : splitRevision(other.taskDefinitionArn).revision - splitRevision(one.taskDefinitionArn).revision;
}
function imagesOf(definition, success) {
	const ran = new Map((success?.images ?? []).map((each) => [each.containerName, each]));
	if (definition === void 0) return success?.images ?? [];
	return (definition.definition.containerDefinitions ?? []).map((container) => {
		const containerName = container.name ?? "";
		const image = container.image ?? "";
		return {
			containerName,
			image,
			digest: /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? ran.get(containerName)?.digest
		};
	});
}
// src/rollback/match.ts
/** Which revision a digest, an image tag, a git tag or a commit means. Pure. */
/** Candidates that a refusal names at most. */
const namedAtMost = 8;
function matchTarget(target, candidates) {
	const found = candidates.flatMap((candidate) => {
		const by = matchedBy(target, candidate);
		return by === void 0 ? [] : [{
			candidate,
			by
		}];
	});
	const active = found.filter(({ candidate }) => candidate.definition?.status === "ACTIVE");
	const left = active.length > 0 ? active : found;
	const wanted = target.kind === "digest" ? target.digest : target.name;
	const [first, ...others] = left;
	if (first !== void 0 && others.length === 0) return {
		kind: "one",
		...first
	};
	if (first !== void 0) return {
		kind: "several",
		why: `${wanted} means ${left.length} revisions: ${listed(left.map((each) => each.candidate))}`
	};
	const ways = target.kind === "digest" ? "image digest" : "image tag, git tag or commit";
	return {
		kind: "none",
		why: candidates.length === 0 ? `No revision has the ${ways} ${wanted}, and none is known to go back to` : `No revision has the ${ways} ${wanted}. Known are ${listed(candidates)}`
	};
}
function matchedBy(target, candidate) {
	const { images, marks } = candidate;
	if (target.kind === "digest") return images.some((each) => each.digest === target.digest) ? "image digest" : void 0;
	const { name } = target;
	if (marks.ref === name || marks.ref === `refs/tags/${name}`) return "git tag";
	const sha = name.toLowerCase();
	if (/^[0-9a-f]{7,64}$/.test(sha) && marks.commit?.startsWith(sha)) return "commit";
	return images.some(({ image }) => image === name || image.endsWith(`/${name}`) || tagOf(image) === name) ? "image tag" : void 0;
}
/** `registry:5000/api:1.4@sha256:…` to `1.4`; undefined where it has none. */
function tagOf(image) {
	return /:([\w][\w.-]*)$/.exec(image.replace(/@sha256:[0-9a-f]{64}$/, "").replace(/^.*\//, ""))?.[1];
}
function listed(candidates) {
	const shown = candidates.slice(0, namedAtMost).map(describeCandidate);
	const more = candidates.length - shown.length;
	return `${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
/** `api:7 (1.4.0, v1.4.0, commit 0123abc, promoted 2026-11-26 10:00)` */
function describeCandidate(candidate) {
	const { images, marks, verdict, since, current } = candidate;
	const tags = images.flatMap((each) => tagOf(each.image) ?? []);
	const parts = [
		...new Set(tags),
		marks.ref?.replace(/^refs\/(tags|heads)\//, ""),
		marks.commit === void 0 ? void 0 : `commit ${marks.commit.slice(0, 7)}`,
		`${verdict}${since === void 0 ? "" : ` ${day(since)}`}`,
		current ? "serves now" : void 0
	].filter(Boolean);
	return `${nameOf(candidate.taskDefinitionArn)} (${parts.join(", ")})`;
}
// src/rollback/read.ts
/** Service deployments that are looked at most; ECS keeps those of 90 days. */
const historyLimit = 100;
/** Revisions that are read at most, from the history and from the family each. */
const revisionLimit = 30;
/** AWS lets a burst of 50 through, and 20 a second. */
const readAtOnce = 5;
function placesOf({ cluster, service, otherService }) {
	return [service, otherService].flatMap((each) => each === void 0 ? [] : [placeOf(cluster, each)]);
}
/** `more`: revisions that are to be among the candidates in any case. */
async function readKnown(aws, place, currentTaskDefinitionArn, more, signal) {
	const deployments = await listServiceDeployments(aws, {
		cluster: place.cluster,
		service: place.service,
		atMost: historyLimit
	}, signal);
	const revisionArns = [...new Set(deployments.flatMap((each) => each.targetRevisionArn ?? []))];
	const history = joinHistory(deployments, await readServiceRevisions(aws, revisionArns, signal));
	const { family } = splitRevision(currentTaskDefinitionArn);
	const ofFamily = await listNewestRevisions(aws, family, revisionLimit, signal);
	const deployed = [...new Set(history.map((each) => each.taskDefinitionArn))].slice(0, revisionLimit);
	const arns = [.../* @__PURE__ */ new Set([
		currentTaskDefinitionArn,
		...deployed,
		...ofFamily
	])];
	const unread = more.filter((name) => !arns.some((arn) => isRevision(arn, name)));
	const definitions = new Map(await readAll(aws, arns, signal));
	for (const [, found] of await readAll(aws, unread, signal)) if (found !== void 0) definitions.set(found.arn, found);
	return knownOf(place, currentTaskDefinitionArn, history, definitions);
}
/**
* Only these revisions, without a look at the history: enough for a way back by weight, which is there to be
* fast.
*/
async function readOnly(aws, place, currentTaskDefinitionArn, more, signal) {
	const found = (await readAll(aws, [.../* @__PURE__ */ new Set([currentTaskDefinitionArn, ...more])], signal)).flatMap(([, each]) => each ?? []);
	return knownOf(place, currentTaskDefinitionArn, [], new Map(found.map((each) => [each.arn, each])));
}
async function readAll(aws, names, signal) {
	const read = [];
	for (let from = 0; from < names.length; from += readAtOnce) {
		const pairs = names.slice(from, from + readAtOnce).map(async (name) => [name, await readTaskDefinition(aws, name, signal)]);
		read.push(...await Promise.all(pairs));
	}
	return read;
}
function knownOf(place, currentTaskDefinitionArn, history, definitions) {
	return {
		history,
		candidates: candidatesOf({
			places: placesOf(place),
			currentTaskDefinitionArn,
			history,
			definitions
		})
	};
}
/** The revisions of one family between two, as `family:revision`, newest first; none between two families. Pure. */
function namesBetween(oneArn, otherArn, atMost) {
	const one = splitRevision(oneArn);
	const other = splitRevision(otherArn);
	if (one.family !== other.family) return [];
	const count = Math.max(0, Math.abs(one.revision - other.revision) - 1);
	const newest = Math.max(one.revision, other.revision);
	return Array.from({ length: Math.min(count, atMost) }, (_, index) => `${one.family}:${newest - 1 - index}`);
}
/** Whether `family:revision` or an ARN names this revision. Pure. */
function isRevision(taskDefinitionArn, name) {
	return taskDefinitionArn === name || !name.startsWith("arn:") && taskDefinitionArn.endsWith(`/${name}`);
}
// src/rollback/usable.ts
/** Asks once for each image and each secret, however many revisions name it. */
var UsabilityChecks = class {
	#aws;
	#answers = /* @__PURE__ */ new Map();
	constructor(aws) {
		this.#aws = aws;
	}
	async of(candidate, signal) {
		const { definition } = candidate;
		if (definition === void 0) return {
			usable: false,
			reasons: ["its task definition does not exist (any more)"],
			unchecked: []
		};
		const reasons = definition.status === "ACTIVE" ? [] : [`its task definition is ${definition.status} (deregistered)`];
		const unchecked = [];
		const take = (what, answer) => {
			if (answer.kind === "unchecked") unchecked.push(`${what}: ${answer.why}`);
			else if (answer.kind !== "present") reasons.push(answer.why ?? `${what} is ${answer.kind}`);
		};
		for (const { image, digest } of candidate.images) {
			const ask = () => readImagePresence(this.#aws, image, digest, signal);
			take(image, await this.#once(`${image} ${digest}`, ask));
		}
		const home = homeOf(definition.definition);
		for (const secret of secretsOf(definition.definition)) {
			const ask = () => readSecretPresence(this.#aws, secret, home, signal);
			take(secret, await this.#once(secret, ask));
		}
		return {
			usable: reasons.length === 0,
			reasons: [...new Set(reasons)],
			unchecked
		};
	}
	#once(key, ask) {
		const known = this.#answers.get(key) ?? ask();
		this.#answers.set(key, known);
		return known;
	}
};
/** A definition is where its tasks run: its own ARN says the region and the account. */
function homeOf({ taskDefinitionArn = "" }) {
	const [, , , region = "", account] = taskDefinitionArn.split(":");
	return {
		region,
		account: async () => account
	};
}
/** Every secret or parameter that ECS resolves when a task of this definition starts. */
function secretsOf(definition) {
	const named = (container) => [
		...(container.secrets ?? []).map((each) => each.valueFrom),
		...(container.logConfiguration?.secretOptions ?? []).map((each) => each.valueFrom),
		container.repositoryCredentials?.credentialsParameter
	];
	const all = (definition.containerDefinitions ?? []).flatMap(named);
	return [...new Set(all.filter((each) => each !== void 0 && each !== ""))];
}
/** One sentence part: `active; its images and secrets exist`. */
function describeUsability({ usable, reasons, unchecked }) {
	if (!usable) return reasons.join("; ");
	return unchecked.length === 0 ? "active; its images and secrets exist" : `active; not checked: ${unchecked.join(", ")}`;
}
// src/rollback/choose.ts
const listFirst = "Run with mode: list to see the revisions, and name one by family:revision.";
async function chooseTarget(order, checks, signal) {
	const { to, known } = order;
	switch (to.kind) {
		case "auto":
		case "weights":
		case "previous-good": return choosePreviousGood(order, checks, signal);
		case "revision": {
			const found = known.candidates.find((each) => isRevision(each.taskDefinitionArn, to.name));
			if (found !== void 0) return chooseNamed(found, void 0, checks, signal);
			return refused("revision-unusable", `${to.name} cannot be deployed: its task definition does not exist (any more).`);
		}
		case "digest":
		case "named": {
			const match = matchTarget(to, known.candidates);
			if (match.kind === "one") return chooseNamed(match.candidate, match.by, checks, signal);
			return refused(match.kind === "none" ? "no-match" : "ambiguous-target", `${match.why}.`);
		}
	}
}
/** Looks into every candidate, for the list. */
async function checkAll(candidates, checks, signal) {
	const usability = /* @__PURE__ */ new Map();
	for (const each of candidates) usability.set(each.taskDefinitionArn, await checks.of(each, signal));
	return usability;
}
async function choosePreviousGood({ known, badArn, service }, checks, signal) {
	const usability = /* @__PURE__ */ new Map();
	const eligible = inOrder(known.candidates).filter((each) => each.taskDefinitionArn !== badArn);
	for (const candidate of eligible) {
		const found = await checks.of(candidate, signal);
		usability.set(candidate.taskDefinitionArn, found);
		if (found.usable) return {
			chosen: candidate,
			refusal: void 0,
			usability,
			notes: [...basisNotes(candidate, known, service), ...uncheckedNotes(candidate, found)]
		};
	}
	const passedOver = known.candidates.filter((each) => !each.current && each.taskDefinitionArn !== badArn).map((each) => {
		const looked = usability.get(each.taskDefinitionArn);
		return `${nameOf(each.taskDefinitionArn)}: ${looked === void 0 ? each.why : describeUsability(looked)}`;
	});
	const why = passedOver.length === 0 ? "" : ` (${shortened(passedOver).join("; ")})`;
	return {
		...refused("no-previous-revision", `No revision of ${service} that was good before ${nameOf(badArn)} can be gone back to${why}.`),
		usability
	};
}
/** It was named, so it is taken even where it is marked bad; what cannot run is not. */
async function chooseNamed(candidate, by, checks, signal) {
	const found = await checks.of(candidate, signal);
	const usability = /* @__PURE__ */ new Map([[candidate.taskDefinitionArn, found]]);
	const name = nameOf(candidate.taskDefinitionArn);
	if (!found.usable && !candidate.current) return {
		...refused("revision-unusable", `${name} cannot be deployed: ${found.reasons.join("; ")}.`),
		usability
	};
	return {
		chosen: candidate,
		refusal: void 0,
		usability,
		notes: [
			...by === void 0 ? [] : [`${name} is meant by its ${by}.`],
			...candidate.verdict === "bad" ? [`${name} is taken because it was named: ${candidate.why}.`] : [],
			...uncheckedNotes(candidate, found)
		]
	};
}
/** On what ground a revision counts as good, where it is the weaker one. */
function basisNotes(candidate, { candidates }, service) {
	if (candidate.basis !== "history") return [];
	return [`${candidates.some((each) => each.basis === "promoted" && !each.current) ? `What our deploys marked as promoted for ${service} cannot be used` : `No earlier revision of ${service} is marked as promoted by our deploys`}: ECS's own history of SUCCESSFUL deployments decides, and to ECS a green that was rejected by its metrics is SUCCESSFUL, too.`];
}
function uncheckedNotes(candidate, { unchecked }) {
	if (unchecked.length === 0) return [];
	return [`Not checked for ${nameOf(candidate.taskDefinitionArn)}: ${unchecked.join(", ")}.`];
}
function refused(code, reason) {
	return {
		chosen: void 0,
		refusal: refusal(code, reason, listFirst),
		usability: /* @__PURE__ */ new Map(),
		notes: []
	};
}
function shortened(texts) {
	const most = 6;
	return texts.length <= most ? texts : [...texts.slice(0, most), `and ${texts.length - most} more`];
}
// src/rollback/request.ts
/** Whether the target is found, not named. */
function isFound(to) {
	return to.kind === "auto" || to.kind === "previous-good";
}
// src/rollback/way.ts
function decideWay(request, standing) {
	const { service, inFlight, known } = standing;
	const { to, from } = request;
	const weights = weightsOf(standing, to);
	const currentArn = service.taskDefinitionArn;
	const runs = [currentArn, inFlight?.targetArn].filter((each) => each !== void 0);
	if (from !== void 0 && !runs.some((arn) => isRevision(arn, from))) return stay(service, {
		why: `${nameOf(from)} is not what ${service.name} runs: it was left already.`,
		badArn: known.candidates.find((each) => isRevision(each.taskDefinitionArn, from))?.taskDefinitionArn
	});
	if (to.kind === "weights" || to.kind === "auto") {
		if (weights?.kind === "shift") return {
			kind: "weights",
			plan: weights
		};
		if (weights?.kind === "no-change") return {
			kind: "weights-no-change",
			plan: weights
		};
		if (to.kind === "weights") return refusal(weights?.code ?? "no-rule", weights?.why ?? "No rule was named.", "Use to: previous-good, which deploys the former revision.");
	}
	if (inFlight !== void 0) return wayInFlight(request, standing, inFlight);
	if (isFound(to) && from === void 0) {
		const left = leftAlready(standing);
		if (left !== void 0) return stay(service, left);
	}
	if (service.desiredCount === 0) return { kind: "zero-desired" };
	return {
		kind: "target",
		badArn: unfinished(known, standing.runId) ?? currentArn
	};
}
/** By itself no weight goes to what is known to be bad; who asks for weights has decided that. */
function weightsOf({ weights, otherGroup }, to) {
	if (weights?.kind !== "shift" || otherGroup?.bad !== true || to.kind !== "auto") return weights;
	return {
		kind: "unfit",
		code: "other-group-bad",
		why: `${nameOf(otherGroup.taskDefinitionArn)} behind the other group is marked bad.`
	};
}
function wayInFlight({ to, from }, { service, known }, inFlight) {
	const { deployment, sourceArn } = inFlight;
	const targetArn = inFlight.targetArn ?? service.taskDefinitionArn;
	const find = (arn) => known.candidates.find((each) => each.taskDefinitionArn === arn);
	if (!/^(ROLLBACK|STOP)/.test(deployment.status) && isFound(to) && from === void 0 && isWayBack(deployment, known, find(targetArn), find(sourceArn))) return stay(service, {
		why: `${nameOf(targetArn)}, which was good before, is being deployed in place of ${nameOf(sourceArn ?? "")}: following that way back.`,
		badArn: sourceArn
	});
	const sourceBad = find(sourceArn)?.verdict === "bad";
	return {
		kind: "stop",
		inFlight,
		badArn: targetArn,
		next: isFound(to) && !sourceBad ? "stay" : "target"
	};
}
/**
* Whether what is under way is itself a way back: an earlier run of this action that died has left it to
* ECS, or somebody else deploys what was good before. Stopping it would bring the bad revision back.
*/
function isWayBack(deployment, { history }, target, source) {
	if (target === void 0 || source === void 0 || target === source) return false;
	if (target.verdict === "bad") return false;
	const { leaving } = source.marks;
	const [first, ...others] = leaving === void 0 ? [] : deployedSince(history, leaving);
	if (first?.serviceDeploymentArn === deployment.arn && others.length === 0) return true;
	return target.basis !== void 0 && (target.since ?? Number.POSITIVE_INFINITY) < deployment.createdAt;
}
/** A way back that was gone to its end before, by an earlier attempt of this run, or by ECS itself. */
function leftAlready({ service, known, runId }) {
	const currentArn = service.taskDefinitionArn;
	const current = known.candidates.find((each) => each.current);
	const ours = leftByRun(known, runId).find((each) => each.sameIntent);
	if (ours !== void 0) return {
		why: `An earlier attempt of this run left ${nameOf(ours.arn)}: going no further.`,
		badArn: ours.arn
	};
	const [newest] = known.history;
	if (!(newest?.status === "ROLLBACK_SUCCESSFUL" && newest.taskDefinitionArn !== currentArn) || current?.verdict === "bad") return void 0;
	return {
		why: `ECS has rolled ${nameOf(newest.taskDefinitionArn)} back itself: going no further. To leave ${nameOf(currentArn)} too, name it by from, or name a target by to.`,
		badArn: newest.taskDefinitionArn
	};
}
/** The revision that this run began to leave and has not marked bad, where the service runs another by now. */
function unfinished(known, runId) {
	return leftByRun(known, runId).find((each) => !each.finished)?.arn;
}
/**
* What this run left, in whatever attempt, where nothing but the way back from it was deployed since.
* `sameIntent`: asked again it means that very way back. Only within one attempt that has finished it does
* not: two steps of one job may each go one further.
*/
function leftByRun({ candidates, history }, runId) {
	const now = candidates.find((each) => each.current);
	return candidates.flatMap(({ taskDefinitionArn: arn, current, marks: { leaving, bad } }) => {
		if (current || runId === "" || leaving === void 0 || runOf(leaving.runId) !== runOf(runId)) return [];
		const since = deployedSince(history, leaving);
		if (since.some((each) => each.taskDefinitionArn !== now?.taskDefinitionArn)) return [];
		const begunAt = deploymentOf(history, leaving)?.createdAt ?? leaving.at;
		const registeredAt = now?.definition?.definition.registeredAt?.getTime() ?? 0;
		if (since.length > 0 && registeredAt > begunAt) return [];
		const finished = bad !== void 0 && (bad.at ?? leaving.at) >= leaving.at;
		return [{
			arn,
			finished,
			sameIntent: !finished || leaving.runId !== runId
		}];
	});
}
function runOf(runId) {
	return runId.replace(/\/.*$/, "");
}
function stay(service, way) {
	return service.desiredCount === 0 ? { kind: "zero-desired" } : {
		kind: "stay",
		...way
	};
}
// src/rollback/plan.ts
/** What a rollback will do, or why not, once its way and its target are known. Pure. */
/** `choice` is undefined where the way needs none. */
function planRollback(request, standing, way, choice) {
	const { service } = standing;
	const currentArn = service.taskDefinitionArn;
	const guarded = (plan, badArn, targetArn) => (request.pastBreakingSchema ? void 0 : schemaRefusal(standing, badArn, targetArn)) ?? plan;
	switch (way.kind) {
		case "stay": return {
			kind: "verify",
			taskDefinitionArn: currentArn,
			why: way.why,
			badArn: way.badArn
		};
		case "weights": return guarded(way, currentArn, standing.otherGroup?.taskDefinitionArn);
		case "stop":
		case "target": break;
		default: return way;
	}
	if (way.kind === "stop" && way.next === "stay") {
		const { inFlight, badArn } = way;
		return guarded({
			kind: "stop",
			inFlight,
			badArn,
			next: void 0
		}, badArn, inFlight.sourceArn);
	}
	const chosen = choice?.chosen;
	const definition = chosen?.definition;
	if (chosen === void 0 || definition === void 0) return choice.refusal;
	if (way.kind === "stop") {
		if (!/^(ROLLBACK|STOP)/.test(way.inFlight.deployment.status) && definition.arn === way.badArn) return here(definition.arn, standing);
		const { inFlight, badArn } = way;
		return guarded({
			kind: "stop",
			inFlight,
			badArn,
			next: definition
		}, badArn, definition.arn);
	}
	const newest = newestDeployment$1(service);
	if (newest?.taskDefinitionArn === definition.arn && newest.rolloutState !== "FAILED") return here(definition.arn, standing);
	return guarded({
		kind: "rollout",
		definition,
		badArn: way.badArn
	}, way.badArn, definition.arn);
}
function here(taskDefinitionArn, { known, runId }) {
	return {
		kind: "verify",
		taskDefinitionArn,
		why: `${nameOf(taskDefinitionArn)} is deployed already.`,
		badArn: unfinished(known, runId)
	};
}
/** `targetArn` is undefined where the way back leads to whatever stands behind the other group. */
function schemaRefusal({ known }, badArn, targetArn) {
	const find = (arn) => known.candidates.find((each) => each.taskDefinitionArn === arn);
	const from = find(badArn);
	const target = find(targetArn);
	if (from === void 0) return void 0;
	const crossed = target === void 0 ? from.marks.schema === "breaking" ? [badArn] : [] : breakingBetween(known.candidates.map(ordered), ordered(from), ordered(target));
	if (crossed.length === 0) return void 0;
	const names = crossed.map(nameOf).join(", ");
	return refusal("breaking-schema", `The way back${targetArn === void 0 ? "" : ` to ${nameOf(targetArn)}`} leads past ${names}, marked ips-deploy:schema = breaking: older revisions cannot serve the database as it is now.`, "Repair forward, or undo the schema change first and then say past-breaking-schema: accept.");
}
function ordered(candidate) {
	return {
		taskDefinitionArn: candidate.taskDefinitionArn,
		registeredAt: candidate.definition?.definition.registeredAt?.getTime(),
		schema: candidate.marks.schema
	};
}
/** The plan in words: what would be done. */
function describeRollback(plan, service) {
	const former = nameOf(service.taskDefinitionArn);
	switch (plan.kind) {
		case "refuse": return [plan.reason];
		case "zero-desired": return ["The service has a desired count of 0."];
		case "weights": return [`Move all weight from ${groupName(plan.plan.fromGroupArn)} to ${groupName(plan.plan.toGroupArn)}, which has ${plan.plan.healthyTargets} healthy targets.`, ...plan.plan.warnings];
		case "weights-no-change": return [`Change nothing: ${groupName(plan.plan.toGroupArn)} has all the weight.`];
		case "stop": {
			const bad = nameOf(plan.badArn);
			return [/^(ROLLBACK|STOP)/.test(plan.inFlight.deployment.status) ? `Await the end of the rollback of ${bad} that is under way.` : `Stop the deployment of ${bad} that is under way, with rollback.`, ...plan.next === void 0 ? [] : [`Then deploy ${nameOf(plan.next.arn)}, unless it serves by then.`]];
		}
		case "verify": return [`Change nothing: ${plan.why}`];
		case "rollout": return [`Deploy ${nameOf(plan.definition.arn)} in place of ${former}.`];
	}
}
// src/rollback/other-group.ts
/** Which revision stands behind the group that the weight would go back to, and what is known of it. */
/** By the addresses of its healthy targets: the twin of a service runs tasks of the same family. */
async function readOtherGroup(aws, at, health, signal) {
	const healthy = (health?.targets ?? []).filter((each) => each.state === "healthy");
	const addresses = new Set(healthy.map((each) => each.id));
	const { family } = splitRevision(at.currentTaskDefinitionArn);
	try {
		const query = {
			cluster: at.cluster,
			family,
			desiredStatus: "RUNNING"
		};
		const behind = (await readFamilyTasks(aws, query, signal)).filter((task) => addresses.has(task.privateIp ?? ""));
		const arns = [...new Set(behind.map((task) => task.taskDefinitionArn))];
		let found;
		for (const arn of arns) {
			const definition = await readTaskDefinition(aws, arn, signal);
			const bad = isBadFor(marksOf(definition?.tags ?? /* @__PURE__ */ new Map()), placesOf(at));
			if (found === void 0 || bad) found = {
				taskDefinitionArn: arn,
				bad
			};
		}
		return found === void 0 ? {
			kind: "unknown",
			why: `its targets are no tasks of ${family}`
		} : {
			kind: "found",
			group: found
		};
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.kind !== "access-denied") throw error;
		return {
			kind: "unknown",
			why: `${error.operation}: ${error.code}`
		};
	}
}
// src/rollback/standing.ts
async function readStanding(aws, request, service, runId, signal) {
	const byWeight = await readByWeight(aws, request, service, signal);
	const inFlight = await readInFlight(aws, service, signal);
	const named = [
		request.from,
		request.to.kind === "revision" ? request.to.name : void 0,
		inFlight?.targetArn,
		inFlight?.sourceArn
	].filter((each) => each !== void 0);
	const known = await (goesByWeight(byWeight, request) ? readOnly(aws, request, service.taskDefinitionArn, [...named, ...crossedBy(byWeight, service)], signal) : readKnown(aws, request, service.taskDefinitionArn, named, signal));
	return {
		standing: {
			service,
			weights: byWeight.plan,
			otherGroup: byWeight.otherGroup,
			inFlight,
			known,
			runId
		},
		weightsFacts: byWeight.facts,
		notes: byWeight.notes
	};
}
/** Revisions between two that are looked at for a breaking change: in a pair they follow each other. */
const crossedLimit = 10;
function goesByWeight({ plan, otherGroup }, { to }) {
	if (plan?.kind === "no-change") return true;
	return plan?.kind === "shift" && (to.kind === "weights" || otherGroup?.bad !== true);
}
function crossedBy({ otherGroup }, service) {
	if (otherGroup === void 0) return [];
	const target = otherGroup.taskDefinitionArn;
	return [target, ...namesBetween(service.taskDefinitionArn, target, crossedLimit)];
}
async function readByWeight(aws, request, service, signal) {
	const { location, to } = request;
	if (request.mode === "list" || location === void 0 || !["auto", "weights"].includes(to.kind)) return {
		facts: void 0,
		plan: void 0,
		otherGroup: void 0,
		notes: []
	};
	const facts = await readWeightsFacts(aws, location, service.loadBalancers.map((each) => each.targetGroupArn));
	const plan = planWeights(facts, request.targetGroupArn, to.kind === "auto");
	if (plan.kind === "unfit") return {
		facts,
		plan,
		otherGroup: void 0,
		notes: to.kind === "auto" ? [`Not by weight: ${plan.why}`] : []
	};
	if (plan.kind === "no-change") return {
		facts,
		plan,
		otherGroup: void 0,
		notes: []
	};
	const { cluster, otherService } = request;
	const currentTaskDefinitionArn = service.taskDefinitionArn;
	const lookup = await readOtherGroup(aws, {
		cluster,
		service: request.service,
		otherService,
		currentTaskDefinitionArn
	}, facts.health.find((each) => each.targetGroupArn === plan.toGroupArn), signal);
	return lookup.kind === "found" ? {
		facts,
		plan,
		otherGroup: lookup.group,
		notes: []
	} : {
		facts,
		plan,
		otherGroup: void 0,
		notes: [`What stands behind the other group is not checked: ${lookup.why}.`]
	};
}
async function readInFlight(aws, service, signal) {
	const arn = service.currentServiceDeploymentArn;
	if (arn === void 0) return void 0;
	const [deployment] = await readServiceDeployments(aws, [arn], signal);
	if (deployment === void 0 || isTerminal(deployment.status)) return void 0;
	const target = deployment.target?.arn;
	const source = deployment.sources[0]?.arn;
	const arns = [target, source].filter((each) => each !== void 0);
	const revisions = await readServiceRevisions(aws, arns, signal);
	const definitionOf = (revisionArn) => revisions.find((each) => each.arn === revisionArn)?.taskDefinitionArn;
	return {
		deployment,
		targetArn: definitionOf(target),
		sourceArn: definitionOf(source)
	};
}
// src/rollback/go-back.ts
/** Reads how a service stands, decides, chooses, plans, and carries the plan out. */
/** How often a plan is made anew because what was under way ended in the meantime. */
const attempts = 3;
async function goBack(request, ports, runId) {
	const carryPorts = {
		...ports,
		patientAws: retrying(ports),
		runId,
		deadlineAt: ports.clock.now() + request.timeoutMs
	};
	for (let attempt = 1;; attempt++) {
		const done = await tryGoBack(request, carryPorts, attempt === 1);
		if (done.again !== true || attempt === attempts) return done;
		say(ports, "rollback.again", "What was under way has ended meanwhile: looking again.");
	}
}
async function tryGoBack(request, ports, first) {
	const aws = ports.patientAws;
	const { cancelled } = ports;
	let done = {
		outcome: {
			kind: "cancelled",
			aftermath: "untouched"
		},
		mode: "",
		from: "",
		to: "",
		service: void 0,
		listed: void 0,
		follow: void 0
	};
	try {
		const service = await readServiceOrNothing(aws, request, cancelled);
		done = {
			...done,
			service,
			from: service?.taskDefinitionArn ?? ""
		};
		const refused = serviceRefusal(request, service);
		if (refused !== void 0 || service === void 0) return {
			...done,
			outcome: {
				...refused,
				kind: "refused"
			}
		};
		if (first && request.mode === "roll-back") {
			const message = `Rolling ${service.name} back from ${nameOf(service.taskDefinitionArn)}: ${request.reason}`;
			ports.record({
				at: ports.clock.now(),
				code: "rollback.asked",
				level: "notice",
				message
			});
		}
		const { standing, weightsFacts, notes } = await readStanding(aws, request, service, ports.runId, cancelled);
		const { candidates } = standing.known;
		const checks = new UsabilityChecks(aws);
		if (request.mode === "list") {
			const usability = await checkAll(candidates, checks, cancelled);
			const steps = [`${candidates.length} ${candidates.length === 1 ? "revision is" : "revisions are"} listed.`];
			const listed = {
				candidates,
				usability,
				chosenArn: void 0
			};
			return {
				...done,
				listed,
				outcome: {
					kind: "planned",
					steps
				}
			};
		}
		for (const note of notes) say(ports, "rollback.note", note);
		const way = decideWay(request, standing);
		const choice = way.kind === "target" || way.kind === "stop" && way.next === "target" ? await chooseTarget({
			to: request.to,
			service: service.name,
			known: standing.known,
			badArn: way.badArn
		}, checks, cancelled) : void 0;
		if (choice !== void 0) {
			const chosenArn = choice.chosen?.taskDefinitionArn;
			done = {
				...done,
				listed: {
					candidates,
					usability: choice.usability,
					chosenArn
				}
			};
		}
		const plan = planRollback(request, standing, way, choice);
		if (plan.kind === "refuse") return {
			...done,
			outcome: {
				...plan,
				kind: "refused"
			}
		};
		const steps = [...choice?.notes ?? [], ...describeRollback(plan, service)];
		if (request.dryRun) return {
			...done,
			outcome: {
				kind: "planned",
				steps
			}
		};
		for (const step of steps) say(ports, "rollback.planned", step);
		if (plan.kind === "zero-desired") return {
			...done,
			outcome: { kind: "zero-desired" }
		};
		if (cancelled.aborted) return done;
		const newestDeploymentId = newestDeployment(standing.known.history);
		const carryPorts = {
			...ports,
			newestDeploymentId
		};
		return {
			...done,
			...await carryOut(request, carryPorts, service, plan, weightsFacts)
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		if (cancelled.aborted) {
			const aftermath = error.operation === "ecs:UpdateService" ? "left" : "untouched";
			return {
				...done,
				outcome: {
					kind: "cancelled",
					aftermath
				}
			};
		}
		return {
			...done,
			outcome: {
				...refusedByAws(error),
				...leftBehind(error, [])
			}
		};
	}
}
function say(ports, code, message) {
	ports.record({
		at: ports.clock.now(),
		code,
		level: "info",
		message
	});
}
// src/rollback/table.ts
const columns = [
	"revision",
	"since",
	"verdict",
	"commit",
	"ref",
	"image",
	"state"
];
function candidateSection(listed) {
	return {
		kind: "table",
		heading: "Revisions to go back to",
		columns: [...columns],
		rows: listed.candidates.map((each) => rowOf(each, listed))
	};
}
/** The same as lines of a log, in columns. */
function candidateLines(listed) {
	const rows = [[...columns], ...listed.candidates.map((each) => rowOf(each, listed))];
	const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
	return rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ").trimEnd());
}
/** For outputs and the report: one object each, newest first. */
function candidateJson(listed) {
	return listed.candidates.map((each) => {
		const usability = listed.usability.get(each.taskDefinitionArn);
		return {
			revision: nameOf(each.taskDefinitionArn),
			"task-definition-arn": each.taskDefinitionArn,
			since: each.since === void 0 ? null : new Date(each.since).toISOString(),
			verdict: each.verdict,
			current: each.current,
			commit: each.marks.commit ?? null,
			ref: each.marks.ref ?? null,
			run: each.marks.run ?? null,
			schema: each.marks.schema ?? null,
			images: each.images.map(({ image, digest }) => ({
				image,
				digest: digest ?? null
			})),
			usable: usability === void 0 ? null : usability.usable,
			why: stateOf(each, listed)
		};
	});
}
function rowOf(candidate, listed) {
	const { marks, images } = candidate;
	return [
		nameOf(candidate.taskDefinitionArn),
		candidate.since === void 0 ? "" : day(candidate.since),
		candidate.verdict,
		marks.commit?.slice(0, 7) ?? "",
		marks.ref?.replace(/^refs\/(tags|heads)\//, "") ?? "",
		images.map(({ image, digest }) => tagOf(image) ?? digest?.slice(7, 19) ?? image).join(", "),
		stateOf(candidate, listed)
	];
}
function stateOf(candidate, { usability, chosenArn }) {
	const looked = usability.get(candidate.taskDefinitionArn);
	return [
		candidate.taskDefinitionArn === chosenArn ? "chosen" : candidate.current ? "serves now" : "",
		candidate.why,
		candidate.marks.schema === "breaking" ? "breaking schema change" : "",
		looked === void 0 ? "" : looked.usable ? describeUsability(looked) : `not usable: ${describeUsability(looked)}`
	].filter((each) => each !== "").join("; ");
}
// src/rollback/report.ts
function rollbackReport({ request, done, ok, ...rest }) {
	const { outcome, mode } = done;
	const list = request.mode === "list";
	const service = done.service?.name ?? request.service;
	const report = rolloutReport({
		title: `${list ? "Revisions" : "Rollback"} of ${service}`,
		outcome,
		ok,
		context: {
			service,
			revision: nameOf(done.to) || "the former revision",
			formerRevision: void 0
		},
		follow: done.follow,
		facts: [
			["Reason", request.reason],
			["Cluster", nameOf(request.cluster)],
			[list ? "Serves now" : "From", nameOf(done.from)],
			["To", nameOf(done.to)],
			["How", mode]
		].filter(([, value]) => value !== ""),
		...rest
	});
	const sections = done.listed === void 0 || done.listed.candidates.length === 0 ? [] : [candidateSection(done.listed)];
	const remedy = remedyOf(done);
	return {
		...report,
		...sentenceOf(done) === void 0 ? {} : { sentence: sentenceOf(done) },
		...remedy === void 0 ? {} : { remedy },
		sections: [...sections, ...report.sections]
	};
}
function sentenceOf(done) {
	const { outcome, mode } = done;
	if (mode === "weights" && outcome.kind === "succeeded") return `${groupName(done.to)} has all the weight again, with ${outcome.runningCount} healthy targets.`;
	if (mode === "weights" && outcome.kind === "unobserved") return `All the weight was to go to ${groupName(done.to)}, and whether it did is not known: ${outcome.operation}: ${outcome.reason}`;
	if (mode === "stop-in-flight" && outcome.kind === "rolled-back" && isProven(done)) return `The deployment of ${nameOf(done.from)} was stopped, and ${nameOf(done.to)} serves again.`;
	if (outcome.kind === "cancelled" && outcome.aftermath === "untouched") return "The job was cancelled before the way back began: nothing was changed.";
}
/** Where it differs from a deployment's: this is the way out already, so ECS is left to it. */
function remedyOf({ outcome, mode }) {
	return (outcome.kind === "cancelled" || outcome.kind === "timed-out") && outcome.aftermath === "left" && mode !== "" ? "ECS goes on with the way back by itself. Run this job again: it takes up what was begun, proves it, and marks the bad revision." : void 0;
}
// src/rollback/run.ts
/** The rollback action: go back (or list where one could go back to), and report. */
async function runRollback(request, ports) {
	const { clock, random, runner } = ports;
	const startedAt = clock.now();
	const events = [];
	const record = (event) => {
		events.push(event);
		ports.onEvent?.(event);
		runner.info(renderLogLine(event, startedAt));
		if (event.code === "rollback.not-marked") runner.annotate("warning", event.message, { title: "Rollback" });
	};
	const { cancelled } = runner;
	const done = await goBack(request, {
		aws: withPace(ports.aws, {
			clock,
			cancelled
		}),
		clock,
		random,
		cancelled,
		record
	}, runIdOf(ports.context));
	const endedAt = clock.now();
	const { outcome, listed } = done;
	const ok = isGood(outcome) || isProven(done);
	const cause = done.follow?.diagnosis?.cause;
	if (listed !== void 0 && ok) runner.group("Revisions to go back to", candidateLines(listed));
	const outputs = {
		outcome: outcome.kind,
		mode: done.mode,
		from: done.from,
		to: done.to,
		commit: ok && outcome.kind !== "planned" ? commitOf(done) : "",
		candidates: listed === void 0 ? "" : JSON.stringify(candidateJson(listed)),
		cause: cause?.code ?? ("code" in outcome ? outcome.code : ""),
		"duration-seconds": String(Math.round((endedAt - startedAt) / 1e3))
	};
	const report = rollbackReport({
		request,
		done,
		ok,
		events,
		startedAt,
		endedAt
	});
	await writeReport(ports, request.reportPath, report, outputs);
	return {
		ok,
		outputs,
		report
	};
}
/** Of what was gone back to; empty where its revision carries none, or traffic went back by weight. */
function commitOf({ listed, to }) {
	return listed?.candidates.find(({ taskDefinitionArn }) => taskDefinitionArn === to)?.marks.commit ?? "";
}
/** `4711/2`; empty outside of a workflow run. */
function runIdOf({ runId, runAttempt }) {
	return runId === "" ? "" : `${runId}/${runAttempt === "" ? "1" : runAttempt}`;
}
export { runRollback };
