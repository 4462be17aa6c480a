/**
 * How long after the fact the job knows, and what it asks AWS for that: rolling-deploy, as committed, on a
 * standing lab, beside unmodified `aws ecs wait services-stable` and fabfuel's ecs-deploy on the same service
 * in the same run. Rollouts take 40 to 900 s, drawn from a seed that no client knows. Seconds are the region's
 * own: its clock runs `--scale` times as fast (30 where left out, 1 is real speed), and the pauses of every
 * client are shortened by as much, the bundle's by its preload, Python's by `time.sleep`. What is not
 * shortened is the work of each client itself: a second of a Python process counts as 30.
 * `--runs` good rollouts for each client, 7 where left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { ModifyTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { createRng } from '../src/lab/world/random.ts';
import { cluster, Job, type JournalEntry, service, type TimedStep } from '../test/e2e/bundles/job.ts';
import { median, table } from './support.ts';

const flags = parseArgs({
  options: { scale: { type: 'string', default: '30' }, runs: { type: 'string', default: '7' } },
}).values;
const scale = Number(flags.scale);
const goodRuns = Number(flags.runs);
const crashRuns = 3;
const quickRuns = 5;
const rng = createRng(1, 'bench.rollout');

interface Run {
  /** Virtual milliseconds from the fact in the world to the verdict in the log, and to the exit. */
  readonly verdictLagMs: number;
  readonly exitLagMs: number;
  /** From the update to the fact. */
  readonly lengthMs: number;
  readonly calls: number;
}

const job = await Job.open(['--scale', String(scale)]);
const [epochRealMs, epochVirtualMs] = job.variable('LAB_CLOCK').split(':').map(Number);
const virtualNow = (): number => epochVirtualMs! + (Date.now() - epochRealMs!) * scale;
let versions = 0;

interface Client {
  readonly command: string;
  /** Deploys the file by itself, or waits only for what a hand has begun. */
  readonly deploys: boolean;
  readonly parameters: () => readonly string[];
}

const servicesStable: Client = {
  command: 'aws',
  deploys: false,
  parameters: () => ['ecs', 'wait', 'services-stable', '--cluster', cluster, '--services', service],
};

const ecsDeploy: Client = {
  command: 'ecs',
  deploys: true,
  parameters: () => [
    ...['deploy', cluster, service, '--timeout', '3600', '--no-deregister'],
    ...['-e', 'ips-api', 'MARK', String(++versions)],
  ],
};

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

  const quick: { readonly calls: number; readonly ms: number }[] = [];
  for (let index = 0; index < quickRuns; index++) {
    quick.push(await begun(version('good')));
    await job.untilSteady(120_000);
  }
  const lengths = Array.from({ length: goodRuns }, () => rng.int(40, 900));
  const deployed: Run[] = [];
  for (const length of lengths) {
    await shape(length);
    const { step, ...run } = await rolled(version('good'), /^succeeded: /);
    const fact = await stateOf(step, 'SUCCESSFUL');
    deployed.push(lags(run, fact));
  }
  await shape(60);
  const crashes: { run: Run; causeMs: number; announcedMs: number }[] = [];
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
      announcedMs: run.announcedAt - (await stateOf(step, 'ROLLBACK_REQUESTED')),
    });
    await job.untilSteady(120_000);
  }
  const measure = async (client: Client): Promise<readonly Run[] | undefined> => {
    if (spawnSync(client.command, ['--version'], { stdio: 'ignore' }).status !== 0) return undefined;
    const runs: Run[] = [];
    for (const length of lengths) {
      await shape(length);
      const run = await measured(client, () => version('good'));
      if (run !== undefined) runs.push(run);
    }
    return runs;
  };
  const [cli, fabfuel] = [await measure(servicesStable), await measure(ecsDeploy)];

  const seconds = (values: readonly number[]): string => (median(values) / 1000).toFixed(1);
  const each = <T>(runs: readonly T[], of: (run: T) => number): readonly number[] => runs.map(of);
  const ratio = (ours: readonly number[], theirs: readonly number[] | undefined): string =>
    theirs === undefined ? '' : (median(ours) / median(theirs)).toFixed(2);
  const shown = (runs: readonly Run[] | undefined, of: (run: Run) => number): string =>
    runs === undefined ? 'not here' : runs.length === 0 ? 'none' : seconds(each(runs, of));
  const row = (what: string, of: (run: Run) => number): readonly string[] => [
    what,
    shown(deployed, of),
    shown(cli, of),
    shown(fabfuel, of),
    cli === undefined ? '' : ratio(each(deployed, of), each(cli, of)),
    fabfuel === undefined ? '' : ratio(each(deployed, of), each(fabfuel, of)),
  ];
  const count = (runs: readonly Run[] | undefined): string =>
    runs === undefined ? 'not here' : String(median(each(runs, (run) => run.calls)));
  const gaveUp = (runs: readonly Run[] | undefined): string =>
    runs === undefined ? 'not here' : String(goodRuns - runs.length);
  const perSecond = (runs: readonly Run[] | undefined): string =>
    runs === undefined
      ? 'not here'
      : median(each(runs, (run) => (226_000 * run.calls) / run.lengthMs)).toFixed(0);
  console.log(
    table(
      [
        `3 tasks, medians of ${goodRuns}, x${scale}`,
        'rolling-deploy',
        'services-stable',
        'ecs-deploy',
        'ratio',
        'ratio',
      ],
      [
        ['gave up, good rollouts', '0', gaveUp(cli), gaveUp(fabfuel), '', ''],
        row('length of the rollout, s', (run) => run.lengthMs),
        row('SUCCESSFUL in ECS to the exit, s', (run) => run.exitLagMs),
        ['calls to AWS', count(deployed), count(cli), count(fabfuel), '', ''],
        ['calls to AWS, for 226 s', perSecond(deployed), perSecond(cli), perSecond(fabfuel), '', ''],
      ],
    ),
  );
  const alone = (what: string, value: string): readonly string[] => [what, value];
  console.log(
    table(
      ['', 'rolling-deploy'],
      [
        alone(
          'SUCCESSFUL in ECS to the verdict in the log, s',
          seconds(each(deployed, (run) => run.verdictLagMs)),
        ),
        alone('first crash to its cause in the log, s', seconds(each(crashes, ({ causeMs }) => causeMs))),
        alone(
          'rollback by the circuit breaker to its line in the log, s',
          seconds(each(crashes, ({ announcedMs }) => announcedMs)),
        ),
        alone('end of that rollback to the exit, s', seconds(each(crashes, ({ run }) => run.exitLagMs))),
        alone('calls to AWS, crash loop', String(median(each(crashes, ({ run }) => run.calls)))),
        alone(
          'length of the crash loop with its rollback, s',
          seconds(each(crashes, ({ run }) => run.lengthMs)),
        ),
        alone(
          'register and update without wait, whole process, real ms',
          median(each(quick, ({ ms }) => ms)).toFixed(0),
        ),
        alone('register and update without wait, calls', String(median(each(quick, ({ calls }) => calls)))),
      ],
    ),
  );
} finally {
  await job.close();
}

interface Rolled {
  readonly beganAt: number;
  readonly causeAt: number;
  readonly announcedAt: number;
  readonly verdictAt: number;
  readonly exitAt: number;
  readonly calls: number;
}

/** One rolling-deploy; times are the region's. */
async function rolled(file: string, verdict: RegExp): Promise<Rolled & { readonly step: TimedStep }> {
  const callsBefore = await totalCalls();
  const beganAt = virtualNow();
  let causeAt = Number.NaN;
  let announcedAt = Number.NaN;
  let verdictAt = Number.NaN;
  const step = await job.step(
    'rolling-deploy',
    { cluster, service, 'task-definition': file },
    {
      onLine: (line) => {
        if (Number.isNaN(causeAt) && line.includes('exits by itself')) causeAt = virtualNow();
        if (Number.isNaN(announcedAt) && line.includes('ECS rolls back')) announcedAt = virtualNow();
        if (verdict.test(line)) verdictAt = virtualNow();
      },
    },
  );
  const exitAt = virtualNow();
  if (Number.isNaN(verdictAt)) throw new Error(step.log.join('\n'));
  return {
    step,
    beganAt,
    causeAt,
    announcedAt,
    verdictAt,
    exitAt,
    calls: (await totalCalls()) - callsBefore,
  };
}

function lags(run: Rolled, factAt: number): Run {
  return {
    verdictLagMs: run.verdictAt - factAt,
    exitLagMs: run.exitAt - factAt,
    lengthMs: factAt - run.beganAt,
    calls: run.calls,
  };
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

/** One rollout by a client as it is published; only its pauses are shortened. */
async function measured(client: Client, nextFile: () => string): Promise<Run | undefined> {
  const patch = join(job.folder, 'python');
  mkdirSync(patch, { recursive: true });
  writeFileSync(
    join(patch, 'sitecustomize.py'),
    `import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(seconds / ${scale})\n`,
  );
  if (!client.deploys) {
    const { taskDefinition } = await job.ecs.send(
      new RegisterTaskDefinitionCommand(JSON.parse(readFileSync(nextFile(), 'utf8'))),
    );
    await job.ecs.send(
      new UpdateServiceCommand({ cluster, service, taskDefinition: taskDefinition!.taskDefinitionArn }),
    );
  }
  const beganAt = virtualNow();
  const callsBefore = await totalCalls();
  const child = spawn(client.command, client.parameters(), {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      ...job.lab.variables,
      PYTHONPATH: patch,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number];
  const exitAt = virtualNow();
  const calls = (await totalCalls()) - callsBefore;
  // It may look at the very moment that ECS calls the deployment done.
  await job.untilSteady(120_000);
  const done = (await job.journal(beganAt)).find(
    (entry) => entry.kind === 'ecs.service-deployment-state' && detailOf(entry)['status'] === 'SUCCESSFUL',
  )!;
  // services-stable ends its wait after 600 s, whatever comes of the rollout.
  if (code !== 0) return undefined;
  return { verdictLagMs: exitAt - done.at, exitLagMs: exitAt - done.at, lengthMs: done.at - beganAt, calls };
}

/** Registers and updates without waiting, on the real clock. */
async function begun(file: string): Promise<{ readonly calls: number; readonly ms: number }> {
  const callsBefore = await totalCalls();
  const step = await job.step(
    'rolling-deploy',
    { cluster, service, 'task-definition': file, wait: 'false' },
    { clock: 'real' },
  );
  if (step.outputs['outcome'] !== 'started') throw new Error(step.log.join('\n'));
  return { calls: (await totalCalls()) - callsBefore, ms: step.tookMs };
}

/** What makes the next rollouts about that long: how often health is checked, and in how many rounds tasks come. */
async function shape(lengthSeconds: number): Promise<void> {
  const rounds = lengthSeconds > 330 ? 3 : 1;
  const interval = Math.min(300, Math.max(6, Math.round(lengthSeconds / rounds) - 35));
  await job.elb.send(
    new ModifyTargetGroupCommand({
      TargetGroupArn: await job.targetGroupArn('ips-api-targets'),
      HealthCheckIntervalSeconds: interval,
    }),
  );
  await job.ecs.send(
    new UpdateServiceCommand({
      cluster,
      service,
      deploymentConfiguration: {
        deploymentCircuitBreaker: { enable: true, rollback: true },
        minimumHealthyPercent: 100,
        maximumPercent: rounds === 1 ? 200 : 134,
      },
    }),
  );
}
