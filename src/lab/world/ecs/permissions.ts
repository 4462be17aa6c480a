/**
 * What IAM has to allow for each operation.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
 * Inputs are as they came: nothing here may throw on them.
 */
import type { Kernel } from '../kernel.ts';
import type { Permission } from '../service.ts';
import { clusterNameOf, lastPartOf, parseTaskDefinition, resourceOf, servicePathOf } from './arns.ts';

/** Any input: members may be missing or of the wrong type. */
export type LooseInput = Readonly<Record<string, unknown>> | undefined | null;

const text = (input: LooseInput, member: string): string | undefined => {
  const value = input?.[member];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const texts = (input: LooseInput, member: string): string[] => {
  const value = input?.[member];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};

/** Of `tags`, or of keys alone. */
const tagKeys = (given: readonly unknown[]): string[] =>
  given.map((tag) => String((tag as { readonly key?: unknown } | null)?.key ?? tag));

/** What is made with tags takes the right to tag it as well. */
function tagAtCreation(input: LooseInput, by: string, resources: readonly string[]): Permission[] {
  const tags = input?.['tags'];
  if (!Array.isArray(tags) || tags.length === 0) return [];
  const context = { 'ecs:CreateAction': by, 'aws:TagKeys': tagKeys(tags) };
  return [{ action: 'ecs:TagResource', resources, context }];
}

export class EcsPermissions {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** On `*`: List and Describe operations without resource-level permissions, and creation. */
  any(action: string): Permission[] {
    return [{ action: `ecs:${action}`, resources: ['*'] }];
  }

  /** On `*`, of one cluster: what lists the tasks or services of a cluster can be narrowed to it. */
  listing(action: string, input: LooseInput): Permission[] {
    const context = { 'ecs:cluster': this.#clusterArn(text(input, 'cluster')) };
    return [{ action: `ecs:${action}`, resources: ['*'], context }];
  }

  cluster(action: string, input: LooseInput, member = 'cluster'): Permission[] {
    return [{ action: `ecs:${action}`, resources: [this.#clusterArn(text(input, member))] }];
  }

  clusters(action: string, input: LooseInput): Permission[] {
    const names = texts(input, 'clusters');
    const resources = (names.length === 0 ? [undefined] : names).map((name) => this.#clusterArn(name));
    return [{ action: `ecs:${action}`, resources }];
  }

  service(action: string, input: LooseInput, member: string): Permission[] {
    return [{ action: `ecs:${action}`, resources: [this.#serviceArn(input, text(input, member) ?? '*')] }];
  }

  createService(input: LooseInput): Permission[] {
    const made = this.service('CreateService', input, 'serviceName');
    return [...made, ...tagAtCreation(input, 'CreateService', made[0]!.resources)];
  }

  services(action: string, input: LooseInput): Permission[] {
    const names = texts(input, 'services');
    const resources = (names.length === 0 ? ['*'] : names).map((name) => this.#serviceArn(input, name));
    return [{ action: `ecs:${action}`, resources }];
  }

  /** Operations on service deployments or revisions need the service and the thing itself. */
  ofService(action: string, arns: readonly string[]): Permission[] {
    const resources = new Set<string>();
    for (const arn of arns) {
      const path = servicePathOf(arn);
      resources.add(
        path === undefined ? '*' : this.#kernel.arn('ecs', `service/${path.cluster}/${path.service}`),
      );
      resources.add(path === undefined ? '*' : arn);
    }
    return [{ action: `ecs:${action}`, resources: resources.size === 0 ? ['*'] : [...resources] }];
  }

  ofServiceMember(action: string, input: LooseInput, member: string): Permission[] {
    const one = text(input, member);
    return this.ofService(action, one === undefined ? texts(input, member) : [one]);
  }

  tasks(action: string, input: LooseInput, member: string): Permission[] {
    const one = text(input, member);
    const names = one === undefined ? texts(input, member) : [one];
    const cluster = clusterNameOf(text(input, 'cluster'));
    const resources = (names.length === 0 ? ['*'] : names).map((name) =>
      name.startsWith('arn:') ? name : this.#kernel.arn('ecs', `task/${cluster}/${lastPartOf(name)}`),
    );
    return [{ action: `ecs:${action}`, resources }];
  }

  resource(action: string, input: LooseInput): Permission[] {
    const given = input?.['tags'] ?? input?.['tagKeys'];
    const keys = tagKeys(Array.isArray(given) ? given : []);
    const context = keys.length === 0 ? {} : { 'aws:TagKeys': keys };
    return [{ action: `ecs:${action}`, resources: [text(input, 'resourceArn') ?? '*'], context }];
  }

  registerTaskDefinition(input: LooseInput): Permission[] {
    const family = text(input, 'family') ?? '*';
    const resources = [this.#kernel.arn('ecs', `task-definition/${family}:*`)];
    return [
      { action: 'ecs:RegisterTaskDefinition', resources },
      ...tagAtCreation(input, 'RegisterTaskDefinition', resources),
      ...this.#passRoles(input),
    ];
  }

  taskDefinition(action: string, input: LooseInput): Permission[] {
    return [{ action: `ecs:${action}`, resources: [this.#taskDefinitionArn(text(input, 'taskDefinition'))] }];
  }

  runTask(input: LooseInput): Permission[] {
    const overrides = input?.['overrides'];
    return [
      {
        action: 'ecs:RunTask',
        resources: [this.#taskDefinitionArn(text(input, 'taskDefinition'))],
        context: { 'ecs:cluster': this.#clusterArn(text(input, 'cluster')) },
      },
      ...this.#passRoles(typeof overrides === 'object' ? (overrides as LooseInput) : undefined),
    ];
  }

  #passRoles(input: LooseInput): Permission[] {
    const roles = [text(input, 'taskRoleArn'), text(input, 'executionRoleArn')].filter(
      (role): role is string => role !== undefined,
    );
    return [...new Set(roles)].map((role) => ({
      action: 'iam:PassRole',
      resources: [
        role.startsWith('arn:') ? role : `arn:aws:iam::${this.#kernel.config.accountId}:role/${role}`,
      ],
      context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    }));
  }

  #taskDefinitionArn(given: string | undefined): string {
    const parsed = given === undefined ? undefined : parseTaskDefinition(given);
    if (parsed === undefined) return '*';
    return this.#kernel.arn('ecs', `task-definition/${parsed.family}:${parsed.revision ?? '*'}`);
  }

  #clusterArn(given: string | undefined): string {
    return this.#kernel.arn('ecs', `cluster/${clusterNameOf(given)}`);
  }

  #serviceArn(input: LooseInput, nameOrArn: string): string {
    const resource = resourceOf(nameOrArn);
    if (resource.split('/').length === 3) return this.#kernel.arn('ecs', resource);
    return this.#kernel.arn(
      'ecs',
      `service/${clusterNameOf(text(input, 'cluster'))}/${lastPartOf(nameOrArn)}`,
    );
  }
}
