import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RolloutFacts } from '../../../src/rollout/expected.ts';
import { verdict } from '../../../src/rollout/verdict.ts';
import {
  began,
  container,
  deployment,
  digest,
  expected,
  healthOf,
  newRevision,
  oldRevision,
  proven,
  serviceDeployment,
  serviceFacts,
  task,
  twoTasks,
} from './facts.ts';

const succeeded = { kind: 'succeeded', runningCount: 2, desiredCount: 2, protectedTaskIds: [] };
const unproven = (...missing: string[]) => ({ kind: 'unproven', missing });

test('everything there: succeeded', () => {
  expect(verdict(expected, proven())).toEqual(succeeded);
});

describe('one thing missing: unproven, and it is named', () => {
  const onlyA = [task('a')];
  const table: readonly (readonly [string, Partial<RolloutFacts>, unknown])[] = [
    [
      'one task of two',
      { runningTasks: onlyA, targetHealth: healthOf(onlyA) },
      unproven('1 of 2 tasks of this revision are healthy'),
    ],
    [
      'one task pending',
      { runningTasks: [task('a'), task('b', { lastStatus: 'PENDING' })] },
      unproven('1 of 2 tasks of this revision are healthy (one is PENDING)'),
    ],
    [
      'one task on its way out',
      { runningTasks: [task('a'), task('b', { desiredStatus: 'STOPPED' })] },
      unproven('1 of 2 tasks of this revision are healthy (one is stopping)'),
    ],
    [
      'one target initial',
      { targetHealth: healthOf(twoTasks, { b: 'initial' }) },
      unproven('1 of 2 tasks of this revision are healthy (one is initial in the load balancer)'),
    ],
    [
      'one target missing',
      { targetHealth: healthOf(onlyA) },
      unproven('1 of 2 tasks of this revision are healthy (one is not registered with the load balancer)'),
    ],
    [
      'target health not read',
      { targetHealth: undefined },
      unproven('0 of 2 tasks of this revision are healthy (the health of its target has not been read)'),
    ],
    [
      'one fails its container health check',
      { runningTasks: [task('a'), task('b', { health: 'UNHEALTHY' })] },
      unproven('1 of 2 tasks of this revision are healthy (one fails its container health check)'),
    ],
    [
      'a task of the old deployment',
      { runningTasks: [...twoTasks, task('c', { startedBy: 'ecs-svc/1', taskDefinitionArn: oldRevision })] },
      unproven('1 task of another deployment still runs'),
    ],
    [
      'a task of the same definition from before a forced deployment',
      { runningTasks: [...twoTasks, task('c', { startedBy: 'ecs-svc/1' })] },
      unproven('1 task of another deployment still runs'),
    ],
    [
      'a task that may be protected, where that may not be read',
      { runningTasks: [...twoTasks, task('c', { startedBy: 'ecs-svc/1' })], protectionUnread: true },
      unproven('1 task of another deployment still runs (protected or not: ecs:GetTaskProtection is denied)'),
    ],
    ['tasks not read', { runningTasks: undefined }, unproven('its tasks have not been read')],
  ];
  test.each(table)('%s', (_name, change, wanted) => {
    expect(verdict(expected, proven(change))).toEqual(wanted);
  });
});

describe('what does not stand against success', () => {
  test('more tasks than desired, as in the middle of a scale-in', () => {
    const three = [...twoTasks, task('c')];
    expect(verdict(expected, proven({ runningTasks: three, targetHealth: healthOf(three) }))).toEqual({
      ...succeeded,
      runningCount: 3,
    });
  });

  test('an unhealthy third task while two are enough', () => {
    const three = [...twoTasks, task('c')];
    const facts = proven({ runningTasks: three, targetHealth: healthOf(three, { c: 'unhealthy' }) });
    expect(verdict(expected, facts)).toEqual(succeeded);
  });

  test('a protected task of the old revision, which is named', () => {
    const old = task('old', { startedBy: 'ecs-svc/1', taskDefinitionArn: oldRevision });
    const facts = proven({ runningTasks: [...twoTasks, old], protectedTaskArns: new Set([old.arn]) });
    expect(verdict(expected, facts)).toEqual({ ...succeeded, protectedTaskIds: ['old'] });
  });

  test('an injected sidecar that nobody pinned', () => {
    const tasks = twoTasks.map((each) => ({
      ...each,
      containers: [container(), container({ name: 'guard', imageDigest: undefined })],
    }));
    const pinned = { ...expected, pinnedDigests: new Map([['app', digest]]) };
    expect(verdict(pinned, proven({ runningTasks: tasks }))).toEqual(succeeded);
  });

  test('no load balancer', () => {
    const facts = proven({ service: serviceFacts({ loadBalancers: [] }), targetHealth: [] });
    expect(verdict(expected, facts)).toEqual(succeeded);
  });
});

describe('container health counts where the definition has a check', () => {
  const withCheck = { ...expected, hasContainerHealthCheck: true };
  test.each([
    ['HEALTHY', 'succeeded'],
    ['UNKNOWN', 'unproven'],
    ['UNHEALTHY', 'unproven'],
  ])('%s: %s', (health, kind) => {
    const tasks = twoTasks.map((each) => ({ ...each, health }));
    expect(verdict(withCheck, proven({ runningTasks: tasks })).kind).toBe(kind);
  });
});

describe('digests that were asked for', () => {
  const other = `sha256:${'b'.repeat(64)}`;
  test.each([
    ['the same digest', digest, 'api:2', 'succeeded'],
    ['another digest', other, 'api:2', 'unproven'],
    ['a platform digest, pulled by the one asked for', other, `api@${digest}`, 'succeeded'],
    ['another digest, pulled by another', other, `api@${other}`, 'unproven'],
  ])('%s', (_name, imageDigest, image, kind) => {
    const pinned = { ...expected, pinnedDigests: new Map([['app', digest]]) };
    const tasks = twoTasks.map((each) => ({ ...each, containers: [container({ imageDigest, image })] }));
    expect(verdict(pinned, proven({ runningTasks: tasks })).kind).toBe(kind);
  });
});

describe('instance targets are judged by their number', () => {
  const onInstances = twoTasks.map((each) => ({ ...each, privateIp: undefined }));
  test.each([
    [['healthy', 'healthy'], 'succeeded'],
    [['healthy', 'unhealthy'], 'unproven'],
  ])('%s', (states, kind) => {
    const [group] = healthOf(twoTasks);
    const targets = group!.targets.map((target, index) => ({
      ...target,
      id: `i-${index}`,
      state: states[index]!,
    }));
    const facts = proven({ runningTasks: onInstances, targetHealth: [{ ...group!, targets }] });
    expect(verdict(expected, facts).kind).toBe(kind);
  });
});

describe("the deployment's own record", () => {
  const rollback = { reason: 'circuit breaker', revisionArn: 'old' };
  test.each([
    ['PENDING', {}, 'in-progress'],
    ['IN_PROGRESS', {}, 'in-progress'],
    ['A_STATUS_OF_TOMORROW', {}, 'in-progress'],
    ['STOP_REQUESTED', {}, 'in-progress'],
    ['STOPPED', {}, 'stopped'],
    ['ROLLBACK_REQUESTED', {}, 'rolling-back'],
    ['ROLLBACK_IN_PROGRESS', { rollback }, 'rolling-back'],
    ['ROLLBACK_SUCCESSFUL', { rollback }, 'rolled-back'],
    ['ROLLBACK_FAILED', { rollback }, 'rollback-failed'],
    ['SUCCESSFUL', {}, 'succeeded'],
  ])('%s', (status, change, kind) => {
    const facts = proven({ serviceDeployment: serviceDeployment({ status, ...change }) });
    expect(verdict(expected, facts).kind).toBe(kind);
  });

  test('the reason of a rollback comes along', () => {
    const record = serviceDeployment({ status: 'ROLLBACK_SUCCESSFUL', rollback });
    expect(verdict(expected, proven({ serviceDeployment: record }))).toEqual({
      kind: 'rolled-back',
      reason: 'circuit breaker',
    });
  });
});

describe('superseded', () => {
  const newer = deployment({ id: 'ecs-svc/3', taskDefinitionArn: oldRevision, createdAt: began + 1 });
  const older = deployment({ status: 'ACTIVE' });
  const taken = serviceFacts({ deployments: [newer, older] });
  test.each([
    ['STOPPED', 'superseded'],
    ['ROLLBACK_SUCCESSFUL', 'rolled-back'],
  ])('a rollback that is %s: %s', (status, kind) => {
    const rollback = { reason: 'alarm', revisionArn: 'old' };
    const facts = proven({ serviceDeployment: serviceDeployment({ status, rollback }), service: taken });
    expect(verdict(expected, facts).kind).toBe(kind);
  });
  test.each(['STOP_REQUESTED', 'STOPPED', 'SUCCESSFUL'])('by a newer deployment while %s', (status) => {
    const facts = proven({ serviceDeployment: serviceDeployment({ status }), service: taken });
    expect(verdict(expected, facts)).toEqual({ kind: 'superseded', byTaskDefinitionArn: oldRevision });
  });

  test("not by ECS's own way back", () => {
    const rollback = { reason: 'x', revisionArn: 'old' };
    const record = serviceDeployment({ status: 'STOP_REQUESTED', rollback });
    expect(verdict(expected, proven({ serviceDeployment: record, service: taken })).kind).toBe('in-progress');
  });

  test('not by the deployment before, seen through a lagging read', () => {
    const before = deployment({ id: 'ecs-svc/1', createdAt: began - 1 });
    const record = serviceDeployment({ status: 'STOPPED', statusReason: 'by hand' });
    const facts = proven({ serviceDeployment: record, service: serviceFacts({ deployments: [before] }) });
    expect(verdict(expected, facts)).toEqual({ kind: 'stopped', reason: 'by hand' });
  });
});

describe('the ends of a service', () => {
  test.each(['DRAINING', 'INACTIVE'])('%s', (status) => {
    expect(verdict(expected, proven({ service: serviceFacts({ status }) }))).toEqual({
      kind: 'stopped',
      reason: `The service is ${status}: somebody deletes it.`,
    });
  });

  test('scaled to zero is not success', () => {
    const facts = proven({ service: serviceFacts({ desiredCount: 0 }), runningTasks: [] });
    expect(verdict(expected, facts)).toEqual({ kind: 'zero-desired' });
  });
});

describe('a revision that stands already', () => {
  const standing = { ...expected, mode: 'standing' } as const;
  const without = (rolloutState: string | undefined) =>
    proven({
      serviceDeployment: undefined,
      service: serviceFacts({ deployments: [deployment({ rolloutState })] }),
    });
  test.each([
    ['COMPLETED', 'succeeded'],
    [undefined, 'succeeded'],
    ['IN_PROGRESS', 'in-progress'],
    ['FAILED', 'stopped'],
  ])('rollout state %s: %s', (rolloutState, kind) => {
    expect(verdict(standing, without(rolloutState)).kind).toBe(kind);
  });

  test('a rollout without its record is in progress, never succeeded', () => {
    expect(verdict(expected, without('COMPLETED')).kind).toBe('in-progress');
  });
});

test('law: succeeded only where every condition holds', () => {
  const state = fc.constantFrom(
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'unhealthy',
    'initial',
    'draining',
  );
  const anyTask = fc.record({
    startedBy: fc.constantFrom('ecs-svc/2', 'ecs-svc/2', 'ecs-svc/2', 'ecs-svc/2', 'ecs-svc/2', 'ecs-svc/1'),
    taskDefinitionArn: fc.constantFrom(newRevision, newRevision, oldRevision),
    lastStatus: fc.constantFrom('RUNNING', 'RUNNING', 'RUNNING', 'PENDING', 'DEACTIVATING'),
    health: fc.constantFrom('UNKNOWN', 'HEALTHY', 'HEALTHY', 'HEALTHY', 'UNHEALTHY'),
    state,
    isProtected: fc.boolean(),
  });
  const status = fc.constantFrom(
    'SUCCESSFUL',
    'SUCCESSFUL',
    'SUCCESSFUL',
    'IN_PROGRESS',
    'STOPPED',
    'ROLLBACK_SUCCESSFUL',
  );
  let successes = 0;
  fc.assert(
    fc.property(
      fc.array(anyTask, { maxLength: 5 }),
      status,
      fc.integer({ min: 0, max: 4 }),
      fc.boolean(),
      (drawn, sd, desired, hasCheck) => {
        const tasks = drawn.map((each, index) => task('abcde'[index]!, each));
        const facts = proven({
          serviceDeployment: serviceDeployment({ status: sd }),
          service: serviceFacts({ desiredCount: desired }),
          runningTasks: tasks,
          targetHealth: healthOf(
            tasks,
            Object.fromEntries(drawn.map((each, index) => ['abcde'[index]!, each.state])),
          ),
          protectedTaskArns: new Set(
            tasks.filter((_, index) => drawn[index]!.isProtected).map((each) => each.arn),
          ),
        });
        const seen = verdict({ ...expected, hasContainerHealthCheck: hasCheck }, facts);
        // The conditions anew, from the drawn values and not from the code under test.
        const good = drawn.filter(
          (each) =>
            each.startedBy === 'ecs-svc/2' &&
            each.taskDefinitionArn === newRevision &&
            each.lastStatus === 'RUNNING' &&
            each.state === 'healthy' &&
            (hasCheck ? each.health === 'HEALTHY' : each.health !== 'UNHEALTHY'),
        ).length;
        const strangers = drawn.filter((each) => each.startedBy !== 'ecs-svc/2' && !each.isProtected).length;
        const should = sd === 'SUCCESSFUL' && desired > 0 && good >= desired && strangers === 0;
        if (should) successes++;
        expect(seen.kind === 'succeeded').toBe(should);
      },
    ),
    { numRuns: 3000 },
  );
  expect(successes).toBeGreaterThan(20);
});
