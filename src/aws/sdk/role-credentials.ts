/**
 * Credentials of a role by the job's identity token, and new ones before they end: a shift of hours is not bound
 * to the hour that a role lends at first. One set for all clients.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import type { Clock } from '../../runner/clock.ts';
import type { IdToken } from '../../runner/id-token.ts';
import { AwsCallError } from '../call-error.ts';
import type { AwsCaller } from '../caller.ts';
import { withRetries } from '../retry.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export type CredentialProvider = () => Promise<Credentials>;

export interface RoleSettings {
  readonly roleArn: string;
  /** Letters, digits and `=,.@-`, 2 to 64: shown in CloudTrail. */
  readonly sessionName: string;
}

export interface RolePorts {
  /** STS without credentials: the call is not signed. */
  readonly sts: AwsCaller;
  readonly clock: Clock;
  readonly random: () => number;
  readonly idToken: () => Promise<IdToken>;
  /** Told of every secret as it comes. */
  readonly mask: (secret: string) => void;
}

/** What every role lends, unless its owner said more. */
const durationSeconds = 3600;
/** The SDK asks for new ones when five minutes are left, and waits for them then: it finds them ready. */
const renewBeforeMs = 10 * 60_000;
/** After a renewal that failed, the old ones serve on until the next try. */
const tryAgainMs = 30_000;

/** Rejects with `AwsCallError` of kind `credentials` or `access-denied` where there are none. */
export function roleCredentials(settings: RoleSettings, ports: RolePorts): CredentialProvider {
  const { clock } = ports;
  let held: Credentials | undefined;
  let renewal: Promise<Credentials> | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  const left = (): number => (held === undefined ? 0 : held.expiration.getTime() - clock.now());
  const renew = async (): Promise<Credentials> => {
    try {
      held = await assume(settings, ports);
      return held;
    } catch (error) {
      notBefore = clock.now() + tryAgainMs;
      if (held !== undefined && left() > 0) return held;
      throw error;
    } finally {
      renewal = undefined;
    }
  };
  return () => {
    if (held !== undefined && (left() > renewBeforeMs || (left() > 0 && clock.now() < notBefore)))
      return Promise.resolve(held);
    renewal ??= renew();
    return renewal;
  };
}

const operation = 'sts:AssumeRoleWithWebIdentity';

async function assume({ roleArn, sessionName }: RoleSettings, ports: RolePorts): Promise<Credentials> {
  const token = await ports.idToken();
  if (!token.ok) throw new AwsCallError(operation, 'NoIdentityToken', `${token.reason}.`, 'credentials');
  ports.mask(token.token);
  const sts = withRetries(ports.sts, ports);
  const answer = await sts.call('sts:AssumeRoleWithWebIdentity', {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: token.token,
    DurationSeconds: durationSeconds,
  });
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === undefined)
    throw new AwsCallError(operation, 'NoCredentials', 'The answer holds no credentials.', 'credentials');
  for (const secret of [SecretAccessKey, SessionToken]) ports.mask(secret);
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  };
}

/** `ips-deploy-4711-1`, of whatever the run is called. */
export function sessionNameOf(runId: string, runAttempt: string): string {
  const name = ['ips-deploy', runId, runAttempt].filter((each) => each !== '').join('-');
  return name.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
}
