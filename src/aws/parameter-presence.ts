/**
 * Whether a parameter of Systems Manager exists, by its tags: nothing else tells it of one parameter without
 * reading the value.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html
 */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';

export type ParameterPresence =
  | { readonly kind: 'present' }
  | { readonly kind: 'gone'; readonly why: string }
  /** Not ours to look into. */
  | { readonly kind: 'unchecked'; readonly why: string };

/** Where the job is, and so where a parameter without an ARN is. */
export interface Home {
  readonly region: string;
  /** Asked for only where an ARN names one. */
  account(): Promise<string | undefined>;
}

/** `valueFrom` is a name, or `arn:…:parameter/name`, as ECS takes them. Rejects with `AwsCallError`. */
export async function readParameterPresence(
  aws: AwsCaller,
  valueFrom: string,
  home: Home,
  signal?: AbortSignal,
): Promise<ParameterPresence> {
  const [, , , region, account, ...resource] = valueFrom.split(':');
  const isArn = valueFrom.startsWith('arn:');
  if (isArn && region !== home.region) {
    return { kind: 'unchecked', why: `it is a parameter of ${region}, and this job is in ${home.region}` };
  }
  const name = isArn ? nameOf(resource.join(':')) : valueFrom;
  if (name === undefined || !/^[\w./-]+$/.test(name)) {
    return { kind: 'unchecked', why: 'it is no plain name of a parameter' };
  }
  if (/^\/?aws\//i.test(name)) {
    return { kind: 'unchecked', why: "parameters under /aws/ are AWS's own" };
  }
  try {
    if (isArn && account !== (await home.account())) {
      return { kind: 'unchecked', why: `it is a parameter of the account ${account}` };
    }
    for (const spelling of spellingsOf(name)) {
      if (await exists(aws, spelling, signal)) return { kind: 'present' };
    }
    return { kind: 'gone', why: `parameter ${name} does not exist any more` };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
    return { kind: 'unchecked', why: `${error.operation}: ${error.code}` };
  }
}

/** The slash behind `parameter` is the first one of a hierarchy, and none of the name outside of one. */
function nameOf(resource: string): string | undefined {
  const rest = /^parameter\/(.+)$/.exec(resource)?.[1];
  return rest?.includes('/') && !rest.startsWith('/') ? `/${rest}` : rest;
}

/**
 * Outside of a hierarchy `/name` and `name` are the same parameter, and an ARN does not tell which was made.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
function spellingsOf(name: string): readonly string[] {
  const bare = name.replace(/^\//, '');
  if (bare.includes('/')) return [name];
  return bare === name ? [name, `/${name}`] : [name, bare];
}

async function exists(aws: AwsCaller, name: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await aws.call('ssm:ListTagsForResource', { ResourceType: 'Parameter', ResourceId: name }, signal);
    return true;
  } catch (error) {
    if (error instanceof AwsCallError && error.kind === 'not-found') return false;
    throw error;
  }
}
