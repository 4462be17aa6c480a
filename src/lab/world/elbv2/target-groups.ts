/** Create, Describe, Modify and Delete of target groups. */
import type {
  CreateTargetGroupInput,
  DeleteTargetGroupInput,
  DescribeTargetGroupsInput,
  ModifyTargetGroupInput,
  TargetGroup as TargetGroupShape,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import type { Operation } from '../service.ts';
import { loadBalancersOf } from './actions.ts';
import { targetGroupAttributeDefaults } from './attribute-rules.ts';
import {
  between,
  loadBalancerArnNotFound,
  required,
  targetGroupNotFound,
  validationError,
} from './errors.ts';
import type { Elbv2State, HealthCheck, TargetGroup } from './model.ts';
import { marker, page } from './pagination.ts';
import { checkTags, storeTags, tagOnCreate } from './tags.ts';

const protocols = ['HTTP', 'HTTPS'];

export function targetGroupOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateTargetGroup: {
      mutates: true,
      permissions: (input: Partial<CreateTargetGroupInput> | undefined) => [
        {
          action: 'elasticloadbalancing:CreateTargetGroup',
          resources: [anyOfName(state, input?.Name)],
        },
        ...tagOnCreate('CreateTargetGroup', input?.Tags, anyOfName(state, input?.Name)),
      ],
      run: (input: CreateTargetGroupInput) => ({ TargetGroups: [shape(state, create(state, input))] }),
    },
    DescribeTargetGroups: {
      mutates: false,
      permissions: () => [{ action: 'elasticloadbalancing:DescribeTargetGroups', resources: ['*'] }],
      run: (input: DescribeTargetGroupsInput) => {
        const found = page(select(state, input), input);
        return { TargetGroups: found.items.map((group) => shape(state, group)), ...marker(found) };
      },
    },
    ModifyTargetGroup: {
      mutates: true,
      permissions: (input: Partial<ModifyTargetGroupInput> | undefined) => [
        { action: 'elasticloadbalancing:ModifyTargetGroup', resources: [input?.TargetGroupArn ?? '*'] },
      ],
      run: (input: ModifyTargetGroupInput) => {
        const group = findTargetGroup(state, input.TargetGroupArn);
        group.healthCheck = healthCheckFrom(input, group.healthCheck, group.targetType);
        state.kernel.record('elbv2.target-group-modified', group.arn);
        state.routingChanged(group.arn);
        return { TargetGroups: [shape(state, group)] };
      },
    },
    DeleteTargetGroup: {
      mutates: true,
      permissions: (input: Partial<DeleteTargetGroupInput> | undefined) => [
        { action: 'elasticloadbalancing:DeleteTargetGroup', resources: [input?.TargetGroupArn ?? '*'] },
      ],
      run: (input: DeleteTargetGroupInput) => {
        required(input.TargetGroupArn, 'TargetGroupArn');
        remove(state, input.TargetGroupArn!);
        return {};
      },
    },
  };
}

function anyOfName(state: Elbv2State, name: string | undefined): string {
  return state.kernel.arn('elasticloadbalancing', `targetgroup/${name ?? ''}/*`);
}

export function findTargetGroup(state: Elbv2State, arn: string | undefined): TargetGroup {
  required(arn, 'TargetGroupArn');
  const group = state.targetGroups.get(arn!);
  if (group === undefined) throw targetGroupNotFound(arn!);
  return group;
}

function create(state: Elbv2State, input: CreateTargetGroupInput): TargetGroup {
  required(input.Name, 'Name');
  const name = input.Name!;
  if (!/^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name)) {
    throw validationError(
      `Target group name '${name}' is not valid; 1 to 32 letters, digits and hyphens are allowed, no hyphen at ` +
        'either end',
    );
  }
  const targetType = input.TargetType ?? 'instance';
  if (targetType !== 'ip' && targetType !== 'instance') {
    throw validationError(`Target type '${targetType}' is not simulated by the lab; allowed: ip, instance`);
  }
  const protocol = input.Protocol;
  if (protocol === undefined || !protocols.includes(protocol)) {
    throw validationError(
      `Target group protocol '${protocol ?? ''}' must be one of '${protocols.join(', ')}'`,
    );
  }
  if (input.Port === undefined) throw validationError('A port must be specified');
  between(input.Port, 1, 65_535, 'Port');
  if (input.VpcId === undefined) throw validationError('A VPC ID must be specified');
  checkTags(input.Tags);
  const healthCheck = healthCheckFrom(input, defaultHealthCheck, targetType);
  const existing = [...state.targetGroups.values()].find((group) => group.name === name);
  if (existing !== undefined) {
    // Creating the same group again is answered with the group that is there (API reference).
    const same =
      existing.protocol === protocol &&
      existing.port === input.Port &&
      existing.vpcId === input.VpcId &&
      existing.targetType === targetType &&
      JSON.stringify(existing.healthCheck) === JSON.stringify(healthCheck);
    if (same) return existing;
    throw new AwsError(
      'DuplicateTargetGroupName',
      `A target group with the same name '${name}' exists, but with different settings`,
    );
  }
  const id = state.kernel.rng('elbv2.id').hex(16);
  const group: TargetGroup = {
    arn: state.kernel.arn('elasticloadbalancing', `targetgroup/${name}/${id}`),
    name,
    targetType,
    protocol,
    protocolVersion: input.ProtocolVersion ?? 'HTTP1',
    port: input.Port,
    vpcId: input.VpcId,
    ipAddressType: input.IpAddressType ?? 'ipv4',
    healthCheck,
    attributes: new Map(targetGroupAttributeDefaults),
    targets: new Map(),
  };
  state.targetGroups.set(group.arn, group);
  storeTags(state, group.arn, input.Tags);
  state.kernel.record('elbv2.target-group-created', group.arn);
  state.routingChanged(group.arn);
  return group;
}

/** Defaults of an ALB's target group (API reference, CreateTargetGroup). */
const defaultHealthCheck: HealthCheck = {
  enabled: true,
  protocol: 'HTTP',
  port: 'traffic-port',
  path: '/',
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: { HttpCode: '200' },
};

function healthCheckFrom(
  input: Partial<CreateTargetGroupInput> & Partial<ModifyTargetGroupInput>,
  base: HealthCheck,
  targetType: string,
): HealthCheck {
  const check: HealthCheck = {
    enabled: input.HealthCheckEnabled ?? base.enabled,
    protocol: input.HealthCheckProtocol ?? base.protocol,
    port: input.HealthCheckPort ?? base.port,
    path: input.HealthCheckPath ?? base.path,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? base.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? base.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? base.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? base.unhealthyThreshold,
    matcher: input.Matcher ?? base.matcher,
  };
  if (!check.enabled) {
    throw validationError(`Health checks cannot be disabled for target type '${targetType}'`);
  }
  if (!protocols.includes(check.protocol)) {
    throw validationError(
      `Health check protocol '${check.protocol}' must be one of '${protocols.join(', ')}'`,
    );
  }
  if (check.port !== 'traffic-port') between(Number(check.port), 1, 65_535, 'Health check port');
  if (!check.path.startsWith('/') || check.path.length > 1024) {
    throw validationError(
      `Health check path '${check.path}' must begin with a '/' character, and can have at most 1024 characters`,
    );
  }
  between(check.intervalSeconds, 5, 300, 'Health check interval');
  between(check.timeoutSeconds, 2, 120, 'Health check timeout');
  between(check.healthyThreshold, 2, 10, 'Healthy threshold count');
  between(check.unhealthyThreshold, 2, 10, 'Unhealthy threshold count');
  if (check.timeoutSeconds >= check.intervalSeconds) {
    throw validationError(
      `Health check interval '${check.intervalSeconds}' must be greater than the timeout '${check.timeoutSeconds}'`,
    );
  }
  const codes = check.matcher.HttpCode ?? '';
  if (
    check.matcher.GrpcCode === undefined &&
    !/^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/.test(codes)
  ) {
    throw validationError(`Health check matcher HTTP code '${codes}' must be within '200-499' inclusive`);
  }
  return check;
}

function select(state: Elbv2State, input: DescribeTargetGroupsInput): TargetGroup[] {
  const all = [...state.targetGroups.values()];
  const given = [input.TargetGroupArns, input.Names, input.LoadBalancerArn].filter(
    (value) => value !== undefined,
  );
  if (given.length > 1) {
    throw validationError(
      'Target group ARNs, names and a load balancer ARN cannot be specified at the same time',
    );
  }
  if (input.TargetGroupArns !== undefined && input.TargetGroupArns.length > 0) {
    return input.TargetGroupArns.map((arn) => findTargetGroup(state, arn));
  }
  if (input.Names !== undefined && input.Names.length > 0) {
    return input.Names.map((name) => {
      const group = all.find((candidate) => candidate.name === name);
      if (group === undefined)
        throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
      return group;
    });
  }
  if (input.LoadBalancerArn !== undefined) {
    const arn = input.LoadBalancerArn;
    if (!state.loadBalancers.has(arn)) throw loadBalancerArnNotFound(arn);
    return all.filter((group) => loadBalancersOf(state, group.arn).includes(arn));
  }
  return all;
}

/** Deleting what is not there succeeds (API reference). */
function remove(state: Elbv2State, arn: string): void {
  if (!state.targetGroups.has(arn)) return;
  if (loadBalancersOf(state, arn).length > 0) {
    throw new AwsError('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`);
  }
  state.targetGroups.delete(arn);
  state.tags.delete(arn);
  state.kernel.record('elbv2.target-group-deleted', arn);
  state.routingChanged(arn);
}

function shape(state: Elbv2State, group: TargetGroup): TargetGroupShape {
  const check = group.healthCheck;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol as 'HTTP' | 'HTTPS',
    ...(group.port === undefined ? {} : { Port: group.port }),
    ...(group.vpcId === undefined ? {} : { VpcId: group.vpcId }),
    HealthCheckProtocol: check.protocol as 'HTTP' | 'HTTPS',
    HealthCheckPort: check.port,
    HealthCheckEnabled: check.enabled,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    HealthCheckPath: check.path,
    Matcher: { ...check.matcher },
    LoadBalancerArns: loadBalancersOf(state, group.arn),
    TargetType: group.targetType,
    ProtocolVersion: group.protocolVersion,
    IpAddressType: group.ipAddressType as 'ipv4' | 'ipv6',
  };
}
