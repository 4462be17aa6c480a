/** Durations and undocumented choices of the ECS model. All times in milliseconds of virtual time. */

/** Lowest and highest value of a uniform draw, both included. */
export type RangeMs = readonly [low: number, high: number];

export interface EcsOptions {
  /** PROVISIONING: an ENI is made and attached. */
  readonly provisioningMs: RangeMs;
  /** PENDING: secrets fetched, image pulled, before the containers are started. */
  readonly pullMs: RangeMs;
  /** ACTIVATING: targets registered, before RUNNING. */
  readonly activatingMs: RangeMs;
  /** DEPROVISIONING: the ENI is detached and deleted. */
  readonly deprovisioningMs: RangeMs;
  /** How long the service scheduler takes to notice a change. */
  readonly schedulerDelayMs: RangeMs;
  /** A task without any health check counts as healthy this long after RUNNING (documented: 40 s). */
  readonly settleMs: number;
  /** How long deployment alarms are watched after the new tasks are up. AWS computes it and does not say how. */
  readonly alarmBakeMs: number;
  /** How long a failed placement waits for the next try. */
  readonly capacityRetryMs: number;
  /** First pause of a service whose tasks keep failing to start; doubles up to the documented 27 minutes. */
  readonly startThrottleMs: number;
  /** Whether tasks that are being stopped still count against `maximumPercent`. AWS's pages differ. */
  readonly stoppingTasksCountToMaximum: boolean;
  /** Whether the counts of deployments and revisions hold tasks whose targets still drain. AWS does not say. */
  readonly drainingTasksCountAsRunning: boolean;
}

export const defaultEcsOptions: EcsOptions = {
  provisioningMs: [3_000, 8_000],
  pullMs: [4_000, 12_000],
  activatingMs: [500, 1_500],
  deprovisioningMs: [2_000, 6_000],
  schedulerDelayMs: [500, 2_000],
  settleMs: 40_000,
  alarmBakeMs: 120_000,
  capacityRetryMs: 30_000,
  startThrottleMs: 15_000,
  stoppingTasksCountToMaximum: false,
  drainingTasksCountAsRunning: true,
};

/**
 * Draws that add up to a start of the containers within these seconds: a third of it for the ENI, the rest for the
 * image.
 */
export function taskStartWithin([low, high]: readonly [low: number, high: number]): Partial<EcsOptions> {
  const share = (part: number): RangeMs => [low * part * 1000, high * part * 1000];
  return { provisioningMs: share(1 / 3), pullMs: share(2 / 3) };
}
