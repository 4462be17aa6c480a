/** Entry of the build-push-ecr action. */
import { fields, parseBuildPush } from '../inputs/build-push-ecr.ts';
import { runAction } from './action.ts';

await runAction({
  name: 'build-push-ecr',
  inputNames: Object.keys(fields),
  parse: parseBuildPush,
  load: async () => {
    const [{ buildPush }, { workspaceFiles }] = await Promise.all([
      import('../image/build-push.ts'),
      import('./workspace-files.ts'),
    ]);
    return (request, ports) => buildPush(request, { ...ports, ...workspaceFiles(ports.context.workspace) });
  },
});
