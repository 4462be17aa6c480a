import { describe, expect, test } from '@jest/globals';
import type { ProbeResult } from '../../../../src/lab/world/contracts.ts';
import { servableTargets } from '../../../../src/lab/world/elbv2/routing.ts';
import { balancing, call, forward, listener } from './fixture.ts';

const id = '10.0.1.10';
const ok: ProbeResult = { ok: true };
const code503: ProbeResult = { ok: false, reason: 'code', code: 503 };

function registered(inUse = true) {
  const setup = balancing();
  if (inUse) listener(setup, forward({ [setup.blue]: 1, [setup.green]: 0 }));
  setup.elb.registerTarget(setup.blue, { id, port: 5000, zone: 'ap-south-1a', ownerTaskArn: 'task' });
  const probe = (result: ProbeResult) =>
    setup.elb.consume({ kind: 'target-probe', targetGroupArn: setup.blue, targetId: id, port: 5000, result });
  const health = () =>
    call(setup.elb, 'DescribeTargetHealth', { TargetGroupArn: setup.blue }).TargetHealthDescriptions[0]
      ?.TargetHealth;
  return { ...setup, probe, health };
}

describe('a registered target', () => {
  test('is initial, then healthy with the first passed check', () => {
    const { kernel, probe, health } = registered();
    expect(health()).toMatchObject({ State: 'initial', Reason: 'Elb.RegistrationInProgress' });
    kernel.advanceTo(kernel.now + 2_000);
    expect(health()).toMatchObject({ State: 'initial', Reason: 'Elb.InitialHealthChecking' });
    probe(ok);
    expect(health()).toEqual({ State: 'healthy' });
  });

  test('turns unhealthy with the second failure in a row, with the codes in the description', () => {
    const { probe, health } = registered();
    probe(ok);
    probe(code503);
    probe(ok);
    probe(code503);
    expect(health().State).toBe('healthy');
    probe(code503);
    expect(health()).toEqual({
      State: 'unhealthy',
      Reason: 'Target.ResponseCodeMismatch',
      Description: 'Health checks failed with these codes: [503]',
    });
  });

  test('once unhealthy it needs all passes of the threshold', () => {
    const { probe, health } = registered();
    probe(code503);
    probe(code503);
    probe(ok);
    probe(ok);
    expect(health().State).toBe('unhealthy');
    probe(ok);
    expect(health().State).toBe('healthy');
  });

  test.each([
    ['timeout', 'Target.Timeout', 'Request timed out'],
    ['connection', 'Target.FailedHealthChecks', 'Health checks failed'],
  ] as const)('%s is reported as %s', (reason, expected, description) => {
    const { probe, health } = registered();
    probe({ ok: false, reason });
    probe({ ok: false, reason });
    expect(health()).toEqual({ State: 'unhealthy', Reason: expected, Description: description });
  });

  test('is unused while no rule forwards to its group, and begins checks once one does', () => {
    const setup = registered(false);
    expect(setup.health()).toMatchObject({ State: 'unused', Reason: 'Target.NotInUse' });
    setup.probe(ok);
    expect(setup.health().State).toBe('unused');
    const listenerArn = listener(setup, forward({ [setup.green]: 1, [setup.blue]: 0 }));
    expect(setup.health().State).toBe('initial');
    setup.probe(ok);
    expect(setup.health().State).toBe('healthy');
    call(setup.elb, 'ModifyListener', {
      ListenerArn: listenerArn,
      DefaultActions: forward({ [setup.green]: 1 }),
    });
    expect(setup.health()).toMatchObject({ State: 'unused', Reason: 'Target.NotInUse' });
  });

  test('asked for by name, what is not registered is unused', () => {
    const { elb, blue } = registered();
    const answer = call(elb, 'DescribeTargetHealth', { TargetGroupArn: blue, Targets: [{ Id: '10.0.9.9' }] });
    expect(answer.TargetHealthDescriptions[0].TargetHealth).toMatchObject({
      State: 'unused',
      Reason: 'Target.NotRegistered',
    });
  });
});

describe('draining', () => {
  test('lasts for the deregistration delay', () => {
    const { kernel, elb, blue, probe, health } = registered();
    probe(ok);
    let drainedAt = 0;
    const start = kernel.now;
    elb.deregisterTarget(blue, id, 5000, () => {
      drainedAt = kernel.now;
    });
    expect(health()).toMatchObject({ State: 'draining', Reason: 'Target.DeregistrationInProgress' });
    probe(ok);
    kernel.advanceTo(start + 299_999);
    expect(health().State).toBe('draining');
    kernel.advanceTo(start + 300_000);
    expect(drainedAt).toBe(start + 300_000);
    expect(elb.targetState(blue, id, 5000)).toBeUndefined();
  });

  test('ends early once the data plane reports nothing open', () => {
    const { kernel, elb, blue, probe } = registered();
    probe(ok);
    let drained = false;
    elb.reportOpenRequests(blue, id, 5000, 2);
    elb.deregisterTarget(blue, id, 5000, () => {
      drained = true;
    });
    kernel.advanceTo(kernel.now + 1_000);
    expect(drained).toBe(false);
    elb.reportOpenRequests(blue, id, 5000, 0);
    kernel.advanceTo(kernel.now);
    expect(drained).toBe(true);
  });

  test('every caller is told, once', () => {
    const { kernel, elb, blue } = registered();
    const told: string[] = [];
    elb.deregisterTarget(blue, id, 5000, () => told.push('first'));
    elb.deregisterTarget(blue, id, 5000, () => told.push('second'));
    elb.deregisterTarget(blue, '10.0.9.9', 5000, () => told.push('absent'));
    kernel.advanceTo(kernel.now + 600_000);
    expect(told.sort()).toEqual(['absent', 'first', 'second']);
  });

  test('a target registered again while it drains starts over', () => {
    const { kernel, elb, blue, probe, health } = registered();
    probe(ok);
    elb.deregisterTarget(blue, id, 5000, () => {});
    elb.registerTarget(blue, { id, port: 5000, zone: 'ap-south-1a' });
    expect(health().State).toBe('initial');
    kernel.advanceTo(kernel.now + 400_000);
    expect(health().State).toBe('initial');
  });
});

describe('routing', () => {
  test('is one object until something changes', () => {
    const { elb, probe, kernel } = registered();
    let effects = 0;
    kernel.onEffect((effect) => {
      if (effect.kind === 'routing-changed') effects += 1;
    });
    const table = elb.routingTable();
    const groups = elb.targetGroups();
    expect(elb.routingTable()).toBe(table);
    expect(elb.targetGroups()).toBe(groups);
    probe(ok);
    expect(effects).toBe(1);
    expect(elb.targetGroups()).not.toBe(groups);
    expect(elb.targetGroups()[0]!.targets[0]).toMatchObject({ id, state: 'healthy', ownerTaskArn: 'task' });
    probe(ok);
    expect(effects).toBe(1);
  });

  test('goes to healthy targets; below the minimum to all that do not drain', () => {
    const { elb, blue, probe } = registered();
    elb.registerTarget(blue, { id: '10.0.1.11', port: 5000, zone: 'ap-south-1b' });
    const ids = () => servableTargets(elb.targetGroups()[0]!).map((target) => target.id);
    expect(ids()).toEqual([id, '10.0.1.11']);
    probe(ok);
    expect(ids()).toEqual([id]);
    const attributes = [
      { Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', Value: '2' },
    ];
    call(elb, 'ModifyTargetGroupAttributes', { TargetGroupArn: blue, Attributes: attributes });
    expect(ids()).toEqual([id, '10.0.1.11']);
    elb.deregisterTarget(blue, id, 5000, () => {});
    expect(ids()).toEqual(['10.0.1.11']);
  });

  test('checks health as the group was last modified', () => {
    const { elb, blue } = registered();
    const path = () => elb.targetGroups()[0]!.healthCheck.path;
    expect(path()).not.toBe('/ready');
    call(elb, 'ModifyTargetGroup', { TargetGroupArn: blue, HealthCheckPath: '/ready' });
    expect(path()).toBe('/ready');
  });
});
