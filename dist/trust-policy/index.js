import { checked, choice, codeBlock, createRunner, escapeMarkdown, matching, optional, parseFields, readRawInputs, readRunContext, requestIdToken, systemClock, tellBadInputs, withDefault } from "../shared/start.js";
import { parseArgs } from "node:util";
// src/aws/trust-policy.ts
const trustAudience = "sts.amazonaws.com";
/** As IAM names the provider: its URL without the scheme. */
function issuerOf(serverUrl) {
	const host = serverUrl.replace(/^https?:\/\//, "").replace(/\/+$/, "");
	return host === "" || host === "github.com" ? "token.actions.githubusercontent.com" : `${host}/_services/token`;
}
function subjectOf(request, format) {
	const [owner = "", name = ""] = request.repository.split("/");
	const repository = format === "names" ? request.repository : `${owner}@${request.ownerId}/${name}@${request.repositoryId}`;
	const { scope } = request;
	switch (scope.kind) {
		case "environment": return `repo:${repository}:environment:${scope.name.replaceAll(":", "%3A")}`;
		case "branch": return `repo:${repository}:ref:refs/heads/${scope.name}`;
		case "pull-request": return `repo:${repository}:pull_request`;
	}
}
function trustPolicy(request) {
	const issuer = issuerOf(request.serverUrl);
	const subjects = request.subject === void 0 ? request.formats.map((format) => subjectOf(request, format)) : [request.subject];
	const hosted = issuer === "token.actions.githubusercontent.com";
	return {
		Version: "2012-10-17",
		Statement: [{
			Effect: "Allow",
			Principal: { Federated: `arn:aws:iam::${request.accountId}:oidc-provider/${issuer}` },
			Action: "sts:AssumeRoleWithWebIdentity",
			Condition: { StringEquals: {
				[`${issuer}:aud`]: trustAudience,
				[`${issuer}:sub`]: subjects.length === 1 ? subjects[0] : subjects,
				...hosted && request.repositoryId !== void 0 ? { [`${issuer}:repository_id`]: request.repositoryId } : {}
			} }
		}]
	};
}
/** Whether it is known how GitHub writes a name of an environment into `sub`. */
function isPlainName(name) {
	return /^[\w.:-]+$/.test(name);
}
/** The format of a subject that GitHub gave; undefined for one of a template of the repository's own. */
function formatOf(subject) {
	if (/^repo:[^/@:]+\/[^/@:]+:/.test(subject)) return "names";
	return /^repo:[^/@:]+@\d+\/[^/@:]+@\d+:/.test(subject) ? "ids" : void 0;
}
/** The claims of a token that was just given by GitHub, unverified: they are only shown. */
function claimsIn(token) {
	try {
		const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
		if (typeof claims.sub !== "string") return void 0;
		return {
			sub: claims.sub,
			environment: typeof claims.environment === "string" ? claims.environment : void 0
		};
	} catch {
		return;
	}
}
// src/inputs/trust-policy.ts
/** Inputs of the trust-policy action. */
const digits = (allowed) => optional(matching(/^\d{1,20}$/, allowed));
const fields = {
	scope: withDefault(choice("environment", "branch", "pull-request"), "environment"),
	environment: withDefault(matching(/^[^\r\n\t*?]{1,255}$/, "the name of a GitHub environment"), "Production"),
	branch: withDefault(matching(/^[^\s*?:~^\\[]{1,255}$/, "the name of a branch, no pattern"), "main"),
	"account-id": optional(matching(/^\d{12}$/, "an AWS account id of 12 digits")),
	repository: optional(matching(/^[\w.-]+\/[\w.-]+$/, "owner/name")),
	"repository-id": digits("the number of the repository"),
	"owner-id": digits("the number of its owner"),
	"sub-format": withDefault(choice("auto", "names", "ids"), "auto")
};
function parseTrustPolicy(raw, own) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	const repository = given.repository ?? own.repository;
	const isOwn = repository === own.repository;
	const repositoryId = given["repository-id"] ?? (isOwn && own.repositoryId || void 0);
	const ownerId = given["owner-id"] ?? (isOwn && own.ownerId || void 0);
	const problems = [];
	if (repository === "") problems.push({
		input: "repository",
		given: "(nothing)",
		allowed: "owner/name"
	});
	if (given["sub-format"] === "ids" && (repositoryId === void 0 || ownerId === void 0)) problems.push({
		input: "sub-format",
		given: "ids",
		allowed: "ids beside repository-id and owner-id (gh api repos/OWNER/NAME --jq .id,.owner.id)"
	});
	const scope = given.scope === "environment" ? {
		kind: "environment",
		name: given.environment
	} : given.scope === "branch" ? {
		kind: "branch",
		name: given.branch
	} : { kind: "pull-request" };
	return checked({
		scope,
		accountId: given["account-id"],
		repository,
		repositoryId,
		ownerId,
		format: given["sub-format"]
	}, problems);
}
// src/main/trust-policy.ts
/**
* Entry of the trust-policy action; on a command line, with options of the same names:
* `node dist/trust-policy/index.js --repository owner/name --environment Production`.
*/
const runner = createRunner(process.env, (text) => void process.stdout.write(text));
const names = Object.keys(fields);
const context = readRunContext(process.env);
function optionsOf(words) {
	const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
	return parseArgs({
		args: [...words],
		options
	}).values;
}
/** The formats to trust, and why, for people. */
async function formatsOf(request) {
	if (request.format !== "auto") return {
		formats: [request.format],
		why: "as asked for"
	};
	const idsKnown = request.repositoryId !== void 0 && request.ownerId !== void 0;
	if (request.repository === context.repository) {
		const token = await requestIdToken(process.env, trustAudience, { clock: systemClock });
		const claims = token.ok ? claimsIn(token.token) : void 0;
		const subject = claims?.sub;
		if (token.ok) runner.mask(token.token);
		const { scope } = request;
		if (claims !== void 0 && scope.kind === "environment" && scope.name === claims.environment) return {
			formats: ["names"],
			why: "this job's own",
			subject: claims.sub
		};
		if (subject !== void 0) {
			const format = formatOf(subject);
			if (format !== void 0 && (format === "names" || idsKnown)) return {
				formats: [format],
				why: `as in this job's own token: ${subject}`
			};
			runner.annotate("warning", `The sub of this repository has a form of its own: ${subject}. Adjust the policy.`);
		}
	}
	return idsKnown && issuerOf(context.serverUrl) === issuerOf("") ? {
		formats: ["names", "ids"],
		why: "both forms: give the job id-token: write, and the one in use is seen"
	} : {
		formats: ["names"],
		why: "by names: the numbers of the repository are not known here"
	};
}
async function run() {
	const own = {
		repository: context.repository,
		repositoryId: process.env["GITHUB_REPOSITORY_ID"] ?? "",
		ownerId: process.env["GITHUB_REPOSITORY_OWNER_ID"] ?? ""
	};
	const parsed = parseTrustPolicy({
		...readRawInputs(process.env, names),
		...optionsOf(process.argv.slice(2))
	}, own);
	if (!parsed.ok) {
		tellBadInputs(runner, "trust-policy", parsed.problems);
		process.exitCode = 1;
		return;
	}
	const { request } = parsed;
	const { formats, why, subject } = await formatsOf(request);
	if (subject === void 0 && request.scope.kind === "environment" && !isPlainName(request.scope.name)) runner.annotate("warning", `How GitHub writes "${request.scope.name}" into sub is not certain: run this in a job of that environment, with id-token: write.`);
	const { serverUrl } = context;
	const policy = trustPolicy({
		...request,
		formats,
		accountId: request.accountId ?? "ACCOUNT",
		serverUrl,
		...subject === void 0 ? {} : { subject }
	});
	const text = JSON.stringify(policy, void 0, 2);
	const commands = [
		"# Once for each account:",
		`aws iam create-open-id-connect-provider --url https://${issuerOf(serverUrl)} --client-id-list ${trustAudience}`,
		"# The policy above as trust.json; a role that is there takes update-assume-role-policy instead:",
		"aws iam create-role --role-name ips-deploy --assume-role-policy-document file://trust.json"
	].join("\n");
	runner.info(text);
	const title = `Trust policy for ${request.repository}, ${request.scope.kind}${"name" in request.scope ? ` ${request.scope.name}` : ""}`;
	if (context.runId === "") return;
	runner.setOutput("policy", JSON.stringify(policy));
	runner.setOutput("subjects", [policy.Statement[0].Condition.StringEquals[`${issuerOf(serverUrl)}:sub`]].flat().join("\n"));
	runner.summary(`### ${escapeMarkdown(title)}\n\nThe \`sub\` is ${escapeMarkdown(why)}.\n\n${codeBlock(text, "json")}\n\n${codeBlock(commands, "sh")}`);
}
try {
	await run();
} catch (error) {
	runner.annotate("error", error.message, { title: "trust-policy" });
	process.exitCode = 1;
}
export {};
