/**
 * STS: who calls, and credentials for a while. Sessions end in virtual time.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 */
import type {
  AssumedRoleUser,
  AssumeRoleCommandInput,
  AssumeRoleCommandOutput,
  AssumeRoleWithWebIdentityCommandInput,
  AssumeRoleWithWebIdentityCommandOutput,
  Credentials,
  GetCallerIdentityCommandOutput,
} from '@aws-sdk/client-sts';
import { AwsError } from '../aws-error.ts';
import { evaluatePolicies, evaluateTrust } from '../iam/evaluate.ts';
import type { IamService, SessionPrincipal } from '../iam/iam-service.ts';
import type { IamRole } from '../iam/identities.ts';
import { type PolicyDocument, parsePolicy } from '../iam/policy-document.ts';
import type { Kernel } from '../kernel.ts';
import type { CallContext, Operation, Principal, ServiceModule } from '../service.ts';
import { readToken, type TokenClaims } from './web-identity-token.ts';

type Answer<T> = Omit<T, '$metadata'>;

/** What the wire layer needs to check a signature. */
export interface LookedUpCredentials {
  readonly secretAccessKey: string;
  /** Present for sessions: the request has to carry it as `X-Amz-Security-Token`. */
  readonly sessionToken?: string;
  readonly principal: SessionPrincipal;
  /** Virtual time, epoch ms; absent for long-lived keys. After it: ExpiredToken. */
  readonly expiresAtMs?: number;
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const sessionNamePattern = /^[\w+=,.@-]{2,64}$/;
/** A role assumed with a role's credentials may last no longer. */
const chainedSessionLimitSeconds = 3600;

export class StsService implements ServiceModule {
  readonly id = 'sts';
  readonly rootPrincipal: Principal;
  /** Replaceable where another issuer's tokens are to be taken. Undefined means: signature not valid. */
  verifyWebIdentity = (token: string): TokenClaims | undefined => readToken(token, this.issuerKey);
  readonly #kernel: Kernel;
  readonly #iam: IamService;
  readonly #credentials = new Map<string, LookedUpCredentials>();
  #operations: Readonly<Record<string, Operation>> | undefined;
  #adminKey: KeyPair | undefined;
  #issuerKey: string | undefined;

  constructor(deps: { readonly kernel: Kernel; readonly iam: IamService }) {
    this.#kernel = deps.kernel;
    this.#iam = deps.iam;
    this.rootPrincipal = { kind: 'root', arn: deps.iam.rootArn, name: 'root' };
  }

  /** Made when somebody asks: few worlds are asked about credentials. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= this.#tableOfOperations();
    return this.#operations;
  }

  #tableOfOperations(): Readonly<Record<string, Operation>> {
    return {
      GetCallerIdentity: {
        mutates: false,
        permissions: () => [],
        run: (_input: unknown, context: CallContext) => this.#callerIdentity(context.principal),
      },
      AssumeRole: {
        mutates: true,
        permissions: () => [],
        run: (input: AssumeRoleCommandInput, context: CallContext) =>
          this.#assumeRole(input, context.principal),
      },
      AssumeRoleWithWebIdentity: {
        mutates: true,
        permissions: () => [],
        run: (input: AssumeRoleWithWebIdentityCommandInput) => this.#assumeRoleWithWebIdentity(input),
      },
    };
  }

  /** The account's own key pair: everything is allowed with it. Of a stream of its own, whenever somebody asks. */
  get adminKey(): KeyPair {
    this.#adminKey ??= this.#newAdminKey();
    return this.#adminKey;
  }

  #newAdminKey(): KeyPair {
    const rng = this.#kernel.rng('sts.admin');
    return { accessKeyId: this.#iam.newId('AKIA', rng), secretAccessKey: this.#iam.newSecretKey(rng) };
  }

  /** Signs the identity tokens of this lab's OIDC issuer. */
  get issuerKey(): string {
    this.#issuerKey ??= this.#kernel.rng('sts.issuer').hex(64);
    return this.#issuerKey;
  }

  /** The credentials behind an access key id, also when they are expired; undefined for an unknown key. */
  lookupCredentials(accessKeyId: string): LookedUpCredentials | undefined {
    const known = this.#credentials.get(accessKeyId);
    if (known !== undefined) return known;
    if (accessKeyId === this.adminKey.accessKeyId)
      return { secretAccessKey: this.adminKey.secretAccessKey, principal: this.rootPrincipal };
    const found = this.#iam.findAccessKey(accessKeyId);
    if (found === undefined || found.key.status !== 'Active') return undefined;
    return {
      secretAccessKey: found.key.secretAccessKey,
      principal: { kind: 'user', arn: found.user.arn, name: found.user.name },
    };
  }

  /** True when sessions made for this principal's credentials are over. Long-lived keys never are. */
  isExpired(credentials: LookedUpCredentials): boolean {
    return credentials.expiresAtMs !== undefined && this.#kernel.now >= credentials.expiresAtMs;
  }

  #callerIdentity(principal: Principal): Answer<GetCallerIdentityCommandOutput> {
    const Account = this.#kernel.config.accountId;
    if (principal.kind === 'role-session') {
      const roleId = this.#iam.roles.get(principal.name)?.id ?? 'AROA';
      return { Account, Arn: principal.arn, UserId: `${roleId}:${principal.arn.split('/').at(-1)}` };
    }
    const UserId = principal.kind === 'user' ? this.#iam.users.get(principal.name)?.id : Account;
    return { Account, Arn: principal.arn, UserId: UserId ?? Account };
  }

  #assumeRole(input: AssumeRoleCommandInput, principal: Principal): Answer<AssumeRoleCommandOutput> {
    if (principal.kind === 'anonymous')
      throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
    const sessionName = checkSessionName(input.RoleSessionName);
    const roleArn = input.RoleArn ?? '';
    const role = this.#iam.roleByArn(roleArn);
    const denied = new AwsError(
      'AccessDenied',
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
    if (role === undefined) throw denied;
    const context = {
      ...this.#iam.globalContext(principal),
      'sts:RoleSessionName': sessionName,
      ...(input.ExternalId === undefined ? {} : { 'sts:ExternalId': input.ExternalId }),
    };
    const question = { action: 'sts:AssumeRole', resource: role.arn, context };
    const ownRoleArn =
      principal.kind === 'role-session' ? this.#iam.roles.get(principal.name)?.arn : undefined;
    const trust = evaluateTrust(
      role.trust.document,
      { kind: 'AWS', names: [principal.arn, ...(ownRoleArn === undefined ? [] : [ownRoleArn])] },
      [this.#iam.rootArn, this.#kernel.config.accountId],
      question,
    );
    if (trust.decision !== 'allowed') throw denied;
    if (principal.kind !== 'root') {
      const own = evaluatePolicies(this.#iam.identityPolicies(principal) ?? [], question);
      if (own === 'explicit-deny' || (own === 'implicit-deny' && !trust.namedDirectly)) throw denied;
    }
    const chained = principal.kind === 'role-session';
    const durationSeconds = this.#duration(role, input.DurationSeconds, chained);
    return this.#openSession(role, sessionName, durationSeconds, input.Policy);
  }

  #assumeRoleWithWebIdentity(
    input: AssumeRoleWithWebIdentityCommandInput,
  ): Answer<AssumeRoleWithWebIdentityCommandOutput> {
    const sessionName = checkSessionName(input.RoleSessionName);
    const claims = this.verifyWebIdentity(input.WebIdentityToken ?? '');
    if (claims === undefined)
      throw new AwsError(
        'InvalidIdentityToken',
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
      );
    const issuer = String(claims['iss'] ?? '')
      .replace(/^https:\/\//, '')
      .replace(/\/$/, '');
    const provider = this.#iam.oidcProviders.get(issuer);
    if (provider === undefined)
      throw new AwsError(
        'InvalidIdentityToken',
        `No OpenIDConnect provider found in your account for https://${issuer}`,
      );
    const audiences = [claims['aud']].flat().map(String);
    if (!audiences.some((audience) => provider.clientIds.includes(audience)))
      throw new AwsError('InvalidIdentityToken', 'Incorrect token audience');
    const nowSeconds = Math.floor(this.#kernel.now / 1000);
    if (typeof claims['exp'] !== 'number' || claims['exp'] <= nowSeconds)
      throw new AwsError(
        'ExpiredTokenException',
        `Token expired: current date/time ${nowSeconds} must be before the expiration date/time ${String(claims['exp'])}`,
      );
    const denied = new AwsError(
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
      403,
    );
    const role = this.#iam.roleByArn(input.RoleArn ?? '');
    if (role === undefined) throw denied;
    const context: Record<string, string | readonly string[]> = {
      'sts:RoleSessionName': sessionName,
      'aws:CurrentTime': new Date(this.#kernel.now).toISOString(),
    };
    for (const [claim, value] of Object.entries(claims)) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        context[`${provider.host}:${claim}`] = String(value);
      else if (Array.isArray(value)) context[`${provider.host}:${claim}`] = value.map(String);
    }
    const trust = evaluateTrust(role.trust.document, { kind: 'Federated', names: [provider.arn] }, [], {
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: role.arn,
      context,
    });
    if (trust.decision !== 'allowed') {
      this.#kernel.record('sts.web-identity-denied', role.arn, { sub: String(claims['sub'] ?? '') });
      throw denied;
    }
    const durationSeconds = this.#duration(role, input.DurationSeconds, false);
    return {
      ...this.#openSession(role, sessionName, durationSeconds, input.Policy),
      SubjectFromWebIdentityToken: String(claims['sub'] ?? ''),
      Audience: audiences[0],
      Provider: provider.arn,
    };
  }

  #duration(role: IamRole, asked: number | undefined, chained: boolean): number {
    const duration = asked ?? 3600;
    if (duration < 900 || duration > 43_200)
      throw new AwsError(
        'ValidationError',
        `1 validation error detected: Value '${duration}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${duration < 900 ? 'greater than or equal to 900' : 'less than or equal to 43200'}`,
      );
    if (chained && duration > chainedSessionLimitSeconds)
      throw new AwsError(
        'ValidationError',
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      );
    if (duration > role.maxSessionDurationSeconds)
      throw new AwsError(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    return duration;
  }

  #openSession(
    role: IamRole,
    sessionName: string,
    durationSeconds: number,
    policy: string | undefined,
  ): { Credentials: Credentials; AssumedRoleUser: AssumedRoleUser } {
    const { accountId } = this.#kernel.config;
    const arn = `arn:aws:sts::${accountId}:assumed-role/${role.name}/${sessionName}`;
    const sessionPolicies: readonly PolicyDocument[] | undefined =
      policy === undefined ? undefined : [parsePolicy(policy, 'identity')];
    const expiresAtMs = this.#kernel.now + durationSeconds * 1000;
    const rng = this.#kernel.rng('sts.session');
    const accessKeyId = this.#iam.newId('ASIA');
    const credentials: LookedUpCredentials = {
      secretAccessKey: this.#iam.newSecretKey(),
      sessionToken: `IQoJb3JpZ2luX2Vj${rng.hex(160)}`,
      principal: {
        kind: 'role-session',
        arn,
        name: role.name,
        ...(sessionPolicies === undefined ? {} : { sessionPolicies }),
      },
      expiresAtMs,
    };
    this.#credentials.set(accessKeyId, credentials);
    this.#kernel.record('sts.session', arn, { durationSeconds });
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: new Date(expiresAtMs),
      },
      AssumedRoleUser: { AssumedRoleId: `${role.id}:${sessionName}`, Arn: arn },
    };
  }
}

function checkSessionName(name: string | undefined): string {
  if (name === undefined || !sessionNamePattern.test(name))
    throw new AwsError(
      'ValidationError',
      `1 validation error detected: Value '${name ?? ''}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]* (2 to 64 characters)`,
    );
  return name;
}
