/** Our own requests to green, as a port. */
import type { CodeRange } from '../inputs/shift-request.ts';

export type ProbeAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly durationMs: number }
  /** No answer: `no answer within 5 s`, `connection closed`, ... */
  | { readonly kind: 'failed'; readonly reason: string };

/** Node's word for a good certificate of another name than the one that was asked for. */
export const wrongName = 'ERR_TLS_CERT_ALTNAME_INVALID';

export interface Prober {
  /**
   * One request through the load balancer that only the test rule takes. Never rejects; aborted requests
   * count as not sent (undefined).
   */
  probe(path: string, signal: AbortSignal): Promise<ProbeAnswer | undefined>;
}

export interface ProbeTally {
  readonly sent: number;
  readonly bad: number;
  /** Answered with 4xx, whether that is good or bad. Absent: none. */
  readonly clientErrors?: number;
  /** What the bad ones had, most frequent first: `HTTP 500` 12 times. */
  readonly reasons: Readonly<Record<string, number>>;
}

export const noProbes: ProbeTally = { sent: 0, bad: 0, reasons: {} };

/** Undefined for a good answer. */
export function failureOf(
  path: string,
  answer: ProbeAnswer,
  goodCodes: readonly CodeRange[],
): string | undefined {
  if (answer.kind === 'failed') return `${answer.reason} on ${path}`;
  return goodCodes.some(({ from, to }) => answer.status >= from && answer.status <= to)
    ? undefined
    : `HTTP ${answer.status} on ${path}`;
}

function isClientError(answer: ProbeAnswer): boolean {
  return answer.kind === 'answered' && answer.status >= 400 && answer.status < 500;
}

export function addTally(one: ProbeTally, other: ProbeTally): ProbeTally {
  const reasons: Record<string, number> = { ...one.reasons };
  for (const [reason, count] of Object.entries(other.reasons)) {
    reasons[reason] = (reasons[reason] ?? 0) + count;
  }
  const clientErrors = (one.clientErrors ?? 0) + (other.clientErrors ?? 0);
  return {
    sent: one.sent + other.sent,
    bad: one.bad + other.bad,
    ...(clientErrors > 0 ? { clientErrors } : undefined),
    reasons,
  };
}

/** `HTTP 500 on /health (12), no answer within 5 s on /health (3)` */
export function describeReasons(tally: ProbeTally): string {
  return Object.entries(tally.reasons)
    .sort(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([reason, count]) => `${reason} (${count})`)
    .join(', ');
}

/** Sends `count` probes at once, the paths in turn. */
export async function sendProbes(
  prober: Prober,
  { paths, goodCodes }: { readonly paths: readonly string[]; readonly goodCodes: readonly CodeRange[] },
  firstIndex: number,
  count: number,
  signal: AbortSignal,
): Promise<ProbeTally> {
  const pathOf = (index: number): string => paths[(firstIndex + index) % paths.length]!;
  const asked: Promise<ProbeAnswer | undefined>[] = [];
  for (let index = 0; index < count; index++) asked.push(prober.probe(pathOf(index), signal));
  const answers = await Promise.all(asked);
  let [sent, bad, clientErrors] = [0, 0, 0];
  const reasons: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const answer = answers[index];
    if (answer === undefined) continue;
    sent += 1;
    if (isClientError(answer)) clientErrors += 1;
    const failure = failureOf(pathOf(index), answer, goodCodes);
    if (failure === undefined) continue;
    bad += 1;
    reasons[failure] = (reasons[failure] ?? 0) + 1;
  }
  return { sent, bad, ...(clientErrors === 0 ? undefined : { clientErrors }), reasons };
}
