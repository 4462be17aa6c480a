/** Entry of the rollback action. */
import { fields, parseRollback } from '../inputs/rollback.ts';
import { runAction } from './action.ts';

await runAction({
  name: 'rollback',
  inputNames: Object.keys(fields),
  parse: parseRollback,
  load: async () => {
    const [{ runRollback }, { workspaceFiles }] = await Promise.all([
      import('../rollback/run.ts'),
      import('./workspace-files.ts'),
    ]);
    return (request, ports) =>
      runRollback(request, { ...ports, ...workspaceFiles(ports.context.workspace, ports.redact) });
  },
});
