/** ELB metrics out of what really passed, and the host counts once a minute. */
import type { MetricSink } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { TargetGroupTraffic, TrafficBatch } from '../substrate.ts';
import { type BalancerScopes, type Dimensions, metricScopes } from './metric-scopes.ts';
import { allRules, type Elbv2State, forwardedGroups, type TargetGroup } from './model.ts';

const namespace = 'AWS/ApplicationELB';
const minuteMs = 60_000;

export class TrafficMetrics {
  readonly #kernel: Kernel;
  readonly #state: Elbv2State;
  readonly #metrics: MetricSink;
  readonly #scopesOf = metricScopes();
  #tick: ScheduledEvent | undefined;

  constructor(state: Elbv2State, metrics: MetricSink) {
    this.#kernel = state.kernel;
    this.#state = state;
    this.#metrics = metrics;
  }

  /** Books one batch of the data plane. */
  book(batch: TrafficBatch): void {
    const scopes = this.#scopesOf(batch.loadBalancerArn);
    const { balancer } = scopes;
    // What never reached a target counts for the load balancer alone: it cannot be blamed on a group.
    this.#elbCodes(balancer, batch.elbCodes);
    this.#count('NewConnectionCount', balancer, batch.newConnections);
    this.#count('RejectedConnectionCount', balancer, batch.rejectedConnections);
    let requests = 0;
    for (const group of batch.groups) {
      this.#group(scopes, group);
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

  #elbCodes(balancer: readonly Dimensions[], codes: Readonly<Record<number, number>>): void {
    for (const text in codes) {
      const code = Number(text);
      if ([500, 502, 503, 504].includes(code))
        this.#count(`HTTPCode_ELB_${code}_Count`, balancer, codes[code]!);
    }
    const families = countsOf(codes);
    for (let family = 3; family <= 5; family++)
      this.#count(elbFamilies[family]!, balancer, families[family]!);
  }

  #group(scopes: BalancerScopes, traffic: TargetGroupTraffic): void {
    const group = scopes.group(traffic.targetGroupArn);
    const { everywhere, beyondBalancer } = group.zone(traffic.zone);
    this.#count('RequestCount', beyondBalancer, traffic.requests);
    const families = countsOf(traffic.targetCodes);
    for (let family = 1; family <= 5; family++)
      this.#count(targetFamilies[family]!, everywhere, families[family]!);
    this.#count('TargetConnectionErrorCount', everywhere, traffic.connectionErrors);
    this.#responseTimes(everywhere, traffic.responseTimesSeconds, traffic.responseTimeCounts);
    this.#perTarget(group.perTarget, traffic);
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
    const { targetGroups } = this.#state;
    let any = false;
    for (const group of targetGroups.values()) any ||= group.targets.size > 0;
    if (!any) return;
    for (const [arn, groups] of groupsByBalancer(this.#state)) {
      const scopes = this.#scopesOf(arn);
      for (const groupArn of groups) {
        const group = targetGroups.get(groupArn);
        if (group !== undefined && group.targets.size > 0) this.#groupHosts(scopes, group);
      }
    }
    this.#tick = this.#kernel.asideAt(this.#kernel.now + minuteMs, () => this.#hostCounts());
  }

  #groupHosts(scopes: BalancerScopes, group: TargetGroup): void {
    const all = { healthy: 0, unhealthy: 0 };
    const byZone = new Map<string, Hosts>();
    for (const { zone, health } of group.targets.values()) {
      let inZone = byZone.get(zone);
      if (inZone === undefined) {
        inZone = { healthy: 0, unhealthy: 0 };
        byZone.set(zone, inZone);
      }
      countHost(all, health.state);
      countHost(inZone, health.state);
    }
    const groupScopes = scopes.group(group.arn);
    this.#hosts(groupScopes.both, all);
    for (const [zone, counts] of byZone) this.#hosts(groupScopes.zone(zone).inZone, counts);
  }

  #hosts(dimensions: Dimensions, counts: Readonly<Hosts>): void {
    this.#metrics.putSamples(namespace, 'HealthyHostCount', dimensions, 'Count', [counts.healthy]);
    this.#metrics.putSamples(namespace, 'UnHealthyHostCount', dimensions, 'Count', [counts.unhealthy]);
  }
}

/** Load balancers, and the groups their listeners and rules forward to. */
function groupsByBalancer(state: Elbv2State): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const rule of allRules(state)) {
    const balancer = state.listeners.get(rule.listenerArn)?.loadBalancerArn;
    if (balancer === undefined) continue;
    const groups = found.get(balancer) ?? new Set();
    found.set(balancer, groups);
    for (const arn of forwardedGroups(rule.actions)) groups.add(arn);
  }
  return found;
}

/** By the first digit of the code. */
const elbFamilies = [0, 1, 2, 3, 4, 5].map((family) => `HTTPCode_ELB_${family}XX_Count`);
const targetFamilies = [0, 1, 2, 3, 4, 5].map((family) => `HTTPCode_Target_${family}XX_Count`);

/** Answers by the first digit of their code. */
function countsOf(codes: Readonly<Record<number, number>>): readonly number[] {
  const counts = [0, 0, 0, 0, 0, 0];
  for (const code in codes) {
    const family = Math.floor(Number(code) / 100);
    if (family < counts.length) counts[family]! += codes[code]!;
  }
  return counts;
}

interface Hosts {
  healthy: number;
  unhealthy: number;
}

/** Initial and draining targets are in neither count. */
function countHost(counts: Hosts, state: string): void {
  if (state === 'healthy') counts.healthy += 1;
  else if (state === 'unhealthy') counts.unhealthy += 1;
}

/** The targets that could take requests: without a healthy one, those that are not. */
function ableHosts(group: TargetGroup): number {
  const counts: Hosts = { healthy: 0, unhealthy: 0 };
  for (const { health } of group.targets.values()) countHost(counts, health.state);
  return counts.healthy === 0 ? counts.unhealthy : counts.healthy;
}
