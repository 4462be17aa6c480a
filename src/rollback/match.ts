/** Which revision a digest, an image tag, a git tag or a commit means. Pure. */
import { type Candidate, day } from './candidates.ts';
import { nameOf } from './history.ts';

export type NamedTarget =
  | { readonly kind: 'digest'; readonly digest: string }
  /** An image tag, a whole image, a git tag, or a commit in full or short. */
  | { readonly kind: 'named'; readonly name: string };

export type Match =
  | { readonly kind: 'one'; readonly candidate: Candidate; readonly by: string }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'several'; readonly why: string };

/** Candidates that a refusal names at most. */
const namedAtMost = 8;

export function matchTarget(target: NamedTarget, candidates: readonly Candidate[]): Match {
  const found = candidates.flatMap((candidate) => {
    const by = matchedBy(target, candidate);
    return by === undefined ? [] : [{ candidate, by }];
  });
  // What was deregistered can not be deployed: it makes nothing ambiguous.
  const active = found.filter(({ candidate }) => candidate.definition?.status === 'ACTIVE');
  const left = active.length > 0 ? active : found;
  const wanted = target.kind === 'digest' ? target.digest : target.name;
  const [first, ...others] = left;
  if (first !== undefined && others.length === 0) return { kind: 'one', ...first };
  if (first !== undefined) {
    return {
      kind: 'several',
      why: `${wanted} means ${left.length} revisions: ${listed(left.map((each) => each.candidate))}`,
    };
  }
  const ways = target.kind === 'digest' ? 'image digest' : 'image tag, git tag or commit';
  return {
    kind: 'none',
    why:
      candidates.length === 0
        ? `No revision has the ${ways} ${wanted}, and none is known to go back to`
        : `No revision has the ${ways} ${wanted}. Known are ${listed(candidates)}`,
  };
}

function matchedBy(target: NamedTarget, candidate: Candidate): string | undefined {
  const { images, marks } = candidate;
  if (target.kind === 'digest') {
    return images.some((each) => each.digest === target.digest) ? 'image digest' : undefined;
  }
  const { name } = target;
  if (marks.ref === name || marks.ref === `refs/tags/${name}`) return 'git tag';
  const sha = name.toLowerCase();
  if (/^[0-9a-f]{7,64}$/.test(sha) && marks.commit?.startsWith(sha)) return 'commit';
  const byImage = images.some(
    ({ image }) => image === name || image.endsWith(`/${name}`) || tagOf(image) === name,
  );
  return byImage ? 'image tag' : undefined;
}

/** `registry:5000/api:1.4@sha256:…` to `1.4`; undefined where it has none. */
export function tagOf(image: string): string | undefined {
  return /:([\w][\w.-]*)$/.exec(image.replace(/@sha256:[0-9a-f]{64}$/, '').replace(/^.*\//, ''))?.[1];
}

function listed(candidates: readonly Candidate[]): string {
  const shown = candidates.slice(0, namedAtMost).map(describeCandidate);
  const more = candidates.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

/** `api:7 (1.4.0, v1.4.0, commit 0123abc, promoted 2026-11-26 10:00)` */
function describeCandidate(candidate: Candidate): string {
  const { images, marks, verdict, since, current } = candidate;
  const tags = images.flatMap((each) => tagOf(each.image) ?? []);
  const parts = [
    ...new Set(tags),
    marks.ref?.replace(/^refs\/(tags|heads)\//, ''),
    marks.commit === undefined ? undefined : `commit ${marks.commit.slice(0, 7)}`,
    `${verdict}${since === undefined ? '' : ` ${day(since)}`}`,
    current ? 'serves now' : undefined,
  ].filter(Boolean);
  return `${nameOf(candidate.taskDefinitionArn)} (${parts.join(', ')})`;
}
