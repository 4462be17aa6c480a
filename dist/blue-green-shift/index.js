import { announceShift, fields$1 as fields, parseBlueGreenShift, runAction, shiftSubject } from "../shared/start.js";
// src/main/blue-green-shift.ts
/** Entry of the blue-green-shift action. */
await runAction({
	name: "blue-green-shift",
	inputNames: Object.keys(fields),
	parse: parseBlueGreenShift,
	roleOf: ({ roleToAssume }) => roleToAssume,
	subjectOf: shiftSubject,
	refuses: true,
	announce: (request, ports) => announceShift(request, ports),
	load: async () => {
		const [{ executeShift }, { shiftPorts }, { createGitHubApi }] = await Promise.all([
			import("../shared/execute2.js"),
			import("../shared/shift-ports.js"),
			import("../shared/github-api2.js")
		]);
		return async (request, ports) => {
			const { context, clock, runner } = ports;
			const { apiUrl, repository, sha } = context;
			if (request.githubToken !== void 0) runner.mask(request.githubToken);
			const github = createGitHubApi({
				apiUrl,
				repository,
				clock,
				token: request.githubToken
			});
			return executeShift(request, {
				...await shiftPorts(ports),
				...sha === "" || apiUrl === "" ? {} : { github }
			});
		};
	}
});
export {};
