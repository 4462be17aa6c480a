/**
 * The actions inside of a composite action that another composite action uses, as teams wrap them, in a job that is
 * cancelled in the middle: act kills the main step at once, and the post step puts away what it had begun.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setUpWorkbench, type Workbench } from '../../support/act.ts';
import {
  createGuideService,
  type GuideState,
  guideDefinition,
  readGuideState,
  untilSteady,
} from '../../support/guide-service.ts';
import { root } from '../../support/source-files.ts';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const withAct = toolAvailable('act', 'test/e2e/root-action') ? describe : describe.skip;
const runDeadlineMs = 60_000;

const inner = `name: inner
inputs:
  strategy: { required: true }
runs:
  using: composite
  steps:
    - if: inputs.strategy == 'rolling'
      uses: org/kit/actions/rolling-deploy@self
      with:
        cluster: ips-api-cluster
        service: ips-api-service
        task-definition: next.json
    - if: inputs.strategy == 'blue-green'
      uses: org/kit/actions/blue-green-shift@self
      with:
        cluster: ips-api-cluster
        task-definition: next.json
        listener-arn: \${{ env.LAB_LISTENER_ARN }}
        probe-url: \${{ env.LAB_LISTENER_URL }}
        probe-paths: /
        steps: 50 100
        bake-time: 20m
        timeout: 2h
`;
const outer = `name: outer
inputs:
  strategy: { required: true }
runs:
  using: composite
  steps:
    - uses: team/inner@v1
      with: { strategy: '\${{ inputs.strategy }}' }
`;
const workflow = `name: Deploy
on:
  workflow_dispatch:
    inputs:
      strategy: { required: true }
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      AWS_ACCESS_KEY_ID: \${{ secrets.DEPLOY_ACCESS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: \${{ secrets.DEPLOY_SECRET_ACCESS_KEY }}
    steps:
      - uses: actions/checkout@v4
      - uses: team/outer@v1
        with: { strategy: '\${{ inputs.strategy }}' }
`;

withAct('a composite action in a composite action, cancelled', () => {
  let folder = '';
  let lab: StandingLab;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ips-act-'));
    lab = await startStandingLab();
    const { variables } = lab;
    await createGuideService(variables);
    await untilSteady(variables);
    const standIns: Record<string, string> = {};
    for (const [name, text] of Object.entries({ inner, outer })) {
      const place = join(folder, 'team', name);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'action.yml'), text);
      standIns[`team/${name}@v1`] = place;
    }
    const next = guideDefinition(variables);
    next.containerDefinitions![0]!.environment = [{ name: 'MARK', value: 'next' }];
    const shared = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'LAB_CLOCK', 'LAB_LISTENER_ARN', 'LAB_LISTENER_URL'];
    workbench = setUpWorkbench({
      folder,
      kit: 'org/kit@self',
      standIns,
      workflows: { 'deploy.yml': workflow },
      files: { 'next.json': JSON.stringify(next) },
      environment: {
        ...Object.fromEntries(shared.map((name) => [name, variables[name]!])),
        NODE_OPTIONS: `--require=${join(root, 'src/lab/clock/preload.cjs')}`,
      },
      secrets: {
        DEPLOY_ACCESS_KEY_ID: variables['LAB_DEPLOY_ACCESS_KEY_ID']!,
        DEPLOY_SECRET_ACCESS_KEY: variables['LAB_DEPLOY_SECRET_ACCESS_KEY']!,
      },
      deadlineMs: runDeadlineMs,
    });
  }, 30_000);

  afterAll(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const until = async (holds: (state: GuideState) => boolean): Promise<GuideState> => {
    for (;;) {
      const state = await readGuideState(lab.variables);
      if (holds(state)) return state;
      await sleep(20);
    }
  };

  /** Cancelled as soon as that holds. What act has printed. */
  const cancelledWhen = async (strategy: string, begun: (state: GuideState) => boolean): Promise<string> => {
    const cancel = new AbortController();
    const run = workbench.run({
      event: 'workflow_dispatch',
      workflow: 'deploy.yml',
      inputs: { strategy },
      cancelled: cancel.signal,
    });
    await Promise.race([until(begun), run]);
    cancel.abort();
    const ended = await run;
    expect(ended.exitCode).not.toBe(0);
    return ended.log;
  };

  test(
    'rolling-deploy: the deployment goes back',
    async () => {
      const before = await readGuideState(lab.variables);
      const old = before.services['ips-api-service']!.taskDefinition;
      const log = await cancelledWhen(
        'rolling',
        ({ services }) => services['ips-api-service']!.taskDefinition !== old,
      );
      expect(log).toContain('rolling-deploy: after the job');
      // The new tasks may have run already, and end after the service has its old revision again.
      await until(({ services }) => isDeepStrictEqual(services, before.services));
    },
    runDeadlineMs,
  );

  test(
    'blue-green-shift: the weights go back',
    async () => {
      await untilSteady(lab.variables);
      const log = await cancelledWhen('blue-green', ({ weights }) => weights['ips-api-targets'] === 50);
      expect(log).toContain('The job ended before its shift did: putting it away.');
      const { weights } = await readGuideState(lab.variables);
      expect(weights).toEqual({ 'ips-api-targets': 100, 'ips-api-targets-b': 0 });
    },
    runDeadlineMs,
  );
});
