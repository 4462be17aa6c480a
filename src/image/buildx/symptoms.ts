/** What Docker, buildx, BuildKit and registries say when they fail, and what that means. Data. */
import type { ImageErrorCode } from '../build-error.ts';

export interface Symptom {
  readonly pattern: RegExp;
  readonly code: ImageErrorCode;
  readonly message: (match: RegExpExecArray) => string;
  /** Of the Dockerfile, where the words themselves tell it. */
  readonly line?: (match: RegExpExecArray) => number;
}

export const diskFull: Symptom = {
  pattern: /no space left on device/i,
  code: 'disk-full',
  message: () => 'The disk is full. Free space on the runner (docker system prune), or use a larger one.',
};

/** The sentence is made where it is known what was being done. */
export const brokenNetwork =
  /connection reset by peer|use of closed network connection|i\/o timeout|tls handshake timeout|connection timed out|unexpected eof|: EOF$|connection refused|temporary failure in name resolution|no such host|server misbehaving|network is unreachable|no route to host|broken pipe|client connection (?:lost|force closed)|context deadline exceeded|(?:500|502|503|504) (?:internal server error|bad gateway|service unavailable|gateway timeout)|429 too many requests|toomanyrequests/im;

const setUpBuildx = 'add docker/setup-buildx-action before this step.';

/** The first that matches, from the most to the least specific. */
export const symptoms: readonly Symptom[] = [
  {
    pattern:
      /cannot connect to the docker daemon|is the docker daemon running|permission denied while trying to connect to the docker/i,
    code: 'docker-daemon-down',
    message: () => 'The Docker daemon does not answer: start it, or give this job access to its socket.',
  },
  {
    pattern: /no builder "([^"]+)" found/i,
    code: 'no-builder',
    message: (match) => `There is no buildx builder ${match[1]}: ${setUpBuildx}`,
  },
  {
    pattern: /(multi-platform build|cache export|attestation) is not supported for the (\w+) driver/i,
    code: 'no-builder',
    message: (match) => {
      const what = {
        m: 'build for several platforms',
        c: 'export a cache',
        a: 'attach provenance or an SBOM',
      };
      const key = match[1]!.charAt(0).toLowerCase() as keyof typeof what;
      return `The builder of this runner (driver ${match[2]}) cannot ${what[key]}: ${setUpBuildx}`;
    },
  },
  diskFull,
  {
    pattern: /dockerfile parse error (?:on )?line (\d+): (.+)/i,
    code: 'dockerfile',
    message: (match) => `${match[2]}.`,
    line: (match) => Number(match[1]),
  },
  {
    pattern: /target stage "?([^\s"]+)"? could not be found/i,
    code: 'dockerfile',
    message: (match) => `The Dockerfile has no stage ${match[1]}, which the input target names.`,
  },
  {
    pattern: /failed to compute cache key: .*?"([^"]+)":? not found/i,
    code: 'dockerfile',
    message: (match) =>
      `${match[1]} is not in the build context or the stage that it is copied from. A .dockerignore may leave it out.`,
  },
  {
    pattern: /failed to stat (\S+): stat \S+: no such file/i,
    code: 'context',
    message: (match) => `${match[1]}, which secret-files names, does not exist.`,
  },
  {
    pattern: /image tag '([^']+)' already exists/i,
    code: 'tag-taken',
    message: (match) => `Tag ${match[1]} exists, is immutable and holds another image. Give another tag.`,
  },
  {
    pattern: /tag invalid|TAG_INVALID/i,
    code: 'tag-taken',
    message: () => 'A tag exists, is immutable and holds another image. Give another tag.',
  },
  {
    pattern: /repository with name '([^']+)' does not exist|name unknown: The repository/i,
    code: 'repository-not-found',
    message: () => 'The ECR repository does not exist. Set create-repository: true, or make it first.',
  },
  {
    pattern:
      /(?:failed to (?:resolve source metadata|load metadata) for )?([^\s]+?)?:? no match for platform in manifest/i,
    code: 'base-image-not-found',
    message: (match) =>
      `The base image ${match[1] ?? ''} is not there for every platform that was asked for.`.replace(
        '  ',
        ' ',
      ),
  },
  {
    pattern:
      /failed to (?:resolve source metadata|load metadata) for ([^\s:]+(?::\S+?)?):? .*(?:not found|manifest unknown|does not exist)/i,
    code: 'base-image-not-found',
    message: (match) => `The base image ${match[1]} does not exist.`,
  },
  {
    pattern: /failed to (?:create LLB definition|load cache key): ([^\s:]+(?::\S+?)?): not found/i,
    code: 'base-image-not-found',
    message: (match) => `The base image ${match[1]} does not exist.`,
  },
  {
    pattern: /(?:pull access denied for|manifest for) ([^\s,]+)/i,
    code: 'base-image-not-found',
    message: (match) => `The base image ${match[1]} does not exist, or needs a login.`,
  },
  {
    pattern:
      /no basic auth credentials|401 unauthorized|403 forbidden|denied: |authorization token has expired/i,
    code: 'registry-denied',
    message: () =>
      'The registry denies the push or pull. Check the credentials of this job and the repository policy.',
  },
];
