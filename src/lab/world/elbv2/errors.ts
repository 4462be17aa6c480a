/** The service's error answers, with the codes of the Query protocol (`RuleNotFound`, not the SDK's class name). */
import { AwsError } from '../aws-error.ts';

export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

export function loadBalancerNotFound(arns: readonly string[]): AwsError {
  return new AwsError('LoadBalancerNotFound', `Load balancers '[${arns.join(', ')}]' not found`);
}

export function loadBalancerArnNotFound(arn: string): AwsError {
  return new AwsError('LoadBalancerNotFound', `Load balancer '${arn}' not found`);
}

export function listenerNotFound(arn: string): AwsError {
  return new AwsError('ListenerNotFound', `Listener '${arn}' not found`);
}

export function ruleNotFound(arn: string): AwsError {
  return new AwsError('RuleNotFound', `Rule '${arn}' not found`);
}

export function targetGroupNotFound(arn: string): AwsError {
  return new AwsError('TargetGroupNotFound', `Target groups '${arn}' not found`);
}

/** The SDK's own validation happens before the call; the service repeats it in these words. */
export function required(value: unknown, member: string): void {
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) {
    throw validationError(
      `1 validation error detected: Value null at '${member[0]!.toLowerCase()}${member.slice(1)}' failed to ` +
        'satisfy constraint: Member must not be null',
    );
  }
}

export function between(value: number, low: number, high: number, what: string): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw validationError(`${what} '${value}' must be between '${low}' and '${high}' inclusive`);
  }
}
