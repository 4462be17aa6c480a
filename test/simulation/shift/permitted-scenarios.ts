/** What a shift may have to do, good or bad: one small world for each, under whatever policy the caller has. */
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import { sendToLab } from '../../support/lab-github.ts';
import { putAlarm } from '../alarm.ts';
import { dyingWhen, Killed } from './dying.ts';
import { scalable } from './leftovers.ts';
import type { Caller } from './permitted.ts';
import {
  cancelAfter,
  cluster,
  createService,
  liveWeights,
  makeRegion,
  minute,
  type Region,
  registerImage,
  serviceNow,
  settle,
  setWeights,
} from './region.ts';
import { scaleBySteps } from './step-scaled.ts';

export interface Scenario {
  readonly name: string;
  /** Words of the policy that are others here. */
  readonly words?: Readonly<Record<string, string>>;
  /** Statements that docs/iam/README.md lets a reader of such a set-up leave out. */
  readonly leavesOut?: readonly string[];
  /** Production is on GREEN_SERVICE in the end of it, and SERVICE is what is made and written. */
  readonly swaps?: true;
  /** Outcome and cause of each run. */
  readonly ends: readonly (readonly [outcome: string, cause: string])[];
  readonly play: (caller: Caller) => Promise<void>;
}

export const logGroup = '/ecs/api';
export const repositoryName = 'api-images';
export const topicName = 'ips-api-alerts';
const account = '123456789012';
const unattended = { unattended: 'accept' };
const probesOff = { 'probe-count': '0', 'probes-per-step': '0' };
/** Rests at 10 % at once. */
const hasty = { until: '10', 'bake-time': '0s', ...probesOff, accept: 'unproven', ...unattended };

/** The task definition as a deploy has it: from ECR, with both roles, a log and tags of the team's own. */
function definitionText(tag: string): string {
  return JSON.stringify({
    family: 'api',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: `arn:aws:iam::${account}:role/execution`,
    taskRoleArn: `arn:aws:iam::${account}:role/task`,
    containerDefinitions: [
      {
        name: 'api',
        image: `${account}.dkr.ecr.ap-south-1.amazonaws.com/${repositoryName}:${tag}`,
        essential: true,
        portMappings: [{ containerPort: 5000 }],
        logConfiguration: log('api'),
      },
    ],
    tags: [{ key: 'team', value: 'positioning' }],
  });
}

const log = (prefix: string) => ({
  logDriver: 'awslogs',
  options: {
    'awslogs-group': logGroup,
    'awslogs-region': 'ap-south-1',
    'awslogs-stream-prefix': prefix,
  },
});

const fromFile = { 'task-definition': 'api.json' };
const files = (tag: string): Map<string, string> => new Map([['api.json', definitionText(tag)]]);

async function regionWith(apps: Readonly<Record<string, Partial<AppModel>>> = {}): Promise<Region> {
  const region = await makeRegion('ecs', { seed: 11, apps });
  const { world } = region;
  world.must('logs', 'CreateLogGroup', { logGroupName: logGroup });
  world.must('ecr', 'CreateRepository', { repositoryName });
  for (const tag of ['v2', 'v3']) world.ecr.seedImage(repositoryName, tag);
  return region;
}

/** With v2 registered, and nothing else of note. */
async function released(apps: Readonly<Record<string, Partial<AppModel>>> = {}): Promise<Region> {
  const region = await regionWith(apps);
  registerImage(region, 'v2');
  return region;
}

function trackCpu({ world }: Region, service: string): void {
  world.must('application-autoscaling', 'PutScalingPolicy', {
    PolicyName: 'cpu',
    ServiceNamespace: 'ecs',
    ResourceId: `service/${cluster}/${service}`,
    ScalableDimension: 'ecs:service:DesiredCount',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 60,
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
    },
  });
}

function scheduleNight({ world }: Region): void {
  world.must('application-autoscaling', 'PutScheduledAction', {
    ServiceNamespace: 'ecs',
    ScheduledActionName: 'night',
    ResourceId: `service/${cluster}/api-blue`,
    ScalableDimension: 'ecs:service:DesiredCount',
    Schedule: 'rate(12 hours)',
    ScalableTargetAction: { MinCapacity: 1 },
  });
}

function addRule({ world, listenerArn, groups }: Region): void {
  world.must('elasticloadbalancing', 'CreateRule', {
    ListenerArn: listenerArn,
    Priority: 5,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/admin/*'] } }],
    Actions: [{ Type: 'forward', TargetGroupArn: groups.a }],
  });
}

/** `api:2` sends probes; `api:3` is what is released. */
async function withProber(prober: Partial<AppModel>): Promise<Region> {
  const region = await regionWith({ prober });
  region.world.must('ecs', 'RegisterTaskDefinition', {
    family: 'api',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: `arn:aws:iam::${account}:role/execution`,
    containerDefinitions: [
      { name: 'prober', image: 'prober:prober', essential: true, logConfiguration: log('probe') },
    ],
  });
  registerImage(region, 'v2');
  return region;
}
const probeTask = {
  'probe-from': 'vpc-task',
  'probe-task-definition': 'api:2',
  'probe-paths': '/cart',
  'probe-count': '400',
};
const outside = {
  createProber: () => ({ probe: async () => ({ kind: 'failed', reason: 'ETIMEDOUT' }) as const }),
};

const afterRest = { cluster: '', 'task-definition': '', 'green-target-group': '' };
const atEnd = { 'blue-after': 'scale-to-zero', 'keep-blue-for': '1m' };

export const scenarios: readonly Scenario[] = [
  {
    name: 'a twin that scales as blue does, by steps and by a target; alarms; the end of blue',
    ends: [['promoted', '']],
    play: async (caller) => {
      const region = await released();
      scaleBySteps(region);
      trackCpu(region, 'api-blue');
      scheduleNight(region);
      putAlarm(region.world, 'checkout-errors');
      caller.enter(region);
      await caller.run(region, { ...atEnd, alarms: 'checkout-errors' });
    },
  },
  {
    name: 'a twin that scales by a target, and blue made anew where somebody deleted it',
    leavesOut: ['CloudwatchAlarm2'],
    swaps: true,
    ends: [
      ['promoted', ''],
      ['promoted', ''],
    ],
    play: async (caller) => {
      const region = await released();
      scalable(region);
      trackCpu(region, 'api-blue');
      caller.enter(region);
      await caller.run(region);
      region.world.must('application-autoscaling', 'DeregisterScalableTarget', {
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: `service/${cluster}/api-blue`,
      });
      region.world.must('ecs', 'DeleteService', { cluster, service: 'api-blue', force: true });
      await settle(region, 10 * minute);
      registerImage(region, 'v3');
      const names = { 'green-target-group': 'api-a', 'green-service': 'api-blue' };
      await caller.run(region, names, { runId: '2' });
    },
  },
  {
    name: 'two releases from files into a pair, of which one image is kept',
    ends: [
      ['promoted', ''],
      ['promoted', ''],
    ],
    play: async (caller) => {
      const region = await regionWith();
      setWeights(region, { [region.groups.a]: 1, [region.groups.b]: 0 });
      createService(region, 'api-green', region.groups.b, 0);
      caller.enter(region);
      const inputs = { ...fromFile, 'keep-images': '1', 'green-target-group': '' };
      await caller.run(region, inputs, { files: files('v2') });
      await caller.run(region, inputs, { files: files('v3'), runId: '2' });
    },
  },
  {
    name: 'EC2 instances as blue: a rest, and back from it',
    words: { SERVICE: 'none', GREEN_SERVICE: 'api' },
    ends: [
      ['paused', ''],
      ['rolled-back', 'interrupted'],
      ['promoted', ''],
    ],
    play: async (caller) => {
      const region = await makeRegion('host', { seed: 21 });
      setWeights(region, { [region.groups.host]: 1, [region.groups.b]: 0 });
      createService(region, 'api', region.groups.b, 0);
      caller.enter(region);
      const inputs = { 'green-service': 'api', 'desired-count': '3' };
      await caller.run(region, { ...inputs, until: '10', ...unattended });
      await caller.run(region, { ...inputs, 'on-interrupted': 'rollback' }, { runId: '2' });
      await caller.run(region, inputs, { runId: '3' });
    },
  },
  {
    name: 'the default action of a listener',
    ends: [['promoted', '']],
    play: async (caller) => {
      const region = await released();
      const { world, listenerArn, groups, ruleArn } = region;
      world.must('elasticloadbalancing', 'ModifyListener', {
        ListenerArn: listenerArn,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: groups.a }],
      });
      world.must('elasticloadbalancing', 'DeleteRule', { RuleArn: ruleArn });
      caller.enter(region);
      await caller.run(region, { 'listener-rule-arn': '', 'listener-arn': listenerArn });
    },
  },
  {
    name: 'a green that crashes',
    ends: [['rolled-back', 'container-exited']],
    play: async (caller) => {
      const region = await regionWith({ v2: badApps.crashAtStart });
      caller.enter(region);
      await caller.run(region, fromFile, { files: files('v2') });
    },
  },
  {
    name: 'a green that never gets healthy, and one that answers with errors',
    ends: [
      ['rolled-back', 'target-health'],
      ['rolled-back', 'errors'],
    ],
    play: async (caller) => {
      const region = await released({ v2: badApps.neverHealthy, v3: badApps.errors });
      scalable(region);
      caller.enter(region);
      await caller.run(region);
      registerImage(region, 'v3');
      await caller.run(region, probesOff, { runId: '2' });
    },
  },
  {
    name: 'an alarm that rings',
    ends: [['rolled-back', 'alarm']],
    play: async (caller) => {
      const region = await released();
      putAlarm(region.world, 'checkout-errors');
      const event = { kind: 'alarm', name: 'checkout-errors', state: 'ALARM' } as const;
      region.world.loadFaults({ rules: [], events: [{ id: 'ring', atMs: 3 * minute, event }] });
      caller.enter(region);
      await caller.run(region, { alarms: 'checkout-errors' });
    },
  },
  {
    name: 'cancelled with traffic on green, then with blue kept',
    ends: [
      ['cancelled', 'cancelled'],
      ['cancelled', 'cancelled'],
    ],
    play: async (caller) => {
      for (const seconds of [260, 470]) {
        const region = await released();
        scalable(region);
        caller.enter(region);
        cancelAfter(region, seconds * 1000);
        await caller.run(region, { ...atEnd, 'keep-blue-for': '2m' });
      }
    },
  },
  {
    name: 'blue kept small: to its end; taken back from there, tasks first; by a run that begins nothing',
    ends: [
      ['promoted', ''],
      ['rolled-back', 'green-superseded'],
      ['cancelled', 'cancelled'],
      ['rolled-back', 'interrupted'],
    ],
    play: async (caller) => {
      const small = { ...atEnd, 'keep-blue-for': '4m', 'keep-blue-at': '1' };
      for (const how of ['ends', 'turns bad', 'is cancelled'] as const) {
        const region = await released();
        scalable(region);
        caller.enter(region);
        const { kernel } = region.world;
        const look = (): void => {
          if (serviceNow(region, 'api-blue').desiredCount > 1) kernel.after(1000, look);
          else if (how === 'is cancelled') cancelAfter(region, minute);
          else if (how === 'turns bad') {
            region.world.must('ecs', 'UpdateService', {
              cluster,
              service: 'api-green',
              taskDefinition: 'api:1',
            });
          }
        };
        look();
        await caller.run(region, small);
        if (how !== 'is cancelled') continue;
        const order = { ...afterRest, 'on-interrupted': 'rollback-only' };
        await caller.run(region, order, { runId: '2', cancelled: new AbortController().signal });
      }
    },
  },
  {
    name: 'killed, and gone on with',
    ends: [['promoted', '']],
    play: async (caller) => {
      const region = await released();
      scalable(region);
      caller.enter(region);
      await caller.dies(
        region,
        {},
        dyingWhen(() => liveWeights(region)['api-b'] === 10),
        Killed,
      );
      await caller.run(region, {}, { runId: '2' });
    },
  },
  {
    name: 'killed, and taken back by the post step; by the next run; by one that begins nothing',
    ends: [
      ['rolled-back', 'cancelled'],
      ['rolled-back', 'interrupted'],
      ['rolled-back', 'interrupted'],
    ],
    play: async (caller) => {
      for (const how of ['post', 'rollback', 'rollback-only'] as const) {
        const region = await released();
        scalable(region);
        caller.enter(region);
        await caller.dies(
          region,
          {},
          dyingWhen(() => liveWeights(region)['api-b'] === 50),
          Killed,
        );
        if (how === 'post') await caller.post(region);
        else
          await caller.run(
            region,
            { 'on-interrupted': how, ...(how === 'rollback' ? {} : afterRest) },
            { runId: '2' },
          );
      }
    },
  },
  {
    name: 'a rest that a watch finds good, and bad; taken back from there',
    ends: [
      ['paused', ''],
      ['paused', ''],
      ['rolled-back', 'rest-limit'],
    ],
    play: async (caller) => {
      const region = await released();
      caller.enter(region);
      await caller.run(region, hasty);
      await settle(region, 5 * minute);
      const judge = { ...afterRest, 'on-interrupted': 'judge' };
      await caller.run(region, judge, { runId: '2' });
      await settle(region, 5 * minute);
      await caller.run(region, { ...judge, 'rest-limit': '1m' }, { runId: '3' });
    },
  },
  {
    name: 'a rest that is gone on with, and a newer release over a rest',
    ends: [
      ['paused', ''],
      ['paused', ''],
      ['promoted', ''],
    ],
    play: async (caller) => {
      const region = await released();
      caller.enter(region);
      await caller.run(region, hasty);
      const onwards = { 'on-interrupted': 'resume-only', 'task-definition': '', until: '50', ...unattended };
      await caller.run(region, onwards, { runId: '2' });
      registerImage(region, 'v3');
      await caller.run(region, {}, { runId: '3' });
    },
  },
  {
    name: 'a migration that passes, one that fails, and one that has to be stopped',
    ends: [
      ['promoted', ''],
      ['refused', 'pre-deploy-failed'],
      ['refused', 'pre-deploy-timed-out'],
    ],
    play: async (caller) => {
      const ends = (exitCode: number) => ({ crashAfterMs: 10_000, exitCode, crashLog: ['so be it'] });
      for (const app of [ends(0), ends(3), {}]) {
        const region = await regionWith({ './migrate': app });
        caller.enter(region);
        const migration = { ...fromFile, 'pre-deploy-command': './migrate', 'pre-deploy-timeout': '60s' };
        await caller.run(region, migration, { files: files('v2') });
      }
    },
  },
  {
    name: 'a probe task that passes, one that says no, and one that has to be stopped',
    ends: [
      ['promoted', ''],
      ['rolled-back', 'probes'],
      ['rolled-back', 'probes'],
    ],
    play: async (caller) => {
      const good = { crashAfterMs: 20_000, exitCode: 0, crashLog: ['ips-deploy-probes sent=400 bad=0'] };
      const bad = { crashAfterMs: 20_000, exitCode: 3, crashLog: ['GET /cart: HTTP 500'] };
      for (const prober of [good, bad, {}]) {
        const region = await withProber(prober);
        caller.enter(region);
        await caller.run(region, { ...probeTask, 'probe-task-timeout': '2m' }, outside);
      }
    },
  },
  {
    name: 'a breaking schema: green keeps its traffic, until a person accepts',
    ends: [
      ['rollback-failed', 'errors'],
      ['rolled-back', 'interrupted'],
    ],
    play: async (caller) => {
      const region = await released({ v2: badApps.errors });
      caller.enter(region);
      await caller.run(region, { ...probesOff, schema: 'breaking' });
      const accepted = { 'on-interrupted': 'rollback-only', 'past-breaking-schema': 'accept' };
      await caller.run(region, accepted, { runId: '2' });
    },
  },
  {
    name: 'several rules together, there and back',
    ends: [
      ['cancelled', 'cancelled'],
      ['promoted', ''],
    ],
    play: async (caller) => {
      for (const cancelled of [true, false]) {
        const region = await released();
        addRule(region);
        caller.enter(region);
        if (cancelled) cancelAfter(region, 4 * minute);
        await caller.run(region, { 'other-rules': 'together' });
      }
    },
  },
  {
    name: 'somebody’s weights, somebody’s green, a deadline',
    ends: [
      ['interfered', ''],
      ['rolled-back', 'green-superseded'],
      ['timed-out', 'timeout'],
    ],
    play: async (caller) => {
      for (const what of ['weights', 'green', 'deadline'] as const) {
        const region = await released();
        const { world, groups, ruleArn } = region;
        const superseding = { cluster, service: 'api-green', taskDefinition: 'api:1' };
        if (what !== 'deadline') {
          const event =
            what === 'weights'
              ? ({ kind: 'set-weights', ruleArn, weights: { [groups.a]: 70, [groups.b]: 30 } } as const)
              : ({
                  kind: 'call',
                  service: 'ecs',
                  operation: 'UpdateService',
                  input: superseding,
                } as const);
          world.loadFaults({ rules: [], events: [{ id: what, atMs: 3 * minute, event }] });
        }
        caller.enter(region);
        await caller.run(region, what === 'deadline' ? { timeout: '6m5s' } : {});
      }
    },
  },
  {
    name: 'a third of all calls throttled, and first changes whose answer is lost',
    ends: [
      ['promoted', ''],
      ['promoted', ''],
    ],
    play: async (caller) => {
      const throttled = [{ id: 't', match: {}, probability: 0.33, effect: { kind: 'throttle' } }] as const;
      const lost = ['CreateRule', 'ModifyRule', 'CreateService', 'DeleteRule', 'RegisterScalableTarget'].map(
        (operation) => ({
          id: operation,
          match: { operation },
          nth: 1,
          effect: { kind: 'reset-after-effect' as const },
        }),
      );
      for (const rules of [throttled, lost]) {
        const region = await released();
        scalable(region);
        region.world.loadFaults({ rules, events: [] });
        caller.enter(region);
        await caller.run(region);
      }
    },
  },
  {
    name: 'an older commit that is refused',
    ends: [
      ['promoted', ''],
      ['refused', 'stale-commit'],
    ],
    play: async (caller) => {
      const region = await regionWith();
      const { world, time } = region;
      world.github.addRepository({ owner: 'o', name: 'r' });
      const [older, newer] = ['older', 'newer'].map((each) => world.github.addCommit('o/r', 'main', each));
      const token = world.github.addToken('o/r', { contents: 'read' });
      const send = sendToLab(world, async () => undefined);
      const github = createGitHubApi({
        apiUrl: 'https://api.github.com',
        repository: 'o/r',
        token,
        clock: time,
        send,
      });
      caller.enter(region);
      await caller.run(region, fromFile, { files: files('v3'), sha: newer!, github });
      await caller.run(region, fromFile, { files: files('v2'), sha: older!, github, runId: '2' });
    },
  },
  {
    name: 'a topic that is told',
    ends: [['promoted', '']],
    play: async (caller) => {
      const region = await released();
      region.world.must('sns', 'CreateTopic', { Name: topicName });
      caller.enter(region);
      await caller.announced(region, `arn:aws:sns:ap-south-1:${account}:${topicName}`);
    },
  },
];
