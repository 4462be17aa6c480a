/** What can go wrong with a call to AWS, sorted by what the caller should do about it. Pure. */

export type AwsErrorKind =
  /** Slow down and try again. */
  | 'throttled'
  /** AWS's fault or the network's: try again. */
  | 'transient'
  /** The permission is missing: final. */
  | 'access-denied'
  /** The credentials are no longer (or not yet) good: final for this run. */
  | 'credentials'
  /** What was named does not exist. */
  | 'not-found'
  /** The request itself is wrong, or the state of the resource forbids it. */
  | 'rejected';

export class AwsCallError extends Error {
  readonly kind: AwsErrorKind;
  /** AWS's code, e.g. `ServiceNotFoundException`, or the network's, e.g. `ECONNRESET`. */
  readonly code: string;
  /** `ecs:UpdateService` */
  readonly operation: string;
  readonly requestId: string | undefined;
  /** What AWS itself said. */
  readonly reason: string;

  constructor(operation: string, code: string, reason: string, kind: AwsErrorKind, requestId?: string) {
    super(`${operation} failed: ${code}: ${reason}`);
    this.name = 'AwsCallError';
    this.operation = operation;
    this.code = code;
    this.kind = kind;
    this.reason = reason;
    this.requestId = requestId;
  }

  get retryable(): boolean {
    return this.kind === 'throttled' || this.kind === 'transient';
  }
}

const throttlingCodes = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'LimitExceededException',
  'BandwidthLimitExceeded',
  'SlowDown',
  'ProvisionedThroughputExceededException',
  'ConcurrentUpdateException',
]);
const transientCodes = new Set([
  'ServerException',
  'InternalFailure',
  'InternalServerException',
  'InternalServiceError',
  'InternalServiceException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'UND_ERR_SOCKET',
]);
const deniedCodes = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'UnauthorizedOperation',
  'NotAuthorized',
  'UnauthorizedException',
]);
const credentialCodes = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'IncompleteSignature',
  'CredentialsProviderError',
]);

/**
 * Sorts an error answer. `status` is the HTTP status, 0 when there was no answer at all. Follows the
 * retry classification of the SDKs' standard mode, but keeps 4xx of ECS's own (`LimitExceededException` on
 * register is a rate) retryable.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function classifyAwsError(code: string, status: number): AwsErrorKind {
  if (throttlingCodes.has(code) || status === 429) return 'throttled';
  if (deniedCodes.has(code)) return 'access-denied';
  if (credentialCodes.has(code)) return 'credentials';
  if (transientCodes.has(code) || status >= 500 || status === 0) return 'transient';
  // Systems Manager's word for a parameter that is not there (ListTagsForResource).
  if (/NotFound|NotFoundException|NoSuch|^InvalidResourceId$/.test(code) || status === 404)
    return 'not-found';
  return 'rejected';
}
