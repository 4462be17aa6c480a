/**
 * A container's `secrets[].valueFrom`, as the ECS agent resolves it when a task starts.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
 */
import type { SecretStore } from './secret-store.ts';

type Resolved =
  | { readonly found: true; readonly value: string }
  | { readonly found: false; readonly reason: string };

const fromAsm = (reason: string): Resolved => ({ found: false, reason });

/** Everything else that `valueFrom` may be is a parameter of Systems Manager. */
export function isSecretReference(valueFrom: string): boolean {
  return /^arn:aws[\w-]*:secretsmanager:/.test(valueFrom);
}

/** `arn:…:secret:name-RANDOM[:json-key[:version-stage[:version-id]]]`; empty parts mean "not given". */
function parseSecretReference(valueFrom: string) {
  const parts = valueFrom.split(':');
  const text = (index: number) =>
    parts[index] === undefined || parts[index] === '' ? undefined : parts[index];
  return { arn: parts.slice(0, 7).join(':'), jsonKey: text(7), stage: text(8), versionId: text(9) };
}

export function resolveSecretReference(store: SecretStore, valueFrom: string): Resolved {
  const reference = parseSecretReference(valueFrom);
  const secret = store.find(reference.arn);
  if (secret === undefined)
    return fromAsm(
      `failed to fetch secret ${reference.arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    );
  if (secret.deletedAtMs !== undefined)
    return fromAsm(
      `failed to fetch secret ${reference.arn} from secrets manager: InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.`,
    );
  const version = store.version(secret, reference.stage, reference.versionId);
  if (version === undefined)
    return fromAsm(
      `failed to fetch secret ${reference.arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret value for ${reference.versionId === undefined ? `staging label: ${reference.stage ?? 'AWSCURRENT'}` : `VersionId: ${reference.versionId}`}`,
    );
  const value = version.value ?? '';
  if (reference.jsonKey === undefined) return { found: true, value };
  let fields: unknown;
  try {
    fields = JSON.parse(value);
  } catch {
    fields = undefined;
  }
  const field =
    typeof fields === 'object' && fields !== null && Object.hasOwn(fields, reference.jsonKey)
      ? (fields as Record<string, unknown>)[reference.jsonKey]
      : undefined;
  if (field === undefined)
    return fromAsm(`retrieved secret from Secrets Manager did not contain json key ${reference.jsonKey}`);
  return { found: true, value: typeof field === 'string' ? field : JSON.stringify(field) };
}
