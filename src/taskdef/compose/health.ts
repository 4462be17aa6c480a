/** `healthcheck` as ECS takes it. Pure. */
import { isObject, type JsonObject } from '../json.ts';
import type { ServiceReader } from './service-reader.ts';
import { secondsOf } from './units.ts';

/** Compose's name, ECS's name, and its range. @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
const timings = [
  ['interval', 'interval', 5, 300],
  ['timeout', 'timeout', 2, 60],
  ['retries', 'retries', 1, 10],
  ['start_period', 'startPeriod', 0, 300],
] as const;

/** Undefined where there is none: ECS does not run the check of an image. */
export function healthCheckOf(reader: ServiceReader): JsonObject | undefined {
  const check = reader.get('healthcheck');
  if (!isObject(check)) return undefined;
  const { test } = check;
  const isOff = check['disable'] === true || (Array.isArray(test) && test[0] === 'NONE');
  if (isOff) return undefined;
  if (test === undefined || test === null) {
    reader.notice(
      'healthcheck',
      'without a test it means the check of the image, which ECS does not run: left out',
    );
    return undefined;
  }
  const command = Array.isArray(test) ? test.map(String) : ['CMD-SHELL', String(test)];
  if (command[0] !== 'CMD' && command[0] !== 'CMD-SHELL') {
    reader.refuse('healthcheck', 'a test that is a list begins with CMD or CMD-SHELL', 'test');
  }
  const result: JsonObject = { command };
  for (const [name, field, low, high] of timings) {
    const given = check[name];
    if (given === undefined || given === null) continue;
    const value = name === 'retries' ? Number(given) : secondsOf(given);
    if (value === undefined || Number.isNaN(value)) {
      reader.refuse(
        'healthcheck',
        `${JSON.stringify(given)} is no ${name === 'retries' ? 'number' : 'duration'}`,
        name,
      );
      continue;
    }
    // Zero means the default, in Compose.
    if (value === 0 && name !== 'start_period') continue;
    const whole = Math.ceil(value);
    const taken = Math.min(high, Math.max(low, whole));
    if (taken !== value) {
      reader.notice(
        'healthcheck',
        `ECS takes whole numbers from ${low} to ${high}: ${JSON.stringify(given)} becomes ${taken}`,
        name,
      );
    }
    result[field] = taken;
  }
  // Compose waits 30 s where nothing is said, ECS 5 s.
  if (result['timeout'] === undefined) result['timeout'] = 30;
  if (check['start_interval'] !== undefined) {
    reader.notice('healthcheck', 'ECS checks at one interval, also at the start', 'start_interval');
  }
  return result;
}
