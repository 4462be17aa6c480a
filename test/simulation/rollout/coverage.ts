/** What the stories have to have been about, or their agreement with the world would mean little. Pure. */
import { apps } from './story.ts';

/** At least so many of the 10,000. */
const expected: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.keys(apps).map((app) => [`app: ${app}`, 200])),
  'breaker: off': 1000,
  'breaker: only stops': 1000,
  'breaker: rolls back': 1000,
  'before: former': 5000,
  'before: in-flight': 300,
  'before: already-there': 200,
  'before: nothing-desired': 200,
  'early success, deferred clean-up': 200,
  'no load balancer': 500,
  'container health check': 500,
  'draining tasks are not counted': 500,
  'tasks replaced in rounds': 500,
  'alarm on at the start': 200,
  'sidecars injected': 500,
  'old tasks protected': 200,
  'another image than pinned': 100,
  forced: 200,
  'two services: same definition': 250,
  'two services: own definition': 250,
  'watched alarm: never': 100,
  'watched alarm: to go off': 300,
  'watched alarm: on before, refuse': 100,
  'watched alarm: on before, ignore': 100,
  'call: throttle': 200,
  'call: server-error': 200,
  'call: reset': 200,
  'call: reset-after-effect': 200,
  'call: slow': 200,
  'call: read-lag': 200,
  'call: access-denied': 50,
  'call: expired-credentials': 50,
  'event: second-deployer': 200,
  'event: scale-out': 200,
  'event: scale-in': 200,
  'event: scale-to-zero': 100,
  'event: zone-dark': 200,
  'event: zone-back': 100,
  'event: spot-interruption': 200,
  'event: alarm-raised': 200,
  'event: service-deleted': 100,
  'event: watched-alarm': 300,
  'event: watched-alarm-quiet': 50,
  'event: ignored-alarm': 50,
  'job: cancelled': 300,
  'job: killed, then run again': 300,
  'then: the next deployment': 500,
  'told: several, all well': 200,
  'told: several, some not': 200,
  'told: several, held back together': 20,
  'told: given up for an alarm': 100,
  'told: succeeded': 1000,
  'told: no-change': 100,
  'told: rolled-back': 1000,
  'told: rollback-failed': 10,
  'told: stopped': 200,
  'told: superseded': 100,
  'told: failed': 100,
  'told: zero-desired': 100,
  'told: refused': 20,
  'told: unobserved': 50,
  'told: cancelled, left': 50,
  'told: cancelled, rolling-back': 100,
  'told: cancelled, untouched': 20,
  'told: timed-out, left': 100,
  'told: timed-out, rolled-back': 100,
};

export interface Covered {
  readonly what: string;
  readonly times: number;
  readonly atLeast: number;
}

export function coverageOf(hits: ReadonlyMap<string, number>, seeds: number): readonly Covered[] {
  const names = [...new Set([...Object.keys(expected), ...hits.keys()])].sort();
  return names.map((what) => ({
    what,
    times: hits.get(what) ?? 0,
    atLeast: Math.floor(((expected[what] ?? 0) * seeds) / 10_000),
  }));
}
