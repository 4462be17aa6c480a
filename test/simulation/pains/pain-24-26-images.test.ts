/**
 * Pains 24 to 26: what happens to an image between its build and the job that deploys it. References stand in the
 * names of the tests (ECR: aws-actions/amazon-ecr-login, BPA: docker/build-push-action). Pain 27 needs a real
 * BuildKit: test/contract/image/buildkit.test.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseRender } from '../../../src/inputs/render-task-def.ts';
import { VirtualTime } from '../../../src/lab/virtual/virtual-time.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import { renderTaskDefinition } from '../../../src/taskdef/render-task-def.ts';
import { type EcrLab, startEcrLab } from '../../contract/image/support.ts';
import { createPorts } from '../../unit/image/ports-double.ts';
import { noGitHub } from '../../unit/taskdef/changes.ts';

const account = '123456789012';
const sha = '0123456789abcdef0123456789abcdef01234567';
let lab: EcrLab;
let context: string;
const path = process.env['PATH'];

beforeEach(async () => {
  lab = await startEcrLab();
  lab.world.must('ecr', 'CreateRepository', { repositoryName: 'ips', imageTagMutability: 'IMMUTABLE' });
  context = join(lab.folder, 'context');
  mkdirSync(context);
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY app /app\n');
  writeFileSync(join(context, 'app'), 'one');
});
afterEach(async () => {
  process.env['PATH'] = path;
  await lab.close();
});

const build = (inputs: Record<string, string> = {}) => lab.run({ context, builder: 'static', ...inputs });

/** As GitHub's runner hands outputs to the next job: one that holds a masked value is dropped whole. */
function handedOn(
  outputs: Readonly<Record<string, string>>,
  masks: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outputs).filter(([, value]) => !masks.some((mask) => value.includes(mask))),
  );
}

test('pain 24: with the account id masked, what is left of the outputs is enough to deploy the very image (ECR#546, ECR#400)', async () => {
  // The names ECS pulls by, while the push goes to where the lab's registry is.
  lab.world.ecr.setRegistryHosts([]);
  const { ok, outputs } = await build({ registry: lab.host });
  expect(ok).toBe(true);
  expect(outputs['image']).toContain(account);
  const left = handedOn(outputs, [account, ...lab.ports.masked]);
  // This one is lost, as it is with others.
  expect(left['image']).toBeUndefined();
  expect(left).toMatchObject({ repository: 'ips', digest: outputs['digest'], tags: sha });

  const time = new VirtualTime(lab.world.kernel);
  const root = { kind: 'root', arn: `arn:aws:iam::${account}:root`, name: 'root' } as const;
  const ports = createPorts(createWorldCaller(lab.world, time, root), '/temp');
  const definition = { family: 'ips', containerDefinitions: [{ name: 'api', image: 'none', memory: 512 }] };
  ports.files.set('td.json', JSON.stringify(definition));
  const parsed = parseRender({
    'task-definition': 'td.json',
    output: 'out.json',
    image: `account-id.dkr.ecr.region.amazonaws.com/${left['repository']}@${left['digest']}`,
    'check-aws': 'true',
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const rendering = renderTaskDefinition(parsed.request, {
    ...ports,
    region: 'ap-south-1',
    environment: {},
    github: noGitHub,
  });
  const rendered = await time.run(rendering);
  expect(rendered.report.sentence).toContain('written to out.json');
  const written = JSON.parse(ports.files.get('out.json')!) as typeof definition;
  expect(written.containerDefinitions[0]!.image).toBe(outputs['image']);
});

test('pain 25: a re-run meets its own immutable tag, builds nothing, and ends well with the same digest (BPA#1042)', async () => {
  const first = await build();
  const again = await build();
  expect([again.ok, again.outputs['built'], again.outputs['digest']]).toEqual([
    true,
    'false',
    first.outputs['digest'],
  ]);
});

test('pain 25: a re-run of a job that died before its second tag gives the image that tag (BPA#1042)', async () => {
  const first = await build();
  const again = await build({ tags: '{sha}, v1' });
  expect([again.ok, again.outputs['tags']]).toEqual([true, `${sha}\nv1`]);
  expect(lab.world.ecr.getManifest('ips', 'v1')?.digest).toBe(first.outputs['digest']);
});

test('pain 25: other sources under the same immutable tag are an error, never a silent success (BPA#1042)', async () => {
  const first = await build();
  writeFileSync(join(context, 'app'), 'two');
  const other = await build();
  expect([other.ok, other.outputs]).toEqual([false, {}]);
  expect(other.report.sentence).toContain(`is immutable and holds ${first.outputs['digest']}`);
  expect(lab.world.ecr.getManifest('ips', sha)?.digest).toBe(first.outputs['digest']);
});

/** A docker whose buildx pushes nothing and says this of the digest. */
function dockerThatSays(metadata: string): void {
  const bin = join(lab.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = `while [ $# -gt 0 ]; do [ "$1" != --metadata-file ] || printf '%s' '${metadata}' > "$2"; shift; done`;
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env['PATH'] = `${bin}:${path}`;
}

test.each([
  ['nothing', '{}', 'told no digest'],
  ['an empty text', '{"containerimage.digest":""}', 'told no digest'],
  [
    'another digest than the registry holds',
    `{"containerimage.digest":"sha256:${'a'.repeat(64)}"}`,
    'After the push, tag',
  ],
])(
  'pain 26: where buildx says %s, there is no output but an error (BPA#461, BPA#1461, BPA#1435)',
  async (_what, metadata, saying) => {
    lab.world.must('ecr', 'CreateRepository', { repositoryName: 'moving', imageTagMutability: 'MUTABLE' });
    lab.world.ecr.seedImage('moving', sha);
    dockerThatSays(metadata);
    const result = await build({ repository: 'moving', builder: 'buildx' });
    expect([result.ok, result.outputs]).toEqual([false, {}]);
    expect(result.report.sentence).toContain(saying);
  },
);

test('pain 26: the digest is that of the index for two platforms, and each platform has its own (BPA#1435)', async () => {
  const { outputs } = await build({ platforms: 'linux/amd64, linux/arm64' });
  expect(lab.world.ecr.getManifest('ips', sha)?.digest).toBe(outputs['digest']);
  const platforms = JSON.parse(outputs['platforms']!) as Record<string, string>;
  expect(Object.keys(platforms)).toEqual(['linux/amd64', 'linux/arm64']);
  const digests = [outputs['digest']!, ...Object.values(platforms)];
  expect(new Set(digests).size).toBe(3);
  for (const digest of digests) expect(lab.world.ecr.getManifest('ips', digest)?.digest).toBe(digest);
});
