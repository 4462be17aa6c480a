// src/aws/call-error.ts
var AwsCallError = class extends Error {
	kind;
	/** AWS's code, e.g. `ServiceNotFoundException`, or the network's, e.g. `ECONNRESET`. */
	code;
	/** `ecs:UpdateService` */
	operation;
	requestId;
	/** What AWS itself said. */
	reason;
	constructor(operation, code, reason, kind, requestId) {
		super(`${operation} failed: ${code}: ${reason}`);
		this.name = "AwsCallError";
		this.operation = operation;
		this.code = code;
		this.kind = kind;
		this.reason = reason;
		this.requestId = requestId;
	}
	get retryable() {
		return this.kind === "throttled" || this.kind === "transient";
	}
};
const throttlingCodes = /* @__PURE__ */ new Set([
	"Throttling",
	"ThrottlingException",
	"ThrottledException",
	"RequestThrottled",
	"RequestThrottledException",
	"RequestLimitExceeded",
	"TooManyRequestsException",
	"LimitExceededException",
	"BandwidthLimitExceeded",
	"SlowDown",
	"ProvisionedThroughputExceededException",
	"ConcurrentUpdateException"
]);
const transientCodes = /* @__PURE__ */ new Set([
	"ServerException",
	"InternalFailure",
	"InternalServerException",
	"InternalServiceError",
	"InternalServiceException",
	"ServiceUnavailable",
	"ServiceUnavailableException",
	"RequestTimeout",
	"RequestTimeoutException",
	"TimeoutError",
	"ECONNRESET",
	"ECONNREFUSED",
	"ECONNABORTED",
	"EPIPE",
	"ETIMEDOUT",
	"EAI_AGAIN",
	"ENOTFOUND",
	"UND_ERR_SOCKET"
]);
const deniedCodes = /* @__PURE__ */ new Set([
	"AccessDenied",
	"AccessDeniedException",
	"AuthorizationError",
	"AuthorizationErrorException",
	"UnauthorizedOperation",
	"NotAuthorized",
	"UnauthorizedException"
]);
const credentialCodes = /* @__PURE__ */ new Set([
	"ExpiredToken",
	"ExpiredTokenException",
	"InvalidClientTokenId",
	"UnrecognizedClientException",
	"InvalidSignatureException",
	"SignatureDoesNotMatch",
	"MissingAuthenticationToken",
	"MissingAuthenticationTokenException",
	"IncompleteSignature",
	"CredentialsProviderError"
]);
/**
* Sorts an error answer. `status` is the HTTP status, 0 when there was no answer at all. Follows the
* retry classification of the SDKs' standard mode, but keeps 4xx of ECS's own (`LimitExceededException` on
* register is a rate) retryable.
* @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
*/
function classifyAwsError(code, status) {
	if (throttlingCodes.has(code) || status === 429) return "throttled";
	if (deniedCodes.has(code)) return "access-denied";
	if (credentialCodes.has(code)) return "credentials";
	if (transientCodes.has(code) || status >= 500 || status === 0) return "transient";
	if (/NotFound|NotFoundException|NoSuch|^InvalidResourceId$/.test(code) || status === 404) return "not-found";
	return "rejected";
}
export { AwsCallError, classifyAwsError };
