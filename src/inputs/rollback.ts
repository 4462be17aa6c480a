/** Inputs of the rollback action. */
import type { RollbackRequest, RollbackTarget } from '../rollback/request.ts';
import {
  type AnnounceRequest,
  announceFields,
  announceOf,
  announceProblems,
  tokenField,
} from './announce-fields.ts';
import { clusterName, revisionPattern, serviceName } from './ecs-names.ts';
import { bool, choice, duration, type Field, matching, optional, text, withDefault } from './field.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';
import { type RoleRequest, roleField } from './role-field.ts';

export interface RollbackInputs extends RollbackRequest, RoleRequest {
  /** Absent: nobody is told. */
  readonly announce?: AnnounceRequest | undefined;
}

const hour = 3_600_000;

function rollbackTarget(): Field<RollbackTarget> {
  const allowed =
    'auto, previous-good, weights, family:revision or the ARN of one, an image tag or digest, a git tag, or a commit of at least 7 digits';
  return {
    allowed,
    parse: (given) => {
      const word = given.toLowerCase();
      if (word === 'auto' || word === 'previous-good' || word === 'weights') {
        return { ok: true, value: { kind: word } };
      }
      if (word === 'previous') return { ok: true, value: { kind: 'previous-good' } };
      if (revisionPattern.test(given)) return { ok: true, value: { kind: 'revision', name: given } };
      const digest = /^(?:[^\s@]+@)?(sha256:[0-9a-f]{64})$/.exec(given)?.[1];
      if (digest !== undefined) return { ok: true, value: { kind: 'digest', digest } };
      return /^\w[\w.+/:-]{0,299}$/.test(given) && !given.startsWith('arn:')
        ? { ok: true, value: { kind: 'named', name: given } }
        : { ok: false, allowed };
    },
  };
}

const elbArn = (resource: string): RegExp =>
  new RegExp(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\\d{12}:${resource}$`);

/** The commit that is gone back to may have its tag. */
const { 'git-tag': _noTag, ...rollbackAnnounceFields } = announceFields;

export const fields = {
  cluster: clusterName(),
  service: serviceName(),
  'other-service': optional(serviceName()),
  mode: withDefault(choice('roll-back', 'list'), 'roll-back'),
  to: withDefault(rollbackTarget(), { kind: 'auto' }),
  from: optional(matching(revisionPattern, 'family:revision, or the ARN of a task definition revision')),
  reason: withDefault(text('why this is rolled back, in a few words'), ''),
  'past-breaking-schema': withDefault(choice('refuse', 'accept'), 'refuse'),
  'listener-rule-arn': optional(
    matching(elbArn('listener-rule/app/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+'), 'the ARN of a listener rule'),
  ),
  'listener-arn': optional(
    matching(elbArn('listener/app/[^/\\s]+/[^/\\s]+/[^/\\s]+'), 'the ARN of a listener'),
  ),
  'target-group-arn': optional(
    matching(elbArn('targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]+'), 'the ARN of a target group'),
  ),
  timeout: withDefault(duration(10_000, 24 * hour), 15 * 60_000),
  'dry-run': withDefault(bool(), false),
  report: optional(text('a file path')),
  ...tokenField,
  ...rollbackAnnounceFields,
  ...roleField,
};

export function parseRollback(raw: RawInputs): ParseResult<RollbackInputs> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const ruleArn = given['listener-rule-arn'];
  const listenerArn = given['listener-arn'];
  const problems: InputProblem[] = [];
  const problem = (input: string, allowed: string): void => {
    problems.push({ input, given: (raw[input] ?? '').trim() || '(nothing)', allowed });
  };
  if (given.reason === '' && given.mode === 'roll-back') {
    problem('reason', 'why this is rolled back, in a few words (only mode: list needs none)');
  }
  if (ruleArn !== undefined && listenerArn !== undefined) {
    problem('listener-arn', 'at most one of listener-rule-arn and listener-arn');
  }
  const location: RollbackRequest['location'] =
    ruleArn !== undefined
      ? { kind: 'rule', ruleArn }
      : listenerArn !== undefined
        ? { kind: 'default-action', listenerArn }
        : undefined;
  if (given.to.kind === 'weights' && location === undefined) {
    problem('listener-rule-arn', 'listener-rule-arn or listener-arn, because to is weights');
  }
  if (given['target-group-arn'] !== undefined && location === undefined) {
    problem('listener-rule-arn', 'listener-rule-arn or listener-arn, because target-group-arn is given');
  }
  problems.push(...announceProblems(given, raw));
  return checked(
    {
      cluster: given.cluster,
      service: given.service,
      otherService: given['other-service'],
      mode: given.mode,
      to: given.to,
      from: given.from,
      pastBreakingSchema: given['past-breaking-schema'] === 'accept',
      reason: given.reason.replace(/\s+/g, ' ').slice(0, 500),
      location,
      targetGroupArn: given['target-group-arn'],
      timeoutMs: given.timeout,
      dryRun: given['dry-run'],
      reportPath: given.report,
      announce: given['dry-run'] || given.mode === 'list' ? undefined : announceOf(given),
      roleToAssume: given['role-to-assume'],
    },
    problems,
  );
}
