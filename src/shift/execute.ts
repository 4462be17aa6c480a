/** A blue/green shift from request to result: gather, preflight, plan, run, report. */
import type { AwsCaller } from '../aws/caller.ts';
import { withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import { runEngine } from '../engine/engine.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { KitEvent } from '../report/event.ts';
import type { Report } from '../report/report.ts';
import { renderLogLine } from '../report/summary.ts';
import { registerOnce } from '../rollout/start.ts';
import { buildPlan, unchanged } from './build-plan.ts';
import { decide, event, initialState } from './decide.ts';
import { gather } from './gather.ts';
import { describeSplit, groupName, shareOf } from './ladder.ts';
import { createObserve } from './observe.ts';
import type { RunCheck } from './own-check.ts';
import { createPerform, refused } from './perform.ts';
import { describePlan, revisionName, type ShiftPlan } from './plan.ts';
import { preflight } from './preflight.ts';
import type { Prober } from './prober.ts';
import { causeOf, harmedRequests, isGood, reportPlan, reportShift, titleOf } from './report.ts';
import { createAlbRouter } from './router.ts';
import { foreseeableLack } from './safety.ts';
import { reached } from './sentences.ts';
import type { Ending, ShiftState } from './state.ts';

export type ShiftPorts = Pick<ActionPorts, 'aws' | 'runner' | 'clock' | 'random' | 'context'> & {
  /** The value of the test rule's header: drawn anew for each run, masked. */
  readonly drawSecret: () => string;
  readonly runCheck: RunCheck;
  readonly createProber: (settings: { readonly plan: ShiftPlan; readonly headerValue: string }) => Prober;
  readonly readFile: (path: string) => Promise<string>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** Told of every state after a decision was made in it; simulations check their laws here. */
  readonly onState?: (state: ShiftState) => void;
};

/** Retries of one call of a cancelled job: several calls have to fit into what GitHub leaves it. */
const hurriedCallMs = 1000;

export async function executeShift(
  request: ShiftRequest & { readonly reportPath: string | undefined },
  ports: ShiftPorts,
): Promise<ActionResult> {
  const result = await shift(request, ports);
  if (request.reportPath !== undefined) {
    const { report, outputs } = result;
    await ports.writeFile(request.reportPath, `${JSON.stringify({ ...report, outputs }, undefined, 2)}\n`);
  }
  return result;
}

async function shift(request: ShiftRequest, ports: ShiftPorts): Promise<ActionResult> {
  const { clock, runner } = ports;
  const startedAt = clock.now();
  const events: KitEvent[] = [];
  const record = (happened: KitEvent): void => {
    events.push(happened);
    runner.info(renderLogLine(happened, startedAt));
  };
  const times = (): { startedAt: number; endedAt: number } => ({ startedAt, endedAt: clock.now() });
  const hurry = { signal: runner.cancelled, totalMs: hurriedCallMs };
  const aws: AwsCaller = withRetries(ports.aws, { clock, random: ports.random, hurry });

  let gathered = await gather(aws, request, clock.now(), ports.readFile);
  const { facts } = gathered;
  const title = `Blue/green shift from ${facts.blueGroup.name} to ${facts.greenGroup.name}`;
  const stop = (ending: Ending | { kind: 'planned' }, sentence: string, plan?: ShiftPlan): ActionResult => ({
    ok: ending.kind === 'planned' || isGood(ending),
    outputs: outputsOf({
      outcome: ending.kind,
      blue: facts.blueGroup.arn,
      green: facts.greenGroup.arn,
      greenService: facts.greenService?.name,
      weights: facts.forward.split,
      cause: ending.kind === 'refused' ? ending.refusals.map((refusal) => refusal.code).join(',') : '',
      step: 0,
      harmed: 0,
      durationMs: clock.now() - startedAt,
    }),
    report: reportPlan(plan, ending, title, sentence, events, times()),
  });

  const why = unchanged(gathered, request);
  if (why !== undefined) return stop({ kind: 'no-change', why }, why);
  const refusals = [...preflight(facts, request)];
  if (refusals.length === 0) {
    const message = foreseeableLack(buildPlan(gathered, request), gathered.baseline);
    if (message !== undefined) refusals.push({ code: 'unproven', message });
  }
  if (refusals.length > 0) {
    for (const refusal of refusals) {
      record(event(clock.now(), `preflight.${refusal.code}`, 'error', refusal.message));
    }
    const count = refusals.length === 1 ? 'One finding speaks' : `${refusals.length} findings speak`;
    return stop(
      { kind: 'refused', refusals },
      `Nothing was changed. ${count} against this shift: ${refusals.map((refusal) => refusal.message).join(' ')}`,
    );
  }
  if (gathered.register !== undefined && !request.dryRun) {
    const registered = await registerOnce({ aws, clock, cancelled: runner.cancelled }, gathered.register);
    gathered = { ...gathered, facts: { ...facts, taskDefinitionArn: registered.arn } };
    record(
      event(clock.now(), 'task-definition.registered', 'info', `Registered ${revisionName(registered.arn)}.`),
    );
  }
  const plan = buildPlan(gathered, request);
  runner.group(`Plan: ${titleOf(plan)}`, [
    `Weights now: ${describeSplit(plan.former)}.`,
    ...describePlan(plan).map((line, index) => `${String(index + 1).padStart(2)}. ${line}`),
    ...plan.notes.map((note) => `Note: ${note}`),
  ]);
  if (request.dryRun) {
    return stop({ kind: 'planned' }, 'Dry run: this is what would be done. Nothing was changed.', plan);
  }

  const headerValue = ports.drawSecret();
  runner.mask(headerValue);
  const router = createAlbRouter(aws, plan.location);
  const holder = `${ports.context.repository} run ${ports.context.runId}.${ports.context.runAttempt}`;
  const reading = interruptible(aws, runner.cancelled);
  const observe = createObserve(plan, gathered.baseline, {
    aws: reading,
    clock,
    router: createAlbRouter(reading, plan.location),
    prober: ports.createProber({ plan, headerValue }),
    runCheck: ports.runCheck,
    cancelled: runner.cancelled,
  });
  const outcome = await runEngine(
    {
      initial: initialState(plan, clock.now()),
      timeoutMs: plan.timeoutMs,
      observe,
      decide: (state, observed, context) => {
        const decision = decide(plan, gathered.baseline, state, observed, context);
        ports.onState?.(decision.state);
        return decision;
      },
      perform: createPerform(plan, { aws, clock, router, record, headerValue, holder }),
      refused: (act, error, state) => refused(plan, act, error, state),
    },
    { clock, cancelled: runner.cancelled, record },
  );
  const { state, ending } = outcome;
  const report: Report = reportShift(plan, gathered.baseline, outcome, events, times());
  const live = ending.kind === 'interfered' ? ending.live : state.written;
  return {
    ok: isGood(ending),
    outputs: outputsOf({
      outcome: ending.kind,
      blue: plan.blue.targetGroupArn,
      green: plan.green.targetGroupArn,
      greenService: plan.green.service,
      weights: live,
      cause: causeOf(state)?.code ?? '',
      step: reached(state) ?? 0,
      harmed: harmedRequests(gathered.baseline, state, report.endedAt),
      durationMs: report.endedAt - report.startedAt,
    }),
    report,
  };
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

function outputsOf(values: {
  readonly outcome: string;
  readonly blue: string;
  readonly green: string;
  readonly greenService: string | undefined;
  readonly weights: ShiftState['written'];
  readonly cause: string;
  readonly step: number;
  readonly harmed: number;
  readonly durationMs: number;
}): Readonly<Record<string, string>> {
  return {
    outcome: values.outcome,
    'blue-target-group': values.blue,
    'green-target-group': values.green,
    'green-service': values.greenService ?? '',
    weights: JSON.stringify(
      Object.fromEntries(values.weights.map((group) => [groupName(group.targetGroupArn), group.weight])),
    ),
    'green-share': String(Math.round(shareOf(values.weights, values.green))),
    cause: values.cause,
    step: String(values.step),
    harmed: String(values.harmed),
    'duration-seconds': String(Math.round(values.durationMs / 1000)),
  };
}
