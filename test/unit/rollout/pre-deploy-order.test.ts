import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  clientTokenOf,
  earlierTasks,
  endOfTask,
  givingUpReason,
  type PreDeployOrder,
  preDeployContainer,
  runTaskInput,
  startedByOf,
  tidyingReason,
  wasGivenUp,
} from '../../../src/rollout/pre-deploy-order.ts';
import { container, newRevision, serviceFacts, task } from './facts.ts';

const network = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-1'] } };

function order(change: Partial<PreDeployOrder> = {}): PreDeployOrder {
  return {
    cluster: 'main',
    service: serviceFacts({
      launch: {
        launchType: 'FARGATE',
        capacityProviderStrategy: [],
        platformVersion: '1.4.0',
        networkConfiguration: network,
      },
    }),
    definition: { arn: newRevision, family: 'api', revision: 2, status: 'ACTIVE', definition: {} },
    request: { command: ['./migrate', '--to', 'head'], container: undefined, timeoutMs: 600_000 },
    container: 'app',
    run: { repository: 'o/r', runId: '77', runAttempt: '1' },
    ...change,
  };
}

describe('the container of the command', () => {
  const app = { name: 'app', essential: true };
  const proxy = { name: 'proxy', essential: true };
  const init = { name: 'init', essential: false };
  test.each([
    ['the only one', [app], undefined, 'app'],
    ['the only essential one', [init, app], undefined, 'app'],
    ['the named one', [app, proxy], 'proxy', 'proxy'],
    ['a named one that is not essential', [app, init], 'init', 'init'],
    ['two essential ones', [app, proxy], undefined, 'several essential containers (app, proxy)'],
    ['a name that is not there', [app, proxy], 'migrate', 'no container migrate'],
  ])('%s', (_name, containers, asked, expected) => {
    const found = preDeployContainer(containers, asked);
    if (found.kind === 'found') expect(found.name).toBe(expected);
    else
      expect(found).toMatchObject({
        code: 'pre-deploy-container',
        reason: expect.stringContaining(expected),
      });
  });
});

describe('identity', () => {
  const other = (change: Partial<PreDeployOrder>): string => startedByOf(order(change), 0);
  test('every attempt of a run has the same starter, at any time', () => {
    const second = order({ run: { repository: 'o/r', runId: '77', runAttempt: '2' } });
    expect(startedByOf(second, 5)).toBe(startedByOf(order(), 0));
  });

  test('another run, service, container or command has another', () => {
    const { request } = order();
    const all = [
      other({}),
      other({ run: { repository: 'o/r', runId: '78', runAttempt: '1' } }),
      other({ run: { repository: 'o/other', runId: '77', runAttempt: '1' } }),
      other({ service: serviceFacts({ arn: 'arn:aws:ecs:ap-south-1:123456789012:service/main/jobs' }) }),
      other({ container: 'proxy' }),
      other({ request: { ...request, command: ['./migrate', '--to head'] } }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test('outside of GitHub every start is a run of its own', () => {
    const local = order({ run: { repository: '', runId: '', runAttempt: '' } });
    expect(startedByOf(local, 1)).not.toBe(startedByOf(local, 2));
  });

  test('what AWS accepts: a starter of at most 128 characters, a token of at most 36, all different', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(20), (runId, attempt, failed) => {
        const startedBy = other({ run: { repository: 'o/r', runId, runAttempt: attempt } });
        expect(startedBy).toMatch(/^[A-Za-z0-9/_-]{1,128}$/);
        const token = clientTokenOf(startedBy, attempt, failed);
        expect(token).toMatch(/^[!-~]{1,36}$/);
        expect(clientTokenOf(startedBy, attempt, failed + 1)).not.toBe(token);
        expect(clientTokenOf(startedBy, `${attempt}1`, failed)).not.toBe(token);
      }),
    );
  });
});

test('the task runs as those of the service do, with one command replaced', () => {
  expect(runTaskInput(order(), 'ips-deploy/x', 'token')).toEqual({
    cluster: 'main',
    taskDefinition: newRevision,
    startedBy: 'ips-deploy/x',
    clientToken: 'token',
    overrides: { containerOverrides: [{ name: 'app', command: ['./migrate', '--to', 'head'] }] },
    networkConfiguration: network,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
  });
});

test('a capacity provider strategy stands in for the launch type: AWS takes one of them only', () => {
  const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
  const launch = { ...order().service.launch, launchType: undefined, capacityProviderStrategy };
  const input = runTaskInput(order({ service: serviceFacts({ launch }) }), 's', 't');
  expect(input).toMatchObject({ capacityProviderStrategy });
  expect(input).not.toHaveProperty('launchType');
});

describe('the end of a task', () => {
  const ended = (exitCode: number | undefined, others = {}) =>
    container({ lastStatus: 'STOPPED', exitCode, ...others });
  const sidecar = (exitCode: number) => ended(exitCode, { name: 'proxy' });
  const user = { stopCode: 'UserInitiated', desiredStatus: 'STOPPED' };
  test.each([
    ['runs', task('a'), { kind: 'running' }],
    ['ended well, the task goes on', task('a', { containers: [ended(0)] }), { kind: 'passed' }],
    ['ended badly', task('a', { containers: [ended(3)] }), { kind: 'failed', exitCode: 3 }],
    ['a sidecar ended badly after it', task('a', { containers: [sidecar(1), ended(0)] }), { kind: 'passed' }],
    ['a sidecar ended, it runs', task('a', { containers: [sidecar(1), container()] }), { kind: 'running' }],
    [
      'never started',
      task('a', { lastStatus: 'STOPPED', containers: [ended(undefined)] }),
      { kind: 'failed', exitCode: undefined },
    ],
    [
      'never started, not yet stopped',
      task('a', { lastStatus: 'DEPROVISIONING', containers: [ended(undefined)] }),
      { kind: 'running' },
    ],
    [
      'is not in the task',
      task('a', { lastStatus: 'STOPPED', containers: [] }),
      { kind: 'failed', exitCode: undefined },
    ],
    ['0 after a stop', task('a', { ...user, containers: [ended(0)] }), { kind: 'failed', exitCode: 0 }],
    [
      '0 before its sidecars were stopped',
      task('a', { ...user, stoppedReason: tidyingReason, containers: [ended(0)] }),
      { kind: 'passed' },
    ],
  ])('%s', (_name, seen, expected) => expect(endOfTask(seen, 'app')).toEqual(expected));

  test('what this kit gave up is told from what others stopped', () => {
    const stopped = (stoppedReason: string) => task('a', { stopCode: 'UserInitiated', stoppedReason });
    expect(wasGivenUp(stopped(givingUpReason('cancelled')))).toBe(true);
    expect(wasGivenUp(stopped('Task stopped by user'))).toBe(false);
    expect(wasGivenUp(stopped(tidyingReason))).toBe(false);
  });
});

describe('earlier attempts', () => {
  const failed = task('f', {
    lastStatus: 'STOPPED',
    containers: [container({ lastStatus: 'STOPPED', exitCode: 1 })],
  });
  const passed = task('p', {
    lastStatus: 'STOPPED',
    containers: [container({ lastStatus: 'STOPPED', exitCode: 0 })],
  });
  const running = task('r');
  test.each([
    ['none', [], { kind: 'to-run', failed: 0 }],
    ['failed ones', [failed, failed], { kind: 'to-run', failed: 2 }],
    ['one that passed counts', [failed, passed], { kind: 'passed', task: passed }],
    ['one that runs is waited for', [failed, running], { kind: 'running', task: running }],
    ['passed counts before running', [running, passed], { kind: 'passed', task: passed }],
  ])('%s', (_name, tasks, expected) => expect(earlierTasks(tasks, 'app')).toEqual(expected));
});
