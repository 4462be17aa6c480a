/** A plan carried out: the engine with the eyes and hands of a shift, and what came of it. */
import type { AwsCaller } from '../aws/caller.ts';
import type { ActionResult } from '../engine/action.ts';
import { runEngine } from '../engine/engine.ts';
import type { KitEvent } from '../report/event.ts';
import { keepServingImages } from '../rollout/keep-images.ts';
import { markPromoted } from '../rollout/marks.ts';
import type { Changes } from './changes.ts';
import { decide, event, withLeftover } from './decide.ts';
import type { ShiftPorts } from './execute.ts';
import type { Gathered } from './gather.ts';
import { initialState } from './initial-state.ts';
import { harmLimit } from './limits.ts';
import { createObserve } from './observe.ts';
import { codesOf, evidenceOutput, imagesOf, outputsOf } from './outputs.ts';
import { createPerform, refused } from './perform.ts';
import { revisionName, type ShiftPlan } from './plan.ts';
import { createProbeTaskKeeper, createRunProbeTask, stopLeftProbeTasks } from './probe-task.ts';
import type { Recorder } from './recording.ts';
import { causeOf, harmedRequests, isDone, reportShift } from './report.ts';
import { albTargetOf, createAlbRouter } from './router.ts';
import { reached } from './sentences.ts';
import { shiftStateName } from './shift-state-name.ts';
import type { Ending, OutcomeKind, ShiftState } from './state.ts';

/** What one run of the action works with. */
export interface ShiftRun {
  readonly ports: ShiftPorts;
  /** With retries. */
  readonly aws: AwsCaller;
  /** With retries of a few seconds. */
  readonly briefly: AwsCaller;
  /** `owner/name run 42.1 job deploy` */
  readonly holder: string;
  readonly startedAt: number;
  /** Everything that was recorded. */
  readonly events: readonly KitEvent[];
  readonly record: (event: KitEvent) => void;
  readonly changes: Changes;
  /** Only where a recording was asked for. */
  readonly recorder: Recorder | undefined;
  /** Promoted images that are kept from lifecycle policies. */
  readonly keepImages: number;
}

export async function runPlan(run: ShiftRun, plan: ShiftPlan, gathered: Gathered): Promise<ActionResult> {
  const { ports, aws, briefly, record, holder, recorder } = run;
  const { clock, runner } = ports;
  const headerValue = ports.drawSecret();
  runner.mask(headerValue);
  const reading = interruptible(aws, runner.cancelled);
  const albTarget = albTargetOf(plan);
  const probeTasks = createProbeTaskKeeper(
    createRunProbeTask(plan, { aws, clock, holder, headerValue }),
    clock,
  );
  const observe = createObserve(plan, gathered.baseline, {
    aws: reading,
    clock,
    router: createAlbRouter(reading, albTarget),
    prober: ports.createProber({ plan, headerValue }),
    headerValue,
    runCheck: ports.runCheck,
    runProbeTask: probeTasks.run,
    cancelled: runner.cancelled,
  });
  const router = createAlbRouter(aws, albTarget);
  const perform = createPerform(plan, { aws, briefly, clock, router, record, headerValue, holder });
  const initial = initialState(plan, clock.now(), gathered.facts.forward.split);
  recorder?.begin(plan, gathered.baseline, initial);
  // From here on something may be left behind: the post step looks, unless it is told that all is over.
  runner.saveState(shiftStateName, 'begun');
  const outcome = await runEngine(
    {
      initial,
      timeoutMs: plan.timeoutMs,
      observe,
      decide: (state, observed, context) => {
        const decision = decide(plan, gathered.baseline, state, observed, context);
        recorder?.looked(observed, context, decision);
        ports.onState?.(decision.state);
        return decision;
      },
      perform: async (act, state) => {
        const after = await perform(act, state);
        recorder?.done(state, after);
        return after;
      },
      refused: (act, error, state) => {
        const after = refused(plan, act, error, state);
        recorder?.done(state, after);
        return after;
      },
    },
    { clock, cancelled: runner.cancelled, record },
  );
  const { ending } = outcome;
  // A way back that failed in a cancelled job's few seconds is tried again by the post step, which has minutes.
  if (ending.kind !== 'rollback-failed' || ending.held === true) runner.saveState(shiftStateName, 'over');
  const probeTask = await probeTasks.end();
  const stillRuns = probeTask?.kind === 'failed' ? probeTask.stillRuns : undefined;
  if (stillRuns !== undefined) runner.annotate('warning', stillRuns);
  const left = await tasksOfTheRunBefore(run, plan, ending);
  const state = [stillRuns, ...left].reduce<ShiftState>(withLeftover, outcome.state);
  await markGreen(run, plan, gathered, ending.kind);
  const report = reportShift(plan, gathered.baseline, { state, ending }, run.events, {
    startedAt: run.startedAt,
    endedAt: clock.now(),
  });
  const live = ending.kind === 'interfered' ? ending.live : state.written;
  return {
    ok: isDone(plan, ending),
    outputs: outputsOf({
      outcome: ending.kind,
      blue: plan.blue.targetGroupArn,
      green: plan.green.targetGroupArn,
      greenService: plan.green.service,
      weights: live,
      cause: ending.kind === 'refused' ? codesOf(ending.refusals) : (causeOf(state)?.code ?? ''),
      step: reached(state) ?? 0,
      harmed: harmedRequests(gathered.baseline, state, report.endedAt),
      evidence: evidenceOutput(state.evidence, harmLimit(plan, gathered.baseline)),
      images: imagesOf(gathered),
      durationMs: report.endedAt - report.startedAt,
    }),
    report,
  };
}

/** Once this run has its test rule, and nobody else has taken that since: what probed for the run before is stopped. */
async function tasksOfTheRunBefore(
  { aws, ports }: ShiftRun,
  { lock, cluster }: ShiftPlan,
  ending: Ending,
): Promise<readonly string[]> {
  const isOurs = ending.kind !== 'refused' && !(ending.kind === 'interfered' && ending.what === 'lock');
  if (lock?.record.probeTask !== true || cluster === undefined || !isOurs) return [];
  const left = await stopLeftProbeTasks(aws, cluster, lock.ruleArn);
  for (const each of left) ports.runner.annotate('warning', each);
  return left;
}

/**
 * A read that is being retried ends when the job is cancelled: the weights go back first thing. Reads that
 * begin after that are not cut short. Writes are never.
 */
function interruptible(aws: AwsCaller, cancelled: AbortSignal): AwsCaller {
  return {
    call: (operation, input, signal) =>
      aws.call(operation, input, signal ?? (cancelled.aborted ? undefined : cancelled)),
  };
}

/** What rollback trusts: the revision served everything and was found good, for both services of the pair. */
async function markGreen(
  { ports, aws, record, keepImages }: ShiftRun,
  { deploy, cluster, blue, green }: ShiftPlan,
  { facts, register, definition }: Gathered,
  outcome: OutcomeKind,
): Promise<void> {
  const arn = deploy.kind === 'none' ? facts.greenService?.taskDefinitionArn : deploy.taskDefinitionArn;
  if (outcome !== 'promoted' && outcome !== 'promoted-on-probes') return;
  if (arn === undefined || cluster === undefined) return;
  const { clock, context } = ports;
  const marked = await markPromoted(aws, arn, {
    at: clock.now(),
    cluster,
    services: [green.service, blue.service].filter((service) => service !== undefined),
    // A revision that was there before may come from another commit than this run's.
    ...(register === undefined
      ? {}
      : {
          commit: context.sha,
          ref: context.ref,
          run: `${context.serverUrl}/${context.repository}/actions/runs/${context.runId}`,
        }),
  });
  const images = register?.containerDefinitions ?? definition?.definition.containerDefinitions ?? [];
  for (const problem of await keepServingImages(aws, images, clock.now(), keepImages)) {
    record(event(clock.now(), 'image.not-kept', 'warning', problem));
  }
  if (marked.kind === 'not-written') {
    record(
      event(
        clock.now(),
        'mark.not-written',
        'warning',
        `${revisionName(arn)} could not be marked as promoted, so a rollback will not trust it: ${marked.why}`,
      ),
    );
  }
}
