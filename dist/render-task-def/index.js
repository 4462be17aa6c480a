import { bool, checked, choice, clusterName, keyValues, list, matching, optional, parameterClient, parseFields, runAction, secret, serviceName, taskDefinitionRef, text, withDefault } from "../shared/start.js";
// src/inputs/render-task-def.ts
/** Inputs of render-task-def: from raw strings to one request, or all problems at once. Pure. */
/** Sizes of the guide: CPU units and MiB. */
const taskSizes = {
	small: {
		cpu: "512",
		memory: "1024"
	},
	medium: {
		cpu: "1024",
		memory: "2048"
	},
	high: {
		cpu: "2048",
		memory: "4096"
	}
};
const containerName = matching(/^[A-Za-z0-9_-]{1,255}$/, "a container name (letters, digits, - and _)");
const imageText = matching(/^\S{1,512}$/, "an image, without blanks");
const variable = matching(/^[^\s=]{1,512}$/, "the name of a variable");
const roleName = matching(/^(?:arn:aws[a-z-]*:iam::(?:\d{12}|account-id):role\/[\w+=,.@/-]{1,512}|[\w+=,.@/-]{1,512})$/, "the name of a role or its ARN");
const secretForm = "the ARN of a secret or parameter, or the name of a secret, with :json-key:version-stage:version-id if need be";
/** `NAME=value` where each value has a form of its own. */
function mapOf(value, what) {
	const pairs = keyValues();
	const allowed = `${what}, one a line, each name once; the value is ${value.allowed}`;
	return {
		allowed,
		parse: (given) => {
			const parsed = pairs.parse(given);
			if (!parsed.ok) return {
				ok: false,
				allowed: parsed.allowed.replace("NAME=value", what)
			};
			const values = /* @__PURE__ */ new Map();
			for (const [name, text] of parsed.value) {
				const one = value.parse(text.trim());
				if (!one.ok) return {
					ok: false,
					allowed: `${allowed}; that of ${name} is not`
				};
				values.set(name, one.value);
			}
			return {
				ok: true,
				value: values
			};
		}
	};
}
const fields = {
	"task-definition": optional(taskDefinitionRef()),
	"from-compose": withDefault(list(text("the path of a compose file")), []),
	"compose-services": withDefault(list(matching(/^[A-Za-z0-9._-]+$/, "the name of a service")), []),
	"compose-profiles": withDefault(list(matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "the name of a profile")), []),
	"compose-env-files": withDefault(list(text("the path of an env file")), []),
	"compose-variables": withDefault(keyValues(), /* @__PURE__ */ new Map()),
	cluster: optional(clusterName()),
	service: optional(serviceName()),
	family: optional(matching(/^[A-Za-z0-9_-]{1,255}$/, "a family (letters, digits, - and _)")),
	"container-name": optional(containerName),
	image: optional(imageText),
	images: withDefault(mapOf(imageText, "container=image"), /* @__PURE__ */ new Map()),
	environment: withDefault(keyValues(), /* @__PURE__ */ new Map()),
	"environment-remove": withDefault(list(variable), []),
	secrets: withDefault(mapOf(matching(/^(?:arn:[a-z-]+:(?:secretsmanager|ssm):[^:]+:[^:]+:\S+|[A-Za-z0-9/_+=.@-]{1,512}(?::[^:\s]*){0,3})$/, secretForm), "NAME=secret"), /* @__PURE__ */ new Map()),
	containers: optional(text("a map of container names, in YAML")),
	size: optional(choice("small", "medium", "high")),
	cpu: optional(matching(/^(?:\d{3,6}|\d*\.?\d+ ?vCPU)$/i, "CPU units such as 512, or .5 vCPU")),
	memory: optional(matching(/^(?:\d{3,7}|\d*\.?\d+ ?GB)$/i, "MiB such as 1024, or 1 GB")),
	platform: optional(choice("linux/amd64", "linux/arm64")),
	"execution-role": optional(roleName),
	"task-role": optional(roleName),
	"log-group": optional(matching(/^[A-Za-z0-9_/.#-]{1,512}$/, "the name of a log group")),
	"account-id": optional(matching(/^\d{12}$/, "the 12 digits of an AWS account")),
	"plain-secrets": withDefault(choice("warn", "refuse", "allow"), "warn"),
	"check-aws": withDefault(choice("auto", "true", "false"), "auto"),
	comment: withDefault(bool(), false),
	"github-token": optional(secret(text("a token"))),
	output: optional(text("the path of a file")),
	"dry-run": withDefault(bool(), false),
	report: optional(text("a file path"))
};
const noSource = {
	input: "task-definition",
	given: "(nothing)",
	allowed: "one source: task-definition, from-compose, or cluster and service"
};
function parseRender(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) {
		const isGiven = (name) => (raw[name] ?? "").trim() !== "";
		return [
			"task-definition",
			"from-compose",
			"service"
		].some(isGiven) ? parsed : {
			ok: false,
			problems: [noSource, ...parsed.problems]
		};
	}
	const given = parsed.request;
	const problems = [];
	const refuse = (input, text, allowed) => {
		problems.push({
			input,
			given: text,
			allowed
		});
	};
	if (given.image !== void 0 && given.images.size > 0) refuse("image", given.image, "image or images, not both");
	for (const name of given.secrets.keys()) if (given.environment.has(name)) refuse("secrets", name, `each name once; ${name} is in environment too`);
	if (given.size !== void 0 && (given.cpu !== void 0 || given.memory !== void 0)) refuse("size", given.size, "size, or cpu and memory, not both");
	const { cluster, service } = given;
	if (cluster === void 0 !== (service === void 0)) refuse(cluster === void 0 ? "cluster" : "service", "(nothing)", "cluster and service together");
	const running = cluster !== void 0 && service !== void 0 ? {
		kind: "service",
		cluster,
		service
	} : void 0;
	const compose = given["from-compose"];
	const reference = given["task-definition"];
	if (reference !== void 0 && compose.length > 0) refuse("from-compose", compose.join(", "), "task-definition or from-compose, not both");
	for (const name of [
		"compose-services",
		"compose-profiles",
		"compose-env-files"
	]) if (given[name].length > 0 && compose.length === 0) refuse(name, given[name].join(", "), "with from-compose only");
	const source = compose.length > 0 ? {
		kind: "compose",
		paths: compose,
		services: given["compose-services"],
		profiles: given["compose-profiles"],
		envFiles: given["compose-env-files"],
		variables: given["compose-variables"]
	} : reference ?? running;
	if (source === void 0) return {
		ok: false,
		problems: [noSource, ...problems]
	};
	if (given.comment && given["github-token"] === void 0) refuse("github-token", "(nothing)", "a token that may write pull requests, where comment is true");
	const size = given.size === void 0 ? void 0 : taskSizes[given.size];
	return checked({
		source,
		service: running,
		family: given.family,
		containerName: given["container-name"],
		image: given.image,
		images: given.images,
		environment: given.environment,
		environmentRemove: given["environment-remove"],
		secrets: given.secrets,
		containers: given.containers,
		cpu: size?.cpu ?? given.cpu,
		memory: size?.memory ?? given.memory,
		platform: given.platform,
		executionRole: given["execution-role"],
		taskRole: given["task-role"],
		logGroup: given["log-group"],
		accountId: given["account-id"],
		plainSecrets: given["plain-secrets"],
		checkAws: given["check-aws"],
		comment: given.comment,
		githubToken: given["github-token"],
		outputPath: given.output,
		dryRun: given["dry-run"],
		reportPath: given.report
	}, problems);
}
// src/main/render-task-def.ts
/** Entry of the render-task-def action. */
await runAction({
	name: "render-task-def",
	inputNames: Object.keys(fields),
	parse: parseRender,
	clients: parameterClient,
	load: async () => {
		const [{ renderTaskDefinition }, { workspaceFiles }, { createGitHubApi }] = await Promise.all([
			import("../shared/render-task-def.js"),
			import("../shared/workspace-files.js"),
			import("../shared/github-api2.js")
		]);
		const region = process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "";
		return (request, ports) => renderTaskDefinition(request, {
			...ports,
			...workspaceFiles(ports.context.workspace),
			region,
			environment: process.env,
			github: (token) => {
				ports.runner.mask(token);
				const { apiUrl, repository } = ports.context;
				const { clock, runner } = ports;
				return createGitHubApi({
					apiUrl,
					repository,
					token,
					clock
				}, runner.cancelled);
			}
		});
	}
});
export {};
