/**
 * The seam between the world's model and what carries it. Down go effects (start these containers), up
 * come facts (this one exited with 137). In virtual time `sim/` answers; live, `../dataplane/` does with
 * real processes or containers. Neither side knows the other.
 */

export interface ContainerSpec {
  readonly name: string;
  /** As in the task definition; `imageDigest` is what it resolved to in the registry, if it is there. */
  readonly image: string;
  readonly imageDigest: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly entryPoint: readonly string[] | undefined;
  readonly workingDirectory: string | undefined;
  readonly user: string | undefined;
  /** Environment with secrets already resolved. Values must not be logged. */
  readonly environment: Readonly<Record<string, string>>;
  readonly essential: boolean;
  readonly containerPorts: readonly number[];
  readonly memoryMiB: number | undefined;
  readonly readonlyRootFilesystem: boolean;
  /** ECS container health check, times in milliseconds of virtual time. */
  readonly healthCheck:
    | {
        readonly command: readonly string[];
        readonly intervalMs: number;
        readonly timeoutMs: number;
        readonly retries: number;
        readonly startPeriodMs: number;
      }
    | undefined;
  readonly log: { readonly group: string; readonly stream: string } | undefined;
  readonly dependsOn: readonly { readonly containerName: string; readonly condition: string }[];
  /** SIGTERM to SIGKILL, virtual milliseconds. */
  readonly stopTimeoutMs: number;
}

export interface TaskSpec {
  readonly taskArn: string;
  readonly taskId: string;
  readonly family: string;
  readonly revision: number;
  readonly cluster: string;
  readonly zone: string;
  /** The ENI's private address. Live tasks listen elsewhere: see `container-started`. */
  readonly privateIp: string;
  readonly containers: readonly ContainerSpec[];
}

/** Commands of the world. Each is to be carried out, and answered by facts, in its own time. */
export type Effect =
  /** Pull, create and start all containers, in dependsOn order. */
  | { readonly kind: 'start-task'; readonly task: TaskSpec }
  /** SIGTERM to every container, SIGKILL after its stop time-out; answered by `container-exited` for each. */
  | { readonly kind: 'stop-task'; readonly taskArn: string }
  /** The task is gone (its zone went dark): kill at once. */
  | { readonly kind: 'kill-task'; readonly taskArn: string }
  /** Routing changed: listeners, rules, weights, targets. The data plane re-reads what it serves. */
  | { readonly kind: 'routing-changed' };

/** What happened to the tasks and the traffic, as the substrate saw it. */
export type Fact =
  /**
   * `endpoints` maps each container port to where it can really be reached; absent for a simulated task
   * (its private IP then stands for itself).
   */
  | {
      readonly kind: 'container-started';
      readonly taskArn: string;
      readonly container: string;
      readonly endpoints?: Readonly<Record<number, { readonly host: string; readonly port: number }>>;
    }
  /** Could not be started: `reason` in ECS's words, e.g. `CannotPullContainerError: ...`. */
  | {
      readonly kind: 'container-start-failed';
      readonly taskArn: string;
      readonly container: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'container-exited';
      readonly taskArn: string;
      readonly container: string;
      readonly exitCode: number;
      readonly outOfMemory: boolean;
    }
  | {
      readonly kind: 'container-health';
      readonly taskArn: string;
      readonly container: string;
      readonly status: 'HEALTHY' | 'UNHEALTHY';
    }
  /** One health check request of the load balancer to one target. */
  | {
      readonly kind: 'target-probe';
      readonly targetGroupArn: string;
      readonly targetId: string;
      readonly port: number;
      readonly result: ProbeResult;
    }
  | { readonly kind: 'log'; readonly group: string; readonly stream: string; readonly message: string }
  /** Of all tasks that run now; the world makes ECS metrics of it. */
  | { readonly kind: 'utilization'; readonly tasks: readonly TaskUtilization[] }
  | { readonly kind: 'traffic'; readonly batch: TrafficBatch };

/** Share of the reserved CPU and memory in use, percent. */
export interface TaskUtilization {
  readonly taskArn: string;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
}

export type ProbeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'timeout' }
  | { readonly ok: false; readonly reason: 'connection' }
  | { readonly ok: false; readonly reason: 'code'; readonly code: number };

/** How often each status code was given. (As keys of an object, codes are indexes of an array with hundreds of holes.) */
export type CodeCounts = ReadonlyMap<number, number>;

/** What one listener served since the last batch. ELB metrics are made of these and of nothing else. */
export interface TrafficBatch {
  readonly loadBalancerArn: string;
  /** Requests the load balancer answered itself, by status code (502, 503, 504, 460, fixed responses...). */
  readonly elbCodes: CodeCounts;
  readonly newConnections: number;
  readonly rejectedConnections: number;
  /** Per target group: what reached its targets. */
  readonly groups: readonly TargetGroupTraffic[];
}

export interface TargetGroupTraffic {
  readonly targetGroupArn: string;
  readonly zone: string;
  /** Requests sent to a target (answered or not). */
  readonly requests: number;
  /** Answers by status code as the target gave them. */
  readonly targetCodes: CodeCounts;
  readonly connectionErrors: number;
  /** Target response times in seconds, one per answered request, or each with its count. */
  readonly responseTimesSeconds: readonly number[];
  /** How often each of them occurred; absent: once each. */
  readonly responseTimeCounts?: ArrayLike<number>;
  /** Each request counted as one over the targets that could take it; absent: as they are when it is booked. */
  readonly requestsPerTarget?: number;
}
