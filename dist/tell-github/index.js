import { announceFields, checked, createRunner, matching, optional, parseFields, readRawInputs, readRunContext, systemClock, tellBadInputs, text, tokenField, withDefault } from "../shared/start.js";
// src/inputs/tell-github.ts
/** Inputs of the tell-github action. */
const fields = {
	outcome: withDefault(matching(/^[a-z-]{1,40}$/, "an outcome, such as succeeded or rolled-back"), ""),
	issue: optional(text("the output issue of the action that deployed")),
	commit: optional(matching(/^[0-9a-f]{7,64}$/, "the output commit of rollback")),
	"github-deployment": announceFields["github-deployment"],
	"environment-url": announceFields["environment-url"],
	"git-tag": announceFields["git-tag"],
	"issue-on-rollback": announceFields["issue-on-rollback"],
	...tokenField
};
function parseTellGitHub(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	const problems = [];
	const token = given["github-token"];
	if (token === void 0) problems.push({
		input: "github-token",
		given: "(nothing)",
		allowed: "a token of this repository"
	});
	const issue = given.issue === void 0 ? void 0 : issueIn(given.issue);
	if (given.issue !== void 0 && issue === void 0) problems.push({
		input: "issue",
		given: `${given.issue.slice(0, 40)}…`,
		allowed: "the output issue of the action that deployed, as it is"
	});
	const { commit, "github-deployment": environment, "environment-url": environmentUrl } = given;
	return checked({
		outcome: given.outcome,
		issue,
		deployment: environment === void 0 || commit === void 0 ? void 0 : {
			environment,
			environmentUrl,
			commit
		},
		gitTag: given["git-tag"],
		issueOnRollback: given["issue-on-rollback"],
		githubToken: token ?? ""
	}, problems);
}
function issueIn(given) {
	try {
		const { title, body } = JSON.parse(given);
		return typeof title === "string" && typeof body === "string" && title !== "" ? {
			title,
			body
		} : void 0;
	} catch {
		return;
	}
}
// src/main/tell-github.ts
/** Entry of the tell-github action. No AWS, no verdict: what GitHub does not take is a warning. */
const name = "tell-github";
const runner = createRunner(process.env, (text) => void process.stdout.write(text));
async function tell(request) {
	const [{ tellLater }, { createGitHubApi }] = await Promise.all([import("../shared/told-later.js"), import("../shared/github-api2.js")]);
	const { githubToken: token } = request;
	runner.mask(token);
	const context = readRunContext(process.env);
	const { apiUrl, repository } = context;
	const outputs = await tellLater(request, {
		github: createGitHubApi({
			apiUrl,
			repository,
			token,
			clock: systemClock
		}, runner.cancelled),
		context,
		now: systemClock.now(),
		info: runner.info,
		warn: (message) => runner.annotate("warning", message, { title: name }),
		summary: runner.summary
	});
	for (const [output, value] of Object.entries(outputs)) runner.setOutput(output, value);
}
const parsed = parseTellGitHub(readRawInputs(process.env, Object.keys(fields)));
if (parsed.ok) await tell(parsed.request);
else {
	tellBadInputs(runner, name, parsed.problems);
	process.exitCode = 1;
}
export {};
