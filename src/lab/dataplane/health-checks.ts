/**
 * The load balancers' health checks: real requests to every registered target in its group's rhythm. What
 * a run of results means for the target's state is the world's business.
 */
import http from 'node:http';
import { type ClockMapping, realDurationMs } from '../clock/scale.ts';
import type { RoutingReader, TargetGroupRoute, TargetRoute } from '../world/contracts.ts';
import type { Fact, ProbeResult } from '../world/substrate.ts';
import type { Endpoint, EndpointMap } from './endpoints.ts';

const intervalFloorMs = 100;
const timeoutFloorMs = 1000;
/** How often new and gone targets are looked for, in real milliseconds. */
const scanMs = 50;
/** States that ELB does not probe. */
const unprobed = new Set(['unused', 'draining']);

export interface HealthChecksOptions {
  readonly routing: RoutingReader;
  readonly endpoints: EndpointMap;
  readonly mapping: () => ClockMapping;
  readonly report: (fact: Fact) => void;
}

interface Probe {
  nextAt: number;
  running: boolean;
}

export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #probes = new Map<string, Probe>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#scan(), scanMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #scan(): void {
    const now = performance.now();
    const present = new Set<string>();
    for (const group of this.#options.routing.targetGroups()) {
      if (!group.healthCheck.enabled) continue;
      for (const target of group.targets) {
        if (unprobed.has(target.state)) continue;
        const key = `${group.targetGroupArn} ${target.id}:${target.port} ${target.ownerTaskArn ?? ''}`;
        present.add(key);
        let probe = this.#probes.get(key);
        if (probe === undefined) {
          probe = { nextAt: now, running: false };
          this.#probes.set(key, probe);
        }
        if (probe.running || now < probe.nextAt) continue;
        const interval = realDurationMs(
          this.#options.mapping(),
          group.healthCheck.intervalMs,
          intervalFloorMs,
        );
        probe.nextAt = now + interval;
        probe.running = true;
        void this.#probe(group, target, probe);
      }
    }
    for (const key of this.#probes.keys()) if (!present.has(key)) this.#probes.delete(key);
  }

  async #probe(group: TargetGroupRoute, target: TargetRoute, probe: Probe): Promise<void> {
    const { healthCheck } = group;
    const port = healthCheck.port === 'traffic-port' ? target.port : Number(healthCheck.port);
    const endpoint = this.#options.endpoints.resolve({ ...target, port });
    const timeoutMs = realDurationMs(this.#options.mapping(), healthCheck.timeoutMs, timeoutFloorMs);
    const result: ProbeResult =
      endpoint === undefined
        ? { ok: false, reason: 'connection' }
        : await request(endpoint, healthCheck.path, healthCheck.matcher, timeoutMs);
    probe.running = false;
    if (this.#timer === undefined) return;
    this.#options.report({
      kind: 'target-probe',
      targetGroupArn: group.targetGroupArn,
      targetId: target.id,
      port: target.port,
      result,
    });
  }
}

function request(endpoint: Endpoint, path: string, matcher: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const asked = http.get({
      ...endpoint,
      path,
      agent: false,
      headers: { 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' },
    });
    const timer = setTimeout(() => {
      resolve({ ok: false, reason: 'timeout' });
      asked.destroy();
    }, timeoutMs);
    const settle = (result: ProbeResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    asked.on('response', (answer) => {
      const code = answer.statusCode ?? 0;
      answer.on('error', () => settle({ ok: false, reason: 'connection' }));
      answer.on('end', () =>
        settle(matchesCode(matcher, code) ? { ok: true } : { ok: false, reason: 'code', code }),
      );
      answer.resume();
    });
    asked.on('error', () => settle({ ok: false, reason: 'connection' }));
  });
}

/** `200`, `200-299`, `200,202`. */
export function matchesCode(matcher: string, code: number): boolean {
  return matcher.split(',').some((part) => {
    const [low, high] = part.trim().split('-').map(Number);
    return low !== undefined && code >= low && code <= (high ?? low);
  });
}
