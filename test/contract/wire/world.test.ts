/** The wire before the real world: credentials that one call hands out sign the next. */
import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createWireServer, type WireServer } from '../../../src/lab/wire/server.ts';
import { services } from '../../../src/lab/wire/services.ts';
import { World } from '../../../src/lab/world/world.ts';

const ISSUER = 'token.actions.githubusercontent.com';
const SUBJECT = 'repo:acme/api:ref:refs/heads/main';
const ROLE = 'arn:aws:iam::123456789012:role/Deploy';
const HOUR_MS = 3_600_000;

let world: World;
let server: WireServer;

beforeEach(async () => {
  world = new World();
  const provider = `arn:aws:iam::123456789012:oidc-provider/${ISSUER}`;
  world.must('iam', 'CreateOpenIDConnectProvider', {
    Url: `https://${ISSUER}`,
    ClientIDList: ['sts.amazonaws.com'],
  });
  world.must('iam', 'CreateRole', {
    RoleName: 'Deploy',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: provider },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: SUBJECT } },
        },
      ],
    }),
  });
  const seconds = () => Math.floor(world.kernel.now / 1000);
  server = createWireServer({
    call: (request) => world.call(request),
    credentials: { lookup: (accessKeyId) => world.sts.lookupCredentials(accessKeyId) },
    now: () => world.kernel.now,
    region: world.kernel.config.region,
    github: world.github,
    oidc: {
      requestToken: 'job-token',
      claims: (aud) => ({
        iss: `https://${ISSUER}`,
        aud,
        sub: SUBJECT,
        iat: seconds(),
        nbf: seconds() - 5,
        exp: seconds() + 300,
      }),
    },
    lab: { faults: (script) => world.loadFaultScript(script) },
  });
  world.sts.verifyWebIdentity = (token) => server.tokenIssuer.verify(token);
  await server.listen();
});
afterEach(() => server.close(0));

function settings(credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
  const base = { region: world.kernel.config.region, endpoint: server.url, maxAttempts: 1 };
  return credentials === undefined ? base : { ...base, credentials };
}

async function identityToken(): Promise<string> {
  const reply = await fetch(`${server.url}/oidc/token?api-version=2.0&audience=sts.amazonaws.com`, {
    headers: { authorization: 'bearer job-token' },
  });
  return ((await reply.json()) as { value: string }).value;
}

async function assumeRole(token: string) {
  const command = { RoleArn: ROLE, RoleSessionName: 'run-1', WebIdentityToken: token };
  const { Credentials } = await new STSClient(settings()).send(new AssumeRoleWithWebIdentityCommand(command));
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
}

describe('a job without keys', () => {
  test('gets a token, a role and calls with it, until the session ends in virtual time', async () => {
    const client = new STSClient(settings(await assumeRole(await identityToken())));
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe('arn:aws:sts::123456789012:assumed-role/Deploy/run-1');
    world.kernel.advanceTo(world.kernel.now + HOUR_MS);
    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      Code: 'ExpiredToken',
      $metadata: { httpStatusCode: 403 },
    });
  });

  test('a token that someone else signed is refused', async () => {
    const [header, payload] = (await identityToken()).split('.');
    const forged = `${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`;
    await expect(assumeRole(forged)).rejects.toMatchObject({ Code: 'InvalidIdentityToken' });
  });

  test('may do only what its policy allows', async () => {
    const credentials = await assumeRole(await identityToken());
    const client = new ECSClient(settings(credentials));
    await expect(client.send(new DescribeClustersCommand({ clusters: ['prod'] }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

test("the account's own key reaches the services; what is missing is answered as AWS does", async () => {
  const client = new ECSClient(settings(world.sts.adminKey));
  const { clusters, failures } = await client.send(new DescribeClustersCommand({ clusters: ['prod'] }));
  expect(clusters).toEqual([]);
  expect(failures).toMatchObject([{ reason: 'MISSING' }]);
});

test('the wire has a shape for every operation of the world', () => {
  const shapeless: string[] = [];
  for (const [id, module] of world.modules) {
    const shapes = services.find((service) => service.id === id)?.operations;
    for (const name of Object.keys(module.operations))
      if (!shapes?.has(name)) shapeless.push(`${id}:${name}`);
  }
  expect(shapeless).toEqual([]);
});

test('a bad fault script names its problems', async () => {
  const reply = await fetch(`${server.url}/_lab/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"nope":1}',
  });
  expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('not valid')]);
});
