/** The rollback action: go back (or list where one could go back to), and report. */
import { withPace } from '../aws/pace.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import type { FilePorts } from '../rollout/definitions.ts';
import { isGood } from '../rollout/outcome.ts';
import { writeReport } from '../rollout/write-report.ts';
import type { RunContext } from '../runner/context.ts';
import { isProven } from './carry-out.ts';
import { goBack } from './go-back.ts';
import { notMarked } from './leave-marks.ts';
import { rollbackReport } from './report.ts';
import type { RollbackRequest } from './request.ts';
import { candidateJson, candidateLines } from './table.ts';

export async function runRollback(
  request: RollbackRequest,
  ports: ActionPorts & Pick<FilePorts, 'writeFile'>,
): Promise<ActionResult> {
  const { clock, random, runner } = ports;
  const startedAt = clock.now();
  const events: KitEvent[] = [];
  const record = (event: KitEvent): void => {
    events.push(event);
    ports.onEvent?.(event);
    runner.info(renderLogLine(event, startedAt));
    // What is missing afterwards has to be seen, though the verdict is good.
    if (event.code === notMarked) runner.annotate('warning', event.message, { title: 'Rollback' });
  };
  const { cancelled } = runner;
  const aws = withPace(ports.aws, { clock, cancelled });
  const done = await goBack(request, { aws, clock, random, cancelled, record }, runIdOf(ports.context));
  const endedAt = clock.now();
  const { outcome, listed } = done;
  const ok = isGood(outcome) || isProven(done);
  const cause = done.follow?.diagnosis?.cause;
  // Where it failed, the sections of the report stand in the log anyway.
  if (listed !== undefined && ok) runner.group('Revisions to go back to', candidateLines(listed));
  const outputs = {
    outcome: outcome.kind,
    mode: done.mode,
    from: done.from,
    to: done.to,
    commit: ok && outcome.kind !== 'planned' ? commitOf(done) : '',
    candidates: listed === undefined ? '' : JSON.stringify(candidateJson(listed)),
    cause: cause?.code ?? ('code' in outcome ? outcome.code : ''),
    'duration-seconds': String(Math.round((endedAt - startedAt) / 1000)),
  };
  const report = rollbackReport({ request, done, ok, events, startedAt, endedAt });
  await writeReport(ports, request.reportPath, report, outputs);
  return { ok, outputs, report };
}

/** Of what was gone back to; empty where its revision carries none, or traffic went back by weight. */
function commitOf({ listed, to }: Pick<Awaited<ReturnType<typeof goBack>>, 'listed' | 'to'>): string {
  return listed?.candidates.find(({ taskDefinitionArn }) => taskDefinitionArn === to)?.marks.commit ?? '';
}

/** `4711/2`; empty outside of a workflow run. */
function runIdOf({ runId, runAttempt }: RunContext): string {
  return runId === '' ? '' : `${runId}/${runAttempt === '' ? '1' : runAttempt}`;
}
