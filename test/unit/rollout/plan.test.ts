import { describe, expect, test } from '@jest/globals';
import type { ServiceFacts } from '../../../src/aws/ecs-service.ts';
import type { RegisteredDefinition } from '../../../src/aws/ecs-task-definition.ts';
import { planRollout, type WantedDefinition } from '../../../src/rollout/plan.ts';
import { updateInput } from '../../../src/rollout/start.ts';
import { deployment, newRevision, oldRevision, serviceFacts } from './facts.ts';

const request = {
  cluster: 'main',
  service: 'api',
  desiredCount: undefined,
  forceNewDeployment: false,
  circuitBreaker: 'keep',
} as const;
const registered = (arn: string, status = 'ACTIVE'): RegisteredDefinition => ({
  arn,
  family: 'api',
  revision: Number(arn.slice(arn.lastIndexOf(':') + 1)),
  status,
  definition: {},
});
const wanted = (arn: string, status?: string): WantedDefinition => ({
  kind: 'registered',
  definition: registered(arn, status),
  fromFile: false,
});
const onOld = (change: Partial<ServiceFacts> = {}): ServiceFacts =>
  serviceFacts({
    taskDefinitionArn: oldRevision,
    deployments: [deployment({ id: 'ecs-svc/1', taskDefinitionArn: oldRevision })],
    ...change,
  });

describe('each refusal has a code of its own', () => {
  const table: readonly (readonly [string, ServiceFacts | undefined, WantedDefinition, string])[] = [
    ['no service', undefined, wanted(newRevision), 'service-missing'],
    ['deleted', onOld({ status: 'INACTIVE' }), wanted(newRevision), 'service-inactive'],
    ['being deleted', onOld({ status: 'DRAINING' }), wanted(newRevision), 'service-inactive'],
    ['task sets', onOld({ controller: 'EXTERNAL' }), wanted(newRevision), 'controller-external'],
    ['CodeDeploy', onOld({ controller: 'CODE_DEPLOY' }), wanted(newRevision), 'controller-code-deploy'],
    ['native strategy', onOld({ strategy: 'LINEAR' }), wanted(newRevision), 'strategy-not-rolling'],
    ['no definition', onOld(), { kind: 'missing', name: 'api:9' }, 'definition-missing'],
    ['deregistered', onOld(), wanted(newRevision, 'INACTIVE'), 'definition-inactive'],
  ];
  test.each(table)('%s', (_name, service, definition, code) => {
    expect(planRollout(request, service, definition)).toMatchObject({ kind: 'refuse', code });
  });
});

describe('desired count', () => {
  test.each([
    [0, undefined, 'zero-desired'],
    [1, undefined, 'deploy'],
    [0, 1, 'deploy'],
    [1, 0, 'zero-desired'],
  ])('service %i, given %s: %s', (desiredCount, given, kind) => {
    expect(
      planRollout({ ...request, desiredCount: given }, onOld({ desiredCount }), wanted(newRevision)).kind,
    ).toBe(kind);
  });
});

describe('a desired count of 0 that is allowed', () => {
  const allowed = { ...request, allowZeroDesired: true };
  test('is deployed, and the plan says what it proves', () => {
    const plan = planRollout(allowed, onOld({ desiredCount: 0 }), wanted(newRevision));
    expect(plan).toMatchObject({
      kind: 'deploy',
      steps: expect.arrayContaining([expect.stringMatching(/unproven/)]),
    });
  });

  test('where the revision is there already it is looked at', () => {
    expect(planRollout(allowed, serviceFacts({ desiredCount: 0 }), wanted(newRevision)).kind).toBe('verify');
  });
});

describe('the revision that is there already', () => {
  const on = (rolloutState: string) => serviceFacts({ deployments: [deployment({ rolloutState })] });
  test.each([
    ['COMPLETED', false, { kind: 'verify' }],
    ['IN_PROGRESS', false, { kind: 'attach' }],
    ['FAILED', false, { kind: 'deploy', force: true }],
    ['COMPLETED', true, { kind: 'deploy', force: true }],
  ])('%s, force %s', (rolloutState, forceNewDeployment, plan) => {
    expect(
      planRollout({ ...request, forceNewDeployment }, on(rolloutState), wanted(newRevision)),
    ).toMatchObject(plan);
  });

  test('with another count it is updated, without force', () => {
    expect(planRollout({ ...request, desiredCount: 3 }, on('COMPLETED'), wanted(newRevision))).toMatchObject({
      kind: 'deploy',
      force: false,
    });
  });
});

describe('UpdateService is told what was asked, and no more', () => {
  test('a plain deployment', () => {
    expect(updateInput(request, onOld(), newRevision, false)).toEqual({
      cluster: 'main',
      service: 'api',
      taskDefinition: newRevision,
    });
  });

  test('count, force, and the breaker beside all that was configured', () => {
    const service = onOld({
      deploymentConfiguration: {
        maximumPercent: 150,
        deploymentCircuitBreaker: { enable: true, rollback: false, resetOnHealthyTask: false },
      },
    });
    expect(
      updateInput({ ...request, desiredCount: 0, circuitBreaker: 'ensure' }, service, newRevision, true),
    ).toEqual({
      cluster: 'main',
      service: 'api',
      taskDefinition: newRevision,
      desiredCount: 0,
      forceNewDeployment: true,
      deploymentConfiguration: {
        maximumPercent: 150,
        deploymentCircuitBreaker: { enable: true, rollback: true, resetOnHealthyTask: false },
      },
    });
  });

  test('a breaker that is right already is left alone', () => {
    const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
    const input = updateInput(
      { ...request, circuitBreaker: 'ensure' },
      onOld({ deploymentConfiguration }),
      newRevision,
      false,
    );
    expect(input.deploymentConfiguration).toBeUndefined();
  });
});
