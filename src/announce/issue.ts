/** An issue about a deployment that went back, or failed to: one for each service as long as it is open. */
import type { ActionResult } from '../engine/action.ts';
import { escapeMarkdown } from '../report/markdown.ts';
import type { Report } from '../report/report.ts';
import { renderSummary } from '../report/summary.ts';
import type { RunContext } from '../runner/context.ts';
import { type GitHubApi, longestBody } from '../runner/github-api.ts';
import { runUrl, type Subject } from './notice.ts';
import type { Told } from './tag.ts';

const issueLabel = 'ips-deploy';

/** As it is posted; `body` begins with its marker. */
export interface Issue {
  readonly title: string;
  readonly body: string;
}

export interface IssueText {
  readonly subject: Subject;
  readonly result: ActionResult;
  readonly context: RunContext;
  readonly docsBase: string | undefined;
  /** Takes secrets out; done before anything is cut, so that half of one cannot stay. */
  readonly redact: (text: string) => string;
}

/** Outcomes after which somebody has to look: what was to serve does not. */
const bad: ReadonlySet<string> = new Set([
  'rolled-back',
  'rollback-failed',
  'failed',
  'stopped',
  'timed-out',
  'interfered',
]);

export const isBad = (outcome: string): boolean => bad.has(outcome);

/** A rollback that was asked for is one, too: why it was needed is what the issue is for. */
export function wantsIssue(action: Subject['action'], { ok, report }: ActionResult): boolean {
  if (action === 'rollback') return ok ? isDone(report.outcome) : bad.has(report.outcome);
  return bad.has(report.outcome);
}

/** Whether a rollback that went well changed anything. */
export function isDone(outcome: string): boolean {
  return !['planned', 'listed', 'no-change', 'refused'].includes(outcome);
}

/**
 * Invisible, and the same for each service: by it the open issue is found again. A shift is known by its listener, which
 * who watches over it names as well.
 */
export function markerOf({ action, cluster, services, listener }: Subject): string {
  const shift = action === 'blue-green-shift' && listener !== null;
  const what = shift ? listener : [cluster ?? '', ...services].join(' ').trim();
  return `<!-- ips-deploy-actions: ${action === 'rollback' ? 'rolling-deploy' : action} ${what.replace(/[^\w:./ -]|--+/g, '')} -->`;
}

/** `longest`: of the body, in characters. */
export function issueOf(text: IssueText, longest: number = longestBody): Issue {
  return { title: titleOf(text), body: issueBody(text, longest) };
}

/** A comment where an issue with the same marker is open, else a new issue. */
export async function postIssue(
  github: GitHubApi,
  { title, body }: Issue,
): Promise<Told & { readonly url?: string }> {
  const marker = body.split('\n', 1)[0]!;
  const known = await github.openIssues(issueLabel);
  const open = known.ok ? known.value.find((each) => each.body.startsWith(marker)) : undefined;
  if (open !== undefined) {
    const added = await github.addComment(open.number, body);
    return added.ok
      ? {
          ok: true,
          sentence: `Commented on issue ${open.number}, which is about this service.`,
          url: open.url,
        }
      : { ok: false, sentence: `Issue ${open.number} could not be commented on. ${added.reason}.` };
  }
  const made = await github.addIssue(title, body, issueLabel);
  return made.ok
    ? { ok: true, sentence: `Opened issue ${made.value.number}.`, url: made.value.url }
    : { ok: false, sentence: `No issue could be opened. ${made.reason}.` };
}

function titleOf({ result, redact }: IssueText): string {
  const { report, outputs } = result;
  const cause = outputs['cause'] ?? '';
  const title = `${report.title}: ${report.outcome}${cause === '' ? '' : ` (${cause})`}`;
  return redact(title).replace(/\s+/g, ' ').slice(0, 200);
}

/** With as much of the report as GitHub takes: the last sections go first. */
function issueBody({ subject, result, context, docsBase, redact }: IssueText, longest: number): string {
  const run = runUrl(context);
  const by = context.actor === '' ? '' : ` of ${escapeMarkdown(context.actor)}`;
  const commit = context.sha === '' ? '' : ` at ${context.sha}`;
  const head = [markerOf(subject), ...(run === undefined ? [] : [`[The run](${run})${by}${commit}.`])];
  const bodyOf = (report: Report, note = ''): string =>
    redact([...head, renderSummary(report, docsBase), ...(note === '' ? [] : [note])].join('\n\n'));
  const { report } = result;
  const whole = bodyOf(report);
  if (whole.length <= longest) return whole;
  const note = '_The rest is too long for an issue: see the summary of the run._';
  for (let count = report.sections.length; count >= 0; count--) {
    const body = bodyOf({ ...report, events: [], sections: report.sections.slice(0, count) }, note);
    if (body.length <= longest) return body;
  }
  // Only a sentence of AWS can be that long; what is left of it is plain text on one line.
  return bodyOf(
    { ...report, sentence: report.sentence.slice(0, 1000), events: [], sections: [], facts: [] },
    note,
  ).slice(0, longest);
}
