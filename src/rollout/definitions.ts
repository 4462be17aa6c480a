/** Task definitions as inputs name them, as ECS has them. */
import type { AwsCaller } from '../aws/caller.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { definitionHash } from '../aws/same-definition.ts';
import type { TaskDefinitionRef } from '../inputs/ecs-names.ts';
import { parseDefinitionFile } from './definition-file.ts';
import type { WantedDefinition } from './plan.ts';

export interface FilePorts {
  /** Rejects where the file cannot be read. */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
}

/** What the reference means now. A file that equals the family's newest revision stands for that one. */
export async function resolveDefinition(
  aws: AwsCaller,
  reference: TaskDefinitionRef,
  files: Pick<FilePorts, 'readFile'>,
  signal?: AbortSignal,
): Promise<WantedDefinition> {
  if (reference.kind !== 'file') {
    const definition = await readTaskDefinition(aws, reference.name, signal);
    return definition === undefined
      ? { kind: 'missing', name: reference.name }
      : { kind: 'registered', definition, fromFile: false, read: definition };
  }
  const input = await parseDefinitionFile(reference.path, await files.readFile(reference.path));
  const newest = await readTaskDefinition(aws, input.family ?? '', signal);
  const same = newest?.status === 'ACTIVE' && definitionHash(newest.definition) === definitionHash(input);
  return same
    ? { kind: 'registered', definition: newest, fromFile: true, read: newest }
    : { kind: 'to-register', input, read: newest };
}

/** Resolves each reference once, however many services ask for it. */
export function resolveOnce(
  aws: AwsCaller,
  files: Pick<FilePorts, 'readFile'>,
  signal?: AbortSignal,
): (reference: TaskDefinitionRef) => Promise<WantedDefinition> {
  const known = new Map<string, Promise<WantedDefinition>>();
  return (reference) => {
    const key = JSON.stringify(reference);
    const found = known.get(key) ?? resolveDefinition(aws, reference, files, signal);
    known.set(key, found);
    return found;
  };
}
