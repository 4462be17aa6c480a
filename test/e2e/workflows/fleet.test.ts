/** fleet.yml, run for real: twenty services in four waves, one of them a service that cannot bear the release. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { flattened } from '../../support/flatten-workflow.ts';
import { guideWords } from '../../support/policies.ts';
import { root } from '../../support/source-files.ts';
import { toolAvailable } from '../../support/tools.ts';
import { createRole, type GuideRegion, productionSubject, repository } from './region.ts';
import { runDeadlineMs, setUpTeam, starter, type Team, tellingOutputs } from './team.ts';

const withAct = toolAvailable('act', 'test/e2e/workflows/fleet') ? describe : describe.skip;

const names = Array.from({ length: 20 }, (_, index) => `fleet-${String(index + 1).padStart(2, '0')}`);
/** Two, then 30 % of twenty, then eight, then the rest. */
const sizes = '2,30%,8';
const waves = [names.slice(0, 2), names.slice(2, 8), names.slice(8, 16), names.slice(16)] as const;
const bad = 'fleet-05';
const full = (name: string): string => `ap-south-1/ips-api-cluster/${name}`;

interface Told {
  readonly region: string;
  readonly cluster: string;
  readonly service: string;
  readonly wave: number;
  readonly outcome: string;
  readonly cause: string;
}

/** The starter, with its services, its waves and what the release is told as inputs. */
const fleet = tellingOutputs(
  `${starter('fleet.yml')
    .replace(
      'run-name:',
      `      services:\n        required: true\n      waves:\n        default: ${sizes}\n      release:\n        default: good\n      tag:\n        default: ''\n$&`,
    )
    .replace('waves: 1,5', `waves: \${{ inputs.waves }}`)
    .replace(
      /services: \|\n.*\n$/,
      `services: \${{ inputs.services }}\n`,
    )}      environment-variables: RELEASE=\${{ inputs.release }}
      git-tag: \${{ inputs.tag }}
      issue-on-rollback: true
`,
  'fleet',
);

/** The text of the part, as the copy of the kit has it. */
const wave = (name: string): string =>
  readFileSync(join(root, '.github/workflows', `${name}.yml`), 'utf8').replaceAll(
    /uses: \$\/(\S+)/g,
    'uses: org/ips-deploy-actions/$1@flat',
  );

/** Of each service: its revision, and the variable of its tasks that a release sets. */
type Fleet = Readonly<Record<string, { readonly revision: number; readonly release: string }>>;

withAct('fleet.yml', () => {
  let team: Team;
  let image: string;

  beforeAll(async () => {
    team = await setUpTeam({
      versions: {
        flat: (text) => (text.includes('name: Deploy a fleet to ECS\n') ? flattened(text, wave) : text),
      },
      workflows: { 'fleet.yml': fleet, 'flat.yml': fleet.replace('@v1', '@flat') },
      prepare: async (guide) => {
        image = `${guide.admin['LAB_REGISTRY']}/lab/node:24`;
        await createFleet(guide, image);
        const words = { ...guideWords, SERVICE: 'fleet-*', FAMILY: 'fleet-*' };
        const role = createRole(guide.region, 'fleet', productionSubject, words);
        return { variables: { DEPLOY_ROLE_ARN: role } };
      },
    });
  }, 60_000);

  afterAll(() => team?.close());

  const run = (exitCode: 0 | 1, inputs: Readonly<Record<string, string>> = {}, workflow = 'fleet.yml') =>
    team.run(
      {
        event: 'workflow_dispatch',
        workflow,
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
      tag: hostile,
    });
    expect(log).toContain('"fleet-01" stands there twice.');
    expect(log).toContain('Input "services": "a/b/c/d" is none.');
    expect(log).toContain('Input "waves": up to nine numbers or shares');
    expect(log).toContain('Input "git-tag": a tag name');
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
      const { log } = await run(1, { release: 'heavy', tag: 'heavy' }, 'flat.yml');
      const after = fleetOf(team.guide);
      const good = [...waves[0], ...waves[1]].filter((name) => name !== bad);
      for (const name of good) expect([name, after[name]!.release]).toEqual([name, 'heavy']);
      expect(after[bad]).toEqual(before[bad]);
      const untouched = [...waves[2], ...waves[3]];
      for (const name of untouched) expect([name, after[name]]).toEqual([name, before[name]]);
      // act keeps the outputs of a called workflow that failed from its caller, GitHub does not.
      expect(log).toContain('::set-output:: outcome=stopped');
      expect(log).toContain('::set-output:: stopped-at=2');
      expect(log).toContain(`::set-output:: bad=${full(bad)}\n`);
      expect(log).toContain(`::set-output:: not-reached=${untouched.map(full).join(' ')}\n`);
      const told = JSON.parse(
        /::set-output:: services=(\[\{"region".*\])$/m.exec(log)![1]!,
      ) as readonly Told[];
      expect(told.map(({ service, wave, outcome, cause }) => [service, wave, outcome, cause])).toEqual(
        waves.flatMap((services, index) =>
          services.map((name) =>
            index > 1
              ? [name, index + 1, 'not-reached', '']
              : name === bad
                ? [name, 2, 'rolled-back', 'container-exited']
                : [name, index + 1, 'succeeded', ''],
          ),
        ),
      );
      expect(log).toMatch(/Summary - ### ❌ Stopped at wave 2: 1 bad, 12 not reached/);
      const { issues, refs } = team.guide.region.lab.world.github.repository(repository);
      const [issue] = [...issues.values()];
      expect([issues.size, issue!.title]).toEqual([1, 'Fleet: stopped at wave 2']);
      expect(issue!.body).toContain(`| ❌ | ${full(bad)} | 2 | rolled-back | container-exited |\n`);
      expect(issue!.body).toContain(`| ⏸️ | ${full('fleet-20')} | 4 | not-reached |  |`);
      expect(refs.has('refs/tags/heavy')).toBe(false);
    },
    runDeadlineMs,
  );

  test(
    'brings a good release to every service',
    async () => {
      const some = names.slice(0, 4);
      const sha = team.commit('Light');
      const lines = `${full(some[0]!)}\n\n${some.slice(1).join(', ')}`;
      const { log, outputs } = await run(0, {
        services: lines,
        release: 'light',
        waves: 'lines',
        tag: 'light-{sha7}',
      });
      const told = some.map((service, index) => ({
        region: 'ap-south-1',
        cluster: 'ips-api-cluster',
        service,
        wave: index === 0 ? 1 : 2,
        outcome: 'succeeded',
        cause: '',
      }));
      const tag = `light-${sha.slice(0, 7)}`;
      expect({ ...outputs, services: JSON.parse(outputs['services']!) }).toEqual({
        outcome: 'succeeded',
        'stopped-at': '',
        services: told,
        bad: '',
        'not-reached': '',
        'git-tag': tag,
        issue: '',
      });
      expect(log).toMatch(/Summary - ### ✅ Every service has the image/);
      expect(team.guide.region.lab.world.github.repository(repository).refs.get(`refs/tags/${tag}`)).toBe(
        sha,
      );
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
