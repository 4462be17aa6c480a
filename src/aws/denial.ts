/** What AWS says of a call that it denied, and the statements of a policy that would allow it. Pure. */
import type { AwsCallError } from './call-error.ts';
import { type Grant, permissions } from './permissions.ts';

export interface Denial {
  /** `iam:PassRole`: what was missing, which is not always what was called. */
  readonly action: string;
  /** `*` where AWS names none: the action knows no resources. */
  readonly resource: string;
  /** `no identity-based policy allows it`, `an explicit deny in a service control policy`; AWS's own words where they are others. */
  readonly why: string;
  /** A further Allow would change nothing. */
  readonly isExplicit: boolean;
  /** ARN of whoever called; undefined where AWS does not say. */
  readonly principal: string | undefined;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const principalForm = /^User: (arn:\S+) is not authorized/;
const actionForm =
  /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?(?: (?:because|with) (.+))?/s;

export function denialOf({ operation, reason }: Pick<AwsCallError, 'operation' | 'reason'>): Denial {
  const [, action = operation, resource = '*', words] = actionForm.exec(reason) ?? [];
  const why = (words?.replace(` the ${action} action`, ' it') ?? reason).replace(/[.\s]+$/, '');
  return {
    action,
    resource: resource.replace(/[.,]$/, ''),
    why,
    isExplicit: /explicit deny/.test(why),
    principal: principalForm.exec(reason)?.[1],
  };
}

export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Grant['condition'];
}

/**
 * Statements that allow what was denied, as docs/iam has them: one for each set of resources, or of actions. `words` stand
 * for those in capitals (`CLUSTER`); what has none stays the reader's to replace.
 */
export function statementsFor(
  denials: readonly Pick<Denial, 'action' | 'resource'>[],
  words: Readonly<Record<string, string>>,
): readonly Statement[] {
  const statements = new Map<string, Statement>();
  for (const { action, resource } of denials) {
    const [, account = 'ACCOUNT'] = /^arn:[^:]*:[^:]*:[^:]*:(\d+):/.exec(resource) ?? [];
    const { condition, anyBecause } = grantOf(action, resource) ?? {};
    const Resource = anyBecause === undefined ? resourcesOf(action, resource) : ['*'];
    const Condition =
      condition === undefined ? {} : { Condition: filled(condition, { ACCOUNT: account, ...words }) };
    const key = JSON.stringify([Resource, Condition]);
    const Action = new Set([...(statements.get(key)?.Action ?? []), action]);
    statements.set(key, { Effect: 'Allow', Action: [...Action].sort(), Resource, ...Condition });
  }
  return [...together(statements.values()).values()];
}

/** Those that differ in nothing but their resources. */
function together(statements: Iterable<Statement>): ReadonlyMap<string, Statement> {
  const found = new Map<string, Statement>();
  for (const each of statements) {
    const key = JSON.stringify([each.Action, each.Condition]);
    const Resource = new Set([...(found.get(key)?.Resource ?? []), ...each.Resource]);
    found.set(key, { ...each, Resource: [...Resource] });
  }
  return found;
}

/** The one that is for this type of resource, where an action has several. */
function grantOf(action: string, resource: string): Grant | undefined {
  const [own = [], ...others] = [
    permissions[action as keyof typeof permissions],
    ...Object.values(permissions),
  ];
  const grants = [
    ...own.filter((grant) => grant.action === undefined),
    ...others.flat().filter((grant) => grant.action === action),
  ];
  const isOn = ({ on = [] }: Grant): boolean => on.some((type) => resource.includes(`:${type}/`));
  return grants.find(isOn) ?? grants.find(({ on }) => on === undefined) ?? grants[0];
}

/** What is asked of a service's own parts is asked of the service, too. */
const partsOf: Readonly<Record<string, string>> = {
  'ecs:DescribeServiceRevisions': 'service-revision',
  'ecs:DescribeServiceDeployments': 'service-deployment',
};

/** Ids that the next deployment makes anew are left open, as in docs/iam. */
function resourcesOf(action: string, resource: string): readonly string[] {
  const open = resource
    .replace(/(:(?:service-revision|service-deployment)\/[^/]+\/[^/]+\/).*/, '$1*')
    .replace(/(:task\/[^/]+\/).*/, '$1*')
    .replace(/(:scalable-target\/).*/, '$1*')
    .replace(/(:task-definition\/[^:]+):.*/, '$1:*')
    .replace(/(:listener\/app\/[^/]+\/).*/, '$1*/*')
    .replace(/(:listener-rule\/app\/[^/]+\/).*/, '$1*/*/*');
  const part = partsOf[action];
  const [, before, path] =
    /^(.*):(?:service|service-revision|service-deployment)\/([^/]+\/[^/]+)/.exec(open) ?? [];
  return part === undefined || path === undefined
    ? [open]
    : [`${before}:service/${path}`, `${before}:${part}/${path}/*`];
}

function filled(
  condition: NonNullable<Grant['condition']>,
  words: Readonly<Record<string, string>>,
): Grant['condition'] {
  const text = Object.entries(words).reduce(
    (all, [word, value]) => all.replace(new RegExp(`\\b${word}\\b`, 'g'), () => value),
    JSON.stringify(condition),
  );
  return JSON.parse(text) as Grant['condition'];
}
