/**
 * IAM policy documents: from JSON text to checked statements.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { AwsError } from '../aws-error.ts';
import { isConditionOperator } from './condition-operators.ts';

/** Operator to key to values: `{ StringLike: { 'aws:username': ['a*'] } }`. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface PolicyStatement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** `not: true` is NotAction, NotResource, NotPrincipal. */
  readonly action: { readonly not: boolean; readonly patterns: readonly string[] };
  /** Absent in trust policies, which stand on a resource themselves. */
  readonly resource: { readonly not: boolean; readonly patterns: readonly string[] } | undefined;
  /** By kind: `AWS`, `Federated`, `Service`; `*` for everyone. Only in resource and trust policies. */
  readonly principals: Readonly<Record<string, readonly string[]>> | undefined;
  readonly condition: ConditionBlock;
}

export interface PolicyDocument {
  readonly statements: readonly PolicyStatement[];
}

export type PolicyKind = 'identity' | 'trust' | 'resource';

function malformed(problem: string): AwsError {
  return new AwsError('MalformedPolicyDocument', problem, 400);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(value: unknown, where: string): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  for (const item of list) {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean')
      throw malformed(`${where} must be a text or a list of texts.`);
  }
  return list.map(String);
}

function oneOf(statement: Record<string, unknown>, name: string, where: string) {
  const positive = statement[name];
  const negative = statement[`Not${name}`];
  if (positive !== undefined && negative !== undefined)
    throw malformed(`${where} has both ${name} and Not${name}; only one is allowed.`);
  if (positive === undefined && negative === undefined) return undefined;
  const not = positive === undefined;
  return { not, patterns: texts(not ? negative : positive, `${where}.${not ? 'Not' : ''}${name}`) };
}

function conditionBlock(value: unknown, where: string): ConditionBlock {
  if (value === undefined) return {};
  if (!isObject(value)) throw malformed(`${where}.Condition must be an object.`);
  const block: Record<string, Record<string, readonly string[]>> = {};
  for (const [operator, keys] of Object.entries(value)) {
    if (!isConditionOperator(operator))
      throw malformed(`${where}.Condition: the operator ${operator} is not known.`);
    if (!isObject(keys)) throw malformed(`${where}.Condition.${operator} must be an object.`);
    const checked: Record<string, readonly string[]> = {};
    for (const [key, values] of Object.entries(keys))
      checked[key] = texts(values, `${where}.Condition.${operator}.${key}`);
    block[operator] = checked;
  }
  return block;
}

function principals(value: unknown, where: string): PolicyStatement['principals'] {
  if (value === undefined) return undefined;
  if (value === '*') return { '*': ['*'] };
  if (!isObject(value)) throw malformed(`${where}.Principal must be "*" or an object.`);
  const byKind: Record<string, readonly string[]> = {};
  for (const [kind, names] of Object.entries(value)) {
    if (!['AWS', 'Federated', 'Service', 'CanonicalUser'].includes(kind))
      throw malformed(`${where}.Principal: ${kind} is not one of AWS, Federated, Service, CanonicalUser.`);
    byKind[kind] = texts(names, `${where}.Principal.${kind}`);
  }
  return byKind;
}

function statement(value: unknown, index: number, kind: PolicyKind): PolicyStatement {
  const where = `Statement[${index}]`;
  if (!isObject(value)) throw malformed(`${where} must be an object.`);
  const effect = value['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny')
    throw malformed(`${where}.Effect is ${JSON.stringify(effect)}; Allow and Deny are allowed.`);
  const action = oneOf(value, 'Action', where);
  if (action === undefined) throw malformed(`${where} needs Action or NotAction.`);
  for (const pattern of action.patterns) {
    if (pattern !== '*' && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(pattern))
      throw malformed(`${where}: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.`);
  }
  const resource = oneOf(value, 'Resource', where);
  if (kind === 'identity' && resource === undefined)
    throw malformed('Policy statement must contain resources.');
  if (kind === 'trust' && resource !== undefined) throw malformed('Has prohibited field Resource.');
  for (const pattern of resource?.patterns ?? []) {
    if (pattern !== '*' && !pattern.startsWith('arn:') && !pattern.startsWith('*'))
      throw malformed(`Resource ${pattern} must be in ARN format or "*".`);
  }
  if (kind === 'identity' && (value['Principal'] !== undefined || value['NotPrincipal'] !== undefined))
    throw malformed('Policy document should not specify a principal.');
  if (value['NotPrincipal'] !== undefined)
    throw malformed(`${where}.NotPrincipal is not simulated by the lab: name the principals instead.`);
  if (kind !== 'identity' && value['Principal'] === undefined)
    throw malformed('Missing required field Principal.');
  return {
    sid: typeof value['Sid'] === 'string' ? value['Sid'] : undefined,
    effect,
    action,
    resource,
    principals: principals(value['Principal'], where),
    condition: conditionBlock(value['Condition'], where),
  };
}

/**
 * @param document the policy as JSON text, or already decoded
 * @throws AwsError MalformedPolicyDocument
 */
export function parsePolicy(document: string | object, kind: PolicyKind): PolicyDocument {
  let value: unknown = document;
  if (typeof document === 'string') {
    try {
      value = JSON.parse(document);
    } catch {
      throw malformed('Syntax errors in policy: it is not valid JSON.');
    }
  }
  if (!isObject(value)) throw malformed('A policy must be a JSON object.');
  const version = value['Version'];
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17')
    throw malformed(`Version is ${JSON.stringify(version)}; 2012-10-17 and 2008-10-17 are allowed.`);
  const raw = value['Statement'];
  if (raw === undefined) throw malformed('Missing required field Statement.');
  const list = Array.isArray(raw) ? raw : [raw];
  return { statements: list.map((item, index) => statement(item, index, kind)) };
}
