/**
 * The policy evaluation logic within one account: an explicit Deny wins, else one Allow is needed.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { type ConditionContext, conditionsHold, substituteVariables } from './condition-operators.ts';
import type { PolicyDocument, PolicyStatement } from './policy-document.ts';
import { matchesWildcard } from './wildcard.ts';

export type PolicyDecision = 'allowed' | 'explicit-deny' | 'implicit-deny';

export interface PolicyQuestion {
  /** `ecs:UpdateService` */
  readonly action: string;
  /** One ARN, or `*` for an action without resource-level permissions. */
  readonly resource: string;
  readonly context: ConditionContext;
}

function actionMatches(statement: PolicyStatement, action: string): boolean {
  const wanted = action.toLowerCase();
  const matched = statement.action.patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), wanted));
  return matched !== statement.action.not;
}

function resourceMatches(statement: PolicyStatement, question: PolicyQuestion): boolean {
  if (statement.resource === undefined) return true;
  const matched = statement.resource.patterns.some((pattern) => {
    const concrete = substituteVariables(pattern, question.context);
    return concrete !== undefined && matchesWildcard(concrete, question.resource);
  });
  return matched !== statement.resource.not;
}

/** Whether the statement speaks about this request at all (principals apart). */
function statementApplies(statement: PolicyStatement, question: PolicyQuestion): boolean {
  return (
    actionMatches(statement, question.action) &&
    resourceMatches(statement, question) &&
    conditionsHold(statement.condition, question.context)
  );
}

export function evaluatePolicies(
  policies: readonly PolicyDocument[],
  question: PolicyQuestion,
): PolicyDecision {
  let allowed = false;
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (!statementApplies(statement, question)) continue;
      if (statement.effect === 'Deny') return 'explicit-deny';
      allowed = true;
    }
  }
  return allowed ? 'allowed' : 'implicit-deny';
}

/** Who asks a trust policy: `AWS` by ARN, `Federated` by provider ARN, `Service` by host name. */
export interface TrustCaller {
  readonly kind: 'AWS' | 'Federated' | 'Service';
  /** Every ARN or name it answers to: of a session, its own and its role's. */
  readonly names: readonly string[];
}

export interface TrustDecision {
  readonly decision: PolicyDecision;
  /** True when the caller is named itself, not only through its account: then no own policy is needed. */
  readonly namedDirectly: boolean;
}

/**
 * A trust policy's answer.
 *
 * @param accountNames how the caller's account may be named: its root's ARN, its number
 */
export function evaluateTrust(
  policy: PolicyDocument,
  caller: TrustCaller,
  accountNames: readonly string[],
  question: PolicyQuestion,
): TrustDecision {
  let allowed = false;
  let namedDirectly = false;
  for (const statement of policy.statements) {
    if (!statementApplies(statement, question)) continue;
    const listed = [...(statement.principals?.[caller.kind] ?? []), ...(statement.principals?.['*'] ?? [])];
    const direct = listed.some((name) => name === '*' || caller.names.includes(name));
    const byAccount = caller.kind === 'AWS' && listed.some((name) => accountNames.includes(name));
    if (!direct && !byAccount) continue;
    if (statement.effect === 'Deny') return { decision: 'explicit-deny', namedDirectly };
    allowed = true;
    // `*` opens the role to anyone whom a policy of their own lets in.
    namedDirectly ||= direct && !listed.includes('*');
  }
  return { decision: allowed ? 'allowed' : 'implicit-deny', namedDirectly };
}
