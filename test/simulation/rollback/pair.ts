/** Two services behind one rule or default action: blue is the region's own, green carries all the weight. */
import type { ActionResult } from '../../../src/engine/action.ts';
import type { RollbackRequest } from '../../../src/rollback/request.ts';
import { cluster, definitionOf, family, makeRegion, type Region, settle } from '../rollout/region.ts';
import { rollBack } from './request.ts';

export interface Pair extends Region {
  readonly listenerArn: string;
  readonly location: NonNullable<RollbackRequest['location']>;
  readonly blue: string;
  readonly green: string;
}

export interface PairOptions {
  readonly greenTasks?: number;
  readonly blueTasks?: number;
  readonly where?: 'default-action' | 'rule';
  /** 2 or more: so many revisions are registered, and green runs the last. */
  readonly greenRevision?: number;
}

export async function makePair(options: PairOptions = {}): Promise<Pair> {
  const { greenTasks = 3, blueTasks = 3, where = 'default-action', greenRevision = 2 } = options;
  const region = await makeRegion({ desiredCount: blueTasks });
  const { world } = region;
  const blue = region.targetGroupArn;
  const { TargetGroups } = world.must('elasticloadbalancing', 'CreateTargetGroup', {
    Name: 'ips-api-green',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/health',
  });
  const green: string = TargetGroups[0].TargetGroupArn;
  const { LoadBalancers } = world.must('elasticloadbalancing', 'DescribeLoadBalancers', {});
  const { Listeners } = world.must('elasticloadbalancing', 'DescribeListeners', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
  });
  const listenerArn: string = Listeners[0].ListenerArn;
  const TargetGroups100 = [
    { TargetGroupArn: blue, Weight: 0 },
    { TargetGroupArn: green, Weight: 100 },
  ];
  const Actions = [{ Type: 'forward', ForwardConfig: { TargetGroups: TargetGroups100 } }];
  let location: Pair['location'] = { kind: 'default-action', listenerArn };
  if (where === 'default-action') {
    world.must('elasticloadbalancing', 'ModifyListener', {
      ListenerArn: listenerArn,
      DefaultActions: Actions,
    });
  } else {
    const Conditions = [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }];
    const input = { ListenerArn: listenerArn, Priority: 10, Conditions, Actions };
    const { Rules } = world.must('elasticloadbalancing', 'CreateRule', input);
    location = { kind: 'rule', ruleArn: Rules[0].RuleArn };
  }
  for (let revision = 2; revision <= greenRevision; revision++) {
    world.must('ecs', 'RegisterTaskDefinition', definitionOf(`good-${revision}`));
  }
  world.must('ecs', 'CreateService', {
    cluster,
    serviceName: 'green',
    taskDefinition: `${family}:${greenRevision}`,
    desiredCount: greenTasks,
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
    loadBalancers: [{ targetGroupArn: green, containerName: 'ips-api', containerPort: 5000 }],
  });
  await settle(region, 300_000);
  return { ...region, listenerArn, location, blue, green };
}

/** Green is the one that runs the bad revision. */
export function rollBackPair(pair: Pair, change: Partial<RollbackRequest> = {}): Promise<ActionResult> {
  return rollBack(pair, { service: 'green', location: pair.location, ...change });
}

export function weightsOf(pair: Pair): Readonly<Record<string, number>> {
  const { location } = pair;
  const answer =
    location.kind === 'rule'
      ? pair.world.must('elasticloadbalancing', 'DescribeRules', { RuleArns: [location.ruleArn] }).Rules[0]
          .Actions
      : pair.world.must('elasticloadbalancing', 'DescribeListeners', { ListenerArns: [pair.listenerArn] })
          .Listeners[0].DefaultActions;
  const groups: readonly { TargetGroupArn: string; Weight: number }[] = answer[0].ForwardConfig.TargetGroups;
  return Object.fromEntries(
    groups.map((group) => [group.TargetGroupArn === pair.blue ? 'blue' : 'green', group.Weight]),
  );
}
