/** Pain 33: an alarm that is in ALARM already blocks the release that fixes it. */
import { expect, test } from '@jest/globals';
import { putAlarm } from '../alarm.ts';
import {
  liveWeights,
  makeRegion,
  minute,
  type Region,
  registerImage,
  settle,
  shift,
} from '../shift/region.ts';

/** An alarm that rings now, because of blue. */
async function ringing(seed: number): Promise<Region> {
  const region = await makeRegion('ecs', { seed });
  putAlarm(region.world, 'checkout');
  setAlarm(region, 0, 'ALARM');
  registerImage(region, 'v2');
  return region;
}

function setAlarm(region: Region, atMs: number, state: 'OK' | 'ALARM'): void {
  const set = () =>
    region.world.must('cloudwatch', 'SetAlarmState', {
      AlarmName: 'checkout',
      StateValue: state,
      StateReason: 'as it is',
    });
  if (atMs === 0) set();
  else region.world.kernel.after(atMs, set);
}

const accepted = { alarms: 'checkout', accept: 'alarm-active' };

test('pain 33: it refuses, unless told otherwise, and says how', async () => {
  const region = await ringing(3301);
  const { outputs } = await shift(region, { alarms: 'checkout' });
  expect(outputs).toMatchObject({ outcome: 'refused', cause: 'alarm-active' });
});

test('pain 33: accepted, the fix goes through while it still rings', async () => {
  const region = await ringing(3302);
  const { outputs } = await shift(region, accepted);
  expect(outputs['outcome']).toBe('promoted');
  expect(liveWeights(region)).toEqual({ 'api-a': 0, 'api-b': 100 });
});

test('pain 33: accepted, it speaks again once it has been quiet', async () => {
  const region = await ringing(3303);
  setAlarm(region, 3 * minute, 'OK');
  setAlarm(region, 5 * minute, 'ALARM');
  const { outputs } = await shift(region, accepted);
  expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'alarm', step: '10' });
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
});

test('pain 33: a composite alarm is heard as well, and a name that does not exist is refused', async () => {
  const region = await ringing(3304);
  setAlarm(region, 1, 'OK');
  await settle(region, 2 * minute);
  region.world.must('cloudwatch', 'PutCompositeAlarm', { AlarmName: 'shop', AlarmRule: 'ALARM("checkout")' });
  await settle(region, minute);
  setAlarm(region, 4 * minute, 'ALARM');
  const { outputs } = await shift(region, { alarms: 'shop' });
  expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'alarm', step: '10' });
  const missing = await shift(region, { alarms: 'no-such-alarm' });
  expect(missing.outputs).toMatchObject({ outcome: 'refused', cause: 'alarm-missing' });
});
