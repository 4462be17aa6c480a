/** Create, Describe, Modify, Delete and SetRulePriorities of listener rules. */

import type {
  CreateRuleInput,
  DeleteRuleInput,
  DescribeRulesInput,
  ModifyRuleInput,
  Rule as RuleShape,
  SetRulePrioritiesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.ts';
import { copyData } from '../plain-data.ts';
import type { Operation } from '../service.ts';
import { describeActions, normaliseActions } from './actions.ts';
import { poolPermissions, withoutSecrets } from './authentication.ts';
import { normaliseConditions } from './conditions.ts';
import { between, required, ruleNotFound, validationError } from './errors.ts';
import { findListener } from './listeners.ts';
import { type Elbv2State, type Rule, ruleOf } from './model.ts';
import { marker, page } from './pagination.ts';
import { checkTags, storeTags, tagOnCreate } from './tags.ts';

/** ELB quota "Rules per Application Load Balancer, not counting default rules". */
const maxRules = 100;

export function ruleOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateRule: {
      mutates: true,
      permissions: (input: Partial<CreateRuleInput> | undefined) => [
        { action: 'elasticloadbalancing:CreateRule', resources: [input?.ListenerArn ?? '*'] },
        ...tagOnCreate('CreateRule', input?.Tags, `${ruleArn(input?.ListenerArn ?? '*')}/*`),
        ...poolPermissions(input?.Actions),
      ],
      run: (input: CreateRuleInput) => ({ Rules: [shape(create(state, input))] }),
    },
    DescribeRules: {
      mutates: false,
      permissions: () => [{ action: 'elasticloadbalancing:DescribeRules', resources: ['*'] }],
      run: (input: DescribeRulesInput) => {
        const found = page(select(state, input), input);
        return { Rules: found.items.map(shape), ...marker(found) };
      },
    },
    ModifyRule: {
      mutates: true,
      permissions: (input: Partial<ModifyRuleInput> | undefined) => [
        { action: 'elasticloadbalancing:ModifyRule', resources: [input?.RuleArn ?? '*'] },
        ...poolPermissions(input?.Actions),
      ],
      run: (input: ModifyRuleInput) => ({ Rules: [shape(modify(state, input))] }),
    },
    DeleteRule: {
      mutates: true,
      permissions: (input: Partial<DeleteRuleInput> | undefined) => [
        { action: 'elasticloadbalancing:DeleteRule', resources: [input?.RuleArn ?? '*'] },
      ],
      run: (input: DeleteRuleInput) => {
        const rule = findRule(state, input.RuleArn);
        if (rule.priority === 'default') {
          throw new AwsError('OperationNotPermitted', `Default rule '${rule.arn}' cannot be deleted`);
        }
        state.rules.delete(rule.arn);
        state.tags.delete(rule.arn);
        state.kernel.record('elbv2.rule-deleted', rule.arn);
        state.routingChanged();
        return {};
      },
    },
    SetRulePriorities: {
      mutates: true,
      permissions: (input: Partial<SetRulePrioritiesInput> | undefined) => [
        {
          action: 'elasticloadbalancing:SetRulePriorities',
          resources: (input?.RulePriorities ?? []).map((pair) => pair.RuleArn ?? '*'),
        },
      ],
      run: (input: SetRulePrioritiesInput) => ({ Rules: setPriorities(state, input).map(shape) }),
    },
  };
}

function findRule(state: Elbv2State, arn: string | undefined): Rule {
  required(arn, 'RuleArn');
  const known = ruleOf(state, arn!);
  if (known === undefined) throw ruleNotFound(arn!);
  return known;
}

/** The rule's ARN without its own id. */
function ruleArn(listenerArn: string): string {
  return listenerArn.replace(':listener/', ':listener-rule/');
}

function priorityInUse(priority: number): AwsError {
  return new AwsError('PriorityInUse', `Priority '${priority}' is currently in use`);
}

function create(state: Elbv2State, input: CreateRuleInput): Rule {
  const listener = findListener(state, input.ListenerArn);
  required(input.Priority, 'Priority');
  const priority = input.Priority!;
  between(priority, 1, 50_000, 'Priority');
  const conditions = normaliseConditions(input.Conditions);
  const actions = normaliseActions(state, listener, input.Actions);
  checkTags(input.Tags);
  const siblings = [...state.rules.values()].filter((rule) => rule.listenerArn === listener.arn);
  if (siblings.some((rule) => rule.priority === priority)) throw priorityInUse(priority);
  if (siblings.length >= maxRules) {
    throw new AwsError('TooManyRules', `The maximum number of rules on a load balancer is '${maxRules}'`);
  }
  const id = state.kernel.rng('elbv2.id').hex(16);
  const rule: Rule = {
    arn: `${ruleArn(listener.arn)}/${id}`,
    listenerArn: listener.arn,
    priority,
    conditions,
    actions,
  };
  state.rules.set(rule.arn, rule);
  storeTags(state, rule.arn, input.Tags);
  state.kernel.record('elbv2.rule-created', rule.arn, { priority, actions: describeActions(actions) });
  state.routingChanged();
  return rule;
}

function select(state: Elbv2State, input: DescribeRulesInput): Rule[] {
  if (input.RuleArns !== undefined && input.RuleArns.length > 0) {
    if (input.ListenerArn !== undefined) {
      throw validationError('You cannot specify both a listener ARN and rule ARNs');
    }
    return input.RuleArns.map((arn) => findRule(state, arn));
  }
  if (input.ListenerArn === undefined) {
    throw validationError('You must specify either listener rule ARNs or a listener ARN');
  }
  return rulesOf(state, input.ListenerArn);
}

/** Rules of a listener in the order in which they are evaluated, the default rule last. */
export function rulesOf(state: Elbv2State, listenerArn: string): Rule[] {
  const listener = findListener(state, listenerArn);
  const rules = [...state.rules.values()].filter((rule) => rule.listenerArn === listenerArn);
  rules.sort((one, other) => Number(one.priority) - Number(other.priority));
  return [...rules, listener.defaultRule];
}

/** Lists given replace the stored ones whole; lists not given stay (API reference, ModifyRule). */
function modify(state: Elbv2State, input: ModifyRuleInput): Rule {
  const rule = findRule(state, input.RuleArn);
  const listener = findListener(state, rule.listenerArn);
  if (rule.priority === 'default') {
    throw new AwsError(
      'OperationNotPermitted',
      `Default rule '${rule.arn}' cannot be modified; use ModifyListener to change the default actions`,
    );
  }
  if (input.Conditions === undefined && input.Actions === undefined) {
    throw validationError('Either conditions or actions must be specified');
  }
  const conditions = input.Conditions === undefined ? rule.conditions : normaliseConditions(input.Conditions);
  const actions =
    input.Actions === undefined
      ? rule.actions
      : normaliseActions(state, { ...listener, previous: rule.actions }, input.Actions);
  rule.conditions = conditions;
  rule.actions = actions;
  state.kernel.record('elbv2.rule-modified', rule.arn, { actions: describeActions(actions) });
  state.routingChanged();
  return rule;
}

function setPriorities(state: Elbv2State, input: SetRulePrioritiesInput): Rule[] {
  required(input.RulePriorities, 'RulePriorities');
  const changes = new Map<Rule, number>();
  for (const pair of input.RulePriorities!) {
    const rule = findRule(state, pair.RuleArn);
    if (rule.priority === 'default') {
      throw new AwsError(
        'OperationNotPermitted',
        `The priority of default rule '${rule.arn}' cannot be modified`,
      );
    }
    required(pair.Priority, 'Priority');
    between(pair.Priority!, 1, 50_000, 'Priority');
    changes.set(rule, pair.Priority!);
  }
  for (const [rule, priority] of changes) {
    for (const other of state.rules.values()) {
      if (other === rule || other.listenerArn !== rule.listenerArn) continue;
      if ((changes.get(other) ?? other.priority) === priority) throw priorityInUse(priority);
    }
  }
  for (const [rule, priority] of changes) {
    rule.priority = priority;
    state.kernel.record('elbv2.rule-priority-set', rule.arn, { priority });
  }
  state.routingChanged();
  return [...changes.keys()];
}

function shape(rule: Rule): RuleShape {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: copyData([...rule.conditions]),
    Actions: copyData(withoutSecrets(rule.actions)),
    IsDefault: rule.priority === 'default',
  };
}
