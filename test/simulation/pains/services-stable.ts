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
