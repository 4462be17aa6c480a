/** Where a revision comes from, as the run that registers it knows. Pure. */
import type { RunContext } from '../runner/context.ts';
import type { Origin } from './marks.ts';

export function originOf(context: RunContext): Origin {
  const { serverUrl, repository, runId, sha, ref } = context;
  const given = (text: string): string | undefined => (text === '' ? undefined : text);
  return {
    commit: given(sha),
    ref: given(ref),
    run:
      repository === '' || runId === '' ? given(runId) : `${serverUrl}/${repository}/actions/runs/${runId}`,
    schema: undefined,
  };
}
