import { escapeMarkdown } from "./start.js";
import { renderSummary } from "./summary.js";
import { longestBody } from "./github-api.js";
import { instructionsOf } from "./report.js";
// src/announce/notice.ts
/** GitHub and SNS both take more; a phone does not. */
const longestMessage = 2e3;
const longestData = 16384;
function startedNotice(origin, sequence, at) {
	return {
		...base(origin, sequence, at, `${titleOf$1(origin.subject)} has begun.`),
		kind: "started"
	};
}
function decisionNotice(origin, sequence, event) {
	const data = JSON.stringify(event.data ?? {}).length > longestData ? {} : event.data ?? {};
	const own = {
		code: event.code,
		level: event.level,
		data
	};
	return {
		...base(origin, sequence, event.at, event.message),
		kind: "decision",
		...own
	};
}
function endedNotice(origin, sequence, at, result) {
	const { ok, outputs, report } = result;
	const own = {
		ok,
		outcome: report.outcome,
		cause: outputs["cause"] ?? "",
		remedy: cut(instructionsOf(report)),
		durationSeconds: Math.max(0, Math.round((report.endedAt - report.startedAt) / 1e3))
	};
	return {
		...base(origin, sequence, at, report.sentence),
		kind: "ended",
		...own
	};
}
/** A run that broke before it had a result: a defect, missing credentials, a file that cannot be read. */
function brokenNotice(origin, sequence, at, message) {
	const own = {
		ok: false,
		outcome: "error",
		cause: "",
		remedy: "",
		durationSeconds: 0
	};
	return {
		...base(origin, sequence, at, message),
		kind: "ended",
		...own
	};
}
function base({ subject, environment, context }, sequence, at, message) {
	const { repository, sha, ref, runId, runAttempt, job, actor } = context;
	const attempt = runAttempt || "1";
	const { action, cluster, services, listener } = subject;
	return {
		version: 1,
		id: [
			repository || "local",
			runId || "0",
			attempt,
			job || "job",
			action,
			...services,
			at,
			sequence
		].join("/"),
		at: new Date(at).toISOString(),
		sequence,
		action,
		cluster,
		services,
		listener,
		environment: environment ?? null,
		run: {
			repository,
			sha,
			ref,
			id: runId,
			attempt,
			job,
			actor,
			url: runUrl(context) ?? ""
		},
		message: cut(message)
	};
}
/** The run's page; undefined outside of GitHub. */
function runUrl({ serverUrl, repository, runId, runAttempt }) {
	if (serverUrl === "" || repository === "" || runId === "") return void 0;
	const attempt = runAttempt === "" ? "" : `/attempts/${runAttempt}`;
	return `${serverUrl.replace(/\/+$/, "")}/${repository}/actions/runs/${runId}${attempt}`;
}
/** `rolling-deploy of ips-api-service` */
function titleOf$1({ action, services, listener }) {
	return `${action} of ${services.map((each) => each.slice(each.lastIndexOf("/") + 1)).join(", ") || lastPart(listener ?? "") || "a service"}`;
}
function lastPart(arn) {
	return arn.split("/")[2] ?? arn;
}
function cut(text) {
	return text.length <= longestMessage ? text : `${text.slice(0, 1999)}…`;
}
/**
* Whether an event of a run is a decision or shows one: what a person on call wants to know while it happens.
* The rest (polls, plans, progress of tasks) stays in the log.
*/
function isDecision({ code, level }) {
	return level !== "info" || decisions.has(code);
}
const decisions = /* @__PURE__ */ new Set([
	"rollout.started",
	"rollout.attached",
	"rollout.rolling-back",
	"rollout.going-back",
	"rollback.asked",
	"shift.weights-written",
	"shift.step-passed",
	"shift.promoted",
	"shift.paused",
	"shift.rests"
]);
// src/announce/issue.ts
const issueLabel = "ips-deploy";
/** Outcomes after which somebody has to look: what was to serve does not. */
const bad = /* @__PURE__ */ new Set([
	"rolled-back",
	"rollback-failed",
	"failed",
	"stopped",
	"timed-out",
	"interfered"
]);
const isBad = (outcome) => bad.has(outcome);
/** A rollback that was asked for is one, too: why it was needed is what the issue is for. */
function wantsIssue(action, { ok, report }) {
	if (action === "rollback") return ok ? isDone(report.outcome) : bad.has(report.outcome);
	return bad.has(report.outcome);
}
/** Whether a rollback that went well changed anything. */
function isDone(outcome) {
	return ![
		"planned",
		"listed",
		"no-change",
		"refused"
	].includes(outcome);
}
/**
* Invisible, and the same for each service: by it the open issue is found again. A shift is known by its listener, which
* who watches over it names as well.
*/
function markerOf({ action, cluster, services, listener }) {
	const what = action === "blue-green-shift" && listener !== null ? listener : [cluster ?? "", ...services].join(" ").trim();
	return `<!-- ips-deploy-actions: ${action === "rollback" ? "rolling-deploy" : action} ${what.replace(/[^\w:./ -]|--+/g, "")} -->`;
}
/** `longest`: of the body, in characters. */
function issueOf(text, longest = longestBody) {
	return {
		title: titleOf(text),
		body: issueBody(text, longest)
	};
}
/** A comment where an issue with the same marker is open, else a new issue. */
async function postIssue(github, { title, body }) {
	const marker = body.split("\n", 1)[0];
	const known = await github.openIssues(issueLabel);
	const open = known.ok ? known.value.find((each) => each.body.startsWith(marker)) : void 0;
	if (open !== void 0) {
		const added = await github.addComment(open.number, body);
		return added.ok ? {
			ok: true,
			sentence: `Commented on issue ${open.number}, which is about this service.`,
			url: open.url
		} : {
			ok: false,
			sentence: `Issue ${open.number} could not be commented on. ${added.reason}.`
		};
	}
	const made = await github.addIssue(title, body, issueLabel);
	return made.ok ? {
		ok: true,
		sentence: `Opened issue ${made.value.number}.`,
		url: made.value.url
	} : {
		ok: false,
		sentence: `No issue could be opened. ${made.reason}.`
	};
}
function titleOf({ result, redact }) {
	const { report, outputs } = result;
	const cause = outputs["cause"] ?? "";
	return redact(`${report.title}: ${report.outcome}${cause === "" ? "" : ` (${cause})`}`).replace(/\s+/g, " ").slice(0, 200);
}
/** With as much of the report as GitHub takes: the last sections go first. */
function issueBody({ subject, result, context, docsBase, redact }, longest) {
	const run = runUrl(context);
	const by = context.actor === "" ? "" : ` of ${escapeMarkdown(context.actor)}`;
	const commit = context.sha === "" ? "" : ` at ${context.sha}`;
	const head = [markerOf(subject), ...run === void 0 ? [] : [`[The run](${run})${by}${commit}.`]];
	const bodyOf = (report, note = "") => redact([
		...head,
		renderSummary(report, docsBase),
		...note === "" ? [] : [note]
	].join("\n\n"));
	const { report } = result;
	const whole = bodyOf(report);
	if (whole.length <= longest) return whole;
	const note = "_The rest is too long for an issue: see the summary of the run._";
	for (let count = report.sections.length; count >= 0; count--) {
		const body = bodyOf({
			...report,
			events: [],
			sections: report.sections.slice(0, count)
		}, note);
		if (body.length <= longest) return body;
	}
	return bodyOf({
		...report,
		sentence: report.sentence.slice(0, 1e3),
		events: [],
		sections: [],
		facts: []
	}, note).slice(0, longest);
}
export { brokenNotice, decisionNotice, endedNotice, isBad, isDecision, isDone, issueOf, postIssue, runUrl, startedNotice, titleOf$1 as titleOf, wantsIssue };
