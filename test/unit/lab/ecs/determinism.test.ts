import { expect, test } from '@jest/globals';
import { Region } from './support.ts';

/** A first deployment, a good update, a bad one that is rolled back, a dark zone. */
function history(seed: number): string {
  const region = new Region({ seed });
  region.createService(region.register(), {
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
  region.steady();
  region.update({ taskDefinition: region.register() });
  region.until(() => region.serviceDeployments()[0]!.status === 'SUCCESSFUL');
  region.update({ taskDefinition: region.register({ exits: [{ afterMs: 400, code: 1 }] }) });
  region.until(() => region.serviceDeployments()[0]!.status === 'ROLLBACK_SUCCESSFUL');
  region.ecs.killZone('ap-south-1b');
  region.steady();
  return JSON.stringify([region.kernel.journal, region.service(), region.tasks()]);
}

test('the same seed gives the same history byte for byte', () => {
  expect(history(7)).toBe(history(7));
});

test('another seed gives another', () => {
  expect(history(7)).not.toBe(history(8));
});

/** Keeps reconciling event-driven: a rolling deployment must not cost more events than its tasks explain. */
test('a calm service schedules nothing, and a deployment of three tasks few events', () => {
  const region = new Region();
  region.createService(region.register());
  region.steady();
  region.advance(60_000);
  expect(region.kernel.nextEventAt).toBeUndefined();
  region.update({ taskDefinition: region.register() });
  let events = 0;
  for (let next = region.kernel.nextEventAt; next !== undefined; next = region.kernel.nextEventAt) {
    region.kernel.advanceTo(next);
    events++;
  }
  expect(region.serviceDeployments()[0]!.status).toBe('SUCCESSFUL');
  expect(events).toBeLessThan(120);
});
