/**
 * What has to hold before anything is changed, beyond the services themselves: what serves is no newer than
 * what is to come, and nothing would go back past a breaking schema change. Asked once for the plan, and once
 * more just before the first change.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing } from '../aws/ecs-service.ts';
import type { TaggedDefinition } from '../aws/ecs-task-definition.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { RunContext } from '../runner/context.ts';
import type { GitHubApi } from '../runner/github-api.ts';
import { breakingStep, ownWayBack } from './breaking-schema.ts';
import type { FollowPorts } from './follow.ts';
import { type Marks, marksOf, readMarks } from './marks.ts';
import type { Refusal } from './plan.ts';
import type { Prepared } from './prepare.ts';
import { retrying } from './roll-out.ts';
import { createStaleCheck } from './stale-check.ts';

/** A service that was looked at so shortly ago is not looked at again: a second look would be no later by much. */
const freshMs = 1000;

export interface GuardPorts {
  readonly context: RunContext;
  /** Absent: GitHub is not asked. */
  readonly github?: GitHubApi;
}

/** A service of the run, with what its revisions remember. */
export interface Guarded extends Prepared {
  /** Of the revision that is to serve; undefined where it is yet to be made, or could not be read. */
  readonly marks: Marks | undefined;
  readonly schema: 'breaking' | undefined;
}

export interface Guards {
  /** With refusals and further steps in their plans. */
  of(prepared: readonly Prepared[]): Promise<readonly Guarded[]>;
  /** Once more, with the services as they are now; undefined where nothing has come in between. */
  again(guarded: readonly Guarded[]): Promise<ReadonlyMap<Guarded, Refusal>>;
}

export function createGuards(
  request: RollingDeployRequest,
  ports: FollowPorts,
  { context, github }: GuardPorts,
): Guards {
  const aws = retrying(ports);
  const told = new Set<string>();
  const note = (code: string, message: string): void => {
    if (told.has(message)) return;
    told.add(message);
    ports.record({ at: ports.clock.now(), code, level: 'notice', message });
  };
  const marksKnown = marksReader(aws, ports, (why) => note('marks.unread', why));
  const check =
    github === undefined
      ? undefined
      : createStaleCheck(github, {
          ...context,
          cancelled: ports.cancelled,
          unknown: (message) => note('guard-stale.unknown', message),
        });

  /** Undefined: it may go on. */
  const stale = async (each: Guarded, liveArn: string): Promise<Refusal | undefined> => {
    if (!request.guardStale || check === undefined || each.plan.kind !== 'deploy') return undefined;
    if (each.definition?.arn === liveArn) return undefined;
    const marks = await marksKnown.of(liveArn);
    if (marks === undefined) return undefined;
    const fromFile = each.target.taskDefinition.kind === 'file';
    const commit = fromFile ? context.sha || undefined : each.marks?.commit;
    return check({ name: lastPart(liveArn), marks }, commit);
  };

  const guard = async (prepared: Prepared): Promise<Guarded> => {
    const { plan, definition, service, read } = prepared;
    if (read !== undefined) marksKnown.learn(read);
    const marks =
      definition === undefined || isRefused(prepared) ? undefined : await marksKnown.of(definition.arn);
    const schema = request.schema === 'breaking' ? 'breaking' : marks?.schema;
    const guarded: Guarded = { ...prepared, marks, schema };
    if (plan.kind !== 'deploy' || service === undefined) return guarded;
    const back = schema === 'breaking' ? ownWayBack(service, request.circuitBreaker) : undefined;
    const refusal = back ?? (await stale(guarded, service.taskDefinitionArn));
    if (refusal !== undefined) return { ...guarded, plan: refusal };
    const step = schema === 'breaking' ? breakingStep(request) : undefined;
    return step === undefined ? guarded : { ...guarded, plan: { ...plan, steps: [...plan.steps, step] } };
  };

  return {
    of: (prepared) => Promise.all(prepared.map(guard)),
    async again(guarded) {
      const refusals = new Map<Guarded, Refusal>();
      if (!request.guardStale || check === undefined) return refusals;
      const one = async (each: Guarded): Promise<void> => {
        if (each.plan.kind !== 'deploy' || ports.clock.now() - each.lookedAt < freshMs) return;
        const now = await serviceNow(aws, each, ports.cancelled);
        // Which commit contains which does not change: only another live revision needs another look.
        if (now === undefined || now === each.service?.taskDefinitionArn) return;
        const refusal = await stale(each, now);
        if (refusal !== undefined) refusals.set(each, refusal);
      };
      await Promise.all(guarded.map(one));
      return refusals;
    },
  };
}

function marksReader(
  aws: AwsCaller,
  ports: FollowPorts,
  unread: (why: string) => void,
): {
  of(arn: string): Promise<Marks | undefined>;
  /** What came with another call is not asked for again. */
  learn(definition: TaggedDefinition): void;
} {
  const known = new Map<string, Promise<Marks | undefined>>();
  const read = async (arn: string): Promise<Marks | undefined> => {
    try {
      return await readMarks(aws, arn, ports.cancelled);
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      unread(`What ${lastPart(arn)} remembers could not be read: ${error.operation}: ${error.reason}`);
      return undefined;
    }
  };
  return {
    of(arn) {
      const found = known.get(arn) ?? read(arn);
      known.set(arn, found);
      return found;
    },
    learn: ({ arn, tags }) => void known.set(arn, Promise.resolve(marksOf(tags))),
  };
}

/** A service that cannot be read now is told by the call that changes it. */
async function serviceNow(
  aws: AwsCaller,
  each: Guarded,
  cancelled: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await readServiceOrNothing(aws, each.request, cancelled))?.taskDefinitionArn;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return undefined;
  }
}

function isRefused({ plan }: Prepared): boolean {
  return plan.kind === 'refuse' || plan.kind === 'zero-desired';
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
