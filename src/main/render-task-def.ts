/** Entry of the render-task-def action. */
import { fields, parseRender } from '../inputs/render-task-def.ts';
import { runAction } from './action.ts';
import { parameterClient } from './parameter-client.ts';

await runAction({
  name: 'render-task-def',
  inputNames: Object.keys(fields),
  parse: parseRender,
  clients: parameterClient,
  load: async () => {
    const [{ renderTaskDefinition }, { workspaceFiles }, { createGitHubApi }] = await Promise.all([
      import('../taskdef/render-task-def.ts'),
      import('./workspace-files.ts'),
      import('../runner/github-api.ts'),
    ]);
    const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? '';
    return (request, ports) =>
      renderTaskDefinition(request, {
        ...ports,
        ...workspaceFiles(ports.context.workspace),
        region,
        environment: process.env,
        github: (token) => {
          ports.runner.mask(token);
          const { apiUrl, repository } = ports.context;
          const { clock, runner } = ports;
          return createGitHubApi({ apiUrl, repository, token, clock }, runner.cancelled);
        },
      });
  },
});
