import { describe, expect, test } from '@jest/globals';
import type { JobIdentity } from '../../../../src/lab/world/github/index.ts';
import type { Principal } from '../../../../src/lab/world/service.ts';
import { World } from '../../../../src/lab/world/world.ts';

const host = 'token.actions.githubusercontent.com';
const anonymous: Principal = { kind: 'anonymous', arn: 'anonymous', name: 'anonymous' };

const job: JobIdentity = {
  repository: 'acme/api',
  repositoryId: 42,
  repositoryOwnerId: 7,
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  workflow: 'deploy',
  jobWorkflowRef: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
  runId: 1,
  runAttempt: 1,
  actor: 'ana',
  eventName: 'push',
};

function worldWithRole(subject: string, operator = 'StringEquals') {
  const world = new World();
  const provider = world.iam.addOidcProvider(`https://${host}`, ['sts.amazonaws.com']);
  world.iam.addRole({
    name: 'Deploy',
    trustPolicy: {
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: provider.arn },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' },
            [operator]: { [`${host}:sub`]: subject },
          },
        },
      ],
    },
  });
  return world;
}

function assume(world: World, token: string, more: object = {}) {
  const input = {
    RoleArn: 'arn:aws:iam::123456789012:role/Deploy',
    RoleSessionName: 'run-1',
    WebIdentityToken: token,
    ...more,
  };
  return world.call({ service: 'sts', operation: 'AssumeRoleWithWebIdentity', input, principal: anonymous });
}

describe('AssumeRoleWithWebIdentity', () => {
  const main = 'repo:acme/api:ref:refs/heads/main';
  test.each([
    ['the exact branch', main, 'StringEquals', {}, true],
    ['another branch', main, 'StringEquals', { ref: 'refs/heads/dev' }, false],
    ['a pattern', 'repo:acme/api:*', 'StringLike', { ref: 'refs/heads/dev' }, true],
    ['a pattern is none for StringEquals', 'repo:acme/api:*', 'StringEquals', {}, false],
    ['the environment replaces the branch', main, 'StringEquals', { environment: 'prod' }, false],
    ['the environment', 'repo:acme/api:environment:prod', 'StringEquals', { environment: 'prod' }, true],
    ['subjects with ids', main, 'StringEquals', { subjectWithIds: true }, false],
    [
      'subjects with ids, known',
      'repo:acme@7/api@42:ref:refs/heads/main',
      'StringEquals',
      { subjectWithIds: true },
      true,
    ],
  ])('%s', (_name, subject, operator, change, allowed) => {
    const world = worldWithRole(subject, operator);
    const result = assume(world, world.github.issueOidcToken({ ...job, ...change }));
    if (allowed) expect(result.kind).toBe('answer');
    else
      expect(result).toMatchObject({
        kind: 'error',
        error: { code: 'AccessDenied', message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity' },
      });
  });

  test('a token is good until its expiry, and not at it', () => {
    const world = worldWithRole(main);
    const token = world.github.issueOidcToken(job);
    world.kernel.advanceTo(world.kernel.now + 299_000);
    expect(assume(world, token).kind).toBe('answer');
    world.kernel.advanceTo(world.kernel.now + 1_000);
    expect(assume(world, token)).toMatchObject({ error: { code: 'ExpiredTokenException' } });
  });

  test('a token for another audience, of another issuer or with a changed claim is refused', () => {
    const world = worldWithRole(main);
    expect(assume(world, world.github.issueOidcToken(job, 'other'))).toMatchObject({
      error: { code: 'InvalidIdentityToken', message: 'Incorrect token audience' },
    });
    const [head, , signature] = world.github.issueOidcToken(job).split('.');
    const forged = Buffer.from(JSON.stringify({ ...world.github.oidcClaims(job, 'sts.amazonaws.com') }));
    expect(assume(world, `${head}.${forged.toString('base64url')}.${signature}`)).toMatchObject({
      error: { code: 'InvalidIdentityToken' },
    });
    expect(assume(new World({ seed: 9 }), world.github.issueOidcToken(job)).kind).toBe('error');
    const without = new World();
    expect(assume(without, without.github.issueOidcToken(job))).toMatchObject({
      error: { message: `No OpenIDConnect provider found in your account for https://${host}` },
    });
  });

  test('the session may last as long as the role allows, and no second more', () => {
    const world = worldWithRole(main);
    const token = world.github.issueOidcToken(job);
    expect(assume(world, token, { DurationSeconds: 3600 }).kind).toBe('answer');
    expect(assume(world, token, { DurationSeconds: 3601 })).toMatchObject({
      error: { code: 'ValidationError' },
    });
    expect(assume(world, token, { DurationSeconds: 900 }).kind).toBe('answer');
    expect(assume(world, token, { DurationSeconds: 899 })).toMatchObject({
      error: { code: 'ValidationError' },
    });
  });

  test('its credentials belong to the session and expire in virtual time', () => {
    const world = worldWithRole(main);
    const result = assume(world, world.github.issueOidcToken(job));
    if (result.kind !== 'answer') throw new Error('not allowed');
    const { Credentials } = result.output as { Credentials: { AccessKeyId: string; SessionToken: string } };
    expect(Credentials.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    const found = world.sts.lookupCredentials(Credentials.AccessKeyId)!;
    expect(found.principal).toEqual({
      kind: 'role-session',
      arn: 'arn:aws:sts::123456789012:assumed-role/Deploy/run-1',
      name: 'Deploy',
    });
    expect(found.sessionToken).toBe(Credentials.SessionToken);
    world.kernel.advanceTo(world.kernel.now + 3_599_999);
    expect(world.sts.isExpired(found)).toBe(false);
    world.kernel.advanceTo(world.kernel.now + 1);
    expect(world.sts.isExpired(found)).toBe(true);
  });
});

describe('AssumeRole', () => {
  const target = 'arn:aws:iam::123456789012:role/Target';
  function world(trusted: string, mayAssume: boolean) {
    const made = new World();
    const trust = (aws: string) => ({
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: aws } }],
    });
    const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: target };
    made.iam.addRole({
      name: 'Deploy',
      trustPolicy: trust('123456789012'),
      policies: mayAssume ? { assume: { Statement: statement } } : {},
    });
    made.iam.addRole({ name: 'Target', trustPolicy: trust(trusted), maxSessionDurationSeconds: 7200 });
    return made;
  }
  const session: Principal = {
    kind: 'role-session',
    arn: 'arn:aws:sts::123456789012:assumed-role/Deploy/run-1',
    name: 'Deploy',
  };
  const call = (made: World, principal: Principal, DurationSeconds = 3600) =>
    made.call({
      service: 'sts',
      operation: 'AssumeRole',
      input: { RoleArn: target, RoleSessionName: 'next', DurationSeconds },
      principal,
    });

  test.each([
    ['arn:aws:iam::123456789012:root', true, 'answer'],
    ['arn:aws:iam::123456789012:root', false, 'error'],
    ['arn:aws:iam::123456789012:role/Deploy', false, 'answer'],
    ['arn:aws:iam::123456789012:role/Other', true, 'error'],
  ])('trust in %s, own policy %s: %s', (trusted, mayAssume, expected) => {
    expect(call(world(trusted, mayAssume), session).kind).toBe(expected);
  });

  test('a role assumed with a role lasts an hour at most', () => {
    const made = world('arn:aws:iam::123456789012:root', true);
    expect(call(made, session, 3601)).toMatchObject({
      error: { message: expect.stringContaining('1 hour session limit for roles assumed by role chaining') },
    });
    expect(call(made, made.root, 7200).kind).toBe('answer');
    expect(call(made, made.root, 7201).kind).toBe('error');
  });
});

test('the administrator and access keys of users are found; an inactive key is not', () => {
  const world = new World();
  expect(world.sts.lookupCredentials(world.sts.adminKey.accessKeyId)?.principal.kind).toBe('root');
  world.iam.addUser({ name: 'ana' });
  const key = world.iam.addAccessKey('ana');
  expect(world.sts.lookupCredentials(key.accessKeyId)).toEqual({
    secretAccessKey: key.secretAccessKey,
    principal: { kind: 'user', arn: 'arn:aws:iam::123456789012:user/ana', name: 'ana' },
  });
  key.status = 'Inactive';
  expect(world.sts.lookupCredentials(key.accessKeyId)).toBeUndefined();
  expect(world.sts.lookupCredentials('AKIANOTTHERE')).toBeUndefined();
});
