/**
 * How long after the fact the job knows: rolling-deploy, as committed, on a standing lab, beside
 * `aws ecs wait services-stable` on the same service in the same run. Seconds are the region's own; the
 * pauses of the AWS CLI are shortened by the scale of the lab's clock as the bundle's are.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { cluster, Job, type JournalEntry, service, type TimedStep } from '../test/e2e/bundles/job.ts';
import { median, table } from './support.ts';

const scale = 30;
const goodRuns = 9;
const crashRuns = 3;
const cliRuns = 5;

interface Run {
  /** Virtual milliseconds from the fact in the world to the verdict in the log, and to the exit. */
  readonly verdictLagMs: number;
  readonly exitLagMs: number;
  readonly calls: number;
}

const job = await Job.open(['--scale', String(scale)]);
const [epochRealMs, epochVirtualMs] = job.variable('LAB_CLOCK').split(':').map(Number);
const virtualNow = (): number => epochVirtualMs! + (Date.now() - epochRealMs!) * scale;
let versions = 0;

try {
  const good = await job.render(await job.build('1.0.0'));
  await job.createService(good, 3);
  await job.untilSteady();
  const version = (behaviour: string): string =>
    job.variant(good, `version-${++versions}`, (definition) => {
      definition.containerDefinitions[0]!.environment!.push(
        { name: 'MARK', value: String(versions) },
        { name: 'IPS_BEHAVIOUR', value: behaviour },
      );
    });

  const deployed: Run[] = [];
  for (let index = 0; index < goodRuns; index++) {
    const { step, ...run } = await rolled(version('good'), /^succeeded: /);
    const fact = await stateOf(step, 'SUCCESSFUL');
    deployed.push(lags(run, fact));
  }
  const crashes: { run: Run; causeMs: number; verdictMs: number; ecsMs: number }[] = [];
  for (let index = 0; index < crashRuns; index++) {
    const { step, ...run } = await rolled(version('crash-at-start'), /^error: .*rolled-back/);
    const journal = await job.journal(run.beganAt);
    const first = journal.find(
      (entry) => detailOf(entry)['stopCode'] === 'EssentialContainerExited' && isOf(entry, step),
    )!.at;
    const back = await stateOf(step, 'ROLLBACK_SUCCESSFUL');
    crashes.push({
      run: lags(run, back),
      causeMs: run.causeAt - first,
      verdictMs: run.verdictAt - first,
      ecsMs: back - first,
    });
    await job.untilSteady();
  }
  const cli = await cliMeasured(() => version('good'));

  const seconds = (values: readonly number[]): string => (median(values) / 1000).toFixed(1);
  const each = <T>(runs: readonly T[], of: (run: T) => number): readonly number[] => runs.map(of);
  const ratio = (ours: readonly number[], theirs: readonly number[] | undefined): string =>
    theirs === undefined ? '' : (median(ours) / median(theirs)).toFixed(2);
  const ours = {
    lag: each(deployed, (run) => run.verdictLagMs),
    exit: each(deployed, (run) => run.exitLagMs),
    calls: each(deployed, (run) => run.calls),
  };
  const theirs = cli === undefined ? undefined : each(cli, (run) => run.exitLagMs);
  const theirCalls = cli === undefined ? undefined : each(cli, (run) => run.calls);
  const shown = (values: readonly number[] | undefined): string =>
    values === undefined ? 'no AWS CLI' : seconds(values);
  console.log(
    table(
      [
        `3 tasks, medians of ${goodRuns}, ${crashRuns}, ${cliRuns}`,
        'rolling-deploy',
        'services-stable',
        'ratio',
      ],
      [
        ['SUCCESSFUL in ECS to the verdict, s', seconds(ours.lag), shown(theirs), ratio(ours.lag, theirs)],
        ['SUCCESSFUL in ECS to the exit, s', seconds(ours.exit), shown(theirs), ratio(ours.exit, theirs)],
        [
          'the same in real time, ms',
          (median(ours.exit) / scale).toFixed(0),
          theirs === undefined ? '' : (median(theirs) / scale).toFixed(0),
          '',
        ],
        [
          'calls to AWS',
          String(median(ours.calls)),
          theirCalls === undefined ? '' : String(median(theirCalls)),
          ratio(ours.calls, theirCalls),
        ],
        ['first crash to its cause in the log, s', seconds(each(crashes, (each) => each.causeMs)), '', ''],
        ['first crash to the verdict, s', seconds(each(crashes, (each) => each.verdictMs)), '', ''],
        ['  of which ECS rolls back, s', seconds(each(crashes, (each) => each.ecsMs)), '', ''],
        ['calls to AWS, crash loop', String(median(each(crashes, ({ run }) => run.calls))), '', ''],
      ],
    ),
  );
} finally {
  await job.close();
}

interface Rolled {
  readonly beganAt: number;
  readonly causeAt: number;
  readonly verdictAt: number;
  readonly exitAt: number;
  readonly calls: number;
}

/** One rolling-deploy; times are the region's. */
async function rolled(file: string, verdict: RegExp): Promise<Rolled & { readonly step: TimedStep }> {
  const callsBefore = await totalCalls();
  const beganAt = virtualNow();
  let causeAt = Number.NaN;
  let verdictAt = Number.NaN;
  const step = await job.step(
    'rolling-deploy',
    { cluster, service, 'task-definition': file },
    {
      onLine: (line) => {
        if (Number.isNaN(causeAt) && line.includes('exits by itself')) causeAt = virtualNow();
        if (verdict.test(line)) verdictAt = virtualNow();
      },
    },
  );
  const exitAt = virtualNow();
  if (Number.isNaN(verdictAt)) throw new Error(step.log.join('\n'));
  return { step, beganAt, causeAt, verdictAt, exitAt, calls: (await totalCalls()) - callsBefore };
}

function lags(run: Rolled, factAt: number): Run {
  return { verdictLagMs: run.verdictAt - factAt, exitLagMs: run.exitAt - factAt, calls: run.calls };
}

async function totalCalls(): Promise<number> {
  return Object.values((await job.state()).calls).reduce((sum, count) => sum + count, 0);
}

/** When the step's service deployment came into this state in the world. */
async function stateOf(step: TimedStep, status: string): Promise<number> {
  const arn = step.outputs['service-deployment-arn'];
  const entry = (await job.journal()).find(
    (each) => each.subject === arn && detailOf(each)['status'] === status,
  );
  if (entry === undefined) throw new Error(`${arn} never came to ${status}.`);
  return entry.at;
}

function detailOf(entry: JournalEntry): Readonly<Record<string, unknown>> {
  return (entry.detail ?? {}) as Record<string, unknown>;
}

function isOf(entry: JournalEntry, step: TimedStep): boolean {
  return detailOf(entry)['startedBy'] === step.outputs['deployment-id'];
}

/** Undefined where the AWS CLI is not here. */
async function cliMeasured(nextFile: () => string): Promise<readonly Run[] | undefined> {
  if (spawnSync('aws', ['--version'], { stdio: 'ignore' }).status !== 0) return undefined;
  const patch = join(job.folder, 'python');
  mkdirSync(patch, { recursive: true });
  writeFileSync(
    join(patch, 'sitecustomize.py'),
    `import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(seconds / ${scale})\n`,
  );
  const runs: Run[] = [];
  for (let index = 0; index < cliRuns; index++) {
    const { taskDefinition } = await job.ecs.send(
      new RegisterTaskDefinitionCommand(JSON.parse(readFileSync(nextFile(), 'utf8'))),
    );
    await job.ecs.send(
      new UpdateServiceCommand({ cluster, service, taskDefinition: taskDefinition!.taskDefinitionArn }),
    );
    const beganAt = virtualNow();
    const callsBefore = await totalCalls();
    const child = spawn(
      'aws',
      ['ecs', 'wait', 'services-stable', '--cluster', cluster, '--services', service],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: process.env['HOME'] ?? '',
          ...job.lab.variables,
          PYTHONPATH: patch,
        },
        stdio: 'inherit',
      },
    );
    await once(child, 'close');
    const exitAt = virtualNow();
    const calls = (await totalCalls()) - callsBefore;
    // It may look at the very moment that ECS calls the deployment done.
    await job.untilSteady();
    const done = (await job.journal(beganAt)).find(
      (entry) => entry.kind === 'ecs.service-deployment-state' && detailOf(entry)['status'] === 'SUCCESSFUL',
    );
    runs.push({ verdictLagMs: exitAt - done!.at, exitLagMs: exitAt - done!.at, calls });
  }
  return runs;
}
