/** Is the rule one that can be shifted, and is anything else of the load balancer in the way? Pure. */
import { type ForwardLocation, stickinessOf } from '../aws/elb-forward.ts';
import { headerValues, holdsClientSecret, type ListenerFacts, type RuleFacts } from '../aws/elb-rules.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { conditionValues } from './conditions.ts';
import { describeSplit, shareOf } from './ladder.ts';
import type { PreflightFacts, Refusal } from './preflight.ts';
import { isAtRest, leaseMs } from './record.ts';

/** ELB's quota of condition values for a rule. */
const mostConditionValues = 5;

export function* checkRules(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  const { forward, blueGroup, listeners } = facts;
  for (const listener of listeners) {
    for (const rule of listener.rules) {
      if (isShifted(forward, listener, rule) || rule.ruleArn === facts.lock?.ruleArn) continue;
      // Told with its holder, below.
      if (facts.otherShifts.some((each) => each.ruleArn === rule.ruleArn)) continue;
      const ownHeader = headerValues(rule.conditions, request.probes.header) !== undefined;
      const here = listener.listenerArn === forward.listenerArn;
      if (ownHeader && (here || isOfPair(facts, rule))) {
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
  yield* checkOtherShifts(facts);
  yield* checkGreenUnused(facts, request.probes.header);
  for (const { listener, rule } of othersOf(facts, request.probes.header)) {
    const name = ruleName(listener, rule);
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
  // A rule that is there already is only given a new header.
  if (facts.lock === undefined && request.testRuleLogin === 'copy' && holdsClientSecret(forward.actions)) {
    yield {
      code: 'test-rule-login',
      message:
        'The rule logs users in by OIDC, and the test rule cannot be a copy of that: ELB asks for the client secret to make one, and shows it to nobody. With test-rule-login: none the test rule is opened by its secret header alone, without a login, for as long as the shift lasts.',
    };
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

function* checkOtherShifts({ otherShifts, now }: PreflightFacts): Generator<Refusal> {
  for (const { ruleArn, port, priority, record } of otherShifts) {
    const silent = isAtRest(record.stage) || now >= record.aliveAt + leaseMs;
    yield {
      code: 'another-shift',
      message: `${record.holder} shifts this pair already, by another rule: its test rule is ${ruleArn} (port ${port}, priority ${priority}). ${
        silent
          ? 'Nobody works on it now: go on with it, or take it back (on-interrupted: rollback-only), by the rule that it was begun with.'
          : 'Let it end.'
      }`,
    };
  }
}

function isOfPair({ blueGroup, greenGroup }: PreflightFacts, rule: RuleFacts): boolean {
  return rule.split.some((group) => [blueGroup.arn, greenGroup.arn].includes(group.targetGroupArn));
}

/** Before a shift nothing may send requests to green: they would meet it before any proof. */
function* checkGreenUnused(facts: PreflightFacts, header: string): Generator<Refusal> {
  const { forward, blueGroup, greenGroup, listeners, lock } = facts;
  if (lock !== undefined) return;
  const weightOf = (rule: RuleFacts, arn: string): number =>
    rule.split.find((group) => group.targetGroupArn === arn)?.weight ?? 0;
  for (const listener of listeners) {
    for (const rule of listener.rules) {
      // One that has blue as well is told as a rule that would have to be shifted, too.
      if (isShifted(forward, listener, rule) || weightOf(rule, blueGroup.arn) > 0) continue;
      if (facts.otherShifts.some((each) => each.ruleArn === rule.ruleArn)) continue;
      if (headerValues(rule.conditions, header) !== undefined || weightOf(rule, greenGroup.arn) === 0)
        continue;
      yield {
        code: 'other-traffic',
        message: `${ruleName(listener, rule)} forwards to green ${greenGroup.name} already: green would have those requests at weight 0, before any proof. Take green out of it, or accept other-traffic (where only tests come that way, say).`,
      };
    }
  }
}

function ruleName(listener: ListenerFacts, rule: RuleFacts): string {
  return `Port ${listener.port}, ${rule.isDefault ? 'default action' : `rule ${rule.priority}`}`;
}

function isShifted(
  { location, listenerArn }: PreflightFacts['forward'],
  listener: ListenerFacts,
  rule: RuleFacts,
): boolean {
  return location.kind === 'rule'
    ? rule.ruleArn === location.ruleArn
    : rule.isDefault && listener.listenerArn === listenerArn;
}

/** Rules and default actions of the load balancer, but the one that is shifted, that send traffic to blue. */
export function othersOf(
  { forward, blueGroup, greenGroup, listeners, lock, otherShifts }: PreflightFacts,
  header?: string,
): readonly {
  readonly listener: ListenerFacts;
  readonly rule: RuleFacts;
  readonly location: ForwardLocation;
}[] {
  return listeners.flatMap((listener) =>
    listener.rules
      .filter((rule) => {
        const isTest =
          rule.ruleArn === lock?.ruleArn ||
          otherShifts.some((each) => each.ruleArn === rule.ruleArn) ||
          (header !== undefined && headerValues(rule.conditions, header) !== undefined);
        // In the middle of a shift green may have it all.
        const pair = lock === undefined ? [blueGroup.arn] : [blueGroup.arn, greenGroup.arn];
        const hasWeight = rule.split.some((group) => pair.includes(group.targetGroupArn) && group.weight > 0);
        return !isShifted(forward, listener, rule) && !isTest && hasWeight;
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
