/** The client of the actions that look for parameters of Systems Manager: its schemas are large, so no other has it. */
import type { ServiceClients } from '../aws/sdk/sender.ts';

export const parameterClient: ServiceClients = {
  ssm: async (settings) => (await import('../aws/sdk/ssm.ts')).createSsmClient(settings),
};
