/** render-task-def against the lab's region: what it reads there, what it writes, what it tells. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { AwsCallError, classifyAwsError } from '../../../src/aws/call-error.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { definitionHash, normalForm } from '../../../src/aws/same-definition.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { parseRender } from '../../../src/inputs/render-task-def.ts';
import type { Principal, ServiceId } from '../../../src/lab/world/service.ts';
import { World } from '../../../src/lab/world/world.ts';
import { renderSummary } from '../../../src/report/summary.ts';
import { createGitHubApi, type GitHubApi } from '../../../src/runner/github-api.ts';
import { renderTaskDefinition } from '../../../src/taskdef/render-task-def.ts';
import { sendToLab } from '../../support/lab-github.ts';
import { createPorts, type PortsDouble } from '../../unit/image/ports-double.ts';
import { exampleFile } from '../../unit/taskdef/changes.ts';

const root: Principal = { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' };
const image = `123456789012.dkr.ecr.ap-south-1.amazonaws.com/ips@sha256:${'a'.repeat(64)}`;

let world: World;
let calls: string[];
let ports: PortsDouble;
let github: GitHubApi;
let githubFails: { status: number; json: unknown } | undefined;

function call(name: string, input: unknown): unknown {
  const [service, operation] = name.split(':') as [ServiceId, string];
  const result = world.call({ service, operation, input, principal: root });
  if (result.kind === 'answer') return structuredClone(result.output);
  if (result.kind === 'reset') throw new Error('no faults here');
  const { code, message, status } = result.error;
  throw new AwsCallError(name, code, message, classifyAwsError(code, status));
}

beforeEach(() => {
  world = new World();
  calls = [];
  const aws: AwsCaller = {
    // biome-ignore lint/suspicious/noExplicitAny: the world's answers have the shapes of the SDK
    call: async (name, input): Promise<any> => {
      calls.push(name);
      return call(name, input);
    },
  };
  ports = createPorts(aws, '/temp');
  world.github.addRepository({ owner: 'acme', name: 'ips' });
  const token = world.github.addToken('acme/ips', { issues: 'write' });
  githubFails = undefined;
  const send = sendToLab(world, async () => githubFails);
  const settings = { apiUrl: '', repository: 'acme/ips', token, clock: ports.clock, send };
  github = createGitHubApi(settings);
  ports.files.set('task-definition.json', readFileSync(exampleFile, 'utf8'));
});

async function run(
  inputs: Record<string, string>,
  region = 'ap-south-1',
  environment: Record<string, string> = {},
): Promise<ActionResult> {
  const parsed = parseRender({ 'task-definition': 'task-definition.json', ...inputs });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return renderTaskDefinition(parsed.request, { ...ports, region, environment, github: () => github });
}

function createSecret(name: string): string {
  const { ARN } = call('secretsmanager:CreateSecret', { Name: name, SecretString: 'never-shown' }) as {
    ARN: string;
  };
  return ARN;
}

const secrets = 'ConnectionStrings__Default=ips/db-connection:url\nJwtSettings__SecretKey=ips/jwt-secret';

test("the guide's file: account, region and secrets come from AWS; ECS takes the result", async () => {
  const connection = createSecret('ips/db-connection');
  const jwt = createSecret('ips/jwt-secret');
  const result = await run({ image, secrets, environment: 'API_TOKEN=do-not-show', report: 'report.json' });
  const path = '/temp/task-definition.ips-api-task.json';
  expect(result).toMatchObject({
    ok: true,
    outputs: { 'task-definition': path, family: 'ips-api-task', image, changed: 'true' },
    report: { title: 'Task definition ips-api-task', outcome: 'rendered' },
  });
  expect(calls).toEqual([
    'secretsmanager:DescribeSecret',
    'secretsmanager:DescribeSecret',
    'sts:GetCallerIdentity',
  ]);
  const definition = JSON.parse(ports.files.get(path)!);
  expect(definition.containerDefinitions[0].secrets).toEqual([
    { name: 'ConnectionStrings__Default', valueFrom: `${connection}:url::` },
    { name: 'JwtSettings__SecretKey', valueFrom: jwt },
  ]);
  expect(definition.executionRoleArn).toBe('arn:aws:iam::123456789012:role/ecsTaskExecutionRole');
  expect(call('ecs:RegisterTaskDefinition', definition)).toMatchObject({ taskDefinition: { revision: 1 } });
  expect(renderSummary(result.report)).toContain(`+ "${image}"`);
  expect(JSON.stringify([result, ports.said, ports.files.get('report.json')])).not.toContain('do-not-show');
});

test('a registered definition, tags included, comes back without what ECS only puts out', async () => {
  const { family, containerDefinitions, ...others } = JSON.parse(ports.files.get('task-definition.json')!);
  call('ecs:RegisterTaskDefinition', {
    family,
    containerDefinitions,
    ...others,
    tags: [{ key: 'team', value: 'ips' }],
  });
  const result = await run({ 'task-definition': 'ips-api-task', image, output: 'out/td.json' });
  expect(result.outputs).toMatchObject({ 'task-definition': 'out/td.json', changed: 'true' });
  const definition = JSON.parse(ports.files.get('out/td.json')!);
  expect(definition.tags).toEqual([{ key: 'team', value: 'ips' }]);
  expect(Object.keys(definition)).not.toContain('revision');
  expect(call('ecs:RegisterTaskDefinition', definition)).toMatchObject({ taskDefinition: { revision: 2 } });
});

test('nothing to change: the file is written all the same, and says so', async () => {
  const first = await run({ image, output: 'a.json' });
  const second = await run({ 'task-definition': 'a.json', image, output: 'b.json' });
  expect([first.outputs['changed'], second.outputs['changed']]).toEqual(['true', 'false']);
  expect(second.report.outcome).toBe('unchanged');
  expect(ports.files.get('b.json')).toBe(ports.files.get('a.json'));
});

test('a dry run writes nothing', async () => {
  const result = await run({ image, 'dry-run': 'true' });
  expect([result.ok, result.report.outcome, [...ports.files.keys()]]).toEqual([
    true,
    'planned',
    ['task-definition.json'],
  ]);
  expect(result.outputs).toEqual({
    family: 'ips-api-task',
    image,
    changed: 'true',
    hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
});

describe('what is refused', () => {
  test('every problem at once, on its line of the file; nothing is written', async () => {
    const text = ports.files.get('task-definition.json')!.replace('"portMappings"', '"portMapings"');
    ports.files.set('task-definition.json', text.replace('"memory": "1024"', '"memory": "512"'));
    const result = await run({ secrets, image });
    expect(result.ok).toBe(false);
    expect(result.report.sections).toEqual([
      {
        kind: 'table',
        heading: 'What has to be corrected',
        columns: ['where', 'what'],
        rows: [
          [
            '(the inputs)',
            'Secret ips/db-connection, wanted for ConnectionStrings__Default, does not exist in Secrets Manager of this account and region.',
          ],
          [
            '(the inputs)',
            'Secret ips/jwt-secret, wanted for JwtSettings__SecretKey, does not exist in Secrets Manager of this account and region.',
          ],
          [
            'task-definition.json:11 /containerDefinitions/0/portMapings',
            '"portMapings" is no field here: "portMappings" is meant.',
          ],
          [
            'task-definition.json:6 /memory',
            'Fargate with cpu 512 takes memory 1024 to 4096 in steps of 1024 (MiB); "512" is not.',
          ],
        ],
      },
    ]);
    const lines = text.split('\n');
    const lineWith = (part: string): number => lines.findIndex((line) => line.includes(part)) + 1;
    expect(ports.annotations.map((each) => each.properties)).toEqual([
      { title: 'render-task-def' },
      { title: 'render-task-def' },
      { title: 'render-task-def', file: 'task-definition.json', startLine: lineWith('"portMapings"') },
      { title: 'render-task-def', file: 'task-definition.json', startLine: lineWith('"memory"') },
    ]);
    expect([...ports.files.keys()]).toEqual(['task-definition.json']);
  });

  test('a secret that is scheduled for deletion', async () => {
    createSecret('ips/jwt-secret');
    call('secretsmanager:DeleteSecret', { SecretId: 'ips/jwt-secret' });
    const result = await run({ secrets: 'JwtSettings__SecretKey=ips/jwt-secret' });
    expect(result.report.sentence).toBe(
      'One problem; nothing was written. Secret ips/jwt-secret, wanted for JwtSettings__SecretKey, is scheduled for deletion in Secrets Manager of this account and region.',
    );
  });

  test('a family that ECS does not know', async () => {
    await expect(run({ 'task-definition': 'nothing-here' })).rejects.toMatchObject({
      code: 'task-definition-not-found',
    });
  });

  test('placeholders without a region to fill them in', async () => {
    await expect(run({ image }, '')).rejects.toMatchObject({ code: 'region-missing' });
  });
});

const composeFile = join(exampleFile, '../docker-compose.yml');

/** ECS keeps what it is given: the same meaning gives the same hash. */
function hashOf(definition: unknown): string {
  return definitionHash(definition as Parameters<typeof definitionHash>[0]);
}

describe("the guide's move, from docker-compose", () => {
  const inputs = {
    'task-definition': '',
    'from-compose': 'docker-compose.yml',
    'compose-variables': 'ECR_REGISTRY=123456789012.dkr.ecr.ap-south-1.amazonaws.com',
    family: 'ips-api-task',
    size: 'small',
    'execution-role': 'ecsTaskExecutionRole',
    'task-role': 'ecsTaskRole',
    containers: 'ips-api: { logs: { streamPrefix: api } }',
  };

  beforeEach(() => {
    ports.files.set('docker-compose.yml', readFileSync(composeFile, 'utf8'));
  });

  test("the guide's service gives the guide's task definition", async () => {
    const names = ['ConnectionStrings__Default=db-connection', 'JwtSettings__SecretKey=jwt-secret'];
    const arns = names.map((name) => createSecret(name.split('=')[1]!));
    const result = await run({ ...inputs, secrets: names.join('\n'), output: 'out.json' });
    expect(result.report.sentence).toBe('A new definition from docker-compose.yml, written to out.json.');
    const made = JSON.parse(ports.files.get('out.json')!);
    const guide = JSON.parse(
      readFileSync(exampleFile, 'utf8')
        .replaceAll('arn:aws:iam::account-id', 'arn:aws:iam::123456789012')
        .replace('arn:aws:secretsmanager:region:account-id:secret:db-connection', arns[0]!)
        .replace('arn:aws:secretsmanager:region:account-id:secret:jwt-secret', arns[1]!),
    );
    expect(normalForm(made)).toEqual(normalForm(guide));
    expect(result.outputs['hash']).toBe(hashOf(guide));
    expect(call('ecs:RegisterTaskDefinition', made)).toMatchObject({ taskDefinition: { revision: 1 } });
  });

  test('what is wrong is told on the lines of the compose file, with what comes of the checks', async () => {
    const text = ports.files.get('docker-compose.yml')!;
    ports.files.set('docker-compose.yml', text.replace('"80:5000"', '"80:5000"\n      - "81:5000/sctp"'));
    const { 'execution-role': _, ...others } = inputs;
    const result = await run(others);
    const lineOf = (part: string): number =>
      ports.files
        .get('docker-compose.yml')!
        .split('\n')
        .findIndex((line) => line.includes(part)) + 1;
    expect(result.outputs).toEqual({});
    expect(ports.annotations.map(({ level, properties }) => [level, properties])).toEqual([
      ['error', { title: 'render-task-def', file: 'docker-compose.yml', startLine: lineOf('sctp') }],
      ...[1, 2].map(() => ['error', { title: 'render-task-def', file: 'docker-compose.yml', startLine: 1 }]),
    ]);
  });

  test('a variable that must be set is asked for, and the env of the step may set it', async () => {
    const { 'compose-variables': _, ...others } = inputs;
    const result = await run(others);
    expect(result.report.sentence).toContain('variable ECR_REGISTRY must be set');
    expect((await run(others, 'ap-south-1', { ECR_REGISTRY: 'registry.example.com' })).ok).toBe(true);
  });
});

describe('several containers, one map that quotes nothing away', () => {
  const containers = `
web:
  image: web:2
  environment:
    VERSION: 1.10
    ZEROS: 0755
    WORD: yes
    EQUALS: a=b=c
    QUOTES: '"kept"'
    EMPTY: ""
  environmentRemove: [GONE]
  command: ["node", "server.js", "--flag=two words"]
  logs: { group: /shop/web }
  healthCheck: { interval: 15 }
side:
  environment: |
    LINE=c="d e" # no comment
  memory: 256
  essential: false
`;
  const definition = {
    family: 'shop',
    memory: '1024',
    executionRoleArn: 'arn:aws:iam::123456789012:role/x',
    containerDefinitions: [
      {
        name: 'web',
        image: 'web:1',
        environment: [{ name: 'GONE', value: '1' }],
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-region': 'ap-south-1' } },
        healthCheck: { command: ['CMD', 'true'], timeout: 9 },
      },
      { name: 'side', image: 'side:1' },
    ],
  };

  test('each value arrives as it was written', async () => {
    ports.files.set('shop.json', JSON.stringify(definition));
    await run({ 'task-definition': 'shop.json', containers, output: 'out.json' });
    expect(JSON.parse(ports.files.get('out.json')!).containerDefinitions).toEqual([
      {
        name: 'web',
        image: 'web:2',
        environment: [
          { name: 'VERSION', value: '1.10' },
          { name: 'ZEROS', value: '0755' },
          { name: 'WORD', value: 'yes' },
          { name: 'EQUALS', value: 'a=b=c' },
          { name: 'QUOTES', value: '"kept"' },
          { name: 'EMPTY', value: '' },
        ],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-region': 'ap-south-1', 'awslogs-group': '/shop/web' },
        },
        healthCheck: { command: ['CMD', 'true'], timeout: 9, interval: 15 },
        command: ['node', 'server.js', '--flag=two words'],
      },
      {
        name: 'side',
        image: 'side:1',
        environment: [{ name: 'LINE', value: 'c="d e" # no comment' }],
        memory: 256,
        essential: false,
      },
    ]);
  });

  test('slips are told with their line, all at once', async () => {
    ports.files.set('shop.json', JSON.stringify(definition));
    const wrong = 'wev:\n  image: a\nweb:\n  comand: [a]\n  command: npm start\n  cpu: half\n';
    const result = await run({ 'task-definition': 'shop.json', containers: wrong });
    expect(ports.annotations.map((each) => each.message)).toEqual([
      'Input containers, line 4: "comand" is nothing that web has: "command" is meant.',
      'Input containers, line 6: cpu of web is a whole number.',
      'Input containers, line 5: command of web is a list of texts, such as ["node", "server.js"]: one text is never cut into words.',
      '/containerDefinitions: There is no container "wev"; there are web, side.',
    ]);
    expect(result.ok).toBe(false);
  });
});

describe('the comment on the pull request', () => {
  const inputs = { image, comment: 'true', 'github-token': 'ghs_secret' };
  const comments = (): readonly { readonly body: string }[] => [
    ...world.github.repository('acme/ips').comments.values(),
  ];

  beforeEach(async () => {
    await github.addIssue('A change', '', 'change');
    Object.assign(ports.context, { ref: 'refs/pull/1/merge' });
    for (let number = 0; number < 120; number++) await github.addComment(1, `talk ${number}`);
  });

  test('is one, updated; values that look like secrets are not in it', async () => {
    await run({ ...inputs, environment: 'API_TOKEN=do-not-show' });
    await run({ ...inputs, image: 'web:3' });
    await run({ ...inputs, image: 'web:3' });
    const said = ports.said.filter((line) => line.includes('pull request'));
    expect(said.map((line) => line.replace(/^\S+\s+/, ''))).toEqual([
      'Commented on pull request 1.',
      'Updated the comment on pull request 1.',
      'The comment on pull request 1 says so already.',
    ]);
    const ours = comments().filter(({ body }) => body.includes('Task definition ips-api-task'));
    expect(ours).toHaveLength(1);
    expect(ours[0]!.body).toContain('+ "web:3"');
    expect(JSON.stringify(comments())).not.toContain('do-not-show');
  });

  test('that cannot be written is a notice, not a failure', async () => {
    githubFails = { status: 403, json: { message: 'Resource not accessible by integration' } };
    const result = await run(inputs);
    expect([result.ok, result.report.events.at(-1)?.message]).toEqual([
      true,
      'Comments of pull request 1 could not be read: GitHub: the github-token may not do this (403: Resource not accessible by integration).',
    ]);
    Object.assign(ports.context, { ref: 'refs/heads/main' });
    expect((await run(inputs)).report.events.at(-1)?.message).toContain('for no pull request');
  });
});

describe('a running service, and what is looked up', () => {
  const inputs = { 'task-definition': '', cluster: 'ips-api-cluster', service: 'ips-api-service' };

  beforeEach(() => {
    const definition = JSON.parse(readFileSync(exampleFile, 'utf8').replaceAll('account-id', '123456789012'));
    const [web] = definition.containerDefinitions;
    delete web.secrets;
    call('ecs:RegisterTaskDefinition', {
      ...definition,
      tags: [{ key: 'ips-deploy:promoted', value: 'now' }],
    });
    call('ecs:CreateCluster', { clusterName: 'ips-api-cluster' });
    const { TargetGroups } = call('elasticloadbalancing:CreateTargetGroup', {
      Name: 'ips-api-targets',
      Protocol: 'HTTP',
      Port: 5000,
      VpcId: 'vpc-1',
      TargetType: 'ip',
    }) as { TargetGroups: { TargetGroupArn: string }[] };
    const { TargetGroupArn } = TargetGroups[0]!;
    const { LoadBalancers } = call('elasticloadbalancing:CreateLoadBalancer', {
      Name: 'ips-api-alb',
      Subnets: ['subnet-a', 'subnet-b'],
    }) as { LoadBalancers: { LoadBalancerArn: string }[] };
    call('elasticloadbalancing:CreateListener', {
      LoadBalancerArn: LoadBalancers[0]!.LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    });
    call('ecs:CreateService', {
      cluster: 'ips-api-cluster',
      serviceName: 'ips-api-service',
      taskDefinition: 'ips-api-task',
      desiredCount: 1,
      launchType: 'FARGATE',
      healthCheckGracePeriodSeconds: 30,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
      loadBalancers: [{ targetGroupArn: TargetGroupArn, containerName: 'ips-api', containerPort: 5000 }],
    });
  });

  test("the service's own definition is the source; marks of its revision stay behind", async () => {
    const result = await run({ ...inputs, image: 'web:2', output: 'out.json' });
    expect(result.report.sentence).toBe('1 change to ips-api-task:1, written to out.json.');
    expect(JSON.parse(ports.files.get('out.json')!).tags).toBeUndefined();
  });

  test('a file is compared with what runs, and checked against load balancer and grace period', async () => {
    const text = readFileSync(exampleFile, 'utf8').replace('"retries": 3', '"retries": 3, "startPeriod": 31');
    ports.files.set('task-definition.json', text.replace('"containerPort": 5000', '"containerPort": 5001'));
    const { 'task-definition': _, ...service } = inputs;
    const result = await run({ ...service, 'task-definition': 'task-definition.json' });
    expect(result.report.sentence).toBe(
      'One problem; nothing was written. The load balancer of service ips-api-service sends to port 5000 of ips-api; its ports are 5001.',
    );
    expect(ports.annotations.map(({ level, message }) => [level, message.split(':')[0]])).toEqual([
      ['warning', '/containerDefinitions/0/healthCheck/startPeriod'],
      ['error', '/containerDefinitions/0/portMappings'],
    ]);
  });

  test('with credentials everything that is not there is told at once', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIA' };
    const result = await run({ ...inputs, image }, 'ap-south-1', environment);
    expect(result.report.events.filter(({ level }) => level === 'error').map(({ code }) => code)).toEqual([
      'taskdef.role-missing',
      'taskdef.role-missing',
      'taskdef.image-missing',
      'taskdef.log-group-missing',
    ]);
    const unlogged = await run({ ...inputs, 'log-group': '/ecs/nowhere' }, 'ap-south-1', environment);
    expect(unlogged.report.events.map(({ code }) => code)).toContain('taskdef.log-group-missing');
    expect((await run({ ...inputs, image, 'check-aws': 'false' }, 'ap-south-1', environment)).ok).toBe(true);
  });

  describe('parameters of Systems Manager', () => {
    const arn = 'arn:aws:ssm:ap-south-1:123456789012:parameter/ips/key';
    /** Revision 2 of the family, by what its container's secrets name. */
    const look = async (...parameters: readonly string[]) => {
      const { taskDefinition } = call('ecs:DescribeTaskDefinition', { taskDefinition: 'ips-api-task' }) as {
        // biome-ignore lint/suspicious/noExplicitAny: as ECS answers it
        taskDefinition: any;
      };
      const [web] = taskDefinition.containerDefinitions;
      const named = parameters.map((valueFrom, index) => ({ name: `KEY_${index}`, valueFrom }));
      call('ecs:RegisterTaskDefinition', {
        ...taskDefinition,
        containerDefinitions: [{ ...web, image: 'nginx:1', secrets: named }],
      });
      calls = [];
      const result = await run({ 'task-definition': 'ips-api-task', 'check-aws': 'true' });
      const told = result.report.events.filter(({ code }) => /secret-missing|unchecked/.test(code));
      return told.map(({ code, message }) => `${code}: ${message}`);
    };

    test('those that are there are not spoken of, and their values are not read', async () => {
      call('ssm:PutParameter', { Name: '/ips/key', Value: 'never-shown', Type: 'SecureString' });
      expect(await look('/ips/key', arn, arn)).toEqual([]);
      expect(calls.filter((name) => /^(ssm|sts):/.test(name)).sort()).toEqual([
        'ssm:ListTagsForResource',
        'ssm:ListTagsForResource',
        'sts:GetCallerIdentity',
      ]);
    });

    test('those that are gone are problems', async () => {
      const gone =
        'is not usable: parameter /ips/key does not exist any more. No task would start without it.';
      expect(await look('/ips/key', arn)).toEqual([
        `taskdef.secret-missing: The secret of KEY_0 ${gone}`,
        `taskdef.secret-missing: The secret of KEY_1 ${gone}`,
      ]);
    });

    test('those of another region or account are said to be unchecked', async () => {
      expect(await look(arn.replace('ap-south-1', 'eu-west-1'), arn.replace('1234', '9999'))).toEqual([
        'taskdef.unchecked: The secret of KEY_0 was not looked up: it is a parameter of eu-west-1, and this job is in ap-south-1.',
        'taskdef.unchecked: The secret of KEY_1 was not looked up: it is a parameter of the account 999956789012.',
      ]);
    });
  });

  test('plain values that look like secrets: told, refused or let through, never shown', async () => {
    const leak = { ...inputs, environment: 'DB_PASSWORD=correct horse battery' };
    const warned = await run(leak);
    expect([warned.ok, warned.report.events.map(({ code }) => code)]).toEqual([
      true,
      expect.arrayContaining(['taskdef.plain-secret']),
    ]);
    expect((await run({ ...leak, 'plain-secrets': 'refuse' })).ok).toBe(false);
    const allowed = await run({ ...leak, 'plain-secrets': 'allow' });
    expect(allowed.report.events.map(({ code }) => code)).not.toContain('taskdef.plain-secret');
    expect(JSON.stringify([warned, allowed, ports.said])).not.toContain('battery');
  });
});
