/** Clusters and their capacity providers. */

import type {
  Cluster,
  CreateClusterRequest,
  CreateClusterResponse,
  DeleteClusterRequest,
  DeleteClusterResponse,
  DescribeClustersRequest,
  DescribeClustersResponse,
  Failure,
  ListClustersRequest,
  ListClustersResponse,
  PutClusterCapacityProvidersRequest,
  PutClusterCapacityProvidersResponse,
  UpdateClusterRequest,
  UpdateClusterResponse,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.ts';
import { copyData } from '../plain-data.ts';
import { clusterArn, clusterNameOf } from './arns.ts';
import { clusterNotFound, invalidParameter } from './errors.ts';
import { pageOf } from './pages.ts';
import type { ClusterRecord, EcsContext } from './state.ts';
import { taskCounts } from './task-view.ts';

/** The lab carries Fargate only. */
const capacityProviderNames: readonly string[] = ['FARGATE', 'FARGATE_SPOT'];

export class Clusters {
  readonly #context: EcsContext;

  constructor(context: EcsContext) {
    this.#context = context;
  }

  create(input: CreateClusterRequest): CreateClusterResponse {
    const name = input.clusterName ?? 'default';
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
      throw invalidParameter(
        'Identifier is for cluster. Clusters names can have up to 255 letters, numbers, hyphens, and underscores.',
      );
    }
    const existing = this.#context.state.clusters.get(name);
    if (existing?.status === 'ACTIVE') return { cluster: this.view(existing, ['TAGS', 'SETTINGS']) };
    checkProviders(input.capacityProviders ?? []);
    checkStrategy(input.defaultCapacityProviderStrategy ?? [], input.capacityProviders ?? []);
    const record: ClusterRecord = {
      arn: clusterArn(this.#context.kernel, name),
      name,
      status: 'ACTIVE',
      capacityProviders: [...(input.capacityProviders ?? [])],
      defaultStrategy: copyData(input.defaultCapacityProviderStrategy ?? []),
      settings: copyData(input.settings ?? [{ name: 'containerInsights', value: 'disabled' }]),
      configuration: copyData(input.configuration),
      tags: copyData(input.tags ?? []),
      services: new Map(),
      tasks: new Map(),
      runTaskTokens: new Map(),
    };
    this.#context.state.clusters.set(name, record);
    this.#context.kernel.record('ecs.cluster-state', record.arn, { status: 'ACTIVE' });
    return { cluster: this.view(record, ['TAGS', 'SETTINGS']) };
  }

  /** @throws ClusterNotFoundException */
  find(nameOrArn: string | undefined): ClusterRecord {
    const record = this.#context.state.clusters.get(clusterNameOf(nameOrArn));
    if (record === undefined || record.status !== 'ACTIVE') throw clusterNotFound();
    return record;
  }

  describe(input: DescribeClustersRequest): DescribeClustersResponse {
    const names = input.clusters === undefined || input.clusters.length === 0 ? ['default'] : input.clusters;
    if (names.length > 100) throw invalidParameter('Clusters can have at most 100 items.');
    const clusters: Cluster[] = [];
    const failures: Failure[] = [];
    for (const name of names) {
      const record = this.#context.state.clusters.get(clusterNameOf(name));
      if (record === undefined) {
        failures.push({ arn: clusterArn(this.#context.kernel, clusterNameOf(name)), reason: 'MISSING' });
      } else {
        clusters.push(this.view(record, input.include ?? []));
      }
    }
    return { clusters, failures };
  }

  list(input: ListClustersRequest): ListClustersResponse {
    const arns = [...this.#context.state.clusters.values()]
      .filter((cluster) => cluster.status === 'ACTIVE')
      .map((cluster) => cluster.arn);
    const page = pageOf(arns, input, 100);
    return { clusterArns: page.items, nextToken: page.nextToken };
  }

  delete(input: DeleteClusterRequest): DeleteClusterResponse {
    const record = this.find(input.cluster);
    if ([...record.services.values()].some((service) => service.status !== 'INACTIVE')) {
      throw new AwsError(
        'ClusterContainsServicesException',
        'The Cluster cannot be deleted while Services are active.',
      );
    }
    if ([...record.tasks.values()].some((task) => task.lastStatus !== 'STOPPED')) {
      throw new AwsError(
        'ClusterContainsTasksException',
        'The Cluster cannot be deleted while Tasks are active.',
      );
    }
    record.status = 'INACTIVE';
    this.#context.kernel.record('ecs.cluster-state', record.arn, { status: 'INACTIVE' });
    return { cluster: this.view(record, []) };
  }

  update(input: UpdateClusterRequest): UpdateClusterResponse {
    const record = this.find(input.cluster);
    if (input.settings !== undefined) record.settings = copyData(input.settings);
    if (input.configuration !== undefined) record.configuration = copyData(input.configuration);
    return { cluster: this.view(record, ['SETTINGS', 'CONFIGURATIONS']) };
  }

  putCapacityProviders(input: PutClusterCapacityProvidersRequest): PutClusterCapacityProvidersResponse {
    const record = this.find(input.cluster);
    checkProviders(input.capacityProviders ?? []);
    checkStrategy(input.defaultCapacityProviderStrategy ?? [], input.capacityProviders ?? []);
    record.capacityProviders = [...(input.capacityProviders ?? [])];
    record.defaultStrategy = copyData(input.defaultCapacityProviderStrategy ?? []);
    return { cluster: this.view(record, []) };
  }

  /** As DescribeClusters answers it; tags and settings only where `include` asks for them. */
  view(record: ClusterRecord, include: readonly string[]): Cluster {
    const { running, pending } = taskCounts(record.tasks.values());
    return {
      clusterArn: record.arn,
      clusterName: record.name,
      status: record.status,
      registeredContainerInstancesCount: 0,
      runningTasksCount: running,
      pendingTasksCount: pending,
      activeServicesCount: [...record.services.values()].filter((service) => service.status === 'ACTIVE')
        .length,
      statistics: [],
      tags: include.includes('TAGS') ? copyData(record.tags) : [],
      settings: include.includes('SETTINGS') ? copyData(record.settings) : [],
      ...(include.includes('CONFIGURATIONS') && record.configuration !== undefined
        ? { configuration: copyData(record.configuration) }
        : {}),
      capacityProviders: [...record.capacityProviders],
      defaultCapacityProviderStrategy: copyData(record.defaultStrategy),
    };
  }
}

function checkProviders(names: readonly string[]): void {
  for (const name of names) {
    if (!capacityProviderNames.includes(name)) {
      throw invalidParameter(
        `The specified capacity provider '${name}' was not found. The lab has FARGATE and FARGATE_SPOT.`,
      );
    }
  }
}

/** @throws InvalidParameterException where a strategy names a provider the cluster does not have, or is ill-formed */
export function checkStrategy(
  strategy: readonly {
    capacityProvider?: string | undefined;
    base?: number | undefined;
    weight?: number | undefined;
  }[],
  providers: readonly string[],
): void {
  for (const item of strategy) {
    if (!providers.includes(item.capacityProvider ?? '')) {
      throw invalidParameter(
        `The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster: '${item.capacityProvider}'. Associate it and try again.`,
      );
    }
  }
  if (strategy.length > 0 && strategy.every((item) => (item.weight ?? 0) === 0)) {
    throw invalidParameter(
      'The specified capacity provider strategy must have at least one capacity provider with a weight greater than 0.',
    );
  }
  if (strategy.filter((item) => (item.base ?? 0) > 0).length > 1) {
    throw invalidParameter('Only one capacity provider in a strategy can have a base defined.');
  }
}
