/** Asks GitHub whether a deployment would take newer code back; services of one definition ask once. */
import type { GitHubApi } from '../runner/github-api.ts';
import type { Marks } from './marks.ts';
import type { Refusal } from './plan.ts';
import { staleness, staleQuestion } from './stale-guard.ts';

/** What serves: `family:revision`, and what that revision remembers. */
export interface Live {
  readonly name: string;
  readonly marks: Pick<Marks, 'commit' | 'run'>;
}

/** Undefined: it may go on. `commit`: of what is to be deployed; undefined where it is not known. */
export type StaleCheck = (live: Live, commit: string | undefined) => Promise<Refusal | undefined>;

export function createStaleCheck(
  github: Pick<GitHubApi, 'compare'>,
  settings: {
    readonly repository: string;
    readonly cancelled: AbortSignal;
    /** Told where it cannot be known: never a refusal. */
    readonly unknown: (message: string) => void;
  },
): StaleCheck {
  const { repository, cancelled, unknown } = settings;
  const known = new Map<string, ReturnType<GitHubApi['compare']>>();
  const compare = (base: string, head: string): ReturnType<GitHubApi['compare']> => {
    const key = `${base} ${head}`;
    const found = known.get(key) ?? github.compare(base, head, cancelled);
    known.set(key, found);
    return found;
  };
  return async (live, commit) => {
    const before = staleQuestion(live, { repository, commit });
    const found =
      before.kind === 'ask'
        ? staleness(live.name, before.question, await compare(before.question.live, before.question.wanted))
        : before;
    switch (found.kind) {
      case 'fresh':
        return undefined;
      case 'unknown':
        unknown(`Whether this run is older than what serves cannot be told: ${found.why}.`);
        return undefined;
      case 'stale':
        return found.refusal;
    }
  };
}
