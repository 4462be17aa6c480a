import { escapeMarkdown } from "./start.js";
import { addStatus, makeDeployment, servesAfter, tagCommit } from "./deployment.js";
import { isBad, postIssue, runUrl } from "./issue.js";
// src/announce/told-later.ts
/** Gives the outputs. */
async function tellLater(request, ports) {
	const { outcome, issue, gitTag, issueOnRollback } = request;
	const { github, context, now } = ports;
	const outputs = {
		"git-tag": "",
		issue: ""
	};
	if (gitTag !== void 0 && servesAfter(outcome)) {
		const { sha, ref, runId, runAttempt } = context;
		const told = await tagCommit(github, gitTag, {
			sha,
			ref,
			runId,
			runAttempt,
			now
		});
		if (told.ok) {
			outputs["git-tag"] = told.name ?? "";
			ports.info(told.sentence);
			ports.summary(`🏷️ ${escapeMarkdown(told.sentence)}`);
		} else ports.warn(told.sentence);
	}
	if (request.deployment !== void 0) await show(request.deployment, outcome, ports);
	if (issueOnRollback && (issue !== void 0 || isBad(outcome))) {
		const { ok, sentence, url } = await postIssue(github, issue ?? withoutDiagnosis(outcome, context));
		if (ok) {
			outputs["issue"] = url ?? "";
			ports.info(sentence);
			ports.summary(url ? `${escapeMarkdown(sentence)} [Issue](${url})` : escapeMarkdown(sentence));
		} else ports.warn(sentence);
	}
	return outputs;
}
/** The commit that serves again, in its environment; its success makes the one before inactive. */
async function show({ environment, environmentUrl, commit }, outcome, { github, context, info, warn }) {
	const settings = {
		environment,
		environmentUrl,
		logUrl: runUrl(context),
		runId: context.runId,
		task: "rollback",
		description: `Rollback: ${outcome}`,
		subject: {
			action: "rollback",
			cluster: null,
			services: [],
			listener: null
		}
	};
	const made = await makeDeployment(github, commit, settings);
	if (made.kind === "failed") return warn(made.reason);
	if (made.kind === "own") return;
	const added = await addStatus(github, made.id, "success", settings);
	if (added.ok) info(`GitHub shows ${commit.slice(0, 7)} in ${environment}.`);
	else warn(`The GitHub deployment has no status. ${added.reason}.`);
}
/** GitHub takes an output away from a job where a masked value stands in it. */
function withoutDiagnosis(outcome, context) {
	const run = runUrl(context);
	return {
		title: `Deployment of ${context.repository}: ${outcome}`,
		body: [`<!-- ips-deploy-actions: ${outcome} without its diagnosis -->`, `A deployment ended as ${outcome}. Its diagnosis did not come along from the job that deployed, most likely because a masked value stands in it: the summary of ${run === void 0 ? "the run" : `[the run](${run})`} has it.`].join("\n\n")
	};
}
export { tellLater };
