/** The kit's workflows as data, for tests of what they promise. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import type { JobText } from './expressions.ts';
import { root } from './source-files.ts';

export type Permissions = Readonly<Record<string, string>>;

export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job extends JobText {
  readonly uses?: string;
  readonly environment?: string | { readonly name: string; readonly deployment?: string | boolean };
  readonly permissions?: Permissions;
  readonly concurrency?: unknown;
  readonly strategy?: { readonly 'fail-fast'?: boolean };
  readonly 'timeout-minutes'?: unknown;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly on: {
    readonly workflow_call?: { readonly inputs?: Readonly<Record<string, { readonly default?: unknown }>> };
  };
  readonly permissions?: Permissions;
  readonly concurrency?: {
    readonly group: string;
    readonly 'cancel-in-progress'?: unknown;
    readonly queue?: string;
  };
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string): Workflow => parse(readFileSync(join(root, path), 'utf8')) as Workflow;
const workflowsIn = (folder: string): Readonly<Record<string, Workflow>> =>
  Object.fromEntries(
    globSync(`${folder}/*.yml`, { cwd: root })
      .sort()
      .map((path) => [basename(path, '.yml'), read(path)]),
  );
/** Those that are there to be called, by name. */
export const all = Object.entries(workflowsIn('.github/workflows')).filter(
  ([, { on }]) => on.workflow_call !== undefined,
);
export const reusable: Readonly<Record<string, Workflow>> = Object.fromEntries(all);
export const starters = workflowsIn('workflows');
export const defaultsOf = ({ on }: Workflow): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(on.workflow_call?.inputs ?? {}).map(([name, input]) => [name, input.default ?? '']),
  );
/** The action or the workflow of the kit that a job or a step uses. */
export const ofKit = (uses: string | undefined): string | undefined =>
  /^(?:\$|org\/ips-deploy-actions)\/(?:actions|\.github\/workflows)\/([a-z-]+)(?:\.yml)?(?:@v1)?$/.exec(
    uses ?? '',
  )?.[1];
