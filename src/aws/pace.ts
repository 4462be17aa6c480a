/**
 * One pace for all calls of a run, below AWS's published rates: many services followed at once wait for each
 * other here instead of being throttled, and other jobs of the account keep their share.
 */
import type { Clock } from '../runner/clock.ts';
import type { AwsCaller } from './caller.ts';
import type { AwsInput, AwsOperation, AwsOutput } from './operations.ts';

export interface Rate {
  readonly name: string;
  /** Calls that may be made at once after a rest. */
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * AWS's rates for one account and region.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html
 */
const rates = {
  'ecs service reads': { burst: 100, perSecond: 20 },
  'ecs service changes': { burst: 50, perSecond: 5 },
  'ecs task reads': { burst: 100, perSecond: 20 },
  'ecs service deployments': { burst: 50, perSecond: 20 },
  'ecs task definition reads': { burst: 50, perSecond: 20 },
  'ecs registrations': { burst: 20, perSecond: 1 },
  'ecs tags': { burst: 20, perSecond: 10 },
  'load balancer reads': { burst: 40, perSecond: 10 },
  alarms: { burst: 9, perSecond: 9 },
} as const satisfies Readonly<Record<string, Omit<Rate, 'name'>>>;

/** What one run takes of a rate at most. */
const share = 0.5;

const classes: Partial<Record<AwsOperation, keyof typeof rates>> = {
  'ecs:DescribeServices': 'ecs service reads',
  'ecs:ListServices': 'ecs service reads',
  'ecs:UpdateService': 'ecs service changes',
  'ecs:DescribeTasks': 'ecs task reads',
  'ecs:ListTasks': 'ecs task reads',
  'ecs:GetTaskProtection': 'ecs task reads',
  'ecs:DescribeServiceDeployments': 'ecs service deployments',
  'ecs:DescribeServiceRevisions': 'ecs service deployments',
  'ecs:ListServiceDeployments': 'ecs service deployments',
  'ecs:StopServiceDeployment': 'ecs service deployments',
  'ecs:DescribeTaskDefinition': 'ecs task definition reads',
  'ecs:RegisterTaskDefinition': 'ecs registrations',
  'elasticloadbalancing:DescribeTargetGroups': 'load balancer reads',
  'elasticloadbalancing:DescribeTargetGroupAttributes': 'load balancer reads',
  'elasticloadbalancing:DescribeTargetHealth': 'load balancer reads',
  'cloudwatch:DescribeAlarms': 'alarms',
};

/** The pace an operation is held to; undefined: it is called too seldom to need one. Pure. */
export function rateOf(operation: AwsOperation): Rate | undefined {
  const name = classes[operation];
  if (name === undefined) return undefined;
  const { burst, perSecond } = rates[name];
  return { name, burst: burst * share, perSecond: perSecond * share };
}

/**
 * When the next call of a rate may go, by the generic cell rate algorithm. Pure. `fullAt` is the time at
 * which a whole burst would be free again, epoch milliseconds.
 */
export function nextCall(
  rate: Rate,
  fullAt: number,
  now: number,
): { readonly waitMs: number; readonly fullAt: number } {
  const everyMs = 1000 / rate.perSecond;
  const next = Math.max(fullAt, now) + everyMs;
  return { waitMs: Math.max(0, next - rate.burst * everyMs - now), fullAt: next };
}

/** A job that was cancelled has seconds left: its calls wait no longer. */
export function withPace(
  caller: AwsCaller,
  ports: { readonly clock: Clock; readonly cancelled: AbortSignal },
): AwsCaller {
  const fullAt = new Map<string, number>();
  return {
    async call<K extends AwsOperation>(
      operation: K,
      input: AwsInput<K>,
      signal?: AbortSignal,
    ): Promise<AwsOutput<K>> {
      const rate = rateOf(operation);
      if (rate !== undefined && !ports.cancelled.aborted) {
        const next = nextCall(rate, fullAt.get(rate.name) ?? 0, ports.clock.now());
        fullAt.set(rate.name, next.fullAt);
        if (next.waitMs > 0) await ports.clock.sleep(next.waitMs, ports.cancelled);
      }
      return caller.call(operation, input, signal);
    },
  };
}
