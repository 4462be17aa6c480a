/** How an application of the simulation behaves. One model stands for one image. */

export interface AppModel {
  /** Image pull and container creation: from start-task to container-started. */
  readonly pullMs: number;
  /** Set: the container cannot start, with this reason in ECS's words (`CannotPullContainerError: ...`). */
  readonly startFailure: string | undefined;
  /** Container start to listening on its ports. */
  readonly startMs: number;
  /** Set: it exits by itself this long after its start, with `exitCode`. */
  readonly crashAfterMs: number | undefined;
  readonly exitCode: number;
  /** The crash is the kernel's out-of-memory kill: exit code 137. */
  readonly outOfMemory: boolean;
  /** It listens on another port than its mapping names, or on localhost only: connections are refused. */
  readonly refuses: boolean;
  /** Status code of the health check path once it listens. */
  readonly healthCode: number;
  /** The health check path accepts the connection and never answers. */
  readonly healthHangs: boolean;
  /** Share of the requests answered with a 500, 0 to 1. */
  readonly errorRate: number;
  /** Share in one minute out of five, on top of `errorRate`. */
  readonly burstErrorRate: number;
  /** Share of the requests that do not fail which are answered with a 404; the health check path is none of them. */
  readonly clientErrorRate: number;
  readonly latencyMeanMs: number;
  /** At least the mean, at most 3.8 times it (the reach of a lognormal distribution). */
  readonly latencyP95Ms: number;
  /** Share of the requests that never get an answer: the load balancer says 504. */
  readonly hangShare: number;
  /** Share of the requests whose connection is closed without an answer: the load balancer says 502. */
  readonly closeShare: number;
  /** SIGTERM to exit with `sigtermExitCode`; SIGKILL comes first where the stop time-out is shorter. */
  readonly sigtermMs: number;
  readonly sigtermExitCode: number;
  readonly cpuPercent: number;
  /** Added for each request a second that the task gets. */
  readonly cpuPercentPerRps: number;
  readonly memoryPercent: number;
  /** Log lines when its process begins, once it listens, and just before a crash. */
  readonly bootLog: readonly string[];
  readonly startLog: readonly string[];
  readonly crashLog: readonly string[];
}

/** An application as requests and health checks meet it. */
export interface ProbedApp {
  readonly model: AppModel;
  readonly listening: boolean;
}

/** A good web service. */
export const goodApp: AppModel = {
  pullMs: 8_000,
  startFailure: undefined,
  startMs: 3_000,
  crashAfterMs: undefined,
  exitCode: 1,
  outOfMemory: false,
  refuses: false,
  healthCode: 200,
  healthHangs: false,
  errorRate: 0,
  burstErrorRate: 0,
  clientErrorRate: 0,
  latencyMeanMs: 40,
  latencyP95Ms: 90,
  hangShare: 0,
  closeShare: 0,
  sigtermMs: 500,
  sigtermExitCode: 0,
  cpuPercent: 5,
  cpuPercentPerRps: 0.2,
  memoryPercent: 30,
  bootLog: [],
  startLog: ['listening'],
  crashLog: ['fatal: exiting'],
};

/** The kinds of bad release that the tests and scenarios ask for by name. */
export const badApps = {
  crashAtStart: { crashAfterMs: 1_500, exitCode: 1 },
  neverHealthy: { healthCode: 503 },
  errors: { errorRate: 0.2 },
  slow: { latencyMeanMs: 1_500, latencyP95Ms: 3_000 },
  hangs: { hangShare: 0.15 },
  closesConnections: { closeShare: 0.15 },
  bursts: { burstErrorRate: 0.5 },
  wrongPort: { refuses: true, startLog: ['Now listening on: http://[::]:8080'] },
  slowStart: { startMs: 120_000, bootLog: ['migrating the cache'] },
  outOfMemory: { crashAfterMs: 45_000, outOfMemory: true, exitCode: 137 },
  pullFails: {
    startFailure: 'CannotPullContainerError: failed to resolve ref: image not found',
  },
} as const satisfies Readonly<Record<string, Partial<AppModel>>>;

export function appModel(change: Partial<AppModel> = {}): AppModel {
  const model = { ...goodApp, ...change };
  for (const name of ['errorRate', 'burstErrorRate', 'clientErrorRate', 'hangShare', 'closeShare'] as const) {
    const share = model[name];
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${name} ${share} must be 0 to 1`);
  }
  const spread = model.latencyP95Ms / model.latencyMeanMs;
  if (!(spread >= 1 && spread <= 3.8)) {
    throw new RangeError(
      `latencyP95Ms ${model.latencyP95Ms} must be 1 to 3.8 times latencyMeanMs ${model.latencyMeanMs}`,
    );
  }
  return model;
}

const minuteMs = 60_000;

/** The share of 500s at an instant: bursts fill the minutes of the hour that five divides. */
export function errorRateAt(model: AppModel, nowMs: number): number {
  const burst = Math.floor(nowMs / minuteMs) % 5 === 0;
  return Math.min(1, model.errorRate + (burst ? model.burstErrorRate : 0));
}
