/** A definition against the service that is to run it: its load balancer, its grace period. Pure. */
import { isObject, type JsonObject, type JsonValue, objectsOf, pointer } from './json.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { shown } from './report-problem.ts';

/** What counts of a service here. */
export interface RunningService {
  readonly name: string;
  readonly loadBalancers: readonly { readonly containerName: string; readonly containerPort: number }[];
  readonly healthCheckGracePeriodSeconds: number;
}

export interface ServiceCheck {
  readonly problems: readonly TaskDefinitionProblem[];
  readonly warnings: readonly TaskDefinitionProblem[];
}

export function checkAgainstService(definition: JsonObject, service: RunningService): ServiceCheck {
  const problems: TaskDefinitionProblem[] = [];
  const containers = objectsOf(definition['containerDefinitions']);
  for (const { containerName, containerPort } of service.loadBalancers) {
    const index = containers.findIndex((container) => container['name'] === containerName);
    const container = containers[index];
    if (container === undefined) {
      const there = containers.map((each) => shown(each['name'])).join(', ') || 'none';
      const message = `The load balancer of service ${service.name} sends to container "${containerName}"; the containers are ${there}.`;
      problems.push({ code: 'load-balancer', pointer: '/containerDefinitions', message });
      continue;
    }
    const ports = objectsOf(container['portMappings']).map((mapping) => mapping['containerPort']);
    if (ports.includes(containerPort)) continue;
    const there = ports.map(shown).join(', ') || 'none';
    const message = `The load balancer of service ${service.name} sends to port ${containerPort} of ${containerName}; its ports are ${there}.`;
    const at = pointer(['containerDefinitions', index, 'portMappings']);
    problems.push({ code: 'load-balancer', pointer: at, message });
  }
  return { problems, warnings: checkGrace(containers, service) };
}

/**
 * While the grace period lasts ECS replaces no task for a check that fails; what needs longer to become healthy is
 * stopped, again and again.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
 */
function checkGrace(containers: readonly JsonObject[], service: RunningService): TaskDefinitionProblem[] {
  const grace = service.healthCheckGracePeriodSeconds;
  if (service.loadBalancers.length === 0) return [];
  const warnings: TaskDefinitionProblem[] = [];
  for (const [index, container] of containers.entries()) {
    const check = container['healthCheck'];
    if (!isObject(check)) continue;
    const startPeriod = numberOr(check['startPeriod'], 0);
    if (startPeriod <= grace) continue;
    const message = `${shown(container['name'])} has ${startPeriod} s to start by its health check; service ${service.name} waits ${grace} s only before the load balancer's check counts (health check grace period).`;
    warnings.push({
      code: 'grace-period',
      pointer: pointer(['containerDefinitions', index, 'healthCheck', 'startPeriod']),
      message,
    });
  }
  for (const { containerName } of service.loadBalancers) {
    const index = containers.findIndex((container) => container['name'] === containerName);
    const waits = waitBefore(containerName, containers, new Set());
    if (index < 0 || waits <= grace) continue;
    const message = `${containerName} starts only after other containers are healthy, ${waits} s at the least; service ${service.name} waits ${grace} s only before the load balancer's check counts (health check grace period).`;
    warnings.push({
      code: 'grace-period',
      pointer: pointer(['containerDefinitions', index, 'dependsOn']),
      message,
    });
  }
  return warnings;
}

/** Seconds that pass at least before the container starts: a check is healthy after its first interval. */
function waitBefore(
  name: JsonValue,
  containers: readonly JsonObject[],
  trail: ReadonlySet<JsonValue>,
): number {
  if (trail.has(name)) return 0;
  const container = containers.find((each) => each['name'] === name);
  const waits = objectsOf(container?.['dependsOn']).map((dependency) => {
    const other = dependency['containerName'] ?? '';
    const before = waitBefore(other, containers, new Set([...trail, name]));
    if (dependency['condition'] !== 'HEALTHY') return before;
    const check = containers.find((each) => each['name'] === other)?.['healthCheck'];
    return before + (isObject(check) ? numberOr(check['interval'], 30) : 0);
  });
  return Math.max(0, ...waits);
}

function numberOr(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
