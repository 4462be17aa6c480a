/**
 * The service scheduler: brings each service's tasks to what its deployments ask for. It acts when
 * something changed, a moment later, and never polls.
 */
import { ecsOnly } from '../parts.ts';
import { BlueGreen, type BlueGreenPhase, isBlueGreen } from './blue-green.ts';
import { failureThreshold, resetsOnHealthyTask } from './circuit-breaker.ts';
import { Deployments } from './deployments.ts';
import { drawMs } from './draw.ts';
import { chooseCapacityProvider, litZones } from './placement.ts';
import { type PlannedTask, planRolling } from './rolling-plan.ts';
import { announce, announceOnce, eventText } from './service-events.ts';
import type { DeploymentRecord, EcsContext, ServiceRecord, TargetRecord, TaskRecord } from './state.ts';
import { createTask } from './task-factory.ts';
import { hasHealthChecks } from './task-health.ts';
import { type StopCause, TaskLifecycle, type TaskWatcher } from './task-lifecycle.ts';

/** "incrementally increased up to a maximum of 27 minutes" (service throttle logic). */
const longestThrottleMs = 27 * 60 * 1000;

export class ServiceScheduler implements TaskWatcher {
  readonly #context: EcsContext;
  readonly lifecycle: TaskLifecycle;
  readonly deployments: Deployments;
  readonly blueGreen: BlueGreen;

  constructor(context: EcsContext) {
    this.#context = context;
    this.lifecycle = new TaskLifecycle(context, this);
    this.deployments = new Deployments(context, (service) => this.touch(service));
    this.blueGreen = new BlueGreen(context, this.deployments, (service) => this.touch(service));
    context.alarms.onAlarmState((change) => {
      if (change.to === 'ALARM') this.#alarmRaised(change.name);
    });
  }

  /** Has the service looked at soon; many changes at once make one look. */
  touch(service: ServiceRecord): void {
    if (service.reconcileEvent !== undefined) return;
    const delayMs = drawMs(this.#context, 'ecs.scheduler', this.#context.options.schedulerDelayMs);
    service.reconcileEvent = this.#context.kernel.after(
      delayMs,
      () => {
        service.reconcileEvent = undefined;
        this.#reconcile(service);
      },
      ecsOnly,
    );
  }

  taskRunning(task: TaskRecord): void {
    if (task.deployment !== undefined) {
      task.deployment.startFailures = 0;
      task.deployment.throttledUntil = 0;
      task.service?.announced.delete('cannot-start');
    }
    if (task.service !== undefined) this.touch(task.service);
  }

  taskHealthy(task: TaskRecord): void {
    const { deployment, service } = task;
    if (service === undefined || deployment === undefined) return;
    if (resetsOnHealthyTask(service.deploymentConfiguration.deploymentCircuitBreaker)) {
      deployment.failedTasks = 0;
      if (deployment.rolloutState === 'IN_PROGRESS' && !deployment.isRollback) {
        deployment.serviceDeployment.breakerFailures = 0;
      }
    }
    this.touch(service);
  }

  taskUnhealthy(task: TaskRecord, target: TargetRecord | undefined): void {
    const { service } = task;
    if (service === undefined) return;
    service.steady = false;
    announce(
      this.#context,
      service,
      target === undefined
        ? eventText.unhealthyContainer(task)
        : eventText.unhealthyTarget(
            target.port,
            target.targetGroupArn,
            target.description ?? 'Health checks failed',
          ),
    );
    this.#countFailure(task.deployment);
    this.touch(service);
  }

  taskFailed(task: TaskRecord): void {
    const { deployment, service } = task;
    if (service === undefined || deployment === undefined) return;
    service.steady = false;
    for (const target of task.targets) {
      if (target.registered)
        announce(this.#context, service, eventText.deregistered(1, target.targetGroupArn));
    }
    if (task.runningAt === undefined) {
      this.#throttle(service, deployment);
      this.#countFailure(deployment);
    } else if (!task.wasHealthy && task.unhealthyReason === undefined && hasHealthChecks(task)) {
      this.#countFailure(deployment);
    }
    this.touch(service);
  }

  taskStopped(task: TaskRecord): void {
    if (task.service !== undefined) this.touch(task.service);
  }

  targetMissing(task: TaskRecord, target: TargetRecord): void {
    if (task.service === undefined) return;
    const topic = `missing ${target.targetGroupArn}`;
    announceOnce(this.#context, task.service, topic, eventText.cannotRegister(target.targetGroupArn));
  }

  targetRegistered(task: TaskRecord, target: TargetRecord): void {
    if (task.service !== undefined) {
      announce(this.#context, task.service, eventText.registered(1, target.targetGroupArn));
    }
  }

  /** Slows down a service whose tasks end before RUNNING again and again: from the second round on. */
  #throttle(service: ServiceRecord, deployment: DeploymentRecord): void {
    deployment.startFailures++;
    const rounds = Math.floor(deployment.startFailures / Math.max(1, service.desiredCount));
    if (rounds < 2) return;
    const { kernel, options } = this.#context;
    const pauseMs = Math.min(longestThrottleMs, options.startThrottleMs * 2 ** Math.min(20, rounds - 2));
    deployment.throttledUntil = kernel.now + pauseMs;
    announceOnce(this.#context, service, 'cannot-start', eventText.cannotStart);
  }

  #countFailure(deployment: DeploymentRecord | undefined): void {
    if (deployment === undefined || deployment.rolloutState !== 'IN_PROGRESS') return;
    deployment.failedTasks++;
    const { service, serviceDeployment } = deployment;
    if (deployment.status !== 'PRIMARY' || service.status !== 'ACTIVE') return;
    const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
    serviceDeployment.breakerThreshold = failureThreshold(breaker, service.desiredCount);
    if (!deployment.isRollback) serviceDeployment.breakerFailures = deployment.failedTasks;
    if (serviceDeployment.strategy !== 'ROLLING') return;
    if (breaker?.enable === true && deployment.failedTasks >= serviceDeployment.breakerThreshold) {
      this.deployments.fail(deployment, 'circuit-breaker', breaker.rollback === true);
    }
  }

  #alarmRaised(name: string): void {
    for (const cluster of this.#context.state.clusters.values()) {
      for (const service of cluster.services.values()) {
        const alarms = service.deploymentConfiguration.alarms;
        const deployment = service.deployments[0];
        if (service.status !== 'ACTIVE' || deployment?.rolloutState !== 'IN_PROGRESS') continue;
        if (deployment.isRollback || alarms?.enable !== true) continue;
        if (!alarms.alarmNames?.includes(name) || deployment.ignoredAlarms.has(name)) continue;
        deployment.serviceDeployment.triggeredAlarms.push(name);
        this.deployments.fail(deployment, 'alarm', alarms.rollback === true);
      }
    }
  }

  #reconcile(service: ServiceRecord): void {
    if (service.status === 'INACTIVE') return;
    this.deployments.dropEmpty(service);
    if (service.status === 'DRAINING') {
      this.#drainService(service);
      return;
    }
    const primary = service.deployments[0];
    if (primary === undefined || primary.serviceDeployment.status === 'PENDING') return;
    const { kernel, options } = this.#context;
    const live = [...service.tasks].filter((task) => task.desiredStatus === 'RUNNING');
    const stopping = service.tasks.size - live.length;
    const isThrottled = kernel.now < primary.throttledUntil;
    const phase = this.#phaseOf(primary, live);
    const plan = planRolling({
      desiredCount: service.desiredCount,
      minimumHealthyPercent: service.deploymentConfiguration.minimumHealthyPercent ?? 100,
      maximumPercent: service.deploymentConfiguration.maximumPercent ?? 200,
      inProgress: primary.rolloutState === 'IN_PROGRESS',
      frozen: primary.stalled || phase === 'hold',
      stoppingCount: options.stoppingTasksCountToMaximum ? stopping : 0,
      balancedZones:
        service.availabilityZoneRebalancing === 'ENABLED'
          ? litZones(this.#context, primary.revision.config.networkConfiguration)
          : [],
      // Blue is no business of the plan until it may go.
      tasks: live
        .filter((task) => phase === 'clean-up' || task.deployment === primary)
        .map((task): PlannedTask => plannedTask(task, primary, kernel.now)),
    });
    const tasksOf = (ids: readonly string[]): TaskRecord[] =>
      ids.map((id) => live.find((task) => task.id === id)!);
    this.#stopTasks(service, [
      ...tasksOf(plan.replace).map((task) => ({ task, reason: task.unhealthyReason ?? '' })),
      ...tasksOf(plan.scaleIn).map((task) => ({
        task,
        reason: `Scaling activity initiated by (deployment ${primary.id})`,
      })),
    ]);
    if (isThrottled && plan.start > 0) this.#wakeAt(service, primary.throttledUntil);
    else this.#startTasks(service, primary, plan.start);
    if (plan.isBlocked && stopping === 0) announceOnce(this.#context, service, 'blocked', eventText.blocked);
    this.#wakeForProtection(service, live, kernel.now);
    if (phase === 'clean-up') this.#judge(service, primary);
  }

  /** Of a rolling deployment: old tasks may go from the beginning. */
  #phaseOf(primary: DeploymentRecord, live: readonly TaskRecord[]): BlueGreenPhase {
    if (!isBlueGreen(primary)) return 'clean-up';
    const healthy = live.filter((task) => task.deployment === primary && task.healthy).length;
    return this.blueGreen.review(primary, healthy, (service, when) => this.#wakeAt(service, when));
  }

  /** Whether the newest deployment is done, and whether all is calm. */
  #judge(service: ServiceRecord, primary: DeploymentRecord): void {
    const { kernel, options } = this.#context;
    const own = [...service.tasks].filter((task) => task.deployment === primary);
    const live = own.filter((task) => task.desiredStatus === 'RUNNING');
    const healthy = live.filter((task) => task.healthy).length;
    const oldTasksLeft = service.tasks.size - own.length;
    if (primary.rolloutState === 'IN_PROGRESS') {
      const early = service.deploymentConfiguration.earlySuccessCriteria;
      const needed =
        early?.enable === true
          ? Math.ceil((service.desiredCount * (early.healthyPercent ?? 100)) / 100)
          : service.desiredCount;
      const waitsForOld = early?.enable !== true || early.sourceServiceRevisionCleanup !== 'DEFERRED';
      const isUp =
        healthy >= needed && live.length <= service.desiredCount && !(waitsForOld && oldTasksLeft > 0);
      if (!isUp) {
        primary.bakeUntil = undefined;
        return;
      }
      // BLUE_GREEN has its bake time before this.
      const watchesAlarms =
        service.deploymentConfiguration.alarms?.enable === true &&
        !primary.isRollback &&
        primary.serviceDeployment.strategy === 'ROLLING';
      primary.bakeUntil ??= kernel.now + (watchesAlarms ? options.alarmBakeMs : 0);
      if (kernel.now < primary.bakeUntil) {
        this.#wakeAt(service, primary.bakeUntil);
        return;
      }
      this.deployments.complete(primary);
    }
    const isSteady =
      primary.rolloutState === 'COMPLETED' &&
      service.deployments.length === 1 &&
      healthy === service.desiredCount &&
      live.length === service.desiredCount &&
      oldTasksLeft === 0;
    if (isSteady && !service.steady) {
      service.steady = true;
      announce(this.#context, service, eventText.steady);
    }
  }

  #startTasks(service: ServiceRecord, deployment: DeploymentRecord, count: number): void {
    const { config } = deployment.revision;
    const started: TaskRecord[] = [];
    for (let index = 0; index < count; index++) {
      const neighbours = [...service.tasks].filter((task) => task.deployment === deployment);
      const strategy = config.capacityProviderStrategy;
      const capacityProvider =
        strategy === undefined ? undefined : chooseCapacityProvider(strategy, neighbours);
      const task = createTask(
        this.#context,
        {
          cluster: service.cluster,
          service,
          deployment,
          definition: deployment.revision.definition,
          overrides: {},
          group: `service:${service.name}`,
          startedBy: deployment.id,
          launchType: capacityProvider === undefined ? (config.launchType ?? 'FARGATE') : 'FARGATE',
          capacityProvider,
          platformVersion: config.platformVersion,
          enableExecuteCommand: service.enableExecuteCommand,
          network: config.networkConfiguration,
          targets: config.loadBalancers.flatMap((item) =>
            item.targetGroupArn === undefined || item.containerPort === undefined
              ? []
              : [{ targetGroupArn: item.targetGroupArn, port: item.containerPort }],
          ),
          tags: taskTags(this.#context, service, deployment),
        },
        neighbours,
      );
      if (task === undefined) {
        announceOnce(this.#context, service, 'no-capacity', eventText.noCapacity);
        this.#countFailure(deployment);
        this.#wakeAt(service, this.#context.kernel.now + this.#context.options.capacityRetryMs);
        break;
      }
      service.announced.delete('no-capacity');
      started.push(task);
    }
    if (started.length === 0) return;
    service.steady = false;
    announce(this.#context, service, eventText.started(started));
    for (const task of started) this.lifecycle.begin(task);
  }

  #stopTasks(
    service: ServiceRecord,
    stops: readonly { readonly task: TaskRecord; readonly reason: string }[],
  ): void {
    if (stops.length === 0) return;
    service.steady = false;
    const running = stops.filter(({ task }) => task.lastStatus === 'RUNNING').map(({ task }) => task);
    if (running.length > 0) announce(this.#context, service, eventText.stopped(running));
    const perGroup = new Map<string, number>();
    for (const { task } of stops) {
      for (const target of task.targets) {
        if (target.registered)
          perGroup.set(target.targetGroupArn, (perGroup.get(target.targetGroupArn) ?? 0) + 1);
      }
    }
    for (const [targetGroupArn, count] of perGroup) {
      announce(this.#context, service, eventText.deregistered(count, targetGroupArn));
    }
    if (perGroup.size > 0)
      announce(this.#context, service, eventText.draining(Math.max(...perGroup.values())));
    for (const { task, reason } of stops) {
      this.lifecycle.stop(task, { code: 'ServiceSchedulerInitiated', reason } satisfies StopCause, 'drain');
    }
  }

  #drainService(service: ServiceRecord): void {
    const live = [...service.tasks].filter((task) => task.desiredStatus === 'RUNNING');
    const id = service.deployments[0]?.id ?? '';
    this.#stopTasks(
      service,
      live.map((task) => ({ task, reason: `Scaling activity initiated by (deployment ${id})` })),
    );
    if (service.tasks.size > 0) return;
    service.status = 'INACTIVE';
    service.deployments.length = 0;
    this.#context.kernel.record('ecs.service-state', service.arn, { status: 'INACTIVE' });
  }

  #wakeForProtection(service: ServiceRecord, live: readonly TaskRecord[], now: number): void {
    const ends = live.flatMap((task) =>
      task.protectedUntil !== undefined && task.protectedUntil > now ? [task.protectedUntil] : [],
    );
    if (ends.length > 0) this.#wakeAt(service, Math.min(...ends));
  }

  /** One wake-up at a time, the earliest asked for. */
  #wakeAt(service: ServiceRecord, when: number): void {
    const { kernel } = this.#context;
    if (service.wakeEvent !== undefined) {
      if (service.wakeEvent.at <= when) return;
      kernel.cancel(service.wakeEvent);
    }
    service.wakeEvent = kernel.at(
      when,
      () => {
        service.wakeEvent = undefined;
        this.touch(service);
      },
      ecsOnly,
    );
  }
}

function plannedTask(task: TaskRecord, primary: DeploymentRecord, now: number): PlannedTask {
  return {
    id: task.id,
    isPrimary: task.deployment === primary,
    isRunning: task.lastStatus === 'RUNNING',
    isHealthy: task.healthy,
    isUnhealthy: task.unhealthyReason !== undefined,
    isProtected: task.protectedUntil !== undefined && task.protectedUntil > now,
    zone: task.zone,
    createdAt: task.createdAt,
  };
}

function taskTags(
  context: EcsContext,
  service: ServiceRecord,
  deployment: DeploymentRecord,
): TaskRecord['tags'] {
  const managed = service.enableECSManagedTags
    ? [
        { key: 'aws:ecs:clusterName', value: service.cluster.name },
        { key: 'aws:ecs:serviceName', value: service.name },
      ]
    : [];
  if (service.propagateTags === 'SERVICE') return [...managed, ...service.tags];
  if (service.propagateTags === 'NONE') return managed;
  const { family, revision } = deployment.revision.definition;
  const definition = context.state.families.get(family ?? '')?.[(revision ?? 0) - 1];
  return [...managed, ...(definition?.tags ?? [])];
}
