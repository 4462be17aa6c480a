/** Shows the result of an action where its users look: outputs, annotation, summary. */
import { AwsCallError } from '../aws/call-error.ts';
import type { ActionResult } from '../engine/action.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import { instructionsOf, type ReportSection } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import { allowing } from '../rollout/refused-by-aws.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { Runner } from '../runner/runner.ts';

/**
 * The verdict comes first: a disk that is full must not hide it. False where the outputs or the summary
 * could not be written, which fails the job: later steps would go on without them.
 */
export function publish(result: ActionResult, runner: Runner, docsBase?: string): boolean {
  const { report } = result;
  const docs = report.docs === undefined ? undefined : `See ${docsBase ?? ''}${report.docs}`;
  const sentence = [report.sentence, instructionsOf(report), docs].filter(Boolean).join(' ');
  if (report.ok) runner.info(`${report.outcome}: ${sentence}`);
  else runner.annotate('error', sentence, { title: `${report.title}: ${report.outcome}` });
  for (const section of report.ok ? [] : report.sections) {
    const lines = logLines(section);
    if (lines.length > 0) runner.group(section.heading, lines);
  }
  try {
    for (const [name, value] of Object.entries(result.outputs)) runner.setOutput(name, value);
    runner.summary(renderSummary(report, docsBase));
    return true;
  } catch (error) {
    const reason = machineReason(error);
    if (reason === undefined) throw error;
    runner.annotate('error', `Outputs and summary could not be written: ${reason}.`, { title: report.title });
    return false;
  }
}

/** A section for the log, which draws no pictures. */
function logLines(section: ReportSection): readonly string[] {
  switch (section.kind) {
    case 'table':
      return section.rows.map((row) =>
        row.flatMap((cell, index) => (cell === '' ? [] : `${section.columns[index]}: ${cell}`)).join(', '),
      );
    case 'text':
      return section.language === 'mermaid' ? [] : section.text.split('\n');
  }
}

const machineReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk of the runner is full',
  EDQUOT: 'the disk quota of the runner is used up',
  EROFS: 'the file system of the runner is read-only',
  EACCES: 'permission denied',
  EMFILE: 'too many files are open on the runner',
  ENOMEM: 'the runner is out of memory',
};

/** What the runner's machine cannot do, in words; undefined for everything else. */
function machineReason(error: unknown): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : machineReasons[code];
  return reason === undefined ? undefined : `${reason}${path === undefined ? '' : ` (${path})`}`;
}

/** An error that ended the action before it had a result: whose it is decides what is shown. */
export interface Failure {
  readonly title: string;
  readonly message: string;
  readonly stack?: string;
}

/**
 * Tells why there is no result. What the user has to correct was found before anything was changed: where the action has
 * outcomes, that is one of them.
 */
export function tellFailure(
  error: unknown,
  { name, refuses = false }: { readonly name: string; readonly refuses?: boolean },
  runner: Runner,
): Failure {
  const failure = describeFailure(error);
  const title = `${name}: ${failure.title}`;
  runner.annotate('error', failure.message, { title });
  if (failure.stack !== undefined) runner.group('Where it happened', [failure.stack]);
  try {
    runner.summary(`### ❌ ${escapeMarkdown(title)}\n\n${escapeMarkdown(failure.message)}`);
    if (refuses && error instanceof ConfigurationError) {
      runner.setOutput('outcome', 'refused');
      runner.setOutput('cause', error.code);
    }
  } catch (unwritable) {
    // The annotation has told it; a full disk adds nothing.
    if (machineReason(unwritable) === undefined) throw unwritable;
  }
  return failure;
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof ConfigurationError) return { title: error.code, message: error.message };
  if (error instanceof AwsCallError) {
    const next: Record<string, string> = {
      'access-denied': allowing(error),
      credentials:
        'The AWS credentials of this job are missing, wrong or expired: check the step that configures them.',
    };
    return {
      title: error.code,
      message: `${error.operation}: ${error.reason} ${next[error.kind] ?? ''}`.trim(),
    };
  }
  const reason = machineReason(error);
  if (reason !== undefined)
    return { title: 'runner', message: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` };
  const known = error instanceof Error ? error : new Error(String(error));
  return {
    title: 'defect',
    message: `This is a defect of ips-deploy-actions, please report it: ${known.message}`,
    ...(known.stack === undefined ? {} : { stack: known.stack }),
  };
}
