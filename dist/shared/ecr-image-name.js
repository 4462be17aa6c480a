import { createHash } from "node:crypto";
// src/aws/ecr-image.ts
/** Images of an ECR repository, by tag or digest. */
/** ECR rewrites a manifest whose type is not accepted, and its digest with it: all are named. */
const acceptedMediaTypes = [
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v2+json"
];
/** Tags to images; tags that do not exist are left out. At most 100 tags. */
async function readEcrImages(aws, repository, tags, signal) {
	const answer = await aws.call("ecr:BatchGetImage", {
		repositoryName: repository,
		imageIds: tags.map((imageTag) => ({ imageTag })),
		acceptedMediaTypes
	}, signal);
	const failure = (answer.failures ?? []).find((each) => each.failureCode !== "ImageNotFound");
	if (failure !== void 0) throw new Error(`ecr:BatchGetImage: ${failure.imageId?.imageTag ?? ""}: ${failure.failureCode}: ${failure.failureReason ?? ""}`);
	const images = /* @__PURE__ */ new Map();
	for (const image of answer.images ?? []) {
		const tag = image.imageId?.imageTag;
		if (tag === void 0) continue;
		const manifest = image.imageManifest ?? "";
		images.set(tag, {
			digest: image.imageId?.imageDigest ?? digestOf(manifest),
			mediaType: image.imageManifestMediaType ?? "",
			manifest
		});
	}
	return images;
}
/** Those of `digests` that the repository holds. At most 100. */
async function readEcrDigests(aws, repository, digests, signal) {
	if (digests.length === 0) return /* @__PURE__ */ new Set();
	const { images = [] } = await aws.call("ecr:BatchGetImage", {
		repositoryName: repository,
		imageIds: digests.map((imageDigest) => ({ imageDigest })),
		acceptedMediaTypes
	}, signal);
	return new Set(images.flatMap((image) => image.imageId?.imageDigest ?? []));
}
function digestOf(manifest) {
	return `sha256:${createHash("sha256").update(manifest, "utf8").digest("hex")}`;
}
// src/aws/ecr-image-name.ts
const host = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;
const path = /^([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;
/** Undefined for hosts of other registries. */
function parseEcrHost(text) {
	const match = host.exec(text);
	return match === null ? void 0 : {
		registryId: match[1],
		region: match[2]
	};
}
/** Undefined for images of other registries, and for what is no name of an image. */
function parseEcrImage(image) {
	const slash = image.indexOf("/");
	const place = parseEcrHost(image.slice(0, Math.max(0, slash)));
	const match = path.exec(image.slice(slash + 1));
	if (place === void 0 || match === null) return void 0;
	return {
		...place,
		repositoryName: match[1],
		tag: match[2],
		digest: match[3]
	};
}
/** As `imageIds` names it; without tag and digest it is the one that is called latest. */
function imageIdOf({ tag = "latest", digest }) {
	return digest === void 0 ? { imageTag: tag } : { imageDigest: digest };
}
export { acceptedMediaTypes, digestOf, imageIdOf, parseEcrHost, parseEcrImage, readEcrDigests, readEcrImages };
