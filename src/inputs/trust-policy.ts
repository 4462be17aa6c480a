/** Inputs of the trust-policy action. */
import { choice, matching, optional, withDefault } from './field.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';

export interface TrustPolicyRequest {
  readonly scope:
    | { readonly kind: 'environment'; readonly name: string }
    | { readonly kind: 'branch'; readonly name: string }
    | { readonly kind: 'pull-request' };
  readonly accountId: string | undefined;
  readonly repository: string;
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  /** `auto`: that of this job's own token; both where it has none. */
  readonly format: 'auto' | 'names' | 'ids';
}

const digits = (allowed: string) => optional(matching(/^\d{1,20}$/, allowed));

export const fields = {
  scope: withDefault(choice('environment', 'branch', 'pull-request'), 'environment'),
  environment: withDefault(
    matching(/^[^\r\n\t*?]{1,255}$/, 'the name of a GitHub environment'),
    'Production',
  ),
  branch: withDefault(matching(/^[^\s*?:~^\\[]{1,255}$/, 'the name of a branch, no pattern'), 'main'),
  'account-id': optional(matching(/^\d{12}$/, 'an AWS account id of 12 digits')),
  repository: optional(matching(/^[\w.-]+\/[\w.-]+$/, 'owner/name')),
  'repository-id': digits('the number of the repository'),
  'owner-id': digits('the number of its owner'),
  'sub-format': withDefault(choice('auto', 'names', 'ids'), 'auto'),
};

/** What GitHub says of the job's own repository; empty outside of GitHub. */
export interface OwnRepository {
  readonly repository: string;
  readonly repositoryId: string;
  readonly ownerId: string;
}

export function parseTrustPolicy(raw: RawInputs, own: OwnRepository): ParseResult<TrustPolicyRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const repository = given.repository ?? own.repository;
  // Numbers of the job's repository say nothing of another one.
  const isOwn = repository === own.repository;
  const repositoryId = given['repository-id'] ?? ((isOwn && own.repositoryId) || undefined);
  const ownerId = given['owner-id'] ?? ((isOwn && own.ownerId) || undefined);
  const problems: InputProblem[] = [];
  if (repository === '') problems.push({ input: 'repository', given: '(nothing)', allowed: 'owner/name' });
  if (given['sub-format'] === 'ids' && (repositoryId === undefined || ownerId === undefined)) {
    problems.push({
      input: 'sub-format',
      given: 'ids',
      allowed: 'ids beside repository-id and owner-id (gh api repos/OWNER/NAME --jq .id,.owner.id)',
    });
  }
  const scope: TrustPolicyRequest['scope'] =
    given.scope === 'environment'
      ? { kind: 'environment', name: given.environment }
      : given.scope === 'branch'
        ? { kind: 'branch', name: given.branch }
        : { kind: 'pull-request' };
  return checked(
    { scope, accountId: given['account-id'], repository, repositoryId, ownerId, format: given['sub-format'] },
    problems,
  );
}
