/** What keeps a shift from beginning, and from going back: older commits, closed windows, a breaking schema. */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { instructionsOf } from '../../../src/report/report.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import type { RunCheck } from '../../../src/shift/own-check.ts';
import { sendToLab } from '../../support/lab-github.ts';
import { Killed } from './dying.ts';
import { expectTidy } from './leftovers.ts';
import {
  cancelAfter,
  cluster,
  liveWeights,
  makeRegion,
  minute,
  postStep,
  type Region,
  type RegionOptions,
  registerImage,
  rulesOfListener,
  serviceNow,
  settle,
  shift,
} from './region.ts';

const repository = 'o/r';

function addGitHub({ world, time }: Region) {
  world.github.addRepository({ owner: 'o', name: 'r' });
  const token = world.github.addToken(repository, { contents: 'read' });
  const asked: string[] = [];
  const send = sendToLab(world, async ({ url }) => {
    asked.push(new URL(url).pathname);
    await time.sleep(80);
    return undefined;
  });
  return {
    api: createGitHubApi({ apiUrl: 'https://api.github.com', repository, token, clock: time, send }),
    commit: (message: string) => world.github.addCommit(repository, 'main', message),
    asked,
  };
}

/** The task definition as a file of the workspace, as a deploy has it. */
const fileOf = (tag: string): Map<string, string> =>
  new Map([
    [
      'api.json',
      JSON.stringify({
        family: 'api',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
        containerDefinitions: [
          { name: 'api', image: `api:${tag}`, essential: true, portMappings: [{ containerPort: 5000 }] },
        ],
      }),
    ],
  ]);
const fromFile = { 'task-definition': 'api.json' };

function tagsOf(region: Region, revision: string): Readonly<Record<string, string>> {
  const resourceArn = region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: revision })
    .taskDefinition.taskDefinitionArn;
  const { tags } = region.world.must('ecs', 'ListTagsForResource', { resourceArn });
  return Object.fromEntries(tags.map((tag: { key: string; value: string }) => [tag.key, tag.value]));
}

function expectOutcome(region: Region, { outputs }: ActionResult, outcome: string, cause = ''): void {
  if (outputs['outcome'] !== outcome || outputs['cause'] !== cause) {
    throw new Error(
      `expected ${outcome} (${cause}), got ${outputs['outcome']} (${outputs['cause']})\n${region.log.join('\n')}`,
    );
  }
}

describe('guard-stale', () => {
  async function twoCommits(seed: number, apps: RegionOptions['apps'] = {}) {
    const region = await makeRegion('ecs', { seed, apps });
    const github = addGitHub(region);
    const [older, newer] = [github.commit('older'), github.commit('newer')];
    const run = (sha: string, tag: string, inputs: Readonly<Record<string, string>> = {}, runId = '1') =>
      shift(region, { ...fromFile, ...inputs }, { runId, sha, files: fileOf(tag), github: github.api });
    return { region, github, older, newer, run };
  }

  test('pain 34: an older commit takes nothing newer back, and nothing is registered', async () => {
    const { region, older, newer, run } = await twoCommits(951);
    expectOutcome(region, await run(newer, 'v3'), 'promoted');
    expect(tagsOf(region, 'api:2')).toMatchObject({
      'ips-deploy:commit': newer,
      'ips-deploy:run': 'https://github.com/o/r/actions/runs/1',
    });
    const result = await run(older, 'v2', {}, '2');
    expectOutcome(region, result, 'refused', 'stale-commit');
    expect(result.report.sentence).toMatch(
      /api:2, which serves now, was built from [0-9a-f]{7}, which is 1 commit ahead of [0-9a-f]{7}/,
    );
    expect(region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'api' })).toMatchObject({
      taskDefinition: { revision: 2 },
    });
    expect(rulesOfListener(region)).toBe(2);
    expectOutcome(region, await run(older, 'v2', { 'guard-stale': 'false' }, '3'), 'promoted');
  });

  test('in their order they are shifted', async () => {
    const { region, older, newer, run } = await twoCommits(952);
    expectOutcome(region, await run(older, 'v2'), 'promoted');
    expectOutcome(region, await run(newer, 'v3', {}, '2'), 'promoted');
  });

  test('pain 34: an older commit does not take the rest of a newer one back', async () => {
    const { region, older, newer, run } = await twoCommits(953);
    expectOutcome(region, await run(newer, 'v3', { until: '10', unattended: 'accept' }), 'paused');
    expectOutcome(region, await run(older, 'v2', {}, '2'), 'refused', 'stale-commit');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    expectOutcome(region, await run(newer, 'v3', {}, '3'), 'promoted');
    expectTidy(region);
  });

  test('a rest is not gone on with once newer code serves behind blue', async () => {
    const { region, older, newer, run } = await twoCommits(954);
    expectOutcome(region, await run(older, 'v2', { until: '10', unattended: 'accept' }), 'paused');
    const arn = registerImage(region, 'v3');
    region.world.must('ecs', 'TagResource', {
      resourceArn: arn,
      tags: [{ key: 'ips-deploy:commit', value: newer }],
    });
    region.world.must('ecs', 'UpdateService', { cluster, service: 'api-blue', taskDefinition: 'api:3' });
    await settle(region, 10 * minute);
    const result = await shift(
      region,
      { 'task-definition': 'api:2' },
      { runId: '2', sha: older, github: addGitHubAgain(region) },
    );
    expectOutcome(region, result, 'rolled-back', 'interrupted');
    expect(result.report.sentence).toContain('api:3, which serves now');
    expectTidy(region);
  });

  test('what another run deploys while this one runs its migration comes first', async () => {
    const { region, older, newer, run } = await twoCommits(955, {
      v2: { crashAfterMs: minute, exitCode: 0 },
    });
    // The migration of v2 ends after a minute; before that newer code serves.
    const migration = { 'pre-deploy-command': 'migrate up' };
    void region.time.sleep(20_000).then(() => {
      const arn = registerImage(region, 'v3');
      region.world.must('ecs', 'TagResource', {
        resourceArn: arn,
        tags: [{ key: 'ips-deploy:commit', value: newer }],
      });
      region.world.must('ecs', 'UpdateService', { cluster, service: 'api-blue', taskDefinition: arn });
    });
    const result = await run(older, 'v2', migration);
    expectOutcome(region, result, 'refused', 'stale-commit');
    expect(result.report.sentence).toMatch(
      /^api:2 was registered\. The pre-deploy task \S+ passed\. No service and no weight was changed\. One finding /,
    );
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
    expect(rulesOfListener(region)).toBe(2);
    expect(serviceNow(region, 'api-green')).toBeUndefined();
  });

  /** The repository is there; a client of its own. */
  function addGitHubAgain({ world, time }: Region) {
    const token = world.github.addToken(repository, { contents: 'read' });
    const send = sendToLab(world, async () => undefined);
    return createGitHubApi({ apiUrl: 'https://api.github.com', repository, token, clock: time, send });
  }
});

describe('the maintenance window', () => {
  /** `HH:MM-HH:MM`, from now on. */
  function windowIn(region: Region, fromMs: number, lengthMs: number): string {
    const { now } = region.world.kernel;
    const text = (at: number): string => new Date(at).toISOString().slice(11, 16);
    return `daily ${text(now + fromMs)}-${text(now + fromMs + lengthMs)} UTC`;
  }

  test('that is closed refuses, and says when it opens', async () => {
    const region = await makeRegion('ecs', { seed: 961 });
    registerImage(region, 'v2');
    const inputs = { 'maintenance-window': windowIn(region, 60 * minute, 60 * minute) };
    const result = await shift(region, inputs);
    expectOutcome(region, result, 'refused', 'outside-window');
    expect(result.report.sentence).toContain('It opens next on');
    expect(rulesOfListener(region)).toBe(2);
    expectOutcome(
      region,
      await shift(region, { 'maintenance-window': windowIn(region, 0, 60 * minute) }),
      'promoted',
    );
  });

  test('is waited for, and what happened meanwhile is looked at', async () => {
    const region = await makeRegion('ecs', { seed: 962 });
    registerImage(region, 'v2');
    const inputs = {
      'maintenance-window': windowIn(region, 60 * minute, 60 * minute),
      'outside-window': 'wait',
    };
    expectOutcome(region, await shift(region, { ...inputs, 'dry-run': 'true' }), 'planned');
    expect(region.log.join('\n')).toContain('Waiting for it.');
    const before = region.world.kernel.now;
    void region.time.sleep(10 * minute).then(() => registerImage(region, 'v3'));
    expectOutcome(region, await shift(region, inputs), 'promoted');
    expect(region.states[0]!.weights[0]!.at - before).toBeGreaterThan(59 * minute);
    expect(serviceNow(region, 'api-green').taskDefinition).toContain('api:3');
  });

  test('that is too far away is not waited for; a wait that is cancelled changes nothing', async () => {
    const region = await makeRegion('ecs', { seed: 963 });
    registerImage(region, 'v2');
    const inputs = {
      'maintenance-window': windowIn(region, 60 * minute, 60 * minute),
      'outside-window': 'wait',
    };
    expectOutcome(
      region,
      await shift(region, { ...inputs, 'window-timeout': '30m' }),
      'refused',
      'outside-window',
    );
    cancelAfter(region, 20 * minute);
    expectOutcome(region, await shift(region, inputs), 'cancelled');
    expect(rulesOfListener(region)).toBe(2);
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
  });

  test('does not keep a shift that has begun from going on, or back', async () => {
    const region = await makeRegion('ecs', { seed: 964 });
    registerImage(region, 'v2');
    const closed = windowIn(region, 10 * 60 * minute, 60 * minute);
    expectOutcome(region, await shift(region, { until: '10', unattended: 'accept' }), 'paused');
    const inputs = { 'maintenance-window': closed };
    expectOutcome(region, await shift(region, inputs, { runId: '2' }), 'promoted');
    expectTidy(region);
  });
});

describe('schema: breaking', () => {
  const probesOff = { 'probe-count': '0', 'probes-per-step': '0' };
  const breaking = { ...probesOff, schema: 'breaking' };

  test('a green that fails with traffic keeps it, and a person gets the commands', async () => {
    const region = await makeRegion('ecs', { seed: 971, apps: { v2: badApps.errors } });
    registerImage(region, 'v2');
    const result = await shift(region, breaking);
    expectOutcome(region, result, 'rollback-failed', 'errors');
    expect(result.ok).toBe(false);
    expect(result.report.sentence).toContain(
      'Not taken back at 10 %: Green keeps its traffic: its schema change is breaking',
    );
    expect(result.report.remedy).toContain('past-breaking-schema: accept');
    expect(instructionsOf(result.report)).toContain(
      `aws elbv2 modify-rule --rule-arn ${region.ruleArn} --actions`,
    );
    expect(instructionsOf(result.report)).toContain('aws elbv2 delete-rule --rule-arn');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    expect(tagsOf(region, 'api:2')).toMatchObject({ 'ips-deploy:schema': 'breaking' });
    // The post step knows it, too, and so does every later run.
    expect(await postStep(region, breaking)).toBeUndefined();
    for (const policy of ['rollback', 'rollback-only']) {
      const next = await shift(region, { 'on-interrupted': policy }, { runId: '2' });
      expectOutcome(region, next, 'refused', 'interrupted-shift');
      expect(next.report.sentence).toContain('carries a breaking schema change');
    }
    registerImage(region, 'v3');
    expectOutcome(region, await shift(region, {}, { runId: '3' }), 'refused', 'interrupted-shift');
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    const accepted = { 'on-interrupted': 'rollback-only', 'past-breaking-schema': 'accept' };
    expectOutcome(region, await shift(region, accepted, { runId: '4' }), 'rolled-back', 'interrupted');
    expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
    expectTidy(region);
  });

  test('the same revision proves its weight again before it goes further', async () => {
    const region = await makeRegion('ecs', { seed: 972 });
    registerImage(region, 'v2');
    let broken = true;
    const check = { ...breaking, 'check-command': 'smoke' };
    const runCheck: RunCheck = async () =>
      broken ? { kind: 'failed', detail: 'exit code 1' } : { kind: 'passed' };
    const first = await shift(region, check, { runCheck });
    expectOutcome(region, first, 'rollback-failed', 'own-check');
    // Repaired beside the service: what spoke against green does so no more.
    broken = false;
    const before = region.world.kernel.now;
    const next = await shift(region, { 'check-command': 'smoke' }, { runId: '2', runCheck });
    expectOutcome(region, next, 'promoted');
    const last = region.states.at(-1)!;
    expect(last.passed.map(({ percent }) => percent)).toEqual([10, 50, 100]);
    expect(last.passed[0]!.from).toBeGreaterThanOrEqual(before);
    expectTidy(region);
  });

  test('a green that fails without traffic is put away as ever', async () => {
    const region = await makeRegion('ecs', { seed: 973, apps: { v2: badApps.neverHealthy } });
    registerImage(region, 'v2');
    const result = await shift(region, { ...breaking, 'ready-timeout': '5m' });
    expect(result.outputs['outcome']).toBe('rolled-back');
    expectTidy(region);
    expect(serviceNow(region, 'api-green').desiredCount).toBe(0);
  });

  test('a cancelled job leaves the weights, and says why', async () => {
    const region = await makeRegion('ecs', { seed: 974 });
    registerImage(region, 'v2');
    cancelAfter(region, 5 * minute);
    const result = await shift(region, breaking);
    expectOutcome(region, result, 'cancelled', 'cancelled');
    expect(liveWeights(region)['api-b']).toBeGreaterThan(0);
    expect(region.log.join('\n')).toContain('its schema change is breaking');
    expect(result.report.remedy).toContain('past-breaking-schema: accept');
  });

  test('a job that was killed: the post step leaves the weights and fails', async () => {
    const region = await makeRegion('ecs', { seed: 975 });
    registerImage(region, 'v2');
    let dead = false;
    const run = shift(region, breaking, {
      wrap: (aws) => ({
        call: async (operation, input, signal) => {
          if (dead) throw new Killed(operation);
          const output = await aws.call(operation, input, signal);
          dead = liveWeights(region)['api-b'] === 50;
          return output;
        },
      }),
    });
    await expect(run).rejects.toBeInstanceOf(Killed);
    const result = await postStep(region, breaking);
    expectOutcome(region, result!, 'rollback-failed', 'cancelled');
    expect(liveWeights(region)).toEqual({ 'api-a': 50, 'api-b': 50 });
    expectOutcome(region, await shift(region, {}, { runId: '2' }), 'promoted');
    expectTidy(region);
  });

  test('the mark of the revision counts as well, as long as blue is older', async () => {
    const region = await makeRegion('ecs', { seed: 976, apps: { v2: badApps.errors } });
    const arn = registerImage(region, 'v2');
    const mark = { key: 'ips-deploy:schema', value: 'breaking' };
    region.world.must('ecs', 'TagResource', { resourceArn: arn, tags: [mark] });
    const planned = await shift(region, { ...probesOff, 'dry-run': 'true' });
    expectOutcome(region, planned, 'planned');
    expect(region.log.join('\n')).toContain('nothing goes back past it by itself');
    expectOutcome(region, await shift(region, probesOff), 'rollback-failed', 'errors');
  });

  test('the watch over a rest fails, and leaves the weights; who goes on proves the weight first', async () => {
    const region = await makeRegion('ecs', { seed: 978 });
    registerImage(region, 'v2');
    const rest = { ...breaking, until: '10', unattended: 'accept' };
    expectOutcome(region, await shift(region, rest), 'paused');
    await settle(region, 20 * minute);
    const judge = { 'on-interrupted': 'judge', 'rest-limit': '10m' };
    const watched = await shift(region, judge, { runId: '2' });
    expectOutcome(region, watched, 'rollback-failed', 'rest-limit');
    expect(watched.ok).toBe(false);
    expect(liveWeights(region)).toEqual({ 'api-a': 90, 'api-b': 10 });
    const done = await shift(region, { ...probesOff, 'on-interrupted': 'resume-only' }, { runId: '3' });
    expectOutcome(region, done, 'promoted');
    expect(region.states.at(-1)!.passed.map(({ percent }) => percent)).toEqual([10, 50, 100]);
  });

  test('a way back that was accepted beforehand is a way back', async () => {
    const region = await makeRegion('ecs', { seed: 977, apps: { v2: badApps.errors } });
    registerImage(region, 'v2');
    const result = await shift(region, { ...breaking, 'past-breaking-schema': 'accept' });
    expectOutcome(region, result, 'rolled-back', 'errors');
    expectTidy(region);
  });
});

describe('how long it may last', () => {
  test.each([
    [{}, 'the job’s own limit is not known (job-timeout-minutes; 6h where the workflow has none)'],
    [{ 'job-timeout-minutes': '120' }, 'the job ends after 2h'],
    [{ 'credentials-end': '2030-01-01T00:00:00Z' }, 'the credentials end in'],
  ])('is told in the plan, before anything is changed: %j', async (inputs, words) => {
    const region = await makeRegion('ecs', { seed: 995 });
    registerImage(region, 'v2');
    expectOutcome(region, await shift(region, { ...inputs, 'dry-run': 'true' }), 'planned');
    const told = region.log.join('\n');
    expect(told).toMatch(/It lasts \d+m\d+s at the longest, the way back included/);
    expect(told).toContain(words);
  });

  test('is refused where the job or the credentials end before', async () => {
    const region = await makeRegion('ecs', { seed: 996 });
    registerImage(region, 'v2');
    const soon = new Date(region.world.kernel.now + 30 * minute).toISOString();
    const result = await shift(region, { 'job-timeout-minutes': '30', 'credentials-end': soon });
    expectOutcome(region, result, 'refused', 'job-too-short,credentials-too-short');
    expect(rulesOfListener(region)).toBe(2);
  });
});
