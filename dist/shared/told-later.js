import { escapeMarkdown } from "./start.js";
import { isBad, postIssue, runUrl } from "./issue.js";
import { servesAfter, tagCommit } from "./tag.js";
// src/announce/told-later.ts
/** Gives the outputs. */
async function tellLater({ outcome, issue, gitTag, issueOnRollback }, ports) {
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
/** GitHub takes an output away from a job where a masked value stands in it. */
function withoutDiagnosis(outcome, context) {
	const run = runUrl(context);
	return {
		title: `Deployment of ${context.repository}: ${outcome}`,
		body: [`<!-- ips-deploy-actions: ${outcome} without its diagnosis -->`, `A deployment ended as ${outcome}. Its diagnosis did not come along from the job that deployed, most likely because a masked value stands in it: the summary of ${run === void 0 ? "the run" : `[the run](${run})`} has it.`].join("\n\n")
	};
}
export { tellLater };
