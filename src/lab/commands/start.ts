/** `npm start`: plays a scenario and says how it ended. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadGenerator } from '../dataplane/load/load-generator.ts';
import { companionFile } from '../dataplane/tasks/companion-file.ts';
import { playActs } from '../journey/journey.ts';
import { renderOutcomeTable } from '../journey/outcome-table.ts';
import { GroupCounter, readLab } from '../journey/read-lab.ts';
import { Recorder } from '../journey/recorder.ts';
import { renderReportPage } from '../journey/report-page.ts';
import { scenarios } from '../journey/scenarios.ts';
import { targetGroupNames } from '../journey/stage.ts';
import type { GroupLegend, Story } from '../journey/story.ts';
import { userRoutes } from '../journey/users.ts';
import { createPlainView, createTerminalView, type View } from '../journey/views.ts';
import { UserError } from '../user-error.ts';
import { createRng } from '../world/random.ts';
import type { StartSettings } from './arguments.ts';
import { openRegion } from './region.ts';

const groups: readonly GroupLegend[] = [
  { name: targetGroupNames.ec2, label: 'EC2 host' },
  { name: targetGroupNames.a, label: 'service A' },
  { name: targetGroupNames.b, label: 'service B' },
];

const lookEveryMs = 250;

export async function start(
  settings: StartSettings,
  repositoryFolder: string,
  cancelled: AbortSignal,
): Promise<number> {
  const scenario = scenarios.find((candidate) => candidate.name === settings.scenario)!;
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const view: View =
    process.stdout.isTTY && process.env['CI'] === undefined
      ? createTerminalView(write, () => process.stdout.columns ?? 80)
      : createPlainView(write);
  // Before anything starts: a report that cannot be written must not be found out at the end.
  writeFileSync(settings.reportFile, '');
  const workFolder = mkdtempSync(join(tmpdir(), 'ips-journey-'));
  const seconds = process.hrtime.bigint();
  view.note(
    `Scenario ${scenario.name}: ${scenario.about}. Seed ${settings.seed}, the region's clock runs ${settings.scale} times as fast.`,
  );
  const region = await openRegion(
    {
      seed: settings.seed,
      scale: settings.scale,
      port: 0,
      listenerPorts: {},
      tasks: settings.tasks,
      log: (line) => view.note(`lab: ${line}`),
    },
    repositoryFolder,
  );
  const { lab, stage, listenerUrl } = region;
  const counter = new GroupCounter();
  lab.onTraffic((batch) => counter.add(batch));
  const load = new LoadGenerator({
    target: () => lab.plane.addressOf(stage.listenerArn),
    requestsPerSecond: settings.requestsPerSecond,
    routes: userRoutes,
    random: createRng(settings.seed, 'users').next,
    maxDurationMs: 15 * 60_000,
  });
  let ticker: NodeJS.Timeout | undefined;
  try {
    await untilHealthy(
      () =>
        readLab(lab, stage.listenerArn, counter, noCounts).groups.get(targetGroupNames.ec2)?.healthy === 1,
    );
    view.note(
      `The lab is up: AWS at ${lab.endpoint}, the load balancer at ${listenerUrl}, tasks as ${lab.plane.taskMode === 'container' ? 'containers' : 'processes'}.`,
    );
    load.start();
    const recorder = new Recorder(
      groups,
      () => {
        const { ok, harmed, dropped } = load.counts;
        return readLab(lab, stage.listenerArn, counter, { served: ok, harmed, dropped });
      },
      () => performance.now(),
    );
    ticker = setInterval(() => view.tick(recorder.look()), lookEveryMs);
    const acts = await playActs(
      scenario.acts,
      {
        stage,
        listenerUrl,
        registryHost: lab.registryHost,
        repositoryFolder,
        workFolder,
        environment: {
          PATH: process.env['PATH'] ?? '',
          HOME: workFolder,
          CI: 'true',
          // GitHub runs the actions on Node 24; what libraries say about an older one here is no news.
          NODE_NO_WARNINGS: '1',
          GITHUB_ACTIONS: 'true',
          ...lab.environment(stage),
          LAB_CLOCK: lab.clockVariable(),
          NODE_OPTIONS: `--require ${JSON.stringify(companionFile('clock/preload.cjs'))}`,
        },
        commit: (message) => lab.commit(message),
        createFirstService: (file) => region.createFirstService(JSON.parse(readFileSync(file, 'utf8'))),
      },
      { view, recorder, virtualNow: () => lab.clock.virtualNow, cancelled },
    );
    clearInterval(ticker);
    await load.stop();
    view.tick(recorder.look());
    view.close();
    const story: Story = {
      scenario: scenario.name,
      seed: settings.seed,
      scale: settings.scale,
      taskKind: lab.plane.taskMode === 'container' ? 'containers' : 'processes',
      groups,
      acts,
      samples: recorder.samples,
    };
    writeFileSync(settings.reportFile, renderReportPage(story));
    const took = Number(process.hrtime.bigint() - seconds) / 1e9;
    write(`\n${renderOutcomeTable(story)}\n\n`);
    const good = acts.length === scenario.acts.length && acts.every((act) => act.asExpected);
    const verdict = cancelled.aborted
      ? 'Cancelled.'
      : good
        ? 'Every outcome was the expected one.'
        : 'Not every outcome was the expected one.';
    write(`${verdict} ${took.toFixed(0)} s. Report: ${settings.reportFile}\n`);
    return good ? 0 : 1;
  } finally {
    clearInterval(ticker);
    view.close();
    await load.stop();
    await region.close();
    rmSync(workFolder, { recursive: true, force: true });
  }
}

const noCounts = { served: 0, harmed: 0, dropped: 0 };

async function untilHealthy(healthy: () => boolean, deadlineMs = 15_000): Promise<void> {
  const until = performance.now() + deadlineMs;
  while (!healthy()) {
    if (performance.now() > until)
      throw new UserError(`The EC2 host did not become healthy within ${deadlineMs / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
