/** Where images go besides the job's own registry, and where one is taken from. Pure. */
import type { Field } from './field.ts';

export interface PushDestination {
  /** Undefined: the account's own registry (of that region). */
  readonly host: string | undefined;
  /** Undefined: the region of the job. */
  readonly region: string | undefined;
  /** Undefined: as in the input repository. */
  readonly repository: string | undefined;
}

export interface ImageSource {
  /** Undefined: the job's own registry. */
  readonly host: string | undefined;
  readonly repository: string;
  /** A digest or a tag. */
  readonly reference: string;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const name = `${component}(?:/${component})*`;
const ecr = '(?:\\d{12}\\.dkr[.-]ecr(?:-fips)?\\.(?<region>[a-z]{2}(?:-[a-z]+)+-\\d)\\.[a-z.]+)';
const loopback = '(?:localhost|127\\.0\\.0\\.1):\\d{1,5}';

/** `eu-west-1`, `123456789012.dkr.ecr.eu-west-1.amazonaws.com`, either with `/repository`, or a repository alone. */
export function pushDestination(): Field<PushDestination> {
  const allowed =
    'a region, the host of an ECR registry, either with "/repository" behind it, or "/repository" alone';
  const pattern = new RegExp(
    `^(?:(?<bare>[a-z]{2}(?:-[a-z]+)+-\\d)|(?<host>${ecr}|${loopback}))?(?:/(?<repository>${name}))?$`,
  );
  return {
    allowed,
    parse: (given) => {
      const groups = pattern.exec(given)?.groups;
      if (groups === undefined || given === '') return { ok: false, allowed };
      const { bare, host, region, repository } = groups;
      return { ok: true, value: { host, region: bare ?? region, repository } };
    },
  };
}

export function imageSource(): Field<ImageSource> {
  const allowed = 'an image by digest or tag, such as repository@sha256:… or HOST/repository:tag';
  const pattern = new RegExp(
    `^(?:(?<host>[A-Za-z0-9.-]+\\.[A-Za-z0-9.-]+(?::\\d+)?|localhost(?::\\d+)?)/)?(?<repository>${name})(?:@(?<digest>sha256:[a-f0-9]{64})|:(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))$`,
  );
  return {
    allowed,
    parse: (given) => {
      const groups = pattern.exec(given)?.groups;
      if (groups === undefined) return { ok: false, allowed };
      const { host, repository, digest, tag } = groups;
      return { ok: true, value: { host, repository: repository!, reference: digest ?? tag! } };
    },
  };
}
