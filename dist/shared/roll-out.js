import { AwsCallError } from "./call-error.js";
import { definitionHash, readTaskDefinition, registerTaskDefinition } from "./same-definition.js";
import { patient, withRetries } from "./retry.js";
import { hasBreaker, revisionName, withWholeWrites } from "./plan.js";
import { balanceOf, dangerOf, drainAfter, endNotBefore, failuresCounted, healthNotBefore, isShort, observeRollout, outlookOf, readTargetHealth, safeCountOf, stopServiceDeployment } from "./observe.js";
import { runEngine } from "./engine.js";
import { answerBy, beginning, formatDuration } from "./start.js";
import { newestDeployment, readService, updateService } from "./ecs-service.js";
// src/aws/alarms.ts
/** One fact for every name asked for, in that order. */
async function readAlarms(caller, names, signal) {
	const found = /* @__PURE__ */ new Map();
	for (let start = 0; start < names.length; start += 100) {
		const answer = await caller.call("cloudwatch:DescribeAlarms", {
			AlarmNames: names.slice(start, start + 100),
			AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
			MaxRecords: 100
		}, signal);
		for (const alarm of [...answer.MetricAlarms ?? [], ...answer.CompositeAlarms ?? []]) {
			const name = alarm.AlarmName ?? "";
			found.set(name, {
				name,
				state: alarm.StateValue ?? "INSUFFICIENT_DATA",
				reason: alarm.StateReason
			});
		}
	}
	return names.map((name) => found.get(name) ?? {
		name,
		state: "missing",
		reason: void 0
	});
}
/** Metric alarms of which an action is `arn`: those that drive a step scaling policy, say. */
async function readAlarmsActingOn(caller, arn) {
	const alarms = [];
	let nextToken;
	do {
		const page = await caller.call("cloudwatch:DescribeAlarms", {
			ActionPrefix: arn,
			AlarmTypes: ["MetricAlarm"],
			MaxRecords: 100,
			...nextToken === void 0 ? {} : { NextToken: nextToken }
		});
		alarms.push(...page.MetricAlarms ?? []);
		nextToken = page.NextToken;
	} while (nextToken !== void 0);
	return alarms;
}
/** Undefined where there is none of that name. */
async function readMetricAlarm(caller, name) {
	const { MetricAlarms: found = [] } = await caller.call("cloudwatch:DescribeAlarms", {
		AlarmNames: [name],
		AlarmTypes: ["MetricAlarm"]
	});
	return found[0];
}
/** Repeatable: an alarm of that name is replaced. */
async function putMetricAlarm(caller, alarm) {
	await caller.call("cloudwatch:PutMetricAlarm", alarm);
}
/** What an alarm, a composite one or not, does when it rings; undefined where there is none of that name. */
async function readAlarmGuard(caller, name) {
	const answer = await caller.call("cloudwatch:DescribeAlarms", {
		AlarmNames: [name],
		AlarmTypes: ["MetricAlarm", "CompositeAlarm"]
	});
	const alarm = [...answer.MetricAlarms ?? [], ...answer.CompositeAlarms ?? []][0];
	if (alarm === void 0) return void 0;
	return {
		state: alarm.StateValue ?? "INSUFFICIENT_DATA",
		actionsEnabled: alarm.ActionsEnabled !== false,
		actions: alarm.AlarmActions ?? []
	};
}
// src/rollout/alarm-watch.ts
/**
* CloudWatch alarms that a rollout is held to besides those of the service's own deployment configuration:
* one watch for all services of a run.
*/
/** CloudWatch answers 9 such calls a second to the whole account, and alarms change by ten seconds at best. */
const lookEveryMs = 5e3;
/**
* Before anything is changed. An alarm that is in ALARM already would end every rollout, the one that mends it
* included, so it is told; with `ignore` it is left out for the whole run, as ECS does with its own. Pure.
*/
function beginWatch(alarms, inAlarm) {
	const missing = alarms.filter((each) => each.state === "missing").map((each) => each.name);
	if (missing.length > 0) return {
		kind: "refuse",
		code: "alarm-missing",
		reason: `CloudWatch has no alarm ${missing.join(", ")}.`,
		remedy: "Check the names in the input alarms, and the region: a missing alarm would watch nothing."
	};
	const ringing = alarms.filter((each) => each.state === "ALARM").map((each) => each.name);
	if (ringing.length > 0 && inAlarm === "refuse") return {
		kind: "refuse",
		code: "alarm-active",
		reason: `${ringing.length === 1 ? "Alarm" : "Alarms"} ${ringing.join(", ")} ${ringing.length === 1 ? "is" : "are"} in ALARM already.`,
		remedy: "Find out why first. Where this deployment is to mend it, set alarms-in-alarm: ignore, which leaves out the alarms that are in ALARM at the start."
	};
	return {
		kind: "watch",
		names: alarms.map((each) => each.name).filter((name) => !ringing.includes(name)),
		ignored: ringing
	};
}
function watchAlarms(clock, names) {
	let known = [];
	let readAt = Number.NEGATIVE_INFINITY;
	const wentOff = /* @__PURE__ */ new Map();
	return { async read(aws, signal) {
		if (clock.now() - readAt < lookEveryMs) return known;
		const now = await readAlarms(aws, names, signal);
		for (const each of now) if (each.state === "ALARM" && !wentOff.has(each.name)) wentOff.set(each.name, each);
		known = now.map((each) => wentOff.get(each.name) ?? each);
		readAt = clock.now();
		return known;
	} };
}
/** What speaks against a success, in words; an alarm that is gone can tell nothing. Pure. */
function alarmDefects(alarms) {
	return (alarms ?? []).flatMap((each) => each.state === "ALARM" ? [`alarm ${each.name} is in ALARM`] : each.state === "missing" ? [`alarm ${each.name} does not exist any more`] : []);
}
function ringingAlarms(alarms) {
	return (alarms ?? []).filter((each) => each.state === "ALARM");
}
// src/rollout/expectation.ts
function expectRollout(place, definition, deployment, mode, serviceDeploymentArn) {
	return {
		cluster: place.cluster,
		service: place.service,
		taskDefinitionArn: definition.arn,
		deploymentId: deployment.id,
		deploymentCreatedAt: deployment.createdAt,
		...serviceDeploymentArn === void 0 ? {} : { serviceDeploymentArn },
		mode,
		...containersOf(definition.definition)
	};
}
/** What the containers of a definition demand of its tasks. */
function containersOf(definition) {
	const containers = definition.containerDefinitions ?? [];
	const essential = containers.filter((each) => each.essential !== false);
	return {
		hasContainerHealthCheck: essential.some((each) => each.healthCheck !== void 0),
		essentialContainers: new Set(essential.flatMap((each) => each.name ?? [])),
		pinnedDigests: new Map(containers.flatMap((each) => {
			const digest = /@(sha256:[0-9a-f]{64})$/.exec(each.image ?? "")?.[1];
			return digest === void 0 || each.name === void 0 ? [] : [[each.name, digest]];
		}))
	};
}
// src/rollout/cause.ts
const inContainer = (cause) => cause.container === void 0 ? "A container" : `Container ${cause.container}`;
const rows = {
	"image-not-found": {
		sentence: (cause) => `The image of ${cause.container ?? "a container"} does not exist in its registry${detailOf(cause)}.`,
		remedy: "Push the image first, and check the repository, tag or digest in the task definition."
	},
	"image-pull-denied": {
		sentence: (cause) => `ECS may not pull the image of ${cause.container ?? "a container"}${detailOf(cause)}.`,
		remedy: "Give the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, and check the policy of the repository."
	},
	"image-platform-mismatch": {
		sentence: (cause) => `The image of ${cause.container ?? "a container"} was built for another processor architecture than the tasks run on.`,
		remedy: "Build for the platform in runtimePlatform of the task definition (linux/amd64 where it names none)."
	},
	"image-rate-limit": {
		sentence: (cause) => `The registry of ${cause.container ?? "a container"}'s image lets this account pull no more for now${detailOf(cause)}.`,
		remedy: "Keep a copy of the image in ECR, or use a pull-through cache, or log in to the registry."
	},
	"image-pull-failed": {
		sentence: (cause) => `The image of ${cause.container ?? "a container"} could not be pulled${detailOf(cause)}.`,
		remedy: "Check that the subnets of the service reach the registry, and that the registry is up."
	},
	"secret-not-found": {
		sentence: (cause) => `A secret or parameter that the task definition names does not exist${detailOf(cause)}.`,
		remedy: "Create it, or correct valueFrom: the whole ARN with its random suffix, in the region of the service."
	},
	"secret-access-denied": {
		sentence: (cause) => `The execution role may not read a secret or parameter${detailOf(cause)}.`,
		remedy: "Give the execution role secretsmanager:GetSecretValue (or ssm:GetParameters), and kms:Decrypt where the secret has a key of its own."
	},
	"startup-network": {
		sentence: () => "Tasks cannot reach the AWS services they need to start (registry, secrets, logs).",
		remedy: "Private subnets need a NAT gateway or VPC endpoints, public ones assignPublicIp=ENABLED; the security group must allow 443 outwards."
	},
	"log-group-missing": {
		sentence: (cause) => `The log group of the task definition does not exist${detailOf(cause)}.`,
		remedy: "Create the log group, or set awslogs-create-group to \"true\" and allow logs:CreateLogGroup."
	},
	"volume-failed": {
		sentence: () => "A volume of the task definition cannot be mounted.",
		remedy: "Check that the file system has a mount target in the zones of the subnets, that its security group admits the tasks on port 2049, and the task role where IAM authorisation is on."
	},
	"disk-full": {
		sentence: () => "There is no room for the image or the container on the task's disk.",
		remedy: "Raise ephemeralStorage of the task definition (on EC2: the disk of the instances), or make the image smaller."
	},
	"container-start-failed": {
		sentence: (cause) => `${inContainer(cause)} could not be started${detailOf(cause)}.`,
		remedy: "Check entryPoint, command, user and working directory of the container."
	},
	"container-exited": {
		sentence: (cause) => `${inContainer(cause)} exits by itself${detailOf(cause)}, and it is essential.`,
		remedy: "The last lines of its log, in the summary of this job, usually say why."
	},
	"out-of-memory": {
		sentence: (cause) => `${inContainer(cause)} is killed because it needs more memory than it may have.`,
		remedy: "Raise memory of the task (or of the container), or make the application use less."
	},
	"container-health": {
		sentence: (cause) => `${inContainer(cause)} runs, but fails the health check of its task definition.`,
		remedy: "Run the health check command inside the image: the tool it calls must exist there, and startPeriod must be longer than the start of the application."
	},
	"grace-too-short": {
		sentence: (cause) => `Tasks are stopped before they are up${detailOf(cause)}.`,
		remedy: "Give the start the time it takes: healthCheckGracePeriodSeconds of the service, startPeriod of the container health check. If the application is up by then, look for another port than the one that is checked."
	},
	"port-mismatch": {
		sentence: (cause) => `Nothing answers where the load balancer's health check asks${detailOf(cause)}.`,
		remedy: "The application has to listen on the containerPort that is registered, on all addresses (0.0.0.0) and not on localhost only."
	},
	"target-health-code": {
		sentence: (cause) => `The load balancer's health check gets a wrong answer${detailOf(cause)}.`,
		remedy: "Correct the path or the accepted codes of the target group, or what the application answers there."
	},
	"target-health-timeout": {
		sentence: (cause) => `The load balancer's health check gets no answer${detailOf(cause)}.`,
		remedy: "Check that the application listens on that port on all addresses, and that the tasks' security group admits the load balancer's."
	},
	"target-health": {
		sentence: (cause) => `Tasks fail the health check of the load balancer${detailOf(cause)}.`,
		remedy: "Check path, port and accepted codes of the target group; healthCheckGracePeriodSeconds must be longer than the start of the application."
	},
	"no-capacity": {
		sentence: (cause) => `ECS finds no capacity for the tasks${detailOf(cause)}.`,
		remedy: "Allow more availability zones, or FARGATE beside FARGATE_SPOT in the capacity provider strategy; on EC2, add instances."
	},
	"no-addresses": {
		sentence: (cause) => `The subnets have no free addresses or network interfaces${detailOf(cause)}.`,
		remedy: "Add subnets, or larger ones; maximumPercent needs room for old and new tasks together."
	},
	"quota-exceeded": {
		sentence: (cause) => `A quota of the account stands in the way of new tasks${detailOf(cause)}.`,
		remedy: "Ask for a higher quota (Service Quotas), or lower maximumPercent so that fewer tasks run at once."
	},
	"deployment-alarm": {
		sentence: (cause) => `A deployment alarm went off${detailOf(cause)}.`,
		remedy: "See what the alarm watches: the new revision made it worse, or something else did at that time."
	},
	"not-progressing": {
		sentence: (cause) => `The rollout does not get on, and no task has failed${detailOf(cause)}.`,
		remedy: "Look at the service events in the summary; old tasks that drain for long, or a slow start, may need a longer timeout."
	},
	unknown: {
		sentence: (cause) => `Tasks stop for a reason this kit does not know${detailOf(cause)}.`,
		remedy: "ECS's own words are in the summary of this job."
	}
};
Object.keys(rows);
function describeCause(cause) {
	const row = rows[cause.code];
	return {
		sentence: row.sentence(cause),
		remedy: row.remedy,
		docs: `docs/troubleshooting.md#${cause.code}`
	};
}
function detailOf(cause) {
	return cause.detail === "" ? "" : ` (${cause.detail})`;
}
// src/aws/ecs-task-logs.ts
/**
* The `awslogs` driver names a stream `prefix/container/task-id`; without a prefix the name is the
* container's Docker id, which ECS does not tell.
* @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
*/
function logLocation(container, taskId) {
	const options = container.logConfiguration?.options;
	const group = options?.["awslogs-group"];
	const prefix = options?.["awslogs-stream-prefix"];
	if (container.logConfiguration?.logDriver !== "awslogs" || !group || !prefix) return void 0;
	return {
		group,
		stream: `${prefix}/${container.name}/${taskId}`
	};
}
/** At most `limit` lines from one end of the log, oldest first. */
async function readLogLines(aws, location, end, limit) {
	const lines = ((await aws.call("logs:GetLogEvents", {
		logGroupName: location.group,
		logStreamName: location.stream,
		limit,
		startFromHead: end === "first"
	})).events ?? []).map((event) => ({
		at: event.timestamp ?? 0,
		text: event.message ?? ""
	}));
	return end === "first" ? lines.slice(0, limit) : lines.slice(-limit);
}
/** Lines from the beginning of a log that are looked at for the one that says "up". */
const firstLinesLimit = 100;
const tooLate = Symbol("too late");
/**
* Reads that stand in nobody's way: what fails or does not answer within `limitMs` (all of them together), or
* before the job is cancelled, becomes a sentence in `gaps`. Call `over` at the end.
*/
function timeLimited(ports, limitMs, gaps) {
	const done = new AbortController();
	const late = new AbortController();
	const either = AbortSignal.any([done.signal, ports.cancelled]);
	const { clock } = ports;
	const deadline = answerBy(clock, limitMs, either).then(() => {
		late.abort();
		return tooLate;
	});
	const giveUp = (what) => {
		const why = ports.cancelled.aborted ? "the job was cancelled" : `no answer within ${limitMs / 1e3} s`;
		gaps.push(`${what} was not read: ${why}.`);
	};
	return {
		over: () => done.abort(),
		attempt: async (what, read) => {
			if (late.signal.aborted) return giveUp(what);
			try {
				const answer = await Promise.race([read(late.signal), deadline]);
				return answer === tooLate ? giveUp(what) : answer;
			} catch (error) {
				if (late.signal.aborted) return giveUp(what);
				if (!(error instanceof AwsCallError)) throw error;
				gaps.push(`${what} could not be read: ${error.operation}: ${error.reason}`);
				return;
			}
		}
	};
}
/** Pure. `taskIds` are those of the leading failure. */
function failedContainer(stoppedTasks, taskIds, cause, definition) {
	const ids = new Set(taskIds);
	const tasks = stoppedTasks.filter((each) => ids.has(each.id));
	const task = tasks.findLast((each) => each.lastStatus === "STOPPED") ?? tasks.at(-1);
	const containers = definition?.containerDefinitions;
	const found = containers?.find((each) => each.name === cause.container) ?? containers?.find((each) => each.essential !== false);
	if (task === void 0 || found?.name === void 0) return void 0;
	return {
		task,
		definition: found
	};
}
async function readUnhealthyTargets(aws, service, attempt) {
	return (await Promise.all((service?.loadBalancers ?? []).map((each) => attempt("Target health", (signal) => readTargetHealth(aws, each.targetGroupArn, signal))))).filter((group) => group !== void 0).map((group) => ({
		...group,
		targets: group.targets.filter((target) => /^un(healthy|available)/.test(target.state))
	})).filter((group) => group.targets.length > 0);
}
async function readLogs(aws, failed, attempt) {
	const location = failed === void 0 ? void 0 : logLocation(failed.definition, failed.task.id);
	if (location === void 0) return void 0;
	const last = await attempt("The log of the container", () => readLogLines(aws, location, "last", 50));
	if (last === void 0) return void 0;
	return {
		first: (last.length < 50 ? last : await attempt("The beginning of the log", () => readLogLines(aws, location, "first", firstLinesLimit))) ?? [],
		last
	};
}
async function readHealthCheck(aws, targetGroupArn) {
	if (targetGroupArn === void 0) return void 0;
	const group = (await aws.call("elasticloadbalancing:DescribeTargetGroups", { TargetGroupArns: [targetGroupArn] })).TargetGroups?.[0];
	if (group === void 0) return void 0;
	return {
		path: group.HealthCheckPath ?? "/",
		port: group.HealthCheckPort === void 0 || group.HealthCheckPort === "traffic-port" ? String(group.Port ?? "") : group.HealthCheckPort,
		matcher: group.Matcher?.HttpCode ?? "200",
		timeoutSeconds: group.HealthCheckTimeoutSeconds ?? 5,
		intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
		healthyThreshold: group.HealthyThresholdCount ?? 5,
		unhealthyThreshold: group.UnhealthyThresholdCount ?? 2
	};
}
// src/rollout/log-redaction.ts
/**
* Takes what looks like a secret out of an application's log line before it is shown in a job that more
* people may read than the log, and what a terminal would take as a command. Pure. GitHub's own masking knows
* only the secrets of the workflow.
*/
/** Characters of one line that are shown at most. */
const lineLimit = 500;
const patterns = [
	[/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s@/]+@/gi, "$1***@"],
	[/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, "***"],
	[/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "***"],
	[/\bgh[pousr]_[A-Za-z0-9]{20,}\b/g, "***"],
	[/\b(authorization\s*[:=]\s*(?:bearer|basic)?)\s*\S+/gi, "$1 ***"],
	[/\bbearer\s+[\w.~+/-]{8,}=*/gi, "Bearer ***"],
	[/((?:pass(?:word|wd)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;}&]+)/gi, "$1***"]
];
/** Escape sequences of terminals; other control characters; those that turn the direction of writing. */
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/g;
const controls = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
function redactLogLine(line) {
	let result = line.replace(/[\r\n]+$/, "").replace(sequences, "").replaceAll("	", "  ").replace(controls, " ");
	for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement);
	return result.length > lineLimit ? `${result.slice(0, lineLimit)}…` : result;
}
// src/rollout/refine-cause.ts
const eventPatterns = [
	[/InsufficientFreeAddresses|RESOURCE:ENI|not enough free (IP )?addresses|no free (IP )?addresses/i, "no-addresses"],
	[/reached the limit on the number of|quota|VcpuLimit/i, "quota-exceeded"],
	[/Capacity is unavailable|unable to place a task|insufficient (CPU|memory)|RESOURCE:/i, "no-capacity"],
	[/unhealthy in \(?target-group/i, "target-health"],
	[/failed container health checks/i, "container-health"]
];
/** Causes that keep tasks from being made at all: no stopped task tells of them. */
const placementCodes = /* @__PURE__ */ new Set([
	"no-capacity",
	"no-addresses",
	"quota-exceeded"
]);
/** What the newest event says against the placement of new tasks. `events` are oldest first. */
function placementFailure(events) {
	const cause = causeFromEvents(events.filter(({ message }) => /unable to (?:place|start)|failed to launch/i.test(message)));
	if (cause === void 0 || !placementCodes.has(cause.code)) return void 0;
	const { code, detail, evidence } = cause;
	return {
		code,
		detail,
		evidence
	};
}
/** The newest event that names a cause. `events` are oldest first. */
function causeFromEvents(events) {
	for (const event of [...events].reverse()) {
		const code = eventPatterns.find(([pattern]) => pattern.test(event.message))?.[1];
		if (code === void 0) continue;
		const reason = /Reason: (.+?)\.?(?: For more information.*)?$/is.exec(event.message)?.[1];
		return {
			code,
			detail: code === "target-health" || reason === void 0 ? "" : reason.replace(/\s+/g, " ").slice(0, 200),
			evidence: event.message,
			tasks: 0
		};
	}
}
/**
* `Task failed ELB health checks` says that, not how. The targets' reasons do while they last, ECS's event
* afterwards: `(port 5000) is unhealthy in (target-group …) due to (reason …)`.
*/
function refineTargetCause(cause, settings, unhealthy, events) {
	const targets = unhealthy.flatMap((group) => group.targets);
	const wrongCode = targets.find((target) => target.reason === "Target.ResponseCodeMismatch");
	const slow = targets.find((target) => target.reason === "Target.Timeout");
	const told = [...events].reverse().find((event) => /is unhealthy in \(?target-group/i.test(event.message));
	const words = [
		(wrongCode ?? slow ?? targets[0])?.description,
		/\(reason (.*)\)/i.exec(told?.message ?? "")?.[1],
		cause.evidence
	].filter(Boolean).join("; ");
	const refined = {
		...cause,
		evidence: words
	};
	const where = settings === void 0 ? "" : `path ${settings.path}, port ${settings.port}`;
	const code = /codes?:?\s*\[?(\d{3})\]?/i.exec(words)?.[1];
	if (wrongCode !== void 0 || code !== void 0) {
		const detail = [
			where,
			code === void 0 ? "" : `answered ${code}`,
			settings === void 0 ? "" : `expected ${settings.matcher}`
		].filter((each) => each !== "").join(", ");
		return {
			...refined,
			code: "target-health-code",
			detail
		};
	}
	if (slow !== void 0 || /timed out/i.test(words)) {
		const within = settings === void 0 ? "" : ` within ${settings.timeoutSeconds} s`;
		return {
			...refined,
			code: "target-health-timeout",
			detail: `${where}${within}`.trim()
		};
	}
	if (targets.some((target) => target.reason === "Target.FailedHealthChecks") || /^health checks failed\b(?!.*code)/i.test(words)) return {
		...refined,
		code: "port-mismatch",
		detail: where
	};
	return {
		...refined,
		detail: where
	};
}
/** The exit code alone says little where the program never ran. */
function refineByLog(cause, lines) {
	if (cause.code !== "container-exited") return cause;
	const told = lines.find((line) => /exec format error/i.test(line));
	return told === void 0 ? cause : {
		...cause,
		code: "image-platform-mismatch",
		detail: "",
		evidence: told
	};
}
// src/rollout/slow-start.ts
/** What servers say when they are up, in the words of common frameworks. */
const upWords = /\blistening\b|\bserver (?:is )?(?:started|running|ready|up)\b|\bapplication (?:has )?started\b|\bstarted \S+ in [\d.]+ ?s|\baccepting connections\b|\bready (?:to accept|for) connections\b|\brunning on https?:|\bserving on\b|\bbooted in\b|\bstartup complete\b/i;
/** The line in which the application says that it is up, and the port it names, if it does. */
function upLine(log) {
	const line = log.find(({ text }) => upWords.test(text));
	if (line === void 0) return void 0;
	return {
		at: line.at,
		port: /(?:\bport[ :=]+|:)(\d{2,5})\b(?!.*(?:\bport[ :=]+|:)\d{2,5}\b)/i.exec(line.text)?.[1]
	};
}
/** Only causes that say "no (good) answer in time" are looked at; the others stay as they are. */
function refineBySlowStart(cause, start) {
	const { aliveMs, allowedMs, intervalMs, healthyThreshold, log, startedAt, port } = start;
	const up = log === void 0 ? void 0 : upLine(log);
	const unanswered = cause.code === "port-mismatch" || cause.code === "target-health";
	if (unanswered && up?.port !== void 0 && port !== void 0 && up.port !== port) {
		const detail = `${cause.detail}${cause.detail === "" ? "" : "; "}its log names port ${up.port}`;
		return {
			...cause,
			code: "port-mismatch",
			detail
		};
	}
	const seconds = (ms) => `${Math.round(ms / 1e3)} s`;
	const stopped = `stopped ${seconds(aliveMs)} after their start, where ${seconds(allowedMs)} are allowed`;
	if (up !== void 0) {
		const upAfterMs = up.at - startedAt;
		if (!(upAfterMs + healthyThreshold * intervalMs > allowedMs && upAfterMs <= aliveMs + intervalMs)) return cause;
		return {
			...cause,
			code: "grace-too-short",
			detail: `up after ${seconds(upAfterMs)}, ${stopped}`
		};
	}
	const atOnce = aliveMs <= allowedMs + 2 * intervalMs + settleMs;
	if (unanswered && log !== void 0 && atOnce) return {
		...cause,
		code: "grace-too-short",
		detail: `${stopped}; their log does not say that they are up`
	};
	return cause;
}
/** ECS acts some seconds after the check that decides. */
const settleMs = 15e3;
// src/rollout/diagnosis.ts
/** New service events that are shown at most. */
const eventsLimit = 20;
/** All of it together; what is not there by then is left out. */
const gatheringLimitMs = 3e4;
async function gatherDiagnosis(aws, ports, input) {
	const { expected, leading } = input;
	const gaps = [];
	const limit = timeLimited(ports, gatheringLimitMs, gaps);
	const { attempt } = limit;
	try {
		const [service, registered] = await Promise.all([attempt("The service", (signal) => readService(aws, expected.cluster, expected.service, signal)), leading === void 0 ? void 0 : attempt("The task definition", (signal) => readTaskDefinition(aws, expected.taskDefinitionArn, signal))]);
		const known = service ?? input.service;
		const events = (known?.events ?? []).filter((event) => event.at >= expected.deploymentCreatedAt).slice(0, eventsLimit).reverse();
		const firstSeenAs = firstCause(input, events);
		const failed = failedContainer(input.stoppedTasks, leading?.taskIds, firstSeenAs, registered?.definition);
		const [unhealthyTargets, logs] = await Promise.all([readUnhealthyTargets(aws, known, attempt), readLogs(aws, failed, attempt)]);
		const cause = await refine(aws, firstSeenAs, events, known, unhealthyTargets, failed, logs, attempt);
		const lines = logs?.last.map(({ text }) => redactLogLine(text)) ?? [];
		return {
			cause,
			firstSeenAs,
			stoppedTasks: input.stoppedTasks,
			essentialContainers: expected.essentialContainers,
			events,
			unhealthyTargets,
			log: failed === void 0 || lines.length === 0 ? void 0 : {
				container: failed.definition.name,
				taskId: failed.task.id,
				lines
			},
			gaps
		};
	} finally {
		limit.over();
	}
}
/** Pure. The pattern in the tasks first, then alarms, then what the service said, then what was missing. */
function firstCause(input, events) {
	if (input.leading !== void 0) return {
		...input.leading.failure,
		tasks: input.leading.taskIds.length
	};
	if (input.triggeredAlarmNames.length > 0) {
		const names = input.triggeredAlarmNames.join(", ");
		return {
			code: "deployment-alarm",
			detail: names,
			evidence: names,
			tasks: 0
		};
	}
	return causeFromEvents(events) ?? {
		code: "not-progressing",
		detail: input.missing.join("; "),
		evidence: input.missing.join("; "),
		tasks: 0
	};
}
/** The cause as one sentence, with the number of tasks it was seen in. */
function causeSentence(cause) {
	const { sentence } = describeCause(cause);
	return cause.tasks > 1 ? `${sentence} Seen in ${cause.tasks} tasks.` : sentence;
}
async function refine(aws, cause, events, service, unhealthy, failed, logs, attempt) {
	const log = logs === void 0 ? void 0 : [...logs.first, ...logs.last];
	if (cause.code === "container-exited") return refineByLog(cause, log?.map(({ text }) => redactLogLine(text)) ?? []);
	if (cause.code === "container-health") {
		const check = failed?.definition.healthCheck;
		const intervalMs = (check?.interval ?? 30) * 1e3;
		const start = startOf(failed, log, {
			allowedMs: Math.max((check?.startPeriod ?? 0) * 1e3 + (check?.retries ?? 3) * intervalMs, (service?.healthCheckGracePeriodSeconds ?? 0) * 1e3),
			intervalMs,
			healthyThreshold: 1,
			port: void 0
		});
		return start === void 0 ? cause : refineBySlowStart(cause, start);
	}
	if (cause.code !== "target-health") return cause;
	const groupArn = /arn:[^\s)]+targetgroup[^\s)]+/.exec(cause.evidence)?.[0];
	const settings = await attempt("The target group", () => readHealthCheck(aws, groupArn ?? service?.loadBalancers[0]?.targetGroupArn));
	const refined = refineTargetCause(cause, settings, unhealthy, events);
	if (settings === void 0 || service === void 0) return refined;
	const intervalMs = settings.intervalSeconds * 1e3;
	const allowedMs = Math.max(service.healthCheckGracePeriodSeconds * 1e3, settings.unhealthyThreshold * intervalMs);
	const { healthyThreshold, port } = settings;
	const start = startOf(failed, log, {
		allowedMs,
		intervalMs,
		healthyThreshold,
		port
	});
	return start === void 0 ? refined : refineBySlowStart(refined, start);
}
function startOf(failed, log, checks) {
	const startedAt = failed?.task.startedAt;
	const endedAt = failed?.task.stoppingAt ?? failed?.task.stoppedAt;
	if (startedAt === void 0 || endedAt === void 0) return void 0;
	return {
		...checks,
		startedAt,
		aliveMs: endedAt - startedAt,
		log
	};
}
// src/rollout/stopped-task.ts
/**
* Undefined where the end says nothing against the revision: scale-in, a deployment that replaced it, a
* Spot interruption, a zone's failure, somebody's StopTask, or a task that was only told to stop.
* `essential` are the names of the containers whose end ends the task; empty means all.
*/
function taskFailure(task, essential) {
	const reason = task.stoppedReason ?? "";
	if (/failed container health checks/i.test(reason)) return containerHealth(task, reason);
	if (/failed ELB health checks/i.test(reason)) return {
		code: "target-health",
		detail: "",
		evidence: reason
	};
	switch (task.stopCode) {
		case "TaskFailedToStart": return startFailure(task, reason);
		case "EssentialContainerExited": return exitFailure(task, reason, essential);
		default: return;
	}
}
/** Two failures with the same key are the same failure in two tasks. */
function failureKey(failure) {
	return `${failure.code}/${failure.container ?? ""}/${failure.detail}`;
}
function containerHealth(task, evidence) {
	const named = /container\s+([A-Za-z0-9_-]+)\s/.exec(evidence)?.[1];
	const container = task.containers.find((container) => container.health === "UNHEALTHY")?.name ?? (task.containers.some((each) => each.name === named) ? named : void 0);
	return {
		code: "container-health",
		...container === void 0 ? {} : { container },
		detail: "",
		evidence
	};
}
/** The order matters: the first pattern that fits decides. */
const startPatterns = [
	[/descriptor matching platform|no matching manifest|exec format error/i, "image-platform-mismatch"],
	[/log group does not exist|log group.*not exist/i, "log-group-missing"],
	[/\bEFS\b|mount\.nfs4|set(?:ting)? up .*volume|mount .*volume/i, "volume-failed"],
	[/no space left on device/i, "disk-full"],
	[/^(?!.*CannotPull).*(?:secret|parameter|\basm\b|\bssm\b)/is, "secret-not-found"],
	[/toomanyrequests|too many requests|rate limit/i, "image-rate-limit"],
	[/AccessDenied|not authorized|denied|no basic auth|403 Forbidden|role has the permissions/i, "image-pull-denied"],
	[/CannotPull.*(not found|manifest unknown|does not exist|404)|manifest unknown|ImageNotFound/is, "image-not-found"],
	[/InsufficientFreeAddresses|RESOURCE:ENI|no free addresses|network interface/i, "no-addresses"],
	[/reached the limit on the number of|quota|VcpuLimit/i, "quota-exceeded"],
	[/RESOURCE:|Capacity is unavailable|capacity/i, "no-capacity"],
	[/CannotPull/i, "image-pull-failed"],
	[/OutOfMemory/i, "out-of-memory"],
	[/CannotStartContainer|CannotCreateContainer|ContainerRuntime/i, "container-start-failed"]
];
function startFailure(task, stoppedReason) {
	const withReason = task.containers.find((container) => container.reason !== void 0);
	const evidence = /Error\b|CannotPull/.test(stoppedReason) ? stoppedReason : [stoppedReason, withReason?.reason].filter(Boolean).join(": ");
	const container = withReason?.name ?? (task.containers.length === 1 ? task.containers[0].name : void 0);
	const code = startCode(evidence);
	return {
		code,
		...container === void 0 ? {} : { container },
		detail: startDetail(code, evidence),
		evidence
	};
}
const imageName = /[\w.-]+(?::\d+)?\/[\w./-]+(?:@sha256:[0-9a-f]{8,64}|:[\w.-]+)/;
function startCode(words) {
	const evidence = words.replace(/arn:aws[\w-]*:[^\s'",]+/g, "ARN").replace(new RegExp(imageName, "g"), "IMAGE");
	const code = startPatterns.find(([pattern]) => pattern.test(evidence))?.[1] ?? "unknown";
	if (/connection issue between|time-?out|deadline exceeded|no route to host|network is unreachable|dial tcp|while waiting for connection|check your (task )?network configuration/i.test(evidence) && /ResourceInitializationError|CannotPull/i.test(evidence)) return "startup-network";
	if (code !== "secret-not-found") return code;
	if (/AccessDenied|not authorized/i.test(evidence)) return /ecr:|GetAuthorizationToken/i.test(evidence) ? "image-pull-denied" : "secret-access-denied";
	return "secret-not-found";
}
function startDetail(code, evidence) {
	switch (code) {
		case "image-not-found":
		case "image-pull-failed":
		case "image-pull-denied":
		case "image-rate-limit": return imageName.exec(evidence)?.[0] ?? "";
		case "secret-not-found":
		case "secret-access-denied": return /arn:aws[\w-]*:(?:secretsmanager|ssm):[^\s,"']+/.exec(evidence)?.[0]?.replace(/[.:]+$/, "") ?? "";
		default: return "";
	}
}
function exitFailure(task, stoppedReason, essential) {
	const decided = decidingContainer(task.containers, essential);
	if (decided === void 0) return {
		code: "unknown",
		detail: "",
		evidence: stoppedReason
	};
	const outOfMemory = /OutOfMemory/i.test(decided.reason ?? "");
	return {
		code: outOfMemory ? "out-of-memory" : "container-exited",
		container: decided.name,
		detail: outOfMemory ? "" : exitWords(decided.exitCode),
		evidence: [stoppedReason, decided.reason].filter(Boolean).join(": ")
	};
}
/**
* Which container ended the task. When one essential container ends, ECS stops the others with SIGTERM
* (143) and SIGKILL (137): those codes decide only when there is no other.
*/
function decidingContainer(containers, essential) {
	const candidates = containers.filter((container) => container.exitCode !== void 0 && (essential.size === 0 || essential.has(container.name)));
	const weight = (container) => {
		if (/OutOfMemory/i.test(container.reason ?? "")) return 3;
		if (container.exitCode === 143 || container.exitCode === 137) return 0;
		return container.exitCode === 0 ? 1 : 2;
	};
	return [...candidates].sort((one, other) => weight(other) - weight(one))[0];
}
/** 128 and the number of the signal, as shells and container runtimes tell it (Linux, `man 7 signal`). */
const signals = {
	129: "SIGHUP",
	130: "SIGINT",
	131: "SIGQUIT",
	132: "SIGILL",
	133: "SIGTRAP",
	134: "SIGABRT",
	135: "SIGBUS",
	136: "SIGFPE",
	137: "SIGKILL, as when memory runs out",
	138: "SIGUSR1",
	139: "SIGSEGV",
	141: "SIGPIPE",
	143: "SIGTERM",
	159: "SIGSYS"
};
/** `exit code 139, SIGSEGV` */
function exitWords(exitCode) {
	if (exitCode === void 0) return "";
	const signal = signals[exitCode];
	if (signal !== void 0) return `exit code ${exitCode}, ${signal}`;
	if (exitCode === 127) return "exit code 127, command not found";
	if (exitCode === 126) return "exit code 126, command not executable";
	return `exit code ${exitCode}`;
}
// src/rollout/absorb.ts
function absorb(expected, before, facts, seen, now) {
	const tallies = unplaced(tally(before.tallies, expected, facts), expected, facts);
	const course = courseOf(before, facts, seen, now);
	const phase = phaseOf(seen, facts, before, tallies, course, now);
	const progress = progressText(facts);
	const state = {
		...before,
		serviceDeploymentArn: before.serviceDeploymentArn ?? facts.serviceDeployment?.arn,
		looks: before.looks + 1,
		calls: before.calls + (facts.calls ?? 0),
		unreadable: 0,
		tallies,
		failuresRead: failuresRead(before, expected, facts),
		phase,
		phaseSince: phase === before.phase ? before.phaseSince : now,
		...course,
		seenAt: now,
		last: mergeFacts(before.last, facts),
		lastVerdict: seen,
		lastProgress: progress ?? before.lastProgress
	};
	const events = [];
	const tell = (code, level, message) => {
		events.push({
			at: now,
			code,
			level,
			message
		});
	};
	if (before.serviceDeploymentArn === void 0 && facts.serviceDeployment !== void 0) tell("rollout.found", "info", `Following service deployment ${lastPart(facts.serviceDeployment.arn)}.`);
	if (progress !== void 0 && progress !== before.lastProgress) tell("rollout.progress", "info", progress);
	for (const [key, { failure, taskIds }] of tallies) {
		const known = before.tallies.get(key)?.taskIds.length ?? 0;
		if (taskIds.length > known) tell("rollout.task-failed", "warning", causeSentence({
			...failure,
			tasks: taskIds.length
		}));
	}
	if (seen.kind === "rolling-back" && before.lastVerdict?.kind !== "rolling-back") tell("rollout.rolling-back", "warning", `ECS rolls back: ${seen.reason}`);
	if (seen.kind === "unproven" && before.lastVerdict?.kind !== "unproven") tell("rollout.unproven", "info", `ECS calls the deployment done; still to be seen: ${seen.missing.join("; ")}.`);
	if (facts.drain?.refusal !== void 0 && before.drain?.eventAt !== facts.drain.eventAt) tell("rollout.unforeseen", "warning", `The end is looked for without a forecast: ${facts.drain.refusal}`);
	return {
		state,
		events
	};
}
function courseOf(before, facts, seen, now) {
	const { serviceDeployment, service } = facts;
	const balance = serviceDeployment === void 0 ? void 0 : balanceOf(serviceDeployment);
	const since = (holds, earlier) => holds ? earlier ?? now : void 0;
	const safeCount = serviceDeployment === void 0 ? before.safeCount : safeCountOf(serviceDeployment, before);
	const { runningTaskCount = 0, pendingTaskCount = 0 } = serviceDeployment?.target ?? {};
	const launchedSince = since(pendingTaskCount === 0 && runningTaskCount > safeCount, before.launchedSince);
	return {
		safeCount,
		runningSince: since(runningTaskCount > safeCount, before.runningSince),
		launchedSince,
		launches: launchedSince === now ? [...before.launches, now] : before.launches,
		moreToCome: service === void 0 ? before.moreToCome : seen.kind === "rolling-back" && isShort(service),
		upSince: since(balance?.isUp === true, before.upSince),
		aloneSince: since(balance?.isUp === true && balance.surplus <= 0, before.aloneSince),
		serviceReadAt: service === void 0 ? before.serviceReadAt : now,
		stoppedReadAt: facts.stoppedTasks === void 0 ? before.stoppedReadAt : now,
		drain: drainAfter(before.drain, facts.drain, before.serviceReadAt, now)
	};
}
/** How often to look: see `pollDelayMs`. */
function phaseOf(seen, facts, before, tallies, course, now) {
	const { serviceDeployment } = facts;
	if (seen.kind !== "in-progress" && seen.kind !== "rolling-back") return "near-end";
	if (serviceDeployment === void 0) return "starting";
	if (serviceDeployment.status === "STOP_REQUESTED") return "near-end";
	const outlook = outlookOf(serviceDeployment, course, now);
	if (seen.kind === "rolling-back") return outlook === "near" && !course.moreToCome ? "nearly-back" : "rolling-back";
	if (outlook === "near") return "near-end";
	if (outlook === "baking") return "baking";
	const breaker = serviceDeployment.circuitBreaker;
	if (breaker === void 0) return tallies.size > 0 ? "failing" : "in-progress";
	const service = facts.service ?? before.last.service;
	const danger = dangerOf(serviceDeployment, service, course, now);
	if (danger.tasks === 0 || breaker.failureCount + danger.tasks < breaker.threshold) return "in-progress";
	if (breaker.failureCount > 0 || danger.when === "judged") return "failing";
	return danger.when === "coming" ? "launching" : "in-progress";
}
/**
* Only what is really over counts: a task that is still on its way down may not have its exit codes yet,
* and is read again.
*/
function tally(before, expected, facts) {
	if (facts.stoppedTasks === void 0) return before;
	const counted = new Set([...before.values()].flatMap((each) => each.taskIds));
	const tallies = new Map(before);
	for (const task of facts.stoppedTasks) {
		const failure = taskFailure(task, expected.essentialContainers);
		if (failure === void 0 || counted.has(task.id)) continue;
		if (failure.code === "unknown" && task.lastStatus !== "STOPPED") continue;
		const key = failureKey(failure);
		const known = tallies.get(key);
		tallies.set(key, {
			failure: known?.failure ?? failure,
			taskIds: [...known?.taskIds ?? [], task.id]
		});
	}
	return tallies;
}
/** On its way down, and not yet to be told what it fails of. */
function isOpen(task, expected) {
	if (task.lastStatus === "STOPPED") return false;
	return task.stopCode === void 0 || taskFailure(task, expected.essentialContainers)?.code === "unknown";
}
/**
* Tasks that could not even be made: ECS counts them as failures, and no stopped task tells why, only the
* service's events do.
*/
function unplaced(tallies, expected, facts) {
	const { service, stoppedTasks } = facts;
	if (service === void 0 || stoppedTasks === void 0) return tallies;
	if (stoppedTasks.some(({ lastStatus }) => lastStatus !== "STOPPED")) return tallies;
	const failure = placementFailure([...service.events.filter(({ at }) => at >= expected.deploymentCreatedAt)].reverse());
	if (failure === void 0) return tallies;
	const key = failureKey(failure);
	const others = [...tallies].flatMap(([each, { taskIds }]) => each === key ? [] : taskIds).length;
	const count = failuresCounted(expected, facts.serviceDeployment, service) - others;
	if (count <= (tallies.get(key)?.taskIds.length ?? 0)) return tallies;
	const taskIds = Array.from({ length: count }, (_, index) => `not placed (${index + 1})`);
	return new Map(tallies).set(key, {
		failure,
		taskIds
	});
}
function failuresRead(before, expected, facts) {
	const counted = failuresCounted(expected, facts.serviceDeployment, facts.service);
	if (facts.stoppedTasks === void 0) return facts.service !== void 0 || facts.serviceDeployment?.circuitBreaker !== void 0 ? Math.min(before.failuresRead, counted) : before.failuresRead;
	return facts.stoppedTasks.some((task) => isOpen(task, expected)) ? Math.max(0, counted - 1) : counted;
}
function progressText(facts) {
	const target = facts.serviceDeployment?.target;
	const status = facts.serviceDeployment?.status;
	if (target === void 0 || status !== "IN_PROGRESS" && status !== "PENDING") return void 0;
	const old = facts.serviceDeployment.sources.reduce((sum, each) => sum + each.runningTaskCount, 0);
	return `${target.runningTaskCount} of ${target.requestedTaskCount} new tasks running, ${target.pendingTaskCount} pending, ${old} old running.`;
}
function mergeFacts(before, facts) {
	const read = Object.entries(facts).filter(([, value]) => value !== void 0);
	return {
		...before,
		...Object.fromEntries(read)
	};
}
function lastPart(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/rollout/call-budget.ts
/**
* What following a rollout may cost: 80 calls for one of 226 s, and in proportion beyond. Looking often is paid
* out of what slow looks leave over. Pure.
*/
/** The slowest pace of looks. */
const slowestMs = 5e3;
const calls = 80;
const forMs = 226e3;
/** Made before the first look, for the proof and the mark after the last one, and for looks at more than one thing. */
const aroundIt = 14;
/** Of the slow looks up to 226 s, the share that is held back when the end seems near. */
const heldBackNearEnd = .5;
/**
* @param made while it was followed
* @param sinceMs since following began
*/
function spareCalls(made, sinceMs) {
	const left = calls * Math.max(1, sinceMs / forMs) - aroundIt - made;
	const slowLooks = Math.max(0, forMs - sinceMs) / slowestMs;
	return {
		spareCalls: left - slowLooks,
		spareNearEnd: left - slowLooks * heldBackNearEnd
	};
}
// src/rollout/ends.ts
function unobserved({ operation, kind: errorKind, reason }) {
	return {
		kind: "unobserved",
		operation,
		errorKind,
		reason
	};
}
/** ECS came to an end: what it means depends on whether this run had given the deployment up. */
function endOf(state, seen, context) {
	const given = state.giveUp;
	if (seen.kind === "rollback-failed") return seen;
	if (given === void 0) return seen.kind === "stopped" ? seen : {
		...seen,
		by: rolledBackBy(state)
	};
	if (given.why === "failed") return seen.kind === "stopped" ? {
		kind: "stopped",
		reason: given.reason
	} : {
		kind: "rolled-back",
		by: "this-run",
		reason: given.reason
	};
	return endWithAftermath(given, seen.kind, context);
}
function endWithAftermath(given, aftermath, context) {
	switch (given.why) {
		case "cancelled": return {
			kind: "cancelled",
			aftermath
		};
		case "timed-out": return {
			kind: "timed-out",
			waitedMs: context.now - context.startedAt,
			missing: given.missing,
			aftermath
		};
		case "failed":
			if (aftermath === "rolling-back" && context.cancelled) return {
				kind: "cancelled",
				aftermath
			};
			if (aftermath === "rolling-back") return {
				kind: "timed-out",
				waitedMs: context.now - context.startedAt,
				missing: [`the rollback has not ended. ${given.reason.replace(/[.\s]+$/, "")}`],
				aftermath
			};
			return {
				kind: aftermath === "stopped" ? "stopped" : "failed",
				reason: given.reason
			};
	}
}
function endOfRefusal(given, refusal, context) {
	if (given.why === "cancelled" || given.action === "stop") return endWithAftermath(given, "left", context);
	return {
		kind: "rollback-failed",
		reason: `${given.reason} ECS refused the rollback: ${refusal.code}: ${refusal.reason}`
	};
}
function rolledBackBy(state) {
	const deployment = state.last.serviceDeployment;
	const breaker = deployment?.circuitBreaker;
	const tripped = breaker !== void 0 && breaker.failureCount >= breaker.threshold;
	const byReason = /circuit breaker|alarm/i.test(`${deployment?.rollback?.reason ?? ""} ${deployment?.statusReason ?? ""}`);
	return tripped || byReason || (deployment?.triggeredAlarmNames.length ?? 0) > 0 ? "ecs" : "someone-else";
}
// src/rollout/follow-state.ts
const defaultFollowOptions = {
	timeoutMs: 9e5,
	pollInterval: "auto",
	onFailure: "rollback",
	onCancel: "rollback",
	failFast: true,
	failFastTasks: 3,
	failFastCauses: void 0,
	recoveryTimeoutMs: 9e5
};
function initialFollowState(serviceDeploymentArn, now) {
	return {
		serviceDeploymentArn,
		looks: 0,
		calls: 0,
		unreadable: 0,
		hurriedLooks: 0,
		tallies: /* @__PURE__ */ new Map(),
		failuresRead: 0,
		phase: "starting",
		phaseSince: now,
		upSince: void 0,
		aloneSince: void 0,
		runningSince: void 0,
		launchedSince: void 0,
		launches: [],
		safeCount: 0,
		moreToCome: false,
		seenAt: now,
		serviceReadAt: now,
		stoppedReadAt: now,
		drain: void 0,
		last: {},
		lastVerdict: void 0,
		lastProgress: "",
		giveUp: void 0,
		diagnosis: void 0
	};
}
/** The failure seen in most tasks. */
function leadingFailure(tallies) {
	let leading;
	for (const tally of tallies.values()) if (leading === void 0 || tally.taskIds.length > leading.taskIds.length) leading = tally;
	return leading;
}
// src/rollout/poll.ts
const fastestMs = 500;
/** A rollback is told two seconds after it begins, with the looks at its stopped tasks in them. */
const watchfulMs = 1300;
/** While there are calls to spare, a pause is such a part of the time for which the end has seemed near. */
const nearEndParts = 8;
function pollDelayMs(interval, moment) {
	if (interval !== "auto") return interval.fixedMs;
	const { phase, inPhaseMs, endsInMs, spareCalls, spareNearEnd } = moment;
	const sparing = (atLeastMs) => spareCalls < 1 ? slowestMs : Math.min(slowestMs, Math.max(atLeastMs, Math.round(inPhaseMs / spareCalls)));
	switch (phase) {
		case "starting": return 1e3;
		case "launching": return spareCalls < 1 ? slowestMs : watchfulMs;
		case "failing": return inPhaseMs < 9e4 ? watchfulMs : inPhaseMs < 18e4 ? 2500 : slowestMs;
		case "in-progress":
		case "rolling-back": return endsInMs === void 0 || endsInMs <= 0 ? slowestMs : Math.min(slowestMs, Math.max(fastestMs, endsInMs));
		case "baking": return sparing(2e3);
		case "near-end": return Math.min(sparing(fastestMs), spareNearEnd < 1 ? slowestMs : Math.max(fastestMs, Math.round(inPhaseMs / nearEndParts)));
		case "nearly-back": return Math.min(1e3, Math.max(fastestMs, Math.round(inPhaseMs / 20)));
	}
}
/** Pause after reads that failed `failures` times in a row. */
function pauseAfterFailureMs(kind, failures) {
	return Math.min(1e4, (kind === "throttled" ? 2e3 : fastestMs) * 2 ** Math.min(failures - 1, 5));
}
// src/rollout/verdict.ts
/**
* The verdict on a rollout: a pure function of what was expected and what was seen. `succeeded` needs, in
* one observation: the deployment's own record SUCCESSFUL, and the tasks themselves in proof of it.
*/
function verdict(expected, facts) {
	const { service, serviceDeployment } = facts;
	if (service !== void 0 && service.status !== "ACTIVE") return {
		kind: "stopped",
		reason: `The service is ${service.status}: somebody deletes it.`
	};
	if (serviceDeployment === void 0) return expected.mode === "standing" ? standingVerdict(expected, facts) : {
		kind: "in-progress",
		missing: ["its service deployment is not visible yet"]
	};
	const newer = supersededBy(expected, facts);
	switch (serviceDeployment.status) {
		case "SUCCESSFUL": return newer ?? proof(expected, facts);
		case "STOP_REQUESTED": return newer ?? {
			kind: "in-progress",
			missing: ["ECS was asked to stop the deployment"]
		};
		case "STOPPED": return newer ?? {
			kind: "stopped",
			reason: serviceDeployment.statusReason ?? "ECS stopped the deployment and gives no reason."
		};
		case "ROLLBACK_REQUESTED":
		case "ROLLBACK_IN_PROGRESS": return {
			kind: "rolling-back",
			reason: rollbackReason(facts)
		};
		case "ROLLBACK_SUCCESSFUL": return {
			kind: "rolled-back",
			reason: rollbackReason(facts)
		};
		case "ROLLBACK_FAILED": return {
			kind: "rollback-failed",
			reason: rollbackReason(facts)
		};
		default: return progress(facts);
	}
}
/**
* What still speaks against success, in words; empty means proven. Everything is looked at in one
* observation, so that a scale-out between two of them cannot add up to a success.
*/
function missingProof(expected, facts) {
	const { service, runningTasks } = facts;
	if (service === void 0 || runningTasks === void 0) return ["its tasks have not been read"];
	const missing = [];
	const ours = runningTasks.filter((task) => task.startedBy === expected.deploymentId);
	const healthy = ours.filter((task) => taskDefect(expected, facts, task) === void 0);
	if (healthy.length < service.desiredCount) {
		const defects = new Set(ours.flatMap((task) => taskDefect(expected, facts, task) ?? []).slice(0, 3));
		const why = defects.size === 0 ? "" : ` (${[...defects].join("; ")})`;
		missing.push(`${healthy.length} of ${service.desiredCount} tasks of this revision are healthy${why}`);
	}
	const strangers = otherTasks(expected, facts).filter((task) => !facts.protectedTaskArns.has(task.arn));
	if (strangers.length > 0) {
		const run = strangers.length === 1 ? "task of another deployment still runs" : "tasks of another deployment still run";
		const unread = facts.protectionUnread ? " (protected or not: ecs:GetTaskProtection is denied)" : "";
		missing.push(`${strangers.length} ${run}${unread}`);
	}
	return missing;
}
/** Why a task does not count as healthy; undefined when it does. */
function taskDefect(expected, facts, task) {
	if (task.lastStatus !== "RUNNING" || task.desiredStatus !== "RUNNING") return `one is ${task.desiredStatus === "RUNNING" ? task.lastStatus : "stopping"}`;
	if (task.taskDefinitionArn !== expected.taskDefinitionArn) return "one has another task definition";
	if (task.health === "UNHEALTHY") return "one fails its container health check";
	if (expected.hasContainerHealthCheck && task.health !== "HEALTHY") return "one waits for its container health check";
	for (const [name, digest] of expected.pinnedDigests) {
		const container = task.containers.find((each) => each.name === name);
		if (container?.imageDigest !== digest && !container?.image.endsWith(`@${digest}`)) return `container ${name} of one runs another image than asked for`;
	}
	return targetDefect(facts, task);
}
function targetDefect(facts, task) {
	for (const balancer of facts.service?.loadBalancers ?? []) {
		const group = facts.targetHealth?.find((each) => each.targetGroupArn === balancer.targetGroupArn);
		if (group === void 0) return "the health of its target has not been read";
		if (task.privateIp === void 0) {
			const healthy = group.targets.filter((target) => target.state === "healthy").length;
			if (healthy >= (facts.service?.desiredCount ?? 0)) continue;
			return `${healthy} targets are healthy in the load balancer`;
		}
		const targets = group.targets.filter((target) => target.id === task.privateIp);
		const target = targets.find((each) => each.port === balancer.containerPort) ?? targets[0];
		if (target === void 0) return "one is not registered with the load balancer";
		if (target.state !== "healthy") return `one is ${target.state} in the load balancer${target.reason === void 0 ? "" : ` (${target.reason})`}`;
	}
}
function otherTasks(expected, facts) {
	return (facts.runningTasks ?? []).filter((task) => task.startedBy !== expected.deploymentId && task.lastStatus !== "STOPPED");
}
function proof(expected, facts) {
	if (facts.service?.desiredCount === 0) return { kind: "zero-desired" };
	const missing = missingProof(expected, facts);
	if (missing.length > 0) return {
		kind: "unproven",
		missing
	};
	return {
		kind: "succeeded",
		runningCount: (facts.runningTasks ?? []).filter((task) => task.startedBy === expected.deploymentId).filter((task) => taskDefect(expected, facts, task) === void 0).length,
		desiredCount: facts.service.desiredCount,
		protectedTaskIds: otherTasks(expected, facts).map((task) => task.id)
	};
}
function standingVerdict(expected, facts) {
	const newer = supersededBy(expected, facts);
	if (newer !== void 0) return newer;
	const deployment = facts.service?.deployments.find((each) => each.id === expected.deploymentId);
	const state = deployment?.rolloutState ?? "COMPLETED";
	if (state === "COMPLETED") return proof(expected, facts);
	if (state === "FAILED") return {
		kind: "stopped",
		reason: deployment?.rolloutStateReason ?? "ECS calls the deployment FAILED."
	};
	return {
		kind: "in-progress",
		missing: ["ECS has not completed the deployment"]
	};
}
/** A newer deployment than ours has taken over, unless it is ECS's own way back from ours. */
function supersededBy(expected, facts) {
	const { service, serviceDeployment } = facts;
	const newest = service === void 0 ? void 0 : newestDeployment(service);
	if (newest === void 0 || newest.id === expected.deploymentId) return void 0;
	if (newest.createdAt < expected.deploymentCreatedAt) return void 0;
	if (serviceDeployment?.rollback !== void 0 && serviceDeployment.status !== "STOPPED") return void 0;
	return {
		kind: "superseded",
		byTaskDefinitionArn: newest.taskDefinitionArn
	};
}
function progress(facts) {
	const target = facts.serviceDeployment?.target;
	if (target === void 0) return {
		kind: "in-progress",
		missing: ["it has not begun"]
	};
	const old = facts.serviceDeployment?.sources.reduce((sum, each) => sum + each.runningTaskCount, 0) ?? 0;
	const missing = [];
	if (target.runningTaskCount < target.requestedTaskCount) missing.push(`${target.runningTaskCount} of ${target.requestedTaskCount} tasks run`);
	if (old > 0) missing.push(`${old} old ${old === 1 ? "task" : "tasks"} still run`);
	return {
		kind: "in-progress",
		missing: missing.length > 0 ? missing : ["ECS has not confirmed the steady state"]
	};
}
function rollbackReason(facts) {
	const deployment = facts.serviceDeployment;
	const alarms = deployment?.triggeredAlarmNames ?? [];
	return deployment?.rollback?.reason || deployment?.statusReason || (alarms.length > 0 ? `Alarm ${alarms.join(", ")}.` : "ECS gives no reason.");
}
// src/rollout/decide.ts
/** Between a refused stop and the look that decides: ECS's records may lag behind its refusals. */
const recheckMs = 500;
const giveUpPollMs = 1e3;
/** A cancelled job has seconds to find the deployment that it is to stop. */
const hurriedLooksLimit = 6;
const hurriedLookMs = 400;
/** Reads in a row that may fail before a deployment that is left is left unseen. */
const lastLooks = 8;
function decideFollow(expected, options, before, observed, context) {
	if (observed.kind === "unreadable") return decideUnreadable(expected, options, before, observed.error, context);
	const seen = heldToAlarms(verdict(expected, observed.facts), before, observed.facts);
	const { state, events } = absorb(expected, before, observed.facts, seen, context.now);
	return withEvents(events, decideSeen(expected, options, state, seen, context));
}
/** A success is none while a watched alarm speaks against it; what was read before the end counts, too. */
function heldToAlarms(seen, before, facts) {
	if (seen.kind !== "succeeded") return seen;
	const missing = alarmDefects(facts.alarms ?? before.last.alarms);
	return missing.length === 0 ? seen : {
		kind: "unproven",
		missing
	};
}
function decideSeen(expected, options, state, seen, context) {
	switch (seen.kind) {
		case "succeeded":
		case "zero-desired":
		case "superseded": return finish(state, seen);
		case "rolled-back":
		case "rollback-failed":
		case "stopped":
			if (state.diagnosis === void 0 && !context.cancelled) return diagnose(state, [seen.reason]);
			return finish(state, endOf(state, seen, context));
		case "rolling-back": return decideRollingBack(options, state, seen.reason, context);
		case "in-progress":
		case "unproven": return state.giveUp === void 0 ? decideUnderWay(expected, options, state, seen, context) : decideGivingUp(options, state, state.giveUp, seen, context);
	}
}
function decideUnderWay(expected, options, state, seen, context) {
	const { missing } = seen;
	const stoppable = seen.kind === "in-progress" && expected.mode === "rollout";
	const action = (wanted) => stoppable ? wanted : "leave";
	if (context.cancelled) {
		if (stoppable && mayStillFind(options, state)) return lookInHurry(state);
		return giveUp(options, state, "cancelled", action(options.onCancel), "The job was cancelled.", missing, context);
	}
	if (context.now >= context.deadlineAt) {
		const reason = `Not done within ${formatDuration(options.timeoutMs)}: ${missing.join("; ")}.`;
		return giveUp(options, state, "timed-out", action(options.onFailure), reason, missing, context);
	}
	const ringing = ringingAlarms(state.last.alarms);
	if (ringing.length > 0) {
		const alarmNames = ringing.map((each) => each.name);
		const words = ringing.map((each) => `Alarm ${each.name} went off${each.reason ? `: ${each.reason}` : ""}`);
		const decision = giveUp(options, state, "failed", action(options.onFailure), `${words.join("; ").replace(/[.\s]+$/, "")}.`, alarmDefects(state.last.alarms), context);
		const given = decision.state.giveUp;
		return {
			...decision,
			state: {
				...decision.state,
				giveUp: {
					...given,
					alarmNames
				}
			}
		};
	}
	if (failsFast(options, state)) {
		const { failure, taskIds } = leadingFailure(countedFailures(options, state));
		const reason = causeSentence({
			...failure,
			tasks: taskIds.length
		});
		return giveUp(options, state, "failed", action(options.onFailure), reason, missing, context);
	}
	return wait(state, pollDelayMs(options.pollInterval, momentOf(state, context)));
}
/**
* The same start failure in enough tasks. Where ECS's own breaker is about to act on it, ECS goes first: a
* stop on top of its rollback would be one hand too many. With `leave` a breaker that is on is waited for.
*/
function failsFast(options, state) {
	const count = leadingFailure(countedFailures(options, state))?.taskIds.length ?? 0;
	if (!options.failFast || count < options.failFastTasks) return false;
	const breaker = state.last.serviceDeployment?.circuitBreaker;
	if (breaker === void 0) return true;
	if (options.onFailure === "leave") return false;
	return count < breaker.threshold || count >= breaker.threshold + options.failFastTasks;
}
/** Failures of the causes that fail-fast is about. */
function countedFailures(options, state) {
	const causes = options.failFastCauses;
	if (causes === void 0) return state.tallies;
	return new Map([...state.tallies].filter(([, { failure }]) => causes.has(failure.code)));
}
function decideRollingBack(options, state, reason, context) {
	if (context.cancelled) return finish(state, {
		kind: "cancelled",
		aftermath: "rolling-back"
	});
	if (state.diagnosis === void 0) return diagnose(state, [reason]);
	const latest = state.giveUp?.deadlineAt ?? context.deadlineAt + options.recoveryTimeoutMs;
	if (context.now >= latest) return finish(state, {
		kind: "timed-out",
		waitedMs: context.now - context.startedAt,
		missing: [`the rollback has not ended: ${reason}`],
		aftermath: "rolling-back"
	});
	return wait(state, pollDelayMs(options.pollInterval, momentOf(state, context)));
}
/** The deployment was given up and is not (yet) seen to roll back. */
function decideGivingUp(options, state, given, seen, context) {
	if (given.refusal !== void 0 && seen.kind === "unproven") {
		const left = {
			...given,
			action: "leave",
			refusal: void 0,
			missing: seen.missing
		};
		return decideGivingUp(options, {
			...state,
			giveUp: left
		}, left, seen, context);
	}
	if (context.cancelled && given.why !== "cancelled" && !given.asked) return giveUp(options, state, "cancelled", options.onCancel, "The job was cancelled.", given.missing, context);
	if (given.refusal !== void 0) {
		if (!given.rechecked) return wait({
			...state,
			giveUp: {
				...given,
				rechecked: true
			}
		}, recheckMs);
		if (state.diagnosis === void 0 && !context.cancelled) return diagnose(state, given.missing);
		return finish(state, endOfRefusal(given, given.refusal, context));
	}
	if (given.action === "leave") {
		if (state.diagnosis === void 0 && !context.cancelled) return diagnose(state, given.missing);
		return finish(state, endWithAftermath(given, "left", context));
	}
	if (context.cancelled || context.now >= given.deadlineAt) return finish(state, endWithAftermath(given, given.action === "stop" ? "stopped" : "rolling-back", context));
	return wait(state, giveUpPollMs);
}
function decideUnreadable(expected, options, before, error, context) {
	const state = {
		...before,
		unreadable: before.unreadable + 1
	};
	const given = state.giveUp;
	const events = [];
	if (state.unreadable === 1 && !context.cancelled) events.push({
		at: context.now,
		code: "rollout.unreadable",
		level: error.retryable ? "info" : "warning",
		message: `AWS does not answer (${error.operation}: ${error.code}): ${error.retryable ? "looking less often; the verdict does not change" : error.reason}`
	});
	const decide = () => {
		if (given !== void 0 && (given.asked || given.refusal !== void 0 || given.action === "leave")) {
			if (given.refusal !== void 0) {
				if ((given.refusal.kind === "rejected" || given.refusal.kind === "not-found") && error.retryable && !context.cancelled && context.now < given.deadlineAt) return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
				return finish(state, endOfRefusal(given, given.refusal, context));
			}
			if (given.action === "leave") {
				if (error.retryable && !context.cancelled && state.unreadable < lastLooks) return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
				return finish(state, endWithAftermath(given, "left", context));
			}
			if (given.why === "failed" && !error.retryable && !context.cancelled) return finish(state, unobserved(error));
			if (context.cancelled || context.now >= given.deadlineAt || !error.retryable) return finish(state, endWithAftermath(given, given.action === "stop" ? "stopped" : "rolling-back", context));
			return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
		}
		const stop = (action) => expected.mode === "rollout" && state.serviceDeploymentArn !== void 0 ? action : "leave";
		const missing = [`AWS does not answer: ${error.operation}: ${error.code}`];
		if (context.cancelled && state.lastVerdict?.kind === "rolling-back") return finish(state, {
			kind: "cancelled",
			aftermath: "rolling-back"
		});
		if (context.cancelled) {
			if (expected.mode === "rollout" && error.retryable && mayStillFind(options, state)) return lookInHurry(state);
			return giveUp(options, state, "cancelled", stop(options.onCancel), "The job was cancelled.", missing, context);
		}
		if (error.kind === "not-found") return finish(state, {
			kind: "stopped",
			reason: error.reason
		});
		if (!error.retryable) return finish(state, unobserved(error));
		if (context.now >= context.deadlineAt) {
			const reason = `Not done within ${formatDuration(options.timeoutMs)}, and AWS does not answer.`;
			return giveUp(options, state, "timed-out", stop(options.onFailure), reason, missing, context);
		}
		return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
	};
	return withEvents(events, decide());
}
function mayStillFind(options, state) {
	return state.serviceDeploymentArn === void 0 && options.onCancel !== "leave" && state.hurriedLooks < hurriedLooksLimit;
}
function lookInHurry(state) {
	return wait({
		...state,
		hurriedLooks: state.hurriedLooks + 1
	}, hurriedLookMs);
}
function giveUp(options, state, why, action, reason, missing, context) {
	const arn = state.serviceDeploymentArn;
	const effective = arn === void 0 ? "leave" : action;
	const given = {
		why,
		action: effective,
		reason,
		missing,
		asked: false,
		refusal: void 0,
		rechecked: false,
		deadlineAt: context.now + options.recoveryTimeoutMs
	};
	const next = {
		...state,
		giveUp: given
	};
	const event = {
		at: context.now,
		code: `rollout.${why}`,
		level: "warning",
		message: `${reason.replace(/[.\s]+$/, "")}: ${{
			rollback: "asking ECS to roll back",
			stop: "asking ECS to stop the deployment",
			leave: "leaving the deployment as it is"
		}[effective]}.`
	};
	if (effective === "leave" || arn === void 0) {
		const rest = why === "cancelled" ? finish(next, endWithAftermath(given, "left", context)) : diagnose(next, missing);
		return withEvents([event], rest);
	}
	return {
		kind: "act",
		state: next,
		act: {
			kind: "stop",
			why,
			serviceDeploymentArn: arn,
			stopType: effective === "rollback" ? "ROLLBACK" : "ABORT"
		},
		events: [event]
	};
}
function momentOf(state, context) {
	const { serviceDeployment } = state.last;
	const ends = [endNotBefore(state.drain), healthNotBefore(serviceDeployment, state)];
	const notBefore = Math.max(...ends.map((each) => each ?? 0)) || void 0;
	return {
		phase: state.phase,
		inPhaseMs: context.now - state.phaseSince,
		...spareCalls(state.calls, context.now - context.startedAt),
		endsInMs: notBefore === void 0 ? void 0 : notBefore - context.now
	};
}
function diagnose(state, missing) {
	return {
		kind: "act",
		state,
		act: {
			kind: "diagnose",
			missing
		}
	};
}
function wait(state, waitMs) {
	return {
		kind: "wait",
		state,
		waitMs
	};
}
function finish(state, outcome) {
	return {
		kind: "finish",
		state,
		outcome: {
			state,
			outcome
		}
	};
}
function withEvents(events, decision) {
	return events.length === 0 ? decision : {
		...decision,
		events: [...events, ...decision.events ?? []]
	};
}
// src/rollout/follow.ts
/** Never rejects for what happens in AWS: everything is an outcome. */
async function followServiceDeployment(ports, expected, options = {}) {
	const { aws, clock, cancelled } = ports;
	const chosen = {
		...defaultFollowOptions,
		...options
	};
	const startedAt = clock.now();
	const retrying = (totalMs) => withRetries(aws, {
		clock,
		random: ports.random
	}, {
		...patient,
		totalMs
	});
	const stopping = (why) => retrying(why === "cancelled" ? 6e3 : patient.totalMs);
	const ended = await runEngine({
		initial: initialFollowState(expected.serviceDeploymentArn, startedAt),
		timeoutMs: chosen.timeoutMs,
		observe: (state) => observe(ports, expected, state),
		decide: (state, observed, context) => decideFollow(expected, chosen, state, observed, context),
		async perform(act, state) {
			const alarmNames = state.giveUp?.alarmNames;
			switch (act.kind) {
				case "stop":
					if (act.why !== "cancelled") ports.handover?.change({ wanted: act.stopType === "ROLLBACK" ? "rollback" : "stop" });
					await stopServiceDeployment(stopping(act.why), act.serviceDeploymentArn, act.stopType);
					return {
						...state,
						giveUp: {
							...state.giveUp,
							asked: true
						}
					};
				case "diagnose": return {
					...state,
					diagnosis: await gatherDiagnosis(retrying(5e3), {
						clock,
						cancelled
					}, {
						expected,
						leading: alarmNames === void 0 ? leadingFailure(state.tallies) : void 0,
						stoppedTasks: state.last.stoppedTasks ?? [],
						service: state.last.service,
						triggeredAlarmNames: alarmNames ?? state.last.serviceDeployment?.triggeredAlarmNames ?? [],
						missing: act.missing
					})
				};
			}
		},
		refused: (_act, error, state) => state.giveUp === void 0 ? state : {
			...state,
			giveUp: {
				...state.giveUp,
				refusal: error
			}
		}
	}, {
		clock,
		cancelled,
		record: ports.record
	});
	return {
		deploymentId: expected.deploymentId,
		outcome: ended.outcome,
		serviceDeploymentArn: ended.state.serviceDeploymentArn,
		diagnosis: ended.state.diagnosis,
		last: ended.state.last,
		startedAt,
		endedAt: clock.now()
	};
}
/** A read under way when the job is cancelled is dropped: what matters then is the stop. */
async function observe({ aws, alarms, cancelled }, expected, state) {
	const signal = cancelled.aborted ? void 0 : cancelled;
	let calls = 0;
	const counted = { call(operation, input, signalOfCall) {
		calls++;
		return aws.call(operation, input, signalOfCall);
	} };
	if (alarms === void 0 || state.giveUp !== void 0) return {
		...await observeRollout(counted, expected, state, signal),
		calls
	};
	const [facts, alarmFacts] = await Promise.all([observeRollout(counted, expected, state, signal), alarms.read(counted, signal)]);
	return {
		...facts,
		alarms: alarmFacts,
		calls
	};
}
// src/rollout/start.ts
/** Calls whose answer got lost are looked into and tried again this often, with growing pauses. */
const lostAnswers = 8;
const firstPauseMs = 250;
/** ECS's own reads may lag behind its writes by this much. */
const visibleWithinMs = 15e3;
const lookAgainMs = 1e3;
/**
* Registers once: a repeated call would make a second revision, so a lost answer is looked for in the
* family first.
*/
async function registerOnce(ports, input) {
	for (let attempt = 1;; attempt++) try {
		return await registerTaskDefinition(ports.aws, input, ports.cancelled);
	} catch (error) {
		if (!answerLost(error) || attempt > lostAnswers || ports.cancelled.aborted) throw error;
		const latest = await readTaskDefinition(ports.aws, input.family ?? "");
		if (latest !== void 0 && definitionHash(latest.definition) === definitionHash(input)) return latest;
		await pause(ports, attempt);
	}
}
/** What UpdateService is told: nothing that was not asked for. */
function updateInput(request, service, taskDefinitionArn, force) {
	const configuration = service.deploymentConfiguration;
	return {
		cluster: request.cluster,
		service: request.service,
		taskDefinition: taskDefinitionArn,
		...request.desiredCount === void 0 ? {} : { desiredCount: request.desiredCount },
		...force ? { forceNewDeployment: true } : {},
		...request.circuitBreaker === "ensure" && !hasBreaker(service) ? { deploymentConfiguration: {
			...configuration,
			deploymentCircuitBreaker: {
				...configuration.deploymentCircuitBreaker,
				enable: true,
				rollback: true
			}
		} } : {}
	};
}
/**
* Updates the service and answers with the ECS deployment that came of it, or undefined where it is gone
* already because another one took its place.
*/
async function updateOnce(ports, before, change) {
	const known = new Set(before.deployments.map((each) => each.id));
	const made = (service) => service.deployments.find((each) => !known.has(each.id) && each.taskDefinitionArn === change.taskDefinition);
	let after;
	for (let attempt = 1; after === void 0; attempt++) try {
		after = await updateService(ports.aws, change, ports.cancelled);
	} catch (error) {
		if (!answerLost(error) || attempt > lostAnswers) throw error;
		const seen = await readAgain(ports, change, error);
		if (seen !== void 0 && made(seen) !== void 0) after = seen;
		else if (ports.cancelled.aborted) throw error;
		else await pause(ports, attempt);
	}
	const deadline = ports.clock.now() + visibleWithinMs;
	for (;;) {
		const deployment = made(after);
		if (deployment !== void 0) return deployment;
		const newest = newestDeployment(after);
		if (newest !== void 0 && !known.has(newest.id)) return void 0;
		if (newest?.taskDefinitionArn === change.taskDefinition && change.forceNewDeployment !== true) return newest;
		if (ports.clock.now() >= deadline) return void 0;
		const looked = ports.cancelled.aborted;
		await ports.clock.sleep(lookAgainMs);
		after = await readService(ports.aws, change.cluster ?? "", change.service ?? "") ?? after;
		if (looked && made(after) === void 0) throw notVisible();
	}
}
/** Whether a change whose answer got lost has happened. A cancelled job has the time for one look. */
async function readAgain(ports, change, lost) {
	try {
		return await readService(ports.aws, change.cluster ?? "", change.service ?? "");
	} catch (error) {
		throw ports.cancelled.aborted ? lost : error;
	}
}
function notVisible() {
	return new AwsCallError("ecs:UpdateService", "NotVisible", "The service was updated, and ECS does not show the deployment yet.", "transient");
}
async function pause(ports, attempt) {
	await ports.clock.sleep(Math.min(1e4, firstPauseMs * 2 ** attempt), ports.cancelled);
}
function answerLost(error) {
	return error instanceof AwsCallError && error.kind === "transient";
}
// src/rollout/roll-out.ts
/**
* One rollout from a definition to an outcome: start it, follow it, and where the new revision is left
* standing without a way back of ECS's own, go back by deploying the former one. Used by rolling-deploy and
* rollback.
*/
/** Writes are kept up longer than reads: giving up half-way is the worse end. */
const persistent = {
	...patient,
	totalMs: 3e5
};
/** A cancelled job has about ten seconds: what is not answered by then is left to the post step. */
const hurryMs = 2500;
function retrying(ports) {
	const { clock, random, cancelled } = ports;
	const hurry = {
		signal: cancelled,
		totalMs: hurryMs
	};
	return withRetries(withWholeWrites(ports.aws, clock), {
		clock,
		random,
		hurry
	}, persistent);
}
/** Rejects with `AwsCallError` only while nothing has begun. */
async function rollOut(ports, order) {
	const { request, service, definition } = order;
	const tell = (code, level, message) => ports.record({
		at: ports.clock.now(),
		code,
		level,
		message
	});
	const nothing = {
		follow: void 0,
		deploymentId: void 0,
		serviceDeploymentArn: void 0
	};
	if (ports.cancelled.aborted) return {
		outcome: {
			kind: "cancelled",
			aftermath: "untouched"
		},
		...nothing
	};
	const aws = retrying(ports);
	const change = updateInput(request, service, definition.arn, order.force);
	ports.handover?.open(beginning(service, definition.arn, order.options.onCancel ?? "rollback"));
	const deployment = await updateOnce({
		aws,
		clock: ports.clock,
		cancelled: ports.cancelled
	}, service, change);
	if (deployment === void 0) return {
		outcome: {
			kind: "superseded",
			byTaskDefinitionArn: void 0
		},
		...nothing
	};
	const stood = service.deployments.some((each) => each.id === deployment.id);
	if (stood) ports.handover?.change({ wanted: "leave" });
	else ports.handover?.change({ deployment: {
		id: deployment.id,
		createdAt: deployment.createdAt
	} });
	tell("rollout.started", "info", stood ? `Service ${service.name} updated; ${revisionName(definition)} is deployed already.` : `Service ${service.name} updated: ECS deploys ${revisionName(definition)}.`);
	const expected = expectRollout(request, definition, deployment, stood ? "standing" : "rollout");
	if (!order.wait) return {
		outcome: { kind: "started" },
		follow: void 0,
		deploymentId: deployment.id,
		serviceDeploymentArn: void 0
	};
	const follow = await followServiceDeployment(ports, expected, order.options);
	return {
		outcome: needsWayBack(order, follow) ? await goBack(ports, order, {
			reason: reasonOf(follow.outcome),
			outcome: follow.outcome,
			by: "ecs"
		}) : follow.outcome,
		follow,
		deploymentId: deployment.id,
		serviceDeploymentArn: follow.serviceDeploymentArn
	};
}
/**
* ECS stopped it by its own detection without rolling back, or called it done and it is not: there is no
* deployment left that could be stopped with ROLLBACK.
*/
function needsWayBack(order, follow) {
	if ((order.options.onFailure ?? "rollback") !== "rollback") return false;
	if (order.service.taskDefinitionArn === order.definition.arn) return false;
	const deployment = follow.last.serviceDeployment;
	const { outcome } = follow;
	if (outcome.kind === "stopped") {
		const byDetection = /circuit breaker|alarm|tasks? failed/i.test(outcome.reason);
		return deployment?.status === "STOPPED" && (byDetection || (deployment.triggeredAlarmNames.length ?? 0) > 0);
	}
	return (outcome.kind === "timed-out" && outcome.aftermath === "left" || outcome.kind === "failed") && deployment?.status === "SUCCESSFUL";
}
/** Deploys the revision that served before, once ECS is done with the one after it. */
async function goBack(ports, order, { reason, outcome: failed, by }) {
	try {
		const aws = retrying(ports);
		const former = await readTaskDefinition(aws, order.service.taskDefinitionArn);
		if (former === void 0 || former.status !== "ACTIVE") return {
			kind: "rollback-failed",
			reason: `${reason} The former task definition is not active any more.`
		};
		ports.record({
			at: ports.clock.now(),
			code: "rollout.going-back",
			level: "warning",
			message: `${by === "ecs" ? "ECS does not roll back by itself: deploying" : "Deploying"} ${revisionName(former)} again.`
		});
		const cancelled = ports.cancelled.aborted;
		if (cancelled && (order.options.onCancel ?? "rollback") !== "rollback") return failed;
		ports.handover?.change({
			wanted: "rollback",
			goingBack: true
		});
		const { alarms: _alarms, handover: _handover, ...without } = ports;
		const back = await rollOut(cancelled ? {
			...without,
			cancelled: new AbortController().signal
		} : without, {
			...order,
			request: {
				...order.request,
				desiredCount: void 0,
				circuitBreaker: "keep"
			},
			definition: former,
			force: false,
			wait: !cancelled,
			options: {
				...order.options,
				timeoutMs: order.options.recoveryTimeoutMs ?? defaultFollowOptions.recoveryTimeoutMs,
				onFailure: "leave",
				onCancel: "leave"
			}
		});
		if (back.outcome.kind === "succeeded" || back.outcome.kind === "no-change") return failed.kind === "timed-out" ? {
			...failed,
			aftermath: "rolled-back"
		} : {
			kind: "rolled-back",
			by: "this-run",
			reason
		};
		if (back.outcome.kind === "started" || back.outcome.kind === "cancelled") return {
			kind: "cancelled",
			aftermath: back.outcome.kind === "cancelled" && back.outcome.aftermath === "untouched" ? "stopped" : "rolling-back"
		};
		if ([
			"superseded",
			"zero-desired",
			"stopped"
		].includes(back.outcome.kind)) return back.outcome;
		return {
			kind: "rollback-failed",
			reason: `${reason} The way back ended as ${back.outcome.kind}.`
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "rollback-failed",
			reason: `${reason} The way back failed: ${error.operation}: ${error.reason}`
		};
	}
}
function reasonOf(outcome) {
	if (outcome.kind === "stopped") return outcome.reason;
	return outcome.kind === "timed-out" ? `Not proven: ${outcome.missing.join("; ")}.` : "";
}
export { beginWatch, causeSentence, decidingContainer, describeCause, exitWords, expectRollout, failureKey, followServiceDeployment, goBack, logLocation, pauseAfterFailureMs, putMetricAlarm, readAlarmGuard, readAlarms, readAlarmsActingOn, readLogLines, readMetricAlarm, redactLogLine, registerOnce, retrying, ringingAlarms, rollOut, taskFailure, unobserved, watchAlarms };
