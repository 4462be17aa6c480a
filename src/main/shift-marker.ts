/**
 * Whether a shift of this job was begun and not ended, for the post step. GitHub hands the state of an action to
 * its post step; runners that lose it for an action inside of composite actions are helped by a file in the
 * job's own temporary folder.
 */
import { createHash } from 'node:crypto';
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
  return join(folder, `ips-deploy-shift-${createHash('sha256').update(rule).digest('hex').slice(0, 16)}`);
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
