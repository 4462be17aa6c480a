/** The part of rolling-deploy's post step that is loaded where something is left to do. */
import { callerOver } from '../aws/sdk/sender.ts';
import { readRawInputs, readRunContext } from '../inputs/environment.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import type { OpenRollout } from '../rollout/handover.ts';
import { finishRollouts } from '../rollout/post.ts';
import { systemClock } from '../runner/clock.ts';
import { createRunner } from '../runner/runner.ts';
import { describeFailure } from './publish.ts';
import { credentialsOf } from './role.ts';

export async function runPost(name: string, rollouts: readonly OpenRollout[]): Promise<void> {
  process.stdout.on('error', () => undefined);
  const runner = createRunner(process.env, (text) => void process.stdout.write(text));
  const title = `${name}: after the job`;
  try {
    const { 'role-to-assume': role } = readRawInputs(process.env, ['role-to-assume']);
    const own =
      role === undefined
        ? {}
        : { credentials: await credentialsOf(role.trim(), readRunContext(process.env), runner, process.env) };
    const results = await finishRollouts(rollouts, {
      // This client alone: the bundle stays small.
      aws: callerOver(
        { ecs: async (settings) => (await import('../aws/sdk/ecs.ts')).createEcsClient(settings) },
        own,
      ),
      clock: systemClock,
      random: Math.random,
    });
    for (const { ok, message } of results) runner.annotate(ok ? 'warning' : 'error', message, { title });
    if (results.some((each) => !each.ok)) process.exitCode = 1;
    if (results.length > 0) {
      runner.summary(
        `#### ${escapeMarkdown(title)}\n\n${results.map((each) => `- ${escapeMarkdown(each.message)}`).join('\n')}`,
      );
    }
    const { announcePost } = await import('./announce-post.ts');
    await announcePost(
      runner,
      own,
      name,
      results.map((each) => each.message),
    );
  } catch (error) {
    const failure = describeFailure(error);
    runner.annotate('error', failure.message, { title: `${title}: ${failure.title}` });
    process.exitCode = 1;
  }
}
