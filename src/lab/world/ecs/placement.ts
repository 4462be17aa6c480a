/** Where a task goes: zone by balance, capacity provider by base and weight. */
import type { CapacityProviderStrategyItem, NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { EcsContext, TaskRecord } from './state.ts';

export interface Place {
  readonly zone: string;
  readonly subnet: string;
}

/**
 * The lit zone with the fewest of the given tasks; ties go to the first. Subnets stand for the zones in
 * their order (assumed: the lab has no VPC), so one subnet means one zone.
 */
export function choosePlace(
  context: EcsContext,
  network: NetworkConfiguration | undefined,
  neighbours: Iterable<TaskRecord>,
): Place | undefined {
  if (context.state.capacityUnavailable) return undefined;
  const load = new Map<string, number>();
  for (const task of neighbours) {
    if (task.desiredStatus === 'RUNNING') load.set(task.zone, (load.get(task.zone) ?? 0) + 1);
  }
  let best: Place | undefined;
  for (const place of litPlaces(context, network)) {
    if (best === undefined || (load.get(place.zone) ?? 0) < (load.get(best.zone) ?? 0)) best = place;
  }
  return best;
}

/** One place for each subnet whose zone is not dark. */
function litPlaces(context: EcsContext, network: NetworkConfiguration | undefined): Place[] {
  const zones = context.kernel.config.zones;
  const given = network?.awsvpcConfiguration?.subnets ?? [];
  const places =
    given.length === 0
      ? zones.map((zone, index) => ({ zone, subnet: `subnet-${String(index + 1).padStart(17, '0')}` }))
      : given.map((subnet, index) => ({ zone: zones[index % zones.length]!, subnet }));
  return places.filter((place) => !context.state.darkZones.has(place.zone));
}

/** The zones a service with this network can use now. */
export function litZones(context: EcsContext, network: NetworkConfiguration | undefined): string[] {
  return [...new Set(litPlaces(context, network).map((place) => place.zone))];
}

/**
 * The provider of the next task: bases are filled first, then the one that is furthest behind its share
 * of the weights.
 */
export function chooseCapacityProvider(
  strategy: readonly CapacityProviderStrategyItem[],
  neighbours: Iterable<TaskRecord>,
): string | undefined {
  const counts = new Map<string, number>();
  for (const task of neighbours) {
    const provider = task.capacityProvider;
    if (provider !== undefined && task.desiredStatus === 'RUNNING') {
      counts.set(provider, (counts.get(provider) ?? 0) + 1);
    }
  }
  for (const item of strategy) {
    const base = item.base ?? 0;
    if (base > 0 && (counts.get(item.capacityProvider ?? '') ?? 0) < base) return item.capacityProvider;
  }
  let best: { provider: string; score: number } | undefined;
  for (const item of strategy) {
    const weight = item.weight ?? 0;
    if (weight <= 0 || item.capacityProvider === undefined) continue;
    const above = Math.max(0, (counts.get(item.capacityProvider) ?? 0) - (item.base ?? 0));
    const score = (above + 1) / weight;
    if (best === undefined || score < best.score) best = { provider: item.capacityProvider, score };
  }
  return best?.provider ?? strategy[0]?.capacityProvider;
}
