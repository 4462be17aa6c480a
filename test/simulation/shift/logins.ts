/** A region whose users log in before production's rule forwards them. */
import type { Region } from './region.ts';

export const oidc = {
  Issuer: 'https://login.example.com',
  AuthorizationEndpoint: 'https://login.example.com/authorize',
  TokenEndpoint: 'https://login.example.com/token',
  UserInfoEndpoint: 'https://login.example.com/userinfo',
  ClientId: 'shop',
} as const;
export const cognito = {
  UserPoolArn: 'arn:aws:cognito-idp:ap-south-1:123456789012:userpool/ap-south-1_abc',
  UserPoolClientId: 'shop',
  UserPoolDomain: 'shop.auth.ap-south-1.amazoncognito.com',
} as const;

/** Logins stand on HTTPS listeners only. */
export function logInBy(region: Region, kind: 'oidc' | 'cognito', targetGroupArn = region.groups.a): void {
  const elb = (operation: string, input: object) =>
    region.world.must('elasticloadbalancing', operation, input);
  elb('ModifyListener', {
    ListenerArn: region.listenerArn,
    Protocol: 'HTTPS',
    Certificates: [{ CertificateArn: 'arn:aws:acm:ap-south-1:123456789012:certificate/1' }],
  });
  const login =
    kind === 'oidc'
      ? { Type: 'authenticate-oidc', AuthenticateOidcConfig: { ...oidc, ClientSecret: 'hush' } }
      : { Type: 'authenticate-cognito', AuthenticateCognitoConfig: cognito };
  elb('ModifyRule', {
    RuleArn: region.ruleArn,
    Actions: [
      { ...login, Order: 1 },
      { Type: 'forward', TargetGroupArn: targetGroupArn, Order: 2 },
    ],
  });
}

/** The login of production's rule as ELB shows it, and whether its secret is still there to be kept. */
export function loginOf(region: Region): object {
  const elb = (operation: string, input: object) =>
    region.world.must('elasticloadbalancing', operation, input);
  const [login, forward] = elb('DescribeRules', { RuleArns: [region.ruleArn] }).Rules[0].Actions;
  if (login.AuthenticateOidcConfig !== undefined) {
    elb('ModifyRule', {
      RuleArn: region.ruleArn,
      Actions: [
        {
          ...login,
          AuthenticateOidcConfig: { ...login.AuthenticateOidcConfig, UseExistingClientSecret: true },
        },
        forward,
      ],
    });
  }
  return login.AuthenticateOidcConfig ?? login.AuthenticateCognitoConfig;
}
