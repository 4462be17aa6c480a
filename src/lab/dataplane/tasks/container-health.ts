/**
 * Runs the health check of one container and tells changes: HEALTHY with the first success, UNHEALTHY after
 * `retries` failures in a row; failures within the start period do not count until a first success.
 */
import http from 'node:http';
import { type ClockMapping, realDurationMs } from '../../clock/scale.ts';
import type { ContainerSpec } from '../../world/substrate.ts';
import type { RunningContainer } from './container-engine.ts';
import { type HealthCheckPlan, planHealthCheck } from './health-command.ts';

const intervalFloorMs = 250;
const timeoutFloorMs = 1000;

export interface HealthWatch {
  stop(): void;
}

export function watchHealth(
  check: NonNullable<ContainerSpec['healthCheck']>,
  container: RunningContainer,
  mapping: () => ClockMapping,
  onStatus: (status: 'HEALTHY' | 'UNHEALTHY') => void,
): HealthWatch {
  const plan = planHealthCheck(check.command);
  const startedAt = performance.now();
  let failures = 0;
  let status: 'HEALTHY' | 'UNHEALTHY' | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = plan.kind === 'none';

  const settle = (ok: boolean): void => {
    const inStartPeriod =
      status === undefined && performance.now() - startedAt < realDurationMs(mapping(), check.startPeriodMs);
    failures = ok || inStartPeriod ? 0 : failures + 1;
    const next = ok ? 'HEALTHY' : failures >= check.retries ? 'UNHEALTHY' : undefined;
    if (next === undefined || next === status) return;
    status = next;
    onStatus(next);
  };
  const round = async (): Promise<void> => {
    const ok = await perform(plan, container, realDurationMs(mapping(), check.timeoutMs, timeoutFloorMs));
    if (stopped) return;
    settle(ok);
    schedule();
  };
  const schedule = (): void => {
    const waitMs = realDurationMs(mapping(), check.intervalMs, intervalFloorMs);
    timer = setTimeout(() => void round(), waitMs);
  };
  if (!stopped) schedule();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function perform(
  plan: HealthCheckPlan,
  container: RunningContainer,
  timeoutMs: number,
): Promise<boolean> {
  if (plan.kind === 'none') return true;
  if (plan.kind === 'command') return (await container.run(plan.command, timeoutMs)) === 0;
  const endpoint = container.endpoints[plan.port];
  if (endpoint === undefined) return false;
  const status = await requestStatus(endpoint, plan.path, timeoutMs);
  return status !== undefined && (!plan.failsOnError || status < 400);
}

function requestStatus(
  endpoint: { readonly host: string; readonly port: number },
  path: string,
  timeoutMs: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ ...endpoint, path, agent: false, signal: AbortSignal.timeout(timeoutMs) });
    request.on('response', (response) => {
      response.on('error', () => resolve(undefined));
      response.on('end', () => resolve(response.statusCode));
      response.resume();
    });
    request.on('error', () => resolve(undefined));
  });
}
