/** The policy of docs/iam is enough for every way back, and each permission in it is needed. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { World } from '../../../src/lab/world/world.ts';
import { linesIn, type Policy, type PolicyLine, policyOf } from '../../support/policies.ts';
import {
  cluster,
  definitionOf,
  deploy,
  family,
  makeRegion,
  type Region,
  type RegionOptions,
  service,
} from '../rollout/region.ts';
import { makePair, rollBackPair } from './pair.ts';
import { rollBack } from './request.ts';

const words = {
  REGION: 'ap-south-1',
  ACCOUNT: '123456789012',
  CLUSTER: cluster,
  SERVICE: service,
  FAMILY: family,
  LOG_GROUP: '/ecs/ips-api',
  LOAD_BALANCER: 'ips-api-alb',
  REPOSITORY: 'api',
  SECRETS: 'ips/',
  PARAMETERS: 'ips/',
  TOPIC: 'ips-api-alerts',
};

const prepare = (world: World): void => {
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const tag of ['good-1', 'good-2', 'bad']) world.ecr.seedImage('api', tag);
};

/** The tag means an index by now, with the image that ran in it. */
function wrapInIndex(world: World, imageTag: string): void {
  const ids = { repositoryName: 'api', imageIds: [{ imageTag }] };
  const [image] = world.must('ecr', 'BatchGetImage', ids).images;
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const child = {
    digest: image.imageId.imageDigest,
    size: 1,
    platform: { os: 'linux', architecture: 'amd64' },
  };
  world.must('ecr', 'PutImage', {
    repositoryName: 'api',
    imageTag,
    imageManifestMediaType: mediaType,
    imageManifest: JSON.stringify({ schemaVersion: 2, mediaType, manifests: [child] }),
  });
}

/** Out of ECR, with a secret and a parameter. */
function definitionIn(world: () => World): (tag: string) => RegisterTaskDefinitionRequest {
  return (tag) => {
    const definition = definitionOf(tag);
    const found = world().call({
      service: 'secretsmanager',
      operation: 'DescribeSecret',
      input: { SecretId: 'ips/db' },
      principal: world().root,
    });
    const made = found.kind === 'answer' ? found.output : undefined;
    const secret =
      made ?? world().must('secretsmanager', 'CreateSecret', { Name: 'ips/db', SecretString: 'x' });
    const image = `123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:${tag}`;
    world().must('ssm', 'PutParameter', { Name: '/ips/key', Value: 'x', Type: 'String', Overwrite: true });
    const secrets = [
      { name: 'DB', valueFrom: String((secret as { ARN: string }).ARN) },
      { name: 'KEY', valueFrom: '/ips/key' },
    ];
    return {
      ...definition,
      containerDefinitions: [{ ...definition.containerDefinitions![0]!, image, secrets }],
    };
  };
}

async function regionWith(apps: RegionOptions['apps']) {
  let world: World | undefined;
  const definition = definitionIn(() => world!);
  const region = await makeRegion({
    ...(apps === undefined ? {} : { apps }),
    prepare: (made) => {
      world = made;
      prepare(made);
    },
    definition,
  });
  return { region, definition };
}

function as(region: Region, document: Policy): void {
  const user = region.world.iam.addUser({ name: 'deployer', policies: { deploy: document } });
  region.caller = { kind: 'user', arn: user.arn, name: 'deployer' };
}

/**
 * By a rollout, by stopping what is under way, to a revision that has become bad, by weight in a rule and in
 * a default action, and a rollout that leaves a protected task.
 */
async function rollbacks(without?: PolicyLine): Promise<readonly ActionResult[]> {
  const document = policyOf('rollback', words, without);
  const results: ActionResult[] = [];
  for (const way of ['rollout', 'stop'] as const) {
    const { region, definition } = await regionWith({ bad: badApps.crashAtStart });
    await deploy(region, way === 'stop' ? 'bad' : 'good-2', { wait: way !== 'stop' }, definition);
    await region.time.run(region.time.sleep(5000));
    wrapInIndex(region.world, 'good-1');
    as(region, document);
    results.push(await rollBack(region));
  }
  for (const app of [badApps.crashAtStart, badApps.neverHealthy]) {
    const apps: Record<string, Partial<AppModel>> = {};
    const { region, definition } = await regionWith(apps);
    await deploy(region, 'good-2', {}, definition);
    // What was good then is not any more.
    apps['good-1'] = app;
    as(region, document);
    results.push(await rollBack(region));
  }
  for (const where of ['default-action', 'rule'] as const) {
    const pair = await makePair({ where });
    as(pair, policyOf('rollback', { ...words, SERVICE: 'green' }, without));
    results.push(await rollBackPair(pair));
  }
  results.push(await withProtectedTask(document));
  return results;
}

async function withProtectedTask(document: Policy): Promise<ActionResult> {
  const { region, definition } = await regionWith(undefined);
  await deploy(region, 'good-2', {}, definition);
  const { taskArns } = region.world.must('ecs', 'ListTasks', { cluster, serviceName: service });
  region.world.must('ecs', 'UpdateService', {
    cluster,
    service,
    deploymentConfiguration: {
      earlySuccessCriteria: { enable: true, healthyPercent: 100, sourceServiceRevisionCleanup: 'DEFERRED' },
    },
  });
  region.world.must('ecs', 'UpdateTaskProtection', {
    cluster,
    tasks: [taskArns[0]],
    protectionEnabled: true,
    expiresInMinutes: 60,
  });
  as(region, document);
  return rollBack(region, { timeoutMs: 300_000 });
}

test('its policy is enough', async () => {
  const results = await rollbacks();
  expect(results.map((each) => [each.outputs['outcome'], each.outputs['mode']])).toEqual([
    ['succeeded', 'rollout'],
    ['rolled-back', 'stop-in-flight'],
    ['failed', 'rollout'],
    ['failed', 'rollout'],
    ['succeeded', 'weights'],
    ['succeeded', 'weights'],
    ['succeeded', 'rollout'],
  ]);
  expect(JSON.stringify(results)).not.toMatch(
    /could not be read|could not be marked|not checked|not authorized|AccessDenied/,
  );
  expect(JSON.stringify(results)).not.toMatch(/\b[a-z][a-z-]+:[A-Z][A-Za-z]+\b/);
});

test.each(linesIn('rollback', words))(
  'without the line $value of $sid a run names the permission',
  async (line) => {
    const told = await rollbacks(line).then(
      (results) => JSON.stringify(results),
      (error: Error) => error.message,
    );
    // A whole run is too long for a message.
    const isNamed = line.actions.some((action) => told.includes(action));
    expect(isNamed ? line.actions : told.slice(0, 2000)).toBe(line.actions);
  },
);
