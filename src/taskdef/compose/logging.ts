/** `logging` as Fargate has it: awslogs, splunk or awsfirelens. Pure. */
import { isObject, type JsonObject } from '../json.ts';
import type { ServiceReader } from './service-reader.ts';

/** Drivers that keep logs on the machine, which Fargate has none of. */
const local = new Set(['json-file', 'local', 'journald', 'none']);

/** Logs go to the group `/ecs/FAMILY` unless the file says where. */
export function logConfigurationOf(reader: ServiceReader, group: string, region: string): JsonObject {
  const logging = reader.get('logging');
  const given = isObject(logging) ? logging : {};
  const driver = typeof given['driver'] === 'string' ? given['driver'] : undefined;
  const options = isObject(given['options']) ? given['options'] : {};
  const texts = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, value === null ? '' : String(value)]),
  );
  const awslogs = { 'awslogs-group': group, 'awslogs-region': region, 'awslogs-stream-prefix': reader.name };
  if (driver === 'awslogs') return { logDriver: driver, options: { ...awslogs, ...texts } };
  if (driver === 'splunk' || driver === 'awsfirelens') return { logDriver: driver, options: texts };
  if (driver !== undefined && !local.has(driver)) {
    reader.refuse(
      'logging',
      `Fargate logs with awslogs, splunk or awsfirelens: take ${driver} out to log to CloudWatch, or send the logs on with a Fluent Bit sidecar and awsfirelens`,
      'driver',
    );
  } else if (driver !== undefined) {
    reader.notice(
      'logging',
      `${driver} keeps logs on the machine: they go to CloudWatch, group ${group}`,
      'driver',
    );
  }
  return { logDriver: 'awslogs', options: awslogs };
}
