/** Invariants of a rollout, looked at whenever something changes, and a record of what the kit itself does. */
import {
  foreignStays,
  liveTrafficHasHealthyTarget,
  observeRouting,
} from '../../../src/lab/world/invariants.ts';
import type { ApiRequest, ApiResult } from '../../../src/lab/world/service.ts';
import type { World } from '../../../src/lab/world/world.ts';

/** All that a rolling deployment may change, and nothing else. */
const ownWrites: ReadonlySet<string> = new Set([
  'RegisterTaskDefinition',
  'UpdateService',
  'StopServiceDeployment',
  'TagResource',
]);

export interface Watch {
  readonly violations: string[];
  /** Service deployments that calls of the kit began, oldest first. */
  readonly begun: string[];
  /** Where in this list the present run begins. */
  runFrom: number;
  /** Of these, how many while the one before of the same run was under way. */
  interfered: number;
  /** Revisions that calls of the kit registered. */
  registered: number;
  calls: number;
  /** Service deployments that ECS was asked to end. */
  readonly stops: string[];
  /** By name of a service: when a call about it was answered last. */
  readonly lastLookAt: Map<string, number>;
  /** Calls that were refused for good, and calls that failed for a time. */
  denied: number;
  troubled: number;
}

export interface WatchOptions {
  /** ARN of the one who deploys. */
  readonly callerArn: string;
  /** Called at the instant at which the world answers a call of the kit, with the services that it is about as far
   * as its input says so; may change what the answer says. */
  readonly onAnswer: (operation: string, output: unknown, about: readonly string[]) => unknown;
}

/** Nobody in these stories changes rules: every change of the routing would be the kit's. */
export function watchWorld(world: World, { callerArn, onAnswer }: WatchOptions): Watch {
  const watch: Watch = {
    violations: [],
    begun: [],
    runFrom: 0,
    interfered: 0,
    registered: 0,
    calls: 0,
    stops: [],
    lastLookAt: new Map(),
    denied: 0,
    troubled: 0,
  };
  watchRouting(world, watch);
  const call = world.call.bind(world);
  const watched = (request: ApiRequest): ApiResult => {
    if (request.principal.arn !== callerArn) return call(request);
    const from = world.kernel.journal.length;
    const mutates = world.modules.get(request.service)?.operations[request.operation]?.mutates ?? false;
    const result = call(request);
    watch.calls++;
    const about = servicesIn(request.input);
    for (const name of about) watch.lastLookAt.set(name, world.kernel.now);
    if (mutates) noteWrite(request, watch, world, from);
    switch (result.kind) {
      case 'answer':
        return { ...result, output: onAnswer(request.operation, result.output, about) };
      case 'error':
        if (/AccessDenied|ExpiredToken/.test(result.error.code)) watch.denied++;
        else watch.troubled++;
        return result;
      case 'reset':
        watch.troubled++;
        return result;
    }
  };
  // By its name, as in the shift's watch.
  world.call = watched;
  return watch;
}

function watchRouting(world: World, watch: Watch): void {
  const routing = world.routing();
  const atFirst = observeRouting(routing, world.kernel.now);
  const seen = new Set<string>();
  world.kernel.onEffect((effect) => {
    if (effect.kind !== 'routing-changed') return;
    const now = observeRouting(routing, world.kernel.now);
    const found = [
      ...liveTrafficHasHealthyTarget(now),
      ...foreignStays(atFirst, now, { ruleArns: [], targetGroupArns: [] }),
    ];
    for (const { invariant, message } of found) {
      if (!seen.has(invariant)) watch.violations.push(`${invariant}: ${message}`);
      seen.add(invariant);
    }
  });
}

/** What a write did, whether its answer will come or not. */
function noteWrite({ operation, input }: ApiRequest, watch: Watch, world: World, from: number): void {
  if (!ownWrites.has(operation)) watch.violations.push(`it changes what is not its own: ${operation}`);
  if (operation === 'StopServiceDeployment') {
    watch.stops.push((input as { serviceDeploymentArn: string }).serviceDeploymentArn);
  }
  if (operation === 'UpdateService' && (input as { desiredCount?: number }).desiredCount !== undefined) {
    watch.violations.push('it touches the desired count, which nobody asked for');
  }
  for (const entry of world.kernel.journal.slice(from)) {
    if (entry.kind === 'ecs.task-definition-registered') watch.registered++;
    if (entry.kind === 'ecs.service-deployment-state' && entry.detail['status'] === 'PENDING') {
      const own = watch.begun
        .slice(watch.runFrom)
        .filter((arn) => serviceOf(arn) === serviceOf(entry.subject));
      if (isUnderWay(world, own.at(-1), entry.at)) watch.interfered++;
      watch.begun.push(entry.subject);
    }
  }
}

/** The services that a call is about, as far as its input says so. */
function servicesIn(input: unknown): readonly string[] {
  const { service, serviceName, services, serviceDeploymentArn, serviceDeploymentArns } = input as {
    readonly [member: string]: string | readonly string[] | undefined;
  };
  return [
    ...[service, serviceName, services].flat(),
    ...[serviceDeploymentArn, serviceDeploymentArns].flat().map((arn) => arn && serviceOf(arn)),
  ].filter((name): name is string => name !== undefined);
}

/** `…:service-deployment/cluster/service/id` */
export function serviceOf(serviceDeploymentArn: string): string {
  return serviceDeploymentArn.split('/').at(-2) ?? '';
}

/** By the states before that instant: a deployment that is replaced is asked to stop at that very instant. */
function isUnderWay(world: World, arn: string | undefined, at: number): boolean {
  if (arn === undefined) return false;
  const states = world.kernel.journal.filter(
    (entry) => entry.kind === 'ecs.service-deployment-state' && entry.subject === arn && entry.at < at,
  );
  return /PENDING|IN_PROGRESS|REQUESTED/.test(String(states.at(-1)?.detail['status'] ?? 'PENDING'));
}
