/**
 * The metrics of Application Load Balancers, and the dimensions each is published under, out of what was counted.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
import type { Dimensions, Measurements, Samples, TargetStateName } from '../contracts.ts';
import type { CodeCounts, TargetGroupTraffic, TrafficBatch } from '../substrate.ts';

type Name = ReturnType<Measurements['names']> extends Iterable<infer T> ? T : never;

const none: readonly Samples[] = [];

/** The dimensions of one series. */
interface Scope {
  readonly balancer: string | undefined;
  readonly group: string | undefined;
  readonly zone: string | undefined;
}

/** What targets did: of a balancer, and of each group and each zone of it. */
const ofTargets: Readonly<Record<string, (traffic: TargetGroupTraffic) => Samples | undefined>> = {
  RequestCount: ({ requests }) => counted(requests),
  TargetConnectionErrorCount: ({ connectionErrors }) => counted(connectionErrors),
  TargetResponseTime: ({ responseTimesSeconds: values, responseTimeCounts: counts }) =>
    values.length === 0 ? undefined : { unit: 'Seconds', values, counts },
  HTTPCode_Target_1XX_Count: ({ targetCodes }) => counted(ofFamily(targetCodes, 1)),
  HTTPCode_Target_2XX_Count: ({ targetCodes }) => counted(ofFamily(targetCodes, 2)),
  HTTPCode_Target_3XX_Count: ({ targetCodes }) => counted(ofFamily(targetCodes, 3)),
  HTTPCode_Target_4XX_Count: ({ targetCodes }) => counted(ofFamily(targetCodes, 4)),
  HTTPCode_Target_5XX_Count: ({ targetCodes }) => counted(ofFamily(targetCodes, 5)),
};

/** What never reached a target counts for the load balancer alone: it cannot be blamed on a group. */
const ofBalancer: Readonly<Record<string, (batch: TrafficBatch) => Samples | undefined>> = {
  NewConnectionCount: ({ newConnections }) => counted(newConnections),
  RejectedConnectionCount: ({ rejectedConnections }) => counted(rejectedConnections),
  HTTPCode_ELB_3XX_Count: ({ elbCodes }) => counted(ofFamily(elbCodes, 3)),
  HTTPCode_ELB_4XX_Count: ({ elbCodes }) => counted(ofFamily(elbCodes, 4)),
  HTTPCode_ELB_5XX_Count: ({ elbCodes }) => counted(ofFamily(elbCodes, 5)),
  HTTPCode_ELB_500_Count: ({ elbCodes }) => counted(elbCodes.get(500) ?? 0),
  HTTPCode_ELB_502_Count: ({ elbCodes }) => counted(elbCodes.get(502) ?? 0),
  HTTPCode_ELB_503_Count: ({ elbCodes }) => counted(elbCodes.get(503) ?? 0),
  HTTPCode_ELB_504_Count: ({ elbCodes }) => counted(elbCodes.get(504) ?? 0),
};

/** Only its Sum means anything: requests over the targets that could take them. */
const perTarget = 'RequestCountPerTarget';

export class TrafficMeasurements implements Measurements {
  readonly #batch: TrafficBatch;
  readonly #balancer: string;
  readonly #groups: readonly string[];
  readonly #shares: readonly (number | undefined)[];

  /** `shares`: the requests for each target, group by group; undefined for a group that is gone. */
  constructor(batch: TrafficBatch, shares: readonly (number | undefined)[]) {
    this.#batch = batch;
    this.#balancer = loadBalancerDimension(batch.loadBalancerArn);
    this.#groups = batch.groups.map(({ targetGroupArn }) => targetGroupDimension(targetGroupArn));
    this.#shares = shares;
  }

  samples(metric: string, dimensions: Dimensions): readonly Samples[] {
    const scope = scopeOf(dimensions);
    if (scope === undefined) return none;
    if (metric === perTarget) return this.#perTarget(scope);
    if (scope.balancer !== this.#balancer) return none;
    const ofThem = ofTargets[metric];
    if (ofThem !== undefined) return this.#ofTargets(ofThem, scope);
    if (scope.group !== undefined || scope.zone !== undefined) return none;
    const samples = ofBalancer[metric]?.(this.#batch);
    return samples === undefined ? none : [samples];
  }

  *names(): Generator<Name> {
    const balancer = { LoadBalancer: this.#balancer };
    for (const metric in ofBalancer) yield { metric, dimensions: balancer };
    for (const [index, { zone }] of this.#batch.groups.entries()) {
      const group = { TargetGroup: this.#groups[index]! };
      const inZone = { AvailabilityZone: zone };
      for (const metric in ofTargets) {
        yield { metric, dimensions: balancer };
        yield { metric, dimensions: { ...balancer, ...inZone } };
        yield { metric, dimensions: { ...balancer, ...group } };
        yield { metric, dimensions: { ...balancer, ...group, ...inZone } };
      }
      yield { metric: perTarget, dimensions: group };
      yield { metric: perTarget, dimensions: { ...balancer, ...group } };
    }
  }

  #ofTargets(
    of: (traffic: TargetGroupTraffic) => Samples | undefined,
    { group, zone }: Scope,
  ): readonly Samples[] {
    let found: Samples[] | undefined;
    const { groups } = this.#batch;
    for (let index = 0; index < groups.length; index++) {
      const traffic = groups[index]!;
      if (group !== undefined && group !== this.#groups[index]) continue;
      if (zone !== undefined && zone !== traffic.zone) continue;
      const samples = of(traffic);
      if (samples === undefined) continue;
      if (found === undefined) found = [samples];
      else found.push(samples);
    }
    return found ?? none;
  }

  /** Of a group alone too, behind whichever load balancer. */
  #perTarget({ balancer, group, zone }: Scope): Samples[] {
    const isPublished = (balancer === undefined || balancer === this.#balancer) && zone === undefined;
    if (!isPublished || group === undefined) return [];
    const shares = this.#shares.filter(
      (share, index) => share !== undefined && this.#groups[index] === group,
    );
    return shares.map((share) => ({ unit: 'Count', values: [share!] }));
  }
}

/** A registered target when hosts are counted. */
export interface Host {
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly zone: string;
  readonly state: TargetStateName;
}

/** Initial and draining targets are in neither count. */
const hostStates: Readonly<Record<string, TargetStateName>> = {
  HealthyHostCount: 'healthy',
  UnHealthyHostCount: 'unhealthy',
};

export class HostMeasurements implements Measurements {
  readonly #hosts: readonly Host[];

  constructor(hosts: readonly Host[]) {
    this.#hosts = hosts;
  }

  samples(metric: string, dimensions: Dimensions): readonly Samples[] {
    const state = hostStates[metric];
    if (state === undefined) return none;
    const scope = scopeOf(dimensions);
    if (scope === undefined) return none;
    const hosts = this.#hosts.filter(
      (host) =>
        scope.balancer === loadBalancerDimension(host.loadBalancerArn) &&
        scope.group === targetGroupDimension(host.targetGroupArn) &&
        (scope.zone === undefined || scope.zone === host.zone),
    );
    if (hosts.length === 0) return none;
    return [{ unit: 'Count', values: [hosts.filter((host) => host.state === state).length] }];
  }

  *names(): Generator<Name> {
    for (const { loadBalancerArn, targetGroupArn, zone } of this.#hosts) {
      const both = {
        LoadBalancer: loadBalancerDimension(loadBalancerArn),
        TargetGroup: targetGroupDimension(targetGroupArn),
      };
      for (const metric in hostStates) {
        yield { metric, dimensions: both };
        yield { metric, dimensions: { ...both, AvailabilityZone: zone } };
      }
    }
  }
}

/** One sample of 1 a request, as AWS: Sum counts, Minimum, Maximum and Average are 1. Nothing for zero. */
function counted(count: number): Samples | undefined {
  return count > 0 ? { unit: 'Count', values: [1], counts: [count] } : undefined;
}

/** Answers by the first digit of their code. */
function ofFamily(codes: CodeCounts, family: number): number {
  let count = 0;
  for (const [code, times] of codes) if (Math.floor(code / 100) === family) count += times;
  return count;
}

/** Undefined for other dimensions than those of load balancers. */
function scopeOf(dimensions: Dimensions): Scope | undefined {
  for (const name in dimensions) {
    if (name !== 'LoadBalancer' && name !== 'TargetGroup' && name !== 'AvailabilityZone') return undefined;
  }
  const { LoadBalancer: balancer, TargetGroup: group, AvailabilityZone: zone } = dimensions;
  return { balancer, group, zone };
}

/** `app/name/id` and `targetgroup/name/id`: how CloudWatch names them. */
function loadBalancerDimension(arn: string): string {
  return arn.slice(arn.indexOf(':loadbalancer/') + ':loadbalancer/'.length);
}

function targetGroupDimension(arn: string): string {
  return arn.slice(arn.indexOf(':targetgroup/') + 1);
}
