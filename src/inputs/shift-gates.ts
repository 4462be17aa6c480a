/** Inputs of a shift that name gates of the user's own: objectives and checks. */
import { duration, type Field, optional, text, withDefault } from './field.ts';
import type { Values } from './parse.ts';
import { codes, rate } from './shift-fields.ts';
import type { CodeRange, LatencyObjective, OwnCheck, ShiftObjectives } from './shift-request.ts';

/** `p95 400ms` */
export function latencyObjective(): Field<LatencyObjective> {
  const allowed = 'a percentile and a time such as "p95 400ms" or "p99 1.5s", from p50 to p99.9';
  return {
    allowed,
    parse: (given) => {
      const match = /^p(\d{2}(?:\.\d)?)\s*(?:<=?)?\s*(\d+(?:\.\d+)?)\s*(ms|s)$/i.exec(given);
      const percentile = Number(match?.[1]);
      const seconds =
        match === null ? Number.NaN : Number(match[2]) / (match[3]?.toLowerCase() === 's' ? 1 : 1000);
      const good = percentile >= 50 && percentile < 100 && seconds >= 0.001 && seconds <= 3600;
      return good ? { ok: true, value: { percentile, seconds } } : { ok: false, allowed };
    },
  };
}

/** `status=ok`, `checks.database.healthy=true` */
function jsonExpectation(): Field<{ readonly path: string; readonly value: string }> {
  const allowed = 'a name in the answer, = and its value, such as status=ok or checks.database=true';
  return {
    allowed,
    parse: (given) => {
      const at = given.indexOf('=');
      const [path, value] = [given.slice(0, at).trim(), given.slice(at + 1).trim()];
      return at > 0 && path !== '' && value !== ''
        ? { ok: true, value: { path, value } }
        : { ok: false, allowed };
    },
  };
}

const url = (): Field<string> => ({
  allowed: 'an address that begins with https:// or http://, without user or password',
  parse: (given) => {
    const allowed = url().allowed;
    const parsed = /^https?:\/\/\S+$/.test(given) && URL.canParse(given) ? new URL(given) : undefined;
    return parsed === undefined || parsed.username !== '' || parsed.password !== ''
      ? { ok: false, allowed }
      : { ok: true, value: parsed.href };
  },
});

const okCodes: readonly CodeRange[] = [{ from: 200, to: 299 }];

export const gateFields = {
  'slo-error-rate': optional(rate()),
  'slo-latency': optional(latencyObjective()),
  'check-command': optional(text('a shell command')),
  'check-url': optional(url()),
  'check-codes': withDefault(codes(), okCodes),
  'check-json': optional(jsonExpectation()),
  'check-timeout': withDefault(duration(1000, 3_600_000), 60_000),
};

type Given = Values<typeof gateFields>;

export function objectivesOf(given: Given): ShiftObjectives {
  return { errorRate: given['slo-error-rate'], latency: given['slo-latency'] };
}

export function checksOf(given: Given): readonly OwnCheck[] {
  const checks: OwnCheck[] = [];
  const command = given['check-command'];
  const address = given['check-url'];
  const timeoutMs = given['check-timeout'];
  if (command !== undefined) checks.push({ kind: 'command', command, timeoutMs });
  if (address !== undefined) {
    checks.push({
      kind: 'url',
      url: address,
      timeoutMs,
      goodCodes: given['check-codes'],
      json: given['check-json'],
    });
  }
  return checks;
}
