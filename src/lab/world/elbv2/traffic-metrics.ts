/** ELB metrics out of what really passed, and the host counts once a minute. */
import type { MetricSink } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { Part } from '../parts.ts';
import type { TrafficBatch } from '../substrate.ts';
import { type Host, HostMeasurements, TrafficMeasurements } from './measurements.ts';
import { allRules, type Elbv2State, forwardedGroups, type TargetGroup } from './model.ts';

const namespace = 'AWS/ApplicationELB';
const minuteMs = 60_000;
/** What the counts of hosts depend on. */
const countedParts: readonly Part[] = ['forwarding', 'targets'];

export class TrafficMetrics {
  readonly #kernel: Kernel;
  readonly #state: Elbv2State;
  readonly #metrics: MetricSink;
  #tick: ScheduledEvent | undefined;
  #hosts: HostMeasurements | undefined;
  /** Of the kernel, when `#hosts` were counted. */
  #hostsVersion = 0;

  constructor(state: Elbv2State, metrics: MetricSink) {
    this.#kernel = state.kernel;
    this.#state = state;
    this.#metrics = metrics;
  }

  /** Books one batch of the data plane. */
  book(batch: TrafficBatch): void {
    const shares = batch.groups.map(({ targetGroupArn, requests, requestsPerTarget }) => {
      const group = this.#state.targetGroups.get(targetGroupArn);
      if (group === undefined || requests === 0) return undefined;
      return requestsPerTarget ?? requests / Math.max(1, ableHosts(group));
    });
    this.#metrics.publish(namespace, new TrafficMeasurements(batch, shares));
  }

  /** Host counts run while a target is registered. */
  targetsChanged(): void {
    if (this.#tick !== undefined) return;
    const next = (Math.floor(this.#kernel.now / minuteMs) + 1) * minuteMs;
    // Just before the minute closes, so that the count belongs to it.
    this.#tick = this.#kernel.asideAt(next - 1, () => this.#countHosts());
  }

  #countHosts(): void {
    this.#tick = undefined;
    const { targetGroups } = this.#state;
    let any = false;
    for (const group of targetGroups.values()) any ||= group.targets.size > 0;
    if (!any) return;
    const version = this.#kernel.versionOf(countedParts);
    if (this.#hosts === undefined || version !== this.#hostsVersion) {
      this.#hosts = new HostMeasurements(hostsOf(this.#state));
      this.#hostsVersion = version;
    }
    this.#metrics.publish(namespace, this.#hosts);
    this.#tick = this.#kernel.asideAt(this.#kernel.now + minuteMs, () => this.#countHosts());
  }
}

/** The targets of the groups that listeners and rules forward to, for each of the load balancers. */
function hostsOf(state: Elbv2State): readonly Host[] {
  const seen = new Set<string>();
  const hosts: Host[] = [];
  for (const rule of allRules(state)) {
    const loadBalancerArn = state.listeners.get(rule.listenerArn)?.loadBalancerArn;
    if (loadBalancerArn === undefined) continue;
    for (const targetGroupArn of forwardedGroups(rule.actions)) {
      const key = `${loadBalancerArn} ${targetGroupArn}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const { zone, health } of state.targetGroups.get(targetGroupArn)?.targets.values() ?? [])
        hosts.push({ loadBalancerArn, targetGroupArn, zone, state: health.state });
    }
  }
  return hosts;
}

/** The targets that could take requests: without a healthy one, those that are not. */
function ableHosts(group: TargetGroup): number {
  const states = Array.from(group.targets.values(), (target) => target.health.state);
  const healthy = states.filter((state) => state === 'healthy').length;
  return healthy === 0 ? states.filter((state) => state === 'unhealthy').length : healthy;
}
