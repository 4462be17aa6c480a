import { AwsCallError } from "./call-error.js";
import { ConfigurationError } from "./configuration-error.js";
import { readTags, tagValue, writeTags } from "./same-definition.js";
// src/rollout/write-report.ts
async function writeReport(ports, path, report, outputs) {
	if (path === void 0) return;
	try {
		await ports.writeFile(path, `${JSON.stringify({
			...report,
			outputs
		}, void 0, 2)}\n`);
	} catch (error) {
		if (!(error instanceof ConfigurationError)) throw error;
		ports.runner.annotate("warning", error.message, { title: `${report.title}: no report file` });
	}
}
// src/rollout/marks.ts
/**
* What our deploys remember, as tags on the task definition revision: that it was promoted after its verdict,
* that it turned out bad, what it was built from. AWS holds them, so a runner that dies loses nothing, and
* they outlive the 90 days that ECS keeps its history. docs/tags.md describes each for people.
*/
const markKeys = {
	promoted: "ips-deploy:promoted",
	bad: "ips-deploy:bad",
	leaving: "ips-deploy:leaving",
	commit: "ips-deploy:commit",
	ref: "ips-deploy:ref",
	run: "ips-deploy:run",
	schema: "ips-deploy:schema",
	/** See pre-deploy-mark.ts. */
	preDeploy: "ips-deploy:pre-deploy"
};
/** `cluster/service` from names or ARNs. Pure. */
function placeOf(cluster, service) {
	return tagValue(`${lastPart(cluster)}/${lastPart(service)}`).slice(0, 200);
}
/** Pure; understands what people may have written by hand. */
function marksOf(tags) {
	const commit = tags.get(markKeys.commit);
	const bad = tags.get(markKeys.bad);
	const [leavingAt, runId, after] = (tags.get(markKeys.leaving) ?? "").split(" ");
	const leavingTime = timeOf(leavingAt);
	return {
		promotions: (tags.get(markKeys.promoted) ?? "").split(" ").flatMap((entry) => {
			const [time, ...rest] = entry.split("@");
			const at = timeOf(time);
			return at === void 0 ? [] : [{
				at,
				place: rest.length === 0 ? void 0 : rest.join("@")
			}];
		}).sort((one, other) => other.at - one.at),
		bad: bad === void 0 ? void 0 : badOf(bad),
		leaving: leavingTime === void 0 || runId === void 0 ? void 0 : {
			at: leavingTime,
			runId,
			after
		},
		commit: /^[0-9a-f]{7,64}$/i.test(commit ?? "") ? commit.toLowerCase() : void 0,
		ref: tags.get(markKeys.ref),
		run: tags.get(markKeys.run),
		schema: tags.get(markKeys.schema) === "breaking" ? "breaking" : void 0
	};
}
/**
* The tags that say this, and no others. Pure. Also for a registration: a revision that fails is to tell
* where it came from, too. Promotions that do not fit into one value are dropped, the oldest first.
*/
function marksToTags(marks) {
	const tags = /* @__PURE__ */ new Map();
	const put = (key, value) => {
		const clean = tagValue(value ?? "");
		if (clean !== "") tags.set(key, clean);
	};
	put(markKeys.promoted, promotionsValue(marks.promotions ?? []));
	if (marks.bad !== void 0) {
		const { at, reason } = marks.bad;
		put(markKeys.bad, at === void 0 ? reason : `${isoTime(at)} ${reason}`);
	}
	if (marks.leaving !== void 0) {
		const { at, runId, after } = marks.leaving;
		const words = [runId, after].filter((each) => each !== void 0);
		put(markKeys.leaving, [isoTime(at), ...words.map((each) => each.replace(/\s+/g, "-"))].join(" "));
	}
	put(markKeys.commit, marks.commit);
	put(markKeys.ref, marks.ref);
	put(markKeys.run, marks.run);
	put(markKeys.schema, marks.schema);
	return tags;
}
/** When it was last promoted for this service; undefined: never. Pure. */
function promotedAt(marks, place) {
	return marks.promotions.find((each) => each.place === void 0 || each.place === place)?.at;
}
/** Marked bad, and not promoted for this service again since. Pure. */
function isBad(marks, place) {
	const { bad } = marks;
	if (bad === void 0) return false;
	return bad.at === void 0 || (promotedAt(marks, place) ?? Number.NEGATIVE_INFINITY) <= bad.at;
}
/** Rejects with `AwsCallError`. */
async function readMarks(aws, taskDefinitionArn, signal) {
	return marksOf(await readTags(aws, taskDefinitionArn, signal));
}
/**
* After a good verdict, once for each revision. `aws` retries for as long as the caller can wait. A revision
* that the caller has just registered is `fresh`: it has no marks of others, so none are read, which saves
* the time of two calls at the end of a job.
*/
function markPromoted(aws, taskDefinitionArn, mark, fresh = false) {
	const { at, cluster, services, ...origin } = mark;
	const places = services.map((service) => placeOf(cluster, service));
	const promoted = (marks) => ({
		...origin,
		promotions: [...places.map((place) => ({
			at,
			place
		})), ...marks.promotions.filter((each) => each.place === void 0 || !places.includes(each.place))]
	});
	return fresh ? told(async () => {
		await writeTags(aws, taskDefinitionArn, marksToTags(promoted({ promotions: [] })));
		return { kind: "written" };
	}) : write(aws, taskDefinitionArn, promoted);
}
/** A revision that is marked bad already keeps its first reason, unless it was promoted since. */
function markBad(aws, taskDefinitionArn, mark) {
	return write(aws, taskDefinitionArn, ({ bad, promotions }) => {
		return { bad: bad !== void 0 && (bad.at ?? mark.at) >= (promotions[0]?.at ?? Number.NEGATIVE_INFINITY) ? bad : mark };
	});
}
/** Before a way back from this revision is begun. The same way back, begun again, keeps its time. */
function markLeaving(aws, taskDefinitionArn, mark) {
	return write(aws, taskDefinitionArn, ({ leaving }) => ({ leaving: leaving?.runId === mark.runId && leaving.after === mark.after ? leaving : mark }));
}
/** Writes what differs, and reads it back. */
function write(aws, taskDefinitionArn, change) {
	return told(async () => {
		const before = await readTags(aws, taskDefinitionArn);
		const wanted = marksToTags(change(marksOf(before)));
		const differs = (tags) => new Map([...wanted].filter(([key, value]) => tags.get(key) !== value));
		const missing = differs(before);
		if (missing.size === 0) return { kind: "unchanged" };
		await writeTags(aws, taskDefinitionArn, missing);
		if (differs(await readTags(aws, taskDefinitionArn)).size === 0) return { kind: "written" };
		return {
			kind: "not-written",
			why: "AWS took the tags and does not show them."
		};
	});
}
async function told(work) {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "not-written",
			why: `${error.operation}: ${error.code}: ${error.reason}`
		};
	}
}
function promotionsValue(promotions) {
	const newestFirst = [...promotions].sort((one, other) => other.at - one.at);
	let value = "";
	for (const { at, place } of newestFirst) {
		const entry = place === void 0 ? isoTime(at) : `${isoTime(at)}@${place.replaceAll(" ", "-")}`;
		const longer = value === "" ? entry : `${value} ${entry}`;
		if ([...longer].length > 256) break;
		value = longer;
	}
	return value;
}
function badOf(value) {
	const [first = "", ...rest] = value.split(" ");
	const at = timeOf(first);
	return at === void 0 ? {
		at,
		reason: value
	} : {
		at,
		reason: rest.join(" ")
	};
}
function isoTime(at) {
	return new Date(at).toISOString();
}
function timeOf(text) {
	if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text ?? "")) return void 0;
	const at = Date.parse(text);
	return Number.isNaN(at) ? void 0 : at;
}
function lastPart(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
export { isBad, markBad, markKeys, markLeaving, markPromoted, marksOf, marksToTags, placeOf, promotedAt, readMarks, writeReport };
