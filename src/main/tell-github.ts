/** Entry of the tell-github action. No AWS, no verdict: what GitHub does not take is a warning. */
import { readRawInputs, readRunContext } from '../inputs/environment.ts';
import { fields, parseTellGitHub, type TellGitHubRequest } from '../inputs/tell-github.ts';
import { systemClock } from '../runner/clock.ts';
import { createRunner } from '../runner/runner.ts';
import { tellBadInputs } from './bad-inputs.ts';

const name = 'tell-github';
const runner = createRunner(process.env, (text) => void process.stdout.write(text));

async function tell(request: TellGitHubRequest): Promise<void> {
  const [{ tellLater }, { createGitHubApi }] = await Promise.all([
    import('../announce/told-later.ts'),
    import('../runner/github-api.ts'),
  ]);
  const { githubToken: token } = request;
  runner.mask(token);
  const context = readRunContext(process.env);
  const { apiUrl, repository } = context;
  const outputs = await tellLater(request, {
    github: createGitHubApi({ apiUrl, repository, token, clock: systemClock }, runner.cancelled),
    context,
    now: systemClock.now(),
    info: runner.info,
    warn: (message) => runner.annotate('warning', message, { title: name }),
    summary: runner.summary,
  });
  for (const [output, value] of Object.entries(outputs)) runner.setOutput(output, value);
}

const parsed = parseTellGitHub(readRawInputs(process.env, Object.keys(fields)));
if (parsed.ok) await tell(parsed.request);
else {
  tellBadInputs(runner, name, parsed.problems);
  process.exitCode = 1;
}
