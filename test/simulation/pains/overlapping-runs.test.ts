/** Pain 34: overlapping runs let older code win. Commits of one branch, deployed by runs that get in each other's way. */
import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { addGitHub, run } from '../rollout/github.ts';
import { cluster, definitionOf, makeRegion, runningImages, service, settle } from '../rollout/region.ts';

const told = ({ ok, outputs }: ActionResult) => [ok, outputs['outcome'], outputs['cause']];

async function twoCommits(apps = {}) {
  const region = await makeRegion({ apps });
  const github = addGitHub(region);
  const oldest = github.commit('oldest');
  return { region, github, oldest, older: github.commit('older'), newer: github.commit('newer') };
}

test('pain 34: an older run that comes while the newer one is under way is refused, and the newer one wins', async () => {
  const { region, github, older, newer } = await twoCommits();
  const first = run(region, github, 'good-3', { sha: newer, runId: '2' });
  const second = region.time
    .sleep(10_000)
    .then(() => run(region, github, 'good-2', { sha: older, runId: '1' }));
  const [ofNewer, ofOlder] = await region.time.run(Promise.all([first, second]));
  expect(told(ofNewer)).toEqual([true, 'succeeded', '']);
  expect(told(ofOlder)).toEqual([false, 'refused', 'stale-commit']);
  expect(runningImages(region)).toEqual({ 'good-3': 3 });
});

test('pain 34: the newer one may take the place of the older one that is under way', async () => {
  const { region, github, older, newer } = await twoCommits();
  const first = run(region, github, 'good-2', { sha: older, runId: '1' });
  const second = region.time
    .sleep(10_000)
    .then(() => run(region, github, 'good-3', { sha: newer, runId: '2' }));
  const [ofOlder, ofNewer] = await region.time.run(Promise.all([first, second]));
  expect(told(ofOlder)).toEqual([false, 'superseded', '']);
  expect(told(ofNewer)).toEqual([true, 'succeeded', '']);
  expect(runningImages(region)).toEqual({ 'good-3': 3 });
});

test('pain 34: the newer one comes between the first look and the first change: seen just before it', async () => {
  const { region, github, oldest, older, newer } = await twoCommits();
  const { world } = region;
  world.must('ecs', 'RegisterTaskDefinition', {
    ...definitionOf('good-3'),
    tags: [{ key: 'ips-deploy:commit', value: newer }],
  });
  const [{ taskDefinition: live }] = world.must('ecs', 'DescribeServices', {
    cluster,
    services: [service],
  }).services;
  // What serves is older than both, and GitHub takes its time to say so.
  world.must('ecs', 'TagResource', {
    resourceArn: live,
    tags: [{ key: 'ips-deploy:commit', value: oldest }],
  });
  github.takesMs = 3000;
  let reads = 0;
  const beforeCall = (operation: string): void => {
    if (operation !== 'ecs:DescribeServices' || ++reads !== 2) return;
    world.must('ecs', 'UpdateService', { cluster, service, taskDefinition: 'ips-api-task:2' });
  };
  const result = await region.time.run(run(region, github, 'good-2', { sha: older, beforeCall }));
  expect(told(result)).toEqual([false, 'refused', 'stale-commit']);
  expect(result.report.sentence).toMatch(/^Nothing was changed\./);
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-3': 3 });
});

test('pain 34: the newer one comes while the older one migrates: the service keeps it, and the outcome says both', async () => {
  const { region, github, older, newer } = await twoCommits({
    './migrate': { crashAfterMs: 60_000, exitCode: 0 },
  });
  const preDeploy = { command: ['./migrate'], container: undefined, timeoutMs: 300_000 };
  const first = run(region, github, 'good-2', { sha: older, runId: '1', preDeploy });
  const second = region.time
    .sleep(20_000)
    .then(() => run(region, github, 'good-3', { sha: newer, runId: '2' }));
  const [ofOlder, ofNewer] = await region.time.run(Promise.all([first, second]));
  expect(told(ofOlder)).toEqual([false, 'refused', 'stale-commit']);
  expect(ofOlder.report.sentence).toMatch(
    /^The pre-deploy task [0-9a-f]{32} passed\. .*The service was not changed\./,
  );
  expect(told(ofNewer)).toEqual([true, 'succeeded', '']);
  expect(runningImages(region)).toEqual({ 'good-3': 3 });
});
