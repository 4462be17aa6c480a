import { bool, buildxFields, buildxOptions, checked, choice, integer, keyValues, list, matching, onlyBuildx, optional, parseFields, runAction, scanFields, scanPolicy, text, withDefault } from "../shared/start.js";
import { join } from "node:path";
import { homedir } from "node:os";
// src/inputs/image-places.ts
const component$1 = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const name = `${component$1}(?:/${component$1})*`;
const ecr = "(?:\\d{12}\\.dkr[.-]ecr(?:-fips)?\\.(?<region>[a-z]{2}(?:-[a-z]+)+-\\d)\\.[a-z.]+)";
const loopback = "(?:localhost|127\\.0\\.0\\.1):\\d{1,5}";
/** `eu-west-1`, `123456789012.dkr.ecr.eu-west-1.amazonaws.com`, either with `/repository`, or a repository alone. */
function pushDestination() {
	const allowed = "a region, the host of an ECR registry, either with \"/repository\" behind it, or \"/repository\" alone";
	const pattern = new RegExp(`^(?:(?<bare>[a-z]{2}(?:-[a-z]+)+-\\d)|(?<host>${ecr}|${loopback}))?(?:/(?<repository>${name}))?$`);
	return {
		allowed,
		parse: (given) => {
			const groups = pattern.exec(given)?.groups;
			if (groups === void 0 || given === "") return {
				ok: false,
				allowed
			};
			const { bare, host, region, repository } = groups;
			return {
				ok: true,
				value: {
					host,
					region: bare ?? region,
					repository
				}
			};
		}
	};
}
function imageSource() {
	const allowed = "an image by digest or tag, such as repository@sha256:… or HOST/repository:tag";
	const pattern = new RegExp(`^(?:(?<host>[A-Za-z0-9.-]+\\.[A-Za-z0-9.-]+(?::\\d+)?|localhost(?::\\d+)?)/)?(?<repository>${name})(?:@(?<digest>sha256:[a-f0-9]{64})|:(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))$`);
	return {
		allowed,
		parse: (given) => {
			const groups = pattern.exec(given)?.groups;
			if (groups === void 0) return {
				ok: false,
				allowed
			};
			const { host, repository, digest, tag } = groups;
			return {
				ok: true,
				value: {
					host,
					repository,
					reference: digest ?? tag
				}
			};
		}
	};
}
// src/inputs/known-secrets.ts
/**
* The secrets of a job, as `${{ toJSON(secrets) }}` or NAME=value lines, to be looked for where they must not be.
* Pure.
*/
function knownSecrets() {
	const allowed = "a JSON object of names and texts (toJSON(secrets) is one), or NAME=value, one a line";
	const lines = keyValues();
	return {
		allowed,
		secret: true,
		parse: (given) => {
			if (!given.startsWith("{")) {
				const parsed = lines.parse(given);
				return parsed.ok ? parsed : {
					ok: false,
					allowed
				};
			}
			let value;
			try {
				value = JSON.parse(given);
			} catch {
				return {
					ok: false,
					allowed
				};
			}
			const entries = Object.entries(value);
			if (entries.some(([, each]) => typeof each !== "string")) return {
				ok: false,
				allowed
			};
			return {
				ok: true,
				value: new Map(entries)
			};
		}
	};
}
// src/inputs/build-push-ecr.ts
/** Inputs of build-push-ecr: from raw strings to one request, or all problems at once. Pure. */
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const repositoryName = new RegExp(`^(?=.{2,256}$)${component}(?:/${component})*$`);
const platform = matching(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/, "a platform such as linux/amd64 or linux/arm64");
const tagTemplate = matching(/^(?:[A-Za-z0-9._-]|\{(?:sha|sha7|ref|date|run|version|major|major\.minor)\})+$/, "a tag of letters, digits, \"_\", \".\" and \"-\", with {sha}, {sha7}, {ref}, {date}, {run}, {version}, {major} or {major.minor} in it");
const registryHost = matching(/^(?:[A-Za-z0-9.-]+\.[A-Za-z]{2,}|localhost|127\.0\.0\.1)(?::\d{1,5})?$/, "a host with an optional port, without \"https://\" and without a path");
/** Each list at least one entry long. */
function some(field) {
	return {
		...field,
		parse: (given) => {
			const parsed = field.parse(given);
			return parsed.ok && parsed.value.length === 0 ? {
				ok: false,
				allowed: field.allowed
			} : parsed;
		}
	};
}
const fields = {
	repository: matching(repositoryName, "the name of an ECR repository: lower case letters, digits, \"-\", \"_\", \".\" and \"/\", 2 to 256 of them"),
	registry: optional(registryHost),
	context: withDefault(text("a folder"), "."),
	file: optional(text("the path of a Dockerfile")),
	tags: withDefault(some(list(tagTemplate)), ["{sha}"]),
	"build-args": withDefault(keyValues(), /* @__PURE__ */ new Map()),
	target: optional(matching(/^[A-Za-z0-9._-]+$/, "the name of a stage")),
	platforms: withDefault(some(list(platform)), ["linux/amd64"]),
	labels: withDefault(keyValues(), /* @__PURE__ */ new Map()),
	builder: withDefault(choice("auto", "buildx", "static"), "auto"),
	...buildxFields(repositoryName),
	"create-repository": withDefault(bool(), false),
	"push-attempts": withDefault(integer(1, 10), 4),
	"promote-from": optional(imageSource()),
	"also-push-to": withDefault(list(pushDestination()), []),
	...scanFields,
	"search-for-secrets": withDefault(knownSecrets(), /* @__PURE__ */ new Map()),
	placeholders: withDefault(keyValues(), /* @__PURE__ */ new Map()),
	"placeholder-files": withDefault(list(text("a path")), []),
	"dry-run": withDefault(bool(), false),
	report: optional(text("the path of a file"))
};
function parseBuildPush(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	const problems = [];
	const twice = given.platforms.find((each, index) => given.platforms.indexOf(each) !== index);
	if (twice !== void 0) problems.push({
		input: "platforms",
		given: given.platforms.join(", "),
		allowed: `each platform once; ${twice} is there twice`
	});
	const options = buildxOptions(given);
	if (given.builder === "static") for (const input of onlyBuildx(options)) problems.push({
		input,
		given: "(something)",
		allowed: "nothing, because builder is static"
	});
	for (const [id, path] of [
		...options.secrets,
		...options.secretEnvs,
		...options.secretFiles
	]) {
		if (/^[\w.-]+$/.test(id) && path !== "") continue;
		const input = options.secrets.has(id) ? "secrets" : options.secretEnvs.has(id) ? "secret-envs" : "secret-files";
		problems.push({
			input,
			given: id,
			allowed: "an id of letters, digits, \"_\", \".\" and \"-\", with a value"
		});
	}
	if (given.placeholders.size > 0 && given["placeholder-files"].length === 0) problems.push({
		input: "placeholder-files",
		given: "(nothing)",
		allowed: "the files with the placeholders, because placeholders is given"
	});
	if (options.cacheRepository === given.repository) problems.push({
		input: "cache-repository",
		given: options.cacheRepository,
		allowed: "a repository of its own: a lifecycle rule that counts images would count the cache, too"
	});
	return checked({
		repository: given.repository,
		registryHost: given.registry,
		context: given.context,
		file: given.file,
		tagTemplates: given.tags,
		buildArgs: given["build-args"],
		target: given.target,
		platforms: given.platforms,
		labels: given.labels,
		builder: given.builder,
		buildx: options,
		createRepository: given["create-repository"],
		pushAttempts: given["push-attempts"],
		promoteFrom: given["promote-from"],
		alsoPushTo: given["also-push-to"],
		scan: scanPolicy(given),
		searchForSecrets: given["search-for-secrets"],
		placeholders: given.placeholders,
		placeholderFiles: given["placeholder-files"],
		dryRun: given["dry-run"],
		reportPath: given.report
	}, problems);
}
// src/main/build-push-ecr.ts
/** Entry of the build-push-ecr action. */
await runAction({
	name: "build-push-ecr",
	inputNames: Object.keys(fields),
	parse: parseBuildPush,
	load: async () => {
		const [{ buildPush }, { workspaceFiles }, { createSdkCaller }] = await Promise.all([
			import("../shared/build-push.js"),
			import("../shared/workspace-files.js"),
			import("../shared/caller.js")
		]);
		const environment = process.env;
		const dockerFolder = environment["DOCKER_CONFIG"] ?? join(homedir(), ".docker");
		return (request, ports) => buildPush(request, {
			...ports,
			...workspaceFiles(ports.context.workspace, ports.redact),
			awsIn: (region) => createSdkCaller({ region }),
			environment,
			dockerFolder
		});
	}
});
export {};
