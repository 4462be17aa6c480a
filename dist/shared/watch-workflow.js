import { require_dist } from "./yaml.js";
// src/shift/watch-workflow.ts
var import_dist = require_dist();
/** What the action does about a rest when it is run again: looks at it, or ends it. `resume` would go on with it. */
const orders = ["judge", "rollback-only"];
/** Undefined where it does; else what is missing. `location`: the rule or listener whose weights are to rest. */
function notWatching(text, location) {
	let workflow;
	try {
		workflow = (0, import_dist.parse)(text);
	} catch (error) {
		return `is no YAML (${error.message.split("\n")[0]})`;
	}
	const schedules = member(member(workflow, "on"), "schedule");
	if (!(Array.isArray(schedules) && schedules.some((each) => textOf(member(each, "cron")) !== ""))) return "is not scheduled";
	const uses = usesOf(workflow).filter(isWatch);
	if (uses.length === 0) return `neither calls this kit's watch.yml nor runs blue-green-shift with on-interrupted: ${orders.join(" or ")}`;
	return uses.some((each) => mayBeOf(each, location)) ? void 0 : "watches another rule";
}
/** Called workflows, and actions of steps. */
function usesOf(workflow) {
	const jobs = member(workflow, "jobs");
	return Object.values(typeof jobs === "object" && jobs !== null ? jobs : {}).flatMap((job) => {
		const steps = member(job, "steps");
		return [job, ...Array.isArray(steps) ? steps : []].map((each) => ({
			uses: textOf(member(each, "uses")),
			inputs: member(each, "with")
		}));
	});
}
/** The kit may have been copied under another name: its parts are known by theirs. */
function isWatch({ uses, inputs }) {
	const path = uses.replace(/@[^@]*$/, "");
	if (/(^|\/)\.github\/workflows\/watch\.yml$/.test(path)) return placesOf(inputs).length > 0;
	return /(^|\/)blue-green-shift$/.test(path) && orders.includes(textOf(member(inputs, "on-interrupted")));
}
/** An expression is taken on trust; an ARN that is written out has to be the one. */
function mayBeOf({ inputs }, location) {
	const ours = location.kind === "rule" ? location.ruleArn : location.listenerArn;
	return placesOf(inputs).some((place) => !place.startsWith("arn:") || place === ours);
}
function placesOf(inputs) {
	return ["listener-arn", "listener-rule-arn"].map((name) => textOf(member(inputs, name))).filter((place) => place !== "");
}
function member(value, name) {
	return typeof value === "object" && value !== null ? value[name] : void 0;
}
function textOf(value) {
	return typeof value === "string" ? value.trim() : "";
}
export { notWatching };
