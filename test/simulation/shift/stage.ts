/** The region that a story plays in, and the inputs of its runs. */
import type { RuleRoute } from '../../../src/lab/world/contracts.ts';
import { copyData, sameData } from '../../../src/lab/world/plain-data.ts';
import { putAlarm } from '../alarm.ts';
import type { Asks, OwnCheck, Owner } from './asks.ts';
import { migrationModel, proberModel, registerProber, type Tally } from './own-tools.ts';
import { desiredOf, migration, type Place, proberFamily, type Side } from './place.ts';
import {
  actionsWrite,
  cluster,
  createService,
  forwardTo,
  makeRegion,
  pass,
  type Region,
  registerImage,
  usualInputs,
} from './region.ts';
import { appsOf, minuteMs, type Story } from './story.ts';
import { type StoryWindow, windowOfStory } from './window.ts';

/** Tasks, or instances, that carry everything. */
export const tasks = 3;
export const names = { blue: 'api-blue', green: 'api-green' } as const;

export interface Stage {
  readonly region: Region;
  readonly place: Place;
  /** Tasks of blue's service before anything is shifted. */
  readonly blueBefore: number;
  /** A rule of the load balancer that is nobody's business here, as it was. */
  readonly foreign: RuleRoute;
  readonly window: StoryWindow;
  /** Probes of green behind the test rule: sent and counted, by whomever. */
  readonly probes: Tally;
}

export async function stageOf(story: Story): Promise<Stage> {
  const { asks } = story;
  const apps = appsOf(story.release);
  const probes: Tally = { sent: 0, bad: 0, badUntold: 0 };
  const region = await makeRegion(story.blue, {
    seed: story.seed,
    requestsPerSecond: story.requestsPerSecond,
    byDefault: asks.location !== 'rule',
    codeDeploy: asks.owner === 'code-deploy',
    apps: { v1: apps.blue, v2: apps.green },
    toolOf: (container, traffic) => {
      if (asks.probeTask !== undefined && container.name === proberFamily) {
        return proberModel(asks.probeTask, container, traffic, probes);
      }
      return asks.preDeploy !== undefined && container.command?.[0] === migration
        ? migrationModel(asks.preDeploy)
        : undefined;
    },
  });
  if (asks.probeTask !== undefined) registerProber(region);
  const { world, groups, listenerArn, ruleArn } = region;
  const blueArn = story.blue === 'ecs' ? groups.a : groups.host;
  const otherArn = story.blue === 'ecs' ? groups.host : groups.a;
  const elb = (operation: string, input: object) => world.must('elasticloadbalancing', operation, input);
  const rule = (Priority: number, path: string, arn: string): string =>
    elb('CreateRule', {
      ListenerArn: listenerArn,
      Priority,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [path] } }],
      Actions: [forwardTo([[arn, 1]])],
    }).Rules[0].RuleArn;
  const foreignArn = rule(30, '/reports/*', otherArn);
  const togetherArns = story.together ? [rule(5, '/admin/*', blueArn)] : [];
  if (story.green === 'served' || story.thirdGroup) {
    const action = forwardTo([
      [blueArn, 1],
      ...(story.green === 'served' ? [[groups.b, 0] as const] : []),
      ...(story.thirdGroup ? [[otherArn, 0] as const] : []),
    ]);
    elb(...actionsWrite(region, [action]));
  }
  if (story.green === 'served') {
    createService(region, names.green, groups.b, 0, story.blue === 'host' && asks.owner === 'code-deploy');
  }
  prepareOwner(asks.owner, region);
  prepareScaling(story, region);
  prepareAlarm(story, region);
  registerImage(region, 'v2');
  pass(region, 20_000);
  const place: Place = {
    cluster,
    listenerArn,
    ruleArn,
    byDefault: region.byDefault,
    togetherArns,
    blue: sideOf(blueArn, story.blue === 'ecs' ? names.blue : undefined),
    green: sideOf(groups.b, names.green),
    alarm: 'harm',
    header: 'x-ips-probe',
  };
  return {
    region,
    place,
    blueBefore: desiredOf(world, place.blue) ?? 0,
    // It shares nothing with what the world has.
    foreign: copyData(ruleNow(region, foreignArn)!),
    window: windowOfStory(asks, world.kernel.now),
    probes,
  };
}

function sideOf(groupArn: string, service: string | undefined): Side {
  return {
    groupArn,
    service,
    resourceId: service === undefined ? undefined : `service/${cluster}/${service}`,
  };
}

function ruleNow({ world, listenerArn }: Region, ruleArn: string): RuleRoute | undefined {
  const { listeners } = world.routing().routingTable();
  const { rules } = listeners.find((listener) => listener.listenerArn === listenerArn)!;
  return rules.find((rule) => rule.ruleArn === ruleArn);
}

/** What is broken about rules that are not the shift's. */
export function foreignChanges({ region, foreign }: Stage): readonly string[] {
  const isAsBefore = sameData(ruleNow(region, foreign.ruleArn), foreign);
  return isAsBefore ? [] : ['a rule that is not its own has changed'];
}

const strategies = {
  'ecs-blue-green': 'BLUE_GREEN',
  'ecs-linear': 'LINEAR',
  'ecs-canary': 'CANARY',
} as const;

/** A service of groups of its own, whose settings name production's rule: ECS would write its weights. */
function prepareOwner(owner: Owner, { world, ruleArn, listenerArn }: Region): void {
  if (owner === 'nobody' || owner === 'code-deploy') return;
  const [groupArn, spareArn] = ['api-by-ecs', 'api-by-ecs-2'].map((Name, index): string => {
    const elb = (operation: string, input: object) => world.must('elasticloadbalancing', operation, input);
    const group = { Name, Protocol: 'HTTP', Port: 5000, VpcId: 'vpc-1', TargetType: 'ip' };
    const arn = elb('CreateTargetGroup', group).TargetGroups[0].TargetGroupArn;
    elb('CreateRule', {
      ListenerArn: listenerArn,
      Priority: 40 + index,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [`/by-ecs-${index}/*`] } }],
      Actions: [forwardTo([[arn, 1]])],
    });
    return arn;
  });
  world.must('ecs', 'CreateService', {
    cluster,
    serviceName: 'api-by-ecs',
    taskDefinition: 'api:1',
    desiredCount: 0,
    launchType: 'FARGATE',
    deploymentConfiguration: { strategy: strategies[owner] },
    loadBalancers: [
      {
        targetGroupArn: groupArn,
        containerName: 'api',
        containerPort: 5000,
        advancedConfiguration: {
          alternateTargetGroupArn: spareArn,
          productionListenerRule: ruleArn,
          roleArn: 'arn:aws:iam::123456789012:role/ecs-shifts',
        },
      },
    ],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b', 'subnet-c'] } },
  });
}

function prepareScaling(story: Story, region: Region): void {
  if (story.scaling === 'none') return;
  const scaling = (operation: string, input: object) =>
    region.world.must('application-autoscaling', operation, {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/${story.blue === 'ecs' ? names.blue : names.green}`,
      ...input,
    });
  // Calm after the storm brings nothing below what the shift has found.
  const least = story.scaling === 'storm' ? tasks : 2;
  const limits = { MinCapacity: story.blue === 'ecs' ? least : 0, MaxCapacity: 6 };
  scaling('RegisterScalableTarget', limits);
  if (story.scaling === 'storm') {
    scaleBySteps(region, story.blue === 'ecs' ? names.blue : names.green);
    scaling('PutScheduledAction', {
      ScheduledActionName: 'by-the-minute',
      Schedule: 'rate(1 minute)',
      ScalableTargetAction: limits,
    });
  }
}

/** What alarms of the storm look at, by service. */
export const stormMetric = { Namespace: 'Shop', MetricName: 'Load' } as const;

/** Out by one or by three, and in by one: each by an alarm on the service's own load. */
function scaleBySteps({ world }: Region, service: string): void {
  const policy = (PolicyName: string, StepAdjustments: readonly object[]): string =>
    world.must('application-autoscaling', 'PutScalingPolicy', {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/${service}`,
      PolicyName,
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', Cooldown: 60, StepAdjustments },
    }).PolicyARN;
  const alarm = (AlarmName: string, Threshold: number, ComparisonOperator: string, action: string): void =>
    world.must('cloudwatch', 'PutMetricAlarm', {
      ...stormMetric,
      AlarmName,
      Dimensions: [{ Name: 'Service', Value: service }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold,
      ComparisonOperator,
      TreatMissingData: 'notBreaching',
      AlarmActions: [action],
    });
  const out = policy('out', [
    { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 100, ScalingAdjustment: 1 },
    { MetricIntervalLowerBound: 100, ScalingAdjustment: 3 },
  ]);
  alarm(`${service}-busy`, 100, 'GreaterThanThreshold', out);
  const back = policy('in', [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }]);
  alarm(`${service}-calm`, 10, 'LessThanThreshold', back);
}

function prepareAlarm(story: Story, region: Region): void {
  if (story.alarm === 'none') return;
  putAlarm(region.world, 'harm');
  if (story.alarm === 'quiet') return;
  const state = { AlarmName: 'harm', StateValue: 'ALARM', StateReason: 'before the shift' };
  region.world.must('cloudwatch', 'SetAlarmState', state);
}

/** Tables of inputs: each goes over those before it. */
export type InputParts = readonly Readonly<Record<string, string>>[];

/** What the workflow gives to the action. */
export function inputsOf(story: Story, { region, window }: Stage): InputParts {
  const { request, asks, kept } = story;
  const accepted = [
    ...(request.acceptUnproven ? ['unproven'] : []),
    ...(story.alarm === 'rings-before-accepted' ? ['alarm-active'] : []),
  ];
  return [
    usualInputs(region),
    locationInputs(asks.location, region),
    window.inputs,
    asks.schema === 'breaking' ? { schema: 'breaking' } : {},
    {
      'green-service': names.green,
      // Three groups do not show by themselves which two are meant.
      'blue-target-group': story.blue === 'ecs' ? 'api-a' : 'api-host',
    },
    story.blue === 'host' ? { 'desired-count': String(tasks) } : {},
    {
      steps: request.steps.join(','),
      'bake-time': `${request.bakeMs / 1000}s`,
      'probe-count': String(request.probeCount),
      'probes-per-step': request.probes === 'off' ? '0' : '20',
    },
    asks.probeTask === undefined
      ? {}
      : {
          'probe-from': 'vpc-task',
          'probe-task-definition': proberFamily,
          'probe-task-timeout': '2m',
        },
    asks.preDeploy === undefined
      ? {}
      : { 'pre-deploy-command': `${migration} up`, 'pre-deploy-timeout': '1m' },
    asks.check === undefined ? {} : checkInputs(asks.check),
    asks.clientErrors === undefined ? {} : { 'client-errors': asks.clientErrors },
    asks.objective === 'errors' ? { 'slo-error-rate': '1%' } : {},
    asks.objective === 'latency' ? { 'slo-latency': 'p95 110ms' } : {},
    request.probes === 'users-path' ? { 'probe-paths': '/cart' } : {},
    { 'blue-after': request.blueAfter },
    kept === undefined ? {} : { 'keep-blue-at': kept.at, 'keep-blue-for': `${kept.forMs / minuteMs}m` },
    {
      'green-after-rollback': request.greenAfter,
      'on-cancel': request.onCancel,
      timeout: `${request.timeoutMs / minuteMs}m`,
      unattended: 'accept',
      'other-rules': story.together ? 'together' : 'refuse',
    },
    accepted.length > 0 ? { accept: accepted.join('\n') } : {},
    story.alarm === 'none' ? {} : { alarms: 'harm' },
  ];
}

/** What a run is given that knows the rule alone. */
export function bareInputs({ asks }: Story, { region }: Stage): InputParts {
  return [
    usualInputs(region),
    locationInputs(asks.location, region),
    { cluster: '', 'task-definition': '', 'green-target-group': '' },
  ];
}

function locationInputs(location: Asks['location'], region: Region): Readonly<Record<string, string>> {
  return location === 'default-action' ? { 'listener-rule-arn': '', 'listener-arn': region.listenerArn } : {};
}

function checkInputs({ kind }: OwnCheck): Readonly<Record<string, string>> {
  return kind === 'url'
    ? { 'check-url': 'https://checks.example/checkout', 'check-timeout': '30s' }
    : { 'check-command': './smoke.sh', 'check-timeout': '30s' };
}
