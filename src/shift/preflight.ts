/** May this shift start? All reasons against it at once. Pure. */
import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import type { AlarmFact } from '../aws/alarms.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { TargetFacts } from '../aws/ecs-target-health.ts';
import type { ForwardState, WeightSplit } from '../aws/elb-forward.ts';
import { headerValues, type ListenerFacts } from '../aws/elb-rules.ts';
import type { TargetGroupFacts } from '../aws/elb-target-groups.ts';
import type { ScalingFacts } from '../aws/scaling-targets.ts';
import { type Acceptable, acceptable, type ShiftRequest } from '../inputs/shift-request.ts';
import { hostsOf, matchesPath, pathsOf } from './conditions.ts';
import type { Lock } from './interrupted.ts';
import { groupName, shareOf } from './ladder.ts';
import { policiesOnOtherGroup } from './twin-scaling.ts';

export type RefusalCode =
  | Acceptable
  | 'weights-not-as-expected'
  | 'other-group-has-weight'
  | 'foreign-owner'
  | 'alarm-missing'
  | 'another-shift'
  | 'priority-taken'
  | 'protocol-mismatch'
  | 'network-mismatch'
  | 'target-type'
  | 'green-service-missing'
  | 'green-service-elsewhere'
  | 'blue-service-elsewhere'
  | 'blue-service-missing'
  | 'task-definition-missing'
  | 'scaling-limit'
  | 'scaling-would-fight'
  | 'blue-deploying'
  | 'interrupted-shift'
  | 'blue-unhealthy'
  | 'green-empty'
  | 'probe-path'
  | 'probe-host';

export interface Refusal {
  readonly code: RefusalCode;
  /** What is, and what would have to be. */
  readonly message: string;
}

export interface PreflightFacts {
  readonly forward: ForwardState;
  readonly listeners: readonly ListenerFacts[];
  readonly blueGroup: TargetGroupFacts;
  readonly greenGroup: TargetGroupFacts;
  readonly blueTargets: readonly TargetFacts[];
  readonly greenTargets: readonly TargetFacts[];
  readonly blueService: ServiceFacts | undefined;
  readonly greenService: ServiceFacts | undefined;
  /** Of the task definition asked for, or green's own where none was; undefined where it does not exist. */
  readonly taskDefinitionArn: string | undefined;
  readonly scaling: readonly ScalingFacts[];
  readonly bluePolicies: readonly ScalingPolicy[];
  readonly greenPolicies: readonly ScalingPolicy[];
  /** A shift that is there already, and that this run goes on with. */
  readonly lock: Lock | undefined;
  readonly alarms: readonly AlarmFact[];
  /** Of the test rule to come; undefined where production's rule leaves no number below its own. */
  readonly testRulePriority: number | undefined;
  readonly probePaths: readonly string[];
  /** Tasks that green is to run. */
  readonly desiredCount: number;
}

/** Which of the rule's groups serves now, and which is to come. */
export type Colours =
  | { readonly kind: 'found'; readonly blueArn: string; readonly greenArn: string }
  | { readonly kind: 'unclear'; readonly reason: string };

/**
 * The inputs name a pair, and colours swap from release to release: blue is the one that serves now, whatever
 * it is called. Groups that are not named are found in the rule: exactly two, one of them with all the weight.
 */
export function findColours(
  split: WeightSplit,
  namedBlueArn: string | undefined,
  namedGreenArn: string | undefined,
): Colours {
  const weighted = split.filter((group) => group.weight > 0);
  const swapped =
    namedGreenArn !== undefined && weighted.length === 1 && weighted[0]!.targetGroupArn === namedGreenArn;
  const [blueArn, greenArn] = swapped ? [namedGreenArn, namedBlueArn] : [namedBlueArn, namedGreenArn];
  if (blueArn !== undefined && greenArn !== undefined) {
    return blueArn === greenArn
      ? { kind: 'unclear', reason: 'Blue and green are the same target group.' }
      : { kind: 'found', blueArn, greenArn };
  }
  const shown = split.map((group) => `${groupName(group.targetGroupArn)} ${group.weight}`).join(', ');
  const blue =
    blueArn ??
    (weighted.length === 1 && weighted[0]!.targetGroupArn !== greenArn
      ? weighted[0]!.targetGroupArn
      : undefined);
  const others = split.filter((group) => group.targetGroupArn !== blue);
  const green = greenArn ?? (others.length === 1 ? others[0]!.targetGroupArn : undefined);
  if (blue === undefined || green === undefined) {
    return {
      kind: 'unclear',
      reason: `The rule forwards to ${shown}: that does not show which group is ${blue === undefined ? 'blue (exactly one with weight)' : 'green (exactly one other)'}. Name it by input.`,
    };
  }
  return { kind: 'found', blueArn: blue, greenArn: green };
}

export function preflight(facts: PreflightFacts, request: ShiftRequest): readonly Refusal[] {
  const found = [
    ...checkWeights(facts),
    ...checkRules(facts, request),
    ...checkGroups(facts),
    ...checkServices(facts, request),
    ...checkAlarms(facts),
    ...checkProbes(facts, request),
  ];
  return found.filter(({ code }) => !(isAcceptable(code) && request.accept.includes(code)));
}

function isAcceptable(code: RefusalCode): code is Acceptable {
  return (acceptable as readonly string[]).includes(code);
}

function* checkWeights({ forward, blueGroup, greenGroup, lock }: PreflightFacts): Generator<Refusal> {
  const { split } = forward;
  const blueShare = shareOf(split, blueGroup.arn);
  const greenShare = shareOf(split, greenGroup.arn);
  const others = split.filter(
    (group) =>
      group.weight > 0 && group.targetGroupArn !== blueGroup.arn && group.targetGroupArn !== greenGroup.arn,
  );
  if (others.length > 0) {
    yield {
      code: 'other-group-has-weight',
      message: `The rule also sends traffic to ${others.map((group) => groupName(group.targetGroupArn)).join(', ')}; a shift moves traffic between two groups only. Set the others to 0 first.`,
    };
  } else if (lock === undefined && (blueShare !== 100 || greenShare !== 0)) {
    yield {
      code: 'weights-not-as-expected',
      message: `Blue ${blueGroup.name} has ${Math.round(blueShare)} % of the traffic and green ${greenGroup.name} has ${Math.round(greenShare)} %; a shift starts from 100 and 0. The rollback action with to: weights and the target group ${blueGroup.arn} gives blue all of it.`,
    };
  }
  if (forward.stickinessSeconds !== undefined) {
    yield {
      code: 'stickiness',
      message: `The rule keeps clients with their group for ${forward.stickinessSeconds} s (target group stickiness): new weights would not reach them. Turn it off for the shift.`,
    };
  }
  const sticky = [blueGroup, greenGroup].filter((group) => group.sticky);
  if (sticky.length > 0) {
    yield {
      code: 'stickiness',
      message: `${sticky.map((group) => group.name).join(' and ')} ${sticky.length === 1 ? 'has' : 'have'} sticky sessions: ELB wants stickiness between groups with that, which hides the shift. Turn it off for the shift.`,
    };
  }
}

function* checkRules(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  const { forward, blueGroup, listeners } = facts;
  for (const listener of listeners) {
    for (const rule of listener.rules) {
      const isOurs =
        forward.location.kind === 'rule'
          ? rule.ruleArn === forward.location.ruleArn
          : rule.isDefault && listener.listenerArn === forward.listenerArn;
      if (isOurs || rule.ruleArn === facts.lock?.ruleArn) continue;
      const ownHeader = headerValues(rule.conditions, request.probes.header) !== undefined;
      if (listener.listenerArn === forward.listenerArn && ownHeader) {
        yield {
          code: 'another-shift',
          message: `The rule ${rule.ruleArn} (priority ${rule.priority}) opens with the header of probes, and its tags say nothing of who made it: another shift may be in progress. If none is running: check the weights, then aws elbv2 delete-rule --rule-arn ${rule.ruleArn}`,
        };
      } else if (
        listener.listenerArn === forward.listenerArn &&
        rule.priority === String(facts.testRulePriority)
      ) {
        yield {
          code: 'priority-taken',
          message: `Priority ${rule.priority} of the listener is taken by ${rule.ruleArn}; the test rule needs it. Name a free one below production's by test-rule-priority.`,
        };
      }
      if (
        !ownHeader &&
        rule.split.some((group) => group.targetGroupArn === blueGroup.arn && group.weight > 0)
      ) {
        yield {
          code: 'other-rule',
          message: `Port ${listener.port}, ${rule.isDefault ? 'default action' : `rule ${rule.priority}`} forwards to blue ${blueGroup.name} as well and would stay there.`,
        };
      }
    }
  }
  if (facts.testRulePriority === undefined) {
    yield {
      code: 'priority-taken',
      message: `The rule has priority ${forward.priority}: the test rule needs a lower number. Move the rule up (aws elbv2 set-rule-priorities).`,
    };
  }
}

function* checkGroups({ blueGroup: blue, greenGroup: green }: PreflightFacts): Generator<Refusal> {
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
  // Between instances and addresses the group's port is only a default: targets bring their own.
  if (blue.targetType === green.targetType && blue.port !== green.port) {
    yield {
      code: 'port-mismatch',
      message: `${blue.name} has port ${blue.port}, ${green.name} port ${green.port}.`,
    };
  }
  const check = joined([
    compare('path', blue.healthCheck.path, green.healthCheck.path),
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

function* checkServices(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  const { blueService, greenService, blueGroup, greenGroup } = facts;
  for (const service of [blueService, greenService]) {
    if (service === undefined) continue;
    if (service.controller !== 'ECS' || service.strategy !== 'ROLLING') {
      yield {
        code: 'foreign-owner',
        message: `Service ${service.name} shifts its traffic itself (controller ${service.controller}, strategy ${service.strategy}): two owners of the weights would fight.`,
      };
    }
  }
  if (request.blueService !== undefined && blueService === undefined) {
    yield {
      code: 'blue-service-missing',
      message: `There is no active service ${request.blueService} in cluster ${request.cluster}.`,
    };
  }
  const managed = request.cluster !== undefined;
  if (managed && greenService === undefined && blueService === undefined) {
    yield {
      code: 'green-service-missing',
      message: `No service in cluster ${request.cluster} is registered in ${greenGroup.name}${request.greenService === undefined ? '' : `, and ${request.greenService} does not exist`}; without a blue service there is nothing to make it of. Create it once, with ${greenGroup.name} as its target group.`,
    };
  }
  const sides = [
    ['blue-service-elsewhere', blueService, blueGroup],
    ['green-service-elsewhere', greenService, greenGroup],
  ] as const;
  for (const [code, service, group] of sides) {
    const groups = service?.loadBalancers.map((entry) => entry.targetGroupArn) ?? [];
    if (service === undefined || groups.includes(group.arn)) continue;
    yield {
      code,
      message: `Service ${service.name} is not registered in ${group.name} but in ${groups.map(groupName).join(', ') || 'no target group'}.`,
    };
  }
  if (managed && greenGroup.targetType !== 'ip' && greenService === undefined) {
    yield {
      code: 'target-type',
      message: `${greenGroup.name} takes targets of type ${greenGroup.targetType}; Fargate tasks need ip.`,
    };
  }
  if (managed && facts.taskDefinitionArn === undefined) {
    yield {
      code: 'task-definition-missing',
      message:
        request.taskDefinition === undefined
          ? 'Nothing says what green is to run: give task-definition.'
          : `There is no active task definition ${request.taskDefinition.kind === 'file' ? request.taskDefinition.path : request.taskDefinition.name}.`,
    };
  }
  for (const target of facts.scaling) {
    if (greenService !== undefined && target.resourceId.endsWith(`/${greenService.name}`)) {
      if (target.maxCapacity < facts.desiredCount) {
        yield {
          code: 'scaling-limit',
          message: `${target.resourceId} scales to ${target.maxCapacity} at most, green needs ${facts.desiredCount}.`,
        };
      }
    }
  }
  const wrongGroup = policiesOnOtherGroup(facts.greenPolicies, greenGroup.arn);
  if (wrongGroup.length > 0) {
    yield {
      code: 'scaling-would-fight',
      message: `Scaling policy ${wrongGroup.join(', ')} of green's service counts requests of another target group: green would be scaled by blue's traffic. Give it the resource label of ${greenGroup.name}.`,
    };
  }
  const updating = blueService?.deployments.filter((each) => each.rolloutState === 'IN_PROGRESS') ?? [];
  if (facts.lock === undefined && updating.length > 0) {
    yield {
      code: 'blue-deploying',
      message: `Service ${blueService?.name} is being deployed just now: what blue is would change under the shift. Wait for it, or stop it.`,
    };
  }
  if (facts.lock === undefined && healthyCount(facts.blueTargets) === 0) {
    yield {
      code: 'blue-unhealthy',
      message: `Blue ${blueGroup.name} has no healthy target: there would be no way back.`,
    };
  }
  if (!managed && healthyCount(facts.greenTargets) === 0) {
    yield {
      code: 'green-empty',
      message: `Green ${greenGroup.name} has no healthy target, and no cluster is named in which a service could fill it.`,
    };
  }
}

function* checkAlarms({ alarms }: PreflightFacts): Generator<Refusal> {
  for (const alarm of alarms) {
    if (alarm.state === 'missing') {
      yield { code: 'alarm-missing', message: `There is no alarm ${alarm.name}.` };
    }
    if (alarm.state === 'ALARM') {
      yield {
        code: 'alarm-active',
        message: `${alarm.name} is in ALARM already${alarm.reason === undefined ? '' : ` (${alarm.reason})`}: it could not tell a bad green from what is wrong now.`,
      };
    }
  }
}

function* checkProbes(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  if (request.probes.count === 0 && request.probes.perStep === 0) return;
  const patterns = pathsOf(facts.forward.conditions);
  const unmatched = facts.probePaths.filter((path) => !matchesPath(path, patterns));
  if (unmatched.length > 0) {
    yield {
      code: 'probe-path',
      message: `The rule takes ${patterns.join(', ')} only: probes of ${unmatched.join(', ')} would never reach green. Give probe-paths that it takes.`,
    };
  }
  const hosts = hostsOf(facts.forward.conditions);
  if (hosts.length > 0 && hosts.every((host) => /[*?]/.test(host)) && request.probes.host === undefined) {
    yield {
      code: 'probe-host',
      message: `The rule takes hosts by pattern (${hosts.join(', ')}): give one of them as probe-host.`,
    };
  }
}

export function healthyCount(targets: readonly { readonly state: string }[]): number {
  return targets.filter((target) => target.state === 'healthy').length;
}
