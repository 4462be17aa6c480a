/**
 * The cluster of a shift whose test rule names none, because a version before `ips-deploy:cluster` made it. Scalable
 * targets name their services: one that is quietened, and whose service stands in a group of the shift, is the shift's.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing } from '../aws/ecs-service.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import { readQuietened } from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { Lock } from './interrupted.ts';

/** Undefined where none was named, or none is found. */
export async function clusterOf(
  aws: AwsCaller,
  request: ShiftRequest,
  { record, greenArn }: Lock,
  split: WeightSplit,
): Promise<string | undefined> {
  if (request.cluster !== undefined) return request.cluster;
  if (record.cluster !== undefined) return record.cluster === '' ? undefined : record.cluster;
  const groups = new Set([greenArn, ...split.map((group) => group.targetGroupArn)]);
  for (const { resourceId } of await readQuietened(aws)) {
    const [, cluster = '', service = ''] = resourceId.split('/');
    try {
      const found = await readServiceOrNothing(aws, { cluster, service });
      if (found?.loadBalancers.some((entry) => groups.has(entry.targetGroupArn ?? '')) === true) {
        return cluster;
      }
    } catch (error) {
      // A service that may not be read is none of a shift that could be carried out.
      if (!(error instanceof AwsCallError) || error.kind !== 'access-denied') throw error;
    }
  }
  return undefined;
}
