/**
 * What must be true of the world at every tick, whatever a deployment does. Pure: each check reads one
 * observation (or two that follow each other) and returns what is violated, in words.
 */
import type { RouteAction, RoutingReader, RuleConditionRoute, TargetGroupRoute } from './contracts.ts';

export interface Violation {
  readonly invariant:
    | 'live-traffic-has-a-healthy-target'
    | 'weights-stay-on-the-ladder'
    | 'foreign-groups-stay'
    | 'foreign-fields-stay'
    | 'foreign-rules-stay'
    | 'blue-is-whole-while-weighted';
  /** ARN of the rule or target group. */
  readonly subject: string;
  readonly message: string;
}

export interface RoutedRule {
  readonly ruleArn: string;
  readonly listenerArn: string;
  readonly conditions: readonly RuleConditionRoute[];
  readonly action: RouteAction;
}

/** What the checks look at: a plain copy, so that two ticks can be compared. */
export interface RoutingObservation {
  readonly atMs: number;
  readonly rules: readonly RoutedRule[];
  readonly groups: ReadonlyMap<string, TargetGroupRoute>;
}

export function observeRouting(routing: RoutingReader, atMs: number): RoutingObservation {
  return {
    atMs,
    rules: routing
      .routingTable()
      .listeners.flatMap(({ listenerArn, rules }) =>
        rules.map(({ ruleArn, conditions, action }) => ({ ruleArn, listenerArn, conditions, action })),
      ),
    groups: new Map(routing.targetGroups().map((group) => [group.targetGroupArn, group])),
  };
}

const healthyCount = (observation: RoutingObservation, arn: string): number =>
  observation.groups.get(arn)?.targets.filter((target) => target.state === 'healthy').length ?? 0;

const total = (weights: readonly { readonly weight: number }[]): number =>
  weights.reduce((sum, { weight }) => sum + weight, 0);

/** Live traffic never meets a target group without a healthy target while another of the rule has one. */
export function liveTrafficHasHealthyTarget(observation: RoutingObservation): readonly Violation[] {
  const violations: Violation[] = [];
  for (const { ruleArn, action } of observation.rules) {
    if (action.kind !== 'forward') continue;
    const healthy = action.groups.filter((group) => healthyCount(observation, group.targetGroupArn) > 0);
    if (healthy.length === 0) continue;
    for (const group of action.groups) {
      if (group.weight === 0 || healthy.includes(group)) continue;
      violations.push({
        invariant: 'live-traffic-has-a-healthy-target',
        subject: ruleArn,
        message: `weight ${group.weight} of ${total(action.groups)} goes to ${group.targetGroupArn}, which has no healthy target`,
      });
    }
  }
  return violations;
}

/**
 * The share of green is one of those that the ladder names.
 *
 * @param greenPercents allowed shares, 0 and 100 included where they are allowed
 */
export function weightsOnLadder(
  observation: RoutingObservation,
  ruleArn: string,
  greenArn: string,
  greenPercents: readonly number[],
): readonly Violation[] {
  const violations: Violation[] = [];
  for (const rule of observation.rules) {
    if (rule.ruleArn !== ruleArn || rule.action.kind !== 'forward') continue;
    const { groups } = rule.action;
    const green = groups.filter((group) => group.targetGroupArn === greenArn);
    const all = total(groups);
    const percent = all === 0 ? 0 : (100 * total(green)) / all;
    if (all > 0 && greenPercents.some((allowed) => Math.abs(allowed - percent) < 1e-9)) continue;
    violations.push({
      invariant: 'weights-stay-on-the-ladder',
      subject: ruleArn,
      message:
        all === 0
          ? 'every weight is 0: the rule answers nothing but 503'
          : `green has ${percent} % of the weight; allowed: ${greenPercents.join(', ')}`,
    });
  }
  return violations;
}

/**
 * Groups of the rule that are not the kit's keep their weight, the rule keeps its conditions and stickiness,
 * and rules that are not the kit's keep everything.
 */
export function foreignStays(
  before: RoutingObservation,
  after: RoutingObservation,
  ours: { readonly ruleArns: readonly string[]; readonly targetGroupArns: readonly string[] },
): readonly Violation[] {
  const violations: Violation[] = [];
  const later = new Map(after.rules.map((rule) => [rule.ruleArn, rule]));
  for (const rule of before.rules) {
    const { ruleArn, action } = rule;
    const laterRule = later.get(ruleArn);
    const now = laterRule?.action;
    if (!ours.ruleArns.includes(ruleArn)) {
      if (JSON.stringify(laterRule) !== JSON.stringify(rule))
        violations.push({
          invariant: 'foreign-rules-stay',
          subject: ruleArn,
          message: now === undefined ? 'the rule is gone' : 'the rule changed',
        });
      continue;
    }
    const [was, is] = [
      foreignWeights(action, ours.targetGroupArns),
      foreignWeights(now, ours.targetGroupArns),
    ];
    if (laterRule !== undefined && ownFields(rule) !== ownFields(laterRule))
      violations.push({
        invariant: 'foreign-fields-stay',
        subject: ruleArn,
        message: 'conditions or stickiness of the rule changed',
      });
    for (const arn of new Set([...was.keys(), ...is.keys()])) {
      if (was.get(arn) === is.get(arn)) continue;
      violations.push({
        invariant: 'foreign-groups-stay',
        subject: ruleArn,
        message: `the weight of ${arn} went from ${was.get(arn) ?? 'absent'} to ${is.get(arn) ?? 'absent'}`,
      });
    }
  }
  return violations;
}

/** All of a rule but its weights. */
function ownFields({ conditions, action }: RoutedRule): string {
  const stickiness = action.kind === 'forward' ? (action.stickinessSeconds ?? null) : null;
  return JSON.stringify([conditions, action.kind, stickiness]);
}

function foreignWeights(
  action: RouteAction | undefined,
  ours: readonly string[],
): ReadonlyMap<string, number> {
  if (action?.kind !== 'forward') return new Map();
  const foreign = action.groups.filter((group) => !ours.includes(group.targetGroupArn));
  return new Map(foreign.map((group) => [group.targetGroupArn, group.weight]));
}

/**
 * While blue has weight it is not drained: no healthy target of it starts draining or leaves, and none is
 * taken away. Targets that fail by themselves are another matter.
 */
export function blueStaysWhole(
  before: RoutingObservation,
  after: RoutingObservation,
  ruleArn: string,
  blueArn: string,
): readonly Violation[] {
  const action = after.rules.find((rule) => rule.ruleArn === ruleArn)?.action;
  const weight =
    action?.kind === 'forward' ? action.groups.find((group) => group.targetGroupArn === blueArn)?.weight : 0;
  if (weight === undefined || weight === 0) return [];
  const now = new Map(
    after.groups.get(blueArn)?.targets.map((target) => [`${target.id}:${target.port}`, target.state]),
  );
  const violations: Violation[] = [];
  for (const target of before.groups.get(blueArn)?.targets ?? []) {
    const state = now.get(`${target.id}:${target.port}`);
    if (target.state !== 'healthy' || (state !== undefined && state !== 'draining')) continue;
    violations.push({
      invariant: 'blue-is-whole-while-weighted',
      subject: blueArn,
      message: `${target.id}:${target.port} is ${state ?? 'gone'} while blue has weight ${weight}`,
    });
  }
  return violations;
}
