/**
 * Whether a shift of this job was begun and not ended, for the post step. GitHub hands the state of an action to
 * its post step; runners that lose it for an action inside of composite actions are helped by a file in the
 * job's own temporary folder.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../runner/context.ts';
import type { Runner } from '../runner/runner.ts';
import { shiftStateName } from '../shift/shift-state-name.ts';

/** One for each rule: a job may shift several. Undefined outside of a job. */
function markerPath(environment: Environment): string | undefined {
  const folder = environment['RUNNER_TEMP'] ?? '';
  if (folder === '') return undefined;
  const rule = `${environment['INPUT_LISTENER-RULE-ARN'] ?? ''} ${environment['INPUT_LISTENER-ARN'] ?? ''}`;
  // What tells rules apart is at the end of an ARN; nothing is checked yet, and names of files have limits.
  return join(
    folder,
    `ips-deploy-shift-${rule
      .trim()
      .replaceAll(/[^\w-]+/g, '-')
      .slice(-150)}`,
  );
}

/** The runner, whose state of a shift stands in a file as well. */
export function withMarker<Kind extends Runner>(runner: Kind, environment: Environment): Kind {
  const path = markerPath(environment);
  return {
    ...runner,
    saveState: (name, value) => {
      runner.saveState(name, value);
      if (name !== shiftStateName || path === undefined) return;
      try {
        if (value === 'begun') writeFileSync(path, '');
        else rmSync(path, { force: true });
      } catch (error) {
        runner.debug(`${path}: ${(error as Error).message}`);
      }
    },
  };
}

export function wasBegun(environment: Environment): boolean {
  const state = environment[`STATE_${shiftStateName}`] ?? '';
  if (state !== '') return state === 'begun';
  const path = markerPath(environment);
  return path !== undefined && existsSync(path);
}
