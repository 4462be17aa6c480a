/** Production asks for a login: by OIDC, whose secret ELB shows to nobody, or by Cognito. */
import { describe, expect, test } from '@jest/globals';
import { policyOf } from '../../support/policies.ts';
import { cognito, logInBy, loginOf, oidc } from './logins.ts';
import { Caller } from './permitted.ts';
import { policyWords } from './policy-words.ts';
import { liveWeights, makeRegion, registerImage, rulesOfListener, shift } from './region.ts';

const quick = { accept: 'unproven', 'bake-time': '1m', 'probe-count': '0', 'probes-per-step': '0' };
const probed = { 'bake-time': '1m', 'probe-count': '50', 'probe-paths': '/cart' };

async function regionWith(kind: 'oidc' | 'cognito', seed: number, v2: object = {}) {
  const region = await makeRegion('ecs', { seed, requestsPerSecond: 20, apps: { v2 } });
  logInBy(region, kind);
  registerImage(region, 'v2');
  return region;
}

describe('by OIDC', () => {
  test('the test rule cannot be a copy: refused with the way out, and nothing is touched', async () => {
    const region = await regionWith('oidc', 2101);
    const { outputs } = await shift(region, probed);
    expect(outputs).toMatchObject({ outcome: 'refused', cause: 'test-rule-login,probe-authentication' });
    expect(region.log.join('\n')).toContain('With test-rule-login: none');
    expect(rulesOfListener(region)).toBe(2);
    expect(region.world.callCounts()['ecs:CreateService']).toBeUndefined();
  });

  test.each([
    ['to everything', {}, 'promoted', { 'api-a': 0, 'api-b': 100 }],
    ['and back', { errorRate: 0.3 }, 'rolled-back', { 'api-a': 1, 'api-b': 0 }],
  ])(
    'a shift with a test rule without a login goes %s, and the secret stays',
    async (_way, v2, outcome, weights) => {
      const region = await regionWith('oidc', 2102, v2);
      const { outputs } = await shift(region, { ...quick, 'probe-count': '20', 'test-rule-login': 'none' });
      expect([outputs['outcome'], region.log.slice(-3)]).toEqual([outcome, expect.anything()]);
      expect(liveWeights(region)).toEqual(weights);
      expect(loginOf(region)).toMatchObject({ ...oidc, OnUnauthenticatedRequest: 'authenticate' });
      expect(region.log.join('\n')).toContain('and without its login');
    },
  );

  test('the command for a person keeps the secret, too', async () => {
    const region = await regionWith('oidc', 2103, { errorRate: 0.3 });
    const { report } = await shift(
      region,
      { ...quick, 'test-rule-login': 'none', timeout: '20m' },
      {
        // The way there is open, the way back is not.
        wrap: (aws) => ({
          call: async (name, input, signal) => {
            const denied =
              name === 'elasticloadbalancing:ModifyRule' && (region.states.at(-1)?.weights.length ?? 0) > 1;
            if (!denied) return aws.call(name, input, signal);
            const { AwsCallError } = await import('../../../src/aws/call-error.ts');
            throw new AwsCallError(name, 'AccessDenied', 'not any more', 'access-denied');
          },
        }),
      },
    );
    const [, command] = /--actions '(\[.*?\])'/.exec(report.commands?.join(' ') ?? '') ?? [];
    const [login] = JSON.parse(command ?? '[{}]');
    expect(login.AuthenticateOidcConfig).toMatchObject({ ClientId: 'shop', UseExistingClientSecret: true });
    expect(command).not.toContain('hush');
    // And ELB takes it.
    region.world.must('elasticloadbalancing', 'ModifyRule', {
      RuleArn: region.ruleArn,
      Actions: JSON.parse(command ?? ''),
    });
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  });
});

describe('by Cognito', () => {
  test('the test rule is a copy, behind which probes would be turned away', async () => {
    const region = await regionWith('cognito', 2104);
    const refused = await shift(region, probed);
    expect(refused.outputs).toMatchObject({ outcome: 'refused', cause: 'probe-authentication' });
    const seen: string[] = [];
    const { outputs } = await shift(region, quick, {
      runId: '2',
      wrap: (aws) => ({
        call: async (name, input, signal) => {
          if (name === 'elasticloadbalancing:CreateRule') seen.push(JSON.stringify(input));
          return aws.call(name, input, signal);
        },
      }),
    });
    expect(outputs['outcome']).toBe('promoted');
    expect(seen).toEqual([expect.stringContaining('"authenticate-cognito"')]);
    expect(loginOf(region)).toMatchObject(cognito);
  });

  test('without it probes reach green', async () => {
    const region = await regionWith('cognito', 2105, { errorRate: 1 });
    const { outputs } = await shift(region, { ...probed, 'test-rule-login': 'none' });
    expect(outputs['outcome']).toBe('rolled-back');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  });

  test('the role needs the right to read the client of the pool', async () => {
    const policy = policyOf('blue-green-shift', policyWords);
    const pool = {
      Sid: 'Pool',
      Effect: 'Allow',
      Action: 'cognito-idp:DescribeUserPoolClient',
      Resource: cognito.UserPoolArn,
    };
    const ends: unknown[] = [];
    for (const statements of [[], [pool]]) {
      const region = await regionWith('cognito', 2106);
      const caller = new Caller({ ...policy, Statement: [...policy.Statement, ...statements] });
      caller.enter(region);
      const broken = await caller.run(region, quick).then(
        ({ outputs }) => outputs['outcome'],
        (error: Error) => error.message,
      );
      ends.push(`${broken} ${caller.played().told} ${caller.played().denied.join()}`);
    }
    expect(ends).toEqual([
      expect.stringContaining('cognito-idp:DescribeUserPoolClient'),
      expect.stringMatching(/^promoted /),
    ]);
  });
});
