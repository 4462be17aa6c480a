/** The rolling-deploy action: prepare all services, register, deploy and follow them together, report. */
import { withPace } from '../aws/pace.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import type { Runner } from '../runner/runner.ts';
import { type BeginAftercare, beginAftercare } from './aftercare.ts';
import { carryOut, resultOf, type ServiceResult } from './carry-out.ts';
import type { FilePorts } from './definitions.ts';
import type { FollowPorts } from './follow.ts';
import { createGuards, type Guarded, type GuardPorts } from './guards.ts';
import { handoverState, handovers } from './handover.ts';
import { limitWarnings } from './job-limits.ts';
import { makeReady, withAlarms } from './make-ready.ts';
import { marksToTags } from './marks.ts';
import { originOf } from './origin.ts';
import type { RolloutOutcome } from './outcome.ts';
import { rolloutOutputs } from './outputs.ts';
import { preDeploy } from './pre-deploy.ts';
import { afterPassing, outcomeAfter } from './pre-deploy-result.ts';
import type { Prepared } from './prepare.ts';
import { markProven } from './promote.ts';
import { registeredWords } from './refused-by-aws.ts';
import { registerAll } from './register-all.ts';
import { isResultGood, runReport } from './run-report.ts';
import { writeReport } from './write-report.ts';

/** Absent: nothing is watched once it is deployed, whatever is asked for. */
export interface WatchPorts {
  readonly beginAftercare?: BeginAftercare;
}

export async function runRollingDeploy(
  request: RollingDeployRequest,
  ports: ActionPorts & FilePorts & GuardPorts & WatchPorts,
): Promise<ActionResult> {
  const { clock, random, runner } = ports;
  const startedAt = clock.now();
  const events: KitEvent[] = [];
  const record = (event: KitEvent): void => {
    events.push(event);
    ports.onEvent?.(event);
    runner.info(renderLogLine(event, startedAt));
  };
  const { cancelled } = runner;
  const aws = withPace(ports.aws, { clock, cancelled });
  const follow = { aws, clock, random, cancelled, record };
  const results = await deployAll(request, follow, ports);
  const endedAt = clock.now();
  const outputs = rolloutOutputs(results, Math.round((endedAt - startedAt) / 1000));
  const report = runReport({ cluster: request.cluster, results, events, startedAt, endedAt });
  await writeReport(ports, request.reportPath, report, outputs);
  return { ok: results.every(isResultGood), outputs, report };
}

/** One result for each target, in their order. */
async function deployAll(
  request: RollingDeployRequest,
  ports: FollowPorts,
  more: FilePorts & GuardPorts & WatchPorts & Pick<ActionPorts, 'runner'>,
): Promise<readonly ServiceResult[]> {
  const guards = createGuards(request, ports, more);
  const ready = await makeReady(request, ports, more, guards, more.beginAftercare);
  if (ready.kind === 'ended') return ready.results;
  const { guarded, alarms } = ready;
  const start = await beginAftercare(more.beginAftercare, request.watch, guarded, withAlarms(ports, alarms));
  if (start.kind === 'refused') return guarded.map((each) => resultOf(each, start));
  for (const message of warningsOf(request, more, ports.clock.now())) {
    ports.record({ at: ports.clock.now(), code: 'rollout.job-limit', level: 'warning', message });
  }
  const watching: FollowPorts = alarms === undefined ? ports : { ...ports, alarms };
  const handoverOf = handovers(request.cluster, (text) => keep(more.runner, text));
  const portsOf = (each: Guarded): FollowPorts => {
    const { name } = each.service!;
    const record = guarded.length > 1 ? named(ports.record, name) : ports.record;
    return { ...watching, record, handover: handoverOf(name) };
  };
  for (const each of guarded) tellSteps(each, portsOf(each));
  const tags = { asked: request.tags, remembered: marksToTags(originOf(more.context)) };
  const registrations = await registerAll(guarded, tags, ports);
  if (registrations.kind === 'failed') return guarded.map((each) => resultOf(each, registrations.outcome));
  const unchanged = (each: Guarded, outcome: RolloutOutcome): ServiceResult =>
    resultOf(each, outcome, { definition: registrations.of(each) ?? each.definition });
  const task = await preDeploy(ports, request.preDeploy, guarded, registrations, more.context);
  if (task !== undefined && task.kind !== 'passed') {
    return guarded.map((each) => {
      const registered = registrations.of(each);
      const result = unchanged(each, outcomeAfter(task, registered === undefined ? [] : [registered]));
      const sections = task.kind === 'failed' && each === guarded[0] ? task.sections : [];
      return { ...result, sections };
    });
  }
  if (task !== undefined) {
    // A migration takes its time: another run may have deployed meanwhile.
    const refusals = await guards.again(guarded);
    const first = [...refusals.values()][0];
    if (first !== undefined) {
      const outcome = (each: Guarded): RolloutOutcome => {
        const registered = registrations.of(each);
        const words = registeredWords(registered === undefined ? [] : [registered]);
        return {
          ...(refusals.get(each) ?? first),
          kind: 'refused',
          changed: `${words}The service was not changed.`,
        };
      };
      return guarded.map((each) => unchanged(each, afterPassing(outcome(each), task.sentence)));
    }
  }
  const results = await allOf(
    guarded.map((each) => {
      const watch = start.aftercare.watches.get(each.service?.name ?? '');
      return carryOut(request, each, registrations.of(each), portsOf(each), watch);
    }),
  );
  await markProven(results, request, ports);
  if (task === undefined) return results;
  return results.map((each) => ({ ...each, outcome: afterPassing(each.outcome, task.sentence) }));
}

function warningsOf(request: RollingDeployRequest, { context }: GuardPorts, now: number): readonly string[] {
  const { limits, preDeploy: before, wait, timeoutMs } = request;
  // Credentials that are renewed do not end.
  const known = request.roleToAssume === undefined ? context.credentialsEndAt : undefined;
  return limitWarnings(
    { jobTimeoutMs: limits?.jobTimeoutMs, credentialsEndAt: limits?.credentialsEndAt ?? known },
    {
      timeoutMs: wait ? timeoutMs : 0,
      preDeployMs: before?.timeoutMs ?? 0,
      watchMs: request.watch?.forMs ?? 0,
    },
    now,
  );
}

/** A disk that is full ends no deployment: only the post step would miss it. */
function keep(runner: Pick<Runner, 'saveState' | 'debug'>, text: string): void {
  try {
    runner.saveState(handoverState, text);
  } catch (error) {
    runner.debug(`The state for the post step could not be kept: ${(error as Error).message}`);
  }
}

function tellSteps({ plan }: Prepared, ports: FollowPorts): void {
  if (plan.kind !== 'deploy') return;
  for (const message of plan.steps) {
    ports.record({ at: ports.clock.now(), code: 'rollout.planned', level: 'info', message });
  }
}

/** Says which of several services an event is about. */
function named(record: (event: KitEvent) => void, service: string): (event: KitEvent) => void {
  return (event) =>
    record({ ...event, message: `${service}: ${event.message}`, data: { ...event.data, service } });
}

/** A defect in one does not leave the others unwatched: it is told once they have ended. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(work);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
