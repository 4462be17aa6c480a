import { isGood, rolloutReport, withPace, worstOf } from "./report2.js";
import { renderLogLine } from "./summary.js";
import { AwsCallError } from "./call-error.js";
import { markPromoted, marksOf, marksToTags, placeOf, promotedAt, readMarks, writeReport } from "./marks.js";
import { cancelledBy, leftBehind, refusedByAws, registeredWords } from "./refused-by-aws.js";
import { beginWatch, expectRollout, followServiceDeployment, goBack, readAlarms, retrying, rollOut, watchAlarms } from "./roll-out.js";
import { hasBreaker, planRollout, revisionName, serviceRefusal } from "./plan.js";
import { beginning, decideWindow, formatDuration, handoverState, handovers } from "./start.js";
import { newestDeployment, readServiceOrNothing } from "./ecs-service.js";
import { definitionHash, normalForm, readTaskDefinition } from "./same-definition.js";
import { afterPassing, createStaleCheck, keepServingImages, markKnown, originOf, outcomeAfter, parseDefinitionFile, preDeployContainer, registerTagged, runPreDeployTask } from "./register-tagged.js";
import { listServiceDeployments, readServiceDeployments } from "./observe.js";
import { patient, withRetries } from "./retry.js";
import { instructionsOf } from "./report.js";
// src/rollout/aftercare.ts
/**
* What watches a revision after its rollout. The judge of a shift does it, which stands above the rollout: it comes in
* as a port (`src/aftercare`), and what its verdict means for the rollout is said here.
*/
/** Before anything is changed: that there is something to watch, and what is usual there. */
async function beginAftercare(begin, request, guarded, ports) {
	const watches = /* @__PURE__ */ new Map();
	if (begin === void 0 || request === void 0) return {
		kind: "ready",
		aftercare: { watches }
	};
	const asked = guarded.filter(isToBeWatched);
	const blind = asked.filter((each) => each.service.loadBalancers.length === 0 && ports.alarms === void 0);
	if (blind.length > 0) return {
		kind: "refused",
		code: "nothing-to-watch",
		reason: `${blind.map((each) => each.service.name).join(", ")} is behind no load balancer, so errors and latency of it are not counted, and no alarms are named.`,
		remedy: "Name alarms, or leave watch-for out."
	};
	try {
		await Promise.all(asked.map(async (each) => {
			const { plan, request: own, service } = each;
			const watched = {
				cluster: own.cluster,
				service,
				beganAt: plan.kind === "attach" || plan.kind === "verify" ? plan.deployment.createdAt : ports.clock.now()
			};
			watches.set(service.name, await begin(watched, request, ports));
		}));
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return refusedByAws(error);
	}
	return {
		kind: "ready",
		aftercare: { watches }
	};
}
/** A revision that was proven there before needs no second proof: a run that changes nothing ends at once. */
function isToBeWatched({ plan, service, marks, request }) {
	if (service === void 0 || plan.kind === "refuse" || plan.kind === "zero-desired") return false;
	if (plan.kind !== "verify") return true;
	return marks === void 0 || promotedAt(marks, placeOf(request.cluster, service.name)) === void 0;
}
/** The rollout as it ended after its watch. Its way back is a rollout of the revision before. */
async function afterWatch(result, watch, taskDefinitionArn, order, ports) {
	const { outcome } = result;
	if (watch === void 0 || outcome.kind !== "succeeded" && outcome.kind !== "no-change") return result;
	ports.handover?.change({ wanted: "leave" });
	const verdict = await watch(taskDefinitionArn);
	const ended = (end) => ({
		...result,
		outcome: end
	});
	switch (verdict.kind) {
		case "well": return ended({
			...outcome,
			watched: verdict.sentence
		});
		case "cancelled": return ended({
			kind: "cancelled",
			aftermath: "left",
			before: "It was deployed, and was being watched."
		});
		case "superseded": return ended({
			kind: "superseded",
			byTaskDefinitionArn: verdict.byTaskDefinitionArn
		});
		case "unseen": {
			const { operation, kind: errorKind, reason } = verdict.error;
			return ended({
				kind: "unobserved",
				operation,
				errorKind,
				reason
			});
		}
		case "harm": {
			const { code, reason } = verdict;
			ports.record({
				at: ports.clock.now(),
				code: "rollout.harm",
				level: "error",
				message: reason
			});
			const failed = {
				kind: "failed",
				reason,
				code
			};
			if (!(order !== void 0 && (order.options.onFailure ?? "rollback") === "rollback" && order.service.taskDefinitionArn !== order.definition.arn)) return ended(failed);
			const back = await goBack(ports, order, {
				reason,
				outcome: failed
			});
			return ended(back.kind === "rolled-back" || back.kind === "rollback-failed" ? {
				...back,
				code
			} : back);
		}
	}
}
// src/rollout/breaking-schema.ts
/** What is left of a choice: back is out, and a deployment that stands may still come up, or be followed by its repair. */
function withoutWayBack(choice) {
	return choice === "rollback" ? "leave" : choice;
}
/** ECS's own ways back cannot be told about the schema: they have to be off. */
function ownWayBack(service, circuitBreaker) {
	const { alarms } = service.deploymentConfiguration;
	const ways = [...hasBreaker(service) || circuitBreaker === "ensure" ? ["the deployment circuit breaker"] : [], ...alarms?.enable === true && alarms.rollback === true ? ["the deployment alarms"] : []];
	if (ways.length === 0) return void 0;
	return {
		kind: "refuse",
		code: "breaking-schema-rollback-on",
		reason: `The new revision carries a breaking schema change, and ${ways.join(" and ")} of ${service.name} would let ECS roll back past it.`,
		remedy: "Turn that rollback off for this deployment (aws ecs update-service --deployment-configuration), or make the change in steps that the former revision can serve."
	};
}
/** The step of the plan; undefined where nothing would have rolled back. */
function breakingStep(choices) {
	const held = [...choices.onFailure === "rollback" ? ["fails"] : [], ...choices.onCancel === "rollback" ? ["is cancelled"] : []];
	return held.length === 0 ? void 0 : `Leave the deployment as it stands where it ${held.join(" or ")}: the schema change is breaking, and nothing goes back past it by itself.`;
}
/** What an outcome has to say on top where a rollback was asked for and not made; undefined elsewhere. */
function heldBackNote(outcome, choices) {
	return (outcome.kind === "cancelled" ? choices.onCancel === "rollback" && outcome.aftermath !== "untouched" : choices.onFailure === "rollback" && [
		"failed",
		"timed-out",
		"stopped"
	].includes(outcome.kind)) ? "It was not rolled back: its schema change is breaking, and the revision before could not serve. Deploy a repaired revision, or undo the schema change and use the rollback action with past-breaking-schema: accept." : void 0;
}
// src/rollout/definitions.ts
/** What the reference means now. A file that equals the family's newest revision stands for that one. */
async function resolveDefinition(aws, reference, files, signal) {
	if (reference.kind !== "file") {
		const definition = await readTaskDefinition(aws, reference.name, signal);
		return definition === void 0 ? {
			kind: "missing",
			name: reference.name
		} : {
			kind: "registered",
			definition,
			fromFile: false,
			read: definition
		};
	}
	const input = await parseDefinitionFile(reference.path, await files.readFile(reference.path));
	const newest = await readTaskDefinition(aws, input.family ?? "", signal);
	return newest?.status === "ACTIVE" && definitionHash(newest.definition) === definitionHash(input) ? {
		kind: "registered",
		definition: newest,
		fromFile: true,
		read: newest
	} : {
		kind: "to-register",
		input,
		read: newest
	};
}
/** Resolves each reference once, however many services ask for it. */
function resolveOnce(aws, files, signal) {
	const known = /* @__PURE__ */ new Map();
	return (reference) => {
		const key = JSON.stringify(reference);
		const found = known.get(key) ?? resolveDefinition(aws, reference, files, signal);
		known.set(key, found);
		return found;
	};
}
// src/rollout/native-deployment.ts
/**
* A deployment that a strategy of ECS's own carries out, and what it waits for: a pause looks like a hang to whoever
* only counts tasks. Such a service is refused; this is what the refusal can say about the deployment under way.
*/
/** The refusal with what is under way; as it is where nothing is, or where that cannot be read. */
async function withNativeDeployment(aws, query, service, refusal, signal) {
	if (refusal.code !== "strategy-not-rolling") return refusal;
	if (newestDeployment(service)?.rolloutState !== "IN_PROGRESS") return refusal;
	try {
		const [newest] = await listServiceDeployments(aws, {
			...query,
			atMost: 1
		}, signal);
		const [found] = newest === void 0 ? [] : await readServiceDeployments(aws, [newest.arn], signal);
		return found === void 0 ? refusal : tellNative(refusal, found);
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return refusal;
	}
}
/** Pure. */
function tellNative(refusal, deployment) {
	const { lifecycleStage: stage, awaitedHooks } = deployment;
	const at = stage === void 0 ? "" : `, at the stage ${stage}`;
	const [hook] = awaitedHooks;
	if (hook === void 0) return {
		...refusal,
		reason: `${refusal.reason} A deployment of it is ${deployment.status}${at}.`
	};
	const then = hook.timeoutAction === "CONTINUE" ? "goes on" : "rolls back";
	const until = hook.expiresAt === void 0 ? "" : ` Without an answer ECS ${then} at ${utcText(hook.expiresAt)}.`;
	return {
		...refusal,
		reason: `${refusal.reason} A deployment of it is ${deployment.status}${at}, and waits for an answer to its pause hook ${hook.id}.${until}`,
		remedy: `To answer it: aws ecs continue-service-deployment --service-deployment-arn ${deployment.arn} --hook-id ${hook.id} --action CONTINUE (or ROLLBACK). ${refusal.remedy}`
	};
}
/** `2026-01-14 17:20 UTC` */
const utcText = (ms) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
// src/rollout/prepare.ts
/**
* Everything that can be found out before anything is changed: the services as they are, the definitions that
* are to serve, and a plan for each service. One service that cannot be deployed keeps all from beginning.
*/
async function prepare(request, ports, files) {
	const aws = retrying(ports);
	const resolve = resolveOnce(aws, files, ports.cancelled);
	const one = async (target) => {
		const own = {
			...request,
			service: target.service
		};
		const resolving = resolve(target.taskDefinition);
		resolving.catch(() => void 0);
		let known = {
			target,
			request: own,
			service: void 0,
			definition: void 0,
			read: void 0,
			lookedAt: ports.clock.now()
		};
		try {
			known = {
				...known,
				service: await readServiceOrNothing(aws, own, ports.cancelled)
			};
			const refused = serviceRefusal(own, known.service);
			if (refused !== void 0 && known.service !== void 0) {
				const query = {
					cluster: own.cluster,
					service: own.service
				};
				const told = await withNativeDeployment(aws, query, known.service, refused, ports.cancelled);
				return {
					...known,
					plan: told
				};
			}
			if (refused !== void 0) return {
				...known,
				plan: refused
			};
			const wanted = await resolving;
			if (wanted.kind !== "missing") known = {
				...known,
				read: wanted.read
			};
			if (wanted.kind === "registered") known = {
				...known,
				definition: wanted.definition
			};
			return {
				...known,
				plan: planRollout(own, known.service, wanted)
			};
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			return {
				...known,
				plan: {
					...refusedByAws(error),
					kind: "refuse"
				}
			};
		}
	};
	return Promise.all(request.targets.map(one));
}
/** What keeps a service from being deployed, as its outcome; undefined where nothing does. */
function hindrance(plan) {
	switch (plan.kind) {
		case "refuse": return {
			...plan,
			kind: "refused"
		};
		case "zero-desired": return { kind: "zero-desired" };
		default: return;
	}
}
/** The outcome of a service that could be deployed and was not, because others could not. */
function heldBackBy(others) {
	return {
		kind: "refused",
		code: "held-back",
		reason: `Services of one run are begun together, and ${others.join(", ")} cannot be deployed.`,
		remedy: "Correct what stands in the way there, or deploy the services in runs of their own."
	};
}
/** What a dry run tells. */
function plannedOutcome(plan) {
	switch (plan.kind) {
		case "verify": return {
			kind: "planned",
			steps: [`Change nothing: ${revisionName(plan.definition)} is deployed.`]
		};
		case "attach": return {
			kind: "planned",
			steps: [`Change nothing: ${revisionName(plan.definition)} is being deployed already.`]
		};
		case "deploy": return {
			kind: "planned",
			steps: plan.steps
		};
		default: return hindrance(plan);
	}
}
// src/rollout/carry-out.ts
/** Carries out the plan of one service whose definition is registered: deploys it, or follows what is there. */
function resultOf(prepared, outcome, more = {}) {
	return {
		name: prepared.service?.name ?? prepared.target.service,
		outcome,
		result: void 0,
		service: prepared.service,
		definition: prepared.definition,
		fresh: false,
		...more
	};
}
/** `registered` is the definition of this service where this run made it. */
async function carryOut(request, prepared, registered, ports, watch) {
	const result = await begin(request, prepared, registered, ports, watch);
	ports.handover?.close(result.outcome);
	return result;
}
async function begin(request, prepared, registered, ports, watch) {
	const { plan } = prepared;
	if (plan.kind === "refuse" || plan.kind === "zero-desired") return resultOf(prepared, hindrance(plan));
	const definition = registered ?? plan.definition;
	const options = followOptions(request, prepared.schema);
	try {
		const order = plan.kind === "deploy" ? {
			request: prepared.request,
			service: prepared.service,
			definition,
			force: plan.force,
			wait: request.wait,
			options
		} : void 0;
		const result = await afterWatch(plan.kind === "deploy" ? await rollOut(ports, order) : await followStanding(prepared.request, prepared.service, request.wait, options, ports, plan), watch, definition.arn, order, ports);
		const outcome = result.outcome.kind === "zero-desired" && request.allowZeroDesired ? {
			kind: "zero-desired",
			allowed: true
		} : result.outcome;
		const note = prepared.schema === "breaking" ? heldBackNote(outcome, request) : void 0;
		return resultOf(prepared, outcome, {
			result,
			definition,
			fresh: registered !== void 0,
			...note === void 0 ? {} : { note }
		});
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return resultOf(prepared, ports.cancelled.aborted ? cancelledBy(error) : {
			...refusedByAws(error),
			...leftBehind(error, registered === void 0 ? [] : [registered])
		}, { definition });
	}
}
/** Follows what is there already: an observation of its own proves it. */
async function followStanding(request, service, wait, options, ports, plan) {
	const mode = plan.kind === "attach" ? "rollout" : "standing";
	ports.record({
		at: ports.clock.now(),
		code: mode === "rollout" ? "rollout.attached" : "rollout.verifying",
		level: "info",
		message: mode === "rollout" ? `${revisionName(plan.definition)} is being deployed already: following that deployment.` : `${revisionName(plan.definition)} is deployed already: looking at its tasks.`
	});
	const deploymentId = plan.deployment.id;
	if (mode === "rollout" && !wait) return {
		outcome: { kind: "started" },
		deploymentId,
		follow: void 0,
		serviceDeploymentArn: void 0
	};
	const expected = expectRollout(request, plan.definition, plan.deployment, mode);
	if (mode === "rollout") ports.handover?.open({
		...beginning(service, plan.definition.arn, options.onCancel ?? "rollback"),
		deployment: {
			id: deploymentId,
			createdAt: plan.deployment.createdAt
		}
	});
	const follow = await followServiceDeployment(ports, expected, options);
	return {
		outcome: mode === "standing" && follow.outcome.kind === "succeeded" ? {
			...follow.outcome,
			kind: "no-change"
		} : follow.outcome,
		follow,
		deploymentId,
		serviceDeploymentArn: follow.serviceDeploymentArn
	};
}
function followOptions(request, schema) {
	const choice = (given) => schema === "breaking" ? withoutWayBack(given) : given;
	return {
		timeoutMs: request.timeoutMs,
		pollInterval: request.pollInterval,
		onFailure: choice(request.onFailure),
		onCancel: choice(request.onCancel),
		failFast: request.failFast,
		failFastTasks: request.failFastTasks,
		failFastCauses: request.failFastCauses
	};
}
// src/rollout/guards.ts
/**
* What has to hold before anything is changed, beyond the services themselves: what serves is no newer than
* what is to come, and nothing would go back past a breaking schema change. Asked once for the plan, and once
* more just before the first change.
*/
/** A service that was looked at so shortly ago is not looked at again: a second look would be no later by much. */
const freshMs = 1e3;
function createGuards(request, ports, { context, github }) {
	const aws = retrying(ports);
	const told = /* @__PURE__ */ new Set();
	const note = (code, message) => {
		if (told.has(message)) return;
		told.add(message);
		ports.record({
			at: ports.clock.now(),
			code,
			level: "notice",
			message
		});
	};
	const marksKnown = marksReader(aws, ports, (why) => note("marks.unread", why));
	const check = github === void 0 ? void 0 : createStaleCheck(github, {
		...context,
		cancelled: ports.cancelled,
		unknown: (message) => note("guard-stale.unknown", message)
	});
	/** Undefined: it may go on. */
	const stale = async (each, liveArn) => {
		if (!request.guardStale || check === void 0 || each.plan.kind !== "deploy") return void 0;
		if (each.definition?.arn === liveArn) return void 0;
		const marks = await marksKnown.of(liveArn);
		if (marks === void 0) return void 0;
		const commit = each.target.taskDefinition.kind === "file" ? context.sha || void 0 : each.marks?.commit;
		return check({
			name: lastPart$1(liveArn),
			marks
		}, commit);
	};
	const guard = async (prepared) => {
		const { plan, definition, service, read } = prepared;
		if (read !== void 0) marksKnown.learn(read);
		const marks = definition === void 0 || isRefused(prepared) ? void 0 : await marksKnown.of(definition.arn);
		const schema = request.schema === "breaking" ? "breaking" : marks?.schema;
		const guarded = {
			...prepared,
			marks,
			schema
		};
		if (plan.kind !== "deploy" || service === void 0) return guarded;
		const refusal = (schema === "breaking" ? ownWayBack(service, request.circuitBreaker) : void 0) ?? await stale(guarded, service.taskDefinitionArn);
		if (refusal !== void 0) return {
			...guarded,
			plan: refusal
		};
		const step = schema === "breaking" ? breakingStep(request) : void 0;
		return step === void 0 ? guarded : {
			...guarded,
			plan: {
				...plan,
				steps: [...plan.steps, step]
			}
		};
	};
	return {
		of: (prepared) => Promise.all(prepared.map(guard)),
		async again(guarded) {
			const refusals = /* @__PURE__ */ new Map();
			if (!request.guardStale || check === void 0) return refusals;
			const one = async (each) => {
				if (each.plan.kind !== "deploy" || ports.clock.now() - each.lookedAt < freshMs) return;
				const now = await serviceNow(aws, each, ports.cancelled);
				if (now === void 0 || now === each.service?.taskDefinitionArn) return;
				const refusal = await stale(each, now);
				if (refusal !== void 0) refusals.set(each, refusal);
			};
			await Promise.all(guarded.map(one));
			return refusals;
		}
	};
}
function marksReader(aws, ports, unread) {
	const known = /* @__PURE__ */ new Map();
	const read = async (arn) => {
		try {
			return await readMarks(aws, arn, ports.cancelled);
		} catch (error) {
			if (!(error instanceof AwsCallError)) throw error;
			unread(`What ${lastPart$1(arn)} remembers could not be read: ${error.operation}: ${error.reason}`);
			return;
		}
	};
	return {
		of(arn) {
			const found = known.get(arn) ?? read(arn);
			known.set(arn, found);
			return found;
		},
		learn: ({ arn, tags }) => void known.set(arn, Promise.resolve(marksOf(tags)))
	};
}
/** A service that cannot be read now is told by the call that changes it. */
async function serviceNow(aws, each, cancelled) {
	try {
		return (await readServiceOrNothing(aws, each.request, cancelled))?.taskDefinitionArn;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return;
	}
}
function isRefused({ plan }) {
	return plan.kind === "refuse" || plan.kind === "zero-desired";
}
function lastPart$1(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/rollout/job-limits.ts
/** One sentence for each limit that may be too short. */
function limitWarnings(limits, run, now) {
	const { jobTimeoutMs, credentialsEndAt } = limits;
	const longestMs = run.timeoutMs + run.preDeployMs + run.watchMs;
	const parts = [...run.preDeployMs > 0 ? ["its pre-deploy task"] : [], ...run.watchMs > 0 ? ["the watch after it"] : []];
	const longest = `This run may take ${formatDuration(longestMs)}${parts.length > 0 ? `, ${parts.join(" and ")} included` : ""}`;
	const warnings = [];
	if (jobTimeoutMs !== void 0 && longestMs > jobTimeoutMs) warnings.push(`${longest}, and the job ends after ${formatDuration(jobTimeoutMs)}: GitHub would kill it before its verdict, and ECS would go on alone. Raise timeout-minutes of the job, or lower timeout.`);
	if (credentialsEndAt !== void 0 && longestMs > credentialsEndAt - now) {
		const leftMs = Math.max(0, Math.round((credentialsEndAt - now) / 1e3) * 1e3);
		warnings.push(`${longest}, and the credentials end in ${formatDuration(leftMs)}: after that neither its end can be seen nor a rollback be asked for. Give role-to-assume, so that they are renewed, or raise role-duration-seconds, or lower timeout.`);
	}
	return warnings;
}
// src/rollout/conditions.ts
/** What has to hold for a whole run before anything is changed, whatever its services. */
async function checkConditions(request, ports) {
	const { alarms: names } = request;
	if (names.length === 0) return {
		refusals: [],
		alarms: void 0
	};
	try {
		const start = beginWatch(await readAlarms(retrying(ports), names, ports.cancelled), request.alarmsInAlarm);
		if (start.kind === "refuse") return {
			refusals: [{
				...start,
				kind: "refused"
			}],
			alarms: void 0
		};
		for (const name of start.ignored) {
			const message = `Alarm ${name} is in ALARM already and is not watched in this run.`;
			ports.record({
				at: ports.clock.now(),
				code: "rollout.alarm-ignored",
				level: "warning",
				message
			});
		}
		return {
			refusals: [],
			alarms: watchAlarms(ports.clock, start.names)
		};
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			refusals: [refusedByAws(error)],
			alarms: void 0
		};
	}
}
/** Several refusals as one: the code and the remedy of the first, the reasons of all. Pure. */
function oneRefusal(refusals) {
	const [first] = refusals;
	return first === void 0 ? void 0 : {
		...first,
		reason: refusals.map((each) => each.reason).join(" ")
	};
}
// src/rollout/pre-deploy.ts
/**
* Adds it to the plans: as a step, or as a refusal where the container is not clear. With several services it
* runs once, as the first of them; where none is to be deployed it does not run. Pure.
*/
function withPreDeploy(prepared, request) {
	const [first] = prepared;
	const target = prepared.find((each) => each.plan.kind === "deploy");
	if (request === void 0 || first === void 0 || target === void 0) return prepared;
	const found = preDeployContainer(containersOf(first), request.container);
	if (found.kind === "refuse") return prepared.map((each) => each === first ? {
		...each,
		plan: found
	} : each);
	const step = `Run ${JSON.stringify(request.command)} once in container ${found.name} of that revision, for at most ${formatDuration(request.timeoutMs)}; only if it ends with exit code 0 the service is updated.`;
	return prepared.map((each) => each === target && each.plan.kind === "deploy" ? {
		...each,
		plan: {
			...each.plan,
			steps: withStep(each.plan.steps, step)
		}
	} : each);
}
/** Undefined where nothing is to be run. */
async function preDeploy(ports, request, prepared, registrations, run) {
	const [first] = prepared;
	if (request === void 0 || !prepared.some((each) => each.plan.kind === "deploy")) return void 0;
	const definition = registrations.of(first) ?? first.definition;
	const container = preDeployContainer(definition.definition.containerDefinitions ?? [], request.container);
	if (container.kind === "refuse") throw new Error(container.reason);
	const order = {
		cluster: first.request.cluster,
		service: first.service,
		definition,
		request,
		container: container.name,
		run
	};
	return runPreDeployTask(ports, order);
}
function containersOf({ plan, definition }) {
	return (plan.kind === "deploy" ? plan.register : void 0)?.containerDefinitions ?? definition?.definition.containerDefinitions ?? [];
}
/** After the registration, before the update. */
function withStep(steps, step) {
	const at = steps.findIndex((each) => each.startsWith("Update service"));
	return at < 0 ? [...steps, step] : [
		...steps.slice(0, at),
		step,
		...steps.slice(at)
	];
}
// src/rollout/make-ready.ts
async function makeReady(request, ports, files, guards, aftercare) {
	const { clock, cancelled } = ports;
	const { windows, outside, timeoutMs } = request.maintenance;
	const latestAt = clock.now() + timeoutMs;
	for (;;) {
		const [found, conditions] = await Promise.all([prepare(request, ports, files), checkConditions(request, ports)]);
		const guarded = await guards.of(withPreDeploy(found, request.preDeploy));
		const { alarms } = conditions;
		const all = (outcomeOf) => ({
			kind: "ended",
			results: guarded.map((each) => resultOf(each, outcomeOf(each)))
		});
		const untouched = {
			kind: "cancelled",
			aftermath: "untouched"
		};
		if (cancelled.aborted) return all(() => untouched);
		const hindered = guarded.filter((each) => hindrance(each.plan) !== void 0);
		const refusal = oneRefusal(conditions.refusals);
		if (hindered.length > 0 || refusal !== void 0) return refusedFor(guarded, (each) => hindrance(each.plan), refusal);
		const changes = guarded.some((each) => each.plan.kind === "deploy");
		const window = () => changes ? decideWindow(windows, outside, clock.now(), latestAt) : { kind: "open" };
		const now = window();
		if (now.kind === "refuse") return all(() => ({
			...now,
			kind: "refused"
		}));
		if (request.dryRun) {
			const start = await beginAftercare(aftercare, request.watch, guarded, withAlarms(ports, alarms));
			if (start.kind === "refused") return all(() => start);
			return all((each) => withWindow(plannedOutcome(each.plan), now));
		}
		if (now.kind === "wait") {
			ports.record({
				at: clock.now(),
				code: "rollout.waiting",
				level: "notice",
				message: now.message
			});
			while (clock.now() < now.untilAt && !cancelled.aborted) await clock.sleep(now.untilAt - clock.now(), cancelled);
			if (cancelled.aborted) return all(() => untouched);
			continue;
		}
		if (!changes) return {
			kind: "ready",
			guarded,
			alarms
		};
		const refusals = await guards.again(guarded);
		if (refusals.size > 0) return refusedFor(guarded, (each) => hindrance(refusals.get(each) ?? each.plan));
		if (cancelled.aborted) return all(() => untouched);
		if (window().kind === "open") return {
			kind: "ready",
			guarded,
			alarms
		};
	}
}
/** With what a watch after the rollout needs. */
function withAlarms(ports, alarms) {
	return alarms === void 0 ? ports : {
		...ports,
		alarms
	};
}
/** Services of one run are begun together: what holds one back holds all. */
function refusedFor(guarded, own, ofAll) {
	const held = ofAll ?? heldBackBy(guarded.filter((each) => own(each) !== void 0).map((each) => each.target.service));
	return {
		kind: "ended",
		results: guarded.map((each) => resultOf(each, own(each) ?? held))
	};
}
function withWindow(outcome, window) {
	if (outcome.kind !== "planned" || window.kind !== "wait") return outcome;
	return {
		...outcome,
		steps: [window.message, ...outcome.steps]
	};
}
// src/rollout/outputs.ts
function serviceOutputs({ outcome, result, service, definition }) {
	return {
		outcome: outcome.kind,
		aftermath: "aftermath" in outcome ? outcome.aftermath : "",
		"deployment-id": result?.deploymentId ?? "",
		"service-deployment-arn": result?.serviceDeploymentArn ?? "",
		"task-definition-arn": definition?.arn ?? "",
		"previous-task-definition-arn": service?.taskDefinitionArn ?? "",
		"running-count": runningCount({
			outcome,
			result
		}),
		cause: result?.follow?.diagnosis?.cause.code ?? ("code" in outcome ? outcome.code ?? "" : "")
	};
}
/**
* The worst outcome with its aftermath and cause; the rest has a line for each service, so that one service
* gives plain values.
*/
function rolloutOutputs(results, durationSeconds) {
	const each = results.map((result) => ({
		service: result.name,
		...serviceOutputs(result)
	}));
	const worst = serviceOutputs(worstOf(results));
	const lines = (name) => each.map((one) => one[name]).join("\n");
	return {
		outcome: worst.outcome,
		aftermath: worst.aftermath,
		"deployment-id": lines("deployment-id"),
		"service-deployment-arn": lines("service-deployment-arn"),
		"task-definition-arn": lines("task-definition-arn"),
		"previous-task-definition-arn": lines("previous-task-definition-arn"),
		"running-count": lines("running-count"),
		cause: worst.cause,
		"duration-seconds": String(durationSeconds),
		services: JSON.stringify(each)
	};
}
/** Healthy tasks where that was proven, running ones where it was not; empty where nothing was seen. */
function runningCount({ outcome, result }) {
	if ("runningCount" in outcome) return String(outcome.runningCount);
	const target = result?.follow?.last.serviceDeployment?.target;
	return target === void 0 ? "" : String(target.runningTaskCount);
}
// src/rollout/promote.ts
/** Marks revisions that have proven themselves: a later rollback looks for these marks. */
/** The verdict stands already: its mark must not keep the job waiting for long. */
const patienceMs = 5e3;
/** Each revision once, with the services it was proven for. Pure. */
function provenRevisions(results) {
	const found = /* @__PURE__ */ new Map();
	for (const { outcome, definition, name, fresh } of results) {
		if (definition === void 0) continue;
		const kind = outcome.kind;
		if (kind !== "succeeded" && kind !== "no-change") continue;
		const { arn } = definition;
		const known = found.get(arn) ?? {
			arn,
			name: revisionName(definition),
			fresh,
			deployed: [],
			standing: []
		};
		found.set(arn, kind === "succeeded" ? {
			...known,
			deployed: [...known.deployed, name]
		} : {
			...known,
			standing: [...known.standing, name]
		});
	}
	return [...found.values()];
}
/**
* Services that a revision is to be marked for. One that served before is marked only where nothing is known
* of it: the run that deployed it may have died before its mark. Pure.
*/
function toMark(proven, cluster, marks) {
	const unknown = proven.standing.filter((service) => marks.bad === void 0 && promotedAt(marks, placeOf(cluster, service)) === void 0);
	return [...proven.deployed, ...unknown];
}
/** A mark that cannot be written is told, and changes no verdict. */
async function markProven(results, { cluster, keepImages }, ports) {
	const { clock, random, record, cancelled } = ports;
	const hurry = {
		signal: cancelled,
		totalMs: 1e3
	};
	const aws = withRetries(ports.aws, {
		clock,
		random,
		hurry
	}, {
		...patient,
		totalMs: patienceMs
	});
	const at = clock.now();
	const images = results.filter(({ outcome }) => outcome.kind === "succeeded").flatMap(({ definition }) => definition?.definition.containerDefinitions ?? []);
	const kept = keepServingImages(aws, images, at, keepImages).then((problems) => {
		for (const message of problems) record({
			at: clock.now(),
			code: "rollout.image-not-kept",
			level: "warning",
			message
		});
	});
	await Promise.all([kept, ...provenRevisions(results).map(async (proven) => {
		const result = await mark(aws, proven, cluster, at);
		if (result.kind !== "not-written") return;
		const message = `${proven.name} could not be marked as promoted, so a later rollback does not know it as good: ${result.why}`;
		record({
			at: clock.now(),
			code: "rollout.not-marked",
			level: "warning",
			message
		});
	})]);
}
async function mark(aws, proven, cluster, at) {
	const { arn } = proven;
	try {
		const services = proven.standing.length === 0 ? proven.deployed : toMark(proven, cluster, await readMarks(aws, arn));
		if (services.length === 0) return { kind: "unchanged" };
		return await markPromoted(aws, arn, {
			at,
			cluster,
			services
		}, proven.fresh);
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "not-written",
			why: `${error.operation}: ${error.code}: ${error.reason}`
		};
	}
}
// src/rollout/kept-fields.ts
/** Paths such as `containerDefinitions[0].startTimeouts`, in the order of the file. */
function lostFields(given, registered) {
	const known = new Set(Object.keys(registered));
	return [...Object.keys(given).filter((name) => name !== "tags" && !known.has(name) && !isEmpty(given[name])), ...missing(normalForm(given), normalForm(registered), "")].filter((path, index, all) => all.indexOf(path) === index);
}
function missing(given, kept, path) {
	if (kept === void 0) return [path];
	if (Array.isArray(given) && Array.isArray(kept)) return given.flatMap((each, index) => missing(each, kept[index], `${path}[${index}]`));
	if (!isPlain(given) || !isPlain(kept)) return [];
	return Object.entries(given).flatMap(([name, value]) => missing(value, kept[name], path === "" ? name : `${path}.${name}`));
}
function isPlain(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isEmpty(value) {
	return value === void 0 || value === null || typeof value === "object" && Object.keys(value).length === 0;
}
// src/rollout/register-all.ts
/** Registers what the services of a run need, each definition once, however many services run it. */
async function registerAll(prepared, tags, ports) {
	const { clock, cancelled } = ports;
	const made = /* @__PURE__ */ new Map();
	const keyOf = ({ plan }) => plan.kind === "deploy" && plan.register !== void 0 ? definitionHash(plan.register) : void 0;
	try {
		for (const each of prepared) {
			const key = keyOf(each);
			if (key === void 0 || made.has(key) || each.plan.kind !== "deploy") continue;
			const definition = await registerTagged(each.plan.register, tags, each.schema, {
				...ports,
				aws: retrying(ports)
			});
			made.set(key, definition);
			const message = `Registered ${revisionName(definition)}.`;
			ports.record({
				at: clock.now(),
				code: "rollout.registered",
				level: "info",
				message
			});
			const lost = lostFields(each.plan.register, definition.definition);
			if (lost.length > 0) ports.record({
				at: clock.now(),
				code: "rollout.fields-lost",
				level: "warning",
				message: `${revisionName(definition)} does not have what the file says at ${lost.join(", ")}: misspelt, or newer than this action.`
			});
		}
		for (const each of prepared) {
			const refusal = await markKnown(ports, each, tags.remembered);
			if (refusal === void 0) continue;
			const changed = `${registeredWords([...made.values()])}The service was not changed.`;
			return {
				kind: "failed",
				outcome: {
					...refusal,
					kind: "refused",
					changed
				}
			};
		}
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		return {
			kind: "failed",
			outcome: cancelled.aborted ? cancelledBy(error) : {
				...refusedByAws(error),
				...leftBehind(error, [...made.values()])
			}
		};
	}
	return {
		kind: "registered",
		of: (each) => made.get(keyOf(each) ?? "")
	};
}
// src/rollout/run-report.ts
function isResultGood({ outcome }) {
	return isGood(outcome);
}
function runReport(input) {
	const { results } = input;
	return results.length === 1 ? serviceReport(input, results[0]) : severalReport(input);
}
function serviceReport(input, entry) {
	const { name, outcome, result, service, definition } = entry;
	const cause = result?.follow?.diagnosis?.cause;
	const report = rolloutReport({
		title: `Rolling deploy of ${name}`,
		outcome,
		ok: isResultGood(entry),
		context: {
			service: name,
			revision: definition === void 0 ? "the new revision" : revisionName(definition),
			formerRevision: service === void 0 ? void 0 : lastPart(service.taskDefinitionArn)
		},
		follow: result?.follow,
		facts: [
			["Cluster", lastPart(input.cluster)],
			["Service", name],
			["Task definition", definition === void 0 ? "" : revisionName(definition)],
			["Before", service === void 0 ? "" : lastPart(service.taskDefinitionArn)],
			["Healthy tasks", runningCount(entry)],
			["Cause", cause?.code ?? ""],
			["Service deployment", lastPart(result?.serviceDeploymentArn ?? "")]
		].filter(([, value]) => value !== ""),
		events: input.events,
		startedAt: input.startedAt,
		endedAt: input.endedAt
	});
	const sentence = [report.sentence, entry.note].filter(Boolean).join(" ");
	return {
		...report,
		sentence,
		sections: [...report.sections, ...entry.sections ?? []]
	};
}
function severalReport(input) {
	const { results } = input;
	const reports = results.map((entry) => ({
		entry,
		report: serviceReport(input, entry)
	}));
	const failed = reports.filter(({ report }) => !report.ok);
	const worst = worstOf(results);
	const worstReport = reports.find(({ entry }) => entry === worst).report;
	const { startedAt, endedAt, events } = input;
	const sentence = failed.length === 0 ? reports.map(({ report }) => report.sentence).join(" ") : `${failed.length} of ${results.length} services: ${failed.map(({ entry, report }) => `${entry.name}: ${report.sentence}`).join(" ")}`;
	return {
		title: `Rolling deploy of ${results.length} services`,
		outcome: worst.outcome.kind,
		ok: failed.length === 0,
		sentence,
		...worstReport.remedy === void 0 ? {} : { remedy: worstReport.remedy },
		...worstReport.docs === void 0 ? {} : { docs: worstReport.docs },
		facts: [["Cluster", lastPart(input.cluster)]],
		sections: [serviceTable(results), ...failed.flatMap(({ entry, report }) => details(entry.name, report))],
		events,
		startedAt,
		endedAt
	};
}
function serviceTable(results) {
	return {
		kind: "table",
		heading: "Services",
		columns: [
			"service",
			"outcome",
			"task definition",
			"before",
			"healthy tasks",
			"cause"
		],
		rows: results.map((entry) => {
			const outputs = serviceOutputs(entry);
			return [
				entry.name,
				[outputs.outcome, outputs.aftermath].filter(Boolean).join(", "),
				lastPart(outputs["task-definition-arn"]),
				lastPart(outputs["previous-task-definition-arn"]),
				outputs["running-count"],
				outputs.cause
			];
		})
	};
}
/** What one of several services has to say for itself. */
function details(name, report) {
	const text = [report.sentence, instructionsOf(report)].filter(Boolean).join("\n");
	return [{
		kind: "text",
		heading: `${name}: ${report.outcome}`,
		text
	}, ...report.sections.map((section) => ({
		...section,
		heading: `${name}: ${section.heading}`
	}))];
}
function lastPart(arn) {
	return arn.slice(arn.lastIndexOf("/") + 1);
}
// src/rollout/run.ts
/** The rolling-deploy action: prepare all services, register, deploy and follow them together, report. */
async function runRollingDeploy(request, ports) {
	const { clock, random, runner } = ports;
	const startedAt = clock.now();
	const events = [];
	const record = (event) => {
		events.push(event);
		ports.onEvent?.(event);
		runner.info(renderLogLine(event, startedAt));
	};
	const { cancelled } = runner;
	const results = await deployAll(request, {
		aws: withPace(ports.aws, {
			clock,
			cancelled
		}),
		clock,
		random,
		cancelled,
		record
	}, ports);
	const endedAt = clock.now();
	const outputs = rolloutOutputs(results, Math.round((endedAt - startedAt) / 1e3));
	const report = runReport({
		cluster: request.cluster,
		results,
		events,
		startedAt,
		endedAt
	});
	await writeReport(ports, request.reportPath, report, outputs);
	return {
		ok: results.every(isResultGood),
		outputs,
		report
	};
}
/** One result for each target, in their order. */
async function deployAll(request, ports, more) {
	const guards = createGuards(request, ports, more);
	const ready = await makeReady(request, ports, more, guards, more.beginAftercare);
	if (ready.kind === "ended") return ready.results;
	const { guarded, alarms } = ready;
	const start = await beginAftercare(more.beginAftercare, request.watch, guarded, withAlarms(ports, alarms));
	if (start.kind === "refused") return guarded.map((each) => resultOf(each, start));
	for (const message of warningsOf(request, more, ports.clock.now())) ports.record({
		at: ports.clock.now(),
		code: "rollout.job-limit",
		level: "warning",
		message
	});
	const watching = alarms === void 0 ? ports : {
		...ports,
		alarms
	};
	const handoverOf = handovers(request.cluster, (text) => keep(more.runner, text));
	const portsOf = (each) => {
		const { name } = each.service;
		const record = guarded.length > 1 ? named(ports.record, name) : ports.record;
		return {
			...watching,
			record,
			handover: handoverOf(name)
		};
	};
	for (const each of guarded) tellSteps(each, portsOf(each));
	const registrations = await registerAll(guarded, {
		asked: request.tags,
		remembered: marksToTags(originOf(more.context))
	}, ports);
	if (registrations.kind === "failed") return guarded.map((each) => resultOf(each, registrations.outcome));
	const unchanged = (each, outcome) => resultOf(each, outcome, { definition: registrations.of(each) ?? each.definition });
	const task = await preDeploy(ports, request.preDeploy, guarded, registrations, more.context);
	if (task !== void 0 && task.kind !== "passed") return guarded.map((each) => {
		const registered = registrations.of(each);
		const result = unchanged(each, outcomeAfter(task, registered === void 0 ? [] : [registered]));
		const sections = task.kind === "failed" && each === guarded[0] ? task.sections : [];
		return {
			...result,
			sections
		};
	});
	if (task !== void 0) {
		const refusals = await guards.again(guarded);
		const first = [...refusals.values()][0];
		if (first !== void 0) {
			const outcome = (each) => {
				const registered = registrations.of(each);
				const words = registeredWords(registered === void 0 ? [] : [registered]);
				return {
					...refusals.get(each) ?? first,
					kind: "refused",
					changed: `${words}The service was not changed.`
				};
			};
			return guarded.map((each) => unchanged(each, afterPassing(outcome(each), task.sentence)));
		}
	}
	const results = await allOf(guarded.map((each) => {
		const watch = start.aftercare.watches.get(each.service?.name ?? "");
		return carryOut(request, each, registrations.of(each), portsOf(each), watch);
	}));
	await markProven(results, request, ports);
	if (task === void 0) return results;
	return results.map((each) => ({
		...each,
		outcome: afterPassing(each.outcome, task.sentence)
	}));
}
function warningsOf(request, { context }, now) {
	const { limits, preDeploy: before, wait, timeoutMs } = request;
	const known = request.roleToAssume === void 0 ? context.credentialsEndAt : void 0;
	return limitWarnings({
		jobTimeoutMs: limits?.jobTimeoutMs,
		credentialsEndAt: limits?.credentialsEndAt ?? known
	}, {
		timeoutMs: wait ? timeoutMs : 0,
		preDeployMs: before?.timeoutMs ?? 0,
		watchMs: request.watch?.forMs ?? 0
	}, now);
}
/** A disk that is full ends no deployment: only the post step would miss it. */
function keep(runner, text) {
	try {
		runner.saveState(handoverState, text);
	} catch (error) {
		runner.debug(`The state for the post step could not be kept: ${error.message}`);
	}
}
function tellSteps({ plan }, ports) {
	if (plan.kind !== "deploy") return;
	for (const message of plan.steps) ports.record({
		at: ports.clock.now(),
		code: "rollout.planned",
		level: "info",
		message
	});
}
/** Says which of several services an event is about. */
function named(record, service) {
	return (event) => record({
		...event,
		message: `${service}: ${event.message}`,
		data: {
			...event.data,
			service
		}
	});
}
/** A defect in one does not leave the others unwatched: it is told once they have ended. */
async function allOf(work) {
	return (await Promise.allSettled(work)).map((each) => {
		if (each.status === "rejected") throw each.reason;
		return each.value;
	});
}
export { runRollingDeploy };
