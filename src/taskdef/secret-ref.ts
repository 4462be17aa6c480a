/**
 * What a user may write for a secret, and what ECS wants in `valueFrom`. Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */

export type SecretRef =
  /** An ARN of Secrets Manager or of a parameter: taken as it is. */
  | { readonly kind: 'arn'; readonly arn: string }
  /** A secret's name, to be resolved; `suffix` is `:json-key:version-stage:version-id` or empty. */
  | { readonly kind: 'name'; readonly name: string; readonly suffix: string };

export const secretForms =
  'the ARN of a secret or parameter, or the name of a secret, with :json-key:version-stage:version-id if need be';

/** Undefined where the text is neither an ARN nor `name[:json-key[:version-stage[:version-id]]]`. */
export function parseSecretRef(text: string): SecretRef | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('arn:')) {
    return /^arn:[a-z-]+:(secretsmanager|ssm):[^:]+:[^:]+:\S+$/.test(trimmed)
      ? { kind: 'arn', arn: trimmed }
      : undefined;
  }
  const match = /^([A-Za-z0-9/_+=.@-]{1,512})(?::([^:\s]*))?(?::([^:\s]*))?(?::([^:\s]*))?$/.exec(trimmed);
  if (match === null) return undefined;
  const [, name = '', key = '', stage = '', version = ''] = match;
  // ECS wants all three colons as soon as there is one.
  const suffix = `${key}${stage}${version}` === '' ? '' : `:${key}:${stage}:${version}`;
  return { kind: 'name', name, suffix };
}
