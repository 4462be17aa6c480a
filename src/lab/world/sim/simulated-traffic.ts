/** Load on one listener in virtual time: split by the live weights, answered as the applications' models say. */
import type {
  ListenerRoute,
  RouteAction,
  RoutingReader,
  TargetGroupRoute,
  TargetRoute,
} from '../contracts.ts';
import { servableTargets } from '../elbv2/routing.ts';
import { matchRule, type RoutedRequest } from '../elbv2/rule-matching.ts';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import type { Rng } from '../random.ts';
import type { Fact, TargetGroupTraffic } from '../substrate.ts';
import { errorRateAt } from './app-model.ts';
import { binomial, latencyTable, multinomial } from './distributions.ts';
import type { SimulatedSubstrate } from './simulated-substrate.ts';

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
  /** Constant, or a function of virtual time (epoch ms). */
  readonly requestsPerSecond: number | ((nowMs: number) => number);
  /** Step of the simulation, 1 s where left out; 10 s is cheaper and reacts later. */
  readonly stepMs?: number;
  /** What the requests look like to the rules. */
  readonly request?: Partial<RoutedRequest>;
}

const plainRequest: RoutedRequest = {
  host: 'localhost',
  path: '/',
  method: 'GET',
  headers: {},
  query: [],
  sourceIp: '203.0.113.10',
};

/** A kept-alive connection carries this many requests, assumed. */
const requestsPerConnection = 100;

type Mutable = { served: number; harmed: number; dropped: number };

/** One step's answers, gathered for the batch. */
interface Step {
  readonly elbCodes: Record<number, number>;
  readonly groups: Map<string, TargetGroupTraffic & { requests: number; connectionErrors: number }>;
}

export class SimulatedTraffic {
  readonly #deps: SimulatedTrafficDeps;
  readonly #rng: Rng;
  readonly #request: RoutedRequest;
  readonly #stepMs: number;
  readonly #byGroup = new Map<string, Mutable>();
  readonly #total: Mutable = { served: 0, harmed: 0, dropped: 0 };
  #tick: ScheduledEvent | undefined;
  /** The part of a request that the last step left over. */
  #fraction = 0;
  /** Turns of the round robin, by target group. */
  readonly #turns = new Map<string, number>();

  constructor(deps: SimulatedTrafficDeps) {
    this.#deps = deps;
    this.#rng = deps.kernel.rng(`sim.traffic.${deps.listenerArn}`);
    this.#request = { ...plainRequest, ...deps.request };
    this.#stepMs = deps.stepMs ?? 1_000;
  }

  start(): void {
    this.#tick ??= this.#deps.kernel.after(this.#stepMs, () => this.#run());
  }

  stop(): void {
    this.#deps.kernel.cancel(this.#tick);
    this.#tick = undefined;
  }

  get total(): TrafficCount {
    return { ...this.#total };
  }

  /** By target group ARN: what its targets answered or failed to answer. */
  group(targetGroupArn: string): TrafficCount {
    return { served: 0, harmed: 0, dropped: 0, ...this.#byGroup.get(targetGroupArn) };
  }

  #run(): void {
    const { kernel, requestsPerSecond } = this.#deps;
    this.#tick = kernel.after(this.#stepMs, () => this.#run());
    const rate = typeof requestsPerSecond === 'number' ? requestsPerSecond : requestsPerSecond(kernel.now);
    const due = (rate * this.#stepMs) / 1000 + this.#fraction;
    const count = Math.floor(due + 1e-9);
    this.#fraction = Math.max(0, due - count);
    if (count <= 0) return;
    const listener = this.#deps.routing
      .routingTable()
      .listeners.find((route) => route.listenerArn === this.#deps.listenerArn);
    if (listener === undefined) {
      this.#total.dropped += count;
      return;
    }
    this.#send(listener, count);
  }

  #send(listener: ListenerRoute, count: number): void {
    const step: Step = { elbCodes: {}, groups: new Map() };
    const action = matchRule(listener, this.#request)?.action;
    if (action === undefined) this.#elb(step, undefined, 503, count);
    else if (action.kind === 'forward') this.#forward(step, action, count);
    else this.#elb(step, undefined, action.status, count);
    this.#deps.report({
      kind: 'traffic',
      batch: {
        loadBalancerArn: listener.loadBalancerArn,
        elbCodes: step.elbCodes,
        newConnections: Math.ceil(count / requestsPerConnection),
        rejectedConnections: 0,
        groups: [...step.groups.values()],
      },
    });
  }

  #forward(step: Step, action: Extract<RouteAction, { kind: 'forward' }>, count: number): void {
    const weights = action.groups.map((group) => group.weight);
    if (weights.every((weight) => weight === 0)) {
      this.#elb(step, undefined, 503, count);
      return;
    }
    const routes = this.#deps.routing.targetGroups();
    multinomial(this.#rng, count, weights).forEach((share, index) => {
      if (share === 0) return;
      const { targetGroupArn } = action.groups[index]!;
      const route = routes.find((candidate) => candidate.targetGroupArn === targetGroupArn);
      this.#toGroup(step, targetGroupArn, route, share);
    });
  }

  /** There is no failing over to another group: one without a target is answered with 503. */
  #toGroup(step: Step, targetGroupArn: string, route: TargetGroupRoute | undefined, count: number): void {
    const targets = route === undefined ? [] : servableTargets(route);
    if (targets.length === 0) {
      this.#elb(step, targetGroupArn, 503, count);
      return;
    }
    const turn = this.#turns.get(targetGroupArn) ?? 0;
    this.#turns.set(targetGroupArn, (turn + count) % 1_000_003);
    targets.forEach((target, index) => {
      const place = (((index - turn) % targets.length) + targets.length) % targets.length;
      const share = Math.floor((count - place + targets.length - 1) / targets.length);
      if (share > 0) this.#toTarget(step, targetGroupArn, target, share);
    });
  }

  #toTarget(step: Step, targetGroupArn: string, target: TargetRoute, count: number): void {
    const traffic = groupTraffic(step, targetGroupArn, target.zone);
    traffic.requests += count;
    if (target.ownerTaskArn !== undefined) this.#deps.substrate.countRequests(target.ownerTaskArn, count);
    const app = this.#deps.substrate.appOf(target);
    if (app === undefined || !app.listening) {
      traffic.connectionErrors += count;
      this.#elb(step, targetGroupArn, 502, count);
      return;
    }
    const { model } = app;
    const hung = binomial(this.#rng, count, model.hangShare);
    const closed = binomial(this.#rng, count - hung, model.closeShare);
    const answered = count - hung - closed;
    const failed = binomial(this.#rng, answered, errorRateAt(model, this.#deps.kernel.now));
    this.#elb(step, targetGroupArn, 504, hung);
    this.#elb(step, targetGroupArn, 502, closed);
    add(traffic.targetCodes as Record<number, number>, 500, failed);
    add(traffic.targetCodes as Record<number, number>, 200, answered - failed);
    this.#count(targetGroupArn, 'harmed', failed);
    this.#count(targetGroupArn, 'served', answered - failed);
    const table = latencyTable(model.latencyMeanMs, model.latencyP95Ms);
    const times = traffic.responseTimesSeconds as number[];
    for (let index = 0; index < answered; index++)
      times.push(table[Math.floor(this.#rng.next() * table.length)]!);
  }

  /** An answer the load balancer gives itself. */
  #elb(step: Step, targetGroupArn: string | undefined, code: number, count: number): void {
    if (count === 0) return;
    add(step.elbCodes, code, count);
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

function add(counts: Record<number, number>, code: number, count: number): void {
  if (count > 0) counts[code] = (counts[code] ?? 0) + count;
}

function groupTraffic(
  step: Step,
  targetGroupArn: string,
  zone: string,
): TargetGroupTraffic & { requests: number; connectionErrors: number } {
  const key = `${targetGroupArn} ${zone}`;
  let traffic = step.groups.get(key);
  if (traffic === undefined) {
    traffic = {
      targetGroupArn,
      zone,
      requests: 0,
      targetCodes: {},
      connectionErrors: 0,
      responseTimesSeconds: [],
    };
    step.groups.set(key, traffic);
  }
  return traffic;
}
