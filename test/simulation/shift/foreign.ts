/** What a shift may change, and nothing else. Nothing of the kit is in it. */
import type { ApiRequest } from '../../../src/lab/world/service.ts';
import { migration, type Place, proberFamily } from './place.ts';

/** All that a shift may change: its rules, its own test rule, the services of the pair and their scaling, marks. */
export function isForeign(
  { service, operation, input }: ApiRequest,
  place: Place,
  testRules: readonly string[],
  isOneOff: (arn: string) => boolean,
): boolean {
  const given = (input ?? {}) as Readonly<Record<string, unknown>>;
  switch (service) {
    case 'elasticloadbalancing':
      return isForeignRule(operation, given, place, testRules);
    case 'ecs':
      return isForeignService(operation, given, place, isOneOff);
    case 'application-autoscaling':
      return isForeignScaling(operation, given, place);
    case 'cloudwatch':
      return (
        operation !== 'PutMetricAlarm' || !String(given['AlarmName']).includes(place.green.service ?? '?')
      );
    default:
      return true;
  }
}

function isForeignRule(
  operation: string,
  given: Readonly<Record<string, unknown>>,
  place: Place,
  testRules: readonly string[],
): boolean {
  const isOwn = (arn: unknown): boolean => arn === place.ruleArn || place.togetherArns.includes(String(arn));
  switch (operation) {
    case 'CreateRule':
      return given['ListenerArn'] !== place.listenerArn;
    case 'ModifyRule':
      return !isOwn(given['RuleArn']) && !testRules.includes(String(given['RuleArn']));
    case 'ModifyListener':
      return !place.byDefault || given['ListenerArn'] !== place.listenerArn;
    case 'DeleteRule':
      // One that is gone already harms nobody.
      return isOwn(given['RuleArn']);
    case 'AddTags':
      return (given['ResourceArns'] as string[]).some(isOwn);
    default:
      return true;
  }
}

function isForeignService(
  operation: string,
  given: Readonly<Record<string, unknown>>,
  { blue, green }: Place,
  isOneOff: (arn: string) => boolean,
): boolean {
  switch (operation) {
    case 'CreateService':
      return given['serviceName'] !== green.service;
    case 'UpdateService':
      return ![blue.service, green.service].includes(String(given['service']));
    case 'TagResource':
      return !String(given['resourceArn']).includes(':task-definition/');
    case 'RunTask':
      return !isOneOffOrder(given);
    case 'StopTask':
      return !isOneOff(String(given['task']));
    default:
      return true;
  }
}

function isForeignScaling(
  operation: string,
  given: Readonly<Record<string, unknown>>,
  { blue, green }: Place,
): boolean {
  const { ResourceId } = given;
  switch (operation) {
    case 'RegisterScalableTarget':
    case 'PutScalingPolicy':
      return ![blue.resourceId, green.resourceId].includes(String(ResourceId));
    case 'PutScheduledAction':
      // Blue's own schedule is nobody's to write.
      return ResourceId !== green.resourceId;
    case 'TagResource':
    case 'UntagResource':
      return false;
    default:
      return true;
  }
}

/** The user's own task that probes, or the revision with the command that comes before a shift. */
function isOneOffOrder(given: Readonly<Record<string, unknown>>): boolean {
  const definition = String(given['taskDefinition']);
  const overrides = given['overrides'] as { containerOverrides?: { command?: string[] }[] } | undefined;
  const [command] = overrides?.containerOverrides?.[0]?.command ?? [];
  return (
    definition.includes(`:task-definition/${proberFamily}:`) ||
    (definition.includes(':task-definition/api:') && command === migration)
  );
}
