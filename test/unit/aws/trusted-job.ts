import type { JobIdentity } from '../../../src/lab/world/github/index.ts';
import type { World } from '../../../src/lab/world/world.ts';

/** A job of acme/api in its environment Production, and an account that knows GitHub as a provider of identities. */
export function trustedJob(world: World): JobIdentity {
  const { id, ownerId } = world.github.addRepository({ owner: 'acme', name: 'api' });
  world.must('iam', 'CreateOpenIDConnectProvider', {
    Url: 'https://token.actions.githubusercontent.com',
    ClientIDList: ['sts.amazonaws.com'],
  });
  return {
    repository: 'acme/api',
    repositoryId: id,
    repositoryOwnerId: ownerId,
    ref: 'refs/heads/main',
    sha: '0'.repeat(40),
    environment: 'Production',
    workflow: 'Deploy',
    jobWorkflowRef: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
    runId: 1,
    runAttempt: 1,
    actor: 'someone',
    eventName: 'push',
  };
}
