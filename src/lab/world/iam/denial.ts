/**
 * How a denied call reads.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
import type { ServiceId } from '../service.ts';

/** Services that speak JSON name the error AccessDeniedException, those that speak Query AccessDenied. */
const jsonServices: ReadonlySet<ServiceId> = new Set([
  'ecs',
  'ecr',
  'logs',
  'secretsmanager',
  'ssm',
  'application-autoscaling',
]);

export function denialCode(
  service: ServiceId,
): 'AccessDeniedException' | 'AccessDenied' | 'AuthorizationError' {
  // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
  if (service === 'sns') return 'AuthorizationError';
  return jsonServices.has(service) ? 'AccessDeniedException' : 'AccessDenied';
}

/** AWS answers 400 in the JSON protocols and 403 in Query. */
export function denialStatus(service: ServiceId): 400 | 403 {
  return jsonServices.has(service) ? 400 : 403;
}

export function deniedMessage(
  principalArn: string,
  action: string,
  resource: string,
  decision: 'explicit-deny' | 'implicit-deny',
  policyType: 'identity-based' | 'session',
): string {
  const start = `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource}`;
  const article = policyType === 'identity-based' ? 'an' : 'a';
  return decision === 'explicit-deny'
    ? `${start} with an explicit deny in ${article} ${policyType} policy`
    : `${start} because no ${policyType} policy allows the ${action} action`;
}
