/** Who is told of a shift, by its main step or by its post step. */
import type { Announcer } from '../announce/announcer.ts';
import type { Subject } from '../announce/notice.ts';
import type { BlueGreenShiftRequest } from '../inputs/blue-green-shift.ts';
import type { AnnouncePorts } from './action.ts';

export function shiftSubject({
  cluster,
  location,
  blueService,
  greenService,
}: BlueGreenShiftRequest): Subject {
  return {
    action: 'blue-green-shift',
    cluster: cluster ?? null,
    services: [greenService, blueService].filter((each) => each !== undefined),
    listener: location.kind === 'rule' ? location.ruleArn : location.listenerArn,
  };
}

export async function announceShift(
  request: BlueGreenShiftRequest,
  ports: AnnouncePorts,
  afterJob = false,
): Promise<Announcer | undefined> {
  if (request.announce === undefined) return undefined;
  const { announcerOf } = await import('./announce.ts');
  const announcer = announcerOf(request.announce, shiftSubject(request), ports, afterJob);
  return request.onInterrupted === 'judge' ? onlyWhatItDid(announcer) : announcer;
}

/** A watch comes by every few minutes: that it came, and that all was well, is told to nobody. */
function onlyWhatItDid(announcer: Announcer): Announcer {
  return {
    begin: () => undefined,
    onEvent: (event) => announcer.onEvent(event),
    end: async (end) => {
      if (end.kind === 'result' && quiet.has(end.result.report.outcome)) return;
      await announcer.end(end);
    },
  };
}

const quiet: ReadonlySet<string> = new Set(['no-change', 'paused']);
