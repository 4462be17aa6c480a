/** The rolling-deploy action: read, plan, begin, follow, report. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing, type ServiceFacts } from '../aws/ecs-service.ts';
import { type RegisteredDefinition, readTaskDefinition } from '../aws/ecs-task-definition.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { TaskDefinitionRef } from '../inputs/ecs-names.ts';
import type { RollingDeployRequest } from '../inputs/rolling-deploy.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import { describeCause } from './cause.ts';
import { parseDefinitionFile } from './definition-file.ts';
import { expectRollout } from './expectation.ts';
import { type FollowPorts, followServiceDeployment } from './follow.ts';
import type { FollowOptions } from './follow-state.ts';
import { isGood, type RolloutOutcome } from './outcome.ts';
import {
  planRollout,
  type RolloutPlan,
  revisionName,
  serviceRefusal,
  type WantedDefinition,
} from './plan.ts';
import { rolloutReport } from './report.ts';
import { type RolloutResult, retrying, rollOut } from './roll-out.ts';
import { definitionHash } from './same-definition.ts';
import { registerOnce } from './start.ts';
import { writeReport } from './write-report.ts';

export interface FilePorts {
  /** Rejects where the file cannot be read. */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
}

export async function runRollingDeploy(
  request: RollingDeployRequest,
  ports: ActionPorts & FilePorts,
): Promise<ActionResult> {
  const startedAt = ports.clock.now();
  const events: KitEvent[] = [];
  const record = (event: KitEvent): void => {
    events.push(event);
    ports.runner.info(renderLogLine(event, startedAt));
  };
  const follow: FollowPorts = {
    aws: ports.aws,
    clock: ports.clock,
    random: ports.random,
    cancelled: ports.runner.cancelled,
    record,
  };
  const done = await deploy(request, follow, ports);
  const endedAt = ports.clock.now();
  const { outcome, result, service, definition } = done;
  const diagnosis = result?.follow?.diagnosis;
  const cause = diagnosis?.cause;
  const running = 'runningCount' in outcome ? String(outcome.runningCount) : runningNow(result);
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const outputs = {
    outcome: outcome.kind,
    aftermath: 'aftermath' in outcome ? outcome.aftermath : '',
    'deployment-id': result?.deploymentId ?? '',
    'service-deployment-arn': result?.serviceDeploymentArn ?? '',
    'task-definition-arn': definition?.arn ?? '',
    'previous-task-definition-arn': service?.taskDefinitionArn ?? '',
    'running-count': running,
    cause: cause?.code ?? ('code' in outcome ? outcome.code : ''),
    'duration-seconds': String(seconds),
  };
  const report = rolloutReport({
    title: `Rolling deploy of ${service?.name ?? request.service}`,
    outcome,
    context: {
      service: service?.name ?? request.service,
      revision: definition === undefined ? 'the new revision' : revisionName(definition),
      formerRevision: service === undefined ? undefined : lastPart(service.taskDefinitionArn),
    },
    diagnosis,
    facts: [
      ['Cluster', lastPart(request.cluster)],
      ['Service', service?.name ?? request.service],
      ['Task definition', definition === undefined ? '' : revisionName(definition)],
      ['Before', service === undefined ? '' : lastPart(service.taskDefinitionArn)],
      ['Healthy tasks', running],
      ['Cause', cause === undefined ? '' : `${cause.code} (${describeCause(cause).docs})`],
      ['Service deployment', lastPart(result?.serviceDeploymentArn ?? '')],
    ].filter(([, value]) => value !== '') as [string, string][],
    events,
    startedAt,
    endedAt,
  });
  await writeReport(ports, request.reportPath, report, outputs);
  return { ok: isGood(outcome), outputs, report };
}

interface Done {
  readonly outcome: RolloutOutcome;
  readonly result?: RolloutResult;
  readonly service?: ServiceFacts;
  readonly definition?: RegisteredDefinition;
}

async function deploy(request: RollingDeployRequest, ports: FollowPorts, files: FilePorts): Promise<Done> {
  const aws = retrying(ports);
  let known: Pick<Done, 'service' | 'definition'> = {};
  let registered: RegisteredDefinition | undefined;
  const { cancelled } = ports;
  try {
    const service = await readServiceOrNothing(aws, request, cancelled);
    if (service !== undefined) known = { service };
    const refused = serviceRefusal(request, service);
    if (refused !== undefined || service === undefined) {
      return { outcome: { ...refused!, kind: 'refused' }, ...known };
    }
    const wanted = await resolveDefinition(aws, request.taskDefinition, files, cancelled);
    if (wanted.kind === 'registered') known = { ...known, definition: wanted.definition };
    const plan = planRollout(request, service, wanted);
    if (request.dryRun) return { outcome: plannedOutcome(plan), ...known };
    switch (plan.kind) {
      case 'refuse':
        return { outcome: { ...plan, kind: 'refused' }, ...known };
      case 'zero-desired':
        return { outcome: { kind: 'zero-desired' }, ...known };
      case 'verify':
      case 'attach':
        return { ...(await watch(request, ports, plan)), ...known };
      case 'deploy': {
        for (const step of plan.steps) say(ports, 'rollout.planned', step);
        let { definition } = plan;
        if (plan.register !== undefined) {
          registered = await registerOnce({ aws, clock: ports.clock, cancelled }, plan.register);
          definition = registered;
          say(ports, 'rollout.registered', `Registered ${revisionName(definition)}.`);
        }
        known = { ...known, definition: definition! };
        const result = await rollOut(ports, {
          request,
          service,
          definition: definition!,
          force: plan.force,
          wait: request.wait,
          options: followOptions(request),
        });
        return { outcome: result.outcome, result, ...known };
      }
    }
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    if (cancelled.aborted) return { outcome: { kind: 'cancelled', aftermath: 'untouched' }, ...known };
    return { outcome: { ...refusedByAws(error), ...changedBy(error, registered) }, ...known };
  }
}

/** Follows what is there already: an observation of its own proves it. */
async function watch(
  request: RollingDeployRequest,
  ports: FollowPorts,
  plan: Extract<RolloutPlan, { kind: 'verify' | 'attach' }>,
): Promise<Pick<Done, 'outcome' | 'result'>> {
  const mode = plan.kind === 'attach' ? 'rollout' : 'standing';
  say(
    ports,
    mode === 'rollout' ? 'rollout.attached' : 'rollout.verifying',
    mode === 'rollout'
      ? `${revisionName(plan.definition)} is being deployed already: following that deployment.`
      : `${revisionName(plan.definition)} is deployed already: looking at its tasks.`,
  );
  if (mode === 'rollout' && !request.wait) {
    return {
      outcome: { kind: 'started' },
      result: {
        outcome: { kind: 'started' },
        follow: undefined,
        deploymentId: plan.deployment.id,
        serviceDeploymentArn: undefined,
      },
    };
  }
  const expected = expectRollout(request, plan.definition, plan.deployment, mode);
  const follow = await followServiceDeployment(ports, expected, followOptions(request));
  const outcome: RolloutOutcome =
    mode === 'standing' && follow.outcome.kind === 'succeeded'
      ? { ...follow.outcome, kind: 'no-change' }
      : follow.outcome;
  const { serviceDeploymentArn } = follow;
  return { outcome, result: { outcome, follow, deploymentId: plan.deployment.id, serviceDeploymentArn } };
}

/** What the reference means now. A file that equals the family's newest revision stands for that one. */
export async function resolveDefinition(
  aws: AwsCaller,
  reference: TaskDefinitionRef,
  files: Pick<FilePorts, 'readFile'>,
  signal?: AbortSignal,
): Promise<WantedDefinition> {
  if (reference.kind !== 'file') {
    const definition = await readTaskDefinition(aws, reference.name, signal);
    return definition === undefined
      ? { kind: 'missing', name: reference.name }
      : { kind: 'registered', definition, fromFile: false };
  }
  const input = parseDefinitionFile(reference.path, await files.readFile(reference.path));
  const latest = await readTaskDefinition(aws, input.family ?? '', signal);
  const same = latest?.status === 'ACTIVE' && definitionHash(latest.definition) === definitionHash(input);
  return same ? { kind: 'registered', definition: latest, fromFile: true } : { kind: 'to-register', input };
}

function followOptions(request: RollingDeployRequest): Partial<FollowOptions> {
  return {
    timeoutMs: request.timeoutMs,
    pollInterval: request.pollInterval,
    onFailure: request.onFailure,
    onCancel: request.onCancel,
    failFast: request.failFast,
  };
}

function plannedOutcome(plan: RolloutPlan): RolloutOutcome {
  switch (plan.kind) {
    case 'refuse':
      return { ...plan, kind: 'refused' };
    case 'zero-desired':
      return { kind: 'zero-desired' };
    case 'verify':
      return { kind: 'planned', steps: [`Change nothing: ${revisionName(plan.definition)} is deployed.`] };
    case 'attach':
      return {
        kind: 'planned',
        steps: [`Change nothing: ${revisionName(plan.definition)} is being deployed already.`],
      };
    case 'deploy':
      return { kind: 'planned', steps: plan.steps };
  }
}

/** What a call that failed for good has left behind, or may have. */
function changedBy(
  error: AwsCallError,
  registered: RegisteredDefinition | undefined,
): { readonly changed?: string } {
  const revision = registered === undefined ? '' : `${revisionName(registered)} was registered. `;
  if (error.retryable && error.operation === 'ecs:UpdateService') {
    return { changed: `${revision}Whether the service was updated is not known.` };
  }
  if (error.retryable && error.operation === 'ecs:RegisterTaskDefinition') {
    return { changed: 'The service was not changed; whether a revision was registered is not known.' };
  }
  return registered === undefined ? {} : { changed: `${revision}The service was not changed.` };
}

export function refusedByAws(error: AwsCallError): Extract<RolloutOutcome, { kind: 'refused' }> {
  const remedies: Partial<Record<AwsCallError['kind'], string>> = {
    'access-denied': `Give the role of this job ${error.operation}: docs/iam has the policy of this action.`,
    credentials: 'Check the step that configures the AWS credentials of this job.',
    throttled: 'AWS throttled every attempt: run the job again.',
    transient: 'AWS did not answer: run the job again.',
  };
  return {
    kind: 'refused',
    code: error.kind,
    reason: `${error.operation}: ${error.code}: ${error.reason}`,
    remedy: remedies[error.kind] ?? "AWS's own words say what it does not accept.",
  };
}

function runningNow(result: RolloutResult | undefined): string {
  const target = result?.follow?.last.serviceDeployment?.target;
  return target === undefined ? '' : String(target.runningTaskCount);
}

function say(ports: FollowPorts, code: string, message: string): void {
  ports.record({ at: ports.clock.now(), code, level: 'info', message });
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
