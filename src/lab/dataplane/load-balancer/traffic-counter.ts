/** Counts what one load balancer served between two flushes, and makes the traffic fact of it. */
import type { TargetGroupTraffic, TrafficBatch } from '../../world/substrate.ts';

interface GroupCount {
  targetGroupArn: string;
  zone: string;
  requests: number;
  targetCodes: Map<number, number>;
  connectionErrors: number;
  responseTimesSeconds: number[];
}

export class TrafficCounter {
  readonly #loadBalancerArn: string;
  #elbCodes = new Map<number, number>();
  #newConnections = 0;
  #rejectedConnections = 0;
  #groups = new Map<string, GroupCount>();
  #empty = true;

  constructor(loadBalancerArn: string) {
    this.#loadBalancerArn = loadBalancerArn;
  }

  connection(): void {
    this.#empty = false;
    this.#newConnections++;
  }

  rejectedConnection(): void {
    this.#empty = false;
    this.#rejectedConnections++;
  }

  /** Answered by the load balancer itself. */
  ownAnswer(status: number): void {
    this.#empty = false;
    addTo(this.#elbCodes, status);
  }

  /** A target was chosen for a request. */
  sent(targetGroupArn: string, zone: string): void {
    this.#group(targetGroupArn, zone).requests++;
  }

  answered(targetGroupArn: string, zone: string, status: number, seconds: number): void {
    const group = this.#group(targetGroupArn, zone);
    addTo(group.targetCodes, status);
    group.responseTimesSeconds.push(seconds);
  }

  connectionError(targetGroupArn: string, zone: string): void {
    this.#group(targetGroupArn, zone).connectionErrors++;
  }

  /** What came together since the last call; undefined when that is nothing. */
  take(): TrafficBatch | undefined {
    if (this.#empty) return undefined;
    const batch: TrafficBatch = {
      loadBalancerArn: this.#loadBalancerArn,
      elbCodes: this.#elbCodes,
      newConnections: this.#newConnections,
      rejectedConnections: this.#rejectedConnections,
      groups: [...this.#groups.values()] satisfies TargetGroupTraffic[],
    };
    this.#elbCodes = new Map();
    this.#newConnections = 0;
    this.#rejectedConnections = 0;
    this.#groups = new Map();
    this.#empty = true;
    return batch;
  }

  #group(targetGroupArn: string, zone: string): GroupCount {
    this.#empty = false;
    const key = `${targetGroupArn} ${zone}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {
        targetGroupArn,
        zone,
        requests: 0,
        targetCodes: new Map(),
        connectionErrors: 0,
        responseTimesSeconds: [],
      };
      this.#groups.set(key, group);
    }
    return group;
  }
}

function addTo(codes: Map<number, number>, status: number): void {
  codes.set(status, (codes.get(status) ?? 0) + 1);
}
