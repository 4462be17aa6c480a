import { announceShift, fields$1 as fields, parseBlueGreenShift, runAction, wasBegun } from "../shared/start.js";
// src/main/blue-green-shift-post.ts
/**
* Runs after the job, whatever happened. A run that came to its end says so in the action's state, and nothing
* is done; one that was killed on the way is finished here.
*/
if (wasBegun(process.env)) await runAction({
	name: "blue-green-shift",
	inputNames: Object.keys(fields),
	parse: parseBlueGreenShift,
	roleOf: ({ roleToAssume }) => roleToAssume,
	announce: (request, ports) => announceShift(request, ports, true),
	load: async () => {
		const [{ recoverShift }, { shiftPorts }] = await Promise.all([import("../shared/recover.js"), import("../shared/shift-ports.js")]);
		return async (request, ports) => {
			const result = await recoverShift(request, await shiftPorts(ports));
			return result === void 0 ? void 0 : {
				...result,
				outputs: {}
			};
		};
	}
});
export {};
