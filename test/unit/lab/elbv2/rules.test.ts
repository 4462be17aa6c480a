import { describe, expect, test } from '@jest/globals';
import { balancing, call, errorOf, forward, listener, targetGroup } from './fixture.ts';

const path = (value: string) => [{ Field: 'path-pattern', Values: [value] }];

describe('names and ARNs', () => {
  test('are formed as AWS forms them', () => {
    const setup = balancing();
    const listenerArn = listener(setup, forward({ [setup.blue]: 1 }));
    const created = call(setup.elb, 'CreateRule', {
      ListenerArn: listenerArn,
      Priority: 10,
      Conditions: path('/a'),
      Actions: forward({ [setup.blue]: 1 }),
    });
    const prefix = 'arn:aws:elasticloadbalancing:ap-south-1:123456789012:';
    expect(setup.loadBalancerArn).toMatch(new RegExp(`^${prefix}loadbalancer/app/api/[0-9a-f]{16}$`));
    expect(setup.blue).toMatch(new RegExp(`^${prefix}targetgroup/blue/[0-9a-f]{16}$`));
    const id = setup.loadBalancerArn.split('/')[3];
    expect(listenerArn).toMatch(new RegExp(`^${prefix}listener/app/api/${id}/[0-9a-f]{16}$`));
    expect(created.Rules[0].RuleArn).toMatch(
      new RegExp(`^${prefix}listener-rule/app/api/${id}/${listenerArn.split('/')[4]}/[0-9a-f]{16}$`),
    );
  });

  test('creating the same again answers with what is there, with other settings it is refused', () => {
    const { elb, blue } = balancing();
    expect(targetGroup(elb, 'blue')).toBe(blue);
    const other = { Name: 'blue', Protocol: 'HTTP', Port: 8080, VpcId: 'vpc-1', TargetType: 'ip' };
    expect(errorOf(elb, 'CreateTargetGroup', other)).toBe('DuplicateTargetGroupName');
    const internal = { Name: 'api', Subnets: ['subnet-a', 'subnet-b'], Scheme: 'internal' };
    expect(errorOf(elb, 'CreateLoadBalancer', internal)).toBe('DuplicateLoadBalancerName');
  });
});

describe('forward actions', () => {
  test('a single group comes back in both forms, several in one', () => {
    const setup = balancing();
    const single = listener(setup, [{ Type: 'forward', TargetGroupArn: setup.blue }]);
    const several = listener(setup, forward({ [setup.blue]: 90, [setup.green]: 10 }), 81);
    const actions = (arn: string) =>
      call(setup.elb, 'DescribeListeners', { ListenerArns: [arn] }).Listeners[0].DefaultActions[0];
    expect(actions(single)).toEqual({
      Type: 'forward',
      TargetGroupArn: setup.blue,
      ForwardConfig: {
        TargetGroups: [{ TargetGroupArn: setup.blue, Weight: 1 }],
        TargetGroupStickinessConfig: { Enabled: false },
      },
    });
    expect(actions(several)).toEqual({
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: setup.blue, Weight: 90 },
          { TargetGroupArn: setup.green, Weight: 10 },
        ],
        TargetGroupStickinessConfig: { Enabled: false },
      },
    });
  });

  test.each([
    [-1, 'ValidationError'],
    [0, 'none'],
    [999, 'none'],
    [1000, 'ValidationError'],
  ])('weight %i: %s', (weight, outcome) => {
    const setup = balancing();
    const input = {
      LoadBalancerArn: setup.loadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: forward({ [setup.blue]: weight }),
    };
    expect(errorOf(setup.elb, 'CreateListener', input)).toBe(outcome);
  });

  test.each([
    [5, 'none'],
    [6, 'TooManyTargetGroups'],
  ])('%i target groups: %s', (count, outcome) => {
    const setup = balancing();
    const weights: Record<string, number> = {};
    for (let index = 0; index < count; index++) weights[targetGroup(setup.elb, `group${index}`)] = 1;
    const input = {
      LoadBalancerArn: setup.loadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: forward(weights),
    };
    expect(errorOf(setup.elb, 'CreateListener', input)).toBe(outcome);
  });

  test('a group serves one load balancer only, and cannot be deleted while it does', () => {
    const setup = balancing();
    const listenerArn = listener(setup, forward({ [setup.blue]: 1 }));
    const other = call(setup.elb, 'CreateLoadBalancer', { Name: 'other', Subnets: ['subnet-a', 'subnet-b'] });
    const input = {
      LoadBalancerArn: other.LoadBalancers[0].LoadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: forward({ [setup.blue]: 1 }),
    };
    expect(errorOf(setup.elb, 'CreateListener', input)).toBe('TargetGroupAssociationLimit');
    expect(errorOf(setup.elb, 'DeleteTargetGroup', { TargetGroupArn: setup.blue })).toBe('ResourceInUse');
    call(setup.elb, 'DeleteListener', { ListenerArn: listenerArn });
    expect(errorOf(setup.elb, 'DeleteTargetGroup', { TargetGroupArn: setup.blue })).toBe('none');
    expect(errorOf(setup.elb, 'DescribeTargetGroups', { TargetGroupArns: [setup.blue] })).toBe(
      'TargetGroupNotFound',
    );
  });

  test('what is answered is a copy: changing it does not change the world', () => {
    const setup = balancing();
    const listenerArn = listener(setup, forward({ [setup.blue]: 1 }));
    const read = () => call(setup.elb, 'DescribeRules', { ListenerArn: listenerArn }).Rules[0];
    read().Actions[0].ForwardConfig.TargetGroups[0].Weight = 7;
    expect(read().Actions[0].ForwardConfig.TargetGroups[0].Weight).toBe(1);
  });
});

describe('rules', () => {
  const withRules = () => {
    const setup = balancing();
    const listenerArn = listener(setup, forward({ [setup.blue]: 1 }));
    const rule = (priority: number) =>
      call(setup.elb, 'CreateRule', {
        ListenerArn: listenerArn,
        Priority: priority,
        Conditions: path(`/${priority}`),
        Actions: forward({ [setup.blue]: 100, [setup.green]: 0 }),
      }).Rules[0].RuleArn as string;
    return { setup, listenerArn, rule };
  };

  test('a priority is taken once', () => {
    const { setup, listenerArn, rule } = withRules();
    rule(5);
    const again = {
      ListenerArn: listenerArn,
      Priority: 5,
      Conditions: path('/x'),
      Actions: forward({ [setup.blue]: 1 }),
    };
    expect(errorOf(setup.elb, 'CreateRule', again)).toBe('PriorityInUse');
    expect(errorOf(setup.elb, 'CreateRule', { ...again, Priority: 6 })).toBe('none');
  });

  test('are described by priority with the default rule last, in pages', () => {
    const { setup, listenerArn, rule } = withRules();
    for (const priority of [30, 10, 20]) rule(priority);
    const first = call(setup.elb, 'DescribeRules', { ListenerArn: listenerArn, PageSize: 2 });
    const second = call(setup.elb, 'DescribeRules', {
      ListenerArn: listenerArn,
      PageSize: 2,
      Marker: first.NextMarker,
    });
    const priorities = [...first.Rules, ...second.Rules].map((each) => each.Priority);
    expect(priorities).toEqual(['10', '20', '30', 'default']);
    expect(second.NextMarker).toBeUndefined();
    expect(second.Rules[1].IsDefault).toBe(true);
  });

  test('the default rule mirrors the listener and changes only with it', () => {
    const { setup, listenerArn } = withRules();
    const rule = () => call(setup.elb, 'DescribeRules', { ListenerArn: listenerArn }).Rules[0];
    const refused = { RuleArn: rule().RuleArn, Actions: forward({ [setup.green]: 1 }) };
    expect(errorOf(setup.elb, 'ModifyRule', refused)).toBe('OperationNotPermitted');
    call(setup.elb, 'ModifyListener', {
      ListenerArn: listenerArn,
      DefaultActions: forward({ [setup.green]: 1 }),
    });
    expect(rule().Actions[0].TargetGroupArn).toBe(setup.green);
  });

  test('ModifyRule replaces the given list whole and leaves the other', () => {
    const { setup, rule } = withRules();
    const arn = rule(1);
    const answer = call(setup.elb, 'ModifyRule', { RuleArn: arn, Actions: forward({ [setup.green]: 3 }) });
    expect(answer.Rules[0].Actions[0].ForwardConfig.TargetGroups).toEqual([
      { TargetGroupArn: setup.green, Weight: 3 },
    ]);
    expect(answer.Rules[0].Conditions[0].Values).toEqual(['/1']);
  });

  test('SetRulePriorities swaps two rules at once, and refuses a priority of a third', () => {
    const { setup, rule } = withRules();
    const [one, two, three] = [rule(1), rule(2), rule(3)];
    const swap = (pairs: Record<string, number>) => ({
      RulePriorities: Object.entries(pairs).map(([RuleArn, Priority]) => ({ RuleArn, Priority })),
    });
    expect(errorOf(setup.elb, 'SetRulePriorities', swap({ [one]: 2, [two]: 1 }))).toBe('none');
    expect(errorOf(setup.elb, 'SetRulePriorities', swap({ [one]: 3 }))).toBe('PriorityInUse');
    expect(errorOf(setup.elb, 'SetRulePriorities', swap({ [three]: 9 }))).toBe('none');
  });

  test('unknown ARNs get their own code', () => {
    const { setup } = withRules();
    const { elb } = setup;
    expect(errorOf(elb, 'DeleteRule', { RuleArn: 'arn:x' })).toBe('RuleNotFound');
    expect(errorOf(elb, 'DescribeListeners', { ListenerArns: ['arn:x'] })).toBe('ListenerNotFound');
    expect(errorOf(elb, 'DescribeLoadBalancers', { Names: ['x'] })).toBe('LoadBalancerNotFound');
    expect(errorOf(elb, 'DescribeTargetHealth', { TargetGroupArn: 'arn:x' })).toBe('TargetGroupNotFound');
    const duplicate = {
      LoadBalancerArn: setup.loadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: forward({ [setup.blue]: 1 }),
    };
    expect(errorOf(elb, 'CreateListener', duplicate)).toBe('DuplicateListener');
  });
});

describe('attributes and tags', () => {
  test('an attribute keeps to its range', () => {
    const { elb, blue } = balancing();
    const set = (value: string) => ({
      TargetGroupArn: blue,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: value }],
    });
    expect(errorOf(elb, 'ModifyTargetGroupAttributes', set('3600'))).toBe('none');
    expect(errorOf(elb, 'ModifyTargetGroupAttributes', set('3601'))).toBe('ValidationError');
    const attributes = call(elb, 'DescribeTargetGroupAttributes', { TargetGroupArn: blue }).Attributes;
    expect(attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '3600' });
    expect(attributes).toContainEqual({ Key: 'slow_start.duration_seconds', Value: '0' });
  });

  test('tags are added, overwritten and removed', () => {
    const { elb, blue } = balancing();
    call(elb, 'AddTags', {
      ResourceArns: [blue],
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    call(elb, 'AddTags', { ResourceArns: [blue], Tags: [{ Key: 'a', Value: '3' }] });
    call(elb, 'RemoveTags', { ResourceArns: [blue], TagKeys: ['b'] });
    const described = call(elb, 'DescribeTags', { ResourceArns: [blue] });
    expect(described.TagDescriptions).toEqual([{ ResourceArn: blue, Tags: [{ Key: 'a', Value: '3' }] }]);
  });
});
