/** Marks a revision that ECS had already before it serves again: other runs are to be able to tell. */
import { AwsCallError } from '../aws/call-error.ts';
import { type Tags, writeTags } from '../aws/ecs-tags.ts';
import type { FollowPorts } from './follow.ts';
import type { Guarded } from './guards.ts';
import { type Marks, marksToTags } from './marks.ts';
import type { Refusal } from './plan.ts';
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
  const refusal = await markRevision(
    { ...ports, aws: retrying(ports) },
    {
      arn: definition.arn,
      marks,
      remembered: target.taskDefinition.kind === 'file' ? remembered : new Map(),
      schema,
    },
  );
  if (refusal === undefined || plan.kind === 'deploy') return refusal;
  warn(ports, refusal.reason);
  return undefined;
}

/** The same for one revision; `marks` undefined: they could not be read. */
export async function markRevision(
  ports: Pick<FollowPorts, 'aws' | 'clock' | 'record'>,
  revision: {
    readonly arn: string;
    readonly marks: Marks | undefined;
    readonly remembered: Tags;
    readonly schema: 'breaking' | undefined;
  },
): Promise<Refusal | undefined> {
  const { arn, marks, remembered, schema } = revision;
  const wanted = new Map([...remembered, ...marksToTags({ schema })]);
  if (wanted.size === 0) return undefined;
  const known = marksToTags(marks ?? {});
  const missing = new Map([...wanted].filter(([key, value]) => known.get(key) !== value));
  if (missing.size === 0) return undefined;
  try {
    await writeTags(ports.aws, arn, missing);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    const why = `${error.operation}: ${error.code}: ${error.reason}`;
    if (schema === 'breaking' && marks?.schema !== 'breaking') {
      return {
        kind: 'refuse',
        code: 'breaking-schema-unmarked',
        reason: `${name} could not be marked as breaking, and unmarked it would be rolled back past. ${why}`,
        remedy: 'Give the role of this job ecs:TagResource: docs/iam has the policy of this action.',
      };
    }
    warn(ports, `What deploys remember could not be put on ${name} (docs/tags.md): ${why}`);
    return undefined;
  }
}

function warn({ clock, record }: Pick<FollowPorts, 'clock' | 'record'>, message: string): void {
  record({ at: clock.now(), code: 'rollout.not-marked', level: 'warning', message });
}
