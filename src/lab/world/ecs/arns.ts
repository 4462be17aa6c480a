/**
 * Names and ARNs of ECS, in the long format (`task/CLUSTER/ID`), and the ids behind them. Every id comes
 * from a seeded stream.
 */
import type { Kernel } from '../kernel.ts';

/** The part after `:` number five of an ARN; the text itself where it is no ARN. */
export function resourceOf(nameOrArn: string): string {
  if (!nameOrArn.startsWith('arn:')) return nameOrArn;
  let colon = 3;
  for (let part = 1; part < 5 && colon >= 0; part++) colon = nameOrArn.indexOf(':', colon + 1);
  return colon < 0 ? '' : nameOrArn.slice(colon + 1);
}

/** Cluster name of a cluster name or ARN; `default` where none was given. */
export function clusterNameOf(nameOrArn: string | undefined): string {
  if (nameOrArn === undefined || nameOrArn === '') return 'default';
  const resource = resourceOf(nameOrArn);
  return resource.startsWith('cluster/') ? resource.slice('cluster/'.length) : resource;
}

/** Last part of a `kind/CLUSTER/NAME` ARN, or the bare name. */
export function lastPartOf(nameOrArn: string): string {
  const resource = resourceOf(nameOrArn);
  return resource.slice(resource.lastIndexOf('/') + 1);
}

/** Cluster and service named by a `service/C/S`, `service-deployment/C/S/ID` or `service-revision/C/S/ID` ARN. */
export function servicePathOf(
  arn: string,
):
  | { readonly kind: string; readonly cluster: string; readonly service: string; readonly id: string }
  | undefined {
  if (!arn.startsWith('arn:')) return undefined;
  const [kind, cluster, service, id] = resourceOf(arn).split('/');
  if (kind === undefined || cluster === undefined || service === undefined) return undefined;
  return { kind, cluster, service, id: id ?? '' };
}

/** `family`, `family:3` or the ARN of either. `revision` is undefined for "the newest active one". */
export function parseTaskDefinition(
  text: string,
): { family: string; revision: number | undefined } | undefined {
  const resource = resourceOf(text);
  const name = resource.startsWith('task-definition/') ? resource.slice('task-definition/'.length) : resource;
  const match = /^([A-Za-z0-9_-]{1,255})(?::([1-9][0-9]*))?$/.exec(name);
  if (match === null) return undefined;
  return { family: match[1]!, revision: match[2] === undefined ? undefined : Number(match[2]) };
}

export const clusterArn = (kernel: Kernel, name: string): string => kernel.arn('ecs', `cluster/${name}`);

export const serviceArn = (kernel: Kernel, cluster: string, service: string): string =>
  kernel.arn('ecs', `service/${cluster}/${service}`);

export const taskArn = (kernel: Kernel, cluster: string, id: string): string =>
  kernel.arn('ecs', `task/${cluster}/${id}`);

/** Ids as ECS makes them: tasks have 32 hexadecimal digits, deployments and revisions 19 decimal ones. */
export class EcsIds {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  task(): string {
    return this.#kernel.rng('ecs.ids').hex(32);
  }

  /** `ecs-svc/1234567890123456789` */
  deployment(): string {
    return `ecs-svc/${this.#decimal19()}`;
  }

  serviceRevision(): string {
    return this.#decimal19();
  }

  /** 21 characters, as in `service-deployment/C/S/NCWGC2ZR-taawPAYrIaU5`. */
  serviceDeployment(): string {
    const rng = this.#kernel.rng('ecs.ids');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    let text = '';
    while (text.length < 21) text += alphabet[rng.int(0, alphabet.length - 1)];
    return text;
  }

  /** As in `ecs-pause-e7tK9G_WRJqNF_EOMjztDXfKenlJuEUVjsNStf4WLKw`. */
  pauseHook(): string {
    return `ecs-pause-${this.serviceDeployment()}${this.serviceDeployment()}`;
  }

  uuid(): string {
    const text = this.#kernel.rng('ecs.ids').hex(32);
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
  }

  #decimal19(): string {
    const rng = this.#kernel.rng('ecs.ids');
    return `${rng.int(1, 9)}${String(rng.int(0, 999_999_999)).padStart(9, '0')}${String(rng.int(0, 999_999_999)).padStart(9, '0')}`;
  }
}
