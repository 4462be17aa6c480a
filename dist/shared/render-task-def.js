import { AwsCallError } from "./call-error.js";
import { withRetries } from "./retry.js";
import { renderLogLine } from "./summary.js";
import { ConfigurationError } from "./configuration-error.js";
import { checkFargateSize, checkRange, cpuUnitsOf, isObject, memoryMiBOf, nearestName, objectsOf, pointer, saysSomething, shown as shown$1, textsIn } from "./nearest-name.js";
import { codeBlock, escapeMarkdown, keyValues } from "./start.js";
import { longestBody } from "./github-api.js";
import { parseEcrImage } from "./ecr-image-name.js";
import { readImageExistence, readSecretPresence } from "./secret-presence.js";
import { definitionHash, outputOnlyFields } from "./same-definition.js";
import { require_dist } from "./yaml.js";
import { readServiceOrNothing } from "./ecs-service.js";
import { join } from "node:path";
// src/taskdef/against-service.ts
/** A definition against the service that is to run it: its load balancer, its grace period. Pure. */
function checkAgainstService(definition, service) {
	const problems = [];
	const containers = objectsOf(definition["containerDefinitions"]);
	for (const { containerName, containerPort } of service.loadBalancers) {
		const index = containers.findIndex((container) => container["name"] === containerName);
		const container = containers[index];
		if (container === void 0) {
			const there = containers.map((each) => shown$1(each["name"])).join(", ") || "none";
			const message = `The load balancer of service ${service.name} sends to container "${containerName}"; the containers are ${there}.`;
			problems.push({
				code: "load-balancer",
				pointer: "/containerDefinitions",
				message
			});
			continue;
		}
		const ports = objectsOf(container["portMappings"]).map((mapping) => mapping["containerPort"]);
		if (ports.includes(containerPort)) continue;
		const there = ports.map(shown$1).join(", ") || "none";
		const message = `The load balancer of service ${service.name} sends to port ${containerPort} of ${containerName}; its ports are ${there}.`;
		const at = pointer([
			"containerDefinitions",
			index,
			"portMappings"
		]);
		problems.push({
			code: "load-balancer",
			pointer: at,
			message
		});
	}
	return {
		problems,
		warnings: checkGrace(containers, service)
	};
}
/**
* While the grace period lasts ECS replaces no task for a check that fails; what needs longer to become healthy is
* stopped, again and again.
* @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
*/
function checkGrace(containers, service) {
	const grace = service.healthCheckGracePeriodSeconds;
	if (service.loadBalancers.length === 0) return [];
	const warnings = [];
	for (const [index, container] of containers.entries()) {
		const check = container["healthCheck"];
		if (!isObject(check)) continue;
		const startPeriod = numberOr(check["startPeriod"], 0);
		if (startPeriod <= grace) continue;
		const message = `${shown$1(container["name"])} has ${startPeriod} s to start by its health check; service ${service.name} waits ${grace} s only before the load balancer's check counts (health check grace period).`;
		warnings.push({
			code: "grace-period",
			pointer: pointer([
				"containerDefinitions",
				index,
				"healthCheck",
				"startPeriod"
			]),
			message
		});
	}
	for (const { containerName } of service.loadBalancers) {
		const index = containers.findIndex((container) => container["name"] === containerName);
		const waits = waitBefore(containerName, containers, /* @__PURE__ */ new Set());
		if (index < 0 || waits <= grace) continue;
		const message = `${containerName} starts only after other containers are healthy, ${waits} s at the least; service ${service.name} waits ${grace} s only before the load balancer's check counts (health check grace period).`;
		warnings.push({
			code: "grace-period",
			pointer: pointer([
				"containerDefinitions",
				index,
				"dependsOn"
			]),
			message
		});
	}
	return warnings;
}
/** Seconds that pass at least before the container starts: a check is healthy after its first interval. */
function waitBefore(name, containers, trail) {
	if (trail.has(name)) return 0;
	const container = containers.find((each) => each["name"] === name);
	const waits = objectsOf(container?.["dependsOn"]).map((dependency) => {
		const other = dependency["containerName"] ?? "";
		const before = waitBefore(other, containers, /* @__PURE__ */ new Set([...trail, name]));
		if (dependency["condition"] !== "HEALTHY") return before;
		const check = containers.find((each) => each["name"] === other)?.["healthCheck"];
		return before + (isObject(check) ? numberOr(check["interval"], 30) : 0);
	});
	return Math.max(0, ...waits);
}
function numberOr(value, fallback) {
	return typeof value === "number" ? value : fallback;
}
// src/taskdef/comment.ts
/** The changes as one comment on the pull request of the run, the same one each time. */
/** So many comments are looked through for ours. */
const mostPages = 20;
/** Invisible, and the same for each family: by it the comment is found again. */
function markerOf(family) {
	return `<!-- ips-deploy-actions: task definition ${family.replace(/[^A-Za-z0-9_-]/g, "")} -->`;
}
function commentBody({ family, sentence, diff, warnings }) {
	const head = [
		markerOf(family),
		`### Task definition ${escapeMarkdown(family)}`,
		escapeMarkdown(sentence)
	];
	const list = warnings.map((warning) => `- ⚠️ ${escapeMarkdown(warning)}`).join("\n");
	const rest = list === "" ? "" : `\n\n${list}`;
	const whole = (text) => `${[...head, ...text === "" ? [] : [codeBlock(text, "diff")]].join("\n\n")}${rest}\n`;
	const body = whole(diff);
	if (body.length <= 65536) return body;
	const tail = "\n… the rest is in the log of the run";
	const room = diff.length - (body.length - longestBody) - 36 - 16;
	return whole(`${diff.slice(0, Math.max(0, room))}${tail}`).slice(0, longestBody);
}
/** Number of the pull request that the run is for; undefined: for none. */
function pullRequestOf(context) {
	const number = /^refs\/pull\/(\d+)\//.exec(context.ref)?.[1];
	return number === void 0 ? void 0 : Number(number);
}
async function comment(github, context, text) {
	const number = pullRequestOf(context);
	if (number === void 0) return {
		ok: false,
		sentence: "This run is for no pull request: there is none to comment on."
	};
	const body = commentBody(text);
	const marker = markerOf(text.family);
	const failed = (what, { reason }) => ({
		ok: false,
		sentence: `Comments of pull request ${number} could not be ${what}: ${reason}.`
	});
	for (let page = 1; page <= mostPages; page++) {
		const listed = await github.comments(number, page);
		if (!listed.ok) return failed("read", listed);
		const ours = listed.value.find((each) => each.body.startsWith(marker));
		if (ours !== void 0) {
			if (ours.body.trim() === body.trim()) return {
				ok: true,
				sentence: `The comment on pull request ${number} says so already.`
			};
			const changed = await github.changeComment(ours.id, body);
			return changed.ok ? {
				ok: true,
				sentence: `Updated the comment on pull request ${number}.`
			} : failed("updated", changed);
		}
		if (listed.value.length < 100) break;
	}
	const made = await github.addComment(number, body);
	return made.ok ? {
		ok: true,
		sentence: `Commented on pull request ${number}.`
	} : failed("written", made);
}
// src/taskdef/suspicious.ts
/** Plain values that look like secrets: never shown, and told. Pure. */
const secretName = /pass|pwd|secret|token|key|credential|private|connectionstring|dsn|auth/i;
/** Named like a secret, but a setting: `TOKEN_TTL`, `KEY_PREFIX`, `AUTH_URL`. */
const settingName = /(?:_|-|\.|:|(?<=[a-z])(?=[A-Z]))(?:ttl|url|uri|host|port|path|file|name|id|prefix|arn|enabled|timeout|expiry|expires|expiration|lifetime|seconds|minutes|hours|days|issuer|audience|mode|type|algorithm|length|size|region)(?:_?(?:ms|seconds|minutes|hours|days))?$/i;
/** Told apart by their form, whatever the name is. */
const secretValue = /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}|\bxox[abps]-[\w-]{10,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.|:\/\/[^/\s:@]+:[^/\s@]+@|\b(?:password|pwd)\s*=\s*[^;\s]+/i;
/** May be shown: false where either looks like a secret. Errs on the side of hiding. */
function mayShow(name, value) {
	return !secretName.test(name) && !secretValue.test(value);
}
/** A plain value that most likely is a secret; errs on the side of saying nothing. */
function looksLikeSecret(name, value) {
	if (secretValue.test(value)) return true;
	if (value.length < 8 || !secretName.test(name) || settingName.test(name)) return false;
	return !/^(?:true|false|\d+|https?:\/\/\S*|arn:\S*|\/\S*)$/i.test(value);
}
function findPlainSecrets(definition) {
	return objectsOf(definition["containerDefinitions"]).flatMap((container, index) => objectsOf(container["environment"]).flatMap((entry, position) => {
		const { name, value } = entry;
		if (typeof name !== "string" || typeof value !== "string" || !looksLikeSecret(name, value)) return [];
		return [{
			code: "plain-secret",
			pointer: pointer([
				"containerDefinitions",
				index,
				"environment",
				position
			]),
			message: `${name} of container ${String(container["name"])} looks like a secret in plain text, which everybody sees who may describe the task definition: keep it in Secrets Manager and name it in secrets.`
		}];
	}));
}
// src/taskdef/diff.ts
/** What differs between two definitions, for people: containers and variables by name, no secret values. Pure. */
const hiddenText = "(hidden)";
/** Lists whose entries have names: compared by name, not by position. */
const namedLists = {
	containerDefinitions: "name",
	environment: "name",
	secrets: "name",
	volumes: "name",
	tags: "key",
	mountPoints: "containerPath",
	ulimits: "name"
};
function diffDefinitions(before, after) {
	const differences = [];
	compare(before, after, "", "", differences);
	return differences;
}
/** A unified diff by path. */
function renderDiff(differences) {
	return differences.flatMap(({ path, before, after }) => [
		`@ ${path}`,
		...before === void 0 ? [] : [`- ${before}`],
		...after === void 0 ? [] : [`+ ${after}`]
	]).join("\n");
}
function compare(before, after, path, field, differences) {
	const name = namedLists[field];
	if (isObject(before) && isObject(after)) {
		if (isSuspicious(before) || isSuspicious(after)) {
			if (JSON.stringify(before) !== JSON.stringify(after)) differences.push({
				path,
				before: shown(before),
				after: shown(after)
			});
			return;
		}
		for (const key of /* @__PURE__ */ new Set([...Object.keys(before), ...Object.keys(after)])) compare(before[key], after[key], path === "" ? key : `${path}.${key}`, key, differences);
	} else if (name !== void 0 && isNamed(before, name) && isNamed(after, name) && before !== after) {
		const one = byName(before, name);
		const other = byName(after, name);
		for (const entry of /* @__PURE__ */ new Set([...one.keys(), ...other.keys()])) compare(one.get(entry), other.get(entry), `${path}[${entry}]`, "", differences);
	} else if (JSON.stringify(before) !== JSON.stringify(after)) differences.push({
		path,
		before: shown(before),
		after: shown(after)
	});
}
function shown(value) {
	if (value === void 0) return void 0;
	return JSON.stringify(value, (_, each) => isObject(each) && isSuspicious(each) ? {
		...each,
		value: hiddenText
	} : each);
}
/** An entry of `environment` whose name or value looks like a secret. */
function isSuspicious(entry) {
	const { name, value } = entry;
	if (typeof name !== "string" || typeof value !== "string" || value === hiddenText) return false;
	return !mayShow(name, value);
}
function isNamed(value, key) {
	if (value === void 0) return true;
	if (!Array.isArray(value)) return false;
	const names = value.map((entry) => isObject(entry) ? entry[key] : void 0);
	return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}
function byName(value, key) {
	return new Map((Array.isArray(value) ? value : []).map((entry) => [String(entry[key]), entry]));
}
// src/aws/log-group-presence.ts
/** Whether a log group exists in the region of the job. */
async function readLogGroupPresence(aws, name, signal) {
	try {
		return (await aws.call("logs:DescribeLogGroups", {
			logGroupNamePrefix: name,
			limit: 1
		}, signal)).logGroups?.some((group) => group.logGroupName === name) ?? false ? { kind: "present" } : { kind: "missing" };
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
		return {
			kind: "unchecked",
			why: `${error.operation}: ${error.code}`
		};
	}
}
// src/aws/role-presence.ts
/** Whether a role exists, and whether ECS may take it on for a task. */
const taskService = "ecs-tasks.amazonaws.com";
async function readRolePresence(aws, roleArn, signal) {
	const name = roleArn.split("/").at(-1) ?? roleArn;
	try {
		const { Role: role } = await aws.call("iam:GetRole", { RoleName: name }, signal);
		if (role?.Arn !== void 0 && roleArn.startsWith("arn:") && role.Arn !== roleArn) return {
			kind: "gone",
			why: `the role ${name} of this account is ${role.Arn}, not ${roleArn}`
		};
		const trust = decodeURIComponent(role?.AssumeRolePolicyDocument ?? "");
		return trust === "" || trust.includes(taskService) ? { kind: "present" } : {
			kind: "gone",
			why: `the role ${name} does not trust ${taskService}: no task can take it on`
		};
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
		return error.kind === "not-found" ? {
			kind: "gone",
			why: `there is no role ${name} in this account`
		} : {
			kind: "unchecked",
			why: `${error.operation}: ${error.code}`
		};
	}
}
// src/taskdef/look-up.ts
/**
* `region` is that of the job: what is elsewhere is not asked for. Rejects with `AwsCallError` where AWS cannot be
* asked at all; a permission that is missing makes that one thing unchecked.
*/
async function lookUp(aws, definition, region, signal) {
	const problems = [];
	const unchecked = /* @__PURE__ */ new Map();
	const answers = /* @__PURE__ */ new Map();
	for (const question of questionsOf(aws, definition, region, signal)) {
		const asked = answers.get(question.key) ?? question.ask();
		answers.set(question.key, asked);
		const answer = await asked;
		if (answer.kind === "present" || answer.kind === "moved") continue;
		if (answer.kind === "unchecked") {
			unchecked.set(question.key, `${question.what} was not looked up: ${answer.why}.`);
			continue;
		}
		const why = answer.kind === "gone" ? `: ${answer.why}` : "";
		const message = `${question.what} is not usable${why}. ${question.remedy}`;
		problems.push({
			code: question.code,
			pointer: question.at,
			message
		});
	}
	return {
		problems,
		unchecked: [...unchecked.values()]
	};
}
function* questionsOf(aws, definition, region, signal) {
	const home = homeOf(aws, region, signal);
	for (const field of ["executionRoleArn", "taskRoleArn"]) {
		const role = definition[field];
		if (typeof role !== "string" || /:iam::account/.test(role)) continue;
		yield {
			code: "role-missing",
			at: pointer([field]),
			key: `role ${role}`,
			what: `${field} ${role}`,
			remedy: "No task would start with it.",
			ask: () => readRolePresence(aws, role, signal)
		};
	}
	for (const [index, container] of objectsOf(definition["containerDefinitions"]).entries()) {
		const path = ["containerDefinitions", index];
		const image = container["image"];
		if (typeof image === "string" && parseEcrImage(image)?.region === region) yield {
			code: "image-missing",
			at: pointer([...path, "image"]),
			key: `image ${image}`,
			what: `Image ${image}`,
			remedy: "Push it before it is deployed.",
			ask: () => readImageExistence(aws, image, signal)
		};
		for (const [position, { name, valueFrom }] of objectsOf(container["secrets"]).entries()) {
			if (typeof valueFrom !== "string" || valueFrom === "") continue;
			if (/^arn:[^:]+:secretsmanager:/.test(valueFrom) && valueFrom.split(":")[3] !== region) continue;
			yield {
				code: "secret-missing",
				at: pointer([
					...path,
					"secrets",
					position,
					"valueFrom"
				]),
				key: `secret ${valueFrom}`,
				what: `The secret of ${String(name)}`,
				remedy: "No task would start without it.",
				ask: () => readSecretPresence(aws, valueFrom, home, signal)
			};
		}
		const group = logGroupOf(container, region);
		if (group !== void 0) yield {
			code: "log-group-missing",
			at: pointer([
				...path,
				"logConfiguration",
				"options"
			]),
			key: `log group ${group}`,
			what: `Log group ${group}`,
			remedy: "It does not exist: make it, or set the option awslogs-create-group to true.",
			ask: () => readLogGroupPresence(aws, group, signal)
		};
	}
}
/** The account is asked of STS, once, and only where an ARN names one. */
function homeOf(aws, region, signal) {
	let account;
	const ask = async () => (await aws.call("sts:GetCallerIdentity", {}, signal)).Account;
	return {
		region,
		account: () => {
			account ??= ask();
			return account;
		}
	};
}
/** Undefined where there is none to look for, or ECS makes it. */
function logGroupOf(container, region) {
	const log = container["logConfiguration"];
	if (!isObject(log) || log["logDriver"] !== "awslogs" || !isObject(log["options"])) return void 0;
	const { "awslogs-group": group, "awslogs-create-group": creates, "awslogs-region": where } = log["options"];
	if (typeof group !== "string" || group === "" || creates === "true" || where !== region) return void 0;
	return group;
}
// src/taskdef/normalise.ts
/** A definition as it comes (a file, or ECS's own answer) to what RegisterTaskDefinition takes. Pure. */
/**
* Takes the definition out of `describe-task-definition`'s answer, drops output-only fields, and writes numbers
* as texts where ECS wants texts (YAML makes numbers of them). Key order is kept.
*/
function normalise(given) {
	const notices = [];
	let definition = structuredClone(given);
	const inner = definition["taskDefinition"];
	if (isObject(inner) && definition["containerDefinitions"] === void 0) {
		const tags = definition["tags"];
		definition = {
			...inner,
			...Array.isArray(tags) && tags.length > 0 ? { tags } : {}
		};
		notices.push("The definition was taken out of \"taskDefinition\", as describe-task-definition prints it.");
	}
	const dropped = outputOnlyFields.filter((name) => name in definition);
	for (const name of dropped) delete definition[name];
	if (dropped.length > 0) notices.push(`Fields that ECS only puts out were dropped: ${dropped.join(", ")}.`);
	dropReservedTags(definition, notices);
	for (const name of ["cpu", "memory"]) asText(definition, name);
	for (const container of objectsOf(definition["containerDefinitions"])) {
		for (const entry of objectsOf(container["environment"])) asText(entry, "value");
		textsOf(container["dockerLabels"]);
		const log = container["logConfiguration"];
		if (isObject(log)) textsOf(log["options"]);
	}
	return {
		definition,
		notices
	};
}
/** Marks of a deploy belong to the revision that has them; tags of AWS's own cannot be given. */
function dropReservedTags(definition, notices) {
	const tags = definition["tags"];
	if (!Array.isArray(tags)) return;
	const isReserved = (tag) => isObject(tag) && /^(ips-deploy:|aws:)/i.test(String(tag["key"]));
	const kept = tags.filter((tag) => !isReserved(tag));
	if (kept.length === tags.length) return;
	notices.push(`Tags that belong to one revision were dropped: ${tags.filter(isReserved).map((tag) => String(tag["key"])).join(", ")}.`);
	if (kept.length > 0) definition["tags"] = kept;
	else delete definition["tags"];
}
function textsOf(value) {
	if (isObject(value)) for (const name of Object.keys(value)) asText(value, name);
}
function asText(object, name) {
	const value = object[name];
	if (typeof value === "number" || typeof value === "boolean") object[name] = String(value);
}
// src/taskdef/outcome.ts
function refused(source, problems) {
	const [first] = problems;
	const count = problems.length === 1 ? "One problem" : `${problems.length} problems`;
	return {
		outputs: {},
		report: {
			title: `Task definition from ${source.name}`,
			outcome: "refused",
			ok: false,
			sentence: `${count}; nothing was written. ${first?.message ?? ""}`.trim(),
			facts: [],
			sections: [problemTable("What has to be corrected", problems, source)]
		}
	};
}
function succeeded(request, shown) {
	const { definition, differences, comparedWith, path, warnings } = shown;
	const family = String(definition["family"]);
	const images = objectsOf(definition["containerDefinitions"]).map((container) => [String(container["name"]), String(container["image"])]);
	const changed = differences.length > 0;
	const hash = definitionHash(definition);
	const what = comparedWith === void 0 ? `A new definition from ${shown.source}` : `${differences.length} ${differences.length === 1 ? "change" : "changes"} to ${comparedWith}`;
	const sections = [];
	if (changed) {
		const heading = comparedWith === void 0 ? "The new definition" : "What changed";
		sections.push({
			kind: "text",
			heading,
			text: renderDiff(differences),
			language: "diff"
		});
	}
	if (warnings.length > 0) sections.push(problemTable("What to look at", warnings, void 0));
	return {
		outputs: {
			...request.dryRun ? {} : { "task-definition": path },
			family,
			image: mainImage(request, images),
			changed: String(changed),
			hash
		},
		report: {
			title: `Task definition ${family}`,
			outcome: request.dryRun ? "planned" : changed ? "rendered" : "unchanged",
			ok: true,
			sentence: request.dryRun ? `${what}; nothing was written: this was a dry run.` : changed ? `${what}, written to ${path}.` : `Nothing differs from ${comparedWith ?? shown.source}; written to ${path}.`,
			facts: [...images.map(([name, image]) => [`Image of ${name}`, image]), ["Hash", hash]],
			sections
		}
	};
}
function problemTable(heading, problems, source) {
	const whereOf = ({ pointer, place }) => {
		const found = place ?? (pointer === "" ? void 0 : source?.placeOf(pointer));
		return [found === void 0 ? "" : `${found.file}:${found.line}`, pointer].filter((part) => part !== "").join(" ") || "(the inputs)";
	};
	return {
		kind: "table",
		heading,
		columns: ["where", "what"],
		rows: problems.map((problem) => [whereOf(problem), problem.message])
	};
}
/** The image of the container that was meant; else of the first. */
function mainImage(request, images) {
	const [firstNamed] = request.images.keys();
	const wanted = request.containerName ?? firstNamed;
	return (images.find(([name]) => name === wanted) ?? images[0])?.[1] ?? "";
}
// src/taskdef/placeholders.ts
/**
* `region` and `account-id` as the guide writes them into ARNs and image names, to be filled in. Pure.
* `arn:aws:secretsmanager:region:account-id:secret:…`, `account-id.dkr.ecr.region.amazonaws.com/…`
*/
const accountWords = /* @__PURE__ */ new Set(["account-id", "account"]);
const regionWords = /* @__PURE__ */ new Set(["region"]);
function hasPlaceholders(definition) {
	return fillPlaceholders(definition, {
		accountId: "0",
		region: "r"
	}).filled > 0;
}
/** A copy with the placeholders filled in, and how many texts that changed. */
function fillPlaceholders(definition, place) {
	let filled = 0;
	const visit = (value) => {
		if (typeof value === "string") {
			const full = fill(value, place);
			if (full !== value) filled++;
			return full;
		}
		if (Array.isArray(value)) return value.map(visit);
		if (!isObject(value)) return value;
		return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, visit(entry)]));
	};
	return {
		definition: visit(definition),
		filled
	};
}
function fill(text, place) {
	if (text.startsWith("arn:")) {
		const parts = text.split(":");
		if (regionWords.has(parts[3] ?? "")) parts[3] = place.region;
		if (accountWords.has(parts[4] ?? "")) parts[4] = place.accountId;
		return parts.join(":");
	}
	const image = /^([^./]+)\.dkr\.ecr\.([^./]+)\.amazonaws\.com(?=[./])/.exec(text);
	if (image === null) return text;
	const [host, account = "", region = ""] = image;
	return `${accountWords.has(account) ? place.accountId : account}.dkr.ecr.${regionWords.has(region) ? place.region : region}.amazonaws.com${text.slice(host.length)}`;
}
// src/taskdef/apply-to-container.ts
function applyToContainer(container, index, changes, problems, notices) {
	const { image, environment, environmentRemove, secrets, logs, healthCheck } = changes;
	if (image !== void 0) container["image"] = image;
	for (const name of environmentRemove) removeVariable(container, name, notices);
	for (const [name, value] of environment) if (!setEnvironment(container, name, value)) problems.push({
		code: "secret-in-clear",
		pointer: pointer([
			"containerDefinitions",
			index,
			"secrets"
		]),
		message: `${name} is a secret of container ${shownName(container)}: a plain value would show it. If that is meant, name it in environment-remove as well.`
	});
	for (const [name, valueFrom] of secrets) setSecret(container, name, valueFrom, notices);
	if (logs !== void 0 && !setLogs(container, logs)) problems.push({
		code: "log-group",
		pointer: pointer([
			"containerDefinitions",
			index,
			"logConfiguration"
		]),
		message: `A log group is for containers that log with awslogs; ${shownName(container)} does not: name the driver in containers.`
	});
	if (healthCheck !== void 0) {
		const held = container["healthCheck"];
		container["healthCheck"] = {
			...isObject(held) ? held : {},
			...structuredClone(healthCheck)
		};
	}
	for (const [name, value] of Object.entries(changes.fields)) container[name] = structuredClone(value);
}
function shownName(container) {
	return typeof container["name"] === "string" ? container["name"] : "without a name";
}
function removeVariable(container, name, notices) {
	let found = false;
	for (const list of ["environment", "secrets"]) found = removeEntry(container, list, name) || found;
	if (!found) notices.push(`${name} was to be removed, but container ${shownName(container)} does not have it.`);
}
/** False where the name is a secret. In place where it is there, else at the end; other keys of an entry stay. */
function setEnvironment(container, name, value) {
	if (objectsOf(container["secrets"]).some((entry) => entry["name"] === name)) return false;
	setEntry(container, "environment", name, { value });
	return true;
}
/** A variable that was plain becomes a secret: it leaves `environment`. */
function setSecret(container, name, valueFrom, notices) {
	if (removeEntry(container, "environment", name)) notices.push(`${name} moved from environment to secrets.`);
	setEntry(container, "secrets", name, { valueFrom });
}
/** False where options of awslogs are meant for another driver. */
function setLogs(container, { driver, options }) {
	const log = container["logConfiguration"];
	const held = isObject(log) ? log : {};
	const heldDriver = held["logDriver"];
	const newDriver = driver ?? heldDriver;
	const forAwslogs = [...options.keys()].some((name) => name.startsWith("awslogs-"));
	if (newDriver === void 0 || forAwslogs && newDriver !== "awslogs") return false;
	const heldOptions = held["options"];
	const isSame = newDriver === heldDriver;
	container["logConfiguration"] = {
		...isSame ? held : {},
		logDriver: newDriver,
		options: {
			...isSame && isObject(heldOptions) ? heldOptions : {},
			...Object.fromEntries(options)
		}
	};
	return true;
}
function setEntry(container, list, name, content) {
	const held = container[list];
	const entries = Array.isArray(held) ? held : [];
	container[list] = entries;
	const entry = objectsOf(entries).find((each) => each["name"] === name);
	if (entry === void 0) entries.push({
		name,
		...content
	});
	else Object.assign(entry, content);
}
function removeEntry(container, list, name) {
	const entries = container[list];
	if (!Array.isArray(entries)) return false;
	const kept = entries.filter((entry) => !isObject(entry) || entry["name"] !== name);
	container[list] = kept;
	return kept.length < entries.length;
}
// src/taskdef/changes.ts
const noContainerChanges = {
	environment: /* @__PURE__ */ new Map(),
	environmentRemove: [],
	secrets: /* @__PURE__ */ new Map(),
	fields: {}
};
function changesNothing(changes) {
	return changes.image === void 0 && changes.environment.size === 0 && changes.environmentRemove.length === 0 && changes.secrets.size === 0 && changes.logs === void 0 && changes.healthCheck === void 0 && Object.keys(changes.fields).length === 0;
}
/** `first`, then `second`: where both say something, `second` does. Associative; `noContainerChanges` is neutral. */
function mergeContainerChanges(first, second) {
	const kept = (map, alsoGone) => {
		const gone = /* @__PURE__ */ new Set([...second.environmentRemove, ...alsoGone]);
		return new Map([...map].filter(([name]) => !gone.has(name)));
	};
	return {
		image: second.image ?? first.image,
		environment: new Map([...kept(first.environment, second.secrets.keys()), ...second.environment]),
		environmentRemove: [.../* @__PURE__ */ new Set([...first.environmentRemove, ...second.environmentRemove])],
		secrets: new Map([...kept(first.secrets, []), ...second.secrets]),
		logs: mergeLogs(first.logs, second.logs),
		healthCheck: first.healthCheck === void 0 || second.healthCheck === void 0 ? second.healthCheck ?? first.healthCheck : {
			...first.healthCheck,
			...second.healthCheck
		},
		fields: {
			...first.fields,
			...second.fields
		}
	};
}
function mergeLogs(first, second) {
	if (first === void 0 || second === void 0) return second ?? first;
	if (second.driver !== void 0) return second;
	return {
		driver: first.driver,
		options: new Map([...first.options, ...second.options])
	};
}
// src/taskdef/apply-changes.ts
/** Writes changes into a definition (a copy of the caller's). No clock, no I/O: the same changes, the same result. */
function applyChanges(definition, changes) {
	const problems = [];
	const notices = [];
	for (const [name, value] of Object.entries(changes.task)) definition[name] = structuredClone(value);
	const containers = objectsOf(definition["containerDefinitions"]);
	const wanted = /* @__PURE__ */ new Map();
	const want = (container, more) => {
		wanted.set(container, mergeContainerChanges(wanted.get(container) ?? noContainerChanges, more));
	};
	for (const [name, more] of changes.containers) {
		const container = containers.find((each) => each["name"] === name);
		if (container === void 0) problems.push(noContainer(name, containers));
		else want(container, more);
	}
	const target = chooseContainer(containers, changes);
	if (target !== void 0 && "problem" in target) problems.push(target.problem);
	else if (target !== void 0) want(target.container, changes.container);
	for (const [container, more] of wanted) applyToContainer(container, containers.indexOf(container), more, problems, notices);
	return {
		problems,
		notices
	};
}
/** Undefined where no change is about one container. */
function chooseContainer(containers, { containerName, container: changes }) {
	if (containerName !== void 0) {
		const container = containers.find((each) => each["name"] === containerName);
		return container === void 0 ? { problem: noContainer(containerName, containers) } : { container };
	}
	const [only] = containers;
	if (changesNothing(changes) || only === void 0) return void 0;
	if (containers.length === 1) return { container: only };
	return { problem: {
		code: "which-container",
		pointer: "/containerDefinitions",
		message: `The definition has ${containers.length} containers (${namesOf(containers)}): container-name says which one is meant.`
	} };
}
function noContainer(name, containers) {
	const meant = nearestName(name, containers.map(shownName));
	return {
		code: "no-such-container",
		pointer: "/containerDefinitions",
		message: `There is no container "${name}"; there ${containers.length === 1 ? "is" : "are"} ${namesOf(containers) || "none"}.${meant === void 0 ? "" : ` "${meant}" is meant?`}`
	};
}
function namesOf(containers) {
	return containers.map(shownName).join(", ");
}
// src/taskdef/check-container.ts
/** One container of a definition, by itself. Pure. */
const namePattern$1 = /^[A-Za-z0-9_-]{1,255}$/;
const ecrImage = /^[^/]+\.dkr[.-]ecr(?:-fips)?\./;
function checkContainer$1(container, index, definition, isFargate, say) {
	const path = ["containerDefinitions", index];
	checkIdentity(container, path, definition, say);
	checkVariables(container, path, say);
	checkPorts(container, path, definition, say);
	checkHealth(container, path, say);
	checkMemory(container, path, definition, isFargate, say);
	checkMounts(container, path, definition, say);
	checkRole(container, path, definition, isFargate, say);
	const restart = container["restartPolicy"];
	if (isObject(restart)) {
		checkRange(restart["restartAttemptPeriod"], 60, 1800, [
			...path,
			"restartPolicy",
			"restartAttemptPeriod"
		], say);
		const codes = restart["ignoredExitCodes"];
		if (Array.isArray(codes) && codes.length > 50) say("range", [
			...path,
			"restartPolicy",
			"ignoredExitCodes"
		], "ignoredExitCodes has 50 entries at most.");
	}
	for (const [at, limit] of objectsOf(container["ulimits"]).entries()) {
		const { softLimit, hardLimit } = limit;
		if (typeof softLimit === "number" && typeof hardLimit === "number" && softLimit > hardLimit) say("ulimit", [
			...path,
			"ulimits",
			at,
			"softLimit"
		], `The soft limit ${softLimit} is above the hard limit ${hardLimit}.`);
	}
}
function checkIdentity(container, path, definition, say) {
	const { name, image } = container;
	const names = objectsOf(definition["containerDefinitions"]).map((each) => each["name"]);
	if (typeof name !== "string" || !namePattern$1.test(name)) say("container-name", [...path, "name"], "A container needs a name of letters, digits, \"-\" and \"_\".");
	else if (names.indexOf(name) !== path[1]) say("container-name", [...path, "name"], `Container name "${name}" is there twice.`);
	if (typeof image !== "string" || image === "") say("image", [...path, "image"], `Container ${shown$1(name)} has no image.`);
	else if (/\s/.test(image) || image.length > 255 || image.includes("@") && !/@sha256:[0-9a-f]{64}$/i.test(image)) say("image", [...path, "image"], `${shown$1(image)} is no image: NAME:TAG or NAME@sha256: and 64 digits.`);
}
function checkVariables(container, path, say) {
	const name = shown$1(container["name"]);
	const environment = objectsOf(container["environment"]).map((entry) => entry["name"]);
	const secrets = objectsOf(container["secrets"]).map((entry) => entry["name"]);
	for (const [list, entries] of Object.entries({
		environment,
		secrets
	})) for (const [index, variable] of entries.entries()) {
		const at = [
			...path,
			list,
			index,
			"name"
		];
		if (typeof variable !== "string" || variable === "") say("variable-name", at, `An entry of ${list} of container ${name} has no name.`);
		else if (entries.indexOf(variable) !== index) say("variable-twice", at, `${shown$1(variable)} is in ${list} of container ${name} twice.`);
	}
	for (const [index, entry] of objectsOf(container["secrets"]).entries()) {
		const { name: variable, valueFrom } = entry;
		const at = [
			...path,
			"secrets",
			index
		];
		if (typeof valueFrom !== "string" || valueFrom === "") say("secret", [...at, "valueFrom"], `Secret ${shown$1(variable)} of container ${name} has no valueFrom.`);
		else checkValueFrom(valueFrom, [...at, "valueFrom"], say);
		if (variable === void 0 || !environment.includes(variable)) continue;
		const message = `${shown$1(variable)} is in environment and in secrets of container ${name}: only one is allowed.`;
		say("variable-twice", [...at, "name"], message);
	}
}
/** A JSON key needs the full ARN and all three colons. */
function checkValueFrom(valueFrom, path, say) {
	const match = /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:([^:]+)(:.*)?$/.exec(valueFrom);
	if (match === null || match[2] === void 0) return;
	const [, secret = "", rest = ""] = match;
	if (rest.split(":").length !== 4) say("secret", path, `Behind a secret's ARN come :json-key:version-stage:version-id, all three colons; ${shown$1(rest)} is not.`);
	else if (!/-[A-Za-z0-9]{6}$/.test(secret)) say("secret", path, `A JSON key or version needs the full ARN of the secret, with its six characters at the end; ${secret} has none.`);
}
function checkPorts(container, path, definition, say) {
	for (const [index, mapping] of objectsOf(container["portMappings"]).entries()) {
		const at = [
			...path,
			"portMappings",
			index
		];
		const { containerPort: port, hostPort: host, containerPortRange: range, protocol } = mapping;
		if (port === void 0 && range === void 0) say("port", at, `A port mapping of container ${shown$1(container["name"])} has no containerPort.`);
		checkRange(port, 1, 65535, [...at, "containerPort"], say);
		if (protocol !== void 0 && protocol !== "tcp" && protocol !== "udp") say("port", [...at, "protocol"], `protocol is tcp or udp; ${shown$1(protocol)} is not.`);
		if (definition["networkMode"] !== "awsvpc" || host === void 0 || host === null || host === 0 || host === port) continue;
		const message = `With networkMode awsvpc hostPort is left out or equals containerPort ${shown$1(port)}; ${shown$1(host)} does not.`;
		say("host-port", [...at, "hostPort"], message);
	}
}
/** Seconds, and a count. @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const healthCheckRanges = [
	[
		"interval",
		5,
		300
	],
	[
		"timeout",
		2,
		60
	],
	[
		"retries",
		1,
		10
	],
	[
		"startPeriod",
		0,
		300
	]
];
function checkHealth(container, path, say) {
	const check = container["healthCheck"];
	if (!isObject(check)) return;
	for (const [name, low, high] of healthCheckRanges) checkRange(check[name], low, high, [
		...path,
		"healthCheck",
		name
	], say);
	const [kind = "", ...words] = textsIn(check["command"]);
	const at = [
		...path,
		"healthCheck",
		"command"
	];
	if (![
		"CMD",
		"CMD-SHELL",
		"NONE"
	].includes(kind)) say("health-check", at, "The command of a health check begins with CMD, CMD-SHELL or NONE.");
	else if (kind !== "NONE" && words.every((word) => word.trim() === "")) say("health-check", at, `Behind ${kind} comes what is to be run; nothing does.`);
}
function checkMemory(container, path, definition, isFargate, say) {
	const { memory, memoryReservation: reservation } = container;
	for (const field of ["memory", "memoryReservation"]) checkRange(container[field], 4, 4194304, [...path, field], say);
	if (typeof memory === "number" && typeof reservation === "number" && memory <= reservation) say("memory", [...path, "memoryReservation"], `memoryReservation ${reservation} is not below memory ${memory}.`);
	const sizes = [
		memory,
		reservation,
		definition["memory"]
	];
	if (!isFargate && !sizes.some(saysSomething)) say("memory", path, `Container ${shown$1(container["name"])} needs memory or memoryReservation where the task has no memory.`);
}
function checkMounts(container, path, definition, say) {
	const volumes = objectsOf(definition["volumes"]).map((volume) => volume["name"]);
	for (const [index, mount] of objectsOf(container["mountPoints"]).entries()) {
		const { sourceVolume, containerPath } = mount;
		if (sourceVolume === void 0 || volumes.includes(sourceVolume)) continue;
		const there = volumes.map(shown$1).join(", ") || "none";
		const message = `${shown$1(containerPath)} mounts volume ${shown$1(sourceVolume)}; the volumes are ${there}.`;
		say("volume", [
			...path,
			"mountPoints",
			index,
			"sourceVolume"
		], message);
	}
}
/** What ECS itself reads before the container runs, it reads as the execution role. */
function checkRole(container, path, definition, isFargate, say) {
	if (definition["executionRoleArn"] !== void 0 && definition["executionRoleArn"] !== null) return;
	const name = shown$1(container["name"]);
	const log = container["logConfiguration"];
	const needs = (at, what) => {
		say("execution-role", at, `Container ${name} ${what}: the definition needs executionRoleArn.`);
	};
	if (objectsOf(container["secrets"]).length > 0) needs([...path, "secrets"], "has secrets");
	if (isObject(log) && objectsOf(log["secretOptions"]).length > 0) needs([
		...path,
		"logConfiguration",
		"secretOptions"
	], "has secrets for its log driver");
	if (isObject(container["repositoryCredentials"])) needs([...path, "repositoryCredentials"], "pulls from a private registry");
	if (!isFargate) return;
	if (isObject(log) && log["logDriver"] === "awslogs") needs(["executionRoleArn"], "logs with awslogs on Fargate");
	if (ecrImage.test(String(container["image"]))) needs(["executionRoleArn"], "has an image in ECR on Fargate");
}
// src/taskdef/check-dependencies.ts
/** `dependsOn` between the containers of a definition. Pure. */
const conditions = [
	"START",
	"COMPLETE",
	"SUCCESS",
	"HEALTHY"
];
/** @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html */
function checkDependencies(containers, say) {
	const byName = new Map(containers.map((container) => [container["name"], container]));
	for (const [index, container] of containers.entries()) for (const [position, dependency] of objectsOf(container["dependsOn"]).entries()) {
		const at = [
			"containerDefinitions",
			index,
			"dependsOn",
			position
		];
		const { containerName: wanted, condition } = dependency;
		const target = wanted === void 0 ? void 0 : byName.get(wanted);
		if (target === void 0 || wanted === container["name"]) {
			const others = [...byName.keys()].filter((name) => name !== container["name"]).map(String);
			const message = `dependsOn names ${shown$1(wanted)}; the other containers are ${others.join(", ") || "none"}.`;
			say("depends-on", [...at, "containerName"], message);
			continue;
		}
		if (typeof condition !== "string" || !conditions.includes(condition)) say("depends-on", [...at, "condition"], `condition is one of ${conditions.join(", ")}; ${shown$1(condition)} is not.`);
		else if (condition === "HEALTHY" && !isObject(target["healthCheck"])) say("depends-on", [...at, "condition"], `HEALTHY waits for the health check of ${shown$1(wanted)}, which has none in the definition.`);
		else if ((condition === "COMPLETE" || condition === "SUCCESS") && target["essential"] !== false) say("depends-on", [...at, "condition"], `${condition} waits for ${shown$1(wanted)} to end, which ends the task: it must have "essential": false.`);
	}
	const circle = findCircle(byName);
	if (circle !== void 0) say("depends-on", ["containerDefinitions"], `Containers wait for each other in a circle: ${circle.join(" -> ")}.`);
}
function findCircle(byName) {
	const done = /* @__PURE__ */ new Set();
	const visit = (name, trail) => {
		const from = trail.indexOf(name);
		if (from >= 0) return trail.length - from > 1 ? [...trail.slice(from), name].map(String) : void 0;
		if (done.has(name)) return void 0;
		for (const dependency of objectsOf(byName.get(name)?.["dependsOn"])) {
			const found = visit(dependency["containerName"], [...trail, name]);
			if (found !== void 0) return found;
		}
		done.add(name);
	};
	for (const name of byName.keys()) {
		const found = visit(name, []);
		if (found !== void 0) return found;
	}
}
// src/taskdef/check-fargate.ts
/**
* What Fargate adds to the rules of ECS. Pure.
* @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
*/
const containerFields = {
	disableNetworking: "containers of Fargate always have the network of the task",
	dnsSearchDomains: "the VPC decides about names",
	dnsServers: "the VPC decides about names",
	dockerSecurityOptions: "there are no security options",
	extraHosts: "put the names into a private hosted zone of Route 53",
	hostname: "with awsvpc the task has the name that the VPC gives it",
	links: "containers of a task reach each other as localhost",
	privileged: "no container is privileged"
};
const linuxFields = {
	devices: "there are no devices",
	maxSwap: "there is no swap",
	sharedMemorySize: "/dev/shm has 64 MiB",
	swappiness: "there is no swap"
};
const drivers = [
	"awslogs",
	"splunk",
	"awsfirelens"
];
const systems = /^(LINUX|WINDOWS_SERVER_(2019|2022|2025)_(CORE|FULL))$/;
function checkFargate(definition, say) {
	if (definition["networkMode"] !== "awsvpc") say("fargate-network", ["networkMode"], `Fargate needs networkMode "awsvpc"; ${shown$1(definition["networkMode"])} is not.`);
	const size = checkFargateSize(definition["cpu"], definition["memory"]);
	if (size !== void 0) say("fargate-size", [size.field], size.message);
	else checkShares(definition, say);
	for (const field of [
		"ipcMode",
		"placementConstraints",
		"inferenceAccelerators"
	]) if (saysSomething(definition[field])) say("fargate", [field], `Fargate has no ${field}: leave it out.`);
	if (saysSomething(definition["pidMode"]) && definition["pidMode"] !== "task") say("fargate", ["pidMode"], `On Fargate pidMode is task or left out; ${shown$1(definition["pidMode"])} is not.`);
	checkPlatform(definition, say);
	for (const [index, volume] of objectsOf(definition["volumes"]).entries()) {
		const host = volume["host"];
		if (saysSomething(volume["dockerVolumeConfiguration"])) say("fargate", [
			"volumes",
			index,
			"dockerVolumeConfiguration"
		], "Fargate has no Docker volumes: take EFS.");
		if (isObject(host) && saysSomething(host["sourcePath"])) say("fargate", [
			"volumes",
			index,
			"host",
			"sourcePath"
		], "Fargate has no folders of a machine to mount: take EFS.");
	}
	for (const [index, container] of objectsOf(definition["containerDefinitions"]).entries()) checkContainer(container, ["containerDefinitions", index], say);
}
function checkContainer(container, path, say) {
	const unsupported = (object, fields, at) => {
		for (const [field, why] of Object.entries(fields)) if (saysSomething(object[field])) say("fargate", [...at, field], `Fargate has no ${field}: ${why}.`);
	};
	unsupported(container, containerFields, path);
	for (const name of ["startTimeout", "stopTimeout"]) checkRange(container[name], 2, 120, [...path, name], say);
	const linux = container["linuxParameters"];
	if (isObject(linux)) {
		unsupported(linux, linuxFields, [...path, "linuxParameters"]);
		const capabilities = isObject(linux["capabilities"]) ? linux["capabilities"] : {};
		for (const [index, name] of textsIn(capabilities["add"]).entries()) {
			if (name === "SYS_PTRACE") continue;
			say("fargate", [
				...path,
				"linuxParameters",
				"capabilities",
				"add",
				index
			], `Fargate adds the capability SYS_PTRACE only, not ${name}.`);
		}
	}
	for (const [index, need] of objectsOf(container["resourceRequirements"]).entries()) if (need["type"] === "GPU") say("fargate", [
		...path,
		"resourceRequirements",
		index
	], "Fargate has no GPUs.");
	const log = container["logConfiguration"];
	if (isObject(log)) checkLog(log, container, [...path, "logConfiguration"], say);
}
/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html */
function checkLog(log, container, path, say) {
	const driver = log["logDriver"];
	if (typeof driver !== "string" || !drivers.includes(driver)) say("log-driver", [...path, "logDriver"], `Fargate logs with ${drivers.join(", ")}; ${shown$1(driver)} is none of them.`);
	if (driver !== "awslogs") return;
	const options = isObject(log["options"]) ? log["options"] : {};
	const missing = [
		"awslogs-group",
		"awslogs-region",
		"awslogs-stream-prefix"
	].filter((name) => !saysSomething(options[name]));
	if (missing.length === 0) return;
	say("log-options", [...path, "options"], `awslogs of container ${shown$1(container["name"])} needs ${missing.join(", ")} on Fargate.`);
}
/** What the containers reserve must fit into the task. */
function checkShares(definition, say) {
	const cpu = cpuUnitsOf(definition["cpu"]) ?? 0;
	const memory = memoryMiBOf(definition["memory"]) ?? 0;
	let reservedCpu = 0;
	let reservedMemory = 0;
	for (const [index, container] of objectsOf(definition["containerDefinitions"]).entries()) {
		if (typeof container["cpu"] === "number") reservedCpu += container["cpu"];
		for (const field of ["memory", "memoryReservation"]) {
			const wanted = container[field];
			if (typeof wanted !== "number" || wanted <= memory) continue;
			say("fargate-size", [
				"containerDefinitions",
				index,
				field
			], `${field} ${wanted} of container ${shown$1(container["name"])} is more than the task's ${memory} MiB.`);
		}
		const { memory: hard, memoryReservation: soft } = container;
		reservedMemory += typeof soft === "number" ? soft : typeof hard === "number" ? hard : 0;
	}
	if (reservedCpu > cpu) say("fargate-size", ["cpu"], `The containers' cpu adds up to ${reservedCpu}, which is more than the task's ${cpu}.`);
	if (reservedMemory > memory) say("fargate-size", ["memory"], `The containers' memory adds up to ${reservedMemory} MiB, which is more than the task's ${memory}.`);
}
function checkPlatform(definition, say) {
	const platform = definition["runtimePlatform"];
	if (!isObject(platform)) return;
	const { cpuArchitecture: architecture, operatingSystemFamily: system } = platform;
	if (architecture !== void 0 && architecture !== "X86_64" && architecture !== "ARM64") say("platform", ["runtimePlatform", "cpuArchitecture"], `cpuArchitecture is X86_64 or ARM64; ${shown$1(architecture)} is not.`);
	if (system === void 0) return;
	if (typeof system !== "string" || !systems.test(system)) {
		say("platform", ["runtimePlatform", "operatingSystemFamily"], `operatingSystemFamily is LINUX or a Windows Server that Fargate has; ${shown$1(system)} is not.`);
		return;
	}
	if (system === "LINUX") return;
	if (architecture === "ARM64") say("platform", ["runtimePlatform", "cpuArchitecture"], "Windows runs on X86_64 only.");
	if ((cpuUnitsOf(definition["cpu"]) ?? 0) < 1024) say("fargate-size", ["cpu"], "Windows containers on Fargate need at least cpu 1024.");
}
// src/taskdef/checks.ts
/**
* What RegisterTaskDefinition would refuse, or what would keep a task from starting, found before AWS sees it.
* All problems at once. Pure.
* @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
*/
const namePattern = /^[A-Za-z0-9_-]{1,255}$/;
const roleArn$1 = /^arn:[a-z0-9-]+:iam::(?:\d{12}|account-id|account):role\/\S+$/;
/** Service quotas. @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const mostContainers = 10;
const mostBytes = 65536;
const mostTags = 50;
/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html */
const tagText = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u;
const tagCharacters = "letters, digits, blanks and + - = . _ : / @ only";
function checkDefinition(definition) {
	const problems = [];
	const say = (code, path, message) => {
		problems.push({
			code,
			pointer: pointer(path),
			message
		});
	};
	const family = definition["family"];
	if (typeof family !== "string" || !namePattern.test(family)) say("family", ["family"], `family must be 1 to 255 letters, digits, "-" and "_"; ${shown$1(family)} is not.`);
	checkTags(definition, say);
	checkTask(definition, say);
	const containers = definition["containerDefinitions"];
	if (!Array.isArray(containers) || containers.length === 0 || !containers.every(isObject)) {
		say("containers", ["containerDefinitions"], "containerDefinitions must be a list of at least one container.");
		return problems;
	}
	if (containers.length > mostContainers) say("containers", ["containerDefinitions"], `A task has ${mostContainers} containers at most; these are ${containers.length}.`);
	const isFargate = textsIn(definition["requiresCompatibilities"]).includes("FARGATE");
	if (isFargate) checkFargate(definition, say);
	for (const [index, container] of objectsOf(containers).entries()) checkContainer$1(container, index, definition, isFargate, say);
	checkDependencies(objectsOf(containers), say);
	checkPortsOnce(definition, say);
	if (objectsOf(containers).every((container) => container["essential"] === false)) say("essential", ["containerDefinitions"], "At least one container must be essential.");
	return problems;
}
function checkTags(definition, say) {
	const tags = definition["tags"];
	if (!Array.isArray(tags)) return;
	if (tags.length === 0) say("tags", ["tags"], "tags is an empty list, which ECS rejects: leave it out.");
	if (tags.length > mostTags) say("tags", ["tags"], `A definition has ${mostTags} tags at most; these are ${tags.length}.`);
	const keys = objectsOf(tags).map((tag) => tag["key"]);
	for (const [index, key] of keys.entries()) {
		const at = [
			"tags",
			index,
			"key"
		];
		if (typeof key !== "string" || key === "" || key.length > 128) say("tags", at, `The key of a tag has 1 to 128 characters; ${shown$1(key)} is not.`);
		else if (/^aws:/i.test(key)) say("tags", at, `Keys that begin with aws: are AWS's own; ${key} is one.`);
		else if (keys.indexOf(key) !== index) say("tags", at, `The tag ${key} is there twice.`);
		else if (!tagText.test(key)) say("tags", at, `The key of a tag has ${tagCharacters}; ${shown$1(key)} has others.`);
		const value = objectsOf(tags)[index]?.["value"];
		if (typeof value === "string" && !tagText.test(value)) say("tags", [
			"tags",
			index,
			"value"
		], `The value of a tag has ${tagCharacters}; that of ${shown$1(key)} has others.`);
		if (typeof value === "string" && value.length > 256) say("tags", [
			"tags",
			index,
			"value"
		], `The value of a tag has 256 characters at most; that of ${String(key)} has ${value.length}.`);
	}
}
function checkTask(definition, say) {
	for (const field of ["executionRoleArn", "taskRoleArn"]) {
		const role = definition[field];
		const isName = field === "taskRoleArn" && typeof role === "string" && /^[\w+=,.@-]{1,64}$/.test(role);
		if (role === void 0 || role === null || isName || typeof role === "string" && roleArn$1.test(role)) continue;
		say("role", [field], `${field} is the ARN of a role; ${shown$1(role)} is not.`);
	}
	const storage = definition["ephemeralStorage"];
	if (isObject(storage)) checkRange(storage["sizeInGiB"], 21, 200, ["ephemeralStorage", "sizeInGiB"], say);
	const names = objectsOf(definition["volumes"]).map((volume) => volume["name"]);
	for (const [index, name] of names.entries()) if (typeof name !== "string" || !namePattern.test(name)) say("volume", [
		"volumes",
		index,
		"name"
	], `A volume needs a name of letters, digits, "-" and "_"; ${shown$1(name)} is not.`);
	else if (names.indexOf(name) !== index) say("volume", [
		"volumes",
		index,
		"name"
	], `Volume ${name} is there twice.`);
	const bytes = new TextEncoder().encode(JSON.stringify(definition)).length;
	if (bytes > mostBytes) say("too-large", [], `A task definition has 64 KiB at most; this one has ${Math.ceil(bytes / 1024)}.`);
}
/** With awsvpc all containers share one address: a port is one container's. */
function checkPortsOnce(definition, say) {
	if (definition["networkMode"] !== "awsvpc") return;
	const owners = /* @__PURE__ */ new Map();
	for (const [index, container] of objectsOf(definition["containerDefinitions"]).entries()) for (const [position, mapping] of objectsOf(container["portMappings"]).entries()) {
		const port = mapping["containerPort"];
		if (typeof port !== "number") continue;
		const key = `${port}/${String(mapping["protocol"] ?? "tcp")}`;
		const owner = owners.get(key);
		if (owner === void 0) {
			owners.set(key, shown$1(container["name"]));
			continue;
		}
		say("port-twice", [
			"containerDefinitions",
			index,
			"portMappings",
			position,
			"containerPort"
		], `Port ${key} is that of container ${owner} already: containers of a task share one address.`);
	}
}
// src/taskdef/field-shapes.ts
function all(kind, ...names) {
	return Object.fromEntries(names.map((name) => [name, kind]));
}
const secret = all("text", "name", "valueFrom");
const keyValue = all("text", "name", "value");
const container = {
	...all("text", "name", "image", "versionConsistency", "hostname", "user", "workingDirectory"),
	...all("number", "cpu", "memory", "memoryReservation", "startTimeout", "stopTimeout"),
	...all("flag", "essential", "disableNetworking", "privileged", "readonlyRootFilesystem"),
	...all("flag", "interactive", "pseudoTerminal"),
	...all("texts", "links", "entryPoint", "command", "dnsServers", "dnsSearchDomains"),
	...all("texts", "dockerSecurityOptions", "credentialSpecs"),
	dockerLabels: "map",
	repositoryCredentials: { shape: all("text", "credentialsParameter") },
	portMappings: { listOf: {
		...all("number", "containerPort", "hostPort"),
		...all("text", "protocol", "name", "appProtocol", "containerPortRange")
	} },
	restartPolicy: { shape: {
		enabled: "flag",
		ignoredExitCodes: "numbers",
		restartAttemptPeriod: "number"
	} },
	environment: { listOf: keyValue },
	environmentFiles: { listOf: all("text", "value", "type") },
	mountPoints: { listOf: {
		...all("text", "sourceVolume", "containerPath"),
		readOnly: "flag"
	} },
	volumesFrom: { listOf: {
		sourceContainer: "text",
		readOnly: "flag"
	} },
	linuxParameters: { shape: {
		initProcessEnabled: "flag",
		...all("number", "sharedMemorySize", "maxSwap", "swappiness"),
		capabilities: { shape: all("texts", "add", "drop") },
		devices: { listOf: {
			...all("text", "hostPath", "containerPath"),
			permissions: "texts"
		} },
		tmpfs: { listOf: {
			containerPath: "text",
			size: "number",
			mountOptions: "texts"
		} }
	} },
	secrets: { listOf: secret },
	dependsOn: { listOf: all("text", "containerName", "condition") },
	extraHosts: { listOf: all("text", "hostname", "ipAddress") },
	ulimits: { listOf: {
		name: "text",
		...all("number", "softLimit", "hardLimit")
	} },
	logConfiguration: { shape: {
		logDriver: "text",
		options: "map",
		secretOptions: { listOf: secret }
	} },
	healthCheck: { shape: {
		command: "texts",
		...all("number", "interval", "timeout", "retries", "startPeriod")
	} },
	systemControls: { listOf: all("text", "namespace", "value") },
	resourceRequirements: { listOf: all("text", "value", "type", "sharingStrategy") },
	firelensConfiguration: { shape: {
		type: "text",
		options: "map"
	} }
};
const volume = {
	name: "text",
	configuredAtLaunch: "flag",
	host: { shape: all("text", "sourcePath") },
	dockerVolumeConfiguration: { shape: {
		...all("text", "scope", "driver"),
		autoprovision: "flag",
		...all("map", "driverOpts", "labels")
	} },
	efsVolumeConfiguration: { shape: {
		...all("text", "fileSystemId", "rootDirectory", "transitEncryption"),
		transitEncryptionPort: "number",
		authorizationConfig: { shape: all("text", "accessPointId", "iam") }
	} },
	s3filesVolumeConfiguration: { shape: {
		...all("text", "fileSystemArn", "rootDirectory", "accessPointArn"),
		transitEncryptionPort: "number"
	} },
	fsxWindowsFileServerVolumeConfiguration: { shape: {
		...all("text", "fileSystemId", "rootDirectory"),
		authorizationConfig: { shape: all("text", "credentialsParameter", "domain") }
	} }
};
const taskDefinitionShape = {
	...all("text", "family", "taskRoleArn", "executionRoleArn", "networkMode", "cpu", "memory"),
	...all("text", "pidMode", "ipcMode"),
	requiresCompatibilities: "texts",
	enableFaultInjection: "flag",
	containerDefinitions: { listOf: container },
	volumes: { listOf: volume },
	placementConstraints: { listOf: all("text", "type", "expression") },
	tags: { listOf: all("text", "key", "value") },
	proxyConfiguration: { shape: {
		...all("text", "type", "containerName"),
		properties: { listOf: keyValue }
	} },
	inferenceAccelerators: { listOf: all("text", "deviceName", "deviceType") },
	ephemeralStorage: { shape: all("number", "sizeInGiB") },
	runtimePlatform: { shape: all("text", "cpuArchitecture", "operatingSystemFamily") }
};
// src/taskdef/known-fields.ts
/**
* A definition against the fields that ECS knows: what is not among them passes with a notice, what is one slip
* away from one of them is refused, and so is a value of another type. Pure.
*/
function checkFields(definition) {
	const problems = [];
	const unknown = [];
	const wrongType = (path, wanted, value) => {
		const message = `${path.at(-1)} is ${wanted}; ${shorten(shown$1(value))} is not.`;
		problems.push({
			code: "wrong-type",
			pointer: pointer(path),
			message
		});
	};
	const visit = (object, shape, path) => {
		for (const [key, value] of Object.entries(object)) {
			const here = [...path, key];
			const kind = Object.hasOwn(shape, key) ? shape[key] : void 0;
			if (kind !== void 0) {
				if (value !== null) descend(value, kind, here);
				continue;
			}
			const meant = nearestName(key, Object.keys(shape));
			if (meant === void 0) unknown.push(pointer(here));
			else {
				const message = `"${key}" is no field here: "${meant}" is meant.`;
				problems.push({
					code: "misspelt-field",
					pointer: pointer(here),
					message
				});
			}
		}
	};
	const descend = (value, kind, path) => {
		if (typeof kind === "string") {
			if (!isKind[kind](value)) wrongType(path, kindWords[kind], value);
		} else if ("shape" in kind) {
			if (isObject(value)) visit(value, kind.shape, path);
			else wrongType(path, "an object", value);
		} else if (!Array.isArray(value)) wrongType(path, "a list of objects", value);
		else for (const [index, entry] of value.entries()) if (isObject(entry)) visit(entry, kind.listOf, [...path, index]);
		else wrongType([...path, index], "an object", entry);
	};
	visit(definition, taskDefinitionShape, []);
	return {
		problems,
		unknown
	};
}
const isText = (value) => typeof value === "string";
const isWhole = (value) => Number.isInteger(value);
const isKind = {
	text: isText,
	number: isWhole,
	flag: (value) => typeof value === "boolean",
	texts: (value) => Array.isArray(value) && value.every(isText),
	numbers: (value) => Array.isArray(value) && value.every(isWhole),
	map: (value) => isObject(value) && Object.values(value).every(isText)
};
const kindWords = {
	text: "a text",
	number: "a whole number",
	flag: "true or false",
	texts: "a list of texts",
	numbers: "a list of whole numbers",
	map: "a map of names to texts"
};
function shorten(text) {
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
// src/taskdef/render.ts
/** The new task definition from the old one and what is to change. Pure: the same arguments, the same answer. */
/** `place` fills `region` and `account-id`; undefined leaves them. */
function render(given, changes, place = void 0) {
	const { definition: before, notices: fromInput } = normalise(given);
	const notices = [...fromInput];
	const fields = checkFields(before);
	if (fields.unknown.length > 0) notices.push(`Fields that this version does not know are passed on: ${fields.unknown.join(", ")}.`);
	let definition = structuredClone(before);
	const applied = applyChanges(definition, changes);
	if (place !== void 0) {
		const filled = fillPlaceholders(definition, place);
		definition = filled.definition;
		if (filled.filled > 0) notices.push(`Placeholders for account and region filled in with ${place.accountId} and ${place.region}, in ${filled.filled} places.`);
	}
	const problems = [
		...fields.problems,
		...applied.problems,
		...checkDefinition(definition)
	];
	return {
		ok: problems.length === 0,
		before,
		definition,
		notices: [...notices, ...applied.notices],
		problems
	};
}
// src/taskdef/container-map.ts
var import_dist = require_dist();
const numbers = [
	"cpu",
	"memory",
	"memoryReservation",
	"stopTimeout",
	"startTimeout"
];
const booleans = ["essential", "readonlyRootFilesystem"];
const texts = ["user", "workingDirectory"];
const lists = ["command", "entryPoint"];
const fieldNames = [
	...[
		"image",
		"environment",
		"environmentRemove",
		"secrets",
		"logs",
		"healthCheck"
	],
	...numbers,
	...booleans,
	...texts,
	...lists
];
const logNames = [
	"driver",
	"group",
	"region",
	"streamPrefix",
	"options"
];
const healthNames = [
	"command",
	"interval",
	"timeout",
	"retries",
	"startPeriod"
];
function parseContainerMap(text) {
	const lines = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text, {
		schema: "failsafe",
		lineCounter: lines,
		prettyErrors: false
	});
	const problems = [];
	const sayAt = (node) => (message) => {
		const line = node?.range ? `, line ${lines.linePos(node.range[0]).line}` : "";
		problems.push({
			code: "containers-input",
			pointer: "",
			message: `Input containers${line}: ${message}`
		});
	};
	for (const error of document.errors) {
		const message = `Input containers, line ${lines.linePos(error.pos[0]).line}: this is not YAML: ${error.message}`;
		problems.push({
			code: "containers-input",
			pointer: "",
			message
		});
	}
	const containers = /* @__PURE__ */ new Map();
	const say = sayAt(document.contents);
	if (problems.length > 0) return {
		containers,
		problems
	};
	if (!(0, import_dist.isMap)(document.contents)) {
		say("a map of container names is expected.");
		return {
			containers,
			problems
		};
	}
	for (const pair of document.contents.items) {
		const name = (0, import_dist.isScalar)(pair.key) ? String(pair.key.value) : "";
		const given = (0, import_dist.isMap)(pair.value) ? pair.value.toJS(document) : void 0;
		const sayHere = sayAt((0, import_dist.isScalar)(pair.key) ? pair.key : void 0);
		if (!isObject(given)) sayHere(`${name} needs a map of what is to change.`);
		else {
			const lineSay = (field) => {
				const entry = (0, import_dist.isMap)(pair.value) ? pair.value.items.find((each) => nameOf(each.key) === field) : void 0;
				return sayAt((0, import_dist.isScalar)(entry?.key) || (0, import_dist.isSeq)(entry?.key) ? entry.key : void 0);
			};
			containers.set(name, changesOf(name, given, lineSay));
		}
	}
	return {
		containers,
		problems
	};
}
function nameOf(key) {
	return (0, import_dist.isScalar)(key) ? String(key.value) : "";
}
function changesOf(container, given, sayAt) {
	const fields = {};
	for (const key of Object.keys(given)) checkName(key, fieldNames, container, sayAt(key));
	for (const name of numbers) {
		const value = given[name];
		if (value === void 0) continue;
		if (typeof value === "string" && /^\d{1,9}$/.test(value)) fields[name] = Number(value);
		else sayAt(name)(`${name} of ${container} is a whole number.`);
	}
	for (const name of booleans) {
		const value = given[name];
		if (value === void 0) continue;
		if (value === "true" || value === "false") fields[name] = value === "true";
		else sayAt(name)(`${name} of ${container} is true or false.`);
	}
	for (const name of texts) {
		const value = given[name];
		if (typeof value === "string") fields[name] = value;
		else if (value !== void 0) sayAt(name)(`${name} of ${container} is one text.`);
	}
	for (const name of lists) {
		const value = textList(given[name], `${name} of ${container}`, sayAt(name));
		if (value !== void 0) fields[name] = value;
	}
	const image = given["image"];
	if (image !== void 0 && (typeof image !== "string" || !/^\S{1,512}$/.test(image))) sayAt("image")(`image of ${container} is one name without blanks.`);
	return {
		image: typeof image === "string" ? image : void 0,
		environment: pairs(given["environment"], `environment of ${container}`, sayAt("environment")),
		environmentRemove: textList(given["environmentRemove"], `environmentRemove of ${container}`, sayAt("environmentRemove")) ?? [],
		secrets: pairs(given["secrets"], `secrets of ${container}`, sayAt("secrets")),
		logs: logsOf(given["logs"], container, sayAt("logs")),
		healthCheck: healthCheckOf(given["healthCheck"], container, sayAt("healthCheck")),
		fields
	};
}
/** A map, or `NAME=value` lines. */
function pairs(given, what, say) {
	if (given === void 0) return /* @__PURE__ */ new Map();
	if (typeof given === "string") {
		const parsed = keyValues().parse(given);
		if (parsed.ok) return parsed.value;
		say(`${what}: expected is ${parsed.allowed}.`);
		return /* @__PURE__ */ new Map();
	}
	const entries = isObject(given) ? Object.entries(given) : void 0;
	if (entries?.every((entry) => typeof entry[1] === "string")) return new Map(entries);
	say(`${what} is a map of names to texts, or NAME=value lines.`);
	return /* @__PURE__ */ new Map();
}
/** A command that is one text would have to be cut at blanks by guess. */
function textList(given, what, say) {
	if (given === void 0) return void 0;
	if (Array.isArray(given) && given.every((entry) => typeof entry === "string")) return given;
	say(`${what} is a list of texts, such as ["node", "server.js"]: one text is never cut into words.`);
}
function logsOf(given, container, say) {
	if (given === void 0) return void 0;
	if (!isObject(given)) {
		say(`logs of ${container} is a map with ${logNames.join(", ")}.`);
		return;
	}
	for (const key of Object.keys(given)) checkName(key, logNames, `logs of ${container}`, say);
	const options = new Map(pairs(given["options"], `logs.options of ${container}`, say));
	for (const [key, option] of [
		["group", "awslogs-group"],
		["region", "awslogs-region"],
		["streamPrefix", "awslogs-stream-prefix"]
	]) {
		const value = given[key];
		if (typeof value === "string") options.set(option, value);
		else if (value !== void 0) say(`logs.${key} of ${container} is one text.`);
	}
	const driver = given["driver"];
	return {
		driver: typeof driver === "string" ? driver : void 0,
		options
	};
}
function healthCheckOf(given, container, say) {
	if (given === void 0) return void 0;
	if (!isObject(given)) {
		say(`healthCheck of ${container} is a map with ${healthNames.join(", ")}.`);
		return;
	}
	const check = {};
	for (const [key, value] of Object.entries(given)) {
		checkName(key, healthNames, `healthCheck of ${container}`, say);
		if (key === "command") {
			const command = textList(value, `healthCheck.command of ${container}`, say);
			if (command !== void 0) check["command"] = command;
		} else if (healthNames.includes(key)) {
			if (typeof value === "string" && /^\d{1,5}$/.test(value)) check[key] = Number(value);
			else say(`healthCheck.${key} of ${container} is a whole number.`);
		}
	}
	return check;
}
function checkName(key, known, where, say) {
	if (known.includes(key)) return;
	const meant = nearestName(key.replaceAll("-", ""), known);
	say(`"${key}" is nothing that ${where} has${meant === void 0 ? `: ${known.join(", ")}` : `: "${meant}" is meant`}.`);
}
// src/taskdef/request-changes.ts
/** What is said for one container by `containers` wins over `images`. */
function wantedChanges(request) {
	const { containers: given, problems } = parseContainerMap(request.containers ?? "{}");
	const containers = /* @__PURE__ */ new Map();
	for (const [name, image] of request.images) containers.set(name, {
		...noContainerChanges,
		image
	});
	for (const [name, changes] of given) containers.set(name, mergeContainerChanges(containers.get(name) ?? noContainerChanges, changes));
	const { image, environment, environmentRemove, secrets, logGroup } = request;
	const options = new Map(logGroup === void 0 ? [] : [["awslogs-group", logGroup]]);
	return {
		problems,
		changes: {
			task: taskFields(request),
			containerName: request.containerName,
			container: {
				...image === void 0 ? {} : { image },
				environment,
				environmentRemove,
				secrets,
				...logGroup === void 0 ? {} : { logs: { options } },
				fields: {}
			},
			containers
		}
	};
}
/** The changes with every secret replaced by what `resolved` says for its text. */
function withSecrets(changes, resolved) {
	const one = (given) => ({
		...given,
		secrets: new Map([...given.secrets].flatMap(([variable, text]) => {
			const valueFrom = resolved.get(text);
			return valueFrom === void 0 ? [] : [[variable, valueFrom]];
		}))
	});
	return {
		...changes,
		container: one(changes.container),
		containers: new Map([...changes.containers].map(([name, given]) => [name, one(given)]))
	};
}
/** Each secret that is wanted, with the variables that want it. */
function secretsWanted(changes) {
	const wanted = /* @__PURE__ */ new Map();
	for (const { secrets } of [changes.container, ...changes.containers.values()]) for (const [variable, text] of secrets) wanted.set(text, [...wanted.get(text) ?? [], variable]);
	return wanted;
}
function taskFields(request) {
	const fields = {};
	const { family, cpu, memory, platform, executionRole, taskRole } = request;
	if (family !== void 0) fields["family"] = family;
	if (cpu !== void 0) fields["cpu"] = cpu;
	if (memory !== void 0) fields["memory"] = memory;
	if (executionRole !== void 0) fields["executionRoleArn"] = roleArn(executionRole);
	if (taskRole !== void 0) fields["taskRoleArn"] = roleArn(taskRole);
	if (platform !== void 0) fields["runtimePlatform"] = {
		cpuArchitecture: platform === "linux/arm64" ? "ARM64" : "X86_64",
		operatingSystemFamily: "LINUX"
	};
	return fields;
}
/** A name becomes an ARN with the guide's placeholder, which is filled in with the job's account. */
function roleArn(role) {
	return role.startsWith("arn:") ? role : `arn:aws:iam::account-id:role/${role}`;
}
// src/aws/secret-arn.ts
/** Secrets Manager secrets by name: the full ARN, as a task definition needs it. No value is ever read. */
async function readSecretArn(aws, name, signal) {
	try {
		const answer = await aws.call("secretsmanager:DescribeSecret", { SecretId: name }, signal);
		if (answer.ARN === void 0) throw new Error("secretsmanager:DescribeSecret answered without an ARN.");
		return answer.DeletedDate === void 0 ? {
			kind: "found",
			arn: answer.ARN
		} : { kind: "deleted" };
	} catch (error) {
		if (error instanceof AwsCallError && error.kind === "not-found") return { kind: "missing" };
		throw error;
	}
}
// src/taskdef/secret-ref.ts
const secretForms = "the ARN of a secret or parameter, or the name of a secret, with :json-key:version-stage:version-id if need be";
/** Undefined where the text is neither an ARN nor `name[:json-key[:version-stage[:version-id]]]`. */
function parseSecretRef(text) {
	const trimmed = text.trim();
	if (trimmed.startsWith("arn:")) return /^arn:[a-z-]+:(secretsmanager|ssm):[^:]+:[^:]+:\S+$/.test(trimmed) ? {
		kind: "arn",
		arn: trimmed
	} : void 0;
	const match = /^([A-Za-z0-9/_+=.@-]{1,512})(?::([^:\s]*))?(?::([^:\s]*))?(?::([^:\s]*))?$/.exec(trimmed);
	if (match === null) return void 0;
	const [, name = "", key = "", stage = "", version = ""] = match;
	return {
		kind: "name",
		name,
		suffix: `${key}${stage}${version}` === "" ? "" : `:${key}:${stage}:${version}`
	};
}
// src/taskdef/resolve-secrets.ts
/** `wanted`: a secret as it is written, and the variables that want it. Each name is asked for once. */
async function resolveSecrets(aws, wanted, signal) {
	const valueFrom = /* @__PURE__ */ new Map();
	const problems = [];
	const lookups = /* @__PURE__ */ new Map();
	for (const [text, variables] of wanted) {
		const ref = parseSecretRef(text);
		const refuse = (code, message) => {
			problems.push({
				code,
				pointer: "",
				message
			});
		};
		if (ref === void 0) {
			refuse("secret-form", `The secret of ${variables.join(", ")} is written as "${text}"; allowed is ${secretForms}.`);
			continue;
		}
		if (ref.kind === "arn") {
			valueFrom.set(text, ref.arn);
			continue;
		}
		const lookup = lookups.get(ref.name) ?? readSecretArn(aws, ref.name, signal);
		lookups.set(ref.name, lookup);
		const found = await lookup;
		if (found.kind === "found") valueFrom.set(text, `${found.arn}${ref.suffix}`);
		else {
			const why = found.kind === "missing" ? "does not exist" : "is scheduled for deletion";
			refuse(`secret-${found.kind}`, `Secret ${ref.name}, wanted for ${variables.join(", ")}, ${why} in Secrets Manager of this account and region.`);
		}
	}
	return {
		valueFrom,
		problems
	};
}
// src/taskdef/definition-text.ts
/** A definition's text (JSON or YAML) as plain JSON, and where in it a pointer leads. Pure. */
function parseDefinition(path, text) {
	const value = parseText(path, text);
	if (!isObject(value)) {
		const message = `${path} holds no task definition: an object with family and containerDefinitions is expected.`;
		throw new ConfigurationError("task-definition-file", message);
	}
	return value;
}
/** JSON first: it is stricter about types, and YAML refuses some of its white space. */
function parseText(path, text) {
	try {
		return JSON.parse(text.replace(/^\ufeff/, ""));
	} catch (error) {
		if (/\.json$/i.test(path)) throw new ConfigurationError("task-definition-file", `${path} is not JSON: ${error.message}.`);
	}
	const document = (0, import_dist.parseDocument)(text, { prettyErrors: true });
	const [first] = document.errors;
	if (first !== void 0) {
		const message = `${path} is neither JSON nor YAML: ${first.message.split("\n")[0]}.`;
		throw new ConfigurationError("task-definition-file", message.replace(/[.:]+\.$/, "."));
	}
	return document.toJS({ maxAliasCount: 100 });
}
/** Where a JSON pointer leads in a definition's file, also where the definition stands inside `taskDefinition`. */
function placeOf(file, text, pointer) {
	const line = (pointer !== "" && /^\s*\{?\s*["']?taskDefinition["']?\s*:/m.test(text) ? lineOf(text, `/taskDefinition${pointer}`) : void 0) ?? lineOf(text, pointer);
	return line === void 0 ? void 0 : {
		file,
		line
	};
}
/** The line (from 1) of what a JSON pointer names, or of the nearest thing above it. */
function lineOf(text, pointer) {
	const lines = new import_dist.LineCounter();
	const document = (0, import_dist.parseDocument)(text.replaceAll("	", " "), { lineCounter: lines });
	const path = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
	for (let length = path.length; length > 0; length--) {
		const steps = path.slice(0, length).map((part) => /^\d+$/.test(part) ? Number(part) : part);
		const node = document.getIn(steps, true);
		if ((0, import_dist.isNode)(node) && node.range) return lines.linePos(node.range[0]).line;
	}
}
// src/taskdef/source.ts
/** Where the definition comes from: a file of the workspace, ECS, or compose files. */
async function readSource(source, family, ports) {
	if (source.kind === "compose") return readCompose(source, family, ports);
	if (source.kind === "file") {
		const text = await ports.readFile(source.path);
		return {
			definition: parseDefinition(source.path, text),
			name: source.path,
			placeOf: (pointer) => placeOf(source.path, text, pointer),
			problems: [],
			notices: []
		};
	}
	return readRegistered(source.kind === "service" ? (await readService(source, ports)).taskDefinitionArn : source.name, ports);
}
/** The service as it is; a service that is not there is the user's to correct. */
async function readService({ cluster, service }, ports) {
	const found = await readServiceOrNothing(ports.aws, {
		cluster,
		service
	}, ports.signal);
	if (found === void 0 || found.status === "INACTIVE") throw new ConfigurationError("service-not-found", `Cluster ${cluster} has no service ${service}.`);
	return found;
}
async function readRegistered(name, { aws, signal }) {
	try {
		const { taskDefinition, tags = [] } = await aws.call("ecs:DescribeTaskDefinition", {
			taskDefinition: name,
			include: ["TAGS"]
		}, signal);
		if (taskDefinition === void 0) throw new Error("ecs:DescribeTaskDefinition answered without a definition.");
		const plain = JSON.parse(JSON.stringify(taskDefinition));
		const definition = tags.length === 0 ? plain : {
			...plain,
			tags: JSON.parse(JSON.stringify(tags))
		};
		const { family = "", revision = "" } = taskDefinition;
		return {
			definition,
			name: `${family}:${revision}`,
			placeOf: () => void 0,
			problems: [],
			notices: []
		};
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.code !== "ClientException") throw error;
		throw new ConfigurationError("task-definition-not-found", `ECS has no task definition ${name}: ${error.reason}`);
	}
}
async function readCompose(source, family, ports) {
	const { composeDefinition } = await import("./definition.js");
	const { definition, problems, notices, origins } = await composeDefinition({
		paths: source.paths,
		envFiles: source.envFiles,
		profiles: source.profiles,
		services: source.services,
		environment: (name) => source.variables.get(name) ?? ports.environment[name],
		family,
		region: ports.region === "" ? void 0 : ports.region
	}, ports);
	return {
		definition,
		name: source.paths.join(", "),
		placeOf: (pointer) => {
			for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
				const place = origins.get(at);
				if (place !== void 0) return place;
			}
			const [first] = source.paths;
			return first === void 0 ? void 0 : {
				file: first,
				line: 1
			};
		},
		problems,
		notices
	};
}
// src/taskdef/render-task-def.ts
/** render-task-def: reads a definition, resolves what needs AWS, renders, checks, and writes the file. */
async function renderTaskDefinition(request, ports) {
	const { runner, clock } = ports;
	const aws = withRetries(ports.aws, ports);
	const startedAt = clock.now();
	const events = [];
	const note = (code, level, message) => {
		const event = {
			at: clock.now(),
			code,
			level,
			message
		};
		events.push(event);
		runner.info(renderLogLine(event, startedAt));
	};
	const sourcePorts = {
		...ports,
		aws,
		signal: runner.cancelled
	};
	const source = await readSource(request.source, request.family, sourcePorts);
	note("taskdef.read", "info", `Read ${source.name}.`);
	const running = await readRunning(request, source, sourcePorts);
	const wanted = wantedChanges(request);
	const secrets = await resolveSecrets(aws, secretsWanted(wanted.changes), runner.cancelled);
	const changes = withSecrets(wanted.changes, secrets.valueFrom);
	const isEmpty = Object.keys(source.definition).length === 0 && source.problems.length > 0;
	const asGiven = isEmpty ? nothingRendered : render(source.definition, changes);
	const place = await findPlace(asGiven.definition, request, ports, aws);
	const rendered = place === void 0 ? asGiven : render(source.definition, changes, place);
	const { definition } = rendered;
	const service = running === void 0 || isEmpty ? {
		problems: [],
		warnings: []
	} : checkAgainstService(definition, running.service);
	const plain = request.plainSecrets === "allow" ? [] : findPlainSecrets(definition);
	const looked = isEmpty ? {
		problems: [],
		unchecked: []
	} : await lookAtAws(request, definition, ports, aws);
	const problems = [
		...source.problems,
		...wanted.problems,
		...secrets.problems,
		...rendered.problems,
		...service.problems,
		...request.plainSecrets === "refuse" ? plain : [],
		...looked.problems
	];
	const warnings = [...service.warnings, ...request.plainSecrets === "warn" ? plain : []];
	const finish = async (outcome) => {
		const report = {
			...outcome.report,
			events,
			startedAt,
			endedAt: clock.now()
		};
		if (request.reportPath !== void 0) {
			const text = `${JSON.stringify(report, null, 2)}\n`;
			await ports.writeFile(request.reportPath, ports.redact?.(text) ?? text);
		}
		return {
			ok: report.ok,
			outputs: outcome.outputs,
			report
		};
	};
	for (const notice of [...source.notices, ...rendered.notices]) note("taskdef.notice", "notice", notice);
	for (const what of looked.unchecked) note("taskdef.unchecked", "notice", what);
	for (const warning of warnings) {
		note(`taskdef.${warning.code}`, "warning", warning.message);
		annotate("warning", warning, source, ports);
	}
	if (problems.length > 0) {
		for (const problem of problems) {
			annotate("error", problem, source, ports);
			note(`taskdef.${problem.code}`, "error", problem.message);
		}
		return finish(refused(source, problems));
	}
	const before = running?.definition ?? (request.source.kind === "compose" ? void 0 : rendered.before);
	const differences = diffDefinitions(before ?? {}, definition);
	const shownDiff = renderDiff(differences);
	if (shownDiff !== "") runner.group(`What changes, against ${running?.name ?? source.name}`, [shownDiff]);
	const path = request.outputPath ?? join(ports.context.tempDir || ".", `task-definition.${String(definition["family"])}.json`);
	if (!request.dryRun) {
		await ports.writeFile(path, `${JSON.stringify(definition, null, 2)}\n`);
		note("taskdef.written", "info", `Wrote ${path}.`);
	}
	const outcome = succeeded(request, {
		source: source.name,
		comparedWith: before === void 0 ? void 0 : running?.name ?? source.name,
		definition,
		differences,
		warnings,
		path
	});
	if (request.comment) {
		const { ok, sentence } = await comment(ports.github(request.githubToken ?? ""), ports.context, {
			family: String(definition["family"]),
			sentence: outcome.report.sentence,
			diff: shownDiff,
			warnings: warnings.map((warning) => warning.message)
		});
		note("taskdef.comment", ok ? "info" : "notice", sentence);
	}
	return finish(outcome);
}
const nothingRendered = {
	ok: false,
	before: {},
	definition: {},
	notices: [],
	problems: []
};
/** What the service runs now; undefined where no service was named. */
async function readRunning(request, source, ports) {
	if (request.service === void 0) return void 0;
	const service = await readService(request.service, ports);
	const registered = request.source.kind === "service" ? source : await readRegistered(service.taskDefinitionArn, ports);
	return {
		name: registered.name,
		definition: normalise(registered.definition).definition,
		service
	};
}
/** Only where a placeholder stands: the account is asked of STS unless it was given. */
async function findPlace(definition, request, ports, aws) {
	if (!hasPlaceholders(definition)) return void 0;
	if (ports.region === "") throw new ConfigurationError("region-missing", "The definition has placeholders for account and region, and this job has no AWS_REGION to fill them in.");
	const accountId = request.accountId ?? (await aws.call("sts:GetCallerIdentity", {}, ports.runner.cancelled)).Account;
	if (accountId === void 0) throw new Error("sts:GetCallerIdentity answered without an account.");
	return {
		accountId,
		region: ports.region
	};
}
const credentialVariables = [
	"AWS_ACCESS_KEY_ID",
	"AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_PROFILE"
];
/** `auto` looks where the job has credentials, and takes no refusal of AWS for more than "not looked up". */
async function lookAtAws(request, definition, ports, aws) {
	const hasCredentials = credentialVariables.some((name) => (ports.environment[name] ?? "") !== "");
	if (!(request.checkAws === "true" || request.checkAws === "auto" && hasCredentials) || ports.region === "") return {
		problems: [],
		unchecked: []
	};
	try {
		return await lookUp(aws, definition, ports.region, ports.runner.cancelled);
	} catch (error) {
		if (request.checkAws === "true" || !(error instanceof AwsCallError)) throw error;
		return {
			problems: [],
			unchecked: [`Images, secrets, log groups and roles were not looked up: ${error.operation}: ${error.reason}`]
		};
	}
}
function annotate(level, { message, pointer, place }, source, ports) {
	const found = place ?? (pointer === "" ? void 0 : source.placeOf(pointer));
	ports.runner.annotate(level, pointer === "" ? message : `${pointer}: ${message}`, {
		title: "render-task-def",
		...found === void 0 ? {} : {
			file: found.file,
			startLine: found.line
		}
	});
}
export { renderTaskDefinition };
