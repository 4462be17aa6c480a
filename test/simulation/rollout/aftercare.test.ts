/** What a rolling deploy does once the rollout is done: errors and latency are watched, and harm goes back. */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { WatchRequest } from '../../../src/inputs/watch-fields.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { SimulatedTraffic } from '../../../src/lab/world/sim/simulated-traffic.ts';
import { handoverState, parseHandover } from '../../../src/rollout/handover.ts';
import { finishRollouts } from '../../../src/rollout/post.ts';
import { putAlarm } from '../alarm.ts';
import { runAndDie } from './dying.ts';
import {
  addService,
  cluster,
  definitionOf,
  deploy,
  makeRegion,
  portsOf,
  type Region,
  type RegionOptions,
  runningImages,
  service,
  settle,
} from './region.ts';

const minute = 60_000;
const watch: WatchRequest = {
  forMs: 10 * minute,
  maxErrorRate: 0.005,
  objectives: { errorRate: undefined, latency: undefined },
};

const seen = ({ ok, outputs }: ActionResult) => ({
  ok,
  outcome: outputs['outcome'],
  cause: outputs['cause'],
});

/** The guide's service, with users that have been there for half an hour. */
async function busyRegion(
  apps: NonNullable<RegionOptions['apps']>,
  requestsPerSecond = 20,
  options: RegionOptions = {},
): Promise<Region> {
  const region = await makeRegion({ ...options, apps });
  const { world, substrate, listenerArn } = region;
  const traffic = new SimulatedTraffic({
    kernel: world.kernel,
    routing: world.routing(),
    substrate,
    report: (fact) => world.report(fact),
    listenerArn,
    requestsPerSecond,
  });
  traffic.start();
  await settle(region, 30 * minute);
  return region;
}

function tagsOf(region: Region, revision: number): readonly string[] {
  const resourceArn = `arn:aws:ecs:ap-south-1:123456789012:task-definition/ips-api-task:${revision}`;
  const { tags } = region.world.must('ecs', 'ListTagsForResource', { resourceArn });
  return tags.map((tag: { key: string }) => tag.key);
}

describe('a watch after the rollout', () => {
  test('finds nothing against a good release: it succeeds, and says what was counted', async () => {
    const region = await busyRegion({ 'good-2': {} });
    const result = await deploy(region, 'good-2', { watch });
    expect(seen(result)).toEqual({ ok: true, outcome: 'succeeded', cause: '' });
    expect(result.report.sentence).toMatch(
      /In 10m.* of watching 0 of [\d,]+ requests failed \(0 % before\), \d+ were slow/,
    );
    expect(Number(result.outputs['duration-seconds'])).toBeGreaterThan(600);
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
    expect(tagsOf(region, 2)).toContainEqual(expect.stringMatching(/^ips-deploy:promoted/));
  });

  test.each([
    ['errors', badApps.errors, 'errors', /requests failed; before it 0 % did, and 0\.5 % are allowed/],
    ['three failures in a hundred', { errorRate: 0.03 }, 'errors', /requests failed/],
    ['hanging requests', badApps.hangs, 'unanswered', /got no answer from a task/],
    ['closed connections', badApps.closesConnections, 'unanswered', /got no answer from a task/],
    ['latency', badApps.slow, 'slow', /took longer than \d+ ms, the usual p95 and a margin/],
  ])('takes a healthy release with %s back, with the cause', async (_name, app, cause, words) => {
    const region = await busyRegion({ bad: app });
    const result = await deploy(region, 'bad', { watch });
    expect(seen(result)).toEqual({ ok: false, outcome: 'rolled-back', cause });
    expect(result.report.sentence).toMatch(words);
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
    expect(tagsOf(region, 2)).not.toContainEqual(expect.stringMatching(/^ips-deploy:promoted/));
  });

  test('takes nothing back that was as bad before', async () => {
    const region = await busyRegion({ 'good-1': { errorRate: 0.03 }, 'good-2': { errorRate: 0.03 } });
    const result = await deploy(region, 'good-2', { watch });
    expect(seen(result)).toEqual({ ok: true, outcome: 'succeeded', cause: '' });
  });

  test('holds a release to an objective, however it was before', async () => {
    const region = await busyRegion({ 'good-1': { errorRate: 0.03 }, 'good-2': { errorRate: 0.03 } });
    const objectives = { errorRate: 0.01, latency: undefined };
    const result = await deploy(region, 'good-2', { watch: { ...watch, objectives } });
    expect(seen(result)).toEqual({ ok: false, outcome: 'rolled-back', cause: 'objective-errors' });
  });

  test('holds latency to an objective', async () => {
    const region = await busyRegion({ 'good-2': {} });
    const objectives = { errorRate: undefined, latency: { percentile: 95, seconds: 0.02 } };
    const result = await deploy(region, 'good-2', { watch: { ...watch, objectives } });
    expect(seen(result)).toEqual({ ok: false, outcome: 'rolled-back', cause: 'objective-latency' });
  });

  test('of a release that nobody asks says that nothing is known', async () => {
    const region = await makeRegion({ apps: { 'good-2': {} } });
    const result = await deploy(region, 'good-2', { watch });
    expect(seen(result)).toEqual({ ok: true, outcome: 'succeeded', cause: '' });
    expect(result.report.sentence).toContain(
      'no request was counted: of errors and latency nothing is known.',
    );
  });

  test.each(['leave', 'stop'] as const)(
    'with on-failure %s leaves it, and says what it does',
    async (onFailure) => {
      const region = await busyRegion({ bad: badApps.errors });
      const result = await deploy(region, 'bad', { watch, onFailure });
      expect(seen(result)).toEqual({ ok: false, outcome: 'failed', cause: 'errors' });
      expect(result.report.sentence).toMatch(/^ips-api-task:2 serves, and does harm\. After the deployment/);
      expect(runningImages(region)).toEqual({ bad: 3 });
    },
  );

  test('goes back past no breaking schema', async () => {
    const region = await busyRegion({ bad: badApps.errors });
    const result = await deploy(region, 'bad', { watch, schema: 'breaking' });
    expect(seen(result)).toEqual({ ok: false, outcome: 'failed', cause: 'errors' });
    expect(runningImages(region)).toEqual({ bad: 3 });
  });

  test('an alarm that goes off after the rollout takes it back', async () => {
    const region = await busyRegion({ 'good-2': {} });
    const alarm = (StateValue: string) =>
      region.world.must('cloudwatch', 'SetAlarmState', {
        AlarmName: 'harm',
        StateValue,
        StateReason: '7 > 1',
      });
    putAlarm(region.world, 'harm');
    alarm('OK');
    void region.time.sleep(6 * minute).then(() => alarm('ALARM'));
    const result = await deploy(region, 'good-2', { watch, alarms: ['harm'] });
    expect(seen(result)).toEqual({ ok: false, outcome: 'rolled-back', cause: 'deployment-alarm' });
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('whoever deploys meanwhile ends it: nothing of theirs is taken back', async () => {
    const region = await busyRegion({ bad: badApps.errors, 'good-3': {} });
    void region.time.sleep(3 * minute).then(() => {
      region.world.must('ecs', 'RegisterTaskDefinition', region.definition('good-3'));
      region.world.must('ecs', 'UpdateService', { cluster, service, taskDefinition: 'ips-api-task:3' });
    });
    const result = await deploy(region, 'bad', { watch });
    expect(seen(result)).toMatchObject({ ok: false, outcome: 'superseded' });
    await settle(region, 5 * minute);
    expect(runningImages(region)).toEqual({ 'good-3': 3 });
  });

  test('a cancelled watch leaves what serves, unmarked, and the next run watches it to its end', async () => {
    const region = await busyRegion({ 'good-2': {} });
    void region.time.sleep(5 * minute).then(() => region.cancel.abort());
    const cancelled = await deploy(region, 'good-2', { watch });
    expect(seen(cancelled)).toEqual({ ok: false, outcome: 'cancelled', cause: '' });
    expect(cancelled.outputs['aftermath']).toBe('left');
    expect(tagsOf(region, 2)).not.toContainEqual(expect.stringMatching(/^ips-deploy:promoted/));
    const again = { ...region, cancel: new AbortController() };
    const result = await deploy(again, 'good-2', { watch });
    expect(seen(result)).toEqual({ ok: true, outcome: 'no-change', cause: '' });
    expect(result.report.sentence).toContain('of watching');
    expect(tagsOf(region, 2)).toContainEqual(expect.stringMatching(/^ips-deploy:promoted/));
    const third = await deploy(again, 'good-2', { watch });
    expect(Number(third.outputs['duration-seconds'])).toBeLessThan(60);
  });

  test('metrics that cannot be read at the start refuse it, and nothing is changed', async () => {
    const region = await busyRegion({ 'good-2': {} });
    const rule = {
      id: 'no',
      match: { operation: 'GetMetricData' },
      effect: { kind: 'access-denied' },
    } as const;
    region.world.loadFaults({ rules: [rule], events: [] });
    const result = await deploy(region, 'good-2', { watch });
    expect(seen(result)).toMatchObject({ ok: false, outcome: 'refused' });
    expect(result.report.sentence).toContain('Nothing was changed.');
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('metrics that end in the middle are no proof', async () => {
    const region = await busyRegion({ 'good-2': {} });
    const rule = {
      id: 'no',
      match: { operation: 'GetMetricData' },
      effect: { kind: 'access-denied' },
    } as const;
    void region.time.sleep(4 * minute).then(() => region.world.loadFaults({ rules: [rule], events: [] }));
    const result = await deploy(region, 'good-2', { watch });
    expect(seen(result)).toMatchObject({ ok: false, outcome: 'unobserved' });
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
  });

  test.each([true, false])('nothing to watch is refused (dry run: %s)', async (dryRun) => {
    const region = await makeRegion({ apps: { 'good-2': {} } });
    addService(region, 'worker', 1);
    const change = { watch, dryRun, service: 'worker' };
    expect(seen(await deploy(region, 'good-2', change))).toEqual({
      ok: false,
      outcome: 'refused',
      cause: 'nothing-to-watch',
    });
  });
});

test('the image before is kept from the lifecycle policy, and the way back pulls it', async () => {
  const repositoryName = 'api';
  const inEcr = (tag: string) => {
    const definition = definitionOf(tag);
    const image = `123456789012.dkr.ecr.ap-south-1.amazonaws.com/${repositoryName}:${tag}`;
    return { ...definition, containerDefinitions: [{ ...definition.containerDefinitions![0]!, image }] };
  };
  const rule = (rulePriority: number, selection: object) => ({
    rulePriority,
    selection: { countType: 'imageCountMoreThan', ...selection },
    action: { type: 'expire' },
  });
  const rules = [
    rule(1, { tagStatus: 'tagged', tagPatternList: ['keep-*'], countNumber: 9999 }),
    rule(2, { tagStatus: 'any', countNumber: 1 }),
  ];
  const region = await busyRegion({ bad: badApps.errors }, 20, {
    definition: inEcr,
    prepare: (world) => {
      world.must('ecr', 'CreateRepository', { repositoryName });
      for (const tag of ['good-1', 'good-2', 'other', 'bad']) world.ecr.seedImage(repositoryName, tag);
      const lifecyclePolicyText = JSON.stringify({ rules });
      world.must('ecr', 'PutLifecyclePolicy', { repositoryName, lifecyclePolicyText });
    },
  });
  const kept = (): readonly string[] =>
    region.world
      .must('ecr', 'DescribeImages', { repositoryName })
      .imageDetails.map((each: { imageTags?: string[] }) => (each.imageTags ?? []).join(' '));
  await deploy(region, 'good-2', { watch, keepImages: 1 }, inEcr);
  void region.time.sleep(4 * minute).then(() => {
    const { ecr } = region.world;
    ecr.applyLifecycle(ecr.store.repositories.get(repositoryName)!);
  });
  const result = await deploy(region, 'bad', { watch, keepImages: 1 }, inEcr);
  expect(seen(result)).toEqual({ ok: false, outcome: 'rolled-back', cause: 'errors' });
  expect(kept()).toContainEqual(expect.stringMatching(/^good-2 keep-\d{14}-\w{12}$/));
  expect(kept().length).toBeLessThan(3);
  expect(runningImages(region)).toEqual({ 'good-2': 3 });
});

test('killed anywhere in the watch or on its way back, with its post step: one version serves, and no harm is marked good', async () => {
  const ends = new Set<string>();
  for (let at = 60; ; at += 9) {
    const region = await busyRegion({ next: badApps.errors });
    const died = await runAndDie(region, at, at % 2 === 0, { watch });
    const open = parseHandover(region.state.get(handoverState) ?? '');
    const goingBack = open.some((each) => each.goingBack === true);
    const { aws, clock, random } = portsOf(region);
    const results = await region.time.run(finishRollouts(open, { aws, clock, random }));
    expect({ at, bad: results.filter((each) => !each.ok) }).toEqual({ at, bad: [] });
    await settle(region, 10 * minute);
    const serves = Object.keys(runningImages(region));
    expect({ at, serves }).toEqual({ at, serves: [goingBack || !died ? 'good-1' : serves[0]] });
    expect(tagsOf(region, 2)).not.toContainEqual(expect.stringMatching(/^ips-deploy:promoted/));
    ends.add(died ? (goingBack ? 'on the way back' : `before it, ${serves[0]}`) : 'not at all');
    if (!died) break;
  }
  expect([...ends].sort()).toEqual(
    expect.arrayContaining(['before it, next', 'not at all', 'on the way back']),
  );
}, 60_000);

test('over a day of good releases of every hour none is taken back', async () => {
  const region = await busyRegion({ 'good-1': { errorRate: 0.004 }, 'good-2': { errorRate: 0.004 } }, 5);
  for (let count = 0; count < 24; count++) {
    const result = await deploy(region, count % 2 === 0 ? 'good-2' : 'good-1', { watch });
    expect(seen(result)).toMatchObject({ ok: true });
    await settle(region, 45 * minute);
  }
  const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
  expect(services[0].runningCount).toBe(3);
}, 60_000);
