/** The actions that make clients log in: checked, stored with their secret, and told without it. */
import type {
  Action,
  AuthenticateCognitoActionConfig,
  AuthenticateOidcActionConfig,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import type { LoginRoute } from '../contracts.ts';
import type { Permission } from '../service.ts';
import { between, required, validationError } from './errors.ts';

const types: readonly (string | undefined)[] = ['authenticate-oidc', 'authenticate-cognito'];
const behaviours = ['deny', 'allow', 'authenticate'];
const endpoints = ['Issuer', 'AuthorizationEndpoint', 'TokenEndpoint', 'UserInfoEndpoint'] as const;

/** API: AuthenticateOidcActionConfig, AuthenticateCognitoActionConfig. */
const defaults = {
  SessionCookieName: 'AWSELBAuthSessionCookie',
  Scope: 'openid',
  SessionTimeout: 604_800,
  OnUnauthenticatedRequest: 'authenticate',
} as const;

export function isAuthentication(action: Action): boolean {
  return types.includes(action.Type);
}

/** `previous`: actions of the rule that is being modified; undefined while it is being created. */
export function normaliseAuthentication(
  action: Action,
  protocol: string,
  previous: readonly Action[] | undefined,
): Action {
  if (protocol !== 'HTTPS') {
    throw invalidAction(`Action type '${action.Type}' is supported only by HTTPS listeners`);
  }
  const order = action.Order === undefined ? {} : { Order: action.Order };
  if (action.Type === 'authenticate-cognito') {
    const config = withDefaults<AuthenticateCognitoActionConfig>(action.AuthenticateCognitoConfig);
    for (const member of ['UserPoolArn', 'UserPoolClientId', 'UserPoolDomain'] as const) {
      required(config[member], member);
    }
    return { Type: 'authenticate-cognito', AuthenticateCognitoConfig: config, ...order };
  }
  const config = withDefaults<AuthenticateOidcActionConfig>(action.AuthenticateOidcConfig);
  for (const member of endpoints) {
    required(config[member], member);
    if (!/^https:\/\/[^/]+/.test(config[member] ?? '')) {
      throw validationError(`${member} '${config[member]}' must be a full HTTPS URL`);
    }
  }
  required(config.ClientId, 'ClientId');
  const { UseExistingClientSecret: keep, ClientSecret: given, ...rest } = config;
  if (keep === true && given !== undefined) {
    throw invalidAction('You cannot both specify a client secret and set UseExistingClientSecret to true');
  }
  const held = previous?.find((each) => each.Type === 'authenticate-oidc')?.AuthenticateOidcConfig;
  const secret = keep === true ? held?.ClientSecret : given;
  if (secret === undefined) {
    throw invalidAction(
      previous === undefined || held === undefined
        ? 'A client secret must be specified'
        : 'You must either specify a client secret or set UseExistingClientSecret to true',
    );
  }
  const stored = { ...rest, ClientSecret: secret } as AuthenticateOidcActionConfig;
  return { Type: 'authenticate-oidc', AuthenticateOidcConfig: stored, ...order };
}

/** What Describe, Create and Modify answer: never the secret. */
export function withoutSecrets(actions: readonly Action[]): Action[] {
  return actions.map((action) => {
    if (action.AuthenticateOidcConfig === undefined) return action;
    const { ClientSecret: _secret, ...shown } = action.AuthenticateOidcConfig;
    return { ...action, AuthenticateOidcConfig: shown };
  });
}

/** Who lets ELB log in by Cognito must be allowed to read the pool's client (Guide: Authenticate users). */
export function poolPermissions(actions: readonly Action[] | undefined): readonly Permission[] {
  return (actions ?? []).flatMap(({ AuthenticateCognitoConfig: config }) =>
    config === undefined
      ? []
      : [{ action: 'cognito-idp:DescribeUserPoolClient', resources: [config.UserPoolArn ?? '*'] }],
  );
}

/** Undefined where the rule lets everybody through. */
export function loginRoute(actions: readonly Action[]): LoginRoute | undefined {
  for (const { AuthenticateOidcConfig: oidc, AuthenticateCognitoConfig: cognito } of actions) {
    const config = oidc ?? cognito;
    if (config === undefined || config.OnUnauthenticatedRequest === 'allow') continue;
    return {
      cookie: config.SessionCookieName ?? defaults.SessionCookieName,
      otherwise: config.OnUnauthenticatedRequest === 'deny' ? 'deny' : 'authenticate',
      location: oidc?.AuthorizationEndpoint ?? `https://${cognito?.UserPoolDomain ?? ''}/oauth2/authorize`,
    };
  }
  return undefined;
}

function withDefaults<T extends AuthenticateOidcActionConfig | AuthenticateCognitoActionConfig>(
  config: T | undefined,
): T {
  const whole = { ...defaults, ...config } as T;
  between(Number(whole.SessionTimeout), 1, 604_800, 'Session timeout');
  if (!behaviours.includes(whole.OnUnauthenticatedRequest ?? '')) {
    throw validationError(`OnUnauthenticatedRequest must be one of '${behaviours.join(', ')}'`);
  }
  if (Object.keys(whole.AuthenticationRequestExtraParams ?? {}).length > 10) {
    throw validationError('At most 10 extra parameters are allowed');
  }
  return whole;
}

function invalidAction(message: string): AwsError {
  return new AwsError('InvalidLoadBalancerAction', message);
}
