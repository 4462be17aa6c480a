/**
 * Tells others what a run does: topics and webhooks as it happens, GitHub's pages at its ends. All of it goes on
 * beside the work; whatever fails is a warning after the verdict, and the time for it is limited.
 */
import type { ActionResult } from '../engine/action.ts';
import type { AnnounceRequest } from '../inputs/announce-fields.ts';
import type { KitEvent } from '../report/event.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import { answerBy, type Clock } from '../runner/clock.ts';
import type { RunContext } from '../runner/context.ts';
import type { GitHubApi } from '../runner/github-api.ts';
import type { Runner } from '../runner/runner.ts';
import {
  addStatus,
  closeEarlier,
  type DeploymentSettings,
  type Made,
  makeDeployment,
  stateOf,
  stateOfEarlier,
} from './deployment.ts';
import { issueOf, postIssue, wantsIssue } from './issue.ts';
import {
  brokenNotice,
  decisionNotice,
  endedNotice,
  isDecision,
  type Notice,
  type Origin,
  runUrl,
  type Subject,
  startedNotice,
  titleOf,
} from './notice.ts';
import { noticeQueue, type Receiver } from './queue.ts';
import { servesAfter, tagCommit } from './tag.ts';

/** How a run ended: with a result, or broken before it had one. */
export type RunEnd =
  | { readonly kind: 'result'; readonly result: ActionResult }
  | { readonly kind: 'broken'; readonly message: string };

export interface Announcer {
  begin(): void;
  onEvent(event: KitEvent): void;
  /** After the verdict was shown. Never rejects; takes no longer than its limits. */
  end(end: RunEnd): Promise<void>;
}

export interface AnnouncerPorts {
  readonly runner: Runner;
  readonly clock: Clock;
  readonly context: RunContext;
  readonly docsBase: string | undefined;
  readonly redact: (text: string) => string;
  readonly receivers: readonly Receiver[];
  /** Aborted once there is no time left: nothing may keep the process from its end. */
  readonly github: (over: AbortSignal) => GitHubApi;
  /** In the post step, after a run that came to no end of its own: what it began is ended. */
  readonly afterJob: boolean;
}

/** Kept for the post step: a deployment that nobody gave its last status. */
export const deploymentState = 'ips-github-deployment';

/** The post step does not know how far its run had counted. */
const firstAfterJob = 1000;

/** How long everything that is told after the verdict may take; GitHub leaves a cancelled job ten seconds in all. */
const lastMs = 30_000;
const lastWhenCancelledMs = 2000;

export function createAnnouncer(
  request: AnnounceRequest,
  subject: Subject,
  ports: AnnouncerPorts,
): Announcer {
  const { runner, clock, context } = ports;
  const over = new AbortController();
  const github = ports.github(over.signal);
  const environment = request.deployment?.environment;
  const origin: Origin = { subject, environment, context };
  const notices = noticeQueue(ports.receivers, clock);
  const title = titleOf(subject);
  let sequence = ports.afterJob ? firstAfterJob : 0;
  const send = (make: (sequence: number) => Notice): void =>
    notices.send(redacted(make(sequence++), ports.redact));
  const warn = (message: string): void => runner.annotate('warning', message, { title: `Told of ${title}` });
  const settingsOf = (description: string): DeploymentSettings => ({
    environment: environment ?? '',
    environmentUrl: request.deployment?.environmentUrl,
    logUrl: runUrl(context),
    runId: context.runId,
    task: subject.action === 'rollback' ? 'rollback' : 'deploy',
    description,
    subject,
  });
  const make = async (sha: string): Promise<Made> => {
    const made = await makeDeployment(github, sha, settingsOf(title));
    if (made.kind !== 'made') return made;
    keep(runner, String(made.id));
    await addStatus(github, made.id, 'in_progress', settingsOf(`${title} is under way.`));
    return made;
  };
  // What a rollback goes back to is known at its end.
  let deployment: Promise<Made> | undefined;

  const madeAtLast = async (end: RunEnd): Promise<Made | undefined> => {
    if (subject.action !== 'rollback') return deployment;
    const sha = end.kind === 'result' ? commitOf(end.result) : undefined;
    return sha === undefined ? undefined : make(sha);
  };

  const endDeployment = async (end: RunEnd): Promise<void> => {
    if (request.deployment === undefined) return;
    const made = await madeAtLast(end);
    if (made?.kind === 'failed') warn(made.reason);
    if (made?.kind === 'own')
      runner.info(`GitHub shows this job's own deployment to ${environment}: no other is made.`);
    if (made?.kind === 'made') await endOwn(made.id, end);
    // Where GitHub did not even take the deployment, one warning is enough.
    if (end.kind === 'broken' || made?.kind === 'failed') return;
    const { report, ok } = end.result;
    const earlier = stateOfEarlier(subject.action, report.outcome, ok);
    if (earlier === undefined) return;
    const words = `${title} of another run: ${report.outcome}.`;
    const own = made?.kind === 'made' ? made.id : undefined;
    const problems = await closeEarlier(github, own, earlier, settingsOf(words));
    if (problems.length > 0)
      warn(`An earlier GitHub deployment may still show as under way. ${problems[0]}.`);
  };

  const endOwn = async (id: number, end: RunEnd): Promise<void> => {
    const [state, words] =
      end.kind === 'broken'
        ? (['error', end.message] as const)
        : ([
            stateOf(end.result.report.outcome, end.result.ok),
            `${end.result.report.outcome}: ${end.result.report.sentence}`,
          ] as const);
    const added = await addStatus(github, id, state, settingsOf(ports.redact(words)));
    if (added.ok) keep(runner, '');
    else warn(`The GitHub deployment has no last status. ${(added as { reason: string }).reason}.`);
  };

  const tag = async (end: RunEnd): Promise<void> => {
    if (request.gitTag === undefined || end.kind === 'broken') return;
    if (!servesAfter(end.result.report.outcome) || !end.result.ok) return;
    const { sha, ref, runId, runAttempt } = context;
    const facts = { sha, ref, runId, runAttempt, now: clock.now() };
    const { ok, sentence } = await tagCommit(github, request.gitTag, facts);
    if (ok) runner.info(sentence);
    else warn(sentence);
  };

  const issue = async (end: RunEnd): Promise<void> => {
    if (!request.issueOnRollback || end.kind === 'broken') return;
    const { result } = end;
    if (!wantsIssue(subject.action, result)) return;
    const { docsBase, redact } = ports;
    const text = issueOf({ subject, result, context, docsBase, redact });
    const { ok, sentence, url } = await postIssue(github, text);
    if (!ok) return warn(sentence);
    runner.info(sentence);
    runner.summary(url ? `${escapeMarkdown(sentence)} [Issue](${url})` : escapeMarkdown(sentence));
  };

  return {
    begin() {
      if (ports.afterJob) {
        const id = Number(runner.state(deploymentState));
        if (id > 0) deployment = Promise.resolve({ kind: 'made', id });
        return;
      }
      send((at) => startedNotice(origin, at, clock.now()));
      if (request.deployment !== undefined && subject.action !== 'rollback') deployment = make(context.sha);
    },
    onEvent(event) {
      if (isDecision(event)) send((at) => decisionNotice(origin, at, event));
    },
    async end(end) {
      const now = clock.now();
      send((at) =>
        end.kind === 'result'
          ? endedNotice(origin, at, now, end.result)
          : brokenNotice(origin, at, now, end.message),
      );
      const limitMs = runner.cancelled.aborted ? lastWhenCancelledMs : lastMs;
      const told = Promise.allSettled([endDeployment(end), tag(end), issue(end)]);
      const done = new AbortController();
      const all = told.then((results) => {
        done.abort();
        return results;
      });
      const [warnings, settled] = await Promise.all([
        notices.finish(limitMs),
        Promise.race([all, answerBy(clock, limitMs, done.signal)]),
      ]);
      for (const warning of warnings) warn(warning);
      over.abort();
      if (!done.signal.aborted) {
        warn(`GitHub did not answer within ${limitMs / 1000} s: what it shows of this run may be old.`);
        return;
      }
      for (const each of settled ?? []) {
        if (each.status === 'rejected') warn(`This is a defect, please report it: ${String(each.reason)}`);
      }
    },
  };
}

/** Every text in it without the values that were masked. */
function redacted<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map((each) => redacted(each, redact)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redacted(each, redact)])) as T;
}

/** The commit that a rollback went back to, by the marks of its revision. */
function commitOf({ outputs }: ActionResult): string | undefined {
  return outputs['commit'] || undefined;
}

/** A disk that is full only means that the post step will not know. */
function keep(runner: Runner, id: string): void {
  try {
    runner.saveState(deploymentState, id);
  } catch (error) {
    runner.debug(`The GitHub deployment could not be kept: ${(error as Error).message}`);
  }
}
