/**
 * Whether what serves was built from a commit that contains the one to be deployed: then an older run would
 * take back what a newer one has deployed. Only a comparison that says so refuses; whatever GitHub or the marks
 * do not tell is told as a note. Pure.
 */
import type { Comparison, GitHubResult } from '../runner/github-api.ts';
import type { Marks } from './marks.ts';
import type { Refusal } from './plan.ts';

export interface StaleQuestion {
  /** Commit of the live revision, and of the one that is wanted. */
  readonly live: string;
  readonly wanted: string;
}

export type BeforeAsking =
  | { readonly kind: 'ask'; readonly question: StaleQuestion }
  /** The same commit is deployed again: a changed setting, a re-run. */
  | { readonly kind: 'fresh' }
  | { readonly kind: 'unknown'; readonly why: string };

/** `liveName` is `family:revision`; `wanted` the commit, undefined where it is not known. */
export function staleQuestion(
  live: { readonly name: string; readonly marks: Pick<Marks, 'commit' | 'run'> },
  wanted: { readonly commit: string | undefined; readonly repository: string },
): BeforeAsking {
  const unknown = (why: string): BeforeAsking => ({ kind: 'unknown', why });
  const { commit, run } = live.marks;
  if (commit === undefined) return unknown(`${live.name}, which serves now, carries no commit`);
  if (wanted.commit === undefined) return unknown('the commit of what is to be deployed is not known');
  const repository = /^https?:\/\/[^/]+\/(?:[^/]+\/)*?([^/]+\/[^/]+)\/actions\/runs\//.exec(run ?? '')?.[1];
  if (repository !== undefined && repository.toLowerCase() !== wanted.repository.toLowerCase()) {
    return unknown(`${live.name}, which serves now, comes from ${repository}`);
  }
  const [longer, shorter] =
    commit.length > wanted.commit.length ? [commit, wanted.commit] : [wanted.commit, commit];
  return longer.toLowerCase().startsWith(shorter.toLowerCase())
    ? { kind: 'fresh' }
    : { kind: 'ask', question: { live: commit, wanted: wanted.commit } };
}

export type Staleness =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'stale'; readonly refusal: Refusal };

/** What the comparison of the wanted commit (head) with the live one (base) means. */
export function staleness(
  liveName: string,
  { live, wanted }: StaleQuestion,
  answer: GitHubResult<Comparison>,
): Staleness {
  if (!answer.ok) return { kind: 'unknown', why: answer.reason };
  // `diverged`: each has commits that the other lacks; which of them is to serve is not for a machine to say.
  if (answer.value.status !== 'behind') return { kind: 'fresh' };
  const { behindBy } = answer.value;
  return {
    kind: 'stale',
    refusal: {
      kind: 'refuse',
      code: 'stale-commit',
      reason: `${liveName}, which serves now, was built from ${short(live)}, which is ${behindBy} ${behindBy === 1 ? 'commit' : 'commits'} ahead of ${short(wanted)} and contains it: an older run would take a newer one back.`,
      remedy:
        'Nothing needs to be done where a newer run has deployed. To go back on purpose use the rollback action, or say guard-stale: false.',
    },
  };
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
