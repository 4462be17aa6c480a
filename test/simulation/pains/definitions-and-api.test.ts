/** Pains of the users of other tools about task definitions and AWS's API. The letters: see verdicts.test.ts. */
import { expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { parseRollingDeploy } from '../../../src/inputs/rolling-deploy.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import {
  addService,
  cluster,
  definitionOf,
  deploy,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  request,
  revisionsOf,
  runningImages,
  service,
  settle,
} from '../rollout/region.ts';

test('pain 11: a field that is newer than the action does not fail the deployment, and is spoken of (DTD#701, DTD#704, DTD#705, DTD#274, DTD#64)', async () => {
  const region = await makeRegion();
  const definition = definitionOf('good-2');
  const [container] = definition.containerDefinitions!;
  const newer = {
    ...definition,
    containerDefinitions: [{ ...container, quantumSafe: true }],
    novelty: { on: true },
  };
  region.files.set('task-definition.json', JSON.stringify(newer));
  const ports = portsOf(region);
  // The SDK leaves out what it does not know, as its schemas are; the world would keep it.
  const aws: AwsCaller = {
    call: (operation, input, signal) => {
      const sent = structuredClone(input) as Partial<typeof newer>;
      if (operation === 'ecs:RegisterTaskDefinition') {
        delete sent.novelty;
        for (const each of sent.containerDefinitions ?? [])
          delete (each as { quantumSafe?: boolean }).quantumSafe;
      }
      return ports.aws.call(operation, sent as typeof input, signal);
    },
  };
  const work = runRollingDeploy(request(), { ...ports, aws, ...filesOf(region) });
  const { ok, outputs } = await region.time.run(work);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(region.log.join('\n')).toContain('at novelty, containerDefinitions[0].quantumSafe');
});

test('pain 11: what describe-task-definition prints can be deployed as it is (DTD#64, DTD#274)', async () => {
  const region = await makeRegion();
  const described = region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'ips-api-task' });
  region.files.set('task-definition.json', JSON.stringify(described));
  const work = runRollingDeploy(request(), { ...portsOf(region), ...filesOf(region) });
  expect((await region.time.run(work)).outputs['outcome']).toBe('no-change');
  expect(revisionsOf(region)).toBe(1);
});

test('pain 13: services of one definition get one revision (DTD#420)', async () => {
  const region = await makeRegion();
  addService(region, 'worker', 2);
  await settle(region, 120_000);
  const parsed = parseRollingDeploy({
    cluster,
    service: `${service}, worker`,
    'task-definition': 'task-definition.json',
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  region.files.set('task-definition.json', JSON.stringify(definitionOf('good-2')));
  const work = runRollingDeploy(parsed.request, { ...portsOf(region), ...filesOf(region) });
  const { ok, outputs } = await region.time.run(work);
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(revisionsOf(region)).toBe(2);
});

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

test('pain 23: a desired count that autoscaling set is left alone (DTD#499)', async () => {
  const region = await makeRegion();
  region.world.must('ecs', 'UpdateService', { cluster, service, desiredCount: 5 });
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'], running: outputs['running-count'] }).toEqual({
    ok: true,
    outcome: 'succeeded',
    running: '5',
  });
  expect(runningImages(region)).toEqual({ 'good-2': 5 });
});
