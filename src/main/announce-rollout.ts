/** Who is told of a rolling deployment, by its main step or by its post step. */
import type { Announcer } from '../announce/announcer.ts';
import type { Subject } from '../announce/notice.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { AnnouncePorts } from './action.ts';

export function rolloutSubject({ cluster, targets }: RollingDeployRequest): Subject {
  return {
    action: 'rolling-deploy',
    cluster,
    services: targets.map(({ service }) => service),
    listener: null,
  };
}

export async function announceRollout(
  request: RollingDeployRequest,
  ports: AnnouncePorts,
  afterJob = false,
): Promise<Announcer | undefined> {
  if (request.announce === undefined) return undefined;
  const { announcerOf } = await import('./announce.ts');
  return announcerOf(request.announce, rolloutSubject(request), ports, afterJob);
}
