/** Services: create, update, delete, describe, list. */

import type {
  CreateServiceRequest,
  CreateServiceResponse,
  DeleteServiceRequest,
  DeleteServiceResponse,
  DescribeServicesRequest,
  DescribeServicesResponse,
  Failure,
  ListServicesRequest,
  ListServicesResponse,
  Service,
  UpdateServiceRequest,
  UpdateServiceResponse,
} from '@aws-sdk/client-ecs';
import { copyData, sameData } from '../plain-data.ts';
import type { CallContext } from '../service.ts';
import { lastPartOf, serviceArn } from './arns.ts';
import { type Clusters, checkStrategy } from './clusters.ts';
import {
  checkController,
  checkDeploymentConfiguration,
  mergedConfiguration,
  refuseNativeShift,
} from './deployment-strategy.ts';
import { invalidParameter, serviceNotActive, serviceNotFound } from './errors.ts';
import { pageOf } from './pages.ts';
import type { ServiceScheduler } from './scheduler.ts';
import { checkRevision } from './service-validation.ts';
import { viewService } from './service-view.ts';
import type { ClusterRecord, EcsContext, RevisionConfig, ServiceRecord } from './state.ts';
import type { TaskDefinitions } from './task-definitions.ts';

export class Services {
  readonly #context: EcsContext;
  readonly #clusters: Clusters;
  readonly #definitions: TaskDefinitions;
  readonly #scheduler: ServiceScheduler;

  /** Parts of resource ids: the same few are asked for again and again. */
  readonly #resources = new Map<string, readonly string[]>();

  constructor(
    context: EcsContext,
    clusters: Clusters,
    definitions: TaskDefinitions,
    scheduler: ServiceScheduler,
  ) {
    this.#context = context;
    this.#clusters = clusters;
    this.#definitions = definitions;
    this.#scheduler = scheduler;
  }

  create(input: CreateServiceRequest, caller: CallContext): CreateServiceResponse {
    const cluster = this.#clusters.find(input.cluster);
    const name = input.serviceName;
    if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
      throw invalidParameter('Service name must be 1 to 255 letters, numbers, hyphens and underscores.');
    }
    const existing = cluster.services.get(name);
    if (existing !== undefined && existing.status !== 'INACTIVE') {
      const isRepeat = existing.clientToken !== undefined && existing.clientToken === input.clientToken;
      if (isRepeat) return { service: this.#view(existing, true) };
      throw invalidParameter(
        existing.status === 'DRAINING'
          ? 'Unable to Start a service that is still Draining.'
          : 'Creation of service was not idempotent.',
      );
    }
    if ((input.schedulingStrategy ?? 'REPLICA') !== 'REPLICA') {
      throw invalidParameter('The DAEMON scheduling strategy does not support Fargate: use REPLICA.');
    }
    const controller = checkController(input.deploymentController?.type);
    checkDeploymentConfiguration(input.deploymentConfiguration, input.loadBalancers ?? []);
    checkDesiredCount(input.desiredCount);
    const definition = this.#definitions.find(input.taskDefinition, 'active');
    const config = newConfig(input, cluster);
    checkRevision(this.#context.targets, definition.definition, config);
    if (
      input.healthCheckGracePeriodSeconds !== undefined &&
      config.loadBalancers.length === 0 &&
      !hasHealthCheck(definition)
    ) {
      throw invalidParameter(
        'Health check grace period is only valid for services configured to use load balancers',
      );
    }
    const service: ServiceRecord = {
      arn: serviceArn(this.#context.kernel, cluster.name, name),
      name,
      cluster,
      createdAt: this.#context.kernel.now,
      createdBy: caller.principal.arn,
      controller,
      clientToken: input.clientToken,
      status: 'ACTIVE',
      desiredCount: input.desiredCount ?? 1,
      deploymentConfiguration: mergedConfiguration(undefined, input.deploymentConfiguration),
      healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
      enableExecuteCommand: input.enableExecuteCommand ?? false,
      enableECSManagedTags: input.enableECSManagedTags ?? false,
      propagateTags: input.propagateTags ?? 'NONE',
      availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? 'ENABLED',
      tags: copyData(input.tags ?? []),
      deployments: [],
      history: [],
      lastCompleted: undefined,
      events: [],
      tasks: new Set(),
      steady: false,
      reconcileEvent: undefined,
      wakeEvent: undefined,
      announced: new Map(),
    };
    cluster.services.set(name, service);
    this.#context.kernel.record('ecs.service-state', service.arn, {
      status: 'ACTIVE',
      desiredCount: service.desiredCount,
    });
    this.#scheduler.deployments.start(service, definition, config);
    return { service: this.#view(service, true) };
  }

  /**
   * Settings that make up a service revision start a deployment when they change, and `forceNewDeployment`
   * always does; the others take effect at once.
   */
  update(input: UpdateServiceRequest): UpdateServiceResponse {
    const service = this.findActive(input.cluster, input.service);
    checkDesiredCount(input.desiredCount);
    checkDeploymentConfiguration(
      input.deploymentConfiguration === undefined
        ? undefined
        : mergedConfiguration(service.deploymentConfiguration, input.deploymentConfiguration),
      input.loadBalancers ?? service.deployments[0]!.revision.config.loadBalancers,
    );
    if (service.controller === 'CODE_DEPLOY') refuseUnderCodeDeploy(input);
    if (input.deploymentController !== undefined && input.deploymentController.type !== service.controller) {
      throw invalidParameter('The lab cannot change the deployment controller of a service.');
    }
    const current = service.deployments[0]!.revision;
    const definition = this.#definitions.find(
      input.taskDefinition ?? current.definition.taskDefinitionArn,
      input.taskDefinition === undefined ? 'any' : 'active',
    );
    const config = changedConfig(current.config, input, service.cluster);
    const isForced = input.forceNewDeployment === true;
    if (!isForced && !sameData(config.capacityProviderStrategy, current.config.capacityProviderStrategy)) {
      throw invalidParameter(
        'When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment.',
      );
    }
    const isChanged = definition.definition !== current.definition || !sameData(config, current.config);
    if (isChanged || isForced) {
      checkRevision(this.#context.targets, definition.definition, config);
      refuseNativeShift(service.deploymentConfiguration, config.loadBalancers);
    }
    applySettings(service, input);
    if (input.desiredCount !== undefined) this.#setDesiredCount(service, input.desiredCount);
    if (isChanged || isForced) this.#scheduler.deployments.start(service, definition, config);
    else this.#scheduler.touch(service);
    return { service: this.#view(service, true) };
  }

  delete(input: DeleteServiceRequest): DeleteServiceResponse {
    const service = this.find(input.cluster, input.service);
    if (service.status === 'INACTIVE') throw serviceNotActive();
    if (service.desiredCount > 0 && input.force !== true) {
      throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
    }
    service.status = 'DRAINING';
    service.desiredCount = 0;
    this.#context.kernel.record('ecs.service-state', service.arn, { status: 'DRAINING' });
    this.#scheduler.deployments.abandon(service);
    this.#scheduler.touch(service);
    return { service: this.#view(service, false) };
  }

  describe(input: DescribeServicesRequest): DescribeServicesResponse {
    const names = input.services ?? [];
    if (names.length === 0) throw invalidParameter('Services cannot be empty.');
    if (names.length > 10) throw invalidParameter('Services can have at most 10 items.');
    const cluster = this.#clusters.find(input.cluster);
    const services: Service[] = [];
    const failures: Failure[] = [];
    for (const name of names) {
      const service = cluster.services.get(lastPartOf(name));
      if (service === undefined) {
        failures.push({
          arn: serviceArn(this.#context.kernel, cluster.name, lastPartOf(name)),
          reason: 'MISSING',
        });
      } else {
        services.push(this.#view(service, input.include?.includes('TAGS') ?? false));
      }
    }
    return { services, failures };
  }

  list(input: ListServicesRequest): ListServicesResponse {
    const cluster = this.#clusters.find(input.cluster);
    const arns = [...cluster.services.values()]
      .filter((service) => service.status !== 'INACTIVE')
      .filter((service) => {
        const config = service.deployments[0]?.revision.config;
        if (input.launchType !== undefined && config?.launchType !== input.launchType) return false;
        return (input.schedulingStrategy ?? 'REPLICA') === 'REPLICA';
      })
      .map((service) => service.arn);
    const page = pageOf(arns, input, 100, 10);
    return { serviceArns: page.items, nextToken: page.nextToken };
  }

  /** @throws ClusterNotFoundException, ServiceNotFoundException */
  find(cluster: string | undefined, nameOrArn: string | undefined): ServiceRecord {
    const record = this.#clusters.find(cluster);
    const service = record.services.get(lastPartOf(nameOrArn ?? ''));
    if (service === undefined) throw serviceNotFound();
    return service;
  }

  /** @throws ServiceNotActiveException as well */
  findActive(cluster: string | undefined, nameOrArn: string | undefined): ServiceRecord {
    const service = this.find(cluster, nameOrArn);
    if (service.status !== 'ACTIVE') throw serviceNotActive();
    return service;
  }

  /** `service/<cluster>/<service>`, as Application Auto Scaling names it. */
  findByResourceId(resourceId: string): ServiceRecord | undefined {
    let parts = this.#resources.get(resourceId);
    if (parts === undefined) {
      parts = resourceId.split('/');
      if (this.#resources.size > 1000) this.#resources.clear();
      this.#resources.set(resourceId, parts);
    }
    const [kind, cluster = '', name = ''] = parts;
    if (kind !== 'service') return undefined;
    const service = this.#context.state.clusters.get(cluster)?.services.get(name);
    return service?.status === 'ACTIVE' ? service : undefined;
  }

  scale(service: ServiceRecord, count: number): void {
    checkDesiredCount(count);
    this.#setDesiredCount(service, count);
    this.#scheduler.touch(service);
  }

  #view(service: ServiceRecord, withTags: boolean): Service {
    return viewService(service, withTags, this.#context.options.drainingTasksCountAsRunning);
  }

  #setDesiredCount(service: ServiceRecord, count: number): void {
    if (service.desiredCount === count) return;
    this.#context.kernel.record('ecs.service-scaled', service.arn, { from: service.desiredCount, to: count });
    service.desiredCount = count;
    service.steady = false;
  }
}

function checkDesiredCount(count: number | undefined): void {
  if (count !== undefined && !(Number.isInteger(count) && count >= 0 && count <= 5000)) {
    throw invalidParameter(`desiredCount must be a whole number from 0 to 5000, and is ${count}.`);
  }
}

function hasHealthCheck(record: {
  readonly definition: { readonly containerDefinitions?: readonly { healthCheck?: unknown }[] | undefined };
}): boolean {
  return (
    record.definition.containerDefinitions?.some((container) => container.healthCheck !== undefined) ?? false
  );
}

function newConfig(input: CreateServiceRequest, cluster: ClusterRecord): RevisionConfig {
  if (input.launchType !== undefined && (input.capacityProviderStrategy ?? []).length > 0) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  if (input.launchType !== undefined && input.launchType !== 'FARGATE') {
    throw invalidParameter(`The lab carries the launch type FARGATE only, not ${input.launchType}.`);
  }
  const given = input.capacityProviderStrategy ?? [];
  if (given.length > 0) checkStrategy(given, cluster.capacityProviders);
  const usual = input.launchType === undefined ? cluster.defaultStrategy : [];
  const strategy = given.length > 0 ? given : usual;
  return copyData({
    launchType: strategy.length > 0 ? undefined : ('FARGATE' as const),
    capacityProviderStrategy: strategy.length > 0 ? strategy : undefined,
    platformVersion: input.platformVersion ?? 'LATEST',
    loadBalancers: input.loadBalancers ?? [],
    serviceRegistries: input.serviceRegistries ?? [],
    networkConfiguration: input.networkConfiguration,
    serviceConnectConfiguration: input.serviceConnectConfiguration,
    volumeConfigurations: input.volumeConfigurations,
    vpcLatticeConfigurations: input.vpcLatticeConfigurations,
    gatewayConnectors: input.gatewayConnectors,
    monitoring: input.monitoring,
  });
}

function changedConfig(
  current: RevisionConfig,
  input: UpdateServiceRequest,
  cluster: ClusterRecord,
): RevisionConfig {
  const strategy = input.capacityProviderStrategy;
  if (strategy !== undefined && strategy.length > 0) checkStrategy(strategy, cluster.capacityProviders);
  return copyData({
    ...current,
    ...(strategy === undefined
      ? {}
      : strategy.length === 0
        ? { launchType: 'FARGATE' as const, capacityProviderStrategy: undefined }
        : { launchType: undefined, capacityProviderStrategy: strategy }),
    ...(input.platformVersion === undefined ? {} : { platformVersion: input.platformVersion }),
    ...(input.loadBalancers === undefined ? {} : { loadBalancers: input.loadBalancers }),
    ...(input.serviceRegistries === undefined ? {} : { serviceRegistries: input.serviceRegistries }),
    ...(input.networkConfiguration === undefined ? {} : { networkConfiguration: input.networkConfiguration }),
    ...(input.serviceConnectConfiguration === undefined
      ? {}
      : { serviceConnectConfiguration: input.serviceConnectConfiguration }),
    ...(input.volumeConfigurations === undefined ? {} : { volumeConfigurations: input.volumeConfigurations }),
    ...(input.vpcLatticeConfigurations === undefined
      ? {}
      : { vpcLatticeConfigurations: input.vpcLatticeConfigurations }),
    ...(input.gatewayConnectors === undefined ? {} : { gatewayConnectors: input.gatewayConnectors }),
    ...(input.monitoring === undefined ? {} : { monitoring: input.monitoring }),
  });
}

function applySettings(service: ServiceRecord, input: UpdateServiceRequest): void {
  if (input.deploymentConfiguration !== undefined) {
    service.deploymentConfiguration = mergedConfiguration(
      service.deploymentConfiguration,
      input.deploymentConfiguration,
    );
  }
  if (input.healthCheckGracePeriodSeconds !== undefined) {
    service.healthCheckGracePeriodSeconds = input.healthCheckGracePeriodSeconds;
  }
  if (input.enableExecuteCommand !== undefined) service.enableExecuteCommand = input.enableExecuteCommand;
  if (input.enableECSManagedTags !== undefined) service.enableECSManagedTags = input.enableECSManagedTags;
  if (input.propagateTags !== undefined) service.propagateTags = input.propagateTags;
  if (input.availabilityZoneRebalancing !== undefined) {
    service.availabilityZoneRebalancing = input.availabilityZoneRebalancing;
  }
}

/** Under CODE_DEPLOY only count, grace period and the like may change. */
function refuseUnderCodeDeploy(input: UpdateServiceRequest): void {
  const words: readonly [keyof UpdateServiceRequest, string][] = [
    ['taskDefinition', 'task definition'],
    ['networkConfiguration', 'network parameters'],
    ['loadBalancers', 'load balancers'],
    ['platformVersion', 'platform version'],
    ['capacityProviderStrategy', 'capacity provider strategy'],
  ];
  for (const [member, what] of words) {
    if (input[member] === undefined) continue;
    throw invalidParameter(
      `Unable to update ${what} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.`,
    );
  }
  if (input.forceNewDeployment === true) {
    throw invalidParameter(
      'Cannot force a new deployment on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.',
    );
  }
}
