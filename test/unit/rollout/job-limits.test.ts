/** What is said before a rollout that its job may not live to see the end of: both sides of each boundary. */
import { expect, test } from '@jest/globals';
import { readRunContext } from '../../../src/inputs/environment.ts';
import { parseRollingDeploy } from '../../../src/inputs/rolling-deploy.ts';
import { limitWarnings } from '../../../src/rollout/job-limits.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const none = { jobTimeoutMs: undefined, credentialsEndAt: undefined };
const minutes = (count: number): number => count * 60_000;
const run = { timeoutMs: minutes(15), preDeployMs: 0, watchMs: 0 };

test.each([
  ['nothing is known', none, run, 0],
  ['the job lasts as long', { ...none, jobTimeoutMs: minutes(15) }, run, 0],
  ['the job ends before', { ...none, jobTimeoutMs: minutes(15) - 1 }, run, 1],
  ['the credentials last as long', { ...none, credentialsEndAt: now + minutes(15) }, run, 0],
  ['the credentials end before', { ...none, credentialsEndAt: now + minutes(15) - 1 }, run, 1],
  ['they have ended', { ...none, credentialsEndAt: now - 1 }, run, 1],
  ['both', { jobTimeoutMs: minutes(1), credentialsEndAt: now }, run, 2],
  ['the migration counts', { ...none, jobTimeoutMs: minutes(15) }, { ...run, preDeployMs: 1 }, 1],
  [
    'no end is waited for',
    { jobTimeoutMs: minutes(1), credentialsEndAt: now },
    { timeoutMs: 0, preDeployMs: 0, watchMs: 0 },
    0,
  ],
  ['the watch counts', { ...none, jobTimeoutMs: minutes(15) }, { ...run, watchMs: 1 }, 1],
] as const)('%s', (_name, limits, longest, count) => {
  expect(limitWarnings(limits, longest, now)).toHaveLength(count);
});

test('the words', () => {
  const limits = { jobTimeoutMs: minutes(10), credentialsEndAt: now + minutes(20) };
  expect(limitWarnings(limits, { ...run, preDeployMs: minutes(5), watchMs: minutes(5) }, now)).toEqual([
    expect.stringMatching(
      /^This run may take 25m, its pre-deploy task and the watch after it included, and the job ends after 10m: /,
    ),
    expect.stringMatching(
      /^This run may take 25m, its pre-deploy task and the watch after it included, and the credentials end in 20m: /,
    ),
  ]);
});

test('where they come from', () => {
  const given = { cluster: 'c', service: 's', 'task-definition': 'family:1' };
  const limitsOf = (more: Readonly<Record<string, string>>) => {
    const parsed = parseRollingDeploy({ ...given, ...more });
    return parsed.ok ? parsed.request.limits : parsed.problems;
  };
  const ends = { 'credentials-end': '2026-11-26T12:00:00Z' };
  expect(limitsOf({})).toEqual(none);
  expect(limitsOf({ ...ends, 'job-timeout-minutes': '20' })).toEqual({
    jobTimeoutMs: minutes(20),
    credentialsEndAt: now,
  });
  expect(limitsOf({ ...ends, 'role-to-assume': 'arn:aws:iam::123456789012:role/deploy' })).toEqual(none);
  expect(limitsOf({ 'credentials-end': 'soon' })).toHaveLength(1);
  const context = (value: string) => readRunContext({ AWS_CREDENTIAL_EXPIRATION: value }).credentialsEndAt;
  expect([context('2026-11-26T12:00:00+00:00'), context(''), context('soon')]).toEqual([
    now,
    undefined,
    undefined,
  ]);
});
