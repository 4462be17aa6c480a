/** Makes a story happen and asks the oracle about it. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { RolloutTarget } from '../../../src/inputs/rolling-deploy.ts';
import type { World } from '../../../src/lab/world/world.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { putAlarm } from '../alarm.ts';
import type { Played } from '../shard.ts';
import { dyingAt, hasDied } from './dying.ts';
import {
  addService,
  cluster,
  definitionOf,
  deploy,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  request,
  service,
  tagOf,
} from './region.ts';
import { apps, drawStory, type Story } from './story.ts';
import {
  type Evidence,
  lies,
  liesOfRun,
  type Place,
  type Told,
  type Truth,
  truthOf,
  type WatchedTruth,
} from './truth.ts';
import { serviceOf, type Watch, watchWorld } from './watch.ts';

export interface PlayedRollout extends Played {
  readonly outcome: string;
  readonly calls: number;
}

const digest = `sha256:${'ab'.repeat(32)}`;
const former = 'good-1';
const wanted = 'wanted';
const worker = 'worker';
/** Of the worker's own definition. */
const workersOwn = 'workers-own';
/** A run that was given up still has to see its way back through, twice where it deploys the former one. */
const longestAfterMs = 2 * 15 * 60_000 + 5 * 60_000;
/** Nothing of a story takes longer. */
const longestMs = 2 * 3_600_000;
/** GitHub ends a cancelled job after ten seconds. */
const longestAfterCancelMs = 10_000;
/** The kit looks every five seconds where nothing is expected. */
const slowestLookMs = 6000;

export async function play(seed: number): Promise<PlayedRollout> {
  const story = drawStory(seed);
  const region = await regionOf(story);
  const { world, time } = region;
  const places = placesOf(story, region);
  const truths = places.map((): Truth[] => []);
  const look = (of: readonly string[] = places.map((place) => place.service)): void => {
    for (const [index, place] of places.entries()) {
      if (of.includes(place.service)) truths[index]!.push(truthOf(world, place));
    }
  };
  const watch = watchWorld(world, {
    callerArn: region.caller.arn,
    onAnswer: (operation, output, about) => {
      if (operation !== 'DescribeTasks') {
        // Of several services each has an end of its own, which is seen only here.
        if (places.length > 1 && about.length > 0) look(about);
        return output;
      }
      look();
      return withOthersHands(story, output);
    },
  });
  await before(story, region);
  const startedAt = time.now();
  const journalFrom = world.kernel.journal.length;
  world.loadFaults({ rules: story.rules, events: story.events });
  const latestMs = staleMs(story);
  if (latestMs > 0) sample(region, look);
  let cancelledAt: number | undefined;
  if (story.cancelAtMs !== undefined) {
    void time.sleep(story.cancelAtMs).then(() => {
      cancelledAt = time.now();
      region.cancel.abort();
    });
  }
  const killed = story.kill === undefined ? false : await dies(story, region, story.kill);
  watch.runFrom = watch.begun.length;
  const formers = places.map((place) => formersOf(world, place.service));
  const runAt = killed ? time.now() : startedAt;
  const result = await run(story, region);
  const endedAt = time.now();
  look();
  const { outputs, report } = result;
  const told = toldBy(result);
  const history = world.kernel.journal.slice(journalFrom);
  const evidence = told.map((each): Evidence => {
    const index = places.findIndex((place) => place.service === each.service);
    const lookedAt = places.length === 1 ? endedAt : (watch.lastLookAt.get(each.service) ?? endedAt);
    const seenUntil = lookedAt + latestMs;
    return {
      truths: (truths[index] ?? []).filter(
        ({ at }) => at >= lookedAt - 500 - latestMs && (places.length === 1 || at <= seenUntil + 500),
      ),
      states: world.kernel.journal
        .filter(
          (entry) =>
            entry.kind === 'ecs.service-deployment-state' &&
            entry.subject === each.serviceDeploymentArn &&
            (places.length === 1 || entry.at <= seenUntil),
        )
        .map((entry) => ({ at: entry.at, status: String(entry.detail['status']) })),
      startedAt: runAt,
      endedAt: lookedAt,
      runEndedAt: endedAt,
      unseenMs: slowestLookMs + latestMs,
      slowestLookMs,
      begun: watch.begun.slice(watch.runFrom).filter((arn) => serviceOf(arn) === each.service).length,
      cancelledAt,
      timeoutMs: story.request.timeoutMs,
      image: { wanted: imageOf(story, each.service), formers: formers[index] ?? [] },
      otherImage: story.otherImage && imageOf(story, each.service) === wanted,
      blind: /does not answer|may not look/.test(report.sentence),
      denied: watch.denied > 0,
      troubled: watch.troubled > 0 || latestMs > 0,
      failures: failuresOf(world, each.deploymentId),
      earlySuccess: story.service.earlySuccess && each.service === service,
      gaveUp: watch.stops.some((arn) => serviceOf(arn) === each.service),
      watched: watchedTruth(story, world, runAt, latestMs),
      othersHinder: truths.some(
        (seen, other) =>
          other !== index &&
          seen.some(({ desiredCount, status }) => desiredCount === 0 || status !== 'ACTIVE'),
      ),
    };
  });
  const rateLimited = history.some((entry) => entry.kind === 'fault.rate-limit');
  const wrong = [
    ...liesOfRun(
      { ok: result.ok, outcome: outputs['outcome'] ?? '' },
      places.map((place) => place.service),
      told,
      evidence,
    ),
    ...told.flatMap((each, index) => lies(each, evidence[index]!)),
    ...watch.violations,
    ...broken(story, watch, evidence, rateLimited),
    ...told.flatMap((each, index) => brokenOf(story, evidence[index]!, each)),
    ...(story.thenNext ? await inTheWay(story, region) : []),
  ];
  const hits = [
    ...story.traits,
    ...Object.entries(world.faultHits()).flatMap(([id, count]) => (count > 0 ? [`call: ${id}`] : [])),
    ...history.flatMap((entry) =>
      entry.kind === 'fault.event' && !/Exception|^0 tasks|no such/.test(String(entry.detail['result']))
        ? [`event: ${entry.subject}`]
        : [],
    ),
    ...(cancelledAt === undefined ? [] : ['job: cancelled']),
    ...(killed ? ['job: killed, then run again'] : []),
    ...(story.thenNext ? ['then: the next deployment'] : []),
    ...told.map(({ outcome, aftermath }) => `told: ${outcome}${aftermath === '' ? '' : `, ${aftermath}`}`),
    ...severalHits(told),
    ...(outputs['cause'] === 'deployment-alarm' && evidence.some((each) => each.gaveUp)
      ? ['told: given up for an alarm']
      : []),
  ];
  return {
    seed,
    outcome: outputs['outcome'] ?? '',
    hits: [...new Set(hits)],
    wrong,
    calls: watch.calls,
    log: [
      ...region.log,
      report.sentence,
      JSON.stringify(story),
      JSON.stringify(told),
      JSON.stringify(evidence),
    ],
  };
}

function placesOf(story: Story, region: Region): readonly Place[] {
  return [
    {
      cluster,
      service,
      targetGroupArn: story.service.loadBalancer ? region.targetGroupArn : undefined,
      hasContainerHealthCheck: story.service.containerHealthCheck,
    },
    ...(story.second === undefined
      ? []
      : [
          {
            cluster,
            service: worker,
            targetGroupArn: undefined,
            hasContainerHealthCheck: story.service.containerHealthCheck,
          },
        ]),
  ];
}

/** Tag of the image that the run is to bring into that service. */
function imageOf(story: Story, name: string): string {
  if (name === worker && story.second?.definition === 'own') return workersOwn;
  return story.before === 'already-there' ? former : wanted;
}

function severalHits(told: readonly Told[]): readonly string[] {
  if (told.length < 2) return [];
  const isWell = ({ outcome }: Told): boolean => outcome === 'succeeded' || outcome === 'no-change';
  return [
    told.every(isWell) ? 'told: several, all well' : 'told: several, some not',
    ...(told.some(({ outcome }) => outcome === 'refused') ? ['told: several, held back together'] : []),
  ];
}

/** Of the watched alarms, by the journal of the world. */
function watchedTruth(
  { watched }: Story,
  world: World,
  runAt: number,
  latestMs: number,
): WatchedTruth | undefined {
  if (watched === undefined) return undefined;
  // The run looks in its first moments; what it is told may be older.
  const [surelyBefore, surelyAfter] = [runAt - 1000 - latestMs, runAt + 1000 + latestMs];
  const turns = world.kernel.journal.filter(
    ({ kind, subject }) => kind === 'cloudwatch.alarm-state' && watched.names.includes(subject),
  );
  const isOn = (name: string, at: number): boolean =>
    turns.findLast((turn) => turn.subject === name && turn.at <= at)?.detail['to'] === 'ALARM';
  const states = watched.names.map((name) => [isOn(name, surelyBefore), isOn(name, surelyAfter)] as const);
  const isSteady = ([one, other]: readonly [boolean, boolean]): boolean => one === other;
  const rang = watched.names.flatMap((name, index) => {
    const [isOnBefore, isOnAfter] = states[index]!;
    if (isOnBefore || isOnAfter) return [];
    return turns
      .filter((turn) => turn.subject === name && turn.at > surelyAfter && turn.detail['to'] === 'ALARM')
      .map(({ at }) => ({
        from: at,
        to: turns.find((turn) => turn.subject === name && turn.at > at && turn.detail['to'] !== 'ALARM')?.at,
      }));
  });
  return {
    onAtStart: states.some(([one, other]) => one && other)
      ? 'yes'
      : states.every(isSteady)
        ? 'no'
        : 'perhaps',
    inAlarm: watched.inAlarm,
    rang,
  };
}

async function regionOf(story: Story): Promise<Region> {
  const { service: shape, app, seed, second, watched } = story;
  return makeRegion({
    seed,
    apps: { [wanted]: apps[app], ...(second === undefined ? {} : { [workersOwn]: apps[second.app] }) },
    desiredCount: shape.desiredCount,
    definition: (image) => definition(story, image),
    rateLimits: true,
    targetGroup: { deregistrationDelaySeconds: shape.deregistrationDelaySeconds },
    ecs: { drainingTasksCountAsRunning: shape.drainingCounts },
    prepare: (world) => {
      for (const AlarmName of [...(shape.alarm === 'none' ? [] : ['harm']), ...(watched?.names ?? [])]) {
        putAlarm(world, AlarmName);
      }
    },
    ...(shape.breaker === undefined ? {} : { circuitBreaker: shape.breaker }),
    deploymentConfiguration: {
      minimumHealthyPercent: shape.minimumHealthyPercent,
      maximumPercent: shape.maximumPercent,
      ...(shape.earlySuccess
        ? {
            earlySuccessCriteria: {
              enable: true,
              healthyPercent: 50,
              sourceServiceRevisionCleanup: 'DEFERRED',
            },
          }
        : {}),
      ...(shape.alarm === 'none' ? {} : { alarms: { alarmNames: ['harm'], enable: true, rollback: true } }),
    },
    serviceInput: {
      ...(shape.loadBalancer ? {} : { loadBalancers: [], healthCheckGracePeriodSeconds: undefined }),
      ...(shape.spot
        ? {
            launchType: undefined,
            capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
          }
        : {}),
    },
  });
}

function definition(story: Story, image: string): RegisterTaskDefinitionRequest {
  const plain = definitionOf(image);
  const [container] = plain.containerDefinitions!;
  return {
    ...plain,
    ...(image === workersOwn ? { family: 'worker-task' } : {}),
    containerDefinitions: [
      {
        ...container!,
        ...(image === wanted && story.pinned ? { image: `${container!.image}@${digest}` } : {}),
        ...(image === wanted && story.app === 'secret-missing'
          ? {
              secrets: [
                {
                  name: 'DB_PASSWORD',
                  valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:ips/gone-AbCdEf',
                },
              ],
            }
          : {}),
        ...(story.service.containerHealthCheck
          ? {
              healthCheck: {
                command: ['CMD', 'true'],
                interval: 10,
                retries: 3,
                startPeriod: 30,
                timeout: 5,
              },
            }
          : {}),
      },
    ],
  };
}

/** Tasks of that deployment that failed, each counted once. */
function failuresOf(world: World, deploymentId: string): number {
  const failed = world.kernel.journal.filter(
    ({ kind, detail }) =>
      kind === 'ecs.task-state' &&
      detail['startedBy'] === deploymentId &&
      (/EssentialContainerExited|TaskFailedToStart/.test(String(detail['stopCode'])) ||
        /failed .*health checks/.test(String(detail['stoppedReason']))),
  );
  return new Set(failed.map((entry) => entry.subject)).size;
}

/** What ECS completed last, and what the service names now. */
function formersOf(world: World, name: string): readonly string[] {
  const [found] = world.must('ecs', 'DescribeServices', { cluster, services: [name] }).services;
  const completed = world.kernel.journal.filter(
    (entry) =>
      entry.kind === 'ecs.deployment-state' &&
      entry.subject === found.serviceArn &&
      entry.detail['rolloutState'] === 'COMPLETED',
  );
  return [completed.at(-1)?.detail['taskDefinition'], found.taskDefinition].map((taskDefinition) => {
    const { taskDefinition: described } = world.must('ecs', 'DescribeTaskDefinition', { taskDefinition });
    return tagOf(described.containerDefinitions[0].image);
  });
}

/** What stands before the run begins. */
async function before(story: Story, region: Region): Promise<void> {
  const { world, time } = region;
  const ecs = (operation: string, input: object) => world.must('ecs', operation, input);
  ecs('RegisterTaskDefinition', definition(story, 'other'));
  if (story.second !== undefined) {
    addService(region, worker, story.second.desiredCount, story.second.breaker);
    await time.run(time.sleep(120_000));
  }
  if (story.service.alarm === 'on') {
    const state = { AlarmName: 'harm', StateValue: 'ALARM', StateReason: 'a test' };
    world.must('cloudwatch', 'SetAlarmState', state);
  }
  if (story.watched?.onAtStart) {
    const state = { AlarmName: story.watched.names[0], StateValue: 'ALARM', StateReason: 'a test' };
    world.must('cloudwatch', 'SetAlarmState', state);
    await time.run(time.sleep(60_000));
  }
  if (story.protectedTasks) {
    const { taskArns } = ecs('ListTasks', { cluster, serviceName: service });
    const tasks = taskArns.slice(0, 1);
    ecs('UpdateTaskProtection', { cluster, tasks, protectionEnabled: true, expiresInMinutes: 30 });
  }
  if (story.before === 'nothing-desired') {
    ecs('UpdateService', { cluster, service, desiredCount: 0 });
    await time.run(time.sleep(60_000));
  }
  if (story.before === 'already-there' && story.seed % 2 === 0) {
    // Not all of it serves yet.
    ecs('UpdateService', { cluster, service, desiredCount: story.service.desiredCount + 1 });
    await time.run(time.sleep(1000 * (15 + (story.seed % 30))));
  }
  if (story.before === 'in-flight') {
    const { taskDefinition } = ecs('RegisterTaskDefinition', definition(story, wanted));
    ecs('UpdateService', { cluster, service, taskDefinition: taskDefinition.taskDefinitionArn });
    await time.run(time.sleep(1000 * (story.seed % 40)));
  }
}

function run(story: Story, region: Region): Promise<ActionResult> {
  return region.time.run(begin(story, region, portsOf(region).aws), longestMs);
}

function begin(story: Story, region: Region, aws: AwsCaller): Promise<ActionResult> {
  const image = story.before === 'already-there' ? former : wanted;
  region.files.set('task-definition.json', JSON.stringify(definition(story, image)));
  region.files.set('worker.json', JSON.stringify(definition(story, workersOwn)));
  const { timeoutMs, onFailure, onCancel, failFast, force, ensureBreaker } = story.request;
  const { second, watched } = story;
  const first: RolloutTarget = {
    service,
    taskDefinition:
      story.before === 'already-there'
        ? { kind: 'revision', name: 'ips-api-task:1' }
        : { kind: 'file', path: 'task-definition.json' },
  };
  const path = second?.definition === 'own' ? 'worker.json' : 'task-definition.json';
  const asked = request({
    targets: [
      first,
      ...(second === undefined ? [] : [{ service: worker, taskDefinition: { kind: 'file', path } as const }]),
    ],
    ...(watched === undefined ? {} : { alarms: watched.names, alarmsInAlarm: watched.inAlarm }),
    timeoutMs,
    onFailure,
    onCancel,
    failFast,
    forceNewDeployment: force,
    circuitBreaker: ensureBreaker ? 'ensure' : 'keep',
  });
  return runRollingDeploy(asked, { ...portsOf(region), aws, ...filesOf(region) });
}

/** True where the runner died at that call; false where its run was over before, and the second one has to see. */
async function dies(story: Story, region: Region, kill: NonNullable<Story['kill']>): Promise<boolean> {
  const aws = dyingAt(portsOf(region).aws, kill.atCall, kill.afterEffect);
  await region.time.run(hasDied(begin(story, region, aws)), longestMs);
  await region.time.run(region.time.sleep(kill.pauseMs));
  return true;
}

/** What others than the definition put into the answers about tasks. */
function withOthersHands(story: Story, output: unknown): unknown {
  if (!story.sidecars && !story.otherImage) return output;
  const { tasks, ...rest } = output as { readonly tasks: readonly Record<string, unknown>[] };
  return {
    ...rest,
    tasks: tasks.map((task) => {
      const [own, ...others] = task['containers'] as readonly Record<string, unknown>[];
      const isPinned = String(own!['image']).endsWith(digest);
      const container =
        story.otherImage && isPinned
          ? { ...own, image: String(own!['image']).split('@')[0], imageDigest: `sha256:${'cd'.repeat(32)}` }
          : own;
      const agent = {
        name: 'aws-guardduty-agent-x1',
        image: 'guardduty',
        lastStatus: 'RUNNING',
        healthStatus: 'UNKNOWN',
      };
      return { ...task, containers: [container, ...others, ...(story.sidecars ? [agent] : [])] };
    }),
  };
}

/** How old an answer may be by the time it is judged. */
function staleMs({ rules }: Story): number {
  return rules.reduce((sum, { effect }) => {
    if (effect.kind === 'slow') return sum + 3 * effect.ms;
    return effect.kind === 'read-lag' ? sum + effect.ms + 1000 : sum;
  }, 0);
}

/** Where answers may be old, the truth of every second is kept. */
function sample(region: Region, look: () => void): void {
  const { kernel } = region.world;
  let left = 4000;
  const again = (): void => {
    look();
    if (left-- > 0) kernel.after(1000, again);
  };
  kernel.after(1000, again);
}

/** Of each service that the run tells of. */
function toldBy({ outputs, report }: ActionResult): readonly (Told & { readonly service: string })[] {
  const services = JSON.parse(outputs['services'] ?? '[]') as readonly Readonly<Record<string, string>>[];
  return services.map((each) => ({
    service: each['service'] ?? '',
    outcome: each['outcome'] ?? '',
    aftermath: each['aftermath'] ?? '',
    deploymentId: each['deployment-id'] ?? '',
    serviceDeploymentArn: each['service-deployment-arn'] ?? '',
    admitsChange: /not known/.test(JSON.stringify([report.sentence, report.remedy, report.facts])),
  }));
}

/** Promises about the run that are not about one outcome. */
function broken(
  story: Story,
  watch: Watch,
  evidence: readonly Evidence[],
  rateLimited: boolean,
): readonly string[] {
  const wrong: string[] = [];
  const definitions = story.second?.definition === 'own' ? 2 : 1;
  // Where reads lag behind a lost answer there is no telling: one more revision serves nobody.
  const lags = story.rules.some(({ effect }) => effect.kind === 'read-lag');
  if (watch.registered > definitions && !lags) wrong.push(`${watch.registered} revisions were registered`);
  if (watch.interfered > 0) wrong.push('it deploys on top of a deployment of its own that is under way');
  if (rateLimited) wrong.push("AWS's rates were exceeded");
  const { startedAt, runEndedAt, cancelledAt, timeoutMs } = evidence[0]!;
  if (runEndedAt - startedAt > timeoutMs + longestAfterMs) wrong.push('it waits without end');
  const isCalm = story.rules.length === 0;
  if (isCalm && cancelledAt !== undefined && runEndedAt - cancelledAt > longestAfterCancelMs) {
    wrong.push(`it goes on for ${runEndedAt - cancelledAt} ms after it was cancelled`);
  }
  return wrong;
}

/** The same about one of its services. */
function brokenOf(
  story: Story,
  evidence: Evidence,
  told: Told & { readonly service: string },
): readonly string[] {
  const wrong: string[] = [];
  if (evidence.begun > 2) wrong.push(`${evidence.begun} deployments were begun`);
  if (mustSucceed(story, told.service) && !['succeeded', 'no-change'].includes(told.outcome)) {
    wrong.push(`nothing went wrong with ${told.service}, and it is told ${told.outcome}`);
  }
  return wrong;
}

/** A good revision, nobody else's hands, time enough. What befalls one service does not befall the other. */
function mustSucceed(story: Story, name: string): boolean {
  const { watched } = story;
  return (
    (name === worker && story.second?.definition === 'own' ? story.second.app : story.app) === 'good' &&
    story.before !== 'nothing-desired' &&
    (name === worker || story.service.alarm === 'none') &&
    !(story.otherImage && imageOf(story, name) === wanted) &&
    // With them ECS is done early only where it is told so.
    (name === worker ||
      !story.protectedTasks ||
      (story.service.earlySuccess && story.service.maximumPercent === 200)) &&
    (watched === undefined || !watched.onAtStart || watched.inAlarm === 'ignore') &&
    story.events.every(({ id }) => id.startsWith('ignored-alarm')) &&
    story.cancelAtMs === undefined &&
    story.request.timeoutMs >= 600_000 &&
    story.rules.every(({ effect }) => ['throttle', 'server-error', 'reset'].includes(effect.kind))
  );
}

/** Nobody is blocked by what the run left behind: a good revision can be deployed, now and without faults. */
async function inTheWay(story: Story, region: Region): Promise<readonly string[]> {
  const { world, time } = region;
  world.loadFaults({ rules: [], events: [] });
  for (const zone of world.kernel.config.zones) world.ecs.restoreZone(zone);
  await time.run(time.sleep(60_000));
  const [found] = world.must('ecs', 'DescribeServices', { cluster, services: [service] }).services;
  if (found.status !== 'ACTIVE') return [];
  world.must('ecs', 'UpdateService', { cluster, service, desiredCount: story.service.desiredCount });
  const uncancelled: Region = { ...region, cancel: new AbortController() };
  const taskDefinition = { kind: 'file', path: 'task-definition.json' } as const;
  const targets = [service, ...(story.second === undefined ? [] : [worker])].map((name) => ({
    service: name,
    taskDefinition,
  }));
  const { outputs } = await deploy(uncancelled, 'next', { targets, timeoutMs: 3_600_000 }, (image) =>
    definition(story, image),
  );
  return outputs['outcome'] === 'succeeded' ? [] : [`the next deployment ended as ${outputs['outcome']}`];
}
