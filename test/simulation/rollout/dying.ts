/** A runner that dies at one of its calls to AWS: before the call has its effect, or when its answer would come. */
import { beginAftercare } from '../../../src/aftercare/watch-service.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { filesOf, portsOf, type Region, type RequestChange, request } from './region.ts';

export class Killed extends Error {}

/** Dies at the call of that number, counted from 1; nothing goes out after that. */
export function dyingAt(aws: AwsCaller, at: number, afterEffect: boolean): AwsCaller {
  let calls = 0;
  return {
    async call(...args: Parameters<AwsCaller['call']>): Promise<never> {
      calls++;
      if (calls > at || (calls === at && !afterEffect)) throw new Killed();
      const answer = await aws.call(...args);
      if (calls >= at) throw new Killed();
      return answer as never;
    },
  };
}

/** True where it died; false where it had ended before that call. */
export function hasDied(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    (error: unknown) => {
      if (error instanceof Killed) return true;
      throw error;
    },
  );
}

/** Deploys the image `next` until the runner dies. */
export function runAndDie(
  region: Region,
  at: number,
  afterEffect: boolean,
  change: RequestChange = {},
): Promise<boolean> {
  region.files.set('task-definition.json', JSON.stringify(region.definition('next')));
  const ports = portsOf(region);
  const aws = dyingAt(ports.aws, at, afterEffect);
  return region.time.run(
    hasDied(runRollingDeploy(request(change), { ...ports, aws, ...filesOf(region), beginAftercare })),
  );
}
