import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
// src/report/duration.ts
/** `90000` to `1m30s`. What the `duration` input reads. */
function formatDuration(durationMs) {
	if (durationMs > 0 && durationMs < 1e3) return `${durationMs}ms`;
	const hours = Math.floor(durationMs / 36e5);
	const minutes = Math.floor(durationMs % 36e5 / 6e4);
	const seconds = Math.round(durationMs % 6e4 / 100) / 10;
	return `${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes}m` : ""}${seconds > 0 ? `${seconds}s` : ""}` || "0s";
}
// src/inputs/field.ts
/**
* The vocabulary of input fields: each turns one raw string into one value, or says what is allowed.
* Pure. Empty means "not given", as on GitHub, where a missing input is an empty string.
*/
const good = (value) => ({
	ok: true,
	value
});
/** Not given means undefined. */
function optional(field) {
	return {
		...field,
		fallback: { value: void 0 }
	};
}
function withDefault(field, value) {
	return {
		...field,
		fallback: { value }
	};
}
function secret(field) {
	return {
		...field,
		secret: true
	};
}
function text$1(allowed = "any text") {
	return {
		allowed,
		parse: good
	};
}
/** Text of the given form; `allowed` says the form in words. */
function matching(pattern, allowed) {
	return {
		allowed,
		parse: (given) => pattern.test(given) ? good(given) : {
			ok: false,
			allowed
		}
	};
}
function choice(...values) {
	const allowed = `one of ${values.join(", ")}`;
	return {
		allowed,
		parse: (given) => {
			const wanted = given.toLowerCase();
			const value = values.find((candidate) => candidate === wanted);
			return value === void 0 ? {
				ok: false,
				allowed
			} : good(value);
		}
	};
}
/** YAML 1.2 core schema, as @actions/core reads booleans. */
function bool() {
	const allowed = "true or false";
	return {
		allowed,
		parse: (given) => {
			if (/^(true|True|TRUE)$/.test(given)) return good(true);
			if (/^(false|False|FALSE)$/.test(given)) return good(false);
			return {
				ok: false,
				allowed
			};
		}
	};
}
function integer(lowest, highest) {
	const allowed = `a whole number from ${lowest} to ${highest}`;
	return {
		allowed,
		parse: (given) => {
			const value = /^-?\d{1,15}$/.test(given) ? Number(given) : NaN;
			return value >= lowest && value <= highest ? good(value) : {
				ok: false,
				allowed
			};
		}
	};
}
const unitsMs = {
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 36e5
};
/** `90s`, `10m`, `1h30m`, or a bare number of seconds; the value is milliseconds. */
function duration(lowestMs, highestMs) {
	const allowed = `a duration such as 90s, 10m or 1h30m, from ${formatDuration(lowestMs)} to ${formatDuration(highestMs)}`;
	return {
		allowed,
		parse: (given) => {
			const compact = given.replace(/\s+/g, "");
			let valueMs = NaN;
			if (/^\d+(\.\d+)?$/.test(compact)) valueMs = Number(compact) * 1e3;
			else if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(compact)) {
				valueMs = 0;
				for (const [, amount, , unit] of compact.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) valueMs += Number(amount) * unitsMs[unit];
			}
			return valueMs >= lowestMs && valueMs <= highestMs ? good(valueMs) : {
				ok: false,
				allowed
			};
		}
	};
}
/** One entry a line (or, where lines are absent, separated by commas); blank lines and `#` comments fall away. */
function list(item) {
	const allowed = `one entry a line, each ${item.allowed}`;
	return {
		allowed,
		parse: (given) => {
			const entries = (given.includes("\n") ? given.split("\n") : given.split(",")).map((entry) => entry.trim()).filter((entry) => entry !== "" && !entry.startsWith("#"));
			const values = [];
			for (const entry of entries) {
				const parsed = item.parse(entry);
				if (!parsed.ok) return {
					ok: false,
					allowed: `${allowed}; "${entry}" is not`
				};
				values.push(parsed.value);
			}
			return good(values);
		}
	};
}
/**
* `NAME=value`, one a line. Everything after the first `=` belongs to the value, quotes and further `=`
* included (aws-actions/amazon-ecs-render-task-definition cuts values there).
*/
function keyValues() {
	const allowed = "NAME=value, one a line, each name once";
	return {
		allowed,
		parse: (given) => {
			const entries = /* @__PURE__ */ new Map();
			for (const line of given.split("\n")) {
				if (line.trim() === "" || line.trim().startsWith("#")) continue;
				const at = line.indexOf("=");
				const name = line.slice(0, at).trim();
				if (at < 1 || name === "") return {
					ok: false,
					allowed: `${allowed}; a line without a name before "=" is not`
				};
				if (entries.has(name)) return {
					ok: false,
					allowed: `${allowed}; ${name} is given twice`
				};
				entries.set(name, line.slice(at + 1).replace(/\r$/, ""));
			}
			return good(entries);
		}
	};
}
// src/inputs/announce-fields.ts
/** Inputs of every action that changes what serves: who is told, and what GitHub shows of it. */
/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments */
const environmentName = () => matching(/^[^\s'"`,;\\][^'"`,;\\\r\n\t]{0,254}$/, "the name of a GitHub environment, up to 255 characters");
const webUrl = (allowed) => matching(/^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/, allowed);
/** Names of git tags as git-check-ref-format takes them, without slashes, placeholders included. */
const tagTemplate = () => matching(/^(?!.*\.\.)[A-Za-z0-9_{][A-Za-z0-9_.{}+-]{0,127}$/, "a tag name such as v1.2.3 or release-{date}-{run}, with {sha}, {sha7}, {ref}, {date} and {run} filled in");
/** Of what GitHub shows and compares: one token for all of it. */
const tokenField = { "github-token": secret(optional(text$1("a token of this repository"))) };
const announceFields = {
	"github-deployment": optional(environmentName()),
	"environment-url": optional(webUrl("a URL that begins with https://")),
	"git-tag": optional(tagTemplate()),
	"issue-on-rollback": withDefault(bool(), false),
	"notify-topic": optional(matching(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, "the ARN of an SNS topic")),
	"notify-webhook": secret(optional(webUrl("a URL that begins with https:// and has no user in it"))),
	"notify-webhook-secret": secret(optional(matching(/^\S{16,512}$/, "16 to 512 characters without blanks")))
};
/** Undefined where nobody is to be told. */
function announceOf(given) {
	const environment = given["github-deployment"];
	const url = given["notify-webhook"];
	const announce = {
		githubToken: given["github-token"],
		deployment: environment === void 0 ? void 0 : {
			environment,
			environmentUrl: given["environment-url"]
		},
		gitTag: given["git-tag"],
		issueOnRollback: given["issue-on-rollback"],
		topic: given["notify-topic"],
		webhook: url === void 0 ? void 0 : {
			url,
			secret: given["notify-webhook-secret"] ?? ""
		}
	};
	const { deployment, gitTag, issueOnRollback, topic, webhook } = announce;
	return deployment || gitTag || issueOnRollback || topic || webhook ? announce : void 0;
}
function announceProblems(given, raw) {
	const problems = [];
	const problem = (input, allowed, said) => {
		problems.push({
			input,
			given: said ?? ((raw[input] ?? "").trim() || "(nothing)"),
			allowed
		});
	};
	if (given["environment-url"] !== void 0 && given["github-deployment"] === void 0) problem("environment-url", "a URL beside github-deployment, which is not given");
	if (given["notify-webhook"] !== void 0 && given["notify-webhook-secret"] === void 0) problem("notify-webhook-secret", "the secret that events to notify-webhook are signed with");
	if (given["notify-webhook-secret"] !== void 0 && given["notify-webhook"] === void 0) problem("notify-webhook-secret", "a secret beside notify-webhook, which is not given", "(secret)");
	for (const input of ["github-deployment", "git-tag"]) if (given[input] !== void 0 && given["github-token"] === void 0) problem(input, `${input} beside a github-token, which is not given`);
	if (given["issue-on-rollback"] && given["github-token"] === void 0) problem("issue-on-rollback", "true beside a github-token, which is not given");
	return problems;
}
// src/inputs/maintenance-window.ts
const names = [
	"sun",
	"mon",
	"tue",
	"wed",
	"thu",
	"fri",
	"sat"
];
const fullNames = [
	"sunday",
	"monday",
	"tuesday",
	"wednesday",
	"thursday",
	"friday",
	"saturday"
];
const allowed$1 = "windows such as \"Sun 02:00-04:00 UTC\", one a line or separated by \";\": days (Mon, Mon-Fri, Sat,Sun or daily), from-to on the local clock, and a time zone (UTC or an IANA name)";
function maintenanceWindows() {
	return {
		allowed: allowed$1,
		parse: (given) => {
			const windows = [];
			for (const entry of given.split(/[\n;]/)) {
				const text = entry.trim().replace(/\s+/g, " ");
				if (text === "" || text.startsWith("#")) continue;
				const parsed = windowOf(text);
				if (!parsed.ok) return {
					ok: false,
					allowed: `${allowed$1}; "${text}": ${parsed.allowed}`
				};
				windows.push(parsed.value);
			}
			return windows.length === 0 ? {
				ok: false,
				allowed: allowed$1
			} : {
				ok: true,
				value: windows
			};
		}
	};
}
function windowOf(text) {
	const parts = /^(.+?) (\S+?)\s?-\s?(\S+) (\S+)$/.exec(text);
	if (parts === null) return {
		ok: false,
		allowed: "it has to be days, from-to, time zone"
	};
	const [, dayText = "", from = "", to = "", zone = ""] = parts;
	const days = daysOf(dayText);
	if (days === void 0) return {
		ok: false,
		allowed: `${dayText} names no days`
	};
	const startMinute = minuteOf(from);
	const endMinute = minuteOf(to);
	if (startMinute === void 0 || startMinute === 1440) return {
		ok: false,
		allowed: `${from} is no time`
	};
	if (endMinute === void 0) return {
		ok: false,
		allowed: `${to} is no time`
	};
	if (startMinute === endMinute) return {
		ok: false,
		allowed: "it begins when it ends (a whole day is 00:00-24:00)"
	};
	if (!isZone(zone)) return {
		ok: false,
		allowed: `${zone} is no time zone`
	};
	return {
		ok: true,
		value: {
			days,
			startMinute,
			endMinute,
			zone,
			text
		}
	};
}
function daysOf(text) {
	if (/^(daily|every day)$/i.test(text)) return [
		0,
		1,
		2,
		3,
		4,
		5,
		6
	];
	const days = /* @__PURE__ */ new Set();
	for (const part of text.split(",")) {
		const [first, last, ...more] = part.trim().split("-").map(dayOf);
		if (first === void 0 || more.length > 0) return void 0;
		if (part.includes("-") && last === void 0) return void 0;
		for (let day = first;; day = (day + 1) % 7) {
			days.add(day);
			if (day === (last ?? first)) break;
		}
	}
	return [...days].sort();
}
function dayOf(name) {
	const small = name.trim().toLowerCase();
	const index = Math.max(names.indexOf(small), fullNames.indexOf(small));
	return index < 0 ? void 0 : index;
}
/** `02:00` to 120; `24:00` to 1440. */
function minuteOf(text) {
	const parts = /^(\d{1,2}):(\d{2})$/.exec(text);
	if (parts === null) return void 0;
	const minute = Number(parts[1]) * 60 + Number(parts[2]);
	return Number(parts[2]) > 59 || minute > 1440 ? void 0 : minute;
}
/** Those that are known need no formatter, which takes longer to make than all other inputs together. */
const knownZones = /* @__PURE__ */ new Set(["UTC"]);
function isZone(zone) {
	if (knownZones.has(zone)) return true;
	if (!/^[A-Za-z]/.test(zone)) return false;
	try {
		new Intl.DateTimeFormat("en-US", { timeZone: zone });
		knownZones.add(zone);
		return true;
	} catch {
		return false;
	}
}
// src/inputs/begin-fields.ts
/** When a deployment may begin, and what it must not take back: fields that both strategies have. */
const hour$4 = 36e5;
const beginFields = {
	"maintenance-window": withDefault(maintenanceWindows(), []),
	"outside-window": withDefault(choice("refuse", "wait"), "refuse"),
	"window-timeout": withDefault(duration(6e4, 168 * hour$4), 5 * hour$4),
	"guard-stale": withDefault(bool(), true),
	...tokenField,
	schema: withDefault(choice("compatible", "breaking"), "compatible")
};
function maintenanceOf(given) {
	return {
		windows: given["maintenance-window"],
		outside: given["outside-window"],
		timeoutMs: given["window-timeout"]
	};
}
/** What does not fit together. */
function maintenanceProblems(given) {
	if (given["outside-window"] !== "wait" || given["maintenance-window"].length > 0) return [];
	return [{
		input: "outside-window",
		given: "wait",
		allowed: "wait beside maintenance-window, which is not given"
	}];
}
// src/inputs/ecs-names.ts
/** How ECS's things are named in inputs. */
const name = "[A-Za-z0-9_-]{1,255}";
const arn = (resource) => `arn:aws[a-z-]*:ecs:[a-z0-9-]+:\\d{12}:${resource}`;
function clusterName() {
	return matching(new RegExp(`^(?:${name}|${arn(`cluster/${name}`)})$`), "a cluster name (letters, digits, - and _) or its ARN");
}
function serviceName() {
	return matching(new RegExp(`^(?:${name}|${arn(`service/(?:${name}/)?${name}`)})$`), "a service name (letters, digits, - and _) or its ARN");
}
/** `family:7` or an ARN with a revision. */
const revisionPattern = new RegExp(`^(?:${name}:\\d{1,9}|${arn(`task-definition/${name}:\\d{1,9}`)})$`);
const familyPattern = new RegExp(`^(?:${name}|${arn(`task-definition/${name}`)})$`);
function taskDefinitionRef() {
	const allowed = "a path to a .json, .yaml or .yml file, an ARN, family:revision, or a family";
	return {
		allowed,
		parse: (given) => {
			if (revisionPattern.test(given)) return {
				ok: true,
				value: {
					kind: "revision",
					name: given
				}
			};
			if (/\.(json|ya?ml)$/i.test(given)) return {
				ok: true,
				value: {
					kind: "file",
					path: given
				}
			};
			if (familyPattern.test(given)) return {
				ok: true,
				value: {
					kind: "family",
					name: given
				}
			};
			if (given.startsWith("arn:") || given.includes(":")) return {
				ok: false,
				allowed
			};
			return /[/\\]/.test(given) ? {
				ok: true,
				value: {
					kind: "file",
					path: given
				}
			} : {
				ok: false,
				allowed
			};
		}
	};
}
// src/inputs/job-limits.ts
/** How long a job lasts, as far as it is known: its time-out, and the life of its credentials. */
const jobLimitFields = {
	"job-timeout-minutes": optional(integer(1, 4320)),
	"credentials-end": optional(instant())
};
function jobLimitsOf(given) {
	const minutes = given["job-timeout-minutes"];
	return {
		jobTimeoutMs: minutes === void 0 ? void 0 : minutes * 6e4,
		credentialsEndAt: given["role-to-assume"] === void 0 ? given["credentials-end"] : void 0
	};
}
/** An instant as ISO 8601, as `aws-actions/configure-aws-credentials` puts it out. */
function instant() {
	const allowed = "a time such as 2026-11-26T12:00:00Z";
	return {
		allowed,
		parse: (given) => {
			const value = /^\d{4}-\d\d-\d\dT/.test(given) ? Date.parse(given) : NaN;
			return Number.isNaN(value) ? {
				ok: false,
				allowed
			} : {
				ok: true,
				value
			};
		}
	};
}
// src/inputs/parse.ts
function parseFields(table, raw) {
	const values = Object.create(null);
	const problems = [];
	for (const input in table) {
		const field = table[input];
		const given = (raw[input] ?? "").trim();
		if (given === "") {
			if (field.fallback === void 0) problems.push({
				input,
				given: "(nothing)",
				allowed: field.allowed
			});
			else values[input] = field.fallback.value;
			continue;
		}
		const parsed = field.parse(given);
		if (parsed.ok) values[input] = parsed.value;
		else problems.push({
			input,
			given: field.secret ? "(secret)" : shorten(given),
			allowed: parsed.allowed
		});
	}
	return problems.length === 0 ? {
		ok: true,
		request: values
	} : {
		ok: false,
		problems
	};
}
/** Adds the problems that only show between fields, once the fields themselves are fine. */
function checked(request, problems) {
	return problems.length === 0 ? {
		ok: true,
		request
	} : {
		ok: false,
		problems
	};
}
function describeProblem(problem) {
	return `Input "${problem.input}": given ${problem.given === "(nothing)" || problem.given === "(secret)" ? problem.given : `"${problem.given}"`}; allowed is ${problem.allowed}.`;
}
/** Values as people typed them, on one line and at most 80 characters long. */
function shorten(given) {
	const line = given.replace(/\s+/g, " ");
	return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
// src/inputs/command.ts
const forms = `a JSON list such as ["./migrate","--to","head"], or words with quotes as in a shell`;
function command() {
	return {
		allowed: forms,
		parse: (given) => given.startsWith("[") ? fromJson(given) : fromWords(given)
	};
}
function refuse(why) {
	return {
		ok: false,
		allowed: `${forms}; ${why}`
	};
}
function fromJson(given) {
	let value;
	try {
		value = JSON.parse(given);
	} catch {
		return refuse("this begins like a JSON list and is none");
	}
	if (!Array.isArray(value) || value.length === 0 || value.some((each) => typeof each !== "string")) return refuse("the list needs at least one text, and nothing but texts");
	return value[0] === "" ? refuse("its first word is empty") : {
		ok: true,
		value
	};
}
/** Outside of quotes these mean something to a shell; in double quotes `$` and the backtick still do. */
const shellOnly = /* @__PURE__ */ new Set([..."|&;<>()$`*?"]);
function fromWords(given) {
	const words = [];
	let word;
	const needsShell = (char) => refuse(`${char} means something to a shell, and none runs: quote it, or give ["sh","-c","..."]`);
	for (let at = 0; at < given.length; at++) {
		const char = given[at];
		if (char === "'") {
			const end = given.indexOf("'", at + 1);
			if (end < 0) return refuse("a ' is not closed");
			word = (word ?? "") + given.slice(at + 1, end);
			at = end;
		} else if (char === "\"") {
			word ??= "";
			for (at++; given[at] !== "\""; at++) {
				const inside = given[at];
				if (inside === void 0) return refuse("a \" is not closed");
				if (inside === "$" || inside === "`") return needsShell(inside);
				if (inside === "\\" && "\"\\$`".includes(given[at + 1] ?? " ")) word += given[++at];
				else word += inside;
			}
		} else if (char === "\\") {
			const next = given[++at];
			if (next === void 0) return refuse("it ends with a backslash");
			if (next !== "\n") word = (word ?? "") + next;
		} else if (char === "\n") return refuse("it is one command: lines go on after a backslash only");
		else if (/\s/.test(char)) {
			if (word !== void 0) words.push(word);
			word = void 0;
		} else if (shellOnly.has(char) || (char === "#" || char === "~") && word === void 0) return needsShell(char);
		else word = (word ?? "") + char;
	}
	if (word !== void 0) words.push(word);
	return words[0] === "" || words.length === 0 ? refuse("its first word is empty") : {
		ok: true,
		value: words
	};
}
// src/inputs/pre-deploy.ts
/** Inputs of the task that runs before a deployment, most often a migration of the database. */
const minute$1 = 6e4;
const preDeployFields = {
	"pre-deploy-command": optional(command()),
	"pre-deploy-container": optional(matching(/^[A-Za-z0-9_-]{1,255}$/, "the name of a container of the task definition")),
	"pre-deploy-timeout": withDefault(duration(1e4, 1440 * minute$1), 10 * minute$1)
};
function preDeployOf(given) {
	const words = given["pre-deploy-command"];
	return words === void 0 ? void 0 : {
		command: words,
		container: given["pre-deploy-container"],
		timeoutMs: given["pre-deploy-timeout"]
	};
}
/** What does not fit together. */
function preDeployProblems(given, raw) {
	if (given["pre-deploy-command"] !== void 0 || given["pre-deploy-container"] === void 0) return [];
	return [{
		input: "pre-deploy-container",
		given: (raw["pre-deploy-container"] ?? "").trim(),
		allowed: "the name of a container beside pre-deploy-command, which is not given"
	}];
}
// src/inputs/probe-task.ts
/** Probes by a one-off task: for load balancers that only the VPC can reach. */
const minute = 6e4;
const probeTaskFields = {
	"probe-from": withDefault(choice("runner", "vpc-task"), "runner"),
	"probe-task-definition": optional(taskDefinitionRef()),
	"probe-container": optional(matching(/^[A-Za-z0-9_-]{1,255}$/, "the name of a container of probe-task-definition")),
	"probe-command": optional(command()),
	"probe-task-timeout": withDefault(duration(3e4, 60 * minute), 10 * minute)
};
function probeTaskOf(given) {
	const definition = given["probe-task-definition"];
	if (given["probe-from"] !== "vpc-task" || definition === void 0 || definition.kind === "file") return;
	return {
		taskDefinition: definition.name,
		container: given["probe-container"],
		command: given["probe-command"],
		timeoutMs: given["probe-task-timeout"]
	};
}
/** What does not fit together. */
function probeTaskProblems(given, raw) {
	const problems = [];
	const problem = (input, allowed) => {
		problems.push({
			input,
			given: (raw[input] ?? "").trim() || "(nothing)",
			allowed
		});
	};
	const definition = given["probe-task-definition"];
	if (given["probe-from"] === "vpc-task") {
		if (definition === void 0 || definition.kind === "file") problem("probe-task-definition", "a family, family:revision or ARN whose container sends the probes, with probe-from: vpc-task");
		if (given.cluster === void 0) problem("cluster", "the cluster that the probe task runs in");
		if (given["probe-count"] === 0) problem("probe-count", "at least 1 with probe-from: vpc-task");
		return problems;
	}
	for (const input of [
		"probe-task-definition",
		"probe-container",
		"probe-command"
	]) if (given[input] !== void 0) problem(input, "only with probe-from: vpc-task");
	return problems;
}
// src/inputs/role-field.ts
/** The role that an action assumes by itself, and again before its credentials end. */
const roleField = { "role-to-assume": optional(matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, "the ARN of an IAM role")) };
// src/inputs/shift-fields.ts
/** `10,50,100`: rising percentages that end in 100; ALB's weights go down to a tenth of a percent. */
function ladder() {
	const allowed = "rising percentages from 0.1 to 100 that end in 100, such as 10,50,100 or 0.5,5,25,100";
	return {
		allowed,
		parse: (given) => {
			const steps = given.split(/[\s,]+/).map((part) => part.replace(/%$/, "")).map((part) => /^\d{1,3}(\.\d)?$/.test(part) ? Number(part) : NaN);
			return steps.every((step, index) => step > (index === 0 ? 0 : steps[index - 1])) && steps.at(-1) === 100 ? {
				ok: true,
				value: steps
			} : {
				ok: false,
				allowed
			};
		}
	};
}
/** A ladder, or `auto`: it is made from the exposure budget and the traffic that is measured. */
function ladderOrAuto() {
	const given = ladder();
	const allowed = `${given.allowed}, or auto`;
	return {
		allowed,
		parse: (text) => {
			if (text.toLowerCase() === "auto") return {
				ok: true,
				value: "auto"
			};
			const parsed = given.parse(text);
			return parsed.ok ? parsed : {
				ok: false,
				allowed
			};
		}
	};
}
/** `0.5%`, or the fraction `0.005`. */
function rate() {
	const allowed = "a percentage such as 0.5%, or a fraction from 0 to 1 such as 0.005";
	return {
		allowed,
		parse: (given) => {
			const match = /^(\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})\s*(%?)$/.exec(given);
			const value = match === null ? NaN : Number(match[1]) / (match[2] === "%" ? 100 : 1);
			return value >= 0 && value <= 1 ? {
				ok: true,
				value
			} : {
				ok: false,
				allowed
			};
		}
	};
}
/** `200-499`, or `200,204,300-399`: as target groups write their matcher. */
function codes$1() {
	const allowed = "HTTP status codes such as 200-399 or 200,204";
	return {
		allowed,
		parse: (given) => {
			const ranges = given.split(",").map((part) => {
				const match = /^\s*(\d{3})(?:\s*-\s*(\d{3}))?\s*$/.exec(part);
				const from = Number(match?.[1]);
				return {
					from,
					to: match?.[2] === void 0 ? from : Number(match[2])
				};
			});
			return ranges.every(({ from, to }) => from >= 100 && to <= 599 && from <= to) ? {
				ok: true,
				value: ranges
			} : {
				ok: false,
				allowed
			};
		}
	};
}
/** `keep`, `scale-to-zero`, or a number of tasks. */
function tasksLeft() {
	const allowed = "keep, scale-to-zero, or the number of tasks that stay";
	return {
		allowed,
		parse: (given) => {
			if (given === "keep") return {
				ok: true,
				value: "keep"
			};
			if (given === "scale-to-zero") return {
				ok: true,
				value: 0
			};
			return /^\d{1,4}$/.test(given) ? {
				ok: true,
				value: Number(given)
			} : {
				ok: false,
				allowed
			};
		}
	};
}
/** `all`, a number of tasks, or `50%`. */
function tasksKept() {
	const allowed = "all, a number of tasks from 1 on, or a percentage of blue’s tasks from 1% to 100%";
	return {
		allowed,
		parse: (given) => {
			if (given === "all" || given === "100%") return {
				ok: true,
				value: "all"
			};
			const [, digits, sign] = /^([1-9]\d{0,3})(%?)$/.exec(given) ?? [];
			const count = Number(digits);
			if (digits === void 0 || sign === "%" && count > 100) return {
				ok: false,
				allowed
			};
			return {
				ok: true,
				value: sign === "%" ? { percent: count } : { tasks: count }
			};
		}
	};
}
/** `alarm:NAME`, `restoring-alarm:NAME`, or `watch:FILE`. */
function guard() {
	const allowed = "alarm:NAME (an alarm whose action, a function or a response plan, takes the weights back), restoring-alarm:NAME (one behind which something else does) or watch:FILE (a scheduled workflow such as watch:.github/workflows/watch.yml)";
	return {
		allowed,
		parse: (given) => {
			const [, kind, rest = ""] = /^(alarm|restoring-alarm|watch):\s*(\S.*)$/.exec(given) ?? [];
			if (kind === "alarm") return {
				ok: true,
				value: {
					kind,
					name: rest,
					vouched: false
				}
			};
			if (kind === "restoring-alarm") return {
				ok: true,
				value: {
					kind: "alarm",
					name: rest,
					vouched: true
				}
			};
			if (kind === "watch") return {
				ok: true,
				value: {
					kind,
					path: rest
				}
			};
			return {
				ok: false,
				allowed
			};
		}
	};
}
// src/inputs/shift-gates.ts
/** Inputs of a shift that name gates of the user's own: objectives and checks. */
/** `p95 400ms` */
function latencyObjective() {
	const allowed = "a percentile and a time such as \"p95 400ms\" or \"p99 1.5s\", from p50 to p99.9";
	return {
		allowed,
		parse: (given) => {
			const match = /^p(\d{2}(?:\.\d)?)\s*(?:<=?)?\s*(\d+(?:\.\d+)?)\s*(ms|s)$/i.exec(given);
			const percentile = Number(match?.[1]);
			const seconds = match === null ? NaN : Number(match[2]) / (match[3]?.toLowerCase() === "s" ? 1 : 1e3);
			return percentile >= 50 && percentile < 100 && seconds >= .001 && seconds <= 3600 ? {
				ok: true,
				value: {
					percentile,
					seconds
				}
			} : {
				ok: false,
				allowed
			};
		}
	};
}
/** `status=ok`, `checks.database.healthy=true` */
function jsonExpectation() {
	const allowed = "a name in the answer, = and its value, such as status=ok or checks.database=true";
	return {
		allowed,
		parse: (given) => {
			const at = given.indexOf("=");
			const [path, value] = [given.slice(0, at).trim(), given.slice(at + 1).trim()];
			return at > 0 && path !== "" && value !== "" ? {
				ok: true,
				value: {
					path,
					value
				}
			} : {
				ok: false,
				allowed
			};
		}
	};
}
const url = () => ({
	allowed: "an address that begins with https:// or http://, without user or password",
	parse: (given) => {
		const allowed = url().allowed;
		const parsed = /^https?:\/\/\S+$/.test(given) && URL.canParse(given) ? new URL(given) : void 0;
		return parsed === void 0 || parsed.username !== "" || parsed.password !== "" ? {
			ok: false,
			allowed
		} : {
			ok: true,
			value: parsed.href
		};
	}
});
const gateFields = {
	"slo-error-rate": optional(rate()),
	"slo-latency": optional(latencyObjective()),
	"check-command": optional(text$1("a shell command")),
	"check-url": optional(url()),
	"check-codes": withDefault(codes$1(), [{
		from: 200,
		to: 299
	}]),
	"check-json": optional(jsonExpectation()),
	"check-timeout": withDefault(duration(1e3, 36e5), 6e4)
};
function objectivesOf(given) {
	return {
		errorRate: given["slo-error-rate"],
		latency: given["slo-latency"]
	};
}
function checksOf(given) {
	const checks = [];
	const command = given["check-command"];
	const address = given["check-url"];
	const timeoutMs = given["check-timeout"];
	if (command !== void 0) checks.push({
		kind: "command",
		command,
		timeoutMs
	});
	if (address !== void 0) checks.push({
		kind: "url",
		url: address,
		timeoutMs,
		goodCodes: given["check-codes"],
		json: given["check-json"]
	});
	return checks;
}
// src/inputs/shift-request.ts
/** Findings of the preflight that a user may accept by name. */
const acceptable = [
	"stickiness",
	"port-mismatch",
	"health-check-mismatch",
	"other-rule",
	"other-traffic",
	"alarm-active",
	"unproven"
];
// src/inputs/blue-green-shift.ts
const hour$3 = 36e5;
const longestBakeMs = 24 * hour$3;
const elbArn = (resource) => new RegExp(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\\d{12}:${resource}$`);
const targetGroup = () => matching(new RegExp(`${elbArn("targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]+").source}|^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$`), "the name or the ARN of a target group");
const baseUrl = () => matching(/^https?:\/\/[^\s/?#@]+\/?$/, "scheme, host and port only, such as http://127.0.0.1:8080");
const fields$1 = {
	"listener-rule-arn": optional(matching(elbArn("listener-rule/app/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+"), "the ARN of a listener rule")),
	"listener-arn": optional(matching(elbArn("listener/app/[^/\\s]+/[^/\\s]+/[^/\\s]+"), "the ARN of a listener")),
	"blue-target-group": optional(targetGroup()),
	"green-target-group": optional(targetGroup()),
	cluster: optional(clusterName()),
	"blue-service": optional(serviceName()),
	"green-service": optional(serviceName()),
	"task-definition": optional(taskDefinitionRef()),
	"desired-count": optional(integer(1, 5e3)),
	steps: withDefault(ladderOrAuto(), [
		10,
		50,
		100
	]),
	"exposure-budget": withDefault(integer(1, 1e6), 100),
	"bake-time": withDefault(list(duration(0, longestBakeMs)), [3e5]),
	"probe-paths": optional(list(matching(/^\/\S*$/, "a path that begins with /"))),
	"probe-count": withDefault(integer(0, 1e4), 300),
	"probes-per-step": withDefault(integer(0, 1e4), 120),
	"probe-header": withDefault(matching(/^[A-Za-z0-9-]{1,40}$/, "the name of an HTTP header, up to 40 letters, digits and -"), "x-ips-probe"),
	"probe-timeout": withDefault(duration(100, 6e4), 5e3),
	"probe-codes": withDefault(codes$1(), [{
		from: 200,
		to: 499
	}]),
	"probe-url": optional(baseUrl()),
	...probeTaskFields,
	"probe-host": optional(matching(/^[A-Za-z0-9.-]{1,253}$/, "a host name")),
	"test-rule-priority": optional(integer(1, 5e4)),
	"test-rule-login": withDefault(choice("copy", "none"), "copy"),
	"max-5xx-rate": withDefault(rate(), .005),
	"client-errors": withDefault(choice("ignore", "judge"), "ignore"),
	alarms: withDefault(list(text$1("the name of a CloudWatch alarm")), []),
	...gateFields,
	"blue-after": withDefault(tasksLeft(), "keep"),
	"keep-blue-for": withDefault(duration(0, 24 * hour$3), 0),
	"keep-blue-at": withDefault(tasksKept(), "all"),
	until: optional(integer(1, 99)),
	...preDeployFields,
	...beginFields,
	"past-breaking-schema": withDefault(choice("refuse", "accept"), "refuse"),
	guard: optional(guard()),
	unattended: withDefault(choice("refuse", "accept"), "refuse"),
	"other-rules": withDefault(choice("refuse", "together"), "refuse"),
	"max-extra-tasks": optional(integer(0, 5e3)),
	...jobLimitFields,
	"on-interrupted": withDefault(choice("resume", "resume-only", "rollback", "rollback-only", "judge", "report"), "resume"),
	"rest-limit": optional(duration(6e4, 720 * hour$3)),
	"green-after-rollback": withDefault(choice("keep", "scale-to-zero"), "scale-to-zero"),
	"ready-timeout": withDefault(duration(1e4, 24 * hour$3), 9e5),
	timeout: withDefault(duration(1e4, 72 * hour$3), hour$3),
	"on-cancel": withDefault(choice("rollback", "leave"), "rollback"),
	accept: withDefault(list(choice(...acceptable)), []),
	"dry-run": withDefault(bool(), false),
	"keep-images": withDefault(integer(0, 100), 0),
	report: optional(text$1("a file path")),
	events: optional(text$1("a file path")),
	recording: optional(text$1("a file path")),
	...announceFields,
	...roleField
};
function parseBlueGreenShift(raw) {
	const parsed = parseFields(fields$1, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	const problems = [];
	const problem = (input, allowed) => {
		problems.push({
			input,
			given: (raw[input] ?? "").trim() || "(nothing)",
			allowed
		});
	};
	const ruleArn = given["listener-rule-arn"];
	const listenerArn = given["listener-arn"];
	let location = {
		kind: "rule",
		ruleArn: ruleArn ?? ""
	};
	if (ruleArn === void 0 && listenerArn !== void 0) location = {
		kind: "default-action",
		listenerArn
	};
	if (ruleArn === void 0 === (listenerArn === void 0)) problem("listener-rule-arn", "exactly one of listener-rule-arn and listener-arn");
	const { cluster, timeout } = given;
	const steps = given.steps === "auto" ? [] : given.steps;
	const stepCount = given.steps === "auto" ? 1 : steps.length;
	const bakes = given["bake-time"];
	if (bakes.length !== 1 && bakes.length !== stepCount) problem("bake-time", given.steps === "auto" ? "one duration, where the steps are made" : `one duration, or one for each of the ${steps.length} steps`);
	const bakeTimesMs = bakes.length === 1 ? steps.map(() => bakes[0] ?? 0) : bakes;
	const totalMs = given.steps === "auto" ? (6 + (given.until === void 0 ? 0 : 1)) * (bakes[0] ?? 0) : bakeTimesMs.reduce((sum, bakeMs) => sum + bakeMs, 0);
	if (totalMs >= timeout) problem("timeout", `longer than all bakes together (${formatDuration(totalMs)})`);
	if (given["check-json"] !== void 0 && given["check-url"] === void 0) problem("check-json", "only beside check-url");
	if (given["keep-blue-for"] > 0 && given["blue-after"] === "keep") problem("keep-blue-for", "only with a blue-after that scales blue down: with keep it stays anyway");
	const keepBlueAt = given["keep-blue-at"];
	if (keepBlueAt !== "all") {
		if (given["keep-blue-for"] === 0) problem("keep-blue-at", "only with keep-blue-for: for how long");
		const [kept, after] = ["tasks" in keepBlueAt ? keepBlueAt.tasks : void 0, given["blue-after"]];
		if (kept !== void 0 && after !== "keep" && kept < after) problem("keep-blue-at", `no fewer tasks than blue-after leaves (${after})`);
		if (cluster === void 0) problem("cluster", "the cluster of keep-blue-at");
	}
	if (given.until !== void 0 && given.steps !== "auto" && !steps.includes(given.until)) problem("until", `one of the steps below 100: ${steps.slice(0, -1).join(", ") || "there is none"}`);
	const rests = given.until !== void 0 ? "until" : given["on-cancel"] === "leave" ? "on-cancel" : void 0;
	if (rests !== void 0 && !["rollback-only", "judge"].includes(given["on-interrupted"]) && given.guard === void 0 && given.unattended === "refuse") problem("guard", `needed with ${rests}: ${fields$1.guard.allowed}; or unattended: accept, where weights may rest with nobody watching`);
	if (given["rest-limit"] !== void 0 && given["on-interrupted"] !== "judge") problem("rest-limit", "only with on-interrupted: judge");
	problems.push(...preDeployProblems(given, raw), ...maintenanceProblems(given), ...probeTaskProblems(given, raw), ...announceProblems(given, raw));
	for (const input of [
		"blue-service",
		"green-service",
		"task-definition",
		"desired-count",
		"pre-deploy-command"
	]) if (given[input] !== void 0 && cluster === void 0) problem("cluster", `the cluster of ${input}`);
	const { jobTimeoutMs, credentialsEndAt } = jobLimitsOf(given);
	return checked({
		location,
		blueTargetGroup: given["blue-target-group"],
		greenTargetGroup: given["green-target-group"],
		cluster,
		blueService: shortName(given["blue-service"]),
		greenService: shortName(given["green-service"]),
		taskDefinition: given["task-definition"],
		desiredCount: given["desired-count"],
		steps,
		exposureBudget: given.steps === "auto" ? given["exposure-budget"] : void 0,
		bakeTimesMs: given.steps === "auto" ? bakes : bakeTimesMs,
		probes: {
			paths: given["probe-paths"],
			header: given["probe-header"],
			count: given["probe-count"],
			perStep: given["probes-per-step"],
			timeoutMs: given["probe-timeout"],
			baseUrl: given["probe-url"]?.replace(/\/$/, ""),
			host: given["probe-host"],
			goodCodes: given["probe-codes"],
			task: probeTaskOf(given)
		},
		testRulePriority: given["test-rule-priority"],
		testRuleLogin: given["test-rule-login"],
		maxErrorRate: given["max-5xx-rate"],
		clientErrors: given["client-errors"],
		alarms: given.alarms,
		objectives: objectivesOf(given),
		checks: checksOf(given),
		blueAfter: given["blue-after"],
		keepBlueMs: given["keep-blue-for"],
		keepBlueAt,
		until: given.until,
		onInterrupted: given["on-interrupted"],
		restLimitMs: given["rest-limit"],
		preDeploy: preDeployOf(given),
		maintenance: maintenanceOf(given),
		guardStale: given["guard-stale"],
		githubToken: given["github-token"],
		schema: given.schema,
		pastBreakingSchema: given["past-breaking-schema"],
		guard: given.guard,
		unattended: given.unattended === "accept",
		maxExtraTasks: given["max-extra-tasks"],
		jobTimeoutMs,
		credentialsEndAt,
		renewsCredentials: given["role-to-assume"] !== void 0,
		otherRules: given["other-rules"],
		greenAfterRollback: given["green-after-rollback"],
		readyTimeoutMs: given["ready-timeout"],
		timeoutMs: timeout,
		onCancel: given["on-cancel"],
		accept: given.accept,
		dryRun: given["dry-run"],
		keepImages: given["keep-images"],
		reportPath: given.report,
		eventsPath: given.events,
		recordingPath: given.recording,
		announce: given["dry-run"] ? void 0 : announceOf(given),
		roleToAssume: given["role-to-assume"]
	}, problems);
}
/** Services are found by their names, whichever way they are given. */
function shortName(service) {
	return service?.slice(service.lastIndexOf("/") + 1);
}
// src/inputs/environment.ts
/** GitHub hands an input `task-definition` over as `INPUT_TASK-DEFINITION`. */
function readRawInputs(environment, names) {
	const raw = {};
	for (const name of names) {
		const value = environment[`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`];
		if (value !== void 0 && value !== "") raw[name] = value;
	}
	return raw;
}
function readRunContext(environment) {
	const text = (name) => environment[name] ?? "";
	const credentialsEndAt = Date.parse(text("AWS_CREDENTIAL_EXPIRATION"));
	return {
		repository: text("GITHUB_REPOSITORY"),
		sha: text("GITHUB_SHA"),
		ref: text("GITHUB_REF"),
		runId: text("GITHUB_RUN_ID"),
		runAttempt: text("GITHUB_RUN_ATTEMPT"),
		job: text("GITHUB_JOB"),
		actor: text("GITHUB_ACTOR"),
		serverUrl: text("GITHUB_SERVER_URL"),
		apiUrl: text("GITHUB_API_URL"),
		workspace: text("GITHUB_WORKSPACE"),
		tempDir: text("RUNNER_TEMP"),
		...Number.isNaN(credentialsEndAt) ? {} : { credentialsEndAt }
	};
}
// src/runner/redactor.ts
/** Keeps secret values out of everything that is shown. Pure but for the values it has been told. */
var Redactor = class {
	#secrets = /* @__PURE__ */ new Set();
	/** Values under four characters are left alone: replacing them would destroy every text. */
	add(secret) {
		if (secret === void 0) return;
		for (const line of [secret, ...secret.split("\n")]) {
			const value = line.trim();
			if (value.length >= 4) this.#secrets.add(value);
		}
	}
	redact(text) {
		let result = text;
		for (const secret of [...this.#secrets].sort((one, other) => other.length - one.length)) result = result.replaceAll(secret, "***");
		return result;
	}
};
// src/runner/workflow-commands.ts
/** `::error title=...::message`, everything escaped so that untrusted text cannot start a command. */
function workflowCommand(command, message, properties = {}) {
	const list = Object.entries(properties).filter(([, value]) => value !== void 0 && value !== "").map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(",");
	return `::${command}${list === "" ? "" : ` ${list}`}::${escapeData(message)}`;
}
/** Lines as the runner reads them: a lone carriage return ends one, too. */
function linesOf(text) {
	return text.split(/\r\n|\r|\n/);
}
/**
* Makes a line of free text harmless in the log: the runner takes lines that begin with `::` as commands, and
* those of the old form, `##[`, wherever they stand in a line.
* @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
*/
function plainLine(line) {
	return line.replace(/^(\s*)::/, "$1​::").replaceAll("##[", "##​[");
}
/** A `name<<delimiter` entry for GITHUB_OUTPUT and GITHUB_STATE. `delimiter` must not occur in either. */
function fileCommandEntry(name, value, delimiter) {
	if (name.includes(delimiter) || value.includes(delimiter)) throw new Error(`The value of ${name} contains the delimiter of the file command.`);
	return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
function escapeData(text) {
	return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function escapeProperty(text) {
	return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
// src/runner/runner.ts
/**
* GitHub's side as a port: what an action may say to the job it runs in. `createRunner` is the real one,
* over the runner's files and standard output; tests make their own.
*/
/** GitHub refuses step summaries over 1 MiB: longer ones are cut and say so. */
const summaryLimitBytes = 1047552;
function createRunner(environment, write) {
	const redactor = new Redactor();
	const abort = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => abort.abort(signal));
	let summaryBytes = 0;
	const line = (text) => write(`${redactor.redact(text)}\n`);
	const appendTo = (variable, text) => {
		const path = environment[variable];
		if (path === void 0 || path === "") return false;
		appendFileSync(path, text);
		return true;
	};
	return {
		info: (message) => {
			for (const part of linesOf(message)) line(plainLine(part));
		},
		debug: (message) => line(workflowCommand("debug", message)),
		annotate: (level, message, properties = {}) => line(workflowCommand(level, message, {
			title: properties.title,
			file: properties.file,
			line: properties.startLine
		})),
		group: (title, lines) => {
			line(workflowCommand("group", title));
			for (const part of lines) for (const each of linesOf(part)) line(plainLine(each));
			line("::endgroup::");
		},
		setOutput: (name, value) => {
			const clean = redactor.redact(value);
			if (!appendTo("GITHUB_OUTPUT", fileCommandEntry(name, clean, `ips_${crypto.randomUUID()}`))) line(plainLine(`${name}=${clean}`));
		},
		saveState: (name, value) => {
			appendTo("GITHUB_STATE", fileCommandEntry(name, value, `ips_${crypto.randomUUID()}`));
		},
		state: (name) => environment[`STATE_${name}`] ?? "",
		summary: (markdown) => {
			const text = `${redactor.redact(markdown)}\n`;
			const bytes = Buffer.byteLength(text);
			if (summaryBytes + bytes > summaryLimitBytes) {
				if (summaryBytes < summaryLimitBytes) appendTo("GITHUB_STEP_SUMMARY", "\n_The rest is too long for a summary: see the log._\n");
				summaryBytes = summaryLimitBytes;
				return;
			}
			summaryBytes += bytes;
			appendTo("GITHUB_STEP_SUMMARY", text);
		},
		mask: (secret) => {
			redactor.add(secret);
			for (const part of secret.split("\n")) if (part.trim() !== "") write(`${workflowCommand("add-mask", part.trim())}\n`);
		},
		cancelled: abort.signal,
		redact: (text) => redactor.redact(text)
	};
}
// src/report/markdown.ts
/** Untrusted text in Markdown: nothing in it may become markup, a link, a mention or an image. Pure. */
/** Inline text: everything Markdown, GitHub or HTML could take as markup is escaped; one line. */
function escapeMarkdown(text) {
	return text.replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replace(/([\\`*_{}[\]()#+!|~])/g, "\\$1").replace(/@(?=\w)/g, "@​").replace(/(https?):(?=\/\/)/gi, "$1:​").replace(/\bwww\.(?=\S)/gi, "www.​");
}
/** Text inside an HTML element, where Markdown's own escapes would show: no element, no mention; one line. */
function escapeHtml(text) {
	return text.replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replace(/@(?=\w)/g, "@​");
}
/** A fenced block longer than any fence inside the text. */
function codeBlock(text, language = "") {
	const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
	const fence = "`".repeat(longest + 1);
	return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}
function table(columns, rows) {
	const line = (cells) => `| ${cells.join(" | ")} |`;
	return [
		line(columns),
		line(columns.map(() => "---")),
		...rows.map(line)
	].join("\n");
}
// src/main/bad-inputs.ts
/** What an action answers where its inputs are not good: all problems at once. */
/** `refuses`: the action has the outcome `refused`, and a later step of the workflow may ask for it. */
function tellBadInputs(runner, name, problems, refuses = false) {
	for (const problem of problems) runner.annotate("error", describeProblem(problem), { title: `${name}: bad input` });
	const list = problems.map((problem) => `- ${escapeMarkdown(describeProblem(problem))}`).join("\n");
	runner.summary(`### ❌ ${name}: bad input\n\n${list}\n\nNothing was changed.`);
	runner.info(`Nothing was changed. ${problems.length === 1 ? "One input needs" : `${problems.length} inputs need`} correction.`);
	if (!refuses) return;
	runner.setOutput("outcome", "refused");
	runner.setOutput("cause", "bad-input");
}
// src/main/docs-base.ts
/**
* `https://github.com/OWNER/REPOSITORY/blob/REF/`; undefined where the action does not come from a repository
* (`uses: ./…`).
* @see https://docs.github.com/actions/reference/workflows-and-actions/variables
*/
function docsBase(environment) {
	const server = environment["GITHUB_SERVER_URL"] ?? "";
	const repository = environment["GITHUB_ACTION_REPOSITORY"] ?? "";
	const ref = environment["GITHUB_ACTION_REF"] ?? "";
	return /^https:\/\/[\w.:-]+$/.test(server) && /^[\w.-]+\/[\w.-]+$/.test(repository) && /^[\w./-]+$/.test(ref) ? `${server}/${repository}/blob/${ref}/` : void 0;
}
// src/main/action.ts
async function runAction(definition, environment = process.env) {
	process.stdout.on("error", () => void 0);
	const write = (text) => {
		process.stdout.write(text);
	};
	const runner = createRunner(environment, write);
	const parsed = definition.parse(readRawInputs(environment, definition.inputNames));
	if (!parsed.ok) {
		tellBadInputs(runner, definition.name, parsed.problems, definition.refuses);
		process.exitCode = 1;
		return;
	}
	let announcer;
	try {
		const [execute, { createSdkCaller }, { systemClock }, { publish }] = await Promise.all([
			definition.load(),
			import("./caller.js"),
			import("./clock.js"),
			import("./publish.js")
		]);
		const context = readRunContext(environment);
		const role = definition.roleOf?.(parsed.request);
		const ports = {
			aws: createSdkCaller(role === void 0 ? {} : { credentials: await (await import("./role2.js")).credentialsOf(role, context, runner, environment) }, definition.clients),
			runner,
			clock: systemClock,
			random: Math.random,
			context,
			redact: runner.redact
		};
		const base = docsBase(environment);
		announcer = await definition.announce?.(parsed.request, {
			...ports,
			docsBase: base
		});
		announcer?.begin();
		const onEvent = announcer?.onEvent;
		const result = await execute(parsed.request, onEvent === void 0 ? ports : {
			...ports,
			onEvent
		});
		if (result === void 0) return;
		const subject = definition.subjectOf?.(parsed.request);
		const published = publish(subject === void 0 ? result : await (await import("./issue-output.js")).withIssue(result, subject, ports, base), runner, base);
		process.exitCode = result.ok && published ? 0 : 1;
		await announcer?.end({
			kind: "result",
			result
		});
	} catch (error) {
		const { tellFailure } = await import("./publish.js");
		const failure = tellFailure(error, definition, runner);
		process.exitCode = 1;
		await announcer?.end({
			kind: "broken",
			message: `${failure.title}: ${failure.message}`
		});
	}
}
// src/main/announce-shift.ts
function shiftSubject({ cluster, location, blueService, greenService }) {
	return {
		action: "blue-green-shift",
		cluster: cluster ?? null,
		services: [greenService, blueService].filter((each) => each !== void 0),
		listener: location.kind === "rule" ? location.ruleArn : location.listenerArn
	};
}
async function announceShift(request, ports, afterJob = false) {
	if (request.announce === void 0) return void 0;
	const { announcerOf } = await import("./announce.js");
	const announcer = announcerOf(request.announce, shiftSubject(request), ports, afterJob);
	return request.onInterrupted === "judge" ? onlyWhatItDid(announcer) : announcer;
}
/** A watch comes by every few minutes: that it came, and that all was well, is told to nobody. */
function onlyWhatItDid(announcer) {
	return {
		begin: () => void 0,
		onEvent: (event) => announcer.onEvent(event),
		end: async (end) => {
			if (end.kind === "result" && quiet.has(end.result.report.outcome)) return;
			await announcer.end(end);
		}
	};
}
const quiet = /* @__PURE__ */ new Set(["no-change", "paused"]);
// src/shift/shift-state-name.ts
/** A state of the action, for its post step: `begun` from the first change on, `over` once the shift has come to its end. */
const shiftStateName = "shift";
// src/main/shift-marker.ts
/**
* Whether a shift of this job was begun and not ended, for the post step. GitHub hands the state of an action to
* its post step; runners that lose it for an action inside of composite actions are helped by a file in the
* job's own temporary folder.
*/
/** One for each rule: a job may shift several. Undefined outside of a job. */
function markerPath(environment) {
	const folder = environment["RUNNER_TEMP"] ?? "";
	if (folder === "") return void 0;
	const rule = `${environment["INPUT_LISTENER-RULE-ARN"] ?? ""} ${environment["INPUT_LISTENER-ARN"] ?? ""}`;
	return join(folder, `ips-deploy-shift-${rule.trim().replaceAll(/[^\w-]+/g, "-").slice(-150)}`);
}
/** The runner, whose state of a shift stands in a file as well. */
function withMarker(runner, environment) {
	const path = markerPath(environment);
	return {
		...runner,
		saveState: (name, value) => {
			runner.saveState(name, value);
			if (name !== "shift" || path === void 0) return;
			try {
				if (value === "begun") writeFileSync(path, "");
				else rmSync(path, { force: true });
			} catch (error) {
				runner.debug(`${path}: ${error.message}`);
			}
		}
	};
}
function wasBegun(environment) {
	const state = environment[`STATE_shift`] ?? "";
	if (state !== "") return state === "begun";
	const path = markerPath(environment);
	return path !== void 0 && existsSync(path);
}
// src/inputs/buildx-fields.ts
/**
* Inputs that are handed on to `docker buildx build`, by the names that docker/build-push-action gave them. Pure.
* @see https://docs.docker.com/reference/cli/docker/buildx/build/
*/
const line = (allowed) => text$1(allowed);
const attest = (what) => matching(/^(true|false|[a-z-]+=[^\s,]+(,[a-z-]+=[^\s,]+)*)$/, `true, false, or the parameters of ${what} such as mode=max`);
/** One entry a line; commas belong to the entry. */
function lines(item) {
	const inner = list(item);
	return {
		...inner,
		parse: (given) => inner.parse(`${given}\n`)
	};
}
function buildxFields(repositoryName) {
	return {
		secrets: {
			...withDefault(keyValues(), /* @__PURE__ */ new Map()),
			secret: true
		},
		"secret-envs": withDefault(keyValues(), /* @__PURE__ */ new Map()),
		"secret-files": withDefault(keyValues(), /* @__PURE__ */ new Map()),
		ssh: withDefault(lines(line("default, or id=socket or key")), []),
		"cache-from": withDefault(lines(line("a source of buildx, such as type=gha")), []),
		"cache-to": withDefault(lines(line("a target of buildx, such as type=gha,mode=max")), []),
		"cache-repository": optional(matching(repositoryName, "the name of an ECR repository")),
		"no-cache": withDefault(bool(), false),
		"no-cache-filters": withDefault(list(matching(/^[A-Za-z0-9._-]+$/, "the name of a stage")), []),
		pull: withDefault(bool(), false),
		provenance: withDefault(attest("provenance"), "false"),
		sbom: withDefault(attest("sbom"), "false"),
		annotations: withDefault(lines(line("name=value, with a type such as index: before it")), []),
		"build-contexts": withDefault(keyValues(), /* @__PURE__ */ new Map()),
		"add-hosts": withDefault(list(matching(/^[^\s:=]+[:=][0-9A-Fa-f.:[\]]+$|^[^\s:=]+[:=]host-gateway$/, "host:address")), []),
		network: withDefault(choice("default", "none", "host"), "default"),
		"shm-size": optional(matching(/^\d+[bkmgBKMG]?$/, "a size such as 128m")),
		ulimit: withDefault(list(matching(/^[a-z]+=-?\d+(:-?\d+)?$/, "name=soft:hard")), [])
	};
}
function buildxOptions(given) {
	return {
		secrets: given.secrets,
		secretEnvs: given["secret-envs"],
		secretFiles: given["secret-files"],
		ssh: given.ssh,
		cacheFrom: given["cache-from"],
		cacheTo: given["cache-to"],
		cacheRepository: given["cache-repository"],
		noCache: given["no-cache"],
		noCacheFilters: given["no-cache-filters"],
		pull: given.pull,
		provenance: given.provenance,
		sbom: given.sbom,
		annotations: given.annotations,
		buildContexts: given["build-contexts"],
		addHosts: given["add-hosts"],
		network: given.network,
		shmSize: given["shm-size"],
		ulimits: given.ulimit
	};
}
/** Inputs that were given and that the builder without Docker cannot honour. */
function onlyBuildx(options) {
	return [
		["secrets", options.secrets.size > 0],
		["secret-envs", options.secretEnvs.size > 0],
		["secret-files", options.secretFiles.size > 0],
		["ssh", options.ssh.length > 0],
		["provenance", options.provenance !== "false"],
		["sbom", options.sbom !== "false"],
		["annotations", options.annotations.length > 0],
		["build-contexts", options.buildContexts.size > 0]
	].filter(([, is]) => is).map(([name]) => name);
}
// src/inputs/scan-fields.ts
/** What a scan has to show before an image may be deployed, and the inputs that say so. Pure. */
/** From the worst down. */
const severities = [
	"CRITICAL",
	"HIGH",
	"MEDIUM",
	"LOW",
	"INFORMATIONAL"
];
function severity() {
	const allowed = `one of ${severities.join(", ").toLowerCase()}`;
	return {
		allowed,
		parse: (given) => {
			const value = severities.find((each) => each === given.toUpperCase());
			return value === void 0 ? {
				ok: false,
				allowed
			} : {
				ok: true,
				value
			};
		}
	};
}
/** `CVE-2024-3094 until 2027-01-31  # why` */
function ignoredFinding() {
	const allowed = "a finding and its last day, such as \"CVE-2024-3094 until 2027-01-31\", with a # comment";
	return {
		allowed,
		parse: (given) => {
			const match = /^(\S+)\s+until\s+(\d{4}-\d{2}-\d{2})(?:\s+#.*)?$/.exec(given);
			const day = Date.parse(`${match?.[2]}T00:00:00Z`);
			const real = !Number.isNaN(day) && new Date(day).toISOString().startsWith(match[2]);
			return match === null || !real ? {
				ok: false,
				allowed
			} : {
				ok: true,
				value: {
					name: match[1],
					until: match[2]
				}
			};
		}
	};
}
const scanFields = {
	"scan-gate": withDefault(choice("off", "warn", "fail"), "off"),
	"scan-severity": withDefault(severity(), "CRITICAL"),
	"scan-ignore": withDefault(list(ignoredFinding()), []),
	"scan-timeout": withDefault(duration(1e4, 72e5), 6e5),
	"scan-incomplete": withDefault(choice("warn", "fail"), "fail")
};
function scanPolicy(given) {
	return {
		gate: given["scan-gate"],
		threshold: given["scan-severity"],
		ignored: given["scan-ignore"],
		timeoutMs: given["scan-timeout"],
		incomplete: given["scan-incomplete"]
	};
}
// src/image/login-folder.ts
/**
* A Docker configuration of its own for one build: the login is in a folder that only this user may read, never in
* an argument, and is removed after the push and again by the post step.
*/
const prefix = "ips-docker-login-";
function makeLoginFolder(tempDir, original) {
	mkdirSync(tempDir, { recursive: true });
	const folder = mkdtempSync(join(tempDir, prefix));
	for (const name of [
		"cli-plugins",
		"buildx",
		"contexts"
	]) {
		const target = join(original, name);
		if (existsSync(target)) symlinkSync(target, join(folder, name));
	}
	return folder;
}
/** Adds the login to what the user's configuration holds, so that private base images still work. */
function writeLogin(folder, host, login, original) {
	const path = join(original, "config.json");
	const config = existsSync(path) ? parseConfig(readFileSync(path, "utf8")) : {};
	writeFileSync(join(folder, "config.json"), JSON.stringify(withLogin(config, host, login)), { mode: 384 });
}
/** Pure. A credential store or helper would hide the login given here: it may not answer for this host. */
function withLogin(config, host, login) {
	const { credsStore: _, credHelpers = {}, ...others } = config;
	const { [host]: __, ...otherHelpers } = credHelpers;
	return {
		...others,
		auths: {
			...config.auths,
			[host]: { auth: Buffer.from(`${login.username}:${login.password}`).toString("base64") }
		},
		...Object.keys(otherHelpers).length === 0 ? {} : { credHelpers: otherHelpers }
	};
}
function parseConfig(text) {
	try {
		const value = JSON.parse(text);
		return typeof value === "object" && value !== null ? value : {};
	} catch {
		return {};
	}
}
/** Links inside are removed, not what they lead to. Only folders that were made here are touched. */
function removeLoginFolder(folder) {
	if (!basename(folder).startsWith(prefix)) throw new Error(`${folder} was not made by this action`);
	rmSync(folder, {
		recursive: true,
		force: true
	});
}
// src/main/parameter-client.ts
const parameterClient = { ssm: async (settings) => (await import("./ssm.js")).createSsmClient(settings) };
// src/inputs/fail-fast.ts
/**
* Causes that stopped tasks tell by themselves. The others are of the whole deployment, or what the diagnosis
* makes of `target-health` afterwards.
*/
const taskCauses = {
	"image-not-found": true,
	"image-pull-denied": true,
	"image-platform-mismatch": true,
	"image-rate-limit": true,
	"image-pull-failed": true,
	"secret-not-found": true,
	"secret-access-denied": true,
	"startup-network": true,
	"log-group-missing": true,
	"volume-failed": true,
	"disk-full": true,
	"container-start-failed": true,
	"container-exited": true,
	"out-of-memory": true,
	"container-health": true,
	"grace-too-short": false,
	"port-mismatch": false,
	"target-health-code": false,
	"target-health-timeout": false,
	"target-health": true,
	"no-capacity": true,
	"no-addresses": true,
	"quota-exceeded": true,
	"deployment-alarm": false,
	"not-progressing": false,
	unknown: true
};
const mostTasks = 100;
const usual = {
	failFast: true,
	failFastTasks: 3,
	failFastCauses: void 0
};
const codes = Object.entries(taskCauses).filter(([, ofTasks]) => ofTasks).map(([code]) => code);
const allowed = `true, false, a number of tasks from 1 to ${mostTasks}, or causes (${codes.join(", ")}), apart by commas, with a number or without`;
function failFastRules() {
	return {
		allowed,
		parse: parseRules,
		fallback: { value: usual }
	};
}
function parseRules(given) {
	const word = given.toLowerCase();
	if (word === "true") return {
		ok: true,
		value: usual
	};
	if (word === "false") return {
		ok: true,
		value: {
			...usual,
			failFast: false
		}
	};
	const entries = word.split(/[\s,]+/).filter((each) => each !== "");
	const numbers = entries.filter((each) => /^\d+$/.test(each)).map(Number);
	const causes = entries.filter((each) => !/^\d+$/.test(each));
	const known = causes.every((each) => codes.some((code) => code === each));
	const [tasks = usual.failFastTasks] = numbers;
	if (!known || numbers.length > 1 || tasks < 1 || tasks > mostTasks) return {
		ok: false,
		allowed
	};
	return {
		ok: true,
		value: {
			failFast: true,
			failFastTasks: tasks,
			failFastCauses: causes.length === 0 ? void 0 : new Set(causes)
		}
	};
}
// src/inputs/resource-tags.ts
/** Tags for AWS resources, as they are typed: KEY=value, one a line. */
/** AWS allows 50 tags; some are for the definition's own and for those of the kit. */
const most = 30;
/** Letters, digits, spaces and some signs, as AWS has it for all services. */
const text = (longest) => new RegExp(`^[\\p{L}\\p{N} +\\-=._:/@]{0,${longest}}$`, "u");
const reserved = /^(aws:|ips-deploy:)/i;
/** Keys of the kit are refused: it writes them itself, and reads them as facts. */
function resourceTags() {
	const pairs = keyValues();
	const allowed = `KEY=value, one a line, at most ${most}, of letters, digits, spaces and + - = . _ : / @; keys up to 128 characters, not with aws: or ips-deploy: in front; values up to 256`;
	return {
		allowed,
		parse: (given) => {
			const parsed = pairs.parse(given);
			if (!parsed.ok) return parsed;
			const wrong = [...parsed.value].find(([key, value]) => !text(128).test(key) || !text(256).test(value) || reserved.test(key));
			if (wrong !== void 0) return {
				ok: false,
				allowed: `${allowed}; ${wrong[0].slice(0, 140)} is not`
			};
			return parsed.value.size > most ? {
				ok: false,
				allowed
			} : parsed;
		}
	};
}
// src/inputs/watch-fields.ts
/** How a revision is watched once its rollout is done: fields, and what does not fit together. */
const hour$1 = 36e5;
/** Two minutes of metrics, and the three that CloudWatch takes. */
const shortestMs = 3e5;
const watchFields = {
	"watch-for": withDefault(duration(0, 24 * hour$1), 0),
	"max-5xx-rate": optional(rate()),
	"slo-error-rate": optional(rate()),
	"slo-latency": optional(latencyObjective())
};
function watchOf(given) {
	const forMs = given["watch-for"];
	if (forMs === 0) return {};
	return { watch: {
		forMs,
		maxErrorRate: given["max-5xx-rate"] ?? .005,
		objectives: {
			errorRate: given["slo-error-rate"],
			latency: given["slo-latency"]
		}
	} };
}
function watchProblems(given, raw) {
	const forMs = given["watch-for"];
	const problems = [];
	const problem = (input, allowed) => {
		problems.push({
			input,
			given: (raw[input] ?? "").trim(),
			allowed
		});
	};
	if (forMs > 0 && forMs < shortestMs) problem("watch-for", "0s, or 5m and more: before that the metrics of two minutes are not there");
	if (forMs > 0 && !given.wait) problem("wait", "true beside watch-for");
	if (forMs > 0) return problems;
	for (const name of [
		"max-5xx-rate",
		"slo-error-rate",
		"slo-latency"
	]) if (given[name] !== void 0) problem(name, "only beside watch-for");
	return problems;
}
// src/inputs/rolling-deploy.ts
/** Inputs of the rolling-deploy action. */
const hour = 36e5;
function pollInterval() {
	const fixed = duration(500, 3e5);
	const allowed = `auto, or ${fixed.allowed}`;
	return {
		allowed,
		parse: (given) => {
			if (given.toLowerCase() === "auto") return {
				ok: true,
				value: "auto"
			};
			const parsed = fixed.parse(given);
			return parsed.ok ? {
				ok: true,
				value: { fixedMs: parsed.value }
			} : {
				ok: false,
				allowed
			};
		}
	};
}
/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function alarmName() {
	return matching(/^.{1,255}$/, "the name of a CloudWatch alarm");
}
const fields = {
	cluster: clusterName(),
	service: list(serviceName()),
	"task-definition": list(taskDefinitionRef()),
	"desired-count": optional(integer(0, 5e3)),
	"force-new-deployment": withDefault(bool(), false),
	wait: withDefault(bool(), true),
	timeout: withDefault(duration(1e4, 24 * hour), 9e5),
	"poll-interval": withDefault(pollInterval(), "auto"),
	"on-failure": withDefault(choice("rollback", "stop", "leave"), "rollback"),
	"on-cancel": withDefault(choice("rollback", "stop", "leave"), "rollback"),
	"fail-fast": failFastRules(),
	"circuit-breaker": withDefault(choice("keep", "ensure"), "keep"),
	...preDeployFields,
	"allow-zero-desired": withDefault(bool(), false),
	alarms: withDefault(list(alarmName()), []),
	"alarms-in-alarm": withDefault(choice("refuse", "ignore"), "refuse"),
	tags: withDefault(resourceTags(), /* @__PURE__ */ new Map()),
	...beginFields,
	...watchFields,
	"dry-run": withDefault(bool(), false),
	"keep-images": withDefault(integer(0, 100), 0),
	report: optional(text$1("a file path")),
	...jobLimitFields,
	...announceFields,
	...roleField
};
function parseRollingDeploy(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	return checked({
		cluster: given.cluster,
		targets: given.service.map((service, index) => ({
			service,
			taskDefinition: given["task-definition"][index] ?? given["task-definition"][0]
		})),
		desiredCount: given["desired-count"],
		forceNewDeployment: given["force-new-deployment"],
		wait: given.wait,
		timeoutMs: given.timeout,
		pollInterval: given["poll-interval"],
		onFailure: given["on-failure"],
		onCancel: given["on-cancel"],
		...given["fail-fast"],
		circuitBreaker: given["circuit-breaker"],
		preDeploy: preDeployOf(given),
		allowZeroDesired: given["allow-zero-desired"],
		alarms: [...new Set(given.alarms)],
		alarmsInAlarm: given["alarms-in-alarm"],
		tags: given.tags,
		maintenance: maintenanceOf(given),
		guardStale: given["guard-stale"],
		githubToken: given["github-token"],
		schema: given.schema,
		...watchOf(given),
		dryRun: given["dry-run"],
		keepImages: given["keep-images"],
		reportPath: given.report,
		limits: jobLimitsOf(given),
		announce: given["dry-run"] ? void 0 : announceOf(given),
		roleToAssume: given["role-to-assume"]
	}, [
		...targetProblems(given.service, given["task-definition"], raw),
		...preDeployProblems(given, raw),
		...maintenanceProblems(given),
		...watchProblems(given, raw),
		...breakerProblems(given),
		...announceProblems(given, raw)
	]);
}
function breakerProblems(given) {
	if (given["circuit-breaker"] !== "ensure" || given.schema !== "breaking") return [];
	return [{
		input: "circuit-breaker",
		given: "ensure",
		allowed: "keep beside schema: breaking, because the breaker would roll back past it"
	}];
}
/** Services that one run follows at most: more would outgrow AWS's rates, and belong into a matrix of jobs. */
const servicesLimit = 20;
function targetProblems(services, definitions, raw) {
	const problems = [];
	const problem = (input, allowed) => {
		problems.push({
			input,
			given: shorten((raw[input] ?? "").trim()),
			allowed
		});
	};
	const names = services.map((each) => each.slice(each.lastIndexOf("/") + 1));
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (services.length === 0) problem("service", "one service or more");
	else if (services.length > servicesLimit) problem("service", `at most ${servicesLimit} services`);
	else if (twice !== void 0) problem("service", `each service once; ${twice} is given twice`);
	if (definitions.length !== 1 && definitions.length !== services.length) problem("task-definition", "one for all services, or one for each in their order");
	return problems;
}
// src/main/announce-rollout.ts
function rolloutSubject({ cluster, targets }) {
	return {
		action: "rolling-deploy",
		cluster,
		services: targets.map(({ service }) => service),
		listener: null
	};
}
async function announceRollout(request, ports, afterJob = false) {
	if (request.announce === void 0) return void 0;
	const { announcerOf } = await import("./announce.js");
	return announcerOf(request.announce, rolloutSubject(request), ports, afterJob);
}
// src/rollout/handover.ts
/** Name of the state. */
const handoverState = "rollouts";
/** All services of a run; `save` gets the text for the state, empty once nothing is open. */
function handovers(cluster, save) {
	const open = /* @__PURE__ */ new Map();
	const keep = () => save(open.size === 0 ? "" : JSON.stringify([...open.values()]));
	return (service) => ({
		open: (rollout) => {
			open.set(service, {
				cluster,
				...rollout
			});
			keep();
		},
		change: (more) => {
			const known = open.get(service);
			if (known === void 0) return;
			open.set(service, {
				...known,
				...more
			});
			keep();
		},
		close: (outcome) => {
			const known = open.get(service);
			if (known === void 0 || isOpenStill(outcome, known)) return;
			open.delete(service);
			keep();
		}
	});
}
/**
* A cancelled job that could not find what it was to stop, or could not ask for it; and a way back that was
* begun and not made.
*/
function isOpenStill(outcome, known) {
	if (outcome.kind === "rollback-failed") return known.goingBack === true;
	if (outcome.kind !== "cancelled") return false;
	const { aftermath } = outcome;
	return aftermath === "unknown" || aftermath === "left" || aftermath === "stopped" && known.goingBack === true;
}
/** The state as it was saved; empty where it is not ours, or broken. */
function parseHandover(text) {
	try {
		const parsed = JSON.parse(text);
		return Array.isArray(parsed) ? parsed.filter(isOpenRollout) : [];
	} catch {
		return [];
	}
}
function isOpenRollout(value) {
	const given = value;
	return [
		given?.cluster,
		given?.service,
		given?.taskDefinitionArn,
		given?.formerTaskDefinitionArn
	].every((each) => typeof each === "string" && each !== "") && Array.isArray(given?.knownDeploymentIds) && [
		"rollback",
		"stop",
		"leave"
	].includes(given?.wanted ?? "");
}
/** Where a rollout starts from. */
function beginning(service, taskDefinitionArn, wanted) {
	return {
		service: service.name,
		taskDefinitionArn,
		formerTaskDefinitionArn: service.taskDefinitionArn,
		knownDeploymentIds: service.deployments.map((each) => each.id),
		wanted
	};
}
// src/runner/clock.ts
/** How long an answer of the network is waited for, on any clock. */
function answerBy(clock, durationMs, signal) {
	return clock.answerBy?.(durationMs, signal) ?? clock.sleep(durationMs, signal);
}
const systemClock = {
	now: () => Date.now(),
	sleep: (durationMs, signal) => new Promise((resolve) => {
		if (signal?.aborted) return resolve();
		const done = () => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", done);
			resolve();
		};
		const timer = setTimeout(done, durationMs);
		signal?.addEventListener("abort", done);
	}),
	answerBy: (durationMs, signal) => new Promise((resolve) => {
		const over = AbortSignal.any([AbortSignal.timeout(durationMs), ...signal === void 0 ? [] : [signal]]);
		if (over.aborted) return resolve();
		over.addEventListener("abort", () => resolve());
	})
};
// src/runner/http.ts
/** The answer, or in some words why there is none; the URL, which may be a secret, is not among them. Never rejects. */
async function attemptHttp(send, request, timeoutMs, signal) {
	const deadline = AbortSignal.timeout(timeoutMs);
	try {
		return await send(request, signal === void 0 ? deadline : AbortSignal.any([signal, deadline]));
	} catch (error) {
		if (deadline.aborted) return `no answer within ${timeoutMs / 1e3} s`;
		const { cause, name } = error;
		return `no answer (${cause?.code ?? name})`;
	}
}
const sendHttp = async ({ method, url, headers, body }, signal) => {
	const answer = await fetch(url, {
		method,
		headers,
		signal,
		redirect: "manual",
		...body === void 0 ? {} : { body }
	});
	return {
		status: answer.status,
		header: (name) => answer.headers.get(name) ?? void 0,
		json: () => answer.json()
	};
};
// src/runner/id-token.ts
const attempts = 3;
const attemptTimeoutMs = 1e4;
const pauseMs = 1e3;
/** Never rejects. */
async function requestIdToken(environment, audience, { clock, send = sendHttp }) {
	const url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "";
	const bearer = environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] ?? "";
	if (url === "" || bearer === "" || !URL.canParse(url)) return {
		ok: false,
		reason: "this job has no identity token: it needs the permission id-token: write"
	};
	const asked = new URL(url);
	asked.searchParams.set("audience", audience);
	const headers = {
		authorization: `Bearer ${bearer}`,
		accept: "application/json"
	};
	let reason = "";
	for (let attempt = 1; attempt <= attempts; attempt++) {
		if (attempt > 1) await clock.sleep(pauseMs * (attempt - 1));
		const answer = await attemptHttp(send, {
			method: "GET",
			url: asked.href,
			headers
		}, attemptTimeoutMs);
		if (typeof answer === "string") {
			reason = `${answer} from GitHub`;
			continue;
		}
		const { status } = answer;
		const token = status === 200 ? await tokenIn(answer) : void 0;
		if (token !== void 0) return {
			ok: true,
			token
		};
		reason = status === 200 ? "GitHub gave no identity token" : `GitHub answers ${status}`;
		if (status >= 300 && status < 500 && status !== 429) break;
	}
	return {
		ok: false,
		reason: `${reason} when asked for an identity token`
	};
}
async function tokenIn(answer) {
	try {
		const { value } = await answer.json();
		return typeof value === "string" && value !== "" ? value : void 0;
	} catch {
		return;
	}
}
// src/rollout/maintenance-window.ts
const minuteMs = 6e4;
const dayMinutes = 1440;
/** Changes of offset happen at full quarters of an hour, in every zone of today. */
const quarterMs = 15 * minuteMs;
/** A weekly window that summer time swallows opens two weeks after the last one. */
const searchMs = 23040 * minuteMs;
function isOpen(windows, at) {
	return windows.some((window) => covers(window, at));
}
/** The first moment after `at` at which one is open; undefined: none within 16 days. For a time when none is open. */
function nextOpening(windows, at) {
	const from = Math.floor(at / minuteMs) * minuteMs;
	for (let time = from; time <= from + searchMs;) {
		const quarter = (Math.floor(time / quarterMs) + 1) * quarterMs;
		time = Math.min(quarter, ...windows.map((window) => time + toStart(window, time) * minuteMs));
		const window = windows.find((each) => covers(each, time));
		if (window !== void 0) return {
			at: time,
			window
		};
	}
}
/** What a closed window means. `latestAt`: until then a window may be waited for. */
function decideWindow(windows, outside, now, latestAt) {
	if (windows.length === 0 || isOpen(windows, now)) return { kind: "open" };
	const next = nextOpening(windows, now);
	const names = windows.map((each) => each.text).join("; ");
	const opens = next === void 0 ? "It does not open within 16 days." : `It opens next on ${wallText(next.at, next.window.zone)}, in ${formatDuration(Math.ceil((next.at - now) / minuteMs) * minuteMs)}.`;
	if (outside === "wait" && next !== void 0 && next.at <= latestAt) return {
		kind: "wait",
		untilAt: next.at,
		message: `Outside of the maintenance window (${names}). ${opens} Waiting for it.`
	};
	return {
		kind: "refuse",
		code: "outside-window",
		reason: `This is outside of the maintenance window (${names}). ${opens}${outside === "wait" ? " That is longer than window-timeout lets this job wait." : ""}`,
		remedy: outside === "wait" ? "Run the job nearer to the window, for example by a schedule, or raise window-timeout." : "Run the job again in the window, let it wait with outside-window: wait, or leave maintenance-window out this once."
	};
}
function covers({ days, startMinute, endMinute, zone }, at) {
	const { day, minute } = wallClock(zone, at);
	if (endMinute > startMinute) return days.includes(day) && minute >= startMinute && minute < endMinute;
	return days.includes(day) ? minute >= startMinute || days.includes((day + 6) % 7) && minute < endMinute : days.includes((day + 6) % 7) && minute < endMinute;
}
/** Minutes of the wall clock until it next shows the start, 1 to 1440. */
function toStart({ startMinute, zone }, at) {
	const { minute } = wallClock(zone, at);
	return (startMinute - minute + dayMinutes - 1) % dayMinutes + 1;
}
const dayNames = [
	"Sun",
	"Mon",
	"Tue",
	"Wed",
	"Thu",
	"Fri",
	"Sat"
];
const formats = /* @__PURE__ */ new Map();
function partsOf(zone, at) {
	let format = formats.get(zone);
	if (format === void 0) {
		format = new Intl.DateTimeFormat("en-US", {
			timeZone: zone,
			weekday: "short",
			year: "numeric",
			month: "2-digit",
			day: "2-digit",
			hour: "2-digit",
			minute: "2-digit",
			hourCycle: "h23"
		});
		formats.set(zone, format);
	}
	const parts = format.formatToParts(at);
	return (type) => parts.find((part) => part.type === type)?.value ?? "";
}
function wallClock(zone, at) {
	const part = partsOf(zone, at);
	return {
		day: dayNames.indexOf(part("weekday")),
		minute: Number(part("hour")) * 60 + Number(part("minute"))
	};
}
/** `Sun 2026-11-29 02:00 UTC` */
function wallText(at, zone) {
	const part = partsOf(zone, at);
	return `${part("weekday")} ${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")} ${zone}`;
}
export { acceptable, announceFields, announceOf, announceProblems, announceRollout, announceShift, answerBy, attemptHttp, beginning, bool, buildxFields, buildxOptions, checked, choice, clusterName, codeBlock, createRunner, decideWindow, docsBase, duration, escapeHtml, escapeMarkdown, fields, fields$1, formatDuration, handoverState, handovers, integer, keyValues, list, maintenanceWindows, makeLoginFolder, matching, onlyBuildx, optional, parameterClient, parseBlueGreenShift, parseFields, parseHandover, parseRollingDeploy, readRawInputs, readRunContext, removeLoginFolder, requestIdToken, revisionPattern, roleField, rolloutSubject, runAction, scanFields, scanPolicy, secret, sendHttp, serviceName, severities, shiftStateName, shiftSubject, systemClock, table, taskDefinitionRef, tellBadInputs, text$1 as text, tokenField, wasBegun, withDefault, withMarker, writeLogin };
