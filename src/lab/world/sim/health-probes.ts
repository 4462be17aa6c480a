/**
 * The load balancer's health checks in virtual time. A check whose answer cannot change the target's state
 * is left out; the next one comes at its proper time once something changed.
 */
import type { HealthCheckRoute, RoutingReader, TargetGroupRoute, TargetRoute } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { Fact, ProbeResult } from '../substrate.ts';
import type { ProbedApp } from './app-model.ts';

interface Probe {
  readonly targetGroupArn: string;
  readonly id: string;
  readonly port: number;
  /** Checks come at this time plus multiples of the interval. */
  readonly firstAt: number;
  next: ScheduledEvent | undefined;
}

interface Probed {
  /** As it was last reviewed; undefined where it has to be again. */
  route: TargetGroupRoute | undefined;
  probes: readonly Probe[];
}

export class HealthProbes {
  readonly #kernel: Kernel;
  readonly #routing: RoutingReader;
  readonly #appOf: (target: TargetRoute) => ProbedApp | undefined;
  readonly #report: (fact: Fact) => void;
  /** By target group's ARN. */
  readonly #groups = new Map<string, Probed>();
  #reviewDue = false;

  constructor(
    kernel: Kernel,
    routing: RoutingReader,
    appOf: (target: TargetRoute) => ProbedApp | undefined,
    report: (fact: Fact) => void,
  ) {
    this.#kernel = kernel;
    this.#routing = routing;
    this.#appOf = appOf;
    this.#report = report;
  }

  /** Something may be different: what an application would answer. */
  appsChanged(): void {
    for (const probed of this.#groups.values()) probed.route = undefined;
    this.review();
  }

  /** Groups or their targets may be different. */
  review(): void {
    if (this.#reviewDue) return;
    this.#reviewDue = true;
    this.#kernel.asideAt(this.#kernel.now, () => {
      this.#reviewDue = false;
      this.#reviewNow();
    });
  }

  #reviewNow(): void {
    const groups = this.#routing.targetGroups();
    for (const group of groups) {
      let probed = this.#groups.get(group.targetGroupArn);
      if (probed === undefined) {
        probed = { route: undefined, probes: [] };
        this.#groups.set(group.targetGroupArn, probed);
      }
      if (probed.route !== group) this.#reviewGroup(probed, group);
    }
    if (this.#groups.size === groups.length) return;
    const there = new Set(groups.map((group) => group.targetGroupArn));
    for (const [arn, { probes }] of this.#groups) {
      if (there.has(arn)) continue;
      for (const probe of probes) this.#kernel.cancel(probe.next);
      this.#groups.delete(arn);
    }
  }

  #reviewGroup(probed: Probed, group: TargetGroupRoute): void {
    const { probes } = probed;
    const now: Probe[] = [];
    for (const target of group.targets) {
      if (target.state === 'unused' || target.state === 'draining') continue;
      const probe = probeOf(probes, target) ?? this.#begin(group, target);
      now.push(probe);
      if (probe.next === undefined && !this.#settled(group, target)) this.#schedule(probe, group);
    }
    for (const probe of probes) if (!now.includes(probe)) this.#kernel.cancel(probe.next);
    probed.route = group;
    probed.probes = now;
  }

  #begin(group: TargetGroupRoute, target: TargetRoute): Probe {
    const spreadMs = Math.min(group.healthCheck.intervalMs, 10_000);
    return {
      targetGroupArn: group.targetGroupArn,
      id: target.id,
      port: target.port,
      firstAt: this.#kernel.now + this.#kernel.rng('sim.probe').int(1_000, spreadMs),
      next: undefined,
    };
  }

  /** A further check of the same outcome would change nothing. */
  #settled(group: TargetGroupRoute, target: TargetRoute): boolean {
    const result = probeResult(group.healthCheck, this.#appOf(target));
    return target.state === (result.ok ? 'healthy' : 'unhealthy');
  }

  #schedule(probe: Probe, group: TargetGroupRoute): void {
    const { intervalMs } = group.healthCheck;
    const rounds = Math.max(0, Math.floor((this.#kernel.now - probe.firstAt) / intervalMs) + 1);
    probe.next = this.#kernel.asideAt(probe.firstAt + rounds * intervalMs, () => this.#check(probe));
  }

  #check(probe: Probe): void {
    probe.next = undefined;
    const group = this.#routing.targetGroups().find((route) => route.targetGroupArn === probe.targetGroupArn);
    const target = group?.targets.find((route) => isOf(probe, route));
    if (group === undefined || target === undefined) return;
    const result = probeResult(group.healthCheck, this.#appOf(target));
    this.#report({
      kind: 'target-probe',
      targetGroupArn: probe.targetGroupArn,
      targetId: probe.id,
      port: probe.port,
      result,
    });
    // Not settled yet: another one comes.
    const probed = this.#groups.get(probe.targetGroupArn);
    if (probed !== undefined) probed.route = undefined;
    this.review();
  }
}

function probeOf(probes: readonly Probe[], target: TargetRoute): Probe | undefined {
  for (const probe of probes) if (isOf(probe, target)) return probe;
  return undefined;
}

function isOf(probe: Probe, target: TargetRoute): boolean {
  return probe.id === target.id && probe.port === target.port;
}

function probeResult(check: HealthCheckRoute, app: ProbedApp | undefined): ProbeResult {
  if (app === undefined || !app.listening) return { ok: false, reason: 'connection' };
  if (app.model.healthHangs) return { ok: false, reason: 'timeout' };
  const code = app.model.healthCode;
  return codeMatches(check.matcher, code) ? { ok: true } : { ok: false, reason: 'code', code };
}

/** First and last code of each part. */
const matchers = new Map<string, readonly (readonly [number, number])[]>();

/** `200`, `200-299`, `200,202`. */
function codeMatches(matcher: string, code: number): boolean {
  let ranges = matchers.get(matcher);
  if (ranges === undefined) {
    ranges = matcher.split(',').map((part) => {
      const [low, high] = part.split('-').map(Number) as [number, number?];
      return [low, high ?? low];
    });
    if (matchers.size > 1000) matchers.clear();
    matchers.set(matcher, ranges);
  }
  return ranges.some(([low, high]) => code >= low && code <= high);
}
