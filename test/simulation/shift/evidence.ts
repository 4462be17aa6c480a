/** What is known of one run when it has ended, gathered for the oracle. */

import type { JournalEntry, Kernel } from '../../../src/lab/world/kernel.ts';
import { saysNo } from './asks.ts';
import type { Evidence } from './evidence-of-run.ts';
import { oneOffOf } from './one-off.ts';
import { proberFamily, type Snapshot, tasksOf } from './place.ts';
import type { Run } from './play.ts';
import { cluster } from './region.ts';
import { names, type Stage, tasks } from './stage.ts';
import { type Release, releases, type Story } from './story.ts';
import type { Watch } from './watch.ts';

const minuteMs = 60_000;

/** Permissions that only the user's probe task wants: they excuse nothing else. */
const ofTools = ['RunTask denied', 'StopTask denied', 'GetLogEvents denied'];

/** Releases whose traffic shows within minutes what they are. */
const failing: Readonly<Partial<Record<Release, number>>> = {
  dead: 1,
  errors: releases.errors.errorRate,
  hangs: releases.hangs.hangShare,
  'closes-connections': releases['closes-connections'].closeShare,
};

/** Green fails nothing; that it says 404 is an answer. */
const harmless: readonly Release[] = [
  'good',
  'blue-breaks-errors',
  'blue-breaks-latency',
  'both-refuse',
  'green-refuses',
];

/** When a minute's counts are all there, after its end; what is lost never is. */
const wholeAfterMs: Readonly<Record<Story['metrics'], number>> = {
  usual: 2 * minuteMs,
  'five-minutes-late': 5 * minuteMs,
  'revised-late': 6 * minuteMs,
  gap: 2 * minuteMs,
};

/** Who is too slow for the objective on latency. */
const tooSlow: Readonly<Partial<Record<Release, readonly ('green' | 'blue')[]>>> = {
  slow: ['green'],
  'green-breaks-latency': ['green'],
  'blue-breaks-latency': ['blue'],
  'both-break-latency': ['green', 'blue'],
};

export function evidenceOf(story: Story, stage: Stage, watch: Watch, run: Run, after: Snapshot): Evidence {
  const { world } = stage.region;
  const { startedAt } = run;
  const endedAt = world.kernel.now;
  const within = (at: number): boolean => at >= startedAt;
  const recorded = recordedIn(world.kernel, startedAt);
  const writes = watch.writes.filter((write) => write.run === run.name && within(write.at));
  const strangers = watch.strangers.filter(({ at }) => within(at));
  const first =
    (run.before.share ?? 0) > 0 ? startedAt : (writes.find((write) => (write.to ?? 0) > 0)?.at ?? endedAt);
  const newer = run.wanted !== 'api:2';
  const { release, hand, asks } = story;
  const bare = run.inputs['cluster'] === '';
  const { isOpen } = stage.window;
  const changedAt = watch.changedAt.get(run.name);
  return {
    run: run.name,
    startedAt,
    endedAt,
    before: run.before,
    after,
    writes,
    strangers,
    minutes: watch.minutes.filter((minute) => minute.at >= Math.floor(first / minuteMs) * minuteMs),
    probes: {
      sent: watch.probes.sent - run.probesFrom.sent,
      bad: watch.probes.bad - run.probesFrom.bad,
    },
    probesOfUsersPath: run.inputs['probe-paths'] !== undefined,
    ringsAt: watch.ringsAt.filter(within),
    rangBefore: run.rings,
    acceptedRinging: story.alarm === 'rings-before-accepted',
    greenTasks: () => tasksOf(world, stage.place, stage.place.green),
    greenFailures: recorded.greenFailures,
    greenTaken:
      hand?.kind === 'green-redeployed' ||
      hand?.kind === 'stranger-registered' ||
      hand?.kind === 'green-emptied' ||
      (story.green === 'served' &&
        (release === 'crash-at-start' || release === 'never-healthy' || release === 'pull-fails')) ||
      release === 'crashes-later',
    denied: recorded.denied,
    troubled: recorded.troubled,
    metricsLost: story.metrics === 'gap',
    zoneDark: hand?.kind === 'zone-dark',
    cancelledAt: run.cancelledAt(),
    timeoutMs: bare ? 3_600_000 : story.request.timeoutMs,
    windowClosed: wasClosed(stage, startedAt),
    waitedUntil: Math.max(startedAt, Math.min(endedAt, stage.window.opensAt)),
    // A call takes its time: what was decided just before counts.
    changedOutside: changedAt !== undefined && !isOpen(changedAt) && !isOpen(changedAt - 5000),
    owned: asks.owner !== 'nobody',
    changed: changedAt !== undefined,
    oneOff: asks.preDeploy === undefined || bare ? undefined : oneOffOf(stage, watch, run, asks.preDeploy),
    blueDownAt: watch.blueDownAt,
    blueBefore: stage.blueBefore,
    unseenMs: 15_000,
    wanted: run.wanted,
    release: {
      bad: !harmless.includes(release) && !newer,
      slow: release === 'slow' && !newer,
      failing: newer ? 0 : (failing[release] ?? 0),
      neverStarts: ['crash-at-start', 'never-healthy', 'pull-fails'].includes(release) && !newer,
      equal: release === 'equally-bad' && story.blue === 'ecs',
      blueFails: release === 'blue-breaks-errors',
      refuses: release === 'green-refuses' && !newer,
      tooSlow: (tooSlow[release] ?? []).filter((side) => side === 'blue' || !newer),
    },
    tools: {
      taskSaysNo:
        asks.probeTask !== undefined &&
        !bare &&
        (asks.probeTask === 'run-denied' ? recorded.runDenied : saysNo.includes(asks.probeTask)),
      taskSawBad: stage.probes.badUntold > 0,
      tasksLeft: tasksLeft(stage, run, watch, true),
      tasksOfOthers: tasksLeft(stage, run, watch, false),
      checkSaidNo: run.answers.some(({ at, said }) => said === 'failed' && within(at)),
      objective: bare ? 'none' : asks.objective,
      judges4xx: !bare && asks.clientErrors === 'judge',
    },
    madeGreen: story.green === 'none',
    twinScales: () => story.scaling !== 'storm' || story.blue !== 'ecs' || scalesAlike(stage),
    requestsPerSecond: story.requestsPerSecond,
    asked: {
      until: run.inputs['until'] === undefined ? undefined : Number(run.inputs['until']),
      onInterrupted: run.inputs['on-interrupted'] ?? 'resume',
      onCancel: bare ? 'rollback' : story.request.onCancel,
      acceptUnproven: !bare && story.request.acceptUnproven,
      keptTasks: bare ? undefined : story.kept?.tasks,
      blueAfter: story.blue === 'host' || bare ? 'keep' : story.request.blueAfter,
      greenAfter: bare ? 'scale-to-zero' : story.request.greenAfter,
      breaking: asks.schema === 'breaking' && run.inputs['past-breaking-schema'] !== 'accept',
      required: tasks,
    },
    fillsGreen: recorded.fillsGreen,
    harmed: stage.region.traffic.group(stage.place.green.groupArn).harmed - run.harmedFrom.green,
    harmedInAll: stage.region.traffic.total.harmed - run.harmedFrom.all,
    calm: story.rules.length === 0 && story.metrics === 'usual' && hand === undefined,
    firstStep: story.request.steps[0]!,
    beside: run.beside,
    marked: () => isMarked(stage, run.wanted),
    metricDelayMs: story.metrics === 'five-minutes-late' ? 5 * minuteMs : 2 * minuteMs,
    metricsWholeMs: wholeAfterMs[story.metrics],
  };
}

interface Recorded extends Pick<Evidence, 'greenFailures' | 'denied' | 'troubled' | 'fillsGreen'> {
  /** The run may not start tasks. */
  readonly runDenied: boolean;
}

/** What the journal of the world has of a run, and of what it finds. */
function recordedIn({ journal, now }: Kernel, startedAt: number): Recorded {
  const greenFailures: number[] = [];
  let [denied, troubled, runDenied] = [false, false, false];
  let busy: JournalEntry | undefined;
  for (const entry of journal) {
    const { at, kind, subject, detail } = entry;
    switch (kind) {
      case 'fault.hit': {
        if (at < startedAt) break;
        runDenied ||= subject === 'RunTask denied';
        if (ofTools.includes(subject)) break;
        const { effect } = detail;
        if (effect === 'access-denied' || effect === 'expired-credentials') denied = true;
        else troubled = true;
        break;
      }
      case 'ecs.task-state':
        // Of any time: tasks that ended between two runs speak in the second one.
        if (isFailure(detail)) greenFailures.push(at);
        break;
      case 'cloudwatch.alarm-state':
        if (subject === `${names.green}-busy`) busy = entry;
        break;
    }
  }
  const ringsForMs = busy?.detail['to'] === 'ALARM' ? now - busy.at : undefined;
  // For long enough to be seen in the last look at it.
  const fillsGreen = ringsForMs === undefined ? 'no' : ringsForMs > 10_000 ? 'yes' : 'since a moment';
  return { greenFailures, denied, troubled, runDenied, fillsGreen };
}

/** The end of a task of a service, and of none that probes. */
function isFailure({ startedBy, stopCode, stoppedReason }: JournalEntry['detail']): boolean {
  return (
    stopCode !== undefined &&
    String(startedBy).startsWith('ecs-svc/') &&
    /EssentialContainerExited|TaskFailedToStart|failed .*health checks|CannotPull/.test(
      `${stopCode} ${stoppedReason}`,
    )
  );
}

function wasClosed({ region, window }: Stage, startedAt: number): boolean {
  const { now } = region.world.kernel;
  for (let at = startedAt; at <= now; at += minuteMs) if (!window.isOpen(at)) return true;
  return !window.isOpen(now);
}

/** Probe tasks that nobody has stopped: of this run, or of the others. */
function tasksLeft(
  { region: { world } }: Stage,
  { name }: Run,
  { oneOffs }: Watch,
  isOwn: boolean,
): readonly string[] {
  if (oneOffs.size === 0) return [];
  const { taskArns } = world.must('ecs', 'ListTasks', { cluster, family: proberFamily });
  return taskArns
    .filter((arn: string) => (oneOffs.get(arn)?.run === name) === isOwn)
    .map((arn: string) => arn.split('/').at(-1));
}

/** Green has as many policies, schedules and alarms of its own as blue. */
function scalesAlike({ region: { world } }: Stage): boolean {
  const [blue, green] = [names.blue, names.green].map((service) => {
    const input = { ServiceNamespace: 'ecs', ResourceId: `service/${cluster}/${service}` };
    const read = (operation: string): Readonly<Record<string, readonly unknown[]>> =>
      world.must('application-autoscaling', operation, input);
    return [
      read('DescribeScalingPolicies')['ScalingPolicies']?.length,
      read('DescribeScheduledActions')['ScheduledActions']?.length,
      [`${service}-busy`, `${service}-calm`].filter((name) => world.cloudwatch.alarmState(name)).length,
    ].join();
  });
  return blue === green;
}

function isMarked({ region }: Stage, revision: string): boolean {
  const { world } = region;
  const resourceArn = world.kernel.arn('ecs', `task-definition/${revision}`);
  const { tags } = world.must('ecs', 'ListTagsForResource', { resourceArn });
  return tags.some((tag: { readonly key: string }) => tag.key === 'ips-deploy:promoted');
}
