/**
 * The root action in a workflow, run for real: an application's repository, act as the runner, the committed
 * bundles, and a standing lab as AWS.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { root } from '../../support/source-files.ts';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';
import { toolAvailable } from '../../support/tools.ts';
import { setUpWorkbench, type Workbench, type WorkflowRun } from './act.ts';
import { createGuideService, readGuideService } from './guide-service.ts';

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
    const { AWS_ENDPOINT_URL, AWS_REGION, LAB_LISTENER_URL, LAB_LISTENER_ARN, LAB_REGISTRY, LAB_CLOCK } =
      lab.variables as Record<string, string>;
    workbench = setUpWorkbench({
      folder,
      workflow: readFileSync(join(import.meta.dirname, 'workflow.yml'), 'utf8'),
      environment: {
        AWS_ENDPOINT_URL: AWS_ENDPOINT_URL!,
        AWS_REGION: AWS_REGION!,
        LAB_LISTENER_URL: LAB_LISTENER_URL!,
        LAB_LISTENER_ARN: LAB_LISTENER_ARN!,
        LAB_REGISTRY: LAB_REGISTRY!,
        LAB_CLOCK: LAB_CLOCK!,
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

  const deploy = async (inputs: Record<string, string>): Promise<WorkflowRun> => {
    const run = await workbench.run(inputs);
    if (process.env['SHOW']) process.stderr.write(`${run.log}\n${JSON.stringify(run.outputs)}\n`);
    return run;
  };

  test('rolling', async () => {
    const run = await deploy({ strategy: 'rolling', version: '1.1.0' });
    expect(run.exitCode).toBe(0);
    expect(await readGuideService(lab.variables)).toEqual({});
  }, runDeadlineMs);
});
