import { describe, expect, test } from '@jest/globals';
import { ApplicationAutoScalingService } from '../../../../src/lab/world/autoscaling/service.ts';
import type { ServiceModule } from '../../../../src/lab/world/service.ts';
import { balancing, forward, listener } from './fixture.ts';

function services(): readonly ServiceModule[] {
  const { kernel, elb, cloudwatch } = balancing();
  const scaler = { desiredCount: () => 1, runningCount: () => 1, setDesiredCount: () => {} };
  return [elb, cloudwatch, new ApplicationAutoScalingService({ kernel, cloudwatch, services: scaler })];
}

describe.each(services().map((service) => [service.id, service] as const))('%s', (id, service) => {
  test.each(Object.keys(service.operations))('%s asks for itself, whatever the input lacks', (name) => {
    for (const input of [undefined, {}, { RulePriorities: [{}], AlarmNames: [], ResourceArns: [] }]) {
      const [own] = service.operations[name]!.permissions(input);
      expect(own?.action).toBe(`${id}:${name}`);
    }
  });
});

test('describes ask for everything, changes for what they change', () => {
  const setup = balancing();
  const listenerArn = listener(setup, forward({ [setup.blue]: 1 }));
  const ask = (name: string, input: unknown) => setup.elb.operations[name]!.permissions(input);
  expect(ask('DescribeRules', { ListenerArn: listenerArn })).toEqual([
    { action: 'elasticloadbalancing:DescribeRules', resources: ['*'] },
  ]);
  expect(ask('ModifyListener', { ListenerArn: listenerArn })).toEqual([
    { action: 'elasticloadbalancing:ModifyListener', resources: [listenerArn] },
  ]);
  expect(ask('CreateRule', { ListenerArn: listenerArn, Tags: [{ Key: 'a', Value: 'b' }] })).toEqual([
    { action: 'elasticloadbalancing:CreateRule', resources: [listenerArn] },
    {
      action: 'elasticloadbalancing:AddTags',
      resources: [`${listenerArn.replace(':listener/', ':listener-rule/')}/*`],
      context: { 'elasticloadbalancing:CreateAction': 'CreateRule', 'aws:TagKeys': ['a'] },
    },
  ]);
  expect(ask('AddTags', { ResourceArns: [listenerArn], Tags: [{ Key: 'a' }, { Key: 'b' }] })).toEqual([
    {
      action: 'elasticloadbalancing:AddTags',
      resources: [listenerArn],
      context: { 'aws:TagKeys': ['a', 'b'] },
    },
  ]);
});
