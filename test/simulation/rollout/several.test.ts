/** Several services in one run: registered once, begun only together, followed at the same time. */
import { describe, expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import {
  addService,
  cluster,
  deploy,
  family,
  makeRegion,
  type Region,
  revisionsOf,
  runningImages,
  service,
  settle,
} from './region.ts';

const file = { kind: 'file', path: 'task-definition.json' } as const;
const both = {
  targets: [
    { service, taskDefinition: file },
    { service: 'worker', taskDefinition: file },
  ],
};

async function makeTwo(options: Parameters<typeof makeRegion>[0] = {}): Promise<Region> {
  const region = await makeRegion(options);
  addService(region, 'worker', 2);
  await settle(region, 120_000);
  return region;
}

const outcomesOf = (outputs: Readonly<Record<string, string>>): unknown =>
  JSON.parse(outputs['services'] ?? '').map((each: { service: string; outcome: string; cause: string }) => [
    each.service,
    each.outcome,
    each.cause,
  ]);

test('one revision serves in both', async () => {
  const region = await makeTwo();
  const { ok, outputs, report } = await deploy(region, 'good-2', both);
  expect({ ok, outcome: outputs['outcome'], running: outputs['running-count'] }).toEqual({
    ok: true,
    outcome: 'succeeded',
    running: '3\n2',
  });
  expect(outcomesOf(outputs)).toEqual([
    [service, 'succeeded', ''],
    ['worker', 'succeeded', ''],
  ]);
  expect(revisionsOf(region)).toBe(2);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
  expect(runningImages(region, 'worker')).toEqual({ 'good-2': 2 });
  expect(report.title).toBe('Rolling deploy of 2 services');
  expect(report.sections).toEqual([
    {
      kind: 'table',
      heading: 'Services',
      columns: ['service', 'outcome', 'task definition', 'before', 'healthy tasks', 'cause'],
      rows: [
        [service, 'succeeded', `${family}:2`, `${family}:1`, '3', ''],
        ['worker', 'succeeded', `${family}:2`, `${family}:1`, '2', ''],
      ],
    },
  ]);
  expect(region.log.some((line) => /worker: Service worker updated/.test(line))).toBe(true);
});

test('they are deployed at the same time', async () => {
  const alone = await makeTwo();
  const single = await deploy(alone, 'good-2');
  const region = await makeTwo();
  const { outputs } = await deploy(region, 'good-2', both);
  expect(Number(outputs['duration-seconds'])).toBeLessThan(1.5 * Number(single.outputs['duration-seconds']));
});

describe('nothing is changed where one cannot be deployed, and all that stands in the way is told', () => {
  test('two of three are refused', async () => {
    const region = await makeTwo();
    const { ok, outputs, report } = await deploy(region, 'good-2', {
      targets: [
        ...both.targets,
        { service: 'nowhere', taskDefinition: file },
        { service: 'worker-2', taskDefinition: { kind: 'revision', name: 'nothing:7' } },
      ],
    });
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'refused' });
    expect(outcomesOf(outputs)).toEqual([
      [service, 'refused', 'held-back'],
      ['worker', 'refused', 'held-back'],
      ['nowhere', 'refused', 'service-missing'],
      ['worker-2', 'refused', 'service-missing'],
    ]);
    expect(report.sentence).toContain('There is no service nowhere');
    expect(report.sentence).toContain('There is no service worker-2');
    expect(revisionsOf(region)).toBe(1);
    expect(region.world.callCounts()['ecs:UpdateService']).toBeUndefined();
  });

  test('a desired count of 0', async () => {
    const region = await makeTwo();
    region.world.must('ecs', 'UpdateService', { cluster, service: 'worker', desiredCount: 0 });
    await settle(region, 120_000);
    const { outputs } = await deploy(region, 'good-2', both);
    expect(outcomesOf(outputs)).toEqual([
      [service, 'refused', 'held-back'],
      ['worker', 'zero-desired', ''],
    ]);
    expect(revisionsOf(region)).toBe(1);
  });
});

test('the one that fails is explained, the other serves', async () => {
  const region = await makeTwo({ apps: { bad: badApps.pullFails } });
  region.files.set('good.json', JSON.stringify(region.definition('good-2')));
  const { ok, outputs, report } = await deploy(region, 'bad', {
    targets: [
      { service, taskDefinition: { kind: 'file', path: 'good.json' } },
      { service: 'worker', taskDefinition: file },
    ],
  });
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'rolled-back',
    cause: 'image-not-found',
  });
  expect(outcomesOf(outputs)).toEqual([
    [service, 'succeeded', ''],
    ['worker', 'rolled-back', 'image-not-found'],
  ]);
  expect(report.sentence).toMatch(/^1 of 2 services: worker: .* failed and .* serves again/);
  expect(report.sections.map((section) => section.heading)).toEqual([
    'Services',
    'worker: rolled-back',
    'worker: Course of the rollout',
    'worker: Stopped tasks',
    'worker: Service events since the start',
    'worker: What could not be read',
  ]);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
  expect(runningImages(region, 'worker')).toEqual({ 'good-1': 2 });
});

test('a cancelled job takes all of them back in the time it has', async () => {
  const region = await makeTwo();
  void region.time.sleep(20_000).then(() => region.cancel.abort());
  const startedAt = region.world.kernel.now;
  const { outputs } = await deploy(region, 'good-2', both);
  expect({ outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    outcome: 'cancelled',
    aftermath: 'rolling-back',
  });
  expect(region.world.kernel.now - startedAt).toBeLessThan(22_000);
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  expect(runningImages(region, 'worker')).toEqual({ 'good-1': 2 });
});

test('twenty services stay within the rates of one account', async () => {
  const region = await makeRegion({ rateLimits: true });
  const names = Array.from({ length: 19 }, (_, index) => `worker-${index}`);
  for (const name of names) {
    addService(region, name, 1);
    await settle(region, 10_000);
  }
  await settle(region, 120_000);
  const { outputs } = await deploy(region, 'good-2', {
    targets: [service, ...names].map((each) => ({ service: each, taskDefinition: file })),
  });
  expect(outputs['outcome']).toBe('succeeded');
  expect(region.log.filter((line) => /Throttling/.test(line))).toEqual([]);
});
