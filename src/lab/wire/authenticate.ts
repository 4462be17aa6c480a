/** Who signed a request, or the error that AWS answers to a signature that is not good. */
import { AwsError } from '../world/aws-error.ts';
import type { Principal } from '../world/service.ts';
import type { ServiceShape } from './services.ts';
import { amzDateMs, type ParsedSignature, type SignatureParts, signatureMatches } from './sigv4.ts';
import type { WireRequest } from './wire-request.ts';

export interface CredentialEntry {
  readonly secretAccessKey: string;
  /** Of temporary credentials: has to come with every request. */
  readonly sessionToken?: string | undefined;
  readonly principal: Principal;
  /** Virtual epoch milliseconds. */
  readonly expiresAtMs?: number | undefined;
}

export interface CredentialStore {
  lookup(accessKeyId: string): CredentialEntry | undefined;
}

export interface AuthenticationSettings {
  readonly credentials: CredentialStore;
  readonly region: string;
  /** Virtual now, epoch milliseconds. */
  now(): number;
  /** Virtual time when the server was made, epoch milliseconds. */
  readonly startedAtMs: number;
  /** The real clock, epoch milliseconds: clients may live in either time. */
  realNow(): number;
}

/** Requests are good this long before and after their date. */
const DATE_WINDOW_MS = 15 * 60_000;

const ANONYMOUS: Principal = { kind: 'anonymous', arn: 'anonymous', name: 'anonymous' };

/** `sts:AssumeRoleWithWebIdentity` is how a caller without credentials gets some. */
const UNSIGNED_OPERATIONS: ReadonlySet<string> = new Set([
  'sts:AssumeRoleWithWebIdentity',
  'sts:AssumeRoleWithSAML',
]);

const NO_MATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

function invalid(message: string): AwsError {
  return new AwsError('InvalidSignatureException', message);
}

function basicIso(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function dateProblem(parts: SignatureParts, settings: AuthenticationSettings): AwsError | undefined {
  const signedMs = amzDateMs(parts.amzDate);
  const lifeMs = parts.expiresSeconds === undefined ? DATE_WINDOW_MS : parts.expiresSeconds * 1000;
  const near = (nowMs: number): boolean => signedMs - nowMs <= DATE_WINDOW_MS && nowMs - signedMs <= lifeMs;
  // The SDK corrects its clock by the Date of the last answer. Where virtual time runs fast, that is soon
  // old: any time that the lab has lived through is good then.
  const lived =
    parts.expiresSeconds === undefined &&
    signedMs >= settings.startedAtMs - DATE_WINDOW_MS &&
    signedMs <= settings.now() + DATE_WINDOW_MS;
  const good = lived || near(settings.now()) || near(settings.realNow());
  if (good) return undefined;
  const nowMs = settings.now();
  const now = basicIso(nowMs);
  const minutes = DATE_WINDOW_MS / 60_000;
  if (signedMs > nowMs) {
    const limit = basicIso(nowMs + DATE_WINDOW_MS);
    return invalid(
      `Signature not yet current: ${parts.amzDate} is still later than ${limit} (${now} + ${minutes} min.)`,
    );
  }
  const limit = basicIso(nowMs - lifeMs);
  return invalid(
    `Signature expired: ${parts.amzDate} is now earlier than ${limit} (${now} - ${lifeMs / 60_000} min.)`,
  );
}

function scopeProblem(parts: SignatureParts, service: ServiceShape, region: string): AwsError | undefined {
  if (parts.signingName !== service.signingName)
    return invalid(`Credential should be scoped to correct service: '${service.signingName}'. `);
  if (!service.global && parts.region !== region)
    return invalid(
      `Credential should be scoped to a valid region. The lab is '${region}', the request says '${parts.region}'.`,
    );
  return undefined;
}

/** Never tells more than AWS does: neither keys nor expected signatures are part of a message. */
export function authenticate(
  request: WireRequest,
  signature: ParsedSignature,
  service: ServiceShape,
  operation: string,
  settings: AuthenticationSettings,
): Principal | AwsError {
  if (UNSIGNED_OPERATIONS.has(`${service.id}:${operation}`)) return ANONYMOUS;
  if (signature.kind === 'none')
    return new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (signature.kind === 'incomplete') return new AwsError('IncompleteSignatureException', signature.problem);
  const { parts } = signature;
  const problem = dateProblem(parts, settings) ?? scopeProblem(parts, service, settings.region);
  if (problem !== undefined) return problem;
  const entry = settings.credentials.lookup(parts.accessKeyId);
  if (entry === undefined || (entry.sessionToken ?? '') !== (parts.sessionToken ?? ''))
    return new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  if (!signatureMatches(request, parts, entry.secretAccessKey)) return invalid(NO_MATCH);
  if (entry.expiresAtMs !== undefined && entry.expiresAtMs <= settings.now())
    return new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
  return entry.principal;
}
