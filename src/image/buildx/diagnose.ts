/** What Docker said when it failed, as one cause. Pure. */
import type { ImageErrorCode } from '../build-error.ts';

export interface Diagnosis {
  readonly code: ImageErrorCode;
  readonly message: string;
  readonly line?: number;
  /** Worth another attempt. */
  readonly transient: boolean;
}

interface Symptom {
  readonly pattern: RegExp;
  readonly code: ImageErrorCode;
  readonly transient?: boolean;
  readonly message: (match: RegExpExecArray) => string;
}

/** The first that matches, from the most to the least specific. */
const symptoms: readonly Symptom[] = [
  {
    pattern:
      /cannot connect to the docker daemon|is the docker daemon running|permission denied while trying to connect to the docker/i,
    code: 'docker-daemon-down',
    message: () => 'The Docker daemon does not answer: start it, or give this job access to its socket.',
  },
  {
    pattern: /no space left on device/i,
    code: 'disk-full',
    message: () => 'The disk is full. Free space on the runner (docker system prune), or use a larger one.',
  },
  {
    pattern: /dockerfile parse error (?:on )?line (\d+): (.+)/i,
    code: 'dockerfile',
    message: (match) => `Dockerfile line ${match[1]}: ${match[2]}.`,
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
      /failed to (?:resolve source metadata|load metadata) for ([^\s:]+(?::\S+?)?):? .*(?:not found|manifest unknown|does not exist)/i,
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
  {
    pattern:
      /connection reset by peer|i\/o timeout|tls handshake timeout|unexpected eof|connection refused|temporary failure in name resolution|no such host|broken pipe|(?:500|502|503|504) (?:internal server error|bad gateway|service unavailable|gateway timeout)|429 too many requests|toomanyrequests/i,
    code: 'registry-network',
    transient: true,
    message: (match) => `The network or the registry failed (${match[0]}).`,
  },
];

export function diagnose(lines: readonly string[], exitCode: number): Diagnosis {
  const text = lines.join('\n');
  const location = /^Dockerfile\S*:(\d+)\s*$/m.exec(text);
  const line = location === null ? undefined : Number(location[1]);
  for (const symptom of symptoms) {
    const match = symptom.pattern.exec(text);
    if (match === null) continue;
    const ownLine = symptom.code === 'dockerfile' ? Number(match[1]) : line;
    return {
      code: symptom.code,
      message: symptom.message(match),
      transient: symptom.transient === true,
      ...(ownLine === undefined ? {} : { line: ownLine }),
    };
  }
  const error = lines.findLast((each) => /^\s*(#\d+ )?error:?\s/i.test(each)) ?? lines.at(-1) ?? '';
  return {
    code: 'build-failed',
    message: `docker buildx build ended with ${exitCode}: ${error.trim() || 'it said nothing'}`,
    transient: false,
    ...(line === undefined ? {} : { line }),
  };
}
