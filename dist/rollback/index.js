import { announceFields, announceOf, announceProblems, bool, checked, choice, clusterName, duration, matching, optional, parameterClient, parseFields, revisionPattern, roleField, runAction, serviceName, text, tokenField, withDefault } from "../shared/start.js";
// src/inputs/rollback.ts
const hour = 36e5;
function rollbackTarget() {
	const allowed = "auto, previous-good, weights, family:revision or the ARN of one, an image tag or digest, a git tag, or a commit of at least 7 digits";
	return {
		allowed,
		parse: (given) => {
			const word = given.toLowerCase();
			if (word === "auto" || word === "previous-good" || word === "weights") return {
				ok: true,
				value: { kind: word }
			};
			if (word === "previous") return {
				ok: true,
				value: { kind: "previous-good" }
			};
			if (revisionPattern.test(given)) return {
				ok: true,
				value: {
					kind: "revision",
					name: given
				}
			};
			const digest = /^(?:[^\s@]+@)?(sha256:[0-9a-f]{64})$/.exec(given)?.[1];
			if (digest !== void 0) return {
				ok: true,
				value: {
					kind: "digest",
					digest
				}
			};
			return /^\w[\w.+/:-]{0,299}$/.test(given) && !given.startsWith("arn:") ? {
				ok: true,
				value: {
					kind: "named",
					name: given
				}
			} : {
				ok: false,
				allowed
			};
		}
	};
}
const elbArn = (resource) => new RegExp(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\\d{12}:${resource}$`);
/** The commit that is gone back to may have its tag. */
const { "git-tag": _noTag, ...rollbackAnnounceFields } = announceFields;
const fields = {
	cluster: clusterName(),
	service: serviceName(),
	"other-service": optional(serviceName()),
	mode: withDefault(choice("roll-back", "list"), "roll-back"),
	to: withDefault(rollbackTarget(), { kind: "auto" }),
	from: optional(matching(revisionPattern, "family:revision, or the ARN of a task definition revision")),
	reason: withDefault(text("why this is rolled back, in a few words"), ""),
	"past-breaking-schema": withDefault(choice("refuse", "accept"), "refuse"),
	"listener-rule-arn": optional(matching(elbArn("listener-rule/app/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+"), "the ARN of a listener rule")),
	"listener-arn": optional(matching(elbArn("listener/app/[^/\\s]+/[^/\\s]+/[^/\\s]+"), "the ARN of a listener")),
	"target-group-arn": optional(matching(elbArn("targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]+"), "the ARN of a target group")),
	timeout: withDefault(duration(1e4, 24 * hour), 9e5),
	"dry-run": withDefault(bool(), false),
	report: optional(text("a file path")),
	...tokenField,
	...rollbackAnnounceFields,
	...roleField
};
function parseRollback(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	const ruleArn = given["listener-rule-arn"];
	const listenerArn = given["listener-arn"];
	const problems = [];
	const problem = (input, allowed) => {
		problems.push({
			input,
			given: (raw[input] ?? "").trim() || "(nothing)",
			allowed
		});
	};
	if (given.reason === "" && given.mode === "roll-back") problem("reason", "why this is rolled back, in a few words (only mode: list needs none)");
	if (ruleArn !== void 0 && listenerArn !== void 0) problem("listener-arn", "at most one of listener-rule-arn and listener-arn");
	const location = ruleArn !== void 0 ? {
		kind: "rule",
		ruleArn
	} : listenerArn !== void 0 ? {
		kind: "default-action",
		listenerArn
	} : void 0;
	if (given.to.kind === "weights" && location === void 0) problem("listener-rule-arn", "listener-rule-arn or listener-arn, because to is weights");
	if (given["target-group-arn"] !== void 0 && location === void 0) problem("listener-rule-arn", "listener-rule-arn or listener-arn, because target-group-arn is given");
	problems.push(...announceProblems(given, raw));
	return checked({
		cluster: given.cluster,
		service: given.service,
		otherService: given["other-service"],
		mode: given.mode,
		to: given.to,
		from: given.from,
		pastBreakingSchema: given["past-breaking-schema"] === "accept",
		reason: given.reason.replace(/\s+/g, " ").slice(0, 500),
		location,
		targetGroupArn: given["target-group-arn"],
		timeoutMs: given.timeout,
		dryRun: given["dry-run"],
		reportPath: given.report,
		announce: given["dry-run"] || given.mode === "list" ? void 0 : announceOf(given),
		roleToAssume: given["role-to-assume"]
	}, problems);
}
// src/main/rollback.ts
function subjectOf({ cluster, service, location }) {
	const listener = location?.kind === "rule" ? location.ruleArn : location?.listenerArn ?? null;
	return {
		action: "rollback",
		cluster,
		services: [service],
		listener
	};
}
await runAction({
	name: "rollback",
	inputNames: Object.keys(fields),
	parse: parseRollback,
	clients: parameterClient,
	roleOf: ({ roleToAssume }) => roleToAssume,
	subjectOf,
	refuses: true,
	announce: async (request, ports) => {
		if (request.announce === void 0) return void 0;
		const { announcerOf } = await import("../shared/announce.js");
		return announcerOf(request.announce, subjectOf(request), ports);
	},
	load: async () => {
		const [{ runRollback }, { workspaceFiles }] = await Promise.all([import("../shared/run.js"), import("../shared/workspace-files.js")]);
		return (request, ports) => runRollback(request, {
			...ports,
			...workspaceFiles(ports.context.workspace, ports.redact)
		});
	}
});
export {};
