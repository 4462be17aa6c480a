/** What a service gets: `deploy`, `cpus`, `mem_limit`, and the size of the task that holds them. Pure. */
import { smallestFargateSize } from '../fargate-size.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { ServiceReader } from './service-reader.ts';
import { cpuUnitsOf, mebibytesOf, secondsOf } from './units.ts';

/** ECS takes no less memory for a container. */
const lowestMemoryMiB = 6;

/** Fields `cpu`, `memory`, `memoryReservation` of the container. */
export function resourcesOf(reader: ServiceReader): JsonObject {
  const deploy = mapOf(reader.get('deploy'));
  const resources = mapOf(deploy['resources']);
  const limits = mapOf(resources['limits']);
  const reservations = mapOf(resources['reservations']);
  const result: JsonObject = {};
  const cpus = reservations['cpus'] ?? limits['cpus'] ?? reader.get('cpus');
  if (cpus !== undefined && cpus !== 0) {
    const units = cpuUnitsOf(cpus);
    if (units === undefined)
      reader.refuse('deploy', `${JSON.stringify(cpus)} is no number of CPUs`, 'resources');
    else result['cpu'] = units;
  }
  const memory = (given: JsonValue | undefined, field: string): void => {
    if (given === undefined || given === 0) return;
    const size = mebibytesOf(given);
    if (size === undefined)
      reader.refuse('deploy', `${JSON.stringify(given)} is no amount of memory`, 'resources');
    else result[field] = Math.max(lowestMemoryMiB, Math.ceil(size));
  };
  memory(limits['memory'] ?? reader.get('mem_limit'), 'memory');
  memory(reservations['memory'] ?? reader.get('mem_reservation'), 'memoryReservation');
  // ECS wants the reservation below the limit; a reservation of the whole limit says nothing more.
  if (result['memoryReservation'] === result['memory']) delete result['memoryReservation'];
  for (const what of ['devices', 'generic_resources']) {
    if (reservations[what] !== undefined)
      reader.refuse(
        'deploy',
        `${what}: Fargate has no devices and GPUs: run the service on ECS with EC2`,
        'resources',
      );
  }
  if (limits['pids'] !== undefined)
    reader.notice('deploy', 'Fargate has a limit of pids of its own', 'resources');
  return result;
}

/** The rest of `deploy`: what the ECS service decides, not the task definition. */
export function tellDeploy(reader: ServiceReader): void {
  const deploy = mapOf(reader.get('deploy'));
  const replicas = deploy['replicas'] ?? reader.get('scale');
  if (replicas !== undefined && Number(replicas) !== 1) {
    const attribute = deploy['replicas'] === undefined ? 'scale' : 'deploy';
    reader.notice(
      attribute,
      `the number of tasks is desiredCount of the ECS service: ${String(replicas)} here`,
    );
  }
  if (typeof deploy['mode'] === 'string' && /^global/.test(deploy['mode'])) {
    reader.refuse(
      'deploy',
      'Fargate has no machines to put one task on each: say replicated, and a desiredCount',
      'mode',
    );
  }
  for (const [name, why] of [
    ['update_config', 'rolling-deploy and blue-green-shift say how a new version comes in'],
    ['rollback_config', 'rolling-deploy and blue-green-shift go back when a version fails'],
    ['placement', 'the subnets of the ECS service say where tasks run'],
    ['labels', 'tags of the ECS service take their place'],
  ] as const) {
    if (deploy[name] !== undefined) reader.notice('deploy', `${name}: ${why}`, name);
  }
}

/**
 * ECS replaces a task whose essential container ends; a container is restarted in place where the policy says
 * so and the exit code counts as a failure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html
 */
export function restartPolicyOf(reader: ServiceReader): JsonObject | undefined {
  const policy = mapOf(reader.get('deploy'))['restart_policy'];
  const restart = reader.get('restart');
  if (!isObject(policy)) {
    const [kind, attempts] = typeof restart === 'string' ? restart.split(':') : [];
    if (attempts !== undefined)
      reader.notice(
        'restart',
        'ECS does not count restarts: the circuit breaker of the deployment ends a loop',
      );
    // "always" is what the ECS service does: it starts a new task.
    return kind === 'on-failure' ? { enabled: true, ignoredExitCodes: [0] } : undefined;
  }
  const condition = policy['condition'] ?? 'any';
  if (condition === 'none' || condition === 'no') return undefined;
  const result: JsonObject = { enabled: true };
  if (condition === 'on-failure') result['ignoredExitCodes'] = [0];
  const window = secondsOf(policy['window']);
  if (window !== undefined && window > 0) {
    const taken = Math.min(1800, Math.max(60, Math.ceil(window)));
    if (taken !== window)
      reader.notice(
        'deploy',
        `restart_policy.window: ECS takes 60 to 1800 seconds: ${taken} here`,
        'restart_policy',
      );
    result['restartAttemptPeriod'] = taken;
  }
  for (const name of ['delay', 'max_attempts']) {
    if (policy[name] !== undefined)
      reader.notice('deploy', `restart_policy.${name}: ECS has no such setting`, 'restart_policy');
  }
  return result;
}

/** The smallest size of Fargate that holds all containers; undefined where none of them says what it needs. */
export function taskSizeOf(
  containers: readonly JsonObject[],
): { readonly cpu: string; readonly memory: string } | undefined {
  const number = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0);
  let cpu = 0;
  let memory = 0;
  for (const container of containers) {
    cpu += number(container['cpu']);
    memory += Math.max(number(container['memory']), number(container['memoryReservation']));
  }
  return cpu === 0 && memory === 0 ? undefined : smallestFargateSize(cpu, memory);
}

function mapOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}
