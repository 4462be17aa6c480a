/**
 * The parts of the state that reads are answered from. Whatever may change one says which, so that a read of
 * another is still known; what says nothing may have changed them all.
 */
import type { ServiceId } from './service.ts';

/**
 * `forwarding`: load balancers, listeners, rules, target groups and their attributes; `tags`: those of all these;
 * `targets`: their health.
 */
export type Part = 'ecs' | 'forwarding' | 'tags' | 'targets' | 'alarms';

export const parts: readonly Part[] = ['ecs', 'forwarding', 'tags', 'targets', 'alarms'];

export const everything: readonly Part[] = parts;
export const nothing: readonly Part[] = [];
export const ecsOnly: readonly Part[] = ['ecs'];
const alarmsOnly: readonly Part[] = ['alarms'];
const tagsOnly: readonly Part[] = ['tags'];
/** ECS follows the health of its tasks' targets. */
export const targetsAndEcs: readonly Part[] = ['targets', 'ecs'];
const balancing: readonly Part[] = ['forwarding', 'tags', 'targets', 'ecs'];

/**
 * What an operation of a service may change by itself. What it sets off in another service is in the journal, and
 * counts by its entry there.
 */
export function changedByCall(service: ServiceId, operation: string): readonly Part[] {
  switch (service) {
    case 'ecs':
      return ecsOnly;
    case 'elasticloadbalancing':
      return operation === 'AddTags' || operation === 'RemoveTags' ? tagsOnly : balancing;
    case 'cloudwatch':
      return alarmsOnly;
    case 'application-autoscaling':
      return nothing;
    default:
      return everything;
  }
}

const byKind = new Map<string, readonly Part[]>();

/** What has changed where the journal has an entry of this kind. */
export function changedByEntry(kind: string): readonly Part[] {
  let known = byKind.get(kind);
  if (known === undefined) {
    known = partsOf(kind);
    byKind.set(kind, known);
  }
  return known;
}

function partsOf(kind: string): readonly Part[] {
  if (kind === 'elbv2.target-state') return targetsAndEcs;
  switch (kind.slice(0, kind.indexOf('.'))) {
    case 'ecs':
      return ecsOnly;
    case 'elbv2':
      return balancing;
    case 'cloudwatch':
      return alarmsOnly;
    case 'autoscaling':
    case 'fault':
      return nothing;
    default:
      return everything;
  }
}
