import type { ActionPorts, ActionResult } from '../../../src/engine/action.ts';
import type { RollbackRequest } from '../../../src/rollback/request.ts';
import { runRollback } from '../../../src/rollback/run.ts';
import { cluster, filesOf, portsOf, type Region, service } from '../rollout/region.ts';

export function rollbackRequest(change: Partial<RollbackRequest> = {}): RollbackRequest {
  return {
    cluster,
    service,
    otherService: undefined,
    mode: 'roll-back',
    to: { kind: 'auto' },
    from: undefined,
    pastBreakingSchema: false,
    reason: 'It exports too little.',
    location: undefined,
    targetGroupArn: undefined,
    timeoutMs: 15 * 60_000,
    dryRun: false,
    reportPath: undefined,
    ...change,
  };
}

/** Runs the action in virtual time. `ports` change what it gets: the way to AWS, the run it is part of. */
export function rollBack(
  region: Region,
  change: Partial<RollbackRequest> = {},
  ports: Partial<Pick<ActionPorts, 'aws' | 'context'>> = {},
): Promise<ActionResult> {
  const all = { ...portsOf(region), ...filesOf(region), ...ports };
  return region.time.run(runRollback(rollbackRequest(change), all));
}
