/**
 * A Compose file against the schema that the Compose specification publishes. Pure.
 * compose-spec.json is that schema as of June 2026, unchanged (Apache License 2.0, see compose-spec.LICENSE).
 * @see https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json
 */
import { Ajv, type ErrorObject } from 'ajv';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { nearestName } from '../nearest-name.ts';
import schema from './compose-spec.json' with { type: 'json' };

export interface SchemaError {
  /** Steps from the top of the file. */
  readonly path: readonly (string | number)[];
  /** What is wrong there, without a full stop. */
  readonly message: string;
}

let validate: ReturnType<Ajv['compile']> | undefined;

export function checkSchema(tree: JsonObject): readonly SchemaError[] {
  if (validate === undefined) {
    const { $schema: _, ...rest } = schema;
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, verbose: true });
    validate = ajv.compile(rest);
  }
  if (validate(tree)) return [];
  const errors = validate.errors ?? [];
  const forms = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  const others = errors.filter(({ keyword }) => !['oneOf', 'anyOf', 'if'].includes(keyword));
  // Of several forms the one that is nearest says what is wrong inside; where none is near, they are told as one.
  const inside = others.filter(
    (error) =>
      error.keyword === 'additionalProperties' ||
      !forms.some((form) => form.instancePath === error.instancePath),
  );
  const told = new Map<string, SchemaError>();
  for (const error of [...inside, ...forms]) {
    const isDeeper = (other: ErrorObject): boolean => other.instancePath.startsWith(`${error.instancePath}/`);
    if (
      forms.includes(error) &&
      inside.some((other) => isDeeper(other) || other.instancePath === error.instancePath)
    )
      continue;
    const one = sentence(error, stepsOf(error.instancePath, tree));
    const key = JSON.stringify(one.path);
    if (!told.has(key)) told.set(key, one);
  }
  return [...told.values()];
}

const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
};

function sentence(error: ErrorObject, path: readonly (string | number)[]): SchemaError {
  const what = path.at(-1) ?? 'the file';
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params['additionalProperty']);
    const properties = (error.parentSchema as { properties?: object } | undefined)?.properties ?? {};
    const meant = nearestName(name, Object.keys(properties));
    const hint = meant === undefined ? '' : `: "${meant}" is meant`;
    return { path: [...path, name], message: `"${name}" is nothing that Compose knows here${hint}` };
  }
  if (error.keyword === 'type') {
    const types = [error.params['type']].flat().map((type) => typeWords[String(type)] ?? String(type));
    return { path, message: `${what} has to be ${types.join(' or ')}; ${kindOf(error.data)} is given` };
  }
  if (error.keyword === 'enum') {
    const values = (error.params['allowedValues'] as unknown[]).map(String).join(', ');
    return { path, message: `${what} is one of ${values}; ${JSON.stringify(error.data)} is given` };
  }
  if (error.keyword === 'required') {
    return { path, message: `${what} needs ${String(error.params['missingProperty'])}` };
  }
  if (error.keyword === 'oneOf' || error.keyword === 'anyOf') {
    return {
      path,
      message: `${what} has none of the forms that Compose knows; ${kindOf(error.data)} is given`,
    };
  }
  return { path, message: `${what} ${error.message ?? 'is wrong'}` };
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'a map' : JSON.stringify(value);
}

function stepsOf(instancePath: string, tree: JsonObject): (string | number)[] {
  const steps: (string | number)[] = [];
  let here: JsonValue | undefined = tree;
  for (const part of instancePath.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(here)) {
      steps.push(Number(name));
      here = here[Number(name)];
    } else {
      steps.push(name);
      here = isObject(here) ? here[name] : undefined;
    }
  }
  return steps;
}
