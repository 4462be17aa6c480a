/**
 * A definition against the fields that ECS knows: what is not among them passes with a notice, what is one slip
 * away from one of them is refused, and so is a value of another type. Pure.
 */
import { type FieldKind, type PlainKind, type Shape, taskDefinitionShape } from './field-shapes.ts';
import { isObject, type JsonObject, type JsonValue, pointer } from './json.ts';
import { nearestName } from './nearest-name.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { type Path, shown } from './report-problem.ts';

export interface FieldCheck {
  readonly problems: readonly TaskDefinitionProblem[];
  /** Pointers of fields that are unknown here and no misspelling of a known one. */
  readonly unknown: readonly string[];
}

export function checkFields(definition: JsonObject): FieldCheck {
  const problems: TaskDefinitionProblem[] = [];
  const unknown: string[] = [];
  const wrongType = (path: Path, wanted: string, value: JsonValue): void => {
    const message = `${path.at(-1)} is ${wanted}; ${shorten(shown(value))} is not.`;
    problems.push({ code: 'wrong-type', pointer: pointer(path), message });
  };
  const visit = (object: JsonObject, shape: Shape, path: Path): void => {
    for (const [key, value] of Object.entries(object)) {
      const here = [...path, key];
      const kind = Object.hasOwn(shape, key) ? shape[key] : undefined;
      if (kind !== undefined) {
        // ECS takes null for "not given".
        if (value !== null) descend(value, kind, here);
        continue;
      }
      const meant = nearestName(key, Object.keys(shape));
      if (meant === undefined) unknown.push(pointer(here));
      else {
        const message = `"${key}" is no field here: "${meant}" is meant.`;
        problems.push({ code: 'misspelt-field', pointer: pointer(here), message });
      }
    }
  };
  const descend = (value: JsonValue, kind: FieldKind, path: Path): void => {
    if (typeof kind === 'string') {
      if (!isKind[kind](value)) wrongType(path, kindWords[kind], value);
    } else if ('shape' in kind) {
      if (isObject(value)) visit(value, kind.shape, path);
      else wrongType(path, 'an object', value);
    } else if (!Array.isArray(value)) {
      wrongType(path, 'a list of objects', value);
    } else {
      for (const [index, entry] of value.entries()) {
        if (isObject(entry)) visit(entry, kind.listOf, [...path, index]);
        else wrongType([...path, index], 'an object', entry);
      }
    }
  };
  visit(definition, taskDefinitionShape, []);
  return { problems, unknown };
}

const isText = (value: JsonValue): boolean => typeof value === 'string';
const isWhole = (value: JsonValue): boolean => Number.isInteger(value);

const isKind: Readonly<Record<PlainKind, (value: JsonValue) => boolean>> = {
  text: isText,
  number: isWhole,
  flag: (value) => typeof value === 'boolean',
  texts: (value) => Array.isArray(value) && value.every(isText),
  numbers: (value) => Array.isArray(value) && value.every(isWhole),
  map: (value) => isObject(value) && Object.values(value).every(isText),
};

const kindWords: Readonly<Record<PlainKind, string>> = {
  text: 'a text',
  number: 'a whole number',
  flag: 'true or false',
  texts: 'a list of texts',
  numbers: 'a list of whole numbers',
  map: 'a map of names to texts',
};

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
