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
export { servesAfter, tagCommit };
