/**
 * The policies of docs/iam are enough for every path, failures and ways back included, and each permission in
 * them is needed: without it a run names it.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { parseRender } from '../../../src/inputs/render-task-def.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import type { Principal } from '../../../src/lab/world/service.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { World } from '../../../src/lab/world/world.ts';
import { renderTaskDefinition } from '../../../src/taskdef/render-task-def.ts';
import { linesIn, type Policy, permissionsIn, policyOf } from '../../support/policies.ts';
import { createPorts } from '../../unit/image/ports-double.ts';
import { exampleFile, noGitHub } from '../../unit/taskdef/changes.ts';
import { putAlarm } from '../alarm.ts';
import { definitionOf, deploy, makeRegion, type Region, service } from './region.ts';

const words = {
  REGION: 'ap-south-1',
  ACCOUNT: '123456789012',
  CLUSTER: 'ips-api-cluster',
  SERVICE: service,
  FAMILY: 'ips-api-task',
  EXECUTION_ROLE: 'ecsTaskExecutionRole',
  TASK_ROLE: 'ecsTaskRole',
  LOG_GROUP: '/ecs/ips-api',
  LOAD_BALANCER: 'ips-api-alb',
  REPOSITORY: 'api',
  BASE_REPOSITORY: 'base',
  SECRETS: 'ips/',
  PARAMETERS: 'ips/',
  TOPIC: 'ips-api-alerts',
};
function deployer(world: World, document: Policy): Principal {
  const user = world.iam.addUser({ name: 'deployer', policies: { deploy: document } });
  return { kind: 'user', arn: user.arn, name: 'deployer' };
}

function as(region: Region, document: Policy): Region {
  region.caller = deployer(region.world, document);
  return region;
}

const prepare = (world: World): void => {
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const tag of ['good-1', 'good-2', 'bad']) world.ecr.seedImage('api', tag);
};
const inEcr = (tag: string) => {
  const definition = definitionOf(tag);
  const image = `123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:${tag}`;
  return {
    ...definition,
    taskRoleArn: `arn:aws:iam::123456789012:role/${words.TASK_ROLE}`,
    containerDefinitions: [{ ...definition.containerDefinitions![0]!, image }],
    tags: [{ key: 'team', value: 'positioning' }],
  };
};

/** A good deployment, a crash, a wrong answer to health checks, and a task of before that is protected, under an alarm, twice. */
async function deployments(document: Policy): Promise<readonly ActionResult[]> {
  const results: ActionResult[] = [];
  for (const app of [{}, badApps.crashAtStart, badApps.neverHealthy]) {
    const region = as(await makeRegion({ apps: { bad: app }, prepare, definition: inEcr }), document);
    results.push(await deploy(region, 'bad', {}, inEcr));
  }
  // A revision that is there already is marked.
  const standing = as(await makeRegion({ prepare, definition: inEcr }), document);
  results.push(await deploy(standing, 'good-1', {}, inEcr));
  // Two promotions, of which one image is kept: the tag of the first is released.
  const keeping = as(await makeRegion({ prepare, definition: inEcr }), document);
  for (const image of ['good-2', 'good-1']) {
    results.push(await deploy(keeping, image, { keepImages: 1 }, inEcr));
  }
  // A migration that passes, and one whose task has to be stopped.
  for (const migration of [{ crashAfterMs: 10_000, exitCode: 0 }, {}]) {
    const apps = { './migrate': migration };
    const region = as(await makeRegion({ apps, prepare, definition: inEcr }), document);
    const preDeploy = { command: ['./migrate'], container: undefined, timeoutMs: 60_000 };
    results.push(await deploy(region, 'good-2', { preDeploy }, inEcr));
  }
  // One that is watched afterwards.
  const watched = as(await makeRegion({ prepare, definition: inEcr }), document);
  const objectives = { errorRate: undefined, latency: undefined };
  const watch = { forMs: 300_000, maxErrorRate: 0.005, objectives };
  results.push(await deploy(watched, 'good-2', { watch }, inEcr));
  const region = as(await makeRegion({ prepare, definition: inEcr }), document);
  const cluster = words.CLUSTER;
  const { taskArns } = region.world.must('ecs', 'ListTasks', { cluster, serviceName: service });
  // It ends without the old tasks: one of them is protected and goes on.
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
  putAlarm(region.world, 'errors', { TreatMissingData: 'notBreaching' });
  for (let run = 1; run <= 2; run++) {
    results.push(await deploy(region, 'good-2', { timeoutMs: 300_000, alarms: ['errors'] }, inEcr));
  }
  return results;
}

/** From a file, on the definition that is registered, and on what the service runs, with everything looked up. */
async function renderings(document: Policy): Promise<readonly ActionResult[]> {
  const region = await makeRegion({ prepare, definition: inEcr });
  const { world, time } = region;
  const trust = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  };
  for (const RoleName of [words.EXECUTION_ROLE, words.TASK_ROLE])
    world.must('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) });
  for (const Name of ['ips/db-connection', 'ips/jwt-secret'])
    world.must('secretsmanager', 'CreateSecret', { Name, SecretString: 'never-shown' });
  if (world.must('logs', 'DescribeLogGroups', {}).logGroups.length === 0)
    world.must('logs', 'CreateLogGroup', { logGroupName: words.LOG_GROUP });
  const ports = createPorts(createWorldCaller(world, time, deployer(world, document)), '/temp');
  ports.files.set('task-definition.json', readFileSync(exampleFile, 'utf8'));
  const results: ActionResult[] = [];
  const secrets = 'ConnectionStrings__Default=ips/db-connection\nJwtSettings__SecretKey=ips/jwt-secret';
  const withParameter = `${secrets}\nKEY=arn:aws:ssm:ap-south-1:123456789012:parameter/ips/key`;
  world.must('ssm', 'PutParameter', { Name: '/ips/key', Value: 'never-shown', Type: 'SecureString' });
  const image = '123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:good-2';
  for (const inputs of [
    { 'task-definition': 'task-definition.json', secrets },
    { 'task-definition': words.FAMILY },
    { cluster: words.CLUSTER, service: words.SERVICE, secrets: withParameter, 'check-aws': 'true' },
  ]) {
    const parsed = parseRender({ image, ...inputs });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const rendering = renderTaskDefinition(parsed.request, {
      ...ports,
      region: words.REGION,
      environment: {},
      github: noGitHub,
    });
    results.push(await time.run(rendering));
  }
  return results;
}

/** Permissions that a run speaks of in the end, errors that end it included. */
async function told(run: Promise<readonly ActionResult[]>): Promise<readonly string[]> {
  const text = JSON.stringify(await run.catch((error: Error) => error.message));
  return [...new Set(text.match(/\b[a-z][a-z-]+:[A-Z][A-Za-z]+\b/g))];
}

/** No permission is spoken of where none is missing. */
function expectNothingMissed(results: readonly ActionResult[]): void {
  expect(JSON.stringify(results)).not.toMatch(
    /could not be read|not checked|not kept|not authorized|AccessDenied/,
  );
}

describe('rolling-deploy', () => {
  test('its policy is enough', async () => {
    const results = await deployments(policyOf('rolling-deploy', words));
    expect(results.map((each) => [each.outputs['outcome'], each.outputs['cause']])).toEqual([
      ['succeeded', ''],
      ['rolled-back', 'container-exited'],
      ['rolled-back', 'target-health-code'],
      ['no-change', ''],
      ['succeeded', ''],
      ['succeeded', ''],
      ['succeeded', ''],
      ['refused', 'pre-deploy-timed-out'],
      ['succeeded', ''],
      ['succeeded', ''],
      ['no-change', ''],
    ]);
    expectNothingMissed(results);
    expect(await told(Promise.resolve(results))).toEqual([]);
  });

  test.each(linesIn('rolling-deploy', words))(
    'without the line $value of $sid a run names the permission',
    async (line) => {
      const named = await told(deployments(policyOf('rolling-deploy', words, line)));
      expect(named.filter((action) => line.actions.includes(action))).not.toEqual([]);
    },
  );
});

describe('render-task-def', () => {
  test('its policy is enough', async () => {
    const results = await renderings(policyOf('render-task-def', words));
    expect(results.map((each) => each.report.sentence)).toEqual([
      '5 changes to task-definition.json, written to /temp/task-definition.ips-api-task.json.',
      '1 change to ips-api-task:1, written to /temp/task-definition.ips-api-task.json.',
      '4 changes to ips-api-task:1, written to /temp/task-definition.ips-api-task.json.',
    ]);
    expectNothingMissed(results);
  });

  test.each(permissionsIn('render-task-def', words))('without %s a run names it', async (action) => {
    expect(await told(renderings(policyOf('render-task-def', words, action)))).toContain(action);
  });
});
