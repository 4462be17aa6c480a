/** Shapes written by hand, in the form of the SDK's schemas: for clients that are too large for a handful of calls. */

/** Ids of simple types as SDK schemas number them. */
export const STRING = 0;
export const INTEGER = 1;
export const BOOLEAN = 2;
export const TIMESTAMP = 4;

type Reference = number | (() => unknown) | readonly unknown[];
export type Members = Readonly<Record<string, Reference>>;

/** Operation name: required input, optional input, output. */
export type OperationTable = Readonly<Record<string, readonly [Members, Members, Members]>>;

/** `namespace` as in the service's model: `com.amazonaws.iam`. */
export function schemaParts(namespace: string) {
  const structure = (name: string, required: Members, optional: Members = {}): readonly unknown[] => {
    const members = { ...required, ...optional };
    const count = Object.keys(required).length;
    return [3, namespace, name, 0, Object.keys(members), Object.values(members), count];
  };
  return {
    structure,
    list: (name: string, item: Reference): readonly unknown[] => [1, namespace, name, 0, item],
    failure: (name: string, code: string, status: number): readonly unknown[] => {
      const traits = { awsQueryError: [code, status], error: 'client', httpError: status };
      return [-3, namespace, name, traits, ['message'], [STRING]];
    },
    /** As a client package exports them: every operation under its name. */
    operations: (table: OperationTable): Readonly<Record<string, unknown>> =>
      Object.fromEntries(
        Object.entries(table).map(([name, [required, optional, output]]) => {
          const input = structure(`${name}Request`, required, optional);
          const result = structure(`${name}Response`, {}, output);
          return [name, [9, namespace, name, 0, () => input, () => result]];
        }),
      ),
  };
}
