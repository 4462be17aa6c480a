/**
 * Requests and failures by minute, made of CloudWatch's series. Each series comes at a time of its own, so what is
 * missing is kept apart from what is none. Pure.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export interface GroupMinute {
  /** Start of the minute, epoch milliseconds. */
  readonly at: number;
  readonly requests: number;
  /** `RequestCount` itself is not there: `requests` are those whose end is known. */
  readonly uncounted?: true | undefined;
  /** `HTTPCode_Target_5XX_Count` and `TargetConnectionErrorCount`. */
  readonly errors: number;
  /** `HTTPCode_Target_4XX_Count`. Absent: none. */
  readonly clientErrors?: number | undefined;
  /**
   * Requests sent to a target that it never answered, as far as the load balancer had to answer them itself in
   * this minute or the next: its 502 and 504 name no group, and answers of a target may be counted late.
   */
  readonly unanswered: number;
  /** Requests whose end is in no count: each count comes at a time of its own. Absent: none. */
  readonly unknown?: number;
  /** Requests that may have been answered and have no response time. Absent: none. */
  readonly untimed?: number;
  /** Requests slower than the threshold that was asked about; 0 where none was. */
  readonly slow: number;
  /** Requests slower than the objective that was asked about; absent where none was. */
  readonly slowerThanObjective?: number | undefined;
}

/** A minute of the load balancer as a whole. */
export interface BalancerMinute {
  readonly at: number;
  /**
   * 502, 503 and 504 that the load balancer made itself and that the first group asked about (blue) is not
   * known for: they name no target group.
   */
  readonly unexplained: number;
  /** 4xx of its own: requests that it refused, and those of clients that gave up waiting. Absent: none. */
  readonly own4xx?: number;
}

export const counts = {
  requests: 'RequestCount',
  code2: 'HTTPCode_Target_2XX_Count',
  code3: 'HTTPCode_Target_3XX_Count',
  code4: 'HTTPCode_Target_4XX_Count',
  code5: 'HTTPCode_Target_5XX_Count',
  refused: 'TargetConnectionErrorCount',
} as const;
export type CountName = keyof typeof counts | 'timed' | 'slow' | 'slowerThanObjective';

/** Made by the load balancer itself: no answer of a target, no target, no answer in time. */
export const ownFailures = ['502', '503', '504'] as const;
/** Clients that gave up waiting (460) are in no count of their own. */
export const clientErrors = 'HTTPCode_ELB_4XX_Count';

const minuteMs = 60_000;

export interface TrafficMinutes {
  readonly groups: readonly GroupMinutes[];
  /** Oldest first; only minutes in which the load balancer gave answers of its own. */
  readonly balancer: readonly BalancerMinute[];
}

export interface GroupMinutes {
  readonly targetGroupArn: string;
  /** Oldest first. A minute without any count is not here: no data is not zero. */
  readonly minutes: readonly GroupMinute[];
}

/** Values by the start of their minute, epoch milliseconds. */
export type MinuteSeries = ReadonlyMap<number, number>;

/** What the series tell, by their ids: `g0_requests`, `g1_code5`, `elb_502`. Pure. */
export function toTrafficMinutes(
  series: ReadonlyMap<string, MinuteSeries>,
  query: {
    /** Blue first: what it is known for is taken out of the load balancer's own failures. */
    readonly targetGroupArns: readonly string[];
    readonly objectiveSeconds?: number | undefined;
  },
): TrafficMinutes {
  const own4xx = series.get('elb_4xx') ?? none;
  const made = addedUp(ownFailures.map((code) => series.get(`elb_${code}`) ?? none));
  const answered = addedUp([made, own4xx]);
  const answeredItself = (at: number): number => (answered.get(at) ?? 0) + (answered.get(at + minuteMs) ?? 0);
  const groups = query.targetGroupArns.map((targetGroupArn, group) => {
    const of = (name: CountName): MinuteSeries => series.get(`g${group}_${name}`) ?? none;
    return { targetGroupArn, minutes: toMinutes(of, query.objectiveSeconds !== undefined, answeredItself) };
  });
  const refused = series.get('g0_refused') ?? none;
  const balancer = timesOf([answered]).map((at) => {
    const blue = groups[0]?.minutes.find((minute) => minute.at === at);
    const known = (blue?.unanswered ?? 0) + (refused.get(at) ?? 0);
    const refusals = own4xx.get(at) ?? 0;
    const unexplained = Math.max(0, (made.get(at) ?? 0) - known);
    return refusals > 0 ? { at, unexplained, own4xx: refusals } : { at, unexplained };
  });
  return { groups, balancer };
}

const none: MinuteSeries = new Map();

function addedUp(all: readonly MinuteSeries[]): MinuteSeries {
  const sums = new Map<number, number>();
  for (const series of all) for (const [at, value] of series) sums.set(at, (sums.get(at) ?? 0) + value);
  return sums;
}

/** Every minute that one of them has, oldest first. Most have the same. */
function timesOf(all: readonly MinuteSeries[]): readonly number[] {
  const times: number[] = [];
  for (const series of all) for (const at of series.keys()) if (!times.includes(at)) times.push(at);
  return times.sort((one, other) => one - other);
}

function toMinutes(
  of: (name: CountName) => MinuteSeries,
  withObjective: boolean,
  answeredItself: (at: number) => number,
): readonly GroupMinute[] {
  const [counted, code2, code3, code4] = [of('requests'), of('code2'), of('code3'), of('code4')];
  const [code5, connections, timed, slow] = [of('code5'), of('refused'), of('timed'), of('slow')];
  const slower = of('slowerThanObjective');
  return timesOf([counted, code2, code3, code4, code5, connections, timed]).map((at): GroupMinute => {
    const errors = code5.get(at) ?? 0;
    const clientErrors = code4.get(at) ?? 0;
    const answered = (code2.get(at) ?? 0) + (code3.get(at) ?? 0) + clientErrors + errors;
    const refused = connections.get(at) ?? 0;
    const timedAll = timed.get(at) ?? 0;
    const requested = counted.get(at);
    // A target that refuses may be tried again: only answers are never more than requests.
    const requests =
      requested === undefined ? Math.max(answered + refused, timedAll) : Math.max(requested, answered);
    const open = Math.max(0, requests - answered - refused);
    const unanswered = Math.min(open, answeredItself(at));
    return {
      at,
      requests,
      uncounted: requested === undefined ? true : undefined,
      errors: errors + refused,
      clientErrors: clientErrors > 0 ? clientErrors : undefined,
      unanswered,
      unknown: open - unanswered,
      untimed: Math.max(0, requests - refused - unanswered - timedAll),
      slow: slow.get(at) ?? 0,
      slowerThanObjective: withObjective ? (slower.get(at) ?? 0) : undefined,
    };
  });
}
