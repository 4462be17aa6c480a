import { AwsCallError } from "./call-error.js";
import { newestDeployment } from "./ecs-service.js";
// src/aws/whole-writes.ts
/** Code of the error for a change that was never sent. */
const notSent = "NotSent";
/** How long an answer is awaited once the job is cancelled: of its ten seconds most belong to what follows. */
const graceMs = 3e3;
const writes = /* @__PURE__ */ new Set(["ecs:RegisterTaskDefinition", "ecs:UpdateService"]);
function withWholeWrites(caller, clock) {
	return { async call(operation, input, signal) {
		if (signal === void 0 || !writes.has(operation)) return caller.call(operation, input, signal);
		if (signal.aborted) throw new AwsCallError(operation, notSent, "The job was cancelled before.", "transient");
		const hangUp = new AbortController();
		const onCancel = () => void clock.sleep(graceMs).then(() => hangUp.abort());
		signal.addEventListener("abort", onCancel, { once: true });
		try {
			return await caller.call(operation, input, hangUp.signal);
		} finally {
			signal.removeEventListener("abort", onCancel);
		}
	} };
}
// src/rollout/plan.ts
/** Why this service cannot be deployed by a rolling update; undefined where it can. */
function serviceRefusal(request, service) {
	const refuse = (code, reason, remedy) => ({
		kind: "refuse",
		code,
		reason,
		remedy
	});
	if (service === void 0) return refuse("service-missing", `There is no service ${request.service} in cluster ${request.cluster}.`, "Check the names and the region of the credentials; this action deploys services, it does not create them.");
	if (service.status !== "ACTIVE") return refuse("service-inactive", `Service ${service.name} is ${service.status}: it was deleted.`, "Create it again first: an inactive service cannot be updated.");
	if (service.controller === "EXTERNAL") return refuse("controller-external", `Service ${service.name} has the deployment controller EXTERNAL: it is deployed by task sets.`, "Make a service with the deployment controller ECS; task sets are not supported.");
	if (service.controller !== "ECS") return refuse("controller-code-deploy", `Service ${service.name} is deployed by CodeDeploy: ECS does not take a new task definition for it.`, "Make a service with the deployment controller ECS: then this action deploys it, and blue-green-shift moves traffic between two such services.");
	if (service.strategy !== "ROLLING") return refuse("strategy-not-rolling", `Service ${service.name} has the deployment strategy ${service.strategy}, not ROLLING.`, "Change the strategy of the service to ROLLING: then this action deploys it, and blue-green-shift moves traffic between two such services.");
}
function planRollout(request, service, wanted) {
	const refusal = serviceRefusal(request, service);
	if (refusal !== void 0 || service === void 0) return refusal;
	if (wanted.kind === "missing") return {
		kind: "refuse",
		code: "definition-missing",
		reason: `There is no active task definition ${wanted.name}.`,
		remedy: "Check family and revision: a deregistered revision cannot be deployed."
	};
	if (wanted.kind === "registered" && wanted.definition.status !== "ACTIVE") return {
		kind: "refuse",
		code: "definition-inactive",
		reason: `Task definition ${revisionName(wanted.definition)} is ${wanted.definition.status}.`,
		remedy: "Name an active revision, or register the definition again."
	};
	if ((request.desiredCount ?? service.desiredCount) === 0 && request.allowZeroDesired !== true) return { kind: "zero-desired" };
	const newest = newestDeployment(service);
	const current = wanted.kind === "registered" && newest?.taskDefinitionArn === wanted.definition.arn;
	if (current && !request.forceNewDeployment && !changesMore(request, service)) {
		const { definition } = wanted;
		if (newest.rolloutState === "IN_PROGRESS") return {
			kind: "attach",
			definition,
			deployment: newest
		};
		if (newest.rolloutState !== "FAILED") return {
			kind: "verify",
			definition,
			deployment: newest
		};
	}
	const force = request.forceNewDeployment || current && newest.rolloutState === "FAILED";
	return {
		kind: "deploy",
		register: wanted.kind === "to-register" ? wanted.input : void 0,
		definition: wanted.kind === "registered" ? wanted.definition : void 0,
		force,
		steps: describeSteps(request, service, wanted, force)
	};
}
/** `family:revision` */
function revisionName(definition) {
	return `${definition.family}:${definition.revision}`;
}
/** A changed count or breaker is an update of its own, without a deployment. */
function changesMore(request, service) {
	return request.desiredCount !== void 0 && request.desiredCount !== service.desiredCount;
}
function describeSteps(request, service, wanted, force) {
	const steps = [];
	if (wanted.kind === "to-register") steps.push(`Register a new revision of ${wanted.input.family}: it differs from the latest one.`);
	else if (wanted.fromFile) steps.push(`Register nothing: the file equals ${revisionName(wanted.definition)}.`);
	const name = wanted.kind === "registered" ? revisionName(wanted.definition) : "that revision";
	const former = service.taskDefinitionArn.slice(service.taskDefinitionArn.lastIndexOf("/") + 1);
	steps.push(`Update service ${service.name} from ${former} to ${name}${force ? ", by force of a new deployment" : ""}.`);
	if (request.desiredCount !== void 0 && request.desiredCount !== service.desiredCount) steps.push(`Set the desired count from ${service.desiredCount} to ${request.desiredCount}.`);
	if ((request.desiredCount ?? service.desiredCount) === 0) steps.push("Nothing runs afterwards, as the desired count is 0: the revision stays unproven.");
	if (request.circuitBreaker === "ensure" && !hasBreaker(service)) steps.push("Turn the deployment circuit breaker on, with rollback.");
	return steps;
}
function hasBreaker(service) {
	const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
	return breaker?.enable === true && breaker.rollback === true;
}
export { hasBreaker, notSent, planRollout, revisionName, serviceRefusal, withWholeWrites };
