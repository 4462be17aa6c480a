/**
 * The load balancer's health checks in virtual time. A check whose answer cannot change the target's state
 * is left out; the next one comes at its proper time once something changed.
 */
import type { HealthCheckRoute, RoutingReader, TargetGroupRoute, TargetRoute } from '../contracts.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { Fact, ProbeResult } from '../substrate.ts';
import type { AppModel } from './app-model.ts';

export interface ProbedApp {
  readonly model: AppModel;
  readonly listening: boolean;
}

interface Probe {
  readonly targetGroupArn: string;
  readonly id: string;
  readonly port: number;
  /** Checks come at this time plus multiples of the interval. */
  readonly firstAt: number;
  next: ScheduledEvent | undefined;
  /** The last review that found its target. */
  seenIn: number;
}

export class HealthProbes {
  readonly #kernel: Kernel;
  readonly #routing: RoutingReader;
  readonly #appOf: (target: TargetRoute) => ProbedApp | undefined;
  readonly #report: (fact: Fact) => void;
  readonly #probes = new Map<string, Probe>();
  #reviewDue = false;
  #reviews = 0;

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

  /** Something may be different: routing, targets, or what an application would answer. */
  review(): void {
    if (this.#reviewDue) return;
    this.#reviewDue = true;
    this.#kernel.asideAt(this.#kernel.now, () => {
      this.#reviewDue = false;
      this.#reviewNow();
    });
  }

  #reviewNow(): void {
    const review = ++this.#reviews;
    for (const group of this.#routing.targetGroups()) {
      for (const target of group.targets) {
        if (target.state === 'unused' || target.state === 'draining') continue;
        const key = `${group.targetGroupArn} ${target.id}:${target.port}`;
        const probe = this.#probes.get(key) ?? this.#begin(key, group, target);
        probe.seenIn = review;
        if (probe.next === undefined && !this.#settled(group, target)) this.#schedule(probe, group);
      }
    }
    for (const [key, probe] of this.#probes) {
      if (probe.seenIn === review) continue;
      this.#kernel.cancel(probe.next);
      this.#probes.delete(key);
    }
  }

  #begin(key: string, group: TargetGroupRoute, target: TargetRoute): Probe {
    const spreadMs = Math.min(group.healthCheck.intervalMs, 10_000);
    const probe: Probe = {
      targetGroupArn: group.targetGroupArn,
      id: target.id,
      port: target.port,
      firstAt: this.#kernel.now + this.#kernel.rng('sim.probe').int(1_000, spreadMs),
      next: undefined,
      seenIn: 0,
    };
    this.#probes.set(key, probe);
    return probe;
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
    const target = group?.targets.find((route) => route.id === probe.id && route.port === probe.port);
    if (group === undefined || target === undefined) return;
    const result = probeResult(group.healthCheck, this.#appOf(target));
    this.#report({
      kind: 'target-probe',
      targetGroupArn: probe.targetGroupArn,
      targetId: probe.id,
      port: probe.port,
      result,
    });
    this.review();
  }
}

function probeResult(check: HealthCheckRoute, app: ProbedApp | undefined): ProbeResult {
  if (app === undefined || !app.listening) return { ok: false, reason: 'connection' };
  if (app.model.healthHangs) return { ok: false, reason: 'timeout' };
  const code = app.model.healthCode;
  return codeMatches(check.matcher, code) ? { ok: true } : { ok: false, reason: 'code', code };
}

/** `200`, `200-299`, `200,202`. */
function codeMatches(matcher: string, code: number): boolean {
  return matcher.split(',').some((part) => {
    const [low, high] = part.split('-').map(Number) as [number, number?];
    return code >= low && code <= (high ?? low);
  });
}
