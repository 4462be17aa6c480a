/** Reads everything a plan is made of. Changes nothing. */
import type { RegisterTaskDefinitionRequest, Service } from '@aws-sdk/client-ecs';
import { readAlarms } from '../aws/alarms.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { type ServiceFacts, toServiceFacts } from '../aws/ecs-service.ts';
import { readTargetHealth } from '../aws/ecs-target-health.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { readForward } from '../aws/elb-forward.ts';
import { readTrafficMinutes, readUsualP95 } from '../aws/elb-metrics.ts';
import {
  type ListenerFacts,
  type LoadBalancerFacts,
  readListeners,
  readLoadBalancerOfListener,
} from '../aws/elb-rules.ts';
import { readTargetGroup } from '../aws/elb-target-groups.ts';
import { readScaling, type ScalingFacts } from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { parseDefinitionFile } from '../rollout/definition-file.ts';
import { definitionHash } from '../rollout/same-definition.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { type Baseline, baselineOf, slowThresholdSeconds } from './baseline.ts';
import { findColours, healthyCount, type PreflightFacts } from './preflight.ts';

export interface Gathered {
  readonly facts: PreflightFacts;
  readonly loadBalancer: LoadBalancerFacts;
  readonly listener: ListenerFacts;
  /** Blue as ECS describes it, for the twin. */
  readonly blueSource: Service | undefined;
  /** To be registered before the plan is carried out; undefined where the revision exists. */
  readonly register: RegisterTaskDefinitionRequest | undefined;
  readonly baseline: Baseline;
}

const baselineMs = 3_600_000;

/** Throws `ConfigurationError` where what is named does not exist, or the colours do not show. */
export async function gather(
  aws: AwsCaller,
  request: ShiftRequest,
  now: number,
  readFile: (path: string) => Promise<string>,
): Promise<Gathered> {
  const forward = await readForward(aws, request.location);
  const loadBalancer = await readLoadBalancerOfListener(aws, forward.listenerArn);
  const named = async (group: string | undefined): Promise<string | undefined> =>
    group === undefined ? undefined : (await readTargetGroup(aws, group)).arn;
  const colours = findColours(
    forward.split,
    await named(request.blueTargetGroup),
    await named(request.greenTargetGroup),
  );
  if (colours.kind === 'unclear') throw new ConfigurationError('colours-unclear', colours.reason);
  const { blueArn, greenArn } = colours;
  const [blueGroup, greenGroup, blueHealth, greenHealth, listeners, alarms] = await Promise.all([
    readTargetGroup(aws, blueArn),
    readTargetGroup(aws, greenArn),
    readTargetHealth(aws, blueArn),
    readTargetHealth(aws, greenArn),
    readListeners(aws, loadBalancer.arn),
    readAlarms(aws, request.alarms),
  ]);
  const services = request.cluster === undefined ? [] : await readServices(aws, request.cluster, request);
  const blueSource = pick(services, request.blueService, blueArn);
  const greenSource = pick(services, request.greenService, greenArn);
  const blueService = blueSource === undefined ? undefined : toServiceFacts(blueSource);
  const greenService = greenSource === undefined ? undefined : toServiceFacts(greenSource);
  const wanted = await resolveDefinition(aws, request, greenService?.taskDefinitionArn, readFile);
  const lastHour = [
    Math.floor((now - baselineMs) / 60_000) * 60_000,
    Math.floor(now / 60_000) * 60_000,
  ] as const;
  const traffic = await readTrafficMinutes(aws, {
    loadBalancerArn: loadBalancer.arn,
    targetGroupArns: [blueArn],
    fromMs: lastHour[0],
    toMs: lastHour[1],
  });
  const usualP95 = await readUsualP95(aws, loadBalancer.arn, blueArn, ...lastHour);
  const desiredCount =
    request.desiredCount ?? Math.max(1, blueService?.runningCount ?? 0, healthyCount(blueHealth.targets));
  const listener = listeners.find((candidate) => candidate.listenerArn === forward.listenerArn);
  if (listener === undefined) {
    throw new ConfigurationError('listener-not-found', `There is no listener ${forward.listenerArn}.`);
  }
  return {
    facts: {
      forward,
      listeners,
      blueGroup,
      greenGroup,
      blueTargets: blueHealth.targets,
      greenTargets: greenHealth.targets,
      blueService,
      greenService,
      taskDefinitionArn: wanted.arn,
      scaling: await readAllScaling(aws, request.cluster, [blueService, greenService]),
      alarms,
      testRulePriority: request.testRulePriority ?? priorityBelow(forward.priority),
      probePaths: request.probes.paths ?? [greenGroup.healthCheck.path],
      desiredCount,
    },
    loadBalancer,
    listener,
    blueSource,
    register: wanted.register,
    baseline: baselineOf(
      traffic.groups[0]?.minutes ?? [],
      traffic.balancer,
      usualP95 === undefined ? undefined : slowThresholdSeconds(usualP95),
    ),
  };
}

/**
 * A file is registered only where the family's newest revision is not the same already; until then its
 * revision has a name for the plan.
 */
async function resolveDefinition(
  aws: AwsCaller,
  request: ShiftRequest,
  greenArn: string | undefined,
  readFile: (path: string) => Promise<string>,
): Promise<{
  readonly arn: string | undefined;
  readonly register: RegisterTaskDefinitionRequest | undefined;
}> {
  const wanted = request.taskDefinition;
  if (request.cluster === undefined) return { arn: undefined, register: undefined };
  if (wanted?.kind === 'file') {
    const input = parseDefinitionFile(wanted.path, await readFile(wanted.path));
    const newest = await readTaskDefinition(aws, input.family ?? '');
    return newest?.status === 'ACTIVE' && definitionHash(newest.definition) === definitionHash(input)
      ? { arn: newest.arn, register: undefined }
      : { arn: `${input.family}:(new revision)`, register: input };
  }
  const name = wanted?.name ?? greenArn;
  const found = name === undefined ? undefined : await readTaskDefinition(aws, name);
  return { arn: found?.status === 'ACTIVE' ? found.arn : undefined, register: undefined };
}

/** Fixed for each rule, so that it is the lock: right before production's own. A default action comes last anyhow. */
export function priorityBelow(priority: string): number | undefined {
  if (priority === 'default') return 1;
  return Number(priority) > 1 ? Number(priority) - 1 : undefined;
}

/** The named service, or the one active service that is registered in the group. */
function pick(services: readonly Service[], name: string | undefined, groupArn: string): Service | undefined {
  if (name !== undefined) return services.find((service) => service.serviceName === name);
  return services.find((service) =>
    service.loadBalancers?.some((entry) => entry.targetGroupArn === groupArn),
  );
}

/** Active services of the cluster: those named, or all where one has to be found. */
async function readServices(
  aws: AwsCaller,
  cluster: string,
  request: ShiftRequest,
): Promise<readonly Service[]> {
  const names = new Set<string>();
  for (const name of [request.blueService, request.greenService]) if (name !== undefined) names.add(name);
  if (names.size < 2) {
    let nextToken: string | undefined;
    do {
      const page = await aws.call('ecs:ListServices', {
        cluster,
        maxResults: 100,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      for (const arn of page.serviceArns ?? []) names.add(arn.slice(arn.lastIndexOf('/') + 1));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  const services: Service[] = [];
  const all = [...names];
  for (let start = 0; start < all.length; start += 10) {
    const page = await aws.call('ecs:DescribeServices', {
      cluster,
      services: all.slice(start, start + 10),
      include: ['TAGS'],
    });
    services.push(...(page.services ?? []).filter((service) => service.status === 'ACTIVE'));
  }
  return services;
}

async function readAllScaling(
  aws: AwsCaller,
  cluster: string | undefined,
  services: readonly (ServiceFacts | undefined)[],
): Promise<readonly ScalingFacts[]> {
  if (cluster === undefined) return [];
  const clusterName = cluster.slice(cluster.lastIndexOf('/') + 1);
  const found: ScalingFacts[] = [];
  for (const service of services) {
    if (service === undefined) continue;
    const target = await readScaling(aws, `service/${clusterName}/${service.name}`);
    if (target !== undefined) found.push(target);
  }
  return found;
}
