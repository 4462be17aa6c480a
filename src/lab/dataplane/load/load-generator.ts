/**
 * Steady HTTP load: an open loop, as users are, who do not wait for each other. Sends at the asked rate
 * whatever the answers take, counts every request exactly once, and waits for all of them at the end.
 * What is asked for is drawn: in turns, users of ten routes would keep step with a load balancer that gives every tenth
 * request to one target group, and that group would meet one route only.
 */
import http from 'node:http';
import type { Endpoint } from '../endpoints.ts';
import { createRandomPicker, type Weighted, type WeightedPicker } from '../load-balancer/weighted-pick.ts';
import { LatencyHistogram } from './latency-histogram.ts';

export interface LoadRoute {
  readonly method: string;
  readonly path: string;
  /** Share among the routes; a positive number. */
  readonly weight: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  /** Asked before every request, so that a listener may come up late or move. */
  readonly target: () => Endpoint | undefined;
  readonly requestsPerSecond: number;
  readonly routes: readonly [LoadRoute, ...LoadRoute[]];
  /** Seeded numbers in [0, 1): which route each request takes. */
  readonly random: () => number;
  /** A request without its whole answer after this long, in real milliseconds, is dropped. 10 s unless told. */
  readonly requestTimeoutMs?: number;
  /** Ends by itself after this long, in real milliseconds. */
  readonly maxDurationMs?: number;
  /** More open requests than this and new ones are counted as dropped without being sent. */
  readonly maxInFlight?: number;
  /** Called once a real second with the counts of that second. */
  readonly onSecond?: (counts: LoadCounts) => void;
}

export interface LoadCounts {
  readonly sent: number;
  /** Answered below 500. */
  readonly ok: number;
  /** Answered with 5xx. */
  readonly harmed: number;
  /** No whole answer: connection refused or cut, or the time-out. */
  readonly dropped: number;
}

export interface LoadTotals extends LoadCounts {
  /** By status code. */
  readonly codes: Readonly<Record<number, number>>;
  readonly seconds: number;
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
}

const beatMs = 5;
const zero = { sent: 0, ok: 0, harmed: 0, dropped: 0 };

export class LoadGenerator {
  readonly #options: LoadOptions;
  readonly #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });
  readonly #latency = new LatencyHistogram();
  readonly #codes: Record<number, number> = {};
  readonly #picker: WeightedPicker;
  /** By their place in the options. */
  readonly #routes: readonly Weighted[];
  #total = { ...zero };
  #second = { ...zero };
  #inFlight = 0;
  #idle: (() => void) | undefined;
  #beat: NodeJS.Timeout | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #endedAt: number | undefined;
  #due = 0;

  constructor(options: LoadOptions) {
    if (!(options.requestsPerSecond > 0)) {
      throw new RangeError(`requestsPerSecond is ${options.requestsPerSecond}; it must be above 0.`);
    }
    this.#options = options;
    this.#picker = createRandomPicker(options.random);
    this.#routes = options.routes.map(({ weight }, index) => ({ key: String(index), weight }));
  }

  start(): void {
    if (this.#beat !== undefined) return;
    this.#startedAt = performance.now();
    this.#beat = setInterval(() => this.#sendDue(), beatMs);
    this.#ticker = setInterval(() => this.#closeSecond(), 1000);
  }

  /** Counts so far; `sent` may be ahead of the sum of the others by what is open. */
  get counts(): LoadCounts {
    return { ...this.#total };
  }

  /** Sends nothing more, waits for what is open, gives the exact totals. */
  async stop(): Promise<LoadTotals> {
    this.#endSending();
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#agent.destroy();
    const seconds = ((this.#endedAt ?? this.#startedAt) - this.#startedAt) / 1000;
    const percentile = (share: number): number => this.#latency.percentileMs(share);
    return {
      ...this.#total,
      codes: { ...this.#codes },
      seconds,
      latencyMs: { p50: percentile(50), p90: percentile(90), p99: percentile(99), max: percentile(100) },
    };
  }

  #endSending(): void {
    if (this.#endedAt !== undefined) return;
    this.#endedAt = performance.now();
    clearInterval(this.#beat);
    clearInterval(this.#ticker);
    this.#closeSecond();
  }

  #closeSecond(): void {
    const counts = this.#second;
    this.#second = { ...zero };
    this.#options.onSecond?.(counts);
  }

  #sendDue(): void {
    const elapsedMs = performance.now() - this.#startedAt;
    const limitMs = this.#options.maxDurationMs ?? Number.POSITIVE_INFINITY;
    const due = Math.floor((Math.min(elapsedMs, limitMs) / 1000) * this.#options.requestsPerSecond);
    // After a pause of this process not everything missed comes at once: users do not either.
    const burst = Math.max(1, Math.ceil(this.#options.requestsPerSecond / 10));
    for (let count = Math.min(due - this.#due, burst); count > 0; count--) this.#sendOne();
    this.#due = due;
    if (elapsedMs >= limitMs) this.#endSending();
  }

  #sendOne(): void {
    const endpoint = this.#options.target();
    this.#count('sent');
    if (endpoint === undefined || this.#inFlight >= (this.#options.maxInFlight ?? 2000)) {
      this.#count('dropped');
      return;
    }
    this.#inFlight++;
    this.#request(endpoint, this.#pickRoute());
  }

  #request(endpoint: Endpoint, route: LoadRoute): void {
    const startedAt = performance.now();
    let ended = false;
    const end = (status: number | undefined): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if (status === undefined) this.#count('dropped');
      else {
        this.#latency.add(performance.now() - startedAt);
        this.#codes[status] = (this.#codes[status] ?? 0) + 1;
        this.#count(status >= 500 ? 'harmed' : 'ok');
      }
      this.#inFlight--;
      if (this.#inFlight === 0) this.#idle?.();
    };
    const request = http.request({
      agent: this.#agent,
      ...endpoint,
      method: route.method,
      path: route.path,
      headers: {
        ...(route.body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(route.body) }),
        ...route.headers,
      },
    });
    const timer = setTimeout(() => request.destroy(), this.#options.requestTimeoutMs ?? 10_000);
    request.on('response', (response) => {
      response.on('end', () => end(response.complete ? response.statusCode : undefined));
      response.on('close', () => end(undefined));
      response.on('error', () => end(undefined));
      response.resume();
    });
    request.on('error', () => end(undefined));
    request.on('close', () => end(undefined));
    request.end(route.body);
  }

  #count(what: keyof LoadCounts): void {
    this.#total[what]++;
    this.#second[what]++;
  }

  #pickRoute(): LoadRoute {
    return this.#options.routes[Number(this.#picker.pick(this.#routes))]!;
  }
}
