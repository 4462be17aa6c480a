/** AWS that throttles, loses answers and lags; a runner that dies at any call, or is cancelled. */
import { describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../../../src/lab/world/faults/index.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { RollbackRequest } from '../../../src/rollback/request.ts';
import {
  cluster,
  deploy,
  family,
  makeRegion,
  portsOf,
  type Region,
  revisionsOf,
  runningImages,
  service,
  serviceDeploymentStatus,
  settle,
  throttleReads,
} from '../rollout/region.ts';
import { runAndDie } from './killed.ts';
import { deployPromoted, marksOfRevision, promote, revisionArn } from './marks.ts';
import { rollBack } from './request.ts';

/** Revisions 1 to 3 were promoted, 3 serves. */
async function threePromoted(): Promise<Region> {
  const region = await makeRegion({ apps: { bad: badApps.crashAtStart } });
  promote(region, 1);
  await deployPromoted(region, 'good-2', 'good-3');
  return region;
}

function load(region: Region, ...rules: readonly FaultRule[]): void {
  region.world.loadFaults({ rules, events: [] });
}

const once = (operation: string): FaultRule => ({
  id: operation,
  match: { operation },
  count: 1,
  effect: { kind: 'reset-after-effect' },
});

describe('AWS does not answer well', () => {
  test.each<[string, FaultRule]>([
    ['all reads are throttled for 60 s', throttleReads(60_000)],
    [
      'UpdateService is throttled ten times',
      { id: 'w', match: { operation: 'UpdateService' }, count: 10, effect: { kind: 'throttle' } },
    ],
    [
      'TagResource is throttled three times',
      { id: 't', match: { operation: 'TagResource' }, count: 3, effect: { kind: 'throttle' } },
    ],
    ['the answer of UpdateService is lost', once('UpdateService')],
    ['the answer of TagResource is lost', once('TagResource')],
    [
      'every third answer is an error of the server',
      { id: 's', match: {}, probability: 0.33, effect: { kind: 'server-error' } },
    ],
    [
      'reads lag behind by 5 s',
      { id: 'lag', match: { mutates: false }, effect: { kind: 'read-lag', ms: 5000 } },
    ],
  ])('%s', async (_name, rule) => {
    const region = await threePromoted();
    load(region, rule);
    const { outputs } = await rollBack(region);
    expect({ outcome: outputs['outcome'], running: runningImages(region) }).toEqual({
      outcome: 'succeeded',
      running: { 'good-2': 3 },
    });
    expect(marksOfRevision(region, 3).bad).toBeDefined();
    expect(revisionsOf(region)).toBe(3);
  });

  test('the answer to the stop is lost', async () => {
    const region = await threePromoted();
    await deploy(region, 'bad', { wait: false });
    await settle(region, 10_000);
    load(region, once('StopServiceDeployment'));
    expect((await rollBack(region)).outputs['outcome']).toBe('rolled-back');
    expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
  });

  test('a mark that may not be written is a warning, not the verdict', async () => {
    const region = await threePromoted();
    load(region, { id: 'd', match: { operation: 'TagResource' }, effect: { kind: 'access-denied' } });
    const { ok, outputs, report } = await rollBack(region);
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
    expect(report.events.filter((each) => each.level === 'warning').map((each) => each.message)).toEqual([
      expect.stringMatching(
        /^ips-api-task:3 could not be marked \(ips-deploy:leaving\): ecs:TagResource: Access/,
      ),
      expect.stringMatching(
        /^ips-api-task:3 could not be marked \(ips-deploy:bad\): ecs:TagResource: Access/,
      ),
    ]);
    expect(region.log.filter((line) => line.startsWith('warning: '))).toHaveLength(2);
  });
});

describe.each<
  [string, (region: Region) => Promise<unknown>, Partial<RollbackRequest>, Record<string, number>, number]
>([
  ['previous-good', async () => undefined, {}, { 'good-2': 3 }, 3],
  [
    'a revision',
    async () => undefined,
    { to: { kind: 'revision', name: `${family}:1` } },
    { 'good-1': 3 },
    3,
  ],
  [
    'a deployment under way',
    async (region) => {
      await deploy(region, 'bad', { wait: false });
      await settle(region, 10_000);
    },
    {},
    { 'good-3': 3 },
    4,
  ],
  [
    'a deployment under way, to a revision',
    async (region) => {
      await deploy(region, 'bad', { wait: false });
      await settle(region, 10_000);
    },
    { to: { kind: 'revision', name: `${family}:1` } },
    { 'good-1': 3 },
    4,
  ],
])('%s, killed at each call and run again', (_name, begin, request, running, badRevision) => {
  // Found at once, or when ECS has ended by itself what the dead run began.
  test.each([
    [false, 0],
    [true, 400_000],
  ])('after the effect of the call: %s, %i ms later', async (afterEffect, laterMs) => {
    for (let at = 1; ; at++) {
      const region = await threePromoted();
      await begin(region);
      const revisions = revisionsOf(region);
      if (!(await runAndDie(region, request, at, afterEffect))) {
        expect(at).toBeGreaterThan(20);
        break;
      }
      await settle(region, laterMs);
      const { context } = portsOf(region);
      const { ok, outputs } = await rollBack(region, request, { context: { ...context, runAttempt: '2' } });
      const end = {
        at,
        ok,
        running: runningImages(region),
        bad: [1, 2, 3, 4].filter(
          (each) => each <= revisions && marksOfRevision(region, each).bad !== undefined,
        ),
        revisions: revisionsOf(region),
      };
      expect({ ...end, outcome: outputs['outcome'] }).toEqual({
        at,
        ok: true,
        running,
        bad: [badRevision],
        revisions,
        outcome: expect.stringMatching(/^(succeeded|rolled-back|no-change)$/),
      });
    }
  });
});

describe('a cancelled job', () => {
  test('before anything was changed says so', async () => {
    const region = await threePromoted();
    region.cancel.abort();
    const { ok, outputs, report } = await rollBack(region);
    expect({ ok, outcome: outputs['outcome'], running: runningImages(region) }).toEqual({
      ok: false,
      outcome: 'cancelled',
      running: { 'good-3': 3 },
    });
    expect(report.sentence).toBe('The job was cancelled before the way back began: nothing was changed.');
  });

  test('on its way leaves it to ECS, says so, and the next run proves it', async () => {
    const region = await threePromoted();
    region.world.kernel.after(20_000, () => region.cancel.abort());
    const { ok, outputs, report } = await rollBack(region);
    expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: false, outcome: 'cancelled' });
    expect(report.remedy).toMatch(/^ECS goes on with the way back by itself\. Run this job again/);
    expect(marksOfRevision(region, 3).bad).toBeUndefined();
    await settle(region, 300_000);
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
    const again = await rollBack({ ...region, cancel: new AbortController() });
    expect(again.outputs['outcome']).toBe('no-change');
    expect(marksOfRevision(region, 3).bad).toBeDefined();
  });
});

test('somebody else deploys meanwhile: superseded, and nothing is marked', async () => {
  const region = await threePromoted();
  region.world.loadFaults({
    rules: [],
    events: [
      {
        id: 'other',
        atMs: 15_000,
        event: {
          kind: 'call',
          service: 'ecs',
          operation: 'UpdateService',
          input: { cluster, service, taskDefinition: `${family}:1` },
        },
      },
    ],
  });
  const { ok, outputs } = await rollBack(region);
  expect({ ok, outcome: outputs['outcome'], to: outputs['to'] }).toEqual({
    ok: false,
    outcome: 'superseded',
    to: revisionArn(2),
  });
  expect(marksOfRevision(region, 3).bad).toBeUndefined();
});
