/** Watches a service for a while after its deployment: alarms, the metrics of its target groups, who deploys next. */
import type { AlarmFact } from '../aws/alarms.ts';
import type { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, readServiceOrNothing } from '../aws/ecs-service.ts';
import { createTrafficReader, readUsualP95, type TrafficReader } from '../aws/elb-metrics.ts';
import type { GroupMinute } from '../aws/elb-minutes.ts';
import { readTargetGroup } from '../aws/elb-target-groups.ts';
import { type DecisionContext, type Observed, runEngine } from '../engine/engine.ts';
import type { WatchRequest } from '../inputs/watch-fields.ts';
import { formatDuration } from '../report/duration.ts';
import type { AftercarePorts, AftercareVerdict, Watch, Watched } from '../rollout/aftercare.ts';
import { ringingAlarms } from '../rollout/alarm-watch.ts';
import { retrying } from '../rollout/roll-out.ts';
import { baselineOf, slowThresholdSeconds } from '../shift/baseline.ts';
import { addMinutes, type Evidence, noEvidence } from '../shift/evidence.ts';
import { countedSentence, judgeAfter, type Usual, usualOf } from './judge-after.ts';

const minuteMs = 60_000;
const baselineMs = 60 * minuteMs;
/** A minute is used once it has been closed for this long: counts arrive late. */
const metricDelayMs = 2 * minuteMs;
const lookEveryMs = 15_000;
/** So long without an answer is no watch any more. */
const blindMs = 5 * minuteMs;
/** Suspicion is watched for this many times the time that was asked for. */
const longestHold = 2;

interface Source {
  readonly loadBalancerArn: string;
  readonly targetGroupArns: readonly string[];
}

export interface AfterFacts {
  readonly alarms: readonly AlarmFact[];
  /** Undefined where the service is gone. */
  readonly taskDefinitionArn: string | undefined;
  /** All minutes that began after the deployment and are old enough to be used. */
  readonly minutes: readonly GroupMinute[];
}

export interface AfterState {
  readonly evidence: Evidence;
  /** Of the last look that was answered; epoch milliseconds. */
  readonly seenAt: number;
  readonly suspicious: boolean;
}

/** Throws `AwsCallError`, and `ConfigurationError` where a target group of the service is gone. */
export async function beginAftercare(
  watched: Watched,
  request: WatchRequest,
  ports: AftercarePorts,
): Promise<Watch> {
  const aws = retrying(ports);
  const source = await sourceOf(aws, watched);
  const usual = await readUsual(aws, source, watched.beganAt);
  return (taskDefinitionArn) => watch(watched, taskDefinitionArn, request, source, usual, ports);
}

async function sourceOf(aws: AwsCaller, { service }: Watched): Promise<Source | undefined> {
  const arns = [...new Set(service.loadBalancers.map((each) => each.targetGroupArn))];
  const groups = await Promise.all(arns.map((arn) => readTargetGroup(aws, arn)));
  // One load balancer: a group that several share has no counts of its own for each.
  const loadBalancerArn = groups.find((group) => group.loadBalancerArns.length > 0)?.loadBalancerArns[0];
  if (loadBalancerArn === undefined) return undefined;
  const behind = groups.filter((group) => group.loadBalancerArns.includes(loadBalancerArn));
  return { loadBalancerArn, targetGroupArns: behind.map((group) => group.arn) };
}

async function readUsual(aws: AwsCaller, source: Source | undefined, beganAt: number): Promise<Usual> {
  if (source === undefined) return usualOf(baselineOf([], [], undefined), []);
  const toMs = Math.floor(beganAt / minuteMs) * minuteMs;
  const fromMs = toMs - baselineMs;
  const [first] = source.targetGroupArns;
  const p95 = await readUsualP95(aws, source.loadBalancerArn, first!, fromMs, toMs);
  const slowerThanSeconds = p95 === undefined ? undefined : slowThresholdSeconds(p95);
  const readTraffic = createTrafficReader(aws, { ...source, slowerThanSeconds });
  const { groups, balancer } = await readTraffic(fromMs, toMs);
  const minutes = together(groups.map((group) => group.minutes));
  return usualOf(baselineOf(minutes, balancer, slowerThanSeconds), minutes);
}

async function watch(
  watched: Watched,
  taskDefinitionArn: string,
  request: WatchRequest,
  source: Source | undefined,
  usual: Usual,
  ports: AftercarePorts,
): Promise<AftercareVerdict> {
  const { clock, cancelled, record } = ports;
  const startedAt = clock.now();
  const message = `Watching errors and latency of ${watched.service.name} for ${formatDuration(request.forMs)}.`;
  record({ at: startedAt, code: 'aftercare.watching', level: 'info', message });
  const spec = { request, usual, taskDefinitionArn };
  const readTraffic =
    source === undefined
      ? undefined
      : createTrafficReader(ports.aws, {
          ...source,
          slowerThanSeconds: usual.traffic.slowerThanSeconds,
          objectiveSeconds: request.objectives.latency?.seconds,
        });
  return runEngine<AfterState, AfterFacts, never, AftercareVerdict>(
    {
      initial: { evidence: noEvidence, seenAt: startedAt, suspicious: false },
      timeoutMs: longestHold * request.forMs,
      observe: () => observe(watched, readTraffic, startedAt, ports),
      decide: (state, observed, context) => decideAfter(spec, state, observed, context),
      perform: async (_act, state) => state,
      refused: (_act, _error, state) => state,
    },
    { clock, cancelled, record },
  );
}

async function observe(
  { cluster, service }: Watched,
  readTraffic: TrafficReader | undefined,
  startedAt: number,
  { aws, alarms, clock, cancelled }: AftercarePorts,
): Promise<AfterFacts> {
  const fromMs = Math.ceil(startedAt / minuteMs) * minuteMs;
  const toMs = Math.floor((clock.now() - metricDelayMs) / minuteMs) * minuteMs;
  const signal = cancelled.aborted ? undefined : cancelled;
  const [now, ringing, traffic] = await Promise.all([
    readServiceOrNothing(aws, { cluster, service: service.name }, signal),
    alarms?.read(aws, signal) ?? [],
    readTraffic === undefined || toMs <= fromMs ? { groups: [] } : readTraffic(fromMs, toMs),
  ]);
  return {
    alarms: ringing,
    taskDefinitionArn: now === undefined ? undefined : newestDeployment(now)?.taskDefinitionArn,
    minutes: together(traffic.groups.map((group) => group.minutes)),
  };
}

/** Pure. */
function decideAfter(
  spec: { readonly request: WatchRequest; readonly usual: Usual; readonly taskDefinitionArn: string },
  before: AfterState,
  observed: Observed<AfterFacts>,
  { now, startedAt, cancelled }: DecisionContext,
):
  | { readonly kind: 'wait'; readonly state: AfterState; readonly waitMs: number }
  | { readonly kind: 'finish'; readonly state: AfterState; readonly outcome: AftercareVerdict } {
  const { request, usual } = spec;
  const finish = (state: AfterState, outcome: AftercareVerdict) =>
    ({ kind: 'finish', state, outcome }) as const;
  const wait = (state: AfterState) => ({ kind: 'wait', state, waitMs: lookEveryMs }) as const;
  if (cancelled) return finish(before, { kind: 'cancelled' });
  if (observed.kind === 'unreadable') {
    return isBlind(observed.error, now - before.seenAt)
      ? finish(before, { kind: 'unseen', error: observed.error })
      : wait(before);
  }
  const { alarms, taskDefinitionArn, minutes } = observed.facts;
  const pairs = minutes.map((green) => ({ at: green.at, green, blue: undefined }));
  const evidence = addMinutes(before.evidence, pairs, usual.traffic, request, now);
  const judgement = judgeAfter(evidence, request, usual);
  const state: AfterState = { evidence, seenAt: now, suspicious: judgement.kind === 'suspicion' };
  if (taskDefinitionArn !== spec.taskDefinitionArn) {
    return finish(state, { kind: 'superseded', byTaskDefinitionArn: taskDefinitionArn });
  }
  const [ringing] = ringingAlarms(alarms);
  if (ringing !== undefined) {
    const why = ringing.reason === undefined ? '' : `: ${ringing.reason.replace(/[.\s]+$/, '')}`;
    const reason = `Alarm ${ringing.name} went off after the deployment${why}.`;
    return finish(state, { kind: 'harm', code: 'deployment-alarm', reason });
  }
  if (judgement.kind === 'harm') {
    const { code } = judgement.finding;
    return finish(state, { kind: 'harm', code, reason: `After the deployment ${judgement.sentence}` });
  }
  const elapsed = now - startedAt;
  const longest = state.suspicious ? longestHold * request.forMs : request.forMs;
  if (elapsed < longest) return wait(state);
  const counted = countedSentence(evidence, usual, elapsed);
  const sentence =
    judgement.kind === 'suspicion' ? `${counted} Not beyond doubt: ${judgement.sentence}` : counted;
  return finish(state, { kind: 'well', sentence });
}

function isBlind(error: AwsCallError, sinceMs: number): boolean {
  return !error.retryable || sinceMs >= blindMs;
}

/** Minutes of several groups of one service as one. */
function together(groups: readonly (readonly GroupMinute[])[]): readonly GroupMinute[] {
  if (groups.length < 2) return groups[0] ?? [];
  const sums = new Map<number, GroupMinute>();
  for (const minute of groups.flat()) {
    const known = sums.get(minute.at);
    if (known === undefined) {
      sums.set(minute.at, minute);
      continue;
    }
    const sum = (name: 'requests' | 'errors' | 'unanswered' | 'slow') => known[name] + minute[name];
    const over = (known.slowerThanObjective ?? 0) + (minute.slowerThanObjective ?? 0);
    sums.set(minute.at, {
      at: minute.at,
      requests: sum('requests'),
      errors: sum('errors'),
      unanswered: sum('unanswered'),
      slow: sum('slow'),
      ...(minute.slowerThanObjective === undefined ? {} : { slowerThanObjective: over }),
    });
  }
  return [...sums.values()].sort((one, other) => one.at - other.at);
}
