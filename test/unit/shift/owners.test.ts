import { expect, test } from '@jest/globals';
import { foreignOwners, groupsOf } from '../../../src/shift/owners.ts';
import { blueArn, greenArn, otherArn, ruleArn } from './plan-fixture.ts';

const location = { kind: 'rule', ruleArn } as const;
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
  ['a rolling service in blue', inGroup(blueArn), undefined],
])('%s', (_what, service, how) => {
  const owners = foreignOwners([{ serviceName: 'x', ...service }], [blueArn, greenArn], location);
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
