import { issueOf, wantsIssue } from "./issue.js";
// src/main/issue-output.ts
/** The output `issue`: what an issue about the run says, for a job that may write issues where this one may not. */
/** As an input it is one variable of the next process, for which Linux has 128 KiB; a character may take four bytes. */
const longest = 3e4;
async function withIssue(result, subject, { context, redact }, docsBase) {
	if (!wantsIssue(subject.action, result)) return result;
	const issue = issueOf({
		subject,
		result,
		context,
		docsBase,
		redact
	}, longest);
	return {
		...result,
		outputs: {
			...result.outputs,
			issue: JSON.stringify(issue)
		}
	};
}
export { withIssue };
