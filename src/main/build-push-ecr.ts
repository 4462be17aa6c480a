/** Entry of the build-push-ecr action. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fields, parseBuildPush } from '../inputs/build-push-ecr.ts';
import { runAction } from './action.ts';

await runAction({
  name: 'build-push-ecr',
  inputNames: Object.keys(fields),
  parse: parseBuildPush,
  load: async () => {
    const [{ buildPush }, { workspaceFiles }, { createSdkCaller }] = await Promise.all([
      import('../image/build-push.ts'),
      import('./workspace-files.ts'),
      import('../aws/sdk/caller.ts'),
    ]);
    const environment = process.env;
    const dockerFolder = environment['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
    return (request, ports) =>
      buildPush(request, {
        ...ports,
        ...workspaceFiles(ports.context.workspace, ports.redact),
        awsIn: (region) => createSdkCaller({ region }),
        environment,
        dockerFolder,
      });
  },
});
