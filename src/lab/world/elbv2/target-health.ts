/**
 * The life of a registered target: initial, healthy, unhealthy, draining, unused. Health checks are facts;
 * this decides what they mean.
 */
import type { ProbeResult, TargetState, TargetStateChange } from '../contracts.ts';
import { targetsAndEcs } from '../parts.ts';
import type { Elbv2State, Target, TargetGroup } from './model.ts';
import { targetKey } from './model.ts';

/** Registration to the first health check, assumed; AWS gives no figure. */
const registrationMs = 2_000;

const notInUse: TargetState = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
};
const registering: TargetState = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
};
const checking: TargetState = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
};
const healthy: TargetState = { state: 'healthy', reason: undefined, description: undefined };
const deregistering: TargetState = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};
export const notRegistered: TargetState = {
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
};

export class TargetHealth {
  readonly #state: Elbv2State;
  readonly #inUse: (targetGroupArn: string) => boolean;
  readonly #listeners: ((change: TargetStateChange) => void)[] = [];
  readonly #targetsChanged: (group: TargetGroup) => void;

  /** `targetsChanged` is told whenever the set of targets or the state of one changes. */
  constructor(
    state: Elbv2State,
    inUse: (targetGroupArn: string) => boolean,
    targetsChanged: (group: TargetGroup) => void,
  ) {
    this.#state = state;
    this.#inUse = inUse;
    this.#targetsChanged = targetsChanged;
  }

  onChange(listener: (change: TargetStateChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Registering what is registered changes nothing; registering what drains makes it serve again. */
  register(group: TargetGroup, id: string, port: number, zone: string, ownerTaskArn?: string): void {
    const present = group.targets.get(targetKey(id, port));
    if (present !== undefined && present.drain === undefined) return;
    const finish = present?.drain?.finish;
    const target: Target = {
      id,
      port,
      zone,
      ownerTaskArn,
      health: notInUse,
      passed: 0,
      failed: 0,
      openRequests: undefined,
      drain: undefined,
    };
    group.targets.set(targetKey(id, port), target);
    if (this.#inUse(group.arn)) this.#beginChecks(group, target);
    else this.#set(group, target, notInUse, true);
    // Whoever waited for the former registration to drain is told that it is over.
    finish?.();
  }

  /** `drained` is called at once for what is not registered. */
  deregister(group: TargetGroup, id: string, port: number, drained: () => void): void {
    const key = targetKey(id, port);
    const target = group.targets.get(key);
    if (target === undefined) {
      this.#state.kernel.after(0, drained);
      return;
    }
    if (target.drain !== undefined) {
      const earlier = target.drain.finish;
      target.drain = {
        finish: () => {
          earlier();
          drained();
        },
      };
      return;
    }
    target.drain = { finish: drained };
    const delayMs = Number(group.attributes.get('deregistration_delay.timeout_seconds')) * 1000;
    if (target.health.state === 'unused' || delayMs === 0) {
      // Nothing reaches an unused target, so there is nothing to wait for.
      this.#state.kernel.after(0, () => this.#finishDraining(group, target), targetsAndEcs);
      if (target.health.state === 'unused') return;
    } else {
      this.#state.kernel.after(delayMs, () => this.#finishDraining(group, target), targetsAndEcs);
    }
    this.#set(group, target, deregistering);
    if (target.openRequests === 0) {
      this.#state.kernel.after(0, () => this.#finishDraining(group, target), targetsAndEcs);
    }
  }

  /** A draining target without an open request is done before its delay is over. */
  reportOpenRequests(group: TargetGroup, id: string, port: number, count: number): void {
    const target = group.targets.get(targetKey(id, port));
    if (target === undefined) return;
    target.openRequests = count;
    if (count === 0 && target.drain !== undefined) {
      this.#state.kernel.after(0, () => {
        if (target.openRequests === 0) this.#finishDraining(group, target);
      });
    }
  }

  probe(group: TargetGroup, id: string, port: number, result: ProbeResult): void {
    const target = group.targets.get(targetKey(id, port));
    if (target === undefined || target.drain !== undefined || target.health.state === 'unused') return;
    if (result.ok) {
      target.passed += 1;
      target.failed = 0;
      const needed = target.health.state === 'initial' ? 1 : group.healthCheck.healthyThreshold;
      if (target.health.state !== 'healthy' && target.passed >= needed) this.#set(group, target, healthy);
      return;
    }
    target.failed += 1;
    target.passed = 0;
    const state = failure(result);
    if (target.health.state === 'unhealthy') {
      // The reason follows the latest failure.
      if (target.health.description !== state.description) this.#set(group, target, state);
    } else if (target.failed >= group.healthCheck.unhealthyThreshold) {
      this.#set(group, target, state);
    }
  }

  /** After routing changed: targets of groups that came into use begin checks, of groups out of use stop. */
  reviewUse(): void {
    for (const group of this.#state.targetGroups.values()) {
      if (group.targets.size === 0) continue;
      const inUse = this.#inUse(group.arn);
      for (const target of group.targets.values()) {
        if (target.drain !== undefined) continue;
        if (inUse && target.health.state === 'unused') this.#beginChecks(group, target);
        else if (!inUse && target.health.state !== 'unused') this.#set(group, target, notInUse);
      }
    }
  }

  #beginChecks(group: TargetGroup, target: Target): void {
    target.passed = 0;
    target.failed = 0;
    this.#set(group, target, registering, true);
    const key = targetKey(target.id, target.port);
    const check = (): void => {
      if (target.health === registering && group.targets.get(key) === target) {
        this.#set(group, target, checking);
      }
    };
    this.#state.kernel.after(registrationMs, check, targetsAndEcs);
  }

  #finishDraining(group: TargetGroup, target: Target): void {
    const drain = target.drain;
    const key = targetKey(target.id, target.port);
    if (drain === undefined || group.targets.get(key) !== target) return;
    group.targets.delete(key);
    target.drain = undefined;
    this.#set(group, target, notRegistered);
    drain.finish();
  }

  #set(group: TargetGroup, target: Target, health: TargetState, always = false): void {
    if (target.health === health && !always) return;
    target.health = health;
    const { kernel } = this.#state;
    kernel.record('elbv2.target-state', group.arn, {
      target: targetKey(target.id, target.port),
      state: health.state,
      reason: health.reason ?? '',
    });
    this.#targetsChanged(group);
    const change = { ...health, targetGroupArn: group.arn, id: target.id, port: target.port };
    for (const listener of this.#listeners) listener(change);
  }
}

function failure(result: Exclude<ProbeResult, { ok: true }>): TargetState {
  switch (result.reason) {
    case 'code':
      return {
        state: 'unhealthy',
        reason: 'Target.ResponseCodeMismatch',
        description: `Health checks failed with these codes: [${result.code}]`,
      };
    case 'timeout':
      return { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' };
    case 'connection':
      return {
        state: 'unhealthy',
        reason: 'Target.FailedHealthChecks',
        description: 'Health checks failed',
      };
  }
}
