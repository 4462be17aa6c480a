/** Registers a revision with the tags of its file, those that were asked for, and what deploys remember. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import { type Tags, toTags } from '../aws/ecs-tags.ts';
import type { RegisteredDefinition } from '../aws/ecs-task-definition.ts';
import type { KitEvent } from '../report/event.ts';
import { type Marks, marksToTags } from './marks.ts';
import { registerOnce, type StartPorts } from './start.ts';

export interface RevisionTags {
  readonly asked: Tags;
  /** What deploys remember: docs/tags.md. */
  readonly remembered: Tags;
}

/**
 * Tags of the file, then those that were asked for, then what the deploy itself remembers. The last are no
 * reason to fail: where the role may not tag, the revision goes without them. A breaking schema is one: without
 * its mark a later run would go back past it.
 */
export async function registerTagged(
  input: RegisterTaskDefinitionRequest,
  { asked, remembered }: RevisionTags,
  schema: Marks['schema'],
  ports: StartPorts & { readonly record: (event: KitEvent) => void },
): Promise<RegisteredDefinition> {
  const wanted = new Map([...toTags(input.tags), ...asked, ...marksToTags({ schema })]);
  try {
    return await registerOnce(ports, withTags(input, new Map([...wanted, ...remembered])));
  } catch (error) {
    const mayNotTag =
      error instanceof AwsCallError && error.kind === 'access-denied' && /TagResource/.test(error.reason);
    if (!mayNotTag || wanted.size > 0) throw error;
    const message = `The revision is registered without what deploys remember of it (docs/tags.md): ${error.reason}`;
    ports.record({ at: ports.clock.now(), code: 'rollout.not-marked', level: 'warning', message });
    return registerOnce(ports, withTags(input, wanted));
  }
}

/** ECS rejects an empty list. Pure. */
function withTags(input: RegisterTaskDefinitionRequest, tags: Tags): RegisterTaskDefinitionRequest {
  const { tags: _own, ...rest } = input;
  return tags.size === 0 ? rest : { ...rest, tags: [...tags].map(([key, value]) => ({ key, value })) };
}
