/** What one could go back to. */
import { expect, test } from '@jest/globals';
import type { World } from '../../../src/lab/world/world.ts';
import { definitionOf, deploy, family, makeRegion, type Region } from '../rollout/region.ts';
import { forget, markBadByHand, promote, revisionArn } from './marks.ts';
import { rollBack } from './request.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';
const inEcr = (image: string) => {
  const definition = definitionOf(image);
  const [container] = definition.containerDefinitions!;
  return { ...definition, containerDefinitions: [{ ...container!, image: `${host}/api:${image}` }] };
};
const prepare = (world: World): void => {
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const each of ['good-1', 'good-2', 'good-3', 'good-4']) world.ecr.seedImage('api', each);
};

/** Every call that could change something. */
function writes(region: Region): readonly string[] {
  return Object.keys(region.world.callCounts()).filter((each) => !/:(Describe|List|Get|Batch)/.test(each));
}

test('a list has date, verdict, commit, ref, image and state of each, newest first, and changes nothing', async () => {
  const region = await makeRegion({ prepare, definition: inEcr });
  promote(region, 1, { commit: `abcdef1${'0'.repeat(33)}`, ref: 'refs/tags/v1.0.0' });
  for (const revision of [2, 3]) {
    await deploy(region, `good-${revision}`, {}, inEcr);
    forget(region, revision);
    promote(region, revision);
  }
  markBadByHand(region, 2, 'wrong totals');
  await deploy(region, 'good-4', {}, inEcr);
  forget(region, 4);
  region.world.must('ecr', 'BatchDeleteImage', { repositoryName: 'api', imageIds: [{ imageTag: 'good-1' }] });
  const before = writes(region).map((each) => [each, region.world.callCounts()[each]]);
  const { ok, outputs, report } = await rollBack(region, { mode: 'list', reason: '' });
  expect({ ok, outcome: outputs['outcome'], sentence: report.sentence, title: report.title }).toEqual({
    ok: true,
    outcome: 'planned',
    sentence: 'Nothing was changed. 4 revisions are listed.',
    title: 'Revisions of ips-api-service',
  });
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
  expect(report.sections[0]).toEqual({
    kind: 'table',
    heading: 'Revisions to go back to',
    columns: ['revision', 'since', 'verdict', 'commit', 'ref', 'image', 'state'],
    rows: [
      [
        `${family}:4`,
        time,
        'unknown',
        '',
        '',
        'good-4',
        'serves now; SUCCESSFUL to ECS, and never promoted; active; its images and secrets exist',
      ],
      [`${family}:3`, time, 'promoted', '', '', 'good-3', 'active; its images and secrets exist'],
      [
        `${family}:2`,
        time,
        'bad',
        '',
        '',
        'good-2',
        expect.stringMatching(/^marked bad .*: wrong totals; active; its images/),
      ],
      [
        `${family}:1`,
        time,
        'promoted',
        'abcdef1',
        'v1.0.0',
        'good-1',
        `not usable: ${host}/api:good-1 is not in ECR any more`,
      ],
    ],
  });
  const listed: readonly Record<string, unknown>[] = JSON.parse(outputs['candidates'] ?? '');
  expect(listed.map((each) => [each['revision'], each['verdict'], each['current'], each['usable']])).toEqual([
    [`${family}:4`, 'unknown', true, true],
    [`${family}:3`, 'promoted', false, true],
    [`${family}:2`, 'bad', false, true],
    [`${family}:1`, 'promoted', false, false],
  ]);
  expect(listed[3]).toMatchObject({
    'task-definition-arn': revisionArn(1),
    commit: `abcdef1${'0'.repeat(33)}`,
    ref: 'refs/tags/v1.0.0',
    images: [{ image: `${host}/api:good-1`, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) }],
  });
  expect(region.log.join('\n')).toMatch(/ips-api-task:3 {2}\S+ \S+ {2}promoted/);
  expect(writes(region).map((each) => [each, region.world.callCounts()[each]])).toEqual(before);
});

test('a list of what never had another revision, and of a service that is not there', async () => {
  const region = await makeRegion();
  const alone = await rollBack(region, { mode: 'list' });
  expect([alone.ok, JSON.parse(alone.outputs['candidates'] ?? '').length]).toEqual([true, 1]);
  const none = await rollBack(region, { mode: 'list', service: 'nothing' });
  expect([none.ok, none.outputs['cause'], none.outputs['candidates']]).toEqual([
    false,
    'service-missing',
    '',
  ]);
});

test('a list in the middle of a deployment', async () => {
  const region = await makeRegion();
  await deploy(region, 'good-2', { wait: false });
  const busy = await rollBack(region, { mode: 'list' });
  expect([busy.ok, JSON.parse(busy.outputs['candidates'] ?? '').length]).toEqual([true, 2]);
});
