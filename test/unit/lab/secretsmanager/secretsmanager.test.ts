import { describe, expect, test } from '@jest/globals';
import { World } from '../../../../src/lab/world/world.ts';

const dayMs = 86_400_000;

function setUp(value = '{"user":"api","port":5432}') {
  const world = new World();
  const created = world.must('secretsmanager', 'CreateSecret', { Name: 'db', SecretString: value });
  return { world, arn: created.ARN as string, firstVersion: created.VersionId as string };
}

test('a secret is found by name, ARN and ARN without the random end', () => {
  const { world, arn } = setUp('v1');
  expect(arn).toMatch(/^arn:aws:secretsmanager:ap-south-1:123456789012:secret:db-[A-Za-z0-9]{6}$/);
  for (const SecretId of ['db', arn, arn.slice(0, -7)])
    expect(world.must('secretsmanager', 'GetSecretValue', { SecretId }).SecretString).toBe('v1');
  expect(() => world.must('secretsmanager', 'GetSecretValue', { SecretId: arn.slice(0, -6) })).toThrow(
    "Secrets Manager can't find the specified secret.",
  );
});

test('a new value is current, the one before previous, the one before that without a label', () => {
  const { world } = setUp('v1');
  const read = (VersionStage?: string) =>
    world.must('secretsmanager', 'GetSecretValue', { SecretId: 'db', VersionStage }).SecretString;
  world.must('secretsmanager', 'PutSecretValue', { SecretId: 'db', SecretString: 'v2' });
  expect([read(), read('AWSPREVIOUS')]).toEqual(['v2', 'v1']);
  world.must('secretsmanager', 'PutSecretValue', { SecretId: 'db', SecretString: 'v3' });
  expect([read('AWSCURRENT'), read('AWSPREVIOUS')]).toEqual(['v3', 'v2']);
  expect(world.must('secretsmanager', 'ListSecretVersionIds', { SecretId: 'db' }).Versions).toHaveLength(2);
});

test('the same token with the same value is one version, with another value an error', () => {
  const { world } = setUp('v1');
  const put = (SecretString: string) =>
    world.must('secretsmanager', 'PutSecretValue', {
      SecretId: 'db',
      SecretString,
      ClientRequestToken: 't'.repeat(32),
    });
  expect(put('v2').VersionId).toBe(put('v2').VersionId);
  expect(() => put('v3')).toThrow('already exists');
});

test('a deleted secret is closed, can be restored, and is gone after its days', () => {
  const { world } = setUp();
  const id = { SecretId: 'db' };
  world.must('secretsmanager', 'DeleteSecret', { ...id, RecoveryWindowInDays: 7 });
  expect(() => world.must('secretsmanager', 'GetSecretValue', id)).toThrow('marked for deletion');
  world.must('secretsmanager', 'RestoreSecret', id);
  world.kernel.advanceTo(world.kernel.now + 8 * dayMs);
  expect(world.must('secretsmanager', 'GetSecretValue', id).Name).toBe('db');
  world.must('secretsmanager', 'DeleteSecret', { ...id, RecoveryWindowInDays: 7 });
  world.kernel.advanceTo(world.kernel.now + 7 * dayMs - 1);
  expect(world.must('secretsmanager', 'DescribeSecret', id).DeletedDate).toBeInstanceOf(Date);
  world.kernel.advanceTo(world.kernel.now + 1);
  expect(() => world.must('secretsmanager', 'DescribeSecret', id)).toThrow("can't find");
});

describe('a container secret', () => {
  const resolve = (suffix: string) => {
    const { world, arn, firstVersion } = setUp();
    world.must('secretsmanager', 'PutSecretValue', { SecretId: arn, SecretString: '{"user":"next"}' });
    return world.secretsmanager.resolveSecret(`${arn}${suffix.replace('FIRST', firstVersion)}`);
  };
  test.each([
    ['', '{"user":"next"}'],
    [':user::', 'next'],
    [':user:AWSPREVIOUS:', 'api'],
    [':port:AWSPREVIOUS:', '5432'],
    [':user::FIRST', 'api'],
  ])('%s is resolved', (suffix, value) => {
    expect(resolve(suffix)).toEqual({ found: true, value });
  });
  test.each([
    [':absent::', 'did not contain json key absent'],
    [':user:NOSTAGE:', 'staging label: NOSTAGE'],
  ])('%s fails as ECS says it', (suffix, words) => {
    const result = resolve(suffix);
    expect(result).toEqual({ found: false, reason: expect.stringContaining(words) });
    expect(JSON.stringify(result)).not.toContain('next');
  });
  test('no such secret', () => {
    const { secretsmanager } = new World();
    const absent = 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:absent';
    expect(secretsmanager.resolveSecret(absent)).toMatchObject({
      reason: expect.stringContaining('ResourceNotFoundException'),
    });
  });
});
