import { AwsCallError } from "./call-error.js";
import { escapeMarkdown } from "./start.js";
import { instructionsOf } from "./report.js";
import { renderSummary } from "./summary.js";
import { allowing } from "./refused-by-aws.js";
import { ConfigurationError } from "./configuration-error.js";
// src/main/publish.ts
/** Shows the result of an action where its users look: outputs, annotation, summary. */
/**
* The verdict comes first: a disk that is full must not hide it. False where the outputs or the summary
* could not be written, which fails the job: later steps would go on without them.
*/
function publish(result, runner, docsBase) {
	const { report } = result;
	const docs = report.docs === void 0 ? void 0 : `See ${docsBase ?? ""}${report.docs}`;
	const sentence = [
		report.sentence,
		instructionsOf(report),
		docs
	].filter(Boolean).join(" ");
	if (report.ok) runner.info(`${report.outcome}: ${sentence}`);
	else runner.annotate("error", sentence, { title: `${report.title}: ${report.outcome}` });
	for (const section of report.ok ? [] : report.sections) {
		const lines = logLines(section);
		if (lines.length > 0) runner.group(section.heading, lines);
	}
	try {
		for (const [name, value] of Object.entries(result.outputs)) runner.setOutput(name, value);
		runner.summary(renderSummary(report, docsBase));
		return true;
	} catch (error) {
		const reason = machineReason(error);
		if (reason === void 0) throw error;
		runner.annotate("error", `Outputs and summary could not be written: ${reason}.`, { title: report.title });
		return false;
	}
}
/** A section for the log, which draws no pictures. */
function logLines(section) {
	switch (section.kind) {
		case "table": return section.rows.map((row) => row.flatMap((cell, index) => cell === "" ? [] : `${section.columns[index]}: ${cell}`).join(", "));
		case "text": return section.language === "mermaid" ? [] : section.text.split("\n");
	}
}
const machineReasons = {
	ENOSPC: "the disk of the runner is full",
	EDQUOT: "the disk quota of the runner is used up",
	EROFS: "the file system of the runner is read-only",
	EACCES: "permission denied",
	EMFILE: "too many files are open on the runner",
	ENOMEM: "the runner is out of memory"
};
/** What the runner's machine cannot do, in words; undefined for everything else. */
function machineReason(error) {
	const { code, path } = error;
	const reason = code === void 0 ? void 0 : machineReasons[code];
	return reason === void 0 ? void 0 : `${reason}${path === void 0 ? "" : ` (${path})`}`;
}
/**
* Tells why there is no result. What the user has to correct was found before anything was changed: where the action has
* outcomes, that is one of them.
*/
function tellFailure(error, { name, refuses = false }, runner) {
	const failure = describeFailure(error);
	const title = `${name}: ${failure.title}`;
	runner.annotate("error", failure.message, { title });
	if (failure.stack !== void 0) runner.group("Where it happened", [failure.stack]);
	try {
		runner.summary(`### ❌ ${escapeMarkdown(title)}\n\n${escapeMarkdown(failure.message)}`);
		if (refuses && error instanceof ConfigurationError) {
			runner.setOutput("outcome", "refused");
			runner.setOutput("cause", error.code);
		}
	} catch (unwritable) {
		if (machineReason(unwritable) === void 0) throw unwritable;
	}
	return failure;
}
function describeFailure(error) {
	if (error instanceof ConfigurationError) return {
		title: error.code,
		message: error.message
	};
	if (error instanceof AwsCallError) {
		const next = {
			"access-denied": allowing(error),
			credentials: "The AWS credentials of this job are missing, wrong or expired: check the step that configures them."
		};
		return {
			title: error.code,
			message: `${error.operation}: ${error.reason} ${next[error.kind] ?? ""}`.trim()
		};
	}
	const reason = machineReason(error);
	if (reason !== void 0) return {
		title: "runner",
		message: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
	};
	const known = error instanceof Error ? error : new Error(String(error));
	return {
		title: "defect",
		message: `This is a defect of ips-deploy-actions, please report it: ${known.message}`,
		...known.stack === void 0 ? {} : { stack: known.stack }
	};
}
export { describeFailure, publish, tellFailure };
