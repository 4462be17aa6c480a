/** The region that a story plays in, and the inputs of its runs. */
import { putAlarm } from '../alarm.ts';
import type { Asks } from './asks.ts';
import { type Place, type Snapshot, snapshotOf } from './place.ts';
import {
  actionsWrite,
  cluster,
  createService,
  forwardTo,
  makeRegion,
  type Region,
  registerImage,
  settle,
} from './region.ts';
import { minuteMs, releases, type Story } from './story.ts';
import { type StoryWindow, windowOfStory } from './window.ts';

/** Tasks, or instances, that carry everything. */
export const tasks = 3;
export const names = { blue: 'api-blue', green: 'api-green' } as const;

export interface Stage {
  readonly region: Region;
  readonly place: Place;
  readonly first: Snapshot;
  /** Rules of the load balancer that are nobody's business here, as they were. */
  readonly foreign: string;
  readonly window: StoryWindow;
}

export async function stageOf(story: Story): Promise<Stage> {
  const { asks } = story;
  const region = await makeRegion(story.blue, {
    seed: story.seed,
    requestsPerSecond: story.requestsPerSecond,
    byDefault: asks.location !== 'rule',
    codeDeploy: asks.owner === 'code-deploy',
    apps: {
      v2: releases[story.release],
      ...(story.release === 'equally-bad' ? { v1: releases['equally-bad'] } : {}),
    },
  });
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
  await prepareScaling(story, region);
  prepareAlarm(story, region);
  registerImage(region, 'v2');
  await settle(region, 20_000);
  const place: Place = {
    cluster,
    listenerArn,
    ruleArn,
    byDefault: region.byDefault,
    togetherArns,
    blue: { groupArn: blueArn, service: story.blue === 'ecs' ? names.blue : undefined },
    green: { groupArn: groups.b, service: names.green },
    header: 'x-ips-probe',
  };
  return {
    region,
    place,
    first: snapshotOf(world, place),
    foreign: ruleText(region, foreignArn),
    window: windowOfStory(asks, world.kernel.now),
  };
}

function ruleText(region: Region, ruleArn: string): string {
  const listeners = region.world.routing().routingTable().listeners;
  return JSON.stringify(listeners.flatMap(({ rules }) => rules).find((rule) => rule.ruleArn === ruleArn));
}

/** What is broken about rules that are not the shift's. */
export function foreignChanges({ region, foreign }: Stage): readonly string[] {
  const { ruleArn } = JSON.parse(foreign) as { readonly ruleArn: string };
  return ruleText(region, ruleArn) === foreign ? [] : ['a rule that is not its own has changed'];
}

async function prepareScaling(story: Story, region: Region): Promise<void> {
  if (story.scaling === 'none') return;
  const scaling = (operation: string, input: object) =>
    region.world.must('application-autoscaling', operation, {
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${cluster}/${story.blue === 'ecs' ? names.blue : names.green}`,
      ...input,
    });
  const limits = { MinCapacity: story.blue === 'ecs' ? 2 : 0, MaxCapacity: 6 };
  scaling('RegisterScalableTarget', limits);
  if (story.scaling === 'storm') {
    scaling('PutScheduledAction', {
      ScheduledActionName: 'by-the-minute',
      Schedule: 'rate(1 minute)',
      ScalableTargetAction: limits,
    });
  }
}

function prepareAlarm(story: Story, region: Region): void {
  if (story.alarm === 'none') return;
  putAlarm(region.world, 'harm');
  if (story.alarm === 'quiet') return;
  const state = { AlarmName: 'harm', StateValue: 'ALARM', StateReason: 'before the shift' };
  region.world.must('cloudwatch', 'SetAlarmState', state);
}

/** What the workflow gives to the action. */
export function inputsOf(story: Story, { region, window }: Stage): Readonly<Record<string, string>> {
  const { request, asks } = story;
  const accepted = [
    ...(request.acceptUnproven ? ['unproven'] : []),
    ...(story.alarm === 'rings-before-accepted' ? ['alarm-active'] : []),
  ];
  return {
    ...locationInputs(asks.location, region),
    ...window.inputs,
    ...(asks.schema === 'breaking' ? { schema: 'breaking' } : {}),
    'green-service': names.green,
    // Three groups do not show by themselves which two are meant.
    'blue-target-group': story.blue === 'ecs' ? 'api-a' : 'api-host',
    ...(story.blue === 'host' ? { 'desired-count': String(tasks) } : {}),
    steps: request.steps.join(','),
    'bake-time': `${request.bakeMs / 1000}s`,
    'probe-count': String(request.probeCount),
    'probes-per-step': request.probes === 'off' ? '0' : '20',
    ...(request.probes === 'users-path' ? { 'probe-paths': '/cart' } : {}),
    'blue-after': request.blueAfter,
    'green-after-rollback': request.greenAfter,
    'on-cancel': request.onCancel,
    timeout: `${request.timeoutMs / minuteMs}m`,
    unattended: 'accept',
    'other-rules': story.together ? 'together' : 'refuse',
    ...(accepted.length > 0 ? { accept: accepted.join('\n') } : {}),
    ...(story.alarm === 'none' ? {} : { alarms: 'harm' }),
  };
}

/** What a run is given that knows the rule alone. */
export function bareInputs({ asks }: Story, { region }: Stage): Readonly<Record<string, string>> {
  return {
    ...locationInputs(asks.location, region),
    cluster: '',
    'task-definition': '',
    'green-target-group': '',
  };
}

function locationInputs(location: Asks['location'], region: Region): Readonly<Record<string, string>> {
  return location === 'default-action' ? { 'listener-rule-arn': '', 'listener-arn': region.listenerArn } : {};
}
