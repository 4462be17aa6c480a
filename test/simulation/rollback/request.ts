import type { RollbackRequest } from '../../../src/rollback/request.ts';
import { cluster, service } from '../rollout/region.ts';

export function rollbackRequest(change: Partial<RollbackRequest> = {}): RollbackRequest {
  return {
    cluster,
    service,
    to: { kind: 'auto' },
    reason: 'It exports too little.',
    location: undefined,
    targetGroupArn: undefined,
    timeoutMs: 15 * 60_000,
    dryRun: false,
    reportPath: undefined,
    ...change,
  };
}
