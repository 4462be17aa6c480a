/** The bench's drawn lengths are met: what a shape is said to take, the lab takes. */
import { expect, test } from '@jest/globals';
import {
  aroundIt,
  drawLengths,
  drawShape,
  longestSeconds,
  predictedMs,
  type RolloutShape,
  shortestSeconds,
  taskCount,
} from '../../../bench/rollout-shape.ts';
import { createRng } from '../../../src/lab/world/random.ts';
import { cluster, definitionOf, family, makeRegion, service, settle } from './region.ts';

/** The lab draws its own durations too: of a short rollout they are more than 15 %. */
const drawnMs = 8000;

/** From the update of the service to SUCCESSFUL, in virtual time. */
async function lengthOf(shape: RolloutShape, seed: number): Promise<number> {
  const definition = (image: string) => {
    const plain = definitionOf(image);
    const healthCheck = {
      command: ['CMD', 'true'],
      interval: aroundIt.containerIntervalSeconds,
      timeout: 5,
      retries: 3,
    };
    return { ...plain, containerDefinitions: [{ ...plain.containerDefinitions![0]!, healthCheck }] };
  };
  const region = await makeRegion({
    seed,
    // The standing lab has its images at hand, and its processes start at once.
    apps: {
      'good-1': { pullMs: 0, startMs: 100 },
      next: { pullMs: 0, startMs: Math.max(100, shape.startMs) },
    },
    desiredCount: taskCount,
    definition,
    targetGroup: {
      healthIntervalSeconds: aroundIt.healthCheckIntervalSeconds,
      healthyThreshold: aroundIt.healthyThresholdCount,
      unhealthyThreshold: aroundIt.unhealthyThresholdCount,
      deregistrationDelaySeconds: shape.deregistrationDelaySeconds,
    },
    serviceInput: { healthCheckGracePeriodSeconds: aroundIt.healthCheckGracePeriodSeconds },
    deploymentConfiguration: { maximumPercent: shape.rounds === 1 ? 200 : 134, minimumHealthyPercent: 100 },
  });
  const { world } = region;
  world.must('ecs', 'RegisterTaskDefinition', definition('next'));
  const beganAt = world.kernel.now;
  world.must('ecs', 'UpdateService', { cluster, service, taskDefinition: `${family}:2` });
  await settle(region, 1_500_000);
  const [found] = world.must('ecs', 'ListServiceDeployments', { cluster, service }).serviceDeployments;
  expect(found.status).toBe('SUCCESSFUL');
  return found.finishedAt.getTime() - beganAt;
}

test.each([shortestSeconds, 60, 149, 150, 343, 744, longestSeconds])(
  'a rollout that is to take %d s takes that long, whatever makes it long',
  async (seconds) => {
    for (let seed = 1; seed <= 12; seed++) {
      const shape = drawShape(seconds, createRng(seed, 'test.shape'));
      const realMs = await lengthOf(shape, seed);
      const told = { seed, shape, realMs };
      for (const saidMs of [predictedMs(shape), seconds * 1000]) {
        const isMet = Math.abs(realMs - saidMs) <= Math.max(0.15 * saidMs, drawnMs);
        expect({ ...told, saidMs, isMet }).toEqual({ ...told, saidMs, isMet: true });
      }
    }
  },
);

test('few lengths are spread over the whole range', () => {
  const lengths = drawLengths(4, createRng(1, 'test.lengths'));
  expect(lengths.map((seconds) => Math.floor((seconds - shortestSeconds) / 215.01))).toEqual([0, 1, 2, 3]);
});

test('every way of being long is drawn', () => {
  const rng = createRng(1, 'test.ways');
  const shapes = Array.from({ length: 100 }, () => drawShape(500, rng));
  const kinds = new Set(
    shapes.map(
      ({ rounds, deregistrationDelaySeconds: drain }) => `${rounds} ${drain > 60 ? 'drains' : 'starts'}`,
    ),
  );
  expect([...kinds].sort()).toEqual(['1 drains', '1 starts', '3 drains', '3 starts']);
});
