/** Reads the lab for the recorder: weights and targets of the world, requests of the data plane, tasks. */
import type { LiveLab } from '../live-lab.ts';
import type { RoutingReader } from '../world/contracts.ts';
import type { TrafficBatch } from '../world/substrate.ts';
import type { LabReading } from './recorder.ts';
import { names } from './stage.ts';
import type { LoadCounts, ServiceState } from './story.ts';

/** Requests by target group name, counted from the batches that also make the metrics. */
export class GroupCounter {
  readonly #requests = new Map<string, number>();

  add(batch: TrafficBatch): void {
    for (const group of batch.groups) {
      const name = targetGroupName(group.targetGroupArn);
      this.#requests.set(name, (this.#requests.get(name) ?? 0) + group.requests);
    }
  }

  requests(name: string): number {
    return this.#requests.get(name) ?? 0;
  }
}

/** `targetgroup/NAME/id` */
function targetGroupName(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

export function readLab(
  lab: LiveLab,
  listenerArn: string,
  counter: GroupCounter,
  load: LoadCounts,
): LabReading {
  // What was served until this very moment, so that rates are not rounded to whole batches.
  lab.plane.loadBalancers.flush();
  const routing = lab.world.routing();
  const weights = productionWeights(routing, listenerArn);
  return {
    virtualNow: lab.clock.virtualNow,
    load,
    groups: new Map(
      routing.targetGroups().map((group) => {
        const name = targetGroupName(group.targetGroupArn);
        const live = group.targets.filter((target) => target.state !== 'draining');
        return [
          name,
          {
            requests: counter.requests(name),
            weight: weights.get(group.targetGroupArn) ?? 0,
            healthy: live.filter((target) => target.state === 'healthy').length,
            targets: live.length,
          },
        ];
      }),
    ),
    services: readServices(lab),
  };
}

/** Of the default action: the last rule of the route. */
function productionWeights(routing: RoutingReader, listenerArn: string): ReadonlyMap<string, number> {
  const listener = routing.routingTable().listeners.find((each) => each.listenerArn === listenerArn);
  const action = listener?.rules.at(-1)?.action;
  if (action?.kind !== 'forward') return new Map();
  return new Map(action.groups.map((group) => [group.targetGroupArn, group.weight]));
}

function readServices(lab: LiveLab): readonly ServiceState[] {
  const { services } = lab.world.must('ecs', 'DescribeServices', {
    cluster: names.cluster,
    services: [names.service, names.serviceB],
  }) as {
    services: { serviceName: string; desiredCount: number; runningCount: number; pendingCount: number }[];
  };
  return services.map((service) => ({
    name: service.serviceName,
    desired: service.desiredCount,
    running: service.runningCount,
    pending: service.pendingCount,
  }));
}
