/** Reads an action.yml as GitHub's runner does: defaults of the inputs, entry points. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

export interface ActionFile {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { readonly required: boolean; readonly fallback: string }>>;
  /** Absolute paths of the scripts. */
  readonly main: string;
  readonly post: string | undefined;
}

interface RawActionFile {
  readonly name: string;
  readonly inputs?: Readonly<
    Record<string, { readonly required?: boolean; readonly default?: unknown } | null>
  >;
  readonly runs: { readonly using: string; readonly main?: string; readonly post?: string };
}

export function readActionFile(path: string): ActionFile {
  const raw = parse(readFileSync(path, 'utf8')) as RawActionFile;
  if (raw.runs.main === undefined)
    throw new Error(`${path} is not a JavaScript action: it uses ${raw.runs.using}.`);
  const folder = dirname(path);
  return {
    name: raw.name,
    inputs: Object.fromEntries(
      Object.entries(raw.inputs ?? {}).map(([name, input]) => [
        name,
        {
          required: input?.required === true,
          fallback: input?.default === undefined ? '' : String(input.default),
        },
      ]),
    ),
    main: join(folder, raw.runs.main),
    post: raw.runs.post === undefined ? undefined : join(folder, raw.runs.post),
  };
}
