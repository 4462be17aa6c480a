/**
 * Watches one story: every change the kit makes is held to the laws of a shift at the instant at which it has its
 * effect, and what happened is kept for the oracle. Nothing of the kit is in it.
 */
import type { ApiRequest, ApiResult } from '../../../src/lab/world/service.ts';
import type { World } from '../../../src/lab/world/world.ts';
import { isForeign } from './foreign.ts';
import { checkBlueDown, checkWrite, type Law } from './laws.ts';
import { desiredOf, type Forwarding, forwardingOf, type Place, sameWeights, shareIn } from './place.ts';

const minuteMs = 60_000;

/** A change of production's weights by the kit. */
export interface Write {
  readonly at: number;
  readonly run: string;
  /** Green's share before and after, percent. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export interface Count {
  readonly requests: number;
  readonly harmed: number;
}

/** What one side's targets got and failed in one minute; probes are not in it. */
export interface Minute {
  readonly at: number;
  readonly green: Count;
  readonly blue: Count;
}

/** Somebody else's change. */
export interface Stranger {
  readonly at: number;
  readonly what: 'weights' | 'lock';
}

/** Whose it is, since when. */
export interface Owned {
  readonly run: string;
  readonly at: number;
}

export interface Watch {
  readonly violations: string[];
  readonly writes: Write[];
  readonly strangers: Stranger[];
  readonly minutes: Minute[];
  /** By ARN of the test rules that stand: who made it, or took it over last, and when. */
  readonly locks: Map<string, Owned>;
  /** When blue's count was lowered by the kit. */
  blueDownAt: number | undefined;
  /** When it was first recorded that blue is kept small: it was no smaller before that. */
  keptAt: number | undefined;
  /** When it was first raised again by the kit after that. */
  blueUpAt: number | undefined;
  readonly ringsAt: number[];
  readonly probes: { sent: number; bad: number };
  /** Runs that started one-off tasks, by the tasks' ARNs. */
  readonly oneOffs: Map<string, Owned>;
  /** When each run first changed anything. */
  readonly changedAt: Map<string, number>;
}

export interface WatchOptions {
  readonly place: Place;
  readonly law: Law;
  /** Who calls for the kit, by ARN: the name of the run; undefined for everybody else. */
  readonly runOf: (arn: string) => string | undefined;
  readonly traffic: (groupArn: string) => { readonly served: number; readonly harmed: number };
  /** Probes that were sent and counted. */
  readonly probes: { sent: number; bad: number };
  /** Called when a call of the kit has had its effect, before its answer is on its way. */
  readonly onCall: (request: ApiRequest, run: string) => void;
  readonly onBlueDown: () => void;
}

export function watchShift(world: World, options: WatchOptions): Watch {
  const { place, law, runOf } = options;
  const watch: Watch = {
    violations: [],
    writes: [],
    strangers: [],
    minutes: [],
    locks: new Map(),
    blueDownAt: undefined,
    keptAt: undefined,
    blueUpAt: undefined,
    ringsAt: [],
    probes: options.probes,
    oneOffs: new Map(),
    changedAt: new Map(),
  };
  countMinutes(world, options, watch);
  world.cloudwatch.onAlarmState(({ name, to }) => {
    if (to === 'ALARM' && name === place.alarm) watch.ringsAt.push(world.kernel.now);
  });
  const call = world.call.bind(world);
  let last: Look | undefined;
  const watched = (request: ApiRequest): ApiResult => {
    const run = runOf(request.principal.arn);
    if (!world.mutates(request.service, request.operation)) {
      const result = call(request);
      if (run !== undefined) options.onCall(request, run);
      return result;
    }
    const before = look(world, place, last);
    const result = call(request);
    const after = look(world, place, before);
    last = after;
    if (run === undefined) {
      noteStranger(watch, world.kernel.now, before, after);
      return result;
    }
    if (result.kind === 'answer' && !watch.changedAt.has(run)) watch.changedAt.set(run, world.kernel.now);
    if (request.operation === 'RunTask' && result.kind === 'answer') {
      const { tasks = [] } = result.output as { readonly tasks?: readonly { readonly taskArn: string }[] };
      for (const { taskArn } of tasks) watch.oneOffs.set(taskArn, { run, at: world.kernel.now });
    }
    if (law.kept !== undefined && request.operation === 'AddTags' && result.kind === 'answer') {
      const isKept = JSON.stringify(request.input).includes('"ips-deploy:blue-kept"');
      if (isKept) watch.keptAt ??= world.kernel.now;
    }
    noteOwner(watch, law, request, run, world.kernel.now, before, after);
    if (weightsDiffer(before, after)) {
      const write: Write = {
        at: world.kernel.now,
        run,
        from: shareIn(before.weights, place.green.groupArn),
        to: shareIn(after.weights, place.green.groupArn),
      };
      watch.violations.push(...checkWrite(world, place, law, watch, write, before, after));
      watch.writes.push(write);
    }
    // Tasks of services have their service's name there.
    const isOneOff = (arn: string): boolean =>
      String(
        world.must('ecs', 'DescribeTasks', { cluster: place.cluster, tasks: [arn] }).tasks[0]?.group,
      ).startsWith('family:');
    if (isForeign(request, place, before.testRules, isOneOff)) {
      watch.violations.push(
        `it changes what is not its own: ${request.operation} ${JSON.stringify(request.input)}`,
      );
    }
    if (after.blueDesired < before.blueDesired) {
      watch.violations.push(...checkBlueDown(world, place, law, watch, run, after.blueDesired));
      if (watch.blueDownAt === undefined) options.onBlueDown();
      watch.blueDownAt ??= world.kernel.now;
    }
    if (after.blueDesired > before.blueDesired && watch.blueDownAt !== undefined) {
      watch.blueUpAt ??= world.kernel.now;
    }
    if (after.greenDesired < before.greenDesired && (shareIn(after.weights, place.green.groupArn) ?? 0) > 0) {
      watch.violations.push('green is scaled down while it has traffic');
    }
    options.onCall(request, run);
    return result;
  };
  // By its name: V8 puts a function that is written where it is assigned into the old space, and the whole world
  // with it until the next full collection.
  world.call = watched;
  return watch;
}

/** What a change can be seen by. */
export interface Look extends Forwarding {
  readonly blueDesired: number;
  readonly greenDesired: number;
}

function look(world: World, place: Place, known: Look | undefined): Look {
  const { table, weights, together, testRules } = forwardingOf(world, place, known);
  return {
    table,
    weights,
    together,
    testRules,
    blueDesired: desiredOf(world, place.blue) ?? 0,
    greenDesired: desiredOf(world, place.green) ?? 0,
  };
}

function weightsDiffer(before: Look, after: Look): boolean {
  if (before.table === after.table) return false;
  return (
    !sameWeights(before.weights, after.weights) ||
    before.together.some((weights, index) => !sameWeights(weights, after.together[index]))
  );
}

/** Counts by the clock's minutes, as CloudWatch has them. */
function countMinutes(world: World, { place, traffic }: WatchOptions, watch: Watch): void {
  const { kernel } = world;
  const totals = (groupArn: string): Count => {
    const { served, harmed } = traffic(groupArn);
    return { requests: served + harmed, harmed };
  };
  let [green, blue] = [totals(place.green.groupArn), totals(place.blue.groupArn)];
  const next = (): void => {
    const [greenNow, blueNow] = [totals(place.green.groupArn), totals(place.blue.groupArn)];
    const since = (now: Count, before: Count): Count => ({
      requests: now.requests - before.requests,
      harmed: now.harmed - before.harmed,
    });
    watch.minutes.push({
      at: kernel.now - minuteMs,
      green: since(greenNow, green),
      blue: since(blueNow, blue),
    });
    [green, blue] = [greenNow, blueNow];
    kernel.asideAt(kernel.now + minuteMs, next);
  };
  kernel.asideAt(Math.floor(kernel.now / minuteMs) * minuteMs + minuteMs, next);
}

function noteStranger(watch: Watch, at: number, before: Look, after: Look): void {
  if (weightsDiffer(before, after)) watch.strangers.push({ at, what: 'weights' });
  if (after.testRules.length < before.testRules.length) watch.strangers.push({ at, what: 'lock' });
  forgetLocks(watch, after);
}

function noteOwner(
  watch: Watch,
  { twoMayBegin }: Law,
  { operation, input }: ApiRequest,
  run: string,
  at: number,
  before: Look,
  after: Look,
): void {
  const ruleArn = (input as { readonly RuleArn?: string } | undefined)?.RuleArn ?? '';
  if (operation === 'CreateRule') {
    for (const arn of after.testRules.filter((each) => !before.testRules.includes(each))) {
      if (before.testRules.length > 0 && !twoMayBegin) watch.violations.push('there are two test rules');
      watch.locks.set(arn, { run, at });
    }
  }
  if (operation === 'ModifyRule' && before.testRules.includes(ruleArn)) watch.locks.set(ruleArn, { run, at });
  if (operation === 'DeleteRule' && after.testRules.length < before.testRules.length) {
    const owner = watch.locks.get(ruleArn)?.run;
    if (owner !== run) watch.violations.push(`${run} deletes the test rule of ${owner}`);
  }
  forgetLocks(watch, after);
}

function forgetLocks({ locks }: Watch, { testRules }: Look): void {
  for (const arn of locks.keys()) if (!testRules.includes(arn)) locks.delete(arn);
}
