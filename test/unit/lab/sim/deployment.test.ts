import { expect, test } from '@jest/globals';
import { badApps } from '../../../../src/lab/world/sim/app-model.ts';
import { deploy, healthyTargets, minute, region, runningService, service } from './fixture.ts';

test('a rolling deployment under load drops and harms nothing', () => {
  const setup = region({ v2: { latencyMeanMs: 60 } });
  runningService(setup);
  expect(healthyTargets(setup, setup.ecsGroup)).toBe(3);
  const traffic = setup.traffic(50);
  traffic.start();
  setup.wait(minute);
  deploy(setup, 'v2');
  setup.wait(10 * minute);
  traffic.stop();
  const { deployments, runningCount } = service(setup);
  expect(deployments).toHaveLength(1);
  expect(deployments[0]).toMatchObject({ rolloutState: 'COMPLETED', runningCount: 3 });
  expect(runningCount).toBe(3);
  expect(healthyTargets(setup, setup.ecsGroup)).toBe(3);
  expect(traffic.total).toEqual({ served: 11 * 60 * 50, harmed: 0, dropped: 0 });
});

test.each([
  ['crashAtStart', badApps.crashAtStart],
  ['pullFails', badApps.pullFails],
  ['neverHealthy', badApps.neverHealthy],
] as const)('a release that is bad by %s is rolled back and never served', (_, model) => {
  const setup = region({ v2: model });
  runningService(setup);
  const before = service(setup).taskDefinition;
  const traffic = setup.traffic(20);
  traffic.start();
  deploy(setup, 'v2');
  setup.wait(40 * minute);
  const after = service(setup);
  expect(after.deployments[0]).toMatchObject({ taskDefinition: before, rolloutState: 'COMPLETED' });
  expect(traffic.total).toMatchObject({ harmed: 0, dropped: 0 });
  expect(healthyTargets(setup, setup.ecsGroup)).toBe(3);
});

test('the same seed gives the same history, another seed another one', () => {
  const history = (seed: number) => {
    const setup = region({ v2: { ...badApps.errors } }, { seed });
    runningService(setup);
    const traffic = setup.traffic(20);
    traffic.start();
    deploy(setup, 'v2');
    setup.wait(10 * minute);
    return JSON.stringify([setup.kernel.journal, traffic.total]);
  };
  expect(history(7)).toBe(history(7));
  expect(history(7)).not.toBe(history(8));
});

test('a settled service is not polled: what remains are the once-a-minute ticks', () => {
  const setup = region();
  runningService(setup);
  let probes = 0;
  const report = setup.world.elbv2.consume.bind(setup.world.elbv2);
  setup.world.elbv2.consume = (fact) => {
    if (fact.kind === 'target-probe') probes += 1;
    report(fact);
  };
  setup.wait(60 * minute);
  expect(probes).toBe(0);
});

test('container health, logs and utilization are reported', () => {
  const setup = region({ v1: { cpuPercent: 10, cpuPercentPerRps: 1 } });
  runningService(setup);
  setup.traffic(30).start();
  setup.wait(10 * minute);
  const { now } = setup.kernel;
  const points = setup.world.cloudwatch.datapoints(
    'AWS/ECS',
    'CPUUtilization',
    { ClusterName: 'shop', ServiceName: 'api' },
    'Average',
    60,
    now - 5 * minute,
    now,
  );
  expect(points.length).toBeGreaterThan(0);
  for (const point of points) expect(Math.abs(point.value - 20)).toBeLessThan(0.5);
});
