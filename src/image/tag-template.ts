/**
 * Tags from templates: `{sha}`, `{sha7}`, `{ref}`, `{date}`, `{run}`, and of a version tag `{version}`,
 * `{major}`, `{major.minor}`. Pure.
 */
import { tagPattern } from './registry/reference.ts';

export interface TagFacts {
  /** The full commit. */
  readonly sha: string;
  /** `refs/heads/main`, `refs/tags/v1.2.3`, `refs/pull/7/merge`. */
  readonly ref: string;
  readonly runId: string;
  readonly runAttempt: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

type Placeholder = 'sha' | 'sha7' | 'ref' | 'date' | 'run' | 'version' | 'major' | 'major.minor';

const ofVersions: ReadonlySet<string> = new Set<Placeholder>(['version', 'major', 'major.minor']);

export interface RenderedTags {
  /** Each tag once, in the order given. */
  readonly tags: readonly string[];
  /** Templates of a version, where the run is not of a version tag. */
  readonly skipped: readonly string[];
}

/** Throws a plain Error with a phrase where a value is missing, or nothing is left. */
export function renderTags(templates: readonly string[], facts: TagFacts): RenderedTags {
  const version = versionOf(facts.ref);
  const tags: string[] = [];
  const skipped: string[] = [];
  for (const template of templates) {
    const names = [...template.matchAll(/\{([a-z0-9.]+)\}/g)].map((match) => match[1]!);
    // A pre-release is no release of its major line: 2.0.0-rc.1 must not become "2".
    const unfit = names.some(
      (name) => ofVersions.has(name) && (version === undefined || (name !== 'version' && version.prerelease)),
    );
    if (unfit) skipped.push(template);
    else tags.push(renderTag(template, facts, version));
  }
  if (tags.length === 0) {
    throw new Error(
      `no tag is left: ${skipped.join(', ')} need a version tag such as v1.2.3, and this run is of ${facts.ref || 'no ref'}`,
    );
  }
  return { tags: [...new Set(tags)], skipped };
}

interface Version {
  readonly text: string;
  readonly major: string;
  readonly minor: string;
  readonly prerelease: boolean;
}

/** Semantic Versioning 2.0.0; a tag cannot hold the `+` of build metadata. */
function versionOf(ref: string): Version | undefined {
  const match =
    /^refs\/tags\/v?((0|[1-9]\d*)\.(0|[1-9]\d*)\.(?:0|[1-9]\d*)(-[0-9A-Za-z.-]+)?)(\+[0-9A-Za-z.-]+)?$/.exec(
      ref,
    );
  if (match === null) return undefined;
  return { text: match[1]!, major: match[2]!, minor: match[3]!, prerelease: match[4] !== undefined };
}

function renderTag(template: string, facts: TagFacts, version: Version | undefined): string {
  const values: Record<Placeholder, string> = {
    sha: facts.sha,
    sha7: facts.sha.slice(0, 7),
    ref: shortRef(facts.ref),
    date: new Date(facts.now).toISOString().slice(0, 10).replaceAll('-', ''),
    run: facts.runId === '' ? '' : `${facts.runId}.${facts.runAttempt || '1'}`,
    version: version?.text ?? '',
    major: version?.major ?? '',
    'major.minor': version === undefined ? '' : `${version.major}.${version.minor}`,
  };
  const tag = template.replace(/\{([a-z0-9.]+)\}/g, (_, name: Placeholder) => {
    if (values[name] === '')
      throw new Error(`tag ${template}: {${name}} is not known outside of a GitHub run`);
    return values[name];
  });
  if (!tagPattern.test(tag)) {
    throw new Error(
      `tag ${template} becomes "${tag}", which is no tag (letters, digits, _ . -, at most 128, beginning with a letter, digit or _)`,
    );
  }
  return tag;
}

/** `refs/heads/feature/x` to `feature-x`. */
function shortRef(ref: string): string {
  const short = ref.replace(/^refs\/(heads|tags|pull)\//, '');
  return short
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
}
