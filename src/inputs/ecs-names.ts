/** How ECS's things are named in inputs. */
import { type Field, matching } from './field.ts';

/** Where a task definition is to come from. */
export type TaskDefinitionRef =
  /** A file with the definition as JSON or YAML. */
  | { readonly kind: 'file'; readonly path: string }
  /** An existing revision: `family:revision` or an ARN. */
  | { readonly kind: 'revision'; readonly name: string }
  /** The newest active revision of a family. */
  | { readonly kind: 'family'; readonly name: string };

const name = '[A-Za-z0-9_-]{1,255}';
const arn = (resource: string): string => `arn:aws[a-z-]*:ecs:[a-z0-9-]+:\\d{12}:${resource}`;

export function clusterName(): Field<string> {
  return matching(
    new RegExp(`^(?:${name}|${arn(`cluster/${name}`)})$`),
    'a cluster name (letters, digits, - and _) or its ARN',
  );
}

export function serviceName(): Field<string> {
  return matching(
    new RegExp(`^(?:${name}|${arn(`service/(?:${name}/)?${name}`)})$`),
    'a service name (letters, digits, - and _) or its ARN',
  );
}

/** `family:7` or an ARN with a revision. */
export const revisionPattern = new RegExp(
  `^(?:${name}:\\d{1,9}|${arn(`task-definition/${name}:\\d{1,9}`)})$`,
);
const familyPattern = new RegExp(`^(?:${name}|${arn(`task-definition/${name}`)})$`);

export function taskDefinitionRef(): Field<TaskDefinitionRef> {
  const allowed = 'a path to a .json, .yaml or .yml file, an ARN, family:revision, or a family';
  return {
    allowed,
    parse: (given) => {
      if (revisionPattern.test(given)) return { ok: true, value: { kind: 'revision', name: given } };
      if (/\.(json|ya?ml)$/i.test(given)) return { ok: true, value: { kind: 'file', path: given } };
      if (familyPattern.test(given)) return { ok: true, value: { kind: 'family', name: given } };
      if (given.startsWith('arn:') || given.includes(':')) return { ok: false, allowed };
      return /[/\\]/.test(given)
        ? { ok: true, value: { kind: 'file', path: given } }
        : { ok: false, allowed };
    },
  };
}
