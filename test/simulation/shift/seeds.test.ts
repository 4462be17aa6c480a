/** Many seeds, drawn trouble: whatever happens, the world's invariants hold and the outcome is true. */
import { expect, test } from '@jest/globals';
import { randomFaults } from '../../../src/lab/world/faults/index.ts';
import {
  foreignStays,
  liveTrafficHasHealthyTarget,
  observeRouting,
  type Violation,
  weightsOnLadder,
} from '../../../src/lab/world/invariants.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { liveWeights, makeRegion, registerImage, rulesOfListener, shift } from './region.ts';

const kinds = [
  undefined,
  undefined,
  'errors',
  'hangs',
  'crashAtStart',
  'neverHealthy',
  'bursts',
  'slow',
] as const;
const seeds = Array.from({ length: 32 }, (_, index) => 1000 + index);

test.each(seeds)('seed %i', async (seed) => {
  const kind = kinds[seed % kinds.length];
  const region = await makeRegion('ecs', {
    seed,
    requestsPerSecond: 50,
    apps: kind === undefined ? {} : { v2: badApps[kind] },
  });
  const { world, ruleArn, groups } = region;
  registerImage(region, 'v2');
  const violations: Violation[] = [];
  const look = () => observeRouting(world.routing(), world.kernel.now);
  const first = look();
  const ours = { ruleArns: [ruleArn], targetGroupArns: [groups.a, groups.b] };
  const watch = (): void => {
    const now = look();
    violations.push(
      ...weightsOnLadder(now, ruleArn, groups.b, [0, 10, 50, 100]),
      ...foreignStays(first, now, ours),
      ...liveTrafficHasHealthyTarget({
        ...now,
        rules: now.rules.filter((rule) => rule.ruleArn === ruleArn),
      }),
    );
    world.kernel.after(1000, watch);
  };
  watch();
  world.loadFaults(randomFaults(seed, 0.5));
  if (seed % 5 === 0) world.kernel.after(200_000, () => region.cancel.abort());
  const { outputs } = await shift(region, { timeout: '30m' });
  world.loadFaults({ rules: [], events: [] });
  const told = `${outputs['outcome']} (${outputs['cause']}), ${kind ?? 'good'}, seed ${seed}\n${region.log.join('\n')}`;
  if (violations.length > 0) throw new Error(`${JSON.stringify(violations[0])}; ${told}`);
  const promoted = outputs['outcome']?.startsWith('promoted');
  const live = liveWeights(region);
  // What is told is what is: everything or nothing, and the former split where green did not get it.
  if (promoted) expect({ live, told }).toEqual({ live: { 'api-a': 0, 'api-b': 100 }, told });
  else if (outputs['outcome'] !== 'rollback-failed') {
    expect({ share: live['api-b'] ?? 0, told }).toEqual({ share: 0, told });
  }
  // No bad release is promoted; the lock never stays without a word of it.
  if (kind !== undefined) expect({ promoted, told }).toEqual({ promoted: false, told });
  if (rulesOfListener(region) > 2) expect(told).toContain('delete-rule');
});
