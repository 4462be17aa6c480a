/** Entry of the wait-for-window action: it sleeps, or refuses, and calls nobody. */
import { readRawInputs } from '../inputs/environment.ts';
import { fields, parseWaitForWindow } from '../inputs/wait-for-window.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import { decideWindow } from '../rollout/maintenance-window.ts';
import { systemClock } from '../runner/clock.ts';
import { createRunner } from '../runner/runner.ts';
import { tellBadInputs } from './bad-inputs.ts';

const runner = createRunner(process.env, (text) => void process.stdout.write(text));

async function run(): Promise<boolean> {
  const parsed = parseWaitForWindow(readRawInputs(process.env, Object.keys(fields)));
  if (!parsed.ok) {
    tellBadInputs(runner, 'wait-for-window', parsed.problems);
    runner.setOutput('outcome', 'refused');
    return false;
  }
  const { windows, outside, timeoutMs } = parsed.request;
  const clock = systemClock;
  const { cancelled } = runner;
  const startedAt = clock.now();
  const end = (outcome: 'open' | 'refused' | 'cancelled'): void => {
    runner.setOutput('outcome', outcome);
    runner.setOutput('waited-seconds', String(Math.round((clock.now() - startedAt) / 1000)));
  };
  for (;;) {
    if (cancelled.aborted) {
      end('cancelled');
      runner.annotate('error', 'The job was cancelled while it waited. Nothing was changed.');
      return false;
    }
    const decision = decideWindow(windows, outside, clock.now(), startedAt + timeoutMs);
    switch (decision.kind) {
      case 'open':
        end('open');
        runner.info('The window is open.');
        return true;
      case 'refuse': {
        const { reason, remedy, code } = decision;
        end('refused');
        runner.annotate('error', `${reason} ${remedy}`, { title: `wait-for-window: ${code}` });
        const what = escapeMarkdown(remedy);
        runner.summary(
          `### ❌ Outside of the window, nothing was changed\n\n${escapeMarkdown(reason)}\n\n**What to do:** ${what}`,
        );
        return false;
      }
      case 'wait':
        runner.info(decision.message);
        await clock.sleep(decision.untilAt - clock.now(), cancelled);
        break;
    }
  }
}

process.exitCode = (await run()) ? 0 : 1;
