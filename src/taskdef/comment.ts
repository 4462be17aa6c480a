/** The changes as one comment on the pull request of the run, the same one each time. */
import { codeBlock, escapeMarkdown } from '../report/markdown.ts';
import type { RunContext } from '../runner/context.ts';
import { commentsPerPage, type GitHubApi, longestBody } from '../runner/github-api.ts';

export interface CommentText {
  readonly family: string;
  readonly sentence: string;
  /** Secret values are out of it already. */
  readonly diff: string;
  readonly warnings: readonly string[];
}

/** What became of it, for people: a notice where it did not work, never a failure. */
export interface Commented {
  readonly ok: boolean;
  readonly sentence: string;
}

/** So many comments are looked through for ours. */
const mostPages = 20;

/** Invisible, and the same for each family: by it the comment is found again. */
export function markerOf(family: string): string {
  return `<!-- ips-deploy-actions: task definition ${family.replace(/[^A-Za-z0-9_-]/g, '')} -->`;
}

function commentBody({ family, sentence, diff, warnings }: CommentText): string {
  const head = [markerOf(family), `### Task definition ${escapeMarkdown(family)}`, escapeMarkdown(sentence)];
  const list = warnings.map((warning) => `- ⚠️ ${escapeMarkdown(warning)}`).join('\n');
  const rest = list === '' ? '' : `\n\n${list}`;
  const whole = (text: string): string =>
    `${[...head, ...(text === '' ? [] : [codeBlock(text, 'diff')])].join('\n\n')}${rest}\n`;
  const body = whole(diff);
  if (body.length <= longestBody) return body;
  const tail = '\n… the rest is in the log of the run';
  const room = diff.length - (body.length - longestBody) - tail.length - 16;
  return whole(`${diff.slice(0, Math.max(0, room))}${tail}`).slice(0, longestBody);
}

/** Number of the pull request that the run is for; undefined: for none. */
function pullRequestOf(context: Pick<RunContext, 'ref'>): number | undefined {
  const number = /^refs\/pull\/(\d+)\//.exec(context.ref)?.[1];
  return number === undefined ? undefined : Number(number);
}

export async function comment(
  github: Pick<GitHubApi, 'comments' | 'addComment' | 'changeComment'>,
  context: Pick<RunContext, 'ref'>,
  text: CommentText,
): Promise<Commented> {
  const number = pullRequestOf(context);
  if (number === undefined) {
    return { ok: false, sentence: 'This run is for no pull request: there is none to comment on.' };
  }
  const body = commentBody(text);
  const marker = markerOf(text.family);
  const failed = (what: string, { reason }: { readonly reason: string }): Commented => ({
    ok: false,
    sentence: `Comments of pull request ${number} could not be ${what}: ${reason}.`,
  });
  for (let page = 1; page <= mostPages; page++) {
    const listed = await github.comments(number, page);
    if (!listed.ok) return failed('read', listed);
    const ours = listed.value.find((each) => each.body.startsWith(marker));
    if (ours !== undefined) {
      if (ours.body.trim() === body.trim())
        return { ok: true, sentence: `The comment on pull request ${number} says so already.` };
      const changed = await github.changeComment(ours.id, body);
      return changed.ok
        ? { ok: true, sentence: `Updated the comment on pull request ${number}.` }
        : failed('updated', changed);
    }
    if (listed.value.length < commentsPerPage) break;
  }
  const made = await github.addComment(number, body);
  return made.ok ? { ok: true, sentence: `Commented on pull request ${number}.` } : failed('written', made);
}
