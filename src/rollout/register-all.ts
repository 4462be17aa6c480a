/** Registers what the services of a run need, each definition once, however many services run it. */
import { AwsCallError } from '../aws/call-error.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import { definitionHash } from '../aws/same-definition.ts';
import type { FollowPorts } from './follow.ts';
import type { Guarded } from './guards.ts';
import { lostFields } from './kept-fields.ts';
import { markKnown } from './mark-known.ts';
import type { RolloutOutcome } from './outcome.ts';
import { revisionName } from './plan.ts';
import type { Prepared } from './prepare.ts';
import { cancelledBy, leftBehind, refusedByAws, registeredWords } from './refused-by-aws.ts';
import { type RevisionTags, registerTagged } from './register-tagged.ts';
import { retrying } from './roll-out.ts';

export type Registrations =
  | {
      readonly kind: 'registered';
      /** The revision that was made for this service; undefined where ECS had it. */
      of(prepared: Prepared): RegisteredDefinition | undefined;
    }
  /** No service is begun then. */
  | { readonly kind: 'failed'; readonly outcome: RolloutOutcome };

export async function registerAll(
  prepared: readonly Guarded[],
  tags: RevisionTags,
  ports: FollowPorts,
): Promise<Registrations> {
  const { clock, cancelled } = ports;
  const made = new Map<string, RegisteredDefinition>();
  const keyOf = ({ plan }: Prepared): string | undefined =>
    plan.kind === 'deploy' && plan.register !== undefined ? definitionHash(plan.register) : undefined;
  try {
    for (const each of prepared) {
      const key = keyOf(each);
      if (key === undefined || made.has(key) || each.plan.kind !== 'deploy') continue;
      const definition = await registerTagged(each.plan.register!, tags, each.schema, {
        ...ports,
        aws: retrying(ports),
      });
      made.set(key, definition);
      const message = `Registered ${revisionName(definition)}.`;
      ports.record({ at: clock.now(), code: 'rollout.registered', level: 'info', message });
      const lost = lostFields(each.plan.register!, definition.definition);
      if (lost.length > 0) {
        ports.record({
          at: clock.now(),
          code: 'rollout.fields-lost',
          level: 'warning',
          message: `${revisionName(definition)} does not have what the file says at ${lost.join(', ')}: misspelt, or newer than this action.`,
        });
      }
    }
    for (const each of prepared) {
      const refusal = await markKnown(ports, each, tags.remembered);
      if (refusal === undefined) continue;
      const changed = `${registeredWords([...made.values()])}The service was not changed.`;
      return { kind: 'failed', outcome: { ...refusal, kind: 'refused', changed } };
    }
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return {
      kind: 'failed',
      outcome: cancelled.aborted
        ? cancelledBy(error)
        : { ...refusedByAws(error), ...leftBehind(error, [...made.values()]) },
    };
  }
  return { kind: 'registered', of: (each) => made.get(keyOf(each) ?? '') };
}
