/**
 * The application load balancers of the world as real HTTP servers: one a listener. Reads rules, weights and
 * targets from the world, never writes; what passed goes up as traffic facts.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { UserError } from '../../user-error.ts';
import type {
  ListenerRoute,
  RouteAction,
  RoutingReader,
  TargetGroupRoute,
  TargetRoute,
} from '../../world/contracts.ts';
import { actionFor } from '../../world/elbv2/login.ts';
import type { TrafficBatch } from '../../world/substrate.ts';
import type { Endpoint, EndpointMap } from '../endpoints.ts';
import { answerOwn, forward } from './forward.ts';
import { selectRule } from './match-rule.ts';
import { eligibleTargets, slowStartShare, TargetPicker, targetKey } from './pick-target.ts';
import { addedHeaders, redirectLocation, requestFacts } from './route-request.ts';
import { stickinessSetCookie, stickyGroup } from './stickiness.ts';
import { TargetConnection } from './target-connection.ts';
import { TrafficCounter } from './traffic-counter.ts';
import { createRandomPicker, createSmoothPicker, type WeightedPicker } from './weighted-pick.ts';

export interface LoadBalancersOptions {
  readonly routing: RoutingReader;
  readonly endpoints: EndpointMap;
  readonly virtualNow: () => number;
  readonly scale: () => number;
  readonly onTraffic: (batch: TrafficBatch) => void;
  /** Real port of a listener: by its own port; absent or 0 takes any free one. */
  readonly listenerPorts?: Readonly<Record<number, number>>;
  /** Seeded numbers in [0, 1) for a random pick by weight; without it the pick is smooth. */
  readonly random?: () => number;
  /** 127.0.0.1 unless told otherwise. */
  readonly host?: string;
  /** One line about something that the user should see. */
  readonly log?: (line: string) => void;
}

interface ListenerServer {
  route: ListenerRoute;
  readonly server: http.Server;
  readonly sockets: Set<Socket>;
  endpoint: Endpoint | undefined;
}

/** How old a view of the routing may be when a request needs it, in real milliseconds. */
const viewAgeMs = 50;
/** A target's idle time-out, however fast the clock, in real milliseconds. */
const idleTimeoutFloorMs = 1000;
/** ALB keeps a client's connection for an hour; here as long as a lab client may rest, in real milliseconds. */
const clientKeepAliveMs = 65_000;

export class LoadBalancers {
  readonly #options: LoadBalancersOptions;
  readonly #listeners = new Map<string, ListenerServer>();
  readonly #counters = new Map<string, TrafficCounter>();
  readonly #connections = new Map<string, TargetConnection>();
  readonly #groupPickers = new Map<string, WeightedPicker>();
  readonly #targetPickers = new Map<string, TargetPicker>();
  #groups = new Map<string, TargetGroupRoute>();
  #viewedAt = Number.NEGATIVE_INFINITY;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LoadBalancersOptions) {
    this.#options = options;
  }

  /** Where clients reach a listener; undefined while it does not listen. */
  addressOf(listenerArn: string): Endpoint | undefined {
    return this.#listeners.get(listenerArn)?.endpoint;
  }

  /** Requests that are open at the targets of a group. */
  outstanding(targetGroupArn: string): number {
    let sum = 0;
    for (const target of this.#groups.get(targetGroupArn)?.targets ?? []) {
      sum += this.#connections.get(connectionKey(targetGroupArn, target))?.outstanding ?? 0;
    }
    return sum;
  }

  /**
   * Takes over what the world says now: opens and closes listeners. Resolves once they listen; rejects with
   * a clear line when a port is taken.
   */
  refresh(): Promise<void> {
    this.#view();
    const run = this.#opening.catch(() => {}).then(() => this.#syncListeners());
    this.#opening = run;
    return run;
  }

  /** Hands over what was counted since the last time. */
  flush(): void {
    for (const counter of this.#counters.values()) {
      const batch = counter.take();
      if (batch !== undefined) this.#options.onTraffic(batch);
    }
  }

  /** Stops accepting, cuts what is still open, flushes the counts. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening.catch(() => {});
    await Promise.all([...this.#listeners.values()].map((listener) => closeServer(listener)));
    this.#listeners.clear();
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
    this.flush();
  }

  #view(): void {
    this.#viewedAt = performance.now();
    this.#groups = new Map(
      this.#options.routing.targetGroups().map((group) => [group.targetGroupArn, group]),
    );
    const routes = new Map(
      this.#options.routing.routingTable().listeners.map((route) => [route.listenerArn, route]),
    );
    for (const [arn, listener] of this.#listeners) {
      const route = routes.get(arn);
      if (route !== undefined) listener.route = route;
    }
    this.#followTargets();
  }

  /** Connections of targets that are gone are closed once nothing is open on them; slow start begins here. */
  #followTargets(): void {
    const present = new Set<string>();
    for (const group of this.#groups.values()) {
      const settled = group.targets.some((target) => {
        const known = this.#connections.get(connectionKey(group.targetGroupArn, target));
        return known?.wasHealthy === true && known.slowStartSinceMs === undefined;
      });
      for (const target of group.targets) {
        const key = connectionKey(group.targetGroupArn, target);
        present.add(key);
        const connection = this.#connection(key);
        const isHealthy = target.state === 'healthy';
        const now = this.#options.virtualNow();
        if (isHealthy && !connection.wasHealthy && settled) connection.slowStartSinceMs = now;
        const since = connection.slowStartSinceMs;
        if (!isHealthy || (since !== undefined && now - since >= group.slowStartMs)) {
          connection.slowStartSinceMs = undefined;
        }
        connection.wasHealthy = isHealthy;
      }
    }
    for (const [key, connection] of this.#connections) {
      if (present.has(key) || connection.outstanding > 0) continue;
      connection.close();
      this.#connections.delete(key);
    }
  }

  async #syncListeners(): Promise<void> {
    if (this.#closed) return;
    const wanted = new Map(
      this.#options.routing.routingTable().listeners.map((route) => [route.listenerArn, route]),
    );
    for (const [arn, listener] of this.#listeners) {
      if (wanted.has(arn)) continue;
      this.#listeners.delete(arn);
      await closeServer(listener);
    }
    for (const [arn, route] of wanted) {
      if (!this.#listeners.has(arn)) await this.#open(route);
    }
  }

  async #open(route: ListenerRoute): Promise<void> {
    const counter = this.#counter(route.loadBalancerArn);
    const server = http.createServer({
      keepAliveTimeout: clientKeepAliveMs,
      requestTimeout: 0,
      noDelay: true,
    });
    const listener: ListenerServer = { route, server, sockets: new Set(), endpoint: undefined };
    server.on('connection', (socket) => {
      counter.connection();
      listener.sockets.add(socket);
      socket.once('close', () => listener.sockets.delete(socket));
    });
    server.on('request', (request, response) => this.#serve(listener, request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
      }
      counter.ownAnswer(400);
      socket.end('HTTP/1.1 400 Bad Request\r\nserver: awselb/2.0\r\nconnection: close\r\n\r\n');
    });
    const host = this.#options.host ?? '127.0.0.1';
    const wished = this.#options.listenerPorts?.[route.port] ?? 0;
    // Two load balancers may both listen on 80; the first one has the real port that was asked for.
    const isOurs = [...this.#listeners.values()].some(({ endpoint }) => endpoint?.port === wished);
    const port = isOurs ? 0 : wished;
    await listen(server, host, port, `listener ${route.listenerArn}`);
    listener.endpoint = { host, port: (server.address() as AddressInfo).port };
    this.#listeners.set(route.listenerArn, listener);
  }

  #serve(listener: ListenerServer, request: IncomingMessage, response: ServerResponse): void {
    if (performance.now() - this.#viewedAt > viewAgeMs) this.#view();
    const { route } = listener;
    const counter = this.#counter(route.loadBalancerArn);
    // A client that goes away is booked where its request is; here it only must not end the process.
    request.on('error', () => {});
    response.on('error', () => {});
    const facts = requestFacts(request);
    const rule = selectRule(route.rules, facts);
    const action = rule === undefined ? undefined : actionFor(rule, request.headers.cookie);
    if (action === undefined) {
      request.resume();
      answerOwn(response, counter, 404);
    } else if (action.kind === 'fixed-response') {
      request.resume();
      answerOwn(response, counter, action.status, action.contentType, action.body);
    } else if (action.kind === 'redirect') {
      request.resume();
      response.setHeader('location', redirectLocation(action.location, facts, route));
      answerOwn(response, counter, action.status);
    } else {
      this.#forward(listener, rule!.ruleArn, action, request, response);
    }
  }

  #forward(
    listener: ListenerServer,
    ruleArn: string,
    action: Extract<RouteAction, { kind: 'forward' }>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { route } = listener;
    const now = this.#options.virtualNow();
    const counter = this.#counter(route.loadBalancerArn);
    const refuse = (): void => {
      request.resume();
      answerOwn(response, counter, 503);
    };
    const arns = action.groups.map((group) => group.targetGroupArn);
    const isSticky = action.stickinessSeconds !== undefined;
    const held = isSticky ? stickyGroup(request.headers.cookie, arns, now) : undefined;
    const groupArn = held ?? this.#pickGroup(ruleArn, action);
    const group = groupArn === undefined ? undefined : this.#groups.get(groupArn);
    if (group === undefined) {
      refuse();
      return;
    }
    const target = this.#pickTarget(group, now);
    if (target === undefined) {
      refuse();
      return;
    }
    const endpoint = this.#options.endpoints.resolve(target);
    if (endpoint === undefined) {
      request.resume();
      counter.sent(group.targetGroupArn, target.zone);
      counter.connectionError(group.targetGroupArn, target.zone);
      answerOwn(response, counter, 502);
      return;
    }
    forward({
      request,
      response,
      targetGroupArn: group.targetGroupArn,
      zone: target.zone,
      endpoint,
      connection: this.#connection(connectionKey(group.targetGroupArn, target)),
      counter,
      addedHeaders: addedHeaders(request, route, now),
      setCookie:
        action.stickinessSeconds !== undefined && held === undefined
          ? stickinessSetCookie(group.targetGroupArn, now, action.stickinessSeconds, this.#options.scale())
          : undefined,
      idleTimeoutMs: Math.max(idleTimeoutFloorMs, route.idleTimeoutMs / this.#options.scale()),
    });
  }

  #pickGroup(ruleArn: string, action: Extract<RouteAction, { kind: 'forward' }>): string | undefined {
    let picker = this.#groupPickers.get(ruleArn);
    if (picker === undefined) {
      const { random } = this.#options;
      picker = random === undefined ? createSmoothPicker() : createRandomPicker(random);
      this.#groupPickers.set(ruleArn, picker);
    }
    return picker.pick(action.groups.map(({ targetGroupArn, weight }) => ({ key: targetGroupArn, weight })));
  }

  #pickTarget(group: TargetGroupRoute, nowMs: number): TargetRoute | undefined {
    let picker = this.#targetPickers.get(group.targetGroupArn);
    if (picker === undefined) {
      picker = new TargetPicker();
      this.#targetPickers.set(group.targetGroupArn, picker);
    }
    const candidates = eligibleTargets(group).map((target) => {
      const connection = this.#connection(connectionKey(group.targetGroupArn, target));
      const share = slowStartShare(connection.slowStartSinceMs, group.slowStartMs, nowMs);
      return { target, outstanding: connection.outstanding, share };
    });
    return picker.pick(candidates, group.algorithm);
  }

  #connection(key: string): TargetConnection {
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = new TargetConnection();
      this.#connections.set(key, connection);
    }
    return connection;
  }

  #counter(loadBalancerArn: string): TrafficCounter {
    let counter = this.#counters.get(loadBalancerArn);
    if (counter === undefined) {
      counter = new TrafficCounter(loadBalancerArn);
      this.#counters.set(loadBalancerArn, counter);
    }
    return counter;
  }
}

function connectionKey(targetGroupArn: string, target: TargetRoute): string {
  return `${targetGroupArn} ${targetKey(target)} ${target.ownerTaskArn ?? ''}`;
}

async function closeServer(listener: ListenerServer): Promise<void> {
  listener.endpoint = undefined;
  await new Promise<void>((resolve) => {
    listener.server.close(() => resolve());
    for (const socket of listener.sockets) socket.destroy();
  });
}

/** Listens, or rejects with one clear line (a busy port names itself and whom it was for). */
export function listen(server: http.Server, host: string, port: number, purpose: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${error.code})`;
      reject(new UserError(`Port ${port} on ${host} ${why}; it was meant for ${purpose}.`));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
