import { answerBy, attemptHttp, escapeMarkdown, sendHttp } from "./start.js";
import { addStatus, closeEarlier, makeDeployment, servesAfter, stateOf, stateOfEarlier, tagCommit } from "./deployment.js";
import { brokenNotice, decisionNotice, endedNotice, isDecision, issueOf, postIssue, runUrl, startedNotice, titleOf, wantsIssue } from "./issue.js";
import { AwsCallError } from "./call-error.js";
import { withRetries } from "./retry.js";
import { createGitHubApi } from "./github-api.js";
import { createHmac } from "node:crypto";
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
function commitOf({ outputs }) {
	return outputs["commit"] || void 0;
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
function webhook({ url, secret }, { clock, send = sendHttp }) {
	return async (notice, signal) => {
		const body = JSON.stringify(notice);
		let why = "";
		for (let attempt = 1; attempt <= attempts; attempt++) {
			if (attempt > 1) await clock.sleep(pauseMs * 2 ** (attempt - 2), signal);
			if (signal.aborted) return why || "there was no time left";
			const headers = {
				"content-type": "application/json",
				"user-agent": "ips-deploy-actions",
				...signedHeaders(secret, notice.id, clock.now(), body)
			};
			const answer = await attemptHttp(send, {
				method: "POST",
				url,
				headers,
				body
			}, attemptTimeoutMs, signal);
			if (typeof answer === "string") {
				why = answer;
				continue;
			}
			const { status } = answer;
			if (status >= 200 && status < 300) return void 0;
			why = `it answers ${status}`;
			if (!mayHelp(status)) return why;
		}
		return why;
	};
}
/** Whether another attempt can have another answer. */
function mayHelp(status) {
	return status >= 500 || status === 408 || status === 429;
}
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
