/** Whether what a container's `secrets` name is still there. No value is ever read. */
import { AwsCallError } from './call-error.ts';
import type { AwsCaller } from './caller.ts';
import { type Home, readParameterPresence } from './parameter-presence.ts';

export type SecretPresence =
  | { readonly kind: 'present' }
  | { readonly kind: 'gone'; readonly why: string }
  /** Not ours to look into. */
  | { readonly kind: 'unchecked'; readonly why: string };

/**
 * `valueFrom` as ECS takes it: `arn:…:secret:name-RANDOM[:json-key[:version-stage[:version-id]]]`, or a
 * parameter of Systems Manager.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
export async function readSecretPresence(
  aws: AwsCaller,
  valueFrom: string,
  home: Home,
  signal?: AbortSignal,
): Promise<SecretPresence> {
  if (!/^arn:aws[a-z-]*:secretsmanager:/.test(valueFrom)) {
    return readParameterPresence(aws, valueFrom, home, signal);
  }
  const parts = valueFrom.split(':');
  const arn = parts.slice(0, 7).join(':');
  const name = parts[6] ?? '';
  const [, stage = '', versionId = ''] = parts.slice(7);
  try {
    const secret = await aws.call('secretsmanager:DescribeSecret', { SecretId: arn }, signal);
    if (secret.DeletedDate !== undefined) {
      return { kind: 'gone', why: `secret ${name} is scheduled for deletion` };
    }
    const versions = secret.VersionIdsToStages;
    const wanted = versionId !== '' ? `version ${versionId}` : stage !== '' ? `stage ${stage}` : undefined;
    if (versions === undefined || wanted === undefined) return { kind: 'present' };
    const there =
      versionId === '' ? Object.values(versions).flat().includes(stage) : versions[versionId] !== undefined;
    return there ? { kind: 'present' } : { kind: 'gone', why: `secret ${name} has no ${wanted} any more` };
  } catch (error) {
    if (!(error instanceof AwsCallError) || error.retryable || error.kind === 'credentials') throw error;
    return error.kind === 'not-found'
      ? { kind: 'gone', why: `secret ${name} does not exist any more` }
      : { kind: 'unchecked', why: `${error.operation}: ${error.code}` };
  }
}
