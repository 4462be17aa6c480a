import { announceRollout, fields, parseRollingDeploy, rolloutSubject, runAction } from "../shared/start.js";
// src/main/rolling-deploy.ts
/** Entry of the rolling-deploy action. */
await runAction({
	name: "rolling-deploy",
	inputNames: Object.keys(fields),
	parse: parseRollingDeploy,
	roleOf: ({ roleToAssume }) => roleToAssume,
	subjectOf: rolloutSubject,
	refuses: true,
	announce: (request, ports) => announceRollout(request, ports),
	load: async () => {
		const [{ runRollingDeploy }, { workspaceFiles }, { createGitHubApi }] = await Promise.all([
			import("../shared/run2.js"),
			import("../shared/workspace-files.js"),
			import("../shared/github-api2.js")
		]);
		return async (request, ports) => {
			const watching = request.watch === void 0 ? {} : { beginAftercare: (await import("../shared/watch-service.js")).beginAftercare };
			const { context, clock, runner, redact } = ports;
			if (request.githubToken !== void 0) runner.mask(request.githubToken);
			const { apiUrl, repository } = context;
			const github = createGitHubApi({
				apiUrl,
				repository,
				clock,
				token: request.githubToken
			});
			return runRollingDeploy(request, {
				...ports,
				...workspaceFiles(context.workspace, redact),
				...watching,
				...context.sha === "" || apiUrl === "" ? {} : { github }
			});
		};
	}
});
export {};
