import { answerBy, escapeMarkdown } from "./start.js";
import { brokenNotice, decisionNotice, endedNotice, isDecision, isDone, issueOf, postIssue, runUrl, startedNotice, titleOf, wantsIssue } from "./issue.js";
import { servesAfter, tagCommit } from "./tag.js";
import { AwsCallError } from "./call-error.js";
import { withRetries } from "./retry.js";
import { createGitHubApi } from "./github-api.js";
import { createHmac } from "node:crypto";
// src/announce/deployment.ts
/** By this a deployment of ours is told from GitHub's own. */
const mark = "ips-deploy-actions";
/** So many of the newest deployments of a commit are looked at. */
const looked = 5;
async function makeDeployment(github, sha, settings) {
	if (await hasOwn(github, sha, settings)) return { kind: "own" };
	const made = await github.addDeployment({
		ref: sha,
		task: settings.task,
		environment: settings.environment,
		description: settings.description,
		payload: {
			by: mark,
			run: settings.runId,
			of: JSON.stringify(placeOf(settings.subject))
		}
	});
	return made.ok ? {
		kind: "made",
		id: made.value.id
	} : {
		kind: "failed",
		reason: `No GitHub deployment was made. ${made.reason}.`
	};
}
/** What cannot be read is taken for none: a double is the lesser harm. */
async function hasOwn(github, sha, settings) {
	if (settings.runId === "") return false;
	const known = await github.deployments(settings.environment, sha);
	if (!known.ok) return false;
	const others = known.value.filter((each) => !isOurs(each.payload)).slice(0, looked);
	for (const { id } of others) {
		const last = await github.lastStatus(id);
		if (last.ok && isOfRun(last.value.logUrl, settings.runId)) return true;
	}
	return false;
}
/** The payload comes back as it was given, on some servers as text. */
function isOurs(payload) {
	return JSON.stringify(payload ?? "").includes(mark);
}
function placeOf({ cluster, services, listener }) {
	const last = (name) => name.slice(name.lastIndexOf("/") + 1);
	return {
		listener,
		services: services.map((each) => `${last(cluster ?? "")}/${last(each)}`)
	};
}
function isAt({ payload }, place) {
	try {
		const { of } = typeof payload === "string" ? JSON.parse(payload) : payload;
		const known = JSON.parse(of);
		if (known.listener !== null && known.listener === place.listener) return true;
		return known.services.some((each) => place.services.includes(each));
	} catch {
		return false;
	}
}
const unfinished = /* @__PURE__ */ new Set([
	"in_progress",
	"queued",
	"pending"
]);
/**
* What becomes of deployments that earlier runs left under way (`wait: false`, `until`), by the outcome of this one;
* undefined: it says nothing of them. GitHub itself only makes those inactive that had succeeded.
*/
function stateOfEarlier(action, outcome, ok) {
	if (goingOn.has(outcome)) return "inactive";
	if (action === "rollback") return ok && isDone(outcome) ? "failure" : void 0;
	if (servesAfter(outcome) && ok) return "inactive";
	return action === "blue-green-shift" && outcome === "rolled-back" ? "failure" : void 0;
}
/** Ends those at the same place; `own` is not touched. Gives what GitHub did not take. */
async function closeEarlier(github, own, state, settings) {
	const known = await github.deployments(settings.environment);
	if (!known.ok) return [known.reason];
	const place = placeOf(settings.subject);
	const earlier = known.value.filter((each) => each.id !== own && isOurs(each.payload) && isAt(each, place));
	const problems = [];
	for (const { id } of earlier.slice(0, looked)) {
		const last = await github.lastStatus(id);
		const answer = last.ok && unfinished.has(last.value.state) ? await addStatus(github, id, state, settings) : last;
		if (!answer.ok) problems.push(answer.reason);
	}
	return problems;
}
/** `https://github.com/o/r/actions/runs/1/job/2`, and without the end. */
function isOfRun(url, runId) {
	return url.split("/actions/runs/")[1]?.split(/[/?#]/)[0] === runId;
}
function addStatus(github, id, state, settings) {
	const { environmentUrl, logUrl, description } = settings;
	const status = {
		state,
		description,
		environmentUrl,
		logUrl
	};
	return github.addStatus(id, status);
}
/** Neither good nor bad: nothing was tried, or nothing is known. */
const errors = /* @__PURE__ */ new Set([
	"refused",
	"cancelled",
	"unobserved",
	"interfered",
	"error",
	"zero-desired"
]);
const goingOn = /* @__PURE__ */ new Set(["started", "paused"]);
/** What an outcome is to GitHub. `success` makes the environment's earlier deployments inactive. */
function stateOf(outcome, ok) {
	if (goingOn.has(outcome)) return "in_progress";
	if (ok) return "success";
	if (outcome === "superseded") return "inactive";
	return errors.has(outcome) ? "error" : "failure";
}
// src/announce/queue.ts
/**
* Notices on their way: each receiver gets them one after the other, beside the work that they tell of. Nothing
* that goes wrong reaches the work; it is told once for each receiver, as a warning.
*/
/** Decisions that wait beyond this many are left out: the beginning and the end never are. */
const waitingLimit = 50;
const graceMs = 200;
function noticeQueue(receivers, clock) {
	const over = new AbortController();
	const lines = receivers.map((receiver) => ({
		receiver,
		waiting: [],
		working: Promise.resolve(),
		total: 0,
		reached: 0,
		/** Of the first that was lost; empty where nobody said why. */
		why: ""
	}));
	const work = async (line) => {
		const notice = line.waiting.shift();
		if (notice === void 0 || over.signal.aborted) return;
		const why = await line.receiver.deliver(notice, over.signal).catch((error) => error instanceof Error ? error.message : String(error));
		if (why === void 0) line.reached++;
		else line.why ||= why;
	};
	return {
		send(notice) {
			for (const line of lines) {
				line.total++;
				if (notice.kind === "decision" && line.waiting.length >= waitingLimit) {
					line.why ||= "too many at once";
					continue;
				}
				line.waiting.push(notice);
				line.working = line.working.then(() => work(line));
			}
		},
		async finish(limitMs) {
			const done = new AbortController();
			const all = Promise.all(lines.map((line) => line.working)).then(() => done.abort());
			await Promise.race([all, answerBy(clock, limitMs, done.signal)]);
			over.abort();
			if (!done.signal.aborted) await Promise.race([all, clock.sleep(graceMs, done.signal)]);
			return lines.filter((line) => line.reached < line.total).map(({ receiver, total, reached, why }) => {
				const notices = total === 1 ? "notice" : "notices";
				return `${total - reached} of ${total} ${notices} did not reach ${receiver.name}: ${why || "not taken in time"}.`;
			});
		}
	};
}
// src/announce/announcer.ts
/** Kept for the post step: a deployment that nobody gave its last status. */
const deploymentState = "ips-github-deployment";
/** The post step does not know how far its run had counted. */
const firstAfterJob = 1e3;
/** How long everything that is told after the verdict may take; GitHub leaves a cancelled job ten seconds in all. */
const lastMs = 3e4;
const lastWhenCancelledMs = 2e3;
function createAnnouncer(request, subject, ports) {
	const { runner, clock, context } = ports;
	const over = new AbortController();
	const github = ports.github(over.signal);
	const environment = request.deployment?.environment;
	const origin = {
		subject,
		environment,
		context
	};
	const notices = noticeQueue(ports.receivers, clock);
	const title = titleOf(subject);
	let sequence = ports.afterJob ? firstAfterJob : 0;
	const send = (make) => notices.send(redacted(make(sequence++), ports.redact));
	const warn = (message) => runner.annotate("warning", message, { title: `Told of ${title}` });
	const settingsOf = (description) => ({
		environment: environment ?? "",
		environmentUrl: request.deployment?.environmentUrl,
		logUrl: runUrl(context),
		runId: context.runId,
		task: subject.action === "rollback" ? "rollback" : "deploy",
		description,
		subject
	});
	const make = async (sha) => {
		const made = await makeDeployment(github, sha, settingsOf(title));
		if (made.kind !== "made") return made;
		keep(runner, String(made.id));
		await addStatus(github, made.id, "in_progress", settingsOf(`${title} is under way.`));
		return made;
	};
	let deployment;
	const madeAtLast = async (end) => {
		if (subject.action !== "rollback") return deployment;
		const sha = end.kind === "result" ? commitOf(end.result) : void 0;
		return sha === void 0 ? void 0 : make(sha);
	};
	const endDeployment = async (end) => {
		if (request.deployment === void 0) return;
		const made = await madeAtLast(end);
		if (made?.kind === "failed") warn(made.reason);
		if (made?.kind === "own") runner.info(`GitHub shows this job's own deployment to ${environment}: no other is made.`);
		if (made?.kind === "made") await endOwn(made.id, end);
		if (end.kind === "broken" || made?.kind === "failed") return;
		const { report, ok } = end.result;
		const earlier = stateOfEarlier(subject.action, report.outcome, ok);
		if (earlier === void 0) return;
		const words = `${title} of another run: ${report.outcome}.`;
		const own = made?.kind === "made" ? made.id : void 0;
		const problems = await closeEarlier(github, own, earlier, settingsOf(words));
		if (problems.length > 0) warn(`An earlier GitHub deployment may still show as under way. ${problems[0]}.`);
	};
	const endOwn = async (id, end) => {
		const [state, words] = end.kind === "broken" ? ["error", end.message] : [stateOf(end.result.report.outcome, end.result.ok), `${end.result.report.outcome}: ${end.result.report.sentence}`];
		const added = await addStatus(github, id, state, settingsOf(ports.redact(words)));
		if (added.ok) keep(runner, "");
		else warn(`The GitHub deployment has no last status. ${added.reason}.`);
	};
	const tag = async (end) => {
		if (request.gitTag === void 0 || end.kind === "broken") return;
		if (!servesAfter(end.result.report.outcome) || !end.result.ok) return;
		const { sha, ref, runId, runAttempt } = context;
		const facts = {
			sha,
			ref,
			runId,
			runAttempt,
			now: clock.now()
		};
		const { ok, sentence } = await tagCommit(github, request.gitTag, facts);
		if (ok) runner.info(sentence);
		else warn(sentence);
	};
	const issue = async (end) => {
		if (!request.issueOnRollback || end.kind === "broken") return;
		const { result } = end;
		if (!wantsIssue(subject.action, result)) return;
		const { docsBase, redact } = ports;
		const text = issueOf({
			subject,
			result,
			context,
			docsBase,
			redact
		});
		const { ok, sentence, url } = await postIssue(github, text);
		if (!ok) return warn(sentence);
		runner.info(sentence);
		runner.summary(url ? `${escapeMarkdown(sentence)} [Issue](${url})` : escapeMarkdown(sentence));
	};
	return {
		begin() {
			if (ports.afterJob) {
				const id = Number(runner.state(deploymentState));
				if (id > 0) deployment = Promise.resolve({
					kind: "made",
					id
				});
				return;
			}
			send((at) => startedNotice(origin, at, clock.now()));
			if (request.deployment !== void 0 && subject.action !== "rollback") deployment = make(context.sha);
		},
		onEvent(event) {
			if (isDecision(event)) send((at) => decisionNotice(origin, at, event));
		},
		async end(end) {
			const now = clock.now();
			send((at) => end.kind === "result" ? endedNotice(origin, at, now, end.result) : brokenNotice(origin, at, now, end.message));
			const limitMs = runner.cancelled.aborted ? lastWhenCancelledMs : lastMs;
			const told = Promise.allSettled([
				endDeployment(end),
				tag(end),
				issue(end)
			]);
			const done = new AbortController();
			const all = told.then((results) => {
				done.abort();
				return results;
			});
			const [warnings, settled] = await Promise.all([notices.finish(limitMs), Promise.race([all, answerBy(clock, limitMs, done.signal)])]);
			for (const warning of warnings) warn(warning);
			over.abort();
			if (!done.signal.aborted) {
				warn(`GitHub did not answer within ${limitMs / 1e3} s: what it shows of this run may be old.`);
				return;
			}
			for (const each of settled ?? []) if (each.status === "rejected") warn(`This is a defect, please report it: ${String(each.reason)}`);
		}
	};
}
/** Every text in it without the values that were masked. */
function redacted(value, redact) {
	if (typeof value === "string") return redact(value);
	if (Array.isArray(value)) return value.map((each) => redacted(each, redact));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redacted(each, redact)]));
}
/** The commit that a rollback went back to, by the marks of its revision. */
function commitOf({ outputs, ok }) {
	if (!ok || !outputs["to"] || !outputs["candidates"]) return void 0;
	return JSON.parse(outputs["candidates"]).find((each) => each["task-definition-arn"] === outputs["to"])?.commit ?? void 0;
}
/** A disk that is full only means that the post step will not know. */
function keep(runner, id) {
	try {
		runner.saveState(deploymentState, id);
	} catch (error) {
		runner.debug(`The GitHub deployment could not be kept: ${error.message}`);
	}
}
// src/announce/plain-notice.ts
/** A notice for people: the mail of a topic, its subject, and what filters of subscriptions see. Pure. */
/**
* ASCII on one line, fewer than 100 characters, begun by a letter.
* @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
*/
function subjectOf(notice) {
	const end = notice.kind === "ended" ? notice.outcome : notice.kind === "started" ? "started" : notice.code;
	return `${notice.kind === "ended" && !notice.ok ? "FAILED: " : ""}${titleOf(notice)}: ${end}`.replace(/[^ -~]+/g, "?").slice(0, 99);
}
function mailOf(notice) {
	const { run } = notice;
	const facts = [
		["What", titleOf(notice)],
		["Cluster", notice.cluster ?? ""],
		["Environment", notice.environment ?? ""],
		...notice.kind === "ended" ? [
			["Outcome", notice.outcome],
			["Cause", notice.cause],
			["Took", `${notice.durationSeconds} s`]
		] : [],
		["Commit", run.sha === "" ? "" : `${run.sha.slice(0, 12)} (${run.ref})`],
		["By", run.actor],
		["Run", run.url],
		["At", notice.at]
	];
	const remedy = notice.kind === "ended" && notice.remedy !== "" ? ["", `What to do: ${notice.remedy}`] : [];
	const lines = facts.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`);
	return [
		notice.message,
		...remedy,
		"",
		...lines,
		""
	].join("\n");
}
/** Names and values for filter policies of subscriptions: those who want failures only subscribe to these. */
function attributesOf(notice) {
	return {
		kind: notice.kind,
		action: notice.action,
		...notice.kind === "ended" ? {
			outcome: notice.outcome,
			ok: String(notice.ok)
		} : {},
		...notice.kind === "decision" ? {
			code: notice.code,
			level: notice.level
		} : {},
		...notice.environment === null ? {} : { environment: notice.environment }
	};
}
// src/announce/topic.ts
/** One event to an SNS topic: JSON for programs, a text for people. */
/** Told twice is better than not told: publishing is repeated where the answer was lost. */
const policy = {
	transientBaseMs: 200,
	throttledBaseMs: 1e3,
	longestPauseMs: 4e3,
	totalMs: 15e3
};
function topic(arn, ports) {
	const aws = withRetries(ports.aws, ports, policy);
	return async (notice, signal) => {
		const json = JSON.stringify(notice);
		const mail = mailOf(notice);
		try {
			await aws.call("sns:Publish", {
				TopicArn: arn,
				Subject: subjectOf(notice),
				MessageStructure: "json",
				Message: JSON.stringify({
					default: json,
					email: mail,
					sms: `${subjectOf(notice)} ${notice.run.url}`
				}),
				MessageAttributes: Object.fromEntries(Object.entries(attributesOf(notice)).map(([name, value]) => [name, {
					DataType: "String",
					StringValue: value
				}]))
			}, signal);
			return;
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			return `${error.operation}: ${error.reason}`;
		}
	};
}
// src/announce/sign.ts
/**
* The signature of an event, as Standard Webhooks has it, so that receivers take a library they know.
* @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
*/
/** `secret` is any text; one that begins with `whsec_` is a key in base64 after that. */
function signedHeaders(secret, id, now, body) {
	const timestamp = String(Math.floor(now / 1e3));
	const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
	return {
		"webhook-id": id,
		"webhook-timestamp": timestamp,
		"webhook-signature": `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`
	};
}
// src/announce/webhook.ts
const attempts = 3;
const attemptTimeoutMs = 5e3;
const pauseMs = 1e3;
function webhook({ url, secret }, { clock, post = postHttp }) {
	return async (notice, signal) => {
		const body = JSON.stringify(notice);
		let why = "";
		for (let attempt = 1; attempt <= attempts; attempt++) {
			if (attempt > 1) await clock.sleep(pauseMs * 2 ** (attempt - 2), signal);
			if (signal.aborted) return why || "there was no time left";
			const deadline = AbortSignal.timeout(attemptTimeoutMs);
			try {
				const status = await post(url, {
					"content-type": "application/json",
					"user-agent": "ips-deploy-actions",
					...signedHeaders(secret, notice.id, clock.now(), body)
				}, body, AbortSignal.any([signal, deadline]));
				if (status >= 200 && status < 300) return void 0;
				why = `it answers ${status}`;
				if (!mayHelp(status)) return why;
			} catch (error) {
				const { cause, name } = error;
				why = deadline.aborted ? `no answer within ${attemptTimeoutMs / 1e3} s` : `no answer (${cause?.code ?? name})`;
			}
		}
		return why;
	};
}
/** Whether another attempt can have another answer. */
function mayHelp(status) {
	return status >= 500 || status === 408 || status === 429;
}
const postHttp = async (url, headers, body, signal) => {
	const { status } = await fetch(url, {
		method: "POST",
		headers,
		body,
		signal,
		redirect: "manual"
	});
	return status;
};
// src/main/announce.ts
/** The announcer of a run, from what was asked for and the job that it runs in. */
function announcerOf(request, subject, ports, afterJob = false) {
	const { runner, clock, context, redact, docsBase } = ports;
	for (const secret of [
		request.githubToken,
		request.webhook?.url,
		request.webhook?.secret
	]) if (secret !== void 0) runner.mask(secret);
	const receivers = [];
	if (request.topic !== void 0) {
		const name = `the topic ${request.topic.split(":").at(-1)}`;
		receivers.push({
			name,
			deliver: topic(request.topic, ports)
		});
	}
	if (request.webhook !== void 0) receivers.push({
		name: "the webhook",
		deliver: webhook(request.webhook, ports)
	});
	const { apiUrl, repository } = context;
	const github = (over) => createGitHubApi({
		apiUrl,
		repository,
		token: request.githubToken,
		clock
	}, over);
	return createAnnouncer(request, subject, {
		runner,
		clock,
		context,
		docsBase,
		redact,
		receivers,
		github,
		afterJob
	});
}
export { announcerOf };
