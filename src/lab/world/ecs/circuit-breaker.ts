/**
 * The deployment circuit breaker's arithmetic.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
import type { DeploymentCircuitBreaker } from '@aws-sdk/client-ecs';

const fewest = 3;
const most = 200;

/**
 * Failures that trip the breaker: by default half of the desired count, rounded up, between 3 and 200.
 * `COUNT` is taken as it is, `UNBOUNDED_PERCENT` without the bounds (but at least one failure).
 */
export function failureThreshold(
  breaker: DeploymentCircuitBreaker | undefined,
  desiredCount: number,
): number {
  const type = breaker?.thresholdConfiguration?.type ?? 'BOUNDED_PERCENT';
  const value = breaker?.thresholdConfiguration?.value ?? 50;
  if (type === 'COUNT') return Math.max(1, value);
  const share = Math.ceil((value * desiredCount) / 100);
  if (type === 'UNBOUNDED_PERCENT') return Math.max(1, share);
  return Math.min(most, Math.max(fewest, share));
}

/** A task that reached a healthy state sets the count back, unless that is turned off. */
export function resetsOnHealthyTask(breaker: DeploymentCircuitBreaker | undefined): boolean {
  return breaker?.resetOnHealthyTask ?? true;
}
