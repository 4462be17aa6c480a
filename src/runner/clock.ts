/** Time as a port: the engine's loop is the only caller of `sleep`. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `durationMs`, or at once when `signal` is aborted. Never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * As `sleep`, where what is waited for is an answer of the network: a network does not get faster where time
   * does, so a scaled clock leaves it a floor in real time. Absent: as `sleep`.
   */
  answerBy?(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** How long an answer of the network is waited for, on any clock. */
export function answerBy(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  return clock.answerBy?.(durationMs, signal) ?? clock.sleep(durationMs, signal);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, durationMs);
      signal?.addEventListener('abort', done);
    }),
  answerBy: (durationMs, signal) =>
    new Promise((resolve) => {
      const over = AbortSignal.any([
        AbortSignal.timeout(durationMs),
        ...(signal === undefined ? [] : [signal]),
      ]);
      if (over.aborted) return resolve();
      over.addEventListener('abort', () => resolve());
    }),
};
