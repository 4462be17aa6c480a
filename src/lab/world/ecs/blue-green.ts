/**
 * BLUE_GREEN of a service without managed traffic ("headless"): green is started beside blue, the life-cycle
 * stages are gone through one after the other, pause hooks hold the deployment until somebody answers or their
 * time is up, and blue goes last. No load balancer, so no traffic is shifted.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
 */
import type { DeploymentLifecycleHook, DeploymentLifecycleHookAction } from '@aws-sdk/client-ecs';
import type { Deployments } from './deployments.ts';
import { clientError } from './errors.ts';
import type {
  DeploymentRecord,
  EcsContext,
  LifecycleStage,
  PauseRecord,
  ServiceDeploymentRecord,
  ServiceRecord,
} from './state.ts';

const stages: readonly LifecycleStage[] = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

/** What the scheduler may do meanwhile: nothing, only what green needs, or let blue go. */
export type BlueGreenPhase = 'hold' | 'green' | 'clean-up';

/** Whether this deployment goes through stages. The first of a service has no blue, a rollback goes straight. */
export function isBlueGreen({ serviceDeployment, rolloutState, isRollback }: DeploymentRecord): boolean {
  return (
    serviceDeployment.strategy === 'BLUE_GREEN' &&
    serviceDeployment.sources.length > 0 &&
    rolloutState !== 'COMPLETED' &&
    !isRollback
  );
}

export class BlueGreen {
  readonly #context: EcsContext;
  readonly #deployments: Deployments;
  readonly #touch: (service: ServiceRecord) => void;

  constructor(context: EcsContext, deployments: Deployments, touch: (service: ServiceRecord) => void) {
    this.#context = context;
    this.#deployments = deployments;
    this.#touch = touch;
  }

  /** Goes on as far as it may. `healthyCount` is of green; a time that has to pass is told to `wakeAt`. */
  review(
    green: DeploymentRecord,
    healthyCount: number,
    wakeAt: (service: ServiceRecord, when: number) => void,
  ): BlueGreenPhase {
    const { service, serviceDeployment: record } = green;
    const { kernel } = this.#context;
    // Failed: nothing happens to either until ECS goes back.
    if (green.rolloutState === 'FAILED') return 'hold';
    for (;;) {
      const stage = record.lifecycleStage;
      if (stage === 'CLEAN_UP') return 'clean-up';
      if (this.#awaitsAnswer(record)) break;
      if (stage === 'SCALE_UP' && healthyCount < service.desiredCount) break;
      if (stage === 'BAKE_TIME') {
        const minutes = record.deploymentConfiguration.bakeTimeInMinutes ?? 0;
        green.bakeUntil ??= kernel.now + minutes * 60_000;
        if (kernel.now < green.bakeUntil) {
          wakeAt(service, green.bakeUntil);
          break;
        }
      }
      this.#enter(record, this.#next(record));
    }
    return stages.indexOf(record.lifecycleStage!) < stages.indexOf('SCALE_UP') ? 'hold' : 'green';
  }

  /** @throws ClientException where no such hook waits */
  answer(
    record: ServiceDeploymentRecord,
    hookId: string | undefined,
    action: DeploymentLifecycleHookAction,
  ): void {
    const pause = record.pauses.find((each) => each.id === hookId && each.status === 'AWAITING_ACTION');
    if (pause === undefined || record.status !== 'IN_PROGRESS') {
      throw clientError(
        `The service deployment has no lifecycle hook ${hookId ?? ''} that awaits an action.`,
      );
    }
    this.#carryOut(record, pause, action, action === 'CONTINUE' ? 'SUCCEEDED' : 'FAILED');
  }

  #next(record: ServiceDeploymentRecord): LifecycleStage {
    const { lifecycleStage } = record;
    if (lifecycleStage !== undefined) return stages[stages.indexOf(lifecycleStage) + 1]!;
    return record.sources.length > 1 ? 'RECONCILE_SERVICE' : 'PRE_SCALE_UP';
  }

  #enter(record: ServiceDeploymentRecord, stage: LifecycleStage): void {
    const { kernel, ids } = this.#context;
    record.lifecycleStage = stage;
    record.updatedAt = kernel.now;
    kernel.record('ecs.lifecycle-stage', record.arn, { stage });
    for (const hook of record.deploymentConfiguration.lifecycleHooks ?? []) {
      if (!hook.lifecycleStages?.some((each) => each === stage)) continue;
      const minutes = hook.timeoutConfiguration?.timeoutInMinutes ?? defaultMinutes;
      const pause: PauseRecord = {
        id: ids.pauseHook(),
        stage,
        status: 'AWAITING_ACTION',
        expiresAt: kernel.now + minutes * 60_000,
        timeoutAction: hook.timeoutConfiguration?.action ?? 'ROLLBACK',
      };
      record.pauses.push(pause);
      kernel.record('ecs.lifecycle-hook', record.arn, { hookId: pause.id, stage, status: pause.status });
      kernel.at(pause.expiresAt, () => {
        if (pause.status !== 'AWAITING_ACTION' || record.status !== 'IN_PROGRESS') return;
        this.#carryOut(record, pause, pause.timeoutAction, 'TIMED_OUT');
      });
    }
  }

  #carryOut(
    record: ServiceDeploymentRecord,
    pause: PauseRecord,
    action: DeploymentLifecycleHookAction,
    status: PauseRecord['status'],
  ): void {
    const { kernel } = this.#context;
    pause.status = status;
    kernel.record('ecs.lifecycle-hook', record.arn, { hookId: pause.id, stage: pause.stage, status });
    const green = record.service.deployments[0];
    if (action === 'ROLLBACK' && green?.serviceDeployment === record) {
      this.#deployments.fail(green, 'lifecycle-hook', true);
    } else {
      this.#touch(record.service);
    }
  }

  #awaitsAnswer(record: ServiceDeploymentRecord): boolean {
    return record.pauses.some((each) => each.status === 'AWAITING_ACTION');
  }
}

const defaultMinutes = 1440;
const longestMinutes = 20_160;
const unpaused: ReadonlySet<string> = new Set(['TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']);
const hooked: ReadonlySet<string> = new Set(
  stages.filter((stage) => !['SCALE_UP', 'BAKE_TIME', 'CLEAN_UP'].includes(stage)),
);

/** What is wrong with a hook, in words; undefined where it can be carried out. */
export function hookProblem(hook: DeploymentLifecycleHook): string | undefined {
  if (hook.targetType !== 'PAUSE') return 'The lab carries out lifecycle hooks of the type PAUSE only.';
  const given = hook.lifecycleStages ?? [];
  if (given.length === 0) return 'A lifecycle hook needs lifecycleStages.';
  const wrong = given.find((stage) => !hooked.has(stage) || unpaused.has(stage));
  if (wrong !== undefined) return `A PAUSE hook cannot be configured at ${wrong}.`;
  const minutes = hook.timeoutConfiguration?.timeoutInMinutes ?? defaultMinutes;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > longestMinutes) {
    return `The timeoutInMinutes of a lifecycle hook must be between 1 and ${longestMinutes}.`;
  }
  return undefined;
}
