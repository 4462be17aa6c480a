/**
 * The combinations of dimensions that traffic is counted under. The same frozen objects each time: CloudWatch finds
 * a series by them without building its key.
 */
export type Dimensions = Readonly<Record<string, string>>;

/** Of one group's traffic in one zone. */
export interface ZoneScopes {
  readonly everywhere: readonly Dimensions[];
  readonly beyondBalancer: readonly Dimensions[];
  readonly inZone: Dimensions;
}

/** Of one group behind one load balancer. */
export interface GroupScopes {
  readonly perTarget: readonly Dimensions[];
  readonly both: Dimensions;
  readonly zone: (zone: string) => ZoneScopes;
}

/** Of one load balancer. */
export interface BalancerScopes {
  readonly balancer: readonly Dimensions[];
  readonly group: (targetGroupArn: string) => GroupScopes;
}

/** `app/name/id` and `targetgroup/name/id`: how CloudWatch names them. */
export function loadBalancerDimension(arn: string): string {
  return arn.slice(arn.indexOf(':loadbalancer/') + ':loadbalancer/'.length);
}

export function targetGroupDimension(arn: string): string {
  return arn.slice(arn.indexOf(':targetgroup/') + 1);
}

/** By the load balancer's ARN. */
export function metricScopes(): (loadBalancerArn: string) => BalancerScopes {
  // Alone, a group is the same one behind each load balancer.
  const alone = once((arn) => freeze({ TargetGroup: targetGroupDimension(arn) }));
  return once((loadBalancerArn) => {
    const balancer = { LoadBalancer: loadBalancerDimension(loadBalancerArn) };
    const balancerOnly = freeze(balancer);
    const balancerInZone = once((zone) => freeze({ ...balancer, AvailabilityZone: zone }));
    return {
      balancer: freeze([balancerOnly]),
      group: once((targetGroupArn): GroupScopes => {
        const group = alone(targetGroupArn);
        const both = freeze({ ...balancer, ...group });
        return {
          perTarget: freeze([group, both]),
          both,
          zone: once((zone): ZoneScopes => {
            const inZone = freeze({ ...both, AvailabilityZone: zone });
            return {
              everywhere: freeze([balancerOnly, balancerInZone(zone), both, inZone]),
              beyondBalancer: freeze([balancerInZone(zone), both, inZone]),
              inZone,
            };
          }),
        };
      }),
    };
  });
}

const { freeze } = Object;

/** Makes each value once. */
function once<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
