/** Credentials of the role that an action was told to assume; fails at once where it cannot. */
import { AwsCallError } from '../aws/call-error.ts';
import { type CredentialProvider, roleCredentials, sessionNameOf } from '../aws/sdk/role-credentials.ts';
import { callerOver } from '../aws/sdk/sender.ts';
import { systemClock } from '../runner/clock.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import type { Environment, RunContext } from '../runner/context.ts';
import { requestIdToken } from '../runner/id-token.ts';
import type { Runner } from '../runner/runner.ts';

const audience = 'sts.amazonaws.com';

/** Rejects with `ConfigurationError`. */
export async function credentialsOf(
  roleArn: string,
  { runId, runAttempt }: RunContext,
  runner: Runner,
  environment: Environment,
): Promise<CredentialProvider> {
  const credentials = roleCredentials(
    { roleArn, sessionName: sessionNameOf(runId, runAttempt) },
    {
      sts: callerOver({
        sts: async (settings) => (await import('../aws/sdk/sts.ts')).createStsClient(settings),
      }),
      clock: systemClock,
      random: Math.random,
      idToken: () => requestIdToken(environment, audience, { clock: systemClock }),
      mask: (secret) => runner.mask(secret),
    },
  );
  try {
    const { expiration } = await credentials();
    runner.debug(`Assumed ${roleArn}, for now until ${expiration.toISOString()}.`);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const help =
      error.kind === 'access-denied'
        ? ' Its trust policy has to accept this repository and environment (docs/iam has it).'
        : '';
    throw new ConfigurationError(
      'role-not-assumed',
      `${roleArn} could not be assumed: ${error.reason}${help} Nothing was changed.`,
    );
  }
  return credentials;
}
