/** Names of secrets to the full ARNs that a task definition holds. */
import type { AwsCaller } from '../aws/caller.ts';
import { readSecretArn } from '../aws/secret-arn.ts';
import type { TaskDefinitionProblem } from './problem.ts';
import { parseSecretRef } from './secret-ref.ts';

export interface ResolvedSecrets {
  /** Variable to `valueFrom`. */
  readonly valueFrom: ReadonlyMap<string, string>;
  readonly problems: readonly TaskDefinitionProblem[];
}

export async function resolveSecrets(
  aws: AwsCaller,
  secrets: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ResolvedSecrets> {
  const valueFrom = new Map<string, string>();
  const problems: TaskDefinitionProblem[] = [];
  for (const [variable, text] of secrets) {
    const ref = parseSecretRef(text);
    if (ref === undefined) throw new Error(`The form of the secret of ${variable} was not checked.`);
    if (ref.kind === 'arn') {
      valueFrom.set(variable, ref.arn);
      continue;
    }
    const found = await readSecretArn(aws, ref.name, signal);
    if (found.kind === 'found') valueFrom.set(variable, `${found.arn}${ref.suffix}`);
    else {
      const why = found.kind === 'missing' ? 'does not exist' : 'is scheduled for deletion';
      const message = `Secret ${ref.name}, wanted for ${variable}, ${why} in Secrets Manager of this account and region.`;
      problems.push({ code: `secret-${found.kind}`, pointer: '', message });
    }
  }
  return { valueFrom, problems };
}
