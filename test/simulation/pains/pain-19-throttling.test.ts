/**
 * Pain 19: throttling ends the deployment. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { deploy, makeRegion, type Region, revisionsOf, runningImages } from '../rollout/region.ts';

const throttled = (region: Region, match: object, fromMs: number, untilMs: number): void =>
  region.world.loadFaults({
    rules: [{ id: 'throttled', match, fromMs, untilMs, effect: { kind: 'throttle' } }],
    events: [],
  });

test('pain 19: a minute of throttled reads changes nothing about the verdict (DTD#502, ESP#787)', async () => {
  const region = await makeRegion();
  throttled(region, { mutates: false }, 5000, 65_000);
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test.each(['RegisterTaskDefinition', 'UpdateService'])(
  'pain 19: %s throttled ten times in a row is survived (DTD#502, ESP#787)',
  async (operation) => {
    const region = await makeRegion();
    region.world.loadFaults({
      rules: [{ id: 'throttled', match: { operation }, count: 10, effect: { kind: 'throttle' } }],
      events: [],
    });
    const { ok, outputs } = await deploy(region, 'good-2');
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
    expect(region.world.faultHits()['throttled']).toBe(10);
    expect(revisionsOf(region)).toBe(2);
  },
);
