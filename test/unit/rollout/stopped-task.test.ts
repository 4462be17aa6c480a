import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { TaskFacts } from '../../../src/aws/ecs-tasks.ts';
import { causeCodes, describeCause } from '../../../src/rollout/cause.ts';
import { failureKey, taskFailure } from '../../../src/rollout/stopped-task.ts';
import { container, task } from './facts.ts';

const essential = new Set(['app']);
const stopped = (change: Partial<TaskFacts>): TaskFacts =>
  task('x', { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', ...change });
const secretArn = 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:jwt-AbCdEf';

describe('tasks that could not start', () => {
  test.each([
    [
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:9: 123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:9: not found',
      'image-not-found',
      '123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:9',
    ],
    ['CannotPullContainerError: manifest unknown: Requested image not found', 'image-not-found', ''],
    [
      'CannotPullContainerError: pull access denied for api, repository does not exist or may require authorization: denied: User is not authorized to perform ecr:BatchGetImage',
      'image-pull-denied',
      '',
    ],
    [
      "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'.",
      'image-platform-mismatch',
      '',
    ],
    [
      'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.',
      'image-rate-limit',
      '',
    ],
    [
      'CannotPullContainerError: failed to resolve ref: dial tcp 10.0.0.1:443: i/o timeout',
      'startup-network',
      '',
    ],
    [
      `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${secretArn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
      'secret-not-found',
      secretArn,
    ],
    [
      `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/exec/x is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secretArn}`,
      'secret-access-denied',
      secretArn,
    ],
    [
      'ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. RequestError: send request failed caused by: Post "https://api.ecr": dial tcp 52.1.2.3:443: i/o timeout',
      'startup-network',
      '',
    ],
    [
      'ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: not authorized to perform: ecr:GetAuthorizationToken on resource: *',
      'image-pull-denied',
      '',
    ],
    [
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
      'log-group-missing',
      '',
    ],
    [
      'CannotStartContainerError: failed to create task: exec: "nope": executable file not found in $PATH',
      'container-start-failed',
      '',
    ],
    ['Unexpected EC2 error: InsufficientFreeAddressesInSubnet', 'no-addresses', ''],
    [
      "CannotPullContainerError: The task can't pull the image. Check that the role has the permissions to pull images from the registry.",
      'image-pull-denied',
      '',
    ],
    [
      'CannotPullContainerError: The task cannot pull 123456789012.dkr.ecr.ap-south-1.amazonaws.com/api:9 from the Amazon ECR repository. There is a connection issue between the task and Amazon ECR. Check your task network configuration.',
      'startup-network',
      '',
    ],
    [
      `ResourceInitializationError: The task can't retrieve the secret with ARN '${secretArn}' from AWS Secrets Manager. Check whether the secret exists in the specified Region.`,
      'secret-not-found',
      secretArn,
    ],
    [
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /ips/missing',
      'secret-not-found',
      '',
    ],
    // Names that users choose are no evidence.
    [
      "ResourceInitializationError: unable to pull secrets or registry auth: failed to fetch secret arn:aws:secretsmanager:ap-south-1:123456789012:secret:timeout-volume-AbCdEf from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
      'secret-not-found',
      'arn:aws:secretsmanager:ap-south-1:123456789012:secret:timeout-volume-AbCdEf',
    ],
    [
      'CannotPullContainerError: failed to resolve ref registry.example.com/secret-denied:9: not found',
      'image-not-found',
      'registry.example.com/secret-denied:9',
    ],
    [
      'CannotPullContainerError: ref pull has been retried 1 time(s): write /var/lib/containerd/x: no space left on device',
      'disk-full',
      '',
    ],
    [
      'ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection reset by peer',
      'volume-failed',
      '',
    ],
    ["You've reached the limit on the number of vCPUs you can run concurrently", 'quota-exceeded', ''],
    ['Something nobody has seen', 'unknown', ''],
  ])('%s', (stoppedReason, code, detail) => {
    const failure = taskFailure(stopped({ stopCode: 'TaskFailedToStart', stoppedReason }), essential);
    expect({ code: failure?.code, detail: failure?.detail }).toEqual({ code, detail });
  });

  test("a container's own reason speaks where the task's says nothing", () => {
    const reason = 'CannotPullContainerError: api:9: not found';
    const containers = [container({ name: 'proxy' }), container({ name: 'app', reason })];
    const failure = taskFailure(
      stopped({ stopCode: 'TaskFailedToStart', stoppedReason: 'Task failed to start', containers }),
      essential,
    );
    expect({ code: failure?.code, container: failure?.container }).toEqual({
      code: 'image-not-found',
      container: 'app',
    });
  });
});

describe('which container decided', () => {
  const exited = (...containers: Parameters<typeof container>[0][]) =>
    taskFailure(
      stopped({
        stopCode: 'EssentialContainerExited',
        stoppedReason: 'Essential container in task exited',
        containers: containers.map((each) => container({ lastStatus: 'STOPPED', ...each })),
      }),
      new Set(['app', 'proxy']),
    );
  test.each([
    ['its own code', [{ exitCode: 1 }], 'container-exited', 'app', 'exit code 1'],
    ['a clean end of an essential container', [{ exitCode: 0 }], 'container-exited', 'app', 'exit code 0'],
    [
      'the first to fail, not the one ECS stopped',
      [{ name: 'proxy', exitCode: 143 }, { exitCode: 2 }],
      'container-exited',
      'app',
      'exit code 2',
    ],
    [
      'the first to end, not the one ECS killed',
      [{ name: 'proxy', exitCode: 137 }, { exitCode: 0 }],
      'container-exited',
      'app',
      'exit code 0',
    ],
    [
      'a sidecar that is not essential never',
      [{ name: 'agent', exitCode: 1 }, { exitCode: 139 }],
      'container-exited',
      'app',
      'exit code 139, SIGSEGV',
    ],
    [
      'a command that does not exist',
      [{ exitCode: 127 }],
      'container-exited',
      'app',
      'exit code 127, command not found',
    ],
    [
      'out of memory, before any other',
      [
        { name: 'proxy', exitCode: 1 },
        { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
      ],
      'out-of-memory',
      'app',
      '',
    ],
  ])('%s', (_name, containers, code, name, detail) => {
    const failure = exited(...containers);
    expect({ code: failure?.code, name: failure?.container, detail: failure?.detail }).toEqual({
      code,
      name,
      detail,
    });
  });
});

describe('health checks', () => {
  test('of the container', () => {
    const containers = [container({ health: 'UNHEALTHY' })];
    const stoppedReason = 'Task failed container health checks';
    expect(
      taskFailure(stopped({ stopCode: 'ServiceSchedulerInitiated', stoppedReason, containers }), essential),
    ).toEqual({
      code: 'container-health',
      container: 'app',
      detail: '',
      evidence: stoppedReason,
    });
  });

  test('of the load balancer', () => {
    const stoppedReason = 'Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)';
    expect(taskFailure(stopped({ stopCode: 'ServiceSchedulerInitiated', stoppedReason }), essential)).toEqual(
      {
        code: 'target-health',
        detail: '',
        evidence: stoppedReason,
      },
    );
  });
});

test.each([
  ['ServiceSchedulerInitiated', 'Scaling activity initiated by (deployment ecs-svc/2)'],
  ['SpotInterruption', 'Your Spot Task was interrupted.'],
  ['UserInitiated', 'Task stopped by user'],
  ['InfrastructureHealth', 'The host failed'],
  [undefined, undefined],
])('%s says nothing against the revision', (stopCode, stoppedReason) => {
  expect(taskFailure(stopped({ stopCode, stoppedReason }), essential)).toBeUndefined();
});

test('failures are the same by kind, container and detail, not by their words', () => {
  const one = { code: 'container-exited', container: 'app', detail: 'exit code 1', evidence: 'a' } as const;
  expect(failureKey(one)).toBe(failureKey({ ...one, evidence: 'b' }));
  expect(failureKey(one)).not.toBe(failureKey({ ...one, detail: 'exit code 2' }));
  expect(failureKey(one)).not.toBe(failureKey({ ...one, container: 'proxy' }));
});

test('every cause has its part in the troubleshooting page', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8');
  const headings = [...page.matchAll(/^### ([a-z-]+)$/gm)].map((match) => match[1]);
  for (const code of causeCodes) {
    const cause = { code, detail: 'DETAIL', evidence: '', tasks: 1 };
    expect(headings).toContain(describeCause(cause).docs.split('#')[1]);
    expect(describeCause(cause).sentence).toMatch(/\.$/);
    expect(describeCause(cause).remedy).toMatch(/\.$/);
  }
});
