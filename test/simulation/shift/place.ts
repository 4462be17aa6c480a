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
  /** Weights of production's rule by ARN of the group. */
  readonly weights: Readonly<Record<string, number>>;
  /** Green's share in each of the rules that go with it. */
  readonly together: readonly (number | undefined)[];
  /** Tags of the test rules that stand, one entry for each. */
  readonly testRules: readonly Readonly<Record<string, string>>[];
  readonly blueDesired: number;
  readonly greenDesired: number;
  readonly blueHealthy: number;
  readonly greenHealthy: number;
  readonly greenTasks: readonly Task[];
  readonly scaling: readonly Scaling[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the world are of each operation's own shape
type Answer = any;

/** What the load balancer forwards by, as it has it. */
export interface Forwarding {
  /** Of production's rule; undefined where it forwards nothing. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  /** Of each of the rules that go with it. */
  readonly together: readonly (Readonly<Record<string, number>> | undefined)[];
  /** Test rules that stand, by ARN. */
  readonly testRules: readonly string[];
}

/** By the table it was read from, which is another one after every change. */
const read = new WeakMap<RoutingTable, Forwarding>();

export function forwardingOf(world: World, place: Place): Forwarding {
  const table = world.routing().routingTable();
  let forwarding = read.get(table);
  if (forwarding === undefined) {
    forwarding = readForwarding(table, place);
    read.set(table, forwarding);
  }
  return forwarding;
}

function readForwarding({ listeners }: RoutingTable, place: Place): Forwarding {
  const weightsOf = (ruleArn: string): Forwarding['weights'] => {
    for (const { rules } of listeners) {
      const action = rules.find((each) => each.ruleArn === ruleArn)?.action;
      if (action?.kind !== 'forward') continue;
      // ARNs are new in every story: without a prototype V8 makes a table, and no hidden class for each of them.
      const weights: Record<string, number> = Object.create(null);
      for (const group of action.groups) weights[group.targetGroupArn] = group.weight;
      return weights;
    }
    return undefined;
  };
  const header = place.header.toLowerCase();
  const listener = listeners.find((each) => each.listenerArn === place.listenerArn);
  return {
    weights: weightsOf(place.ruleArn),
    together: place.togetherArns.map(weightsOf),
    testRules: (listener?.rules ?? [])
      .filter(({ conditions }) =>
        conditions.some((each) => each.field === 'http-header' && each.header.toLowerCase() === header),
      )
      .map((rule) => rule.ruleArn),
  };
}

export function shareIn(
  weights: Readonly<Record<string, number>> | undefined,
  groupArn: string,
): number | undefined {
  const total = Object.values(weights ?? {}).reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? undefined : (100 * (weights?.[groupArn] ?? 0)) / total;
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
  const names = [place.blue.service, place.green.service];
  return ScalableTargets.map((target: Answer) => ({
    service: String(target.ResourceId).split('/').at(-1),
    min: target.MinCapacity,
    max: target.MaxCapacity,
    suspended: {
      in: target.SuspendedState?.DynamicScalingInSuspended ?? false,
      out: target.SuspendedState?.DynamicScalingOutSuspended ?? false,
      scheduled: target.SuspendedState?.ScheduledScalingSuspended ?? false,
    },
    noted: Object.keys(scaling('ListTagsForResource', { ResourceARN: target.ScalableTargetARN }).Tags).some(
      (key) => key === 'ips-deploy:scaling',
    ),
  })).filter((target: Scaling) => names.includes(target.service));
}

function tagsOf(world: World, arn: string): Readonly<Record<string, string>> {
  const [found] = world.must('elasticloadbalancing', 'DescribeTags', { ResourceArns: [arn] }).TagDescriptions;
  return Object.fromEntries(found.Tags.map((tag: Answer) => [tag.Key, tag.Value]));
}

export function snapshotOf(world: World, place: Place): Snapshot {
  const { blue, green } = place;
  const { weights, together, testRules } = forwardingOf(world, place);
  return {
    at: world.kernel.now,
    share: shareIn(weights, green.groupArn),
    weights: weights ?? {},
    together: together.map((each) => shareIn(each, green.groupArn)),
    testRules: testRules.map((arn) => tagsOf(world, arn)),
    blueDesired: desiredOf(world, blue) ?? 0,
    greenDesired: desiredOf(world, green) ?? 0,
    blueHealthy: healthyIn(world, blue.groupArn),
    greenHealthy: healthyIn(world, green.groupArn),
    greenTasks: tasksOf(world, place, green),
    scaling: scalingOf(world, place),
  };
}
