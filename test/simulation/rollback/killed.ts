/** A runner that dies in the middle of a rollback. */
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { RollbackRequest } from '../../../src/rollback/request.ts';
import { portsOf, type Region } from '../rollout/region.ts';
import { rollBack } from './request.ts';

class Killed extends Error {}

/** Dies at the call of that number, counted from 1. */
function dyingAt(aws: AwsCaller, at: number, afterEffect: boolean): AwsCaller {
  let calls = 0;
  return {
    async call(...args) {
      const dies = ++calls === at;
      if (dies && !afterEffect) throw new Killed();
      const answer = await aws.call(...args);
      if (dies) throw new Killed();
      return answer;
    },
  };
}

/** True where the run died; false where it ended before that call. */
export async function runAndDie(
  region: Region,
  request: Partial<RollbackRequest>,
  at: number,
  afterEffect: boolean,
  ports: Parameters<typeof rollBack>[2] = {},
): Promise<boolean> {
  const aws = dyingAt(portsOf(region).aws, at, afterEffect);
  return rollBack(region, request, { ...ports, aws }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Killed) return true;
      throw error;
    },
  );
}
