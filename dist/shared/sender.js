import { AwsCallError, classifyAwsError } from "./call-error.js";
import { clientSettings } from "./client.js";
// src/aws/sdk/sender.ts
/** Calls over SDK clients: one attempt each (retries are ours), with a time limit and our errors. */
/** The slowest call in use answers within seconds; the AWS CLI waits 60 s for the next byte. */
const defaultSettings = { attemptTimeoutMs: 3e4 };
/** A service without a client is a defect of the caller's. */
function callerOver(clients, given = {}) {
	const { attemptTimeoutMs, region, credentials } = {
		...defaultSettings,
		...given
	};
	const settings = credentials === void 0 ? clientSettings : {
		...clientSettings,
		credentials
	};
	const loaded = /* @__PURE__ */ new Map();
	return { async call(operation, input, signal) {
		const [service, name] = operation.split(":");
		let client = loaded.get(service);
		if (client === void 0) {
			client = clients[service]?.(settings, region);
			if (client === void 0) throw new Error(`${operation}: there is no client for ${service} here.`);
			loaded.set(service, client);
		}
		const sender = await client;
		const deadline = AbortSignal.timeout(attemptTimeoutMs);
		const either = signal === void 0 ? deadline : AbortSignal.any([signal, deadline]);
		try {
			return await sender.send(name, input, either);
		} catch (error) {
			if (deadline.aborted && signal?.aborted !== true) {
				const reason = `No answer within ${attemptTimeoutMs / 1e3} s.`;
				throw new AwsCallError(operation, "TimeoutError", reason, "transient");
			}
			throw toCallError(operation, error);
		}
	} };
}
function toCallError(operation, error) {
	if (!(error instanceof Error)) return error;
	const { $metadata, code, name, Code } = error;
	if ($metadata === void 0 && code === void 0 && !/Timeout|Credentials|Abort/.test(name)) return error;
	const awsCode = Code ?? (name !== "Error" ? name : code ?? name);
	const shown = $metadata?.httpStatusCode === void 0 ? code ?? awsCode : awsCode;
	return new AwsCallError(operation, shown, error.message, classifyAwsError(shown, $metadata?.httpStatusCode ?? 0), $metadata?.requestId);
}
export { callerOver };
