/**
 * Docker is asked for its buildx while AWS is asked for the image: these are three commands of docker, and a build whose
 * image is there already need not wait for them.
 */
import { whyNoBuildx } from './buildx/docker.ts';
import type { Job } from './job.ts';
import { type ChosenBuilder, chooseBuilder } from './plan.ts';

export interface BuilderQuestion {
  /** Rejects with ImageError where nothing here can build this Dockerfile. */
  answer(): Promise<ChosenBuilder>;
  /** Ends what still runs of it. */
  withdraw(): void;
}

export function askForBuilder({ request, ports }: Job, dockerfileText: string): BuilderQuestion {
  const withdrawn = new AbortController();
  const signal = AbortSignal.any([ports.runner.cancelled, withdrawn.signal]);
  const ask = async (): Promise<ChosenBuilder> => {
    const buildxProblem =
      request.builder === 'static' ? undefined : await whyNoBuildx(ports.environment, signal);
    return chooseBuilder(request, { dockerfileText, buildxProblem });
  };
  const asked = ask();
  // Told to whoever waits for the answer; nobody may.
  asked.catch(() => undefined);
  return { answer: () => asked, withdraw: () => withdrawn.abort() };
}
