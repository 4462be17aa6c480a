/** Every way to fail that the world knows is told by its own name, with the place and the numbers in question. */
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { describe, expect, test } from '@jest/globals';
import type { FaultEffect } from '../../../src/lab/world/faults/script.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import type { Report } from '../../../src/report/report.ts';
import { renderSummary } from '../../../src/report/summary.ts';
import { putAlarm } from '../alarm.ts';
import {
  cluster,
  definitionOf,
  deploy,
  makeRegion,
  type RegionOptions,
  runningImages,
  service,
} from './region.ts';

type Definition = (image: string) => RegisterTaskDefinitionRequest;

/** The guide's definition with its one container changed. */
const withContainer =
  (change: Partial<ContainerDefinition>): Definition =>
  (image) => {
    const definition = definitionOf(image);
    return { ...definition, containerDefinitions: [{ ...definition.containerDefinitions![0]!, ...change }] };
  };

const check = { command: ['CMD-SHELL', 'curl -f http://localhost:5000/health'], interval: 5, retries: 2 };
const region = 'ap-south-1';
const missing = {
  secret: 'arn:aws:secretsmanager:ap-south-1:123456789012:secret:nowhere-AbCdEf',
  parameter: 'arn:aws:ssm:ap-south-1:123456789012:parameter/ips/nowhere',
};

describe('the cause, and what the sentence says of it', () => {
  test.each<[string, string, string, RegionOptions, Definition?]>([
    [
      'no such image',
      'image-not-found',
      'The image of ips-api does not exist',
      { apps: { bad: badApps.pullFails } },
    ],
    [
      'a pull that is refused',
      'image-pull-denied',
      'ECS may not pull the image of ips-api',
      {
        apps: {
          bad: {
            startFailure:
              'CannotPullContainerError: pull access denied: not authorized to perform: ecr:BatchGetImage',
          },
        },
      },
    ],
    [
      'an image for another processor',
      'image-platform-mismatch',
      'another processor architecture',
      {
        apps: {
          bad: {
            startFailure:
              "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'.",
          },
        },
      },
    ],
    [
      'a program for another processor, told by its log only',
      'image-platform-mismatch',
      'another processor architecture',
      {
        apps: { bad: { ...badApps.crashAtStart, exitCode: 255, crashLog: ['exec /app: exec format error'] } },
      },
    ],
    [
      'no such secret',
      'secret-not-found',
      missing.secret,
      {},
      withContainer({ secrets: [{ name: 'KEY', valueFrom: missing.secret }] }),
    ],
    [
      'no such log group',
      'log-group-missing',
      'The log group of the task definition does not exist',
      {},
      withContainer({
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': '/ecs/nowhere',
            'awslogs-region': region,
            'awslogs-stream-prefix': 'api',
          },
        },
      }),
    ],
    [
      'an exit',
      'container-exited',
      'Container ips-api exits by itself (exit code 3), and it is essential.',
      { apps: { bad: { ...badApps.crashAtStart, exitCode: 3 } } },
    ],
    [
      'a signal',
      'container-exited',
      'exit code 139, SIGSEGV',
      { apps: { bad: { ...badApps.crashAtStart, exitCode: 139 } } },
    ],
    [
      'out of memory',
      'out-of-memory',
      'needs more memory',
      { apps: { bad: { ...badApps.outOfMemory, crashAfterMs: 2000 } } },
    ],
    [
      'a container check that fails',
      'container-health',
      'Container ips-api runs, but fails the health check',
      { apps: { bad: badApps.neverHealthy } },
      withContainer({ healthCheck: check }),
    ],
    [
      'a wrong answer',
      'target-health-code',
      'path /health, port 5000, answered 503, expected 200',
      { apps: { bad: badApps.neverHealthy } },
    ],
    [
      'no answer, as behind a security group',
      'target-health-timeout',
      'path /health, port 5000 within 5 s',
      { apps: { bad: { healthHangs: true } } },
    ],
    [
      'a port that is not listened on',
      'port-mismatch',
      'path /health, port 5000; its log names port 8080',
      { apps: { bad: badApps.wrongPort } },
    ],
    [
      'a start longer than the grace period',
      'grace-too-short',
      'where 30 s are allowed',
      { apps: { bad: badApps.slowStart } },
    ],
    [
      "a start longer than the container's check allows",
      'grace-too-short',
      'up after 33 s',
      { apps: { bad: { startMs: 33_000, sigtermMs: 20_000 } } },
      withContainer({ healthCheck: { ...check, interval: 5, retries: 1 } }),
    ],
  ])('%s', async (_name, cause, words, options, definition = definitionOf) => {
    const here = await makeRegion(options);
    const { outputs, report } = await deploy(here, 'bad', {}, definition);
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause,
    });
    expect(report.sentence).toContain(words);
    expect(report.docs).toBe(`docs/troubleshooting.md#${cause}`);
    // It is said once.
    expect(report.sentence.match(/Seen in/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(runningImages(here)).toEqual({ 'good-1': 3 });
  });

  test('no capacity: given up after as many failures as for any other cause', async () => {
    const here = await makeRegion();
    here.world.ecs.failCapacity(true);
    // ECS needs room for the way back as well.
    void here.time.sleep(100_000).then(() => here.world.ecs.failCapacity(false));
    const { outputs, report } = await deploy(here, 'good-2');
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'no-capacity',
    });
    expect(report.sentence).toContain('Capacity is unavailable at this time');
    const { events } = report;
    const given = events.find(({ code }) => code === 'rollout.failed');
    expect(given!.at - report.startedAt).toBeLessThan(90_000);
    expect(runningImages(here)).toEqual({ 'good-1': 3 });
  });

  test('an alarm', async () => {
    const here = await makeRegion();
    const alarm = 'checkout-errors';
    putAlarm(here.world, alarm, { TreatMissingData: 'notBreaching' });
    const alarms = { alarmNames: [alarm], enable: true, rollback: true };
    here.world.must('ecs', 'UpdateService', { cluster, service, deploymentConfiguration: { alarms } });
    here.world.loadFaults({
      rules: [],
      events: [{ id: 'ring', atMs: 30_000, event: { kind: 'alarm', name: alarm, state: 'ALARM' } }],
    });
    const { outputs, report } = await deploy(here, 'good-2');
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'deployment-alarm',
    });
    expect(report.sentence).toContain(alarm);
  });
});

describe('sidecars', () => {
  const withSidecar: Definition = (image) => {
    const definition = definitionOf(image);
    const [app] = definition.containerDefinitions!;
    return {
      ...definition,
      containerDefinitions: [
        {
          ...app!,
          name: 'agent',
          image: 'registry.example.com/agent:agent',
          essential: false,
          portMappings: [],
        },
        { ...app!, name: 'proxy', image: 'registry.example.com/proxy:proxy', portMappings: [] },
        app!,
      ],
    };
  };
  const rowsOf = ({ sections }: Report): string =>
    JSON.stringify(sections.find(({ heading }) => heading === 'Stopped tasks'));

  test('the container that decided is told from those that ECS stopped, and from one that does not count', async () => {
    const here = await makeRegion({
      apps: {
        bad: badApps.crashAtStart,
        agent: { crashAfterMs: 500, exitCode: 9 },
        proxy: { sigtermExitCode: 143 },
      },
    });
    const { outputs, report } = await deploy(here, 'bad', {}, withSidecar);
    expect(outputs['cause']).toBe('container-exited');
    expect(report.sentence).toContain('Container ips-api exits by itself (exit code 1)');
    expect(rowsOf(report)).toContain('ips-api exit 1 (decided)');
    expect(rowsOf(report)).toContain('agent exit 9 (not essential)');
    expect(rowsOf(report)).toContain('proxy exit 143 (stopped with it)');
    expect(report.sections.some(({ heading }) => /container ips-api in task/.test(heading))).toBe(true);
  });

  test('an essential sidecar that crashes is the one that is named', async () => {
    const here = await makeRegion({
      apps: { bad: {}, agent: {}, proxy: { ...badApps.crashAtStart, exitCode: 7 } },
    });
    const { report } = await deploy(here, 'bad', {}, withSidecar);
    expect(report.sentence).toContain('Container proxy exits by itself (exit code 7)');
  });
});

describe('a diagnosis never stands in the way of the verdict', () => {
  const secondsWith = async (effect?: FaultEffect, operations: readonly string[] = []): Promise<number> => {
    const here = await makeRegion({ apps: { bad: badApps.crashAtStart } });
    // From when the tasks have begun: what begins the deployment is not disturbed.
    const rules = operations.map((operation) => ({ id: operation, match: { operation }, fromMs: 15_000 }));
    if (effect !== undefined) {
      here.world.loadFaults({ rules: rules.map((rule) => ({ ...rule, effect })), events: [] });
    }
    const { outputs, report } = await deploy(here, 'bad');
    expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
      outcome: 'rolled-back',
      cause: 'container-exited',
    });
    const headings = report.sections.map(({ heading }) => heading);
    expect(headings.includes('What could not be read')).toBe(effect !== undefined);
    return Number(outputs['duration-seconds']);
  };

  test.each<[string, FaultEffect, readonly string[]]>([
    ['denied', { kind: 'access-denied' }, ['GetLogEvents', 'DescribeTargetHealth', 'DescribeTaskDefinition']],
    ['throttled', { kind: 'throttle' }, ['GetLogEvents', 'DescribeTaskDefinition']],
    ['no log for ten minutes', { kind: 'slow', ms: 600_000 }, ['GetLogEvents']],
    ['no definition for ten minutes', { kind: 'slow', ms: 600_000 }, ['DescribeTaskDefinition']],
  ])('%s', async (_name, effect, operations) => {
    const undisturbed = await secondsWith();
    expect((await secondsWith(effect, operations)) - undisturbed).toBeLessThanOrEqual(32);
  });
});

describe('what an application says cannot leave its place', () => {
  test('commands, markup, pictures and direction marks in its log', async () => {
    const evil = [
      '::error title=owned::owned by a log line',
      'ok\r::set-output name=outcome::succeeded',
      'x ##[add-mask]a',
      '```\n</details>\n# owned\n<img src=x onerror=alert(1)>',
      '| a | b |\n[click](https://evil.example)',
      '\u001b[2J\u001b]0;owned\u0007\u202eowned',
      '%%{init: {"securityLevel": "loose"}}%%',
    ];
    const here = await makeRegion({ apps: { bad: { ...badApps.crashAtStart, crashLog: evil } } });
    const { report } = await deploy(here, 'bad');
    const summary = renderSummary(report);
    // Inside of the fence of the log everything is text, and the fence is longer than any in it.
    const log = /#### Last \d+ lines of container ips-api[^\n]*\n\n(`{4,})\n([\s\S]*?)\n\1/.exec(summary);
    expect(log?.[2]).toContain('owned by a log line');
    const outside = summary.replace(log![0], '');
    expect(outside).not.toMatch(/owned|evil\.example|<img/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(summary).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202e]/);
  });
});
