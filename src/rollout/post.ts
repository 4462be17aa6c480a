/**
 * The post step of rolling-deploy: finishes what a job left that was cancelled or died. It looks before it
 * does anything, so it may run twice, and after a run that came to its end it has nothing to do.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readServiceOrNothing, updateService } from '../aws/ecs-service.ts';
import {
  readServiceDeployments,
  type ServiceDeploymentFacts,
  stopServiceDeployment,
} from '../aws/ecs-service-deployments.ts';
import { patient, withRetries } from '../aws/retry.ts';
import type { Clock } from '../runner/clock.ts';
import { decideFinish, type Finish } from './finish.ts';
import type { OpenRollout } from './handover.ts';
import { findServiceDeployment } from './observe.ts';

export interface PostPorts {
  /** One attempt a call. */
  readonly aws: AwsCaller;
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter. */
  readonly random: () => number;
}

export interface PostResult {
  readonly service: string;
  /** False where what was wanted could not be done: somebody has to look. */
  readonly ok: boolean;
  readonly message: string;
}

/** GitHub leaves the post steps of a cancelled job five minutes, all of them together. */
const totalMs = 60_000;
/** ECS's records of a new deployment may lag behind by this much. */
const findWithinMs = 20_000;
const lookAgainMs = 1000;
/** A stop or an update that another call of this step made true already, or that came too late. */
const looksLimit = 3;

/** One result for each, in their order. Never rejects for what happens in AWS. */
export function finishRollouts(
  rollouts: readonly OpenRollout[],
  ports: PostPorts,
): Promise<readonly PostResult[]> {
  const { clock, random } = ports;
  const aws = withRetries(ports.aws, { clock, random }, { ...patient, totalMs });
  return Promise.all(
    rollouts.map(async (open): Promise<PostResult> => {
      try {
        return { service: open.service, ...(await finish(open, aws, clock)) };
      } catch (error) {
        if (!(error instanceof AwsCallError)) throw error;
        const message = `The deployment of ${revision(open)} could not be ${open.wanted === 'stop' ? 'stopped' : 'rolled back'} after the job had ended: ${error.operation}: ${error.code}: ${error.reason} Use the rollback action.`;
        return { service: open.service, ok: false, message };
      }
    }),
  );
}

async function finish(
  open: OpenRollout,
  aws: AwsCaller,
  clock: Clock,
): Promise<{ readonly ok: boolean; readonly message: string }> {
  for (let look = 1; ; look++) {
    const decided = await decideNow(open, aws, clock);
    if (decided.kind === 'nothing') {
      return { ok: true, message: `Nothing to do about the deployment of ${revision(open)}. ${decided.why}` };
    }
    try {
      if (decided.kind === 'find') {
        const message = `ECS does not show the deployment of ${revision(open)}: it goes on unwatched. Use the rollback action.`;
        return { ok: false, message };
      }
      return { ok: true, message: await perform(decided, open, aws) };
    } catch (error) {
      // Refused for its state: it has come to an end meanwhile, and another look tells which.
      if (!(error instanceof AwsCallError) || error.kind !== 'rejected' || look >= looksLimit) throw error;
      await clock.sleep(lookAgainMs);
    }
  }
}

async function decideNow(open: OpenRollout, aws: AwsCaller, clock: Clock): Promise<Finish> {
  const until = clock.now() + findWithinMs;
  for (;;) {
    const service = await readServiceOrNothing(aws, open);
    const first = decideFinish(open, service, undefined);
    if (first.kind !== 'find') return first;
    const found = await findDeployment(open, first, aws);
    const decided = found === undefined ? first : decideFinish(open, service, found);
    if (decided.kind !== 'find' || clock.now() >= until) return decided;
    await clock.sleep(lookAgainMs);
  }
}

async function findDeployment(
  open: OpenRollout,
  { deployment }: Extract<Finish, { kind: 'find' }>,
  aws: AwsCaller,
): Promise<ServiceDeploymentFacts | undefined> {
  const arn = await findServiceDeployment(aws, {
    cluster: open.cluster,
    service: open.service,
    taskDefinitionArn: open.taskDefinitionArn,
    deploymentCreatedAt: deployment.createdAt,
    mode: 'rollout',
  });
  return arn === undefined ? undefined : (await readServiceDeployments(aws, [arn]))[0];
}

async function perform(
  decided: Extract<Finish, { kind: 'stop' | 'go-back' }>,
  open: OpenRollout,
  aws: AwsCaller,
): Promise<string> {
  const before = `The job ended before the deployment of ${revision(open)} did:`;
  if (decided.kind === 'go-back') {
    const { cluster, service } = open;
    await updateService(aws, { cluster, service, taskDefinition: decided.taskDefinitionArn });
    return `${before} ${lastPart(decided.taskDefinitionArn)} is being deployed again; its end is not waited for.`;
  }
  await stopServiceDeployment(aws, decided.arn, decided.stopType);
  const [now] = await readServiceDeployments(aws, [decided.arn]);
  const status = now === undefined ? '' : ` (${now.status})`;
  return decided.stopType === 'ROLLBACK'
    ? `${before} ECS was asked to roll it back${status}; the end of that is not waited for.`
    : `${before} ECS was asked to stop it${status}.`;
}

function revision(open: OpenRollout): string {
  return `${lastPart(open.taskDefinitionArn)} to ${open.service}`;
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
