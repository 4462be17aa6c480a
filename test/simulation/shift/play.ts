/** Makes a story happen and asks the oracle about it. */
import { AwsCallError } from '../../../src/aws/call-error.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { instructionsOf } from '../../../src/report/report.ts';
import { ConfigurationError } from '../../../src/runner/configuration-error.ts';
import { executeShift } from '../../../src/shift/execute.ts';
import { recoverShift } from '../../../src/shift/recover.ts';
import type { Played } from '../shard.ts';
import { asksTraits } from './asks.ts';
import { dyingAt, dyingWhen, Killed } from './dying.ts';
import { evidenceOf } from './evidence.ts';
import type { Told } from './evidence-of-run.ts';
import { moveHands } from './hands.ts';
import { type CheckAnswer, checkOfStory } from './own-tools.ts';
import { byName, forwardingOf, proberFamily, type Snapshot, shareIn, snapshotOf, tagsOf } from './place.ts';
import {
  inputTable,
  liveWeights,
  portsOf,
  type RunOptions,
  registerImage,
  requestOf,
  settle,
  shift,
  simulatedProber,
} from './region.ts';
import { bareInputs, foreignChanges, inputsOf, names, type Stage, stageOf, tasks } from './stage.ts';
import { drawStory, minuteMs, type Story } from './story.ts';
import { mustPromote, traitsOf } from './story-traits.ts';
import { lies } from './truth.ts';
import { type Write, watchShift } from './watch.ts';

export interface PlayedShift extends Played {
  readonly outcomes: readonly string[];
}

/** One run of the action within a story. */
export interface Run {
  readonly name: string;
  readonly startedAt: number;
  readonly before: Snapshot;
  readonly inputs: Readonly<Record<string, string>>;
  readonly wanted: string;
  readonly cancelledAt: () => number | undefined;
  readonly probesFrom: { readonly sent: number; readonly bad: number };
  readonly beside: boolean;
  readonly rings: boolean;
  /** Of the user's own check, of any run. */
  readonly answers: readonly CheckAnswer[];
  readonly harmedFrom: { readonly green: number; readonly all: number };
}

/** What a run is asked for beside its inputs. */
interface RunOfStory extends Pick<RunOptions, 'runId' | 'runAttempt' | 'wrap'> {
  readonly wanted?: string;
  readonly beside?: boolean;
  readonly cancelAtMs?: number | undefined;
  /** It is given the rule and its order alone. */
  readonly bare?: boolean;
  /** The post step of the run before. */
  readonly post?: boolean;
}

const longestMs = 6 * 3_600_000;

export async function play(seed: number): Promise<PlayedShift> {
  return playStory(drawStory(seed));
}

export async function playStory(story: Story): Promise<PlayedShift> {
  const stage = await stageOf(story);
  const { region, place } = stage;
  const { world, time, traffic } = region;
  const wrong: string[] = [];
  const outcomes: string[] = [];
  const hits = new Set<string>(traitsOf(story));
  const { check } = story.asks;
  const answers: CheckAnswer[] = [];
  const runs = new Map<string, Run>();
  const runByArn = new Map<string, string>();
  const arnOf = (run: string): string =>
    `arn:aws:sts::${world.kernel.config.accountId}:assumed-role/kit/${run}`;
  const slackMs = story.rules.length === 0 ? 600 : 150_000;
  const hands = moveHands(
    story,
    stage,
    (what) => hits.add(what),
    (byRule) => void second(byRule),
  );
  const watch = watchShift(world, {
    place,
    law: {
      steps: story.request.steps,
      wanted: (run) => runs.get(run)?.wanted ?? 'api:2',
      required: tasks,
      slackMs,
      compareSlackMs: story.rules.length === 0 ? 30 : 150_000,
      requestsPerSecond: story.requestsPerSecond,
      bakeMs: story.request.bakeMs,
      metricDelayMs: story.metrics === 'five-minutes-late' ? 5 * minuteMs : 2 * minuteMs,
      countsAreWhole: story.metrics === 'usual',
      drainMs: 60_000,
      kept: story.kept,
      provenBefore: (run) => (run === 'run-2' ? story.until : undefined),
      startedAt: (run) => runs.get(run)?.startedAt ?? 0,
      beginsAt: stage.window.opensAt,
      twoMayBegin: story.hand?.kind === 'rival-shift',
      checkPassed:
        check === undefined
          ? undefined
          : (percent) =>
              answers.some((each) => each.said === 'passed' && Math.abs(each.percent - percent) < 0.5),
    },
    runOf: (arn) => runByArn.get(arn),
    traffic: (groupArn) => traffic.group(groupArn),
    probes: stage.probes,
    onCall: (request) => hands.onCall(request),
    onBlueDown: () => {
      cancelFirst();
      hands.onBlueDown();
    },
  });

  /** Cancels the first run of a story that asks for it. */
  let cancelFirst = (): void => undefined;
  /** Undefined where the runner died, or where there was nothing to do. */
  const judged = async (
    run: Run,
    work: Promise<ActionResult | undefined>,
    isPost: boolean,
  ): Promise<ActionResult | undefined> => {
    try {
      const result = await work;
      if (result === undefined) return undefined;
      const told = toldBy(result);
      const evidence = evidenceOf(story, stage, watch, run, snapshotOf(world, place));
      wrong.push(...lies(told, evidence).map((lie) => `${run.name}: ${lie}`));
      outcomes.push(`${run.name} ${told.outcome}`);
      hits.add(`told: ${told.outcome}`);
      if (told.outcome === 'rolled-back') hits.add(`cause: ${told.cause}`);
      if (told.cause === 'access-denied') hits.add('told: access-denied');
      return result;
    } catch (error) {
      if (error instanceof AwsCallError || error instanceof ConfigurationError) {
        if (!isPost) wrong.push(`${run.name}: it ended without an outcome (${error.message})`);
        const evidence = evidenceOf(story, stage, watch, run, snapshotOf(world, place));
        wrong.push(...lies(toldByError(error, byName(evidence.after.weights)), evidence));
        outcomes.push(`${run.name} failed`);
        hits.add('told: failed');
        return undefined;
      }
      if (!(error instanceof Killed)) throw error;
      outcomes.push(`${run.name} killed`);
      hits.add('job: killed');
      return undefined;
    }
  };
  const begin = (
    name: string,
    change: Readonly<Record<string, string>>,
    options: RunOfStory,
  ): Promise<ActionResult | undefined> => {
    const { bare = false, post = false, cancelAtMs } = options;
    const inputs = inputTable(...(bare ? bareInputs : inputsOf)(story, stage), change);
    const cancel = new AbortController();
    let cancelledAt: number | undefined;
    const cancelIn = (ms: number): void => {
      void time.sleep(ms).then(() => {
        cancelledAt ??= time.now();
        cancel.abort('SIGINT');
      });
    };
    if (cancelAtMs !== undefined) cancelIn(cancelAtMs);
    const { cancelAfterBlueDownMs } = story.asks;
    if (cancelAfterBlueDownMs !== undefined && name === 'run-1') {
      cancelFirst = () => cancelIn(cancelAfterBlueDownMs);
    }
    const run: Run = {
      name,
      startedAt: time.now(),
      before: snapshotOf(world, place),
      inputs,
      wanted: options.wanted ?? 'api:2',
      cancelledAt: () => cancelledAt,
      probesFrom: { sent: watch.probes.sent, bad: watch.probes.bad },
      beside: options.beside ?? false,
      harmedFrom: { green: traffic.group(place.green.groupArn).harmed, all: traffic.total.harmed },
      rings: world.cloudwatch.alarmState('harm') === 'ALARM',
      answers,
    };
    runs.set(name, run);
    region.caller = { ...world.root, arn: arnOf(name) };
    runByArn.set(region.caller.arn, name);
    const ports = portsOf(region, {
      runId: options.runId ?? name.split('-')[1]!,
      runAttempt: options.runAttempt,
      wrap: options.wrap,
      cancelled: cancel.signal,
      runCheck: check === undefined ? undefined : checkOfStory(check, region, answers),
      createProber: ({ plan, headerValue }) =>
        simulatedProber(region, plan.testRule.header, headerValue, plan.probes.timeoutMs, (answer) => {
          watch.probes.sent++;
          if (answer.kind !== 'answered' || answer.status >= 500) watch.probes.bad++;
        }),
    });
    const work = (post ? recoverShift : executeShift)(requestOf(inputs), ports);
    return judged(run, work, post).then((result) => {
      if (cancelledAt !== undefined && result !== undefined) hits.add('job: cancelled');
      if (cancelledAt !== undefined && watch.blueDownAt !== undefined && watch.blueDownAt < cancelledAt) {
        hits.add('job: cancelled past the point of no return');
      }
      return result;
    });
  };
  /** Green serves everything and nothing of the shift is left: its colours are those of the next one. */
  const isSwapped = (): boolean => {
    const { weights, testRules } = forwardingOf(world, place);
    return shareIn(weights, place.green.groupArn) === 100 && testRules.length === 0;
  };
  let beside: Promise<unknown> = Promise.resolve();
  const second = (byRule: string | undefined): void => {
    const change =
      byRule === undefined
        ? {}
        : { 'listener-rule-arn': byRule, 'listener-arn': '', 'probe-paths': '/admin/cart' };
    beside = begin('run-7', change, { beside: true });
  };

  world.loadFaults({ rules: story.rules, events: [] });
  if (story.asks.probeTask === 'not-placed') keepTasksOut(stage, proberFamily);
  if (story.asks.preDeploy === 'not-placed') keepTasksOut(stage, 'api');
  const isSecond = story.hand?.kind === 'second-shift' || story.hand?.kind === 'rival-shift';
  await time.run(
    begin('run-1', story.until === undefined ? {} : { until: String(story.until) }, {
      wrap: deathOf(story, (ms) => watch.blueDownAt !== undefined && time.now() >= watch.blueDownAt + ms),
      beside: isSecond,
      cancelAtMs: story.cancelAtMs,
    }),
    longestMs,
  );
  await time.run(beside, longestMs);
  hands.stop();
  world.loadFaults({ rules: [], events: [] });
  if (story.postStep && outcomes.at(-1) === 'run-1 killed') {
    hits.add('job: post step');
    await time.run(begin('run-1', {}, { post: true }), longestMs);
  }
  const { secondRun: then } = story;
  const open =
    /killed|paused|cancelled|rolled-back|rollback-failed/.test(outcomes.at(-1) ?? '') &&
    hits.has('job: killed');
  const isDone = outcomes.some((outcome) => outcome.includes('promoted')) || isSwapped();
  if (then !== undefined && !(isDone && then.newer) && (open || outcomes.at(-1) === 'run-1 paused')) {
    await settle(region, then.pauseMs);
    // Where green is promoted, the newer one would go the other way: what is left is finished first, and judged.
    const isPromoted = forwardingOf(world, place).testRules.some((arn) => {
      const tags = tagsOf(world, arn);
      return /^promoted/.test(tags['ips-deploy:stage'] ?? '') || tags['ips-deploy:no-return'] !== undefined;
    });
    const isNewer = then.newer && !isPromoted;
    if (isNewer) registerImage(region, 'v3');
    hits.add(`then: ${then.onInterrupted}${isNewer ? ', a newer revision' : ''}`);
    if (story.asks.secondIsBare) hits.add('then: by the rule alone');
    if (story.asks.oldTags && forgetCluster(stage)) {
      hits.add(
        `then: a test rule that knows no cluster${story.asks.secondIsBare ? ', and no input either' : ''}`,
      );
    }
    await time.run(
      begin(
        'run-2',
        {
          'on-interrupted': then.onInterrupted,
          ...(story.asks.schema === 'breaking' && story.asks.pastBreaking
            ? { 'past-breaking-schema': 'accept' }
            : {}),
        },
        {
          wanted: isNewer ? 'api:3' : 'api:2',
          ...(story.asks.rerun && !isNewer ? { runId: '1', runAttempt: '2' } : {}),
          cancelAtMs: then.cancelAtMs,
          bare: story.asks.secondIsBare,
        },
      ),
      longestMs,
    );
  }
  if (story.thenNext && !/killed|paused|failed|interfered/.test(outcomes.at(-1) ?? '')) {
    const blocked = await inTheWay(story, stage);
    if (blocked !== undefined) {
      hits.add('then: the next release');
      wrong.push(...blocked);
    }
  }
  if (mustPromote(story) && !outcomes.some((outcome) => outcome.includes('promoted')) && !isSwapped()) {
    wrong.push(`nothing went wrong, and it is told ${outcomes.at(-1)}`);
  }
  const recorded = recordedIn(stage);
  for (const rule of recorded.faults) hits.add(`call: ${rule}`);
  for (const what of recorded.scaled) hits.add(`event: ${what}`);
  if (story.kept !== undefined && watch.blueDownAt !== undefined) hits.add('event: blue made small');
  if (watch.blueUpAt !== undefined) hits.add('event: blue made whole again');
  if (story.green === 'served' && recorded.revived) hits.add('event: twin revived on an old revision');
  wrong.push(...watch.violations, ...foreignChanges(stage));
  const [firstTold = ''] = outcomes;
  for (const trait of asksTraits(story.asks))
    hits.add(`${trait}, then ${firstTold.slice(firstTold.indexOf(' ') + 1)}`);
  return playedOf(story, outcomes, [...hits], wrong, region.log, watch.writes);
}

/** Made apart from the play: what is kept of a story must not keep its world. */
function playedOf(
  story: Story,
  outcomes: readonly string[],
  hits: readonly string[],
  wrong: readonly string[],
  lines: readonly string[],
  writes: readonly Write[],
): PlayedShift {
  return {
    seed: story.seed,
    outcomes,
    hits,
    wrong: [...new Set(wrong)],
    get log() {
      return [...lines, JSON.stringify(story), JSON.stringify(writes), outcomes.join(', '), ...wrong];
    },
  };
}

/**
 * Nobody is blocked by what a run left behind: another good revision can be shifted, in a world that is well again.
 * Undefined where the rule is somebody else's now.
 */
async function inTheWay(story: Story, stage: Stage): Promise<readonly string[] | undefined> {
  const { region, place } = stage;
  const { world, groups } = region;
  const { share, testRules, blueHealthy, greenHealthy } = snapshotOf(world, place);
  const rests = testRules.length > 0 || (share !== 0 && share !== 100);
  const { kind: hand } = story.hand ?? {};
  if (rests || share === undefined || hand === 'stranger-registered' || hand === 'past-the-weights')
    return undefined;
  if (story.asks.owner !== 'nobody') return undefined;
  if ((share === 0 ? blueHealthy : greenHealthy) < tasks || hand === 'zone-dark') return undefined;
  world.cloudwatch.setPublishing({ minDelayMs: 60_000, maxDelayMs: 120_000, lostShare: 0 });
  if (story.alarm !== 'none') {
    world.must('cloudwatch', 'SetAlarmState', { AlarmName: 'harm', StateValue: 'OK', StateReason: 'well' });
  }
  registerImage(region, 'next');
  region.caller = world.root;
  // A host's group has no service: green's is the way on.
  if (story.blue === 'host' && share === 100) return undefined;
  const inputs = inputTable(...inputsOf(story, stage), { accept: 'unproven', timeout: '1h' }, plainly);
  const { outputs } = await shift(region, inputs, { runId: '99', cancelled: new AbortController().signal });
  const promoted = outputs['outcome']?.startsWith('promoted') === true;
  const served = liveWeights(region)[(share === 100 ? groups.a : groups.b).split('/')[1]!] === 100;
  return promoted && served ? [] : [`the next release ended as ${outputs['outcome']} (${outputs['cause']})`];
}

/** How the runner of the first run dies; undefined where it lives. */
function deathOf(
  { kill, kept }: Story,
  isBlueDownFor: (ms: number) => boolean,
): ((aws: AwsCaller) => AwsCaller) | undefined {
  const diesAfterMs = kept?.diesAfterMs;
  if (diesAfterMs !== undefined) return dyingWhen(() => isBlueDownFor(diesAfterMs)).wrap;
  return kill === undefined ? undefined : dyingAt(kill).wrap;
}

/** As versions before `ips-deploy:cluster` left it; false where there is no test rule. */
function forgetCluster({ region, place }: Stage): boolean {
  const ResourceArns = forwardingOf(region.world, place).testRules;
  if (ResourceArns.length === 0) return false;
  const TagKeys = ['ips-deploy:cluster', 'ips-deploy:blue-count'];
  region.world.must('elasticloadbalancing', 'RemoveTags', { ResourceArns, TagKeys });
  return true;
}

/** The next release comes at any time, and nothing of the user's own is asked. */
const plainly = {
  'maintenance-window': '',
  'outside-window': '',
  'window-timeout': '',
  schema: '',
  'probe-from': '',
  'probe-task-definition': '',
  'pre-deploy-command': '',
  'pre-deploy-timeout': '',
  'check-command': '',
  'check-url': '',
  'slo-error-rate': '',
  'slo-latency': '',
  'client-errors': '',
};

/** Fargate has no room just when a one-off task of this family is to be placed. */
function keepTasksOut({ region: { world } }: Stage, family: string): void {
  const call = world.call.bind(world);
  world.call = (request) => {
    const { taskDefinition } = request.input as { readonly taskDefinition?: string };
    const isIt =
      request.operation === 'RunTask' && taskDefinition?.includes(`:task-definition/${family}:`) === true;
    if (isIt) world.ecs.failCapacity(true);
    const result = call(request);
    if (isIt) world.ecs.failCapacity(false);
    return result;
  };
}

function toldBy({ ok, outputs, report }: ActionResult): Told {
  return {
    ok,
    outcome: outputs['outcome'] ?? '',
    cause: outputs['cause'] ?? '',
    weights: outputs['weights'] === '' ? undefined : JSON.parse(outputs['weights'] ?? '{}'),
    harmed: Number(outputs['harmed']),
    step: Number(outputs['step']),
    remedy: instructionsOf(report),
  };
}

/** The post step ended before it had an outcome: it shows the error. */
function toldByError({ message }: Error, weights: Told['weights']): Told {
  return { ok: false, outcome: 'failed', cause: '', weights, harmed: 0, step: 0, remedy: message };
}

interface Recorded {
  /** Faults of calls that hit, by their rules. */
  readonly faults: readonly string[];
  /** What the storm's policies have done. */
  readonly scaled: readonly string[];
  /** ECS took a service back to its former revision. */
  readonly revived: boolean;
}

function recordedIn({ region }: Stage): Recorded {
  const faults: string[] = [];
  const scaled: string[] = [];
  let revived = false;
  const counts = new Map<string, number>();
  for (const { kind, subject, detail } of region.world.kernel.journal) {
    switch (kind) {
      case 'fault.hit':
        faults.push(subject);
        break;
      case 'autoscaling.scaled': {
        const count = Number(detail['desiredCount']);
        const last = counts.get(subject) ?? tasks;
        counts.set(subject, count);
        if (count === last || !String(detail['cause']).startsWith('monitor alarm')) break;
        const side = subject.endsWith(names.green) ? 'green' : 'blue';
        scaled.push(`${side} scaled ${count > last ? 'out' : 'in'} by steps`);
        break;
      }
      case 'ecs.service-deployment-state':
        revived ||= String(detail['status']).startsWith('ROLLBACK_');
        break;
    }
  }
  return { faults, scaled, revived };
}
