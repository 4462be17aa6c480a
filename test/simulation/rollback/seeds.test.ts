/**
 * Many services with a past drawn from a seed: promoted revisions, rejected greens, bad marks, definitions and
 * images that are gone; then rollbacks under faults, and runners that die. What has to serve in the end is told
 * from the story itself. A failure prints its seed: SEED=n runs that one alone, SEEDS=n runs so many.
 */
import { expect, test } from '@jest/globals';
import { randomFaults } from '../../../src/lab/world/faults/index.ts';
import { createRng, type Rng } from '../../../src/lab/world/random.ts';
import {
  cluster,
  definitionOf,
  family,
  makeRegion,
  portsOf,
  type Region,
  revisionsOf,
  runningImages,
  service,
  settle,
} from '../rollout/region.ts';
import { runAndDie } from './killed.ts';
import { markBadByHand, marksOfRevision, promote } from './marks.ts';
import { rollBack } from './request.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';
const inEcr = (image: string) => {
  const definition = definitionOf(image);
  const [container] = definition.containerDefinitions!;
  return { ...definition, containerDefinitions: [{ ...container!, image: `${host}/api:${image}` }] };
};

/** What the story knows of a revision. */
interface Chapter {
  readonly revision: number;
  readonly promoted: boolean;
  bad: boolean;
  gone: boolean;
}

const damages: readonly ((region: Region, revision: number) => void)[] = [
  (region, revision) =>
    region.world.must('ecs', 'DeregisterTaskDefinition', { taskDefinition: `${family}:${revision}` }),
  (region, revision) =>
    region.world.must('ecr', 'BatchDeleteImage', {
      repositoryName: 'api',
      imageIds: [{ imageTag: `v${revision}` }],
    }),
  (region, revision) =>
    region.world.must('ecr', 'UpdateImageStorageClass', {
      repositoryName: 'api',
      imageId: { imageTag: `v${revision}` },
      targetStorageClass: 'ARCHIVE',
    }),
];

/** The first is promoted always: from then on a revision without a mark was not good. */
async function past(region: Region, rng: Rng): Promise<Chapter[]> {
  promote(region, 1);
  const chapters: Chapter[] = [{ revision: 1, promoted: true, bad: false, gone: false }];
  const last = rng.int(2, 6);
  for (let revision = 2; revision <= last; revision++) {
    region.world.must('ecs', 'RegisterTaskDefinition', inEcr(`v${revision}`));
    const taskDefinition = `${family}:${revision}`;
    region.world.must('ecs', 'UpdateService', { cluster, service, taskDefinition });
    await settle(region, 200_000);
    const promoted = rng.chance(0.7);
    if (promoted) promote(region, revision);
    chapters.push({ revision, promoted, bad: false, gone: false });
  }
  for (const chapter of chapters.slice(0, -1)) {
    if (rng.chance(0.25)) {
      markBadByHand(region, chapter.revision, 'said by hand');
      chapter.bad = true;
    } else if (rng.chance(0.3)) {
      rng.pick(damages)(region, chapter.revision);
      chapter.gone = true;
    }
  }
  return chapters;
}

function expectedOf(chapters: readonly Chapter[], current: number): number | undefined {
  return chapters
    .filter((each) => each.promoted && !each.bad && !each.gone && each.revision !== current)
    .at(-1)?.revision;
}

interface Story {
  readonly outcomes: readonly string[];
  readonly died: boolean;
}

async function play(seed: number): Promise<Story> {
  const rng = createRng(seed, 'rollback.story');
  const region = await makeRegion({
    seed,
    desiredCount: rng.int(1, 3),
    definition: () => inEcr('v1'),
    prepare: (world) => {
      world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
      for (let revision = 1; revision <= 6; revision++) world.ecr.seedImage('api', `v${revision}`);
    },
  });
  const chapters = await past(region, rng);
  const revisions = revisionsOf(region);
  let current = chapters.length;
  const outcomes: string[] = [];
  let died = false;
  const rounds = rng.int(1, 2);
  for (let round = 1; round <= rounds; round++) {
    const wanted = expectedOf(chapters, current);
    const run = (runAttempt: string) => {
      const context = { ...portsOf(region).context, runId: String(round), runAttempt };
      return { context };
    };
    const faults = rng.chance(0.5);
    if (faults) region.world.loadFaults(randomFaults(rng.int(1, 1e9), 0.5));
    if (rng.chance(0.4)) {
      died = (await runAndDie(region, {}, rng.int(1, 70), rng.chance(0.5), run('1'))) || died;
      await settle(region, rng.int(0, 300_000));
    }
    let result = await rollBack(region, {}, run('2'));
    outcomes.push(result.outputs['outcome'] ?? '');
    if (faults && !result.ok && wanted !== undefined) {
      // AWS was too bad to see it through. Once that is over the same run finishes it.
      region.world.loadFaults({ rules: [], events: [] });
      result = await rollBack(region, {}, run('3'));
    }
    const serves = wanted ?? current;
    expect({
      round,
      ok: result.ok,
      cause: result.outputs['cause'],
      running: Object.keys(runningImages(region)),
    }).toEqual({
      round,
      ok: wanted !== undefined,
      cause: wanted === undefined ? 'no-previous-revision' : '',
      running: [`v${serves}`],
    });
    if (wanted === undefined) break;
    region.world.loadFaults({ rules: [], events: [] });
    const left = chapters.find((each) => each.revision === current)!;
    left.bad = marksOfRevision(region, current).bad !== undefined;
    if (!faults) expect({ round, left: current, bad: left.bad }).toEqual({ round, left: current, bad: true });
    // A mark that AWS would not take was a warning; the history says as much.
    left.bad = true;
    current = wanted;
  }
  expect(revisionsOf(region)).toBe(revisions);
  return { outcomes, died };
}

test('what serves in the end is the newest good one, whatever happens on the way', async () => {
  const only = process.env['SEED'];
  const count = Number(process.env['SEEDS'] ?? 150);
  const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
  const stories: Story[] = [];
  for (const seed of seeds) {
    try {
      stories.push(await play(seed));
    } catch (error) {
      throw new Error(`Seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  if (only !== undefined) return;
  // The stories have to be many-sided, or their agreement would mean little.
  for (const outcome of ['succeeded', 'no-change', 'refused']) {
    expect(stories.some((story) => story.outcomes.includes(outcome))).toBe(true);
  }
  expect(stories.filter((story) => story.died).length).toBeGreaterThan(count / 10);
}, 120_000);
