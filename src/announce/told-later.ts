/**
 * What GitHub's pages are told by a job of its own, after the one that deployed: so only that job needs the permission
 * to write. None of it is part of a verdict: what fails is a warning.
 */
import type { TellGitHubRequest } from '../inputs/tell-github.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import type { RunContext } from '../runner/context.ts';
import type { GitHubApi } from '../runner/github-api.ts';
import { addStatus, makeDeployment } from './deployment.ts';
import { type Issue, isBad, postIssue } from './issue.ts';
import { runUrl } from './notice.ts';
import { servesAfter, tagCommit } from './tag.ts';

export interface TellPorts {
  readonly github: GitHubApi;
  readonly context: RunContext;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly info: (line: string) => void;
  readonly warn: (message: string) => void;
  readonly summary: (markdown: string) => void;
}

/** Gives the outputs. */
export async function tellLater(
  request: TellGitHubRequest,
  ports: TellPorts,
): Promise<Readonly<Record<string, string>>> {
  const { outcome, issue, gitTag, issueOnRollback } = request;
  const { github, context, now } = ports;
  const outputs: Record<string, string> = { 'git-tag': '', issue: '' };
  if (gitTag !== undefined && servesAfter(outcome)) {
    const { sha, ref, runId, runAttempt } = context;
    const told = await tagCommit(github, gitTag, { sha, ref, runId, runAttempt, now });
    if (told.ok) {
      outputs['git-tag'] = told.name ?? '';
      ports.info(told.sentence);
      ports.summary(`🏷️ ${escapeMarkdown(told.sentence)}`);
    } else ports.warn(told.sentence);
  }
  if (request.deployment !== undefined) await show(request.deployment, outcome, ports);
  if (issueOnRollback && (issue !== undefined || isBad(outcome))) {
    const { ok, sentence, url } = await postIssue(github, issue ?? withoutDiagnosis(outcome, context));
    if (ok) {
      outputs['issue'] = url ?? '';
      ports.info(sentence);
      ports.summary(url ? `${escapeMarkdown(sentence)} [Issue](${url})` : escapeMarkdown(sentence));
    } else ports.warn(sentence);
  }
  return outputs;
}

/** The commit that serves again, in its environment; its success makes the one before inactive. */
async function show(
  { environment, environmentUrl, commit }: NonNullable<TellGitHubRequest['deployment']>,
  outcome: string,
  { github, context, info, warn }: TellPorts,
): Promise<void> {
  const settings = {
    environment,
    environmentUrl,
    logUrl: runUrl(context),
    runId: context.runId,
    task: 'rollback',
    description: `Rollback: ${outcome}`,
    subject: { action: 'rollback', cluster: null, services: [], listener: null },
  } as const;
  const made = await makeDeployment(github, commit, settings);
  if (made.kind === 'failed') return warn(made.reason);
  if (made.kind === 'own') return;
  const added = await addStatus(github, made.id, 'success', settings);
  if (added.ok) info(`GitHub shows ${commit.slice(0, 7)} in ${environment}.`);
  else warn(`The GitHub deployment has no status. ${added.reason}.`);
}

/** GitHub takes an output away from a job where a masked value stands in it. */
function withoutDiagnosis(outcome: string, context: RunContext): Issue {
  const run = runUrl(context);
  return {
    title: `Deployment of ${context.repository}: ${outcome}`,
    body: [
      `<!-- ips-deploy-actions: ${outcome} without its diagnosis -->`,
      `A deployment ended as ${outcome}. Its diagnosis did not come along from the job that deployed, most likely because a masked value stands in it: the summary of ${run === undefined ? 'the run' : `[the run](${run})`} has it.`,
    ].join('\n\n'),
  };
}
