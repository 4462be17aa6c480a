/** Whether a revision can really be run again: active, its images still to be pulled, its secrets still there. */
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import type { AwsCaller } from '../aws/caller.ts';
import { readImagePresence } from '../aws/ecr-image-presence.ts';
import type { Home } from '../aws/parameter-presence.ts';
import { readSecretPresence } from '../aws/secret-presence.ts';
import type { Candidate } from './candidates.ts';

export interface Usability {
  readonly usable: boolean;
  /** Everything that speaks against it, in words; empty where it is usable. */
  readonly reasons: readonly string[];
  /** What could not be looked into; it is not held against the revision. */
  readonly unchecked: readonly string[];
}

interface Answer {
  readonly kind: string;
  readonly why?: string;
}

/** Asks once for each image and each secret, however many revisions name it. */
export class UsabilityChecks {
  readonly #aws: AwsCaller;
  readonly #answers = new Map<string, Promise<Answer>>();

  constructor(aws: AwsCaller) {
    this.#aws = aws;
  }

  async of(candidate: Pick<Candidate, 'definition' | 'images'>, signal?: AbortSignal): Promise<Usability> {
    const { definition } = candidate;
    if (definition === undefined) {
      const reasons = ['its task definition does not exist (any more)'];
      return { usable: false, reasons, unchecked: [] };
    }
    const reasons =
      definition.status === 'ACTIVE' ? [] : [`its task definition is ${definition.status} (deregistered)`];
    const unchecked: string[] = [];
    const take = (what: string, answer: Answer): void => {
      if (answer.kind === 'unchecked') unchecked.push(`${what}: ${answer.why}`);
      else if (answer.kind !== 'present') reasons.push(answer.why ?? `${what} is ${answer.kind}`);
    };
    for (const { image, digest } of candidate.images) {
      const ask = (): Promise<Answer> => readImagePresence(this.#aws, image, digest, signal);
      take(image, await this.#once(`${image} ${digest}`, ask));
    }
    const home = homeOf(definition.definition);
    for (const secret of secretsOf(definition.definition)) {
      const ask = (): Promise<Answer> => readSecretPresence(this.#aws, secret, home, signal);
      take(secret, await this.#once(secret, ask));
    }
    return { usable: reasons.length === 0, reasons: [...new Set(reasons)], unchecked };
  }

  #once(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key) ?? ask();
    this.#answers.set(key, known);
    return known;
  }
}

/** A definition is where its tasks run: its own ARN says the region and the account. */
function homeOf({ taskDefinitionArn = '' }: TaskDefinition): Home {
  const [, , , region = '', account] = taskDefinitionArn.split(':');
  return { region, account: async () => account };
}

/** Every secret or parameter that ECS resolves when a task of this definition starts. */
export function secretsOf(definition: TaskDefinition): readonly string[] {
  const named = (container: ContainerDefinition): readonly (string | undefined)[] => [
    ...(container.secrets ?? []).map((each) => each.valueFrom),
    ...(container.logConfiguration?.secretOptions ?? []).map((each) => each.valueFrom),
    container.repositoryCredentials?.credentialsParameter,
  ];
  const all = (definition.containerDefinitions ?? []).flatMap(named);
  return [...new Set(all.filter((each) => each !== undefined && each !== ''))] as readonly string[];
}

/** One sentence part: `active; its images and secrets exist`. */
export function describeUsability({ usable, reasons, unchecked }: Usability): string {
  if (!usable) return reasons.join('; ');
  return unchecked.length === 0
    ? 'active; its images and secrets exist'
    : `active; not checked: ${unchecked.join(', ')}`;
}
