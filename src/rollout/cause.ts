/** Why a rollout fails, as a closed list: for each cause a sentence, a remedy and its place in the docs. Pure. */

export type CauseCode =
  | 'image-not-found'
  | 'image-pull-denied'
  | 'image-platform-mismatch'
  | 'image-rate-limit'
  | 'image-pull-failed'
  | 'secret-not-found'
  | 'secret-access-denied'
  | 'startup-network'
  | 'log-group-missing'
  | 'volume-failed'
  | 'disk-full'
  | 'container-start-failed'
  | 'container-exited'
  | 'out-of-memory'
  | 'container-health'
  | 'grace-too-short'
  | 'port-mismatch'
  | 'target-health-code'
  | 'target-health-timeout'
  | 'target-health'
  | 'no-capacity'
  | 'no-addresses'
  | 'quota-exceeded'
  | 'deployment-alarm'
  | 'not-progressing'
  | 'unknown';

export interface Cause {
  readonly code: CauseCode;
  /** The container that decided, where one did. */
  readonly container?: string;
  /** Exit code, port, path, HTTP code, alarm names: what the sentence needs, already as text. */
  readonly detail: string;
  /** ECS's or ELB's own words. */
  readonly evidence: string;
  /** How many tasks ended this way. */
  readonly tasks: number;
}

export interface CauseText {
  readonly sentence: string;
  readonly remedy: string;
  /** Path and anchor inside the kit's repository. */
  readonly docs: string;
}

interface CauseRow {
  sentence(cause: Cause): string;
  readonly remedy: string;
}

const inContainer = (cause: Cause): string =>
  cause.container === undefined ? 'A container' : `Container ${cause.container}`;

const rows: Readonly<Record<CauseCode, CauseRow>> = {
  'image-not-found': {
    sentence: (cause) =>
      `The image of ${cause.container ?? 'a container'} does not exist in its registry${detailOf(cause)}.`,
    remedy: 'Push the image first, and check the repository, tag or digest in the task definition.',
  },
  'image-pull-denied': {
    sentence: (cause) =>
      `ECS may not pull the image of ${cause.container ?? 'a container'}${detailOf(cause)}.`,
    remedy:
      'Give the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, and check the policy of the repository.',
  },
  'image-platform-mismatch': {
    sentence: (cause) =>
      `The image of ${cause.container ?? 'a container'} was built for another processor architecture than the tasks run on.`,
    remedy:
      'Build for the platform in runtimePlatform of the task definition (linux/amd64 where it names none).',
  },
  'image-rate-limit': {
    sentence: (cause) =>
      `The registry of ${cause.container ?? 'a container'}'s image lets this account pull no more for now${detailOf(cause)}.`,
    remedy: 'Keep a copy of the image in ECR, or use a pull-through cache, or log in to the registry.',
  },
  'image-pull-failed': {
    sentence: (cause) =>
      `The image of ${cause.container ?? 'a container'} could not be pulled${detailOf(cause)}.`,
    remedy: 'Check that the subnets of the service reach the registry, and that the registry is up.',
  },
  'secret-not-found': {
    sentence: (cause) =>
      `A secret or parameter that the task definition names does not exist${detailOf(cause)}.`,
    remedy:
      'Create it, or correct valueFrom: the whole ARN with its random suffix, in the region of the service.',
  },
  'secret-access-denied': {
    sentence: (cause) => `The execution role may not read a secret or parameter${detailOf(cause)}.`,
    remedy:
      'Give the execution role secretsmanager:GetSecretValue (or ssm:GetParameters), and kms:Decrypt where the secret has a key of its own.',
  },
  'startup-network': {
    sentence: () => 'Tasks cannot reach the AWS services they need to start (registry, secrets, logs).',
    remedy:
      'Private subnets need a NAT gateway or VPC endpoints, public ones assignPublicIp=ENABLED; the security group must allow 443 outwards.',
  },
  'log-group-missing': {
    sentence: (cause) => `The log group of the task definition does not exist${detailOf(cause)}.`,
    remedy: 'Create the log group, or set awslogs-create-group to "true" and allow logs:CreateLogGroup.',
  },
  'volume-failed': {
    sentence: () => 'A volume of the task definition cannot be mounted.',
    remedy:
      'Check that the file system has a mount target in the zones of the subnets, that its security group admits the tasks on port 2049, and the task role where IAM authorisation is on.',
  },
  'disk-full': {
    sentence: () => "There is no room for the image or the container on the task's disk.",
    remedy:
      'Raise ephemeralStorage of the task definition (on EC2: the disk of the instances), or make the image smaller.',
  },
  'container-start-failed': {
    sentence: (cause) => `${inContainer(cause)} could not be started${detailOf(cause)}.`,
    remedy: 'Check entryPoint, command, user and working directory of the container.',
  },
  'container-exited': {
    sentence: (cause) => `${inContainer(cause)} exits by itself${detailOf(cause)}, and it is essential.`,
    remedy: 'The last lines of its log, in the summary of this job, usually say why.',
  },
  'out-of-memory': {
    sentence: (cause) => `${inContainer(cause)} is killed because it needs more memory than it may have.`,
    remedy: 'Raise memory of the task (or of the container), or make the application use less.',
  },
  'container-health': {
    sentence: (cause) => `${inContainer(cause)} runs, but fails the health check of its task definition.`,
    remedy:
      'Run the health check command inside the image: the tool it calls must exist there, and startPeriod must be longer than the start of the application.',
  },
  'grace-too-short': {
    sentence: (cause) => `Tasks are stopped before they are up${detailOf(cause)}.`,
    remedy:
      'Give the start the time it takes: healthCheckGracePeriodSeconds of the service, startPeriod of the container health check. If the application is up by then, look for another port than the one that is checked.',
  },
  'port-mismatch': {
    sentence: (cause) => `Nothing answers where the load balancer's health check asks${detailOf(cause)}.`,
    remedy:
      'The application has to listen on the containerPort that is registered, on all addresses (0.0.0.0) and not on localhost only.',
  },
  'target-health-code': {
    sentence: (cause) => `The load balancer's health check gets a wrong answer${detailOf(cause)}.`,
    remedy:
      'Correct the path or the accepted codes of the target group, or what the application answers there.',
  },
  'target-health-timeout': {
    sentence: (cause) => `The load balancer's health check gets no answer${detailOf(cause)}.`,
    remedy:
      "Check that the application listens on that port on all addresses, and that the tasks' security group admits the load balancer's.",
  },
  'target-health': {
    sentence: (cause) => `Tasks fail the health check of the load balancer${detailOf(cause)}.`,
    remedy:
      'Check path, port and accepted codes of the target group; healthCheckGracePeriodSeconds must be longer than the start of the application.',
  },
  'no-capacity': {
    sentence: (cause) => `ECS finds no capacity for the tasks${detailOf(cause)}.`,
    remedy:
      'Allow more availability zones, or FARGATE beside FARGATE_SPOT in the capacity provider strategy; on EC2, add instances.',
  },
  'no-addresses': {
    sentence: (cause) => `The subnets have no free addresses or network interfaces${detailOf(cause)}.`,
    remedy: 'Add subnets, or larger ones; maximumPercent needs room for old and new tasks together.',
  },
  'quota-exceeded': {
    sentence: (cause) => `A quota of the account stands in the way of new tasks${detailOf(cause)}.`,
    remedy:
      'Ask for a higher quota (Service Quotas), or lower maximumPercent so that fewer tasks run at once.',
  },
  'deployment-alarm': {
    sentence: (cause) => `A deployment alarm went off${detailOf(cause)}.`,
    remedy: 'See what the alarm watches: the new revision made it worse, or something else did at that time.',
  },
  'not-progressing': {
    sentence: (cause) => `The rollout does not get on, and no task has failed${detailOf(cause)}.`,
    remedy:
      'Look at the service events in the summary; old tasks that drain for long, or a slow start, may need a longer timeout.',
  },
  unknown: {
    sentence: (cause) => `Tasks stop for a reason this kit does not know${detailOf(cause)}.`,
    remedy: "ECS's own words are in the summary of this job.",
  },
};

export const causeCodes = Object.keys(rows) as readonly CauseCode[];

export function describeCause(cause: Cause): CauseText {
  const row = rows[cause.code];
  return { sentence: row.sentence(cause), remedy: row.remedy, docs: `docs/troubleshooting.md#${cause.code}` };
}

function detailOf(cause: Cause): string {
  return cause.detail === '' ? '' : ` (${cause.detail})`;
}
