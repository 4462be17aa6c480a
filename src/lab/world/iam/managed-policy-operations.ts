/** Managed policies, what they are attached to, and the simulator of policies. */
import { AwsError } from '../aws-error.ts';
import type { Operation, Principal } from '../service.ts';
import { evaluatePolicies, type PolicyDecision } from './evaluate.ts';
import type { IamService } from './iam-service.ts';
import type { ManagedPolicy } from './identities.ts';
import { entityPermission, need, onEverything } from './operation-helpers.ts';

interface PolicyInput {
  readonly PolicyName?: string;
  readonly PolicyArn?: string;
  readonly PolicyDocument?: string;
  readonly Path?: string;
  readonly RoleName?: string;
  readonly VersionId?: string;
}

interface SimulateInput {
  readonly PolicySourceArn?: string;
  readonly ActionNames?: readonly string[];
  readonly ResourceArns?: readonly string[];
  readonly ContextEntries?: readonly {
    readonly ContextKeyName?: string;
    readonly ContextKeyValues?: readonly string[];
  }[];
}

/** In the words of the simulator's answers. */
const decisions: Readonly<Record<PolicyDecision, string>> = {
  allowed: 'allowed',
  'explicit-deny': 'explicitDeny',
  'implicit-deny': 'implicitDeny',
};

const view = (policy: ManagedPolicy) => ({
  PolicyName: policy.name,
  Arn: policy.arn,
  Path: `/${policy.arn.split(':policy/')[1]!.split('/').slice(0, -1).join('/')}`,
  DefaultVersionId: 'v1',
  IsAttachable: true,
});

export function managedPolicyOperations(iam: IamService): Readonly<Record<string, Operation>> {
  const onRole = entityPermission(iam, 'role', (input: PolicyInput) => input.RoleName);
  const onNew = entityPermission(iam, 'policy', (input: PolicyInput) => input.PolicyName);
  const onPolicy = (action: string) => (input: PolicyInput) => [
    { action: `iam:${action}`, resources: [input.PolicyArn ?? '*'] },
  ];
  const find = (input: PolicyInput): ManagedPolicy => {
    const arn = need(input.PolicyArn, 'policyArn');
    const policy = iam.managedPolicies.get(arn);
    if (policy === undefined)
      throw new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, 404);
    return policy;
  };
  const roleOf = (input: PolicyInput) => iam.role(need(input.RoleName, 'roleName'));

  return {
    CreatePolicy: {
      mutates: true,
      permissions: onNew('CreatePolicy'),
      run: (input: PolicyInput) => {
        const name = need(input.PolicyName, 'policyName');
        const arn = iam.arn(`policy${input.Path ?? '/'}${name}`);
        if (iam.managedPolicies.has(arn))
          throw new AwsError(
            'EntityAlreadyExists',
            `A policy called ${name} already exists. Duplicate names are not allowed.`,
            409,
          );
        const policy = iam.storePolicy(need(input.PolicyDocument, 'policyDocument'), 'identity');
        const made = { name, arn, policy };
        iam.managedPolicies.set(arn, made);
        return { Policy: view(made) };
      },
    },
    GetPolicy: {
      mutates: false,
      permissions: onPolicy('GetPolicy'),
      run: (input: PolicyInput) => ({ Policy: view(find(input)) }),
    },
    GetPolicyVersion: {
      mutates: false,
      permissions: onPolicy('GetPolicyVersion'),
      run: (input: PolicyInput) => {
        const { policy, arn } = find(input);
        if (input.VersionId !== 'v1')
          throw new AwsError('NoSuchEntity', `Policy ${arn} version ${input.VersionId} does not exist.`, 404);
        const Document = encodeURIComponent(policy.text);
        return { PolicyVersion: { Document, VersionId: 'v1', IsDefaultVersion: true } };
      },
    },
    DeletePolicy: {
      mutates: true,
      permissions: onPolicy('DeletePolicy'),
      run: (input: PolicyInput) => {
        const { arn } = find(input);
        if ([...iam.roles.values()].some((role) => role.attachedPolicyArns.has(arn)))
          throw new AwsError('DeleteConflict', 'Cannot delete a policy attached to entities.', 409);
        iam.managedPolicies.delete(arn);
        return {};
      },
    },
    AttachRolePolicy: {
      mutates: true,
      permissions: onRole('AttachRolePolicy'),
      run: (input: PolicyInput) => {
        roleOf(input).attachedPolicyArns.add(find(input).arn);
        return {};
      },
    },
    DetachRolePolicy: {
      mutates: true,
      permissions: onRole('DetachRolePolicy'),
      run: (input: PolicyInput) => {
        const arn = need(input.PolicyArn, 'policyArn');
        if (!roleOf(input).attachedPolicyArns.delete(arn))
          throw new AwsError('NoSuchEntity', `Policy ${arn} was not found.`, 404);
        return {};
      },
    },
    ListAttachedRolePolicies: {
      mutates: false,
      permissions: onRole('ListAttachedRolePolicies'),
      run: (input: PolicyInput) => ({
        AttachedPolicies: [...roleOf(input).attachedPolicyArns].map((PolicyArn) => ({
          PolicyName: PolicyArn.split('/').at(-1),
          PolicyArn,
        })),
        IsTruncated: false,
      }),
    },
    SimulatePrincipalPolicy: {
      mutates: false,
      permissions: onEverything('SimulatePrincipalPolicy'),
      run: (input: SimulateInput) => simulate(iam, input),
    },
  };
}

function simulate(iam: IamService, input: SimulateInput) {
  const arn = need(input.PolicySourceArn, 'policySourceArn');
  const user = [...iam.users.values()].find((one) => one.arn === arn);
  const name = user?.name ?? iam.roleByArn(arn)?.name;
  if (name === undefined)
    throw new AwsError('NoSuchEntity', `The entity with ARN ${arn} cannot be found.`, 404);
  const principal: Principal = { kind: user === undefined ? 'role-session' : 'user', arn, name };
  const policies = iam.identityPolicies(principal) ?? [];
  const given = (input.ContextEntries ?? []).map(
    ({ ContextKeyName = '', ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues] as const,
  );
  const context = { ...iam.globalContext(principal), ...Object.fromEntries(given) };
  const resources = input.ResourceArns ?? ['*'];
  return {
    EvaluationResults: (input.ActionNames ?? []).flatMap((action) =>
      resources.map((resource) => ({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decisions[evaluatePolicies(policies, { action, resource, context })],
        MissingContextValues: [],
      })),
    ),
    IsTruncated: false,
  };
}
