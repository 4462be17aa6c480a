/** Sharpens a cause with what the service's events and the load balancer's target health say. Pure. */
import type { ServiceEventFacts } from '../aws/ecs-service.ts';
import type { TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import type { Cause, CauseCode } from './cause.ts';
import type { HealthCheckSettings } from './diagnosis.ts';

const eventPatterns: readonly (readonly [pattern: RegExp, code: CauseCode])[] = [
  [
    /InsufficientFreeAddresses|RESOURCE:ENI|not enough free (IP )?addresses|no free (IP )?addresses/i,
    'no-addresses',
  ],
  [/Capacity is unavailable|unable to place a task|insufficient (CPU|memory)|RESOURCE:/i, 'no-capacity'],
  [/unhealthy in \(?target-group/i, 'target-health'],
  [/failed container health checks/i, 'container-health'],
];

/** The newest event that names a cause. `events` are oldest first. */
export function causeFromEvents(events: readonly ServiceEventFacts[]): Cause | undefined {
  for (const event of [...events].reverse()) {
    const code = eventPatterns.find(([pattern]) => pattern.test(event.message))?.[1];
    if (code === undefined) continue;
    const reason = /Reason: (.+?)\.?(?: For more information.*)?$/is.exec(event.message)?.[1];
    const detail =
      code === 'target-health' || reason === undefined ? '' : reason.replace(/\s+/g, ' ').slice(0, 200);
    return { code, detail, evidence: event.message, tasks: 0 };
  }
  return undefined;
}

/** `Task failed ELB health checks` says that, not how: the targets' reasons and the check's settings do. */
export function refineTargetCause(
  cause: Cause,
  settings: HealthCheckSettings | undefined,
  unhealthy: readonly TargetGroupHealthFacts[],
): Cause {
  const targets = unhealthy.flatMap((group) => group.targets);
  const wrongCode = targets.find((target) => target.reason === 'Target.ResponseCodeMismatch');
  const slow = targets.find((target) => target.reason === 'Target.Timeout');
  const evidence = [cause.evidence, (wrongCode ?? slow ?? targets[0])?.description]
    .filter(Boolean)
    .join(': ');
  const where = settings === undefined ? '' : `path ${settings.path}, port ${settings.port}`;
  // ECS's own sentence may carry the code where the target is gone already.
  const code = /codes?:?\s*\[?(\d{3})\]?/i.exec(wrongCode?.description ?? cause.evidence)?.[1];
  if (wrongCode !== undefined || code !== undefined) {
    const expected = settings === undefined ? '' : `, expected ${settings.matcher}`;
    const answered = code === undefined ? '' : `, answered ${code}`;
    return { ...cause, code: 'target-health-code', detail: `${where}${answered}${expected}`, evidence };
  }
  if (slow !== undefined || /timed out/i.test(cause.evidence)) {
    const within = settings === undefined ? '' : ` within ${settings.timeoutSeconds} s`;
    return { ...cause, code: 'target-health-timeout', detail: `${where}${within}`, evidence };
  }
  return { ...cause, detail: where, evidence };
}
