/** Which faults hit one call. Counts and draws are kept by rule, so that rules do not disturb each other. */
import { matchesWildcard } from '../iam/wildcard.ts';
import type { Kernel } from '../kernel.ts';
import type { ApiRequest } from '../service.ts';
import type { FaultEffect, FaultRule, FaultScript } from './script.ts';

export interface HitFault {
  readonly ruleId: string;
  readonly effect: FaultEffect;
}

interface RuleState {
  matches: number;
  hits: number;
}

export class FaultInjector {
  readonly #kernel: Kernel;
  readonly #states = new Map<string, RuleState>();
  #rules: readonly FaultRule[] = [];
  /** The longest lag of any read-lag rule; 0 where there is none. */
  #longestLagMs = 0;
  #startMs: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#startMs = kernel.now;
  }

  /** Replaces the rules; times and counts start anew. */
  load(script: FaultScript): void {
    this.#rules = script.rules;
    const lags = script.rules.map(({ effect }) => (effect.kind === 'read-lag' ? effect.ms : 0));
    this.#longestLagMs = Math.max(0, ...lags);
    this.#startMs = this.#kernel.now;
    this.#states.clear();
  }

  /** No rule at all. */
  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** How often each rule has hit so far. */
  get hits(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rules.map((rule) => [rule.id, this.#states.get(rule.id)?.hits ?? 0]));
  }

  get longestLagMs(): number {
    return this.#longestLagMs;
  }

  /** In the order of the script. */
  hit(request: ApiRequest, mutates: boolean): readonly HitFault[] {
    const since = this.#kernel.now - this.#startMs;
    const hit: HitFault[] = [];
    for (const rule of this.#rules) {
      if (since < (rule.fromMs ?? 0) || since >= (rule.untilMs ?? Number.POSITIVE_INFINITY)) continue;
      if (!matches(rule, request, mutates)) continue;
      let state = this.#states.get(rule.id);
      if (state === undefined) {
        state = { matches: 0, hits: 0 };
        this.#states.set(rule.id, state);
      }
      state.matches++;
      if (rule.nth !== undefined && state.matches !== rule.nth) continue;
      if (rule.count !== undefined && state.hits >= rule.count) continue;
      const { probability } = rule;
      if (probability !== undefined && !this.#kernel.rng(`fault.${rule.id}`).chance(probability)) continue;
      state.hits++;
      hit.push({ ruleId: rule.id, effect: rule.effect });
    }
    return hit;
  }
}

function matches(rule: FaultRule, request: ApiRequest, mutates: boolean): boolean {
  const { match, effect } = rule;
  // Only reads can lag.
  if (effect.kind === 'read-lag' && mutates) return false;
  return (
    (match.service === undefined || match.service === request.service) &&
    (match.operation === undefined || matchesWildcard(match.operation, request.operation)) &&
    (match.principal === undefined || matchesWildcard(match.principal, request.principal.arn)) &&
    (match.mutates === undefined || match.mutates === mutates)
  );
}
