/** What one load balancer served in the open minute, until it is booked as one batch. */
import type { TargetGroupTraffic, TrafficBatch } from '../substrate.ts';

/** One target group in one zone. */
export class GroupTally {
  readonly targetGroupArn: string;
  readonly zone: string;
  requests = 0;
  connectionErrors = 0;
  /** Each request as one over the targets that could take it. */
  requestsPerTarget = 0;
  readonly targetCodes = new Map<number, number>();
  /** By table of response times (seconds): how often each of its entries occurred. */
  readonly #times = new Map<readonly number[], number[]>();

  constructor(targetGroupArn: string, zone: string) {
    this.targetGroupArn = targetGroupArn;
    this.zone = zone;
  }

  answered(status: number, count: number): void {
    this.targetCodes.set(status, (this.targetCodes.get(status) ?? 0) + count);
  }

  /** `count` requests, each of which could have gone to any of `targets`. */
  sent(count: number, targets: number): void {
    this.requests += count;
    this.requestsPerTarget += count / targets;
  }

  /** Counts of a table's entries, to be added to. */
  times(table: readonly number[]): number[] {
    let counts = this.#times.get(table);
    if (counts === undefined) {
      // A typed array of this size lies outside the heap, and costs many times as much to make.
      counts = new Array<number>(table.length).fill(0);
      this.#times.set(table, counts);
    }
    return counts;
  }

  traffic(): TargetGroupTraffic {
    const { targetGroupArn, zone, requests, connectionErrors, targetCodes, requestsPerTarget } = this;
    const tables = [...this.#times.keys()];
    const counts = [...this.#times.values()];
    return {
      targetGroupArn,
      zone,
      requests,
      targetCodes,
      connectionErrors,
      // Almost always one table, handed over as it is: its rounded values are known.
      responseTimesSeconds: tables.length === 1 ? tables[0]! : tables.flat(),
      responseTimeCounts: counts.length === 1 ? counts[0]! : counts.flat(),
      requestsPerTarget,
    };
  }
}

export class TrafficTally {
  loadBalancerArn = '';
  #elbCodes = new Map<number, number>();
  #ownAnswers = 0;
  #groups: GroupTally[] = [];

  /** An answer of the load balancer itself. */
  own(code: number, count: number): void {
    this.#elbCodes.set(code, (this.#elbCodes.get(code) ?? 0) + count);
    this.#ownAnswers += count;
  }

  group(targetGroupArn: string, zone: string): GroupTally {
    for (const group of this.#groups)
      if (group.targetGroupArn === targetGroupArn && group.zone === zone) return group;
    const group = new GroupTally(targetGroupArn, zone);
    this.#groups.push(group);
    return group;
  }

  /** Everything since the last time, and empties it. Undefined where there is nothing. */
  take(requestsPerConnection: number): TrafficBatch | undefined {
    if (this.#groups.length === 0 && this.#ownAnswers === 0) return undefined;
    const groups = this.#groups.map((group) => group.traffic());
    const requests = groups.reduce((sum, group) => sum + group.requests, 0);
    const batch: TrafficBatch = {
      loadBalancerArn: this.loadBalancerArn,
      elbCodes: this.#elbCodes,
      newConnections: Math.ceil(Math.max(requests, this.#ownAnswers) / requestsPerConnection),
      rejectedConnections: 0,
      groups,
    };
    this.#elbCodes = new Map();
    this.#ownAnswers = 0;
    this.#groups = [];
    return batch;
  }
}
