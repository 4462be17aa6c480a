/** Reads how a service stands, decides, chooses, plans, and carries the plan out. */
import { AwsCallError } from '../aws/call-error.ts';
import { readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import type { FollowPorts, FollowResult } from '../rollout/follow.ts';
import type { RolloutOutcome } from '../rollout/outcome.ts';
import { serviceRefusal } from '../rollout/plan.ts';
import { leftBehind, refusedByAws } from '../rollout/refused-by-aws.ts';
import { retrying } from '../rollout/roll-out.ts';
import { carryOut } from './carry-out.ts';
import { checkAll, chooseTarget } from './choose.ts';
import { nameOf, newestDeployment } from './history.ts';
import { describeRollback, planRollback, type RollbackMode } from './plan.ts';
import type { RollbackRequest } from './request.ts';
import type { Carried, CarryOutPorts } from './serve.ts';
import { readStanding } from './standing.ts';
import type { Listed } from './table.ts';
import { UsabilityChecks } from './usable.ts';
import { decideWay } from './way.ts';

export interface Done {
  readonly outcome: RolloutOutcome;
  /** Empty where nothing was found to do. */
  readonly mode: RollbackMode | '';
  readonly from: string;
  readonly to: string;
  readonly service: ServiceFacts | undefined;
  readonly listed: Listed | undefined;
  readonly follow: FollowResult | undefined;
}

type TryPorts = Omit<CarryOutPorts, 'newestDeploymentId'>;

/** How often a plan is made anew because what was under way ended in the meantime. */
const attempts = 3;

export async function goBack(request: RollbackRequest, ports: FollowPorts, runId: string): Promise<Done> {
  const carryPorts: TryPorts = {
    ...ports,
    patientAws: retrying(ports),
    runId,
    deadlineAt: ports.clock.now() + request.timeoutMs,
  };
  for (let attempt = 1; ; attempt++) {
    const done = await tryGoBack(request, carryPorts, attempt === 1);
    if (done.again !== true || attempt === attempts) return done;
    say(ports, 'rollback.again', 'What was under way has ended meanwhile: looking again.');
  }
}

async function tryGoBack(
  request: RollbackRequest,
  ports: TryPorts,
  first: boolean,
): Promise<Done & Pick<Carried, 'again'>> {
  const aws = ports.patientAws;
  const { cancelled } = ports;
  let done: Done = {
    outcome: { kind: 'cancelled', aftermath: 'untouched' },
    mode: '',
    from: '',
    to: '',
    service: undefined,
    listed: undefined,
    follow: undefined,
  };
  try {
    const service = await readServiceOrNothing(aws, request, cancelled);
    done = { ...done, service, from: service?.taskDefinitionArn ?? '' };
    const refused = serviceRefusal(request, service);
    if (refused !== undefined || service === undefined) {
      return { ...done, outcome: { ...refused!, kind: 'refused' } };
    }
    if (first && request.mode === 'roll-back') {
      const message = `Rolling ${service.name} back from ${nameOf(service.taskDefinitionArn)}: ${request.reason}`;
      ports.record({ at: ports.clock.now(), code: 'rollback.asked', level: 'notice', message });
    }
    const { standing, weightsFacts, notes } = await readStanding(
      aws,
      request,
      service,
      ports.runId,
      cancelled,
    );
    const { candidates } = standing.known;
    const checks = new UsabilityChecks(aws);
    if (request.mode === 'list') {
      const usability = await checkAll(candidates, checks, cancelled);
      const steps = [
        `${candidates.length} ${candidates.length === 1 ? 'revision is' : 'revisions are'} listed.`,
      ];
      const listed = { candidates, usability, chosenArn: undefined };
      return { ...done, listed, outcome: { kind: 'planned', steps } };
    }
    for (const note of notes) say(ports, 'rollback.note', note);
    const way = decideWay(request, standing);
    const choice =
      way.kind === 'target' || (way.kind === 'stop' && way.next === 'target')
        ? await chooseTarget(
            { to: request.to, service: service.name, known: standing.known, badArn: way.badArn },
            checks,
            cancelled,
          )
        : undefined;
    if (choice !== undefined) {
      const chosenArn = choice.chosen?.taskDefinitionArn;
      done = { ...done, listed: { candidates, usability: choice.usability, chosenArn } };
    }
    const plan = planRollback(request, standing, way, choice);
    if (plan.kind === 'refuse') return { ...done, outcome: { ...plan, kind: 'refused' } };
    const steps = [...(choice?.notes ?? []), ...describeRollback(plan, service)];
    if (request.dryRun) return { ...done, outcome: { kind: 'planned', steps } };
    for (const step of steps) say(ports, 'rollback.planned', step);
    if (plan.kind === 'zero-desired') return { ...done, outcome: { kind: 'zero-desired' } };
    if (cancelled.aborted) return done;
    const newestDeploymentId = newestDeployment(standing.known.history);
    const carryPorts = { ...ports, newestDeploymentId };
    return { ...done, ...(await carryOut(request, carryPorts, service, plan, weightsFacts)) };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    if (cancelled.aborted) {
      // A change whose answer was not waited for may have happened.
      const aftermath = error.operation === 'ecs:UpdateService' ? 'left' : 'untouched';
      return { ...done, outcome: { kind: 'cancelled', aftermath } };
    }
    return { ...done, outcome: { ...refusedByAws(error), ...leftBehind(error, []) } };
  }
}

function say(ports: FollowPorts, code: string, message: string): void {
  ports.record({ at: ports.clock.now(), code, level: 'info', message });
}
