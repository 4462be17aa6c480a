/** Trust policies by the lab's STS: the token of the right job is taken, that of every other one is not. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  claimsIn,
  formatOf,
  isPlainName,
  type SubjectFormat,
  subjectOf,
  type TrustRequest,
  trustPolicy,
} from '../../../src/aws/trust-policy.ts';
import { describeProblem } from '../../../src/inputs/parse.ts';
import { parseTrustPolicy } from '../../../src/inputs/trust-policy.ts';
import type { JobIdentity } from '../../../src/lab/world/github/index.ts';
import { World } from '../../../src/lab/world/world.ts';
import { trustedJob } from './trusted-job.ts';

const RoleArn = 'arn:aws:iam::123456789012:role/deploy';
let world: World;
let job: JobIdentity;
let request: TrustRequest;

beforeEach(() => {
  world = new World();
  job = trustedJob(world);
  request = {
    repository: 'acme/api',
    repositoryId: String(job.repositoryId),
    ownerId: String(job.repositoryOwnerId),
    scope: { kind: 'environment', name: 'Production' },
    formats: ['names'],
    accountId: '123456789012',
    serverUrl: 'https://github.com',
  };
});

/** Whether the role may be assumed by a job that differs from the good one like this. */
function assume(change: Partial<JobIdentity> = {}, audience = 'sts.amazonaws.com'): boolean {
  const { environment, ...rest } = { ...job, ...change };
  const identity = environment === undefined ? rest : { ...rest, environment };
  const result = world.call({
    service: 'sts',
    operation: 'AssumeRoleWithWebIdentity',
    input: {
      RoleArn,
      RoleSessionName: 'test',
      WebIdentityToken: world.github.issueOidcToken(identity, audience),
    },
    principal: { kind: 'anonymous', arn: '', name: '' },
  });
  return result.kind === 'answer';
}

function trust(change: Partial<TrustRequest>): void {
  const AssumeRolePolicyDocument = JSON.stringify(trustPolicy({ ...request, ...change }));
  world.must('iam', 'CreateRole', { RoleName: 'deploy', AssumeRolePolicyDocument });
}

describe.each([
  ['names', false],
  ['ids', true],
] as const)('sub by %s', (format, subjectWithIds) => {
  const withFormat = (change: object = {}) => ({ subjectWithIds, ...change }) as Partial<JobIdentity>;

  test('an environment: its jobs, and no others', () => {
    trust({ formats: [format] });
    expect(assume(withFormat())).toBe(true);
    expect(assume(withFormat({ ref: 'refs/heads/other' }))).toBe(true);
    for (const other of [
      { environment: 'Staging' },
      { environment: 'Production2' },
      { environment: 'production' },
      { environment: undefined },
      { environment: undefined, eventName: 'pull_request' },
      { repository: 'acme/api2' },
      { repository: 'evil/api' },
      // The name was given up and taken by somebody else.
      { repositoryId: 7, repositoryOwnerId: 8 },
      { subjectWithIds: !subjectWithIds },
    ]) {
      expect([other, assume(withFormat(other))]).toEqual([other, false]);
    }
    expect(assume(withFormat(), 'https://github.com/acme')).toBe(false);
  });

  test('a branch: its jobs without an environment', () => {
    trust({ formats: [format], scope: { kind: 'branch', name: 'main' } });
    const off = { environment: undefined };
    expect(assume(withFormat(off))).toBe(true);
    for (const other of [
      { ...off, ref: 'refs/heads/main2' },
      { ...off, ref: 'refs/tags/main' },
      {},
      { ...off, eventName: 'pull_request' },
    ]) {
      expect([other, assume(withFormat(other))]).toEqual([other, false]);
    }
  });

  test('pull requests', () => {
    trust({ formats: [format], scope: { kind: 'pull-request' } });
    const pull = { environment: undefined, eventName: 'pull_request', ref: 'refs/pull/1/merge' };
    expect(assume(withFormat(pull))).toBe(true);
    expect(assume(withFormat())).toBe(false);
  });

  test('is told from a token', () => {
    const token = world.github.issueOidcToken({ ...job, subjectWithIds });
    expect(claimsIn(token)).toEqual({ sub: subjectOf(request, format), environment: 'Production' });
    expect(formatOf(claimsIn(token)!.sub)).toBe(format);
  });
});

test('both forms, where it is not known which one comes', () => {
  trust({ formats: ['names', 'ids'] });
  expect([assume(), assume({ subjectWithIds: true }), assume({ environment: 'Staging' })]).toEqual([
    true,
    true,
    false,
  ]);
});

test('without numbers there is the name alone; a colon in an environment does not end it', () => {
  const policy = trustPolicy({
    ...request,
    repositoryId: undefined,
    scope: { kind: 'environment', name: 'eu:prod' },
  });
  expect(policy.Statement[0].Condition.StringEquals).toEqual({
    'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
    'token.actions.githubusercontent.com:sub': 'repo:acme/api:environment:eu%3Aprod',
  });
});

test('an enterprise server has a provider of its own, whose numbers AWS does not know', () => {
  const [statement] = trustPolicy({ ...request, serverUrl: 'https://github.example.com/' }).Statement;
  expect(statement.Principal.Federated).toBe(
    'arn:aws:iam::123456789012:oidc-provider/github.example.com/_services/token',
  );
  expect(Object.keys(statement.Condition.StringEquals)).toEqual([
    'github.example.com/_services/token:aud',
    'github.example.com/_services/token:sub',
  ]);
});

test.each([
  ['repo:a/b:ref:refs/heads/x@1', 'names'],
  ['repo:a@1/b@2:environment:E', 'ids'],
  ['repository_owner:a:repo:a/b', undefined],
  ['repo:a@1/b:environment:E', undefined],
] as const)('%s is %s', (subject, format: SubjectFormat | undefined) => {
  expect(formatOf(subject)).toBe(format);
});

test('a job of the environment itself shows how GitHub writes it', () => {
  const odd = { ...job, environment: 'Production 50 %' };
  const claims = claimsIn(world.github.issueOidcToken(odd))!;
  expect([claims.environment, isPlainName(claims.environment!)]).toEqual(['Production 50 %', false]);
  trust({ subject: claims.sub });
  expect([assume({ environment: 'Production 50 %' }), assume()]).toEqual([true, false]);
});

test('what is no token says nothing', () => {
  expect([claimsIn(''), claimsIn('a.b.c'), claimsIn('a.e30.c')]).toEqual([undefined, undefined, undefined]);
});

describe('inputs', () => {
  const own = { repository: 'acme/api', repositoryId: '1', ownerId: '2' };

  test("of the job's own repository need nothing", () => {
    expect(parseTrustPolicy({}, own)).toEqual({
      ok: true,
      request: {
        scope: { kind: 'environment', name: 'Production' },
        accountId: undefined,
        repository: 'acme/api',
        repositoryId: '1',
        ownerId: '2',
        format: 'auto',
      },
    });
  });

  test("of another one do not get the job's numbers", () => {
    const parsed = parseTrustPolicy({ repository: 'acme/other' }, own);
    expect(parsed).toMatchObject({ ok: true, request: { repositoryId: undefined, ownerId: undefined } });
    const ids = parseTrustPolicy({ repository: 'acme/other', 'sub-format': 'ids' }, own);
    expect(ids.ok ? [] : ids.problems.map(describeProblem)).toEqual([
      expect.stringContaining('ids beside repository-id and owner-id'),
    ]);
  });

  test.each([
    { 'account-id': '123' },
    { environment: 'prod*' },
    { branch: 'release/*' },
    { repository: 'acme' },
    { scope: 'everything' },
  ])('%j is refused', (raw) => {
    expect(parseTrustPolicy(raw as Record<string, string>, own).ok).toBe(false);
  });
});
