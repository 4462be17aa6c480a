/** Shows the result of an action where its users look: outputs, annotation, summary. */
import { AwsCallError } from '../aws/call-error.ts';
import type { ActionResult } from '../engine/action.ts';
import { renderSummary } from '../report/summary.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { Runner } from '../runner/runner.ts';

export function publish(result: ActionResult, runner: Runner): void {
  for (const [name, value] of Object.entries(result.outputs)) runner.setOutput(name, value);
  const { report } = result;
  runner.summary(renderSummary(report));
  const sentence = report.remedy === undefined ? report.sentence : `${report.sentence} ${report.remedy}`;
  if (report.ok) runner.info(`${report.outcome}: ${sentence}`);
  else runner.annotate('error', sentence, { title: `${report.title}: ${report.outcome}` });
}

/** An error that ended the action before it had a result: whose it is decides what is shown. */
export function describeFailure(error: unknown): {
  readonly title: string;
  readonly message: string;
  readonly stack?: string;
} {
  if (error instanceof ConfigurationError) return { title: error.code, message: error.message };
  if (error instanceof AwsCallError) {
    const next: Record<string, string> = {
      'access-denied': `The role of this job lacks a permission for ${error.operation}: docs/iam has the policy of this action.`,
      credentials:
        'The AWS credentials of this job are missing, wrong or expired: check the step that configures them.',
    };
    return {
      title: error.code,
      message: `${error.operation}: ${error.reason} ${next[error.kind] ?? ''}`.trim(),
    };
  }
  const known = error instanceof Error ? error : new Error(String(error));
  return {
    title: 'defect',
    message: `This is a defect of ips-deploy-actions, please report it: ${known.message}`,
    ...(known.stack === undefined ? {} : { stack: known.stack }),
  };
}
