/** Entry of the rollback action. */
import { fields, parseRollback } from '../inputs/rollback.ts';
import { runAction } from './action.ts';
import { parameterClient } from './parameter-client.ts';

await runAction({
  name: 'rollback',
  inputNames: Object.keys(fields),
  parse: parseRollback,
  clients: parameterClient,
  roleOf: ({ roleToAssume }) => roleToAssume,
  announce: async ({ announce, cluster, service }, ports) => {
    if (announce === undefined) return undefined;
    const { announcerOf } = await import('./announce.ts');
    return announcerOf(announce, { action: 'rollback', cluster, services: [service], listener: null }, ports);
  },
  load: async () => {
    const [{ runRollback }, { workspaceFiles }] = await Promise.all([
      import('../rollback/run.ts'),
      import('./workspace-files.ts'),
    ]);
    return (request, ports) =>
      runRollback(request, { ...ports, ...workspaceFiles(ports.context.workspace, ports.redact) });
  },
});
