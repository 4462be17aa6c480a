/**
 * The committed bundle of rolling-deploy with a role of its own and everybody told: no credentials in its environment,
 * a topic, a webhook, GitHub's deployments, tags and issues. All of it in the lab, over real HTTP.
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Notice } from '../../../src/announce/notice.ts';
import { runStep, type StepResult } from '../../../src/lab/journey/action-runner.ts';
import { names } from '../../../src/lab/journey/stage.ts';
import { noticeProblems } from '../../support/notice-schema.ts';
import { guideWords } from '../../support/policies.ts';
import { root } from '../../support/source-files.ts';
import { createRole, type GuideRegion, openGuideRegion, productionSubject } from '../workflows/region.ts';

const repository = 'acme/ips-data-acquisition-api';
const topicArn = 'arn:aws:sns:ap-south-1:123456789012:ips-api-alerts';
const secret = 'a-secret-of-the-webhook';
const folder = mkdtempSync(join(tmpdir(), 'ips-announce-'));
const posted: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let guide: GuideRegion;
let hook: Server;
let role = '';
let steps = 0;

beforeAll(async () => {
  guide = await openGuideRegion(() => undefined);
  const { world } = guide.region.lab;
  world.must('sns', 'CreateTopic', { Name: 'ips-api-alerts' });
  role = createRole(guide.region, 'announce', productionSubject, guideWords, 'rolling-deploy');
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      posted.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
}, 60_000);

afterAll(async () => {
  hook?.close();
  await guide?.region.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Nobody listens there. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function deploy(inputs: Readonly<Record<string, string>>, environment = {}): Promise<StepResult> {
  const { lab } = guide.region;
  const all = lab.environment(lab.world.sts.adminKey);
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...job } = all;
  return runStep({
    actionFile: join(root, 'actions/rolling-deploy/action.yml'),
    inputs: { cluster: names.cluster, service: names.service, 'task-definition': names.family, ...inputs },
    environment: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      NODE_NO_WARNINGS: '1',
      ...job,
      LAB_CLOCK: lab.clockVariable(),
      NODE_OPTIONS: `--require ${JSON.stringify(join(root, 'dist/lab/preload.cjs'))}`,
      ...environment,
    },
    folder: join(folder, `step-${++steps}`),
    workingDirectory: root,
    onLine: () => undefined,
    deadlineMs: 60_000,
  });
}

test('everybody is told, by a role without any key in the environment', async () => {
  const { world } = guide.region.lab;
  const { port } = hook.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hooks/T0-private`;
  const shownAtGitHub = {
    'role-to-assume': role,
    'force-new-deployment': 'true',
    'github-token': guide.region.lab.environment(world.sts.adminKey)['GITHUB_TOKEN']!,
    'github-deployment': 'Production',
  };
  // One that nobody waits for: the next one ends it at GitHub.
  expect((await deploy({ ...shownAtGitHub, wait: 'false' })).outputs['outcome']).toBe('started');
  const step = await deploy({
    ...shownAtGitHub,
    'environment-url': 'https://api.example.com',
    'git-tag': 'release-{run}',
    'issue-on-rollback': 'true',
    'notify-topic': topicArn,
    'notify-webhook': url,
    'notify-webhook-secret': secret,
  });
  expect([step.exitCode, step.outputs['outcome'], step.annotations]).toEqual([0, 'succeeded', []]);
  const { deployments, refs, issues } = world.github.repository(repository);
  expect(deployments.map((each) => each.statuses.map(({ state }) => state))).toEqual([
    ['in_progress', 'in_progress', 'inactive'],
    ['in_progress', 'success'],
  ]);
  expect([...refs.keys()].filter((ref) => ref.startsWith('refs/tags/release-'))).toHaveLength(1);
  expect(issues.size).toBe(0);
  expect(posted.map(({ body }) => (JSON.parse(body) as Notice).kind)).toEqual([
    'started',
    'decision',
    'ended',
  ]);
  for (const { headers, body } of posted) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', secret).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(noticeProblems(JSON.parse(body))).toEqual([]);
  }
  const state = (await (await fetch(`${guide.region.lab.endpoint}/_lab/state`)).json()) as {
    topics: Record<string, { message: string }[]>;
  };
  expect(state.topics[topicArn]!.map(({ message }) => JSON.parse(message).default)).toEqual(
    posted.map(({ body }) => body),
  );
  const shown = JSON.stringify(step);
  for (const hidden of [secret, 'T0-private', 'ghs_']) expect(shown).not.toContain(hidden);
}, 60_000);

test('nobody listens: the same verdict, and a warning for each', async () => {
  const step = await deploy(
    {
      'role-to-assume': role,
      'force-new-deployment': 'true',
      'github-token': 'ghs_wrong',
      'github-deployment': 'Production',
      'notify-topic': `${topicArn}-other`,
      'notify-webhook': `http://127.0.0.1:${await closedPort()}/hooks`,
      'notify-webhook-secret': secret,
    },
    { GITHUB_REPOSITORY: 'acme/nowhere' },
  );
  expect([step.exitCode, step.outputs['outcome']]).toEqual([0, 'succeeded']);
  const told = step.annotations.map(({ level, message }) => `${level}: ${message}`);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^warning: \d of \d notices did not reach the topic ips-api-alerts-other: sns:Publish/,
      ),
      expect.stringMatching(
        /^warning: \d of \d notices did not reach the webhook: no answer \(ECONNREFUSED\)/,
      ),
      expect.stringMatching(/^warning: No GitHub deployment was made\. GitHub: the github-token may not/),
    ]),
  );
}, 60_000);

test('a role that does not trust this job: told at once, and nothing is changed', async () => {
  const { world } = guide.region.lab;
  const calls = () => world.callCounts()['ecs:UpdateService'] ?? 0;
  const before = calls();
  const other = createRole(
    guide.region,
    'other',
    `repo:${repository}:environment:Staging`,
    guideWords,
    'rolling-deploy',
  );
  const step = await deploy({ 'role-to-assume': other, 'force-new-deployment': 'true' });
  expect(step.exitCode).toBe(1);
  expect(step.annotations).toEqual([
    {
      level: 'error',
      title: 'rolling-deploy: role-not-assumed',
      message: expect.stringMatching(
        /role\/other could not be assumed: Not authorized .* trust policy .* Nothing was changed\.$/,
      ),
    },
  ]);
  expect(calls()).toBe(before);
}, 60_000);
