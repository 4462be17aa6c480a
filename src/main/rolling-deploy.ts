/** Entry of the rolling-deploy action. */
import { fields, parseRollingDeploy } from '../inputs/rolling-deploy.ts';
import { runAction } from './action.ts';

await runAction({
  name: 'rolling-deploy',
  inputNames: Object.keys(fields),
  parse: parseRollingDeploy,
  load: async () => {
    const [{ runRollingDeploy }, { workspaceFiles }] = await Promise.all([
      import('../rollout/run.ts'),
      import('./workspace-files.ts'),
    ]);
    return (request, ports) =>
      runRollingDeploy(request, { ...ports, ...workspaceFiles(ports.context.workspace, ports.redact) });
  },
});
