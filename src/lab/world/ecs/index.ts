/**
 * ECS of the simulated region: the operations, the facts it listens to, the faults that can be done to
 * it. BEHAVIOUR.md beside this file has the rules and their sources.
 */
import type { FactConsumer, ServiceScaler } from '../contracts.ts';
import type { Operation, ServiceModule } from '../service.ts';
import type { Fact } from '../substrate.ts';
import { EcsIds } from './arns.ts';
import { Clusters } from './clusters.ts';
import { invalidParameter } from './errors.ts';
import { ecsOperations } from './operations.ts';
import { defaultEcsOptions, type EcsOptions } from './options.ts';
import { ServiceScheduler } from './scheduler.ts';
import { ServiceDeployments } from './service-deployments.ts';
import { Services } from './services.ts';
import { createState, type EcsContext, type EcsDependencies } from './state.ts';
import { ResourceTags } from './tags.ts';
import { TaskDefinitions } from './task-definitions.ts';
import { taskCounts } from './task-view.ts';
import { Tasks } from './tasks.ts';
import { type TaskOfService, UtilizationMeasurements } from './utilization.ts';

export { defaultEcsOptions, type EcsOptions, taskStartWithin } from './options.ts';
export type { EcsDependencies } from './state.ts';

/** Fargate Spot's warning before a task is taken away. */
const spotWarningMs = 120_000;

export class EcsService implements ServiceModule, ServiceScaler, FactConsumer {
  readonly id = 'ecs' as const;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #context: EcsContext;
  readonly #services: Services;
  readonly #scheduler: ServiceScheduler;

  constructor(dependencies: EcsDependencies, options: Partial<EcsOptions> = {}) {
    this.#context = {
      ...dependencies,
      options: { ...defaultEcsOptions, ...options },
      ids: new EcsIds(dependencies.kernel),
      state: createState(),
    };
    this.#scheduler = new ServiceScheduler(this.#context);
    const clusters = new Clusters(this.#context);
    const definitions = new TaskDefinitions(this.#context);
    this.#services = new Services(this.#context, clusters, definitions, this.#scheduler);
    this.operations = ecsOperations(dependencies.kernel, {
      clusters,
      definitions,
      services: this.#services,
      serviceDeployments: new ServiceDeployments(
        this.#context,
        this.#services,
        this.#scheduler.deployments,
        this.#scheduler.blueGreen,
      ),
      tasks: new Tasks(this.#context, clusters, definitions, this.#services, this.#scheduler),
      tags: new ResourceTags(this.#context),
    });
  }

  consume(fact: Fact): void {
    switch (fact.kind) {
      case 'container-started':
      case 'container-start-failed':
      case 'container-exited':
      case 'container-health':
        this.#scheduler.lifecycle.consume(fact);
        return;
      case 'utilization':
        this.#measure(fact);
        return;
      default:
        return;
    }
  }

  #measure(fact: Extract<Fact, { readonly kind: 'utilization' }>): void {
    const { metrics, state } = this.#context;
    const tasks: TaskOfService[] = [];
    for (const { taskArn, cpuPercent, memoryPercent } of fact.tasks) {
      const service = state.tasks.get(taskArn)?.service;
      if (service === undefined) continue;
      tasks.push({ cluster: service.cluster.name, service: service.name, cpuPercent, memoryPercent });
    }
    if (tasks.length > 0) metrics.publish('AWS/ECS', new UtilizationMeasurements(tasks));
  }

  desiredCount(resourceId: string): number | undefined {
    return this.#services.findByResourceId(resourceId)?.desiredCount;
  }

  /** @throws InvalidParameterException where there is no such active service */
  setDesiredCount(resourceId: string, count: number): void {
    const service = this.#services.findByResourceId(resourceId);
    if (service === undefined) throw invalidParameter(`There is no active ECS service ${resourceId}.`);
    this.#services.scale(service, count);
  }

  runningCount(resourceId: string): number | undefined {
    const service = this.#services.findByResourceId(resourceId);
    return service === undefined ? undefined : taskCounts(service.tasks).running;
  }

  /**
   * Takes a FARGATE_SPOT task away: SIGTERM and deregistration at once, gone after two minutes at most.
   *
   * @throws InvalidParameterException where the task is not on FARGATE_SPOT
   */
  interruptSpotTask(taskArn: string): void {
    const task = this.#context.state.tasks.get(taskArn);
    if (task === undefined || task.capacityProvider !== 'FARGATE_SPOT') {
      throw invalidParameter(`${taskArn} is not a task on FARGATE_SPOT.`);
    }
    const cause = { code: 'SpotInterruption', reason: 'Your Spot Task was interrupted.' } as const;
    this.#scheduler.lifecycle.stop(task, cause, 'signal');
    this.#context.kernel.after(spotWarningMs, () => this.#scheduler.lifecycle.stop(task, cause, 'kill'));
    if (task.service !== undefined) this.#scheduler.touch(task.service);
  }

  /** Every task of the zone dies now; new ones go elsewhere until `restoreZone`. */
  killZone(zone: string): void {
    this.#context.state.darkZones.add(zone);
    this.#context.kernel.record('ecs.zone-dark', zone);
    for (const task of [...this.#context.state.tasks.values()]) {
      if (task.zone !== zone || task.lastStatus === 'STOPPED') continue;
      const reason = `The infrastructure of the task in ${zone} failed.`;
      this.#scheduler.lifecycle.stop(task, { code: 'InfrastructureHealth', reason }, 'kill');
      if (task.service !== undefined) this.#scheduler.touch(task.service);
    }
  }

  restoreZone(zone: string): void {
    this.#context.state.darkZones.delete(zone);
    this.#context.kernel.record('ecs.zone-lit', zone);
    for (const cluster of this.#context.state.clusters.values()) {
      for (const service of cluster.services.values()) this.#scheduler.touch(service);
    }
  }

  /** While on, no task can be placed: Fargate has no capacity. */
  failCapacity(on: boolean): void {
    this.#context.state.capacityUnavailable = on;
    this.#context.kernel.record('ecs.capacity', 'FARGATE', { available: !on });
  }
}
