/**
 * What build-push-ecr does besides building, in the committed bundles against a standing lab, under the policy of
 * docs/iam: settings filled in, secrets kept out, images taken over and copied, scans, kept images.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { names } from '../../../src/lab/journey/stage.ts';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { cluster, explanation, Job, service, type TimedStep, type Words } from './job.ts';

let job: Job;
let ecr: ECRClient;

beforeAll(async () => {
  job = await Job.open();
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
  await job?.close();
});
afterEach(() => job.faults());

const { repository } = names;
/** The job's repositories are those that begin like it. */
const policyWords: Words = { REPOSITORY: `${repository}*` };

function contextOf(files: Words): string {
  const folder = mkdtempSync(join(job.folder, 'context-'));
  const dockerfile = 'FROM scratch\nCOPY appsettings.json /app/appsettings.json\n';
  for (const [name, text] of Object.entries({ Dockerfile: dockerfile, ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}
const build = (tag: string, more: Words, without?: string): Promise<TimedStep> =>
  job.step('build-push-ecr', job.buildInputs(tag, 'good', more), {
    policyWords,
    ...(without === undefined ? {} : { without }),
  });

/** Tag to digest. Empty where there is no such repository. */
async function tagsOf(repositoryName: string): Promise<Readonly<Record<string, string>>> {
  const { imageDetails = [] } = await ecr
    .send(new DescribeImagesCommand({ repositoryName }))
    .catch(() => ({ imageDetails: [] }));
  return Object.fromEntries(
    imageDetails.flatMap(({ imageTags = [], imageDigest = '' }) =>
      imageTags.map((tag) => [tag, imageDigest]),
    ),
  );
}

function good(step: TimedStep): TimedStep {
  expect({ exitCode: step.exitCode, said: explanation(step) }).toEqual({ exitCode: 0, said: '' });
  return step;
}

describe('settings and secrets', () => {
  const password = 'YGvxiN18CaPGW0000';

  test('placeholders are filled in for the build, and the file is as before afterwards', async () => {
    const context = contextOf({ 'appsettings.json': '{"Url": "#{URL}#"}' });
    const file = join(context, 'appsettings.json');
    const same = { labels: 'org.opencontainers.image.revision=any', 'build-args': '' };
    const placeholders = { 'placeholder-files': file, placeholders: 'URL=https://example.com/a"b' };
    const step = good(await build('filled', { ...same, ...placeholders, context }));
    expect(step.log.join('\n')).toContain('Filled in 1 placeholder for the build');
    expect(readFileSync(file, 'utf8')).toBe('{"Url": "#{URL}#"}');
    // What was built has them: the same sources without placeholders are the same image.
    const plain = contextOf({ 'appsettings.json': '{"Url": "https://example.com/a\\"b"}' });
    const other = good(await build('filled-by-hand', { ...same, context: plain }));
    expect(other.outputs['digest']).toBe(step.outputs['digest']);
  }, 30_000);

  test('a secret as a placeholder is refused with the way to Secrets Manager, before anything is pushed', async () => {
    const context = contextOf({ 'appsettings.json': '{"Password": "#{DB_PASSWORD}#"}' });
    const step = await build('secret-setting', {
      context,
      'placeholder-files': join(context, 'appsettings.json'),
      placeholders: `DB_PASSWORD=${password}`,
      'search-for-secrets': JSON.stringify({ DB_PASSWORD: password }),
    });
    expect(step.exitCode).toBe(1);
    expect(explanation(step)).toMatch(
      /would put the secret DB_PASSWORD into the image.*aws secretsmanager create-secret/,
    );
    expect(await tagsOf(repository)).not.toHaveProperty('secret-setting');
  }, 30_000);

  test('a secret in a layer fails the step before the push, and says file and layer', async () => {
    const context = contextOf({ 'appsettings.json': `{"Password": "${password}"}` });
    const secrets = JSON.stringify({ DB_PASSWORD: password });
    const step = await build('leak', { context, 'search-for-secrets': secrets });
    expect(step.exitCode).toBe(1);
    expect(explanation(step)).toMatch(
      /holds the value of DB_PASSWORD in \/app\/appsettings\.json \(layer sha256:[0-9a-f]{12}\)/,
    );
    expect(await tagsOf(repository)).not.toHaveProperty('leak');
  }, 30_000);

  test('its value was shown nowhere', () => {
    expect(job.shown.join('\n')).not.toContain(password);
    expect(job.shown.join('\n')).toContain('DB_PASSWORD');
  });
});

test('a network that breaks in the middle of every push: one sentence, a failed step, and no image', async () => {
  const proxy = await startCuttingProxy(job.variable('LAB_REGISTRY'), Number.POSITIVE_INFINITY);
  try {
    const context = contextOf({ 'appsettings.json': randomBytes(1_000_000).toString('base64') });
    const step = await build('cut', { context, registry: proxy.host, 'push-attempts': '2' });
    expect([step.exitCode, step.outputs['digest']]).toEqual([1, undefined]);
    expect(explanation(step)).toMatch(
      /^The upload of sha256:\w+ failed 2 times, last: .*\. Check the network/,
    );
    expect(step.log.join('\n')).toContain('trying again (2 of 2)');
    expect(await tagsOf(repository)).not.toHaveProperty('cut');
  } finally {
    await proxy.close();
  }
}, 30_000);

describe('other places', () => {
  test('also-push-to and promote-from: the very digest, read back there', async () => {
    const context = contextOf({ 'appsettings.json': '{"n": 1}' });
    const mirror = `${repository}-mirror`;
    const built = good(await build('places', { context, 'also-push-to': `/${mirror}` }));
    const digest = built.outputs['digest']!;
    expect(built.outputs['copies']).toBe(`${job.variable('LAB_REGISTRY')}/${mirror}@${digest}`);
    expect(await tagsOf(mirror)).toMatchObject({ places: digest });
    const production = { repository: `${repository}-production`, 'promote-from': `${repository}@${digest}` };
    const promoted = good(await build('v1', production));
    expect([promoted.outputs['digest'], promoted.outputs['built']]).toEqual([digest, 'false']);
    // Only the tags that were asked for: it is of another commit than this run.
    expect(await tagsOf(production.repository)).toEqual({ v1: digest });
  }, 30_000);

  test.each(['ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage'])(
    'a promotion without %s names it',
    async (without) => {
      const source = { 'promote-from': `${repository}:places` };
      const step = await build('v2', { repository: `${repository}-production`, ...source }, without);
      expect(step.exitCode).toBe(1);
      expect(explanation(step)).toContain(without);
    },
    30_000,
  );
});

describe('the scan gate', () => {
  const finding = { name: 'CVE-2027-0001', severity: 'HIGH', packageName: 'zlib', packageVersion: '1.2' };
  let context = '';
  const gate = (more: Words = {}, without?: string) =>
    build('scanned', { context, 'scan-gate': 'fail', 'scan-severity': 'high', ...more }, without);

  test('a clean image passes; findings fail the step, as a table in the summary, until they are ignored', async () => {
    context = contextOf({ 'appsettings.json': '{"n": 2}' });
    const clean = good(await gate());
    expect(clean.outputs).toMatchObject({ scan: 'passed', built: 'true' });
    const { digest } = clean.outputs;
    const event = { kind: 'scan-findings', digest, findings: [finding] };
    await job.faults([], [{ id: 'found', atMs: 0, event }]);
    const failed = await gate();
    expect([failed.exitCode, failed.outputs['scan'], failed.outputs['digest']]).toEqual([
      1,
      'failed',
      digest,
    ]);
    expect(explanation(failed)).toContain('CVE-2027-0001 (HIGH)');
    expect(failed.summaryMarkdown).toMatch(/\| HIGH \| CVE-2027-0001 \| zlib 1\.2 \|/);
    const ignored = good(await gate({ 'scan-ignore': 'CVE-2027-0001 until 2999-01-01' }));
    expect(ignored.outputs['scan']).toBe('passed');
    const over = await gate({ 'scan-ignore': 'CVE-2027-0001 until 2020-01-01' });
    expect([over.exitCode, over.summaryMarkdown.includes('No longer ignored')]).toEqual([1, true]);
  }, 60_000);

  test('without ecr:DescribeImageScanFindings it is named, and the step fails', async () => {
    const step = await gate({}, 'ecr:DescribeImageScanFindings');
    expect([step.exitCode, explanation(step)]).toEqual([
      1,
      expect.stringContaining('ecr:DescribeImageScanFindings'),
    ]);
  }, 30_000);
});

test('keep-images: what was promoted has a tag that the lifecycle policy honours; without ecr:PutImage a warning names it', async () => {
  const image = (await job.build('1.0.0')).replace(
    job.variable('LAB_REGISTRY'),
    '123456789012.dkr.ecr.ap-south-1.amazonaws.com',
  );
  const digest = image.split('@')[1]!;
  const file = await job.render(image);
  await job.createService(file, 1);
  await job.untilSteady();
  const next = (mark: string) =>
    job.variant(file, mark, ({ containerDefinitions }) => {
      containerDefinitions[0]!.environment!.push({ name: 'MARK', value: mark });
    });
  const deploy = (mark: string, without?: string) =>
    job.step(
      'rolling-deploy',
      { cluster, service, 'task-definition': next(mark), 'keep-images': '2' },
      without === undefined ? {} : { without },
    );
  const kept = async () =>
    Object.entries(await tagsOf(repository)).filter(
      ([tag, held]) => tag.startsWith('keep-') && held === digest,
    );
  const refused = await deploy('one', 'ecr:PutImage');
  expect([refused.exitCode, refused.outputs['outcome']]).toEqual([0, 'succeeded']);
  expect(refused.log.join('\n')).toMatch(/is not kept from the lifecycle policy.*ecr:PutImage/);
  expect(await kept()).toEqual([]);
  expect((await deploy('two')).outputs['outcome']).toBe('succeeded');
  expect(await kept()).toHaveLength(1);
}, 60_000);
