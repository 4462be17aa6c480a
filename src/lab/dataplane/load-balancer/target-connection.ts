/** One keep-alive agent a target, and how many requests it has open. */
import http from 'node:http';
import type { Socket } from 'node:net';

export class TargetConnection {
  readonly agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });
  outstanding = 0;
  /** In virtual milliseconds; undefined: no slow start for this target. */
  slowStartSinceMs: number | undefined;
  wasHealthy = false;
  readonly #lastUsed = new WeakMap<Socket, number>();

  used(socket: Socket): void {
    this.#lastUsed.set(socket, performance.now());
  }

  /**
   * Whether a connection had rested so long that the target may have closed it in the meantime. A target
   * that resets busy connections is broken, and its resets must be seen, not retried.
   */
  rested(socket: Socket | null): boolean {
    const last = socket === null ? undefined : this.#lastUsed.get(socket);
    return last !== undefined && performance.now() - last > restMs;
  }

  close(): void {
    this.agent.destroy();
  }
}

const restMs = 1000;
