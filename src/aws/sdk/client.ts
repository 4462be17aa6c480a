/** What the service files share: one attempt a call, and a table of the commands that are in use. */
import type { CredentialProvider } from './role-credentials.ts';
import type { ServiceClient } from './sender.ts';

export interface ClientSettings {
  readonly maxAttempts: 1;
  /** In place of the environment's. */
  readonly region?: string;
  /** In place of the environment's. */
  readonly credentials?: CredentialProvider;
}

/** Retries are the kit's (../retry.ts): the SDK makes one attempt. */
export const clientSettings: ClientSettings = { maxAttempts: 1 };

// biome-ignore lint/suspicious/noExplicitAny: commands of every shape share one table
type CommandClass = new (input: any) => any;

export function createServiceClient(
  // biome-ignore lint/suspicious/noExplicitAny: each SDK client has a send of its own type
  client: { send(command: any, options: any): Promise<any> },
  commands: Readonly<Record<string, CommandClass>>,
): ServiceClient {
  return {
    async send(operation, input, signal) {
      const Command = commands[operation];
      if (Command === undefined) throw new Error(`No command is bundled for ${operation}.`);
      return client.send(new Command(input), { abortSignal: signal });
    },
  };
}
