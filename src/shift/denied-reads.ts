/**
 * Who lacks one permission mostly lacks several. Once a read of the look is denied, every read that a shift of this
 * request makes is asked by itself, so that all that is missing is told at once and not one for each run of the job. IAM
 * answers before anything is looked up: ids that are not known yet are made up, and stand for nothing.
 */
import { readAlarms } from '../aws/alarms.ts';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { denialOf, statementsFor } from '../aws/denial.ts';
import { listenerArnOf } from '../aws/elb-forward.ts';
import { readUsualTraffic } from '../aws/elb-metrics.ts';
import { loadBalancerArnOf, readRules, readTags } from '../aws/elb-rules.ts';
import {
  readScaling,
  readScalingPolicies,
  readScheduledActions,
  scalingResource,
} from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';

/** `first` and all others, once for each line of a policy. `aws` gives up soon: what does not answer is not told. */
export async function readDenied(
  aws: AwsCaller,
  request: ShiftRequest,
  first: AwsCallError,
  now: number,
): Promise<readonly AwsCallError[]> {
  const asked = await Promise.allSettled(readsOf(aws, request, now));
  const others = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const found = new Map<string, AwsCallError>();
  for (const error of [first, ...others]) {
    if (!(error instanceof AwsCallError) || error.kind !== 'access-denied') continue;
    const line = JSON.stringify(statementsFor([denialOf(error)], {}));
    if (!found.has(line)) found.set(line, error);
  }
  return [...found.values()];
}

/** An id that nothing has. */
const noId = '0000000000000000';

function readsOf(aws: AwsCaller, request: ShiftRequest, now: number): readonly Promise<unknown>[] {
  const { cluster, alarms, guard } = request;
  const listenerArn = listenerArnOf(request.location);
  return [
    ...readsOfBalancer(aws, request, listenerArn, now),
    ...(cluster === undefined ? [] : readsOfCluster(aws, request, cluster, listenerArn)),
    ...(alarms.length === 0 && guard?.kind !== 'alarm' ? [] : [readAlarms(aws, ['ips-deploy'])]),
  ];
}

function readsOfBalancer(
  aws: AwsCaller,
  { blueTargetGroup, greenTargetGroup }: ShiftRequest,
  listenerArn: string,
  now: number,
): readonly Promise<unknown>[] {
  const loadBalancerArn = loadBalancerArnOf(listenerArn);
  const TargetGroupArn =
    [blueTargetGroup, greenTargetGroup].find((group) => group?.startsWith('arn:') === true) ??
    loadBalancerArn.replace(/:loadbalancer\/.*/, `:targetgroup/ips-deploy/${noId}`);
  return [
    readRules(aws, listenerArn),
    readTags(aws, `${listenerArn.replace(':listener/', ':listener-rule/')}/${noId}`),
    aws.call('elasticloadbalancing:DescribeListeners', { ListenerArns: [listenerArn] }),
    aws.call('elasticloadbalancing:DescribeLoadBalancers', { LoadBalancerArns: [loadBalancerArn] }),
    aws.call('elasticloadbalancing:DescribeTargetGroups', { TargetGroupArns: [TargetGroupArn] }),
    aws.call('elasticloadbalancing:DescribeTargetGroupAttributes', { TargetGroupArn }),
    aws.call('elasticloadbalancing:DescribeTargetHealth', { TargetGroupArn }),
    readUsualTraffic(aws, {
      loadBalancerArn,
      targetGroupArns: [TargetGroupArn],
      fromMs: now - 120_000,
      toMs: now - 60_000,
    }),
  ];
}

function readsOfCluster(
  aws: AwsCaller,
  { blueService, greenService, taskDefinition }: ShiftRequest,
  cluster: string,
  listenerArn: string,
): readonly Promise<unknown>[] {
  const services = [...new Set([blueService, greenService])].filter((name) => name !== undefined);
  const name = taskDefinition?.kind === 'file' ? undefined : taskDefinition?.name;
  return [
    // Whoever names both is not stopped by a cluster that may not be listed.
    ...(services.length < 2 ? [aws.call('ecs:ListServices', { cluster })] : []),
    ...(services.length === 0 ? [readScaling(aws, scalingResource(cluster, 'ips-deploy'))] : []),
    aws.call('ecs:DescribeTaskDefinition', { taskDefinition: name ?? 'ips-deploy' }),
    aws.call('ecs:ListTasks', { cluster }),
    aws.call('ecs:DescribeTasks', { cluster, tasks: [`${noId}${noId}`] }),
    ...services.flatMap((service) => readsOfService(aws, cluster, service, listenerArn)),
  ];
}

function readsOfService(
  aws: AwsCaller,
  cluster: string,
  service: string,
  listenerArn: string,
): readonly Promise<unknown>[] {
  const nameOf = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
  // Where the load balancer is, its tasks are.
  const [arn, partition, , region, account] = listenerArn.split(':');
  const made = (of: string, resource: string): string =>
    [arn, partition, of, region, account, `${resource}/${noId}`].join(':');
  const part = `${nameOf(cluster)}/${nameOf(service)}`;
  const resource = scalingResource(cluster, nameOf(service));
  const scaling = readScaling(aws, resource);
  /** Asked of a service that scales, and of one of which that may not be known. */
  const ifItScales = async (read: (targetArn: string | undefined) => Promise<unknown>): Promise<void> => {
    const found = await scaling.catch(() => 'unknown' as const);
    if (found === 'unknown') await read(undefined);
    else if (found !== undefined) await read(found.arn);
  };
  return [
    aws.call('ecs:DescribeServices', { cluster, services: [service] }),
    aws.call('ecs:DescribeServiceRevisions', {
      serviceRevisionArns: [made('ecs', `service-revision/${part}`)],
    }),
    aws.call('ecs:DescribeServiceDeployments', {
      serviceDeploymentArns: [made('ecs', `service-deployment/${part}`)],
    }),
    scaling,
    ifItScales(() => readScalingPolicies(aws, resource)),
    ifItScales(() => readScheduledActions(aws, resource)),
    ifItScales((targetArn) =>
      aws.call('application-autoscaling:ListTagsForResource', {
        ResourceARN: targetArn ?? made('application-autoscaling', 'scalable-target'),
      }),
    ),
  ];
}
