/** Names of secrets to the full ARNs that a task definition holds. */
import type { AwsCaller } from '../aws/caller.ts';
import { readSecretArn } from '../aws/secret-arn.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { parseSecretRef, secretForms } from './secret-ref.ts';

export interface ResolvedSecrets {
  /** A secret as it was written to `valueFrom`. */
  readonly valueFrom: ReadonlyMap<string, string>;
  readonly problems: readonly TaskDefinitionProblem[];
}

/** `wanted`: a secret as it is written, and the variables that want it. Each name is asked for once. */
export async function resolveSecrets(
  aws: AwsCaller,
  wanted: ReadonlyMap<string, readonly string[]>,
  signal: AbortSignal,
): Promise<ResolvedSecrets> {
  const valueFrom = new Map<string, string>();
  const problems: TaskDefinitionProblem[] = [];
  const lookups = new Map<string, ReturnType<typeof readSecretArn>>();
  for (const [text, variables] of wanted) {
    const ref = parseSecretRef(text);
    const refuse = (code: string, message: string): void => {
      problems.push({ code, pointer: '', message });
    };
    if (ref === undefined) {
      refuse(
        'secret-form',
        `The secret of ${variables.join(', ')} is written as "${text}"; allowed is ${secretForms}.`,
      );
      continue;
    }
    if (ref.kind === 'arn') {
      valueFrom.set(text, ref.arn);
      continue;
    }
    const lookup = lookups.get(ref.name) ?? readSecretArn(aws, ref.name, signal);
    lookups.set(ref.name, lookup);
    const found = await lookup;
    if (found.kind === 'found') valueFrom.set(text, `${found.arn}${ref.suffix}`);
    else {
      const why = found.kind === 'missing' ? 'does not exist' : 'is scheduled for deletion';
      refuse(
        `secret-${found.kind}`,
        `Secret ${ref.name}, wanted for ${variables.join(', ')}, ${why} in Secrets Manager of this account and region.`,
      );
    }
  }
  return { valueFrom, problems };
}
