import { withMarker } from "./start.js";
// src/main/shift-ports.ts
async function shiftPorts(ports) {
	const [{ createHttpProber }, { runCheck }, { workspaceFiles }, { randomBytes }] = await Promise.all([
		import("./http-prober.js"),
		import("./check-runner.js"),
		import("./workspace-files.js"),
		import("node:crypto")
	]);
	return {
		...ports,
		runner: withMarker(ports.runner, process.env),
		...workspaceFiles(ports.context.workspace, ports.redact),
		drawSecret: () => randomBytes(24).toString("hex"),
		runCheck,
		createProber: ({ plan: { probes, testRule }, headerValue }) => createHttpProber({
			...probes,
			header: testRule.header,
			headerValue
		})
	};
}
export { shiftPorts };
