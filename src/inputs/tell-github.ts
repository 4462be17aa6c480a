/** Inputs of the tell-github action. */
import { announceFields, tokenField } from './announce-fields.ts';
import { matching, optional, text, withDefault } from './field.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';

export interface TellGitHubRequest {
  /** As the action that deployed names it; empty where it came to none. */
  readonly outcome: string;
  /** Of the action that deployed: what an issue would say. Absent where it went well, or the runner took it out. */
  readonly issue: { readonly title: string; readonly body: string } | undefined;
  /** A GitHub deployment of this commit, which serves again; undefined: none is made. */
  readonly deployment:
    | {
        readonly environment: string;
        readonly environmentUrl: string | undefined;
        readonly commit: string;
      }
    | undefined;
  readonly gitTag: string | undefined;
  readonly issueOnRollback: boolean;
  readonly githubToken: string;
}

export const fields = {
  outcome: withDefault(matching(/^[a-z-]{1,40}$/, 'an outcome, such as succeeded or rolled-back'), ''),
  issue: optional(text('the output issue of the action that deployed')),
  commit: optional(matching(/^[0-9a-f]{7,64}$/, 'the output commit of rollback')),
  'github-deployment': announceFields['github-deployment'],
  'environment-url': announceFields['environment-url'],
  'git-tag': announceFields['git-tag'],
  'issue-on-rollback': announceFields['issue-on-rollback'],
  ...tokenField,
};

export function parseTellGitHub(raw: RawInputs): ParseResult<TellGitHubRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const problems: InputProblem[] = [];
  const token = given['github-token'];
  if (token === undefined) {
    problems.push({ input: 'github-token', given: '(nothing)', allowed: 'a token of this repository' });
  }
  const issue = given.issue === undefined ? undefined : issueIn(given.issue);
  if (given.issue !== undefined && issue === undefined) {
    problems.push({
      input: 'issue',
      given: `${given.issue.slice(0, 40)}…`,
      allowed: 'the output issue of the action that deployed, as it is',
    });
  }
  const { commit, 'github-deployment': environment, 'environment-url': environmentUrl } = given;
  return checked(
    {
      outcome: given.outcome,
      issue,
      deployment:
        environment === undefined || commit === undefined
          ? undefined
          : { environment, environmentUrl, commit },
      gitTag: given['git-tag'],
      issueOnRollback: given['issue-on-rollback'],
      githubToken: token ?? '',
    },
    problems,
  );
}

function issueIn(given: string): TellGitHubRequest['issue'] {
  try {
    const { title, body } = JSON.parse(given) as { readonly title: unknown; readonly body: unknown };
    return typeof title === 'string' && typeof body === 'string' && title !== ''
      ? { title, body }
      : undefined;
  } catch {
    return undefined;
  }
}
