/** What becomes of each field of CreateService where green is made as a twin of blue. */

import type { CreateServiceRequest, Service, ServiceRevision } from '@aws-sdk/client-ecs';
import * as sdk from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import { twinName, twinOf, untwinnable } from '../../../src/shift/twin.ts';
import { blueArn, greenArn, otherArn } from './plan-fixture.ts';

type Fate =
  | { readonly kind: 'copied' }
  /** Green has its own: never blue's. */
  | { readonly kind: 'own' }
  | { readonly kind: 'left-out'; readonly because: string };

const copied: Fate = { kind: 'copied' };
const own: Fate = { kind: 'own' };
const leftOut = (because: string): Fate => ({ kind: 'left-out', because });

/**
 * A field that the SDK has and this table has not makes the test red: somebody has to decide. Those that bring
 * work past the rule are refused (`other-traffic`), and copied where that is accepted.
 */
const fates: Readonly<Record<keyof CreateServiceRequest, Fate>> = {
  cluster: copied,
  serviceName: own,
  taskDefinition: own,
  desiredCount: own,
  clientToken: own,
  loadBalancers: own,
  availabilityZoneRebalancing: copied,
  serviceRegistries: copied,
  launchType: copied,
  capacityProviderStrategy: leftOut('ECS takes it or a launch type; tested by itself'),
  platformVersion: copied,
  role: copied,
  deploymentConfiguration: copied,
  placementConstraints: copied,
  placementStrategy: copied,
  networkConfiguration: copied,
  healthCheckGracePeriodSeconds: copied,
  schedulingStrategy: leftOut('REPLICA is what ECS takes without it, and a daemon is refused (no-twin)'),
  deploymentController: leftOut('ECS is what ECS takes without it, and others are refused (foreign-owner)'),
  tags: copied,
  enableECSManagedTags: copied,
  propagateTags: copied,
  enableExecuteCommand: copied,
  serviceConnectConfiguration: copied,
  volumeConfigurations: copied,
  vpcLatticeConfigurations: copied,
  gatewayConnectors: copied,
  monitoring: copied,
};

/** Each as blue has it; Describe calls the cluster and the role by other names. */
const values = {
  cluster: 'arn:aws:ecs:ap-south-1:123456789012:cluster/shop',
  availabilityZoneRebalancing: 'ENABLED',
  serviceRegistries: [{ registryArn: 'arn:registry', containerName: 'api', containerPort: 5000 }],
  launchType: 'EC2',
  platformVersion: '1.4.0',
  role: 'arn:aws:iam::123456789012:role/ecs-elb',
  deploymentConfiguration: { maximumPercent: 150, strategy: 'ROLLING' },
  placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }],
  placementStrategy: [{ type: 'spread', field: 'attribute:ecs.availability-zone' }],
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
  healthCheckGracePeriodSeconds: 30,
  tags: [{ key: 'team', value: 'positioning' }],
  enableECSManagedTags: true,
  propagateTags: 'SERVICE',
  enableExecuteCommand: true,
  serviceConnectConfiguration: {
    enabled: true,
    namespace: 'shop',
    logConfiguration: { logDriver: 'awslogs' },
  },
  volumeConfigurations: [{ name: 'data', managedEBSVolume: { roleArn: 'arn:role', sizeInGiB: 20 } }],
  vpcLatticeConfigurations: [{ roleArn: 'arn:role', targetGroupArn: 'arn:lattice', portName: 'http' }],
  gatewayConnectors: [{ portName: 'http' }],
  monitoring: { metricConfigurations: [] },
} satisfies Partial<CreateServiceRequest>;

const primary = {
  status: 'PRIMARY',
  serviceConnectConfiguration: values.serviceConnectConfiguration,
  volumeConfigurations: values.volumeConfigurations,
  vpcLatticeConfigurations: values.vpcLatticeConfigurations,
} as const;
const blue = {
  ...values,
  serviceName: 'api-blue',
  clusterArn: values.cluster,
  roleArn: values.role,
  desiredCount: 7,
  taskDefinition: 'api:1',
  schedulingStrategy: 'REPLICA',
  deploymentController: { type: 'ECS' },
  loadBalancers: [{ targetGroupArn: blueArn, containerName: 'api', containerPort: 5000 }],
  deployments: [{ status: 'ACTIVE', volumeConfigurations: [{ name: 'old' }] }, primary],
} as unknown as Service;
const revision: ServiceRevision = {
  gatewayConnectors: values.gatewayConnectors,
  monitoring: values.monitoring,
};
const settings = {
  name: 'api-green',
  taskDefinitionArn: 'api:2',
  desiredCount: 3,
  blueTargetGroupArn: blueArn,
  greenTargetGroupArn: greenArn,
  unusedGroupArns: [otherArn],
};
const twin = twinOf({ service: blue, revision }, settings);

/** As the SDK's own schema lists them. */
const schema = (sdk as unknown as Record<string, readonly unknown[]>)['CreateServiceRequest$'];
const fields = schema?.[4] as readonly (keyof CreateServiceRequest)[];

test('the SDK knows no field that is not decided on, and none is decided on that it does not know', () => {
  expect(fields.length).toBeGreaterThan(20);
  expect([...fields].sort()).toEqual(Object.keys(fates).sort());
});

test.each(fields)('%s', (field) => {
  const fate = fates[field];
  const bluesOwn = (values as Partial<CreateServiceRequest>)[field];
  if (fate.kind === 'copied') expect([field, twin[field]]).toEqual([field, bluesOwn]);
  if (fate.kind === 'left-out')
    expect([field, twin[field], fate.because]).toEqual([field, undefined, fate.because]);
  if (fate.kind === 'own') {
    expect(twin[field]).toBeDefined();
    expect(twin[field]).not.toEqual(blue[field as keyof Service]);
  }
});

test('what green has of its own', () => {
  expect(twin).toMatchObject({
    serviceName: 'api-green',
    taskDefinition: 'api:2',
    desiredCount: 3,
    loadBalancers: [{ targetGroupArn: greenArn, containerName: 'api', containerPort: 5000 }],
  });
  expect(twin.clientToken).toMatch(/^[0-9a-f]{32}$/);
  expect(twinOf({ service: blue, revision }, settings).clientToken).toBe(twin.clientToken);
  expect(
    twinOf({ service: blue, revision }, { ...settings, taskDefinitionArn: 'api:3' }).clientToken,
  ).not.toBe(twin.clientToken);
});

describe('what ECS would not take back as it told it', () => {
  const made = (change: Partial<Service>): CreateServiceRequest =>
    twinOf({ service: { ...blue, ...change }, revision: undefined }, settings);

  test('a strategy of capacity providers comes without a launch type', () => {
    const strategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
    expect(made({ capacityProviderStrategy: strategy })).toMatchObject({
      capacityProviderStrategy: strategy,
    });
    expect(made({ capacityProviderStrategy: strategy }).launchType).toBeUndefined();
  });

  test('its own role, tags of AWS, and a propagation of nothing are left out', () => {
    const roleArn = 'arn:aws:iam::1:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS';
    const change = { roleArn, propagateTags: 'NONE', tags: [{ key: 'aws:x', value: '1' }] } as const;
    const keys = Object.keys(made({ ...change, tags: [...change.tags], placementStrategy: [] }));
    for (const key of ['role', 'propagateTags', 'tags', 'placementStrategy', 'monitoring']) {
      expect(keys).not.toContain(key);
    }
  });

  test('a group without a load balancer, and the second group of ECS’s own shifts', () => {
    const entry = { containerName: 'api', containerPort: 5000 };
    const twinned = made({
      loadBalancers: [
        {
          ...entry,
          targetGroupArn: blueArn,
          advancedConfiguration: { alternateTargetGroupArn: otherArn } as never,
        },
        { ...entry, targetGroupArn: otherArn },
      ],
    });
    expect(twinned.loadBalancers).toEqual([{ ...entry, targetGroupArn: greenArn }]);
  });
});

describe('no twin can be made', () => {
  const data = [{ name: 'data', configuredAtLaunch: true }];
  const plain: Service = { serviceName: 'api' };
  const withPrimary = (change: object): Service => ({
    ...plain,
    deployments: [{ status: 'PRIMARY', ...change }],
  });
  const served = (enabled: boolean, services: readonly object[]) =>
    withPrimary({ serviceConnectConfiguration: { enabled, services } });
  const volume = withPrimary({ volumeConfigurations: [{ name: 'data' }] });

  test.each<readonly [string, Service, Parameters<typeof untwinnable>[1], number]>([
    ['of nothing special', plain, [], 0],
    ['of a client of Service Connect', served(true, []), [], 0],
    ['of a server of Service Connect', served(true, [{ portName: 'http' }]), [], 1],
    ['of a server that is switched off', served(false, [{ portName: 'http' }]), [], 0],
    ['of a daemon', { ...plain, schedulingStrategy: 'DAEMON' }, [], 1],
    ['with a volume that green’s definition has', volume, data, 0],
    ['with a volume that it has not', volume, [], 1],
    ['with a volume that it configures itself', volume, [{ name: 'data' }], 1],
    ['with a definition that is not known', volume, undefined, 0],
  ])('%s', (_what, service, volumes, count) => {
    expect(untwinnable(service, volumes)).toHaveLength(count);
  });
});

test.each([
  ['api-blue', 'api-green'],
  ['api-green', 'api-blue'],
  ['api', 'api-green'],
])('the twin of %s is %s', (name, expected) => {
  expect(twinName(name)).toBe(expected);
});
