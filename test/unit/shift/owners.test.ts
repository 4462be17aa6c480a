import { expect, test } from '@jest/globals';
import { foreignOwners, groupsOf } from '../../../src/shift/owners.ts';
import { blueArn, greenArn, otherArn, ruleArn } from './plan-fixture.ts';

const defaultArn = ruleArn.replace(/[^/]+$/, 'default');
const toBlue = [{ targetGroupArn: blueArn, weight: 1 }];
const toOther = [{ targetGroupArn: otherArn, weight: 1 }];
const rule = { conditions: [], actions: [], isDefault: false, priority: '10' };
const listeners = [
  {
    rules: [
      { ...rule, ruleArn, split: toBlue },
      { ...rule, ruleArn: `${ruleArn}2`, split: toOther },
    ],
  },
  { rules: [{ ...rule, ruleArn: defaultArn, isDefault: true, priority: 'default', split: toBlue }] },
];
const codeDeploy = { deploymentController: { type: 'CODE_DEPLOY' } } as const;
const canary = { deploymentConfiguration: { strategy: 'CANARY' } } as const;
const inGroup = (targetGroupArn: string, more: object = {}) => ({
  loadBalancers: [{ targetGroupArn, ...(more as { containerName?: string }) }],
});

test.each<readonly [string, object, string | undefined]>([
  ['CodeDeploy in blue', { ...codeDeploy, ...inGroup(blueArn) }, 'controller CODE_DEPLOY'],
  ['CodeDeploy elsewhere', { ...codeDeploy, ...inGroup(otherArn) }, undefined],
  [
    'CodeDeploy by a task set',
    { ...codeDeploy, taskSets: [{ loadBalancers: [{ targetGroupArn: greenArn }] }] },
    'controller CODE_DEPLOY',
  ],
  ['ECS in green', { ...canary, ...inGroup(greenArn) }, 'strategy CANARY'],
  [
    'ECS whose second group is green',
    { ...canary, ...inGroup(otherArn, { advancedConfiguration: { alternateTargetGroupArn: greenArn } }) },
    'strategy CANARY',
  ],
  [
    'ECS that holds the rule',
    { ...canary, ...inGroup(otherArn, { advancedConfiguration: { productionListenerRule: ruleArn } }) },
    'strategy CANARY',
  ],
  [
    'ECS that holds a listener’s default rule, by its ARN',
    { ...canary, ...inGroup(otherArn, { advancedConfiguration: { productionListenerRule: defaultArn } }) },
    'strategy CANARY',
  ],
  [
    'ECS that tests by a rule to blue',
    { ...canary, ...inGroup(otherArn, { advancedConfiguration: { testListenerRule: ruleArn } }) },
    'strategy CANARY',
  ],
  [
    'ECS that holds another rule',
    {
      ...canary,
      ...inGroup(otherArn, { advancedConfiguration: { productionListenerRule: `${ruleArn}2` } }),
    },
    undefined,
  ],
  ['a rolling service in blue', inGroup(blueArn), undefined],
])('%s', (_what, service, how) => {
  const owners = foreignOwners([{ serviceName: 'x', ...service }], [blueArn, greenArn], listeners);
  expect(owners).toEqual(how === undefined ? [] : [{ service: 'x', how }]);
});

test('groups of a service and of its task sets, without the second of ECS’s own shifts', () => {
  expect(
    groupsOf({
      loadBalancers: [
        { targetGroupArn: blueArn, advancedConfiguration: { alternateTargetGroupArn: greenArn } },
      ],
      taskSets: [{ loadBalancers: [{ targetGroupArn: otherArn }] }],
    } as never),
  ).toEqual([blueArn, otherArn]);
});
