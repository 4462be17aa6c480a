/** The SDK's own waiter, unmodified, on a region of the simulation: what `aws ecs wait services-stable` looks at. */
import { type ECSClient, waitUntilServicesStable } from '@aws-sdk/client-ecs';
import { cluster, type Region, service } from '../rollout/region.ts';

/** Whether it calls the service stable as it is. It asks the region just as it asks AWS. */
export async function isServicesStable(region: Region): Promise<boolean> {
  const client = {
    async send(command: { readonly input: unknown }) {
      return region.world.must('ecs', 'DescribeServices', command.input as object);
    },
  } as unknown as ECSClient;
  // Two seconds of patience: the shortest that it knows. The region stands still meanwhile.
  return waitUntilServicesStable(
    { client, maxWaitTime: 2, minDelay: 1, maxDelay: 1 },
    { cluster, services: [service] },
  ).then(
    (result) => result.state === 'SUCCESS',
    (error: Error) => {
      if (error.name === 'TimeoutError') return false;
      throw error;
    },
  );
}

export interface Waited {
  readonly isStable: boolean;
  /** Of the region. */
  readonly waitedMs: number;
  /** All that it has to say in the end. */
  readonly words: string;
}

/** As the AWS CLI waits: 40 looks, 15 s of the region between them; then it gives up. */
export async function waitServicesStable(region: Region, services: readonly string[]): Promise<Waited> {
  const startedAt = region.world.kernel.now;
  const gaveUp = new AbortController();
  let looks = 0;
  const client = {
    async send(command: { readonly input: unknown }) {
      // Its own pauses are real and short; only here the region moves.
      if (looks++ > 0) await region.time.run(region.time.sleep(15_000));
      if (looks === 40) gaveUp.abort();
      return region.world.must('ecs', 'DescribeServices', command.input as object);
    },
  } as unknown as ECSClient;
  const waiting = waitUntilServicesStable(
    { client, maxWaitTime: 600, minDelay: 0.001, maxDelay: 0.001, abortSignal: gaveUp.signal },
    { cluster, services: [...services] },
  ).then(
    () => ({ isStable: true, words: '' }),
    (error: Error) => ({ isStable: false, words: error.message }),
  );
  const result = await waiting;
  return { ...result, waitedMs: region.world.kernel.now - startedAt };
}
