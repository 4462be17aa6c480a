/** GitHub for simulated runs: the lab's model behind the kit's own client, and commits by name. */

import type { ActionResult } from '../../../src/engine/action.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { createGitHubApi, type GitHubApi } from '../../../src/runner/github-api.ts';
import { sendToLab } from '../../support/lab-github.ts';
import { definitionOf, filesOf, portsOf, type Region, type RequestChange, request } from './region.ts';

export const repository = 'acme/api';

export interface SimulatedGitHub {
  readonly api: GitHubApi;
  /** A new commit on the branch; its sha. */
  commit(message: string, branch?: string): string;
  /** What GitHub was asked, path by path. */
  readonly asked: string[];
  /** Instead of an answer from now on. */
  failWith: { readonly status: number } | undefined;
  /** How long it takes to answer. */
  takesMs: number;
}

export function addGitHub({ world, time }: Region): SimulatedGitHub {
  const [owner = '', name = ''] = repository.split('/');
  world.github.addRepository({ owner, name });
  const token = world.github.addToken(repository, { contents: 'read' });
  const asked: string[] = [];
  const send = sendToLab(world, async ({ url }) => {
    asked.push(new URL(url).pathname);
    await time.sleep(github.takesMs);
    return github.failWith;
  });
  const github: SimulatedGitHub = {
    api: createGitHubApi({ apiUrl: 'https://api.github.com', repository, token, clock: time, send }),
    commit: (message, branch = 'main') => world.github.addCommit(repository, branch, message),
    asked,
    failWith: undefined,
    takesMs: 80,
  };
  return github;
}

export interface Run extends RequestChange {
  readonly sha: string;
  readonly runId?: string;
  /** The repository that it runs in. */
  readonly from?: string;
  readonly beforeCall?: (operation: string) => void;
}

/** A workflow run of a commit. Several may be under way at once: none of them moves the time. */
export function run(
  region: Region,
  github: SimulatedGitHub,
  image: string,
  change: Run,
): Promise<ActionResult> {
  const { sha, runId = '1', from = repository, beforeCall, ...asked } = change;
  const path = `${runId}-${image}.json`;
  region.files.set(path, JSON.stringify(definitionOf(image)));
  const ports = portsOf(region);
  const aws: typeof ports.aws = {
    call(operation, input, signal) {
      beforeCall?.(operation);
      return ports.aws.call(operation, input, signal);
    },
  };
  return runRollingDeploy(request({ taskDefinition: { kind: 'file', path }, ...asked }), {
    ...ports,
    ...filesOf(region),
    aws,
    context: { ...ports.context, repository: from, sha, runId },
    github: github.api,
  });
}
