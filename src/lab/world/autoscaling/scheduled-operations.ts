/** Scheduled actions: they change the limits of a scalable target at a time. */
import type {
  DeleteScheduledActionRequest,
  DescribeScheduledActionsRequest,
  PutScheduledActionRequest,
  ScheduledAction as ScheduledActionShape,
} from '@aws-sdk/client-application-auto-scaling';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Operation } from '../service.ts';
import { checkScope, dimension, namespace, noTarget, objectNotFound, validationError } from './model.ts';
import { page } from './paging.ts';
import { nextRun } from './schedule.ts';
import { clamp, type TargetState, targetResource } from './target-operations.ts';

export interface ScheduledAction {
  readonly arn: string;
  readonly name: string;
  readonly resourceId: string;
  readonly createdAt: number;
  readonly input: PutScheduledActionRequest;
  next: ScheduledEvent | undefined;
}

export interface ScheduledState extends TargetState {
  /** By resource id and action name. */
  readonly scheduled: Map<string, ScheduledAction>;
}

export function scheduledOperations(state: ScheduledState): Record<string, Operation> {
  return {
    PutScheduledAction: {
      mutates: true,
      permissions: (input: Partial<PutScheduledActionRequest> | undefined) => [
        {
          action: 'application-autoscaling:PutScheduledAction',
          resources: targetResource(state, input?.ResourceId),
        },
      ],
      run: (input: PutScheduledActionRequest) => {
        put(state, input);
        return {};
      },
    },
    DescribeScheduledActions: {
      mutates: false,
      permissions: () => [{ action: 'application-autoscaling:DescribeScheduledActions', resources: ['*'] }],
      run: (input: DescribeScheduledActionsRequest) => {
        const all = [...state.scheduled.values()]
          .filter(() => input.ServiceNamespace === namespace)
          .filter((action) => input.ResourceId === undefined || action.resourceId === input.ResourceId)
          .filter((action) => input.ScheduledActionNames?.includes(action.name) ?? true);
        const found = page(all, input);
        return { ScheduledActions: found.items.map(shape), ...found.token };
      },
    },
    DeleteScheduledAction: {
      mutates: true,
      permissions: (input: Partial<DeleteScheduledActionRequest> | undefined) => [
        {
          action: 'application-autoscaling:DeleteScheduledAction',
          resources: targetResource(state, input?.ResourceId),
        },
      ],
      run: (input: DeleteScheduledActionRequest) => {
        const resourceId = checkScope(input);
        const action = state.scheduled.get(`${resourceId} ${input.ScheduledActionName}`);
        if (action === undefined) {
          throw objectNotFound(
            `No scheduled action found for action name: ${input.ScheduledActionName}, resource ID: ${resourceId}`,
          );
        }
        removeScheduled(state, action);
        return {};
      },
    },
  };
}

export function removeScheduled(state: ScheduledState, action: ScheduledAction): void {
  state.kernel.cancel(action.next);
  state.scheduled.delete(`${action.resourceId} ${action.name}`);
}

/** An update replaces what it gives and keeps the rest (API reference, PutScheduledAction). */
function put(state: ScheduledState, input: PutScheduledActionRequest): void {
  const resourceId = checkScope(input);
  if (!state.targets.has(resourceId)) throw noTarget(resourceId);
  const name = input.ScheduledActionName ?? '';
  if (name === '') throw validationError('ScheduledActionName must be given');
  if (input.Timezone !== undefined && !['UTC', 'Etc/UTC'].includes(input.Timezone)) {
    throw validationError(`Timezone '${input.Timezone}' is not simulated by the lab; allowed: UTC`);
  }
  const former = state.scheduled.get(`${resourceId} ${name}`);
  const merged: PutScheduledActionRequest = { ...former?.input, ...input };
  const { kernel } = state;
  const action: ScheduledAction = {
    arn:
      former?.arn ??
      kernel.arn(
        'autoscaling',
        `scheduledAction:${kernel.rng('autoscaling.id').hex(32)}:resource/${namespace}/${resourceId}:scheduledActionName/${name}`,
      ),
    name,
    resourceId,
    createdAt: former?.createdAt ?? kernel.now,
    input: merged,
    next: undefined,
  };
  const next = following(action, kernel.now);
  kernel.cancel(former?.next);
  state.scheduled.set(`${resourceId} ${name}`, action);
  arm(state, action, next);
}

function following(action: ScheduledAction, after: number): number | undefined {
  const { Schedule: schedule, StartTime: start, EndTime: end } = action.input;
  if (schedule === undefined) throw validationError('Schedule must be given');
  try {
    const first = start?.getTime() ?? action.createdAt;
    const next = nextRun(schedule, first, Math.max(after, first - 1));
    return next !== undefined && end !== undefined && next > end.getTime() ? undefined : next;
  } catch (error) {
    if (error instanceof RangeError) throw validationError(error.message);
    throw error;
  }
}

function arm(state: ScheduledState, action: ScheduledAction, when: number | undefined): void {
  if (when === undefined) return;
  action.next = state.kernel.asideAt(when, () => {
    run(state, action);
    arm(state, action, following(action, state.kernel.now));
  });
}

function run(state: ScheduledState, action: ScheduledAction): void {
  const target = state.targets.get(action.resourceId);
  if (target === undefined || target.suspended.ScheduledScalingSuspended) return;
  const change = action.input.ScalableTargetAction;
  target.minCapacity = change?.MinCapacity ?? target.minCapacity;
  target.maxCapacity = Math.max(target.minCapacity, change?.MaxCapacity ?? target.maxCapacity);
  clamp(state, target, `scheduled action ${action.name}`);
}

function shape(action: ScheduledAction): ScheduledActionShape {
  const { input } = action;
  return {
    ScheduledActionName: action.name,
    ScheduledActionARN: action.arn,
    ServiceNamespace: namespace,
    Schedule: input.Schedule,
    ResourceId: action.resourceId,
    ScalableDimension: dimension,
    ...(input.Timezone === undefined ? {} : { Timezone: input.Timezone }),
    ...(input.StartTime === undefined ? {} : { StartTime: input.StartTime }),
    ...(input.EndTime === undefined ? {} : { EndTime: input.EndTime }),
    ...(input.ScalableTargetAction === undefined
      ? {}
      : { ScalableTargetAction: { ...input.ScalableTargetAction } }),
    CreationTime: new Date(action.createdAt),
  };
}
