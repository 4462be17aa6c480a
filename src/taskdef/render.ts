/** The new task definition from the old one and what is to change. Pure: the same arguments, the same answer. */
import { applyChanges } from './apply-changes.ts';
import type { TaskDefinitionChanges } from './changes.ts';
import { checkDefinition } from './checks.ts';
import type { JsonObject } from './json.ts';
import { checkFields } from './known-fields.ts';
import { normalise } from './normalise.ts';
import { fillPlaceholders, type Place } from './placeholders.ts';
import type { TaskDefinitionProblem } from './problem.ts';

export interface Rendered {
  readonly ok: boolean;
  /** As given, without what ECS only puts out: what the new one is compared with. */
  readonly before: JsonObject;
  /** Not fit to be registered where there are problems. */
  readonly definition: JsonObject;
  readonly notices: readonly string[];
  readonly problems: readonly TaskDefinitionProblem[];
}

/** `place` fills `region` and `account-id`; undefined leaves them. */
export function render(
  given: JsonObject,
  changes: TaskDefinitionChanges,
  place: Place | undefined = undefined,
): Rendered {
  const { definition: before, notices: fromInput } = normalise(given);
  const notices = [...fromInput];
  const fields = checkFields(before);
  if (fields.unknown.length > 0) {
    notices.push(`Fields that this version does not know are passed on: ${fields.unknown.join(', ')}.`);
  }
  let definition = structuredClone(before);
  const applied = applyChanges(definition, changes);
  if (place !== undefined) {
    const filled = fillPlaceholders(definition, place);
    definition = filled.definition;
    if (filled.filled > 0) {
      notices.push(
        `Placeholders for account and region filled in with ${place.accountId} and ${place.region}, in ${filled.filled} places.`,
      );
    }
  }
  const problems = [...fields.problems, ...applied.problems, ...checkDefinition(definition)];
  return {
    ok: problems.length === 0,
    before,
    definition,
    notices: [...notices, ...applied.notices],
    problems,
  };
}
