import { AwsCallError } from "./call-error.js";
import { acceptedMediaTypes, imageIdOf, parseEcrImage } from "./ecr-image-name.js";
// src/aws/ecr-image-presence.ts
/** Whether the image can be pulled, whatever its tag meant before. */
async function readImageExistence(aws, image, signal) {
	return (await find(aws, image, signal)).presence;
}
/** `digest` is what the revision's tasks really ran, where ECS knows it. */
async function readImagePresence(aws, image, digest, signal) {
	const { presence, named, detail } = await find(aws, image, signal);
	if (presence.kind !== "present" || named === void 0 || detail === void 0) return presence;
	if (named.imageIds?.[0]?.imageDigest !== void 0 || digest === void 0 || detail.imageDigest === digest) return presence;
	try {
		if (await holds(aws, named, detail, digest, signal)) return presence;
		return {
			kind: "moved",
			why: `the tag of ${image} means another image now (${(detail.imageDigest ?? "").slice(0, 19)}…)`
		};
	} catch (error) {
		return uncheckedOr(error);
	}
}
async function find(aws, image, signal) {
	const name = parseEcrImage(image);
	if (name === void 0) return { presence: {
		kind: "unchecked",
		why: "it is not in ECR"
	} };
	const { registryId, repositoryName } = name;
	const named = {
		registryId,
		repositoryName,
		imageIds: [imageIdOf(name)]
	};
	try {
		const detail = await describeImage(aws, named, signal);
		if (detail === void 0) {
			const hidden = await describeImage(aws, {
				...named,
				filter: { imageStatus: "ANY" }
			}, signal).catch((error) => {
				if (error instanceof AwsCallError && error.kind === "rejected") return void 0;
				throw error;
			});
			return { presence: {
				kind: "gone",
				why: hidden === void 0 ? `${image} is not in ECR any more` : archived(image, hidden)
			} };
		}
		if ((detail.imageStatus ?? "ACTIVE") !== "ACTIVE") return { presence: {
			kind: "gone",
			why: archived(image, detail)
		} };
		return {
			presence: { kind: "present" },
			named,
			detail
		};
	} catch (error) {
		return { presence: uncheckedOr(error) };
	}
}
function uncheckedOr(error) {
	if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
	return {
		kind: "unchecked",
		why: `${error.operation}: ${error.code}`
	};
}
/** Whether it is an index with that image in it. */
async function holds(aws, named, detail, digest, signal) {
	if (!/index|manifest\.list/.test(detail.imageManifestMediaType ?? "")) return false;
	const { registryId, repositoryName, imageIds } = named;
	const answer = await aws.call("ecr:BatchGetImage", {
		registryId,
		repositoryName,
		imageIds,
		acceptedMediaTypes
	}, signal);
	const { manifests = [] } = JSON.parse(answer.images?.[0]?.imageManifest ?? "{}");
	return manifests.some((each) => each.digest === digest);
}
/** Undefined where ECR knows no such image, or no such repository. */
async function describeImage(aws, input, signal) {
	try {
		return (await aws.call("ecr:DescribeImages", input, signal)).imageDetails?.[0];
	} catch (error) {
		if (error instanceof AwsCallError && error.kind === "not-found") return void 0;
		throw error;
	}
}
function archived(image, detail) {
	return detail.imageStatus === "ACTIVATING" ? `${image} is on its way back from the archive of ECR` : `${image} is archived in ECR`;
}
// src/aws/parameter-presence.ts
/**
* Whether a parameter of Systems Manager exists, by its tags: nothing else tells it of one parameter without
* reading the value.
* @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html
*/
/** `valueFrom` is a name, or `arn:…:parameter/name`, as ECS takes them. Rejects with `AwsCallError`. */
async function readParameterPresence(aws, valueFrom, home, signal) {
	const [, , , region, account, ...resource] = valueFrom.split(":");
	const isArn = valueFrom.startsWith("arn:");
	if (isArn && region !== home.region) return {
		kind: "unchecked",
		why: `it is a parameter of ${region}, and this job is in ${home.region}`
	};
	const name = isArn ? nameOf(resource.join(":")) : valueFrom;
	if (name === void 0 || !/^[\w./-]+$/.test(name)) return {
		kind: "unchecked",
		why: "it is no plain name of a parameter"
	};
	if (/^\/?aws\//i.test(name)) return {
		kind: "unchecked",
		why: "parameters under /aws/ are AWS's own"
	};
	try {
		if (isArn && account !== await home.account()) return {
			kind: "unchecked",
			why: `it is a parameter of the account ${account}`
		};
		for (const spelling of spellingsOf(name)) if (await exists(aws, spelling, signal)) return { kind: "present" };
		return {
			kind: "gone",
			why: `parameter ${name} does not exist any more`
		};
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
		return {
			kind: "unchecked",
			why: `${error.operation}: ${error.code}`
		};
	}
}
/** The slash behind `parameter` is the first one of a hierarchy, and none of the name outside of one. */
function nameOf(resource) {
	const rest = /^parameter\/(.+)$/.exec(resource)?.[1];
	return rest?.includes("/") && !rest.startsWith("/") ? `/${rest}` : rest;
}
/**
* Outside of a hierarchy `/name` and `name` are the same parameter, and an ARN does not tell which was made.
* @see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
*/
function spellingsOf(name) {
	const bare = name.replace(/^\//, "");
	if (bare.includes("/")) return [name];
	return bare === name ? [name, `/${name}`] : [name, bare];
}
async function exists(aws, name, signal) {
	try {
		await aws.call("ssm:ListTagsForResource", {
			ResourceType: "Parameter",
			ResourceId: name
		}, signal);
		return true;
	} catch (error) {
		if (error instanceof AwsCallError && error.kind === "not-found") return false;
		throw error;
	}
}
// src/aws/secret-presence.ts
/** Whether what a container's `secrets` name is still there. No value is ever read. */
/**
* `valueFrom` as ECS takes it: `arn:…:secret:name-RANDOM[:json-key[:version-stage[:version-id]]]`, or a
* parameter of Systems Manager.
* @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
*/
async function readSecretPresence(aws, valueFrom, home, signal) {
	if (!/^arn:aws[a-z-]*:secretsmanager:/.test(valueFrom)) return readParameterPresence(aws, valueFrom, home, signal);
	const parts = valueFrom.split(":");
	const arn = parts.slice(0, 7).join(":");
	const name = parts[6] ?? "";
	const [, stage = "", versionId = ""] = parts.slice(7);
	try {
		const secret = await aws.call("secretsmanager:DescribeSecret", { SecretId: arn }, signal);
		if (secret.DeletedDate !== void 0) return {
			kind: "gone",
			why: `secret ${name} is scheduled for deletion`
		};
		const versions = secret.VersionIdsToStages;
		const wanted = versionId !== "" ? `version ${versionId}` : stage !== "" ? `stage ${stage}` : void 0;
		if (versions === void 0 || wanted === void 0) return { kind: "present" };
		return (versionId === "" ? Object.values(versions).flat().includes(stage) : versions[versionId] !== void 0) ? { kind: "present" } : {
			kind: "gone",
			why: `secret ${name} has no ${wanted} any more`
		};
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.retryable || error.kind === "credentials") throw error;
		return error.kind === "not-found" ? {
			kind: "gone",
			why: `secret ${name} does not exist any more`
		} : {
			kind: "unchecked",
			why: `${error.operation}: ${error.code}`
		};
	}
}
export { readImageExistence, readImagePresence, readSecretPresence };
