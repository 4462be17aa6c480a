/**
 * Who is told of a deployment, over the lab's SNS and GitHub in virtual time; and that a deployment does not care
 * whether anybody listens.
 */
import { describe, expect, test } from '@jest/globals';
import { type Announcer, createAnnouncer, deploymentState } from '../../../src/announce/announcer.ts';
import type { Notice } from '../../../src/announce/notice.ts';
import { topic } from '../../../src/announce/topic.ts';
import { webhook } from '../../../src/announce/webhook.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { AnnounceRequest } from '../../../src/inputs/announce-fields.ts';
import type { TokenPermissions } from '../../../src/lab/world/github/index.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { runRollback } from '../../../src/rollback/run.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import type { SendHttp } from '../../../src/runner/http.ts';
import { sendToLab, type Watch } from '../../support/lab-github.ts';
import { noticeProblems } from '../../support/notice-schema.ts';
import { guideWords, policyOf } from '../../support/policies.ts';
import { rollbackRequest } from '../rollback/request.ts';
import {
  cluster,
  definitionOf,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  type RegionOptions,
  request,
  service,
} from '../rollout/region.ts';

const topicArn = 'arn:aws:sns:ap-south-1:123456789012:ips-api-alerts';
const repository = 'acme/api';

interface Stage {
  readonly region: Region;
  readonly sha: string;
  /** Bodies that the webhook got. */
  readonly posted: Notice[];
  readonly announcer: (asked: Partial<AnnounceRequest>, more?: Told) => Announcer;
  readonly summaries: string[];
  /** What tells GitHub's client that time is up. */
  readonly left: AbortSignal[];
}

interface Told {
  readonly action?: 'rolling-deploy' | 'rollback';
  readonly watch?: Watch;
  readonly webhookAnswers?: number | 'nothing';
  readonly afterJob?: boolean;
}

async function setUp(
  permissions: TokenPermissions = { deployments: 'write', contents: 'write', issues: 'write' },
  options: RegionOptions = {},
): Promise<Stage> {
  const region = await makeRegion({ apps: { crash: badApps.crashAtStart }, ...options });
  const { world, time } = region;
  world.must('sns', 'CreateTopic', { Name: 'ips-api-alerts' });
  world.must('sns', 'Subscribe', { TopicArn: topicArn, Protocol: 'email', Endpoint: 'admin@example.com' });
  world.sns.confirm(topicArn, 'admin@example.com');
  world.github.addRepository({ owner: 'acme', name: 'api' });
  const sha = world.github.addCommit(repository, 'main', 'a version');
  const token = world.github.addToken(repository, permissions);
  const posted: Notice[] = [];
  const summaries: string[] = [];
  const left: AbortSignal[] = [];
  return {
    region,
    sha,
    posted,
    summaries,
    left,
    announcer: (asked, { action = 'rolling-deploy', watch, webhookAnswers = 204, afterJob = false } = {}) => {
      const ports = portsOf(region);
      const context = { ...ports.context, repository, sha };
      const runner = {
        ...ports.runner,
        state: (name: string) => region.state.get(name) ?? '',
        summary: (markdown: string) => void summaries.push(markdown),
      };
      const toWebhook: SendHttp = async ({ body }) => {
        await time.sleep(50);
        if (webhookAnswers === 'nothing') await new Promise(() => undefined);
        posted.push(JSON.parse(body ?? ''));
        return { status: webhookAnswers as number, header: () => undefined, json: async () => ({}) };
      };
      const send = sendToLab(world, async (asking) => {
        await time.sleep(80);
        return watch?.(asking);
      });
      return createAnnouncer(
        {
          githubToken: token,
          deployment: undefined,
          gitTag: undefined,
          issueOnRollback: false,
          topic: undefined,
          webhook: undefined,
          ...asked,
        },
        { action, cluster, services: [service], listener: null },
        {
          runner,
          clock: time,
          context,
          docsBase: undefined,
          redact: (text) => text.replaceAll('hunter2', '***'),
          receivers: [
            ...(asked.topic === undefined ? [] : [{ name: 'the topic', deliver: topic(asked.topic, ports) }]),
            ...(asked.webhook === undefined
              ? []
              : [{ name: 'the webhook', deliver: webhook(asked.webhook, { clock: time, send: toWebhook }) }]),
          ],
          github: (over) => {
            left.push(over);
            return createGitHubApi({ apiUrl: '', repository, token, clock: time, send }, over);
          },
          afterJob,
        },
      );
    },
  };
}

async function deploy(
  { region, sha }: Stage,
  image: string,
  announcer: Announcer | undefined,
  change: Parameters<typeof request>[0] = {},
): Promise<ActionResult> {
  region.files.set('task-definition.json', JSON.stringify(definitionOf(image)));
  const ports = portsOf(region);
  const work = async (): Promise<ActionResult> => {
    announcer?.begin();
    const result = await runRollingDeploy(request(change), {
      ...ports,
      ...filesOf(region),
      context: { ...ports.context, repository, sha },
      ...(announcer === undefined ? {} : { onEvent: announcer.onEvent }),
    });
    await announcer?.end({ kind: 'result', result });
    return result;
  };
  return region.time.run(work());
}

const everything: Partial<AnnounceRequest> = {
  deployment: { environment: 'Production', environmentUrl: 'https://api.example.com' },
  gitTag: 'release-{run}',
  issueOnRollback: true,
  topic: topicArn,
  webhook: { url: 'https://hooks.example.com/x', secret: 'sixteen-letters!' },
};

const statesOf = ({ region }: Stage) =>
  region.world.github.repository(repository).deployments.map(({ environment, ref, task, statuses }) => ({
    environment,
    ref,
    task,
    states: statuses.map((each) => each.state),
  }));
const tagsOf = ({ region }: Stage) =>
  [...region.world.github.repository(repository).refs].filter(([ref]) => ref.startsWith('refs/tags/'));
const issuesOf = ({ region }: Stage) => [...region.world.github.repository(repository).issues.values()];
const publishedOf = ({ region }: Stage): Notice[] =>
  region.world.sns.published(topicArn).map((each) => JSON.parse(JSON.parse(each.message).default));

describe('a good deployment', () => {
  test('is shown by GitHub, tagged, and told as it happens', async () => {
    const stage = await setUp();
    const result = await deploy(stage, 'good-2', stage.announcer(everything));
    expect(result.ok).toBe(true);
    expect(statesOf(stage)).toEqual([
      { environment: 'Production', ref: stage.sha, task: 'deploy', states: ['in_progress', 'success'] },
    ]);
    const [deployment] = stage.region.world.github.repository(repository).deployments;
    expect(deployment!.statuses.at(-1)).toMatchObject({
      environmentUrl: 'https://api.example.com',
      logUrl: 'https://github.com/acme/api/actions/runs/1/attempts/1',
    });
    expect(tagsOf(stage)).toEqual([['refs/tags/release-1.1', stage.sha]]);
    expect(issuesOf(stage)).toEqual([]);
    expect(stage.region.state.get(deploymentState)).toBe('');
    const notices = publishedOf(stage);
    expect(stage.posted).toEqual(notices);
    expect(notices.map(({ kind }) => kind)).toEqual(['started', 'decision', 'ended']);
    expect(notices.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(notices[1]).toMatchObject({ code: 'rollout.started' });
    expect(notices[2]).toMatchObject({ ok: true, outcome: 'succeeded', environment: 'Production' });
    expect(notices.flatMap(noticeProblems)).toEqual([]);
    expect(new Set(notices.map(({ id }) => id)).size).toBe(3);
    const mail = stage.region.world.sns.received(topicArn, 'admin@example.com').at(-1)!;
    expect(mail.subject).toBe('rolling-deploy of ips-api-service: succeeded');
    expect(mail.message).toContain('Run: https://github.com/acme/api/actions/runs/1/attempts/1');
    expect(mail.attributes).toEqual({
      kind: 'ended',
      action: 'rolling-deploy',
      outcome: 'succeeded',
      ok: 'true',
      environment: 'Production',
    });
  });

  test('again: the tag is there already; on another commit it is not moved', async () => {
    const stage = await setUp();
    const asked = { gitTag: 'v1.2.3' };
    await deploy(stage, 'good-2', stage.announcer(asked));
    await deploy(stage, 'good-3', stage.announcer(asked));
    expect(stage.region.log).toContain(`v1.2.3 is the tag of ${stage.sha.slice(0, 7)} already.`);
    const other = await setUp();
    other.region.world.github.repository(repository).refs.set('refs/tags/v1.2.3', 'f'.repeat(40));
    const result = await deploy(other, 'good-2', other.announcer(asked));
    expect(result.ok).toBe(true);
    expect(other.region.log.at(-1)).toContain('tags are not moved');
  });

  test('where the job has an environment, GitHub has its own deployment: no double is made', async () => {
    const stage = await setUp();
    stage.region.world.github.repository(repository).deployments.push({
      id: 7,
      sha: stage.sha,
      ref: 'main',
      task: 'deploy',
      environment: 'Production',
      description: '',
      payload: '',
      creator: 'github-actions[bot]',
      createdAtMs: 0,
      statuses: [
        {
          id: 8,
          state: 'in_progress',
          description: '',
          environment: 'Production',
          environmentUrl: '',
          logUrl: 'https://github.com/acme/api/actions/runs/1/job/9',
          createdAtMs: 0,
        },
      ],
    });
    await deploy(stage, 'good-2', stage.announcer(everything));
    expect(statesOf(stage).map(({ states }) => states)).toEqual([['in_progress']]);
    expect(stage.region.log).toContain(
      "GitHub shows this job's own deployment to Production: no other is made.",
    );
  });
});

describe('a bad deployment', () => {
  test('fails the GitHub deployment, gets no tag, and one issue however often it happens', async () => {
    const stage = await setUp();
    await deploy(stage, 'good-2', stage.announcer(everything));
    const result = await deploy(stage, 'crash', stage.announcer({ ...everything, gitTag: 'bad' }));
    await deploy(stage, 'crash', stage.announcer(everything), { forceNewDeployment: true });
    expect(result.outputs['outcome']).toBe('rolled-back');
    expect(statesOf(stage).map(({ states }) => states.join())).toEqual([
      'in_progress,success',
      'in_progress,failure',
      'in_progress,failure',
    ]);
    expect(tagsOf(stage).map(([ref]) => ref)).toEqual(['refs/tags/release-1.1']);
    const [issue, ...others] = issuesOf(stage);
    expect(others).toEqual([]);
    expect(issue!.title).toMatch(/^Rolling deploy of ips-api-service: rolled-back \([a-z-]+\)$/);
    expect(issue!.labels).toEqual(['ips-deploy']);
    expect(issue!.body).toContain('Stopped tasks');
    expect(stage.region.world.github.repository(repository).comments.size).toBe(1);
    expect(stage.summaries[0]).toContain('[Issue](https://github.com/acme/api/issues/1)');
    const last = stage.posted.filter(({ kind }) => kind === 'ended').at(-1);
    expect(last).toMatchObject({ ok: false, outcome: 'rolled-back' });
    expect(stage.posted.flatMap(noticeProblems)).toEqual([]);
  });

  test('that was refused changed nothing: no issue, an error at GitHub', async () => {
    const stage = await setUp();
    await deploy(stage, 'good-2', stage.announcer(everything), { service: 'no-such-service' });
    expect(statesOf(stage).map(({ states }) => states.at(-1))).toEqual(['error']);
    expect(issuesOf(stage)).toEqual([]);
  });
});

describe('whoever does not listen changes nothing', () => {
  const failing =
    (status: number): Watch =>
    async () => ({ status, json: { message: 'No.' } });
  const cases: readonly (readonly [string, Told, RegExp])[] = [
    [
      'GitHub 401',
      { watch: failing(401) },
      /No GitHub deployment was made\. GitHub: the github-token may not/,
    ],
    ['GitHub 403', { watch: failing(403) }, /No GitHub deployment was made/],
    ['GitHub 404', { watch: failing(404) }, /No GitHub deployment was made/],
    ['GitHub 409', { watch: failing(409) }, /No GitHub deployment was made/],
    ['GitHub 422', { watch: failing(422) }, /No GitHub deployment was made/],
    ['GitHub 500', { watch: failing(500) }, /No GitHub deployment was made/],
    ['GitHub 503', { watch: failing(503) }, /No GitHub deployment was made/],
    ['GitHub hangs', { watch: () => new Promise(() => undefined) }, /GitHub did not answer within 30 s/],
    [
      'GitHub breaks off',
      { watch: () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })) },
      /No GitHub deployment was made\. GitHub: no answer \(ECONNRESET\)/,
    ],
    ['the webhook 500', { webhookAnswers: 500 }, /3 of 3 notices did not reach the webhook: it answers 500/],
    [
      'the webhook hangs',
      { webhookAnswers: 'nothing' },
      /3 of 3 notices did not reach the webhook: not taken/,
    ],
  ];

  test.each(cases)('%s', async (_name, told, warning) => {
    const stage = await setUp();
    const before = await setUp();
    const plain = await deploy(before, 'good-2', undefined);
    const begun = stage.region.time.now();
    const result = await deploy(stage, 'good-2', stage.announcer(everything, told));
    const tookMs = stage.region.time.now() - begun;
    expect([result.ok, result.outputs, result.report.sentence]).toEqual([
      plain.ok,
      plain.outputs,
      plain.report.sentence,
    ]);
    expect(stage.region.log.filter((line) => line.startsWith('warning: ')).join('\n')).toMatch(warning);
    // Nothing that still waits keeps the process from its end.
    expect(stage.left.map((signal) => signal.aborted)).toEqual([true]);
    const verdictMs = result.report.endedAt - result.report.startedAt;
    expect(tookMs - verdictMs).toBeLessThanOrEqual(31_000);
  });

  test.each(['rolling-deploy', 'blue-green-shift', 'rollback'])(
    "%s's policy is enough for the topic; without its permission the warning names it",
    async (action) => {
      const words = { ...guideWords, CLUSTER: cluster, SERVICE: service };
      const stage = await setUp();
      const { region } = stage;
      const asCaller = (without?: string): void => {
        const name = `caller-${without ?? 'whole'}`.replace(':', '-');
        const { arn } = region.world.iam.addUser({
          name,
          policies: { own: policyOf(action, words, without) },
        });
        region.caller = { kind: 'user', arn, name };
      };
      const tell = async (): Promise<readonly string[]> => {
        const announcer = stage.announcer({ topic: topicArn });
        announcer.begin();
        await region.time.run(announcer.end({ kind: 'broken', message: 'It is over.' }));
        return region.log.splice(0);
      };
      asCaller();
      expect(await tell()).toEqual([]);
      asCaller('sns:Publish');
      expect(await tell()).toEqual([
        expect.stringMatching(
          /^warning: 2 of 2 notices did not reach the topic: sns:Publish: User: \S+caller-sns-Publish is not authorized/,
        ),
      ]);
    },
  );

  test('a topic that is not there', async () => {
    const stage = await setUp();
    const result = await deploy(stage, 'good-2', stage.announcer({ topic: `${topicArn}-other` }));
    expect(result.ok).toBe(true);
    expect(stage.region.log.at(-1)).toBe(
      'warning: 3 of 3 notices did not reach the topic: sns:Publish: Topic does not exist.',
    );
  });

  test('a token that may do nothing', async () => {
    const stage = await setUp({});
    const result = await deploy(stage, 'good-2', stage.announcer(everything));
    expect(result.ok).toBe(true);
    const warnings = stage.region.log.filter((line) => line.startsWith('warning: '));
    expect(warnings).toEqual([
      expect.stringContaining('Resource not accessible by integration'),
      expect.stringContaining('The git tag release-1.1 was not made.'),
    ]);
  });

  test('a cancelled job waits two seconds at most', async () => {
    const stage = await setUp();
    const announcer = stage.announcer(everything, { watch: () => new Promise(() => undefined) });
    const { region } = stage;
    const timer = region.time.sleep(20_000).then(() => region.cancel.abort());
    const begun = region.time.now();
    const result = await deploy(stage, 'good-2', announcer);
    await timer;
    expect(result.outputs['outcome']).toBe('cancelled');
    const verdictMs = result.report.endedAt - result.report.startedAt;
    expect(region.time.now() - begun - verdictMs).toBeLessThanOrEqual(2500);
  });
});

describe('a rollback', () => {
  test('is a deployment of the commit that it went back to', async () => {
    const stage = await setUp();
    const { region } = stage;
    await deploy(stage, 'good-2', stage.announcer(everything));
    const newer = region.world.github.addCommit(repository, 'main', 'the next');
    await deploy({ ...stage, sha: newer }, 'good-3', undefined);
    const announcer = stage.announcer(everything, { action: 'rollback' });
    const ports = portsOf(region);
    const work = async (): Promise<ActionResult> => {
      announcer.begin();
      const result = await runRollback(rollbackRequest({ reason: 'Password hunter2 is @shown.' }), {
        ...ports,
        ...filesOf(region),
        onEvent: announcer.onEvent,
      });
      await announcer.end({ kind: 'result', result });
      return result;
    };
    const result = await region.time.run(work());
    expect(result.outputs['outcome']).toBe('succeeded');
    expect(statesOf(stage).at(-1)).toEqual({
      environment: 'Production',
      ref: stage.sha,
      task: 'rollback',
      states: ['in_progress', 'success'],
    });
    const [issue] = issuesOf(stage);
    expect(issue!.body).toContain('Password \\*\\*\\* is @\u200bshown.'.replaceAll('\\*', '*'));
    expect(issue!.body).not.toContain('hunter2');
    expect(JSON.stringify([stage.posted, publishedOf(stage)])).not.toContain('hunter2');
    expect(JSON.stringify(stage.posted)).toContain('***');
    expect(stage.posted.at(-1)).toMatchObject({ action: 'rollback', kind: 'ended', ok: true });
  });
});

test('what a killed run began at GitHub is ended by its post step', async () => {
  const stage = await setUp();
  const first = stage.announcer(everything);
  const { region } = stage;
  await region.time.run(
    (async () => {
      first.begin();
      await region.time.sleep(5000);
    })(),
  );
  expect(statesOf(stage).map(({ states }) => states)).toEqual([['in_progress']]);
  const second = stage.announcer(everything, { afterJob: true });
  second.begin();
  await region.time.run(
    second.end({ kind: 'broken', message: 'The job ended before it could tell its outcome.' }),
  );
  expect(statesOf(stage).map(({ states }) => states)).toEqual([['in_progress', 'error']]);
  expect(region.state.get(deploymentState)).toBe('');
  expect(stage.posted.map(({ kind, sequence }) => [kind, sequence])).toEqual([
    ['started', 0],
    ['ended', 1000],
  ]);
});
