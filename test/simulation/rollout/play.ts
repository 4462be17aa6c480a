/** Makes a story happen and asks the oracle about it. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { World } from '../../../src/lab/world/world.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { dyingAt, hasDied } from './dying.ts';
import {
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
import { type Evidence, lies, type Place, type Told, type Truth, truthOf } from './truth.ts';
import { type Watch, watchWorld } from './watch.ts';

export interface Played {
  readonly seed: number;
  readonly outcome: string;
  /** Everything of the story that really came about, by the names of the table of coverage. */
  readonly hits: readonly string[];
  /** What is wrong with it, in words; empty as it should be. */
  readonly wrong: readonly string[];
  readonly calls: number;
  readonly log: readonly string[];
}

const digest = `sha256:${'ab'.repeat(32)}`;
const former = 'good-1';
const wanted = 'wanted';
/** A run that was given up still has to see its way back through, twice where it deploys the former one. */
const longestAfterMs = 2 * 15 * 60_000 + 5 * 60_000;
/** Nothing of a story takes longer. */
const longestMs = 2 * 3_600_000;
/** GitHub ends a cancelled job after ten seconds. */
const longestAfterCancelMs = 10_000;
/** The kit looks every five seconds where nothing is expected. */
const slowestLookMs = 6000;

export async function play(seed: number): Promise<Played> {
  const story = drawStory(seed);
  const region = await regionOf(story);
  const { world, time } = region;
  const place: Place = {
    cluster,
    service,
    targetGroupArn: story.service.loadBalancer ? region.targetGroupArn : undefined,
    hasContainerHealthCheck: story.service.containerHealthCheck,
  };
  const truths: Truth[] = [];
  const watch = watchWorld(world, {
    callerArn: region.caller.arn,
    onAnswer: (operation, output) => {
      if (operation !== 'DescribeTasks') return output;
      truths.push(truthOf(world, place));
      return withOthersHands(story, output);
    },
  });
  await before(story, region);
  const startedAt = time.now();
  const journalFrom = world.kernel.journal.length;
  world.loadFaults({ rules: story.rules, events: story.events });
  const latestMs = staleMs(story);
  if (latestMs > 0) sample(region, place, truths);
  let cancelledAt: number | undefined;
  if (story.cancelAtMs !== undefined) {
    void time.sleep(story.cancelAtMs).then(() => {
      cancelledAt = time.now();
      region.cancel.abort();
    });
  }
  const killed = story.kill === undefined ? false : await dies(story, region, story.kill);
  watch.runFrom = watch.begun.length;
  const formers = formersOf(world);
  const runAt = killed ? time.now() : startedAt;
  const result = await run(story, region);
  const endedAt = time.now();
  truths.push(truthOf(world, place));
  const { outputs, report } = result;
  const told = toldBy(result);
  const history = world.kernel.journal.slice(journalFrom);
  const wasCancelled = cancelledAt !== undefined;
  const evidence: Evidence = {
    truths: truths.filter((truth) => truth.at >= endedAt - 500 - latestMs),
    states: world.kernel.journal
      .filter(
        (entry) =>
          entry.kind === 'ecs.service-deployment-state' && entry.subject === told.serviceDeploymentArn,
      )
      .map((entry) => ({ at: entry.at, status: String(entry.detail['status']) })),
    startedAt: runAt,
    endedAt,
    unseenMs: slowestLookMs + latestMs,
    slowestLookMs,
    begun: watch.begun.length - watch.runFrom,
    cancelledAt,
    timeoutMs: story.request.timeoutMs,
    image: { wanted: story.before === 'already-there' ? former : wanted, formers },
    otherImage: story.otherImage,
    blind: /does not answer|may not look/.test(report.sentence),
    denied: watch.denied > 0,
    troubled: watch.troubled > 0 || latestMs > 0,
    failures: failuresOf(world, told.deploymentId),
    earlySuccess: story.service.earlySuccess,
    gaveUp: watch.stops > 0,
  };
  const wrong = [
    ...lies(told, evidence),
    ...watch.violations,
    ...broken(
      story,
      watch,
      evidence,
      told,
      history.some((entry) => entry.kind === 'fault.rate-limit'),
    ),
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
    ...(wasCancelled ? ['job: cancelled'] : []),
    ...(killed ? ['job: killed, then run again'] : []),
    ...(story.thenNext ? ['then: the next deployment'] : []),
    `told: ${told.outcome}${told.aftermath === '' ? '' : `, ${told.aftermath}`}`,
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

async function regionOf(story: Story): Promise<Region> {
  const { service: shape, app, seed } = story;
  return makeRegion({
    seed,
    apps: { [wanted]: apps[app] },
    desiredCount: shape.desiredCount,
    definition: (image) => definition(story, image),
    rateLimits: true,
    targetGroup: { deregistrationDelaySeconds: shape.deregistrationDelaySeconds },
    ecs: { drainingTasksCountAsRunning: shape.drainingCounts },
    prepare: (world) => {
      if (shape.alarm === 'none') return;
      world.must('cloudwatch', 'PutMetricAlarm', {
        AlarmName: 'harm',
        Namespace: 'test',
        MetricName: 'Harm',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'ignore',
      });
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
function formersOf(world: World): readonly string[] {
  const completed = world.kernel.journal.filter(
    (entry) => entry.kind === 'ecs.deployment-state' && entry.detail['rolloutState'] === 'COMPLETED',
  );
  const [found] = world.must('ecs', 'DescribeServices', { cluster, services: [service] }).services;
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
  if (story.service.alarm === 'on') {
    const state = { AlarmName: 'harm', StateValue: 'ALARM', StateReason: 'a test' };
    world.must('cloudwatch', 'SetAlarmState', state);
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
  const { timeoutMs, onFailure, onCancel, failFast, force, ensureBreaker } = story.request;
  const asked = request({
    timeoutMs,
    onFailure,
    onCancel,
    failFast,
    forceNewDeployment: force,
    circuitBreaker: ensureBreaker ? 'ensure' : 'keep',
    ...(story.before === 'already-there'
      ? { taskDefinition: { kind: 'revision', name: 'ips-api-task:1' } }
      : {}),
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
function sample(region: Region, place: Place, truths: Truth[]): void {
  const { kernel } = region.world;
  const again = (): void => {
    truths.push(truthOf(region.world, place));
    if (truths.length < 4000) kernel.after(1000, again);
  };
  kernel.after(1000, again);
}

function toldBy({ ok, outputs, report }: ActionResult): Told {
  return {
    ok,
    outcome: outputs['outcome'] ?? '',
    aftermath: outputs['aftermath'] ?? '',
    deploymentId: outputs['deployment-id'] ?? '',
    serviceDeploymentArn: outputs['service-deployment-arn'] ?? '',
    admitsChange: /not known/.test(JSON.stringify([report.sentence, report.remedy, report.facts])),
  };
}

/** Promises that are not about one outcome. */
function broken(
  story: Story,
  watch: Watch,
  evidence: Evidence,
  told: Told,
  rateLimited: boolean,
): readonly string[] {
  const wrong: string[] = [];
  const { startedAt, endedAt, cancelledAt, timeoutMs } = evidence;
  if (endedAt - startedAt > timeoutMs + longestAfterMs) wrong.push('it waits without end');
  // Where reads lag behind a lost answer there is no telling: one more revision serves nobody.
  const lags = story.rules.some(({ effect }) => effect.kind === 'read-lag');
  if (watch.registered > 1 && !lags) wrong.push(`${watch.registered} revisions were registered`);
  if (watch.interfered > 0) wrong.push('it deploys on top of a deployment of its own that is under way');
  if (evidence.begun > 2) wrong.push(`${evidence.begun} deployments were begun`);
  if (rateLimited) wrong.push("AWS's rates were exceeded");
  const isCalm = story.rules.length === 0;
  if (isCalm && cancelledAt !== undefined && endedAt - cancelledAt > longestAfterCancelMs) {
    wrong.push(`it goes on for ${endedAt - cancelledAt} ms after it was cancelled`);
  }
  if (mustSucceed(story) && !['succeeded', 'no-change'].includes(told.outcome)) {
    wrong.push(`nothing went wrong, and it is told ${told.outcome}`);
  }
  return wrong;
}

/** A good revision, nobody else's hands, time enough. */
function mustSucceed(story: Story): boolean {
  return (
    story.app === 'good' &&
    story.before !== 'nothing-desired' &&
    story.service.alarm === 'none' &&
    !story.otherImage &&
    // With them ECS is done early only where it is told so.
    (!story.protectedTasks || (story.service.earlySuccess && story.service.maximumPercent === 200)) &&
    story.events.length === 0 &&
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
  const { outputs } = await deploy(uncancelled, 'next', { timeoutMs: 3_600_000 }, (image) =>
    definition(story, image),
  );
  return outputs['outcome'] === 'succeeded' ? [] : [`the next deployment ended as ${outputs['outcome']}`];
}
