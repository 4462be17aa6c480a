/** Who is told of a rolling deployment, by its main step or by its post step. */
import type { Announcer } from '../announce/announcer.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { AnnouncePorts } from './action.ts';

export async function announceRollout(
  { announce, cluster, targets }: RollingDeployRequest,
  ports: AnnouncePorts,
  afterJob = false,
): Promise<Announcer | undefined> {
  if (announce === undefined) return undefined;
  const { announcerOf } = await import('./announce.ts');
  const services = targets.map(({ service }) => service);
  const subject = { action: 'rolling-deploy', cluster, services, listener: null } as const;
  return announcerOf(announce, subject, ports, afterJob);
}
