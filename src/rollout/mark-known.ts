/** Marks a revision that ECS had already before it serves again: other runs are to be able to tell. */
import { AwsCallError } from '../aws/call-error.ts';
import { type Tags, writeTags } from '../aws/ecs-tags.ts';
import type { FollowPorts } from './follow.ts';
import type { Guarded } from './guards.ts';
import { marksToTags } from './marks.ts';
import { type Refusal, revisionName } from './plan.ts';
import { retrying } from './roll-out.ts';

/**
 * A commit that comes back to an older definition makes that revision its own: the newest word counts. A
 * revision that was named keeps its own commit. `remembered` is what this run marks revisions with. Answers a
 * refusal where a breaking schema could not be marked; whatever else is missing is a warning.
 */
export async function markKnown(
  ports: FollowPorts,
  { definition, schema, target, plan, marks }: Guarded,
  remembered: Tags,
): Promise<Refusal | undefined> {
  if (definition === undefined) return undefined;
  const fromFile = target.taskDefinition.kind === 'file';
  const wanted = new Map([...(fromFile ? remembered : []), ...marksToTags({ schema })]);
  const known = marksToTags(marks ?? {});
  const missing = new Map([...wanted].filter(([key, value]) => known.get(key) !== value));
  if (missing.size === 0) return undefined;
  try {
    await writeTags(retrying(ports), definition.arn, missing);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const name = revisionName(definition);
    const why = `${error.operation}: ${error.code}: ${error.reason}`;
    if (schema === 'breaking' && plan.kind === 'deploy' && marks?.schema !== 'breaking') {
      return {
        kind: 'refuse',
        code: 'breaking-schema-unmarked',
        reason: `${name} could not be marked as breaking, and unmarked it would be rolled back past. ${why}`,
        remedy: 'Give the role of this job ecs:TagResource: docs/iam has the policy of this action.',
      };
    }
    const message = `What deploys remember could not be put on ${name} (docs/tags.md): ${why}`;
    ports.record({ at: ports.clock.now(), code: 'rollout.not-marked', level: 'warning', message });
    return undefined;
  }
}
