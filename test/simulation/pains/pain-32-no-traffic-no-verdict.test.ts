/**
 * Pain 32: without traffic there is no verdict, or a good one by default (FLAG#883, #1035, ARGO#1905). Here it is said
 * before anything is changed, decided on probes that prove something, or taken back.
 */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import {
  liveWeights,
  makeRegion,
  registerImage,
  rulesOfListener,
  serviceNow,
  shift,
} from '../shift/region.ts';

const users = { 'probe-paths': '/health\n/cart' };

async function quiet(seed: number, app: object, inputs: Readonly<Record<string, string>>) {
  const region = await makeRegion('ecs', { seed, requestsPerSecond: 0, apps: { v2: app } });
  registerImage(region, 'v2');
  return { region, result: await shift(region, inputs) };
}

describe('no traffic', () => {
  test('pain 32: and probes of the health path alone: refused before anything is changed, with the ways out', async () => {
    const { region, result } = await quiet(3201, {}, {});
    expect(result.outputs).toMatchObject({ outcome: 'refused', cause: 'unproven' });
    expect(result.report.sentence).toMatch(/health path alone.*probe-paths.*bake longer.*accept unproven/);
    expect(serviceNow(region, 'api-green')).toBeUndefined();
    expect(rulesOfListener(region)).toBe(2);
  });
  test('pain 32: and probes of paths that users take: promoted, and the outcome says on what', async () => {
    const { region, result } = await quiet(3202, {}, users);
    expect(result.outputs['outcome']).toBe('promoted-on-probes');
    expect(result.report.sentence).toContain('no request of green has shown in the metrics');
    expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
  });
  test.each(['errors', 'hangs', 'closesConnections'] as const)(
    'and a green with %s: not promoted',
    async (kind) => {
      const { region, result } = await quiet(3203, badApps[kind], users);
      expect(result.outputs).toMatchObject({ outcome: 'rolled-back', cause: 'probes' });
      expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    },
  );
});

test('pain 32: metrics that stop in the middle are no pass: the step is held, and the deadline takes it back', async () => {
  const region = await makeRegion('ecs', { seed: 3204 });
  registerImage(region, 'v2');
  region.world.kernel.after(60_000, () => region.world.cloudwatch.setPublishing({ lostShare: 1 }));
  const { outputs, report } = await shift(region, { ...users, timeout: '30m' });
  expect(outputs).toMatchObject({ outcome: 'timed-out', step: '10' });
  expect(report.events.map((event) => event.message).join('\n')).toContain('are not in the metrics yet');
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
});

test('pain 32: probes that another server answers are no pass', async () => {
  const broken = { v2: { errorRate: 0.2 } };
  const region = await makeRegion('ecs', { seed: 3205, requestsPerSecond: 0.05, apps: broken });
  registerImage(region, 'v2');
  const elsewhere = { probe: async () => ({ kind: 'answered', status: 200, durationMs: 1 }) as const };
  const { outputs, report } = await shift(region, users, { createProber: () => elsewhere });
  expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'not-proven' });
  expect(report.sentence).toContain('were answered elsewhere');
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
});
