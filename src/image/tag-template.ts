/** Tags from templates: `{sha}`, `{sha7}`, `{ref}`, `{date}`, `{run}`. Pure. */
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

type Placeholder = 'sha' | 'sha7' | 'ref' | 'date' | 'run';

/** Each tag once, in the order given. Throws a plain Error with a phrase where a value is missing. */
export function renderTags(templates: readonly string[], facts: TagFacts): string[] {
  return [...new Set(templates.map((template) => renderTag(template, facts)))];
}

function renderTag(template: string, facts: TagFacts): string {
  const values: Record<Placeholder, string> = {
    sha: facts.sha,
    sha7: facts.sha.slice(0, 7),
    ref: shortRef(facts.ref),
    date: new Date(facts.now).toISOString().slice(0, 10).replaceAll('-', ''),
    run: facts.runId === '' ? '' : `${facts.runId}.${facts.runAttempt || '1'}`,
  };
  const tag = template.replace(/\{([a-z0-9]+)\}/g, (_, name: Placeholder) => {
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
