/** The place of a shift at one instant, asked of the world itself: nothing of the kit is in it. */
import type { RoutingTable } from '../../../src/lab/world/contracts.ts';
import type { World } from '../../../src/lab/world/world.ts';

/** Task definitions of the tasks that probe. */
export const proberFamily = 'prober';
/** First word of the one-off task's command. */
export const migration = 'migrate';

export interface Side {
  readonly groupArn: string;
  /** Undefined for a group of EC2 instances. */
  readonly service: string | undefined;
  /** The service's, as scaling names it. */
  readonly resourceId: string | undefined;
}

export interface Place {
  readonly cluster: string;
  readonly listenerArn: string;
  /** Production's rule. */
  readonly ruleArn: string;
  /** It is the listener's default one, written through the listener. */
  readonly byDefault: boolean;
  /** Rules that are shifted together with it. */
  readonly togetherArns: readonly string[];
  readonly blue: Side;
  readonly green: Side;
  /** The alarm that the shift is told to listen to. */
  readonly alarm: string;
  /** Name of the header that opens a test rule. */
  readonly header: string;
}

export interface Scaling {
  readonly service: string;
  readonly min: number;
  readonly max: number;
  readonly suspended: { readonly in: boolean; readonly out: boolean; readonly scheduled: boolean };
  readonly noted: boolean;
}

export interface Task {
  readonly address: string;
  readonly revision: string;
  readonly runs: boolean;
}

export interface Snapshot {
  readonly at: number;
  /** Green's share of production's rule, percent; undefined where the rule forwards nothing. */
  readonly share: number | undefined;
  /** Of production's rule. */
  readonly weights: readonly Weight[];
  /** Green's share in each of the rules that go with it. */
  readonly together: readonly (number | undefined)[];
  /** Tags of the test rules that stand, one entry for each. */
  readonly testRules: readonly Readonly<Record<string, string>>[];
  readonly blueDesired: number;
  readonly greenDesired: number;
  readonly blueHealthy: number;
  readonly greenHealthy: number;
  readonly scaling: readonly Scaling[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the world are of each operation's own shape
type Answer = any;

export interface Weight {
  readonly targetGroupArn: string;
  readonly weight: number;
}

/** What the load balancer forwards by, as it has it. */
export interface Forwarding {
  /** What it was read from: another one after every change. */
  readonly table: RoutingTable;
  /** Of production's rule; undefined where it forwards nothing. */
  readonly weights: readonly Weight[] | undefined;
  /** Of each of the rules that go with it. */
  readonly together: readonly (readonly Weight[] | undefined)[];
  /** Test rules that stand, by ARN. */
  readonly testRules: readonly string[];
}

/** @param known as it was read last */
export function forwardingOf(world: World, place: Place, known?: Forwarding): Forwarding {
  const table = world.routing().routingTable();
  if (known?.table === table) return known;
  const header = place.header.toLowerCase();
  const rules = table.listeners.find((each) => each.listenerArn === place.listenerArn)?.rules ?? [];
  const weightsOf = (ruleArn: string): Forwarding['weights'] => {
    const action = rules.find((each) => each.ruleArn === ruleArn)?.action;
    return action?.kind === 'forward' ? action.groups : undefined;
  };
  return {
    table,
    weights: weightsOf(place.ruleArn),
    together: place.togetherArns.map(weightsOf),
    testRules: rules
      .filter(({ conditions }) =>
        conditions.some((each) => each.field === 'http-header' && each.header.toLowerCase() === header),
      )
      .map((rule) => rule.ruleArn),
  };
}

/** By name of the group, as people are told. */
export function byName(weights: readonly Weight[]): Readonly<Record<string, number>> {
  return Object.fromEntries(weights.map((each) => [groupName(each), each.weight]));
}

/** Of `…:targetgroup/<name>/<id>`. */
export function groupName({ targetGroupArn: arn }: Weight): string {
  return arn.slice(arn.indexOf('/') + 1, arn.lastIndexOf('/'));
}

/** Percent; undefined where nothing has weight. */
export function shareIn(weights: readonly Weight[] | undefined, groupArn: string): number | undefined {
  let [total, own] = [0, 0];
  for (const { targetGroupArn, weight } of weights ?? []) {
    total += weight;
    if (targetGroupArn === groupArn) own += weight;
  }
  return total === 0 ? undefined : (100 * own) / total;
}

export function sameWeights(
  one: readonly Weight[] | undefined,
  other: readonly Weight[] | undefined,
): boolean {
  if (one === other) return true;
  return (
    one?.length === other?.length &&
    one?.every(
      ({ targetGroupArn, weight }, index) =>
        targetGroupArn === other?.[index]?.targetGroupArn && weight === other[index]?.weight,
    ) === true
  );
}

export function healthyIn(world: World, groupArn: string): number {
  const group = world
    .routing()
    .targetGroups()
    .find((each) => each.targetGroupArn === groupArn);
  return group?.targets.filter((target) => target.state === 'healthy').length ?? 0;
}

/** Undefined where there is no such service. */
export function desiredOf(world: World, { resourceId }: Side): number | undefined {
  return resourceId === undefined ? undefined : world.ecs.desiredCount(resourceId);
}

/** Tasks of a service that ECS wants to run. */
export function tasksOf(world: World, { cluster }: Place, side: Side): readonly Task[] {
  if (desiredOf(world, side) === undefined) return [];
  const { taskArns } = world.must('ecs', 'ListTasks', { cluster, serviceName: side.service });
  if (taskArns.length === 0) return [];
  return world.must('ecs', 'DescribeTasks', { cluster, tasks: taskArns }).tasks.map((task: Answer) => ({
    address:
      task.attachments[0].details.find((each: Answer) => each.name === 'privateIPv4Address')?.value ?? '',
    revision: task.taskDefinitionArn.split('/').at(-1),
    runs: task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING',
  }));
}

export function scalingOf(world: World, place: Place): readonly Scaling[] {
  const scaling = (operation: string, input: object): Answer =>
    world.must('application-autoscaling', operation, input);
  const { ScalableTargets } = scaling('DescribeScalableTargets', { ServiceNamespace: 'ecs' });
  const found: Scaling[] = [];
  for (const { service, resourceId } of [place.blue, place.green]) {
    const target = ScalableTargets.find((each: Answer) => each.ResourceId === resourceId);
    if (service === undefined || target === undefined) continue;
    const { Tags } = scaling('ListTagsForResource', { ResourceARN: target.ScalableTargetARN });
    found.push({
      service,
      min: target.MinCapacity,
      max: target.MaxCapacity,
      suspended: {
        in: target.SuspendedState?.DynamicScalingInSuspended ?? false,
        out: target.SuspendedState?.DynamicScalingOutSuspended ?? false,
        scheduled: target.SuspendedState?.ScheduledScalingSuspended ?? false,
      },
      noted: 'ips-deploy:scaling' in Tags,
    });
  }
  return found;
}

export function tagsOf(world: World, arn: string): Readonly<Record<string, string>> {
  const [found] = world.must('elasticloadbalancing', 'DescribeTags', { ResourceArns: [arn] }).TagDescriptions;
  return Object.fromEntries(found.Tags.map((tag: Answer) => [tag.Key, tag.Value]));
}

export function snapshotOf(world: World, place: Place): Snapshot {
  const { blue, green } = place;
  const { weights, together, testRules } = forwardingOf(world, place);
  return {
    at: world.kernel.now,
    share: shareIn(weights, green.groupArn),
    weights: weights ?? [],
    together: together.map((each) => shareIn(each, green.groupArn)),
    testRules: testRules.map((arn) => tagsOf(world, arn)),
    blueDesired: desiredOf(world, blue) ?? 0,
    greenDesired: desiredOf(world, green) ?? 0,
    blueHealthy: healthyIn(world, blue.groupArn),
    greenHealthy: healthyIn(world, green.groupArn),
    scaling: scalingOf(world, place),
  };
}
