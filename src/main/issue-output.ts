/** The output `issue`: what an issue about the run says, for a job that may write issues where this one may not. */
import { issueOf, wantsIssue } from '../announce/issue.ts';
import type { Subject } from '../announce/notice.ts';
import type { ActionResult } from '../engine/action.ts';
import type { EntryPorts } from './action.ts';

/** As an input it is one variable of the next process, for which Linux has 128 KiB; a character may take four bytes. */
const longest = 30_000;

export async function withIssue(
  result: ActionResult,
  subject: Subject,
  { context, redact }: EntryPorts,
  docsBase: string | undefined,
): Promise<ActionResult> {
  if (!wantsIssue(subject.action, result)) return result;
  const issue = issueOf({ subject, result, context, docsBase, redact }, longest);
  return { ...result, outputs: { ...result.outputs, issue: JSON.stringify(issue) } };
}
