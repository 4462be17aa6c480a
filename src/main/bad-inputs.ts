/** What an action answers where its inputs are not good: all problems at once. */
import { describeProblem, type InputProblem } from '../inputs/parse.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import type { Runner } from '../runner/runner.ts';

/** `refuses`: the action has the outcome `refused`, and a later step of the workflow may ask for it. */
export function tellBadInputs(
  runner: Runner,
  name: string,
  problems: readonly InputProblem[],
  refuses = false,
): void {
  for (const problem of problems) {
    runner.annotate('error', describeProblem(problem), { title: `${name}: bad input` });
  }
  const list = problems.map((problem) => `- ${escapeMarkdown(describeProblem(problem))}`).join('\n');
  runner.summary(`### ❌ ${name}: bad input\n\n${list}\n\nNothing was changed.`);
  runner.info(
    `Nothing was changed. ${problems.length === 1 ? 'One input needs' : `${problems.length} inputs need`} correction.`,
  );
  if (!refuses) return;
  runner.setOutput('outcome', 'refused');
  runner.setOutput('cause', 'bad-input');
}
