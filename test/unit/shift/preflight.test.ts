import { describe, expect, test } from '@jest/globals';
import type { ServiceFacts } from '../../../src/aws/ecs-service.ts';
import type { RuleFacts } from '../../../src/aws/elb-rules.ts';
import type { TargetGroupFacts } from '../../../src/aws/elb-target-groups.ts';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import type { ShiftRequest } from '../../../src/inputs/shift-request.ts';
import { matchesPath } from '../../../src/shift/conditions.ts';
import { priorityBelow } from '../../../src/shift/look-at-rule.ts';
import { findColours, type PreflightFacts, preflight } from '../../../src/shift/preflight.ts';
import { blueArn, greenArn, healthy, listenerArn, otherArn, ruleArn } from './plan-fixture.ts';

function requestOf(inputs: Readonly<Record<string, string>> = {}): ShiftRequest {
  const parsed = parseBlueGreenShift({
    'listener-rule-arn': ruleArn,
    cluster: 'shop',
    'task-definition': 'api:2',
    ...inputs,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.request;
}

const group = (arn: string, change: Partial<TargetGroupFacts> = {}): TargetGroupFacts => ({
  arn,
  name: arn.split('/')[1]!,
  protocol: 'HTTP',
  protocolVersion: 'HTTP1',
  port: 5000,
  targetType: 'ip',
  vpcId: 'vpc-1',
  healthCheck: {
    protocol: 'HTTP',
    path: '/health',
    port: 'traffic-port',
    matcher: '200',
    intervalSeconds: 10,
    healthyThreshold: 2,
  },
  loadBalancerArns: [],
  sticky: false,
  deregistrationDelaySeconds: 30,
  ...change,
});

const checkedOn = (arn: string, port: string): TargetGroupFacts =>
  group(arn, { healthCheck: { ...group(arn).healthCheck, port } });

const service = (name: string, targetGroupArn: string, change: Partial<ServiceFacts> = {}): ServiceFacts => ({
  arn: `arn:aws:ecs:ap-south-1:123456789012:service/shop/${name}`,
  name,
  clusterArn: 'arn:aws:ecs:ap-south-1:123456789012:cluster/shop',
  status: 'ACTIVE',
  controller: 'ECS',
  strategy: 'ROLLING',
  schedulingStrategy: 'REPLICA',
  desiredCount: 3,
  runningCount: 3,
  pendingCount: 0,
  taskDefinitionArn: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:1',
  currentServiceDeploymentArn: undefined,
  deployments: [],
  loadBalancers: [{ targetGroupArn, containerName: 'api', containerPort: 5000 }],
  healthCheckGracePeriodSeconds: 30,
  deploymentConfiguration: {},
  launch: {
    launchType: 'FARGATE',
    capacityProviderStrategy: [],
    platformVersion: 'LATEST',
    networkConfiguration: undefined,
  },
  events: [],
  ...change,
});

const rule = (change: Partial<RuleFacts> = {}): RuleFacts => ({
  ruleArn,
  priority: '10',
  isDefault: false,
  split: [{ targetGroupArn: blueArn, weight: 1 }],
  conditions: [],
  actions: [],
  ...change,
});

const loadBalancerArn = 'arn:aws:elasticloadbalancing:ap-south-1:123456789012:loadbalancer/app/api/1111';
const listenerWith = (rules: readonly RuleFacts[], arn = listenerArn, port = 80) => ({
  listenerArn: arn,
  loadBalancerArn,
  port,
  protocol: 'HTTP',
  rules,
});

function factsOf(change: Partial<PreflightFacts> = {}): PreflightFacts {
  return {
    forward: {
      location: { kind: 'rule', ruleArn },
      listenerArn,
      priority: '10',
      split: [{ targetGroupArn: blueArn, weight: 1 }],
      stickinessSeconds: undefined,
      conditions: [],
      actions: [],
    },
    listeners: [listenerWith([rule()])],
    blueGroup: group(blueArn),
    greenGroup: group(greenArn),
    blueTargets: healthy(3),
    greenTargets: [],
    blueService: service('api-blue', blueArn),
    greenService: undefined,
    taskDefinitionArn: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:2',
    scaling: [],
    bluePolicies: [],
    greenPolicies: [],
    lock: undefined,
    owners: [],
    ownersUnseen: undefined,
    otherShifts: [],
    drainMs: 60_000,
    guard: undefined,
    otherWork: [],
    untwinnable: [],
    now: 0,
    alarms: [],
    testRulePriority: 9,
    probeDefinition: undefined,
    probePaths: ['/health'],
    desiredCount: 3,
    ...change,
  };
}

const forwardWith = (change: Partial<PreflightFacts['forward']>): Partial<PreflightFacts> => ({
  forward: { ...factsOf().forward, ...change },
});
const codesOf = (facts: Partial<PreflightFacts>, inputs: Readonly<Record<string, string>> = {}): string[] =>
  preflight(factsOf(facts), requestOf(inputs)).map((refusal) => refusal.code);

test('nothing speaks against a plain shift', () => {
  expect(codesOf({})).toEqual([]);
});

const testRule = rule({
  ruleArn: `${ruleArn}9`,
  priority: '9',
  split: [{ targetGroupArn: greenArn, weight: 1 }],
  conditions: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-IPS-Probe', Values: ['s'] } }],
});
const scaling = (maxCapacity: number, name = 'api-green') => ({
  resourceId: `service/shop/${name}`,
  arn: undefined,
  minCapacity: 1,
  maxCapacity,
  suspended: { scaleIn: false, scaleOut: false, scheduled: false },
});
const paths = (...Values: readonly string[]) => [
  { Field: 'path-pattern', PathPatternConfig: { Values: [...Values] } },
];
const path = (value: string) => paths(value);
const host = (value: string) => [{ Field: 'host-header', HostHeaderConfig: { Values: [value] } }];
const weights = (blue: number, green: number, other?: number) =>
  forwardWith({
    split: [
      { targetGroupArn: blueArn, weight: blue },
      { targetGroupArn: greenArn, weight: green },
      ...(other === undefined ? [] : [{ targetGroupArn: otherArn, weight: other }]),
    ],
  });

test.each<readonly [string, Partial<PreflightFacts>, readonly string[], Readonly<Record<string, string>>?]>([
  ['weights 1 and 0', weights(1, 0), []],
  ['weights in the middle', weights(90, 10), ['weights-not-as-expected']],
  ['the wrong way round', weights(0, 100), ['weights-not-as-expected']],
  ['all weights 0', weights(0, 0), ['weights-not-as-expected']],
  ['a third group at 0', weights(1, 0, 0), []],
  ['a third group with weight', weights(1, 0, 1), ['other-group-has-weight']],
  ['stickiness of the rule', forwardWith({ stickinessSeconds: 3600 }), ['stickiness']],
  ['stickiness of a group', { blueGroup: group(blueArn, { sticky: true }) }, ['stickiness']],
  ['stickiness that was accepted', forwardWith({ stickinessSeconds: 3600 }), [], { accept: 'stickiness' }],
  ['another protocol', { greenGroup: group(greenArn, { protocol: 'HTTPS' }) }, ['protocol-mismatch']],
  ['another version', { greenGroup: group(greenArn, { protocolVersion: 'GRPC' }) }, ['protocol-mismatch']],
  [
    'a green group of this load balancer',
    { greenGroup: group(greenArn, { loadBalancerArns: [loadBalancerArn] }) },
    [],
  ],
  [
    'a green group of another load balancer',
    { greenGroup: group(greenArn, { loadBalancerArns: [`${loadBalancerArn}2`] }) },
    ['green-group-elsewhere'],
  ],
  ['another network', { greenGroup: group(greenArn, { vpcId: 'vpc-2' }) }, ['network-mismatch']],
  ['another port', { greenGroup: group(greenArn, { port: 8080 }) }, ['port-mismatch']],
  [
    'another port between instances and addresses',
    { blueGroup: group(blueArn, { port: 80, targetType: 'instance' }) },
    [],
  ],
  [
    'another health check',
    { greenGroup: group(greenArn, { healthCheck: { ...group(greenArn).healthCheck, path: '/' } }) },
    ['health-check-mismatch'],
  ],
  ...(
    [
      ['5000', 'traffic-port', []],
      ['traffic-port', '5000', []],
      ['9000', '9000', []],
      ['traffic-port', '5001', ['health-check-mismatch']],
      ['9000', 'traffic-port', ['health-check-mismatch']],
      ['9000', '9001', ['health-check-mismatch']],
    ] as const
  ).map(
    ([blue, green, codes]) =>
      [
        `health checks on ${blue} and ${green}, of tasks on 5000`,
        { blueGroup: checkedOn(blueArn, blue), greenGroup: checkedOn(greenArn, green) },
        codes,
      ] as const,
  ),
  [
    'another health check port, accepted',
    { greenGroup: checkedOn(greenArn, '9000') },
    [],
    { accept: 'health-check-mismatch' },
  ],
  [
    'a number and the traffic port where no port of blue is known',
    {
      blueGroup: checkedOn(blueArn, '5000'),
      blueService: undefined,
      greenService: service('api-green', greenArn),
      blueTargets: [],
    },
    ['health-check-mismatch', 'blue-unhealthy'],
  ],
  [
    'another health check port between instances and addresses',
    { blueGroup: { ...checkedOn(blueArn, '80'), targetType: 'instance' } },
    [],
  ],
  [
    'another rule that forwards to blue',
    { listeners: [listenerWith([rule(), rule({ ruleArn: `${ruleArn}8`, priority: '8' })])] },
    ['other-rule'],
  ],
  [
    'another rule that holds blue at 0',
    {
      listeners: [
        listenerWith([
          rule(),
          rule({ ruleArn: `${ruleArn}8`, priority: '8', split: [{ targetGroupArn: blueArn, weight: 0 }] }),
        ]),
      ],
    },
    [],
  ],
  [
    'another listener that forwards to blue',
    {
      listeners: [
        listenerWith([rule()]),
        listenerWith([rule({ ruleArn: 'x', priority: 'default', isDefault: true })], `${listenerArn}2`, 8080),
      ],
    },
    ['other-rule'],
  ],
  [
    'another rule that forwards to green already',
    {
      listeners: [
        listenerWith([
          rule(),
          rule({ ruleArn: `${ruleArn}8`, priority: '8', split: [{ targetGroupArn: greenArn, weight: 1 }] }),
        ]),
      ],
    },
    ['other-traffic'],
  ],
  [
    'another rule that holds green at 0',
    {
      listeners: [
        listenerWith([
          rule(),
          rule({ ruleArn: `${ruleArn}8`, priority: '8', split: [{ targetGroupArn: greenArn, weight: 0 }] }),
        ]),
      ],
    },
    [],
  ],
  [
    'a listener for tests that forwards to green, accepted',
    {
      listeners: [
        listenerWith([rule()]),
        listenerWith(
          [
            rule({
              ruleArn: 'x',
              priority: 'default',
              isDefault: true,
              split: [{ targetGroupArn: greenArn, weight: 1 }],
            }),
          ],
          `${listenerArn}2`,
          8080,
        ),
      ],
    },
    [],
    { accept: 'other-traffic' },
  ],
  [
    'one service in both groups',
    {
      blueService: service('api', blueArn, {
        loadBalancers: [blueArn, greenArn].map((targetGroupArn) => ({
          targetGroupArn,
          containerName: 'api',
          containerPort: 5000,
        })),
      }),
      greenService: service('api', greenArn, {
        loadBalancers: [blueArn, greenArn].map((targetGroupArn) => ({
          targetGroupArn,
          containerName: 'api',
          containerPort: 5000,
        })),
      }),
    },
    ['one-service'],
  ],
  [
    'a test rule of nobody on another listener, for this pair',
    { listeners: [listenerWith([rule()]), listenerWith([testRule], `${listenerArn}2`, 8080)] },
    ['another-shift'],
  ],
  [
    'a test rule on another listener, for other groups',
    {
      listeners: [
        listenerWith([rule()]),
        listenerWith(
          [{ ...testRule, split: [{ targetGroupArn: otherArn, weight: 1 }] }],
          `${listenerArn}2`,
          8080,
        ),
      ],
    },
    [],
  ],
  ['another shift', { listeners: [listenerWith([testRule, rule()])] }, ['another-shift']],
  [
    'a stranger at the test rule’s priority',
    { listeners: [listenerWith([{ ...testRule, conditions: path('/x') }, rule()])] },
    ['priority-taken', 'other-traffic'],
  ],
  ['no priority left', { testRulePriority: undefined }, ['priority-taken']],
  [
    'CodeDeploy owns the weights',
    { blueService: service('api-blue', blueArn, { controller: 'CODE_DEPLOY' }) },
    ['foreign-owner'],
  ],
  [
    'ECS itself owns the weights',
    { greenService: service('api-green', greenArn, { strategy: 'CANARY' }) },
    ['foreign-owner'],
  ],
  [
    'a third service that owns the weights',
    { owners: [{ service: 'legacy', how: 'controller CODE_DEPLOY' }] },
    ['foreign-owner'],
  ],
  ['no service at all', { blueService: undefined }, ['green-service-missing']],
  [
    'a named blue service that does not exist',
    { blueService: undefined, greenService: service('api-green', greenArn) },
    ['blue-service-missing'],
    { 'blue-service': 'api-blue' },
  ],
  [
    'EC2 instances to a service',
    { blueService: undefined, greenService: service('api-green', greenArn) },
    [],
  ],
  [
    'green registered elsewhere',
    { greenService: service('api-green', otherArn) },
    ['green-service-elsewhere'],
  ],
  ['blue registered elsewhere', { blueService: service('api-blue', otherArn) }, ['blue-service-elsewhere']],
  [
    'a group of instances for a twin',
    { greenGroup: group(greenArn, { targetType: 'instance' }) },
    ['target-type'],
  ],
  ['no task definition', { taskDefinitionArn: undefined }, ['task-definition-missing']],
  [
    'green may not grow enough',
    { greenService: service('api-green', greenArn), scaling: [scaling(2)] },
    ['scaling-limit'],
  ],
  ['green may just grow enough', { greenService: service('api-green', greenArn), scaling: [scaling(3)] }, []],
  [
    'a twin gets blue’s limits, and may not grow enough',
    { scaling: [scaling(6, 'api-blue')], desiredCount: 7 },
    ['scaling-limit'],
  ],
  ['a twin may just grow enough', { scaling: [scaling(6, 'api-blue')], desiredCount: 6 }, []],
  [
    'a green without limits gets blue’s, too',
    {
      greenService: service('api-green', greenArn),
      scaling: [scaling(6, 'api-blue')],
      desiredCount: 7,
    },
    ['scaling-limit'],
  ],
  [
    'a green with limits of its own does not',
    {
      greenService: service('api-green', greenArn),
      scaling: [scaling(6, 'api-blue'), scaling(7)],
      desiredCount: 7,
    },
    [],
  ],
  [
    'green scaled by blue’s requests',
    {
      greenService: service('api-green', greenArn),
      greenPolicies: [
        {
          PolicyName: 'requests',
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 10,
            PredefinedMetricSpecification: {
              PredefinedMetricType: 'ALBRequestCountPerTarget',
              ResourceLabel: `app/api/1111/${blueArn.slice(blueArn.indexOf('targetgroup/'))}`,
            },
          },
        } as never,
      ],
    },
    ['scaling-would-fight'],
  ],
  [
    'blue is being deployed',
    {
      blueService: service('api-blue', blueArn, { deployments: [{ rolloutState: 'IN_PROGRESS' } as never] }),
    },
    ['blue-deploying'],
  ],
  ['as many tasks more as are allowed', {}, [], { 'max-extra-tasks': '3' }],
  ['a task more than allowed', {}, ['extra-tasks'], { 'max-extra-tasks': '2' }],
  ['a job that is long enough', {}, [], { 'job-timeout-minutes': '69' }],
  ['a job that is a minute too short', {}, ['job-too-short'], { 'job-timeout-minutes': '68' }],
  ['credentials that last', {}, [], { 'credentials-end': '1970-01-01T01:09:00Z' }],
  [
    'credentials that end too soon',
    {},
    ['credentials-too-short'],
    { 'credentials-end': '1970-01-01T01:08:59Z' },
  ],
  [
    'a guard that does nothing',
    { guard: { kind: 'unfit', why: 'It does nothing.' } },
    ['no-guard'],
    { until: '10', guard: 'alarm:x' },
  ],
  ['a blue that no twin can be made of', { untwinnable: ['it is a daemon'] }, ['no-twin']],
  ['a guard', { guard: { kind: 'good' } }, [], { until: '10', guard: 'alarm:x' }],
  ['work past the load balancer', { otherWork: [{ service: 'api-blue', what: 'queue' }] }, ['other-traffic']],
  [
    'work past the load balancer that was accepted',
    { otherWork: [{ service: 'api-blue', what: 'queue' }] },
    [],
    { accept: 'other-traffic' },
  ],
  [
    'five condition values',
    forwardWith({ conditions: paths('/a', '/b', '/c', '/d', '/health') }),
    ['test-rule-conditions'],
  ],
  ['four condition values', forwardWith({ conditions: paths('/a', '/b', '/c', '/health') }), []],
  [
    'a login before the forward',
    forwardWith({ actions: [{ Type: 'authenticate-cognito', AuthenticateCognitoConfig: {} as never }] }),
    ['probe-authentication'],
  ],
  [
    'a login that lets everybody in',
    forwardWith({
      actions: [
        {
          Type: 'authenticate-cognito',
          AuthenticateCognitoConfig: { OnUnauthenticatedRequest: 'allow' } as never,
        },
      ],
    }),
    [],
  ],
  [
    'an OIDC login, where no test rule can be a copy',
    {
      ...forwardWith({
        actions: [
          {
            Type: 'authenticate-oidc',
            AuthenticateOidcConfig: { OnUnauthenticatedRequest: 'allow' } as never,
          },
        ],
      }),
      lock: undefined,
    },
    ['test-rule-login'],
  ],
  [
    'a login, and a test rule without it',
    forwardWith({ actions: [{ Type: 'authenticate-oidc', AuthenticateOidcConfig: {} as never }] }),
    [],
    { 'test-rule-login': 'none' },
  ],
  [
    'tokens that are checked before the forward',
    forwardWith({ actions: [{ Type: 'jwt-validation', JwtValidationConfig: {} as never }] }),
    ['probe-authentication'],
  ],
  ['blue is sick', { blueTargets: [] }, ['blue-unhealthy']],
  ['an alarm rings', { alarms: [{ name: 'a', state: 'ALARM', reason: undefined }] }, ['alarm-active']],
  ['an alarm has no data', { alarms: [{ name: 'a', state: 'INSUFFICIENT_DATA', reason: undefined }] }, []],
  [
    'an alarm does not exist',
    { alarms: [{ name: 'a', state: 'missing', reason: undefined }] },
    ['alarm-missing'],
  ],
  ['probes that the rule does not take', forwardWith({ conditions: path('/api/*') }), ['probe-path']],
  [
    'probes that the rule takes',
    { ...forwardWith({ conditions: path('/api/*') }), probePaths: ['/api/health?deep=1'] },
    [],
  ],
  ['a host by pattern', forwardWith({ conditions: host('*.example.com') }), ['probe-host']],
  ['a plain host', forwardWith({ conditions: host('api.example.com') }), []],
  [
    'a host by pattern with a host for the probes',
    forwardWith({ conditions: host('*.example.com') }),
    [],
    { 'probe-host': 'api.example.com' },
  ],
  [
    'a host by pattern without probes',
    forwardWith({ conditions: host('*.example.com') }),
    [],
    { 'probe-count': '0', 'probes-per-step': '0' },
  ],
])('%s', (_what, facts, codes, inputs = {}) => {
  expect(codesOf(facts, inputs)).toEqual(codes);
});

test('all reasons at once', () => {
  const all = {
    ...weights(90, 10),
    blueTargets: [],
    taskDefinitionArn: undefined,
    alarms: [{ name: 'a', state: 'ALARM', reason: 'bad' } as const],
  };
  expect(codesOf(all)).toEqual([
    'weights-not-as-expected',
    'task-definition-missing',
    'blue-unhealthy',
    'alarm-active',
  ]);
});

describe('which group is which', () => {
  const split = (...weighted: readonly (readonly [string, number])[]) =>
    weighted.map(([targetGroupArn, weight]) => ({ targetGroupArn, weight }));
  test('the one with weight is blue, the other green', () => {
    expect(findColours(split([greenArn, 0], [blueArn, 7]), undefined, undefined)).toEqual({
      kind: 'found',
      blueArn,
      greenArn,
    });
    expect(findColours(split([blueArn, 1]), undefined, greenArn)).toEqual({
      kind: 'found',
      blueArn,
      greenArn,
    });
    expect(findColours(split([blueArn, 1], [otherArn, 0]), undefined, greenArn)).toEqual({
      kind: 'found',
      blueArn,
      greenArn,
    });
  });
  test.each([
    ['both have weight', split([blueArn, 90], [greenArn, 10]), undefined, undefined],
    ['nothing shows green', split([blueArn, 1]), undefined, undefined],
    ['two could be green', split([blueArn, 1], [greenArn, 0], [otherArn, 0]), undefined, undefined],
    ['the one with weight is named green', split([blueArn, 1]), undefined, blueArn],
    ['both are the same', split([blueArn, 1]), blueArn, blueArn],
  ])('%s: it has to be said', (_what, given, blue, green) => {
    expect(findColours(given, blue, green).kind).toBe('unclear');
  });
});

test('the test rule stands right before production’s', () => {
  expect([priorityBelow('10'), priorityBelow('2'), priorityBelow('1'), priorityBelow('default')]).toEqual([
    9,
    1,
    undefined,
    1,
  ]);
});

test('paths match as ELB matches them', () => {
  expect(matchesPath('/health', [])).toBe(true);
  expect(matchesPath('/api/v1', ['/api/*'])).toBe(true);
  expect(matchesPath('/api', ['/api/*'])).toBe(false);
  expect(matchesPath('/API/v1', ['/api/*'])).toBe(false);
  expect(matchesPath('/a.c', ['/a.?'])).toBe(true);
  expect(matchesPath('/abc', ['/a.c'])).toBe(false);
});
