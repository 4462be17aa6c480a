/** Who is to be told: inputs that all three actions have. */
import { describe, expect, test } from '@jest/globals';
import { parseBlueGreenShift } from '../../../src/inputs/blue-green-shift.ts';
import { describeProblem, type ParseResult, type RawInputs } from '../../../src/inputs/parse.ts';
import { parseRollback } from '../../../src/inputs/rollback.ts';
import { parseRollingDeploy, type RollingDeployRequest } from '../../../src/inputs/rolling-deploy.ts';

const topic = 'arn:aws:sns:ap-south-1:123456789012:ips-api-alerts';
const parse = (raw: RawInputs): ParseResult<RollingDeployRequest> =>
  parseRollingDeploy({ cluster: 'c', service: 's', 'task-definition': 'f', ...raw });
const announceOf = (raw: RawInputs) => {
  const parsed = parse(raw);
  if (!parsed.ok) throw new Error(parsed.problems.map(describeProblem).join('\n'));
  return parsed.request.announce;
};
const problems = (raw: RawInputs): readonly string[] => {
  const parsed = parse(raw);
  return parsed.ok ? [] : parsed.problems.map(describeProblem);
};

test('nobody is told where nobody is named, nor of a dry run', () => {
  expect(announceOf({ 'github-token': 'ghs_1' })).toBeUndefined();
  expect(announceOf({ 'notify-topic': topic, 'dry-run': 'true' })).toBeUndefined();
});

test('everything', () => {
  expect(
    announceOf({
      'github-token': 'ghs_1',
      'github-deployment': 'Production',
      'environment-url': 'https://api.example.com/',
      'git-tag': 'release-{date}',
      'issue-on-rollback': 'true',
      'notify-topic': topic,
      'notify-webhook': 'https://hooks.example.com/T0/B0?x=1',
      'notify-webhook-secret': 'sixteen-letters!',
    }),
  ).toEqual({
    githubToken: 'ghs_1',
    deployment: { environment: 'Production', environmentUrl: 'https://api.example.com/' },
    gitTag: 'release-{date}',
    issueOnRollback: true,
    topic,
    webhook: { url: 'https://hooks.example.com/T0/B0?x=1', secret: 'sixteen-letters!' },
  });
});

describe('what does not fit', () => {
  test.each([
    [{ 'notify-topic': 'ips-api-alerts' }, /notify-topic.*ARN of an SNS topic/],
    [{ 'notify-topic': `${topic}.fifo` }, /notify-topic/],
    [{ 'notify-webhook': 'hooks.example.com' }, /notify-webhook": given \(secret\)/],
    [{ 'notify-webhook': 'https://me:word@hooks.example.com/' }, /given \(secret\).*has no user in it/],
    [{ 'notify-webhook': 'https://hooks.example.com' }, /notify-webhook-secret": given \(nothing\)/],
    [
      { 'notify-webhook-secret': 'sixteen-letters!' },
      /notify-webhook-secret": given \(secret\).*beside notify-webhook/,
    ],
    [
      { 'notify-webhook': 'https://x.example.com', 'notify-webhook-secret': 'fifteen-letters' },
      /given \(secret\); allowed is 16 to 512/,
    ],
    [{ 'environment-url': 'https://x.example.com' }, /beside github-deployment/],
    [{ 'git-tag': 'v1 2' }, /git-tag/],
    [{ 'git-tag': 'v1..2' }, /git-tag/],
    [{ 'git-tag': 'v1' }, /git-tag beside a github-token/],
    [{ 'github-deployment': 'Production' }, /github-deployment beside a github-token/],
    [{ 'issue-on-rollback': 'true' }, /true beside a github-token/],
    [{ 'github-deployment': 'a"b', 'github-token': 'x' }, /name of a GitHub environment/],
  ])('%j', (raw, problem) => {
    expect(problems(raw)).toEqual([expect.stringMatching(problem)]);
    expect(problems(raw).join()).not.toMatch(/hooks|me:word|letters!|fifteen/);
  });
});

test('the other two have the same', () => {
  const raw = { 'notify-topic': topic, 'environment-url': 'https://x.example.com' };
  const listener = `arn:aws:elasticloadbalancing:ap-south-1:123456789012:listener/app/a/${'1'.repeat(16)}/${'2'.repeat(16)}`;
  for (const parsed of [
    parseBlueGreenShift({ 'listener-arn': listener, ...raw }),
    parseRollback({ cluster: 'c', service: 's', reason: 'r', ...raw }),
  ]) {
    expect(parsed.ok ? [] : parsed.problems.map(({ input }) => input)).toEqual(['environment-url']);
  }
  const list = parseRollback({ cluster: 'c', service: 's', mode: 'list', 'notify-topic': topic });
  expect(list.ok && list.request.announce).toBeUndefined();
});
