/** Tasks: run, stop, describe, list, protect. */

import type {
  DescribeTasksRequest,
  DescribeTasksResponse,
  Failure,
  GetTaskProtectionRequest,
  GetTaskProtectionResponse,
  ListTasksRequest,
  ListTasksResponse,
  ProtectedTask,
  RunTaskRequest,
  RunTaskResponse,
  StopTaskRequest,
  StopTaskResponse,
  Task,
  UpdateTaskProtectionRequest,
  UpdateTaskProtectionResponse,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.ts';
import { copyData } from '../plain-data.ts';
import { lastPartOf, taskArn } from './arns.ts';
import { type Clusters, checkStrategy } from './clusters.ts';
import { clientError, invalidParameter } from './errors.ts';
import { pageOf } from './pages.ts';
import { chooseCapacityProvider } from './placement.ts';
import type { ServiceScheduler } from './scheduler.ts';
import { checkRevision } from './service-validation.ts';
import type { Services } from './services.ts';
import { type ClusterRecord, dateOf, type EcsContext, isVisible, type TaskRecord } from './state.ts';
import type { TaskDefinitions } from './task-definitions.ts';
import { createTask } from './task-factory.ts';
import { viewTask } from './task-view.ts';

/** RunTask remembers a client token for up to 24 hours. */
const tokenMemoryMs = 24 * 60 * 60 * 1000;

export class Tasks {
  readonly #context: EcsContext;
  readonly #clusters: Clusters;
  readonly #definitions: TaskDefinitions;
  readonly #services: Services;
  readonly #scheduler: ServiceScheduler;

  constructor(
    context: EcsContext,
    clusters: Clusters,
    definitions: TaskDefinitions,
    services: Services,
    scheduler: ServiceScheduler,
  ) {
    this.#context = context;
    this.#clusters = clusters;
    this.#definitions = definitions;
    this.#services = services;
    this.#scheduler = scheduler;
  }

  run(input: RunTaskRequest): RunTaskResponse {
    const cluster = this.#clusters.find(input.cluster);
    const repeated = this.#repeated(cluster, input);
    if (repeated !== undefined) return { tasks: repeated.map((task) => viewTask(task, true)), failures: [] };
    const count = input.count ?? 1;
    if (!Number.isInteger(count) || count < 1 || count > 10) {
      throw invalidParameter(`count must be between 1 and 10, and is ${count}.`);
    }
    const { definition, tags } = this.#definitions.find(input.taskDefinition, 'active');
    const strategy = this.#strategyOf(input, cluster);
    checkRevision(this.#context.targets, definition, {
      launchType: 'FARGATE',
      capacityProviderStrategy: strategy,
      platformVersion: input.platformVersion ?? 'LATEST',
      loadBalancers: [],
      serviceRegistries: [],
      networkConfiguration: input.networkConfiguration,
      serviceConnectConfiguration: undefined,
      volumeConfigurations: undefined,
      vpcLatticeConfigurations: undefined,
      gatewayConnectors: undefined,
      monitoring: undefined,
    });
    for (const override of input.overrides?.containerOverrides ?? []) {
      if (!definition.containerDefinitions?.some((container) => container.name === override.name)) {
        throw invalidParameter(
          `Override for container named ${override.name} is not a container in the TaskDefinition.`,
        );
      }
    }
    const tasks: TaskRecord[] = [];
    const failures: Failure[] = [];
    for (let index = 0; index < count; index++) {
      const capacityProvider = strategy === undefined ? undefined : chooseCapacityProvider(strategy, tasks);
      const task = createTask(
        this.#context,
        {
          cluster,
          service: undefined,
          deployment: undefined,
          definition,
          overrides: copyData(input.overrides ?? {}),
          group: input.group ?? `family:${definition.family}`,
          startedBy: input.startedBy,
          launchType: 'FARGATE',
          capacityProvider,
          platformVersion: input.platformVersion ?? 'LATEST',
          enableExecuteCommand: input.enableExecuteCommand ?? false,
          network: input.networkConfiguration,
          targets: [],
          tags: [...(input.propagateTags === 'TASK_DEFINITION' ? tags : []), ...(input.tags ?? [])],
        },
        tasks,
      );
      if (task === undefined) {
        failures.push({
          reason:
            'Capacity is unavailable at this time. Please try again later or in a different availability zone',
        });
      } else {
        tasks.push(task);
      }
    }
    if (input.clientToken !== undefined) {
      cluster.runTaskTokens.set(input.clientToken, {
        at: this.#context.kernel.now,
        request: requestText(input),
        tasks: tasks.map((task) => task.arn),
      });
    }
    for (const task of tasks) this.#scheduler.lifecycle.begin(task);
    return { tasks: tasks.map((task) => viewTask(task, true)), failures };
  }

  #repeated(cluster: ClusterRecord, input: RunTaskRequest): TaskRecord[] | undefined {
    if (input.clientToken === undefined) return undefined;
    const known = cluster.runTaskTokens.get(input.clientToken);
    if (known === undefined || this.#context.kernel.now - known.at >= tokenMemoryMs) return undefined;
    if (known.request !== requestText(input)) {
      throw new AwsError(
        'ConflictException',
        'The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different RunTask request.',
        400,
        { resourceIds: known.tasks },
      );
    }
    return known.tasks.flatMap((arn) => this.#context.state.tasks.get(arn) ?? []);
  }

  #strategyOf(input: RunTaskRequest, cluster: ClusterRecord): ClusterRecord['defaultStrategy'] | undefined {
    if (input.launchType !== undefined) {
      if ((input.capacityProviderStrategy ?? []).length > 0) {
        throw invalidParameter(
          'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
        );
      }
      if (input.launchType !== 'FARGATE') {
        throw invalidParameter(`The lab carries the launch type FARGATE only, not ${input.launchType}.`);
      }
      return undefined;
    }
    const given = input.capacityProviderStrategy ?? [];
    if (given.length > 0) checkStrategy(given, cluster.capacityProviders);
    const strategy = given.length > 0 ? given : cluster.defaultStrategy;
    return strategy.length > 0 ? strategy : undefined;
  }

  stop(input: StopTaskRequest): StopTaskResponse {
    const cluster = this.#clusters.find(input.cluster);
    const task = this.#find(cluster, input.task ?? '');
    if (task === undefined) throw invalidParameter('The referenced task was not found.');
    this.#scheduler.lifecycle.stop(
      task,
      { code: 'UserInitiated', reason: input.reason ?? 'Task stopped by user' },
      'drain',
    );
    if (task.service !== undefined) this.#scheduler.touch(task.service);
    return { task: viewTask(task, true) };
  }

  describe(input: DescribeTasksRequest): DescribeTasksResponse {
    const names = input.tasks ?? [];
    if (names.length === 0) throw invalidParameter('Tasks cannot be empty.');
    if (names.length > 100) throw invalidParameter('Tasks can have at most 100 items.');
    const cluster = this.#clusters.find(input.cluster);
    const tasks: Task[] = [];
    const failures: Failure[] = [];
    for (const name of names) {
      const task = this.#find(cluster, name);
      if (task === undefined) failures.push({ arn: arnOf(this.#context, cluster, name), reason: 'MISSING' });
      else tasks.push(viewTask(task, input.include?.includes('TAGS') ?? false));
    }
    return { tasks, failures };
  }

  list(input: ListTasksRequest): ListTasksResponse {
    const cluster = this.#clusters.find(input.cluster);
    const service =
      input.serviceName === undefined ? undefined : this.#services.find(input.cluster, input.serviceName);
    const { startedBy, family, serviceName, launchType, containerInstance } = input;
    if (startedBy !== undefined && (family ?? serviceName ?? launchType ?? containerInstance) !== undefined) {
      throw invalidParameter('startedBy cannot be combined with other filters.');
    }
    const desired = input.desiredStatus ?? 'RUNNING';
    const arns = [...cluster.tasks.values()]
      .filter((task) => isVisible(task, this.#context.kernel.now))
      .filter((task) => desired === task.desiredStatus)
      .filter((task) => service === undefined || task.service === service)
      .filter((task) => input.family === undefined || task.definition.family === input.family)
      .filter((task) => input.startedBy === undefined || task.startedBy === input.startedBy)
      .filter((task) => input.launchType === undefined || task.launchType === input.launchType)
      .map((task) => task.arn);
    const page = pageOf(arns, input, 100);
    return { taskArns: page.items, nextToken: page.nextToken };
  }

  updateProtection(input: UpdateTaskProtectionRequest): UpdateTaskProtectionResponse {
    const minutes = input.expiresInMinutes ?? 120;
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > 2880) {
      throw invalidParameter(`expiresInMinutes must be between 1 and 2880, and is ${minutes}.`);
    }
    return this.#protection(input.cluster, checkedTasks(input.tasks), (task) => {
      task.protectedUntil = input.protectionEnabled ? this.#context.kernel.now + minutes * 60_000 : undefined;
      if (task.service !== undefined) this.#scheduler.touch(task.service);
    });
  }

  getProtection(input: GetTaskProtectionRequest): GetTaskProtectionResponse {
    const cluster = this.#clusters.find(input.cluster);
    const names =
      input.tasks ??
      [...cluster.tasks.values()].filter((task) => task.service !== undefined).map((task) => task.arn);
    return this.#protection(input.cluster, names, () => {});
  }

  #protection(
    clusterName: string | undefined,
    names: readonly string[],
    change: (task: TaskRecord) => void,
  ): { protectedTasks: ProtectedTask[]; failures: Failure[] } {
    const cluster = this.#clusters.find(clusterName);
    const protectedTasks: ProtectedTask[] = [];
    const failures: Failure[] = [];
    for (const name of names) {
      const task = this.#find(cluster, name);
      if (task === undefined || task.lastStatus === 'STOPPED') {
        failures.push({ arn: arnOf(this.#context, cluster, name), reason: 'MISSING' });
      } else if (task.service === undefined) {
        failures.push({
          arn: task.arn,
          reason: 'TASK_NOT_VALID',
          detail: 'The task is not part of a service.',
        });
      } else {
        change(task);
        const isProtected =
          task.protectedUntil !== undefined && task.protectedUntil > this.#context.kernel.now;
        protectedTasks.push({
          taskArn: task.arn,
          protectionEnabled: isProtected,
          ...(isProtected ? { expirationDate: dateOf(task.protectedUntil) } : {}),
        });
      }
    }
    return { protectedTasks, failures };
  }

  #find(cluster: ClusterRecord, nameOrArn: string): TaskRecord | undefined {
    const task = cluster.tasks.get(lastPartOf(nameOrArn));
    return task !== undefined && isVisible(task, this.#context.kernel.now) ? task : undefined;
  }
}

function checkedTasks(names: readonly string[] | undefined): readonly string[] {
  if (names === undefined || names.length === 0) throw clientError('Tasks cannot be empty.');
  if (names.length > 10) throw clientError('Tasks can have at most 10 items.');
  return names;
}

const arnOf = (context: EcsContext, cluster: ClusterRecord, name: string): string =>
  name.startsWith('arn:') ? name : taskArn(context.kernel, cluster.name, name);

const requestText = (input: RunTaskRequest): string => JSON.stringify({ ...input, clientToken: undefined });
