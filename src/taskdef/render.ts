/** The new task definition from the old one and what is to change. Pure: the same arguments, the same answer. */
import { applyChanges } from './apply-changes.ts';
import { checkDefinition } from './checks.ts';
import type { JsonObject } from './json.ts';
import { checkFields } from './known-fields.ts';
import { normalise } from './normalise.ts';
import { fillPlaceholders, type Place } from './placeholders.ts';
import type { TaskDefinitionProblem } from './problem.ts';

/** What is to be different. All that is empty or undefined stays as it is. */
export interface TaskDefinitionChanges {
  /** The container that `image`, `environment` and the like mean; undefined: the only one. */
  readonly containerName: string | undefined;
  readonly image: string | undefined;
  /** Container name to image. */
  readonly images: ReadonlyMap<string, string>;
  readonly environment: ReadonlyMap<string, string>;
  /** Names taken out of both environment and secrets. */
  readonly environmentRemove: readonly string[];
  /** Variable name to `valueFrom` in full. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly logGroup: string | undefined;
  /** Fills `region` and `account-id`; undefined leaves them. */
  readonly place: Place | undefined;
}

export type Rendered =
  | {
      readonly ok: true;
      /** As given, without what ECS only puts out: what the new one is compared with. */
      readonly before: JsonObject;
      readonly definition: JsonObject;
      readonly notices: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly TaskDefinitionProblem[] };

export function render(given: JsonObject, changes: TaskDefinitionChanges): Rendered {
  const { definition: before, notices: fromInput } = normalise(given);
  const notices = [...fromInput];
  const fields = checkFields(before);
  if (fields.unknown.length > 0) {
    notices.push(`Fields that this version does not know are passed on: ${fields.unknown.join(', ')}.`);
  }
  let definition = structuredClone(before);
  if (changes.place !== undefined) {
    const { accountId, region } = changes.place;
    const filled = fillPlaceholders(definition, changes.place);
    definition = filled.definition;
    if (filled.filled > 0) {
      notices.push(
        `Placeholders for account and region filled in with ${accountId} and ${region}, in ${filled.filled} places.`,
      );
    }
  }
  const applied = applyChanges(definition, changes);
  const problems = [...fields.problems, ...applied.problems, ...checkDefinition(definition)];
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, before, definition, notices: [...notices, ...applied.notices] };
}
