/**
 * That a pre-deploy task has passed, as a tag on the revision it ran from: ECS forgets stopped tasks within hours,
 * and a run may be run again for thirty days. docs/tags.md describes it for people.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTags, tagValueLimit, writeTags } from '../aws/ecs-tags.ts';
import { type MarkResult, markKeys } from './marks.ts';

/**
 * Whether a task with this `startedBy` has passed from the revision before. Rejects with `AwsCallError`.
 */
export async function hasPassedBefore(
  aws: AwsCaller,
  taskDefinitionArn: string,
  startedBy: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const tags = await readTags(aws, taskDefinitionArn, signal);
  return passesOf(tags.get(markKeys.preDeploy)).some((each) => each.endsWith(`@${idOf(startedBy)}`));
}

/** Newest first; those that do not fit into one value are dropped, the oldest first. */
export async function markPassed(
  aws: AwsCaller,
  taskDefinitionArn: string,
  startedBy: string,
  at: number,
): Promise<MarkResult> {
  try {
    const earlier = passesOf((await readTags(aws, taskDefinitionArn)).get(markKeys.preDeploy));
    const id = idOf(startedBy);
    if (earlier.some((each) => each.endsWith(`@${id}`))) return { kind: 'unchanged' };
    const value = withPass(earlier, `${new Date(at).toISOString()}@${id}`);
    await writeTags(aws, taskDefinitionArn, new Map([[markKeys.preDeploy, value]]));
    const found = passesOf((await readTags(aws, taskDefinitionArn)).get(markKeys.preDeploy));
    return found.some((each) => each.endsWith(`@${id}`))
      ? { kind: 'written' }
      : { kind: 'not-written', why: 'AWS took the tag and does not show it.' };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { kind: 'not-written', why: `${error.operation}: ${error.code}: ${error.reason}` };
  }
}

/** Pure. */
export function withPass(earlier: readonly string[], pass: string): string {
  let value = pass;
  for (const each of earlier) {
    const longer = `${value} ${each}`;
    if (longer.length > tagValueLimit) break;
    value = longer;
  }
  return value;
}

function passesOf(value: string | undefined): readonly string[] {
  return (value ?? '').split(' ').filter((each) => each !== '');
}

function idOf(startedBy: string): string {
  return startedBy.slice(startedBy.lastIndexOf('/') + 1);
}
