/** RegisterTargets, DeregisterTargets and DescribeTargetHealth. */
import type {
  DeregisterTargetsInput,
  DescribeTargetHealthInput,
  RegisterTargetsInput,
  TargetDescription,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import type { TargetState } from '../contracts.ts';
import type { Operation } from '../service.ts';
import { between, required, validationError } from './errors.ts';
import { type Elbv2State, type TargetGroup, targetKey } from './model.ts';
import { findTargetGroup } from './target-groups.ts';
import { notRegistered, type TargetHealth } from './target-health.ts';

export function targetOperations(state: Elbv2State, health: TargetHealth): Record<string, Operation> {
  return {
    RegisterTargets: {
      mutates: true,
      permissions: (input: Partial<RegisterTargetsInput> | undefined) => [
        { action: 'elasticloadbalancing:RegisterTargets', resources: [input?.TargetGroupArn ?? '*'] },
      ],
      run: (input: RegisterTargetsInput) => {
        const group = findTargetGroup(state, input.TargetGroupArn);
        required(input.Targets, 'Targets');
        const resolved = input.Targets!.map((target) => resolve(state, group, target));
        for (const { id, port, zone } of resolved) health.register(group, id, port, zone);
        return {};
      },
    },
    DeregisterTargets: {
      mutates: true,
      permissions: (input: Partial<DeregisterTargetsInput> | undefined) => [
        { action: 'elasticloadbalancing:DeregisterTargets', resources: [input?.TargetGroupArn ?? '*'] },
      ],
      run: (input: DeregisterTargetsInput) => {
        const group = findTargetGroup(state, input.TargetGroupArn);
        required(input.Targets, 'Targets');
        for (const target of input.Targets!) {
          required(target.Id, 'Id');
          for (const present of matching(group, target)) {
            health.deregister(group, present.id, present.port, () => {});
          }
        }
        return {};
      },
    },
    DescribeTargetHealth: {
      mutates: false,
      permissions: () => [{ action: 'elasticloadbalancing:DescribeTargetHealth', resources: ['*'] }],
      run: (input: DescribeTargetHealthInput) => {
        const group = findTargetGroup(state, input.TargetGroupArn);
        const asked = input.Targets;
        if (asked === undefined || asked.length === 0) {
          return {
            TargetHealthDescriptions: [...group.targets.values()].map((target) =>
              description(group, target.id, target.port, target.zone, target.health),
            ),
          };
        }
        return {
          TargetHealthDescriptions: asked.map((target) => {
            required(target.Id, 'Id');
            const port = target.Port ?? group.port!;
            const present = group.targets.get(targetKey(target.Id!, port));
            return description(group, target.Id!, port, present?.zone, present?.health ?? notRegistered);
          }),
        };
      },
    },
  };
}

/** All registrations of the id where no port is given (API reference, DeregisterTargets). */
function matching(group: TargetGroup, target: TargetDescription): { id: string; port: number }[] {
  return [...group.targets.values()].filter(
    (present) => present.id === target.Id && (target.Port === undefined || present.port === target.Port),
  );
}

function resolve(
  state: Elbv2State,
  group: TargetGroup,
  target: TargetDescription,
): { id: string; port: number; zone: string } {
  required(target.Id, 'Id');
  const id = target.Id!;
  const port = target.Port ?? group.port!;
  between(port, 1, 65_535, 'Target port');
  if (group.targetType === 'ip') {
    const octets = id.split('.').map(Number);
    const valid = octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255);
    if (!valid) throw validationError(`The IP address '${id}' is not a valid IPv4 address`);
  } else if (!/^i-[0-9a-f]{8,17}$/.test(id)) {
    throw new AwsError(
      'InvalidTarget',
      `The following targets are not in a running state and cannot be registered: '${id}'`,
    );
  }
  const zones = state.kernel.config.zones;
  const zone = target.AvailabilityZone ?? zones[group.targets.size % zones.length]!;
  if (zone !== 'all' && !zones.includes(zone)) {
    throw validationError(`The Availability Zone '${zone}' is not valid; allowed: ${zones.join(', ')}, all`);
  }
  return { id, port, zone };
}

function description(
  group: TargetGroup,
  id: string,
  port: number,
  zone: string | undefined,
  health: TargetState,
): TargetHealthDescription {
  const checkPort = group.healthCheck.port === 'traffic-port' ? String(port) : group.healthCheck.port;
  return {
    Target: {
      Id: id,
      Port: port,
      ...(zone === undefined || group.targetType !== 'ip' ? {} : { AvailabilityZone: zone }),
    },
    HealthCheckPort: checkPort,
    TargetHealth: {
      State: health.state,
      ...(health.reason === undefined
        ? {}
        : { Reason: health.reason as 'Target.NotRegistered', Description: health.description ?? '' }),
    },
  };
}
