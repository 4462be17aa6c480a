/**
 * What watches a revision after its rollout. The judge of a shift does it, which stands above the rollout: it comes in
 * as a port (`src/aftercare`), and what its verdict means for the rollout is said here.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { WatchRequest } from '../inputs/watch-fields.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import type { Refused } from './conditions.ts';
import type { FollowPorts } from './follow.ts';
import type { Guarded } from './guards.ts';
import { placeOf, promotedAt } from './marks.ts';
import type { RolloutOutcome } from './outcome.ts';
import { refusedByAws } from './refused-by-aws.ts';
import { goBack, type RolloutOrder, type RolloutResult } from './roll-out.ts';

export type AftercarePorts = Pick<FollowPorts, 'aws' | 'clock' | 'random' | 'cancelled' | 'record'> & {
  readonly alarms?: AlarmWatch;
};

export interface Watched {
  readonly cluster: string;
  readonly service: ServiceFacts;
  /** What is usual is read from the hour before this; epoch milliseconds. */
  readonly beganAt: number;
}

export type AftercareVerdict =
  /** `sentence`: what was counted. */
  | { readonly kind: 'well'; readonly sentence: string }
  /** `code`: the stream, the objective, or `deployment-alarm`. */
  | { readonly kind: 'harm'; readonly code: string; readonly reason: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'superseded'; readonly byTaskDefinitionArn: string | undefined }
  | { readonly kind: 'unseen'; readonly error: AwsCallError };

/** Watches while this revision is the newest of the service. */
export type Watch = (taskDefinitionArn: string) => Promise<AftercareVerdict>;

/** Reads what is usual, then watches. The first may throw `AwsCallError`; nothing is changed before it has come back. */
export type BeginAftercare = (
  watched: Watched,
  request: WatchRequest,
  ports: AftercarePorts,
) => Promise<Watch>;

/** One watch for each service of a run that is to be watched. */
export interface Aftercare {
  readonly watches: ReadonlyMap<string, Watch>;
}

export type AftercareStart = { readonly kind: 'ready'; readonly aftercare: Aftercare } | Refused;

/** Before anything is changed: that there is something to watch, and what is usual there. */
export async function beginAftercare(
  begin: BeginAftercare | undefined,
  request: WatchRequest | undefined,
  guarded: readonly Guarded[],
  ports: AftercarePorts,
): Promise<AftercareStart> {
  const watches = new Map<string, Watch>();
  if (begin === undefined || request === undefined) return { kind: 'ready', aftercare: { watches } };
  const asked = guarded.filter(isToBeWatched);
  const blind = asked.filter(
    (each) => each.service!.loadBalancers.length === 0 && ports.alarms === undefined,
  );
  if (blind.length > 0) {
    return {
      kind: 'refused',
      code: 'nothing-to-watch',
      reason: `${blind.map((each) => each.service!.name).join(', ')} is behind no load balancer, so errors and latency of it are not counted, and no alarms are named.`,
      remedy: 'Name alarms, or leave watch-for out.',
    };
  }
  try {
    await Promise.all(
      asked.map(async (each) => {
        const { plan, request: own, service } = each;
        const watched: Watched = {
          cluster: own.cluster,
          service: service!,
          beganAt:
            plan.kind === 'attach' || plan.kind === 'verify' ? plan.deployment.createdAt : ports.clock.now(),
        };
        watches.set(service!.name, await begin(watched, request, ports));
      }),
    );
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return refusedByAws(error);
  }
  return { kind: 'ready', aftercare: { watches } };
}

/** A revision that was proven there before needs no second proof: a run that changes nothing ends at once. */
function isToBeWatched({ plan, service, marks, request }: Guarded): boolean {
  if (service === undefined || plan.kind === 'refuse' || plan.kind === 'zero-desired') return false;
  if (plan.kind !== 'verify') return true;
  return marks === undefined || promotedAt(marks, placeOf(request.cluster, service.name)) === undefined;
}

/** The rollout as it ended after its watch. Its way back is a rollout of the revision before. */
export async function afterWatch(
  result: RolloutResult,
  watch: Watch | undefined,
  taskDefinitionArn: string,
  /** Undefined where this run did not begin it: it knows of no revision before. */
  order: RolloutOrder | undefined,
  ports: FollowPorts,
): Promise<RolloutResult> {
  const { outcome } = result;
  if (watch === undefined || (outcome.kind !== 'succeeded' && outcome.kind !== 'no-change')) return result;
  // ECS is done: a job that dies now leaves what serves, and without the mark that it has proven itself.
  ports.handover?.change({ wanted: 'leave' });
  const verdict = await watch(taskDefinitionArn);
  const ended = (end: RolloutOutcome): RolloutResult => ({ ...result, outcome: end });
  switch (verdict.kind) {
    case 'well':
      return ended({ ...outcome, watched: verdict.sentence });
    case 'cancelled':
      return ended({
        kind: 'cancelled',
        aftermath: 'left',
        before: 'It was deployed, and was being watched.',
      });
    case 'superseded':
      return ended({ kind: 'superseded', byTaskDefinitionArn: verdict.byTaskDefinitionArn });
    case 'unseen': {
      const { operation, kind: errorKind, reason } = verdict.error;
      return ended({ kind: 'unobserved', operation, errorKind, reason });
    }
    case 'harm': {
      const { code, reason } = verdict;
      ports.record({ at: ports.clock.now(), code: 'rollout.harm', level: 'error', message: reason });
      const failed = { kind: 'failed', reason, code } as const;
      const mayGoBack =
        order !== undefined &&
        (order.options.onFailure ?? 'rollback') === 'rollback' &&
        // The same revision again, forced: there is none before.
        order.service.taskDefinitionArn !== order.definition.arn;
      if (!mayGoBack) return ended(failed);
      const back = await goBack(ports, order, { reason, outcome: failed });
      return ended(back.kind === 'rolled-back' || back.kind === 'rollback-failed' ? { ...back, code } : back);
    }
  }
}
