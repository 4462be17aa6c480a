/** Sharpens a cause with what the service's events and the load balancer's target health say. Pure. */
import type { ServiceEventFacts } from '../aws/ecs-service.ts';
import type { TargetGroupHealthFacts } from '../aws/ecs-target-health.ts';
import type { Cause, CauseCode } from './cause.ts';
import type { HealthCheckSettings } from './failure-evidence.ts';
import type { TaskFailure } from './stopped-task.ts';

const eventPatterns: readonly (readonly [pattern: RegExp, code: CauseCode])[] = [
  [
    /InsufficientFreeAddresses|RESOURCE:ENI|not enough free (IP )?addresses|no free (IP )?addresses/i,
    'no-addresses',
  ],
  [/reached the limit on the number of|quota|VcpuLimit/i, 'quota-exceeded'],
  [/Capacity is unavailable|unable to place a task|insufficient (CPU|memory)|RESOURCE:/i, 'no-capacity'],
  [/unhealthy in \(?target-group/i, 'target-health'],
  [/failed container health checks/i, 'container-health'],
];

/** Causes that keep tasks from being made at all: no stopped task tells of them. */
const placementCodes: ReadonlySet<CauseCode> = new Set(['no-capacity', 'no-addresses', 'quota-exceeded']);

/** What the newest event says against the placement of new tasks. `events` are oldest first. */
export function placementFailure(events: readonly ServiceEventFacts[]): TaskFailure | undefined {
  const cause = causeFromEvents(
    events.filter(({ message }) => /unable to (?:place|start)|failed to launch/i.test(message)),
  );
  if (cause === undefined || !placementCodes.has(cause.code)) return undefined;
  const { code, detail, evidence } = cause;
  return { code, detail, evidence };
}

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

/**
 * `Task failed ELB health checks` says that, not how. The targets' reasons do while they last, ECS's event
 * afterwards: `(port 5000) is unhealthy in (target-group …) due to (reason …)`.
 */
export function refineTargetCause(
  cause: Cause,
  settings: HealthCheckSettings | undefined,
  unhealthy: readonly TargetGroupHealthFacts[],
  events: readonly ServiceEventFacts[],
): Cause {
  const targets = unhealthy.flatMap((group) => group.targets);
  const wrongCode = targets.find((target) => target.reason === 'Target.ResponseCodeMismatch');
  const slow = targets.find((target) => target.reason === 'Target.Timeout');
  const told = [...events].reverse().find((event) => /is unhealthy in \(?target-group/i.test(event.message));
  const words = [
    (wrongCode ?? slow ?? targets[0])?.description,
    /\(reason (.*)\)/i.exec(told?.message ?? '')?.[1],
    cause.evidence,
  ]
    .filter(Boolean)
    .join('; ');
  const refined = { ...cause, evidence: words };
  const where = settings === undefined ? '' : `path ${settings.path}, port ${settings.port}`;
  const code = /codes?:?\s*\[?(\d{3})\]?/i.exec(words)?.[1];
  if (wrongCode !== undefined || code !== undefined) {
    const answered = code === undefined ? '' : `answered ${code}`;
    const expected = settings === undefined ? '' : `expected ${settings.matcher}`;
    const detail = [where, answered, expected].filter((each) => each !== '').join(', ');
    return { ...refined, code: 'target-health-code', detail };
  }
  if (slow !== undefined || /timed out/i.test(words)) {
    const within = settings === undefined ? '' : ` within ${settings.timeoutSeconds} s`;
    return { ...refined, code: 'target-health-timeout', detail: `${where}${within}`.trim() };
  }
  // A connection that is refused fails with no more words than that.
  const refused = targets.some((target) => target.reason === 'Target.FailedHealthChecks');
  if (refused || /^health checks failed\b(?!.*code)/i.test(words)) {
    return { ...refined, code: 'port-mismatch', detail: where };
  }
  return { ...refined, detail: where };
}

/** The exit code alone says little where the program never ran. */
export function refineByLog(cause: Cause, lines: readonly string[]): Cause {
  if (cause.code !== 'container-exited') return cause;
  const told = lines.find((line) => /exec format error/i.test(line));
  return told === undefined
    ? cause
    : { ...cause, code: 'image-platform-mismatch', detail: '', evidence: told };
}
