/**
 * What a job leaves for its post step: the deployments it began, and what is to become of them where it died
 * before their end. GitHub keeps it as state of the step, whatever happens to the process. Pure.
 */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { RolloutOutcome } from './outcome.ts';

/** Name of the state. */
export const handoverState = 'rollouts';

/** One service whose deployment may be under way. */
export interface OpenRollout {
  /** Name or ARN. */
  readonly cluster: string;
  /** As ECS names it. */
  readonly service: string;
  readonly taskDefinitionArn: string;
  readonly formerTaskDefinitionArn: string;
  /** ECS deployments from before: what is not among them is ours. */
  readonly knownDeploymentIds: readonly string[];
  /** Absent until ECS has told it; epoch milliseconds for its creation. */
  readonly deployment?: { readonly id: string; readonly createdAt: number };
  /** What is to be done where the job ends before the deployment does. */
  readonly wanted: 'rollback' | 'stop' | 'leave';
  /** The way back that only the kit takes: ECS had ended the deployment without one. */
  readonly goingBack?: true;
}

/** Told as it becomes known; each change is kept at once. */
export interface Handover {
  open(rollout: Omit<OpenRollout, 'cluster'>): void;
  change(more: Partial<Pick<OpenRollout, 'deployment' | 'wanted' | 'goingBack'>>): void;
  /** The outcome is known: nothing is left to do, unless it says that something is. */
  close(outcome: RolloutOutcome): void;
}

/** All services of a run; `save` gets the text for the state, empty once nothing is open. */
export function handovers(cluster: string, save: (text: string) => void): (service: string) => Handover {
  const open = new Map<string, OpenRollout>();
  const keep = (): void => save(open.size === 0 ? '' : JSON.stringify([...open.values()]));
  return (service) => ({
    open: (rollout) => {
      open.set(service, { cluster, ...rollout });
      keep();
    },
    change: (more) => {
      const known = open.get(service);
      if (known === undefined) return;
      open.set(service, { ...known, ...more });
      keep();
    },
    close: (outcome) => {
      const known = open.get(service);
      if (known === undefined || isOpenStill(outcome, known)) return;
      open.delete(service);
      keep();
    },
  });
}

/**
 * A cancelled job that could not find what it was to stop, or could not ask for it; and a way back that was
 * begun and not made.
 */
export function isOpenStill(outcome: RolloutOutcome, known: Pick<OpenRollout, 'goingBack'>): boolean {
  if (outcome.kind === 'rollback-failed') return known.goingBack === true;
  if (outcome.kind !== 'cancelled') return false;
  const { aftermath } = outcome;
  return (
    aftermath === 'unknown' || aftermath === 'left' || (aftermath === 'stopped' && known.goingBack === true)
  );
}

/** The state as it was saved; empty where it is not ours, or broken. */
export function parseHandover(text: string): readonly OpenRollout[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isOpenRollout) : [];
  } catch {
    return [];
  }
}

function isOpenRollout(value: unknown): value is OpenRollout {
  const given = value as Partial<OpenRollout> | null;
  const texts = [given?.cluster, given?.service, given?.taskDefinitionArn, given?.formerTaskDefinitionArn];
  return (
    texts.every((each) => typeof each === 'string' && each !== '') &&
    Array.isArray(given?.knownDeploymentIds) &&
    ['rollback', 'stop', 'leave'].includes(given?.wanted ?? '')
  );
}

/** Where a rollout starts from. */
export function beginning(
  service: ServiceFacts,
  taskDefinitionArn: string,
  wanted: OpenRollout['wanted'],
): Omit<OpenRollout, 'cluster'> {
  return {
    service: service.name,
    taskDefinitionArn,
    formerTaskDefinitionArn: service.taskDefinitionArn,
    knownDeploymentIds: service.deployments.map((each) => each.id),
    wanted,
  };
}
