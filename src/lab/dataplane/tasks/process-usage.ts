/** CPU time and resident memory of a process from /proc; undefined where there is none (not Linux, or gone). */
import { readFile } from 'node:fs/promises';

export interface ProcessSample {
  /** Of the monotonic clock. */
  readonly atMs: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const tickMs = 10;
const pageBytes = 4096;

export async function processUsage(pid: number): Promise<ProcessSample | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; fields are counted from behind it (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    atMs: performance.now(),
    cpuMs: ticks * tickMs,
    memoryBytes: Number(fields[21]) * pageBytes,
  };
}
