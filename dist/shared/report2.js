import { formatDuration } from "./start.js";
import { causeSentence, decidingContainer, describeCause, taskFailure } from "./roll-out.js";
// src/aws/pace.ts
/**
* AWS's rates for one account and region.
* @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
* @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html
*/
const rates = {
	"ecs service reads": {
		burst: 100,
		perSecond: 20
	},
	"ecs service changes": {
		burst: 50,
		perSecond: 5
	},
	"ecs task reads": {
		burst: 100,
		perSecond: 20
	},
	"ecs service deployments": {
		burst: 50,
		perSecond: 20
	},
	"ecs task definition reads": {
		burst: 50,
		perSecond: 20
	},
	"ecs registrations": {
		burst: 20,
		perSecond: 1
	},
	"ecs tags": {
		burst: 20,
		perSecond: 10
	},
	"load balancer reads": {
		burst: 40,
		perSecond: 10
	},
	alarms: {
		burst: 9,
		perSecond: 9
	}
};
/** What one run takes of a rate at most. */
const share = .5;
const classes = {
	"ecs:DescribeServices": "ecs service reads",
	"ecs:ListServices": "ecs service reads",
	"ecs:UpdateService": "ecs service changes",
	"ecs:DescribeTasks": "ecs task reads",
	"ecs:ListTasks": "ecs task reads",
	"ecs:GetTaskProtection": "ecs task reads",
	"ecs:DescribeServiceDeployments": "ecs service deployments",
	"ecs:DescribeServiceRevisions": "ecs service deployments",
	"ecs:ListServiceDeployments": "ecs service deployments",
	"ecs:StopServiceDeployment": "ecs service deployments",
	"ecs:DescribeTaskDefinition": "ecs task definition reads",
	"ecs:RegisterTaskDefinition": "ecs registrations",
	"elasticloadbalancing:DescribeTargetGroups": "load balancer reads",
	"elasticloadbalancing:DescribeTargetGroupAttributes": "load balancer reads",
	"elasticloadbalancing:DescribeTargetHealth": "load balancer reads",
	"cloudwatch:DescribeAlarms": "alarms"
};
/** The pace an operation is held to; undefined: it is called too seldom to need one. Pure. */
function rateOf(operation) {
	const name = classes[operation];
	if (name === void 0) return void 0;
	const { burst, perSecond } = rates[name];
	return {
		name,
		burst: burst * share,
		perSecond: perSecond * share
	};
}
/**
* When the next call of a rate may go, by the generic cell rate algorithm. Pure. `fullAt` is the time at
* which a whole burst would be free again, epoch milliseconds.
*/
function nextCall(rate, fullAt, now) {
	const everyMs = 1e3 / rate.perSecond;
	const next = Math.max(fullAt, now) + everyMs;
	return {
		waitMs: Math.max(0, next - rate.burst * everyMs - now),
		fullAt: next
	};
}
/** A job that was cancelled has seconds left: its calls wait no longer. */
function withPace(caller, ports) {
	const fullAt = /* @__PURE__ */ new Map();
	return { async call(operation, input, signal) {
		const rate = rateOf(operation);
		if (rate !== void 0 && !ports.cancelled.aborted) {
			const next = nextCall(rate, fullAt.get(rate.name) ?? 0, ports.clock.now());
			fullAt.set(rate.name, next.fullAt);
			if (next.waitMs > 0) await ports.clock.sleep(next.waitMs, ports.cancelled);
		}
		return caller.call(operation, input, signal);
	} };
}
// src/rollout/outcome.ts
/** Whether the job goes on as after a good deployment. A rollback that went well is still no deployment. */
function isGood(outcome) {
	if (outcome.kind === "zero-desired") return outcome.allowed === true;
	return [
		"succeeded",
		"no-change",
		"started",
		"planned"
	].includes(outcome.kind);
}
/** From good to bad. Of several services the worst outcome is the run's. */
const severity = {
	planned: 0,
	"no-change": 1,
	succeeded: 2,
	started: 3,
	"zero-desired": 4,
	refused: 5,
	superseded: 6,
	cancelled: 7,
	"rolled-back": 8,
	"timed-out": 9,
	stopped: 10,
	failed: 11,
	unobserved: 12,
	"rollback-failed": 13
};
/** The worst of them, the first of equals; `entries` has at least one. */
function worstOf(entries) {
	return entries.reduce((worst, each) => severity[each.outcome.kind] > severity[worst.outcome.kind] ? each : worst);
}
// src/rollout/sentences.ts
/** Outcomes in words: one sentence and one remedy each. Pure. */
const aftermaths = {
	"rolled-back": "The former revision serves again.",
	"rolling-back": "ECS is rolling back; its end was not waited for.",
	"rollback-failed": "The rollback failed.",
	stopped: "The deployment was stopped where it stood.",
	left: "The deployment was left as it is.",
	untouched: "The service had not been changed.",
	unknown: "AWS did not answer in time: whether the deployment had begun is not known."
};
const sentences = {
	succeeded: (outcome, { service, revision }) => `${revision} serves: ${outcome.runningCount} of ${outcome.desiredCount} tasks of ${service} run and are healthy, and no others${outcome.protectedTaskIds.length === 0 ? "" : ` but protected ones (${outcome.protectedTaskIds.join(", ")})`}.${watchedWords(outcome)}`,
	"no-change": (outcome, { service, revision }) => `${revision} served already: ${outcome.runningCount} of ${outcome.desiredCount} tasks of ${service} run and are healthy.${watchedWords(outcome)}`,
	"rolled-back": (outcome, { revision, formerRevision }) => `${revision} failed and ${formerRevision ?? "the former revision"} serves again. ${outcome.reason}`,
	"rollback-failed": (outcome, { service }) => `${service} needs you: the rollback failed. ${outcome.reason}`,
	stopped: (outcome, { revision }) => `The deployment of ${revision} was stopped. ${outcome.reason}`,
	superseded: (outcome, { service, revision }) => `Another deployment of ${service} took the place of this one${outcome.byTaskDefinitionArn === void 0 ? "" : ` (${lastPart(outcome.byTaskDefinitionArn)})`}: whether ${revision} is good was never decided.`,
	cancelled: (outcome, { revision }) => `The job was cancelled while ${revision} was being deployed. ${outcome.before === void 0 ? "" : `${outcome.before} `}${aftermaths[outcome.aftermath]}`,
	"timed-out": (outcome, { revision }) => `${revision} was not up within ${formatDuration(Math.round(outcome.waitedMs / 1e3) * 1e3)}: ${outcome.missing.join("; ")}. ${aftermaths[outcome.aftermath]}`,
	"zero-desired": (outcome, { service, revision }) => outcome.allowed === true ? `${revision} is what ${service} will run; its desired count is 0, so nothing is proven.` : `${service} has a desired count of 0: nothing runs, so nothing can be proven.`,
	failed: (outcome, { revision }) => `${revision} ${outcome.code === void 0 ? "does not start" : "serves, and does harm"}. ${outcome.reason} ${aftermaths.left}`,
	unobserved: (outcome, { revision }) => `The deployment of ${revision} goes on, but this job may not watch it: ${outcome.operation}: ${outcome.reason}`,
	started: (_outcome, { revision, service }) => `ECS deploys ${revision} to ${service}; its end was not waited for.`,
	planned: (outcome) => `Nothing was changed. ${outcome.steps.join(" ")}`,
	refused: (outcome) => `${outcome.changed ?? "Nothing was changed."} ${outcome.reason}`
};
function outcomeSentence(outcome, context) {
	const sentence = sentences[outcome.kind];
	return sentence(outcome, context).trim();
}
/** What to do next, apart from the cause's own remedy; undefined where nothing needs doing. */
function outcomeRemedy(outcome) {
	switch (outcome.kind) {
		case "refused": return outcome.remedy;
		case "superseded": return "Give the deploy jobs of one service one concurrency group, so that they wait for each other.";
		case "zero-desired": return outcome.allowed === true ? void 0 : "Set desired-count, scale the service up first, or allow it with allow-zero-desired.";
		case "rollback-failed": return "Look at the service in the ECS console now, and use the rollback action once the reason is gone.";
		case "stopped":
		case "failed": return "Use the rollback action, or deploy a corrected revision.";
		case "unobserved": return outcome.errorKind === "access-denied" ? `Give the role of this job ${outcome.operation}: docs/iam has the policy of this action.` : "Check the credentials of this job, and look at the service in the ECS console.";
		case "cancelled":
		case "timed-out": return outcome.aftermath === "left" || outcome.aftermath === "unknown" ? "The deployment may still be going on: look at the service, or run the rollback action." : void 0;
		default: return;
	}
}
function watchedWords({ watched }) {
	return watched === void 0 ? "" : ` ${watched}`;
}
function lastPart(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/rollout/timeline.ts
/** Bars of tasks that are drawn at most: the first and the last of them. */
const tasksShown$1 = 12;
const labelLimit = 40;
function drawTimeline(input) {
	const { startedAt, endedAt, serviceDeployment, events } = input;
	const rollbackAt = events.find(({ code }) => code === "rollout.rolling-back")?.at;
	const begun = serviceDeployment.createdAt;
	const turned = rollbackAt ?? endedAt;
	const deployment = [{
		label: input.revision,
		tags: [input.ok ? "active" : "crit"],
		from: begun,
		to: Math.max(begun, turned)
	}, ...rollbackAt === void 0 ? [] : [{
		label: "rollback",
		tags: ["active"],
		from: rollbackAt,
		to: Math.max(rollbackAt, endedAt)
	}]];
	const shown = ends(input.tasks, tasksShown$1);
	const left = input.tasks.length - shown.length;
	const base = Math.min(startedAt, begun);
	const lines = [
		"gantt",
		"  dateFormat YYYY-MM-DD HH:mm:ss",
		`  axisFormat ${endedAt - base < 36e5 ? "%M:%S" : "%H:%M"}`,
		`  tickInterval ${tickOf(endedAt - base)}`,
		"  todayMarker off",
		"  section Rollout",
		...deployment.map((row) => draw(row, base))
	];
	if (shown.length > 0) {
		lines.push(`  section ${left === 0 ? "Tasks" : `Tasks (${left} more)`}`);
		lines.push(...shown.map((task) => draw(taskRow$1(task, input.essentialContainers, endedAt), base)));
	}
	lines.push("  section Moments", ...moments(input).map((row) => draw(row, base)));
	return lines.join("\n");
}
function taskRow$1(task, essential, endedAt) {
	const id = task.id.slice(0, 8);
	const ended = task.stoppingAt ?? task.stoppedAt;
	const to = Math.max(task.createdAt, Math.min(ended ?? endedAt, endedAt));
	const row = (how, tag) => ({
		label: `task ${id} ${how}`,
		tags: [tag],
		from: task.createdAt,
		to
	});
	if (ended === void 0 && task.desiredStatus !== "STOPPED") return row(task.lastStatus.toLowerCase(), "active");
	const failure = taskFailure(task, essential);
	if (failure === void 0) return row("stopped", "done");
	const exit = decidingContainer(task.containers, essential)?.exitCode;
	return row(failure.code === "container-exited" && exit !== void 0 ? `exit ${exit}` : failure.code, "crit");
}
function moments({ events, outcome, ok, endedAt }) {
	const rows = [];
	const mark = (code, label) => {
		const event = events.find((each) => code.test(each.code));
		if (event !== void 0) rows.push({
			label,
			tags: ["milestone", "crit"],
			from: event.at
		});
	};
	mark(/^rollout\.task-failed$/, "first failure seen");
	mark(/^rollout\.(failed|timed-out|cancelled)$/, "given up");
	mark(/^rollout\.rolling-back$/, rollbackLabel(events));
	mark(/^rollout\.unproven$/, "done for ECS");
	rows.push({
		label: `verdict ${outcome}`,
		tags: ["milestone", ok ? "done" : "crit"],
		from: endedAt
	});
	return rows;
}
/** Who turned it back, in words of ours. */
function rollbackLabel(events) {
	const reason = events.find(({ code }) => code === "rollout.rolling-back")?.message ?? "";
	if (/circuit breaker/i.test(reason)) return "circuit breaker rolls back";
	return /alarm/i.test(reason) ? "alarm rolls back" : "ECS rolls back";
}
/** Clocks of AWS and of the runner may differ a little: nothing is drawn before the beginning. */
function draw({ label: text, tags, from, to }, base) {
	const begin = Math.max(from, base);
	const parts = [
		...tags,
		stamp(begin, base),
		to === void 0 ? "0s" : stamp(Math.max(to, begin + 1e3), base)
	];
	return `    ${label(text)} :${parts.join(", ")}`;
}
/**
* Time since the beginning, as a time of day: the chart is drawn in the reader's time zone, and a duration
* reads the same in all of them.
*/
function stamp(at, base) {
	const seconds = Math.round((at - base) / 1e3);
	const day = String(1 + Math.floor(seconds / 86400)).padStart(2, "0");
	const two = (value) => String(value).padStart(2, "0");
	return `2000-01-${day} ${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
/** About eight ticks. */
function tickOf(lengthMs) {
	const steps = [
		5,
		10,
		30,
		60,
		120,
		300,
		600,
		1800,
		3600,
		7200,
		21600
	];
	const wanted = lengthMs / 8e3;
	const seconds = steps.find((step) => step >= wanted) ?? 86400;
	return seconds < 60 ? `${seconds}second` : `${seconds / 60}minute`;
}
/** Letters, digits and a few signs: no colon, semicolon, hash, quote, percent sign or line end. */
function label(text) {
	const plain = text.replace(/:/g, " rev ").replace(/[^\p{L}\p{N} ._/-]/gu, " ").replace(/\s+/g, " ").trim();
	return plain.length > labelLimit ? `${plain.slice(0, 39)}…` : plain;
}
function ends(list, limit) {
	const half = limit / 2;
	return list.length <= limit ? list : [...list.slice(0, half), ...list.slice(-half)];
}
// src/rollout/report.ts
/** Stopped tasks that are shown at most. */
const tasksShown = 10;
function rolloutReport(input) {
	const { outcome, context, follow } = input;
	const diagnosis = follow?.diagnosis;
	const cause = diagnosis?.cause;
	const described = cause === void 0 ? void 0 : describeCause(cause);
	const chosen = described?.remedy ?? outcomeRemedy(outcome);
	return {
		title: input.title,
		outcome: outcome.kind,
		ok: input.ok ?? isGood(outcome),
		sentence: withCause(outcomeSentence(outcome, context), diagnosis),
		...chosen === void 0 ? {} : { remedy: chosen },
		...described === void 0 ? {} : { docs: described.docs },
		facts: input.facts,
		events: input.events,
		sections: [...timelineSections(input), ...diagnosis === void 0 ? [] : diagnosisSections(diagnosis, input.startedAt)],
		startedAt: input.startedAt,
		endedAt: input.endedAt
	};
}
/** A picture where something was rolled out. */
function timelineSections(input) {
	const { follow, outcome, context, events, startedAt, endedAt } = input;
	const serviceDeployment = follow?.last.serviceDeployment;
	if (serviceDeployment === void 0 || outcome.kind === "no-change") return [];
	const running = follow?.last.runningTasks?.filter((task) => task.startedBy === follow.deploymentId) ?? [];
	const tasks = [...follow?.last.stoppedTasks?.filter(({ id }) => !running.some((task) => task.id === id)) ?? [], ...running].sort((one, other) => one.createdAt - other.createdAt);
	return [{
		kind: "text",
		heading: "Course of the rollout",
		text: drawTimeline({
			revision: context.revision,
			outcome: outcome.kind,
			ok: input.ok ?? isGood(outcome),
			events,
			serviceDeployment,
			tasks,
			essentialContainers: follow?.diagnosis?.essentialContainers ?? /* @__PURE__ */ new Set(),
			startedAt,
			endedAt
		}),
		language: "mermaid"
	}];
}
/** The cause is added where the outcome's own reason does not say it already, or said less of it. */
function withCause(sentence, diagnosis) {
	if (diagnosis === void 0) return sentence;
	const core = (cause) => describeCause(cause).sentence;
	const { cause, firstSeenAs } = diagnosis;
	if (sentence.includes(core(cause))) return sentence;
	const said = core(firstSeenAs);
	return sentence.includes(said) ? sentence.replace(said, core(cause)) : `${sentence} ${causeSentence(cause)}`;
}
function diagnosisSections(diagnosis, startedAt) {
	const sections = [];
	if (diagnosis.stoppedTasks.length > 0) sections.push({
		kind: "table",
		heading: "Stopped tasks",
		columns: [
			"task",
			"after",
			"code",
			"reason",
			"containers"
		],
		rows: tellingTasks(diagnosis).map((task) => taskRow(task, startedAt, diagnosis.essentialContainers))
	});
	if (diagnosis.unhealthyTargets.length > 0) sections.push({
		kind: "table",
		heading: "Unhealthy targets",
		columns: [
			"target",
			"state",
			"reason",
			"description"
		],
		rows: diagnosis.unhealthyTargets.flatMap((group) => group.targets.map((target) => [
			`${target.id}:${target.port}`,
			target.state,
			target.reason ?? "",
			target.description ?? ""
		]))
	});
	if (diagnosis.log !== void 0) {
		const { container, taskId, lines } = diagnosis.log;
		sections.push({
			kind: "text",
			heading: `Last ${lines.length === 1 ? "line" : `${lines.length} lines`} of container ${container} in task ${taskId}`,
			text: lines.join("\n")
		});
	}
	if (diagnosis.events.length > 0) sections.push({
		kind: "text",
		heading: "Service events since the start",
		text: diagnosis.events.map((event) => `${after(event.at, startedAt)} ${brief(event.message)}`).join("\n")
	});
	if (diagnosis.gaps.length > 0) sections.push({
		kind: "text",
		heading: "What could not be read",
		text: diagnosis.gaps.join("\n")
	});
	return sections;
}
/** Those whose end says something against the revision; where there are none, all that ended. */
function tellingTasks({ stoppedTasks, essentialContainers }) {
	const failed = stoppedTasks.filter((task) => taskFailure(task, essentialContainers) !== void 0);
	return (failed.length > 0 ? failed : stoppedTasks).slice(0, tasksShown);
}
function taskRow(task, startedAt, essential) {
	const decided = task.stopCode === "EssentialContainerExited" ? decidingContainer(task.containers, essential)?.name : void 0;
	return [
		task.id,
		endOf(task) === void 0 ? "" : after(endOf(task), startedAt),
		task.stopCode ?? "",
		brief(task.stoppedReason ?? ""),
		task.containers.map((container) => [
			container.name,
			container.exitCode === void 0 ? void 0 : `exit ${container.exitCode}`,
			container.reason,
			roleOf(container, decided, essential)
		].filter(Boolean).join(" ")).join(", ")
	];
}
/** ARNs of target groups by their name, ids of tasks by their beginning, the service (it is in the title) not at all. */
function brief(words) {
	return words.replace(/^\(service [^)]*\) /, "").replace(/arn:aws[\w-]*:elasticloadbalancing:\S*?:targetgroup\/([^/\s]+)\/[0-9a-f]+/g, "$1").replace(/\(task ([0-9a-f]{8})[0-9a-f]{24}\)/g, "(task $1)");
}
function endOf(task) {
	return task.stoppingAt ?? task.stoppedAt;
}
/** Its part in the end of the task, in words; undefined where there is nothing to tell apart. */
function roleOf(container, decided, essential) {
	if (essential.size > 0 && !essential.has(container.name)) return "(not essential)";
	if (decided === void 0) return void 0;
	return container.name === decided ? "(decided)" : "(stopped with it)";
}
function after(at, startedAt) {
	return `+${formatDuration(Math.max(0, Math.round((at - startedAt) / 1e3) * 1e3))}`;
}
export { isGood, rolloutReport, withPace, worstOf };
