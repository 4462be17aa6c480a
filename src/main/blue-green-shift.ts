/** Entry of the blue-green-shift action. */
import { fields, parseBlueGreenShift } from '../inputs/blue-green-shift.ts';
import { runAction } from './action.ts';
import { announceShift, shiftSubject } from './announce-shift.ts';

await runAction({
  name: 'blue-green-shift',
  inputNames: Object.keys(fields),
  parse: parseBlueGreenShift,
  roleOf: ({ roleToAssume }) => roleToAssume,
  subjectOf: shiftSubject,
  refuses: true,
  announce: (request, ports) => announceShift(request, ports),
  load: async () => {
    const [{ executeShift }, { shiftPorts }, { createGitHubApi }] = await Promise.all([
      import('../shift/execute.ts'),
      import('./shift-ports.ts'),
      import('../runner/github-api.ts'),
    ]);
    return async (request, ports) => {
      const { context, clock, runner } = ports;
      const { apiUrl, repository, sha } = context;
      if (request.githubToken !== undefined) runner.mask(request.githubToken);
      const github = createGitHubApi({ apiUrl, repository, clock, token: request.githubToken });
      return executeShift(request, {
        ...(await shiftPorts(ports)),
        // Outside of GitHub there is no run to be older or newer.
        ...(sha === '' || apiUrl === '' ? {} : { github }),
      });
    };
  },
});
