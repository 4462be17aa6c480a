/** The tasks of a service: how they are, and how those that stopped came to their end. */
import type { Task } from '@aws-sdk/client-ecs';
import type { AwsCaller } from './caller.ts';

export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly imageDigest: string | undefined;
  readonly lastStatus: string;
  /** Undefined while it runs, and where it never started. */
  readonly exitCode: number | undefined;
  /** ECS's words, e.g. `CannotPullContainerError: …` or `OutOfMemoryError: …`. */
  readonly reason: string | undefined;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' | (string & {});
}

export interface TaskFacts {
  readonly arn: string;
  /** The last part of the ARN. */
  readonly id: string;
  readonly taskDefinitionArn: string;
  /** Id of the ECS deployment that started it. */
  readonly startedBy: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' | (string & {});
  /** Address of its own network interface; undefined outside of awsvpc networking. */
  readonly privateIp: string | undefined;
  readonly zone: string | undefined;
  readonly createdAt: number;
  /** When it reached RUNNING, if it did. */
  readonly startedAt: number | undefined;
  /** When its end began: SIGTERM, or the exit of an essential container. */
  readonly stoppingAt: number | undefined;
  readonly stoppedAt: number | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly containers: readonly ContainerFacts[];
}

/** AWS describes at most this many tasks in one call. */
const describeLimit = 100;
/** 100 tasks a page: no service has more tasks than this many pages. */
const pagesLimit = 50;

interface TaskQuery {
  readonly cluster: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  /** Reads no more than this many tasks. */
  readonly atMost?: number;
  /** By ARN: of these nothing is asked again. */
  readonly known?: ReadonlyMap<string, TaskFacts>;
}

/** Tasks of a service by what ECS wants of them: `STOPPED` ones stay visible for an hour. */
export function readServiceTasks(
  aws: AwsCaller,
  query: TaskQuery & { readonly service: string },
  signal?: AbortSignal,
): Promise<readonly TaskFacts[]> {
  return readTasks(aws, query, { serviceName: query.service }, signal);
}

/** Tasks of a family, whatever started them. */
export function readFamilyTasks(
  aws: AwsCaller,
  query: TaskQuery & { readonly family: string },
  signal?: AbortSignal,
): Promise<readonly TaskFacts[]> {
  return readTasks(aws, query, { family: query.family }, signal);
}

async function readTasks(
  aws: AwsCaller,
  query: TaskQuery,
  of: { readonly serviceName: string } | { readonly family: string },
  signal: AbortSignal | undefined,
): Promise<readonly TaskFacts[]> {
  const arns: string[] = [];
  const atMost = query.atMost ?? Number.POSITIVE_INFINITY;
  let nextToken: string | undefined;
  for (let page = 0; page < pagesLimit; page++) {
    const answer = await aws.call(
      'ecs:ListTasks',
      {
        cluster: query.cluster,
        ...of,
        desiredStatus: query.desiredStatus,
        ...(nextToken === undefined ? {} : { nextToken }),
      },
      signal,
    );
    arns.push(...(answer.taskArns ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined || arns.length >= atMost) break;
  }
  const found = new Map<string, TaskFacts>(query.known ?? []);
  const all = arns.slice(0, atMost);
  const wanted = all.filter((arn) => !found.has(arn));
  for (let from = 0; from < wanted.length; from += describeLimit) {
    const answer = await aws.call(
      'ecs:DescribeTasks',
      { cluster: query.cluster, tasks: wanted.slice(from, from + describeLimit) },
      signal,
    );
    for (const task of answer.tasks ?? []) found.set(task.taskArn ?? '', toTaskFacts(task));
  }
  return all.map((arn) => found.get(arn)).filter((task) => task !== undefined);
}

export function toTaskFacts(task: Task): TaskFacts {
  const arn = task.taskArn ?? '';
  return {
    arn,
    id: arn.slice(arn.lastIndexOf('/') + 1),
    taskDefinitionArn: task.taskDefinitionArn ?? '',
    startedBy: task.startedBy ?? '',
    lastStatus: task.lastStatus ?? '',
    desiredStatus: task.desiredStatus ?? '',
    health: task.healthStatus ?? 'UNKNOWN',
    privateIp: privateIpOf(task),
    zone: task.availabilityZone,
    createdAt: task.createdAt?.getTime() ?? 0,
    startedAt: task.startedAt?.getTime(),
    stoppingAt: task.stoppingAt?.getTime(),
    stoppedAt: task.stoppedAt?.getTime(),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: (task.containers ?? []).map((container) => ({
      name: container.name ?? '',
      image: container.image ?? '',
      imageDigest: container.imageDigest,
      lastStatus: container.lastStatus ?? '',
      exitCode: container.exitCode,
      reason: container.reason,
      health: container.healthStatus ?? 'UNKNOWN',
    })),
  };
}

function privateIpOf(task: Task): string | undefined {
  for (const attachment of task.attachments ?? []) {
    const address = attachment.details?.find((detail) => detail.name === 'privateIPv4Address')?.value;
    if (address !== undefined) return address;
  }
  for (const container of task.containers ?? []) {
    const address = container.networkInterfaces?.[0]?.privateIpv4Address;
    if (address !== undefined) return address;
  }
  return undefined;
}
