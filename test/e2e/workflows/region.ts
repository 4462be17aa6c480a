/** The guide's region with what a team sets up before its first workflow: the service, and roles for GitHub's jobs. */
import { openRegion, type Region } from '../../../src/lab/commands/region.ts';
import { names } from '../../../src/lab/journey/stage.ts';
import { createGuideService } from '../../support/guide-service.ts';
import { guideWords, type PolicyWords, policyOf } from '../../support/policies.ts';
import { root } from '../../support/source-files.ts';

/** The action makes the other service of the pair itself, and names it. */
const pairWords = { ...guideWords, GREEN_SERVICE: `${names.service}-green` };
export const repository = 'acme/ips-data-acquisition-api';
const issuer = 'token.actions.githubusercontent.com';

export interface GuideRegion {
  readonly region: Region;
  /** Of an AWS client that may do everything. */
  readonly admin: Readonly<Record<string, string>>;
  /** What every job on GitHub finds, and where the lab is. */
  readonly environment: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** GITHUB_TOKEN, with the most that the kit's workflows ask for. */
  readonly token: string;
  /** With its random suffix, as a task definition has to name it. */
  secretArn(name: string): string;
}

/** `host`: before the cut-over, all traffic is on the EC2 host. `service`: after it, on the guide's service. */
export type Stand = 'host' | 'service';

export async function openGuideRegion(
  log: (line: string) => void,
  stand: Stand = 'service',
): Promise<GuideRegion> {
  const region = await openRegion(
    { seed: 1, scale: 60, port: 0, listenerPorts: { 80: 0 }, tasks: 'processes', log },
    root,
  );
  const { lab, stage, listenerUrl } = region;
  const admin = {
    ...lab.environment(lab.world.sts.adminKey),
    LAB_LISTENER_ARN: stage.listenerArn,
    LAB_REGISTRY: lab.registryHost,
  };
  try {
    if (stand === 'service') await createGuideService(admin);
  } catch (error) {
    await region.close();
    throw error;
  }
  lab.world.must('ecr', 'CreateRepository', { repositoryName: names.repository });
  lab.world.must('iam', 'CreateOpenIDConnectProvider', {
    Url: `https://${issuer}`,
    ClientIDList: ['sts.amazonaws.com'],
  });
  const { AWS_ENDPOINT_URL, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, GITHUB_API_URL } =
    lab.environment(lab.world.sts.adminKey) as Record<string, string>;
  return {
    region,
    admin,
    environment: {
      AWS_ENDPOINT_URL: AWS_ENDPOINT_URL!,
      ACTIONS_ID_TOKEN_REQUEST_URL: ACTIONS_ID_TOKEN_REQUEST_URL!,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: ACTIONS_ID_TOKEN_REQUEST_TOKEN!,
      LAB_GITHUB_API_URL: GITHUB_API_URL!,
      LAB_CLOCK: lab.clockVariable(),
    },
    variables: {
      PULL_REQUEST_ROLE_ARN: createRole(region, 'pr-check', `repo:${repository}:*`),
      LISTENER_ARN: stage.listenerArn,
      LISTENER_URL: listenerUrl,
    },
    secretArn: (SecretId) => lab.world.must('secretsmanager', 'DescribeSecret', { SecretId }).ARN as string,
    token: lab.world.github.addToken(repository, {
      contents: 'write',
      deployments: 'write',
      issues: 'write',
      'pull-requests': 'write',
    }),
  };
}

/** What jobs in the environment Production say of themselves, whatever reusable workflow they are in. */
export const productionSubject = `repo:${repository}:environment:Production`;

/** A role that jobs with this `sub` may assume, with a policy of docs/iam: that of a workflow, unless told otherwise. */
export function createRole(
  { lab }: Region,
  name: string,
  subject: string,
  words: PolicyWords = pairWords,
  policy = `workflows/${name}`,
): string {
  const { accountId } = lab.world.kernel.config;
  const { Role } = lab.world.must('iam', 'CreateRole', {
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/${issuer}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
            StringLike: { [`${issuer}:sub`]: subject },
          },
        },
      ],
    }),
  }) as { Role: { Arn: string } };
  lab.world.must('iam', 'PutRolePolicy', {
    RoleName: name,
    PolicyName: name,
    PolicyDocument: JSON.stringify(policyOf(policy, words)),
  });
  return Role.Arn;
}
