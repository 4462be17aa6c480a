/** Going back by weight where production's rule asks for a login, whose secret ELB shows to nobody. */
import { expect, test } from '@jest/globals';
import { makePair, rollBackPair } from './pair.ts';

test.each(['default-action', 'rule'] as const)(
  'a %s that logs in by OIDC keeps its secret',
  async (where) => {
    const pair = await makePair({ where });
    const elb = (operation: string, input: object) =>
      pair.world.must('elasticloadbalancing', operation, input);
    const login = {
      Type: 'authenticate-oidc',
      Order: 1,
      AuthenticateOidcConfig: {
        Issuer: 'https://login.example.com',
        AuthorizationEndpoint: 'https://login.example.com/authorize',
        TokenEndpoint: 'https://login.example.com/token',
        UserInfoEndpoint: 'https://login.example.com/userinfo',
        ClientId: 'shop',
        ClientSecret: 'hush',
      },
    };
    const forward = {
      Type: 'forward',
      Order: 2,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: pair.blue, Weight: 0 },
          { TargetGroupArn: pair.green, Weight: 100 },
        ],
      },
    };
    elb('ModifyListener', {
      ListenerArn: pair.listenerArn,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: 'arn:aws:acm:ap-south-1:123456789012:certificate/1' }],
      ...(where === 'default-action' ? { DefaultActions: [login, forward] } : {}),
    });
    if (pair.location.kind === 'rule') {
      elb('ModifyRule', { RuleArn: pair.location.ruleArn, Actions: [login, forward] });
    }
    const { outputs } = await rollBackPair(pair);
    expect({ outcome: outputs['outcome'], mode: outputs['mode'] }).toEqual({
      outcome: 'succeeded',
      mode: 'weights',
    });
    const actions =
      pair.location.kind === 'rule'
        ? elb('DescribeRules', { RuleArns: [pair.location.ruleArn] }).Rules[0].Actions
        : elb('DescribeListeners', { ListenerArns: [pair.listenerArn] }).Listeners[0].DefaultActions;
    expect(actions).toMatchObject([
      { Type: 'authenticate-oidc', AuthenticateOidcConfig: { ClientId: 'shop' } },
      { Type: 'forward', ForwardConfig: { TargetGroups: [{ Weight: 100 }, { Weight: 0 }] } },
    ]);
  },
);
