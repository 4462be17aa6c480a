/** Schedules of scheduled actions: `at(2026-01-14T18:00:00)`, `rate(5 minutes)`. UTC. */

/** The next time after `after` (epoch ms) at which it is due; undefined: never. RangeError: not understood. */
export function nextRun(schedule: string, startMs: number, after: number): number | undefined {
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(schedule);
  if (at !== null) {
    const when = Date.parse(`${at[1]}Z`);
    if (Number.isNaN(when)) throw new RangeError(`'${schedule}' is not a date`);
    return when > after ? when : undefined;
  }
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule);
  if (rate !== null && Number(rate[1]) > 0) {
    const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }[rate[2] as 'minute' | 'hour' | 'day'];
    const periodMs = Number(rate[1]) * unitMs;
    const rounds = Math.max(1, Math.floor((after - startMs) / periodMs) + 1);
    return startMs + rounds * periodMs;
  }
  throw new RangeError(
    `Schedule '${schedule}' is not understood; allowed: at(yyyy-mm-ddThh:mm:ss), rate(N minutes|hours|days) ` +
      '(cron is not simulated)',
  );
}
