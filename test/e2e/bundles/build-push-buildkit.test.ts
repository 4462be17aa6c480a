/** The bundle of build-push-ecr with a real BuildKit against a standing lab, under the policy of docs/iam. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchDeleteImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { names } from '../../../src/lab/journey/stage.ts';
import { type BuildKit, startBuildKit } from '../../support/build-kit.ts';
import { toolAvailable } from '../../support/tools.ts';
import { explanation, Job, type Words } from './job.ts';

const suite = 'test/e2e/bundles';
const withBuildKit =
  toolAvailable('docker buildx', suite) && toolAvailable('buildkitd', suite) ? describe : describe.skip;
const { repository } = names;
const cache = `${repository}-cache`;

withBuildKit('with a real BuildKit', () => {
  let buildKit: BuildKit;
  let job: Job;
  let ecr: ECRClient;
  beforeAll(async () => {
    [buildKit, job] = await Promise.all([startBuildKit(), Job.open()]);
    ecr = new ECRClient({
      endpoint: job.variable('AWS_ENDPOINT_URL'),
      region: job.variable('AWS_REGION'),
      credentials: {
        accessKeyId: job.variable('AWS_ACCESS_KEY_ID'),
        secretAccessKey: job.variable('AWS_SECRET_ACCESS_KEY'),
      },
    });
  }, 60_000);
  afterAll(async () => {
    ecr?.destroy();
    await Promise.all([buildKit?.stop(), job?.close()]);
  });

  const tagsIn = async (repositoryName: string) => {
    const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
    return imageDetails.flatMap(({ imageTags = [], imageDigest }) =>
      imageTags.map((tag) => [tag, imageDigest] as const),
    );
  };

  test('two platforms with provenance and a cache in ECR, which the next build takes', async () => {
    const context = mkdtempSync(join(job.folder, 'context-'));
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY file.txt /file.txt\n');
    writeFileSync(join(context, 'file.txt'), 'content\n');
    const step = async (tag: string, more: Words = {}) => {
      const inputs = job.buildInputs(tag, 'good', {
        context,
        builder: 'buildx',
        platforms: 'linux/amd64, linux/arm64',
        provenance: 'mode=min',
        'cache-repository': cache,
        'build-args': '',
        ...more,
      });
      const ended = await job.step('build-push-ecr', inputs, {
        policyWords: { REPOSITORY: `${repository}*` },
        environment: buildKit.environment,
        clock: 'real',
      });
      expect({ exitCode: ended.exitCode, said: explanation(ended) }).toEqual({ exitCode: 0, said: '' });
      return ended;
    };
    const first = await step('attested');
    const platforms = JSON.parse(first.outputs['platforms']!) as Record<string, string>;
    expect(Object.keys(platforms).sort()).toEqual(['linux/amd64', 'linux/arm64']);
    expect(await tagsIn(repository)).toContainEqual(['attested', first.outputs['digest']]);
    expect((await tagsIn(cache)).map(([tag]) => tag)).toEqual(['buildcache']);
    // Nothing is left of it but what ECR holds.
    buildKit.prune();
    const imageIds = [{ imageTag: 'attested' }];
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: repository, imageIds }));
    const second = await step('attested-again', { labels: 'again=true' });
    expect(second.log.filter((line) => /^#\d+ CACHED$/.test(line)).length).toBeGreaterThan(0);
  }, 90_000);
});
