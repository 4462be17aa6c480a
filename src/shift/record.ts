/**
 * What a shift leaves for whoever comes after it: the tags of its test rule. The rule is made before
 * anything is changed and deleted after everything is put away, so a run that finds one knows what
 * happened. Documented in docs/tags.md. Pure.
 */
import { tagValue } from '../aws/ecs-tags.ts';
import type { WeightSplit } from '../aws/elb-forward.ts';
import { groupName } from './ladder.ts';

/** How far the shift has come. */
export type Stage =
  | 'shifting'
  /** At rest on purpose; a later run goes on. */
  | 'paused'
  /** Its run ended and left the weights as they were; they are proven again by whoever goes on. */
  | 'left'
  /** Green has proven itself at 100 %: what is left is to put blue away. */
  | 'promoted'
  | 'promoted-on-probes';

const stages: readonly Stage[] = ['shifting', 'paused', 'left', 'promoted', 'promoted-on-probes'];

/** No run has it: anybody may go on at once. */
export function isAtRest(stage: Stage): boolean {
  return stage === 'paused' || stage === 'left';
}

export interface ShiftRecord {
  /** `owner/name run 42.1 job deploy`: who holds the lock. */
  readonly holder: string;
  /** When the lock was made, epoch milliseconds: of two on one pair the earlier one stays. 0 where that was not noted. */
  readonly lockedAt: number;
  /** Its last sign of life, epoch milliseconds; 0 where that cannot be read. */
  readonly aliveAt: number;
  readonly stage: Stage;
  /** Blue and the others as they were, by name of target group. */
  readonly former: Readonly<Record<string, number>>;
  /** Green's shares that the shift may write, percent. */
  readonly steps: readonly number[];
  /** `family:12`, or empty where green was taken as it is. */
  readonly revision: string;
  /** Healthy targets green needs. */
  readonly count: number;
  /** Healthy targets blue had at the start: a job that is cancelled gives traffic back to no fewer. */
  readonly blueCount: number;
  /** When blue was scaled down, epoch milliseconds: past it the weights do not go back by themselves. */
  readonly noReturnAt: number | undefined;
  /** Blue is kept smaller than it was, as the way back; undefined where it is whole, or never was made smaller. */
  readonly kept: KeptBlue | undefined;
  /** ECS cluster of the services; empty where none was named, undefined where it was not noted yet. */
  readonly cluster: string | undefined;
  /** Other rules that forward to blue are shifted together with the one that is named. */
  readonly together: boolean;
  /** A task in the VPC probes green. */
  readonly probeTask: boolean;
  /** Blue cannot serve what green's revision makes of the database. */
  readonly breaking: boolean;
}

/** Recorded before it comes to be so. */
export interface KeptBlue {
  readonly tasks: number;
  /** Epoch milliseconds. */
  readonly since: number;
}

export function isPromoted(stage: Stage): stage is 'promoted' | 'promoted-on-probes' {
  return stage === 'promoted' || stage === 'promoted-on-probes';
}

const key = {
  holder: 'ips-deploy:holder',
  locked: 'ips-deploy:locked',
  alive: 'ips-deploy:alive',
  stage: 'ips-deploy:stage',
  weights: 'ips-deploy:weights',
  steps: 'ips-deploy:steps',
  revision: 'ips-deploy:revision',
  count: 'ips-deploy:count',
  blueCount: 'ips-deploy:blue-count',
  noReturn: 'ips-deploy:no-return',
  kept: 'ips-deploy:blue-kept',
  cluster: 'ips-deploy:cluster',
  others: 'ips-deploy:other-rules',
  schema: 'ips-deploy:schema',
  probes: 'ips-deploy:probes',
} as const;

/**
 * A holder that gave no sign of life for this long is dead. It gives one each minute; the calls between two
 * of them may be retried for two minutes each.
 */
export const leaseMs = 300_000;
export const heartbeatMs = 60_000;

export function recordToTags(record: ShiftRecord): Readonly<Record<string, string>> {
  return {
    [key.holder]: tagValue(record.holder),
    [key.locked]: new Date(record.lockedAt).toISOString(),
    [key.alive]: new Date(record.aliveAt).toISOString(),
    [key.stage]: record.stage,
    [key.weights]: tagValue(
      Object.entries(record.former)
        .map(([name, weight]) => `${name}=${weight}`)
        .join(' '),
    ),
    [key.steps]: tagValue(record.steps.join(' ')),
    [key.revision]: tagValue(record.revision === '' ? '-' : record.revision),
    [key.count]: String(record.count),
    [key.blueCount]: String(record.blueCount),
    ...(record.cluster === undefined ? {} : { [key.cluster]: tagValue(record.cluster || '-') }),
    [key.others]: record.together ? 'together' : 'refuse',
    [key.schema]: record.breaking ? 'breaking' : 'compatible',
    [key.probes]: record.probeTask ? 'vpc-task' : 'runner',
    ...(record.noReturnAt === undefined ? {} : { [key.noReturn]: new Date(record.noReturnAt).toISOString() }),
    ...(record.kept === undefined ? {} : { [key.kept]: keptToTag(record.kept) }),
  };
}

/** The same for a rule that is taken over: what is so no more is written over. */
export function recordOverTags(record: ShiftRecord): Readonly<Record<string, string>> {
  return { [key.noReturn]: '-', [key.kept]: '-', ...recordToTags(record) };
}

function keptToTag({ tasks, since }: KeptBlue): string {
  return `tasks=${tasks} since=${new Date(since).toISOString()}`;
}

function keptOfTag(text = ''): KeptBlue | undefined {
  const [, tasks, time] = /^tasks=(\d{1,4}) since=(\S+)$/.exec(text) ?? [];
  const since = timeOf(time);
  return since === undefined ? undefined : { tasks: Number(tasks), since };
}

/** The tags that say "still here", and what has changed since. */
export function noteTags(
  note: { readonly aliveAt: number } & Partial<Pick<ShiftRecord, 'stage' | 'noReturnAt' | 'kept'>>,
): Readonly<Record<string, string>> {
  return {
    [key.alive]: new Date(note.aliveAt).toISOString(),
    ...(note.stage === undefined ? {} : { [key.stage]: note.stage }),
    ...(note.noReturnAt === undefined ? {} : { [key.noReturn]: new Date(note.noReturnAt).toISOString() }),
    ...(note.kept === undefined ? {} : { [key.kept]: keptToTag(note.kept) }),
  };
}

/** Undefined where the tags are not a shift's. */
export function recordOfTags(tags: Readonly<Record<string, string>>): ShiftRecord | undefined {
  const holder = tags[key.holder];
  if (holder === undefined) return undefined;
  const stage = tags[key.stage];
  const revision = tags[key.revision] ?? '-';
  const cluster = tags[key.cluster];
  const former: Record<string, number> = {};
  for (const part of (tags[key.weights] ?? '').split(' ')) {
    const match = /^(.+)=(\d{1,3})$/.exec(part);
    if (match !== null) former[match[1]!] = Number(match[2]);
  }
  return {
    holder,
    lockedAt: timeOf(tags[key.locked]) ?? 0,
    aliveAt: timeOf(tags[key.alive]) ?? 0,
    stage: stages.find((each) => each === stage) ?? 'shifting',
    former,
    steps: (tags[key.steps] ?? '')
      .split(' ')
      .map(Number)
      .filter((step) => step > 0 && step <= 100),
    revision: revision === '-' ? '' : revision,
    count: Number(tags[key.count] ?? 0) || 0,
    blueCount: Number(tags[key.blueCount] ?? 0) || 0,
    noReturnAt: timeOf(tags[key.noReturn]),
    kept: keptOfTag(tags[key.kept]),
    cluster: cluster === '-' ? '' : cluster,
    together: tags[key.others] === 'together',
    probeTask: tags[key.probes] === 'vpc-task',
    breaking: tags[key.schema] === 'breaking',
  };
}

/**
 * What stands there, as far as the weights agree: with all of them off green, it was taken back, by a run that died at
 * that or by somebody's hand. It is promoted no more, and blue is neither at its end nor kept.
 */
export function asWeightsSay(record: ShiftRecord, live: WeightSplit, greenArn: string): ShiftRecord {
  const isBack =
    live.some(({ weight }) => weight > 0) &&
    live.every(({ targetGroupArn, weight }) => targetGroupArn !== greenArn || weight === 0);
  const saysMore = isPromoted(record.stage) || record.noReturnAt !== undefined || record.kept !== undefined;
  if (!isBack || !saysMore) return record;
  const stage = isPromoted(record.stage) ? 'shifting' : record.stage;
  return { ...record, stage, noReturnAt: undefined, kept: undefined };
}

/** The split as it was before the shift, with the groups the rule holds now; green is at 0. */
export function formerSplit(record: ShiftRecord, live: WeightSplit): WeightSplit {
  return live.map(({ targetGroupArn }) => ({
    targetGroupArn,
    weight: record.former[groupName(targetGroupArn)] ?? 0,
  }));
}

/** `owner/name run 42.1 job deploy`. */
export function holderName(context: {
  readonly repository: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly job: string;
}): string {
  return tagValue(`${context.repository} run ${context.runId}.${context.runAttempt} job ${context.job}`);
}

/** An earlier attempt of the very same job is over: GitHub starts no attempt beside one that runs. */
export function isEarlierAttempt(holder: string, ours: string): boolean {
  const pattern = /^(.+ run \d+)\.(\d+)( job .*)$/;
  const [theirs, own] = [pattern.exec(holder), pattern.exec(ours)];
  return (
    theirs !== null &&
    own !== null &&
    theirs[1] === own[1] &&
    theirs[3] === own[3] &&
    Number(theirs[2]) < Number(own[2])
  );
}

function timeOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isFinite(at) ? at : undefined;
}
