/** What rolling-deploy's post step tells, where the run itself could not. */
import type { CredentialProvider } from '../aws/sdk/role-credentials.ts';
import { readRawInputs, readRunContext } from '../inputs/environment.ts';
import { fields, parseRollingDeploy } from '../inputs/rolling-deploy.ts';
import { systemClock } from '../runner/clock.ts';
import type { JobRunner } from '../runner/runner.ts';
import { announceRollout } from './announce-rollout.ts';
import { docsBase } from './docs-base.ts';

/** `ended`: what became of the rollouts that the run left; empty where it left none. */
export async function announcePost(
  runner: JobRunner,
  own: { readonly credentials?: CredentialProvider },
  name: string,
  ended: readonly string[],
): Promise<void> {
  const parsed = parseRollingDeploy(readRawInputs(process.env, Object.keys(fields)));
  if (!parsed.ok || parsed.request.announce === undefined) return;
  const { createSdkCaller } = await import('../aws/sdk/caller.ts');
  const ports = {
    aws: createSdkCaller(own),
    runner,
    clock: systemClock,
    random: Math.random,
    context: readRunContext(process.env),
    redact: runner.redact,
    docsBase: docsBase(process.env),
  };
  const announcer = await announceRollout(parsed.request, ports, true);
  if (announcer === undefined) return;
  announcer.begin();
  if (ended.length === 0) {
    await announcer.end({ kind: 'broken', message: 'The job ended before it could tell its outcome.' });
    return;
  }
  const now = systemClock.now();
  const report = {
    title: `${name}, after the job`,
    outcome: 'cancelled',
    ok: false,
    sentence: ended.join(' '),
    facts: [],
    events: [],
    sections: [],
    startedAt: now,
    endedAt: now,
  };
  await announcer.end({ kind: 'result', result: { ok: false, outputs: {}, report } });
}
