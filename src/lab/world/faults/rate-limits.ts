/**
 * API rates as token buckets: `burst` calls at once, `perSecond` in the long run, by account and region.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/api-throttling.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
import type { ServiceId } from '../service.ts';

interface Bucket {
  readonly name: string;
  readonly burst: number;
  readonly perSecond: number;
  readonly holds: (operation: string) => boolean;
}

const among =
  (...operations: readonly string[]) =>
  (operation: string) =>
    operations.includes(operation);

/** The first bucket that holds the operation counts. Operations in none are not limited. */
const buckets: Partial<Readonly<Record<ServiceId, readonly Bucket[]>>> = {
  ecs: [
    {
      name: 'service deployments',
      burst: 50,
      perSecond: 20,
      holds: (operation) => /ServiceDeployment|ServiceRevision/.test(operation),
    },
    { name: 'register task definition', burst: 20, perSecond: 1, holds: among('RegisterTaskDefinition') },
    {
      name: 'task-definition reads',
      burst: 50,
      perSecond: 20,
      holds: among('DescribeTaskDefinition', 'ListTaskDefinitions', 'ListTaskDefinitionFamilies'),
    },
    { name: 'service reads', burst: 100, perSecond: 20, holds: among('DescribeServices', 'ListServices') },
    {
      name: 'service changes',
      burst: 50,
      perSecond: 5,
      holds: among('CreateService', 'UpdateService', 'DeleteService'),
    },
    { name: 'task reads', burst: 100, perSecond: 20, holds: among('DescribeTasks', 'ListTasks') },
    {
      name: 'tags',
      burst: 20,
      perSecond: 10,
      holds: among('TagResource', 'UntagResource', 'ListTagsForResource'),
    },
  ],
  elasticloadbalancing: [
    { name: 'reads', burst: 40, perSecond: 10, holds: (operation) => operation.startsWith('Describe') },
    { name: 'changes', burst: 20, perSecond: 3, holds: (operation) => !operation.startsWith('Describe') },
  ],
  cloudwatch: [
    { name: 'GetMetricData', burst: 50, perSecond: 50, holds: among('GetMetricData') },
    { name: 'DescribeAlarms', burst: 9, perSecond: 9, holds: among('DescribeAlarms') },
  ],
};

export class RateLimits {
  readonly #levels = new Map<Bucket, { tokens: number; atMs: number }>();

  /** Takes one token. Where the bucket is empty: its name. */
  take(service: ServiceId, operation: string, nowMs: number): string | undefined {
    const bucket = buckets[service]?.find((one) => one.holds(operation));
    if (bucket === undefined) return undefined;
    const level = this.#levels.get(bucket) ?? { tokens: bucket.burst, atMs: nowMs };
    const refilled = level.tokens + ((nowMs - level.atMs) / 1000) * bucket.perSecond;
    level.tokens = Math.min(bucket.burst, refilled);
    level.atMs = nowMs;
    this.#levels.set(bucket, level);
    if (level.tokens < 1) return bucket.name;
    level.tokens -= 1;
    return undefined;
  }
}
