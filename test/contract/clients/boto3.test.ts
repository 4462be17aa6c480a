/**
 * boto3, which we did not write, against one standing lab: deployments that fail and go back, paginators,
 * waiters, retries under faults, identities. Each scenario is a function of boto3_client.py.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { root } from '../../support/source-files.ts';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const run = promisify(execFile);
const withBoto3 = toolAvailable('boto3', 'test/contract/clients') ? describe : describe.skip;

withBoto3('boto3 against a standing lab', () => {
  let lab: StandingLab;
  let scratch: string;

  const scenario = async (name: string): Promise<unknown> => {
    const script = join(root, 'test/contract/clients/boto3_client.py');
    const { stdout } = await run('python3', [script, name], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: scratch,
        TMPDIR: scratch,
        PYTHONDONTWRITEBYTECODE: '1',
        ...lab.variables,
      },
    });
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'ips-boto3-'));
    lab = await startStandingLab();
  }, 30_000);

  afterAll(async () => {
    await lab?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('a container that exits at once: FAILED, and back to the last completed revision', async () => {
    const seen = (await scenario('circuit_breaker')) as { events: string[] };
    expect(seen).toMatchObject({
      rolloutStates: {
        'breaker:1': expect.arrayContaining(['COMPLETED', 'IN_PROGRESS']),
        'breaker:2': ['IN_PROGRESS', 'FAILED'],
      },
      breaker: { status: 'TRIGGERED', threshold: 3, failureCount: 3 },
      rollback: expect.stringContaining('circuit breaker'),
      serving: ['breaker:1', 'COMPLETED', 2],
      failedTasks: [true, 7],
    });
    expect((seen as unknown as { statuses: string[] }).statuses.at(-1)).toBe('ROLLBACK_SUCCESSFUL');
    expect(seen.events).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/deployment failed: tasks failed to start\.$/),
        expect.stringMatching(/rolling back to deployment ecs-svc\/\d+\.$/),
      ]),
    );
  }, 120_000);

  test('without rollback the deployment stays FAILED, and services-stable never comes', async () => {
    expect(await scenario('no_way_back')).toEqual({
      primary: ['PRIMARY', 'FAILED', 'ECS deployment circuit breaker: tasks failed to start.'],
      deployments: 2,
      waited: 'Waiter ServicesStable failed: Max attempts exceeded',
    });
  }, 120_000);

  test('a deployment alarm takes the deployment back', async () => {
    const seen = (await scenario('deployment_alarm')) as { statuses: string[] };
    expect(seen).toMatchObject({
      alarms: { status: 'TRIGGERED', triggeredAlarmNames: ['errors-of-release'] },
      rollback: expect.stringContaining('alarm'),
      serving: ['alarmed:1', 'COMPLETED', 2],
    });
    expect(seen.statuses.at(-1)).toBe('ROLLBACK_SUCCESSFUL');
  }, 120_000);

  test('paginators', async () => {
    expect(await scenario('paginators')).toEqual({
      definitions: [[1, 2], [3, 4], [5]],
      newestFirst: [5, 4, 3, 2, 1],
      tasks: [2, 1],
      rules: [
        ['101', '102'],
        ['103', 'default'],
      ],
      deploymentsNewestFirst: true,
      noThirdPage: true,
      services: true,
      streams: 6,
      badToken: 'InvalidParameterException',
    });
  }, 120_000);

  test('waiters', async () => {
    expect(await scenario('waiters')).toEqual({
      ruleNamesItsGroup: true,
      health: 'healthy',
      draining: ['draining', 'Target.DeregistrationInProgress'],
      stopped: ['UserInitiated', 'done', 0],
      inactive: 'INACTIVE',
      updateAfterDelete: 'ServiceNotActiveException',
      groupIsGone: 'TargetGroupNotFound',
    });
  }, 120_000);

  test('adaptive retries outlast throttling; without retries it is seen', async () => {
    expect(await scenario('throttled')).toEqual({
      status: 'ACTIVE',
      retries: 3,
      withoutRetries: 'ThrottlingException',
      afterwards: null,
    });
  }, 120_000);

  test('a lost answer is asked for again, and a client token keeps it one task', async () => {
    expect(await scenario('lost_answers')).toEqual({ retries: [1, 1], oneTask: true });
  }, 120_000);

  test("roles, by hand and with the job's identity token", async () => {
    const roles = 'arn:aws:sts::123456789012:assumed-role';
    expect(await scenario('identities')).toEqual({
      web: `${roles}/deployer/job-1`,
      byFile: `${roles}/deployer/by-file`,
      may: null,
      mayNot: 'AccessDeniedException',
      stranger: 'AccessDenied',
      forged: 'InvalidIdentityToken',
      byHand: `${roles}/by-hand/me`,
      unknownRole: 'AccessDenied',
      tokenInForm: 2,
    });
  }, 120_000);
});
