/**
 * cutover.yml, run for real: step zero, from the EC2 host to ECS, and back. The public name is known to a name server of the
 * test; TLS, which the lab's load balancer does not speak, is spoken before it, with a certificate of the test's own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../../support/certificates.ts';
import { type DnsTestServer, startDnsServer, type Zone } from '../../support/dns-server.ts';
import { guideWords } from '../../support/policies.ts';
import { startTlsFront, type TlsFront } from '../../support/tls-front.ts';
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
  'forwarded-headers': '/api/v1/client',
};
const name = 'api.ips.test';
/** What a run may say otherwise. */
const asked = ['public-url', ...Object.keys(answers), 'old-address'];
const onHost = { 'ips-api-ec2': 100, 'ips-api-targets': 0 };
const onEcs = { 'ips-api-ec2': 0, 'ips-api-targets': 100 };

/** The starter with its answers as inputs, and with what the region needs. */
const cutover = tellingOutputs(
  `${asked.reduce(
    (text, input) => text.replace(new RegExp(`^( {6}${input}:) .*$`, 'm'), `$1 \${{ inputs.${input} }}`),
    starter('cutover.yml').replace(
      'run-name:',
      `${[...asked, 'plain-http'].map((input) => `      ${input}:\n        default: ''\n`).join('')}$&`,
    ),
  )}      plain-http: \${{ inputs.plain-http || 'refuse' }}
      dns-servers: \${{ vars.DNS_SERVER }}
      inventory-command: cat "$HOST_LIST"
      direct-requests-command: cat "$HOST_COUNT"
      probe-url: \${{ vars.PROBE_URL }}
      bake-time: 2m
`,
  'cutover',
);

withTools('cutover.yml', () => {
  let team: Team;
  let dns: DnsTestServer;
  let front: TlsFront;
  const folder = mkdtempSync(join(tmpdir(), 'ips-cutover-'));
  const list = join(folder, 'list.txt');
  const count = join(folder, 'count.txt');

  beforeAll(async () => {
    const authority = createAuthority(folder);
    writeFileSync(list, 'file /srv/ips/uploads/2026\n');
    writeFileSync(count, '0\n');
    dns = await startDnsServer({ authoritative: true, records: [] });
    front = await startTlsFront(authority.issue(name));
    team = await setUpTeam({
      stand: 'host',
      workflows: { 'cutover.yml': cutover },
      prepare: async (guide) => {
        front.to(guide.region.listenerUrl);
        const { variables } = await prepare(guide);
        return {
          variables: {
            ...variables,
            DNS_SERVER: `127.0.0.1:${dns.port}`,
            // By its address, as a load balancer's own name is not the one that its certificate is for.
            PROBE_URL: `https://127.0.0.1:${front.port}`,
          },
          environment: { NODE_EXTRA_CA_CERTS: authority.file, HOST_LIST: list, HOST_COUNT: count },
        };
      },
    });
  }, 60_000);

  afterAll(async () => {
    await team?.close();
    await front?.close();
    await dns?.close();
    rmSync(folder, { recursive: true });
  });

  const run = (exitCode: 0 | 1, inputs: Readonly<Record<string, string>>) =>
    team.run({ event: 'workflow_dispatch', workflow: 'cutover.yml', inputs }, exitCode);
  const good = () => ({
    ...answers,
    'public-url': `https://${name}:${front.port}`,
    'old-address': team.guide.region.hostUrl,
  });

  /** The public name as an alias of the load balancer, or of what else is given. */
  function zone(ttl: number, data = balancer().DNSName): Zone {
    return {
      authoritative: true,
      records: [
        { name, type: 'CNAME', ttl, data },
        { name: data, type: 'A', ttl: 60, data: data === balancer().DNSName ? '127.0.0.1' : '127.0.0.9' },
        { name: balancer().DNSName, type: 'A', ttl: 60, data: '127.0.0.1' },
      ],
    };
  }
  function balancer(): { readonly DNSName: string } {
    const { lab } = team.guide.region;
    return lab.world.must('elasticloadbalancing', 'DescribeLoadBalancers', {}).LoadBalancers[0];
  }
  /** The lab's listener as one with a certificate of ACM: what is forwarded says https then. */
  function speak(Protocol: 'HTTP' | 'HTTPS'): void {
    const { lab, stage } = team.guide.region;
    lab.clock.poke();
    const CertificateArn =
      'arn:aws:acm:ap-south-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000';
    lab.world.must('elasticloadbalancing', 'ModifyListener', {
      ListenerArn: stage.listenerArn,
      Protocol,
      ...(Protocol === 'HTTPS' ? { Certificates: [{ CertificateArn }] } : {}),
    });
  }

  test('refuses what nobody has looked at, before it asks for credentials', async () => {
    const { log } = await run(1, {
      mode: 'check',
      'local-files': '$(touch "$RESULTS/injected")',
      'cron-jobs': ' ',
      'public-url': 'api.example.com',
    });
    expect(log).toContain('Input "local-files", line 1: what it is and where it is from now on');
    expect(log).toContain('Input "cron-jobs": nobody has looked yet.');
    expect(log).toContain('Input "forwarded-headers": a path that shows them, read, or unused.');
    expect(log).toContain('Input "public-url": what clients type');
    expect(log).toContain('Input "old-address": the host has to answer');
    expect(log).not.toContain('Main Credentials');
    expect(team.injected()).toEqual([]);
    expect((await team.state()).weights).toEqual(onHost);
  });

  test('says all that AWS and the outside show to be missing, before anything moves', async () => {
    writeFileSync(list, 'file /srv/ips/uploads\nfile /etc/ips/local.json\ncron nightly-report\n');
    dns.serve(zone(86_400, 'ec2-203-0-113-10.compute.test'));
    const { log } = await run(1, { mode: 'shift', ...good(), 'old-address': 'http://127.0.0.1:9' });
    for (const words of [
      'The listener speaks plain HTTP.',
      'In three hours no request has come to the host',
      `${name} leads to 127.0.0.9, and the load balancer`,
      'has a TTL of 24h, and 5m is the most',
      'The host does not answer at its old address http://127.0.0.1:9',
      'On the host there is /etc/ips/local.json, and "local-files" says nothing of it.',
      'On the host there is the job nightly-report, and "cron-jobs" says nothing of it.',
    ])
      expect(log).toContain(words);
    expect(log).not.toContain('Main Shift');
    expect((await team.state()).weights).toEqual(onHost);
  });

  test('a listener that does not say https is seen by what the application takes for its scheme', async () => {
    writeFileSync(list, 'file /srv/ips/uploads/2026\n');
    dns.serve(zone(60));
    await visit(team.guide, 30);
    const { log } = await run(1, { mode: 'check', ...good(), 'plain-http': 'accept' });
    expect(log).toContain(`${name} is a name for the load balancer`);
    expect(log).toContain('The application does not know that its client came by https');
    expect(log).not.toMatch(/::error[^\n]*(TTL|old address|certificate)/i);
  });

  test('step zero is done', async () => {
    speak('HTTPS');
    const { log } = await run(0, { mode: 'check', ...good() });
    for (const words of [
      'The listener speaks HTTPS and has a certificate.',
      'Users come through the load balancer: ',
      'The load balancer reaches the host on its port',
      `${name} is a name for the load balancer (${balancer().DNSName}).`,
      `The record of ${name} has a TTL of 1m.`,
      `The certificate covers ${name} and is good for `,
      '/api/v1/sessions is answered with 200 through the load balancer.',
      'The application knows that its client came by https.',
      'The host still answers at its old address',
      'All 1 things that were found on the host have a place.',
    ])
      expect(log).toContain(words);
    expect(log).toMatch(/Summary - ### ✅ Step zero is done/);
    expect((await team.state()).weights).toEqual(onHost);
  });

  test(
    'a rest on the way goes back in one call',
    async () => {
      const guarded = await run(1, { mode: 'shift', until: '5', ...good() });
      expect(guarded.log).toContain('no-guard');
      team.workbench.commit('A watch', { '.github/workflows/watch.yml': starter('watch.yml') });
      const { outputs } = await run(0, { mode: 'shift', until: '5', ...good() });
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
      const { outputs } = await run(0, { mode: 'shift', ...good() });
      expect(outputs['outcome']).toMatch(/^promoted(-on-probes)?$/);
      expect(JSON.parse(outputs['weights']!)).toEqual(onEcs);
      const state = await team.state();
      expect(state.weights).toEqual(onEcs);
      expect(state.services['ips-api-service']!.runningCount).toBe(2);
      // In the lab the load balancer has the host's address: the host of this question has another.
      const end = { mode: 'end', ...good(), 'old-address': 'http://127.0.0.9:5000' };
      writeFileSync(count, 'counted:\n0\n');
      const { log } = await run(0, end);
      expect(log).toMatch(/Summary - ### ✅ The host may be stopped/);
      const back = await run(0, { mode: 'back' });
      expect(back.outputs['back-outcome']).toBe('succeeded');
      const early = await run(1, end);
      expect(early.log).toContain('The load balancer still sends traffic to the host: its weight is 100.');
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
  const role = createRole(guide.region, 'cutover', productionSubject, words);
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
