/** What the parts of one build share. */
import type { AwsCaller } from '../aws/caller.ts';
import type { EcrLogin } from '../aws/ecr-login.ts';
import type { EcrRepository } from '../aws/ecr-repository.ts';
import type { ActionPorts } from '../engine/action.ts';
import type { BuildPushRequest } from '../inputs/build-push-ecr.ts';
import type { EventLevel, KitEvent } from '../report/event.ts';
import type { Environment } from '../runner/context.ts';
import type { BuildPlan } from './plan.ts';
import type { Registries } from './registry/registries.ts';
import type { Needle } from './secret-search/needles.ts';

export interface BuildPushPorts extends ActionPorts {
  /** Relative paths mean the workspace. */
  writeFile(path: string, text: string): Promise<void>;
  /** AWS in another region, one attempt a call. */
  awsIn(region: string): AwsCaller;
  /** Of the docker command. */
  readonly environment: Environment;
  /** Where Docker's own configuration is: DOCKER_CONFIG, or `.docker` in the home folder. */
  readonly dockerFolder: string;
}

export interface Job {
  readonly request: BuildPushRequest;
  readonly ports: BuildPushPorts;
  /** With retries. */
  readonly aws: AwsCaller;
  record(event: KitEvent): void;
  event(code: string, level: EventLevel, message: string): void;
}

/** A job that is ready to build. */
export interface BuildJob extends Job {
  readonly plan: BuildPlan;
  readonly repository: EcrRepository;
  readonly registries: Registries;
  readonly login: EcrLogin;
  readonly labels: ReadonlyMap<string, string>;
  /** What must not be in the image. */
  readonly needles: readonly Needle[];
}
