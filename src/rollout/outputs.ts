/** What rolling-deploy hands to later steps. Pure. */
import type { ServiceResult } from './carry-out.ts';
import { worstOf } from './outcome.ts';

/** The outputs of one service; `services` is a list of these. */
export interface ServiceOutputs {
  readonly outcome: string;
  readonly aftermath: string;
  readonly 'deployment-id': string;
  readonly 'service-deployment-arn': string;
  readonly 'task-definition-arn': string;
  readonly 'previous-task-definition-arn': string;
  readonly 'running-count': string;
  readonly cause: string;
}

export function serviceOutputs({ outcome, result, service, definition }: ServiceResult): ServiceOutputs {
  return {
    outcome: outcome.kind,
    aftermath: 'aftermath' in outcome ? outcome.aftermath : '',
    'deployment-id': result?.deploymentId ?? '',
    'service-deployment-arn': result?.serviceDeploymentArn ?? '',
    'task-definition-arn': definition?.arn ?? '',
    'previous-task-definition-arn': service?.taskDefinitionArn ?? '',
    'running-count': runningCount({ outcome, result }),
    cause: result?.follow?.diagnosis?.cause.code ?? ('code' in outcome ? (outcome.code ?? '') : ''),
  };
}

/**
 * The worst outcome with its aftermath and cause; the rest has a line for each service, so that one service
 * gives plain values.
 */
export function rolloutOutputs(
  results: readonly ServiceResult[],
  durationSeconds: number,
): Readonly<Record<string, string>> {
  const each = results.map((result) => ({ service: result.name, ...serviceOutputs(result) }));
  const worst = serviceOutputs(worstOf(results));
  const lines = (name: keyof ServiceOutputs): string => each.map((one) => one[name]).join('\n');
  return {
    outcome: worst.outcome,
    aftermath: worst.aftermath,
    'deployment-id': lines('deployment-id'),
    'service-deployment-arn': lines('service-deployment-arn'),
    'task-definition-arn': lines('task-definition-arn'),
    'previous-task-definition-arn': lines('previous-task-definition-arn'),
    'running-count': lines('running-count'),
    cause: worst.cause,
    'duration-seconds': String(durationSeconds),
    services: JSON.stringify(each),
  };
}

/** Healthy tasks where that was proven, running ones where it was not; empty where nothing was seen. */
export function runningCount({ outcome, result }: Pick<ServiceResult, 'outcome' | 'result'>): string {
  if ('runningCount' in outcome) return String(outcome.runningCount);
  const target = result?.follow?.last.serviceDeployment?.target;
  return target === undefined ? '' : String(target.runningTaskCount);
}
