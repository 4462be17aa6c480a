/** Entry of the rolling-deploy action. */
import { fields, parseRollingDeploy } from '../inputs/rolling-deploy.ts';
import { runAction } from './action.ts';
import { announceRollout, rolloutSubject } from './announce-rollout.ts';

await runAction({
  name: 'rolling-deploy',
  inputNames: Object.keys(fields),
  parse: parseRollingDeploy,
  roleOf: ({ roleToAssume }) => roleToAssume,
  subjectOf: rolloutSubject,
  refuses: true,
  announce: (request, ports) => announceRollout(request, ports),
  load: async () => {
    const [{ runRollingDeploy }, { workspaceFiles }, { createGitHubApi }] = await Promise.all([
      import('../rollout/run.ts'),
      import('./workspace-files.ts'),
      import('../runner/github-api.ts'),
    ]);
    return async (request, ports) => {
      // Only where it is asked for: the judge is not loaded for a rollout alone.
      const watching =
        request.watch === undefined
          ? {}
          : { beginAftercare: (await import('../aftercare/watch-service.ts')).beginAftercare };
      const { context, clock, runner, redact } = ports;
      if (request.githubToken !== undefined) runner.mask(request.githubToken);
      const { apiUrl, repository } = context;
      const github = createGitHubApi({ apiUrl, repository, clock, token: request.githubToken });
      return runRollingDeploy(request, {
        ...ports,
        ...workspaceFiles(context.workspace, redact),
        ...watching,
        // Outside of GitHub there is no run to be older or newer.
        ...(context.sha === '' || apiUrl === '' ? {} : { github }),
      });
    };
  },
});
