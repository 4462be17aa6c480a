/** cutover.yml, run for real: step zero, from the EC2 host to ECS, and back. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { guideWords } from '../../support/policies.ts';
import { toolAvailable } from '../../support/tools.ts';
import { createRole, type GuideRegion, productionSubject } from './region.ts';
import { applicationFiles, runDeadlineMs, setUpTeam, starter, type Team, tellingOutputs } from './team.ts';

const suite = 'test/e2e/workflows/cutover';
const tools = (['act', 'AWS CLI'] as const).map((tool) => toolAvailable(tool, suite));
const withTools = tools.every(Boolean) ? describe : describe.skip;

/** What a team that has looked at its host answers. */
const answers = {
  'local-files': '/srv/ips/uploads => S3 bucket ips-uploads',
  'cron-jobs': 'none',
  'forwarded-headers': 'read',
  'dns-ttl-seconds': '60',
  'old-address': 'kept',
};
const onHost = { 'ips-api-ec2': 100, 'ips-api-targets': 0 };
const onEcs = { 'ips-api-ec2': 0, 'ips-api-targets': 100 };

/** The starter with its answers as inputs, and with what the region needs. */
const cutover = tellingOutputs(
  `${Object.keys(answers).reduce(
    (text, name) => text.replace(new RegExp(`^( {6}${name}:) .*$`, 'm'), `$1 \${{ inputs.${name} }}`),
    starter('cutover.yml').replace(
      'run-name:',
      `${[...Object.keys(answers), 'plain-http'].map((name) => `      ${name}:\n        default: ''\n`).join('')}$&`,
    ),
  )}      plain-http: \${{ inputs.plain-http || 'refuse' }}
      probe-url: \${{ vars.LISTENER_URL }}
      bake-time: 2m
`,
  'cutover',
);

withTools('cutover.yml', () => {
  let team: Team;

  beforeAll(async () => {
    team = await setUpTeam({ stand: 'host', workflows: { 'cutover.yml': cutover }, prepare });
  }, 60_000);

  afterAll(() => team?.close());

  const run = (exitCode: 0 | 1, inputs: Readonly<Record<string, string>>) =>
    team.run({ event: 'workflow_dispatch', workflow: 'cutover.yml', inputs }, exitCode);
  const accepted = { ...answers, 'plain-http': 'accept' };

  test('refuses what nobody has looked at, before it asks for credentials', async () => {
    const { log } = await run(1, {
      mode: 'check',
      'local-files': '$(touch "$RESULTS/injected")',
      'cron-jobs': ' ',
      'dns-ttl-seconds': '86400',
    });
    expect(log).toContain('Input "local-files", line 1: what it is and where it is from now on');
    expect(log).toContain('Input "cron-jobs": nobody has looked yet.');
    expect(log).toContain('Input "forwarded-headers": read or unused.');
    expect(log).toContain('Input "dns-ttl-seconds": 300 at most.');
    expect(log).toContain('Input "old-address": the host has to answer');
    expect(log).not.toContain('Main Credentials');
    expect(team.injected()).toEqual([]);
    expect((await team.state()).weights).toEqual(onHost);
  });

  test('checks what AWS knows of the load balancer before the host', async () => {
    const early = await run(1, { mode: 'shift', ...answers });
    expect(early.log).toContain('The listener speaks plain HTTP.');
    expect(early.log).toContain('In three hours no request has come to the host');
    expect(early.log).not.toContain('Main Shift');
    await visit(team.guide, 30);
    const { log } = await run(0, { mode: 'check', ...accepted });
    expect(log).toContain('Users come through the load balancer: 30 requests on the host.');
    expect(log).toContain('The load balancer reaches the host on its port');
    expect(log).toMatch(/Summary - ### ✅ Step zero is done/);
    expect((await team.state()).weights).toEqual(onHost);
  });

  test(
    'a rest on the way goes back in one call',
    async () => {
      const guarded = await run(1, { mode: 'shift', until: '5', ...accepted });
      expect(guarded.log).toContain('no-guard');
      team.workbench.commit('A watch', { '.github/workflows/watch.yml': starter('watch.yml') });
      const { outputs } = await run(0, { mode: 'shift', until: '5', ...accepted });
      expect(outputs['outcome']).toBe('paused');
      expect((await team.state()).weights).toEqual({ 'ips-api-ec2': 95, 'ips-api-targets': 5 });
      const back = await run(0, { mode: 'back' });
      expect(back.outputs['back-outcome']).toBe('rolled-back');
      expect((await team.state()).weights).toEqual(onHost);
    },
    runDeadlineMs,
  );

  test(
    'all the way to ECS, and all the way back',
    async () => {
      const { outputs } = await run(0, { mode: 'shift', ...accepted });
      expect(outputs['outcome']).toMatch(/^promoted(-on-probes)?$/);
      expect(JSON.parse(outputs['weights']!)).toEqual(onEcs);
      const state = await team.state();
      expect(state.weights).toEqual(onEcs);
      expect(state.services['ips-api-service']!.runningCount).toBe(2);
      const back = await run(0, { mode: 'back' });
      expect(back.outputs['back-outcome']).toBe('succeeded');
      expect((await team.state()).weights).toEqual(onHost);
      await visit(team.guide, 1);
    },
    runDeadlineMs,
  );
});

/** The service as the team's infrastructure makes it, with no task yet, and a role that may shift to it. */
async function prepare(guide: GuideRegion) {
  const { accountId } = guide.region.lab.world.kernel.config;
  const definition = applicationFiles(guide)['task-definition.json']!;
  guide.region.createFirstService(JSON.parse(definition.replaceAll('account-id', accountId)));
  const words = { ...guideWords, GREEN_SERVICE: guideWords['SERVICE']! };
  const actions = ['build-push-ecr', 'render-task-def', 'blue-green-shift', 'rollback'];
  const role = createRole(guide.region, 'cutover', productionSubject, actions, words);
  return { variables: { DEPLOY_ROLE_ARN: role } };
}

/** Users' requests, which the load balancer counts, until its minute is closed. */
async function visit({ region }: GuideRegion, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    const answer = await fetch(`${region.listenerUrl}/health`);
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  }
  const { kernel } = region.lab.world;
  const until = kernel.now + 180_000;
  while (kernel.now < until) await new Promise((resolve) => setTimeout(resolve, 50));
}
