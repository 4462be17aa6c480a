import { __toESM } from "./rolldown-runtime.js";
import { require__node_http } from "./_node-http2.js";
import { wrongName } from "./prober.js";
import { request } from "node:https";
// src/shift/http-prober.ts
var import__node_http = /* @__PURE__ */ __toESM(require__node_http(), 1);
function createHttpProber(settings) {
	const base = new URL(settings.baseUrl);
	const send = base.protocol === "https:" ? request : import__node_http.request;
	return { probe: (path, signal) => new Promise((resolve) => {
		if (signal.aborted) return resolve(void 0);
		const startedAt = performance.now();
		let request;
		const finish = (answer) => {
			deadline.removeEventListener("abort", late);
			signal.removeEventListener("abort", abort);
			request?.destroy();
			resolve(answer);
		};
		const abort = () => finish(void 0);
		const deadline = AbortSignal.timeout(settings.timeoutMs);
		const late = () => finish({
			kind: "failed",
			reason: `no answer within ${settings.timeoutMs / 1e3} s`
		});
		deadline.addEventListener("abort", late);
		signal.addEventListener("abort", abort);
		request = send({
			hostname: base.hostname,
			port: base.port,
			path,
			method: "GET",
			agent: false,
			...base.protocol === "https:" ? { servername: settings.host ?? base.hostname } : {},
			headers: {
				[settings.header]: settings.headerValue,
				"user-agent": "ips-deploy-actions",
				...settings.host === void 0 ? {} : { host: settings.host }
			}
		}, (response) => {
			response.on("error", (error) => finish({
				kind: "failed",
				reason: reasonOf(error)
			}));
			response.on("end", () => finish({
				kind: "answered",
				status: response.statusCode ?? 0,
				durationMs: performance.now() - startedAt
			}));
			response.resume();
		});
		request.on("error", (error) => finish({
			kind: "failed",
			reason: reasonOf(error)
		}));
		request.end();
	}) };
}
/** Of a certificate for other names, which ones: one of them is what `probe-host` has to be. */
function reasonOf(error) {
	if (error.code === "ECONNRESET") return "connection closed";
	if (error.code === "ECONNREFUSED") return "connection refused";
	if (error.code === "ERR_TLS_CERT_ALTNAME_INVALID") {
		const names = error.cert?.subjectaltname?.replaceAll("DNS:", "") ?? "other names";
		return `${wrongName}: its certificate is for ${names}`;
	}
	return error.code ?? error.message;
}
export { createHttpProber };
