/** What an action is given to work with, and what it gives back; `main/` makes the one and shows the other. */
import type { AwsCaller } from '../aws/caller.ts';
import type { KitEvent } from '../report/event.ts';
import type { Report } from '../report/report.ts';
import type { Clock } from '../runner/clock.ts';
import type { RunContext } from '../runner/context.ts';
import type { Runner } from '../runner/runner.ts';

export interface ActionPorts {
  /** One attempt a call; wrap it with `withRetries`. */
  readonly aws: AwsCaller;
  readonly runner: Runner;
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter only. */
  readonly random: () => number;
  readonly context: RunContext;
  /** Told of every event as it is recorded. */
  readonly onEvent?: (event: KitEvent) => void;
}

export interface ActionResult {
  /** Exit code 0 or 1. */
  readonly ok: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly report: Report;
}
