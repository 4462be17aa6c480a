import { __toESM } from "./rolldown-runtime.js";
import { formatDuration } from "./start.js";
import { AwsCallError } from "./call-error.js";
import { ConfigurationError } from "./configuration-error.js";
import { toTaskFacts } from "./observe.js";
import { runEngine } from "./engine.js";
import { causeSentence, decidingContainer, describeCause, exitWords, logLocation, pauseAfterFailureMs, readLogLines, redactLogLine, registerOnce, retrying, taskFailure } from "./roll-out.js";
import { outputOnlyFields, readTags, toTags, writeTags } from "./same-definition.js";
import { patient, withRetries } from "./retry.js";
import { revisionName } from "./plan.js";
import { imageIdOf, parseEcrImage } from "./ecr-image-name.js";
import { keepImage } from "./ecr-keep-tags.js";
import { refusedByAws, registeredWords } from "./refused-by-aws.js";
import { markKeys, marksToTags } from "./marks.js";
import { createHash } from "node:crypto";
// src/rollout/definition-file.ts
/**
* Reads JSON or YAML (of which JSON is a part). Takes what `aws ecs describe-task-definition` prints as
* well: the definition inside `taskDefinition`, output-only fields dropped, tags beside it. Rejects with
* `ConfigurationError`.
*/
async function parseDefinitionFile(path, text) {
	const refuse = (message) => {
		throw new ConfigurationError("task-definition-file", `${path}: ${message}`);
	};
	let document;
	try {
		document = plainJson(text) ?? (await import("./yaml2.js").then((m) => /* @__PURE__ */ __toESM(m.default, 1))).parse(text);
	} catch (error) {
		return refuse(`this is neither JSON nor YAML: ${error instanceof Error ? error.message : String(error)}`);
	}
	if (!isObject(document)) return refuse("expected one task definition, an object with family and containerDefinitions");
	const wrapped = document["taskDefinition"];
	const definition = isObject(wrapped) ? {
		...wrapped,
		...document["tags"] === void 0 ? {} : { tags: document["tags"] }
	} : { ...document };
	for (const name of outputOnlyFields) delete definition[name];
	if (Array.isArray(definition["tags"]) && definition["tags"].length === 0) delete definition["tags"];
	const { family, containerDefinitions } = definition;
	if (typeof family !== "string" || !/^[A-Za-z0-9_-]{1,255}$/.test(family)) return refuse("family is missing, or is not letters, digits, - and _");
	if (!Array.isArray(containerDefinitions) || containerDefinitions.length === 0) return refuse("containerDefinitions is missing or empty");
	const unnamed = containerDefinitions.findIndex((each) => !isObject(each) || typeof each["name"] !== "string");
	if (unnamed >= 0) return refuse(`containerDefinitions[${unnamed}] has no name`);
	for (const size of ["cpu", "memory"]) if (typeof definition[size] === "number") definition[size] = String(definition[size]);
	return definition;
}
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
/**
* Nearly every file is JSON, and the YAML parser is worth its loading only where it is needed: for other texts,
* and for JSON that names a key of one object twice, which it refuses by name.
*/
function plainJson(text) {
	let document;
	try {
		document = JSON.parse(text);
	} catch {
		return;
	}
	return [...text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)].filter(([, colon]) => colon === ":").length === keysOf(document) ? document : void 0;
}
function keysOf(value) {
	if (typeof value !== "object" || value === null) return 0;
	const inside = Object.values(value).reduce((sum, each) => sum + keysOf(each), 0);
	return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}
// src/rollout/stale-guard.ts
/** `liveName` is `family:revision`; `wanted` the commit, undefined where it is not known. */
function staleQuestion(live, wanted) {
	const unknown = (why) => ({
		kind: "unknown",
		why
	});
	const { commit, run } = live.marks;
	if (commit === void 0) return unknown(`${live.name}, which serves now, carries no commit`);
	if (wanted.commit === void 0) return unknown("the commit of what is to be deployed is not known");
	const repository = /^https?:\/\/[^/]+\/(?:[^/]+\/)*?([^/]+\/[^/]+)\/actions\/runs\//.exec(run ?? "")?.[1];
	if (repository !== void 0 && repository.toLowerCase() !== wanted.repository.toLowerCase()) return unknown(`${live.name}, which serves now, comes from ${repository}`);
	const [longer, shorter] = commit.length > wanted.commit.length ? [commit, wanted.commit] : [wanted.commit, commit];
	return longer.toLowerCase().startsWith(shorter.toLowerCase()) ? { kind: "fresh" } : {
		kind: "ask",
		question: {
			live: commit,
			wanted: wanted.commit
		}
	};
}
/** What the comparison of the wanted commit (head) with the live one (base) means. */
function staleness(liveName, { live, wanted }, answer) {
	if (!answer.ok) return {
		kind: "unknown",
		why: answer.reason
	};
	if (answer.value.status !== "behind") return { kind: "fresh" };
	const { behindBy } = answer.value;
	return {
		kind: "stale",
		refusal: {
			kind: "refuse",
			code: "stale-commit",
			reason: `${liveName}, which serves now, was built from ${short(live)}, which is ${behindBy} ${behindBy === 1 ? "commit" : "commits"} ahead of ${short(wanted)} and contains it: an older run would take a newer one back.`,
			remedy: "Nothing needs to be done where a newer run has deployed. To go back on purpose use the rollback action, or say guard-stale: false."
		}
	};
}
function short(commit) {
	return commit.slice(0, 7);
}
// src/rollout/stale-check.ts
function createStaleCheck(github, settings) {
	const { repository, cancelled, unknown } = settings;
	const known = /* @__PURE__ */ new Map();
	const compare = (base, head) => {
		const key = `${base} ${head}`;
		const found = known.get(key) ?? github.compare(base, head, cancelled);
		known.set(key, found);
		return found;
	};
	return async (live, commit) => {
		const before = staleQuestion(live, {
			repository,
			commit
		});
		const found = before.kind === "ask" ? staleness(live.name, before.question, await compare(before.question.live, before.question.wanted)) : before;
		switch (found.kind) {
			case "fresh": return;
			case "unknown":
				unknown(`Whether this run is older than what serves cannot be told: ${found.why}.`);
				return;
			case "stale": return found.refusal;
		}
	};
}
// src/aws/ecs-run-task.ts
/**
* Starts one task. Repeatable by `clientToken`, which ECS remembers for up to 24 hours: a repeated call answers
* with the same task. Rejects with `AwsCallError`; a task that could not be placed is no error to AWS, but a
* failure in its answer.
* @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
*/
async function runTask(aws, input) {
	const answer = await aws.call("ecs:RunTask", {
		...input,
		count: 1
	});
	const [task] = answer.tasks ?? [];
	const failures = (answer.failures ?? []).map(failureSentence);
	if (task !== void 0) return {
		task: toTaskFacts(task),
		failures
	};
	return {
		task: void 0,
		failures: failures.length > 0 ? failures : ["ECS answered without a task and without a reason."]
	};
}
/** What makes a task start where and how a service starts its own. Pure. */
function launchedAs({ launchType, capacityProviderStrategy, platformVersion, networkConfiguration }) {
	return {
		...networkConfiguration === void 0 ? {} : { networkConfiguration },
		...capacityProviderStrategy.length > 0 ? { capacityProviderStrategy: [...capacityProviderStrategy] } : launchType === void 0 ? {} : { launchType },
		...platformVersion === void 0 ? {} : { platformVersion }
	};
}
/** Everything that ECS says about a failure; its parts may all be missing. Pure. */
function failureSentence(failure) {
	const reason = [failure?.reason, failure?.detail].filter(Boolean).join(": ");
	return `${reason === "" ? "ECS gives no reason" : reason}${failure?.arn === void 0 ? "" : ` (${failure.arn})`}`;
}
/** ECS describes at most this many tasks in one call; of one starter there are a handful. */
const startedLimit = 100;
/**
* The tasks that carry this `startedBy`, running ones first. Stopped ones stay visible for about an hour.
* ListTasks takes `startedBy` with a desired status and no other filter.
*/
async function readTasksStartedBy(aws, cluster, startedBy, signal) {
	const arns = [];
	for (const desiredStatus of ["RUNNING", "STOPPED"]) {
		const answer = await aws.call("ecs:ListTasks", {
			cluster,
			startedBy,
			desiredStatus
		}, signal);
		arns.push(...answer.taskArns ?? []);
	}
	if (arns.length === 0) return [];
	return ((await aws.call("ecs:DescribeTasks", {
		cluster,
		tasks: arns.slice(0, startedLimit)
	}, signal)).tasks ?? []).map(toTaskFacts).filter((task) => task.startedBy === startedBy);
}
/** Undefined where ECS does not (or no longer) know it. */
async function readTask(aws, cluster, taskArn, signal) {
	const [task] = (await aws.call("ecs:DescribeTasks", {
		cluster,
		tasks: [taskArn]
	}, signal)).tasks ?? [];
	return task === void 0 ? void 0 : toTaskFacts(task);
}
/** Asks a task to stop: SIGTERM, SIGKILL after its stop time-out. Repeatable. */
async function stopTask(aws, cluster, taskArn, reason) {
	await aws.call("ecs:StopTask", {
		cluster,
		task: taskArn,
		reason: reason.slice(0, 255)
	});
}
// src/rollout/pre-deploy-order.ts
/** What is run before a deployment, and how its task is found again by a later attempt of the same run. Pure. */
/** Which container the command runs in: the one that was named, or the only one that could be meant. */
function preDeployContainer(containers, asked) {
	const names = (some) => some.map((each) => each.name ?? "").join(", ");
	const refuse = (reason) => ({
		kind: "refuse",
		code: "pre-deploy-container",
		reason,
		remedy: `Name the container of the command in pre-deploy-container: one of ${names(containers)}.`
	});
	if (asked !== void 0) return containers.some((each) => each.name === asked) ? {
		kind: "found",
		name: asked
	} : refuse(`The task definition has no container ${asked} to run the pre-deploy command in.`);
	const essential = containers.filter((each) => each.essential !== false);
	const [only] = essential;
	if (only?.name !== void 0 && essential.length === 1) return {
		kind: "found",
		name: only.name
	};
	return refuse(`The task definition has several essential containers (${names(essential)}): which one the pre-deploy command is for is not clear.`);
}
/**
* `startedBy` of the task: the same in every attempt of a run for the same service and command, so that a
* later attempt finds what an earlier one did. `startedAt` stands in for the run outside of GitHub.
*/
function startedByOf(order, startedAt) {
	const { run, service, container, request } = order;
	const runId = run.runId === "" ? `at ${startedAt}` : run.runId;
	return `ips-deploy/${hash([
		run.repository,
		runId,
		service.arn,
		container,
		...request.command
	]).slice(0, 32)}`;
}
/**
* The client token of RunTask: 36 characters, from service, run and attempt. ECS remembers it for a day and
* answers a repeated call with the first task, so a task that failed has to be followed by another token: the
* number of failed ones is part of it.
* @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
*/
function clientTokenOf(startedBy, runAttempt, failedBefore) {
	return hash([
		startedBy,
		runAttempt,
		String(failedBefore)
	]).slice(0, 36);
}
/** As the service starts its own tasks, with the command of the one container replaced. */
function runTaskInput(order, startedBy, clientToken) {
	return {
		cluster: order.cluster,
		taskDefinition: order.definition.arn,
		startedBy,
		clientToken,
		overrides: { containerOverrides: [{
			name: order.container,
			command: [...order.request.command]
		}] },
		...launchedAs(order.service.launch)
	};
}
function endOfTask(task, container) {
	const own = task.containers.find((each) => each.name === container);
	if (own?.lastStatus === "STOPPED" && own.exitCode !== void 0) return own.exitCode === 0 && (task.stopCode !== "UserInitiated" || isTidied(task)) ? { kind: "passed" } : {
		kind: "failed",
		exitCode: own.exitCode
	};
	return task.lastStatus === "STOPPED" ? {
		kind: "failed",
		exitCode: void 0
	} : { kind: "running" };
}
function earlierTasks(tasks, container) {
	const thatIs = (kind) => tasks.find((task) => endOfTask(task, container).kind === kind);
	const passed = thatIs("passed");
	if (passed !== void 0) return {
		kind: "passed",
		task: passed
	};
	const running = thatIs("running");
	return running === void 0 ? {
		kind: "to-run",
		failed: tasks.length
	} : {
		kind: "running",
		task: running
	};
}
const stopReason = "ips-deploy: the pre-deploy task";
/** Given to StopTask once the command has ended and other containers of the task go on. */
const tidyingReason = `${stopReason} has ended`;
/** Given to StopTask when the command is given up. */
function givingUpReason(why) {
	return `${stopReason} is given up: ${why}`;
}
function isTidied(task) {
	return task.stoppedReason === tidyingReason;
}
/** An earlier attempt of the run gave it up: that is no verdict on the command. */
function wasGivenUp(task) {
	return task.stopCode === "UserInitiated" && (task.stoppedReason ?? "").startsWith(givingUpReason(""));
}
function hash(parts) {
	return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
// src/rollout/pre-deploy-decide.ts
function initialPreDeployState(task) {
	return {
		task,
		told: "",
		unreadable: 0,
		missing: 0,
		giveUp: void 0,
		tidied: false,
		log: void 0,
		logLooks: 0,
		logGap: void 0
	};
}
/** Reads of a task that was just started may lag behind by this many looks. */
const missingLimit = 20;
const missingPauseMs = 1e3;
/** A container gets up to two minutes to end after SIGTERM. */
const stopWithinMs = 15e4;
const stoppingPollMs = 2e3;
/** CloudWatch may take a moment with the last lines. */
const logLooksLimit = 3;
const logPauseMs = 2e3;
function decidePreDeploy(container, timeoutMs, before, observed, context) {
	if (observed.kind === "unreadable") return decideUnreadable(before, observed.error, context);
	const seen = observed.facts;
	if (seen === void 0) return decideMissing(before, context);
	const state = {
		...before,
		task: seen,
		unreadable: 0,
		missing: 0,
		told: seen.lastStatus
	};
	return withEvents(seen.lastStatus === before.told ? [] : [event(context, "pre-deploy.task", "info", `Pre-deploy task ${seen.id} is ${seen.lastStatus}.`)], decideSeen(container, timeoutMs, state, context));
}
function decideSeen(container, timeoutMs, state, context) {
	const { task } = state;
	if (state.giveUp !== void 0) return decideGivenUp(state, state.giveUp, context);
	const end = endOfTask(task, container);
	if (end.kind === "running") {
		if (context.cancelled) return giveUp(state, "cancelled", "the job was cancelled", context);
		if (context.now >= context.deadlineAt) return giveUp(state, "timed-out", `it did not end within ${formatDuration(timeoutMs)}`, context);
		return wait(state, pollMs(context.now - context.startedAt));
	}
	if (task.desiredStatus !== "STOPPED" && !state.tidied) return {
		kind: "act",
		state,
		act: { kind: "tidy" }
	};
	if (end.kind === "passed") return finish(state, { kind: "passed" });
	return withLog(state, { kind: "failed" }, context);
}
function decideGivenUp(state, given, context) {
	const result = {
		kind: "given-up",
		giveUp: given
	};
	if (context.cancelled || given.why === "cancelled") return finish(state, result);
	if (given.refusal !== void 0 || state.task.lastStatus === "STOPPED") return withLog(state, result, context);
	return context.now >= given.deadlineAt ? withLog(state, result, context) : wait(state, stoppingPollMs);
}
function decideMissing(before, context) {
	const state = {
		...before,
		unreadable: 0,
		missing: before.missing + 1
	};
	if (state.giveUp !== void 0) return decideGivenUp(state, state.giveUp, context);
	if (context.cancelled) return giveUp(state, "cancelled", "the job was cancelled", context);
	return state.missing >= missingLimit ? finish(state, { kind: "gone" }) : wait(state, missingPauseMs);
}
function decideUnreadable(before, error, context) {
	const state = {
		...before,
		unreadable: before.unreadable + 1
	};
	if (state.giveUp !== void 0) return !error.retryable || context.cancelled || context.now >= state.giveUp.deadlineAt ? finish(state, {
		kind: "given-up",
		giveUp: state.giveUp
	}) : wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
	if (context.cancelled) return giveUp(state, "cancelled", "the job was cancelled", context);
	if (!error.retryable) return giveUp(state, "unobserved", "it cannot be watched", context, error);
	if (context.now >= context.deadlineAt) return giveUp(state, "timed-out", "its time is up and AWS does not answer", context);
	return wait(state, pauseAfterFailureMs(error.kind, state.unreadable));
}
function giveUp(state, why, words, context, error) {
	const given = {
		why,
		error,
		asked: false,
		refusal: void 0,
		deadlineAt: context.now + stopWithinMs
	};
	const message = `Stopping pre-deploy task ${state.task.id}: ${words}.`;
	return {
		kind: "act",
		state: {
			...state,
			giveUp: given
		},
		act: { kind: "give-up" },
		events: [event(context, "pre-deploy.give-up", "warning", message)]
	};
}
/** The last lines belong to a failure: they are looked for a few times, as CloudWatch may be late. */
function withLog(state, result, context) {
	if ((state.log?.length ?? 0) > 0 || context.cancelled || state.logGap !== void 0 || state.logLooks >= logLooksLimit) return finish(state, result);
	if (state.logLooks === 0 || state.log === void 0) return {
		kind: "act",
		state,
		act: { kind: "read-log" }
	};
	return wait({
		...state,
		log: void 0
	}, logPauseMs);
}
/** A short command is told of soon, a long one costs few calls. */
function pollMs(elapsedMs) {
	return elapsedMs < 6e4 ? 1e3 : elapsedMs < 3e5 ? 3e3 : 5e3;
}
function wait(state, waitMs) {
	return {
		kind: "wait",
		state,
		waitMs
	};
}
function finish(state, result) {
	return {
		kind: "finish",
		state,
		outcome: {
			state,
			result
		}
	};
}
function event(context, code, level, message) {
	return {
		at: context.now,
		code,
		level,
		message
	};
}
function withEvents(events, decision) {
	return events.length === 0 ? decision : {
		...decision,
		events: [...events, ...decision.events ?? []]
	};
}
// src/rollout/pre-deploy-mark.ts
/**
* That a pre-deploy task has passed, as a tag on the revision it ran from: ECS forgets stopped tasks within hours,
* and a run may be run again for thirty days. docs/tags.md describes it for people.
*/
/**
* Whether a task with this `startedBy` has passed from the revision before. Rejects with `AwsCallError`.
*/
async function hasPassedBefore(aws, taskDefinitionArn, startedBy, signal) {
	return passesOf((await readTags(aws, taskDefinitionArn, signal)).get(markKeys.preDeploy)).some((each) => each.endsWith(`@${idOf(startedBy)}`));
}
/** Newest first; those that do not fit into one value are dropped, the oldest first. */
async function markPassed(aws, taskDefinitionArn, startedBy, at) {
	try {
		const earlier = passesOf((await readTags(aws, taskDefinitionArn)).get(markKeys.preDeploy));
		const id = idOf(startedBy);
		if (earlier.some((each) => each.endsWith(`@${id}`))) return { kind: "unchanged" };
		const value = withPass(earlier, `${new Date(at).toISOString()}@${id}`);
		await writeTags(aws, taskDefinitionArn, /* @__PURE__ */ new Map([[markKeys.preDeploy, value]]));
		return passesOf((await readTags(aws, taskDefinitionArn)).get(markKeys.preDeploy)).some((each) => each.endsWith(`@${id}`)) ? { kind: "written" } : {
			kind: "not-written",
			why: "AWS took the tag and does not show it."
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "not-written",
			why: `${error.operation}: ${error.code}: ${error.reason}`
		};
	}
}
/** Pure. */
function withPass(earlier, pass) {
	let value = pass;
	for (const each of earlier) {
		const longer = `${value} ${each}`;
		if (longer.length > 256) break;
		value = longer;
	}
	return value;
}
function passesOf(value) {
	return (value ?? "").split(" ").filter((each) => each !== "");
}
function idOf(startedBy) {
	return startedBy.slice(startedBy.lastIndexOf("/") + 1);
}
// src/rollout/pre-deploy-result.ts
const docs = "docs/troubleshooting.md#pre-deploy-task";
/** RunTask answered without a task: its failures in full. */
function notStarted(failures) {
	return {
		kind: "failed",
		code: "pre-deploy-not-started",
		reason: `ECS did not start the pre-deploy task: ${failures.join("; ").replace(/[.\s]+$/, "")}.`,
		remedy: `Run the job again where capacity was missing; otherwise ECS's own words say what to change. (${docs})`,
		sections: []
	};
}
/** What the end of the watched task means. */
function resultOfTask(order, { state, result }) {
	const { task } = state;
	const sections = logSections(order, state);
	const failed = (code, reason, remedy) => ({
		kind: "failed",
		code,
		reason,
		remedy: `${remedy} (${docs})`,
		sections
	});
	switch (result.kind) {
		case "passed": return {
			kind: "passed",
			sentence: `The pre-deploy task ${task.id} passed.`
		};
		case "failed": {
			const cause = describeEnd(task, order);
			return failed("pre-deploy-failed", `The pre-deploy task ${task.id} failed: ${cause.sentence}`, cause.remedy);
		}
		case "gone": return failed("pre-deploy-failed", `ECS does not know the pre-deploy task ${task.id} any more, and its end was not seen.`, "Find out what the command did, then run the job again.");
		case "given-up": {
			const { why, error, refusal } = result.giveUp;
			const stop = refusal !== void 0 ? `It could not be stopped (${refusal.operation}: ${refusal.code}: ${refusal.reason}) and may still run.` : task.lastStatus === "STOPPED" ? "It was stopped." : "It was told to stop.";
			switch (why) {
				case "cancelled": return {
					kind: "cancelled",
					sentence: `The pre-deploy task ${task.id} had not ended. ${stop} What it had done by then stays done.`
				};
				case "timed-out": return failed("pre-deploy-timed-out", `The pre-deploy task ${task.id} did not end within ${formatDuration(order.request.timeoutMs)}. ${stop}`, "Raise pre-deploy-timeout, or see in the log of the container what it waits for.");
				case "unobserved": {
					const refused = refusedByAws(error);
					return failed(error.kind, `The pre-deploy task ${task.id} cannot be watched. ${refused.reason} ${stop}`, refused.remedy);
				}
			}
		}
	}
}
/** The outcome of a service that was not changed because of it. `registered` are revisions this run made. */
function outcomeAfter(result, registered) {
	const changed = `${registeredWords(registered)}The service was not changed.`;
	return result.kind === "cancelled" ? {
		kind: "cancelled",
		aftermath: "untouched",
		before: result.sentence
	} : {
		kind: "refused",
		changed,
		code: result.code,
		reason: result.reason,
		remedy: result.remedy
	};
}
/**
* The outcome of a service after the task has passed: where the service was not changed in the end, the
* outcome says that the task had passed.
*/
function afterPassing(outcome, sentence) {
	if (outcome.kind === "refused") return {
		...outcome,
		changed: `${sentence} ${outcome.changed ?? "The service was not changed."}`
	};
	if (outcome.kind === "cancelled" && (outcome.aftermath === "untouched" || outcome.aftermath === "unknown")) return {
		...outcome,
		before: sentence
	};
	return outcome;
}
function describeEnd(task, order) {
	const { container } = order;
	const end = endOfTask(task, container);
	const own = `container ${container}`;
	if (task.stopCode === "UserInitiated") {
		const remedy = wasGivenUp(task) ? "Run the job again." : "Somebody stopped it: run the job again.";
		return {
			sentence: `it was stopped (${task.stoppedReason ?? "no reason given"}).`,
			remedy
		};
	}
	if (end.kind === "failed" && end.exitCode !== void 0) {
		const memory = task.containers.some((each) => each.name === container && /OutOfMemory/i.test(each.reason ?? ""));
		const other = endedBy(task, order);
		return {
			sentence: `${own} ended with ${exitWords(end.exitCode)}${memory ? " (out of memory)" : ""}${other}.`,
			remedy: memory ? "Raise the memory of the task or of the container." : "The last lines of its log, in the summary of this job, usually say why."
		};
	}
	const failure = taskFailure(task, essentialOf(order));
	const { reason = "ECS gives no reason" } = { reason: task.stoppedReason };
	if (failure === void 0) return {
		sentence: `${own} never gave an exit code (${reason}).`,
		remedy: "Run the job again."
	};
	const cause = {
		...failure,
		tasks: 1
	};
	const { remedy } = describeCause(cause);
	return {
		sentence: `${own} gave no exit code. ${causeSentence(cause)} ECS: ${reason}`,
		remedy
	};
}
/** Where another container brought the task down, its own code is that of a signal. */
function endedBy(task, order) {
	const decided = decidingContainer(task.containers, essentialOf(order));
	if (task.stopCode !== "EssentialContainerExited" || decided === void 0) return "";
	if (decided.name === order.container) return "";
	return `, after container ${decided.name} had ended with ${exitWords(decided.exitCode)}, which ends the task`;
}
function essentialOf({ definition }) {
	const containers = definition.definition.containerDefinitions ?? [];
	return new Set(containers.filter((each) => each.essential !== false).flatMap((each) => each.name ?? []));
}
function logSections(order, state) {
	const lines = state.log ?? [];
	if (lines.length > 0) return [{
		kind: "text",
		heading: `Last ${lines.length === 1 ? "line" : `${lines.length} lines`} of container ${order.container} in pre-deploy task ${state.task.id}`,
		text: lines.join("\n")
	}];
	return state.logGap === void 0 ? [] : [{
		kind: "text",
		heading: "What could not be read",
		text: state.logGap
	}];
}
// src/rollout/pre-deploy-task.ts
/**
* Runs a command once in a task of the new revision, before the service is changed, and waits for its end:
* the exit code of its own container decides. A later attempt of the same run finds what an earlier one did,
* so that a migration that has passed is not run twice.
*/
const logLinesLimit = 20;
/** Tasks that an earlier attempt gave up may still be stopping: one after the other is waited for. */
const roundsLimit = 5;
/** Never rejects for what happens in AWS: everything is a result. */
async function runPreDeployTask(ports, order) {
	const startedBy = startedByOf(order, ports.clock.now());
	try {
		for (let round = 1;; round++) {
			if (ports.cancelled.aborted) return {
				kind: "cancelled",
				sentence: "The pre-deploy task was not started."
			};
			const begun = await begin(ports, order, startedBy);
			if (begun.kind !== "watch") return begun.result;
			const end = await watch(ports, order, begun.task);
			if (begun.isEarlier && end.result.kind === "failed" && wasGivenUp(end.state.task) && round < roundsLimit) continue;
			const result = told(ports, resultOfTask(order, end));
			if (result.kind === "passed") await remember(ports, order, startedBy);
			return result;
		}
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return awsRefused(ports, order, startedBy, error);
	}
}
/** Finds the task of an earlier attempt, or starts one. */
async function begin(ports, order, startedBy) {
	const aws = retrying(ports);
	const { cluster, container, run } = order;
	const earlier = earlierTasks(await readTasksStartedBy(aws, cluster, startedBy, ports.cancelled), container);
	switch (earlier.kind) {
		case "passed": {
			const sentence = `The pre-deploy task passed in an earlier attempt of this run (${earlier.task.id}).`;
			await remember(ports, order, startedBy);
			return {
				kind: "done",
				result: told(ports, {
					kind: "passed",
					sentence
				})
			};
		}
		case "running":
			say(ports, "pre-deploy.attached", `Pre-deploy task ${earlier.task.id} of an earlier attempt still runs.`);
			return {
				kind: "watch",
				task: earlier.task,
				isEarlier: true
			};
		case "to-run": {
			if (earlier.failed === 0 && await isRemembered(ports, order, startedBy)) return {
				kind: "done",
				result: told(ports, {
					kind: "passed",
					sentence: "The pre-deploy task passed in an earlier attempt of this run, as the revision says."
				})
			};
			const { task, failures } = await runTask(aws, runTaskInput(order, startedBy, clientTokenOf(startedBy, run.runAttempt, earlier.failed)));
			if (task === void 0) return {
				kind: "done",
				result: told(ports, notStarted(failures))
			};
			const name = revisionName(order.definition);
			say(ports, "pre-deploy.started", `Pre-deploy task ${task.id} of ${name} started, container ${container}.`);
			return {
				kind: "watch",
				task,
				isEarlier: false
			};
		}
	}
}
/** Only a run that can be run again is remembered, and looked for. */
async function isRemembered(ports, order, startedBy) {
	if (order.run.runId === "") return false;
	try {
		return await hasPassedBefore(retrying(ports), order.definition.arn, startedBy, ports.cancelled);
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable) throw error;
		say(ports, "pre-deploy.unread", `Whether it has passed more than an hour ago could not be read (docs/tags.md): ${`${error.operation}: ${error.code}: ${error.reason}`}`, "warning");
		return false;
	}
}
async function remember(ports, order, startedBy) {
	if (order.run.runId === "") return;
	const { clock } = ports;
	const mark = await markPassed(retrying(ports), order.definition.arn, startedBy, clock.now());
	if (mark.kind !== "not-written") return;
	say(ports, "pre-deploy.not-marked", `That it passed could not be put on the revision (docs/tags.md), so a run that is run again after more than an hour runs it again: ${mark.why}`, "warning");
}
async function watch(ports, order, task) {
	const { clock, cancelled, random } = ports;
	const { cluster, container, request } = order;
	const within = (totalMs) => withRetries(ports.aws, {
		clock,
		random
	}, {
		...patient,
		totalMs
	});
	return runEngine({
		initial: initialPreDeployState(task),
		timeoutMs: request.timeoutMs,
		observe: () => readTask(ports.aws, cluster, task.arn, cancelled.aborted ? void 0 : cancelled),
		decide: (state, observed, context) => decidePreDeploy(container, request.timeoutMs, state, observed, context),
		async perform(act, state) {
			switch (act.kind) {
				case "give-up": {
					const { giveUp } = state;
					await stopTask(within(giveUp?.why === "cancelled" ? 6e3 : patient.totalMs), cluster, task.arn, givingUpReason(giveUp?.why ?? ""));
					return {
						...state,
						giveUp: {
							...giveUp,
							asked: true
						}
					};
				}
				case "tidy":
					await stopTask(within(1e4), cluster, task.arn, tidyingReason);
					return {
						...state,
						tidied: true
					};
				case "read-log": return {
					...state,
					...await readLog(within(5e3), order, task.id),
					logLooks: state.logLooks + 1
				};
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
				case "tidy":
					say(ports, "pre-deploy.left", `Its other containers could not be stopped: ${error.message}`, "warning");
					return {
						...state,
						tidied: true
					};
				case "read-log": return {
					...state,
					logLooks: state.logLooks + 1,
					logGap: `The log of the container: ${error.operation}: ${error.reason}`
				};
			}
		}
	}, {
		clock,
		cancelled,
		record: ports.record
	});
}
async function readLog(aws, order, taskId) {
	const definition = (order.definition.definition.containerDefinitions ?? []).find((each) => each.name === order.container);
	const location = definition === void 0 ? void 0 : logLocation(definition, taskId);
	if (location === void 0) return {
		log: void 0,
		logGap: `The log of container ${order.container}: it has no awslogs driver with a stream prefix.`
	};
	return {
		log: (await readLogLines(aws, location, "last", logLinesLimit)).map((line) => redactLogLine(line.text)),
		logGap: void 0
	};
}
/**
* AWS refused the start or the search for it. Where the answer of the start is not known, a task may run: it
* is found by its starter and stopped.
*/
async function awsRefused(ports, order, startedBy, error) {
	const refused = refusedByAws(error);
	const left = error.operation === "ecs:RunTask" && error.retryable ? await stopLost(ports, order, startedBy) : "The pre-deploy task was not started.";
	if (ports.cancelled.aborted) return {
		kind: "cancelled",
		sentence: left
	};
	return told(ports, {
		kind: "failed",
		code: error.kind,
		reason: `${left} ${refused.reason}`,
		remedy: refused.remedy,
		sections: []
	});
}
async function stopLost(ports, order, startedBy) {
	const unknown = "Whether the pre-deploy task was started is not known.";
	const aws = withRetries(ports.aws, ports, {
		...patient,
		totalMs: 6e3
	});
	try {
		const running = earlierTasks(await readTasksStartedBy(aws, order.cluster, startedBy), order.container);
		if (running.kind !== "running") return unknown;
		await stopTask(aws, order.cluster, running.task.arn, givingUpReason("its start was not answered"));
		return `The pre-deploy task ${running.task.id} was told to stop.`;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return unknown;
	}
}
function told(ports, result) {
	switch (result.kind) {
		case "passed":
			say(ports, "pre-deploy.passed", result.sentence);
			break;
		case "failed":
			say(ports, result.code, result.reason, "error");
			break;
		case "cancelled": say(ports, "pre-deploy.cancelled", result.sentence, "warning");
	}
	return result;
}
function say(ports, code, message, level = "info") {
	ports.record({
		at: ports.clock.now(),
		code,
		level,
		message
	});
}
// src/rollout/origin.ts
function originOf(context) {
	const { serverUrl, repository, runId, sha, ref } = context;
	const given = (text) => text === "" ? void 0 : text;
	return {
		commit: given(sha),
		ref: given(ref),
		run: repository === "" || runId === "" ? given(runId) : `${serverUrl}/${repository}/actions/runs/${runId}`,
		schema: void 0
	};
}
// src/rollout/keep-images.ts
/** Repositories that are written to at once. */
const atOnce = 4;
/**
* Images of other registries, and of repositories that may not be written to, keep what they have. `keep` is the
* number of promoted images that stay in each repository; 0 does nothing.
* @returns what could not be done, one sentence each: to be told as warnings, never as the verdict.
*/
async function keepServingImages(aws, containers, at, keep) {
	if (keep === 0) return [];
	const byRepository = /* @__PURE__ */ new Map();
	for (const { image = "" } of containers) {
		const name = parseEcrImage(image);
		if (name === void 0) continue;
		const place = `${name.registryId}/${name.repositoryName}`;
		byRepository.set(place, (byRepository.get(place) ?? /* @__PURE__ */ new Map()).set(image, name));
	}
	const problems = [];
	const waiting = [...byRepository.values()];
	const work = async () => {
		for (let images = waiting.shift(); images !== void 0; images = waiting.shift()) for (const [image, name] of images) {
			const problem = await keepOne(aws, image, name, at, keep);
			if (problem !== void 0) problems.push(problem);
		}
	};
	await Promise.all(Array.from({ length: atOnce }, work));
	return problems;
}
async function keepOne(aws, image, name, at, keep) {
	const { registryId, repositoryName } = name;
	try {
		await keepImage(aws, {
			registryId,
			repositoryName
		}, imageIdOf(name), at, keep);
		return;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return `${image} is not kept from the lifecycle policy of its repository: ${error.operation}: ${error.reason}`;
	}
}
// src/rollout/mark-known.ts
/** Marks a revision that ECS had already before it serves again: other runs are to be able to tell. */
/**
* A commit that comes back to an older definition makes that revision its own: the newest word counts. A
* revision that was named keeps its own commit. `remembered` is what this run marks revisions with. Answers a
* refusal where a breaking schema could not be marked; whatever else is missing is a warning.
*/
async function markKnown(ports, { definition, schema, target, plan, marks }, remembered) {
	if (definition === void 0) return void 0;
	const refusal = await markRevision({
		...ports,
		aws: retrying(ports)
	}, {
		arn: definition.arn,
		marks,
		remembered: target.taskDefinition.kind === "file" ? remembered : /* @__PURE__ */ new Map(),
		schema
	});
	if (refusal === void 0 || plan.kind === "deploy") return refusal;
	warn(ports, refusal.reason);
}
/** The same for one revision; `marks` undefined: they could not be read. */
async function markRevision(ports, revision) {
	const { arn, marks, remembered, schema } = revision;
	const wanted = new Map([...remembered, ...marksToTags({ schema })]);
	if (wanted.size === 0) return void 0;
	const known = marksToTags(marks ?? {});
	const missing = new Map([...wanted].filter(([key, value]) => known.get(key) !== value));
	if (missing.size === 0) return void 0;
	try {
		await writeTags(ports.aws, arn, missing);
		return;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		const name = arn.slice(arn.lastIndexOf("/") + 1);
		const why = `${error.operation}: ${error.code}: ${error.reason}`;
		if (schema === "breaking" && marks?.schema !== "breaking") return {
			kind: "refuse",
			code: "breaking-schema-unmarked",
			reason: `${name} could not be marked as breaking, and unmarked it would be rolled back past. ${why}`,
			remedy: "Give the role of this job ecs:TagResource: docs/iam has the policy of this action."
		};
		warn(ports, `What deploys remember could not be put on ${name} (docs/tags.md): ${why}`);
		return;
	}
}
function warn({ clock, record }, message) {
	record({
		at: clock.now(),
		code: "rollout.not-marked",
		level: "warning",
		message
	});
}
// src/rollout/register-tagged.ts
/**
* Tags of the file, then those that were asked for, then what the deploy itself remembers. The last are no
* reason to fail: where the role may not tag, the revision goes without them. A breaking schema is one: without
* its mark a later run would go back past it.
*/
async function registerTagged(input, { asked, remembered }, schema, ports) {
	const wanted = new Map([
		...toTags(input.tags),
		...asked,
		...marksToTags({ schema })
	]);
	try {
		return await registerOnce(ports, withTags(input, new Map([...wanted, ...remembered])));
	} catch (error) {
		if (!(error instanceof AwsCallError && error.kind === "access-denied" && /TagResource/.test(error.reason)) || wanted.size > 0) throw error;
		const message = `The revision is registered without what deploys remember of it (docs/tags.md): ${error.reason}`;
		ports.record({
			at: ports.clock.now(),
			code: "rollout.not-marked",
			level: "warning",
			message
		});
		return registerOnce(ports, withTags(input, wanted));
	}
}
/** ECS rejects an empty list. Pure. */
function withTags(input, tags) {
	const { tags: _own, ...rest } = input;
	return tags.size === 0 ? rest : {
		...rest,
		tags: [...tags].map(([key, value]) => ({
			key,
			value
		}))
	};
}
export { afterPassing, createStaleCheck, decidePreDeploy, endOfTask, initialPreDeployState, keepServingImages, launchedAs, markKnown, markRevision, originOf, outcomeAfter, parseDefinitionFile, preDeployContainer, readTask, readTasksStartedBy, registerTagged, runPreDeployTask, runTask, stopTask, tidyingReason };
