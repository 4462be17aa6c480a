/**
 * Pain 28: a role that was assumed by a role ends after an hour, whatever a long canary still has before it
 * (aws-actions/configure-aws-credentials#79). The longest way through the ladder is known before anything is written.
 */
import { expect, test } from '@jest/globals';
import { liveWeights, makeRegion, minute, registerImage, shift } from '../shift/region.ts';

const ladder = { steps: '10,25,50,100', 'bake-time': '20m', timeout: '3h' };
const before = { 'api-a': 1 };

async function begun(seed: number) {
  const region = await makeRegion('ecs', { seed });
  registerImage(region, 'v2');
  const { kernel } = region.world;
  return {
    region,
    journal: () => kernel.journal.length,
    endsIn: (ms: number) => new Date(kernel.now + ms).toISOString(),
  };
}

test('pain 28: credentials of one hour are too short for a ladder of eighty minutes: told before anything is written', async () => {
  const { region, journal, endsIn } = await begun(2801);
  const written = journal();
  const { ok, outputs, report } = await shift(region, { ...ladder, 'credentials-end': endsIn(60 * minute) });
  expect({ ok, outputs }).toMatchObject({
    ok: false,
    outputs: { outcome: 'refused', cause: 'credentials-too-short' },
  });
  expect(report.sentence).toMatch(/credentials end in 1h/);
  expect(liveWeights(region)).toEqual(before);
  // No rule, no service, no revision, no tag.
  expect(journal()).toBe(written);
});

test('pain 28: with credentials that last, the same ladder is gone through', async () => {
  const { region, endsIn } = await begun(2802);
  const { outputs } = await shift(region, { ...ladder, 'credentials-end': endsIn(200 * minute) });
  expect(outputs['outcome']).toBe('promoted');
});

test('pain 28: an hour that only the environment tells of counts as well, but not where the action renews them', async () => {
  const { region } = await begun(2803);
  const credentialsEndAt = region.world.kernel.now + 60 * minute;
  const refused = await shift(region, ladder, { credentialsEndAt });
  expect(refused.outputs).toMatchObject({ outcome: 'refused', cause: 'credentials-too-short' });
  const role = { 'role-to-assume': 'arn:aws:iam::123456789012:role/deploy', 'dry-run': 'true' };
  const planned = await shift(region, { ...ladder, ...role }, { credentialsEndAt });
  expect(planned.outputs['outcome']).toBe('planned');
  expect(region.log.join('\n')).toMatch(/Note: It lasts .*; its credentials are renewed\./);
  expect(liveWeights(region)).toEqual(before);
});
