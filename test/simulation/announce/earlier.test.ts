/**
 * What becomes at GitHub of a deployment that its own run left under way, once a later run has gone on with it, taken it
 * back, or put another in its place: real shifts and rollouts in virtual time, told to the lab's GitHub.
 */
import { describe, expect, test } from '@jest/globals';
import { createAnnouncer } from '../../../src/announce/announcer.ts';
import { stateOfEarlier } from '../../../src/announce/deployment.ts';
import type { Subject } from '../../../src/announce/notice.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import { sendToLab, type Watch } from '../../support/lab-github.ts';
import { createPorts } from '../../unit/image/ports-double.ts';
import { makeRegion, type Region, registerImage, shift } from '../shift/region.ts';

const repository = 'acme/api';
const rests = { 'bake-time': '1m', until: '10', unattended: 'accept' };

interface Told {
  /** Of the shift that is told of. */
  readonly listener?: string | null;
  readonly subject?: Subject;
  readonly environment?: string;
  /** A watch makes no deployment of its own. */
  readonly begins?: boolean;
  readonly watch?: Watch;
  readonly runId?: string;
}

async function setUp() {
  const region = await makeRegion('ecs', { seed: 21, requestsPerSecond: 50, apps: { bad: badApps.errors } });
  registerImage(region, 'v2');
  const { github } = region.world;
  github.addRepository({ owner: 'acme', name: 'api' });
  const sha = github.addCommit(repository, 'main', 'a version');
  const token = github.addToken(repository, { deployments: 'write' });
  const log: string[] = [];
  let runs = 0;
  /** One run: what it begins at GitHub, what it does, and what it tells at its end. */
  const run = async (work: () => Promise<ActionResult>, told: Told = {}): Promise<ActionResult> => {
    const { listener = region.ruleArn, environment = 'Production', begins = true, watch } = told;
    const runId = told.runId ?? String(++runs);
    const subject = told.subject ?? { action: 'blue-green-shift', cluster: 'shop', services: [], listener };
    const ports = createPorts({ call: () => Promise.reject(new Error('no AWS here')) }, '/temp');
    const send = sendToLab(region.world, watch);
    const announcer = createAnnouncer(
      {
        githubToken: token,
        deployment: { environment, environmentUrl: undefined },
        gitTag: undefined,
        issueOnRollback: false,
        topic: undefined,
        webhook: undefined,
      },
      subject,
      {
        runner: {
          ...ports.runner,
          annotate: (_level, message) => void log.push(message),
          info: (line) => void log.push(line),
        },
        clock: region.time,
        context: { ...ports.context, repository, sha, runId },
        docsBase: undefined,
        redact: (text) => text,
        receivers: [],
        github: (over) => createGitHubApi({ apiUrl: '', repository, token, clock: region.time, send }, over),
        afterJob: false,
      },
    );
    if (begins) announcer.begin();
    const result = await work();
    await region.time.run(announcer.end({ kind: 'result', result }));
    return result;
  };
  return {
    region,
    run,
    log,
    states: () => statesOf(region),
    outcome: ({ outputs }: ActionResult) => outputs['outcome'],
  };
}

const statesOf = ({ world }: Region) =>
  world.github
    .repository(repository)
    .deployments.map(({ statuses }) => statuses.map(({ state }) => state).join());

/** As an action ends, for those of which nothing else is needed. */
function ended(outcome: string, ok: boolean): ActionResult {
  const report = { title: 'A rollout', outcome, ok, sentence: '.', facts: [], events: [], sections: [] };
  return { ok, outputs: { outcome }, report: { ...report, startedAt: 0, endedAt: 1 } };
}

describe('a shift that rests', () => {
  test('stays under way, and is inactive once a later run has promoted it', async () => {
    const { region, run, states, outcome } = await setUp();
    const first = await run(() => shift(region, rests, { runId: '1' }));
    expect([outcome(first), states()]).toEqual(['paused', ['in_progress,in_progress']]);
    const second = await run(() => shift(region, { ...rests, until: '50' }, { runId: '2' }));
    expect([outcome(second), states()]).toEqual([
      'paused',
      ['in_progress,in_progress,inactive', 'in_progress,in_progress'],
    ]);
    const { until: _none, ...toTheEnd } = rests;
    const last = await run(() => shift(region, toTheEnd, { runId: '3' }));
    expect(outcome(last)).toMatch(/^promoted/);
    expect(states()).toEqual([
      'in_progress,in_progress,inactive',
      'in_progress,in_progress,inactive',
      'in_progress,success',
    ]);
  });

  test('has failed once a watch took it back, which makes no deployment of its own', async () => {
    const { region, run, states, outcome } = await setUp();
    await run(() => shift(region, rests, { runId: '1' }));
    await region.time.run(region.time.sleep(3_600_000));
    const judge = { 'on-interrupted': 'judge', 'rest-limit': '30m' };
    const watched = await run(() => shift(region, judge, { runId: '2' }), { begins: false });
    expect([outcome(watched), states()]).toEqual(['rolled-back', ['in_progress,in_progress,failure']]);
    const [deployment] = region.world.github.repository(repository).deployments;
    expect(deployment!.statuses.at(-1)!.description).toContain('of another run: rolled-back.');
  });

  test('has failed once an approval did not come and it was taken back', async () => {
    const { region, run, states, outcome } = await setUp();
    await run(() => shift(region, rests, { runId: '1' }));
    const back = await run(() => shift(region, { 'on-interrupted': 'rollback-only' }, { runId: '1' }));
    expect([outcome(back), states()[0]]).toEqual(['rolled-back', 'in_progress,in_progress,failure']);
  });

  test('is no matter of other listeners, of other environments, or of a run that changes nothing', async () => {
    const { run, states } = await setUp();
    const good = async () => ended('promoted', true);
    await run(async () => ended('paused', true));
    await run(good, { listener: 'arn:of:another' });
    await run(good, { environment: 'Staging' });
    for (const outcome of ['refused', 'cancelled', 'interfered'])
      await run(async () => ended(outcome, false));
    await run(async () => ended('planned', true), { begins: false });
    expect(states()[0]).toBe('in_progress,in_progress');
    await run(good);
    expect(states()[0]).toBe('in_progress,in_progress,inactive');
  });

  test('GitHub does not answer for it: a warning, and the outcome is what it was', async () => {
    const { region, run, states, log, outcome } = await setUp();
    await run(() => shift(region, rests, { runId: '1' }));
    const watch: Watch = async ({ method, url }) =>
      method === 'GET' && url.includes('/deployments?environment=')
        ? { status: 500, json: { message: 'No.' } }
        : undefined;
    const judge = { 'on-interrupted': 'rollback-only' };
    const back = await run(() => shift(region, judge, { runId: '2' }), { watch });
    expect([outcome(back), back.ok]).toEqual(['rolled-back', true]);
    expect(states()[0]).toBe('in_progress,in_progress');
    expect(log.join('\n')).toContain('An earlier GitHub deployment may still show as under way.');
  });
});

describe('a rollout that nobody waited for', () => {
  const rollout = (service: string, action: Subject['action'] = 'rolling-deploy'): Told => ({
    subject: {
      action,
      cluster: 'arn:aws:ecs:ap-south-1:123456789012:cluster/shop',
      services: [service],
      listener: null,
    },
  });

  test.each([
    [
      'is inactive once another one serves',
      'rolling-deploy',
      'succeeded',
      true,
      'in_progress,in_progress,inactive',
    ],
    ['or has been begun', 'rolling-deploy', 'started', true, 'in_progress,in_progress,inactive'],
    [
      'may be what another one went back to',
      'rolling-deploy',
      'rolled-back',
      false,
      'in_progress,in_progress',
    ],
    ['has failed once it was rolled back', 'rollback', 'succeeded', true, 'in_progress,in_progress,failure'],
    ['but not by a list', 'rollback', 'listed', true, 'in_progress,in_progress'],
    ['nor by a rollback of what is gone', 'rollback', 'no-change', true, 'in_progress,in_progress'],
  ] as const)('%s', async (_, action, outcome, ok, states) => {
    const stage = await setUp();
    await stage.run(async () => ended('started', true), rollout('api'));
    await stage.run(
      async () => ended(outcome, ok),
      rollout('arn:aws:ecs:ap-south-1:123456789012:service/shop/api', action),
    );
    expect(stage.states()[0]).toBe(states);
  });

  test('of another service stays as it is', async () => {
    const { run, states } = await setUp();
    await run(async () => ended('started', true), rollout('worker'));
    await run(async () => ended('succeeded', true), rollout('api'));
    expect(states()).toEqual(['in_progress,in_progress', 'in_progress,success']);
  });
});

test.each([
  ['blue-green-shift', 'promoted', true, 'inactive'],
  ['blue-green-shift', 'promoted-on-probes', true, 'inactive'],
  ['blue-green-shift', 'paused', true, 'inactive'],
  ['blue-green-shift', 'no-change', true, 'inactive'],
  ['blue-green-shift', 'rolled-back', false, 'failure'],
  ['blue-green-shift', 'rollback-failed', false, undefined],
  ['blue-green-shift', 'interfered', false, undefined],
  ['blue-green-shift', 'timed-out', false, undefined],
  ['rolling-deploy', 'superseded', false, undefined],
  ['rolling-deploy', 'failed', false, undefined],
  ['rollback', 'rolled-back', true, 'failure'],
  ['rollback', 'failed', false, undefined],
  ['rollback', 'planned', true, undefined],
] as const)('%s, %s, good %s: an earlier one becomes %s', (action, outcome, ok, state) => {
  expect(stateOfEarlier(action, outcome, ok)).toBe(state);
});
