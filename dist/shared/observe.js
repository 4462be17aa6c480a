import { AwsCallError } from "./call-error.js";
import { newestDeployment, readService } from "./ecs-service.js";
import { ConfigurationError } from "./configuration-error.js";
// src/aws/elb-target-groups.ts
/** By ARN or by name, or one that was found before. Throws `ConfigurationError` `target-group-not-found`. */
async function readTargetGroup(caller, wanted) {
	const group = typeof wanted === "string" ? await findTargetGroup(caller, wanted) : wanted;
	const { Attributes: attributes = [] } = await caller.call("elasticloadbalancing:DescribeTargetGroupAttributes", { TargetGroupArn: group.TargetGroupArn });
	const attribute = (key) => attributes.find((candidate) => candidate.Key === key)?.Value;
	return toFacts(group, attribute);
}
/** By ARN or by name. Throws `ConfigurationError` `target-group-not-found`. */
async function findTargetGroup(caller, arnOrName) {
	const { TargetGroups: groups = [] } = await caller.call("elasticloadbalancing:DescribeTargetGroups", arnOrName.startsWith("arn:") ? { TargetGroupArns: [arnOrName] } : { Names: [arnOrName] }).catch((error) => {
		if (error instanceof AwsCallError && error.kind === "not-found") return { TargetGroups: [] };
		throw error;
	});
	const [group] = groups;
	if (group === void 0 || !isFound(group)) throw new ConfigurationError("target-group-not-found", `There is no target group ${arnOrName}.`);
	return group;
}
function isFound(group) {
	return group.TargetGroupArn !== void 0;
}
/** One call for each: a group that is gone would spoil the answer about the others. */
async function readGroupUses(caller, targetGroupArns) {
	return Promise.all(targetGroupArns.map(async (targetGroupArn) => {
		try {
			const { TargetGroups: [group] = [] } = await caller.call("elasticloadbalancing:DescribeTargetGroups", { TargetGroupArns: [targetGroupArn] });
			return group === void 0 ? {
				kind: "unknown",
				targetGroupArn,
				why: "ELB knows nothing"
			} : {
				kind: "known",
				targetGroupArn,
				loadBalancerArns: group.LoadBalancerArns ?? []
			};
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			if (error.kind !== "not-found" && error.kind !== "access-denied") throw error;
			return {
				kind: "unknown",
				targetGroupArn,
				why: `ELB says: ${error.message}`
			};
		}
	}));
}
/** How long a target that is taken out may still answer what it has begun, milliseconds. */
async function readDeregistrationDelayMs(caller, targetGroupArn, signal) {
	const { Attributes: attributes = [] } = await caller.call("elasticloadbalancing:DescribeTargetGroupAttributes", { TargetGroupArn: targetGroupArn }, signal);
	const found = attributes.find((each) => each.Key === "deregistration_delay.timeout_seconds");
	return Number(found?.Value ?? 300) * 1e3;
}
function toFacts(group, attribute) {
	return {
		arn: group.TargetGroupArn ?? "",
		name: group.TargetGroupName ?? "",
		protocol: group.Protocol ?? "",
		protocolVersion: group.ProtocolVersion ?? "HTTP1",
		port: group.Port,
		targetType: group.TargetType ?? "instance",
		vpcId: group.VpcId ?? "",
		healthCheck: {
			protocol: group.HealthCheckProtocol ?? group.Protocol ?? "",
			path: group.HealthCheckPath ?? "/",
			port: group.HealthCheckPort ?? "traffic-port",
			matcher: group.Matcher?.HttpCode ?? group.Matcher?.GrpcCode ?? "",
			intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
			healthyThreshold: group.HealthyThresholdCount ?? 5
		},
		loadBalancerArns: group.LoadBalancerArns ?? [],
		sticky: attribute("stickiness.enabled") === "true",
		deregistrationDelaySeconds: Number(attribute("deregistration_delay.timeout_seconds") ?? 300)
	};
}
// src/aws/ecs-service-deployments.ts
const terminal = /* @__PURE__ */ new Set([
	"SUCCESSFUL",
	"STOPPED",
	"ROLLBACK_SUCCESSFUL",
	"ROLLBACK_FAILED"
]);
/** Unknown statuses count as on their way: AWS may add some. */
function isTerminal(status) {
	return terminal.has(status);
}
/** AWS describes at most this many service deployments or revisions in one call. */
const describeLimit$1 = 20;
/** Pages of history that are read at most: 100 a page, 90 days on AWS's side. */
const historyPages = 10;
/** The history of a service, newest first as ECS gives it; `after` is exclusive, epoch milliseconds. */
async function listServiceDeployments(aws, query, signal) {
	const found = [];
	let nextToken;
	for (let page = 0; page < historyPages; page++) {
		const answer = await aws.call("ecs:ListServiceDeployments", {
			cluster: query.cluster,
			service: query.service,
			...query.after === void 0 ? {} : { createdAt: { after: new Date(query.after) } },
			...nextToken === void 0 ? {} : { nextToken }
		}, signal);
		for (const brief of answer.serviceDeployments ?? []) found.push(toSummary(brief));
		nextToken = answer.nextToken;
		if (nextToken === void 0 || found.length >= (query.atMost ?? Number.POSITIVE_INFINITY)) break;
	}
	return found.sort((one, other) => other.createdAt - one.createdAt);
}
/** Those of the named service deployments that exist. */
async function readServiceDeployments(aws, arns, signal) {
	const found = [];
	for (let from = 0; from < arns.length; from += describeLimit$1) {
		const answer = await aws.call("ecs:DescribeServiceDeployments", { serviceDeploymentArns: arns.slice(from, from + describeLimit$1) }, signal);
		for (const each of answer.serviceDeployments ?? []) found.push(toServiceDeploymentFacts(each));
	}
	return found;
}
/** Those of the named service revisions that exist. */
async function readServiceRevisions(aws, arns, signal) {
	return (await readWholeRevisions(aws, arns, signal)).map(toRevisionFacts);
}
/** The same with all that ECS says of them. */
async function readWholeRevisions(aws, arns, signal) {
	const found = [];
	for (let from = 0; from < arns.length; from += describeLimit$1) {
		const answer = await aws.call("ecs:DescribeServiceRevisions", { serviceRevisionArns: arns.slice(from, from + describeLimit$1) }, signal);
		found.push(...answer.serviceRevisions ?? []);
	}
	return found;
}
/**
* `ROLLBACK` takes the service back to the revision before; `ABORT` is in the API's enumeration without a
* documented behaviour, so callers must be ready for a refusal.
* @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
*/
async function stopServiceDeployment(aws, serviceDeploymentArn, stopType) {
	await aws.call("ecs:StopServiceDeployment", {
		serviceDeploymentArn,
		stopType
	});
}
function toSummary(brief) {
	return {
		arn: brief.serviceDeploymentArn ?? "",
		status: brief.status ?? "",
		statusReason: brief.statusReason,
		targetRevisionArn: brief.targetServiceRevisionArn,
		createdAt: brief.createdAt?.getTime() ?? 0
	};
}
function toServiceDeploymentFacts(deployment) {
	const breaker = deployment.deploymentCircuitBreaker;
	const configured = deployment.deploymentConfiguration?.deploymentCircuitBreaker;
	const target = deployment.targetServiceRevision;
	return {
		arn: deployment.serviceDeploymentArn ?? "",
		status: deployment.status ?? "",
		statusReason: deployment.statusReason,
		lifecycleStage: deployment.lifecycleStage,
		createdAt: deployment.createdAt?.getTime() ?? 0,
		finishedAt: deployment.finishedAt?.getTime(),
		sources: (deployment.sourceServiceRevisions ?? []).map(toCounts),
		target: target === void 0 ? void 0 : toCounts(target),
		rollback: deployment.rollback === void 0 ? void 0 : {
			reason: deployment.rollback.reason ?? "",
			revisionArn: deployment.rollback.serviceRevisionArn
		},
		circuitBreaker: breaker === void 0 || breaker.status === "DISABLED" || configured?.enable === false ? void 0 : {
			failureCount: breaker.failureCount ?? 0,
			threshold: breaker.threshold ?? 3
		},
		rollsBackByItself: configured?.enable === true && configured.rollback === true,
		watchesAlarms: deployment.deploymentConfiguration?.alarms?.enable === true,
		triggeredAlarmNames: deployment.alarms?.triggeredAlarmNames ?? [],
		awaitedHooks: (deployment.lifecycleHookDetails ?? []).filter((hook) => hook.status === "AWAITING_ACTION").map((hook) => ({
			id: hook.hookId ?? "",
			expiresAt: hook.expiresAt?.getTime(),
			timeoutAction: hook.timeoutAction ?? "ROLLBACK"
		}))
	};
}
function toCounts(revision) {
	return {
		arn: revision.arn ?? "",
		requestedTaskCount: revision.requestedTaskCount ?? 0,
		runningTaskCount: revision.runningTaskCount ?? 0,
		pendingTaskCount: revision.pendingTaskCount ?? 0
	};
}
function toRevisionFacts(revision) {
	return {
		arn: revision.serviceRevisionArn ?? "",
		taskDefinitionArn: revision.taskDefinition ?? "",
		createdAt: revision.createdAt?.getTime() ?? 0,
		images: (revision.containerImages ?? []).map((image) => ({
			containerName: image.containerName ?? "",
			image: image.image ?? "",
			digest: image.imageDigest
		})),
		loadBalancers: (revision.resolvedConfiguration?.loadBalancers ?? []).map((entry) => ({
			targetGroupArn: entry.targetGroupArn,
			productionListenerRule: entry.productionListenerRule
		}))
	};
}
// src/aws/ecs-target-health.ts
async function readTargetHealth(aws, targetGroupArn, signal) {
	return {
		targetGroupArn,
		targets: ((await aws.call("elasticloadbalancing:DescribeTargetHealth", { TargetGroupArn: targetGroupArn }, signal)).TargetHealthDescriptions ?? []).map((each) => ({
			id: each.Target?.Id ?? "",
			port: each.Target?.Port ?? 0,
			state: each.TargetHealth?.State ?? "",
			reason: each.TargetHealth?.Reason,
			description: each.TargetHealth?.Description
		}))
	};
}
// src/aws/ecs-task-protection.ts
/** Scale-in protection of tasks: protected ones outlive a deployment for as long as they asked for. */
/** ECS takes at most this many tasks in one call. */
const callLimit = 10;
/** Those of the given tasks that are protected; undefined for a role without `ecs:GetTaskProtection`. */
async function readProtectedTaskArns(aws, cluster, taskArns, signal) {
	const found = /* @__PURE__ */ new Set();
	for (let from = 0; from < taskArns.length; from += callLimit) try {
		const answer = await aws.call("ecs:GetTaskProtection", {
			cluster,
			tasks: taskArns.slice(from, from + callLimit)
		}, signal);
		for (const each of answer.protectedTasks ?? []) if (each.protectionEnabled === true && each.taskArn !== void 0) found.add(each.taskArn);
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
		return;
	}
	return found;
}
// src/aws/ecs-tasks.ts
/** AWS describes at most this many tasks in one call. */
const describeLimit = 100;
/** 100 tasks a page: no service has more tasks than this many pages. */
const pagesLimit = 50;
/** Tasks of a service by what ECS wants of them: `STOPPED` ones stay visible for an hour. */
function readServiceTasks(aws, query, signal) {
	return readTasks(aws, query, { serviceName: query.service }, signal);
}
/** Tasks of a family, whatever started them. */
function readFamilyTasks(aws, query, signal) {
	return readTasks(aws, query, { family: query.family }, signal);
}
async function readTasks(aws, query, of, signal) {
	const arns = [];
	const atMost = query.atMost ?? Number.POSITIVE_INFINITY;
	let nextToken;
	for (let page = 0; page < pagesLimit; page++) {
		const answer = await aws.call("ecs:ListTasks", {
			cluster: query.cluster,
			...of,
			desiredStatus: query.desiredStatus,
			...nextToken === void 0 ? {} : { nextToken }
		}, signal);
		arns.push(...answer.taskArns ?? []);
		nextToken = answer.nextToken;
		if (nextToken === void 0 || arns.length >= atMost) break;
	}
	const found = new Map(query.known ?? []);
	const all = arns.slice(0, atMost);
	const wanted = all.filter((arn) => !found.has(arn));
	for (let from = 0; from < wanted.length; from += describeLimit) {
		const answer = await aws.call("ecs:DescribeTasks", {
			cluster: query.cluster,
			tasks: wanted.slice(from, from + describeLimit)
		}, signal);
		for (const task of answer.tasks ?? []) found.set(task.taskArn ?? "", toTaskFacts(task));
	}
	return all.map((arn) => found.get(arn)).filter((task) => task !== void 0);
}
function toTaskFacts(task) {
	const arn = task.taskArn ?? "";
	return {
		arn,
		id: arn.slice(arn.lastIndexOf("/") + 1),
		taskDefinitionArn: task.taskDefinitionArn ?? "",
		startedBy: task.startedBy ?? "",
		lastStatus: task.lastStatus ?? "",
		desiredStatus: task.desiredStatus ?? "",
		health: task.healthStatus ?? "UNKNOWN",
		privateIp: privateIpOf(task),
		zone: task.availabilityZone,
		createdAt: task.createdAt?.getTime() ?? 0,
		startedAt: task.startedAt?.getTime(),
		stoppingAt: task.stoppingAt?.getTime(),
		stoppedAt: task.stoppedAt?.getTime(),
		stopCode: task.stopCode,
		stoppedReason: task.stoppedReason,
		containers: (task.containers ?? []).map((container) => ({
			name: container.name ?? "",
			image: container.image ?? "",
			imageDigest: container.imageDigest,
			lastStatus: container.lastStatus ?? "",
			exitCode: container.exitCode,
			reason: container.reason,
			health: container.healthStatus ?? "UNKNOWN"
		}))
	};
}
function privateIpOf(task) {
	for (const attachment of task.attachments ?? []) {
		const address = attachment.details?.find((detail) => detail.name === "privateIPv4Address")?.value;
		if (address !== void 0) return address;
	}
	for (const container of task.containers ?? []) {
		const address = container.networkInterfaces?.[0]?.privateIpv4Address;
		if (address !== void 0) return address;
	}
}
// src/rollout/prospect.ts
/**
* When the end of a rollout can come, from what was seen so far. Pure. Nothing here is a verdict: it only
* says when looking often is worth its calls. Where a guess is wrong the end is seen a slow look later.
*/
/** Works both ways: in a rollback the wanted revision is one of the sources. */
function balanceOf(deployment) {
	const revisions = [deployment.target, ...deployment.sources].filter((each) => each !== void 0);
	const sum = (of) => revisions.reduce((total, each) => total + of(each), 0);
	const wanted = sum((each) => each.requestedTaskCount);
	return {
		isUp: wanted > 0 && revisions.every((each) => each.runningTaskCount >= each.requestedTaskCount && each.pendingTaskCount === 0),
		surplus: sum((each) => each.runningTaskCount) - wanted
	};
}
/** New tasks that old ones have made room for: ECS waits for their health before it lets more old ones go. */
function safeCountOf(now, before) {
	const earlier = before.last.serviceDeployment;
	const running = now.target?.runningTaskCount ?? 0;
	const old = (each) => each.sources.reduce((sum, { runningTaskCount }) => sum + runningTaskCount, 0);
	const safe = earlier !== void 0 && old(now) < old(earlier) ? earlier.target?.runningTaskCount ?? 0 : before.safeCount;
	return Math.min(running, Math.max(safe, before.safeCount));
}
/** Who crashes at all mostly does so soon after its start. */
const soonMs = 15e3;
/** A look may come this much before the end of the grace period. */
const slackMs = 5e3;
/** How many new tasks may fail, and how soon. */
function dangerOf({ target, circuitBreaker }, service, { runningSince, launchedSince, safeCount, drain }, now) {
	const { runningTaskCount = 0, pendingTaskCount = 0 } = target ?? {};
	const tasks = runningTaskCount - safeCount + pendingTaskCount;
	if (launchedSince === void 0) return {
		tasks,
		when: pendingTaskCount > 0 ? "coming" : "later"
	};
	if (drain !== void 0 && drain.begunAt >= launchedSince && (circuitBreaker?.failureCount ?? 0) === 0) return {
		tasks: 0,
		when: "later"
	};
	const graceMs = (service?.healthCheckGracePeriodSeconds ?? 0) * 1e3;
	const judgedFor = now - (runningSince ?? now) - (graceMs - slackMs);
	if (judgedFor >= 0 && judgedFor < 75e3) return {
		tasks,
		when: "judged"
	};
	return {
		tasks,
		when: now - launchedSince < soonMs ? "coming" : "later"
	};
}
/** Tasks of its newest deployment are missing: in a rollback, where both deployments have one revision. */
function isShort(service) {
	const newest = newestDeployment(service);
	return newest !== void 0 && newest.runningCount < newest.desiredCount;
}
const drainEvent = /begun draining connections/;
/** When ECS last said that tasks drain, by its clock; undefined where it has not since `after`. */
function lastDrainAt(service, after) {
	const times = service.events.filter((each) => each.at >= after && drainEvent.test(each.message));
	return times.length === 0 ? void 0 : Math.max(...times.map((each) => each.at));
}
/** No end before that time, by the clock of this run; undefined where nothing is known to drain. */
function endNotBefore(drain) {
	if (drain === void 0) return void 0;
	if (drain.isOver) return drain.begunAt;
	return drain.configuredMs === void 0 ? void 0 : drain.begunAt + drain.configuredMs + stopAtLeastMs;
}
/**
* Where old tasks go first, nothing drains after the last new ones: what is left is that those become healthy.
* The ones before them tell how long that takes. Undefined where there were none, or where health is proven.
*
* @param launches when new tasks had come up, none being on its way any more, by the clock of this run
*/
function healthNotBefore(deployment, { launches, drain, upSince }) {
	if (deployment?.status !== "IN_PROGRESS") return void 0;
	if (drain === void 0 || upSince === void 0 || drain.eventAt >= upSince) return void 0;
	const before = launches.filter((at) => at < drain.eventAt).at(-1);
	if (before === void 0) return void 0;
	const tookMs = drain.eventAt - before;
	return upSince + tookMs - Math.max(healthSlackMs, tookMs / 10);
}
/**
* Merges what a look told about draining into what is remembered.
*
* @param notBefore when the service was looked at before, by the clock of this run
*/
function drainAfter(before, seen, notBefore, now) {
	if (seen === void 0) return before;
	const isSame = before?.eventAt === seen.eventAt;
	return {
		eventAt: seen.eventAt,
		begunAt: isSame ? before.begunAt : Math.min(now, Math.max(notBefore, seen.eventAt)),
		configuredMs: seen.delayMs ?? before?.configuredMs,
		isOver: isSame && before.isOver || seen.targetsDraining === 0
	};
}
/** After draining a task still has to be told to stop, to end, and to give back its address. */
const stopAtLeastMs = 2e3;
/** Both ends of it are seen by slow looks, and health is checked at intervals. */
const healthSlackMs = 1e4;
function outlookOf(deployment, course, now) {
	const { drain, upSince } = course;
	const { isUp, surplus } = balanceOf(deployment);
	if (!isUp) return "far";
	const notBefore = endNotBefore(drain);
	if (surplus > 0) return drain !== void 0 && upSince !== void 0 && drain.begunAt >= upSince && notBefore !== void 0 && now >= notBefore ? "near" : "far";
	if (now < Math.max(notBefore ?? 0, healthNotBefore(deployment, course) ?? 0)) return "far";
	return deployment.watchesAlarms ? "baking" : "near";
}
// src/rollout/observe.ts
/**
* One look at a rollout. Reads the deployment's own record first, and from that what else this look needs:
* most looks are a single call.
*/
/** Stopped tasks that are read at most in one look: enough to see a pattern. */
const stoppedTasksLimit = 100;
/**
* With a breaker the deployment's own record counts failures, without one only the service does. A newer
* deployment shows in the own record, too.
*/
const serviceEveryMs = 15e3;
/** ECS does not count every crash of a service without a load balancer: its stopped tasks are looked through. */
const stoppedEveryMs = 8e3;
/** Clocks of ECS's records may differ by rounding: its list takes whole seconds. */
const creationSlackMs = 2e3;
async function observeRollout(aws, expected, state, signal) {
	const arn = state.serviceDeploymentArn ?? await findServiceDeployment(aws, expected, signal);
	const serviceDeployment = arn === void 0 ? void 0 : (await readServiceDeployments(aws, [arn], signal))[0];
	if (serviceDeployment?.status === "SUCCESSFUL" || serviceDeployment === void 0 && expected.mode === "standing") return observeProof(aws, expected, serviceDeployment, state, signal);
	const service = needsService(serviceDeployment, state) ? await requireService(aws, expected, signal) : void 0;
	const stoppedTasks = needsStoppedTasks(expected, serviceDeployment, service, state) ? (await readServiceTasks(aws, {
		cluster: expected.cluster,
		service: expected.service,
		desiredStatus: "STOPPED",
		atMost: stoppedTasksLimit
	}, signal)).filter((task) => task.startedBy === expected.deploymentId) : void 0;
	const drain = await observeDrain(aws, expected, serviceDeployment, service, state, signal);
	return {
		serviceDeployment,
		service,
		stoppedTasks,
		runningTasks: void 0,
		targetHealth: void 0,
		protectedTaskArns: /* @__PURE__ */ new Set(),
		drain
	};
}
/** All that a proof needs, side by side: what is left to be read when ECS calls it done is the user's waiting. */
async function observeProof(aws, expected, serviceDeployment, state, signal) {
	const healthOf = (groups) => Promise.all(groups.map((each) => readTargetHealth(aws, each, signal)));
	const groupsOf = (service) => [...new Set((service?.loadBalancers ?? []).map((each) => each.targetGroupArn))];
	const knownGroups = groupsOf(state.last.service);
	const [service, runningTasks, knownHealth] = await Promise.all([
		requireService(aws, expected, signal),
		readServiceTasks(aws, {
			cluster: expected.cluster,
			service: expected.service,
			desiredStatus: "RUNNING"
		}, signal),
		healthOf(knownGroups)
	]);
	const otherGroups = groupsOf(service).filter((each) => !knownGroups.includes(each));
	const targetHealth = [...knownHealth, ...await healthOf(otherGroups)];
	const strangers = runningTasks.filter((task) => task.startedBy !== expected.deploymentId);
	const protectedTaskArns = strangers.length === 0 ? /* @__PURE__ */ new Set() : await readProtectedTaskArns(aws, expected.cluster, strangers.map((task) => task.arn), signal);
	const facts = {
		serviceDeployment,
		service,
		runningTasks,
		targetHealth,
		stoppedTasks: void 0
	};
	return protectedTaskArns === void 0 ? {
		...facts,
		protectedTaskArns: /* @__PURE__ */ new Set(),
		protectionUnread: true
	} : {
		...facts,
		protectedTaskArns
	};
}
/** Where only tasks that leave the load balancer hold up the end: since when, and for how long. */
async function observeDrain(aws, expected, serviceDeployment, service, state, signal) {
	if (serviceDeployment === void 0 || service === void 0) return void 0;
	const { isUp, surplus } = balanceOf(serviceDeployment);
	const eventAt = lastDrainAt(service, expected.deploymentCreatedAt);
	if (!isUp || eventAt === void 0) return void 0;
	const groups = [...new Set(service.loadBalancers.map((each) => each.targetGroupArn))];
	const knownMs = state.drain?.configuredMs;
	try {
		const targetsDraining = (surplus > 0 ? void 0 : await Promise.all(groups.map((each) => readTargetHealth(aws, each, signal))))?.flatMap((group) => group.targets).filter((target) => target.state === "draining").length;
		if (knownMs !== void 0 || targetsDraining === 0) return {
			eventAt,
			delayMs: knownMs,
			targetsDraining
		};
		const delays = await Promise.all(groups.map((each) => readDeregistrationDelayMs(aws, each, signal)));
		return {
			eventAt,
			delayMs: Math.max(0, ...delays),
			targetsDraining
		};
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
		return {
			eventAt,
			delayMs: knownMs,
			targetsDraining: void 0,
			refusal: `${error.operation}: ${error.code}: ${error.reason}`
		};
	}
}
/** Pure. Apart from the proof, which always needs it. */
function needsService(serviceDeployment, state) {
	if (serviceDeployment === void 0) return state.looks % 2 === 1;
	switch (serviceDeployment.status) {
		case "STOPPED":
		case "STOP_REQUESTED": return true;
		case "PENDING":
		case "IN_PROGRESS":
			if (serviceDeployment.circuitBreaker === void 0) {
				if (hasFewerTasks(serviceDeployment, state.last.serviceDeployment)) return true;
				if (!balanceOf(serviceDeployment).isUp && isDue(state)) return true;
			}
			return state.last.service === void 0 || tellsOfDraining(serviceDeployment, state);
		case "ROLLBACK_IN_PROGRESS": return tellsOfDraining(serviceDeployment, state);
		default: return false;
	}
}
/** Its events say when the last old tasks began to drain, which is what foretells the end. */
function tellsOfDraining(serviceDeployment, state) {
	const { isUp, surplus } = balanceOf(serviceDeployment);
	if (!isUp || [
		"near-end",
		"nearly-back",
		"baking"
	].includes(state.phase)) return false;
	if (surplus <= 0) return state.aloneSince === void 0;
	return !(state.upSince !== void 0 && (state.drain?.begunAt ?? 0) >= state.upSince) && isDue(state);
}
/** Every 15 s, and the more seldom the longer nothing has changed. */
function isDue(state) {
	const pauseMs = Math.max(serviceEveryMs, (state.seenAt - state.phaseSince) / 4);
	return state.seenAt - state.serviceReadAt >= pauseMs;
}
/** Tasks of the new revision that were there at the last look are gone: they failed, or somebody scaled in. */
function hasFewerTasks(now, before) {
	const count = (each) => (each?.target?.runningTaskCount ?? 0) + (each?.target?.pendingTaskCount ?? 0);
	return count(now) < count(before);
}
/**
* Pure. Stopped tasks are read when ECS counted a failure that has not been looked at. Without a load balancer
* a task that runs counts as healthy to ECS, which then forgets the crashes before: those tasks are looked for.
*/
function needsStoppedTasks(expected, serviceDeployment, service, state) {
	if (state.diagnosis !== void 0) return false;
	if (failuresCounted(expected, serviceDeployment, service) > state.failuresRead) return true;
	if (serviceDeployment?.status === "IN_PROGRESS") return (service ?? state.last.service)?.loadBalancers.length === 0 && state.seenAt - state.stoppedReadAt >= stoppedEveryMs;
	return serviceDeployment !== void 0 && [
		"STOPPED",
		"ROLLBACK_REQUESTED",
		"ROLLBACK_IN_PROGRESS",
		"ROLLBACK_SUCCESSFUL",
		"ROLLBACK_FAILED"
	].includes(serviceDeployment.status) && state.tallies.size === 0;
}
/** Pure. The higher of the two counts ECS keeps. */
function failuresCounted(expected, serviceDeployment, service) {
	const own = service?.deployments.find((each) => each.id === expected.deploymentId)?.failedTasks ?? 0;
	return Math.max(own, serviceDeployment?.circuitBreaker?.failureCount ?? 0);
}
/**
* Finds the service deployment of an ECS deployment: the one of its revision's task definition that was
* created at its time. Two deployments of one definition (force-new) differ by their time only.
*/
async function findServiceDeployment(aws, expected, signal) {
	const listed = await listServiceDeployments(aws, {
		cluster: expected.cluster,
		service: expected.service,
		after: expected.deploymentCreatedAt - creationSlackMs
	}, signal);
	const revisionArns = listed.flatMap((each) => each.targetRevisionArn ?? []);
	if (revisionArns.length === 0) return void 0;
	const revisions = new Map((await readServiceRevisions(aws, [...new Set(revisionArns)], signal)).map((each) => [each.arn, each]));
	const distance = (createdAt) => Math.abs(createdAt - expected.deploymentCreatedAt);
	return listed.filter((each) => revisions.get(each.targetRevisionArn ?? "")?.taskDefinitionArn === expected.taskDefinitionArn).sort((one, other) => distance(one.createdAt) - distance(other.createdAt))[0]?.arn;
}
async function requireService(aws, expected, signal) {
	const service = await readService(aws, expected.cluster, expected.service, signal);
	if (service !== void 0) return service;
	throw new AwsCallError("ecs:DescribeServices", "ServiceNotFoundException", `Service ${expected.service} is not in cluster ${expected.cluster} (any longer).`, "not-found");
}
export { balanceOf, dangerOf, drainAfter, endNotBefore, failuresCounted, findServiceDeployment, findTargetGroup, healthNotBefore, isShort, isTerminal, listServiceDeployments, observeRollout, outlookOf, readFamilyTasks, readGroupUses, readServiceDeployments, readServiceRevisions, readServiceTasks, readTargetGroup, readTargetHealth, readWholeRevisions, safeCountOf, stopServiceDeployment, toTaskFacts };
