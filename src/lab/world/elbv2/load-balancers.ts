/** Create, Describe and Delete of load balancers. Application Load Balancers only. */
import type {
  CreateLoadBalancerInput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancersInput,
  LoadBalancer as LoadBalancerShape,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import type { Operation } from '../service.ts';
import { loadBalancerAttributeDefaults } from './attribute-rules.ts';
import { loadBalancerNotFound, required, validationError } from './errors.ts';
import type { Elbv2State, LoadBalancer } from './model.ts';
import { marker, page } from './pagination.ts';
import { checkTags, storeTags, tagOnCreate } from './tags.ts';

/** All subnets of the lab are in the guide's one VPC. */
const theVpc = 'vpc-0ab1c2d3e4f500001';

export function loadBalancerOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateLoadBalancer: {
      mutates: true,
      permissions: (input: Partial<CreateLoadBalancerInput> | undefined) => [
        {
          action: 'elasticloadbalancing:CreateLoadBalancer',
          resources: [anyOfName(state, input?.Name)],
        },
        ...tagOnCreate('CreateLoadBalancer', input?.Tags, anyOfName(state, input?.Name)),
      ],
      run: (input: CreateLoadBalancerInput) => ({ LoadBalancers: [shape(create(state, input))] }),
    },
    DescribeLoadBalancers: {
      mutates: false,
      permissions: () => [{ action: 'elasticloadbalancing:DescribeLoadBalancers', resources: ['*'] }],
      run: (input: DescribeLoadBalancersInput) => {
        const found = page(select(state, input), input);
        return { LoadBalancers: found.items.map(shape), ...marker(found) };
      },
    },
    DeleteLoadBalancer: {
      mutates: true,
      permissions: (input: Partial<DeleteLoadBalancerInput> | undefined) => [
        { action: 'elasticloadbalancing:DeleteLoadBalancer', resources: [input?.LoadBalancerArn ?? '*'] },
      ],
      run: (input: DeleteLoadBalancerInput) => {
        remove(state, input.LoadBalancerArn ?? '');
        return {};
      },
    },
  };
}

function anyOfName(state: Elbv2State, name: string | undefined): string {
  return state.kernel.arn('elasticloadbalancing', `loadbalancer/app/${name ?? ''}/*`);
}

function create(state: Elbv2State, input: CreateLoadBalancerInput): LoadBalancer {
  required(input.Name, 'Name');
  const name = input.Name!;
  if (
    !/^[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]$|^[A-Za-z0-9]$/.test(name) ||
    name.startsWith('internal-')
  ) {
    throw validationError(
      `The load balancer name '${name}' is not valid; 1 to 32 letters, digits and hyphens are allowed, no hyphen ` +
        "at either end, and it must not begin with 'internal-'",
    );
  }
  const type = input.Type ?? 'application';
  if (type !== 'application') {
    throw validationError(`Load balancer type '${type}' is not simulated by the lab; allowed: application`);
  }
  const subnetIds = input.Subnets ?? (input.SubnetMappings ?? []).map((mapping) => mapping.SubnetId ?? '');
  if (subnetIds.length === 0)
    throw validationError('At least two subnets in two different Availability Zones must be specified');
  if (new Set(subnetIds).size < 2) {
    throw validationError('At least two subnets in two different Availability Zones must be specified');
  }
  const scheme = input.Scheme ?? 'internet-facing';
  checkTags(input.Tags);
  const existing = [...state.loadBalancers.values()].find((balancer) => balancer.name === name);
  if (existing !== undefined) {
    const same =
      existing.scheme === scheme && [...existing.subnetIds].sort().join() === [...subnetIds].sort().join();
    if (same) return existing;
    throw new AwsError(
      'DuplicateLoadBalancerName',
      `A load balancer with the same name '${name}' exists, but with different settings`,
    );
  }
  const { kernel } = state;
  const id = kernel.rng('elbv2.id').hex(16);
  const host = scheme === 'internal' ? `internal-${name}` : name;
  const zones = kernel.config.zones;
  const balancer: LoadBalancer = {
    arn: kernel.arn('elasticloadbalancing', `loadbalancer/app/${name}/${id}`),
    name,
    dnsName: `${host}-${kernel.rng('elbv2.id').int(1_000_000, 1_999_999_999)}.${kernel.config.region}.elb.amazonaws.com`,
    createdTime: new Date(kernel.now),
    scheme,
    type,
    ipAddressType: input.IpAddressType ?? 'ipv4',
    subnetIds,
    securityGroups: input.SecurityGroups ?? [],
    zones: subnetIds.map((subnetId, index) => ({ zoneName: zones[index % zones.length]!, subnetId })),
    vpcId: theVpc,
    attributes: new Map(loadBalancerAttributeDefaults),
  };
  state.loadBalancers.set(balancer.arn, balancer);
  storeTags(state, balancer.arn, input.Tags);
  kernel.record('elbv2.load-balancer-created', balancer.arn);
  return balancer;
}

function select(state: Elbv2State, input: DescribeLoadBalancersInput): LoadBalancer[] {
  if (input.Names !== undefined && input.LoadBalancerArns !== undefined) {
    throw validationError('Load balancer names and load balancer ARNs cannot be specified at the same time');
  }
  const all = [...state.loadBalancers.values()];
  if (input.LoadBalancerArns !== undefined && input.LoadBalancerArns.length > 0) {
    return input.LoadBalancerArns.map((arn) => {
      const found = state.loadBalancers.get(arn);
      if (found === undefined) throw loadBalancerNotFound([arn]);
      return found;
    });
  }
  if (input.Names !== undefined && input.Names.length > 0) {
    return input.Names.map((name) => {
      const found = all.find((balancer) => balancer.name === name);
      if (found === undefined) throw loadBalancerNotFound([name]);
      return found;
    });
  }
  return all;
}

/** Deleting what is not there succeeds (API reference, DeleteLoadBalancer). Its listeners go with it. */
function remove(state: Elbv2State, arn: string): void {
  const balancer = state.loadBalancers.get(arn);
  if (balancer === undefined) return;
  if (balancer.attributes.get('deletion_protection.enabled') === 'true') {
    throw new AwsError(
      'OperationNotPermitted',
      `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
    );
  }
  for (const listener of [...state.listeners.values()]) {
    if (listener.loadBalancerArn !== arn) continue;
    for (const rule of [...state.rules.values()]) {
      if (rule.listenerArn === listener.arn) state.rules.delete(rule.arn);
    }
    state.listeners.delete(listener.arn);
  }
  state.loadBalancers.delete(arn);
  state.tags.delete(arn);
  state.kernel.record('elbv2.load-balancer-deleted', arn);
  state.routingChanged();
}

/** An ALB is `active` at once: provisioning time is of no interest to a deploy tool. */
function shape(balancer: LoadBalancer): LoadBalancerShape {
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: 'ZP97RAFLXTNZK',
    CreatedTime: balancer.createdTime,
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: { Code: 'active' },
    Type: balancer.type,
    AvailabilityZones: balancer.zones.map((zone) => ({
      ZoneName: zone.zoneName,
      SubnetId: zone.subnetId,
      LoadBalancerAddresses: [],
    })),
    SecurityGroups: [...balancer.securityGroups],
    IpAddressType: balancer.ipAddressType,
  };
}
