/** Who is told of a shift, by its main step or by its post step. */
import type { Announcer } from '../announce/announcer.ts';
import type { BlueGreenShiftRequest } from '../inputs/blue-green-shift.ts';
import type { AnnouncePorts } from './action.ts';

export async function announceShift(
  { announce, cluster, location, blueService, greenService }: BlueGreenShiftRequest,
  ports: AnnouncePorts,
  afterJob = false,
): Promise<Announcer | undefined> {
  if (announce === undefined) return undefined;
  const { announcerOf } = await import('./announce.ts');
  const services = [greenService, blueService].filter((each) => each !== undefined);
  const listener = location.kind === 'rule' ? location.ruleArn : location.listenerArn;
  return announcerOf(
    announce,
    { action: 'blue-green-shift', cluster: cluster ?? null, services, listener },
    ports,
    afterJob,
  );
}
