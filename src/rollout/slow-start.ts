/**
 * Tells an application that is slow to start from one that never answers where it is asked: by the age at
 * which its task was stopped, the time that the health checks leave it, and what its log says. Pure.
 */
import type { LogLine } from '../aws/ecs-task-logs.ts';
import type { Cause } from './cause.ts';

/** Times in milliseconds from the start of the containers. */
export interface StartFacts {
  /** Until the task was told to stop. */
  readonly aliveMs: number;
  /** How long the application may take before a failing check stops its task. */
  readonly allowedMs: number;
  /** Between two checks: by so much what is seen may lag. */
  readonly intervalMs: number;
  /** Good checks in a row that make it healthy again. */
  readonly healthyThreshold: number;
  /** First lines of the container's log and the last, oldest first; undefined where it was not read. */
  readonly log: readonly LogLine[] | undefined;
  readonly startedAt: number;
  /** Port that the load balancer asks; undefined for a container's own check. */
  readonly port: string | undefined;
}

/** What servers say when they are up, in the words of common frameworks. */
const upWords =
  /\blistening\b|\bserver (?:is )?(?:started|running|ready|up)\b|\bapplication (?:has )?started\b|\bstarted \S+ in [\d.]+ ?s|\baccepting connections\b|\bready (?:to accept|for) connections\b|\brunning on https?:|\bserving on\b|\bbooted in\b|\bstartup complete\b/i;

/** The line in which the application says that it is up, and the port it names, if it does. */
export function upLine(
  log: readonly LogLine[],
): { readonly at: number; readonly port: string | undefined } | undefined {
  const line = log.find(({ text }) => upWords.test(text));
  if (line === undefined) return undefined;
  return {
    at: line.at,
    port: /(?:\bport[ :=]+|:)(\d{2,5})\b(?!.*(?:\bport[ :=]+|:)\d{2,5}\b)/i.exec(line.text)?.[1],
  };
}

/** Only causes that say "no (good) answer in time" are looked at; the others stay as they are. */
export function refineBySlowStart(cause: Cause, start: StartFacts): Cause {
  const { aliveMs, allowedMs, intervalMs, healthyThreshold, log, startedAt, port } = start;
  const up = log === undefined ? undefined : upLine(log);
  const unanswered = cause.code === 'port-mismatch' || cause.code === 'target-health';
  if (unanswered && up?.port !== undefined && port !== undefined && up.port !== port) {
    const detail = `${cause.detail}${cause.detail === '' ? '' : '; '}its log names port ${up.port}`;
    return { ...cause, code: 'port-mismatch', detail };
  }
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  const stopped = `stopped ${seconds(aliveMs)} after their start, where ${seconds(allowedMs)} are allowed`;
  if (up !== undefined) {
    const upAfterMs = up.at - startedAt;
    // It answers by now, but not often enough in a row before the checks count.
    const tooLate =
      upAfterMs + healthyThreshold * intervalMs > allowedMs && upAfterMs <= aliveMs + intervalMs;
    if (!tooLate) return cause;
    return { ...cause, code: 'grace-too-short', detail: `up after ${seconds(upAfterMs)}, ${stopped}` };
  }
  // Stopped as soon as it could be, without having said that it is up.
  const atOnce = aliveMs <= allowedMs + 2 * intervalMs + settleMs;
  if (unanswered && log !== undefined && atOnce) {
    return {
      ...cause,
      code: 'grace-too-short',
      detail: `${stopped}; their log does not say that they are up`,
    };
  }
  return cause;
}

/** ECS acts some seconds after the check that decides. */
const settleMs = 15_000;
