/** The policies of docs/iam are enough for every path, and each permission in them is needed and missed by name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { World } from '../../../src/lab/world/world.ts';
import { runRollback } from '../../../src/rollback/run.ts';
import { rollbackRequest } from '../rollback/request.ts';
import { definitionOf, deploy, filesOf, makeRegion, portsOf, type Region, service } from './region.ts';

interface Policy {
  readonly Version: string;
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

const names: Readonly<Record<string, string>> = {
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
};

function policy(name: string, without?: string): Policy {
  let text = readFileSync(join(import.meta.dirname, `../../../docs/iam/${name}.json`), 'utf8');
  for (const [from, to] of Object.entries(names)) text = text.replace(new RegExp(`\\b${from}\\b`, 'g'), to);
  const { Version, Statement } = JSON.parse(text) as Policy;
  const kept = Statement.map((each) => ({
    ...each,
    Action: [each.Action].flat().filter((action) => action !== without),
  }));
  return { Version, Statement: kept.filter((each) => each.Action.length > 0) };
}

const actionsOf = (name: string): readonly string[] =>
  policy(name).Statement.flatMap((each) => [each.Action].flat());

function as(region: Region, document: Policy): Region {
  const user = region.world.iam.addUser({ name: 'deployer', policies: { deploy: document } });
  region.caller = { kind: 'user', arn: user.arn, name: 'deployer' };
  return region;
}

const prepare = (world: World): void => {
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const tag of ['good-1', 'good-2', 'bad']) world.ecr.seedImage('api', tag);
};
const inEcr = (tag: string) => {
  const definition = definitionOf(tag);
  const image = `123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:${tag}`;
  return { ...definition, containerDefinitions: [{ ...definition.containerDefinitions![0]!, image }] };
};

/** A good deployment, a crash, and a wrong answer to health checks. */
async function deployments(document: Policy): Promise<readonly ActionResult[]> {
  const results: ActionResult[] = [];
  for (const app of [{}, badApps.crashAtStart, badApps.neverHealthy]) {
    const region = as(await makeRegion({ apps: { bad: app }, prepare, definition: inEcr }), document);
    results.push(await deploy(region, 'bad', {}, inEcr));
  }
  return results;
}

/** By a rollout, by stopping what is under way, and by weight (which there is nothing to do about). */
async function rollbacks(document: Policy): Promise<readonly ActionResult[]> {
  const results: ActionResult[] = [];
  for (const way of ['rollout', 'stop', 'weights'] as const) {
    const region = await makeRegion({ apps: { bad: badApps.crashAtStart }, prepare, definition: inEcr });
    await deploy(region, way === 'stop' ? 'bad' : 'good-2', { wait: way !== 'stop' }, inEcr);
    await region.time.run(region.time.sleep(5000));
    as(region, document);
    const found = region.world.must('elasticloadbalancing', 'DescribeLoadBalancers', {});
    const { LoadBalancerArn } = found.LoadBalancers[0];
    const { Listeners } = region.world.must('elasticloadbalancing', 'DescribeListeners', { LoadBalancerArn });
    const listenerArn: string = Listeners[0].ListenerArn;
    const location = { kind: 'default-action', listenerArn } as const;
    const request = rollbackRequest(way === 'weights' ? { location } : {});
    results.push(await region.time.run(runRollback(request, { ...portsOf(region), ...filesOf(region) })));
  }
  return results;
}

describe('rolling-deploy', () => {
  test('its policy is enough', async () => {
    const results = await deployments(policy('rolling-deploy'));
    expect(results.map((each) => [each.outputs['outcome'], each.outputs['cause']])).toEqual([
      ['succeeded', ''],
      ['rolled-back', 'container-exited'],
      ['rolled-back', 'target-health-code'],
    ]);
    expect(JSON.stringify(results)).not.toContain('could not be read');
  });

  // Protection is asked for only where tasks of others are left; tags only where the file has some.
  const seldom = ['ecs:GetTaskProtection', 'ecs:TagResource'];
  test.each(actionsOf('rolling-deploy').filter((action) => !seldom.includes(action)))(
    'without %s a run names it',
    async (action) => {
      expect(JSON.stringify(await deployments(policy('rolling-deploy', action)))).toContain(action);
    },
  );
});

describe('rollback', () => {
  test('its policy is enough', async () => {
    const results = await rollbacks(policy('rollback'));
    expect(results.map((each) => [each.outputs['outcome'], each.outputs['mode']])).toEqual([
      ['succeeded', 'rollout'],
      ['rolled-back', 'stop-in-flight'],
      ['succeeded', 'rollout'],
    ]);
    expect(JSON.stringify(results)).not.toContain('could not be read');
    expect(JSON.stringify(results)).not.toContain('not checked');
  });
});
