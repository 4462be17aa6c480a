/** What surrounds one operation: transport, credentials, rates, IAM, and what may happen to the answer. */
import { AwsError } from '../aws-error.ts';
import type { Kernel } from '../kernel.ts';
import { copyData } from '../plain-data.ts';
import type { ApiRequest, ApiResult, Operation } from '../service.ts';
import { accessDeniedError, expiredCredentialsError, serverError, throttlingError } from './fault-errors.ts';
import { FaultInjector, type HitFault } from './fault-injector.ts';
import { RateLimits } from './rate-limits.ts';
import { ReadHistory, type ReadOutcome } from './read-history.ts';
import type { FaultScript } from './script.ts';

/** Reads that hand out something new each time are never answered from the past. */
const neverFromThePast: ReadonlySet<string> = new Set(['GetAuthorizationToken', 'GetCallerIdentity']);

/** Who allows and carries out what gets through. */
export interface Carrier {
  /** Undefined where IAM allows it. */
  denied(request: ApiRequest, operation: Operation): AwsError | undefined;
  /** `input`: the request's, or a copy of it. */
  run(request: ApiRequest, operation: Operation, input: unknown): unknown;
}

export class CallFaults {
  readonly #kernel: Kernel;
  readonly #carrier: Carrier;
  readonly #injector: FaultInjector;
  readonly #limits: RateLimits | undefined;
  readonly #history = new ReadHistory();

  constructor(deps: { readonly kernel: Kernel; readonly rateLimits: boolean; readonly carrier: Carrier }) {
    this.#kernel = deps.kernel;
    this.#carrier = deps.carrier;
    this.#injector = new FaultInjector(deps.kernel);
    this.#limits = deps.rateLimits ? new RateLimits() : undefined;
  }

  get hits(): Readonly<Record<string, number>> {
    return this.#injector.hits;
  }

  load(script: FaultScript): void {
    this.#injector.load(script);
    this.#history.clear();
  }

  /**
   * The order: reset, expired credentials, throttling (by fault, then by rate), server error, denied access
   * (by fault, then by IAM), the operation, the lost answer. Slowness adds to whatever happens.
   */
  around(request: ApiRequest, guarded: Operation): ApiResult {
    if (this.#injector.isEmpty && this.#limits === undefined) return this.#plainly(request, guarded);
    const hit = this.#injector.hit(request, guarded.mutates);
    for (const { ruleId, effect } of hit) {
      const operation = `${request.service}:${request.operation}`;
      this.#kernel.record('fault.hit', ruleId, { effect: effect.kind, operation });
    }
    let delayMs = 0;
    for (const { effect } of hit) if (effect.kind === 'slow') delayMs += effect.ms;
    const has = (kind: HitFault['effect']['kind']) => hit.some(({ effect }) => effect.kind === kind);

    if (has('reset')) return { kind: 'reset', effectHappened: false, delayMs };
    const error = this.#refusal(request, guarded, has) ?? this.#carrier.denied(request, guarded);
    if (error !== undefined) return { kind: 'error', error, delayMs };

    const outcome = guarded.mutates ? this.#change(request, guarded) : this.#read(request, hit, guarded);
    if (has('reset-after-effect'))
      return { kind: 'reset', effectHappened: outcome.kind === 'output', delayMs };
    return outcome.kind === 'output'
      ? { kind: 'answer', output: outcome.output, delayMs }
      : { kind: 'error', error: outcome.error as AwsError, delayMs };
  }

  #refusal(
    request: ApiRequest,
    guarded: Operation,
    has: (kind: HitFault['effect']['kind']) => boolean,
  ): AwsError | undefined {
    const { service, operation, principal } = request;
    if (has('expired-credentials')) return expiredCredentialsError(service);
    if (has('throttle')) return throttlingError(service);
    const emptyBucket = this.#limits?.take(service, operation, this.#kernel.now);
    if (emptyBucket !== undefined) {
      this.#kernel.record('fault.rate-limit', `${service}:${operation}`, { bucket: emptyBucket });
      return throttlingError(service);
    }
    if (has('server-error')) return serverError(service);
    if (!has('access-denied')) return undefined;
    const permission = guarded.permissions(request.input)[0] ?? {
      action: `${service}:${operation}`,
      resources: ['*'],
    };
    return accessDeniedError(service, principal, permission);
  }

  #change(request: ApiRequest, guarded: Operation): ReadOutcome {
    const { longestLagMs } = this.#injector;
    if (longestLagMs > 0) this.#history.beforeChange(this.#kernel.now, longestLagMs);
    return this.#outcomeOf(request, guarded, request.input);
  }

  #read(request: ApiRequest, hit: readonly HitFault[], guarded: Operation): ReadOutcome {
    const { longestLagMs } = this.#injector;
    if (longestLagMs === 0 || neverFromThePast.has(request.operation))
      return this.#outcomeOf(request, guarded, request.input);
    const lagMs = Math.max(0, ...hit.map(({ effect }) => (effect.kind === 'read-lag' ? effect.ms : 0)));
    const key = `${request.service}:${request.operation}:${request.principal.arn}:${JSON.stringify(request.input)}`;
    // The read is made again before later changes.
    const own = copyData(request.input);
    const again = () => this.#outcomeOf(request, guarded, own);
    return this.#history.answer(key, this.#kernel.now, lagMs, longestLagMs, again);
  }

  /** A call in a world without faults. */
  #plainly(request: ApiRequest, guarded: Operation): ApiResult {
    const error = this.#carrier.denied(request, guarded);
    if (error !== undefined) return { kind: 'error', error, delayMs: 0 };
    try {
      return { kind: 'answer', output: this.#carrier.run(request, guarded, request.input), delayMs: 0 };
    } catch (thrown) {
      if (thrown instanceof AwsError) return { kind: 'error', error: thrown, delayMs: 0 };
      throw thrown;
    }
  }

  /** Defects stay defects: only errors of the API are answers. */
  #outcomeOf(request: ApiRequest, guarded: Operation, input: unknown): ReadOutcome {
    try {
      return { kind: 'output', output: this.#carrier.run(request, guarded, input) };
    } catch (error) {
      if (error instanceof AwsError) return { kind: 'error', error };
      throw error;
    }
  }
}
