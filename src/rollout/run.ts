/** The rolling-deploy action: prepare all services, register, deploy and follow them together, report. */
import { withPace } from '../aws/pace.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import type { Runner } from '../runner/runner.ts';
import { carryOut, resultOf, type ServiceResult } from './carry-out.ts';
import { checkConditions, oneRefusal } from './conditions.ts';
import type { FilePorts } from './definitions.ts';
import type { FollowPorts } from './follow.ts';
import { handoverState, handovers } from './handover.ts';
import { marksToTags } from './marks.ts';
import { originOf } from './origin.ts';
import type { RolloutOutcome } from './outcome.ts';
import { rolloutOutputs } from './outputs.ts';
import { preDeploy, withPreDeploy } from './pre-deploy.ts';
import { afterPassing, outcomeAfter } from './pre-deploy-result.ts';
import { heldBackBy, hindrance, type Prepared, plannedOutcome, prepare } from './prepare.ts';
import { markProven } from './promote.ts';
import { registerAll } from './register-all.ts';
import { isResultGood, runReport } from './run-report.ts';
import { writeReport } from './write-report.ts';

export async function runRollingDeploy(
  request: RollingDeployRequest,
  ports: ActionPorts & FilePorts,
): Promise<ActionResult> {
  const { clock, random, runner } = ports;
  const startedAt = clock.now();
  const events: KitEvent[] = [];
  const record = (event: KitEvent): void => {
    events.push(event);
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
  { context, runner, ...files }: FilePorts & Pick<ActionPorts, 'context' | 'runner'>,
): Promise<readonly ServiceResult[]> {
  const [found, conditions] = await Promise.all([
    prepare(request, ports, files),
    checkConditions(request, ports),
  ]);
  const prepared = withPreDeploy(found, request.preDeploy);
  const all = (outcomeOf: (each: Prepared) => RolloutOutcome): readonly ServiceResult[] =>
    prepared.map((each) => resultOf(each, outcomeOf(each)));
  if (ports.cancelled.aborted) return all(() => ({ kind: 'cancelled', aftermath: 'untouched' }));
  const hindered = prepared.filter((each) => hindrance(each.plan) !== undefined);
  const refusal = oneRefusal(conditions.refusals);
  if (hindered.length > 0 || refusal !== undefined) {
    const held = refusal ?? heldBackBy(hindered.map((each) => each.target.service));
    return all((each) => hindrance(each.plan) ?? held);
  }
  if (request.dryRun) return all((each) => plannedOutcome(each.plan));
  const { alarms } = conditions;
  const watching: FollowPorts = alarms === undefined ? ports : { ...ports, alarms };
  const handoverOf = handovers(request.cluster, (text) => keep(runner, text));
  const several = prepared.length > 1;
  const portsOf = (each: Prepared): FollowPorts => {
    const { name } = each.service!;
    const record = several ? named(ports.record, name) : ports.record;
    return { ...watching, record, handover: handoverOf(name) };
  };
  for (const each of prepared) tellSteps(each, portsOf(each));
  const tags = { asked: request.tags, remembered: marksToTags(originOf(context)) };
  const registrations = await registerAll(prepared, tags, ports);
  if (registrations.kind === 'failed') return all(() => registrations.outcome);
  const task = await preDeploy(ports, request.preDeploy, prepared, registrations, context);
  if (task !== undefined && task.kind !== 'passed') {
    return prepared.map((each) => {
      const registered = registrations.of(each);
      const sections = task.kind === 'failed' && each === prepared[0] ? task.sections : [];
      const definition = registered ?? each.definition;
      const outcome = outcomeAfter(task, registered === undefined ? [] : [registered]);
      return resultOf(each, outcome, { definition, sections });
    });
  }
  const results = await allOf(
    prepared.map((each) => carryOut(request, each, registrations.of(each), portsOf(each))),
  );
  await markProven(results, request.cluster, ports);
  if (task === undefined) return results;
  return results.map((each) => ({ ...each, outcome: afterPassing(each.outcome, task.sentence) }));
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
