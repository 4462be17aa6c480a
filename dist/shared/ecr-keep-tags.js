import { AwsCallError } from "./call-error.js";
import { acceptedMediaTypes } from "./ecr-image-name.js";
// src/aws/ecr-keep-tags.ts
/**
* Tags that keep images from a repository's lifecycle policy: `keep-<time>-<digest>`, newest last by name, on what
* was promoted. The policy's first rule takes them up and expires none, so no later rule can.
* @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
*/
const keepPrefix = "keep-";
/** `keep-20260131120000-0123456789ab`. Pure. */
function keepTag(at, digest) {
	const time = new Date(at).toISOString().replace(/\D/g, "").slice(0, 14);
	return `${keepPrefix}${time}-${digest.replace("sha256:", "").slice(0, 12)}`;
}
/**
* The tags that may go: of all but the `keep` digests that were promoted last, and older ones of those that stay.
* A tag that is an image's last is left: without it the image would be deleted at once. Pure.
*/
function tagsToRelease(all, keep) {
	const kept = /* @__PURE__ */ new Set();
	const released = [];
	const left = /* @__PURE__ */ new Map();
	for (const { digest } of all) left.set(digest, (left.get(digest) ?? 0) + 1);
	const newestFirst = all.filter(({ tag }) => tag.startsWith(keepPrefix)).sort((one, other) => one.tag < other.tag ? 1 : -1);
	for (const { tag, digest } of newestFirst) {
		if (!kept.has(digest) && kept.size < keep) {
			kept.add(digest);
			continue;
		}
		const tags = left.get(digest) ?? 0;
		if (tags <= 1) continue;
		left.set(digest, tags - 1);
		released.push(tag);
	}
	return released;
}
/** Puts the tag on the very manifest, and releases those beyond the last `keep` digests. */
async function keepImage(aws, place, wanted, at, keep) {
	const { images = [] } = await aws.call("ecr:BatchGetImage", {
		...place,
		imageIds: [wanted],
		acceptedMediaTypes
	});
	const image = images[0];
	const digest = image?.imageId?.imageDigest;
	if (image?.imageManifest === void 0 || digest === void 0) throw new AwsCallError("ecr:BatchGetImage", "ImageNotFoundException", `${Object.values(wanted).join("")} is not there.`, "not-found");
	try {
		await aws.call("ecr:PutImage", {
			...place,
			imageManifest: image.imageManifest,
			imageManifestMediaType: image.imageManifestMediaType,
			imageTag: keepTag(at, digest),
			imageDigest: digest
		});
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.code !== "ImageAlreadyExistsException") throw error;
	}
	const released = tagsToRelease(await readTaggedImages(aws, place), keep);
	for (let from = 0; from < released.length; from += 100) {
		const imageIds = released.slice(from, from + 100).map((imageTag) => ({ imageTag }));
		await aws.call("ecr:BatchDeleteImage", {
			...place,
			imageIds
		});
	}
}
/** Pages of 1,000 that are read at most. */
const pagesLimit = 20;
async function readTaggedImages(aws, place) {
	const found = [];
	let nextToken;
	for (let page = 0; page < pagesLimit; page++) {
		const answer = await aws.call("ecr:ListImages", {
			...place,
			filter: { tagStatus: "TAGGED" },
			maxResults: 1e3,
			...nextToken === void 0 ? {} : { nextToken }
		});
		for (const { imageTag, imageDigest } of answer.imageIds ?? []) if (imageTag !== void 0 && imageDigest !== void 0) found.push({
			tag: imageTag,
			digest: imageDigest
		});
		nextToken = answer.nextToken;
		if (nextToken === void 0) break;
	}
	return found;
}
export { keepImage, keepPrefix };
