/** May this shift start? All reasons against it at once. Pure. */
import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import type { AlarmFact } from '../aws/alarms.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { TargetFacts } from '../aws/ecs-target-health.ts';
import {
  type ForwardLocation,
  type ForwardState,
  stickinessOf,
  type WeightSplit,
} from '../aws/elb-forward.ts';
import { headerValues, type ListenerFacts, type RuleFacts } from '../aws/elb-rules.ts';
import type { TargetGroupFacts } from '../aws/elb-target-groups.ts';
import type { ScalingFacts } from '../aws/scaling-targets.ts';
import { type Acceptable, acceptable, type ShiftRequest } from '../inputs/shift-request.ts';
import { conditionValues, hostsOf, matchesPath, pathsOf, turnsAway } from './conditions.ts';
import type { Lock } from './interrupted.ts';
import { describeSplit, groupName, shareOf } from './ladder.ts';
import { checkRun } from './preflight-run.ts';
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
  | 'job-too-short'
  | 'pre-deploy-container'
  | 'pre-deploy-failed'
  | 'pre-deploy-timed-out'
  | 'pre-deploy-not-started'
  | 'pre-deploy-cancelled'
  | 'credentials-too-short'
  | 'extra-tasks'
  | 'no-guard'
  | 'test-rule-conditions'
  | 'probe-authentication'
  | 'unreachable'
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
  /** From blue's last request to its end. */
  readonly drainMs: number;
  /** What the guard that was named turned out to be. */
  readonly guard: 'good' | 'idle' | 'missing' | undefined;
  readonly otherWork: readonly OtherWork[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How tasks of a service get work past the load balancer. */
export interface OtherWork {
  readonly service: string;
  readonly what: string;
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
    ...checkRun(facts, request),
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

/** ELB's quota of condition values for a rule. */
const mostConditionValues = 5;

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
    }
  }
  for (const { listener, rule } of othersOf(facts, request.probes.header)) {
    const name = `Port ${listener.port}, ${rule.isDefault ? 'default action' : `rule ${rule.priority}`}`;
    if (request.otherRules === 'refuse') {
      yield {
        code: 'other-rule',
        message: `${name} forwards to blue ${blueGroup.name} as well and would stay there. Shift them together by other-rules: together.`,
      };
      continue;
    }
    const strange = rule.split.filter(
      (group) => group.weight > 0 && ![blueGroup.arn, facts.greenGroup.arn].includes(group.targetGroupArn),
    );
    if (strange.length > 0 || (facts.lock === undefined && shareOf(rule.split, blueGroup.arn) !== 100)) {
      yield {
        code: 'weights-not-as-expected',
        message: `${name} is to be shifted, too, and does not send everything to blue ${blueGroup.name}: ${describeSplit(rule.split)}.`,
      };
    }
    if (stickinessOf(rule.actions) !== undefined) {
      yield {
        code: 'stickiness',
        message: `${name} keeps clients with their group: turn that off for the shift.`,
      };
    }
  }
  if (conditionValues(forward.conditions) >= mostConditionValues) {
    yield {
      code: 'test-rule-conditions',
      message: `The rule has ${conditionValues(forward.conditions)} condition values, and ELB allows ${mostConditionValues}: the test rule needs one more, for its header. Split the rule, or write the values as a pattern.`,
    };
  }
  if (facts.testRulePriority === undefined) {
    yield {
      code: 'priority-taken',
      message: `The rule has priority ${forward.priority}: the test rule needs a lower number. Move the rule up (aws elbv2 set-rule-priorities).`,
    };
  }
}

/** Rules and default actions of the load balancer, but the one that is shifted, that send traffic to blue. */
export function othersOf(
  { forward, blueGroup, greenGroup, listeners, lock }: PreflightFacts,
  header?: string,
): readonly {
  readonly listener: ListenerFacts;
  readonly rule: RuleFacts;
  readonly location: ForwardLocation;
}[] {
  return listeners.flatMap((listener) =>
    listener.rules
      .filter((rule) => {
        const isOurs =
          forward.location.kind === 'rule'
            ? rule.ruleArn === forward.location.ruleArn
            : rule.isDefault && listener.listenerArn === forward.listenerArn;
        const isTest =
          rule.ruleArn === lock?.ruleArn ||
          (header !== undefined && headerValues(rule.conditions, header) !== undefined);
        // In the middle of a shift green may have it all.
        const pair = lock === undefined ? [blueGroup.arn] : [blueGroup.arn, greenGroup.arn];
        const hasWeight = rule.split.some((group) => pair.includes(group.targetGroupArn) && group.weight > 0);
        return !isOurs && !isTest && hasWeight;
      })
      .map((rule) => ({
        listener,
        rule,
        location: rule.isDefault
          ? ({ kind: 'default-action', listenerArn: listener.listenerArn } as const)
          : ({ kind: 'rule', ruleArn: rule.ruleArn } as const),
      })),
  );
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
  if (turnsAway(facts.forward.actions)) {
    yield {
      code: 'probe-authentication',
      message:
        'The rule asks for a login before it forwards: probes have none and would be sent away. Send no probes (probe-count: 0, probes-per-step: 0) and let a check of your own (check-command) log in, or name a rule without authentication.',
    };
  }
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
