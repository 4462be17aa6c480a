/**
 * The root action in a workflow, run for real: an application's repository, act as the runner, the committed
 * bundles, and a standing lab as AWS.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resultOf, setUpWorkbench, type Workbench } from '../../support/act.ts';
import { createGuideService, type GuideState, readGuideState } from '../../support/guide-service.ts';
import { root } from '../../support/source-files.ts';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';

const withAct = toolAvailable('act', 'test/e2e/root-action') ? describe : describe.skip;
const runDeadlineMs = 60_000;

withAct('the root action in a workflow', () => {
  let folder = '';
  let lab: StandingLab;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ips-act-'));
    lab = await startStandingLab();
    await createGuideService(lab.variables);
    const shared = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'LAB_CLOCK', 'LAB_REGISTRY'];
    const listener = ['LAB_LISTENER_ARN', 'LAB_LISTENER_URL'];
    workbench = setUpWorkbench({
      folder,
      kit: 'org/kit@self',
      workflows: { 'deploy.yml': readFileSync(join(import.meta.dirname, 'workflow.yml'), 'utf8') },
      environment: {
        ...Object.fromEntries([...shared, ...listener].map((name) => [name, lab.variables[name]!])),
        NODE_OPTIONS: `--require=${join(root, 'src/lab/clock/preload.cjs')}`,
      },
      secrets: {
        DEPLOY_ACCESS_KEY_ID: lab.variables['LAB_DEPLOY_ACCESS_KEY_ID']!,
        DEPLOY_SECRET_ACCESS_KEY: lab.variables['LAB_DEPLOY_SECRET_ACCESS_KEY']!,
      },
      deadlineMs: runDeadlineMs,
    });
  }, 30_000);

  afterAll(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Each release is a commit of its own. Fails with the log where the workflow ends otherwise. */
  const run = async (inputs: Readonly<Record<string, string>>, exitCode: 0 | 1) => {
    const commit = workbench.commit(`Release ${inputs['version']}`);
    const ended = await workbench.run({ event: 'workflow_dispatch', workflow: 'deploy.yml', inputs });
    if (ended.exitCode !== exitCode) throw new Error(`act ended with ${ended.exitCode}:\n${ended.log}`);
    return {
      commit,
      log: ended.log,
      /** Outputs of the step with the root action, as the step after it saw them. */
      outputs: (resultOf(ended, 'outputs.json') ?? {}) as Readonly<Record<string, string>>,
      /** What is in the file that the output task-definition names, as the step after it saw it. */
      taskDefinition: resultOf(ended, 'task-definition.json'),
    };
  };
  const state = (): Promise<GuideState> => readGuideState(lab.variables);
  const byDigest = /^127\.0\.0\.1:\d+\/ips-data-acquisition-api@(sha256:[0-9a-f]{64})$/;

  test(
    'a bad input stops it before anything is changed',
    async () => {
      const before = await state();
      const ended = await run({ strategy: 'bananas', version: '0.9.0' }, 1);
      // In the summary as well: act may lose what a step prints right before its end.
      expect(ended.log).toMatch(
        /Summary - .*Bad input, nothing was changed\n\n- Input "strategy" is "bananas": allowed is rolling or blue-green\.\n/,
      );
      expect(ended.log).not.toContain('Build and push');
      expect(ended.outputs['outcome'] ?? '').toBe('');
      expect(await state()).toEqual(before);
      expect(before.images).toEqual([]);
    },
    runDeadlineMs,
  );

  test(
    'a rolling deployment',
    async () => {
      const before = await state();
      const ended = await run({ strategy: 'rolling', version: '1.1.0' }, 0);
      expect(ended.outputs).toMatchObject({ outcome: 'succeeded', cause: '' });
      const digest = byDigest.exec(ended.outputs['image']!)?.[1];
      expect(ended.outputs['digest']).toBe(digest);
      const after = await state();
      expect(after.services).toEqual({
        'ips-api-service': { taskDefinition: ended.outputs['task-definition-arn'], runningCount: 2 },
      });
      expect(after.services['ips-api-service']).not.toEqual(before.services['ips-api-service']);
      expect(after.images).toEqual([{ digest, tags: ['1.1.0', ended.commit] }]);
      expect(ended.outputs).toMatchObject({ scan: 'off', changed: 'true' });
      expect(ended.outputs['tags']).toBe(`1.1.0\n${ended.commit}`);
      expect(ended.outputs['previous-task-definition-arn']).toBe(
        before.services['ips-api-service']!.taskDefinition,
      );
      expect(ended.taskDefinition).toMatchObject({
        family: 'ips-api-task',
        containerDefinitions: [{ name: 'ips-api', image: ended.outputs['image'] }],
      });
      // Credentials come as secrets: act, like GitHub's runner, hides them, and the log says nothing else of them.
      expect(ended.log).not.toContain(lab.variables['LAB_DEPLOY_SECRET_ACCESS_KEY']);
    },
    runDeadlineMs,
  );

  test(
    'an image that runs already: nothing is built, nothing changes',
    async () => {
      const before = await state();
      const { digest } = before.images[0]!;
      const image = `${lab.variables['LAB_REGISTRY']}/ips-data-acquisition-api@${digest}`;
      const ended = await run({ strategy: 'rolling', version: '1.1.0', image }, 0);
      expect(ended.outputs).toMatchObject({ image, outcome: 'no-change' });
      expect(ended.outputs['digest'] ?? '').toBe('');
      expect(await state()).toEqual(before);
    },
    runDeadlineMs,
  );

  test(
    'a rolling deployment of a release that crashes',
    async () => {
      const before = await state();
      const ended = await run({ strategy: 'rolling', version: '1.1.1', behaviour: 'crash-at-start' }, 1);
      expect(ended.outputs).toMatchObject({ outcome: 'rolled-back', cause: 'container-exited' });
      expect((await state()).services).toEqual(before.services);
    },
    runDeadlineMs,
  );

  // Three releases one after the other by the same workflow: the services take turns.
  test(
    'a blue/green release',
    async () => {
      const before = await state();
      const ended = await run({ strategy: 'blue-green', version: '1.2.0' }, 0);
      expect(ended.outputs['outcome']).toMatch(/^promoted(-on-probes)?$/);
      expect(ended.outputs['image']).toMatch(byDigest);
      const after = await state();
      expect(after.weights).toEqual({ 'ips-api-targets': 0, 'ips-api-targets-b': 100 });
      expect(after.services['ips-api-service']).toEqual(before.services['ips-api-service']);
      expect(Object.keys(after.services)).toHaveLength(2);
    },
    runDeadlineMs,
  );

  test(
    'a blue/green release that crashes',
    async () => {
      const before = await state();
      const inputs = { strategy: 'blue-green', version: '1.2.1', behaviour: 'crash-at-start' };
      const ended = await run(inputs, 1);
      expect(ended.outputs['outcome']).toBe('rolled-back');
      expect(ended.outputs['cause']).toBe('container-exited');
      expect((await state()).weights).toEqual(before.weights);
    },
    runDeadlineMs,
  );

  test(
    'the next blue/green release goes back to the first target group',
    async () => {
      const ended = await run({ strategy: 'blue-green', version: '1.3.0' }, 0);
      expect(ended.outputs['outcome']).toMatch(/^promoted(-on-probes)?$/);
      const after = await state();
      expect(after.weights).toEqual({ 'ips-api-targets': 100, 'ips-api-targets-b': 0 });
      expect(after.images.map(({ tags }) => tags)).toContainEqual(['1.3.0', ended.commit]);
    },
    runDeadlineMs,
  );
});
