// src/image/registry/reference.ts
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const pattern = new RegExp(`^(?:(?<host>[A-Za-z0-9.-]+\\.[A-Za-z0-9.-]+(?::\\d+)?|[A-Za-z0-9-]+:\\d+|localhost)/)?(?<repository>${component}(?:/${component})*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
new RegExp(`^(?=.{2,256}$)${component}(?:/${component})*$`);
function parseReference(text) {
	const groups = pattern.exec(text)?.groups;
	if (groups === void 0) return void 0;
	const given = groups["host"];
	const isDockerHub = given === void 0 || given === "docker.io" || given === "index.docker.io";
	const repository = groups["repository"];
	return {
		host: isDockerHub ? "registry-1.docker.io" : given,
		repository: isDockerHub && !repository.includes("/") ? `library/${repository}` : repository,
		tag: groups["tag"] ?? (groups["digest"] === void 0 ? "latest" : void 0),
		digest: groups["digest"]
	};
}
/** Plain HTTP is spoken with this machine only. */
function registryUrl(host) {
	return `${isLoopback(host) ? "http" : "https"}://${host}`;
}
function isLoopback(host) {
	return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
// src/image/tag-template.ts
/**
* Tags from templates: `{sha}`, `{sha7}`, `{ref}`, `{date}`, `{run}`, and of a version tag `{version}`,
* `{major}`, `{major.minor}`. Pure.
*/
const ofVersions = /* @__PURE__ */ new Set([
	"version",
	"major",
	"major.minor"
]);
/** Throws a plain Error with a phrase where a value is missing, or nothing is left. */
function renderTags(templates, facts) {
	const version = versionOf(facts.ref);
	const tags = [];
	const skipped = [];
	for (const template of templates) if ([...template.matchAll(/\{([a-z0-9.]+)\}/g)].map((match) => match[1]).some((name) => ofVersions.has(name) && (version === void 0 || name !== "version" && version.prerelease))) skipped.push(template);
	else tags.push(renderTag(template, facts, version));
	if (tags.length === 0) throw new Error(`no tag is left: ${skipped.join(", ")} need a version tag such as v1.2.3, and this run is of ${facts.ref || "no ref"}`);
	return {
		tags: [...new Set(tags)],
		skipped
	};
}
/** Semantic Versioning 2.0.0; a tag cannot hold the `+` of build metadata. */
function versionOf(ref) {
	const match = /^refs\/tags\/v?((0|[1-9]\d*)\.(0|[1-9]\d*)\.(?:0|[1-9]\d*)(-[0-9A-Za-z.-]+)?)(\+[0-9A-Za-z.-]+)?$/.exec(ref);
	if (match === null) return void 0;
	return {
		text: match[1],
		major: match[2],
		minor: match[3],
		prerelease: match[4] !== void 0
	};
}
function renderTag(template, facts, version) {
	const values = {
		sha: facts.sha,
		sha7: facts.sha.slice(0, 7),
		ref: shortRef(facts.ref),
		date: new Date(facts.now).toISOString().slice(0, 10).replaceAll("-", ""),
		run: facts.runId === "" ? "" : `${facts.runId}.${facts.runAttempt || "1"}`,
		version: version?.text ?? "",
		major: version?.major ?? "",
		"major.minor": version === void 0 ? "" : `${version.major}.${version.minor}`
	};
	const tag = template.replace(/\{([a-z0-9.]+)\}/g, (_, name) => {
		if (values[name] === "") throw new Error(`tag ${template}: {${name}} is not known outside of a GitHub run`);
		return values[name];
	});
	if (!tagPattern.test(tag)) throw new Error(`tag ${template} becomes "${tag}", which is no tag (letters, digits, _ . -, at most 128, beginning with a letter, digit or _)`);
	return tag;
}
/** `refs/heads/feature/x` to `feature-x`. */
function shortRef(ref) {
	return ref.replace(/^refs\/(heads|tags|pull)\//, "").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "").slice(0, 128);
}
export { parseReference, registryUrl, renderTags };
