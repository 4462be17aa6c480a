import { describe, expect, test } from '@jest/globals';
import {
  causeFromEvents,
  placementFailure,
  refineByLog,
  refineTargetCause,
} from '../../../src/rollout/refine-cause.ts';
import { groupArn } from './facts.ts';

const settings = {
  path: '/health',
  port: '5000',
  matcher: '200',
  timeoutSeconds: 5,
  intervalSeconds: 10,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};
const cause = {
  code: 'target-health',
  detail: '',
  evidence: `Task failed ELB health checks in (target-group ${groupArn})`,
  tasks: 3,
} as const;
const target = (reason: string, description: string) => [
  {
    targetGroupArn: groupArn,
    targets: [{ id: '10.0.0.1', port: 5000, state: 'unhealthy', reason, description }],
  },
];
const event = (message: string) => ({ id: message, at: 0, message });
const told = (reason: string) => [
  event(`(service api) (port 5000) is unhealthy in (target-group ${groupArn}) due to (reason ${reason})`),
];

describe("the load balancer's health check", () => {
  test.each([
    [
      'a target shows the code',
      target('Target.ResponseCodeMismatch', 'Health checks failed with these codes: [503]'),
      [],
      'target-health-code',
      'path /health, port 5000, answered 503, expected 200',
    ],
    [
      'the event tells the code',
      [],
      told('Health checks failed with these codes: [302]'),
      'target-health-code',
      'path /health, port 5000, answered 302, expected 200',
    ],
    [
      'a target timed out',
      target('Target.Timeout', 'Request timed out'),
      [],
      'target-health-timeout',
      'path /health, port 5000 within 5 s',
    ],
    [
      'the event tells the time-out',
      [],
      told('Request timed out'),
      'target-health-timeout',
      'path /health, port 5000 within 5 s',
    ],
    [
      'a connection is refused',
      target('Target.FailedHealthChecks', 'Health checks failed'),
      [],
      'port-mismatch',
      'path /health, port 5000',
    ],
    [
      'the event tells that it was refused',
      [],
      told('Health checks failed'),
      'port-mismatch',
      'path /health, port 5000',
    ],
    ['nothing more is known', [], [], 'target-health', 'path /health, port 5000'],
  ] as const)('%s', (_name, unhealthy, events, code, detail) => {
    expect(refineTargetCause(cause, settings, unhealthy, events)).toMatchObject({ code, detail, tasks: 3 });
  });

  test('without the settings of the group', () => {
    expect(
      refineTargetCause(cause, undefined, [], told('Health checks failed with these codes: [503]')),
    ).toMatchObject({
      code: 'target-health-code',
      detail: 'answered 503',
    });
  });
});

describe('placement', () => {
  const noRoom = '(service api) was unable to place a task. Reason: Capacity is unavailable at this time.';
  test('only what keeps tasks from being made counts', () => {
    expect(placementFailure([event(noRoom)])).toMatchObject({ code: 'no-capacity' });
    expect(
      placementFailure([event('(service api) (task 1) failed container health checks.')]),
    ).toBeUndefined();
    expect(placementFailure([event('(service api) has reached a steady state.')])).toBeUndefined();
  });
});

describe('what the log says about an exit', () => {
  const exited = { code: 'container-exited', detail: 'exit code 255', evidence: '', tasks: 3 } as const;
  test('a program for another processor', () => {
    expect(refineByLog(exited, ['exec /usr/bin/app: exec format error'])).toMatchObject({
      code: 'image-platform-mismatch',
      detail: '',
      tasks: 3,
    });
  });
  test('anything else changes nothing', () => {
    expect(refineByLog(exited, ['fatal: no database'])).toBe(exited);
    expect(refineByLog({ ...exited, code: 'out-of-memory' }, ['exec format error']).code).toBe(
      'out-of-memory',
    );
  });
});

describe('what the service says', () => {
  const capacity =
    '(service api) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.';
  test.each([
    [
      [capacity],
      'no-capacity',
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    ],
    [
      ['(service api) was unable to place a task. Reason: InsufficientFreeAddressesInSubnet.'],
      'no-addresses',
      'InsufficientFreeAddressesInSubnet',
    ],
    [[capacity, '(service api) (task 1) failed container health checks.'], 'container-health', ''],
  ])('%#', (messages, code, detail) => {
    expect(causeFromEvents(messages.map(event))).toMatchObject({ code, detail });
  });

  test('a service that is content names no cause', () => {
    expect(causeFromEvents([event('(service api) has reached a steady state.')])).toBeUndefined();
  });
});
