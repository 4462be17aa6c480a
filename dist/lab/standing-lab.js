import { UserError } from "./user-error.js";
import { openRegion, parseFaultScript, randomFaults, taskStartWithin } from "./region.js";
import { readFileSync } from "node:fs";
// src/lab/commands/standing-lab.ts
/** `npm run lab`: a lab that stands until Ctrl-C, for any AWS client. */
async function standingLab(settings, repositoryFolder, cancelled) {
	const faults = settings.faultsFile === void 0 ? void 0 : readFaults(settings.faultsFile, settings.seed);
	const region = await openRegion({
		seed: settings.seed,
		scale: settings.scale,
		port: settings.port,
		listenerPorts: { 80: settings.listenerPort },
		tasks: settings.tasks,
		...faults === void 0 ? {} : { faults },
		...settings.taskStart === void 0 ? {} : { ecs: taskStartWithin(settings.taskStart) },
		log: (line) => console.error(`lab: ${line}`)
	}, repositoryFolder);
	const { lab, stage, listenerUrl } = region;
	const environment = lab.environment(lab.world.sts.adminKey);
	const variables = {
		...Object.fromEntries(Object.entries(environment).filter(([name]) => /^(AWS|ACTIONS_ID_TOKEN)_/.test(name))),
		LAB_LISTENER_URL: listenerUrl,
		LAB_LISTENER_ARN: stage.listenerArn,
		LAB_REGISTRY: lab.registryHost,
		LAB_DEPLOY_ACCESS_KEY_ID: stage.accessKeyId,
		LAB_DEPLOY_SECRET_ACCESS_KEY: stage.secretAccessKey,
		LAB_CLOCK: lab.clockVariable()
	};
	console.log(`# The guide's region, its clock ${settings.scale} times as fast; tasks as ${lab.plane.taskMode === "container" ? "containers" : "processes"}. Paste this into a shell:`);
	for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
	console.log("# Then, for example: aws ecs describe-clusters --clusters ips-api-cluster");
	console.log("# Ctrl-C ends the lab and everything in it.");
	await new Promise((resolve) => {
		if (cancelled.aborted) resolve();
		cancelled.addEventListener("abort", () => resolve());
	});
	await region.close();
	return 0;
}
/** How much of the passing trouble is drawn for `--faults random`, 0 to 1. */
const randomIntensity = .3;
function readFaults(file, seed) {
	if (file === "random") return randomFaults(seed, randomIntensity);
	let value;
	try {
		value = JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new UserError(`--faults ${file}: ${error.message}.`);
	}
	const parsed = parseFaultScript(value);
	if (!parsed.ok) throw new UserError(`--faults ${file}: ${parsed.problems.join("; ")}.`);
	return parsed.script;
}
export { standingLab };
