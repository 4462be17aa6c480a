/**
 * The oracle: what the world knows about a rollout, asked of the world itself, and whether the outcome that
 * was told agrees with it. Nothing of the kit decides here; a test sees to it that nothing of it is imported.
 */
import type { World } from '../../../src/lab/world/world.ts';

export interface Place {
  readonly cluster: string;
  readonly service: string;
  /** Undefined for a service without a load balancer. */
  readonly targetGroupArn: string | undefined;
  readonly hasContainerHealthCheck: boolean;
}

export interface TrueTask {
  readonly deploymentId: string;
  /** Tag of the image of its first container. */
  readonly image: string;
  /** RUNNING, and ECS wants it to. */
  readonly runs: boolean;
  /** By every check it has. */
  readonly healthy: boolean;
  readonly isProtected: boolean;
}

/** The service at one instant. */
export interface Truth {
  readonly at: number;
  readonly status: string;
  readonly desiredCount: number;
  readonly newestDeploymentId: string;
  readonly newestServiceDeploymentArn: string;
  readonly newestServiceDeploymentStatus: string;
  readonly tasks: readonly TrueTask[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the world are of each operation's own shape
type Answer = any;

export function truthOf(world: World, place: Place): Truth {
  const { cluster, service } = place;
  const ask = (operation: string, input: object): Answer => world.must('ecs', operation, input);
  const [found] = ask('DescribeServices', { cluster, services: [service] }).services;
  const newest = ask('ListServiceDeployments', { cluster, service }).serviceDeployments[0];
  const { taskArns } = ask('ListTasks', { cluster, serviceName: service });
  const tasks: Answer[] =
    taskArns.length === 0 ? [] : ask('DescribeTasks', { cluster, tasks: taskArns }).tasks;
  const protectedArns = new Set<string>(
    taskArns.length === 0
      ? []
      : ask('GetTaskProtection', { cluster, tasks: taskArns.slice(0, 10) })
          .protectedTasks.filter((each: Answer) => each.protectionEnabled)
          .map((each: Answer) => each.taskArn),
  );
  const health: Answer[] =
    place.targetGroupArn === undefined
      ? []
      : world.must('elasticloadbalancing', 'DescribeTargetHealth', { TargetGroupArn: place.targetGroupArn })
          .TargetHealthDescriptions;
  const stateOf = new Map<string, string>(health.map((each) => [each.Target.Id, each.TargetHealth.State]));
  const addressOf = (task: Answer): string =>
    task.attachments[0].details.find((each: Answer) => each.name === 'privateIPv4Address')?.value ?? '';
  return {
    at: world.kernel.now,
    status: found.status,
    desiredCount: found.desiredCount,
    newestDeploymentId: found.deployments[0]?.id ?? '',
    newestServiceDeploymentArn: newest?.serviceDeploymentArn ?? '',
    newestServiceDeploymentStatus: newest?.status ?? '',
    tasks: tasks.map((task) => ({
      deploymentId: task.startedBy,
      image: tagIn(task.containers[0].image),
      runs: task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING',
      healthy:
        (place.targetGroupArn === undefined || stateOf.get(addressOf(task)) === 'healthy') &&
        task.healthStatus !== 'UNHEALTHY' &&
        (task.healthStatus === 'HEALTHY' || !place.hasContainerHealthCheck),
      isProtected: protectedArns.has(task.taskArn),
    })),
  };
}

function tagIn(image: string): string {
  const bare = image.split('@')[0]!;
  return bare.slice(bare.lastIndexOf(':') + 1);
}

/** Everything about a run that is not told by it. */
export interface Evidence {
  /** Instants that what was told may be about: the last looks of the run, and its end. Oldest first. */
  readonly truths: readonly Truth[];
  /** All states of the service deployment that was followed, oldest first; empty where there is none. */
  readonly states: readonly { readonly at: number; readonly status: string }[];
  readonly startedAt: number;
  /** When the run looked at this service for the last time. */
  readonly endedAt: number;
  readonly runEndedAt: number;
  /** What has been so for less than this may not have been looked at: a job that is cancelled has no time to. */
  readonly unseenMs: number;
  /** The same where every answer is fresh. */
  readonly slowestLookMs: number;
  /** Service deployments that calls of this run began. */
  readonly begun: number;
  readonly cancelledAt: number | undefined;
  readonly timeoutMs: number;
  readonly image: {
    readonly wanted: string;
    /** What ECS, or the kit in its place, may go back to. */
    readonly formers: readonly string[];
  };
  /** ECS reports another image in the new tasks than was asked for. */
  readonly otherImage: boolean;
  /** The run could not look any more at its end, and says so. */
  readonly blind: boolean;
  /** Calls that were refused for good: permissions, credentials. */
  readonly denied: boolean;
  /** Calls failed for a time. */
  readonly troubled: boolean;
  /** Tasks of the deployment that was followed which ended by themselves or by failing checks. */
  readonly failures: number;
  /** ECS is done before the tasks that are to go are gone. */
  readonly earlySuccess: boolean;
  /** This run has asked ECS to end the deployment. */
  readonly gaveUp: boolean;
  /** Undefined where no alarms were to be watched. */
  readonly watched: WatchedTruth | undefined;
  /** Another service of the run could not be deployed: none was to be begun. */
  readonly othersHinder: boolean;
}

export interface WatchedTruth {
  /** One of them was in ALARM when the run began: `perhaps` where it turned so near that an old answer may say otherwise. */
  readonly onAtStart: 'yes' | 'perhaps' | 'no';
  readonly inAlarm: 'refuse' | 'ignore';
  /** When one that was quiet at the start was in ALARM; `to` is undefined where it still is. */
  readonly rang: readonly { readonly from: number; readonly to: number | undefined }[];
}

/** What was told of one service. */
export interface Told {
  readonly outcome: string;
  readonly aftermath: string;
  readonly deploymentId: string;
  readonly serviceDeploymentArn: string;
  /** Says that something may have changed although it is refused. */
  readonly admitsChange: boolean;
}

/** An alarm is asked for every five seconds, and the rollout is looked at as often. */
const alarmUnseenMs = 11_000;

/** The kit has to have seen a watched alarm in ALARM by then. */
function mustHaveRung({ watched, troubled, unseenMs, slowestLookMs }: Evidence, by: number): boolean {
  const unseen = alarmUnseenMs + (unseenMs - slowestLookMs);
  return (watched?.rang ?? []).some(({ from, to }) =>
    // One that went quiet again may have rung while nobody was answered.
    to === undefined || to > by ? by - from > unseen : !troubled && to - from > unseen,
  );
}

const good: ReadonlySet<string> = new Set(['succeeded', 'no-change']);

/** The same of a whole run: `asked` are its services in their order. */
export function liesOfRun(
  run: { readonly ok: boolean; readonly outcome: string },
  asked: readonly string[],
  told: readonly (Told & { readonly service: string })[],
  evidence: readonly Evidence[],
): readonly string[] {
  const wrong: string[] = [];
  const claim = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`the run, ${run.outcome}: ${what}`);
  };
  const names = told.map((each) => each.service);
  claim(names.join() === asked.join(), `it tells of ${names.join()} and was asked for ${asked.join()}`);
  const isAllGood = told.every((each) => good.has(each.outcome));
  claim(run.ok === isAllGood, 'the exit code is wrong');
  claim(
    told.some((each) => each.outcome === run.outcome && (isAllGood || !good.has(each.outcome))),
    `it is the outcome of none of ${told.map((each) => each.outcome).join()}, or not of one that failed`,
  );
  const isCalm = evidence.every((each) => !each.denied && !each.troubled);
  claim(
    !isCalm ||
      !told.some((each) => each.outcome === 'refused' && !each.admitsChange) ||
      evidence.every((each) => each.begun === 0),
    'one is refused and another was begun',
  );
  return wrong;
}

/** What is wrong with what was told of one service; empty where it agrees with the world. */
export function lies(told: Told, evidence: Evidence): readonly string[] {
  const wrong: string[] = [];
  const claim = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`${told.outcome}${told.aftermath === '' ? '' : `/${told.aftermath}`}: ${what}`);
  };
  const { image } = evidence;
  const status = evidence.states.at(-1)?.status;
  const rollbackAt = evidence.states.find((each) => each.status.startsWith('ROLLBACK_'))?.at;
  const some = (holds: (truth: Truth) => boolean): boolean => evidence.truths.some(holds);
  const running = (truth: Truth, tag: string) =>
    truth.tasks.filter((task) => task.runs && task.image === tag);
  const formerServes = (truth: Truth): boolean =>
    image.formers.some(
      (former) =>
        (image.wanted === former || evidence.earlySuccess || running(truth, image.wanted).length === 0) &&
        running(truth, former).filter((task) => task.healthy).length >= Math.min(1, truth.desiredCount),
    );
  const wantedServes = (truth: Truth): boolean => {
    const own = truth.tasks.filter((task) => task.runs && task.deploymentId === told.deploymentId);
    const strangers = truth.tasks.filter((task) => task.runs && task.deploymentId !== told.deploymentId);
    return (
      truth.status === 'ACTIVE' &&
      truth.desiredCount > 0 &&
      own.every((task) => task.image === image.wanted) &&
      own.filter((task) => task.healthy).length >= truth.desiredCount &&
      strangers.every((task) => task.isProtected)
    );
  };
  const wentBack = (): boolean =>
    status === 'ROLLBACK_SUCCESSFUL' ||
    // By deploying the former revision, where ECS had ended without a way back.
    ((status === 'STOPPED' || status === 'SUCCESSFUL') &&
      some(
        (truth) =>
          truth.newestServiceDeploymentArn !== told.serviceDeploymentArn &&
          truth.newestServiceDeploymentStatus === 'SUCCESSFUL',
      ));
  const goesBack = (): boolean =>
    /^ROLLBACK_/.test(status ?? '') ||
    some((truth) => truth.newestServiceDeploymentArn !== told.serviceDeploymentArn);

  const { watched } = evidence;
  const rang = watched !== undefined && (watched.rang.length > 0 || watched.onAtStart === 'perhaps');
  const hasReason = evidence.failures >= 3 || rang;

  claim(
    watched?.onAtStart !== 'yes' || watched.inAlarm !== 'refuse' || evidence.begun === 0,
    'it was begun although a watched alarm was on',
  );
  if (good.has(told.outcome)) {
    claim(!mustHaveRung(evidence, evidence.endedAt), 'a watched alarm had gone off');
  }
  switch (told.outcome) {
    case 'succeeded':
      claim(status === 'SUCCESSFUL', `ECS calls it ${status}`);
      claim(some(wantedServes), 'it does not serve, all of it and alone');
      claim(!evidence.otherImage, 'another image runs than was asked for');
      break;
    case 'no-change':
      claim(some(wantedServes), 'it does not serve, all of it and alone');
      claim(!evidence.otherImage, 'another image runs than was asked for');
      claim(evidence.begun === 0, 'a deployment was begun');
      break;
    case 'rolled-back':
      claim(wentBack(), `nothing was rolled back: ${status}`);
      claim(!evidence.gaveUp || hasReason, 'it was given up on failures that were not its own');
      claim(some(formerServes), 'the former revision does not serve alone');
      break;
    case 'rollback-failed':
      claim(
        status === 'ROLLBACK_FAILED' || evidence.denied || evidence.troubled || evidence.begun > 1,
        `the rollback did not fail: ${status}`,
      );
      break;
    case 'superseded':
      claim(
        some((truth) => truth.newestServiceDeploymentArn !== told.serviceDeploymentArn),
        'no other deployment is newer',
      );
      break;
    case 'stopped':
      claim(
        !evidence.states.some((each) => each.status === 'STOP_REQUESTED') ||
          evidence.unseenMs > evidence.slowestLookMs ||
          some((truth) => truth.status !== 'ACTIVE'),
        'a newer deployment has replaced it',
      );
      claim(
        evidence.begun > 0 ||
          some((truth) => truth.status !== 'ACTIVE') ||
          (evidence.states.at(-1)?.at ?? evidence.endedAt) >= evidence.startedAt,
        'it had failed before, and was not deployed again',
      );
      claim(
        status === 'STOPPED' || some((truth) => truth.status !== 'ACTIVE'),
        `nothing was stopped: ${status}`,
      );
      break;
    case 'zero-desired':
      claim(
        some((truth) => truth.desiredCount === 0),
        'something is desired',
      );
      break;
    case 'failed':
      claim(hasReason, 'it was given up on failures that were not its own');
      break;
    case 'timed-out':
      claim(evidence.runEndedAt - evidence.startedAt >= evidence.timeoutMs, 'it is not that late');
      claim(
        evidence.troubled ||
          // ECS was at it already, by itself.
          (rollbackAt !== undefined && rollbackAt < evidence.startedAt + evidence.timeoutMs) ||
          !mustHaveRung(evidence, evidence.startedAt + evidence.timeoutMs),
        'a watched alarm had gone off long before',
      );
      break;
    case 'cancelled':
      claim(evidence.cancelledAt !== undefined, 'nobody cancelled');
      break;
    case 'unobserved':
      claim(evidence.denied, 'nothing was denied');
      break;
    case 'refused':
      claim(evidence.begun === 0 || told.admitsChange, 'a deployment was begun all the same');
      claim(
        evidence.denied ||
          evidence.troubled ||
          evidence.othersHinder ||
          (watched?.inAlarm === 'refuse' && (watched.onAtStart !== 'no' || watched.rang.length > 0)) ||
          some((truth) => truth.status !== 'ACTIVE'),
        'there was no reason to refuse',
      );
      break;
    default:
      claim(false, 'this outcome was not to be expected');
  }
  switch (told.aftermath) {
    case '':
      break;
    case 'rolled-back':
      claim(wentBack() && some(formerServes), 'the former revision does not serve');
      break;
    case 'rolling-back':
      claim(goesBack(), `the deployment is not rolling back: ${status}`);
      break;
    case 'rollback-failed':
      claim(
        status === 'ROLLBACK_FAILED' || evidence.denied || evidence.troubled,
        'the rollback did not fail',
      );
      break;
    case 'stopped':
      claim(status === 'STOPPED' || status === 'STOP_REQUESTED', `the deployment was not stopped: ${status}`);
      break;
    case 'left':
      claim(
        rollbackAt === undefined || evidence.blind || evidence.endedAt - rollbackAt < evidence.unseenMs,
        `the deployment was not left alone: ${status}`,
      );
      claim(
        told.outcome !== 'timed-out' ||
          status !== 'SUCCESSFUL' ||
          evidence.otherImage ||
          evidence.blind ||
          !evidence.truths.every(wantedServes),
        'it has succeeded',
      );
      break;
    case 'untouched':
      claim(evidence.begun === 0, 'a deployment was begun');
      break;
    case 'unknown':
      claim(evidence.troubled || evidence.cancelledAt !== undefined, 'every call was answered');
      break;
    default:
      claim(false, 'this aftermath was not to be expected');
  }
  return wrong;
}
