/** fleet.yml, run for real: twenty services in three waves, one of them a service that cannot bear the release. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { guideWords } from '../../support/policies.ts';
import { toolAvailable } from '../../support/tools.ts';
import { createRole, type GuideRegion, productionSubject } from './region.ts';
import { runDeadlineMs, setUpTeam, starter, type Team, tellingOutputs } from './team.ts';

const withAct = toolAvailable('act', 'test/e2e/workflows/fleet') ? describe : describe.skip;

const names = Array.from({ length: 20 }, (_, index) => `fleet-${String(index + 1).padStart(2, '0')}`);
const waves = [names.slice(0, 2), names.slice(2, 8), names.slice(8)] as const;
const bad = 'fleet-05';

/** The starter, with its services, its waves and what the release is told as inputs. */
const fleet = tellingOutputs(
  `${starter('fleet.yml')
    .replace(
      'run-name:',
      `      services:\n        required: true\n      waves:\n        default: 2,6\n      release:\n        default: good\n$&`,
    )
    .replace('waves: 1,5', `waves: \${{ inputs.waves }}`)
    .replace(
      /services: \|\n.*\n$/,
      `services: \${{ inputs.services }}\n`,
    )}      environment-variables: RELEASE=\${{ inputs.release }}\n`,
  'fleet',
);

/** Of each service: its revision, and the variable of its tasks that a release sets. */
type Fleet = Readonly<Record<string, { readonly revision: number; readonly release: string }>>;

withAct('fleet.yml', () => {
  let team: Team;
  let image: string;

  beforeAll(async () => {
    team = await setUpTeam({
      workflows: { 'fleet.yml': fleet },
      prepare: async (guide) => {
        image = `${guide.admin['LAB_REGISTRY']}/lab/node:24`;
        await createFleet(guide, image);
        const words = { ...guideWords, SERVICE: 'fleet-*', FAMILY: 'fleet-*' };
        const actions = ['render-task-def', 'rolling-deploy'];
        const role = createRole(guide.region, 'fleet', productionSubject, actions, words);
        return { variables: { DEPLOY_ROLE_ARN: role } };
      },
    });
  }, 60_000);

  afterAll(() => team?.close());

  const run = (exitCode: 0 | 1, inputs: Readonly<Record<string, string>> = {}) =>
    team.run(
      {
        event: 'workflow_dispatch',
        workflow: 'fleet.yml',
        inputs: { services: names.join('\n'), image, ...inputs },
      },
      exitCode,
    );

  test('says all that is wrong with its inputs before it asks for credentials', async () => {
    const before = fleetOf(team.guide);
    const hostile = '$(touch "$RESULTS/injected");`id`';
    const { log } = await run(1, {
      services: `fleet-01 fleet-01 ${hostile} a/b/c/d`,
      waves: hostile,
      image: `x\n${hostile}`,
    });
    expect(log).toContain('"fleet-01" stands there twice.');
    expect(log).toContain('Input "services": "a/b/c/d" is none.');
    expect(log).toContain('Input "waves": up to three numbers');
    expect(log).toContain('Input "image": one reference');
    expect(log).toMatch(/Summary - ### ❌ Nothing was changed/);
    expect(log).not.toContain('Main Credentials');
    expect(team.injected()).toEqual([]);
    expect(fleetOf(team.guide)).toEqual(before);
  });

  test(
    'stops at the first bad wave: its bad service goes back, the waves after it stay as they are',
    async () => {
      const before = fleetOf(team.guide);
      const { log } = await run(1, { release: 'heavy' });
      const after = fleetOf(team.guide);
      const good = [...waves[0], ...waves[1]].filter((name) => name !== bad);
      for (const name of good) expect([name, after[name]!.release]).toEqual([name, 'heavy']);
      expect(after[bad]).toEqual(before[bad]);
      for (const name of waves[2]) expect([name, after[name]]).toEqual([name, before[name]]);
      // act keeps the outputs of a called workflow that failed from its caller, GitHub does not.
      expect(log).toContain('::set-output:: outcome=stopped');
      expect(log).toContain('::set-output:: stopped-at=2');
      expect(log).toContain(`::set-output:: untouched=${waves[2].join(' ')}`);
      expect(log).toContain('::set-output:: cause=container-exited');
      expect(log).toMatch(/Summary - ### ❌ Stopped at wave 2/);
    },
    runDeadlineMs,
  );

  test(
    'brings a good release to every service',
    async () => {
      const some = names.slice(0, 4);
      const { outputs } = await run(0, { services: some.join(','), release: 'light', waves: '1' });
      expect(outputs).toEqual({ outcome: 'succeeded', 'stopped-at': '', untouched: '' });
      const after = fleetOf(team.guide);
      for (const name of some) expect([name, after[name]!.release]).toEqual([name, 'light']);
    },
    runDeadlineMs,
  );
});

/** Services of one task each, without a load balancer; the bad one cannot bear a heavy release. */
async function createFleet({ region }: GuideRegion, image: string): Promise<void> {
  const { lab, stage } = region;
  for (const name of names) {
    const crash = name === bad ? "if (process.env.RELEASE === 'heavy') process.exit(1);" : '';
    lab.clock.poke();
    const { taskDefinition } = lab.world.must('ecs', 'RegisterTaskDefinition', {
      family: name,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
      containerDefinitions: [
        {
          name: 'api',
          image,
          command: [
            'node',
            '-e',
            `${crash}setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0))`,
          ],
          environment: [{ name: 'RELEASE', value: 'first' }],
        },
      ],
    }) as { taskDefinition: { taskDefinitionArn: string } };
    lab.world.must('ecs', 'CreateService', {
      cluster: guideWords['CLUSTER'],
      serviceName: name,
      taskDefinition: taskDefinition.taskDefinitionArn,
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: stage.subnets, assignPublicIp: 'ENABLED' } },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
  }
  while (servicesOf(region).some((service) => service.runningCount !== 1)) await sleep(100);
}

function servicesOf({ lab }: GuideRegion['region']) {
  return [names.slice(0, 10), names.slice(10)].flatMap(
    (services) =>
      (
        lab.world.must('ecs', 'DescribeServices', { cluster: guideWords['CLUSTER'], services }) as {
          services: { serviceName: string; taskDefinition: string; runningCount: number }[];
        }
      ).services,
  );
}

function fleetOf({ region }: GuideRegion): Fleet {
  return Object.fromEntries(
    servicesOf(region).map(({ serviceName, taskDefinition }) => {
      const { taskDefinition: definition } = region.lab.world.must('ecs', 'DescribeTaskDefinition', {
        taskDefinition,
      }) as {
        taskDefinition: {
          revision: number;
          containerDefinitions: { environment: { name: string; value: string }[] }[];
        };
      };
      const release = definition.containerDefinitions[0]!.environment.find(({ name }) => name === 'RELEASE');
      return [serviceName, { revision: definition.revision, release: release!.value }];
    }),
  );
}
