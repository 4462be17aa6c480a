/** May this shift start? All reasons against it at once. Pure. */
import type { ScalingPolicy } from '@aws-sdk/client-application-auto-scaling';
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { AlarmFact } from '../aws/alarms.ts';
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { TargetFacts } from '../aws/ecs-target-health.ts';
import type { ForwardState, WeightSplit } from '../aws/elb-forward.ts';
import type { ListenerFacts } from '../aws/elb-rules.ts';
import type { TargetGroupFacts } from '../aws/elb-target-groups.ts';
import type { ScalingFacts } from '../aws/scaling-targets.ts';
import { type Acceptable, acceptable, type ShiftRequest } from '../inputs/shift-request.ts';
import { hostsOf, matchesPath, pathsOf, turnsAway } from './conditions.ts';
import type { GuardVerdict } from './guard.ts';
import type { Lock } from './interrupted.ts';
import { groupName, shareOf } from './ladder.ts';
import type { OtherShift } from './other-shifts.ts';
import type { Owner } from './owners.ts';
import { checkGroups } from './preflight-groups.ts';
import { checkRules } from './preflight-rules.ts';
import { checkRun } from './preflight-run.ts';
import { checkServices } from './preflight-services.ts';
import { checkProbeTask } from './probe-task-plan.ts';

export type RefusalCode =
  | Acceptable
  | 'nothing-rests'
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
  | 'one-service'
  | 'no-twin'
  | 'green-service-elsewhere'
  | 'green-group-elsewhere'
  | 'blue-service-elsewhere'
  | 'blue-service-missing'
  | 'blue-not-scalable'
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
  | 'credentials-too-short'
  | 'extra-tasks'
  | 'no-guard'
  | 'test-rule-conditions'
  | 'probe-authentication'
  | 'test-rule-login'
  | 'unreachable'
  | 'blue-unhealthy'
  | 'green-empty'
  | 'probe-path'
  | 'probe-host'
  | 'probe-task'
  | 'stale-commit'
  | 'outside-window'
  | 'breaking-schema-unmarked';

/** What speaks against a shift. */
export interface Finding {
  /** Stable, with a part in docs/troubleshooting.md. */
  readonly code: string;
  /** What is, and what would have to be. */
  readonly message: string;
}

/** One of the preflight. */
export interface Refusal extends Finding {
  readonly code: RefusalCode;
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
  /** Services that shift the weights of the pair, or of the rule, themselves. */
  readonly owners: readonly Owner[];
  /** Why other owners could not be looked for; undefined where they were. */
  readonly ownersUnseen: string | undefined;
  /** Of the same pair, by other rules. */
  readonly otherShifts: readonly OtherShift[];
  readonly alarms: readonly AlarmFact[];
  /** Of the test rule to come; undefined where production's rule leaves no number below its own. */
  readonly testRulePriority: number | undefined;
  readonly probePaths: readonly string[];
  /** What the probe task runs; undefined where there is none, or none was asked for. */
  readonly probeDefinition: TaskDefinition | undefined;
  /** Tasks that green is to run. */
  readonly desiredCount: number;
  /** From blue's last request to its end. */
  readonly drainMs: number;
  /** What the guard that was named turned out to be. */
  readonly guard: GuardVerdict | undefined;
  readonly otherWork: readonly OtherWork[];
  /** Where green is to be made: why it cannot be a twin of blue. */
  readonly untwinnable: readonly string[];
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
  if (request.testRuleLogin === 'copy' && turnsAway(facts.forward.actions)) {
    yield {
      code: 'probe-authentication',
      message:
        'The rule asks for a login before it forwards: probes have none and would be sent away. Send no probes (probe-count: 0, probes-per-step: 0) and let a check of your own (check-command) log in, or open the test rule by its secret header alone (test-rule-login: none).',
    };
  }
  yield* checkProbeTask(facts, request);
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
