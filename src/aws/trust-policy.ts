/**
 * The trust policy of a role that jobs of one repository assume by OIDC: exact subjects, no wildcard. Pure.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */

/** Which jobs of the repository may assume the role. */
export type Scope =
  /** Those that name this environment, whose protection rules then count. */
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'branch'; readonly name: string }
  | { readonly kind: 'pull-request' };

/** `ids`: repositories made after 15 July 2026, and those that were switched to it. */
export type SubjectFormat = 'names' | 'ids';

export interface TrustRequest {
  /** `owner/name` */
  readonly repository: string;
  /** Numbers; undefined where they are not known. */
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  readonly scope: Scope;
  /** At least one. `ids` needs both ids. */
  readonly formats: readonly SubjectFormat[];
  /** Twelve digits, or a word to be replaced. */
  readonly accountId: string;
  /** `https://github.com`, or that of a GitHub Enterprise Server. */
  readonly serverUrl: string;
  /** As GitHub itself writes it, in place of `formats`. */
  readonly subject?: string;
}

export interface TrustPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly [
    {
      readonly Effect: 'Allow';
      readonly Principal: { readonly Federated: string };
      readonly Action: 'sts:AssumeRoleWithWebIdentity';
      readonly Condition: { readonly StringEquals: Readonly<Record<string, string | readonly string[]>> };
    },
  ];
}

export const trustAudience = 'sts.amazonaws.com';

/** As IAM names the provider: its URL without the scheme. */
export function issuerOf(serverUrl: string): string {
  const host = serverUrl.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  return host === '' || host === 'github.com'
    ? 'token.actions.githubusercontent.com'
    : `${host}/_services/token`;
}

export function subjectOf(request: TrustRequest, format: SubjectFormat): string {
  const [owner = '', name = ''] = request.repository.split('/');
  const repository =
    format === 'names' ? request.repository : `${owner}@${request.ownerId}/${name}@${request.repositoryId}`;
  const { scope } = request;
  switch (scope.kind) {
    case 'environment':
      // A colon would be read as the end of the name.
      return `repo:${repository}:environment:${scope.name.replaceAll(':', '%3A')}`;
    case 'branch':
      return `repo:${repository}:ref:refs/heads/${scope.name}`;
    case 'pull-request':
      return `repo:${repository}:pull_request`;
  }
}

export function trustPolicy(request: TrustRequest): TrustPolicy {
  const issuer = issuerOf(request.serverUrl);
  const subjects =
    request.subject === undefined
      ? request.formats.map((format) => subjectOf(request, format))
      : [request.subject];
  const hosted = issuer === 'token.actions.githubusercontent.com';
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${request.accountId}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: trustAudience,
            [`${issuer}:sub`]: subjects.length === 1 ? subjects[0]! : subjects,
            // A name can be given up and taken by somebody else, an id cannot. AWS knows this claim of github.com.
            ...(hosted && request.repositoryId !== undefined
              ? { [`${issuer}:repository_id`]: request.repositoryId }
              : {}),
          },
        },
      },
    ],
  };
}

/** Whether it is known how GitHub writes a name of an environment into `sub`. */
export function isPlainName(name: string): boolean {
  return /^[\w.:-]+$/.test(name);
}

/** The format of a subject that GitHub gave; undefined for one of a template of the repository's own. */
export function formatOf(subject: string): SubjectFormat | undefined {
  if (/^repo:[^/@:]+\/[^/@:]+:/.test(subject)) return 'names';
  return /^repo:[^/@:]+@\d+\/[^/@:]+@\d+:/.test(subject) ? 'ids' : undefined;
}

export interface TokenClaims {
  readonly sub: string;
  /** Of the job that the token is for. */
  readonly environment: string | undefined;
}

/** The claims of a token that was just given by GitHub, unverified: they are only shown. */
export function claimsIn(token: string): TokenClaims | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims.sub !== 'string') return undefined;
    return {
      sub: claims.sub,
      environment: typeof claims.environment === 'string' ? claims.environment : undefined,
    };
  } catch {
    return undefined;
  }
}
