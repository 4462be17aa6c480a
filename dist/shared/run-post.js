import { callerOver } from "./sender.js";
import { createRunner, escapeMarkdown, readRawInputs, readRunContext, systemClock } from "./start.js";
import { AwsCallError } from "./call-error.js";
import { newestDeployment, readServiceOrNothing, updateService } from "./ecs-service.js";
import { findServiceDeployment, readServiceDeployments, stopServiceDeployment } from "./observe.js";
import { patient, withRetries } from "./retry.js";
import { describeFailure } from "./publish2.js";
import { credentialsOf } from "./role.js";
// src/rollout/finish.ts
/** What the post step does about a deployment that its job left: decided from what ECS says now. Pure. */
/** `serviceDeployment` is undefined as long as it was not looked for. */
function decideFinish(open, service, serviceDeployment) {
	const nothing = (why) => ({
		kind: "nothing",
		why
	});
	if (service === void 0 || service.status !== "ACTIVE") return nothing("The service is gone.");
	if (open.wanted === "leave") return nothing("It was to be left as it is.");
	const newest = newestDeployment(service);
	const ours = ourDeployment(open, service);
	if (ours === void 0 && open.deployment === void 0) return nothing("The service was not changed.");
	if (ours === void 0 || newest === void 0 || newest.id !== ours.id) return nothing(newest?.taskDefinitionArn === open.formerTaskDefinitionArn ? `${lastPart$1(open.formerTaskDefinitionArn)} is deployed again already.` : `Another deployment has taken its place (${lastPart$1(newest?.taskDefinitionArn ?? "")}).`);
	if (serviceDeployment === void 0) return {
		kind: "find",
		deployment: ours
	};
	const former = open.formerTaskDefinitionArn;
	const wayBack = former !== open.taskDefinitionArn ? {
		kind: "go-back",
		taskDefinitionArn: former
	} : void 0;
	switch (serviceDeployment.status) {
		case "SUCCESSFUL":
			if (open.goingBack === true && wayBack !== void 0) return wayBack;
			return nothing("It came to a good end before it could be stopped.");
		case "STOPPED":
			if (open.wanted === "rollback" && wayBack !== void 0) return wayBack;
			return nothing("ECS has stopped it.");
		case "STOP_REQUESTED": return nothing("ECS is stopping it.");
		case "ROLLBACK_REQUESTED":
		case "ROLLBACK_IN_PROGRESS": return nothing("ECS is rolling it back.");
		case "ROLLBACK_SUCCESSFUL": return nothing("ECS has rolled it back.");
		case "ROLLBACK_FAILED": return nothing("ECS could not roll it back: look at the service in the ECS console now.");
		default: return {
			kind: "stop",
			arn: serviceDeployment.arn,
			stopType: open.wanted === "rollback" ? "ROLLBACK" : "ABORT"
		};
	}
}
function ourDeployment(open, service) {
	return service.deployments.find((each) => open.deployment === void 0 ? each.taskDefinitionArn === open.taskDefinitionArn && !open.knownDeploymentIds.includes(each.id) : each.id === open.deployment.id);
}
function lastPart$1(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/rollout/post.ts
/**
* The post step of rolling-deploy: finishes what a job left that was cancelled or died. It looks before it
* does anything, so it may run twice, and after a run that came to its end it has nothing to do.
*/
/** GitHub leaves the post steps of a cancelled job five minutes, all of them together. */
const totalMs = 6e4;
/** ECS's records of a new deployment may lag behind by this much. */
const findWithinMs = 2e4;
const lookAgainMs = 1e3;
/** A stop or an update that another call of this step made true already, or that came too late. */
const looksLimit = 3;
/** One result for each, in their order. Never rejects for what happens in AWS. */
function finishRollouts(rollouts, ports) {
	const { clock, random } = ports;
	const aws = withRetries(ports.aws, {
		clock,
		random
	}, {
		...patient,
		totalMs
	});
	return Promise.all(rollouts.map(async (open) => {
		try {
			return {
				service: open.service,
				...await finish(open, aws, clock)
			};
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			const message = `The deployment of ${revision(open)} could not be ${open.wanted === "stop" ? "stopped" : "rolled back"} after the job had ended: ${error.operation}: ${error.code}: ${error.reason} Use the rollback action.`;
			return {
				service: open.service,
				ok: false,
				message
			};
		}
	}));
}
async function finish(open, aws, clock) {
	for (let look = 1;; look++) {
		const decided = await decideNow(open, aws, clock);
		if (decided.kind === "nothing") return {
			ok: true,
			message: `Nothing to do about the deployment of ${revision(open)}. ${decided.why}`
		};
		try {
			if (decided.kind === "find") return {
				ok: false,
				message: `ECS does not show the deployment of ${revision(open)}: it goes on unwatched. Use the rollback action.`
			};
			return {
				ok: true,
				message: await perform(decided, open, aws)
			};
		} catch (error) {
			if (!(error instanceof AwsCallError) || error.kind !== "rejected" || look >= looksLimit) throw error;
			await clock.sleep(lookAgainMs);
		}
	}
}
async function decideNow(open, aws, clock) {
	const until = clock.now() + findWithinMs;
	for (;;) {
		const service = await readServiceOrNothing(aws, open);
		const first = decideFinish(open, service, void 0);
		if (first.kind !== "find") return first;
		const found = await findDeployment(open, first, aws);
		const decided = found === void 0 ? first : decideFinish(open, service, found);
		if (decided.kind !== "find" || clock.now() >= until) return decided;
		await clock.sleep(lookAgainMs);
	}
}
async function findDeployment(open, { deployment }, aws) {
	const arn = await findServiceDeployment(aws, {
		cluster: open.cluster,
		service: open.service,
		taskDefinitionArn: open.taskDefinitionArn,
		deploymentCreatedAt: deployment.createdAt,
		mode: "rollout"
	});
	return arn === void 0 ? void 0 : (await readServiceDeployments(aws, [arn]))[0];
}
async function perform(decided, open, aws) {
	const before = `The job ended before the deployment of ${revision(open)} did:`;
	if (decided.kind === "go-back") {
		const { cluster, service } = open;
		await updateService(aws, {
			cluster,
			service,
			taskDefinition: decided.taskDefinitionArn
		});
		return `${before} ${lastPart(decided.taskDefinitionArn)} is being deployed again; its end is not waited for.`;
	}
	await stopServiceDeployment(aws, decided.arn, decided.stopType);
	const [now] = await readServiceDeployments(aws, [decided.arn]);
	const status = now === void 0 ? "" : ` (${now.status})`;
	return decided.stopType === "ROLLBACK" ? `${before} ECS was asked to roll it back${status}; the end of that is not waited for.` : `${before} ECS was asked to stop it${status}.`;
}
function revision(open) {
	return `${lastPart(open.taskDefinitionArn)} to ${open.service}`;
}
function lastPart(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/main/run-post.ts
/** The part of rolling-deploy's post step that is loaded where something is left to do. */
async function runPost(name, rollouts) {
	process.stdout.on("error", () => void 0);
	const runner = createRunner(process.env, (text) => void process.stdout.write(text));
	const title = `${name}: after the job`;
	try {
		const { "role-to-assume": role } = readRawInputs(process.env, ["role-to-assume"]);
		const own = role === void 0 ? {} : { credentials: await credentialsOf(role.trim(), readRunContext(process.env), runner, process.env) };
		const results = await finishRollouts(rollouts, {
			aws: callerOver({ ecs: async (settings) => (await import("./ecs.js")).createEcsClient(settings) }, own),
			clock: systemClock,
			random: Math.random
		});
		for (const { ok, message } of results) runner.annotate(ok ? "warning" : "error", message, { title });
		if (results.some((each) => !each.ok)) process.exitCode = 1;
		if (results.length > 0) runner.summary(`#### ${escapeMarkdown(title)}\n\n${results.map((each) => `- ${escapeMarkdown(each.message)}`).join("\n")}`);
		const { announcePost } = await import("./announce-post.js");
		await announcePost(runner, own, name, results.map((each) => each.message));
	} catch (error) {
		const failure = describeFailure(error);
		runner.annotate("error", failure.message, { title: `${title}: ${failure.title}` });
		process.exitCode = 1;
	}
}
export { runPost };
