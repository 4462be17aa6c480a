/**
 * A region with nothing in it but ECS: small stand-ins for the services around it and for the substrate,
 * all on the kernel's queue. Each test scripts how tasks behave by task definition.
 */
import type * as ecs from '@aws-sdk/client-ecs';
import type {
  AlarmReader,
  ImageResolver,
  LogSink,
  Measurements,
  MetricSink,
  SecretResolver,
  TargetRegistry,
  TargetState,
  TargetStateChange,
} from '../../../../src/lab/world/contracts.ts';
import { type EcsOptions, EcsService } from '../../../../src/lab/world/ecs/index.ts';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';
import type { Fact, TaskSpec } from '../../../../src/lab/world/substrate.ts';

/** How the tasks of one task definition fare. Times in milliseconds after their containers were started. */
export interface Behaviour {
  readonly startFailure?: string;
  readonly startMs?: number;
  /** Containers end by themselves. */
  readonly exits?: readonly {
    readonly container?: string;
    readonly afterMs: number;
    readonly code: number;
    readonly outOfMemory?: boolean;
  }[];
  /** The target answers its health check. */
  readonly healthyAfterMs?: number;
  /** The target fails its health checks. */
  readonly unhealthyAfterMs?: number;
  readonly containerHealth?: readonly {
    readonly afterMs: number;
    readonly status: 'HEALTHY' | 'UNHEALTHY';
  }[];
  /** From SIGTERM to the exit. */
  readonly stopMs?: number;
  /** Never answers SIGTERM. */
  readonly ignoresStop?: boolean;
}

export const targetGroup =
  'arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/api/0123456789abcdef';
export const caller = {
  principal: {
    kind: 'role-session',
    arn: 'arn:aws:sts::123456789012:assumed-role/Deploy/run-1',
    name: 'Deploy',
  },
} as const;
export const network: ecs.NetworkConfiguration = {
  awsvpcConfiguration: {
    subnets: ['subnet-a', 'subnet-b', 'subnet-c'],
    securityGroups: ['sg-1'],
    assignPublicIp: 'DISABLED',
  },
};

class FakeTargets implements TargetRegistry {
  readonly #kernel: Kernel;
  readonly #behaviourOf: (taskArn: string) => Behaviour;
  readonly #states = new Map<string, TargetState>();
  readonly #listeners: ((change: TargetStateChange) => void)[] = [];
  drainMs = 10_000;
  type: 'ip' | 'instance' = 'ip';
  attached = true;

  constructor(kernel: Kernel, behaviourOf: (taskArn: string) => Behaviour) {
    this.#kernel = kernel;
    this.#behaviourOf = behaviourOf;
  }

  targetGroupExists(arn: string): boolean {
    return arn.includes(':targetgroup/');
  }

  isAttached(): boolean {
    return this.attached;
  }

  targetGroupType(): 'ip' | 'instance' {
    return this.type;
  }

  registerTarget(arn: string, target: { id: string; port: number; ownerTaskArn?: string }): void {
    const behaviour = this.#behaviourOf(target.ownerTaskArn ?? '');
    this.set(arn, target.id, target.port, 'initial', 'Target registration is in progress');
    if (behaviour.unhealthyAfterMs !== undefined) {
      this.#kernel.after(behaviour.unhealthyAfterMs, () =>
        this.#ifThere(arn, target, 'unhealthy', 'Health checks failed with these codes: [503]'),
      );
    }
    if (behaviour.unhealthyAfterMs === undefined || behaviour.healthyAfterMs !== undefined) {
      this.#kernel.after(behaviour.healthyAfterMs ?? 15_000, () =>
        this.#ifThere(arn, target, 'healthy', undefined),
      );
    }
  }

  deregisterTarget(arn: string, id: string, port: number, drained: () => void): void {
    this.set(arn, id, port, 'draining', 'Target deregistration is in progress');
    this.#kernel.after(this.drainMs, () => {
      this.#states.delete(`${arn}|${id}|${port}`);
      drained();
    });
  }

  targetState(arn: string, id: string, port: number): TargetState | undefined {
    return this.#states.get(`${arn}|${id}|${port}`);
  }

  onTargetState(listener: (change: TargetStateChange) => void): void {
    this.#listeners.push(listener);
  }

  get healthyCount(): number {
    return [...this.#states.values()].filter((state) => state.state === 'healthy').length;
  }

  set(
    arn: string,
    id: string,
    port: number,
    state: TargetState['state'],
    description: string | undefined,
  ): void {
    const value = { state, reason: undefined, description };
    this.#states.set(`${arn}|${id}|${port}`, value);
    for (const listener of this.#listeners) listener({ ...value, targetGroupArn: arn, id, port });
  }

  #ifThere(
    arn: string,
    target: { id: string; port: number },
    state: TargetState['state'],
    why: string | undefined,
  ): void {
    const known = this.targetState(arn, target.id, target.port);
    if (known !== undefined && known.state !== 'draining') this.set(arn, target.id, target.port, state, why);
  }
}

export class Region {
  readonly kernel: Kernel;
  readonly ecs: EcsService;
  readonly targets: FakeTargets;
  readonly behaviours = new Map<string, Behaviour>();
  readonly tags = new Map<string, string>();
  readonly secrets = new Map<string, string>();
  readonly logGroups = new Set<string>(['/ecs/api']);
  readonly alarmStates = new Map<string, 'OK' | 'ALARM'>();
  readonly published: Measurements[] = [];
  readonly started: TaskSpec[] = [];
  readonly effects: string[] = [];
  readonly #alarmListeners: ((change: { name: string; from: string; to: string }) => void)[] = [];
  readonly #running = new Map<string, { readonly spec: TaskSpec; readonly up: Set<string> }>();
  readonly #definitionOfTask = new Map<string, string>();

  constructor(options: { readonly seed?: number; readonly ecs?: Partial<EcsOptions> } = {}) {
    this.kernel = new Kernel({ ...defaultConfig, seed: options.seed ?? 1 });
    this.targets = new FakeTargets(this.kernel, (task) => this.#behaviour(task));
    const images: ImageResolver = {
      resolveImage: (image) => {
        const digest = image.includes('@') ? image.split('@')[1] : this.tags.get(image);
        return image.includes('missing')
          ? {
              found: false,
              reason: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: not found`,
            }
          : { found: true, digest };
      },
    };
    const secrets: SecretResolver = {
      resolveSecret: (valueFrom) => {
        const value = this.secrets.get(valueFrom);
        return value === undefined
          ? {
              found: false,
              reason: "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            }
          : { found: true, value };
      },
    };
    const logs: LogSink = {
      append: (group) => this.logGroups.has(group),
      groupExists: (group) => this.logGroups.has(group),
      createGroup: (group) => void this.logGroups.add(group),
    };
    const alarms: AlarmReader = {
      alarmState: (name) => this.alarmStates.get(name),
      onAlarmState: (listener) => void this.#alarmListeners.push(listener),
    };
    const metrics: MetricSink = {
      publish: (_namespace, measurements) => void this.published.push(measurements),
    };
    this.ecs = new EcsService(
      { kernel: this.kernel, images, secrets, logs, targets: this.targets, alarms, metrics },
      options.ecs,
    );
    this.kernel.onEffect((effect) => {
      if (effect.kind === 'routing-changed') return;
      const arn = effect.kind === 'start-task' ? effect.task.taskArn : effect.taskArn;
      this.effects.push(`${effect.kind} ${arn}`);
      if (effect.kind === 'start-task') this.#start(effect.task);
      else if (effect.kind === 'stop-task') this.#stop(arn);
      else this.#running.delete(arn);
    });
  }

  /** Calls an operation as the SDK would. */
  call<Output>(operation: string, input: object = {}): Output {
    return this.ecs.operations[operation]!.run(input, caller) as Output;
  }

  alarm(name: string, to: 'OK' | 'ALARM'): void {
    const from = this.alarmStates.get(name) ?? 'OK';
    this.alarmStates.set(name, to);
    for (const listener of this.#alarmListeners) listener({ name, from, to });
  }

  advance(ms: number): void {
    this.kernel.advanceTo(this.kernel.now + ms);
  }

  /** Runs event by event until `done`, at most `limitMs` of virtual time. */
  until(done: () => boolean, limitMs = 60 * 60_000): void {
    const end = this.kernel.now + limitMs;
    while (!done()) {
      const next = this.kernel.nextEventAt;
      if (next === undefined || next > end)
        throw new Error(`Not reached: ${done}\n${this.events().join('\n')}`);
      this.kernel.advanceTo(next);
    }
  }

  /** Registers a Fargate task definition of one container `app` on port 5000; `behaviour` is how its tasks fare. */
  register(
    behaviour: Behaviour = {},
    change: Partial<ecs.RegisterTaskDefinitionRequest> = {},
    container: Partial<ecs.ContainerDefinition> = {},
  ): string {
    const answer = this.call<ecs.RegisterTaskDefinitionResponse>('RegisterTaskDefinition', {
      family: 'api',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/Execution',
      containerDefinitions: [
        {
          name: 'app',
          image: 'api:1',
          essential: true,
          portMappings: [{ containerPort: 5000 }],
          ...container,
        },
      ],
      ...change,
    });
    const arn = answer.taskDefinition!.taskDefinitionArn!;
    this.behaviours.set(arn, behaviour);
    return arn;
  }

  /** A cluster `main` with a service `api` of three tasks behind the target group. */
  createService(taskDefinition: string, change: Partial<ecs.CreateServiceRequest> = {}): ecs.Service {
    this.call('CreateCluster', { clusterName: 'main', capacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
    return this.call<ecs.CreateServiceResponse>('CreateService', {
      cluster: 'main',
      serviceName: 'api',
      taskDefinition,
      desiredCount: 3,
      launchType: change.capacityProviderStrategy === undefined ? 'FARGATE' : undefined,
      networkConfiguration: network,
      loadBalancers: [{ targetGroupArn: targetGroup, containerName: 'app', containerPort: 5000 }],
      ...change,
    }).service!;
  }

  update(change: Partial<ecs.UpdateServiceRequest>): ecs.Service {
    return this.call<ecs.UpdateServiceResponse>('UpdateService', {
      cluster: 'main',
      service: 'api',
      ...change,
    }).service!;
  }

  service(): ecs.Service {
    return this.call<ecs.DescribeServicesResponse>('DescribeServices', { cluster: 'main', services: ['api'] })
      .services![0]!;
  }

  /** Newest first. */
  serviceDeployments(): ecs.ServiceDeployment[] {
    const list = this.call<ecs.ListServiceDeploymentsResponse>('ListServiceDeployments', {
      cluster: 'main',
      service: 'api',
    });
    const arns = list.serviceDeployments!.map((item) => item.serviceDeploymentArn!);
    return this.call<ecs.DescribeServiceDeploymentsResponse>('DescribeServiceDeployments', {
      serviceDeploymentArns: arns,
    }).serviceDeployments!;
  }

  tasks(filter: Partial<ecs.ListTasksRequest> = {}): ecs.Task[] {
    const arns = this.call<ecs.ListTasksResponse>('ListTasks', { cluster: 'main', ...filter }).taskArns!;
    if (arns.length === 0) return [];
    return this.call<ecs.DescribeTasksResponse>('DescribeTasks', { cluster: 'main', tasks: arns }).tasks!;
  }

  /** Oldest first, without the service's name. */
  events(): string[] {
    return this.service()
      .events!.map((event) => event.message!.replace('(service api) ', ''))
      .reverse();
  }

  /** Until one deployment is left, it has all its tasks, and the service said so last. */
  steady(): void {
    this.until(() => {
      const { deployments, runningCount, desiredCount } = this.service();
      const isCalm = deployments!.length === 1 && runningCount === desiredCount;
      return isCalm && this.events().at(-1) === 'has reached a steady state.';
    });
  }

  report(fact: Fact): void {
    this.ecs.consume(fact);
  }

  #behaviour(taskArn: string): Behaviour {
    return this.behaviours.get(this.#definitionOfTask.get(taskArn) ?? '') ?? {};
  }

  #start(spec: TaskSpec): void {
    this.started.push(spec);
    this.#definitionOfTask.set(
      spec.taskArn,
      this.kernel.arn('ecs', `task-definition/${spec.family}:${spec.revision}`),
    );
    const behaviour = this.#behaviour(spec.taskArn);
    const state = { spec, up: new Set<string>() };
    this.#running.set(spec.taskArn, state);
    const taskArn = spec.taskArn;
    this.kernel.after(behaviour.startMs ?? 1000, () => {
      if (!this.#running.has(taskArn)) return;
      for (const { name } of spec.containers) {
        if (behaviour.startFailure !== undefined) {
          this.report({
            kind: 'container-start-failed',
            taskArn,
            container: name,
            reason: behaviour.startFailure,
          });
          continue;
        }
        state.up.add(name);
        this.report({ kind: 'container-started', taskArn, container: name });
      }
      for (const exit of behaviour.exits ?? []) {
        this.kernel.after(exit.afterMs, () =>
          this.#exit(taskArn, exit.container ?? 'app', exit.code, exit.outOfMemory ?? false),
        );
      }
      for (const { afterMs, status } of behaviour.containerHealth ?? []) {
        this.kernel.after(afterMs, () => {
          if (this.#running.get(taskArn)?.up.has('app')) {
            this.report({ kind: 'container-health', taskArn, container: 'app', status });
          }
        });
      }
    });
  }

  #stop(taskArn: string): void {
    const behaviour = this.#behaviour(taskArn);
    if (behaviour.ignoresStop === true) return;
    this.kernel.after(behaviour.stopMs ?? 500, () => {
      for (const { name } of this.#running.get(taskArn)?.spec.containers ?? [])
        this.#exit(taskArn, name, 0, false);
    });
  }

  #exit(taskArn: string, container: string, exitCode: number, outOfMemory: boolean): void {
    if (this.#running.get(taskArn)?.up.delete(container) !== true) return;
    this.report({ kind: 'container-exited', taskArn, container, exitCode, outOfMemory });
  }
}
