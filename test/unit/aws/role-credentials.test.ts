/** Credentials that are renewed, by the lab's STS in virtual time. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { roleCredentials, sessionNameOf } from '../../../src/aws/sdk/role-credentials.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import type { JobIdentity } from '../../../src/lab/world/github/index.ts';
import { World } from '../../../src/lab/world/world.ts';
import { trustedJob } from './trusted-job.ts';

const roleArn = 'arn:aws:iam::123456789012:role/Deploy';
const minute = 60_000;

let world: World;
let time: VirtualTime;
let masked: string[];
let tokens: number;
let identity: JobIdentity;

beforeEach(() => {
  world = new World();
  time = new VirtualTime(world.kernel);
  masked = [];
  tokens = 0;
  identity = trustedJob(world);
  trust('repo:acme/api:environment:Production');
});

function trust(sub: string): void {
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: {
          Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': sub,
          },
        },
      },
    ],
  });
  if (world.iam.roleByArn(roleArn) === undefined)
    world.must('iam', 'CreateRole', { RoleName: 'Deploy', AssumeRolePolicyDocument: document });
  else world.must('iam', 'UpdateAssumeRolePolicy', { RoleName: 'Deploy', PolicyDocument: document });
}

const anonymous = { kind: 'anonymous', arn: '', name: '' } as const;
const provider = (idToken?: () => Promise<{ ok: false; reason: string }>) =>
  roleCredentials(
    { roleArn, sessionName: 'ips-deploy-1-1' },
    {
      sts: createWorldCaller(world, time, anonymous),
      clock: time,
      random: () => 0.5,
      idToken:
        idToken ??
        (async () => {
          tokens++;
          return { ok: true, token: world.github.issueOidcToken(identity) };
        }),
      mask: (secret) => void masked.push(secret),
    },
  );
/** Whether AWS takes them now. */
const isGood = (accessKeyId: string): boolean => {
  const known = world.sts.lookupCredentials(accessKeyId);
  return known !== undefined && !world.sts.isExpired(known);
};

test('three hours of one provider: never ended ones, one token for each set, everybody has the same', async () => {
  const credentials = provider();
  const ids = new Set<string>();
  for (let at = 0; at < 180; at += 5) {
    const [one, other] = await time.run(Promise.all([credentials(), credentials()]));
    expect(one).toBe(other);
    expect(isGood(one.accessKeyId)).toBe(true);
    ids.add(one.accessKeyId);
    await time.run(time.sleep(5 * minute));
  }
  expect([ids.size, tokens]).toEqual([4, 4]);
  const last = await time.run(credentials());
  expect(masked).toEqual(expect.arrayContaining([last.secretAccessKey, last.sessionToken]));
});

describe('around the end', () => {
  test.each([
    [49, 1],
    [51, 2],
  ])('after %i minutes, %i sets', async (minutes, sets) => {
    const credentials = provider();
    await time.run(credentials());
    await time.run(time.sleep(minutes * minute));
    await time.run(credentials());
    expect(tokens).toBe(sets);
  });

  test('a renewal that fails leaves the old ones in use, and is tried again', async () => {
    const credentials = provider();
    const first = await time.run(credentials());
    trust('repo:acme/other:environment:Production');
    await time.run(time.sleep(52 * minute));
    expect(await time.run(credentials())).toBe(first);
    expect(await time.run(credentials())).toBe(first);
    expect(tokens).toBe(2);
    trust('repo:acme/api:environment:Production');
    await time.run(time.sleep(minute));
    const second = await time.run(credentials());
    expect(second).not.toBe(first);
    expect(isGood(second.accessKeyId)).toBe(true);
  });

  test('once they have ended, the reason is told', async () => {
    const credentials = provider();
    await time.run(credentials());
    trust('repo:acme/other:environment:Production');
    await time.run(time.sleep(61 * minute));
    await expect(time.run(credentials())).rejects.toMatchObject({
      kind: 'access-denied',
      reason: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    });
  });
});

test('a job without a token is told so', async () => {
  const credentials = provider(async () => ({ ok: false, reason: 'this job has no identity token' }));
  await expect(time.run(credentials())).rejects.toMatchObject({
    kind: 'credentials',
    reason: 'this job has no identity token.',
  });
});

test('the session has a name that STS takes', () => {
  expect(sessionNameOf('4711', '2')).toBe('ips-deploy-4711-2');
  expect(sessionNameOf('', '')).toBe('ips-deploy');
  expect(sessionNameOf('a b/c'.repeat(30), '1')).toMatch(/^[\w+=,.@-]{64}$/);
});
