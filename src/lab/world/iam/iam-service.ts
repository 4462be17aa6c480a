/** IAM of the account: identities and policies, the API over them, and the verdict on every call. */
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';
import type { Rng } from '../random.ts';
import type { Operation, Permission, Principal, ServiceId, ServiceModule } from '../service.ts';
import { denialCode, denialStatus, deniedMessage } from './denial.ts';
import { evaluatePolicies } from './evaluate.ts';
import { iamOperations } from './iam-operations.ts';
import type { AccessKey, IamRole, IamUser, ManagedPolicy, OidcProvider, StoredPolicy } from './identities.ts';
import { type PolicyDocument, type PolicyKind, parsePolicy } from './policy-document.ts';

/** The principal of a session: what the role may do is cut down further by the session's own policies. */
export interface SessionPrincipal extends Principal {
  readonly sessionPolicies?: readonly PolicyDocument[];
}

export interface RoleSettings {
  readonly name: string;
  readonly trustPolicy: string | object;
  /** Inline policies by name. */
  readonly policies?: Readonly<Record<string, string | object>>;
  readonly path?: string;
  readonly description?: string;
  /** 3600 to 43200, 3600 unless told otherwise. */
  readonly maxSessionDurationSeconds?: number;
}

export interface UserSettings {
  readonly name: string;
  readonly policies?: Readonly<Record<string, string | object>>;
  readonly path?: string;
}

const base32 = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'];
const secretAlphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'];

function alreadyExists(what: string, name: string): AwsError {
  return new AwsError('EntityAlreadyExists', `${what} with name ${name} already exists.`, 409);
}

/** Policies that AWS manages are known by name only; the lab carries the one that means everything. */
const administratorAccessArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
const administratorAccess = stored(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  'identity',
);

/** @throws AwsError MalformedPolicyDocument */
function stored(document: string | object, kind: PolicyKind): StoredPolicy {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return { text, document: parsePolicy(document, kind) };
}

export class IamService implements ServiceModule {
  readonly id = 'iam';
  readonly users = new Map<string, IamUser>();
  readonly roles = new Map<string, IamRole>();
  readonly managedPolicies = new Map<string, ManagedPolicy>();
  readonly oidcProviders = new Map<string, OidcProvider>();
  readonly #kernel: Kernel;
  #operations: Readonly<Record<string, Operation>> | undefined;

  constructor(deps: { readonly kernel: Kernel }) {
    this.#kernel = deps.kernel;
    this.managedPolicies.set(administratorAccessArn, {
      name: 'AdministratorAccess',
      arn: administratorAccessArn,
      policy: administratorAccess,
    });
  }

  /** Made when somebody asks: few worlds are asked about IAM. */
  get operations(): Readonly<Record<string, Operation>> {
    this.#operations ??= iamOperations(this);
    return this.#operations;
  }

  get now(): number {
    return this.#kernel.now;
  }

  /** The account's root, as trust policies name it. */
  get rootArn(): string {
    return `arn:aws:iam::${this.#kernel.config.accountId}:root`;
  }

  arn(resource: string): string {
    return `arn:aws:iam::${this.#kernel.config.accountId}:${resource}`;
  }

  storePolicy(document: string | object, kind: PolicyKind): StoredPolicy {
    return stored(document, kind);
  }

  /** `prefix` as AWS: AIDA users, AROA roles, AKIA keys, ASIA session keys. 20 characters in all. */
  newId(prefix: string, rng: Rng = this.#kernel.rng('iam.id')): string {
    let id = prefix;
    while (id.length < 20) id += rng.pick(base32);
    return id;
  }

  newSecretKey(rng: Rng = this.#kernel.rng('iam.secret')): string {
    let key = '';
    while (key.length < 40) key += rng.pick(secretAlphabet);
    return key;
  }

  /** @throws AwsError EntityAlreadyExists, MalformedPolicyDocument, ValidationError */
  addRole(settings: RoleSettings): IamRole {
    if (this.roles.has(settings.name)) throw alreadyExists('Role', settings.name);
    const path = settings.path ?? '/';
    const duration = settings.maxSessionDurationSeconds ?? 3600;
    if (duration < 3600 || duration > 43_200)
      throw new AwsError('ValidationError', `MaxSessionDuration is ${duration}; 3600 to 43200 is allowed.`);
    const role: IamRole = {
      name: settings.name,
      arn: this.arn(`role${path}${settings.name}`),
      id: this.newId('AROA'),
      path,
      description: settings.description,
      createdAtMs: this.now,
      maxSessionDurationSeconds: duration,
      trust: this.storePolicy(settings.trustPolicy, 'trust'),
      inlinePolicies: this.#inline(settings.policies),
      attachedPolicyArns: new Set(),
    };
    this.roles.set(role.name, role);
    this.#kernel.record('iam.role-created', role.arn);
    return role;
  }

  addUser(settings: UserSettings): IamUser {
    if (this.users.has(settings.name)) throw alreadyExists('User', settings.name);
    const path = settings.path ?? '/';
    const user: IamUser = {
      name: settings.name,
      arn: this.arn(`user${path}${settings.name}`),
      id: this.newId('AIDA'),
      path,
      createdAtMs: this.now,
      inlinePolicies: this.#inline(settings.policies),
      attachedPolicyArns: new Set(),
      accessKeys: [],
    };
    this.users.set(user.name, user);
    this.#kernel.record('iam.user-created', user.arn);
    return user;
  }

  addAccessKey(userName: string): AccessKey {
    const user = this.user(userName);
    if (user.accessKeys.length >= 2)
      throw new AwsError('LimitExceeded', 'Cannot exceed quota for AccessKeysPerUser: 2', 409);
    const key: AccessKey = {
      accessKeyId: this.newId('AKIA'),
      secretAccessKey: this.newSecretKey(),
      createdAtMs: this.now,
      status: 'Active',
    };
    user.accessKeys.push(key);
    return key;
  }

  /** `url` with or without `https://`; GitHub's is `token.actions.githubusercontent.com`. */
  addOidcProvider(
    url: string,
    clientIds: readonly string[],
    thumbprints: readonly string[] = [],
  ): OidcProvider {
    const host = url.replace(/^https:\/\//, '').replace(/\/$/, '');
    const arn = this.arn(`oidc-provider/${host}`);
    if (this.oidcProviders.has(host))
      throw new AwsError('EntityAlreadyExists', `Provider with url ${url} already exists.`, 409);
    const provider = { arn, host, clientIds, thumbprints, createdAtMs: this.now };
    this.oidcProviders.set(host, provider);
    return provider;
  }

  user(name: string): IamUser {
    const user = this.users.get(name);
    if (user === undefined)
      throw new AwsError('NoSuchEntity', `The user with name ${name} cannot be found.`, 404);
    return user;
  }

  role(name: string): IamRole {
    const role = this.roles.get(name);
    if (role === undefined)
      throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    return role;
  }

  roleByArn(arn: string): IamRole | undefined {
    for (const role of this.roles.values()) if (role.arn === arn) return role;
    return undefined;
  }

  /** The owner of a long-lived key. */
  findAccessKey(accessKeyId: string): { readonly user: IamUser; readonly key: AccessKey } | undefined {
    for (const user of this.users.values()) {
      const key = user.accessKeys.find((one) => one.accessKeyId === accessKeyId);
      if (key !== undefined) return { user, key };
    }
    return undefined;
  }

  /** All identity policies of a user or role session; undefined where IAM does not know the name (any more). */
  identityPolicies(principal: Principal): readonly PolicyDocument[] | undefined {
    const identity =
      principal.kind === 'user' ? this.users.get(principal.name) : this.roles.get(principal.name);
    if (identity === undefined) return undefined;
    const attached = [...identity.attachedPolicyArns].map(
      (arn) => this.managedPolicies.get(arn)?.policy.document,
    );
    const inline = [...identity.inlinePolicies.values()].map((policy) => policy.document);
    return [...inline, ...attached.filter((document) => document !== undefined)];
  }

  /** The keys that are in every request's context. */
  globalContext(principal: Principal): Record<string, string> {
    const { accountId, region } = this.#kernel.config;
    const context: Record<string, string> = {
      'aws:PrincipalArn':
        principal.kind === 'role-session'
          ? (this.roles.get(principal.name)?.arn ?? principal.arn)
          : principal.arn,
      'aws:PrincipalAccount': accountId,
      'aws:RequestedRegion': region,
      'aws:SecureTransport': 'true',
      'aws:CurrentTime': new Date(this.now).toISOString(),
      'aws:EpochTime': String(Math.floor(this.now / 1000)),
      'aws:PrincipalType':
        principal.kind === 'role-session' ? 'AssumedRole' : principal.kind === 'user' ? 'User' : 'Account',
    };
    if (principal.kind === 'user') context['aws:username'] = principal.name;
    return context;
  }

  /** The root of the account, whom no policy is asked about. */
  isAllowedAll(principal: Principal): boolean {
    return principal.kind === 'root';
  }

  /**
   * The answer IAM gives before an operation runs: undefined where every permission is allowed, else the
   * error of the calling service. The root of the account may do everything.
   */
  authorize(
    principal: SessionPrincipal,
    service: ServiceId,
    permissions: readonly Permission[],
  ): AwsError | undefined {
    if (this.isAllowedAll(principal) || permissions.length === 0) return undefined;
    if (principal.kind === 'anonymous')
      return new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
    const policies = this.identityPolicies(principal);
    const global = this.globalContext(principal);
    for (const permission of permissions) {
      const context = { ...global, ...permission.context };
      for (const resource of permission.resources) {
        const question = { action: permission.action, resource, context };
        const decision = evaluatePolicies(policies ?? [], question);
        if (decision !== 'allowed')
          return this.#denied(service, principal, permission.action, resource, decision, 'identity-based');
        if (principal.sessionPolicies !== undefined) {
          const session = evaluatePolicies(principal.sessionPolicies, question);
          if (session !== 'allowed')
            return this.#denied(service, principal, permission.action, resource, session, 'session');
        }
      }
    }
    return undefined;
  }

  #denied(
    service: ServiceId,
    principal: Principal,
    action: string,
    resource: string,
    decision: 'explicit-deny' | 'implicit-deny',
    policyType: 'identity-based' | 'session',
  ): AwsError {
    this.#kernel.record('iam.denied', principal.arn, { action, resource, decision });
    return new AwsError(
      denialCode(service),
      deniedMessage(principal.arn, action, resource, decision, policyType),
      denialStatus(service),
    );
  }

  #inline(policies: Readonly<Record<string, string | object>> | undefined): Map<string, StoredPolicy> {
    return new Map(
      Object.entries(policies ?? {}).map(([name, document]) => [
        name,
        this.storePolicy(document, 'identity'),
      ]),
    );
  }
}
