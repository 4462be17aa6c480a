/** `Service.events`: ECS's own wording, newest first, the last 100. */
import type { EcsContext, ServiceRecord, TaskRecord } from './state.ts';

const keptEvents = 100;

/** Adds `(service NAME) …` to the service's events and to the journal. */
export function announce(context: EcsContext, service: ServiceRecord, text: string): void {
  const message = `(service ${service.name}) ${text}`;
  const event = { id: context.ids.uuid(), createdAt: new Date(context.kernel.now), message };
  // Frozen, since every answer shows the same ones.
  service.events.unshift(Object.freeze(event));
  if (service.events.length > keptEvents) service.events.length = keptEvents;
  context.kernel.record('ecs.service-event', service.arn, { message });
}

/** "duplicate event messages are omitted until either the cause is resolved or six hours passes" */
const repeatAfterMs = 6 * 60 * 60 * 1000;

/** Like `announce`, but silent while the same topic was announced in the last six hours and not resolved. */
export function announceOnce(context: EcsContext, service: ServiceRecord, topic: string, text: string): void {
  const last = service.announced.get(topic);
  if (last !== undefined && context.kernel.now - last < repeatAfterMs) return;
  service.announced.set(topic, context.kernel.now);
  announce(context, service, text);
}

const taskList = (tasks: readonly TaskRecord[]): string => tasks.map((task) => `(task ${task.id})`).join(' ');

export const eventText = {
  started: (tasks: readonly TaskRecord[]): string => `has started ${tasks.length} tasks: ${taskList(tasks)}.`,
  stopped: (tasks: readonly TaskRecord[]): string =>
    `has stopped ${tasks.length} running tasks: ${taskList(tasks)}.`,
  draining: (count: number): string => `has begun draining connections on ${count} tasks.`,
  registered: (count: number, targetGroupArn: string): string =>
    `registered ${count} targets in (target-group ${targetGroupArn})`,
  cannotRegister: (targetGroupArn: string): string =>
    `failed to register targets in (target-group ${targetGroupArn}) with (error The specified target group does not exist)`,
  deregistered: (count: number, targetGroupArn: string): string =>
    `deregistered ${count} targets in (target-group ${targetGroupArn})`,
  unhealthyTarget: (port: number, targetGroupArn: string, reason: string): string =>
    `(port ${port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason ${reason})`,
  unhealthyContainer: (task: TaskRecord): string => `(task ${task.id}) failed container health checks.`,
  steady: 'has reached a steady state.',
  completed: (deploymentId: string): string => `(deployment ${deploymentId}) deployment completed.`,
  failed: (deploymentId: string, why: string): string =>
    `(deployment ${deploymentId}) deployment failed: ${why}`,
  rollingBack: (deploymentId: string): string => `rolling back to deployment ${deploymentId}.`,
  cannotStart:
    'is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
  noCapacity:
    'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
  blocked:
    'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
} as const;
