/** The services of both colours, and those beside them that may own the weights. Changes nothing. */
import type { Service } from '@aws-sdk/client-ecs';
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { Lock } from './interrupted.ts';
import { groupsOf } from './owners.ts';

/**
 * The service that is registered in the group, a named one first: the inputs name a pair, and colours swap
 * from release to release. A named one that is registered nowhere in the pair is answered, too: the
 * preflight says what is wrong with it.
 */
export function pick(
  services: readonly Service[],
  request: ShiftRequest,
  name: string | undefined,
  groupArn: string,
  otherGroupArn: string,
): Service | undefined {
  const names = [request.blueService, request.greenService];
  const isIn = (service: Service, arn: string): boolean => groupsOf(service).includes(arn);
  const registered = services.filter((service) => isIn(service, groupArn));
  const named = services.find((service) => service.serviceName === name);
  // A named one that is the other colour's by now leaves this group to whoever is registered in it.
  const isOther = named !== undefined && isIn(named, otherGroupArn);
  return (
    registered.find((service) => names.includes(service.serviceName)) ??
    (name === undefined || isOther ? registered[0] : named)
  );
}

/** Services of a cluster, as far as the role may describe them. */
export interface SeenServices {
  readonly services: readonly Service[];
  /** Why some could not be looked at; undefined where all were. */
  readonly unseen: string | undefined;
}

/**
 * Active services of the cluster: those named, or all where one has to be found. A role that may do no more than it has
 * to sees its own pair and nothing else of the cluster: that is enough to find it.
 */
export async function readServices(
  aws: AwsCaller,
  cluster: string,
  request: ShiftRequest,
): Promise<SeenServices> {
  const names = namedServices(request);
  const named = await describeServices(aws, cluster, names);
  if (names.length >= 2) return { services: named, unseen: undefined };
  const all = await listServices(aws, cluster);
  const others = await describeSeen(
    aws,
    cluster,
    all.filter((name) => !names.includes(name)),
  );
  return { ...others, services: [...named, ...others.services] };
}

/**
 * Where both are named, the others of the cluster: one of them may own the weights. What the role may not see is
 * no reason against a shift, and is told.
 */
export async function readBeside(
  aws: AwsCaller,
  request: ShiftRequest,
  known: readonly Service[],
  lock: Lock | undefined,
): Promise<SeenServices> {
  const { cluster } = request;
  if (cluster === undefined) return { services: [], unseen: 'no cluster is named' };
  if (lock !== undefined || namedServices(request).length < 2) return { services: [], unseen: undefined };
  const names = new Set(known.map((service) => service.serviceName));
  try {
    const others = (await listServices(aws, cluster)).filter((name) => !names.has(name));
    return await describeSeen(aws, cluster, others);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return { services: [], unseen: `the services of the cluster may not be listed: ${error.message}` };
  }
}

function isDenied(error: unknown): error is AwsCallError {
  return error instanceof AwsCallError && error.kind === 'access-denied';
}

/** ECS refuses the whole question where it may not tell of one service: then each is asked about by itself. */
async function describeSeen(
  aws: AwsCaller,
  cluster: string,
  names: readonly string[],
): Promise<SeenServices> {
  try {
    return { services: await describeServices(aws, cluster, names), unseen: undefined };
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
  const services: Service[] = [];
  const denied: AwsCallError[] = [];
  for (const name of names) {
    try {
      services.push(...(await describeServices(aws, cluster, [name])));
    } catch (error) {
      if (!isDenied(error)) throw error;
      denied.push(error);
    }
  }
  const [first] = denied;
  if (first === undefined) return { services, unseen: undefined };
  const count = denied.length === 1 ? 'one service' : `${denied.length} services`;
  return { services, unseen: `${count} of the cluster may not be described: ${first.message}` };
}

function namedServices({ blueService, greenService }: ShiftRequest): readonly string[] {
  return [...new Set([blueService, greenService])].filter((name) => name !== undefined);
}

async function listServices(aws: AwsCaller, cluster: string): Promise<readonly string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await aws.call('ecs:ListServices', {
      cluster,
      maxResults: 100,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    for (const arn of page.serviceArns ?? []) names.push(arn.slice(arn.lastIndexOf('/') + 1));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return names;
}

async function describeServices(
  aws: AwsCaller,
  cluster: string,
  names: readonly string[],
): Promise<readonly Service[]> {
  const services: Service[] = [];
  for (let start = 0; start < names.length; start += 10) {
    const page = await aws.call('ecs:DescribeServices', {
      cluster,
      services: names.slice(start, start + 10),
      include: ['TAGS'],
    });
    services.push(...(page.services ?? []).filter((service) => service.status === 'ACTIVE'));
  }
  return services;
}
