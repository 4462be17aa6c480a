/**
 * Load on one listener in virtual time: split by the live weights, answered as the applications' models say.
 * While nothing changes the requests are not played one by one: what came in is drawn at once when a rule, a
 * target or an application changes, when somebody asks, and before each minute closes.
 */
import type { ListenerRoute, RouteAction, RoutingReader, RoutingTable, TargetRoute } from '../contracts.ts';
import { actionFor } from '../elbv2/login.ts';
import { servableTargets } from '../elbv2/routing.ts';
import { matchRule, type RoutedRequest } from '../elbv2/rule-matching.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { Rng } from '../random.ts';
import type { Fact } from '../substrate.ts';
import { errorRateAt, type ProbedApp } from './app-model.ts';
import { binomial, latencyTable, multinomial, scatter } from './distributions.ts';
import type { SimulatedSubstrate } from './simulated-substrate.ts';
import { type GroupTally, TrafficTally } from './traffic-tally.ts';

export interface TrafficCount {
  /** Answered below 500. */
  readonly served: number;
  /** Answered with a 5xx, by the target or by the load balancer in its place. */
  readonly harmed: number;
  /** Not answered at all: nothing listened. */
  readonly dropped: number;
}

export interface SimulatedTrafficDeps {
  readonly kernel: Kernel;
  readonly routing: RoutingReader;
  readonly substrate: SimulatedSubstrate;
  readonly report: (fact: Fact) => void;
  readonly listenerArn: string;
  readonly requestsPerSecond: number;
  /** What the requests look like to the rules. */
  readonly request?: Partial<RoutedRequest>;
}

/** What became of one request. */
export type RequestAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly durationMs: number }
  /** The application took it and says nothing; the load balancer gives up after its idle time-out. */
  | { readonly kind: 'hangs' };

const plainRequest: RoutedRequest = {
  host: 'localhost',
  path: '/',
  method: 'GET',
  headers: {},
  query: [],
  sourceIp: '203.0.113.10',
};

const minuteMs = 60_000;

/** A kept-alive connection carries this many requests, assumed. */
const requestsPerConnection = 100;

type Mutable = { served: number; harmed: number; dropped: number };

/** What one kind of request meets, as long as no rule changes. */
interface Way {
  readonly table: RoutingTable;
  readonly listener: ListenerRoute | undefined;
  readonly action: RouteAction | undefined;
  /** Of a forward action's groups, in their order. */
  readonly weights: readonly number[];
}

/** Where requests go, as long as nothing changes. */
interface Scene extends Pick<Way, 'listener' | 'action' | 'weights'> {
  readonly groups: readonly GroupScene[];
}

/** As it was after so many changes. */
interface Asked {
  readonly changes: number;
  readonly scene: Scene;
}

interface GroupScene {
  readonly targetGroupArn: string;
  readonly targets: readonly { readonly route: TargetRoute; readonly app: ProbedApp | undefined }[];
}

export class SimulatedTraffic {
  readonly #deps: SimulatedTrafficDeps;
  readonly #rng: Rng;
  readonly #askRng: Rng;
  readonly #asked = new WeakMap<object, Asked>();
  readonly #ways = new WeakMap<object, Way>();
  #changes = 0;
  readonly #request: RoutedRequest;
  readonly #byGroup = new Map<string, Mutable>();
  readonly #total: Mutable = { served: 0, harmed: 0, dropped: 0 };
  readonly #tally = new TrafficTally();
  #running = false;
  #close: ScheduledEvent | undefined;
  /** Requests before this time are drawn, epoch ms. */
  #drawnTo = 0;
  /** As things are since `#drawnTo`; undefined once something changed at this very instant. */
  #scene: Scene | undefined;
  #sceneDue = false;
  /** The part of a request that was left over. */
  #fraction = 0;
  /** Turns of the round robin, by target group. */
  readonly #turns = new Map<string, number>();

  constructor(deps: SimulatedTrafficDeps) {
    this.#deps = deps;
    this.#rng = deps.kernel.rng(`sim.traffic.${deps.listenerArn}`);
    this.#askRng = deps.kernel.rng(`sim.requests.${deps.listenerArn}`);
    this.#request = { ...plainRequest, ...deps.request };
    deps.substrate.onChange(() => this.#changed());
    deps.substrate.beforeSum(() => this.#settle());
    deps.kernel.onEffect((effect) => {
      if (effect.kind === 'routing-changed') this.#changed();
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#drawnTo = this.#deps.kernel.now;
    this.#scene = this.#look();
    this.#closeMinute();
  }

  stop(): void {
    this.#settle();
    this.#running = false;
  }

  get total(): TrafficCount {
    this.#settle();
    return { ...this.#total };
  }

  /** By target group ARN: what its targets answered or failed to answer. */
  group(targetGroupArn: string): TrafficCount {
    this.#settle();
    return { served: 0, harmed: 0, dropped: 0, ...this.#byGroup.get(targetGroupArn) };
  }

  /**
   * One more request, now: it meets the same rules and applications, and is counted as the load is. Where
   * the same object is asked again, what it meets is known until something changes.
   */
  ask(request: Partial<RoutedRequest>): RequestAnswer {
    const { kernel } = this.#deps;
    const scene = this.#sceneOf(request);
    if (scene.listener === undefined) return { kind: 'answered', status: 503, durationMs: 1 };
    this.#tally.loadBalancerArn = scene.listener.loadBalancerArn;
    this.#closeMinute();
    const { action } = scene;
    const own = (status: number): RequestAnswer => {
      this.#tally.own(status, 1);
      return { kind: 'answered', status, durationMs: 1 };
    };
    if (action === undefined) return own(503);
    if (action.kind !== 'forward') return own(action.status);
    const rng = this.#askRng;
    const drawn = multinomial(rng, 1, scene.weights).indexOf(1);
    const group = scene.groups[drawn];
    if (group === undefined || group.targets.length === 0) return own(503);
    const { route, app } = rng.pick(group.targets);
    const tally = this.#tally.group(group.targetGroupArn, route.zone);
    tally.sent(1, group.targets.length);
    if (app === undefined || !app.listening) {
      tally.connectionErrors += 1;
      return own(502);
    }
    const { model } = app;
    const draw = rng.next();
    if (draw < model.hangShare) {
      own(504);
      return { kind: 'hangs' };
    }
    if (draw < model.hangShare + model.closeShare) return own(502);
    const failed = rng.chance(errorRateAt(model, kernel.now));
    // What refuses nothing draws nothing.
    const refused = !failed && model.clientErrorRate > 0 && rng.chance(model.clientErrorRate);
    const status = failed ? 500 : refused ? 404 : 200;
    this.#answered(tally, app, status, 1, rng);
    return { kind: 'answered', status, durationMs: model.latencyMeanMs };
  }

  /** Something is different from now on. What it will be is seen at the end of this instant. */
  #changed(): void {
    this.#changes += 1;
    if (!this.#running) return;
    this.#settle();
    this.#scene = undefined;
    if (this.#sceneDue) return;
    this.#sceneDue = true;
    this.#deps.kernel.asideAt(this.#deps.kernel.now, () => {
      this.#sceneDue = false;
      this.#scene = this.#look();
    });
  }

  #sceneOf(request: Partial<RoutedRequest>): Scene {
    const known = this.#asked.get(request);
    if (known?.changes === this.#changes) return known.scene;
    const scene = this.#look(request);
    this.#asked.set(request, { changes: this.#changes, scene });
    return scene;
  }

  #wayOf(request: Partial<RoutedRequest>): Way {
    const { routing, listenerArn } = this.#deps;
    const table = routing.routingTable();
    const known = this.#ways.get(request);
    if (known?.table === table) return known;
    const listener = table.listeners.find((route) => route.listenerArn === listenerArn);
    const whole = { ...plainRequest, ...request };
    const rule = listener === undefined ? undefined : matchRule(listener, whole);
    // The load is of users that have logged in; who asks by itself shows the session's cookie, or has none.
    const isLoad = request === this.#request;
    const action = rule === undefined || isLoad ? rule?.action : actionFor(rule, whole.headers['cookie']);
    const weights = action?.kind === 'forward' ? action.groups.map((group) => group.weight) : [];
    const way = { table, listener, action, weights };
    this.#ways.set(request, way);
    return way;
  }

  #look(request: Partial<RoutedRequest> = this.#request): Scene {
    const { routing, substrate } = this.#deps;
    const { listener, action, weights } = this.#wayOf(request);
    if (action?.kind !== 'forward') return { listener, action, weights, groups: [] };
    const routes = routing.targetGroups();
    const groups = action.groups.map(({ targetGroupArn }): GroupScene => {
      const route = routes.find((candidate) => candidate.targetGroupArn === targetGroupArn);
      const targets = route === undefined ? [] : servableTargets(route);
      return {
        targetGroupArn,
        targets: targets.map((target) => ({ route: target, app: substrate.appOf(target) })),
      };
    });
    return { listener, action, weights, groups };
  }

  /** Just before the minute closes, so that its counts belong to it. */
  #closeMinute(): void {
    const { kernel } = this.#deps;
    if (this.#close !== undefined) return;
    const closesAt = (Math.floor((kernel.now + 1) / minuteMs) + 1) * minuteMs - 1;
    this.#close = kernel.asideAt(closesAt, () => {
      this.#close = undefined;
      this.#settle();
      this.#book();
      if (this.#running) this.#closeMinute();
    });
  }

  /** Draws what came since the last time. */
  #settle(): void {
    const { kernel, requestsPerSecond } = this.#deps;
    const sinceMs = kernel.now - this.#drawnTo;
    if (!this.#running || sinceMs <= 0) return;
    this.#drawnTo = kernel.now;
    const due = (requestsPerSecond * sinceMs) / 1000 + this.#fraction;
    const count = Math.floor(due + 1e-9);
    this.#fraction = Math.max(0, due - count);
    if (count > 0) this.#send(this.#scene ?? this.#look(), count);
  }

  #book(): void {
    const batch = this.#tally.take(requestsPerConnection);
    if (batch !== undefined) this.#deps.report({ kind: 'traffic', batch });
  }

  #send({ listener, action, weights, groups }: Scene, count: number): void {
    if (listener === undefined) {
      this.#total.dropped += count;
      return;
    }
    this.#tally.loadBalancerArn = listener.loadBalancerArn;
    if (action === undefined) this.#own(undefined, 503, count);
    else if (action.kind === 'forward') this.#forward(weights, groups, count);
    else this.#own(undefined, action.status, count);
  }

  #forward(weights: readonly number[], groups: readonly GroupScene[], count: number): void {
    if (weights.every((weight) => weight === 0)) {
      this.#own(undefined, 503, count);
      return;
    }
    const shares = multinomial(this.#rng, count, weights);
    for (let index = 0; index < shares.length; index++)
      if (shares[index]! > 0) this.#toGroup(groups[index]!, shares[index]!);
  }

  /** There is no failing over to another group: one without a target is answered with 503. */
  #toGroup({ targetGroupArn, targets }: GroupScene, count: number): void {
    const { length } = targets;
    if (length === 0) {
      this.#own(targetGroupArn, 503, count);
      return;
    }
    const turn = this.#turns.get(targetGroupArn) ?? 0;
    this.#turns.set(targetGroupArn, (turn + count) % 1_000_003);
    for (let index = 0; index < length; index++) {
      const { route, app } = targets[index]!;
      const place = (((index - turn) % length) + length) % length;
      const share = Math.floor((count - place + length - 1) / length);
      if (share === 0) continue;
      const tally = this.#tally.group(targetGroupArn, route.zone);
      tally.sent(share, length);
      this.#toTarget(tally, route, app, share);
    }
  }

  #toTarget(tally: GroupTally, route: TargetRoute, app: ProbedApp | undefined, count: number): void {
    if (route.ownerTaskArn !== undefined) this.#deps.substrate.countRequests(route.ownerTaskArn, count);
    const { targetGroupArn } = tally;
    if (app === undefined || !app.listening) {
      tally.connectionErrors += count;
      this.#own(targetGroupArn, 502, count);
      return;
    }
    const { model } = app;
    const hung = binomial(this.#rng, count, model.hangShare);
    const closed = binomial(this.#rng, count - hung, model.closeShare);
    const answered = count - hung - closed;
    // Drawn up to now: the minute that closes is the one the requests came in.
    const failed = binomial(this.#rng, answered, errorRateAt(model, this.#deps.kernel.now));
    const refused = binomial(this.#rng, answered - failed, model.clientErrorRate);
    this.#own(targetGroupArn, 504, hung);
    this.#own(targetGroupArn, 502, closed);
    this.#count(targetGroupArn, 'harmed', failed);
    this.#count(targetGroupArn, 'served', answered - failed);
    this.#answered(tally, app, 500, failed, this.#rng);
    this.#answered(tally, app, 404, refused, this.#rng);
    this.#answered(tally, app, 200, answered - failed - refused, this.#rng);
  }

  #answered(tally: GroupTally, { model }: ProbedApp, status: number, count: number, rng: Rng): void {
    if (count === 0) return;
    tally.answered(status, count);
    const table = latencyTable(model.latencyMeanMs, model.latencyP95Ms);
    scatter(rng, count, tally.times(table));
  }

  /** An answer the load balancer gives itself. */
  #own(targetGroupArn: string | undefined, code: number, count: number): void {
    if (count === 0) return;
    this.#tally.own(code, count);
    this.#count(targetGroupArn, code >= 500 ? 'harmed' : 'served', count);
  }

  #count(targetGroupArn: string | undefined, what: keyof Mutable, count: number): void {
    this.#total[what] += count;
    if (targetGroupArn === undefined) return;
    let group = this.#byGroup.get(targetGroupArn);
    if (group === undefined) {
      group = { served: 0, harmed: 0, dropped: 0 };
      this.#byGroup.set(targetGroupArn, group);
    }
    group[what] += count;
  }
}
