/** Reads the history of a service and finds the revision to go back to; what is passed over is named. */
import type { AwsCaller } from '../aws/caller.ts';
import { type ImagePresence, readImagePresence } from '../aws/ecr-image-presence.ts';
import {
  listServiceDeployments,
  readServiceRevisions,
  type ServiceRevisionFacts,
} from '../aws/ecs-service-deployments.ts';
import { type RegisteredDefinition, readTaskDefinition } from '../aws/ecs-task-definition.ts';
import { type Candidate, candidatesOf, joinHistory } from './candidates.ts';

/** Successful deployments that are looked at most. */
const historyLimit = 100;

export interface JudgedCandidate {
  readonly taskDefinitionArn: string;
  readonly deployedAt: number;
  readonly verdict: 'chosen' | 'passed-over' | 'not-needed';
  readonly why: string;
}

export interface Choice {
  readonly definition: RegisteredDefinition | undefined;
  /** Last deployed first. */
  readonly judged: readonly JudgedCandidate[];
}

export async function choosePrevious(
  aws: AwsCaller,
  place: { readonly cluster: string; readonly service: string },
  currentTaskDefinitionArn: string,
  signal?: AbortSignal,
): Promise<Choice> {
  const deployments = await listServiceDeployments(aws, { ...place, atMost: historyLimit }, signal);
  const revisionArns = [...new Set(deployments.flatMap((each) => each.targetRevisionArn ?? []))];
  const revisions = await readServiceRevisions(aws, revisionArns, signal);
  const candidates = candidatesOf(joinHistory(deployments, revisions), currentTaskDefinitionArn);
  const judged: JudgedCandidate[] = [];
  let chosen: RegisteredDefinition | undefined;
  for (const candidate of candidates) {
    const note = (verdict: JudgedCandidate['verdict'], why: string): void => {
      const { taskDefinitionArn, deployedAt } = candidate;
      judged.push({ taskDefinitionArn, deployedAt, verdict, why });
    };
    if (candidate.against !== undefined) {
      note('passed-over', candidate.against);
    } else if (chosen !== undefined) {
      note('not-needed', 'a newer one was chosen');
    } else {
      const usable = await checkUsable(aws, candidate, signal);
      if (usable.definition === undefined) note('passed-over', usable.why);
      else {
        chosen = usable.definition;
        note('chosen', usable.why);
      }
    }
  }
  return { definition: chosen, judged };
}

/** Whether a revision can really be run again: active, and with images that are still there. */
export async function checkUsable(
  aws: AwsCaller,
  candidate: Pick<Candidate, 'taskDefinitionArn'> & { readonly images?: ServiceRevisionFacts['images'] },
  signal?: AbortSignal,
): Promise<{ readonly definition: RegisteredDefinition | undefined; readonly why: string }> {
  const definition = await readTaskDefinition(aws, candidate.taskDefinitionArn, signal);
  if (definition === undefined) return { definition, why: 'its task definition does not exist (any more)' };
  if (definition.status !== 'ACTIVE') {
    return { definition: undefined, why: `its task definition is ${definition.status}` };
  }
  const ran = new Map((candidate.images ?? []).map((each) => [each.containerName, each.digest]));
  const unchecked: string[] = [];
  for (const container of definition.definition.containerDefinitions ?? []) {
    const presence: ImagePresence = await readImagePresence(
      aws,
      container.image ?? '',
      ran.get(container.name ?? ''),
      signal,
    );
    if (presence.kind === 'gone' || presence.kind === 'moved') {
      return { definition: undefined, why: presence.why };
    }
    if (presence.kind === 'unchecked') unchecked.push(`${container.image}: ${presence.why}`);
  }
  return {
    definition,
    why:
      unchecked.length === 0
        ? 'active, and its images exist'
        : `active; images not checked: ${unchecked.join(', ')}`,
  };
}
