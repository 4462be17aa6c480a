/** What keeps a deployment from beginning: older commits, closed windows, a schema that nothing may go back past. */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { maintenanceWindows } from '../../../src/inputs/maintenance-window.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { putAlarm } from '../alarm.ts';
import { addGitHub, repository, run } from './github.ts';
import {
  cluster,
  definitionOf,
  deploy,
  makeRegion,
  type Region,
  type RequestChange,
  revisionsOf,
  runningImages,
  service,
} from './region.ts';

const seen = ({ ok, outputs }: ActionResult) => ({
  ok,
  outcome: outputs['outcome'],
  cause: outputs['cause'],
});
const stale = { ok: false, outcome: 'refused', cause: 'stale-commit' };
const done = { ok: true, outcome: 'succeeded', cause: '' };

const tagsOf = (region: Region, revision: number): Readonly<Record<string, string>> => {
  const resourceArn = `arn:aws:ecs:ap-south-1:123456789012:task-definition/ips-api-task:${revision}`;
  const { tags } = region.world.must('ecs', 'ListTagsForResource', { resourceArn });
  return Object.fromEntries(tags.map((tag: { key: string; value: string }) => [tag.key, tag.value]));
};

describe('guard-stale', () => {
  async function twoCommits() {
    const region = await makeRegion();
    const github = addGitHub(region);
    const older = github.commit('older');
    const newer = github.commit('newer');
    return { region, github, older, newer };
  }

  test('an older commit does not take a newer one back, and nothing is registered', async () => {
    const { region, github, older, newer } = await twoCommits();
    expect(seen(await region.time.run(run(region, github, 'good-3', { sha: newer })))).toEqual(done);
    const result = await region.time.run(run(region, github, 'good-2', { sha: older, runId: '2' }));
    expect(seen(result)).toEqual(stale);
    expect(result.report.sentence).toMatch(
      /^Nothing was changed\. ips-api-task:2, which serves now, was built from [0-9a-f]{7}, which is 1 commit ahead of [0-9a-f]{7} and contains it/,
    );
    expect([runningImages(region), revisionsOf(region)]).toEqual([{ 'good-3': 3 }, 2]);
  });

  test('asks AWS nothing where the revision that serves is the newest one', async () => {
    const { region, github, older, newer } = await twoCommits();
    await region.time.run(run(region, github, 'good-2', { sha: older }));
    const asked: string[] = [];
    const beforeCall = (operation: string): void => void asked.push(operation);
    await region.time.run(run(region, github, 'good-3', { sha: newer, runId: '2', wait: false, beforeCall }));
    expect(asked).toEqual([
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:RegisterTaskDefinition',
      'ecs:UpdateService',
    ]);
    expect(github.asked.length).toBeGreaterThan(0);
  });

  test('in their order they are deployed, with commit, ref and run on the revision', async () => {
    const { region, github, older, newer } = await twoCommits();
    expect(seen(await region.time.run(run(region, github, 'good-2', { sha: older })))).toEqual(done);
    expect(seen(await region.time.run(run(region, github, 'good-3', { sha: newer, runId: '2' })))).toEqual(
      done,
    );
    expect(tagsOf(region, 3)).toMatchObject({
      'ips-deploy:commit': newer,
      'ips-deploy:ref': 'refs/heads/main',
      'ips-deploy:run': `https://github.com/${repository}/actions/runs/2`,
    });
  });

  test('the same commit may be deployed again with another definition; GitHub is not asked', async () => {
    const { region, github, newer } = await twoCommits();
    await region.time.run(run(region, github, 'good-2', { sha: newer }));
    expect(seen(await region.time.run(run(region, github, 'good-3', { sha: newer })))).toEqual(done);
    expect(github.asked).toEqual([]);
  });

  test('branches that have grown apart: neither contains the other', async () => {
    const { region, github, newer } = await twoCommits();
    const hotfix = github.commit('hotfix', 'hotfix');
    const main = github.commit('main goes on');
    await region.time.run(run(region, github, 'good-2', { sha: main }));
    expect(seen(await region.time.run(run(region, github, 'good-3', { sha: hotfix })))).toEqual(done);
    expect(newer).not.toBe(main);
  });

  test('it can be overridden', async () => {
    const { region, github, older, newer } = await twoCommits();
    await region.time.run(run(region, github, 'good-3', { sha: newer }));
    const result = await region.time.run(run(region, github, 'good-2', { sha: older, guardStale: false }));
    expect(seen(result)).toEqual(done);
  });

  test.each([401, 403, 404, 429, 500])(
    'GitHub answers %d: a notice, and the deployment goes on',
    async (status) => {
      const { region, github, older, newer } = await twoCommits();
      await region.time.run(run(region, github, 'good-3', { sha: newer }));
      github.failWith = { status };
      expect(seen(await region.time.run(run(region, github, 'good-2', { sha: older })))).toEqual(done);
      expect(region.log.join('\n')).toContain(
        'Whether this run is older than what serves cannot be told: GitHub:',
      );
    },
  );

  test('a commit that GitHub does not know, and one of another repository: a notice', async () => {
    const { region, github, older } = await twoCommits();
    await region.time.run(run(region, github, 'good-2', { sha: 'c'.repeat(40) }));
    expect(seen(await region.time.run(run(region, github, 'good-3', { sha: older })))).toEqual(done);
    await region.time.run(run(region, github, 'good-2', { sha: older, from: 'acme/other' }));
    expect(seen(await region.time.run(run(region, github, 'good-3', { sha: older })))).toEqual(done);
    expect(region.log.join('\n')).toMatch(/cannot be told: GitHub: .*404/);
    expect(region.log.join('\n')).toContain('which serves now, comes from acme/other');
  });

  test('a definition that comes back is of the commit that brought it back', async () => {
    const { region, github, older, newer } = await twoCommits();
    await region.time.run(run(region, github, 'good-2', { sha: older }));
    const between = github.commit('between');
    const revert = github.commit('revert');
    await region.time.run(run(region, github, 'good-2', { sha: revert }));
    expect(tagsOf(region, 2)['ips-deploy:commit']).toBe(revert);
    for (const sha of [newer, between]) {
      expect(seen(await region.time.run(run(region, github, 'good-3', { sha })))).toEqual(stale);
    }
  });

  test('a revision that is named is judged by its own commit', async () => {
    const { region, github, older, newer } = await twoCommits();
    await region.time.run(run(region, github, 'good-2', { sha: older }));
    await region.time.run(run(region, github, 'good-3', { sha: newer }));
    const taskDefinition = { kind: 'revision', name: 'ips-api-task:2' } as const;
    expect(seen(await region.time.run(run(region, github, 'x', { sha: newer, taskDefinition })))).toEqual(
      stale,
    );
    expect(tagsOf(region, 2)['ips-deploy:commit']).toBe(older);
  });

  test('a role that may not tag deploys, and a warning says what is missing', async () => {
    const { region, github, newer } = await twoCommits();
    const { world } = region;
    const allow = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
    const deny = { Effect: 'Deny', Action: 'ecs:TagResource', Resource: '*' } as const;
    const document = { Version: '2012-10-17', Statement: [allow, deny] };
    const user = world.iam.addUser({ name: 'deployer', policies: { deploy: document } });
    region.caller = { kind: 'user', arn: user.arn, name: 'deployer' };
    expect(seen(await region.time.run(run(region, github, 'good-2', { sha: newer })))).toEqual(done);
    expect(region.log.join('\n')).toContain('The revision is registered without what deploys remember of it');
  });
});

describe('maintenance-window', () => {
  // The simulated region stands at 2026-01-14 (a Wednesday) when the deployment begins.
  const windowsOf = (text: string, outside: 'wait' | 'refuse', timeoutMs = 5 * 3_600_000): RequestChange => {
    const parsed = maintenanceWindows().parse(text);
    if (!parsed.ok) throw new Error(parsed.allowed);
    return { maintenance: { windows: parsed.value, outside, timeoutMs } };
  };
  const clockText = (region: Region, afterMs: number): string =>
    new Date(region.time.now() + afterMs).toISOString().slice(11, 16);
  const hour = 3_600_000;
  const opensIn = (region: Region, ms: number): string =>
    `daily ${clockText(region, ms)}-${clockText(region, ms + hour)} UTC`;

  test('open: it goes on', async () => {
    const region = await makeRegion();
    const change = windowsOf(opensIn(region, -60_000), 'refuse');
    expect(seen(await deploy(region, 'good-2', change))).toEqual(done);
  });

  test('closed: refused before anything is changed, with the next opening', async () => {
    const region = await makeRegion();
    const change = windowsOf(opensIn(region, 2 * hour), 'refuse');
    const result = await deploy(region, 'good-2', change);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'outside-window' });
    expect(result.report.sentence).toMatch(/It opens next on Wed 2026-01-14 \d\d:\d\d UTC, in 2h\.$/);
    expect(revisionsOf(region)).toBe(1);
  });

  test('waited for: it begins as it opens, from what is there then', async () => {
    const region = await makeRegion();
    const opensAt = Math.floor((region.time.now() + 2 * hour) / 60_000) * 60_000;
    const change = windowsOf(opensIn(region, 2 * hour), 'wait');
    void region.time.sleep(hour).then(() => {
      region.world.must('ecs', 'UpdateService', { cluster, service, desiredCount: 2 });
    });
    const result = await deploy(region, 'good-2', change);
    expect(seen(result)).toEqual(done);
    expect(runningImages(region)).toEqual({ 'good-2': 2 });
    const registered = result.report.events.find((each) => each.code === 'rollout.registered');
    expect(registered!.at).toBeGreaterThanOrEqual(opensAt);
    expect(registered!.at).toBeLessThan(opensAt + 2000);
  });

  test('too far off: refused at once instead of a wait that must fail', async () => {
    const region = await makeRegion();
    const result = await deploy(region, 'good-2', windowsOf(opensIn(region, 2 * hour), 'wait', hour));
    expect(seen(result)).toMatchObject({ outcome: 'refused', cause: 'outside-window' });
    expect(Number(result.outputs['duration-seconds'])).toBeLessThan(5);
    expect(result.report.sentence).toContain('longer than window-timeout');
  });

  test('cancelled while it waits', async () => {
    const region = await makeRegion();
    void region.time.sleep(hour).then(() => region.cancel.abort());
    const cancelledAt = region.time.now() + hour;
    const result = await deploy(region, 'good-2', windowsOf(opensIn(region, 2 * hour), 'wait'));
    expect(seen(result)).toEqual({ ok: false, outcome: 'cancelled', cause: '' });
    expect(region.time.now()).toBe(cancelledAt);
    expect(revisionsOf(region)).toBe(1);
  });

  test('it closes while the services are read: refused just before the first change', async () => {
    const region = await makeRegion();
    const { world } = region;
    const untilClose = 60_000 - (region.time.now() % 60_000);
    const rule = {
      id: 'slow',
      match: { operation: 'DescribeServices' },
      effect: { kind: 'slow', ms: untilClose },
    } as const;
    world.loadFaults({ rules: [rule], events: [] });
    const change = windowsOf(
      `daily ${clockText(region, -hour)}-${clockText(region, untilClose)} UTC`,
      'refuse',
    );
    const result = await deploy(region, 'good-2', change);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'outside-window' });
    expect(revisionsOf(region)).toBe(1);
  });

  test('bad news is told before a wait, and a dry run tells the wait', async () => {
    const region = await makeRegion();
    const closed = windowsOf(opensIn(region, 2 * hour), 'wait');
    expect(seen(await deploy(region, 'good-2', { ...closed, service: 'nobody' }))).toMatchObject({
      cause: 'service-missing',
    });
    expect((await deploy(region, 'good-2', { ...closed, dryRun: true })).report.sentence).toContain(
      'Waiting for it.',
    );
    const named = { taskDefinition: { kind: 'revision', name: 'ips-api-task:1' } as const };
    expect(seen(await deploy(region, 'good-1', { ...closed, ...named }))).toMatchObject({
      outcome: 'no-change',
    });
  });
});

describe('schema: breaking', () => {
  const breaking: RequestChange = { schema: 'breaking' };
  const crash = { bad: badApps.crashAtStart };

  test('a good one is deployed and marked', async () => {
    const region = await makeRegion();
    expect(seen(await deploy(region, 'good-2', breaking))).toEqual(done);
    expect(tagsOf(region, 2)['ips-deploy:schema']).toBe('breaking');
  });

  test('one that fails is left as it stands, and the outcome says why', async () => {
    const region = await makeRegion({ apps: crash });
    const result = await deploy(region, 'bad', breaking);
    expect(seen(result)).toEqual({ ok: false, outcome: 'failed', cause: 'container-exited' });
    expect(result.report.sentence).toContain('It was not rolled back: its schema change is breaking');
    const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
    expect(services[0].taskDefinition).toMatch(/:2$/);
  });

  test('one that takes too long, and a cancelled one: left', async () => {
    const slow = await makeRegion({ apps: { bad: { startMs: 100_000_000 } } });
    const late = await deploy(slow, 'bad', { ...breaking, timeoutMs: 60_000 });
    expect(late.outputs).toMatchObject({ outcome: 'timed-out', aftermath: 'left' });
    expect(late.report.sentence).toContain('It was not rolled back');
    const region = await makeRegion();
    void region.time.sleep(20_000).then(() => region.cancel.abort());
    const cancelled = await deploy(region, 'good-2', breaking);
    expect(cancelled.outputs).toMatchObject({ outcome: 'cancelled', aftermath: 'left' });
    expect(cancelled.report.sentence).toContain('It was not rolled back');
  });

  test('the mark of a revision counts as the input does', async () => {
    const region = await makeRegion({ apps: crash });
    region.world.must('ecs', 'RegisterTaskDefinition', {
      ...definitionOf('bad'),
      tags: [{ key: 'ips-deploy:schema', value: 'breaking' }],
    });
    const result = await deploy(region, 'x', {
      taskDefinition: { kind: 'revision', name: 'ips-api-task:2' },
    });
    expect(seen(result)).toMatchObject({ outcome: 'failed' });
  });

  test('stop is still stop, and without breaking the way back is taken', async () => {
    const stopped = await deploy(await makeRegion({ apps: crash }), 'bad', {
      ...breaking,
      onFailure: 'stop',
    });
    const usual = await deploy(await makeRegion({ apps: crash }), 'bad', { onFailure: 'stop' });
    expect(seen(stopped)).toEqual(seen(usual));
    expect(stopped.report.sentence).not.toContain('It was not rolled back');
    expect((await deploy(await makeRegion({ apps: crash }), 'bad')).outputs['outcome']).toBe('rolled-back');
  });

  test.each([
    ['circuit breaker', { deploymentCircuitBreaker: { enable: true, rollback: true } }],
    ['alarms', { alarms: { alarmNames: ['errors'], enable: true, rollback: true } }],
  ])("ECS's own rollback by %s is on: refused, nothing is changed", async (name, configuration) => {
    const region = await makeRegion();
    putAlarm(region.world, 'errors');
    region.world.must('ecs', 'UpdateService', { cluster, service, deploymentConfiguration: configuration });
    const result = await deploy(region, 'good-2', breaking);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'breaking-schema-rollback-on' });
    expect(result.report.sentence).toContain(name);
    expect(revisionsOf(region)).toBe(1);
  });

  test('a mark that cannot be written is a refusal here, not a warning', async () => {
    const region = await makeRegion();
    region.world.must('ecs', 'RegisterTaskDefinition', definitionOf('good-2'));
    const rule = { id: 't', match: { operation: 'TagResource' }, effect: { kind: 'access-denied' } } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    const result = await deploy(region, 'good-2', breaking);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'breaking-schema-unmarked' });
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('a dry run says that nothing goes back', async () => {
    const result = await deploy(await makeRegion(), 'good-2', { ...breaking, dryRun: true });
    expect(result.report.sentence).toContain(
      'Leave the deployment as it stands where it fails or is cancelled',
    );
  });
});
