/** Every kind of target, found by what our deploys left on the revisions, and what is refused. */
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import type { World } from '../../../src/lab/world/world.ts';
import type { RollbackTarget } from '../../../src/rollback/request.ts';
import {
  definitionOf,
  deploy,
  family,
  makeRegion,
  type Region,
  revisionsOf,
  runningImages,
} from '../rollout/region.ts';
import { deployPromoted, forget, markBadByHand, promote, revisionArn, tag } from './marks.ts';
import { rollBack } from './request.ts';

const host = '123456789012.dkr.ecr.ap-south-1.amazonaws.com';
const shaOf = (digit: string): string => `abcdef${digit}${digit.repeat(33)}`;

/** Out of ECR, with a secret where the world has one. */
const inEcr =
  (secretArn?: string) =>
  (image: string): RegisterTaskDefinitionRequest => {
    const definition = definitionOf(image);
    const [container] = definition.containerDefinitions!;
    const secrets = secretArn === undefined ? {} : { secrets: [{ name: 'DB', valueFrom: secretArn }] };
    return {
      ...definition,
      containerDefinitions: [{ ...container!, image: `${host}/api:${image}`, ...secrets }],
    };
  };

const prepare = (world: World): void => {
  world.must('ecr', 'CreateRepository', { repositoryName: 'api' });
  for (const each of ['good-1', 'good-2', 'good-3', 'good-4']) world.ecr.seedImage('api', each);
};

/** Revisions 1 to 4 were deployed in turn and promoted; 4 serves. */
async function fourPromoted(): Promise<Region> {
  const region = await makeRegion({ prepare, definition: inEcr() });
  promote(region, 1, { commit: shaOf('1'), ref: 'refs/tags/v1.0.0' });
  for (const revision of [2, 3, 4]) {
    await deploy(region, `good-${revision}`, {}, inEcr());
    promote(region, revision, { commit: shaOf(String(revision)), ref: `refs/tags/v1.${revision}.0` });
  }
  return region;
}

const named = (name: string): RollbackTarget => ({ kind: 'named', name });
const updates = (region: Region): number => region.world.callCounts()['ecs:UpdateService'] ?? 0;

describe('what is named is deployed', () => {
  test.each<[string, RollbackTarget]>([
    ['a revision', { kind: 'revision', name: `${family}:2` }],
    ['the ARN of one', { kind: 'revision', name: revisionArn(2) }],
    ['an image tag', named('good-2')],
    ['a whole image', named(`${host}/api:good-2`)],
    ['a git tag', named('v1.2.0')],
    ['a git ref', named('refs/tags/v1.2.0')],
    ['a commit', named(shaOf('2'))],
    ['a short commit', named('abcdef2')],
  ])('%s', async (_name, to) => {
    const region = await fourPromoted();
    const { ok, outputs } = await rollBack(region, { to });
    expect({ ok, outcome: outputs['outcome'], to: outputs['to'], running: runningImages(region) }).toEqual({
      ok: true,
      outcome: 'succeeded',
      to: revisionArn(2),
      running: { 'good-2': 3 },
    });
    expect(revisionsOf(region)).toBe(4);
  });

  test('a digest: the one that its tasks ran', async () => {
    const region = await fourPromoted();
    const { imageDetails } = region.world.must('ecr', 'DescribeImages', {
      repositoryName: 'api',
      imageIds: [{ imageTag: 'good-2' }],
    });
    await rollBack(region, { to: { kind: 'digest', digest: imageDetails[0].imageDigest } });
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
  });

  test('one that is marked bad, too, and the log says so', async () => {
    const region = await fourPromoted();
    markBadByHand(region, 2, 'slow');
    const { outputs } = await rollBack(region, { to: named('v1.2.0') });
    expect(outputs['to']).toBe(revisionArn(2));
    expect(region.log.join('\n')).toContain('ips-api-task:2 is taken because it was named: marked bad');
  });

  test.each([named('v1.4.0'), { kind: 'revision', name: `${family}:4` } as const])(
    'the current one is no-change, by an observation: %j',
    async (to) => {
      const region = await fourPromoted();
      const before = updates(region);
      const { ok, outputs } = await rollBack(region, { to });
      expect({ ok, outcome: outputs['outcome'], updates: updates(region) }).toEqual({
        ok: true,
        outcome: 'no-change',
        updates: before,
      });
    },
  );
});

describe('previous-good', () => {
  test.each<[string, (region: Region) => void, number]>([
    ['is the newest promoted one', () => undefined, 3],
    ['is not one that is marked bad', (region) => markBadByHand(region, 3, 'wrong totals'), 2],
    [
      'is not one whose image is archived',
      (region) =>
        region.world.must('ecr', 'UpdateImageStorageClass', {
          repositoryName: 'api',
          imageId: { imageTag: 'good-3' },
          targetStorageClass: 'ARCHIVE',
        }),
      2,
    ],
    [
      'is not one that was deregistered',
      (region) => region.world.must('ecs', 'DeregisterTaskDefinition', { taskDefinition: `${family}:3` }),
      2,
    ],
  ])('%s', async (_name, happen, expected) => {
    const region = await fourPromoted();
    happen(region);
    const { outputs, report } = await rollBack(region, { to: { kind: 'previous-good' } });
    expect({ outcome: outputs['outcome'], to: outputs['to'] }).toEqual({
      outcome: 'succeeded',
      to: revisionArn(expected),
    });
    expect(JSON.stringify(report.events)).not.toContain('own history');
  });

  test('is not a green that was SUCCESSFUL to ECS and rejected by its judge', async () => {
    const region = await makeRegion();
    promote(region, 1);
    await deploy(region, 'good-2');
    forget(region, 2);
    await deployPromoted(region, 'good-3');
    const { outputs } = await rollBack(region);
    expect(outputs['to']).toBe(revisionArn(1));
  });

  test('without marks is what ECS calls SUCCESSFUL, and the plan says on what ground', async () => {
    const region = await makeRegion();
    await deploy(region, 'good-2');
    forget(region, 2);
    const { outputs, report } = await rollBack(region);
    expect(outputs['to']).toBe(revisionArn(1));
    expect(report.events.map((each) => each.message)).toContainEqual(
      expect.stringMatching(
        /^No earlier revision of ips-api-service is marked as promoted .* SUCCESSFUL, too\.$/,
      ),
    );
  });

  test('is not what another service of the same family was promoted for', async () => {
    const region = await makeRegion();
    promote(region, 1);
    await deploy(region, 'good-2');
    const elsewhere = { at: region.time.now(), place: 'ips-api-cluster/staging' };
    tag(region, 2, { promotions: [elsewhere] });
    await deployPromoted(region, 'good-3');
    expect((await rollBack(region)).outputs['to']).toBe(revisionArn(1));
  });
});

describe('what is refused, before anything is changed', () => {
  test.each<[string, RollbackTarget, string, RegExp]>([
    [
      'a revision that never was',
      { kind: 'revision', name: `${family}:9` },
      'revision-unusable',
      /does not exist/,
    ],
    [
      'a tag that nothing has',
      named('v9'),
      'no-match',
      /No revision has .* v9\. Known are ips-api-task:4 \(good-4, v1\.4\.0, commit abcdef4/,
    ],
    [
      'a digest that nothing ran',
      { kind: 'digest', digest: `sha256:${'0'.repeat(64)}` },
      'no-match',
      /No revision has the image digest/,
    ],
    [
      'a short commit of several',
      named(`abcdef5`),
      'ambiguous-target',
      /abcdef5 means 2 revisions: ips-api-task:3 \(.*\), ips-api-task:2 \(/,
    ],
  ])('%s', async (_name, to, cause, reason) => {
    const region = await fourPromoted();
    for (const revision of [2, 3]) tag(region, revision, { commit: `abcdef5${String(revision).repeat(33)}` });
    const before = updates(region);
    const { ok, outputs, report } = await rollBack(region, { to });
    expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'], updates: updates(region) }).toEqual({
      ok: false,
      outcome: 'refused',
      cause,
      updates: before,
    });
    expect(report.sentence).toMatch(reason);
    expect(report.remedy).toContain('mode: list');
  });

  test('a revision that cannot run any more, with all the reasons at once', async () => {
    const region = await makeRegion({ prepare, definition: inEcr() });
    const { ARN } = region.world.must('secretsmanager', 'CreateSecret', {
      Name: 'ips/db',
      SecretString: 'x',
    });
    await deploy(region, 'good-2', {}, inEcr(ARN));
    await deploy(region, 'good-3', {}, inEcr());
    region.world.must('secretsmanager', 'DeleteSecret', { SecretId: ARN });
    region.world.must('ecr', 'BatchDeleteImage', {
      repositoryName: 'api',
      imageIds: [{ imageTag: 'good-2' }],
    });
    region.world.must('ecs', 'DeregisterTaskDefinition', { taskDefinition: `${family}:2` });
    const { outputs, report } = await rollBack(region, { to: { kind: 'revision', name: `${family}:2` } });
    expect(outputs['cause']).toBe('revision-unusable');
    expect(report.sentence).toMatch(
      /^Nothing was changed\. ips-api-task:2 cannot be deployed: its task definition is INACTIVE \(deregistered\); .*api:good-2 is not in ECR any more; secret ips\/db-\w{6} is scheduled for deletion\.$/,
    );
  });

  test('without anything to go back to, with what was passed over and why', async () => {
    const region = await makeRegion();
    promote(region, 1);
    await deployPromoted(region, 'good-2');
    markBadByHand(region, 1, 'leaks');
    const { outputs, report } = await rollBack(region);
    expect(outputs['cause']).toBe('no-previous-revision');
    expect(report.sentence).toMatch(
      /before ips-api-task:2 can be gone back to \(ips-api-task:1: marked bad .*: leaks\)/,
    );
  });

  test('a service that is scaled to nothing: nothing could be proven', async () => {
    const region = await makeRegion({ desiredCount: 0 });
    expect((await rollBack(region)).outputs['outcome']).toBe('zero-desired');
  });
});

describe('parameters of Systems Manager', () => {
  /** Revision 3 names it; it was never deployed. */
  async function regionWith(valueFrom: string): Promise<Region> {
    const region = await makeRegion();
    promote(region, 1);
    await deployPromoted(region, 'good-2');
    const [container] = definitionOf('good-3').containerDefinitions!;
    const containerDefinitions = [{ ...container!, secrets: [{ name: 'DB', valueFrom }] }];
    region.world.must('ecs', 'RegisterTaskDefinition', { ...definitionOf('good-3'), containerDefinitions });
    return region;
  }
  const to = { kind: 'revision', name: `${family}:3` } as const;
  const make = (region: Region) =>
    region.world.must('ssm', 'PutParameter', { Name: '/ips/db', Value: 'hidden', Type: 'SecureString' });

  test.each(['/ips/db', 'arn:aws:ssm:ap-south-1:123456789012:parameter/ips/db'])(
    '%s that is there is taken, and one that is gone refused',
    async (valueFrom) => {
      const region = await regionWith(valueFrom);
      make(region);
      expect((await rollBack(region, { to })).outputs['outcome']).toBe('succeeded');
      const other = await regionWith(valueFrom);
      const before = updates(other);
      const { outputs, report } = await rollBack(other, { to });
      expect(outputs['cause']).toBe('revision-unusable');
      expect(report.sentence).toBe(
        'Nothing was changed. ips-api-task:3 cannot be deployed: parameter /ips/db does not exist any more.',
      );
      expect(updates(other)).toBe(before);
    },
  );

  test('a revision that was promoted is passed over once its parameter is gone', async () => {
    const region = await regionWith('/ips/db');
    make(region);
    promote(region, 3);
    await rollBack(region, { to });
    await deployPromoted(region, 'good-4');
    region.world.must('ssm', 'DeleteParameter', { Name: '/ips/db' });
    const { outputs, report } = await rollBack(region);
    expect(outputs['outcome']).toBe('succeeded');
    expect(outputs['to']).not.toContain(`${family}:3`);
    expect(JSON.stringify(report)).toContain('parameter /ips/db does not exist any more');
  });

  test('one of another region is said to be unchecked, and not held against the revision', async () => {
    const region = await regionWith('arn:aws:ssm:eu-west-1:123456789012:parameter/ips/db');
    const { outputs, report } = await rollBack(region, { to, dryRun: true });
    expect(outputs['outcome']).toBe('planned');
    expect(JSON.stringify(report.sections)).toContain('not checked: ');
    expect(JSON.stringify(report.sections)).toContain('it is a parameter of eu-west-1');
  });
});
