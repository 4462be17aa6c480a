/** The rollback action: read, plan, go back, report. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { newestDeployment, readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import {
  isTerminal,
  readServiceDeployments,
  readServiceRevisions,
  type ServiceDeploymentFacts,
  stopServiceDeployment,
} from '../aws/ecs-service-deployments.ts';
import { readTaskDefinition } from '../aws/ecs-task-definition.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { KitEvent } from '../report/event.ts';
import type { ReportSection } from '../report/report.ts';
import { renderLogLine } from '../report/summary.ts';
import type { FilePorts } from '../rollout/definitions.ts';
import { expectRollout } from '../rollout/expectation.ts';
import { type FollowPorts, type FollowResult, followServiceDeployment } from '../rollout/follow.ts';
import type { FollowOptions } from '../rollout/follow-state.ts';
import { isGood, type RolloutOutcome } from '../rollout/outcome.ts';
import { serviceRefusal } from '../rollout/plan.ts';
import { refusedByAws } from '../rollout/refused-by-aws.ts';
import { rolloutReport } from '../rollout/report.ts';
import { retrying, rollOut } from '../rollout/roll-out.ts';
import { writeReport } from '../rollout/write-report.ts';
import { type Choice, checkUsable, choosePrevious } from './choose.ts';
import { describeRollback, nameOf, planRollback, type RollbackMode, type RollbackPlan } from './plan.ts';
import type { RollbackRequest } from './request.ts';
import { applyWeights, groupName, planWeights, readWeightsFacts, type WeightsFacts } from './weights.ts';

interface Done {
  readonly outcome: RolloutOutcome;
  /** Empty where nothing was found to do. */
  readonly mode: RollbackMode | '';
  readonly from: string;
  readonly to: string;
  readonly service: ServiceFacts | undefined;
  readonly choice: Choice | undefined;
  readonly follow: FollowResult | undefined;
}

export async function runRollback(
  request: RollbackRequest,
  ports: ActionPorts & Pick<FilePorts, 'writeFile'>,
): Promise<ActionResult> {
  const startedAt = ports.clock.now();
  const events: KitEvent[] = [];
  const record = (event: KitEvent): void => {
    events.push(event);
    ports.runner.info(renderLogLine(event, startedAt));
  };
  const { cancelled } = ports.runner;
  const { aws, clock, random } = ports;
  const done = await goBack(request, { aws, clock, random, cancelled, record });
  const endedAt = clock.now();
  const { outcome } = done;
  const cause = done.follow?.diagnosis?.cause;
  // Here a rollback is what was asked for.
  const ok = isGood(outcome) || (outcome.kind === 'rolled-back' && done.mode === 'stop-in-flight');
  const outputs = {
    outcome: outcome.kind,
    mode: done.mode,
    from: done.from,
    to: done.to,
    cause: cause?.code ?? ('code' in outcome ? outcome.code : ''),
    'duration-seconds': String(Math.round((endedAt - startedAt) / 1000)),
  };
  const report = rolloutReport({
    title: `Rollback of ${done.service?.name ?? request.service}`,
    outcome,
    ok,
    context: {
      service: done.service?.name ?? request.service,
      revision: nameOf(done.to) || 'the former revision',
      formerRevision: undefined,
    },
    diagnosis: done.follow?.diagnosis,
    facts: [
      ['Reason', request.reason],
      ['Cluster', nameOf(request.cluster)],
      ['From', nameOf(done.from)],
      ['To', nameOf(done.to)],
      ['How', done.mode],
    ].filter(([, value]) => value !== '') as [string, string][],
    events,
    startedAt,
    endedAt,
  });
  const full =
    done.mode === 'weights' && outcome.kind === 'succeeded'
      ? {
          ...report,
          sentence: `${groupName(done.to)} has all the weight again, with ${outcome.runningCount} healthy targets.`,
        }
      : done.mode === 'stop-in-flight' && outcome.kind === 'rolled-back'
        ? {
            ...report,
            sentence: `The deployment of ${nameOf(done.from)} was stopped, and ${nameOf(done.to)} serves again.`,
          }
        : report;
  const shown = { ...full, sections: [...candidateSections(done.choice), ...full.sections] };
  await writeReport(ports, request.reportPath, shown, outputs);
  return { ok, outputs, report: shown };
}

async function goBack(request: RollbackRequest, ports: FollowPorts): Promise<Done> {
  const aws = retrying(ports);
  let done: Done = {
    outcome: { kind: 'cancelled', aftermath: 'untouched' },
    mode: '',
    from: '',
    to: '',
    service: undefined,
    choice: undefined,
    follow: undefined,
  };
  try {
    const service = await readServiceOrNothing(aws, request, ports.cancelled);
    done = { ...done, service, from: service?.taskDefinitionArn ?? '' };
    const refused = serviceRefusal(request, service);
    if (refused !== undefined || service === undefined) {
      return { ...done, outcome: { ...refused!, kind: 'refused' } };
    }
    ports.record({
      at: ports.clock.now(),
      code: 'rollback.asked',
      level: 'notice',
      message: `Rolling ${service.name} back from ${nameOf(service.taskDefinitionArn)}: ${request.reason}`,
    });
    const weightsFacts = await readWeights(aws, request, service);
    const weights =
      weightsFacts === undefined
        ? undefined
        : planWeights(weightsFacts, request.targetGroupArn, request.to.kind === 'auto');
    const byWeight = weights !== undefined && (weights.kind !== 'unfit' || request.to.kind === 'weights');
    if (weights?.kind === 'unfit' && request.to.kind === 'auto') {
      say(ports, 'rollback.not-by-weight', `Not by weight: ${weights.why}`);
    }
    const inFlight = byWeight ? undefined : await readInFlight(aws, service, ports.cancelled);
    const choice =
      byWeight || (inFlight !== undefined && request.to.kind !== 'revision')
        ? undefined
        : await choose(aws, request, service, ports.cancelled);
    done = { ...done, choice };
    const plan = planRollback(request, { service, weights, inFlight, choice });
    if (request.dryRun && plan.kind !== 'refuse') {
      return { ...done, outcome: { kind: 'planned', steps: describeRollback(plan, service) } };
    }
    if (plan.kind !== 'refuse') {
      for (const step of describeRollback(plan, service)) say(ports, 'rollback.planned', step);
    }
    return { ...done, ...(await carryOut(request, ports, aws, service, plan, weightsFacts)) };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { ...done, outcome: ports.cancelled.aborted ? done.outcome : refusedByAws(error) };
  }
}

async function carryOut(
  request: RollbackRequest,
  ports: FollowPorts,
  aws: AwsCaller,
  service: ServiceFacts,
  plan: RollbackPlan,
  weightsFacts: WeightsFacts | undefined,
): Promise<Partial<Done> & Pick<Done, 'outcome'>> {
  const options: Partial<FollowOptions> = {
    timeoutMs: request.timeoutMs,
    onFailure: 'leave',
    onCancel: 'leave',
  };
  switch (plan.kind) {
    case 'refuse':
      return { outcome: { ...plan, kind: 'refused' } };
    case 'zero-desired':
      return { outcome: { kind: 'zero-desired' } };
    case 'weights-no-change': {
      const { toGroupArn, healthyTargets: count } = plan.plan;
      const outcome = { kind: 'no-change', runningCount: count, desiredCount: count } as const;
      return { outcome, mode: 'weights', to: toGroupArn };
    }
    case 'weights': {
      const { fromGroupArn, toGroupArn, healthyTargets: count, weights } = plan.plan;
      const applied = await applyWeights(aws, weightsFacts!.forward, weights);
      const outcome: RolloutOutcome =
        applied === 'applied'
          ? { kind: 'succeeded', runningCount: count, desiredCount: count, protectedTaskIds: [] }
          : { kind: 'superseded', byTaskDefinitionArn: undefined };
      return { outcome, mode: 'weights', from: fromGroupArn, to: toGroupArn };
    }
    case 'stop-in-flight':
      return stopInFlight(ports, aws, request, service, plan.serviceDeployment, options);
    case 'verify': {
      const deployment = newestDeployment(service)!;
      const mode = deployment.rolloutState === 'IN_PROGRESS' ? 'rollout' : 'standing';
      const follow = await followServiceDeployment(
        ports,
        expectRollout(request, plan.definition, deployment, mode),
        options,
      );
      const outcome: RolloutOutcome =
        follow.outcome.kind === 'succeeded' ? { ...follow.outcome, kind: 'no-change' } : follow.outcome;
      return { outcome, follow, mode: 'rollout', to: plan.definition.arn };
    }
    case 'rollout': {
      const result = await rollOut(ports, {
        request: {
          cluster: request.cluster,
          service: request.service,
          desiredCount: undefined,
          forceNewDeployment: false,
          circuitBreaker: 'keep',
        },
        service,
        definition: plan.definition,
        // Where ECS has the revision as a failed newest one, only force starts it again.
        force: service.taskDefinitionArn === plan.definition.arn,
        wait: true,
        options,
      });
      return { outcome: result.outcome, follow: result.follow, mode: 'rollout', to: plan.definition.arn };
    }
  }
}

/** The way back that ECS has by itself: it takes the deployment under way back to where it came from. */
async function stopInFlight(
  ports: FollowPorts,
  aws: AwsCaller,
  request: RollbackRequest,
  service: ServiceFacts,
  inFlight: ServiceDeploymentFacts,
  options: Partial<FollowOptions>,
): Promise<Partial<Done> & Pick<Done, 'outcome'>> {
  const [source] = await readServiceRevisions(
    aws,
    inFlight.sources.slice(0, 1).map((each) => each.arn),
  );
  const definition = await readTaskDefinition(aws, service.taskDefinitionArn);
  const deployment = service.deployments.find((each) => each.status === 'PRIMARY');
  if (definition === undefined || deployment === undefined) {
    const reason = 'ECS does not know the deployment that is under way any more.';
    return { outcome: { kind: 'refused', code: 'deployment-gone', reason, remedy: 'Run the job again.' } };
  }
  if (!/^(ROLLBACK|STOP)/.test(inFlight.status)) {
    await stopServiceDeployment(aws, inFlight.arn, 'ROLLBACK');
  }
  const expected = expectRollout(request, definition, deployment, 'rollout', inFlight.arn);
  const follow = await followServiceDeployment(ports, expected, { ...options, failFast: false });
  return {
    outcome: follow.outcome,
    follow,
    mode: 'stop-in-flight',
    from: service.taskDefinitionArn,
    to: source?.taskDefinitionArn ?? '',
  };
}

async function choose(
  aws: AwsCaller,
  request: RollbackRequest,
  service: ServiceFacts,
  signal: AbortSignal,
): Promise<Choice> {
  if (request.to.kind !== 'revision') {
    return choosePrevious(aws, request, service.taskDefinitionArn, signal);
  }
  const { name } = request.to;
  const { definition, why } = await checkUsable(aws, { taskDefinitionArn: name }, signal);
  const verdict = definition === undefined ? 'passed-over' : 'chosen';
  return { definition, judged: [{ taskDefinitionArn: name, deployedAt: 0, verdict, why }] };
}

async function readWeights(
  aws: AwsCaller,
  request: RollbackRequest,
  service: ServiceFacts,
): Promise<WeightsFacts | undefined> {
  if (request.location === undefined || !['auto', 'weights'].includes(request.to.kind)) return undefined;
  const groups = service.loadBalancers.map((each) => each.targetGroupArn);
  return readWeightsFacts(aws, request.location, groups);
}

async function readInFlight(
  aws: AwsCaller,
  service: ServiceFacts,
  signal: AbortSignal,
): Promise<ServiceDeploymentFacts | undefined> {
  const arn = service.currentServiceDeploymentArn;
  if (arn === undefined) return undefined;
  const [found] = await readServiceDeployments(aws, [arn], signal);
  return found === undefined || isTerminal(found.status) ? undefined : found;
}

function candidateSections(choice: Choice | undefined): readonly ReportSection[] {
  if (choice === undefined || choice.judged.length === 0) return [];
  return [
    {
      kind: 'table',
      heading: 'Revisions to go back to',
      columns: ['revision', 'last deployed', '', 'why'],
      rows: choice.judged.map((each) => [
        nameOf(each.taskDefinitionArn),
        each.deployedAt === 0 ? '' : new Date(each.deployedAt).toISOString().slice(0, 16).replace('T', ' '),
        each.verdict,
        each.why,
      ]),
    },
  ];
}

function say(ports: FollowPorts, code: string, message: string): void {
  ports.record({ at: ports.clock.now(), code, level: 'info', message });
}
