/**
 * What happens in one simulated rollout, drawn from its seed: the application, the service, the request, and
 * everything that goes wrong meanwhile. Data only; `play.ts` makes it happen.
 */
import type { FaultEffect, FaultRule, TimedEvent } from '../../../src/lab/world/faults/index.ts';
import { createRng, type Rng } from '../../../src/lab/world/random.ts';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';

export type AppKind = keyof typeof apps;

/** How the new revision behaves. */
export const apps = {
  good: {},
  'slow-start': { startMs: 60_000 },
  'never-listens': { startMs: 100_000_000 },
  'crash-at-start': badApps.crashAtStart,
  'crash-later': { crashAfterMs: 40_000 },
  'crash-now-and-then': (start: number) => (start % 3 === 0 ? badApps.crashAtStart : {}),
  unhealthy: badApps.neverHealthy,
  'health-check-hangs': { healthHangs: true },
  'pull-fails': badApps.pullFails,
  'out-of-memory': { ...badApps.outOfMemory, crashAfterMs: 5000 },
  'secret-missing': {},
} as const satisfies Readonly<Record<string, Partial<AppModel> | ((start: number) => Partial<AppModel>)>>;

export interface Story {
  readonly seed: number;
  readonly app: AppKind;
  /** What the service is like, as named in the table of coverage. */
  readonly traits: readonly string[];
  readonly service: {
    readonly desiredCount: number;
    readonly breaker: { readonly enable: boolean; readonly rollback: boolean } | undefined;
    readonly minimumHealthyPercent: number;
    readonly maximumPercent: number;
    readonly earlySuccess: boolean;
    readonly loadBalancer: boolean;
    readonly containerHealthCheck: boolean;
    readonly spot: boolean;
    readonly alarm: 'none' | 'off' | 'on';
    readonly drainingCounts: boolean;
    readonly deregistrationDelaySeconds: number;
  };
  readonly request: {
    readonly timeoutMs: number;
    readonly onFailure: 'rollback' | 'stop' | 'leave';
    readonly onCancel: 'rollback' | 'stop' | 'leave';
    readonly failFast: boolean;
    readonly force: boolean;
    readonly ensureBreaker: boolean;
  };
  /** A worker behind no load balancer that is deployed in the same run. */
  readonly second:
    | {
        /** Both services run one definition, or each has its own. */
        readonly definition: 'same' | 'own';
        /** Of its own definition. */
        readonly app: AppKind;
        readonly desiredCount: number;
        readonly breaker: { readonly enable: boolean; readonly rollback: boolean } | undefined;
      }
    | undefined;
  /** Alarms that the run is told to watch, besides the service's own. */
  readonly watched:
    | {
        readonly names: readonly string[];
        /** The first of them. */
        readonly onAtStart: boolean;
        readonly inAlarm: 'refuse' | 'ignore';
      }
    | undefined;
  /** The image is pinned by digest. */
  readonly pinned: boolean;
  /** ECS reports another image than the pinned one: a tag that moved, a cache that lied. */
  readonly otherImage: boolean;
  /** Agents in every task that no definition names. */
  readonly sidecars: boolean;
  /** What stands before the run begins. */
  readonly before: 'former' | 'in-flight' | 'already-there' | 'nothing-desired';
  readonly protectedTasks: boolean;
  readonly rules: readonly FaultRule[];
  readonly events: readonly TimedEvent[];
  /** Milliseconds after the start. */
  readonly cancelAtMs: number | undefined;
  /** The runner dies at that call, and a second run follows after a pause. */
  readonly kill:
    | { readonly atCall: number; readonly afterEffect: boolean; readonly pauseMs: number }
    | undefined;
  /** Another good revision is deployed at the end, without faults: it must not be in anybody's way. */
  readonly thenNext: boolean;
}

const place = { cluster: 'ips-api-cluster', service: 'ips-api-service' };

function ruleOf(rng: Rng, kind: FaultEffect['kind']): FaultRule {
  const fromMs = rng.int(0, 90_000);
  const passing = { fromMs, untilMs: fromMs + rng.int(1000, 60_000) };
  switch (kind) {
    case 'throttle':
    case 'server-error':
    case 'reset':
      return rng.chance(0.5)
        ? { id: kind, match: { mutates: false }, ...passing, effect: { kind } }
        : { id: kind, match: {}, probability: 0.3, count: rng.int(1, 12), effect: { kind } };
    case 'reset-after-effect':
      return { id: kind, match: { mutates: true }, probability: 0.7, count: rng.int(1, 3), effect: { kind } };
    case 'slow':
      return {
        id: kind,
        match: rng.pick([{}, { mutates: true }, { mutates: false }]),
        probability: 0.2,
        effect: { kind, ms: rng.int(500, 15_000) },
      };
    case 'read-lag':
      return { id: kind, match: { mutates: false }, effect: { kind, ms: rng.int(500, 8000) } };
    case 'access-denied':
      return {
        id: kind,
        match: {
          operation: rng.pick([
            'UpdateService',
            'RegisterTaskDefinition',
            'DescribeServiceDeployments',
            'DescribeTasks',
            'DescribeTargetGroupAttributes',
            'StopServiceDeployment',
            'GetLogEvents',
          ]),
        },
        effect: { kind },
      };
    case 'expired-credentials':
      return { id: kind, match: {}, fromMs: rng.int(0, 120_000), effect: { kind } };
  }
}

/** Calls of somebody else, by the name under which they are counted. */
function eventsOf(rng: Rng, desiredCount: number): readonly (() => readonly TimedEvent[])[] {
  const at = (latest = 150_000): number => rng.int(1000, latest);
  const call = (id: string, operation: string, input: object, atMs = at()): TimedEvent => ({
    id,
    atMs,
    event: { kind: 'call', service: 'ecs', operation, input: { ...place, ...input } },
  });
  return [
    () => [call('second-deployer', 'UpdateService', { taskDefinition: 'ips-api-task:2' })],
    () => [call('second-deployer', 'UpdateService', { taskDefinition: 'ips-api-task:2' })],
    () => [call('scale-out', 'UpdateService', { desiredCount: desiredCount + rng.int(1, 3) })],
    () => [call('scale-in', 'UpdateService', { desiredCount: Math.max(1, desiredCount - rng.int(1, 3)) })],
    () => [call('scale-to-zero', 'UpdateService', { desiredCount: 0 })],
    () => [
      call('scale-out', 'UpdateService', { desiredCount: desiredCount + 2 }, at(60_000)),
      call('scale-in', 'UpdateService', { desiredCount }, 60_000 + at(60_000)),
    ],
    () => [{ id: 'zone-dark', atMs: at(), event: { kind: 'zone-dark', zone: 'ap-south-1b' } }],
    () => {
      const atMs = at(100_000);
      const zone = 'ap-south-1a';
      return [
        { id: 'zone-dark', atMs, event: { kind: 'zone-dark', zone } },
        { id: 'zone-back', atMs: atMs + at(60_000), event: { kind: 'zone-back', zone } },
      ];
    },
    () => [call('service-deleted', 'DeleteService', { force: true })],
  ];
}

/** Draws of their own, so that what else happens under a seed stays as it is. */
function drawSecond(rng: Rng, before: Story['before']): Story['second'] {
  if (!rng.chance(0.12)) return undefined;
  return {
    // A revision that is there already is asked for by its name.
    definition: before === 'already-there' ? 'own' : rng.pick(['same', 'own']),
    app: rng.pick(['good', 'good', 'crash-at-start', 'crash-later', 'pull-fails', 'out-of-memory']),
    desiredCount: rng.int(1, 3),
    breaker: rng.pick([undefined, { enable: true, rollback: true }, { enable: true, rollback: false }]),
  };
}

function drawWatched(rng: Rng): {
  readonly watched: Story['watched'];
  readonly events: readonly TimedEvent[];
} {
  if (!rng.chance(0.15)) return { watched: undefined, events: [] };
  const way = rng.pick(['never', 'off', 'off', 'off-for-a-while', 'on-refuse', 'on-ignore'] as const);
  const names = rng.chance(0.4) ? ['watched-1', 'watched-2'] : ['watched-1'];
  const onAtStart = way === 'on-refuse' || way === 'on-ignore';
  const inAlarm = way === 'on-refuse' || (way !== 'on-ignore' && rng.chance(0.5)) ? 'refuse' : 'ignore';
  const watched = { names, onAtStart, inAlarm } as const;
  const atMs = rng.int(2000, 90_000);
  const turn = (id: string, name: string, state: 'ALARM' | 'OK', at: number): TimedEvent => ({
    id,
    atMs: at,
    event: { kind: 'alarm', name, state },
  });
  const quietAtMs = atMs + rng.int(30_000, 60_000);
  switch (way) {
    case 'off':
      return { watched, events: [turn('watched-alarm', rng.pick(names), 'ALARM', atMs)] };
    case 'off-for-a-while': {
      const [name] = names;
      return {
        watched,
        events: [
          turn('watched-alarm', name!, 'ALARM', atMs),
          turn('watched-alarm-quiet', name!, 'OK', quietAtMs),
        ],
      };
    }
    case 'on-ignore':
      // What was on and goes quiet and on again is not watched either.
      return {
        watched,
        events: rng.chance(0.5)
          ? [
              turn('ignored-alarm-quiet', 'watched-1', 'OK', atMs),
              turn('ignored-alarm', 'watched-1', 'ALARM', quietAtMs),
            ]
          : [],
      };
    default:
      return { watched, events: [] };
  }
}

export function drawStory(seed: number): Story {
  const rng = createRng(seed, 'rollout.story');
  const app = rng.chance(0.4) ? 'good' : rng.pick(Object.keys(apps) as AppKind[]);
  const desiredCount = rng.int(1, 5);
  const percents =
    desiredCount === 1
      ? [100, 200]
      : rng.pick([
          [100, 200],
          [100, 200],
          [100, 150],
          [50, 100],
        ]);
  const alarm = rng.pick(['none', 'none', 'none', 'none', 'off', 'on'] as const);
  const spot = rng.chance(0.12);
  const breaker = rng.pick([undefined, { enable: true, rollback: true }, { enable: true, rollback: false }]);
  const service: Story['service'] = {
    desiredCount,
    breaker,
    minimumHealthyPercent: percents[0]!,
    maximumPercent: percents[1]!,
    earlySuccess: rng.chance(0.1),
    loadBalancer: rng.chance(0.85),
    containerHealthCheck: rng.chance(0.2),
    spot,
    alarm,
    drainingCounts: rng.chance(0.7),
    deregistrationDelaySeconds: rng.pick([0, 5, 30, 30, 30, 60]),
  };
  const rules: FaultRule[] = [];
  const common = ['throttle', 'server-error', 'reset', 'reset-after-effect', 'slow'] as const;
  if (rng.chance(0.35)) rules.push(ruleOf(rng, rng.pick(common)));
  if (rng.chance(0.1))
    rules.push(ruleOf(rng, rng.pick(common.filter((kind) => kind !== rules[0]?.effect.kind))));
  if (rng.chance(0.05)) rules.push(ruleOf(rng, 'read-lag'));
  if (rng.chance(0.04)) rules.push(ruleOf(rng, rng.pick(['access-denied', 'expired-credentials'] as const)));
  const events: TimedEvent[] = [];
  if (rng.chance(0.35)) events.push(...rng.pick(eventsOf(rng, desiredCount))());
  if (spot) {
    const event = { kind: 'spot-interruption', count: rng.int(1, 2) } as const;
    events.push({ id: 'spot-interruption', atMs: rng.int(1000, 120_000), event });
  }
  if (alarm === 'off' && rng.chance(0.7)) {
    const event = { kind: 'alarm', name: 'harm', state: 'ALARM' } as const;
    events.push({ id: 'alarm-raised', atMs: rng.int(1000, 120_000), event });
  }
  const before = rng.chance(0.84)
    ? 'former'
    : rng.pick(['in-flight', 'in-flight', 'already-there', 'nothing-desired'] as const);
  const pinned = rng.chance(0.3);
  const request: Story['request'] = {
    timeoutMs: rng.int(30, 900) * 1000,
    onFailure: rng.pick(['rollback', 'rollback', 'stop', 'leave']),
    onCancel: rng.pick(['rollback', 'rollback', 'stop', 'leave']),
    failFast: rng.chance(0.7),
    force: rng.chance(0.08),
    ensureBreaker: rng.chance(0.1),
  };
  const kill = rng.chance(0.08)
    ? { atCall: rng.int(1, 40), afterEffect: rng.chance(0.5), pauseMs: rng.pick([0, 1000, 30_000, 200_000]) }
    : undefined;
  const more = createRng(seed, 'rollout.story.more');
  const second = drawSecond(more, before);
  const { watched, events: alarmEvents } = drawWatched(more);
  events.push(...alarmEvents);
  if (watched !== undefined && more.chance(0.05)) {
    const effect = { kind: 'access-denied' } as const;
    rules.push({ id: 'access-denied', match: { operation: 'DescribeAlarms' }, effect });
  }
  const story: Omit<Story, 'traits'> = {
    seed,
    app,
    service,
    request,
    second,
    watched,
    pinned,
    otherImage: pinned && before !== 'already-there' && rng.chance(0.1),
    sidecars: rng.chance(0.15),
    before,
    protectedTasks: rng.chance(service.earlySuccess ? 0.3 : 0.05),
    rules,
    events,
    cancelAtMs:
      kill === undefined && rng.chance(0.12) ? rng.int(1, rng.chance(0.2) ? 400 : 120_000) : undefined,
    kill,
    thenNext: rng.chance(0.1),
  };
  return { ...story, traits: traitsOf(story) };
}

function traitsOf(story: Omit<Story, 'traits'>): readonly string[] {
  const { service, before } = story;
  return [
    `app: ${story.app}`,
    `breaker: ${service.breaker === undefined ? 'off' : service.breaker.rollback ? 'rolls back' : 'only stops'}`,
    `before: ${before}`,
    ...(service.earlySuccess ? ['early success, deferred clean-up'] : []),
    ...(service.loadBalancer ? [] : ['no load balancer']),
    ...(service.containerHealthCheck ? ['container health check'] : []),
    ...(service.drainingCounts ? [] : ['draining tasks are not counted']),
    ...(service.maximumPercent < 200 ? ['tasks replaced in rounds'] : []),
    ...(service.alarm === 'on' ? ['alarm on at the start'] : []),
    ...(story.sidecars ? ['sidecars injected'] : []),
    ...(story.protectedTasks ? ['old tasks protected'] : []),
    ...(story.otherImage ? ['another image than pinned'] : []),
    ...(story.request.force ? ['forced'] : []),
    ...(story.second === undefined ? [] : [`two services: ${story.second.definition} definition`]),
    ...(story.watched === undefined ? [] : [watchedTrait(story.watched, story.events)]),
  ];
}

function watchedTrait(watched: NonNullable<Story['watched']>, events: readonly TimedEvent[]): string {
  if (watched.onAtStart) return `watched alarm: on before, ${watched.inAlarm}`;
  return events.some(({ id }) => id.startsWith('watched-alarm'))
    ? 'watched alarm: to go off'
    : 'watched alarm: never';
}
