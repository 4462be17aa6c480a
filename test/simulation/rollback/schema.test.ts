/** A way back past a schema change that older revisions cannot live with. */
import { describe, expect, test } from '@jest/globals';
import {
  deploy,
  family,
  makeRegion,
  type Region,
  runningImages,
  serviceDeploymentStatus,
  settle,
} from '../rollout/region.ts';
import { deployPromoted, markBadByHand, promote, revisionArn, tag } from './marks.ts';
import { makePair, rollBackPair, weightsOf } from './pair.ts';
import { rollBack } from './request.ts';

describe('a breaking schema change', () => {
  /** 1, 2 and 3 were promoted and 3 serves; 2 has the breaking change. */
  async function breaking(): Promise<Region> {
    const region = await makeRegion();
    promote(region, 1);
    await deployPromoted(region, 'good-2', 'good-3');
    tag(region, 2, { schema: 'breaking' });
    return region;
  }
  const to = { kind: 'revision', name: `${family}:1` } as const;

  test('is no matter as long as it is not gone back past', async () => {
    const region = await breaking();
    expect((await rollBack(region)).outputs['to']).toBe(revisionArn(2));
  });

  test('is not gone back past: by itself, by name, or in a dry run', async () => {
    const region = await breaking();
    const first = await rollBack(region, { to });
    expect([first.ok, first.outputs['outcome'], first.outputs['cause']]).toEqual([
      false,
      'refused',
      'breaking-schema',
    ]);
    expect(first.report.sentence).toContain('leads past ips-api-task:2, marked ips-deploy:schema = breaking');
    expect(first.report.remedy).toContain('past-breaking-schema: accept');
    markBadByHand(region, 2, 'wrong totals');
    expect((await rollBack(region)).outputs['cause']).toBe('breaking-schema');
    expect((await rollBack(region, { to, dryRun: true })).outputs['outcome']).toBe('refused');
    expect(runningImages(region)).toEqual({ 'good-3': 3 });
  });

  test('is gone back past by an explicit word', async () => {
    const region = await breaking();
    const { outputs } = await rollBack(region, { to, pastBreakingSchema: true });
    expect([outputs['outcome'], outputs['to']]).toEqual(['succeeded', revisionArn(1)]);
  });

  test('that is being deployed is not stopped without it', async () => {
    const region = await makeRegion();
    await deploy(region, 'good-2', { wait: false });
    tag(region, 2, { schema: 'breaking' });
    await settle(region, 5000);
    expect((await rollBack(region)).outputs['cause']).toBe('breaking-schema');
    expect(serviceDeploymentStatus(region)).toBe('IN_PROGRESS');
    expect((await rollBack(region, { pastBreakingSchema: true })).outputs['outcome']).toBe('rolled-back');
  });

  test('in a revision between the two of a pair counts, too, whatever became of it', async () => {
    const pair = await makePair({ greenRevision: 3 });
    tag(pair, 2, { schema: 'breaking' });
    const { outputs, report } = await rollBackPair(pair);
    expect(outputs['cause']).toBe('breaking-schema');
    expect(report.sentence).toContain('leads past ips-api-task:2');
  });

  test('is not gone back past by weight either', async () => {
    const pair = await makePair();
    tag(pair, 2, { schema: 'breaking' });
    expect((await rollBackPair(pair)).outputs['cause']).toBe('breaking-schema');
    expect(weightsOf(pair)).toEqual({ blue: 0, green: 100 });
    expect((await rollBackPair(pair, { pastBreakingSchema: true })).outputs['outcome']).toBe('succeeded');
  });
});
