import { describe, expect, test } from '@jest/globals';
import { probeTaskInput, probeWords, tallyOfLog } from '../../../src/shift/probe-task-plan.ts';
import { planOf } from './plan-fixture.ts';

describe('what a probe task says that it sent', () => {
  test.each([
    [['ips-deploy-probes sent=300 bad=0'], { sent: 300, bad: 0 }],
    [['2026-11-26 INFO ips-deploy-probes sent=300 bad=7'], { sent: 300, bad: 7 }],
    // The last word counts.
    [['ips-deploy-probes sent=10 bad=0', 'ips-deploy-probes sent=20 bad=1', 'bye'], { sent: 20, bad: 1 }],
    // Never more than was asked for.
    [['ips-deploy-probes sent=301 bad=301'], { sent: 300, bad: 300 }],
    [['ips-deploy-probes sent=5 bad=6'], { sent: 5, bad: 5 }],
  ])('%j', (lines, tally) => {
    expect(tallyOfLog(lines, 300)).toMatchObject(tally);
  });
  test.each([
    [[]],
    [['all good']],
    [['ips-deploy-probes sent=many bad=0']],
    [['xips-deploy-probes sent=3 bad=0']],
    [['ips-deploy-probes sent=30000000 bad=0']],
  ])('nothing that can be counted: %j', (lines) => {
    expect(tallyOfLog(lines, 300)).toBeUndefined();
  });
});

test('the same shift asks for the same task, another run for another', () => {
  const plan = planOf();
  const task = {
    taskDefinitionArn: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/prober:3',
    container: { name: 'prober', logConfiguration: undefined },
    command: ['probe', '--all'],
    launch: {
      launchType: 'FARGATE' as const,
      capacityProviderStrategy: [],
      platformVersion: '1.4.0',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
    },
    timeoutMs: 60_000,
  };
  const words = probeWords(plan, 'opens');
  const by = (run: string, testRuleArn = 'arn:rule') =>
    probeTaskInput('shop', task, words, { run: `o/r run ${run} job deploy`, testRuleArn });
  const input = by('1.1');
  expect(input).toMatchObject({
    cluster: 'shop',
    taskDefinition: task.taskDefinitionArn,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    networkConfiguration: task.launch.networkConfiguration,
    overrides: { containerOverrides: [{ name: 'prober', command: ['probe', '--all'] }] },
  });
  expect(input.clientToken).toHaveLength(36);
  expect(input.startedBy).toMatch(/^ips-deploy\/[0-9a-f]{24}$/);
  expect(by('1.1').clientToken).toBe(input.clientToken);
  expect(by('2.1').clientToken).not.toBe(input.clientToken);
  expect(by('2.1').startedBy).toBe(input.startedBy);
  expect(by('1.1', 'arn:other').startedBy).not.toBe(input.startedBy);
  expect(words).toEqual({
    IPS_DEPLOY_PROBE_URL: 'http://127.0.0.1:8080',
    IPS_DEPLOY_PROBE_HOST: '127.0.0.1:8080',
    IPS_DEPLOY_PROBE_PATHS: '/health /cart',
    IPS_DEPLOY_PROBE_HEADER: 'x-ips-probe',
    IPS_DEPLOY_PROBE_VALUE: 'opens',
    IPS_DEPLOY_PROBE_COUNT: '300',
    IPS_DEPLOY_PROBE_TIMEOUT_SECONDS: '5',
    IPS_DEPLOY_PROBE_CODES: '200-499',
  });
});
