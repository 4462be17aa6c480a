import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureThreshold } from '../../../../src/lab/world/ecs/circuit-breaker.ts';
import {
  maximumTasks,
  minimumHealthyTasks,
  type PlannedTask,
  planRolling,
} from '../../../../src/lab/world/ecs/rolling-plan.ts';

describe('rounding', () => {
  test.each([
    [1, 50, 1],
    [3, 50, 2],
    [3, 34, 2],
    [3, 33, 1],
    [0, 100, 0],
    [4, 0, 0],
  ])('of %i tasks %i percent at least is %i', (desired, percent, tasks) => {
    expect(minimumHealthyTasks(desired, percent)).toBe(tasks);
  });

  test.each([
    [1, 150, 1],
    [2, 150, 3],
    [3, 133, 3],
    [3, 134, 4],
    [3, 200, 6],
  ])('of %i tasks %i percent at most is %i', (desired, percent, tasks) => {
    expect(maximumTasks(desired, percent)).toBe(tasks);
  });
});

describe('the circuit breaker threshold', () => {
  test.each([
    [1, 3],
    [6, 3],
    [7, 4],
    [8, 4],
    [399, 200],
    [400, 200],
    [1000, 200],
  ])('for %i tasks is %i', (desired, threshold) => {
    expect(failureThreshold({ enable: true, rollback: true }, desired)).toBe(threshold);
  });

  test.each([
    ['COUNT', 2, 100, 2],
    ['BOUNDED_PERCENT', 10, 100, 10],
    ['BOUNDED_PERCENT', 1, 100, 3],
    ['UNBOUNDED_PERCENT', 1, 100, 1],
    ['UNBOUNDED_PERCENT', 100, 500, 500],
  ] as const)('%s %i for %i tasks is %i', (type, value, desired, threshold) => {
    const breaker = { enable: true, rollback: true, thresholdConfiguration: { type, value } };
    expect(failureThreshold(breaker, desired)).toBe(threshold);
  });
});

describe('whatever the tasks are', () => {
  const task = fc.record({
    isPrimary: fc.boolean(),
    isRunning: fc.boolean(),
    health: fc.constantFrom('healthy', 'starting', 'unhealthy'),
    isProtected: fc.boolean(),
    zone: fc.constantFrom('a', 'b', 'c'),
  });
  const situation = fc.record({
    desiredCount: fc.integer({ min: 0, max: 8 }),
    minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
    maximumPercent: fc.integer({ min: 100, max: 200 }),
    inProgress: fc.boolean(),
    frozen: fc.boolean(),
    stoppingCount: fc.integer({ min: 0, max: 3 }),
    balancedZones: fc.constantFrom<string[]>([], ['a', 'b', 'c']),
    tasks: fc.array(task, { maxLength: 16 }).map((items) =>
      items.map(
        (item, index): PlannedTask => ({
          id: String(index),
          isPrimary: item.isPrimary,
          isRunning: item.isRunning || item.health !== 'starting',
          isHealthy: item.health === 'healthy',
          isUnhealthy: item.health === 'unhealthy',
          isProtected: item.isProtected,
          zone: item.zone,
          createdAt: index,
        }),
      ),
    ),
  });

  test('a plan keeps to the percentages and to protection', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const plan = planRolling(given);
        const maximum = maximumTasks(given.desiredCount, given.maximumPercent);
        const minimum = minimumHealthyTasks(given.desiredCount, given.minimumHealthyPercent);
        if (plan.start > 0) {
          expect(given.tasks.length + given.stoppingCount + plan.start).toBeLessThanOrEqual(maximum);
        }
        if (given.frozen) expect(plan.start).toBe(0);
        const stopped = new Set([...plan.replace, ...plan.scaleIn]);
        expect(stopped.size).toBe(plan.replace.length + plan.scaleIn.length);
        const healthy = given.tasks.filter((item) => item.isHealthy);
        const left = healthy.filter((item) => !stopped.has(item.id));
        expect(left.length).toBeGreaterThanOrEqual(Math.min(minimum, healthy.length));
        for (const item of given.tasks) {
          if (item.isProtected && !item.isUnhealthy) expect(plan.scaleIn).not.toContain(item.id);
          if (plan.replace.includes(item.id)) expect(item.isUnhealthy).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a finished service is left alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 0, max: 100 }),
        (desiredCount, percent) => {
          const tasks = Array.from(
            { length: desiredCount },
            (_item, index): PlannedTask => ({
              id: String(index),
              isPrimary: true,
              isRunning: true,
              isHealthy: true,
              isUnhealthy: false,
              isProtected: false,
              zone: 'a',
              createdAt: index,
            }),
          );
          const plan = planRolling({
            desiredCount,
            minimumHealthyPercent: percent,
            maximumPercent: 200,
            inProgress: false,
            frozen: false,
            stoppingCount: 0,
            balancedZones: [],
            tasks,
          });
          expect(plan).toEqual({ start: 0, replace: [], scaleIn: [], isBlocked: false });
        },
      ),
    );
  });
});
