/**
 * Target tracking: two CloudWatch alarms per policy say that the metric is off its target; while one is on,
 * each minute may change the desired count.
 */
import type { TargetTrackingScalingPolicyConfiguration } from '@aws-sdk/client-application-auto-scaling';
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { ServiceScaler } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import { nothing } from '../parts.ts';
import { type TrackedMetric, trackedMetric } from './metrics.ts';
import type { ScalableTarget, ScalingPolicy } from './model.ts';

const minuteMs = 60_000;
/** Datapoints of one minute: three above for out, fifteen below for in (what AWS's own alarms use). */
const outPeriods = 3;
const inPeriods = 15;
/** The low alarm stands this share below the target, so that out and in do not chase each other. */
const inMargin = 0.9;
const defaultCooldownSeconds = 300;

/** CloudWatch as target tracking uses it. */
export interface TrackingCloudWatch {
  putAlarm(input: PutMetricAlarmInput): void;
  deleteAlarm(name: string): void;
  alarmState(name: string): string | undefined;
  onAlarmState(listener: (change: { readonly name: string; readonly to: string }) => void): void;
  datapoints(
    namespace: string,
    metric: string,
    dimensions: Readonly<Record<string, string>>,
    statistic: string,
    periodSeconds: number,
    from: number,
    to: number,
  ): readonly { readonly at: number; readonly value: number }[];
}

export interface TrackingDeps {
  readonly kernel: Kernel;
  readonly services: ServiceScaler;
  readonly cloudwatch: TrackingCloudWatch;
  /** True while ECS deploys the service: it does not scale in then. */
  readonly isDeploying: (resourceId: string) => boolean;
  readonly target: (resourceId: string) => ScalableTarget | undefined;
  readonly scale: (target: ScalableTarget, count: number, cause: string) => void;
}

interface Tracked {
  readonly policy: ScalingPolicy;
  readonly config: TargetTrackingScalingPolicyConfiguration;
  readonly metric: TrackedMetric;
  lastOutAt: number;
  lastInAt: number;
  tick: ScheduledEvent | undefined;
}

export class TargetTracking {
  readonly #deps: TrackingDeps;
  readonly #tracked = new Map<string, Tracked>();
  readonly #byAlarm = new Map<string, Tracked>();

  constructor(deps: TrackingDeps) {
    this.#deps = deps;
    deps.cloudwatch.onAlarmState((change) => {
      const tracked = this.#byAlarm.get(change.name);
      if (tracked !== undefined && change.to === 'ALARM') this.#act(tracked);
    });
  }

  put(policy: ScalingPolicy, config: TargetTrackingScalingPolicyConfiguration): void {
    const metric = trackedMetric(policy.resourceId, config);
    this.remove(policy.arn);
    const tracked: Tracked = {
      policy,
      config,
      metric,
      lastOutAt: Number.NEGATIVE_INFINITY,
      lastInAt: Number.NEGATIVE_INFINITY,
      tick: undefined,
    };
    this.#tracked.set(policy.arn, tracked);
    const [high, low] = policy.alarms;
    this.#putAlarm(tracked, high!, 'GreaterThanThreshold', config.TargetValue!, outPeriods);
    if (low !== undefined) {
      this.#putAlarm(tracked, low, 'LessThanThreshold', config.TargetValue! * inMargin, inPeriods);
    }
  }

  remove(policyArn: string): void {
    const tracked = this.#tracked.get(policyArn);
    if (tracked === undefined) return;
    this.#deps.kernel.cancel(tracked.tick);
    this.#tracked.delete(policyArn);
    for (const name of tracked.policy.alarms) {
      this.#byAlarm.delete(name);
      this.#deps.cloudwatch.deleteAlarm(name);
    }
  }

  #putAlarm(
    tracked: Tracked,
    name: string,
    comparison: 'GreaterThanThreshold' | 'LessThanThreshold',
    threshold: number,
    periods: number,
  ): void {
    const { metric } = tracked;
    this.#byAlarm.set(name, tracked);
    this.#deps.cloudwatch.putAlarm({
      AlarmName: name,
      AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${tracked.policy.arn}.`,
      AlarmActions: [tracked.policy.arn],
      Namespace: metric.namespace,
      MetricName: metric.metric,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      Period: 60,
      EvaluationPeriods: periods,
      ComparisonOperator: comparison,
      Threshold: threshold,
      ...(/^p/.test(metric.statistic)
        ? { ExtendedStatistic: metric.statistic }
        : { Statistic: metric.statistic as 'Sum' }),
      ...(metric.unit === undefined ? {} : { Unit: metric.unit as 'Count' }),
    });
  }

  /** Now, and again each minute while one of the policy's alarms is on. */
  #act(tracked: Tracked): void {
    const { kernel, cloudwatch } = this.#deps;
    kernel.cancel(tracked.tick);
    tracked.tick = undefined;
    const [high, low] = tracked.policy.alarms;
    const out = cloudwatch.alarmState(high!) === 'ALARM';
    const down = low !== undefined && cloudwatch.alarmState(low) === 'ALARM';
    if (!out && !down) return;
    if (out) this.#scaleOut(tracked, high!);
    else this.#scaleIn(tracked, low!);
    tracked.tick = kernel.after(minuteMs, () => this.#act(tracked), nothing);
  }

  #scaleOut(tracked: Tracked, alarm: string): void {
    const target = this.#deps.target(tracked.policy.resourceId);
    if (target === undefined || target.suspended.DynamicScalingOutSuspended) return;
    const wanted = this.#wanted(tracked);
    const current = this.#deps.services.desiredCount(target.resourceId);
    if (wanted === undefined || current === undefined) return;
    const cooldownMs = (tracked.config.ScaleOutCooldown ?? defaultCooldownSeconds) * 1000;
    if (this.#deps.kernel.now - tracked.lastOutAt < cooldownMs) return;
    const count = Math.min(target.maxCapacity, wanted);
    if (count <= current) return;
    tracked.lastOutAt = this.#deps.kernel.now;
    this.#deps.scale(
      target,
      count,
      `monitor alarm ${alarm} in state ALARM triggered policy ${tracked.policy.name}`,
    );
  }

  /** A policy takes capacity away only when no other policy of the target wants it kept. */
  #scaleIn(tracked: Tracked, alarm: string): void {
    const { kernel, services, isDeploying } = this.#deps;
    const target = this.#deps.target(tracked.policy.resourceId);
    if (target === undefined || target.suspended.DynamicScalingInSuspended || isDeploying(target.resourceId))
      return;
    const current = services.desiredCount(target.resourceId);
    const wishes = [...this.#tracked.values()]
      .filter((other) => other.policy.resourceId === target.resourceId)
      .map((other) => this.#wanted(other));
    if (current === undefined || wishes.some((wish) => wish === undefined)) return;
    const cooldownMs = (tracked.config.ScaleInCooldown ?? defaultCooldownSeconds) * 1000;
    if (kernel.now - Math.max(tracked.lastInAt, tracked.lastOutAt) < cooldownMs) return;
    const count = Math.max(target.minCapacity, ...(wishes as number[]));
    if (count >= current) return;
    tracked.lastInAt = kernel.now;
    this.#deps.scale(
      target,
      count,
      `monitor alarm ${alarm} in state ALARM triggered policy ${tracked.policy.name}`,
    );
  }

  /** Capacity in proportion to the metric, rounded up; undefined without data. */
  #wanted(tracked: Tracked): number | undefined {
    const { kernel, services, cloudwatch } = this.#deps;
    const { namespace, metric, dimensions, statistic } = tracked.metric;
    const to = Math.floor(kernel.now / minuteMs) * minuteMs;
    const points = cloudwatch.datapoints(namespace, metric, dimensions, statistic, 60, to - 5 * minuteMs, to);
    const latest = points.at(-1);
    const desired = services.desiredCount(tracked.policy.resourceId);
    if (latest === undefined || desired === undefined) return undefined;
    const running = services.runningCount(tracked.policy.resourceId) ?? desired;
    return Math.ceil(Math.max(1, running) * (latest.value / tracked.config.TargetValue!) - 1e-9);
  }
}
