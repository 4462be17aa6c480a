/**
 * Times on the wire: seconds since the epoch, ISO 8601 or HTTP dates. AWS services read all of them,
 * whichever the model says that they write.
 */
const DECIMAL = /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/;
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:?\d{2})?)?$/;
const HTTP = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** A time zone that is left out means UTC. Undefined for what is no time. */
export function parseTimestamp(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (typeof value === 'number' || typeof value === 'bigint') return fromMs(Math.round(Number(value) * 1000));
  if (typeof value !== 'string') return undefined;
  if (DECIMAL.test(value)) return fromMs(Math.round(Number(value) * 1000));
  if (ISO.test(value)) {
    const zoned = /T.*(Z|[-+]\d{2}:?\d{2})$/.test(value) || !value.includes('T');
    return fromMs(Date.parse(zoned ? value : `${value}Z`));
  }
  return HTTP.test(value) ? fromMs(Date.parse(value)) : undefined;
}

function fromMs(ms: number): Date | undefined {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
