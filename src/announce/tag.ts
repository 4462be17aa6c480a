/** The git tag of a version that serves. A tag is never moved. */
import { renderTags, type TagFacts } from '../image/tag-template.ts';
import type { GitHubApi } from '../runner/github-api.ts';

export interface Told {
  readonly ok: boolean;
  /** One sentence. */
  readonly sentence: string;
}

/** Outcomes after which this version serves, and so deserves its tag. */
const serving: ReadonlySet<string> = new Set(['succeeded', 'no-change', 'promoted', 'promoted-on-probes']);

export const servesAfter = (outcome: string): boolean => serving.has(outcome);

export async function tagCommit(
  github: GitHubApi,
  template: string,
  facts: TagFacts,
): Promise<Told & { readonly name?: string }> {
  const rendered = nameOf(template, facts);
  if (!rendered.ok) return rendered;
  const name = rendered.sentence;
  const { sha } = facts;
  const fail = (why: string): Told => ({ ok: false, sentence: `The git tag ${name} was not made. ${why}` });
  const made = await github.addTag(name, sha);
  if (made.ok) return { ok: true, name, sentence: `Tagged ${sha.slice(0, 7)} as ${name}.` };
  if (made.kind !== 'rejected') return fail(`${made.reason}.`);
  // It is there already: a run that is repeated, or a version that has its tag from elsewhere.
  const found = await github.tag(name);
  if (!found.ok || found.value.sha === undefined) return fail(`${made.reason}.`);
  if (found.value.sha === sha)
    return { ok: true, name, sentence: `${name} is the tag of ${sha.slice(0, 7)} already.` };
  const compared = await github.compare(name, sha);
  if (compared.ok && compared.value.status === 'identical')
    return { ok: true, name, sentence: `${name} is the tag of ${sha.slice(0, 7)} already.` };
  return fail('There is one of that name on another commit, and tags are not moved.');
}

/** The name as `sentence`, or why there is none. */
export function nameOf(template: string, facts: TagFacts): Told {
  try {
    return { ok: true, sentence: renderTags([template], facts).tags[0]! };
  } catch (error) {
    return { ok: false, sentence: `No git tag can be made of git-tag: ${(error as Error).message}.` };
  }
}
