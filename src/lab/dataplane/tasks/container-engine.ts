/** What carries single containers: child processes, or a Docker engine. The task runner drives either. */
import type { ContainerSpec, TaskSpec } from '../../world/substrate.ts';
import type { Endpoint } from '../endpoints.ts';

export interface ContainerExit {
  /** 128 + n after signal n, as Docker reports it. */
  readonly exitCode: number;
  readonly outOfMemory: boolean;
}

export interface ContainerUsage {
  /** Of one CPU, since the last sample, in percent. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

export interface StartRequest {
  readonly task: TaskSpec;
  readonly container: ContainerSpec;
  /** One line of stdout or stderr. */
  readonly onLine: (line: string) => void;
}

export interface RunningContainer {
  /** By container port. */
  readonly endpoints: Readonly<Record<number, Endpoint>>;
  /** Resolves once, after its last line of output. Never rejects. */
  readonly exited: Promise<ContainerExit>;
  terminate(): void;
  kill(): void;
  /** Runs a command inside; its exit code, or undefined when the time-out came first. */
  run(command: readonly string[], timeoutMs: number): Promise<number | undefined>;
  usage(): Promise<ContainerUsage | undefined>;
}

export interface ContainerEngine {
  readonly kind: 'process' | 'container';
  /** Pulls and starts. Rejects with a StartError. */
  start(request: StartRequest): Promise<RunningContainer>;
  /** Kills and removes everything it started. */
  close(): Promise<void>;
}

/** `message` is in ECS's words: `CannotPullContainerError: ...`. */
export class StartError extends Error {}
