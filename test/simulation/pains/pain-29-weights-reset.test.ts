/**
 * Pain 29: infrastructure tools reset shifted weights (aws-cdk#36649, terraform-provider-aws#28129). The shift sees
 * it within seconds, says who may know, and calls nothing promoted that does not serve.
 */
import { expect, test } from '@jest/globals';
import { liveWeights, makeRegion, minute, registerImage, shift } from '../shift/region.ts';

test('pain 29: an apply in the middle of a shift puts everything back on blue', async () => {
  const region = await makeRegion('ecs', { seed: 2901 });
  registerImage(region, 'v2');
  const weights = { [region.groups.a]: 100, [region.groups.b]: 0 };
  const resetAtMs = 4 * minute;
  region.world.loadFaults({
    rules: [],
    events: [
      { id: 'apply', atMs: resetAtMs, event: { kind: 'set-weights', ruleArn: region.ruleArn, weights } },
    ],
  });
  const startedAt = region.world.kernel.now;
  const { outputs, report, ok } = await shift(region);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'interfered' });
  const noticed = report.events.find((event) => event.code === 'shift.interfered');
  expect((noticed?.at ?? 0) - startedAt - resetAtMs).toBeLessThan(minute);
  expect(report.sentence).toContain('api-a 100, api-b 0');
  expect(report.remedy).toMatch(/Terraform, CloudFormation, CDK.*CloudTrail/);
  expect(liveWeights(region)).toEqual({ 'api-a': 100, 'api-b': 0 });
  expect(region.traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
});
