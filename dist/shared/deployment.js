import { isDone } from "./issue.js";
import { renderTags } from "./tag-template.js";
// src/announce/tag.ts
/** The git tag of a version that serves. A tag is never moved. */
/** Outcomes after which this version serves, and so deserves its tag. */
const serving = /* @__PURE__ */ new Set([
	"succeeded",
	"no-change",
	"promoted",
	"promoted-on-probes"
]);
const servesAfter = (outcome) => serving.has(outcome);
async function tagCommit(github, template, facts) {
	const rendered = nameOf(template, facts);
	if (!rendered.ok) return rendered;
	const name = rendered.sentence;
	const { sha } = facts;
	const fail = (why) => ({
		ok: false,
		sentence: `The git tag ${name} was not made. ${why}`
	});
	const made = await github.addTag(name, sha);
	if (made.ok) return {
		ok: true,
		name,
		sentence: `Tagged ${sha.slice(0, 7)} as ${name}.`
	};
	if (made.kind !== "rejected") return fail(`${made.reason}.`);
	const found = await github.tag(name);
	if (!found.ok || found.value.sha === void 0) return fail(`${made.reason}.`);
	if (found.value.sha === sha) return {
		ok: true,
		name,
		sentence: `${name} is the tag of ${sha.slice(0, 7)} already.`
	};
	const compared = await github.compare(name, sha);
	if (compared.ok && compared.value.status === "identical") return {
		ok: true,
		name,
		sentence: `${name} is the tag of ${sha.slice(0, 7)} already.`
	};
	return fail("There is one of that name on another commit, and tags are not moved.");
}
/** The name as `sentence`, or why there is none. */
function nameOf(template, facts) {
	try {
		return {
			ok: true,
			sentence: renderTags([template], facts).tags[0]
		};
	} catch (error) {
		return {
			ok: false,
			sentence: `No git tag can be made of git-tag: ${error.message}.`
		};
	}
}
// src/announce/deployment.ts
/** By this a deployment of ours is told from GitHub's own. */
const mark = "ips-deploy-actions";
/** So many of the newest deployments of a commit are looked at. */
const looked = 5;
async function makeDeployment(github, sha, settings) {
	if (await hasOwn(github, sha, settings)) return { kind: "own" };
	const made = await github.addDeployment({
		ref: sha,
		task: settings.task,
		environment: settings.environment,
		description: settings.description,
		payload: {
			by: mark,
			run: settings.runId,
			of: JSON.stringify(placeOf(settings.subject))
		}
	});
	return made.ok ? {
		kind: "made",
		id: made.value.id
	} : {
		kind: "failed",
		reason: `No GitHub deployment was made. ${made.reason}.`
	};
}
/** What cannot be read is taken for none: a double is the lesser harm. */
async function hasOwn(github, sha, settings) {
	if (settings.runId === "") return false;
	const known = await github.deployments(settings.environment, sha);
	if (!known.ok) return false;
	const others = known.value.filter((each) => !isOurs(each.payload)).slice(0, looked);
	for (const { id } of others) {
		const last = await github.lastStatus(id);
		if (last.ok && isOfRun(last.value.logUrl, settings.runId)) return true;
	}
	return false;
}
/** The payload comes back as it was given, on some servers as text. */
function isOurs(payload) {
	return JSON.stringify(payload ?? "").includes(mark);
}
function placeOf({ cluster, services, listener }) {
	const last = (name) => name.slice(name.lastIndexOf("/") + 1);
	return {
		listener,
		services: services.map((each) => `${last(cluster ?? "")}/${last(each)}`)
	};
}
function isAt({ payload }, place) {
	try {
		const { of } = typeof payload === "string" ? JSON.parse(payload) : payload;
		const known = JSON.parse(of);
		if (known.listener !== null && known.listener === place.listener) return true;
		return known.services.some((each) => place.services.includes(each));
	} catch {
		return false;
	}
}
const unfinished = /* @__PURE__ */ new Set([
	"in_progress",
	"queued",
	"pending"
]);
/**
* What becomes of deployments that earlier runs left under way (`wait: false`, `until`), by the outcome of this one;
* undefined: it says nothing of them. GitHub itself only makes those inactive that had succeeded.
*/
function stateOfEarlier(action, outcome, ok) {
	if (goingOn.has(outcome)) return "inactive";
	if (action === "rollback") return ok && isDone(outcome) ? "failure" : void 0;
	if (servesAfter(outcome) && ok) return "inactive";
	return action === "blue-green-shift" && outcome === "rolled-back" ? "failure" : void 0;
}
/** Ends those at the same place; `own` is not touched. Gives what GitHub did not take. */
async function closeEarlier(github, own, state, settings) {
	const known = await github.deployments(settings.environment);
	if (!known.ok) return [known.reason];
	const place = placeOf(settings.subject);
	const earlier = known.value.filter((each) => each.id !== own && isOurs(each.payload) && isAt(each, place));
	const problems = [];
	for (const { id } of earlier.slice(0, looked)) {
		const last = await github.lastStatus(id);
		const answer = last.ok && unfinished.has(last.value.state) ? await addStatus(github, id, state, settings) : last;
		if (!answer.ok) problems.push(answer.reason);
	}
	return problems;
}
/** `https://github.com/o/r/actions/runs/1/job/2`, and without the end. */
function isOfRun(url, runId) {
	return url.split("/actions/runs/")[1]?.split(/[/?#]/)[0] === runId;
}
function addStatus(github, id, state, settings) {
	const { environmentUrl, logUrl, description } = settings;
	const status = {
		state,
		description,
		environmentUrl,
		logUrl
	};
	return github.addStatus(id, status);
}
/** Neither good nor bad: nothing was tried, or nothing is known. */
const errors = /* @__PURE__ */ new Set([
	"refused",
	"cancelled",
	"unobserved",
	"interfered",
	"error",
	"zero-desired"
]);
const goingOn = /* @__PURE__ */ new Set(["started", "paused"]);
/** What an outcome is to GitHub. `success` makes the environment's earlier deployments inactive. */
function stateOf(outcome, ok) {
	if (goingOn.has(outcome)) return "in_progress";
	if (ok) return "success";
	if (outcome === "superseded") return "inactive";
	return errors.has(outcome) ? "error" : "failure";
}
export { addStatus, closeEarlier, makeDeployment, servesAfter, stateOf, stateOfEarlier, tagCommit };
