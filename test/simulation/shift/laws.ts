/**
 * Laws that hold at the instant of every change a shift makes, whatever happens. Each answers with what is broken,
 * in words. Nothing of the kit is in it.
 */
import type { World } from '../../../src/lab/world/world.ts';
import { healthyIn, type Place, type Side, sameWeights, scalingOf, shareIn, tasksOf } from './place.ts';
import type { Look, Watch, Write } from './watch.ts';

const minuteMs = 60_000;

/** What is known of the story before it is played. */
export interface Law {
  /** Shares that green may be given, percent. */
  readonly steps: readonly number[];
  /** Revision that each run brings: `api:2`. */
  readonly wanted: (run: string) => string;
  /** Tasks that green needs. */
  readonly required: number;
  /** From a look to the write that rests on it, at most. */
  readonly slackMs: number;
  /** From the compare before a write to the write. */
  readonly compareSlackMs: number;
  readonly requestsPerSecond: number;
  readonly bakeMs: number;
  /** From the end of a minute until it may be used. */
  readonly metricDelayMs: number;
  /** A minute's counts come all at once: it is known how its requests were shared. */
  readonly countsAreWhole: boolean;
  /** From blue's last request to its end: deregistration delay and stop time-out. */
  readonly drainMs: number;
  /** Blue is kept at so many tasks, and for so long; undefined: its end is its only size. */
  readonly kept: { readonly tasks: number; readonly forMs: number } | undefined;
  /** A weight that another run has proven already, or that it has rested at. */
  readonly provenBefore: (run: string) => number | undefined;
  readonly startedAt: (run: string) => number;
  /** Whether the user's own check has said yes at this share; undefined: nobody is asked. */
  readonly checkPassed: ((percent: number) => boolean) | undefined;
  /** Another run begins by another rule at the same moment: for a while there are two test rules. */
  readonly twoMayBegin: boolean;
  /** When the maintenance window opens; 0 where there is none. */
  readonly beginsAt: number;
}

/** A run that sees another one's lock beside its own gives it up within this time. */
const givesUpMs = 30_000;

/** The minutes of a step are waited for where so many requests should be in two of them. */
const fewest = 20;

export function checkWrite(
  world: World,
  place: Place,
  law: Law,
  watch: Watch,
  write: Write,
  before: Look,
  after: Look,
): readonly string[] {
  const wrong: string[] = [];
  const claim = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`${write.run} writes ${write.from} to ${write.to}: ${what}`);
  };
  const { from = 0, to } = write;
  const { blue, green } = place;
  for (const share of sharesWritten(place, before, after)) {
    claim(
      share !== undefined && [0, ...law.steps].some((step) => Math.abs(step - share) < 1e-9),
      'that is not on the ladder',
    );
  }
  const foreign = ({ weights = [] }: Look): Look['weights'] =>
    weights.filter(({ targetGroupArn: arn }) => arn !== blue.groupArn && arn !== green.groupArn);
  claim(sameWeights(foreign(before), foreign(after)), 'groups that are not its own have changed');
  // What happens while a window is waited for is looked at anew.
  const lastOwn = watch.writes.at(-1)?.at ?? law.beginsAt;
  const stolen = watch.strangers.find((each) => each.what === 'weights' && each.at > lastOwn);
  claim(
    stolen === undefined || write.at - stolen.at <= law.compareSlackMs,
    'somebody else has changed the weights since its last write',
  );
  const settled = !changedWithin(world, law.slackMs);
  for (const side of [blue, green]) {
    if (weightOf(side, after) <= weightOf(side, before) || !settled) continue;
    const other = side === blue ? green : blue;
    claim(
      healthyIn(world, side.groupArn) > 0 || healthyIn(world, other.groupArn) === 0,
      `${side === blue ? 'blue' : 'green'} gets traffic and has no healthy target`,
    );
  }
  if ((to ?? 0) < from && (to ?? 0) > 0) claim(false, 'the ladder goes up, or all the way back');
  if ((to ?? 0) > from) checkRaise(world, place, law, watch, write, settled, claim);
  if ((to ?? 0) < from && watch.blueDownAt !== undefined && settled) {
    claim(carriesIt(world, place, law, watch), 'blue was scaled down and cannot carry it');
  }
  return wrong;
}

function weightOf({ groupArn }: Side, { weights = [] }: Look): number {
  return weights.find((each) => each.targetGroupArn === groupArn)?.weight ?? 0;
}

/** A green is given up for half of a blue only where it serves nobody, and for less at the end of a long wait. */
const longestWaitMs = 15 * 60_000;

/** Whether blue, that was scaled down before, takes what it is given. */
function carriesIt(world: World, { blue, green }: Place, law: Law, watch: Watch): boolean {
  const healthy = healthyIn(world, blue.groupArn);
  if (healthy >= law.required) return true;
  if (law.kept === undefined || healthy === 0) return false;
  const last = watch.minutes.at(-1)?.green;
  const failed = last === undefined || last.requests === 0 ? 0 : last.harmed / last.requests;
  if (healthyIn(world, green.groupArn) > 0 && failed < 0.8) return false;
  const waitedMs = watch.blueUpAt === undefined ? 0 : world.kernel.now - watch.blueUpAt;
  return 2 * healthy >= law.required || waitedMs >= longestWaitMs;
}

/** Green's share in each rule that was written: one of several may be another's by then, and is not what was written. */
function sharesWritten({ green }: Place, before: Look, after: Look): readonly (number | undefined)[] {
  const all = ({ weights, together }: Look): readonly Look['weights'][] => [weights, ...together];
  const was = all(before);
  return all(after)
    .filter((weights, index) => !sameWeights(weights, was[index]))
    .map((weights) => shareIn(weights, green.groupArn));
}

function checkRaise(
  world: World,
  place: Place,
  law: Law,
  watch: Watch,
  write: Write,
  settled: boolean,
  claim: (holds: boolean, what: string) => void,
): void {
  const { green } = place;
  const { from = 0 } = write;
  const lockLost = watch.strangers.findLast((each) => each.what === 'lock')?.at ?? 0;
  const locks = [...watch.locks.values()];
  claim(
    locks.some((lock) => lock.run === write.run) ||
      (locks.length === 0 && write.at - lockLost <= law.slackMs),
    `the lock is held by ${locks.map((lock) => lock.run).join(', ') || 'nobody'}`,
  );
  for (const { run, at } of locks) {
    claim(run === write.run || write.at - at <= givesUpMs, `${run} has begun to shift the same pair`);
  }
  if (settled) {
    const wanted = law.wanted(write.run);
    const own = tasksOf(world, place, green).filter((task) => task.runs && task.revision === wanted);
    const group = world
      .routing()
      .targetGroups()
      .find((each) => each.targetGroupArn === green.groupArn);
    const present = (group?.targets ?? []).filter((target) => !target.state.includes('draining'));
    const strangers = present.filter((target) => !own.some((task) => task.address === target.id));
    claim(strangers.length === 0, `${strangers.length} targets of green are not of ${wanted}`);
    claim(healthyIn(world, green.groupArn) >= law.required, 'green has too few healthy targets');
  }
  for (const target of scalingOf(world, place)) {
    claim(
      target.suspended.in && target.suspended.scheduled,
      `${target.service} may be scaled in while traffic is shifted`,
    );
    claim(!target.suspended.out, `${target.service} cannot scale out`);
    claim(target.min >= law.required, `${target.service} has a floor of ${target.min}`);
  }
  claim(
    !law.steps.includes(from) || (law.checkPassed?.(from) ?? true),
    `the user's own check has not said yes at ${from} %`,
  );
  const { sent, bad } = watch.probes;
  const isFirst = from === 0 && write.run === 'run-1';
  claim(!isFirst || sent < 60 || bad / sent < 0.2, `${bad} of ${sent} probes had failed before any weight`);
  const expected = (2 * 60 * law.requestsPerSecond * from) / 100;
  if (from <= 0 || law.bakeMs === 0 || expected < fewest || law.provenBefore(write.run) === from) return;
  const written = watch.writes.findLast((each) => each.to === from && each.from !== from)?.at ?? 0;
  const since = Math.max(written, law.startedAt(write.run));
  const seen = watch.minutes.filter(
    (minute) => minute.at >= since && minute.at + minuteMs + law.metricDelayMs <= write.at,
  );
  if (law.countsAreWhole) checkShare(seen, from, claim);
  claim(seen.length >= 2, `only ${seen.length} of the minutes at ${from} % can have been in the metrics`);
}

/** A step whose traffic is shared otherwise than its weight says proves nothing of it. */
function checkShare(
  seen: Watch['minutes'],
  percent: number,
  claim: (holds: boolean, what: string) => void,
): void {
  const whole = seen.filter(({ green, blue }) => green.requests > 0 && blue.requests > 0);
  const green = whole.reduce((sum, minute) => sum + minute.green.requests, 0);
  const all = green + whole.reduce((sum, minute) => sum + minute.blue.requests, 0);
  const wanted = (all * percent) / 100;
  const factor = Math.max(green / wanted, wanted / green);
  claim(all < 600 || percent === 100 || factor < 2, `green took ${green} of ${all} requests at ${percent} %`);
}

/**
 * Blue ends after a closed minute without a request, and when its connections have had their time. Where it is to be
 * kept small it has that size first, and for its time.
 */
export function checkBlueDown(
  world: World,
  place: Place,
  law: Law,
  watch: Watch,
  run: string,
  desired: number,
): readonly string[] {
  const wrong: string[] = [];
  const { now } = world.kernel;
  if (law.kept !== undefined && desired !== law.kept.tasks) {
    const keptMs = watch.keptAt === undefined ? 0 : now - watch.keptAt;
    if (keptMs + law.slackMs < law.kept.forMs || desired !== 0) {
      wrong.push(`${run} scales blue to ${desired}, kept at ${law.kept.tasks} for ${keptMs} ms`);
    }
  }
  const live = world
    .routing()
    .routingTable()
    .listeners.flatMap(({ rules }) => rules)
    .filter((rule) => [place.ruleArn, ...place.togetherArns].includes(rule.ruleArn));
  const weighs = live.some(
    ({ action }) =>
      action.kind === 'forward' &&
      action.groups.some((group) => group.targetGroupArn === place.blue.groupArn && group.weight > 0),
  );
  if (weighs) wrong.push(`${run} scales blue down while it has traffic`);
  const last = watch.minutes.findLast((minute) => minute.blue.requests > 0);
  const quietSince = Math.max(last === undefined ? 0 : last.at + minuteMs, watch.writes.at(-1)?.at ?? 0);
  const firstClosed = Math.ceil(quietSince / minuteMs) * minuteMs + minuteMs;
  if (now < firstClosed + law.drainMs) {
    wrong.push(`${run} scales blue down ${now - quietSince} ms after its last minute with requests`);
  }
  return wrong;
}

const changes = new Set([
  'ecs.task-state',
  'ecs.deployment-state',
  'ecs.service-state',
  'ecs.service-scaled',
  'elbv2.target-state',
  'ecs.zone-dark',
]);

/** Whether tasks or targets changed so lately that a look before it may be what the write rests on. */
function changedWithin(world: World, slackMs: number): boolean {
  const { journal, now } = world.kernel;
  for (let index = journal.length - 1; index >= 0; index--) {
    const entry = journal[index]!;
    if (entry.at < now - slackMs) return false;
    if (changes.has(entry.kind)) return true;
  }
  return false;
}
