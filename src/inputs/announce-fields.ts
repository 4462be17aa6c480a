/** Inputs of every action that changes what serves: who is told, and what GitHub shows of it. */
import { bool, type Field, matching, optional, secret, text, withDefault } from './field.ts';
import type { InputProblem, RawInputs } from './parse.ts';

/** What a run tells besides its job; never part of its verdict. */
export interface AnnounceRequest {
  readonly githubToken: string | undefined;
  /** A GitHub deployment in this environment; undefined: none is made. */
  readonly deployment:
    | { readonly environment: string; readonly environmentUrl: string | undefined }
    | undefined;
  /** Template of the tag that the commit gets once it serves. */
  readonly gitTag: string | undefined;
  readonly issueOnRollback: boolean;
  /** ARN of an SNS topic. */
  readonly topic: string | undefined;
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments */
const environmentName = (): Field<string> =>
  matching(/^[^\s'"`,;\\][^'"`,;\\\r\n\t]{0,254}$/, 'the name of a GitHub environment, up to 255 characters');

const webUrl = (allowed: string): Field<string> => matching(/^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/, allowed);

/** Names of git tags as git-check-ref-format takes them, without slashes, placeholders included. */
const tagTemplate = (): Field<string> =>
  matching(
    /^(?!.*\.\.)[A-Za-z0-9_{][A-Za-z0-9_.{}+-]{0,127}$/,
    'a tag name such as v1.2.3 or release-{date}-{run}, with {sha}, {sha7}, {ref}, {date} and {run} filled in',
  );

/** Of what GitHub shows and compares: one token for all of it. */
export const tokenField = { 'github-token': secret(optional(text('a token of this repository'))) };

export const announceFields = {
  'github-deployment': optional(environmentName()),
  'environment-url': optional(webUrl('a URL that begins with https://')),
  'git-tag': optional(tagTemplate()),
  'issue-on-rollback': withDefault(bool(), false),
  'notify-topic': optional(
    matching(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'the ARN of an SNS topic'),
  ),
  'notify-webhook': secret(optional(webUrl('a URL that begins with https:// and has no user in it'))),
  'notify-webhook-secret': secret(optional(matching(/^\S{16,512}$/, '16 to 512 characters without blanks'))),
};

interface Given {
  readonly 'github-token': string | undefined;
  readonly 'github-deployment': string | undefined;
  readonly 'environment-url': string | undefined;
  readonly 'git-tag'?: string | undefined;
  readonly 'issue-on-rollback': boolean;
  readonly 'notify-topic': string | undefined;
  readonly 'notify-webhook': string | undefined;
  readonly 'notify-webhook-secret': string | undefined;
}

/** Undefined where nobody is to be told. */
export function announceOf(given: Given): AnnounceRequest | undefined {
  const environment = given['github-deployment'];
  const url = given['notify-webhook'];
  const announce: AnnounceRequest = {
    githubToken: given['github-token'],
    deployment:
      environment === undefined ? undefined : { environment, environmentUrl: given['environment-url'] },
    gitTag: given['git-tag'],
    issueOnRollback: given['issue-on-rollback'],
    topic: given['notify-topic'],
    webhook: url === undefined ? undefined : { url, secret: given['notify-webhook-secret'] ?? '' },
  };
  const { deployment, gitTag, issueOnRollback, topic, webhook } = announce;
  return deployment || gitTag || issueOnRollback || topic || webhook ? announce : undefined;
}

export function announceProblems(given: Given, raw: RawInputs): readonly InputProblem[] {
  const problems: InputProblem[] = [];
  const problem = (input: string, allowed: string, said?: string): void => {
    problems.push({ input, given: said ?? ((raw[input] ?? '').trim() || '(nothing)'), allowed });
  };
  if (given['environment-url'] !== undefined && given['github-deployment'] === undefined)
    problem('environment-url', 'a URL beside github-deployment, which is not given');
  if (given['notify-webhook'] !== undefined && given['notify-webhook-secret'] === undefined)
    problem('notify-webhook-secret', 'the secret that events to notify-webhook are signed with');
  if (given['notify-webhook-secret'] !== undefined && given['notify-webhook'] === undefined)
    problem('notify-webhook-secret', 'a secret beside notify-webhook, which is not given', '(secret)');
  for (const input of ['github-deployment', 'git-tag'] as const) {
    if (given[input] !== undefined && given['github-token'] === undefined)
      problem(input, `${input} beside a github-token, which is not given`);
  }
  if (given['issue-on-rollback'] && given['github-token'] === undefined)
    problem('issue-on-rollback', 'true beside a github-token, which is not given');
  return problems;
}
