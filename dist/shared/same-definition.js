import { AwsCallError } from "./call-error.js";
import { createHash } from "node:crypto";
/** The tags of a resource; rejects with `AwsCallError`. */
async function readTags(aws, resourceArn, signal) {
	return toTags((await aws.call("ecs:ListTagsForResource", { resourceArn }, signal)).tags);
}
/** Adds tags, or gives them new values; others stay. Repeatable. Rejects with `AwsCallError`. */
async function writeTags(aws, resourceArn, tags) {
	await aws.call("ecs:TagResource", {
		resourceArn,
		tags: [...tags].map(([key, value]) => ({
			key,
			value
		}))
	});
}
function toTags(tags) {
	return new Map((tags ?? []).map((tag) => [tag.key ?? "", tag.value ?? ""]));
}
/** Words of ASCII with single spaces between them are a value as they are. */
const plainWords = /^(?:[\w+\-=.:/@]+(?: (?!$)|$))*$/;
/** Any text as a value that AWS accepts: letters, digits, spaces and `+ - = . _ : / @`, on one line. */
function tagValue(text) {
	if (text.length <= 256 && plainWords.test(text)) return text;
	return [...text.replace(/[^\p{L}\p{N}+\-=._:/@]+/gu, " ").trim()].slice(0, 256).join("").trim();
}
// src/aws/ecs-task-definition.ts
/**
* A family (its newest active revision), `family:revision` or an ARN; undefined where there is none. ECS
* answers `ClientException` both for what is missing and for what is misspelt.
*/
async function readTaskDefinition(aws, taskDefinition, signal) {
	try {
		const answer = await aws.call("ecs:DescribeTaskDefinition", {
			taskDefinition,
			include: ["TAGS"]
		}, signal);
		return answer.taskDefinition === void 0 ? void 0 : {
			...toRegistered(answer.taskDefinition),
			tags: toTags(answer.tags)
		};
	} catch (error) {
		if (error instanceof AwsCallError && (error.kind === "not-found" || error.code === "ClientException")) return void 0;
		throw error;
	}
}
/** ARNs of the newest ACTIVE revisions of a family, newest first; `atMost` up to 100. */
async function listNewestRevisions(aws, family, atMost, signal) {
	return (await aws.call("ecs:ListTaskDefinitions", {
		familyPrefix: family,
		status: "ACTIVE",
		sort: "DESC",
		maxResults: atMost
	}, signal)).taskDefinitionArns ?? [];
}
/** Makes a new revision, always: compare first. */
async function registerTaskDefinition(aws, definition, signal) {
	const answer = await aws.call("ecs:RegisterTaskDefinition", definition, signal);
	if (answer.taskDefinition === void 0) throw new Error("ecs:RegisterTaskDefinition answered without a task definition.");
	return toRegistered(answer.taskDefinition);
}
function toRegistered(definition) {
	return {
		arn: definition.taskDefinitionArn ?? "",
		family: definition.family ?? "",
		revision: definition.revision ?? 0,
		status: definition.status ?? "",
		definition
	};
}
/** What ECS adds to its answers and refuses in requests. */
const outputOnlyFields = [
	"taskDefinitionArn",
	"revision",
	"status",
	"requiresAttributes",
	"compatibilities",
	"registeredAt",
	"registeredBy",
	"deregisteredAt",
	"deleteRequestedAt"
];
// src/aws/same-definition.ts
/**
* Whether two task definitions mean the same to ECS: a hash over a normal form, in which what ECS fills in
* by itself and what it only puts out make no difference. Pure.
*/
const topLevel = [
	"family",
	"taskRoleArn",
	"executionRoleArn",
	"networkMode",
	"containerDefinitions",
	"volumes",
	"placementConstraints",
	"requiresCompatibilities",
	"cpu",
	"memory",
	"pidMode",
	"ipcMode",
	"proxyConfiguration",
	"inferenceAccelerators",
	"ephemeralStorage",
	"runtimePlatform",
	"enableFaultInjection"
];
/** `sha256:` and 64 digits; equal for equal meaning. */
function definitionHash(definition) {
	const text = JSON.stringify(normalForm(definition));
	return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
/** Keys sorted, empty lists and objects gone, ECS's defaults gone, lists without an order sorted. */
function normalForm(definition) {
	const given = definition;
	const picked = {};
	for (const name of topLevel) picked[name] = given[name];
	picked["enableFaultInjection"] = given["enableFaultInjection"] === true ? true : void 0;
	picked["requiresCompatibilities"] = sortedTexts(given["requiresCompatibilities"]);
	const isAwsvpc = given["networkMode"] === "awsvpc";
	picked["containerDefinitions"] = (Array.isArray(given["containerDefinitions"]) ? given["containerDefinitions"] : []).map((each) => container(each, isAwsvpc));
	return clean(picked) ?? {};
}
function container(given, isAwsvpc) {
	const ports = Array.isArray(given["portMappings"]) ? given["portMappings"] : [];
	const healthCheck = given["healthCheck"];
	return {
		...given,
		cpu: given["cpu"] === 0 ? void 0 : given["cpu"],
		essential: given["essential"] === false ? false : void 0,
		environment: sortedBy(given["environment"], "name"),
		secrets: sortedBy(given["secrets"], "name"),
		portMappings: ports.map((port) => ({
			...port,
			protocol: port["protocol"] === "tcp" ? void 0 : port["protocol"],
			hostPort: isAwsvpc && port["hostPort"] === port["containerPort"] || port["hostPort"] === 0 ? void 0 : port["hostPort"]
		})),
		healthCheck: healthCheck === void 0 ? void 0 : {
			...healthCheck,
			interval: healthCheck["interval"] === 30 ? void 0 : healthCheck["interval"],
			timeout: healthCheck["timeout"] === 5 ? void 0 : healthCheck["timeout"],
			retries: healthCheck["retries"] === 3 ? void 0 : healthCheck["retries"]
		}
	};
}
function sortedBy(list, key) {
	if (!Array.isArray(list)) return list;
	return [...list].sort((one, other) => compare(String(one[key]), String(other[key])));
}
function sortedTexts(list) {
	return Array.isArray(list) ? [...list].sort((one, other) => compare(String(one), String(other))) : list;
}
function compare(one, other) {
	return one < other ? -1 : one > other ? 1 : 0;
}
/** Undefined for what is empty. An empty text stays: `value: ""` is a value. */
function clean(value) {
	if (value === null || value === void 0) return void 0;
	if (Array.isArray(value)) {
		const kept = value.map(clean).filter((each) => each !== void 0);
		return kept.length === 0 ? void 0 : kept;
	}
	if (value instanceof Date) return value.toISOString();
	if (typeof value === "object") {
		const kept = Object.entries(value).map(([key, each]) => [key, clean(each)]).filter(([, each]) => each !== void 0).sort(([one], [other]) => compare(one, other));
		return kept.length === 0 ? void 0 : Object.fromEntries(kept);
	}
	return value;
}
export { definitionHash, listNewestRevisions, normalForm, outputOnlyFields, readTags, readTaskDefinition, registerTaskDefinition, tagValue, toTags, writeTags };
