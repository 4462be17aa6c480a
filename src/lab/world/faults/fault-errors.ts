/**
 * The same trouble as each service words it.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html codes that SDKs retry
 */
import { AwsError } from '../aws-error.ts';
import { denialCode, denialStatus, deniedMessage } from '../iam/denial.ts';
import type { Permission, Principal, ServiceId } from '../service.ts';

const queryServices: ReadonlySet<ServiceId> = new Set([
  'elasticloadbalancing',
  'cloudwatch',
  'sns',
  'sts',
  'iam',
]);

export function throttlingError(service: ServiceId): AwsError {
  const code = queryServices.has(service) ? 'Throttling' : 'ThrottlingException';
  return new AwsError(code, 'Rate exceeded', 400);
}

const serverErrors: Readonly<Record<ServiceId, readonly [code: string, status: number]>> = {
  ecs: ['ServerException', 500],
  ecr: ['ServerException', 500],
  elasticloadbalancing: ['ServiceUnavailable', 503],
  cloudwatch: ['InternalServiceFault', 500],
  'application-autoscaling': ['InternalServiceException', 500],
  secretsmanager: ['InternalServiceError', 500],
  logs: ['ServiceUnavailableException', 503],
  sns: ['InternalError', 500],
  ssm: ['InternalServerError', 500],
  sts: ['ServiceUnavailable', 503],
  iam: ['ServiceFailure', 500],
};

export function serverError(service: ServiceId): AwsError {
  const [code, status] = serverErrors[service];
  return new AwsError(code, 'Service Unavailable. Please try again later.', status);
}

export function expiredCredentialsError(service: ServiceId): AwsError {
  const query = queryServices.has(service);
  return new AwsError(
    query ? 'ExpiredToken' : 'ExpiredTokenException',
    'The security token included in the request is expired',
    query ? 403 : 400,
  );
}

export function accessDeniedError(
  service: ServiceId,
  principal: Principal,
  permission: Permission,
): AwsError {
  const resource = permission.resources[0] ?? '*';
  const message = deniedMessage(
    principal.arn,
    permission.action,
    resource,
    'implicit-deny',
    'identity-based',
  );
  return new AwsError(denialCode(service), message, denialStatus(service));
}
