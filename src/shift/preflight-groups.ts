/** May traffic move between the two target groups? Pure. */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { TargetFacts } from '../aws/ecs-target-health.ts';
import type { TargetGroupFacts } from '../aws/elb-target-groups.ts';
import type { PreflightFacts, Refusal } from './preflight.ts';

export function* checkGroups(facts: PreflightFacts): Generator<Refusal> {
  const { blueGroup: blue, greenGroup: green } = facts;
  const compare = (what: string, one: string, other: string): string | undefined =>
    one === other ? undefined : `${what} ${one} and ${other}`;
  const joined = (parts: readonly (string | undefined)[]): string =>
    parts.filter((part) => part !== undefined).join(', ');
  const protocol = joined([
    compare('protocol', blue.protocol, green.protocol),
    compare('version', blue.protocolVersion, green.protocolVersion),
  ]);
  if (protocol !== '') {
    yield {
      code: 'protocol-mismatch',
      message: `${blue.name} and ${green.name} speak differently: ${protocol}.`,
    };
  }
  if (blue.vpcId !== green.vpcId) {
    yield {
      code: 'network-mismatch',
      message: `${blue.name} is in ${blue.vpcId}, ${green.name} in ${green.vpcId}.`,
    };
  }
  const [balancer] = facts.listeners.map((listener) => listener.loadBalancerArn);
  const others = green.loadBalancerArns.filter((arn) => arn !== balancer);
  if (balancer !== undefined && others.length > 0) {
    yield {
      code: 'green-group-elsewhere',
      message: `${green.name} belongs to the load balancer ${others.map((arn) => arn.split('/').at(-2)).join(', ')} already, and ELB lets a target group serve one only.`,
    };
  }
  // Between instances and addresses the group's port is only a default: targets bring their own.
  if (blue.targetType === green.targetType && blue.port !== green.port) {
    yield {
      code: 'port-mismatch',
      message: `${blue.name} has port ${blue.port}, ${green.name} port ${green.port}.`,
    };
  }
  const check = joined([
    compare('path', blue.healthCheck.path, green.healthCheck.path),
    sameCheckPort(facts) ? undefined : compare('port', blue.healthCheck.port, green.healthCheck.port),
    compare('matcher', blue.healthCheck.matcher, green.healthCheck.matcher),
    compare('protocol', blue.healthCheck.protocol, green.healthCheck.protocol),
  ]);
  if (check !== '') {
    yield {
      code: 'health-check-mismatch',
      message: `Healthy means different things for ${blue.name} and ${green.name}: ${check}.`,
    };
  }
}

/** Whether a number and `traffic-port` mean the same is told by the ports that targets have, or will have. */
function sameCheckPort(facts: PreflightFacts): boolean {
  const { blueGroup: blue, greenGroup: green, blueTargets, greenTargets } = facts;
  // The ports of a host are its own: it may well map another one to the container.
  if (blue.targetType !== green.targetType || blue.healthCheck.port === green.healthCheck.port) return true;
  const containerPorts = (service: ServiceFacts | undefined, { arn }: TargetGroupFacts): readonly string[] =>
    (service?.loadBalancers ?? [])
      .filter((entry) => entry.targetGroupArn === arn)
      .map((entry) => String(entry.containerPort));
  const registered = (targets: readonly TargetFacts[]): readonly string[] =>
    targets.map(({ port }) => String(port));
  const bluePorts = [...registered(blueTargets), ...containerPorts(facts.blueService, blue)];
  // A twin has the ports of blue.
  const greenPorts =
    facts.greenService === undefined
      ? [...registered(greenTargets), ...containerPorts(facts.blueService, blue)]
      : [...registered(greenTargets), ...containerPorts(facts.greenService, green)];
  const means = (port: string, ports: readonly string[]): ReadonlySet<string> =>
    new Set(port === 'traffic-port' ? ports : [port]);
  const all = new Set([
    ...means(blue.healthCheck.port, bluePorts),
    ...means(green.healthCheck.port, greenPorts),
  ]);
  const isKnown = bluePorts.length > 0 && greenPorts.length > 0;
  return isKnown && all.size === 1;
}
