import { __toESM } from "./rolldown-runtime.js";
import { require__node_http } from "./_node-http2.js";
import { request } from "node:https";
// src/cutover/http-get.ts
var import__node_http = /* @__PURE__ */ __toESM(require__node_http(), 1);
const timeoutMs = 1e4;
const bodyLimit = 65536;
const httpGet = (url, { address, headers = {} } = {}) => new Promise((resolve) => {
	const secure = url.protocol === "https:";
	const deadline = AbortSignal.timeout(timeoutMs);
	const finish = (facts) => {
		deadline.removeEventListener("abort", late);
		request$1.destroy();
		resolve(facts);
	};
	const failed = (reason, certificate = false) => finish({
		kind: "failed",
		reason,
		certificate
	});
	const late = () => failed(`no answer within ${timeoutMs / 1e3} s`);
	const request$1 = (secure ? request : import__node_http.request)({
		hostname: address ?? url.hostname,
		port: url.port,
		path: `${url.pathname}${url.search}`,
		method: "GET",
		agent: false,
		...secure ? { servername: url.hostname } : {},
		headers: {
			host: url.host,
			"user-agent": "ips-deploy-actions",
			...headers
		}
	}, (response) => {
		let body = "";
		const ends = secure ? response.socket.getPeerCertificate().valid_to : void 0;
		const certificateEndsAt = ends === void 0 ? void 0 : Date.parse(ends);
		response.setEncoding("utf8");
		response.on("data", (chunk) => {
			if (body.length < bodyLimit) body += chunk;
		});
		response.on("error", (error) => failed(reasonOf(error)));
		response.on("end", () => finish({
			kind: "answered",
			status: response.statusCode ?? 0,
			location: response.headers.location,
			body,
			certificateEndsAt
		}));
	});
	deadline.addEventListener("abort", late, { once: true });
	request$1.on("error", (error) => failed(reasonOf(error), isOfCertificate(error)));
	request$1.end();
});
/** Codes of OpenSSL's verification, and Node's own for a name that is not covered. */
function isOfCertificate({ code = "" }) {
	return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH/.test(code);
}
function reasonOf(error) {
	if (error.code === "ECONNREFUSED") return "connection refused";
	if (error.code === "ECONNRESET") return "connection closed";
	return error.message.replace(/[.\s]+$/, "");
}
export { httpGet };
