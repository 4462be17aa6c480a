import type * as ecs from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import { isFargateSize } from '../../../../src/lab/world/ecs/task-definition-validation.ts';
import { Region } from './support.ts';

const role = 'arn:aws:iam::123456789012:role/Execution';

test.each([
  [256, 512, true],
  [256, 1024, true],
  [256, 1536, false],
  [256, 2048, true],
  [256, 3072, false],
  [512, 512, false],
  [512, 1024, true],
  [512, 4096, true],
  [512, 5120, false],
  [1024, 1024, false],
  [1024, 8192, true],
  [1024, 9216, false],
  [2048, 16_384, true],
  [4096, 30_720, true],
  [4096, 31_744, false],
  [8192, 20_480, true],
  [8192, 17_408, false],
  [16_384, 122_880, true],
  [16_384, 33_792, false],
  [300, 512, false],
])('Fargate and %i CPU units with %i MiB: %p', (cpu, memory, allowed) => {
  expect(isFargateSize(cpu, memory)).toBe(allowed);
});

describe('RegisterTaskDefinition', () => {
  const app = { name: 'app', image: 'api:1' };
  const valid: ecs.RegisterTaskDefinitionRequest = {
    family: 'api',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '0.25 vCPU',
    memory: '0.5 GB',
    executionRoleArn: role,
    containerDefinitions: [app],
  };
  const register = (input: object) =>
    new Region().call<ecs.RegisterTaskDefinitionResponse>('RegisterTaskDefinition', input);

  test('fills in what ECS fills in', () => {
    const { taskDefinition } = register(valid);
    expect(taskDefinition).toMatchObject({
      taskDefinitionArn: 'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:1',
      revision: 1,
      status: 'ACTIVE',
      cpu: '256',
      memory: '512',
      compatibilities: ['EC2', 'FARGATE'],
      registeredBy: expect.stringContaining('assumed-role/Deploy'),
      containerDefinitions: [{ name: 'app', essential: true, environment: [], portMappings: [] }],
    });
  });

  const secret = { name: 'PASSWORD', valueFrom: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:db' };
  test.each([
    ['no family', { family: '' }, 'Family should not be null or empty.'],
    ['a bad family', { family: 'a b' }, 'Family contains invalid characters'],
    ['no containers', { containerDefinitions: [] }, 'Container list cannot be empty.'],
    ['empty tags', { tags: [] }, 'Tags can not be empty.'],
    ['bridge on Fargate', { networkMode: 'bridge' }, "Fargate only supports network mode 'awsvpc'."],
    ['no cpu', { cpu: undefined }, "'cpu' be defined at the task level"],
    ['no memory', { memory: undefined }, "'memory' be defined at the task level"],
    [
      'a pair that is not offered',
      { cpu: '256', memory: '4096' },
      'No Fargate configuration exists for given values',
    ],
    [
      'no container name',
      { containerDefinitions: [{ image: 'api:1' }] },
      'Container.name should not be null or empty.',
    ],
    ['no image', { containerDefinitions: [{ name: 'app' }] }, 'Container.image should not be null or empty.'],
    ['one name twice', { containerDefinitions: [app, app] }, 'Container names must be unique'],
    [
      'nothing essential',
      { containerDefinitions: [{ ...app, essential: false }] },
      'at least one essential container',
    ],
    [
      'one name in environment and secrets',
      {
        containerDefinitions: [
          { ...app, environment: [{ name: 'PASSWORD', value: 'x' }], secrets: [secret] },
        ],
      },
      'The secret name must be unique',
    ],
    [
      'secrets without execution role',
      { executionRoleArn: undefined, containerDefinitions: [{ ...app, secrets: [secret] }] },
      "you must also specify a value for 'executionRoleArn'",
    ],
    [
      'a stop time-out over 120',
      { containerDefinitions: [{ ...app, stopTimeout: 121 }] },
      "Invalid value for 'stopTimeout'",
    ],
    [
      'different ports',
      { containerDefinitions: [{ ...app, portMappings: [{ containerPort: 80, hostPort: 8080 }] }] },
      'the host ports and container ports in port mappings must match',
    ],
    [
      'a dependency on nobody',
      { containerDefinitions: [{ ...app, dependsOn: [{ containerName: 'db', condition: 'START' }] }] },
      "depends on container 'db'",
    ],
    [
      'a health check too often',
      { containerDefinitions: [{ ...app, healthCheck: { command: ['CMD', 'true'], interval: 4 } }] },
      'interval must be between 5 and 300',
    ],
  ])('rejects %s', (_title, change, message) => {
    expect(() => register({ ...valid, ...change })).toThrow(message);
  });

  test('does not check that secrets, roles or images exist', () => {
    expect(
      register({ ...valid, containerDefinitions: [{ ...app, image: 'missing:1', secrets: [secret] }] }),
    ).toBeDefined();
  });

  test('accepts a stop time-out of 120', () => {
    expect(register({ ...valid, containerDefinitions: [{ ...app, stopTimeout: 120 }] })).toBeDefined();
  });
});

describe('revisions', () => {
  const describeIt = (region: Region, taskDefinition: string, include?: 'TAGS'[]) =>
    region.call<ecs.DescribeTaskDefinitionResponse>('DescribeTaskDefinition', {
      taskDefinition,
      ...(include === undefined ? {} : { include }),
    });

  test('are found by family, number and ARN; the family is the newest active one', () => {
    const region = new Region();
    const first = region.register();
    const second = region.register({}, { tags: [{ key: 'team', value: 'ips' }] });
    expect(describeIt(region, 'api').taskDefinition!.taskDefinitionArn).toBe(second);
    expect(describeIt(region, 'api:1').taskDefinition!.taskDefinitionArn).toBe(first);
    expect(describeIt(region, second, ['TAGS']).tags).toEqual([{ key: 'team', value: 'ips' }]);
    expect(describeIt(region, second).tags).toEqual([]);
    region.call('DeregisterTaskDefinition', { taskDefinition: 'api:2' });
    expect(describeIt(region, 'api').taskDefinition!.taskDefinitionArn).toBe(first);
    expect(describeIt(region, 'api:2').taskDefinition!.status).toBe('INACTIVE');
    expect(() => region.createService('api:2')).toThrow('TaskDefinition is inactive');
  });

  test.each(['nothing', 'api:9', 'arn:aws:ecs:ap-south-1:123456789012:task-definition/none:1'])(
    '%s is unknown',
    (name) => {
      const region = new Region();
      region.register();
      expect(() => describeIt(region, name)).toThrow(
        expect.objectContaining({ code: 'ClientException', message: 'Unable to describe task definition.' }),
      );
    },
  );

  test.each([
    ['DescribeTaskDefinition', 'api:latest', 'InvalidParameterException', 'latest'],
    ['DescribeTaskDefinition', 'api:0', 'InvalidParameterException', '0'],
    [
      'DeregisterTaskDefinition',
      'arn:aws:ecs:ap-south-1:123456789012:task-definition/api:x',
      'InvalidParameterException',
      'x',
    ],
  ])('%s of %s: the revision is no number', (operation, taskDefinition, code, number) => {
    const region = new Region();
    region.register();
    expect(() => region.call(operation, { taskDefinition })).toThrow(
      expect.objectContaining({ code, message: `Invalid revision number. Number: ${number}` }),
    );
  });

  test('DeregisterTaskDefinition wants a revision', () => {
    const region = new Region();
    region.register();
    expect(() => region.call('DeregisterTaskDefinition', { taskDefinition: 'api' })).toThrow(
      expect.objectContaining({ code: 'ClientException', message: 'Revision is missing.' }),
    );
  });

  test('an answer is a copy', () => {
    const region = new Region();
    region.register();
    describeIt(region, 'api').taskDefinition!.containerDefinitions![0]!.image = 'changed';
    expect(describeIt(region, 'api').taskDefinition!.containerDefinitions![0]!.image).toBe('api:1');
  });

  test('are listed in pages', () => {
    const region = new Region();
    for (let count = 0; count < 5; count++) region.register();
    region.register({}, { family: 'worker' });
    const list = (input: object) =>
      region.call<ecs.ListTaskDefinitionsResponse>('ListTaskDefinitions', input);
    const page = list({ familyPrefix: 'api', maxResults: 3 });
    expect(page.taskDefinitionArns).toHaveLength(3);
    const rest = list({ familyPrefix: 'api', maxResults: 3, nextToken: page.nextToken });
    expect(rest.taskDefinitionArns!.map((arn) => arn.split('/')[1])).toEqual(['api:4', 'api:5']);
    expect(rest.nextToken).toBeUndefined();
    expect(list({ familyPrefix: 'api', sort: 'DESC', maxResults: 1 }).taskDefinitionArns![0]).toMatch(
      /api:5$/,
    );
    expect(region.call('ListTaskDefinitionFamilies', {})).toMatchObject({ families: ['api', 'worker'] });
    expect(() => list({ maxResults: 101 })).toThrow('maxResults must be between 1 and 100, and is 101.');
    expect(() => list({ nextToken: 'other' })).toThrow('Invalid token');
  });
});
