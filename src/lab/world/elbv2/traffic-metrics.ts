/** ELB metrics out of what really passed, and the host counts once a minute. */
import type { MetricSink } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { TargetGroupTraffic, TrafficBatch } from '../substrate.ts';
import { loadBalancersOf } from './actions.ts';
import type { Elbv2State, TargetGroup } from './model.ts';

const namespace = 'AWS/ApplicationELB';
const minuteMs = 60_000;

type Dimensions = Readonly<Record<string, string>>;

/** The combinations of dimensions under which one group's traffic in one zone is counted. */
interface Scopes {
  readonly balancer: readonly Dimensions[];
  readonly everywhere: readonly Dimensions[];
  readonly beyondBalancer: readonly Dimensions[];
  readonly perTarget: readonly Dimensions[];
  readonly both: Dimensions;
  readonly inZone: Dimensions;
}

/** `app/name/id` and `targetgroup/name/id`: how CloudWatch names them. */
export function loadBalancerDimension(arn: string): string {
  return arn.slice(arn.indexOf(':loadbalancer/') + ':loadbalancer/'.length);
}

export function targetGroupDimension(arn: string): string {
  return arn.slice(arn.indexOf(':targetgroup/') + 1);
}

export class TrafficMetrics {
  readonly #kernel: Kernel;
  readonly #state: Elbv2State;
  readonly #metrics: MetricSink;
  readonly #known = new Map<string, Scopes>();
  readonly #dimensions = new Map<string, Dimensions>();
  #tick: ScheduledEvent | undefined;

  constructor(state: Elbv2State, metrics: MetricSink) {
    this.#kernel = state.kernel;
    this.#state = state;
    this.#metrics = metrics;
  }

  /** Books one batch of the data plane. */
  book(batch: TrafficBatch): void {
    const { balancer } = this.#scopes(batch.loadBalancerArn, '', '');
    // What never reached a target counts for the load balancer alone: it cannot be blamed on a group.
    this.#elbCodes(balancer, batch.elbCodes);
    this.#count('NewConnectionCount', balancer, batch.newConnections);
    this.#count('RejectedConnectionCount', balancer, batch.rejectedConnections);
    let requests = 0;
    for (const group of batch.groups) {
      this.#group(batch.loadBalancerArn, group);
      requests += group.requests;
    }
    this.#count('RequestCount', balancer, requests);
  }

  /** Host counts run while a target is registered. */
  targetsChanged(): void {
    if (this.#tick !== undefined) return;
    const next = (Math.floor(this.#kernel.now / minuteMs) + 1) * minuteMs;
    // Just before the minute closes, so that the count belongs to it.
    this.#tick = this.#kernel.asideAt(next - 1, () => this.#hostCounts());
  }

  /** The same frozen objects each time: CloudWatch finds a series by them without building its key. */
  #scopes(loadBalancerArn: string, targetGroupArn: string, zone: string): Scopes {
    const key = `${loadBalancerArn} ${targetGroupArn} ${zone}`;
    let scopes = this.#known.get(key);
    if (scopes === undefined) {
      const balancer = { LoadBalancer: loadBalancerDimension(loadBalancerArn) };
      const group = { TargetGroup: targetGroupDimension(targetGroupArn) };
      const zoned = { AvailabilityZone: zone };
      const loadBalancer = this.#same(balancer);
      const balancerInZone = this.#same({ ...balancer, ...zoned });
      const both = this.#same({ ...balancer, ...group });
      const inZone = this.#same({ ...balancer, ...group, ...zoned });
      scopes = {
        balancer: Object.freeze([loadBalancer]),
        everywhere: Object.freeze([loadBalancer, balancerInZone, both, inZone]),
        beyondBalancer: Object.freeze([balancerInZone, both, inZone]),
        perTarget: Object.freeze([this.#same(group), both]),
        both,
        inZone,
      };
      this.#known.set(key, scopes);
    }
    return scopes;
  }

  #same(dimensions: Dimensions): Dimensions {
    const key = JSON.stringify(dimensions);
    const known = this.#dimensions.get(key) ?? Object.freeze(dimensions);
    this.#dimensions.set(key, known);
    return known;
  }

  #elbCodes(balancer: readonly Dimensions[], codes: Readonly<Record<number, number>>): void {
    const families = new Map<string, number>();
    for (const [text, count] of Object.entries(codes)) {
      const code = Number(text);
      const family = `HTTPCode_ELB_${Math.floor(code / 100)}XX_Count`;
      families.set(family, (families.get(family) ?? 0) + count);
      if ([500, 502, 503, 504].includes(code)) this.#count(`HTTPCode_ELB_${code}_Count`, balancer, count);
    }
    for (const [metric, count] of families) {
      if (/_[345]XX_/.test(metric)) this.#count(metric, balancer, count);
    }
  }

  #group(loadBalancerArn: string, traffic: TargetGroupTraffic): void {
    const scopes = this.#scopes(loadBalancerArn, traffic.targetGroupArn, traffic.zone);
    const { everywhere } = scopes;
    this.#count('RequestCount', scopes.beyondBalancer, traffic.requests);
    const families = new Map<string, number>();
    for (const [code, count] of Object.entries(traffic.targetCodes)) {
      const metric = `HTTPCode_Target_${Math.floor(Number(code) / 100)}XX_Count`;
      families.set(metric, (families.get(metric) ?? 0) + count);
    }
    for (const [metric, count] of families) this.#count(metric, everywhere, count);
    this.#count('TargetConnectionErrorCount', everywhere, traffic.connectionErrors);
    this.#responseTimes(everywhere, traffic.responseTimesSeconds, traffic.responseTimeCounts);
    this.#perTarget(scopes.perTarget, traffic);
  }

  /** Equal times are handed over once with their count: there are four combinations of dimensions. */
  #responseTimes(
    everywhere: readonly Dimensions[],
    seconds: readonly number[],
    given: ArrayLike<number> | undefined,
  ): void {
    if (seconds.length === 0) return;
    let values = seconds;
    let times = given;
    if (times === undefined) {
      const counts = new Map<number, number>();
      for (const time of seconds) counts.set(time, (counts.get(time) ?? 0) + 1);
      values = [...counts.keys()];
      times = [...counts.values()];
    }
    this.#metrics.putEverywhere(namespace, 'TargetResponseTime', everywhere, 'Seconds', values, times);
  }

  /** Only its Sum means anything: requests over the targets that could take them. */
  #perTarget(scopes: readonly Dimensions[], traffic: TargetGroupTraffic): void {
    const targets = this.#state.targetGroups.get(traffic.targetGroupArn);
    if (targets === undefined || traffic.requests === 0) return;
    const share = traffic.requestsPerTarget ?? traffic.requests / Math.max(1, ableHosts(targets));
    this.#metrics.putEverywhere(namespace, 'RequestCountPerTarget', scopes, 'Count', [share]);
  }

  /** One sample of 1 a request, as AWS: Sum counts, Minimum, Maximum and Average are 1. Nothing for zero. */
  #count(metric: string, all: readonly Dimensions[], count: number): void {
    if (count > 0) this.#metrics.putEverywhere(namespace, metric, all, 'Count', [1], [count]);
  }

  #hostCounts(): void {
    this.#tick = undefined;
    let any = false;
    for (const group of this.#state.targetGroups.values()) {
      if (group.targets.size === 0) continue;
      any = true;
      for (const arn of loadBalancersOf(this.#state, group.arn)) this.#groupHosts(arn, group);
    }
    if (any) this.#tick = this.#kernel.asideAt(this.#kernel.now + minuteMs, () => this.#hostCounts());
  }

  #groupHosts(loadBalancerArn: string, group: TargetGroup): void {
    const zones = new Set([...group.targets.values()].map((target) => target.zone));
    this.#hosts(this.#scopes(loadBalancerArn, group.arn, '').both, hosts(group));
    for (const zone of zones) {
      this.#hosts(this.#scopes(loadBalancerArn, group.arn, zone).inZone, hosts(group, zone));
    }
  }

  #hosts(dimensions: Dimensions, counts: { readonly healthy: number; readonly unhealthy: number }): void {
    this.#metrics.putSamples(namespace, 'HealthyHostCount', dimensions, 'Count', [counts.healthy]);
    this.#metrics.putSamples(namespace, 'UnHealthyHostCount', dimensions, 'Count', [counts.unhealthy]);
  }
}

/** The targets that could take requests: without a healthy one, those that are not. */
function ableHosts(group: TargetGroup): number {
  const { healthy, unhealthy } = hosts(group);
  return healthy === 0 ? unhealthy : healthy;
}

/** Initial and draining targets are in neither count. */
function hosts(group: TargetGroup, zone?: string): { healthy: number; unhealthy: number } {
  let healthy = 0;
  let unhealthy = 0;
  for (const target of group.targets.values()) {
    if (zone !== undefined && target.zone !== zone) continue;
    if (target.health.state === 'healthy') healthy += 1;
    else if (target.health.state === 'unhealthy') unhealthy += 1;
  }
  return { healthy, unhealthy };
}
