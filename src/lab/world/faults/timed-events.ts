/** Carries out a script's world events at their times. */

import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import { copyData } from '../plain-data.ts';
import type { ApiRequest, ApiResult, Principal } from '../service.ts';
import type { FaultScript, ScriptedFinding, WorldEvent } from './script.ts';

/** What events may do to the world. */
export interface WorldHands {
  call(request: ApiRequest): ApiResult;
  /** @returns false where there is no such alarm */
  forceAlarm(name: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): boolean;
  darkenZone(zone: string): void;
  restoreZone(zone: string): void;
  /** @returns how many tasks were hit */
  interruptSpot(count: number): number;
  loseMetrics(durationMs: number): void;
  delayMetrics(minDelayMs: number, maxDelayMs: number): void;
  findInScans(digest: string, findings: readonly ScriptedFinding[]): void;
}

interface ForwardAction {
  readonly Type?: string;
  readonly TargetGroupArn?: string;
  readonly ForwardConfig?: {
    readonly TargetGroups?: readonly { readonly TargetGroupArn?: string; readonly Weight?: number }[];
  };
}

export class TimedEvents {
  readonly #kernel: Kernel;
  readonly #hands: WorldHands;
  #scheduled: readonly ScheduledEvent[] = [];

  constructor(kernel: Kernel, hands: WorldHands) {
    this.#kernel = kernel;
    this.#hands = hands;
  }

  /** Replaces what was still to come. */
  load(script: FaultScript): void {
    for (const event of this.#scheduled) this.#kernel.cancel(event);
    this.#scheduled = script.events.map(({ id, atMs, event }) =>
      this.#kernel.after(atMs, () => {
        const result = this.#carryOut(event);
        this.#kernel.record('fault.event', id, { kind: event.kind, result });
      }),
    );
  }

  /** In words, for the journal. */
  #carryOut(event: WorldEvent): string {
    switch (event.kind) {
      case 'call':
        return this.#call(event.who ?? 'intruder', event.service, event.operation, event.input).said;
      case 'set-weights':
        return this.#setWeights(event.ruleArn, event.weights);
      case 'alarm':
        return this.#hands.forceAlarm(event.name, event.state) ? event.state : 'no such alarm';
      case 'zone-dark':
        this.#hands.darkenZone(event.zone);
        return event.zone;
      case 'zone-back':
        this.#hands.restoreZone(event.zone);
        return event.zone;
      case 'spot-interruption':
        return `${this.#hands.interruptSpot(event.count)} tasks`;
      case 'metrics-gap':
        this.#hands.loseMetrics(event.durationMs);
        return `${event.durationMs} ms`;
      case 'metrics-late':
        this.#hands.delayMetrics(event.minDelayMs, event.maxDelayMs);
        return `${event.minDelayMs} to ${event.maxDelayMs} ms`;
      case 'scan-findings':
        this.#hands.findInScans(event.digest, event.findings);
        return `${event.findings.length} findings`;
    }
  }

  #call(who: string, service: ApiRequest['service'], operation: string, input: unknown) {
    const { accountId } = this.#kernel.config;
    // Somebody with full rights: IAM is not what is tried here.
    const principal: Principal = {
      kind: 'root',
      arn: `arn:aws:sts::${accountId}:assumed-role/Administrator/${who}`,
      name: who,
    };
    const result = this.#hands.call({ service, operation, input: copyData(input), principal });
    if (result.kind === 'answer') return { said: 'done', output: result.output };
    const said =
      result.kind === 'error' ? `${result.error.code}: ${result.error.message}` : 'connection reset';
    return { said, output: undefined };
  }

  /** As a hand in the console: read the action, change the weights, write it back. */
  #setWeights(ruleArn: string, weights: Readonly<Record<string, number>>): string {
    const isListener = /:listener\//.test(ruleArn);
    const service = 'elasticloadbalancing';
    const read = isListener
      ? this.#call('intruder', service, 'DescribeListeners', { ListenerArns: [ruleArn] })
      : this.#call('intruder', service, 'DescribeRules', { RuleArns: [ruleArn] });
    if (read.output === undefined) return read.said;
    const found = read.output as {
      readonly Listeners?: readonly { readonly DefaultActions?: readonly ForwardAction[] }[];
      readonly Rules?: readonly { readonly Actions?: readonly ForwardAction[] }[];
    };
    const actions = isListener ? found.Listeners?.[0]?.DefaultActions : found.Rules?.[0]?.Actions;
    const changed = (actions ?? []).map((action) => reweighted(action, weights));
    return isListener
      ? this.#call('intruder', service, 'ModifyListener', { ListenerArn: ruleArn, DefaultActions: changed })
          .said
      : this.#call('intruder', service, 'ModifyRule', { RuleArn: ruleArn, Actions: changed }).said;
  }
}

function reweighted(action: ForwardAction, weights: Readonly<Record<string, number>>): ForwardAction {
  const groups = action.ForwardConfig?.TargetGroups;
  if (groups === undefined) return action;
  const { TargetGroupArn: _single, ...rest } = action;
  const TargetGroups = groups.map((group) => ({
    ...group,
    Weight: weights[group.TargetGroupArn ?? ''] ?? group.Weight ?? 0,
  }));
  return { ...rest, ForwardConfig: { ...action.ForwardConfig, TargetGroups } };
}
