/** Logins in rules and listeners, as the API reference says them. */
import { describe, expect, test } from '@jest/globals';
import { actionFor } from '../../../../src/lab/world/elbv2/login.ts';
import { balancing, call, errorOf, forward } from './fixture.ts';

const oidc = {
  Issuer: 'https://login.example.com',
  AuthorizationEndpoint: 'https://login.example.com/authorize',
  TokenEndpoint: 'https://login.example.com/token',
  UserInfoEndpoint: 'https://login.example.com/userinfo',
  ClientId: 'shop',
};
const cognito = {
  UserPoolArn: 'arn:aws:cognito-idp:ap-south-1:123456789012:userpool/ap-south-1_abc',
  UserPoolClientId: 'shop',
  UserPoolDomain: 'shop.auth.ap-south-1.amazoncognito.com',
};

function https(protocol = 'HTTPS') {
  const setup = balancing();
  const created = call(setup.elb, 'CreateListener', {
    LoadBalancerArn: setup.loadBalancerArn,
    Port: 443,
    Protocol: protocol,
    ...(protocol === 'HTTPS' ? { Certificates: [{ CertificateArn: 'arn:aws:acm:r:1:certificate/1' }] } : {}),
    DefaultActions: forward({ [setup.blue]: 1 }),
  });
  const listenerArn: string = created.Listeners[0].ListenerArn;
  const actions = (config: object, type = 'authenticate-oidc') => [
    {
      Type: type,
      Order: 1,
      [type === 'authenticate-oidc' ? 'AuthenticateOidcConfig' : 'AuthenticateCognitoConfig']: config,
    },
    { Type: 'forward', TargetGroupArn: setup.blue, Order: 2 },
  ];
  const rule = (Actions: readonly object[]) => ({
    ListenerArn: listenerArn,
    Priority: 10,
    Conditions: [{ Field: 'path-pattern', Values: ['/*'] }],
    Actions,
  });
  return { ...setup, listenerArn, actions, rule };
}

describe('authenticate-oidc', () => {
  test('needs its secret to be made, and no answer ever shows it', () => {
    const { elb, actions, rule } = https();
    expect(errorOf(elb, 'CreateRule', rule(actions(oidc)))).toBe('InvalidLoadBalancerAction');
    expect(errorOf(elb, 'CreateRule', rule(actions({ ...oidc, UseExistingClientSecret: true })))).toBe(
      'InvalidLoadBalancerAction',
    );
    const made = call(elb, 'CreateRule', rule(actions({ ...oidc, ClientSecret: 'hush' })));
    const RuleArn: string = made.Rules[0].RuleArn;
    const read = call(elb, 'DescribeRules', { RuleArns: [RuleArn] });
    expect(read.Rules[0].Actions[0].AuthenticateOidcConfig).toEqual({
      ...oidc,
      SessionCookieName: 'AWSELBAuthSessionCookie',
      Scope: 'openid',
      SessionTimeout: 604_800,
      OnUnauthenticatedRequest: 'authenticate',
    });
    expect(JSON.stringify([made, read])).not.toContain('hush');
  });

  test.each([
    ['with nothing of it', {}, 'InvalidLoadBalancerAction'],
    ['with the one it has', { UseExistingClientSecret: true }, 'none'],
    ['with a new one', { ClientSecret: 'new' }, 'none'],
    ['with both', { ClientSecret: 'new', UseExistingClientSecret: true }, 'InvalidLoadBalancerAction'],
  ])('a rule is modified %s', (_what, change, code) => {
    const { elb, actions, rule } = https();
    const RuleArn: string = call(elb, 'CreateRule', rule(actions({ ...oidc, ClientSecret: 'hush' }))).Rules[0]
      .RuleArn;
    expect(errorOf(elb, 'ModifyRule', { RuleArn, Actions: actions({ ...oidc, ...change }) })).toBe(code);
    // Kept or not changed at all: what stands there can be written back once more.
    const again = { RuleArn, Actions: actions({ ...oidc, UseExistingClientSecret: true }) };
    expect(errorOf(elb, 'ModifyRule', again)).toBe('none');
  });

  test('a rule without one has no secret to go on with; a listener goes by the same rule', () => {
    const { elb, blue, listenerArn, actions, rule } = https();
    const RuleArn: string = call(elb, 'CreateRule', rule(forward({ [blue]: 1 }) as object[])).Rules[0]
      .RuleArn;
    const keep = actions({ ...oidc, UseExistingClientSecret: true });
    expect(errorOf(elb, 'ModifyRule', { RuleArn, Actions: keep })).toBe('InvalidLoadBalancerAction');
    const listener = (DefaultActions: object[]) =>
      errorOf(elb, 'ModifyListener', { ListenerArn: listenerArn, DefaultActions });
    expect(listener(keep)).toBe('InvalidLoadBalancerAction');
    expect(listener(actions({ ...oidc, ClientSecret: 'hush' }))).toBe('none');
    expect(listener(keep)).toBe('none');
    expect(listener(actions(oidc))).toBe('InvalidLoadBalancerAction');
  });

  test.each([
    ['an endpoint without HTTPS', { TokenEndpoint: 'http://login.example.com/token' }],
    ['an endpoint that is missing', { UserInfoEndpoint: undefined }],
    ['no client', { ClientId: undefined }],
    ['a session that is too long', { SessionTimeout: 604_801 }],
    ['an unknown behaviour', { OnUnauthenticatedRequest: 'ask' }],
  ])('%s is refused', (_what, change) => {
    const { elb, actions, rule } = https();
    const input = rule(actions({ ...oidc, ClientSecret: 'hush', ...change }));
    expect(errorOf(elb, 'CreateRule', input)).toBe('ValidationError');
  });
});

test('authenticate-cognito holds no secret, and asks for the right to read the pool’s client', () => {
  const { elb, actions, rule } = https();
  const input = rule(actions(cognito, 'authenticate-cognito'));
  expect(errorOf(elb, 'CreateRule', input)).toBe('none');
  expect(elb.operations['CreateRule']?.permissions(input)).toContainEqual({
    action: 'cognito-idp:DescribeUserPoolClient',
    resources: [cognito.UserPoolArn],
  });
  const noDomain = rule(actions({ ...cognito, UserPoolDomain: undefined }, 'authenticate-cognito'));
  expect(errorOf(elb, 'CreateRule', noDomain)).toBe('ValidationError');
});

test('a login stands before one other action, on HTTPS alone', () => {
  const { elb, actions, rule } = https();
  const whole = actions({ ...oidc, ClientSecret: 'hush' });
  const [login, last] = whole as [object, object];
  expect(errorOf(elb, 'CreateRule', rule([login]))).toBe('InvalidLoadBalancerAction');
  expect(
    errorOf(
      elb,
      'CreateRule',
      rule([
        { ...login, Order: 2 },
        { ...last, Order: 1 },
      ]),
    ),
  ).toBe('InvalidLoadBalancerAction');
  expect(errorOf(elb, 'CreateRule', rule([{ ...login, Order: 3 }, ...whole]))).toBe(
    'InvalidLoadBalancerAction',
  );
  expect(errorOf(elb, 'CreateRule', rule([{ ...login, Order: undefined }, last]))).toBe('ValidationError');
  const plain = https('HTTP');
  expect(errorOf(plain.elb, 'CreateRule', plain.rule(plain.actions({ ...oidc, ClientSecret: 'hush' })))).toBe(
    'InvalidLoadBalancerAction',
  );
});

test.each([
  ['authenticate', undefined, { kind: 'redirect', status: 302, location: oidc.AuthorizationEndpoint }],
  ['deny', undefined, { kind: 'fixed-response', status: 401 }],
  ['allow', undefined, { kind: 'forward' }],
  ['authenticate', 'theme=dark; AWSELBAuthSessionCookie-0=x', { kind: 'forward' }],
  ['authenticate', 'AWSELBAuthSessionCookieish=x', { kind: 'redirect' }],
  ['deny', 'AWSELBAuthSessionCookie-1=x', { kind: 'forward' }],
])('%s with the cookies %s', (behaviour, cookies, expected) => {
  const { elb, actions, rule } = https();
  const config = { ...oidc, ClientSecret: 'hush', OnUnauthenticatedRequest: behaviour };
  call(elb, 'CreateRule', rule(actions(config)));
  const [route] = elb.routingTable().listeners[0]!.rules;
  expect(actionFor(route!, cookies)).toMatchObject(expected);
});
